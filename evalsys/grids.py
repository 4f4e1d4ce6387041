"""The grid: which unit and which post answers for each site, and what each cell lacks of its four levels.

A post is named, never a person. What nobody has put down is listed and not filled in; the bodies that the standards of
a site name are a proposal only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.stated import Check, share_check, stated_limit

if TYPE_CHECKING:
    from evalsys.assessment import Assessment

__all__ = [
    "LEVELS",
    "SUPERVISOR",
    "Cell",
    "Coverage",
    "Grid",
    "GridSite",
    "coverage",
    "grid_cells",
    "grid_sites",
    "leads_by_type",
    "site_grid",
]

#: The four levels of a cell (S000-8), by their columns.
LEVELS: Mapping[str, Text] = {
    "enforcement": Text("执法岗位", "enforcement post"),
    "cleaning": Text("保洁岗位", "cleaning post"),
    "frontage": Text("驻地单位", "resident body with the frontage duty"),
    "committee": Text("村（居）委会", "village or residents' committee"),
}
#: Who watches the cell, beside the four levels.
SUPERVISOR = Text("监督岗位", "supervising post")
_SITES_ROW, _LEVELS_ROW, _SUPERVISOR_ROW = "S003.2.3", "S000-8.D.25", "S000-8.D.26"


@dataclass(frozen=True)
class GridSite:
    """A site and who answers for it.

    Attributes
    ----------
    units : tuple of str
        Its own responsible units.
    post : str
        The lead post; empty where none is put down.
    cell : str
    proposed : tuple of str
        Where it has no unit: the bodies that lead the standards checked at its type, most standards first.
    """

    site_id: str
    name: str
    site_type: str
    area: str | None
    units: tuple[str, ...]
    post: str
    cell: str
    proposed: tuple[str, ...] = ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """What is not put down: of 'unit' and 'post'."""
        return (*(() if self.units else ("unit",)), *(() if self.post else ("post",)))


@dataclass(frozen=True)
class Coverage:
    """How many sites of an area have what; the area is None for sites without one."""

    area: str | None
    sites: int
    with_unit: int
    with_post: int
    covered: int
    with_cell: int


@dataclass(frozen=True)
class Cell:
    """A cell of the grid: what stands at each of its levels, and its sites."""

    cell: str
    name: str
    area: str | None
    posts: Mapping[str, str]
    supervisor: str
    sites: int

    @property
    def lacks(self) -> tuple[str, ...]:
        """Keys of :data:`LEVELS` that are empty, then 'supervisor'."""
        levels = tuple(level for level in LEVELS if not self.posts[level])
        return levels if self.supervisor else (*levels, "supervisor")


@dataclass(frozen=True)
class Grid:
    """The grid of an assessment.

    Attributes
    ----------
    sites : tuple of GridSite
    areas : tuple of Coverage
        In the order of the register, areas without a site too; last the sites without an area.
    total : Coverage
        Its area is None.
    cells : tuple of Cell
    checks : tuple of Check
        Sites with unit and post; cells with all four levels; cells with a supervisor.
    """

    sites: tuple[GridSite, ...]
    areas: tuple[Coverage, ...]
    total: Coverage
    cells: tuple[Cell, ...]
    checks: tuple[Check, ...]

    @property
    def uncovered(self) -> tuple[GridSite, ...]:
        """Sites without a unit or without a post."""
        return tuple(site for site in self.sites if site.lacks)

    @property
    def without_cell(self) -> tuple[GridSite, ...]:
        """Sites that belong to no cell."""
        return tuple(site for site in self.sites if not site.cell)

    @property
    def empty_cells(self) -> tuple[Cell, ...]:
        """Cells to which no site belongs."""
        return tuple(cell for cell in self.cells if not cell.sites)


def grid_sites(
    rows: Iterable[Mapping[str, Any]], proposed: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[GridSite, ...]:
    """Return who answers for each site.

    Parameters
    ----------
    rows : iterable of mapping
        ``site_id, name, site_type, area, units, post, cell``.
    proposed : mapping of site type to bodies, optional

    Examples
    --------
    >>> row = {"site_id": "s1", "name": "甲", "site_type": "park", "area": None, "units": (), "post": "", "cell": ""}
    >>> site = grid_sites([row], {"park": ("园林局",)})[0]
    >>> site.lacks, site.proposed
    (('unit', 'post'), ('园林局',))
    """
    return tuple(
        GridSite(
            row["site_id"],
            row["name"] or row["site_id"],
            row["site_type"],
            row["area"],
            tuple(row["units"] or ()),
            row.get("post") or "",
            row.get("cell") or "",
            () if row["units"] else (proposed or {}).get(row["site_type"], ()),
        )
        for row in rows
    )


def coverage(sites: Sequence[GridSite], areas: Sequence[str] = ()) -> tuple[tuple[Coverage, ...], Coverage]:
    """Return the coverage of each area and of all; areas of the register first, in its order.

    Examples
    --------
    >>> one = GridSite("s1", "甲", "park", "东区", ("园林局",), "管护岗", "")
    >>> by_area, total = coverage([one], ["东区", "西区"])
    >>> [(row.area, row.covered, row.sites) for row in by_area], total.covered
    ([('东区', 1, 1), ('西区', 0, 0)], 1)
    """
    held: dict[str | None, list[GridSite]] = {area: [] for area in areas}
    for site in sites:
        held.setdefault(site.area, []).append(site)
    nowhere = held.pop(None, [])
    rows = [_covered(area, own) for area, own in held.items()]
    return (*rows, *([_covered(None, nowhere)] if nowhere else [])), _covered(None, sites)


def _covered(area: str | None, sites: Sequence[GridSite]) -> Coverage:
    return Coverage(
        area,
        len(sites),
        sum(bool(site.units) for site in sites),
        sum(bool(site.post) for site in sites),
        sum(not site.lacks for site in sites),
        sum(bool(site.cell) for site in sites),
    )


def grid_cells(rows: Iterable[Mapping[str, Any]], sites: Sequence[GridSite] = ()) -> tuple[Cell, ...]:
    """Return the cells of the grid, in the order of their table.

    Examples
    --------
    >>> posts = {"enforcement": "执法中队岗", "cleaning": "", "frontage": "某学校", "committee": "东社区居委会"}
    >>> row = {"cell": "g1", "name": "一号", "area": None, **posts, "supervisor": ""}
    >>> grid_cells([row])[0].lacks
    ('cleaning', 'supervisor')
    """
    times = Counter(site.cell for site in sites)
    return tuple(
        Cell(
            row["cell"],
            row["name"],
            row["area"],
            {level: row[level] for level in LEVELS},
            row["supervisor"],
            times[row["cell"]],
        )
        for row in rows
    )


def leads_by_type(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return for each type of site the bodies that lead the standards checked there, most standards first.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> leads_by_type(load_instrument("lincheng-county-2019"))["back-lane"]
    ('县住建局',)
    """
    found: dict[str, Counter[str]] = {}
    for node in instrument.standards.values():
        own = node.standard
        for at in dict.fromkeys(at.site_type for at in own.checked_at) if own else ():
            found.setdefault(at, Counter()).update(instrument.units[unit].zh for unit in own.lead)  # type: ignore[union-attr]
    return {at: tuple(name for name, _ in sorted(own.items(), key=lambda each: -each[1])) for at, own in found.items()}


def site_grid(assessment: Assessment) -> Grid:
    """Return the grid of an assessment: its sites, coverage, cells, and the checks that instruments state."""
    from evalsys.cells import plain_rows

    sites = grid_sites(plain_rows(assessment.sites), leads_by_type(assessment.instrument))
    cells = grid_cells(plain_rows(assessment.ledgers["grid"]), sites)
    areas, total = coverage(sites, assessment.areas)
    instruments = (assessment.instrument, assessment.rules.instrument)
    checks = [
        share_check("sites", "", "", None, total.covered, total.sites, stated_limit(_SITES_ROW, instruments), _SITE)
    ]
    full = sum(all(cell.posts.values()) for cell in cells)
    watched = sum(bool(cell.supervisor) for cell in cells)
    for matter, count, row in (("levels", full, _LEVELS_ROW), ("supervisor", watched, _SUPERVISOR_ROW)):
        if cells:
            checks.append(share_check(matter, "", "", None, count, len(cells), stated_limit(row, instruments), _CELL))
    return Grid(sites, areas, total, cells, tuple(checks))


_SITE, _CELL = Text("处", "sites"), Text("个", "cells")
