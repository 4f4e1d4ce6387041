"""Rounds of titles as they are read: every table, every fault at once, folders and workbooks.

Each folder of ``broken_rounds`` holds a round and the report it must give, in Chinese and in English.
"""

import datetime
import shutil
from fractions import Fraction as F
from pathlib import Path

import openpyxl
import pytest

from evalsys.after_total import Happened
from evalsys.applications import Calendar, Circumstances
from evalsys.decision_files import ROUND_TABLES, read_titles
from evalsys.decisions import decide
from evalsys.faults import InputFaults
from evalsys.instrument import PassMark
from evalsys.language import Text
from evalsys.objections import Notice, Objection
from evalsys.selection import Choice
from evalsys.titles import Move

HERE = Path(__file__).parent / "broken_rounds"
BROKEN = sorted(path.name for path in HERE.iterdir() if path.is_dir())
DAY = datetime.date
SETTINGS = """
instrument: instrument.yaml
title: {zh: 文明单位, en: Civilised units}
place: 某区
round: 2026
decided_on: 2026-12-20
assessed_on: 2026-11-30
"""


def said(path):
    with pytest.raises(InputFaults) as caught:
        read_titles(path)
    return f"{caught.value.say('zh')}\n{caught.value.say('en')}\n"


def written(folder, settings="", **tables):
    """Write a round and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "instrument.yaml", folder)
    (folder / "titles.yaml").write_text(SETTINGS + settings, "utf-8")
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


def problems(folder):
    with pytest.raises(InputFaults) as caught:
        read_titles(folder)
    return [(f.problem, f.file, f.row, f.column, f.value) for f in caught.value.faults]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_round(name):
    assert said(HERE / name) == (HERE / name / "message.txt").read_text("utf-8")


def test_everything_is_told_at_once():
    with pytest.raises(InputFaults) as caught:
        read_titles(HERE / "all-at-once")
    assert {f.file for f in caught.value.faults} == {
        f"{name}.csv" for name in ("candidates", "events", "moves", "objections", "scores")
    }
    assert {f.problem for f in caught.value.faults} == {
        *("personal_column", "personal_value", "unknown_name", "bad_date", "duplicate_id", "empty_value"),
        *("illegal_move", "outside_notice", "date_order", "out_of_range", "bad_number", "bad_integer"),
    }


def test_a_folder_that_is_not_there(tmp_path):
    assert problems(tmp_path / "none") == [("missing_folder", str(tmp_path / "none"), None, "", "")]


# ------------------------------------------------------------------------------------------------------ what is read

MORE = """
year: 2026
pass_mark: 80%
rectify_days: 60
groups:
  "1": {name: {zh: 单位, en: Units}, share: 1/4, given: {2025: 2, 2024: 1}, chosen: [乙局], reason: 抽签}
  "2": {name: {zh: 社区, en: Communities}, exists: 22}
notes: [{zh: 虚构, en: Invented}]
"""
TABLES = {
    "candidates": [
        "候选对象,组别,称号状态,起始状态,成立日期,正在拆迁,备注",
        "甲局,单位,提名,,2001-04-10,否,",
        "乙局,1,holder,已命名,,,",
        "东社区,2,,selected,2026/1/5,是,新",
    ],
    "scores": [
        "单位,成绩名称,分数,年度,标准误差",
        "甲局,本体系,44.5,,0.5",
        "甲局,未成年人,86,2026,",
        "甲局,own,41,2025,",
        "甲局,total,40.5,2024,",
        "乙局,总分,43,,",
        "乙局,自评,0,,",
        "东社区,self,100,,",
        "东社区,own,0,,0",
    ],
    "events": [
        "单位,事件编码,日期,认定,备注",
        "甲局,N,2026-05-01,,一起",
        "甲局,V,2026年5月2日,是,",
        "乙局,G,2026-05-03,no,",
    ],
    "moves": [
        "candidate,to,on,reason,clause",
        "甲局,已申报,2025-06-30,书面申报,六",
        "甲局,publicised,2025-07-01,公示,六",
        "乙局,警告,2026-03-01,通报,四",
    ],
    "notices": ["candidate,first,last", "甲局,2025-07-01,2025-07-07"],
    "objections": [
        "number,candidate,raised_on,matter,answered_on,outcome,answer",
        "1,甲局,2025-07-01,窗口无人,2025-07-09,不属实,已核查",
        "2,甲局,2025-07-07,收费不公开,,,",
    ],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return read_titles(written(tmp_path_factory.mktemp("whole") / "r", MORE, **TABLES))


def test_the_settings(whole):
    assert (whole.title, whole.place, whole.round, whole.year) == (
        Text("文明单位", "Civilised units"),
        "某区",
        "2026",
        2026,
    )
    assert (whole.decided_on, whole.assessed_on) == (DAY(2026, 12, 20), DAY(2026, 11, 30))
    assert whole.pass_mark == PassMark(F(40), "given", "assessment")
    assert whole.groups == {"1": Text("单位", "Units"), "2": Text("社区", "Communities")}
    assert whole.given == {("1", 2025): 2, ("1", 2024): 1}
    assert (whole.exists, whole.shares) == ({"2": 22}, {"1": F(1, 4)})
    assert whole.chosen == {"1": Choice(("乙局",), "抽签")}
    assert (whole.rectify_days, whole.first_year) == (60, None)
    assert whole.calendar == Calendar("六", every=2, applied=1, selected=0, named=1, until=(6, 30))
    assert whole.notes == (Text("虚构", "Invented"),)
    assert len(whole.hash) == 64


def test_the_candidates(whole):
    first, second, third = whole.applicants
    assert [(a.name, a.group, a.state) for a in whole.applicants] == [
        *(("甲局", "1", "not_applied"), ("乙局", "1", "named"), ("东社区", "2", "selected")),
    ]
    assert [a.case.standing for a in whole.applicants] == ["nominated", "holder", None]
    assert [(a.score, a.whole, a.error) for a in whole.applicants] == [
        *((F("44.5"), False, F("0.5")), (F(43), True, None), (F(0), False, F(0))),
    ]
    assert (first.case.scores, first.earlier) == ({"minors": 86}, {2025: 41, 2024: F("40.5")})
    assert (second.case.scores, third.case.scores, second.earlier) == ({"self": 0}, {"self": 100}, {})
    assert first.case.events == (
        Happened("N", DAY(2026, 5, 1), "", "一起"),
        Happened("V", DAY(2026, 5, 2), "yes", ""),
    )
    assert second.case.events == (Happened("G", DAY(2026, 5, 3), "no", ""),)
    assert {a.case.assessed_on for a in whole.applicants} == {DAY(2026, 11, 30)}
    assert first.about == Circumstances(DAY(2001, 4, 10), 0, False)
    assert third.about == Circumstances(DAY(2026, 1, 5), 0, True)
    assert whole.start == {"甲局": "not_applied", "乙局": "named", "东社区": "selected"}


def test_moves_notices_objections(whole):
    assert whole.moves[0] == Move("甲局", "applied", DAY(2025, 6, 30), "书面申报", "六", 2)
    assert [(m.candidate, m.to, m.row) for m in whole.moves[1:]] == [("甲局", "publicised", 3), ("乙局", "warned", 4)]
    assert whole.notices == (Notice("甲局", DAY(2025, 7, 1), DAY(2025, 7, 7), "", 2),)
    first, second = whole.objections
    assert first == Objection("1", "甲局", DAY(2025, 7, 1), "窗口无人", DAY(2025, 7, 9), "dismissed", "已核查", 2)
    assert (second.answered_on, second.outcome, second.answer, second.row) == (None, None, "", 3)


def test_little_is_enough(tmp_path):
    found = read_titles(written(tmp_path, candidates=["candidate,group", "甲局,机关"]))
    assert found.year == 2026
    assert found.groups == {"1": Text("机关", "Organs"), "2": Text("社区", "Communities")}
    assert (found.given, found.exists, found.shares, found.chosen, found.moves) == ({}, {}, {}, {}, ())
    assert (found.pass_mark, found.rectify_days, found.notes) == (None, None, ())
    (only,) = found.applicants
    assert (only.score, only.whole, only.error, only.earlier, only.case.events) == (None, False, None, {}, ())


def test_one_group_needs_no_column(tmp_path):
    settings = SETTINGS.replace("instrument.yaml", "waste-sorting-estate")
    folder = written(tmp_path, candidates=["candidate", "甲小区"])
    (folder / "titles.yaml").write_text(settings, "utf-8")
    found = read_titles(folder)
    assert (found.applicants[0].group, found.groups["all"].zh, found.calendar) == ("all", "全部候选对象", None)


def test_a_round_of_the_rules_of_s000_6_has_their_groups_and_ages(tmp_path):
    settings = SETTINGS.replace("instrument.yaml", "honest-units-communities")
    folder = written(tmp_path, candidates=["candidate,group,founded", "甲局,U,", "东社区,C,2026-01-05"])
    (folder / "titles.yaml").write_text(settings, "utf-8")
    unit, community = read_titles(folder).applicants
    assert (unit.about.least_years, community.about.least_years) == (0, 1)
    assert (unit.about.clause, community.about.clause) == ("", "四（一）2")


def test_the_hash_is_of_every_file(whole, tmp_path):
    same = read_titles(written(tmp_path / "a", MORE, **TABLES))
    other = read_titles(written(tmp_path / "b", MORE, **TABLES | {"events": TABLES["events"][:3]}))
    settings = read_titles(written(tmp_path / "c", MORE.replace("60", "61"), **TABLES))
    assert same.hash == whole.hash
    assert len({whole.hash, other.hash, settings.hash}) == 3


# -------------------------------------------------------------------------------------------------------- a workbook

SHEETS = {
    "candidates": "候选对象",
    "scores": "成绩",
    "events": "事件",
    "moves": "状态变动",
    "notices": "公示",
    "objections": "异议",
}


def workbook(folder, tables, titles=SHEETS, name="round.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table, rows in tables.items():
        sheet = book.create_sheet(titles[table])
        for row in rows:
            sheet.append([cell if cell else None for cell in row.split(",")])
    book.save(folder / name)
    return folder


@pytest.mark.parametrize("titles", [SHEETS, {name: name for name in SHEETS}], ids=["zh", "en"])
def test_a_workbook_beside_the_settings_says_the_same(whole, tmp_path, titles):
    assert set(SHEETS) == set(ROUND_TABLES)
    found = read_titles(workbook(written(tmp_path, MORE), TABLES, titles))
    for key in ("groups", "given", "applicants", "moves", "notices", "objections", "calendar", "chosen"):
        assert getattr(found, key) == getattr(whole, key)
    assert found.hash != whole.hash


def test_dates_and_numbers_of_a_workbook(tmp_path):
    folder = written(tmp_path)
    book = openpyxl.Workbook()
    book.active.title = "候选对象"
    for row in (["候选对象", "组别", "成立日期"], ["甲局", 1, DAY(2001, 4, 10)]):
        book.active.append(row)
    scores = book.create_sheet("成绩")
    for row in (["候选对象", "成绩名称", "分数"], ["甲局", "own", 44.15]):
        scores.append(row)
    book.save(folder / "r.xlsx")
    (only,) = read_titles(folder).applicants
    assert (only.group, only.score, only.about.founded) == ("1", F("44.15"), DAY(2001, 4, 10))


def test_a_score_shown_in_per_cent_is_refused(tmp_path):
    folder = workbook(written(tmp_path), {"candidates": ["candidate,group", "甲局,1"]})
    book = openpyxl.load_workbook(folder / "round.xlsx")
    sheet = book.create_sheet("成绩")
    for row in (["候选对象", "成绩名称", "分数"], ["甲局", "own", 0.4415]):
        sheet.append(row)
    sheet["C2"].number_format = "0.00%"
    book.save(folder / "round.xlsx")
    assert problems(folder) == [("bad_number", "round.xlsx [成绩]", 2, "分数", "44.15%")]


def test_faults_of_a_workbook_name_its_sheets(tmp_path):
    tables = TABLES | {
        "scores": [*TABLES["scores"], "丙局,own,44,,", "乙局,own,60,,"],
        "moves": [*TABLES["moves"], "乙局,applied,2026-03-02,申报,六"],
    }
    folder = workbook(written(tmp_path, MORE), tables)
    (folder / "moves.csv").write_text("candidate,to,on,reason,clause\n", "utf-8")
    workbook(folder, {"x": ["a", "b"]}, {"x": "填写"}, "second.xlsx")
    (folder / "~$round.xlsx").write_bytes(b"x")
    (folder / "notes.txt").write_bytes(b"x")
    (folder / "deeper.csv").mkdir()
    # a table that stands twice hides what else is wrong with its rows
    assert problems(folder) == [
        ("unknown_name", "round.xlsx [成绩]", 10, "单位", "丙局"),
        ("out_of_range", "round.xlsx [成绩]", 11, "分数", "60"),
        ("duplicate_table", "round.xlsx [状态变动]", None, "", "moves: moves.csv"),
        ("unknown_table", "second.xlsx [填写]", None, "", "填写"),
    ]


def test_a_damaged_workbook(tmp_path):
    folder = written(tmp_path, candidates=["candidate,group", "甲局,1"])
    (folder / "round.xlsx").write_bytes(b"PK")
    assert problems(folder) == [("unreadable", "round.xlsx", None, "", "")]


# ------------------------------------------------------------------------------------------------- no false alarms


def test_a_row_that_is_not_read_makes_no_second_fault(tmp_path):
    """The move that is missing because its day is bad does not make the next one impossible; nor a missing notice."""
    moves = ["candidate,to,on,reason,clause", "甲局,applied,2025-13-01,申报,六", "甲局,publicised,2025-07-01,公示,六"]
    folder = written(tmp_path, candidates=["candidate,group", "甲局,1", "乙局,1"], moves=moves)
    assert problems(folder) == [("bad_date", "moves.csv", 2, "on", "2025-13-01")]
    typo = ["candidate,to,on,reason,clause", "甲,applied,2025-06-01,申报,六", "甲局,publicised,2025-07-01,公示,六"]
    folder = written(tmp_path, candidates=["candidate,group", "甲局,1"], moves=typo)
    assert problems(folder) == [("unknown_name", "moves.csv", 2, "candidate", "甲")]
    notices = ["candidate,first,last", "甲局,2025-07-01,七月"]
    objections = ["number,candidate,raised_on,matter", "1,甲局,2025-07-02,窗口无人", "2,乙局,2025-07-02,窗口无人"]
    folder = written(
        tmp_path / "b", candidates=["candidate,group", "甲局,1", "乙局,1"], notices=notices, objections=objections
    )
    assert problems(folder) == [
        ("bad_date", "notices.csv", 2, "last", "七月"),
        ("no_notice", "objections.csv", 3, "candidate", "乙局"),
    ]


def test_a_year_that_is_not_read_is_not_this_year(tmp_path):
    scores = ["candidate,score,value,year", "甲局,own,44,", "甲局,own,43,2O25"]
    folder = written(tmp_path, candidates=["candidate,group", "甲局,1"], scores=scores)
    assert problems(folder) == [("bad_integer", "scores.csv", 3, "year", "2O25")]


# ------------------------------------------------------------------------------------------------------- the choice

TIED = {
    "candidates": ["candidate,group,state", *(f"{name},1,applied" for name in "甲乙丙丁")],
    "scores": ["candidate,score,value", "甲,own,48", *(f"{name},own,45" for name in "乙丙"), "丁,own,40"],
}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("[甲]", [("choice_not_tied", "甲", "乙, 丙")]),
        ("[乙, 丙]", [("choice_count", "乙, 丙", "1")]),
        ("[丁, 乙]", [("choice_count", "丁, 乙", "1"), ("choice_not_tied", "丁", "乙, 丙")]),
    ],
)
def test_a_choice_that_does_not_fit_the_tie(tmp_path, names, expected):
    chosen = f'groups: {{"1": {{name: {{zh: 机关, en: Organs}}, chosen: {names}, reason: 抽签}}}}\n'
    found = read_titles(written(tmp_path, chosen, **TIED))
    with pytest.raises(InputFaults) as caught:
        decide(found)
    assert [(f.problem, f.value, f.allowed) for f in caught.value.faults] == expected


def test_a_choice_where_nobody_is_tied(tmp_path):
    chosen = 'groups: {"1": {name: {zh: 机关, en: Organs}, chosen: [乙], reason: 抽签}}\n'
    scores = [*TIED["scores"][:-2], "丙,own,44", "丁,own,40"]
    with pytest.raises(InputFaults) as caught:
        decide(read_titles(written(tmp_path, chosen, **TIED | {"scores": scores})))
    assert [f.problem for f in caught.value.faults] == ["choice_needless"]


@pytest.mark.parametrize(
    ("instrument", "first", "problem"),
    [("instrument.yaml", 2026, "no_cycle"), ("national-frame-2018", 2023, "out_of_range"),
     ("national-frame-2018", 2027, "out_of_range")],
)  # fmt: skip
def test_a_cycle_that_cannot_be(tmp_path, instrument, first, problem):
    folder = written(tmp_path, candidates=["candidate,group", "甲局,1"])
    settings = SETTINGS.replace("instrument.yaml", instrument) + f"cycle: {{first_year: {first}}}\n"
    groups = "" if instrument == "instrument.yaml" else 'groups: {"1": {name: {zh: 城市, en: Cities}}}\n'
    (folder / "titles.yaml").write_text(settings + groups, "utf-8")
    found = problems(folder)
    assert [p[0] for p in found] == [problem]
    assert found[0][1] == "titles.yaml"
