"""The forecast: which engine, what it rests on, what it refuses."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

import evalsys
from evalsys.adjoint import Adjoint
from evalsys.faults import InputFaults
from evalsys.forecasting import forecast, inspections, passing, rate_doubt, tables, weight_doubt
from evalsys.inspection import simulate
from evalsys.law import law
from evalsys.model import PARTS

SITES = [
    {"site_id": f"{kind}{n}", "site_type": kind, "name": f"{kind} {n}"}
    for kind in ("community", "main-road")
    for n in range(1, 7)
]
AT = [{"site_type": "community"}, {"site_type": "main-road"}]


def observed(standards, bad=(("1.1", 1), ("1.2", 4))):
    return [
        {
            "standard": code,
            "site_id": f"{kind}{n}",
            "value": 0.5 if (code, n) in bad else 0,
            "observed_on": "2026-05-01",
        }
        for code in standards
        for kind in ("community", "main-road")
        for n in range(1, 5)
    ]


@pytest.fixture
def linear(tmp_path):
    """Two standards at two types of sites, two of six drawn: points only add up."""
    content = content_of(
        [indicator("1", 10, [standard("1.1", points=4, checked_at=AT), standard("1.2", points=6, checked_at=AT)])], 10
    )
    draw = [{"site_type": kind, "sites": "2"} for kind in ("community", "main-road")]
    settings = {"inspection_date": "2026-06-01", "frame": "complete", "draw": draw, "pass_mark": "90%"}
    return assessment_of(tmp_path, content, observed(("1.1", "1.2")), settings, sites=SITES)


@pytest.fixture
def capped(tmp_path):
    """The same sites feed a cap that can bind and something outside it: no exact law."""
    content = content_of(
        [
            indicator("1", 4, [standard("1.1", points=5, checked_at=AT)], combine="cap"),
            indicator("2", 6, [standard("1.2", points=6, checked_at=AT)]),
        ],
        10,
    )
    draw = [{"site_type": kind, "sites": "2"} for kind in ("community", "main-road")]
    settings = {"inspection_date": "2026-06-01", "frame": "complete", "draw": draw, "pass_mark": "90%"}
    return assessment_of(tmp_path, content, observed(("1.1", "1.2")), settings, sites=SITES)


def test_exact_where_points_only_add_up(linear):
    found = forecast(linear)
    assert (found.engine, found.why_not, found.draws, found.mean_error, found.chance_error) == (
        "exact",
        (),
        0,
        0.0,
        0.0,
    )
    here = law(found.prospect.model)
    assert (found.mean, found.sd, found.chance) == (here.mean, here.sd, here.chance)
    assert found.mass.sum() == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(found.points) > 0)
    rising = [points for _, points in found.quantiles]
    assert rising == sorted(rising)
    assert sum(weight for _, weight, _, _ in found.severity) == pytest.approx(1, abs=1e-12)
    mixed = sum(weight * chance for _, weight, chance, _ in found.severity)
    assert mixed == pytest.approx(found.chance, abs=1e-12)
    strict, usual, lenient = (found.at_severity(times)[0] for times in (-1, 0, 1))
    assert strict < usual < lenient


def test_the_engines_agree(linear):
    exact, drawn = forecast(linear), forecast(linear, engine="simulate", seed=5)
    assert (drawn.engine, drawn.draws, drawn.seed) == ("simulate", 20_000, 5)
    assert abs(drawn.mean - exact.mean) < 4.5 * drawn.mean_error
    assert abs(drawn.chance - exact.chance) < 4.5 * drawn.chance_error
    assert drawn.mass.sum() == pytest.approx(1, abs=1e-12)
    assert sum(weight * chance for _, weight, chance, _ in drawn.severity) == pytest.approx(drawn.chance, abs=1e-12)


def test_simulated_where_drawn_sites_feed_a_cap_and_more(capped):
    found = forecast(capped, draws=2_000)
    assert found.engine == "simulate"
    assert found.draws == 2_000
    assert {leaf for reason in found.why_not for leaf in reason.leaves} == {"1.1/site_visit", "1.2/site_visit"}
    assert found.chance_error > 0
    assert tables(found) == found.why_not
    with pytest.raises(InputFaults) as error:
        forecast(capped, engine="exact")
    assert {fault.problem for fault in error.value.faults} == {"no_exact_law"}
    assert "1.1/site_visit" in str(error.value)
    assert all(share.kind in PARTS for share in passing(found))


def test_a_fixed_draw_of_every_site_is_exact_below_a_cap(capped):
    settings = capped.settings.forecast.with_off(["draw"])
    assert forecast(capped, settings=settings).engine == "exact"


def test_all_off_is_the_mock_score(linear, capped):
    for assessment in (linear, capped):
        found = forecast(assessment, settings=assessment.settings.forecast.only([]))
        assert found.mean == pytest.approx(float(evalsys.score(assessment).value), abs=1e-12)
        assert found.sd == 0
        assert found.chance in (0.0, 1.0)
        assert all(share.variance == 0 for share in found.shares)


@pytest.mark.parametrize("part", ["severity", "state", "draw"])
def test_a_part_that_is_off_has_no_share(linear, part):
    found = forecast(linear, settings=linear.settings.forecast.with_off([part]))
    shares = {share.part: share.variance for share in found.shares}
    assert shares[part] == 0
    assert sum(share.share for share in found.shares) == pytest.approx(1, abs=1e-12)
    assert sum(shares.values()) - shares["rates"] == pytest.approx(found.sd**2, rel=1e-9)


def test_tables_of_an_exact_forecast(linear):
    found = forecast(linear)
    given = tables(found)
    assert isinstance(given, Adjoint)
    assert given.mean == pytest.approx(found.chance, abs=1e-4)  # fewer nodes of severity
    first, *_ = passing(found, given)
    assert 0 < first.index <= 1


def test_pass_mark_of_the_caller(linear):
    low, high = (forecast(linear, at_least=mark) for mark in ("50%", "100%"))
    assert low.mark == 5
    assert high.mark == 10
    assert low.chance > high.chance
    with pytest.raises(InputFaults):
        forecast(linear, at_least="101%")


def test_without_a_pass_mark_there_is_no_chance(linear):
    found = forecast(replace(linear, settings=replace(linear.settings, pass_mark=None)))
    assert found.chance is None
    assert found.severity == ()
    assert found.at_severity(0) is None
    assert rate_doubt(found) is None


def test_nothing_assessed_is_nothing_to_forecast(tmp_path):
    content = content_of([indicator("1", 10, [standard("1.1", points=10)])], 10)
    assessment = assessment_of(tmp_path, content, [{"standard": "1.1", "value": ""}])
    with pytest.raises(InputFaults) as error:
        forecast(assessment)
    assert error.value.faults[0].problem == "nothing_to_forecast"


@pytest.mark.parametrize("engine", ["auto", "simulate"])
def test_rates_known_from_few_checks_widen_the_chance(linear, engine):
    found = forecast(linear, engine=engine, draws=1_000)
    doubt = rate_doubt(found, sets=8)
    assert 0 <= doubt.low < doubt.high <= 1
    assert doubt.low <= doubt.mean <= doubt.high
    assert doubt.sets == 8
    assert doubt == rate_doubt(found, sets=8)
    assert rate_doubt(forecast(linear, settings=linear.settings.forecast.with_off(["rates"]))) is None


def test_assumed_weights_move_the_score_and_the_chance(linear, tmp_path):
    assert weight_doubt(forecast(linear)) is None  # these are printed
    content = content_of(
        [
            indicator("1", None, [standard("1.1", checked_at=AT)]),
            indicator("2", None, [standard("1.2", checked_at=AT)]),
        ],
        10,
        "equal",
    )
    content["weights"]["status"] = "assumed"
    draw = [{"site_type": kind, "sites": "2"} for kind in ("community", "main-road")]
    settings = {"inspection_date": "2026-06-01", "frame": "complete", "draw": draw, "pass_mark": "90%"}
    bad = (("1.1", 1), ("1.1", 2), ("1.1", 3))
    assessment = assessment_of(tmp_path / "equal", content, observed(("1.1", "1.2"), bad), settings, sites=SITES)
    found = forecast(assessment)
    doubt, chance = weight_doubt(found, draws=4)
    # 1.1 loses three eighths of a half at every second site, 1.2 nothing: less weight to 1.1 is a better score
    assert doubt.least < doubt.value < doubt.most
    assert doubt.least_at["1"] == Fraction(5, 8)
    assert doubt.most_at["1"] == Fraction(3, 8)
    assert chance.value == pytest.approx(found.chance, abs=1e-3)
    assert chance.least <= chance.at_least_score < chance.at_most_score <= chance.most
    assert chance.least <= chance.value <= chance.most
    assert weight_doubt(replace(found, chance=None), draws=4)[1] is None


def test_inspections_are_those_of_the_simulation(linear):
    found = forecast(linear, engine="simulate", draws=50, seed=9)
    drawn = simulate(found.prospect.model, 50, 9)
    for number, one in enumerate(inspections(found)):
        assert one.total == Fraction(int(drawn.points[number]), drawn.den)
        assert len(one.rows) == 8  # two sites of two types, two standards


def test_the_command_prints_json(linear):
    from evalsys.forecast_results import forecast_json, forecast_text

    found = forecast(linear)
    said = json.loads(forecast_json(found, "zh"))
    keys = {"mean", "sd", "quantiles", "chance", "chance_error", "chance_given_severity", "engine", "why_not_exact"}
    assert keys | {"variance_shares", "assumed"} <= set(said)
    assert said["mean"] == found.mean
    assert [share["part"] for share in said["variance_shares"]] == list(PARTS)
    assert said["assumed"]
    for lang in ("zh", "en"):
        assert f"{found.mean:.2f}" in forecast_text(found, lang)
