"""The commands on standings, in both languages and all forms."""

import json

import pytest
from click.testing import CliRunner
from test_standing_files import TIERS

from evalsys.cli_standings import verbs_on_standings

MARKS = (
    "week,name,score\n2016-W39,甲,98\n2016-W39,乙,98\n2016-W39,丙,90\n2016-W40,甲,95\n2016-W40,乙,97\n2016-W40,丙,\n"
)
#: The subdistrict of S000-3: three firsts and two seconds in five rounds.
ROUNDS = "round,name,rank\n" + "".join(f"{n},本街道,{rank}\n" for n, rank in enumerate((1, 2, 1, 1, 2), 1))
LOSSES = "name,lost,notices\n甲局,2,0\n乙局,2.01,0\n丙局,1,3\n"


@pytest.fixture
def run(tmp_path):
    def run(name, text, *more):
        (tmp_path / "t.csv").write_text(text, "utf-8")
        (tmp_path / "tiers.yaml").write_text(TIERS, "utf-8")
        more = [str(tmp_path / word) if word.endswith((".yaml", ".xlsx")) else word for word in more]
        return CliRunner().invoke(verbs_on_standings, [name, str(tmp_path / "t.csv"), *more])

    return run


def records(result, name):
    assert result.exit_code == 0, result.output
    return json.loads(result.output)[name]


def test_the_flag_of_a_week_is_shared_by_those_tied(run):
    rows = records(run("flags", MARKS, "--format", "json"), "flags")
    assert [(row["week"], row["holders"]) for row in rows] == [("2016-W39", "甲、乙"), ("2016-W40", "乙")]


def test_the_class_of_the_month_by_flags_then_mean(run):
    rows = records(run("flags", MARKS, "--by", "month", "--format", "json"), "flags")
    assert [(row["month"], row["rank"], row["name"], row["flags"]) for row in rows] == [
        ("2016-09", 1, "甲", 1), ("2016-09", 1, "乙", 1), ("2016-09", 3, "丙", 0),
        ("2016-10", 1, "乙", 1), ("2016-10", 2, "甲", 0), ("2016-10", None, "丙", 0),
    ]  # fmt: skip


def test_three_firsts_and_two_seconds_in_five(run):
    (row,) = records(run("places", ROUNDS, "--format", "json"), "places")
    assert (row["rounds"], row["first"], row["second"], row["third"]) == (5, 3, 2, 0)
    assert "5次排名：第1名3次、第2名2次" in run("places", ROUNDS, "--lang", "zh").output


def test_rewards_by_the_lower_of_two_tiers(run):
    rows = records(run("rewards", LOSSES, "--tiers", "tiers.yaml", "--bonus", "1000", "--format", "json"), "rewards")
    assert [row["amount"]["exact"] for row in rows] == ["1000", "500", "0"]
    assert "拟按“减半”发放：失分2.01" in run("rewards", LOSSES, "--tiers", "tiers.yaml", "--lang", "zh").output


def test_faults_of_both_files_are_the_result(run, tmp_path):
    result = run("rewards", "name,lost\na,-1\n", "--tiers", "other.yaml", "--lang", "en")
    assert result.exit_code == 1
    assert "other.yaml" in result.output
    assert "'-1'" in result.output


@pytest.mark.parametrize("name", ["flags", "places"])
@pytest.mark.parametrize("form", ["table", "csv", "xlsx"])
def test_every_form(run, tmp_path, name, form):
    more = ("--out", "out.xlsx") if form == "xlsx" else ()
    result = run(name, MARKS if name == "flags" else ROUNDS, "--format", form, "--lang", "en", *more)
    assert result.exit_code == 0
    assert (tmp_path / "out.xlsx").exists() == (form == "xlsx")


def test_a_workbook_needs_a_file(run):
    assert run("flags", MARKS, "--format", "xlsx").exit_code == 2
