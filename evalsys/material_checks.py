"""The steps of a material, from empty to closed: its status on a day, and days that contradict it.

A material is drafted (the unit hands it in), reviewed, approved, closed, in this order; several steps may fall on one
day. Days are optional: a row without any is as its status says.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

import pandas as pd

from evalsys.cells import plain_rows
from evalsys.ledger_rules import LedgerRules
from evalsys.reading import Reading

__all__ = ["STEPS", "check_materials", "contradictions", "status_on"]

#: The day of each step; the order is that of the steps. Before the first of them a material is empty.
STEPS: Mapping[str, str] = {
    "drafted": "drafted_on",
    "reviewed": "reviewed_on",
    "approved": "approved_on",
    "closed": "closed_on",
}
_RANK = {status: rank for rank, status in enumerate(("", "empty", *STEPS))}
_Days = Mapping[str, datetime.date | None]


def status_on(status: str, days: _Days, day: datetime.date) -> str:
    """Return the status of a material at the end of a day.

    Parameters
    ----------
    status : str
        As it is recorded; '' where nobody has said.
    days : mapping of column to date or None
        Of the steps, free of contradictions.
    day : date

    Returns
    -------
    str
        The last step taken by then, 'empty' before the first; the recorded status where no step has a day.

    Examples
    --------
    >>> august = {"drafted_on": datetime.date(2016, 8, 5), "reviewed_on": datetime.date(2016, 8, 9)}
    >>> [status_on("reviewed", august, datetime.date(2016, 8, n)) for n in (4, 5, 9)]
    ['empty', 'drafted', 'reviewed']
    """
    if not any(days.values()):
        return status
    taken = [step for step, column in STEPS.items() if (own := days.get(column)) and own <= day]
    return taken[-1] if taken else "empty"


def contradictions(
    status: str,
    days: _Days,
    *,
    unit: str | None = None,
    reviewer: str = "",
    last: datetime.date | None = None,
    other_reviewer: bool = False,
) -> Iterator[tuple[str, str]]:
    """Yield what cannot be in a row of the ledger: the problem, and the column to blame.

    Parameters
    ----------
    status : str
        One of ``empty, drafted, reviewed, approved, closed``, or ''.
    days : mapping of column to date or None
    unit : str or None
        Whose material it is.
    reviewer : str
    last : date, optional
        The day of the inspection: later there is nothing to do.
    other_reviewer : bool
        Whether a unit may not review what is its own.

    Examples
    --------
    >>> days = {"drafted_on": datetime.date(2016, 8, 5), "closed_on": datetime.date(2016, 8, 3)}
    >>> list(contradictions("closed", days))
    [('step_without_day', 'reviewed_on'), ('step_without_day', 'approved_on'), ('date_order', 'closed_on')]
    """
    rank = _RANK[status]
    latest = None
    dated = any(days.values())
    for step, column in STEPS.items():
        own = days.get(column)
        if own is None:
            if dated and rank >= _RANK[step]:
                yield "step_without_day", column
            continue
        if rank < _RANK[step]:
            yield "beyond_status", column
        if latest is not None and own < latest:
            yield "date_order", column
        if last is not None and own > last:
            yield "after_inspection", column
        latest = own if latest is None else max(latest, own)
    if reviewer and rank < _RANK["reviewed"]:
        yield "beyond_status", "reviewer"
    if reviewer and other_reviewer and reviewer == unit:
        yield "own_material_reviewer", "reviewer"


def check_materials(reading: Reading, frame: pd.DataFrame, rules: LedgerRules) -> None:
    """Report every row of the materials whose status its days do not bear out; nothing is mended.

    Parameters
    ----------
    reading : Reading
        Receives the faults.
    frame : DataFrame
        The materials as they were read, a row for each row of the file.
    rules : LedgerRules
        Says whether a unit may review its own material.
    """
    table, last = reading.table("materials"), reading.settings.inspection_date
    texts = {column: reading.texts("materials", column) for column in (*STEPS.values(), "reviewer")}
    for row, cells in enumerate(plain_rows(frame)):
        if cells["status"] is None:
            continue  # a bad cell, reported already
        days = {column: cells[column] for column in STEPS.values()}
        bad = {column for column, day in days.items() if day is None and texts[column][row]}
        found = contradictions(
            cells["status"],
            days,
            unit=cells["unit"],
            reviewer=cells["reviewer"] or "",
            last=last,
            other_reviewer=rules.other_reviewer,
        )
        for problem, column in found:
            if column in bad:
                continue
            allowed = f"<= {last}" if problem == "after_inspection" else ""
            reading.faults.append(table.fault(problem, row, column, texts[column][row], allowed))
