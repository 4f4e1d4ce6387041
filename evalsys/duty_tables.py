"""Reading of the tables on duties and quotas: grid, problem list, letters, contracts, ads, volunteers, lamps, staff.

Posts and bodies stand in them, counts and days; never a person. Every cell is read or reported; what cannot be true
of two cells together (more lit than there are, reviewed before signed) is a fault of the row.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evalsys.cells import column_of, days_of
from evalsys.fields import Bad, day, in_range, month, named, one_of, registered, whole
from evalsys.reading import Reading

__all__ = ["DAYS_OF", "DUTY_TABLES", "read_duties"]

#: The tables that are read here, in the order of the answer.
DUTY_TABLES = ("grid", "problems", "letters", "contracts", "ads", "volunteers", "lamps", "staff")
#: Their columns that hold days.
DAYS_OF: Mapping[str, tuple[str, ...]] = {
    "problems": ("found_on", "due", "done_on"),
    "letters": ("signed_on", "reviewed_on"),
}


def read_duties(reading: Reading, sites: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Read the tables of :data:`DUTY_TABLES`; one that has no file has its columns and no row.

    Parameters
    ----------
    reading : Reading
        Receives every fault: also a site that names a cell which the grid does not have.
    sites : DataFrame
        As :meth:`~evalsys.reading.Reading.sites` returns them.

    Returns
    -------
    dict of str to DataFrame
        Counts are whole numbers or None, amounts :class:`~fractions.Fraction`, days ``datetime64[s]``, an empty text
        is ``""``, an area that is not stated None.
    """
    return {
        "grid": _grid(reading),
        "problems": _problems(reading),
        "letters": _letters(reading),
        "contracts": _contracts(reading),
        "ads": _ads(reading, sites),
        "volunteers": _volunteers(reading),
        "lamps": _lamps(reading, sites),
        "staff": _staff(reading),
    }


# ----------------------------------------------------------------------------------------------- the tables


def _grid(reading: Reading) -> pd.DataFrame:
    """Read the cells of the grid, and check the cells that the sites name against them."""
    cells = reading.read("grid", "cell", need=True)
    reading.unique("grid", "cell", cells)
    out = {"cell": cells, "name": _words(reading, "grid", "name"), "area": _area(reading, "grid")}
    for column in ("enforcement", "cleaning", "frontage", "committee", "supervisor", "note"):
        out[column] = _words(reading, "grid", column)
    known = {cell: cell for cell in cells if cell}
    if known:
        reading.read("sites", "cell", one_of(known))
    return _frame("grid", out)


def _problems(reading: Reading) -> pd.DataFrame:
    ids = reading.read("problems", "problem_id", need=True)
    reading.unique("problems", "problem_id", ids)
    out = {"problem_id": ids, "what": reading.read("problems", "what", need=True)}
    out["found_on"] = reading.read("problems", "found_on", day)
    for column in ("leader", "department", "goal"):
        out[column] = _words(reading, "problems", column)
    out["unit"] = reading.read("problems", "unit", registered(reading.units), default="")
    out["handler"] = _words(reading, "problems", "handler")
    out["due"] = reading.read("problems", "due", day)
    out["progress"] = _words(reading, "problems", "progress")
    out["done_on"] = reading.read("problems", "done_on", day)
    out["note"] = _words(reading, "problems", "note")
    for column in ("due", "done_on"):
        _in_order(reading, "problems", column, out[column], out["found_on"])
    return _frame("problems", out)


def _letters(reading: Reading) -> pd.DataFrame:
    units = reading.read("letters", "unit", registered(reading.units), need=True)
    years = reading.read("letters", "year", _year, need=True)
    _unique_pair(reading, "letters", "unit", units, years)
    signed, reviewed = (reading.read("letters", column, day) for column in DAYS_OF["letters"])
    _in_order(reading, "letters", "reviewed_on", reviewed, signed)
    table, written = reading.table("letters"), reading.texts("letters", "signed_on")
    for row, later in enumerate(reviewed):
        if later is not None and not written[row]:  # what nobody signed cannot be reviewed
            reading.faults.append(table.fault("empty_value", row, "signed_on"))
    return _frame(
        "letters",
        {
            "unit": units,
            "year": years,
            "signed_on": signed,
            "reviewed_on": reviewed,
            "note": _words(reading, "letters", "note"),
        },
    )


def _contracts(reading: Reading) -> pd.DataFrame:
    streets, areas = reading.read("contracts", "street", need=True), _area(reading, "contracts")
    _unique_pair(reading, "contracts", "street", streets, areas)
    frontages = reading.read("contracts", "frontages", _at_least_one, need=True)
    signed = reading.read("contracts", "signed", whole, need=True)
    checked, kept = (reading.read("contracts", column, whole) for column in ("checked", "kept"))
    _not_above(reading, "contracts", "signed", signed, frontages)
    _not_above(reading, "contracts", "checked", checked, frontages)
    _not_above(reading, "contracts", "kept", kept, checked)
    _not_above(reading, "contracts", "kept", kept, signed)
    _both_or_none(reading, "contracts", "checked", "kept")
    return _frame(
        "contracts",
        {
            "street": streets,
            "area": areas,
            "frontages": frontages,
            "signed": signed,
            "checked": checked,
            "kept": kept,
            "note": _words(reading, "contracts", "note"),
        },
    )


def _ads(reading: Reading, sites: pd.DataFrame) -> pd.DataFrame:
    ids = reading.read("ads", "ad_id", need=True)
    reading.unique("ads", "ad_id", ids)
    pieces = reading.read("ads", "pieces", whole, need=True)
    damaged = reading.read("ads", "damaged", whole, default=0)
    _not_above(reading, "ads", "damaged", damaged, pieces)
    return _frame(
        "ads",
        {
            "ad_id": ids,
            "site_id": _site(reading, "ads", sites),
            "form": _words(reading, "ads", "form"),
            "pieces": pieces,
            "damaged": damaged,
            "metres": reading.read("ads", "metres", in_range(0)),
            "note": _words(reading, "ads", "note"),
        },
    )


def _volunteers(reading: Reading) -> pd.DataFrame:
    bodies, areas = reading.read("volunteers", "body", need=True), _area(reading, "volunteers")
    _unique_pair(reading, "volunteers", "body", bodies, areas)
    residents = reading.read("volunteers", "residents", _at_least_one, need=True)
    volunteers = reading.read("volunteers", "volunteers", whole, need=True)
    active = reading.read("volunteers", "active", whole)
    _not_above(reading, "volunteers", "volunteers", volunteers, residents)
    _not_above(reading, "volunteers", "active", active, volunteers)
    return _frame(
        "volunteers",
        {
            "body": bodies,
            "area": areas,
            "residents": residents,
            "volunteers": volunteers,
            "active": active,
            "hours": reading.read("volunteers", "hours", in_range(0)),
            "note": _words(reading, "volunteers", "note"),
        },
    )


def _lamps(reading: Reading, sites: pd.DataFrame) -> pd.DataFrame:
    places, months = _site(reading, "lamps", sites), reading.read("lamps", "month", month)
    _unique_pair(reading, "lamps", "site_id", places, months)
    lamps = reading.read("lamps", "lamps", _at_least_one, need=True)
    lit = reading.read("lamps", "lit", whole, need=True)
    _not_above(reading, "lamps", "lit", lit, lamps)
    note = _words(reading, "lamps", "note")
    return _frame("lamps", {"site_id": places, "month": months, "lamps": lamps, "lit": lit, "note": note})


def _staff(reading: Reading) -> pd.DataFrame:
    areas = reading.read("staff", "area", registered(reading.areas), need=True)
    reading.unique("staff", "area", areas)
    return _frame(
        "staff",
        {
            "area": areas,
            "residents": reading.read("staff", "residents", _at_least_one, need=True),
            "officers": reading.read("staff", "officers", whole, need=True),
            "assistants": reading.read("staff", "assistants", whole),
            "note": _words(reading, "staff", "note"),
        },
    )


# -------------------------------------------------------------------------------------- columns and their faults


def _words(reading: Reading, table: str, column: str) -> list[Any]:
    return reading.read(table, column, default="")


def _area(reading: Reading, table: str) -> list[Any]:
    return reading.read(table, "area", registered(reading.areas))


def _site(reading: Reading, table: str, sites: pd.DataFrame) -> list[Any]:
    known = [(site, name or "") for site, name in zip(sites["site_id"], sites["name"], strict=True) if site]
    return reading.read(
        table, "site_id", one_of(named([site for site, _ in known], [name for _, name in known])), need=True
    )


def _year(text: str) -> int:
    found = whole(text.removesuffix("年").strip())
    if not 1990 <= found <= 2100:
        raise Bad("out_of_range", "1990..2100")
    return found


def _at_least_one(text: str) -> int:
    found = whole(text)
    if found < 1:
        raise Bad("out_of_range", ">= 1")
    return found


def _not_above(
    reading: Reading, table: str, column: str, values: Sequence[int | None], most: Sequence[int | None]
) -> None:
    """Report every count that exceeds the count it is part of."""
    own = reading.table(table)
    for row, (value, limit) in enumerate(zip(values, most, strict=True)):
        if value is not None and limit is not None and value > limit:
            reading.faults.append(own.fault("out_of_range", row, column, str(value), f"<= {limit}"))


def _in_order(
    reading: Reading,
    table: str,
    column: str,
    later: Sequence[datetime.date | None],
    earlier: Sequence[datetime.date | None],
) -> None:
    """Report every day that lies before the day of the step before it."""
    own = reading.table(table)
    for row, (after, before) in enumerate(zip(later, earlier, strict=True)):
        if after is not None and before is not None and after < before:
            reading.faults.append(own.fault("date_order", row, column, after.isoformat(), f">= {before.isoformat()}"))


def _both_or_none(reading: Reading, table: str, one: str, other: str) -> None:
    """Report a cell without the cell it is told with."""
    own = reading.table(table)
    for row, texts in enumerate(zip(reading.texts(table, one), reading.texts(table, other), strict=True)):
        for column, text, beside in ((one, *texts), (other, *reversed(texts))):
            if beside and not text:
                reading.faults.append(own.fault("empty_value", row, column))


def _unique_pair(reading: Reading, table: str, column: str, names: Sequence[Any], beside: Sequence[Any]) -> None:
    """Report every name that stands twice with the same second key."""
    pairs = [
        None if name is None else f"{name} {'' if own is None else own}".strip()
        for name, own in zip(names, beside, strict=True)
    ]
    reading.unique(table, column, pairs)


def _frame(table: str, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    days = DAYS_OF.get(table, ())
    return pd.DataFrame(
        {name: days_of(values) if name in days else column_of(values) for name, values in columns.items()}
    )
