"""Products of laws against plain convolution, and the frequencies that are left out against all of them."""

from __future__ import annotations

import numpy as np
import pytest

from evalsys.frequencies import Damping, damping, grid_of, joined, sum_of, tables_of

NONE = Damping(np.zeros(0, dtype=np.int64), np.zeros(0))


def laws_of(seed: int, strides: list[int], zs: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    found = [random.random((zs, random.integers(2, 6))) for _ in strides]
    return [law / law.sum(axis=1, keepdims=True) for law in found]


def added(law: np.ndarray, more: np.ndarray, stride: int) -> np.ndarray:
    out = np.zeros(len(law) + (len(more) - 1) * stride)
    for k, chance in enumerate(more):
        out[k * stride : k * stride + len(law)] += chance * law
    return out


def spread(law: np.ndarray, stride: int) -> np.ndarray:
    out = np.zeros((law.shape[0] - 1) * stride + 1)
    out[::stride] = law
    return out


def convolved(laws: list[np.ndarray], strides: list[int], z: int) -> np.ndarray:
    out = np.ones(1)
    for law, stride in zip(laws, strides, strict=True):
        out = added(out, law[z], stride)
    return out


def bernoulli(count: int, seed: int = 1, n: int = 20) -> tuple[list[np.ndarray], list[int], list[Damping]]:
    """Leaves of n alike rows on a lattice of about a hundred cells each; their damping as it is for rows."""
    from scipy.stats import binom

    random = np.random.default_rng(seed)
    p, strides = random.uniform(0.7, 0.95, (2, count)), random.integers(1, 15, count).tolist()
    laws = [binom.pmf(np.arange(n + 1), n, 1 - own[:, None]) for own in p.T]
    held = [
        damping(np.array([0, stride]), np.array([[[q, 1 - q]] for q in own]))
        for own, stride in zip(p.T, strides, strict=True)
    ]
    return laws, strides, [Damping(each.cells, n * each.amounts[0]) for each in held]


STRIDES = {
    "1": [1, 1, 1],
    "one": [3],
    "repeating": [8, 8, 8, 8, 16, 4, 24, 1],
    "odd": [9, 9, 9, 45, 15, 2],
    "all": [6, 6, 12],
}


@pytest.mark.parametrize("name", STRIDES)
def test_sums_are_convolutions(name: str) -> None:
    strides = STRIDES[name]
    laws = laws_of(1, strides)
    found = sum_of(laws, strides, [NONE] * len(laws))
    size = 1 + sum((law.shape[1] - 1) * stride for law, stride in zip(laws, strides, strict=True))
    for z in range(3):
        assert found.law(size + 2)[z] == pytest.approx([*convolved(laws, strides, z), 0, 0], abs=1e-15)


def test_repeating_transforms_are_short() -> None:
    grid = grid_of(10_000, [8, 16, 24, 1], [])
    assert [grid.step(stride) for stride in (8, 16, 24, 1)] == [8, 8, 8, 1]
    assert grid.transform(np.ones((1, 3)), 8).shape == (1, grid.long // 8)


def test_certain_losses_only_move_the_others() -> None:
    sure, other = np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 0.25, 0.75, 0.0]])
    found = sum_of([sure, other, sure], [5, 2, 1], [NONE] * 3)
    assert (found.start, found.cells, len(found.laws)) == (14, 3, 1)
    assert found.law(20)[0].nonzero()[0].tolist() == [14, 16]
    sums = sum_of([sure], [5], [NONE])
    assert sums.law(12)[0].nonzero()[0].tolist() == [10]
    mass, means = sums.mixed(np.array([1.0]), 12, [np.arange(12.0)])
    assert mass[10] == 1
    assert means[0].tolist() == [10]


@pytest.mark.parametrize("count", [5, 100])
def test_mixtures_and_means_are_those_of_the_laws(count: int) -> None:
    laws, strides, held = bernoulli(count)
    found = sum_of(laws, strides, held)
    assert (found.grid.kept is not None) == (count == 100)
    size = 3 + sum((law.shape[1] - 1) * stride for law, stride in zip(laws, strides, strict=True))
    whole, weights = found.law(size), np.array([0.3, 0.7])
    payoffs = np.arange(size, dtype=float), (np.arange(size) < 300).astype(float)
    mass, means = found.mixed(weights, size, payoffs)
    assert mass == pytest.approx(weights @ whole, abs=1e-16)
    for mean, payoff in zip(means, payoffs, strict=True):
        assert mean == pytest.approx(whole @ payoff, rel=1e-13)


def test_what_is_left_out_is_nothing() -> None:
    """With any one law left out, the product at each frequency that is left out is below exp(-46)."""
    laws, strides, held = bernoulli(100)
    size = 1 + sum((law.shape[1] - 1) * stride for law, stride in zip(laws, strides, strict=True))
    grid = grid_of(size, strides, held)
    assert grid.kept is not None
    assert len(grid.kept) < grid.long / 10
    logs = []
    for law, stride in zip(laws, strides, strict=True):
        with np.errstate(divide="ignore"):
            logs.append(np.log(np.abs(np.fft.rfft(spread(law[0], stride), grid.long))))
    but_one = np.sum(logs, axis=0) - np.min(logs, axis=0)
    left_out = np.setdiff1d(np.arange(grid.long // 2 + 1), grid.kept)
    assert but_one[left_out].max() < -46
    assert found_law(laws, strides, held) == pytest.approx(convolved(laws, strides, 0), abs=1e-16)


def found_law(laws: list[np.ndarray], strides: list[int], held: list[Damping]) -> np.ndarray:
    found = sum_of(laws, strides, held)
    return found.law(found.cells)[0]


def test_a_common_divisor_revives_high_frequencies() -> None:
    """All losses but one are multiples of 7: the product is large near every multiple of M/7, and is kept there."""
    laws, strides, held = bernoulli(60)
    strides = [7 * stride for stride in strides]
    strides[0] = 1
    held = [Damping(np.array([0, s]), each.amounts) for s, each in zip(strides, held, strict=True)]
    found = sum_of(laws, strides, held)
    assert found.grid.kept is not None
    assert found.law(found.cells)[1] == pytest.approx(convolved(laws, strides, 1), abs=1e-16)


@pytest.mark.parametrize("seed", range(10))
def test_damping_bounds_the_modulus(seed: int) -> None:
    random = np.random.default_rng(seed)
    cells = np.array([0, 3, 4, 10])
    chances = random.dirichlet([3, 1, 1, 1], (2, 5))
    found = damping(cells, chances)
    angle = 2 * np.pi * np.arange(60) / 60
    exponent = found.amounts @ (1 - np.cos(np.outer(found.cells, angle)))
    for z in range(2):
        modulus = np.abs(chances[z] @ np.exp(-1j * np.outer(cells, angle)))
        assert np.all(modulus <= np.exp(-exponent) + 1e-15)
    assert np.exp(-exponent).min() < 0.9


def test_joined_dampings_add_up() -> None:
    one, two = Damping(np.array([0, 4]), np.array([0.0, 1.0])), Damping(np.array([6]), np.array([0.5]))
    found = joined([one, two], 2)
    assert (found.cells.tolist(), found.amounts.tolist(), found.half) == ([0, 2, 3], [0, 1, 0.5], 1.5)
    assert joined([one], 2).cells.tolist() == [0, 2]


@pytest.mark.parametrize("name", STRIDES)
@pytest.mark.parametrize("more", [0, 1])
def test_tables_are_means_over_all_other_losses(name: str, more: int) -> None:
    """At every cell of every law; lengths of the transform both even and odd."""
    strides = STRIDES[name]
    laws = laws_of(2, strides)
    size = 1 + more + sum((law.shape[1] - 1) * stride for law, stride in zip(laws, strides, strict=True))
    payoff = np.random.default_rng(3).random((3, size))
    found = tables_of(payoff, laws, strides, [NONE] * len(laws))
    for place, (law, stride) in enumerate(zip(laws, strides, strict=True)):
        others = [k for k in range(len(laws)) if k != place]
        for z in range(3):
            rest = convolved([laws[k] for k in others], [strides[k] for k in others], z)
            true = [rest @ payoff[z, v * stride : v * stride + len(rest)] for v in range(law.shape[1])]
            assert found[place][z] == pytest.approx(true, abs=1e-14)


def test_tables_at_few_frequencies() -> None:
    laws, strides, held = bernoulli(60)
    size = 1 + sum((law.shape[1] - 1) * stride for law, stride in zip(laws, strides, strict=True))
    payoff = np.tile((np.arange(size) < 1400).astype(float), (2, 1))
    assert grid_of(size, strides, held).kept is not None
    few, all_ = tables_of(payoff, laws, strides, held), tables_of(payoff, laws, strides, [NONE] * 60)
    for one, two in zip(few, all_, strict=True):
        assert one == pytest.approx(two, abs=1e-14)


def test_many_nodes_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    strides = STRIDES["repeating"]
    laws = laws_of(4, strides, 7)
    whole = sum_of(laws, strides, [NONE] * 8)
    size = whole.cells
    payoff = np.random.default_rng(3).random((7, size))
    weights = np.full(7, 1 / 7)
    before = whole.law(size), whole.mixed(weights, size, [payoff[0]]), tables_of(payoff, laws, strides, [NONE] * 8)
    monkeypatch.setattr("evalsys.frequencies._ROOM", 3 * whole.grid.width)
    after = whole.law(size), whole.mixed(weights, size, [payoff[0]]), tables_of(payoff, laws, strides, [NONE] * 8)
    assert after[0] == pytest.approx(before[0], abs=1e-16)
    assert after[1][0] == pytest.approx(before[1][0], abs=1e-16)
    assert after[1][1][0] == pytest.approx(before[1][1][0], abs=1e-15)
    for one, two in zip(after[2], before[2], strict=True):
        assert one == pytest.approx(two, abs=1e-14)


def test_what_is_certain_damps_nothing() -> None:
    assert damping(np.array([0, 5]), np.array([[[0.0, 1.0]]])).half == 0
    assert damping(np.array([0, 5]), np.array([[[0.25, 0.75]]])).half == 0.1875
