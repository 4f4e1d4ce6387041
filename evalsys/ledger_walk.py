"""Findings from what was seen and what the office wrote down, and every change of their state, in the order of days.

A check that loses points opens a finding; seen again while it is open, it is the same finding; seen again after it was
verified, it is a new one, a relapse. Where the ledger has rows on a finding, they alone decide on its state; where it
has none, a check on a later day that finds all in order closes it. The order of rows in a file decides nothing, but for
the attempts at one finding.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys import rules
from evalsys.instrument import Instrument
from evalsys.rulebook import RULES

__all__ = ["MADE", "Attempt", "Look", "Opened", "in_order", "looks", "walk"]

#: How the id of a finding begins that was made from an observation.
MADE = "O-"

Key = tuple[Any, ...]
Day = datetime.date


@dataclass(frozen=True)
class Look:
    """One day's look at one standard and place: the rows that lose points, or none where all was in order."""

    day: Day
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Attempt:
    """One row of the ledger of rectifications.

    `fixed`, `reviewed` are days; `verified` says what the review found, None without one.
    """

    row: int
    fixed: Day | None = None
    reviewed: Day | None = None
    verified: bool | None = None
    due: Day | None = None


@dataclass
class Opened:
    """A finding on its way through the days.

    Attributes
    ----------
    name : str
    row : int
        In the table of findings; -1 where it was made from an observation.
    found : date
    attempts : list of Attempt
    seen : list of int
        Rows of the observations that lose points, the first first.
    relapse_of, repeat_of : str
        An earlier finding of the same place: one that had been verified, one that was still open; else empty.
    in_order_on : date or None
        The last day on which a check found all in order before the finding was verified.
    moves : list of (date, state, row of the rectifications or -1)
    """

    name: str
    row: int
    found: Day
    attempts: list[Attempt] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    relapse_of: str = ""
    repeat_of: str = ""
    in_order_on: Day | None = None
    moves: list[tuple[Day, str, int]] = field(default_factory=list)

    @property
    def closed_on(self) -> Day | None:
        """The day it was verified, None while it is not."""
        return self.moves[-1][0] if self.moves and self.moves[-1][1] == "verified" else None


def in_order(instrument: Instrument, observations: pd.DataFrame) -> NDArray[np.int8]:
    """Return for each observation whether all was in order: 1, 0 where points are lost, -1 where it does not tell.

    Rows of standards that are not scored, without a value, or to which the check does not apply tell nothing.
    """
    out = np.full(len(observations), -1, dtype=np.int8)
    leaf, state = observations["leaf"].to_numpy(), observations["state"].to_numpy()
    seen = observations["seen"].to_numpy()
    telling = np.flatnonzero((leaf >= 0) & (state == "seen") & np.array([s is not None for s in seen], dtype=bool))
    for place in np.unique(leaf[telling]).tolist():
        own = telling[leaf[telling] == place]
        node = instrument.nodes[place]
        standard = instrument.nodes[node.parent].standard
        if standard is None:
            continue
        rule = standard.rules[str(node.method)]
        values = {id(value): value for value in seen[own].tolist()}  # reading makes equal values once
        each = RULES[rule.kind].attain(rule.params, [rules.exact(c) for c in zip(*values.values(), strict=True)])
        full = dict(zip(values, (each.num == each.den).tolist(), strict=True))
        out[own] = [full[id(value)] for value in seen[own].tolist()]
    return out


def looks(keys: Sequence[Key], days: Sequence[Day | None], order: Sequence[int]) -> dict[Key, list[Look]]:
    """Gather observations into looks by place, each place's in the order of days.

    Parameters
    ----------
    keys : sequence of Key
        Standard and place of each observation.
    days : sequence of date or None
        Those without a day are left out.
    order : sequence of int
        As :func:`in_order` returns it.
    """
    bad: dict[Key, dict[Day, list[int]]] = {}
    for row, (key, day, fine) in enumerate(zip(keys, days, order, strict=True)):
        if day is not None and fine >= 0:
            rows = bad.setdefault(key, {}).setdefault(day, [])
            if not fine:
                rows.append(row)
    return {key: [Look(day, tuple(rows)) for day, rows in sorted(found.items())] for key, found in bad.items()}


# What happens first where several things happen on one day: a finding is found before it is put right, and what was
# put right on the day of a check had not yet been when it was seen.
_FOUND, _LOOK, _FIXED, _REVIEWED, _FINE = range(5)


def walk(
    looked: Iterable[Look],
    found: Iterable[Opened],
    linked: dict[int, Opened],
    attempts: dict[str, list[Attempt]],
    names: Sequence[str],
) -> list[Opened]:
    """Return the findings of one place, with every change of their state.

    Parameters
    ----------
    looked : iterable of Look
    found : iterable of Opened
        Those of the table of findings, before any move.
    linked : dict of row of an observation to Opened
        Observations that a row of the table of findings names.
    attempts : dict of finding's id to list of Attempt
        In the order of the file, checked before.
    names : sequence of str
        Ids of the observations.
    """
    agenda: list[tuple[Day, int, Any]] = [
        (each.found, _FOUND, each) for each in sorted(found, key=lambda each: each.name)
    ]
    for look in looked:
        agenda.append((look.day, _LOOK if look.rows else _FINE, look))
    here = _Place()
    for day, what, item in sorted(agenda, key=lambda entry: entry[:2]):
        if what == _FOUND:
            _open(item, here, attempts)
        elif what == _FINE:
            for each in here.standing(day):
                _fine(each, day)
        else:
            _lossy(item, here, linked, attempts, names)
    return here.out


class _Place:
    """The findings of one place, in the order in which they were opened; asked of days in their order."""

    def __init__(self) -> None:
        self.out: list[Opened] = []
        self._standing: list[int] = []
        self._over = -1

    def add(self, each: Opened) -> None:
        """Take up a finding that was just opened."""
        self._standing.append(len(self.out))
        self.out.append(each)

    def standing(self, day: Day) -> list[Opened]:
        """Return those that had not been verified when a day's check came."""
        self._settle(day)
        return [self.out[place] for place in self._standing]

    def latest(self, day: Day) -> tuple[Opened | None, str]:
        """Return the latest that stood when a day's check came, and the name of the latest that was over."""
        self._settle(day)
        standing = self.out[self._standing[-1]] if self._standing else None
        return standing, self.out[self._over].name if self._over >= 0 else ""

    def _settle(self, day: Day) -> None:
        over = [place for place in self._standing if _over(self.out[place], day)]
        if over:
            self._over = max(self._over, *over)
            self._standing = [place for place in self._standing if not _over(self.out[place], day)]


def _lossy(
    look: Look,
    here: _Place,
    linked: dict[int, Opened],
    attempts: dict[str, list[Attempt]],
    names: Sequence[str],
) -> None:
    """Put the rows of one look to the findings that they show."""
    for row in sorted(look.rows, key=lambda row: names[row]):
        if row in linked:
            linked[row].seen.append(row)
            continue
        standing, _ = here.latest(look.day)
        if standing is not None:
            standing.seen.append(row)
            continue
        made = Opened(MADE + names[row], -1, look.day, seen=[row])
        _open(made, here, attempts)


def _open(each: Opened, here: _Place, attempts: dict[str, list[Attempt]]) -> None:
    standing, over = here.latest(each.found)
    each.repeat_of = "" if standing is None else standing.name
    each.relapse_of = over if standing is None else ""
    each.attempts = attempts.get(each.name, [])
    each.moves.append((each.found, "open", each.attempts[0].row if each.attempts else -1))
    for attempt in each.attempts:
        if attempt.fixed is not None:
            each.moves.append((attempt.fixed, "fixed", attempt.row))
        if attempt.reviewed is not None:
            each.moves.append((attempt.reviewed, "verified" if attempt.verified else "returned", attempt.row))
    here.add(each)


def _over(each: Opened, day: Day) -> bool:
    """Whether a finding was over when a day's check came.

    One that was verified on that very day is, unless it was found on it: a loss seen then must not stand in a finding
    that nobody looks at again.
    """
    closed = each.closed_on
    return closed is not None and (closed < day or (closed == day and each.found < day))


def _fine(each: Opened, day: Day) -> None:
    """Take note that all was in order: without rows in the ledger that closes the finding."""
    if day <= each.found:  # seen before or after it was told: that day proves nothing
        return
    each.in_order_on = day
    if not each.attempts:
        each.moves += [(day, "fixed", -1), (day, "verified", -1)]
