"""Readers of the parameters of each rule, as an instrument file writes them (docs/instrument-format.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalsys import schema
from evalsys.language import Text
from evalsys.schema import Reader, Record, Spot, choice, count, keyed, list_of, pair, portion, positive, record
from evalsys.when import read_day

__all__ = [
    "GRADES",
    "LIMITS",
    "NOTHING",
    "NOT_APPLICABLE",
    "PER_CENT",
    "REPEATS",
    "grades_of",
    "no_params",
    "read_bands",
    "read_count_met",
    "read_deadline",
    "read_deduct",
    "read_grade",
    "read_grades",
    "read_k_of_n",
    "read_limit",
    "read_measure",
    "read_met",
    "read_option",
    "read_ratio",
    "read_threshold",
]

Grades = tuple[tuple[int, tuple[int, ...], Fraction], ...]

#: Attainment by grade where the instrument states no other.
GRADES: Mapping[str, Fraction] = {"A": Fraction(1), "B": Fraction(66, 100), "C": Fraction(33, 100), "D": Fraction(0)}
#: What may be entered where nothing was found, and where a standard does not apply at a site.
NOTHING = ("无", "没有", "none", "0")
NOT_APPLICABLE = ("不适用", "n/a", "not applicable")
#: The measure in which 85 and 85% are the same.
PER_CENT = Text("%", "%")
#: How often a finding was made.
REPEATS = ("first", "unfixed", "repeated")
#: How one limit may be written.
LIMITS = ("at_least", "at_most", "above", "below")


# ------------------------------------------------------------------------------------------- small common readers


def _enterable(spot: Spot, value: Any, reserved: Sequence[str], separators: str) -> None:
    """Report the keys of a map that nobody could enter in a table: they mean something else there, or part a list."""
    for name in value:
        if name.lower() in reserved or name != name.strip() or not name or any(sign in name for sign in separators):
            schema.spot_in(spot, value, name).report("reserved_name", name)


def _one_of(found: Record, names: Sequence[str]) -> str | None:
    """Return which one of these keys is given; none or several are a fault."""
    given = [name for name in names if name in found.spots]
    if len(given) == 1:
        return given[0]
    found.spot.report("exactly_one", " ".join(given), " ".join(names))
    return None


def no_params(spot: Spot, value: Any) -> dict[str, Any]:
    """Read the parameters of a rule that has none."""
    if value not in (None, {}):
        spot.report("wrong_type", schema.short(value), "{}")
    return {}


# ------------------------------------------------------------------------------- counts: met, k_of_n, count_met


def read_met(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``over_sites``: 'share' (default), 'all', or how many sites must comply."""

    def how(here: Spot, item: Any) -> str | int | None:
        if item in ("share", "all"):
            return "mean" if item == "share" else "all"
        return count(here, item)

    if value is None:
        return {"over_sites": "mean"}
    found = record({}, {"over_sites": how})(spot, value)
    return None if found is None else {"over_sites": found["over_sites"] or "mean"}


def read_k_of_n(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``required`` and, where the sample is prescribed, ``n``."""
    found = record({"required": count}, {"n": count})(spot, value)
    if found and found["required"] and found["n"] and found["required"] > found["n"]:
        found.at("required").report("out_of_range", str(found["required"]), f"1..{found['n']}")
    return found


def read_grades(spot: Spot, value: Any) -> list[Record] | None:
    """Read the table of a grade by number met: ``[{met: 4, value: 1, required: [a]}, ...]``, best first."""
    entry = record({"met": count, "value": portion}, {"required": list_of(schema.string)})
    found: list[Record] | None = list_of(entry)(spot, value)
    if found == [] and not value:
        spot.report("empty_value")
    return found


def grades_of(entries: Sequence[Record], names: Sequence[str]) -> Grades:
    """Turn the table read by :func:`read_grades` into places of `names`.

    Unknown names, more than there are, and entries that an earlier one covers are reported.
    """
    table: list[tuple[int, tuple[int, ...], Fraction]] = []
    for entry in entries:
        required = entry["required"] or []
        for name in required:
            if name not in names:
                entry.at("required").unknown("unknown_code", name, list(names))
        if entry["met"] is None or entry["value"] is None or not set(required) <= set(names):
            continue
        if entry["met"] > len(names):
            entry.at("met").report("out_of_range", str(entry["met"]), f"1..{len(names)}")
        places = tuple(names.index(name) for name in dict.fromkeys(required))
        need = max(entry["met"], len(places))
        if any(max(met, len(held)) <= need and set(held) <= set(places) for met, held, _ in table):
            entry.at("met").report("unreachable", str(entry["met"]))
        table.append((entry["met"], places, entry["value"]))
    return tuple(table)


def read_count_met(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``criteria`` (what one enters: its name in both languages), ``grades`` and ``else``."""
    found = record({"criteria": keyed(pair), "grades": read_grades, "else": portion})(spot, value)
    if found is None or None in found.values():
        return None
    _enterable(found.at("criteria"), value["criteria"], (*NOTHING, *NOT_APPLICABLE), ";；")
    grades = grades_of(found["grades"], list(found["criteria"]))
    return {"criteria": found["criteria"], "grades": grades, "otherwise": found["else"]}


# ------------------------------------------------------------------------------- numbers: threshold, ratio, bands


def read_measure(spot: Spot, value: Any) -> Text | None:
    """Read a unit of measure: a sign that both languages share, or a name in both."""
    if isinstance(value, dict):
        return pair(spot, value)
    found = schema.string(spot, value)
    return None if found is None else Text(found, found)


def _range(spot: Spot, value: Any) -> dict[str, Fraction] | None:
    ends = list_of(schema.number)(spot, value)
    if ends is None or len(ends) < len(value):
        return None
    if len(ends) != 2 or ends[0] > ends[1]:
        spot.report("bad_value", " ".join(map(schema.decimal, ends)), "[80, 90]")
        return None
    return {"at_least": ends[0], "at_most": ends[1]}


def _short(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read what a value outside the limits earns."""
    if isinstance(value, str):
        name = choice("zero", "proportional")(spot, value)
        return None if name is None else {"short": name}
    steps = choice("linear", "begun", "full")
    found = record({"lose": _some, "per": positive}, {"steps": steps})(spot, value)
    if found is None:
        return None
    return {"short": "minus", "lose": found["lose"], "per": found["per"], "steps": found["steps"] or "linear"}


def _some(spot: Spot, value: Any) -> Fraction | None:
    found = portion(spot, value)
    if found == 0:
        spot.report("out_of_range", "0", "> 0")
        return None
    return found


def read_limit(spot: Spot, value: Any) -> Record | None:
    """Read one limit or a range, and its measure: ``{at_most: 35, measure: {zh: 个, en: titles}}``."""
    limits = dict.fromkeys(LIMITS, schema.number)
    found = record({}, {**limits, "range": _range, "measure": read_measure})(spot, value)
    return None if found is None or _one_of(found, (*LIMITS, "range")) is None else found


def read_threshold(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read one limit or a range, its measure, and what a value outside earns."""
    limits = dict.fromkeys(LIMITS, schema.number)
    found = record({}, {**limits, "range": _range, "measure": read_measure, "short": _short})(spot, value)
    name = None if found is None else _one_of(found, (*LIMITS, "range"))
    if found is None or name is None or found[name] is None:
        return None
    given = found["range"] or {name: found[name]}
    short = found["short"] or {"short": "zero"}
    if name in ("above", "below") and short["short"] != "zero":  # at equality it would fail by nothing
        found.at("short").report("bad_value", schema.short(value["short"]), "zero")
    elif short["short"] == "proportional" and (name == "range" or 0 in given.values()):
        found.at("short").report("bad_value", "proportional", "zero  {lose: 0.1, per: 10}")
    return {"limits": given, "measure": found["measure"], **short}


read_ratio: Reader = record({"target": positive}, {"measure": read_measure})


def read_bands(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``steps``, each with one limit and its value, ``else`` and the measure."""
    step = record({"value": portion}, dict.fromkeys(LIMITS, schema.number))
    found = record({"steps": list_of(step), "else": portion}, {"measure": read_measure})(spot, value)
    if found is None or found["steps"] is None or found["else"] is None:
        return None
    if not found["steps"]:
        found.at("steps").report("empty_value")
    steps: list[tuple[str, Fraction, Fraction]] = []
    for item in found["steps"]:
        name = _one_of(item, LIMITS)
        if name is None or item[name] is None or item["value"] is None:
            continue
        if _covered(name, item[name], steps):
            item.at(name).report("unreachable", f"{name} {schema.decimal(item[name])}")
        steps.append((name, item[name], item["value"]))
    return {"steps": tuple(steps), "otherwise": found["else"], "measure": found["measure"]}


def _covered(name: str, limit: Fraction, earlier: Sequence[tuple[str, Fraction, Fraction]]) -> bool:
    """Whether earlier bands leave no number to this one.

    Upper and lower half-lines are brought to one form, ``side x number >= key``; strict ones lie just beyond.
    """

    def half_line(name: str, limit: Fraction) -> tuple[int, tuple[Fraction, int]]:
        side = 1 if name in ("at_least", "above") else -1
        return side, (side * limit, int(name in ("above", "below")))

    side, key = half_line(name, limit)
    lowest: dict[int, tuple[Fraction, int]] = {}
    for own, edge in (half_line(*step[:2]) for step in earlier):
        lowest[own] = min(edge, lowest.get(own, edge))
    if side in lowest and lowest[side] <= key:
        return True
    if len(lowest) < 2:
        return False
    (up, up_strict), (down, down_strict) = lowest[1], lowest[-1]
    return up < -down or (up == -down and not (up_strict and down_strict))


# --------------------------------------------------------------------------------------- tables: option, grade


def read_option(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read a table from what one enters to attainment."""
    table = keyed(portion)(spot, value)
    if table is None or None in table.values():
        return None
    if not table:
        spot.report("empty_value")
    _enterable(spot, value, NOT_APPLICABLE, "")
    return {"table": table}


def read_grade(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read a table of grades; without one it is A 1, B 0.66, C 0.33, D 0."""
    return {"table": dict(GRADES)} if value in (None, {}) else read_option(spot, value)


# ------------------------------------------------------------------------------------------- deduct, deadline


def _severity(spot: Spot, value: Any) -> dict[str, Fraction] | None:
    """Points of one finding: one number, or one per repetition."""
    if isinstance(value, str):
        points = positive(spot, value)
        return None if points is None else dict.fromkeys(REPEATS, points)
    found = record({"first": positive}, {"unfixed": positive, "repeated": positive})(spot, value)
    return None if found is None else {name: found[name] for name in REPEATS if found[name] is not None}


def _finders(spot: Spot, value: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = keyed(_severity)(spot, value)
    if found == {}:
        spot.report("empty_value")
    return found


def read_deduct(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``kinds`` of findings, each with its points (or points by finder) and cap, and ``full``."""
    kind = record({"name": pair}, {"points": _severity, "found_by": _finders, "cap": positive})
    found = record({"kinds": keyed(kind)}, {"full": positive})(spot, value)
    if found is None or found["kinds"] is None:
        return None
    if not found["kinds"]:
        found.at("kinds").report("empty_value")
    _enterable(found.at("kinds"), value["kinds"], (*NOTHING, *NOT_APPLICABLE), ";；")
    for entry in found["kinds"].values():
        if entry is not None:
            _one_of(entry, ("points", "found_by"))
    return None if None in found["kinds"].values() else {"kinds": dict(found["kinds"]), "full": found["full"]}


def read_deadline(spot: Spot, value: Any) -> dict[str, Any] | None:
    """Read ``by``: a day, or a day of every year."""
    found = record({"by": read_day})(spot, value)
    return None if found is None else {"by": found["by"]}
