"""Reward tiers: limits belong to the better tier, either ground is enough, and tiers fall."""

import itertools
from fractions import Fraction

import pytest

from evalsys.faults import InputFaults
from evalsys.language import Text
from evalsys.rewards import Tier, check_tiers, tier_of
from evalsys.title_words import reward_text

F = Fraction
FULL, HALF, NONE = Text("一档", "first"), Text("二档", "second"), Text("三档", "third")
TIERS = (Tier(F(5), FULL, F(1), 1), Tier(F("10.5"), HALF, F(1, 2), 3), Tier(None, NONE, F(0)))


@pytest.mark.parametrize(
    ("lost", "notices", "place"),
    [
        ("0", 0, 1), ("5", 1, 1), ("5.000001", 0, 2), ("5", 2, 2), ("10.5", 3, 2), ("10.500001", 0, 3), ("0", 4, 3),
        ("11", 2, 3), ("99", 99, 3),
    ],
)  # fmt: skip
def test_limits_belong_to_the_better_tier_and_either_ground_is_enough(lost, notices, place):
    found = tier_of(F(lost), notices, TIERS)
    assert found.place == place == max(found.by_lost, found.by_notices)
    assert found.tier is TIERS[place - 1]
    assert found.amount(F(9)) == 9 * TIERS[place - 1].share


def test_rewards_never_rise_as_more_is_lost_or_noticed():
    lost = [F(n, 2) for n in range(30)]
    for a, b in itertools.pairwise(lost):
        for n in range(6):
            assert tier_of(b, n, TIERS).tier.share <= tier_of(a, n, TIERS).tier.share
            assert tier_of(a, n + 1, TIERS).tier.share <= tier_of(a, n, TIERS).tier.share


def test_a_class_may_fall_with_the_same_share():
    assert check_tiers([Tier(F(5), FULL, F(1)), Tier(None, HALF, F(1))]) == []


@pytest.mark.parametrize(
    ("tiers", "faults"),
    [
        ([], [("empty_value", None, "")]),
        ([Tier(F(5), FULL, F(1, 2)), Tier(None, HALF, F(1))], [("tiers_rise", 2, "share")]),
        ([Tier(F(5), FULL, F(1)), Tier(F(4), HALF, F(0)), Tier(None, NONE, F(0))], [("tiers_rise", 2, "at_most_lost")]),
        ([Tier(None, FULL, F(1), 3), Tier(None, HALF, F(0), 2), Tier(None, NONE, F(0))],
         [("tiers_rise", 2, "at_most_notices")]),
        ([Tier(None, FULL, F(1), 3), Tier(F(5), HALF, F(0))],
         [("tiers_rise", 2, "at_most_lost"), ("last_tier", 2, "at_most_lost")]),
        ([Tier(F(5), FULL, F(1), 2), Tier(F(5), HALF, F(0), 2), Tier(None, NONE, F(0))], [("unreachable", 2, "")]),
        ([Tier(F(5), FULL, F(1))], [("last_tier", 1, "at_most_lost")]),
        ([Tier(None, FULL, F(1), 2)], [("last_tier", 1, "at_most_notices")]),
        ([Tier(F(-1), FULL, F(2)), Tier(None, HALF, F(-1))],
         [("out_of_range", 1, "share"), ("out_of_range", 1, "at_most_lost"), ("out_of_range", 2, "share")]),
    ],
)  # fmt: skip
def test_tiers_that_do_not_fall_are_faults(tiers, faults):
    assert [(fault.problem, fault.row, fault.column) for fault in check_tiers(tiers)] == faults
    with pytest.raises(InputFaults):
        tier_of(F(0), 0, tiers)


def test_numbers_below_nothing_are_faults():
    with pytest.raises(InputFaults) as caught:
        tier_of(F(-1), -1, TIERS)
    assert [fault.column for fault in caught.value.faults] == ["lost", "notices"]


def test_sentences_name_the_ground():
    assert reward_text(tier_of(F(2), 0, TIERS)).zh == "拟按“一档”发放"
    assert reward_text(tier_of(F("6.25"), 0, TIERS)).zh == "拟按“二档”发放：失分6.25"
    assert reward_text(tier_of(F(20), 2, TIERS)).en == "proposed class of reward: third (20 points lost)"
    assert reward_text(tier_of(F(6), 3, TIERS)).zh == "拟按“二档”发放：失分6；通报后未整改3次"
