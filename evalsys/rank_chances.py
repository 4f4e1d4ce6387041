"""How firm places are: the law of each unit's rank from the laws of the scores, exactly.

Given what its score is, a unit's rank is one more than the number of others with a better score: a sum of independent
events, one for each other unit. Its law is built up one unit after another, at all values of the score at once. Ties
count as competition ranks do, so the chances of one unit add up to 1 and those of one place need not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from evalsys.language import Text
from evalsys.ranks import Best

__all__ = [
    "FIRM",
    "INSIDE",
    "Neighbours",
    "RankRange",
    "ScoreLaw",
    "another",
    "discrete",
    "no_difference",
    "normal",
    "not_firm",
    "order_chance",
    "rank_law",
    "rank_ranges",
]

Floats = NDArray[np.float64]

#: An order holds if another measurement would keep it with this chance (assumed: nine of ten).
FIRM = 0.9
#: Share of the law that a range of ranks holds: 8 of 10.
INSIDE = 0.8
_NOTHING = 1e-15  # chance that is left out at either end of a law
_DECIMALS = 9  # scores that differ by less are the same score, computed in two ways
_ROUNDING = 1e-12
_CELLS = 120  # of a normal law, so many standard deviations either way; the outer cells take the rest of it, 8e-11
_REACH = 6.5
_JUMPS = 2000  # the most values of discrete laws at which the cells of a normal law are cut
_STEEP = 1 / 4  # a normal law so much narrower than another one cuts its cells, at these standard deviations
_STEEP_AT = np.linspace(-_REACH, _REACH, 27)
_AT_ONCE = 256  # values summed up at once: what a processor keeps at hand


@dataclass(frozen=True, eq=False)
class ScoreLaw:
    """The law of one unit's score: a discrete one, or a normal one.

    Attributes
    ----------
    values : float array (values,)
        Scores, rising; of a normal law, its mean.
    mass : float array (values,)
        Chance of each; adds up to 1.
    sd : float
        Of a normal law; 0 for a discrete one.
    """

    values: Floats
    mass: Floats
    sd: float = 0.0

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(self.values @ self.mass)

    def quantile(self, share: float) -> float:
        """Return the least score that is not passed with at least this chance, 0 < share < 1.

        Examples
        --------
        >>> normal(96.0, 0.5).quantile(0.5), discrete([1, 2], [0.5, 0.5]).quantile(0.5)
        (96.0, 1.0)
        """
        if self.sd:
            from scipy.special import ndtri

            return float(self.values[0] + self.sd * ndtri(share))
        at = np.searchsorted(np.cumsum(self.mass), share - _ROUNDING)
        return float(self.values[min(int(at), len(self.values) - 1)])

    def above(self, at: Floats, *, or_at: bool = False) -> Floats:
        """Return the chance of a score above each value, or not below it."""
        if self.sd:
            from scipy.special import ndtr

            return cast(Floats, ndtr((self.values[0] - at) / self.sd))
        tail = np.append(np.cumsum(self.mass[::-1])[::-1], 0.0)
        found: Floats = tail[np.searchsorted(self.values, at, side="left" if or_at else "right")]
        return np.minimum(found, 1.0)  # a sum of masses may pass it by a rounding


#: Laws of independent scores; or such laws under each severity of the one team that visits all units, with its chance.
Laws: TypeAlias = Sequence[ScoreLaw] | Sequence[tuple[float, Sequence[ScoreLaw]]]


@dataclass(frozen=True)
class RankRange:
    """Where one unit may stand.

    Attributes
    ----------
    low, high : int
        Best and worst place of the range that holds :data:`INSIDE` of the law: its 10 % and 90 % quantiles, both of
        them inside.
    first : float
        Chance that no other is better: alone or shared.
    last : float
        Chance that no other is worse: alone or shared.
    chances : tuple of float
        Of each competition rank, from 1; adds up to 1.
    """

    low: int
    high: int
    first: float
    last: float
    chances: tuple[float, ...]


@dataclass(frozen=True)
class Neighbours:
    """Two that stand one after the other, in an order that is not firm.

    Attributes
    ----------
    ahead, behind : int
        Places in the sequence of laws.
    kept : float
        Chance that `ahead` is strictly better.
    """

    ahead: int
    behind: int
    kept: float


# ------------------------------------------------------------------------------------------------- making laws


def normal(mean: float, sd: float) -> ScoreLaw:
    """Return the law of a score known with an error.

    Parameters
    ----------
    mean : float
        Points.
    sd : float
        Standard error in points, 0 or more; 0 is a score without an error.

    Examples
    --------
    >>> law = normal(96.0, 0.5)
    >>> law.mean, law.sd, normal(96.0, 0.0).quantile(0.9)
    (96.0, 0.5, 96.0)
    """
    return ScoreLaw(np.array([float(mean)]), np.ones(1), float(sd))


def another(score: float, sd: float) -> ScoreLaw:
    """Return the law of another measurement of the same thing, when one measurement has given `score`.

    Both measurements miss by their own error, so the second differs from the first by ``sqrt(2)`` times `sd`. This, and
    not ``normal(score, sd)``, is the law for words such as "last again" or "another measurement would keep the order".

    Parameters
    ----------
    score : float
        Points.
    sd : float
        Standard error of one measurement in points, 0 or more.

    Examples
    --------
    >>> round(another(96.0, 0.5).sd, 4)
    0.7071
    """
    return normal(score, sd * float(np.sqrt(2)))


def discrete(points: Sequence[float] | Floats, mass: Sequence[float] | Floats) -> ScoreLaw:
    """Return a discrete law, such as ``discrete(forecast.points, forecast.mass)``.

    Parameters
    ----------
    points : sequence of float
        Scores, in any order. Those within 1e-9 points are one score: so a tie between units is a tie, however their
        points were computed.
    mass : sequence of float
        Chances or weights, 0 or more.

    Examples
    --------
    >>> law = discrete([0.3, 0.1 + 0.2, 0.1], [1, 1, 2])
    >>> law.values.tolist(), law.mass.tolist()
    ([0.1, 0.3], [0.5, 0.5])
    """
    values, back = np.unique(np.round(np.asarray(points, dtype=float), _DECIMALS), return_inverse=True)
    weights = np.bincount(back, weights=np.asarray(mass, dtype=float))
    return ScoreLaw(values, weights / weights.sum())


# ------------------------------------------------------------------------------------------------ laws of ranks


def rank_law(laws: Laws, *, best: Best = "high") -> Floats:
    """Return the chance of each competition rank for each unit.

    Parameters
    ----------
    laws : sequence of ScoreLaw, or sequence of (weight, sequence of ScoreLaw)
        Independent scores; or, where one team visits all units, their laws under each severity with its weight,
        independent given the severity. The weights add up to 1. An error that moves all scores alike moves no rank:
        leave it out.
    best : {'high', 'low'}

    Returns
    -------
    float array (units, places)
        Each row adds up to 1; a column does where no ties can happen.

    Notes
    -----
    Exact among discrete laws (the Poisson-binomial law of the number of better units, added up unit by unit) but for
    chances below 1e-15. A normal law is summed up by Gauss's rule over small cells with their exact chances, against
    the exact tails of the others: no ties arise, and the error is below 1e-8. Cells end where the law of another unit
    jumps or is much steeper; beside discrete laws of more than 2,000 values together, the error is below 1e-4.

    Examples
    --------
    >>> coin = discrete([0, 1], [0.5, 0.5])
    >>> rank_law([coin, coin])  # both first when they tie
    array([[0.75, 0.25],
           [0.75, 0.25]])
    """
    return _summed(laws, best)[0]


def rank_ranges(laws: Laws, *, best: Best = "high", inside: float = INSIDE) -> tuple[RankRange, ...]:
    """Return, for each unit, the range of its rank and its chances to be first or last.

    Parameters
    ----------
    laws, best
        As for :func:`rank_law`.
    inside : float
        Least share of the law between both ends, with as much left out on either side.

    Examples
    --------
    >>> held = rank_ranges([normal(97.0, 0.5), normal(96.9, 0.5), normal(90.0, 0.5)])
    >>> [(own.low, own.high, round(own.first, 3), round(own.last, 3)) for own in held]
    [(1, 2, 0.556, 0.0), (1, 2, 0.444, 0.0), (3, 3, 0.0, 1.0)]
    """
    chances, last = _summed(laws, best)
    ends = [(1 - inside) / 2, (1 + inside) / 2]
    held = []
    for own, at_end in zip(chances, last, strict=True):
        low, high = np.searchsorted(np.cumsum(own), np.array(ends) - _ROUNDING)
        most = len(own) - 1
        held.append(
            RankRange(
                low=min(int(low), most) + 1,
                high=min(int(high), most) + 1,
                first=min(float(own[0]), 1.0),
                last=min(float(at_end), 1.0),
                chances=tuple(own.tolist()),
            )
        )
    return tuple(held)


def order_chance(one: ScoreLaw, other: ScoreLaw) -> tuple[float, float, float]:
    """Return the chances that one score is above, the same as, and below another, independent of it.

    Examples
    --------
    >>> coin = discrete([0, 1], [0.5, 0.5])
    >>> order_chance(coin, coin)
    (0.25, 0.5, 0.25)
    >>> [round(chance, 4) for chance in order_chance(normal(97, 0.3), normal(96.5, 0.4))]
    [0.8413, 0.0, 0.1587]
    """
    if one.sd and other.sd:
        gap = normal(one.mean - other.mean, float(np.hypot(one.sd, other.sd)))
        above = float(gap.above(np.zeros(1))[0])
        return above, 0.0, 1 - above
    if one.sd:
        below, same, above = order_chance(other, one)
        return above, same, below
    other_above = float(one.mass @ other.above(one.values))
    other_not_below = float(one.mass @ other.above(one.values, or_at=True))
    return max(1 - other_not_below, 0.0), max(other_not_below - other_above, 0.0), other_above


def not_firm(laws: Laws, *, level: float = FIRM, best: Best = "high") -> tuple[Neighbours, ...]:
    """Return the neighbours in the ranking whose order is not firm.

    Parameters
    ----------
    laws, best
        As for :func:`rank_law`. The ranking is by mean score, equal means as given.
    level : float
        An order is firm if the better one stays strictly better with at least this chance.

    Examples
    --------
    >>> held = not_firm([another(score, 1) for score in (90, 97, 96)])
    >>> [(own.ahead, own.behind, round(own.kept, 3)) for own in held]
    [(1, 2, 0.691)]
    """
    mixed = _mixed(laws)
    means = np.array([sum(weight * own[unit].mean for weight, own in mixed) for unit in range(len(mixed[0][1]))])
    order = np.argsort(-means if best == "high" else means, kind="stable").tolist()
    better = 0 if best == "high" else 2
    held = [
        Neighbours(one, other, sum(weight * order_chance(own[one], own[other])[better] for weight, own in mixed))
        for one, other in pairwise(order)
    ]
    return tuple(own for own in held if own.kept < level)


def no_difference(one: Text, other: Text) -> Text:
    """Say that two units do not differ.

    Examples
    --------
    >>> no_difference(Text("甲街道", "Jia"), Text("乙街道", "Yi")).zh
    '甲街道与乙街道相差小于测评误差，宜视为不相上下'
    """
    return Text(
        f"{one.zh}与{other.zh}相差小于测评误差，宜视为不相上下",
        f"{one.en} and {other.en} lie closer than the error of measurement: these two do not differ",
    )


# --------------------------------------------------------------------------------------------------- the sums


def _mixed(laws: Laws) -> list[tuple[float, Sequence[ScoreLaw]]]:
    if all(isinstance(law, ScoreLaw) for law in laws):
        return [(1.0, cast(Sequence[ScoreLaw], laws))]
    return list(cast(Sequence[tuple[float, Sequence[ScoreLaw]]], laws))


def _summed(laws: Laws, best: Best) -> tuple[Floats, Floats]:
    """Return the laws of the ranks (units, places), and the chance of each unit that no other is worse (units,)."""
    parts = [(weight, *_of_independent(own, best)) for weight, own in _mixed(laws)]
    ranks, last = (cast(Floats, sum(part[0] * part[k] for part in parts)) for k in (1, 2))
    return ranks, last


def _of_independent(laws: Sequence[ScoreLaw], best: Best) -> tuple[Floats, Floats]:
    own = laws if best == "high" else [ScoreLaw(-law.values[::-1], law.mass[::-1], law.sd) for law in laws]
    ranks, last = np.zeros((len(own), len(own))), np.zeros(len(own))
    for unit, law in enumerate(own):
        others = [*own[:unit], *own[unit + 1 :]]
        values, mass = _nodes(law, others)
        chances, not_worse = np.empty((len(others), len(values))), mass.copy()
        for k, other in enumerate(others):
            chances[k] = other.above(values)
            not_worse *= chances[k] if other.sd else other.above(values, or_at=True)
        last[unit] = not_worse.sum()
        for at in range(0, len(values), _AT_ONCE):
            ranks[unit] += _better(chances[:, at : at + _AT_ONCE], mass[at : at + _AT_ONCE])
    return ranks, last


def _better(chances: Floats, mass: Floats) -> Floats:
    """Return the law of how many of the events happen, given their chances at each value of some mass."""
    least, greatest = chances.min(axis=1, initial=1.0), chances.max(axis=1, initial=0.0)
    certain = least >= 1 - _NOTHING  # units far ahead, or far behind, need no sum
    count = np.zeros((len(chances) + 1, len(mass)))
    count[0] = mass
    for done, chance in enumerate(chances[~certain & (greatest > _NOTHING)], 1):
        moved = count[:done] * chance
        count[:done] -= moved
        count[1 : done + 1] += moved
    return np.roll(cast(Floats, count.sum(axis=1)), int(certain.sum()))


def _nodes(law: ScoreLaw, others: Sequence[ScoreLaw]) -> tuple[Floats, Floats]:
    """Return the values at which a law is summed up, and the chance of each."""
    if not law.sd:
        below, above = np.cumsum(law.mass), np.cumsum(law.mass[::-1])[::-1]
        matters = (below > _NOTHING) & (above > _NOTHING)
        return law.values[matters], law.mass[matters]
    from scipy.special import ndtr

    even = np.linspace(-_REACH, _REACH, _CELLS + 1)
    cuts = (_cuts(law, others) - law.values[0]) / law.sd
    edges = np.union1d(even, cuts[np.abs(cuts) < _REACH])
    chance = np.diff(ndtr(edges[1:-1]), prepend=0.0, append=1.0)
    # Gauss's rule in each cell, scaled so that the cell has its exact chance
    at, weights = np.polynomial.legendre.leggauss(3)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes = middle + half * at[:, None]
    density = weights[:, None] * np.exp((middle**2 - nodes**2) / 2)
    return (law.values[0] + law.sd * nodes).ravel(), (chance * density / density.sum(axis=0)).ravel()


def _cuts(law: ScoreLaw, others: Sequence[ScoreLaw]) -> Floats:
    """Return where the tails of others jump, or change within a cell of a normal law."""
    jumps = [other for other in others if not other.sd]
    values = np.concatenate([np.zeros(0), *(other.values for other in jumps)])
    mass = np.concatenate([np.zeros(0), *(other.mass for other in jumps)])
    likeliest = values[np.argsort(-mass, kind="stable")[:_JUMPS]]
    steep = [other.values[0] + other.sd * _STEEP_AT for other in others if 0 < other.sd < law.sd * _STEEP]
    return np.concatenate([likeliest, *steep])
