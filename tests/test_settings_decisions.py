"""What an assessment says for decisions: standing, day of application, other scores, cycle; file and workbook."""

import datetime
import shutil
from fractions import Fraction as F

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard, text

from evalsys import InputFaults, read_assessment, score
from evalsys.scoring import case_of
from evalsys.settings import CycleYears

SOURCE = {"source": {"clause": "九"}}
CONTENT = content_of(
    [indicator("1", 50, [standard("1.1", "loss", 50)])],
    50,
    pass_mark={"value": "80%", "status": "printed"},
    joined=[{"code": "J", "name": text("并入"), "of": "minors", "share": "20%", **SOURCE}],
    gates=[{"code": "G", "name": text("自评"), "of": "self", "at_least": 90, **SOURCE}],
    negative_list=[
        {"code": "N", "name": text("事故"), "effect": {"to": "applicant", "deduct": 2, "within": 12}, **SOURCE}
    ],
    mechanisms=[{"kind": "cycle", "text": text("周期"), "shares": ["15", "25", "60"], **SOURCE}],
)  # fmt: skip
ROWS = [{"standard": "1.1", "value": "0.1", "observed_on": "2017-05-02"}]
SAID = {
    "inspection_date": "2017-09-01",
    "standing": "applicant",
    "applied_on": "2017-03-01",
    "scores": {"minors": 86, "self": "92.5"},
    "cycle": {"first_year": 2015, "year": 2017, "earlier": {2015: "42.5", 2016: 44}, "wanted": "85%"},
}


def read(folder, content=CONTENT, **said):
    return assessment_of(folder, content, ROWS, said).settings


def faults(folder, content=CONTENT, **said):
    with pytest.raises(InputFaults) as caught:
        read(folder, content, **said)
    return [(f.problem, f.column, f.value, f.allowed, f.nearest) for f in caught.value.faults]


# ---------------------------------------------------------------------------------------------------------- read


def test_settings_of_a_file(tmp_path):
    found = read(tmp_path, **SAID)
    assert (found.standing, found.applied_on) == ("applicant", datetime.date(2017, 3, 1))
    assert found.scores == {"minors": 86, "self": F("92.5")}
    assert found.cycle == CycleYears(2015, 2017, {2015: F("42.5"), 2016: F(44)}, F("42.5"))


def test_nothing_said(tmp_path):
    found = read(tmp_path)
    assert (found.standing, found.applied_on, found.scores, found.cycle) == (None, None, {}, None)


@pytest.mark.parametrize(
    ("said", "standing"),
    [*((name, name) for name in ("applicant", "nominated", "holder")),
     ("申报", "applicant"), ("提名", "nominated"), ("已获称号", "holder")],
)  # fmt: skip
def test_a_standing_in_either_language(tmp_path, said, standing):
    assert read(tmp_path, standing=said).standing == standing


def test_a_cycle_without_a_wish_or_an_earlier_year(tmp_path):
    cycle = {"first_year": 2017, "year": 2017, "earlier": {}}
    assert read(tmp_path, cycle=cycle).cycle == CycleYears(2017, 2017, {}, None)


def test_the_case_of_an_assessment(tmp_path):
    events = [
        {"code": "N", "date": "2016-05-01", "confirmed": "是", "note": "一"},
        {"code": "G", "date": "2016-06-01", "confirmed": "no"},
        {"code": "N", "date": "2016-02-28"},
    ]
    case = case_of(assessment_of(tmp_path, CONTENT, ROWS, SAID, events=events))
    assert (case.standing, case.assessed_on, case.applied_on) == (
        *("applicant", datetime.date(2017, 9, 1), datetime.date(2017, 3, 1)),
    )
    assert case.scores == {"minors": 86, "self": F("92.5")}
    assert [(e.code, e.date.isoformat(), e.confirmed, e.note) for e in case.events] == [
        *(("N", "2016-05-01", "yes", "一"), ("G", "2016-06-01", "no", ""), ("N", "2016-02-28", "", "")),
    ]


# ------------------------------------------------------------------------------------------------------ a workbook

SHEET = [
    ["设置项", "值"],
    ["测评体系", "instrument.yaml"],
    ["地方", "某区"],
    ["轮次", "r1"],
    ["督查日期", datetime.date(2017, 9, 1)],
    ["称号状态", "申报"],
    ["申报日期", datetime.date(2017, 3, 1)],
    ["其他成绩·minors", 86],
    ["其他成绩·self", 92.5],
    ["周期·起始年", 2015],
    ["周期·本年", 2017],
    ["周期·2015年成绩", 42.5],
    ["周期·2016年成绩", 44],
    ["周期·期望总分", "85%"],
]


def workbook(folder, settings):
    assessment_of(folder / "csv", CONTENT, ROWS)
    (folder / "book").mkdir()
    shutil.copy(folder / "csv" / "instrument.yaml", folder / "book")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in {"设置": settings, "检查记录": [["序号", "标准编号", "结果"], ["o1", "1.1", "0.1"]]}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "book" / "round.xlsx")
    return folder / "book" / "round.xlsx"


def test_a_workbook_says_the_same_as_a_file(tmp_path):
    book, file = read_assessment(workbook(tmp_path, SHEET)).settings, read(tmp_path / "file", **SAID)
    for name in ("standing", "applied_on", "scores", "cycle"):
        assert getattr(book, name) == getattr(file, name)


def test_english_names_of_a_sheet(tmp_path):
    english = {
        "其他成绩·minors": "scores.minors",
        "周期·起始年": "cycle.first_year",
        "周期·2016年成绩": "cycle.earlier.2016",
    }
    rows = [[english.get(name, name), value] for name, value in SHEET]
    found = read_assessment(workbook(tmp_path, rows)).settings
    assert found.cycle == CycleYears(2015, 2017, {2015: F("42.5"), 2016: F(44)}, F("42.5"))
    assert found.scores["minors"] == 86


def test_empty_cells_of_a_sheet_say_nothing(tmp_path):
    rows = [[name, None if "·" in name or name in ("称号状态", "申报日期") else value] for name, value in SHEET]
    found = read_assessment(workbook(tmp_path, rows)).settings
    assert (found.standing, found.applied_on, found.scores, found.cycle) == (None, None, {}, None)


def test_faults_of_a_sheet_name_its_cells(tmp_path):
    wrong = {
        "称号状态": "获称号",
        "申报日期": "三月",
        "其他成绩·minors": 186,
        "其他成绩·self": "好",
        "周期·本年": 2019,
        "周期·2015年成绩": "43分",
        "周期·期望总分": 99,
    }
    rows = [[name, wrong.get(name, value)] for name, value in SHEET]
    rows += [["其他成绩·minor", 80], ["周期·2014年成绩", 40], ["周期·2015年", 40], ["周期·2016年成绩", 41]]
    with pytest.raises(InputFaults) as caught:
        read_assessment(workbook(tmp_path, rows))
    found = {(f.problem, f.row, f.column, f.value) for f in caught.value.faults}
    assert found == {
        ("bad_value", 6, "称号状态", "获称号"),
        ("bad_date", 7, "申报日期", "三月"),
        ("out_of_range", 8, "其他成绩·minors", "186"),
        ("bad_number", 9, "其他成绩·self", "好"),
        ("out_of_range", 11, "周期·本年", "2019"),
        ("bad_number", 12, "周期·2015年成绩", "43分"),
        ("out_of_range", 14, "周期·期望总分", "99"),
        ("unknown_name", 15, "其他成绩·minor", "minor"),
        ("unknown_key", 16, "周期·2014年成绩", "2014"),
        ("unknown_key", 17, "周期·2015年", "周期·2015年"),
        ("duplicate_key", 18, "周期·2016年成绩", "cycle.earlier.2016"),
    }
    assert all(f.file == "round.xlsx [设置]" for f in caught.value.faults)


# ---------------------------------------------------------------------------------------------------------- faults


def test_faults_of_standing_day_and_scores(tmp_path):
    said = {
        "standing": "owner",
        "applied_on": "2017-02-30",
        "scores": {"minors": "100.1", "selfs": 80, "total": 3, "self": -1},
    }
    assert faults(tmp_path, **said) == [
        ("bad_value", "standing", "owner", "applicant nominated holder 申报 提名 已获称号", ""),
        ("bad_date", "applied_on", "2017-02-30", "2016-08-15", ""),
        ("out_of_range", "minors", "100.1", "0..100", ""),
        ("unknown_name", "selfs", "selfs", "minors self", "self"),
        ("unknown_name", "total", "total", "minors self", ""),
        ("out_of_range", "self", "-1", ">= 0", ""),
    ]


def test_the_ends_of_the_scale_of_a_score_are_good(tmp_path):
    assert read(tmp_path, scores={"minors": 100, "self": 0}).scores == {"minors": 100, "self": 0}


def test_a_score_in_per_cent_is_refused(tmp_path):
    assert [f[:3] for f in faults(tmp_path, scores={"minors": "86%"})] == [("bad_number", "minors", "86%")]


def test_an_instrument_that_knows_no_other_score(tmp_path):
    plain = {key: value for key, value in CONTENT.items() if key not in ("joined", "gates")}
    assert faults(tmp_path, plain, scores={"minors": 80}) == [("unknown_name", "minors", "minors", "", "")]


def test_a_score_that_several_entries_use_is_named_once(tmp_path):
    more = [("H", "minors"), ("I", "total")]  # the total is no other score
    gates = [*CONTENT["gates"], *({**CONTENT["gates"][0], "code": code, "of": of, "at_least": 40} for code, of in more)]
    assert faults(tmp_path, CONTENT | {"gates": gates}, scores={"x": 1})[0][3] == "minors self"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"year": 2018}, [("out_of_range", "year", "2018", "2015..2017")]),
        ({"year": 2014, "earlier": {}}, [("out_of_range", "year", "2014", "2015..2017")]),
        ({"earlier": {2014: 40}}, [("unknown_key", "2014", "2014", "2015 2016")]),
        ({"earlier": {2017: 40}}, [("unknown_key", "2017", "2017", "2015 2016")]),
        ({"earlier": {"last": 40}}, [("unknown_key", "last", "last", "2015 2016")]),
        ({"earlier": {2016: "50.01"}}, [("out_of_range", "2016", "50.01", "0..50")]),
        ({"wanted": "51"}, [("out_of_range", "wanted", "51", "0..50  85%")]),
        ({"wanted": "101%"}, [("out_of_range", "wanted", "101%", "0..50  85%")]),
        ({"wanted": "most"}, [("bad_number", "wanted", "most", "0..50  85%")]),
    ],
)
def test_faults_of_the_cycle(tmp_path, change, expected):
    assert [f[:4] for f in faults(tmp_path, cycle=SAID["cycle"] | change)] == expected


def test_a_year_that_is_missing_and_full_marks_are_good(tmp_path):
    assert read(tmp_path, cycle=SAID["cycle"] | {"earlier": {2016: 50}, "wanted": 50}).cycle.earlier == {2016: 50}


def test_an_incomplete_cycle(tmp_path):
    assert [f[:2] for f in faults(tmp_path, cycle={"year": 2017})] == [
        ("missing_key", "first_year"),
    ]


def test_a_cycle_may_have_no_earlier_score_on_record(tmp_path):
    cycle = {key: value for key, value in SAID["cycle"].items() if key != "earlier"}
    assert read(tmp_path, cycle=cycle).cycle.earlier == {}


def test_a_cycle_that_the_instrument_does_not_have(tmp_path):
    plain = {key: value for key, value in CONTENT.items() if key != "mechanisms"}
    assert [f[:2] for f in faults(tmp_path, plain, cycle=SAID["cycle"])] == [("no_cycle", "cycle")]


# --------------------------------------------------------------------------------------------------- used in a score


@pytest.mark.parametrize(
    ("said", "final", "passes"),
    [
        ({}, "45", True),
        ({"scores": {"minors": 50}}, "41", True),
        ({"scores": {"minors": 45, "self": 90}}, "40.5", True),
        ({"scores": {"minors": 40, "self": 90}}, "40", True),  # equality passes
        ({"scores": {"minors": "39.99", "self": 90}}, "39.999", False),
        ({"scores": {"minors": 100, "self": "89.99"}}, "46", False),  # barred, whatever the score
    ],
)
def test_passing_is_of_the_final_score_and_of_the_gates(tmp_path, said, final, passes):
    result = score(assessment_of(tmp_path, CONTENT, ROWS, said))
    assert (result.value, result.final, result.passes) == (45, F(final), passes)
    assert result.final_attainment == F(final) / 50
    minors = F(said["scores"]["minors"]) if said else None
    assert result.needed == (40 if minors is None else (40 - minors / 10) / F("0.8"))


def test_without_a_mark_nothing_is_needed(tmp_path):
    plain = {key: value for key, value in CONTENT.items() if key != "pass_mark"}
    result = score(assessment_of(tmp_path, plain, ROWS))
    assert (result.needed, result.passes) == (None, None)


def test_without_evidence_nothing_passes(tmp_path):
    rows = [{"standard": "1.1", "value": "0.1", "round": "r0"}, {"standard": "1.2", "value": "yes", "round": "r1"}]
    free = standard("1.2", "met", None, scored="no")
    content = CONTENT | {"indicators": [indicator("1", 50, [standard("1.1", "loss", 50), free])]}
    result = score(assessment_of(tmp_path, content, rows, {"scores": {"minors": 90}}))
    assert (result.value, result.final, result.passes, result.final_attainment) == (None, None, None, None)
    assert result.needed == (40 - 9) / F("0.8")
