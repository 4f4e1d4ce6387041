"""A published table and its rule, read exactly: every printed digit counts, every fault is told at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.privacy import is_personal_heading
from evalsys.published_rule import Part, Rule, read_rule
from evalsys.schema import Record, Spot, decimal, parse_number
from evalsys.tables import Column, Grid, Table, as_table, read_csv, read_workbook

__all__ = ["Part", "Published", "Row", "Rule", "SourceRow", "printed_decimals", "read_published", "rule_beside"]


@dataclass(frozen=True)
class Row:
    """A row of a published table.

    Attributes
    ----------
    number : int
        Line or row in the file, from 1.
    name : str
    group : str
        Empty where the rule has no groups.
    values : mapping of str to Fraction
        By column that the rule names; a cell that may be empty and is has no value.
    printed : mapping of str to str
        Every cell by its heading, as it is printed.
    """

    number: int
    name: str
    group: str
    values: Mapping[str, Fraction]
    printed: Mapping[str, str]


@dataclass(frozen=True)
class SourceRow:
    """One of the rows that a table sums up: its row in the file, names, group of means, value, name as entered."""

    number: int
    names: tuple[str, ...]
    within: str
    value: Fraction
    entered: str


@dataclass(frozen=True)
class Published:
    """A published table with its rule.

    Attributes
    ----------
    rule : Rule
    file : str
        Name of the table's file (and sheet).
    columns : tuple of str
        Headings in the order of the file.
    rows : tuple of Row
        Without the row that sums up.
    sum_row : Row or None
    decimals : mapping of str to int
        Printed decimals of each column of numbers.
    source_rows : tuple of SourceRow
    source_file : str
        Name of the file of those rows; empty where there is none.
    hash : str
        SHA-256 of the table, the rule and the rows, in hexadecimal digits.
    """

    rule: Rule
    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    hash: str
    sum_row: Row | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)
    source_rows: tuple[SourceRow, ...] = ()
    source_file: str = ""


# ------------------------------------------------------------------------------------------------------ reading


def rule_beside(table: Path) -> Path:
    """Return where the rule of a table stands unless another is named: beside it, ending in ``.yaml``."""
    return table.with_suffix(".yaml")


def read_published(table: Path, rule: Path | None = None) -> Published:
    """Read a published table and its rule.

    Parameters
    ----------
    table : Path
        CSV or Excel file.
    rule : Path, optional
        YAML file; by default the file of the same name beside the table that ends in ``.yaml``.

    Raises
    ------
    InputFaults
        All faults of the files at once.
    """
    path = rule or rule_beside(table)
    if rule is None and not path.is_file():
        missing = Fault("no_rule" if table.is_file() else "missing_file", table.name, allowed=path.name)
        raise InputFaults([missing])
    faults: list[Fault] = []
    found = read_rule(path, faults)
    grid = read_sheet(table, found.rule.sheet if found else None, faults)
    if found is None or grid is None:
        raise InputFaults(faults)
    shown, cells = grid
    made = from_grid(found.rule, table, shown, cells, faults, found.places)
    known = dict.fromkeys(found.rule.known)
    digests = [made.hash] if made else []
    for name, column, spot in found.known_files:
        listed = _beside(path, name, [column], spot, faults)
        if listed is not None:
            known.update(dict.fromkeys(row[0] for row in listed.rows if row[0]))
            digests.append(_digest(path.parent / name))
    source = _source_rows(found.rule, path, found.places, faults)
    if faults or made is None:
        raise InputFaults(faults)
    if found.rule.rows is not None:
        digests.append(_digest(path.parent / found.rule.rows.file))
    return replace(
        made,
        rule=replace(made.rule, known=tuple(known)),
        source_rows=source,
        source_file=found.rule.rows.file if found.rule.rows else "",
        hash=hashlib.sha256(" ".join([*digests, found.rule.hash]).encode()).hexdigest(),
    )


def read_sheet(path: Path, sheet: str | None, faults: list[Fault]) -> tuple[str, Grid] | None:
    """Read the cells of a table: a CSV file, or one sheet of a workbook.

    Returns
    -------
    (str, Grid) or None
        The name of the file (and sheet), and its cells.
    """
    if not path.is_file():
        faults.append(Fault("missing_file", path.name))
        return None
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        grid = read_csv(path, path.name, faults)
        return None if grid is None else (path.name, grid)
    sheets = {title: grid for title, grid in (read_workbook(path, path.name, faults) or {}).items() if grid.rows}
    if sheet is None and len(sheets) > 1:
        faults.append(Fault("several_sheets", path.name, column="sheet", allowed="  ".join(sheets)))
        return None
    title = sheet if sheet is not None else next(iter(sheets), "")
    if title not in sheets:
        if sheet is not None or not faults:
            near = nearest(title, sheets)
            faults.append(Fault("missing_table", path.name, column="sheet", value=title, nearest=near))
        return None
    return f"{path.name} [{title}]", sheets[title]


def as_free_table(shown: str, grid: Grid, faults: list[Fault]) -> Table | None:
    """Return a table with whatever columns it has; personal data and faults of form are reported."""
    headings = dict.fromkeys(heading for heading in (grid.rows[0] if grid.rows else []) if heading)
    columns = [Column(heading) for heading in headings if not is_personal_heading(heading)]
    return as_table("published", shown, grid, columns, (), faults)


def from_grid(
    rule: Rule, path: Path, shown: str, grid: Grid, faults: list[Fault], places: Record | None = None
) -> Published | None:
    """Return the table by its rule; faults are added to `faults`.

    Parameters
    ----------
    places : Record, optional
        Where the keys of the rule stand, for faults about its columns.
    """
    table = as_free_table(shown, grid, faults)
    if table is None or (places is not None and not _columns_known(places, table)):
        return None
    reader = _Reader(rule, table, faults)
    rows, sum_row = [], None
    for place in range(len(table.rows)):
        sums = rule.sum_row is not None and reader.cell(place, rule.name) == rule.sum_row.name
        row = reader.row(place, sums)
        if not sums:
            rows.append(row)
        elif sum_row is not None:
            faults.append(table.fault("duplicate_id", place, rule.name, row.name))
        else:
            sum_row = row
    if rule.sum_row is not None and sum_row is None:
        near = nearest(rule.sum_row.name, [row.name for row in rows])
        faults.append(Fault("unknown_name", shown, None, rule.name, rule.sum_row.name, "", near))
    if not rows:
        faults.append(Fault("empty_file", shown))
    return Published(
        rule=rule,
        file=shown,
        columns=table.columns,
        rows=tuple(rows),
        hash=_digest(path),
        sum_row=sum_row,
        decimals={column: reader.decimals(column, rows) for column in _number_columns(rule)},
    )


def _number_columns(rule: Rule) -> dict[str, None]:
    """Return the columns of numbers that the rule names, each once."""
    columns = [part.column for part in rule.parts] + [part.printed for part in rule.parts]
    columns += [*rule.deductions, *rule.bonus, rule.total, rule.rank_by]
    for share in rule.shares:
        columns += [share.column, share.of, share.over]
    columns += [*(rule.rows.figures if rule.rows else ()), *(rule.sum_row.columns if rule.sum_row else ())]
    return dict.fromkeys(column for column in columns if column)


def _columns_known(places: Record, table: Table) -> bool:
    """Report the columns that the rule names and the table lacks, at their place in the rule."""
    named: dict[str, Spot] = {}
    for record, keys in _column_places(places):
        for key in keys:
            if record[key]:
                named.setdefault(record[key], record.at(key))
    for key in ("deductions", "bonus"):
        for entry in places[key] or ():
            named.setdefault(entry if isinstance(entry, str) else entry["column"], places.at(key))
    for key, inner in (("rows", "figures"), ("sum_row", "columns")):
        if places[key] is not None:
            named = {**dict.fromkeys(places[key][inner], places[key].at(inner)), **named}
    missing = [column for column in named if column not in table.columns]
    for column in missing:
        named[column].unknown("unknown_column", column, table.columns)
    return not missing


def _column_places(places: Record) -> Iterator[tuple[Record, tuple[str, ...]]]:
    """Yield the maps of a rule that name columns, and the keys that do."""
    for key in ("name", "group", "total"):
        entry = places[key]
        if isinstance(entry, Record):
            yield entry, ("column",)
        elif entry is not None:  # a heading alone stands at the key
            short = Record(column=entry["column"])
            short.spot, short.spots = places.at(key), {"column": places.at(key)}
            yield short, ("column",)
    if places["rank"] is not None:
        yield places["rank"], ("column", "by")
    for part in places["parts"] or ():
        yield part, ("column", "printed")
    for share in places["share"] or ():
        yield share, ("column", "of", "over")


class _Reader:
    """Reads the cells of one table; each fault goes to the list."""

    def __init__(self, rule: Rule, table: Table, faults: list[Fault]) -> None:
        self.rule, self.table, self.faults = rule, table, faults
        self.place_of = {column: place for place, column in enumerate(table.columns)}
        self.parts = {part.column: part for part in rule.parts}
        self.may_be_empty = {*rule.deductions, *rule.bonus}

    def cell(self, place: int, column: str) -> str:
        return self.table.rows[place][self.place_of[column]]

    def row(self, place: int, sums: bool) -> Row:
        """Read one row; in the row that sums up every cell may be empty."""
        rule = self.rule
        name = self.cell(place, rule.name)
        if not name:
            self.faults.append(self.table.fault("empty_value", place, rule.name))
        values = {}
        for column in _number_columns(rule):
            found = self.number(place, column, sums)
            if found is not None:
                values[column] = found
        if rule.rank is not None:
            rank = self.rank(place, rule.rank, sums)
            if rank is not None:
                values[rule.rank] = Fraction(rank)
        return Row(
            number=self.table.numbers[place],
            name=name,
            group="" if rule.group is None or sums else self.group(place, rule.group),
            values=values,
            printed=dict(zip(self.table.columns, self.table.rows[place], strict=True)),
        )

    def group(self, place: int, column: str) -> str:
        text, known = self.cell(place, column), self.rule.group_names
        if not text:
            self.faults.append(self.table.fault("empty_value", place, column, allowed="  ".join(known)))
        elif known and text not in known:
            fault = self.table.fault("unknown_name", place, column, text, "  ".join(known), nearest(text, known))
            self.faults.append(fault)
        return text

    def number(self, place: int, column: str, sums: bool) -> Fraction | None:
        text = self.cell(place, column)
        if not text:
            if not sums and column not in self.may_be_empty:
                self.faults.append(self.table.fault("empty_value", place, column))
            return None
        found = parse_number(text)
        if found is None:
            self.faults.append(self.table.fault("bad_number", place, column, text, "95.67  85%"))
            return None
        part = self.parts.get(column)
        if sums or part is None or part.low is None or part.high is None or part.low <= found <= part.high:
            return found
        scale = f"{decimal(part.low)}..{decimal(part.high)}"
        self.faults.append(self.table.fault("out_of_range", place, column, text, scale))
        return found

    def rank(self, place: int, column: str, sums: bool) -> int | None:
        text = self.cell(place, column)
        if not text and sums:
            return None
        found = parse_number(text)
        if found is None or found.denominator != 1 or found < 1:
            problem = "bad_integer" if text else "empty_value"
            self.faults.append(self.table.fault(problem, place, column, text, "1 2 3 ..."))
            return None
        return int(found)

    def decimals(self, column: str, rows: Sequence[Row]) -> int:
        """Return the decimals of a column: the rule's, else the most that a cell has (a spreadsheet drops zeros)."""
        said = self.rule.decimals.get(column, self.rule.decimals.get(""))
        if said is not None:
            return said
        return max((printed_decimals(row.printed[column]) for row in rows), default=0)


def printed_decimals(text: str) -> int:
    """Return how many decimals a printed number has; a per cent has two more.

    Examples
    --------
    >>> printed_decimals("97.10"), printed_decimals("85%"), printed_decimals("93.86%"), printed_decimals("12")
    (2, 2, 4, 0)
    """
    digits = re.search(r"[.．]([0-9０-９]+)", text)
    return len(digits[1] if digits else "") + 2 * text.rstrip().endswith(("%", "％"))


# ----------------------------------------------------------------------------------------- files beside the rule


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _beside(rule: Path, name: str, columns: Sequence[str], spot: Spot, faults: list[Fault]) -> Table | None:
    """Read columns of a file that the rule names; the table has these columns in this order, '' for none."""
    path = rule.parent / name
    if not path.is_file():
        spot.report("missing_file", name)
        return None
    grid = read_sheet(path, None, faults)
    table = None if grid is None else as_free_table(*grid, faults)
    if table is None:
        return None
    missing = [column for column in columns if column and column not in table.columns]
    for column in missing:
        spot.unknown("unknown_column", column, table.columns)
    if missing:
        return None
    places = [table.columns.index(column) if column else None for column in columns]
    rows = [["" if place is None else row[place] for place in places] for row in table.rows]
    return replace(table, columns=tuple(columns), rows=rows)


def _source_rows(rule: Rule, path: Path, places: Record, faults: list[Fault]) -> tuple[SourceRow, ...]:
    """Read the rows that the table sums up."""
    if rule.rows is None:
        return ()
    said = rule.rows
    columns = [said.by, said.within or "", said.value, said.entered or ""]
    table = _beside(path, said.file, columns, places.at("rows"), faults)
    if table is None:
        return ()
    signs, rows = r"[;；、\s]" if said.split else "[;；、]", []
    for place, (by, within, value, entered) in enumerate(table.rows):
        found = parse_number(value)
        if found is None:
            faults.append(table.fault("bad_number" if value else "empty_value", place, said.value, value))
            continue
        names = tuple(dict.fromkeys(filter(None, map(str.strip, re.split(signs, by)))))
        rows.append(SourceRow(table.numbers[place], names, within, found, entered))
    return tuple(rows)
