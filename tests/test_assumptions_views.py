"""The forecast under other assumptions: each row is the law of the changed model, or simulated with its error."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from random_models import random_model

from evalsys import assumptions_views
from evalsys.assumptions_views import Change, changes_of, under
from evalsys.draws import populations
from evalsys.evidence import read_assessment
from evalsys.inspection import simulate
from evalsys.language import Text
from evalsys.law import law
from evalsys.modelling import Prospect, prospect
from evalsys.regions import NotExact

F = Fraction
NO_ALARM = 4.5  # |z| of a right estimate exceeds it with chance 7e-6
NAME = Text("改", "changed")
WUJIANG = Path(__file__).parents[1] / "data" / "wujiang-2016"


@pytest.fixture(scope="module")
def wujiang() -> Prospect:
    return prospect(read_assessment(WUJIANG))


def test_every_usual_change_of_wujiang(wujiang: Prospect) -> None:
    changes = changes_of(wujiang)
    assert [change.populations for change in changes[:3]] == [F(1, 2), 2, 5]
    assert [dict(change.values) for change in changes[3:10]] == [
        {"severity.sd": F(0)},
        {"severity.sd": F(3, 20)},
        {"severity.sd": F(3, 5)},
        {"state.half_life": F(30)},
        {"state.half_life": F(120)},
        {"rates.weight": F(1)},
        {"rates.weight": F(20)},
    ]
    assert [change.off for change in changes[10:]] == [("state",), ("draw",)]
    assert len({change.name for change in changes}) == len({change.name.en for change in changes}) == 12


def test_what_is_off_or_known_is_not_changed(wujiang: Prospect) -> None:
    off = prospect(wujiang.score.assessment, wujiang.settings.with_off(["severity", "state", "draw"]))
    assert [dict(change.values) for change in changes_of(off)] == [{"rates.weight": F(1)}, {"rates.weight": F(20)}]
    known = replace(wujiang, strata=tuple(replace(s, source=Text("名录", "register")) for s in wujiang.strata))
    assert all(change.populations == 1 for change in changes_of(known))


@pytest.mark.slow
def test_each_row_is_the_law_of_the_changed_assessment(wujiang: Prospect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against models made anew, on the same lattice; and, as it is, against the law without rounding."""
    monkeypatch.setattr(assumptions_views, "_CELLS", 2**11)
    given = wujiang.score.assessment
    draw = tuple({**item, "population": 2 * item["population"]} for item in given.settings.draw)
    twice = replace(given, settings=replace(given.settings, draw=draw))
    other = replace(
        wujiang.settings,
        parameters=tuple(
            replace(own, value=F(3, 5)) if own.key == "severity.sd" else own for own in wujiang.settings.parameters
        ),
    )
    models = [wujiang.model, prospect(twice).model, prospect(given, other).model]
    changes = [Change(NAME, populations=F(2)), Change(NAME, {"severity.sd": F(3, 5)})]
    rows = under(wujiang, changes)
    for row, model in zip(rows, models, strict=True):
        true = law(model, cells=0, coarse=2**11, bounded=False)
        # the same lattice, nodes of severity as they stand
        assert row.mean == pytest.approx(true.mean, abs=1e-6)
        assert row.chance == pytest.approx(true.chance, abs=2e-5)
        assert row.sd == pytest.approx(true.sd, rel=2e-5)
        assert (row.engine, row.chance_error, row.mean_error) == ("rounded", 0, 0)
        assert row.chance_moved == row.chance - rows[0].chance
        assert row.mean_moved == row.mean - rows[0].mean
    assert rows[0].name.en == "as assumed"
    assert rows[0].mean == pytest.approx(law(wujiang.model, count=13).mean, abs=1e-6)
    assert rows[0].chance == pytest.approx(law(wujiang.model, count=13).chance, abs=5e-3)
    assert abs(rows[1].chance_moved) > 1e-3
    assert rows[2].chance_moved < -0.03


def test_populations_keep_what_is_listed_and_drawn(wujiang: Prospect) -> None:
    from evalsys.assumptions_views import _assessment

    small = populations(_assessment(wujiang, F(1, 100)))
    assert [s.population for s in small] == [max(len(s.sites), s.drawn, 1) for s in wujiang.strata]
    more = populations(_assessment(wujiang, F(5)))
    assert [s.population for s in more] == [5 * s.population for s in wujiang.strata]
    assert [(s.site_type, s.drawn, s.sites) for s in more] == [(s.site_type, s.drawn, s.sites) for s in wujiang.strata]
    assert _assessment(wujiang, F(1)) is wujiang.score.assessment
    known = replace(wujiang, strata=tuple(replace(s, source=Text("名录", "register")) for s in wujiang.strata))
    assert populations(_assessment(known, F(5))) == wujiang.strata


def test_the_pass_mark_of_the_forecast_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assumptions_views, "_CELLS", 2**11)
    found = prospect(read_assessment(WUJIANG), pass_mark="90%")
    base, row = under(found, [Change(NAME, {"rates.weight": F(5)})])
    assert (row.chance, row.mean) == pytest.approx((base.chance, base.mean), abs=2e-5)  # as nodes stand
    assert base.chance > 0.9  # of 93 % it is 0.74


def test_all_off_is_the_mock_score(wujiang: Prospect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assumptions_views, "_CELLS", 2**11)
    row = under(wujiang, [Change(NAME, off=("state", "draw", "severity"))])[1]
    assert row.mean == pytest.approx(float(F(131783, 3600)), abs=1e-9)
    assert (row.sd, row.chance) == (pytest.approx(0, abs=0.05), pytest.approx(1))


def test_an_unknown_parameter_is_refused(wujiang: Prospect) -> None:
    with pytest.raises(KeyError):
        under(wujiang, [Change(NAME, {"severity.sdd": F(0)})])


def nonlinear() -> Any:
    for seed in range(40):
        model = random_model(seed, severity=True)
        try:
            law(model, count=5)
        except NotExact:
            return model
    raise AssertionError("all exact")


def test_what_has_no_law_is_simulated_in_pairs(wujiang: Prospect) -> None:
    model = nonlinear()
    found = replace(wujiang, model=model)
    draws = 4_000
    base, row = under(found, [Change(NAME, {"severity.sd": F(2)})], draws=draws, seed=3)
    one, two = (simulate(m, draws, 3) for m in (model, replace(model, severity=2.0)))
    assert (base.engine, base.chance, base.mean_moved) == ("simulated", one.chance, 0)
    assert (row.chance, row.mean, row.sd) == (two.chance, two.mean, two.sd)
    assert (row.chance_error, row.mean_error) == (two.chance_error, two.mean_error)
    assert row.mean_moved == pytest.approx(two.mean - one.mean)
    assert row.chance_moved == pytest.approx(two.chance - one.chance)
    assert row.mean_moved_error == pytest.approx((two.score - one.score).std(ddof=1) / draws**0.5)
    # paired: better than two by themselves
    assert 0 < row.mean_moved_error < (row.mean_error**2 + base.mean_error**2) ** 0.5
    assert 0 < row.chance_moved_error < (row.chance_error**2 + base.chance_error**2) ** 0.5


def test_the_error_of_a_spread(wujiang: Prospect) -> None:
    """Over seeds, standard deviations scatter as they say."""
    found = replace(wujiang, model=nonlinear())
    rows = [under(found, [], draws=500, seed=seed)[0] for seed in range(80)]
    mean = sum(row.sd for row in rows) / len(rows)
    seen = (sum((row.sd - mean) ** 2 for row in rows) / (len(rows) - 1)) ** 0.5
    stated = (sum(row.sd_error**2 for row in rows) / len(rows)) ** 0.5
    assert 0.7 < seen / stated < 1.4  # 80 runs tell a spread to 8 %
