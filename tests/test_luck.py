"""Luck between two rounds: against the same exchange written out as rows and scored by the one scoring function."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.evidence import read_assessment
from evalsys.luck import Luck, _exchanges, _Rows, luck_of, units_of
from evalsys.scoring import score

NO_ALARM = 4.5  # |z| of a right program exceeds it with chance 7e-6
AT = [{"site_type": "community"}, {"site_type": "main-road"}]
DEDUCT = {
    "deduct": {
        "kinds": {
            "垃圾": {"name": {"zh": "垃圾", "en": "Litter"}, "points": "1", "cap": "1.5"},
            "占道": {"name": {"zh": "占道", "en": "Obstruction"}, "points": "0.5"},
        },
        "full": "4",
    }
}


def two(folder, content, then, now, sites):
    """Write rounds r0 and r1 of (standard, site) -> value or list of values, and score both."""
    table = [
        {"site_id": name, "site_type": kind, "name": name, "area": "", "units": ""} for name, kind in sites.items()
    ]
    rows = [
        {"standard": code, "site_id": site, "value": value, "round": own, "observed_on": f"2026-05-0{day}"}
        for day, (own, held) in enumerate((("r0", then), ("r1", now)), 1)
        for (code, site), values in held.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    here = score(assessment_of(folder, content, rows, sites=table))
    return score(read_assessment(folder, round="r0")), here


def by_rows(before, now):
    """List every exchange as rows that count, and return the changes of the score, exactly."""
    a, b = before.assessment.observations, now.assessment.observations
    sides = (a["counts"].to_numpy(), b["counts"].to_numpy())
    keys = [(0, site) if site >= 0 else (1, leaf) for leaf, site in zip(a["leaf"], a["site"], strict=True)]
    types = now.assessment.sites["site_type"].tolist()
    seen = [{key for key, own in zip(keys, side, strict=True) if own} for side in sides]
    both = sorted(seen[0] & seen[1])
    alone = {}
    for key in sorted(seen[0] ^ seen[1]):
        if key[0] == 0:
            alone.setdefault(types[key[1]], []).append(key)
    subsets = [
        [set(part) for part in itertools.combinations(own, sum(key in seen[1] for key in own))]
        for own in alone.values()
    ]
    out = []
    for swaps in itertools.product((False, True), repeat=len(both)):
        swapped = {key for key, swap in zip(both, swaps, strict=True) if swap}
        for parts in itertools.product(*subsets):
            later = set().union(*parts)
            moved = swapped | {k for own in alone.values() for k in own if (k in later) != (k in seen[1])}
            counts = [
                np.array([sides[1 - own if key in moved else own][row] for row, key in enumerate(keys)])
                for own in (0, 1)
            ]
            values = [score(replace(now.assessment, observations=b.assign(counts=held))).value for held in counts]
            out.append(values[1] - values[0])
    return out


def agrees(before, now, found):
    truth = by_rows(before, now)
    change = now.value - before.value
    assert found.whole
    assert found.chance == pytest.approx(sum(abs(d) >= abs(change) for d in truth) / len(truth), abs=1e-12)
    assert found.sd == pytest.approx(math.sqrt(sum(d * d for d in truth) / len(truth)), abs=1e-8)
    assert found.change == pytest.approx(float(change), abs=1e-12)
    return truth


def linear():
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    return content_of([indicator("1", 10, below)], 10)


def test_sites_seen_both_times_flip_their_change_as_a_whole(tmp_path):
    """A score that adds up: sd^2 is the sum of squares of what the sites change, and nothing where nothing changed."""
    sites = dict.fromkeys("abcd", "community")
    then = {("1.1", "a"): "1", ("1.2", "a"): "0.5", ("1.1", "b"): "0.2", ("1.1", "c"): "0", ("1.1", "d"): "0.7"}
    now = {("1.1", "a"): "0", ("1.2", "a"): "1", ("1.1", "b"): "0.1", ("1.1", "c"): "0.4", ("1.1", "d"): "0.7"}
    before, after = two(tmp_path, linear(), then, now, sites)
    found = luck_of(before, after)
    # of 6 points a quarter each for 1.1, of 4 points for 1.2, seen at a only: a +1.5 - 2, b +0.15, c -0.6, d 0
    moved = [Fraction(-1, 2), Fraction(15, 100), Fraction(-6, 10)]
    assert found.change == pytest.approx(float(sum(moved)), abs=1e-12)
    assert found.sd == pytest.approx(math.sqrt(sum(float(d) ** 2 for d in moved)), abs=1e-12)
    signed = [sum(s * d for s, d in zip(signs, moved, strict=True)) for signs in itertools.product((-1, 1), repeat=3)]
    assert (found.sets, found.whole) == (8, True)
    assert found.chance == sum(abs(d) >= abs(sum(moved)) for d in signed) / 8
    assert found.z == pytest.approx(found.change / found.sd, abs=1e-12)
    assert [unit.same for unit in units_of(before, after)] == [False, False, False, True]
    agrees(before, after, found)


def test_sites_seen_once_are_drawn_anew_within_their_type(tmp_path):
    """Three communities then, two others now; the main road seen once only has none to be exchanged with."""
    sites = {**dict.fromkeys("abcde", "community"), "r": "main-road"}
    then = {("1.1", "a"): "1", ("1.1", "b"): "0.5", ("1.1", "c"): "0.2", ("1.2", "a"): "0"}
    now = {("1.1", "d"): "0", ("1.1", "e"): "0.1", ("1.2", "d"): "0.3", ("1.1", "r"): "0.9"}
    before, after = two(tmp_path, linear(), then, now, sites)
    found = luck_of(before, after)
    assert found.sets == math.comb(5, 2)
    truth = agrees(before, after, found)
    assert len(set(truth)) > 5


RULES = {
    "cap": [
        indicator(
            "1", 10, [standard("1.1", points=8, checked_at=AT), standard("1.2", points=5, checked_at=AT)], combine="cap"
        )
    ],
    "some sites": [
        indicator(
            "1",
            10,
            [standard("1.1", {"met": {"over_sites": "2"}}, 6, checked_at=AT), standard("1.2", "met", 4, checked_at=AT)],
        )
    ],
    "all sites": [
        indicator(
            "1",
            10,
            [
                standard("1.1", {"met": {"over_sites": "all"}}, 6, checked_at=AT),
                standard("1.2", "met", 4, checked_at=AT),
            ],
        )
    ],
    "findings": [
        indicator("1", 10, [standard("1.1", DEDUCT, 6, checked_at=AT), standard("1.2", "none", 4, checked_at=AT)])
    ],
    "not applicable": [
        indicator(
            "1",
            10,
            [
                standard("1.1", points=6, checked_at=AT, not_applicable="drop"),
                standard("1.2", points=4, checked_at=AT, not_applicable="full"),
            ],
        )
    ],
}
SAID = {
    "cap": (["0", "0.3", "1"],) * 2,
    "some sites": (["是", "否"],) * 2,
    "all sites": (["是", "否"],) * 2,
    "findings": (["无", "垃圾", ["垃圾", "占道"], ["垃圾", "垃圾"]], ["0", "1", "0"]),
    "not applicable": (["0", "0.5", "不适用"],) * 2,
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if place % 2 else []) for place, name in enumerate(RULES)]
)
def test_any_rule_exchanges_as_its_rows_would(tmp_path, name):
    rng = np.random.default_rng(sorted(RULES).index(name))
    sites = {**dict.fromkeys("abcd", "community"), **dict.fromkeys("rs", "main-road")}

    def seen(where):
        held = {}
        for site in where:
            for code, said in zip(("1.1", "1.2"), SAID[name], strict=True):
                held[code, site] = said[int(rng.integers(len(said)))]
        return held

    content = content_of([*RULES[name], indicator("2", 3, [standard("2.1", "met", 3)])], 13)
    then, now = seen("abcr"), seen("abds")
    then["2.1", ""], now["2.1", ""] = "是", "否"
    before, after = two(tmp_path, content, then, now, sites)
    truth = agrees(before, after, luck_of(before, after))
    assert len(set(truth)) > 3


def test_a_leaf_with_too_few_sites_is_not_decided_in_an_exchange_either(tmp_path):
    """Two must comply, and one exchange leaves a round with one check of it: it leaves that round's score."""
    content = content_of(RULES["some sites"], 10)
    then = {("1.1", "a"): "是", ("1.1", "b"): "否", ("1.2", "a"): "是", ("1.2", "c"): "否"}
    now = {("1.1", "a"): "是", ("1.2", "a"): "否", ("1.2", "b"): "是", ("1.1", "c"): "否"}
    before, after = two(tmp_path, content, then, now, dict.fromkeys("abc", "community"))
    agrees(before, after, luck_of(before, after))


def test_drawn_exchanges_are_those_listed(tmp_path):
    """z-tests of the mean square and of the share as far as the change, against the list of all 120 exchanges."""
    rng = np.random.default_rng(7)
    sites = dict.fromkeys("abcdefghi", "community")
    then = {("1.1", site): str(rng.integers(0, 11) / 10) for site in "abcde"}
    now = {("1.1", site): str(rng.integers(0, 11) / 10) for site in "abcfghi"}
    before, after = two(tmp_path, linear(), then, now, sites)
    whole, count = luck_of(before, after), 4000
    assert whole.whole
    assert whole.sets == 2**3 * math.comb(6, 2)
    drawn = luck_of(before, after, draws=100)  # fewer than there are
    assert not drawn.whole
    held = _Rows(before, after)
    swaps, listed = _exchanges(held.units, 100, 3)
    assert not listed
    now = np.array([unit.now for unit in held.units])
    alone = now != np.array([unit.before for unit in held.units])
    assert set((swaps ^ now)[:, alone].sum(axis=1).tolist()) == {4}
    swaps = np.concatenate([_exchanges(held.units, 100, seed)[0] for seed in range(count // 100)])
    squares = held.changes(swaps) ** 2
    z = (squares.mean() - whole.sd**2) / (squares.std() / math.sqrt(len(squares)))
    assert abs(z) < NO_ALARM
    far = (np.sqrt(squares) >= abs(whole.change) - 1e-9).mean()
    assert 0.01 < whole.chance < 0.99
    assert abs(far - whole.chance) / math.sqrt(whole.chance * (1 - whole.chance) / len(squares)) < NO_ALARM


def test_the_seed_decides_and_no_chance_is_0(tmp_path):
    rng = np.random.default_rng(1)
    sites = {f"s{number:02d}": "community" for number in range(20)}
    then = {("1.1", site): "1" for site in sites}
    now = {("1.1", site): str(rng.integers(0, 3) / 10) for site in sites}
    before, after = two(tmp_path, linear(), then, now, sites)
    found = luck_of(before, after, draws=300)
    assert found == luck_of(before, after, draws=300)
    assert found.sd != luck_of(before, after, draws=300, seed=1).sd
    assert (found.chance, found.whole, found.noise) == (1 / 301, False, False)
    assert found.verdict.zh == "超出随机波动范围"


def test_words():
    assert Luck(0.0, 0.0, None, 1.0, 1, True).verdict.zh == "没有变化"
    assert Luck(1.0, 1.0, 1.0, 0.05, 1, True).verdict.en == "within noise"
    assert Luck(1.0, 1.0, 1.0, 0.049, 1, True).verdict.en == "more than noise"


def test_no_score_no_luck(tmp_path):
    sites = {"a": "community"}
    content = content_of([indicator("1", 10, [standard("1.1", points=10, checked_at=AT)])], 10)
    before, after = two(tmp_path, content, {("1.1", "a"): ""}, {("1.1", "a"): "0"}, sites)
    assert before.value is None
    assert luck_of(before, after) is None
