"""When something is due: every form that is read, in words, and what is refused."""

import datetime

import pytest

from evalsys import schema
from evalsys.when import PERIODS, When, month_days, read_day, read_when, week_days, week_of


def read(folder, text):
    path = folder / "x.yaml"
    path.write_text(f"when: {text}\n", "utf-8")
    faults = []
    spot, content = schema.document(path, "x.yaml", faults)
    found = read_when(schema.spot_in(spot, content, "when"), content["when"])
    return found, [(fault.problem, fault.row) for fault in faults]


@pytest.mark.parametrize(
    ("text", "expected", "zh", "en"),
    [
        ("{by: 06-30}", When(by=(6, 30)), "6月30日前", "by 30 Jun"),
        ("{by: 2016-12-31}", When(by=datetime.date(2016, 12, 31)), "2016年12月31日前", "by 2016-12-31"),
        ("{from: 05-15, to: 08-22}", When(by=(8, 22), since=(5, 15)), "5月15日至8月22日", "15 May to 22 Aug"),
        ("{from: 12-01, to: 06-30}", When(by=(6, 30), since=(12, 1)), "12月1日至6月30日", "1 Dec to 30 Jun"),
        ("{every: quarter}", When(every="quarter"), "每季度", "every quarter"),
        ("{every: year, times: 2}", When(every="year", times=2), "每年2次", "every year 2 times"),
        ("{every: month, by_day: 5}", When(every="month", by_day=5), "每月5日前", "every month by the 5th"),
        ("{every: month, by_day: 11}", When(every="month", by_day=11), "每月11日前", "every month by the 11th"),
        ("{every: month, by_day: 22}", When(every="month", by_day=22), "每月22日前", "every month by the 22nd"),
        ("{days: [2, 3]}", When(days=(2, 3)), "每2–3天", "every 2–3 days"),
        ("{days: [7, 7]}", When(days=(7, 7)), "每7天", "every 7 days"),
        ("{school_week: 2}", When(school_week=2), "第2教学周", "school week 2"),
    ],
)
def test_every_form_and_its_words(tmp_path, text, expected, zh, en):
    found, faults = read(tmp_path, text)
    assert (found, faults) == (expected, [])
    assert (found.text.zh, found.text.en) == (zh, en)


@pytest.mark.parametrize("period", PERIODS)
def test_every_period(tmp_path, period):
    found, _ = read(tmp_path, f"{{every: {period}}}")
    assert found.text == PERIODS[period]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{by: 06-31}", "bad_date"),
        ("{by: 02-29}", "bad_date"),
        ("{by: [1]}", "bad_date"),
        ("{from: 05-15}", "bad_value"),
        ("{from: 2016-05-15, to: 2016-05-01}", "bad_value"),
        ("{from: 2016-05-15, to: 06-01}", "bad_value"),
        ("{every: fortnight}", "bad_value"),
        ("{every: month, by: 06-30}", "bad_value"),
        ("{by: 06-30, times: 2}", "bad_value"),
        ("{times: 2}", "bad_value"),
        ("{days: [3, 2]}", "bad_value"),
        ("{days: [2]}", "bad_value"),
        ("{days: [2, 3, 4]}", "bad_value"),
        ("{days: [2, x, 3]}", "bad_integer"),
        ("{days: [0, 2]}", "out_of_range"),
        ("{week: 2}", "unknown_key"),
        ("{}", "bad_value"),
    ],
)
def test_what_is_refused(tmp_path, text, problem):
    found, faults = read(tmp_path, text)
    assert (found, faults[0]) == (None, (problem, 1))


def test_every_ordinal():
    for day in ("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st", "111th", "121st"):
        assert When(every="month", by_day=int(day[:-2])).text.en == f"every month by the {day}"


def test_a_span_may_be_one_day(tmp_path):
    found, faults = read(tmp_path, "{from: 2016-05-15, to: 2016-05-15}")
    assert (found.since, found.by, faults) == (datetime.date(2016, 5, 15), datetime.date(2016, 5, 15), [])


def test_a_day_that_is_no_text_is_not_shown():
    faults = []
    assert read_day(schema.Spot(faults, "x.yaml"), ["1"]) is None
    assert [(fault.problem, fault.value) for fault in faults] == [("bad_date", "")]


@pytest.mark.parametrize("year", [*range(2015, 2033), 1900, 2999])
def test_every_day_of_a_year_lies_in_its_week_and_its_month(year):
    for number in range(datetime.date(year, 1, 1).toordinal(), datetime.date(year, 12, 31).toordinal() + 1, 3):
        day = datetime.date.fromordinal(number)
        monday, sunday = week_days(week_of(day))
        assert (monday.weekday(), (sunday - monday).days) == (0, 6)
        assert monday <= day <= sunday
        first, last = month_days(f"{day:%Y-%m}")
        assert first == day.replace(day=1)
        assert last + datetime.timedelta(1) == (first + datetime.timedelta(31)).replace(day=1)


def test_weeks_over_new_year():
    assert week_days("2026-W53") == (datetime.date(2026, 12, 28), datetime.date(2027, 1, 3))
    assert week_days("2027-W01") == (datetime.date(2027, 1, 4), datetime.date(2027, 1, 10))
    assert week_of(datetime.date(2026, 1, 1)) == "2026-W01"
    assert week_of(datetime.date(2024, 12, 30)) == "2025-W01"


@pytest.mark.parametrize("week", ["2016-W53", "2016-W54", "2016-W00", "0000-W01", "2016", "2016-Wxx"])
def test_there_is_no_such_week(week):
    """2016 has 52 weeks: its week 53 would be the first of 2017 under another name."""
    with pytest.raises(ValueError, match=r"."):
        week_days(week)


@pytest.mark.parametrize("month", ["2016-13", "2016-00", "2016-", "2016-W3"])
def test_there_is_no_such_month(month):
    with pytest.raises(ValueError, match=r"."):
        month_days(month)
