"""Surveys: estimates by hand, laws of counts against scipy and exact fractions, the law of a leaf by enumeration."""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard, text
from scipy import stats

from evalsys.evidence import Assessment
from evalsys.rulebook import RULES, Rule
from evalsys.rules import exact
from evalsys.scoring import score
from evalsys.surveys import apparent, asked, counts, deff_of, estimate, leaf_law, posterior

ONE, HALF = Fraction(1), Fraction(1, 2)


def moments(pmf: Any) -> tuple[float, float]:
    k = np.arange(len(pmf))
    mean = math.fsum(pmf * k)
    return mean, math.fsum(pmf * (k - mean) ** 2)


# ------------------------------------------------------------------------------------------------- the estimate


def test_a_stratified_mean_by_hand() -> None:
    """Two strata, 3 of 4 and 1 of 5 satisfied, of 40 and 60 people: sum W_h^2 (1 - f_h) s_h^2 / n_h in fractions."""
    y, strata = [1, 1, 1, 0, 1, 0, 0, 0, 0], ["a"] * 4 + ["b"] * 5
    found = estimate(y, [1] * 9, strata, {"a": 40, "b": 60})
    variance = Fraction(0)
    for n, people, p in ((4, 40, Fraction(3, 4)), (5, 60, Fraction(1, 5))):
        own = Fraction(n, n - 1) * p * (1 - p)
        variance += Fraction(people, 100) ** 2 * (1 - Fraction(n, people)) * own / n
    share = Fraction(40, 100) * Fraction(3, 4) + Fraction(60, 100) * Fraction(1, 5)
    assert found.share == pytest.approx(float(share), rel=1e-14)
    assert found.se**2 == pytest.approx(float(variance), rel=1e-13)
    # the simple sample that the design effect compares with: people weighted 10 and 12, n / (n - 1) for the variance
    simple = share * (1 - share) * Fraction(9, 8) * (1 - Fraction(9, 100)) / 9
    assert found.deff == pytest.approx(float(variance / simple), rel=1e-13)


def test_only_the_ratios_of_weights_count() -> None:
    y, w = [1, 0, 1, 1], [Fraction(1, 3), Fraction(2), Fraction(1, 2), Fraction(1)]
    once, again = estimate(y, w), estimate(y, [6 * own for own in w])
    assert (once.share, once.se, once.deff) == pytest.approx((again.share, again.se, again.deff), rel=1e-14)
    # w (y - share) / sum w in sixths: share 11/23
    z = [own * (value - Fraction(11, 23)) * 6 / 23 for own, value in zip(w, y, strict=True)]
    assert once.se**2 == pytest.approx(float(Fraction(4, 3) * sum(own**2 for own in z)), rel=1e-13)


def test_equal_strata_of_a_simple_sample_have_no_effect_of_design() -> None:
    found = estimate([1, 1, 0, 1, 0], [2] * 5, population={"": 50})
    assert found.deff == pytest.approx(1, abs=1e-14)
    assert found.n_eff == pytest.approx(5, abs=1e-13)
    assert found.se**2 == pytest.approx(0.6 * 0.4 / 4 * (1 - 5 / 50), rel=1e-14)


def test_everybody_asked_leaves_no_doubt_of_the_share() -> None:
    y = [1, 1, 0, 1, 0, 1]
    for strata, people in (([""] * 6, {"": 6}), (["a", "b"] * 3, {"a": 3, "b": 3})):
        found = estimate(y, [1] * 6, strata, people)
        assert (found.se, found.low, found.high, found.n_eff) == (0, found.share, found.share, 6)
        assert found.share == pytest.approx(4 / 6, rel=1e-15)


def test_a_stratum_with_a_single_answer_counts_with_its_distance_from_the_whole() -> None:
    y, strata = [1, 0, 1, 1, 0], ["a"] * 4 + ["b"]
    for people in (None, {"a": 40, "b": 10}):
        found = estimate(y, [1] * 5, strata, people)
        left = (1.0, 1.0) if people is None else (1 - 4 / 40, 1 - 1 / 10)
        own = 0.8**2 * left[0] * (0.75 * 0.25 * 4 / 3) / 4
        assert found.se**2 == pytest.approx(own + 0.2**2 * left[1] * found.share**2, rel=1e-13)
    assert estimate([1, 0], [1, 1], ["a", "b"]).se > 0


def test_answers_of_a_single_cluster_count_as_one() -> None:
    found = estimate([1, 1, 1, 0], [1] * 4, cluster=["c"] * 4)
    assert (found.deff, found.n_eff) == (4, 1)
    assert found.se**2 == pytest.approx(0.75 * 0.25 * 4 / 3, rel=1e-14)


def test_clusters_are_numbered_within_their_stratum() -> None:
    y, strata = [1, 1, 0, 0, 1, 0, 1, 0], ["a"] * 4 + ["b"] * 4
    once = estimate(y, [1] * 8, strata, cluster=[1, 1, 2, 2] * 2)
    assert once == estimate(y, [1] * 8, strata, cluster=[1, 1, 2, 2, 3, 3, 4, 4])
    # a: clusters of 1 and 0; b: clusters of 1/2 each. m / (m - 1) sum (t - mean)^2 with t = +-1/8 in a, 0 in b
    assert once.se**2 == pytest.approx(2 * 2 / 64, rel=1e-14)


def test_people_drawn_from_drawn_clusters_by_full_enumeration() -> None:
    """2 of 4 communities of 3, then 2 of 3 people: counting people in f errs on the safe side as answers cluster.

    Over all 54 surveys the estimated variance exceeds the true one by f1 (1 - f2) (S_b^2 - S_w^2 / 3) / 2, with S_b^2
    the variance of the communities' shares and S_w^2 that within them: nothing where a community is as mixed as all.
    """
    for homes in (((1, 1, 1), (0, 0, 0), (1, 1, 0), (1, 0, 0)), ((1, 1, 0), (1, 1, 0), (1, 0, 0), (1, 1, 0))):
        found = [
            estimate(one + two, [1] * 4, population={"": 12}, cluster=[a, a, b, b])
            for a, b in itertools.combinations(range(4), 2)
            for one in itertools.combinations(homes[a], 2)
            for two in itertools.combinations(homes[b], 2)
        ]
        assert len(found) == 54
        true = np.var([own.share for own in found])
        between = np.var([np.mean(home) for home in homes], ddof=1)
        within = np.mean([np.var(home, ddof=1) for home in homes])
        excess = 1 / 2 * (1 - 2 / 3) * (between - within / 3) / 2
        assert np.mean([own.se**2 for own in found]) - true == pytest.approx(excess, abs=1e-14)


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("n", [1, 7])
def test_answers_that_are_all_alike_leave_the_doubt_to_the_interval(value: int, n: int) -> None:
    found = estimate([value] * n, [3] * n)
    assert (found.share, found.se, found.deff, found.n_eff) == (value, 0, 1, n)
    near, far = (found.low, found.high) if value == 0 else (1 - found.high, 1 - found.low)
    z = stats.norm.ppf(0.975)
    assert near == pytest.approx(0, abs=1e-15)
    assert far == pytest.approx(z**2 / (n + z**2), rel=1e-12)
    weighted = estimate([value] * 4, [1, 1, 1, 3])
    assert (weighted.deff, weighted.n_eff) == pytest.approx((4 / 3, 3), rel=1e-14)


def test_strata_that_split_the_answers_do_not_make_the_sample_larger() -> None:
    found = estimate([1] * 5 + [0] * 5, [1] * 10, ["a"] * 5 + ["b"] * 5)
    assert (found.se, found.deff, found.n_eff) == (0, 0, 10)
    assert found.low == pytest.approx(stats.binomtest(5, 10).proportion_ci(method="wilson").low, rel=1e-10)


def test_the_interval_covers_as_wilsons_does() -> None:
    """Exact coverage over all counts of 40: .95 on average, and never below .83 (Brown, Cai and DasGupta 2001)."""
    n, k = 40, np.arange(41)
    found = [estimate([1] * own + [0] * (n - own), [1] * n) for own in k.tolist()]
    low, high = np.array([e.low for e in found]), np.array([e.high for e in found])
    cover = [float(stats.binom.pmf(k, n, p) @ ((low <= p) & (p <= high))) for p in np.linspace(0.005, 0.995, 199)]
    assert np.mean(cover) == pytest.approx(0.95, abs=0.006)
    assert min(cover) > 0.83


def test_a_finite_population_makes_the_answers_count_more() -> None:
    """Wilson inverts the hypergeometric variance: both ends lie z of their own standard deviations away."""
    found = estimate([1] * 30 + [0] * 20, [1] * 50, population={"": 80})
    for end in (found.low, found.high):
        sd = math.sqrt(end * (1 - end) / 50 * (80 - 50) / (80 - 1))
        assert abs(end - 0.6) / sd == pytest.approx(stats.norm.ppf(0.975), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([], []), "answers"),
        (([1], [0]), "weight"),
        (([2], [1]), "answers"),
        (([1, 0], [1]), "weight"),
        (([1, 0], [1, 1], ["a"]), "stratum"),
        (([1, 0], [1, 1], ["a", "b"], {"a": 5}), "differ: b"),
        (([1, 0], [1, 1], ["a", "a"], {"a": 5, "c": 5}), "differ: c"),
        (([1, 0], [1, 1], ["a", "a"], {"a": 1}), "more answers than people"),
    ],
)
def test_what_cannot_be_estimated_is_said(arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        estimate(*arguments)


def test_kish_and_the_posterior() -> None:
    weights = [Fraction(1, 2), 3, 1, 1]
    n_eff = sum(weights) ** 2 / sum(w * w for w in weights)
    assert deff_of(weights) == pytest.approx(float(4 / n_eff), rel=1e-15)
    assert deff_of([7] * 9) == pytest.approx(1, abs=1e-15)
    found = estimate([1] * 9 + [0] * 3, [1] * 12, cluster=[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    a, b = posterior(found)
    assert a + b == pytest.approx(found.n_eff + 1, rel=1e-15)
    assert a - 0.5 == pytest.approx(0.75 * found.n_eff, rel=1e-15)
    assert found.n_eff == pytest.approx(12 / found.deff, rel=1e-15)


# ------------------------------------------------------------------------------------------ the law of a count


SIZES, CHANCES = (1, 2, 5, 40, 400), (0.003, 0.3, 0.5, 0.87, 0.9999)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("p", CHANCES)
def test_without_more_the_count_is_binomial(n: int, p: float) -> None:
    found = counts(n, p)
    assert found == pytest.approx(stats.binom.pmf(np.arange(n + 1), n, p), rel=1e-9, abs=1e-300)
    assert moments(found) == pytest.approx((n * p, n * p * (1 - p)), rel=1e-12)
    assert math.fsum(found) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("n", SIZES[1:])
@pytest.mark.parametrize("p", CHANCES)
@pytest.mark.parametrize("rho", [1e-6, 0.02, 0.4, 0.97])
def test_answers_alike_make_it_beta_binomial(n: int, p: float, rho: float) -> None:
    deff = 1 + (n - 1) * rho
    found = counts(n, p, deff)
    assert moments(found) == pytest.approx((n * p, n * p * (1 - p) * deff), rel=1e-12)
    rho = (deff - 1) / (n - 1)
    a, b = p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho
    if rho > 1e-3:  # scipy's own rounding for large parameters is greater
        assert found == pytest.approx(stats.betabinom.pmf(np.arange(n + 1), n, a, b), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("n", "size", "hits"), [(2, 4, 2), (5, 5, 3), (40, 50, 13), (40, 50, 49), (400, 1000, 870)])
def test_few_people_make_it_hypergeometric(n: int, size: int, hits: int) -> None:
    p = hits / size
    found = counts(n, p, population=size)
    by_hand = [Fraction(math.comb(hits, k) * math.comb(size - hits, n - k), math.comb(size, n)) for k in range(n + 1)]
    assert found == pytest.approx([float(own) for own in by_hand], rel=1e-11, abs=1e-15)
    assert found == pytest.approx(stats.hypergeom.pmf(np.arange(n + 1), size, hits, n), rel=1e-9, abs=1e-15)
    mean, variance = moments(found)
    assert mean == pytest.approx(n * p, rel=1e-12)
    assert variance == pytest.approx(n * p * (1 - p) * (size - n) / (size - 1), rel=1e-12, abs=1e-12)


def test_a_number_of_people_that_is_not_whole_is_one_of_its_neighbours() -> None:
    n, p, size = 7, 0.33, 20  # 6.6 of 20
    found = counts(n, p, population=size)
    k = np.arange(n + 1)
    mixed = 0.4 * stats.hypergeom.pmf(k, size, 6, n) + 0.6 * stats.hypergeom.pmf(k, size, 7, n)
    assert found == pytest.approx(mixed, rel=1e-12)
    mean, variance = moments(found)
    assert mean == pytest.approx(n * p, rel=1e-13)
    spare = 0.4 * 0.6 / size**2
    expected = n * (p * (1 - p) - spare) * (size - n) / (size - 1) + n**2 * spare
    assert variance == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [2, 5, 40, 400])
@pytest.mark.parametrize("p", CHANCES)
def test_the_mean_stays_and_the_variance_is_matched(n: int, p: float) -> None:
    """Exactly, but for the quarter at most that not knowing which whole number of people is satisfied adds."""
    for times, deff in itertools.product((1.01, 1.5, 30, 1e9), (0, 0.3, 0.999, 1, 1.4)):
        size = math.ceil(n * times)
        found = counts(n, p, deff, size)
        mean, variance = moments(found)
        assert found.min() >= 0
        assert mean == pytest.approx(n * p, rel=1e-12), (times, deff)
        target = n * p * (1 - p) * deff * (size - n) / (size - 1)
        spare = variance - target
        assert -1e-12 * (1 + target) <= spare <= 0.25 + 1e-12, (times, deff)
        if deff == 1.4 and times >= 30:
            assert spare == pytest.approx(0, abs=1e-12 * (1 + target))


def test_a_design_effect_below_one_without_a_population_is_hypergeometric() -> None:
    """deff .5 of 11: 1 + 10 rho = 1/2, so 21 people; of .7 of 11, 1 - 1 / rho is 34 1/3, between 34 and 35."""
    k = np.arange(12)
    assert counts(11, 1 / 3, 0.5) == pytest.approx(stats.hypergeom.pmf(k, 21, 7, 11), rel=1e-10, abs=1e-14)
    found = counts(11, 0.5, 0.7)
    assert moments(found)[0] == pytest.approx(5.5, rel=1e-13)
    near, far = ((size - 11) / (size - 1) for size in (34, 35))
    mix = (far - 0.7) / (far - near)
    odd = (stats.hypergeom.pmf(k, 35, 17, 11) + stats.hypergeom.pmf(k, 35, 18, 11)) / 2
    assert found == pytest.approx(mix * stats.hypergeom.pmf(k, 34, 17, 11) + (1 - mix) * odd, rel=1e-9)


def test_the_law_has_no_step_where_the_design_effect_passes_one() -> None:
    for size in (None, 60):
        at = counts(20, 0.37, 1, size)
        for near in (1 - 1e-9, 1 + 1e-9):
            assert counts(20, 0.37, near, size) == pytest.approx(at, abs=1e-8)
    assert counts(3000, 0.37, math.nextafter(1, 0)) == pytest.approx(counts(3000, 0.37), rel=1e-12)


def test_the_ends() -> None:
    assert counts(1, 0.3).tolist() == [0.7, 0.3] == counts(1, 0.3, 5.0, 1).tolist()
    for law in (counts(4, 0), counts(4, 0, 2.0), counts(4, 0, 1, 9), counts(4, 0, 0.5)):
        assert law.tolist() == [1, 0, 0, 0, 0]
    for law in (counts(4, 1), counts(4, 1, 2.0), counts(4, 1, 1, 9), counts(4, 1, 0.5)):
        assert law.tolist() == [0, 0, 0, 0, 1]
    for deff in (4.0, 9.0):  # all four say the same
        assert counts(4, 0.3, deff) == pytest.approx([0.7, 0, 0, 0, 0.3], rel=1e-12)


@pytest.mark.parametrize("deff", [0.5, 1, 3])
def test_asking_everybody_leaves_two_neighbouring_counts(deff: float) -> None:
    for p in (0.25, 0.33):
        found = counts(12, p, deff, 12)
        low = math.floor(12 * p)
        assert moments(found)[0] == pytest.approx(12 * p, rel=1e-14)
        assert found[low] + found[low + 1] == pytest.approx(1, abs=1e-14)
        assert np.count_nonzero(found) == (1 if p == 0.25 else 2)


@pytest.mark.parametrize("wrong", [(0, 0.5), (3, -0.1), (3, 1.1), (3, 0.5, -1), (3, 0.5, 1, 2), (3, math.nan)])
def test_there_is_no_such_survey(wrong: Any) -> None:
    with pytest.raises(ValueError, match="no such survey"):
        counts(*wrong)


def test_who_answers_and_what_they_say() -> None:
    assert [asked(n, r) for n, r in ((400, 0.7), (45, 0.7), (15, 0.1), (14, 0.1), (3, 0.0), (3, 1.0))] == [
        *(280, 32, 2, 1, 1, 3)
    ]
    assert asked(5, HALF) == 3
    assert (apparent(0.3), apparent(0.3, 1), apparent(0, 0.2)) == (0.3, 1, 0.2)
    assert apparent(0.6, 0.1) == pytest.approx(0.64, rel=1e-15)


# ------------------------------------------------------------------------------------------- the law of a leaf


QUESTION = {"options": ["是", "一般", "否"], "satisfied": ["是"]}
STEPS = [{"at_least": "80", "value": "1"}, {"above": "40", "value": "0.66"}]
RULED = [
    "share",
    {"threshold": {"at_least": "60", "measure": "%"}},
    {"threshold": {"above": "60", "measure": "%"}},
    {"threshold": {"at_least": "75", "measure": "%", "short": "proportional"}},
    {"threshold": {"at_least": "80", "measure": "%", "short": {"lose": "0.1", "per": "5", "steps": "begun"}}},
    {"ratio": {"target": "75", "measure": "%"}},
    {"bands": {"steps": STEPS, "else": "0.33", "measure": "%"}},
]


def survey_of(folder: Path, rule: Any, answers: Any) -> Assessment:
    """Return an assessment with one survey leaf of two questions."""
    questions = [{"id": name, "text": text(name), **QUESTION} for name in ("q1", "q2")]
    content = content_of([indicator("1", 10, [standard("1.1", rule, 10, ("survey",), questions=questions)])], 10)
    heads = ("respondent", "question", "answer", "stratum", "weight")
    return assessment_of(folder, content, responses=[dict(zip(heads, row, strict=True)) for row in answers])


def rule_of(assessment: Assessment) -> Rule:
    found = assessment.instrument.standards["1.1"].standard
    assert found is not None
    return found.rules["survey"]


def certain(k: int, n: int) -> Any:
    return np.bincount([k], minlength=n + 1).astype(float)


@pytest.mark.parametrize("rule", RULED, ids=str)
@pytest.mark.parametrize("seen", [((3, 5), (1, 2)), ((5, 5), (4, 5)), ((0, 1), (1, 4)), ((2, 5), (4, 5))], ids=str)
def test_counts_that_are_certain_give_the_attainment_of_the_same_answers(tmp_path: Path, rule: Any, seen: Any) -> None:
    answers = [
        (person, name, "是" if person < k else "一般", "", "1")
        for name, (k, n) in zip(("q1", "q2"), seen, strict=True)
        for person in range(n)
    ]
    assessment = survey_of(tmp_path, rule, answers)
    scored = score(assessment).by_code["1.1/survey"].attainment
    law = leaf_law(rule_of(assessment), [[(ONE, certain(k, n))] for k, n in seen])
    assert law == {scored: 1.0}


@pytest.mark.parametrize("rule", RULED, ids=str)
def test_so_do_counts_by_stratum_with_their_weights(tmp_path: Path, rule: Any) -> None:
    """An answer weighs its stratum's share over those asked there."""
    seen = {
        "q1": ((Fraction(2, 7), 2, 3), (Fraction(5, 7), 3, 5)),
        "q2": ((Fraction(2, 7), 3, 4), (Fraction(5, 7), 1, 2)),
    }
    answers = [
        (f"{place}{person}", name, "是" if person < k else "否", f"s{place}", f"{share / n * 70 * 12}")
        for name, strata in seen.items()
        for place, (share, k, n) in enumerate(strata, 1)
        for person in range(n)
    ]
    assessment = survey_of(tmp_path, rule, answers)
    law = leaf_law(rule_of(assessment), [[(w, certain(k, n)) for w, k, n in own] for own in seen.values()])
    assert law == {score(assessment).by_code["1.1/survey"].attainment: 1.0}


STRATA = [
    [[(ONE, 4)], [(ONE, 4)], [(ONE, 4)]],
    [[(ONE, 3)], [(ONE, 5)]],
    [[(Fraction(1, 3), 2), (Fraction(2, 3), 4)], [(Fraction(1, 3), 2), (Fraction(2, 3), 4)]],
    [[(Fraction(123457, 10**6), 2), (Fraction(876543, 10**6), 3)], [(ONE, 2)]],
    [[(Fraction(1, 10**25 + 13), 2), (1 - Fraction(1, 10**25 + 13), 3)]],
    [[(Fraction(3 * 2**60 + own, 9 * 2**60), 1) for own in (-1, 0, 1)]],
]
NAMES = ["same", "unequal", "strata", "odd shares", "beyond int64", "sum beyond"]


@pytest.mark.parametrize(
    "design",
    [pytest.param(*own, id=name, marks=pytest.mark.slow if name in ("same", "strata", "sum beyond") else ())
     for name, *own in zip(NAMES, STRATA, strict=True)],
)  # fmt: skip
def test_the_law_of_a_leaf_by_full_enumeration(tmp_path: Path, design: Any) -> None:
    answer = [("1", "q1", "是", "", "1")]
    ruled = [rule_of(survey_of(tmp_path / str(place), rule, answer)) for place, rule in enumerate(RULED)]
    parts = [[(share, counts(n, 0.62, 1.3)) for share, n in question] for question in design]
    flat = [(share / len(parts), own) for question in parts for share, own in question]
    cases = []
    for found in itertools.product(*(range(len(own)) for _, own in flat)):
        value = sum((w * Fraction(k, len(own) - 1) for k, (w, own) in zip(found, flat, strict=True)), Fraction(0))
        cases.append((value, math.prod(Fraction(float(own[k])) for k, (_, own) in zip(found, flat, strict=True))))
    for rule in (*ruled, Rule("ratio", {"target": Fraction(2, 3)})):
        law, expected = leaf_law(rule, parts), dict[Fraction, Fraction]()
        for value, chance in cases:
            measured = exact([value * 100 if rule.params.get("measure") else value])
            attained = measured if rule.kind == "share" else RULES[rule.kind].attain(rule.params, [measured])
            won = Fraction(int(attained.num[0]), attained.den)
            expected[won] = expected.get(won, Fraction(0)) + chance
        assert list(law) == sorted(expected)
        assert list(law.values()) == pytest.approx([float(expected[value]) for value in law], rel=1e-13)


def test_the_lattice_and_the_listing_of_values_agree() -> None:
    """Steps 1/60 and 1/80 share a lattice of 1/240, on which fewer values lie than there are pairs of counts."""
    laws = counts(30, 0.4, 2.0), counts(40, 0.8, 0.7)
    law = leaf_law(Rule("share"), [[(ONE, own)] for own in laws])
    listed: dict[Fraction, list[float]] = {}
    for j, k in itertools.product(range(31), range(41)):
        listed.setdefault(Fraction(j, 60) + Fraction(k, 80), []).append(float(laws[0][j] * laws[1][k]))
    sums = {value: math.fsum(own) for value, own in listed.items()}
    assert set(law) == {value for value, chance in sums.items() if chance}
    assert [law[value] for value in law] == pytest.approx([sums[value] for value in law], rel=1e-13)


def test_chances_that_are_nil_are_left_out() -> None:
    law = leaf_law(Rule("share"), [[(ONE, counts(2, 1e-200))], [(ONE, counts(3, 1e-200))]])
    assert law == {Fraction(0): 1.0, Fraction(1, 4): pytest.approx(2e-200), Fraction(1, 6): pytest.approx(3e-200)}


def test_what_must_fit_a_lattice_and_does_not_is_said() -> None:
    odd = [(Fraction(1, 3) + Fraction(1, 10**9 + 7 * i), counts(300, 0.5)) for i in range(2)]
    rest = [(1 - odd[0][0] - odd[1][0], counts(300, 0.5))]
    with pytest.raises(OverflowError, match="more than 2097152"):
        leaf_law(Rule("share"), [[*odd, *rest]])
    with pytest.raises(ValueError, match="add up to 1"):
        leaf_law(Rule("share"), [odd])


def test_the_moments_of_a_large_leaf_and_its_time() -> None:
    """400 people, three questions: mean and variance by hand, in a fraction of what a second implementation needs."""
    law = counts(400, 0.87, 40)
    start = time.process_time()
    found = leaf_law(Rule("share"), [[(ONE, law)]] * 3)
    assert time.process_time() - start < 0.2
    assert len(found) == 1201
    values = np.array([float(value) for value in found])
    chances = np.array(list(found.values()))
    mean = math.fsum(values * chances)
    assert mean == pytest.approx(0.87, rel=1e-12)
    assert math.fsum(chances * (values - mean) ** 2) == pytest.approx(0.87 * 0.13 * 40 / 400 / 3, rel=1e-11)


def test_a_threshold_of_a_single_question_is_a_tail_of_its_count() -> None:
    rule = Rule("threshold", {"limits": {"at_least": Fraction(9, 10)}})
    law = leaf_law(rule, [[(ONE, counts(400, 0.9))]])
    assert law[ONE] == pytest.approx(stats.binom.sf(359, 400, 0.9), rel=1e-12)
    assert law[Fraction(0)] == pytest.approx(stats.binom.cdf(359, 400, 0.9), rel=1e-12)
