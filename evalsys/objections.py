"""Public notice: objections raised and answered, and what keeps a candidate from being named.

An objection counts from the first to the last day of a notice, both included. Nobody is named while a notice runs, an
objection is unanswered, or one was upheld.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalsys.faults import Fault, nearest
from evalsys.language import Text
from evalsys.titles import APPLYING, HOLDING, STATES, Bar, Move, State, check_moves, histories

__all__ = [
    "OUTCOMES",
    "Notice",
    "Objection",
    "check_naming",
    "check_objections",
    "naming_barred",
    "open_objections",
]

Date = datetime.date

OUTCOMES: Mapping[str, Text] = {"upheld": Text("属实", "upheld"), "dismissed": Text("不属实", "not upheld")}


@dataclass(frozen=True)
class Notice:
    """A public notice of a candidate: its first and last day, and the clause that asks for it; `row` of the table."""

    candidate: str
    first: Date
    last: Date
    clause: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Objection:
    """An objection to a candidate during its public notice.

    Attributes
    ----------
    number : str
        Its number in the register.
    candidate : str
    raised_on : date
    matter : str
        What it says; never who raised it.
    answered_on : date or None
    outcome : {'upheld', 'dismissed', None}
        None until it is answered.
    answer : str
    row : int or None
        Of the table.
    """

    number: str
    candidate: str
    raised_on: Date
    matter: str
    answered_on: Date | None = None
    outcome: str | None = None
    answer: str = ""
    row: int | None = None


def check_objections(
    objections: Iterable[Objection],
    notices: Iterable[Notice],
    *,
    file: str = "objections",
    notice_file: str = "notices",
) -> list[Fault]:
    """Return every fault of a register of objections and of the notices they belong to.

    Examples
    --------
    >>> notice = Notice("A", datetime.date(2027, 5, 10), datetime.date(2027, 5, 16))
    >>> late = Objection("1", "A", datetime.date(2027, 5, 17), "the hall was closed", outcome="upheld")
    >>> [(fault.problem, fault.column) for fault in check_objections([late], [notice])]
    [('outside_notice', 'raised_on'), ('empty_value', 'answered_on'), ('empty_value', 'answer')]
    """
    notices = list(notices)
    faults = [
        Fault("date_order", notice_file, notice.row, "last", str(notice.last), f">= {notice.first}")
        for notice in notices
        if notice.last < notice.first
    ]
    seen: set[str] = set()
    for objection in objections:
        if objection.number in seen:
            faults.append(Fault("duplicate_id", file, objection.row, "number", objection.number))
        seen.add(objection.number)
        faults += _times(objection, notices, file)
        faults += _answer(objection, file)
    return faults


def _times(objection: Objection, notices: Sequence[Notice], file: str) -> Iterable[Fault]:
    mine = [notice for notice in notices if notice.candidate == objection.candidate]
    raised = objection.raised_on
    if not mine:
        known = list(dict.fromkeys(notice.candidate for notice in notices))
        near = nearest(objection.candidate, known)
        yield Fault("no_notice", file, objection.row, "candidate", objection.candidate, ", ".join(known[:9]), near)
    elif not any(notice.first <= raised <= notice.last for notice in mine):
        allowed = ", ".join(f"{notice.first} – {notice.last}" for notice in mine)
        yield Fault("outside_notice", file, objection.row, "raised_on", str(raised), allowed)
    if objection.answered_on is not None and objection.answered_on < raised:
        yield Fault("date_order", file, objection.row, "answered_on", str(objection.answered_on), f">= {raised}")


def _answer(objection: Objection, file: str) -> Iterable[Fault]:
    for column in ("number", "candidate", "matter"):
        if not getattr(objection, column).strip():
            yield Fault("empty_value", file, objection.row, column)
    if objection.outcome is not None and objection.outcome not in OUTCOMES:
        yield Fault("bad_value", file, objection.row, "outcome", objection.outcome, ", ".join(OUTCOMES))
    # an answer has a day, an outcome and a text, or it is none
    parts = {
        "answered_on": objection.answered_on is not None,
        "outcome": objection.outcome is not None,
        "answer": bool(objection.answer.strip()),
    }
    if any(parts.values()):
        yield from (Fault("empty_value", file, objection.row, column) for column, given in parts.items() if not given)


def open_objections(objections: Iterable[Objection], day: Date | None = None) -> tuple[Objection, ...]:
    """Return the objections that are unanswered: at the end of a day, or as the register stands."""
    return tuple(
        objection
        for objection in objections
        if (day is None or objection.raised_on <= day)
        if objection.answered_on is None or (day is not None and objection.answered_on > day)
    )


def naming_barred(
    state: State, day: Date, objections: Iterable[Objection] = (), notices: Iterable[Notice] = ()
) -> tuple[Bar, ...]:
    """Return every reason why a candidate cannot be named on a day; none: it can.

    Only the notices and objections since the application of `state` count.

    Parameters
    ----------
    state : State
        Where it stands on that day, before it is named.
    day : date
    objections, notices : iterable
        Of all candidates.

    Examples
    --------
    >>> chosen = State("A", "selected", passed=frozenset({"applied", "publicised", "selected"}))
    >>> objection = Objection("7", "A", datetime.date(2027, 5, 12), "the hall was closed")
    >>> naming_barred(chosen, datetime.date(2027, 6, 1), [objection])[0].reason.say("en")
    'objection 7 of 2027-05-12 is unanswered'
    """
    if state.state not in APPLYING:
        said = STATES[state.state]
        held = state.state in HOLDING
        return (Bar(Text(f"现为{said.zh}，无从命名", f"it {'holds the title' if held else 'has not applied'}")),)
    lacking = [Bar(reason) for step, reason in _STEPS.items() if step not in state.passed]
    return (*lacking, *(bar for _, _, bar in _obstacles(state, day, objections, notices)))


_STEPS = {
    "publicised": Text("尚未公示", "there was no public notice"),
    "selected": Text("尚未入选", "it is not selected"),
}


def _obstacles(
    state: State, day: Date, objections: Iterable[Objection], notices: Iterable[Notice]
) -> Iterable[tuple[str, str, Bar]]:
    """Yield what stands against naming: the problem as a fault, what it is about, and the reason in words."""
    since = state.applied_on or Date.min
    for notice in notices:
        if notice.candidate == state.candidate and since <= notice.last and notice.first <= day <= notice.last:
            reason = Text(f"公示至{_zh(notice.last)}，尚未期满", f"the notice runs until {notice.last}")
            yield "notice_running", str(notice.last), Bar(reason, notice.clause)
    for objection in objections:
        if objection.candidate != state.candidate or not since <= objection.raised_on <= day:
            continue
        zh = f"{_zh(objection.raised_on)}第{objection.number}号异议"
        en = f"objection {objection.number} of {objection.raised_on}"
        if open_objections([objection], day):
            yield "objection_open", objection.number, Bar(Text(f"{zh}尚未答复", f"{en} is unanswered"))
        elif objection.outcome != "dismissed":
            yield "objection_upheld", objection.number, Bar(Text(f"{zh}经核查属实", f"{en} was upheld"))


def check_naming(
    moves: Iterable[Move],
    objections: Iterable[Objection],
    notices: Iterable[Notice],
    *,
    file: str = "moves",
    start: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Return a fault for each naming while a notice runs, or an objection is unanswered or upheld.

    Moves that are not possible are the matter of :func:`~evalsys.titles.check_moves`: with one of them nothing is
    said here.
    """
    moves, objections, notices = list(moves), list(objections), list(notices)
    if check_moves(moves, file=file, start=start):
        return []
    faults = []
    for states in histories(moves, file=file, start=start).values():
        for before, state in pairwise(states):
            if state.state == "named" and before.state in APPLYING and state.since is not None:
                for problem, value, _ in _obstacles(before, state.since, objections, notices):
                    faults.append(Fault(problem, file, state.row, "to", value))
    return faults


def _zh(day: Date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
