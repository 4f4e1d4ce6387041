"""What repairs are worth on the exact engine, against computing the law again and against full enumeration."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import enumerated
import numpy as np
import pytest
from random_models import block_of, flat, model_of, random_model

from evalsys.fixes import Fixes, Option, mended
from evalsys.law import law
from evalsys.mending import Gain, Worth
from evalsys.mending_exact import ExactBench
from evalsys.model import Check, LeafRule, Model
from evalsys.regions import NotExact

ONE, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
CLOSE = 1e-12


def option(cells: list[int], after: float = 0.95, name: str = "f") -> Option:
    return Option(name, "", (), np.array(cells, dtype=np.int64), after, False, None, None, None, None)


def fixes_for(model: Model, options: list[Option] | None = None) -> Fixes:
    """Every cell of every block can be mended; by default one option for each."""
    cells = [(b, s, c) for b, block in enumerate(model.blocks) for s, c in np.ndindex(block.chance.shape)]
    own = [option([k]) for k in range(len(cells))] if options is None else options
    return Fixes(tuple(own), np.array(cells, dtype=np.int64).reshape(-1, 3))


def again(model: Model, fixes: Fixes, after: np.ndarray, count: int = 5, **size: int) -> Worth:
    found = law(mended(model, fixes.cells, after), count=count, bounded=False, **size)
    return Worth(float(found.weights @ found.mean_given), found.chance)


def same(ours: Worth | Gain, points: float, chance: float | None) -> bool:
    assert ours.points == pytest.approx(points, abs=CLOSE * 100, rel=0)
    assert (ours.chance is None) == (chance is None)
    assert chance is None or ours.chance == pytest.approx(chance, abs=CLOSE, rel=0)
    assert (ours.points_error, ours.chance_error) == (0, 0)
    return True


def some_states(fixes: Fixes, seed: int) -> list[np.ndarray]:
    """Some cells alone, and some together, with chances of their own; nothing; all."""
    chance = random.Random(seed)
    wide = len(fixes.cells)
    states = [np.eye(wide)[k] * chance.choice((0.6, 0.95, 1.0)) for k in range(wide)]
    states = chance.sample(states, min(wide, 12))  # enough of them
    states += [np.array([chance.choice((0.0, 0.7, 1.0)) for _ in range(wide)]) for _ in range(2)]
    return [*states, np.zeros(wide), np.ones(wide)]


KINDS = {
    "linear": {"linear": True},
    "any": {},
    "absent": {"absent": True},
    "severe": {"severity": True, "events": True},
    "shares": {"shares": True, "severity": True},
    "linear severe": {"linear": True, "severity": True, "events": True, "absent": True},
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if place % 2 else []) for place, kind in enumerate(KINDS)]
)
def test_a_state_is_computing_again(kind: str) -> None:
    done = 0
    for seed in range(30):
        model = random_model(seed, **KINDS[kind])
        fixes = fixes_for(model)
        try:
            bench = ExactBench(model, fixes, count=5)
        except NotExact:
            continue
        before = some_states(fixes, seed + 1)[-3]
        states = some_states(fixes, seed)
        start, base = again(model, fixes, before), again(model, fixes, np.zeros(len(fixes.cells)))
        over = bench.gains(states, before)
        for state, gain, other in zip(states, bench.gains(states), over, strict=True):
            there = again(model, fixes, state)
            assert same(bench.worth(state), there.points, there.chance)
            assert same(gain, there.points - base.points, there.chance - base.chance)
            assert same(other, there.points - start.points, there.chance - start.chance)
            assert min(gain.points, gain.chance) > -CLOSE  # no mending harms
        assert bench.exact
        done += 1
        if done == 3:
            break
    assert done == 3


def test_a_state_is_enumerated() -> None:
    """Every draw and every outcome, in fractions."""
    done = 0
    for seed in range(30):
        model = random_model(seed, events=True, linear=seed % 2 == 0)
        fixes = fixes_for(model)
        try:
            bench = ExactBench(model, fixes)
        except NotExact:
            continue
        state = some_states(fixes, seed)[-3]
        for here, worth in ((np.zeros(len(state)), bench.worth(state * 0)), (state, bench.worth(state))):
            found = enumerated.law_of(mended(model, fixes.cells, here))
            chance = sum(p * enumerated.passing(score, model.mark, model.events) for score, p in found.items())
            assert worth.chance == pytest.approx(float(chance), abs=CLOSE, rel=0)
        quiet = replace(model, events=())
        points = sum(score * p for score, p in enumerated.law_of(mended(quiet, fixes.cells, state)).items())
        assert ExactBench(quiet, fixes).worth(state).points == pytest.approx(float(points), abs=CLOSE * 100, rel=0)
        done += 1
        if done == 4:
            break
    assert done == 4


def six_sites(severity: float = 0.0) -> tuple[Model, Fixes]:
    """Six sites of which three are drawn, two of them bad; one standard that must hold at all drawn sites."""
    checks = [Check(0, (ONE, ZERO), 3)]
    block = block_of(3, checks, [[0.0], [0.0], [1.0], [1.0], [1.0], [1.0]])
    model = model_of(flat(3, ("sum", [ONE])), [block], mark=Fraction(3), severity=severity)
    return model, fixes_for(model, [option([0], 1.0), option([1], 1.0), option([0, 1], 1.0)])


def test_two_bad_sites_of_one_draw_are_worth_more_together() -> None:
    """By counting draws: 4 of 20 have no bad site; with one mended 10 have none, with both all 20."""
    model, fixes = six_sites()
    one, other, both = ExactBench(model, fixes).gains([fixes.after([k]) for k in range(3)])
    assert one.chance == other.chance == pytest.approx(6 / 20, abs=CLOSE)
    assert both.chance == pytest.approx(16 / 20, abs=CLOSE)
    assert both.points == pytest.approx(one.points + other.points, abs=CLOSE)  # points add up: each site is 3 / 6
    assert one.points == pytest.approx(0.5, abs=CLOSE)


def test_sites_that_one_sweep_gives() -> None:
    """More than a few sites of one draw, checks that reach fewer of the drawn sites, an entry of alike sites."""
    checks = [Check(0, (ONE, HALF, ZERO), 3), Check(1, (ONE, ZERO), 2), Check(2, (ONE, ZERO), 3)]
    chance = [[0.5, 0.25, 0.7], [0.75, 0.5, 0.6], [0.875, 0.75, 0.9], [0.25, 0.6, 0.3], [0.5, 0.5, 0.5]]
    block = block_of(3, checks, chance, times=[1, 1, 1, 1, 3])
    other = block_of(1, [Check(3, (ONE, ZERO), 1)], [[0.7]])
    weights = [Fraction(k, 10) for k in (1, 2, 3, 4)]
    model = model_of(flat(12, ("sum", weights)), [block, other], mark=Fraction(8), severity=0.5, sensitivity=0.9)
    options = [option([3 * site + check], 0.95) for site in range(5) for check in range(3)]
    options += [option([3 * site, 3 * site + 1, 3 * site + 2], 0.9) for site in range(5)] + [option([0, 3])]
    fixes = fixes_for(model, options)
    for done in ([], [4], [15]):
        before = fixes.after(done)
        start = again(model, fixes, before)
        states = [np.maximum(before, fixes.after([k])) for k in range(len(options))]
        for state, gain in zip(states, ExactBench(model, fixes, count=5).gains(states, before), strict=True):
            there = again(model, fixes, state)
            assert same(gain, there.points - start.points, there.chance - start.chance)


def test_at_its_limit_nothing_is_gained() -> None:
    """What complies already or cannot fail, and a count that is reached without it."""
    checks = [[Check(k, (ONE, ZERO) if k != 1 else (ONE,), 1)] for k in range(3)]
    blocks = [
        block_of(1, checks[0], [[0.97]]),
        replace(block_of(1, checks[0], [[1.0]]), checks=tuple(checks[1]), sizes=np.zeros((1, 1, 0))),
        block_of(1, checks[2], [[0.5]]),
    ]
    model = model_of(flat(10, ("sum", [Fraction(1, 4), Fraction(1, 4), HALF])), blocks, mark=Fraction(9))
    fixes = fixes_for(model)
    none, sure, some = ExactBench(model, fixes).gains([fixes.after([k]) for k in range(3)])
    assert none == sure == Gain(0.0, 0.0)
    assert some.points == pytest.approx(0.45 * 5, abs=CLOSE)
    assert some.chance == pytest.approx(0.45 * 0.97, abs=CLOSE)
    required = [LeafRule("count", required=1)]
    sites = block_of(2, [Check(0, (ONE, ZERO), 2)], [[1.0], [0.5]])
    counted = model_of(flat(10, ("sum", [ONE])), [sites], required, mark=Fraction(5))
    fixes = fixes_for(counted, [option([1], 1.0)])
    assert ExactBench(counted, fixes).gains([fixes.after([0])]) == (Gain(0.0, 0.0),)


def test_alike_sites_stay_exact_once_some_are_mended() -> None:
    """Sites that are all alike are independent; one of them mended, they are a draw."""
    block = block_of(2, [Check(0, (ONE, ZERO), 2)], [[0.5]] * 4)
    model = model_of(flat(10, ("sum", [ONE])), [block], mark=Fraction(10))
    for options in ([option([1])], [option([0, 1, 2, 3])]):  # told apart when compiled; only by a state of its own
        fixes = fixes_for(model, options)
        bench = ExactBench(model, fixes)
        base = again(model, fixes, np.zeros(4))
        for cells in ([1], [0, 2], [0, 1, 2, 3]):
            state = np.zeros(4)
            state[cells] = 0.95
            there = again(model, fixes, state)
            assert same(bench.worth(state), there.points, there.chance)
            assert same(bench.gains([state])[0], there.points - base.points, there.chance - base.chance)
    shared = model_of(flat(10, ("sum", [HALF, HALF])), [two_uses()], [LeafRule("count"), LeafRule()])
    assert ExactBench(shared, fixes_for(shared, [option([0, 2])])).exact
    with pytest.raises(NotExact):
        ExactBench(shared, fixes_for(shared, [option([0])]))


def two_uses() -> object:
    """Alike sites that feed a count and something outside it."""
    return block_of(1, [Check(0, (ONE, ZERO), 1), Check(1, (ONE, ZERO), 1)], [[0.5, 0.5]] * 2)


def many(count: int = 60, severity: float = 0.0) -> Model:
    """Leaves of ten sites each: frequencies are left out."""
    points = [1 + 37 * k % 101 for k in range(count)]
    weights = [Fraction(own, sum(points)) for own in points]
    blocks = [block_of(10, [Check(k, (ONE, ZERO), 10)], [[0.6 + 0.3 * k / count]], times=[10]) for k in range(count)]
    return model_of(flat(100, ("sum", weights)), blocks, mark=Fraction(76), severity=severity)


def test_frequencies_are_taken_as_states_need_them() -> None:
    model = many()
    fixes = fixes_for(model, [option([k], 0.999) for k in range(60)])
    bench = ExactBench(model, fixes)
    first = bench._grid.width
    assert first < bench._grid.long / 8
    for chosen in ([3], range(30), range(50), [], range(60)):
        state = fixes.after(chosen)
        there = again(model, fixes, state)
        assert same(bench.worth(state), there.points, there.chance)
    assert bench._grid.width > first
    base = again(model, fixes, np.zeros(60))
    for k in (0, 17, 59):
        there = again(model, fixes, fixes.after([k]))
        gain = bench.gains([fixes.after([k])])[0]
        assert same(gain, there.points - base.points, there.chance - base.chance)


def test_what_is_kept_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room for partial products, or for laws: the same, from the law itself."""
    model = random_model(4, severity=True, linear=True)
    fixes = fixes_for(model)
    states = some_states(fixes, 1)
    plain = ExactBench(model, fixes, count=5)
    for name in ("_TREE", "_KEPT"):
        with monkeypatch.context() as patch:
            patch.setattr(f"evalsys.mending_exact.{name}", 0)
            other = ExactBench(model, fixes, count=5)
            for one, two in zip(plain.gains(states), other.gains(states), strict=True):
                assert same(one, two.points, two.chance)
            assert same(plain.worth(states[-3]), other.worth(states[-3]).points, other.worth(states[-3]).chance)


def test_at_a_fixed_severity() -> None:
    """The mean over severity is the weighted sum over fixed ones; a single one is what the law gives there."""
    model, fixes = random_model(1, severity=True, linear=True), None
    fixes = fixes_for(model)
    state = some_states(fixes, 2)[-3]
    found = law(mended(model, fixes.cells, state), count=5, bounded=False)
    for node, z in enumerate(found.z.tolist()):
        worth = ExactBench(model, fixes, at=z).worth(state)
        assert same(worth, found.mean_given[node], found.chance_given[node])


def test_a_rounded_lattice() -> None:
    model = many(12, 0.3)
    fixes = fixes_for(model)
    bench, state = ExactBench(model, fixes, cells=50, coarse=500, count=5), fixes.after([1, 2, 7])
    assert not bench.exact
    there = again(model, fixes, state, cells=50, coarse=500)
    assert same(bench.worth(state), there.points, there.chance)
    assert bench.worth(state).points == pytest.approx(ExactBench(model, fixes, count=5).worth(state).points, abs=1e-11)


def test_without_a_mark_or_without_fixes() -> None:
    model, fixes = six_sites()
    bench = ExactBench(replace(model, mark=None), fixes)
    state = fixes.after([0])
    assert bench.worth(state).chance is None
    gain = bench.gains([state])[0]
    assert (gain.points, gain.chance) == (pytest.approx(0.5, abs=CLOSE), None)
    empty = ExactBench(model, Fixes((), np.zeros((0, 3), dtype=np.int64)))
    assert same(empty.worth(np.zeros(0)), 2.0, 0.2)
    assert empty.gains([np.zeros(0)]) == (Gain(0.0, 0.0),)
