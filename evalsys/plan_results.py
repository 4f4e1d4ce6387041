"""A plan of fixes as text for a terminal, as rows, and as JSON for other programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from evalsys.fix_rows import (
    CHANCE,
    POINTS,
    Cells,
    as_json,
    basis,
    chance_cell,
    foot,
    gain_json,
    gains_shown,
    head,
    listing,
    of_options,
    option_json,
    options_shown,
    plus_minus,
    rational,
    spaced,
    worth_json,
)
from evalsys.fix_words import chance_said, cost, gain_chance, gain_points
from evalsys.forecast_words import score_text
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.mending import Gain
from evalsys.planning import Plan
from evalsys.plans import Planned
from evalsys.schema import decimal as exact
from evalsys.wording import plural

__all__ = ["plan_json", "plan_rows", "plan_text"]

_HOW = {
    "optimal": Text("可证明没有更好的", "proven best"),
    "enumerated": Text(
        "没有更好的：全部可能更好的组合都已比较", "best: every set of fixes that could be better was compared"
    ),
    "found": Text("是所找到的最好方案，未必最优", "the best plan found, not proven best"),
}


def plan_rows(found: Forecast, plan: Plan, alone: Sequence[Gain], lang: Lang) -> Listing:
    """Return what is done, a row each in the order of work: when, by whom, at what cost, and what it brings alone.

    Parameters
    ----------
    alone : sequence of Gain
        Of each job of the plan, done alone.
    """
    held = [plan.fixes.options[job.option] for job in plan.jobs]
    cells: list[Cells] = [
        *of_options(found, held, lang),
        *_when(plan, lang),
        (Column("days", Text("工期（天）", "days"), "count"), [job.ends - job.begins for job in plan.jobs]),
        (_alone(POINTS), [rational(gain.points) for gain in alone]),
        (_alone(CHANCE), [chance_cell(gain) for gain in alone]),
    ]
    return listing(cells, ("fix", "what", "begins", "ends", "days", "points"))


def _plan_shown(found: Forecast, plan: Plan, alone: Sequence[Gain], lang: Lang) -> Listing:
    held = [plan.fixes.options[job.option] for job in plan.jobs]
    days = Column("days", Text("工期（天）", "days"), "count")
    cells: list[Cells] = [
        *options_shown(found, held, lang, not plan.fixes.assumed),
        *([*_when(plan, lang), (days, [job.ends - job.begins for job in plan.jobs])] if _scheduled(plan) else []),
        *gains_shown(alone, (_alone(POINTS), _alone(CHANCE)), lang),
    ]
    return listing(cells, ("fix", "what", "begins", "ends", "days", "points"))


def _scheduled(plan: Plan) -> bool:
    """Whether some fix says how long it takes, so that days mean something."""
    return any(option.calendar_days or option.crew_days for option in plan.fixes.options)


def _when(plan: Plan, lang: Lang) -> list[Cells]:
    return [
        (Column("begins", Text("开工", "begins")), [_day(plan, job.begins, lang) for job in plan.jobs]),
        (Column("ends", Text("完工", "ends")), [_day(plan, job.ends - 1, lang) for job in plan.jobs]),
    ]


def _alone(column: Column) -> Column:
    heading = Text(f"单独做{column.heading.zh}", f"{column.heading.en} alone")
    return Column(column.key, heading, column.kind)


def _day(plan: Plan, offset: int, lang: Lang) -> str:
    """Return a day of work: its date, or its number from the first."""
    day = plan.limits.day(offset)
    return Text(f"第{offset + 1}天", f"day {offset + 1}").say(lang) if day is None else day.isoformat()


def plan_text(found: Forecast, made: Planned, lang: Lang) -> str:
    """Return a plan for a terminal: what it costs, takes and brings; what stops a better one; then its rows."""
    lines = list(_plan_lines(found, made, lang))
    if not made.plan.jobs:
        return "\n".join(lines)
    return "\n".join([*lines, "", _plan_shown(found, made.plan, made.alone, lang).as_text(lang)])


def _plan_lines(found: Forecast, made: Planned, lang: Lang) -> Iterator[str]:
    plan, wanted, quickest = made.plan, made.wanted, made.quickest
    limits = plan.limits
    if wanted is not None:
        yield _reach(plan, wanted, lang)
    for text in made.stops:
        yield Text("受限于：", "What stops it: ").say(lang) + text.say(lang)
    if not plan.jobs:
        yield Text(
            "在这些条件下，没有可列入方案的整改。", "Within these limits there is nothing to put into a plan."
        ).say(lang)
    else:
        days = max(job.ends for job in plan.jobs)
        count = len(plan.jobs)
        money = Text("不限", "none") if limits.budget is None else Text(*[cost(limits.budget)] * 2)
        span = ""
        if limits.start is not None and _scheduled(plan):
            first, last = (str(limits.day(offset)) for offset in (min(job.begins for job in plan.jobs), days - 1))
            span = Text(f"，{first} 至 {last}", f", {first} to {last}").say(lang)
        time = Text("", "")
        if _scheduled(plan):
            time = Text(
                f"，工期 {days} 天（限 {limits.days} 天）{span}",
                f", {plural(days, 'day')} (limit: {limits.days}){span}",
            )
        yield Text(
            f"整改方案：{count} 项，费用 {cost(plan.cost)}（预算：{money.zh}）{time.zh}。",
            f"Plan: {plural(count, 'fix', 'fixes')}, cost {cost(plan.cost)} (budget: {money.en}){time.en}.",
        ).say(lang)
    before, after = plan.before, plan.after
    a, b, points = score_text(before.points), score_text(after.points), gain_points(plan.gain.points)
    if before.chance is None or after.chance is None:
        yield Text(
            f"期望得分 {a} → {b} 分（{points} 分）；未设目标线，不计达标可能性。",
            f"Expected score {a} → {b} ({points}); no pass mark is set, so there is no chance to pass.",
        ).say(lang)
    else:
        low, high = (chance_said(found, chance, lang) for chance in (before.chance, after.chance))
        chance = gain_chance(plan.gain.chance, plan.gain.chance_error)
        yield Text(
            f"达标可能性{spaced(low)} → {high}（{chance} 个百分点）；期望得分 {a} → {b} 分（{points} 分）。",
            f"Chance to pass {low} → {high} ({chance} percentage points); expected score {a} → {b} ({points}).",
        ).say(lang)
    if plan.jobs and (wanted is None or not _reached(plan, wanted)):
        how = _HOW[plan.how]
        yield Text(f"这一方案{how.zh}", f"It is {how.en}").say(lang) + _bound(plan, lang) + Text("。", ".").say(lang)
    if quickest is not None and quickest.jobs and _scheduled(plan):
        least = max(job.ends for job in quickest.jobs)
        yield Text(
            f"所找到的最快方案：{least} 天，费用 {cost(quickest.cost)}。",
            f"Fewest days found: {least}, at a cost of {cost(quickest.cost)}.",
        ).say(lang)
    yield from basis(found, lang)
    if made.days_assumed and _scheduled(plan):
        yield Text(
            f"假定：未给出督查日期，工期按 {limits.days} 天计",
            f"Assumed: {limits.days} days for the work, as no date of the inspection is given",
        ).say(lang)
    yield from plus_minus(found, lang)


def _reached(plan: Plan, wanted: float) -> bool:
    return (plan.after.chance or 0.0) >= wanted - 1e-10


def _reach(plan: Plan, wanted: float, lang: Lang) -> str:
    said = f"{exact(rational(wanted * 100))}%"
    if _reached(plan, wanted):
        zh, en = "以下为所找到的费用最少的方案", "the cheapest plan found follows"
        return Text(f"达标可能性可达到 {said}；{zh}。", f"A chance of {said} can be reached; {en}.").say(lang)
    zh, en = "以下为所找到的最好方案", "the best plan found follows"
    return Text(
        f"在这些条件下，达标可能性达不到 {said}；{zh}。",
        f"Within these limits a chance of {said} cannot be reached; {en}.",
    ).say(lang)


def _bound(plan: Plan, lang: Lang) -> str:
    """Return the bound that no plan exceeds, where the plan is not proven best."""
    if plan.how != "found" or plan.bound is None:
        return ""
    if plan.goal == "points":
        said = score_text(plan.bound)
        return Text(f"；任何方案的期望得分都不超过 {said} 分", f"; no plan exceeds {said} expected points").say(lang)
    said = f"{exact(_upwards(min(plan.bound, 1.0)) * 100)}%"
    return Text(f"；任何方案的达标可能性都不超过 {said}", f"; no plan exceeds a chance of {said}").say(lang)


def _upwards(value: float) -> Fraction:
    """Return a bound rounded up to a tenth of a per cent: rounded down it would be none."""
    return Fraction(math.ceil(rational(value) * 1000), 1000)


def plan_json(found: Forecast, made: Planned, lang: Lang) -> str:
    """Return a plan as JSON.

    Keys: those of the forecast as in :func:`effects_json`, ``goal, how, bound, limits, wanted_chance, reached, cost,
    days, days_assumed, before, after, gain, start, jobs, quickest, stops, assumed, notes``. Days of work are counted
    from 0, the day of begin is the first and `ends` the day after the last; `begins_on` and `ends_on` are the first
    and the last day as dates, null where the start is not known.
    """
    plan, wanted, quickest = made.plan, made.wanted, made.quickest
    limits = plan.limits
    content = {
        **head(found),
        "goal": plan.goal,
        "how": plan.how,
        "bound": plan.bound,
        "limits": {
            "budget": number(limits.budget),
            "days": limits.days,
            "start": None if limits.start is None else limits.start.isoformat(),
            "week_starts": list(limits.week_starts),
            "capacity": {unit: list(map(number, amounts)) for unit, amounts in limits.capacity.items()},
        },
        "wanted_chance": wanted,
        "reached": None if wanted is None else _reached(plan, wanted),
        "cost": number(plan.cost),
        "days": max((job.ends for job in plan.jobs), default=0),
        "days_assumed": made.days_assumed,
        "before": worth_json(plan.before),
        "after": worth_json(plan.after),
        "gain": gain_json(plan.gain),
        "start": gain_json(plan.start),
        "jobs": [
            {
                **option_json(found, plan.fixes, job.option, lang),
                "begins": job.begins,
                "ends": job.ends,
                "begins_on": _iso(plan, job.begins),
                "ends_on": _iso(plan, job.ends - 1),
                "alone": gain_json(gain),
            }
            for job, gain in zip(plan.jobs, made.alone, strict=True)
        ],
        "quickest": None
        if quickest is None
        else {
            "days": max((job.ends for job in quickest.jobs), default=0),
            "cost": number(quickest.cost),
            "after": worth_json(quickest.after),
            "options": list(quickest.chosen),
        },
        "stops": [text.say(lang) for text in made.stops],
        **foot(found, lang),
    }
    return as_json(content)


def _iso(plan: Plan, offset: int) -> str | None:
    day = plan.limits.day(offset)
    return None if day is None else day.isoformat()
