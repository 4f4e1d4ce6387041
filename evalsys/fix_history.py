"""What earlier rounds say of fixes: two rounds side by side; projects as foreseen, and as they turned out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from evalsys.benches import bench_of
from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.fix_views import Advice
from evalsys.forecasting import forecast
from evalsys.mending import Bench
from evalsys.planning import Plan, plan_of
from evalsys.plans import amount, settle
from evalsys.projects import Project, ledger
from evalsys.rounds import Comparison, PlanComparison, compare_plans, compare_rounds, known_by, rounds_of
from evalsys.scoring import Score, score

__all__ = ["ProjectSeen", "other_plan", "project_ledger", "rounds_named", "since"]

_DRAWS = 4_000  # simulated inspections behind what a project was to bring


@dataclass(frozen=True)
class ProjectSeen:
    """A project, and the round by which its effect was foreseen: the last one before its month; None without one."""

    project: Project
    known_at: str | None


def since(result: Score, earlier: str, seed: int = 0) -> Comparison:
    """Compare an earlier round of the same assessment with the present one.

    Parameters
    ----------
    earlier : str
        Name of the round.

    Raises
    ------
    InputFaults
        For a round that does not exist.
    """
    return compare_rounds(score(read_assessment(result.assessment.path, round=earlier)), result, seed=seed)


def other_plan(advice: Advice, budget: str) -> tuple[Plan, PlanComparison]:
    """Return the best plan for another budget, and how it compares with the recommended one.

    Raises
    ------
    InputFaults
        For a budget that is no number from 0.
    """
    found, first = advice.found, advice.plan
    bench = bench_of(found, first.fixes)
    limits = replace(first.limits, budget=amount(budget, "other_budget"))
    second = settle(found, plan_of(bench, limits, "points" if found.chance is None else "chance"))
    return second, compare_plans(first, second, bench if found.engine == "simulate" else None)


def rounds_named(text: str) -> tuple[str, ...]:
    """Return the names of rounds in a parameter, parted by semicolons.

    Examples
    --------
    >>> rounds_named("M1; M2；W01")
    ('M1', 'M2', 'W01')
    """
    return tuple(filter(None, (name.strip() for name in text.replace("；", ";").split(";"))))


def project_ledger(result: Score, seed: int = 0) -> tuple[ProjectSeen, ...]:
    """Return the ledger of projects; each one's effect is foreseen from what was known before its month.

    Parameters
    ----------
    result : Score
    seed : int
        Of the simulation, where there is no exact law.
    """
    projects = ledger(result)
    known = {month: _last_round(result, month) for month in {own.month for own in projects}}
    benches = {name: _bench(result, name, seed) for name in set(known.values()) if name is not None}
    told: dict[str, tuple[Project, ...]] = {name: ledger(result, bench) for name, bench in benches.items()}
    out = []
    for place, own in enumerate(projects):
        name = known[own.month]
        foreseen = None if name is None else told[name][place].foreseen
        out.append(ProjectSeen(replace(own, foreseen=foreseen), name if foreseen is not None else None))
    return tuple(out)


def _last_round(result: Score, month: str) -> str | None:
    """Return the last round that was over before a month."""
    table = result.assessment.observations
    last = table.groupby("round")["observed_on"].max()
    first = date(int(month[:4]), int(month[5:]), 1)
    over = [name for name in rounds_of(result.assessment) if last[name] == last[name] and last[name].date() < first]
    return over[-1] if over else None


def _bench(result: Score, name: str, seed: int) -> Bench | None:
    """Return the bench of the coming inspection as it was known at a round."""
    mark = None if result.pass_mark is None else str(result.pass_mark.value)
    then = known_by(read_assessment(result.assessment.path, round=name))
    try:
        return bench_of(forecast(then, at_least=mark, seed=seed, draws=_DRAWS))
    except InputFaults:  # at that round nothing could be forecast
        return None
