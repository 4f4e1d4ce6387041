"""The commands growth and staffing: a table, JSON, CSV, a workbook; faults as the result; usage."""

import csv
import io
import json

import openpyxl
import pytest
from click.testing import CliRunner

from evalsys import cli_ratios, console, verbs

FINANCE = "年度,投入,财政收入\n2016,100,1000\n2017,105,1050\n2018,103,1020\n2019,103,1030\n"
STAFF = "单位,城镇人口,执法人员,协管人员\n甲区,100000,29,30\n乙区,100000,30,30\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in a folder with both tables, in English."""
    for module in (console, cli_ratios, verbs):
        monkeypatch.setattr(module, "LOCALE", "en", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finance.csv").write_text(FINANCE, "utf-8")
    (tmp_path / "staff.csv").write_text(STAFF, "utf-8")

    def invoke(*args, code=0):
        done = CliRunner().invoke(cli_ratios.verbs_on_ratios, list(args))
        assert done.exit_code == code, done.output
        return done.output

    return invoke


def test_growth_as_a_table(run):
    zh, en = run("growth", "finance.csv", "--lang", "zh"), run("growth", "finance.csv")
    assert [line.split()[3] for line in zh.splitlines()[1:]] == ["无法判定", "达标", "达标", "不达标"]
    assert "财政收入下降 2.86%，投入下降 1.90%：按条文达标，但投入下降" in zh
    assert "passes as printed, though spending fell" in en


def test_growth_for_programs(run):
    found = json.loads(run("growth", "finance.csv", "--format", "json"))
    assert (found["schema"], found["reference"]) == (1, "revenue")
    assert [year["passes"] for year in found["years"]] == [None, True, True, False]
    assert found["years"][3]["spending_growth"] == {"exact": "0", "value": 0.0}
    assert found["years"][3]["reference_growth"]["exact"] == "1/102"
    assert found["years"][3]["enough"]["exact"] == "10609/102"
    rows = list(csv.DictReader(io.StringIO(run("growth", "finance.csv", "--format", "csv"))))
    assert [row["year"] for row in rows] == ["2016", "2017", "2018", "2019"]
    assert rows[1]["spending growth"] == "0.05"


def test_staffing_as_a_table_and_a_workbook(run, tmp_path):
    text = run("staffing", "staff.csv", "--lang", "zh")
    assert [line.split()[-1] for line in text.splitlines()[1:]] == ["C.13", "C.14", "C.13", "C.14"]
    assert "须增加 1 人" in text
    run("staffing", "staff.csv", "--format", "xlsx", "--out", "s.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx").active
    assert sheet.max_row == 5
    assert [sheet.cell(row, 8).value for row in (2, 3, 4, 5)] == ["fails", "fails", "passes", "passes"]
    found = json.loads(run("staffing", "staff.csv", "--format", "json"))
    assert [row["passes"] for row in found["ratios"]] == [False, False, True, True]


@pytest.mark.parametrize("name", ["growth", "staffing"])
def test_faults_are_the_result(run, tmp_path, name):
    (tmp_path / "bad.csv").write_text("年度,投入,单位\n2016,x,甲\n", "utf-8")
    assert "fault" in run(name, "bad.csv", code=1)
    assert json.loads(run(name, "bad.csv", "--format", "json", code=1))
    assert "this file is missing" in run(name, "none.csv", code=1)


def test_a_workbook_needs_a_file(run):
    assert "--out" in run("growth", "finance.csv", "--format", "xlsx", code=2)


def test_help_in_one_screen(run):
    for name in ("growth", "staffing"):
        text = run(name, "--help")
        assert f"evalsys {name}" in text
        assert len(text.splitlines()) < 30
