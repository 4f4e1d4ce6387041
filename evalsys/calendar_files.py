"""The calendar as an iCalendar file (RFC 5545), for any calendar program: days, phases, rhythms."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evalsys.calendars import Anchors, Matter, Occurrence, occurrences
from evalsys.files import atomic
from evalsys.language import Lang, Text
from evalsys.when import When

__all__ = ["Mark", "calendar_bytes", "rule_of", "write_calendar"]

_ONE = datetime.timedelta(days=1)
_PRODUCT = "-//evalsys//calendar 1//ZH"
#: The time stamp that the format asks of every event; a fixed one, so that the same calendar is the same file.
_STAMP = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
#: The rhythm of each period, as a rule for its last day.
_RULES: Mapping[str, Mapping[str, Any]] = {
    "day": {"freq": "DAILY"},
    "week": {"freq": "WEEKLY", "byday": "SU"},
    "month": {"freq": "MONTHLY", "bymonthday": -1},
    "two-months": {"freq": "MONTHLY", "interval": 2, "bymonthday": -1},
    "quarter": {"freq": "MONTHLY", "interval": 3, "bymonthday": -1},
    "half-year": {"freq": "MONTHLY", "interval": 6, "bymonthday": -1},
    "year": {"freq": "YEARLY"},
    "three-years": {"freq": "YEARLY", "interval": 3},
}


@dataclass(frozen=True)
class Mark:
    """One more day of the calendar, such as that of the inspection; `key` tells it from all others."""

    key: str
    text: Text
    day: date


def rule_of(when: When) -> Mapping[str, Any] | None:
    """Return the rule that says a rhythm exactly; None where none does, and each day stands for itself.

    Parameters
    ----------
    when : When

    Returns
    -------
    mapping or None
        Parts of an ``RRULE`` for the day on which the matter is due.

    Examples
    --------
    >>> rule_of(When(every="month", by_day=5))
    {'freq': 'MONTHLY', 'bymonthday': 5}
    >>> rule_of(When(by=(6, 30))), rule_of(When(days=(2, 3)))
    ({'freq': 'YEARLY'}, None)
    """
    if when.every is not None:
        if when.by_day is None:
            return _RULES.get(when.every)
        return {"freq": "MONTHLY", "bymonthday": when.by_day} if when.every == "month" and when.by_day <= 28 else None
    return {"freq": "YEARLY"} if isinstance(when.by, tuple) and not _over_leap_day(when) else None


def _over_leap_day(when: When) -> bool:
    """Return whether a span of every year is a day longer in a leap year: a rule repeats the same number of days."""
    since, by = when.since, when.by
    if not isinstance(since, tuple) or not isinstance(by, tuple):
        return False
    before, behind = since <= (2, 28), by >= (3, 1)
    return (before or behind) if since > by else (before and behind)


def calendar_bytes(
    matters: Iterable[Matter],
    first: date,
    last: date,
    lang: Lang,
    *,
    name: Text | None = None,
    anchors: Anchors | None = None,
    marks: Sequence[Mark] = (),
) -> bytes:
    """Return the calendar from one day to another as the bytes of an ``.ics`` file.

    Parameters
    ----------
    matters : iterable of Matter
    first, last : date
        What is due on these days and between them stands in the file; a rhythm ends with the last of them.
    lang : {'zh', 'en'}
    name : Text, optional
        Title of the calendar; entries of calendars of different titles stay apart in a calendar program.
    anchors : Anchors, optional
        What the source leaves open.
    marks : sequence of Mark
        Single days beside the matters.

    Returns
    -------
    bytes
        UTF-8, the same for the same calendar. Every entry is of whole days, is no appointment (nobody is busy) and
        names bodies, never a person or an address.
    """
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    if name is not None:
        made.add("x-wr-calname", name.say(lang))
    held = tuple(matters)
    found_of: dict[str, list[Occurrence]] = {matter.code: [] for matter in held}
    for occurrence in occurrences(held, first, last, anchors=anchors):  # nobody is registered: one for all bodies
        found_of[occurrence.matter.code].append(occurrence)
    whose = name.zh if name is not None else ""
    for matter in held:
        for event in _events(matter, found_of[matter.code], last, lang, whose):
            made.add_component(event)
    for mark in marks:
        if first <= mark.day <= last:
            made.add_component(_event(f"{whose} {mark.key}", mark.text.say(lang), "", mark.day, mark.day))
    content: bytes = made.to_ical()
    return content


def write_calendar(
    path: Path,
    matters: Iterable[Matter],
    first: date,
    last: date,
    lang: Lang,
    *,
    name: Text | None = None,
    anchors: Anchors | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """Write the calendar from one day to another to a file, see :func:`calendar_bytes`."""
    content = calendar_bytes(matters, first, last, lang, name=name, anchors=anchors, marks=marks)
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def _events(matter: Matter, found: Sequence[Occurrence], last: date, lang: Lang, whose: str) -> Iterable[Any]:
    """Yield the events of a matter: one with a rule where a rule says its rhythm, else one for each time."""
    times = list({(each.period, each.due): each for each in found}.values())  # a lead and others may share a day
    rule = rule_of(matter.when)
    spans = matter.when.since is not None
    title, more, key = _title(matter, lang), _more(matter, lang), f"{whose} {matter.code}"
    if rule is not None and len(times) > 1:
        head = times[0]
        event = _event(key, title, more, head.opens if spans else head.due, head.due)
        event.add("rrule", {**rule, "until": times[-1].opens if spans else last})
        yield event
        return
    for each in times:
        yield _event(f"{key} {each.period}", title, more, each.opens if spans else each.due, each.due)


def _event(key: str, title: str, more: str, opens: date, due: date) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@evalsys")
    event.add("dtstamp", _STAMP)
    event.add("dtstart", opens)
    event.add("dtend", due + _ONE)  # the first day that is no longer part of it
    event.add("summary", title)
    if more:
        event.add("description", more)
    event.add("transp", "TRANSPARENT")
    return event


def _title(matter: Matter, lang: Lang) -> str:
    times = matter.when.times
    if times == 1:
        return matter.text.say(lang)
    return Text(f"{matter.text.zh}（{times}次）", f"{matter.text.en} ({times} times)").say(lang)


def _more(matter: Matter, lang: Lang) -> str:
    def names(bodies: Iterable[Text]) -> str:
        return Text("、", ", ").say(lang).join(body.say(lang) for body in bodies)

    lines = [
        (Text("时限", "When"), matter.when.text.say(lang)),
        (Text("牵头", "Lead"), names(matter.lead)),
        (Text("配合", "With"), names(matter.support)),
        (Text("依据", "Clause"), " ".join(part for part in (matter.code, matter.clause) if part)),
        (Text("说明", "Note"), matter.note.say(lang) if matter.note is not None else ""),
    ]
    colon = Text("：", ": ").say(lang)
    return "\n".join(f"{head.say(lang)}{colon}{text}" for head, text in lines if text)
