"""Fixes: work that changes what an inspector would find, as a table lists it or as the open findings suggest it.

A fix may be done at one of several levels. Each level aims at cells of the model of the coming inspection: a check at
a site, a survey, a set of documents. Once the work is done, a cell complies with a chance of its own, unless it did
so more likely before: a repair makes nothing worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.model import Model
from evalsys.modelling import Prospect
from evalsys.views import findings

__all__ = ["AFTER", "Fixes", "Option", "fixes_of", "mended"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Chance that a target complies after the work, where a fix states none: assumed.
AFTER = 0.95


@dataclass(frozen=True, eq=False)
class Option:
    """One level of one fix.

    Attributes
    ----------
    fix, level : str
        `level` is empty where the fix has one level only.
    targets : tuple of (standard, how, name)
        As the table has them: a standard or ``*``; 'all', 'site' or 'type'; the site's id or the type's name.
    cells : int array (n,)
        Places in ``Fixes.cells``; none where the inspection looks at no target.
    after : float
        Chance that a cell complies afterwards, the mean over severity.
    after_assumed : bool
        Whether the table states none.
    cost, crew_days, calendar_days : Fraction or None
        Of the whole work; None where the table says nothing.
    unit : str or None
        Whose crews do it; of a finding, all that answer for it.
    needs, excludes : tuple of str
        Fixes that must be done before it, and that cannot be done as well.
    row : int
        Of the table, from 0; -1 for a finding.
    area : str or None
        Of a finding: it answers where no unit is on record.
    title : str
        What is done, in the table's words; empty where it has none.
    """

    fix: str
    level: str
    targets: tuple[tuple[str, str, str], ...]
    cells: Ints
    after: float
    after_assumed: bool
    cost: Fraction | None
    crew_days: Fraction | None
    calendar_days: Fraction | None
    unit: str | None
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    row: int = -1
    title: str = ""
    area: str | None = None

    @property
    def name(self) -> str:
        """Fix and level, as a table shows them."""
        return f"{self.fix} {self.level}".strip()


@dataclass(frozen=True, eq=False)
class Fixes:
    """All that could be done before an inspection.

    Attributes
    ----------
    options : tuple of Option
        In the order of the table.
    cells : int array (cells, 3)
        Block, entry of sites and check of each cell that an option aims at; each cell once, in order.
    assumed : bool
        Whether they are the open findings, each at a cost of 1, because no table lists fixes.
    """

    options: tuple[Option, ...]
    cells: Ints
    assumed: bool = False

    def after(self, chosen: Iterable[int]) -> Floats:
        """Return the chance that each cell complies at least after some options are done, (cells,); 0 where none aims.

        Where several aim at one cell, the best counts.

        Parameters
        ----------
        chosen : iterable of int
            Places of options.
        """
        found = np.zeros(len(self.cells))
        for place in chosen:
            option = self.options[place]
            found[option.cells] = np.maximum(found[option.cells], option.after)
        return found


def fixes_of(found: Prospect) -> Fixes:
    """Return the fixes of an assessment: those of its table, else its open findings at a cost of 1 each.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.modelling import prospect
    >>> fixes = fixes_of(prospect(read_assessment("data/wujiang-2016")))
    >>> len(fixes.options), fixes.assumed
    (24, True)
    """
    table = found.score.assessment.fixes
    index = _Index(found)
    if len(table):
        options = [_option(row, place, index) for place, row in enumerate(table.to_dict("records"))]
    else:
        options = [_finding(row, index) for row in findings(found.score).to_dict("records")]
    used = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(option.cells for option in options)]))
    options = [replace(option, cells=np.searchsorted(used, option.cells)) for option in options]
    return Fixes(tuple(options), index.cells[used], not len(table))


def mended(model: Model, cells: Ints, after: Floats) -> Model:
    """Return the model with some cells mended.

    Parameters
    ----------
    model : Model
    cells : int array (cells, 3)
        Block, entry of sites, check.
    after : float array (cells,)
        Chance that each complies afterwards, the mean over severity. A cell that is likelier to comply stays as it is.

    Notes
    -----
    A mended cell rests on no rate any more: ``rate`` -1, ``keep`` 1. What it loses where it does not comply stays.
    """
    blocks = list(model.blocks)
    for place in np.unique(cells[:, 0]).tolist():
        own = cells[:, 0] == place
        entry, check = cells[own, 1], cells[own, 2]
        chance, rate, keep = (getattr(blocks[place], name).copy() for name in ("chance", "rate", "keep"))
        better = after[own] > chance[entry, check]
        entry, check = entry[better], check[better]
        chance[entry, check] = after[own][better]
        rate[entry, check], keep[entry, check] = -1, 1.0
        blocks[place] = replace(blocks[place], chance=chance, rate=rate, keep=keep)
    return replace(model, blocks=tuple(blocks))


class _Index:
    """Finds the cells of a model that a target means."""

    def __init__(self, found: Prospect) -> None:
        model, instrument = found.model, found.model.instrument
        self.sites: list[str] = found.score.assessment.sites["site_id"].tolist()
        codes = [instrument.nodes[instrument.nodes[place].parent].code for place in instrument.leaves]
        parts: list[Ints] = [np.zeros((0, 3), dtype=np.int64)]
        self.by: dict[tuple[str, str, str], list[int]] = {}
        count = 0
        for place, block in enumerate(model.blocks):
            entries, checks = block.chance.shape
            parts.append(np.stack([np.full(entries * checks, place), *divmod(np.arange(entries * checks), checks)], 1))
            for entry, site in enumerate(block.sites.tolist()):
                for number, check in enumerate(block.checks):
                    if model.leaves[check.leaf] is None:
                        continue
                    cell, standard = count + entry * checks + number, codes[check.leaf]
                    self._add(cell, (standard, "all", ""))
                    for name in (standard, "*"):
                        if site >= 0:
                            self._add(cell, (name, "site", self.sites[site]))
                        if block.site_type is not None:
                            self._add(cell, (name, "type", block.site_type))
            count += entries * checks
        self.cells = np.concatenate(parts)

    def _add(self, cell: int, target: tuple[str, str, str]) -> None:
        self.by.setdefault(target, []).append(cell)

    def of(self, targets: Sequence[tuple[str, str, str]]) -> Ints:
        """Return the cells that any of the targets means, each once."""
        return np.unique(np.array([cell for target in targets for cell in self.by.get(target, ())], dtype=np.int64))


def _option(row: dict[Any, Any], place: int, index: _Index) -> Option:
    stated = row["after"]
    return Option(
        fix=row["fix_id"],
        level=row["level"] or "",
        targets=row["targets"],
        cells=index.of(row["targets"]),
        after=AFTER if stated is None else float(stated),
        after_assumed=stated is None,
        cost=row["cost"],
        crew_days=row["crew_days"],
        calendar_days=row["calendar_days"],
        unit=row["unit"],
        needs=row["needs"],
        excludes=row["excludes"],
        row=place,
        title=row["name"],
    )


def _finding(row: dict[Any, Any], index: _Index) -> Option:
    """Return the repair of one finding, at a cost of 1."""
    where = ("site", index.sites[row["site"]]) if row["site"] >= 0 else ("all", "")
    targets = ((row["standard"], *where),)
    unit = "、".join(row["units"]) or None
    name = row["observation_id"] or row["standard"]  # answers and documents have no row of their own
    cells = index.of(targets)
    return Option(name, "", targets, cells, AFTER, True, Fraction(1), None, None, unit, area=row["area"] or None)
