"""Places: who stands where in a group, by exact scores, with ties kept; the change since the last round.

Competition ranking: 1, 2, 2, 4. A rank compares unrounded scores; two scores that look the same on a page and are not
are named, so that a reader is told why 96.00 and 96.00 stand one after the other. A school's weekly red flag and its
classes of the month are places too.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any, Literal, NoReturn

from evalsys.faults import Fault, InputFaults
from evalsys.language import Text
from evalsys.wording import decimal

__all__ = [
    "Best",
    "ClassMonth",
    "Flag",
    "Month",
    "Places",
    "Ranked",
    "competition",
    "gone",
    "monday",
    "monthly",
    "places",
    "ranked",
    "weekly_best",
]

#: Which end of the scale is the first place.
Best = Literal["high", "low"]


@dataclass(frozen=True)
class Ranked:
    """One name in its group.

    Attributes
    ----------
    name : str
    group : str
        Empty where there are no groups.
    score : Fraction or None
        Unrounded; None where it was not assessed.
    rank : int or None
        Competition rank in the group, 1 is first; None without a score.
    tied : tuple of str
        The others who share the rank, in the given order.
    of : int
        How many names of the group have a rank.
    looks_tied : tuple of str
        The others of the group whose score is another one and looks the same at the decimals shown.
    previous_score : Fraction or None
        Of the last round.
    previous_rank : int or None
        In the last round, among the names that stand in the group today: who is gone takes no place.
    new : bool
        There is a last round, and the name was not in it.
    change : Fraction or None
        Score now less score then, in points.
    moved : int or None
        Places gained; below 0 lost. A name that is new takes a place too.
    """

    name: str
    group: str
    score: Fraction | None
    rank: int | None
    tied: tuple[str, ...]
    of: int
    looks_tied: tuple[str, ...] = ()
    previous_score: Fraction | None = None
    previous_rank: int | None = None
    new: bool = False
    change: Fraction | None = None
    moved: int | None = None


@dataclass(frozen=True)
class Places:
    """Which places a name took over some rounds.

    Attributes
    ----------
    name : str
    counts : tuple of (place, times)
        Places taken, best first.
    missed : int
        Rounds without a rank of the name.
    """

    name: str
    counts: tuple[tuple[int, int], ...]
    missed: int

    @property
    def rounds(self) -> int:
        """Rounds in which the name has a rank."""
        return sum(times for _, times in self.counts)

    def times(self, place: int) -> int:
        """Return how often the name took a place."""
        return dict(self.counts).get(place, 0)

    @property
    def text(self) -> Text:
        """The same in words.

        Examples
        --------
        >>> held = Places("甲街道", ((1, 3), (2, 2)), missed=0)
        >>> held.text.zh, held.text.en
        ('5次排名：第1名3次、第2名2次', 'ranked 5 times: 3 times 1st, twice 2nd')
        """
        if not self.counts:
            return Text("未参加排名", "never ranked")
        zh = "、".join(f"第{place}名{times}次" for place, times in self.counts)
        en = ", ".join(f"{_times(times)} {_ordinal(place)}" for place, times in self.counts)
        missed = Text(f"，缺{self.missed}次", f", missing {_times(self.missed)}") if self.missed else Text("", "")
        return Text(f"{self.rounds}次排名：{zh}{missed.zh}", f"ranked {_times(self.rounds)}: {en}{missed.en}")


def competition(scores: Sequence[Fraction | None], *, best: Best = "high") -> tuple[int | None, ...]:
    """Return competition ranks: one more than the number of better scores, so equal scores share the better place.

    Parameters
    ----------
    scores : sequence of Fraction or None
        Unrounded. None is not assessed: it has no rank and takes no place.
    best : {'high', 'low'}
        Whether the highest or the lowest score is first.

    Examples
    --------
    >>> competition([Fraction(96), Fraction(97), None, Fraction(96), Fraction(95)])
    (2, 1, None, 2, 4)
    """
    return _standing([None if score is None else score if best == "high" else -score for score in scores])


def _standing(keys: Sequence[Any]) -> tuple[int | None, ...]:
    """Return competition ranks of anything that can be ordered, the greatest first; None has no rank."""
    place: dict[Any, int] = {}
    for at, key in enumerate(sorted((key for key in keys if key is not None), reverse=True), 1):
        place.setdefault(key, at)
    return tuple(None if key is None else place[key] for key in keys)


def ranked(
    names: Sequence[str],
    scores: Sequence[Fraction | None],
    *,
    groups: Sequence[str] | None = None,
    previous: Mapping[str, Fraction | None] | None = None,
    decimals: int = 2,
    best: Best = "high",
) -> tuple[Ranked, ...]:
    """Rank names within their groups, and compare with the last round.

    Parameters
    ----------
    names : sequence of str
    scores : sequence of Fraction or None
        Unrounded; one for each name.
    groups : sequence of str, optional
        One for each name; otherwise all are one group.
    previous : mapping of name to Fraction or None, optional
        Scores of the last round; None was there and not assessed.
    decimals : int
        That a page shows.
    best : {'high', 'low'}

    Returns
    -------
    tuple of Ranked
        By group in the order of appearance, then by rank, then as given: a tie is not broken, and stays in the given
        order. Names without a score come last.

    Raises
    ------
    InputFaults
        ``duplicate_id``: a name stands twice in a group; or in two groups, and in `previous`, which cannot tell which.

    Examples
    --------
    >>> held = ranked(["甲", "乙", "丙"], [Fraction(96), Fraction(97), Fraction(96)], previous={"甲": Fraction(95)})
    >>> [(own.name, own.rank, own.tied, own.change, own.new) for own in held]  # doctest: +NORMALIZE_WHITESPACE
    [('乙', 1, (), None, True), ('甲', 2, ('丙',), Fraction(1, 1), False), ('丙', 2, ('甲',), None, True)]
    """
    group_of = [""] * len(names) if groups is None else list(groups)
    table = [_Entry(*row) for row in zip(names, group_of, scores, strict=True)]
    _unambiguous(table, previous or {})
    by_group: dict[str, list[_Entry]] = {}
    for entry in table:
        by_group.setdefault(entry.group, []).append(entry)
    return tuple(row for own in by_group.values() for row in _one_group(own, previous, decimals, best))


def gone(names: Iterable[str], previous: Mapping[str, Fraction | None]) -> tuple[str, ...]:
    """Return the names of the last round that are not in this one, in the order of the last round."""
    here = set(names)
    return tuple(name for name in previous if name not in here)


def places(rounds: Sequence[Mapping[str, int | None]]) -> tuple[Places, ...]:
    """Count the places that each name took over rounds.

    Parameters
    ----------
    rounds : sequence of mapping of name to rank
        None, or no entry: the name has no rank in that round.

    Returns
    -------
    tuple of Places
        In the order in which the names first appear.

    Examples
    --------
    >>> [held] = places([{"甲": 1}, {"甲": 2}, {"甲": 1}, {"甲": 2}, {"甲": 1}])
    >>> held.counts, held.rounds, held.missed
    (((1, 3), (2, 2)), 5, 0)
    """
    names = dict.fromkeys(name for own in rounds for name in own)
    return tuple(_places_of(name, [own.get(name) for own in rounds]) for name in names)


# ------------------------------------------------------------------------- the week's red flag, the month's class


@dataclass(frozen=True)
class Flag:
    """Who has the red flag of one week.

    Attributes
    ----------
    week : str
        ISO week, ``2016-W33``.
    holders : tuple of str
        All that share the best score, in the given order; empty where none was assessed.
    score : Fraction or None
        Of the holders.
    """

    week: str
    holders: tuple[str, ...]
    score: Fraction | None


@dataclass(frozen=True)
class ClassMonth:
    """One class in one month.

    Attributes
    ----------
    name : str
    flags : int
        Weeks of the month in which it held the red flag, alone or with others.
    mean : Fraction or None
        Of its scores in the month.
    weeks : int
        In which it was assessed.
    rank : int or None
        Competition rank by flags, then by mean; None where it was never assessed.
    tied : tuple of str
        The others who share the rank.
    """

    name: str
    flags: int
    mean: Fraction | None
    weeks: int
    rank: int | None
    tied: tuple[str, ...]


@dataclass(frozen=True)
class Month:
    """The classes of one month.

    Attributes
    ----------
    month : str
        ``2016-09``.
    weeks : tuple of str
        ISO weeks whose Monday lies in the month, of those given.
    classes : tuple of ClassMonth
        By rank, then as given; those never assessed last.
    """

    month: str
    weeks: tuple[str, ...]
    classes: tuple[ClassMonth, ...]

    @property
    def best(self) -> tuple[str, ...]:
        """All that share the first place."""
        return tuple(own.name for own in self.classes if own.rank == 1)


def monday(week: str) -> datetime.date:
    """Return the Monday of an ISO week.

    Raises
    ------
    InputFaults
        ``bad_date``.

    Examples
    --------
    >>> monday("2020-W53"), monday("2021-W01")
    (datetime.date(2020, 12, 28), datetime.date(2021, 1, 4))
    """
    found = re.fullmatch(r"(\d{4})-W(\d{1,2})", week, re.ASCII)
    try:
        # not strptime, which takes week 53 of a year of 52
        return datetime.date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else _no_week(week)
    except ValueError:
        return _no_week(week)


def weekly_best(weeks: Mapping[str, Mapping[str, Fraction | None]]) -> tuple[Flag, ...]:
    """Say who has the red flag in each week: the best score; a tie is shown and never broken.

    Parameters
    ----------
    weeks : mapping of ISO week to mapping of name to score
        None is not assessed.

    Returns
    -------
    tuple of Flag
        In the order of time.

    Raises
    ------
    InputFaults
        ``bad_date``: no ISO week.

    Examples
    --------
    >>> scores = {"三（1）班": Fraction(98), "三（2）班": Fraction(98), "三（3）班": Fraction(95)}
    >>> weekly_best({"2016-W36": scores})[0].holders
    ('三（1）班', '三（2）班')
    """
    return tuple(_flag(week, weeks[week]) for week in _in_time(weeks))


def monthly(weeks: Mapping[str, Mapping[str, Fraction | None]]) -> tuple[Month, ...]:
    """Rank the classes of each month.

    Parameters, and errors raised, as for :func:`weekly_best`.

    Returns
    -------
    tuple of Month
        In the order of time.

    Notes
    -----
    The source (S001-2) names civilised classes every month and gives no rule. Our reading: the most red flags held in
    the month, a shared flag counting for each of its holders; then the mean of the month's scores over the weeks in
    which the class was assessed; then a tie. A week belongs to the month of its Monday, the day on which the flag of a
    school week is handed over, so that each week counts in one month only.

    Examples
    --------
    >>> first, second = Fraction(98), Fraction(97)
    >>> held = monthly({"2016-W39": {"甲": first, "乙": second}, "2016-W40": {"甲": second, "乙": first}})
    >>> [(own.month, own.weeks, own.best) for own in held]  # Monday of week 40 is the 3rd of October
    [('2016-09', ('2016-W39',), ('甲',)), ('2016-10', ('2016-W40',), ('乙',))]
    """
    return tuple(
        _month(month, {week: weeks[week] for week in own})
        for month, own in groupby(_in_time(weeks), key=lambda week: f"{monday(week):%Y-%m}")
    )


def _no_week(week: str) -> NoReturn:
    raise InputFaults([Fault("bad_date", "weeks", value=week, allowed="2016-W33")]) from None


def _in_time(weeks: Iterable[str]) -> list[str]:
    held: list[tuple[datetime.date, str]] = []
    faults: list[Fault] = []
    for week in weeks:
        try:
            held.append((monday(week), week))
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(faults)
    return [week for _, week in sorted(held)]


def _flag(week: str, scores: Mapping[str, Fraction | None]) -> Flag:
    best = max((score for score in scores.values() if score is not None), default=None)
    return Flag(week, tuple(name for name, score in scores.items() if score is not None and score == best), best)


def _month(month: str, weeks: Mapping[str, Mapping[str, Fraction | None]]) -> Month:
    names = list(dict.fromkeys(name for own in weeks.values() for name in own))
    held = [name for flag in weekly_best(weeks) for name in flag.holders]
    scores = [[score for own in weeks.values() if (score := own.get(name)) is not None] for name in names]
    means = [sum(own, Fraction(0)) / len(own) if own else None for own in scores]
    flags = [held.count(name) for name in names]
    ranks = _standing([None if mean is None else (own, mean) for own, mean in zip(flags, means, strict=True)])
    tied = _others(names, ranks)
    rows = [ClassMonth(name, flags[k], means[k], len(scores[k]), ranks[k], tied[k]) for k, name in enumerate(names)]
    return Month(month, tuple(weeks), tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank or 0))))


# ------------------------------------------------------------------------------------------------ one group


@dataclass(frozen=True)
class _Entry:
    name: str
    group: str
    score: Fraction | None


def _unambiguous(table: Sequence[_Entry], previous: Mapping[str, Fraction | None]) -> None:
    """Refuse names of which it is not clear whom they mean."""
    groups_of: dict[str, list[str]] = {}
    for entry in table:
        groups_of.setdefault(entry.name, []).append(entry.group)
    twice = [
        Fault("duplicate_id", "ranks", value=name)
        for name, held in groups_of.items()
        if len(set(held)) < len(held) or (len(held) > 1 and name in previous)
    ]
    if twice:
        raise InputFaults(twice)


def _one_group(
    own: Sequence[_Entry], previous: Mapping[str, Fraction | None] | None, decimals: int, best: Best
) -> list[Ranked]:
    before = [None if previous is None else previous.get(entry.name) for entry in own]
    ranks = competition([entry.score for entry in own], best=best)
    ranks_before = competition(before, best=best)
    of = sum(rank is not None for rank in ranks)
    sharing = _others([entry.name for entry in own], ranks)
    shown = [None if entry.score is None else decimal(entry.score, decimals) for entry in own]
    looking = _others([entry.name for entry in own], shown)
    rows = [
        Ranked(
            name=entry.name,
            group=entry.group,
            score=entry.score,
            rank=ranks[at],
            tied=sharing[at],
            of=of,
            looks_tied=tuple(name for name in looking[at] if name not in sharing[at]),
            previous_score=before[at],
            previous_rank=ranks_before[at],
            new=previous is not None and entry.name not in previous,
            change=_less(entry.score, before[at]),
            moved=_less(ranks_before[at], ranks[at]),
        )
        for at, entry in enumerate(own)
    ]
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0))  # stable: ties stay as given


def _others(names: Sequence[str], keys: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return, for each name, the others with the same key; None is like no other."""
    held: dict[Any, list[str]] = {}
    for name, key in zip(names, keys, strict=True):
        held.setdefault(key, []).append(name)
    return [
        () if key is None else tuple(other for other in held[key] if other != name)
        for name, key in zip(names, keys, strict=True)
    ]


def _less(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one - other


def _places_of(name: str, ranks: Sequence[int | None]) -> Places:
    held = sorted(rank for rank in ranks if rank is not None)
    counts = tuple((place, len(list(times))) for place, times in groupby(held))
    return Places(name, counts, missed=len(ranks) - len(held))


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _ordinal(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
