"""What a plan has to keep to, against a checker written from the words of the rule."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from plan_cases import breaks, every_set, fixes_with, limits_with, option, random_case, some_schedule

from evalsys import read_assessment
from evalsys.faults import InputFaults
from evalsys.limits import Work, limits_of, obstacles, schedule, weeks_of
from evalsys.limits import plain as written


@pytest.fixture(scope="module")
def city():
    return read_assessment("data/synthetic-city")


@pytest.fixture(scope="module")
def wujiang():
    return read_assessment("data/wujiang-2016")


NONE = fixes_with([])


def told(fixes, limits, chosen):
    return [text.en for text in obstacles(fixes, limits, chosen)]


def spans(jobs):
    return [(job.option, job.begins, job.ends) for job in jobs]


# ------------------------------------------------------------------------------------------------------ the schedule


@pytest.mark.parametrize("seed", range(12))
def test_a_schedule_is_found_exactly_where_there_is_one(seed):
    fixes, limits = random_case(seed, 5, levels=1)
    found = 0
    for chosen in every_set(fixes):
        jobs = schedule(fixes, limits, chosen)
        assert (jobs is not None) == some_schedule(fixes, limits, chosen)
        if jobs is not None:
            assert breaks(fixes, limits, spans(jobs)) == ""
            assert sorted(job.option for job in jobs) == sorted(chosen)
        assert bool(obstacles(fixes, limits, chosen)) == (jobs is None)
        found += jobs is not None
    assert found >= 1  # nothing done at least


def test_twelve_jobs_that_only_just_fit():
    """Crew-days 1 to 12 fill three weeks of 26 to the last: a first fit in the order of size is not enough to trust."""
    options = [option(f"f{n}", [n], crew=n + 1, days=1, unit="甲") for n in range(12)]
    fixes = fixes_with(options)
    limits = limits_with(21, capacity={"甲": [26, 26, 26]})
    jobs = schedule(fixes, limits, range(12))
    assert breaks(fixes, limits, spans(jobs)) == ""
    less = limits_with(21, capacity={"甲": [26, 26, Fraction(51, 2)]})
    assert schedule(fixes, less, range(12)) is None


def test_thirds_are_not_rounded():
    options = [option(f"f{n}", [n], crew=Fraction(1, 3), days=1, unit="甲") for n in range(3)]
    fixes = fixes_with(options)
    assert schedule(fixes, limits_with(7, capacity={"甲": [1]}), range(3)) is not None
    hair = Fraction(1, 10**15)
    assert schedule(fixes, limits_with(7, capacity={"甲": [1 - hair]}), range(3)) is None
    thirds = fixes_with([option("f", [0], cost=Fraction(1, 3)), option("g", [1], cost=Fraction(2, 3))])
    assert schedule(thirds, limits_with(7, budget=1), (0, 1)) is not None
    assert schedule(thirds, limits_with(7, budget=1 - hair), (0, 1)) is None


def test_a_day_too_late_is_a_week_too_late():
    """What is needed ends a day after the second week began: the third is the first in which the other may begin."""
    fixes = fixes_with([option("a", [0], days=8), option("b", [1], crew=1, days=3, unit="甲", needs=("a",))])
    jobs = schedule(fixes, limits_with(21, capacity={"甲": [9, 9, 9]}), (0, 1))
    assert spans(jobs) == [(0, 0, 8), (1, 14, 17)]
    exact = fixes_with([replace(fixes.options[0], calendar_days=Fraction(7)), fixes.options[1]])
    assert spans(schedule(exact, limits_with(21), (0, 1))) == [(0, 0, 7), (1, 7, 10)]


def test_many_jobs_of_one_unit_are_placed():
    options = [option(f"f{n}", [n], crew=1, days=1, unit="甲") for n in range(400)]
    fixes = fixes_with(options)
    limits = limits_with(28, capacity={"甲": [100, 100, 100, 100]})
    jobs = schedule(fixes, limits, range(400))
    assert breaks(fixes, limits, spans(jobs)) == ""


def test_each_limit_binds_alone():
    a, b = option("a", [0], cost=3, crew=4, days=9, unit="甲"), option("b", [1], cost=2, crew=2, days=5, unit="甲")
    both, wide = fixes_with([a, b]), limits_with(14)
    assert told(both, wide, (0, 1)) == []
    assert told(both, limits_with(14, budget=4), (0, 1)) == ["the cost is 5, the budget 4"]
    assert told(both, limits_with(8), (0, 1)) == ["'a' takes 9 days of 8"]
    assert told(both, limits_with(14, capacity={"甲": [4, 1]}), (0, 1)) == [
        "甲 needs 6 crew-days and has 5 in all: they do not fit week by week"
    ]
    assert told(both, limits_with(14, capacity={"甲": [3, 9]}), (0, 1)) == [
        "甲 has 3 crew-days in week 1, too few for 'a'"
    ]
    apart = fixes_with([replace(a, excludes=("b",)), b])
    assert told(apart, wide, (0, 1)) == ["'a' and 'b' exclude each other"]
    after = fixes_with([replace(a, needs=("b",)), b])
    assert told(after, limits_with(16), (0,)) == ["'a' needs 'b' first"]
    assert told(after, wide, (0, 1)) == ["'a' needs 'b', which is not done in time"]
    assert told(after, limits_with(16), (0, 1)) == []
    levels = fixes_with([a, replace(b, fix="a", level="L")])
    assert told(levels, wide, (0, 1)) == ["only one level of 'a' can be done"]


def test_a_unit_without_a_row_has_as_many_crews_as_it_likes():
    fixes = fixes_with([option("a", [0], crew=400, days=2, unit="甲")])
    assert schedule(fixes, limits_with(7, capacity={"乙": [0]}), (0,)) is not None
    assert schedule(fixes, limits_with(7, capacity={"甲": [0]}), (0,)) is None


def test_any_level_serves_what_needs_it():
    """The slow level of 'a' would be too late; the fast one is in time."""
    slow, fast = option("a", [0], "slow", days=12), option("a", [0], "fast", days=2)
    fixes = fixes_with([slow, fast, option("b", [1], days=7, needs=("a",))])
    work = Work(fixes, limits_with(14))
    assert work.earliest == [0, 0, 1]
    assert work.schedule((1, 2)) is not None
    assert work.schedule((0, 2)) is None


def test_every_sentence_is_in_both_languages():
    fixes = fixes_with([option("a", [0], cost=5, crew=9, days=30, unit="甲", needs=("b",)), option("b", [1])])
    for chosen, limits in itertools.product([(0,), (0, 1)], [limits_with(7, 2, {"甲": [1]}), limits_with(40, 2)]):
        for text in obstacles(fixes, limits, chosen):
            assert text.zh
            assert text.en.isascii() or "甲" in text.en


@pytest.mark.parametrize(
    ("value", "text"), [("3", "3"), ("5/2", "2.5"), ("1/3", "0.33"), ("1/200", "0.01"), ("0", "0")]
)
def test_numbers_in_sentences(value, text):
    assert written(Fraction(value)) == text


# ------------------------------------------------------------------------------------------------------- where from


def test_weeks_begin_on_mondays():
    assert weeks_of(None, 15) == (0, 7, 14)
    assert weeks_of(date(2026, 5, 4), 14) == (0, 7)  # a Monday
    assert weeks_of(date(2026, 5, 10), 9) == (0, 1, 8)  # a Sunday


@pytest.mark.slow
def test_the_city_has_three_weeks(city):
    limits = limits_of(city, NONE)
    assert (limits.start, limits.days, limits.budget) == (date(2025, 8, 25), 21, None)
    assert limits.capacity["一号街道社区科"] == (6, 2, 2)
    assert limits.week(1).en == "week 36 of 2025"
    assert limits.week(1).zh == "2025年第36周"


def test_crews_stand_in_the_week_of_the_calendar(city):
    """From a Wednesday on: the rest of week 35 is the first week, and week 37 is not reached."""
    limits = limits_of(city, NONE, start=date(2025, 8, 27), days=8)
    assert limits.week_starts == (0, 5)
    assert limits.capacity["一号街道社区科"] == (6, 2)


def test_a_week_over_new_year(city):
    table = pd.DataFrame(
        {"unit": ["甲"] * 2, "week": ["2026-W53", "2027-W01"], "crew_days": [Fraction(4), Fraction(5)]}
    )
    found = limits_of(replace(city, capacity=table), NONE, start=date(2026, 12, 31), deadline=date(2027, 1, 8))
    assert found.week_starts == (0, 4)
    assert found.capacity == {"甲": (4, 5)}


def faults_of(*args, **more):
    with pytest.raises(InputFaults) as caught:
        limits_of(*args, **more)
    return {(fault.problem, fault.row, fault.value) for fault in caught.value.faults}


def test_all_faults_at_once(city):
    fixes = fixes_with([option("a", [0]), option("d", [0], "basic", cost=None)])
    found = faults_of(city, fixes, budget=Fraction(-1), days=0, deadline=date(2025, 8, 25))
    assert found == {
        ("cost_needed", None, "d basic"),
        ("out_of_range", None, "-1"),
        ("out_of_range", None, "0"),
        ("deadline_passed", None, "2025-08-25"),
    }


def test_a_circle_does_no_harm():
    """Reading a table refuses circles; fixes from elsewhere are then never done, and nothing runs for ever."""
    fixes = fixes_with([option("a", [0], needs=("b",)), option("b", [0], needs=("a",)), option("c", [0])])
    work = Work(fixes, limits_with(14))
    assert work.earliest == [None, None, 0]
    assert work.schedule((0, 1)) is None


@pytest.mark.parametrize("seed", range(12))
def test_what_is_filled_in_keeps_the_rule(seed):
    """Jobs are added beside others that stand, in any order, until none that is left could stand beside them."""
    fixes, limits = random_case(seed, 6, levels=2)
    work = Work(fixes, limits)
    order = sorted(range(len(fixes.options)), key=lambda place: (place * 7 + seed) % 5)
    jobs = work.filled((), order)
    more = work.filled(jobs, order)  # what is needed may have come after what needs it
    for own in (jobs, more):
        assert breaks(fixes, limits, spans(own)) == ""
    assert set(spans(jobs)) <= set(spans(more))
    last = work.filled(work.filled(more, order), order)
    for place in set(order) - {job.option for job in last}:
        for day in limits.week_starts:
            assert breaks(fixes, limits, [*spans(last), (place, day, day + work.length[place])])
    assert work.within(limits.budget).cost == work.cost
    tight = work.within(Fraction(1, 7))
    assert all(own.cost <= Fraction(1, 7) for own in (fixes.options[job.option] for job in tight.filled((), order)))
    assert [cost <= tight.budget for cost in tight.cost] == [own.cost <= Fraction(1, 7) for own in fixes.options]


def test_days_end_before_the_inspection(city):
    assert faults_of(city, NONE, days=22) == {("after_inspection", None, "22")}
    assert limits_of(city, NONE, days=21).days == 21


def test_without_dates_days_are_counted(wujiang):
    assert faults_of(wujiang, NONE) == {("days_needed", None, "")}
    limits = limits_of(wujiang, NONE, days=10)
    assert (limits.start, limits.week_starts, limits.capacity) == (None, (0, 7), {})
    assert limits.week(1).zh == "第2周"
    table = pd.DataFrame({"unit": ["甲"], "week": ["2026-W53"], "crew_days": [Fraction(4)]})
    assert faults_of(replace(wujiang, capacity=table), NONE, days=10) == {("start_needed", None, "")}
