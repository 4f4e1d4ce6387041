"""Tables of text from CSV files and workbooks, with the row of every cell and every fault of form.

A table is read as text so that nothing is guessed: what a cell means is decided by :mod:`evalsys.fields`.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import string
import warnings
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.faults import Fault, nearest
from evalsys.privacy import folded, is_personal_heading, masked, personal_cells

__all__ = ["Column", "Grid", "Table", "as_table", "one_table", "read_csv", "read_one", "read_workbook"]


@dataclass(frozen=True)
class Column:
    """A column that a table may have: its name, the headings that mean it, and whether every table has it."""

    name: str
    headings: tuple[str, ...] = ()
    required: bool = False

    @property
    def shown(self) -> str:
        """What one may write above the column."""
        names = self.headings[:2] if ":" in self.name else (self.name, *self.headings[:1])
        return " = ".join(names)


@dataclass(frozen=True)
class Grid:
    """Rows of text as they stand in a file, blank rows left out.

    Attributes
    ----------
    rows : list of list of str
        Cells without surrounding blanks.
    numbers : list of int
        Line or row of each in its file, from 1.
    typed : set of (int, int)
        Cells (row, column, from 0) that a workbook holds as numbers.
    """

    rows: list[list[str]]
    numbers: list[int]
    typed: Collection[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Table:
    """A table as it stands in its file.

    Attributes
    ----------
    name : str
        Canonical name, such as 'observations'.
    file : str
        File (and sheet) as the user knows it.
    columns : tuple of str
        Canonical column names; a column that is only for the eye is left out.
    headings : mapping
        Column name to the heading in the file.
    rows : list of list of str
        Cells without surrounding blanks.
    numbers : list of int
        Row of each in its file, from 1.
    typed : set of (int, str)
        Cells (row, column name) that a workbook holds as numbers.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    headings: Mapping[str, str]
    rows: list[list[str]]
    numbers: list[int]
    typed: Collection[tuple[int, str]] = frozenset()

    def fault(
        self, problem: str, place: int | None, column: str, value: str = "", allowed: str = "", near: str = ""
    ) -> Fault:
        """Return a fault in one of the rows; what looks personal is not repeated."""
        number = None if place is None else self.numbers[place]
        return Fault(problem, self.file, number, self.headings.get(column, column), masked(value), allowed, near)


_SURROUNDING = string.whitespace + "\u00a0\u3000\u2028\u2029\u0085\u200b\u2060\ufeff"  # blanks, also invisible ones


def _clean(cell: str) -> str:
    return cell.strip(_SURROUNDING)


# ------------------------------------------------------------------------------------------------- CSV files


def read_csv(path: Path, shown: str, faults: list[Fault]) -> Grid | None:
    """Read a CSV file in UTF-8 (with or without BOM) or GB18030.

    Lines that begin with ``#`` above the heading are comments. Quoted cells may hold line breaks; a quote that is
    never closed is a fault, not a very long cell.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        faults.append(Fault("unreadable", shown, value=error.strerror or ""))
        return None
    text = _decoded(data)
    if isinstance(text, int) or "\x00" in text:
        faults.append(Fault("bad_encoding", shown, text if isinstance(text, int) else None, allowed="UTF-8 GB18030"))
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    start = 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            cells = [_clean(cell) for cell in row]
            if any(cells) and (rows or not cells[0].startswith("#")):
                rows.append(cells)
                numbers.append(line)
    except csv.Error as error:
        faults.append(Fault("unreadable", shown, start, value=str(error)))
        return None
    return Grid(rows, numbers)


def _decoded(data: bytes) -> str | int:
    """Return the text, or the line of the first byte that fits no encoding.

    Nearly any bytes are GB18030; a UTF-8 file with a damaged byte must not be read as such.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    as_utf8 = sum(map(len, re.findall(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}", data)))
    above_ascii = len(data) - len(re.sub(rb"[\x80-\xff]", b"", data))
    if as_utf8 > 0.8 * above_ascii:
        return line
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return line


# -------------------------------------------------------------------------------------------------- workbooks


def read_workbook(path: Path, shown: str, faults: list[Fault], skip: Collection[str] = ()) -> dict[str, Grid] | None:
    """Read the sheets of a workbook, hidden ones and hidden rows too.

    Merged cells, errors such as ``#N/A`` and formulas without a stored value are faults: each would lose data
    without a word.

    Parameters
    ----------
    skip : collection of str
        Titles of sheets that hold no table.
    """
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that carry no data
            values = openpyxl.load_workbook(path, data_only=True)
            formulas = openpyxl.load_workbook(path) if _has_formulas(path) else None
    except Exception:  # a damaged file makes openpyxl raise almost anything
        faults.append(Fault("unreadable", shown, allowed=".xlsx，不设密码 (without a password)"))
        return None
    sheets = {}
    for sheet in values.worksheets:
        if sheet.title in skip:
            continue
        place = f"{shown} [{sheet.title}]"
        for merged in sheet.merged_cells.ranges:
            faults.append(Fault("merged_cells", place, merged.min_row, value=str(merged)))
        for number, cells in enumerate(formulas[sheet.title].iter_rows() if formulas else (), 1):
            for column, cell in enumerate(cells, 1):
                if cell.data_type == "f" and sheet.cell(number, column).value is None:
                    formula = getattr(cell.value, "text", cell.value)
                    faults.append(Fault("formula_without_value", place, number, cell.coordinate, str(formula)))
        rows: list[list[str]] = []
        numbers: list[int] = []
        typed = set()
        for number, cells in enumerate(sheet.iter_rows(), 1):
            texts = [_cell_text(cell) for cell in cells]
            if not any(texts):
                continue
            for column, cell in enumerate(cells):
                if cell.data_type == "e":
                    faults.append(Fault("error_value", place, number, cell.coordinate, texts[column]))
                elif cell.data_type == "n" and texts[column]:
                    typed.add((len(rows), column))
            rows.append(texts)
            numbers.append(number)
        sheets[sheet.title] = Grid(rows, numbers, typed)
    return sheets


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(?:\w+:)?f[\s>/]", package.read(name)) for name in sheets)


def _cell_text(cell: Any) -> str:
    """Return what a cell holds, exactly: dates as dates, per cents with their sign, numbers to Excel's 15 digits."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, int | float):
        # a sign in quotes or after a backslash is only shown and does not scale the number
        shown = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", cell.number_format or "")
        return f"{value * 100:.13g}%" if "%" in shown else _number_text(value)
    return _clean(str(value))


def _number_text(value: float) -> str:
    """Return a number in full where it is whole (an identity number must not hide as a power of ten).

    Examples
    --------
    >>> _number_text(3.2e17), _number_text(0.1 + 0.2), _number_text(2.0)
    ('320000000000000000', '0.3', '2')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e21 else f"{value:.15g}"


# --------------------------------------------------------------------------------------------- headings, columns


def as_table(
    name: str, shown: str, grid: Grid, columns: Sequence[Column], for_the_eye: Sequence[str], faults: list[Fault]
) -> Table | None:
    """Match the headings of a table to its known columns; report what does not fit.

    Parameters
    ----------
    for_the_eye : sequence of str
        Headings of columns that only help the reader.

    Returns
    -------
    Table or None
        None where there is no heading to go by.
    """
    rows, numbers = grid.rows, grid.numbers
    required = [column.shown for column in columns if column.required]
    if not rows:
        faults.append(Fault("empty_file", shown, allowed="  ".join(required)))
        return None
    head, number = rows[0], numbers[0]
    if sum(map(bool, head)) == 1 and re.search(r"[;\t|；，]", "".join(head)):
        faults.append(Fault("wrong_separator", shown, number, value="".join(head)[:60]))
        return None
    found = _match(shown, grid, columns, for_the_eye, faults)
    for column in columns:
        if column.required and column.name not in found:
            allowed = " = ".join((column.name, *column.headings))
            faults.append(Fault("missing_column", shown, number, column.name, allowed=allowed))
    width = max(place for place, heading in enumerate(head) if heading) + 1
    for row, line in zip(rows[1:], numbers[1:], strict=True):
        if len(row) < width or any(row[len(head) :]):
            faults.append(Fault("ragged_row", shown, line, value=str(len(row)), allowed=str(len(head))))
    for place, column_place, text in personal_cells(rows):
        heading = head[column_place] if place and column_place < len(head) else ""
        faults.append(Fault("personal_value", shown, numbers[place], heading, text))
    cells = [[row[place] if place < len(row) else "" for place in found.values()] for row in rows[1:]]
    names = {place: column for column, place in found.items()}
    return Table(
        name=name,
        file=shown,
        columns=tuple(found),
        headings={column: head[place] for column, place in found.items()},
        rows=cells,
        numbers=numbers[1:],
        typed={(row - 1, names[place]) for row, place in grid.typed if row and place in names},
    )


def _match(
    shown: str, grid: Grid, columns: Sequence[Column], for_the_eye: Sequence[str], faults: list[Fault]
) -> dict[str, int]:
    """Return the place of each known column; every other heading with content is a fault."""
    head, number = grid.rows[0], grid.numbers[0]
    known = {folded(heading): column.name for column in columns for heading in (column.name, *column.headings)}
    ignored = {folded(heading) for heading in for_the_eye}
    found: dict[str, int] = {}
    for place, heading in enumerate(head):
        name = known.get(folded(heading))
        if name in found:
            faults.append(Fault("duplicate_column", shown, number, heading, head[found[name]]))
        elif name is not None:
            found[name] = place
        elif heading and is_personal_heading(heading):
            faults.append(Fault("personal_column", shown, number, heading))
        elif heading and folded(heading) not in ignored:
            near = nearest(heading, [name for c in columns for name in (c.name, *c.headings) if ":" not in name])
            allowed = "" if near else "  ".join(column.shown for column in columns)
            faults.append(Fault("unknown_column", shown, number, masked(heading), "", allowed, near))
        elif not heading and any(len(row) > place and row[place] for row in grid.rows[1:]):
            faults.append(Fault("unnamed_column", shown, number, f"#{place + 1}"))
    return found


def read_one(path: Path, faults: list[Fault]) -> Grid | None:
    """Return the cells of a CSV file, or of a workbook with one sheet that is not empty; None where there are none."""
    if not path.is_file():
        faults.append(Fault("missing_file", str(path)))
        return None
    if path.suffix.lower() == ".csv":
        return read_csv(path, path.name, faults)
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        faults.append(Fault("unreadable", path.name, allowed=".csv .xlsx"))
        return None
    sheets = read_workbook(path, path.name, faults)
    if sheets is None:
        return None
    filled = {title: grid for title, grid in sheets.items() if grid.rows}
    for title in list(filled)[1:]:
        faults.append(Fault("unknown_table", f"{path.name} [{title}]", None, "", title))
    return next(iter(filled.values()), Grid([], []))


def one_table(
    path: Path, name: str, columns: Sequence[Column], for_the_eye: Sequence[str], faults: list[Fault]
) -> Table | None:
    """Return the one table of a file; None where it cannot be gone by."""
    grid = read_one(path, faults)
    if grid is None:
        return None
    table = as_table(name, path.name, grid, columns, for_the_eye, faults)
    if table is not None and not table.rows:
        faults.append(Fault("empty_file", path.name, allowed="  ".join(c.shown for c in columns if c.required)))
    lacks = table is None or any(column.required and column.name not in table.columns for column in columns)
    return None if lacks else table
