"""What the evidence of an assessment teaches about the coming inspection: rates, sizes of losses, and the half-life.

All rounds teach, not only the one that is scored: patrols of earlier weeks say how often a type of site complies and
how fast a site forgets what was last seen there. What counts is one sighting per (leaf, site, day).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import ON_SITE, Instrument
from evalsys.language import Text
from evalsys.rulebook import Rule
from evalsys.sightings import Sightings, rules_of

__all__ = [
    "HalfLife",
    "Pairs",
    "Rate",
    "Sizes",
    "half_life",
    "intervals",
    "pairs",
    "rates",
    "sizes",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: A leaf (its column) at a type of site; None for checks without a site.
Cell = tuple[int, str | None]

_ZERO, _ONE = Fraction(0), Fraction(1)


# ------------------------------------------------------------------------------------------------ rates by type


@dataclass(frozen=True)
class Rate:
    """How often a leaf complies at a type of site: what was seen, and the beta distribution that follows.

    Attributes
    ----------
    leaf : int
        Column of the leaf.
    site_type : str or None
    k, n : int
        Sites that complied, of those where the check applied, at the latest sighting.
    a, b : float
        Parameters of the beta distribution, above 0.
    source : {'site_type', 'leaf', 'indicator', 'instrument', 'nothing'}
        Whose distribution it is: that of the nearest level with a sighting.
    away : int
        Sites seen where the check did not apply.
    """

    leaf: int
    site_type: str | None
    k: int
    n: int
    a: float
    b: float
    source: str
    away: int = 0

    @property
    def mean(self) -> float:
        """Chance that a site of the type complies, above 0 and below 1."""
        # with everything complying at every level, a / (a + b) may round to 1
        return min(max(self.a / (self.a + self.b), 2.0**-1000), 1 - 2.0**-53)

    @property
    def absent(self) -> Fraction:
        """Share of the sites seen where the check did not apply; 0 where none was seen."""
        return Fraction(self.away, self.away + self.n) if self.away else _ZERO

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Return the central interval that holds the rate with probability `level`."""
        low, high = intervals([self], level)[0].tolist()
        return low, high


def intervals(found: Iterable[Rate], level: float = 0.9) -> Floats:
    """Return the central intervals of many rates.

    Parameters
    ----------
    found : iterable of Rate
    level : float in (0, 1)
        Probability that the interval holds.

    Returns
    -------
    ndarray (rates, 2)

    Examples
    --------
    >>> intervals([Rate(0, None, 9, 9, 9.5, 0.5, "site_type")]).round(3)
    array([[0.813, 1.   ]])
    """
    from scipy.stats import beta

    shape = np.array([(rate.a, rate.b) for rate in found]).reshape(-1, 2)
    tail = (1 - level) / 2
    return np.asarray(beta.ppf([tail, 1 - tail], shape[:, :1], shape[:, 1:]), dtype=float)


_Beta = tuple[float, float, str]


def rates(
    instrument: Instrument, last: Sightings, wanted: Iterable[Cell] = (), weight: float = 1.0
) -> dict[Cell, Rate]:
    """Learn how often each leaf complies at each type of site.

    Parameters
    ----------
    instrument : Instrument
    last : Sightings
        As :func:`~evalsys.sightings.latest` returns it.
    wanted : iterable of (leaf, site type or None)
        Asked for beside those that were seen.
    weight : float
        How many observations the level above counts for, above 0.

    Returns
    -------
    dict of (leaf, site type) to Rate
        Sorted by leaf and type.

    Notes
    -----
    Levels, from the top: all leaves checked on site (or by the same other method); those of the indicator; the leaf
    at all types; the leaf at the type. With k of n sites complying at a level and m the mean of the level above::

        a = k + weight x m,   b = n - k + weight x (1 - m),   mean = (k + weight x m) / (n + weight)

    The top has Jeffreys' prior (1/2, 1/2): ``a = k + 1/2``, ``b = n - k + 1/2``. A level without a sighting has the
    distribution of the level above, and says so. A level above holds what was seen below it too: the same
    sighting counts at each level. With a weight below 2 the prior is U-shaped: where an indicator has no failure at
    all, one sighting that complies already brings the mean close to 1.

    Raises
    ------
    ValueError
        If `weight` is not above 0.
    """
    if not weight > 0:
        raise ValueError("the level above must count for more than 0 observations")
    nodes = instrument.nodes
    top = [_way(str(nodes[place].method)) for place in instrument.leaves]
    middle = [(way, instrument.indicator_of(place)) for way, place in zip(top, instrument.leaves, strict=True)]
    width = len(last.site_types) + 1
    size = len(instrument.leaves) * width
    own = last.leaf * width + last.kind + 1
    n = np.bincount(own[~last.away], minlength=size).reshape(-1, width)
    k = np.bincount(own[last.complied], minlength=size).reshape(-1, width)
    away = np.bincount(own[last.away], minlength=size).reshape(-1, width)
    counts: dict[Any, tuple[int, int]] = {}
    for leaf, (good, of) in enumerate(zip(k.sum(axis=1).tolist(), n.sum(axis=1).tolist(), strict=True)):
        for key in (top[leaf], middle[leaf]):
            before = counts.get(key, (0, 0))
            counts[key] = before[0] + good, before[1] + of
        counts[leaf] = good, of
    held = {way: _first(*counts[way]) for way in set(top)}
    held_by = {key: _below(*counts[key], weight, held[key[0]], "indicator") for key in set(middle)}
    by_leaf = [_below(*counts[leaf], weight, held_by[key], "leaf") for leaf, key in enumerate(middle)]
    place_of: dict[str | None, int] = {None: 0, **{name: place for place, name in enumerate(last.site_types, 1)}}
    cells = {(int(leaf), int(place)) for leaf, place in np.argwhere(n + away)}
    cells |= {(leaf, place_of[name]) for leaf, name in wanted}
    found = {}
    for leaf, place in sorted(cells):
        good, of, name = int(k[leaf, place]), int(n[leaf, place]), last.type_of(place - 1)
        a, b, source = _below(good, of, weight, by_leaf[leaf], "site_type")
        found[leaf, name] = Rate(leaf, name, good, of, a, b, source, int(away[leaf, place]))
    return found


def _way(method: str) -> str:
    """Return what checks are alike: those on site are one, every other method is its own."""
    return "on site" if method in ON_SITE else method


def _first(k: int, n: int) -> _Beta:
    return k + 0.5, n - k + 0.5, "instrument" if n else "nothing"


def _below(k: int, n: int, weight: float, above: _Beta, source: str) -> _Beta:
    """Return the distribution of a level from its counts and that of the level above."""
    if not n:
        return above
    a, b, _ = above
    return k + weight * (a / (a + b)), n - k + weight * (b / (a + b)), source


# ---------------------------------------------------------------------------------------------- sizes of losses


@dataclass(frozen=True)
class Sizes:
    """What a row shows that does not comply.

    Attributes
    ----------
    leaf : int
    site_type : str or None
    levels : tuple of Fraction
        Attainments below 1, the best first.
    chance : tuple of Fraction
        Of each level; they add up to 1.
    source : {'site_type', 'leaf', 'alike', 'rule', 'assumed'}
        Where it was seen: at the type, at the leaf, or at all leaves with the same rule; 'rule' where the rule knows
        no other level than 0; 'assumed' where a full loss is assumed.
    n : int
        Rows that it rests on; 0 for 'rule' and 'assumed'.
    taken : tuple of tuple of Fraction
        For 'deduct': points taken at each level, by kind of finding; else empty.
    """

    leaf: int
    site_type: str | None
    levels: tuple[Fraction, ...]
    chance: tuple[Fraction, ...]
    source: str
    n: int
    taken: tuple[tuple[Fraction, ...], ...] = ()

    @property
    def mean(self) -> Fraction:
        """Mean attainment of a row that does not comply."""
        return sum((p * level for p, level in zip(self.chance, self.levels, strict=True)), _ZERO)

    @property
    def error(self) -> float | None:
        """Standard error of the mean, None where it rests on no row.

        That of the Bayesian bootstrap (Rubin 1981): ``sqrt(sum of p x (level - mean)^2 / (n + 1))``.
        """
        spread = sum((p * (level - self.mean) ** 2 for p, level in zip(self.chance, self.levels, strict=True)), _ZERO)
        return float(spread / (self.n + 1)) ** 0.5 if self.n else None


#: Rules whose only level below 1 is 0.
_ALL_OR_NOTHING = ("met", "k_of_n", "none", "growth", "deadline")


def sizes(instrument: Instrument, last: Sightings, wanted: Iterable[Cell] = ()) -> dict[Cell, Sizes]:
    """Learn what a row shows where it does not comply, by leaf and type of site.

    The shares of the levels among the latest sightings that do not comply: at the type, else at the leaf, else at
    all leaves with the same rule and parameters. Where there are none, a full loss is assumed; for 'deduct' it is
    made of the kinds in their order, each up to its cap.

    Parameters
    ----------
    instrument : Instrument
    last : Sightings
        As :func:`~evalsys.sightings.latest` returns it.
    wanted : iterable of (leaf, site type or None)
        Asked for beside those that were seen.

    Returns
    -------
    dict of (leaf, site type) to Sizes
        Sorted by leaf and type.
    """
    by_column = rules_of(instrument)
    alike = _alike(by_column)
    tallies: dict[tuple[Any, ...], dict[int, int]] = {}
    bad = last.at(~last.away & ~last.complied)
    columns, times = np.unique(np.stack([bad.leaf, bad.kind, bad.outcome]), axis=1, return_counts=True)
    for (leaf, kind, outcome), count in zip(columns.T.tolist(), times.tolist(), strict=True):
        for key in (("site_type", leaf, kind), ("leaf", leaf), ("alike", alike[leaf])):
            tally = tallies.setdefault(key, {})
            tally[outcome] = tally.get(outcome, 0) + count
    place_of: dict[str | None, int] = {None: -1, **{name: place for place, name in enumerate(last.site_types)}}
    cells = set(zip(last.leaf.tolist(), last.kind.tolist(), strict=True))
    cells |= {(leaf, place_of[name]) for leaf, name in wanted}
    found = {}
    for leaf, kind in sorted(cells):
        name, rule = last.type_of(kind), by_column[leaf]
        keys: tuple[tuple[Any, ...], ...] = (("site_type", leaf, kind), ("leaf", leaf), ("alike", alike[leaf]))
        key = next((key for key in keys if key in tallies), ())
        if not key or (key[0] == "alike" and _all_or_nothing(rule)):
            found[leaf, name] = _full_loss(leaf, name, rule)
            continue
        tally = tallies[key]
        outcomes, n = sorted(tally), sum(tally.values())  # outcomes are sorted by level, the best first
        levels, chance = (last.levels[o] for o in outcomes), (Fraction(tally[o], n) for o in outcomes)
        taken = tuple(last.taken[o] for o in outcomes) if rule.kind == "deduct" else ()
        found[leaf, name] = Sizes(leaf, name, tuple(levels), tuple(chance), str(key[0]), n, taken)
    return found


def _alike(by_column: Sequence[Rule]) -> list[int]:
    """Return, by column, the first leaf with the same rule and parameters."""
    first: list[int] = []
    out = []
    for column, rule in enumerate(by_column):
        same = next((other for other in first if by_column[other] == rule), column)
        if same == column:
            first.append(column)
        out.append(same)
    return out


def _all_or_nothing(rule: Rule) -> bool:
    return rule.kind in _ALL_OR_NOTHING or (rule.kind == "threshold" and rule.params["short"] == "zero")


def _full_loss(leaf: int, site_type: str | None, rule: Rule) -> Sizes:
    source = "rule" if _all_or_nothing(rule) else "assumed"
    if rule.kind != "deduct":
        return Sizes(leaf, site_type, (_ZERO,), (_ONE,), source, 0)
    left, points = rule.params["full"], []
    for entry in rule.params["kinds"].values():
        points.append(left if entry["cap"] is None else min(left, entry["cap"]))
        left -= points[-1]
    return Sizes(leaf, site_type, (left / rule.params["full"],), (_ONE,), source, 0, (tuple(points),))


# --------------------------------------------------------------------------------------------------- half-life


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sightings of one leaf and site on two days, one after the other; equal cases are counted together.

    Attributes
    ----------
    same : bool array (cases,)
        That the second is as the first: both comply, or neither.
    chance : float array (cases,)
        Chance of the second by the rate alone.
    gap : int array (cases,)
        Days between, above 0.
    count : int array (cases,)
    """

    same: Flags
    chance: Floats
    gap: Ints
    count: Ints

    def log_likelihood(self, days: float | Floats) -> Floats:
        """Return the log-likelihood of half-lives.

        ``P(second | first) = w x [second = first] + (1 - w) x chance``, ``w = 2^(-gap / half-life)``.

        Parameters
        ----------
        days : float or array (...), above 0

        Returns
        -------
        ndarray (...)
        """
        forgotten = -np.expm1(-np.log(2) * self.gap / np.asarray(days, dtype=float)[..., None])
        chance = np.where(self.same, 1 - forgotten * (1 - self.chance), forgotten * self.chance)
        found: Floats = np.log(chance) @ self.count
        return found


def pairs(found: Sightings, learnt: Mapping[Cell, Rate]) -> Pairs:
    """Return the pairs of consecutive sightings of the same leaf and site on different days.

    Parameters
    ----------
    found : Sightings
        As :func:`~evalsys.sightings.history` returns it. Those without a site or day, and those where the check did
        not apply, are left out.
    learnt : mapping of (leaf, site type) to Rate

    Returns
    -------
    Pairs
    """
    found = found.at(~found.away & (found.site >= 0) & ~np.isnat(found.day))
    first = np.flatnonzero((found.leaf[1:] == found.leaf[:-1]) & (found.site[1:] == found.site[:-1]))
    second = first + 1
    gap = (found.day[second] - found.day[first]).astype(np.int64)
    same, good = found.complied[first] == found.complied[second], found.complied[second]
    cells, rate = np.unique(np.stack([found.leaf[second], found.kind[second]]), axis=1, return_inverse=True)
    mean = np.array([learnt[leaf, found.type_of(kind)].mean for leaf, kind in cells.T.tolist()])
    # one whole number for each different case sorts faster than rows of several
    longest = int(gap.max(initial=0)) + 1
    key = ((rate.reshape(-1) * 2 + good) * 2 + same) * longest + gap
    _, at, count = np.unique(key, return_index=True, return_counts=True)
    r = mean[rate.reshape(-1)[at]] if len(at) else np.zeros(0)
    return Pairs(same[at], np.where(good[at], r, 1 - r), gap[at], count)


@dataclass(frozen=True)
class HalfLife:
    """In how many days half of what was last seen at a site is forgotten.

    Attributes
    ----------
    days : float or None
        The most likely one; None where the evidence does not tell.
    low, high : float or None
        Profile-likelihood interval of 90 %; an end at 1 or 3,650 is open. None where there are too few pairs.
    pairs, changed : int
        Pairs of sightings, and those that differ.
    why : Text or None
        Why the evidence does not tell.
    """

    days: float | None
    low: float | None
    high: float | None
    pairs: int
    changed: int
    why: Text | None = None


_SHORTEST, _LONGEST = 1.0, 3650.0
_FEWEST = 30
_DROP = 1.3527717270477047  # half the 90 % quantile of chi-squared with one degree of freedom


def half_life(found: Pairs) -> HalfLife:
    """Learn the half-life by maximum likelihood, between 1 and 3,650 days.

    Parameters
    ----------
    found : Pairs

    Returns
    -------
    HalfLife
        Without `days`, and with the reason, where there are fewer than 30 pairs or the likelihood is highest at an
        end of the range, or nowhere clearly lower.

    Notes
    -----
    The rates are taken as known. The interval holds the half-lives whose log-likelihood is less than 1.353 below the
    highest; its ends are the outermost.
    """
    from scipy.optimize import brentq, minimize_scalar

    count, changed = int(found.count.sum()), int(found.count[~found.same].sum())
    if count < _FEWEST:
        why = Text(
            f"只有 {count} 对先后两次检查，少于 {_FEWEST} 对", f"{count} pairs of sightings, fewer than {_FEWEST}"
        )
        return HalfLife(None, None, None, count, changed, why)
    grid = np.linspace(np.log(_SHORTEST), np.log(_LONGEST), 83)  # steps of a tenth

    def lack(x: float) -> float:
        return -float(found.log_likelihood(np.exp(x)))

    # one half-life at a time, so that memory stays that of the pairs
    heights = np.array([-lack(x) for x in grid])
    at = int(np.argmax(heights))
    bounds = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    best = minimize_scalar(lack, bounds=bounds, method="bounded", options={"xatol": 1e-7})
    x, top = (float(best.x), -float(best.fun)) if -best.fun > heights[at] else (float(grid[at]), float(heights[at]))

    def over(x: float) -> float:
        return -lack(x) - (top - _DROP)

    inside = grid[heights >= top - _DROP]
    low, high = float(min(inside.min(initial=x), x)), float(max(inside.max(initial=x), x))
    if low > grid[0]:
        low = brentq(over, grid[grid < low].max(), low, xtol=1e-9)
    if high < grid[-1]:
        high = brentq(over, high, grid[grid > high].min(), xtol=1e-9)
    reason = _why_not(x, low, high, changed, (float(grid[0]), float(grid[-1])))
    days, shortest, longest = np.clip(np.exp([x, low, high]), _SHORTEST, _LONGEST).tolist()
    return HalfLife(days if reason is None else None, shortest, longest, count, changed, reason)


def _why_not(x: float, low: float, high: float, changed: int, ends: tuple[float, float]) -> Text | None:
    """Return why a half-life is not told, given the best, the interval and the ends of the range, all as logarithms."""
    near = 1e-4
    if not changed:
        return Text("前后两次检查结果从未变化", "what was seen never changed")
    if low <= ends[0] and high >= ends[1]:
        return Text("各种半衰期同样可能，现有记录无法区分", "no half-life is clearly less likely than another")
    if x >= ends[1] - near:
        return Text("变化太少，半衰期超过 3650 天", "changes are too few: the half-life is beyond 3,650 days")
    if x <= ends[0] + near:
        return Text(
            "前后两次检查结果看不出关联，半衰期不到 1 天", "one sighting says nothing of the next: it is below 1 day"
        )
    return None
