"""Worth of work by simulation: the same inspections before and after, of which only what the work touches is read anew.

A row that fails has a random number u of its own. After the work it complies where u is below ``(q' - q) / (1 - q)``,
with q and q' the chances to be found complying before and after under the draw's severity. That holds from a certain
log-odds of the cell on, which is computed once: a state then is a comparison, more work never undoes compliance, and
two states share all of their luck.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.fixes import Fixes
from evalsys.inspection_draw import Failed, Watch, draw_chunk
from evalsys.inspection_plan import Plan
from evalsys.inspection_totals import Drawn, coefficients, finished, joined, leaf_from, totals, whole_below
from evalsys.mending import Gain, Worth
from evalsys.model import Model
from evalsys.rules import Exact
from evalsys.severity import intercepts, shifted
from evalsys.streams import CHUNK, Streams

__all__ = ["DrawnBench"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[Any]

#: Failing rows: cell, threshold, draw, level, slope.
_Part = tuple[Ints, Floats, Ints, Ints, Floats]
#: By leaf: cells, each with the part of the failing rows that comply after some work.
_Groups = dict[int, list[tuple[int, slice]]]


@dataclass(frozen=True, eq=False)
class _Failures:
    """Failing rows of the watched cells, cell after cell, each by rising threshold.

    Attributes
    ----------
    starts : list of int, cells + 1
        Where each cell's begin.
    threshold : float array (rows,)
        The log-odds of the cell from which on the row complies.
    draw, level : int array (rows,)
    slope : float array (rows,)
        What the total's numerator gains if the row complies; 0 where that is no fixed number.
    """

    starts: list[int]
    threshold: Floats
    draw: Ints
    level: Ints
    slope: Floats


@dataclass(frozen=True, eq=False)
class _Cells:
    """The watched cells of a model: what they are, and what a failing row of each adds to the counters of its leaf."""

    model: Model
    plan: Plan
    cells: Ints

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Block and check of each cell."""
        return [(block, check) for block, _, check in self.cells.tolist()]

    @cached_property
    def leaf(self) -> list[int]:
        """Leaf of each cell."""
        return [self.model.blocks[block].checks[check].leaf for block, check in self.places]

    @cached_property
    def chance(self) -> Floats:
        """Chance that each complies while nothing is done."""
        blocks = self.model.blocks
        return np.array([blocks[b].chance[e, c] for b, e, c in self.cells.tolist()], dtype=float)

    @cached_property
    def moved(self) -> Flags:
        """Whether severity moves each."""
        blocks = self.model.blocks
        own = [bool(self.model.severity) and blocks[b].checks[c].shifts for b, c in self.places]
        return np.array(own, dtype=bool)

    @cached_property
    def adds(self) -> dict[tuple[int, int], dict[int, Ints]]:
        """By block and check: what a row adds to each counter, by level; none for a leaf that does not count."""
        blocks = self.model.blocks
        return {(b, c): dict(self.plan.adds(blocks[b].checks[c])) for b, c in dict.fromkeys(self.places)}

    @cached_property
    def entry(self) -> dict[int, Ints]:
        """By block: the entry of each site."""
        times = {block: self.model.blocks[block].times for block, _ in self.adds}
        return {block: np.repeat(np.arange(len(own)), own) for block, own in times.items()}

    @cached_property
    def of_site(self) -> dict[tuple[int, int], Ints]:
        """By block and check: the cell of each site, -1 where none is watched."""
        found: dict[tuple[int, int], Ints] = {}
        for place, (block, check) in enumerate(self.places):
            if self.adds[block, check]:
                of_entry = found.setdefault((block, check), np.full(len(self.model.blocks[block].times), -1))
                of_entry[self.cells[place, 1]] = place
        return {(block, check): own[self.entry[block]] for (block, check), own in found.items()}

    def threshold(self, failed: Failed, z: Floats) -> Floats:
        """Return the log-odds from which on each failing row complies, NaN where none is enough.

        The smallest chance p' of complying with ``u < (q' - q) / (1 - q)``, where ``q = missed + power * p``.
        """
        model, entry = self.model, self.entry[failed.block][failed.site]
        check = model.blocks[failed.block].checks[failed.check]
        chance = model.blocks[failed.block].chance[entry, failed.check]
        shift = np.zeros(len(entry))
        if model.severity and check.shifts:
            shift = z[failed.draw]
            chance = shifted(model.odds[failed.block][entry, failed.check], shift)
        missed, power = self.plan.error if check.shifts else (0.0, 1.0)
        before = missed + power * chance
        wanted = before + failed.spare * (1 - before)
        needed = np.clip((wanted - missed) / power, 1e-300, 1.0)
        with np.errstate(divide="ignore"):
            found = np.log(needed) - np.log1p(-needed) - shift
        found[wanted > missed + power] = np.nan  # the inspectors see a fault though none is there
        return np.asarray(found)


@dataclass(frozen=True, eq=False)
class _Reached:
    """A state from which others are reached: what counted leaves lose and show in it."""

    after: Floats
    losses: dict[int, Ints]
    shown: dict[int, Ints]
    bare: Exact
    drawn: Drawn


class DrawnBench:
    """Simulated inspections, before and after any work.

    Parameters
    ----------
    model : Model
    fixes : Fixes
        Of the same model.
    draws : int
        How many inspections, 1 or more.
    seed : int
    at : float, optional
        One severity z, in log-odds, for all draws, instead of one drawn for each; nothing where the model has no
        severity.

    Attributes
    ----------
    fixes : Fixes
    exact : bool
        False.
    z : float array (draws,)
        Severity of each draw.

    Raises
    ------
    ValueError
        For no draws; where sensitivity and specificity do not add up to more than 1: such inspectors would find fewer
        faults where there are more; and as :func:`evalsys.inspection.simulate` does.

    Notes
    -----
    With nothing done, draws are those of ``simulate(model, draws, seed)``, number by number. After some work they have
    the law of the model that :func:`evalsys.fixes.mended` gives.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.fixes import fixes_of
    >>> from evalsys.modelling import prospect
    >>> found = prospect(read_assessment("data/wujiang-2016"))
    >>> bench = DrawnBench(found.model, fixes_of(found), draws=2000)
    >>> bench.gains([bench.fixes.after(range(24))])[0].points > 0
    True
    """

    fixes: Fixes
    exact: bool = False

    def __init__(
        self, model: Model, fixes: Fixes, *, draws: int = 20_000, seed: int = 0, at: float | None = None
    ) -> None:
        if draws < 1:
            raise ValueError("draws must be 1 or more")
        if model.sensitivity + model.specificity <= 1:
            raise ValueError("sensitivity and specificity must add up to more than 1")
        self.fixes, self._model, self._draws = fixes, model, draws
        self._plan = Plan(model)
        self._cells = _Cells(model, self._plan, fixes.cells)
        self._limits: dict[tuple[float, bool], float] = {}
        self._counted_rows: dict[tuple[int, float], int] = {}
        self._last: _Reached | None = None
        self._straight = self._linear()
        tables = self._plan.tables
        counted = [leaf for leaf in sorted(set(self._cells.leaf)) if tables[leaf] is not None]
        #: Leaves that are read anew from their counters, with the place of their first counter among those kept.
        self._curved: dict[int, int] = {}
        kept: list[int] = []
        for leaf in counted:
            table = tables[leaf]
            if table is not None and (self._straight is None or table.rule.kind != "mean"):
                self._curved[leaf] = len(kept)
                kept += range(table.first, table.first + table.counters + table.thins)
        self._simulate(kept, seed, at)

    def _linear(self) -> Ints | None:
        """Return what each leaf's numerator adds to the total's in every draw, None where that is no one number."""
        if not self._plan.linear or self._plan.thin:
            return None
        factors, first, _ = coefficients(self._plan, np.zeros(len(self._plan.tables), dtype=np.int8))
        # beyond 2**53 a sum in double precision is not exact
        return factors if whole_below(self._plan, factors, first) < 2**53 else None

    # ---------------------------------------------------------------------------------------------- what it tells

    def worth(self, after: Floats) -> Worth:
        """Return the worth of a state, with the standard errors of its mean and its share of passes.

        Parameters
        ----------
        after : float array (cells,)
            Chance that each cell complies at least.
        """
        drawn = self._drawn(after)
        points, points_error = _mean(_score(drawn.points))
        if self._model.mark is None:
            return Worth(points, None, points_error)
        chance = float(drawn.passed.mean())
        return Worth(points, chance, points_error, math.sqrt(chance * (1 - chance) / self._draws))

    def gains(self, states: Sequence[Floats], before: Floats | None = None) -> tuple[Gain, ...]:
        """Return the gain of each of some states over one state, with the standard errors of paired differences.

        Parameters
        ----------
        states : sequence of float array (cells,)
        before : float array (cells,), optional
            Nothing done by default.
        """
        if self._factors is None:
            base = self._base if before is None else self._drawn(before)
            return tuple(self._gain(base, self._drawn(state)) for state in states)
        start = np.zeros(len(self.fixes.cells)) if before is None else np.asarray(before, dtype=float)
        if self._last is None or not np.array_equal(self._last.after, start):
            self._last = self._reached(start, self._factors)
        return tuple(self._step(self._last, np.asarray(state, dtype=float), self._factors) for state in states)

    def points(self, after: Floats) -> Floats:
        """Return the score of each draw in points, (draws,), once a state is reached."""
        return _score(self._drawn(after).points)

    def passed(self, after: Floats) -> Flags | None:
        """Return whether each draw passes, (draws,), once a state is reached; None without a mark."""
        return None if self._model.mark is None else self._drawn(after).passed

    def _gain(self, before: Drawn, after: Drawn) -> Gain:
        (one, two), den = rules.common([before.points, after.points])
        points, points_error = _mean(np.asarray((two - one) / den, dtype=float))
        if self._model.mark is None:
            return Gain(points, None, points_error)
        at = np.flatnonzero(one != two)
        won = after.passed[at].astype(np.int8) - before.passed[at].astype(np.int8)
        chance, chance_error = _flips(won, self._draws)
        return Gain(points, chance, points_error, chance_error)

    # ---------------------------------------------------------------------------------- from one state to another

    def _count(self, cell: int, after: float) -> int:
        """Return how many failing rows of a cell comply, once it complies with some chance at least."""
        key = cell, after
        if key not in self._counted_rows:
            start, end = self._failures.starts[cell], self._failures.starts[cell + 1]
            count = 0
            if end > start and after > self._cells.chance[cell]:
                limit = self._limit(after, bool(self._cells.moved[cell]))
                count = int(self._failures.threshold[start:end].searchsorted(limit, "right"))
            self._counted_rows[key] = count
        return self._counted_rows[key]

    def _reached(self, after: Floats, factors: Ints) -> _Reached:
        """Return all that steps from a state need."""
        groups = _grouped(self._fixed(after), self._cells.leaf)
        losses = {leaf: self._losses(leaf, own) for leaf, own in groups.items() if leaf in self._curved}
        shown = self._shown | {leaf: self._leaf(leaf, own) for leaf, own in losses.items()}
        bare = self._added(groups, factors)
        drawn = finished(self._model, bare, self._happened, self.z)
        return _Reached(after.copy(), losses, shown, bare, drawn)

    def _step(self, base: _Reached, after: Floats, factors: Ints) -> Gain:
        """Return the gain of a state over another, by looking at the draws alone in which something changes."""
        leaf, starts, held = self._cells.leaf, self._failures.starts, self._failures
        by_leaf: dict[int, list[tuple[int, slice, int]]] = {}
        unlike = np.flatnonzero(after != base.after)
        for cell, *ends in zip(unlike.tolist(), base.after[unlike].tolist(), after[unlike].tolist(), strict=True):
            before, now = (self._count(cell, own) for own in ends)
            if before != now:
                rows = slice(starts[cell] + min(before, now), starts[cell] + max(before, now))
                by_leaf.setdefault(leaf[cell], []).append((cell, rows, 1 if now > before else -1))
        changes: list[tuple[Ints, Ints]] = []
        for place, own in by_leaf.items():
            if place in self._curved:
                changes.append(self._curved_step(base, place, own, factors))
            else:
                changes += [(held.draw[rows], (sign * held.slope[rows]).astype(np.int64)) for _, rows, sign in own]
        if not changes:
            return Gain(0.0, None if self._model.mark is None else 0.0)
        at, back = np.unique(np.concatenate([draw for draw, _ in changes]), return_inverse=True)
        num = base.bare.num[at].copy()
        np.add.at(num, back, np.concatenate([more for _, more in changes]))
        then = finished(self._model, Exact(num, base.bare.den), self._happened[:, at], self.z[at])
        moved = (then.points.num - base.drawn.points.num[at]) / then.points.den
        points, points_error = _sparse(np.asarray(moved, dtype=float), self._draws)
        if self._model.mark is None:
            return Gain(points, None, points_error)
        won = then.passed.astype(np.int8) - base.drawn.passed[at].astype(np.int8)
        chance, chance_error = _flips(won, self._draws)
        return Gain(points, chance, points_error, chance_error)

    def _curved_step(
        self, base: _Reached, leaf: int, own: Sequence[tuple[int, slice, int]], factors: Ints
    ) -> tuple[Ints, Ints]:
        """Return the draws in which a leaf changes that is read from its counters, and by how much the total does."""
        table, first, held = self._plan.tables[leaf], self._curved[leaf], self._failures
        assert table is not None
        at = np.unique(np.concatenate([held.draw[rows] for _, rows, _ in own]))
        counted = self._counted[first : first + table.counters, at]
        if leaf in base.losses:
            counted = counted - base.losses[leaf][:, at]
        counted = counted.copy()
        for cell, rows, sign in own:
            place = np.searchsorted(at, held.draw[rows])
            for counter, adds in self._cells.adds[self._cells.places[cell]].items():
                np.subtract.at(counted[counter - table.first], place, sign * adds[held.level[rows]])
        rows_: Any = table.rows - self._counted[first + table.counters, at] if table.thins else table.rows
        share = factors[self._pattern[at], leaf] if len(factors) > 1 else factors[0, leaf]
        return at, share * (leaf_from(table, counted, rows_) - base.shown[leaf][at])

    # ------------------------------------------------------------------------------------------- the simulation

    def _simulate(self, kept: list[int], seed: int, at: float | None) -> None:
        """Draw the inspections once, and keep what a repair may change."""
        cells = self._cells
        sites = {place: cell >= 0 for place, cell in cells.of_site.items()}
        leaves = list(range(len(self._plan.tables)) if self._straight is None else self._curved)
        watches: list[Watch] = []
        drawn: list[Drawn] = []
        parts: list[_Part] = []
        for start in range(0, self._draws, CHUNK):
            watch, streams = Watch(sites), Streams(seed, start // CHUNK, frozenset(), None)
            count = min(CHUNK, self._draws - start)
            drawn.append(draw_chunk(self._plan, None, streams, 0, count, watch=watch, at=at))
            parts += [self._part(failed, drawn[-1].z, start) for failed in watch.failed]
            watch.failed.clear()
            watch.leaves, watch.counters = watch.leaves[leaves], watch.counters[kept]
            watches.append(watch)
        self._failures = _sorted(parts, len(self.fixes.cells))
        self.z = np.concatenate([part.z for part in drawn])
        self._happened = np.concatenate([part.happened for part in drawn], axis=1)
        self._bare = Exact(*joined([watch.points for watch in watches]))  # before events
        self._counted = np.concatenate([watch.counters for watch in watches], axis=1)
        self._shown = dict(zip(leaves, np.concatenate([watch.leaves for watch in watches], axis=1), strict=True))
        self._none = np.concatenate([watch.none for watch in watches], axis=1)
        self._factors, self._pattern = self._by_pattern()
        self._base = finished(self._model, self._bare, self._happened, self.z)

    def _by_pattern(self) -> tuple[Ints | None, Ints]:
        """Return what each leaf's numerator adds to the total's (patterns, leaves), and the pattern of each draw.

        A pattern is which leaves have no row that applies. None where the total is not linear, or too large for int64.
        """
        plan, pattern = self._plan, np.zeros(self._draws, dtype=np.int64)
        if not plan.linear:
            return None, pattern
        firsts = np.zeros(1, dtype=np.int64)
        if plan.thin:
            _, firsts, found = np.unique(self._none[plan.thin], axis=1, return_index=True, return_inverse=True)
            pattern = found.reshape(-1)
        rows = []
        for at in firsts.tolist():
            factors, first, den = coefficients(plan, self._none[:, at])
            scale = self._bare.den // den
            if whole_below(plan, factors, first) * scale >= 2**62:
                return None, pattern
            rows.append(factors.astype(np.int64) * scale)
        return np.stack(rows), pattern

    def _part(self, failed: Failed, z: Floats, start: int) -> _Part:
        """Return failing rows as they are kept: those that a repair can make comply."""
        place = failed.block, failed.check
        leaf = self._model.blocks[failed.block].checks[failed.check].leaf
        threshold = self._cells.threshold(failed, z)
        slope = np.zeros(len(threshold))
        if self._straight is not None and leaf not in self._curved:
            (adds,) = self._cells.adds[place].values()
            slope = (int(self._straight[leaf]) * adds)[failed.level].astype(float)
        can = ~np.isnan(threshold)
        cell, draw = self._cells.of_site[place][failed.site], failed.draw + start
        level = failed.level.astype(np.int16)
        return cell[can].astype(np.int32), threshold[can], draw[can].astype(np.int32), level[can], slope[can]

    # --------------------------------------------------------------------------------------------- after some work

    def _drawn(self, after: Floats) -> Drawn:
        """Return the draws once a state is reached."""
        fixed = self._fixed(np.asarray(after, dtype=float))
        if not fixed:
            return self._base
        groups = _grouped(fixed, self._cells.leaf)
        bare = self._anew(groups) if self._factors is None else self._added(groups, self._factors)
        return finished(self._model, bare, self._happened, self.z)

    def _fixed(self, after: Floats) -> list[tuple[int, slice]]:
        """Return the cells that comply at more rows, each with which of its failing rows do now."""
        touched = np.flatnonzero(after > self._cells.chance)
        limits = [
            self._limit(*own) for own in zip(after[touched].tolist(), self._cells.moved[touched].tolist(), strict=True)
        ]
        starts, threshold = self._failures.starts, self._failures.threshold
        found = []
        for cell, limit in zip(touched.tolist(), limits, strict=True):
            start, end = starts[cell], starts[cell + 1]
            if end > start and (count := int(threshold[start:end].searchsorted(limit, "right"))):
                found.append((cell, slice(start, start + count)))
        return found

    def _limit(self, after: float, moved: bool) -> float:
        """Return the log-odds of complying after the work."""
        if (after, moved) not in self._limits:
            self._limits[after, moved] = float(intercepts(after, self._model.severity if moved else 0.0))
        return self._limits[after, moved]

    def _added(self, groups: _Groups, factors: Ints) -> Exact:
        """Return the points before events where leaves simply add up."""
        straight = [rows for leaf, own in groups.items() if leaf not in self._curved for _, rows in own]
        num = self._bare.num
        if straight:
            draw = np.concatenate([self._failures.draw[rows] for rows in straight])
            slope = np.concatenate([self._failures.slope[rows] for rows in straight])
            num = num + np.bincount(draw, slope, self._draws).astype(np.int64)
        for leaf, own in groups.items():
            if leaf in self._curved:
                share = factors[self._pattern, leaf] if len(factors) > 1 else factors[0, leaf]
                num = num + share * (self._leaf(leaf, self._losses(leaf, own)) - self._shown[leaf])
        return Exact(num, self._bare.den)

    def _anew(self, groups: _Groups) -> Exact:
        """Return the points before events, by the spine at the draws at which some counter changes."""
        losses = {leaf: self._losses(leaf, own) for leaf, own in groups.items()}
        changed = np.flatnonzero(np.any([own.any(axis=0) for own in losses.values()], axis=0))
        shown = {leaf: own[changed] for leaf, own in self._shown.items()}
        shown |= {leaf: self._leaf(leaf, own)[changed] for leaf, own in losses.items()}
        points = totals(self._plan, np.stack(list(shown.values())), self._none[:, changed])
        (before, after), den = rules.common([self._bare, points])
        num = before.astype(object) if after.dtype == object else before.copy()
        num[changed] = after
        return Exact(num, den)

    def _losses(self, leaf: int, own: list[tuple[int, slice]]) -> Ints:
        """Return by how much the counters of a leaf (counters, draws) fall."""
        table, held = self._plan.tables[leaf], self._failures
        assert table is not None
        found = np.zeros((table.counters, self._draws), dtype=np.int64)
        for cell, rows in own:
            for counter, adds in self._cells.adds[self._cells.places[cell]].items():
                np.add.at(found[counter - table.first], held.draw[rows], adds[held.level[rows]])
        return found

    def _leaf(self, leaf: int, losses: Ints) -> Ints:
        """Return the numerators of a leaf (draws,) once its counters have fallen."""
        table, first = self._plan.tables[leaf], self._curved[leaf]
        assert table is not None
        rows: Any = table.rows - self._counted[first + table.counters] if table.thins else table.rows
        return leaf_from(table, self._counted[first : first + table.counters] - losses, rows)


def _sorted(parts: Sequence[_Part], cells: int) -> _Failures:
    """Return failing rows cell after cell, each by rising threshold."""
    none = np.zeros(0)
    columns = zip(*parts, strict=True) if parts else [[none]] * 5
    cell, threshold, draw, level, slope = (np.concatenate(list(column)) for column in columns)
    order = np.lexsort((threshold, cell))
    starts = np.searchsorted(cell[order], np.arange(cells + 1)).tolist()
    return _Failures(starts, threshold[order], draw[order], level[order], slope[order])


def _grouped(fixed: list[tuple[int, slice]], leaf: list[int]) -> _Groups:
    """Return cells by their leaf."""
    found: _Groups = {}
    for cell, rows in fixed:
        found.setdefault(leaf[cell], []).append((cell, rows))
    return found


def _score(points: Exact) -> Floats:
    return np.asarray(points.num / points.den, dtype=float)


def _mean(values: Floats) -> tuple[float, float]:
    """Return the mean and its standard error; 0 for one value."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return float(values.mean()), spread / math.sqrt(len(values))


def _sparse(values: Floats, draws: int) -> tuple[float, float]:
    """Return the mean of values over all draws, 0 at those not given, and its standard error."""
    mean = float(values.sum()) / draws
    if draws == 1:
        return mean, 0.0
    square = float((values - mean) @ (values - mean)) + (draws - len(values)) * mean**2
    return mean, math.sqrt(max(square, 0.0) / (draws - 1) / draws)


def _flips(won: Ints, draws: int) -> tuple[float, float]:
    """Return the mean of passes won (1) and lost (-1) over all draws, 0 at those not given, and its standard error.

    Where scores change and no pass does, one draw stands for what was not met: no gain is certain to be nothing.
    """
    chance, changed = int(won.sum()) / draws, max(int(np.count_nonzero(won)), int(len(won) > 0))
    return chance, math.sqrt(max(changed / draws - chance**2, 0.0) / draws)
