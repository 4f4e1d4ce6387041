"""Ladders of consequences, counted: which step follows for one body or site, why, and what lifts it.

A ladder counts *periods*: the ends of weeks, the issues of media exposure, the days on which something was found or an
event happened. Periods that count and are not parted by a reset make a *run*. Steps that follow at the same count are
alternatives by gravity and make one *rung*; a step without a count is no rung: only a person can propose it.

What is proposed in a period is the lower of two rungs: the one that the count reaches, and the one after the highest
that was confirmed in earlier periods of the run. So no rung is skipped, however late the office decides. A decision
belongs to the last period that had ended on its day: what is confirmed there is in force until the next period, what is
declined there is not proposed again before it. Neither changes the count.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["Decision", "Missed", "Period", "Standing", "rungs", "standing", "week_ends"]

Day = datetime.date
Status = Literal["proposed", "in_force", "declined"]


@dataclass(frozen=True)
class Period:
    """A period of a ladder: the day on which it ends, and the ids of what counts in it; a clean one has none."""

    on: Day
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a person decided: the step (from 0), the day, whether it is taken."""

    step: int
    on: Day
    yes: bool


@dataclass(frozen=True)
class Missed:
    """A period that called for a step, and nobody confirmed or declined it, nor confirmed it later in the run."""

    on: Day
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Standing:
    """Where one body or site stands on a ladder.

    Attributes
    ----------
    status : {'proposed', 'in_force', 'declined'}
        Of `steps`, in the last period of the run.
    steps : tuple of int
        The step; several where they are alternatives by gravity.
    reached : tuple of int
        The steps that the count alone would lead to: above `steps` where an earlier one was never confirmed.
    periods : tuple of Period
        Those that count in the run, the first first.
    confirmed : tuple of Decision
        Steps confirmed in the run.
    missed : tuple of Missed
    """

    status: Status
    steps: tuple[int, ...]
    reached: tuple[int, ...]
    periods: tuple[Period, ...]
    confirmed: tuple[Decision, ...] = ()
    missed: tuple[Missed, ...] = ()

    @property
    def count(self) -> int:
        """How many periods count."""
        return len(self.periods)

    @property
    def since(self) -> Day:
        """The end of the first period that counts."""
        return self.periods[0].on

    @property
    def ids(self) -> tuple[str, ...]:
        """What counts in the last period."""
        return self.periods[-1].ids


def rungs(at: Sequence[int | None]) -> tuple[tuple[int, ...], ...]:
    """Return the steps that follow by counting, those of one count together.

    Examples
    --------
    >>> rungs((1, 2, 3)), rungs((None, 1, 3)), rungs((1, 1, None))
    (((0,), (1,), (2,)), ((1,), (2,)), ((0, 1),))
    """
    found: dict[int, list[int]] = {}
    for step, count in enumerate(at):
        if count is not None:
            found.setdefault(count, []).append(step)
    return tuple(tuple(steps) for _, steps in sorted(found.items()))


def week_ends(first: Day, day: Day) -> list[Day]:
    """Return the Sundays from the one that ends the week of `first` up to `day`, both included.

    Examples
    --------
    >>> [str(end) for end in week_ends(datetime.date(2016, 8, 15), datetime.date(2016, 8, 28))]
    ['2016-08-21', '2016-08-28']
    """
    end = first + datetime.timedelta(days=6 - first.weekday())
    return [end + datetime.timedelta(weeks=week) for week in range((day - end).days // 7 + 1)]


def standing(
    at: Sequence[int | None],
    resets: str | None,
    periods: Sequence[Period],
    decisions: Iterable[Decision] = (),
    *,
    day: Day,
    verified: Mapping[str, Day] = MappingProxyType({}),
) -> Standing | None:
    """Return where one body or site stands on a ladder at the end of a day; None where no step is reached.

    Parameters
    ----------
    at : sequence of int or None
        For each step the count at which it follows.
    resets : {'clean', 'verified', 'never', None}
        'clean': a period in which nothing counts ends the run. 'verified': the run ends once all that counted in it
        is verified. Else nothing ends it.
    periods : sequence of Period
        In the order of their days, no day twice. Clean ones matter with 'clean' only.
    decisions : iterable of Decision
        Of this ladder and this body or site.
    day : date
        What lies after it is not seen.
    verified : mapping of id to date
        With 'verified': when a person verified what was put right.

    Examples
    --------
    Two weeks in a row with something overdue, the notice of the first confirmed on the Monday after it:

    >>> weeks = [Period(datetime.date(2016, 8, 14), ("F1",)), Period(datetime.date(2016, 8, 21), ("F1", "F2"))]
    >>> notice = Decision(0, datetime.date(2016, 8, 15), True)
    >>> found = standing((1, 2, 3), "clean", weeks, [notice], day=datetime.date(2016, 8, 21))
    >>> found.status, found.steps, found.count, found.ids
    ('proposed', (1,), 2, ('F1', 'F2'))

    Without that record the notice comes first:

    >>> found = standing((1, 2, 3), "clean", weeks, day=datetime.date(2016, 8, 21))
    >>> found.steps, found.reached, str(found.missed[0].on)
    ((0,), (1,), '2016-08-14')
    """
    own_rungs = rungs(at)
    counts = sorted({count for count in at if count is not None})
    run = _run([period for period in periods if period.on <= day], resets, verified, day)
    if not counts or len(run) < counts[0]:
        return None
    decided = _by_period(run, sorted((d for d in decisions if d.on <= day), key=lambda decision: decision.on))
    # A step stands for its rung; one that only a person proposes, for the last rung before it.
    level = [sum(rung[0] <= step for rung in own_rungs) - 1 for step in range(len(at))]
    passed, missed = -1, list[tuple[int, int]]()  # the highest rung confirmed; period and rung of what nobody decided
    for place, own in enumerate(decided[:-1]):
        called = min(sum(count <= place + 1 for count in counts) - 1, passed + 1)
        taken = max((level[step] for step, said in own.items() if said.yes), default=-1)
        passed = max(passed, taken)
        missed = [(where, rung) for where, rung in missed if rung > taken]
        if called > taken and not _declined(own, own_rungs[called]):
            missed.append((place, called))
    reached = sum(count <= len(run) for count in counts) - 1
    called, now = min(reached, passed + 1), decided[-1]
    in_force = [step for step in sorted(now) if now[step].yes and (at[step] is not None or level[step] >= called)]
    if in_force:
        missed = [(where, rung) for where, rung in missed if rung > level[in_force[-1]]]
    declined = _declined(now, own_rungs[called])
    return Standing(
        status="in_force" if in_force else "declined" if declined else "proposed",
        steps=(in_force[-1],)
        if in_force
        else tuple(step for step in own_rungs[called] if declined or step not in now or now[step].yes),
        reached=own_rungs[reached],
        periods=tuple(run),
        confirmed=tuple(said for own in decided for said in own.values() if said.yes),
        missed=tuple(Missed(run[where].on, own_rungs[rung]) for where, rung in missed),
    )


def _declined(own: Mapping[int, Decision], rung: Sequence[int]) -> bool:
    return all(step in own and not own[step].yes for step in rung)


def _by_period(run: Sequence[Period], decisions: Iterable[Decision]) -> list[dict[int, Decision]]:
    """Return what was last decided on each step within each period."""
    found: list[dict[int, Decision]] = [{} for _ in run]
    for decision in decisions:
        place = sum(period.on <= decision.on for period in run) - 1
        if place >= 0:
            found[place][decision.step] = decision
    return found


def _run(periods: Sequence[Period], resets: str | None, verified: Mapping[str, Day], day: Day) -> list[Period]:
    """Return the periods that count since the last reset."""
    run: list[Period] = []
    for period in periods:
        if not period.ids:
            run = [] if resets == "clean" else run
            continue
        if resets == "verified" and _all_verified(run, verified, period.on):
            run = []
        run.append(period)
    return [] if resets == "verified" and _all_verified(run, verified, day) else run


def _all_verified(run: Sequence[Period], verified: Mapping[str, Day], day: Day) -> bool:
    far = datetime.date.max
    return all(verified.get(name, far) <= day for period in run for name in period.ids)
