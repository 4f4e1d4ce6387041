"""Whole inspections of a :class:`~evalsys.model.Model`, simulated site by site, and one of them written out."""

from __future__ import annotations

import math
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys.inspection_draw import Seen, draw_chunk, prepared
from evalsys.inspection_plan import Plan
from evalsys.inspection_totals import Drawn, filled, joined, known_leaves
from evalsys.model import Block, Model
from evalsys.rules import Exact
from evalsys.spine import Evaluation, evaluate, single
from evalsys.streams import CHUNK, STREAMS, Streams

__all__ = ["Inspection", "Simulation", "one", "simulate"]

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ZERO = Fraction(0)


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated inspections.

    Attributes
    ----------
    points : int array (draws,)
        Numerators of the score on assessed points, in points after the deductions of events: int64, or Python ints
        where they do not fit.
    den : int
        Their denominator.
    passed : bool array (draws,) or None
        Whether the pass mark is reached (equality passes) and no event vetoes; None without a mark.
    z : float array (draws,)
        Severity, on the scale of log-odds.
    seed : int
    leaves : Exact (draws, leaves) or None
        Attainment of each leaf, where it was asked for; -1 as numerator where a leaf is dropped or missing.
    """

    points: Ints
    den: int
    passed: Flags | None
    z: Floats
    seed: int
    leaves: Exact | None = None

    @cached_property
    def score(self) -> Floats:
        """The scores in points, as floats."""
        return np.asarray(self.points / self.den, dtype=float)

    @property
    def mean(self) -> float:
        """Mean score in points."""
        return float(self.score.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the score in points; 0 for one draw."""
        return float(self.score.std(ddof=1)) if len(self.score) > 1 else 0.0

    @property
    def mean_error(self) -> float:
        """Standard error of `mean`: ``sd / sqrt(draws)``."""
        return self.sd / math.sqrt(len(self.points))

    @property
    def chance(self) -> float | None:
        """Share of the draws that pass, None without a mark."""
        return None if self.passed is None else float(self.passed.mean())

    @property
    def chance_error(self) -> float | None:
        """Standard error of `chance`: ``sqrt(p (1 - p) / draws)``."""
        p = self.chance
        return None if p is None else math.sqrt(p * (1 - p) / len(self.points))


@dataclass(frozen=True, eq=False)
class Inspection:
    """One simulated inspection, written out like a real one.

    Attributes
    ----------
    seed, draw : int
        It is draw number `draw` of ``simulate(model, draws, seed)``.
    rows : DataFrame
        What was checked: ``site_id, site, site_type`` (None for a check without a site), ``standard, method,
        attainment`` (Fraction; None where the check does not apply) and ``level`` (0 complies, -1 does not apply),
        in the order of the instrument and of the draw.
    z : float
    evaluation : Evaluation
        Of all nodes, by the spine.
    total : Fraction
        Points, after the deductions of events.
    passed : bool or None
    events : tuple of str
        Codes of those that happened.
    """

    seed: int
    draw: int
    rows: pd.DataFrame
    z: float
    evaluation: Evaluation
    total: Fraction
    passed: bool | None
    events: tuple[str, ...]


# --------------------------------------------------------------------------------------------------- the doors


def simulate(
    model: Model,
    draws: int,
    seed: int,
    workers: int = 1,
    keep_leaves: bool = False,
    fresh: Collection[str] = (),
    fresh_seed: int | None = None,
) -> Simulation:
    """Simulate whole inspections.

    Parameters
    ----------
    model : Model
    draws : int
        How many, 1 or more. The first draws are the same whatever their number.
    seed : int
    workers : int
        Threads; the result does not depend on it.
    keep_leaves : bool
        Whether to keep each leaf's attainment (8 bytes per draw and leaf).
    fresh : collection of {'severity', 'draw', 'state', 'survey', 'documents', 'events'}
        Parts to draw anew from `fresh_seed`, all others as `seed` gives them. Between the two results S and S',
        ``Cov(S, S') = Var(E[S | parts not in fresh])`` (pick-freeze: Sobol 1993).
    fresh_seed : int, optional
        Other than `seed`; needed with `fresh`.

    Returns
    -------
    Simulation

    Notes
    -----
    Per block, `drawn` of its sites are picked without replacement, in random order. A row complies with
    ``model.seen(block, z)``; if not, it shows a lower level by `sizes`. States belong to sites, not to the order in
    which they are drawn: drawing other sites leaves every site as it is. Chances are met to 2**-53 or better.

    Raises
    ------
    ValueError
        For an impossible argument, a leaf without rows that is neither missing nor dropped, or a draw in which
        nothing is assessed: it has no score.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> from evalsys.model import Check, LeafRule
    >>> instrument = load_instrument("wujiang-field-2016")
    >>> count = len(instrument.leaves)
    >>> block = Block(
    ...     "a", "state", np.array([0, 1]), np.ones(2, int), 1, (Check(0, (Fraction(1), Fraction(0)), 1),),
    ...     chance=np.array([[1.0], [0.0]]), sizes=np.ones((2, 1, 1)), absent=np.zeros((2, 1)),
    ...     rate=np.full((2, 1), -1), keep=np.ones((2, 1)),
    ... )
    >>> missing = np.arange(count) > 0
    >>> model = Model(instrument, (LeafRule(), *[None] * (count - 1)), missing, np.zeros(count, bool), (block,))
    >>> found = simulate(model, 100, seed=1)
    >>> sorted(set((found.points / found.den).tolist()))  # the good site is drawn, or the bad one
    [0.0, 39.0]
    """
    _check(draws, workers, fresh, seed, fresh_seed)
    plan, lean = prepared(model)
    edges = range(0, draws, CHUNK)

    def run(start: int) -> Drawn:
        streams = Streams(seed, start // CHUNK, frozenset(fresh), fresh_seed)
        return draw_chunk(plan, None if keep_leaves else lean, streams, 0, min(CHUNK, draws - start))

    if workers == 1:
        parts = [run(start) for start in edges]
    else:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(run, edges))
    points, den = joined([part.points for part in parts])
    return Simulation(
        points=points,
        den=den,
        passed=None if model.mark is None else np.concatenate([part.passed for part in parts]),
        z=np.concatenate([part.z for part in parts]),
        seed=seed,
        leaves=Exact(*joined([known_leaves(model, *part.raw) for part in parts if part.raw])) if keep_leaves else None,
    )


def one(model: Model, assessment_sites: pd.DataFrame, seed: int, draw: int = 0) -> Inspection:
    """Write out one of the inspections that :func:`simulate` draws.

    Parameters
    ----------
    model : Model
    assessment_sites : DataFrame
        The table that ``Block.sites`` points into: ``site_id, name, site_type``.
    seed : int
    draw : int
        Which one, from 0.

    Returns
    -------
    Inspection
        Its total is exactly ``points[draw] / den`` of the simulation.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> from evalsys.model import Check, LeafRule
    >>> instrument = load_instrument("wujiang-field-2016")
    >>> count = len(instrument.leaves)
    >>> ones = np.ones((1, 1))
    >>> block = Block(
    ...     "a", "state", np.array([-1]), np.array([3]), 2, (Check(0, (Fraction(1), Fraction(0)), 2),),
    ...     chance=ones, sizes=ones[None], absent=0 * ones, rate=np.array([[-1]]), keep=ones, site_type="market",
    ... )
    >>> missing = np.arange(count) > 0
    >>> model = Model(instrument, (LeafRule(), *[None] * (count - 1)), missing, np.zeros(count, bool), (block,))
    >>> one(model, pd.DataFrame(), seed=1).rows["site"].tolist()
    ['未列名点位 1', '未列名点位 2']
    """
    _check(draw + 1, 1, (), seed, None)
    plan, place = Plan(model), draw % CHUNK
    seen: Seen = []
    streams = Streams(seed, draw // CHUNK, frozenset(), None)
    drawn = draw_chunk(plan, None, streams, place, place + 1, seen)
    assert drawn.raw is not None
    leaves, none = drawn.raw
    whole, missing, dropped = filled(model, Exact(leaves.num[0], leaves.den), none[0])
    evaluation = evaluate(model.instrument, whole, missing, dropped)
    attained = single(evaluation.attainment[0])
    if attained is None:
        raise ValueError("nothing is assessed: no score")
    held = [event for event, happens in zip(model.events, drawn.happened[:, 0], strict=True) if happens]
    lost = sum((event.deduct for event in held), _ZERO)
    total = max(_ZERO, attained * model.instrument.full_marks - lost)
    passed = None if model.mark is None else total >= model.mark and not any(event.veto for event in held)
    codes = tuple(event.code for event in held)
    rows = _table(model, assessment_sites, seen)
    return Inspection(seed, draw, rows, float(drawn.z[0]), evaluation, total, passed, codes)


def _check(draws: int, workers: int, fresh: Collection[str], seed: int, fresh_seed: int | None) -> None:
    if draws < 1 or workers < 1:
        raise ValueError("draws and workers must be 1 or more")
    if unknown := sorted(set(fresh) - set(STREAMS)):
        raise ValueError(f"no such part: {unknown}; parts are {STREAMS}")
    if fresh and fresh_seed in (None, seed):
        raise ValueError("fresh parts need a seed of their own")


# ------------------------------------------------------------------------------------------------ written out

_COLUMNS = ("site_id", "site", "site_type", "standard", "method", "attainment", "level")


def _table(model: Model, sites: pd.DataFrame, seen: Seen) -> pd.DataFrame:
    """Return the rows of an inspection as they would be written down, in the order of the instrument."""
    instrument = model.instrument
    listed = {name: sites[name].tolist() if name in sites else [] for name in ("site_id", "name", "site_type")}
    rows: list[tuple[Any, ...]] = []
    for place, at, number, level in sorted(seen, key=lambda row: model.blocks[row[0]].checks[row[1]].leaf):
        block, check = model.blocks[place], model.blocks[place].checks[at]
        leaf = instrument.nodes[instrument.leaves[check.leaf]]
        shown = None if level < 0 else check.levels[level]
        where = _where(block, number, listed)
        rows.append((*where, instrument.nodes[leaf.parent].code, leaf.method, shown, level))
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    return pd.DataFrame(
        {
            name: np.array(column, dtype=np.int64) if name == "level" else pd.Series(list(column), dtype=object)
            for name, column in zip(_COLUMNS, columns, strict=True)
        }
    )


def _where(block: Block, number: int, listed: dict[str, list[Any]]) -> tuple[Any, Any, Any]:
    """Return id, name and type of a site of a block; unlisted sites are numbered through the block."""
    entry = np.repeat(np.arange(len(block.times)), block.times)
    site = int(block.sites[entry[number]])
    if site >= 0:
        return listed["site_id"][site], listed["name"][site], listed["site_type"][site]
    if block.site_type is None:
        return None, None, None
    count = int((block.sites[entry[: number + 1]] < 0).sum())
    return None, f"{block.area or ''}未列名点位 {count}", block.site_type
