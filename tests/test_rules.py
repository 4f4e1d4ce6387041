"""Every rule against plain `Fraction` code written here, at its edges and on random numbers."""

import math
import random
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest

from evalsys import rules
from evalsys.rules import Exact, exact

BIG = 2**61 - 1  # a prime: any two such denominators together overflow int64
HUGE = F(10**30 + 57, 3)


def said(found):
    """The numbers of an `Exact`, as a flat list of fractions."""
    assert found.den >= 1
    return [F(int(n), found.den) for n in np.asarray(found.num).ravel()]


def numbers(seed, size, low=-5, high=120):
    """Decimals, thirds, sevenths, whole numbers and per cents of small counts, mixed."""
    draw = random.Random(seed)
    kinds = [
        lambda: F(draw.randint(low * 100, high * 100), 100),
        lambda: F(draw.randint(low * 3, high * 3), 3),
        lambda: F(draw.randint(low * 7, high * 7), 7),
        lambda: F(draw.randint(low, high)),
        lambda: F(100 * draw.randint(0, 20), draw.randint(20, 40)),
    ]
    return [draw.choice(kinds)() for _ in range(size)]


# ---------------------------------------------------------------------------------------------- exact numbers


def test_exact_keeps_every_number():
    values = [F(1, 3), F(-2, 7), F(5), F(0)]
    assert said(exact(values)) == values
    assert exact(values).den == 21
    assert said(exact([])) == []
    assert exact([1, 2]).num.dtype == np.int64


def test_numbers_too_large_for_int64_become_python_ints():
    found = exact([F(1, BIG), F(1, BIG - 1), F(1)])
    assert found.num.dtype == object
    assert said(found) == [F(1, BIG), F(1, BIG - 1), F(1)]


@pytest.mark.parametrize("num", [[1, -3], [2**61, 5], [0, -(2**61)], [0, 0], []])
@pytest.mark.parametrize("factor", [1, 2, 3, 2**62, 2**70, -5, -(2**63)])
def test_scaled_is_exact_or_python(num, factor):
    found = rules.scaled(np.array(num, dtype=np.int64), factor)
    assert [int(n) for n in found] == [n * factor for n in num]


def test_integers_at_the_edge():
    assert rules.integers([2**62 - 1]).dtype == np.int64
    assert rules.integers([2**62]).dtype == object
    assert rules.integers([-(2**62)]).dtype == object


def test_common_denominator():
    nums, den = rules.common([exact([F(1, 4)]), exact([F(1, 6)])])
    assert (den, [int(n[0]) for n in nums]) == (12, [3, 2])


# ---------------------------------------------------------------------------------------------- simple rules


def test_met_counts_anything_above_zero():
    assert said(rules.met(exact([0, 1, 2, F(1, 3)]))) == [0, 1, 1, 1]


@pytest.mark.parametrize("den", [1, 10, 3, BIG])
def test_loss(den):
    lost = [F(0), F(1, den), F(1)]
    assert said(rules.loss(exact(lost))) == [1 - v for v in lost]
    assert said(rules.loss(exact([F(1, BIG), F(1, BIG - 1)]))) == [1 - F(1, BIG), 1 - F(1, BIG - 1)]


def test_share_of_any_counts():
    draw = random.Random(1)
    n = [draw.randint(1, 60) for _ in range(2000)]  # lcm(1..60) is far beyond int64
    k = [draw.randint(0, m) for m in n]
    assert said(rules.share(exact(k), exact(n))) == [F(a, b) for a, b in zip(k, n, strict=True)]
    assert said(rules.share(exact([0, 5, 1]), exact([5, 5, 1]))) == [0, 1, 1]
    assert said(rules.share(exact([F(1, 2), F(1)]), exact([F(3, 2), F(1)]))) == [F(1, 3), 1]
    few = rules.share(exact([1, 2]), exact([2, 3]))
    assert (few.num.dtype, few.den) == (np.dtype(np.int64), 6)


def test_k_of_n_at_the_edge():
    assert said(rules.k_of_n(exact([2, 3, 4]), 3)) == [0, 1, 1]
    assert said(rules.k_of_n(exact([F(5, 2), F(3), F(7, 2)]), 3)) == [0, 1, 1]


def test_none():
    assert said(rules.none(exact([0, 1, F(1, 9)]))) == [1, 0, 0]


def test_growth_equal_passes():
    ours, other = [F(52, 10), F(48, 10), F(1, 3), F(-1)], [F(48, 10), F(52, 10), F(1, 3), F(-2)]
    assert said(rules.growth(exact(ours), exact(other))) == [1, 0, 1, 1]
    assert said(rules.growth(exact([F(1, 2)]), exact([F(1, 3)]))) == [1]
    assert said(rules.growth(exact([F(2, 5)]), exact([F(1, 2)]))) == [0]
    close = F(1, 3) + F(1, BIG)
    assert said(rules.growth(exact([F(1, 3), close]), exact([close, F(1, 3)]))) == [0, 1]


def test_deadline_the_day_itself_passes():
    days = exact([738000, 738001, 738002])
    assert said(rules.deadline(days, 738001)) == [1, 1, 0]
    assert said(rules.deadline(days, np.array([738000, 738000, 738002]))) == [1, 0, 1]
    assert said(rules.deadline(Exact(np.array([2 * 738001, 2 * 738001 + 1]), 2), 738001)) == [1, 0]


# ---------------------------------------------------------------------------------------------- threshold

PASSES = {
    "at_least": lambda x, limit: x >= limit,
    "at_most": lambda x, limit: x <= limit,
    "above": lambda x, limit: x > limit,
    "below": lambda x, limit: x < limit,
}


def plain_threshold(x, limits, short="zero", lose=F(0), per=F(1), steps="linear"):
    if all(PASSES[name](x, limit) for name, limit in limits.items()):
        return F(1)
    if short == "zero":
        return F(0)
    away = [limit - x if name in ("at_least", "above") else x - limit for name, limit in limits.items()]
    gap = max(F(0), *away)
    if short == "proportional":
        (limit,) = limits.values()
        return max(F(0), 1 - gap / limit)
    units = {"linear": gap / per, "begun": F(math.ceil(gap / per)), "full": F(math.floor(gap / per))}[steps]
    return max(F(0), 1 - lose * units)


@pytest.mark.parametrize(
    ("name", "passing"), [("at_least", [0, 1, 1]), ("at_most", [1, 1, 0]), ("above", [0, 0, 1]), ("below", [1, 0, 0])]
)
def test_a_limit_just_below_at_and_just_above(name, passing):
    for limit, step in [(F(90), F(1, 100)), (F(1, 3), F(1, 10**12)), (F(90), F(1, BIG)), (HUGE, F(1, 7))]:
        x = exact([limit - step, limit, limit + step])
        assert said(rules.threshold(x, {name: limit})) == passing


def test_a_range_holds_its_ends():
    limits = {"at_least": F(10), "at_most": F(61, 3)}
    x = [F(999, 100), F(10), F(15), F(61, 3), F(61, 3) + F(1, 10**6)]
    assert said(rules.threshold(exact(x), limits)) == [0, 1, 1, 1, 0]
    left = rules.threshold(exact([8, 23]), limits, "minus", F(1, 10), F(1), "linear")
    assert said(left) == [1 - F(2, 10), 1 - F(1, 10) * (23 - F(61, 3))]


def test_a_hundred_thousand_decisions_none_differs_and_floats_do():
    """Whole decisions: integers against `Fraction`, and the usual float code as the control."""
    draw = random.Random(20160815)
    forms = ["at_least", "at_most", "above", "below", "range"]
    done = wrong = wrong_in_floats = equal = 0
    for turn in range(500):
        form = forms[turn % 5]
        limit = numbers(10_000 + turn, 1, 1, 100)[0]
        limits = {"at_least": limit, "at_most": limit + draw.choice([F(0), F(1, 3), F(5)])}
        limits = limits if form == "range" else {form: limit}
        counts = [(draw.randint(0, n), n) for n in (draw.randint(1, 400) for _ in range(120))]
        x = [F(100 * k, n) for k, n in counts] + numbers(turn, 40) + [limit] * 20
        x += [limit + F(draw.randint(-3, 3), 10 ** draw.randint(1, 15)) for _ in range(20)]
        held = np.asarray(rules.threshold(exact(x), limits).num).tolist()
        plain = [int(all(PASSES[name](v, line) for name, line in limits.items())) for v in x]
        done += len(x)
        wrong += sum(a != b for a, b in zip(held, plain, strict=True))
        equal += sum(v in limits.values() for v in x)
        floats = [k / n * 100 for k, n in counts]
        near = [all(PASSES[name](v, float(line)) for name, line in limits.items()) for v in floats]
        wrong_in_floats += sum(int(a) != b for a, b in zip(near, plain[:120], strict=True))
    assert done == 100_000
    assert wrong == 0
    assert equal >= 10_000
    assert wrong_in_floats > 0


@pytest.mark.parametrize("steps", ["linear", "begun", "full"])
@pytest.mark.parametrize("name", ["at_least", "at_most"])
def test_points_lost_by_the_unit_short(name, steps):
    x = [*numbers(3, 400), F(90), F(80), F(8999, 100), F(7999, 100), F(-20), F(200)]
    for limit, lose, per in [(F(90), F(1, 10), F(10)), (F(90), F(1, 3), F(7, 3)), (F(2, 3), F(1), F(1, 100))]:
        found = said(rules.threshold(exact(x), {name: limit}, "minus", lose, per, steps))
        assert found == [plain_threshold(v, {name: limit}, "minus", lose, per, steps) for v in x]


def test_points_lost_with_numbers_beyond_int64():
    x = [HUGE - 10, HUGE - F(1, BIG), HUGE, F(0)]
    for steps in ("linear", "begun", "full"):
        found = said(rules.threshold(exact(x), {"at_least": HUGE}, "minus", F(1, BIG), F(3, BIG - 1), steps))
        assert found == [plain_threshold(v, {"at_least": HUGE}, "minus", F(1, BIG), F(3, BIG - 1), steps) for v in x]
    one = exact([1, 2, 3])  # small values, a step that int64 cannot hold
    found = said(rules.threshold(one, {"at_least": F(3)}, "minus", F(1, 2), F(2**70), "begun"))
    assert found == [F(1, 2), F(1, 2), F(1)]
    found = said(rules.threshold(one, {"at_least": F(3)}, "minus", F(1, 3**45), F(1), "linear"))
    assert found == [1 - F(2, 3**45), 1 - F(1, 3**45), F(1)]


@pytest.mark.parametrize("name", ["at_least", "at_most"])
def test_proportion_of_a_limit(name):
    x = [*numbers(4, 300), F(60), F(0), F(120), F(121)]
    for limit in (F(60), F(7, 3)):
        found = said(rules.threshold(exact(x), {name: limit}, "proportional"))
        assert found == [plain_threshold(v, {name: limit}, "proportional") for v in x]
    assert said(rules.threshold(exact([45, 90]), {"at_least": F(60)}, "proportional")) == [F(3, 4), 1]
    assert said(rules.threshold(exact([45, 90, 120]), {"at_most": F(60)}, "proportional")) == [1, F(1, 2), 0]


def test_ratio_between_nothing_and_all():
    x = [*numbers(5, 300), F(-1, 2), F(0), F(7, 3), F(71, 30)]
    for target in (F(4), F(7, 3), F(1, BIG), F(2**65)):
        assert said(rules.ratio(exact(x), target)) == [max(F(0), min(F(1), v / target)) for v in x]
    assert said(rules.ratio(exact([HUGE]), F(BIG))) == [min(F(1), HUGE / BIG)]


# ---------------------------------------------------------------------------------------------- tables


def plain_bands(x, steps, otherwise):
    for name, limit, value in steps:
        if PASSES[name](x, limit):
            return value
    return otherwise


def test_bands_the_first_that_holds():
    air = [("above", F(85), F(1)), ("above", F(80), F(66, 100))]
    assert said(rules.bands(exact([86, 85, 81, 80]), air, F(33, 100))) == [1, F(66, 100), F(66, 100), F(33, 100)]
    mixed = [
        ("at_least", F(90), F(1)),
        ("below", F(1, 3), F(1, 7)),
        ("at_most", F(50), F(1, 3)),
        ("above", F(60), F(0)),
    ]
    x = [*numbers(6, 500), F(1, 3), F(90), F(50), F(60)]
    assert said(rules.bands(exact(x), mixed, F(1, 11))) == [plain_bands(v, mixed, F(1, 11)) for v in x]
    assert said(rules.bands(exact(x), [("at_least", HUGE, F(1))], F(1, BIG))) == [F(1, BIG)] * len(x)


def test_lookup():
    table = [F(1), F(66, 100), F(1, 3), F(0)]
    assert said(rules.lookup(exact([3, 0, 1, 2]), table)) == [F(0), F(1), F(66, 100), F(1, 3)]
    assert said(rules.lookup(Exact(np.array([4, 2]), 2), table)) == [F(1, 3), F(66, 100)]
    assert said(rules.lookup(exact([1]), [F(1, BIG), F(1, BIG - 1)])) == [F(1, BIG - 1)]


def plain_grade(holds, grades, otherwise):
    for number, required, value in grades:
        if sum(holds) >= number and all(holds[place] for place in required):
            return value
    return otherwise


GRADE_TABLES = [
    ([(4, (), F(1)), (3, (), F(66, 100))], F(33, 100)),  # all four A, three B, else C
    ([(4, (), F(1)), (3, (1, 2, 3), F(66, 100))], F(0)),  # 2, 3, 4 met = B
    ([(1, (0,), F(1)), (1, (), F(1, 3))], F(1, 7)),
    ([], F(1, 2)),
]


@pytest.mark.parametrize(("grades", "otherwise"), GRADE_TABLES)
def test_count_met_on_every_pattern(grades, otherwise):
    patterns = list(product([False, True], repeat=4))
    found = rules.count_met(np.array(patterns), grades, otherwise)
    assert said(found) == [plain_grade(p, grades, otherwise) for p in patterns]


@pytest.mark.parametrize(("grades", "otherwise"), GRADE_TABLES)
def test_grade_by_count_counts_only_full_parts(grades, otherwise):
    cases = list(product([F(1), F(99, 100), F(0)], repeat=4))
    parts = [exact([case[place] for case in cases]) for place in range(4)]
    expected = [plain_grade([v == 1 for v in case], grades, otherwise) for case in cases]
    assert said(rules.grade_by_count(parts, grades, otherwise)) == expected


# ---------------------------------------------------------------------------------------------- leaves from rows


def plain_deduct(rows, caps, full):
    taken = F(0)
    for place, limit in enumerate(caps):
        own = sum((points for kind, points in rows if kind == place), F(0))
        taken += own if limit is None else min(own, limit)
    return max(F(0), 1 - taken / full)


@pytest.mark.parametrize(
    ("rows", "attained"),
    [
        ([], F(1)),
        ([(-1, F(0))], F(1)),  # looked, and found nothing
        ([(0, F(2))], F(8, 10)),
        ([(0, F(2)), (0, F(2)), (0, F(2))], F(5, 10)),  # capped at 5
        ([(0, F(2)), (0, F(2)), (0, F(1))], F(5, 10)),  # exactly the cap
        ([(1, F(4)), (1, F(4)), (1, F(1))], F(1, 10)),  # no cap
        ([(1, F(5)), (1, F(5))], F(0)),
        ([(1, F(11))], F(0)),  # not below 0
        ([(0, F(9)), (1, F(3))], F(2, 10)),
    ],
)
def test_deduct_by_hand(rows, attained):
    taken, kind = exact([points for _, points in rows]), np.array([place for place, _ in rows], dtype=np.int64)
    assert rules.deduct(taken, kind, [F(5), None], F(10)) == attained
    assert plain_deduct(rows, [F(5), None], F(10)) == attained


def test_deduct_on_random_ledgers():
    draw = random.Random(7)
    for _ in range(300):
        caps = [draw.choice([None, F(draw.randint(1, 9), draw.randint(1, 3))]) for _ in range(3)]
        rows = [
            (draw.randint(-1, 2), F(draw.randint(1, 20), draw.choice([1, 3, 10]))) for _ in range(draw.randint(1, 9))
        ]
        rows = [(kind, points if kind >= 0 else F(0)) for kind, points in rows]
        full = F(draw.randint(1, 30), draw.choice([1, 7]))
        found = rules.deduct(exact([p for _, p in rows]), np.array([k for k, _ in rows]), caps, full)
        assert found == plain_deduct(rows, caps, full)


def test_deduct_sums_beyond_int64():
    points = Exact(np.full(8, 2**61, dtype=np.int64), 1)
    assert rules.deduct(points, np.zeros(8, dtype=np.int64), [None], F(2**65)) == F(1, 2)


def test_over_sites():
    rows = exact([F(1), F(1), F(1, 2), F(0)])
    assert rules.over_sites(rows, "mean") == F(5, 8)
    assert rules.over_sites(rows, "all") == 0
    assert rules.over_sites(exact([F(1), F(1)]), "all") == 1
    assert [rules.over_sites(rows, k) for k in (1, 2, 3)] == [1, 1, 0]
    values = [abs(v) / 200 for v in numbers(8, 500)]
    assert rules.over_sites(exact(values), "mean") == sum(values) / 500
    assert rules.over_sites(Exact(np.full(8, 2**61, dtype=np.int64), 2**61), "mean") == 1


# ---------------------------------------------------------------------------------------------- nodes


def parts_of(seed, count, rows, dens=(1, 3, 10, 12)):
    draw = random.Random(seed)
    columns = []
    for _ in range(count):
        den = draw.choice(dens)
        columns.append([F(draw.randint(0, den), den) for _ in range(rows)])
    return columns


@pytest.mark.parametrize("rows", [1, 2, 50])
@pytest.mark.parametrize("dens", [(1, 3, 10, 12), (BIG, BIG - 1, 7)])
def test_weighted_best_and_worst(rows, dens):
    for seed in range(20):
        columns = parts_of(seed, 4, rows, dens)
        weights = [F(1, 3), F(1, 6), F(1, 4), F(1, 4)]
        parts = [exact(column) for column in columns]
        table = list(zip(*columns, strict=True))
        expected = [sum(w * v for w, v in zip(weights, row, strict=True)) for row in table]
        assert said(rules.weighted(parts, weights)) == expected
        assert said(rules.best(parts)) == [max(row) for row in table]
        assert said(rules.worst(parts)) == [min(row) for row in table]


def test_weighted_when_a_weight_or_a_sum_is_too_large():
    ones = Exact(np.array([2**61, 0]), 2**61)
    assert said(rules.weighted([ones] * 8, [F(1)] * 8)) == [8, 0]
    assert said(rules.weighted([exact([0, 0])], [F(2**70)])) == [0, 0]
    assert said(rules.weighted([exact([1, 0]), exact([0, 1])], [F(1, BIG), 1 - F(1, BIG)])) == [
        F(1, BIG),
        1 - F(1, BIG),
    ]


def test_single_numbers_are_shortened_and_keep_their_shape():
    found = rules.weighted([Exact(np.int64(50), 100), Exact(np.int64(50), 100)], [F(1, 2), F(1, 2)])
    assert (np.shape(found.num), said(found), found.den) == ((), [F(1, 2)], 2)
    deep = found
    for _ in range(40):  # without shortening the denominator would be 6**40
        deep = rules.weighted([deep, deep], [F(1, 3), F(2, 3)])
    assert (said(deep), deep.den) == ([F(1, 2)], 2)


def test_many_rows_in_any_shape():
    block = Exact(np.arange(12).reshape(3, 4), 12)
    found = rules.weighted([block, block], [F(1, 4), F(1, 2)])
    assert found.num.shape == (3, 4)
    assert said(found) == [F(3, 4) * F(n, 12) for n in range(12)]
    assert rules.cap(found).num.shape == rules.best([block, found]).num.shape == (3, 4)


@pytest.mark.parametrize("top", [F(6, 5), F(1) + F(1, BIG), F(1), F(1) - F(1, BIG), F(0)])
def test_cap_and_floor(top):
    assert said(rules.cap(exact([top, F(1, 2)]))) == [min(F(1), top), F(1, 2)]
    assert said(rules.floor(exact([1 - top, F(1, 2)]))) == [max(F(0), 1 - top), F(1, 2)]


def test_cap_against_a_denominator_beyond_int64():
    assert said(rules.cap(Exact(np.array([5, 7]), 2**70))) == [F(5, 2**70), F(7, 2**70)]
    assert said(rules.loss(Exact(np.array([5, 7]), 2**70))) == [1 - F(5, 2**70), 1 - F(7, 2**70)]
