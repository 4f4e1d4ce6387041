"""The best plan within the limits: the solver proposes, the engine scores, exchanges improve.

Up to 15 fixes every set that could be better is looked at. Above that, expected points that only add up are the
solver's own question and its answer is best; else the plan is the best found, with a bound that no plan exceeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.fixes import Fixes
from evalsys.limits import Job, Limits, Work
from evalsys.mending import Bench, Gain, Worth
from evalsys.proposing import EQUAL, Proposal, Rank, compared, exactly, leaner, propose, without

__all__ = ["Plan", "Planner", "plan_of"]

Floats = NDArray[np.float64]

#: Fixes up to which every set that could be better is looked at.
FEW = 15

#: Fixes up to which a plan is also sought backwards, from everything done.
SOME = 60

#: Largest difference between a joint gain and the sum of gains where points only add up.
ADDITIVE = 1e-9

#: Sets whose worth is asked for at most where every set that could be better is looked at: all there are of 15 fixes
#: of one level.
LOOKS = 2**FEW

#: Rounds of new gains at the plan found so far, rounds of exchanges, and exchanges scored in each.
ROUNDS, SWAPS, CHECKED = 3, 12, 24

#: Exchanges that a schedule is sought for, for each that is scored.
TRIED = 3

#: Rounds of exchanges from a neighbour's plan.
STEPS = 2

#: What an exchange must promise to be scored, and what points weigh beside the chance in proposals: shares of what
#: everything done would bring.
SMALL, ASIDE = 1e-4, 1e-3

#: Relative gap of the solver for the first proposal, and for later ones: the engine scores them, exchanges mend them.
GAP, ROUGH = 2e-3, 3e-2


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
        found. "Enumerated" without fail up to 15 fixes of one level; where levels make more sets than
        :data:`LOOKS` worth a look, the plan is only found.
    bound : float or None
        No plan within the limits exceeds it: points, or a chance.
    start : Gain
        Of the solver's first proposal, without its errors; the plan is never below it.
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
        What to make as large as can be. Of plans that are looked at and equal in the chance the one with more points is
        taken, then the cheaper, then the one with fewer options; where every set is looked at no other plan goes
        before it. So a plan for the chance is of use even where the chance is out of reach or certain. Nothing is
        done that adds neither to the chance nor, beside it, to the points.

    Raises
    ------
    ValueError
        For another goal, or for the chance where there is no pass mark.

    Notes
    -----
    Proposals: gains one by one (of points, of the goal), gains at everything done, gains at the best plan so far,
    again and again, each chosen by :func:`evalsys.proposing.propose`; beside the chance, points count a little in
    them. Then exchanges: add, drop, change a level, drop one and add one; and what still fits is added. Search after
    Kleywegt, Shapiro and Homem-de-Mello (2002), on the engine's own law. Nothing is drawn at random and no clock is
    read: the same plan every time.
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
        self._work: Work | None = None
        self._values: dict[tuple[int, ...], list[float]] = {}
        self.before = self.worth(())
        level_of(self.before, goal)
        count = len(self.fixes.options)
        everything = self.worth(range(count))
        most = level_of(everything, goal) - level_of(self.before, goal)
        more = everything.points - self.before.points
        self.aside = 0.0 if goal == "points" or more <= EQUAL else ASIDE * most / more if most > EQUAL else 1.0
        self.small = SMALL * (most if most > EQUAL else more)
        alone = bench.gains([self._with(self.zero, place) for place in range(count)]) if count else ()
        self.points = [gain.points for gain in alone]
        self.gains = [self.value(gain) for gain in alone]
        self.additive = goal == "points" and self._additive()
        self._at_all: list[float] | None = None

    def worth(self, chosen: Iterable[int]) -> Worth:
        """Return the worth of some options done."""
        state = self.fixes.after(chosen)
        key = state.tobytes()
        if key not in self.said:
            self.said[key] = self.bench.worth(state)
        return self.said[key]

    def rank(self, worth: Worth | Gain) -> Rank:
        """Return what decides between plans: the goal, then points."""
        return level_of(worth, self.goal), worth.points

    def level(self, chosen: Iterable[int]) -> float:
        """Return the points or the chance of some options done."""
        return level_of(self.worth(chosen), self.goal)

    def gain(self, chosen: Sequence[int], before: Sequence[int] = ()) -> Gain:
        """Return the gain of some options over others, by default over nothing done, with its errors."""
        return self.bench.gains([self.fixes.after(chosen)], self.fixes.after(before))[0]

    def value(self, gain: Gain) -> float:
        """Return one number for a gain: of the goal, with a small share for points where that is the chance."""
        return level_of(gain, self.goal) + self.aside * gain.points

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

    def plan(self, limits: Limits, known: Sequence[Plan] = (), *, enough: float | None = None) -> Plan:
        """Return the best plan within some limits, never below plans that are known where these keep to the limits.

        Parameters
        ----------
        limits : Limits
        known : sequence of Plan
            Of other limits. From the first the search sets out, which is then much shorter.
        enough : float, optional
            Points or a chance at which a search that proves nothing may stop.
        """
        search = _Search(self, self.work(limits))
        near = self.values_near(known[0].chosen) if known and not self.additive else None
        gap = GAP if near is None else ROUGH
        first = search.propose(self.points if near is None else near, 0.0 if self.additive else gap)
        start = self._start(first.chosen)
        search.offer(first.jobs)
        for plan in known:
            search.offer_again(plan.jobs)
        how, bound = "found", search.highest()
        if self.additive:
            how = "optimal" if first.optimal else "found"
            bound = min(bound, level_of(self.before, "points") + first.bound)
        elif search.few:
            search.offer(search.propose(self.gains, GAP).jobs)
            bound = search.enumerate()
            how = "enumerated" if bound <= search.best[0] + EQUAL else "found"
        elif near is None:
            search.offer(search.propose(self.gains, ROUGH).jobs)
            search.improve()
        else:
            search.step(near, enough)
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
            bound=max(bound, self.level(chosen)),
            start=start,
        )

    def reaches(self, limits: Limits, wanted: float) -> bool:
        """Whether all that can be done at all within some limits, together, reaches a level: else no plan does."""
        return _Search(self, self.work(limits)).highest() >= wanted - EQUAL

    def work(self, limits: Limits) -> Work:
        """Return fixes and limits made ready; where only the budget is new, what was made ready before serves again."""
        if self._work is None or replace(limits, budget=None) != replace(self._work.limits, budget=None):
            self._work = Work(self.fixes, limits)
        return self._work.within(limits.budget)

    def _start(self, chosen: Sequence[int]) -> Gain:
        after, before = self.worth(chosen), self.before
        chance = None if after.chance is None or before.chance is None else after.chance - before.chance
        return Gain(after.points - before.points, chance)

    def values_at(self, chosen: Sequence[int], useful: Sequence[int]) -> list[float]:
        """Return what each option brings beside the other fixes of some that are done.

        One call of the engine. An option of a fix that is done at another level counts as if it took its place.
        """
        options, after = self.fixes.options, self.fixes.after(chosen)
        done = {options[place].fix: place for place in chosen}
        bare = {name: self._bare(after, own, chosen) for name, own in done.items()}
        fresh = sorted(set(useful) - set(chosen))
        states = [*bare.values(), *(self._with(bare.get(options[place].fix, after), place) for place in fresh)]
        found = [self.value(gain) for gain in self.bench.gains(states, after)]
        without = dict(zip(bare, found, strict=False))
        values = [0.0] * len(options)
        for place in chosen:
            values[place] = -without[options[place].fix]
        for place, gain in zip(fresh, found[len(bare) :], strict=True):
            values[place] = gain - without.get(options[place].fix, 0.0)
        return values

    def values_near(self, chosen: tuple[int, ...]) -> list[float]:
        """Return what every option brings beside the others of a plan; kept for the next plan near it."""
        if chosen not in self._values:
            self._values[chosen] = self.values_at(chosen, range(len(self.fixes.options)))
        return self._values[chosen]

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
        self.best = planner.rank(planner.before)

    @property
    def few(self) -> bool:
        """Whether every set that could be better is looked at."""
        return len({self.options[place].fix for place in self.useful}) <= FEW

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
        return self._weeks(self.jobs)

    def _weeks(self, jobs: Iterable[Job]) -> dict[int, int]:
        week = {day: place for place, day in enumerate(self.work.limits.week_starts)}
        return {job.option: week[job.begins] for job in jobs if job.begins in week}

    def propose(self, values: Sequence[float], gap: float) -> Proposal:
        return propose(self.work, values, gap=gap)

    def key(self, chosen: Sequence[int]) -> tuple[int, int]:
        """Return what decides between plans of equal worth: cost, then how many options."""
        return self.work.spent(chosen), len(chosen)

    def offer(self, jobs: tuple[Job, ...]) -> bool:
        """Take a plan where it is better than the best so far."""
        chosen = [job.option for job in jobs]
        return self._take(jobs, self.planner.rank(self.planner.worth(chosen)))

    def _take(self, jobs: tuple[Job, ...], rank: Rank) -> bool:
        order = compared(rank, self.best)
        if order > 0 or (order == 0 and self.key([job.option for job in jobs]) < self.key(self.chosen)):
            self.jobs, self.best = jobs, rank
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

    def enumerate(self) -> float:
        """Look at every set that could be better than the best so far; return a level that no plan exceeds.

        Worth never falls with what is done; so a branch is left where doing all that is still possible in it, were it
        free, would not be better. After :data:`LOOKS` sets branches stay open, and the largest of them is the bound.
        """
        self.looks, self.left_open = LOOKS + len(self.planner.said), self.best[0]
        self._branch(self._groups(), (), frozenset())
        return max(self.left_open, self.best[0])

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
        rank = self.planner.rank(self.planner.worth([*chosen, *(place for own in open_ for place in own)]))
        order = compared(rank, self.best)
        if order < 0 or (order == 0 and self.key(chosen) >= self.key(self.chosen)):
            return
        if not open_:
            if self.work.fits(chosen) and (jobs := self.work.schedule(chosen)) is not None:
                self._take(jobs, rank)
            return
        if len(self.planner.said) >= self.looks:
            self.left_open = max(self.left_open, rank[0])
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
        self.offer(self.propose(planner.values_at_all(self.useful), ROUGH).jobs)
        if len({self.options[place].fix for place in self.useful}) <= SOME:
            self._backwards()
        for _ in range(ROUNDS):
            if not self.offer(self.propose(planner.values_at(self.chosen, self.useful), ROUGH).jobs):
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
        self._fill(values)

    def step(self, values: Sequence[float], enough: float | None) -> None:
        """Exchange and fill up by the gains at a neighbour's plan."""
        self._fill(values)
        for _ in range(STEPS):
            if (enough is not None and self.best[0] >= enough) or not self._exchange(values):
                break
        self._fill(values)

    def _fill(self, values: Sequence[float]) -> None:
        """Add what still fits beside the plan, what brings most for its cost first."""
        brings = [place for place in self.useful if values[place] > 0 or self.planner.points[place] > EQUAL]
        rate = {place: max(values[place], 0.0) / max(self.work.cost[place], 1) for place in brings}
        more = self.work.filled(
            self.jobs, sorted(brings, key=lambda place: (-rate[place], self.work.cost[place], place))
        )
        if len(more) > len(self.jobs):
            self.offer(more)

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
            left = without(self.work, left, [least])

    def _exchange(self, values: Sequence[float]) -> bool:
        """Take the best of the exchanges that promise most; return whether one is better than the plan."""
        fixes, here, near = self.planner.fixes, self.chosen, self.near()
        sets: list[tuple[int, ...]] = []
        for more in self._moves(values)[: TRIED * CHECKED]:
            if len(sets) == CHECKED:
                break
            if self.work.fits(more) and self._placed(more, near) is not None:
                sets.append(more)
        if not sets:
            return False
        gains = self.planner.bench.gains([fixes.after(own) for own in sets], fixes.after(here))
        ranks = [self.planner.rank(gain) for gain in gains]
        best = min(zip(ranks, sets, strict=True), key=lambda one: (-one[0][0], -one[0][1], self.key(one[1]), one[1]))
        if compared(best[0], (0.0, 0.0)) < 0:
            return False
        jobs = self._placed(best[1], near)
        return jobs is not None and self.offer(jobs)

    def _placed(self, chosen: Sequence[int], near: dict[int, int]) -> tuple[Job, ...] | None:
        """Return a schedule: the plan's own with the new jobs where they find room, else another."""
        stay = [job for job in self.jobs if job.option in chosen]
        jobs = self.work.filled(stay, sorted(set(chosen).difference(job.option for job in stay)))
        kept = (
            exactly(self.work, self._weeks(jobs)) if len(jobs) == len(chosen) else None
        )  # another level may end later
        return self.work.schedule(chosen, near) if kept is None else kept

    def _moves(self, values: Sequence[float]) -> list[tuple[int, ...]]:
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
                promised.append((-lost, tuple(without(self.work, inside, [out]))))
            for place in into:
                other = at.get(self.options[place].fix)  # the level that it takes the place of
                if other is not None and out is not None:
                    continue
                gone = out if other is None else other
                gain = values[place] - (0.0 if gone is None else values[gone])
                cost = spent + self.work.cost[place] - (0 if gone is None else self.work.cost[gone])
                if gain <= self.planner.small or (budget is not None and cost > budget):
                    continue
                rest = inside if gone is None else [one for one in inside if one != gone]
                promised.append((gain, tuple(sorted([*rest, place]))))
        promised.sort(key=lambda one: (-one[0], self.work.spent(one[1]) if budget is None else 0, one[1]))
        return [own for _, own in promised]

    def prune(self) -> None:
        """Leave out, dearest first, what adds nothing, as long as nothing else needs it.

        Worth never falls with what is done: what is missed beside all others is missed beside fewer too.
        """
        planner, all_ = self.planner, self.chosen
        if not all_:
            return
        rests = [[other for other in all_ if other != place] for place in all_]
        gains = planner.bench.gains([planner.fixes.after(rest) for rest in rests], planner.fixes.after(all_))
        idle = [place for place, gain in zip(all_, gains, strict=True) if compared(planner.rank(gain), (0.0, 0.0)) == 0]
        idle.sort(key=lambda place: (-self.work.cost[place], place))
        kept = leaner(
            self.work, all_, idle, lambda rest: compared(planner.rank(planner.gain(rest, all_)), (0.0, 0.0)) == 0
        )
        self.jobs = tuple(job for job in self.jobs if job.option in kept)
