"""The commands survey plan and survey result: a table, JSON, CSV, workbooks; faults as the result; usage."""

import csv
import io
import json

import openpyxl
import pytest
from builders import write_csv, write_yaml
from click.testing import CliRunner

from evalsys import cli_survey, console, verbs

WANQUAN = "wanquan-subdistrict-2021"
STRATA = "stratum,population,rate\n甲街道,6000,90%\n乙街道,3000,99%\n丙乡,40,\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in a folder with an assessment and a table of strata, in English."""
    for module in (console, cli_survey, verbs):
        monkeypatch.setattr(module, "LOCALE", "en", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strata.csv").write_text(STRATA, "utf-8")
    write_yaml(tmp_path / "town" / "assessment.yaml", {"instrument": WANQUAN, "place": "某街道", "round": "r1"})
    rows = [
        {"respondent": n, "question": "q-1-3", "answer": "满意" if n <= 190 else "不满意", "stratum": "甲乙"[n % 2]}
        for n in range(1, 201)
    ]
    write_csv(tmp_path / "town" / "responses.csv", rows)

    def invoke(*args, code=0):
        done = CliRunner().invoke(cli_survey.survey, list(args))
        assert done.exit_code == code, done.output
        return done.stdout

    return invoke


def test_plan_as_a_table(run):
    zh, en = run("plan", WANQUAN, "--population", "500000", "--lang", "zh"), run("plan", WANQUAN)
    assert "需有效答卷 1,065 份" in zh
    assert "抽样中几乎不可能达到：真实率 99% 的地方，1,065 人全部如此回答的可能只有 0.002%" in zh
    assert "1,068 answers" in en
    assert [line.split()[:2] for line in zh.splitlines() if line.startswith("1.")] == [
        ["1.1", "三1"],
        ["1.2", "三1"],
        ["1.3", "三1"],
    ]


def test_plan_for_programs(run):
    found = json.loads(run("plan", "town", "--strata", "strata.csv", "--response", "80%", "--format", "json"))
    assert (found["schema"], found["instrument"], found["population"]) == (1, WANQUAN, 9040)
    parts, (whole,) = found["strata"][:3], found["strata"][3:]
    assert sum(own["answers"] for own in parts) == whole["answers"] == found["answers"]
    assert all(own["ask"] * 0.8 >= own["answers"] for own in parts)
    assert found["optimal_answers"] < found["answers"]
    assert [own["standard"] for own in found["standards"]] == ["1.1", "1.2", "1.3", "5.5"]
    rows = list(csv.DictReader(io.StringIO(run("plan", "town", "--strata", "strata.csv", "--format", "csv"))))
    assert [row["stratum"] for row in rows] == ["甲街道", "乙街道", "丙乡", "all"]


def test_plan_as_a_workbook_with_the_questionnaire(run, tmp_path):
    given = ("--strata", "strata.csv", "--precision", "10%", "--questionnaire", "q.xlsx", "--optimal")
    run("plan", WANQUAN, *given, "--format", "xlsx", "--out", "p.xlsx", "--lang", "zh")
    plan = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert plan.sheetnames == ["样本", "达标可能", "说明"]
    sheet = openpyxl.load_workbook(tmp_path / "q.xlsx")["问卷"]
    optimal = plan["样本"].cell(5, 8).value
    assert sheet.max_row == 1 + 4 * optimal


def test_a_more_precise_plan_asks_more(run):
    def answers(*given):
        return json.loads(run("plan", WANQUAN, "--format", "json", *given))["answers"]

    assert answers("--precision", "5%") == 385
    assert answers("--precision", "0.05", "--confidence", "99%") == 664
    assert answers("--precision", "5%", "--rate", "90%") == 139
    assert answers("--precision", "5%", "--deff", "1.5") == 577


@pytest.mark.parametrize(
    "given",
    [("--precision", "0"), ("--precision", "3"), ("--confidence", "100%"), ("--response", "0"), ("--deff", "0"),
     ("--rate", "x"), ("--population", "0"), ("--optimal",), ("--format", "xlsx")],
)  # fmt: skip
def test_wrong_usage(run, given):
    run("plan", WANQUAN, *given, code=2)


def test_faults_are_the_result_and_nothing_is_written(run, tmp_path):
    (tmp_path / "bad.csv").write_text("stratum,population\n甲,-1\n甲,5\n", "utf-8")
    found = run("plan", "no-such", "--strata", "bad.csv", "--questionnaire", "q.xlsx", "--format", "csv", code=1)
    assert len(found.splitlines()) == 4  # the heading, the instrument, the number, the name
    assert not (tmp_path / "q.xlsx").exists()
    assert "9040" in run("plan", WANQUAN, "--strata", "strata.csv", "--population", "5", code=1)
    assert ".xlsx" in run("plan", WANQUAN, "--questionnaire", "q.csv", code=1)


def test_result_in_every_form(run, tmp_path):
    text = run("result", "town", "--lang", "zh")
    assert "95.00%" in text
    assert "达标 1 项，不达标 0 项" in text
    found = json.loads(run("result", "town", "--format", "json"))
    (own,) = found["standards"]
    assert (own["rate"], own["bar"], own["verdict"], own["answers"]) == (0.95, "≥95%", "passes", 200)
    assert 0 < own["low"] < 0.95 < own["high"] < 1
    assert found["unasked"] == ["1.1", "1.2", "5.5"]
    rows = list(csv.DictReader(io.StringIO(run("result", "town", "--format", "csv"))))
    assert [row["row of"] for row in rows] == ["standard", "stratum", "stratum", *["answer"] * 4]
    run("result", "town", "--format", "xlsx", "--out", "r.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert workbook.sheetnames == ["standards", "by stratum", "by answer", "notes"]
    assert workbook["standards"].cell(2, 7).value == 0.95


def test_small_cells_are_marks_in_the_workbook(run, tmp_path):
    rows = [{"respondent": n, "question": "q-1-3", "answer": "满意" if n <= 98 else "不满意"} for n in range(1, 101)]
    write_csv(tmp_path / "town" / "responses.csv", rows)
    run("result", "town", "--format", "xlsx", "--out", "r.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert workbook["standards"].cell(2, 7).value == "<5"
    options = {row[2]: row[4] for row in workbook["by answer"].iter_rows(min_row=2, values_only=True)}
    assert options == {"满意": "…", "基本满意": 0, "不满意": "<5", "不了解": 0}


def test_an_assessment_without_answers(run, tmp_path):
    write_csv(tmp_path / "town" / "responses.csv", [{"respondent": 1, "question": "q-1-3", "answer": ""}])
    assert "no answers" in run("result", "town", code=1)


def test_help_is_there(run):
    assert "plan" in run("--help")
    assert "--questionnaire" in run("plan", "--help")
