"""The shape of an instrument file: which keys it has, and what each may hold (docs/instrument-format.md)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from evalsys import schema
from evalsys.instrument import ACTIONS, COUNTED, METHODS, RESETS, STANDINGS
from evalsys.rule_params import read_grades, read_limit, read_measure
from evalsys.rulebook import COMBINES, read_rule
from evalsys.schema import Record, Spot, choice, keyed, list_of, one_or_more, pair, portion, positive, record, string
from evalsys.when import read_day, read_when

__all__ = [
    "AFTER_TOTAL",
    "FILE",
    "LEVELS",
    "MECHANISMS",
    "PAIRWISE",
    "REGISTERS",
    "SCHEMA",
    "STATUS",
    "THRESHOLDS",
    "in_month",
    "spans",
]

#: The version of the format that this library reads.
SCHEMA = "1"
LEVELS = ("city", "county", "district", "township", "community", "village", "department", "school", "estate", "other")
#: What is applied after the total, in the order used where an instrument states none.
AFTER_TOTAL = ("joined", "bonus", "negative_list", "gates", "ladders")
#: Where the limit of a standard comes from.
THRESHOLDS = ("printed", "derived", "ban", "parameter", "assumed")
#: Whether something stands in the source.
STATUS = choice("printed", "assumed")
_CERTAINTY = choice("official", "copy", "news", "assumed")
_MONTHS = range(1, 13)


# ------------------------------------------------------------------------------------------------ points by month


def spans(months: Iterable[int]) -> str:
    """Return months in short.

    Examples
    --------
    >>> spans([1, 2, 3, 9])
    '1-3 9'
    """
    runs: list[list[int]] = []
    for month in sorted(months):
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def in_month(points: Any, month: int) -> Fraction | None:
    """Return what `points` of the file are in a month: one number, or one of twelve."""
    found: Fraction | None = points[month] if isinstance(points, dict) else points
    return found


def _months_of(key: str) -> range:
    """Return the months that a key names: ``7`` or ``7-12``; empty where it names none."""
    match = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", key, re.ASCII)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    return range(first, last + 1) if 1 <= first <= last <= 12 else range(0)


def _points(spot: Spot, value: Any) -> Fraction | dict[int, Fraction] | None:
    """Read points above 0, or points of each month, 0 or more: ``{1-6: 10, 7-12: 8}``."""
    if not isinstance(value, dict):
        return _above_zero(spot, value)
    months: dict[int, Fraction] = {}
    named: set[int] = set()
    for key, points in (keyed(schema.number)(spot, value) or {}).items():
        here = schema.spot_in(spot, value, key)
        span = _months_of(key)
        if not span:
            here.report("unknown_key", key, "1 ... 12  1-6")
        for month in span:
            if month in named:
                here.report("duplicate_key", str(month))
            named.add(month)
            if points is not None:
                months[month] = points
    if named != set(_MONTHS):
        spot.report("twelve_months", spans(set(_MONTHS) - named))
    return months if len(months) == 12 else None


def _full_marks(spot: Spot, value: Any) -> Fraction | dict[int, Fraction] | None:
    found = _points(spot, value)
    if isinstance(found, dict) and 0 in found.values():
        spot.report("out_of_range", "0", "> 0")
        return None
    return found


def _above_zero(spot: Spot, value: Any) -> Fraction | None:
    found = schema.number(spot, value)
    if found == 0:
        spot.report("out_of_range", "0", "> 0  scored: no")
        return None
    return found


# ------------------------------------------------------------------------------------------------ parts of a file


def _code(spot: Spot, value: Any) -> str | None:
    found = string(spot, value)
    if found is not None and re.search(r"[/@*;；\s]", found):
        spot.report("reserved_name", found)
    return found


def _sites(spot: Spot, value: Any) -> int | str | None:
    return "all" if value == "all" else schema.count(spot, value)


def _several(spot: Spot, value: Any) -> Record | None:
    """Read ``mean`` or ``{how: mean, status: assumed}``; the short form is printed in the source."""
    how = choice("mean", "min", "shares")
    if isinstance(value, dict):
        return record({"how": how}, {"status": STATUS})(spot, value)
    name = how(spot, value)
    return None if name is None else Record(how=name, status="printed")


def _combine(spot: Spot, value: Any) -> str | Record | None:
    if isinstance(value, dict) and "mean" in value:
        found = record({"mean": record({"present": portion})})(spot, value)
        return None if found is None else found["mean"]
    if isinstance(value, dict):
        found = record({"subset-grade": record({"grades": read_grades, "else": portion})})(spot, value)
        return None if found is None else found["subset-grade"]
    if value not in COMBINES or value == "subset-grade":
        names = [name for name in COMBINES if name != "subset-grade"]
        spot.unknown("bad_value", schema.short(value), [*names, "{subset-grade: {grades: [...], else: 0}}"])
        return None
    return str(value)


_METHOD = record({}, {"rule": read_rule, "share": positive})


def _methods(spot: Spot, value: Any) -> dict[str, Record] | None:
    if not isinstance(value, dict) or not value:
        spot.report("wrong_type", schema.short(value), "{site_visit: {}}")
        return None
    found = {}
    for name, content in value.items():
        here = schema.spot_in(spot, value, name)
        if name not in METHODS:
            here.unknown("unknown_name", name, list(METHODS))
            continue
        own = _METHOD(here, {} if content is None else content)
        if own is not None:
            found[name] = own
    return found


_SOURCE_STATUS = {"threshold": choice(*THRESHOLDS), "methods": STATUS, "lead": STATUS}


def _source(spot: Spot, value: Any) -> Record | None:
    """Read where something stands in its document: a row or a clause, at least."""
    texts = dict.fromkeys(("row", "clause", "document", "note"), string)
    found = record({}, {**texts, **_SOURCE_STATUS})(spot, value)
    if found is not None and not found.spots.keys() & {"row", "clause"}:
        spot.report("missing_source", "", "{row: ...}  {clause: ...}")
    return found


def _mark(spot: Spot, value: Any) -> str | None:
    """Read points or a per cent of the full marks."""
    found = schema.parse_number(value) if isinstance(value, str) else None
    if found is None or found < 0:
        spot.report("bad_number", schema.short(value), "85  85%")
        return None
    return str(value)


def _inner_share(spot: Spot, value: Any) -> Fraction | None:
    """Read a share above 0 and below 1."""
    found: Fraction | None = portion(spot, value)
    if found in (0, 1):
        spot.report("out_of_range", schema.short(value), "> 0, < 1")
        return None
    return found


def _matrix(spot: Spot, value: Any) -> list[list[Fraction]] | None:
    """Read rows of numbers above 0; None if a cell is none, so that its row is not also called too short."""
    rows: list[list[Fraction]] | None = list_of(list_of(positive))(spot, value)
    whole = rows is not None and [len(row) for row in rows] == [len(row) for row in value]
    return rows if whole else None


#: Children of a node compared in pairs: row i, column j says how many times more important i is than j.
PAIRWISE = record({"of": list_of(string), "matrix": _matrix})
_QUESTION = record({"id": _code, "text": pair, "options": list_of(string), "satisfied": list_of(string)})
_MATERIAL = record({"id": _code, "name": pair}, {"required": schema.boolean})
_CHECKED_AT = record({"site_type": string}, {"sites": _sites})
_WORTH = {"points": _points, "weight": _above_zero, "scored": schema.boolean}
_STANDARD = record(
    {"code": _code, "text": pair, "methods": _methods, "source": _source},
    {
        "name": pair,
        **_WORTH,
        "rule": read_rule,
        "several": _several,
        "checked_at": list_of(_CHECKED_AT),
        "questions": list_of(_QUESTION),
        "materials": list_of(_MATERIAL),
        "lead": one_or_more(string),
        "support": one_or_more(string),
        "not_applicable": choice("drop", "full", "peers"),
        "due": read_when,
        "note": pair,
    },
)


def _indicator(spot: Spot, value: Any) -> Record | None:
    return _INDICATOR(spot, value)


_INDICATOR = record(
    {"code": _code, "name": pair},
    {
        **_WORTH,
        "combine": _combine,
        "pairwise": PAIRWISE,
        "children": list_of(_indicator),
        "standards": list_of(_STANDARD),
        "source": _source,
        "note": pair,
    },
)

# ------------------------------------------------------------------------------------- after the total, registers

_ACTION = choice(*ACTIONS)
_EFFECT = record(
    {},
    {
        "deduct": positive,
        "action": _ACTION,
        "months": schema.count,
        "to": one_or_more(choice(*STANDINGS)),
        "within": schema.count,
    },
)
_ENTRY = {"code": _code, "name": pair, "source": _source}
_GATE = record(_ENTRY, {"at_least": _mark, "of": string, "stage": choice("apply", "pass"), "note": pair})
_LISTED = record({**_ENTRY, "effect": one_or_more(_EFFECT)}, {"confirm": schema.boolean, "note": pair})
_BONUS = record({**_ENTRY, "points": positive}, {"cap": positive, "note": pair})
_JOINED = record({**_ENTRY, "of": string, "share": _inner_share}, {"note": pair})
_DOCUMENT = record(
    {"title": string, "certainty": _CERTAINTY},
    {"issuer": string, "date": string, "kind": string, "address": string, "note": pair},
)
_UNIT = record({"en": string}, {"zh": string, "level": choice(*LEVELS), "aliases": list_of(string)})
#: Readers of the entries of the registers.
REGISTERS: dict[str, schema.Reader] = {"documents": _DOCUMENT, "site_types": pair, "units": _UNIT}
_CONTRADICTION = record({"text": pair}, {"codes": list_of(string)})

#: Kinds of mechanisms that a source sets up around an assessment.
MECHANISMS = (
    "eligibility",
    "cycle",
    "quota",
    "award",
    "budget",
    "veto",
    "ladder",
    "weight",
    "deadline",
    "bias",
    "grades",
    "groups",
)
_SAID = {"row": string, "lead": one_or_more(string), "support": one_or_more(string), "note": pair}


def _where(spot: Spot, value: Any) -> Record | None:
    """Read where an entry stands that is no standard: its row is a key of its own."""
    found = record({}, {"clause": string, "document": string, "note": string, **_SOURCE_STATUS})(spot, value)
    return found


def _month_day(spot: Spot, value: Any) -> tuple[int, int] | None:
    """Read a day of every year."""
    found = read_day(spot, value)
    if isinstance(found, datetime.date):
        spot.report("bad_value", schema.short(value), "06-30")
        return None
    return found


_ABOUT = {"text": pair, "source": _where}


def _counts_at(spot: Spot, value: Any) -> list[int] | None:
    """Read the count at which each step follows: ``[1, 2, none]``; ``none`` for a step that only a person proposes."""
    found: list[int] | None = list_of(lambda own, text: 0 if text == "none" else schema.count(own, text))(spot, value)
    return None if found is None or len(found) < len(value) else found


_CALENDAR = record({**_ABOUT, "when": read_when}, {**_SAID, "phase": schema.boolean})
_YEARS = dict.fromkeys(("applied", "selected", "named"), schema.integer)
_RHYTHM = record({"every": schema.count}, {**_YEARS, "until": _month_day})
_MECHANISM = record(
    {**_ABOUT, "kind": choice(*MECHANISMS)},
    {
        **_SAID,
        "limit": read_limit,
        "steps": list_of(pair),
        "shares": list_of(schema.number),
        "code": _code,
        "group": string,
        "years": schema.count,
        "of": choice("total", "finding"),
        "action": _ACTION,
        "months": schema.count,
        "confirm": schema.boolean,
        "rhythm": _RHYTHM,
        "counts": choice(*COUNTED),
        "by": choice("unit", "area", "site"),
        "at": _counts_at,
        "resets": choice(*RESETS),
        "reviewer": choice("other"),
    },
)
_FACT = record({**_ABOUT, "value": schema.number, "measure": read_measure}, {**_SAID, "more_than": schema.boolean})
_LEFT_OUT = record(
    {**_ABOUT, "why": pair},
    {**_SAID, "kept": choice("nothing", "unscored", "setting", "rest"), "rows": list_of(string)},
)

#: Reader of a whole instrument file.
FILE = record(
    {
        "schema": string,
        "id": string,
        "title": pair,
        "level": choice(*LEVELS),
        "full_marks": _full_marks,
        "source": record({"document": string}, {"note": pair}),
        "weights": record({"scheme": choice("given", "equal", "ahp"), "status": STATUS}),
        "indicators": list_of(_indicator),
    },
    {
        "method_shares": keyed(positive),
        "pass_mark": record(
            {"value": _mark, "status": choice("official", "copy", "news", "printed", "assumed")},
        ),
        "draw": list_of(_CHECKED_AT),
        "after_total": list_of(choice(*AFTER_TOTAL)),
        "joined": list_of(_JOINED),
        "gates": list_of(_GATE),
        "negative_list": list_of(_LISTED),
        "bonus": list_of(_BONUS),
        "documents": keyed(_DOCUMENT),
        "site_types": keyed(pair),
        "units": keyed(_UNIT),
        "assumed": list_of(pair),
        "methods": record({"status": STATUS}),
        "pairwise": PAIRWISE,
        "scored": schema.boolean,
        "contradictions": list_of(_CONTRADICTION),
        "calendar": list_of(_CALENDAR),
        "mechanisms": list_of(_MECHANISM),
        "facts": list_of(_FACT),
        "left_out": list_of(_LEFT_OUT),
    },
)
