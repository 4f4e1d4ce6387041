"""The office's three ledgers [三本台账]: sites, findings, rectifications, and where each finding stands on any day.

Every change of state is one row of `Ledgers.moves`; every figure of a bulletin counts such rows. A finding is in
hand [在办] while it is open or was returned, awaits review [待复核] once it was put right, and is closed [销号] when
that was verified. It is overdue when it is in hand after its last day.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys.assessment import Assessment
from evalsys.cells import column_of, dates_of, days_of
from evalsys.faults import Fault, InputFaults
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.ledger_rules import LedgerRules
from evalsys.ledger_tables import attempts_of
from evalsys.ledger_walk import MADE, Key, Opened, in_order, looks, walk

__all__ = [
    "IN_HAND",
    "STATE_NAMES",
    "Flow",
    "Ledgers",
    "candidates",
    "flow",
    "in_hand_by_standard",
    "ledgers_of",
    "spells",
    "states",
    "walked",
]

#: States of a finding.
STATE_NAMES: Mapping[str, Text] = {
    "open": Text("待整改", "open"),
    "fixed": Text("待复核", "awaiting review"),
    "verified": Text("已销号", "verified"),
    "returned": Text("已退回", "returned"),
}
#: Those of a finding that is in hand.
IN_HAND = ("open", "returned")
_ORDER = tuple(STATE_NAMES)


@dataclass(frozen=True, eq=False)
class Ledgers:
    """The ledgers of one assessment.

    Attributes
    ----------
    assessment : Assessment
    rules : LedgerRules
    findings : DataFrame
        One row per finding, by the day it was found and its id: ``finding_id, site`` (row of the sites, -1 for the
        whole place), ``place`` (of the standard in the instrument), ``standard, area, units, found_on, source, what,
        due, photo, note, made`` (bool: from an observation, by rule), ``row`` (of the table of findings, -1),
        ``observations`` (rows that lose points, the first first), ``relapse_of, repeat_of`` (ids or empty) and
        ``in_order_on`` (last day on which a check found all in order before it was verified).
    moves : DataFrame
        Every change of state, by finding and day: ``finding`` (row of `findings`), ``day, to`` (a key of
        :data:`STATE_NAMES`), ``row`` (of the table of rectifications; -1 where a check decided, or no row tells).
    undated : tuple of str
        Ids of observations that lose points and stand in no ledger because nobody knows their day.
    """

    assessment: Assessment
    rules: LedgerRules
    findings: pd.DataFrame
    moves: pd.DataFrame
    undated: tuple[str, ...]

    @cached_property
    def spells(self) -> pd.DataFrame:
        """See :func:`spells`."""
        return spells(self)

    @cached_property
    def seen(self) -> pd.DataFrame:
        """The days on which findings were seen, each once: ``finding, day``."""
        days = np.array(_observed(self.assessment.observations, self.rules), dtype="datetime64[D]")
        rows = self.findings["observations"].tolist()
        finding = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
        flat = np.array([row for each in rows for row in each], dtype=np.int64)
        out = pd.DataFrame({"finding": finding, "day": days[flat].astype("datetime64[s]")})
        return out.drop_duplicates(ignore_index=True)

    @property
    def last_day(self) -> datetime.date | None:
        """The last day of which the ledgers tell anything; None where they are empty."""
        days = [self.moves["day"].max(), self.assessment.observations["observed_on"].max()]
        known = [day.date() for day in days if day == day]
        return max(known) if known else None

    def some_last_day(self) -> datetime.date:
        """Return the last day of which the ledgers tell anything.

        Raises
        ------
        InputFaults
            If they are empty.
        """
        if self.last_day is None:
            raise InputFaults([Fault("no_ledger_day", self.assessment.name, allowed="observed_on  found_on")])
        return self.last_day


# ------------------------------------------------------------------------------------------------- building them


def _keys(frame: pd.DataFrame) -> list[Key]:
    """Return what makes a place: the standard and the site; without a site the area and the units that answer."""
    columns = (frame[name].tolist() for name in ("place", "site", "area", "units"))
    return [
        (place, site) if site >= 0 else (place, -1, area, tuple(sorted(units or ())))
        for place, site, area, units in zip(*columns, strict=True)
    ]


def _observed(observations: pd.DataFrame, rules: LedgerRules) -> list[datetime.date | None]:
    return [rules.undated if day is None else day for day in dates_of(observations["observed_on"])]


def candidates(instrument: Instrument, observations: pd.DataFrame, rules: LedgerRules) -> dict[str, dict[str, Any]]:
    """Return by id what might be made a finding: each dated observation that loses points, with its day and units."""
    fine = in_order(instrument, observations).tolist()
    columns = (observations["observation_id"].tolist(), _observed(observations, rules), observations["units"].tolist())
    return {
        MADE + name: {"found_on": day, "units": units or ()}
        for name, day, units, order in zip(*columns, fine, strict=True)
        if not order and day is not None and name
    }


def walked(
    instrument: Instrument,
    observations: pd.DataFrame,
    findings: pd.DataFrame,
    rectifications: pd.DataFrame,
    rules: LedgerRules,
) -> list[tuple[Key, Opened]]:
    """Return every finding with its changes of state, place by place; the tables were checked before."""
    attempts = attempts_of(rectifications)
    known = [
        Opened(name, row, found)
        for row, (name, found) in enumerate(
            zip(findings["finding_id"].tolist(), dates_of(findings["found_on"]), strict=True)
        )
        if found is not None
    ]
    by_key: dict[Key, list[Opened]] = {}
    for each, key in zip(known, _keys(findings), strict=True):
        by_key.setdefault(key, []).append(each)
    linked = {row: each for each, rows in zip(known, findings["observations"].tolist(), strict=True) for row in rows}
    fine = in_order(instrument, observations).tolist()
    days = _observed(observations, rules)
    looked = looks(_keys(observations), days, fine)
    names = observations["observation_id"].tolist()
    out = [
        (key, each)
        for key in dict.fromkeys([*looked, *by_key])
        for each in walk(looked.get(key, ()), by_key.get(key, ()), linked, attempts, names)
    ]
    for row, each in linked.items():
        if days[row] is None and not fine[row]:
            each.seen.append(row)  # nobody knows when, but the office says to what it belongs
    return out


@lru_cache(maxsize=2)  # a page asks for the same assessment's again and again
def ledgers_of(assessment: Assessment) -> Ledgers:
    """Return the ledgers of an assessment: what the office wrote down, and what its observations say beside it.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    Ledgers

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> kept = ledgers_of(read_assessment("data/example-ledgers"))
    >>> len(kept.findings) == (kept.moves["to"] == "open").sum()
    np.True_
    """
    table, rules = assessment.ledgers["findings"], assessment.rules
    attempts = assessment.ledgers["rectifications"]
    found = walked(assessment.instrument, assessment.observations, table, attempts, rules)
    found.sort(key=lambda each: (each[1].found, each[1].name))
    opened = [each for _, each in found]
    return Ledgers(
        assessment=assessment,
        rules=rules,
        findings=_findings(assessment, opened, [key for key, _ in found]),
        moves=_moves(opened),
        undated=_undated(assessment),
    )


def _undated(assessment: Assessment) -> tuple[str, ...]:
    """Return the observations that lose points, have no day, and are linked by no row of the office."""
    days = _observed(assessment.observations, assessment.rules)
    if None not in days:
        return ()
    fine = in_order(assessment.instrument, assessment.observations).tolist()
    linked = {row for rows in assessment.ledgers["findings"]["observations"].tolist() for row in rows}
    names = assessment.observations["observation_id"].tolist()
    return tuple(names[row] for row, day in enumerate(days) if day is None and not fine[row] and row not in linked)


_TOLD = ("area", "units", "source", "what", "photo", "note")


def _findings(assessment: Assessment, opened: Sequence[Opened], keys: Sequence[Key]) -> pd.DataFrame:
    table, observations, rules = assessment.ledgers["findings"], assessment.observations, assessment.rules
    told = {name: table[name].tolist() for name in _TOLD}
    stated = dates_of(table["due"])
    seen = {name: observations[name].tolist() for name in ("area", "units", "photo")}
    columns: dict[str, list[Any]] = {name: [] for name in (*_TOLD, "due")}
    for each in opened:
        own = {name: told[name][each.row] for name in _TOLD} if each.row >= 0 else {}
        first = each.seen[0] if each.seen else -1
        if each.row < 0:
            own = {name: seen[name][first] for name in seen} | {"source": "supervision", "what": "", "note": ""}
        elif not own["photo"] and first >= 0:
            own["photo"] = seen["photo"][first]
        for name in _TOLD:
            columns[name].append(own[name])
        due = stated[each.row] if each.row >= 0 else None
        columns["due"].append(due or (each.attempts[0].due if each.attempts else None) or rules.due(each.found))
    nodes = assessment.instrument.nodes
    out = pd.DataFrame({"finding_id": column_of(each.name for each in opened)})
    out["site"] = np.array([key[1] for key in keys], dtype=np.int64)
    out["place"] = np.array([key[0] for key in keys], dtype=np.int64)
    out["standard"] = column_of(nodes[key[0]].code for key in keys)
    for name in ("area", "units"):
        out[name] = column_of(columns[name])
    out["found_on"] = days_of([each.found for each in opened])
    for name in ("source", "what"):
        out[name] = column_of(columns[name])
    out["due"] = days_of(columns["due"])
    for name in ("photo", "note"):
        out[name] = column_of(columns[name])
    out["made"] = np.array([each.row < 0 for each in opened], dtype=bool)
    out["row"] = np.array([each.row for each in opened], dtype=np.int64)
    out["observations"] = column_of(tuple(each.seen) for each in opened)
    out["relapse_of"] = column_of(each.relapse_of for each in opened)
    out["repeat_of"] = column_of(each.repeat_of for each in opened)
    out["in_order_on"] = days_of([each.in_order_on for each in opened])
    return out


def _moves(opened: Sequence[Opened]) -> pd.DataFrame:
    rows = [(place, *move) for place, each in enumerate(opened) for move in each.moves]
    finding, day, to, row = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "finding": np.array(finding, dtype=np.int64),
            "day": days_of(list(day)),
            "to": column_of(to),
            "row": np.array(row, dtype=np.int64),
        }
    )


# ------------------------------------------------------------------------------------------------ on a given day


def _stamp(day: datetime.date) -> np.datetime64:
    return np.datetime64(day, "s")


def spells(kept: Ledgers) -> pd.DataFrame:
    """Return when findings were in hand: from the day they were opened or returned until they were put right.

    Returns
    -------
    DataFrame
        ``finding, start, end`` (the first day on which it was no longer in hand at the day's end; NaT while it is),
        ``due``: the finding's, after a return the last one that an attempt states; and ``ended_by``, the row of the
        moves that ended it, -1.
    """
    moves = kept.moves
    finding, day = moves["finding"].to_numpy(), moves["day"].to_numpy()
    inside = moves["to"].isin(IN_HAND).to_numpy()
    follows = np.append(finding[1:] == finding[:-1], False) if len(finding) else inside
    starts = np.flatnonzero(inside)
    ends = np.full(len(starts), np.datetime64("NaT"), dtype=day.dtype)
    ended = follows[starts]
    ends[ended] = day[starts[ended] + 1]
    due = kept.findings["due"].to_numpy()[finding[starts]].copy()
    # a return is told by the attempt that failed; the one after it may state a new last day, also before it is fixed
    table = kept.assessment.ledgers["rectifications"]
    name = table["finding_id"]
    held = table["due"].where(name.duplicated()).groupby(name, sort=False).ffill()  # the first one's is the finding's
    after = held.groupby(name, sort=False).shift(-1).fillna(held).to_numpy()
    again = np.flatnonzero(moves["to"].to_numpy()[starts] == "returned")
    stated = after[moves["row"].to_numpy()[starts[again]]]
    due[again] = np.where(np.isnat(stated), due[again], stated)
    ended_by = np.where(ended, starts + 1, -1)
    return pd.DataFrame(
        {"finding": finding[starts], "start": day[starts], "end": ends, "due": due, "ended_by": ended_by}
    )


def states(kept: Ledgers, day: datetime.date) -> pd.DataFrame:
    """Return where each finding stands at the end of a day; what was found later is left out.

    Returns
    -------
    DataFrame
        ``finding`` (row of `Ledgers.findings`), ``state, since`` (day of the last move), ``fixed_on, verified_on``
        (days or NaT), ``returned`` (times), ``due`` (that of the present spell), ``overdue`` (days after `due`, 0 where
        it is not in hand or still has time) and ``again`` (checks that saw it again, up to the day).
    """
    stamp = _stamp(day)
    moves = kept.moves
    known = moves["day"].to_numpy() <= stamp
    finding, when = moves["finding"].to_numpy()[known], moves["day"].to_numpy()[known]
    to = moves["to"].to_numpy()[known]
    size = len(kept.findings)
    last = np.full(size, -1, dtype=np.int64)
    last[finding] = np.arange(len(finding))  # moves are sorted by finding and day: the last one stays
    here = np.flatnonzero(last >= 0)
    state, since = to[last[here]], when[last[here]]
    never = np.datetime64("NaT")
    days = {name: np.full(size, never, dtype="datetime64[s]") for name in ("fixed", "verified")}
    for name, column in days.items():
        column[finding[to == name]] = when[to == name]
    returned = np.bincount(finding[to == "returned"], minlength=size)
    in_hand = np.isin(state, IN_HAND)
    due = kept.findings["due"].to_numpy().copy()
    found = kept.spells[kept.spells["start"].to_numpy() <= stamp]
    due[found["finding"].to_numpy()] = found["due"].to_numpy()
    late = (stamp - due[here]).astype("timedelta64[D]").astype(np.int64)
    return pd.DataFrame(
        {
            "finding": here,
            "state": column_of(state),
            "since": since,
            "fixed_on": days["fixed"][here],
            "verified_on": np.where(state == "verified", days["verified"][here], never),
            "returned": returned[here],
            "due": due[here],
            "overdue": np.where(in_hand & (late > 0), late, 0),
            "again": _seen_again(kept, stamp)[here],
        }
    )


def in_hand_by_standard(kept: Ledgers, day: datetime.date) -> dict[str, int]:
    """Return how many findings of each standard are in hand at the end of a day; of standards with any."""
    held = kept.findings["standard"].iloc[Flow.in_hand(states(kept, day))]
    return {str(code): int(count) for code, count in held.value_counts().items()}


def _seen_again(kept: Ledgers, stamp: np.datetime64) -> NDArray[np.int64]:
    """Return on how many days after it was found each finding was seen, up to a day."""
    finding, day = kept.seen["finding"].to_numpy(), kept.seen["day"].to_numpy()
    later = (day <= stamp) & (day > kept.findings["found_on"].to_numpy()[finding])
    return np.bincount(finding[later], minlength=len(kept.findings)).astype(np.int64)


@dataclass(frozen=True)
class Flow:
    """What came and went between two days, both included: rows of `Ledgers.moves`, and rows of the findings.

    Attributes
    ----------
    first, last : date
    new, fixed, returned, verified : int array
        Rows of the moves of each kind.
    before, after : DataFrame
        States at the end of the day before, and of the last day.
    in_time : int array
        Rows of `fixed` that were put right by their last day.
    """

    first: datetime.date
    last: datetime.date
    new: NDArray[np.int64]
    fixed: NDArray[np.int64]
    returned: NDArray[np.int64]
    verified: NDArray[np.int64]
    before: pd.DataFrame
    after: pd.DataFrame
    in_time: NDArray[np.int64]

    @staticmethod
    def in_hand(stand: pd.DataFrame) -> NDArray[np.int64]:
        """Return the findings that are in hand."""
        found: NDArray[np.int64] = stand["finding"].to_numpy()[stand["state"].isin(IN_HAND).to_numpy()]
        return found

    @staticmethod
    def awaiting(stand: pd.DataFrame) -> NDArray[np.int64]:
        """Return the findings that await review."""
        found: NDArray[np.int64] = stand["finding"].to_numpy()[(stand["state"] == "fixed").to_numpy()]
        return found

    @staticmethod
    def overdue(stand: pd.DataFrame) -> NDArray[np.int64]:
        """Return the findings that are overdue."""
        found: NDArray[np.int64] = stand["finding"].to_numpy()[stand["overdue"].to_numpy() > 0]
        return found


def flow(kept: Ledgers, first: datetime.date, last: datetime.date) -> Flow:
    """Return what came and went between two days.

    ``in hand after = in hand before + new + returned - fixed``, and ``awaiting after = awaiting before + fixed -
    verified - returned``: to the row.
    """
    moves = kept.moves
    day = moves["day"].to_numpy()
    inside = (day >= _stamp(first)) & (day <= _stamp(last))
    to = moves["to"].to_numpy()
    chosen = {name: np.flatnonzero(inside & (to == name)) for name in _ORDER}
    ended = kept.spells[kept.spells["end"].to_numpy() <= kept.spells["due"].to_numpy()]  # NaT is no day in time
    return Flow(
        first=first,
        last=last,
        new=chosen["open"],
        fixed=chosen["fixed"],
        returned=chosen["returned"],
        verified=chosen["verified"],
        before=states(kept, first - datetime.timedelta(days=1)),
        after=states(kept, last),
        in_time=np.intersect1d(chosen["fixed"], ended["ended_by"].to_numpy()),
    )
