"""What each budget can bring, against the best plan of every budget."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from plan_cases import FakeBench, best_by_hand, breaks, fixes_with, limits_with, option, random_case

from evalsys.frontier import frontier_of


def bench_of(fixes, seed=1):
    weights = np.random.default_rng(seed).integers(1, 30, len(fixes.cells)).astype(float)
    weights /= weights.sum() / 0.8
    return FakeBench(fixes, lambda after: float(weights @ after), lambda after: 0.1 + float(weights @ after) ** 2)


def spans(plan):
    return [(job.option, job.begins, job.ends) for job in plan.jobs]


def budgets(fixes):
    """Every budget at which a plan can become possible: sums of costs of at most one level of each fix."""
    sums = {Fraction(0)}
    for name in dict.fromkeys(own.fix for own in fixes.options):
        levels = [own.cost for own in fixes.options if own.fix == name]
        sums |= {one + cost for one in sums for cost in levels}
    return sorted(sums)


@pytest.mark.parametrize("seed", range(5))
def test_no_smaller_budget_and_no_fewer_days_will_do(seed):
    fixes, limits = random_case(seed, 4, levels=1)
    bench = bench_of(fixes, seed)
    best, *_ = best_by_hand(bench, limits, "chance")
    wanted = (best + 0.1) / 2
    found = frontier_of(bench, limits, wanted)
    assert found.cheapest is not None
    assert found.quickest is not None
    assert not found.stops
    for plan in (found.cheapest, found.quickest, *(step.plan for step in found.steps)):
        assert breaks(fixes, plan.limits, spans(plan)) == ""
        assert breaks(fixes, limits, spans(plan)) == ""
    assert min(found.cheapest.level, found.quickest.level) >= wanted - 1e-9
    enough = [
        budget
        for budget in budgets(fixes)
        if (limits.budget is None or budget <= limits.budget)
        and best_by_hand(bench, replace(limits, budget=budget), "chance")[0] >= wanted - 1e-9
    ]
    assert found.cheapest.cost == enough[0]
    days = found.quickest.limits.days
    assert days == max((job.ends for job in found.quickest.jobs), default=1)
    if days > 1:
        weeks = tuple(day for day in limits.week_starts if day < days - 1)
        assert best_by_hand(bench, replace(limits, days=days - 1, week_starts=weeks), "chance")[0] < wanted


@pytest.mark.parametrize("count", [5, 18])
def test_worth_rises_with_the_budget(count):
    for seed in range(3):
        fixes, limits = random_case(seed, count, levels=2, share=True)
        found = frontier_of(bench_of(fixes, seed), limits, most=6)
        assert found.steps[0].budget == 0
        for step, after in zip(found.steps, found.steps[1:], strict=False):
            assert step.budget < after.budget
            assert step.plan.level < after.plan.level
        for step in found.steps:
            assert step.budget == step.plan.cost
            assert limits.budget is None or step.budget <= limits.budget


def test_the_frontier_of_few_fixes_is_that_of_enumeration():
    fixes, limits = random_case(11, 4, levels=1)
    limits = replace(limits, budget=None)
    bench = bench_of(fixes)
    for step in frontier_of(bench, limits, most=9).steps:
        level, _, cost = best_by_hand(bench, replace(limits, budget=step.budget), "chance")
        assert step.plan.level == pytest.approx(level, abs=1e-8)
        assert step.budget == cost


def crossing(**more):
    """Two fixes, both needed for the chance; the second takes ten days and four crew-days."""
    fixes = fixes_with([option("a", [0], cost=3), option("b", [1], cost=5, crew=4, days=10, unit="甲", **more)])
    return FakeBench(fixes, lambda after: float(after.sum()), lambda after: 0.2 + 0.6 * float(after.min()))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (limits_with(14, budget=7), ["limited by the budget: without, about 80% at a cost of 8"]),
        (limits_with(9), ["limited by the days: without, about 80% at a cost of 8", "'b' takes 10 days of 9"]),
        (
            limits_with(14, budget=8, capacity={"甲": [3, 0]}),
            [
                "limited by the weekly crew-days: without, about 80% at a cost of 8",
                "limited by the days and the weekly crew-days: without, about 80% at a cost of 8",
                "甲 has 0 crew-days in week 2, too few for 'b'",
            ],
        ),
        (
            limits_with(9, budget=7),
            ["taking away one of these alone is not enough: the budget, the days", "'b' takes 10 days of 9"],
        ),
    ],
)
def test_what_stops_a_wanted_chance(limits, told):
    found = frontier_of(crossing(), limits, 0.75)
    assert (found.cheapest, found.quickest) == (None, None)
    assert [text.en for text in found.stops] == told


def test_a_needed_fix_that_cannot_be_done_in_time_is_named():
    bench = crossing(needs=("a",))
    late = fixes_with([replace(bench.fixes.options[0], calendar_days=Fraction(15)), bench.fixes.options[1]])
    bench = FakeBench(late, lambda after: float(after.sum()), lambda after: 0.2 + 0.3 * float(after.sum()))
    found = frontier_of(bench, limits_with(14), 0.75)
    assert [text.en for text in found.stops][1:] == [
        "'a' takes 15 days of 14",
        "'b' needs 'a', which is not done in time",
    ]


def test_more_than_everything_cannot_be_reached():
    found = frontier_of(crossing(), limits_with(14), 0.9)
    assert [text.en for text in found.stops] == ["even with every fix done the chance to pass is only about 80%"]
    assert [text.zh for text in found.stops] == ["即使全部整改都完成，达标可能性也只有约80%"]


def test_a_chance_that_is_there_already_needs_nothing():
    found = frontier_of(crossing(), limits_with(14), 0.2)
    assert found.cheapest is not None
    assert found.quickest is not None
    assert (found.cheapest.jobs, found.cheapest.cost, found.quickest.limits.days) == ((), 0, 1)


def test_without_a_mark_points_are_planned_for():
    fixes, limits = random_case(2, 3)
    bench = FakeBench(fixes, lambda after: float(after.sum()))
    assert frontier_of(bench, limits).steps[-1].plan.goal == "points"
    for wrong in (0.5, 0.0, 1.5):
        with pytest.raises(ValueError, match="wanted chance"):
            frontier_of(bench, limits, wrong)
    with pytest.raises(ValueError, match="budgets"):
        frontier_of(bench, limits, most=1)
