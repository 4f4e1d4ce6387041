"""Wujiang, Suzhou, 2016: the published figures, to all printed digits, and the figure with nothing lost."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from evalsys.draws import populations
from evalsys.evidence import read_assessment
from evalsys.modelling import prospect
from evalsys.scoring import Score, score
from evalsys.views import findings, plain_view, tree_view

HERE = Path(__file__).parent / "wujiang-2016"
DATA = Path(__file__).parents[2] / "data" / "wujiang-2016"
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "suzhou_2016_field_indicator_pointtypes.csv"

#: Types of which the round visited more than one site, and how many; of the other 30 types it visited one.
DRAWN = {
    "main-road": 2,
    "secondary-road": 2,
    "community": 3,
    "community-culture-centre": 3,
    "guesthouse": 2,
    "restaurant": 2,
    "shopping-street": 2,
    "department-store": 2,
    "supermarket": 2,
    "government-hall": 2,
    "hospital": 2,
    "main-crossing": 4,
    "back-lane": 2,
    "pharmacy": 2,
}


def rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def prints(value: Fraction, printed: str, digits: int | None = None) -> bool:
    """Whether the exact value is printed so: every digit, half up (`digits` where the last ones are padding)."""
    places = -int(Decimal(printed).as_tuple().exponent) if digits is None else digits
    half_up = Fraction((value * 10**places * 2 + 1).__floor__() // 2, 10**places)
    return half_up == Fraction(printed)


@pytest.fixture(scope="module")
def result() -> Score:
    return score(read_assessment(DATA))


@pytest.fixture(scope="module")
def as_published() -> Score:
    settings = yaml.safe_load((DATA / "assessment.yaml").read_text("utf-8"))
    left_out = [code for item in settings["published"]["left_out"] for code in item["standards"]]
    return score(read_assessment(DATA), left_out=left_out)


def test_twelve_indicators_as_published(as_published: Score) -> None:
    instrument = as_published.assessment.instrument
    by_name = {instrument.nodes[node.place].name.zh: node for node in as_published.nodes}
    published = [row for row in rows(HERE / "items.csv") if row["rank"]]
    assert len(published) == 12
    for row in published:
        node = by_name[row["item"]]
        assert node.points == Fraction(row["quota"]), row
        assert node.won is not None
        assert node.attainment is not None
        assert prints(node.won, row["final_score"]), row
        assert prints(node.attainment, row["pass_rate"]), row
    assert {row["item"] for row in published} == {
        instrument.nodes[node.place].name.zh
        for node in as_published.nodes
        if instrument.nodes[node.place].depth == 1 and node.state != "dropped"
    }


def test_the_published_ranks_of_indicators_break_ties(as_published: Score) -> None:
    """Printed 1 to 7 are ties at 100%; from 8 on the printed ranks are ours."""
    instrument = as_published.assessment.instrument
    rates = {
        instrument.nodes[n.place].name.zh: n.attainment
        for n in as_published.nodes
        if instrument.nodes[n.place].depth == 1 and n.attainment is not None
    }
    for row in rows(HERE / "items.csv")[:-1]:
        ours = 1 + sum(rate > rates[row["item"]] for rate in rates.values())
        assert ours == (1 if int(row["rank"]) <= 7 else int(row["rank"]))


def test_the_published_total(as_published: Score) -> None:
    total = rows(HERE / "items.csv")[-1]
    assert as_published.applicable == Fraction(total["quota"]) == 30
    assert prints(as_published.won, total["final_score"])
    assert as_published.attainment is not None
    assert prints(as_published.attainment, total["pass_rate"])
    assert (total["final_score"], total["pass_rate"]) == ("28.473", "0.9491")
    own = as_published.assessment.settings.published
    assert own is not None
    assert (own.won, own.of) == (Fraction("28.473"), 30)


def test_nothing_lost(result: Score) -> None:
    assert (result.applicable, result.assessed) == (39, 39)
    assert prints(result.won, "36.606")
    assert result.attainment is not None
    assert prints(result.attainment, "0.9386")
    assert result.won == Fraction(131783, 3600)
    assert result.worst == result.best == result.value
    assert len(result.rows) == 225
    assert sum(findings(result)["lost"]) == result.lost
    assert len(result.nodes[0:1]) == 1
    assert (
        sum(node.points or 0 for node in result.nodes if result.assessment.instrument.nodes[node.place].depth == 1)
        == 39
    )


def test_departments_by_plain_sums(result: Score) -> None:
    """Quotas, sums and rates as printed (rates to 4 digits); a row of two departments counts in full for both."""
    view = plain_view(result, "unit").set_index("name")
    published = rows(HERE / "departments.csv")
    assert len(published) == 14
    assert set(view.index) - {""} == {row["department"] for row in published}
    for row in published:
        own = view.loc[row["department"]]
        assert own["points"] == Fraction(row["quota"]), row
        assert own["won"] == Fraction(row["final_score"]), row
        assert prints(own["attainment"], row["pass_rate"], 4), row


def test_department_ranks(result: Score) -> None:
    """The printed ranks 1 to 9 are ties at 100%: ours are 1, 1, ..., 1 and then 10 as printed."""
    view = plain_view(result, "unit")
    view = view[view["name"] != ""].set_index("name")
    rates = view["attainment"].tolist()
    for row in rows(HERE / "departments.csv"):
        ours = 1 + sum(rate > view.loc[row["department"], "attainment"] for rate in rates)
        assert ours == (1 if int(row["rank"]) <= 9 else int(row["rank"]))
        assert view.loc[row["department"], "rank"] == ours
    assert sorted(view["rank"]) == [1] * 9 + [10, 11, 12, 13, 14]


def test_the_street_by_plain_sums(result: Score) -> None:
    (row,) = rows(HERE / "area.csv")
    own = plain_view(result, "area").set_index("name").loc[row["area"]]
    assert (
        (own["points"], own["won"])
        == (Fraction(row["quota"]), Fraction(row["final_score"]))
        == (172, Fraction("161.5"))
    )
    assert prints(own["attainment"], row["pass_rate"], 5)


def test_views_add_up(result: Score) -> None:
    for by in ("indicator", "method", "area", "site_type", "site"):
        view = tree_view(result, by)
        assert (sum(view["points"]), sum(view["lost"])) == (39, result.lost)
        assert sum(plain_view(result, by)["points"]) == 225


def test_the_observations_are_exactly_the_source() -> None:
    checks = rows(DATA / "source" / "checks.csv")
    standards = {row["raw_item"]: row for row in rows(DATA / "source" / "indicator-names.csv")}
    labels = {row["label"]: row for row in rows(DATA / "source" / "site-labels.csv")}
    observations = rows(DATA / "observations.csv")
    assert len(checks) == len(observations) == 225
    for check, row in zip(checks, observations, strict=True):
        assert row["observation_id"] == f"W{int(check['row']):03d}"
        assert row["standard"] == standards[check["raw_item"]]["standard"]
        assert row["site_id"] == labels[check["point"]]["site_id"]
        assert (row["value"], row["area"]) == (check["lose"], check["area"])
        assert [unit for unit in row["units"].split(";") if unit] == check["departments"].split()
        assert check["raw_item"] in row["note"]
        assert check["point"] in row["note"]


def test_nothing_of_the_source_is_lost() -> None:
    checks = rows(DATA / "source" / "checks.csv")
    names = rows(DATA / "source" / "indicator-names.csv")
    labels = rows(DATA / "source" / "site-labels.csv")
    times = Counter(check["raw_item"] for check in checks)
    assert {row["raw_item"]: int(row["checks"]) for row in names} == times
    assert len(names) == len({row["standard"] for row in names}) == 39
    lost = [row for row in names if row["counted_by_original"] == "否"]
    assert sum(int(row["checks"]) for row in lost) == 41
    assert all(row["reason"] for row in lost)
    assert not any(row["reason"] for row in names if row not in lost)
    assert {row["label"] for row in labels} == {check["point"] for check in checks}
    assert len(labels) == 72
    assert all(row["reason"] for row in labels)
    sites = {row["site_id"]: row["name"] for row in rows(DATA / "sites.csv")}
    assert {row["site_id"]: row["name"] for row in labels} == sites
    assert len(sites) == 62


def test_what_is_left_out_is_what_the_original_lost() -> None:
    assessment = read_assessment(DATA)
    names = rows(DATA / "source" / "indicator-names.csv")
    published, instrument = assessment.settings.published, assessment.instrument
    assert published is not None
    codes = {code for left, _ in published.left_out for code in left}
    below = {instrument.nodes[p].code for code in codes for p in instrument.below(instrument.places[code])}
    assert below & set(instrument.standards) == {row["standard"] for row in names if row["counted_by_original"] == "否"}


# ------------------------------------------------------------------------------------------------ the coming draw


def test_the_draw_is_what_the_round_visited() -> None:
    assessment = read_assessment(DATA)
    drawn = {stratum.site_type: stratum.drawn for stratum in populations(assessment)}
    types = set(assessment.instrument.site_types) - {"service-window"}
    assert drawn == {name: DRAWN.get(name, 1) for name in types}
    assert (len(drawn), sum(drawn.values())) == (44, 62)
    assert drawn == Counter(row["site_type"] for row in rows(DATA / "sites.csv"))


@pytest.mark.skipif(not FACTS.exists(), reason="the upload template is not at hand")
def test_the_draw_is_that_of_the_upload_template() -> None:
    """The most that any sub-indicator visits, other names of one type merged as the site labels are."""
    assessment = read_assessment(DATA)
    types = {name.zh: id_ for id_, name in assessment.instrument.site_types.items()}
    merged = {
        row["label"].rstrip("0123456789"): row["site_id"].rpartition("-")[0]
        for row in rows(DATA / "source" / "site-labels.csv")
    }
    most: dict[str, int] = {}
    visits = rows(FACTS)
    assert len(visits) == 141
    for row in visits:
        site_type = merged.get(row["point_type"]) or types[row["point_type"]]
        most[site_type] = max(most.get(site_type, 0), int(row["points_visited"]))
    assert most.pop("service-window") == 1
    assert {stratum.site_type: stratum.drawn for stratum in populations(assessment)} == most


def test_the_numbers_of_sites_are_assumed_and_say_so() -> None:
    assessment = read_assessment(DATA)
    for stratum in populations(assessment):
        assert (stratum.population, stratum.assumed) == (10 * stratum.drawn, True)
        assert "假定" in stratum.basis.zh
    assert any("假定" in note.zh and "十倍" in note.zh and "assumed" in note.en for note in assessment.notes)
    assert assessment.settings.inspection_date is None


def test_the_service_window_is_left_out_openly(result: Score) -> None:
    assert prospect(result.assessment).left_out == tuple((code, "service-window") for code in ("1.3", "6.1", "6.2"))
    assert any("窗口单位" in note.zh and "service window" in note.en for note in result.assessment.notes)


def test_the_draw_does_not_change_the_mock_score(result: Score) -> None:
    off = prospect(result.assessment, result.assessment.settings.forecast.only([]))
    assert off.score.won == result.won == Fraction(131783, 3600)
