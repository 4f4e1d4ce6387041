"""By which rules the office keeps its ledgers: days to put right, ladders, the calendar; each with where it comes from.

They are those of the assessment's own instrument, or of another that the settings name (``ledger: {rules: ...}``).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from evalsys.instrument import Dated, Instrument, Mechanism
from evalsys.settings import LedgerSettings

__all__ = ["DAYS", "MATERIALS_BY", "LedgerRules", "ledger_rules"]

#: Days from finding to rectification where nothing is laid down (assumed, after S003.4.7).
DAYS = 7
#: Day of the month by which a month's materials are due where nothing is laid down (assumed, after S003.1.4).
MATERIALS_BY = 5


@dataclass(frozen=True)
class LedgerRules:
    """The rules of an office's ledgers.

    Attributes
    ----------
    instrument : Instrument
        The one that they come from.
    days : int
        Calendar days from finding to rectification.
    days_from : str
        'setting', 'instrument' or 'assumed'.
    deadline : Mechanism or None
        The instrument's own deadline for rectifications.
    other_reviewer : bool
        Whether a unit may not review its own rectifications.
    ladders : tuple of Mechanism
        Those that count something.
    calendar : tuple of Dated
    materials_by : int
        Day of the month by which a month's materials are due.
    materials_from : str
        'setting' or 'assumed'.
    undated : date or None
        The day on which observations without a date were made.
    """

    instrument: Instrument
    days: int
    days_from: str
    deadline: Mechanism | None
    other_reviewer: bool
    ladders: tuple[Mechanism, ...]
    calendar: tuple[Dated, ...]
    materials_by: int
    materials_from: str
    undated: datetime.date | None

    def due(self, found: datetime.date) -> datetime.date:
        """Return the last day to put right what was found on a day: ``found + days``."""
        return found + datetime.timedelta(days=self.days)


def ledger_rules(instrument: Instrument, settings: LedgerSettings) -> LedgerRules:
    """Return the rules that an instrument lays down, with what the settings say instead.

    Parameters
    ----------
    instrument : Instrument
        The one whose mechanisms and calendar hold.
    settings : LedgerSettings

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> rules = ledger_rules(load_instrument("lincheng-county-2019"), LedgerSettings())
    >>> rules.days, rules.days_from, str(rules.due(datetime.date(2016, 8, 15)))
    (7, 'instrument', '2016-08-22')
    """
    held = [m for m in instrument.mechanisms if m.kind == "deadline" and m.of == "finding"]
    deadline = held[0] if held else None
    own = None if deadline is None else deadline.limits.get("at_most")
    if settings.days is not None:
        days, days_from = settings.days, "setting"
    elif own is not None:
        days, days_from = int(own), "instrument"
    else:
        days, days_from = DAYS, "assumed"
    return LedgerRules(
        instrument=instrument,
        days=days,
        days_from=days_from,
        deadline=deadline,
        other_reviewer=deadline is not None and deadline.reviewer == "other",
        ladders=tuple(m for m in instrument.mechanisms if m.kind == "ladder" and m.counts),
        calendar=instrument.calendar,
        materials_by=settings.materials_by or MATERIALS_BY,
        materials_from="assumed" if settings.materials_by is None else "setting",
        undated=settings.undated,
    )
