"""The commands `bulletin` and `ledger`: what they hand on, every kind in every form, faults as the result."""

import csv
import functools
import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from evalsys import cli_ledgers, cli_running, verbs
from evalsys.evidence import read_assessment
from evalsys.finding_results import findings_text
from tests.bulletin_cases import FINDINGS, RECTIFICATIONS, small

EXAMPLE = Path(__file__).resolve().parents[1] / "data/example-ledgers"
KINDS = ("findings", "materials", "calendar", "escalation", "grid", "duties", "quotas")


@pytest.fixture
def run(monkeypatch):
    for module in (cli_ledgers, verbs):
        monkeypatch.setattr(module, "LOCALE", "en")
    monkeypatch.setattr(cli_ledgers, "working", lambda *_: __import__("contextlib").nullcontext())

    def invoke(*args, code=0):
        done = CliRunner().invoke(cli_ledgers.verbs_on_ledgers, [str(arg) for arg in args])
        assert done.exit_code == code, (done.output, done.exception)
        return done

    return invoke


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand")
    small(folder, FINDINGS, RECTIFICATIONS, ledger={"rules": "lincheng-county-2019"})
    return folder


@pytest.fixture(scope="module")
def read_once():
    return functools.cache(read_assessment)


@pytest.mark.parametrize("kind", KINDS)
def test_each_ledger_in_each_form(run, hand, kind, tmp_path, monkeypatch, read_once):
    monkeypatch.setattr("evalsys.evidence.read_assessment", read_once)
    assert len(run("ledger", hand, kind, "--lang", "zh").stdout) > 10
    assert json.loads(run("ledger", hand, kind, "--format", "json").stdout)["schema"] == 1
    heads = next(csv.reader(io.StringIO(run("ledger", hand, kind, "--format", "csv").stdout)))
    assert len(heads) > 2
    book = tmp_path / "book.xlsx"
    assert run("ledger", hand, kind, "--format", "xlsx", "--out", book).stdout == f"{book}\n"
    assert openpyxl.load_workbook(book).sheetnames


def test_findings_are_those_of_the_day(run, hand):
    told = run("ledger", hand, "findings", "--day", "2026-08-10", "--format", "json").stdout
    found = json.loads(told)
    assert (found["day"], len(found["findings"])) == ("2026-08-10", 3)
    assert run("ledger", hand, "findings").stdout == findings_text(read_assessment(hand), None, "en") + "\n"


def test_the_calendar_file_is_for_the_calendar(run, hand, tmp_path):
    path = tmp_path / "c.ics"
    assert run("ledger", hand, "calendar", "--format", "ics", "--out", path).stdout == f"{path}\n"
    assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")
    run("ledger", hand, "calendar", "--format", "ics", code=2)
    run("ledger", hand, "findings", "--format", "ics", "--out", path, code=2)
    run("ledger", hand, "findings", "--format", "xlsx", code=2)
    run("ledger", hand, "nothing", code=2)


def test_faults_are_the_result(run, hand, tmp_path):
    faults = json.loads(run("ledger", hand, "findings", "--day", "soon", "--format", "json", code=1).stdout)
    assert [fault["problem"] for fault in faults["faults"]] == ["bad_date"]
    small_folder = tmp_path / "bad"
    small(small_folder, FINDINGS)
    (small_folder / "findings.csv").write_text("finding_id,site_id,standard,found_on\nF1,nowhere,1.1,2026-13-01\n")
    out = json.loads(run("ledger", small_folder, "findings", "--day", "x", "--format", "json", code=1).stdout)
    assert len(out["faults"]) == 3  # the day, the site, the day of the finding: all at once


@pytest.fixture
def made(monkeypatch):
    calls = []
    monkeypatch.setattr(cli_ledgers, "run_and_tell", lambda *args: calls.append(args))
    return calls


def test_the_bulletin_is_the_report_of_its_notebook(run, hand, made, tmp_path):
    run("bulletin", hand, "--week", "2026-W33", "--lang", "en", "--no-forecast", "--out", tmp_path, "--pdf")
    notebook, parameters, folder, forms = made[0]
    assert notebook == "weekly-bulletin"
    assert parameters == {"assessment": str(hand), "week": "2026-W33", "lang": "en", "with_forecast": False}
    assert folder == tmp_path
    assert set(forms) == {"annex", "pdf"}


def test_without_a_week_it_is_that_of_the_last_day(run, hand, made):
    run("bulletin", hand)
    _, parameters, folder, forms = made[0]
    assert (parameters["week"], parameters["lang"], parameters["with_forecast"]) == ("2026-W33", "zh", True)
    assert (folder, tuple(forms)) == (Path("reports") / hand.name, ("annex",))


def test_a_week_outside_the_ledgers_is_told(run, hand, made):
    assert "the ledgers hold no findings up to 2026-05-17" in run("bulletin", hand, "--week", "2026-W20").stderr
    assert "the ledgers end on 2026-08-16" in run("bulletin", hand, "--week", "2026-W40").stderr
    assert run("bulletin", hand, "--week", "2026-W34").stderr.count("note") == 1
    assert run("bulletin", hand, "--week", "2026-W33").stderr == ""


def test_a_week_that_is_none_stops_before_the_work(run, hand, made):
    done = CliRunner().invoke(cli_ledgers.verbs_on_ledgers, ["bulletin", str(hand), "--week", "2026-W60"])
    assert done.exception.faults[0].problem == "bad_date"
    assert made == []


@pytest.mark.slow
def test_the_notebook_makes_the_page_and_its_annex(run, hand, tmp_path, monkeypatch):
    monkeypatch.setattr(cli_running, "tell", lambda *_: None)
    paths = run("bulletin", hand, "--no-forecast", "--out", tmp_path).stdout.split("\n")
    assert [Path(path).name for path in paths if path] == [
        "weekly-bulletin.zh.ipynb", "创城督查通报附件.xlsx", "weekly-bulletin.zh.html",
    ]  # fmt: skip
    page = (tmp_path / "weekly-bulletin.zh.html").read_text("utf-8")
    assert "创城督查通报（第 33 期）" in page
    assert '<a href="%E5' in page


def test_a_month_is_no_week(hand, made):
    done = CliRunner().invoke(cli_ledgers.verbs_on_ledgers, ["bulletin", str(hand), "--week", "2026-08"])
    assert [(f.problem, f.value) for f in done.exception.faults] == [("bad_date", "2026-08")]
    assert not made
