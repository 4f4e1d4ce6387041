"""Reading folders and workbooks, settings, survey answers and documents, notes, and the evidence hash."""

from __future__ import annotations

import csv
import random
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard, text, write_csv, write_yaml

from evalsys.evidence import pass_mark_of, read_assessment
from evalsys.faults import InputFaults
from evalsys.language import Text

QUESTION = {"id": "q1", "text": text("问"), "options": ["是", "否", "说不清"], "satisfied": ["是"]}
CONTENT = content_of(
    [
        indicator(
            "1",
            10,
            [
                standard("1.1", "loss", 4),
                standard("1.2", "share", 3, ("survey",), questions=[QUESTION]),
                standard("1.3", "met", 3, ("document_review",), materials=[{"id": "m1", "name": text("甲")}]),
            ],
        )
    ],
    10,
)
ROW = {"standard": "1.1", "value": "0.25"}
WUJIANG = Path("data/wujiang-2016")


def faults_of(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputFaults) as caught:
        read_assessment(folder)
    return [(fault.problem, fault.file) for fault in caught.value.faults]


# -- folders and workbooks


def sheets_of(folder: Path, path: Path, settings: bool = True, rename: Any = None) -> None:
    """Turn the tables of a folder into sheets of a workbook; numbers become numbers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    if settings:
        sheet = book.create_sheet("设置")
        for row in (
            ["设置项", "值", "说明"],
            ["测评体系", "instrument.yaml", ""],
            ["地方", "某区", ""],
            ["轮次", "r1", ""],
        ):
            sheet.append(row)
    for file in sorted(folder.glob("*.csv")):
        sheet = book.create_sheet((rename or {}).get(file.stem, file.stem))
        for row in csv.reader(file.read_text("utf-8").splitlines()):
            sheet.append([float(cell) if cell.count(".") == 1 and cell[0] == "0" else cell for cell in row])
    book.save(path)


def test_a_workbook_says_the_same_as_its_folder(tmp_path: Path) -> None:
    tables = {
        "responses": [{"respondent": "1", "question": "q1", "answer": "是"}],
        "materials": [{"material": "m1", "status": "已审定"}],
        "units": [{"unit": "甲局"}],
    }
    folder = assessment_of(tmp_path, CONTENT, [ROW, {**ROW, "standard": "1.1项", "round": "r0"}], **tables)
    sheets_of(tmp_path, tmp_path / "book.xlsx", rename={"observations": "检查记录", "responses": "问卷"})
    other = tmp_path / "other"
    other.mkdir()
    for name in ("book.xlsx", "instrument.yaml"):
        shutil.move(tmp_path / name, other / name)
    book = read_assessment(other / "book.xlsx")
    assert book.evidence_hash == folder.evidence_hash
    assert (book.name, folder.name) == ("book", tmp_path.name)
    assert book.observations["seen"].tolist() == folder.observations["seen"].tolist()
    assert book.settings.place == folder.settings.place == "某区"
    in_folder = read_assessment(other)
    assert in_folder.evidence_hash == folder.evidence_hash


def test_a_folder_may_hold_its_tables_in_a_workbook(tmp_path: Path) -> None:
    plain = assessment_of(tmp_path, CONTENT, [ROW])
    sheets_of(tmp_path, tmp_path / "填报.xlsx", settings=False)
    assert faults_of(tmp_path) == [("duplicate_table", "填报.xlsx [observations]")]
    sheets_of(tmp_path, tmp_path / "whole.xlsx")
    (tmp_path / "observations.csv").unlink()
    (tmp_path / "whole.xlsx").rename(tmp_path / "whole")
    assert read_assessment(tmp_path).evidence_hash == plain.evidence_hash
    (tmp_path / "whole").rename(tmp_path / "填报.xlsx")
    assert faults_of(tmp_path) == [("duplicate_table", "填报.xlsx [设置]")]


def test_what_is_not_a_table_is_left_alone(tmp_path: Path) -> None:
    assessment_of(tmp_path, CONTENT, [ROW])
    (tmp_path / "README.md").write_text("x")
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "observations.csv").write_text("nonsense")
    assert len(read_assessment(tmp_path).observations) == 1
    (tmp_path / "Observations.CSV").write_text("x")
    assert faults_of(tmp_path) == [("unknown_table", "Observations.CSV")]


def test_an_empty_template_loads(tmp_path: Path) -> None:
    assessment_of(tmp_path, CONTENT, [ROW])
    (tmp_path / "observations.csv").write_text("observation_id,standard,value\n")
    found = read_assessment(tmp_path)
    assert len(found.observations) == 0
    assert found.observations["counts"].dtype == bool
    assert found.notes == ()


# -- settings


def test_settings(tmp_path: Path) -> None:
    settings = {
        "title": "标题",
        "inspection_date": "2016-09-01",
        "pass_mark": {"value": "85%", "status": "printed"},
        "language": "en",
        "frame": "complete",
        "draw": [{"site_type": "community", "sites": 1, "area": "each"}],
        "published": {
            "label": text("某系统"),
            "won": "8.5",
            "of": "10",
            "note": text("注"),
            "left_out": [{"standards": ["1.2", "1.3"], "reason": text("缘由")}],
        },
        "source": {"document": "test", "note": text("来源")},
        "notes": [text("说明")],
    }
    content = content_of(
        [
            indicator(
                "1",
                10,
                [
                    standard("1.1", checked_at=[{"site_type": "community"}], points=5),
                    standard("1.2", points=3),
                    standard("1.3", points=2),
                ],
            )
        ],
        10,
    )
    sites = [{"site_id": "c1", "site_type": "community", "name": "东社区"}]
    found = assessment_of(tmp_path, content, [{**ROW, "site_id": "c1"}], settings, sites=sites)
    own = found.settings
    assert (own.title, own.language, own.complete_frame) == (Text("标题", "标题"), "en", True)
    assert own.pass_mark is not None
    assert (own.pass_mark.value, own.pass_mark.status, own.pass_mark.set_by) == (
        Fraction(17, 2),
        "printed",
        "assessment",
    )
    assert own.published is not None
    assert own.published.left_out == ((("1.2", "1.3"), Text("缘由项", "item 缘由")),)
    assert own.published.note == Text("注项", "item 注")
    assert own.source == "test"
    assert own.source_note == Text("来源项", "item 来源")
    assert found.notes[0] == Text("说明项", "item 说明")
    assert dict(own.draw[0])["site_type"] == "community"


def test_the_pass_mark_that_is_used(tmp_path: Path) -> None:
    content = {**CONTENT, "pass_mark": {"value": "80%", "status": "printed"}}
    found = assessment_of(tmp_path, content, [ROW])
    assert [(m.value, m.set_by) for m in [pass_mark_of(found)] if m] == [(8, "instrument")]
    found = assessment_of(tmp_path, content, [ROW], {"pass_mark": "9"})
    assert [(m.value, m.set_by, m.status) for m in [pass_mark_of(found)] if m] == [(9, "assessment", "assumed")]
    assert [(m.value, m.set_by) for m in [pass_mark_of(found, "85%")] if m] == [(Fraction(17, 2), "parameter")]
    for text_, problem in (
        ("10.1", "out_of_range"),
        ("-1", "out_of_range"),
        ("101%", "out_of_range"),
        ("很高", "bad_number"),
    ):
        with pytest.raises(InputFaults) as caught:
            pass_mark_of(found, text_)
        assert caught.value.faults[0].problem == problem
        with pytest.raises(InputFaults) as caught:
            assessment_of(tmp_path, content, [ROW], {"pass_mark": text_})
        assert [fault.problem for fault in caught.value.faults] == [problem]


def test_points_by_month_need_the_day(tmp_path: Path) -> None:
    content = content_of([indicator("1", None, [standard("1.1", points=None)])], 10, scheme="equal")
    content["full_marks"] = {"1-6": "10", "7-12": "20"}
    with pytest.raises(InputFaults) as caught:
        assessment_of(tmp_path, content, [ROW])
    assert [fault.problem for fault in caught.value.faults] == ["needs_month"]
    found = assessment_of(tmp_path, content, [ROW], {"inspection_date": "2016-08-01"})
    assert found.instrument.full_marks == 20


# -- survey answers and documents


def test_survey_answers(tmp_path: Path) -> None:
    answers = [("1", "是", ""), ("2", "否", "1.5"), ("3", "", ""), ("4", "说不清", "2")]
    rows = [{"respondent": r, "question": "q1", "answer": a, "weight": w, "stratum": "东"} for r, a, w in answers]
    found = assessment_of(tmp_path, CONTENT, [ROW], responses=rows)
    assert found.responses["weight"].tolist() == [1, Fraction(3, 2), 1, 2]
    assert found.responses["satisfied"].tolist() == [True, False, False, False]
    assert found.responses["standard"].tolist() == ["1.2"] * 4
    assert any(note.en == "survey questions left unanswered, not counted: 1" for note in found.notes)


def test_answers_and_a_result_for_one_leaf_are_a_fault(tmp_path: Path) -> None:
    answers = [{"respondent": "1", "question": "q1", "answer": "是"}]
    direct = {"standard": "1.2", "value": "9/10"}
    with pytest.raises(InputFaults) as caught:
        assessment_of(tmp_path, CONTENT, [ROW, direct, {**direct, "round": "r0"}], responses=answers)
    assert [(f.problem, f.row) for f in caught.value.faults] == [("two_kinds_of_evidence", 3)]
    found = assessment_of(tmp_path, CONTENT, [ROW, direct], responses=[{**answers[0], "answer": ""}])
    assert found.observations["counts"].tolist() == [True, True]


def test_documents(tmp_path: Path) -> None:
    rows = [{"material": "m1", "status": "已归档", "due": "2016-08-01", "unit": "甲局"}]
    found = assessment_of(tmp_path, CONTENT, [ROW], materials=rows)
    assert found.materials[["material", "status", "unit", "ready"]].iloc[0].tolist() == ["m1", "closed", "甲局", True]
    assert not any("document" in note.en for note in found.notes)
    found = assessment_of(tmp_path, CONTENT, [ROW], materials=[{"material": "m1", "status": ""}])
    assert any(note.en == "documents without a status yet, not assessed: 1" for note in found.notes)


def test_an_observation_beside_documents_counts_and_is_said(tmp_path: Path) -> None:
    rows = [ROW, {"standard": "1.3", "value": "否"}]
    found = assessment_of(tmp_path, CONTENT, rows, materials=[{"material": "m1", "status": "approved"}])
    said = [note.en for note in found.notes]
    assert "standards with registered documents and an observation, of which the observation counts: 1" in said


def test_other_tables(tmp_path: Path) -> None:
    content = {
        **CONTENT,
        "negative_list": [{"code": "G1", "name": text("事"), "effect": {"deduct": "3"}, "source": {"row": "G1"}}],
    }
    found = assessment_of(
        tmp_path,
        content,
        [ROW],
        sites=[
            {"site_id": "c1", "site_type": "community", "name": "东", "latitude": "31.5", "longitude": "120.5"},
            {"site_id": "c0", "site_type": "医院", "name": "院"},
        ],
        settings={"instrument": "instrument.yaml"},
        events=[{"code": "G1", "date": "2016-01-02", "note": "某事"}],
        fixes=[
            {
                "fix_id": "f1",
                "level": "a",
                "targets": "1.1",
                "after": "95%",
                "cost": "100",
                "unit": "甲局",
                "needs": "",
            },
            {"fix_id": "f2", "level": "", "targets": "*@c1", "after": "", "cost": "", "unit": "", "needs": "f1"},
        ],
        capacity=[{"unit": "甲局", "week": "2016-W20", "crew_days": "2.5"}],
    )
    assert found.sites["site_id"].tolist() == ["c0", "c1"]
    assert found.sites["latitude"].iloc[1] == 31.5
    assert found.events["code"].tolist() == ["G1"]
    assert found.fixes["after"].tolist() == [Fraction(19, 20), None]
    assert found.fixes["targets"].tolist() == [(("1.1", "all", ""),), (("*", "site", "c1"),)]
    assert found.fixes["needs"].tolist() == [(), ("f1",)]
    assert found.capacity["crew_days"].tolist() == [Fraction(5, 2)]


# -- what does not matter, and what does


def shuffled(target: Path, seed: int, encoding: str) -> Path:
    """A copy of the Wujiang assessment with rows and columns in another order and another encoding."""
    chance = random.Random(seed)
    shutil.copytree(WUJIANG, target, ignore=shutil.ignore_patterns("source", "README.md"))
    for file in target.glob("*.csv"):
        rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
        heads = list(rows[0])
        chance.shuffle(rows)
        chance.shuffle(heads)
        write_csv(file, [{head: row[head] for head in heads} for row in rows], encoding)
    return target


@pytest.mark.parametrize(("seed", "encoding"), [(1, "utf-8"), (2, "utf-8-sig"), (3, "gb18030")])
def test_order_and_encoding_do_not_matter(tmp_path: Path, seed: int, encoding: str) -> None:
    plain, other = read_assessment(WUJIANG), read_assessment(shuffled(tmp_path / "copy", seed, encoding))
    assert other.evidence_hash == plain.evidence_hash
    assert other.sites.equals(plain.sites)
    assert other.notes == plain.notes


def test_how_a_value_is_written_does_not_matter_to_the_hash(tmp_path: Path) -> None:
    sites = [{"site_id": "c1", "site_type": "community", "name": "东社区"}]
    row = {"standard": "1.1", "site_id": "c1", "observed_on": "2016-05-02", "value": "0.10"}
    a = assessment_of(tmp_path / "a", CONTENT, [row], sites=sites)
    same = {"标准编号": "1.1项", "点位": "东社区", "日期": "2016/5/2", "扣分": "10%"}
    b = assessment_of(tmp_path / "b", CONTENT, [same], sites=[{**sites[0], "site_type": "社区"}])
    assert a.evidence_hash == b.evidence_hash


@pytest.mark.parametrize(
    "change",
    [
        {"value": "0.2"},
        {"value": ""},
        {"note": "x"},
        {"units": ""},
        {"area": "东"},
        {"observed_on": "2016-05-03"},
        {"found_by": "市级"},
        {"photo": "1.jpg"},
        {"n": "2"},
        {"round": "r0"},
        {"observation_id": "x"},
    ],
    ids=str,
)
def test_whatever_is_said_matters_to_the_hash(tmp_path: Path, change: dict[str, str]) -> None:
    row = {"standard": "1.1", "value": "0.1", "observed_on": "2016-05-02"}
    other = {"standard": "1.2", "value": "1/2"}
    hashes = {
        assessment_of(tmp_path / name, CONTENT, [{**row, **more}, other]).evidence_hash
        for name, more in (("a", {}), ("b", change))
    }
    assert len(hashes) == 2


@pytest.mark.parametrize("column", ["units", "area", "note", "photo", "found_by"])
def test_each_word_of_a_row_matters_to_the_hash(tmp_path: Path, column: str) -> None:
    rows = [{"standard": "1.1", "value": "0.1", column: word} for word in ("甲", "乙", "")]
    assert len({assessment_of(tmp_path, CONTENT, [row]).evidence_hash for row in rows}) == 3


def test_settings_are_no_evidence(tmp_path: Path) -> None:
    hashes = {assessment_of(tmp_path / p, CONTENT, [ROW], {"place": p}).evidence_hash for p in ("东", "西")}
    assert len(hashes) == 1


def test_faults_of_settings_tables_and_cells_come_together(tmp_path: Path) -> None:
    assessment_of(tmp_path, CONTENT, [ROW])
    write_yaml(
        tmp_path / "assessment.yaml", {"instrument": "instrument.yaml", "place": "某区", "round": "r1", "lang": "zh"}
    )
    write_csv(tmp_path / "observations.csv", [{"observation_id": "a", "standard": "1.1", "value": "2", "姓名": "x"}])
    write_csv(tmp_path / "site.csv", [{"site_id": "a"}])
    assert {problem for problem, _ in faults_of(tmp_path)} == {
        *("unknown_key", "bad_value", "personal_column", "unknown_table")
    }


# -- an earlier round


def test_rows_without_a_round_stay_with_the_round_of_the_file(tmp_path: Path) -> None:
    """Row 1 names no round: it is one of r1, whichever round is asked for."""
    rows = [{**ROW, "value": "0.1"}, {**ROW, "value": "0.2", "round": "r0"}, {**ROW, "value": "0.3", "round": "r1"}]
    rows = [{**row, "observed_on": f"2026-05-0{day}"} for day, row in enumerate(rows, 1)]
    now = assessment_of(tmp_path, CONTENT, rows)
    assert now.observations["round"].tolist() == ["r1", "r0", "r1"]
    assert now.observations["why_not"].tolist() == ["superseded", "round", ""]
    then = read_assessment(tmp_path, round="r0")
    assert then.settings.round == "r0"
    assert then.observations["round"].tolist() == ["r1", "r0", "r1"]
    assert then.observations["why_not"].tolist() == ["round", "", "round"]
    assert now.evidence_hash == then.evidence_hash


def test_the_round_of_the_file_may_be_named(tmp_path: Path) -> None:
    now = assessment_of(tmp_path, CONTENT, [ROW, {**ROW, "value": "0.2", "round": "r0"}])
    same = read_assessment(tmp_path, round="r1")
    assert same.observations["why_not"].tolist() == now.observations["why_not"].tolist() == ["", "round"]
    assert same.settings == now.settings


def test_a_round_without_rows_is_a_fault(tmp_path: Path) -> None:
    assessment_of(tmp_path, CONTENT, [ROW, {**ROW, "value": "0.2", "round": "r0"}])
    with pytest.raises(InputFaults) as caught:
        read_assessment(tmp_path, round="r9")
    (fault,) = caught.value.faults
    assert (fault.problem, fault.value, fault.allowed) == ("no_row_of_round", "r9", "r0 r1")


def test_an_earlier_round_leaves_out_what_others_share(tmp_path: Path) -> None:
    """The other assessment is of the present round; what lay there at an earlier one nobody knows."""
    assessment_of(tmp_path / "theirs", CONTENT, [ROW])
    rows = [ROW, {**ROW, "value": "0.2", "round": "r0"}]
    now = assessment_of(tmp_path / "ours", CONTENT, rows, {"shares": ["../theirs"]})
    then = read_assessment(tmp_path / "ours", round="r0")
    assert any("theirs" in note.en for note in now.notes)
    assert not any("theirs" in note.en for note in then.notes)
    (tmp_path / "theirs" / "observations.csv").unlink()
    assert read_assessment(tmp_path / "ours", round="r0").observations["why_not"].tolist() == ["round", ""]
    with pytest.raises(InputFaults):
        read_assessment(tmp_path / "ours")
