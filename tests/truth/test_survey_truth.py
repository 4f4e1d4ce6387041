"""Planning a survey against a printed table, scipy, enumeration in fractions, and every allocation there is."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from evalsys import surveys
from evalsys.survey_plans import (
    Bar,
    bar_of,
    half_width,
    ideal_size,
    least_count,
    neyman,
    pass_chance,
    proportional,
    rate_needed,
    sample_size,
    sizes_that_pass,
    stratified_half_width,
    stratified_size,
    weighted_chance,
)

# R. V. Krejcie and D. W. Morgan, Determining sample size for research activities, Educational and Psychological
# Measurement 30 (1970) 607, table 1: population and sample at d = 5 %, chi-square 3.841, rounded to the nearest.
KREJCIE_MORGAN = {
    10: 10, 50: 44, 100: 80, 200: 132, 300: 169, 500: 217, 750: 254, 1000: 278, 1500: 306, 2000: 322, 3000: 341,
    5000: 357, 10_000: 370, 20_000: 377, 50_000: 381, 75_000: 382, 1_000_000: 384,
}  # fmt: skip


@pytest.mark.parametrize(("population", "printed"), KREJCIE_MORGAN.items())
def test_printed_sample_sizes(population, printed):
    assert round(ideal_size(Fraction(1, 20), population=population)) == printed
    # ours is rounded up, so that the precision is reached; the printed one at times just misses it
    assert sample_size(Fraction(1, 20), population=population) in (printed, printed + 1)


def test_size_for_any_number_of_people():
    assert (round(ideal_size(Fraction(1, 20))), sample_size(Fraction(1, 20))) == (384, 385)


def test_size_is_the_smallest_that_is_precise_enough():
    for half, rate, population, deff in itertools.product((0.02, 0.05, 0.1), (0.5, 0.9), (None, 300, 40_000), (1, 1.6)):
        n = sample_size(half, 0.95, rate, population, deff)
        if population is None or n < population:
            assert half_width(n, 0.95, rate, population, deff) <= half * (1 + 1e-12)
        if n > 1:
            assert half_width(n - 1, 0.95, rate, population, deff) > half
        assert population is None or n <= population


def test_neyman_has_the_least_variance_of_all_allocations():
    rng = np.random.default_rng(3)
    for _ in range(40):
        parts = int(rng.integers(2, 4))
        people = rng.integers(3, 14, parts).tolist()
        rates = [Fraction(int(rng.integers(0, 21)), 20) for _ in people]
        n = int(rng.integers(2 * parts, sum(people) + 1))

        def variance(sizes, people=people, rates=rates):
            terms = zip(people, rates, sizes, strict=True)
            return sum(N * N * (1 - Fraction(m, N)) * Fraction(N, N - 1) * p * (1 - p) / m for N, p, m in terms)

        every = itertools.product(*(range(2, N + 1) for N in people))
        best = min(variance(sizes) for sizes in every if sum(sizes) == n)
        found = neyman(people, rates, n)
        assert sum(found) == n
        assert all(2 <= m <= N for m, N in zip(found, people, strict=True))
        assert variance(found) == best


def test_chance_to_pass_against_scipy():
    for n, rate in itertools.product((1, 7, 40, 399, 400), (1, Fraction(19, 20), Fraction(9, 10), Fraction(7, 10))):
        bar = Bar(Fraction(rate))
        for p in (0.5, 0.69, 0.9, 0.951, 0.999):
            expected = stats.binom.sf(math.ceil(rate * n) - 1, n, p)
            assert pass_chance(p, n, bar) == pytest.approx(expected, rel=1e-9, abs=1e-15)
            finite = stats.hypergeom.sf(math.ceil(rate * n) - 1, 1000, round(1000 * p), n)
            assert pass_chance(round(1000 * p) / 1000, n, bar, 1000) == pytest.approx(finite, rel=1e-8, abs=1e-14)


def test_rate_needed_is_the_beta_quantile():
    for n, rate in itertools.product((10, 385, 1065), (1, Fraction(19, 20), Fraction(7, 10))):
        k = math.ceil(rate * n)
        assert rate_needed(n, Bar(Fraction(rate))) == pytest.approx(stats.beta.ppf(0.9, k, n - k + 1), abs=1e-8)


def test_sizes_that_pass_by_looking_at_every_size():
    for p, bar, chance in (
        (0.97, Bar(Fraction(19, 20)), 0.9),
        (0.99, Bar(Fraction(1)), 0.5),
        (0.8, Bar(Fraction(7, 10)), 0.95),
    ):
        good = [pass_chance(p, n, bar) >= chance for n in range(1, 700)]
        found = sizes_that_pass(p, bar, chance)
        assert all(good[: found.up_to])
        assert not good[found.up_to]
        if found.from_on is None:
            assert not any(good[-100:])
        else:
            assert all(good[found.from_on - 1 :])
            assert not good[found.from_on - 2]
    assert sizes_that_pass(0.9, Bar(Fraction(9, 10))).from_on is None  # about half the time, however many


def test_weighted_chance_against_enumeration_in_fractions():
    weights, sizes, rates = (
        (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)),
        (4, 3, 5),
        (Fraction(4, 5), Fraction(9, 10), 1),
    )
    parts = [(w, surveys.counts(n, float(p))) for w, n, p in zip(weights, sizes, rates, strict=True)]
    hair = Fraction(1, 10**7)  # just above a value that the share can take: rounding up would reach it
    for rate in (Fraction(1), Fraction(9, 10), Fraction(3, 4), Fraction(3, 4) + hair, Fraction(1, 2)):
        exact = Fraction(0)
        for counts in itertools.product(*(range(n + 1) for n in sizes)):
            share = sum(w * Fraction(k, n) for w, k, n in zip(weights, counts, sizes, strict=True))
            chance = math.prod(
                math.comb(n, k) * Fraction(p) ** k * (1 - Fraction(p)) ** (n - k)
                for n, k, p in zip(sizes, counts, rates, strict=True)
            )
            exact += chance if share >= rate else 0
        found = weighted_chance(parts, Bar(rate))
        assert found.low - 1e-12 <= exact <= found.high + 1e-12
        if rate == 1:
            assert found.low == found.high == pytest.approx(float(exact), rel=1e-12)


def test_strata_reach_the_precision_with_the_least_whole_number():
    people, rates = [12_000, 8_000, 90], [Fraction(9, 10), Fraction(97, 100), Fraction(1, 2)]
    for optimal in (False, True):
        found = stratified_size(people, rates, 0.03, optimal=optimal)
        assert stratified_half_width(people, rates, found) <= 0.03
        less = sum(found) - 1
        fewer = neyman(people, rates, less) if optimal else proportional(people, less)
        assert stratified_half_width(people, rates, fewer) > 0.03
    assert sum(stratified_size(people, rates, 0.03, optimal=True)) < sum(stratified_size(people, rates, 0.03))


def test_equality_at_the_threshold_passes_in_whole_numbers():
    # 0.95 * 380 is 361.0 in floats or a hair beside it; 0.7 * 10 is 7.000000000000001 rounded up wrongly
    for n in range(1, 2000):
        for rate in (Fraction(19, 20), Fraction(9, 10), Fraction(17, 20), Fraction(4, 5), Fraction(7, 10)):
            k = least_count(n, Bar(rate))
            assert k * rate.denominator >= rate.numerator * n > (k - 1) * rate.denominator


def test_bar_of_every_kind_of_rule():
    from evalsys.rule_params import PER_CENT
    from evalsys.rulebook import Rule

    def bar(kind, **params):
        return bar_of(Rule(kind, params))

    assert bar("threshold", limits={"at_least": Fraction(95)}, measure=PER_CENT, short="zero") == Bar(Fraction(19, 20))
    assert bar("threshold", limits={"above": Fraction(95)}, measure=PER_CENT) == Bar(Fraction(19, 20), above=True)
    assert bar("threshold", limits={"at_least": Fraction(80), "at_most": Fraction(90)}, measure=PER_CENT) is None
    assert bar("ratio", target=Fraction(90), measure=PER_CENT) == Bar(Fraction(9, 10))
    steps = (("at_least", Fraction(90), Fraction(1)), ("at_least", Fraction(80), Fraction(1, 2)))
    assert bar("bands", steps=steps, otherwise=0, measure=PER_CENT) == Bar(Fraction(9, 10))
    assert bar("share") is None
