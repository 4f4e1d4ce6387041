"""The law of the score: what is read off it, events and pass marks, severity."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from random_models import block_of, flat, model_of, random_model
from scipy.stats import binom

from evalsys.lattice import compile_region
from evalsys.law import NODES, STANDS, law, payoff_of, sweeps
from evalsys.model import Check, Event, LeafRule, Model
from evalsys.regions import regions_of
from evalsys.severity import nodes

ONE, ZERO = Fraction(1), Fraction(0)


def ten(p: float = 0.8, **more: object) -> Model:
    """Ten alike sites, ten points: the score is binomial."""
    return model_of(flat(10, ("sum", [ONE])), [block_of(10, [Check(0, (ONE, ZERO), 10)], [[p]], times=[10])], **more)


def test_what_is_read_off() -> None:
    found = law(ten(mark=Fraction(8)))
    assert (found.top, found.unit, found.exact) == (10, 1, True)
    assert found.points.tolist() == list(range(10, -1, -1))
    assert found.mean == pytest.approx(8, abs=1e-13)
    assert found.sd == pytest.approx(np.sqrt(1.6), abs=1e-13)
    assert found.chance == pytest.approx(binom.sf(7, 10, 0.8), abs=1e-14)
    assert found.bounds == (found.chance, found.chance)
    for share in (0.05, 0.25, 0.5, 0.95):
        assert found.quantile(share) == binom.ppf(share, 10, 0.8)
    for points in (Fraction(0), Fraction(13, 2), Fraction(8), Fraction(10), Fraction(11)):
        assert found.at_least(points) == pytest.approx(binom.sf(np.ceil(float(points)) - 1, 10, 0.8), abs=1e-14)
    assert found.at_least(Fraction(-1)) == pytest.approx(1)


def test_what_is_certain_has_no_spread() -> None:
    found = law(ten(1.0, mark=Fraction(10), severity=0.3))
    assert (found.sd, found.mean, found.chance, found.bounds) == (0.0, 10.0, 1.0, (1.0, 1.0))
    assert found.quantile(0.01) == found.quantile(0.99) == 10
    assert law(ten(0.0, mark=Fraction(1))).chance == 0
    assert law(ten(0.0)).sd == 0


def test_without_a_mark() -> None:
    found = law(ten())
    assert found.chance is None
    assert found.bounds is None
    rounded = law(ten(), cells=4, coarse=7)
    assert (rounded.exact, rounded.chance, rounded.bounds) == (False, None, None)


def test_bounds_are_left_out_on_demand() -> None:
    model = ten(mark=Fraction(8))
    sure, free = (law(model, cells=4, coarse=7, bounded=bounded) for bounded in (True, False))
    assert free.chance == sure.chance
    assert free.bounds == (free.chance, free.chance)
    assert sure.bounds[0] < sure.bounds[1]


def test_without_blocks() -> None:
    """Nothing is assessed: every leaf is missing."""
    instrument = flat(10, ("sum", [ONE]))
    none = np.ones(1, dtype=bool)
    for severity in (0.0, 0.3):
        model = Model(instrument, (None,), none, ~none, (), severity=severity, mark=Fraction(6))
        found = law(model)
        assert (found.mean, found.sd, found.chance) == (0, 0, 0)
        deducted = law(replace(model, events=(Event("E", 0.5, Fraction(2)),)))
        assert (deducted.mean, deducted.chance) == (0, 0)


def test_events_deduct_and_veto() -> None:
    events = (Event("deduct", 0.25, Fraction(3, 2)), Event("veto", 0.1, veto=True))
    found = law(ten(mark=Fraction(8), events=events))
    p = binom.pmf(np.arange(11), 10, 0.8)
    whole, less = p[8:].sum(), p[10:].sum()  # 8.5 or more before 1.5 are taken
    assert found.chance == pytest.approx(0.9 * (0.75 * whole + 0.25 * less), abs=1e-14)
    assert found.unit == Fraction(1, 2)
    assert found.at_least(Fraction(8)) == pytest.approx(0.75 * whole + 0.25 * less, abs=1e-14)  # vetoed or not
    assert found.mean == pytest.approx(p @ (0.75 * np.arange(11) + 0.25 * np.maximum(np.arange(11) - 1.5, 0)))
    assert found.mean_given[0] == pytest.approx(found.mean, abs=1e-12)
    assert found.points[-1] == 0


def test_an_event_takes_no_more_than_there_is() -> None:
    found = law(ten(0.5, events=(Event("E", 0.5, Fraction(7)), Event("F", 0.5, Fraction(7)))))
    p, points = binom.pmf(np.arange(11), 10, 0.5), np.arange(11)
    once, twice = np.maximum(points - 7, 0), 0 * points
    assert found.mean == pytest.approx(p @ (points / 4 + once / 2 + twice / 4), abs=1e-12)
    assert found.mass.sum() == pytest.approx(1, abs=1e-14)


def test_nodes_are_doubled_until_the_chance_stands() -> None:
    model = ten(0.8, severity=0.5, mark=Fraction(8))
    found = law(model)
    assert len(found.z) in NODES
    fine = law(model, count=385)
    assert found.chance == pytest.approx(fine.chance, abs=STANDS)
    assert np.cumsum(found.mass) == pytest.approx(np.cumsum(fine.mass), abs=STANDS)
    once = law(model, count=len(found.z))
    assert found.mass == pytest.approx(once.mass, abs=1e-15)
    assert found.chance_given == pytest.approx(once.chance_given, abs=1e-15)
    assert found.mean == pytest.approx(8, abs=1e-9)  # severity keeps the mean


def test_a_sharp_step_takes_more_nodes() -> None:
    weights = [Fraction(1, 40)] * 40
    blocks = [block_of(50, [Check(leaf, (ONE, ZERO), 50)], [[0.8]], times=[50]) for leaf in range(40)]
    model = model_of(flat(100, ("sum", weights)), blocks, severity=1.0, mark=Fraction(80))
    assert len(law(model).z) > NODES[1]


def test_the_chance_by_severity() -> None:
    model = ten(0.8, severity=0.5, mark=Fraction(8))
    found = law(model, count=25)
    seen = model.seen(0, found.z)[:, 0, 0]
    assert found.chance_given == pytest.approx(binom.sf(7, 10, seen), abs=1e-14)
    assert found.mean_given == pytest.approx(10 * seen, abs=1e-13)
    assert found.weights @ found.chance_given == pytest.approx(found.chance, abs=1e-15)


def test_all_sites_drawn_are_independent_rows() -> None:
    """n = N: the law of the draw is that of rows that stand alone."""
    checks = [Check(leaf, (ONE, ZERO), 3) for leaf in range(2)]
    chance = [[0.5, 0.25], [0.75, 0.5], [0.875, 0.75]]
    instrument = flat(12, ("sum", [Fraction(1, 3), Fraction(2, 3)]))
    together = law(model_of(instrument, [block_of(3, checks, chance)]))
    apart = law(model_of(instrument, [block_of(1, [replace(c, reach=1) for c in checks], [row]) for row in chance]))
    assert together.mass == pytest.approx(apart.mass, abs=1e-15)


def test_sweeps_leave_laws_and_payoffs_that_agree() -> None:
    for seed in range(6):
        model = random_model(seed, linear=True, severity=True, events=True)
        z, _ = nodes(model.severity, 5)
        compiled = compile_region(
            model, regions_of(model), extra=[e.deduct / model.instrument.full_marks for e in model.events]
        )
        for payoff in ("chance", "points"):
            gain = payoff_of(model, compiled, payoff)
            for own, seen in sweeps(model, compiled, z, payoff):
                assert len(seen) == len(model.blocks)
                mean = compiled.law @ gain
                assert len(mean) == len(z[own])
                for term in compiled.terms:
                    assert (term.law * term.payoff).sum(axis=1) == pytest.approx(mean, abs=1e-12)


def test_severity_does_not_move_what_does_not_shift() -> None:
    model = model_of(
        flat(4, ("sum", [ONE])),
        [block_of(4, [Check(0, (ONE, ZERO), 4, shifts=False)], [[0.7]], times=[4])],
        severity=1.0,
        sensitivity=0.5,
        mark=Fraction(3),
    )
    assert law(model).mass == pytest.approx(binom.pmf(np.arange(5), 4, 0.3), abs=1e-15)
    assert law(replace(model, leaves=(LeafRule("count", required=3),))).mass[0] == pytest.approx(binom.sf(2, 4, 0.7))
