"""The command on cycles, and the rows behind it."""

import json
from fractions import Fraction as F

import pytest
from builders import write_csv, write_yaml
from click.testing import CliRunner

from evalsys import load_instrument, read_assessment, score
from evalsys.applications import Calendar
from evalsys.cli_cycle import verbs_on_cycles
from evalsys.cycle_results import phase_of, settings_of_cycle
from evalsys.cycles import RHYTHMS
from evalsys.faults import InputFaults

ROWS = [
    {"standard": code, "method": method, "value": value, "observed_on": "2026-11-20"}
    for code, method, value in (("1.1", "document_review", 96.5), ("2.1", "site_visit", 93.2), ("3.1", "survey", 91))
]
CYCLE = {"first_year": 2024, "year": 2026, "earlier": {"2024": 89.2, "2025": 91.05}, "wanted": 90}


SAID = {
    "instrument": "national-frame-2018", "place": "某市", "round": "2026", "inspection_date": "2026-12-20",
    "standing": "nominated", "scores": {"minors": 88.5}, "cycle": CYCLE,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A nominated city: minors count a fifth, 3 points are taken off."""
    write_yaml(tmp_path / "assessment.yaml", SAID)
    rows = [{"observation_id": str(n), "round": "2026", **row} for n, row in enumerate(ROWS)]
    write_csv(tmp_path / "observations.csv", rows)
    write_csv(tmp_path / "events.csv", [{"code": "G15", "date": "2026-03-05"}])
    return tmp_path


def run(*words):
    return CliRunner().invoke(verbs_on_cycles, ["cycle", *map(str, words)])


def test_what_this_year_must_bring_by_hand(folder):
    """Secured .15 x 89.2 + .25 x 91.05 = 36.1425; own score x: .8 x + .2 x 88.5 - 3 is this year's."""
    found = json.loads(run(folder, "--wanted", "90", "--no-forecast", "--format", "json").output)
    assert F(found["secured"]["exact"]) == F("36.1425")
    (own,) = found["totals"]
    needed = (90 - F("36.1425")) / F("0.6")
    assert F(own["needed"]["exact"]) == needed
    assert F(own["assessed"]["exact"]) == (needed - F("0.2") * F("88.5") + 3) / F("0.8")
    assert (own["verdict"], own["chance"]) == ("possible", None)


def test_the_settings_take_the_pass_mark_where_no_total_is_wanted(folder):
    found = settings_of_cycle(score(read_assessment(folder)))
    assert (found.wanted, found.keep, found.adjust) == (90, F(4, 5), F("0.2") * F("88.5") - 3)
    assert found.shares == (F(15, 100), F(25, 100), F(60, 100))
    bare = {key: value for key, value in CYCLE.items() if key != "wanted"}
    write_yaml(folder / "assessment.yaml", SAID | {"cycle": bare})
    assert settings_of_cycle(score(read_assessment(folder))).wanted == 80


def test_the_chance_stands_beside_each_total(folder):
    found = json.loads(run(folder, "--wanted", "90", "--wanted", "99%", "--format", "json").output)
    first, second = found["totals"]
    assert 0 <= first["chance"] <= 1
    assert (second["verdict"], second["chance"]) == ("beyond", 0)
    text = run(folder, "--lang", "zh", "--no-forecast").output
    assert "前两年已得 36.14 分（占 40%）" in text
    assert "本体系测评须得 93.83 分" in text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_other_forms(folder, form):
    out = folder / "out.xlsx"
    more = ("--out", out) if form == "xlsx" else ()
    result = run(folder, "--no-forecast", "--format", form, "--lang", "en", *more)
    assert result.exit_code == 0
    assert out.exists() if form == "xlsx" else "final score of this year" in result.output


@pytest.mark.parametrize(
    ("name", "year", "said"),
    [("yuhua-organs-2005", 2027, "2027 年：表彰上届、受理申报；2028 年：评选。"),
     ("yuhua-organs-2005", 2028, "2028 年：评选；2029 年：表彰上届、受理申报。"),
     ("honest-units-communities", 2007, "2007 年：申报、两次检查验收、命名")],
)  # fmt: skip
def test_what_a_year_is_for(name, year, said):
    assert said in run(name, "--year", year, "--lang", "zh").output
    assert phase_of(load_instrument(name), year).year == year


@pytest.mark.parametrize(
    ("words", "problem"),
    [(("luxi-county-2012", "--year", 2012), "no_rhythm"), (("data/wujiang-2016",), "missing_key")],
)
def test_what_cannot_be_said(words, problem):
    with pytest.raises(InputFaults) as found:
        CliRunner().invoke(verbs_on_cycles, ["cycle", *map(str, words)], catch_exceptions=False)
    assert [fault.problem for fault in found.value.faults] == [problem]


def test_a_wanted_total_off_the_scale(folder):
    with pytest.raises(InputFaults, match="300"):
        CliRunner().invoke(
            verbs_on_cycles, ["cycle", str(folder), "--wanted", "300", "--wanted", "x"], catch_exceptions=False
        )


def test_a_year_stands_alone():
    assert run("yuhua-organs-2005", "--year", 2027, "--wanted", "90").exit_code == 2


def test_the_rhythm_of_the_code_is_that_of_the_instrument():
    """What a year is for and when one may apply stand in two places; they must not drift apart."""
    own = load_instrument("yuhua-organs-2005")
    (rhythm,) = [m.rhythm for m in own.mechanisms if m.rhythm]
    calendar = Calendar("", **rhythm)
    for year in range(2005, 2012):
        place = phase_of(own, year).place
        assert calendar.in_year("applied", year) == calendar.in_year("named", year) == (place == 1)
        assert calendar.in_year("selected", year) == (place == 2)


def test_police_are_tested_every_year_and_judged_every_third():
    (cycle,) = [m for m in load_instrument("taizhou-police-2009").mechanisms if m.kind == "cycle"]
    assert cycle.shares == RHYTHMS["three-year-review"].shares == (F(1, 3),) * 3
    assert cycle.said.source["threshold"] == "assumed"
