"""Small cells: which counts of a shared survey table are hidden so that nobody can work out a cell below five.

A cell of 1 to 4 people is shown as ``<5``. Where the total of a line is printed, a hidden cell could be worked out from
the rest, so that the next smallest is hidden too, as ``…``. What a reader can work out is computed, not assumed: every
hidden cell keeps at least two possible values.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = ["FEWEST", "Shown", "StratumCell", "Table", "hidden", "possible"]

#: A cell with fewer people than this, and at least one, is hidden.
FEWEST = 5
_PRINTED = 0.00005  # what rounding leaves open of a printed share
_COMBINATIONS = 20_000


class Shown(Enum):
    """How a cell is printed."""

    YES = ""
    SMALL = "<5"  # 1 to 4 people
    OTHER = "…"  # hidden so that a small one cannot be worked out


@dataclass(frozen=True)
class StratumCell:
    """Answers and satisfied answers of one stratum; `weight` of an answer, on any scale."""

    answers: int
    satisfied: int
    weight: float = 1.0


@dataclass(frozen=True)
class Table:
    """What of one question is printed, line by line.

    Attributes
    ----------
    answers : Shown
        The number of answers to the question.
    rate : Shown
        The satisfied share of the whole, and all that is computed from it.
    options : tuple of Shown
        The count of each option.
    strata : tuple of Shown
        The answers of each stratum.
    rates : tuple of Shown
        The satisfied share of each stratum.
    """

    answers: Shown
    rate: Shown
    options: tuple[Shown, ...]
    strata: tuple[Shown, ...]
    rates: tuple[Shown, ...]


# --------------------------------------------------------------------------------------- what a reader can work out


def possible(cells: Sequence[Iterable[int]], totals: Iterable[int]) -> tuple[list[set[int]], set[int]]:
    """Return the values that each cell can have, and the totals that can be.

    Parameters
    ----------
    cells : sequence of iterable of int
        The values, 0 or more, that a reader holds possible for each cell of a line.
    totals : iterable of int
        The sums that the reader holds possible; one where the total is printed.

    Examples
    --------
    >>> possible([[1, 2, 3, 4], [1, 2, 3, 4]], [8])
    ([{4}, {4}], {8})
    >>> possible([[1, 2, 3, 4], [0, 5, 6, 7]], [8])
    ([{1, 2, 3}, {5, 6, 7}], {8})
    """
    masks, wanted = [_mask(cell) for cell in cells], _mask(totals)
    before, after = [1], [1]
    for mask in masks[:-1]:
        before.append(_sums(before[-1], mask))
    for mask in masks[:0:-1]:
        after.append(_sums(after[-1], mask))
    values = []
    for mask, left, right in zip(masks, before, reversed(after), strict=False):
        others = _sums(left, right)
        values.append({value for value in _places(mask) if (others << value) & wanted})
    every = _sums(before[-1], masks[-1]) if masks else 1
    return values, set(_places(every & wanted))


def _mask(values: Iterable[int]) -> int:
    found = 0
    for value in values:
        found |= 1 << value
    return found


def _places(mask: int) -> list[int]:
    return [place for place, bit in enumerate(reversed(bin(mask)[2:])) if bit == "1"]


def _sums(one: int, other: int) -> int:
    """Return the sums of a value of one set and a value of the other, run by run of the first."""
    found = start = 0
    while one:
        zeros = (one & -one).bit_length() - 1
        one >>= zeros
        ones = ((one + 1) & ~one).bit_length() - 1
        found |= _smeared(other, ones) << (start + zeros)
        one >>= ones
        start += zeros + ones
    return found


def _smeared(mask: int, length: int) -> int:
    """Return the values of a set, each with the next ones up to so many in all."""
    done = 1
    while done < length:
        step = min(done, length - done)
        mask |= mask << step
        done += step
    return mask


def _small(count: int) -> bool:
    return 0 < count < FEWEST


def _believed(count: int, shown: Shown, most: int) -> list[int]:
    """Return what a reader holds possible for a count between 0 and `most`."""
    if shown is Shown.YES:
        return [count]
    return [value for value in range(most + 1) if _small(value) == (shown is Shown.SMALL)]


def _believed_rate(cell: StratumCell, shown: Shown) -> list[int]:
    """Return what a reader who knows the answers of a stratum holds possible for its satisfied ones."""
    if shown is Shown.YES:
        return [cell.satisfied]
    return [v for v in range(cell.answers + 1) if _is_small(cell.answers, v) == (shown is Shown.SMALL)]


def _is_small(answers: int, satisfied: int) -> bool:
    """Whether a satisfied share tells of fewer than five people."""
    return _small(answers) or _small(satisfied) or _small(answers - satisfied)


# ---------------------------------------------------------------------------------------------- what is hidden


def hidden(options: Sequence[int], satisfied: Sequence[bool], strata: Sequence[StratumCell]) -> Table:
    """Return what of one question may be printed.

    Parameters
    ----------
    options : sequence of int
        How many gave each answer.
    satisfied : sequence of bool
        Whether the answer is one of those that comply.
    strata : sequence of StratumCell
        They add up to the options; a single one where the survey has no strata.

    Returns
    -------
    Table

    Notes
    -----
    Printed are the number of answers, the satisfied share, the count of each option, the answers and the satisfied
    share of each stratum. A share counts as its two counts, satisfied and not; the share of the whole is thus hidden
    where 1 to 4 people made the difference. Where nothing is left to hide and a cell could still be worked out, all of
    the question is hidden. A reader is taken to know the answers of every stratum, the satisfied answers of the whole,
    and the weights of strata, so that the weighted share of the whole, printed to 0.01 %, is a second total.

    Examples
    --------
    >>> made = hidden([90, 40, 3], [True, True, False], [StratumCell(133, 130)])
    >>> made.rate.name, [shown.name for shown in made.options]
    ('SMALL', ['YES', 'OTHER', 'SMALL'])
    """
    return _Hiding(list(options), list(satisfied), list(strata)).table()


class _Hiding:
    """Hides cell after cell until none can be worked out."""

    def __init__(self, options: list[int], satisfied: list[bool], strata: list[StratumCell]) -> None:
        self.counts, self.good, self.cells = options, satisfied, strata
        self.n = sum(options)
        self.happy = sum(count for count, own in zip(options, satisfied, strict=True) if own)
        self.rate = Shown.SMALL if _is_small(self.n, self.happy) else Shown.YES
        self.options = [Shown.SMALL if _small(count) else Shown.YES for count in options]
        self.strata = [Shown.SMALL if _small(cell.answers) else Shown.YES for cell in strata]
        self.rates = [Shown.SMALL if _is_small(cell.answers, cell.satisfied) else Shown.YES for cell in strata]

    def table(self) -> Table:
        """Return what may be printed."""
        done = not _small(self.n) and self.hide_strata() and self.hide_shares()
        if not done:
            small = Shown.SMALL if _small(self.n) else Shown.OTHER
            return Table(small, Shown.OTHER, *((Shown.OTHER,) * len(c) for c in (self.counts, self.cells, self.cells)))
        return Table(Shown.YES, self.rate, tuple(self.options), tuple(self.strata), tuple(self.rates))

    def hide_strata(self) -> bool:
        """Hide answers of strata; False where that does not help."""
        counts = [cell.answers for cell in self.cells]
        while True:
            cells = [_believed(count, shown, self.n) for count, shown in zip(counts, self.strata, strict=True)]
            values, _ = possible(cells, [self.n])
            if not _known(values, self.strata):
                break
            if not _hide_next(self.strata, counts):
                return False
        for place, shown in enumerate(self.strata):  # a share of a number that is not told would tell it
            if shown is Shown.OTHER and self.rates[place] is Shown.YES:
                self.rates[place] = Shown.OTHER
        return True

    def hide_shares(self) -> bool:
        """Hide counts of options, shares of strata and the share of the whole; False where that does not help."""
        sizes = [min(cell.satisfied, cell.answers - cell.satisfied) for cell in self.cells]
        while True:
            totals = self.totals()
            from_options, from_strata = self.of_options(totals)[1], self.of_strata(totals)[1]
            totals = sorted(from_options & from_strata)
            options = _known(self.of_options(totals)[0], self.options)
            rates = bool(_known(self.of_strata(totals)[0], self.rates))
            if self.rate is not Shown.YES and len(totals) < 2:  # the share of the whole can be worked out
                options = options or (list(range(len(self.counts))) if len(from_options) < 2 else [])
                rates |= not options
            if not options and not rates and not self.weighed_out():
                return True
            # one at a time: what hides an option may hide enough of the strata too
            if options and _hide_next(self.options, self.counts, self.beside(options)):
                continue
            if (rates or not options) and _hide_next(self.rates, sizes):
                continue
            if self.rate is not Shown.YES:
                return False
            self.rate = Shown.OTHER

    def weighed_out(self) -> bool:
        """Whether the printed weighted share, and the count behind it, leave one value to a hidden stratum."""
        places = [place for place, shown in enumerate(self.rates) if shown is not Shown.YES]
        weights = [self.cells[place].weight for place in places]
        if self.rate is not Shown.YES or len(set(weights)) < 2:
            return False
        sets = [_believed_rate(self.cells[place], self.rates[place]) for place in places]
        last = max(range(len(sets)), key=lambda k: len(sets[k]))  # follows from the others and the count
        if math.prod(len(own) for k, own in enumerate(sets) if k != last) > _COMBINATIONS:
            return False  # very many ways: some other one fits the printed share
        true = [self.cells[place].satisfied for place in places]
        whole = sum(cell.answers * cell.weight for cell in self.cells)
        printed, near = sum(map(operator.mul, weights, true)), _PRINTED * whole
        seen: list[set[int]] = [set() for _ in places]
        possible_last = set(sets[last])
        for rest in itertools.product(*(own for k, own in enumerate(sets) if k != last)):
            value = sum(true) - sum(rest)
            found = [*rest[:last], value, *rest[last:]]
            if value in possible_last and abs(sum(map(operator.mul, weights, found)) - printed) <= near:
                for own, number in zip(seen, found, strict=True):
                    own.add(number)
                if all(len(own) > 1 for own in seen):
                    return False
        return True

    def beside(self, known: Sequence[int]) -> list[int]:
        """Return the options that add up with those that are known: all, where the share of the whole is hidden."""
        if self.rate is not Shown.YES:
            return list(range(len(self.counts)))
        return [place for place, own in enumerate(self.good) if own in {self.good[k] for k in known}]

    def totals(self) -> list[int]:
        """Return what a reader holds possible for the satisfied answers of the whole."""
        if self.rate is Shown.YES:
            return [self.happy]
        if self.rate is Shown.OTHER:
            return [value for value in range(self.n + 1) if not _is_small(self.n, value)]
        low = _small(self.happy)  # whether few are satisfied or few are not is mostly plain from the verdict
        return [value for value in range(self.n + 1) if _small(value if low else self.n - value)]

    def of_options(self, totals: Sequence[int]) -> tuple[list[set[int]], set[int]]:
        """Return what the counts of the options can be, and what the satisfied answers can be."""
        cells = [_believed(count, shown, self.n) for count, shown in zip(self.counts, self.options, strict=True)]
        parts = {own: [place for place, good in enumerate(self.good) if good is own] for own in (True, False)}
        sums = {own: possible([cells[k] for k in places], range(self.n + 1))[1] for own, places in parts.items()}
        can = {total for total in totals if total in sums[True] and self.n - total in sums[False]}
        found: list[set[int]] = [set()] * len(cells)
        for own, places in parts.items():
            wanted = can if own else {self.n - total for total in can}
            values, _ = possible([cells[k] for k in places], wanted)
            for place, value in zip(places, values, strict=True):
                found[place] = value
        return found, can

    def of_strata(self, totals: Sequence[int]) -> tuple[list[set[int]], set[int]]:
        """Return what the satisfied answers of the strata can be, and what those of the whole can be."""
        cells = [_believed_rate(cell, shown) for cell, shown in zip(self.cells, self.rates, strict=True)]
        return possible(cells, totals)


def _known(values: Sequence[set[int]], shown: Sequence[Shown]) -> list[int]:
    """Return the places of hidden cells that have one possible value."""
    pairs = enumerate(zip(values, shown, strict=True))
    return [place for place, (value, own) in pairs if own is not Shown.YES and len(value) < 2]


def _hide_next(shown: list[Shown], counts: Sequence[int], places: Sequence[int] | None = None) -> bool:
    """Hide the next smallest cell, empty ones last; False where none is left."""
    own = [place for place in (range(len(shown)) if places is None else places) if shown[place] is Shown.YES]
    if not own:
        return False
    shown[min(own, key=lambda place: (counts[place] == 0, counts[place], place))] = Shown.OTHER
    return True
