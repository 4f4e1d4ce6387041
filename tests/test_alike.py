"""Rows that are alike, drawn by one look: the law against exact fractions, the table against the law, rows given it.

Three z-tests, at |z| < 4.5: by the normal law one fails by accident with a chance of 2e-5, and seeds are fixed.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from evalsys.alike import EDGE_BITS, Batch, Law, Sum, law_of_sum, masses_of

LIMIT = 4.5
YES_NO: tuple[Sum, ...] = ((0,), (1,))
ONE = 2**96


def exact(law: Law) -> list[Fraction]:
    return [Fraction(edge, 2**EDGE_BITS) for edge in law.edges]


@pytest.mark.parametrize("p", [0.0, 1e-12, 0.3, 0.97, 1 - 2.0**-40, 1.0])
@pytest.mark.parametrize("rows", [1, 2, 5, 20, 63])
def test_two_levels_are_binomial_to_the_last_bit(rows: int, p: float) -> None:
    """Edges lie within 2**-62 of the binomial law in fractions of the chance as it is stored."""
    law = law_of_sum(YES_NO, masses_of(p, [], None), rows)
    assert law.rows == rows
    assert law.outcomes == tuple((k,) for k in range(rows + 1))
    q, below = 1 - Fraction(p), Fraction(0)
    for fails, edge in enumerate(exact(law)):
        below += math.comb(rows, fails) * q**fails * (1 - q) ** (rows - fails)
        assert abs(below - edge) < Fraction(1, 2**62)
        assert edge == 1 if below == 1 else True


LAWS = {
    "levels": (((0, 0), (0, 1), (0, 3)), masses_of(0.7, [0.4], None)),
    "kinds": (((0, 0, 0), (0, 2, 0), (0, 1, 5), (0, 0, 2)), masses_of(0.55, [0.2, 0.9], None)),
    "absent": (((0, 0), (0, 3), (0, 7), (1, 0)), masses_of(0.6, [0.5], 0.2)),
    "no level of its own": (((0, 0), (0, 2), (0, 2)), masses_of(0.35, [0.25], None)),
    "never complies": (((0, 0), (0, 1), (0, 2)), masses_of(0.0, [0.3], None)),
    "a level that never shows": (((0, 0), (0, 1), (0, 3)), masses_of(0.7, [math.inf], None)),
    "certain": (((0, 0), (0, 1), (0, 2), (1, 0)), masses_of(1.0, [0.5], 0.0)),
}


def enumerated(sums: tuple[Sum, ...], masses: tuple[int, ...], rows: int) -> dict[Sum, Fraction]:
    law: dict[Sum, Fraction] = {}
    for levels in product(range(len(sums)), repeat=rows):
        total = tuple(sum(sums[level][k] for level in levels) for k in range(len(sums[0])))
        law[total] = law.get(total, Fraction(0)) + math.prod(Fraction(masses[level], ONE) for level in levels)
    return law


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_any_levels_are_what_all_combinations_of_rows_give(name: str, rows: int) -> None:
    sums, masses = LAWS[name]
    assert sum(masses) == ONE
    law, truth = law_of_sum(sums, masses, rows), enumerated(sums, masses, rows)
    assert set(law.outcomes) == set(truth)
    assert list(law.outcomes) == sorted(law.outcomes, key=lambda own: (own[0], sum(own)))
    below = Fraction(0)
    for outcome, edge in zip(law.outcomes, exact(law), strict=False):
        below += truth[outcome]
        assert abs(below - edge) < Fraction(1, 2**62)
        assert (edge == 1) == (below == 1)


def test_masses_are_the_chances() -> None:
    found = [mass / ONE for mass in masses_of(0.75, [0.5, 0.75], 0.2)]
    assert found == pytest.approx([0.6, 0.1, 0.05, 0.05, 0.2], abs=1e-16)
    assert [mass / ONE for mass in masses_of(0.75, [math.inf], None)] == [0.75, 0.25, 0]


def test_how_many_rows_stand_together_depends_on_no_chance() -> None:
    """So a repair leaves every other random number where it was."""
    for sums, most in ((YES_NO, 63), (((0,), (1,), (2,)), 31), (((0,), (1,), (100,)), 9), (((0,), (0,)), 500)):
        for p in (0.0, 0.4, 1.0):
            law = law_of_sum(sums, masses_of(p, [0.5] * (len(sums) - 2), None), 500)
            assert law.rows == most
            assert len(law.outcomes) <= 64
    wide = tuple((k,) for k in range(100))
    assert law_of_sum(wide, masses_of(0.5, np.linspace(0.01, 0.98, 98).tolist(), None), 5).rows == 1


@pytest.mark.parametrize(
    "laws",
    [
        [law_of_sum(*own, 4) for own in LAWS.values()],
        [law_of_sum(YES_NO, masses_of(p, [], None), 1) for p in (0.0, 2.0**-20, 0.25, 0.3, 1 - 2.0**-30, 1.0)],
        [law_of_sum(tuple((k,) for k in range(300)), masses_of(0.5, np.linspace(0.001, 0.99, 298).tolist(), None), 1)],
        [law_of_sum(((0,), (0,)), masses_of(0.5, [], None), 9)],
    ],
    ids=["table", "two outcomes", "many levels", "one outcome"],
)
def test_a_look_shows_what_the_law_says_or_leaves_it_open(laws: list[Law]) -> None:
    """All 65,536 first bits: where the look decides, the lowest and highest number that begin so give the same."""
    batch = Batch.of(laws)
    bits = np.arange(2**16, dtype=np.uint16)
    shown, near = batch.look(np.broadcast_to(bits, (len(laws), 2**16)))
    left = np.zeros(shown.shape, dtype=bool)
    left.reshape(-1)[near] = True
    low = bits.astype(np.uint64) << np.uint64(EDGE_BITS - 16)
    high = low + np.uint64(2 ** (EDGE_BITS - 16) - 1)
    for row, law in enumerate(laws):
        edges = np.array(law.edges, dtype=np.uint64)
        first, last = (np.searchsorted(edges, ends, side="right") for ends in (low, high))
        at = np.full(2**16, row)
        assert np.array_equal(batch.settled(at, low), first)
        assert np.array_equal(batch.settled(at, high), last)
        assert np.array_equal(shown[row][~left[row]], first[~left[row]])
        assert (first == last)[~left[row]].all()
        assert left[row].mean() <= max(1, len(edges)) / 2**12


def test_a_repair_never_shows_a_worse_outcome() -> None:
    numbers = np.sort(np.random.default_rng(1).integers(0, 2**EDGE_BITS, 4000, dtype=np.uint64))
    at = np.zeros(len(numbers), dtype=np.int64)
    for sums, steps, absent in ((YES_NO, [], None), (((0, 0), (0, 1), (0, 2), (1, 0)), [0.5], 0.3)):
        found = [
            Batch.of([law_of_sum(sums, masses_of(p, steps, absent), 12)]).settled(at, numbers) for p in (0.3, 0.31, 0.9)
        ]
        assert (found[0] >= found[1]).all()
        assert (found[1] >= found[2]).all()
        assert (found[0] > found[2]).any()


@pytest.mark.parametrize("name", LAWS)
def test_rows_written_out_add_up_to_what_was_drawn(name: str) -> None:
    sums, masses = LAWS[name]
    law, rng = law_of_sum(sums, masses, 4), np.random.default_rng(2)
    for outcome, total in enumerate(law.outcomes):
        if not enumerated(sums, masses, 4)[total]:
            continue
        for numbers in (np.full(4, 2.0**-60), np.full(4, 1 - 2.0**-53), *rng.random((20, 4))):
            levels = law.rows_given(outcome, numbers)
            assert tuple(sum(sums[level][k] for level in levels) for k in range(len(total))) == total
            assert all(masses[level] for level in levels)


def z_of(flags: Any, p: float) -> float:
    return abs(float(np.mean(flags)) - p) / math.sqrt(p * (1 - p) / len(flags))


def test_rows_written_out_have_the_law_of_rows_given_their_sum() -> None:
    """Losses 0, 1, 3 over three rows that add up to 3: one row of 3, or three of 1, by enumeration."""
    sums, masses = LAWS["levels"]
    law, rng = law_of_sum(sums, masses, 3), np.random.default_rng(3)
    p = [mass / ONE for mass in masses]
    alone, each = 3 * p[0] ** 2 * p[2], p[1] ** 3
    found = [law.rows_given(law.outcomes.index((0, 3)), rng.random(3)) for _ in range(4000)]
    assert z_of([levels == [1, 1, 1] for levels in found], each / (alone + each)) < LIMIT
    for place in (0, 2):
        assert z_of([levels[place] == 2 for levels in found], alone / (alone + each) / 3) < LIMIT
