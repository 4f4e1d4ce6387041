"""Laws of ranks against what they must be: enumeration in fractions, closed forms, symmetry, simulation, a real table.

Orthants: three independent normals have ``P(X1 > X2, X1 > X3) = 1/4 + asin(rho) / (2 pi)`` when their means are equal,
rho being the correlation of the two differences (Sheppard 1899).
"""

from __future__ import annotations

import csv
import itertools
import math
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from evalsys.rank_chances import ScoreLaw, another, discrete, normal, not_firm, order_chance, rank_law, rank_ranges
from evalsys.ranks import competition, ranked

EXACT = 1e-12
CLOSE = 1e-8
NO_ALARM = 4.5  # |z| of a right program exceeds it with chance 7e-6
Atoms = dict[Fraction, Fraction]


def random_atoms(draw: random.Random) -> Atoms:
    """Return a small law whose values are few, so that units tie."""
    values = draw.sample([Fraction(k, 3) for k in range(6)], draw.randint(2, 4))
    weights = [draw.randint(1, 9) for _ in values]
    return {value: Fraction(weight, sum(weights)) for value, weight in zip(values, weights, strict=True)}


def law_of(atoms: Atoms) -> ScoreLaw:
    return discrete([float(value) for value in atoms], [float(chance) for chance in atoms.values()])


def enumerated(laws: Sequence[Atoms], best: str) -> tuple[list[list[Fraction]], list[Fraction]]:
    """Return the chance of each rank, and to be last, over every joint outcome; ranks by counting who is better."""
    ranks = [[Fraction(0)] * len(laws) for _ in laws]
    last = [Fraction(0)] * len(laws)
    for outcome in itertools.product(*(law.items() for law in laws)):
        chance = math.prod((held for _, held in outcome), start=Fraction(1))
        scores = [score if best == "high" else -score for score, _ in outcome]
        for unit, own in enumerate(scores):
            ranks[unit][sum(score > own for score in scores)] += chance
            last[unit] += chance * all(score >= own for score in scores)
    return ranks, last


@pytest.mark.parametrize("best", ["high", "low"])
@pytest.mark.parametrize("seed", range(12))
def test_against_enumeration(seed: int, best: str) -> None:
    draw = random.Random(seed)
    atoms = [random_atoms(draw) for _ in range(draw.randint(3, 5))]
    ranks, last = enumerated(atoms, best)
    laws = [law_of(own) for own in atoms]
    np.testing.assert_allclose(rank_law(laws, best=best), np.array(ranks, dtype=float), rtol=0, atol=EXACT)
    held = rank_ranges(laws, best=best)
    np.testing.assert_allclose([own.last for own in held], np.array(last, dtype=float), rtol=0, atol=EXACT)
    for own, chances in zip(held, ranks, strict=True):
        upto = list(itertools.accumulate(chances))
        assert own.low == 1 + next(k for k, chance in enumerate(upto) if chance >= Fraction(1, 10))
        assert own.high == 1 + next(k for k, chance in enumerate(upto) if chance >= Fraction(9, 10))
    one, other = atoms[:2]
    both = [(a - b, p * q) for (a, p), (b, q) in itertools.product(one.items(), other.items())]
    wanted = [sum(p for gap, p in both if sign(gap) == side) for side in (1, 0, -1)]
    np.testing.assert_allclose(order_chance(*laws[:2]), np.array(wanted, dtype=float), rtol=0, atol=EXACT)


def sign(gap: Fraction) -> int:
    return (gap > 0) - (gap < 0)


@pytest.mark.parametrize("seed", range(6))
def test_shared_severity_against_enumeration(seed: int) -> None:
    draw = random.Random(100 + seed)
    shares = [Fraction(1, 6), Fraction(2, 3), Fraction(1, 6)]
    given = [[random_atoms(draw) for _ in range(4)] for _ in shares]
    wanted = sum(
        float(share) * np.array(enumerated(own, "high")[0], dtype=float)
        for share, own in zip(shares, given, strict=True)
    )
    mixed = [(float(share), [law_of(own) for own in laws]) for share, laws in zip(shares, given, strict=True)]
    np.testing.assert_allclose(rank_law(mixed), wanted, rtol=0, atol=EXACT)


@pytest.mark.parametrize(("gap", "one", "other"), [(0.3, 0.5, 0.5), (-1.0, 0.2, 1.3), (0.1, 1.0, 0.01), (2, 0.6, 0.7)])
def test_two_normals(gap: float, one: float, other: float) -> None:
    ahead = norm.cdf(gap / math.hypot(one, other))
    wanted = [[ahead, 1 - ahead], [1 - ahead, ahead]]
    laws = [normal(96 + gap, one), normal(96, other)]
    np.testing.assert_allclose(rank_law(laws), wanted, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(order_chance(*laws), [ahead, 0, 1 - ahead], rtol=0, atol=EXACT)


@pytest.mark.parametrize(
    "sds", [(1, 1, 1), (0.5, 1, 2), (1, 0.1, 0.1), (1, 0.01, 0.02), (0.001, 1, 0.3), (1, 1e-5, 1e-5)]
)
def test_three_normals(sds: tuple[float, float, float]) -> None:
    laws = [normal(96, sd) for sd in sds]
    first = []
    for own in range(3):
        a, b, c = sds[own], *(sd for k, sd in enumerate(sds) if k != own)
        first.append(1 / 4 + math.asin(a**2 / math.hypot(a, b) / math.hypot(a, c)) / (2 * math.pi))
    wanted = np.array([[chance, 1 - 2 * chance, chance] for chance in first])  # symmetric about the common mean
    np.testing.assert_allclose(rank_law(laws), wanted, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("units", [2, 7, 40])
def test_units_alike_have_every_place_alike(units: int) -> None:
    laws = [normal(93.7, 0.8)] * units
    np.testing.assert_allclose(rank_law(laws), np.full((units, units), 1 / units), rtol=0, atol=CLOSE)
    assert all(own.last == pytest.approx(1 / units, abs=CLOSE) for own in rank_ranges(laws))


def test_each_place_is_taken_once_where_none_can_tie() -> None:
    draw = np.random.default_rng(1)
    laws = [normal(mean, sd) for mean, sd in zip(draw.uniform(88, 98, 30), draw.uniform(0.1, 2, 30), strict=True)]
    held = rank_law(laws)
    np.testing.assert_allclose(held.sum(axis=1), 1, rtol=0, atol=EXACT)
    np.testing.assert_allclose(held.sum(axis=0), 1, rtol=0, atol=10 * CLOSE)


def test_a_normal_among_certain_scores() -> None:
    """Its rank is where it falls among them: differences of the normal law, though the tails of the others jump."""
    marks = [94.0, 95.0, 95.0, 95.1, 97.0]
    held = rank_law([normal(95.2, 0.4), *(normal(mark, 0) for mark in marks)])
    upto = norm.cdf((np.array([*marks[::-1], -np.inf]) - 95.2) / 0.4)
    wanted = -np.diff(upto, prepend=1.0)
    np.testing.assert_allclose(held[0], wanted, rtol=0, atol=1e-10)
    np.testing.assert_allclose(held[5, :2], [norm.cdf(1.8 / 0.4), norm.sf(1.8 / 0.4)], rtol=0, atol=EXACT)


def test_a_normal_among_fine_lattices() -> None:
    """Lattices of some thousand values are near to normal laws: so must the ranks be."""
    laws = [normal(mean, 0.5) for mean in (95.0, 95.4, 95.9)]
    edges = np.linspace(93, 98, 5001)
    fine = [discrete((edges[1:] + edges[:-1]) / 2, np.diff(norm.cdf(edges, own.mean, own.sd))) for own in laws[1:]]
    np.testing.assert_allclose(rank_law([laws[0], *fine]), rank_law(laws), rtol=0, atol=1e-3)  # ties of two lattices
    np.testing.assert_allclose(rank_law([laws[0], *fine])[0], rank_law(laws)[0], rtol=0, atol=1e-4)


def z_scores(drawn: np.ndarray, laws: Sequence[ScoreLaw]) -> np.ndarray:
    """Return how many standard errors the shares of ranks in draws (draws, units) lie from the law."""
    ranks = rankdata(-drawn, method="min", axis=1).astype(int)
    wanted = rank_law(laws)
    units = len(laws)
    seen = np.array([np.bincount(ranks[:, unit] - 1, minlength=units) for unit in range(units)]) / len(drawn)
    error = np.sqrt(wanted * (1 - wanted) / len(drawn))
    possible = wanted * len(drawn) > 20  # where the count is near to normal
    assert np.all(seen[wanted < 1e-12] == 0)
    return np.asarray(((seen - wanted) / np.where(possible, error, np.inf)).ravel())


def test_against_simulation() -> None:
    draw = np.random.default_rng(2)
    lattice = np.arange(88, 98, 0.5)
    laws = [discrete(own := draw.choice(lattice, 8, replace=False), draw.random(8)) for _ in range(5)]
    laws += [normal(mean, sd) for mean, sd in ((93, 1.5), (94, 0.2), (92.5, 0.0))]
    assert own.size == 8
    number = 40_000
    columns = [
        draw.normal(law.mean, law.sd, number) if law.sd else draw.choice(law.values, number, p=law.mass) for law in laws
    ]
    held = z_scores(np.column_stack(columns), laws)
    assert np.abs(held).max() < NO_ALARM
    assert np.abs(held).max() > 1  # it compares something
    shifted = [*laws[:-2], normal(94.1, 0.2), laws[-1]]
    assert np.abs(z_scores(np.column_stack(columns), shifted)).max() > NO_ALARM  # a tenth of a point would be seen


@pytest.mark.slow
def test_against_a_long_simulation() -> None:
    draw = np.random.default_rng(3)
    laws = [normal(mean, sd) for mean, sd in zip(draw.uniform(90, 96, 19), draw.uniform(0.3, 1.2, 19), strict=True)]
    drawn = draw.normal([law.mean for law in laws], [law.sd for law in laws], (400_000, 19))
    assert np.abs(z_scores(drawn, laws)).max() < NO_ALARM


@pytest.mark.parametrize("best", ["high", "low"])
def test_competition_against_scipy(best: str) -> None:
    draw = random.Random(7)
    for _ in range(200):
        scores = [Fraction(draw.randint(0, 12), draw.choice([1, 2, 3, 7])) for _ in range(draw.randint(1, 12))]
        order = sorted(set(scores))  # scipy ranks floats; places of exact values keep their order and their ties
        places = np.array([order.index(score) for score in scores])
        wanted = rankdata(-places if best == "high" else places, method="min")
        assert competition(scores, best=best) == tuple(wanted.astype(int).tolist())


# ----------------------------------------------------------------------------------------------- a real table

LINES = (Path(__file__).parent / "jining-2017.csv").read_text("utf-8").splitlines()
STREETS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))
SD = math.hypot(0.85 * 0.55, 0.15 * 2.2)  # an example: standard errors .55 of the field mark, 2.2 of the survey


def total(street: dict[str, str]) -> Fraction:
    return (85 * Fraction(street["field_raw"]) + 15 * Fraction(street["survey_raw"])) / 100


def test_jining_ranks_as_published() -> None:
    """Within both groups the unrounded totals give the order in which the notice lists the streets."""
    names = [street["unit"] for street in STREETS]
    found = ranked(names, [total(street) for street in STREETS], groups=[street["group"] for street in STREETS])
    assert [own.name for own in found] == names
    assert [own.rank for own in found] == [*range(1, 14), *range(1, 7)]
    assert {own.of for own in found} == {13, 6}
    assert not any(own.tied or own.looks_tied for own in found)


def test_jining_neighbours_that_do_not_differ() -> None:
    main = [street for street in STREETS if street["group"] == "main_urban"]
    laws = [another(float(total(street)), SD) for street in main]
    pairs = {(main[own.ahead]["unit"], main[own.behind]["unit"]): own.kept for own in not_firm(laws)}
    assert ("酒仙桥街道", "南苑街道") in pairs  # 96.01 and 96.00
    assert ("阜桥街道", "观音阁街道") not in pairs  # 94.75 and 92.97
    last = {street["unit"]: own.last for street, own in zip(main, rank_ranges(laws), strict=True)}
    assert max(last, key=lambda name: last[name]) == "金城街道"
    assert sum(last.values()) == pytest.approx(1, abs=1e-7)
