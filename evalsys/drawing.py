"""The law of a random draw of whole sites, and where losses lie on a lattice.

All checks at a site share its draw, so the leaves of a block are dependent; as long as everything from the sites to
the region is linear, the law is still exact, by a recursion over the sites.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.frequencies import Damping, damping
from evalsys.model import Model
from evalsys.regions import Row

__all__ = ["Atoms", "DrawTerm", "atoms_of", "levels_at", "losses_at"]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.int64]
_ROOM = 2**15  # numbers for each site, or each state of a draw, that are worked on at once: what a cache holds
_SWEPT = 2**21  # numbers of all states of a draw, after all sites, that a sweep holds


@dataclass(frozen=True)
class Atoms:
    """Where losses lie on the lattice: cells, and the share of each loss (row) at each cell (column)."""

    cells: Ints
    shares: Floats


def atoms_of(losses: Sequence[Fraction], unit: Fraction, rounding: str) -> Atoms:
    """Put losses on the cells of a lattice.

    Parameters
    ----------
    rounding : {'up', 'down', 'split'}
        Where a loss is no whole number of units, the score is rounded up, rounded down, or both in shares that keep
        the mean.
    """
    spread: list[dict[int, float]] = []
    for loss in losses:
        cell = loss / unit
        low, rest = math.floor(cell), cell - math.floor(cell)
        if not rest or rounding == "up":
            spread.append({low: 1.0})
        elif rounding == "down":
            spread.append({low + 1: 1.0})
        else:
            spread.append({low: float(1 - rest), low + 1: float(rest)})
    cells = sorted({cell for here in spread for cell in here})
    return Atoms(
        np.array(cells, dtype=np.int64), np.array([[here.get(cell, 0.0) for cell in cells] for here in spread])
    )


def losses_at(model: Model, row: Row, seen: Floats) -> Floats:
    """Return the chance of each level of a row at each site.

    Parameters
    ----------
    seen : array (Z, S, C)
        Chance to be found complying, of the row's block.

    Returns
    -------
    ndarray (Z, S, levels)
    """
    return levels_at(model, row, seen[..., row.check])


def levels_at(model: Model, row: Row, p: Floats) -> Floats:
    """Return the chance of each level of a row at each site, from the chance to be found complying, (Z, S)."""
    block = model.blocks[row.block]
    chances = np.empty((*p.shape, len(row.losses)))
    chances[..., 0] = p
    np.multiply((1 - p)[..., None], block.sizes[:, row.check, : len(row.losses) - 1], out=chances[..., 1:])
    if row.absent is None:
        return chances
    absent = block.absent[:, row.check, None]
    chances = chances * (1 - absent)
    chances[..., row.absent] += absent[:, 0]
    return chances


@dataclass(eq=False)
class DrawTerm:
    """Sites drawn without replacement: the law is the mean over all draws of products over the drawn sites.

    With phi the Fourier transform of the loss at one site, the mean over all draws of k of the first j sites obeys
    ``A[j, k] = (1 - k/j) A[j-1, k] + (k/j) phi_j A[j-1, k-1]``. Where checks reach different numbers of the drawn
    sites, the draw has several classes of places, and k is a vector.
    """

    block: int
    rows: list[Row]
    atoms: list[Atoms]
    stride: int = 1
    size: int = 1
    law: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    payoff: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    damping: Damping = field(default_factory=lambda: Damping(np.zeros(0, dtype=np.int64), np.zeros(0)))

    def classes(self, model: Model) -> tuple[tuple[int, ...], list[list[int]]]:
        """Return how many places each class has, and which rows are made there."""
        reaches = [model.blocks[row.block].checks[row.check].reach for row in self.rows]
        edges = sorted(set(reaches))
        sizes = tuple(edge - before for before, edge in itertools.pairwise([0, *edges]))
        return sizes, [[k for k, reach in enumerate(reaches) if reach >= edge] for edge in edges]

    @cached_property
    def waves(self) -> tuple[int, list[Complex]]:
        """The length of the transform, and the atoms' waves at its frequencies, by row."""
        from scipy import fft

        long = int(fft.next_fast_len(self.size, real=True))
        frequency = np.arange(long // 2 + 1)
        turned = np.exp(-2j * np.pi / long * np.arange(long))
        return long, [turned[np.outer(atoms.cells // self.stride, frequency) % long] for atoms in self.atoms]

    def chances(self, model: Model, seen: Sequence[Floats]) -> list[Floats]:
        """Return the chance of each row's atoms at each site: arrays (Z, S, atoms)."""
        return [
            losses_at(model, row, seen[row.block]) @ atoms.shares
            for row, atoms in zip(self.rows, self.atoms, strict=True)
        ]

    def transforms(self, chances: Sequence[Floats], waves: Sequence[Complex]) -> list[Complex]:
        """Return the transform of each row's loss at each site: arrays (S, Z, F)."""
        found = []
        for each, wave in zip(chances, waves, strict=True):
            zs, sites, atoms = each.shape
            flat = each.swapaxes(0, 1).reshape(-1, atoms)  # one product of two matrices instead of one for each site
            found.append((flat @ np.ascontiguousarray(wave).view(float)).view(complex).reshape(sites, zs, -1))
        return found

    def forward(self, model: Model, seen: Sequence[Floats]) -> Floats:
        """Return the law of the loss on the term's own lattice, (Z, size)."""
        from scipy import fft

        long, waves = self.waves
        sizes, members = self.classes(model)
        chances, entries = self.chances(model, seen), list(_entries(model.blocks[self.block].times))
        found = np.empty((len(chances[0]), long // 2 + 1), dtype=complex)
        room = max(1, _ROOM // max(len(entries), math.prod(size + 1 for size in sizes)))
        for here in _pieces(*found.shape, room):
            rows = self.transforms([each[here[0]] for each in chances], [wave[:, here[1]] for wave in waves])
            sites = _products(rows, members)
            table = _start(sizes, rows[0].shape[1:])
            for at, (count, before) in enumerate(entries):
                _draw_step(table, [own[at] for own in sites], sizes, count, before)
            found[here] = table[(-1,) * len(sizes)]
        self.law = np.maximum(fft.irfft(found, long)[:, : self.size], 0.0)
        self.damping = self._damping(model, chances)
        return self.law

    def _damping(self, model: Model, chances: Sequence[Floats]) -> Damping:
        """Return what damps the transform of the whole draw.

        The mean over all draws of k sites of products of moduli is at most the k-th power of their mean (Maclaurin's
        inequality). A site's modulus is at most ``exp(-s)`` with s from 0 to some largest S, so at most
        ``1 - s (1 - exp(-S)) / S``, which is linear in s: exponents are averaged over the sites.
        """
        reaches = [model.blocks[row.block].checks[row.check].reach for row in self.rows]
        drawn = max(reaches)  # rows made at fewer of the drawn sites are left out: a modulus is at most 1
        own = [
            damping(atoms.cells, each)
            for atoms, each, reach in zip(self.atoms, chances, reaches, strict=True)
            if reach == drawn
        ]
        cells, amounts = np.concatenate([each.cells for each in own]), np.hstack([each.amounts for each in own])
        most = 2 * float(amounts.sum(axis=1).max())
        times = model.blocks[self.block].times
        part = -math.expm1(-most) / most if most else 0.0
        return Damping(cells, drawn * part * (times @ amounts) / times.sum())

    def backward(self, model: Model, seen: Sequence[Floats], payoff: Floats) -> None:
        """Take the mean payoff given each loss of the block."""
        self.payoff = payoff

    def gradients(
        self, model: Model, seen: Sequence[Floats]
    ) -> tuple[list[Complex], list[list[Complex]], list[Complex]]:
        """Return the derivative of the mean payoff by each site's transform, from the payoff that was handed down.

        Returns
        -------
        rows : list of array (S, Z, F)
            Transforms of each row's loss.
        gradients : per class, per site: array (Z, F)
            The mean payoff is multilinear in the sites' transforms: the real part of ``gradient * transform``, summed
            over F and the classes, is the payoff on the event that the site is drawn.
        waves : list of array (atoms, F)
        """
        from scipy import fft

        long, waves = self.waves
        sizes, members = self.classes(model)
        rows = self.transforms(self.chances(model, seen), waves)
        end = np.conj(fft.rfft(self.payoff, long)) * _weight(long)
        return rows, _slopes(_products(rows, members), model.blocks[self.block].times, sizes, end), waves

    def moved(
        self, model: Model, seen: Sequence[Floats], states: Sequence[tuple[int, Sequence[Floats]]], payoffs: Floats
    ) -> Floats:
        """Return by how much mean payoffs change as one site changes: one sweep for any number of such changes.

        Parameters
        ----------
        seen : sequence of array (Z, S, C)
            Chances to be found complying, by block.
        states : sequence of (int, sequence of array (Z, S, C))
            Each an entry of one site, and chances that differ from `seen` there alone.
        payoffs : float array (payoffs, Z, size)
            Mean payoff given each loss of the block, times the weight of the node of severity.

        Returns
        -------
        ndarray (states, payoffs)
            Summed over the nodes. The draw is linear in the transforms of any one site, for a site is drawn once.
        """
        from scipy import fft

        long, waves = self.waves
        sizes, members = self.classes(model)
        before = self.chances(model, seen)
        changes = [self._changes(model, entry, before, own) for entry, own in states]
        ends = np.conj(fft.rfft(payoffs, long)) * _weight(long)
        times, found = model.blocks[self.block].times, np.zeros((len(states), len(payoffs)))
        room = max(1, _SWEPT // (len(times) * math.prod(size + 1 for size in sizes)))
        for here in _pieces(ends.shape[1], ends.shape[2], room):
            short = [np.ascontiguousarray(wave[:, here[1]]) for wave in waves]
            rows = self.transforms([each[here[0]] for each in before], short)
            sites, end = _products(rows, members), ends[:, here[0], here[1]]
            slopes = _slopes(sites, times, sizes, np.ones(end.shape[1:], dtype=complex))
            for place, ((entry, _), change) in enumerate(zip(states, changes, strict=True)):
                own = [row[entry] for row in rows]
                for k, chances in change.items():
                    own[k] = chances[here[0]] @ short[k]
                moved = np.zeros(end.shape[1:], dtype=complex)
                for kind, later in enumerate(_products(own, members) if change else ()):
                    moved += slopes[kind][entry] * (later - sites[kind][entry])
                found[place] += np.einsum("pzf,zf->p", end, moved).real
        return found

    def _changes(self, model: Model, entry: int, before: Sequence[Floats], seen: Sequence[Floats]) -> dict[int, Floats]:
        """Return the new chances of a site's atoms, (Z, atoms), by row, for the rows where they are new."""
        later = [own[:, entry] for own in self.chances(model, seen)]
        return {k: own for k, own in enumerate(later) if not np.array_equal(own, before[k][:, entry])}


def _products(rows: Sequence[Complex], members: Sequence[Sequence[int]]) -> list[Complex]:
    """Return the product of the rows that are made at the places of each class: those of the next class and more."""
    found: list[Complex] = []
    done: set[int] = set()
    for own in reversed(members):
        new = [k for k in own if k not in done]
        product = rows[new[0]] * found[0] if found else rows[new[0]].copy()
        for k in new[1:]:
            product *= rows[k]
        found.insert(0, product)
        done.update(own)
    return found


def _pieces(zs: int, width: int, room: int) -> Iterator[tuple[slice, slice]]:
    """Yield nodes of severity and frequencies to work on at once: no more numbers than `room`."""
    across, down = min(width, room), max(1, room // width)
    for z, f in itertools.product(range(0, zs, down), range(0, width, across)):
        yield slice(z, z + down), slice(f, f + across)


def _entries(times: Ints) -> Iterator[tuple[int, int]]:
    """Yield how many sites each entry stands for, and how many came before."""
    before = 0
    for count in times.tolist():
        yield count, before
        before += count


def _weight(long: int) -> Floats:
    """Return how often each frequency counts in a sum over all of them, over the length of the transform."""
    weight = np.full(long // 2 + 1, 2.0 / long)
    weight[0] = 1.0 / long
    if long % 2 == 0:
        weight[-1] = 1.0 / long
    return weight


def _slopes(sites: Sequence[Complex], times: Ints, sizes: tuple[int, ...], end: Complex) -> list[list[Complex]]:
    """Return the derivative of a draw's transform, times `end` (Z, F), by each site's: per class, per site."""
    entries = list(_entries(times))
    tables = [_start(sizes, end.shape)]
    for at, (count, before) in enumerate(entries):
        tables.append(tables[-1].copy())
        _draw_step(tables[-1], [own[at] for own in sites], sizes, count, before)
    last = np.zeros_like(tables[-1])
    last[(-1,) * len(sizes)] = end
    found: list[list[Complex]] = [[np.zeros(0, dtype=complex)] * len(entries) for _ in sizes]
    for at in range(len(entries) - 1, -1, -1):
        count, before = entries[at]
        phis = [own[at] for own in sites]
        last, slopes = _draw_back(last, tables[at], phis, sizes, count, before)
        for kind, slope in enumerate(slopes):
            found[kind][at] = slope
    return found


def _start(sizes: Sequence[int], shape: tuple[int, ...]) -> Complex:
    table = np.zeros((*(size + 1 for size in sizes), *shape), dtype=complex)
    table[(0,) * len(sizes)] = 1.0
    return table


def _moves(sizes: tuple[int, ...], count: int) -> Iterator[tuple[int, ...]]:
    """Yield how many places of each class an entry of `count` alike sites may fill."""
    for move in itertools.product(*(range(min(size, count) + 1) for size in sizes)):
        if sum(move) <= count:
            yield move


@lru_cache(maxsize=4096)
def _shares(sizes: tuple[int, ...], move: tuple[int, ...], count: int, before: int) -> Floats:
    """Return, for each state k after an entry, the chance that the entry fills exactly the places of a move.

    Of |k| places filled from ``before + count`` sites, |c| fall to the entry (hypergeometric); which ones of each
    class is chosen evenly.
    """
    states = np.indices([size + 1 - own for size, own in zip(sizes, move, strict=True)])
    out = np.zeros(states.shape[1:])
    for place in np.ndindex(out.shape):
        k = [low + own for low, own in zip(place, move, strict=True)]
        total, own = sum(k), sum(move)
        if total > before + count:
            continue
        ways = math.comb(count, own) * math.comb(before, total - own) * math.prod(map(math.comb, k, move))
        out[place] = ways / (math.comb(before + count, total) * math.comb(total, own))
    return out


def _powers(phis: Sequence[Complex], move: tuple[int, ...]) -> Any:
    out: Any = 1.0
    for phi, power in zip(phis, move, strict=True):
        if power:
            out = out * (phi if power == 1 else phi**power)
    return out


def _draw_step(table: Complex, phis: Sequence[Complex], sizes: tuple[int, ...], count: int, before: int) -> None:
    """Move a table, in place, by one entry."""
    moved = []
    for move in _moves(sizes, count):
        of = tuple(slice(None, size + 1 - own) for size, own in zip(sizes, move, strict=True))
        if any(move):
            part = table[of] * _powers(phis, move)
            part *= _shares(sizes, move, count, before)[..., None, None]
            moved.append((tuple(slice(own, None) for own in move), part))
    table *= _shares(sizes, (0,) * len(sizes), count, before)[..., None, None]
    for to, part in moved:
        table[to] += part


def _draw_back(
    last: Complex, table: Complex, phis: Sequence[Complex], sizes: tuple[int, ...], count: int, before: int
) -> tuple[Complex, list[Complex]]:
    """Return the derivative by the table before the entry, and by the entry's transforms."""
    out = np.zeros_like(table)
    slopes = [np.zeros(phis[0].shape, dtype=complex) for _ in sizes]
    axes = tuple(range(len(sizes)))
    for move in _moves(sizes, count):
        share = _shares(sizes, move, count, before)[..., None, None]
        to = tuple(slice(own, None) for own in move)
        of = tuple(slice(None, size + 1 - own) for size, own in zip(sizes, move, strict=True))
        pulled = share * last[to]
        out[of] += pulled * _powers(phis, move)
        for kind, power in enumerate(move):
            if power:
                rest = tuple(own - (at == kind) for at, own in enumerate(move))
                slopes[kind] += power * _powers(phis, rest) * (pulled * table[of]).sum(axis=axes)
    return out, slopes
