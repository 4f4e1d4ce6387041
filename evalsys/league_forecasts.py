"""A league of assessments: the list that names them, and the laws of their final rates in the coming inspection.

One team is taken to visit all units, as strict or as lenient everywhere: laws are given by its severity, in standard
deviations, and are independent between units under each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalsys.faults import Fault, InputFaults
from evalsys.privacy import folded
from evalsys.tables import Column, Table, one_table, read_one

if TYPE_CHECKING:
    from evalsys.model import Model
    from evalsys.modelling import Prospect
    from evalsys.rank_chances import RankRange, ScoreLaw
    from evalsys.scoring import Score

__all__ = ["DRAWS", "Coming", "Listed", "Member", "coming", "given_severity", "is_list", "read_list", "shared_laws"]

#: Simulated inspections of a unit whose law is not exact.
DRAWS = 20_000
_NODES = 25  # of severity
_LEAST = 1e-6  # weight of a node that counts
_NOTHING = 1e-14  # chance of a score that is left out
_COLUMNS = (
    Column("name", ("单位", "名称", "unit"), True),
    Column("group", ("组别", "分组")),
    Column("assessment", ("测评", "测评资料"), True),
)
_FOR_THE_EYE = ("序号", "备注", "number", "note")


@dataclass(frozen=True)
class Member:
    """One unit of the list.

    Attributes
    ----------
    name : str
    group : str
        Empty where there are no groups.
    score : Score
    prospect : Prospect, optional
        None where nothing is assessed, or no forecast is wanted.
    """

    name: str
    group: str
    score: Score
    prospect: Prospect | None


@dataclass(frozen=True)
class Listed:
    """A list as it was read: its file, its units, and the SHA-256 of the list and of all evidence."""

    file: str
    members: tuple[Member, ...]
    hash: str


@dataclass(frozen=True)
class Coming:
    """The final rate of a unit in the coming inspection, in %.

    Attributes
    ----------
    mean, low, high : float
        Expected, and between which 8 in 10 inspections lie.
    chances : RankRange
    simulated : bool
        Whether its law is.
    """

    mean: float
    low: float
    high: float
    chances: RankRange
    simulated: bool


def is_list(table: Path) -> bool:
    """Return whether a table lists assessments: one of its headings says so."""
    if not table.is_file():
        return False
    grid = read_one(table, [])
    names = {folded(heading) for heading in (_COLUMNS[2].name, *_COLUMNS[2].headings)}
    return grid is not None and bool(grid.rows) and any(folded(heading) in names for heading in grid.rows[0])


def read_list(path: Path, *, forecasts: bool = True) -> Listed:
    """Read a list of assessments, and every assessment of it.

    Parameters
    ----------
    path : Path
        CSV or Excel file with the columns ``name``, ``assessment`` (folder or workbook, relative to the list) and, if
        wanted, ``group``.
    forecasts : bool
        Whether to model the coming inspections too.

    Raises
    ------
    InputFaults
        All faults of the list and of all assessments at once; those of an assessment begin with the row of the list.
    """
    faults: list[Fault] = []
    table = one_table(path, "league", _COLUMNS, _FOR_THE_EYE, faults)
    if table is None:
        raise InputFaults(faults)
    members = []
    digest = hashlib.sha256()
    for place, row in enumerate(_rows(table, faults)):
        if not row["assessment"]:
            continue
        try:
            member = _member(table, place, row, path.parent, forecasts)
        except InputFaults as error:
            faults += error.faults
            continue
        members.append(member)
        digest.update("\t".join((member.name, member.group, member.score.assessment.evidence_hash, "")).encode())
    if faults:
        raise InputFaults(faults)
    return Listed(path.name, tuple(members), digest.hexdigest())


def _rows(table: Table, faults: list[Fault]) -> list[dict[str, str]]:
    """Return the rows by column; a cell that is empty, or names a unit or an assessment again, is a fault."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    grouped = any(row.get("group") for row in rows)
    needed = [name for name in table.columns if name != "group" or grouped]
    seen: set[tuple[str, ...]] = set()
    for place, row in enumerate(rows):
        faults += [table.fault("empty_value", place, name) for name in needed if not row[name]]
        for column, key in (("name", (row.get("group", ""), row["name"])), ("assessment", (row["assessment"],))):
            if row[column] and (column, *key) in seen:
                faults.append(table.fault("duplicate_id", place, column, row[column]))
            seen.add((column, *key))
    return rows


def _member(table: Table, place: int, row: dict[str, str], base: Path, forecasts: bool) -> Member:
    from evalsys.evidence import read_assessment
    from evalsys.modelling import prospect
    from evalsys.scoring import score

    folder = base / row["assessment"]
    if not folder.exists():
        raise InputFaults([table.fault("missing_folder", place, "assessment", row["assessment"])])
    try:
        assessment = read_assessment(folder)
        found = score(assessment)
        ahead = prospect(assessment) if forecasts and found.value is not None else None
    except InputFaults as error:
        where = f"{table.file}:{table.numbers[place]} {row['assessment']}"
        raise InputFaults([replace(fault, file=f"{where}/{fault.file}") for fault in error.faults]) from None
    return Member(row["name"], row.get("group", ""), found, ahead)


# ---------------------------------------------------------------------------------------------------------- laws


def given_severity(model: Model, z: float) -> Model:
    """Return the model under a severity that is known; what inspectors miss is in its chances.

    Parameters
    ----------
    model : Model
    z : float
        On the scale of log-odds; below 0 strict, above 0 lenient.
    """
    blocks = tuple(replace(block, chance=model.seen(place, z)) for place, block in enumerate(model.blocks))
    return replace(model, severity=0.0, sensitivity=1.0, specificity=1.0, blocks=blocks)


def coming(prospects: Sequence[Prospect]) -> tuple[tuple[Coming, ...], tuple[int, ...]]:
    """Return where units may stand in the coming inspection, and which neighbours do not differ.

    Parameters
    ----------
    prospects : sequence of Prospect
        Of the units of one group, best first.

    Returns
    -------
    tuple of Coming
    tuple of int
        Each a unit that is followed by one that it does not stay ahead of with a chance of
        :data:`evalsys.rank_chances.FIRM`.
    """
    import numpy as np

    from evalsys.rank_chances import FIRM, INSIDE, discrete, order_chance, rank_ranges

    laws, simulated = shared_laws(prospects)
    tail = (1 - INSIDE) / 2
    ahead = []
    for at, chances in enumerate(rank_ranges(laws)):
        mass = np.concatenate([weight * own[at].mass for weight, own in laws])
        whole = discrete(np.concatenate([own[at].values for _, own in laws]), mass)
        ahead.append(Coming(whole.mean, whole.quantile(tail), whole.quantile(1 - tail), chances, simulated[at]))
    kept = [sum(weight * order_chance(own[at], own[at + 1])[0] for weight, own in laws) for at in range(len(ahead) - 1)]
    return tuple(ahead), tuple(at for at, chance in enumerate(kept) if chance < FIRM)


def shared_laws(prospects: Sequence[Prospect]) -> tuple[list[tuple[float, list[ScoreLaw]]], tuple[bool, ...]]:
    """Return the laws of the final rates in % under each severity of one team, with its weight.

    Parameters
    ----------
    prospects : sequence of Prospect
        One for each unit. A team that is one standard deviation strict at one unit is so at all.

    Returns
    -------
    list of (weight, laws)
        As :func:`evalsys.rank_chances.rank_law` takes them.
    tuple of bool
        Whose law is simulated, because it is not exact.
    """
    from evalsys.severity import nodes

    x, weights = nodes(float(any(own.model.severity for own in prospects)), _NODES)
    counts = weights > _LEAST
    x, weights = x[counts], weights[counts] / weights[counts].sum()
    by_unit = [_laws(own, x.tolist(), weights.tolist(), 100 * place) for place, own in enumerate(prospects)]
    laws = [(weight, [own[at] for own, _ in by_unit]) for at, weight in enumerate(weights.tolist())]
    return laws, tuple(simulated for _, simulated in by_unit)


def _laws(found: Prospect, x: Sequence[float], weights: Sequence[float], seed: int) -> tuple[list[ScoreLaw], bool]:
    """Return the laws of one unit by severity, and whether they are simulated."""
    import numpy as np

    from evalsys.after_total import final_line
    from evalsys.inspection import simulate
    from evalsys.law import law
    from evalsys.rank_chances import discrete
    from evalsys.regions import NotExact, regions_of
    from evalsys.scoring import case_of

    model = found.model
    keep, adjust = (float(part) for part in final_line(model.instrument, case_of(found.score.assessment)))
    full = float(model.instrument.full_marks)
    try:
        regions_of(model)
        simulated = False
    except NotExact:
        simulated = True
    laws: list[ScoreLaw] = []
    for at, (z, weight) in enumerate(zip(x, weights, strict=True)):
        if laws and not model.severity:
            laws.append(laws[0])  # whoever comes, nothing shifts
            continue
        here = given_severity(model, z * model.severity)
        if simulated:
            draws = DRAWS if not model.severity else max(round(DRAWS * weight), 100)
            points = simulate(here, draws, seed + at).score
            mass = np.full(len(points), 1 / len(points))
        else:
            own = law(here, bounded=False)
            likely = own.mass > _NOTHING
            points, mass = own.points[likely], own.mass[likely]
        laws.append(discrete(np.maximum(keep * points + adjust, 0.0) / full * 100, mass))
    return laws, simulated
