"""How each rule is written in an instrument, and what one enters for it: the closed set :data:`RULES`.

The mathematics stands in :mod:`evalsys.rules`, the readers of parameters in :mod:`evalsys.rule_params`; this table
connects both to observed values.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from evalsys import rule_params, rules, schema
from evalsys.language import Text
from evalsys.rule_params import NOT_APPLICABLE, NOTHING
from evalsys.rules import Exact
from evalsys.schema import Reader, Spot

__all__ = ["COMBINES", "NOT_APPLICABLE", "RULES", "SURVEY_RULES", "Rule", "RuleKind", "finding_points", "read_rule"]

#: How a node may combine what stands below it.
COMBINES = ("sum", "mean", "cap", "floor", "best", "worst", "subset-grade")
#: Rules that can read the satisfied share of the answers to a survey.
SURVEY_RULES = ("share", "threshold", "bands", "ratio")

Params = Mapping[str, Any]
Seen = tuple[Fraction, ...]


@dataclass(frozen=True)
class Rule:
    """A rule with its parameters, as an instrument gives it."""

    kind: str
    params: Params = field(default_factory=dict)


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
    read : callable ``(params, text, n, year) -> tuple of Fraction, or None``
        Reads one observed value into numbers; None if it is not allowed. `n` is the number checked (or found) where
        it has a column of its own, `year` that of the inspection.
    attain : callable ``(params, columns) -> Exact``
        Attainment of each row; each column holds one of the numbers read. For 'deduct' and 'none', where a leaf takes
        all rows together, it shows a row alone.
    choices : callable ``(params) -> tuple of str``
        The values of a drop-down, empty where any number may be entered.
    pooled : bool
        True where all rows of the round count together.
    """

    heading: Text
    entry: Text
    params: Reader
    read: Callable[[Params, str, int | None, int | None], Seen | None]
    attain: Callable[[Params, Sequence[Exact]], Exact]
    choices: Callable[[Params], tuple[str, ...]] = lambda params: ()
    pooled: bool = False


# --------------------------------------------------------------------------------------- reading observed values

_YES = ("是", "达标", "有", "yes", "y", "true", "1", "1.0")
_NO = ("否", "不达标", "无", "no", "n", "false", "0", "0.0")


def _read_yes(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    word = text.lower()
    return (Fraction(int(word in _YES)),) if word in _YES or word in _NO else None


def _read_loss(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    found = schema.parse_number(text)
    return (found,) if found is not None and 0 <= found <= 1 else None


def _read_share(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    """Read ``4/5``, or ``4`` where the number checked stands in its own column or in the rule."""
    parts = text.replace("／", "/").split("/")
    found = [schema.parse_number(part) for part in parts]
    k, total = found[0], found[1] if len(found) == 2 else None
    prescribed = params.get("n")
    for known in (n, prescribed):
        if known is not None and total is None and len(parts) == 1:
            total = Fraction(known)
        if known is not None and total != known:
            return None
    if len(parts) > 2 or k is None or total is None or k.denominator != 1 or total.denominator != 1:
        return None
    return (k, total) if 0 <= k <= total and total >= 1 else None


def _read_number(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    """Read a number in the rule's measure; ``85%`` is 85 where that is '%', and 0.85 where there is none."""
    found, measure = schema.parse_number(text), params.get("measure")
    if found is None or not text.rstrip().endswith(("%", "％")):
        return None if found is None else (found,)
    if measure is None:
        return (found,)
    return (found * 100,) if measure == rule_params.PER_CENT else None


def _read_choice(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    names = list(params["table"])
    return (Fraction(names.index(text)),) if text in names else None


def _read_criteria(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    named = [] if text.lower() in NOTHING else [part.strip() for part in text.replace("；", ";").split(";")]
    if len(set(named)) != len(named) or not set(named) <= set(params["criteria"]):
        return None
    return tuple(Fraction(int(name in named)) for name in params["criteria"])


def _read_growth(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    parts = text.replace("；", ";").replace("％", "%").split(";")
    found = [value for part in parts if (value := schema.parse_number(part)) is not None]
    alike = len({part.rstrip().endswith("%") for part in parts}) == 1  # 5.2%;4.8 would compare unlike things
    return (found[0], found[1]) if len(parts) == len(found) == 2 and alike else None


def _read_date(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    """Read the day, and the year that a yearly due day falls in."""
    day = schema.parse_date(text)
    if day is None or (year is None and not isinstance(params["by"], datetime.date)):
        return None
    return Fraction(day.toordinal()), Fraction(year or 0)


def _read_count(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    found = Fraction(0) if text.lower() in NOTHING else schema.parse_number(text)
    return (found,) if found is not None and found >= 0 and found.denominator == 1 else None


def _read_finding(params: Params, text: str, n: int | None, year: int | None) -> Seen | None:
    """Read the place of a kind and how many there were; who found it is applied by :func:`finding_points`."""
    kinds = list(params["kinds"])
    if text.lower() in NOTHING:
        return Fraction(-1), Fraction(0)
    return (Fraction(kinds.index(text)), Fraction(1 if n is None else n)) if text in kinds else None


def finding_points(params: Params, kind: str, found_by: str, repeat: str) -> Fraction | None:
    """Return the points that one finding takes, by kind, finder and repetition.

    Parameters
    ----------
    params : mapping
        Of a rule 'deduct'.
    kind : str
        One of its kinds.
    found_by : str
        Who found it; needed only where the kind's points depend on it.
    repeat : {'first', 'unfixed', 'repeated', ''}

    Returns
    -------
    Fraction or None
        None where the rule has no such case.

    Examples
    --------
    >>> tenth = {"first": Fraction(1, 10), "unfixed": Fraction(3, 10)}
    >>> params = {"kinds": {"litter": {"points": None, "found_by": {"bureau": tenth}}}}
    >>> finding_points(params, "litter", "bureau", "unfixed"), finding_points(params, "litter", "nobody", "first")
    (Fraction(3, 10), None)
    """
    scale = params["kinds"][kind]
    severity = scale["found_by"].get(found_by) if scale["found_by"] else scale["points"]
    return None if severity is None else severity.get(repeat or "first")


# ------------------------------------------------------------------------------------------------- the closed set


def _attain_threshold(params: Params, columns: Sequence[Exact]) -> Exact:
    names = ("limits", "short", "lose", "per", "steps")
    return rules.threshold(columns[0], **{name: params[name] for name in names if name in params})


def _attain_criteria(params: Params, columns: Sequence[Exact]) -> Exact:
    holds = np.stack([column.num > 0 for column in columns], axis=-1)
    return rules.count_met(holds, params["grades"], params["otherwise"])


def _attain_deadline(params: Params, columns: Sequence[Exact]) -> Exact:
    by, (day, years) = params["by"], columns
    if isinstance(by, datetime.date):
        return rules.deadline(day, by.toordinal())
    due = [datetime.date(int(year), *by).toordinal() for year in years.num // years.den]
    return rules.deadline(day, rules.integers(due))


_KINDS = Text("问题种类", "Kind of finding")
_NUMBER = Text("数值", "Number")
_SHARE = Text("达标数/检查数", "Compliant/checked")
_SHARE_ENTRY = Text("达标数/检查数，如 4/5", "compliant/checked, such as 4/5")

RULES: Mapping[str, RuleKind] = {
    "met": RuleKind(
        heading=Text("是/否", "Yes/No"),
        entry=Text("是/否", "yes/no"),
        params=rule_params.read_met,
        read=_read_yes,
        attain=lambda params, columns: rules.met(columns[0]),
        choices=lambda params: ("是", "否"),
    ),
    "loss": RuleKind(
        heading=Text("扣分 0–1", "Loss 0–1"),
        entry=Text("扣分 0–1", "share lost, 0 to 1"),
        params=rule_params.no_params,
        read=_read_loss,
        attain=lambda params, columns: rules.loss(columns[0]),
    ),
    "share": RuleKind(
        heading=_SHARE,
        entry=_SHARE_ENTRY,
        params=rule_params.no_params,
        read=_read_share,
        attain=lambda params, columns: rules.share(columns[0], columns[1]),
    ),
    "k_of_n": RuleKind(
        heading=_SHARE,
        entry=_SHARE_ENTRY,
        params=rule_params.read_k_of_n,
        read=_read_share,
        attain=lambda params, columns: rules.k_of_n(columns[0], params["required"]),
    ),
    "threshold": RuleKind(
        heading=_NUMBER,
        entry=Text("数值", "number"),
        params=rule_params.read_threshold,
        read=_read_number,
        attain=_attain_threshold,
    ),
    "ratio": RuleKind(
        heading=_NUMBER,
        entry=Text("数值", "number"),
        params=rule_params.read_ratio,
        read=_read_number,
        attain=lambda params, columns: rules.ratio(columns[0], params["target"]),
    ),
    "bands": RuleKind(
        heading=_NUMBER,
        entry=Text("数值", "number"),
        params=rule_params.read_bands,
        read=_read_number,
        attain=lambda params, columns: rules.bands(columns[0], params["steps"], params["otherwise"]),
    ),
    "option": RuleKind(
        heading=Text("选项", "Option"),
        entry=Text("选项", "option"),
        params=rule_params.read_option,
        read=_read_choice,
        attain=lambda params, columns: rules.lookup(columns[0], tuple(params["table"].values())),
        choices=lambda params: tuple(params["table"]),
    ),
    "grade": RuleKind(
        heading=Text("等级", "Grade"),
        entry=Text("等级", "grade"),
        params=rule_params.read_grade,
        read=_read_choice,
        attain=lambda params, columns: rules.lookup(columns[0], tuple(params["table"].values())),
        choices=lambda params: tuple(params["table"]),
    ),
    "count_met": RuleKind(
        heading=Text("达到的小项", "Criteria met"),
        entry=Text("达到的小项，以分号隔开；都没有填“无”", "the criteria that hold, separated by ';', or 'none'"),
        params=rule_params.read_count_met,
        read=_read_criteria,
        attain=_attain_criteria,
    ),
    "deduct": RuleKind(
        heading=_KINDS,
        entry=Text("问题种类；查了没有问题填“无”", "kind of finding, or 'none' where none was found"),
        params=rule_params.read_deduct,
        read=_read_finding,
        attain=lambda params, columns: rules.none(columns[1]),
        choices=lambda params: (*params["kinds"], "无"),
        pooled=True,
    ),
    "none": RuleKind(
        heading=Text("次数", "Times"),
        entry=Text("发生次数；没有填 0", "how many times, 0 for none"),
        params=rule_params.no_params,
        read=_read_count,
        attain=lambda params, columns: rules.none(columns[0]),
        pooled=True,
    ),
    "growth": RuleKind(
        heading=Text("增幅", "Growth"),
        entry=Text("本地增幅;参照增幅，如 5.2;4.8", "our growth;reference growth, such as 5.2;4.8"),
        params=rule_params.no_params,
        read=_read_growth,
        attain=lambda params, columns: rules.growth(columns[0], columns[1]),
    ),
    "deadline": RuleKind(
        heading=Text("完成日期", "Date done"),
        entry=Text("完成日期", "date done"),
        params=rule_params.read_deadline,
        read=_read_date,
        attain=_attain_deadline,
    ),
}


def read_rule(spot: Spot, value: Any) -> Rule | None:
    """Read ``met`` or ``{threshold: {...}}`` from an instrument file; faults are reported at the spot."""
    if isinstance(value, str):
        kind, params, here = value, None, spot
    elif isinstance(value, dict) and len(value) == 1:
        kind, params = next(iter(value.items()))
        here = schema.spot_in(spot, value, kind)
    else:
        spot.report("wrong_type", schema.short(value), "met  {threshold: {at_least: 90}}")
        return None
    if kind not in RULES:
        here.unknown("unknown_rule", kind, list(RULES))
        return None
    found = RULES[kind].params(here, params)
    return None if found is None else Rule(kind, dict(found))
