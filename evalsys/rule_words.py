"""What a rule asks for, in words: its limit with the measure, and what earns how much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from evalsys.language import Lang, Text
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import Rule
from evalsys.schema import decimal
from evalsys.when import Day, When
from evalsys.wording import joined, percent_short, plural, with_measure

__all__ = ["limit_text", "requirement"]


def requirement(rule: Rule, lang: Lang) -> str:
    """Return what a rule asks for in words: its limit with the measure, and what earns how much.

    Examples
    --------
    >>> limit = {"limits": {"at_least": Fraction(90)}, "measure": PER_CENT, "short": "zero"}
    >>> requirement(Rule("threshold", limit), "zh"), requirement(Rule("threshold", limit), "en")
    ('不低于90%', 'at least 90%')
    >>> requirement(Rule("none"), "zh"), requirement(Rule("grade", {"table": {"A": Fraction(1)}}), "en")
    ('不得发生', 'graded A: full points')
    """
    params = rule.params
    said: Mapping[str, Callable[[], str]] = {
        "met": lambda: _met(params.get("over_sites"), lang),
        "loss": lambda: Text("无扣分问题，有问题的按份额扣分", "nothing amiss; each finding takes a share").say(lang),
        "share": lambda: Text("全部达标，按达标比例计分", "all comply; counts by the share that does").say(lang),
        "k_of_n": lambda: _k_of_n(params, lang),
        "threshold": lambda: limit_text(params["limits"], params["measure"], lang) + _shortfall(params, lang),
        "ratio": lambda: _target(params, lang),
        "bands": lambda: _ladder(_bands(params, lang), lang),
        "option": lambda: _ladder([(_OPTION.say(lang).format(name), of) for name, of in params["table"].items()], lang),
        "grade": lambda: Text("评定等级：", "graded ").say(lang) + _ladder(params["table"].items(), lang),
        "count_met": lambda: _criteria(params, lang),
        "deduct": lambda: _deductions(params, lang),
        "none": lambda: Text("不得发生", "must not happen").say(lang),
        "growth": lambda: Text("增幅不低于参照增幅", "growth not below the reference").say(lang),
        "deadline": lambda: _done_by(params["by"], lang),
    }
    return said[rule.kind]()


def _done_by(day: Day, lang: Lang) -> str:
    by = When(by=day).text
    return Text(f"{by.zh}完成", f"done {by.en}").say(lang)


def _met(over_sites: Any, lang: Lang) -> str:
    if over_sites == "all":
        return Text("各点位均达标", "met at every site").say(lang)
    if isinstance(over_sites, int):
        return Text(f"至少{over_sites}处点位达标", f"met at {plural(over_sites, 'site')} or more").say(lang)
    return Text("达标", "met").say(lang)


def _k_of_n(params: Mapping[str, Any], lang: Lang) -> str:
    required, n = params["required"], params.get("n")
    if n is None:
        return Text(f"至少{required}处达标", f"at least {required} comply").say(lang)
    return Text(f"查{n}处，至少{required}处达标", f"at least {required} of {n} comply").say(lang)


def limit_text(limits: Mapping[str, Fraction], measure: Text | None, lang: Lang) -> str:
    """Return one limit or a range with its measure; a Chinese count is 不少于, a rate 不低于.

    Examples
    --------
    >>> limit_text({"at_least": Fraction(80), "at_most": Fraction(90)}, Text("分", "points"), "en")
    '80–90 points'
    """
    low, high = limits.get("at_least"), limits.get("at_most")
    if low is not None and high is not None:
        span = decimal(low) if low == high else f"{decimal(low)}–{decimal(high)}"
        return with_measure(span, measure, lang)
    name, limit = next(iter(limits.items()))
    counted = measure is not None and "/" not in measure.zh and measure.zh[:1] not in "%‰百倍分"
    words = {
        "at_least": Text("不少于" if counted else "不低于", "at least "),
        "at_most": Text("不超过", "at most "),
        "above": Text("大于", "above "),
        "below": Text("小于", "below "),
    }
    if name == "at_least" and limit == 100 and measure == PER_CENT:  # nothing lies above it
        words[name] = Text("达到", "")
    return words[name].say(lang) + with_measure(decimal(limit), measure, lang)


def _shortfall(params: Mapping[str, Any], lang: Lang) -> str:
    if params["short"] == "proportional":
        return Text("，不足的按比例计分", "; less counts in proportion").say(lang)
    if params["short"] != "minus":
        return ""
    measure = Text("个百分点", "percentage points") if params["measure"] == PER_CENT else params["measure"]
    per, lost = with_measure(decimal(params["per"]), measure, lang), percent_short(params["lose"])
    how = {
        "linear": Text("", ""),
        "begun": Text("（不足一档按一档计）", " (a step begun counts)"),
        "full": Text("（不足一档不计）", " (only full steps count)"),
    }[params["steps"]].say(lang)
    return Text(f"，每差{per}扣该项分值的{lost}{how}", f"; each {per} short takes {lost} of the points{how}").say(lang)


def _target(params: Mapping[str, Any], lang: Lang) -> str:
    target = with_measure(decimal(params["target"]), params["measure"], lang)
    return Text(f"达到{target}，不足的按比例计分", f"{target}; less counts in proportion").say(lang)


def _ladder(steps: Iterable[tuple[str, Fraction]], lang: Lang) -> str:
    def worth(value: Fraction) -> Text:
        if value in (0, 1):
            return Text("得满分", "full points") if value else Text("不得分", "none")
        share = percent_short(value) if (value * 10000).denominator == 1 else decimal(value)
        return Text(f"得{share}", share)

    parts = [Text(f"{name}{worth(value).zh}", f"{name}: {worth(value).en}").say(lang) for name, value in steps]
    return Text("，", ", ").say(lang).join(parts)


def _bands(params: Mapping[str, Any], lang: Lang) -> list[tuple[str, Fraction]]:
    steps = [(limit_text({name: limit}, params["measure"], lang), value) for name, limit, value in params["steps"]]
    return [*steps, (_REST.say(lang), params["otherwise"])]


_REST = Text("其余", "else")
_OPTION = Text("选“{}”", "option '{}'")


def _criteria(params: Mapping[str, Any], lang: Lang) -> str:
    names = [text.say(lang) for text in params["criteria"].values()]
    grades = []
    for met, required, value in params["grades"]:
        musts = joined([names[place] for place in required], lang)
        with_ = Text(f"（须含{musts}）", f" (with {musts})").say(lang) if musts else ""
        grades.append((Text(f"达到{met}项", f"{met} met").say(lang) + with_, value))
    listed = Text("；", "; ").say(lang).join(names)
    return f"{listed}{Text('。', '. ').say(lang)}{_ladder([*grades, (_REST.say(lang), params['otherwise'])], lang)}"


def _deductions(params: Mapping[str, Any], lang: Lang) -> str:
    """Return what is deducted from, and what each kind takes: from its mildest case to its gravest."""
    kinds = []
    for kind in params["kinds"].values():
        scales = kind["found_by"].values() if kind["found_by"] else [kind["points"]]
        taken = [points for scale in scales for points in scale.values()]
        span = "–".join(map(decimal, sorted({min(taken), max(taken)})))
        name, most = kind["name"].say(lang), kind["cap"] and decimal(kind["cap"])
        cap = Text(f"，最多{most}分", f", {most} at most").say(lang) if most else ""
        kinds.append(Text(f"{name}每次{span}分{cap}", f"{name} {span} each{cap}").say(lang))
    full = params["full"] and decimal(params["full"])
    head = Text(f"从{full}分中扣分" if full else "扣分", f"points off {full}" if full else "points off")
    colon, semicolon = Text("：", ": ").say(lang), Text("；", "; ").say(lang)
    return head.say(lang) + colon + semicolon.join(kinds)
