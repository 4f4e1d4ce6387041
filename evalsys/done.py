"""What has been delivered [办结]: on time, late, missing or not due yet, as it was known at the end of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from evalsys.calendars import Occurrence, is_collective
from evalsys.language import Text

__all__ = ["STATES_OF_DONE", "Delivered", "Delivery", "days_done", "delivered", "deliveries_of"]

#: Where an occurrence stands.
STATES_OF_DONE: Mapping[str, Text] = {
    "on_time": Text("按期办结", "on time"),
    "late": Text("逾期办结", "late"),
    "missing": Text("逾期未办结", "missing"),
    "open": Text("未到期", "not due yet"),
    "unrecorded": Text("未登记", "not on record"),
    "observed": Text("以检查结果为准", "shown by the checks"),
}


@dataclass(frozen=True)
class Delivery:
    """One row of the register: which matter was done, by whom (empty: not said), on which day."""

    entry: str
    unit: str
    day: date


@dataclass(frozen=True)
class Delivered:
    """Where one occurrence stands.

    Attributes
    ----------
    occurrence : Occurrence
    days : tuple of date
        Days of the deliveries that belong to it, in order.
    state : str
        A key of :data:`STATES_OF_DONE`.
    late : int
        Days after the last day: of the delivery that made it complete, or until now where it is missing; else 0.
    """

    occurrence: Occurrence
    days: tuple[date, ...]
    state: str
    late: int = 0


@dataclass
class _Shelf:
    """Days on which one matter was delivered, by unit."""

    by_unit: dict[str, list[date]] = field(default_factory=dict)

    def of(self, units: Iterable[str] | None) -> list[date]:
        held = self.by_unit if units is None else {unit: self.by_unit.get(unit, []) for unit in units}
        return sorted(day for days in held.values() for day in days)


def deliveries_of(done: pd.DataFrame) -> tuple[Delivery, ...]:
    """Return the rows of the register of what was done."""
    days = done["done_on"].dt.date
    return tuple(Delivery(*row) for row in zip(done["entry"], done["unit"], days, strict=True))


def days_done(deliveries: Iterable[Delivery], day: date) -> dict[str, tuple[date, ...]]:
    """Return on which days each matter was done, as known at the end of a day.

    Examples
    --------
    >>> {code: len(days) for code, days in days_done([Delivery("A", "", date(2016, 8, 5))], date(2016, 8, 5)).items()}
    {'A': 1}
    """
    found: dict[str, list[date]] = {}
    for delivery in deliveries:
        if delivery.day <= day:
            found.setdefault(delivery.entry, []).append(delivery.day)
    return {code: tuple(sorted(days)) for code, days in found.items()}


def delivered(occurrences: Iterable[Occurrence], deliveries: Iterable[Delivery], day: date) -> tuple[Delivered, ...]:
    """Return where each occurrence stands at the end of a day; a phase of the work is no matter of delivery.

    Parameters
    ----------
    occurrences : iterable of Occurrence
    deliveries : iterable of Delivery
        What was delivered after `day` is not known yet.
    day : date

    Notes
    -----
    A delivery belongs to the period in which it falls, whatever the day by which it was due: the report of August that
    comes on 6 September is that of September. Where a single day has no year, it belongs to the calendar year; where
    a span of days has none, to the time from its first day until the next one opens.

    Where each of several bodies has to deliver, only its own deliveries count for it; otherwise those of any body that
    leads or supports the matter, and those without a body. A matter that has to be done several times in a period is
    on time if the last of these times is.

    Nothing is called missing that nobody could have registered: what was due before the first row of the register is
    not on record. A scored standard without a delivery is shown by its checks.

    Examples
    --------
    >>> from evalsys.calendars import Matter, occurrences
    >>> from evalsys.when import When
    >>> report = Matter("R", Text("月报", "report"), When(every="month", by_day=5))
    >>> due = occurrences([report], date(2016, 8, 1), date(2016, 9, 30))
    >>> found = delivered(due, [Delivery("R", "", date(2016, 8, 6))], date(2016, 9, 5))
    >>> [(each.occurrence.period, each.state, each.late) for each in found]
    [('2016-08', 'late', 1), ('2016-09', 'open', 0)]
    """
    shelves: dict[str, _Shelf] = {}
    known = [delivery for delivery in deliveries if delivery.day <= day]
    for delivery in known:
        shelf = shelves.setdefault(delivery.entry, _Shelf())
        shelf.by_unit.setdefault(delivery.unit, []).append(delivery.day)
    begins, empty = min((delivery.day for delivery in known), default=date.max), _Shelf()
    return tuple(
        _stands(occurrence, shelves.get(occurrence.matter.code, empty).of(_who(occurrence)), begins, day)
        for occurrence in occurrences
        if not occurrence.matter.phase
    )


def _who(occurrence: Occurrence) -> list[str] | None:
    """Return whose deliveries count; None for anybody's, where a collective body stands for units nobody has listed."""
    if occurrence.each:
        return [unit.zh for unit in occurrence.units]
    if any(is_collective(unit) for unit in occurrence.units):
        return None
    return ["", *dict.fromkeys(unit.zh for unit in (*occurrence.units, *occurrence.matter.support))]


def _stands(occurrence: Occurrence, days: Sequence[date], begins: date, day: date) -> Delivered:
    first, last = occurrence.takes
    own = tuple(each for each in days if first <= each <= last)
    times, due = occurrence.matter.when.times, occurrence.due
    if len(own) >= times:
        late = (own[times - 1] - due).days
        return Delivered(occurrence, own, "late" if late > 0 else "on_time", max(late, 0))
    if day <= due:
        return Delivered(occurrence, own, "open")
    if occurrence.matter.scored and not own:
        return Delivered(occurrence, own, "observed")
    if due < begins:
        return Delivered(occurrence, own, "unrecorded")
    return Delivered(occurrence, own, "missing", (day - due).days)
