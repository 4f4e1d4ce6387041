"""How firm the order of fixes is: the place of each under other assumptions, and what that says of it.

Assumed weights, severity, half-life, wider rates and populations are changed one at a time, and the model of the coming
inspection is made anew. What each fix itself does and costs is changed for all fixes at once, at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsys.assumptions_views import changed, changes_of
from evalsys.doubt import ScoreDoubt, rational, reweighted, score_doubt, weight_draws
from evalsys.fix_effects import best_of_each
from evalsys.fixes import Fixes, fixes_of
from evalsys.language import Text
from evalsys.mending import Bench, Gain
from evalsys.model import Model
from evalsys.modelling import Prospect

__all__ = [
    "COST",
    "FAILING",
    "NOW",
    "OWN",
    "TAIL",
    "Assumed",
    "Column",
    "Setting",
    "Stability",
    "Standing",
    "half_of",
    "settings_of",
    "stability_of",
    "standings_of",
    "top_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Assumed:
    """A range that nothing but this module states.

    Attributes
    ----------
    name, unit, reason : Text
    values : tuple of Fraction
        Equally likely values, or the two ends of a uniform range.
    """

    name: Text
    unit: Text
    values: tuple[Fraction, ...]
    reason: Text


_TIMES = Text("倍", "times")
#: Factors on the chance that a target fails after the work, equally likely.
FAILING = Assumed(
    Text("整改后仍不达标的概率", "chance to fail after the work"),
    _TIMES,
    (Fraction(1, 2), Fraction(1), Fraction(2)),
    Text("整改实效尚无复查记录可据", "no re-inspections tell yet how often repairs hold"),
)
#: Ends of a uniform factor on the cost.
COST = Assumed(
    Text("费用", "cost"),
    _TIMES,
    (Fraction(7, 10), Fraction(13, 10)),
    Text("尚无决算可与估算对照", "no final costs tell yet how far estimates are off"),
)
#: The first column: everything as it is.
NOW = Text("按现有假定", "as assumed")
#: The column in which all fixes have random effects and costs.
OWN = Text("各项整改自身的效果和费用", "effect and cost of the fixes themselves")

#: Share of random draws that does not count at either end: a place holds if it holds in all others.
TAIL = 0.05
#: A gain below it is small: a tenth of a percentage point of chance; a ten-thousandth of the full marks.
_SMALL_CHANCE, _SMALL_POINTS = 1e-3, 1e-4
#: A gain below it, chance or share of full marks, is none.
_NONE = 1e-9
#: Gains per cost tie where they differ by less than this share of the largest: sums over severity differ by so little.
_TIE = 1e-6
#: Fixes are told apart by so many standard errors of the difference of their gains.
_ERRORS = 2.0


@dataclass(frozen=True)
class Standing:
    """Where one fix stands, and whether it stays there.

    Attributes
    ----------
    option : int
        Place in ``Fixes.options``: the level of the fix that brings most as things are.
    place : int
        Now, by gain per cost; 1 is first. Fixes that bring the same share the better place.
    low, high : int
        Lowest and highest place over all assumptions; of random draws, without :data:`TAIL` at either end.
    verdict : {'first', 'worth', 'depends', 'never'}
        As :func:`standings_of` defines them.
    depends_on : tuple of Text
        For 'depends', the assumptions under which it is on the other side of the middle; else empty.
    """

    option: int
    place: int
    low: int
    high: int
    verdict: str
    depends_on: tuple[Text, ...] = ()


@dataclass(frozen=True, eq=False)
class Column:
    """What each fix brings under one assumption, or under random draws of several.

    Attributes
    ----------
    name : Text
    gains, errors : float array (draws, fixes)
        In chance, or in points; standard errors.
    costs : float array (draws, fixes)
        1 where costs do not count.
    """

    name: Text
    gains: Floats
    errors: Floats
    costs: Floats


@dataclass(frozen=True, eq=False)
class Setting:
    """A prospect under one assumption, with the places of the same fixes in it."""

    name: Text
    model: Model
    fixes: Fixes


@dataclass(frozen=True, eq=False)
class Stability:
    """How firm the order of fixes is. Every array has a column per fix, in the order of `standings`.

    Attributes
    ----------
    fixes : Fixes
    standings : tuple of Standing
        Of all fixes, by place.
    measure : {'chance', 'points'}
        What a gain is of.
    per_cost : bool
        Whether places are by gain per cost; False also where a fix has no cost.
    columns : tuple of Text
        The assumptions, :data:`NOW` first; random effects and costs are not among them.
    places : int array (columns, fixes)
    gains, errors : float array (columns, fixes)
        In chance, or in points; standard errors, 0 for an exact law.
    drawn : int array (draws, fixes)
        Places under random effects and costs of the fixes themselves.
    """

    fixes: Fixes
    standings: tuple[Standing, ...]
    measure: str
    per_cost: bool
    columns: tuple[Text, ...]
    places: Ints
    gains: Floats
    errors: Floats
    drawn: Ints

    @property
    def at_top(self) -> Floats:
        """Share of the draws of effect and cost in which each fix is among the first, (fixes,)."""
        return np.asarray((self.drawn <= top_of(len(self.standings))).mean(axis=0))


def stability_of(
    found: Prospect,
    fixes: Fixes,
    *,
    bench: Callable[[Model, Fixes], Bench],
    measure: Literal["chance", "points"] = "chance",
    per_cost: bool = True,
    sets: int = 6,
    draws: int = 500,
    seed: int = 0,
) -> Stability:
    """Return how the place of each fix moves under other assumptions.

    Parameters
    ----------
    found : Prospect
    fixes : Fixes
        Of the prospect.
    bench : callable
        From a model and fixes to an engine. Where it simulates, it should use the same random numbers each time.
    measure : {'chance', 'points'}
        What a gain is of; points where there is no pass mark.
    per_cost : bool
        Whether places are by gain per cost; by gain alone where a fix has no cost.
    sets : int
        Sets of random weights, beside those that make today's score least and most; only where weights are assumed.
    draws : int
        Random effects and costs of the fixes themselves, at least 1.
    seed : int
        Of weights, effects and costs.

    Returns
    -------
    Stability

    Raises
    ------
    ValueError
        If fixes are not those of the prospect.

    Notes
    -----
    Each fix is compared at the level that brings most as things are. :func:`settings_of` has what is changed one at a
    time. For effect and cost, every fix draws on its own one of the factors of :data:`FAILING` on its chance to fail
    after the work, and a factor of :data:`COST`. As there are three factors, each gain is found by the engine and none
    is interpolated: three states per fix for all draws together.
    """
    now = bench(found.model, fixes)
    gains = now.gains([fixes.after([place]) for place in range(len(fixes.options))])
    if any(gain.chance is None for gain in gains):
        measure = "points"
    top = best_of_each(fixes, gains if measure == "chance" else [replace(gain, chance=None) for gain in gains])
    costs = [fixes.options[place].cost for place in top]
    priced = per_cost and all(cost is not None for cost in costs)
    cost = np.array([float(cost) if priced and cost is not None else 1.0 for cost in costs])[None, :]
    columns = [_column(NOW, [gains[place] for place in top], measure, cost)]
    for setting in settings_of(found, fixes, sets=sets, seed=seed):
        own = bench(setting.model, setting.fixes)
        states = [setting.fixes.after([place]) for place in top]
        columns.append(_column(setting.name, own.gains(states), measure, cost))
    drawn = _drawn(now, top, columns[0], measure, priced, draws, seed)
    full = 1.0 if measure == "chance" else float(found.model.instrument.full_marks)
    small = (_SMALL_CHANCE if measure == "chance" else _SMALL_POINTS) * full
    standings = standings_of(top, [*columns, drawn], small, _NONE * full)
    order = [top.index(standing.option) for standing in standings]
    return Stability(
        fixes=fixes,
        standings=standings,
        measure=measure,
        per_cost=priced,
        columns=tuple(column.name for column in columns),
        places=np.concatenate([_places(column)[0] for column in columns])[:, order],
        gains=np.concatenate([column.gains for column in columns])[:, order],
        errors=np.concatenate([column.errors for column in columns])[:, order],
        drawn=_places(drawn)[0][:, order],
    )


# ------------------------------------------------------------------------------------------- what else might be true


def settings_of(found: Prospect, fixes: Fixes, *, sets: int = 6, seed: int = 0) -> Iterator[Setting]:
    """Yield a prospect under other assumptions, one changed at a time.

    Parameters
    ----------
    found : Prospect
    fixes : Fixes
        Of the prospect.
    sets : int
        Sets of random weights.
    seed : int
        Of these.

    Yields
    ------
    Setting
        Where weights are assumed, those of the box of :mod:`evalsys.doubt` that make today's score least and most,
        and random ones; then the numbers of :func:`~evalsys.assumptions_views.changes_of`. Its parts that are switched
        off altogether are left out: without a draw or an ageing of findings the question is another one.

    Notes
    -----
    Under another population or half-life the model is made anew and its cells may have moved, so that the cells of the
    fixes are found anew by their targets.
    """
    for name, weights in _weights(found, sets, seed):
        yield Setting(name, replace(found.model, instrument=reweighted(found.model.instrument, weights)), fixes)
    for change in changes_of(found):
        if not change.off:
            other = changed(found, change)
            same = other.model.blocks is found.model.blocks
            yield Setting(change.name, other.model, fixes if same else _again(fixes, other))


def _weights(found: Prospect, sets: int, seed: int) -> Iterator[tuple[Text, dict[str, Fraction]]]:
    if found.model.instrument.weights["status"] != "assumed":
        return
    doubt = score_doubt(found.score, draws=1000)
    if not isinstance(doubt, ScoreDoubt):
        return
    yield Text("使现得分最低的权重", "the weights at which today's score is least"), dict(doubt.least_at)
    yield Text("使现得分最高的权重", "the weights at which today's score is greatest"), dict(doubt.most_at)
    drawn = weight_draws(list(doubt.weights.values()), "dirichlet", sets, seed, doubt.spread) if sets else np.zeros(0)
    for number, row in enumerate(drawn, 1):
        name = Text(f"第 {number} 组随机权重", f"random weights, set {number}")
        yield name, dict(zip(doubt.weights, rational(row), strict=True))


def _again(fixes: Fixes, found: Prospect) -> Fixes:
    """Return the same fixes with their cells in another model."""
    other = fixes_of(found)
    cells = {option.targets: option.cells for option in other.options}
    lost = [option.name for option in fixes.options if option.targets not in cells]
    if lost:
        raise ValueError(f"no fixes of this assessment: {', '.join(lost)}")
    options = tuple(replace(option, cells=cells[option.targets]) for option in fixes.options)
    return replace(fixes, options=options, cells=other.cells)


# --------------------------------------------------------------------------------------------- what each fix brings


def _column(name: Text, gains: Sequence[Gain], measure: str, costs: Floats) -> Column:
    own = [(g.chance or 0.0, g.chance_error) if measure == "chance" else (g.points, g.points_error) for g in gains]
    found = np.array(own, dtype=float).reshape(-1, 2)
    return Column(name, found[None, :, 0], found[None, :, 1], costs)


def _drawn(now: Bench, top: Sequence[int], as_is: Column, measure: str, priced: bool, draws: int, seed: int) -> Column:
    """Return random effects and costs: the gains of each factor once, then drawn among."""
    found, chance, size = [], np.random.default_rng(seed), (draws, len(top))
    for factor in FAILING.values:
        states = [_failing(now.fixes, place, factor) for place in top]
        found.append(as_is if factor == 1 else _column(OWN, now.gains(states), measure, as_is.costs))
    which, fix = chance.integers(len(found), size=size), np.arange(len(top))
    low, high = map(float, COST.values)
    return Column(
        OWN,
        np.concatenate([column.gains for column in found])[which, fix],
        np.concatenate([column.errors for column in found])[which, fix],
        as_is.costs * (chance.uniform(low, high, size=size) if priced else np.ones(size)),
    )


def _failing(fixes: Fixes, place: int, factor: Fraction) -> Floats:
    """Return the state once one option is done, where its targets fail so many times as often afterwards."""
    option = fixes.options[place]
    state = np.zeros(len(fixes.cells))
    state[option.cells] = max(0.0, 1 - float(factor) * (1 - option.after))
    return state


# ----------------------------------------------------------------------------------------------------------- verdicts


def top_of(count: int) -> int:
    """Return how many places are among the first: three, or a tenth if that is more, but no more than a third.

    Examples
    --------
    >>> [top_of(count) for count in (1, 3, 6, 9, 24, 30, 50)]
    [1, 1, 2, 3, 3, 3, 5]
    """
    return max(min(3, -(-count // 3)), count // 10)


def half_of(count: int) -> int:
    """Return the last place of the first half.

    Examples
    --------
    >>> [half_of(count) for count in (1, 4, 5)]
    [1, 2, 3]
    """
    return (count + 1) // 2


def standings_of(top: Sequence[int], columns: Sequence[Column], small: float, none: float) -> tuple[Standing, ...]:
    """Return where each fix stands under all assumptions, by place as things are.

    Parameters
    ----------
    top : sequence of int
        The option of each fix, n of them.
    columns : sequence of Column
        The first as things are.
    small, none : float
        Gains up to `small` are small, up to `none` nothing at all; in the units of the gains.

    Notes
    -----
    A place is 1 plus the number of fixes with a greater gain per cost, so that equals share the better place. A fix
    without cost that brings something comes before all with a cost. Where gains are simulated, a fix surely stands at
    no better place than 1 plus the number of those clearly above it (two standard errors, as if independent), and at no
    worse than 1 plus the number of those that are not clearly below it: verdicts rest on these two. The verdict is the
    first that fits:

    - 'never': under every assumption its gain is nothing, or small and its place in the last third;
    - 'first': under every assumption its place is among the first (:func:`top_of`);
    - 'depends': under some assumption its place is in the first half (:func:`half_of`), under some it is not;
    - 'worth': any other.

    What holds under random draws holds in all but :data:`TAIL` of them; what happens under them does so in more than
    :data:`TAIL` of them.
    """
    count, spare = len(top), [int(TAIL * len(column.gains)) for column in columns]
    found = [_places(column) for column in columns]
    low = np.min([np.sort(b, axis=0)[k] for (_, b, _), k in zip(found, spare, strict=True)], axis=0)
    high = np.max([np.sort(w, axis=0)[-1 - k] for (_, _, w), k in zip(found, spare, strict=True)], axis=0)
    never = np.ones(count, dtype=bool)
    for column, (_, best, _) in zip(columns, found, strict=True):
        most = column.gains + _ERRORS * column.errors
        idle = (most <= none) | ((most <= small) & (best > count - count // 3))
        never &= idle.mean(axis=0) >= 1 - TAIL
    inside = [(worst <= half_of(count)).mean(axis=0) > TAIL for _, _, worst in found]
    outside = [(best > half_of(count)).mean(axis=0) > TAIL for _, best, _ in found]
    flips = np.any(inside, axis=0) & np.any(outside, axis=0)
    now = found[0][0][0]
    standings = []
    for fix in sorted(range(count), key=lambda fix: (now[fix], top[fix])):
        place = int(now[fix])
        depends: tuple[Text, ...] = ()
        if never[fix]:
            verdict = "never"
        elif high[fix] <= top_of(count):
            verdict = "first"
        elif flips[fix]:
            verdict = "depends"
            other = outside if place <= half_of(count) else inside
            depends = tuple(column.name for column, moved in zip(columns, other, strict=True) if moved[fix])
        else:
            verdict = "worth"
        standings.append(Standing(top[fix], place, int(low[fix]), int(high[fix]), verdict, depends))
    return tuple(standings)


def _places(column: Column) -> tuple[Ints, Ints, Ints]:
    """Return places, and the best and the worst that errors leave open, each (draws, fixes)."""
    free = column.costs == 0
    costs = np.broadcast_to(np.where(free, 1.0, column.costs), column.gains.shape)
    values = np.where(free & (column.gains > 0), np.inf, column.gains / costs)
    errors = np.where(free, 0.0, column.errors / costs)
    found = np.empty((3, *values.shape), dtype=np.int64)
    for draw, (value, error) in enumerate(zip(values, errors, strict=True)):
        found[:, draw] = _ranked(value, error)
    return found[0], found[1], found[2]


def _ranked(values: Floats, errors: Floats) -> Ints:
    """Return place, best and worst place of each value, (3, n)."""
    finite = values[np.isfinite(values)]
    tie = _TIE * float(np.abs(finite).max(initial=0.0))
    order = np.sort(values)
    place = 1 + len(values) - np.searchsorted(order, values + tie, side="right")
    if not errors.any():
        return np.stack([place, place, place])
    with np.errstate(invalid="ignore"):
        above = np.nan_to_num(values[None, :] - values[:, None], nan=0.0)  # equals, both without a cost
    apart = _ERRORS * np.hypot(errors[None, :], errors[:, None])
    np.fill_diagonal(apart, 0.0)
    return np.stack([place, 1 + (above > tie + apart).sum(axis=1), 1 + (above > tie - apart).sum(axis=1)])
