"""What the evidence teaches, by hand in fractions, against plain loops, and from histories whose truth is known."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard
from by_hand import DEDUCT, ENTRIES, RULES, attain, kind_of
from scipy import stats

from evalsys.evidence import Assessment, read_assessment
from evalsys.instrument_file import load_instrument
from evalsys.learning import Pairs, Rate, half_life, intervals, pairs, rates, sizes
from evalsys.sightings import Sightings, history, latest

DATA = Path(__file__).parents[1] / "data" / "wujiang-2016"
HALF, ONE, ZERO = Fraction(1, 2), Fraction(1), Fraction(0)
SITES = [
    {"site_id": f"c{n}", "site_type": kind, "name": f"点{n}"}
    for n, kind in enumerate(("community", "community", "hospital", "hospital", "main-road"))
]


def row(standard: str, site: int | None, value: str, day: str = "", turn: str = "r1", **more: str) -> dict[str, str]:
    where = {} if site is None else {"site_id": f"c{site}"}
    return {"standard": standard, "value": value, "observed_on": day, "round": turn, **where, **more}


def read(folder: Path, standards: list[dict], rows: list[dict[str, str]], **more: Any) -> Assessment:
    groups: dict[str, list[dict]] = {}
    for own in standards:
        groups.setdefault(own["code"].partition(".")[0], []).append({**own, "points": "1"})
    below = [indicator(code, len(own), own) for code, own in groups.items()]
    return assessment_of(folder, content_of(below, len(standards)), rows, sites=SITES, **more)


def told(assessment: Assessment, found: Sightings) -> list[tuple[Any, ...]]:
    """Sightings in the words of the file: (standard, site, day, attainment or None, id of the row)."""
    table = assessment.observations
    out = []
    for leaf, site, day, level, at in zip(found.leaf, found.site, found.day, found.attainment, found.row, strict=True):
        node = assessment.instrument.nodes[assessment.instrument.leaves[leaf]]
        name = None if site < 0 else assessment.sites["site_id"][site]
        out.append((node.code.partition("/")[0], name, str(day), level, table["observation_id"][at]))
    return out


# ------------------------------------------------------------------------------------------------ what was seen


def test_every_round_teaches_and_the_latest_day_stands(tmp_path: Path) -> None:
    standards = [standard("1.1", "loss", not_applicable="drop"), standard("1.2", "met")]
    rows = [
        row("1.1", 0, "0", "2024-03-01", "r0"),  # o001
        row("1.1", 0, "0.3", "2024-04-01", "r1"),
        row("1.1", 0, "0.2", "2024-05-01", "r0"),  # o003: later, though of another round
        row("1.1", 1, "0.1", "", "r1"),  # o004: without a day, it is older than the next
        row("1.1", 1, "1", "2020-01-01", "r0"),
        row("1.1", 2, "0", "2024-04-01", "r0"),  # o006
        row("1.1", 2, "不适用", "2024-04-02", "r1"),
        row("1.1", 3, "不适用", "2024-04-01", "r0"),  # o008
        row("1.1", 3, "0.5", "2024-04-02", "r0"),
        row("1.2", 0, "是", "2024-04-01", "r2"),  # o010
        row("1.2", 0, "否", "2024-04-01", "r1"),  # o011: the same day; this one counts
        row("1.2", 1, "否", "", "r0"),
        row("1.2", 1, "是", "", "r2"),  # o013: neither has a day nor counts: the later round by name
        row("1.2", 2, "", "2024-04-01"),  # blank: says nothing
        row("1.1", 4, "0.6", "2024-04-01", "r0"),  # o015: one day of a round not scored, twice: the first by id
        row("1.1", 4, "0.7", "2024-04-01", "r0"),
    ]
    for order in (rows, rows[::-1], random.Random(1).sample(rows, len(rows))):
        named = [{"observation_id": f"o{rows.index(own) + 1:03d}", **own} for own in order]
        assessment = read(tmp_path, standards, named)
        found = history(assessment)
        assert told(assessment, latest(found)) == [
            ("1.1", "c0", "2024-05-01", Fraction(4, 5), "o003"),
            ("1.1", "c1", "2020-01-01", ZERO, "o005"),
            ("1.1", "c2", "2024-04-02", None, "o007"),
            ("1.1", "c3", "2024-04-02", HALF, "o009"),
            ("1.1", "c4", "2024-04-01", Fraction(2, 5), "o015"),
            ("1.2", "c0", "2024-04-01", ZERO, "o011"),
            ("1.2", "c1", "NaT", ONE, "o013"),
        ]
        assert len(found) == 12
        assert set(found.outcome[~found.away]) == set(range(len(found.levels)))  # 0.7 stands nowhere
        last = latest(found)
        assert last.away.tolist() == [False, False, True, False, False, False, False]
        assert last.complied.tolist() == [False, False, False, False, False, False, True]
        types = ["community", "community", "hospital", "hospital", "main-road", "community", "community"]
        assert [last.type_of(kind) for kind in last.kind] == types


def test_every_rule_attains_as_by_hand(tmp_path: Path) -> None:
    single = [rule for rule in RULES if kind_of(rule) not in ("deduct", "none")]
    standards = [standard(f"1.{place}", rule) for place, rule in enumerate(single, 1)]
    rows = [
        row(own["code"], site, value, f"2024-01-{day:02d}")
        for own in standards
        for site in range(2)
        for day, value in enumerate(ENTRIES[kind_of(own["rule"])], 1)
    ]
    assessment = read(tmp_path, standards, rows)
    found = history(assessment)
    by_hand = [
        attain(own["rule"], value) for own in standards for _ in range(2) for value in ENTRIES[kind_of(own["rule"])]
    ]
    assert found.attainment.tolist() == by_hand
    assert found.complied.tolist() == [level == 1 for level in by_hand]


def test_findings_of_one_day_are_one_sighting(tmp_path: Path) -> None:
    standards = [standard("1.1", DEDUCT, not_applicable="drop"), standard("1.2", "none")]
    rows = [
        row("1.1", 0, "垃圾", "2024-01-01", n="3"),
        row("1.1", 0, "占道", "2024-01-01", repeat="重复"),
        row("1.1", 0, "垃圾", "2024-01-01"),
        row("1.1", 0, "无", "2024-01-02"),
        row("1.1", 1, "占道", "2024-01-02"),
        row("1.1", 1, "不适用", "2024-01-02"),  # a finding beside it says that it does apply
        row("1.1", 2, "不适用", "2024-01-02"),
        row("1.1", 3, "垃圾", "", "r0", n="9"),  # without a day: each round by itself, and this one's stands
        row("1.1", 3, "占道", "", "r1"),
        row("1.1", 3, "占道", "", "r1"),
        row("1.2", 0, "2", "2024-01-01"),
        row("1.2", 0, "0", "2024-01-01"),
        row("1.2", 1, "无", "2024-01-01"),
    ]
    for order in (rows, rows[::-1]):
        found = history(read(tmp_path, standards, order))
        # 3 + 1 of litter and 3/2 of obstruction, of 4 points; the cap of 2 is the leaf's, not the sighting's
        levels = [1 - Fraction(11, 2) / 4, ONE, Fraction(7, 8), None, Fraction(3, 4), ZERO, ONE]
        assert found.attainment.tolist() == levels
        held = [found.taken[outcome] if outcome >= 0 else None for outcome in found.outcome]
        taken = [(Fraction(4), Fraction(3, 2)), (ZERO, ZERO), (ZERO, HALF), None, (ZERO, ONE), (), ()]
        assert held == taken
        assert found.away.tolist() == [False, False, False, True, False, False, False]


# ------------------------------------------------------------------------------------------------------- rates


def chain(counts: list[tuple[int, int]], weight: Fraction = ONE) -> tuple[Fraction, Fraction]:
    """Parameters of the last level from (k, n) of the levels, the top first."""
    k, n = counts[0]
    a, b = k + HALF, n - k + HALF
    for k, n in counts[1:]:
        m = a / (a + b)
        a, b = k + weight * m, n - k + weight * (1 - m)
    return a, b


def test_the_chain_of_levels_by_hand(tmp_path: Path) -> None:
    standards = [
        standard("1.1", "loss", not_applicable="drop"),
        standard("1.2", "met", methods=("overall_observation",)),
        standard("1.3", "met"),
        standard("2.1", "met"),
        standard("3.1", "met"),
        standard("4.1", "met", methods=("document_review",)),
        standard("5.1", "met", methods=("online_check",)),
    ]
    rows = [
        row("1.1", 0, "0"),
        row("1.1", 1, "0.2"),
        row("1.1", 2, "0"),
        row("1.1", 3, "不适用"),
        row("1.1", 4, "不适用"),
        row("1.2", 0, "是"),
        row("2.1", 0, "否"),
        row("2.1", 1, "是"),
        row("4.1", None, "否"),
    ]
    assessment = read(tmp_path, standards, rows)
    instrument, last = assessment.instrument, latest(history(assessment))
    wanted = [(0, "main-road"), (1, "hospital"), (2, "hospital"), (4, "community"), (6, None), (0, "community")]
    for weight in (ONE, Fraction(5, 2)):
        found = rates(instrument, last, wanted, float(weight))
        top, first = (4, 6), (3, 4)  # on site; of indicator 1
        expected = {
            (0, "community"): (1, 2, 0, [top, first, (2, 3), (1, 2)], "site_type"),
            (0, "hospital"): (1, 1, 1, [top, first, (2, 3), (1, 1)], "site_type"),
            (0, "main-road"): (0, 0, 1, [top, first, (2, 3)], "leaf"),
            (1, "community"): (1, 1, 0, [top, first, (1, 1), (1, 1)], "site_type"),
            (1, "hospital"): (0, 0, 0, [top, first, (1, 1)], "leaf"),
            (2, "hospital"): (0, 0, 0, [top, first], "indicator"),
            (3, "community"): (1, 2, 0, [top, (1, 2), (1, 2), (1, 2)], "site_type"),
            (4, "community"): (0, 0, 0, [top], "instrument"),
            (5, None): (0, 1, 0, [(0, 1)] * 4, "site_type"),
            (6, None): (0, 0, 0, [(0, 0)], "nothing"),
        }
        assert list(found) == sorted(found, key=lambda cell: (cell[0], cell[1] is not None))
        assert set(found) == set(expected)
        for cell, (k, n, away, counts, source) in expected.items():
            a, b = chain(counts, weight)
            rate = found[cell]
            assert (rate.k, rate.n, rate.away, rate.source) == (k, n, away, source), cell
            assert (rate.leaf, rate.site_type) == cell
            assert rate.a == pytest.approx(float(a), rel=1e-14)
            assert rate.b == pytest.approx(float(b), rel=1e-14)
            assert rate.mean == pytest.approx(float(a / (a + b)), rel=1e-14)
    assert found[0, "hospital"].absent == HALF
    assert (found[0, "main-road"].absent, found[0, "community"].absent) == (1, 0)


@pytest.mark.parametrize("weight", [0, -1, math.nan])
def test_the_level_above_must_count(tmp_path: Path, weight: float) -> None:
    assessment = read(tmp_path, [standard("1.1", "met")], [row("1.1", 0, "是")])
    with pytest.raises(ValueError, match="more than 0"):
        rates(assessment.instrument, latest(history(assessment)), weight=weight)


def sightings(leaf: Any, site: Any, kind: Any, day: Any, complied: Any) -> Sightings:
    """Sightings without a file: an outcome is 1 or 0."""
    complied = np.asarray(complied, dtype=bool)
    return Sightings(
        leaf=np.asarray(leaf),
        site=np.asarray(site),
        kind=np.asarray(kind),
        day=np.asarray(day).astype("datetime64[D]"),
        complied=complied,
        away=np.zeros(len(complied), dtype=bool),
        row=np.arange(len(complied)),
        outcome=np.where(complied, 0, 1),
        levels=(ONE, ZERO),
        taken=((), ()),
        site_types=("a", "b", "c"),
    )


@pytest.mark.parametrize("complied", [True, False])
def test_means_stay_inside_whatever_was_seen(complied: bool) -> None:
    instrument = load_instrument("wujiang-field-2016")
    size = 10**6
    site, same = np.arange(size), np.zeros(size, dtype=int)
    found = rates(instrument, sightings(same, site, same, same, np.full(size, complied)), [(1, "b"), (30, None)], 1e-6)
    assert [rate.source for rate in found.values()] == ["site_type", "indicator", "instrument"]
    assert all(0 < rate.mean < 1 and rate.a > 0 and rate.b > 0 for rate in found.values())
    bounds = intervals(found.values())
    assert ((bounds >= 0) & (bounds <= 1)).all()


def test_intervals_cut_off_equal_tails() -> None:
    found = [Rate(0, None, 0, 0, a, b, "leaf") for a in (0.3, 1.0, 7.5, 300.0) for b in (0.5, 2.0, 40.0)]
    for level in (0.9, 0.5):
        for rate, (low, high) in zip(found, intervals(found, level), strict=True):
            inside, left = stats.beta.cdf(high, rate.a, rate.b), stats.beta.cdf(low, rate.a, rate.b)
            assert left == pytest.approx((1 - level) / 2, rel=1e-9)
            assert inside == pytest.approx((1 + level) / 2, rel=1e-9)
            assert rate.interval(level) == (low, high)
    assert intervals([]).shape == (0, 2)
    assert Rate(0, None, 1, 1, 1.5, 0.5, "leaf").interval() == Rate(0, None, 1, 1, 1.5, 0.5, "leaf").interval(0.9)


# -------------------------------------------------------------------------------------------- sizes of losses


def test_sizes_by_hand(tmp_path: Path) -> None:
    short = {"threshold": {"at_least": "90", "measure": "%"}}
    standards = [
        standard("1.1", "loss", not_applicable="drop"),
        standard("1.2", "loss"),
        standard("1.3", "share"),
        standard("1.4", "met"),
        standard("1.5", short),
        standard("1.6", "met"),
        standard("1.7", {"threshold": {"at_least": "90", "measure": "%", "short": "proportional"}}),
        standard("1.8", {"threshold": {"at_least": "80", "measure": "%", "short": "proportional"}}),
    ]
    rows = [
        row("1.1", 0, "0.2"),
        row("1.1", 1, "0.5", "2024-01-01"),
        row("1.1", 1, "0.2", "2024-01-02"),
        row("1.1", 2, "1"),
        row("1.1", 3, "0"),
        row("1.1", 4, "不适用"),
        row("1.2", 0, "0"),
        row("1.3", 0, "3/3"),
        row("1.6", 0, "否"),
        row("1.7", 0, "45"),
    ]
    assessment = read(tmp_path, standards, rows)
    wanted = [(leaf, "main-road") for leaf in range(8)]
    found = sizes(assessment.instrument, latest(history(assessment)), wanted)
    four, nothing = (Fraction(4, 5), ZERO), (ZERO,)
    assert {cell: (own.levels, own.chance, own.source, own.n) for cell, own in found.items()} == {
        (0, "community"): ((Fraction(4, 5),), (ONE,), "site_type", 2),
        (0, "hospital"): (nothing, (ONE,), "site_type", 1),
        (0, "main-road"): (four, (Fraction(2, 3), Fraction(1, 3)), "leaf", 3),
        (1, "community"): (four, (Fraction(2, 3), Fraction(1, 3)), "alike", 3),
        (1, "main-road"): (four, (Fraction(2, 3), Fraction(1, 3)), "alike", 3),
        (2, "community"): (nothing, (ONE,), "assumed", 0),
        (2, "main-road"): (nothing, (ONE,), "assumed", 0),
        (3, "main-road"): (nothing, (ONE,), "rule", 0),  # not 'alike': nothing else is possible
        (4, "main-road"): (nothing, (ONE,), "rule", 0),
        (5, "community"): (nothing, (ONE,), "site_type", 1),
        (5, "main-road"): (nothing, (ONE,), "leaf", 1),
        (6, "community"): ((HALF,), (ONE,), "site_type", 1),
        (6, "main-road"): ((HALF,), (ONE,), "leaf", 1),
        (7, "main-road"): (nothing, (ONE,), "assumed", 0),  # another limit is another rule
    }
    assert all(own.taken == () for own in found.values())
    own = found[0, "main-road"]
    assert own.mean == Fraction(8, 15)
    # of two levels, the share of the first under the Bayesian bootstrap is Beta(2, 1)
    assert own.error == pytest.approx(0.8 * stats.beta(2, 1).std(), rel=1e-12)
    assert found[2, "community"].error is None


def test_sizes_of_deductions_are_bundles(tmp_path: Path) -> None:
    other = {"deduct": {"kinds": {"垃圾": {"name": {"zh": "垃圾", "en": "L"}, "points": "1"}}, "full": "4"}}
    small, large = ({"deduct": {**DEDUCT["deduct"], "full": full}} for full in ("1.5", "5"))
    tight = {"deduct": {"kinds": {"垃圾": DEDUCT["deduct"]["kinds"]["垃圾"]}, "full": "5"}}
    held = (DEDUCT, DEDUCT, other, DEDUCT, small, large, tight)
    standards = [standard(f"1.{n}", rule) for n, rule in enumerate(held, 1)]
    rows = [
        row("1.1", 0, "占道", "2024-01-01", n="4"),
        row("1.1", 0, "占道", "2024-01-02", n="2"),  # the same level as the next, by another kind
        row("1.1", 1, "垃圾", "2024-01-01"),
        row("1.1", 2, "无", "2024-01-01"),
        row("1.2", 0, "无", "2024-01-01"),
    ]
    assessment = read(tmp_path, standards, rows)
    wanted = [(leaf, "hospital") for leaf in range(2, 7)]
    found = sizes(assessment.instrument, latest(history(assessment)), wanted)
    bundles = ((ZERO, ONE), (ONE, ZERO))
    both = (Fraction(3, 4), Fraction(3, 4)), (HALF, HALF)
    for cell, source in {(0, "community"): "site_type", (0, "hospital"): "leaf", (1, "community"): "alike"}.items():
        own = found[cell]
        assert (own.levels, own.chance, own.taken, own.source, own.n) == (*both, bundles, source, 2)
    assert found[3, "hospital"].source == "alike"
    # a full loss, by the kinds in their order, each up to its cap of 2; nothing may be left for the second
    assumed = {
        2: (ZERO, (Fraction(4),)),
        4: (ZERO, (Fraction(3, 2), ZERO)),
        5: (ZERO, (Fraction(2), Fraction(3))),
        6: (Fraction(3, 5), (Fraction(2),)),
    }
    for leaf, (level, points) in assumed.items():
        own = found[leaf, "hospital"]
        assert (own.levels, own.chance, own.taken, own.source) == ((level,), (ONE,), (points,), "assumed")


# ---------------------------------------------------------------------------------------------------- half-life


def simulated(seed: int, chance: np.ndarray, half: float, sites: int, days: int) -> Sightings:
    """Chains of sites that keep what was seen with weight 2^(-gap / half), else draw anew; chance[leaf, type]."""
    draw = np.random.default_rng(seed)
    leaves, kinds = chance.shape
    leaf, kind, site = (a.ravel() for a in np.indices((leaves, kinds, sites)))
    r = chance[leaf, kind]
    gap = draw.integers(1, 40, (days, len(leaf)))
    state = np.empty((days, len(leaf)), dtype=bool)
    state[0] = draw.random(len(leaf)) < r
    for t in range(1, days):
        keep = draw.random(len(leaf)) < 2.0 ** (-gap[t] / half)
        state[t] = np.where(keep, state[t - 1], draw.random(len(leaf)) < r)
    shape = (len(leaf), days)
    columns = (np.broadcast_to(own[:, None], shape).ravel() for own in (leaf, kind * sites + site, kind))
    leaf, site, kind = columns
    return sightings(leaf, site, kind, np.cumsum(gap, axis=0).T.ravel(), state.T.ravel())


CHANCE = np.array([[0.9, 0.6, 0.75], [0.5, 0.97, 0.8]])


def known_rates(chance: np.ndarray) -> dict[tuple[int, str | None], Rate]:
    return {
        (leaf, name): Rate(leaf, name, 0, 1, 1000 * r, 1000 * (1 - r), "site_type")
        for leaf, row in enumerate(chance.tolist())
        for name, r in zip("abc", row, strict=True)
    }


def test_pairs_by_hand(tmp_path: Path) -> None:
    standards = [standard("1.1", "met", not_applicable="drop"), standard("1.2", "met")]
    rows = [
        row("1.1", 0, "是", "2024-01-01", "r0"),
        row("1.1", 0, "否", "2024-01-11", "r0"),
        row("1.1", 0, "不适用", "2024-01-12"),  # says nothing: the pair goes on to the next
        row("1.1", 0, "否", "2024-02-10"),
        row("1.1", 0, "否", "", "r2"),
        row("1.1", 1, "是", "2024-01-01"),
        row("1.1", 1, "是", "2024-01-01", "r0"),
        row("1.1", 2, "是", "2024-01-01"),
        row("1.1", 2, "否", "2024-01-11"),
        row("1.1", 3, "是", "2024-01-01"),
        row("1.1", 3, "否", "2024-01-11"),
        row("1.2", None, "是", "2024-01-01"),
        row("1.2", None, "否", "2024-01-11"),  # not at a site
    ]
    assessment = read(tmp_path, standards, rows)
    names = {None: 0.5, "community": 0.9, "hospital": 0.8}
    learnt = {(leaf, name): Rate(leaf, name, 0, 1, p, 1 - p, "leaf") for leaf in (0, 1) for name, p in names.items()}
    found = pairs(history(assessment), learnt)
    cases = zip(
        found.same.tolist(), found.chance.round(12).tolist(), found.gap.tolist(), found.count.tolist(), strict=True
    )
    assert sorted(cases) == [(False, 0.1, 10, 1), (False, 0.2, 10, 2), (True, 0.1, 30, 1)]


def test_the_likelihood_is_that_of_a_plain_loop() -> None:
    found = simulated(5, CHANCE, 30, 7, 6)
    by_type = known_rates(CHANCE)
    for half in (1.0, 17.5, 3650.0):
        total = 0.0
        for i in range(1, len(found)):
            if (found.leaf[i], found.site[i]) != (found.leaf[i - 1], found.site[i - 1]):
                continue
            r = by_type[int(found.leaf[i]), "abc"[found.kind[i]]].mean
            w = 0.5 ** (float((found.day[i] - found.day[i - 1]).astype(int)) / half)
            now, before = bool(found.complied[i]), bool(found.complied[i - 1])
            total += math.log(w * (now == before) + (1 - w) * (r if now else 1 - r))
        own = pairs(found, by_type)
        assert float(own.log_likelihood(half)) == pytest.approx(total, rel=1e-12)
    assert own.count.sum() == 2 * 3 * 7 * 5
    assert own.log_likelihood(np.array([1.0, 3650.0])).shape == (2,)


def test_the_interval_is_where_the_likelihood_drops() -> None:
    own = pairs(simulated(6, CHANCE, 25, 40, 6), known_rates(CHANCE))
    found = half_life(own)
    assert found.why is None
    assert (found.pairs, found.changed) == (1200, int(own.count[~own.same].sum()))
    fine = np.exp(np.linspace(0, np.log(3650), 4001))
    heights = own.log_likelihood(fine)
    top = float(own.log_likelihood(found.days))
    assert top >= heights.max()
    assert found.days == pytest.approx(fine[heights.argmax()], rel=2.1e-3)
    drop = stats.chi2.ppf(0.9, 1) / 2
    for end in (found.low, found.high):
        assert float(own.log_likelihood(end)) == pytest.approx(top - drop, abs=1e-6)
    held = (fine > found.low) & (fine < found.high)
    assert (held == (heights > top - drop)).all()


def count_within(covered: list[bool], nominal: float = 0.9) -> bool:
    """Whether a count is one that Binomial(n, nominal) exceeds on neither side with a chance of 3.4e-6 (4.5 sigma)."""
    law = stats.binom(len(covered), nominal)
    return bool(law.ppf(3.4e-6) <= sum(covered) <= law.isf(3.4e-6))


@pytest.mark.parametrize("half", [6.0, 40.0])
def test_the_interval_covers_the_true_half_life(half: float) -> None:
    """The truth lies inside in 9 of 10 histories. False alarms: 7e-6, as far as the likelihood is chi-squared."""
    found = [half_life(pairs(simulated(seed, CHANCE, half, 30, 6), known_rates(CHANCE))) for seed in range(150)]
    covered = [own.low < half < own.high for own in found]
    assert count_within(covered)
    assert not count_within([own.low < 1.3 * half < own.high for own in found])


def test_learnt_rates_and_half_life_cover_the_truth() -> None:
    """Rates by the last sighting of each site: how often each interval covers is known by enumeration of k.

    With the learnt rates the half-life is covered nearly as often as with the true ones. |z| < 4.5: false alarms 7e-6.
    """
    instrument = load_instrument("wujiang-field-2016")
    sites, covered, expected, inside = 150, [], [], []
    for seed in range(40):
        seen = simulated(1000 + seed, CHANCE, 20.0, sites, 4)
        learnt = rates(instrument, latest(seen))
        bounds = intervals(learnt.values())
        for (leaf, name), (low, high) in zip(learnt, bounds, strict=True):
            r, rate = CHANCE[leaf, "abc".index(str(name))], learnt[leaf, name]
            assert (rate.n, rate.source) == (sites, "site_type")
            covered.append(low < r < high)
            k, prior = np.arange(sites + 1), rate.a - rate.k
            ends = stats.beta.ppf([[0.05], [0.95]], k + prior, sites - k + 1 - prior)
            expected.append(stats.binom(sites, r).pmf(k) @ ((ends[0] < r) & (r < ends[1])))
        own = half_life(pairs(seen, learnt))
        inside.append(own.low < 20 < own.high)
    p = np.array(expected)
    assert 0.8 < p.mean() < 0.95
    assert abs(sum(covered) - p.sum()) < 4.5 * np.sqrt((p * (1 - p)).sum())
    assert count_within(inside)


def test_the_order_of_sightings_in_the_file_does_not_matter(tmp_path: Path) -> None:
    draw = random.Random(3)
    standards = [standard("1.1", "loss"), standard("1.2", DEDUCT), standard("2.1", "met")]
    values = {"1.1": ("0", "0", "0.2"), "1.2": ("无", "无", "垃圾"), "2.1": ("是", "是", "否")}
    rows = [
        {"observation_id": f"{code}-{site}-{day}", **row(code, site, draw.choice(held), f"2024-01-{day:02d}")}
        for code, held in values.items()
        for site in range(5)
        for day in range(1, 29, 3)
    ]
    found = []
    for order in (rows, draw.sample(rows, len(rows))):
        assessment = read(tmp_path, standards, order)
        seen = history(assessment)
        learnt = rates(assessment.instrument, latest(seen))
        own = sizes(assessment.instrument, latest(seen))
        found.append((told(assessment, seen), learnt, own, half_life(pairs(seen, learnt))))
    assert found[0] == found[1]
    assert found[0][3].pairs == 135


def of(same: list[bool], gap: int, count: int, chance: float = 0.5) -> Pairs:
    size = len(same)
    return Pairs(np.array(same), np.full(size, chance), np.full(size, gap), np.full(size, count))


def test_no_half_life_where_the_evidence_does_not_tell() -> None:
    few = half_life(of([True], 7, 29))
    assert (few.days, few.low, few.high, few.pairs) == (None, None, None, 29)
    assert few.why is not None
    assert "29" in few.why.zh
    assert half_life(Pairs(*(np.zeros(0, dtype=t) for t in (bool, float, int, int)))).pairs == 0
    never = half_life(of([True], 7, 100))
    assert (never.days, never.high, never.changed) == (None, 3650, 0)
    assert never.low > 100
    always = half_life(of([False], 7, 100))
    assert (always.days, always.low, always.changed) == (None, 1, 100)
    assert always.high < 7
    flat = half_life(of([True, False], 10**6, 20))
    assert (flat.days, flat.low, flat.high) == (None, 1, 3650)
    slow = Pairs(np.array([True, False]), np.array([0.5, 0.5]), np.array([1, 1]), np.array([99999, 1]))
    assert half_life(slow).days is None
    assert half_life(slow).low > 3000
    reasons = [own.why.en for own in (few, never, always, flat, half_life(slow)) if own.why]
    assert len(set(reasons)) == 5


def test_nothing_seen_teaches_nothing(tmp_path: Path) -> None:
    assessment = read(tmp_path, [standard("1.1", "loss")], [])
    seen = history(assessment)
    assert len(seen) == len(latest(seen)) == 0
    learnt = rates(assessment.instrument, latest(seen), [(0, "community")])
    assert [(rate.mean, rate.source) for rate in learnt.values()] == [(0.5, "nothing")]
    own = sizes(assessment.instrument, latest(seen), [(0, "community")])
    assert [(found.levels, found.source) for found in own.values()] == [((ZERO,), "assumed")]
    assert sizes(assessment.instrument, latest(seen)) == rates(assessment.instrument, latest(seen)) == {}
    assert half_life(pairs(seen, learnt)).pairs == 0


# -------------------------------------------------------------------------------------------------- real evidence


def test_wujiang_teaches_rates_and_sizes_but_no_half_life() -> None:
    assessment = read_assessment(DATA)
    seen = history(assessment)
    last = latest(seen)
    table = assessment.observations
    assert len(last) == len(seen) == len(table)
    assert last.complied.sum() == (table["value"].astype(float) == 0).sum()
    learnt, own = rates(assessment.instrument, last), sizes(assessment.instrument, last)
    assert learnt.keys() == own.keys()
    assert sum(rate.n for rate in learnt.values()) == len(table)
    assert all(0 < rate.mean < 1 for rate in learnt.values())
    assert all(sum(found.chance) == 1 and max(found.levels) < 1 for found in own.values())
    assert half_life(pairs(seen, learnt)).days is None
