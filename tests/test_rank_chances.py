"""Chances of places: what a range holds, who is first or last, whose order is not firm."""

import numpy as np
import pytest

from evalsys.language import Text
from evalsys.rank_chances import (
    another,
    discrete,
    no_difference,
    normal,
    not_firm,
    order_chance,
    rank_law,
    rank_ranges,
)

NEAR = {"rtol": 0, "atol": 1e-12}


def test_certain_scores_have_competition_ranks():
    laws = [normal(score, 0.0) for score in (95, 97, 97, 90)]
    assert rank_law(laws).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    assert rank_law(laws, best="low").tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    held = rank_ranges(laws)
    assert [(own.low, own.high, own.first, own.last) for own in held] == [
        (3, 3, 0, 0),
        (1, 1, 1, 0),
        (1, 1, 1, 0),
        (4, 4, 0, 1),
    ]


def test_last_is_nobody_worse():
    held = rank_ranges([normal(score, 0.0) for score in (95, 90, 90)])
    assert [own.last for own in held] == [0, 1, 1]  # both share the last place, whose competition rank is 2
    assert [own.chances for own in held] == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]
    coin = discrete([0, 1], [0.5, 0.5])
    [one, other] = rank_ranges([coin, discrete([0, 1], [0.75, 0.25])])
    assert (one.first, one.last) == (0.875, 0.625)
    assert (other.first, other.last) == (0.625, 0.875)


def test_low_is_high_turned_round():
    generator = np.random.default_rng(4)
    laws = [discrete(generator.integers(0, 5, 4), generator.random(4)) for _ in range(5)] + [normal(2, 0.7)]
    turned = [discrete(-law.values, law.mass) for law in laws[:-1]] + [normal(-2, 0.7)]
    np.testing.assert_allclose(rank_law(laws, best="low"), rank_law(turned), **NEAR)
    low, high = rank_ranges(laws, best="low"), rank_ranges(laws)
    np.testing.assert_allclose([own.last for own in low], [own.first for own in high], rtol=0, atol=1e-9)


def test_the_range_holds_eight_of_ten():
    generator = np.random.default_rng(5)
    laws = [normal(score, 0.6) for score in generator.uniform(90, 97, 19)]
    for own in rank_ranges(laws):
        assert sum(own.chances) == pytest.approx(1, abs=1e-12)
        assert sum(own.chances[: own.low - 1]) < 0.1 <= sum(own.chances[: own.low])
        assert sum(own.chances[own.high :]) <= 0.1 + 1e-9 < sum(own.chances[own.high - 1 :]) + 2e-9
        assert sum(own.chances[own.low - 1 : own.high]) >= 0.8
    wide = rank_ranges(laws, inside=0.98)
    assert all(a.low <= b.low and a.high >= b.high for a, b in zip(wide, rank_ranges(laws), strict=True))
    # a chance of exactly a tenth: its 10 % quantile is the better place, and the 90 % quantile is not the worse one
    tenth = rank_ranges([discrete([0, 2], [0.9, 0.1]), normal(1, 0)])
    assert [(own.low, own.high) for own in tenth] == [(1, 2), (1, 1)]


def test_no_units_and_one():
    assert rank_law([]).shape == (0, 0)
    assert rank_ranges([]) == not_firm([]) == ()
    [alone] = rank_ranges([normal(96, 0.5)])
    assert (alone.low, alone.high) == (1, 1)
    assert (alone.first, alone.last, *alone.chances) == pytest.approx((1, 1, 1))


def test_the_same_score_computed_in_two_ways_is_a_tie():
    assert 0.1 + 0.2 != 0.3
    assert rank_law([discrete([0.1 + 0.2], [1]), discrete([0.3], [1])]).tolist() == [[1, 0], [1, 0]]


def test_weights_become_chances():
    law = discrete([3, 1, 3], [2, 4, 2])  # as a simulation counts
    assert law.values.tolist() == [1, 3]
    assert law.mass.tolist() == [0.5, 0.5]
    assert law.mean == 2


def test_quantiles():
    assert normal(96, 0.5).quantile(0.9) == pytest.approx(96 + 0.5 * 1.2815515655446004)
    law = discrete([1, 2, 3], [0.1, 0.8, 0.1])
    assert [law.quantile(share) for share in (0.05, 0.1, 0.11, 0.9, 0.91, 0.999)] == [1, 1, 2, 2, 3, 3]


def test_a_severe_team_is_severe_to_all():
    """Scores that move together keep their order, though each alone is as uncertain."""
    severe = [(0.5, [normal(96 + shift, 0.1), normal(95 + shift, 0.1)]) for shift in (-3, 3)]
    alone = [discrete([93, 99], [1, 1]), discrete([92, 98], [1, 1])]
    assert rank_law(severe)[0, 0] > 0.9999
    assert rank_law(alone)[0, 0] == pytest.approx(0.75)
    assert not_firm(severe) == ()
    assert [(own.ahead, own.behind, own.kept) for own in not_firm(alone)] == [(0, 1, 0.75)]


def test_severities_count_by_their_weight():
    lenient = [normal(96, 0), discrete([95, 97], [0.75, 0.25])]  # where the first stays ahead with 3 of 4
    strict = [normal(90, 0), discrete([80, 91], [0.5, 0.5])]
    given = [(0.8, lenient), (0.2, strict)]
    [pair] = not_firm(given)
    assert (pair.ahead, pair.behind) == (0, 1)
    assert pair.kept == pytest.approx(0.8 * 0.75 + 0.2 * 0.5)
    np.testing.assert_allclose(rank_law(given), [[0.7, 0.3], [0.3, 0.7]], **NEAR)
    assert [own.last for own in rank_ranges(given)] == pytest.approx([0.3, 0.7])


def test_an_error_that_all_share_moves_no_rank():
    laws = [normal(score, 0.5) for score in (96, 95.7, 95)]
    shared = [(share, [normal(law.mean + shift, 0.5) for law in laws]) for share, shift in ((0.3, -2), (0.7, 1))]
    np.testing.assert_allclose(rank_law(shared), rank_law(laws), rtol=0, atol=1e-9)


def test_whose_order_is_not_firm():
    laws = [normal(90, 0.5), normal(96, 0.5), normal(97.5, 0.5), normal(95.9, 0.5)]
    [pair] = not_firm(laws)  # 97.5 and 96 are 2.1 errors apart
    assert (pair.ahead, pair.behind) == (1, 3)
    assert pair.kept == pytest.approx(0.5562, abs=1e-4)
    assert [(own.ahead, own.behind) for own in not_firm(laws, level=0.99)] == [(2, 1), (1, 3)]
    low = not_firm(laws, best="low")
    assert [(own.ahead, own.behind, round(own.kept, 4)) for own in low] == [(3, 1, 0.5562)]
    tie = not_firm([normal(95, 0), normal(95, 0)])  # a tie is no order
    assert [(own.ahead, own.behind, own.kept) for own in tie] == [(0, 1, 0)]


def test_the_level_itself_is_firm():
    coin = [normal(1, 0), discrete([0, 2], [0.75, 0.25])]
    assert not_firm(coin, level=0.75) == ()
    assert len(not_firm(coin, level=0.76)) == 1


def test_another_measurement_misses_too():
    """Shown by measuring twice: a second measurement falls into the 8 in 10 of `another`, not of one error."""
    generator = np.random.default_rng(6)
    first, second = generator.normal(96, 0.5, (2, 40_000))
    law = another(0.0, 0.5)
    inside = np.mean(np.abs(second - first) < law.quantile(0.9))
    assert abs(inside - 0.8) < 4.5 * np.sqrt(0.8 * 0.2 / 40_000)
    assert law.sd == pytest.approx(0.5 * np.sqrt(2))


def test_order_of_a_law_and_a_value():
    assert order_chance(normal(1, 0), discrete([0, 1, 2], [0.2, 0.5, 0.3])) == pytest.approx((0.2, 0.5, 0.3))
    assert order_chance(discrete([0, 1, 2], [0.2, 0.5, 0.3]), normal(1, 0)) == pytest.approx((0.3, 0.5, 0.2))
    above = order_chance(normal(1, 1), normal(0, 0))
    assert above == pytest.approx((0.8413447460685429, 0, 0.15865525393145707))
    assert order_chance(normal(0, 0), normal(1, 1)) == pytest.approx(above[::-1])


def test_in_words():
    said = no_difference(Text("南苑街道", "Nanyuan"), Text("酒仙桥街道", "Jiuxianqiao"))
    assert said.zh == "南苑街道与酒仙桥街道相差小于测评误差，宜视为不相上下"
    assert said.en.endswith("these two do not differ")
