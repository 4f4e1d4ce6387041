"""How what is seen becomes attainment, and how attainments combine: a closed set of pure, vectorised functions.

Numbers are exact: an :class:`Exact` holds whole numbers over one common denominator, so that every threshold
compares integers. How a rule is written in an instrument, and what one enters for it, stands in
:mod:`evalsys.rulebook`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Exact",
    "bands",
    "best",
    "cap",
    "common",
    "count_met",
    "deadline",
    "deduct",
    "exact",
    "floor",
    "grade_by_count",
    "growth",
    "integers",
    "k_of_n",
    "lookup",
    "loss",
    "met",
    "none",
    "over_sites",
    "ratio",
    "scaled",
    "share",
    "threshold",
    "weighted",
    "worst",
]

Ints = NDArray[Any]
_SAFE = 2**62  # two numbers below it can be added or subtracted in int64


# ---------------------------------------------------------------------------------------------- exact numbers


@dataclass(frozen=True, eq=False)
class Exact:
    """Exact numbers: ``num / den``.

    Attributes
    ----------
    num : ndarray of int64, or of Python int where int64 could overflow
        Numerators, any shape.
    den : int
        The common denominator, at least 1.
    """

    num: Ints
    den: int


def exact(values: Iterable[Fraction | int]) -> Exact:
    """Return a vector of rationals over their least common denominator.

    Examples
    --------
    >>> exact([Fraction(1, 3), Fraction(1, 2)])
    Exact(num=array([2, 3]), den=6)
    """
    values = list(values)
    den = math.lcm(1, *(v.denominator for v in values))
    return Exact(integers([v.numerator * (den // v.denominator) for v in values]), den)


def integers(values: Sequence[int]) -> Ints:
    """Return whole numbers as int64, or as Python ints where one of them is too large.

    Examples
    --------
    >>> integers([1, 2]).dtype, integers([1, 2**80]).dtype
    (dtype('int64'), dtype('O'))
    """
    large = any(abs(v) >= _SAFE for v in values)
    return np.array(values, dtype=object if large else np.int64)


def scaled(num: Ints, factor: int) -> Ints:
    """Return ``num * factor`` exactly, with Python ints where int64 could overflow.

    Examples
    --------
    >>> scaled(np.array([1, 2]), 2**70)
    array([1180591620717411303424, 2361183241434822606848], dtype=object)
    """
    if factor == 1:
        return num
    return _wide(num, factor, _peak(num) * factor) * factor


def common(parts: Sequence[Exact]) -> tuple[list[Ints], int]:
    """Return the numerators of several exact arrays over their common denominator, and that denominator.

    Examples
    --------
    >>> common([exact([Fraction(1, 2)]), exact([Fraction(1, 3)])])
    ([array([3]), array([2])], 6)
    """
    den = math.lcm(1, *(part.den for part in parts))
    return [scaled(part.num, den // part.den) for part in parts], den


def _peak(num: Ints) -> int:
    """Return the largest absolute value, 0 for an empty array."""
    return max(int(np.max(num)), -int(np.min(num))) if np.size(num) else 0


def _wide(num: Ints, *bounds: int) -> Ints:
    """Return Python ints where a bound on what is computed next does not fit int64, else the same array."""
    # asarray(num, dtype=object) would keep a numpy scalar as it is, and it overflows
    return np.asarray(num).astype(object) if any(abs(bound) >= _SAFE for bound in bounds) else num


def _total(num: Ints) -> int:
    """Return the exact sum of a vector."""
    return int(_wide(num, _peak(num) * len(num)).sum())


def _flags(holds: Any) -> Exact:
    """Return attainment 1 where it holds, else 0."""
    return Exact(np.asarray(holds).astype(np.int64), 1)


# ------------------------------------------------------------------------ rules: from what is seen to attainment


def met(yes: Exact) -> Exact:
    """Attainment 1 where the demand is met (any number above 0), else 0.

    Examples
    --------
    >>> met(exact([1, 0]))
    Exact(num=array([1, 0]), den=1)
    """
    return _flags(yes.num > 0)


def loss(lost: Exact) -> Exact:
    """Attainment ``1 - lost`` for a share lost in [0, 1].

    Examples
    --------
    >>> loss(exact([Fraction(3, 10), 1]))
    Exact(num=array([7, 0]), den=10)
    """
    return Exact(lost.den - _wide(lost.num, lost.den), lost.den)


def share(k: Exact, n: Exact) -> Exact:
    """Attainment ``k / n`` for k compliant out of n checked, ``0 <= k <= n``, n at least 1.

    Examples
    --------
    >>> share(exact([4, 1]), exact([5, 2]))
    Exact(num=array([8, 5]), den=10)
    """
    den = math.lcm(1, *map(int, np.unique(n.num)))
    up = _wide(n.num, den)
    return Exact(scaled(_wide(k.num, den * k.den) * (den // up), n.den), den * k.den)


def k_of_n(k: Exact, required: int) -> Exact:
    """Attainment 1 where at least `required` comply, else 0.

    Examples
    --------
    >>> k_of_n(exact([3, 2]), 3)
    Exact(num=array([1, 0]), den=1)
    """
    return _flags(k.num >= required * k.den)


_PASSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


def _compared(x: Exact, limits: Mapping[str, Fraction]) -> tuple[NDArray[np.bool_], Exact]:
    """Return whether `x` lies within all limits, and how far it lies outside them (0 inside)."""
    den = math.lcm(x.den, *(limit.denominator for limit in limits.values()))
    lines = {name: int(limit * den) for name, limit in limits.items()}
    num = _wide(scaled(x.num, den // x.den), *lines.values())
    passes, gap = np.ones(num.shape, dtype=bool), np.zeros_like(num)
    for name, line in lines.items():
        passes &= np.asarray(_PASSES[name](num, line), dtype=bool)
        gap = np.maximum(gap, line - num if name in ("at_least", "above") else num - line)
    return passes, Exact(gap, den)


def threshold(
    x: Exact,
    limits: Mapping[str, Fraction],
    short: str = "zero",
    lose: Fraction = Fraction(0),
    per: Fraction = Fraction(1),
    steps: str = "linear",
) -> Exact:
    """Attainment 1 within the limits, and what is left outside them.

    Parameters
    ----------
    x : Exact
        Observed values, in the measure of the limits.
    limits : mapping
        ``at_least``, ``at_most`` (equality passes), ``above``, ``below`` (equality fails); all must hold.
    short : {'zero', 'proportional', 'minus'}
        What a value outside earns, for a shortfall to the nearest limit: nothing; in proportion,
        ``max(0, 1 - shortfall / limit)``; or ``max(0, 1 - lose * shortfall / per)``.
    lose, per : Fraction
        For 'minus': the share of the points lost, above 0, for each `per` of shortfall, above 0.
    steps : {'linear', 'begun', 'full'}
        For 'minus': ``shortfall / per`` as it is, rounded up, or rounded down.

    Examples
    --------
    >>> ninety = {"at_least": Fraction(90)}
    >>> threshold(exact([90, 72]), ninety)
    Exact(num=array([1, 0]), den=1)
    >>> threshold(exact([90, 72]), ninety, "minus", Fraction(1, 10), Fraction(10), "full")
    Exact(num=array([10,  9]), den=10)
    """
    passes, gap = _compared(x, limits)
    if short == "zero":
        return _flags(passes)
    if short == "proportional":
        (limit,) = limits.values()
        lose, per = Fraction(1), limit
    units = _steps(gap, per, steps)
    full = units.den * lose.denominator
    return Exact(np.maximum(full - _wide(scaled(units.num, lose.numerator), full), 0), full)


def _steps(gap: Exact, per: Fraction, steps: str) -> Exact:
    """Return ``gap / per``, as it is, rounded up ('begun') or rounded down ('full')."""
    width = gap.den * per.numerator
    num = _wide(scaled(gap.num, per.denominator), width)
    if steps == "begun":
        return Exact(-(-num // width), 1)
    return Exact(num // width, 1) if steps == "full" else Exact(num, width)


def ratio(x: Exact, target: Fraction) -> Exact:
    """Attainment ``x / target``, at least 0 and at most 1, for a target above 0.

    Examples
    --------
    >>> ratio(exact([3, 9]), Fraction(4))
    Exact(num=array([3, 4]), den=4)
    """
    den = x.den * target.numerator
    num = _wide(scaled(x.num, target.denominator), den)
    return Exact(np.clip(num, 0, den), den)


def bands(x: Exact, steps: Sequence[tuple[str, Fraction, Fraction]], otherwise: Fraction) -> Exact:
    """Attainment of the first band that holds; each is ``(at_least|above|at_most|below, limit, attainment)``.

    Examples
    --------
    >>> steps = [("above", Fraction(85), Fraction(1)), ("above", Fraction(80), Fraction(66, 100))]
    >>> bands(exact([86, 85, 80]), steps, Fraction(33, 100))
    Exact(num=array([100,  66,  33]), den=100)
    """
    holds = [_compared(x, {name: limit})[0] for name, limit, _ in steps]
    return _first(x.num.shape, holds, [value for _, _, value in steps], otherwise)


def _first(
    shape: tuple[int, ...], holds: Sequence[NDArray[np.bool_]], values: Sequence[Fraction], otherwise: Fraction
) -> Exact:
    """Return the value of the first condition that holds."""
    table = exact([otherwise, *values])
    out = np.full(shape, table.num[0], dtype=table.num.dtype)
    for place in range(len(values), 0, -1):
        out = np.where(holds[place - 1], table.num[place], out)
    return Exact(out, table.den)


def lookup(place: Exact, table: Sequence[Fraction]) -> Exact:
    """Attainment by place in a table: the rules 'option' and 'grade'.

    Examples
    --------
    >>> lookup(exact([0, 2]), [Fraction(1), Fraction(1, 2), Fraction(0)])
    Exact(num=array([2, 0]), den=2)
    """
    values = exact(table)
    return Exact(values.num[place.num // place.den], values.den)


def count_met(
    holds: NDArray[np.bool_], grades: Sequence[tuple[int, tuple[int, ...], Fraction]], otherwise: Fraction
) -> Exact:
    """Attainment by the number of sub-criteria that hold.

    Parameters
    ----------
    holds : bool array (..., criteria)
    grades : sequence of (number met, places of the criteria that must be among them, attainment), best first
    otherwise : Fraction
        Attainment where no grade is reached.

    Examples
    --------
    >>> grades = [(3, (), Fraction(1)), (2, (0,), Fraction(66, 100))]  # two will do if the first is among them
    >>> count_met(np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=bool), grades, Fraction(0))
    Exact(num=array([50, 33,  0]), den=50)
    """
    count = holds.sum(axis=-1)
    reached = [
        np.asarray((count >= number) & holds[..., list(required)].all(axis=-1)) for number, required, _ in grades
    ]
    return _first(count.shape, reached, [value for _, _, value in grades], otherwise)


def deduct(taken: Exact, kind: Ints, caps: Sequence[Fraction | None], full: Fraction) -> Fraction:
    """Attainment of a leaf after all its findings: points minus deductions, capped per kind, not below 0.

    ``max(0, full - sum over kinds of min(cap, deductions)) / full``

    Parameters
    ----------
    taken : Exact (rows,)
        Points taken by each finding, 0 or more.
    kind : int array (rows,)
        Place of its kind in `caps`; -1 for a row that reports no finding.
    caps : sequence of Fraction or None
        The most that each kind may take, in points.
    full : Fraction
        Points that the deductions are taken from, above 0.

    Examples
    --------
    >>> deduct(exact([2, 2, 2, 1]), np.array([0, 0, 0, 1]), [Fraction(5), None], Fraction(10))
    Fraction(2, 5)
    """
    total = Fraction(0)
    for place, limit in enumerate(caps):
        points = Fraction(_total(taken.num[kind == place]), taken.den)
        total += points if limit is None else min(points, limit)
    return max(Fraction(0), 1 - total / full)


def none(count: Exact) -> Exact:
    """Attainment 1 where nothing was counted, else 0.

    Examples
    --------
    >>> none(exact([0, 2]))
    Exact(num=array([1, 0]), den=1)
    """
    return _flags(count.num == 0)


def growth(ours: Exact, reference: Exact) -> Exact:
    """Attainment 1 where our growth is at least the reference's (equal passes).

    Examples
    --------
    >>> growth(exact([5, 4]), exact([5, 5]))
    Exact(num=array([1, 0]), den=1)
    """
    (a, b), _ = common([ours, reference])
    return _flags(a >= b)


def deadline(day: Exact, due: Ints | int) -> Exact:
    """Attainment 1 on the due day or before; days are ordinals, `due` is one day or a day for each row.

    Examples
    --------
    >>> deadline(exact([738000, 738001]), 738000)
    Exact(num=array([1, 0]), den=1)
    """
    return _flags(day.num <= due * day.den)


def over_sites(rows: Exact, how: str | int) -> Fraction:
    """Attainment of a leaf from its rows: their mean, or 1 where 'all' (or that many) of them are full, else 0.

    Parameters
    ----------
    rows : Exact (rows,)
        Attainments, at least one row.
    how : 'mean', 'all' or int

    Examples
    --------
    >>> over_sites(exact([1, 1, 0]), "mean"), over_sites(exact([1, 1, 0]), "all"), over_sites(exact([1, 1, 0]), 2)
    (Fraction(2, 3), Fraction(0, 1), Fraction(1, 1))
    """
    if how == "mean":
        return Fraction(_total(rows.num), rows.den * len(rows.num))
    full = int((rows.num == rows.den).sum())
    return Fraction(int(full >= (len(rows.num) if how == "all" else int(how))))


# ------------------------------------------------------------------------- nodes: how attainments combine


def weighted(parts: Sequence[Exact], weights: Sequence[Fraction]) -> Exact:
    """Return ``sum of weight x attainment``: the node rules 'sum' and 'mean', and what 'cap' and 'floor' bound.

    Parameters
    ----------
    parts : sequence of Exact, all of one shape
    weights : sequence of Fraction
        0 or more. They add up to 1, or to more below a cap or floor.

    Examples
    --------
    >>> weighted([exact([1, 1]), exact([0, 1])], [Fraction(1, 3), Fraction(2, 3)])
    Exact(num=array([1, 3]), den=3)
    """
    scale = exact(weights)
    nums, den = common(parts)
    factors = [int(w) for w in scale.num]
    bound = sum(_peak(num) * factor for num, factor in zip(nums, factors, strict=True))
    total = sum(_wide(num, bound, factor) * factor for num, factor in zip(nums, factors, strict=True))
    return _shortened(np.asarray(total), den * scale.den)


def _shortened(num: Ints, den: int) -> Exact:
    """Divide a single number by its common factor, so that denominators do not grow from level to level.

    In a simulation, with its many rows, it would cost more than it saves.
    """
    if num.size != 1:
        return Exact(num, den)
    factor = math.gcd(den, int(num.ravel()[0]))
    value, den = int(num.ravel()[0]) // factor, den // factor
    return Exact(integers([value]).reshape(num.shape), den)


def cap(total: Exact) -> Exact:
    """Points above the node's own do not count: ``min(1, total)``.

    Examples
    --------
    >>> cap(exact([Fraction(6, 5), Fraction(4, 5)]))
    Exact(num=array([5, 4]), den=5)
    """
    return Exact(np.asarray(np.minimum(_wide(total.num, total.den), total.den)), total.den)


def floor(total: Exact) -> Exact:
    """Losses beyond the node's own points do not count: ``max(0, total)``.

    Examples
    --------
    >>> floor(exact([Fraction(-1, 5), Fraction(4, 5)]))
    Exact(num=array([0, 4]), den=5)
    """
    return Exact(np.asarray(np.maximum(total.num, 0)), total.den)


def best(parts: Sequence[Exact]) -> Exact:
    """Return the best attainment.

    Examples
    --------
    >>> best([exact([Fraction(1, 2), 0]), exact([Fraction(1, 3), 1])])
    Exact(num=array([3, 6]), den=6)
    """
    nums, den = common(parts)
    return Exact(np.asarray(np.maximum.reduce(nums)), den)


def worst(parts: Sequence[Exact]) -> Exact:
    """Return the worst attainment.

    Examples
    --------
    >>> worst([exact([Fraction(1, 2), 0]), exact([Fraction(1, 3), 1])])
    Exact(num=array([2, 0]), den=6)
    """
    nums, den = common(parts)
    return Exact(np.asarray(np.minimum.reduce(nums)), den)


def grade_by_count(
    parts: Sequence[Exact], grades: Sequence[tuple[int, tuple[int, ...], Fraction]], otherwise: Fraction
) -> Exact:
    """Grade by the number of full parts, with a required subset: the node rule 'subset-grade'.

    Parameters
    ----------
    parts : sequence of Exact, all of one shape
        The scored children, all of them, in order.
    grades, otherwise
        As in :func:`count_met`.

    Examples
    --------
    >>> parts = [exact([1, 1]), exact([1, 1]), exact([1, Fraction(9, 10)])]
    >>> grade_by_count(parts, [(3, (), Fraction(1)), (2, (), Fraction(66, 100))], Fraction(0))
    Exact(num=array([50, 33]), den=50)
    """
    return count_met(np.stack([part.num == part.den for part in parts], axis=-1), grades, otherwise)
