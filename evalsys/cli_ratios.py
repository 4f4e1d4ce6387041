"""The commands on two plain checks: growth of spending, and staffing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsys.console import LOCALE, say
from evalsys.language import Lang
from evalsys.verbs import FILE, LANG_OF_SYSTEM, check_target, options_format, or_faults, verb, write_listing

if TYPE_CHECKING:
    from evalsys.listing import Listing
    from evalsys.ratios import GrowthYear, Ledger, StaffRow

__all__ = ["verbs_on_ratios"]

#: The commands, for the command line to take up.
verbs_on_ratios = click.Group()

_TABLE = click.argument("table", type=FILE, metavar=say("表格", "TABLE"))


@verb(
    "growth",
    "核对投入增幅是否不低于财政收入（或工作量）增幅。",
    "Check whether spending grew at least as fast as revenue (or workload).",
    (
        "表格为 CSV 或 Excel，每年一行：年度、投入，以及财政收入或工作量。两个增幅相等为达标；"
        "收入下降的年份按条文计算并说明。例：\n\nevalsys growth finance.csv",
        "TABLE is CSV or Excel with a row for each year: year, spending, and revenue or workload. Equal growth passes; "
        "where revenue falls, the rule is applied as printed and it is said so. Example:\n\nevalsys growth finance.csv",
    ),
    group=verbs_on_ratios,
)
@_TABLE
@LANG_OF_SYSTEM
@options_format
def growth(table: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Check the growth of spending."""
    check_target(as_, out)
    from evalsys.ratios import growth_years, read_amounts

    lang = lang or LOCALE
    ledger = or_faults(lambda: read_amounts(table), lang, as_, out)
    rows = growth_years(ledger.rows)
    made = _growth_listing(ledger, rows, lang)
    head = {"reference": ledger.reference}
    passes = [row.passes for row in rows]
    write_listing(made, lambda: _json(made, head, "years", passes), say("投入增幅", "growth"), lang, as_, out)


@verb(
    "staffing",
    "核对执法人员、协管人员、社区专管员的配备比例。",
    "Check the ratios of enforcement officers, assistants and community specialists.",
    (
        "表格为 CSV 或 Excel，每个单位一行：单位，以及已知的城镇人口（人）、执法人员、协管人员、社区数、专管员。"
        "限值取自万年县城市管理文件。例：\n\nevalsys staffing staff.csv",
        "TABLE is CSV or Excel with a row for each place: place, and of residents (persons), officers, assistants, "
        "communities and specialists those that are known. Limits are those of the Wannian city-management document. "
        "Example:\n\nevalsys staffing staff.csv",
    ),
    group=verbs_on_ratios,
)
@_TABLE
@LANG_OF_SYSTEM
@options_format
def staffing(table: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Check the staffing ratios."""
    check_target(as_, out)
    from evalsys.ratios import read_staff, staff_rows, staffing_limits

    lang = lang or LOCALE
    staff = or_faults(lambda: read_staff(table), lang, as_, out)
    rows = staff_rows(staff, staffing_limits())
    made, passes = _staff_listing(rows, lang), [row.passes for row in rows]
    write_listing(made, lambda: _json(made, {}, "ratios", passes), say("人员配备", "staffing"), lang, as_, out)


def _json(made: Listing, head: dict[str, Any], name: str, passes: Sequence[bool | None]) -> str:
    """Return the rows for a program: beside the words of the verdict stands true, false or null."""
    records = [{**row, "passes": own} for row, own in zip(made.as_records(), passes, strict=True)]
    return json.dumps({"schema": 1, **head, name: records}, ensure_ascii=False, indent=1)


def _verdict(passes: bool | None, lang: Lang) -> str:
    from evalsys.language import Text

    words = {True: Text("达标", "passes"), False: Text("不达标", "fails"), None: Text("无法判定", "not known")}
    return words[passes].say(lang)


def _growth_listing(ledger: Ledger, rows: tuple[GrowthYear, ...], lang: Lang) -> Listing:
    from evalsys.language import Text
    from evalsys.listing import Column, Listing
    from evalsys.ratios import REFERENCES, growth_note

    name = REFERENCES[ledger.reference]
    columns = (
        Column("year", Text("年度", "year")),
        Column("spending_growth", Text("投入增幅", "spending growth"), "share"),
        Column("reference_growth", Text(f"{name.zh}增幅", f"{name.en} growth"), "share"),
        Column("verdict", Text("结论", "verdict")),
        Column("short", Text("低多少（百分点）", "short by (pp)"), "points"),
        Column("enough", Text("达标所需投入", "spending that passes"), "points"),
        Column("note", Text("说明", "note")),
    )
    cells = [
        (
            str(row.year),
            row.spending,
            row.reference,
            _verdict(row.passes, lang),
            None if row.short is None else row.short * 100,
            row.enough,
            growth_note(row, ledger.reference).say(lang),
        )
        for row in rows
    ]
    return Listing(columns, cells)


def _staff_listing(rows: tuple[StaffRow, ...], lang: Lang) -> Listing:
    from evalsys.language import Text
    from evalsys.listing import Column, Listing
    from evalsys.ratios import STAFFING, staff_note

    columns = (
        Column("place", Text("单位", "place")),
        Column("ratio", Text("比例", "ratio")),
        Column("count", Text("人数", "staff"), "count"),
        Column("base", Text("基数", "base"), "count"),
        Column("value", Text("比值", "value"), "points"),
        Column("fewest", Text("最少人数", "fewest"), "count"),
        Column("most", Text("最多人数", "most"), "count"),
        Column("verdict", Text("结论", "verdict")),
        Column("note", Text("说明", "note")),
        Column("clause", Text("标准", "standard")),
    )
    cells = [
        (
            row.place,
            STAFFING[row.ratio].name.say(lang),
            row.count,
            row.base,
            row.value,
            row.fewest,
            row.most,
            _verdict(row.passes, lang),
            staff_note(row).say(lang),
            STAFFING[row.ratio].standard,
        )
        for row in rows
    ]
    return Listing(columns, cells)
