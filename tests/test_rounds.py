"""What changed between rounds, kinds of day, and plans: by hand, by full enumeration, and against scipy."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import assessment_of, content_of, indicator, standard
from scipy.stats import binomtest

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.forecast_views import change_since
from evalsys.forecasting import forecast
from evalsys.limits import Job, Limits
from evalsys.mending import Gain, Worth
from evalsys.planning import Plan
from evalsys.rounds import (
    KINDS,
    _sign_flips,
    announced_gap,
    compare_plans,
    compare_rounds,
    known_by,
    rounds_of,
)
from evalsys.scoring import score

AT = [{"site_type": "community"}]


def assessed(folder, looks, below=None, days=True, settings=None):
    """Write rounds r0, r1, ... of (standard, site) -> value; the last one is the present round."""
    sites = sorted({site for held in looks for _, site in held if site})
    table = [{"site_id": name, "site_type": "community", "name": name, "units": f"{name}局"} for name in sites]
    rows = [
        {
            "standard": code,
            "site_id": site,
            "value": value,
            "round": f"r{turn}",
            **({"observed_on": f"2026-0{turn + 1}-10"} if days else {}),
        }
        for turn, held in enumerate(looks)
        for (code, site), value in held.items()
    ]
    below = below or [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    content = content_of([indicator("1", 10, below)], 10)
    given = {"round": f"r{len(looks) - 1}", **(settings or {})}
    return assessment_of(folder, content, rows, given, sites=table)


def compared(folder, looks, earlier="r0", **more):
    here = score(assessed(folder, looks, **more))
    return compare_rounds(score(read_assessment(folder, round=earlier)), here, chances=False)


def kinds_of(found):
    nodes, sites = found.now.assessment.instrument.nodes, found.now.assessment.sites["site_id"].tolist()
    return {
        (nodes[nodes[row.leaf].parent].code, sites[row.site] if row.site >= 0 else ""): row.kind
        for row in found.findings
    }


@pytest.mark.parametrize("days", [True, False])
def test_what_became_of_each_finding(tmp_path, days):
    """Looks at r0, r1, r2, r3; r1 is compared with r3. 1 falls short, 0 complies, . is not looked at."""
    seen = {
        "a": ("0101", "back"),  # found, fixed between, there again
        "b": ("0111", "open"),
        "c": ("0110", "fixed"),
        "d": ("010.", "unseen"),
        "e": ("0001", "new"),
        "f": ("1001", "back"),  # found before the earlier round, complied then
        "g": ("1011", "back"),
        "h": ("...1", "new"),
        "i": ("1.11", "open"),  # not looked at in the earlier round
        "j": ("1.01", "back"),
        "k": ("0..1", "new"),
        "l": ("1011", "back"),
        "m": ("1111", "open"),
        "n": ("10" + "00", None),
        "o": (".100", "fixed"),
    }
    looks = [{("1.1", site): row[turn] for site, (row, _) in seen.items() if row[turn] != "."} for turn in range(4)]
    looks[1]["1.1", "p"], looks[2]["1.1", "p"], looks[3]["1.1", "p"] = "1", "1", "1"
    looks[0]["1.1", "p"], looks[0]["1.1", "q"], looks[1]["1.1", "q"], looks[3]["1.1", "q"] = "0", "1", "1", "1"
    found = compared(tmp_path, looks, "r1", days=days)
    truth = {("1.1", site): kind for site, (_, kind) in seen.items() if kind}
    assert kinds_of(found) == {**truth, ("1.1", "p"): "open", ("1.1", "q"): "open"}
    assert [row.kind for row in found.findings] == sorted((row.kind for row in found.findings), key=list(KINDS).index)
    (one,) = (row for row in found.findings if row.kind == "unseen")
    assert one.units == ("d局",)
    assert sum(row.lost_now for row in found.findings) == found.now.lost
    assert sum(row.lost_before for row in found.findings) == found.before.lost


def test_a_finding_that_was_open_since_before_the_earlier_round_did_not_come_back(tmp_path):
    """It came back before the earlier round; between the two it never complied."""
    looks = [{("1.1", "a"): "1"}, {("1.1", "a"): "0"}, {("1.1", "a"): "1"}, {("1.1", "a"): "1"}]
    assert kinds_of(compared(tmp_path, looks, "r2")) == {("1.1", "a"): "open"}


def test_of_several_looks_in_a_round_the_latest_stands(tmp_path):
    """Between the two rounds a complied, and then fell short again in the same round: that round saw it open."""
    here = assessed(tmp_path, [{("1.1", "a"): "1"}, {("1.1", "a"): "0"}, {("1.1", "a"): "1"}])
    table = here.observations
    again = table.iloc[[0]].assign(
        observation_id="z9", round="r1", observed_on=table["observed_on"].iloc[1] + np.timedelta64(3, "D")
    )
    for more, kind in (([], "back"), ([again], "open")):
        rows = pd.concat([table, *more], ignore_index=True)
        rows["counts"] = rows["round"] == "r2"
        now = score(replace(here, observations=rows))
        first = rows.assign(counts=rows["round"] == "r0")
        then = score(replace(here, observations=first, settings=replace(here.settings, round="r0")))
        assert kinds_of(compare_rounds(then, now, chances=False)) == {("1.1", "a"): kind}


def test_a_shortfall_that_its_rule_forgives_is_not_fixed(tmp_path):
    below = [standard("1.1", {"met": {"over_sites": "2"}}, 6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    looks = [{("1.1", "a"): "否", ("1.1", "b"): "否", ("1.1", "c"): "是"}]
    looks.append({("1.1", "a"): "否", ("1.1", "b"): "是", ("1.1", "c"): "是"})
    assert kinds_of(compared(tmp_path, looks, below=below)) == {("1.1", "a"): "forgiven", ("1.1", "b"): "fixed"}


def test_the_change_parts_into_sites_seen_both_times_and_the_sample(tmp_path):
    """By hand: 1.1 at a and b both times, c then, d now; 1.2 at a both times, at c then."""
    looks = [
        {("1.1", "a"): "0.5", ("1.1", "b"): "1", ("1.1", "c"): "0", ("1.2", "a"): "0.2", ("1.2", "c"): "1"},
        {("1.1", "a"): "0", ("1.1", "b"): "0.8", ("1.1", "d"): "0.3", ("1.2", "a"): "0.3"},
    ]
    found = compared(tmp_path, looks)
    then = 6 * (1 - Fraction(15, 30)) + 4 * (1 - Fraction(12, 20))
    now = 6 * (1 - Fraction(11, 30)) + 4 * (1 - Fraction(3, 10))
    both = 6 * (Fraction(15, 20) - Fraction(8, 20)) + 4 * Fraction(-1, 10)
    assert (found.change, found.at_both, found.of_sample) == (now - then, both, now - then - both)
    assert (found.both, found.only_before, found.only_now) == (3, 2, 1)


def test_nothing_seen_both_times(tmp_path):
    found = compared(tmp_path, [{("1.1", "a"): "1"}, {("1.1", "b"): "0"}])
    assert (found.change, found.at_both, found.of_sample, found.both) == (10, None, None, 0)


def test_findings_agree_with_the_page_of_an_earlier_round(tmp_path):
    rng = np.random.default_rng(5)
    sites = [f"s{number:02d}" for number in range(30)]
    looks = [
        {(c, s): str(rng.integers(0, 3) / 2) for c in ("1.1", "1.2") for s in sites if rng.random() < 0.7}
        for _ in range(3)
    ]
    found = compared(tmp_path, looks)
    page = change_since(found.before, found.now)
    places = {kind: {(row.leaf, row.site) for row in found.findings if row.kind == kind} for kind in KINDS}
    before = {(row.leaf, row.site) for row in found.findings if row.lost_before}
    assert places["fixed"] == set(page.went)
    assert (places["open"] | places["back"] | places["new"]) & before == set(page.stayed)
    assert len(places["unseen"]) == page.unseen
    assert found.moved == page.moved
    assert min(len(places[kind]) for kind in KINDS if kind != "forgiven") > 0


def test_the_chance_before_rests_on_what_was_known_then(tmp_path):
    rng = np.random.default_rng(2)
    settings = {"pass_mark": "80%", "draw": [{"site_type": "community", "sites": 4}], "frame": "complete"}
    looks = [{(c, s): str(rng.integers(0, 3) / 4) for c in ("1.1", "1.2") for s in "abcdef"} for _ in range(3)]
    own = {"inspection_date": "2026-06-01", **settings}
    here = score(assessed(tmp_path / "all", looks, settings=own))
    found = compare_rounds(score(read_assessment(tmp_path / "all", round="r1")), here)
    alone = forecast(assessed(tmp_path / "two", looks[:2], settings=own))
    assert found.chances == (pytest.approx(alone.chance, abs=1e-12), forecast(here.assessment).chance)
    assert 0 < found.chances[0] < 1
    assert found.chances[0] != pytest.approx(found.chances[1], abs=1e-3)
    assert set(known_by(found.before.assessment).observations["round"]) == {"r0", "r1"}
    assert rounds_of(here.assessment) == ("r0", "r1", "r2")


def test_rounds_go_by_their_last_day_else_by_name(tmp_path):
    looks = [{("1.1", "a"): "1"}] * 3
    here = assessed(tmp_path, looks)
    days = here.observations["observed_on"].to_numpy()[::-1].copy()
    assert rounds_of(replace(here, observations=here.observations.assign(observed_on=days))) == ("r2", "r1", "r0")


# ------------------------------------------------------------------------------------- ordinary and announced days


def looked(folder, announced, ordinary):
    """Score one look on an announced day and one on an ordinary day: (standard, site) -> falls short."""
    made = [{key: "1" if short else "0" for key, short in held.items()} for held in (announced, ordinary)]
    return announced_gap(assessed(folder, made), ["r0"], ["r1"])


@pytest.mark.parametrize(("worse", "better"), [(9, 2), (5, 5), (1, 0), (7, 0), (0, 4)])
def test_one_check_at_a_site_is_mcnemar(tmp_path, worse, better):
    sites = [f"s{number:02d}" for number in range(worse + better + 4)]
    first = {("1.1", s): worse <= n < worse + better or n == len(sites) - 1 for n, s in enumerate(sites)}
    second = {("1.1", s): n < worse or n == len(sites) - 1 for n, s in enumerate(sites)}
    found = looked(tmp_path, first, second)
    assert found.chance == pytest.approx(binomtest(worse, worse + better).pvalue, abs=1e-12)
    assert found.checks == len(sites)
    assert found.difference == Fraction(100 * (worse - better), len(sites))
    assert (found.announced, found.ordinary) == (Fraction(better + 1, len(sites)), Fraction(worse + 1, len(sites)))


@pytest.mark.parametrize("gaps", [[1, 2, -1, 0, 3, 1], [2, 2, -3, 1], [0, 0], [5], [-1, -4, 2, 2, 1, 1, 1, 3]])
def test_signs_flip_as_enumerated(gaps):
    every = [
        abs(sum(s * d for s, d in zip(signs, gaps, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(gaps))
    ]
    truth = Fraction(sum(value >= abs(sum(gaps)) for value in every), len(every))
    assert _sign_flips(np.array(gaps)) == pytest.approx(float(truth), abs=1e-14)


def test_many_sites_keep_their_precision():
    """600 sites of which all are worse: 2^-599 is far below, not 0; and 10 000 steps stay exact to 1e-12."""
    assert _sign_flips(np.ones(600, dtype=np.int64)) == pytest.approx(2.0**-599, rel=1e-12)
    gaps = np.array([1] * 520 + [-1] * 480)
    assert _sign_flips(gaps) == pytest.approx(binomtest(520, 1000).pvalue, rel=1e-10)


def test_sites_flip_with_all_their_checks_and_cluster(tmp_path):
    """By hand: a +2 of 2 checks, b -1 of 1, c 0 of 2, d +1 of 1; what only one day saw is left out."""
    first = {("1.1", "a"): 0, ("1.2", "a"): 0, ("1.1", "b"): 1, ("1.1", "c"): 1, ("1.2", "c"): 0, ("1.1", "d"): 0}
    second = {("1.1", "a"): 1, ("1.2", "a"): 1, ("1.1", "b"): 0, ("1.1", "c"): 0, ("1.2", "c"): 1, ("1.1", "d"): 1}
    found = looked(tmp_path, {**first, ("1.2", "b"): 1}, {**second, ("1.2", "d"): 1})
    assert (found.checks, found.difference) == (6, Fraction(100, 3))
    # +-2 +-1 +-1: 2 or more away from 0 unless 2 - 1 - 1 or -2 + 1 + 1
    assert found.chance == pytest.approx(6 / 8, abs=1e-15)
    rest = [2 - 2 / 3, -1 - 1 / 3, 0 - 2 / 3, 1 - 1 / 3]
    assert found.error == pytest.approx(100 * math.sqrt(4 / 3 * sum(r * r for r in rest)) / 6, abs=1e-12)
    sites = [row.site for row in found.sites]
    assert sites[0] == 0
    assert sites[-1] == 1
    worst = found.sites[0]
    assert (worst.announced, worst.ordinary, len(worst.leaves)) == (0, 2, 2)


def test_the_latest_look_of_each_side_counts(tmp_path):
    looks = [{("1.1", "a"): "1"}, {("1.1", "a"): "1"}, {("1.1", "a"): "0"}, {("1.1", "a"): "1"}]
    here = assessed(tmp_path, looks)
    found = announced_gap(here, ["r1", "r2"], ["r0", "r3"])
    assert (found.announced, found.ordinary, found.error) == (0, 1, None)
    assert announced_gap(here, ["r2", "r1"], ["r3"]) == announced_gap(here, ["r1", "r2"], ["r3"])


def test_rounds_that_are_unknown_or_on_both_sides(tmp_path):
    here = assessed(tmp_path, [{("1.1", "a"): "1"}, {("1.1", "a"): "1"}])
    with pytest.raises(InputFaults) as caught:
        announced_gap(here, ["r0", "x"], ["r0", "r1", "y"])
    assert [(f.problem, f.file, f.value) for f in caught.value.faults] == [
        ("unknown_name", "announced", "x"),
        ("named_twice", "ordinary", "r0"),
        ("unknown_name", "ordinary", "y"),
    ]
    assert caught.value.faults[0].allowed == "r0 r1"


def test_no_check_made_on_both_kinds_of_day(tmp_path):
    found = looked(tmp_path, {("1.1", "a"): 1}, {("1.1", "b"): 1})
    assert (found.checks, found.sites, found.difference, found.chance) == (0, (), None, None)


# -------------------------------------------------------------------------------------------------- two plans

OPTIONS = tuple(
    SimpleNamespace(fix=fix, level=level, name=f"{fix} {level}")
    for fix, level in (("f1", "a"), ("f1", "b"), ("f2", ""), ("f3", ""), ("f4", ""))
)
FIXES = SimpleNamespace(options=OPTIONS, after=lambda places: tuple(places))


def plan(jobs, cost, points, chance):
    return Plan(
        fixes=FIXES,
        limits=Limits(None, 30, {}, None, (0,)),
        goal="points",
        jobs=tuple(Job(*job) for job in jobs),
        before=Worth(30.0, 0.2),
        after=Worth(points, chance, 0.01, 0.002),
        gain=Gain(points - 30, None),
        cost=Fraction(cost),
        how="found",
        bound=None,
        start=Gain(0.0, None),
    )


FIRST = plan([(0, 0, 3), (2, 0, 5), (3, 4, 9)], 7, 33.0, 0.5)
SECOND = plan([(1, 0, 6), (3, 6, 8), (4, 1, 2)], 9, 34.5, 0.7)


def test_plans_side_by_side():
    found = compare_plans(FIRST, SECOND)
    assert (found.only_first, found.only_second, found.both, found.levels) == ((2,), (4,), (3,), ((0, 1),))
    assert (found.cost, found.days) == ((7, 9), (9, 8))
    assert found.gain == Gain(1.5, pytest.approx(0.2), 0.02, 0.004)
    back = compare_plans(SECOND, FIRST)
    assert (back.only_first, back.levels, back.gain.points) == ((4,), ((1, 0),), -1.5)


def test_a_bench_tells_the_gain_by_the_same_inspections():
    class Told:
        fixes = FIXES

        def gains(self, states, before=None):
            return (Gain(float(len(states[0])), 0.5, *map(float, before[:2])),)

    assert compare_plans(FIRST, SECOND, Told()).gain == Gain(3.0, 0.5, 0.0, 2.0)


def test_no_mark_no_chance_and_other_fixes_are_refused():
    without = replace(FIRST, after=Worth(31.0, None))
    assert compare_plans(without, SECOND).gain.chance is None
    other = replace(SECOND, fixes=SimpleNamespace(options=OPTIONS[1:]))
    with pytest.raises(ValueError, match="different fixes"):
        compare_plans(FIRST, other)
    assert compare_plans(FIRST, replace(SECOND, jobs=())).days == (9, 0)
