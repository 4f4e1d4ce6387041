"""The command `decide`: every form of the result, both languages, and faults as the result."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from evalsys import cli_decisions, verbs
from evalsys.decision_files import read_titles
from evalsys.decision_results import decision_listing, decision_text, decisions_json
from evalsys.decisions import decide

EXAMPLE = Path(__file__).resolve().parents[1] / "data/example-titles"


@pytest.fixture
def run(monkeypatch):
    for module in (cli_decisions, verbs):
        monkeypatch.setattr(module, "LOCALE", "en")

    def invoke(*args, code=0):
        done = CliRunner().invoke(cli_decisions.verbs_on_titles, ["decide", *map(str, args)])
        assert done.exit_code == code, done.output
        return done.stdout

    return invoke


@pytest.fixture(scope="module")
def example():
    return decide(read_titles(EXAMPLE))


def test_each_form_is_what_the_library_gives(run, example, tmp_path):
    assert run(EXAMPLE) == decision_text(example, "en") + "\n"
    assert run(EXAMPLE, "--lang", "zh", "--format", "json") == decisions_json(example, "zh") + "\n"
    assert run(EXAMPLE, "--format", "csv") == decision_listing(example, "en").as_csv("en") + "\n"
    out = tmp_path / "decisions.csv"
    assert run(EXAMPLE, "--format", "csv", "--out", out, "--lang", "zh") == f"{out}\n"
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 52
    assert rows[0]["候选对象"] == "示例单位04"
    book = tmp_path / "decisions.xlsx"
    run(EXAMPLE, "--format", "xlsx", "--out", book)
    assert openpyxl.load_workbook(book).sheetnames[0] == "decisions"


def test_a_workbook_needs_a_file(run):
    run(EXAMPLE, "--format", "xlsx", code=2)


def test_faults_are_the_result(run, tmp_path):
    (tmp_path / "titles.yaml").write_text("instrument: nowhere\n", "utf-8")
    faults = json.loads(run(tmp_path, "--format", "json", code=1))
    assert {fault["problem"] for fault in faults["faults"]} >= {"missing_key"}
    assert "titles.yaml" in run(tmp_path, code=1)
    assert run(tmp_path / "none", code=1)
