"""The example of the ledgers says what it is, comes from its generator byte for byte, and shows what it promises."""

import datetime
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import evalsys
from evalsys.fields import TABLES
from evalsys.ledgers import flow, ledgers_of, states

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "example-ledgers"
END = datetime.date(2026, 11, 15)
MONDAY = END - datetime.timedelta(6)


@pytest.fixture(scope="module")
def tool():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module("make_example_ledgers")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def files(tool):
    return tool.made()


@pytest.fixture(scope="module")
def kept():
    """The one reading; a fault of any row would raise."""
    return ledgers_of(evalsys.read_assessment(FOLDER))


@pytest.fixture(scope="module")
def county(tool):
    stream = np.random.SeedSequence(tool.SEED).spawn(12)[0]
    return tool.County(tool.made_sites(), tool.Draw(stream))


def test_the_generator_writes_the_committed_files(tool, files):
    assert tool.differences(files, FOLDER) == []
    assert sum(map(len, files.values())) < 300_000


def test_a_changed_or_additional_file_would_be_noticed(tool, files, tmp_path):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert tool.differences(files, tmp_path) == []
    (tmp_path / "sites.csv").write_bytes(files["sites.csv"].replace(b"D01", b"D00"))
    (tmp_path / "areas.csv").unlink()
    (tmp_path / "more.csv").write_bytes(b"")
    assert tool.differences(files, tmp_path) == ["areas.csv", "more.csv", "sites.csv"]


def test_it_says_that_it_is_invented(kept):
    assessment = kept.assessment
    assert "虚构" in assessment.settings.title.zh
    assert "nvented" in assessment.settings.title.en
    assert "虚构" in assessment.instrument.title.zh
    assert any("虚构" in note.zh and "invented" in note.en for note in assessment.notes)
    page = (FOLDER / "README.md").read_text("utf-8")
    assert "没有这个县" in page
    assert "There is no such county" in page


def test_every_table_of_the_ledgers_is_there():
    ledgers = {
        *("findings", "rectifications", "steps", "done", "grid", "problems", "letters", "contracts"),
        *("ads", "volunteers", "lamps", "staff", "materials", "responses", "sites", "observations"),
    }
    assert ledgers <= set(TABLES)
    assert ledgers <= {path.stem for path in FOLDER.glob("*.csv")}


def test_counts(kept):
    assessment = kept.assessment
    assert (len(assessment.sites), len(assessment.areas), len(assessment.units)) == (72, 4, 10)
    assert (assessment.sites["post"] == "").sum() == 2
    assert sum(not units for units in assessment.sites["units"]) == 1
    assert (assessment.sites["cell"] == "").sum() == 3
    assert sum(node.scored for node in assessment.instrument.standards.values()) == 30
    assert assessment.instrument.full_marks == 100
    assert assessment.rules.instrument.id == "lincheng-county-2019"
    assert 1000 < len(assessment.observations) < 1600
    assert {*assessment.materials["status"]} >= {"empty", "drafted", "closed"}
    assert assessment.responses["respondent"].nunique() == 200


def test_its_findings_are_those_of_the_simulation(kept, county, tool):
    """The generator knows nothing of the library's walk, and finds the same findings overdue in every week."""
    table = kept.findings
    assert {*table["finding_id"]} == {each.name for each in county.findings}
    for week in range(tool.WEEKS):
        sunday = tool.START + datetime.timedelta(7 * week + 6)
        stand = states(kept, sunday)
        late = {table["finding_id"][row] for row in stand.loc[stand["overdue"] > 0, "finding"]}
        assert late == {each.name for each in county.findings if each.overdue(sunday)}


def test_the_last_week_is_plausible(kept):
    own = flow(kept, MONDAY, END)
    assert 28 <= len(own.new) <= 48
    assert 35 <= len(own.fixed) <= 55
    assert len(own.fixed) > len(own.new)
    assert 18 <= len(own.in_hand(own.after)) <= 36
    assert 4 <= len(own.overdue(own.after)) <= 10
    assert 0.8 < len(own.in_time) / len(own.fixed) < 1
    units = {unit for row in own.overdue(own.after) for unit in kept.findings["units"][row]}
    assert 2 <= len(units) <= 5


def test_it_shows_every_kind_of_case(kept):
    table, moves = kept.findings, kept.moves
    assert (table["repeat_of"] != "").sum() > 5
    assert (table["relapse_of"] != "").sum() > 20
    assert 0.04 < (moves["to"] == "returned").sum() / (moves["to"] == "fixed").sum() < 0.16
    assert (table["site"] == -1).sum() == 5
    assert {"supervision", "media", "hotline", "film", "citizens"} <= {*table["source"]}
    assert sum(bool(rows) for rows in kept.assessment.ledgers["findings"]["observations"]) > 5
    assert table["made"].sum() > 300
    closed_by_check = moves[(moves["to"] == "verified") & (moves["row"] == -1)]
    assert len(closed_by_check) > 0


def test_one_unit_is_exposed_in_three_issues_in_a_row(kept, tool):
    media = kept.findings[kept.findings["source"] == "media"]
    issues = {day: {unit for units in own for unit in units} for day, own in media.groupby("found_on")["units"]}
    assert [day.date() for day in issues] == list(tool.ISSUES)
    assert all(set(tool.ISSUES[day.date()]) <= units for day, units in issues.items())
    (thrice,) = set.intersection(*list(issues.values())[-3:])
    assert thrice == "甲街道"


def test_steps_were_decided_by_a_person(kept):
    steps = kept.assessment.ledgers["steps"]
    assert {*steps["ladder"]} == {"L1", "L2"}
    assert 1 <= (~steps["decided"].astype(bool)).sum() <= 6
    assert steps["decided_on"].max().date() <= END
    assert all(steps["findings"])
    assert {*steps.loc[steps["ladder"] == "L2", "step"]} == {0, 1}


def test_reports_on_the_fifth_and_on_the_sixth():
    done = evalsys.read_assessment(FOLDER).ledgers["done"]
    reports = done[done["entry"] == "S003.1.4"]
    assert {*zip(reports["unit"], reports["done_on"].dt.day, strict=True)} == {
        ("市容环境专项指挥部", 5), ("交通秩序专项指挥部", 6),
    }  # fmt: skip
