"""Simulated work against the law by full enumeration of the mended model, and against itself draw by draw.

z-tests are at |z| < 4.5: by the normal law one fails by accident with a chance of 7e-6. The fast set has 159 of them
(1.1e-3 that any fails), the slow set 1,000 (7e-3). Seeds are fixed, so that a failure is a fault, or a change of random
numbers.
"""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumerated import law_of, passing, with_severity
from random_models import block_of, flat, model_of, random_model

from evalsys.fixes import Fixes, mended
from evalsys.inspection import simulate
from evalsys.mending import Gain
from evalsys.mending_drawn import DrawnBench
from evalsys.model import Check, Event, LeafRule, Model
from evalsys.severity import intercepts, nodes, shifted

DRAWS = 8192
LIMIT = 4.5
ONE, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
FLAGS = (
    {},
    {"linear": True},
    {"absent": True},
    {"severity": True},
    {"shares": True, "events": True},
    {"linear": True, "severity": True, "absent": True},
    {"absent": True, "severity": True, "events": True},
)


def model_at(seed: int) -> Model:
    return random_model(seed, **FLAGS[seed % len(FLAGS)])


def all_cells(model: Model) -> Fixes:
    """Every cell is watched; options play no part here."""
    places = [(block, *own) for block, tables in enumerate(model.blocks) for own in np.ndindex(*tables.chance.shape)]
    return Fixes((), np.array(places))


def some_state(fixes: Fixes, seed: int) -> np.ndarray:
    """Half of the cells mended, to chances that are high, certain, or below what they were."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(fixes.cells)) < 0.5, rng.choice([0.5, 0.7, 0.9, 0.95, 1.0], len(fixes.cells)), 0.0)


def truth(model: Model, at: float | None = None) -> tuple[float, float, float]:
    """Mean and standard deviation of the score after events, and the chance to pass, by full enumeration."""
    assert model.mark is not None
    if at is None and model.severity:
        law = with_severity(model, *nodes(model.severity, 13))
    else:
        law = law_of(model, at or 0.0)
    after: dict[Fraction, Fraction] = {}
    for value, chance in law.items():
        scores = [(value, chance)]
        for event in model.events:
            p = Fraction(event.chance)
            scores = [own for v, w in scores for own in ((max(ZERO, v - event.deduct), w * p), (v, w * (1 - p)))]
        for score, weight in scores:
            after[score] = after.get(score, ZERO) + weight
    mean = sum((value * chance for value, chance in after.items()), ZERO)
    spread = sum(((value - mean) ** 2 * chance for value, chance in after.items()), ZERO)
    wins = sum((chance * passing(value, model.mark, model.events) for value, chance in law.items()), ZERO)
    return float(mean), math.sqrt(spread), float(wins)


def scores_of(model: Model, seed: int, state: np.ndarray | None = None, at: float | None = None) -> list[float]:
    """z-scores of the worth of a state, and of its gain over nothing done, in points and in the chance."""
    fixes = all_cells(model)
    state = some_state(fixes, seed) if state is None else state
    bench = DrawnBench(model, fixes, draws=DRAWS, seed=seed, at=at)
    worth, (gain,) = bench.worth(state), bench.gains([state])
    before, (mean, sd, chance) = truth(model, at), truth(mended(model, fixes.cells, state), at)
    assert worth.chance is not None
    assert gain.chance is not None
    pairs = [
        (worth.points - mean, sd / math.sqrt(DRAWS)),
        (worth.chance - chance, math.sqrt(max(chance * (1 - chance), 0) / DRAWS)),
        (gain.points - (mean - before[0]), gain.points_error),
        (gain.chance - (chance - before[2]), gain.chance_error),
    ]
    # what is certain leaves no more than the rounding of floats
    return [off / max(error, 1e-12) if error or abs(off) > 1e-9 else 0.0 for off, error in pairs]


@pytest.mark.parametrize("seed", range(2000, 2021))
def test_work_has_the_law_of_the_mended_model(seed: int) -> None:
    assert max(map(abs, scores_of(model_at(seed), seed))) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3000, 3250))
def test_work_has_the_law_of_the_mended_model_at_length(seed: int) -> None:
    assert max(map(abs, scores_of(model_at(seed), seed))) < LIMIT


@pytest.mark.parametrize("at", [-0.9, 0.6])
def test_at_one_severity(at: float) -> None:
    model = model_at(2008)
    assert max(map(abs, scores_of(model, 7, at=at))) < LIMIT
    assert (DrawnBench(model, all_cells(model), draws=10, at=at).z == at).all()


def test_after_is_the_mean_over_severity() -> None:
    """One row under wide severity: the closed form, which a calibration at severity 0 misses by 0.08."""
    own = block_of(1, [Check(0, (ONE, ZERO), 1)], [[0.4]])
    model = model_of(flat(10, ("sum", [ONE])), [own], mark=Fraction(10), severity=2.0)
    fixes, state, draws = all_cells(model), np.array([0.9]), 20_000
    chance = {None: 0.9} | {at: float(shifted(intercepts(0.9, 2.0), at)) for at in (-2.0, 1.0)}
    for at, wanted in chance.items():
        found = DrawnBench(model, fixes, draws=draws, at=at).worth(state).chance
        assert abs(found - wanted) < LIMIT * math.sqrt(wanted * (1 - wanted) / draws)


# Rows that are alike are drawn at one look, and fail by the law of the rows given what they add up to.
RULES = {
    "levels": (LeafRule(), Check(0, (ONE, HALF, ZERO), 5), {}),
    "absent": (LeafRule(absent="peers"), Check(0, (ONE, HALF, ZERO), 5), {"absent": [[0.25], [0.5]]}),
    "full": (LeafRule(absent="full"), Check(0, (ONE, HALF, ZERO), 5), {"absent": [[0.25], [0.5]]}),
    "count": (LeafRule("count", required=4), Check(0, (ONE, ZERO), 5), {}),
    "deduct": (
        LeafRule("deduct", caps=(Fraction(2), None), full=Fraction(4)),
        Check(0, (ONE, HALF, ZERO), 5, taken=((ZERO, ZERO), (ONE, ZERO), (HALF, ONE))),
        {},
    ),
}


def alike(name: str, **more: object) -> Model:
    """Five sites that are all seen, of two entries, and another leaf of the same indicator."""
    rule, check, tables = RULES[name]
    block = block_of(5, [check], [[0.3], [0.6]], times=[3, 2], **tables)
    other = block_of(1, [Check(1, (ONE, ZERO), 1)], [[0.5]], part="documents")
    return model_of(flat(12, ("sum", [HALF, HALF])), [block, other], [rule, LeafRule()], mark=Fraction(8), **more)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("more", [{}, {"sensitivity": 0.9, "specificity": 0.8}, {"severity": 0.5}])
def test_rows_that_are_alike_and_rows_that_severity_moves(name: str, more: dict[str, float]) -> None:
    model = alike(name, **more)
    assert max(map(abs, scores_of(model, 3, np.array([0.75, 0.0, 0.8])))) < LIMIT


def test_an_entry_of_several_sites_and_a_block_of_one_entry() -> None:
    """Unlisted sites share a cell: mending it mends each of them, drawn or not."""
    checks = [Check(0, (ONE, ZERO), 2), Check(1, (ONE, HALF, ZERO), 3)]
    some = block_of(3, checks, [[0.5, 0.4], [0.2, 0.7]], times=[1, 4])
    one = block_of(3, [replace(check, leaf=check.leaf + 2) for check in checks], [[0.5, 0.4]], times=[9])
    model = model_of(flat(12, ("sum", [Fraction(1, 4)] * 4)), [some, one], mark=Fraction(8))
    assert max(map(abs, scores_of(model, 3, np.array([0.0, 0.9, 0.8, 0.0, 0.75, 1.0])))) < LIMIT


def test_the_test_would_notice() -> None:
    """States that are a little wrong fail: cells mended to 0.05 less than the law has them."""
    noticed = 0
    for seed in (2001, 2002, 2003, 2008):
        model = model_at(seed)
        fixes = all_cells(model)
        found = DrawnBench(model, fixes, draws=DRAWS, seed=seed).worth(np.full(len(fixes.cells), 0.9))
        mean, sd, _ = truth(mended(model, fixes.cells, np.full(len(fixes.cells), 0.95)))
        noticed += abs(found.points - mean) > LIMIT * sd / math.sqrt(DRAWS)
    assert noticed == 4


# --------------------------------------------------------------------------------------------------- draw by draw


@pytest.mark.parametrize("seed", range(2000, 2014))
def test_nothing_done_is_the_simulation_itself(seed: int) -> None:
    model = model_at(seed)
    fixes = all_cells(model)
    bench, found = DrawnBench(model, fixes, draws=5000, seed=seed), simulate(model, 5000, seed)
    chance = np.array([model.blocks[b].chance[e, c] for b, e, c in fixes.cells.tolist()])
    assert (bench.z == found.z).all()
    for state in (np.zeros(len(fixes.cells)), chance):
        assert (bench.points(state) == found.score).all()
        assert np.array_equal(bench.passed(state), found.passed)
        worth = bench.worth(state)
        assert (worth.points, worth.chance) == (found.mean, found.chance)
        assert (worth.points_error, worth.chance_error) == (found.mean_error, found.chance_error)
        assert bench.gains([state]) == (Gain(0.0, 0.0),)


@pytest.mark.parametrize("seed", range(2000, 2014))
def test_more_work_never_undoes_compliance(seed: int) -> None:
    model = model_at(seed)
    fixes = all_cells(model)
    bench, state = DrawnBench(model, fixes, draws=2000, seed=seed), some_state(fixes, seed)
    steps = [np.minimum(state, level) for level in (0.0, 0.6, 0.9, 1.0)] + [np.maximum(state, 0.97)]
    for less, more in itertools.pairwise(steps):
        assert (bench.points(less) <= bench.points(more)).all()
        assert (bench.passed(less) <= bench.passed(more)).all()
    assert (bench.points(steps[0]) < bench.points(steps[-1])).any()


def test_certainty_leaves_nothing_to_find() -> None:
    model = model_at(2003)
    fixes = all_cells(model)
    bench = DrawnBench(model, fixes, draws=500)
    assert (bench.points(np.ones(len(fixes.cells))) == float(model.instrument.full_marks)).all()


def test_a_gain_is_the_mean_of_paired_differences() -> None:
    model = model_at(2006)
    fixes = all_cells(model)
    bench, one, two = DrawnBench(model, fixes, draws=3000), some_state(fixes, 1), some_state(fixes, 2)
    (gain,) = bench.gains([two], one)
    points = bench.points(two) - bench.points(one)
    won = bench.passed(two).astype(float) - bench.passed(one)
    assert gain.points == pytest.approx(points.mean(), abs=1e-12)
    assert gain.points_error == pytest.approx(points.std(ddof=1) / math.sqrt(3000), rel=1e-9)
    assert gain.chance == pytest.approx(won.mean(), abs=1e-15)
    assert gain.chance_error == pytest.approx(won.std() / math.sqrt(3000), rel=1e-9)
    assert gain.points_error < math.hypot(bench.worth(one).points_error, bench.worth(two).points_error)
    assert bench.gains([one], two) == (Gain(-gain.points, -gain.chance, gain.points_error, gain.chance_error),)


def test_answers_do_not_rest_on_what_was_asked_before_or_on_what_else_is_watched() -> None:
    model = model_at(2005)
    fixes = all_cells(model)
    states = [some_state(fixes, seed) for seed in range(4)]
    bench = DrawnBench(model, fixes, draws=1000)
    first = bench.gains(states)
    assert DrawnBench(model, fixes, draws=1000).gains(states[::-1]) == first[::-1]
    assert bench.gains(states) == first
    half = np.arange(len(fixes.cells)) % 2 == 0
    few = DrawnBench(model, Fixes((), fixes.cells[half]), draws=1000)
    for state in states:
        assert (few.points(state[half]) == bench.points(np.where(half, state, 0))).all()


def test_the_first_draws_are_the_same_whatever_their_number() -> None:
    model = model_at(2005)
    fixes = all_cells(model)
    long, short = (DrawnBench(model, fixes, draws=draws, seed=5) for draws in (5000, 4200))
    state = some_state(fixes, 5)
    assert (long.points(state)[:4200] == short.points(state)).all()


def two_ways(kind: str, rules: Sequence[LeafRule], last: Sequence[Fraction], absent: float = 0.0) -> Model:
    weights = [Fraction(1, 3), Fraction(2, 3)]
    blocks = [
        block_of(2, [Check(k, (ONE, HALF, last[k]), 2)], [[0.5], [0.25], [0.75]], absent=[[absent * k]] * 3)
        for k in range(2)
    ]
    events = (Event("E", 0.2, Fraction(1)), Event("V", 0.1, veto=True))
    return model_of(flat(12, (kind, weights)), blocks, rules, mark=Fraction(8), severity=0.4, events=events)


@pytest.mark.parametrize("rule", [LeafRule(), LeafRule("count", required=1)])
@pytest.mark.parametrize("primes", [(2, 3), (10**9 + 7, 2), (10**9 + 7, 10**12 + 39)])
def test_sums_and_the_spine_agree_draw_by_draw(rule: LeafRule, primes: Sequence[int]) -> None:
    """A cap that never binds is a sum: one goes by coefficients, the other by the spine; large numbers by neither."""
    models = [two_ways(kind, [rule, LeafRule()], [Fraction(1, prime) for prime in primes]) for kind in ("sum", "cap")]
    fixes = all_cells(models[0])
    straight, around = (DrawnBench(model, fixes, draws=1500) for model in models)
    for seed in range(3):
        state = some_state(fixes, seed)
        assert straight.points(state) == pytest.approx(around.points(state), abs=1e-13)
        assert np.array_equal(straight.passed(state), around.passed(state))
        again = [bench.gains([state])[0] for bench in (straight, around)]
        assert again[0].points == pytest.approx(again[1].points, abs=1e-12)


def test_memory_goes_with_the_rows_that_are_watched() -> None:
    """Of each failing row 26 bytes are kept, and of each draw a few numbers."""
    model = model_at(2003)
    fixes = all_cells(model)
    tracemalloc.start()
    bench = DrawnBench(model, fixes, draws=20_000)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fails = sum(
        block.drawn * 20_000 * (1 - block.chance.min()) * len(block.checks) for block in model.blocks
    )  # at most about
    assert kept < 26 * fails + 20_000 * 64
    assert peak < 6 * kept
    assert len(bench.z) == 20_000


@pytest.mark.parametrize("policy", ["drop", "peers", "full"])
def test_they_agree_where_leaves_may_have_no_row(policy: str) -> None:
    rules = [LeafRule(), LeafRule(absent=policy)]
    models = [two_ways(kind, rules, [ZERO, ZERO], absent=0.4) for kind in ("sum", "cap")]
    fixes = all_cells(models[0])
    straight, around = (DrawnBench(model, fixes, draws=1500) for model in models)
    for seed in range(3):
        state = some_state(fixes, seed)
        assert straight.points(state) == pytest.approx(around.points(state), abs=1e-13)
        assert np.array_equal(straight.passed(state), around.passed(state))


def test_without_a_mark_there_is_no_chance() -> None:
    model = replace(model_at(2001), mark=None)
    fixes = all_cells(model)
    bench, state = DrawnBench(model, fixes, draws=100), some_state(fixes, 1)
    assert bench.worth(state).chance is None
    assert bench.gains([state])[0].chance is None
    assert bench.passed(state) is None


def test_without_cells_there_is_nothing_to_do() -> None:
    model = model_at(2001)
    bench = DrawnBench(model, Fixes((), np.zeros((0, 3), dtype=np.int64)), draws=100)
    assert bench.worth(np.zeros(0)).points == simulate(model, 100, 0).mean


def test_faults() -> None:
    model = model_at(2005)
    with pytest.raises(ValueError, match="draws"):
        DrawnBench(model, all_cells(model), draws=0)
    with pytest.raises(ValueError, match="more than 1"):
        DrawnBench(replace(model, sensitivity=0.5, specificity=0.5), all_cells(model))
