"""What a source says beside its standards, as short tables: conditions, dates, mechanisms, facts, what is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from evalsys.instrument import (
    ACTIONS,
    STANDINGS,
    Bonus,
    Effect,
    Gate,
    Instrument,
    Joined,
    ListedEvent,
    Mechanism,
    Said,
)
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.rule_words import limit_text
from evalsys.schema import decimal as exact
from evalsys.wording import decimal, percent_short, points

__all__ = ["beside", "with_note"]


def with_note(words: str, note: Text | None, lang: Lang) -> str:
    """Return words (HTML) with a remark under them in soft ink."""
    return words if note is None else f'{words}<br><span class="q">{safe(note.say(lang))}</span>'


def beside(instrument: Instrument, lang: Lang) -> Html:
    """Return what the source says beside its standards, as short tables."""
    t = speaker(lang)
    parts = (
        (t("计分以外的条款", "Outside the score"), _outside(instrument, lang)),
        (t("时限和频次", "Dates and rhythms"), _calendar(instrument, lang)),
        (t("机制", "Mechanisms"), _mechanisms(instrument, lang)),
        (t("来源列出的事实", "Facts that the source reports"), _facts(instrument, lang)),
        (t("未收内容", "Left out"), _left_out(instrument, lang)),
    )
    held = [(head, number, shown) for head, (number, shown) in parts if number]
    counted = [t(f"{head} {number} 条", f"{head.lower()} ({number})") for head, number, _ in held]
    say = t("标准以外没有记下其他内容。", "Nothing is recorded beside the standards.")
    if held:
        say = t(
            f"标准以外另有：{'、'.join(counted)}，均不计分。",
            f"Beside the standards, none of it scored: {', '.join(counted)}.",
        )
        if instrument.joined or instrument.bonus or instrument.negative_list or instrument.gates:
            say = say.replace("，均不计分", "，不在满分之内").replace(
                "none of it scored", "none of it within the full marks"
            )
    head = section("六", "s6", "标准以外的内容", "Beside the standards", lang, escape(say))
    return block(lang, head, *(f"<h3>{escape(name)}</h3>{shown}" for name, _, shown in held))


def _leads(instrument: Instrument, said: Said, lang: Lang) -> str:
    names = [f'<span class="nw">{safe(instrument.units[unit].say(lang))}</span>' for unit in said.lead]
    return Text("、", ", ").say(lang).join(names) or "–"


def _calendar(instrument: Instrument, lang: Lang) -> tuple[int, str]:
    t = speaker(lang)
    columns = [Column(t("时限", "When"), "", "nw"), Column(t("事项", "What")), Column(t("牵头", "Lead"))]
    rows = [
        [
            safe(entry.when.text.say(lang)),
            with_note(safe(entry.said.text.say(lang)), entry.said.note, lang),
            _leads(instrument, entry.said, lang),
        ]
        for entry in instrument.calendar
    ]
    return len(rows), table(columns, rows, tight=True)


_MECHANISMS = {
    "eligibility": Text("申报条件", "eligibility"),
    "cycle": Text("周期", "cycle"),
    "quota": Text("名额", "quota"),
    "award": Text("奖励", "award"),
    "budget": Text("预算", "budget"),
    "veto": Text("一票否决", "veto"),
    "ladder": Text("处置阶梯", "ladder"),
    "weight": Text("权重", "weight"),
    "deadline": Text("时限", "deadline"),
    "bias": Text("偏差", "bias"),
    "grades": Text("等级", "grades"),
    "groups": Text("分组", "groups"),
}


def _mechanisms(instrument: Instrument, lang: Lang) -> tuple[int, str]:
    t = speaker(lang)
    columns = [
        Column(t("类别", "Kind"), "", "nw"),
        Column(t("内容", "What")),
        Column(t("限额、步骤或份额", "Limit, steps or shares")),
        Column(t("牵头", "Lead")),
    ]
    rows = [
        [
            _MECHANISMS[entry.kind].say(lang),
            with_note(safe(entry.said.text.say(lang)), entry.said.note, lang),
            safe(_setting(entry, lang)),
            _leads(instrument, entry.said, lang),
        ]
        for entry in instrument.mechanisms
    ]
    return len(rows), table(columns, rows, tight=True)


def _setting(entry: Mechanism, lang: Lang) -> str:
    said = [limit_text(entry.limits, entry.measure, lang)] if entry.limits else []
    sign = " → " if entry.kind == "ladder" else Text("、", ", ").say(lang)
    said += [sign.join(step.say(lang) for step in entry.steps)] if entry.steps else []
    whole = sum(entry.shares, Fraction(0)) if entry.kind == "cycle" else Fraction(1)  # of the years: parts of a whole
    said += [" / ".join(percent_short(share / whole) for share in entry.shares)] if entry.shares else []
    return Text("；", "; ").say(lang).join(said) or "–"


def _facts(instrument: Instrument, lang: Lang) -> tuple[int, str]:
    t = speaker(lang)
    columns = [Column(t("事实", "Fact")), Column(t("数值", "Value"), "", "r")]
    rows = []
    for entry in instrument.facts:
        more = t("多于 ", "more than ") if entry.more_than else ""
        whole = entry.value.denominator == 1
        value = decimal(entry.value, 0) if whole else exact(entry.value)
        name = with_note(safe(entry.said.text.say(lang)), entry.said.note, lang)
        rows.append([name, safe(more + value + " " + entry.measure.say(lang))])
    return len(rows), table(columns, rows, tight=True)


_KEPT = {
    "nothing": Text("不收", "nothing"),
    "unscored": Text("列出而不计分", "shown, not scored"),
    "setting": Text("列为机制", "a mechanism"),
    "rest": Text("收其余部分", "the rest"),
}


def _left_out(instrument: Instrument, lang: Lang) -> tuple[int, str]:
    t = speaker(lang)
    columns = [
        Column(t("内容", "What")),
        Column(t("原因", "Why")),
        Column(t("保留", "Kept"), "", "nw"),
        Column(t("所在行", "Rows"), "", "q nw"),
    ]
    rows = [
        [
            with_note(safe(entry.said.text.say(lang)), entry.said.note, lang),
            safe(entry.why.say(lang)),
            _KEPT[entry.kept].say(lang),
            safe(t("、", ", ").join([*([entry.said.row] if entry.said.row else []), *entry.rows]) or "–"),
        ]
        for entry in instrument.left_out
    ]
    return len(rows), table(columns, rows, tight=True)


def _outside(instrument: Instrument, lang: Lang) -> tuple[int, str]:
    """Return what is applied after the total, in its order, outside the full marks."""
    t = speaker(lang)
    columns = [
        Column(t("类别", "Kind"), "", "nw"),
        Column(t("编码", "Code"), "", "q"),
        Column(t("内容", "What")),
        Column(t("后果", "Effect")),
    ]
    kinds: dict[str, tuple[str, Sequence[Any], Callable[[Any, Lang], str]]] = {
        "joined": (t("并入成绩", "joined score"), instrument.joined, _joined),
        "bonus": (t("加分", "bonus"), instrument.bonus, _bonus),
        "negative_list": (t("负面清单", "negative list"), instrument.negative_list, _listed),
        "gates": (t("前置条件", "gate"), instrument.gates, _gate),
    }
    rows = [
        [kind, safe(entry.code), with_note(safe(entry.name.say(lang)), entry.note, lang), safe(effect(entry, lang))]
        for kind, entries, effect in (kinds[key] for key in instrument.after_total if key in kinds)
        for entry in entries
    ]
    return len(rows), table(columns, rows, tight=True)


def _joined(entry: Joined, lang: Lang) -> str:
    share = percent_short(entry.share)
    return Text(f"占总成绩 {share}", f"{share} of the total").say(lang)


def _gate(entry: Gate, lang: Lang) -> str:
    return "–" if entry.at_least is None else Text("不低于 {}", "at least {}").say(lang).format(points(entry.at_least))


def _listed(entry: ListedEvent, lang: Lang) -> str:
    said = [_effect(effect, lang) for effect in entry.effects]
    if entry.confirm:
        said.append(Text("由人工认定", "a person decides").say(lang))
    return Text("；", "; ").say(lang).join(filter(None, said)) or "–"


def _effect(effect: Effect, lang: Lang) -> str:
    said = []
    if effect.deduct:
        said.append(Text("扣 {} 分", "{} points off").say(lang).format(points(effect.deduct)))
    if effect.action:
        said.append(ACTIONS[effect.action].say(lang))
    if effect.months:
        said.append(Text(f"{effect.months} 个月", f"for {effect.months} months").say(lang))
    if effect.within:
        said.append(Text(f"限此前 {effect.within} 个月内", f"if within {effect.within} months before").say(lang))
    whom = Text("、", ", ").say(lang).join(STANDINGS[name].say(lang) for name in effect.to)
    words = Text("，", ", ").say(lang).join(said)
    return Text(f"{whom}：{words}", f"{whom}: {words}").say(lang) if whom else words


def _bonus(entry: Bonus, lang: Lang) -> str:
    worth = points(entry.points)
    cap = None if entry.cap is None else points(entry.cap)
    most = "" if cap is None else Text(f"，至多 {cap} 分", f", at most {cap}").say(lang)
    return Text(f"每次加 {worth} 分", f"{worth} points each").say(lang) + most
