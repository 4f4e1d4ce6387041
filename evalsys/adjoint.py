"""Adjoint tables: what a score or a chance to pass would be, given what one leaf or one site shows.

One sweep forwards and one backwards give all of them at once. Two questions differ as soon as severity is shared:
*if I mend it* changes what is there and says nothing of the inspectors; *if I see it* also tells how strict they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.drawing import Complex, DrawTerm, losses_at
from evalsys.language import Text
from evalsys.lattice import CELLS, Compiled, LeafTerm, PartTerm, compile_region
from evalsys.law import COARSE, payoff_of, sweeps
from evalsys.model import Model
from evalsys.regions import Reason, regions_of
from evalsys.severity import intercepts, nodes, shifted

__all__ = ["Adjoint", "LeafTable", "SiteTable", "adjoint"]

Floats = NDArray[np.float64]
_NEVER = 1e-15  # a chance that convolution by FFT may leave at what cannot happen


@dataclass(frozen=True, eq=False)
class LeafTable:
    """What follows from what one independent leaf shows.

    Attributes
    ----------
    column : int
    attainments : tuple of Fraction
        What the leaf can show, falling.
    chances : float array (values,)
        Chance of each.
    if_seen : float array (values,)
        Mean payoff where the inspection finds it: this tells of the inspectors' severity too.
    if_made : float array (values,)
        Mean payoff where the leaf is brought to it, whatever the severity; the first is "if I mend it".
    explained : float
        Variance of the mean payoff over what the leaf shows, at given severity: the numerator of its first Sobol index.
    """

    column: int
    attainments: tuple[Fraction, ...]
    chances: Floats
    if_seen: Floats
    if_made: Floats
    explained: float


@dataclass(frozen=True, eq=False)
class SiteTable:
    """What follows from one site of a block that is drawn, or from mending checks there.

    S entries of sites, C checks of the block (NaN for a check whose leaf does not count).

    Attributes
    ----------
    block : int
    drawn : float
        Chance that a site is among those drawn.
    if_seen : float array (S,)
        Mean payoff where the site is drawn.
    if_not_seen : float array (S,)
        Mean payoff where it is not; NaN where it always is.
    slopes : float array (Z, S, C)
        Gain of the mean payoff, under each severity, between no chance to be found complying and certainty.
    if_mended_seen : float array (S, C)
        Mean payoff where the site is drawn and the check complies there.
    explained : float
        Variance of the mean payoff over the block's whole loss, at given severity.
    """

    block: int
    drawn: float
    if_seen: Floats
    if_not_seen: Floats
    slopes: Floats
    if_mended_seen: Floats
    explained: float


@dataclass(frozen=True, eq=False)
class Adjoint:
    """All tables of one payoff.

    Attributes
    ----------
    payoff : {'chance', 'points'}
    mean : float
        Mean payoff: the chance to pass, or the mean score in points.
    leaves : mapping of column to LeafTable
        Leaves whose rows are independent given severity, and that count on their own.
    sites : mapping of block to SiteTable
        Blocks whose sites are drawn.
    refused : mapping of column to Reason
        Leaves without a table of their own, and why.
    between : float
        Variance of the mean payoff over severity.
    """

    model: Model
    payoff: str
    mean: float
    leaves: dict[int, LeafTable]
    sites: dict[int, SiteTable]
    refused: dict[int, Reason]
    between: float
    z: Floats
    weights: Floats

    def mended(self, block: int, site: int, check: int, after: float = 1.0) -> float:
        """Return the mean payoff if a check at a site of a drawn block were mended.

        Parameters
        ----------
        after : float
            Chance that it complies afterwards, the mean over severity.
        """
        model, own = self.model, self.model.blocks[block]
        before = model.seen(block, self.z)[:, site, check]
        if own.checks[check].shifts:
            p = shifted(intercepts([after], model.severity), self.z) if model.severity else np.full(len(self.z), after)
            later = p * model.specificity + (1 - p) * (1 - model.sensitivity)
        else:
            later = np.full(len(self.z), after)
        share = 1 - own.absent[site, check]
        return self.mean + float(self.weights @ (self.sites[block].slopes[:, site, check] * share * (later - before)))


def adjoint(
    model: Model, payoff: str = "chance", *, cells: int = CELLS, coarse: int = COARSE, count: int = 49
) -> Adjoint:
    """Return the tables of "what if" for every independent leaf and every drawn site.

    Parameters
    ----------
    payoff : {'chance', 'points'}
    cells, coarse, count
        As in :func:`~evalsys.law.law`.

    Returns
    -------
    Adjoint

    Raises
    ------
    NotExact
        Where the law cannot be found by convolution.
    """
    full = model.instrument.full_marks
    extra = [event.deduct / full for event in model.events if event.deduct]
    compiled = compile_region(model, regions_of(model), cells, "split", coarse, extra)
    z, weights = nodes(model.severity, count)
    terms = list(_terms(compiled))
    single, refused = _own_leaves(model, terms, compiled.exact)
    leaves = {term.column: _LeafSum(term) for term in terms if isinstance(term, LeafTerm) and term.column in single}
    draws = {term.block: _DrawSum(term, model, len(z)) for term in terms if isinstance(term, DrawTerm)}
    parts = {place: term for term in terms if isinstance(term, PartTerm) and (place := _leaf_of(model, term)) in single}
    given, gain = np.zeros(len(z)), payoff_of(model, compiled, payoff)
    for place, term in parts.items():
        leaves[place] = _LeafSum(term)
    for own, seen in sweeps(model, compiled, z, payoff):
        given[own] = compiled.law @ gain
        for leaf in leaves.values():
            leaf.add(weights[own])
        for draw in draws.values():
            draw.add(model, seen, own, weights[own])
    mean = float(weights @ given)
    return Adjoint(
        model,
        payoff,
        mean,
        {column: found.table(column, model) for column, found in leaves.items()},
        {block: found.table() for block, found in draws.items()},
        refused,
        max(float(weights @ (given - mean) ** 2), 0.0),
        z,
        weights,
    )


def _terms(compiled: Compiled) -> Iterator[LeafTerm | PartTerm | DrawTerm]:
    for term in compiled.terms:
        yield term
        if isinstance(term, PartTerm):
            for argument in term.arguments:
                yield from _terms(argument)


def _leaf_of(model: Model, term: PartTerm) -> int:
    """Return the column of the leaf that a nonlinear part is, -1 for a node."""
    place = model.instrument.places[term.code]
    return model.instrument.leaves.index(place) if model.instrument.nodes[place].kind == "leaf" else -1


def _own_leaves(model: Model, terms: Sequence[Any], exact: bool) -> tuple[set[int], dict[int, Reason]]:
    """Return the leaves that are independent of all others given severity, and why the others are not."""
    drawn: dict[int, str] = {}
    for term in terms:
        if isinstance(term, DrawTerm):
            block = model.blocks[term.block]
            drawn.update({block.checks[row.check].leaf: block.name for row in term.rows})
    single, refused = set(), {}
    for column, rule in enumerate(model.leaves):
        code = model.instrument.nodes[model.instrument.leaves[column]].code
        if rule is not None and column in drawn:
            text = Text(
                f"与其他标准共用“{drawn[column]}”抽到的点位，按点位看",
                f"shares the drawn sites of '{drawn[column]}' with others: look at it by site",
            )
            refused[column] = Reason(text, (code,))
        elif rule is not None and model.rows[column] and not exact:
            text = Text(
                "分值已按格点取整，得分率不能一一列出",
                "points are rounded to a lattice, where attainments are not told apart",
            )
            refused[column] = Reason(text, (code,))
        elif rule is not None and model.rows[column]:
            single.add(column)
    return single, refused


class _LeafSum:
    """Sums over severity for one leaf."""

    def __init__(self, term: LeafTerm | PartTerm) -> None:
        self.term = term
        self.seen = self.paid = self.made = np.zeros(0)
        self.explained = 0.0

    def add(self, weights: Floats) -> None:
        law, payoff = self.term.law, self.term.payoff
        law = np.broadcast_to(law, payoff.shape)
        mean = (law * payoff).sum(axis=1)
        first = not len(self.seen)
        for name, part in (("seen", law), ("paid", law * payoff), ("made", payoff)):
            total = weights @ part
            setattr(self, name, total if first else getattr(self, name) + total)
        self.explained += float(weights @ (law * (payoff - mean[:, None]) ** 2).sum(axis=1))

    def table(self, column: int, model: Model) -> LeafTable:
        used = np.flatnonzero(self.seen > _NEVER)
        if not len(used) or used[0] != 0:
            used = np.concatenate([[0], used])
        losses = used * self.term.stride
        worth = _worth(self.term, model, losses)
        seen = self.seen[used]
        with np.errstate(invalid="ignore", divide="ignore"):
            if_seen = np.where(seen > 0, self.paid[used] / seen, self.made[used])
        return LeafTable(column, worth, seen, if_seen, self.made[used], self.explained)


def _worth(term: LeafTerm | PartTerm, model: Model, cells: Any) -> tuple[Fraction, ...]:
    """Return the attainment of a leaf at each of its cells."""
    if isinstance(term, PartTerm):
        values: dict[int, Fraction] = {}
        for value, share in zip(term.values, term.atoms.shares, strict=True):
            values.setdefault(int(term.atoms.cells[int(np.argmax(share))]), value)
        return tuple(values[int(cell)] for cell in cells)
    # a row's largest loss and the attainment it leaves give the scale
    losing = [(r, a) for r, a in zip(term.rows, term.atoms, strict=True) if max(r.losses) > 0]
    if not losing:
        return (Fraction(1),)
    row, atoms = losing[0]
    at = row.losses.index(max(row.losses))
    check = model.blocks[row.block].checks[row.check]
    applying = _applying(model, term.column)
    each = (1 - check.levels[at]) / applying / (row.losses[at] / _unit_of(row.losses[at], atoms, at))
    return tuple(1 - int(cell) * each for cell in cells)


def _unit_of(loss: Fraction, atoms: Any, at: int) -> Fraction:
    """Return the lattice's unit from where one loss lies on it."""
    return loss / int(atoms.cells[int(np.argmax(atoms.shares[at]))])


def _applying(model: Model, column: int) -> int:
    """Return how many rows of a leaf apply, where that number is not random."""
    count = 0
    rule = model.leaves[column]
    for block in model.blocks:
        for number, check in enumerate(block.checks):
            if check.leaf == column:
                absent = block.absent[:, number]
                dropped = int(block.times[absent == 1].sum()) if rule is not None and rule.absent != "full" else 0
                count += check.reach - (dropped if block.whole else check.reach * int(absent[0] == 1))
    return count


class _DrawSum:
    """Sums over severity for one block."""

    def __init__(self, term: DrawTerm, model: Model, count: int) -> None:
        block = model.blocks[term.block]
        self.term, self.block = term, term.block
        sites, checks = block.chance.shape
        self.share = max(block.checks[row.check].reach for row in term.rows) / block.population
        self.all = block.drawn / block.population
        self.mean = 0.0
        self.drawn = np.zeros(sites)
        self.slopes = np.full((count, sites, checks), np.nan)
        self.mended = np.full((sites, checks), np.nan)
        self.explained = 0.0

    def add(self, model: Model, seen: Sequence[Floats], own: slice, weights: Floats) -> None:
        term = self.term
        rows, gradients, waves = term.gradients(model, seen)
        _, members = term.classes(model)
        times = model.blocks[term.block].times
        law, payoff = np.broadcast_to(term.law, term.payoff.shape), term.payoff
        mean = (law * payoff).sum(axis=1)
        self.mean += float(weights @ mean)
        self.explained += float(weights @ (law * (payoff - mean[:, None]) ** 2).sum(axis=1))
        for kind, places in enumerate(members):
            # an entry of several alike sites has their common derivative: each has its part
            gradient = np.stack(gradients[kind]) / times[:, None, None]
            others = _all_but_one([rows[place] for place in places])
            whole = others[0] * rows[places[0]]
            self.drawn += (gradient * whole).real.sum(axis=-1) @ weights
            for place, rest in zip(places, others, strict=True):
                row, atoms, wave = term.rows[place], term.atoms[place], waves[place]
                full, lost = self._ends(model, row, atoms, wave)
                here = gradient * rest
                slope = (here * (full - lost)[:, None]).real.sum(axis=-1).T
                before = self.slopes[own, :, row.check]
                self.slopes[own, :, row.check] = np.where(np.isnan(before), 0, before) + slope
                kept = np.nan_to_num(self.mended[:, row.check])
                block = model.blocks[term.block]
                absent = block.absent[:, row.check]
                most = model.specificity if block.checks[row.check].shifts else 1.0
                change = (slope * (1 - absent) * (most - seen[term.block][..., row.check])).T @ weights
                self.mended[:, row.check] = kept + change

    def _ends(self, model: Model, row: Any, atoms: Any, wave: Complex) -> tuple[Complex, Complex]:
        """Return the transform of the row's loss where it complies, and where it does not, by site."""
        certain = np.zeros((2, *model.blocks[row.block].chance.shape))
        certain[0] = 1.0
        plain = type(row)(row.block, row.check, row.losses, None)
        both = (losses_at(model, plain, certain) @ atoms.shares) @ wave
        return both[0], both[1]

    def table(self) -> SiteTable:
        # a site may also be drawn for none of the checks: then it is as if it were not drawn
        rest = 1 - self.share
        away = (self.mean - self.drawn) / rest if rest > 0 else np.full(len(self.drawn), np.nan)
        drawn = (self.drawn + (self.all - self.share) * np.nan_to_num(away)) / self.all
        # mending acts through the draw only: all of its gain is on the event that the site is drawn
        mended = drawn[:, None] + self.mended / self.all
        left = (self.mean - self.all * drawn) / (1 - self.all) if self.all < 1 else np.full(len(drawn), np.nan)
        return SiteTable(self.block, self.all, drawn, left, self.slopes, mended, self.explained)


def _all_but_one(parts: Sequence[Complex]) -> list[Complex]:
    """Return, for each part, the product of all others."""
    before: list[Any] = [1.0]
    for part in parts[:-1]:
        before.append(before[-1] * part)
    after: Any = 1.0
    out: list[Any] = [None] * len(parts)
    for place in range(len(parts) - 1, -1, -1):
        out[place] = np.broadcast_to(before[place] * after, parts[place].shape)
        after = after * parts[place]
    return out
