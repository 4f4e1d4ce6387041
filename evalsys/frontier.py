"""What each budget can bring; the smallest budget and the fewest days found for a wanted chance."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from evalsys.language import Text
from evalsys.limits import Limits, Work, impossible, plain, weeks_of
from evalsys.mending import Bench
from evalsys.planning import FEW, Plan, Planner, level_of
from evalsys.proposing import EQUAL, compared, leaner, without

__all__ = ["Frontier", "Step", "frontier_of"]

#: Halvings of the budget for a wanted chance above :data:`evalsys.planning.FEW` fixes; below, until nothing is between.
HALVINGS = 6

#: Fixes that cannot be done at all, of which the reason is told.
TOLD = 5


@dataclass(frozen=True, eq=False)
class Step:
    """A budget from which on a plan can be had.

    Attributes
    ----------
    budget : Fraction
        What the plan costs: the smallest budget for it.
    plan : Plan
    """

    budget: Fraction
    plan: Plan


@dataclass(frozen=True, eq=False)
class Frontier:
    """What each budget can bring.

    Attributes
    ----------
    steps : tuple of Step
        Budgets and worth both rise (the chance; the points where that stays the same); between two budgets the lower
        one's plan holds.
    wanted : float or None
        Wanted chance, 0 to 1.
    cheapest : Plan or None
        Of the smallest budget found for the wanted chance.
    quickest : Plan or None
        Of the fewest days found for it; its ``limits.days`` says how many.
    stops : tuple of Text
        Where the wanted chance is not reached: what stops it.
    """

    steps: tuple[Step, ...]
    wanted: float | None
    cheapest: Plan | None
    quickest: Plan | None
    stops: tuple[Text, ...] = ()


def frontier_of(bench: Bench, limits: Limits, wanted: float | None = None, most: int = 12) -> Frontier:
    """Return what budgets up to the limit can bring.

    Parameters
    ----------
    bench : Bench
        Plans are for the chance to pass; for points where there is no pass mark.
    limits : Limits
        Its budget is the largest looked at; without one, what everything that helps would cost.
    wanted : float, optional
        Chance to pass, above 0 and up to 1.
    most : int
        Budgets looked at, 2 or more.

    Raises
    ------
    ValueError
        For a wanted chance without a pass mark or outside its range, or `most` below 2.

    Notes
    -----
    Each plan is a candidate for every larger budget, so worth never falls. Budgets lie closer where they are small,
    where each unit brings most (their square roots are spread evenly); a plan is shown at what it costs, and not at all
    where a cheaper one is as good. Plans of the same chance are told apart by points. "Found": up to 15 fixes no
    smaller budget and no fewer days will do (see :class:`evalsys.planning.Plan`); above that, none that was tried.
    """
    if most < 2:
        raise ValueError("at least 2 budgets")
    goal = "points" if bench.worth(bench.fixes.after(())).chance is None else "chance"
    if wanted is not None and (goal == "points" or not 0 < wanted <= 1):
        raise ValueError("a wanted chance is above 0 and up to 1, and needs a pass mark")
    planner = Planner(bench, goal)
    top = planner.plan(limits)
    plans = [planner.plan(replace(limits, budget=Fraction(0)))]
    for k in range(1, most):
        budget = top.cost * Fraction(k, most - 1) ** 2
        plans.append(planner.plan(replace(limits, budget=budget), [plans[-1], top]))
    steps = _steps(plans)
    if wanted is None:
        return Frontier(steps, None, None, None)
    cheapest = _cheapest(planner, limits, steps, wanted)
    if cheapest is None:
        return Frontier(steps, wanted, None, None, _stops(planner, limits, plans[-1], wanted))
    return Frontier(steps, wanted, cheapest, _quickest(planner, limits, cheapest, wanted))


def _steps(plans: list[Plan]) -> tuple[Step, ...]:
    """Return the plans of which no cheaper one is as good, by cost."""
    steps: list[Step] = []
    for plan in sorted(plans, key=lambda plan: (plan.cost, -plan.level, -plan.after.points)):
        if not steps or compared(_rank(plan), _rank(steps[-1].plan)) > 0:
            steps.append(Step(plan.cost, plan))
    return tuple(steps)


def _rank(plan: Plan) -> tuple[float, float]:
    return plan.level, plan.after.points


def _reached(plan: Plan, wanted: float) -> bool:
    return plan.level >= wanted - EQUAL


def _cheapest(planner: Planner, limits: Limits, steps: tuple[Step, ...], wanted: float) -> Plan | None:
    """Halve the budgets between the last plan that falls short and the first that does not."""
    best = next((step.plan for step in steps if _reached(step.plan, wanted)), None)
    if best is None:
        return None
    best = _thin(planner, best, wanted)
    work = planner.work(limits)
    grain = Fraction(1, math.lcm(*((option.cost or Fraction(0)).denominator for option in planner.fixes.options)))
    low = max((step.budget for step in steps if not _reached(step.plan, wanted)), default=-grain)
    few = len(work.of) <= FEW
    count = 0
    while best.cost - low > grain and (few or count < HALVINGS):
        half = low + math.floor((best.cost - low) / grain / 2) * grain
        less = replace(limits, budget=half)
        plan = planner.plan(less, [best], enough=wanted) if planner.reaches(less, wanted) else None
        if plan is not None and _reached(plan, wanted):
            best = _thin(planner, plan, wanted)
        else:
            low = half
        count += 1
    return best


def _quickest(planner: Planner, limits: Limits, best: Plan, wanted: float) -> Plan:
    """Halve the days between none and those of a plan that reaches the wanted chance."""
    best = _in_days(best)
    low = 0
    while best.limits.days - low > 1:
        half = (low + best.limits.days) // 2
        less = shortened(limits, half)
        plan = planner.plan(less, [best], enough=wanted) if planner.reaches(less, wanted) else None
        if plan is not None and _reached(plan, wanted):
            best = _in_days(plan)
        else:
            low = half
    return _in_days(_thin(planner, best, wanted))


def shortened(limits: Limits, days: int) -> Limits:
    """Return the limits with fewer days: weeks that begin later are gone."""
    weeks = tuple(day for day in limits.week_starts if day < days) or (0,)
    capacity = {unit: amounts[: len(weeks)] for unit, amounts in limits.capacity.items()}
    return replace(limits, days=days, week_starts=weeks, capacity=capacity)


def _in_days(plan: Plan) -> Plan:
    """Return the plan under the days that it really takes, at least 1."""
    days = max((job.ends for job in plan.jobs), default=1)
    return replace(plan, limits=shortened(plan.limits, days))


def _thin(planner: Planner, plan: Plan, wanted: float) -> Plan:
    """Leave out, dearest first, what the wanted chance does not need."""
    work = planner.work(plan.limits)
    spare = wanted - EQUAL - plan.level
    if not plan.jobs:
        return plan
    rests = [planner.fixes.after(without(work, plan.chosen, [place])) for place in plan.chosen]
    gains = planner.bench.gains(rests, planner.fixes.after(plan.chosen))
    idle = [place for place, gain in zip(plan.chosen, gains, strict=True) if level_of(gain, plan.goal) >= spare]
    idle.sort(key=lambda place: (-work.cost[place], place))
    chosen = leaner(work, plan.chosen, idle, lambda rest: level_of(planner.gain(rest, plan.chosen), plan.goal) >= spare)
    if len(chosen) == len(plan.jobs):
        return plan
    return replace(
        plan,
        jobs=tuple(job for job in plan.jobs if job.option in chosen),
        after=planner.worth(chosen),
        gain=planner.gain(chosen),
        cost=sum((planner.fixes.options[place].cost or Fraction(0) for place in chosen), Fraction(0)),
    )


def _stops(planner: Planner, limits: Limits, best: Plan, wanted: float) -> tuple[Text, ...]:
    """Say what keeps a wanted chance from being reached, by taking limits away."""
    everything = planner.level(range(len(planner.fixes.options)))
    if everything < wanted - EQUAL:
        text = Text(
            f"即使全部整改都完成，达标可能性也只有约{_percent(everything)}",
            f"even with every fix done the chance to pass is only about {_percent(everything)}",
        )
        return (text,)
    far = limits.days + sum(Work(planner.fixes, limits).length)
    weeks = weeks_of(limits.start, far)[: len(limits.week_starts) + 52]
    without_time = replace(limits, days=max(far, weeks[-1] + 1), week_starts=weeks, capacity={})
    asked = [(Text("预算", "the budget"), replace(limits, budget=None))] if limits.budget is not None else []
    if limits.capacity:
        asked.append((Text("每周人力", "the weekly crew-days"), replace(limits, capacity={})))
    time = Text("工期和每周人力", "the days and the weekly crew-days") if limits.capacity else Text("工期", "the days")
    asked.append((time, without_time))
    found = []
    for name, wider in asked:
        plan = planner.plan(wider, [best])
        if _reached(plan, wanted):
            zh = f"受{name.zh}限制：若不受此限，达标可能性可到约{_percent(plan.level)}，需费用{plain(plan.cost)}"
            en = f"limited by {name.en}: without, about {_percent(plan.level)} at a cost of {plain(plan.cost)}"
            found.append(Text(zh, en))
    if not found:
        names = [name for name, _ in asked]
        found.append(
            Text(
                f"只放宽其中一项仍达不到：{'、'.join(name.zh for name in names)}",
                f"taking away one of these alone is not enough: {', '.join(name.en for name in names)}",
            )
        )
    work = Work(planner.fixes, limits)
    return (*found, *dict.fromkeys(impossible(work, _missed(planner, work)[:TOLD])))


def _missed(planner: Planner, work: Work) -> list[int]:
    """Return the options that would help and cannot be done at all, those that would help most first."""
    places = range(len(work.options))
    helped = planner.values_at(planner.best_levels(places), places)
    gains = [max(alone, beside) for alone, beside in zip(planner.gains, helped, strict=True)]
    missed = [place for place in places if gains[place] > EQUAL and work.earliest[place] is None]
    return sorted(missed, key=lambda place: (-gains[place], place))


def _percent(value: float) -> str:
    return f"{math.floor(value * 100 + 0.5)}%"
