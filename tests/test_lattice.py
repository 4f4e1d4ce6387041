"""Lattices: which are exact, and what rounding does to the law where they would be too large."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enumerated import law_of, passing
from random_models import block_of, flat, model_of, random_model
from scipy.stats import binom

from evalsys.evidence import read_assessment
from evalsys.instrument_file import load_instrument
from evalsys.lattice import compile_region
from evalsys.law import law
from evalsys.model import Check, LeafRule
from evalsys.modelling import prospect
from evalsys.regions import NotExact, regions_of

ONE, ZERO = Fraction(1), Fraction(0)


def test_equal_weights_of_a_county_are_exact() -> None:
    """59 standards, equal weights at each level, five sites of each that may lose thirds: nothing is rounded."""
    county = load_instrument("luxi-county-2012")
    levels = (ONE, Fraction(2, 3), Fraction(1, 3), ZERO)
    blocks = [block_of(5, [Check(leaf, levels, 5)], [[0.9]], times=[5]) for leaf in range(len(county.leaves))]
    found = law(model_of(county, blocks))
    assert len(county.leaves) == 59
    assert found.exact
    assert (found.unit, len(found.mass)) == (Fraction(1, 4536), 453_601)
    assert found.mean == pytest.approx(100 * (1 - 0.1 * 2 / 3), abs=1e-11)
    assert found.mass[0] == pytest.approx(0.9**295, rel=1e-3)


def test_wujiang_is_exact() -> None:
    model = prospect(read_assessment("data/wujiang-2016")).model
    compiled = compile_region(model, regions_of(model))
    assert compiled.exact
    assert compiled.cells == 221_281


@pytest.mark.parametrize("kinds", [
    {"linear": True},
    pytest.param({}, marks=pytest.mark.slow),
    pytest.param({"absent": True}, marks=pytest.mark.slow),
    {"events": True, "linear": True},
])  # fmt: skip
def test_bounds_contain_the_exact_chance_and_tighten(kinds: dict[str, bool]) -> None:
    rounded = 0
    for seed in range(10):
        model = random_model(seed, **kinds)
        try:
            found = [law(model, cells=8, coarse=coarse) for coarse in (16, 64, 1024)]
        except NotExact:
            continue
        true = sum(passing(value, model.mark, model.events) * p for value, p in law_of(model).items())
        if found[0].exact:
            assert found[0].bounds == (found[0].chance, found[0].chance)
            continue
        rounded += 1
        for each in found:
            low, high = each.bounds
            assert low - 1e-14 <= true <= high + 1e-14
        widths = [high - low for low, high in (each.bounds for each in found)]
        assert widths[2] <= widths[0] + 1e-14
    assert rounded >= 2


@pytest.mark.parametrize("coarse", [16, 100])
def test_splitting_keeps_the_mean(coarse: int) -> None:
    rounded = 0
    for seed in range(12):
        model = random_model(seed, linear=True, severity=True)
        exact, split = law(model, count=5), law(model, count=5, cells=8, coarse=coarse)
        rounded += not split.exact
        assert split.mean == pytest.approx(exact.mean, abs=1e-10)
        assert split.mean_given == pytest.approx(exact.mean_given, abs=1e-10)
    assert rounded >= 8


def test_bounds_of_an_event_that_is_no_whole_number_of_units() -> None:
    """The event is rounded with all losses: its bound holds from both sides."""
    from evalsys.model import Event

    weights = [Fraction(1, 7), Fraction(6, 7)]
    blocks = [block_of(2, [Check(leaf, (ONE, ZERO), 2)], [[0.6], [0.7]]) for leaf in range(2)]
    for points in range(1, 40):
        event = Event("E", 0.5, Fraction(points, 13))
        model = model_of(flat(10, ("sum", weights)), blocks, events=(event,), mark=10 - event.deduct)
        found = law(model, cells=4, coarse=32)
        true = sum(passing(value, model.mark, model.events) * p for value, p in law_of(model).items())
        assert not found.exact
        assert found.bounds[0] - 1e-14 <= true <= found.bounds[1] + 1e-14


@pytest.mark.parametrize("count", [200, 1000, 1001, 3000])
def test_many_alike_rows_are_binomial(count: int) -> None:
    one = block_of(count, [Check(0, (ONE, ZERO), count)], [[0.9]], times=[count])
    found = law(model_of(flat(count, ("sum", [ONE])), [one]))
    assert found.unit == 1
    assert found.mass == pytest.approx(binom.pmf(np.arange(count + 1), count, 0.1), abs=1e-12)


def test_alike_rows_of_several_levels() -> None:
    model = model_of(
        flat(12, ("sum", [ONE])),
        [block_of(4, [Check(0, (ONE, Fraction(1, 2), ZERO), 4)], [[0.5]], times=[4], sizes=[[[0.75, 0.25]]])],
    )
    found = law(model)
    for value, chance in law_of(model).items():
        assert found.mass[int((found.top - value) / found.unit)] == pytest.approx(float(chance), abs=1e-15)


def test_counts_of_many_sites() -> None:
    """All of 40 alike sites must comply, or 38 of them."""
    for required, least in ((0, 40), (38, 38)):
        rule = LeafRule("count", required=required)
        model = model_of(
            flat(10, ("sum", [ONE])), [block_of(40, [Check(0, (ONE, ZERO), 40)], [[0.97]], times=[40])], (rule,)
        )
        found = law(model)
        assert found.mass[0] == pytest.approx(binom.sf(least - 1, 40, 0.97), abs=1e-14)
        assert found.mass.sum() == pytest.approx(1, abs=1e-14)
