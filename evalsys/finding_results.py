"""The ledger of findings as rows, text and JSON: what ``evalsys ledger ASSESSMENT findings`` prints."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from evalsys.assessment import Assessment
from evalsys.bulletins import points_of
from evalsys.fields import SOURCES
from evalsys.language import Lang, Text
from evalsys.ledgers import STATE_NAMES, Ledgers, ledgers_of, states
from evalsys.listing import Column, Listing
from evalsys.scoring import score
from evalsys.wording import node_name, observed, plural

__all__ = [
    "FINDING_COLUMNS",
    "columns_of",
    "finding_cells",
    "finding_name",
    "findings_json",
    "findings_listing",
    "findings_text",
    "site_said",
    "source_name",
]


@lru_cache(maxsize=4)
def columns_of(kept: Ledgers) -> Mapping[str, list[Any]]:
    """Return the columns of the findings as plain lists."""
    return {name: kept.findings[name].tolist() for name in kept.findings.columns}


def finding_name(kept: Ledgers, row: int, lang: Lang) -> str:
    """Return what was found in words: as the office wrote it, else the standard and what the check saw."""
    told = columns_of(kept)
    if told["what"][row]:
        return str(told["what"][row])
    instrument, place = kept.assessment.instrument, told["place"][row]
    name = node_name(instrument, place, lang)
    seen = told["observations"][row]
    said = _observed(kept, place, seen[0], lang) if seen else ""
    return f"{name}{Text('：', ': ').say(lang)}{said}" if said else name


@lru_cache(maxsize=4)
def _seen(kept: Ledgers) -> tuple[list[Any], ...]:
    """Return leaf, value and number of each observation."""
    observations = kept.assessment.observations
    return tuple(observations[name].tolist() for name in ("leaf", "value", "n"))


def _observed(kept: Ledgers, place: int, row: int, lang: Lang) -> str:
    nodes = kept.assessment.instrument.nodes
    leaf, value, n = (column[row] for column in _seen(kept))
    standard = nodes[place].standard
    if leaf < 0 or standard is None or value is None:
        return ""
    return observed(standard.rules[str(nodes[leaf].method)], str(value), n, lang)


#: Columns that tell of a finding.
FINDING_COLUMNS = (
    Column("finding_id", Text("问题编号", "finding")),
    Column("site_id", Text("点位编号", "site id")),
    Column("site", Text("点位", "site")),
    Column("standard", Text("测评标准", "standard")),
    Column("what", Text("问题", "what was found")),
    Column("source", Text("问题来源", "source")),
    Column("area", Text("属地", "area")),
    Column("units", Text("责任单位", "units")),
    Column("found_on", Text("发现日期", "found on")),
    Column("due", Text("整改期限", "due")),
    Column("state", Text("状态", "state")),
    Column("late", Text("逾期天数", "days overdue"), "count"),
    Column("returned", Text("退回次数", "times returned"), "count"),
    Column("again", Text("再次发现次数", "seen again"), "count"),
    Column("points", Text("影响总分", "points at stake"), "points"),
    Column("earlier", Text("重复或反弹自", "repeat or relapse of")),
    Column("photo", Text("整改前照片", "photo before")),
)


def finding_cells(kept: Ledgers, row: int, stand: Any, points: Fraction, lang: Lang) -> tuple[Any, ...]:
    """Return the cells of :data:`FINDING_COLUMNS` of one finding.

    Parameters
    ----------
    kept : Ledgers
    row : int
        Of the findings.
    stand
        Its row of :func:`~evalsys.ledgers.states`.
    points : Fraction
        At stake.
    lang : {'zh', 'en'}
    """
    own = {name: held[row] for name, held in columns_of(kept).items()}
    return (
        own["finding_id"],
        str(kept.assessment.sites["site_id"].iat[own["site"]]) if own["site"] >= 0 else "",
        site_said(kept, row, lang),
        own["standard"],
        finding_name(kept, row, lang),
        source_name(own["source"], lang),
        own["area"] or "",
        Text("、", ", ").say(lang).join(own["units"] or ()),
        own["found_on"].date().isoformat(),
        stand.due.date().isoformat(),
        STATE_NAMES[stand.state].say(lang),
        int(stand.overdue),
        int(stand.returned),
        int(stand.again),
        points,
        own["relapse_of"] or own["repeat_of"] or "",
        own["photo"] or "",
    )


def site_said(kept: Ledgers, row: int, lang: Lang) -> str:
    """Return the name of the site of a finding, or words for the whole place."""
    site = columns_of(kept)["site"][row]
    if site < 0:
        return Text("全域", "whole place").say(lang)
    return str(kept.assessment.sites["name"].iat[site])


def source_name(key: str, lang: Lang) -> str:
    """Return where a finding comes from in words."""
    return next((zh for zh, name in SOURCES.items() if name == key), key) if lang == "zh" else _ENGLISH.get(key, key)


_ENGLISH = {"film": "undercover film", "self": "own check"}


def findings_listing(assessment: Assessment, day: datetime.date | None, lang: Lang) -> Listing:
    """Return the ledger of findings as it stood at the end of a day: what is overdue first, then what is in hand.

    Parameters
    ----------
    assessment : Assessment
    day : date, optional
        None: the last day of which the ledgers tell.
    lang : {'zh', 'en'}
    """
    kept = ledgers_of(assessment)
    day = day or kept.last_day
    if day is None:
        return Listing(FINDING_COLUMNS, [])
    points = points_of(kept, score(assessment))
    held: list[Any] = list(states(kept, day).itertuples(index=False))
    stand = sorted(
        held,
        key=lambda own: (-int(own.overdue), _STATES.index(own.state), own.due, own.finding),
    )
    return Listing(FINDING_COLUMNS, [finding_cells(kept, own.finding, own, points[own.finding], lang) for own in stand])


_STATES = ("returned", "open", "fixed", "verified")


def findings_text(assessment: Assessment, day: datetime.date | None, lang: Lang) -> str:
    """Return the ledger of findings as a person reads it: a line of totals, then the rows."""
    made = findings_listing(assessment, day, lang)
    until = day or ledgers_of(assessment).last_day
    if until is None:
        return Text("台账中没有问题。", "The ledgers hold no findings.").say(lang)
    place = {column.key: at for at, column in enumerate(made.columns)}
    known = [row[place["state"]] for row in made.rows]
    counts = [(name.say(lang), known.count(name.say(lang))) for name in STATE_NAMES.values()]
    late = sum(1 for row in made.rows if row[place["late"]])
    told = Text("、", ", ").say(lang).join(f"{name} {count}" for name, count in counts)
    head = Text(
        f"截至 {until}：问题 {len(known)} 条，{told}；其中逾期 {late} 条。",
        f"At the end of {until}: {plural(len(known), 'finding')}; {told}; overdue {late}.",
    ).say(lang)
    if undated := len(ledgers_of(assessment).undated):
        head += Text(
            f"\n{undated} 条有失分的检查没有日期，未列入台账；可补填检查日期，或设置“台账·未注日期按”。",
            f"\n{plural(undated, 'lossy observation')} without a day: in no ledger. Add the days, or set "
            "ledger: undated.",
        ).say(lang)
    return f"{head}\n\n{made.as_text(lang)}" if made.rows else head


def findings_json(assessment: Assessment, day: datetime.date | None, lang: Lang) -> str:
    """Return the ledger of findings as JSON, with the day at whose end it stands."""
    until = day or ledgers_of(assessment).last_day
    rows = findings_listing(assessment, day, lang).as_records()
    content = {"schema": 1, "day": None if until is None else until.isoformat(), "findings": rows}
    return json.dumps(content, ensure_ascii=False, indent=1)
