"""The best plan within the limits: the solver proposes, the engine scores, exchanges improve.

Up to 15 fixes every set that could be better is looked at. Above that, expected points that only add up are the
solver's own question and its answer is best; else the plan is the best found, with a bound that no plan exceeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.fixes import Fixes
from evalsys.limits import Job, Limits, Work
from evalsys.mending import Bench, Gain, Worth
from evalsys.proposing import Proposal, propose

__all__ = ["Plan", "Planner", "plan_of"]

Floats = NDArray[np.float64]

#: Fixes up to which every set that could be better is looked at.
FEW = 15

#: Fixes up to which a plan is also sought backwards, from everything done.
SOME = 60

#: Differences of worth below this are none: the engines' rounding.
EQUAL = 1e-10

#: Largest difference between a joint gain and the sum of gains where points only add up.
ADDITIVE = 1e-9

#: Rounds of new gains at the plan found so far, rounds of exchanges, and exchanges scored in each.
ROUNDS, SWAPS, CHECKED = 3, 12, 24

#: Relative gap of the solver for a proposal that the engine scores anyway.
GAP = 1e-3


@dataclass(frozen=True, eq=False)
class Plan:
    """Which options to do, and when.

    Attributes
    ----------
    fixes : Fixes
    limits : Limits
    goal : {'chance', 'points'}
    jobs : tuple of Job
        By begin.
    before, after : Worth
        Of nothing done, and of the plan.
    gain : Gain
    cost : Fraction
        An option without a cost counts as 0.
    how : {'optimal', 'enumerated', 'found'}
        Best by the solver's proof (points that only add up); best by looking at every set that could be better; best
        found.
    bound : float or None
        No plan within the limits exceeds it: points, or a chance.
    start : Gain
        Of the solver's first proposal; the plan is never below it.
    """

    fixes: Fixes
    limits: Limits
    goal: str
    jobs: tuple[Job, ...]
    before: Worth
    after: Worth
    gain: Gain
    cost: Fraction
    how: str
    bound: float | None
    start: Gain

    @property
    def chosen(self) -> tuple[int, ...]:
        """The options of the plan, in the order of the fixes."""
        return tuple(sorted(job.option for job in self.jobs))

    @property
    def level(self) -> float:
        """What the goal measures, once the plan is done: points, or the chance to pass."""
        return level_of(self.after, self.goal)


def level_of(worth: Worth | Gain, goal: str) -> float:
    """Return the points or the chance.

    Raises
    ------
    ValueError
        For the chance, where there is no pass mark.
    """
    if goal == "points":
        return worth.points
    if worth.chance is None:
        raise ValueError("no pass mark: only points can be planned for")
    return worth.chance


def plan_of(bench: Bench, limits: Limits, goal: str = "chance") -> Plan:
    """Return the best plan within the limits.

    Parameters
    ----------
    bench : Bench
    limits : Limits
    goal : {'chance', 'points'}
        What to make as large as can be. Nothing is done that adds nothing to it. Of plans that are looked at and
        equal in it the cheaper is taken, then the one with fewer options; where every set is looked at there is no
        cheaper one.

    Raises
    ------
    ValueError
        For another goal, or for the chance where there is no pass mark.

    Notes
    -----
    Proposals: gains one by one (of points, of the goal), gains at everything done, gains at the best plan so far,
    again and again, each chosen by :func:`evalsys.proposing.propose`. Then exchanges: add, drop, change a level, drop
    one and add one. Search after Kleywegt, Shapiro and Homem-de-Mello (2002), on the engine's own law. Nothing is
    drawn at random and no clock is read: the same plan every time.
    """
    return Planner(bench, goal).plan(limits)


class Planner:
    """Plans for one goal under different limits; what the engine said once is kept."""

    def __init__(self, bench: Bench, goal: str) -> None:
        if goal not in ("chance", "points"):
            raise ValueError(f"no such goal: {goal}")
        self.bench, self.goal, self.fixes = bench, goal, bench.fixes
        self.zero = np.zeros(len(self.fixes.cells))
        self.aiming: list[list[int]] = [[] for _ in self.zero]
        for place, option in enumerate(self.fixes.options):
            for cell in option.cells.tolist():
                self.aiming[cell].append(place)
        self.said: dict[bytes, Worth] = {}
        self.before = self.worth(())
        level_of(self.before, goal)
        count = len(self.fixes.options)
        alone = bench.gains([self._with(self.zero, place) for place in range(count)]) if count else ()
        self.points = [gain.points for gain in alone]
        self.gains = [level_of(gain, goal) for gain in alone]
        self.additive = goal == "points" and self._additive()
        self._at_all: list[float] | None = None

    def worth(self, chosen: Iterable[int]) -> Worth:
        """Return the worth of some options done."""
        state = self.fixes.after(chosen)
        key = state.tobytes()
        if key not in self.said:
            self.said[key] = self.bench.worth(state)
        return self.said[key]

    def level(self, chosen: Iterable[int]) -> float:
        """Return the points or the chance of some options done."""
        return level_of(self.worth(chosen), self.goal)

    def gain(self, chosen: Sequence[int]) -> Gain:
        """Return the gain of some options over nothing done, with its errors."""
        return self.bench.gains([self.fixes.after(chosen)])[0]

    def _additive(self) -> bool:
        """Whether points only add up: no two fixes share a cell, and joint gains are sums of gains."""
        owner: dict[int, str] = {}
        for option in self.fixes.options:
            for cell in option.cells.tolist():
                if owner.setdefault(cell, option.fix) != option.fix:
                    return False
        best = self.best_levels(range(len(self.fixes.options)))
        sets = [best, best[::2], best[: len(best) // 2]]
        joint = self.bench.gains([self.fixes.after(own) for own in sets])
        apart = [math.fsum(self.points[place] for place in own) for own in sets]
        return all(abs(gain.points - total) < ADDITIVE for gain, total in zip(joint, apart, strict=True))

    def best_levels(self, places: Iterable[int]) -> list[int]:
        """Return one option for each fix: that of the largest gain alone, then of the highest chance."""
        best: dict[str, int] = {}
        for place in places:
            name = self.fixes.options[place].fix
            if name not in best or self._rank(place) > self._rank(best[name]):
                best[name] = place
        return sorted(best.values())

    def _rank(self, place: int) -> tuple[float, float, float, int]:
        return self.gains[place], self.points[place], self.fixes.options[place].after, -place

    def plan(self, limits: Limits, known: Iterable[Plan] = ()) -> Plan:
        """Return the best plan within some limits, never below plans that are known where these keep to the limits."""
        search = _Search(self, Work(self.fixes, limits))
        first = search.propose(self.points, 0.0 if self.additive else GAP)
        start = self.gain(first.chosen)
        search.offer(first.jobs)
        for plan in known:
            search.offer_again(plan.jobs)
        how, bound = "found", search.highest()
        if self.additive:
            how = "optimal" if first.optimal else "found"
            bound = min(bound, level_of(self.before, "points") + first.bound)
        else:
            search.offer(search.propose(self.gains, GAP).jobs)
            if len({self.fixes.options[place].fix for place in search.useful}) <= FEW:
                search.enumerate()
                how, bound = "enumerated", search.best_level
            else:
                search.improve()
        search.prune()
        chosen = search.chosen
        return Plan(
            fixes=self.fixes,
            limits=limits,
            goal=self.goal,
            jobs=search.jobs,
            before=self.before,
            after=self.worth(chosen),
            gain=self.gain(chosen),
            cost=sum((self.fixes.options[place].cost or Fraction(0) for place in chosen), Fraction(0)),
            how=how,
            bound=max(bound, search.best_level),
            start=start,
        )

    def values_at(self, chosen: Sequence[int], useful: Sequence[int]) -> list[float]:
        """Return what each option brings beside the other fixes of some that are done.

        One call of the engine. An option of a fix that is done at another level counts as if it took its place.
        """
        options, after = self.fixes.options, self.fixes.after(chosen)
        done = {options[place].fix: place for place in chosen}
        bare = {name: self._bare(after, own, chosen) for name, own in done.items()}
        wanted = sorted(set(useful) | set(chosen))
        states = [*bare.values(), *(self._with(bare.get(options[place].fix, after), place) for place in wanted)]
        found = [level_of(gain, self.goal) for gain in self.bench.gains(states, after)]
        without = dict(zip(bare, found, strict=False))
        values = [0.0] * len(options)
        for place, gain in zip(wanted, found[len(bare) :], strict=True):
            values[place] = gain - without.get(options[place].fix, 0.0)
        return values

    def _with(self, state: Floats, place: int) -> Floats:
        option, more = self.fixes.options[place], state.copy()
        more[option.cells] = np.maximum(more[option.cells], option.after)
        return more

    def _bare(self, state: Floats, gone: int, chosen: Sequence[int]) -> Floats:
        """Return a state without one of the options done, which others may cover in part."""
        cells = self.fixes.options[gone].cells
        others = {place for cell in cells.tolist() for place in self.aiming[cell]} & set(chosen) - {gone}
        less = state.copy()
        less[cells] = self.fixes.after(others)[cells] if others else 0.0
        return less

    def values_at_all(self, useful: Sequence[int]) -> list[float]:
        """Return what each option still brings where all other fixes are done."""
        if self._at_all is None:
            self._at_all = self.values_at(self.best_levels(useful), useful)
        return self._at_all


class _Search:
    """The search for one plan."""

    def __init__(self, planner: Planner, work: Work) -> None:
        self.planner, self.work = planner, work
        self.options = planner.fixes.options
        self.useful = self._useful()
        self.jobs: tuple[Job, ...] = ()
        self.best_level = level_of(planner.before, planner.goal)

    def _useful(self) -> list[int]:
        """Return the options that can be done at all and aim at something or are needed by others."""
        budget, needed = self.work.budget, {name for option in self.options for name in option.needs}
        return [
            place
            for place, option in enumerate(self.options)
            if self.work.earliest[place] is not None
            and (budget is None or self.work.cost[place] <= budget)
            and (len(option.cells) or option.fix in needed)
        ]

    @property
    def chosen(self) -> tuple[int, ...]:
        return tuple(sorted(job.option for job in self.jobs))

    def near(self) -> dict[int, int]:
        """Return the weeks of the best plan so far."""
        week = {day: place for place, day in enumerate(self.work.limits.week_starts)}
        return {job.option: week[job.begins] for job in self.jobs if job.begins in week}

    def propose(self, values: Sequence[float], gap: float) -> Proposal:
        return propose(self.work, values, gap=gap)

    def key(self, chosen: Sequence[int]) -> tuple[int, int]:
        """Return what decides between plans of equal worth: cost, then how many options."""
        return self.work.spent(chosen), len(chosen)

    def offer(self, jobs: tuple[Job, ...]) -> bool:
        """Take a plan where it is better than the best so far."""
        chosen = [job.option for job in jobs]
        level = self.planner.level(chosen)
        return self._take(jobs, chosen, level)

    def _take(self, jobs: tuple[Job, ...], chosen: Sequence[int], level: float) -> bool:
        same = abs(level - self.best_level) <= EQUAL and self.key(chosen) < self.key(self.chosen)
        if level > self.best_level + EQUAL or same:
            self.jobs, self.best_level = jobs, level
            return True
        return False

    def offer_again(self, jobs: tuple[Job, ...]) -> None:
        """Offer a plan that was made for other limits, if it keeps to these."""
        chosen = sorted(job.option for job in jobs)
        if self.work.fits(chosen) and (again := self.work.schedule(chosen)) is not None:
            self.offer(again)

    def highest(self) -> float:
        """Return a level that no plan within the limits exceeds: everything that can be done at all."""
        return self.planner.level(self.useful)

    # ------------------------------------------------------------------------------------------------ few fixes

    def enumerate(self) -> None:
        """Look at every set that could be better than the best so far.

        Worth never falls with what is done; so a branch is left where doing all that is still possible in it, were it
        free, would not be better.
        """
        self._branch(self._groups(), (), frozenset())

    def _groups(self) -> list[list[int]]:
        """Return the options by fix: what is needed first, then the largest gains; the best level first."""
        by_name: dict[str, list[int]] = {}
        for place in self.useful:
            by_name.setdefault(self.options[place].fix, []).append(place)
        for own in by_name.values():
            own.sort(key=lambda place: (-self.planner.gains[place], self.work.cost[place], place))
        waiting = sorted(by_name, key=lambda name: (-self.planner.gains[by_name[name][0]], name))
        order: list[str] = []
        while waiting:
            ready = [
                name
                for name in waiting
                if all(
                    need in order or need not in by_name
                    for place in by_name[name]
                    for need in self.options[place].needs
                )
            ]
            order.append(ready[0] if ready else waiting[0])
            waiting.remove(order[-1])
        return [by_name[name] for name in order]

    def _branch(self, groups: Sequence[Sequence[int]], chosen: tuple[int, ...], out: frozenset[str]) -> None:
        open_ = [own for group in groups if (own := [place for place in group if self._possible(place, chosen, out)])]
        level = self.planner.level([*chosen, *(place for own in open_ for place in own)])
        if level < self.best_level - EQUAL:
            return
        if level <= self.best_level + EQUAL and self.key(chosen) >= self.key(self.chosen):
            return
        if not open_:
            if self.work.fits(chosen) and (jobs := self.work.schedule(chosen)) is not None:
                self._take(jobs, chosen, level)
            return
        names = {self.options[place].fix for place in chosen}
        for place in open_[0]:
            more = (*chosen, place)
            whole = all(names.issuperset(self.options[other].needs) for other in more)
            if not whole or self.work.schedule(more) is not None:
                self._branch(open_[1:], more, out)
        self._branch(open_[1:], chosen, out | {self.options[open_[0][0]].fix})

    def _possible(self, place: int, chosen: Sequence[int], out: frozenset[str]) -> bool:
        work, option = self.work, self.options[place]
        if work.budget is not None and work.spent(chosen) + work.cost[place] > work.budget:
            return False
        if not out.isdisjoint(option.needs) or option.fix in work.banned[place]:
            return False
        return all(
            self.options[other].fix not in work.banned[place] and option.fix not in work.banned[other]
            for other in chosen
        )

    # ----------------------------------------------------------------------------------------------- many fixes

    def improve(self) -> None:
        """Propose from other gains, then exchange, until nothing is better."""
        planner = self.planner
        self.offer(self.propose(planner.values_at_all(self.useful), GAP).jobs)
        if len({self.options[place].fix for place in self.useful}) <= SOME:
            self._backwards()
        for _ in range(ROUNDS):
            if not self.offer(self.propose(planner.values_at(self.chosen, self.useful), GAP).jobs):
                break
        values = planner.values_at(self.chosen, self.useful)
        fresh = True
        for _ in range(SWAPS):
            if self._exchange(values):
                fresh = False
            elif fresh:
                break
            else:  # gains are dear: asked for again only where the old ones lead no further
                values, fresh = planner.values_at(self.chosen, self.useful), True

    def _backwards(self) -> None:
        """From everything done, leave out what brings least for its cost, until the rest keeps to the limits.

        Finds what no single gain shows: where eight of ten sites must be in order, the first seven bring nothing.
        """
        left = self.planner.best_levels(self.useful)
        while left:
            if self.work.fits(left) and (jobs := self.work.schedule(left)) is not None:
                self.offer(jobs)
                return
            values = self.planner.values_at(left, left)
            by_cost = {place: max(values[place], 0.0) / max(self.work.cost[place], 1) for place in left}
            least = min(left, key=lambda place: (by_cost[place], -self.work.cost[place], place))
            left = without(self.work, left, least)

    def _exchange(self, values: Sequence[float]) -> bool:
        """Take the best of the exchanges that promise most; return whether one is better than the plan."""
        fixes, goal, here, near = self.planner.fixes, self.planner.goal, self.chosen, self.near()
        sets: list[tuple[int, ...]] = []
        for more in self._moves(values):
            if len(sets) == CHECKED:
                break
            if self.work.fits(more) and self.work.schedule(more, near) is not None:
                sets.append(more)
        if not sets:
            return False
        gains = self.planner.bench.gains([fixes.after(own) for own in sets], fixes.after(here))
        first = min(zip(gains, sets, strict=True), key=lambda one: (-level_of(one[0], goal), self.key(one[1]), one[1]))
        jobs = self.work.schedule(first[1], near)
        return jobs is not None and self.offer(jobs)

    def _moves(self, values: Sequence[float]) -> Iterable[tuple[int, ...]]:
        """Return sets one or two steps away, by what the gains one by one promise: an option in, one out, or both."""
        inside = list(self.chosen)
        at = {self.options[place].fix: place for place in inside}
        spent, budget = self.work.spent(inside), self.work.budget
        into = [place for place in self.useful if place not in inside]
        into = sorted(into, key=lambda place: (-values[place], place))[: 8 * CHECKED]
        outof: list[int | None] = [None, *sorted(inside, key=lambda place: (values[place], place))[: 4 * CHECKED]]
        promised: list[tuple[float, tuple[int, ...]]] = []
        for out in outof:
            lost = 0.0 if out is None else values[out]
            if out is not None and lost <= EQUAL:
                promised.append((-lost, tuple(without(self.work, inside, out))))
            for place in into:
                other = at.get(self.options[place].fix)  # the level that it takes the place of
                if other is not None and out is not None:
                    continue
                gone = out if other is None else other
                gain = values[place] - (0.0 if gone is None else values[gone])
                cost = spent + self.work.cost[place] - (0 if gone is None else self.work.cost[gone])
                if gain <= 0 or (budget is not None and cost > budget):
                    continue
                rest = inside if gone is None else [one for one in inside if one != gone]
                promised.append((gain, tuple(sorted([*rest, place]))))
        promised.sort(key=lambda one: (-one[0], self.work.spent(one[1]) if budget is None else 0, one[1]))
        return [own for _, own in promised]

    def prune(self) -> None:
        """Leave out, dearest first, what adds nothing to the goal, as long as nothing else needs it."""
        going = True
        while going:
            going = False
            for place in sorted(self.chosen, key=lambda place: (-self.work.cost[place], place)):
                rest = [other for other in self.chosen if other != place]
                if not self.work.fits(rest) or self.planner.level(rest) < self.best_level - EQUAL:
                    continue
                self.jobs = tuple(job for job in self.jobs if job.option != place)
                self.best_level = self.planner.level(rest)
                going = True
                break


def without(work: Work, chosen: Sequence[int], gone: int) -> list[int]:
    """Return the options that are left without one and without those that need it."""
    left = [place for place in chosen if place != gone]
    while True:
        names = {work.options[place].fix for place in left}
        kept = [place for place in left if names.issuperset(work.options[place].needs)]
        if len(kept) == len(left):
            return left
        left = kept
