"""Who may apply for a title, and when: the calendar of a title, what bars an application.

S000-4 commends and takes applications in odd years, until 30 June (that day is in time), and selects in even years.
S000-6 has a round every year, and leaves out communities of less than one year and those under demolition. Places
that lost a national title sit out the next round.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from evalsys.faults import Fault, InputFaults
from evalsys.language import Text
from evalsys.titles import APPLYING, HOLDING, Bar, Move, State, TimeLimit, histories

__all__ = ["Calendar", "Circumstances", "check_calendar", "may_apply"]

Date = datetime.date


@dataclass(frozen=True)
class Calendar:
    """When a title is applied for, selected and named.

    Attributes
    ----------
    clause : str
    every : int
        Years from one round to the next, at least 1.
    applied, selected, named : int or None
        Any year in which it is done (1 for odd years with every = 2); None for every year.
    until : (month, day) or None
        Last day for an application; the day itself is in time.
    renewed : bool
        Whether a holder may apply for the next term.
    skipped : int
        Rounds that a place sits out after its title was removed. The round of the year of removal is one of them only
        where its last day is known and had not passed.

    Examples
    --------
    >>> organs = Calendar("four", every=2, applied=1, selected=0, named=1, until=(6, 30))
    >>> organs.in_year("applied", 2027), organs.in_year("selected", 2027)
    (True, False)
    """

    clause: str
    every: int = 1
    applied: int | None = None
    selected: int | None = None
    named: int | None = None
    until: tuple[int, int] | None = None
    renewed: bool = True
    skipped: int = 0

    def in_year(self, step: str, year: int) -> bool:
        """Return whether a step ('applied', 'selected', 'named') is done in a year."""
        phase = {"applied": self.applied, "selected": self.selected, "named": self.named}.get(step)
        return phase is None or (year - phase) % self.every == 0

    def late(self, day: Date) -> bool:
        """Return whether a day comes after the last day for applications of its year."""
        return self.until is not None and (day.month, day.day) > self.until

    def rounds(self, after: Date, before: int) -> int:
        """Return how many rounds of application a removal on one day has missed before the round of a year."""
        open_yet = self.until is not None and not self.late(after)
        first = after.year if open_yet else after.year + 1
        return sum(self.in_year("applied", year) for year in range(first, before))


@dataclass(frozen=True)
class Circumstances:
    """What else decides whether a body may apply.

    Attributes
    ----------
    founded : date or None
        When it was set up.
    least_years : int
        How old it must be; on the day on which the years are full it may apply.
    demolition, excluded : bool
        Whether it is under demolition and rebuilding; of a kind that the title is not for.
    clause : str
    """

    founded: Date | None = None
    least_years: int = 0
    demolition: bool = False
    excluded: bool = False
    clause: str = ""


def may_apply(state: State, day: Date, calendar: Calendar, about: Circumstances | None = None) -> tuple[Bar, ...]:
    """Return every reason why a candidate may not apply on a day; none: it may.

    Parameters
    ----------
    state : State
        Where it stands on that day, in the running term.
    day : date
    calendar : Calendar
    about : Circumstances, optional

    Examples
    --------
    >>> organs = Calendar("four", every=2, applied=1, until=(6, 30))
    >>> [len(may_apply(State("A", "not_applied"), datetime.date(2027, *day), organs)) for day in ((6, 30), (7, 1))]
    [0, 1]
    """
    timely = _untimely(state, day, calendar)
    return (*(Bar(reason, calendar.clause) for reason in timely), *(_unfit(day, about) if about else ()))


def check_calendar(
    moves: Iterable[Move], calendar: Calendar, *, file: str = "moves", start: Mapping[str, str] | None = None
) -> list[Fault]:
    """Return a fault for each application, selection or naming outside the years and days laid down.

    A title that is restored is not named anew. Moves that are not possible are the matter of
    :func:`~evalsys.titles.check_moves`: with one of them nothing is said here.
    """
    try:
        found = histories(moves, file=file, start=start)
    except InputFaults:
        return []
    return [
        Fault("outside_season", file, state.row, "on", str(state.since), calendar.clause)
        for states in found.values()
        for before, state in pairwise(states)
        if state.since is not None and not (state.state == "named" and before.state in HOLDING)
        if not calendar.in_year(state.state, state.since.year)
        or (state.state == "applied" and calendar.late(state.since))
    ]


def _untimely(state: State, day: Date, calendar: Calendar) -> Iterable[Text]:
    if state.state in APPLYING:
        yield Text("已在申报之中", "an application is under way")
    if state.state in HOLDING and not calendar.renewed:
        yield Text("现有称号尚在有效期内，不再申报", "it holds the title and does not apply again")
    if state.removed_on is not None and calendar.rounds(state.removed_on, day.year) < calendar.skipped:
        yield Text(
            f"{_zh(state.removed_on)}被撤销称号，须停报{calendar.skipped}轮",
            f"its title was removed on {state.removed_on}: {_count(calendar.skipped, 'round')} must be sat out",
        )
    if not calendar.in_year("applied", day.year):
        yield Text(f"{day.year}年不受理申报", f"no applications are taken in {day.year}")
    elif calendar.until is not None and calendar.late(day):
        last = Date(day.year, *calendar.until)
        yield Text(f"申报逾期，{_zh(last)}已截止", f"late: applications were taken until {last}")


def _unfit(day: Date, about: Circumstances) -> Iterable[Bar]:
    for reason in _unfit_reasons(day, about):
        yield Bar(reason, about.clause)


def _unfit_reasons(day: Date, about: Circumstances) -> Iterable[Text]:
    years = about.least_years
    if about.excluded:
        yield Text("不属于参评范围", "the title is not for bodies of its kind")
    if about.demolition:
        yield Text("正在拆迁改造", "it is under demolition and rebuilding")
    if years and about.founded is None:
        yield Text("组建日期不明", "it is not known when it was set up")
    elif years and about.founded is not None:
        full = TimeLimit("", (), "", years=years).last_day(about.founded)
        if full is not None and day < full:
            yield Text(f"组建不满{years}年", f"it was set up less than {_count(years, 'year')} ago")


def _zh(day: Date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
