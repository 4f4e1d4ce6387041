"""Small tables about standings: marks by week, ranks by round, points lost and the tiers of a reward."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from evalsys import schema
from evalsys.cells import Cells
from evalsys.faults import Fault, InputFaults
from evalsys.fields import Bad, in_range, whole
from evalsys.ranks import competition, monday
from evalsys.rewards import Tier, check_tiers
from evalsys.schema import list_of, pair, record
from evalsys.tables import Column, one_table

__all__ = ["Losses", "read_losses", "read_rounds", "read_tiers", "read_weeks"]

_Value = TypeVar("_Value")
_EYE = ("备注", "note")
_NAME = Column("name", ("单位", "班级"), True)
_WEEKS = (Column("week", ("周次",), True), _NAME, Column("score", ("得分",), True))
_ROUNDS = (Column("round", ("轮次",), True), _NAME, Column("score", ("得分",)), Column("rank", ("名次",)))
_LOSSES = (_NAME, Column("lost", ("失分",), True), Column("notices", ("通报未改次数",)))


@dataclass(frozen=True)
class Losses:
    """What a unit lost, in points, and the notices that it left without rectification."""

    name: str
    lost: Fraction
    notices: int


def read_weeks(path: Path) -> dict[str, dict[str, Fraction | None]]:
    """Read marks by ISO week and name; an empty mark is not assessed.

    Raises
    ------
    InputFaults
        With every fault of the table.
    """
    cells = _cells(path, _WEEKS)
    weeks = cells.read("t", "week", _week, need=True)
    return _keyed(cells, "week", weeks, cells.read("t", "score", in_range(0)))


def read_rounds(path: Path) -> tuple[dict[str, int | None], ...]:
    """Read the ranks of each round: as they stand, or computed from scores (competition ranks).

    Raises
    ------
    InputFaults
        With every fault of the table; one with neither or both of score and rank is one.
    """
    cells = _cells(path, _ROUNDS)
    table = cells.table("t")
    given = [name for name in ("score", "rank") if name in table.columns]
    if len(given) != 1:
        raise InputFaults([*cells.faults, Fault("missing_column", table.file, None, "score", "", "score | rank")])
    rounds = cells.read("t", "round", need=True)
    if given == ["rank"]:
        return tuple(_keyed(cells, "round", rounds, cells.read("t", "rank", _place)).values())
    scored = _keyed(cells, "round", rounds, cells.read("t", "score", in_range(0)))
    return tuple(dict(zip(own, competition(list(own.values())), strict=True)) for own in scored.values())


def read_losses(path: Path) -> tuple[Losses, ...]:
    """Read points lost and notices left without rectification, a row for each unit; no cell means no notice.

    Raises
    ------
    InputFaults
        With every fault of the table.
    """
    cells = _cells(path, _LOSSES)
    names = cells.read("t", "name", need=True)
    cells.unique("t", "name", names)
    lost = cells.read("t", "lost", in_range(0), need=True)
    notices = cells.read("t", "notices", whole, default=0)
    _stop(cells)
    return tuple(Losses(*row) for row in zip(names, lost, notices, strict=True))


_TIER = record(
    {"name": pair, "share": schema.portion}, {"at_most_lost": schema.number, "at_most_notices": schema.integer}
)
_TIERS = record({"tiers": list_of(_TIER)}, {"schema": schema.choice("1")})


def read_tiers(path: Path) -> tuple[Tier, ...]:
    """Read the tiers of a reward from YAML, the best first.

    Raises
    ------
    InputFaults
        With every fault of the file, and where the tiers do not fall.
    """
    faults: list[Fault] = []
    file = _TIERS(*schema.document(path, path.name, faults))
    if file is None or faults:
        raise InputFaults(faults)
    made = tuple(Tier(t["at_most_lost"], t["name"], t["share"], t["at_most_notices"]) for t in file["tiers"] or [])
    if wrong := check_tiers(made, file=path.name):
        raise InputFaults(wrong)
    return made


def _cells(path: Path, columns: tuple[Column, ...]) -> Cells:
    faults: list[Fault] = []
    table = one_table(path, "t", columns, _EYE, faults)
    if table is None:
        raise InputFaults(faults)
    return Cells({"t": table}, faults)


def _stop(cells: Cells) -> None:
    if cells.faults:
        raise InputFaults(cells.faults)


def _keyed(cells: Cells, column: str, keys: list[str | None], values: list[_Value]) -> dict[str, dict[str, _Value]]:
    """Return the values by key and name; a pair that stands twice is a fault."""
    names = cells.read("t", "name", need=True)
    cells.unique("t", column, [None if key is None or name is None else f"{key} {name}" for key, name in
                               zip(keys, names, strict=True)])  # fmt: skip
    _stop(cells)
    found: dict[str, dict[str, _Value]] = {}
    for key, name, value in zip(keys, names, values, strict=True):
        found.setdefault(str(key), {})[str(name)] = value
    return found


def _week(text: str) -> str:
    try:
        monday(text)
    except InputFaults:
        raise Bad("bad_date", "2016-W33") from None
    return text


def _place(text: str) -> int:
    found = whole(text)
    if found < 1:
        raise Bad("out_of_range", ">= 1")
    return found
