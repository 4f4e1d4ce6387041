"""What each fix brings, against the law of the mended model, closed forms, and all orders of doing them."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.assessment import Assessment
from evalsys.benches import CELLS, bench_of
from evalsys.evidence import read_assessment
from evalsys.fix_effects import AT_LIMIT, UNMOVED, UNSEEN, Effects, best_of_each, effects, pairs_of, shared_gain
from evalsys.fixes import fixes_of, mended
from evalsys.forecasting import Forecast, forecast
from evalsys.law import law
from evalsys.mending import Gain
from evalsys.model import Model

CLOSE = 1e-12
NO_ALARM = 4.5  # |z| of a right estimate exceeds it with chance 7e-6
AT = [{"site_type": "community", "sites": 2}]
BOTH_BAD = (("1.1", "否否"),)
STILL = {"severity": "off", "rates": "off"}


def town(folder: Path, seen=BOTH_BAD, *, rules=("met",), fixes=(), pass_mark="100%", **settings) -> Assessment:
    """Standards of 10 points, each with its own rule, at communities; what was seen at each is 是 or 否 or 空."""
    count = max(len(values) for _, values in seen)
    rules = [*rules, *["met"] * (len(seen) - len(rules))]
    below = [standard(code, rule, 10, checked_at=AT) for (code, _), rule in zip(seen, rules, strict=True)]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value, "observed_on": "2026-05-01"}
        for code, values in seen
        for n, value in enumerate(values, 1)
        if value != "空"
    ]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, count + 1)]
    given = {
        "inspection_date": "2026-05-15",
        "pass_mark": pass_mark,
        "frame": "complete",
        "draw": [{"site_type": "community", "sites": 2}],
        **settings,
    }
    full = 10 * len(below)
    return assessment_of(
        folder,
        content_of([indicator("1", full, below)], full),
        rows,
        {k: v for k, v in given.items() if v is not None},
        sites=sites,
        fixes=fixes,
    )


def fix(fix_id: str, targets: str, after: str = "0.95", **more: str) -> dict[str, str]:
    return {"fix_id": fix_id, "targets": targets, "after": after, "cost": "2", **more}


def told(*args, **kwargs) -> tuple[Forecast, Effects]:
    found = forecast(town(*args, **kwargs))
    assert found.engine == "exact"
    return found, effects(found)


def of_law(model: Model) -> tuple[float, float | None]:
    """Mean and chance at the lattice and the nodes of severity on which repairs are compared."""
    found = law(model, cells=CELLS, coarse=CELLS, count=13, bounded=False)
    return float(found.weights @ found.mean_given), found.chance


def again(found: Forecast, own: Effects, chosen) -> Gain:
    """The gain of some options by computing the law of the mended model."""
    model = found.prospect.model
    before, after = of_law(model), of_law(mended(model, own.fixes.cells, own.fixes.after(chosen)))
    chance = None if before[1] is None else after[1] - before[1]
    return Gain(after[0] - before[0], chance)


def same(ours: Gain, truth: Gain, close: float = CLOSE) -> None:
    assert ours.points == pytest.approx(truth.points, abs=close * 100, rel=0)
    assert (ours.chance is None) == (truth.chance is None)
    if truth.chance is not None:
        assert ours.chance == pytest.approx(truth.chance, abs=close, rel=0)


TABLE = [
    fix("甲", "1.1@s1", "0.8", level="基本", crew_days="1", cost="1"),
    fix("甲", "1.1@s1", "0.97", level="彻底", crew_days="4", cost="2.5"),
    fix("乙", "1.1@s2;1.2@s2", cost="", crew_days="3"),
    fix("丙", "1.2@type:community", "0.9", cost="0"),
    fix("丁", "*@s3"),
]
SEEN = (("1.1", "否否是"), ("1.2", "是否否"))


@pytest.mark.parametrize("pass_mark", ["80%", None])
def test_every_effect_is_computing_again(tmp_path, pass_mark):
    """One cell, one site, one standard at all sites; what is done alone, together, and what the pairs do."""
    found, own = told(tmp_path, SEEN, fixes=TABLE, pass_mark=pass_mark)
    assert own.exact
    base = of_law(found.prospect.model)
    assert own.base.points == pytest.approx(base[0], abs=CLOSE)
    assert own.base.chance == (None if pass_mark is None else pytest.approx(base[1], abs=CLOSE))
    assert [effect.option for effect in own.effects] == list(range(5))
    for place, effect in enumerate(own.effects):
        same(effect.gain, again(found, own, [place]))
        assert effect.gain.points > 0
        assert (effect.why_none, effect.gain.points_error, effect.gain.chance_error) == (None, 0, 0)
    same(own.joint, again(found, own, own.shared))
    for pair in own.pairs:
        same(pair.together, again(found, own, [pair.first, pair.second]))
        apart = [again(found, own, [place]) for place in (pair.first, pair.second)]
        chance = None if pass_mark is None else pair.together.chance - apart[0].chance - apart[1].chance
        same(pair.extra, Gain(pair.together.points - apart[0].points - apart[1].points, chance))
    sizes = [pair.extra.points if pass_mark is None else pair.extra.chance for pair in own.pairs]
    bench = bench_of(found)
    for chosen in itertools.permutations(own.shared):
        mixed = pairs_of(bench, chosen, [own.effects[place].gain for place in chosen])
        assert [p.extra.points if pass_mark is None else p.extra.chance for p in mixed] == pytest.approx(
            sizes, abs=1e-9
        )
    assert (len({round(size, 6) for size in sizes}) > 1) == (pass_mark is not None)
    named = {frozenset((pair.first, pair.second)) for pair in own.pairs}
    cells = [set(option.cells.tolist()) for option in own.fixes.options]
    shared = {frozenset(two) for two in itertools.combinations(own.shared, 2) if cells[two[0]] & cells[two[1]]}
    assert named >= shared
    assert pass_mark is not None or named == shared  # points of a sum of means add up where no cell is shared


@pytest.mark.parametrize("pass_mark", ["80%", None])
def test_gains_per_cost_and_per_crew_day(tmp_path, pass_mark):
    _, own = told(tmp_path, SEEN, fixes=TABLE, pass_mark=pass_mark)
    for effect, cost, days in zip(own.effects, (1, 2.5, None, None, 2), (1, 4, 3, None, None), strict=True):
        gain = effect.gain
        assert effect.points_per_cost == (None if cost is None else pytest.approx(gain.points / cost, rel=1e-15))
        assert effect.points_per_day == (None if days is None else pytest.approx(gain.points / days, rel=1e-15))
        for ours, amount in ((effect.chance_per_cost, cost), (effect.chance_per_day, days)):
            none = amount is None or pass_mark is None
            assert ours == (None if none else pytest.approx(gain.chance / amount, rel=1e-15))


def test_what_is_not_looked_at_and_what_is_at_its_limit_bring_nothing_and_say_why(tmp_path):
    fixes = [
        fix("看不到", "1.2@s3"),  # nobody looks at 1.2 there: no row, and the type is drawn for 1.1 only
        fix("到顶", "1.1@s3", "0.5"),
        fix("一半到顶", "1.1@s3;1.1@s1", "0.5"),
        fix("有用", "1.1@s1"),
    ]
    below = [standard("1.1", "met", 10, checked_at=AT), standard("1.2", "met", 10, methods=("document_review",))]
    rows = [
        {"standard": "1.1", "site_id": f"s{n}", "value": v, "observed_on": "2026-05-01"}
        for n, v in enumerate("否否是", 1)
    ]
    rows.append({"standard": "1.2", "value": "是", "method": "document_review"})
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, 4)]
    given = {"pass_mark": "80%", "frame": "complete", "draw": [{"site_type": "community", "sites": 2}]}
    content = content_of([indicator("1", 20, below)], 20)
    found = forecast(assessment_of(tmp_path, content, rows, given, sites=sites, fixes=fixes))
    for bench in (None, bench_of(forecast(found.prospect.score.assessment, engine="simulate", draws=500))):
        own = effects(found, bench)
        assert [effect.why_none for effect in own.effects] == [UNSEEN, AT_LIMIT, None, None]
        for effect in own.effects[:2]:
            assert (effect.gain.points, effect.gain.chance) == (0, 0)
            assert (effect.points_per_cost, effect.chance_per_cost) == (0, 0)
        assert own.shared == tuple(own.top[:2])
        assert set(own.shared) == {2, 3}  # what brings nothing gets no share
    assert UNSEEN.zh != AT_LIMIT.zh


def test_what_no_simulated_inspection_shows_is_not_called_at_its_limit(tmp_path):
    """After the work a site complies hardly more often: no draw differs, but it is not at its limit."""
    fixes = [fix("甲", "1.1@s1", "0.0513"), fix("乙", "1.1@s1;1.1@s3", "0.0513"), fix("丙", "1.1@s3", "0.0513")]
    here = forecast(town(tmp_path, (("1.1", "否否是"),), fixes=fixes), engine="simulate", draws=100)
    own = effects(here)
    assert float(here.prospect.model.blocks[0].chance[0, 0]) < 0.0513
    assert [effect.gain.points for effect in own.effects] == [0, 0, 0]
    assert [effect.why_none for effect in own.effects] == [UNMOVED, UNMOVED, AT_LIMIT]  # one of two cells is not enough
    assert own.shared == ()


# ---------------------------------------------------------------------------------------------------- joint gains


def test_shares_are_those_of_all_orders(tmp_path):
    """Shapley's value by its definition: the mean of what each adds over all orders of doing the fixes."""
    found, own = told(tmp_path, SEEN, fixes=TABLE, pass_mark="80%")
    assert len(own.shared) == 4  # one level of each fix
    value = {
        frozenset(some): again(found, own, some) for k in range(5) for some in itertools.combinations(own.shared, k)
    }
    orders = list(itertools.permutations(own.shared))
    for player, share in zip(own.shared, own.shares, strict=True):
        for name in ("points", "chance"):
            added = [
                getattr(value[frozenset(order[: order.index(player) + 1])], name)
                - getattr(value[frozenset(order[: order.index(player)])], name)
                for order in orders
            ]
            assert getattr(share, name) == pytest.approx(math.fsum(added) / len(orders), abs=1e-11)
        assert (share.points_error, share.chance_error) == (0, 0)
    assert math.fsum(share.chance for share in own.shares) == pytest.approx(own.joint.chance, abs=CLOSE)
    assert math.fsum(share.points for share in own.shares) == pytest.approx(own.joint.points, abs=CLOSE * 100)
    alone = sum(own.effects[place].gain.chance for place in own.shared)
    assert abs(alone - own.joint.chance) > 0.01  # sharing has something to do


def test_sampled_orders_share_the_whole_too(tmp_path):
    """Twelve options are too many for all groups."""
    seen = tuple((f"1.{k}", "否否") for k in range(1, 7))
    found = forecast(town(tmp_path, seen, pass_mark="80%", forecast=STILL))
    bench = bench_of(found)
    chosen = range(len(bench.fixes.options))
    joint, shares = shared_gain(bench, chosen)
    assert len(shares) == 12
    assert math.fsum(share.chance for share in shares) == pytest.approx(joint.chance, abs=1e-10)
    assert math.fsum(share.points for share in shares) == pytest.approx(joint.points, abs=1e-9)
    assert all(share.chance_error > 0 for share in shares)
    each = joint.chance / 12  # they are alike
    assert all(abs(share.chance - each) < NO_ALARM * share.chance_error for share in shares)


def test_nothing_to_share(tmp_path):
    for name, pass_mark, zero in (("a", "80%", 0.0), ("b", None, None)):
        _, own = told(tmp_path / name, (("1.1", "是是"),), pass_mark=pass_mark)
        assert (own.effects, own.top, own.shared, own.shares, own.pairs) == ((), (), (), (), ())
        assert (own.joint.points, own.joint.chance) == (0, zero)


# ---------------------------------------------------------------------------------------------------- pairs


def chances(found: Forecast) -> list[float]:
    (block,) = found.prospect.model.blocks
    return block.chance[:, 0].tolist()


@pytest.mark.parametrize("rule", ["met", {"met": {"over_sites": "all"}}])
def test_where_one_bad_site_is_enough_to_fail_two_fixes_help_each_other(tmp_path, rule):
    """Pass needs both: p1 p2. Beyond the sum of each alone the two bring (a - p1)(a - p2)."""
    found, own = told(tmp_path, rules=(rule,), forecast=STILL)
    p1, p2 = chances(found)
    (pair,) = own.pairs
    assert {pair.first, pair.second} == {0, 1}
    assert own.base.chance == pytest.approx(p1 * p2, abs=CLOSE)
    assert own.effects[0].gain.chance == pytest.approx((0.95 - p1) * p2, abs=CLOSE)
    assert pair.together.chance == pytest.approx(0.95**2 - p1 * p2, abs=CLOSE)
    assert pair.extra.chance == pytest.approx((0.95 - p1) * (0.95 - p2), abs=CLOSE)
    assert pair.extra.chance > 0.8
    points = 0 if rule == "met" else 10 * (0.95 - p1) * (0.95 - p2)  # a mean of sites adds up, all-or-nothing does not
    assert pair.extra.points == pytest.approx(points, abs=CLOSE * 100)


def test_where_one_good_site_is_enough_two_fixes_hinder_each_other(tmp_path):
    """Pass needs one of two: 1 - (1 - p1)(1 - p2). Together they bring (a - p1)(a - p2) less than apart."""
    found, own = told(tmp_path, pass_mark="50%", forecast=STILL)
    p1, p2 = chances(found)
    (pair,) = own.pairs
    assert pair.extra.chance == pytest.approx(-(0.95 - p1) * (0.95 - p2), abs=CLOSE)
    assert pair.together.chance == pytest.approx((1 - p1) * (1 - p2) - 0.05**2, abs=CLOSE)


def test_two_fixes_at_one_cell_hinder_each_other_by_all_that_the_lesser_brings(tmp_path):
    """With no pass mark too: then by points."""
    fixes = [fix("甲", "1.1@s1", "0.9"), fix("乙", "1.1@s1", "0.7"), fix("甲", "1.1@s1", "0.6", level="低")]
    for name, pass_mark in (("a", "50%"), ("b", None)):
        found, own = told(tmp_path / name, fixes=fixes, pass_mark=pass_mark, forecast=STILL)
        assert [(pair.first, pair.second) for pair in own.pairs] == [(0, 1)]  # levels of one fix are no pair
        gains = [effect.gain for effect in own.effects]
        assert pairs_of(bench_of(found), [0, 2], [gains[0], gains[2]]) == ()
        same(own.pairs[0].together, own.effects[0].gain)
        lesser = own.effects[1].gain
        same(own.pairs[0].extra, Gain(-lesser.points, None if pass_mark is None else -lesser.chance))
        assert lesser.points == pytest.approx(5 * (0.7 - chances(found)[0]), abs=CLOSE * 100)


def test_the_strongest_pair_comes_first_and_what_is_next_to_nothing_is_not_named(tmp_path):
    seen = (("1.1", "否否"), ("1.2", "否否"))
    fixes = [
        fix("甲", "1.1@s1", "0.9"),
        fix("乙", "1.1@s2;1.2@s1;1.2@s2", "0.9"),
        fix("丙", "1.1@s2", "0.8"),
        fix("丁", "1.1@s2", "0.0100"),
    ]
    found, own = told(tmp_path, seen, fixes=fixes, forecast=STILL)
    sizes = [abs(pair.extra.chance) for pair in own.pairs]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 5e-4
    bench = bench_of(found)
    for chosen in itertools.permutations(own.shared):
        again = pairs_of(bench, chosen, [own.effects[place].gain for place in chosen])
        assert [abs(pair.extra.chance) for pair in again] == pytest.approx(sizes, abs=CLOSE)
    named = {frozenset((pair.first, pair.second)) for pair in own.pairs}
    assert frozenset((0, 1)) in named
    assert frozenset((2, 3)) not in named
    assert len(own.shared) == 4


# ---------------------------------------------------------------------------------------------------- order


def test_without_a_table_every_open_finding_is_a_fix_at_cost_one_ranked_by_chance(tmp_path):
    """1.1 asks for both sites, 1.2 is a mean: a site of 1.2 brings more chance."""
    seen = (("1.1", "否否"), ("1.2", "是否"))
    found, own = told(tmp_path, seen, rules=({"met": {"over_sites": "all"}}, "met"), pass_mark="50%", forecast=STILL)
    assert own.fixes.assumed
    assert len(own.fixes.options) == 3
    for effect in own.effects:
        assert effect.chance_per_cost == effect.gain.chance  # at cost 1
        assert effect.points_per_cost == effect.gain.points
        assert effect.points_per_day is None
        same(effect.gain, again(found, own, [effect.option]))
    order = [own.effects[place].gain.chance for place in own.top]
    assert order == sorted(order, reverse=True)
    assert order[0] > order[1] + 0.1
    assert own.fixes.options[own.top[0]].targets == (("1.2", "site", "s2"),)


def test_without_a_pass_mark_order_is_by_points(tmp_path):
    fixes = [fix("甲", "1.1@s1", "0.5"), fix("乙", "1.1@s2", "0.9"), fix("丙", "1.1@type:community", "0.7")]
    found, own = told(tmp_path, fixes=fixes, pass_mark=None, forecast=STILL)
    assert found.chance is None
    assert own.top == (2, 1, 0)
    assert own.base.chance is None
    assert all(share.chance is None for share in own.shares)


def test_of_a_fix_the_level_that_brings_most_and_of_equals_the_cheaper(tmp_path):
    fixes = [
        fix("甲", "1.1@s1", "0.9", level="贵", cost="5"),
        fix("甲", "1.1@s1", "0.9", level="省", cost="1.5"),
        fix("甲", "1.1@s1", "0.8", level="低", cost="1"),
        fix("乙", "1.1@s2", "0.95", cost="9"),
        fix("丙", "1.1@s2", "0.95", cost="9"),
    ]
    _, own = told(tmp_path, fixes=fixes, pass_mark="50%", forecast=STILL)
    assert own.top == (3, 4, 1)
    assert best_of_each(own.fixes, [Gain(1.0, None)] * 5) == (2, 3, 4)
    assert best_of_each(own.fixes, [Gain(p, 0.1) for p in (1, 2, 3, 4, 5)]) == (4, 3, 2)  # of equal chance, by points
    assert best_of_each(own.fixes, [Gain(p, (6 - p) / 10) for p in (1, 2, 3, 4, 5)]) == (0, 3, 4)  # by chance


def test_of_many_fixes_the_eight_that_bring_most_are_shared(tmp_path):
    seen = tuple((f"1.{k}", "否是") for k in range(1, 11))
    fixes = [fix(f"f{k}", f"1.{k}@s1", f"0.{60 + k}") for k in range(1, 11)]
    _, own = told(tmp_path, seen, fixes=fixes, pass_mark="90%", forecast=STILL)
    assert own.shared == tuple(range(9, 1, -1))
    assert len(own.top) == 10


# ---------------------------------------------------------------------------------------------------- simulation


def test_a_simulated_effect_is_the_exact_one_within_its_error(tmp_path):
    here = town(tmp_path, SEEN, fixes=TABLE, pass_mark="80%")
    _, truth = forecast(here), effects(forecast(here))
    drawn = forecast(here, engine="simulate", draws=6000, seed=7)
    own = effects(drawn)
    assert not own.exact
    pairs = [(a.gain, b.gain) for a, b in zip(own.effects, truth.effects, strict=True)]
    pairs.append(
        (own.joint, truth.joint) if own.shared == truth.shared else (own.effects[0].gain, truth.effects[0].gain)
    )
    for ours, exact in pairs:
        assert 0 < ours.chance_error < 0.01
        assert ours.points_error > 0
        assert abs(ours.points - exact.points) < NO_ALARM * ours.points_error
        assert abs(ours.chance - exact.chance) < NO_ALARM * ours.chance_error
    assert own.base.chance == drawn.chance
    assert own.base.points == pytest.approx(drawn.mean, abs=1e-9)
    assert math.fsum(share.chance for share in own.shares) == pytest.approx(own.joint.chance, abs=CLOSE)
    gain = own.effects[0].gain  # the same inspections before and after: some pass that did not, and none the other way
    assert gain.chance_error == pytest.approx(math.sqrt(gain.chance * (1 - gain.chance) / 6000), rel=1e-3)
    truths = {(pair.first, pair.second): pair.extra.chance for pair in truth.pairs}
    for pair in own.pairs:
        assert abs(pair.extra.chance) > 3 * pair.extra.chance_error  # noise alone is not named
        if (pair.first, pair.second) in truths:
            gap = pair.extra.chance - truths[pair.first, pair.second]
            assert abs(gap) < NO_ALARM * pair.extra.chance_error
    assert own.pairs


# ---------------------------------------------------------------------------------------------------- a real round


@pytest.mark.slow
def test_effects_of_the_real_round_are_computing_again():
    found = forecast(read_assessment("data/wujiang-2016"))
    own = effects(found)
    assert len(own.effects) == 24
    assert own.fixes.assumed
    for place in (own.top[0], own.top[12], own.top[-1]):
        same(own.effects[place].gain, again(found, own, [place]))
    same(own.joint, again(found, own, own.shared))
    assert math.fsum(share.chance for share in own.shares) == pytest.approx(own.joint.chance, abs=1e-11)
    order = [own.effects[place].gain.chance for place in own.top]
    assert order == sorted(order, reverse=True)
    np.testing.assert_array_less(0, order)
    assert all(Fraction(1) == option.cost for option in own.fixes.options)
    assert fixes_of(found.prospect).options[own.top[0]].targets[0][0] == "11.3"
