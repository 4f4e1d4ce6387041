"""What falls due between two days, by whom: the calendar, materials, the end of the work, the inspection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from evalsys.assessment import Assessment
from evalsys.calendars import (
    Anchors,
    Matter,
    Phase,
    Stretch,
    gaps_and_overlaps,
    is_collective,
    matters_of,
    occurrences,
    phases_in,
    undated,
)
from evalsys.cells import dates_of
from evalsys.done import days_done, delivered, deliveries_of
from evalsys.language import Text
from evalsys.material_checks import STEPS, status_on
from evalsys.material_ledger import due_day, timeliness

__all__ = ["DUE_KINDS", "CalendarLedger", "Due", "calendar_ledger", "due_between"]

#: Where a material stands, in the words of the calendar.
_STATE_OF = {"on_time": "on_time", "late": "late", "overdue": "missing", "waiting": "open"}
#: What may fall due; what is found falls due in the ledger of findings.
DUE_KINDS: Mapping[str, Text] = {
    "calendar": Text("日程", "calendar"),
    "material": Text("材料归集", "material"),
    "work": Text("整改截止", "end of the work"),
    "inspection": Text("督查", "inspection"),
}


@dataclass(frozen=True)
class Due:
    """One thing that one unit owes by a day.

    Attributes
    ----------
    kind : str
        A key of :data:`DUE_KINDS`.
    code : str
        Of the matter, or of the material; empty for the end of the work and the inspection.
    what : Text
    unit : Text
        Who answers; empty where no unit is named.
    period : str
        As of an :class:`~evalsys.calendars.Occurrence`; of a material its month, or empty.
    opens : date or None
        First day, where there is one.
    due : date
    state : str
        A key of :data:`~evalsys.done.STATES_OF_DONE`, as known at the end of the day that was asked for.
    late : int
        Days after the last day, 0 where in time.
    clause : str
    collective : bool
        Whether `unit` stands for several bodies that no register lists.
    """

    kind: str
    code: str
    what: Text
    unit: Text
    period: str
    opens: date | None
    due: date
    state: str
    late: int = 0
    clause: str = ""
    collective: bool = False


@dataclass(frozen=True, eq=False)
class CalendarLedger:
    """The calendar of an assessment between two days.

    Attributes
    ----------
    assessment : Assessment
    first, last : date
    day : date
        What was done later is not known.
    phases : tuple of Phase
        All of the plan, in the order of the source.
    stretches : tuple of Stretch
        Days from first to last in no phase or in several; empty where the source has no phases.
    dues : tuple of Due
    undated : tuple of (Matter, Text)
        What cannot be dated, and what would have to be given.
    anchors : Anchors
        What the source leaves open, as given, and the days on which something was done.
    """

    assessment: Assessment
    first: date
    last: date
    day: date
    phases: tuple[Phase, ...]
    stretches: tuple[Stretch, ...]
    dues: tuple[Due, ...]
    undated: tuple[tuple[Matter, Text], ...]
    anchors: Anchors


def calendar_ledger(
    assessment: Assessment, first: date, last: date, day: date, anchors: Anchors | None = None
) -> CalendarLedger:
    """Return the calendar of an assessment from one day to another, both included.

    Parameters
    ----------
    assessment : Assessment
    first, last : date
    day : date
        The day at whose end everything is seen.
    anchors : Anchors, optional
        What the source leaves open; the days on which something was done come from the assessment's register.

    Notes
    -----
    Phases without years are those of the round that ends in the year of the inspection; without one, in that of `last`.
    """
    matters = matters_of(assessment.rules.instrument)
    inspection = assessment.settings.inspection_date
    phases = phases_in(matters, (inspection or last).year)
    known = _known(assessment, day, anchors)
    return CalendarLedger(
        assessment=assessment,
        first=first,
        last=last,
        day=day,
        phases=phases,
        stretches=gaps_and_overlaps(phases, first, last) if phases else (),
        dues=due_between(assessment, first, last, day, anchors),
        undated=undated(matters, known),
        anchors=known,
    )


def due_between(
    assessment: Assessment, first: date, last: date, day: date, anchors: Anchors | None = None
) -> tuple[Due, ...]:
    """Return everything of an assessment that falls due from one day to another, in the order of the days.

    Parameters
    ----------
    assessment : Assessment
    first, last : date
    day : date
        The day at whose end everything is seen: what was done later is not known.
    anchors : Anchors, optional

    Returns
    -------
    tuple of Due
        By day, kind, code and unit; one for each unit that answers. A phase falls due for nobody. Rectifications are
        not among them.
    """
    found = [
        *_of_calendar(assessment, first, last, day, anchors),
        *_of_materials(assessment, day),
        *_of_settings(assessment, day),
    ]
    kinds = list(DUE_KINDS)
    return tuple(
        sorted(
            (each for each in found if first <= each.due <= last),
            key=lambda each: (each.due, kinds.index(each.kind), each.code, each.unit.zh),
        )
    )


def _known(assessment: Assessment, day: date, anchors: Anchors | None) -> Anchors:
    return replace(anchors or Anchors(), done=days_done(deliveries_of(assessment.ledgers["done"]), day))


def _of_calendar(assessment: Assessment, first: date, last: date, day: date, anchors: Anchors | None) -> Iterator[Due]:
    matters = matters_of(assessment.rules.instrument)
    known = _known(assessment, day, anchors)
    falling = occurrences(matters, first, last, anchors=known, register=assessment.units)
    for each in delivered(falling, deliveries_of(assessment.ledgers["done"]), day):
        own, matter = each.occurrence, each.occurrence.matter
        for unit in own.units or (Text("", ""),):
            yield Due(
                kind="calendar",
                code=matter.code,
                what=matter.text,
                unit=unit,
                period=own.period,
                opens=own.opens,
                due=own.due,
                state=each.state,
                late=each.late,
                clause=matter.clause,
                collective=is_collective(unit) and not own.each,
            )


def _of_materials(assessment: Assessment, day: date) -> Iterator[Due]:
    """Yield the materials with a last day, as their ledger has them; one that came on an unknown day is settled."""
    names, table, by = _material_names(assessment), assessment.materials, assessment.rules.materials_by
    texts = [table[column].tolist() for column in ("material", "unit", "month", "status")]
    steps = [dates_of(table[column]) for column in STEPS.values()]
    for row, last in enumerate(dates_of(table["due"])):
        code, unit, month, recorded = (column[row] for column in texts)
        due = last or (due_day(month, by) if month else None)
        days = {name: column[row] for name, column in zip(STEPS.values(), steps, strict=True)}
        handed_in = status_on(recorded, days, day) in STEPS
        time, late = timeliness(due, handed_in, days["drafted_on"], day)
        if due is None or time not in _STATE_OF:
            continue
        yield Due(
            kind="material",
            code=code,
            what=names[code],
            unit=Text(unit or "", unit or ""),
            period=month,
            opens=None,
            due=due,
            state=_STATE_OF[time],
            late=late,
        )


def _material_names(assessment: Assessment) -> dict[str, Text]:
    standards = assessment.instrument.standards.values()
    return {
        material.id: material.name
        for node in standards
        for material in (node.standard.materials if node.standard is not None else ())
    }


def _of_settings(assessment: Assessment, day: date) -> Iterable[Due]:
    """Yield the last day of work and the day of the inspection: nobody registers that they were kept."""
    settings = assessment.settings
    days = {
        "work": (settings.last_day_of_work, Text("整改工作截止", "last day of work")),
        "inspection": (settings.inspection_date, Text("督查", "inspection")),
    }
    for kind, (due, what) in days.items():
        if due is not None:
            yield Due(kind, "", what, Text("", ""), str(due.year), None, due, "open" if day < due else "on_time")
