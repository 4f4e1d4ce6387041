"""Slopes of a payoff by the chance that a check complies, where no exact law gives them: pooled, from simulation.

The slope of a check at a site is what the mean payoff gains between certain failure and certain compliance there. It is
taken to be the same at all sites that a leaf's rows may come from, but for the chance to be drawn and the size of the
loss there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsys.inspection import Simulation, simulate
from evalsys.model import Model
from evalsys.rules import Exact
from evalsys.severity import nodes
from evalsys.spine import evaluate

__all__ = ["DRAWS", "Slopes", "sampled_slopes"]

Floats = NDArray[np.float64]
_At = tuple[int, int]  # block and check

#: Simulated inspections behind slopes.
DRAWS = 8_000
_BATCHES = 8
_NODES = 9  # of severity, for the chance that a count hangs on one row


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slopes of all checks.

    Attributes
    ----------
    mean : tuple of float array (S, C)
        By block.
    batches : tuple of tuple of float array
        The same from each of some independent batches of draws: their spread is the error. Empty for exact slopes.
    """

    mean: tuple[Floats, ...]
    batches: tuple[tuple[Floats, ...], ...]


def sampled_slopes(model: Model, payoff: str, seed: int, draws: int = DRAWS) -> Slopes:
    """Return the slopes of all checks by simulated inspections.

    Parameters
    ----------
    model : Model
    payoff : {'points', 'chance'}
    seed, draws : int
        Of the simulation; at least 8 draws.

    Returns
    -------
    Slopes

    Notes
    -----
    Mean leaves and deductions: a random row of the leaf is turned in every simulated inspection. With b the share of
    the n rows that fail and s what a row takes from the leaf, the difference that a row makes is
    ``E[b (P(a + s) - P(a)) + (1 - b) (P(a) - P(a - s))]``, a the leaf's attainment, P the payoff with all else as it
    was drawn. Where points only add up from the leaf to the total, the points' slope has no error. Where losses differ
    in size, s is their mean.

    Counts: ``E[P(1) - P(0)]`` times the chance that exactly one more row is needed, rows taken as independent at the
    mean chance of their block, over 9 nodes of severity.

    A draw in which a leaf drops out counts for it as its mean over the others.
    """
    drawn = simulate(model, draws, seed, keep_leaves=True)
    turned = _Turned(model, payoff, drawn)
    batch = np.arange(draws) * _BATCHES // draws
    found: dict[int, list[_At]] = {}
    for place, block in enumerate(model.blocks):
        for number, check in enumerate(block.checks):
            found.setdefault(check.leaf, []).append((place, number))
    tables = [np.zeros((_BATCHES, *block.chance.shape)) for block in model.blocks]
    for column, rule in enumerate(model.leaves):
        checks = found.get(column)
        if rule is None or not checks:
            continue
        if rule.kind == "count":
            each = turned.whole(column)
            parts = {at: np.full(len(model.blocks[at[0]].times), hangs) for at, hangs in _pivots(model, column, checks)}
        else:
            rows = _applying(model, column, checks)
            parts = {at: _loss(model, *at) / (1.0 if rule.kind == "deduct" else rows) for at in checks}
            each = turned.row(column, checks, parts, rows)
        means = np.bincount(batch, each, minlength=_BATCHES) / np.bincount(batch, minlength=_BATCHES)
        for (place, number), part in parts.items():
            block, check = model.blocks[place], model.blocks[place].checks[number]
            seen = model.sensitivity + model.specificity - 1 if check.shifts else 1.0
            share = check.reach / block.population * seen * (1 - block.absent[:, number])
            tables[place][:, :, number] = means[:, None] * part * share
    return Slopes(
        tuple(table.mean(axis=0) for table in tables),
        tuple(tuple(table[k] for table in tables) for k in range(_BATCHES)),
    )


def _loss(model: Model, place: int, number: int) -> Floats:
    """Return what a failing row takes from the mean of its leaf's rows, or from the leaf for deductions, (S,)."""
    block = model.blocks[place]
    levels = np.array([float(level) for level in block.checks[number].levels[1:]])
    return np.asarray((block.sizes[:, number, : len(levels)] * (1 - levels)).sum(axis=1))


class _Turned:
    """Payoffs of simulated inspections with one leaf changed and all else as it was."""

    def __init__(self, model: Model, payoff: str, drawn: Simulation) -> None:
        assert drawn.leaves is not None
        self.model, self.payoff, self.score = model, payoff, drawn.score
        self.full = float(model.instrument.full_marks)
        known = drawn.leaves.num >= 0
        out = model.missing | model.dropped
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, drawn.leaves.num, 0).sum(axis=0) // count
        self.leaves = Exact(np.where(known, drawn.leaves.num, np.where(out, 0, mean)), drawn.leaves.den)
        self.attained = np.asarray(self.leaves.num / self.leaves.den, dtype=float)
        self.plain = self._totals(self.leaves)
        self.worth = self._worth()
        # a veto falls whatever the score
        self.allowed = math.prod(1 - event.chance for event in model.events if event.veto)
        self.mark = None if model.mark is None else float(model.mark)

    def _totals(self, leaves: Exact) -> Floats:
        found = evaluate(self.model.instrument, leaves, self.model.missing, self.model.dropped).attainment[0]
        assert found is not None
        return np.asarray(found.num / found.den, dtype=float) * self.full

    def _worth(self) -> Floats:
        """Return the points of each leaf where points only add up above it, else NaN."""
        instrument = self.model.instrument
        count = len(instrument.leaves)
        rows = np.ones((count + 1, count), dtype=np.int64)
        rows[np.arange(count), np.arange(count)] = 0
        total = self._totals(Exact(rows, 1))
        worth = total[-1] - total[:-1]
        for column, place in enumerate(instrument.leaves):
            above = instrument.nodes[place].parent
            while above >= 0:
                if instrument.nodes[above].combine.kind not in ("sum", "mean"):
                    worth[column] = np.nan
                above = instrument.nodes[above].parent
        return np.asarray(worth)

    def paid(self, column: int, to: Floats) -> Floats:
        """Return the payoff of each draw with a leaf's attainment changed.

        Where points only add up, it may be beyond 0 and 1: a typical loss may be larger than what is left.
        """
        if np.isnan(self.worth[column]):
            num = self.leaves.num.copy()
            num[:, column] = np.rint(np.clip(to, 0.0, 1.0) * self.leaves.den).astype(num.dtype)
            score = self.score + self._totals(Exact(num, self.leaves.den)) - self.plain
        else:
            score = self.score + self.worth[column] * (to - self.attained[:, column])
        if self.payoff == "points":
            return np.asarray(score)
        assert self.mark is not None
        # sums of floats meet a mark that fractions meet exactly
        return np.asarray(self.allowed * (score >= self.mark - 1e-9 * self.full))

    def whole(self, column: int) -> Floats:
        """Return the gain of each draw between a leaf of nothing and a full one."""
        size = len(self.score)
        return self.paid(column, np.ones(size)) - self.paid(column, np.zeros(size))

    def row(self, column: int, checks: Sequence[_At], sizes: Mapping[_At, Floats], rows: float) -> Floats:
        """Return the gain of each draw by turning one row of a leaf, per unit of the leaf's attainment.

        Parameters
        ----------
        sizes : mapping
            What a failing row takes from the leaf's attainment, by site.
        rows : float
            Rows that apply, on average.
        """
        size = _typical(self.model, checks, sizes)
        if size == 0:
            return np.zeros(len(self.score))
        now = self.attained[:, column]
        fails = np.clip((1 - now) / (size * rows), 0.0, 1.0)
        here = self.paid(column, now)
        more = self.paid(column, now + size) - here
        less = here - self.paid(column, now - size)
        return np.asarray((fails * more + (1 - fails) * less) / size)


def _typical(model: Model, checks: Sequence[_At], sizes: Mapping[_At, Floats]) -> float:
    """Return the mean size of a loss over the rows of a leaf that fail; over all rows where none can."""
    weights, values = [], []
    for place, number in checks:
        block = model.blocks[place]
        often = block.times * (1 - block.absent[:, number]) * block.checks[number].reach / block.population
        weights.append(np.stack([often * (1 - block.chance[:, number]), often]))
        values.append(sizes[place, number])
    weight, value = np.concatenate(weights, axis=1), np.concatenate(values)
    held = weight[0] if weight[0].sum() > 0 else weight[1]
    return float(held @ value / held.sum()) if held.sum() > 0 else 0.0


def _applying(model: Model, column: int, checks: Sequence[_At]) -> float:
    """Return how many rows of a leaf apply, on average: 1 at least."""
    rule, count = model.leaves[column], 0.0
    for place, number in checks:
        block = model.blocks[place]
        away = 0.0 if rule is not None and rule.absent == "full" else block.times @ block.absent[:, number]
        count += block.checks[number].reach * (1 - float(away) / block.population)
    return max(count, 1.0)


def _pivots(model: Model, column: int, checks: Sequence[_At]) -> Iterator[tuple[_At, float]]:
    """Yield the chance that a count hangs on a row, for each check of a leaf."""
    rule = model.leaves[column]
    assert rule is not None
    needed = rule.required or model.rows[column]
    helps = rule.required == 0 or rule.absent == "full"  # what does not apply counts as complying
    z, weights = nodes(model.severity, _NODES)
    laws: list[tuple[Floats, Floats]] = []
    for place, number in checks:
        block, away = model.blocks[place], model.blocks[place].absent[:, number]
        fine = (1 - away) * model.seen(place, z)[..., number] + (away if helps else 0.0)
        chance, reach = fine @ block.times / block.population, block.checks[number].reach
        laws.append((_binomial(reach, chance), _binomial(reach - 1, chance)))
    for own, at in enumerate(checks):
        hangs = np.zeros(len(z))
        for node in range(len(z)):
            law = np.ones(1)
            for other, (whole, rest) in enumerate(laws):
                law = np.convolve(law, (rest if other == own else whole)[node])
            hangs[node] = law[needed - 1] if needed <= len(law) else 0.0
        yield at, float(weights @ hangs)


def _binomial(count: int, chance: Floats) -> Floats:
    """Return the law of the number that comply among `count` rows, for each chance, (Z, count + 1)."""
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(count + 1)
    ways = gammaln(count + 1) - gammaln(k + 1) - gammaln(count - k + 1)
    return np.asarray(np.exp(ways + xlogy(k, chance[:, None]) + xlog1py(count - k, -chance[:, None])))
