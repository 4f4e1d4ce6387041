"""Reading the register of what was done [办结登记]: which matter of the calendar, by whom, on which day."""

from __future__ import annotations

import datetime

import pandas as pd

from evalsys.calendars import Matter, bodies_of, is_collective, matters_of
from evalsys.cells import column_of, days_of
from evalsys.fields import Bad, day, named, one_of, registered
from evalsys.ledger_rules import LedgerRules
from evalsys.reading import Reading

__all__ = ["read_done"]


def read_done(reading: Reading, rules: LedgerRules) -> pd.DataFrame:
    """Read the register of what was done; every bad cell is a fault of the reading.

    Parameters
    ----------
    reading : Reading
    rules : LedgerRules
        Whose instrument's calendar holds.

    Returns
    -------
    DataFrame
        One row per row of the file: ``entry`` (code of a :class:`~evalsys.calendars.Matter`; in the file its row, its
        text, or the code of its standard), ``unit`` (a registered unit or a body that the matter names, or empty),
        ``done_on``, ``note``.

    Notes
    -----
    Where each of several registered bodies has to do it, a row without a unit belongs to none of them: a fault.
    """
    name, table = "done", reading.table("done")
    matters = {matter.code: matter for matter in matters_of(rules.instrument) if not matter.phase}
    codes, texts = list(matters), [matter.text.zh for matter in matters.values()]
    known = {**named(codes, texts), **{m.standard: code for code, m in matters.items() if m.standard}}
    entries = reading.read(name, "entry", one_of(known), need=True)
    bodies = [body.zh for m in matters.values() for body in (*m.lead, *m.support) if not is_collective(body)]
    allowed = tuple(dict.fromkeys([*reading.units, *bodies])) if reading.units else ()
    units = reading.read(name, "unit", registered(allowed), default="")
    last = reading.settings.inspection_date
    days = reading.read(name, "done_on", lambda text: _until(text, last), need=True)
    rows = list(zip(entries, units, days, strict=True))
    for row, (entry, unit, _) in enumerate(rows):
        if entry and unit == "" and _each(matters[entry], reading.units):
            reading.blame(table, row, "unit", "", Bad("empty_value"))
    reading.unique(name, "entry", [None if None in row else " ".join(map(str, row)) for row in rows])
    return pd.DataFrame(
        {
            "entry": column_of(entries),
            "unit": column_of(units),
            "done_on": days_of(days),
            "note": column_of(reading.read(name, "note", default="")),
        }
    )


def _until(text: str, last: datetime.date | None) -> datetime.date:
    found = day(text)
    if last is not None and found > last:
        raise Bad("after_inspection", f"<= {last}")
    return found


def _each(matter: Matter, register: tuple[str, ...]) -> bool:
    """Return whether only registered units answer, each for itself."""
    return bool(matter.lead) and all(is_collective(body) and bodies_of(body, register) for body in matter.lead)
