"""Rows that are alike: what they add up to, drawn by one look into a table, and written out row by row if asked for.

Twenty bins of one leaf need no twenty random numbers: how many of them fail is one number with a known law.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EDGE_BITS", "LOOK", "Batch", "Law", "Sum", "law_of_sum", "masses_of"]

Ints = NDArray[Any]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
#: What a row adds to each of its leaf's counters: rows that do not apply first, then losses.
Sum = tuple[int, ...]

#: Edges between outcomes are whole multiples of 2**-63.
EDGE_BITS = 63
#: Bits that a table is looked up by.
LOOK = 12
_SHIFT = np.uint16(16 - LOOK)
_BITS = 96
_ONE = 2**_BITS
_MOST = 64  # outcomes of one look: more rows than that are drawn in several


@dataclass(frozen=True)
class Law:
    """The law of what some alike rows add up to.

    Attributes
    ----------
    sums : tuple of Sum
        What a row adds, by level.
    masses : tuple of int
        Chance of each level, in units of ``2**-96``.
    rows : int
    outcomes : tuple of Sum
        What the rows may add up to, in rising order: rows that do not apply, then losses. So the same random number
        never gives a worse outcome after a repair.
    edges : tuple of int
        Chance of all outcomes before each but the first, in units of ``2**-63``; outcome k is shown where a random
        number is below edge k and not below those before it.
    """

    sums: tuple[Sum, ...]
    masses: tuple[int, ...]
    rows: int
    outcomes: tuple[Sum, ...]
    edges: tuple[int, ...]

    def rows_given(self, outcome: int, numbers: Floats) -> list[int]:
        """Return a level for each row, by the law of the rows given what they add up to.

        Row after row: of level k with a chance in proportion to that of k, times that of the rest for the later rows.

        Parameters
        ----------
        outcome : int
        numbers : float array (rows,)
            In (0, 1).

        Examples
        --------
        >>> law = law_of_sum(((0,), (1,)), masses_of(0.5, [], None), 3)
        >>> [law.outcomes[k] for k in range(4)], law.rows_given(1, np.array([0.5, 0.4, 0.9]))
        ([(0,), (1,), (2,), (3,)], [0, 0, 1])
        """
        own: list[int] = self.levels_given(np.array([outcome]), np.asarray(numbers)[:, None])[:, 0].tolist()
        return own

    def levels_given(self, outcome: Ints, numbers: Floats) -> NDArray[np.int16]:
        """Return a level for each row in many draws, each as :meth:`rows_given` gives it for one.

        Parameters
        ----------
        outcome : int array (draws,)
        numbers : float array (rows, draws)
            In (0, 1).

        Returns
        -------
        int array (rows, draws)

        Examples
        --------
        >>> law = law_of_sum(((0,), (1,)), masses_of(0.5, [], None), 3)
        >>> law.levels_given(np.array([0, 1]), np.array([[0.5, 0.5], [0.4, 0.4], [0.9, 0.9]])).T.tolist()
        [[0, 0, 0], [0, 0, 1]]
        """
        packing = _Packing(self.sums, self.rows)
        own, number = packing.own, (np.asarray(numbers) * 2**53).astype(np.int64)
        laws = [law for law, _ in zip(_convolved(own, self.masses), range(self.rows), strict=False)]
        found = np.zeros(number.shape, dtype=np.int16)
        groups = [(packing.packed(self.outcomes[k]), np.flatnonzero(outcome == k)) for k in np.unique(outcome).tolist()]
        for row, law in enumerate(reversed(laws)):
            left: dict[int, list[Ints]] = {}  # what is still to be shown by the later rows: in which draws
            for total, draws in groups:
                weights = (mass * law.get(total - add, 0) for mass, add in zip(self.masses, own, strict=True))
                steps = list(accumulate(weights))
                # the level is the first whose step is above the number times the last step; so in whole numbers
                cuts = [-(-(step << 53) // steps[-1]) for step in steps]
                level = np.searchsorted(cuts, number[row, draws], side="right")
                found[row, draws] = level
                for k in np.unique(level).tolist():
                    left.setdefault(total - own[k], []).append(draws[level == k])
            groups = [(total, np.concatenate(draws)) for total, draws in left.items()]
        return found


def masses_of(chance: float, steps: Sequence[float], absent: float | None) -> tuple[int, ...]:
    """Return the chances of a row's levels in units of ``2**-96``; they add up to it exactly.

    Parameters
    ----------
    chance : float
        To comply.
    steps : sequence of float
        Cumulated sizes of the lower levels, without the last.
    absent : float or None
        Chance that the check does not apply; None where it always does. If given, it is the last mass.

    Examples
    --------
    >>> [mass / 2**96 for mass in masses_of(0.5, [0.25], 0.5)]
    [0.25, 0.0625, 0.1875, 0.5]
    """
    low = int(chance * _ONE)
    cuts = [low + ((_ONE - low) * int(min(step, 1.0) * _ONE) >> _BITS) for step in (0.0, *steps)]
    applies = _ONE - int((absent or 0.0) * _ONE)
    scaled = [cut * applies >> _BITS for cut in cuts]
    ends = [0, *scaled, applies] if absent is None else [0, *scaled, applies, _ONE]
    return tuple(after - before for before, after in pairwise(ends))


def law_of_sum(sums: tuple[Sum, ...], masses: tuple[int, ...], rows: int) -> Law:
    """Return the law of the sum of as many of the rows as one look can show, at most `rows`, at least one.

    How many they are depends on what a row can add and not on its chances, so that a repair moves no random number.

    Notes
    -----
    By convolution in whole numbers of ``2**-96``, rounded down: edges are right to ``2**-63``.

    Examples
    --------
    >>> law = law_of_sum(((0,), (1,)), masses_of(0.75, [], None), 2)
    >>> [edge / 2**63 for edge in law.edges]
    [0.5625, 0.9375]
    >>> law_of_sum(((0,), (1,)), masses_of(0.75, [], None), 1000).rows
    63
    """
    packing = _Packing(sums, rows)
    laws = _convolved(packing.own, masses)
    next(laws)
    count, law = 1, next(laws)
    while count < rows and len(after := next(laws)) <= _MOST:
        count, law = count + 1, after
    held = sorted((packing.unpacked(total), mass) for total, mass in law.items())
    held.sort(key=lambda own: (own[0][0], sum(own[0])))
    last = max(k for k, (_, mass) in enumerate(held) if mass)  # what rounding leaves over falls to it
    ends = list(accumulate(mass for _, mass in held))[:-1]
    edges = tuple(end >> (_BITS - EDGE_BITS) if k < last else 2**EDGE_BITS for k, end in enumerate(ends))
    return Law(sums, masses, count, tuple(own for own, _ in held), edges)


@dataclass(frozen=True)
class _Packing:
    """Sums as single whole numbers, which add and subtract as the sums do."""

    sums: tuple[Sum, ...]
    rows: int

    @cached_property
    def width(self) -> int:
        return (2 * self.rows * max(map(max, self.sums))).bit_length()

    @cached_property
    def own(self) -> list[int]:
        return [self.packed(own) for own in self.sums]

    def packed(self, own: Sum) -> int:
        return sum(value << self.width * place for place, value in enumerate(own))

    def unpacked(self, total: int) -> Sum:
        return tuple(total >> self.width * place & (1 << self.width) - 1 for place in range(len(self.sums[0])))


def _convolved(packed: Sequence[int], masses: Sequence[int]) -> Iterator[dict[int, int]]:
    """Yield the law of what no row, one, two ... add up to; sums of chance 0 are in it."""
    law = {0: _ONE}
    while True:
        yield law
        after: dict[int, int] = {}
        for own, chance in zip(packed, masses, strict=True):
            for total, mass in law.items():
                after[total + own] = after.get(total + own, 0) + (mass * chance >> _BITS)
        law = after


@dataclass(frozen=True, eq=False)
class Batch:
    """Tables by which numbers of 16 bits show an outcome for each of G laws; further bits settle what is open.

    Attributes
    ----------
    edges : uint64 array (G, outcomes - 1)
    high : uint16 array (G, 1)
        First 16 bits of the first edge: with two outcomes, a comparison is all there is to do.
    table : int array (G, 2**LOOK) or None
        Otherwise, the outcome by the first bits, or `open`.
    open : int
    """

    edges: Words
    high: NDArray[np.uint16]
    table: Ints | None
    open: int

    @staticmethod
    def of(laws: Sequence[Law]) -> Batch:
        """Lay out laws."""
        wide = max(1, *(len(law.edges) for law in laws))
        padded = [law.edges + (2**EDGE_BITS,) * (wide - len(law.edges)) for law in laws]
        edges = np.array(padded, dtype=np.uint64)
        high = np.minimum(edges[:, :1] >> np.uint64(EDGE_BITS - 16), 2**16 - 1).astype(np.uint16)
        if wide == 1:
            return Batch(edges, high, None, 2)
        kind = np.uint8 if wide < 255 else np.uint16
        open_ = int(np.iinfo(kind).max)
        table = np.empty((len(laws), 2**LOOK), dtype=kind)
        cell = (edges >> np.uint64(EDGE_BITS - LOOK)).astype(np.int64)
        inside = edges % np.uint64(2 ** (EDGE_BITS - LOOK)) > 0  # the edge cuts the cell
        for own, cells, cut in zip(table, cell, inside, strict=True):
            own[:] = np.repeat(np.arange(wide + 1), np.diff(cells + cut, prepend=0, append=2**LOOK))
            own[cells[cut]] = open_
        return Batch(edges, high, table, open_)

    def look(self, bits: NDArray[np.uint16]) -> tuple[Ints, Ints]:
        """Return the outcomes that 16 bits (G, draws) show, and where, in the flattened array, they do not decide."""
        if self.table is None:
            return (bits >= self.high).view(np.uint8), np.flatnonzero(bits == self.high)
        found = np.empty(bits.shape, dtype=self.table.dtype)
        for own, table, row in zip(found, self.table, bits, strict=True):
            table.take(row >> _SHIFT, out=own, mode="wrap")  # the fastest mode; nothing is out of range
        return found, np.flatnonzero(found == self.open)

    def settled(self, row: Ints, numbers: Words) -> Ints:
        """Return the outcomes of laws `row` at `numbers` below ``2**EDGE_BITS``."""
        found: Ints = (numbers[:, None] >= self.edges[row]).sum(axis=1)
        return found
