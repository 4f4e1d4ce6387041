"""Planning a survey: sizes, allocations, what a whole plan says of an instrument; tables of strata."""

from fractions import Fraction

import numpy as np
import pytest

from evalsys.faults import InputFaults
from evalsys.instrument_file import load_instrument
from evalsys.language import LANGUAGES
from evalsys.survey_designs import Design, Stratum, read_strata, survey_plan, survey_questions
from evalsys.survey_plans import (
    Bar,
    half_width,
    ideal_size,
    invitations,
    neyman,
    pass_chance,
    proportional,
    rate_needed,
    sample_size,
    stratified_size,
    weighted_chance,
    z_of,
)
from evalsys.survey_words import chance_listing, plan_sentences, sample_listing
from evalsys.surveys import counts

ALL = Bar(Fraction(1))


def test_the_sentence_of_this_field():
    assert pass_chance(0.99, 400, ALL) == pytest.approx(0.99**400)
    assert round(pass_chance(0.99, 400, ALL), 3) == 0.018
    assert rate_needed(400, ALL) == pytest.approx(0.9 ** (1 / 400))


def test_bad_numbers_are_refused():
    for call in (
        lambda: ideal_size(0),
        lambda: ideal_size(0.05, rate=1.1),
        lambda: ideal_size(0.05, deff=0),
        lambda: ideal_size(0.05, population=0),
        lambda: z_of(1),
        lambda: half_width(11, population=10),
        lambda: invitations(5, Fraction(0)),
        lambda: proportional([3, 2], 6),
        lambda: neyman([3, 2], [0.5, 0.5], 6),
        lambda: neyman([3, 2], [0.5, 0.5], 4, least=0),
        lambda: proportional([3, 0], 2),
        lambda: weighted_chance([(Fraction(1, 2), counts(2, 0.5))], ALL),
    ):
        with pytest.raises(ValueError, match=r"no such|more answers|needs|add up"):
            call()


def test_nothing_is_ever_above_the_population():
    assert sample_size(0.0001, population=100) == 100
    assert sample_size(0.05, rate=0) == 1
    assert invitations(90, Fraction(1, 2), 100) == 100


def test_proportional_shares_add_up_and_stay_beside_the_quota():
    rng = np.random.default_rng(5)
    for _ in range(300):
        people = rng.integers(1, 400, rng.integers(1, 9)).tolist()
        low = sum(min(2, size) for size in people)
        n = int(rng.integers(1, sum(people) + 1))
        found = proportional(people, n)
        assert sum(found) == max(n, low)
        assert all(min(2, size) <= m <= size for m, size in zip(found, people, strict=True))
        quotas = [Fraction(n * size, sum(people)) for size in people]
        if all(quota >= 2 for quota in quotas):
            assert all(abs(m - quota) < 1 for m, quota in zip(found, quotas, strict=True))


def test_largest_remainder_by_hand():
    # quotas 4.5, 2.7, 1.8 of 9: whole parts 4 + 2 + 1, the two left go to 0.8 and 0.7
    assert proportional([50, 30, 20], 9) == (4, 3, 2)


def test_neyman_gives_what_a_full_stratum_cannot_take_to_the_others():
    # by N S alone the first would get 27 of 30, but it has 10 people
    assert neyman([10, 40], [Fraction(1, 2), Fraction(1, 1000)], 30) == (10, 20)


def test_questions_of_one_standard_are_added_up():
    bar = Bar(Fraction(9, 10))
    assert pass_chance(0.9, 5, bar, questions=2) == pytest.approx(pass_chance(0.9, 10, bar))


def test_plan_of_an_instrument():
    plan = survey_plan(
        load_instrument("wanquan-subdistrict-2021"), Design(population=500_000, response=Fraction(7, 10))
    )
    assert (plan.sample.total, plan.sample.ask, plan.sample.reached, plan.optimal) == (1065, (1522,), True, None)
    found = {own.code: own for own in plan.standards}
    assert {code: own.bar.rate for code, own in found.items()} == {
        "1.1": 1, "1.2": Fraction(9, 10), "1.3": Fraction(19, 20), "5.5": Fraction(9, 10),
    }  # fmt: skip
    assert (found["1.3"].least, found["1.3"].clause) == (1012, "三1")
    assert (found["1.1"].chances[0], found["1.1"].chances[1]) == (1, None)
    assert found["1.1"].chances[-1] == pytest.approx(pass_chance(0.99, 1065, ALL, 500_000))
    at_needed = pass_chance(found["1.3"].needed, 1065, Bar(Fraction(19, 20)), 500_000)
    assert at_needed == pytest.approx(0.9, abs=1e-6)


def test_every_instrument_with_questions_has_a_plan():
    rates = set()
    for name in ("luxi-county-2012", "nieqiao-eco-town", "taizhou-police-2009", "wanquan-subdistrict-2021"):
        plan = survey_plan(load_instrument(name), Design())
        assert plan.standards
        rates |= {own.bar.rate for own in plan.standards}
    assert rates == {Fraction(rate, 100) for rate in (100, 95, 90, 85, 70)}
    assert survey_questions(load_instrument("wujiang-field-2016")) == ()


def test_strata_weights_and_chances_at_their_own_rates():
    strata = (Stratum("甲", 6000, Fraction(9, 10)), Stratum("乙", 3000, Fraction(99, 100)), Stratum("丙", 1000))
    plan = survey_plan(load_instrument("wanquan-subdistrict-2021"), Design(strata=strata))
    sample, optimal = plan.sample, plan.optimal
    assert sample.answers == stratified_size([6000, 3000, 1000], [0.9, 0.99, 0.5], 0.03)
    assert optimal.total < sample.total
    for own in (sample, optimal):
        assert own.half <= 0.03
        # weighed answers are the people again
        people = [w * n * Fraction(10_000, own.total) for w, n in zip(own.weights, own.answers, strict=True)]
        assert people == [6000, 3000, 1000]
    chances = {own.code: (own.expected, own.optimal) for own in plan.standards}
    for own, found in zip((sample, optimal), chances["5.5"], strict=True):
        laws = [
            counts(n, p, 1, size) for n, p, size in zip(own.answers, (0.9, 0.99, 0.5), (6000, 3000, 1000), strict=True)
        ]
        parts = list(zip((Fraction(3, 5), Fraction(3, 10), Fraction(1, 10)), laws, strict=True))
        assert found == weighted_chance(parts, Bar(Fraction(9, 10)))
        assert 0 <= found.low <= found.high <= 1
        assert found.high - found.low < 0.01


def test_who_cannot_be_reached_is_told():
    plan = survey_plan(load_instrument("wanquan-subdistrict-2021"), Design(population=200, response=Fraction(1, 2)))
    assert (plan.sample.ask, plan.sample.reached) == ((200,), False)
    assert any("收不齐" in line for line in plan_sentences(plan, "zh"))


def test_words_are_whole_in_both_languages():
    strata = (Stratum("甲", 6000, Fraction(9, 10)), Stratum("乙", 3000))
    for design in (Design(), Design(strata=strata), Design(population=90, response=Fraction(1, 3))):
        plan = survey_plan(load_instrument("wanquan-subdistrict-2021"), design)
        for lang in LANGUAGES:
            for listing in (sample_listing(plan, lang), chance_listing(plan, lang)):
                assert {len(row) for row in listing.rows} == {len(listing.columns)}
            said = plan_sentences(plan, lang)
            assert all(line[-1] in "。." for line in said)
            assert sum("100%" in line and "99%" in line for line in said) == 1


def test_strata_from_a_file(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("分层,人数,预计比例\n甲街道,120000,90%\n乙街道,80000,\n", "utf-8")
    assert read_strata(path) == (Stratum("甲街道", 120_000, Fraction(9, 10)), Stratum("乙街道", 80_000))


def test_all_faults_of_the_strata_at_once(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("分层,人数,预计比例\n甲,0,90\n甲,二百,\n,5,0.5\n", "utf-8")
    with pytest.raises(InputFaults) as found:
        read_strata(path)
    assert sorted((fault.problem, fault.row) for fault in found.value.faults) == [
        ("bad_integer", 3),
        ("duplicate_id", 3),
        ("empty_value", 4),
        ("out_of_range", 2),
        ("out_of_range", 2),
    ]
