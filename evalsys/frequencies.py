"""Products of many laws on one lattice: at all frequencies, or at those alone where the product is not nothing.

Laws of independent losses are convolved by multiplying their Fourier transforms. Two things keep that cheap. A law on
every s-th cell has a transform that repeats s times, so it is multiplied on the short period first. And where many
losses add up, the product is nothing at most frequencies; a bound of its modulus from the chances of single rows says
where, before any transform is computed.

For a row with chances a at cells c, and any of them as the reference r, the modulus at frequency f of M is at most
``exp(-sum over l of a_r a_l (1 - cos(2 pi f (c_l - c_r) / M)))``: the exponents of all rows add up to one cosine sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Damping",
    "Grid",
    "Spectrum",
    "Tree",
    "all_but_one",
    "damping",
    "grid_of",
    "group_of",
    "joined",
    "needed",
    "powers",
    "sum_of",
    "tables_of",
]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.int64]

#: A frequency is left out where the product of all transforms but any one is certified below exp(-46) = 1e-20.
_NOTHING = 46.0
_ROOM = 2**18  # numbers of a transform that are multiplied at once: what a cache holds
_GROUPS = 16  # of factors, whose products say which frequencies matter to any factor of them
_SHORT = 2**11  # a transform that is not worth leaving out parts of


@dataclass(frozen=True, eq=False)
class Damping:
    """What is certain to make a transform small: ``|phi(f)| <= exp(-sum of amounts x (1 - cos(2 pi f cells / M)))``.

    Attributes
    ----------
    cells : int array (n,)
    amounts : float array (n,)
        0 or more.
    """

    cells: Ints
    amounts: Floats

    @property
    def half(self) -> float:
        """Half of the largest exponent."""
        return float(self.amounts.sum())


def damping(cells: Ints, chances: Floats) -> Damping:
    """Return the damping of rows with some chance at each cell, whatever the severity.

    Parameters
    ----------
    cells : int array (n,)
    chances : float array (Z, S, n)
        By severity and site.

    Returns
    -------
    Damping
        With amounts (S, n), by site: the smallest over severity.
    """
    likely = int(chances.sum(axis=(0, 1)).argmax())
    amounts = (chances[..., likely, None] * chances).min(axis=0)
    amounts[:, likely] = 0.0
    return Damping(np.abs(cells - cells[likely]), amounts)


def joined(held: Sequence[Damping], stride: int = 1) -> Damping:
    """Return what damps the product of several transforms, in cells of `stride`."""
    if len(held) == 1 and stride == 1:
        return held[0]
    return Damping(
        np.concatenate([each.cells for each in held]) // stride, np.concatenate([each.amounts for each in held])
    )


@dataclass(frozen=True, eq=False)
class Grid:
    """Frequencies of a transform of real numbers.

    Attributes
    ----------
    long : int
        Length of the transform.
    common : int
        A divisor of `long`: strides that share a factor with it have transforms that repeat.
    kept : int array (F,) or None
        Frequencies that are not left out; None for all of 0 to ``long // 2``.
    """

    long: int
    common: int = 1
    kept: Ints | None = None
    _known: dict[int, Complex] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many frequencies there are."""
        return self.long // 2 + 1 if self.kept is None else len(self.kept)

    def step(self, stride: int) -> int:
        """Return how often the transform of a law on every `stride`-th cell repeats."""
        return math.gcd(stride, self.common) if self.kept is None else 1

    def _wave(self, zs: int, size: int, stride: int) -> Complex | None:
        """Return the waves of the first cells at the kept frequencies, (size, F); None where a transform is cheaper."""
        if self.kept is None or size * len(self.kept) * (14 + zs) > 10 * zs * self.long:  # as measured
            return None
        known = self._known.get(stride)
        if known is None or len(known) < size:
            turns = np.outer(np.arange(size) * (stride % self.long), self.kept) % self.long
            known = self._known[stride] = self._turned[turns]
        return known[:size]

    @cached_property
    def _turned(self) -> Complex:
        return np.asarray(np.exp(-2j * np.pi / self.long * np.arange(self.long)))

    def waves(self, cells: Ints, frequency: Ints) -> Complex:
        """Return the waves of some cells at some frequencies: cells (..., 1) and frequency (P,) give (..., P)."""
        return np.asarray(self._turned[cells % self.long * frequency % self.long])

    def transform(self, law: Floats, stride: int) -> Complex:
        """Return the transform of numbers on every `stride`-th cell, (Z, F), or one period of it where it repeats."""
        from scipy import fft

        size, step = law.shape[1], self.step(stride)
        wave = self._wave(len(law), size, stride)
        if wave is not None:
            return np.ascontiguousarray(law @ wave.view(float)).view(complex)
        period, spacing = self.long // step, stride // step
        if spacing > 1:
            spread = np.zeros((len(law), (size - 1) * spacing + 1))
            spread[:, ::spacing] = law
            law = spread
        found: Complex = fft.rfft(law, period, axis=-1)
        if step > 1:  # the other half of a period
            return np.concatenate([found, np.conj(found[:, (period - 1) // 2 : 0 : -1])], axis=1)
        return found if self.kept is None else found[:, self.kept]

    def inverse(self, values: Complex) -> Floats:
        """Return the real numbers that have this transform, (Z, long)."""
        from scipy import fft

        if self.kept is not None:
            whole = np.zeros((len(values), self.long // 2 + 1), dtype=complex)
            whole[:, self.kept] = values
            values = whole
        return np.asarray(fft.irfft(values, self.long, axis=-1))

    def weights(self) -> Floats:
        """Return how often each frequency counts in a sum over all of them, over the length of the transform."""
        return self._weights

    @cached_property
    def _weights(self) -> Floats:
        kept = np.arange(self.width) if self.kept is None else self.kept
        return np.where((kept == 0) | (2 * kept == self.long), 1.0, 2.0) / self.long

    def folded(self, values: Complex, step: int) -> Complex:
        """Return the sum of a transform over all frequencies that a law of this step has the same transform at."""
        if step == 1:
            return values
        period = self.long // step
        out = np.zeros((len(values), period), dtype=complex)
        for start in range(0, values.shape[1], period):
            part = values[:, start : start + period]
            out[:, : part.shape[1]] += part
        out[:, 0] -= values[:, 0] / 2  # the first and the last stand for themselves alone
        if self.long % 2 == 0:
            out[:, (self.long // 2) % period] -= values[:, -1] / 2
        return out

    def table(self, values: Complex, stride: int, size: int) -> Floats:
        """Return, from a folded transform, the numbers on every `stride`-th cell, (Z, size)."""
        from scipy import fft

        wave, step = self._wave(len(values), size, stride), self.step(stride)
        if wave is not None:
            return np.asarray((values * self.weights()).view(float) @ wave.view(float).T)
        found = 2 / step * fft.ifft(values, axis=-1).real if step > 1 else self.inverse(values)
        return np.ascontiguousarray(found[:, :: stride // step][:, :size])


def grid_of(cells: int, strides: Sequence[int], dampings: Sequence[Damping]) -> Grid:
    """Return the frequencies for a sum of independent losses.

    Parameters
    ----------
    cells : int
        Of the sum.
    strides : sequence of int
        Of each law.
    dampings : sequence of Damping
        Of each law.
    """
    from scipy import fft

    halves = [each.half for each in dampings]
    spare = sum(halves) - max(halves, default=0.0)
    if cells > _SHORT and 2 * spare > _NOTHING:
        long = int(fft.next_fast_len(cells, real=True))
        at = np.concatenate([each.cells for each in dampings]) % long
        own = np.concatenate([each.amounts for each in dampings])
        kept = needed(np.bincount(at, own, long).astype(np.float64), max(halves))
        if 4 * len(kept) < long:
            return Grid(long, 1, kept)
    common = 1
    for prime in (2, 2, 2, 2, 3, 3, 5, 5, 7):
        gain = sum(stride % (common * prime) == 0 for stride in strides)
        if 2 * gain >= len(strides) and common * prime <= 64:
            common *= prime
    return Grid(common * int(fft.next_fast_len(-(-cells // common), real=True)), common)


def needed(held: Floats, most: float) -> Ints:
    """Return the frequencies at which the product of all transforms but any one is not certain to be nothing.

    Parameters
    ----------
    held : float array (long,)
        What all laws damp, by cell, on the transform's length.
    most : float
        The largest half of any one of them.
    """
    from scipy import fft

    exponent = held.sum() - fft.rfft(held).real
    # with any one law left out, twice its half is the most that can be lost; 1e-9 is more than rfft's rounding
    return np.flatnonzero(exponent - 2 * most < _NOTHING + 1e-9)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The law of a sum of independent losses, as the transforms' product.

    Attributes
    ----------
    grid : Grid
    laws : sequence of (float array (Z, n), stride)
        Of losses that are not certain.
    start : int
        The smallest loss.
    cells : int
        How many cells the sum has from there.
    zs : int
    """

    grid: Grid
    laws: Sequence[tuple[Floats, int]]
    start: int
    cells: int
    zs: int

    def _values(self, own: slice) -> Complex:
        found: dict[int, Complex] = {}
        for law, stride in self.laws:
            step = self.grid.step(stride)
            factor = self.grid.transform(law[own], stride)
            if step in found:
                found[step] *= factor
            else:
                found[step] = factor
        values = found.pop(1, None)
        if values is None:
            values = np.ones((own.stop - own.start, self.grid.width), dtype=complex)
        for factor in found.values():
            _multiplied(values, factor)
        return values

    def law(self, size: int) -> Floats:
        """Return the chance of each cell, (Z, size)."""
        out = np.zeros((self.zs, size))
        if not self.laws:
            out[:, self.start] = 1.0
            return out
        for own in _slices(self.zs, self.grid.width):
            found = self.grid.inverse(self._values(own))[:, : self.cells]
            out[own, self.start : self.start + self.cells] = np.maximum(found, 0.0)
        return out

    def mixed(self, weights: Floats, size: int, payoffs: Sequence[Floats]) -> tuple[Floats, list[Floats]]:
        """Return the mixture of the laws, (size,), and the means of some payoffs by cell, (Z,) each.

        Means are sums over frequencies, so that only the mixture is transformed back.
        """
        out = np.zeros(size)
        window = slice(self.start, self.start + self.cells)
        if not self.laws:
            out[self.start] = weights.sum()
            return out, [np.full(self.zs, payoff[self.start]) for payoff in payoffs]
        grid, mixture, means = (
            self.grid,
            np.zeros((1, self.grid.width), dtype=complex),
            np.zeros((len(payoffs), self.zs)),
        )
        ways = np.concatenate([grid.transform(payoff[None, window], 1) for payoff in payoffs])
        ways = np.conj(ways) * grid.weights()
        for own in _slices(self.zs, self.grid.width):
            values = self._values(own)
            mixture[0] += weights[own] @ values
            means[:, own] = (ways @ values.T).real
        out[window] = np.maximum(grid.inverse(mixture)[0, : self.cells], 0.0)
        return out, list(means)


def sum_of(laws: Sequence[Floats], strides: Sequence[int], dampings: Sequence[Damping]) -> Spectrum:
    """Return the law of the sum of independent losses.

    Parameters
    ----------
    laws : sequence of float array (Z, n)
        By multiples of its stride.
    strides : sequence of int
    dampings : sequence of Damping
    """
    # what cannot happen is cut off, so that a certain loss only moves the others
    held = [np.flatnonzero(law.max(axis=0)) for law in laws]
    start = sum(int(cells[0]) * stride for cells, stride in zip(held, strides, strict=True))
    moving = [k for k, cells in enumerate(held) if len(cells) > 1]
    kept = [(laws[k][:, held[k][0] : held[k][-1] + 1], strides[k]) for k in moving]
    cells = 1 + sum((law.shape[1] - 1) * stride for law, stride in kept)
    grid = grid_of(cells, [stride for _, stride in kept], [dampings[k] for k in moving])
    return Spectrum(grid, kept, start, cells, max((len(law) for law in laws), default=1))


def tables_of(
    payoff: Floats, laws: Sequence[Floats], strides: Sequence[int], dampings: Sequence[Damping]
) -> list[Floats]:
    """Return the mean payoff given each of some independent losses: the way back of :func:`sum_of`.

    ``table[v] = E payoff(v + all other losses)``: the product over all others for each, by halves; first over groups
    whose transforms repeat alike, then on the group's short period.

    Parameters
    ----------
    payoff : float array (Z, cells)
        By the sum of the losses.

    Returns
    -------
    list of float array (Z, n)
    """
    grid = grid_of(payoff.shape[1], strides, dampings)
    groups: dict[int, list[int]] = {}
    for place, stride in enumerate(strides):
        groups.setdefault(grid.step(stride), []).append(place)
    found = [np.empty((len(payoff), law.shape[1])) for law in laws]
    for own in _slices(len(payoff), grid.width):
        factors = [[np.conj(grid.transform(laws[k][own], strides[k])) for k in places] for places in groups.values()]
        products = [np.prod(factor, axis=0) for factor in factors]
        for group, outside in _all_but_one(products, grid.transform(payoff[own], 1)):
            step, places = list(groups.items())[group]
            for at, others in _all_but_one(factors[group], grid.folded(outside, step)):
                place = places[at]
                found[place][own] = grid.table(others, strides[place], laws[place].shape[1])
    return found


def _slices(count: int, width: int) -> Iterator[slice]:
    step = max(1, _ROOM // width)
    for low in range(0, count, step):
        yield slice(low, min(low + step, count))


def _multiplied(values: Complex, factor: Complex) -> None:
    """Multiply, in place, by a transform of which one period is given."""
    for start in range(0, values.shape[1], factor.shape[1]):
        part = values[:, start : start + factor.shape[1]]
        part *= factor[:, : part.shape[1]]


def _all_but_one(parts: Sequence[Any], whole: Complex) -> Iterator[tuple[int, Complex]]:
    """Yield, for each part, the product of `whole` and all other parts, by halves: no division, little memory."""
    if len(parts) == 1:
        yield 0, whole
        return
    middle = len(parts) // 2
    for low, own, other in ((0, parts[:middle], parts[middle:]), (middle, parts[middle:], parts[:middle])):
        here = whole.copy()
        for part in other:
            _multiplied(here, part)
        for place, found in _all_but_one(own, here):
            yield low + place, found


def all_but_one(whole: Complex, factors: Sequence[Complex]) -> Iterator[Complex]:
    """Yield, for each of some factors, the product of `whole` and all other factors."""
    after = [whole]
    for factor in factors[:0:-1]:
        after.append(after[-1] * factor)
    before: Complex | None = None
    for factor in factors:
        rest = after.pop()
        yield rest if before is None else rest * before
        before = factor if before is None else before * factor


def powers(base: Complex, counts: Ints) -> Complex:
    """Return whole powers, each row to its own, by squaring."""
    found = np.ones_like(base)
    while True:
        odd = counts % 2 == 1
        found[odd] *= base[odd]
        counts = counts // 2
        if not counts.any():
            return found
        base = base * base


class Tree:
    """Products of factors: of all, and of all but one; what is put anew costs a product for each level.

    Node k is the product of nodes 2k and 2k + 1; the last half of the nodes are the factors, one of them fixed.

    Parameters
    ----------
    count : int
        How many factors may be put; the fixed one comes after them.
    fixed : complex array (Z, F)
    """

    def __init__(self, count: int, fixed: Complex) -> None:
        self._first = count + 1
        self._nodes: list[Complex | None] = [None] * (2 * count + 2)
        self._stale = [True] * (count + 1)  # the products; they keep their arrays, which saves much time
        self._others: dict[int, Complex] = {}
        self._nodes[-1] = fixed

    def put(self, leaf: int, factor: Complex) -> None:
        """Set a factor."""
        at = self._first + leaf
        self._nodes[at] = factor
        self._others.clear()
        while at > 1 and not self._stale[at // 2]:  # what stands above a stale product is stale too
            at //= 2
            self._stale[at] = True

    def _node(self, at: int) -> Complex:
        found = self._nodes[at]
        if at < self._first and self._stale[at]:
            one, other = self._node(2 * at), self._node(2 * at + 1)
            found = self._nodes[at] = np.multiply(one, other, out=found)
            self._stale[at] = False
        assert found is not None
        return found

    def total(self) -> Complex:
        """Return the product of all factors; it holds until one is put."""
        return self._node(1)

    def rest(self, leaf: int) -> Complex:
        """Return the product of all factors but one."""
        return self.but(self._first + leaf)

    def factor(self, leaf: int) -> Complex:
        """Return a factor."""
        return self._node(self._first + leaf)

    def below(self, at: int) -> list[int]:
        """Return the factors below a node, or the one that it is, in order."""
        if at >= self._first:
            return [at - self._first]
        return self.below(2 * at) + self.below(2 * at + 1)

    def but(self, at: int) -> Complex:
        """Return the product of all factors that do not stand below a node."""
        if at == 1:
            return np.ones_like(self._node(1))
        if at // 2 == 1:
            return self._node(at ^ 1)
        above = self._others.get(at // 2)
        if above is None:
            above = self._others[at // 2] = self.but(at // 2)
        return above * self._node(at ^ 1)


def group_of(leaf: int, count: int) -> int:
    """Return the node of a :class:`Tree` of so many factors that stands for a group of neighbours of one of them."""
    first = count + 1
    across = 1 << (min(_GROUPS, first).bit_length() - 1)
    at = first + leaf
    while at >= 2 * across:
        at //= 2
    return at
