"""The bench that a forecast gets, and the worth of a plan as finely as the forecast itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard
from test_fix_effects import AT, CLOSE, NO_ALARM, SEEN, STILL, TABLE, of_law, town

from evalsys.benches import bench_of, bench_of_model, settled
from evalsys.fixes import fixes_of, mended
from evalsys.forecasting import forecast, reforecast
from evalsys.inspection import simulate
from evalsys.law import law
from evalsys.mending_drawn import DrawnBench
from evalsys.mending_exact import ExactBench

SOME = (1, 2)


def fine(folder):
    """Points whose common denominator is a millionth: losses have to be rounded to a lattice."""
    below = [
        standard("1.1", "met", "3.333331", checked_at=AT),
        standard("1.2", "met", "6.666669", checked_at=AT),
    ]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value, "observed_on": "2026-05-01"}
        for code, values in SEEN
        for n, value in enumerate(values, 1)
    ]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, 4)]
    given = {
        "inspection_date": "2026-05-15",
        "pass_mark": "60%",
        "frame": "complete",
        "draw": [{"site_type": "community", "sites": 2}],
    }
    return assessment_of(folder, content_of([indicator("1", 10, below)], 10), rows, given, sites=sites, fixes=TABLE)


KINDS = {
    "law": lambda folder: forecast(town(folder, SEEN, fixes=TABLE, pass_mark="60%")),
    "no mark": lambda folder: forecast(town(folder, SEEN, fixes=TABLE, pass_mark=None)),
    "no severity": lambda folder: forecast(town(folder, SEEN, fixes=TABLE, pass_mark="60%", forecast=STILL)),
    "rounded": lambda folder: forecast(fine(folder), engine="exact"),
    "simulated": lambda folder: forecast(
        town(folder, SEEN, fixes=TABLE, pass_mark="60%"), engine="simulate", draws=1500, seed=3
    ),
    "simulated, no mark": lambda folder: forecast(
        town(folder, SEEN, fixes=TABLE, pass_mark=None), engine="simulate", draws=1500, seed=3
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def found(request, tmp_path_factory):
    return KINDS[request.param](tmp_path_factory.mktemp("bench"))


def drawn(found):
    return found.engine == "simulate"


def test_the_engine_is_that_of_the_forecast(found):
    bench = bench_of(found)
    assert type(bench) is (DrawnBench if drawn(found) else ExactBench)
    assert bench.exact == (found.engine == "exact")
    assert [option.name for option in bench.fixes.options] == ["甲 基本", "甲 彻底", "乙", "丙", "丁"]
    fixes = fixes_of(found.prospect)
    assert bench_of(found, fixes).fixes is fixes
    assert (bench.worth(fixes.after([])).chance is None) == (found.chance is None)


def test_settled_before_is_the_forecast_and_after_is_the_forecast_of_the_mended_model(found):
    fixes = fixes_of(found.prospect)
    after = fixes.after(SOME)
    before, now, gain = settled(found, fixes, after)
    assert before.chance == found.chance  # to the last bit: a page shows one number
    assert before.points == (pytest.approx(found.mean, abs=1e-12) if drawn(found) else found.mean)
    if drawn(found):
        assert before.points_error == pytest.approx(found.mean_error, rel=1e-9)
        assert found.chance is None or before.chance_error == pytest.approx(found.chance_error, rel=1e-9)
    else:
        model = mended(found.prospect.model, fixes.cells, after)
        truth = law(model)
        assert (now.points, now.chance) == (truth.mean, truth.chance)
        assert (gain.points_error, gain.chance_error) == (0, 0)
        if found.engine == "rounded":  # with its bounds the chance is certified: they are those of the law
            assert truth.bounds[0] <= now.chance <= truth.bounds[1]
    assert gain.points == pytest.approx(now.points - before.points, abs=1e-12)
    assert gain.points > 1
    if found.chance is None:
        assert (now.chance, gain.chance) == (None, None)
    else:
        assert gain.chance == pytest.approx(now.chance - before.chance, abs=1e-12)
        assert gain.chance > 0.1


def test_nothing_done_settles_to_nothing(found):
    fixes = fixes_of(found.prospect)
    before, now, gain = settled(found, fixes, fixes.after([]))
    assert before == now
    assert (gain.points, gain.chance) == (0, None if found.chance is None else 0)


def test_a_simulated_plan_shares_its_luck_with_the_forecast(tmp_path):
    """The same draws before and after: none passes before and not after, so the gain has the error of a share."""
    here = KINDS["simulated"](tmp_path)
    fixes = fixes_of(here.prospect)
    before, now, gain = settled(here, fixes, fixes.after(SOME))
    assert gain.chance_error == pytest.approx(math.sqrt(gain.chance * (1 - gain.chance) / 1500), rel=1e-3)
    assert gain.chance_error < math.hypot(before.chance_error, now.chance_error)
    fresh = simulate(mended(here.prospect.model, fixes.cells, fixes.after(SOME)), 1500, 99)
    assert abs(now.chance - fresh.chance) < NO_ALARM * math.hypot(now.chance_error, fresh.chance_error)
    assert abs(now.points - fresh.mean) < NO_ALARM * math.hypot(now.points_error, fresh.mean_error)
    exact = law(mended(here.prospect.model, fixes.cells, fixes.after(SOME)))
    assert abs(now.chance - exact.chance) < NO_ALARM * now.chance_error
    assert settled(here, fixes, fixes.after(SOME)) == (before, now, gain)  # the seed is the forecast's


def test_a_fixed_severity_stands_in_place_of_the_average(tmp_path):
    found = KINDS["law"](tmp_path)
    model, fixes = found.prospect.model, fixes_of(found.prospect)
    nodes = law(model, count=13)
    chances = {z: bench_of(found, fixes, at=z).worth(fixes.after([])).chance for z in nodes.z[::4].tolist()}
    for z, chance in zip(nodes.z[::4].tolist(), nodes.chance_given[::4].tolist(), strict=True):
        assert chances[z] == pytest.approx(chance, abs=CLOSE)
    assert len(set(chances.values())) == len(chances)
    simulated = forecast(found.prospect.score.assessment, engine="simulate", draws=4000)
    z = -model.severity
    worth = bench_of(simulated, at=z).worth(fixes.after([]))
    exact = bench_of(found, fixes, at=z).worth(fixes.after([]))
    assert abs(worth.chance - exact.chance) < NO_ALARM * worth.chance_error


def test_without_severity_there_is_one_node(tmp_path):
    found = KINDS["no severity"](tmp_path)
    fixes = fixes_of(found.prospect)
    for chosen in ((), SOME):
        own, fixed = (bench_of(found, fixes, at=at).worth(fixes.after(chosen)) for at in (None, 0.0))
        truth = of_law(mended(found.prospect.model, fixes.cells, fixes.after(chosen)))
        assert (own.points, own.chance) == pytest.approx(truth, abs=CLOSE)
        assert (fixed.points, fixed.chance) == pytest.approx(truth, abs=CLOSE)


def test_on_a_coarse_lattice_points_are_exact_and_the_chance_is_within_the_bounds_of_the_law(tmp_path):
    found = KINDS["rounded"](tmp_path)
    assert found.engine == "rounded"
    fixes, bench = fixes_of(found.prospect), bench_of(found)
    for place in range(5):
        after = fixes.after([place])
        truth = law(mended(found.prospect.model, fixes.cells, after), count=13)
        worth = bench.worth(after)
        assert worth.points == pytest.approx(float(truth.weights @ truth.mean_given), abs=1e-9)
        assert abs(worth.chance - truth.chance) < 1e-3


def test_the_light_bench_of_another_model(tmp_path):
    """It is of the model that is given, by the forecast's engine, with the draws that are given."""
    for kind in ("law", "simulated"):
        found = KINDS[kind](tmp_path / kind)
        fixes = fixes_of(found.prospect)
        other = mended(found.prospect.model, fixes.cells, fixes.after([2]))
        bench = bench_of_model(other, fixes, found, draws=800)
        worth = bench.worth(fixes.after([]))
        assert type(bench) is type(bench_of(found))
        if kind == "law":
            assert (worth.points, worth.chance) == pytest.approx(of_law(other), abs=CLOSE)
        else:
            again = reforecast(found, other)
            assert worth.chance != again.chance  # fewer draws
            own = simulate(other, 800, found.seed)
            assert worth.chance == own.chance
            assert worth.points == pytest.approx(own.mean, abs=1e-12)
        assert bench.gains([fixes.after([2])])[0].points == 0  # it is done already
        assert np.isclose(worth.points, bench_of(found).worth(fixes.after([2])).points, atol=0.5)
