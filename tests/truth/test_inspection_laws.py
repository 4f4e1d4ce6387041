"""The laws that a coming inspection rests on, against scipy, textbook formulas and cases worked by hand.

Hypergeometric, binomial and beta-binomial laws and the finite-population variance (Cochran, Sampling Techniques, 1977,
sections 2.5, 2.6 and 3.2) stand against the enumerator, which is what engines are then compared with. Operating
characteristics are those of single sampling by attributes: a lot of N with D bad ones is accepted if a sample of n
holds at most c of them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import instrument_of
from by_hand import DROPPED, MISSING, PEERS, Trees, mark_whole
from enumerated import Enumeration, given, law_of, mended, passing, score_of, with_severity
from random_models import block_of, flat, model_of, random_model
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit, roots_jacobi

from evalsys.model import Block, Check, Event, LeafRule, Model
from evalsys.severity import intercepts, nodes, shifted

ZERO, ONE, HALF, THIRD = Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 3)
YES_NO = (ONE, ZERO)


def f(text: str) -> Fraction:
    return Fraction(text)


def moments(law: dict[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    mean = sum((value * chance for value, chance in law.items()), ZERO)
    return mean, sum((value**2 * chance for value, chance in law.items()), ZERO) - mean**2


def at_least(law: dict[Fraction, Fraction], mark: Fraction) -> Fraction:
    return sum((chance for value, chance in law.items() if value >= mark), ZERO)


def lot(size: int, bad: int, drawn: int, rule: LeafRule | None = None, full: int | None = None) -> Model:
    """One standard at `size` sites, `bad` of which surely fail; in points: how many of those drawn comply."""
    check = Check(0, YES_NO, drawn)
    entries = [(0.0, bad), (1.0, size - bad)]
    chance = [[p] for p, count in entries if count]
    block = block_of(drawn, [check], chance, times=[count for _, count in entries if count])
    return model_of(flat(full or drawn, ("sum", [ONE])), [block], [rule or LeafRule()])


# ------------------------------------------------------------------------------------------- draws of sites


@pytest.mark.parametrize(
    ("size", "bad", "drawn"), [(6, 2, 3), (10, 3, 4), (50, 7, 5), (12, 12, 2), (9, 0, 4), (7, 3, 7)]
)
def test_drawn_sites_are_hypergeometric(size: int, bad: int, drawn: int) -> None:
    law = law_of(lot(size, bad, drawn))
    truth = stats.hypergeom(size, size - bad, drawn)
    assert {int(value): float(chance) for value, chance in law.items()} == pytest.approx(
        {k: truth.pmf(k) for k in range(drawn + 1) if truth.pmf(k) > 0}, rel=1e-12
    )
    for value, chance in law.items():  # and without floats
        k = int(value)
        assert chance == Fraction(math.comb(size - bad, k) * math.comb(bad, drawn - k), math.comb(size, drawn))
    p = 1 - Fraction(bad, size)
    assert moments(law) == (drawn * p, drawn * p * (1 - p) * Fraction(size - drawn, size - 1))


@pytest.mark.parametrize("drawn", [1, 2, 3, 4, 5])
def test_the_mean_of_a_draw_has_the_variance_of_a_finite_population(drawn: int) -> None:
    """``S^2 / n (1 - n / N)`` with ``S^2 = sum of (x - mean)^2 / (N - 1)``; nothing when all are drawn."""
    values = [ONE, f("7/10"), f("1/3"), f("1/2"), ZERO]
    block = block_of(
        drawn,
        [Check(0, (ONE, f("7/10"), f("1/3"), f("1/2"), ZERO), drawn)],
        [[1.0], *[[0.0]] * 4],
        sizes=np.concatenate([np.eye(4)[:1], np.eye(4)])[:, None, :],
    )
    mean, variance = moments(law_of(model_of(flat(1, ("sum", [ONE])), [block])))
    centre = sum(values, ZERO) / 5
    assert mean == centre
    assert variance == sum((v - centre) ** 2 for v in values) / 4 / drawn * (1 - Fraction(drawn, 5))
    assert drawn < 5 or variance == 0


def test_one_site_of_one_is_a_coin() -> None:
    law = law_of(model_of(flat(1, ("sum", [ONE])), [block_of(1, [Check(0, YES_NO, 1)], [[0.3]])]))
    assert law == {ONE: Fraction(0.3), ZERO: 1 - Fraction(0.3)}


def test_independent_rows_are_binomial() -> None:
    check = Check(0, YES_NO, 5)
    law = law_of(model_of(flat(5, ("sum", [ONE])), [block_of(5, [check], [[0.8]], times=[5])]))
    found = [float(law[Fraction(k)]) for k in range(6)]
    assert found == pytest.approx(stats.binom(5, 0.8).pmf(range(6)), rel=1e-12)


# scipy's hypergeometric law, and by hand for N = 50, n = 5, c = 1: C(50, 5) = 2118760;
# D = 2: 1 - C(48, 3) / C(50, 5) = 1 - 17296 / 2118760; D = 5: (C(45, 5) + 5 C(45, 4)) / C(50, 5)
@pytest.mark.parametrize(
    ("bad", "by_hand"),
    [
        (0, ONE),
        (1, ONE),
        (2, 1 - Fraction(17296, 2118760)),
        (5, Fraction(1221759 + 5 * 148995, 2118760)),
        (10, Fraction(658008 + 10 * 91390, 2118760)),
        (47, ZERO),
    ],
)
def test_operating_characteristic_by_hand(bad: int, by_hand: Fraction) -> None:
    model = lot(50, bad, 5, LeafRule("count", required=4), full=1)
    assert at_least(law_of(model), ONE) == by_hand


@pytest.mark.parametrize(("size", "drawn", "c"), [(50, 5, 1), (20, 5, 0), (30, 8, 2), (40, 10, 9)])
def test_operating_characteristic(size: int, drawn: int, c: int) -> None:
    for bad in range(0, size + 1, 5):
        rule = LeafRule("count", required=drawn - c)
        chance = at_least(law_of(lot(size, bad, drawn, rule, full=1)), ONE)
        assert float(chance) == pytest.approx(stats.hypergeom(size, bad, drawn).cdf(c), rel=1e-12, abs=1e-15)


# -------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize(("a", "b", "rows"), [(0.5, 0.5, 4), (8.5, 1.5, 5), (3.0, 2.0, 1)])
def test_a_rate_that_is_unsure_makes_rows_beta_binomial(a: float, b: float, rows: int) -> None:
    """Gauss-Jacobi nodes are exact for the polynomial that the chance of k of n is in the rate."""
    block = block_of(rows, [Check(0, YES_NO, rows)], [[a / (a + b)]], times=[rows], rate=[[0]], keep=[[0.0]])
    model = model_of(flat(rows, ("sum", [ONE])), [block], rates=np.array([[a, b]]))
    x, weights = roots_jacobi(rows + 2, b - 1, a - 1)
    law = np.zeros(rows + 1)
    for node, weight in zip((1 + x) / 2, weights / weights.sum(), strict=True):
        own = law_of(model.with_rates([node]))
        law += weight * np.array([float(own.get(Fraction(k), ZERO)) for k in range(rows + 1)])
    assert law == pytest.approx(stats.betabinom(rows, a, b).pmf(range(rows + 1)), rel=1e-10)
    p, rho = a / (a + b), 1 / (a + b + 1)  # rho: correlation of two rows
    mean = law @ np.arange(rows + 1)
    assert mean == pytest.approx(rows * p, rel=1e-10)
    spread = law @ np.arange(rows + 1) ** 2 - mean**2
    assert spread == pytest.approx(rows * p * (1 - p) * (1 + (rows - 1) * rho), rel=1e-10)


def test_what_was_seen_moves_with_the_rate_only_in_part() -> None:
    block = block_of(
        1, [Check(0, YES_NO, 1)], [[0.9], [0.75], [0.5]], rate=[[0], [0], [-1]], keep=[[0.75], [0.0], [0.0]]
    )
    model = model_of(flat(1, ("sum", [ONE])), [block], rates=np.array([[3.0, 1.0]]))
    assert model.with_rates([0.35]).blocks[0].chance[:, 0] == pytest.approx([0.8, 0.35, 0.5])


# --------------------------------------------------------------------------------------------------- severity

BEYOND = 2 * stats.norm.sf(6.5)  # what the normal law has beyond the 6.5 standard deviations of the nodes


@pytest.mark.parametrize("sd", [0.1, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("p", [0.001, 0.5, 0.9, 0.995])
def test_severity_keeps_the_mean_chance(sd: float, p: float) -> None:
    """To 1e-10 over the nodes' own range, by adaptive quadrature; over the whole line up to what lies beyond it."""
    b = float(intercepts([p], sd)[0])

    def integral(reach: float, value: Callable[[float], float]) -> float:
        density = lambda x: value(x) * math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)  # noqa: E731
        return quad(density, -reach, reach, epsabs=1e-14, epsrel=1e-13, limit=500)[0]

    inside = integral(6.5, lambda x: expit(b + sd * x)) / integral(6.5, lambda _: 1.0)
    assert abs(inside - p) < 1e-10
    assert abs(integral(12, lambda x: expit(b + sd * x)) - p) < BEYOND


def test_what_is_certain_stays_certain() -> None:
    assert shifted(intercepts([0.0, 1.0], 0.5), -3.0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("sd", [0.3, 1.0])
def test_trapezoid_nodes_converge(sd: float) -> None:
    """On a smooth chance, and on one that is nearly a step: a normal law of width 0.2 sd about 0.4 sd."""
    width = 0.2
    truth = float(stats.norm.cdf(-0.4 / math.sqrt(1 + width**2)))  # P(z + noise > 0.4)
    errors = []
    for count in (13, 25, 49, 97, 193):
        z, weights = nodes(sd, count)
        assert weights.sum() == pytest.approx(1, abs=1e-15)
        assert abs(weights @ z) < 1e-15
        assert weights @ z**2 == pytest.approx(sd**2, rel=1e-4 if count == 13 else 1e-7)
        errors.append(abs(weights @ stats.norm.cdf((z / sd - 0.4) / width) - truth))
    assert errors[0] > errors[1] > 1e-3 > errors[2] > errors[3]
    assert errors[2] < 1e-5  # at 49 nodes, and all that lies beyond 6.5 standard deviations from 97 on
    assert max(errors[3:]) < BEYOND
    x, gauss = np.polynomial.hermite_e.hermegauss(49)
    assert abs(gauss @ stats.norm.cdf((x - 0.4) / width) / gauss.sum() - truth) > 10 * errors[2]


def test_an_inspector_who_errs() -> None:
    block = block_of(2, [Check(0, YES_NO, 2), Check(1, YES_NO, 2, shifts=False)], [[0.8, 0.7], [0.5, 0.6]])
    model = model_of(flat(2, ("sum", [HALF, HALF])), [block], sensitivity=0.9, specificity=0.95, severity=0.4)
    z, weights = nodes(0.4, 97)
    mean = np.tensordot(weights, model.seen(0, z), 1)
    assert mean[:, 0] == pytest.approx([0.8 * 0.95 + 0.2 * 0.1, 0.5 * 0.95 + 0.5 * 0.1], abs=1e-12)
    assert mean[:, 1] == pytest.approx([0.7, 0.6], abs=1e-15)


def test_severity_keeps_the_mean_of_a_linear_score_and_widens_it() -> None:
    block = block_of(2, [Check(0, YES_NO, 2), Check(1, YES_NO, 2)], [[0.8, 0.7], [0.5, 0.6], [0.95, 0.9]])
    plain = model_of(flat(2, ("sum", [HALF, HALF])), [block])
    mean, variance = moments(law_of(plain))
    moved_mean, moved_variance = moments(with_severity(replace(plain, severity=0.6), *nodes(0.6, 49)))
    assert float(moved_mean) == pytest.approx(float(mean), abs=1e-9)
    assert moved_variance > variance


# ------------------------------------------------------------------------------- the enumerator, by hand


def three_sites(drawn: int = 2, **more: Any) -> Model:
    """Site A keeps both standards; B breaks the first; C breaks the second, and the first in half of the cases."""
    chance = [[1.0, 1.0], [0.0, 1.0], [0.5, 0.0]]
    checks = [Check(0, YES_NO, more.pop("reach", drawn)), Check(1, YES_NO, drawn)]
    return model_of(flat(8, ("sum", [HALF, HALF])), [block_of(drawn, checks, chance)], **more)


def test_two_of_three_sites_by_hand() -> None:
    """AB lose half of the first, AC half of the second and perhaps of the first, BC half of both or more."""
    law = law_of(three_sites())
    assert law == {f("2"): Fraction(1, 6), f("4"): Fraction(1, 3), f("6"): Fraction(1, 2)}


def test_a_check_at_the_first_site_only() -> None:
    """The first standard is checked at one of the two sites: which of them came first matters.

    Second standard 4 points without C (1 of 3), else 2. First 4 or 0: AB 1/2; AC (A first: 4; C first: half) 3/4;
    BC (B first 0, C first half) 1/4.
    """
    law = law_of(three_sites(reach=1))
    sixth = Fraction(1, 6)
    assert law == {f("8"): sixth, f("4"): sixth, f("6"): THIRD * (f("3/4") + f("1/4")), f("2"): THIRD}


def test_a_cap_and_a_linear_standard_at_the_same_sites() -> None:
    """The law of the capped node alone, and that of the rest, do not give the law of both."""
    instrument = flat(16, ("cap", [f("3/4"), f("3/4")]), ("sum", [ONE]))
    chance = [[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    blocks = [block_of(2, [Check(n, YES_NO, 2) for n in range(3)], chance)]
    law = law_of(model_of(instrument, blocks))
    # AB: 3/8 + 3/4 of 8, capped, and half of 8; AC the same; BC: half of each, 6 of 8, and nothing
    assert law == {f("12"): Fraction(2, 3), f("6"): THIRD}
    apart = [
        block_of(2, [Check(n, YES_NO, 2) for n in own], [[row[n] for n in own] for row in chance])
        for own in ([0, 1], [2])
    ]
    shortcut = law_of(model_of(instrument, apart))
    assert shortcut == {
        f("12"): Fraction(4, 9),
        f("10"): Fraction(2, 9),
        f("8"): Fraction(2, 9),
        f("6"): Fraction(1, 9),
    }
    assert at_least(law, f("12")) != at_least(shortcut, f("12"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # two rows, each absent with 1/2, complies with 1/4, fails with 1/4
        (LeafRule("mean", absent="drop"), {"1": "5/16", "0": "5/16", "1/2": "1/8", "dropped": "1/4"}),
        (LeafRule("mean", absent="full"), {"1": "9/16", "0": "1/16", "1/2": "3/8"}),
        (LeafRule("mean", absent="peers"), {"1": "5/16", "0": "5/16", "1/2": "1/8", "peers": "1/4"}),
        (LeafRule("count", absent="drop"), {"1": "5/16", "0": "7/16", "dropped": "1/4"}),
        (LeafRule("count", required=1, absent="full"), {"1": "15/16", "0": "1/16"}),
        (LeafRule("count", required=2, absent="drop"), {"1": "1/16", "0": "3/16", "missing": "1/2", "dropped": "1/4"}),
    ],
)
def test_rows_that_do_not_apply(rule: LeafRule, expected: dict[str, str]) -> None:
    """With two required and fewer seen, one that applies decides nothing (it is missing, as in a mock assessment)."""
    block = block_of(2, [Check(0, YES_NO, 2)], [[0.5], [0.5]], absent=[[0.5], [0.5]])
    found = Enumeration(model_of(flat(1, ("sum", [ONE])), [block], [rule]))
    law = found.of_blocks(0.0)
    states: dict[Any, Fraction] = {}
    for key, weight in law.items():
        state = found.states(key)[0]
        states[state] = states.get(state, ZERO) + Fraction(weight, sum(law.values()))
    words = {DROPPED, MISSING, PEERS}
    assert states == {key if key in words else Fraction(key): Fraction(value) for key, value in expected.items()}


def test_deductions_with_a_cap_by_hand() -> None:
    """4 points; litter takes 2 at each site but at most 5/2 in all, obstruction 1: two sites that surely fail."""
    taken = ((ZERO, ZERO), (f("2"), ZERO), (ZERO, ONE))
    check = Check(0, (ONE, HALF, f("3/4")), 2, taken=taken)
    block = block_of(2, [check], [[0.0], [0.0]])
    rule = LeafRule("deduct", caps=(f("5/2"), None), full=f("4"))
    law = law_of(model_of(flat(4, ("sum", [ONE])), [block], [rule]))
    assert law == {f("3/2"): Fraction(1, 4), ONE: HALF, f("2"): Fraction(1, 4)}


def test_events_by_hand() -> None:
    events = (Event("a", 0.5, f("3")), Event("b", 0.25, veto=True), Event("c", 0.5, f("9")))
    assert passing(f("10"), f("7"), events) == f("3/4") * f("1/2")
    assert passing(f("10"), f("8"), events) == f("3/4") * f("1/4")
    assert passing(f("10"), ZERO, events) == f("3/4")  # not below 0, and equality passes
    assert passing(f("6"), f("7"), events) == ZERO


def test_what_a_table_of_sites_says_by_hand() -> None:
    """Mark 6 of 8: only AB, and AC with luck, pass. Mending B's first standard: AB 8, BC 4 + 0 or 2 of 4."""
    found = given(three_sites(mark=f("6")))
    assert found.chance == Fraction(1, 2)
    assert found.site == {(0, 0): Fraction(3, 4), (0, 1): HALF, (0, 2): Fraction(1, 4)}
    assert found.mended[0, 1, 0] == ((1 + HALF + HALF) / 3, (1 + HALF) / 2)
    assert found.mended[0, 0, 0] == (found.chance, found.site[0, 0])  # nothing to mend
    assert found.leaf[0, HALF] == (Fraction(2, 3), Fraction(1, 2))
    assert found.leaf[1, ONE] == (THIRD, ONE)


# ------------------------------------------------------------- the enumerator against plainer ways to do the same


def test_the_score_by_hand_on_nodes_is_that_on_files(tmp_path: Path) -> None:
    """Two ways to the tree: from its nodes as read, and from the content of the file."""
    chance = random.Random(5)
    compared = 0
    for seed in range(3):
        for shares in (False, True):
            content = Trees(seed, shares).content()
            instrument = instrument_of(tmp_path, content)
            codes = [instrument.nodes[place].code for place in instrument.leaves]
            for odd in (0, 0.05, 0.2):
                states = {
                    code: chance.choice((DROPPED, MISSING))
                    if chance.random() < odd
                    else chance.choice((ZERO, THIRD, HALF, ONE, ONE))
                    for code in codes
                }
                truth = mark_whole(content, lambda code, method, states=states: states[f"{code}/{method}"])
                score = score_of(instrument, [states[code] for code in codes])
                assert score == (truth.share * instrument.full_marks if truth.known else None)
                compared += score is not None
    assert compared > 14


def plainly(model: Model) -> dict[Fraction, float]:
    """Every order of every draw and every outcome of every row, one by one, in floats and without merging."""
    found = Enumeration(model)
    laws = []
    for place, block in enumerate(model.blocks):
        own = []
        sites = [entry for entry, times in enumerate(block.times.tolist()) for _ in range(times)]
        orders = list(itertools.permutations(range(len(sites)), block.drawn))
        for order in orders:
            rows = [(sites[at], c) for c, check in enumerate(block.checks) for at in order[: check.reach]]
            for outcome in itertools.product(*(outcomes(block, *row) for row in rows)):
                weight = math.prod(p for _, p in outcome) / len(orders)
                state = sum(found.added(place, c, level) for (_, c), (level, _) in zip(rows, outcome, strict=True))
                own.append((state, weight))
        laws.append(own)
    law: dict[Fraction, float] = {}
    for parts in itertools.product(*laws):
        score = found.total(sum(state for state, _ in parts))
        law[score] = law.get(score, 0.0) + math.prod(weight for _, weight in parts)
    return law


def outcomes(block: Block, entry: int, check: int) -> list[tuple[int | None, float]]:
    p, off = block.chance[entry, check], block.absent[entry, check]
    lower = enumerate(block.sizes[entry, check, : len(block.checks[check].levels) - 1], 1)
    every = [(0, (1 - off) * p), *((level, (1 - off) * (1 - p) * size) for level, size in lower), (None, off)]
    return [(level, chance) for level, chance in every if chance]


@pytest.mark.parametrize("kind", ["mean", "count", "deduct"])
@pytest.mark.parametrize("reach", [1, 2])
def test_all_orders_and_outcomes_one_by_one(kind: str, reach: int) -> None:
    rules = {
        "mean": LeafRule("mean", absent="drop"),
        "count": LeafRule("count", absent="peers"),
        "deduct": LeafRule("deduct", caps=(ONE, None), full=f("3"), absent="drop"),
    }
    taken = ((ZERO, ZERO), (ONE, HALF), (HALF, f("2")))
    checks = [
        Check(0, (ONE, f("3/10"), ZERO), reach, taken=taken if kind == "deduct" else ()),
        Check(1, YES_NO, 2),
    ]
    block = block_of(2, checks, [[0.3, 0.9], [0.8, 0.55]], times=[1, 2], absent=[[0.2, 0.0], [0.0, 0.0]], part="state")
    instrument = flat(10, ("worst", [HALF, HALF]), ("sum", [ONE]))
    third = block_of(1, [Check(2, (ONE, HALF, f("1/10")), 1), Check(1, YES_NO, 1)], [[0.7, 0.4]], part="documents")
    model = model_of(instrument, [block, third], [rules[kind], LeafRule(), LeafRule()])
    law, plain = law_of(model), plainly(model)
    assert sum(law.values()) == 1
    assert len(law) > 4
    assert {value: float(chance) for value, chance in law.items()} == pytest.approx(plain, rel=1e-12)


def test_what_the_enumerator_refuses() -> None:
    checks = [Check(n, YES_NO, 2) for n in range(2)]
    block = block_of(2, checks, [[0.5, 0.5], [0.5, 0.5]], absent=[[0.5, 0.5], [0.5, 0.5]])
    instrument = flat(2, ("sum", [HALF, HALF]))
    with pytest.raises(ValueError, match="does not say"):
        law_of(model_of(instrument, [block]))
    with pytest.raises(ValueError, match="no score"):
        law_of(model_of(instrument, [block], [LeafRule(absent="drop")] * 2))
    with pytest.raises(ValueError, match="no pass mark"):
        given(three_sites())
    many = [block_of(9, [Check(n, YES_NO, 9)], [[0.5]], times=[9]) for n in range(5)]
    with pytest.raises(ValueError, match="50000 different"):
        law_of(model_of(flat(5, ("sum", [Fraction(1, 5)] * 5)), many))


FLAGS: Sequence[dict[str, bool]] = (
    {},
    {"linear": True},
    {"absent": True},
    {"events": True},
    {"severity": True},
    {"shares": True},
    {"absent": True, "events": True, "severity": True},
)


def test_conditional_chances_add_up_to_the_chance_to_pass() -> None:
    """Over the values of a leaf, and over the sites of a block (each drawn with n / N, n of them in every draw)."""
    for seed, flags in enumerate(FLAGS):
        model = random_model(seed, **flags)
        found = given(model)
        law = law_of(model)
        assert model.mark is not None
        truth = sum((chance * passing(value, model.mark, model.events) for value, chance in law.items()), ZERO)
        assert 0 < found.chance < 1
        assert found.chance == truth
        for leaf in {leaf for leaf, _ in found.leaf}:
            own = [both for (column, _), both in found.leaf.items() if column == leaf]
            assert sum(p for p, _ in own) == 1
            assert sum(p * chance for p, chance in own) == truth
        for place, block in enumerate(model.blocks):
            over = [times * found.site[place, entry] for entry, times in enumerate(block.times.tolist())]
            assert sum(over) == block.population * truth


def test_a_mended_chance_is_that_of_the_mended_model() -> None:
    model = random_model(3)
    assert model.mark is not None
    found = given(model)
    better = 0
    for (block, site, check), (chance, drawn) in found.mended.items():
        again = given(mended(model, block, site, check))
        assert (chance, drawn) == (again.chance, again.site[block, site])
        better += chance > found.chance
    assert better > 2


def test_what_is_seen_speaks_of_severity_and_what_is_drawn_does_not() -> None:
    """One strict node and one lenient: to see a leaf comply makes the lenient one likelier."""
    block = block_of(1, [Check(0, YES_NO, 1), Check(1, YES_NO, 1)], [[0.5, 0.5]])
    model = model_of(flat(2, ("sum", [HALF, HALF])), [block], severity=1.0, mark=f("2"))
    z, weights = [-1.0, 1.0], [0.5, 0.5]
    low, high = (Fraction(float(model.seen(0, node)[0, 0])) for node in z)
    found = given(model, None, z, weights)
    assert found.chance == (low**2 + high**2) / 2 == found.site[0, 0]
    assert found.leaf[0, ONE] == ((low + high) / 2, (low**2 + high**2) / (low + high))
    assert found.mended[0, 0, 0] == ((low + high) / 2, (low + high) / 2)
    assert found.leaf[0, ONE][1] > found.mended[0, 0, 0][0]


def test_the_random_models_hold_everything() -> None:
    models = [random_model(seed) for seed in range(50)]
    nodes_ = {node.combine.kind for model in models for node in model.instrument.nodes}
    rules_ = {rule.kind for model in models for rule in model.leaves if rule}
    assert nodes_ == {"sum", "mean", "cap", "floor", "best", "worst", "subset-grade"}
    assert rules_ == {"mean", "count", "deduct"}
    blocks = [block for model in models for block in model.blocks]
    assert {block.part for block in blocks} == {"state", "survey", "documents"}
    assert any(block.whole and block.population > 1 for block in blocks)
    assert any((block.times > 1).any() for block in blocks)
    assert any(check.reach < block.drawn for block in blocks for check in block.checks)
    assert any(model.missing.any() for model in models)
    assert any(model.dropped.any() for model in models)
    assert any(model.rows[c.leaf] > c.reach for model in models for b in model.blocks for c in b.checks)
    assert all(0 < at_least(law_of(model), model.mark or ZERO) < 1 for model in models[:6])
    again = [random_model(seed) for seed in range(3)]
    assert [law_of(model) for model in again] == [law_of(model) for model in models[:3]]


def test_linear_models_are_linear() -> None:
    for seed in range(8):
        model = random_model(seed, linear=True)
        assert {node.combine.kind for node in model.instrument.nodes} <= {"sum", "mean"}
        assert {rule.kind for rule in model.leaves if rule} == {"mean"}
