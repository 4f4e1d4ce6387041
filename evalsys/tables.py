"""Tables of text from CSV files and workbooks, with the row of every cell and every fault of form.

A table is read as text so that nothing is guessed: what a cell means is decided by :mod:`evalsys.evidence`.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.faults import Fault, nearest

__all__ = ["Column", "Table", "read_csv", "read_workbook", "refuse_personal_data"]


@dataclass(frozen=True)
class Column:
    """A column that a table may have: its name, whether every table has it, and the headings that mean it."""

    name: str
    headings: tuple[str, ...]
    required: bool = False


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
    """

    name: str
    file: str
    columns: tuple[str, ...]
    headings: Mapping[str, str]
    rows: list[list[str]]
    numbers: list[int]

    def fault(
        self, problem: str, place: int | None, column: str, value: str = "", allowed: str = "", near: str = ""
    ) -> Fault:
        """Return a fault in one of the rows."""
        number = None if place is None else self.numbers[place]
        return Fault(problem, self.file, number, self.headings.get(column, column), value, allowed, near)


def read_csv(path: Path, shown: str, faults: list[Fault]) -> tuple[list[list[str]], list[int]] | None:
    """Read a CSV file in UTF-8 (with or without BOM) or GB18030 into rows of text and their line numbers.

    Lines that begin with ``#`` above the heading are comments.
    """
    data = path.read_bytes()
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\x00" in text:
        faults.append(Fault("bad_encoding", shown, allowed="UTF-8 GB18030"))
        return None
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, numbers, start = [], [], 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            comment = not rows and row and row[0].lstrip().startswith("#")
            if not comment and any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                numbers.append(line)
    except csv.Error as error:
        faults.append(Fault("unreadable", shown, reader.line_num, value=str(error)))
        return None
    return rows, numbers


def read_workbook(path: Path, shown: str, faults: list[Fault]) -> dict[str, tuple[list[list[str]], list[int]]] | None:
    """Read every sheet of a workbook into rows of text and their row numbers.

    Merged cells and formulas without a stored value are faults: both would lose data without a word.
    """
    import warnings
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that carry no data
            values = openpyxl.load_workbook(path, data_only=True)
            formulas = openpyxl.load_workbook(path, data_only=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        faults.append(Fault("unreadable", shown, value=type(error).__name__))
        return None
    sheets = {}
    for sheet in values.worksheets:
        place = f"{shown} [{sheet.title}]"
        for merged in sheet.merged_cells.ranges:
            faults.append(Fault("merged_cells", place, merged.min_row, value=str(merged)))
        source = formulas[sheet.title]
        rows, numbers = [], []
        for cells, written in zip(sheet.iter_rows(), source.iter_rows(), strict=True):
            texts = [_cell_text(cell) for cell in cells]
            for cell, formula in zip(cells, written, strict=True):
                if cell.value is None and isinstance(formula.value, str) and formula.value.startswith("="):
                    faults.append(Fault("formula_without_value", place, cell.row, cell.column_letter, formula.value))
            if any(texts):
                rows.append(texts)
                numbers.append(cells[0].row)
        sheets[sheet.title] = (rows, numbers)
    return sheets


def _cell_text(cell: Any) -> str:
    """Return what a cell shows, exactly: dates as dates, per cents with their sign, numbers to Excel's 15 digits."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{value * 100:.13g}%"
        return f"{value:.15g}"
    return str(value).strip()


def as_table(
    name: str,
    shown: str,
    content: tuple[list[list[str]], list[int]],
    columns: Sequence[Column],
    ignored: Sequence[str],
    faults: list[Fault],
) -> Table | None:
    """Match the headings of a table to its known columns; report what does not fit.

    Parameters
    ----------
    ignored : sequence of str
        Headings that are only for the eye.
    """
    rows, numbers = content
    if not rows:
        faults.append(Fault("empty_file", shown, allowed=" ".join(c.name for c in columns if c.required)))
        return None
    known = {_folded(heading): column.name for column in columns for heading in (column.name, *column.headings)}
    only_shown = {_folded(heading) for heading in ignored}
    head, number = rows[0], numbers[0]
    found: dict[str, int] = {}
    skipped = set()
    for place, heading in enumerate(head):
        column = known.get(_folded(heading))
        if column is not None and column in found:
            faults.append(Fault("duplicate_column", shown, number, heading, column))
        elif column is not None:
            found[column] = place
        elif heading and _folded(heading) in _PERSONAL:
            faults.append(Fault("personal_column", shown, number, heading))
        elif heading and _folded(heading) not in only_shown:
            headings = [h for c in columns for h in (c.name, *c.headings)]
            faults.append(Fault("unknown_column", shown, number, heading, heading, "", nearest(heading, headings)))
        elif not heading and any(len(row) > place and row[place] for row in rows[1:]):
            faults.append(Fault("empty_value", shown, number, f"#{place + 1}"))
        else:
            skipped.add(place)
    for wanted in columns:
        if wanted.required and wanted.name not in found:
            faults.append(
                Fault("missing_column", shown, number, wanted.name, "", " / ".join((wanted.name, *wanted.headings[:1])))
            )
    width = len(head)
    for row, line in zip(rows[1:], numbers[1:], strict=True):
        if any(row[width:]):
            faults.append(Fault("ragged_row", shown, line, "", row[width], str(width)))
    order = list(found.values())
    cells = [[row[place] if place < len(row) else "" for place in order] for row in rows[1:]]
    return Table(
        name, shown, tuple(found), {column: head[place] for column, place in found.items()}, cells, list(numbers[1:])
    )


def _folded(heading: str) -> str:
    """Headings are compared without blanks, case and the width of punctuation."""
    table = str.maketrans("（）／：－–—＿", "()/:---_")
    return re.sub(r"\s+", "", heading).translate(table).lower()


# ----------------------------------------------------------------------------------------------- personal data

_PERSONAL = {
    _folded(name)
    for name in (
        "姓名",
        "名字",
        "受访者姓名",
        "被访者姓名",
        "联系人",
        "负责人",
        "责任人",
        "检查人",
        "督查员",
        "测评员",
        "电话",
        "联系电话",
        "手机",
        "手机号",
        "手机号码",
        "联系方式",
        "身份证",
        "身份证号",
        "身份证号码",
        "证件号",
        "证件号码",
        "住址",
        "家庭住址",
        "门牌号",
        "微信",
        "微信号",
        "qq",
        "邮箱",
        "出生日期",
        "person",
        "full_name",
        "fullname",
        "first_name",
        "last_name",
        "surname",
        "respondent_name",
        "inspector",
        "contact",
        "phone",
        "phone_number",
        "mobile",
        "telephone",
        "tel",
        "id_number",
        "id_card",
        "identity",
        "passport",
        "email",
        "e-mail",
        "home_address",
        "birthday",
        "date_of_birth",
        "wechat",
    )
}
_MOBILE = r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = rf"(?<!\d)[1-9]\d{{5}}(?:(?:18|19|20)\d{{2}}{_BIRTH}\d{{3}}[\dXx]|\d{{2}}{_BIRTH}\d{{3}})(?![\dXx])"
_PERSONAL_VALUE = re.compile(f"{_MOBILE}|{_IDENTITY}")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９Ｘ", "0123456789X")


def refuse_personal_data(table: Table, faults: list[Fault]) -> None:
    """Report every cell that looks like a mobile or identity number, without repeating the number."""
    if not _PERSONAL_VALUE.search("\n".join("\t".join(row) for row in table.rows).translate(_WIDE_DIGITS)):
        return
    for place, row in enumerate(table.rows):
        for column, cell in zip(table.columns, row, strict=True):
            match = _PERSONAL_VALUE.search(cell.translate(_WIDE_DIGITS))
            if match:
                faults.append(table.fault("personal_value", place, column, match.group()[:3] + "…"))
