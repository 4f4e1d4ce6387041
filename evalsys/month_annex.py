"""The annex of a month's report: the sheets of the bulletin's annex, those of the month, and the sheet of figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalsys.bulletin_annex import link_figures, numbers_said, reference
from evalsys.bulletin_results import FIGURES, SHEETS, Stated, listing_of
from evalsys.calendar_results import due_listing
from evalsys.calendars import Anchors
from evalsys.done import STATES_OF_DONE
from evalsys.dues import CalendarLedger
from evalsys.escalation_words import clause_text
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.material_ledger import TIMES
from evalsys.material_results import wants_listing
from evalsys.month_reports import OWN, MonthReport
from evalsys.month_words import part_name, title
from evalsys.survey_words import question_listing
from evalsys.wording import decimal, percent

__all__ = ["annex", "annex_name", "cell_text", "figures_listing", "place_of", "sheet_listing", "sheet_names"]

_MONTH: Mapping[str, Text] = {
    "decided": Text("审定措施", "decided"),
    "materials": Text("本月材料", "materials"),
    "wants": Text("标准缺件", "lacking"),
    "calendar": Text("本月日程", "calendar"),
    "survey": Text("问卷结果", "survey"),
}
_NAMES: Mapping[str, Text] = {
    **FIGURES,
    "decided": Text("审定措施", "decided on"),
    "confirmed": Text("审定采取", "confirmed"),
    "materials": Text("本月应报材料", "materials due"),
    "arrears": Text("以前月份所欠材料", "materials owed from before"),
    "calendar": Text("本月到期事项", "matters due"),
    **{f"material_{key}": Text(f"材料{said.zh}", f"materials {said.en}") for key, said in TIMES.items()},
    **{f"calendar_{key}": Text(f"日程{said.zh}", f"matters {said.en}") for key, said in STATES_OF_DONE.items()},
}


def annex_name(lang: Lang) -> str:
    """Return the name of the file."""
    return Text("创城工作月报附件.xlsx", "monthly-report-annex.xlsx").say(lang)


def sheet_names(report: MonthReport, lang: Lang) -> dict[str, str]:
    """Return the name of each sheet by its key, in the order of the workbook."""
    names = {key: name.say(lang) for key, name in (*SHEETS.items(), *_MONTH.items())}
    for part in report.duties[lang]:
        names[part.key] = _free(re.sub(r"[\[\]:*?/\\]", " ", part.title.say(lang))[:28], set(names.values()))
    return names


def _free(name: str, taken: set[str]) -> str:
    """Return a name for a sheet that no other has, whatever the case of its letters."""
    held = {own.lower() for own in taken}
    number = 2
    found = name
    while found.lower() in held:
        found = f"{name} {number}"
        number += 1
    return found


def sheet_listing(report: MonthReport, sheet: str, lang: Lang) -> Listing:
    """Return one sheet as rows."""
    if sheet in SHEETS:
        return listing_of(report.issue, sheet, lang)
    made: Mapping[str, Callable[[MonthReport, Lang], Listing]] = {
        "decided": _decided,
        "materials": _materials,
        "wants": lambda report, lang: wants_listing(report.materials, lang),
        "calendar": _calendar,
        "survey": lambda report, lang: _worded(question_listing(report.survey, lang)),
    }
    if sheet in made:
        return made[sheet](report, lang)
    return next(part.listing for part in report.duties[lang] if part.key == sheet)


def cell_text(value: Any, kind: str) -> str:
    """Return a cell of a listing in words; a mark that stands in place of a number stays.

    Examples
    --------
    >>> from fractions import Fraction
    >>> [cell_text(value, "share") for value in (Fraction(1, 8), "<5", None)]
    ['12.5%', '<5', '–']
    """
    if value is None:
        return "" if kind == "text" else "–"
    if isinstance(value, str) or kind == "text":
        return str(value)
    if kind == "share":
        return percent(value, 1)
    return decimal(value, 3) if kind == "points" else f"{value:,}"


def _worded(listing: Listing) -> Listing:
    """Return a listing whose columns of numbers are in words where a mark stands in place of a number."""
    marked = [
        column.kind != "text" and any(isinstance(row[place], str) for row in listing.rows)
        for place, column in enumerate(listing.columns)
    ]
    columns = [replace(own, kind="text") if mark else own for own, mark in zip(listing.columns, marked, strict=True)]
    kinds = [column.kind for column in listing.columns]
    rows = [
        [cell_text(cell, kind) if mark else cell for cell, kind, mark in zip(row, kinds, marked, strict=True)]
        for row in listing.rows
    ]
    return Listing(columns, rows)


def _decided(report: MonthReport, lang: Lang) -> Listing:
    columns = (
        Column("on", Text("审定日期", "decided on")),
        Column("subject", Text("对象", "subject")),
        Column("step", Text("措施", "step")),
        Column("decided", Text("审定", "decision")),
        Column("ladder", Text("制度", "ladder")),
        Column("clause", Text("条款", "clause")),
        Column("findings", Text("所涉问题", "findings")),
        Column("note", Text("备注", "note")),
    )
    sites = report.assessment.sites["name"].tolist()
    ladders = {str(ladder.code): ladder for ladder in report.kept.rules.ladders}
    rows = []
    for own in report.decided.to_dict("records"):
        ladder = ladders[own["ladder"]]
        subject = own["unit"] or own["area"] or sites[own["site"]]
        rows.append(
            (
                own["decided_on"].date().isoformat(),
                subject,
                ladder.steps[own["step"]].say(lang),
                Text("采取", "confirmed").say(lang) if own["decided"] else Text("不采取", "declined").say(lang),
                ladder.said.text.say(lang),
                clause_text(ladder).say(lang),
                " ".join(own["findings"] or ()),
                own["note"],
            )
        )
    return Listing(columns, rows)


def _materials(report: MonthReport, lang: Lang) -> Listing:
    columns = (
        Column("material", Text("材料编号", "material")),
        Column("name", Text("材料名称", "name")),
        Column("standard", Text("测评标准", "standard")),
        Column("unit", Text("责任单位", "unit")),
        Column("month", Text("归集月份", "month")),
        Column("due", Text("截止日期", "due")),
        Column("handed", Text("报送日期", "handed in")),
        Column("time", Text("报送情况", "delivery")),
        Column("late", Text("逾期天数", "days late"), "count"),
        Column("alone", Text("补齐本件可得", "alone brings"), "points"),
    )
    alone = {code: want.alone for want in report.materials.wants for code in want.missing}
    rows = [
        (
            item.material,
            item.name.say(lang),
            item.standard,
            item.unit,
            item.month or None,
            item.due and item.due.isoformat(),
            (handed := item.days["drafted_on"]) and handed.isoformat(),
            TIMES[item.time].say(lang),
            item.late,
            alone.get(item.material),
        )
        for item in report.papers
    ]
    return Listing(columns, rows)


def _calendar(report: MonthReport, lang: Lang) -> Listing:
    found = report.found
    held = CalendarLedger(report.assessment, found.first, found.last, found.last, (), (), report.dues, (), Anchors())
    return due_listing(held, lang)


def place_of(report: MonthReport, own: Stated, lang: Lang) -> str:
    """Return where the rows of a figure begin in the workbook."""
    return reference(own, sheet_names(report, lang)[own.sheet])


def figures_listing(report: MonthReport, lang: Lang) -> Listing:
    """Return every figure of the page: number, name, value, sheet, rows."""
    columns = (
        Column("number", Text("图号", "no."), "count"),
        Column("figure", Text("指标", "figure")),
        Column("of", Text("范围", "of")),
        Column("value", Text("数值", "value"), "count"),
        Column("sheet", Text("所在表", "sheet")),
        Column("lines", Text("行号", "row numbers")),
    )
    nobody = {"unit": Text("未登记单位", "no unit on record"), "area": Text("未登记属地", "no area on record")}
    names, titles = sheet_names(report, lang), {part.key: part.title for part in report.duties[lang]}
    rows = []
    for place, own in report.stated.items():
        name = part_name(report, own.by, own.name, lang) if own.by in OWN else own.name
        shown = name or nobody.get(own.by, Text("全部", "all")).say(lang)
        figure = (_NAMES.get(own.key) or titles.get(own.key) or _known(own.key)).say(lang)
        rows.append((report.numbers[place], figure, shown, own.value, names[own.sheet], numbers_said(own)))
    return Listing(columns, rows)


def _known(key: str) -> Text:
    return Text(key, key)


def annex(report: MonthReport, path: Path, lang: Lang) -> None:
    """Write the workbook of a month; the same month gives the same bytes.

    Parameters
    ----------
    report : MonthReport
    path : Path
        Of the file; its folder is made where it does not exist.
    lang : {'zh', 'en'}
    """
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(title(report, lang))
    figures_listing(report, lang).add_sheet(workbook, Text("数字出处", "figures").say(lang), lang)
    for sheet, name in sheet_names(report, lang).items():
        sheet_listing(report, sheet, lang).add_sheet(workbook, name, lang)
    linked = ((own, place_of(report, own, lang)) for own in report.stated.values())
    link_figures(workbook.worksheets[0], 4, linked)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))
