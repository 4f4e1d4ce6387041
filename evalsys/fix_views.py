"""All that a page on fixes shows, computed once: effects, the plan, money, stability, where to look next."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evalsys.assessment import Assessment
from evalsys.benches import bench_of, bench_of_model
from evalsys.fix_effects import Effects, effects, shared_gain
from evalsys.fixes import fixes_of, mended
from evalsys.forecasting import Forecast, forecast, reforecast
from evalsys.frontier import Frontier, frontier_of
from evalsys.limits import Limits
from evalsys.mending import Bench, Gain
from evalsys.patrols import Visits, next_visits
from evalsys.planning import Plan, plan_of
from evalsys.plans import DAYS, amount, limits_for, settle, share, within
from evalsys.stability import Stability, stability_of

__all__ = ["DAYS", "NEAR", "Advice", "advise", "days_before", "letter", "plan_for"]

#: A chance to pass that is as good as the best, where more money buys little: one percentage point.
NEAR = 0.01
_LIGHT = 4_000  # simulated inspections under each other assumption


@dataclass(frozen=True, eq=False)
class Advice:
    """What to fix first, and what that rests on.

    Attributes
    ----------
    found : Forecast
    effects : Effects
    plan : Plan
        The plan that is recommended.
    frontier : Frontier
    stability : Stability
    visits : Visits
    wanted : float or None
        Chance to pass that is aimed at.
    strict : tuple of (float, float) or None
        Chance to pass in a strict inspection, one standard deviation below the mean, before and after the plan; None
        without severity or a pass mark.
    strict_steps : tuple of float
        The same after each step of the frontier.
    shares : tuple of Gain
        Shapley's shares of the plan's gain, by job.
    letters : dict of int to str
        Letters of the options, in order of what they bring.
    days_assumed : bool
        Whether nobody said how many days there are.
    """

    found: Forecast
    effects: Effects
    plan: Plan
    frontier: Frontier
    stability: Stability
    visits: Visits
    wanted: float | None
    strict: tuple[float, float] | None
    strict_steps: tuple[float, ...]
    shares: tuple[Gain, ...]
    letters: dict[int, str]
    days_assumed: bool

    @property
    def assessment(self) -> Assessment:
        """What it is about."""
        return self.found.prospect.score.assessment

    @property
    def inspection(self) -> int | None:
        """Day of the inspection, from the start of the work; None where nobody says when it is."""
        day, start = self.assessment.settings.inspection_date, self.plan.limits.start
        return None if day is None or start is None else (day - start).days

    @property
    def scheduled(self) -> bool:
        """Whether some fix says how long it takes, so that there is something to schedule."""
        return any(option.calendar_days or option.crew_days for option in self.plan.fixes.options)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Options of the plan, by begin."""
        return tuple(job.option for job in self.plan.jobs)


def advise(
    assessment: Assessment,
    *,
    pass_mark: str = "",
    budget: str = "",
    days: int = 0,
    chance: str = "90%",
    visits: int = 10,
    visit_days: int = 7,
    seed: int = 0,
) -> Advice:
    """Find out what to fix first.

    Parameters
    ----------
    assessment : Assessment
    pass_mark : str
        ``"85%"`` or points; empty: as the assessment says.
    budget : str
        In the unit of the table's costs; empty: as the assessment says, else the smallest found for the wanted chance,
        else no limit.
    days : int
        For the work; 0: as the settings tell, or :data:`~evalsys.plans.DAYS` where they tell nothing.
    chance : str
        Wanted chance to pass, such as ``"90%"`` or ``"0.9"``.
    visits : int
        Of the next patrol.
    visit_days : int
        Days from the patrol to the inspection; fewer where fewer are left.
    seed : int
        Of the simulation.

    Raises
    ------
    InputFaults
    """
    wanted = share(chance, "chance") if chance.strip() else None
    money = amount(budget, "budget") if budget.strip() else None
    money = assessment.settings.plan.budget if money is None else money
    found = forecast(assessment, at_least=pass_mark or None, seed=seed)
    fixes = fixes_of(found.prospect)
    bench = bench_of(found, fixes)
    limits, assumed = limits_for(assessment, fixes, budget=money, days=days or None)
    told = effects(found, bench)
    goal = None if wanted is None or found.chance is None else float(wanted)
    edge = frontier_of(bench, limits, wanted=goal)
    plan = settle(found, plan_for(bench, limits, edge, money))
    chosen = tuple(job.option for job in plan.jobs)
    strict = _strict(found, bench)
    return Advice(
        found=found,
        effects=told,
        plan=plan,
        frontier=edge,
        stability=stability_of(
            found.prospect,
            fixes,
            bench=lambda model, own: bench_of_model(model, own, found, draws=_LIGHT),
            measure="points" if found.chance is None else "chance",
        ),
        visits=next_visits(found, visits, days=days_before(found, visit_days)),
        wanted=goal,
        strict=None if strict is None else _strict_chances(found, strict, chosen),
        strict_steps=()
        if strict is None
        else tuple(_chance(strict, [job.option for job in step.plan.jobs]) for step in edge.steps),
        shares=shared_gain(bench, chosen)[1],
        letters={option: letter(place) for place, option in enumerate(_by_fix(told, chosen))},
        days_assumed=assumed,
    )


def plan_for(bench: Bench, limits: Limits, edge: Frontier, money: Fraction | None) -> Plan:
    """Return the plan that is recommended.

    With a budget, the best for it. Without one, the cheapest for the wanted chance; where that is out of reach, the
    cheapest that is within :data:`NEAR` of the best chance that money can buy.
    """
    if money is None and edge.cheapest is not None:
        return within(edge.cheapest, limits)
    if money is None and edge.steps and edge.steps[-1].plan.after.chance is not None:
        best = edge.steps[-1].plan.after.chance
        near = next(step.plan for step in edge.steps if (step.plan.after.chance or 0.0) >= best - NEAR)
        return within(near, limits)
    return plan_of(bench, limits, "points" if bench.worth(bench.fixes.after([])).chance is None else "chance")


def days_before(found: Forecast, days: int) -> float:
    """Return the days from a patrol to the inspection: those wanted, or fewer where fewer are left."""
    left = found.prospect.age
    return float(days) if left is None else max(min(float(days), left), 0.0)


def _strict(found: Forecast, bench: Bench) -> Bench | None:
    sd = found.prospect.model.severity
    return bench_of(found, bench.fixes, at=-sd) if sd and found.chance is not None else None


def _strict_chances(found: Forecast, bench: Bench, chosen: tuple[int, ...]) -> tuple[float, float]:
    """Return the chance if inspectors are strict, before and after: by the forecast's own law where there is one."""
    fixes = bench.fixes
    before = found.at_severity(-1)
    if found.engine == "simulate" or before is None:
        return _chance(bench, ()), _chance(bench, chosen)
    after = reforecast(found, mended(found.prospect.model, fixes.cells, fixes.after(chosen))).at_severity(-1)
    return before[0], before[0] if after is None else after[0]


def _chance(bench: Bench, chosen: tuple[int, ...] | list[int]) -> float:
    return bench.worth(bench.fixes.after(chosen)).chance or 0.0


def _by_fix(told: Effects, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Return an option for each fix, in order of what it brings: the one that is chosen, else the best."""
    of = {told.fixes.options[place].fix: place for place in chosen}
    return tuple(of.get(told.fixes.options[place].fix, place) for place in told.top)


def letter(place: int) -> str:
    """Return the letter of the option at a place of a list: A to Z, then AA, AB and so on.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    found = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        found, place = chr(ord("A") + rest) + found, place - 1
    return found
