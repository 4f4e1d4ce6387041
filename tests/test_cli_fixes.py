"""The commands on fixes: effects, a plan and a patrol of a small assessment; what stops a plan; bad options."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard
from click.testing import CliRunner

from evalsys import InputFaults, cli, cli_fixes, console, forecast, read_assessment, verbs
from evalsys.fix_effects import effects
from evalsys.settings import PlanSettings

AT = [{"site_type": "community", "sites": 2}]
SITES = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in (1, 2, 3)]
FIXES = [
    {"fix_id": "f1", "level": "基本", "targets": "1.1@s1", "after": "0.8", "cost": "1", "crew_days": "1"},
    {"fix_id": "f1", "level": "彻底", "targets": "1.1@s1", "after": "0.95", "cost": "2.5", "crew_days": "4"},
    {"fix_id": "f2", "targets": "1.1@s2", "cost": "2", "calendar_days": "3", "crew_days": "2", "unit": "甲局"},
    {"fix_id": "f3", "targets": "1.2@s1", "cost": "4", "calendar_days": "9", "needs": "f2"},
]


def city(folder, fixes=FIXES, pass_mark="80%", **settings):
    """Two standards at three listed sites; the draw takes two of them, so every number is a small sum."""
    content = content_of(
        [indicator("1", 10, [standard("1.1", "met", 6, checked_at=AT), standard("1.2", "met", 4, checked_at=AT)])], 10
    )
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value, "observed_on": "2026-05-01"}
        for code, values in (("1.1", "NNY"), ("1.2", "NYY"))
        for n, value in enumerate(("是" if v == "Y" else "否" for v in values), 1)
    ]
    given = {"inspection_date": "2026-05-15", "pass_mark": pass_mark, "frame": "complete"}
    given["draw"] = [{"site_type": "community", "sites": "2"}]
    assessment_of(folder, content, rows, {**given, **settings}, sites=SITES, fixes=fixes)
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in an empty folder, in this process and in English."""
    for module in (console, cli, cli_fixes, verbs):
        monkeypatch.setattr(module, "LOCALE", "en", raising=False)
    monkeypatch.setattr(console, "_speak_chinese", lambda: None)
    monkeypatch.chdir(tmp_path)

    def invoke(*args, code=0):
        done = CliRunner().invoke(cli.main, [str(arg) for arg in args])
        assert done.exit_code == code, done.output
        return done

    return invoke


# ------------------------------------------------------------------------------------------------------------ effects


def test_effects_are_those_of_the_public_function(run, tmp_path):
    told = effects(forecast(read_assessment(city(tmp_path / "a"))))
    said = json.loads(run("effects", "a", "--format", "json", "--lang", "zh").stdout)
    assert [one["gain"]["chance"] for one in said["effects"]] == [one.gain.chance for one in told.effects]
    assert [one["gain"]["points"] for one in said["effects"]] == [one.gain.points for one in told.effects]
    assert said["effects"][1]["cost"] == {"exact": "5/2", "value": 2.5}
    assert said["effects"][0]["chance_per_cost"] == pytest.approx(told.effects[0].gain.chance)
    assert [one["targets"] for one in said["effects"]] == [["1.1@s1"], ["1.1@s1"], ["1.1@s2"], ["1.2@s1"]]
    assert said["joint"]["gain"]["chance"] == pytest.approx(
        sum(share["gain"]["chance"] for share in said["joint"]["shares"])
    )
    assert said["findings_as_fixes"] is False


def test_effects_in_a_terminal_begin_with_what_brings_most(run, tmp_path):
    city(tmp_path / "a")
    told = json.loads(run("effects", "a", "--format", "json").stdout)["effects"]
    lines = run("effects", "a", "--lang", "zh").stdout.splitlines()
    assert lines[0].startswith("现状：期望得分 ")
    table = lines[lines.index("") + 1 :]
    assert table[0].split()[:2] == ["整改编号", "整改内容"]
    assert len(table) == 5
    best = max(told, key=lambda one: one["gain"]["chance"])
    assert table[1].startswith(f"{best['fix']} {best['level']}".strip())


def test_without_a_table_findings_are_the_fixes(run, tmp_path):
    city(tmp_path / "a", fixes=())
    said = json.loads(run("effects", "a", "--format", "json").stdout)
    assert said["findings_as_fixes"] is True
    assert [one["cost"]["exact"] for one in said["effects"]] == ["1"] * 3
    assert "at a cost of 1 each" in run("effects", "a", "--lang", "en").stdout


def test_a_workbook_holds_the_numbers(run, tmp_path):
    city(tmp_path / "a")
    assert run("effects", "a", "--format", "xlsx", "--out", "e.xlsx", "--lang", "zh").stdout.strip() == "e.xlsx"
    rows = list(openpyxl.load_workbook(tmp_path / "e.xlsx").active.iter_rows(values_only=True))
    assert len(rows) == 5
    costs = {row[rows[0].index("整改编号")]: row[rows[0].index("费用")] for row in rows[1:]}
    assert costs == {"f1 基本": 1, "f1 彻底": 2.5, "f2": 2, "f3": 4}


# --------------------------------------------------------------------------------------------------------------- plan


def test_a_plan_keeps_to_budget_and_days(run, tmp_path):
    city(tmp_path / "a")
    said = json.loads(run("plan", "a", "--budget", "5", "--days", "13", "--format", "json").stdout)
    assert {job["fix"] for job in said["jobs"]} == {"f1", "f2"}
    assert Fraction(said["cost"]["exact"]) == sum(Fraction(job["cost"]["exact"]) for job in said["jobs"]) <= 5
    assert said["limits"]["budget"]["exact"] == "5"
    assert said["limits"]["start"] == "2026-05-02"
    assert all(job["ends"] <= 13 for job in said["jobs"])
    assert all(job["ends_on"] < "2026-05-15" for job in said["jobs"])
    assert said["after"]["chance"] - said["before"]["chance"] == pytest.approx(said["gain"]["chance"])
    text = run("plan", "a", "--budget", "5", "--days", "13", "--lang", "zh").stdout
    assert "整改方案：2 项，费用 4.5（预算：5）" in text
    assert "f1 彻底" in text


def test_budget_days_and_chance_stand_in_the_settings(run, tmp_path):
    plan = {"budget": "3", "start": "2026-05-04", "spare_days": "4", "chance": "99%"}
    found = read_assessment(city(tmp_path / "a", plan=plan)).settings
    assert (found.plan.budget, found.plan.chance, str(found.last_day_of_work)) == (3, Fraction(99, 100), "2026-05-10")
    said = json.loads(run("plan", "a", "--format", "json").stdout)
    assert (said["limits"]["budget"]["exact"], said["limits"]["days"]) == ("3", 7)
    assert said["limits"]["start"] == "2026-05-04"
    assert (said["wanted_chance"], said["reached"]) == (0.99, False)
    assert said["stops"]
    over = json.loads(run("plan", "a", "--budget", "2", "--days", "5", "--goal", "points", "--format", "json").stdout)
    assert (over["limits"]["budget"]["exact"], over["limits"]["days"], over["goal"]) == ("2", 5, "points")
    assert over["wanted_chance"] is None
    assert read_assessment(city(tmp_path / "b")).settings.plan == PlanSettings()


def test_a_wanted_chance_takes_the_cheapest_plan(run, tmp_path):
    city(tmp_path / "a")
    best = json.loads(run("plan", "a", "--format", "json").stdout)
    wanted = (best["before"]["chance"] + best["after"]["chance"]) / 2
    said = json.loads(run("plan", "a", "--chance", wanted, "--format", "json").stdout)
    assert said["reached"] is True
    assert said["after"]["chance"] >= wanted
    assert said["cost"]["value"] < best["cost"]["value"]
    assert said["quickest"]["days"] <= max(job["ends"] for job in best["jobs"])
    assert "can be reached" in run("plan", "a", "--chance", wanted, "--lang", "en").stdout


def test_a_plan_that_cannot_exist_says_what_stops_it(run, tmp_path):
    city(tmp_path / "a")
    text = run("plan", "a", "--budget", "0.5", "--lang", "zh").stdout
    assert "没有可列入方案的整改" in text
    assert "受限于：" in text
    assert "预算只有0.5" in text
    far = run("plan", "a", "--chance", "0.999", "--lang", "zh").stdout
    assert "达不到 99.9%" in far
    assert "受限于：" in far


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--budget", "ten"], "not a number 'ten'"),
        (["--budget", "-1"], "outside the allowed range '-1'"),
        (["--chance", "1"], "outside the allowed range '1'"),
        (["--days", "14"], "'14'"),
        (["--days", "0"], "outside the allowed range '0'"),
        (["--days", "1.5"], "not a whole number '1.5'"),
        (["--chance", "2"], "outside the allowed range '2'"),
    ],
)
def test_a_bad_limit_is_a_fault(run, tmp_path, args, problem):
    city(tmp_path / "a")
    done = run("plan", "a", *args, code=1)
    assert problem in done.stderr
    assert done.stdout == ""


def test_faults_of_options_and_data_are_told_together(run, tmp_path):
    city(tmp_path / "a")
    with (tmp_path / "a" / "fixes.csv").open("a", encoding="utf-8") as file:
        file.write("f9,,9.9@s1,,-1,,,,,\n")
    said = run("plan", "a", "--budget", "x", "--chance", "2", "--days", "0", code=1).stderr
    assert said.startswith("5 faults found")


def test_faults_of_options_and_days_are_told_together(run, tmp_path):
    city(tmp_path / "a", pass_mark=None)
    said = run("plan", "a", "--budget", "-1", "--chance", "0.9", "--days", "14", code=1).stderr
    assert said.startswith("3 faults found")
    assert "without a pass mark there is no chance" in said
    assert "'-1'" in said
    assert "'14'" in said


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ([{"fix_id": "f2", "targets": "1.1@s2", "needs": "f3"}, FIXES[3]], {}, "f2"),
        (FIXES, {"plan": {"start": "2026-05-20"}}, "2026-05-20"),
        (FIXES, {"plan": {"start": "2026-05-09", "deadline": "2026-05-04"}}, "2026-05-04"),
        (FIXES, {"plan": {"deadline": "2026-04-04"}}, "2026-04"),
    ],
)
def test_circles_and_deadlines_in_the_past_are_faults(run, tmp_path, rows, settings, said):
    city_of_faults(tmp_path / "a", rows, settings)
    done = run("plan", "a", code=1)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def city_of_faults(folder, rows, settings):
    with suppress(InputFaults):  # it is written, then read
        city(folder, rows, **settings)


@pytest.mark.parametrize(
    "args",
    [
        ["plan", "a", "--budget", "5"],
        *(
            pytest.param(args, marks=pytest.mark.slow)
            for args in (["effects", "a"], ["plan", "a", "--chance", "0.99"], ["visits", "a"])
        ),
    ],
    ids=" ".join,
)
def test_nothing_but_the_result_is_written(tmp_path, args):
    """A child process: what the solver's own library writes would pass by Python's streams."""
    city(tmp_path / "a")
    command = [sys.executable, "-m", "evalsys", *args, "--format", "json"]
    env = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), "LANG": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=env)
    json.loads(done.stdout)
    own = r"(Reading the data|Forecasting|Making the plan|Finding what fixes bring|Choosing sites)\.\.\.\n"
    assert re.sub(own, "", done.stderr) == ""


def test_without_a_pass_mark_points_are_planned_for(run, tmp_path):
    city(tmp_path / "a", pass_mark=None)
    said = json.loads(run("plan", "a", "--format", "json").stdout)
    assert (said["goal"], said["before"]["chance"]) == ("points", None)
    assert "no pass mark" in run("plan", "a", "--lang", "en").stdout
    for more in (
        ["plan", "a", "--chance", "0.9"],
        ["plan", "a", "--goal", "chance"],
        ["visits", "a", "--goal", "chance"],
    ):
        assert "without a pass mark there is no chance" in run(*more, code=1).stderr
    assert run("plan", "a", "--at-least", "80%", "--goal", "chance", "--format", "json").stdout
    run("plan", "a", "--chance", "0.9", "--goal", "points", code=2)


# ------------------------------------------------------------------------------------------------------------- visits


def test_visits_are_ordered_and_bounded(run, tmp_path):
    city(tmp_path / "a")
    said = json.loads(run("visits", "a", "--visits", "2", "--repairs", "1", "--format", "json").stdout)
    assert len(said["visits"]) <= 2
    assert 0 <= said["evsi"] <= said["evppi"] <= said["evpi"]
    assert said["evsi"] == pytest.approx(sum(one["added"] for one in said["visits"]))
    assert {one["site"] for one in said["plain"]} == {"s1", "s2", "s3"}
    assert [one["lost"] for one in said["plain"]] == sorted((one["lost"] for one in said["plain"]), reverse=True)
    table = run("visits", "a", "--visits", "2", "--lang", "zh").stdout
    assert all(f"社区{n}" in table for n in (1, 2, 3))
    assert "督查前 7 天巡查" in table
    assert "督查前 3 天巡查" in run("visits", "a", "--days", "3", "--lang", "zh").stdout
    far = json.loads(run("visits", "a", "--days", "99", "--format", "json").stdout)
    assert far["days"] == 14  # no earlier than the day after the last check
    run("visits", "a", "--visits", "2", "--format", "xlsx", "--out", "v.xlsx")
    assert (tmp_path / "v.xlsx").exists()


def test_help_loads_nothing_heavy(run):
    code = (
        "import sys\nfrom evalsys.cli import main\n"
        "try: main(['plan', '--help'])\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(cli.__file__).parents[1]
    )
    loaded = done.stdout.partition("LOADED")[2].split()
    assert not {"pandas", "numpy", "yaml", "openpyxl", "scipy"} & set(loaded)


@pytest.mark.parametrize("chinese", [True, False])
def test_a_settings_sheet_says_what_a_file_says(tmp_path, chinese):
    names = {"budget": "预算", "start": "开工日期", "deadline": "完成期限", "chance": "期望达标可能"}
    said = {"budget": "12.5", "start": "2026-05-03", "deadline": "2026-05-09", "chance": "90%"}
    folder = read_assessment(city(tmp_path / "a", plan=said))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "设置"
    rows = [
        ["测评体系", "instrument.yaml"],
        ["地方", "某区"],
        ["轮次", "r1"],
        ["督查日期", "2026-05-15"],
        ["目标线", "80%"],
    ]
    for row in [
        *rows,
        ["整改·预留天数", None],
        *([f"整改·{names[k]}" if chinese else f"plan.{k}", said[k]] for k in said),
    ]:
        sheet.append(row)
    book.save(tmp_path / "a" / "settings.xlsx")
    (tmp_path / "a" / "assessment.yaml").unlink()
    found = read_assessment(tmp_path / "a").settings
    assert found.plan == folder.settings.plan
    assert found.plan == PlanSettings(Fraction(25, 2), date(2026, 5, 3), date(2026, 5, 9), 0, Fraction(9, 10))
    assert str(found.last_day_of_work) == "2026-05-09"
