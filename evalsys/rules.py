"""How what is seen becomes attainment, and how attainments combine: a closed set of pure, vectorised functions.

Numbers are exact: an :class:`Exact` holds whole numbers over one common denominator, so that every threshold
compares integers. How a rule is written in an instrument, and what one enters for it, stands in
:mod:`evalsys.rulebook`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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
    "join",
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
_SAFE = 2**62


# ---------------------------------------------------------------------------------------------- exact numbers


@dataclass(frozen=True)
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

    def times(self, factor: int) -> Exact:
        """Return the same numbers over ``den * factor``."""
        return Exact(scaled(self.num, factor), self.den * factor)

    def fractions(self) -> NDArray[Any]:
        """Return the numbers as an object array of `Fraction`."""
        out = np.empty(self.num.shape, dtype=object)
        out[...] = (
            [Fraction(int(n), self.den) for n in self.num.ravel()]
            if self.num.ndim == 1
            else np.vectorize(lambda n: Fraction(int(n), self.den), otypes=[object])(self.num)
        )
        return out

    def floats(self) -> NDArray[np.float64]:
        """Return the numbers as floats (for charts and simulation statistics, never for decisions)."""
        return np.asarray(self.num / self.den, dtype=np.float64)


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
    """Return whole numbers as int64, or as Python ints where one of them is too large."""
    large = any(abs(v) >= _SAFE for v in values)
    return np.array(values, dtype=object if large else np.int64)


def scaled(num: Ints, factor: int) -> Ints:
    """Return ``num * factor`` exactly, with Python ints where int64 could overflow."""
    if factor == 1:
        return num
    if num.dtype != object and num.size and max(int(num.max()), -int(num.min())) * abs(factor) >= _SAFE:
        num = num.astype(object)
    return num * factor


def common(parts: Sequence[Exact]) -> tuple[list[Ints], int]:
    """Return the numerators of several exact arrays over their common denominator, and that denominator."""
    den = math.lcm(1, *(part.den for part in parts))
    return [scaled(part.num, den // part.den) for part in parts], den


def join(parts: Sequence[Exact]) -> Exact:
    """Stack exact arrays along a new last axis."""
    nums, den = common(parts)
    return Exact(np.stack(nums, axis=-1), den)


# ------------------------------------------------------------------------ rules: from what is seen to attainment


def met(yes: Exact) -> Exact:
    """Attainment 1 where the demand is met (any number above 0), else 0."""
    return Exact((yes.num > 0).astype(np.int64), 1)


def loss(lost: Exact) -> Exact:
    """Attainment ``1 - lost`` for a share lost in [0, 1]."""
    return Exact(lost.den - lost.num, lost.den)


def share(k: Exact, n: Exact) -> Exact:
    """Attainment ``k / n`` for k compliant out of n, n at least 1."""
    return exact(Fraction(int(a), int(b)) for a, b in zip(k.num, n.num, strict=True))


def k_of_n(k: Exact, required: int) -> Exact:
    """Attainment 1 where at least `required` comply, else 0."""
    return Exact((k.num >= required * k.den).astype(np.int64), 1)


def _shortfall(x: Exact, limits: Mapping[str, Fraction]) -> tuple[Exact, NDArray[np.bool_]]:
    """How far `x` lies outside the limits (0 inside), and whether it passes (strict limits exclude equality)."""
    den = math.lcm(x.den, *(limit.denominator for limit in limits.values()))
    num = scaled(x.num, den // x.den)
    short, passes = np.zeros_like(num), np.ones(num.shape, dtype=bool)
    for name, limit in limits.items():
        line = limit.numerator * (den // limit.denominator)
        upward = name in ("at_least", "above")
        short = np.maximum(short, line - num if upward else num - line)
        strict = name in ("above", "below")
        passes &= np.asarray((num != line) | (not strict), dtype=bool)
    return Exact(short, den), np.asarray((short <= 0) & passes, dtype=bool)


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
        ``at_least``, ``at_most`` (equality passes), ``above``, ``below`` (equality fails).
    short : {'zero', 'proportional', 'minus'}
        What a value outside earns: nothing; in proportion, ``max(0, 1 - shortfall / limit)``; or
        ``max(0, 1 - lose * shortfall / per)``.
    steps : {'linear', 'begun', 'full'}
        For 'minus': count parts of a step, every step begun, or full steps only.
    """
    gap, passes = _shortfall(x, limits)
    inside = passes.astype(np.int64)
    if short == "zero":
        return Exact(inside, 1)
    if short == "proportional":
        lose, per = Fraction(1), next(iter(limits.values()))
    units = gap.num if steps == "linear" else None
    width = per * gap.den  # length of a step in numerators of the gap
    if units is None:
        top = scaled(gap.num, width.denominator)
        whole = top // width.numerator
        units = whole + (top % width.numerator > 0) if steps == "begun" else whole
        slope = lose
    else:
        slope = lose / width
    left = slope.denominator - scaled(units, slope.numerator)
    return Exact(np.where(passes, slope.denominator, np.maximum(left, 0)), slope.denominator)


def ratio(x: Exact, target: Fraction) -> Exact:
    """Attainment ``min(1, x / target)``, target above 0."""
    den = x.den * target.numerator
    return Exact(np.minimum(scaled(x.num, target.denominator), den), den)


def bands(x: Exact, steps: Sequence[tuple[str, Fraction, Fraction]], otherwise: Fraction) -> Exact:
    """Attainment of the first band that holds; each is ``(at_least|above|at_most|below, limit, attainment)``."""
    values = exact([otherwise, *(value for _, _, value in steps)])
    out = np.full(x.num.shape, values.num[0], dtype=values.num.dtype)
    for place in range(len(steps), 0, -1):
        name, limit, _ = steps[place - 1]
        out = np.where(_shortfall(x, {name: limit})[1], values.num[place], out)
    return Exact(out, values.den)


def lookup(place: Exact, table: Sequence[Fraction]) -> Exact:
    """Attainment by place in a table: the rules 'option' and 'grade'."""
    values = exact(table)
    return Exact(values.num[place.num], values.den)


def count_met(
    holds: NDArray[np.bool_], grades: Sequence[tuple[int, tuple[int, ...], Fraction]], otherwise: Fraction
) -> Exact:
    """Attainment by the number of sub-criteria that hold.

    Parameters
    ----------
    holds : bool array (..., criteria)
    grades : sequence of (number met, places of the criteria that must be among them, attainment), best first
    """
    values = exact([otherwise, *(value for _, _, value in grades)])
    count = holds.sum(axis=-1)
    out = np.full(count.shape, values.num[0], dtype=values.num.dtype)
    for place in range(len(grades), 0, -1):
        number, required, _ = grades[place - 1]
        reached = (count >= number) & holds[..., list(required)].all(axis=-1)
        out = np.where(reached, values.num[place], out)
    return Exact(out, values.den)


def deduct(taken: Exact, kind: Ints, caps: Sequence[Fraction | None], full: Fraction) -> Fraction:
    """Attainment of a leaf after all its findings: points minus deductions, capped per kind, not below 0.

    ``max(0, full - sum over kinds of min(cap, deductions)) / full``

    Parameters
    ----------
    taken : Exact (rows,)
        Points taken by each finding.
    kind : int array (rows,)
        Place of its kind in `caps`.
    """
    total = Fraction(0)
    for place, limit in enumerate(caps):
        points = Fraction(int(taken.num[kind == place].sum()), taken.den)
        total += points if limit is None else min(points, limit)
    return max(Fraction(0), 1 - total / full)


def none(count: Exact) -> Exact:
    """Attainment 1 where nothing was counted, else 0."""
    return Exact((count.num == 0).astype(np.int64), 1)


def growth(ours: Exact, reference: Exact) -> Exact:
    """Attainment 1 where our growth is at least the reference's (equal passes)."""
    (a, b), _ = common([ours, reference])
    return Exact((a >= b).astype(np.int64), 1)


def deadline(day: Exact, due: int) -> Exact:
    """Attainment 1 on the due day or before (days as ordinals)."""
    return Exact((day.num <= due).astype(np.int64), 1)


def over_sites(rows: Exact, how: str | int) -> Fraction:
    """Attainment of a leaf from its rows: their mean, or 1 where 'all' (or that many) of them are full."""
    full = int((rows.num == rows.den).sum())
    if how == "mean":
        return Fraction(int(rows.num.sum()), rows.den * len(rows.num))
    return Fraction(int(full >= (len(rows.num) if how == "all" else int(how))))


# ------------------------------------------------------------------------- nodes: how attainments combine


def weighted(parts: Sequence[Exact], weights: Sequence[Fraction]) -> Exact:
    """Return ``sum of weight x attainment``: the node rules 'sum' and 'mean' (weights add up to 1)."""
    scale = exact(weights)
    nums, den = common(parts)
    bound = den * sum(abs(int(w)) for w in scale.num)
    if bound >= _SAFE:
        nums = [num.astype(object) for num in nums]
    total = sum(num * int(w) for num, w in zip(nums, scale.num, strict=True))
    return _reduced(np.asarray(total), den * scale.den)


def cap(total: Exact) -> Exact:
    """Points above the node's own do not count: ``min(1, total)``."""
    return Exact(np.minimum(total.num, total.den), total.den)


def floor(total: Exact) -> Exact:
    """Losses beyond the node's own points do not count: ``max(0, total)``."""
    return Exact(np.maximum(total.num, 0), total.den)


def best(parts: Sequence[Exact]) -> Exact:
    """Return the best attainment."""
    nums, den = common(parts)
    return Exact(np.maximum.reduce(nums), den)


def worst(parts: Sequence[Exact]) -> Exact:
    """Return the worst attainment."""
    nums, den = common(parts)
    return Exact(np.minimum.reduce(nums), den)


def grade_by_count(
    parts: Sequence[Exact], grades: Sequence[tuple[int, tuple[int, ...], Fraction]], otherwise: Fraction
) -> Exact:
    """Grade by the number of full parts, with a required subset: the node rule 'subset-grade'."""
    return count_met(np.stack([part.num == part.den for part in parts], axis=-1), grades, otherwise)


def _reduced(num: Ints, den: int) -> Exact:
    """Shorten by the common factor, so that denominators do not grow from level to level."""
    factor = math.gcd(den, *(int(n) for n in num.ravel()[:1])) if num.size == 1 else 1
    return Exact(num // factor, den // factor) if factor > 1 else Exact(num, den)
