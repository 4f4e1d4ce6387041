"""The command ``audit``: findings on the screen in three forms, workbook and page in a folder, faults."""

import csv
import json

import pytest
from click.testing import CliRunner
from published_tables import RULE, planted

from evalsys.cli_audit import audit

WRONG = (",92.92,1", ",93.92,1")


def run(*words):
    return CliRunner().invoke(audit, [str(word) for word in words])


def test_findings_and_conclusion_are_shown(tmp_path):
    result = run(planted(tmp_path, WRONG), "--lang", "en")
    assert result.exit_code == 0
    first, *_, last = result.stdout.rstrip().split("\n")
    assert first.split()[:4] == ["row", "group", "name", "column"]
    assert "93.92" in result.stdout
    assert last == "48 checks made, 47 agree, 1 is wrong."


def test_a_clean_table_is_one_line(tmp_path):
    assert run(planted(tmp_path), "--lang", "zh").stdout == "共复核 48 处，48 处相符，未发现错误。\n"


def test_json_and_csv_are_for_programs(tmp_path):
    path = planted(tmp_path, WRONG)
    held = json.loads(run(path, "--format", "json", "--lang", "en").stdout)
    assert held["counts"] == {"checks": 48, "agrees": 47, "note": 0, "rounding": 0, "unexplained": 0, "error": 1}
    (finding,) = held["findings"]
    assert (finding["name"], finding["kind"], finding["computed"]["exact"]) == ("东街", "total", "2323/25")
    assert (held["rule"], held["proposed"], held["dropped_rows"]) == ("成绩.yaml", False, 0)
    rows = list(csv.DictReader(run(path, "--format", "csv", "--lang", "en").stdout.splitlines()))
    assert [(row["name"], row["verdict"]) for row in rows] == [("东街", "error")]


def test_workbook_and_page_are_written(tmp_path):
    result = run(planted(tmp_path, WRONG), "--lang", "zh", "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["成绩-复核.html", "成绩-复核.xlsx"]
    assert result.stdout.rstrip().endswith("成绩-复核.html")
    printed = run(planted(tmp_path, WRONG), "--format", "json", "--lang", "en", "--out", tmp_path / "en")
    json.loads(printed.stdout)  # the paths go to standard error
    assert (tmp_path / "en" / "成绩-audit.xlsx").is_file()


def test_another_rule_and_no_rule(tmp_path):
    path = planted(tmp_path)
    path.with_suffix(".yaml").unlink()
    (tmp_path / "other.yaml").write_text(RULE.replace("60%", "50%").replace("30%", "40%"), "utf-8")
    assert "处错误" in run(path, "--rule", tmp_path / "other.yaml", "--lang", "zh").stdout
    path.write_text("街道,实地,问卷,总分\n东街,90,80,88.0\n西街,70,90,74.0\n南街,60,81,64.2\n", "utf-8")
    result = run(path, "--lang", "en")
    assert result.stdout.startswith("No rule is given.")
    assert "only 80% : 20% gives all 3 totals" in result.stdout
    held = json.loads(run(path, "--format", "json").stdout)
    assert held["proposed"]
    assert [weight["exact"] for weight in held["proposals"][0]["weights"]] == ["4/5", "1/5"]


@pytest.mark.parametrize("form", ["table", "json"])
def test_faults_end_with_code_1_and_write_nothing(tmp_path, form):
    path = planted(tmp_path, ("东街,95.20", "东街,九十五"))
    result = run(path, "--lang", "en", "--format", form, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "not a number" in result.output
    assert not (tmp_path / "out").exists()


def test_a_missing_table_is_a_fault(tmp_path):
    result = run(tmp_path / "none.csv", "--lang", "en")
    assert (result.exit_code, "this file is missing" in result.output) == (1, True)
