"""From the counters of a simulation to leaves, from leaves to the total by the spine, and from there to a pass."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.inspection_plan import Plan, Table
from evalsys.model import Model
from evalsys.rules import Exact
from evalsys.spine import evaluate

__all__ = [
    "Drawn",
    "all_full",
    "coefficients",
    "filled",
    "finished",
    "in_common",
    "joined",
    "known_leaves",
    "leaf_from",
    "leaves_from",
    "totals",
    "whole_below",
]

Ints = NDArray[Any]
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


def leaves_from(plan: Plan, counters: Ints) -> tuple[Ints, Ints]:
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
        own_leaf = leaf_from(table, own, rows)
        found = found.astype(object) if own_leaf.dtype == object else found
        found[column] = own_leaf
    return found, none


def leaf_from(table: Table, counted: Ints, rows: Any) -> Ints:
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


def in_common(plan: Plan, leaves: Ints) -> Exact:
    """Return leaves (draws, leaves) over one denominator, from numerators over their own (leaves, draws)."""
    dens = [table.den if table else 1 for table in plan.tables]
    den = math.lcm(1, *dens)
    factors = rules.integers([den // own for own in dens])
    wide = den >= 2**62 or leaves.dtype == object
    return Exact(((leaves.astype(object) if wide else leaves) * factors[:, None]).T, den)


def all_full(plan: Plan, draws: int) -> Exact:
    """Return the total's points where every leaf is full."""
    factors, first, den = coefficients(plan, np.zeros(len(plan.tables), dtype=np.int8))
    dens = [table.den if table else 1 for table in plan.tables]
    total = first + sum(int(factor) * own for factor, own in zip(factors, dens, strict=True))
    return Exact(np.full(draws, total, dtype=np.int64), den)


def totals(plan: Plan, leaves: Ints, none: Ints) -> Exact:
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
        return _evaluated(plan.model, in_common(plan, leaves), none)
    factors, first, den = coefficients(plan, none)
    bound = whole_below(plan, factors, first)
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


def whole_below(plan: Plan, factors: Ints, first: int) -> int:
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


def finished(model: Model, points: Exact, happened: Flags, z: Floats, raw: tuple[Exact, Ints] | None = None) -> Drawn:
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
