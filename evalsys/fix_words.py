"""Sentences and names about fixes and plans, written from numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from evalsys.assessment import Assessment
from evalsys.fix_effects import AT_LIMIT, UNMOVED, UNSEEN
from evalsys.fix_views import Advice
from evalsys.fixes import Option
from evalsys.forecast_words import about, chance_of
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.mending import Gain
from evalsys.stability import Standing
from evalsys.wording import decimal, joined, node_name, percent_short, plural, unit_names

__all__ = [
    "VERDICTS",
    "beside",
    "chance_said",
    "cost",
    "effects_reading",
    "gain_chance",
    "gain_points",
    "headline",
    "leading",
    "money_reading",
    "plan_reading",
    "timetable_reading",
    "title",
    "together_reading",
    "total_note",
    "verdict_reason",
    "visits_reading",
    "what",
    "who",
]

_MOST = 3  # sites or standards that a title names


def title(option: Option, assessment: Assessment, lang: Lang) -> str:
    """Return what an option does: the table's words, else its targets; the level behind.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.fixes import fixes_of
    >>> from evalsys.modelling import prospect
    >>> found = read_assessment("data/wujiang-2016")
    >>> title(fixes_of(prospect(found)).options[0], found, "zh")
    '药店1 11.3 公共安全体系第3项'
    """
    said = what(option, assessment, lang)
    return f"{said}{f'（{option.level}）' if lang == 'zh' else f' ({option.level})'}" if option.level else said


def who(option: Option, lang: Lang) -> str:
    """Return who does an option: its unit; for a finding without one, the area and that no unit is on record."""
    return unit_names([option.unit] if option.unit else [], option.area, lang)


def what(option: Option, assessment: Assessment, lang: Lang) -> str:
    """Return what an option does, without its level."""
    return option.title or _targets(option, assessment, lang)


def _targets(option: Option, assessment: Assessment, lang: Lang) -> str:
    """Return the targets by place: the standard's name where there is one only, else codes."""
    table, instrument = assessment.sites, assessment.instrument
    names = {i: n or i for i, n in zip(table["site_id"].tolist(), table["name"].tolist(), strict=True)}
    by_place: dict[str, list[str]] = {}
    for standard, how, name in option.targets:
        if how == "site":
            place = names[name]
        elif how == "type":
            kind = instrument.site_types[name].say(lang)
            place = f"全部{kind}" if lang == "zh" else f"every {kind[:1].lower()}{kind[1:]}"
        else:
            place = ""
        by_place.setdefault(place, []).append(standard)
    whole = "各项标准" if lang == "zh" else "all standards"
    single = len(option.targets) == 1
    parts = []
    for place, codes in by_place.items():
        said = [
            whole
            if code == "*"
            else f"{code} {node_name(instrument, instrument.places[code], lang)}"
            if single
            else code
            for code in codes
        ]
        parts.append(f"{place} {joined(said, lang, _MOST)}".strip())
    return joined(parts, lang, _MOST)


def cost(value: Fraction | None) -> str:
    """Return a cost with as many decimals as it has, at most two; a dash for none.

    Examples
    --------
    >>> cost(Fraction(37, 2)), cost(Fraction(20)), cost(None)
    ('18.5', '20', '–')
    """
    if value is None:
        return "–"
    places = next((k for k in (0, 1, 2) if (value * 10**k).denominator == 1), 2)
    return decimal(value, places)


# ------------------------------------------------------------------------------------------------------ numbers


def gain_points(value: float) -> str:
    """Return a gain in points with its sign.

    Examples
    --------
    >>> gain_points(0.5), gain_points(-0.0001), gain_points(0.0)
    ('+0.500', '0', '0')
    """
    said = decimal(Fraction(abs(value)).limit_denominator(10**9), 3)
    return f"{'+' if value > 0 else '−'}{said}" if said.strip("0.") else "0"


def gain_chance(value: float | None, error: float = 0.0, places: int = 1) -> str:
    """Return a gain of chance in percentage points with its sign; with a standard error, twice it behind.

    Examples
    --------
    >>> gain_chance(0.0981), gain_chance(0.0981, 0.001), gain_chance(None), gain_chance(0.00001)
    ('+9.8', '+9.8 ± 0.2', '–', '0.0')
    """
    if value is None:
        return "–"
    said = decimal(Fraction(abs(value) * 100).limit_denominator(10**9), places)
    sign = "" if float(said) == 0 else "+" if value > 0 else "−"
    least = Fraction(1, 10**places)  # an error is never told as none
    spread = decimal(max(Fraction(error * 200).limit_denominator(10**9), least), places)
    return f"{sign}{said}" + (f" ± {spread}" if error else "")


def chance_said(found: Forecast, chance: float, lang: Lang) -> str:
    """Return a chance to pass within a sentence: 'about 74 %'."""
    return about(chance_of(found, chance), lang)


# ---------------------------------------------------------------------------------------------------- sentences


def headline(advice: Advice, lang: Lang) -> tuple[str, str]:
    """Return the plan in a sentence: what it takes and brings; and what comes first."""
    plan, found = advice.plan, advice.found
    count = len(plan.jobs)
    if not count and _reached(advice):
        low = chance_said(found, plan.before.chance or 0.0, lang)
        first = Text(f"不办整改，达标可能性已为{low}", f"With no fix at all the chance to pass is {low} already")
        return first.say(lang), ""
    if not count:
        return Text("没有可以办理、又能提高得分的整改", "No fix within the limits would raise the score").say(lang), ""
    money = not advice.effects.fixes.assumed
    days = max(job.ends for job in plan.jobs)
    zh, en = f"花费 {cost(plan.cost)} ", f"{plural(count, 'fix', 'fixes')} for {cost(plan.cost)}"
    if advice.scheduled:
        zh, en = f"{zh.rstrip()}、用 {days} 天", f"{en} in {plural(days, 'day')}"
    zh = f"{zh}办 {count} 项整改" if money else f"办好 {count} 处问题"
    en = en if money else plural(count, "repair")
    low, high = (chance_said(found, worth.chance or 0.0, lang) for worth in (plan.before, plan.after))
    if plan.after.chance is None or low == high:  # no mark, or as good as certain either way
        low, high = (_decimal(worth.points, 2) for worth in (plan.before, plan.after))
        first = Text(
            f"{zh}，期望得分由 {low} 分升到 {high} 分",
            f"{en} would lift the expected score from {low} to {high} points",
        )
    else:
        first = Text(f"{zh}，达标可能性由{low}升到{high}", f"{en} would lift the chance to pass from {low} to {high}")
    names = [what(plan.fixes.options[place], advice.assessment, lang) for place in leading(advice)]
    return first.say(lang), Text(f"先办{joined(names, lang)}", f"first {joined(names, lang)}").say(lang)


def _reached(advice: Advice) -> bool:
    """Whether nothing need be done for the wanted chance."""
    before = advice.plan.before.chance
    return advice.wanted is not None and before is not None and before >= advice.wanted


def leading(advice: Advice, most: int = 2) -> tuple[int, ...]:
    """Return the options of the plan that bring most alone."""
    gains = {place: advice.effects.effects[place].gain for place in advice.chosen}
    order = sorted(gains, key=lambda place: (-(gains[place].chance or 0.0), -gains[place].points, place))
    return tuple(order[:most])


def beside(advice: Advice, lang: Lang) -> str:
    """Return what stands beside the headline: the strict case, what more money would bring, what is assumed."""
    plan, found, out = advice.plan, advice.found, []
    if advice.strict is not None and plan.jobs:
        low, high = (chance_said(found, chance, lang) for chance in advice.strict)
        out.append(Text(f"严督查时由{low}升到{high}。", f"If inspectors are strict, from {low} to {high}.").say(lang))
    most = advice.frontier.steps[-1].plan if advice.frontier.steps else None
    if most is not None and most.after.chance is not None and plan.after.chance is not None:
        more, left = len(most.jobs) - len(plan.jobs), most.after.chance - plan.after.chance
        said = gain_chance(left).lstrip("+")
        if more > 0 and left > 0 and float(said):
            out.append(
                Text(
                    f"再多办 {more} 项，只能再提高约 {said} 个百分点。",
                    f"{plural(more, 'more fix', 'more fixes')} would add only about {said} percentage points.",
                ).say(lang)
            )
    if advice.effects.fixes.assumed:
        out.append(
            Text(
                "没有整改表：每处失分的检查算一项整改，费用均按 1 计、整改后达标可能均按 95% 计（假定）。",
                "There is no table of fixes: every finding counts as one, at a cost of 1, complying afterwards with a "
                "chance of 95% (both assumed).",
            ).say(lang)
        )
    return ("" if lang == "zh" else " ").join(out)


def effects_reading(advice: Advice, lang: Lang) -> str:
    """Return what the chart of effects shows, and how many fixes bring nothing and why."""
    none = [advice.effects.effects[place].why_none for place in advice.effects.top]
    unseen, limit, unmoved = (none.count(why) for why in (UNSEEN, AT_LIMIT, UNMOVED))
    zh = "深蓝为推荐方案内的整改，浅蓝为方案外。各项单独计算；几项一起办时效果有重叠或叠加，合计以方案表为准。"
    en = (
        "Dark: in the plan; light: not. Each is computed alone; together they may bring less or more, as the plan's "
        "total says."
    )
    if unseen:
        zh += f"另有 {unseen} 项的对象不在抽查和必查范围内，办了也不影响得分。"
        en += f" {plural(unseen, 'fix aims', 'fixes aim')} at nothing that the inspection looks at."
    if limit:
        zh += f"有 {limit} 项的对象现状已不低于整改后的水平。"
        en += f" {plural(limit, 'fix aims', 'fixes aim')} at what is at its limit already."
    if unmoved:
        zh += f"有 {unmoved} 项的对象达标与否都不改变得分。"
        en += f" {plural(unmoved, 'fix aims', 'fixes aim')} at what does not move the score."
    return Text(zh, en).say(lang)


_HOW = {
    "optimal": Text("按精确求解，为限制之内的最优方案", "the best within the limits, by an exact solver"),
    "enumerated": Text("已逐一比较，为限制之内的最优方案", "the best within the limits, by comparing all"),
    "found": Text("为搜索所得的最好方案，未证明最优", "the best found by search; not proven to be the best"),
}


def plan_reading(advice: Advice, lang: Lang) -> str:
    """Return what was weighed, how the plan was found, and how far from the best it can be."""
    plan = advice.plan
    count = len({option.fix for option in plan.fixes.options})
    zh = f"在 {count} 项候选整改中选出 {len(plan.jobs)} 项，{_HOW[plan.how].zh}"
    en = f"{len(plan.jobs)} of {plural(count, 'fix', 'fixes')}, {_HOW[plan.how].en}"
    if plan.how == "found" and plan.bound is not None and plan.goal == "chance":
        bound = chance_said(advice.found, plan.bound, lang)
        zh, en = f"{zh}；任何方案都不会超过{bound}", f"{en}; no plan can exceed {bound}"
    return Text(f"{zh}。", f"{en}.").say(lang)


def total_note(advice: Advice, lang: Lang) -> str:
    """Return how the plan's total compares with the sum of its parts."""
    gains, whole = [advice.effects.effects[place].gain for place in advice.chosen], advice.plan.gain
    if whole.chance is None:
        said, total = gain_points(sum(gain.points for gain in gains)), gain_points(whole.points)
    else:
        said, total = gain_chance(sum(gain.chance or 0.0 for gain in gains)), gain_chance(whole.chance)
    if said == total:
        return Text(
            "合计一行按整套方案重新计算，与各项单独办的合计相同。",
            "The total is computed for the whole plan and equals the sum of each alone.",
        ).say(lang)
    return Text(
        f"合计一行按整套方案重新计算，不等于各项单独办的合计（{said}）。“分摊”把整套方案的提高分到各项，合计相等。",
        f"The total is computed for the whole plan and differs from the sum of each alone ({said}). The share hands "
        "the whole plan's gain out to its parts and adds up to it.",
    ).say(lang)


def money_reading(advice: Advice, lang: Lang) -> str:
    """Return what a wanted chance costs at least, and what money beyond the plan brings."""
    edge, found = advice.frontier, advice.found
    if not edge.steps:
        return Text("没有可以比较的预算。", "There are no budgets to compare.").say(lang)
    last = edge.steps[-1]
    if found.chance is None or last.plan.after.chance is None:
        top = _decimal(last.plan.after.points, 2)
        said = Text(
            f"费用 {cost(last.plan.cost)} 时期望得分最高，为 {top} 分。",
            f"At a cost of {cost(last.plan.cost)} the expected score is highest: {top} points.",
        )
        return said.say(lang)
    if edge.wanted is None:
        chance = chance_said(found, last.plan.after.chance, lang)
        said = Text(
            f"费用 {cost(last.plan.cost)} 时达标可能性最高，{chance}。",
            f"At a cost of {cost(last.plan.cost)} the chance to pass is highest: {chance}.",
        )
        return said.say(lang)
    goal = percent_short(Fraction(edge.wanted).limit_denominator(1000))
    if edge.cheapest is None:
        chance = chance_said(found, last.plan.after.chance, lang)
        return Text(
            f"在所给期限和人力之内，达标可能性最高{chance}，达不到 {goal}。",
            f"Within the days and crews given, the chance to pass is at most {chance}, short of {goal}.",
        ).say(lang)
    if not edge.cheapest.jobs:
        return Text(
            f"不花钱，达标可能性也在 {goal} 以上。", f"At no cost at all the chance to pass is {goal} or more."
        ).say(lang)
    zh = f"费用 {cost(edge.cheapest.cost)} 即可把达标可能性提到 {goal} 以上（已找到的最小预算）"
    en = f"A cost of {cost(edge.cheapest.cost)} lifts the chance to pass above {goal} (the smallest budget found)"
    if edge.quickest is not None and edge.quickest.jobs:
        days = max(job.ends for job in edge.quickest.jobs)
        zh += f"；最快 {days} 天可以做到，费用 {cost(edge.quickest.cost)}"
        en += f"; the quickest way found takes {plural(days, 'day')} and costs {cost(edge.quickest.cost)}"
    return Text(f"{zh}。", f"{en}.").say(lang)


VERDICTS = {
    "first": Text("怎么算都先办", "First whatever you assume"),
    "worth": Text("多数情况下值得办", "Worth it in most cases"),
    "depends": Text("视情况而定", "Depends on what you assume"),
    "never": Text("本轮不建议", "Not worth it this time"),
}
_REASONS = {
    "first": Text("在全部假设下都居前列", "among the first under every assumption"),
    "worth": Text("在各种假设下名次变动不大", "its place moves little under other assumptions"),
    "never": Text("在各种假设下都几乎不提高达标可能性或期望得分", "next to no gain under any assumption"),
}


def verdict_reason(verdict: str, standings: Sequence[Standing], lang: Lang) -> str:
    """Return why some fixes have the same verdict; for 'depends', on which assumptions."""
    if verdict != "depends":
        return _REASONS[verdict].say(lang)
    count: dict[str, int] = {}
    for own in standings:
        for name in own.depends_on:
            count[name.say(lang)] = count.get(name.say(lang), 0) + 1
    names = sorted(count, key=lambda name: (-count[name], name))
    if not names:
        return Text("名次随效果和费用的估计而变", "its place moves with its own effect and cost").say(lang)
    said = joined(names, lang, 3)
    return Text(f"名次取决于：{said}", f"its place depends on: {said}").say(lang)


def timetable_reading(advice: Advice, lang: Lang) -> str:
    """Return who does how much, and by when."""
    plan = advice.plan
    if not plan.jobs:
        return Text("没有要安排的整改。", "There is nothing to schedule.").say(lang)
    days = max(job.ends for job in plan.jobs)
    units = [plan.fixes.options[place].unit for place in advice.chosen]
    zh, en = [], []
    by_unit = {name: units.count(name) for name in sorted({unit for unit in units if unit})}
    order = sorted(by_unit, key=lambda name: (-by_unit[name], name))
    if order:
        first, rest = order[0], len(order) - 1
        zh.append(f"{first}承担 {by_unit[first]} 项")
        en.append(f"{first}: {plural(by_unit[first], 'fix', 'fixes')}")
        if rest:
            others = sum(by_unit.values()) - by_unit[first]
            zh.append(f"其余 {rest} 家单位共 {others} 项")
            en.append(f"{plural(rest, 'other unit')}: {others}")
    if none := units.count(None):
        zh.append(f"{none} 项未登记责任单位")
        en.append(f"{'no' if en else 'No'} unit registered: {none}")
    if not advice.scheduled:
        return Text(
            f"{'，'.join(zh)}。整改未填写工期和人天，不排进度。",
            f"{'; '.join(en)}. The fixes state no days of work, so there is no timetable.",
        ).say(lang)
    end = _day(plan.limits.day(days - 1), lang)
    said_zh = f"{'，'.join(zh)}；第 {days} 天全部办结{f'（{end}）' if end else ''}。"
    said_en = f"{'; '.join(en)}; all done on day {days}{f' ({end})' if end else ''}."
    if advice.days_assumed:
        said_zh += f"督查日期未定，工期按 {plan.limits.days} 天计（假定）。"
        said_en += f" Nobody says when the inspection is: {plan.limits.days} days are assumed."
    return Text(said_zh, said_en).say(lang)


def _day(day: date | None, lang: Lang) -> str:
    if day is None:
        return ""
    return f"{day.month} 月 {day.day} 日" if lang == "zh" else f"{day.day} {day:%B}"


def together_reading(advice: Advice, lang: Lang) -> str:
    """Return whether fixes help or hinder each other."""
    pairs = advice.effects.pairs
    if not pairs:
        return Text(
            "效果最大的几项整改之间没有明显的相互影响，可以分开安排。",
            "The largest fixes neither help nor hinder each other: they can be decided one by one.",
        ).say(lang)
    helps = sum(_main(pair.extra) > 0 for pair in pairs)
    hinders = len(pairs) - helps
    zh = [f"{helps} 对一起办效果更好"] * bool(helps) + [f"{hinders} 对一起办效果有重叠"] * bool(hinders)
    en = [f"{plural(helps, 'pair brings', 'pairs bring')} more together than apart"] * bool(helps)
    en += [f"{plural(hinders, 'pair brings', 'pairs bring')} less"] * bool(hinders)
    return Text(f"效果最大的几项整改中，{'，'.join(zh)}。", f"Among the largest fixes, {' and '.join(en)}.").say(lang)


def _main(gain: Gain) -> float:
    return gain.points if gain.chance is None else gain.chance


def visits_reading(advice: Advice, lang: Lang) -> str:
    """Return what the next patrol is worth."""
    visits = advice.visits
    if not visits.rows:
        return Text("没有需要再看的点位。", "There is no site that needs another look.").say(lang)
    if visits.payoff == "points":
        value, unit = _decimal(visits.evsi, 3), Text(" 分", " points")
    else:
        value, unit = gain_chance(visits.evsi).lstrip("+"), Text(" 个百分点", " percentage points")
    mended = min(visits.repairs, len(visits.plain))
    goal = Text("期望得分", "expected score") if visits.payoff == "points" else Text("达标可能性", "chance to pass")
    return Text(
        f"整改前先看 {len(visits.rows)} 个点位、再选 {mended} 处整改，比不看就改平均多提高{goal.zh} {value}{unit.zh}。",
        f"Seeing {plural(len(visits.rows), 'site')} before choosing {mended} to mend raises the {goal.en} by "
        f"{value}{unit.en} more, on average, than mending without a look.",
    ).say(lang)


def _decimal(value: float, places: int) -> str:
    return decimal(Fraction(value).limit_denominator(10**9), places)
