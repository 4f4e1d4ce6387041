"""What a plan has to keep to: budget, days, crew-days by week, prerequisites, exclusions; and when its work is done.

The rule of the schedule. Work begins on the first day or at the beginning of a week. A fix runs its calendar days
without a pause (one day where none are stated, part of a day counts in full), and its crew-days spread evenly over
these days. In no week does a unit work more crew-days than the table gives it for that week; a unit that the table
names has none in a week that it does not name; a unit that the table does not name has as many as it likes. A fix
that needs others begins when they are done. All is done within the days. Of a fix at most one level is done; two
fixes exclude each other whichever of the two says so; a fix that is needed may be done at any level.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from evalsys.assessment import Assessment
from evalsys.faults import Fault, InputFaults
from evalsys.fixes import Fixes, Option
from evalsys.language import Text

__all__ = [
    "Job",
    "Limits",
    "Work",
    "days_of_work",
    "impossible",
    "limits_of",
    "obstacles",
    "plain",
    "schedule",
    "weeks_of",
]

#: Placements that a search for a schedule tries before it gives up; sets of up to 15 jobs are far below it.
TRIES = 200_000

#: Jobs that share crews or prerequisites, beyond which the first place that fits is kept.
DEEP = 150


@dataclass(frozen=True)
class Limits:
    """What a plan has to keep to.

    Attributes
    ----------
    budget : Fraction or None
        In the table's unit of cost; None for no limit.
    days : int
        From the start of the work: all is done within them, at least 1.
    capacity : mapping of str to tuple of Fraction
        Crew-days of a unit in each week of `week_starts`; a unit that is not listed has no limit.
    start : date or None
        First day of work; None where days are only counted.
    week_starts : tuple of int
        Day on which each week begins, from 0: then every Monday, or every 7 days without a date.
    """

    budget: Fraction | None
    days: int
    capacity: Mapping[str, tuple[Fraction, ...]]
    start: date | None
    week_starts: tuple[int, ...]

    def day(self, offset: int) -> date | None:
        """Return the day that is so many days from the start; None without a date."""
        return None if self.start is None else self.start + timedelta(days=offset)

    def week(self, place: int) -> Text:
        """Return a week's name: the ISO week, or its number from the start."""
        day = self.day(self.week_starts[place])
        if day is None:
            return Text(f"第{place + 1}周", f"week {place + 1}")
        year, number, _ = day.isocalendar()
        return Text(f"{year}年第{number}周", f"week {number} of {year}")


@dataclass(frozen=True)
class Job:
    """When one option is done: work fills the days from `begins` up to, not including, `ends`."""

    option: int
    begins: int
    ends: int


def weeks_of(start: date | None, days: int) -> tuple[int, ...]:
    """Return the days on which weeks begin: 0, then every Monday; every 7 days without a date.

    Examples
    --------
    >>> weeks_of(date(2026, 5, 7), 14)  # a Thursday
    (0, 4, 11)
    """
    first = 7 if start is None else 7 - start.weekday()
    return (0, *range(first, days, 7))


def days_of_work(option: Option) -> int:
    """Return the days from begin to end of an option: its calendar days, rounded up, at least 1."""
    return max(1, math.ceil(option.calendar_days or 0))


def limits_of(
    assessment: Assessment,
    fixes: Fixes,
    *,
    budget: Fraction | None = None,
    days: int | None = None,
    start: date | None = None,
    deadline: date | None = None,
) -> Limits:
    """Return what a plan for an assessment has to keep to.

    Parameters
    ----------
    assessment : Assessment
    fixes : Fixes
        Of the assessment.
    budget : Fraction, optional
        0 or more; no limit by default.
    days : int, optional
        1 or more; up to the deadline by default.
    start : date, optional
        First day of work; by default the day after the last dated observation.
    deadline : date, optional
        The day on which all must be done; by default the day of the inspection. Work ends on the day before.

    Raises
    ------
    InputFaults
        With every fault: a budget below 0, a deadline that is not after the start, days below 1 or beyond the
        deadline, no way to tell the days, crew-days by ISO week without a first day, a budget with an option that
        has no cost (which is named: rows are known only while tables are read). Circles of prerequisites are found
        there too.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.fixes import Fixes
    >>> found = read_assessment("data/wujiang-2016")
    >>> limits = limits_of(found, Fixes((), None), budget=Fraction(40), days=21)
    >>> limits.start, limits.days, limits.week_starts
    (None, 21, (0, 7, 14))
    """
    faults = [] if budget is None else _budget_faults(budget, fixes)
    start = start or _day_after(assessment)
    deadline = deadline or assessment.settings.inspection_date
    left = (deadline - start).days if start and deadline else None
    if left is not None and start and deadline and left < 1:
        faults.append(Fault("deadline_passed", "plan", None, "deadline", str(deadline), f"> {start}"))
    if days is not None and days < 1:
        faults.append(Fault("out_of_range", "plan", None, "days", str(days), ">= 1"))
    elif days is not None and left is not None and 1 <= left < days:
        faults.append(Fault("after_inspection", "plan", None, "days", str(days), f"<= {left}"))
    if days is None and left is None:
        faults.append(Fault("days_needed", "plan", None, "days"))
    if start is None and len(assessment.capacity):
        faults.append(Fault("start_needed", "capacity", None, "week"))
    if faults:
        raise InputFaults(faults)
    span = days or left or 1
    weeks = weeks_of(start, span)
    return Limits(budget, span, _capacity(assessment, start, weeks) if start else {}, start, weeks)


def _day_after(assessment: Assessment) -> date | None:
    last = assessment.observations["observed_on"].max()
    return None if last != last else (last + timedelta(days=1)).date()  # NaT differs from itself


def _capacity(assessment: Assessment, start: date, weeks: Sequence[int]) -> dict[str, tuple[Fraction, ...]]:
    iso = [(start + timedelta(days=day)).isocalendar()[:2] for day in weeks]
    place = {f"{year}-W{number:02d}": k for k, (year, number) in enumerate(iso)}
    found: dict[str, list[Fraction]] = {}
    for unit, week, crew in assessment.capacity[["unit", "week", "crew_days"]].itertuples(index=False):
        own = found.setdefault(unit, [Fraction(0)] * len(weeks))
        year, _, number = week.partition("-W")
        if (k := place.get(f"{year}-W{int(number):02d}")) is not None:
            own[k] += Fraction(crew)
    return {unit: tuple(own) for unit, own in sorted(found.items())}


def _budget_faults(budget: Fraction, fixes: Fixes) -> list[Fault]:
    faults = [Fault("out_of_range", "plan", None, "budget", str(budget), ">= 0")] if budget < 0 else []
    return faults + [
        Fault("cost_needed", "fixes", None, "cost", option.name) for option in fixes.options if option.cost is None
    ]


class Work:
    """The fixes and their limits in whole numbers, made ready to be checked many times.

    Costs are whole numbers over one denominator, crew-days over one denominator for each unit: nothing is rounded.

    Attributes
    ----------
    length : list of int
        Days of each option.
    crew : list of (str or None)
        The unit whose crew-days each option takes; None where no limit acts on it.
    starts : list of tuple of int
        Weeks in which each option can begin so that it ends in time and, alone, finds the crew-days that it takes.
    loads : list of dict
        By option: by week of begin, the (place in `room`, amount) pairs that it takes.
    room : list of int
        Crew-days of each unit and week.
    slots : list of (unit, week)
        What the places in `room` are.
    cost : list of int
    budget : int or None
    """

    def __init__(self, fixes: Fixes, limits: Limits) -> None:
        self.fixes, self.limits = fixes, limits
        self.options = options = fixes.options
        self.of: dict[str, list[int]] = {}
        for place, option in enumerate(options):
            self.of.setdefault(option.fix, []).append(place)
        self.length = [days_of_work(option) for option in options]
        self._money(limits.budget)
        self.crew = [
            option.unit if option.crew_days and option.unit is not None and option.unit in limits.capacity else None
            for option in options
        ]
        self.slots = [(unit, week) for unit in limits.capacity for week in range(len(limits.week_starts))]
        self._loads()
        self.banned = [frozenset(option.excludes) for option in options]

    def _money(self, budget: Fraction | None) -> None:
        costs = [option.cost or Fraction(0) for option in self.options]
        whole = math.lcm(*(cost.denominator for cost in costs), (budget or Fraction(0)).denominator)
        self.cost = [int(cost * whole) for cost in costs]
        self.budget = None if budget is None else int(budget * whole)

    def within(self, budget: Fraction | None) -> Work:
        """Return the same under another budget; the rest is shared."""
        other = copy.copy(self)
        other.limits = replace(self.limits, budget=budget)
        other._money(budget)
        return other

    def _loads(self) -> None:
        limits, weeks = self.limits, self.limits.week_starts
        ends = [*weeks[1:], limits.days]
        place = {slot: n for n, slot in enumerate(self.slots)}
        plain: list[dict[int, list[tuple[int, Fraction]]]] = []
        whole = {
            unit: math.lcm(*(amount.denominator for amount in amounts)) for unit, amounts in limits.capacity.items()
        }
        for option, length, unit in zip(self.options, self.length, self.crew, strict=True):
            own: dict[int, list[tuple[int, Fraction]]] = {}
            for week, day in enumerate(weeks):
                if day + length > limits.days:
                    break
                own[week] = []
                if unit is not None and option.crew_days:
                    each = option.crew_days / length
                    for other in range(week, len(weeks)):
                        days = min(ends[other], day + length) - weeks[other]
                        if days <= 0:
                            break
                        own[week].append((place[unit, other], each * days))
                    whole[unit] = math.lcm(whole[unit], each.denominator)
            plain.append(own)
        self.room = [
            int(limits.capacity[unit][week] * whole[unit]) if week < len(limits.capacity[unit]) else 0
            for unit, week in self.slots
        ]
        scale = [whole[unit] for unit, _ in self.slots]
        self.loads = [
            {week: tuple((n, int(amount * scale[n])) for n, amount in took) for week, took in own.items()}
            for own in plain
        ]
        self.starts = [
            tuple(week for week, took in own.items() if all(amount <= self.room[n] for n, amount in took))
            for own in self.loads
        ]

    @cached_property
    def earliest(self) -> list[int | None]:
        """The first week in which each option can begin if all that it needs is done as early as can be.

        None where it cannot be done at all, whatever else is left undone.
        """
        found: list[int | None] = [None] * len(self.options)
        moved = True
        while moved:  # weeks only become possible or move forward, so this ends
            moved = False
            for place, option in enumerate(self.options):
                ready, now = self._ready(option, found), found[place]
                first = None if ready is None else self._from(place, ready)
                if first is not None and (now is None or first < now):
                    found[place], moved = first, True
        return found

    def _ready(self, option: Option, begins: Sequence[int | None]) -> int | None:
        day = 0
        for name in option.needs:
            ends = [
                self.limits.week_starts[week] + self.length[other]
                for other in self.of.get(name, ())
                if (week := begins[other]) is not None
            ]
            if not ends or name in option.excludes:
                return None
            day = max(day, min(ends))
        return day

    def _from(self, place: int, day: int) -> int | None:
        return next((week for week in self.starts[place] if self.limits.week_starts[week] >= day), None)

    def spent(self, chosen: Iterable[int]) -> int:
        """Return the cost of some options, in whole numbers."""
        return sum(self.cost[place] for place in chosen)

    def fits(self, chosen: Sequence[int]) -> bool:
        """Return whether options keep to the budget, levels, prerequisites and exclusions; weeks apart."""
        if self.budget is not None and self.spent(chosen) > self.budget:
            return False
        names = {self.options[place].fix for place in chosen}
        return len(names) == len(chosen) and all(
            names.issuperset(self.options[place].needs) and names.isdisjoint(self.banned[place]) for place in chosen
        )

    def with_needs(self, own: Sequence[int], chosen: Sequence[int]) -> list[int]:
        """Return options and all those of `chosen` that they need, directly or not."""
        by_name = {self.options[place].fix: place for place in chosen}
        found, waiting = set(own), list(own)
        while waiting:
            for name in self.options[waiting.pop()].needs:
                if name in by_name and by_name[name] not in found:
                    found.add(by_name[name])
                    waiting.append(by_name[name])
        return sorted(found)

    def schedule(self, chosen: Sequence[int], near: Mapping[int, int] | None = None) -> tuple[Job, ...] | None:
        """Return when each of some options is done, by begin; None where that cannot be.

        Parameters
        ----------
        chosen : sequence of int
            Options that :meth:`fits` accepts.
        near : mapping of option to week, optional
            Begins to try first.

        Notes
        -----
        Exact where the search ends within :data:`TRIES` placements. Larger sets may then be refused although a
        schedule exists; what is returned always keeps the rule.
        """
        weeks = self.limits.week_starts
        if any(self.earliest[place] is None for place in chosen):
            return None
        found: dict[int, int] = {}
        for group in self._groups(chosen):
            own = self._place(group, near or {})
            if own is None:
                return None
            found |= own
        jobs = [Job(place, weeks[week], weeks[week] + self.length[place]) for place, week in found.items()]
        return tuple(sorted(jobs, key=lambda job: (job.begins, job.option)))

    def filled(self, jobs: Sequence[Job], order: Iterable[int]) -> tuple[Job, ...]:
        """Return jobs and, one after another, each option that still fits beside them as they stand, by begin."""
        weeks, left, found = self.limits.week_starts, list(self.room), list(jobs)
        week_of = {day: week for week, day in enumerate(weeks)}
        for job in jobs:
            for n, amount in self.loads[job.option][week_of[job.begins]]:
                left[n] -= amount
        ends = {self.options[job.option].fix: job.ends for job in jobs}
        barred = {name for job in jobs for name in self.banned[job.option]}
        spent = self.spent(job.option for job in jobs)
        for place in order:
            option, banned = self.options[place], self.banned[place]
            if option.fix in ends or option.fix in barred or option.fix in banned or not banned.isdisjoint(ends):
                continue
            if self.budget is not None and spent + self.cost[place] > self.budget:
                continue
            if any(name not in ends for name in option.needs):
                continue
            day = max((ends[name] for name in option.needs), default=0)
            for week in self.starts[place]:
                took = self.loads[place][week]
                if weeks[week] >= day and all(left[n] >= amount for n, amount in took):
                    break
            else:
                continue
            for n, amount in took:
                left[n] -= amount
            found.append(Job(place, weeks[week], weeks[week] + self.length[place]))
            ends[option.fix] = found[-1].ends
            barred |= banned
            spent += self.cost[place]
        return tuple(sorted(found, key=lambda job: (job.begins, job.option)))

    def _groups(self, chosen: Sequence[int]) -> list[list[int]]:
        """Return the options in groups that share neither crews nor prerequisites, each in an order of needs."""
        root = {place: place for place in chosen}

        def top(place: int) -> int:
            while root[place] != place:
                root[place] = place = root[root[place]]
            return place

        by_name = {self.options[place].fix: place for place in chosen}
        crew: dict[str, int] = {}
        for place in chosen:
            option = self.options[place]
            for name in option.needs:
                root[top(place)] = top(by_name[name])
            unit = self.crew[place]
            if unit is not None:
                root[top(place)] = top(crew.setdefault(unit, place))
        groups: dict[int, list[int]] = {}
        for place in self._in_order(sorted(chosen), by_name):
            groups.setdefault(top(place), []).append(place)
        return list(groups.values())

    def _in_order(self, chosen: Sequence[int], by_name: Mapping[str, int]) -> list[int]:
        """Return the options so that each stands after what it needs; those with the largest load first."""
        size = {place: sum(n for _, n in self.loads[place][self.starts[place][0]]) for place in chosen}
        waiting = sorted(chosen, key=lambda place: (-size[place], place))
        order: list[int] = []
        done: set[str] = set()
        while waiting:
            ready = [place for place in waiting if done.issuperset(self.options[place].needs)]
            if not ready:  # a circle: refused by the caller, which finds no week for it
                return [*order, *waiting]
            order += ready
            done.update(self.options[place].fix for place in ready)
            placed = set(ready)
            waiting = [place for place in waiting if place not in placed]
        return order

    def _place(self, group: Sequence[int], near: Mapping[int, int]) -> dict[int, int] | None:
        """Return the week in which each of a group begins, by a search over weeks that forgets no failure."""
        weeks, options = self.limits.week_starts, self.options
        names = {options[place].fix: place for place in group}
        left = {n: self.room[n] for place in group for week in self.starts[place] for n, _ in self.loads[place][week]}
        last = {options[name].fix: 0 for name in group}
        for step, place in enumerate(group):
            for name in options[place].needs:
                last[name] = step
        failed: set[tuple[int, ...]] = set()
        begins: dict[int, int] = {}
        tries = 0

        def ends(name: str) -> int:
            place = names[name]
            return weeks[begins[place]] + self.length[place]

        def rest(step: int) -> bool:
            nonlocal tries
            if step == len(group):
                return True
            open_ends = (ends(name) for name, until in last.items() if until >= step and names[name] in begins)
            state = (step, *left.values(), *open_ends)
            if state in failed or tries > TRIES:
                return False
            place = group[step]
            day = max((ends(name) for name in options[place].needs), default=0)
            free = [week for week in self.starts[place] if weeks[week] >= day]
            if free and not self.loads[place][free[0]]:
                del free[1:]  # no crews are at stake: later is never better
            elif near.get(place) in free:
                free.sort(key=lambda week: (week != near[place], week))
            for week in free:
                tries += 1
                took = self.loads[place][week]
                if any(left[n] < amount for n, amount in took):
                    continue
                for n, amount in took:
                    left[n] -= amount
                begins[place] = week
                if rest(step + 1):
                    return True
                del begins[place]
                for n, amount in took:
                    left[n] += amount
                if len(group) > DEEP:
                    return False
            failed.add(state)
            return False

        return dict(begins) if rest(0) else None


def schedule(fixes: Fixes, limits: Limits, chosen: Sequence[int]) -> tuple[Job, ...] | None:
    """Return when each of some options is done, by begin; None where they cannot all be done within the limits.

    See :meth:`Work.schedule`; budget, levels, prerequisites and exclusions are checked as well.
    """
    work = Work(fixes, limits)
    return work.schedule(chosen) if work.fits(chosen) else None


def obstacles(fixes: Fixes, limits: Limits, chosen: Sequence[int]) -> tuple[Text, ...]:
    """Return what keeps some options from being done together, each in a sentence; empty where nothing does."""
    work = Work(fixes, limits)
    found = [*_together(work, chosen), *impossible(work, chosen)]
    if not found and work.schedule(chosen) is None:
        found = _crews(work, chosen) or [
            Text("各项整改的前后次序与每周人力排不进工期", "order and weekly crew-days do not fit into the days")
        ]
    return tuple(found)


def plain(value: Fraction) -> str:
    """Return a number for a sentence: exact where it has up to two decimals, else rounded half up to two."""
    cents = math.floor(value * 100 + Fraction(1, 2))
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")


def _together(work: Work, chosen: Sequence[int]) -> list[Text]:
    """What money, levels, prerequisites and exclusions say."""
    options, limits, found = [work.options[place] for place in chosen], work.limits, []
    cost = sum((option.cost or Fraction(0) for option in options), Fraction(0))
    if limits.budget is not None and cost > limits.budget:
        zh, en = "共需费用{}，预算只有{}", "the cost is {}, the budget {}"
        found.append(Text(*(text.format(plain(cost), plain(limits.budget)) for text in (zh, en))))
    names: set[str] = set()
    for option in options:
        if option.fix in names:
            found.append(Text(f"“{option.fix}”只能选一个档次", f"only one level of '{option.fix}' can be done"))
        names.add(option.fix)
    for option in options:
        for name in sorted(set(option.needs) - names):
            found.append(Text(f"“{option.name}”须先完成“{name}”", f"'{option.name}' needs '{name}' first"))
        for name in sorted(set(option.excludes) & names):
            found.append(Text(f"“{option.name}”与“{name}”互斥", f"'{option.name}' and '{name}' exclude each other"))
    return found


def impossible(work: Work, chosen: Sequence[int]) -> list[Text]:
    """Return what keeps options from being done even alone; nothing for those that can be."""
    found, limits = [], work.limits
    for place in chosen:
        option, length = work.options[place], work.length[place]
        if work.earliest[place] is not None:
            continue
        if length > limits.days:
            zh, en = "“{}”需{}天，工期只有{}天", "'{}' takes {} days of {}"
            found.append(Text(*(text.format(option.name, length, limits.days) for text in (zh, en))))
        elif not work.starts[place]:
            found.append(_tight_week(work, place))
        else:
            names = [name for name in option.needs if all(work.earliest[k] is None for k in work.of.get(name, ()))]
            told = "、".join(f"“{name}”" for name in names or option.needs)
            also = ", ".join(f"'{name}'" for name in names or option.needs)
            text = Text(
                f"“{option.name}”的前置整改{told}不能如期完成",
                f"'{option.name}' needs {also}, which is not done in time",
            )
            found.append(text)
    return found


def _tight_week(work: Work, place: int) -> Text:
    """Say in which week the crews fall short most where an option has its best begin."""
    option = work.options[place]

    def short(week: int) -> list[tuple[Fraction, int]]:
        took = ((Fraction(amount - work.room[n], amount), n) for n, amount in work.loads[place][week])
        return sorted((lack, -n) for lack, n in took if lack > 0)

    slot = -min((short(week)[-1] for week in work.loads[place]), key=lambda one: (one[0], -one[1]))[1]
    unit, week = work.slots[slot]
    has, name = plain(work.limits.capacity[unit][week]), work.limits.week(week)
    return Text(
        f"{unit}{name.zh}只有{has}人天，不够完成“{option.name}”",
        f"{unit} has {has} crew-days in {name.en}, too few for '{option.name}'",
    )


def _crews(work: Work, chosen: Sequence[int]) -> list[Text]:
    """Name the units whose own work cannot be placed."""
    found = []
    for unit, amounts in work.limits.capacity.items():
        own = [place for place in chosen if work.crew[place] == unit]
        if not own or work.schedule(work.with_needs(own, chosen)) is not None:
            continue
        asked = sum((work.options[place].crew_days or Fraction(0) for place in own), Fraction(0))
        has = plain(sum(amounts, Fraction(0)))
        found.append(
            Text(
                f"{unit}共需{plain(asked)}人天，工期内共有{has}人天，逐周排不下",
                f"{unit} needs {plain(asked)} crew-days and has {has} in all: they do not fit week by week",
            )
        )
    return found
