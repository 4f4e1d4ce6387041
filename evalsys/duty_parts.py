"""What a view on duties is made of: tables with their sentences, the checks behind them; as text, JSON, a workbook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.quotas import MATTERS
from evalsys.stated import Check, limit_said, short_said, value_said
from evalsys.wording import plural

__all__ = ["DutyResult", "Part", "borrowed_said", "check_listing"]

#: Rows of a table on a screen; all of them stand in JSON and the workbook.
_SHOWN = 20


@dataclass(frozen=True)
class Part:
    """One table of a view: its key, its heading, what it says in a sentence, its rows."""

    key: str
    title: Text
    sentence: Text
    listing: Listing


@dataclass(frozen=True)
class DutyResult:
    """A view on the duties of an assessment.

    Attributes
    ----------
    view : str
        A key of :data:`VIEWS`.
    title : Text
    parts : tuple of Part
    checks : tuple of Check
        Every check that the view rests on.
    lang : {'zh', 'en'}
    """

    view: str
    title: Text
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
    lang: Lang

    @property
    def listing(self) -> Listing:
        """All checks as one table, for CSV."""
        return check_listing(self.checks, self.lang)

    def as_text(self) -> str:
        """Return the view for a screen: each part with its sentence, and the first rows of its table."""
        lang, out = self.lang, [self.title.say(self.lang)]
        for part in self.parts:
            out += ["", part.title.say(lang), part.sentence.say(lang)]
            made = part.listing
            if made.rows:
                out.append(Listing(made.columns, made.rows[:_SHOWN]).as_text(lang))
            if len(made.rows) > _SHOWN:
                rest = len(made.rows) - _SHOWN
                more = Text(
                    f"另有 {rest:,} 行，见 JSON 或工作簿", f"{plural(rest, 'more row')}: see JSON or the workbook"
                )
                out.append(more.say(lang))
        borrowed = borrowed_said(self.checks).say(lang)
        if borrowed:
            out += ["", borrowed]
        return "\n".join(out)

    def as_json(self) -> str:
        """Return the view for a program: every part with all its rows, and every check with exact numbers."""
        parts = {
            part.key: {"sentence": part.sentence.say(self.lang), "rows": part.listing.as_records()}
            for part in self.parts
        }
        checks = [_record(check) for check in self.checks]
        content = {"schema": 1, "view": self.view, "parts": parts, "checks": checks}
        return json.dumps(content, ensure_ascii=False, indent=1)

    def write_workbook(self, path: Path) -> None:
        """Write every part as a sheet of one workbook."""
        from evalsys.files import atomic
        from evalsys.sheets import new_workbook, packed

        workbook = new_workbook(self.title.say(self.lang))
        for part in self.parts:
            part.listing.add_sheet(workbook, part.title.say(self.lang), self.lang)
        with atomic(path) as temporary:
            temporary.write_bytes(packed(workbook))


def borrowed_said(checks: Iterable[Check]) -> Text:
    """Say which limits come from another instrument, and from which."""
    titles: dict[str, Text] = {}
    for check in checks:
        if check.stated.borrowed:
            titles.setdefault(check.stated.instrument, check.stated.title)
    if not titles:
        return Text("", "")
    zh = "；".join(f"{text.zh}（{name}）" for name, text in titles.items())
    en = "; ".join(f"{text.en} ({name})" for name, text in titles.items())
    return Text(
        f"本测评体系未规定的限值，取自：{zh}。", f"Limits that the instrument itself does not state come from: {en}."
    )


# ------------------------------------------------------------------------------------------------------ checks

_CHECKS: Mapping[str, Text] = {
    **MATTERS,
    "sites": Text("有责任单位和责任岗位的点位", "sites with a unit and a post"),
    "levels": Text("四级责任齐全的网格", "cells with all four levels"),
    "supervisor": Text("配有监督岗位的网格", "cells with a supervising post"),
    "complete": Text("六要素齐全的清单问题", "listed problems with all six fields"),
    "in-time": Text("按期办结的清单问题", "listed problems done in time"),
    "signed": Text("责任书签订", "responsibility letters signed"),
    "reviewed": Text("责任书年底前考核", "responsibility letters reviewed in time"),
    "contracts": Text("门前责任书签订", "frontage contracts signed"),
}
_VERDICTS = {True: Text("达标", "passes"), False: Text("不达标", "fails"), None: Text("无法判定", "not known")}


def check_listing(checks: Iterable[Check], lang: Lang) -> Listing:
    """Return checks as one table: what, where, the limit, what is there, what lacks, the verdict, the clause."""
    columns = (
        Column("matter", Text("指标", "matter")),
        Column("subject", Text("编号", "id")),
        Column("name", Text("对象", "where")),
        Column("area", Text("属地", "area")),
        Column("limit", Text("要求", "limit")),
        Column("value", Text("现状", "value")),
        Column("short", Text("差额", "shortfall")),
        Column("verdict", Text("结论", "verdict")),
        Column("clause", Text("依据", "clause")),
        Column("note", Text("说明", "note")),
    )
    rows = [
        (
            _CHECKS[check.matter].say(lang),
            check.subject,
            check.name or Text("全域", "whole place").say(lang),
            check.area or "",
            limit_said(check, lang),
            value_said(check, lang),
            short_said(check, lang),
            _VERDICTS[check.passes].say(lang),
            check.stated.clause,
            check.note.say(lang),
        )
        for check in checks
    ]
    return Listing(columns, rows)


def _record(check: Check) -> dict[str, Any]:
    """Return a check with its exact numbers."""
    stated = check.stated
    return {
        "matter": check.matter,
        "subject": check.subject,
        "name": check.name,
        "area": check.area,
        "value": number(check.value),
        "count": None if check.of is None else number(check.of[0]),
        "base": None if check.of is None else check.of[1],
        "limits": {name: number(limit) for name, limit in stated.limits.items()},
        "passes": check.passes,
        "short": number(check.short),
        "instrument": stated.instrument,
        "standard": stated.code,
        "row": stated.row,
        "clause": stated.clause,
        "borrowed": stated.borrowed,
    }
