"""What to do where every fix brings a gain of its own, chosen by the solver; and small steps between sets of fixes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalsys.limits import Job, Work
from evalsys.solving import NODES, Row, solve

__all__ = ["EQUAL", "Proposal", "Rank", "compared", "exactly", "leaner", "propose", "without"]

#: What decides between plans: the points or the chance, then the points.
Rank = tuple[float, float]

#: Differences of worth below this are none: the engines' rounding.
EQUAL = 1e-10


#: Nodes of the solver's search for a proposal that proves nothing: more buys little that exchanges do not find.
TRIED = 20


@dataclass(frozen=True)
class Proposal:
    """Options that keep to the limits.

    Attributes
    ----------
    jobs : tuple of Job
    bound : float
        No choice within the limits has a larger sum of values.
    optimal : bool
        Whether none has, to the solver's gap of 1e-10 of the largest value.
    """

    jobs: tuple[Job, ...]
    bound: float
    optimal: bool

    @property
    def chosen(self) -> tuple[int, ...]:
        """The options, in order."""
        return tuple(sorted(job.option for job in self.jobs))


def propose(work: Work, values: Sequence[float], *, gap: float = 0.0) -> Proposal:
    """Choose the options of the largest sum of values within the limits.

    Parameters
    ----------
    work : Work
    values : sequence of float
        By option; an option without a value above 0 is chosen only where others need it.
    gap : float
        Relative gap at which the solver may stop; 0 for a proof.

    Notes
    -----
    A variable for each option and week of its begin. Levels, budget, crew-days of each unit and week, exclusions; and
    for an option that needs a fix, up to each week: begun by then only where that fix is done by then. The solver
    works in floating point, so its answer is checked in whole numbers; if it breaks a limit, what is least worth is
    left out until it keeps to all, and nothing is called optimal.
    """
    kept = _kept(work, values)
    begins = [(place, week) for place in kept for week in _weeks(work, place)]
    if not begins:
        return Proposal((), 0.0, True)
    worth = np.array([values[place] for place, _ in begins])
    found = solve(worth, _rows(work, begins), gap=gap, nodes=TRIED if gap else NODES)
    taken = [] if found.x is None else [begins[k] for k in np.flatnonzero(found.x).tolist()]
    near = dict(taken)
    chosen = sorted(near)
    optimal = found.optimal and gap == 0 and len(taken) == len(chosen)
    jobs = exactly(work, near) if work.fits(chosen) else None
    while jobs is None:
        optimal = False
        chosen = without_least(work, chosen, values)
        jobs = work.schedule(chosen, near) if work.fits(chosen) else None
    return Proposal(jobs, found.bound, optimal)


def exactly(work: Work, begins: Mapping[int, int]) -> tuple[Job, ...] | None:
    """Return the jobs of options that begin in given weeks; None where crews or prerequisites forbid it."""
    left, weeks = list(work.room), work.limits.week_starts
    ends = {work.options[place].fix: weeks[week] + work.length[place] for place, week in begins.items()}
    for place, week in begins.items():
        for n, amount in work.loads[place][week]:
            left[n] -= amount
        if any(ends[name] > weeks[week] for name in work.options[place].needs):
            return None
    if min(left, default=0) < 0:
        return None
    jobs = (Job(place, weeks[week], weeks[week] + work.length[place]) for place, week in begins.items())
    return tuple(sorted(jobs, key=lambda job: (job.begins, job.option)))


def without_least(work: Work, chosen: Sequence[int], values: Sequence[float]) -> list[int]:
    """Leave out the option that is least worth, with those that need it."""
    gone = {min(chosen, key=lambda place: (values[place], -work.cost[place], place))}
    while True:
        names = {work.options[place].fix for place in chosen if place not in gone}
        more = {place for place in chosen if place not in gone and not names.issuperset(work.options[place].needs)}
        if not more:
            return [place for place in chosen if place not in gone]
        gone |= more


def _kept(work: Work, values: Sequence[float]) -> list[int]:
    """Return the options that can be done and bring something, or are needed by one that does."""
    can = [place for place, week in enumerate(work.earliest) if week is not None]
    if work.budget is not None:
        can = [place for place in can if work.cost[place] <= work.budget]
    found = {place for place in can if values[place] > 0}
    allowed, waiting = set(can), list(found)
    while waiting:
        for name in work.options[waiting.pop()].needs:
            more = [place for place in work.of.get(name, ()) if place in allowed and place not in found]
            found.update(more)
            waiting += more
    return sorted(found)


def _weeks(work: Work, place: int) -> tuple[int, ...]:
    """Return the weeks in which it may make sense to begin."""
    first, starts = work.earliest[place] or 0, work.starts[place]
    weeks = tuple(week for week in starts if week >= first)
    if work.crew[place] is None and not work.options[place].needs:
        return weeks[:1]  # nothing is at stake: later is never better
    return weeks


def _rows(work: Work, begins: Sequence[tuple[int, int]]) -> list[Row]:
    own: dict[str, list[int]] = {}
    for k, (place, _) in enumerate(begins):
        own.setdefault(work.options[place].fix, []).append(k)
    rows = [Row(places, [1.0] * len(places), 1.0) for places in own.values() if len(places) > 1]
    if work.budget is not None:
        costs = [work.cost[place] for place, _ in begins]
        if sum(costs) > work.budget:
            rows.append(_scaled({k: cost for k, cost in enumerate(costs) if cost}, work.budget))
    took: dict[int, dict[int, int]] = {}
    for k, (place, week) in enumerate(begins):
        for n, amount in work.loads[place][week]:
            took.setdefault(n, {})[k] = amount
    rows += [_scaled(own, work.room[n]) for n, own in sorted(took.items()) if sum(own.values()) > work.room[n]]
    return [*rows, *_excluding(work, begins, own), *_needing(work, begins, own)]


def _scaled(amounts: Mapping[int, int], most: int) -> Row:
    """Return a row whose largest number is not far from 1, where the solver's tolerances are meant to be."""
    unit = max(*amounts.values(), 1)
    return Row(list(amounts), [amount / unit for amount in amounts.values()], most / unit)


def _excluding(work: Work, begins: Sequence[tuple[int, int]], own: Mapping[str, Sequence[int]]) -> list[Row]:
    pairs: dict[tuple[str, str], list[int]] = {}
    for k, (place, _) in enumerate(begins):
        for name in sorted(work.banned[place]):
            if name in own:
                pairs.setdefault((work.options[place].fix, name), []).append(k)
    rows = []
    for (name, other), places in pairs.items():
        if name == other:
            rows.append(Row(places, [1.0] * len(places), 0.0))
        else:
            rows.append(Row([*places, *own[other]], [1.0] * (len(places) + len(own[other])), 1.0))
    return rows


def _needing(work: Work, begins: Sequence[tuple[int, int]], own: Mapping[str, Sequence[int]]) -> list[Row]:
    """Return, for each option and fix that it needs and each week: begun by then only if that is done by then."""
    weeks, rows = work.limits.week_starts, []
    of: dict[int, list[int]] = {}
    for k, (place, _) in enumerate(begins):
        of.setdefault(place, []).append(k)
    ends = [weeks[week] + work.length[place] for place, week in begins]
    for place, mine in of.items():
        for name in work.options[place].needs:
            for step in range(len(mine)):
                begun, week = mine[: step + 1], begins[mine[step]][1]
                done = [k for k in own.get(name, ()) if ends[k] <= weeks[week] and k not in begun]
                rows.append(Row([*begun, *done], [1.0] * len(begun) + [-1.0] * len(done), 0.0))
    return rows


def compared(one: Rank, other: Rank) -> int:
    """Return 1 where one goes before the other, -1 where it goes behind, 0 where they differ by rounding alone."""
    for mine, its in zip(one, other, strict=True):
        if abs(mine - its) > EQUAL:
            return 1 if mine > its else -1
    return 0


def leaner(work: Work, chosen: Sequence[int], idle: Sequence[int], holds: Callable[[Sequence[int]], bool]) -> list[int]:
    """Leave out options one after another, each with those that need it, as long as the rest still holds.

    Several at a time are tried first. Worth never falls with what is done: so what must stay beside more must stay
    beside less, and trying several leads to the same rest.
    """
    left, waiting, step = list(chosen), list(idle), 1
    while waiting:
        rest = without(work, left, waiting[:step])
        if holds(rest):
            left, waiting, step = rest, [place for place in waiting[step:] if place in rest], 2 * step
        elif step > 1:
            step = 1
        else:
            del waiting[0]
    return left


def without(work: Work, chosen: Sequence[int], gone: Collection[int]) -> list[int]:
    """Return the options that are left without some and without those that need them."""
    left = [place for place in chosen if place not in gone]
    while True:
        names = {work.options[place].fix for place in left}
        kept = [place for place in left if names.issuperset(work.options[place].needs)]
        if len(kept) == len(left):
            return left
        left = kept
