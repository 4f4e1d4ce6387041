"""Some draws of a simulation: what rows show, and the counters of leaves that they add up to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.alike import EDGE_BITS
from evalsys.inspection_plan import Alikes, AtDrawn, Fixed, Plan
from evalsys.inspection_totals import (
    Drawn,
    all_full,
    coefficients,
    finished,
    in_common,
    leaf_from,
    leaves_from,
    totals,
    whole_below,
)
from evalsys.model import Model
from evalsys.rules import Exact
from evalsys.streams import CHUNK, Streams, mixed, pick, stepped, uniform

__all__ = ["Failed", "Seen", "Watch", "draw_chunk", "prepared"]

Ints = NDArray[Any]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lean:
    """What rows take from the total's numerator at once; None where counters are needed.

    Attributes
    ----------
    alike : list of (tuple or None)
        By batch of groups: what an outcome takes, times its number (G,), and, where that is not so, by outcome.
    fixed : list of (array or None)
        By batch of rows that severity moves: what each takes if it fails.
    """

    alike: list[tuple[NDArray[Any], dict[int, Floats]] | None]
    fixed: list[NDArray[Any] | None]

    @property
    def whole(self) -> bool:
        """Whether fixed rows need no counters."""
        return all(weights is not None for weights in (*self.alike, *self.fixed))


#: Rows as they are seen: block, check, number of the site in the block, level.
Seen = list[tuple[int, int, int, int]]


@dataclass(frozen=True, eq=False)
class Failed:
    """Rows of one check that applied and did not comply, draw by draw; arrays of equal length.

    Attributes
    ----------
    site : number of the site in the block
    draw : number of the draw, from `low` on
    level : what the row shows, 1 or more
    spare : a number in (0, 1) of the row's own, on which nothing else rests
    """

    block: int
    check: int
    site: Ints
    draw: Ints
    level: Ints
    spare: Floats


@dataclass(eq=False)
class Watch:
    """Takes what a chunk's draws rest on.

    Attributes
    ----------
    sites : dict of (block, check) to bool array (population,)
        Rows to watch: by number of the site in the block.
    failed : list of Failed
        Those of them that did not comply.
    counters, leaves, none, points
        Of the draws: counters (counters, draws), leaves and which of them have no row (leaves, draws), points before
        events.
    """

    sites: Mapping[tuple[int, int], Flags]
    failed: list[Failed] = field(default_factory=list)
    counters: Ints = field(default_factory=lambda: np.zeros(0))
    leaves: Ints = field(default_factory=lambda: np.zeros(0))
    none: Ints = field(default_factory=lambda: np.zeros(0))
    points: Exact = field(default_factory=lambda: Exact(np.zeros(0), 1))

    def add(self, place: tuple[int, int], site: Ints, draw: Ints, level: Ints, cell: Words, base: Words) -> None:
        """Note failing rows of a check, whose cells these are; `base` is the state of each draw for spare numbers."""
        own = self.sites[place][site]
        if own.any():
            spare = uniform(base[draw[own]] + cell[own])
            self.failed.append(Failed(*place, site[own], draw[own], level[own], spare))


def draw_chunk(
    plan: Plan,
    lean: Lean | None,
    streams: Streams,
    low: int,
    high: int,
    seen: Seen | None = None,
    watch: Watch | None = None,
    at: float | None = None,
) -> Drawn:
    """Draw inspections of a chunk.

    Parameters
    ----------
    plan : Plan
    lean : Lean, optional
        As :func:`prepared` gives it; without it, every row goes through the counters, and `raw` is given.
    streams : Streams
        Of the chunk.
    low, high : int
        From which draw of the chunk to before which.
    seen : list, optional
        Takes the rows of the first of these draws: block, check, number of the site in the block, level (-1: does not
        apply).
    watch : Watch, optional
        Takes what the draws rest on; without `lean` only.
    at : float, optional
        Severity of every draw, instead of one drawn for each; nothing where severity does not act at all.
    """
    model, draws = plan.model, np.arange(low, high, dtype=np.uint64)
    z = np.zeros(high - low)
    if model.severity and at is not None:
        z[:] = at
    elif model.severity:
        normal = np.random.Generator(np.random.PCG64(streams.of("severity"))).standard_normal(CHUNK)
        z = normal[low:high] * model.severity
    against = np.exp(-z)
    bare = lean is not None and lean.whole and not plan.some
    counters = np.zeros((0 if bare else plan.counters, high - low), dtype=np.int64)
    lost = np.zeros(high - low)
    bits = {part: streams.bits(part, False) for part in dict.fromkeys(rows.part for rows in plan.alike)}
    for groups, takes in zip(plan.alike, lean.alike if lean else [None] * len(plan.alike), strict=True):
        shown = _alike_rows(plan, groups, bits[groups.part], streams, draws)
        if takes is None:
            for at, counter, adds in groups.adds:
                counters[counter] += adds[shown[at]]
        else:
            slopes, bent = takes
            for at in range(0, len(slopes), 8):  # few at a time: large arrays are mapped anew at each turn
                lost += slopes[at : at + 8] @ shown[at : at + 8].astype(slopes.dtype)
            for at, worth in bent.items():
                lost += worth[shown[at]]
        if seen is not None:
            seen += _written(plan, groups, shown[:, 0], streams, draws[:1])
        if watch is not None:
            _watch_alike(plan, groups, shown, streams, draws, watch)
    bits = {part: streams.bits(part, True) for part in dict.fromkeys(rows.part for rows in plan.fixed)}
    for rows, weights in zip(plan.fixed, lean.fixed if lean else [None] * len(plan.fixed), strict=True):
        fails, absent, levels = _fixed_rows(plan, rows, bits[rows.part], streams, draws, against)
        if watch is not None:
            _watch_fixed(plan, rows, fails, levels, streams, draws, watch)
        if weights is None:
            _count(rows, fails, absent, levels, counters)
        else:
            lost += weights @ fails.astype(weights.dtype)
        if seen is not None:
            held = [
                -1 if row in absent and absent[row][0] else int(levels.get(row, fails[row])[0])
                for row in range(len(fails))
            ]
            seen += zip(rows.block.tolist(), rows.check.tolist(), rows.site.tolist(), held, strict=True)
    for place, block, entry, offset, some in plan.some:
        state = streams.states("draw", "complies", plan.cells["draw"], draws) + stepped(np.array(offset))
        site = pick(len(entry), block.drawn, state)
        for check in some:
            _at_drawn(plan, place, check, site, entry, streams, draws, against, counters, seen, watch)
    raw = None
    if bare:
        points = all_full(plan, high - low)
    else:
        leaves, none = leaves_from(plan, counters)
        points = totals(plan, leaves, none)
        raw = None if lean or watch else (in_common(plan, leaves), none.T)
        if watch is not None:
            watch.counters, watch.leaves, watch.none, watch.points = counters, leaves, none, points
    if lean:
        points = Exact(points.num - lost.astype(np.int64), points.den)
    state = streams.states("events", "complies", len(model.events), draws)
    chance = np.array([event.chance for event in model.events])[:, None]
    happened = uniform(state + stepped(np.arange(len(model.events)))[:, None]) < chance
    return finished(model, points, happened, z, raw)


def _bits(source: np.random.PCG64, count: int, draws: Words) -> NDArray[np.uint16]:
    """Return 16 bits for each of `count` rows and each draw.

    Those of the whole chunk are drawn, so that each draw has the same ones in every run.
    """
    words = source.random_raw(count * CHUNK // 4).view(np.uint16).reshape(count, CHUNK)
    return words[:, int(draws[0]) : int(draws[0]) + len(draws)]


def _more(plan: Plan, rows: Alikes | Fixed, row: Ints, draws: Words, streams: Streams, count: int) -> Words:
    """Return `count` more bits for some rows at some draws: where the first 16 leave it open."""
    states = streams.states(rows.part, "bits", plan.cells[rows.part], draws) + rows.cell[row]
    return mixed(states) >> np.uint64(64 - count)


def _alike_rows(plan: Plan, groups: Alikes, source: np.random.PCG64, streams: Streams, draws: Words) -> Ints:
    """Return the outcome of each group of alike rows (groups, draws)."""
    bits = _bits(source, len(groups.cell), draws)
    shown, near = groups.batch.look(bits)
    if len(near):
        row, at = np.divmod(near, len(draws))
        rest = _more(plan, groups, row, draws[at], streams, EDGE_BITS - 16)
        numbers = bits[row, at].astype(np.uint64) << np.uint64(EDGE_BITS - 16) | rest
        shown[row, at] = groups.batch.settled(row, numbers)
    return shown


def _written(
    plan: Plan, groups: Alikes, shown: Ints, streams: Streams, draw: Words
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rows behind the outcomes of a draw: block, check, number of the site, level."""
    states = streams.states(groups.part, "level", plan.cells[groups.part], draw)
    for group, outcome in zip(groups.groups, shown.tolist(), strict=True):
        count = len(plan.model.blocks[group.block].checks[group.check].levels)
        levels = group.law.rows_given(outcome, uniform(states + stepped(group.cell)))
        for row, level in enumerate(levels):
            yield group.block, group.check, group.site + row, -1 if level == count else level


def _watch_alike(plan: Plan, groups: Alikes, shown: Ints, streams: Streams, draws: Words, watch: Watch) -> None:
    """Note which of the watched alike rows failed, by the law of the rows given what they add up to."""
    cells = plan.cells[groups.part]
    base = streams.states(groups.part, "mended", cells, draws)
    for group, outcome in zip(groups.groups, shown, strict=True):
        place = group.block, group.check
        if place not in watch.sites or not watch.sites[place][group.site : group.site + group.law.rows].any():
            continue
        count = len(plan.model.blocks[group.block].checks[group.check].levels)
        cell = stepped(group.cell)
        numbers = uniform(streams.states(groups.part, "level", cells, draws) + cell[:, None])
        levels = group.law.levels_given(outcome, numbers)
        row, at = np.nonzero((levels > 0) & (levels < count))  # the last one, if any, stands for what does not apply
        watch.add(place, group.site + row, at, levels[row, at], cell[row], base)


def _watch_fixed(
    plan: Plan, rows: Fixed, fails: Flags, levels: dict[int, Ints], streams: Streams, draws: Words, watch: Watch
) -> None:
    """Note which of the watched moved rows failed."""
    base = streams.states(rows.part, "mended", plan.cells[rows.part], draws)
    places = zip(rows.block.tolist(), rows.check.tolist(), rows.site.tolist(), strict=True)
    for row, (block, check, site) in enumerate(places):
        if (block, check) in watch.sites:
            at = np.flatnonzero(fails[row])
            level = levels[row][at] if row in levels else np.ones(len(at), dtype=np.int64)
            watch.add((block, check), np.full(len(at), site), at, level, np.full(len(at), rows.cell[row]), base)


def _fixed_rows(
    plan: Plan, rows: Fixed, source: np.random.PCG64, streams: Streams, draws: Words, against: Floats
) -> tuple[Flags, dict[int, Flags], dict[int, Ints]]:
    """Return where moved rows fail (rows, draws), and by row: where it does not apply, and what level it shows."""
    cells = plan.cells[rows.part]
    bits = _bits(source, len(rows.cell), draws)
    fails, near = _near(plan, rows, bits, against)
    if len(near):
        row, at = np.divmod(near, len(draws))
        rest = _more(plan, rows, row, draws[at], streams, 48)
        u = (bits[row, at] + (rest + 0.5) * 2.0**-48) * 2.0**-16
        fails[row, at] = _not_complying(plan, u, rows.against[row], against[at])
    absent = {}
    for place in np.flatnonzero(rows.absent).tolist():
        u = uniform(streams.states(rows.part, "absent", cells, draws) + rows.cell[place])
        absent[place] = u < rows.absent[place]
        fails[place] &= ~absent[place]
    levels: dict[int, Ints] = {}
    for place in rows.several.tolist():
        own = np.flatnonzero(fails[place])
        u = uniform(streams.states(rows.part, "level", cells, draws[own]) + rows.cell[place])
        levels[place] = np.zeros(len(draws), dtype=np.int64)
        levels[place][own] = 1 + np.searchsorted(rows.steps[place], u, side="right")
    return fails, absent, levels


def _count(rows: Fixed, fails: Flags, absent: dict[int, Flags], levels: dict[int, Ints], counters: Ints) -> None:
    """Add what fixed rows show to the counters."""
    for row, flags in absent.items():
        if rows.counts[row] >= 0:
            counters[rows.counts[row]] += flags
    if len(rows.row):
        added = (fails if rows.plain else fails[rows.row]) * rows.adds[:, 1:2]
        for entry in np.flatnonzero(np.isin(rows.row, rows.several)).tolist():
            added[entry] = rows.adds[entry][levels[int(rows.row[entry])]]
        counters[rows.counter] += added if len(rows.start) == len(added) else np.add.reduceat(added, rows.start)


def prepared(model: Model) -> tuple[Plan, Lean]:
    """Return a model in arrays, and what its fixed rows take from the total where that can be summed at once."""
    plan = Plan(model)
    return plan, _lean(plan)


def _lean(plan: Plan) -> Lean:
    """Return what rows take from the total's numerator at once.

    That is known where the total is linear, always over the same leaves, and the leaf a mean or of one group of rows.
    """
    none = Lean([None] * len(plan.alike), [None] * len(plan.fixed))
    if not plan.linear or plan.thin:
        return none
    factors, first, _ = coefficients(plan, np.zeros(len(plan.tables), dtype=np.int8))
    bound = whole_below(plan, factors, first)
    if bound >= 2**53:  # beyond it a sum in double precision is not exact, and beyond 2**24 not in single
        return none
    exact = np.float32 if bound < 2**24 else np.float64
    of = {t.first: int(factors[c]) for c, t in enumerate(plan.tables) if t and t.rule.kind == "mean"}
    fixed = [
        np.array([of[c] for c in rows.leaf_counter.tolist()], dtype=exact) * rows.adds[:, 1].astype(exact)
        if rows.plain and not len(rows.several) and all(c in of for c in rows.leaf_counter.tolist())
        else None
        for rows in plan.fixed
    ]
    return Lean([_lean_groups(plan, groups, factors, exact) for groups in plan.alike], fixed)


def _lean_groups(
    plan: Plan, groups: Alikes, factors: Ints, exact: type[np.floating[Any]]
) -> tuple[NDArray[Any], dict[int, Floats]] | None:
    slopes, bent = np.zeros(len(groups.groups), dtype=exact), {}
    for at, group in enumerate(groups.groups):
        table = plan.tables[group.leaf]
        if table is None:
            continue
        if table.rule.kind != "mean" and group.law.rows < table.rows:
            return None
        shown = np.array(group.law.outcomes, dtype=np.int64).T[1:]
        takes = int(factors[group.leaf]) * (table.den - leaf_from(table, shown, table.rows))
        slopes[at] = takes[1] if len(takes) > 1 else 0
        if (takes != np.arange(len(takes)) * slopes[at]).any():
            slopes[at], bent[at] = 0, takes.astype(np.float64)
    return slopes, bent


def _near(plan: Plan, rows: Fixed, bits: Ints, against: Floats) -> tuple[Flags, Ints]:
    """Return which moved rows fail by their first 16 bits, and where those do not decide."""
    odds = np.minimum(rows.against, 1e30).astype(np.float32)[:, None]
    limit = odds * against.astype(np.float32)
    limit += np.float32(1)
    np.reciprocal(limit, out=limit)
    limit *= np.float32(plan.error[1] * 2**16)
    limit += np.float32(plan.error[0] * 2**16)
    limit -= bits  # above 1: complies; below 0: fails; 0.05 is far more than single precision can be wrong
    fails = limit < np.float32(0.5)
    limit -= np.float32(0.5)
    np.abs(limit, out=limit)
    return fails, np.flatnonzero(limit < np.float32(0.55))


def _not_complying(plan: Plan, u: Floats, against: Floats, shift: Floats) -> Flags:
    """Return whether ``u >= error + power * expit(b + z)``, with ``against = exp(-b)`` and ``shift = exp(-z)``."""
    missed, power = plan.error
    found: Flags = (u - missed) * (1 + against * shift) >= power
    return found


def _at_drawn(
    plan: Plan,
    place: int,
    some: AtDrawn,
    site: Ints,
    entry: Ints,
    streams: Streams,
    draws: Words,
    against: Floats,
    counters: Ints,
    seen: Seen | None,
    watch: Watch | None,
) -> None:
    """Add what a check shows at the drawn sites (drawn, draws) to the counters."""
    block = plan.model.blocks[place]
    cells, site = plan.cells[block.part], site[: some.check.reach]
    own, cell = entry[site], some.cell[site]
    u = uniform(cell + streams.states(block.part, "complies", cells, draws))
    fails = _not_complying(plan, u, some.chance[own], against) if some.moved else u >= some.chance[own]
    absent = None
    if some.absent is not None:
        absent = uniform(cell + streams.states(block.part, "absent", cells, draws)) < some.absent[own]
        fails &= ~absent
        if some.counts >= 0:
            counters[some.counts] += absent.sum(axis=0)
    levels = None
    if len(some.check.levels) > 2:
        row, at = np.nonzero(fails)
        u = uniform(cell[row, at] + streams.states(block.part, "level", cells, draws)[at])
        levels = np.zeros(fails.shape, dtype=np.int64)
        levels[row, at] = 1 + _step_of(some.steps, own[row, at], u)
    for counter, adds in some.adds:
        counters[counter] += fails.sum(axis=0) * adds[1] if levels is None else adds[levels].sum(axis=0)
    if watch is not None and (place, some.place) in watch.sites:
        row, at = np.nonzero(fails)
        shown = np.ones(len(row), dtype=np.int64) if levels is None else levels[row, at]
        base = streams.states(block.part, "mended", cells, draws)
        watch.add((place, some.place), site[row, at], at, shown, cell[row, at], base)
    if seen is not None:
        found = fails if levels is None else levels
        for step in range(len(site)):
            level = -1 if absent is not None and absent[step, 0] else int(found[step, 0])
            seen.append((place, some.place, int(site[step, 0]), level))


def _step_of(steps: Floats, place: Ints, u: Floats) -> Ints:
    """Return how many steps of its row of `steps` each number has passed."""
    if steps.shape[1] <= 8:
        return np.asarray(sum((u >= column[place] for column in steps.T), np.zeros(len(u), dtype=np.int64)))
    found: Ints = np.empty(len(u), dtype=np.int64)
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(len(steps) + 1))
    for row, (start, end) in enumerate(itertools.pairwise(edges.tolist())):
        found[order[start:end]] = np.searchsorted(steps[row], u[order[start:end]], side="right")
    return found
