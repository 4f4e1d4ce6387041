"""When something is due: by a day, within a span of days, or again and again.

Dates of a source are often without a year ("before the end of June"): a day of every year. A rhythm says how many
times in which period ("once a month, by the 5th").
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalsys import schema
from evalsys.language import Text
from evalsys.schema import Spot, choice, count, list_of, record

__all__ = ["PERIODS", "Day", "When", "month_days", "months_later", "read_day", "read_when", "week_days", "week_of"]

#: A day of one year, or a month and a day of every year.
Day = datetime.date | tuple[int, int]
#: The periods of a rhythm.
PERIODS: Mapping[str, Text] = {
    "day": Text("每日", "every day"),
    "week": Text("每周", "every week"),
    "month": Text("每月", "every month"),
    "two-months": Text("每两个月", "every two months"),
    "quarter": Text("每季度", "every quarter"),
    "half-year": Text("每半年", "every half-year"),
    "year": Text("每年", "every year"),
    "term": Text("每届", "every term"),
    "three-years": Text("每三年", "every three years"),
}


@dataclass(frozen=True)
class When:
    """When something is due.

    Attributes
    ----------
    by, since : Day or None
        Last day, and first day of a span.
    every : str or None
        A period of :data:`PERIODS`.
    times : int
        How many times in each period.
    by_day : int or None
        Last day of the period that still counts (``5``: by the 5th of the month).
    days : (int, int) or None
        Fewest and most days from one time to the next.
    school_week : int or None
        Week of the school term.
    """

    by: Day | None = None
    since: Day | None = None
    every: str | None = None
    times: int = 1
    by_day: int | None = None
    days: tuple[int, int] | None = None
    school_week: int | None = None

    @property
    def text(self) -> Text:
        """The same in words.

        Examples
        --------
        >>> When(by=(6, 30)).text.zh, When(every="month", by_day=5).text.zh, When(every="year", times=4).text.en
        ('6月30日前', '每月5日前', 'every year 4 times')
        """
        if self.school_week is not None:
            return Text(f"第{self.school_week}教学周", f"school week {self.school_week}")
        if self.days is not None:
            low, high = self.days
            span = f"{low}" if low == high else f"{low}–{high}"
            return Text(f"每{span}天", f"every {span} days")
        if self.every is not None:
            period = PERIODS[self.every]
            if self.by_day is not None:
                return Text(f"{period.zh}{self.by_day}日前", f"{period.en} by the {_ordinal(self.by_day)}")
            if self.times > 1:
                return Text(f"{period.zh}{self.times}次", f"{period.en} {self.times} times")
            return period
        last = Text("", "") if self.by is None else _day(self.by)
        if self.since is not None:
            first = _day(self.since)
            return Text(f"{first.zh}至{last.zh}", f"{first.en} to {last.en}")
        return Text(f"{last.zh}前", f"by {last.en}")


def months_later(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later (before, below 0); the last of the month where it has no such day.

    Examples
    --------
    >>> str(months_later(datetime.date(2024, 2, 29), 12)), str(months_later(datetime.date(2016, 8, 15), -12))
    ('2025-02-28', '2015-08-15')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_days(month: str) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of a month.

    Raises
    ------
    ValueError
        If there is no such month.

    Examples
    --------
    >>> [str(day) for day in month_days("2016-02")]
    ['2016-02-01', '2016-02-29']
    """
    year, _, number = month.partition("-")
    first = datetime.date(int(year), int(number), 1)
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def week_days(week: str) -> tuple[datetime.date, datetime.date]:
    """Return the Monday and the Sunday of an ISO week.

    Raises
    ------
    ValueError
        If there is no such week: week 53 of a year of 52 too.

    Examples
    --------
    >>> [str(day) for day in week_days("2016-W33")]
    ['2016-08-15', '2016-08-21']
    """
    year, _, number = week.partition("-W")
    # not strptime, which takes week 53 of a year of 52
    monday = datetime.date.fromisocalendar(int(year), int(number), 1)
    return monday, monday + datetime.timedelta(days=6)


def week_of(day: datetime.date) -> str:
    """Return the ISO week that a day lies in.

    Examples
    --------
    >>> week_of(datetime.date(2016, 8, 21)), week_of(datetime.date(2027, 1, 3))
    ('2016-W33', '2026-W53')
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _ordinal(number: int) -> str:
    ending = "th" if 11 <= number % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _day(day: Day) -> Text:
    if isinstance(day, datetime.date):
        return Text(f"{day.year}年{day.month}月{day.day}日", day.isoformat())
    month = datetime.date(2000, *day)
    return Text(f"{month.month}月{month.day}日", f"{month.day} {_MONTHS[month.month - 1]}")


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_day(spot: Spot, value: Any) -> Day | None:
    """Read a day ``2016-06-30``, or a day of every year ``06-30``."""
    full = schema.parse_date(value) if isinstance(value, str) else None
    if full is not None:
        return full
    yearly = schema.parse_date(f"2000-{value}") if isinstance(value, str) else None
    if yearly is None or (yearly.month, yearly.day) == (2, 29):
        spot.report("bad_date", value if isinstance(value, str) else "", "2016-06-30  06-30")
        return None
    return yearly.month, yearly.day


def _interval(spot: Spot, value: Any) -> tuple[int, int] | None:
    found = list_of(count)(spot, value)
    if found is None or len(found) < len(value):
        return None
    if len(found) != 2 or found[0] > found[1]:
        spot.report("bad_value", " ".join(map(str, found)), "[2, 3]")
        return None
    return found[0], found[1]


_FORMS = (("by",), ("from", "to"), ("every",), ("days",), ("school_week",))
_WHEN = record(
    {},
    {
        "by": read_day,
        "from": read_day,
        "to": read_day,
        "every": choice(*PERIODS),
        "times": count,
        "by_day": count,
        "days": _interval,
        "school_week": count,
    },
)


def read_when(spot: Spot, value: Any) -> When | None:
    """Read one of the forms ``{by: 06-30}``, ``{from: 05-15, to: 08-22}``, ``{every: month, times: 2}``,
    ``{every: month, by_day: 5}``, ``{days: [2, 3]}``, ``{school_week: 2}``.
    """
    found = _WHEN(spot, value)
    if found is None:
        return None
    given = set(found.spots)
    form = next((form for form in _FORMS if given - {"times", "by_day"} == set(form)), None)
    if form is None or (given & {"times", "by_day"} and form != ("every",)):
        allowed = "{by: 06-30}  {from: 05-15, to: 08-22}  {every: month, times: 1}  {days: [2, 3]}  {school_week: 2}"
        spot.report("bad_value", " ".join(sorted(given)), allowed)
        return None
    if any(found[key] is None for key in given):
        return None
    if form == ("from", "to"):
        first, last = found["from"], found["to"]
        dated = isinstance(first, datetime.date)
        if dated != isinstance(last, datetime.date) or (dated and first > last):  # 12-01 to 06-30 goes over new year
            spot.report("bad_value", f"{value['from']} {value['to']}", "{from: 05-15, to: 08-22}")
            return None
    return When(
        by=found["by"] or found["to"],
        since=found["from"],
        every=found["every"],
        times=found["times"] or 1,
        by_day=found["by_day"],
        days=found["days"],
        school_week=found["school_week"],
    )
