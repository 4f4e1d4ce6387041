"""The calendar of an assessment: what falls due on which day, in which phase a day lies, and which days lie in none.

A *matter* is anything of an instrument with a time limit: a dated entry of its calendar, or a standard with ``due``.
Between two days each matter has its *occurrences*: one for a single day, one in every period for a rhythm. What a
source leaves open (the first day of school, the years of a term) has to be given; without it a matter is told as
undated and never guessed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.when import Day, When, months_later, week_of

__all__ = [
    "Anchors",
    "Matter",
    "Occurrence",
    "Phase",
    "Stretch",
    "bodies_of",
    "gaps_and_overlaps",
    "is_collective",
    "matters_of",
    "matters_of_unit",
    "occurrences",
    "phases_in",
    "undated",
]

_ONE = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Matter:
    """One thing with a time limit.

    Attributes
    ----------
    code : str
        Row of the reading it comes from (``S003.1.4``), else the code of the standard, else ``calendar-3`` by its place
        in the instrument's calendar.
    text : Text
    when : When
    lead, support : tuple of Text
        Names of the bodies that answer.
    clause : str
        Where in the source it stands; empty where nothing is said.
    phase : bool
        Whether it is a phase of the work.
    standard : str or None
        Code of the standard; None for an entry of the calendar.
    scored : bool
        Whether it is a standard that is scored: its checks show whether it was done.
    note : Text or None
    """

    code: str
    text: Text
    when: When
    lead: tuple[Text, ...] = ()
    support: tuple[Text, ...] = ()
    clause: str = ""
    phase: bool = False
    standard: str | None = None
    scored: bool = False
    note: Text | None = None


@dataclass(frozen=True)
class Occurrence:
    """One time that a matter falls due.

    Attributes
    ----------
    matter : Matter
    units : tuple of Text
        Who answers this time: the leads together, or one body where each of several has to do it.
    period : str
        ``2016``, ``2016-08``, ``2016-W33``, ``2016-08-15``, ``2016-Q3``, ``2016-H2``, ``2016-07/08``, ``2014/2016``.
    opens, due : date
        First and last day.
    takes : (date, date)
        A delivery from the first to the last of these days belongs to this occurrence, in time or late.
    each : bool
        Whether it is the part of one body among several that each have to do it.
    """

    matter: Matter
    units: tuple[Text, ...]
    period: str
    opens: date
    due: date
    takes: tuple[date, date]
    each: bool = False


@dataclass(frozen=True)
class Anchors:
    """What a source leaves open and somebody has to say.

    Attributes
    ----------
    school_term : date or None
        A day of the first week of the school term.
    term : (date, date) or None
        First and last day of the term of office.
    starts : mapping of code to date
        First day of a matter that comes again after so many days, or of a period of three years.
    done : mapping of code to sequence of date
        Days on which a matter was done: the next of those that come after so many days is counted from the last.
    """

    school_term: date | None = None
    term: tuple[date, date] | None = None
    starts: Mapping[str, date] = field(default_factory=dict)
    done: Mapping[str, Sequence[date]] = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------- from the instrument


def matters_of(instrument: Instrument) -> tuple[Matter, ...]:
    """Return everything of an instrument that has a time limit: its calendar, then its standards in their order.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> found = matters_of(load_instrument("lincheng-county-2019"))
    >>> len(found), found[1].code, found[1].when.text.en, [name.zh for name in found[1].lead]
    (14, 'S003.1.4', 'every month by the 5th', ['各专项指挥部'])
    """

    def names(units: Iterable[str]) -> tuple[Text, ...]:
        return tuple(instrument.units[unit] for unit in units)

    dated = [
        Matter(
            code=entry.said.row or f"calendar-{place}",
            text=entry.said.text,
            when=entry.when,
            lead=names(entry.said.lead),
            support=names(entry.said.support),
            clause=entry.said.source.get("clause", ""),
            phase=entry.phase,
            note=entry.said.note,
        )
        for place, entry in enumerate(instrument.calendar, 1)
    ]
    for code, node in instrument.standards.items():
        held = node.standard
        if held is not None and held.due is not None:
            source = held.source or {}
            dated.append(
                Matter(
                    code=source.get("row") or code,
                    text=held.text,
                    when=held.due,
                    lead=names(held.lead),
                    support=names(held.support),
                    clause=source.get("clause", ""),
                    standard=code,
                    scored=node.scored,
                    note=node.note,
                )
            )
    return tuple(dated)


#: Words for "every body" that say nothing of its kind, behind 各.
_ANY = ("单位", "部门", "机关", "有关", "相关", "职能", "创建")
#: Endings of names of bodies, for kinds that are named together.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "乡镇": ("乡", "镇", "乡政府", "镇政府"),
    "村居": ("村", "社区", "居委会", "村委会"),
    "村": ("村", "村委会"),
    "处室": ("处", "室", "科"),
}


def is_collective(body: Text) -> bool:
    """Return whether a name means several bodies that each have to do it: ``各单位``, ``各专项指挥部``.

    Examples
    --------
    >>> is_collective(Text("各有关单位", "Bodies concerned")), is_collective(Text("县委", "County committee"))
    (True, False)
    """
    return body.zh.startswith("各")


def bodies_of(body: Text, register: Sequence[str]) -> tuple[str, ...]:
    """Return the registered units that a collective name means.

    A name that says no kind (``各单位``, ``各有关部门``) means every unit of the register; one that says a kind means
    the units whose name ends with it (``各专项指挥部``: ``交通秩序专项指挥部``). Nothing is found without a register.

    Examples
    --------
    >>> bodies_of(Text("各社区", ""), ["城东社区", "县城管局"]), len(bodies_of(Text("各单位", ""), ["甲局", "乙局"]))
    (('城东社区',), 2)
    """
    kind = body.zh.removeprefix("各")
    endings = _KINDS.get(kind)
    if endings is None:
        endings = () if any(kind.startswith(word) for word in _ANY) else (kind,)
    return tuple(unit for unit in register if not endings or unit.endswith(endings))


def matters_of_unit(matters: Iterable[Matter], unit: str, register: Sequence[str]) -> tuple[Matter, ...]:
    """Return the matters that a unit leads, by its name or as one of several bodies, and the phases of the work.

    Examples
    --------
    >>> each = Matter("A", Text("方案", "plan"), When(by=(6, 30)), (Text("各单位", "All bodies"),))
    >>> [own.code for own in matters_of_unit([each], "甲局", ["甲局"])], matters_of_unit([each], "丙局", ["甲局"])
    (['A'], ())
    """
    return tuple(
        matter
        for matter in matters
        if matter.phase or any(unit == body.zh or _means(body, unit, register) for body in matter.lead)
    )


def _means(body: Text, unit: str, register: Sequence[str]) -> bool:
    return is_collective(body) and unit in bodies_of(body, register)


# ------------------------------------------------------------------------------------------------------ occurrences


def occurrences(
    matters: Iterable[Matter],
    first: date,
    last: date,
    *,
    anchors: Anchors | None = None,
    register: Sequence[str] = (),
) -> tuple[Occurrence, ...]:
    """Return everything that falls due from one day to another, both included, in the order of the days.

    Parameters
    ----------
    matters : iterable of Matter
    first, last : date
        An occurrence belongs to the day on which it is due, so that those of following weeks add up.
    anchors : Anchors, optional
        What the source leaves open; a matter that needs what is not given has no occurrence, see :func:`undated`.
    register : sequence of str
        Names of units: a matter for each of several bodies has an occurrence for each of them. Without a register,
        or where no unit of the register is meant, the collective body stands as one.

    Notes
    -----
    Weeks are those of ISO 8601 and are due on Sunday; two months are January and February, March and April and so on;
    other periods are those of the calendar year and are due on their last day, or on day `by_day` of the period. What
    has no year falls due every year. School week 1 is the week in which the term starts.

    Examples
    --------
    >>> report = Matter("R", Text("月报", "report"), When(every="month", by_day=5), (Text("甲局", "A"),))
    >>> [(found.period, str(found.due)) for found in occurrences([report], date(2016, 8, 5), date(2016, 10, 4))]
    [('2016-08', '2016-08-05'), ('2016-09', '2016-09-05')]
    """
    held = tuple(matters)
    known = anchors or Anchors()
    found = [
        _parted(matter, slot, register)
        for matter in held
        for slot in _slots(matter, held, first, last, known)
        if first <= slot.due <= last
    ]
    places = {id(matter): place for place, matter in enumerate(held)}
    return tuple(
        sorted((each for some in found for each in some), key=lambda o: (o.due, o.opens, places[id(o.matter)]))
    )


def undated(matters: Iterable[Matter], anchors: Anchors | None = None) -> tuple[tuple[Matter, Text], ...]:
    """Return the matters that cannot be dated, each with what has to be given first.

    Examples
    --------
    >>> talk = Matter("T", Text("宣讲", "talk"), When(school_week=2))
    >>> undated([talk])[0][1].en, undated([talk], Anchors(school_term=date(2016, 9, 1)))
    ('the first day of the school term is not given', ())
    """
    held = tuple(matters)
    known = anchors or Anchors()
    found = ((matter, _wanted(matter, held, known)) for matter in held)
    return tuple((matter, want) for matter, want in found if want is not None)


def _wanted(matter: Matter, held: Sequence[Matter], anchors: Anchors) -> Text | None:
    when = matter.when
    if when.school_week is not None and anchors.school_term is None:
        return Text("未给出开学日期", "the first day of the school term is not given")
    if when.every == "term" and anchors.term is None:
        return Text("未给出届期起止日期", "the first and last day of the term are not given")
    if when.every == "three-years" and _anchor(matter, anchors) is None:
        return Text("未给出三年周期的起始年份", "the first of the three years is not given")
    if when.days is not None and _interval_start(matter, held, anchors) is None:
        return Text("未给出起算日期", "the first day is not given")
    return None


@dataclass(frozen=True)
class _Slot:
    """When a matter falls due once, for whoever it is."""

    period: str
    opens: date
    due: date
    takes: tuple[date, date]


def _parted(matter: Matter, slot: _Slot, register: Sequence[str]) -> Iterator[Occurrence]:
    """Yield a slot as occurrences: one of the leads together, one of each body where each of several has to do it."""
    several = [body for body in matter.lead if is_collective(body)]
    together = tuple(body for body in matter.lead if not is_collective(body))
    if together or not several:
        yield Occurrence(matter, together, slot.period, slot.opens, slot.due, slot.takes)
    meant = {body.zh: bodies_of(body, register) for body in several}
    for body in several:
        if not meant[body.zh]:
            yield Occurrence(matter, (body,), slot.period, slot.opens, slot.due, slot.takes)
    for unit in dict.fromkeys(unit for units in meant.values() for unit in units):
        yield Occurrence(matter, (Text(unit, unit),), slot.period, slot.opens, slot.due, slot.takes, each=True)


def _slots(matter: Matter, held: Sequence[Matter], first: date, last: date, anchors: Anchors) -> Iterator[_Slot]:
    """Yield the slots that may be due from one day to another, in order; some before and behind too."""
    when = matter.when
    if _wanted(matter, held, anchors) is not None:
        return
    if when.school_week is not None and anchors.school_term is not None:
        monday = _monday(anchors.school_term) + 7 * (when.school_week - 1) * _ONE
        yield _Slot(week_of(monday), monday, monday + 6 * _ONE, (_monday(anchors.school_term), date.max))
    elif when.days is not None:
        yield from _intervals(matter, held, last, anchors)
    elif when.every == "term" and anchors.term is not None:
        opens, ends = anchors.term
        yield _Slot(f"{opens.year}/{ends.year}", opens, ends, (opens, ends))
    elif when.every is not None:
        for label, opens, ends in _periods(when.every, first, last, _anchor(matter, anchors)):
            due = ends if when.by_day is None else min(opens + (when.by_day - 1) * _ONE, ends)
            yield _Slot(label, opens, due, (opens, ends))
    elif isinstance(when.by, date):
        since = when.since if isinstance(when.since, date) else date(when.by.year, 1, 1)
        yield _Slot(str(when.by.year), since, when.by, (date.min, date.max))
    elif when.by is not None:
        yield from _yearly(when.since, when.by, first, last)


def _yearly(since: Day | None, by: Day, first: date, last: date) -> Iterator[_Slot]:
    """Yield a day, or a span, of every year; a span that goes over new year belongs to the year in which it ends."""
    for year in range(first.year - 1, last.year + 2):
        due = _in_year(by, year)
        if since is None:
            yield _Slot(str(year), date(year, 1, 1), due, (date(year, 1, 1), date(year, 12, 31)))
            continue
        before = _in_year(since, year) > due
        opens = _in_year(since, year - before)
        yield _Slot(str(year), opens, due, (opens, _in_year(since, year + 1 - before) - _ONE))


def _in_year(day: Day, year: int) -> date:
    return day if isinstance(day, date) else date(year, *day)


def _periods(every: str, first: date, last: date, anchor: date | None) -> Iterator[tuple[str, date, date]]:
    """Yield the periods that end on one of the days from first to last, or run on the last: label, first, last day."""
    if every in ("day", "week"):
        length = 1 if every == "day" else 7
        opens = first if every == "day" else _monday(first)
        while opens <= last:
            yield (opens.isoformat() if every == "day" else week_of(opens)), opens, opens + (length - 1) * _ONE
            opens += length * _ONE
        return
    months = _MONTHS[every]
    opens = date(first.year, 1, 1)
    if every == "three-years":
        assert anchor is not None
        opens = date(anchor.year, 1, 1)  # nothing is due before the first of them
    while opens <= last:
        following = months_later(opens, months)
        if following > first:
            yield _LABELS[every](opens), opens, following - _ONE
        opens = following


_MONTHS: Mapping[str, int] = {
    "month": 1,
    "two-months": 2,
    "quarter": 3,
    "half-year": 6,
    "year": 12,
    "three-years": 36,
}
_LABELS: Mapping[str, Callable[[date], str]] = {
    "month": lambda opens: f"{opens:%Y-%m}",
    "two-months": lambda opens: f"{opens:%Y-%m}/{opens.month + 1:02d}",
    "quarter": lambda opens: f"{opens.year}-Q{opens.month // 3 + 1}",
    "half-year": lambda opens: f"{opens.year}-H{opens.month // 6 + 1}",
    "year": lambda opens: f"{opens.year}",
    "three-years": lambda opens: f"{opens.year}/{opens.year + 2}",
}


def _monday(day: date) -> date:
    return day - day.weekday() * _ONE


def _anchor(matter: Matter, anchors: Anchors) -> date | None:
    """Return the first day of a period without years of its own: as given, else the first time that it was done."""
    return anchors.starts.get(matter.code) or min(anchors.done.get(matter.code, ()), default=None)


# -------------------------------------------------------------------------------- what comes again after so many days


def _interval_start(matter: Matter, held: Sequence[Matter], anchors: Anchors) -> date | None:
    given = anchors.starts.get(matter.code)
    within = _phase_of(matter, held)
    if given is not None or within is None:
        return given or min(anchors.done.get(matter.code, ()), default=None)
    return within[0]


def _phase_of(matter: Matter, held: Sequence[Matter]) -> tuple[date, date] | None:
    """Return the days of the phase that stands in the same clause of the source."""
    for other in held:
        since, by = other.when.since, other.when.by
        if other.phase and other.clause == matter.clause and isinstance(since, date) and isinstance(by, date):
            return since, by
    return None


def _intervals(matter: Matter, held: Sequence[Matter], last: date, anchors: Anchors) -> Iterator[_Slot]:
    """Yield what comes again after so many days: the first on the first day, each further one from the last time done.

    What was not done is counted on from the day on which it was due.
    """
    low, high = matter.when.days or (1, 1)
    start = _interval_start(matter, held, anchors)
    assert start is not None
    within = _phase_of(matter, held)
    end = last if within is None else min(last, within[1])
    done = sorted({day for day in anchors.done.get(matter.code, ()) if day >= start})
    opens, due, since = start, start, start
    for day in done:
        yield _Slot(due.isoformat(), opens, due, (since, day))
        opens, due, since = day + low * _ONE, day + high * _ONE, day + _ONE
    while due <= end:
        yield _Slot(due.isoformat(), opens, due, (since, date.max))
        opens, due, since = due + low * _ONE, due + high * _ONE, due + _ONE


# ------------------------------------------------------------------------------------------------------------ phases


@dataclass(frozen=True)
class Phase:
    """A phase of the work from its first to its last day, both included."""

    matter: Matter
    first: date
    last: date


@dataclass(frozen=True)
class Stretch:
    """Days in a row that lie in no phase, or in several.

    Attributes
    ----------
    first, last : date
    phases : tuple of Phase
        Those that the days lie in, in the order of the source; empty for a gap.
    where : str
        'before' the first phase, 'between' phases, 'after' the last one, or 'overlap'.
    """

    first: date
    last: date
    phases: tuple[Phase, ...]
    where: str


def phases_in(matters: Iterable[Matter], year: int) -> tuple[Phase, ...]:
    """Return the phases of a plan with their days.

    Parameters
    ----------
    matters : iterable of Matter
    year : int
        Where the source gives no years, the year in which the phases end; one that goes over new year begins in the
        year before.

    Examples
    --------
    >>> spans = [When(since=(12, 1), by=(6, 30)), When(since=(6, 1), by=(11, 30)), When(since=(12, 1), by=(12, 31))]
    >>> plan = [Matter(str(n), Text("阶段", "phase"), span, phase=True) for n, span in enumerate(spans)]
    >>> [f"{phase.first} {phase.last}" for phase in phases_in(plan, 2010)]
    ['2009-12-01 2010-06-30', '2010-06-01 2010-11-30', '2010-12-01 2010-12-31']
    """
    found: list[Phase] = []
    for matter in matters:
        since, by = matter.when.since, matter.when.by
        if matter.phase and since is not None and by is not None:
            first = _in_year(since, year)
            last = _in_year(by, year)
            found.append(Phase(matter, first if first <= last else _in_year(since, year - 1), last))
    return tuple(found)


def gaps_and_overlaps(phases: Sequence[Phase], first: date, last: date) -> tuple[Stretch, ...]:
    """Return the days from one to another, both included, that lie in no phase or in several, as stretches in order.

    Examples
    --------
    >>> plan = [Phase(Matter("1", Text("一", "one"), When(), phase=True), date(2010, 5, 1), date(2010, 5, 30))]
    >>> [(str(s.first), str(s.last), s.where) for s in gaps_and_overlaps(plan, date(2010, 5, 20), date(2010, 5, 31))]
    [('2010-05-31', '2010-05-31', 'after')]
    """
    if first > last:
        return ()
    inside = [phase for phase in phases if phase.first <= last and phase.last >= first]
    cuts = {first, last + _ONE, *(p.first for p in inside), *(p.last + _ONE for p in inside)}
    edges = sorted(cut for cut in cuts if first <= cut <= last + _ONE)
    found: list[Stretch] = []
    for opens, following in pairwise(edges):
        held = tuple(phase for phase in inside if phase.first <= opens <= phase.last)
        if len(held) == 1:
            continue
        found.append(Stretch(opens, following - _ONE, held, "overlap" if held else _side(phases, opens)))
    return tuple(found)


def _side(phases: Sequence[Phase], day: date) -> str:
    if all(phase.first > day for phase in phases):
        return "before"
    return "after" if all(phase.last < day for phase in phases) else "between"
