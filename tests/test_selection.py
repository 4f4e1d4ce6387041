"""Selection: never over quota or budget, no tie broken by the order of rows, against the enumeration of small cases."""

import itertools
import random
from collections import Counter
from fractions import Fraction

import pytest

from evalsys.faults import InputFaults
from evalsys.language import Text
from evalsys.selection import Award, Candidate, Choice, Quota, goals, select, share_quota
from evalsys.title_words import decision_text, goal_text, group_money_text, money_text

BARRED = (Text("一票否决", "a veto"),)
MONEY = Text("万元", "10,000 yuan")


def units(*marks, group="units"):
    """Return candidates named A, B, ... with marks; None for not assessed, a string for a barred one."""
    return [
        Candidate(chr(65 + n), group, None if mark is None else Fraction(mark), BARRED if isinstance(mark, str) else ())
        for n, mark in enumerate(marks)
    ]


def decided(found):
    return {(each.candidate.group, each.candidate.name): each.decision for each in found.decisions}


def said(*marks, at_most, **more):
    return [each.decision for each in select(units(*marks), [Quota("units", at_most)], **more).decisions]


def test_the_best_up_to_the_quota():
    assert said(90, 70, 80, at_most=2) == ["selected", "not_selected", "selected"]
    assert said(90, 70, 80, at_most=9) == ["selected"] * 3
    assert said(90, 70, 80, at_most=0) == ["not_selected"] * 3
    assert said(at_most=2) == []


def test_scores_compare_unrounded():
    assert said("80.001", at_most=1) == ["barred"]
    close = [Fraction(80), Fraction(80) + Fraction(1, 10**9)]
    assert said(*close, at_most=1) == ["not_selected", "selected"]


def test_barred_and_not_assessed_take_no_place():
    assert said("99", None, 60, at_most=1) == ["barred", "no_score", "selected"]
    both = select([Candidate("A", "units", None, BARRED)], [Quota("units", 1)])
    assert both.decisions[0].decision == "barred"


def test_a_tie_at_the_cut_is_shown_to_a_person():
    found = select(units(90, 80, 80, 80, 70), [Quota("units", 3, clause="four")])
    assert [each.decision for each in found.decisions] == ["selected", "tie", "tie", "tie", "not_selected"]
    assert [(each.free, each.tied) for each in found.decisions[1:4]] == [(2, ("B", "C", "D"))] * 3
    assert [each.place for each in found.decisions] == [1, 2, 2, 2, 5]
    assert {each.clause for each in found.decisions} == {"four"}
    assert (found.groups[0].filled, found.groups[0].waiting) == (1, 2)
    assert said(90, 80, 80, 70, at_most=3) == ["selected"] * 3 + ["not_selected"]  # all those tied fit
    assert said(90, 80, 80, 70, at_most=1) == ["selected"] + ["not_selected"] * 3


def test_a_person_chooses_among_those_tied():
    chosen = {"units": Choice(("D", "B"), "抽签")}
    found = select(units(90, 80, 80, 80), [Quota("units", 3)], chosen=chosen)
    assert [each.decision for each in found.decisions] == ["selected", "selected", "not_selected", "selected"]
    assert [each.reason for each in found.decisions] == ["", "抽签", "抽签", "抽签"]


@pytest.mark.parametrize(
    ("choice", "problems"),
    [
        (Choice(("B",), "drawn"), ["choice_count"]),
        (Choice(("B", "B"), "drawn"), ["choice_count"]),
        (Choice(("B", "C", "D"), "drawn"), ["choice_count"]),
        (Choice(("A", "B"), "drawn"), ["choice_not_tied"]),
        (Choice(("B", "C"), " "), ["empty_value"]),
        (Choice(("A",), ""), ["choice_not_tied", "choice_count", "empty_value"]),
    ],
)
def test_a_choice_is_exactly_the_free_places_among_those_tied(choice, problems):
    with pytest.raises(InputFaults) as caught:
        select(units(90, 80, 80, 80), [Quota("units", 3)], chosen={"units": choice})
    assert sorted(fault.problem for fault in caught.value.faults) == sorted(problems)


def test_a_choice_without_a_tie_is_a_fault():
    with pytest.raises(InputFaults) as caught:
        select(units(90, 80), [Quota("units", 1)], chosen={"units": Choice(("A",), "drawn")})
    assert [fault.problem for fault in caught.value.faults] == ["choice_needless"]


def test_all_faults_at_once():
    quotas = [Quota("units", -1), Quota("units", 2), Quota("villages", 3)]
    candidates = [*units(90, 80), Candidate("A", "units", None), Candidate("A", "unit", Fraction(1))]
    awards = [Award("units", Fraction(-1), MONEY), Award("units", Fraction(1), Text("元", "yuan")),
              Award("towns", Fraction(1), MONEY)]  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        select(candidates, quotas, awards, Fraction(-5), {"villages": 4, "towns": 1},
               chosen={"town": Choice((), "")})  # fmt: skip
    assert Counter((f.file, f.problem) for f in caught.value.faults) == {
        ("quotas", "named_twice"): 1,
        ("quotas", "out_of_range"): 1,
        ("candidates", "named_twice"): 1,
        ("candidates", "unknown_name"): 1,
        ("awards", "unknown_name"): 1,
        ("awards", "named_twice"): 1,
        ("awards", "out_of_range"): 2,
        ("awards", "two_measures"): 1,
        ("given_before", "unknown_name"): 1,
        ("given_before", "out_of_range"): 1,
        ("chosen", "unknown_name"): 1,
    }
    assert next(f for f in caught.value.faults if f.value == "unit").nearest == "units"


def test_one_name_may_stand_in_two_groups():
    found = select([*units(90), *units(80, group="villages")], [Quota("units", 1), Quota("villages", 0)])
    assert decided(found) == {("units", "A"): "selected", ("villages", "A"): "not_selected"}


def test_titles_given_before_take_places_and_money():
    award = [Award("units", Fraction(3, 2), MONEY)]
    found = select(units(90, 80, 70), [Quota("units", 4)], award, Fraction(6), {"units": 2})
    assert [each.decision for each in found.decisions] == ["selected", "selected", "not_selected"]
    assert (found.cost, found.reserve) == (Fraction(6), 0)
    assert group_money_text(found.groups[0], Text("单位", "units"), MONEY).en == (
        "units: a quota of 4, 2 named before, 2 proposed; 1.5 × 10,000 yuan each, 6 × 10,000 yuan in all"
    )


# ----------------------------------------------------------------------------------------------------- money


def test_a_budget_that_is_too_small_selects_nobody_who_costs():
    candidates = [*units(90, 80, 70), *units(95, 85, group="towns"), *units(60, group="flags")]
    quotas = [Quota("units", 2), Quota("towns", 2), Quota("flags", 1)]
    awards = [Award("units", Fraction(1), MONEY), Award("towns", Fraction(2), MONEY)]
    assert "unfunded" not in decided(select(candidates, quotas, awards, Fraction(6))).values()
    found = select(candidates, quotas, awards, Fraction(5))
    assert list(decided(found).values()) == ["unfunded", "unfunded", "not_selected", "unfunded", "unfunded", "selected"]
    assert (found.cost, found.reserve) == (6, -1)
    assert [(g.filled, g.affordable) for g in found.groups] == [(0, 1), (0, 1), (1, None)]
    assert money_text(found, {"units": Text("单位", "units")}).zh == (
        "奖励共6万元，超出预算5万元达1万元，须压缩名额或增加预算（若只压缩单位，至多1个；若只压缩towns，至多1个）"
    )
    assert money_text(found).en == (
        "awards of 6 × 10,000 yuan exceed the budget of 5 × 10,000 yuan by 1 × 10,000 yuan: fewer places or more money "
        "are needed (if only units are cut, at most 1; if only towns are cut, at most 1)"
    )
    assert decision_text(found.decisions[0]).zh == "经费不足，待定：组内第1名，名额之内，但奖励合计超出预算"
    cut = select(candidates, [Quota("units", 1), *quotas[1:]], awards, Fraction(5))  # what the person then does
    assert cut.reserve == 0
    assert cut.names() == ("A", "A", "B", "A")


def test_places_that_wait_for_a_person_are_paid_for():
    awards = [Award("units", Fraction(1), MONEY)]
    found = select(units(90, 80, 80), [Quota("units", 2)], awards, Fraction(2))
    assert (found.cost, found.reserve) == (2, 0)
    found = select(units(90, 80, 80), [Quota("units", 2)], awards, Fraction(1))
    assert list(decided(found).values()) == ["unfunded"] * 3
    assert found.groups[0].waiting == 0


def test_money_without_a_budget():
    found = select(units(90), [Quota("units", 1)], [Award("units", Fraction(1), MONEY)])
    assert (found.cost, found.reserve) == (1, None)
    assert money_text(found).zh == "奖励共1万元，未设预算"


# ----------------------------------------------------------------------------------------- random, enumerated


def random_case(seed):
    draw = random.Random(seed)
    groups = ["a", "b", "c"][: draw.randint(1, 3)]
    candidates = [
        Candidate(
            f"{n}", draw.choice(groups), draw.choice([None, *(Fraction(k, 3) for k in range(5))]),
            BARRED if draw.random() < 0.15 else (),
        )
        for n in range(draw.randint(0, 10))
    ]  # fmt: skip
    quotas = [Quota(group, draw.randint(0, 4)) for group in groups]
    awards = [Award(group, Fraction(draw.randint(0, 4), 2), MONEY) for group in groups if draw.random() < 0.8]
    budget = draw.choice([None, Fraction(draw.randint(0, 12), 2)])
    given = {quota.group: draw.randint(0, quota.at_most) for quota in quotas if draw.random() < 0.3}
    return draw, candidates, quotas, awards, budget, given


@pytest.mark.parametrize("part", range(4))
def test_never_over_quota_or_budget_and_never_by_row_order(part):
    for seed in range(part * 150, part * 150 + 150):
        draw, candidates, quotas, awards, budget, given = random_case(seed)
        found = select(candidates, quotas, awards, budget, given)
        price = {award.group: award.amount for award in awards}
        spent = sum(number * price.get(group, 0) for group, number in given.items())
        for quota, money in zip(quotas, found.groups, strict=True):
            mine = [each for each in found.decisions if each.candidate.group == quota.group]
            selected = [each for each in mine if each.decision == "selected"]
            tied = [each for each in mine if each.decision == "tie"]
            left = quota.at_most - given.get(quota.group, 0)
            assert len(selected) + (tied[0].free if tied else 0) <= left
            assert money.filled == len(selected)
            assert not tied or 0 < tied[0].free < len(tied)
            spent += (len(selected) + money.waiting) * price.get(quota.group, 0)
        new = any(each.decision in ("selected", "tie") and price.get(each.candidate.group) for each in found.decisions)
        assert budget is None or spent <= budget or not new
        assert all(not each.candidate.barred for each in found.decisions if each.decision != "barred")
        shuffled = draw.sample(candidates, len(candidates))
        assert decided(select(shuffled, quotas[::-1], awards[::-1], budget, given)) == decided(found)
        assert [each.candidate for each in select(shuffled, quotas).decisions] == shuffled


def allowed(candidates, places):
    """Return every best choice of a group: sets of up to `places` names such that nobody outside beats one inside."""
    fit = {c.name: c.score for c in candidates if c.score is not None and not c.barred}
    size = min(places, len(fit))
    return [
        set(names)
        for names in itertools.combinations(fit, size)
        if all(fit[inside] >= fit[out] for inside in names for out in fit if out not in names)
    ]


@pytest.mark.parametrize("seed", range(150))
def test_against_every_best_choice(seed):
    """Selected is who stands in every best choice, tied who stands in some, not selected who stands in none."""
    _, candidates, quotas, _, _, _ = random_case(seed)
    found = decided(select(candidates, quotas))
    for quota in quotas:
        mine = [candidate for candidate in candidates if candidate.group == quota.group]
        best = allowed(mine, quota.at_most)
        for candidate in mine:
            name, decision = candidate.name, found[quota.group, candidate.name]
            if candidate.barred or candidate.score is None:
                assert decision == ("barred" if candidate.barred else "no_score")
            elif all(name in names for names in best):
                assert decision == "selected"
            else:
                assert decision == ("tie" if any(name in names for names in best) else "not_selected")


# ----------------------------------------------------------------------------------------------------- quotas


def test_a_share_of_the_applicants_is_floored_exactly():
    assert share_quota("organs", Fraction(3, 10), 10).at_most == 3  # 0.3 * 10 in floats is 3 by luck, 0.29 * 100 is 28
    assert share_quota("organs", Fraction(29, 100), 100).at_most == 29
    assert share_quota("organs", Fraction(1, 3), 8, "五") == Quota("organs", 2, clause="五")
    assert share_quota("organs", Fraction(1), 8).at_most == 8
    assert share_quota("organs", Fraction(0), 8).at_most == 0
    assert share_quota("organs", Fraction(1), 0).at_most == 0
    for share, applicants in ((Fraction(11, 10), 8), (Fraction(-1), 8), (Fraction(1, 2), -1)):
        with pytest.raises(InputFaults):
            share_quota("organs", share, applicants)


def test_a_goal_that_is_out_of_reach():
    quota = Quota("units", 35, goal=100, over_years=3)
    found = goals(quota, {1: 35, 2: 29}, 1)
    assert (found.given, found.needed, found.possible, found.in_reach) == (64, 36, 99, False)
    assert goal_text(found).zh == "目标100个，已命名64个，尚差36个，余1年，年均36个；至多可达99个，无法完成"
    assert goals(quota, {1: 35, 2: 30}, 1).in_reach
    assert goals(quota, {1: 0, 2: 35}, 1).needed == 65
    over = goals(quota, {1: 35, 2: 30, 3: 34}, 0)
    assert (over.needed, over.a_year, over.in_reach) == (1, None, False)
    assert goal_text(over).en == "goal 100, given 99, still 1; at most 99 are possible: out of reach"
    assert goal_text(goals(quota, {1: 35, 2: 35, 3: 35}, 0)).en == "goal 100, given 105: reached"


def test_goals_against_every_way_to_fill_the_years():
    for at_most, years, goal, exists in itertools.product(range(4), range(4), range(8), range(6)):
        found = goals(Quota("g", at_most, goal, years, exists), {}, years)
        totals = {sum(way) for way in itertools.product(range(at_most + 1), repeat=years)}
        assert found.possible == max(totals)
        assert found.in_reach is any(total >= goal for total in totals)
        assert found.repeats == max(0, goal - exists)
        assert found.repeats_possible == max(0, max(totals) - exists)


def test_faults_of_goals():
    quota = Quota("units", 35, goal=100, over_years=3, exists=22)
    with pytest.raises(InputFaults) as caught:
        goals(quota, {1: 36, 2: -1}, 2, barred=23)
    assert sorted((f.column, f.allowed) for f in caught.value.faults) == [
        ("1", "0 – 35"), ("2", "0 – 35"), ("barred", "0 – 22"), ("years_left", "0 – 1"),
    ]  # fmt: skip
    with pytest.raises(InputFaults):
        goals(Quota("units", 35), {}, 0)
    with pytest.raises(InputFaults):
        goals(Quota("units", 35, goal=3), {}, -1)


# -------------------------------------------------------------------------------------------------- sentences


def test_sentences():
    found = select(units(90, 80, 80, 80, 70, None, "60"), [Quota("units", 3)])
    assert [decision_text(each).zh for each in found.decisions[:2]] == [
        "拟命名：组内第1名，在名额之内",
        "同分待定：3个对象并列第2名，余2个名额，请人工确定",
    ]
    assert [decision_text(each).zh for each in found.decisions[4:]] == [
        "不予命名：组内第5名，在名额之外",
        "未测评：没有得分，不参加评选",
        "不予命名：一票否决",
    ]
    assert decision_text(found.decisions[1]).en == (
        "tied, to be decided: 2 places for 3 candidates that share place 2; a person decides"
    )
    settled = select(units(90, 80, 80), [Quota("units", 2)], chosen={"units": Choice(("B",), "抽签")})
    assert [decision_text(each).zh for each in settled.decisions[1:]] == [
        "拟命名：2个对象并列第2名，余1个名额，经人工确定：抽签",
        "不予命名：2个对象并列第2名，余1个名额，经人工确定：抽签",
    ]
    tied = select(units(90, 80, 80), [Quota("units", 2)]).groups[0]
    assert group_money_text(tied, Text("单位", "units"), None).zh == "单位：名额2个，拟命名1个，同分待定1个"
