"""Weights that reproduce the totals of a published table whose rule is not known: a proposal, never the rule.

The columns are told apart by their headings and cells. Weights are whole per cents (of 5 where there are many parts)
that add up to 100 %, or marks added as they are; each is tried exactly against every printed total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsys.faults import Fault, InputFaults
from evalsys.language import Text
from evalsys.published import Published, as_free_table, from_grid, printed_decimals, read_sheet
from evalsys.published_rule import Part, Rule, SumRow
from evalsys.schema import parse_number
from evalsys.tables import Table

__all__ = ["Proposal", "Weights", "propose", "weights_that_fit"]

_MOST_PARTS = 8
_MOST_TRIES = 200_000
_HEADINGS = {
    "total": r"总分|总成绩|总得分|综合得分|综合成绩|最终得分|合计|total|overall|final.?score",
    "rank": r"名次|排名|位次|rank|place",
    "number": r"序号|编号|no\.?|number|id",
    "deduction": r"扣分|减分|deduct.*",
    "bonus": r"加分|奖励分|bonus",
}
_SUMS = re.compile(r"合计|总计|总和|平均.*|均值|全[市区县].*|total.*|sum|mean|average", re.IGNORECASE)


@dataclass(frozen=True)
class Weights:
    """Weights, and how well they reproduce the totals.

    Attributes
    ----------
    weights : tuple of Fraction
        In the order of the parts.
    fits : int
        How many totals are reproduced within one unit of their last digit.
    largest : Fraction
        Largest distance of a printed total, before rounding.
    """

    weights: tuple[Fraction, ...]
    fits: int
    largest: Fraction


@dataclass(frozen=True)
class Proposal:
    """What a table without a rule may mean.

    Attributes
    ----------
    published : Published
        The table under the first proposal; its rule says `proposed`.
    candidates : tuple of Weights
        The best first: all that reproduce every total; where none does, the one that reproduces most.
    rows : int
        How many totals there are.
    step : Fraction
        Weights are multiples of this.
    tried : int
        How many sets of weights were tried.
    """

    published: Published
    candidates: tuple[Weights, ...]
    rows: int
    step: Fraction
    tried: int

    @property
    def complete(self) -> bool:
        """Whether some weights reproduce every total."""
        return self.candidates[0].fits == self.rows


def propose(path: Path, sheet: str | None = None) -> Proposal:
    """Find weights for a table without a rule.

    Parameters
    ----------
    path : Path
        CSV or Excel file.
    sheet : str, optional
        Sheet of a workbook that has several.

    Raises
    ------
    InputFaults
        If the table has faults of form, or shows no names, no total, or no marks that could make it.
    """
    faults: list[Fault] = []
    grid = read_sheet(path, sheet, faults)
    table = None if grid is None else as_free_table(*grid, faults)
    if grid is None or table is None or faults:
        raise InputFaults(faults)
    table, sums = _without_sums(table)
    columns = _Columns.of(table)
    if columns is None:
        raise InputFaults([Fault("no_rule", table.file, allowed=path.with_suffix(".yaml").name)])
    if len(columns.parts) > _MOST_PARTS:
        many = f"{len(columns.parts)} > {_MOST_PARTS}"
        raise InputFaults([Fault("no_rule", table.file, value=many, allowed=path.with_suffix(".yaml").name)])
    _check_cells(table, columns)
    rows = _marks(table, columns)
    totals = [row.pop() for row in rows]
    places = max(printed_decimals(text) for text in _cells(table, columns.total))
    found, step, tried = weights_that_fit(rows, totals, places)
    rule = _rule(columns, found[0], path, sums)
    published = from_grid(rule, path, grid[0], grid[1], faults)
    if published is None or faults:
        raise InputFaults(faults)
    return Proposal(published, found, len(totals), step, tried)


# ---------------------------------------------------------------------------------------------- which column is what


@dataclass(frozen=True)
class _Columns:
    """The columns of a table by what they seem to be."""

    name: str
    group: str | None
    parts: tuple[str, ...]
    weighted: dict[str, tuple[str, Fraction]]  # by part: its weighted column and the weight
    deductions: tuple[str, ...]
    bonus: tuple[str, ...]
    total: str
    rank: str | None

    @staticmethod
    def of(table: Table) -> _Columns | None:
        """Tell the columns apart; None where there is nothing to add up."""
        numbers = [column for column in table.columns if _mostly_numbers(_cells(table, column))]
        optional = [column for column in table.columns if _named(column, "deduction", "bonus")]
        words = [
            column for column in table.columns if column not in (*numbers, *optional) and any(_cells(table, column))
        ]
        distinct = [column for column in words if len(set(_cells(table, column))) == len(table.rows)]
        name = next(iter(distinct), next(iter(words), None))
        rank = next((column for column in table.columns if _named(column, "rank")), None)
        marks = [c for c in numbers if c not in optional and not _named(c, "rank", "number")]
        total = next((column for column in reversed(marks) if _named(column, "total")), None)
        total = total or (marks[-1] if marks else None)
        if name is None or total is None:
            return None
        marks = marks[: marks.index(total)]  # a total stands to the right of what it adds up
        weighted = _weighted(table, marks)
        taken = {column for column, _ in weighted.values()}
        parts = tuple(column for column in marks if column not in taken)
        group = next(
            (c for c in words if c != name and len(set(_cells(table, c))) <= max(len(table.rows) // 2, 1)), None
        )
        if not parts:
            return None
        return _Columns(
            name=name,
            group=group,
            parts=parts,
            weighted=weighted,
            deductions=tuple(column for column in optional if _named(column, "deduction")),
            bonus=tuple(column for column in optional if _named(column, "bonus")),
            total=total,
            rank=rank if rank is not None and rank in numbers else None,
        )


def _without_sums(table: Table) -> tuple[Table, str | None]:
    """Take out the last row where it sums the others up; return its name too."""
    names = [cell for cell in (table.rows[-1] if table.rows else []) if _SUMS.fullmatch(cell)]
    if not names:
        return table, None
    return replace(table, rows=table.rows[:-1], numbers=table.numbers[:-1]), names[0]


def _named(column: str, *kinds: str) -> bool:
    return any(re.fullmatch(rf"[\W_]*(?:{_HEADINGS[kind]})[\W_\d]*", column.strip(), re.IGNORECASE) for kind in kinds)


def _cells(table: Table, column: str) -> list[str]:
    place = table.columns.index(column)
    return [row[place] for row in table.rows]


def _mostly_numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers; one that does not read is then a fault, not a reason to pass the column over."""
    return 2 * sum(parse_number(text) is not None for text in cells) > len(cells)


def _check_cells(table: Table, columns: _Columns) -> None:
    """Raise the faults of all cells that should be numbers; no deduction and no bonus may be left empty."""
    faults = []
    for column in (*columns.parts, columns.total, *columns.deductions, *columns.bonus):
        for place, text in enumerate(_cells(table, column)):
            if not text and column in (*columns.parts, columns.total):
                faults.append(table.fault("empty_value", place, column))
            elif text and parse_number(text) is None:
                faults.append(table.fault("bad_number", place, column, text, "95.67  85%"))
    if faults:
        raise InputFaults(faults)


def _numbers(table: Table, column: str) -> list[Fraction]:
    return [parse_number(text) or Fraction(0) for text in _cells(table, column)]


def _weighted(table: Table, marks: Sequence[str]) -> dict[str, tuple[str, Fraction]]:
    """Find columns that are another column times one whole per cent, to a unit of the last digit."""
    found: dict[str, tuple[str, Fraction]] = {}
    for part in marks:
        for other in marks:
            if part == other or part in {column for column, _ in found.values()} or part in found:
                continue
            weight = _times(table, part, other)
            if weight is not None:
                found[part] = (other, weight)
    return found


def _times(table: Table, part: str, other: str) -> Fraction | None:
    xs, ys = _numbers(table, part), _numbers(table, other)
    if len(xs) < 3 or not sum(xs):
        return None
    weight = Fraction(round(100 * sum(ys) / sum(xs)), 100)
    unit = Fraction(1, 10 ** max(map(printed_decimals, _cells(table, other))))
    if not 0 < weight < 1 or any(abs(weight * x - y) > unit for x, y in zip(xs, ys, strict=True)):
        return None
    return weight


def _marks(table: Table, columns: _Columns) -> list[list[Fraction]]:
    """Return the marks of every row, and last its total before bonus and deductions."""
    parts = [_numbers(table, column) for column in columns.parts]
    totals = _numbers(table, columns.total)
    for sign, extra in ((1, columns.deductions), (-1, columns.bonus)):
        for column in extra:
            totals = [total + sign * value for total, value in zip(totals, _numbers(table, column), strict=True)]
    return [list(row) for row in zip(*parts, totals, strict=True)]


def _rule(columns: _Columns, weights: Weights, path: Path, sums: str | None) -> Rule:
    parts = []
    for column, weight in zip(columns.parts, weights.weights, strict=True):
        printed, given = columns.weighted.get(column, (None, None))
        parts.append(Part(column, Text(column, column), weight, printed if given == weight else None))
    return Rule(
        title=Text(path.stem, path.stem),
        place="",
        round="",
        name=columns.name,
        name_heading=Text(columns.name, columns.name),
        group=columns.group,
        parts=tuple(parts),
        deductions=columns.deductions,
        bonus=columns.bonus,
        total=columns.total,
        total_name=Text(columns.total, columns.total),
        rank=columns.rank,
        sum_row=SumRow(sums, {}) if sums else None,
        proposed=True,
    )


# ------------------------------------------------------------------------------------------------------- the search


def weights_that_fit(
    marks: Sequence[Sequence[Fraction]], totals: Sequence[Fraction], places: int
) -> tuple[tuple[Weights, ...], Fraction, int]:
    """Find weights that reproduce totals.

    Parameters
    ----------
    marks : sequence of rows of Fraction
        At most 8 in a row.
    totals : sequence of Fraction
    places : int
        Printed decimals of the totals.

    Returns
    -------
    found : tuple of Weights
        All that reproduce every total, nearest first; else the one that reproduces most.
    step : Fraction
        Weights are multiples of this.
    tried : int

    Examples
    --------
    >>> marks = [[Fraction(90), Fraction(80)], [Fraction(70), Fraction(95)], [Fraction(88), Fraction(60)]]
    >>> found, step, tried = weights_that_fit(marks, [Fraction(87), Fraction("77.5"), Fraction("79.6")], 2)
    >>> found[0].weights, found[0].fits, tried
    ((Fraction(7, 10), Fraction(3, 10)), 3, 100)
    """
    parts = len(marks[0])
    step = 1 if comb(99, parts - 1) <= _MOST_TRIES else 5
    tries = np.array(list(_compositions(100 // step, parts)), dtype=np.int64) * step
    more = _near_least_squares(marks, totals)
    tries = np.unique(np.vstack([tries, np.full((1, parts), 100), *more]), axis=0)
    judged = [_judge(weights, marks, totals, places) for weights in _promising(tries, marks, totals, places)]
    judged.sort(key=lambda found: (-found.fits, found.largest))
    whole = tuple(found for found in judged if found.fits == len(totals))
    return whole or (judged[0],), Fraction(step, 100), len(tries)


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield all ways to write a number as a sum of so many whole numbers above 0."""
    if parts == 1:
        yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def _near_least_squares(marks: Sequence[Sequence[Fraction]], totals: Sequence[Fraction]) -> list[NDArray[np.int64]]:
    """Return the whole per cents nearest to the least-squares weights, where they add up to 100."""
    xs = np.array([[float(mark) for mark in row] for row in marks])
    if len(xs) < xs.shape[1]:
        return []
    free = np.linalg.lstsq(xs, np.array([float(total) for total in totals]), rcond=None)[0]
    whole = np.rint(100 * free).astype(np.int64)
    return [whole[None, :]] if whole.sum() == 100 and (whole > 0).all() else []


def _promising(
    tries: NDArray[np.int64], marks: Sequence[Sequence[Fraction]], totals: Sequence[Fraction], places: int
) -> NDArray[np.int64]:
    """Return the few weights that floats find nearest; the exact judgement is on these."""
    xs = np.array([[float(mark) for mark in row] for row in marks])
    distance = np.abs(tries @ xs.T / 100 - np.array([float(total) for total in totals]))
    fits = (distance <= 10.0**-places + 1e-9).sum(axis=1)
    order = np.lexsort((distance.max(axis=1), -fits))
    keep: NDArray[np.int64] = tries[order[: max(50, int((fits == len(totals)).sum()))]]
    return keep


def _judge(
    weights: NDArray[np.int64], marks: Sequence[Sequence[Fraction]], totals: Sequence[Fraction], places: int
) -> Weights:
    shares = tuple(Fraction(int(weight), 100) for weight in weights)
    gaps = [
        abs(sum((w * mark for w, mark in zip(shares, row, strict=True)), Fraction(0)) - total)
        for row, total in zip(marks, totals, strict=True)
    ]
    return Weights(shares, sum(gap <= Fraction(1, 10**places) for gap in gaps), max(gaps))
