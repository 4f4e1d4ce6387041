"""Where units, areas and sites stand on the ladders of consequences, by the office's ledgers, at the end of a day.

Every entry is a proposal: a person confirms or declines it, and the table of steps tells which. Persons stand on no
ladder; a case that concerns one is put on record for its unit as a body.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys.instrument import Mechanism
from evalsys.ladders import Decision, Period, Standing, standing, week_ends
from evalsys.ledgers import Ledgers

__all__ = ["Proposal", "escalation", "overdue_at"]

Day = datetime.date
Ints = NDArray[np.int64]
#: Whose periods they are: a unit, an area or a site, and the standard where each standard of a site counts apart.
Subject = tuple[str, str]
_STATUSES = ("proposed", "in_force", "declined")


@dataclass(frozen=True)
class Proposal:
    """Where a unit, an area or a site stands on one ladder.

    Attributes
    ----------
    ladder : Mechanism
        With its clause, its steps and what resets it.
    subject : str
        Name of the unit or the area, id of the site, as ``ladder.by`` says.
    standard : str
        Code of the standard where a ladder counts findings of one standard at one site; else empty.
    standing : Standing
        Its ``status``, the steps, the periods with the ids of what counts, what was confirmed, what was missed.
    """

    ladder: Mechanism
    subject: str
    standard: str
    standing: Standing


def escalation(kept: Ledgers, day: Day) -> tuple[Proposal, ...]:
    """Return every standing on every ladder at the end of a day: what is proposed, in force, or was declined.

    Parameters
    ----------
    kept : Ledgers
    day : date
        What lies after it is not seen.

    Returns
    -------
    tuple of Proposal
        By ladder as in the instrument; what is proposed before what is in force before what was declined, the
        highest step first, then by how much counts in the last period, then by name.
    """
    verified = _verified(kept, day)
    found = []
    for ladder in kept.rules.ladders:
        decided = _decisions(kept, ladder)
        own = []
        for subject, periods in _COUNTS[str(ladder.counts)](kept, ladder, day).items():
            decisions = _of_subject(decided, subject, periods)
            stand = standing(ladder.at, ladder.resets, periods, decisions, day=day, verified=verified)
            if stand is not None:
                own.append(Proposal(ladder, *subject, stand))
        found += sorted(own, key=_place)
    return tuple(found)


def _place(one: Proposal) -> tuple[int, int, int, str, str]:
    stand = one.standing
    return _STATUSES.index(stand.status), -stand.steps[-1], -len(stand.ids), one.subject, one.standard


def _verified(kept: Ledgers, day: Day) -> dict[str, Day]:
    moves = kept.moves
    rows = moves[(moves["to"] == "verified") & (moves["day"] <= pd.Timestamp(day))]
    names = kept.findings["finding_id"].to_numpy()[rows["finding"].to_numpy()]
    return dict(zip(names.tolist(), _dates(rows["day"]), strict=True))


def _dates(days: pd.Series[Any]) -> list[Day]:
    """Return a column of days, none of them empty, as plain dates."""
    found: list[Day] = days.to_numpy().astype("datetime64[D]").tolist()
    return found


# ----------------------------------------------------------------------------------------------------- decisions


def _decisions(kept: Ledgers, ladder: Mechanism) -> dict[str, list[tuple[Decision, tuple[str, ...]]]]:
    """Return the decisions on a ladder by subject, each with the findings that it cites, in the order of their days."""
    steps = kept.assessment.ledgers["steps"]
    steps = steps[steps["ladder"] == ladder.code].sort_values("decided_on", kind="stable")
    if ladder.by == "site":
        names = [_site_id(kept, site) for site in steps["site"].tolist()]
    else:
        names = steps[ladder.by].tolist()
    found: dict[str, list[tuple[Decision, tuple[str, ...]]]] = {}
    columns = (
        steps["step"].tolist(),
        _dates(steps["decided_on"]),
        *(steps[n].tolist() for n in ("decided", "findings")),
    )
    for name, step, on, yes, cited in zip(names, *columns, strict=True):
        found.setdefault(name, []).append((Decision(step, on, yes), tuple(cited or ())))
    return found


def _of_subject(
    decided: Mapping[str, Sequence[tuple[Decision, tuple[str, ...]]]], subject: Subject, periods: Sequence[Period]
) -> list[Decision]:
    """Return the decisions on a subject; where standards count apart, those that cite a finding of its own, or none."""
    name, standard = subject
    own = decided.get(name, ())
    if not standard or not own:
        return [decision for decision, _ in own]
    ids = {each for period in periods for each in period.ids}
    return [decision for decision, cited in own if not cited or ids.intersection(cited)]


def _site_id(kept: Ledgers, site: int) -> str:
    return str(kept.assessment.sites["site_id"].iat[site]) if site >= 0 else ""


# ------------------------------------------------------------------------------------------------- what counts

Periods = Mapping[Subject, Sequence[Period]]


def _subjects(kept: Ledgers, ladder: Mechanism) -> list[tuple[Subject, ...]]:
    """Return for each finding on whom it counts; those of the whole place count for no area and no site."""
    findings = kept.findings
    if ladder.by == "unit":
        return [tuple((unit, "") for unit in dict.fromkeys(units or ())) for units in findings["units"].tolist()]
    if ladder.by == "area":
        return [((area, ""),) if area else () for area in findings["area"].tolist()]
    ids, types = (kept.assessment.sites[name].tolist() for name in ("site_id", "site_type"))
    apart = ladder.counts == "found"
    return [
        ((ids[site], code if apart else ""),) if site >= 0 and ladder.group in (None, types[site]) else ()
        for site, code in zip(findings["site"].tolist(), findings["standard"].tolist(), strict=True)
    ]


def overdue_at(kept: Ledgers, ends: Sequence[Day]) -> tuple[Ints, Ints]:
    """Return which findings are overdue at the end of which days.

    Parameters
    ----------
    kept : Ledgers
    ends : sequence of date
        Days seven apart, the first first.

    Returns
    -------
    finding, end : int arrays
        Rows of the findings and places in `ends`, a pair for each, by finding.
    """
    spells = kept.spells
    size = len(ends)
    if not size or spells.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    start, end, due = (_numbers(spells[name]) for name in ("start", "end", "due"))
    zero = np.datetime64(ends[0], "D").astype(np.int64)
    late = np.maximum(start, due + 1)  # the first day at whose end it is overdue
    first = np.maximum(-((zero - late) // 7), 0)
    past = np.where(spells["end"].isna().to_numpy(), size, np.clip((end - 1 - zero) // 7 + 1, 0, size))
    many = np.maximum(past - first, 0)
    within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    return np.repeat(spells["finding"].to_numpy(), many), np.repeat(first, many) + within


def _numbers(days: pd.Series[Any]) -> Ints:
    found: Ints = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    return found


def _overdue(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    """Return the ends of weeks up to a day, for each subject with what is overdue then."""
    if kept.findings.empty:
        return {}
    ends = week_ends(kept.findings["found_on"].min().date(), day)
    findings, weeks = overdue_at(kept, ends)
    subjects = _subjects(kept, ladder)
    if ladder.resets == "clean":  # a subject without anything in the last week stands on no step
        last = {subject for row in findings[weeks == len(ends) - 1].tolist() for subject in subjects[row]}
        subjects = [tuple(subject for subject in own if subject in last) for own in subjects]
    names = kept.findings["finding_id"].tolist()
    held: dict[Subject, list[list[str]]] = {}
    for row, week in zip(findings.tolist(), weeks.tolist(), strict=True):
        for subject in subjects[row]:
            if subject not in held:
                held[subject] = [[] for _ in ends]
            held[subject][week].append(names[row])
    return {
        subject: [Period(end, tuple(ids)) for end, ids in zip(ends, own, strict=True)] for subject, own in held.items()
    }


def _exposure(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    """Return the issues of media exposure, days with a finding from the media: for each subject with its own."""
    findings = kept.findings
    rows = np.flatnonzero((findings["source"] == "media").to_numpy() & (findings["found_on"] <= pd.Timestamp(day)))
    days = _dates(findings["found_on"].iloc[rows])
    return _on_days(kept, ladder, rows, days, sorted(set(days)))


def _found(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    """Return the days on which a standard was found broken at a site: by a finding, or by a review that returned it."""
    return _moved(kept, ladder, day, ("open", "returned"))


def _returned(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    return _moved(kept, ladder, day, ("returned",))


def _moved(kept: Ledgers, ladder: Mechanism, day: Day, to: Sequence[str]) -> Periods:
    moves = kept.moves[kept.moves["to"].isin(to) & (kept.moves["day"] <= pd.Timestamp(day))]
    return _on_days(kept, ladder, moves["finding"].to_numpy(), _dates(moves["day"]))


def _on_days(
    kept: Ledgers, ladder: Mechanism, rows: Ints, days: Sequence[Day], every: Iterable[Day] | None = None
) -> Periods:
    """Return the periods of findings with a day each; those of `every` day are periods of all, clean where need be."""
    subjects, names = _subjects(kept, ladder), kept.findings["finding_id"].tolist()
    held: dict[Subject, dict[Day, list[str]]] = {}
    for row, when in zip(rows.tolist(), days, strict=True):
        for subject in subjects[row]:
            held.setdefault(subject, {}).setdefault(when, []).append(names[row])
    return {
        subject: [Period(when, tuple(own.get(when, ()))) for when in (sorted(own) if every is None else every)]
        for subject, own in held.items()
    }


def _lost(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    """Return this round as one period of each subject that loses points: its scored findings not verified by the day.

    Findings that only another round saw, or that a later check of this one found in order, lose nothing. The period
    begins with the first finding of the subject, so that a decision on it holds for the round.
    """
    findings, moves, nodes = kept.findings, kept.moves, kept.assessment.instrument.nodes
    stamp = pd.Timestamp(day)
    over = set(moves["finding"].to_numpy()[((moves["to"] == "verified") & (moves["day"] <= stamp)).to_numpy()].tolist())
    seen = kept.assessment.observations["counts"].tolist()
    scored = [
        nodes[place].scored and (not rows or any(seen[row] for row in rows))
        for place, rows in zip(findings["place"].tolist(), findings["observations"].tolist(), strict=True)
    ]
    ids: dict[Subject, list[str]] = {}
    first: dict[Subject, Day] = {}
    columns = (findings["finding_id"].tolist(), _dates(findings["found_on"]), scored, _subjects(kept, ladder))
    for row, (name, when, counts, own) in enumerate(zip(*columns, strict=True)):
        for subject in own if counts and when <= day else ():
            first.setdefault(subject, when)  # findings stand in the order of their days
            if row not in over:
                ids.setdefault(subject, []).append(name)
    return {subject: [Period(first[subject], tuple(own))] for subject, own in ids.items()}


def _events(kept: Ledgers, ladder: Mechanism, day: Day) -> Periods:
    """Return the days of events on record: of the ladder's own code, or with ``action: veto`` of any veto.

    An event that names no unit is the whole place's. One that a person has dismissed does not count, nor does one that
    still waits for a decision that the instrument demands.
    """
    instrument, events = kept.rules.instrument, kept.assessment.events
    known = {str(ladder.code): ladder.confirm}
    if ladder.action == "veto":
        known = {str(m.code): m.confirm for m in instrument.mechanisms if m.kind == "veto" and m.code}
    held: dict[Subject, dict[Day, list[str]]] = {}
    columns = (events["code"].tolist(), _dates(events["date"]), *(events[n].tolist() for n in ("unit", "confirmed")))
    for code, when, unit, confirmed in zip(*columns, strict=True):
        waits = known.get(code, False) and confirmed != "yes"
        if code in known and not waits and confirmed != "no" and when <= day:
            subject = (unit or kept.assessment.settings.place, "")
            held.setdefault(subject, {}).setdefault(when, []).append(f"{code} {when}")
    return {subject: [Period(when, tuple(own[when])) for when in sorted(own)] for subject, own in held.items()}


_COUNTS: Mapping[str, Callable[[Ledgers, Mechanism, Day], Periods]] = {
    "overdue": _overdue,
    "exposure": _exposure,
    "found": _found,
    "returned": _returned,
    "lost": _lost,
    "event": _events,
}
