"""The law of the score in a coming inspection, without sampling, and the tables of "what if" behind it.

Exact where every loss is a whole number of units and nothing drawn is shared across a map that is not linear
(:mod:`evalsys.regions` says what stands against it); rounded to a lattice with certified bounds where the common
denominator is too large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalsys.drawing import Atoms, atoms_of
from evalsys.lattice import CELLS, Compiled, compile_region
from evalsys.model import Event, Model
from evalsys.regions import regions_of
from evalsys.severity import nodes

__all__ = ["COARSE", "Law", "law", "payoff_of", "sweeps"]

Floats = NDArray[np.float64]

#: Cells of a lattice that rounds.
COARSE = 2**15
#: Nodes of severity are doubled from the first to the last number until what is shown stands.
NODES = (13, 25, 49, 97, 193)
#: How much the chance to pass, and the score's law at any point, may still move when nodes are doubled.
STANDS = 2e-5
_ROOM = 2**21  # numbers that are worked on at once


@dataclass(frozen=True, eq=False)
class Law:
    """The distribution of the score in points.

    Attributes
    ----------
    top, unit : Fraction
        Cell x is a score of ``top - x * unit`` points.
    mass : float array (cells,)
        Chance of each cell.
    mark : Fraction or None
        Pass mark in points.
    chance : float or None
        To reach the pass mark with no veto; None without a mark.
    bounds : (float, float) or None
        Certified bounds of the chance; both the chance itself where the law is exact.
    exact : bool
        Whether no loss was rounded.
    z, weights : float array (Z,)
        Nodes of severity and their weights.
    chance_given, mean_given : float array (Z,)
        Chance to pass and mean score under each severity.
    """

    top: Fraction
    unit: Fraction
    mass: Floats
    mark: Fraction | None
    chance: float | None
    bounds: tuple[float, float] | None
    exact: bool
    z: Floats
    weights: Floats
    chance_given: Floats
    mean_given: Floats

    @cached_property
    def points(self) -> Floats:
        """Score of each cell, in points, falling."""
        return np.asarray(float(self.top) - np.arange(len(self.mass)) * float(self.unit), dtype=np.float64)

    @cached_property
    def mean(self) -> float:
        """Mean score, in points."""
        # from the likeliest score, so that what is certain is just that
        likely = float(self.points[int(self.mass.argmax())])
        return likely + float(self.mass @ (self.points - likely)) / float(self.mass.sum())

    @cached_property
    def sd(self) -> float:
        """Standard deviation of the score, in points."""
        return math.sqrt(max(float(self.mass @ (self.points - self.mean) ** 2), 0.0))

    def quantile(self, share: float) -> float:
        """Return the smallest score that is reached from below with at least this chance.

        Parameters
        ----------
        share : float in (0, 1)
        """
        below = np.cumsum(self.mass[::-1])
        place = int(np.searchsorted(below, share * below[-1] * (1 - 1e-12)))
        return float(self.points[::-1][min(place, len(below) - 1)])

    def at_least(self, points: Fraction) -> float:
        """Return the chance of at least so many points, whatever is vetoed."""
        return float(self.mass[: max(_passing(self.top, self.unit, points), -1) + 1].sum())


def law(
    model: Model, *, cells: int = CELLS, coarse: int = COARSE, count: int | None = None, bounded: bool = True
) -> Law:
    """Return the law of the score.

    Parameters
    ----------
    model : Model
    cells : int
        The most cells of an exact lattice; beyond them losses are rounded to `coarse` cells, in shares that keep the
        mean, and the chance is bounded by rounding all of them up and all of them down.
    count : int, optional
        Nodes of severity; by default they are doubled until the chance and the distribution stand.
    bounded : bool
        Whether to compute the bounds of a rounded law.

    Returns
    -------
    Law

    Raises
    ------
    NotExact
        Where it cannot be found by convolution; the reasons name the leaves.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> from evalsys.model import Model
    >>> wujiang = load_instrument("wujiang-field-2016")
    >>> none = np.ones(len(wujiang.leaves), dtype=bool)
    >>> law(Model(wujiang, (None,) * len(none), none, ~none, ())).mean  # nothing is assessed
    0.0
    """
    root = regions_of(model)
    full = model.instrument.full_marks
    extra = [event.deduct / full for event in model.events if event.deduct]
    compiled = compile_region(model, root, cells, "split", coarse, extra)
    found = _Sum(model, compiled)
    previous: Law | None = None
    for number in (count,) if count else NODES if model.severity else (1,):
        found.extend(number)
        here = found.law()
        if previous is not None and _stands(previous, here):
            previous = here
            break
        previous = here
    assert previous is not None
    if previous.exact or previous.mark is None or not bounded:
        return previous
    ends = []
    for rounding in ("down", "up"):
        other = _Sum(model, compile_region(model, root, cells, rounding, coarse, extra))
        other.extend(len(previous.z))
        ends.append(other.law().chance or 0.0)
    return Law(**{**previous.__dict__, "bounds": (min(ends), max(ends))})


def sweeps(model: Model, compiled: Compiled, z: Floats, payoff: str) -> Iterator[tuple[slice, Sequence[Floats]]]:
    """Sweep forwards and backwards over the nodes of severity, some at a time.

    After each step the terms of `compiled` hold their laws and the mean payoff given what they show.

    Parameters
    ----------
    payoff : {'chance', 'points'}
        Whether the score passes, or the score in points; events are taken into account.

    Yields
    ------
    slice of `z`, chances to be found complying by block
    """
    gain = payoff_of(model, compiled, payoff)
    for own in _chunks(len(z), compiled.work(model)):
        seen = [model.seen(place, z[own]) for place in range(len(model.blocks))]
        compiled.forward(model, seen)
        compiled.backward(model, seen, np.broadcast_to(gain, (len(z[own]), len(gain))))
        yield own, seen


def _chunks(count: int, work: int) -> Iterator[slice]:
    step = max(1, _ROOM // work)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


class _Sum:
    """The sum of the laws over nodes of severity; doubling the nodes keeps those that were computed."""

    def __init__(self, model: Model, compiled: Compiled) -> None:
        self.model, self.compiled = model, compiled
        self.laws: dict[float, list[float]] = {}
        self.mass = np.zeros(compiled.cells)
        self.scale = 0.0
        self.count = 0

    def extend(self, count: int) -> None:
        z, weights = nodes(self.model.severity, count)
        if self.scale and count != 2 * self.count - 1:
            raise ValueError("nodes are doubled: 2 * count - 1")
        new = np.ones(len(z), dtype=bool)
        if self.scale:
            new[::2] = False
        gain, points = (payoff_of(self.model, self.compiled, name) for name in ("chance", "points"))
        # the same node weighs half as much once there are twice as many
        self.mass *= weights[len(z) // 2] / self.scale if self.scale else 1.0
        self.scale, self.count = float(weights[len(z) // 2]), count
        for own in _chunks(int(new.sum()), self.compiled.cells):
            here, share = z[new][own], weights[new][own]
            seen = [self.model.seen(place, here) for place in range(len(self.model.blocks))]
            found = self.compiled.spectrum(self.model, seen)
            mass, (chance, mean) = found.mixed(share, self.compiled.cells, (gain, points))
            self.mass += mass
            given = np.broadcast_to(np.stack([np.clip(chance, 0, 1), mean], axis=1), (len(here), 2))
            self.laws.update(zip(here.tolist(), given.tolist(), strict=True))

    def law(self) -> Law:
        z, weights = nodes(self.model.severity, self.count)
        given = np.array([self.laws[at] for at in z.tolist()])
        full, model = self.model.instrument.full_marks, self.model
        mass, zero = _after_events(self.mass, self.compiled, model.events, full)
        chance = None if model.mark is None else min(float(weights @ given[:, 0] / weights.sum()), 1.0)
        return Law(
            top=self.compiled.base * full,
            unit=self.compiled.unit * full,
            mass=mass[: zero + 1],
            mark=model.mark,
            chance=chance,
            bounds=None if chance is None else (chance, chance),
            exact=self.compiled.exact,
            z=z,
            weights=weights,
            chance_given=given[:, 0],
            mean_given=given[:, 1],
        )


def _stands(before: Law, after: Law) -> bool:
    apart = 0.0 if after.chance is None or before.chance is None else abs(after.chance - before.chance)
    below = float(np.max(np.abs(np.cumsum(after.mass) - np.cumsum(before.mass)), initial=0.0))
    return max(apart, below) < STANDS


# ------------------------------------------------------------------------------------------ events and pass marks


def _passing(top: Fraction, unit: Fraction, mark: Fraction) -> int:
    """Return the last cell that reaches a mark, below 0 for none."""
    return math.floor((top - mark) / unit)


def _shifts(event: Event, compiled: Compiled, full: Fraction) -> Atoms:
    """Return the cells that an event takes, and their shares: rounded as all losses are."""
    return atoms_of([event.deduct / full], compiled.unit, compiled.rounding)


def _last(compiled: Compiled, full: Fraction, events: Sequence[Event]) -> int:
    """Return the cell of the lowest score after events: a score does not fall below 0."""
    lowest = compiled.cells - 1
    if not any(event.deduct for event in events):
        return lowest
    return max(lowest, math.floor(compiled.base / compiled.unit))


def _after_events(mass: Floats, compiled: Compiled, events: Sequence[Event], full: Fraction) -> tuple[Floats, int]:
    """Return the law after events took their points, and the last cell."""
    last = _last(compiled, full, events)
    out = np.pad(mass, (0, last + 1 - len(mass)))
    for event in events:
        atoms, before = _shifts(event, compiled, full), out
        out = (1 - event.chance) * before
        for shift, share in zip(atoms.cells.tolist(), atoms.shares[0].tolist(), strict=True):
            to = np.minimum(np.arange(last + 1) + shift, last)
            out += event.chance * share * np.bincount(to, before, last + 1)
    return out, last


def payoff_of(model: Model, compiled: Compiled, kind: str) -> Floats:
    """Return the mean payoff of each cell before events, (cells,): the chance that it passes, or its points."""
    full = model.instrument.full_marks
    last = _last(compiled, full, model.events)
    cell = np.arange(last + 1)
    if kind == "points":
        value = float(compiled.base * full) - cell * float(compiled.unit * full)
    elif model.mark is None:
        value = np.zeros(last + 1)
    else:
        value = (cell <= _passing(compiled.base * full, compiled.unit * full, model.mark)).astype(float)
    for event in model.events:
        atoms = _shifts(event, compiled, full)
        moved = atoms.shares[0] @ value[np.minimum(cell + atoms.cells[:, None], last)]
        lost = np.zeros(last + 1) if event.veto and kind == "chance" else moved
        value = (1 - event.chance) * value + event.chance * lost
    return np.asarray(value[: compiled.cells])
