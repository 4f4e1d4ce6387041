"""How each rule is written in an instrument, and what one enters for it: the closed set :data:`RULES`.

The mathematics stands in :mod:`evalsys.rules`; this table connects it to instrument files and to observed values.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from evalsys import rules, schema
from evalsys.language import Text
from evalsys.rules import Exact
from evalsys.schema import Reader, Spot

__all__ = [
    "COMBINES",
    "GRADES",
    "NOT_APPLICABLE",
    "RULES",
    "Rule",
    "RuleKind",
    "finding_points",
    "grades_of",
    "read_grades",
    "read_rule",
]

#: How a node may combine what stands below it.
COMBINES = ("sum", "mean", "cap", "floor", "best", "worst", "subset-grade")

#: Attainment by grade where the instrument states no other (national practice, see docs/glossary.md).
GRADES: Mapping[str, Fraction] = {"A": Fraction(1), "B": Fraction(66, 100), "C": Fraction(33, 100), "D": Fraction(0)}


@dataclass(frozen=True)
class Rule:
    """A rule with its parameters, as an instrument gives it."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleKind:
    """What the library knows about one rule.

    Attributes
    ----------
    heading : Text
        Heading of the column in which its values are entered.
    entry : Text
        What an inspector enters (the drop-down or the hint in the workbook).
    params : Reader
        Reader of the rule's parameters in an instrument file.
    read : callable ``(params, text, n, year) -> tuple or None``
        Reads one observed value into numbers; None if it is not allowed.
    attain : callable ``(params, columns) -> Exact``
        Attainment of each row. For 'deduct' and 'none', where a leaf takes all rows together, it shows a row alone.
    choices : callable ``(params) -> tuple of str``
        The values of a drop-down, empty where any number may be entered.
    pooled : bool
        True where all rows of the round count together.
    """

    heading: Text
    entry: Text
    params: Reader
    read: Callable[[Mapping[str, Any], str, int | None, int | None], tuple[Fraction, ...] | None]
    attain: Callable[[Mapping[str, Any], Sequence[Exact]], Exact]
    choices: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda params: ()
    pooled: bool = False


_YES = {
    "是": 1,
    "达标": 1,
    "有": 1,
    "yes": 1,
    "y": 1,
    "true": 1,
    "1": 1,
    "否": 0,
    "不达标": 0,
    "无": 0,
    "no": 0,
    "n": 0,
    "false": 0,
    "0": 0,
}
_NOTHING = ("无", "没有", "none", "0")
#: What may be entered where a standard does not apply at a site.
NOT_APPLICABLE = ("不适用", "n/a", "not applicable")


def _one(text: str) -> tuple[Fraction, ...] | None:
    found = schema.parse_number(text)
    return None if found is None else (found,)


def _read_yes(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    found = _YES.get(text.lower().removesuffix(".0"))
    return None if found is None else (Fraction(found),)


def _read_loss(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    found = _one(text)
    return found if found and 0 <= found[0] <= 1 else None


def _read_share(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    parts = text.replace("／", "/").split("/")
    found = [schema.parse_number(part) for part in parts]
    if len(found) == 1:
        found.append(None if n is None else Fraction(n))
    if len(found) != 2 or found[0] is None or found[1] is None or (len(parts) == 2 and n not in (None, found[1])):
        return None
    k, total = found
    whole = k is not None and total is not None and k.denominator == total.denominator == 1 and 0 <= k <= total >= 1
    return (k, total) if whole and k is not None and total is not None else None


def _read_number(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    found = _one(text)
    if found and text.strip().endswith(("%", "％")) and params.get("measure") == "%":
        return (found[0] * 100,)
    return found


def _read_choice(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    names = list(params["table"])
    return (Fraction(names.index(text)),) if text in names else None


def _read_criteria(
    params: Mapping[str, Any], text: str, n: int | None, year: int | None
) -> tuple[Fraction, ...] | None:
    named = [] if text in _NOTHING else [part.strip() for part in text.replace("；", ";").split(";")]
    if len(set(named)) != len(named) or not set(named) <= set(params["criteria"]):
        return None
    return tuple(Fraction(int(name in named)) for name in params["criteria"])


def _read_growth(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    parts = [schema.parse_number(part) for part in text.replace("；", ";").split(";")]
    return (parts[0], parts[1]) if len(parts) == 2 and parts[0] is not None and parts[1] is not None else None


def _read_date(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    day = schema.parse_date(text)
    return None if day is None or year is None else (Fraction(day.toordinal()), Fraction(year))


def _read_count(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    found = (Fraction(0),) if text in _NOTHING else _one(text)
    return found if found and found[0] >= 0 and found[0].denominator == 1 else None


def _read_finding(params: Mapping[str, Any], text: str, n: int | None, year: int | None) -> tuple[Fraction, ...] | None:
    """A kind of finding; who found it and how often is applied by :func:`finding_points`."""
    kinds = list(params["kinds"])
    if text in _NOTHING:
        return Fraction(-1), Fraction(0)
    return (Fraction(kinds.index(text)), Fraction(1 if n is None else n)) if text in kinds else None


REPEATS = ("first", "unfixed", "repeated")


def finding_points(params: Mapping[str, Any], kind: str, found_by: str, repeat: str) -> Fraction | None:
    """Return the points that one finding takes, by kind, finder and repetition; None where the rule has no such case."""
    scale = params["kinds"][kind]
    severity = scale["found_by"].get(found_by) if scale["found_by"] else scale["points"]
    return None if severity is None else severity.get(repeat or "first")


def _attain_deadline(params: Mapping[str, Any], columns: Sequence[Exact]) -> Exact:
    by = params["by"]
    if isinstance(by, datetime.date):
        return rules.deadline(columns[0], by.toordinal())
    month, day = by
    due = [datetime.date(int(year), month, day).toordinal() for year in columns[1].num // columns[1].den]
    return Exact((columns[0].num // columns[0].den <= np.array(due, dtype=np.int64)).astype(np.int64), 1)


def _attain_finding(params: Mapping[str, Any], columns: Sequence[Exact]) -> Exact:
    return Exact((columns[1].num == 0).astype(np.int64), 1)


# Readers of the parameters of each rule ---------------------------------------------------------------------


def _nothing(spot: Spot, value: Any) -> dict[str, Any]:
    if value not in (None, {}):
        spot.report("wrong_type", str(value)[:40], "{}")
    return {}


def _unit_interval(spot: Spot, value: Any) -> Fraction | None:
    found = schema.number(spot, value)
    if found is not None and found > 1:
        spot.report("out_of_range", str(value), "0..1")
        return None
    return found


def _positive(spot: Spot, value: Any) -> Fraction | None:
    found = schema.number(spot, value)
    if found == 0:
        spot.report("out_of_range", "0", "> 0")
        return None
    return found


_LIMITS = ("at_least", "at_most", "above", "below")


def _read_met(spot: Spot, value: Any) -> dict[str, Any] | None:
    def how(here: Spot, item: Any) -> str | int | None:
        if item in ("share", "all"):
            return "mean" if item == "share" else "all"
        return schema.integer(here, item)

    found = schema.record({}, {"over_sites": how})(spot, value or schema._Map())
    return None if found is None else {"over_sites": found["over_sites"] or "mean"}


def _read_k_of_n(spot: Spot, value: Any) -> dict[str, Any] | None:
    found = schema.record({"required": schema.integer}, {"n": schema.integer})(spot, value)
    if found and found["required"] is not None and found["n"] is not None and found["required"] > found["n"]:
        found.at("required").report("out_of_range", str(found["required"]), f"<= {found['n']}")
    return found


def _read_threshold(spot: Spot, value: Any) -> dict[str, Any] | None:
    def limits_of_range(here: Spot, item: Any) -> dict[str, Fraction] | None:
        ends = schema.list_of(schema.number)(here, item)
        if ends is None or len(ends) != 2 or ends[0] > ends[1]:
            here.report("bad_value", "" if ends is None else " ".join(map(str, ends)), "[low, high]")
            return None
        return {"at_least": ends[0], "at_most": ends[1]}

    def how(here: Spot, item: Any) -> Any:
        if isinstance(item, str):
            return schema.choice("zero", "proportional")(here, item)
        keys = {"lose": _positive, "per": _positive}
        return schema.record(keys, {"steps": schema.choice("linear", "begun", "full")})(here, item)

    limits = dict.fromkeys(_LIMITS, schema.number)
    found = schema.record({}, {**limits, "range": limits_of_range, "measure": schema.string, "short": how})(spot, value)
    if found is None:
        return None
    given = {name: found[name] for name in _LIMITS if found[name] is not None}
    if found["range"] is not None:
        given.update(found["range"])
    kinds = [name for name in (*_LIMITS, "range") if name in found.spots]
    if len(kinds) != 1:
        spot.report("bad_value", " ".join(kinds), "one of: at_least at_most above below range")
        return None
    short = found["short"] or "zero"
    if kinds[0] in ("above", "below") and short != "zero":  # at equality a strict limit fails by nothing
        found.at("short").report("bad_value", "" if isinstance(short, dict) else short, "zero")
    elif short == "proportional" and (kinds == ["range"] or 0 in given.values()):
        found.at("short").report("bad_value", "proportional", "zero {lose: ..., per: ...}")
    extra = (
        {}
        if isinstance(short, str)
        else {"lose": short["lose"], "per": short["per"], "steps": short["steps"] or "linear"}
    )
    return {
        "limits": given,
        "measure": found["measure"],
        "short": short if isinstance(short, str) else "minus",
        **extra,
    }


def _read_bands(spot: Spot, value: Any) -> dict[str, Any] | None:
    limits = dict.fromkeys(_LIMITS, schema.number)
    step = schema.record({"value": _unit_interval}, limits)
    keys = {"steps": schema.list_of(step), "else": _unit_interval}
    found = schema.record(keys, {"measure": schema.string})(spot, value)
    if found is None or found["steps"] is None or found["else"] is None:
        return None
    steps = []
    for item in found["steps"]:
        given = [(name, item[name]) for name in _LIMITS if item[name] is not None]
        if len(given) != 1:
            item.spot.report("bad_value", " ".join(name for name, _ in given), "one of: at_least at_most above below")
        elif item["value"] is not None:
            steps.append((*given[0], item["value"]))
    return {"steps": tuple(steps), "otherwise": found["else"], "measure": found["measure"]}


def _read_option(spot: Spot, value: Any) -> dict[str, Any] | None:
    table = schema.keyed(_unit_interval)(spot, value)
    if table is not None and not table:
        spot.report("empty_value")
    return None if table is None or None in table.values() else {"table": table}


def _read_grade(spot: Spot, value: Any) -> dict[str, Any] | None:
    return {"table": dict(GRADES)} if value in (None, {}) else _read_option(spot, value)


def read_grades(spot: Spot, value: Any) -> list[Any] | None:
    """Read the table of a grade by number met: ``[{met: 4, value: 1, required: [a]}, ...]``, best first."""
    entry = schema.record({"met": schema.integer, "value": _unit_interval}, {"required": schema.list_of(schema.string)})
    return schema.list_of(entry)(spot, value)  # type: ignore[no-any-return]


def grades_of(
    entries: Sequence[schema.Record], names: Sequence[str]
) -> tuple[tuple[int, tuple[int, ...], Fraction], ...]:
    """Turn the table read by :func:`read_grades` into places; unknown names are reported."""
    table = []
    for entry in entries:
        required = entry["required"] or []
        for name in required:
            if name not in names:
                entry.at("required").unknown("unknown_code", name, list(names))
        if entry["met"] is not None and entry["met"] > len(names):
            entry.at("met").report("out_of_range", str(entry["met"]), f"<= {len(names)}")
        if entry["met"] is not None and entry["value"] is not None and set(required) <= set(names):
            table.append((entry["met"], tuple(names.index(name) for name in required), entry["value"]))
    return tuple(table)


def _read_count_met(spot: Spot, value: Any) -> dict[str, Any] | None:
    keys = {"criteria": schema.keyed(schema.pair), "grades": read_grades, "else": _unit_interval}
    found = schema.record(keys)(spot, value)
    if found is None or None in found.values():
        return None
    grades = grades_of(found["grades"], list(found["criteria"]))
    return {"criteria": found["criteria"], "grades": grades, "otherwise": found["else"]}


def _read_severity(spot: Spot, value: Any) -> dict[str, Fraction] | None:
    """Points of one finding: one number, or one per repetition."""
    if isinstance(value, str):
        points = _positive(spot, value)
        return None if points is None else dict.fromkeys(REPEATS, points)
    found = schema.record({"first": _positive}, {"unfixed": _positive, "repeated": _positive})(spot, value)
    return None if found is None else {name: found[name] for name in REPEATS if found[name] is not None}


def _read_deduct(spot: Spot, value: Any) -> dict[str, Any] | None:
    kind = schema.record(
        {"name": schema.pair},
        {"points": _read_severity, "found_by": schema.keyed(_read_severity), "cap": _positive},
    )
    found = schema.record({"kinds": schema.keyed(kind)}, {"full": _positive})(spot, value)
    if found is None or found["kinds"] is None:
        return None
    for entry in found["kinds"].values():
        if entry is not None and (entry["points"] is None) == (entry["found_by"] is None):
            if not entry.spots.keys() & {"points", "found_by"} or len(entry.spots.keys() & {"points", "found_by"}) == 2:
                entry.spot.report("bad_value", "", "one of: points found_by")
    return None if None in found["kinds"].values() else {"kinds": dict(found["kinds"]), "full": found["full"]}


def _read_deadline(spot: Spot, value: Any) -> dict[str, Any] | None:
    def day(here: Spot, item: Any) -> datetime.date | tuple[int, int] | None:
        full = schema.parse_date(item) if isinstance(item, str) else None
        if full is not None:
            return full
        leap = schema.parse_date(f"2000-{item}") if isinstance(item, str) else None
        if leap is None or (leap.month, leap.day) == (2, 29):
            here.report("bad_date", str(item), "2016-06-30 06-30")
            return None
        return leap.month, leap.day

    return schema.record({"by": day})(spot, value)  # type: ignore[no-any-return]


_NUMBERS = {"measure": schema.string}
RULES: Mapping[str, RuleKind] = {
    "met": RuleKind(
        Text("是/否", "Yes/No"),
        Text("是/否", "yes/no"),
        _read_met,
        _read_yes,
        lambda p, c: rules.met(c[0]),
        lambda p: ("是", "否"),
    ),
    "loss": RuleKind(
        Text("扣分 0–1", "Loss 0–1"),
        Text("扣分 0–1", "share lost, 0 to 1"),
        _nothing,
        _read_loss,
        lambda p, c: rules.loss(c[0]),
    ),
    "share": RuleKind(
        Text("达标数/检查数", "Compliant/checked"),
        Text("达标数/检查数，如 4/5", "compliant/checked, such as 4/5"),
        _nothing,
        _read_share,
        lambda p, c: rules.share(c[0], c[1]),
    ),
    "k_of_n": RuleKind(
        Text("达标数/检查数", "Compliant/checked"),
        Text("达标数/检查数，如 4/5", "compliant/checked, such as 4/5"),
        _read_k_of_n,
        _read_share,
        lambda p, c: rules.k_of_n(c[0], p["required"]),
    ),
    "threshold": RuleKind(
        Text("数值", "Number"),
        Text("数值", "number"),
        _read_threshold,
        _read_number,
        lambda p, c: rules.threshold(
            c[0],
            p["limits"],
            p["short"],
            p.get("lose", Fraction(0)),
            p.get("per", Fraction(1)),
            p.get("steps", "linear"),
        ),
    ),
    "ratio": RuleKind(
        Text("数值", "Number"),
        Text("数值", "number"),
        schema.record({"target": _positive}, _NUMBERS),
        _read_number,
        lambda p, c: rules.ratio(c[0], p["target"]),
    ),
    "bands": RuleKind(
        Text("数值", "Number"),
        Text("数值", "number"),
        _read_bands,
        _read_number,
        lambda p, c: rules.bands(c[0], p["steps"], p["otherwise"]),
    ),
    "option": RuleKind(
        Text("选项", "Option"),
        Text("选项", "option"),
        _read_option,
        _read_choice,
        lambda p, c: rules.lookup(c[0], tuple(p["table"].values())),
        lambda p: tuple(p["table"]),
    ),
    "grade": RuleKind(
        Text("等级", "Grade"),
        Text("等级", "grade"),
        _read_grade,
        _read_choice,
        lambda p, c: rules.lookup(c[0], tuple(p["table"].values())),
        lambda p: tuple(p["table"]),
    ),
    "count_met": RuleKind(
        Text("达到的小项", "Criteria met"),
        Text("达到的小项，以分号隔开；都没有填“无”", "the criteria that hold, separated by ';', or 'none'"),
        _read_count_met,
        _read_criteria,
        lambda p, c: rules.count_met(np.stack([column.num > 0 for column in c], axis=-1), p["grades"], p["otherwise"]),
    ),
    "deduct": RuleKind(
        Text("问题种类", "Kind of finding"),
        Text("问题种类；查了没有问题填“无”", "kind of finding, or 'none' where none was found"),
        _read_deduct,
        _read_finding,
        _attain_finding,
        lambda p: (*p["kinds"], "无"),
        pooled=True,
    ),
    "none": RuleKind(
        Text("次数", "Times"),
        Text("发生次数；没有填 0", "how many times, 0 for none"),
        _nothing,
        _read_count,
        lambda p, c: rules.none(c[0]),
        pooled=True,
    ),
    "growth": RuleKind(
        Text("增幅", "Growth"),
        Text("本地增幅;参照增幅，如 5.2;4.8", "our growth;reference growth, such as 5.2;4.8"),
        _nothing,
        _read_growth,
        lambda p, c: rules.growth(c[0], c[1]),
    ),
    "deadline": RuleKind(
        Text("完成日期", "Date done"), Text("完成日期", "date done"), _read_deadline, _read_date, _attain_deadline
    ),
}


def read_rule(spot: Spot, value: Any) -> Rule | None:
    """Read ``met`` or ``{threshold: {...}}`` from an instrument file."""
    if isinstance(value, str):
        kind, params = value, None
    elif isinstance(value, dict) and len(value) == 1:
        kind, params = next(iter(value.items()))
    else:
        spot.report("wrong_type", "", "met  {threshold: {at_least: 90}}")
        return None
    if kind not in RULES:
        spot.unknown("unknown_rule", str(kind), list(RULES))
        return None
    line = value.lines[kind] if isinstance(value, schema._Map) else spot.line
    found = RULES[kind].params(Spot(spot.faults, spot.file, line, kind), params)
    return None if found is None else Rule(kind, dict(found))
