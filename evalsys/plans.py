"""The plan for a forecast: the best for a budget, or the cheapest that reaches a wanted chance to pass.

The search compares plans on a bench that may round losses; what the chosen plan brings is then told as finely as the
forecast itself, so that the state before it is what the forecast says.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from evalsys.assessment import Assessment
from evalsys.benches import bench_of, settled
from evalsys.faults import Fault, InputFaults
from evalsys.fix_effects import best_of_each
from evalsys.fixes import Fixes
from evalsys.forecasting import Forecast
from evalsys.frontier import Frontier, frontier_of
from evalsys.language import Text
from evalsys.limits import Limits, limits_of, obstacles
from evalsys.mending import Bench, Gain
from evalsys.planning import Plan, plan_of
from evalsys.schema import parse_number

__all__ = [
    "DAYS",
    "Planned",
    "amount",
    "check_days",
    "limits_for",
    "plan",
    "planned",
    "settle",
    "share",
    "whole_days",
    "within",
]

Goal = Literal["chance", "points"]
Number = Fraction | int | float | str

#: Days for the work where nobody says when the inspection is: assumed.
DAYS = 28
#: Plans sought for a wanted chance: the bench's rounding may make one look better than it is.
_TRIES = 3
#: How far above the rounding of the last one the next one aims.
_MORE = 1e-6
#: Differences of chance below this are none.
_EQUAL = 1e-10
#: Fixes of which it is said why they cannot be done.
_TOLD = 5


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan, and what was asked of it.

    Attributes
    ----------
    plan : Plan
        Its worth before and after is as fine as the forecast.
    alone : tuple of Gain
        What each job of the plan brings if it alone is done.
    wanted : float or None
        Wanted chance to pass.
    quickest : Plan or None
        Of the fewest days found for the wanted chance.
    stops : tuple of Text
        Why the wanted chance is not reached, or why nothing is done.
    days_assumed : bool
        Whether nobody said how many days there are.
    """

    plan: Plan
    alone: tuple[Gain, ...]
    wanted: float | None
    quickest: Plan | None
    stops: tuple[Text, ...]
    days_assumed: bool


def plan(
    found: Forecast,
    *,
    budget: Number | None = None,
    days: int | None = None,
    chance: Number | None = None,
    goal: Goal = "chance",
) -> Plan:
    """Return the best plan of fixes for a budget, or the cheapest found that reaches a wanted chance to pass.

    Parameters
    ----------
    found : Forecast
    budget : number, optional
        0 or more, in the unit of the table's costs. By default that of the settings, else no limit.
    days : int, optional
        From the start of the work, 1 or more. By default up to the last day of work that the settings tell;
        :data:`DAYS` where they tell none.
    chance : number, optional
        Wanted chance to pass, above 0 and below 1, or a text such as ``"90%"``. By default that of the settings, if
        any and if the goal is the chance.
    goal : {'chance', 'points'}
        What to make as large as can be; points where there is no pass mark.

    Returns
    -------
    Plan
        Where no plan reaches the wanted chance, the best that there is.

    Raises
    ------
    InputFaults
        With every fault of the limits: a budget below 0, days below 1 or beyond the last day of work, a wanted chance
        without a pass mark, a budget beside an option without a cost.

    Examples
    --------
    >>> from evalsys import forecast, plan, read_assessment
    >>> made = plan(forecast(read_assessment("data/wujiang-2016"), draws=2000, engine="simulate"), budget=3, days=14)
    >>> made.cost, len(made.jobs)
    (Fraction(3, 1), 3)
    """
    return planned(found, budget=budget, days=days, chance=chance, goal=goal).plan


def planned(
    found: Forecast,
    *,
    budget: Number | None = None,
    days: int | None = None,
    chance: Number | None = None,
    goal: Goal | None = None,
) -> Planned:
    """Return a plan with what stands beside it; parameters as of :func:`plan`.

    Notes
    -----
    The search works on :func:`~evalsys.benches.bench_of`. Where its plan falls short of the wanted chance once it is
    told as finely as the forecast, it is sought again, aiming higher by what the bench was off, three times in all.
    """
    own = found.prospect.score.assessment.settings.plan
    money = own.budget if budget is None else amount(budget, "budget")
    wanted = _wanted(found, own.chance, chance, goal)
    bench = bench_of(found)
    limits, assumed = limits_for(found.prospect.score.assessment, bench.fixes, budget=money, days=days)
    edge = None if wanted is None else _edge(found, bench, limits, wanted)
    if edge is not None and edge.cheapest is not None:
        made, quickest = within(edge.cheapest, limits), edge.quickest
    else:
        kind = "points" if found.chance is None else goal or "chance"
        best = edge.steps[-1].plan if edge is not None and edge.steps else plan_of(bench, limits, kind)
        made, quickest = settle(found, best), None
    stops: tuple[Text, ...] = () if edge is None else edge.stops
    if edge is None and not made.jobs:
        stops = _stops(bench, limits)
    alone = bench.gains([bench.fixes.after([job.option]) for job in made.jobs]) if made.jobs else ()
    return Planned(made, tuple(alone), wanted, quickest, stops, assumed)


def settle(found: Forecast, made: Plan) -> Plan:
    """Return a plan with its worth as fine as the forecast: before it stands just what the forecast says."""
    before, after, gain = settled(found, made.fixes, made.fixes.after(made.chosen))
    fine = replace(made, before=before, after=after, gain=gain)
    return fine if made.bound is None else replace(fine, bound=max(made.bound, fine.level))


def within(made: Plan, limits: Limits) -> Plan:
    """Return a plan of a smaller budget under the limits that were asked for, which its bound says nothing of."""
    return replace(made, limits=limits, bound=None)


def limits_for(
    assessment: Assessment, fixes: Fixes, *, budget: Fraction | None = None, days: int | None = None
) -> tuple[Limits, bool]:
    """Return the limits of a plan and whether its days are assumed: those given, else those of the settings.

    Raises
    ------
    InputFaults
        As :func:`evalsys.limits.limits_of`.
    """
    settings = assessment.settings
    last = settings.last_day_of_work
    assumed = days is None and last is None
    made = limits_of(
        assessment,
        fixes,
        budget=budget,
        days=DAYS if assumed else days,
        start=settings.plan.start,
        deadline=None if last is None else last + datetime.timedelta(days=1),
    )
    return made, assumed


def check_days(assessment: Assessment, days: int | None) -> None:
    """Raise what is wrong with the days of a plan, before anything is computed.

    Raises
    ------
    InputFaults
    """
    limits_for(assessment, Fixes((), np.zeros((0, 3), dtype=np.int64)), days=days)


def _edge(found: Forecast, bench: Bench, limits: Limits, wanted: float) -> Frontier:
    """Return the frontier with the cheapest and the quickest plan told finely; none where they fall short."""
    aim = wanted
    for _ in range(_TRIES):
        edge = frontier_of(bench, limits, aim)
        if edge.cheapest is None:
            return edge
        rough = [one for one in (edge.cheapest, edge.quickest) if one is not None]
        fine = [settle(found, one) for one in rough]
        if all(one.level >= wanted - _EQUAL for one in fine):
            return replace(edge, cheapest=fine[0], quickest=fine[-1] if len(fine) > 1 else None)
        off = max(one.level - true.level for one, true in zip(rough, fine, strict=True))
        aim = min(wanted + max(off, 0.0) + _MORE, 1.0)
    return replace(edge, cheapest=None, quickest=None)


def _stops(bench: Bench, limits: Limits) -> tuple[Text, ...]:
    """Say why nothing is done: what keeps each of the fixes that bring most from being done; nothing if none helps."""
    fixes = bench.fixes
    gains = bench.gains([fixes.after([place]) for place in range(len(fixes.options))]) if fixes.options else ()
    helps = [place for place in best_of_each(fixes, gains) if gains[place].points > 0 or (gains[place].chance or 0) > 0]
    return tuple(dict.fromkeys(text for place in helps[:_TOLD] for text in obstacles(fixes, limits, [place])))


# ----------------------------------------------------------------------------------------------- what a user says


def _wanted(found: Forecast, own: Fraction | None, chance: Number | None, goal: Goal | None) -> float | None:
    value = share(chance, "chance") if chance is not None else None if goal == "points" else own
    if value is not None and found.chance is None:
        raise InputFaults([Fault("no_chance", "chance", value=str(chance if chance is not None else float(value)))])
    return None if value is None else float(value)


def amount(said: Number, name: str) -> Fraction:
    """Return a budget that a user states, 0 or more.

    Raises
    ------
    InputFaults

    Examples
    --------
    >>> amount("18.5", "--budget"), amount(40, "--budget")
    (Fraction(37, 2), Fraction(40, 1))
    """
    return _number(said, name, "0  18.5  1200", ">= 0", lambda value: value >= 0)


def share(said: Number, name: str) -> Fraction:
    """Return a chance that a user states, above 0 and below 1.

    Raises
    ------
    InputFaults

    Examples
    --------
    >>> share("90%", "--chance"), share(0.95, "--chance")
    (Fraction(9, 10), Fraction(19, 20))
    """
    return _number(said, name, "0.9  90%", "> 0, < 1", lambda value: 0 < value < 1)


def whole_days(said: Number, name: str) -> int:
    """Return a number of days that a user states, 1 or more.

    Raises
    ------
    InputFaults

    Examples
    --------
    >>> whole_days("21", "--days")
    21
    """
    value = _number(said, name, "21", ">= 1", lambda value: value >= 1)
    if value.denominator != 1:
        raise InputFaults([Fault("bad_integer", name, value=str(said), allowed="21")])
    return int(value)


def _number(said: Number, name: str, form: str, allowed: str, holds: Callable[[Fraction], bool]) -> Fraction:
    value = said if isinstance(said, Fraction) else parse_number(str(said))
    if value is None:
        raise InputFaults([Fault("bad_number", name, value=str(said), allowed=form)])
    if not holds(value):
        raise InputFaults([Fault("out_of_range", name, value=str(said), allowed=allowed)])
    return value
