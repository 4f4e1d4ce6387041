"""Random cases for plans, benches that cost nothing, an independent checker, and every plan in plain Python."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from evalsys.fixes import Fixes, Option
from evalsys.limits import Limits, weeks_of
from evalsys.mending import Gain, Worth

UNITS = ("甲", "乙")


class FakeBench:
    """Worth from a function of the cells that comply for certain (those at 1)."""

    exact = True

    def __init__(self, fixes, points, chance=lambda done: None):
        self.fixes, self.of_points, self.of_chance, self.calls = fixes, points, chance, 0

    def worth(self, after):
        self.calls += 1
        return Worth(self.of_points(after), self.of_chance(after))

    def gains(self, states, before=None):
        here = self.worth(np.zeros(len(self.fixes.cells)) if before is None else before)
        found = [self.worth(state) for state in states]
        return tuple(
            Gain(one.points - here.points, None if one.chance is None else one.chance - here.chance) for one in found
        )


def option(fix, cells, level="", cost=1, after=1.0, crew=None, days=None, unit=None, needs=(), excludes=()):
    number = [None if value is None else Fraction(value) for value in (cost, crew, days)]
    return Option(fix, level, (), np.array(cells, dtype=np.int64), after, False, *number, unit, needs, excludes)


def fixes_with(options, cells=None):
    count = cells or 1 + max((int(cell) for own in options for cell in own.cells), default=0)
    return Fixes(tuple(replace(own, row=n) for n, own in enumerate(options)), np.zeros((count, 3), dtype=np.int64))


def limits_with(days=21, budget=None, capacity=None, start=None):
    budget = None if budget is None else Fraction(budget)
    own = {unit: tuple(map(Fraction, amounts)) for unit, amounts in (capacity or {}).items()}
    return Limits(budget, days, own, start, weeks_of(start, days))


def random_case(seed: int, count: int, *, levels: int = 2, share: bool = False) -> tuple[Fixes, Limits]:
    """Return fixes of one cell each (two where `share`) and limits of which most bind."""
    chance = random.Random(f"plan {seed} {count}")
    options = []
    for n in range(count):
        cells = [n] if not share else sorted({n, chance.randrange(count)})
        needs = tuple(f"f{k}" for k in range(n) if chance.random() < 0.4 / count)
        excludes = tuple(f"f{k}" for k in range(count) if k != n and chance.random() < 0.4 / count)
        crew, days, unit = (
            chance.choice((None, 1, 3, Fraction(5, 2))),
            chance.choice((None, 0, 3, 8, 12)),
            chance.choice(UNITS),
        )
        for level in range(chance.randint(1, levels)):
            cost = Fraction(chance.randint(1, 9), chance.choice((1, 2, 3))) * (1 + level)
            after = 0.75 + 0.25 * level
            name = f"L{level}"
            options.append(option(f"f{n}", cells, name, cost, after, crew, days, unit, needs, excludes))
    whole = sum((own.cost for own in options), Fraction(0))
    days = chance.choice((6, 14, 20))
    capacity = {
        unit: [chance.randint(0, count) for _ in weeks_of(None, days)] for unit in UNITS[: chance.randint(0, 2)]
    }
    budget = chance.choice((None, whole * Fraction(chance.randint(1, 6), 10)))
    return fixes_with(options, count), limits_with(days, budget, capacity)


def breaks(fixes: Fixes, limits: Limits, jobs: Sequence[tuple[int, int, int]]) -> str:
    """Return which promise a schedule breaks; empty for none. Written from the rule's words, day by day."""
    options = [fixes.options[place] for place, _, _ in jobs]
    names = [own.fix for own in options]
    span = {own.fix: (begins, ends) for own, (_, begins, ends) in zip(options, jobs, strict=True)}
    if len(set(names)) < len(names):
        return "level"
    if limits.budget is not None and sum((own.cost or 0 for own in options), Fraction(0)) > limits.budget:
        return "budget"
    worked: dict[tuple[str, int], Fraction] = {}
    for own, (_, begins, ends) in zip(options, jobs, strict=True):
        if begins not in limits.week_starts or begins < 0 or ends > limits.days:
            return "days"
        if ends - begins != max(1, math.ceil(own.calendar_days or 0)):
            return "length"
        if any(name not in span or span[name][1] > begins for name in own.needs):
            return "needs"
        if any(name in span for name in own.excludes):
            return "excludes"
        for day in range(begins, ends):
            week = max(k for k, first in enumerate(limits.week_starts) if first <= day)
            if own.unit in limits.capacity:
                key = own.unit, week
                worked[key] = worked.get(key, Fraction(0)) + (own.crew_days or Fraction(0)) / (ends - begins)
    if any(amount > limits.capacity[unit][week] for (unit, week), amount in worked.items()):
        return "crews"
    return ""


def every_set(fixes: Fixes) -> Iterator[tuple[int, ...]]:
    by_name: dict[str, list[int]] = {}
    for place, own in enumerate(fixes.options):
        by_name.setdefault(own.fix, []).append(place)
    for one in itertools.product(*([None, *places] for places in by_name.values())):
        yield tuple(place for place in one if place is not None)


def some_schedule(fixes: Fixes, limits: Limits, chosen: Sequence[int]) -> bool:
    """Return whether any begin weeks keep the promises: all are tried, but for those that already break one.

    Random cases need only fixes that stand before; so a schedule that breaks a promise is not mended by more jobs.
    """
    length = {place: max(1, math.ceil(fixes.options[place].calendar_days or 0)) for place in chosen}

    def rest(jobs: list[tuple[int, int, int]], left: Sequence[int]) -> bool:
        if breaks(fixes, limits, jobs):
            return False
        if not left:
            return True
        days = length[left[0]]
        return any(rest([*jobs, (left[0], day, day + days)], left[1:]) for day in limits.week_starts)

    return rest([], sorted(chosen))


def best_by_hand(bench, limits: Limits, goal: str, can=some_schedule) -> tuple[float, float, Fraction]:
    """Return the level and the points of the best of all plans, and its cost: level first, then points, then cost.

    `can` says whether a set has a schedule; every set is looked at, whatever the limits.
    """
    fixes = bench.fixes
    scored = []
    for chosen in every_set(fixes):
        own = [fixes.options[place] for place in chosen]
        names = {one.fix for one in own}
        cost = sum((one.cost for one in own), Fraction(0))
        if limits.budget is not None and cost > limits.budget:
            continue
        if any(not names.issuperset(one.needs) or names & set(one.excludes) for one in own):
            continue
        worth = bench.worth(fixes.after(chosen))
        level = worth.points if goal == "points" else worth.chance
        scored.append((round(level, 9), round(worth.points, 9), -cost, chosen))
    scored.sort(reverse=True)
    for level, points, cost, chosen in scored:
        if can(fixes, limits, chosen):
            return level, points, -cost
    raise AssertionError("nothing done is always a plan")
