"""Responsibilities: key problems, the problem list, responsibility letters, frontage contracts; each on a given day.

Units and posts answer, never persons; contracts are counted by street, no trader is named and nobody is rated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.stated import PRINTED_IN, Check, Stated, share_check, stated_limit
from evalsys.tasks import Task, open_matters, task_list

if TYPE_CHECKING:
    from evalsys.assessment import Assessment

__all__ = [
    "LETTER_STATES",
    "PROBLEM_STATES",
    "SIX_FIELDS",
    "Contract",
    "Duties",
    "KeyProblem",
    "Letter",
    "LetterRow",
    "Problem",
    "ProblemRow",
    "StreetRow",
    "duties_on",
    "key_problems",
    "letter_checks",
    "letter_rows",
    "problem_checks",
    "problem_rows",
    "street_rows",
]

Date = datetime.date

#: The six fields that each listed problem needs (S000-7.3.21), by their columns.
SIX_FIELDS: Mapping[str, Text] = {
    "leader": Text("牵头领导岗位", "leading post"),
    "department": Text("牵头部门", "lead department"),
    "goal": Text("整改目标", "goal"),
    "unit": Text("责任单位", "responsible unit"),
    "handler": Text("经办岗位", "handling post"),
    "due": Text("完成时限", "deadline"),
}
#: How a listed problem stands at the end of a day.
PROBLEM_STATES: Mapping[str, Text] = {
    "open": Text("办理中", "open"),
    "overdue": Text("逾期未办结", "overdue"),
    "done": Text("按期办结", "done in time"),
    "late": Text("逾期办结", "done late"),
    "undated": Text("未定时限", "no deadline"),
    "done-undated": Text("已办结（未定时限）", "done (no deadline)"),
}
#: How a responsibility letter stands at the end of a day.
LETTER_STATES: Mapping[str, Text] = {
    "unsigned": Text("未签订", "not signed"),
    "signed": Text("已签订，待考核", "signed, review to come"),
    "reviewed": Text("按期考核", "reviewed in time"),
    "late": Text("逾期考核", "reviewed late"),
    "overdue": Text("逾期未考核", "review overdue"),
}
_KEY_ROWS = "S003.5."
_LIST_ROW, _TIME_ROW = "S000-7.3.21", "S000-7.3.22"
_SIGNED_ROW, _REVIEWED_ROW = "S000-7.1.1", "S000-7.1.8"
_CONTRACT_ROW = "S003.5.5"
_PROBLEM, _UNIT, _FRONTAGE = Text("项", "problems"), Text("家", "units"), Text("户", "frontages")


# ------------------------------------------------------------------------------------------------ key problems


@dataclass(frozen=True)
class KeyProblem:
    """One key problem: its standards, and who leads and who works with them.

    Attributes
    ----------
    code : str
        Of the indicator.
    name : Text
    tasks : tuple of Task
        Its standards, each with its rule.
    lead, support : tuple of str
        Bodies, each once; one that leads a standard stands in `lead` only.
    joint : tuple of str
        Codes of standards with several leads: which one answers is to be settled.
    open : mapping of code to int, or None
        Open findings of each standard; None where they are not given, or the instrument is not the assessment's own.
    """

    code: str
    name: Text
    tasks: tuple[Task, ...]
    lead: tuple[str, ...]
    support: tuple[str, ...]
    joint: tuple[str, ...]
    open: Mapping[str, int] | None

    @property
    def findings(self) -> int | None:
        """Open findings of all its standards."""
        return None if self.open is None else sum(self.open.values())


def key_problems(instrument: Instrument, open_by_standard: Mapping[str, int] | None = None) -> tuple[KeyProblem, ...]:
    """Return the key problems of an instrument: the indicators that hold the standards of S003.5.

    Parameters
    ----------
    instrument : Instrument
    open_by_standard : mapping of code to int, optional
        Open findings; None where the findings are those of another instrument.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> found = key_problems(load_instrument("lincheng-county-2019"))
    >>> len(found), found[0].name.zh, found[0].lead, found[0].joint
    (8, '社区小区整治提升', ('县住建局', '临城镇'), ('5.1', '5.2', '5.12'))
    """
    tasks = {task.code: task for task in task_list(instrument) if task.code}
    joint = {task.code for task in open_matters(tasks.values()).several_leads}
    groups: dict[int, list[Task]] = {}
    for code, node in instrument.standards.items():
        if tasks[code].source.get("row", "").startswith(_KEY_ROWS):
            groups.setdefault(node.parent, []).append(tasks[code])
    found = []
    for place, own in groups.items():
        lead = tuple(dict.fromkeys(unit for task in own for unit in task.lead))
        support = tuple(dict.fromkeys(unit for task in own for unit in task.support if unit not in lead))
        codes = [str(task.code) for task in own]
        found.append(
            KeyProblem(
                code=instrument.nodes[place].code,
                name=instrument.nodes[place].name,
                tasks=tuple(own),
                lead=lead,
                support=support,
                joint=tuple(code for code in codes if code in joint),
                open=None if open_by_standard is None else {code: open_by_standard.get(code, 0) for code in codes},
            )
        )
    return tuple(found)


def _key_problems_of(
    instruments: Sequence[Instrument], open_by_standard: Mapping[str, int] | None
) -> tuple[tuple[KeyProblem, ...], Instrument]:
    """Return them from the first instrument that has them: the assessment's own, the rules', that of the source."""
    from evalsys.instrument_file import load_instrument

    for place, instrument in enumerate(instruments):
        found = key_problems(instrument, open_by_standard if place == 0 else None)
        if found:
            return found, instrument
    instrument = load_instrument(PRINTED_IN["S003."])
    return key_problems(instrument), instrument


# ------------------------------------------------------------------------------------------------ problem list


@dataclass(frozen=True)
class Problem:
    """A listed problem, as its row has it; an empty text or None is not put down."""

    problem_id: str
    what: str
    found_on: Date | None = None
    leader: str = ""
    department: str = ""
    goal: str = ""
    unit: str = ""
    handler: str = ""
    due: Date | None = None
    progress: str = ""
    done_on: Date | None = None
    note: str = ""


@dataclass(frozen=True)
class ProblemRow:
    """A listed problem at the end of a day.

    Attributes
    ----------
    lacks : tuple of str
        Keys of :data:`SIX_FIELDS` that are empty.
    state : str
        A key of :data:`PROBLEM_STATES`.
    days : int
        Days past the deadline, 0 where none.
    """

    problem: Problem
    lacks: tuple[str, ...]
    state: str
    days: int


def problem_rows(problems: Iterable[Problem], day: Date) -> tuple[ProblemRow, ...]:
    """Return how each listed problem stands at the end of a day; what was found later is left out.

    A deadline holds to its end: what is done on the day is done in time.

    Examples
    --------
    >>> one = Problem("1", "路面破损", due=Date(2026, 6, 30))
    >>> [problem_rows([one], Date(2026, 6, 30) + datetime.timedelta(days=n))[0].state for n in (0, 1)]
    ['open', 'overdue']
    """
    return tuple(_problem_row(own, day) for own in problems if own.found_on is None or own.found_on <= day)


def _problem_row(problem: Problem, day: Date) -> ProblemRow:
    lacks = tuple(name for name in SIX_FIELDS if not getattr(problem, name))
    done = problem.done_on if problem.done_on is not None and problem.done_on <= day else None
    if problem.due is None:
        return ProblemRow(problem, lacks, "undated" if done is None else "done-undated", 0)
    days = max(((done or day) - problem.due).days, 0)
    states = ("open", "overdue") if done is None else ("done", "late")
    return ProblemRow(problem, lacks, states[days > 0], days)


def problem_checks(rows: Sequence[ProblemRow], instruments: Sequence[Instrument] = ()) -> tuple[Check, ...]:
    """Check the list: problems with all six fields; of those that are done or due, those done in time."""
    if not rows:
        return ()
    complete = sum(not row.lacks for row in rows)
    settled = [row for row in rows if row.state in ("done", "late", "overdue")]
    in_time = sum(row.state == "done" for row in settled)
    said = Text("已办结和已到期的计入；未定时限的不计", "those done or past their deadline; without a deadline none")
    six, time = (stated_limit(row, instruments) for row in (_LIST_ROW, _TIME_ROW))
    return (
        share_check("complete", "", "", None, complete, len(rows), six, _PROBLEM),
        share_check("in-time", "", "", None, in_time, len(settled), time, _PROBLEM, said),
    )


# -------------------------------------------------------------------------------------- responsibility letters


@dataclass(frozen=True)
class Letter:
    """A responsibility letter of a unit for a year."""

    unit: str
    year: int
    signed_on: Date | None = None
    reviewed_on: Date | None = None
    note: str = ""


@dataclass(frozen=True)
class LetterRow:
    """The letter of a unit for a year at the end of a day.

    Attributes
    ----------
    signed_on, reviewed_on : date or None
        None also for what is later than the day.
    last : date
        Last day for the review.
    state : str
        A key of :data:`LETTER_STATES`.
    on_record : bool
        Whether the table has a row for it.
    """

    unit: str
    year: int
    signed_on: Date | None
    reviewed_on: Date | None
    last: Date
    state: str
    on_record: bool


def letter_rows(
    letters: Iterable[Letter], units: Sequence[str], day: Date, last: tuple[int, int]
) -> tuple[LetterRow, ...]:
    """Return the letter of every unit for every year on record up to a day, units without one too.

    Parameters
    ----------
    letters : iterable of Letter
    units : sequence of str
        Those that have to sign; the units of the letters where it is empty.
    day : date
        What is later is not visible.
    last : (int, int)
        Month and day of the year by which the review is done; on that day it is in time.

    Examples
    --------
    >>> own = Letter("甲局", 2026, Date(2026, 1, 8), Date(2027, 1, 1))
    >>> rows = letter_rows([own], ["甲局", "乙局"], Date(2027, 1, 5), (12, 31))
    >>> [(row.unit, row.state) for row in rows if row.year == 2026]
    [('甲局', 'late'), ('乙局', 'unsigned')]
    """
    held = {(own.unit, own.year): own for own in letters}
    visible = {year for (_, year), own in held.items() if year <= day.year or _until(own.signed_on, day)}
    if not held:
        return ()
    visible.add(day.year)
    names = tuple(units) or tuple(dict.fromkeys(unit for unit, _ in held))
    return tuple(
        _letter_row(held.get((unit, year)), unit, year, day, Date(year, *last))
        for year in sorted(visible)
        for unit in names
    )


def _letter_row(letter: Letter | None, unit: str, year: int, day: Date, last: Date) -> LetterRow:
    signed = None if letter is None else _until(letter.signed_on, day)
    reviewed = None if letter is None else _until(letter.reviewed_on, day)
    if signed is None:
        state = "unsigned"
    elif reviewed is not None:
        state = "late" if reviewed > last else "reviewed"
    else:
        state = "overdue" if day > last else "signed"
    return LetterRow(unit, year, signed, reviewed, last, state, letter is not None)


def _until(own: Date | None, day: Date) -> Date | None:
    return own if own is not None and own <= day else None


def letter_checks(rows: Sequence[LetterRow], day: Date, instruments: Sequence[Instrument] = ()) -> tuple[Check, ...]:
    """Check each year: units that signed, and units reviewed in time; the review only once its last day is over."""
    found = []
    signing, reviewing = (stated_limit(row, instruments) for row in (_SIGNED_ROW, _REVIEWED_ROW))
    for year in dict.fromkeys(row.year for row in rows):
        own = [row for row in rows if row.year == year]
        name, signed = f"{year}", sum(row.signed_on is not None for row in own)
        found.append(share_check("signed", name, name, None, signed, len(own), signing, _UNIT))
        in_time, last = sum(row.state == "reviewed" for row in own), own[0].last
        if day > last or in_time == len(own):
            found.append(share_check("reviewed", name, name, None, in_time, len(own), reviewing, _UNIT))
    return tuple(found)


def _review_by(stated: Stated) -> tuple[int, int]:
    """Return month and day by which the review is done; a source that gives a full date means it every year."""
    by = None if stated.due is None else stated.due.by
    if by is None:
        raise LookupError(stated.row)
    return (by.month, by.day) if isinstance(by, Date) else by


# ------------------------------------------------------------------------------------------ frontage contracts


@dataclass(frozen=True)
class Contract:
    """The frontage contracts of one street, in numbers: kept are those that a check found kept."""

    street: str
    area: str | None
    frontages: int
    signed: int
    checked: int | None = None
    kept: int | None = None
    note: str = ""


@dataclass(frozen=True)
class StreetRow:
    """A street, or all of them (the street is empty).

    Attributes
    ----------
    signing : Check
        Signed of frontages.
    kept : Fraction or None
        Kept of those checked, 0..1; None where none was checked. No source gives it a limit.
    not_kept : int
        Checked and not kept.
    """

    contract: Contract
    signing: Check
    kept: Fraction | None
    not_kept: int

    @property
    def below(self) -> bool:
        """Whether not all have signed, or not all that were checked are kept."""
        return self.signing.passes is False or self.not_kept > 0


def street_rows(contracts: Sequence[Contract], stated: Stated) -> tuple[StreetRow, ...]:
    """Return each street with its shares, the lowest share signed first; then all of them together.

    Examples
    --------
    >>> rows = street_rows([Contract("东街", None, 40, 39, 20, 18)], stated_limit("S003.5.5"))
    >>> rows[0].signing.short, rows[0].kept, len(rows)
    (Fraction(1, 1), Fraction(9, 10), 2)
    """
    if not contracts:
        return ()
    rows = sorted((_street_row(own, stated) for own in contracts), key=lambda row: row.signing.value or 0)
    whole = Contract(
        street="",
        area=None,
        frontages=sum(own.frontages for own in contracts),
        signed=sum(own.signed for own in contracts),
        checked=sum(own.checked or 0 for own in contracts),
        kept=sum(own.kept or 0 for own in contracts),
    )
    return (*rows, _street_row(whole, stated))


def _street_row(own: Contract, stated: Stated) -> StreetRow:
    signing = share_check("contracts", own.street, own.street, own.area, own.signed, own.frontages, stated, _FRONTAGE)
    checked, kept = own.checked or 0, own.kept or 0
    return StreetRow(own, signing, Fraction(kept, checked) if checked else None, checked - kept)


# --------------------------------------------------------------------------------------------- all on one day


@dataclass(frozen=True)
class Duties:
    """The responsibilities of an assessment at the end of a day.

    Attributes
    ----------
    day : date
    key_problems : tuple of KeyProblem
    key_instrument : Instrument
        The one they come from.
    problems : tuple of ProblemRow
    letters : tuple of LetterRow
    streets : tuple of StreetRow
        The last is all of them.
    checks : tuple of Check
        Of the problem list and of the letters.
    """

    day: Date
    key_problems: tuple[KeyProblem, ...]
    key_instrument: Instrument
    problems: tuple[ProblemRow, ...]
    letters: tuple[LetterRow, ...]
    streets: tuple[StreetRow, ...]
    checks: tuple[Check, ...]


def duties_on(assessment: Assessment, day: Date, open_by_standard: Mapping[str, int] | None = None) -> Duties:
    """Return the responsibilities of an assessment at the end of a day.

    Parameters
    ----------
    assessment : Assessment
    day : date
        What is later is not visible.
    open_by_standard : mapping of code to int, optional
        Open findings on that day, by standard of the assessment's own instrument.
    """
    from evalsys.cells import plain_rows

    tables, instruments = assessment.ledgers, (assessment.instrument, assessment.rules.instrument)
    found, source = _key_problems_of(instruments, open_by_standard)
    problems = problem_rows((Problem(**row) for row in plain_rows(tables["problems"])), day)
    last = _review_by(stated_limit(_REVIEWED_ROW, instruments))
    letters = letter_rows((Letter(**row) for row in plain_rows(tables["letters"])), assessment.units, day, last)
    contracts = [Contract(**row) for row in plain_rows(tables["contracts"])]
    return Duties(
        day=day,
        key_problems=found,
        key_instrument=source,
        problems=problems,
        letters=letters,
        streets=street_rows(contracts, stated_limit(_CONTRACT_ROW, instruments)),
        checks=(*problem_checks(problems, instruments), *letter_checks(letters, day, instruments)),
    )
