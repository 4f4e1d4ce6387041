"""The ledger of materials: what each unit has to hand in by when, how far it is, and what is missing for what.

The day that decides whether a material was in time is ``drafted_on``, the day on which its unit handed it in: what the
office does later (review, approval, filing) is not the unit's delay. A material counts for the score once it is
approved.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from evalsys.assessment import Assessment
from evalsys.cells import column_of, days_of, plain_rows
from evalsys.fields import READY
from evalsys.forecasting import Forecast
from evalsys.instrument import Instrument, Material
from evalsys.language import Text
from evalsys.ledger_costs import Cost, costs
from evalsys.material_checks import STEPS, status_on
from evalsys.scoring import Score, score

__all__ = [
    "DELIVERED",
    "TIMES",
    "Dunning",
    "Item",
    "MaterialLedger",
    "Want",
    "due_day",
    "dunning",
    "material_ledger",
    "materials_on",
    "month_of",
    "timeliness",
]

#: How a material stands by its due day.
TIMES: Mapping[str, Text] = {
    "on_time": Text("按时报送", "in time"),
    "late": Text("迟报", "late"),
    "delivered": Text("已报送", "handed in"),
    "overdue": Text("逾期未报", "overdue"),
    "waiting": Text("未到期", "not yet due"),
    "undated": Text("未定期限", "no due day"),
}
#: Those of materials that have been handed in.
DELIVERED = ("on_time", "late", "delivered")
_ZERO = Fraction(0)
_BY = "materials"


@dataclass(frozen=True)
class Item:
    """One material of the instrument, as it stands at the end of a day.

    Attributes
    ----------
    material : str
    name : Text
    standard : str
        Code of the standard that asks for it.
    required : bool
        Whether the standard's points depend on it.
    registered : bool
        Whether the table of materials has it.
    unit : str or None
        Who owes it by the table; None where the table names nobody.
    leads : tuple of str
        Who leads the standard by the instrument.
    month : str
        For which it is collected, ``2016-08``; '' where the table has none.
    due : date or None
        The row's own, else the month's; None where there is neither.
    due_from : str
        'table', 'month' or ''.
    status : str
        'empty', 'drafted', 'reviewed', 'approved', 'closed'; '' where nobody has said or the table does not have it.
    days : mapping of str to date or None
        Of the steps, by column, as far as they are past.
    reviewer : str
    time : str
        A key of :data:`TIMES`.
    late : int
        Calendar days after the due day: of the delivery, or so far; 0 in time.
    """

    material: str
    name: Text
    standard: str
    required: bool
    registered: bool
    unit: str | None
    leads: tuple[str, ...]
    month: str
    due: datetime.date | None
    due_from: str
    status: str
    days: Mapping[str, datetime.date | None]
    reviewer: str
    time: str
    late: int

    @property
    def owners(self) -> tuple[str, ...]:
        """Who is asked for it: the table's unit, else who leads the standard."""
        return (self.unit,) if self.unit else self.leads

    @property
    def delivered(self) -> bool:
        """Whether its unit has handed it in."""
        return self.time in DELIVERED

    @property
    def ready(self) -> bool:
        """Whether it counts for the score: approved or closed."""
        return self.status in READY


@dataclass(frozen=True)
class Want:
    """What one standard asks for, and what it lacks.

    Attributes
    ----------
    standard, leaf : str
        Codes.
    name : Text
    required : tuple of str
        Materials on which its points depend.
    missing : tuple of str
        Those that are not ready.
    unknown : tuple of str
        Those without a status: while there are any, the standard is not assessed, which is neither full nor nothing.
    by : str
        What its score rests on: 'materials', 'observations' (a result that was entered: then the register does not
        count), another kind of evidence, or '' where it is not assessed.
    open : Fraction
        Points of the total that are not assessed, 0 or more.
    alone : Fraction
        Points that one of the missing materials brings alone: its share of what the standard loses, or 0 where all
        have to be ready and more are missing.
    cost : Cost
        Of all that is missing together.
    """

    standard: str
    leaf: str
    name: Text
    required: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    by: str
    open: Fraction
    alone: Fraction
    cost: Cost


@dataclass(frozen=True, eq=False)
class MaterialLedger:
    """All materials of an assessment at the end of a day.

    Attributes
    ----------
    assessment : Assessment
        As of the day.
    day : date
    items : tuple of Item
        In the order of the instrument; those that the table does not have too.
    wants : tuple of Want
        Of the standards that have required materials, by points lost, then in the order of the instrument.
    together : Cost
        Of all that is missing.
    by_unit, by_month : mapping of str to Cost
        Of the standards for which a unit, or the materials of a month, leave something missing. They do not add up:
        two units may owe what one standard lacks.
    """

    assessment: Assessment
    day: datetime.date
    items: tuple[Item, ...]
    wants: tuple[Want, ...]
    together: Cost
    by_unit: Mapping[str, Cost]
    by_month: Mapping[str, Cost]

    @property
    def open(self) -> Fraction:
        """Points of the total that are not assessed because materials have no status."""
        return sum((want.open for want in self.wants), _ZERO)


@dataclass(frozen=True)
class Dunning:
    """The list by which the office asks for the materials of a month.

    Attributes
    ----------
    month : str
        ``2016-08``.
    due : tuple of Item
        All that the month asks for: collected for it, or, without a month, due in it.
    owed : mapping of str to tuple of Item
        By unit: what of it has not been handed in, and what is owed from earlier months, the longest overdue first. An
        empty name is what nobody is on record for.
    arrears : tuple of Item
        Owed from earlier months.
    pending : tuple of Item
        Handed in for the month and not yet approved: the office's own work.
    undated : tuple of Item
        Of the table, neither handed in nor with a due day.
    unassigned : tuple of Item
        Of the table, without a unit.
    unregistered : tuple of Item
        Asked for by the instrument and not in the table.
    cost : Cost or None
        Of the standards that what is not ready of the month leaves short; None where nothing is missing.
    """

    month: str
    due: tuple[Item, ...]
    owed: Mapping[str, tuple[Item, ...]]
    arrears: tuple[Item, ...]
    pending: tuple[Item, ...]
    undated: tuple[Item, ...]
    unassigned: tuple[Item, ...]
    unregistered: tuple[Item, ...]
    cost: Cost | None

    def count(self, *times: str) -> int:
        """Return how many of the month's materials stand so by their due day (:data:`TIMES`)."""
        return sum(item.time in times for item in self.due)


# ----------------------------------------------------------------------------------------------------- plain functions


def due_day(month: str, by: int) -> datetime.date:
    """Return the day by which a month's materials are due.

    Parameters
    ----------
    month : str
    by : int
        Day of the month, 1 to 28.

    Examples
    --------
    >>> str(due_day("2016-08", 5))
    '2016-08-05'
    """
    year, number = month.split("-")
    return datetime.date(int(year), int(number), by)


def timeliness(
    due: datetime.date | None, delivered: bool, delivered_on: datetime.date | None, day: datetime.date
) -> tuple[str, int]:
    """Return how a material stands by its due day at the end of a day, and by how many days it is late.

    Parameters
    ----------
    due : date or None
    delivered : bool
        Whether its unit has handed it in.
    delivered_on : date or None
        When; None where nobody noted it.
    day : date

    Returns
    -------
    time : str
        A key of :data:`TIMES`.
    late : int
        Calendar days; on the due day 0, on the day after it 1.

    Examples
    --------
    >>> due = datetime.date(2016, 8, 5)
    >>> [timeliness(due, True, datetime.date(2016, 8, n), datetime.date(2016, 8, 31)) for n in (5, 6)]
    [('on_time', 0), ('late', 1)]
    >>> timeliness(due, False, None, datetime.date(2016, 8, 6))
    ('overdue', 1)
    """
    if delivered:
        if due is None or delivered_on is None:
            return "delivered", 0
        late = max((delivered_on - due).days, 0)
        return ("late" if late else "on_time"), late
    if due is None:
        return "undated", 0
    late = max((day - due).days, 0)
    return ("overdue" if late else "waiting"), late


# ------------------------------------------------------------------------------------------------------- an assessment


def materials_on(assessment: Assessment, day: datetime.date) -> Assessment:
    """Return an assessment whose materials stand as at the end of a day: later steps are not visible."""
    table, rows = assessment.materials.copy(), plain_rows(assessment.materials)
    statuses = [status_on(cells["status"], {on: cells[on] for on in STEPS.values()}, day) for cells in rows]
    table["status"] = column_of(statuses)
    table["ready"] = column_of(status in READY for status in statuses)
    for column in STEPS.values():
        table[column] = days_of([own if (own := cells[column]) and own <= day else None for cells in rows])
    told = ((cells["reviewer"], cells["reviewed_on"]) for cells in rows)
    table["reviewer"] = column_of(name if on is None or on <= day else "" for name, on in told)
    return replace(assessment, materials=table)


def material_ledger(assessment: Assessment, day: datetime.date, found: Forecast | None = None) -> MaterialLedger:
    """Return the ledger of materials at the end of a day, and what is missing with what it costs.

    Parameters
    ----------
    assessment : Assessment
    day : date
        Nothing later is visible.
    found : Forecast, optional
        Of this very assessment, as of the day (:func:`materials_on`); without it there are no chances.

    Returns
    -------
    MaterialLedger

    Raises
    ------
    ValueError
        If the forecast is of another assessment, or of materials that stand as on another day.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> ledger = material_ledger(read_assessment("data/example-ledgers"), datetime.date(2026, 11, 15))
    >>> len(ledger.items), sum(item.ready for item in ledger.items)
    (16, 6)
    """
    as_of = materials_on(assessment, day)
    if found is not None:
        if found.prospect.score.assessment is not assessment:
            raise ValueError("the forecast is of another assessment")
        if assessment.materials["status"].tolist() != as_of.materials["status"].tolist():
            raise ValueError("the forecast is of materials as they stand on another day")
        as_of = assessment
    base = found.prospect.score if found is not None else score(as_of)
    items = _items(as_of, day)
    # a result that was entered goes before the register: what is missing there takes nothing from the score
    short = {leaf: m for leaf, m in _short(as_of.instrument, items).items() if base.by_code[leaf].by in ("", _BY)}
    groups: dict[tuple[str, str], list[str]] = {("", ""): list(short)}
    groups |= {("leaf", leaf): [leaf] if leaf in short else [] for leaf in _asking(as_of.instrument)}
    for item in items:
        for leaf, missing in short.items():
            if item.material in missing:
                for owner in item.owners:
                    groups.setdefault(("unit", owner), []).append(leaf)
                if month := month_of(item):
                    groups.setdefault(("month", month), []).append(leaf)
    names = {" ".join(key): leaves for key, leaves in groups.items()}
    own = dict(zip(groups, costs(as_of, names, found).values(), strict=True))
    return MaterialLedger(
        assessment=as_of,
        day=day,
        items=items,
        wants=_wants(base, items, {leaf: cost for (kind, leaf), cost in own.items() if kind == "leaf"}),
        together=own["", ""],
        by_unit={name: cost for (kind, name), cost in own.items() if kind == "unit"},
        by_month={name: cost for (kind, name), cost in own.items() if kind == "month"},
    )


def month_of(item: Item) -> str:
    """Return the month that asks for a material: its own, else that of its due day; '' where it has neither."""
    return item.month or (item.due.isoformat()[:7] if item.due else "")


def dunning(ledger: MaterialLedger, month: str) -> Dunning:
    """Return the list by which the office asks for the materials of a month.

    Parameters
    ----------
    month : str
        ``2016-08``.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> ledger = material_ledger(read_assessment("data/example-ledgers"), datetime.date(2026, 11, 15))
    >>> asked = dunning(ledger, "2026-10")
    >>> len(asked.due), asked.count("on_time"), asked.count("late")
    (4, 3, 0)
    """
    items = [item for item in ledger.items if item.registered]
    due = tuple(item for item in items if month_of(item) == month)
    arrears = tuple(item for item in items if (own := month_of(item)) and own < month and item.time == "overdue")
    owed: dict[str, list[Item]] = {}
    for item in sorted((i for i in (*due, *arrears) if not i.delivered), key=lambda i: -i.late):
        for owner in item.owners or ("",):
            owed.setdefault(owner, []).append(item)
    return Dunning(
        month=month,
        due=due,
        owed={name: tuple(owed[name]) for name in sorted(owed, key=lambda name: (not name, name))},
        arrears=arrears,
        pending=tuple(item for item in due if item.delivered and not item.ready),
        undated=tuple(item for item in items if item.time == "undated"),
        unassigned=tuple(item for item in items if item.unit is None),
        unregistered=tuple(item for item in ledger.items if not item.registered),
        cost=ledger.by_month.get(month),
    )


def _items(assessment: Assessment, day: datetime.date) -> tuple[Item, ...]:
    """Return every material of the instrument as it stands."""
    instrument, by = assessment.instrument, assessment.rules.materials_by
    rows = {row["material"]: row for row in plain_rows(assessment.materials)}
    found = []
    for code, node in instrument.standards.items():
        for material in node.standard.materials if node.standard else ():
            leads = tuple(instrument.units[unit].zh for unit in node.standard.lead) if node.standard else ()
            found.append(_item(material, code, leads, rows.get(material.id), by, day))
    return tuple(found)


def _item(
    material: Material,
    standard: str,
    leads: tuple[str, ...],
    row: Mapping[Any, Any] | None,
    by: int,
    day: datetime.date,
) -> Item:
    cells: Mapping[Any, Any] = row or {}
    month = cells.get("month") or ""
    own = cells.get("due")
    due = own or (due_day(month, by) if month else None)
    status = cells.get("status") or ""
    days = {column: cells.get(column) for column in STEPS.values()}
    time, late = timeliness(due, status in STEPS, days["drafted_on"], day)
    return Item(
        material=material.id,
        name=material.name,
        standard=standard,
        required=material.required,
        registered=row is not None,
        unit=cells.get("unit"),
        leads=leads,
        month=month,
        due=due,
        due_from="table" if own else "month" if due else "",
        status=status,
        days=days,
        reviewer=cells.get("reviewer") or "",
        time=time,
        late=late,
    )


def _asking(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return by leaf of documents the materials on which its points depend."""
    found = {}
    for place in instrument.leaves:
        node = instrument.nodes[place]
        standard = instrument.nodes[node.parent].standard
        if node.method == "document_review" and standard is not None:
            required = tuple(material.id for material in standard.materials if material.required)
            if required:
                found[node.code] = required
    return found


def _short(instrument: Instrument, items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """Return by leaf of documents what is not ready of what it requires, where there is such."""
    ready = {item.material for item in items if item.ready}
    short = {leaf: tuple(m for m in wanted if m not in ready) for leaf, wanted in _asking(instrument).items()}
    return {leaf: missing for leaf, missing in short.items() if missing}


def _wants(base: Score, items: Sequence[Item], cost: Mapping[str, Cost]) -> tuple[Want, ...]:
    instrument, unknown = base.assessment.instrument, {item.material for item in items if not item.status}
    short, found = _short(instrument, items), []
    for leaf, required in _asking(instrument).items():
        parent = instrument.nodes[instrument.nodes[instrument.places[leaf]].parent]
        own = base.by_code[leaf]
        missing = short.get(leaf, ())
        rule = parent.standard.rules["document_review"].kind if parent.standard else ""
        one = len(missing) if rule == "share" else int(len(missing) == 1)
        found.append(
            Want(
                standard=parent.code,
                leaf=leaf,
                name=parent.name,
                required=required,
                missing=missing,
                unknown=tuple(material for material in required if material in unknown),
                by=own.by,
                open=own.points or _ZERO if own.state == "missing" else _ZERO,
                alone=cost[leaf].lost / one if one else _ZERO,
                cost=cost[leaf],
            )
        )
    return tuple(sorted(found, key=lambda want: (-want.cost.lost, -want.open)))
