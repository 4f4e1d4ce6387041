"""Quotas, awards and three-year goals of a Beijing district (S000-6), from the instrument as it is delivered."""

from fractions import Fraction

import pytest

from evalsys.instrument_file import load_instrument
from evalsys.selection import Award, Candidate, Quota, goals, select
from evalsys.title_words import goal_text, money_text


@pytest.fixture(scope="module")
def rows():
    """Return the mechanisms of the instrument by the row of the source."""
    return {each.said.row: each for each in load_instrument("honest-units-communities").mechanisms if each.said.row}


@pytest.fixture(scope="module")
def quotas(rows):
    units, communities = (int(rows[f"S000-6.G.{n}"].limits["at_most"]) for n in (3, 4))
    return [
        Quota("U", units, int(rows["S000-6.G.1"].limits["at_least"]), 3),
        Quota("C", communities, int(rows["S000-6.G.2"].limits["at_least"]), 3, exists=22),
    ]


def award(rows, group, n):
    low, high = (rows[f"S000-6.G.{n}"].limits[key] for key in ("at_least", "at_most"))
    assert low == high
    return Award(group, low, rows[f"S000-6.G.{n}"].measure)


def applicants(units, communities):
    return [
        Candidate(f"{g}{n}", g, Fraction(n, 7)) for g, count in (("U", units), ("C", communities)) for n in range(count)
    ]


def test_the_printed_numbers(quotas):
    assert [(q.at_most, q.goal) for q in quotas] == [(35, 100), (7, 20)]


def test_49_of_50_with_1_in_reserve(rows, quotas):
    awards = [award(rows, "U", 6), award(rows, "C", 7)]
    found = select(applicants(950, 22), quotas, awards, rows["S000-6.G.8"].limits["at_most"])
    assert [(g.group, g.filled, g.amount, g.cost) for g in found.groups] == [("U", 35, 1, 35), ("C", 7, 2, 14)]
    assert (found.cost, found.budget, found.reserve) == (49, 50, 1)
    assert money_text(found).zh == "奖励共49万元，预算50万元，预留1万元"
    assert {name for name in found.names() if name[0] == "C"} == {f"C{n}" for n in range(15, 22)}
    assert set(found.names()) >= {f"U{n}" for n in range(915, 950)}
    assert len(found.names()) == 42


def test_one_more_unit_and_one_less_yuan(rows, quotas):
    awards = [award(rows, "U", 6), award(rows, "C", 7)]
    everyone = applicants(950, 22)
    assert select(everyone, quotas, awards, Fraction(49)).reserve == 0
    short = select(everyone, quotas, awards, Fraction(49) - Fraction(1, 10000))  # one yuan
    assert short.names() == ()
    assert [g.affordable for g in short.groups] == [34, 6]
    few = select(applicants(30, 5), quotas, awards, Fraction(50))
    assert (few.cost, few.reserve) == (40, 10)


def test_goals_of_three_years(quotas):
    units, communities = (goals(quota, {}, 3) for quota in quotas)
    assert (units.needed, units.possible, units.in_reach) == (100, 105, True)
    assert (communities.needed, communities.possible, communities.in_reach) == (20, 21, True)
    assert (communities.repeats, communities.repeats_possible) == (0, 0)


@pytest.mark.parametrize(("barred", "repeats", "possible"), [(1, 0, 0), (2, 0, 1), (3, 1, 2), (22, 20, 21)])
def test_of_22_communities_some_may_not_apply(quotas, barred, repeats, possible):
    found = goals(quotas[1], {}, 3, barred)
    assert (found.repeats, found.repeats_possible) == (repeats, possible)


def test_five_and_one_place_to_spare(quotas):
    assert goals(quotas[0], {1: 35, 2: 30}, 1).in_reach
    assert not goals(quotas[0], {1: 35, 2: 29}, 1).in_reach
    assert goals(quotas[1], {1: 7, 2: 6}, 1).in_reach
    assert not goals(quotas[1], {1: 6, 2: 6}, 1).in_reach
    assert goal_text(goals(quotas[1], {1: 7}, 2, barred=3)).zh == (
        "目标20个，已命名7个，尚差13个，余2年，年均6.5个；至多可达21个，可以完成；可参评的不足，其中至少1个须为重复命名"
    )
