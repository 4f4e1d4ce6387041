"""The law of a draw of whole sites against every draw, against closed forms, and against independent rows."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from random_models import block_of, flat, model_of
from scipy.stats import hypergeom

from evalsys.drawing import DrawTerm, atoms_of, losses_at
from evalsys.law import law
from evalsys.model import Check, LeafRule, Model
from evalsys.regions import Row

ONE, ZERO = Fraction(1), Fraction(0)


def test_atoms() -> None:
    losses = [ZERO, Fraction(3, 4), Fraction(2)]
    unit = Fraction(1, 2)
    up, down, split = (atoms_of(losses, unit, rounding) for rounding in ("up", "down", "split"))
    assert (up.cells.tolist(), up.shares.tolist()) == ([0, 1, 4], np.eye(3).tolist())
    assert (down.cells.tolist(), down.shares.tolist()) == ([0, 2, 4], np.eye(3).tolist())
    assert split.cells.tolist() == [0, 1, 2, 4]
    assert split.shares.tolist() == [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]]
    assert (split.shares @ split.cells).tolist() == [0, 1.5, 4]


def drawn_model(seed: int, reaches: tuple[int, ...], times: tuple[int, ...] = (1, 1, 1, 1), **more: float) -> Model:
    random = np.random.default_rng(seed)
    half = Fraction(1, 2)
    checks = [Check(c, (ONE, half, ZERO) if c == 0 else (ONE, ZERO), reach) for c, reach in enumerate(reaches)]
    chance = random.uniform(0.2, 0.9, (len(times), len(reaches)))
    absent = np.zeros_like(chance)
    absent[0, 0] = 0.25
    block = block_of(max(reaches), checks, chance.tolist(), times=times, absent=absent)
    weights = [Fraction(1 + c, sum(range(1, len(reaches) + 1))) for c in range(len(reaches))]
    return model_of(flat(10, ("sum", weights)), [block], (LeafRule(absent="full"),) * len(reaches), **more)


def by_draws(model: Model, z: float) -> dict[Fraction, float]:
    """The law of points lost, over every ordered draw and every outcome of every row."""
    block = model.blocks[0]
    seen = model.seen(0, z)
    sites = [entry for entry, count in enumerate(block.times.tolist()) for _ in range(count)]
    draws = list(itertools.permutations(range(len(sites)), block.drawn))
    out: dict[Fraction, float] = {}
    for draw in draws:
        states = {ZERO: 1 / len(draws)}
        for place, site in enumerate(draw):
            for number, check in enumerate(block.checks):
                if place >= check.reach:
                    continue
                entry = sites[site]
                off, p = float(block.absent[entry, number]), float(seen[entry, number])
                each = [(1 - off) * p + off]
                each += [(1 - off) * (1 - p) * float(s) for s in block.sizes[entry, number, : len(check.levels) - 1]]
                weight = model.instrument.nodes[model.instrument.nodes[model.instrument.leaves[number]].parent].weight
                after: dict[Fraction, float] = {}
                for lost, chance in states.items():
                    for level, share in zip(check.levels, each, strict=True):
                        to = lost + weight * (1 - level) / check.reach
                        after[to] = after.get(to, 0.0) + chance * share
                states = after
        for lost, chance in states.items():
            out[lost] = out.get(lost, 0.0) + chance
    return out


@pytest.mark.parametrize("reaches", [(2, 2), (3, 1), (1, 2, 3)])
@pytest.mark.parametrize("times", [(1, 1, 1, 1), (2, 1, 1)])
def test_every_draw(reaches: tuple[int, ...], times: tuple[int, ...]) -> None:
    model = drawn_model(1, reaches, times)
    found = law(model)
    assert found.exact
    true = by_draws(model, 0.0)
    for lost, chance in true.items():
        place = lost * 10 / found.unit
        assert place.denominator == 1
        assert found.mass[int(place)] == pytest.approx(chance, abs=1e-15)
    assert found.mass.sum() == pytest.approx(1, abs=1e-14)


def test_sites_that_are_sure_give_the_hypergeometric_law() -> None:
    """30 sites, 7 of them sure to fail, 9 drawn (Cochran 1977, chapter 3)."""
    chance = [[0.0]] * 7 + [[1.0]] * 23
    model = model_of(flat(9, ("sum", [ONE])), [block_of(9, [Check(0, (ONE, ZERO), 9)], chance)])
    found = law(model)
    assert found.mass == pytest.approx(hypergeom.pmf(np.arange(10), 30, 7, 9), abs=1e-15)
    entries = block_of(9, [Check(0, (ONE, ZERO), 9)], [[0.0], [1.0]], times=[7, 23])
    assert law(model_of(model.instrument, [entries])).mass == pytest.approx(found.mass, abs=1e-15)


def test_all_sites_drawn_are_independent_rows() -> None:
    """n = N: nothing is left to the draw; the recursion over draws gives what convolution gives."""
    model = drawn_model(2, (4, 4))
    whole = law(model).mass
    term = term_of(model)
    assert term.forward(model, [model.seen(0, np.zeros(1))])[0] == pytest.approx(whole, abs=1e-15)


def test_alike_sites_are_independent_rows() -> None:
    checks = [Check(0, (ONE, ZERO), 3), Check(1, (ONE, ZERO), 2)]
    model = model_of(flat(6, ("sum", [Fraction(1, 3), Fraction(2, 3)])), [block_of(3, checks, [[0.6, 0.8]], times=[9])])
    term = term_of(model)
    assert term.forward(model, [model.seen(0, np.zeros(1))])[0] == pytest.approx(law(model).mass, abs=1e-15)


def term_of(model: Model) -> DrawTerm:
    """The block as a draw, on the lattice of the exact law."""
    unit, rows, atoms = law(model).unit / model.instrument.full_marks, [], []
    for number, check in enumerate(model.blocks[0].checks):
        weight = model.instrument.nodes[model.instrument.nodes[model.instrument.leaves[number]].parent].weight
        losses = tuple(weight * (1 - level) / check.reach for level in check.levels)
        rows.append(Row(0, number, losses, 0 if model.blocks[0].absent[:, number].any() else None))
        atoms.append(atoms_of(losses, unit, "split"))
    most = sum(c.reach * int(a.cells[-1]) for c, a in zip(model.blocks[0].checks, atoms, strict=True))
    return DrawTerm(0, rows, atoms, 1, most + 1)


@pytest.mark.parametrize("reaches", [(2, 2), (3, 1), (2, 2, 2)])
def test_damping_bounds_the_modulus_of_a_draw(reaches: tuple[int, ...]) -> None:
    model = drawn_model(3, reaches, severity=0.4)
    z = np.array([-0.5, 0.0, 0.5])
    term = term_of(model)
    found = term.forward(model, [model.seen(0, z)])
    angle = 2 * np.pi * np.arange(200) / 200
    exponent = term.damping.amounts @ (1 - np.cos(np.outer(term.damping.cells, angle)))
    modulus = np.abs(found @ np.exp(-1j * np.outer(np.arange(term.size), angle)))
    assert np.all(modulus <= np.exp(-exponent) + 1e-14)
    assert np.exp(-exponent).min() < 0.9


def test_chances_of_a_row() -> None:
    model = drawn_model(4, (2, 2))
    seen = model.seen(0, np.zeros(1))
    row = term_of(model).rows[0]
    found = losses_at(model, row, seen)
    p = seen[0, 0, 0]
    assert found.shape == (1, 4, 3)
    assert found[0, 0] == pytest.approx([0.75 * p + 0.25, 0.75 * (1 - p) / 2, 0.75 * (1 - p) / 2])
    assert found.sum(axis=-1) == pytest.approx(np.ones((1, 4)))


def test_sites_that_are_sure_do_not_damp_the_others() -> None:
    """One site that loses nothing, one with six even chances: half of the draws are not damped at all."""
    checks = [Check(c, (ONE, ZERO), 1) for c in range(6)]
    block = block_of(1, checks, [[1.0] * 6, [0.5] * 6])
    model = model_of(flat(6, ("sum", [Fraction(1, 6)] * 6)), [block])
    term = term_of(model)
    found = term.forward(model, [model.seen(0, np.zeros(1))])
    angle = 2 * np.pi * np.arange(100) / 100
    exponent = term.damping.amounts @ (1 - np.cos(np.outer(term.damping.cells, angle)))
    modulus = np.abs(found @ np.exp(-1j * np.outer(np.arange(term.size), angle)))
    assert np.all(modulus <= np.exp(-exponent) + 1e-14)
    assert np.exp(-exponent).min() < 0.7
