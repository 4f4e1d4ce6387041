"""A model in the arrays that a simulation reads: rows, counters, and how leaves are read from the counters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.alike import Batch, Law, law_of_sum, masses_of
from evalsys.model import Block, Check, LeafRule, Model
from evalsys.streams import STREAMS, stepped

__all__ = ["Alike", "Alikes", "AtDrawn", "Fixed", "Plan", "Table"]

Ints = NDArray[Any]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

_SLICE = 64  # rows that are worked on together: what they need stays in the cache
_ONE = Fraction(1)


@dataclass(frozen=True, eq=False)
class Table:
    """How a leaf is read from its counters.

    Attributes
    ----------
    first : int
        Place of the leaf's first counter; `counters` of them, then one of the rows that do not apply if `thins`.
    unit : int
        Denominator of what the counters hold.
    den : int
        Denominator of the attainment.
    full : int
        For 'deduct': full points in units.
    limit : tuple of (int or None)
        For 'deduct': caps in units.
    """

    rule: LeafRule
    rows: int
    first: int
    counters: int
    thins: bool
    unit: int
    den: int
    full: int = 0
    limit: tuple[int | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Alike:
    """Rows of one check that every inspection has, at sites of one entry, which severity does not move."""

    block: int
    check: int
    site: int  # the first of them
    cell: Ints
    leaf: int
    law: Law


@dataclass(frozen=True, eq=False)
class Alikes:
    """Up to ``_SLICE`` such groups of rows of one part."""

    part: str
    groups: tuple[Alike, ...]
    batch: Batch
    cell: Words  # of the first row of each
    adds: tuple[tuple[int, int, Ints], ...]  # group, counter, and what is added to it by outcome


@dataclass(frozen=True, eq=False)
class Fixed:
    """Up to ``_SLICE`` rows that every inspection has, of one part, which severity moves."""

    part: str
    block: Ints
    check: Ints
    site: Ints
    cell: Words
    against: Floats  # odds of not complying at severity 0
    steps: Floats  # cumulated sizes
    several: Ints  # rows with more than one lower level
    absent: Floats
    counts: Ints  # counter of rows that do not apply, -1 for none
    plain: bool  # each row adds to one counter
    row: Ints  # entries: one for each counter that a row adds to
    adds: Ints
    leaf_counter: Ints  # by entry
    start: Ints  # where entries of the next counter begin, and which counter it is
    counter: Ints


@dataclass(frozen=True, eq=False)
class AtDrawn:
    """A check at drawn sites."""

    check: Check
    place: int
    moved: bool
    chance: Floats  # by entry of sites: chance, or the odds against it where moved
    cell: Words  # by site
    steps: Floats
    absent: Floats | None
    counts: int
    adds: tuple[tuple[int, Ints], ...]


class Plan:
    """A model in the arrays that a chunk reads.

    Attributes
    ----------
    tables : list of (Table or None)
        By leaf; None for those that are missing or dropped.
    counters : int
    thin : list of int
        Leaves that may be left with too few rows.
    linear : bool
        Whether the total is linear in the leaves while the same leaves have rows.
    error : tuple of float
        ``1 - sensitivity`` and ``sensitivity + specificity - 1``.
    cells : dict of part to int
        Cells of a draw: one per site and check, whether it is drawn or not.
    alike : list of Alikes
    fixed : list of Fixed
    some : list of (place of the block, Block, entry of each site, first cell of its draw, its checks)
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tables = _tables(model)
        self.counters = max((t.first + t.counters + t.thins for t in self.tables if t), default=0)
        self.thin = [c for c, t in enumerate(self.tables) if t and (t.thins or t.rows < t.rule.required)]
        self.linear = all(node.combine.kind in ("sum", "mean") for node in model.instrument.nodes if node.children)
        self.error = 1 - model.sensitivity, model.sensitivity + model.specificity - 1
        self.cells = dict.fromkeys(STREAMS, 0)
        self.alike: list[Alikes] = []
        self.fixed: list[Fixed] = []
        self.some: list[tuple[int, Block, Ints, int, list[AtDrawn]]] = []
        alike: dict[str, list[Alike]] = {}
        moved: dict[str, list[tuple[Any, ...]]] = {}
        self._laws: dict[tuple[Any, ...], Law] = {}
        for place, block in enumerate(model.blocks):
            entry = np.repeat(np.arange(len(block.times)), block.times)
            base, wide = self.cells[block.part], len(block.checks)
            self.cells[block.part] += len(entry) * wide
            if len(block.times) == 1 or block.whole:
                for at, check in enumerate(block.checks):
                    if model.severity and check.shifts:
                        rows = [(check.leaf, place, at, s, base + s * wide + at, entry[s]) for s in range(check.reach)]
                        moved.setdefault(block.part, []).extend(rows)
                    else:
                        alike.setdefault(block.part, []).extend(self._alike(place, at, base))
            else:
                cells = base + np.arange(len(entry)) * wide
                some = [self._some(place, at, cells + at) for at in range(wide)]
                self.some.append((place, block, entry, self.cells["draw"], some))
                self.cells["draw"] += block.drawn
        for part, groups in alike.items():
            groups.sort(key=lambda group: (len(group.law.edges) > 1, group.leaf))
            self.alike += [
                self._alikes(part, tuple(own))
                for _, same in itertools.groupby(groups, lambda group: len(group.law.edges) > 1)
                for own in _slices(list(same))
            ]
        for part, rows in moved.items():
            rows.sort(key=lambda row: row[0])
            self.fixed += [self._fixed(part, own) for own in _slices(rows)]
        #: Coefficients of leaves by which of them have no row: see :func:`evalsys.inspection_totals.coefficients`.
        self.coefficients: dict[bytes, tuple[Ints, int, int]] = {}

    def _chance(self, place: int, at: int, moved: bool) -> Floats:
        """Return the chance at each entry of sites, or the odds against it where severity moves it."""
        if not moved:
            return np.asarray(self.model.seen(place, 0.0)[:, at])
        # the bound stands for infinity, which times 0 would be no number
        return np.minimum(np.exp(-np.maximum(self.model.odds[place][:, at], -700)), 1e300)

    def _alike(self, place: int, at: int, base: int) -> Iterator[Alike]:
        """Yield the rows of a check, entry after entry, as many together as one look into a table can show."""
        block = self.model.blocks[place]
        check, chance = block.checks[at], self._chance(place, at, False)
        counters = list(self.adds(check))
        sums = [(0, *(int(adds[level]) for _, adds in counters)) for level in range(len(check.levels))]
        thins = block.absent[:, at].any()
        if thins:
            sums.append((int(self._thin(check.leaf) >= 0), *(0 for _ in counters)))
        steps = _steps(block.sizes[:, at], len(check.levels))
        first = 0
        for entry, times in enumerate(block.times.tolist() if block.whole else [check.reach]):
            absent = float(block.absent[entry, at]) if thins else None
            masses = masses_of(float(chance[entry]), steps[entry].tolist(), absent)
            end = first + times
            while first < end:
                key = tuple(sums), masses, end - first
                law = self._laws[key] if key in self._laws else self._laws.setdefault(key, law_of_sum(*key))
                cell = base + np.arange(first, first + law.rows) * len(block.checks) + at
                yield Alike(place, at, first, cell, check.leaf, law)
                first += law.rows

    def _alikes(self, part: str, groups: tuple[Alike, ...]) -> Alikes:
        adds = []
        for at, group in enumerate(groups):
            check = self.model.blocks[group.block].checks[group.check]
            counters = [self._thin(group.leaf), *(counter for counter, _ in self.adds(check))]
            by_outcome = np.array(group.law.outcomes, dtype=np.int64)
            adds += [(at, counter, by_outcome[:, k]) for k, counter in enumerate(counters) if by_outcome[:, k].any()]
        cell = stepped(np.array([group.cell[0] for group in groups]))
        return Alikes(part, groups, Batch.of([group.law for group in groups]), cell, tuple(adds))

    def _fixed(self, part: str, rows: list[tuple[Any, ...]]) -> Fixed:
        leaf, block, check, site, cell, entry = (np.array(column) for column in zip(*rows, strict=True))
        keys = dict.fromkeys(zip(block.tolist(), check.tolist(), strict=True))
        known = {(b, c): self._chance(b, c, True) for b, c in keys}
        chance = np.array([known[b, c][e] for b, c, e in zip(block, check, entry, strict=True)])
        blocks = self.model.blocks
        checks = [blocks[b].checks[c] for b, c in zip(block, check, strict=True)]
        steps = [
            _steps(blocks[b].sizes[e, c], len(k.levels)) for b, c, e, k in zip(block, check, entry, checks, strict=True)
        ]
        wide = max(map(len, steps))
        levels = max(len(k.levels) for k in checks)
        entries = [
            (counter, row, np.pad(adds, (0, levels - len(adds))))
            for row, k in enumerate(checks)
            for counter, adds in self.adds(k)
        ]
        entries.sort(key=lambda found: found[0])
        counter = np.array([found[0] for found in entries], dtype=np.int64)
        start = np.flatnonzero(np.diff(counter, prepend=-1))
        return Fixed(
            part=part,
            block=block,
            check=check,
            site=site,
            cell=stepped(cell),
            against=chance,
            steps=np.array([np.pad(s, (0, wide - len(s)), constant_values=np.inf) for s in steps]),
            several=np.flatnonzero([len(k.levels) > 2 for k in checks]),
            absent=np.array([blocks[b].absent[e, c] for b, c, e in zip(block, check, entry, strict=True)]),
            counts=np.array([self._thin(int(column)) for column in leaf]),
            plain=[found[1] for found in entries] == list(range(len(rows))),
            row=np.array([found[1] for found in entries], dtype=np.int64),
            adds=np.array([found[2] for found in entries], dtype=np.int64),
            leaf_counter=counter,
            start=start,
            counter=counter[start],
        )

    def _some(self, place: int, at: int, cells: Ints) -> AtDrawn:
        block = self.model.blocks[place]
        check = block.checks[at]
        moved = bool(self.model.severity) and check.shifts
        steps = _steps(block.sizes[:, at], len(check.levels))
        absent = block.absent[:, at] if block.absent[:, at].any() else None
        counts = self._thin(check.leaf)
        chance = self._chance(place, at, moved)
        adds = tuple(self.adds(check))
        return AtDrawn(check, at, moved, chance, stepped(cells), steps, absent, counts, adds)

    def _thin(self, column: int) -> int:
        table = self.tables[column]
        return table.first + table.counters if table and table.thins else -1

    def adds(self, check: Check) -> Iterator[tuple[int, Ints]]:
        """Yield what a check adds to each of its leaf's counters, by level."""
        table = self.tables[check.leaf]
        if table is None:
            return
        for at in range(table.counters):
            match table.rule.kind:
                case "count":
                    found = [int(level != 1) for level in check.levels]
                case "deduct":
                    found = [int(taken[at] * table.unit) for taken in check.taken]
                case _:
                    found = [int((_ONE - level) * table.unit) for level in check.levels]
            yield table.first + at, np.array(found, dtype=np.int64)


def _slices(rows: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(rows), _SLICE):
        yield rows[at : at + _SLICE]


def _steps(sizes: Floats, levels: int) -> Floats:
    """Return the cumulated sizes at which the next lower level begins; the last level has none."""
    found = np.cumsum(sizes[..., : levels - 1], axis=-1)[..., : max(levels - 2, 0)]
    return np.where(found > 1 - 1e-12, np.inf, found)  # a rounding is no level


def _tables(model: Model) -> list[Table | None]:
    """Return how each leaf is read, None for those that are missing or dropped."""
    checks: dict[int, list[Check]] = {}
    thin = set()
    for block in model.blocks:
        for at, check in enumerate(block.checks):
            checks.setdefault(check.leaf, []).append(check)
            thin |= {check.leaf} if block.absent[:, at].any() else set()
    tables: list[Table | None] = []
    first = 0
    for column, rule in enumerate(model.leaves):
        if rule is None or model.missing[column] or model.dropped[column]:
            tables.append(None)
            continue
        if column not in checks:
            raise ValueError(f"a leaf without rows: {model.instrument.nodes[model.instrument.leaves[column]].code}")
        if column in thin and rule.absent is None:
            raise ValueError("a check may not apply, and its leaf does not say what that means")
        rows, thins = model.rows[column], column in thin and rule.absent != "full"
        match rule.kind:
            case "count":
                table = Table(rule, rows, first, 1, thins, 1, 1)
            case "deduct":
                taken = [points for check in checks[column] for level in check.taken for points in level]
                caps = [cap for cap in rule.caps if cap is not None]
                unit = math.lcm(1, *(value.denominator for value in (*taken, *caps, rule.full)))
                full = int(rule.full * unit)
                limit = tuple(None if cap is None else int(cap * unit) for cap in rule.caps)
                table = Table(rule, rows, first, len(rule.caps), thins, unit, full, full, limit)
            case _:
                unit = math.lcm(1, *(level.denominator for check in checks[column] for level in check.levels))
                den = unit * (math.lcm(*range(1, rows + 1)) if thins else rows)
                table = Table(rule, rows, first, 1, thins, unit, den)
        tables.append(table)
        first += table.counters + thins
    return tables
