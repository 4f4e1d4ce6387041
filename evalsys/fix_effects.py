"""What each fix brings: points and chance to pass, alone and together, per cost and per crew-day."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.benches import bench_of
from evalsys.fixes import Fixes, Option
from evalsys.forecasting import Forecast
from evalsys.language import Text
from evalsys.mending import Bench, Gain, Worth
from evalsys.shares import shapley

__all__ = [
    "AT_LIMIT",
    "UNMOVED",
    "UNSEEN",
    "Effect",
    "Effects",
    "Pair",
    "best_of_each",
    "effects",
    "pairs_of",
    "shared_gain",
]

Floats = NDArray[np.float64]

#: Fixes whose joint gain is shared out, and among which pairs are looked at: those that bring most alone.
SHARED = 8
#: An extra gain below this is not worth a word: a twentieth of a percentage point, or of a point.
_LEAST = 5e-4
#: Errors that an extra gain must exceed where it is simulated.
_ERRORS = 3.0
#: Why a fix brings nothing.
UNSEEN = Text("正式督查看不到：所列点位不在抽查和必查范围内", "the inspection looks at none of its targets")
AT_LIMIT = Text("已在上限：现状不低于整改后的水平", "at its limit: its targets comply as often already")
UNMOVED = Text("达标与否都不改变得分", "the score is the same whether its targets comply or not")


@dataclass(frozen=True)
class Effect:
    """What one option brings if it alone is done.

    Attributes
    ----------
    option : int
        Its place in ``Fixes.options``.
    gain : Gain
        Over nothing done.
    points_per_cost, chance_per_cost, points_per_day, chance_per_day : float or None
        Gain per unit of cost, and per crew-day; None where there is none, and of the chance without a pass mark.
    why_none : Text or None
        Why it brings nothing; None where it brings something.
    """

    option: int
    gain: Gain
    points_per_cost: float | None
    chance_per_cost: float | None
    points_per_day: float | None
    chance_per_day: float | None
    why_none: Text | None


@dataclass(frozen=True)
class Pair:
    """Two fixes that help or hinder each other.

    Attributes
    ----------
    first, second : int
        Options of different fixes.
    together : Gain
        If both are done.
    extra : Gain
        What both bring beyond the sum of each alone: above 0 they help, below 0 they hinder each other. Errors are the
        sums of the errors of the parts, so at least the true ones.
    """

    first: int
    second: int
    together: Gain
    extra: Gain


@dataclass(frozen=True, eq=False)
class Effects:
    """What every fix brings.

    Attributes
    ----------
    fixes : Fixes
    base : Worth
        With nothing done.
    exact : bool
        Whether an exact law says so; else errors are standard errors of the simulation.
    effects : tuple of Effect
        By option.
    top : tuple of int
        The option of each fix that brings most, by its gain of chance (of points without a pass mark), largest first.
    joint : Gain
        All of `shared` together.
    shared : tuple of int
        The first of `top` that bring something.
    shares : tuple of Gain
        Shapley's shares of the joint gain, by `shared`; they add up to it. Errors are those of sampled orders.
    pairs : tuple of Pair
        Among `shared`, the strongest first.
    """

    fixes: Fixes
    base: Worth
    exact: bool
    effects: tuple[Effect, ...]
    top: tuple[int, ...]
    joint: Gain
    shared: tuple[int, ...]
    shares: tuple[Gain, ...]
    pairs: tuple[Pair, ...]


def effects(found: Forecast, bench: Bench | None = None) -> Effects:
    """Return what every fix of an assessment brings in the coming inspection.

    Parameters
    ----------
    found : Forecast
    bench : Bench, optional
        By default the forecast's own engine, with the fixes of the assessment: its table, or its open findings.

    Returns
    -------
    Effects

    Notes
    -----
    A fix raises the chance that its targets comply to ``after``, and never lowers it. Gains of several fixes do not
    add up: two bad sites of one type are worth more together than apart where one bad site is enough to fail. Their
    joint gain is shared by Shapley's value, the mean over all orders of what each adds. Source: Shapley, "A value for
    n-person games", 1953.

    Examples
    --------
    >>> from evalsys import effects, forecast, read_assessment
    >>> found = effects(forecast(read_assessment("data/wujiang-2016"), draws=2000, engine="simulate"))
    >>> len(found.effects), found.fixes.assumed, found.exact
    (24, True, False)
    """
    bench = bench_of(found) if bench is None else bench
    fixes = bench.fixes
    gains = bench.gains([fixes.after([place]) for place in range(len(fixes.options))])
    blocks = found.prospect.model.blocks
    chance = np.array([blocks[block].chance[entry, check] for block, entry, check in fixes.cells.tolist()])
    rows = tuple(_effect(place, fixes.options[place], gain, chance) for place, gain in enumerate(gains))
    top = best_of_each(fixes, gains)
    shared = tuple(place for place in top if rows[place].why_none is None)[:SHARED]
    joint, shares = shared_gain(bench, shared)
    return Effects(
        fixes=fixes,
        base=bench.worth(fixes.after([])),
        exact=bench.exact,
        effects=rows,
        top=top,
        joint=joint,
        shared=shared,
        shares=shares,
        pairs=pairs_of(bench, shared, [gains[place] for place in shared]),
    )


def _effect(place: int, option: Option, gain: Gain, chance: Floats) -> Effect:
    why = _why_none(option, chance) if gain.points == 0 and not gain.chance else None
    return Effect(
        place,
        gain,
        _per(gain.points, option.cost),
        _per(gain.chance, option.cost),
        _per(gain.points, option.crew_days),
        _per(gain.chance, option.crew_days),
        why,
    )


def _why_none(option: Option, chance: Floats) -> Text:
    if not len(option.cells):
        return UNSEEN
    return AT_LIMIT if (chance[option.cells] >= option.after).all() else UNMOVED


def _per(gain: float | None, amount: Fraction | None) -> float | None:
    return None if gain is None or not amount else gain / float(amount)


def _size(gain: Gain) -> tuple[float, float]:
    """Return what gains are ordered by: chance, then points; points alone without a pass mark."""
    return (gain.points if gain.chance is None else gain.chance, gain.points)


def best_of_each(fixes: Fixes, gains: Sequence[Gain]) -> tuple[int, ...]:
    """Return the option of each fix that brings most, the largest first; of equals the cheaper, then the earlier."""
    best: dict[str, int] = {}

    def order(place: int) -> tuple[float, float, Fraction, int]:
        chance, points = _size(gains[place])
        return -chance, -points, fixes.options[place].cost or Fraction(0), place

    for place in sorted(range(len(fixes.options)), key=order):
        best.setdefault(fixes.options[place].fix, place)
    return tuple(best.values())


def shared_gain(bench: Bench, chosen: Sequence[int]) -> tuple[Gain, tuple[Gain, ...]]:
    """Return what some options bring together, and Shapley's share of each.

    Returns
    -------
    joint : Gain
    shares : tuple of Gain
        They add up to the joint gain. Errors are those of sampled orders: 0 for few options.
    """
    chosen = tuple(chosen)
    if not chosen:
        return Gain(0.0, None if bench.worth(bench.fixes.after([])).chance is None else 0.0), ()

    def value(own: tuple[int, ...]) -> Floats:
        gain = bench.gains([bench.fixes.after([chosen[k] for k in own])])[0]
        return np.array([gain.points, gain.chance or 0.0])

    joint = bench.gains([bench.fixes.after(chosen)])[0]
    shares, errors = shapley(value, len(chosen))
    return joint, tuple(
        Gain(float(s[0]), None if joint.chance is None else float(s[1]), float(e[0]), float(e[1]))
        for s, e in zip(shares, errors, strict=True)
    )


def pairs_of(bench: Bench, chosen: Sequence[int], alone: Sequence[Gain]) -> tuple[Pair, ...]:
    """Return the pairs of options that help or hinder each other, the strongest first.

    Parameters
    ----------
    alone : sequence of Gain
        Of each of `chosen`.
    """
    options = bench.fixes.options
    places = [
        (a, b)
        for a, b in itertools.combinations(range(len(chosen)), 2)
        if options[chosen[a]].fix != options[chosen[b]].fix
    ]
    both = bench.gains([bench.fixes.after([chosen[a], chosen[b]]) for a, b in places])
    found = []
    for (a, b), gain in zip(places, both, strict=True):
        extra = _extra(gain, alone[a], alone[b])
        size, error = (extra.points, extra.points_error) if extra.chance is None else (extra.chance, extra.chance_error)
        if abs(size) > max(_LEAST, _ERRORS * error):
            found.append(Pair(chosen[a], chosen[b], gain, extra))
    return tuple(sorted(found, key=lambda pair: -abs(_size(pair.extra)[0])))


def _extra(both: Gain, first: Gain, second: Gain) -> Gain:
    chance = None
    if both.chance is not None:
        chance = both.chance - (first.chance or 0.0) - (second.chance or 0.0)
    errors = [sum(getattr(gain, name) for gain in (both, first, second)) for name in ("points_error", "chance_error")]
    return Gain(both.points - first.points - second.points, chance, *errors)
