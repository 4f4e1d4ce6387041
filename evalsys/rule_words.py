"""What a rule asks for, in words: the limit, the scale, and what falls short earns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from evalsys.language import Lang, Text
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import Params, Rule
from evalsys.schema import decimal
from evalsys.when import When
from evalsys.wording import percent_short, with_measure

__all__ = ["limit_text", "rule_text"]

_LIMITS: Mapping[str, Text] = {
    "at_least": Text("不低于", "at least "),
    "at_most": Text("不高于", "at most "),
    "above": Text("高于", "above "),
    "below": Text("低于", "below "),
}


def rule_text(rule: Rule, lang: Lang) -> str:
    """Return what a rule asks for in words.

    Examples
    --------
    >>> rule_text(Rule("threshold", {"limits": {"at_least": Fraction(95)}, "measure": PER_CENT, "short": "zero"}), "zh")
    '不低于95%，否则不得分'
    >>> rule_text(Rule("grade", {"table": {"A": Fraction(1), "B": Fraction(66, 100)}}), "en")
    'A 100%, B 66%'
    """
    return _SAID[rule.kind](rule.params).say(lang)


def _both(say: Callable[[Lang], str]) -> Text:
    return Text(say("zh"), say("en"))


def _met(params: Params) -> Text:
    over = params["over_sites"]
    if over == "mean":
        return Text("是否达标；多处按达标比例", "met or not; over sites the share that complies")
    if over == "all":
        return Text("全部点位达标", "every site complies")
    return Text(f"至少 {over} 处达标", f"at least {over} sites comply")


def _k_of_n(params: Params) -> Text:
    need, n = params["required"], params["n"]
    if n is None:
        return Text(f"至少 {need} 个达标", f"at least {need} comply")
    return Text(f"{n} 个中至少 {need} 个达标", f"at least {need} of {n} comply")


def limit_text(limits: Mapping[str, Fraction], measure: Text | None) -> Text:
    """Return one limit, or a range, with its measure in words; the same number twice is that number.

    Examples
    --------
    >>> limit_text({"at_least": Fraction(80), "at_most": Fraction(90)}, Text("分", "points")).en
    'from 80 to 90 points'
    """
    if len(limits) == 2:
        low, high = (decimal(value) for value in limits.values())
        if low == high:
            return _both(lambda lang: with_measure(high, measure, lang))
        return Text(f"{low}至{with_measure(high, measure, 'zh')}", f"from {low} to {with_measure(high, measure, 'en')}")
    ((name, value),) = limits.items()
    return _both(lambda lang: _LIMITS[name].say(lang) + with_measure(decimal(value), measure, lang))


def _threshold(params: Params) -> Text:
    limit = limit_text(params["limits"], params["measure"])
    if params["short"] == "zero":
        return Text(f"{limit.zh}，否则不得分", f"{limit.en}, else nothing")
    if params["short"] == "proportional":
        return Text(f"{limit.zh}，不足部分按比例扣", f"{limit.en}, the shortfall off in proportion")
    points = Text("个百分点", "percentage points") if params["measure"] == PER_CENT else params["measure"]
    per = _both(lambda lang: with_measure(decimal(params["per"]), points, lang))
    lose = percent_short(params["lose"])
    how = {
        "linear": Text("", ""),
        "begun": Text("（不足者亦计）", " (a step begun counts)"),
        "full": Text("（满者方计）", " (full steps only)"),
    }[params["steps"]]
    return Text(f"{limit.zh}，每差{per.zh}{how.zh}扣 {lose}", f"{limit.en}, {lose} off per {per.en} short{how.en}")


def _ratio(params: Params) -> Text:
    target = _both(lambda lang: with_measure(decimal(params["target"]), params["measure"], lang))
    return Text(f"按与{target.zh}之比", f"as a share of {target.en}")


def _bands(params: Params) -> Text:
    def say(lang: Lang) -> str:
        steps = [
            limit_text({name: limit}, params["measure"]).say(lang) + Text("得 ", ": ").say(lang) + percent_short(value)
            for name, limit, value in params["steps"]
        ]
        rest = Text("其余得 ", "else: ").say(lang) + percent_short(params["otherwise"])
        return Text("；", "; ").say(lang).join([*steps, rest])

    return _both(say)


def _table(params: Params) -> Text:
    said = [f"{name} {percent_short(value)}" for name, value in params["table"].items()]
    return Text("、".join(said), ", ".join(said))


def _count_met(params: Params) -> Text:
    n = len(params["criteria"])
    steps = [(met, percent_short(value)) for met, _, value in params["grades"]]
    rest = percent_short(params["otherwise"])
    return Text(
        f"{n} 个小项中" + "、".join(f"达到 {met} 个得 {value}" for met, value in steps) + f"，其余得 {rest}",
        f"of {n} criteria " + ", ".join(f"{met} met: {value}" for met, value in steps) + f", else: {rest}",
    )


_REPEATS = {"first": Text("首次", "first"), "unfixed": Text("未整改", "unfixed"), "repeated": Text("再次", "repeated")}


def _severity(points: Mapping[str, Fraction], lang: Lang) -> str:
    if len(set(points.values())) == 1:
        return decimal(next(iter(points.values())))
    return "/".join(f"{_REPEATS[name].say(lang)} {decimal(value)}" for name, value in points.items())


def _kind(kind: Mapping[str, Any], lang: Lang) -> str:
    cap = "" if kind["cap"] is None else Text("，至多 ", ", at most ").say(lang) + decimal(kind["cap"])
    if kind["found_by"]:
        worth = ", ".join(f"{who} {_severity(points, lang)}" for who, points in kind["found_by"].items())
    else:
        worth = _severity(kind["points"], lang)
    return f"{kind['name'].say(lang)} {worth}{cap}"


def _deduct(params: Params) -> Text:
    def say(lang: Lang) -> str:
        kinds = Text("；", "; ").say(lang).join(_kind(kind, lang) for kind in params["kinds"].values())
        full = "" if params["full"] is None else decimal(params["full"])
        whole = Text(f"从 {full} 分中", f"off {full} ") if full else Text("", "off ")
        return whole.say(lang) + Text("每处扣：", "for each: ").say(lang) + kinds

    return _both(say)


def _deadline(params: Params) -> Text:
    return When(by=params["by"]).text


_SAID: Mapping[str, Callable[[Params], Text]] = {
    "met": _met,
    "loss": lambda params: Text("每处从满分起扣去一份", "each site starts in full and loses a share"),
    "share": lambda params: Text("按达标比例", "the share that complies"),
    "k_of_n": _k_of_n,
    "threshold": _threshold,
    "ratio": _ratio,
    "bands": _bands,
    "option": _table,
    "grade": _table,
    "count_met": _count_met,
    "deduct": _deduct,
    "none": lambda params: Text("发生一次即不得分", "nothing if it happened once"),
    "growth": lambda params: Text("增幅不低于参照值", "growth not below the reference"),
    "deadline": _deadline,
}
