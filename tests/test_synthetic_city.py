"""The synthetic city says what it is, comes from its generator byte for byte, and holds the truth that it states."""

import importlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evalsys

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "synthetic-city"
PARTS = {"A": "wujiang-field-2016", "B": "wanquan-subdistrict-2021", "C": "lincheng-county-2019"}
#: Reading 60,000 rows takes long; the city is made anew and read by other tests of the slow set too.
pytestmark = pytest.mark.slow
NO_ALARM = 4.5  # |z| of a right model exceeds it with chance 7e-6


@pytest.fixture(scope="module")
def tool():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module("make_synthetic_city")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def files(tool):
    return tool.made()


@pytest.fixture(scope="module")
def city():
    """The one reading of the 60,000 rows; a fault of any of them would raise."""
    return evalsys.read_assessment(FOLDER)


@pytest.fixture(scope="module")
def truth():
    return pd.read_csv(FOLDER / "source" / "truth.csv", keep_default_na=False, dtype={"what": str})


def test_the_generator_writes_the_committed_files(tool, files):
    assert tool.differences(files, FOLDER) == []
    assert sum(map(len, files.values())) < 5_000_000


def test_a_changed_or_additional_file_would_be_noticed(tool, files, tmp_path):
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert tool.differences(files, tmp_path) == []
    (tmp_path / "sites.csv").write_bytes(files["sites.csv"].replace(b"s0001", b"s0000"))
    (tmp_path / "areas.csv").unlink()
    (tmp_path / "more.csv").write_bytes(b"")
    assert tool.differences(files, tmp_path) == ["areas.csv", "more.csv", "sites.csv"]


def test_it_says_that_it_is_synthetic(city):
    for title in (city.settings.title, city.instrument.title):
        assert "合成" in title.zh
        assert "ynthetic" in title.en
    assert "合成" in city.settings.place
    assert any("合成" in note.zh and "invented" in note.en for note in city.notes)
    page = (FOLDER / "README.md").read_text("utf-8")
    assert "没有这样的城市" in page
    assert "There is no such city" in page
    assert {name[:2] for name in city.units if not name.startswith("合成")} <= {area[:2] for area in city.areas}


def test_counts(city):
    rows, first, last = (
        city.observations,
        city.observations["observed_on"].min(),
        city.observations["observed_on"].max(),
    )
    assert (len(city.sites), len(city.units), len(city.areas)) == (1200, 118, 12)
    assert city.sites["site_type"].nunique() >= 45
    assert {
        s.site_type for n in evalsys.load_instrument(PARTS["A"]).standards.values() for s in n.standard.checked_at
    } <= {*city.sites["site_type"]}
    assert 59_000 < len(rows) < 61_000
    assert (last - first).days == 12 * 7 - 1
    assert set(rows["round"]) == {*(f"W{week:02d}" for week in range(1, 13)), "M1", "M2"}
    assert 20 < (pd.Timestamp(city.settings.inspection_date) - last).days < 23
    assert city.fixes.groupby("fix_id")["level"].nunique().tolist() == [3] * 200
    assert city.responses["respondent"].nunique() == 600
    assert {*city.responses["stratum"]} == {*city.areas}
    assert {*city.materials["status"]} == {"empty", "drafted", "reviewed", "approved", "closed"}
    assert city.materials["due"].max() < pd.Timestamp(city.settings.inspection_date)
    assert len(city.events) == 1
    assert {*city.capacity["unit"]} == {*city.units}


def test_every_unit_and_area_of_the_registers_answers_for_something(city):
    named = (
        {unit for units in city.sites["units"] for unit in units} | {*city.materials["unit"]} | {*city.fixes["unit"]}
    )
    assert named == {*city.units}
    assert {*city.sites["area"]} == {*city.areas}


def test_needs_of_fixes_lead_to_earlier_ones_and_exclusions_are_mutual(city):
    fixes = city.fixes.drop_duplicates("fix_id").set_index("fix_id")
    assert all(other < fix for fix, others in fixes["needs"].items() for other in others)
    assert all(fix in fixes["excludes"][other] for fix, others in fixes["excludes"].items() for other in others)
    assert fixes["needs"].map(len).sum() == 20
    assert fixes["excludes"].map(len).sum() == 24


@pytest.mark.parametrize("part", PARTS)
def test_the_standards_are_those_of_their_instrument(city, part):
    for code, node in evalsys.load_instrument(PARTS[part]).standards.items():
        own, here = node.standard, city.instrument.standards[part + code]
        assert (here.name, here.scored) == (node.name, node.scored)
        assert here.standard.rules == own.rules
        assert here.standard.checked_at == own.checked_at
        assert here.standard.questions == own.questions
        assert (here.standard.lead, here.standard.support) == (own.lead, own.support)
        assert {**own.source, **here.standard.source} == here.standard.source
        assert part != "A" or here.points == node.points


def test_the_negative_list_is_that_of_the_frame(city):
    frame = evalsys.load_instrument("national-frame-2018")
    assert city.instrument.negative_list == frame.negative_list
    cited = {entry.source["document"] for entry in frame.negative_list}
    assert {name: city.instrument.documents[name] for name in cited} == {name: frame.documents[name] for name in cited}


def test_every_leaf_is_assessed_and_the_score_lies_near_the_pass_mark(city):
    score = evalsys.score(city)
    assert score.assessed == score.applicable == 100
    assert 80 < score.value < 90
    assert score.pass_mark.value == 85


def test_the_draw_is_possible_and_the_mock_assessment_visits_as_many(city):
    asked = {
        site_type: [item.sites for n in city.instrument.standards.values() if n.scored
                    for item in n.standard.checked_at if item.site_type == site_type]
        for site_type in {*city.sites["site_type"]}
    }  # fmt: skip
    listed, rows = Counter(city.sites["site_type"]), city.observations
    mock = city.sites.loc[sorted({*rows["site"][rows["round"] == "M2"]} - {-1})]
    seen = Counter(mock["site_type"])
    assert city.settings.complete_frame
    assert {item["site_type"] for item in city.settings.draw} == {*listed} == {*asked}
    each = [item for item in city.settings.draw if item["area"] == "each"]
    must = [item for item in city.settings.draw if item["must_visit"]]
    for item in city.settings.draw:
        own = city.sites[city.sites["site_type"] == item["site_type"]]
        frames = own.groupby("area").size() if item in each else pd.Series([len(own)])
        assert (frames >= item["sites"]).all()
        assert max((count or 0 for count in asked[item["site_type"]]), default=0) <= item["sites"]
        if item in each:
            assert {*mock["area"][mock["site_type"] == item["site_type"]]} == {*own["area"]} == {*city.areas}
        else:  # a drawn site is visited where some check is made as far as it
            assert seen[item["site_type"]] == item["sites"]
    assert len(each) == 2
    assert [{*item["must_visit"]} <= {*mock["site_id"]} for item in must] == [True]


# ------------------------------------------------------------------------------------------------ the hidden truth


@pytest.fixture(scope="module")
def checks(city, truth, tool):
    """Every check at a site with its true rate, whether it complied, and the check before it."""
    kinds = {
        (code, method): tool.kind_of(rule)
        for code, node in city.instrument.standards.items()
        for method, rule in node.standard.rules.items()
        if node.scored
    }
    complies = {*zip(*(truth[truth["kind"] == "complies"][name] for name in ("standard", "what")), strict=True)}
    rates = truth[truth["kind"] == "rate"].rename(columns={"value": "rate"})
    rows = city.observations[["standard", "method", "site", "observed_on", "round", "value", "counts"]].copy()
    rows["row"] = np.arange(len(rows))
    rows["kind"] = [kinds[key] for key in zip(rows["standard"], rows["method"], strict=True)]
    rows["x"] = [float(key in complies) for key in zip(rows["kind"], rows["value"], strict=True)]
    rows["site_type"] = [city.sites["site_type"][site] if site >= 0 else "" for site in rows["site"]]
    rows = rows.merge(rates[["standard", "method", "site_type", "rate"]], on=["standard", "method", "site_type"])
    assert len(rows) == len(city.observations)
    rows = rows.sort_values(["standard", "method", "site", "observed_on"], kind="stable")
    before = rows.groupby(["standard", "method", "site"])
    rows["before"], rows["days"] = before["x"].shift(), before["observed_on"].diff().dt.days
    return rows


def test_what_counts_as_complying_wins_all_the_marks(city, checks):
    rows = evalsys.score(city).rows
    won = {*rows["observation_id"][(rows["by"] == "observations") & (rows["attainment"] == 1)]}
    here = checks[checks["counts"]]
    assert won == {*city.observations["observation_id"].iloc[here["row"][here["x"] == 1]]}
    assert 400 < len(won) < len(here) == (city.observations["round"] == "M2").sum()


def z_values(checks, half_life):
    """Return z of the rates and of the half-life, given the truth.

    Given the check before, x is 1 with chance p = w * before + (1 - w) * rate, w = 2^(-days / half-life), so that
    sums of c * (x - p) with c known before are martingales: their variance is the sum of c^2 p (1 - p), exactly.
    """
    rows = checks[checks["before"].notna()]
    w = np.exp2(-rows["days"] / half_life)
    p = w * rows["before"] + (1 - w) * rows["rate"]
    weights = (np.ones(len(rows)), (rows["before"] - rows["rate"]) * w * rows["days"])
    return [float((c * (rows["x"] - p)).sum() / np.sqrt((c**2 * p * (1 - p)).sum())) for c in weights]


def test_states_persist_with_the_stated_half_life_and_return_to_the_stated_rates(checks, truth):
    half_life = float(truth[truth["kind"] == "half_life"]["value"].iloc[0])
    assert half_life == 45
    assert max(map(abs, z_values(checks, half_life))) < NO_ALARM


def test_another_half_life_or_other_rates_would_be_noticed(checks):
    assert abs(z_values(checks, 38)[1]) > NO_ALARM
    assert abs(z_values(checks, 53)[1]) > NO_ALARM
    assert abs(z_values(checks.assign(rate=checks["rate"] - 0.03), 45)[0]) > NO_ALARM


def test_sizes_of_losses_follow_the_stated_table(checks, truth):
    sizes = truth[truth["kind"] == "size"]
    assert sizes.groupby("standard")["value"].sum().round(9).eq(1).all()
    worse = checks[checks["x"] == 0]
    for kind, share, value in zip(sizes["standard"], sizes["value"], sizes["what"], strict=True):
        own = worse["value"][worse["kind"] == kind]
        if share < 1 and len(own):
            z = ((own == value).sum() - len(own) * share) / np.sqrt(len(own) * share * (1 - share))
            assert abs(z) < NO_ALARM, (kind, value)
    assert {*zip(worse["kind"], worse["value"], strict=True)} <= {*zip(sizes["standard"], sizes["what"], strict=True)}


def test_answers_follow_the_stated_shares(city, truth):
    shares = truth[truth["kind"] == "answer"].set_index(["standard", "what"])["value"]
    rows = city.responses[city.responses["answer"] != ""]
    p = shares.loc[[*zip(rows["question"], rows["stratum"], strict=True)]].to_numpy()
    found = pd.DataFrame(
        {"question": rows["question"].to_numpy(), "off": rows["satisfied"].astype(float).to_numpy() - p}
    )
    found["variance"] = p * (1 - p)
    total = found.groupby("question").sum()
    assert len(total) == 7
    assert (total["off"].abs() < NO_ALARM * np.sqrt(total["variance"])).all()
    weights, adults = (
        rows.groupby("stratum")["weight"].first(),
        truth[truth["kind"] == "adults"].set_index("what")["value"],
    )
    assert max(abs(float(weights[area]) * adults.mean() / adults[area] - 1) for area in city.areas) < 1e-3
