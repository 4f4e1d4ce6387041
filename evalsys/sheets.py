"""How a sheet of an Excel workbook looks, and how values get into its cells.

Text never becomes a formula, numbers are typed and rounded half up once, and the same content gives the same bytes:
no clock, no user name and no zip time stamp goes into a file.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

import evalsys
from evalsys.wording import decimal

__all__ = [
    "Field",
    "body",
    "end_rule",
    "filtered",
    "font",
    "head",
    "lines_in",
    "new_workbook",
    "packed",
    "page",
    "write",
]

#: A font that Windows has; sizes and colours as on the pages (points, RGB).
FONT = "等线"
INK, SOFT, BLUE, LOST, RULE, HAIR, BAND = "17202B", "566270", "1F4E79", "B5451B", "C3CBD4", "E4E8ED", "DCE7F1"
DAY, POINTS, RATE = "yyyy-mm-dd", "0.000", "0.00%"


@dataclass(frozen=True)
class Field:
    """A column of a sheet: heading, width in characters, number format, alignment, and whether one fills it in."""

    heading: str
    width: float
    form: str = "@"
    across: str = "left"
    fill_in: bool = False


def font(size: float = 10, colour: str = INK, bold: bool = False) -> Font:
    """Return the font of every workbook in one size."""
    return Font(name=FONT, size=size, color=colour, bold=bold)


def edge(colour: str, style: str = "thin") -> Side:
    """Return one side of a border."""
    return Side(style=style, color=colour)  # type: ignore[arg-type]


def write(sheet: Worksheet, row: int, column: int, value: Any, form: str = "General") -> Any:
    """Put a value into a cell as what it is: text never becomes a formula, a fraction is rounded half up.

    Parameters
    ----------
    form : str
        Number format; its decimals decide the rounding of a Fraction.

    Returns
    -------
    Cell
    """
    cell = sheet.cell(row, column)
    _put(cell, value, form)
    cell.number_format = form
    return cell


def _put(cell: Any, value: Any, form: str) -> None:
    if isinstance(value, Fraction):
        value = rounded(value, _decimals(form))
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    if isinstance(value, str) and value:
        cell.data_type = "s"  # openpyxl takes a leading '=' for a formula


def rounded(value: Fraction, places: int) -> float:
    """Return a number rounded half away from zero.

    Examples
    --------
    >>> rounded(Fraction(1, 8), 2), rounded(Fraction(-1, 8), 2)
    (0.13, -0.13)
    """
    return float(decimal(value, places).replace(",", "").replace("−", "-"))


def _decimals(form: str) -> int:
    digits = len(form.partition(".")[2].rstrip("%"))
    return digits + 2 if form.endswith("%") else digits


def head(sheet: Worksheet, row: int, fields: Sequence[Field]) -> None:
    """Write the headings of a table, set the widths of its columns, and repeat the row on every page."""
    for place, field in enumerate(fields, 1):
        cell = write(sheet, row, place, field.heading, "@")
        cell.font = font(bold=True)
        cell.alignment = standing(fields, place)
        cell.border = Border(top=edge(INK, "medium"), bottom=edge(INK))
        if field.fill_in:
            cell.fill = PatternFill("solid", BAND)
        sheet.column_dimensions[get_column_letter(place)].width = field.width
    lines = max(lines_in(field.heading, field.width) for field in fields)
    sheet.row_dimensions[row].height = 10 + 14 * lines
    sheet.print_title_rows = f"{row}:{row}"


def body(sheet: Worksheet, row: int, fields: Sequence[Field], rows: Iterable[Sequence[Any]], least: float = 20) -> int:
    """Write rows of a table, each high enough for its text; columns to fill in are ruled on both sides.

    Returns
    -------
    int
        The row below the last.
    """
    rule = edge(RULE, "hair")
    styles: list[Any] = []
    for values in rows:
        lines = 1
        for place, (field, value) in enumerate(zip(fields, values, strict=True), 1):
            cell: Any = sheet.cell(row, place)
            _put(cell, value, field.form)
            if place > len(styles):  # the first row makes the styles of all
                cell.number_format, cell.font, cell.alignment = field.form, font(), standing(fields, place)
                cell.border = Border(bottom=rule, left=rule, right=rule) if field.fill_in else Border(bottom=rule)
                styles.append(copy(cell._style))
            cell._style = copy(styles[place - 1])
            lines = max(lines, lines_in(value, field.width) if isinstance(value, str) else 1)
        sheet.row_dimensions[row].height = max(least, 6 + 13.5 * lines)
        row += 1
    return row


def restyle(cells: Iterable[Any], change: Callable[[Any], None]) -> None:
    """Change how cells look; what looks alike is changed once and copied."""
    made: dict[tuple[int, ...], Any] = {}
    for cell in cells:
        old = tuple(cell._style)
        if old in made:
            cell._style = copy(made[old])
        else:
            change(cell)
            made[old] = copy(cell._style)


def row_of(sheet: Worksheet, row: int, columns: int) -> list[Any]:
    """Return the first cells of a row."""
    return [sheet.cell(row, place) for place in range(1, columns + 1)]


def standing(fields: Sequence[Field], place: int) -> Alignment:
    """Return how the cells of a column stand; text keeps its distance from a rule, and from numbers on its left."""
    field, before = fields[place - 1], fields[place - 2] if place > 1 else None
    beside = field.fill_in or (before is not None and (before.fill_in or before.across != "left"))
    return Alignment(field.across, "center", wrap_text=True, indent=int(beside and field.across == "left"))


def end_rule(sheet: Worksheet, row: int, fields: Sequence[Field], top: str = "", bottom: str = "medium") -> None:
    """Draw the rule that ends a table under its last row; with `top` also one above the row."""
    for cell in row_of(sheet, row, len(fields)):
        old = cell.border
        cell.border = Border(old.left, old.right, edge(INK, top) if top else old.top, edge(INK, bottom))


def lines_in(text: str, width: float) -> int:
    """Return about how many lines a text takes in a column; a Chinese character is as wide as two digits.

    Examples
    --------
    >>> lines_in("社会主义核心价值观", 10), lines_in("short", 10)
    (2, 1)
    """
    room = max(2.0, width - 1)
    return sum(max(1, math.ceil(_breadth(line) / room)) for line in text.split("\n"))


def _breadth(text: str) -> float:
    return sum(2 if ord(character) > 0x2E7F else 0.93 for character in text)


def page(sheet: Worksheet, orientation: str = "landscape", one_page: bool = False, foot: str = "") -> None:
    """Set A4, margins, width of one page and the running foot."""
    setup = sheet.page_setup
    setup.orientation, setup.paperSize = orientation, 9  # type: ignore[assignment]
    setup.fitToWidth, setup.fitToHeight = 1, 1 if one_page else 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left, margins.right, margins.top, margins.bottom, margins.footer = 0.5, 0.5, 0.55, 0.6, 0.3
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(foot.replace("&", "&&"), FONT, 8), right=_HeaderFooterPart("&P / &N", FONT, 8)
    )
    sheet.sheet_view.showGridLines = False
    sheet.print_options.horizontalCentered = True


def filtered(sheet: Worksheet, row: int, columns: int, last: int, freeze: str) -> None:
    """Add filter buttons and keep the heading in view."""
    sheet.auto_filter.ref = f"A{row}:{get_column_letter(columns)}{max(last, row)}"
    sheet.freeze_panes = freeze


def new_workbook(title: str) -> Workbook:
    """Return a workbook without sheets, in our font, that names no one."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook._named_styles["Normal"].font = font()  # type: ignore[attr-defined]
    workbook.properties.creator, workbook.properties.title = f"evalsys {evalsys.__version__}", title
    return workbook


_MOMENT = "1980-01-01T00:00:00Z"


def packed(workbook: Workbook) -> bytes:
    """Return the bytes of a workbook, the same for the same content: times are taken out."""
    raw, out = io.BytesIO(), io.BytesIO()
    workbook.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + _MOMENT.encode(), content)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 0, 0
            target.writestr(entry, content)
    return out.getvalue()
