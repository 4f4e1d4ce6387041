"""A decided round as rows, JSON and a workbook: the same numbers and words as the page, exact where a program reads."""

import json
from fractions import Fraction as F
from pathlib import Path

import openpyxl
import pytest
from title_rounds import decided_of

from evalsys.decision_files import read_titles
from evalsys.decision_results import annex, decision_listing, decision_text, decisions_json, sheets
from evalsys.decision_sections import write_annex
from evalsys.decisions import decide

EXAMPLE = Path(__file__).resolve().parents[1] / "data/example-titles"


@pytest.fixture(scope="module")
def example():
    return decide(read_titles(EXAMPLE))


def records(decided, lang="zh"):
    return {row["name"]: row for row in decision_listing(decided, lang).as_records()}


def test_a_row_for_each_candidate_best_first(example):
    listing = decision_listing(example, "zh")
    assert len(listing.rows) == 52
    assert [column.key for column in listing.columns] == [
        "group", "rank", "name", "state", "raw", "change", "final", "range", "decision", "reasons", "open", "proposed",
    ]  # fmt: skip
    assert [row[1] for row in listing.rows[:3]] == [1, 2, 3]
    assert [row[1] for row in listing.rows[39:42]] == [1, 2, 2]
    assert {row[1] for row in listing.rows[49:]} == {None}
    found = records(example)
    assert found["示例单位12"]["open"] == "第 3 号异议尚未答复"
    assert found["示例社区09"]["reasons"] == "组建不满1年（四（一）2）"
    assert (found["示例单位16"]["decision"], found["示例单位16"]["proposed"]) == ("不予命名", "拟终止申报")
    assert (found["示例单位07"]["decision"], found["示例单位07"]["proposed"]) == ("同分待定", "")
    assert found["示例单位42"]["decision"] == "限期整改"


def test_numbers_are_exact_and_points_come_off(tmp_path):
    minors = [{"candidate": "甲市", "score": "minors", "value": "90"}]
    events = [{"candidate": "甲市", "code": "mayor-breach", "date": "2017-06-01"}]
    decided = decided_of(
        tmp_path, {"甲市": ("all", "94.65")}, instrument="national-frame-2018", scores=minors, events=events
    )
    row = records(decided)["甲市"]
    assert (F(row["raw"]["exact"]), F(row["change"]["exact"]), F(row["final"]["exact"])) == (
        F("94.65"), F("-5.93"), F("88.72"),
    )  # fmt: skip
    assert decision_listing(decided, "en").as_csv("en").splitlines()[1].split(",")[4:7] == ["94.65", "-5.93", "88.72"]
    steps = sheets(decided, "zh")["总分之后"]
    assert [row[5] for row in steps.rows] == ["执行", "执行", "具备"]
    after = json.loads(decisions_json(decided, "en"))["candidates"][0]["after_total"]
    assert after["final"]["exact"] == "2218/25"
    assert [step["change"]["exact"] for step in after["steps"] if step["change"]["value"]] == ["-93/100", "-5"]


def test_the_json_has_everything(example):
    found = json.loads(decisions_json(example, "zh"))
    assert (found["place"], found["round"], found["hash"]) == ("示例区", "2007年度", example.round.hash)
    assert len(found["candidates"]) == 52
    one = next(each for each in found["candidates"] if each["name"] == "示例单位07")
    assert one["score"] == {"exact": "2124/25", "value": 84.96}
    assert (one["decision"], one["place"], one["free"], one["tied"]) == (
        "tie", 34, 2, ["示例单位07", "示例单位26", "示例单位30"],
    )  # fmt: skip
    assert one["range"] == [28, 36]
    assert [move["to"] for move in one["moves"]] == ["applied", "publicised"]
    barred = next(each for each in found["candidates"] if each["name"] == "示例社区04")
    assert barred["bars"] == [{"reason": "2007年12月6日第2号异议经核查属实", "clause": "四（四）"}]
    assert barred["earlier"] == {"2006": {"exact": "456/5", "value": 91.2}}
    assert [each["cost"]["value"] for each in found["groups"]] == [35, 14]
    assert [(g["goal"]["goal"], g["goal"]["possible"]) for g in found["groups"]] == [(100, 101), (20, 21)]
    assert {name: found["money"][name]["value"] for name in ("cost", "budget", "reserve")} == {
        "cost": 49, "budget": 50, "reserve": 1,
    }  # fmt: skip
    assert [matter["kind"] for matter in found["to_decide"]] == ["tie", "objection", "due"]
    assert found["due"][0]["to"] == ["named", "removed"]
    assert [each["outcome"] for each in found["objections"]] == ["不属实", "属实", ""]
    assert found["notes"]


def test_the_terminal_says_the_result_first_and_last_what_a_person_decides(example):
    lines = decision_text(example, "en").splitlines()
    assert lines[0].startswith("40 proposed for naming, 3 tied, 6 not named; awards of 49 out of 50")
    assert lines[-4] == "For a person to decide:"
    assert lines[-3].endswith(": 示例单位07, 示例单位26, 示例单位30 (四（二）, before naming, 2007-12-20)")


def test_the_score_that_is_ranked_stands_beside_the_final_one_only_in_a_cycle(tmp_path):
    earlier = [{"candidate": "甲市", "score": "total", "value": "80", "year": str(year)} for year in (2015, 2016)]
    decided = decided_of(
        tmp_path, {"甲市": ("all", "90")}, "cycle: {first_year: 2015}\n", "national-frame-2018", scores=earlier
    )
    row = records(decided)["甲市"]
    assert (row["final"]["exact"], row["ranked"]["exact"]) == ("90", "86")


def test_the_annex_holds_a_sheet_for_each(tmp_path, example):
    piece = write_annex(example, str(tmp_path / "out"), "zh")
    assert piece.facts == {"annex": "评选意见附件.xlsx"}
    book = openpyxl.load_workbook(tmp_path / "out" / "评选意见附件.xlsx")
    assert book.sheetnames == ["评选意见", "须人工确定", "状态变动", "异议", "名额和奖励"]  # no step in this round
    assert book["评选意见"].max_row == 53
    assert book["评选意见"]["E2"].value == 97.17
    assert [cell.value for cell in book["名额和奖励"][4]][:6] == ["合计", 42, 40, 2, None, 49]
    assert book["状态变动"].max_row == 1 + len(example.round.moves)
    assert write_annex(example, "", "zh") == ""


def test_the_same_round_gives_the_same_bytes(tmp_path, example):
    annex(example, tmp_path / "a.xlsx", "en")
    annex(example, tmp_path / "b.xlsx", "en")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
