"""The annex of a bulletin: one sheet for each kind of rows, and a sheet of figures that links each to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evalsys.bulletin_results import FIGURES, SHEETS, Issue, Stated, listing_of
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing

__all__ = [
    "annex",
    "annex_name",
    "figures_listing",
    "link_figures",
    "numbers_said",
    "place_of",
    "ranges",
    "reference",
    "rows_said",
    "sheet_name",
]

_FIRST = 2  # row of a sheet below its heading


def annex_name(lang: Lang) -> str:
    """Return the name of the file."""
    return Text("创城督查通报附件.xlsx", "bulletin-annex.xlsx").say(lang)


def sheet_name(sheet: str, lang: Lang) -> str:
    """Return the name of a sheet in the annex."""
    return SHEETS[sheet].say(lang)


def ranges(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return rising numbers as runs without gaps.

    Examples
    --------
    >>> ranges([2, 3, 4, 7, 9, 10])
    [(2, 4), (7, 7), (9, 10)]
    """
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = runs[-1][0], place
        else:
            runs.append((place, place))
    return runs


def numbers_said(own: Stated) -> str:
    """Return the rows of the sheet as they are numbered there: ``2–15, 20``."""
    runs = ranges([place + _FIRST for place in own.places])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in runs)


def rows_said(own: Stated, lang: Lang) -> str:
    """Return which rows of its sheet a figure counts, in words."""
    if not own.places:
        return Text("没有行", "no rows").say(lang)
    return Text(f"第 {numbers_said(own)} 行", f"rows {numbers_said(own)}").say(lang)


#: How the headings of columns with photographs begin.
_PHOTOGRAPHS = ("照片", "整改前照片", "整改后照片", "photo")


def reference(own: Stated, name: str) -> str:
    """Return where the rows of a figure begin on the sheet of that name, as a reference: the first run of them.

    Examples
    --------
    >>> reference(Stated("new", "", "", "new", (0, 1, 5)), "新增")
    "'新增'!A2:A3"
    """
    low, high = ranges([place + _FIRST for place in own.places])[0] if own.places else (1, 1)
    quoted = "'" + name.replace("'", "''") + "'"
    return f"{quoted}!A{low}:A{high}" if high > low else f"{quoted}!A{low}"


def place_of(own: Stated, lang: Lang) -> str:
    """Return where the rows of a figure begin in the workbook."""
    return reference(own, sheet_name(own.sheet, lang))


def figures_listing(issue: Issue, lang: Lang) -> Listing:
    """Return every figure of the page: number, name, value, sheet, rows."""
    columns = (
        Column("number", Text("图号", "no."), "count"),
        Column("figure", Text("指标", "figure")),
        Column("of", Text("单位、属地或日期", "unit, area or day")),
        Column("value", Text("数值", "value"), "count"),
        Column("sheet", Text("所在表", "sheet")),
        Column("rows", Text("行数", "rows"), "count"),
        Column("lines", Text("行号", "row numbers")),
    )
    nobody = {"unit": Text("未登记单位", "no unit on record"), "area": Text("未登记属地", "no area on record")}
    whole = Text("全部", "all")
    rows = []
    for place, own in issue.stated.items():
        name = own.name or nobody.get(own.by, whole).say(lang)
        sheet = sheet_name(own.sheet, lang)
        figure = FIGURES[own.key].say(lang)
        rows.append((issue.numbers[place], figure, name, own.value, sheet, len(own.places), numbers_said(own)))
    return Listing(columns, rows)


def annex(issue: Issue, path: Path, lang: Lang) -> None:
    """Write the workbook of an issue.

    Parameters
    ----------
    issue : Issue
    path : Path
        Of the file; its folder is made where it does not exist. The same issue gives the same bytes.
    lang : {'zh', 'en'}
    """
    from evalsys.bulletin_words import title
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(title(issue.found, lang))
    figures_listing(issue, lang).add_sheet(workbook, Text("数字出处", "figures").say(lang), lang)
    for sheet in SHEETS:
        listing_of(issue, sheet, lang).add_sheet(workbook, sheet_name(sheet, lang), lang)
    link_figures(workbook.worksheets[0], 4, ((own, place_of(own, lang)) for own in issue.stated.values()))
    for each in workbook.worksheets[1:]:
        _link_photographs(each, issue.assessment.path, path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))


def link_figures(sheet: Any, column: int, stated: Iterable[tuple[Stated, str]]) -> None:
    """Link each value of the sheet of figures, in one of its columns, to its rows.

    Parameters
    ----------
    sheet : Worksheet
    column : int
        From 1.
    stated : iterable of (Stated, str)
        In the order of the sheet's rows, each with the reference to its rows.
    """
    from openpyxl.worksheet.hyperlink import Hyperlink

    from evalsys.sheets import BLUE, font

    for row, (own, place) in enumerate(stated, _FIRST):
        cell = sheet.cell(row, column)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=place, display=str(own.value))
        cell.font = font(colour=BLUE)


def _link_photographs(sheet: Any, assessment: Path, folder: Path) -> None:
    """Link the names of photographs that lie in the folder of the assessment to them."""
    import os

    from evalsys.sheets import BLUE, font

    places = [cell.column for cell in sheet[1] if str(cell.value).lower().startswith(_PHOTOGRAPHS)]
    for column in places:
        for row in range(_FIRST, sheet.max_row + 1):
            cell = sheet.cell(row, column)
            file = assessment / str(cell.value or "")
            if cell.value and file.is_file():
                cell.hyperlink = Path(os.path.relpath(file, folder)).as_posix()
                cell.font = font(colour=BLUE)
