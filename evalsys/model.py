"""The model of a coming inspection: what may be drawn, what each check may show, what answers and papers may say.

Everything random stands in blocks. A block is a set of sites of which some are drawn without replacement; every
check of the block is made at the drawn sites. A check without a site, a survey, a set of documents are blocks of one
"site" that is always drawn. Simulation (:mod:`evalsys.inspection`) and the exact law (:mod:`evalsys.law`) read the
same blocks; neither knows where the chances come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import Instrument
from evalsys.severity import intercepts, shifted

__all__ = ["PARTS", "Block", "Check", "Event", "LeafRule", "Model"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The parts of the uncertainty, in the order in which the variance is split.
PARTS = ("rates", "severity", "draw", "state", "survey", "documents", "events")


@dataclass(frozen=True)
class Check:
    """One leaf, checked at the sites of a block.

    Attributes
    ----------
    leaf : int
        Its column: place in ``instrument.leaves``.
    levels : tuple of Fraction
        Attainments that a row can show; the first is 1, compliance. For a leaf 'deduct', 1 minus the points taken
        over the full points (which may be below 0).
    reach : int
        At how many of the drawn sites it is made: the first ones drawn; 1 to ``drawn``.
    shifts : bool
        Whether severity and inspector error act on it.
    taken : tuple of tuple of Fraction
        For a leaf 'deduct': points taken at each level, by kind of finding.
    """

    leaf: int
    levels: tuple[Fraction, ...]
    reach: int
    shifts: bool = True
    taken: tuple[tuple[Fraction, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """Sites of which some are drawn without replacement, and what is checked at the drawn ones.

    S entries of sites, C checks, K the largest number of lower levels of a check.

    Attributes
    ----------
    name : str
    part : {'state', 'survey', 'documents'}
        Where the chances come from.
    sites : int array (S,)
        Rows of the table of sites; -1 for unlisted sites and for checks without a site.
    times : int array (S,)
        How many sites an entry stands for: unlisted sites of one type are alike and share an entry.
    drawn : int
        How many of the ``times.sum()`` sites the inspection sees.
    checks : tuple of Check
    chance : float array (S, C)
        Chance that a row complies, the mean over severity.
    sizes : float array (S, C, K)
        Chance of each lower level where a row does not comply; adds up to 1 over the check's lower levels.
    absent : float array (S, C)
        Chance that the check does not apply at the site.
    rate : int array (S, C)
        Place of the rate that a chance rests on in ``Model.rates``; -1 for none.
    keep : float array (S, C)
        Weight of what was last seen there: ``chance = keep * seen + (1 - keep) * rate``.
    """

    name: str
    part: str
    sites: Ints
    times: Ints
    drawn: int
    checks: tuple[Check, ...]
    chance: Floats
    sizes: Floats
    absent: Floats
    rate: Ints
    keep: Floats
    site_type: str | None = None
    area: str | None = None

    @property
    def population(self) -> int:
        """How many sites there are."""
        return int(self.times.sum())

    @property
    def whole(self) -> bool:
        """Whether every check is made at every site, so that nothing is left to the draw."""
        return self.drawn == self.population and all(check.reach == self.drawn for check in self.checks)


@dataclass(frozen=True)
class LeafRule:
    """How a leaf's attainment follows from its rows.

    Attributes
    ----------
    kind : {'mean', 'count', 'deduct'}
        The mean of the rows; 1 where enough of them comply, else 0; or points minus deductions.
    required : int
        For 'count': how many rows must comply; 0 for all that apply.
    caps : tuple of (Fraction or None)
        For 'deduct': the most that each kind may take.
    full : Fraction
        For 'deduct': points that the deductions are taken from.
    absent : {'drop', 'full', 'peers', None}
        What a check that does not apply means, as in :class:`~evalsys.instrument.Standard`.
    """

    kind: str = "mean"
    required: int = 0
    caps: tuple[Fraction | None, ...] = ()
    full: Fraction = Fraction(1)
    absent: str | None = None


@dataclass(frozen=True)
class Event:
    """Something that may happen before the inspection, with its chance.

    It takes `deduct` points from the total (not below 0), and where it vetoes there is no pass whatever the score.
    """

    code: str
    chance: float
    deduct: Fraction = Fraction(0)
    veto: bool = False


@dataclass(frozen=True, eq=False)
class Model:
    """A coming inspection.

    Attributes
    ----------
    instrument : Instrument
    leaves : tuple of (LeafRule or None)
        By column; None for leaves without evidence and for those that do not apply.
    missing, dropped : bool array (leaves,)
        As in :func:`evalsys.spine.evaluate`.
    blocks : tuple of Block
    severity : float
        Standard deviation of the shared shift of log-odds, 0 for none.
    sensitivity, specificity : float
        Chance that an inspector sees a shortfall that is there, and that compliance is taken for compliance.
    events : tuple of Event
    rates : float array (rates, 2)
        The two parameters of each rate's beta distribution.
    mark : Fraction or None
        Pass mark in points.
    """

    instrument: Instrument
    leaves: tuple[LeafRule | None, ...]
    missing: NDArray[np.bool_]
    dropped: NDArray[np.bool_]
    blocks: tuple[Block, ...]
    severity: float = 0.0
    sensitivity: float = 1.0
    specificity: float = 1.0
    events: tuple[Event, ...] = ()
    rates: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    mark: Fraction | None = None

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """How many rows each leaf has in an inspection, those that do not apply included."""
        count = [0] * len(self.leaves)
        for block in self.blocks:
            for check in block.checks:
                count[check.leaf] += check.reach
        return tuple(count)

    @cached_property
    def odds(self) -> tuple[Floats, ...]:
        """Log-odds of complying at severity 0, by block: arrays (S, C)."""
        return tuple(intercepts(block.chance, self.severity) for block in self.blocks)

    def seen(self, place: int, z: float | Floats) -> Floats:
        """Return the chance that a row of a block is found to comply, under severity `z`.

        Parameters
        ----------
        place : int
            Of the block.
        z : float or array (...)

        Returns
        -------
        ndarray (..., S, C)
            ``p * specificity + (1 - p) * (1 - sensitivity)`` with p the shifted chance; where neither acts on a
            check, its chance as it is.
        """
        block, z = self.blocks[place], np.asarray(z, dtype=float)
        shifts = np.array([check.shifts for check in block.checks], dtype=bool)
        plain = np.broadcast_to(block.chance, (*z.shape, *block.chance.shape))
        if not shifts.any() or (self.severity == 0 and self.sensitivity == self.specificity == 1):
            return plain
        p = shifted(self.odds[place], z[..., None, None]) if self.severity else plain
        return np.where(shifts, p * self.specificity + (1 - p) * (1 - self.sensitivity), plain)

    def with_rates(self, values: Sequence[float] | Floats) -> Model:
        """Return the model with other rates than their means: chances move with the part that rests on a rate."""
        values = np.asarray(values, dtype=float)
        means = self.rates[:, 0] / self.rates.sum(axis=1)
        change = np.append(values - means, 0.0)  # rate -1: none
        blocks = tuple(
            replace(block, chance=np.clip(block.chance + (1 - block.keep) * change[block.rate], 0, 1))
            for block in self.blocks
        )
        return replace(self, blocks=blocks)
