"""The rule of a published table, from a YAML file: which columns there are, and how each figure is made.

Every fault of the file is collected with its line; weights stay exact.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from evalsys import schema
from evalsys.faults import Fault, InputFaults
from evalsys.language import Text
from evalsys.schema import Record, Spot

__all__ = ["HOWS", "Part", "Rows", "Rule", "RuleFile", "Share", "SumRow", "read_rule"]

SCHEMA = "1"
#: How a printed figure may be made from the rows that it sums up.
HOWS = ("sum", "mean", "sum_of_means", "rows", "groups")
_UNIT, _TOTAL = Text("单位", "Unit"), Text("总分", "Total")


@dataclass(frozen=True)
class Part:
    """A component of the total.

    Attributes
    ----------
    column : str
        Heading of the mark.
    name : Text
    weight : Fraction
        Exact; 1 where the mark counts as it is.
    printed : str or None
        Heading of the weighted mark, where the table prints it.
    low, high : Fraction or None
        Ends of the scale of the mark.
    sd : Fraction or None
        Standard deviation of the mark's error, in units of the mark.
    sd_status : str or None
        Where that comes from: 'official', 'copy', 'news' or 'assumed'.
    """

    column: str
    name: Text
    weight: Fraction
    printed: str | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    sd: Fraction | None = None
    sd_status: str | None = None


@dataclass(frozen=True)
class Share:
    """A printed ratio of two other columns."""

    column: str
    of: str
    over: str


@dataclass(frozen=True)
class SumRow:
    """The row that sums the others up: its name, and which columns it adds up ('sum') or averages ('mean')."""

    name: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Rows:
    """The rows that the table sums up.

    Attributes
    ----------
    file : str
        CSV or Excel file, relative to the rule.
    by : str
        Column of the name under which a row counts; it may hold several with ``;`` or ``、`` between.
    within : str or None
        Column of the group of rows that has a mean of its own.
    value : str
        Column of the value.
    entered : str or None
        Column of the name as it was entered, before it was matched.
    empty : Text or None
        Why a row may have no name; None where every row should have one.
    split : {'blank', None}
        Whether blanks part names too.
    figures : mapping
        Column of the table to how it is made, one of :data:`HOWS`.
    """

    file: str
    by: str
    within: str | None
    value: str
    entered: str | None
    empty: Text | None
    split: str | None
    figures: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """How a published table is made.

    Attributes
    ----------
    title : Text
    place, round : str
    held : tuple of date
        First and last day of the assessment; empty where it is not known.
    source : mapping
        'address' and 'note' (Text), where given, and 'certainty': 'official', 'copy', 'news' or 'assumed'.
    name : str
        Column of the names.
    name_heading : Text
        What a name is called on a page.
    group : str or None
        Column of the group within which places are ranked.
    group_names : mapping of str to Text
        Allowed groups in their order; empty where any is.
    parts : tuple of Part
    deductions, bonus : tuple of str
        Columns that are subtracted and added after the weighted sum. An empty cell is none.
    total : str or None
        Column of the total.
    total_name : Text
    rank : str or None
        Column of the printed ranks.
    rank_by : str or None
        Column that is ranked; the total where None.
    ordered : bool
        The order of rows within each group is the published ranking.
    shares : tuple of Share
    sum_row : SumRow or None
    decimals : mapping of str to int
        Decimals of a column, where not those that are printed. The key '' is every other column.
    best : {'high', 'low'}
    known : tuple of str
        Names that must be there; empty where nothing is said.
    rows : Rows or None
    sheet : str or None
        Sheet of the workbook.
    file : str
        Name of the rule's file; empty for a proposed rule.
    hash : str
        SHA-256 of the rule's file in hexadecimal digits.
    proposed : bool
        The weights were not given but found from the totals.
    """

    title: Text
    place: str
    round: str
    name: str
    parts: tuple[Part, ...]
    total: str | None
    held: tuple[datetime.date, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    name_heading: Text = _UNIT
    group: str | None = None
    group_names: Mapping[str, Text] = field(default_factory=dict)
    deductions: tuple[str, ...] = ()
    bonus: tuple[str, ...] = ()
    total_name: Text = _TOTAL
    rank: str | None = None
    rank_by: str | None = None
    ordered: bool = False
    shares: tuple[Share, ...] = ()
    sum_row: SumRow | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)
    best: str = "high"
    known: tuple[str, ...] = ()
    rows: Rows | None = None
    sheet: str | None = None
    file: str = ""
    hash: str = ""
    proposed: bool = False

    @property
    def ranked(self) -> str | None:
        """The column whose values are ranked."""
        return self.rank_by or self.total

    def group_name(self, group: str) -> Text:
        """Return the name of a group; itself where the rule names none."""
        return self.group_names.get(group) or Text(group, group)


# ------------------------------------------------------------------------------------------------- the YAML file


def _days(spot: Spot, value: Any) -> tuple[datetime.date, ...] | None:
    """Read a day, or the first and last day with a slash between."""
    parts = re.split(r"\s*/\s*", value) if isinstance(value, str) and value.count("/") == 1 else [value]
    days = [schema.date(spot, part) for part in parts]
    found = tuple(day for day in days if day)
    if len(found) == 2 and found[1] < found[0]:
        spot.report("out_of_range", value, f">= {found[0]}")
    return found if len(found) == len(parts) else None


def _signed(spot: Spot, value: Any) -> Fraction | None:
    found = schema.parse_number(value) if isinstance(value, str) else None
    if found is None:
        spot.report("bad_number", schema.short(value), "3  0.5  1/3")
    return found


def _weight(spot: Spot, value: Any) -> Fraction | None:
    """Read a weight above 0, also in per cent."""
    found = schema.parse_number(value) if isinstance(value, str) else None
    if found is None:
        spot.report("bad_number", schema.short(value), "85%  0.85  1")
    elif found <= 0:
        spot.report("out_of_range", schema.short(value), "> 0")
        return None
    return found


def _text_or_pair(spot: Spot, value: Any) -> Text | None:
    """Read a text in both languages, or one text for both."""
    if not isinstance(value, str):
        return schema.pair(spot, value)
    found = schema.string(spot, value)
    return None if found is None else Text(found, found)


def _either(read_text: schema.Reader, read_map: schema.Reader) -> schema.Reader:
    return lambda spot, value: (read_text if isinstance(value, str) else read_map)(spot, value)


_NAMED_COLUMN = _either(
    lambda spot, value: {"column": schema.string(spot, value), "name": None},
    schema.record({"column": schema.string}, {"name": _text_or_pair}),
)
_COLUMNS = schema.one_or_more(_either(schema.string, schema.record({"column": schema.string})))
_STATUS = schema.choice("official", "copy", "news", "assumed")
_PART = schema.record(
    {"column": schema.string},
    {
        "name": _text_or_pair,
        "weight": _weight,
        "printed": schema.string,
        "range": schema.list_of(_signed),
        "error": schema.record({"sd": schema.positive, "status": _STATUS}),
    },
)
_FILE = schema.record(
    {"schema": schema.string, "name": _NAMED_COLUMN},
    {
        "title": _text_or_pair,
        "place": schema.string,
        "round": schema.string,
        "held": _days,
        "source": schema.record({"certainty": _STATUS}, {"address": schema.string, "note": _text_or_pair}),
        "sheet": schema.string,
        "group": _either(
            lambda spot, value: {"column": schema.string(spot, value), "names": None},
            schema.record({"column": schema.string}, {"names": schema.keyed(_text_or_pair)}),
        ),
        "parts": schema.list_of(_PART),
        "deductions": _COLUMNS,
        "bonus": _COLUMNS,
        "total": _NAMED_COLUMN,
        "rank": schema.record({}, {"column": schema.string, "by": schema.string, "order": schema.choice("rows")}),
        "share": schema.one_or_more(schema.record(dict.fromkeys(("column", "of", "over"), schema.string))),
        "sum_row": schema.record({"name": schema.string, "columns": schema.keyed(schema.choice("sum", "mean"))}),
        "decimals": _either(
            lambda spot, value: {"": schema.integer(spot, value)},
            schema.keyed(schema.integer),
        ),
        "best": schema.choice("high", "low"),
        "known": schema.one_or_more(
            _either(schema.string, schema.record({"file": schema.string, "column": schema.string}))
        ),
        "rows": schema.record(
            {
                "file": schema.string,
                "by": schema.string,
                "value": schema.string,
                "figures": schema.keyed(schema.choice(*HOWS)),
            },
            {
                "within": schema.string,
                "entered": schema.string,
                "empty": _text_or_pair,
                "split": schema.choice("blank"),
            },
        ),
    },
)


@dataclass(frozen=True)
class RuleFile:
    """A rule as read: the rule, its keys with their places, and what is still to be looked up."""

    rule: Rule
    places: Record
    known_files: tuple[tuple[str, str, Spot], ...]


def read_rule(path: Path, faults: list[Fault]) -> RuleFile | None:
    """Read the file of a rule; its faults are added to `faults`, and None is returned where it has no form at all.

    Raises
    ------
    InputFaults
        If the file is missing, no YAML, or of another version: nothing more can be said about it then.
    """
    spot, content = schema.document(path, path.name, faults)
    version = content.get("schema") if isinstance(content, dict) else None
    if isinstance(version, str) and version != SCHEMA:
        where = schema.spot_in(spot, content, "schema")
        raise InputFaults([Fault("newer_schema", path.name, where.line, "schema", version, SCHEMA)])
    found: Record | None = _FILE(spot, content)
    if found is None:
        return None
    _check(found)
    if faults:
        return None
    known = found["known"] or []
    rule = _rule(found, path, tuple(entry for entry in known if isinstance(entry, str)))
    files = [(entry["file"], entry["column"], entry.spot) for entry in known if not isinstance(entry, str)]
    return RuleFile(rule, found, tuple(files))


def _check(found: Record) -> None:
    """Report what only shows when keys are seen together."""
    parts = found["parts"] or []
    for part in parts:
        ends = part["range"]
        if ends is not None and (len(ends) != 2 or ends[0] >= ends[1]):
            part.at("range").report("bad_value", f"[{', '.join(map(schema.decimal, ends))}]", "[0, 100]")
    _check_weights(found, parts)
    if parts and found["total"] is None:
        found.at("total").report("missing_key", "total")
    for key in ("deductions", "bonus"):
        if found[key] and not parts:
            found.at(key).report("no_effect", key)
    _check_rank(found)
    rows = found["rows"]
    if rows is not None and rows["within"] is None:
        for column, how in (rows["figures"] or {}).items():
            if how in ("sum_of_means", "groups"):
                rows.at("within").report("missing_key", f"within ({column}: {how})")
    if not any(found[key] for key in ("parts", "share", "rows", "sum_row", "rank")):
        found.at("parts").report("missing_key", "parts", "parts  share  rank  sum_row  rows")


def _check_weights(found: Record, parts: list[Any]) -> None:
    """Report weights that do not add up, and parts without one beside parts with one."""
    without = [part for part in parts if "weight" not in part.spots]
    if 0 < len(without) < len(parts):
        for part in without:
            part.at("weight").report("missing_key", "weight")
        return
    weights = [part["weight"] for part in parts]
    if without or None in weights:
        return
    # marks that count as they are have weight 1; shares must add up
    if any(weight != 1 for weight in weights) and sum(weights) != 1:
        found.at("parts").report("weights_sum", f"{schema.decimal(sum(weights) * 100)}%", "100%")


def _check_rank(found: Record) -> None:
    rank = found["rank"]
    if rank is None:
        return
    if (rank["column"] is None) == (rank["order"] is None):
        found.at("rank").report("exactly_one", "", "column  order: rows")
    if rank["by"] is None and found["total"] is None:
        found.at("rank").report("missing_key", "by")


def _rule(found: Record, path: Path, known: tuple[str, ...]) -> Rule:
    import hashlib

    rank, rows, group = found["rank"] or {}, found["rows"], found["group"] or {}
    total = found["total"] or {"column": None, "name": None}
    optional = {"name_heading": found["name"]["name"], "total_name": total["name"], "best": found["best"]}
    return Rule(
        title=found["title"] or Text("公布的成绩表", "Published table"),
        place=found["place"] or "",
        round=found["round"] or "",
        held=found["held"] or (),
        source=dict(found["source"] or {}),
        name=found["name"]["column"],
        group=group.get("column"),
        group_names=group.get("names") or {},
        parts=tuple(map(_part, found["parts"] or [])),
        deductions=_headings(found["deductions"]),
        bonus=_headings(found["bonus"]),
        total=total["column"],
        rank=rank.get("column"),
        rank_by=rank.get("by"),
        ordered=rank.get("order") is not None,
        shares=tuple(Share(**entry) for entry in found["share"] or []),
        sum_row=None if found["sum_row"] is None else SumRow(**found["sum_row"]),
        decimals=found["decimals"] or {},
        known=known,
        rows=None if rows is None else Rows(**rows),
        sheet=found["sheet"],
        file=path.name,
        hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        **{key: value for key, value in optional.items() if value is not None},
    )


def _headings(found: list[Any] | None) -> tuple[str, ...]:
    return tuple(entry if isinstance(entry, str) else entry["column"] for entry in found or [])


def _part(found: Record) -> Part:
    low, high = found["range"] or (None, None)
    error = found["error"] or {"sd": None, "status": None}
    return Part(
        column=found["column"],
        name=found["name"] or Text(found["column"], found["column"]),
        weight=Fraction(1) if found["weight"] is None else found["weight"],
        printed=found["printed"],
        low=low,
        high=high,
        sd=error["sd"],
        sd_status=error["status"],
    )
