"""Days, rhythms and phases: occurrences by hand and against a walk over days, gaps and overlaps, all sources."""

import datetime
from datetime import date
from functools import cache
from itertools import pairwise

import pytest

from evalsys import instrument_ids, load_instrument
from evalsys.calendars import (
    Anchors,
    Matter,
    Phase,
    bodies_of,
    gaps_and_overlaps,
    matters_of,
    occurrences,
    phases_in,
    undated,
)
from evalsys.language import Text
from evalsys.when import PERIODS, When

ONE = datetime.timedelta(days=1)


def matter(when, code="M", lead=(), **more):
    return Matter(code, Text("事", "matter"), when, tuple(Text(name, name) for name in lead), **more)


def due(when, first, last, **more):
    found = occurrences([matter(when)], date.fromisoformat(first), date.fromisoformat(last), **more)
    return [(each.period, each.opens.isoformat(), each.due.isoformat()) for each in found]


def days(first, last):
    while first <= last:
        yield first
        first += ONE


# ------------------------------------------------------------------------------------------------------- occurrences


BY_HAND = {
    "a day of one year": (
        When(by=date(2010, 5, 30)),
        "2010-01-01",
        "2011-12-31",
        [("2010", "2010-01-01", "2010-05-30")],
    ),
    "not in these days": (When(by=date(2010, 5, 30)), "2010-05-31", "2011-12-31", []),
    "a day of every year": (
        When(by=(6, 30)),
        "2016-06-30",
        "2017-06-30",
        [("2016", "2016-01-01", "2016-06-30"), ("2017", "2017-01-01", "2017-06-30")],
    ),
    "a span of one year": (
        When(since=date(2010, 6, 1), by=date(2010, 7, 30)),
        "2010-07-01",
        "2010-12-31",
        [("2010", "2010-06-01", "2010-07-30")],
    ),
    "a span of every year": (
        When(since=(5, 15), by=(8, 22)),
        "2016-01-01",
        "2016-12-31",
        [("2016", "2016-05-15", "2016-08-22")],
    ),
    "over new year": (
        When(since=(12, 1), by=(6, 30)),
        "2009-06-30",
        "2010-06-30",
        [("2009", "2008-12-01", "2009-06-30"), ("2010", "2009-12-01", "2010-06-30")],
    ),
    "days": (
        When(every="day"),
        "2016-02-28",
        "2016-03-01",
        [(day, day, day) for day in ("2016-02-28", "2016-02-29", "2016-03-01")],
    ),
    "weeks are due on Sunday": (
        When(every="week"),
        "2015-12-31",
        "2016-01-16",
        [("2015-W53", "2015-12-28", "2016-01-03"), ("2016-W01", "2016-01-04", "2016-01-10")],
    ),
    "months": (
        When(every="month"),
        "2016-02-01",
        "2016-03-31",
        [("2016-02", "2016-02-01", "2016-02-29"), ("2016-03", "2016-03-01", "2016-03-31")],
    ),
    "by the fifth": (
        When(every="month", by_day=5),
        "2016-08-05",
        "2016-10-04",
        [("2016-08", "2016-08-01", "2016-08-05"), ("2016-09", "2016-09-01", "2016-09-05")],
    ),
    "by the thirty-first": (
        When(every="month", by_day=31),
        "2016-02-01",
        "2016-03-31",
        [("2016-02", "2016-02-01", "2016-02-29"), ("2016-03", "2016-03-01", "2016-03-31")],
    ),
    "two months": (
        When(every="two-months"),
        "2016-02-28",
        "2016-06-29",
        [("2016-01/02", "2016-01-01", "2016-02-29"), ("2016-03/04", "2016-03-01", "2016-04-30")],
    ),
    "quarters": (
        When(every="quarter"),
        "2016-03-31",
        "2016-09-29",
        [("2016-Q1", "2016-01-01", "2016-03-31"), ("2016-Q2", "2016-04-01", "2016-06-30")],
    ),
    "half-years": (
        When(every="half-year"),
        "2016-06-30",
        "2017-06-29",
        [("2016-H1", "2016-01-01", "2016-06-30"), ("2016-H2", "2016-07-01", "2016-12-31")],
    ),
    "years": (When(every="year", times=2), "2016-03-01", "2017-03-01", [("2016", "2016-01-01", "2016-12-31")]),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_by_hand(case):
    when, first, last, expected = BY_HAND[case]
    assert due(when, first, last) == expected


@pytest.mark.parametrize("every", sorted(set(PERIODS) - {"term"}))
def test_periods_follow_each_other_without_gap_and_windows_add_up(every):
    """Against a walk over days: each day from the first lies in one period, and two halves make the whole."""
    known = Anchors(starts={"M": date(2014, 1, 1)})
    first, last = date(2015, 1, 1), date(2021, 3, 17)
    found = occurrences([matter(When(every=every))], first, last, anchors=known)
    for one, following in pairwise(found):
        assert one.due + ONE == following.opens
        assert one.opens <= one.due < following.due
    assert all(first <= each.due <= last for each in found)
    assert len({each.period for each in found}) == len(found)
    assert found[-1].due + (found[-1].due - found[-1].opens) + 2 * ONE > last  # the next would be due too late
    for cut in (date(2015, 1, 1), date(2016, 2, 29), date(2017, 12, 31), date(2019, 6, 30)):
        before = occurrences([matter(When(every=every))], first, cut, anchors=known)
        behind = occurrences([matter(When(every=every))], cut + ONE, last, anchors=known)
        assert [each.due for each in (*before, *behind)] == [each.due for each in found]


def test_three_years_begin_with_the_year_that_is_given_or_in_which_it_was_done():
    three = When(every="three-years")
    assert due(three, "2010-01-01", "2020-12-31") == []
    expected = [("2014/2016", "2014-01-01", "2016-12-31"), ("2017/2019", "2017-01-01", "2019-12-31")]
    assert due(three, "2010-01-01", "2020-12-31", anchors=Anchors(starts={"M": date(2014, 5, 1)})) == expected
    done = Anchors(done={"M": (date(2017, 3, 1), date(2014, 5, 1))})
    assert due(three, "2010-01-01", "2020-12-31", anchors=done) == expected


def test_a_term_and_a_school_week_need_their_first_day():
    assert due(When(every="term"), "2010-01-01", "2020-12-31") == []
    term = Anchors(term=(date(2012, 3, 1), date(2015, 2, 28)))
    assert due(When(every="term"), "2010-01-01", "2020-12-31", anchors=term) == [
        ("2012/2015", "2012-03-01", "2015-02-28")
    ]
    assert due(When(school_week=2), "2010-01-01", "2020-12-31") == []
    school = Anchors(school_term=date(2016, 9, 1))  # a Thursday: week 1 is that of Monday 29 August
    for week, expected in ((1, "2016-08-29"), (2, "2016-09-05"), (8, "2016-10-17")):
        ((_, opens, last),) = due(When(school_week=week), "2016-08-01", "2016-12-31", anchors=school)
        assert (opens, date.fromisoformat(last) - date.fromisoformat(opens)) == (expected, 6 * ONE)


def test_what_cannot_be_dated_is_told():
    open_ = {"S": When(school_week=2), "T": When(every="term"), "Y": When(every="three-years"), "D": When(days=(2, 3))}
    matters = [matter(when, code) for code, when in open_.items()] + [matter(When(by=(6, 30)), "B")]
    assert [own.code for own, _ in undated(matters)] == ["S", "T", "Y", "D"]
    assert len({want.zh for _, want in undated(matters)}) == 4
    day = date(2016, 1, 1)
    assert undated(matters, Anchors(day, (day, day), {"Y": day, "D": day})) == ()


# ------------------------------------------------------------------------------------------- again after so many days


def patrols(done=(), start="2010-08-01", last="2010-08-12", days=(2, 3)):
    known = Anchors(starts={"M": date.fromisoformat(start)}, done={"M": [date.fromisoformat(day) for day in done]})
    found = occurrences([matter(When(days=days))], date(2010, 1, 1), date.fromisoformat(last), anchors=known)
    return [(each.opens.isoformat()[8:], each.due.isoformat()[8:]) for each in found]


def test_patrols_count_from_the_last_one():
    assert patrols() == [("01", "01"), ("03", "04"), ("06", "07"), ("09", "10")]
    assert patrols(["2010-08-01"]) == [("01", "01"), ("03", "04"), ("06", "07"), ("09", "10")]
    assert patrols(["2010-08-01", "2010-08-03", "2010-08-08"]) == [
        ("01", "01"),
        ("03", "04"),
        ("05", "06"),  # made on the 8th, two days late
        ("10", "11"),
    ]
    assert patrols(["2010-07-30"]) == patrols()  # before the first day: of something else


def test_the_third_phase_of_bishi_needs_51_to_76_patrols():
    """152 days: a patrol every third day makes 51, every second day 76; the rhythm ends with its phase."""
    matters = matters_of(load_instrument("bishi-town-2010"))
    (patrol,) = [own for own in matters if own.code == "S004.5.6"]
    year = date(2010, 1, 1), date(2011, 6, 30)

    def count(done):
        found = occurrences(matters, *year, anchors=Anchors(done={"S004.5.6": done}))
        return [each for each in found if each.matter is patrol]

    slow = count(())
    assert (len(slow), slow[0].due, slow[-1].due) == (51, date(2010, 8, 1), date(2010, 12, 29))
    quick = [day for day in days(date(2010, 8, 1), date(2010, 12, 30)) if (day - date(2010, 8, 1)).days % 2 == 0]
    assert len(quick) == 76
    assert [each.takes[1] for each in count(quick)] == quick


def test_only_a_phase_of_the_same_clause_gives_the_first_day():
    patrol = matter(When(days=(2, 3)), "P", clause="四")
    span = When(since=date(2010, 8, 1), by=date(2010, 8, 5))
    for phase, clause, expected in ((True, "四", [1, 4]), (False, "四", []), (True, "三", [])):
        other = matter(span, "Q", clause=clause, phase=phase)
        found = occurrences([other, patrol], date(2010, 8, 1), date(2010, 8, 31))
        assert [each.due.day for each in found if each.matter is patrol] == expected
        assert [own.code for own, _ in undated([other, patrol])] == ([] if expected else ["P"])
    given = Anchors(starts={"P": date(2010, 8, 3)})  # what somebody says comes first; the phase still ends it
    phase = matter(span, "Q", clause="四", phase=True)
    found = occurrences([phase, patrol], date(2010, 8, 1), date(2010, 8, 31), anchors=given)
    assert [each.due.day for each in found if each.matter is patrol] == [3]


# ---------------------------------------------------------------------------------------------------------- each body


def test_each_of_several_bodies_has_its_own():
    register = ("交通秩序专项指挥部", "城东社区", "城西社区", "县城管局")
    assert bodies_of(Text("各单位", ""), register) == register
    assert bodies_of(Text("各有关单位", ""), register) == register
    assert bodies_of(Text("各专项指挥部", ""), register) == ("交通秩序专项指挥部",)
    assert bodies_of(Text("各村居", ""), register) == ("城东社区", "城西社区")
    assert bodies_of(Text("各单位", ""), ()) == ()

    def who(lead, register):
        found = occurrences(
            [matter(When(by=(6, 30)), lead=lead)], date(2016, 1, 1), date(2016, 12, 31), register=register
        )
        return [([unit.zh for unit in each.units], each.each) for each in found]

    assert who(["各社区"], register) == [(["城东社区"], True), (["城西社区"], True)]
    assert who(["县委", "县政府"], register) == [(["县委", "县政府"], False)]
    assert who(["县委", "各社区"], register) == [(["县委"], False), (["城东社区"], True), (["城西社区"], True)]
    assert who(["各单位", "各社区"], register) == [([unit], True) for unit in register]  # nobody twice
    assert who(["各社区"], ()) == [(["各社区"], False)]
    assert who(["各中队"], register) == [(["各中队"], False)]  # none of that kind is registered
    assert who([], register) == [([], False)]


# ------------------------------------------------------------------------------------------------------------- phases


@cache
def plan(name):
    return matters_of(load_instrument(name))


def stretches(name, first, last, year=None):
    phases = phases_in(plan(name), year or int(last[:4]))
    found = gaps_and_overlaps(phases, date.fromisoformat(first), date.fromisoformat(last))
    return [(each.first.isoformat(), each.last.isoformat(), each.where, len(each.phases)) for each in found]


def test_days_of_bishi_in_no_phase():
    assert stretches("bishi-town-2010", "2010-05-01", "2010-12-31") == [
        ("2010-05-31", "2010-05-31", "between", 0),
        ("2010-07-31", "2010-07-31", "between", 0),
        ("2010-12-31", "2010-12-31", "after", 0),
    ]


def test_both_steps_of_luxi_run_side_by_side():
    assert stretches("luxi-county-2012", "2023-01-01", "2023-12-31") == [
        ("2023-01-01", "2023-04-30", "before", 0),
        ("2023-05-01", "2023-08-31", "overlap", 2),
        ("2023-09-01", "2023-12-31", "after", 0),
    ]


def test_june_of_xinbei_is_in_two_phases_and_in_one_by_the_other_reading():
    name, first, last = "xinbei-district", "2009-12-01", "2010-12-31"
    assert stretches(name, first, last) == [("2010-06-01", "2010-06-30", "overlap", 2)]
    other = [
        matter(When(since=(7, 1), by=own.when.by), phase=True) if own.when.since == (6, 1) else own
        for own in plan(name)
    ]
    assert gaps_and_overlaps(phases_in(other, 2010), date(2009, 12, 1), date(2010, 12, 31)) == ()


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("north-subdistrict-2011", "2011-04-06", "2011-07-10"),
        ("jiaxing-water-bureau-2011", "2011-07-01", "2011-12-31"),
        ("wannian-city-management-2016", "2016-10-18", "2020-12-31"),
    ],
)
def test_phases_that_follow_each_other(name, first, last):
    assert stretches(name, first, last) == []
    phases = phases_in(plan(name), int(last[:4]))
    assert (len(phases), phases[0].first.isoformat(), phases[-1].last.isoformat()) == (3, first, last)


def test_the_campaigns_of_baqiao_overlap():
    assert stretches("baqiao-city-management", "2011-05-15", "2011-08-22") == [
        ("2011-05-21", "2011-06-30", "overlap", 2)
    ]
    hundred = next(phase for phase in phases_in(plan("baqiao-city-management"), 2011) if phase.first.day == 15)
    assert (hundred.last - hundred.first).days + 1 == 100


PLANS = {
    "none": [],
    "one": [(5, 9)],
    "apart": [(5, 9), (12, 20)],
    "touching": [(5, 9), (10, 20)],
    "nested": [(5, 20), (8, 9), (8, 12)],
    "unordered": [(12, 20), (3, 13), (25, 25)],
    "all": [(1, 40)],
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("window", [(1, 31), (8, 8), (6, 26), (30, 31), (9, 8)])
def test_gaps_and_overlaps_day_by_day(name, window):
    """Against counting the phases of every single day."""
    day = date(2016, 7, 1) - ONE
    phases = [Phase(matter(When(), phase=True), day + a * ONE, day + b * ONE) for a, b in PLANS[name]]
    first, last = (day + n * ONE for n in window)
    found = gaps_and_overlaps(phases, first, last)
    told = {each: stretch.phases for stretch in found for each in days(stretch.first, stretch.last)}
    assert len(told) == sum((stretch.last - stretch.first).days + 1 for stretch in found)  # no day twice
    expected = {}
    for each in days(first, last):
        held = tuple(phase for phase in phases if phase.first <= each <= phase.last)
        if len(held) != 1:
            expected[each] = held
    assert told == expected
    for stretch in found:
        assert (stretch.where == "overlap") == (len(stretch.phases) > 1)
        if not stretch.phases:
            before = any(phase.last < stretch.first for phase in phases)
            behind = any(phase.first > stretch.last for phase in phases)
            assert stretch.where == ("between" if before and behind else "before" if behind or not phases else "after")


def test_phases_without_years_end_in_the_year():
    found = phases_in(
        [matter(When(since=a, by=b), phase=True) for a, b in [((12, 1), (3, 31)), ((1, 1), (1, 1))]], 2016
    )
    assert [(str(each.first), str(each.last)) for each in found] == [
        ("2015-12-01", "2016-03-31"),
        ("2016-01-01", "2016-01-01"),
    ]
    assert phases_in([matter(When(since=(1, 1), by=(2, 1))), matter(When(by=(6, 30)), phase=True)], 2016) == ()


# -------------------------------------------------------------------------------------------------------- all sources

#: Every passage with a rhythm or a day, and where it stands: an entry of the calendar, the time limit of a standard, a
#: mechanism (a cycle, a deadline that counts from a finding, a quota over years).
WHERE = {
    "every day": {"due": "S000-1.C.10 S000-3.B.6 S001-1.4.7 S001-2.1.7"},
    "every week": {"calendar": "S000-1.B.1 S003.4.6 S003.2.4 S001-2.1.5 S003.4.2"},
    "within 7 days": {"mechanism": "S003.4.7"},
    "2 to 3 days": {"calendar": "S004.5.6"},
    "every month": {"calendar": "S003.1.4 S003.1.3 S003.3.3 S003.3.4 S001-2.1.6", "due": "S000-3.E.5"},
    "every two months": {"calendar": "S003.4.1 S003.4.3"},
    "every quarter": {"calendar": "S000-1.E.5 S000-3.D.2"},
    "every half-year": {"calendar": "S001-8.2.2 S000-6.G.5", "due": "S000-2.5.5"},
    "every year": {"due": "S003.7.1 S002.15.3 S003.5.11 S000-6.G.12", "calendar": "S000-7.3.19"},
    "every two years": {"mechanism": "S000-4.A.4"},
    "every three years": {"calendar": "S000-3.D.1", "mechanism": "S000-6.G.1 S000-6.G.2"},
    "school weeks": {"calendar": "S001-2.1.1", "due": "S001-2.1.2 S001-2.1.3 S001-2.1.4"},
    "days": {
        "calendar": "S001-4.1.1 S001-6.1.1 S001-6.1.11 S001-6.1.12 S001-7.1.5 S000-8.A.1 S000-8.A.2 S000-4.A.2",
        "due": "S001-6.1.2 S000-8.A.3 S000-8.A.4",
    },
}
RHYTHM = {
    "every day": When(every="day"),
    "every week": When(every="week"),
    "2 to 3 days": When(days=(2, 3)),
    "every two months": When(every="two-months"),
    "every quarter": When(every="quarter"),
    "every year": When(every="year"),
    "every three years": When(every="three-years"),
}


@cache
def sources():
    """Return where each row of the sources stands, with its time limit: {row: (place, when)}."""
    found = {}
    for name in instrument_ids():
        own = load_instrument(name)
        if not str(own.source["document"]).startswith("S0"):
            continue
        found |= {row: ("mechanism", None) for row in (m.said.row for m in own.mechanisms) if row}
        for each in matters_of(own):
            found[each.code] = ("due" if each.standard else "calendar", each.when)
    return found


@pytest.mark.parametrize("rhythm", WHERE)
def test_every_rhythm_and_day_of_the_sources_has_its_place(rhythm):
    for place, rows in WHERE[rhythm].items():
        for row in rows.split():
            assert sources()[row][0] == place, row
            if rhythm in RHYTHM and place != "mechanism":
                assert sources()[row][1] == RHYTHM[rhythm], row


def test_the_yearly_and_three_yearly_assessment_of_the_police_is_a_cycle():
    (cycle,) = [own for own in load_instrument("taizhou-police-2009").mechanisms if own.kind == "cycle"]
    assert "三年" in cycle.said.text.zh


def test_the_days_of_the_law_campaign():
    assert {str(when.text.en) for row, (_, when) in sources().items() if row.startswith("S001-4.") and when} == {
        "by 30 Oct",
        "by 31 Oct",
    }


def test_every_phase_of_the_sources():
    held = {name: sum(each.phase for each in plan(name)) for name in instrument_ids()}
    assert {name: count for name, count in held.items() if count} == {
        "baqiao-city-management": 2,
        "bishi-town-2010": 3,
        "jiaxing-water-bureau-2011": 3,
        "luxi-county-2012": 2,
        "north-subdistrict-2011": 3,
        "wannian-city-management-2016": 3,
        "xinbei-district": 3,
    }
    for name in held:
        codes = [each.code for each in plan(name)]
        assert len(set(codes)) == len(codes)
        for each in plan(name):
            if each.phase:
                assert each.when.since is not None
                assert each.clause
