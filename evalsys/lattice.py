"""Laws on a lattice of points: regions of a model compiled to whole numbers, forwards to laws and backwards to tables.

Every region's losses are whole multiples of its unit, so that laws are arrays and sums of independent parts are
convolutions, done by FFT. Forwards, each region gives its law to the map above it. Backwards, a payoff on the total
(whether it passes; its points) becomes a payoff on each part: the mean payoff given what that part shows, which is
the whole table of "what if" at the cost of a second sweep.

All arrays carry a first axis Z: nodes of severity, given which the parts are independent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.drawing import Atoms, DrawTerm, atoms_of, losses_at
from evalsys.frequencies import Damping, Spectrum, damping, joined, sum_of, tables_of
from evalsys.model import Model
from evalsys.regions import Choice, Region, Row, independent
from evalsys.rules import integers

__all__ = ["CELLS", "Compiled", "LeafTerm", "PartTerm", "compile_region"]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.int64]
_ZERO, _ONE = Fraction(0), Fraction(1)

#: The most cells of an exact lattice.
CELLS = 2**21
_FLOATS = 1000  # up to here the ways to choose among so many rows are floats


# --------------------------------------------------------------------------------------------------- the lattice


def _gcd(values: Sequence[Fraction]) -> Fraction:
    """Return the largest number of which all are whole multiples, 0 where all are 0."""
    den = math.lcm(1, *(value.denominator for value in values))
    return Fraction(math.gcd(*(value.numerator * (den // value.denominator) for value in values)), den)


# ----------------------------------------------------------------------------------------------------- the terms


@dataclass(eq=False)
class LeafTerm:
    """Independent rows of one leaf: their losses add up."""

    column: int
    rows: list[Row]
    atoms: list[Atoms]
    stride: int = 1
    size: int = 1
    law: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    payoff: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    damping: Damping = field(default_factory=lambda: Damping(np.zeros(0, dtype=np.int64), np.zeros(0)))

    def forward(self, model: Model, seen: Sequence[Floats]) -> Floats:
        """Return the law of the loss on the term's own lattice, (Z, size)."""
        laws: list[Floats] = []
        held: list[Damping] = []
        for row, atoms in zip(self.rows, self.atoms, strict=True):
            block = model.blocks[row.block]
            chances = losses_at(model, row, seen[row.block]) @ atoms.shares
            cells = atoms.cells // self.stride
            times = block.times
            if not block.whole:  # all alike: any of them
                times, chances = np.array([block.checks[row.check].reach]), chances[:, :1]
            found = damping(atoms.cells, chances)
            held.append(Damping(found.cells, times @ found.amounts))
            laws += [_times(chances[:, site], cells, count) for site, count in enumerate(times.tolist())]
        self.law = _sum_of(laws, self.size)
        self.damping = joined(held)
        return self.law

    def backward(self, model: Model, seen: Sequence[Floats], payoff: Floats) -> None:
        """Take the mean payoff given each loss of the leaf."""
        self.payoff = payoff


def _scattered(chances: Floats, cells: Ints) -> Floats:
    found = np.zeros((len(chances), int(cells[-1]) + 1))
    found[:, cells] = chances
    return found


def _times(chances: Floats, cells: Ints, count: int) -> Floats:
    """Return the law of the sum of `count` alike rows."""
    from scipy.special import xlogy

    if count == 1:
        return _scattered(chances, cells)
    if len(cells) == 2 and cells[0] == 0:
        k = np.arange(count + 1)
        if count > _FLOATS:
            laws = np.exp(_log_ways(count) + xlogy(k[::-1], chances[:, :1]) + xlogy(k, chances[:, 1:]))
        else:
            laws = _ways(count) * chances[:, :1] ** k[::-1] * chances[:, 1:] ** k
        return _scattered(laws, k * cells[1])
    return _sum_of([_scattered(chances, cells)] * count, count * int(cells[-1]) + 1)


@lru_cache(maxsize=256)
def _ways(count: int) -> Floats:
    return np.array([math.comb(count, k) for k in range(count + 1)], dtype=float)


def _log_ways(count: int) -> Floats:
    from scipy.special import gammaln

    k = np.arange(count + 1)
    return np.asarray(gammaln(count + 1) - gammaln(k + 1) - gammaln(count - k + 1))


def _sum_of(laws: list[Floats], size: int) -> Floats:
    """Convolve small laws: pairs of neighbours until one is left."""
    while len(laws) > 1:
        laws = [_convolved(*laws[k : k + 2]) if k + 1 < len(laws) else laws[k] for k in range(0, len(laws), 2)]
    found = laws[0] if laws else np.ones((1, 1))
    return _widened(found, size)


def _widened(law: Floats, size: int) -> Floats:
    if law.shape[1] == size:
        return law
    out = np.zeros((len(law), size))
    out[:, : law.shape[1]] = law
    return out


def _convolved(a: Floats, b: Floats) -> Floats:
    if a.shape[1] < b.shape[1]:
        a, b = b, a
    size = a.shape[1] + b.shape[1] - 1
    used = np.flatnonzero(b.any(axis=0))
    if len(used) <= 24:
        out = np.zeros((len(a), size))
        for shift in used.tolist():
            out[:, shift : shift + a.shape[1]] += a * b[:, shift, None]
        return out
    from scipy import fft

    long = fft.next_fast_len(size, real=True)
    product = fft.irfft(fft.rfft(a, long) * fft.rfft(b, long), long)[:, :size]
    return np.asarray(np.maximum(product, 0.0))


@dataclass(eq=False)
class PartTerm:
    """A nonlinear part below: a value with finitely many cells, and its regions."""

    code: str
    kind: str
    arguments: tuple[Compiled, ...]
    values: tuple[Fraction, ...]
    index: tuple[Ints, ...]
    choice: Choice
    atoms: Atoms
    model: Model
    stride: int = 1
    size: int = 1
    law: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    payoff: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    chances: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    damping: Damping = field(default_factory=lambda: Damping(np.zeros(0, dtype=np.int64), np.zeros(0)))

    def forward(self, model: Model, seen: Sequence[Floats]) -> Floats:
        """Return the law of the loss on the term's own lattice, (Z, size)."""
        laws = [argument.forward(model, seen) for argument in self.arguments]
        self.chances = self._values(model, seen, laws)
        found = damping(self.atoms.cells, (self.chances @ self.atoms.shares)[:, None])
        self.damping = Damping(found.cells, found.amounts[0])
        law = _scattered(self.chances @ self.atoms.shares, self.atoms.cells // self.stride)
        self.law = _widened(law, self.size)
        return self.law

    def _values(self, model: Model, seen: Sequence[Floats], laws: Sequence[Floats]) -> Floats:
        """Return the chance of each value, (Z, values)."""
        if self.kind == "applies":
            return self._applies(model, seen)
        sorted_laws = [_collected(law, index, len(self.values)) for law, index in zip(laws, self.index, strict=True)]
        if len(laws) == 1 and self.kind != "subset-grade":
            return sorted_laws[0]
        if self.kind == "subset-grade":
            return self._graded([law[:, 0] for law in sorted_laws])
        # values stand in falling order: the worst of all is value v or lower unless all are above it
        return _steps(np.prod([self._upto(law) for law in sorted_laws], axis=0), self.kind)

    def _upto(self, law: Floats) -> Floats:
        """Chance that a value stands at a place or after it (worst), at it or before it (best)."""
        return np.asarray(np.cumsum(law, axis=1) if self.kind == "worst" else np.cumsum(law[:, ::-1], axis=1)[:, ::-1])

    def _graded(self, full: Sequence[Floats]) -> Floats:
        out = np.zeros((len(full[0]), len(self.values)))
        for held in itertools.product((False, True), repeat=len(full)):
            chance = np.prod([p if on else 1 - p for p, on in zip(full, held, strict=True)], axis=0)
            out[:, self.values.index(_grade(self.choice, held))] += chance
        return out

    def _applies(self, model: Model, seen: Sequence[Floats]) -> Floats:
        out = np.zeros((len(seen[0]), len(self.values)))
        place = {value: k for k, value in enumerate(self.values)}
        states: dict[tuple[int, Fraction], Any] = {(0, _ZERO): 1.0}
        for row in self.choice.arguments[0].rows:
            for site in _each_site(model, row):
                states = _applied(model, row, site, seen, states)
        for (count, lost), chance in states.items():
            out[:, place[_ONE - lost / count]] += chance
        return out

    def backward(self, model: Model, seen: Sequence[Floats], payoff: Floats) -> None:
        """Hand the payoff on the value down to the regions below."""
        self.payoff = payoff
        on_value = payoff[:, self.atoms.cells // self.stride] @ self.atoms.shares.T
        if self.kind == "applies":
            return
        laws = [
            _collected(argument.law, index, len(self.values))
            for argument, index in zip(self.arguments, self.index, strict=True)
        ]
        for place, (argument, index) in enumerate(zip(self.arguments, self.index, strict=True)):
            others = [law for other, law in enumerate(laws) if other != place]
            given = on_value
            if self.kind == "subset-grade":
                full, short = self._given_grade(on_value, place, others)
                given = np.repeat(short[:, None], len(self.values), axis=1)
                given[:, 0] = full
            elif others:
                given = self._given_choice(on_value, others)
            argument.backward(model, seen, given[:, index])

    def _given_choice(self, on_value: Floats, others: Sequence[Floats]) -> Floats:
        """Return the mean payoff given that one argument has each value."""
        upto = np.prod([self._upto(law) for law in others], axis=0)
        law = _steps(upto, self.kind)
        weighed = law * on_value
        if self.kind == "worst":  # the others' worst stands after the own value, or the own value counts
            after = np.cumsum(weighed[:, ::-1], axis=1)[:, ::-1] - weighed
            return np.asarray(on_value * upto + after)
        before = np.cumsum(weighed, axis=1) - weighed
        return np.asarray(on_value * upto + before)

    def _given_grade(self, on_value: Floats, place: int, others: Sequence[Floats]) -> tuple[Floats, Floats]:
        found = [np.zeros(len(on_value)), np.zeros(len(on_value))]
        for held in itertools.product((False, True), repeat=len(others)):
            chance = np.prod([p[:, 0] if on else 1 - p[:, 0] for p, on in zip(others, held, strict=True)], axis=0)
            for own in (False, True):
                value = _grade(self.choice, (*held[:place], own, *held[place:]))
                found[own] += chance * on_value[:, self.values.index(value)]
        return found[1], found[0]


def _collected(law: Floats, index: Ints, size: int) -> Floats:
    """Add up the chances of neighbouring cells that have the same value."""
    out = np.zeros((len(law), size))
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    out[:, index[starts]] = np.add.reduceat(law, starts, axis=1)
    return out


def _steps(upto: Floats, kind: str) -> Floats:
    """Return the chances of values from the chance of standing up to them (worst), or from them on (best)."""
    none = np.zeros((len(upto), 1))
    found = np.diff(upto, axis=1, prepend=none) if kind == "worst" else -np.diff(upto, axis=1, append=none)
    return np.asarray(found)


def _grade(choice: Choice, held: Sequence[bool]) -> Fraction:
    for number, required, value in choice.grades:
        if sum(held) >= number and all(held[place] for place in required):
            return value
    return choice.otherwise


def _each_site(model: Model, row: Row) -> Iterator[int]:
    """Yield the entry of each row that an independent check gives."""
    block = model.blocks[row.block]
    if block.whole:
        for site, count in enumerate(block.times.tolist()):
            yield from [site] * count
    else:
        yield from [0] * block.checks[row.check].reach


def _applied(
    model: Model, row: Row, site: int, seen: Sequence[Floats], states: dict[tuple[int, Fraction], Any]
) -> dict[tuple[int, Fraction], Any]:
    """Add one row to the joint law of how many rows apply and what they lose together."""
    block = model.blocks[row.block]
    absent = block.absent[site, row.check]
    p = seen[row.block][:, site, row.check]
    chances = [p, *((1 - p) * size for size in block.sizes[site, row.check, : len(row.losses) - 1])]
    out: dict[tuple[int, Fraction], Any] = {}
    for (count, lost), before in states.items():
        if absent:
            out[count, lost] = out.get((count, lost), 0.0) + before * absent
        if absent < 1:
            for chance, loss in zip(chances, row.losses, strict=True):
                key = count + 1, lost + loss
                out[key] = out.get(key, 0.0) + before * (1 - absent) * chance
    return out


# --------------------------------------------------------------------------------------------------- the regions


@dataclass(eq=False)
class Compiled:
    """A region on its lattice.

    Attributes
    ----------
    base : Fraction
        Value without a loss; cell x is worth ``base - x * unit``.
    unit : Fraction
    cells : int
        Losses are 0 to ``cells - 1`` units.
    exact : bool
        Whether every loss is a whole number of units, here and below.
    terms : list of terms
        Independent of one another.
    rounding : {'up', 'down', 'split'}
        How losses that are no whole number of units were rounded.
    law : array (Z, cells)
        After :meth:`forward`.
    """

    base: Fraction
    unit: Fraction
    cells: int
    exact: bool
    terms: list[LeafTerm | PartTerm | DrawTerm]
    rounding: str
    law: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    laws: list[Floats] = field(default_factory=list)
    dampings: list[Damping] = field(default_factory=list)

    def forward(self, model: Model, seen: Sequence[Floats]) -> Floats:
        """Return the law of the region's loss under each severity, (Z, cells)."""
        self.law = self.spectrum(model, seen).law(self.cells)
        return self.law

    def spectrum(self, model: Model, seen: Sequence[Floats]) -> Spectrum:
        """Return the law of the region's loss under each severity as a product of transforms."""
        groups = self.groups()
        for term in self.terms:
            term.forward(model, seen)
        self.laws = [
            own[0].law
            if len(own) == 1
            else sum_of(
                [term.law for term in own], [1] * len(own), [joined([term.damping], stride) for term in own]
            ).law(1 + sum(term.size - 1 for term in own))
            for stride, own in groups.items()
        ]
        self.dampings = [joined([term.damping for term in own]) for own in groups.values()]
        return sum_of(self.laws, list(groups), self.dampings)

    def work(self, model: Model) -> int:
        """Return how many numbers are held at once for one node of severity: as many as the widest draw needs."""
        draws = [term for term in self.terms if isinstance(term, DrawTerm)]
        return max(self.cells, *(len(t.rows) * len(model.blocks[t.block].times) * t.size for t in draws), 1)

    def groups(self) -> dict[int, list[LeafTerm | PartTerm | DrawTerm]]:
        """Return the terms by stride: they are added up on their own lattice first."""
        found: dict[int, list[LeafTerm | PartTerm | DrawTerm]] = {}
        for term in self.terms:
            found.setdefault(term.stride, []).append(term)
        return found

    def backward(self, model: Model, seen: Sequence[Floats], payoff: Floats) -> None:
        """Hand a payoff on the region's cells, (Z, cells), down to every term."""
        if not self.terms:
            return
        groups = self.groups()
        tables = tables_of(payoff, self.laws, list(groups), self.dampings)
        for (stride, own), table in zip(groups.items(), tables, strict=True):
            given = [table]
            if len(own) > 1:
                damped = [joined([term.damping], stride) for term in own]
                given = tables_of(table, [term.law for term in own], [1] * len(own), damped)
            for term, each in zip(own, given, strict=True):
                term.backward(model, seen, each)


def compile_region(
    model: Model,
    region: Region,
    cells: int = CELLS,
    rounding: str = "split",
    coarse: int = 2**15,
    extra: Sequence[Fraction] = (),
) -> Compiled:
    """Put a region and all below it on lattices.

    Parameters
    ----------
    cells : int
        The most cells of an exact lattice.
    rounding : {'up', 'down', 'split'}
        How losses come onto a lattice of `coarse` cells where an exact one would be larger.
    extra : sequence of Fraction
        Other losses that must be whole numbers of units.
    """
    below = [
        (coefficient, part, _compile_part(model, part, cells, rounding, coarse)) for coefficient, part in region.parts
    ]
    wanted = [loss for row in region.rows for loss in row.losses]
    wanted += [coefficient * (values[0] - value) for coefficient, _, (_, values, _, _) in below for value in values]
    most = sum((coefficient * (values[0] - values[-1]) for coefficient, _, (_, values, _, _) in below), _ZERO)
    for row in region.rows:
        most += model.blocks[row.block].checks[row.check].reach * max(row.losses)
    unit = _gcd([*wanted, *extra]) or _ONE
    here_exact = most / unit < cells
    if not here_exact:
        unit = most / coarse
    base = region.base + sum((coefficient * (values[0]) for coefficient, _, (_, values, _, _) in below), _ZERO)
    terms: list[LeafTerm | PartTerm | DrawTerm] = []
    free = {place for place in {row.block for row in region.rows} if independent(model.blocks[place])}
    for column, rows in _by_leaf(model, [row for row in region.rows if row.block in free]):
        terms.append(LeafTerm(column, rows, [atoms_of(row.losses, unit, rounding) for row in rows]))
    for block, rows in _by_draw([row for row in region.rows if row.block not in free]):
        terms.append(DrawTerm(block, rows, [atoms_of(row.losses, unit, rounding) for row in rows]))
    for coefficient, part, (arguments, values, index, _) in below:
        atoms = atoms_of([coefficient * (values[0] - value) for value in values], unit, rounding)
        terms.append(PartTerm(part.code, part.kind, arguments, values, index, part, atoms, model))
    for term in terms:
        _fit(model, term)
    total = 1 + sum((term.size - 1) * term.stride for term in terms)
    return Compiled(base, unit, total, here_exact and all(exact for *_, (*_, exact) in below), terms, rounding)


def _fit(model: Model, term: LeafTerm | PartTerm | DrawTerm) -> None:
    """Give a term its own lattice: every stride-th cell of the region's, as many as it can reach."""
    if isinstance(term, PartTerm):
        term.stride = math.gcd(*term.atoms.cells.tolist()) or 1
        term.size = int(term.atoms.cells[-1]) // term.stride + 1
        return
    term.stride = math.gcd(*(cell for atoms in term.atoms for cell in atoms.cells.tolist())) or 1
    most = 0
    for row, atoms in zip(term.rows, term.atoms, strict=True):
        most += model.blocks[row.block].checks[row.check].reach * int(atoms.cells[-1])
    term.size = most // term.stride + 1


def _by_leaf(model: Model, rows: Sequence[Row]) -> Iterator[tuple[int, list[Row]]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(model.blocks[row.block].checks[row.check].leaf, []).append(row)
    yield from found.items()


def _by_draw(rows: Sequence[Row]) -> Iterator[tuple[int, list[Row]]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.block, []).append(row)
    yield from found.items()


def _compile_part(
    model: Model, part: Choice, cells: int, rounding: str, coarse: int
) -> tuple[tuple[Compiled, ...], tuple[Fraction, ...], tuple[Ints, ...], bool]:
    """Return a part's regions, its values from the highest to the lowest, and each cell's place among them."""
    if part.kind == "applies":
        return (), _ratios(model, part), (), True
    arguments = tuple(compile_region(model, region, cells, rounding, coarse) for region in part.arguments)
    exact = all(argument.exact for argument in arguments)
    den = math.lcm(part.limit.denominator, *(math.lcm(a.base.denominator, a.unit.denominator) for a in arguments))
    at = [int(a.base * den) - integers([int(a.unit * den)]) * np.arange(a.cells) for a in arguments]
    if part.kind == "subset-grade":
        graded = sorted({part.otherwise, *(value for *_, value in part.grades)}, reverse=True)
        values = tuple(graded) if len(graded) > 1 else (graded[0], graded[0] - 1)
        # place 0 stands for full, whatever value it leads to
        return arguments, values, tuple((own < den).astype(np.int64) for own in at), exact
    mapped = [_mapped(part, own, den) for own in at]
    found = np.unique(np.concatenate(mapped))
    values = tuple(Fraction(int(value), den) for value in found[::-1])
    index = tuple(len(found) - 1 - np.searchsorted(found, own) for own in mapped)
    return arguments, values, index, exact


def _mapped(part: Choice, value: Ints, den: int) -> Ints:
    """Return the values of a part for values of its argument, all over `den`."""
    match part.kind:
        case "cap":
            return np.minimum(den, value)
        case "floor":
            return np.maximum(0, value)
        case "count":
            return den * (value >= int(part.limit * den)).astype(value.dtype)
        case "deduct":
            return np.maximum(int(part.limit * den), value)
        case _:
            return value


def _ratios(model: Model, part: Choice) -> tuple[Fraction, ...]:
    """Return every mean that rows which may not apply can have, from the highest to the lowest."""
    states: set[tuple[int, Fraction]] = {(0, _ZERO)}
    for row in part.arguments[0].rows:
        for site in _each_site(model, row):
            absent = model.blocks[row.block].absent[site, row.check]
            after = {(n + 1, lost + loss) for n, lost in states for loss in row.losses} if absent < 1 else set()
            states = after | (states if absent else set())
    return tuple(sorted({_ONE - lost / count for count, lost in states if count}, reverse=True))
