"""Some draws of a simulation: what rows show, what leaves make of it, and the total by the spine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.alike import EDGE_BITS
from evalsys.inspection_plan import Alikes, AtDrawn, Fixed, Plan, Table
from evalsys.model import Model
from evalsys.rules import Exact
from evalsys.spine import evaluate
from evalsys.streams import CHUNK, Streams, mixed, pick, stepped, uniform

__all__ = ["Drawn", "Seen", "draw_chunk", "filled", "joined", "known_leaves", "prepared"]

Ints = NDArray[Any]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_UNDECIDED = 2  # fewer rows apply than must comply: as in the mock score, neither won nor lost
_CACHED = 4096  # patterns of leaves without rows whose coefficients are kept
_ZERO = Fraction(0)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Some draws of one chunk; `raw` is what the leaves show (draws, leaves) and which of them have no row."""

    points: Exact
    passed: Flags
    z: Floats
    happened: Flags
    raw: tuple[Exact, Ints] | None


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


def draw_chunk(plan: Plan, lean: Lean | None, streams: Streams, low: int, high: int, seen: Seen | None = None) -> Drawn:
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
    """
    model, draws = plan.model, np.arange(low, high, dtype=np.uint64)
    z = np.zeros(high - low)
    if model.severity:
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
    bits = {part: streams.bits(part, True) for part in dict.fromkeys(rows.part for rows in plan.fixed)}
    for rows, weights in zip(plan.fixed, lean.fixed if lean else [None] * len(plan.fixed), strict=True):
        fails, absent, levels = _fixed_rows(plan, rows, bits[rows.part], streams, draws, against)
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
            _at_drawn(plan, place, check, site, entry, streams, draws, against, counters, seen)
    raw = None
    if bare:
        points = _full(plan, high - low)
    else:
        leaves, none = _leaves(plan, counters)
        points = _totals(plan, leaves, none)
        raw = None if lean else (_common(plan, leaves), none.T)
    if lean:
        points = Exact(points.num - lost.astype(np.int64), points.den)
    state = streams.states("events", "complies", len(model.events), draws)
    chance = np.array([event.chance for event in model.events])[:, None]
    happened = uniform(state + stepped(np.arange(len(model.events)))[:, None]) < chance
    return _after(model, points, happened, z, raw)


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
    bound = _bound(plan, factors, first)
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
        takes = int(factors[group.leaf]) * (table.den - _leaf(table, shown, table.rows))
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


# ------------------------------------------------------------------------------------ from counters to points


def _leaves(plan: Plan, counters: Ints) -> tuple[Ints, Ints]:
    """Return each leaf's numerator over its own denominator (leaves, draws), and where it has none.

    None because no row applies (1), or because too few do (2).
    """
    draws = counters.shape[1]
    found: Ints = np.zeros((len(plan.tables), draws), dtype=np.int64)
    none = np.zeros((len(plan.tables), draws), dtype=np.int8)
    for column, table in enumerate(plan.tables):
        if table is None:
            continue
        own = counters[table.first : table.first + table.counters]
        rows: Any = table.rows
        if table.thins:
            rows = table.rows - counters[table.first + table.counters]
            none[column] = rows == 0
        if column in plan.thin and table.rule.kind == "count":
            none[column][(rows < table.rule.required) & (none[column] == 0)] = _UNDECIDED
        own_leaf = _leaf(table, own, rows)
        found = found.astype(object) if own_leaf.dtype == object else found
        found[column] = own_leaf
    return found, none


def _leaf(table: Table, counted: Ints, rows: Any) -> Ints:
    """Return a leaf's numerator over its own denominator, from its counters (counters, draws) and rows that apply."""
    match table.rule.kind:
        case "count":
            enough: Ints = (rows - counted[0] >= (table.rule.required or rows)).astype(np.int64)
            return enough
        case "deduct":
            each = zip(counted, table.limit, strict=True)
            zero: Any = np.zeros(counted.shape[1], dtype=np.int64)
            taken = sum((points if cap is None else np.minimum(points, cap) for points, cap in each), zero)
            return np.asarray(np.maximum(table.full - taken, 0))
        case _ if table.thins:
            factors = [0, *(table.den // (table.unit * count) for count in range(1, table.rows + 1))]
            wide = object if table.den >= 2**62 else None
            return np.asarray((rows * table.unit - counted[0]) * np.array(factors, dtype=wide)[rows])
        case _:
            return np.asarray(table.den - counted[0])


def known_leaves(model: Model, leaves: Exact, none: Ints) -> Exact:
    """Return the leaves with -1 where one is dropped, missing or without a row."""
    return Exact(np.where((none > 0) | model.missing | model.dropped, -1, leaves.num), leaves.den)


def _common(plan: Plan, leaves: Ints) -> Exact:
    """Return leaves (draws, leaves) over one denominator, from numerators over their own (leaves, draws)."""
    dens = [table.den if table else 1 for table in plan.tables]
    den = math.lcm(1, *dens)
    factors = rules.integers([den // own for own in dens])
    wide = den >= 2**62 or leaves.dtype == object
    return Exact(((leaves.astype(object) if wide else leaves) * factors[:, None]).T, den)


def _full(plan: Plan, draws: int) -> Exact:
    """Return the total's points where every leaf is full."""
    factors, first, den = coefficients(plan, np.zeros(len(plan.tables), dtype=np.int8))
    dens = [table.den if table else 1 for table in plan.tables]
    total = first + sum(int(factor) * own for factor, own in zip(factors, dens, strict=True))
    return Exact(np.full(draws, total, dtype=np.int64), den)


def _totals(plan: Plan, leaves: Ints, none: Ints) -> Exact:
    """Return the total's points of each draw: by the coefficients where all is linear, else by the spine."""
    if not none.any():
        return _total(plan, leaves, none[:, 0])
    patterns, group = np.unique(none[plan.thin], axis=1, return_inverse=True)
    order = np.argsort(group.reshape(-1), kind="stable")
    edges = np.searchsorted(group.reshape(-1)[order], np.arange(patterns.shape[1] + 1))
    own = [order[start:end] for start, end in itertools.pairwise(edges.tolist())]
    parts, den = joined([_total(plan, leaves[:, at], none[:, at[0]]) for at in own])
    found = np.empty(len(order), dtype=parts.dtype)
    found[order] = parts
    return Exact(found, den)


def _total(plan: Plan, leaves: Ints, none: Ints) -> Exact:
    """Return the total's points of draws in which the same leaves have no row."""
    if not plan.linear:
        return _evaluated(plan.model, _common(plan, leaves), none)
    factors, first, den = coefficients(plan, none)
    bound = _bound(plan, factors, first)
    if leaves.dtype != object and bound < 2**53:  # so that a product in double precision is exact
        num = (factors.astype(np.float64) @ leaves.astype(np.float64)).astype(np.int64)
    elif bound < 2**62 and leaves.dtype != object:
        num = factors @ leaves
    else:
        num = factors.astype(object) @ leaves.astype(object)
    return Exact(num + first, den)


def coefficients(plan: Plan, none: Ints) -> tuple[Ints, int, int]:
    """Return each leaf's share of the total's points in numerators, the constant, and their denominator.

    By the spine: the total of nothing, and of each leaf alone.
    """
    key = none.tobytes()
    if key not in plan.coefficients:
        size = len(plan.tables)
        rows = np.concatenate([np.zeros((1, size), dtype=np.int64), np.eye(size, dtype=np.int64)])
        total = _evaluated(plan.model, Exact(rows, 1), none)
        first = Fraction(int(total.num[0]), total.den)
        dens = [table.den if table else 1 for table in plan.tables]
        each = [(Fraction(int(num), total.den) - first) / den for num, den in zip(total.num[1:], dens, strict=True)]
        found = rules.exact([first, *each])
        if len(plan.coefficients) >= _CACHED:
            return found.num[1:], int(found.num[0]), found.den
        plan.coefficients[key] = found.num[1:], int(found.num[0]), found.den
    return plan.coefficients[key]


def _bound(plan: Plan, factors: Ints, first: int) -> int:
    """Return the most that the total's numerator, or any part of its sum, can be."""
    dens = [table.den if table else 1 for table in plan.tables]
    return abs(first) + sum(abs(int(f)) * own for f, own in zip(factors, dens, strict=True))


def _evaluated(model: Model, leaves: Exact, none: Ints) -> Exact:
    """Return the total's points by the spine, for rows of leaves (draws, leaves)."""
    whole, missing, dropped = filled(model, leaves, none)
    found = evaluate(model.instrument, whole, missing, dropped).attainment[0]
    if found is None:
        raise ValueError("nothing is assessed in a draw: no score")
    full = model.instrument.full_marks
    return Exact(rules.scaled(found.num, full.numerator), found.den * full.denominator)


def filled(model: Model, leaves: Exact, none: Ints) -> tuple[Exact, Flags, Flags]:
    """Return leaves, missing and dropped where some leaves have no row that applies.

    Such a leaf is dropped, or gets the mean of its indicator's assessed leaves, as the mock score gives it.
    """
    instrument = model.instrument
    missing, dropped = model.missing.copy(), model.dropped.copy()
    missing |= none == _UNDECIDED
    known = {place: at for at, place in enumerate(instrument.leaves) if not (missing | dropped | (none > 0))[at]}
    filled: dict[int, Exact] = {}
    for at in np.flatnonzero(none == 1).tolist():
        rule, place = model.leaves[at], instrument.leaves[at]
        if rule is not None and rule.absent == "drop":
            dropped[at] = True
            continue
        indicator = instrument.nodes[instrument.nodes[place].parent].parent
        peers = [p for p in instrument.below(indicator) if p in known]
        weight = [instrument.nodes[p].weight * instrument.nodes[instrument.nodes[p].parent].weight for p in peers]
        if not peers:
            missing[at] = True
            continue
        parts = [Exact(leaves.num[..., known[p]], leaves.den) for p in peers]
        filled[at] = rules.weighted(parts, [w / sum(weight) for w in weight])
    if not filled:
        return leaves, missing, dropped
    columns = [filled.get(at, Exact(leaves.num[..., at], leaves.den)) for at in range(len(model.leaves))]
    nums, den = rules.common(columns)
    return Exact(np.stack(nums, axis=-1), den), missing, dropped


def _after(model: Model, points: Exact, happened: Flags, z: Floats, raw: tuple[Exact, Ints] | None) -> Drawn:
    """Take the deductions of events from the points, and see who passes."""
    num, den = points.num, points.den
    veto: Flags = np.zeros(num.shape, dtype=bool)
    if model.events:
        deduct = rules.exact([event.deduct for event in model.events])
        (num, _), den = rules.common([points, Exact(np.zeros(1, dtype=np.int64), deduct.den)])
        lost = rules.scaled(happened.T @ deduct.num, den // deduct.den)
        num = np.maximum(num - lost, 0)
        veto = np.asarray(happened[[event.veto for event in model.events]].any(axis=0))
    mark = math.ceil((model.mark or _ZERO) * den)
    return Drawn(Exact(num, den), np.asarray(num >= mark, dtype=bool) & ~veto, z, happened, raw)


def joined(parts: Sequence[Exact]) -> tuple[Ints, int]:
    """Return several arrays as one, over their common denominator."""
    nums, den = rules.common(parts)
    return np.concatenate(nums), den
