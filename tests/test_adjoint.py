"""Tables of "what if" against changing a chance and computing the law again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from random_models import block_of, flat, model_of, random_model

from evalsys.adjoint import Adjoint, adjoint
from evalsys.law import law
from evalsys.model import Check, Event, LeafRule, Model
from evalsys.regions import NotExact

ONE, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)


def payoff_by_law(model: Model, payoff: str, count: int) -> float:
    found = law(model, count=count)
    return float(found.weights @ (found.chance_given if payoff == "chance" else found.mean_given))


def changed(model: Model, block: int, site: int, check: int, chance: float) -> Model:
    table = model.blocks[block].chance.copy()
    table[site, check] = chance
    blocks = list(model.blocks)
    blocks[block] = replace(blocks[block], chance=table)
    return replace(model, blocks=tuple(blocks))


@pytest.mark.parametrize("payoff", ["chance", "points"])
@pytest.mark.parametrize("after", [1.0, 0.35])
def test_mending_a_site_is_computing_again(payoff: str, after: float) -> None:
    done = 0
    for seed in range(6):
        model = random_model(seed, severity=True, events=True, linear=seed % 2 == 0)
        try:
            found = adjoint(model, payoff, count=5)
        except NotExact:
            continue
        assert found.mean == pytest.approx(payoff_by_law(model, payoff, 5), abs=1e-11)
        for block, table in found.sites.items():
            for site, times in enumerate(model.blocks[block].times.tolist()):
                for check in range(len(model.blocks[block].checks)):
                    if times == 1 and not np.isnan(table.slopes[0, site, check]):
                        again = payoff_by_law(changed(model, block, site, check, after), payoff, 5)
                        assert found.mended(block, site, check, after) == pytest.approx(again, abs=1e-11)
                        done += 1
    assert done > 15


def alone(count: int = 3, **more: object) -> Model:
    """Leaves of one row each, which may be half done: bringing a leaf to a level is a chance of 1 or 0."""
    weights = [Fraction(k + 1, count * (count + 1) // 2) for k in range(count)]
    blocks = [
        block_of(1, [Check(k, (ONE, HALF, ZERO), 1)], [[0.5 + k / 10]], sizes=[[[0.25, 0.75]]]) for k in range(count)
    ]
    return model_of(flat(10, ("sum", weights)), blocks, mark=Fraction(6), **more)


SEVERE = {"severity": 0.5, "sensitivity": 0.9, "specificity": 0.95}


@pytest.mark.parametrize("payoff", ["chance", "points"])
@pytest.mark.parametrize(
    "more", [{}, SEVERE, {**SEVERE, "events": (Event("E", 0.2, Fraction(1)), Event("V", 0.1, veto=True))}]
)
def test_bringing_a_leaf_to_a_level_is_computing_again(payoff: str, more: dict[str, object]) -> None:
    model = alone(**more)
    found = adjoint(model, payoff, count=9)
    for leaf in range(3):
        table = found.leaves[leaf]
        assert table.attainments == (1, HALF, 0)
        for place, sizes in enumerate([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]):
            own = replace(model.blocks[leaf], chance=np.full((1, 1), float(place == 0)), sizes=np.array([[sizes]]))
            sure = replace(own, checks=(replace(own.checks[0], shifts=False),))
            blocks = [sure if k == leaf else block for k, block in enumerate(model.blocks)]
            again = payoff_by_law(replace(model, blocks=tuple(blocks)), payoff, 9)
            assert table.if_made[place] == pytest.approx(again, abs=1e-12)
        assert table.chances.sum() == pytest.approx(1, abs=1e-14)
        assert table.chances @ table.if_seen == pytest.approx(found.mean, abs=1e-12)
    if more:  # what is seen tells of the inspectors
        assert abs(found.leaves[0].if_seen - found.leaves[0].if_made).max() > 1e-4
        assert found.between > 0
    else:
        assert found.leaves[0].if_seen == pytest.approx(found.leaves[0].if_made, abs=1e-14)
        assert found.between == 0


def test_the_variance_of_points_is_shared_out() -> None:
    """Independent leaves and a linear score: first indices add up to the variance."""
    model = alone()
    found = adjoint(model, "points")
    assert sum(table.explained for table in found.leaves.values()) == pytest.approx(law(model).sd ** 2, abs=1e-12)


def drawn(**more: object) -> Model:
    checks = [Check(0, (ONE, ZERO), 2), Check(1, (ONE, ZERO), 1)]
    block = block_of(2, checks, [[0.5, 0.25], [0.75, 0.5], [0.875, 0.75], [0.25, 0.6]])
    single = block_of(1, [Check(2, (ONE, ZERO), 1)], [[0.7]])
    weights = [Fraction(1, 6), Fraction(2, 6), Fraction(3, 6)]
    return model_of(flat(12, ("sum", weights)), [block, single], mark=Fraction(8), **more)


def test_leaves_of_a_draw_are_looked_at_by_site() -> None:
    found = adjoint(drawn())
    assert set(found.leaves) == {2}
    assert set(found.refused) == {0, 1}
    for column, reason in found.refused.items():
        assert reason.leaves == (f"I0.{column}/site_visit",)
        assert reason.text.zh == "与其他标准共用“test”抽到的点位，按点位看"
        assert reason.text.en == "shares the drawn sites of 'test' with others: look at it by site"
    assert (set(found.sites), found.sites[0].drawn) == ({0}, 0.5)


def test_the_variance_of_a_draw() -> None:
    model = drawn()
    found = adjoint(model, "points")
    whole = found.leaves[2].explained + found.sites[0].explained
    assert whole == pytest.approx(law(model).sd ** 2, abs=1e-12)


def test_rounded_lattices_have_no_tables_of_leaves() -> None:
    model = drawn()
    found = adjoint(model, cells=2, coarse=50)
    assert not found.leaves
    assert set(found.refused) == {0, 1, 2}
    assert found.refused[2].leaves == ("I0.2/site_visit",)
    assert found.refused[2].text.zh == "分值已按格点取整，得分率不能一一列出"
    assert found.refused[2].text.en == "points are rounded to a lattice, where attainments are not told apart"
    assert set(found.sites) == {0}
    points = adjoint(model, "points", cells=2, coarse=50)  # splitting keeps means, so effects on points stay right
    exact = adjoint(model, "points")
    assert points.sites[0].if_mended_seen == pytest.approx(exact.sites[0].if_mended_seen, abs=1e-10)


def test_alike_unlisted_sites_have_their_part() -> None:
    """An entry of three alike sites: mending one of them is mending it where it stands for itself."""
    checks = [Check(0, (ONE, ZERO), 2)]
    together = block_of(2, checks, [[0.5], [0.75]], times=[3, 1])
    apart = block_of(2, checks, [[0.5], [0.5], [0.5], [0.75]])
    instrument = flat(10, ("sum", [ONE]))
    models = [model_of(instrument, [block], mark=Fraction(10), **SEVERE) for block in (together, apart)]
    one, two = (adjoint(model, count=5) for model in models)
    assert one.mended(0, 0, 0) == pytest.approx(two.mended(0, 1, 0), abs=1e-14)
    assert one.mended(0, 0, 0) == pytest.approx(payoff_by_law(changed(models[1], 0, 1, 0, 1.0), "chance", 5), abs=1e-12)
    assert one.sites[0].if_seen == pytest.approx(two.sites[0].if_seen[[0, 3]], abs=1e-14)
    assert one.sites[0].if_not_seen == pytest.approx(two.sites[0].if_not_seen[[0, 3]], abs=1e-14)


def test_mending_what_severity_does_not_move() -> None:
    model = drawn(**SEVERE)
    plain = replace(model.blocks[0], checks=tuple(replace(check, shifts=False) for check in model.blocks[0].checks))
    model = replace(model, blocks=(plain, model.blocks[1]))
    found = adjoint(model, count=5)
    for after in (1.0, 0.4):
        again = payoff_by_law(changed(model, 0, 1, 0, after), "chance", 5)
        assert found.mended(0, 1, 0, after) == pytest.approx(again, abs=1e-12)
    gain = found.sites[0].if_mended_seen[1, 0] - found.sites[0].if_seen[1]
    assert gain / 2 == pytest.approx(found.mended(0, 1, 0) - found.mean, abs=1e-14)  # half of the sites are drawn


def test_mending_where_a_check_may_not_apply() -> None:
    model = drawn()
    block = replace(model.blocks[0], absent=np.full((4, 2), 0.25))
    model = replace(model, blocks=(block, model.blocks[1]), leaves=(LeafRule(absent="full"),) * 3)
    again = payoff_by_law(changed(model, 0, 1, 0, 1.0), "chance", 1)
    assert adjoint(model).mended(0, 1, 0) == pytest.approx(again, abs=1e-12)


def test_leaves_that_never_lose() -> None:
    sure = replace(
        block_of(1, [Check(0, (ONE, ZERO), 1)], [[1.0]]), checks=(Check(0, (ONE,), 1),), sizes=np.zeros((1, 1, 0))
    )
    found = adjoint(
        model_of(flat(10, ("sum", [HALF, HALF])), [sure, block_of(1, [Check(1, (ONE, ZERO), 1)], [[0.7]])]), "points"
    )
    assert found.leaves[0].attainments == (1,)
    assert found.leaves[0].chances.tolist() == [1]
    assert found.leaves[0].explained == 0


def test_without_a_mark_or_without_blocks() -> None:
    assert adjoint(replace(alone(), mark=None)).mean == 0
    none = np.ones(1, dtype=bool)
    found: Adjoint = adjoint(Model(flat(10, ("sum", [ONE])), (None,), none, ~none, (), severity=0.3), "points")
    assert (found.mean, found.leaves, found.sites, found.refused, found.between) == (0, {}, {}, {}, 0)


def test_the_best_of_two_is_read_through() -> None:
    blocks = [block_of(1, [Check(k, (ONE, HALF, ZERO), 1)], [[0.4 + k / 10]]) for k in range(2)]
    for kind, made in (("best", (10.0, 10.0)), ("worst", None)):
        model = model_of(flat(10, (kind, [HALF, HALF])), blocks, (LeafRule(), LeafRule()))
        found = adjoint(model, "points")
        first = found.leaves[0]
        other = np.array([0.5, 0.25, 0.25])
        values = np.array([10.0, 5.0, 0.0])
        pick = np.maximum if kind == "best" else np.minimum
        for place, value in enumerate(values):
            assert first.if_made[place] == pytest.approx(other @ pick(values, value), abs=1e-13)
        assert made is None or first.if_made[0] == pytest.approx(made[0])
