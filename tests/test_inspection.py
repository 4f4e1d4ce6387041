"""Whole inspections by simulation: against closed forms, against rows written out and scored by hand.

Every z-test is at |z| < 4.5: by the normal law one fails by accident with a chance of 7e-6, and seeds are fixed. The
file makes fewer than 200 of them: 1.4e-3 for all. Random models against full enumeration stand in
``truth/test_simulation_against_enumeration.py``.
"""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_models import block_of, flat, model_of, random_model

from evalsys import rules
from evalsys.inspection import Simulation, one, simulate
from evalsys.inspection_plan import Plan
from evalsys.model import Check, Event, LeafRule, Model
from evalsys.rules import Exact
from evalsys.severity import nodes, shifted
from evalsys.spine import evaluate
from evalsys.streams import CHUNK, mixed, pick, stepped, uniform

LIMIT = 4.5
ZERO, HALF, ONE = Fraction(0), Fraction(1, 2), Fraction(1)
SITES = pd.DataFrame({"site_id": ["a", "b", "c"], "name": ["甲", "乙", "丙"], "site_type": ["market"] * 3})


def yes_no(leaf: int, reach: int, **more: Any) -> Check:
    return Check(leaf, (ONE, ZERO), reach, **more)


def leaves(count: int, kind: str = "sum") -> Any:
    return flat(100, (kind, [Fraction(1, count)] * count))


def drawn_model(chance: Any, drawn: int, **more: Any) -> Model:
    """Sites (entries, checks) of one block, one leaf to a check, all made at each drawn site."""
    count = len(chance[0])
    checks = [yes_no(leaf, drawn) for leaf in range(count)]
    block = {key: more.pop(key) for key in ("times", "absent", "part") if key in more}
    return model_of(leaves(count), [block_of(drawn, checks, chance, **block)], **more)


def fixed_model(chances: Any, **more: Any) -> Model:
    """Leaves of one row each, without a draw."""
    blocks = [block_of(1, [yes_no(leaf, 1)], [[p]]) for leaf, p in enumerate(chances)]
    return model_of(leaves(len(blocks)), blocks, **more)


def z_of(values: Any, mean: float, variance: float) -> float:
    return abs(float(np.mean(values)) - mean) / math.sqrt(variance / len(values))


def share(found: Simulation) -> Any:
    return found.score / 100


def same(one_: Simulation, two: Simulation) -> bool:
    a, b = (rules.common([Exact(s.points, s.den), Exact(two.points[:0], two.den)])[0][0] for s in (one_, two))
    return one_.den == two.den and bool(np.array_equal(a, b)) and bool(np.array_equal(one_.z, two.z))


# ------------------------------------------------------------------------------------------------ random numbers


def test_the_hash_is_splitmix64() -> None:
    """First numbers of the seed 1234567, as the reference program gives them (Rosetta Code, splitmix64)."""
    found = mixed(np.uint64(1234567) + stepped(np.arange(1, 6)))
    assert found.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_uniform_numbers_are_uniform_and_never_an_end() -> None:
    u = uniform(stepped(np.arange(200_000)))
    assert u.min() > 0
    assert u.max() < 1
    assert z_of(u, 1 / 2, 1 / 12) < LIMIT
    assert z_of(u[1:] * u[:-1], 1 / 4, 7 / 144 + 2 * (1 / 48)) < LIMIT  # neighbours: variance with their own neighbours


@pytest.mark.parametrize(("population", "drawn"), [(4, 2), (5, 5), (300_000, 2)])
def test_every_order_of_sites_is_as_likely(population: int, drawn: int) -> None:
    draws = 24_000 if population < 9 else 64
    found = pick(population, drawn, stepped(np.arange(draws) * 1000))
    assert all(len(set(column)) == drawn for column in found.T.tolist())
    assert found.min() >= 0
    assert found.max() < population
    if population < 9:
        orders, counts = np.unique(found, axis=1, return_counts=True)
        cells = math.perm(population, drawn)
        assert orders.shape[1] == cells
        chi = float(((counts - draws / cells) ** 2 / (draws / cells)).sum())
        assert abs(chi - (cells - 1)) < LIMIT * math.sqrt(2 * (cells - 1))


# --------------------------------------------------------------------------------------------- the same numbers


@pytest.mark.parametrize("seed", range(6))
def test_the_result_does_not_depend_on_workers_or_on_how_many_draws_follow(seed: int) -> None:
    model = random_model(seed, absent=True, events=True, severity=bool(seed % 2))
    found = simulate(model, CHUNK + 900, seed)
    assert same(found, simulate(model, CHUNK + 900, seed, workers=3))
    short = simulate(model, 700, seed)
    assert [Fraction(int(p), short.den) for p in short.points] == [
        Fraction(int(p), found.den) for p in found.points[:700]
    ]
    assert found.passed is not None
    assert np.array_equal(short.passed, found.passed[:700])
    assert not np.array_equal(found.points[:700], found.points[CHUNK : CHUNK + 700])
    assert not np.array_equal(found.points, simulate(model, CHUNK + 900, seed + 1).points)


def test_a_repair_changes_only_draws_that_see_the_site_and_never_for_the_worse() -> None:
    chance = np.random.default_rng(1).uniform(0.2, 0.9, (6, 2))
    mended = chance.copy()
    mended[2] = 1
    for severity in (0.0, 0.4):
        before, after = (
            simulate(drawn_model(c, 2, severity=severity), 3000, 5, keep_leaves=True) for c in (chance, mended)
        )
        assert (after.score >= before.score).all()
        same_ = (after.score == before.score).mean()
        unseen, complied = 4 / 6, chance[2].prod()
        expected = unseen + (1 - unseen) * complied
        if not severity:
            assert z_of([same_] * 3000, expected, expected * (1 - expected)) < LIMIT


def test_a_repair_of_a_fixed_check_is_never_for_the_worse() -> None:
    for severity in (0.0, 0.4):
        before = simulate(fixed_model([0.3, 0.7, 0.5], severity=severity), 5000, 5)
        after = simulate(fixed_model([0.3, 0.9, 0.5], severity=severity), 5000, 5)
        assert (after.score >= before.score).all()
        assert z_of((after.score > before.score), 0.2, 0.16) < LIMIT


# --------------------------------------------------------------------------------------------- draws of sites


def test_all_sites_drawn_leave_no_spread() -> None:
    chance = [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
    found = simulate(drawn_model(chance, 4), 500, 1)
    assert (found.mean, found.sd) == (62.5, 0)


def test_one_site_drawn_is_a_bernoulli_trial() -> None:
    found = simulate(drawn_model([[1.0], [0.0], [1.0], [0.0], [0.0]], 1), 20_000, 2)
    assert set(found.score.tolist()) == {0, 100}
    assert z_of(share(found), 0.4, 0.24) < LIMIT


@pytest.mark.parametrize(("good", "bad", "drawn"), [(6, 4, 3), (3, 9, 6), (20, 1, 20)])
def test_good_sites_among_the_drawn_are_hypergeometric(good: int, bad: int, drawn: int) -> None:
    from scipy.stats import hypergeom

    found = simulate(drawn_model([[1.0], [0.0]], drawn, times=[good, bad]), 20_000, 3)
    law = hypergeom(good + bad, good, drawn)
    counts = np.rint(share(found) * drawn)
    for k in range(drawn + 1):
        p = float(law.pmf(k))
        if p > 0:
            assert z_of(counts == k, p, p * (1 - p)) < LIMIT
        else:
            assert not (counts == k).any()
    assert z_of(share(found), law.mean() / drawn, law.var() / drawn**2) < LIMIT


def test_checks_use_the_same_sites_and_a_short_reach_the_first_of_them() -> None:
    chance = [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    both = simulate(drawn_model(chance, 1), 400, 4, keep_leaves=True)
    assert both.leaves is not None
    assert (both.leaves.num[:, 0] == both.leaves.num[:, 1]).all()
    block = block_of(2, [yes_no(0, 2), yes_no(1, 1)], chance)
    found = simulate(model_of(leaves(2), [block]), 20_000, 4, keep_leaves=True)
    assert found.leaves is not None
    two, first = found.leaves.num.T * 2 // found.leaves.den
    assert set(zip(two.tolist(), first.tolist(), strict=True)) == {(0, 0), (1, 0), (1, 2)}
    assert z_of(first == 2, 1 / 3, 2 / 9) < LIMIT


def test_variance_of_a_mean_of_drawn_sites() -> None:
    """Cochran 1977, theorem 2.2 and the law of total variance: S^2/n (1 - n/N) + mean of p(1-p) / n."""
    p, n = np.array([0.9, 0.8, 0.3, 0.5, 0.75]), 3
    found = share(simulate(drawn_model(p[:, None], n), 40_000, 5))
    variance = p.var(ddof=1) / n * (1 - n / len(p)) + (p * (1 - p)).mean() / n
    assert z_of(found, p.mean(), variance) < LIMIT
    square = (found - p.mean()) ** 2
    assert z_of(square, variance, square.var()) < LIMIT


# ------------------------------------------------------------------------------------- chances, levels, severity


@pytest.mark.parametrize("severity", [0.0, 1e-9])
def test_chances_are_finer_than_the_first_bits_drawn(severity: float) -> None:
    """Chances to fail of half of 2**-18 and of three times it: of 16 bits alone both would be 0 or 2**-16."""
    for times in (0.5, 3):
        p = times * 2.0**-18
        found = simulate(fixed_model([1 - p] * 100, severity=severity), 150_000, 6)
        fails = np.rint((1 - share(found)) * 100)
        assert z_of(fails, 100 * p, 100 * p) < LIMIT
        found = simulate(fixed_model([p] * 100, severity=severity), 150_000, 6)
        assert z_of(np.rint(share(found) * 100), 100 * p, 100 * p) < LIMIT


def test_what_is_certain_is_certain() -> None:
    for severity in (0.0, 0.5):
        found = simulate(fixed_model([0.0, 1.0, 0.0, 1.0], severity=severity), 30_000, 7)
        assert set(found.score.tolist()) == {50}
        found = simulate(drawn_model([[0.0, 1.0]] * 3, 2, severity=severity), 5000, 7)
        assert set(found.score.tolist()) == {50}


@pytest.mark.parametrize("steps", [3, 40])
@pytest.mark.parametrize("sites", [1, 2])
def test_levels_come_by_their_sizes(steps: int, sites: int) -> None:
    levels = tuple(Fraction(steps - k, steps) for k in range(steps + 1))
    sizes = np.random.default_rng(steps).dirichlet(np.ones(steps), (sites, 1))
    block = block_of(1, [Check(0, levels, 1)], [[0.25]] * sites, sizes=sizes)
    found = simulate(model_of(leaves(1), [block]), 20_000, 8)
    level = np.rint((1 - share(found)) * steps)
    for k, p in enumerate([0.25, *(0.75 * sizes.mean(axis=0)[0])]):
        assert z_of(level == k, float(p), float(p) * (1 - float(p))) < LIMIT


@pytest.mark.parametrize("fixed", [True, False])
def test_severity_leaves_the_mean_and_moves_all_checks_together(fixed: bool) -> None:
    sd, p = 0.8, np.array([0.9, 0.6])
    make = fixed_model if fixed else (lambda chance, **more: drawn_model([chance] * 3, 2, **more))
    model = make(p.tolist(), severity=sd)
    found = simulate(model, 40_000, 9, keep_leaves=True)
    assert found.leaves is not None
    each = found.leaves.num / found.leaves.den
    z, weights = nodes(sd)
    at = shifted([model.odds[place][0, 0] for place in range(2)] if fixed else model.odds[0][0], z[:, None])
    rows = 1 if fixed else 2
    for leaf in range(2):
        spread = weights @ (at[:, leaf] - p[leaf]) ** 2 + weights @ (at[:, leaf] * (1 - at[:, leaf])) / rows
        assert z_of(each[:, leaf], p[leaf], spread) < LIMIT
    joint = (each[:, 0] - p[0]) * (each[:, 1] - p[1])
    assert z_of(joint, float(weights @ ((at[:, 0] - p[0]) * (at[:, 1] - p[1]))), joint.var()) < LIMIT
    assert z_of(found.z, 0, sd**2) < LIMIT
    assert z_of(found.z**2, sd**2, 2 * sd**4) < LIMIT


@pytest.mark.parametrize("severity", [0.0, 0.5])
@pytest.mark.parametrize("fixed", [True, False])
def test_inspectors_err_as_told_and_not_where_nothing_shifts(fixed: bool, severity: float) -> None:
    """Rogan & Gladen 1978: seen = p Sp + (1 - p)(1 - Se)."""
    checks = [yes_no(0, 1), yes_no(1, 1, shifts=False)]
    blocks = [block_of(1, checks, [[0.7, 0.7]] * (1 if fixed else 3))]
    model = model_of(leaves(2), blocks, severity=severity, sensitivity=0.8, specificity=0.95)
    found = simulate(model, 30_000, 10, keep_leaves=True)
    assert found.leaves is not None
    for leaf, q in enumerate((0.7 * 0.95 + 0.3 * 0.2, 0.7)):
        assert z_of(found.leaves.num[:, leaf] / found.leaves.den, q, q * (1 - q)) < LIMIT


# ------------------------------------------------------------------------------------------------ alike rows


def alike_model(rows: int, chance: float, count: int = 1, kind: str = "mean", **more: Any) -> Model:
    """Leaves of `rows` alike rows each, without a draw."""
    blocks = [block_of(rows, [yes_no(leaf, rows)], [[chance]], times=[rows]) for leaf in range(count)]
    return model_of(leaves(count), blocks, [LeafRule(kind, more.pop("required", 0))] * count, **more)


@pytest.mark.parametrize(("rows", "chance"), [(5, 0.7), (20, 0.9), (150, 0.97)])
def test_alike_rows_are_binomial(rows: int, chance: float) -> None:
    """Each count on its own; 150 rows take several looks."""
    from scipy.stats import binom

    fails = np.rint((1 - share(simulate(alike_model(rows, chance), 30_000, 21))) * rows)
    for k in range(min(rows, 10) + 1):
        p = float(binom.pmf(k, rows, 1 - chance))
        if p > 1e-3:
            assert z_of(fails == k, p, p * (1 - p)) < LIMIT
    assert z_of(fails, rows * (1 - chance), rows * chance * (1 - chance)) < LIMIT


def test_rare_counts_of_alike_rows_are_finer_than_the_first_bits_drawn() -> None:
    """Both of two rows fail with a chance of 2**-18, a quarter of what 16 bits can tell."""
    model = alike_model(2, 1 - 2.0**-9, 100, "count", required=1)
    lost = np.rint((1 - share(simulate(model, 150_000, 22))) * 100)
    assert z_of(lost, 100 * 2.0**-18, 100 * 2.0**-18) < LIMIT


def test_alike_rows_of_several_levels_may_not_apply() -> None:
    """Three rows of losses 0, 1/2, 1, dropped with chance 0.3 each: every mean, by enumeration."""
    levels, p, absent = (ONE, HALF, ZERO), (0.5, 0.2, 0.3), 0.3
    block = block_of(3, [Check(0, levels, 3)], [[0.5]], times=[3], sizes=[[[0.4, 0.6]]], absent=[[absent]])
    model = model_of(leaves(1), [block, block_of(1, [yes_no(0, 1)], [[1.0]])], [LeafRule(absent="drop")])
    law: dict[Fraction, float] = {}
    for shown in product(range(4), repeat=3):
        seen = [levels[level] for level in shown if level < 3]
        chance = math.prod(absent if level == 3 else (1 - absent) * p[level] for level in shown)
        mean = (sum(seen, ONE)) / (len(seen) + 1)
        law[mean] = law.get(mean, 0.0) + chance
    found = simulate(model, 30_000, 23)
    totals = [Fraction(int(points), found.den) / 100 for points in found.points]
    assert set(totals) <= law.keys()
    for mean, chance in law.items():
        assert z_of([total == mean for total in totals], chance, chance * (1 - chance)) < LIMIT


@pytest.mark.parametrize("rule", [LeafRule(), LeafRule("count", 17), LeafRule("count")])
def test_alike_rows_are_summed_at_once_as_through_the_leaves(rule: LeafRule) -> None:
    """Means and counts, of two levels and three, and a leaf that also has a row that severity moves."""
    levels = (ONE, Fraction(9, 10), ZERO)
    blocks = [block_of(20, [Check(leaf, levels[:: 1 + leaf % 2], 20)], [[0.8]], times=[20]) for leaf in range(70)]
    blocks = [replace(b, checks=tuple(replace(c, shifts=False) for c in b.checks)) for b in blocks]
    blocks.append(block_of(1, [yes_no(0, 1)], [[0.5]]))
    model = model_of(leaves(70), blocks, [LeafRule(), *[rule] * 69], severity=0.3)
    fast, slow = simulate(model, 300, 24), simulate(model, 300, 24, keep_leaves=True)
    assert same(fast, slow)
    assert fast.sd > 0
    assert slow.leaves is not None
    total = evaluate(model.instrument, slow.leaves, model.missing, model.dropped).attainment[0]
    assert total is not None
    assert [Fraction(int(n), total.den) * 100 for n in total.num] == [Fraction(int(n), fast.den) for n in fast.points]


def test_any_of_the_alike_rows_may_be_the_one_that_fails() -> None:
    model, draws = alike_model(4, 0.75), 200
    found = simulate(model, draws, 25)
    shown = [one(model, SITES, 25, draw).rows["level"].tolist() for draw in range(draws)]
    assert [4 - sum(levels) for levels in shown] == np.rint(share(found) * 4).astype(int).tolist()
    for place in range(4):
        assert z_of([levels[place] for levels in shown], 0.25, 0.1875) < LIMIT
    both = [levels[0] * levels[3] for levels in shown]
    assert z_of(both, 1 / 16, 15 / 256) < LIMIT


def test_every_row_has_a_random_number_of_its_own() -> None:
    """Alike rows in several looks, of several checks and blocks: no address twice."""
    blocks = [block_of(150, [yes_no(0, 150), yes_no(1, 90)], [[0.9, 0.8]], times=[150]) for _ in range(2)]
    groups = [group for some in Plan(model_of(leaves(2), blocks)).alike for group in some.groups]
    cells = [cell for group in groups for cell in group.cell.tolist()]
    assert len(groups) > 4
    assert len(cells) == len(set(cells)) == 2 * (150 + 90)


def test_a_repair_of_alike_rows_moves_nothing_else_and_is_never_for_the_worse() -> None:
    before = simulate(alike_model(90, 0.8, 3), 2000, 26, keep_leaves=True)
    blocks = list(alike_model(90, 0.8, 3).blocks)
    blocks[1] = replace(blocks[1], chance=np.array([[0.85]]))
    after = simulate(replace(alike_model(90, 0.8, 3), blocks=tuple(blocks)), 2000, 26, keep_leaves=True)
    assert before.leaves is not None
    assert after.leaves is not None
    assert (after.leaves.num[:, [0, 2]] == before.leaves.num[:, [0, 2]]).all()
    assert (after.leaves.num[:, 1] >= before.leaves.num[:, 1]).all()
    assert z_of((after.leaves.num - before.leaves.num)[:, 1] / before.leaves.den, 0.05, 2 * 0.16 / 90) < LIMIT


# ---------------------------------------------------------------------------------- rows to leaves, by hand


def leaf_by_hand(model: Model, column: int, rows: list[tuple[Any, int, tuple[Fraction, ...]]]) -> Fraction | None:
    """Attainment of a leaf from (attainment, level, points taken) of its rows; None where it has none."""
    rule = model.leaves[column]
    assert rule is not None
    seen = [row for row in rows if row[1] >= 0]
    full = (len(rows) - len(seen)) if rule.absent == "full" else 0
    applies = len(seen) + full
    if not applies:
        return None
    if rule.kind == "count":
        enough = sum(row[0] == 1 for row in seen) + full >= (rule.required or applies)
        return None if not enough and applies < rule.required else Fraction(int(enough))
    if rule.kind == "deduct":
        lost = ZERO
        for kind, cap in enumerate(rule.caps):
            taken = sum((row[2][kind] for row in seen), ZERO)
            lost += taken if cap is None else min(cap, taken)
        return max(ZERO, 1 - lost / rule.full)
    return (sum((row[0] for row in seen), ZERO) + full) / applies


@pytest.mark.parametrize("seed", range(12))
def test_one_inspection_is_the_simulated_one_and_its_rows_give_its_leaves(seed: int) -> None:
    model = random_model(seed, absent=True, events=bool(seed % 2), severity=bool(seed % 3), shares=bool(seed % 4 == 3))
    sites = pd.DataFrame({name: [f"{name}{n}" for n in range(99)] for name in ("site_id", "name", "site_type")})
    found = simulate(model, CHUNK + 20, seed, keep_leaves=True)
    assert found.leaves is not None
    assert found.passed is not None
    for draw in (0, 1, 5, CHUNK - 1, CHUNK + 17):
        written = one(model, sites, seed, draw)
        assert written.total == Fraction(int(found.points[draw]), found.den)
        assert written.passed == found.passed[draw]
        assert written.z == found.z[draw]
        assert len(written.rows) == sum(model.rows)
        for column, place in enumerate(model.instrument.leaves):
            if model.leaves[column] is None or model.missing[column] or model.dropped[column]:
                continue
            node = model.instrument.nodes[place]
            standard = model.instrument.nodes[node.parent].code
            own = written.rows[(written.rows["standard"] == standard) & (written.rows["method"] == node.method)]
            checks = [check for block in model.blocks for check in block.checks if check.leaf == column]
            taken = {level: check.taken[level] for check in checks if check.taken for level in range(len(check.levels))}
            rows = [(a, k, taken.get(k, ())) for a, k in zip(own["attainment"], own["level"], strict=True)]
            num = int(found.leaves.num[draw, column])
            assert (None if num < 0 else Fraction(num, found.leaves.den)) == leaf_by_hand(model, column, rows)


def test_the_written_rows_say_where_and_what() -> None:
    blocks = [
        replace(block_of(2, [yes_no(0, 2)], [[1.0], [0.0]]), sites=np.array([2, -1]), times=np.array([1, 1])),
        replace(block_of(2, [yes_no(1, 2)], [[1.0]], times=[5]), site_type="park", area="东街"),
        block_of(1, [yes_no(2, 1)], [[1.0]], part="documents", absent=[[1.0]]),
    ]
    blocks = [replace(blocks[0], site_type="market"), blocks[1], replace(blocks[2], sites=np.array([-1]))]
    model = model_of(leaves(3), blocks, [LeafRule(), LeafRule(), LeafRule(absent="drop")], mark=Fraction(60))
    found = one(model, SITES, 1)
    assert found.rows.astype(object).values.tolist() == [
        ["c", "丙", "market", "I0.0", "site_visit", 1, 0],
        [None, "未列名点位 1", "market", "I0.0", "site_visit", 0, 1],
        [None, "东街未列名点位 1", "park", "I0.1", "site_visit", 1, 0],
        [None, "东街未列名点位 2", "park", "I0.1", "site_visit", 1, 0],
        [None, None, None, "I0.2", "site_visit", None, -1],
    ]
    assert (found.total, found.passed, found.events) == (75, True, ())
    assert found.evaluation.applicable[0] == Fraction(2, 3)


def test_deductions_with_caps_and_a_floor() -> None:
    """Two rows, each taking 2 of kind A or 3 of kind B, at most 3 of A, from 5 points: 0, 2, 3, 5, 6 taken."""
    taken = ((ZERO, ZERO), (Fraction(2), ZERO), (ZERO, Fraction(3)))
    check = Check(0, (ONE, Fraction(3, 5), Fraction(2, 5)), 2, taken=taken)
    rule = LeafRule("deduct", caps=(Fraction(3), None), full=Fraction(5))
    p = (0.5, 0.3, 0.2)
    law: dict[float, float] = {}
    for a, b in product(range(3), repeat=2):
        points = min(3, 2 * ((a == 1) + (b == 1))) + 3 * ((a == 2) + (b == 2))
        law[max(0, 5 - points) / 5] = law.get(max(0, 5 - points) / 5, 0) + p[a] * p[b]
    for entries in ([[0.5]] * 2, [[0.5]] * 4):
        block = block_of(2, [check], entries, sizes=[[[0.6, 0.4]]] * len(entries))
        found = share(simulate(model_of(leaves(1), [block], [rule]), 20_000, 11))
        assert set(np.round(found, 9)) == {round(value, 9) for value in law}
        for value, chance in law.items():
            assert z_of(np.isclose(found, value), chance, chance * (1 - chance)) < LIMIT


@pytest.mark.parametrize(("required", "chance"), [(1, 0.973), (2, 0.784), (3, 0.343), (0, 0.343)])
def test_so_many_rows_must_comply(required: int, chance: float) -> None:
    """Of three rows of chance 0.7: binomial."""
    for entries in (3, 5):
        block = block_of(3, [yes_no(0, 3)], [[0.7]] * entries)
        found = simulate(model_of(leaves(1), [block], [LeafRule("count", required)]), 20_000, 12)
        assert z_of(share(found), chance, chance * (1 - chance)) < LIMIT


@pytest.mark.parametrize("absent", ["drop", "full", "peers"])
def test_rows_that_do_not_apply(absent: str) -> None:
    """Leaf 0: two rows of chance 0.8, absent at 0.4 each; leaf 1 sure to fail or comply with chance 1/4.

    Where no row is left (0.16) the total is leaf 1 alone, for 'drop' and for 'peers' alike; 'full' counts 1.
    """
    for entries in (1, 3):
        table = {"times": [2]} if entries == 1 else {}
        first = block_of(2, [yes_no(0, 2)], [[0.8]] * entries, absent=[[0.4]] * entries, **table)
        model = model_of(leaves(2), [first, block_of(1, [yes_no(1, 1)], [[0.25]])], [LeafRule(absent=absent)] * 2)
        found = share(simulate(model, 40_000, 13))
        expected = (0.6 * 0.8 + 0.4 + 0.25) / 2 if absent == "full" else 0.84 * (0.8 + 0.25) / 2 + 0.16 * 0.25
        assert z_of(found, expected, found.var()) < LIMIT


def test_a_count_with_too_few_rows_that_apply_is_undecided() -> None:
    """Two of two must comply, and do where they apply; where one does not, the leaf is neither won nor lost."""
    first = block_of(2, [yes_no(0, 2)], [[1.0]] * 2, absent=[[0.5]] * 2)
    rules_ = [LeafRule("count", 2, absent="drop"), LeafRule()]
    found = simulate(
        model_of(leaves(2), [first, block_of(1, [yes_no(1, 1)], [[1.0]])], rules_), 2000, 1, keep_leaves=True
    )
    assert (found.mean, found.sd) == (100, 0)
    assert found.leaves is not None
    assert z_of(found.leaves.num[:, 0] == -1, 0.75, 0.75 * 0.25) < LIMIT


def test_many_thin_leaves_stay_exact_beyond_int64() -> None:
    """Denominators of thirty leaves of different points do not fit 64 bits; the numbers stay whole and exact."""
    primes = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157]
    instrument = flat(100, ("sum", [Fraction(p, sum(primes)) for p in primes]))
    blocks = [block_of(1, [yes_no(n, 1)], [[0.6]], absent=[[0.3 if n else 0.0]]) for n in range(len(primes))]
    model = model_of(instrument, blocks, [LeafRule(absent="drop")] * len(primes), mark=Fraction(60))
    found = simulate(model, 300, 14, keep_leaves=True)
    assert found.leaves is not None
    assert found.passed is not None
    for row, points, passed in zip(found.leaves.num, found.points, found.passed, strict=True):
        won = sum(p for p, num in zip(primes, row, strict=True) if num > 0)
        of = sum(p for p, num in zip(primes, row, strict=True) if num >= 0)
        assert Fraction(int(points), found.den) == Fraction(100 * won, of)
        assert passed == (Fraction(100 * won, of) >= 60)
    assert found.den > 2**63


# -------------------------------------------------------------------------------------------------- the total


@pytest.mark.parametrize("seed", range(8))
def test_sums_at_once_are_what_the_spine_gives(seed: int) -> None:
    """Linear trees, by coefficients, with rows summed at once or through leaves: each draw as `evaluate` gives it."""
    model = random_model(seed, linear=True, shares=bool(seed % 2), severity=bool(seed % 3))
    fast, slow = simulate(model, 600, seed), simulate(model, 600, seed, keep_leaves=True)
    assert same(fast, slow)
    assert slow.leaves is not None
    total = evaluate(model.instrument, slow.leaves, model.missing, model.dropped).attainment[0]
    assert total is not None
    full = model.instrument.full_marks
    assert [Fraction(int(n), total.den) * full for n in total.num] == [Fraction(int(n), fast.den) for n in fast.points]


def test_fixed_rows_of_many_leaves_are_summed_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    for severity in (0.0, 0.3):
        model = fixed_model(rng.uniform(0.1, 0.99, 150), severity=severity)
        assert same(simulate(model, 300, 1), simulate(model, 300, 1, keep_leaves=True))


@pytest.mark.parametrize("bits", [24, 53])
@pytest.mark.parametrize("drawn", [False, True])
def test_sums_are_exact_where_single_and_double_precision_end(drawn: bool, bits: int) -> None:
    """Odd points that add up to between 2**bits and twice that: in floats every second whole number is missing.

    Summed at once or through leaves, with rows that are always there or drawn; each draw by hand.
    """
    points = [2 ** (bits - 1) + 1, 2 ** (bits - 2) + 1, 2 ** (bits - 2) - 1, 2 ** (bits - 3) + 3, 5]
    whole = sum(points)
    assert 2**bits < whole < 2 ** (bits + 1)
    instrument = flat(1, ("sum", [Fraction(own, whole) for own in points]))
    chance = [[0.5] * 5] * (3 if drawn else 1)
    model = model_of(instrument, [block_of(1, [yes_no(leaf, 1) for leaf in range(5)], chance)])
    fast, slow = simulate(model, 300, 27), simulate(model, 300, 27, keep_leaves=True)
    assert slow.leaves is not None
    won = [sum(own for own, num in zip(points, row, strict=True) if num) for row in slow.leaves.num.tolist()]
    for found in (fast, slow):
        assert [Fraction(int(n), found.den) for n in found.points] == [Fraction(own, whole) for own in won]
    assert len(set(won)) == 32
    assert any(own > 2**bits and own % 2 for own in won)


def test_missing_leaves_are_not_in_the_score() -> None:
    model = fixed_model([1.0, 0.0, 0.0, 0.0])
    model = replace(model, missing=np.array([False, False, True, False]), dropped=np.array([False] * 3 + [True]))
    found = simulate(model, 10, 1, keep_leaves=True)
    assert set(found.score.tolist()) == {50}
    assert found.leaves is not None
    assert found.leaves.num[0].tolist() == [1, 0, -1, -1]


def test_events_deduct_and_veto() -> None:
    """Scores 0, 50, 100; 30 off with chance .2, 70 off with .1, veto with .3: every combination, equality passes."""
    events = (Event("A", 0.2, Fraction(30)), Event("B", 0.1, Fraction(70)), Event("C", 0.3, veto=True))
    model = fixed_model([0.5, 0.5], events=events, mark=Fraction(50))
    law: dict[float, float] = {}
    passing = 0.0
    for won, a, b, c in product((0, 1, 1, 2), (0, 1), (0, 1), (0, 1)):
        p = 0.25 * (0.2 if a else 0.8) * (0.1 if b else 0.9) * (0.3 if c else 0.7)
        score = max(0, 50 * won - 30 * a - 70 * b)
        law[score] = law.get(score, 0) + p
        passing += p * (score >= 50 and not c)
    found = simulate(model, 20_000, 15)
    assert found.passed is not None
    assert found.chance is not None
    assert found.chance_error == pytest.approx(math.sqrt(found.chance * (1 - found.chance) / 20_000), rel=1e-12)
    assert set(found.score.tolist()) == set(law)
    for score, p in law.items():
        assert z_of(found.score == score, p, p * (1 - p)) < LIMIT
    assert z_of(found.passed, passing, passing * (1 - passing)) < LIMIT
    happened = {code for draw in range(40) for code in one(model, SITES, 15, draw).events}
    assert happened == {"A", "B", "C"}


def test_no_mark_no_chance() -> None:
    found = simulate(fixed_model([0.5]), 16, 1)
    assert (found.passed, found.chance, found.chance_error) == (None, None, None)
    assert found.mean_error == pytest.approx(found.score.std(ddof=1) / 4, rel=1e-12)
    assert one(fixed_model([0.5]), SITES, 1).passed is None
    assert simulate(fixed_model([0.5]), 1, 1).sd == 0


# -------------------------------------------------------------------------------------------- parts drawn anew


def test_pick_freeze_gives_the_variance_of_what_stays() -> None:
    """Var(E[S | frozen parts]) in closed form: sites of chance p_i, n of N drawn, beside a survey and documents."""
    p, n = np.array([0.95, 0.9, 0.2, 0.5, 0.7]), 2
    rest = [("survey", 0.6), ("documents", 0.8)]
    blocks = [block_of(n, [yes_no(0, n)], p[:, None])]
    blocks += [block_of(1, [yes_no(k, 1, shifts=False)], [[q]], part=part) for k, (part, q) in enumerate(rest, 1)]
    model = model_of(leaves(3), blocks, events=(Event("A", 0.1, Fraction(9)),))
    size = len(p)
    between = p.var(ddof=1) / n * (1 - n / size)
    within = float((p * (1 - p)).mean()) / n
    parts = {
        "draw": between / 9,
        "state": float((p * (1 - p)).sum()) / size**2 / 9,  # each site keeps its state, whichever are drawn
        "survey": 0.24 / 9,
        "documents": 0.16 / 9,
    }
    whole = (between + within) / 9 + parts["survey"] + parts["documents"]
    mean = (float(p.mean()) + 0.6 + 0.8) / 3
    everything = frozenset({"severity", "draw", "state", "survey", "documents", "events"})
    frozen = [(frozenset({name}), value) for name, value in parts.items()]
    frozen += [(frozenset({"draw", "state"}), (between + within) / 9), (everything, whole), (frozenset(), 0.0)]
    draws = 40_000
    without = replace(model, events=())
    base = share(simulate(without, draws, 16)) - mean
    for stays, variance in frozen:
        fresh = everything - stays
        other = simulate(without, draws, 16, fresh=fresh, fresh_seed=17 if fresh else None)
        product_ = base * (share(other) - mean)
        assert z_of(product_, variance, product_.var()) < LIMIT, stays
    events = simulate(model, 4000, 16, fresh=everything - {"events"}, fresh_seed=17)
    lost = simulate(replace(model, blocks=model.blocks), 4000, 16)
    assert z_of(events.score, 100 * mean - 0.9, lost.score.var()) < LIMIT


def test_severity_alone_frozen() -> None:
    sd, p = 0.9, 0.8
    model = fixed_model([p] * 5, severity=sd)
    z, weights = nodes(sd)
    variance = float(weights @ (shifted(model.odds[0][0, 0], z) - p) ** 2)
    one_ = simulate(model, 40_000, 18)
    two = simulate(model, 40_000, 18, fresh={"draw", "state"}, fresh_seed=19)
    assert np.array_equal(one_.z, two.z)
    product_ = (share(one_) - p) * (share(two) - p)
    assert z_of(product_, variance, product_.var()) < LIMIT


# ------------------------------------------------------------------------------------------- limits and faults


def test_memory_is_bounded() -> None:
    """200,000 draws of 200 leaves: the totals and one chunk, not the 40 million rows."""
    model = fixed_model(np.linspace(0.5, 0.99, 200), mark=Fraction(70))
    simulate(model, 10, 1)
    tracemalloc.start()
    found = simulate(model, 200_000, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.points.nbytes + found.z.nbytes < peak < 40 * 2**20


def test_impossible_arguments() -> None:
    model = fixed_model([0.5, 0.5])
    for arguments in (
        {"draws": 0},
        {"workers": 0},
        {"fresh": {"rates"}, "fresh_seed": 2},
        {"fresh": {"draw"}},
        {"fresh": {"draw"}, "fresh_seed": 1},
    ):
        with pytest.raises(ValueError, match=r"draws|parts"):
            simulate(model, **{"draws": 5, "seed": 1, **arguments})
    with pytest.raises(ValueError, match=r"without rows: I0\.1"):
        simulate(replace(model, blocks=model.blocks[:1]), 5, 1)
    gone = [block_of(1, [yes_no(0, 1)], [[0.5]], absent=[[1.0]])]
    with pytest.raises(ValueError, match="does not say"):
        simulate(model_of(leaves(1), gone), 5, 1)
    with pytest.raises(ValueError, match="nothing is assessed"):
        simulate(model_of(leaves(1), gone, [LeafRule(absent="drop")]), 5, 1)
