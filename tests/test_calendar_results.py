"""What an assessment owes between two days: by hand, as text, rows and JSON."""

import json
from datetime import date

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard
from icalendar import Calendar

from evalsys.calendar_results import (
    calendar_json,
    calendar_text,
    calendar_workbook,
    due_listing,
    stretch_text,
    write_calendar_of,
)
from evalsys.calendars import Anchors, Matter, Phase, Stretch
from evalsys.dues import calendar_ledger, due_between
from evalsys.language import Text
from evalsys.when import When

SAID = {"source": {"clause": "一"}}
CALENDAR = [
    {**SAID, "text": {"zh": "月报", "en": "report"}, "row": "X.1", "when": {"every": "month", "by_day": "5"},
     "lead": "各单位"},
    {**SAID, "text": {"zh": "督导", "en": "visit"}, "row": "X.2", "when": {"every": "two-months"}, "lead": "县委"},
    {"source": {"clause": "二"}, "text": {"zh": "巡查", "en": "patrol"}, "row": "X.3", "when": {"days": ["2", "3"]},
     "lead": "县委"},
    {**SAID, "text": {"zh": "动员", "en": "start"}, "when": {"from": "2016-07-01", "to": "2016-07-30"}, "phase": "yes"},
    {**SAID, "text": {"zh": "推进", "en": "work"}, "when": {"from": "2016-08-01", "to": "2016-09-10"}, "phase": "yes"},
    {**SAID, "text": {"zh": "自查", "en": "check"}, "when": {"from": "2016-09-01", "to": "2016-09-30"}, "phase": "yes"},
]  # fmt: skip
MATERIALS = [{"id": name, "name": {"zh": f"材料{name}", "en": f"paper {name}"}, "required": "yes"} for name in "abcde"]
CONTENT = content_of(
    [
        indicator(
            "1",
            10,
            [
                standard(
                    "1.1", "met", 10, {"document_review": {}}, materials=MATERIALS, due={"by": "08-20"}, lead="县委"
                )
            ],
        )
    ],
    10,
    units={"县委": {"en": "Committee"}, "各单位": {"en": "All bodies"}},
    calendar=CALENDAR,
)
ROWS = [
    {"material": "a", "status": "空白", "due": "2016-08-10", "unit": "甲局"},
    {"material": "b", "status": "起草", "due": "2016-08-10", "unit": "乙局", "drafted_on": "2016-08-12"},
    {"material": "c", "status": "空白", "month": "2016-08", "unit": ""},
    {"material": "d", "status": "已归档", "due": "2016-08-10", "unit": "甲局"},
    {"material": "e", "status": "空白"},
]
DONE = [
    {"entry": "月报", "unit": "甲局", "done_on": "2016-08-05"},
    {"entry": "月报", "unit": "乙局", "done_on": "2016-08-06"},
    {"entry": "督导", "unit": "", "done_on": "2016-08-31"},
    {"entry": "X.3", "unit": "", "done_on": "2016-08-26"},
]
UNITS = [{"unit": "甲局"}, {"unit": "乙局"}]
AUGUST = date(2016, 8, 1), date(2016, 8, 31)


def made(folder, content=CONTENT, settings=None, **tables):
    given = {"inspection_date": "2016-09-20", "plan": {"deadline": "2016-08-28"}} if settings is None else settings
    tables = {"materials": ROWS, "done": DONE, "units": UNITS} | tables
    return assessment_of(folder, content, settings=given, **tables)


def rows(assessment, first, last, day, **more):
    found = due_between(assessment, first, last, day, **more)
    return [(str(each.due)[5:], each.kind, each.code, each.unit.zh, each.state, each.late) for each in found]


def test_everything_that_falls_due_by_hand(tmp_path):
    assessment = made(tmp_path)
    assert rows(assessment, *AUGUST, date(2016, 8, 27)) == [
        ("08-05", "calendar", "X.1", "乙局", "late", 1),
        ("08-05", "calendar", "X.1", "甲局", "on_time", 0),
        ("08-05", "material", "c", "", "missing", 22),
        ("08-10", "material", "a", "甲局", "missing", 17),
        ("08-10", "material", "b", "乙局", "late", 2),
        ("08-20", "calendar", "test.1.1", "县委", "observed", 0),
        ("08-26", "calendar", "X.3", "县委", "on_time", 0),
        ("08-28", "work", "", "", "open", 0),
        ("08-29", "calendar", "X.3", "县委", "open", 0),
        ("08-31", "calendar", "X.2", "县委", "open", 0),
    ]
    assert rows(assessment, date(2016, 9, 20), date(2016, 9, 20), date(2016, 9, 20))[-1][:2] == ("09-20", "inspection")


def test_nothing_later_than_the_day_is_known(tmp_path):
    assessment = made(tmp_path)
    early = rows(assessment, *AUGUST, date(2016, 8, 5))
    assert ("08-05", "calendar", "X.1", "乙局", "open", 0) in early
    assert ("08-10", "material", "b", "乙局", "open", 0) in early
    assert not [row for row in early if row[2] == "X.3"]  # nobody knows yet when the first patrol is
    told = calendar_ledger(assessment, *AUGUST, date(2016, 8, 5)).undated
    assert [(own.code, want.zh) for own, want in told] == [("X.3", "未给出起算日期")]
    assert calendar_ledger(assessment, *AUGUST, date(2016, 8, 26)).undated == ()
    start = Anchors(starts={"X.3": date(2016, 8, 30)})
    assert [row[0] for row in rows(assessment, *AUGUST, date(2016, 8, 5), anchors=start) if row[2] == "X.3"] == [
        "08-30"
    ]


def test_following_windows_add_up(tmp_path):
    assessment, day = made(tmp_path), date(2016, 8, 27)
    whole = rows(assessment, date(2016, 7, 1), date(2016, 9, 30), day)
    parts = [(7, 1, 7, 31), (8, 1, 8, 15), (8, 16, 9, 30)]
    assert [row for a, b, c, d in parts for row in rows(assessment, date(2016, a, b), date(2016, c, d), day)] == whole


def test_the_ledger(tmp_path):
    found = calendar_ledger(made(tmp_path), date(2016, 7, 1), date(2016, 10, 31), date(2016, 8, 27))
    assert [stretch_text(each).zh for each in found.stretches] == [
        "2016年7月31日不在任何阶段",
        "2016年9月1日至9月10日同时属于“推进”、“自查”",
        "2016年10月1日至10月31日在末个阶段之后",
    ]
    assert [stretch_text(each).en for each in found.stretches] == [
        "2016-07-31: in no phase",
        "2016-09-01 to 2016-09-10: in several phases (work; check)",
        "2016-10-01 to 2016-10-31: after the last phase",
    ]
    before = Stretch(date(2015, 12, 30), date(2016, 1, 2), (), "before")
    assert stretch_text(before).zh == "2015年12月30日至2016年1月2日在首个阶段之前"


def test_as_text(tmp_path):
    found = calendar_ledger(made(tmp_path), *AUGUST, date(2016, 8, 27))
    lines = calendar_text(found, "zh").splitlines()
    assert lines[0] == (
        "2016-08-01 至 2016-08-31 应办 9 项（按责任单位分列，截至 2016-08-27 日终）："
        "按期办结2项、逾期办结2项、逾期未办结2项、未到期2项、以检查结果为准1项。"
    )
    row = ["2016-08-05", "日程", "X.1", "月报", "乙局", "2016-08", "逾期办结", "1", "一"]
    assert row in [line.split() for line in lines]
    assert calendar_text(found, "en").splitlines()[0] == (
        "2016-08-01 to 2016-08-31: 9 due, counted by unit (as of the end of 2016-08-27): "
        "on time 2, late 2, missing 2, not due yet 2, shown by the checks 1."
    )
    (work,) = [line for line in due_listing(found, "zh").as_records() if line["kind"] == "整改截止"]
    assert (work["state"], work["late"]) == ("", None)


def test_units_that_stand_alike_share_a_line_of_the_text(tmp_path):
    done = [row | {"done_on": "2016-08-05"} for row in DONE[:2]]
    found = calendar_ledger(made(tmp_path, done=done), *AUGUST, date(2016, 8, 27))
    (line,) = [line.split() for line in calendar_text(found, "zh").splitlines() if "月报" in line]
    assert line == ["2016-08-05", "日程", "X.1", "月报", "乙局、甲局", "2016-08", "按期办结", "–", "一"]
    assert [row["unit"] for row in due_listing(found, "zh").as_records() if row["what"] == "月报"] == ["乙局", "甲局"]


def test_without_phases_units_and_rows(tmp_path):
    content = CONTENT | {"calendar": CALENDAR[:1]}
    assessment = made(tmp_path, content, {}, units=(), done=(), materials=ROWS[4:])
    found = calendar_ledger(assessment, *AUGUST, date(2016, 8, 27))
    assert (found.phases, found.stretches) == ((), ())
    assert [(each.unit.zh, each.collective) for each in found.dues] == [("各单位", True), ("县委", False)]
    text = calendar_text(found, "zh").splitlines()
    assert text[1:3] == ["“各单位”一类的责任主体没有可对应的名录，按一家列出。", "来源没有划分阶段。"]
    empty = calendar_ledger(assessment, date(2016, 8, 6), date(2016, 8, 7), date(2016, 8, 27))
    assert calendar_text(empty, "en").splitlines() == [
        "2016-08-06 to 2016-08-07: 0 due, counted by unit (as of the end of 2016-08-27).",
        "The source has no phases.",
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_as_json(tmp_path, lang):
    found = calendar_ledger(made(tmp_path), date(2016, 7, 1), date(2016, 10, 31), date(2016, 8, 25))
    content = json.loads(calendar_json(found, lang))
    assert list(content) == ["schema", "first", "last", "day", "phases", "outside_and_overlaps", "due", "undated"]
    assert [each["first"] for each in content["phases"]] == ["2016-07-01", "2016-08-01", "2016-09-01"]
    assert content["outside_and_overlaps"][1] == {
        "first": "2016-09-01",
        "last": "2016-09-10",
        "days": 10,
        "where": "overlap",
        "phases": {"zh": ["推进", "自查"], "en": ["work", "check"]}[lang],
    }
    assert len(content["due"]) == len(found.dues)
    (own,) = [each for each in content["due"] if (each["unit"], each["due"]) == ("乙局", "2016-08-05")]
    assert (own["kind"], own["state"], own["late"], own["opens"], own["collective"]) == (
        "calendar",
        "late",
        1,
        "2016-08-01",
        False,
    )
    assert [each["code"] for each in content["undated"]] == ["X.3"]


def test_phases_without_years_are_those_of_the_inspection(tmp_path):
    calendar = [CALENDAR[3] | {"when": {"from": "12-01", "to": "06-30"}}]
    for settings, expected in (({"inspection_date": "2016-09-20"}, "2015-12-01"), ({}, "2016-12-01")):
        assessment = made(tmp_path / expected, CONTENT | {"calendar": calendar}, settings, done=(), materials=ROWS[4:])
        found = calendar_ledger(assessment, date(2016, 1, 1), date(2017, 1, 1), date(2016, 8, 25))
        assert str(found.phases[0].first) == expected


def test_a_phase_in_words():
    names = [Phase(Matter(n, Text(n, n), When(), phase=True), date(2016, 5, 1), date(2016, 5, 1)) for n in "甲乙"]
    one = Stretch(date(2016, 5, 1), date(2016, 5, 1), tuple(names), "overlap")
    assert stretch_text(one).zh == "2016年5月1日同时属于“甲”、“乙”"


def test_the_file_of_an_assessment_and_of_one_unit(tmp_path):
    found = calendar_ledger(made(tmp_path), *AUGUST, date(2016, 8, 27))
    write_calendar_of(found, tmp_path / "all.ics", "zh")
    write_calendar_of(found, tmp_path / "one.ics", "zh", unit="乙局")
    told = {
        name: [str(event["summary"]) for event in Calendar.from_ical((tmp_path / name).read_bytes()).walk("VEVENT")]
        for name in ("all.ics", "one.ics")
    }
    assert sorted(told["all.ics"]) == sorted(
        [
            "月报",
            "督导",
            *["巡查"] * 2,
            "1.1项",
            "整改工作截止",
            "材料归集：材料a（甲局）",
            "材料归集：材料b（乙局）",
            "材料归集：材料c",
        ]
    )
    assert sorted(told["one.ics"]) == sorted(["月报", "整改工作截止", "材料归集：材料b（乙局）"])


def test_the_workbook_has_phases_gaps_and_what_has_no_date(tmp_path):
    found = calendar_ledger(made(tmp_path / "a"), date(2016, 7, 1), date(2016, 9, 30), date(2016, 8, 27))
    calendar_workbook(found, tmp_path / "c.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    assert book.sheetnames[:3] == ["日程", "阶段", "空档和重叠"]
    assert [row[0].value for row in book["阶段"].iter_rows(min_row=2)] == ["2016-07-01", "2016-08-01", "2016-09-01"]
    assert book["空档和重叠"].max_row == 1 + len(found.stretches) == 3  # 31 July, and 1 to 10 September
    assert book["日程"].max_row == 1 + len(found.dues)
