"""The spine against a second implementation, written here from DESIGN section 3 with fractions and no library code."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import content_of, indicator, instrument_of, standard
from by_hand import DROPPED, MISSING, ONE, ZERO, State, Trees, mark, mark_whole

from evalsys import rules
from evalsys.instrument import Instrument
from evalsys.rulebook import COMBINES
from evalsys.spine import allocate, evaluate, single

VALUES = (ZERO, Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), ONE, ONE, ONE)


def states_of(instrument: Instrument, seed: int, odd: float) -> list[State]:
    chance = random.Random(seed)
    return [
        chance.choice((DROPPED, MISSING)) if chance.random() < odd else chance.choice(VALUES) for _ in instrument.leaves
    ]


def run(instrument: Instrument, states: list[State]) -> Any:
    leaves = rules.exact([s if isinstance(s, Fraction) else Fraction(1, 7) for s in states])  # what must be ignored
    missing = np.array([s == MISSING for s in states], dtype=bool)
    dropped = np.array([s == DROPPED for s in states], dtype=bool)
    found = evaluate(instrument, leaves, missing, dropped)
    return found, allocate(instrument, found)


def asked(instrument: Instrument, states: list[State]) -> Callable[[str, str], State]:
    known = {instrument.nodes[place].code: state for place, state in zip(instrument.leaves, states, strict=True)}
    return lambda code, method: known[f"{code}/{method}"]


SEEDS = range(14)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[tuple[dict, Instrument]]]:
    folder = tmp_path_factory.mktemp("trees")
    contents = {shares: [Trees(seed, shares).content() for seed in SEEDS] for shares in (False, True)}
    return {shares: [(c, instrument_of(folder, c)) for c in found] for shares, found in contents.items()}


@pytest.mark.parametrize("shares", [False, True], ids=["tree", "method shares"])
@pytest.mark.parametrize("odd", [0, 0.08, 0.3, 1], ids=lambda odd: f"odd {odd}")
def test_random_trees_agree_with_the_score_by_hand(trees: Any, shares: bool, odd: float) -> None:
    compared = 0
    for seed, (content, instrument) in enumerate(trees[shares]):
        for states in (states_of(instrument, 10 * seed + again, odd) for again in range(3)):
            found, (loss, stake) = run(instrument, states)
            by_hand = mark_whole(content, asked(instrument, states))
            full = instrument.full_marks
            assert found.applicable[0] * full == by_hand.applies, seed
            assert found.assessed[0] * full == by_hand.known, seed
            attained = single(found.attainment[0])
            assert attained == (by_hand.share if by_hand.known else None), seed
            compared += attained is not None
            held = [place for place in instrument.leaves if place in stake]
            assert sum((stake[place] for place in held), ZERO) == by_hand.known, seed
            assert sum((loss[place] for place in held), ZERO) == by_hand.known - by_hand.won, seed
            assert all(loss[place] >= 0 for place in held), seed
    assert compared > (3 * len(SEEDS) // 2 if odd < 1 else -1)


def test_the_random_trees_hold_every_node_rule(trees: Any) -> None:
    for found in trees.values():
        kinds = [node.combine.kind for _, instrument in found for node in instrument.nodes]
        assert all(kinds.count(kind) > 5 for kind in COMBINES)


def test_every_node_agrees_by_hand_in_its_own_points(trees: Any) -> None:
    """Inner nodes too, not only the whole: in trees without a choice above them, points add up at every node."""
    for seed, (content, instrument) in enumerate(trees[False]):
        states = states_of(instrument, seed, 0.15)
        found, _ = run(instrument, states)
        leaf = asked(instrument, states)

        def check(node: Mapping[str, Any], points: Fraction, instrument=instrument, found=found, leaf=leaf) -> None:
            place = instrument.places[node["code"]]
            own = mark(node, points, leaf)
            assert found.applicable[place] * points == own.applies
            assert found.assessed[place] * points == own.known
            if own.known:
                assert single(found.attainment[place]) == own.share
            if node.get("combine", "sum") == "sum":
                for child in node.get("children") or node.get("standards") or []:
                    if "points" in child:
                        check(child, Fraction(child["points"]))

        for child in content["indicators"]:
            check(child, Fraction(child["points"]))


def test_many_rows_are_the_same_call(trees: Any) -> None:
    """Each row of a simulation is what one row gives."""
    for seed, shares in ((3, False), (5, True), (11, False)):
        instrument = trees[shares][seed][1]
        states = [states_of(instrument, 100 * seed + row, 0) for row in range(6)]
        each = [single(run(instrument, row)[0].attainment[0]) for row in states]
        whole = rules.exact([value for row in states for value in row])
        table = rules.Exact(whole.num.reshape(2, 3, -1), whole.den)
        out = evaluate(instrument, table).attainment[0]
        assert out is not None
        assert out.num.shape == (2, 3)
        assert [Fraction(int(n), out.den) for n in out.num.ravel()] == each


def test_huge_denominators_stay_exact(tmp_path: Path) -> None:
    below = [standard(f"A{n}", points=Fraction(1, 3)) for n in range(3)]
    instrument = instrument_of(tmp_path, content_of([indicator("A", 1, below)], 1))
    values = [Fraction(1, 10**9 + 7), Fraction(1, 10**9 + 9), Fraction(1, 998244353)]
    found, _ = run(instrument, list(values))
    assert single(found.attainment[0]) == sum(values) / 3


def test_single_numbers_do_not_overflow() -> None:
    """Met in a random tree: over the common denominator the products pass 2**63, as single numbers of numpy."""
    parts = [rules.Exact(np.array(n), d) for n, d in ((3929, 8139), (335971, 932940), (732183, 1172218))]
    weights = [Fraction(2713, 5576), Fraction(20041, 55760), Fraction(8589, 55760)]
    by_hand = sum((w * Fraction(int(p.num), p.den) for p, w in zip(parts, weights, strict=True)), ZERO)
    assert single(rules.weighted(parts, weights)) == by_hand


def one_node(tmp_path: Path, combine: Any, worth: list[int | None], states: list[State], full: int = 10) -> Any:
    below = [standard(f"A{n}", points=p) for n, p in enumerate(worth)]
    more = {} if combine == "sum" else {"combine": combine}
    content = content_of(
        [indicator("A", full, below, **more), indicator("B", 10, [standard("B1", points=10)])], full + 10
    )
    instrument = instrument_of(tmp_path, content)
    found, _ = run(instrument, [*states, ONE])
    place = instrument.places["A"]
    return found.applicable[place], found.assessed[place], single(found.attainment[place])


GRADE = {"subset-grade": {"grades": [{"met": "2", "value": "1"}, {"met": "1", "value": "0.5"}], "else": "0.2"}}
PRESENT = {"mean": {"present": "50%"}}
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("combine", "worth", "states", "expected"),
    [
        ("sum", [5, 5], [ONE, MISSING], (ONE, HALF, ONE)),
        ("sum", [5, 5], [HALF, DROPPED], (HALF, HALF, HALF)),
        ("sum", [5, 5], [DROPPED, DROPPED], (ZERO, ZERO, None)),
        ("mean", [5, 5], [ONE, MISSING], (ONE, HALF, ONE)),
        ("mean", [5, 5], [HALF, DROPPED], (ONE, ONE, HALF)),
        ("mean", [5, 5], [MISSING, DROPPED], (ONE, ZERO, None)),
        (PRESENT, [5, 5], [HALF, DROPPED], (ONE, ONE, HALF)),
        (PRESENT, [5, 5], [MISSING, DROPPED], (ONE, ZERO, None)),
        (PRESENT, [4, 3, 3], [HALF, DROPPED, DROPPED], (ZERO, ZERO, None)),
        ("cap", [8, 8], [HALF, HALF], (ONE, ONE, Fraction(4, 5))),
        ("cap", [8, 8], [ONE, HALF], (ONE, ONE, ONE)),
        ("cap", [8, 8], [ONE, MISSING], (ONE, ZERO, None)),
        ("cap", [8, 8], [HALF, DROPPED], (Fraction(4, 5), Fraction(4, 5), HALF)),
        ("floor", [8, 8], [HALF, HALF], (ONE, ONE, Fraction(1, 5))),
        ("floor", [8, 8], [ZERO, ZERO], (ONE, ONE, ZERO)),
        ("floor", [8, 8], [ONE, MISSING], (ONE, ZERO, None)),
        ("floor", [8, 8], [ZERO, DROPPED], (ONE, ONE, Fraction(1, 5))),
        ("best", [None, None], [ZERO, HALF], (ONE, ONE, HALF)),
        ("best", [None, None], [ONE, MISSING], (ONE, ZERO, None)),
        ("worst", [None, None], [ONE, HALF], (ONE, ONE, HALF)),
        ("worst", [None, None], [ZERO, MISSING], (ONE, ZERO, None)),
        ("worst", [None, None], [HALF, DROPPED], (ONE, ONE, HALF)),
        (GRADE, [None, None], [ONE, ONE], (ONE, ONE, ONE)),
        (GRADE, [None, None], [ONE, Fraction(99, 100)], (ONE, ONE, HALF)),
        (GRADE, [None, None], [ZERO, HALF], (ONE, ONE, Fraction(1, 5))),
        (GRADE, [None, None], [ONE, MISSING], (ONE, ZERO, None)),
        (GRADE, [None, None], [ONE, DROPPED], (ONE, ZERO, None)),
        (GRADE, [None, None], [DROPPED, DROPPED], (ZERO, ZERO, None)),
    ],
)
def test_each_node_rule(
    tmp_path: Path, combine: Any, worth: list[Any], states: list[State], expected: tuple[Any, ...]
) -> None:
    assert one_node(tmp_path, combine, worth, states) == expected


def test_an_unscored_child_takes_no_place_in_a_grade(tmp_path: Path) -> None:
    grade = {
        "subset-grade": {
            "grades": [{"met": "2", "value": "1"}, {"met": "1", "value": "0.5", "required": ["A2"]}],
            "else": "0",
        }
    }
    below = [standard("A0", scored="no"), standard("A1"), standard("A2")]
    instrument = instrument_of(tmp_path, content_of([indicator("A", 10, below, combine=grade)], 10))
    assert single(run(instrument, [ZERO, ONE])[0].attainment[0]) == HALF
    assert single(run(instrument, [ONE, ZERO])[0].attainment[0]) == ZERO


def test_an_unscored_child_need_not_be_present(tmp_path: Path) -> None:
    below = [standard("A0", scored="no"), standard("A1"), standard("A2")]
    content = content_of([indicator("A", 10, below, combine={"mean": {"present": "1"}})], 10, "equal")
    assert single(run(instrument_of(tmp_path, content), [ONE, ZERO])[0].attainment[0]) == HALF


def test_a_method_keeps_its_share_when_a_leaf_of_it_does_not_apply(tmp_path: Path) -> None:
    below = [
        standard("A1", points=5, methods=("site_visit",)),
        standard("A2", points=5, methods=("site_visit", "survey")),
    ]
    content = content_of([indicator("A", 10, below)], 10, method_shares={"site_visit": "80", "survey": "20"})
    instrument = instrument_of(tmp_path, content)
    codes = [instrument.nodes[place].code for place in instrument.leaves]
    assert codes == ["A1/site_visit", "A2/site_visit", "A2/survey"]
    found, _ = run(instrument, [DROPPED, HALF, ONE])
    assert (found.applicable[0], single(found.attainment[0])) == (ONE, Fraction(6, 10))
    found, _ = run(instrument, [ZERO, ONE, DROPPED])
    assert (found.applicable[0], single(found.attainment[0])) == (Fraction(8, 10), HALF)
    found, _ = run(instrument, [MISSING, ONE, ZERO])
    assert (found.assessed[0], single(found.attainment[0])) == (Fraction(6, 10), Fraction(4, 6))


def test_weights_are_the_coefficients_of_the_children(trees: Any) -> None:
    for seed, shares in ((1, False), (2, True), (4, True)):
        instrument = trees[shares][seed][1]
        found, _ = run(instrument, states_of(instrument, seed, 0.1))
        for node, place in ((node, place) for place, node in enumerate(instrument.nodes) if node.combine.kind == "sum"):
            used = [c for c in node.children if found.weights[c] and single(found.attainment[c]) is not None]
            if used and single(found.attainment[place]) is not None:
                attained = [single(found.attainment[c]) or ZERO for c in used]
                value = sum((found.weights[c] * a for c, a in zip(used, attained, strict=True)), ZERO)
                assert value == single(found.attainment[place])
