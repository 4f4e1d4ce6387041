"""The life cycle of a title: which moves are possible, where each candidate stands, and what is due on a day.

One life cycle serves all sources. They differ in when the public notice comes: S000-4 posts the applicants before they
are reviewed, S000-6 posts the intention at the start of the year and the nominees before naming, cities are posted
once they are chosen. So notice and selection may come in either order, and twice; what holds for all is that nobody
is named without both since the application (:func:`check_moves`). In S000-6 the application begins with the
intention raised at the start of the year.

Moves of one table are those of one title in one term. A holder who applies for the next term does so in the table of
that term; :func:`~evalsys.applications.may_apply` says whether.

A move is what a person decided. The module proposes (:func:`proposals`), it never moves by itself. Periods run as the
Civil Code has it (articles 201 and 202): the first day does not count, and a period of months or years ends on the same
day of its last month, or on the last of that month. Holidays are not looked at.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import Text
from evalsys.when import months_later

__all__ = [
    "APPLYING",
    "HOLDING",
    "MOVES",
    "STATES",
    "Bar",
    "Move",
    "Proposal",
    "State",
    "TimeLimit",
    "check_moves",
    "histories",
    "next_states",
    "proposals",
    "state_after",
    "state_on",
    "states_on",
]

Date = datetime.date

STATES: Mapping[str, Text] = {
    "not_applied": Text("未申报", "not applied"),
    "applied": Text("已申报", "applied"),
    "publicised": Text("公示", "on public notice"),
    "selected": Text("入选", "selected"),
    "named": Text("已命名", "named"),
    "warned": Text("警告", "warned"),
    "rectifying": Text("限期整改", "rectifying"),
    "suspended": Text("停牌", "suspended"),
    "removed": Text("已撤销", "removed"),
    "expired": Text("届满失效", "expired"),
}
#: The states of an application that is under way, and those in which the title is held.
APPLYING = ("applied", "publicised", "selected")
HOLDING = ("named", "warned", "rectifying", "suspended")

#: Every move that is possible, and what it is.
MOVES: Mapping[tuple[str, str], Text] = {
    ("not_applied", "applied"): Text("申报", "applies"),
    ("applied", "publicised"): Text("公示申报名单", "the applicants are put on public notice"),
    ("applied", "selected"): Text("评选入选", "is selected"),
    ("publicised", "selected"): Text("公示后评选入选", "is selected after the notice"),
    ("selected", "publicised"): Text("公示拟命名名单", "those selected are put on public notice"),
    ("selected", "named"): Text("命名", "is named"),
    ("publicised", "named"): Text("公示期满命名", "is named once the notice is over"),
    **{
        (state, "not_applied"): Text(
            "申报终止（撤回、不予受理、未入选、异议成立或一票否决）",
            "the application ends: withdrawn, refused, not selected, an objection upheld, or a veto",
        )
        for state in APPLYING
    },
    ("named", "warned"): Text("批评警告", "is criticised and warned"),
    ("named", "rectifying"): Text("责令限期整改", "must rectify within a time limit"),
    ("warned", "rectifying"): Text("警告后责令限期整改", "must rectify within a time limit after the warning"),
    ("warned", "named"): Text("解除警告", "the warning is lifted"),
    ("rectifying", "named"): Text("整改合格", "has rectified"),
    ("suspended", "named"): Text("恢复称号（复牌）", "the title is restored"),
    **{(state, "suspended"): Text("停牌", "the title is suspended") for state in HOLDING if state != "suspended"},
    **{(state, "removed"): Text("撤销称号（摘牌）", "the title is removed") for state in HOLDING},
    **{(state, "expired"): Text("任期届满，称号失效", "the term is over, the title lapses") for state in HOLDING},
    ("removed", "not_applied"): Text("不得申报的期限届满", "the bar after the removal is over"),
    ("expired", "not_applied"): Text("转入新一轮申报", "a new round opens"),
}

#: Where an event or a score of the instrument's actions leads an applicant, and a holder.
_AFTER = {
    "criticise": (None, "warned"),
    "stop_nomination": ("not_applied", None),
    "suspend": (None, "suspended"),
    "revoke": ("not_applied", "removed"),
    "veto": ("not_applied", "removed"),
}


# ---------------------------------------------------------------------------------------------------- moves


@dataclass(frozen=True)
class Bar:
    """Why something may not be, and by which clause."""

    reason: Text
    clause: str = ""


@dataclass(frozen=True)
class Move:
    """One move that a person decided: to which state, from which day, why, and by which clause; `row` of the table."""

    candidate: str
    to: str
    on: Date
    reason: str
    clause: str
    row: int | None = None


@dataclass(frozen=True)
class State:
    """Where a candidate stands.

    Attributes
    ----------
    state : str
        A key of :data:`STATES`.
    since : date or None
        First day in it; None where the table starts with it.
    reason, clause, row
        Of the move that led to it; empty at the start.
    passed : frozenset of str
        Steps passed since the application: what naming rests on.
    applied_on, named_on, removed_on : date or None
        Day of the last application; of naming (a title restored keeps it); of the last removal.
    """

    candidate: str
    state: str
    since: Date | None = None
    reason: str = ""
    clause: str = ""
    row: int | None = None
    passed: frozenset[str] = frozenset()
    applied_on: Date | None = None
    named_on: Date | None = None
    removed_on: Date | None = None


def next_states(state: State) -> tuple[str, ...]:
    """Return the states that can follow, in the order of :data:`STATES`.

    Examples
    --------
    >>> next_states(State("A", "selected", passed=frozenset({"applied", "selected"})))
    ('not_applied', 'publicised')
    >>> next_states(State("A", "suspended"))
    ('named', 'removed', 'expired')
    """
    return tuple(to for to in STATES if (state.state, to) in MOVES and not (to == "named" and _lacking(state)))


def state_after(action: str, state: str) -> str | None:
    """Return where an action of the instrument leads from a state, None where it changes nothing.

    A veto ends an application and removes a title at once, whatever the score.

    Parameters
    ----------
    action : {'criticise', 'stop_nomination', 'suspend', 'revoke', 'veto'}
    state : str
        A key of :data:`STATES`.

    Examples
    --------
    >>> state_after("veto", "named"), state_after("veto", "selected"), state_after("suspend", "applied")
    ('removed', 'not_applied', None)
    """
    applicant, holder = _AFTER[action]
    to = applicant if state in APPLYING else holder if state in HOLDING else None
    return to if to is not None and (state, to) in MOVES else None


def check_moves(moves: Iterable[Move], *, file: str = "moves", start: Mapping[str, str] | None = None) -> list[Fault]:
    """Return every fault of a table of moves; the rows of a candidate stand in the order of their days.

    Parameters
    ----------
    moves : iterable of Move
    file : str
        Name of the table in the faults.
    start : mapping, optional
        Where a candidate stood before the table; not applied where nothing is said. What comes before in the order
        applied, notice, selected counts as done.

    Examples
    --------
    >>> late = Move("A", "named", datetime.date(2027, 9, 1), "", "four", 7)
    >>> [fault.problem for fault in check_moves([late])]
    ['empty_value', 'illegal_move']
    """
    faults = [
        Fault("unknown_name", file, column="start", value=state, allowed=", ".join(STATES))
        for state in (start or {}).values()
        if state not in STATES
    ]
    for mine in _by_candidate(moves).values():
        faults += _check_one(mine, file, _start(mine[0].candidate, start or {}))
    return faults


def histories(
    moves: Iterable[Move], *, file: str = "moves", start: Mapping[str, str] | None = None
) -> dict[str, tuple[State, ...]]:
    """Return the states that each candidate has gone through, the one of the start first.

    Raises
    ------
    InputFaults
        Where :func:`check_moves` finds a fault: a history has legal moves only.
    """
    moves = list(moves)
    if faults := check_moves(moves, file=file, start=start):
        raise InputFaults(faults)
    found = {}
    by_candidate = _by_candidate(moves)
    for name in dict.fromkeys([*(start or {}), *by_candidate]):
        states = [_start(name, start or {})]
        for move in by_candidate.get(name, ()):
            states.append(_moved(states[-1], move))
        found[name] = tuple(states)
    return found


def state_on(moves: Iterable[Move], candidate: str, day: Date, *, start: Mapping[str, str] | None = None) -> State:
    """Return where a candidate stands at the end of a day.

    Raises
    ------
    InputFaults
        Where a move of this candidate is not possible.

    Examples
    --------
    >>> move = Move("A", "applied", datetime.date(2027, 6, 30), "written application", "four")
    >>> [state_on([move], "A", datetime.date(2027, 6, day)).state for day in (29, 30)]
    ['not_applied', 'applied']
    """
    mine = [move for move in moves if move.candidate == candidate]
    first = {candidate: start[candidate]} if start and candidate in start else {candidate: "not_applied"}
    return _last(histories(mine, start=first)[candidate], day)


def states_on(found: Mapping[str, Sequence[State]], day: Date) -> dict[str, State]:
    """Return where every candidate stands at the end of a day, of what :func:`histories` returns."""
    return {candidate: _last(states, day) for candidate, states in found.items()}


def _last(states: Sequence[State], day: Date) -> State:
    return [state for state in states if state.since is None or state.since <= day][-1]


def _by_candidate(moves: Iterable[Move]) -> dict[str, list[Move]]:
    found: dict[str, list[Move]] = {}
    for move in moves:
        found.setdefault(move.candidate, []).append(move)
    return found


def _start(candidate: str, start: Mapping[str, str]) -> State:
    state = start.get(candidate, "not_applied")
    passed = APPLYING[: APPLYING.index(state) + 1] if state in APPLYING else ()
    return State(candidate, state, passed=frozenset(passed))


def _moved(state: State, move: Move) -> State:
    """Return the state after a move, known or not, legal or not."""
    found = replace(
        state, state=move.to, since=move.on, reason=move.reason, clause=move.clause, row=move.row,
        passed=state.passed | {move.to},
    )  # fmt: skip
    if move.to == "applied":
        return replace(found, passed=frozenset({"applied"}), applied_on=move.on, named_on=None)
    if move.to == "named" and state.state not in HOLDING:
        return replace(found, named_on=move.on)
    if move.to == "removed":
        return replace(found, removed_on=move.on)
    return found


def _lacking(state: State) -> tuple[str, ...]:
    """Return the steps that an application lacks before it can lead to a name."""
    return tuple(s for s in APPLYING[1:] if s not in state.passed) if state.state in APPLYING else ()


def _check_one(moves: Sequence[Move], file: str, state: State) -> list[Fault]:
    faults = []
    today: list[State] = [state]  # as the day began, then after each of its moves
    for move in moves:
        for column in ("reason", "clause"):
            if not getattr(move, column).strip():
                faults.append(Fault("empty_value", file, move.row, column))
        if move.to not in STATES:
            allowed, near = ", ".join(next_states(state)), nearest(move.to, STATES)
            faults.append(Fault("unknown_name", file, move.row, "to", move.to, allowed, near))
            continue
        if state.since is not None and move.on < state.since:
            faults.append(Fault("date_order", file, move.row, "on", str(move.on), f">= {state.since}"))
        if move.on != state.since:
            today = [state]
        if problem := _problem(today, move.to):
            faults.append(Fault(problem, file, move.row, "to", move.to, ", ".join(next_states(state))))
        state = _moved(state, move)
        today.append(state)
    return faults


def _problem(today: Sequence[State], to: str) -> str:
    """Return why a move is not possible after those of the same day, empty where it is."""
    possible = to in next_states(today[-1])
    if len(today) > 1:
        back = to in {state.state for state in today}
        either_or = not possible and to in next_states(today[0])
        if back or either_or:
            return "moves_contradict"
    return "" if possible else "illegal_move"


# ----------------------------------------------------------------------------------------- periods and proposals


@dataclass(frozen=True)
class TimeLimit:
    """How long a state may last, and what a person then decides.

    Attributes
    ----------
    state : str
        'named' is the term: it runs from naming on, whatever happens to the title meanwhile.
    then : tuple of str
        The states proposed once it is over, the usual one first.
    clause : str
    years, months, days : int
        Added up; all 0 where the source gives no limit (a person then sets the day).

    Examples
    --------
    >>> TimeLimit("named", ("expired",), "four", years=2).last_day(datetime.date(2028, 2, 29)).isoformat()
    '2030-02-28'
    """

    state: str
    then: tuple[str, ...]
    clause: str
    years: int = 0
    months: int = 0
    days: int = 0

    def last_day(self, since: Date) -> Date | None:
        """Return the last day of the period, None where the source gives no limit."""
        if not (self.years or self.months or self.days):
            return None
        return months_later(since, 12 * self.years + self.months) + datetime.timedelta(days=self.days)


@dataclass(frozen=True)
class Proposal:
    """What a person is to decide: `to` are the states to choose from, the usual one first.

    `last_day` is the last day of the period that is over; None where the day is not known, or the source gives no
    limit, so that a person has to set it.
    """

    candidate: str
    state: str
    since: Date | None
    last_day: Date | None
    to: tuple[str, ...]
    clause: str


def proposals(found: Mapping[str, Sequence[State]], day: Date, limits: Sequence[TimeLimit]) -> tuple[Proposal, ...]:
    """Return what is due on a day, in the order of the candidates: expiry, the end of a suspension or rectification.

    Nothing moves by itself: a person confirms. A title whose term is over is proposed to expire and nothing else.
    A period is over on the day after its last day.

    Parameters
    ----------
    found : mapping of str to states
        As :func:`histories` returns it.
    day : date
    limits : sequence of TimeLimit
        Of the instrument; where it gives none, of the office.

    Examples
    --------
    >>> found = histories([Move("A", "suspended", datetime.date(2019, 3, 20), "below 70", "ladder")],
    ...                   start={"A": "named"})
    >>> limit = TimeLimit("suspended", ("named", "removed"), "ladder", months=12)
    >>> [len(proposals(found, datetime.date(2020, 3, day), [limit])) for day in (20, 21)]
    [0, 1]
    """
    due = []
    for state in states_on(found, day).values():
        terms = [each for limit in limits if limit.state == "named" for each in _due(state, limit, day)]
        rest = [each for limit in limits if limit.state != "named" for each in _due(state, limit, day)]
        due += terms if any(term.last_day for term in terms) else [*terms, *rest]
    return tuple(due)


def _due(state: State, limit: TimeLimit, day: Date) -> Iterable[Proposal]:
    term = limit.state == "named"
    if state.state not in (HOLDING if term else (limit.state,)):
        return
    since = state.named_on if term else state.since
    last = None if since is None else limit.last_day(since)
    if last is not None and day <= last:
        return
    if to := tuple(s for s in limit.then if (state.state, s) in MOVES):
        yield Proposal(state.candidate, state.state, since, last, to, limit.clause)
