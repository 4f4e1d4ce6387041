"""An instrument written as a workbook: read whole into a YAML file, or refused with every fault at its cell.

The sheets are turned into the content of an instrument file, and the reader of such files checks it. Where a value
came from is kept beside it, so that a fault of any kind is told with sheet, row and column.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evalsys import schema
from evalsys.authoring_rules import (
    ALL,
    DUE,
    NOTATIONS,
    SHARES,
    SITES,
    WORDS,
    due_of,
    names_in,
    numbered,
    parameters_of,
    points_of,
    shares_of,
    word,
)
from evalsys.authoring_template import COLUMNS, HEAD, SHEETS, Cell
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import Bad
from evalsys.instrument_file import read_instrument, write_instrument
from evalsys.instrument_shape import SCHEMA
from evalsys.language import Lang, Text
from evalsys.names import register
from evalsys.privacy import folded, masked
from evalsys.tables import Column, Grid, Table, as_table, read_workbook

__all__ = ["import_instrument"]

_NOT_READ = ("instructions", "example")
_NEEDED = ("instrument", "tree")
_Path = tuple[str | int, ...]
#: The cells that describe the source document, by what the register calls them.
_DESCRIBED = {
    "document_title": "title", "issuer": "issuer", "date": "date", "document_kind": "kind", "certainty": "certainty",
}  # fmt: skip
_SETTING = (Column("key", ("设置项",), True), Column("value", ("值",), True))
_REMARK = ("说明", "remark")
#: Codes that a spreadsheet makes numbers of: 1.1 may have been 1.10.
_CODES = ("code", "parent", "clause", "row", "standard", "id")


def import_instrument(book: Path | str, out: Path | str) -> Path:
    """Read an instrument from a workbook and write it as a YAML file.

    Parameters
    ----------
    book : Path or str
        A workbook as :func:`evalsys.authoring_template.instrument_template` makes it, filled in.
    out : Path or str
        The YAML file to write. One that exists is not overwritten: it may hold what a workbook cannot.

    Returns
    -------
    Path
        The YAML file; :func:`evalsys.read_instrument` reads it.

    Raises
    ------
    InputFaults
        With every fault, each with sheet, row and column. Nothing is written then.
    """
    book, out = Path(book), Path(out)
    if os.path.lexists(out):
        raise InputFaults([Fault("exists", str(out))])
    reading = _Reading(book)
    content = reading.content()
    if content:
        reading.faults += _checked(content, reading)
    if reading.faults:
        raise InputFaults(reading.faults)
    write_instrument(content, out)
    return out


# ------------------------------------------------------------------------------------------- the sheets as tables


@dataclass(frozen=True)
class _Place:
    """A cell as the user finds it: sheet, row, heading."""

    file: str
    row: int | None
    heading: str


@dataclass(frozen=True)
class _Row:
    """A row of a table: the text of each of its columns, and where it stands."""

    table: Table
    place: int
    lang: Lang

    def __getitem__(self, key: str) -> str:
        name, columns = _column(self.table, key), self.table.columns
        return self.table.rows[self.place][columns.index(name)] if name in columns else ""

    def at(self, key: str) -> _Place:
        heading = self.table.headings.get(_column(self.table, key)) or COLUMNS[self.table.name][key].heading.say(
            self.lang
        )
        return _Place(self.table.file, self.table.numbers[self.place], heading)


def _column(table: Table, key: str) -> str:
    return COLUMNS[table.name][key].heading.en


def _tables(book: Path, faults: list[Fault]) -> tuple[dict[str, Table], Lang]:
    """Return the tables of a workbook and the language of its sheets; what does not fit is reported."""
    if not book.exists():
        raise InputFaults([Fault("missing_file", str(book))])
    titles = {folded(title): key for key, text in SHEETS.items() for title in (text.zh, text.en, key)}
    skip = [title for key in _NOT_READ for title in (SHEETS[key].zh, SHEETS[key].en, key)]
    grids = read_workbook(book, book.name, faults, skip)
    if grids is None:
        raise InputFaults(faults)
    lang: Lang = "zh" if any(text.zh in grids for text in SHEETS.values()) else "en"
    found: dict[str, Table] = {}
    for title, grid in grids.items():
        key, shown = titles.get(folded(title)), f"{book.name} [{title}]"
        if key is None and grid.rows:
            names = [text.say(lang) for text in SHEETS.values()]
            faults.append(Fault("unknown_table", shown, None, "", title, "  ".join(names), nearest(title, names)))
        elif key in found:
            faults.append(Fault("duplicate_table", shown, None, "", found[key].file))
        elif key is not None and key not in _NOT_READ and (grid.rows or key in _NEEDED):
            table = _table(key, shown, grid, faults)
            if table is not None:
                found[key] = table
    for key in _NEEDED:
        if key not in found and not any(titles.get(folded(title)) == key for title in grids):
            faults.append(Fault("missing_table", f"{book.name} [{SHEETS[key].say(lang)}]"))
    return found, lang


def _table(key: str, shown: str, grid: Grid, faults: list[Fault]) -> Table | None:
    if key == "instrument":
        return as_table(key, shown, grid, _SETTING, _REMARK, faults)
    columns = [Column(cell.heading.en, (cell.heading.zh,), cell.required) for cell in COLUMNS[key].values()]
    return as_table(key, shown, grid, columns, (), faults)


# --------------------------------------------------------------------------------------- the content of the file


@dataclass
class _Reading:
    """The sheets while they become the content of an instrument file.

    Attributes
    ----------
    places : dict
        Where each key of the content came from, or would stand.
    failed : set
        Cells that have been reported: what follows from them is not.
    whole : bool
        False where a row has no place in the tree, so that sums would be short of it.
    """

    book: Path
    faults: list[Fault] = field(default_factory=list)
    places: dict[_Path, _Place] = field(default_factory=dict)
    failed: set[_Place] = field(default_factory=set)
    whole: bool = True

    def content(self) -> dict[str, Any]:
        """Return the content; empty where the sheets are too far from what is needed."""
        self.tables, self.lang = _tables(self.book, self.faults)
        lacking = any(fault.problem in ("missing_column", "wrong_separator") for fault in self.faults)
        if lacking or not set(_NEEDED) <= set(self.tables):
            return {}
        made: dict[str, Any] = {"schema": SCHEMA}
        self.own: dict[str, dict[str, Any]] = {"site_types": {}, "units": {}}
        self._names()
        self._head(made)
        made.update({key: entries for key, entries in self.own.items() if entries})
        self._tree(made)
        return made

    # -- cells

    def report(self, place: _Place, problem: str, value: str = "", allowed: str = "", near: str = "") -> None:
        """Add a fault of a cell."""
        self.failed.add(place)
        self.faults.append(Fault(problem, place.file, place.row, place.heading, masked(value)[:60], allowed, near))

    def read(self, place: _Place, text: str, reader: Callable[[str], Any]) -> Any:
        """Return what a cell says; None where it is empty or has been reported."""
        if not text:
            return None
        try:
            return reader(text)
        except Bad as bad:
            self.report(place, bad.problem, text if bad.part is None else bad.part, bad.allowed, bad.near)
            return None

    def rows(self, name: str) -> list[_Row]:
        table = self.tables.get(name)
        found = [_Row(table, place, self.lang) for place in range(len(table.rows))] if table else []
        for row in found:
            for key in COLUMNS[name]:
                if key in _CODES and (row.place, _column(row.table, key)) in row.table.typed and "." in row[key]:
                    self.report(row.at(key), "number_as_code", row[key], f"{row[key]}  {row[key]}0")
        return found

    def remember(self, path: _Path, row: _Row, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Note where each key of a row's record stands, or would stand; a part of it stands with its first cell."""
        for key, below in keys.items():
            for length in range(1, len(below) + 1):
                self.places.setdefault((*path, *below[:length]), row.at(key))

    # -- head and names

    def _head(self, made: dict[str, Any]) -> None:
        table = self.tables["instrument"]
        known = {
            folded(spelling): key for key, cell in HEAD.items() for spelling in (cell.heading.zh, cell.heading.en, key)
        }
        names = [cell.heading.say(self.lang) for cell in HEAD.values()]
        values: dict[str, str] = {}
        at = {key: _Place(table.file, None, cell.heading.say(self.lang)) for key, cell in HEAD.items()}
        for number, name, value in self._settings(table):
            place = _Place(table.file, number, name)
            key = known.get(folded(name))
            if key is None:
                near = nearest(name, names)
                self.report(place, "unknown_setting", name, "" if near else "  ".join(names), near)
            elif key in values:
                self.report(place, "named_twice", name)
            else:
                values[key], at[key] = value, place
        for key, cell in HEAD.items():
            for length in range(1, len(cell.path) + 1):
                self.places.setdefault(cell.path[:length], at[key])
            found = self.read(at[key], values.get(key, ""), self._reader(key, cell))
            if found is not None and cell.path:
                _put(made, cell.path, found)
        for key in ("title", "source", "weights"):
            made.setdefault(key, {})  # each of their cells is asked for
        self._document(made, values, at)

    def _settings(self, table: Table) -> Iterator[tuple[int, str, str]]:
        for cells, number in zip(table.rows, table.numbers, strict=True):
            found = dict(zip(table.columns, cells, strict=True))
            if found["key"]:
                yield number, found["key"], found["value"]
            elif found["value"]:
                self.report(_Place(table.file, number, table.headings["key"]), "empty_value", found["value"])

    def _document(self, made: dict[str, Any], values: Mapping[str, str], at: Mapping[str, _Place]) -> None:
        """Describe the source document where the register does not know it."""
        given = [key for key in _DESCRIBED if values.get(key)]
        said = {_DESCRIBED[key]: self.read(at[key], values[key], self._reader(key, HEAD[key])) for key in given}
        document = values.get("document")
        if document and document not in register("documents") and not given:
            near = nearest(document, register("documents"))
            self.report(at["document"], "document_not_described", document, "", near)
        elif document and given:
            for key, name in _DESCRIBED.items():
                self.places["documents", document, name] = at[key]
            made["documents"] = {document: {name: text for name, text in said.items() if text is not None}}
        elif given:
            self.report(at["document"], "empty_value")

    def _names(self) -> None:
        """Read what site types and units the file has beside the registers."""
        for row in self.rows("names"):
            kind = self.read(row.at("kind"), row["kind"], lambda text: word("name", text, self.lang))
            for key in ("kind", "id"):
                if not row[key]:
                    self.report(row.at(key), "empty_value")
            if kind is None or not row["id"]:
                continue
            if row["id"] in self.own[kind]:
                self.report(row.at("id"), "duplicate_id", row["id"])
                continue
            self.places[kind, row["id"]] = row.at("id")
            self.remember((kind, row["id"]), row, {"zh": ("zh",), "en": ("en",)})
            self.own[kind][row["id"]] = {key: row[key] for key in ("zh", "en") if row[key]}

    def _sites(self, text: str) -> list[dict[str, str]]:
        """Read types of sites by id or name, each with how many of them."""
        known = register("site_types").items()
        spelt = {spelling: name for name, said in known for spelling in (said.zh, said.en, name)}
        for name, own in self.own["site_types"].items():
            spelt.update(dict.fromkeys((*own.values(), name), name))
        found: dict[str, dict[str, str]] = {}
        example = SITES.say(self.lang)
        for name, number in numbered(text, example):
            if name not in spelt:
                raise Bad("unknown_site_type", "", nearest(name, spelt), part=name)
            if spelt[name] in found:
                raise Bad("named_twice", part=name)
            if number and number not in ALL and not number.isdecimal():
                raise Bad("bad_notation", example, part=f"{name}={number}")
            found[spelt[name]] = {} if number is None else {"sites": "all" if number in ALL else number}
        return [{"site_type": name, **sites} for name, sites in found.items()]

    # -- the tree

    def _tree(self, made: dict[str, Any]) -> None:
        """Put the rows below each other; one without a place is read all the same, so that its faults are told."""
        rows = self.rows("tree")
        kinds = [self._kind(row) for row in rows]
        above: dict[str, int] = {}
        below: dict[int | None, list[int]] = {}
        lost: list[int] = []
        for place, row in enumerate(rows):
            parent = above.get(row["parent"]) if row["parent"] else None
            if self._has_place(rows, kinds, place, above):
                below.setdefault(parent, []).append(place)
            else:
                lost.append(place)
            if row["code"]:
                above.setdefault(row["code"], place)
        for siblings in below.values():
            for place in siblings:
                if kinds[place] != kinds[siblings[0]]:
                    self.report(rows[place].at("kind"), "mixed_below", rows[place]["kind"])
        self.whole = self.whole and not lost
        tree = _Tree(rows, kinds, below, self._extra(rows, kinds, above))
        top = [*below.get(None, []), *(place for place in lost if kinds[place] == "indicator")]
        self.places["indicators",] = _Place(self.tables["tree"].file, None, "")
        made["indicators"] = [self._node(tree, place, ("indicators", number)) for number, place in enumerate(top)]
        self.astray = ("indicators", len(top))
        astray = [place for place in lost if kinds[place] == "standard"]
        if astray:
            path = (*self.astray, "standards")
            found = [self._node(tree, place, (*path, number)) for number, place in enumerate(astray)]
            made["indicators"].append({"code": "?", "name": {"zh": "?", "en": "?"}, "standards": found})

    def _kind(self, row: _Row) -> str:
        """Return the kind of a row; where it cannot be told, what the row looks like."""
        found = self.read(row.at("kind"), row["kind"], lambda text: word("kind", text, self.lang))
        if found is None:
            self.whole = False
            if not row["kind"]:
                self.report(row.at("kind"), "empty_value", "", self._words("kind"))
            found = "standard" if row["rule"] or row["methods"] else "indicator"
        return str(found)

    def _has_place(self, rows: Sequence[_Row], kinds: Sequence[str], place: int, above: Mapping[str, int]) -> bool:
        """Whether a row stands below an indicator further up, or at the top; if not, it is reported."""
        row = rows[place]
        parent, at = row["parent"], row.at("parent")
        if not parent:
            if kinds[place] == "standard":
                self.report(at, "empty_value")
            return kinds[place] == "indicator"
        if at in self.failed:
            return False
        if parent in above:
            if kinds[above[parent]] == "standard":
                self.report(at, "below_standard", parent)
            return kinds[above[parent]] == "indicator"
        if parent in [other["code"] for other in rows[place:]]:
            self.report(at, "parent_below", parent)
        else:
            self._unknown_code(at, parent, [code for code in above if kinds[above[code]] == "indicator"])
        return False

    def _unknown_code(self, at: _Place, code: str, known: Sequence[str]) -> None:
        near = nearest(code, known)
        self.report(at, "unknown_code", code, "" if near or len(known) > 12 else "  ".join(known), near)

    def _extra(self, rows: Sequence[_Row], kinds: Sequence[str], above: Mapping[str, int]) -> _Extra:
        """Return the questions and materials of each standard, by the place of its row."""
        standards = [code for code, place in above.items() if kinds[place] == "standard"]
        found: _Extra = {}
        for name in ("questions", "materials"):
            for row in self.rows(name):
                code, at = row["standard"], row.at("standard")
                if code in standards:
                    found.setdefault((above[code], name), []).append(row)
                elif code:
                    self._unknown_code(at, code, standards)
                else:
                    self.report(at, "empty_value")
        return found

    def _node(self, tree: _Tree, place: int, path: _Path) -> dict[str, Any]:
        """Return the record of a row and of what stands below it."""
        row, kind = tree.rows[place], tree.kinds[place]
        named = "text" if kind == "standard" else "name"
        paths = {key: cell.path for key, cell in COLUMNS["tree"].items() if cell.path and cell.of in ("", kind)}
        paths |= {"zh": (named, "zh"), "en": (named, "en")}
        self.places[path] = row.at("code")
        self.remember(path, row, paths)
        made: dict[str, Any] = {}
        for key, cell in COLUMNS["tree"].items():
            if cell.of not in ("", kind) and row[key]:
                only = f"{COLUMNS['tree']['kind'].heading.say(self.lang)} = {WORDS['kind'][cell.of].say(self.lang)}"
                self.report(row.at(key), "no_effect", row[key], only)
            elif key in paths:
                found = self.read(row.at(key), row[key], self._reader(key, cell))
                if found is not None and key != "rule":
                    _put(made, paths[key], found)
                elif key == "rule":
                    _put(made, ("rule",), self._rule(row, found, path))
        for key in (named, "source") if kind == "standard" else (named,):
            made.setdefault(key, {})  # each of its cells is asked for
        for name in ("questions", "materials"):
            self._items(made, name, tree.extra.get((place, name), []), path)
        for child in tree.below.get(place, []):
            held = made.setdefault("standards" if tree.kinds[child] == "standard" else "children", [])
            key = "standards" if tree.kinds[child] == "standard" else "children"
            held.append(self._node(tree, child, (*path, key, len(held))))
        return made

    def _reader(self, key: str, cell: Cell) -> Callable[[str], Any]:
        """Return the reader of a cell: its own, or of one word of a drop-down, or of any text."""
        readers: Mapping[str, Callable[[str], Any]] = {
            **dict.fromkeys(("full_marks", "points"), points_of),
            **dict.fromkeys(("lead", "support", "options", "satisfied"), names_in),
            **dict.fromkeys(("draw", "sites"), self._sites),
            "shares": lambda text: shares_of(text, self.lang, every=True),
            "methods": self._methods,
            "due": lambda text: due_of(text, self.lang),
        }
        return readers.get(key) or ((lambda text: word(cell.words, text, self.lang)) if cell.words else str)

    def _methods(self, text: str) -> dict[str, dict[str, str]]:
        found = shares_of(text, self.lang)
        return {method: {} if share is None else {"share": share} for method, share in found.items()}

    def _rule(self, row: _Row, rule: str | None, path: _Path) -> Any:
        """Return the rule with its parameters; None where there is none, or where it has been reported."""
        text, at = row["parameters"], row.at("parameters")
        if rule is None:
            if text and not row["rule"]:
                self.report(row.at("rule"), "empty_value", "", self._words("rule"))
            return None
        self.places[(*path, "rule", rule)] = self.places[(*path, "rule", "")] = at
        try:
            found = parameters_of(rule, text, self.lang)
        except Bad as bad:
            self.report(at, bad.problem, text if bad.part is None else bad.part, bad.allowed, bad.near)
            self.failed.add(row.at("rule"))
            return None
        return rule if found is None else {rule: found}

    def _items(self, made: dict[str, Any], name: str, rows: Sequence[_Row], path: _Path) -> None:
        """Add the questions or the materials of a standard."""
        for number, row in enumerate(rows):
            here = (*path, name, number)
            self.places.setdefault((*path, name), row.at("standard"))
            self.places[here] = row.at("id")
            self.remember(here, row, {key: cell.path for key, cell in COLUMNS[name].items() if cell.path})
            item: dict[str, Any] = {}
            for key, cell in COLUMNS[name].items():
                found = self.read(row.at(key), row[key], self._reader(key, cell)) if cell.path else None
                if found is not None:
                    _put(item, cell.path, found)
            item.setdefault("text" if name == "questions" else "name", {})
            made.setdefault(name, []).append(item)

    def _words(self, kind: str) -> str:
        return "  ".join(name.say(self.lang) for name in WORDS[kind].values())


_Extra = dict[tuple[int, str], list[_Row]]


@dataclass(frozen=True)
class _Tree:
    """The rows of the tree: the kind of each, the rows below each, its questions and materials."""

    rows: Sequence[_Row]
    kinds: Sequence[str]
    below: Mapping[int | None, Sequence[int]]
    extra: _Extra


def _put(made: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a value into nested maps; None is not put."""
    *above, last = path
    for key in above:
        made = made.setdefault(key, {})
    if value is not None:
        made[last] = value


# --------------------------------------------------------------------------- the faults that the YAML reader finds

#: Problems in the words of a workbook.
_PROBLEMS = {"missing_key": "empty_value", "duplicate_key": "named_twice"}
#: Problems that this module has told, or that follow from a row that has no place.
_TOLD, _NOT_WHOLE = ("children_and_standards",), ("sum_differs", "nothing_below", "mixed_weights")
#: What is allowed, where the reader shows YAML.
_ALLOWED = {
    "> 0  scored: no": Text("> 0", "> 0"),
    "several: shares": Text("多种方法 = 按份额", "several = shares"),
    'measure: "%"': Text("≥90 %", ">=90 %"),
}
_EXAMPLES = {"due": DUE, "methods": SHARES, "source": Text("来源条款  来源行号", "clause  source row")}
_SIGN = {"at_least ": "≥", "at_most ": "≤", "above ": ">", "below ": "<"}


def _checked(content: Mapping[str, Any], reading: _Reading) -> list[Fault]:
    """Return the faults that the reader of instrument files finds in the content, each at its cell."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instrument.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
        try:
            read_instrument(file)
        except InputFaults as found:
            lines: dict[int, list[_Path]] = {1: [()]}
            for line, path in _lines(schema.document(file, file.name, [])[1], ()):
                lines.setdefault(line, []).append(path)
            told = [_told(fault, lines.get(fault.row or 1, [()]), reading) for fault in found.faults]
            return [fault for fault in told if fault is not None]
    return []


def _lines(value: Any, path: _Path) -> Iterator[tuple[int, _Path]]:
    """Yield the line of every key and item of a file as it was read."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for place, (key, item) in enumerate(items):
            yield value.lines[key if isinstance(value, dict) else place], (*path, key)  # type: ignore[union-attr]
            yield from _lines(item, (*path, key))


def _told(fault: Fault, paths: Sequence[_Path], reading: _Reading) -> Fault | None:
    """Return a fault of the file as one of the workbook; None where it has been told or follows from one told."""
    key, months = fault.column, ""
    path = next((each for each in paths if each and each[-1] == key), None)
    if path is None:
        if monthly := re.fullmatch(r"(\w+) (\d[\d -]*)", key):  # a fault of some months only
            key, months = monthly.groups()
        path = next((each for each in paths if each and each[-1] == key), (*paths[0], key))
    problem = _PROBLEMS.get(fault.problem, fault.problem)
    if path[-1] == "rule" and problem in ("out_of_range", "question_measure"):
        path = (*path, "")  # the parameters
    if key == "full":  # a deduction without points of its row
        path, problem = (*path[:-2], "points"), "points_for_deduct"
    while path and path not in reading.places:
        path = path[:-1]
    place = reading.places.get(path, _Place(reading.book.name, None, fault.column))
    if problem in _TOLD or place in reading.failed or (problem in _NOT_WHOLE and not reading.whole):
        return None
    if fault.allowed == "several: shares" and reading.places.get((*path[:-1], "several")) in reading.failed:
        return None
    if paths[0][:2] == reading.astray and len(path) <= 2:  # the stand-in above rows without a place
        return None
    heading = f"{place.heading} {months}".rstrip()
    value = "" if problem in ("empty_value", "points_for_deduct") else fault.value
    for name, sign in _SIGN.items():
        value = value.replace(name, sign)
    value, allowed = _reworded(problem, value, fault.allowed, path, reading)
    return Fault(problem, place.file, place.row, heading, masked(value), allowed, fault.nearest)


def _reworded(problem: str, value: str, allowed: str, path: _Path, reading: _Reading) -> tuple[str, str]:
    """Return value and what is allowed in the words of the workbook."""
    tail = [str(part) for part in path if not isinstance(part, int)]
    cells = {cell.path or (key,): cell.words for held in (COLUMNS["tree"], HEAD) for key, cell in held.items()}
    words = next((name for below, name in cells.items() if name and tail[-len(below) :] == list(below)), "")
    if problem == "empty_value" and words and not allowed:
        return value, reading._words(words)
    if problem == "question_rule":
        names = {rule: name.say(reading.lang) for rule, name in WORDS["rule"].items()}
        return names.get(value, value), "  ".join(names[rule] for rule in allowed.split())
    if value == "proportional":
        value = Text("按比例", value).say(reading.lang)
    if allowed in _ALLOWED:
        return value, _ALLOWED[allowed].say(reading.lang)
    allowed = allowed.removeprefix("over_sites: ")
    if "{" in allowed:
        known = {**_EXAMPLES, **NOTATIONS}
        allowed = next((known[part].say(reading.lang) for part in reversed(tail) if part in known), "")
    return value, allowed
