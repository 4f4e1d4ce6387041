"""Places in groups: ties kept, the last round, counts over rounds, the week's flag and the month's class."""

import itertools
from fractions import Fraction

import pytest

from evalsys.faults import InputFaults
from evalsys.ranks import Places, competition, gone, monday, monthly, places, ranked, weekly_best

F = Fraction


def by_name(rows):
    return {row.name: row for row in rows}


def test_competition_ranks():
    assert competition([F(4), F(3), F(3), F(2)]) == (1, 2, 2, 4)
    assert competition([F(4), F(3), F(3), F(2)], best="low") == (4, 2, 2, 1)
    assert competition([None, F(1), None]) == (None, 1, None)  # not assessed takes no place
    assert competition([F(0), None, F(0)]) == (1, None, 1)  # nothing won is not the same as not assessed
    assert competition([]) == ()
    third = F(1, 3)
    assert competition([third, third + F(1, 10**30)]) == (2, 1)  # unrounded


def test_ranked_by_group_then_rank_then_as_given():
    names = ["d", "c", "b", "a", "e", "f"]
    groups = ["out", "in", "out", "in", "out", "in"]
    scores = [F(90), F(80), F(90), F(85), F(95), None]
    found = ranked(names, scores, groups=groups)
    assert [(own.group, own.name, own.rank, own.of) for own in found] == [
        ("out", "e", 1, 3),
        ("out", "d", 2, 3),  # given before b: a tie is not broken by the name
        ("out", "b", 2, 3),
        ("in", "a", 1, 2),
        ("in", "c", 2, 2),
        ("in", "f", None, 2),
    ]
    rows = by_name(found)
    assert rows["d"].tied == ("b",)
    assert rows["b"].tied == ("d",)
    assert rows["f"].tied == ()
    assert {own.name for own in found if own.new} == set()  # without a last round nothing is new


def test_the_order_given_moves_ties_and_nothing_else():
    scores = {"a": F(1), "b": F(2), "c": F(2), "d": None, "e": None}
    for order in itertools.permutations(scores):
        rows = ranked(order, [scores[name] for name in order])
        assert {own.name: own.rank for own in rows} == {"a": 3, "b": 1, "c": 1, "d": None, "e": None}
        wanted = sorted(order, key=lambda name: {"b": 0, "c": 0, "a": 1}.get(name, 2))
        assert [own.name for own in rows] == wanted
        assert {own.name: set(own.tied) for own in rows if own.rank} == {"a": set(), "b": {"c"}, "c": {"b"}}


def test_scores_that_look_the_same():
    scores = [F("96.004"), F("95.996"), F("96.004"), F("95.994"), None, None]
    rows = by_name(ranked("abcdef", scores))
    assert rows["a"].looks_tied == ("b",)
    assert rows["a"].tied == ("c",)  # really tied: not told as looking so
    assert rows["b"].looks_tied == ("a", "c")
    assert rows["d"].looks_tied == ()
    assert rows["e"].looks_tied == rows["e"].tied == ()
    assert by_name(ranked("abcdef", scores, decimals=3))["b"].looks_tied == ()
    assert by_name(ranked("ab", [F("0.125"), F("0.13")]))["a"].looks_tied == ("b",)  # half up, as pages show it
    apart = ranked("ab", [F("96.001"), F("96.002")], groups=["x", "y"])
    assert all(own.looks_tied == () for own in apart)  # another group is another table


def test_change_against_the_last_round():
    before = {"b": F(90), "a": F(95), "c": None, "old": F(99), "z": F(97)}
    rows = by_name(ranked(["a", "b", "c", "d", "z"], [F(92), F(93), F(80), F(85), None], previous=before))
    held = {name: (own.rank, own.previous_rank, own.change, own.moved, own.new) for name, own in rows.items()}
    assert held == {
        "b": (1, 3, F(3), 2, False),
        "a": (2, 2, F(-3), 0, False),  # behind z then; who is gone takes no place
        "d": (3, None, None, None, True),
        "c": (4, None, None, None, False),  # was there and not assessed: not new
        "z": (None, 1, None, None, False),
    }
    assert gone(rows, before) == ("old",)


def test_last_round_in_the_same_group():
    before = {"a": F(1), "b": F(2), "c": F(3)}
    rows = by_name(ranked("abc", [F(1), F(2), F(3)], groups=["x", "x", "y"], previous=before))
    assert [rows[name].previous_rank for name in "abc"] == [2, 1, 1]
    low = by_name(ranked("ab", [F(1), F(2)], previous=before, best="low"))
    assert [(own.rank, own.previous_rank, own.moved) for own in low.values()] == [(1, 1, 0), (2, 2, 0)]


def test_names_that_do_not_tell_whom_they_mean():
    scores = [F(1)] * 5
    with pytest.raises(InputFaults) as held:
        ranked(["a", "b", "a", "b", "c"], scores)
    assert [(fault.problem, fault.value) for fault in held.value.faults] == [
        ("duplicate_id", "a"),
        ("duplicate_id", "b"),
    ]
    groups = ["x", "x", "y", "x", "y"]
    with pytest.raises(InputFaults) as held:
        ranked(["a", "b", "a", "b", "c"], scores, groups=groups)
    assert [fault.value for fault in held.value.faults] == ["b"]  # a stands once in each of two groups
    two = (["a", "a"], [F(1), F(2)])
    assert [own.rank for own in ranked(*two, groups=["x", "y"])] == [1, 1]
    with pytest.raises(InputFaults):
        ranked(*two, groups=["x", "y"], previous={"a": F(1)})
    ranked(*two, groups=["x", "y"], previous={"b": F(1)})


def test_one_score_for_each_name():
    with pytest.raises(ValueError, match="zip"):
        ranked(["a", "b"], [F(1)])


def test_three_firsts_and_two_seconds_in_five():
    """S000-3: three firsts and two seconds in five inspections."""
    scores = [(98, 97), (96, 98), (97, 95), (94, 96), (99, 90)]
    rounds = [dict(zip(("本街道", "邻街道"), competition(list(map(F, own))), strict=True)) for own in scores]
    own, other = places(rounds)
    assert own == Places("本街道", ((1, 3), (2, 2)), missed=0)
    assert (own.times(1), own.times(2), own.times(3), own.rounds) == (3, 2, 0, 5)
    assert other.counts == ((1, 2), (2, 3))
    assert own.text.zh == "5次排名：第1名3次、第2名2次"
    assert own.text.en == "ranked 5 times: 3 times 1st, twice 2nd"


def test_rounds_missed():
    found = places([{"a": 12, "b": None}, {"c": 1}, {"a": 3, "c": 1}])
    assert [(own.name, own.counts, own.missed, own.rounds) for own in found] == [
        ("a", ((3, 1), (12, 1)), 1, 2),
        ("b", (), 3, 0),
        ("c", ((1, 2),), 1, 2),
    ]
    assert found[0].text.zh == "2次排名：第3名1次、第12名1次，缺1次"
    assert found[0].text.en == "ranked twice: once 3rd, once 12th, missing once"
    assert found[1].text.zh == "未参加排名"
    ordinals = [
        Places("a", ((place, 1),), 0).text.en.split()[-1] for place in (1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111)
    ]
    assert ordinals == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th"]


WEEKS = {  # out of order; week 53 of 2020 begins on 28 December and ends in 2021
    "2021-W01": {"甲": F(90), "乙": F(91), "丙": None},
    "2020-W50": {"甲": F(95), "乙": F(95), "丙": F(90)},
    "2020-W53": {"甲": F(97), "乙": F(90)},
    "2020-W51": {"乙": F(96), "甲": F(94), "丙": F(96)},
    "2020-W52": {"甲": None, "乙": None},
}


def test_the_week_s_flag():
    assert [(own.week, own.holders, own.score) for own in weekly_best(WEEKS)] == [
        ("2020-W50", ("甲", "乙"), F(95)),  # shared, not broken
        ("2020-W51", ("乙", "丙"), F(96)),
        ("2020-W52", (), None),
        ("2020-W53", ("甲",), F(97)),
        ("2021-W01", ("乙",), F(91)),
    ]


def test_the_month_s_class():
    december, january = monthly(WEEKS)
    assert december.month == "2020-12"
    assert december.weeks == ("2020-W50", "2020-W51", "2020-W52", "2020-W53")  # by its Monday
    assert [(own.name, own.flags, own.mean, own.weeks, own.rank) for own in december.classes] == [
        ("甲", 2, F(286, 3), 3, 1),  # as many flags as 乙, the better mean: 95.33 against 93.67
        ("乙", 2, F(281, 3), 3, 2),
        ("丙", 1, F(93), 2, 3),
    ]
    assert december.best == ("甲",)
    assert (january.month, january.weeks, january.best) == ("2021-01", ("2021-W01",), ("乙",))
    assert [(own.name, own.rank, own.mean) for own in january.classes][-1] == ("丙", None, None)


def test_a_tie_of_the_month_is_shown():
    [month] = monthly({"2016-W36": {"甲": F(9), "乙": F(9), "丙": F(8)}})
    assert month.best == ("甲", "乙")
    assert [own.tied for own in month.classes] == [("乙",), ("甲",), ()]
    assert [own.rank for own in month.classes] == [1, 1, 3]


def test_flags_come_before_the_mean():
    [month] = monthly(
        {
            "2016-W36": {"甲": F(91), "乙": F(90)},
            "2016-W37": {"甲": F(91), "乙": F(90)},
            "2016-W38": {"甲": F(60), "乙": F(99)},
        }
    )
    held = [(own.name, own.flags, own.mean, own.rank) for own in month.classes]
    assert held == [("甲", 2, F(242, 3), 1), ("乙", 1, F(93), 2)]


def test_each_week_counts_in_one_month():
    weeks = {f"2026-W{k:02d}": {"甲": F(1)} for k in range(1, 54)}  # 2026 has 53 weeks
    months = monthly(weeks)
    assert [week for own in months for week in own.weeks] == list(weeks)
    assert months[0].month == "2025-12"  # week 1 begins on 29 December 2025
    assert all(f"{monday(week):%Y-%m}" == own.month for own in months for week in own.weeks)
    assert sum(own.classes[0].flags for own in months) == 53


@pytest.mark.parametrize("week", ["2016-W60", "2021-W53", "2016-09-05", "36", ""])
def test_no_week(week):
    with pytest.raises(InputFaults) as held:
        monthly({week: {"甲": F(1)}})
    assert [(fault.problem, fault.value) for fault in held.value.faults] == [("bad_date", week)]


def test_all_bad_weeks_at_once():
    with pytest.raises(InputFaults) as held:
        weekly_best({"2016-W60": {}, "2016-W01": {}, "x": {}})
    assert [fault.value for fault in held.value.faults] == ["2016-W60", "x"]
