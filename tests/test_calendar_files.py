"""The calendar as a file: read back by the library, its rules expanded by another one, the same bytes twice."""

import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar

from evalsys import load_instrument
from evalsys.calendar_files import Mark, calendar_bytes, rule_of, write_calendar
from evalsys.calendars import Anchors, Matter, matters_of, occurrences
from evalsys.language import Text
from evalsys.when import PERIODS, When

ONE = timedelta(days=1)
FIRST, LAST = date(2015, 2, 10), date(2018, 3, 20)
KNOWN = Anchors(
    school_term=date(2016, 9, 1),
    term=(date(2016, 3, 1), date(2018, 2, 28)),
    starts={"M": date(2014, 1, 1)},
)


def matter(when, code="M", **more):
    return Matter(code, Text("事项", "matter"), when, **more)


def events_of(content):
    return list(Calendar.from_ical(content).walk("VEVENT"))


def expanded(events):
    """Return every event as its first and last day, rules expanded by dateutil."""
    found = []
    for event in events:
        opens, ends = event.decoded("dtstart"), event.decoded("dtend")
        starts = [opens]
        if "rrule" in event:
            rule = event["rrule"].to_ical().decode()
            starts = [each.date() for each in rrulestr(rule, dtstart=datetime(opens.year, opens.month, opens.day))]
            assert opens in starts
        found += [(start, start + (ends - opens) - ONE) for start in starts]
    return sorted(found)


FORMS = {
    **{every: When(every=every) for every in PERIODS},
    "by the 5th": When(every="month", by_day=5),
    "by the 28th": When(every="month", by_day=28),
    "by the 31st": When(every="month", by_day=31),
    "by Friday": When(every="week", by_day=5),
    "by the tenth day of the quarter": When(every="quarter", by_day=10),
    "twice a year": When(every="year", times=2),
    "every 30 June": When(by=(6, 30)),
    "30 June 2016": When(by=date(2016, 6, 30)),
    "a span": When(since=date(2016, 5, 1), by=date(2016, 5, 30)),
    "a span of every year": When(since=(5, 15), by=(8, 22)),
    "over new year": When(since=(12, 1), by=(2, 10)),
    "over new year and the end of February": When(since=(12, 1), by=(6, 30)),
    "over the end of February": When(since=(2, 28), by=(3, 1)),
    "2 to 3 days": When(days=(2, 3)),
    "school week 2": When(school_week=2),
}
SINGLE = {"term", "by the 31st", "by Friday", "by the tenth day of the quarter", "30 June 2016", "a span"} | {
    "2 to 3 days",
    "school week 2",
    "over new year and the end of February",  # a day longer in a leap year
    "over the end of February",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_file_has_the_days_of_the_calendar(form):
    """Against `occurrences`: what a calendar program makes of the file is what falls due, day for day."""
    own = matter(FORMS[form])
    events = events_of(calendar_bytes([own], FIRST, LAST, "zh", anchors=KNOWN))
    due = occurrences([own], FIRST, LAST, anchors=KNOWN)
    spans = own.when.since is not None
    assert due
    assert expanded(events) == sorted((each.opens if spans else each.due, each.due) for each in due)
    assert (rule_of(own.when) is None) == (form in SINGLE)
    if len(due) > 1:
        assert (len(events) == 1) == (form not in SINGLE)


def test_a_span_that_is_due_after_the_last_day_is_not_in_the_file():
    own = matter(When(since=(5, 15), by=(8, 22)))
    for last, years in ((date(2018, 8, 21), [2016, 2017]), (date(2018, 8, 22), [2016, 2017, 2018])):
        events = events_of(calendar_bytes([own], date(2016, 1, 1), last, "zh"))
        assert [opens.year for opens, _ in expanded(events)] == years


NAMES = ("lincheng-county-2019", "bishi-town-2010", "xinbei-district", "primary-school-activities")


@pytest.mark.parametrize("name", NAMES)
def test_the_calendars_of_instruments(name):
    matters = matters_of(load_instrument(name))
    first, last = date(2010, 1, 1), date(2010, 12, 31)
    known = Anchors(school_term=date(2010, 9, 1))
    content = calendar_bytes(matters, first, last, "zh", anchors=known, name=Text("日程", "calendar"))
    due = occurrences(matters, first, last, anchors=known)
    once = {(each.matter.code, each.opens if each.matter.when.since else each.due, each.due) for each in due}
    assert expanded(events_of(content)) == sorted((opens, last) for _, opens, last in once)
    assert len({str(event["uid"]) for event in events_of(content)}) == len(events_of(content))


def test_what_stands_in_an_event():
    own = Matter(
        "S003.1.4",
        Text("各专项指挥部办公室每月五日之前向创城办书面报告工作进展、存在问题和意见建议", "Each command reports"),
        When(every="month", by_day=5),
        (Text("各专项指挥部", "Commands"),),
        (Text("创城办", "Office"), Text("县委", "Committee")),
        "三（一）3",
        note=Text("5日为按时；6日为逾期，\n逾期通报", "The 5th is in time"),
    )
    content = calendar_bytes([own], date(2016, 1, 1), date(2016, 12, 31), "zh", name=Text("临城县", "Lincheng"))
    (event,) = events_of(content)
    assert event["summary"] == own.text.zh
    assert str(event["description"]).splitlines() == [
        "时限：每月5日前",
        "牵头：各专项指挥部",
        "配合：创城办、县委",
        "依据：S003.1.4 三（一）3",
        "说明：5日为按时；6日为逾期，",
        "逾期通报",
    ]
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert event["rrule"].to_ical() == b"FREQ=MONTHLY;UNTIL=20161231;BYMONTHDAY=5"
    assert (str(event["transp"]), Calendar.from_ical(content)["x-wr-calname"]) == ("TRANSPARENT", "临城县")
    assert not {"organizer", "attendee", "contact", "location"} & {key.lower() for key in event}
    english = events_of(calendar_bytes([own], date(2016, 1, 1), date(2016, 12, 31), "en"))[0]
    assert str(english["description"]).splitlines()[:3] == [
        "When: every month by the 5th",
        "Lead: Commands",
        "With: Office, Committee",
    ]
    twice = matter(When(every="year", times=2))
    assert events_of(calendar_bytes([twice], FIRST, LAST, "zh"))[0]["summary"] == "事项（2次）"


def test_lines_are_folded_and_end_as_the_format_wants():
    long = Matter("L", Text("创建工作" * 40, "work"), When(by=(6, 30)))
    content = calendar_bytes([long], FIRST, LAST, "zh")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert events_of(content)[0]["summary"] == "创建工作" * 40


def test_the_same_calendar_is_the_same_file(tmp_path):
    own = matters_of(load_instrument("lincheng-county-2019"))
    marks = [Mark("inspection", Text("督查", "inspection"), date(2016, 9, 1))]
    name = Text("甲", "A")

    def made(title=name, marks=marks, lang="zh"):
        return calendar_bytes(own, date(2016, 1, 1), date(2016, 12, 31), lang, name=title, marks=marks)

    assert made() == made()
    write_calendar(tmp_path / "a.ics", own, date(2016, 1, 1), date(2016, 12, 31), "zh", name=name, marks=marks)
    assert (tmp_path / "a.ics").read_bytes() == made()
    assert [path.name for path in tmp_path.iterdir()] == ["a.ics"]
    uids = {title.zh: {str(event["uid"]) for event in events_of(made(title))} for title in (name, Text("乙", "B"))}
    assert not uids["甲"] & uids["乙"]  # two assessments of one instrument stay apart
    assert {str(event["uid"]) for event in events_of(made(lang="en"))} == uids["甲"]
    assert len(events_of(made(marks=()))) == len(events_of(made())) - 1
    outside = [Mark("inspection", Text("督查", "inspection"), date(2017, 1, 1))]
    assert made(marks=outside) == made(marks=())


def test_the_library_is_loaded_only_when_a_file_is_made():
    told = "import sys, evalsys.calendar_files, evalsys.calendar_results; print('icalendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=True).stdout.strip() == b"False"
