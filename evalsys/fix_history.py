"""What earlier rounds say of fixes: two rounds side by side; projects as foreseen, and as they turned out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from evalsys.benches import bench_of
from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.forecasting import forecast
from evalsys.mending import Bench
from evalsys.projects import Project, ledger
from evalsys.rounds import Comparison, compare_rounds, known_by, rounds_of
from evalsys.scoring import Score, score

__all__ = ["ProjectSeen", "project_ledger", "since"]

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
