"""What open things cost: the same as scoring them repaired, and as the effects of mending them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from builders import assessment_of, content_of, indicator, standard, text

from evalsys.assessment import Assessment
from evalsys.benches import bench_of
from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.fix_effects import effects
from evalsys.forecasting import Forecast, forecast
from evalsys.ledger_costs import NO_FORECAST, NO_MARK, costs
from evalsys.scoring import score
from evalsys.views import findings

ROOT = Path(__file__).parents[1]
AT = [{"site_type": "community", "sites": 3}]


@pytest.fixture(scope="module")
def wujiang() -> Forecast:
    return forecast(read_assessment(ROOT / "data/wujiang-2016"))


def town(folder: Path, seen, *, rules=("met",), combine=None, rows=(), **settings) -> Assessment:
    """Standards of 10 points at communities; what was seen at each is 是 or 否 or 空."""
    rules = [*rules, *["met"] * (len(seen) - len(rules))]
    below = [standard(code, rule, 10, checked_at=AT) for (code, _), rule in zip(seen, rules, strict=True)]
    more = {"combine": combine} if combine else {}
    found = [
        {"standard": code, "site_id": f"s{n}", "value": value, "observed_on": "2026-05-01"}
        for code, values in seen
        for n, value in enumerate(values, 1)
        if value != "空"
    ]
    count = max(len(values) for _, values in seen)
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, count + 1)]
    given = {
        "inspection_date": "2026-05-15", "pass_mark": "80%", "frame": "complete",
        "draw": [{"site_type": "community", "sites": 2}], **settings,
    }  # fmt: skip
    return assessment_of(
        folder,
        content_of([indicator("1", 10 * len(below), below, **more)], 10 * len(below)),
        [*found, *rows],
        {k: v for k, v in given.items() if v is not None},
        sites=sites,
    )


def ids(assessment: Assessment, *pairs: str) -> list[str]:
    """The observations of 'standard@site'."""
    table = assessment.observations
    at = {
        f"{code}@{assessment.sites['site_id'].iloc[site]}": name
        for code, site, name in zip(table["standard"], table["site"], table["observation_id"], strict=True)
    }
    return [at[pair] for pair in pairs]


def test_real_findings_cost_what_fixes_of_them_bring(wujiang):
    """Every fourth finding alone: on the bench of the effects, exact engine, to 1e-12; scored again as repaired."""
    bench = bench_of(wujiang)
    every = [option.fix for option in bench.fixes.options]
    base = wujiang.prospect.score
    assert sorted(every) == sorted(findings(base)["observation_id"])
    assert len(every) == 24
    gains = bench.gains([bench.fixes.after([place]) for place in range(0, len(every), 4)])
    options = every[::4]
    own = costs(base.assessment, {name: [name] for name in options}, wujiang)
    lost = dict(zip(base.rows["observation_id"], base.rows["lost"], strict=True))
    for name, gain in zip(options, gains, strict=True):
        cost, again = own[name], score(base.assessment, repaired=[name])
        assert cost.gain.points == pytest.approx(gain.points, abs=1e-12, rel=0)
        assert cost.chance == pytest.approx(gain.chance, abs=1e-12, rel=0)
        assert (cost.error, cost.why_none) == (0, None)
        assert (cost.points, cost.rise) == (again.won - base.won, again.attainment - base.attainment)
        assert cost.lost == lost[name] > 0


@pytest.mark.slow
def test_the_effects_command_says_the_same(wujiang):
    told = effects(wujiang)
    own = costs(wujiang.prospect.score.assessment, {o.fix: [o.fix] for o in told.fixes.options}, wujiang)
    assert len(told.effects) == 24
    for effect in told.effects:
        gain = own[told.fixes.options[effect.option].fix].gain
        assert gain.points == pytest.approx(effect.gain.points, abs=1e-12, rel=0)
        assert gain.chance == pytest.approx(effect.gain.chance, abs=1e-12, rel=0)


def test_units_together(wujiang):
    """A unit is one fix that mends all that is its; all findings together bring the score to full marks."""
    base = wujiang.prospect.score
    rows = findings(base)
    groups: dict[str, list[str]] = {"": []}
    for name, units in zip(rows["observation_id"], rows["units"], strict=True):
        for unit in units:
            groups.setdefault(unit, []).append(name)
    groups["all"] = rows["observation_id"].tolist()
    own = costs(base.assessment, groups, wujiang)
    assert list(own) == list(groups)
    for name, held in groups.items():
        again = score(base.assessment, repaired=held)
        assert own[name].points == again.won - base.won
        assert set(own[name].rows) == set(held)
    assert (own[""].points, own[""].lost, own[""].gain.points, own[""].chance) == (0, 0, 0, 0)
    assert own["all"].points == own["all"].lost == base.lost > 0
    assert own["all"].chance == max(cost.chance for cost in own.values())
    assert all(own["all"].points >= cost.points > 0 for name, cost in own.items() if name)


def test_more_mended_never_costs_less(wujiang):
    base = wujiang.prospect.score
    names = findings(base)["observation_id"].tolist()
    random.Random(5).shuffle(names)
    chain = {str(count): names[:count] for count in range(0, len(names) + 1, 6)}
    own = list(costs(base.assessment, chain, wujiang).values())
    for less, more in itertools.pairwise(own):
        assert more.points > less.points
        assert more.lost > less.lost
        assert more.chance >= less.chance
        assert more.gain.points > less.gain.points


@pytest.mark.parametrize("combine", [None, {"cap": {}}])
@pytest.mark.parametrize("rule", ["met", {"met": {"over_sites": "all"}}])
def test_random_groups_are_scored_as_repaired(tmp_path, combine, rule):
    """Under counts and caps: whatever is mended together, the points are those of a whole score."""
    made = town(tmp_path, (("1.1", "否否是"), ("1.2", "是否否"), ("1.3", "否是是")), rules=[rule] * 3)
    base = score(made)
    names = findings(base)["observation_id"].tolist()
    groups = {" ".join(held): held for size in range(len(names) + 1) for held in itertools.combinations(names, size)}
    assert len(groups) == 32
    for name, cost in costs(made, groups).items():
        again = score(made, repaired=groups[name])
        assert (cost.points, cost.rise) == (again.won - base.won, again.attainment - base.attainment)
        assert (cost.gain, cost.chance, cost.error, cost.why_none) == (None, None, None, NO_FORECAST)


def test_the_last_of_several_carries_them_all(tmp_path):
    """All three sites must be in order: of two bad ones each loses half by the tree rule and brings nothing alone."""
    made = town(tmp_path, (("1.1", "否否是"),), rules=[{"met": {"over_sites": "all"}}])
    one, two = ids(made, "1.1@s1", "1.1@s2")
    own = costs(made, {"one": [one], "two": [two], "both": [one, two]})
    assert [own[name].lost for name in ("one", "two", "both")] == [5, 5, 10]
    assert [own[name].points for name in ("one", "two", "both")] == [0, 0, 10]
    assert own["both"].rise == 1


def test_names_of_every_kind_mean_the_same(tmp_path):
    made = town(tmp_path, (("1.1", "否否是"), ("1.2", "是否否")))
    found = forecast(made)
    bad = ids(made, "1.1@s1", "1.1@s2", "1.2@s2")
    groups = {
        "ids": bad[:2], "leaf": ["1.1/site_visit"], "standard": ["1.1"], "sites": ["1.1@s1", "1.1@s2;1.1@s3"],
        "one": bad[1:2], "one site": ["1.1@s2"], "again": [bad[1], "1.1@s2", bad[1]],
        "site": ["*@s2"], "site ids": bad[1:], "type": ["*@type:community"], "all": ["1.1", "1.2"],
        "fine": ids(made, "1.1@s3"),
    }  # fmt: skip
    own = costs(made, groups, found)
    for same in (
        ("ids", "leaf", "standard", "sites"),
        ("one", "one site", "again"),
        ("site", "site ids"),
        ("type", "all"),
    ):
        assert len({own[name].rows for name in same}) == 1
        assert len({own[name].points for name in same}) == 1
    assert own["one"].chance == own["one site"].chance == own["again"].chance > 0
    assert own["leaf"].chance == own["standard"].chance >= own["ids"].chance
    assert own["type"].chance == pytest.approx(own["all"].chance, abs=1e-12)
    assert (own["fine"].rows, own["fine"].points, own["fine"].chance) == ((), 0, 0)


def test_what_was_looked_at_again_stands_for_its_latest(tmp_path):
    """s1 was bad and is fine, s2 was bad twice, s3 was bad in an earlier round only."""
    rows = [
        {"standard": "1.1", "site_id": "s1", "value": "是", "observed_on": "2026-05-09"},
        {"standard": "1.1", "site_id": "s2", "value": "否", "observed_on": "2026-05-09"},
        {"standard": "1.1", "site_id": "s3", "value": "否", "observed_on": "2026-04-01", "round": "r0"},
    ]
    seen, later = (("1.1", "否否空"),), "2026-08-15"  # so late that a site in order may be so no more
    made = town(tmp_path, seen, rows=[{"round": "r1", **row} for row in rows], inspection_date=later)
    found = forecast(made)
    first, second, fine, worse, old = made.observations["observation_id"]
    groups = {"first": [first], "fine": [fine], "second": [second], "worse": [worse], "old": [old]}
    own = costs(made, groups, found)
    assert (own["first"].rows, own["first"].points, own["first"].chance) == ((), 0, 0)
    assert own["fine"] == own["first"]
    assert own["second"] == own["worse"]
    assert (own["second"].rows, own["second"].points) == ((worse,), 5)
    assert (own["old"].rows, own["old"].points) == ((), 0)
    assert own["old"].chance > 0


def test_what_takes_no_points_today_may_take_the_chance(tmp_path):
    """Two sites in order are enough: the third loses nothing here, but two of three are drawn."""
    made = town(tmp_path, (("1.1", "是是否"),), rules=[{"met": {"over_sites": 2}}], inspection_date="2026-08-15")
    own = costs(made, {"third": ids(made, "1.1@s3"), "first": ids(made, "1.1@s1")}, forecast(made))
    assert (own["third"].rows, own["third"].lost, own["third"].points) == (tuple(ids(made, "1.1@s3")), 0, 0)
    assert own["third"].chance > 0.1
    assert (own["first"].rows, own["first"].chance) == ((), 0)


def test_without_a_mark_there_are_points_only(tmp_path):
    made = town(tmp_path, (("1.1", "否否是"),), pass_mark=None)
    cost = costs(made, {"all": ["1.1"]}, forecast(made))["all"]
    assert (cost.chance, cost.error, cost.why_none) == (None, None, NO_MARK)
    assert cost.points > 0
    assert cost.gain.points > 0


def test_unknown_names_are_told_together(tmp_path):
    made = town(tmp_path, (("1.1", "否否是"),))
    with pytest.raises(InputFaults) as caught:
        costs(made, {"甲": ["o001", "o999"], "乙": ["1.9", "1.1@s9", ""]})
    found = [(fault.problem, fault.column, fault.value) for fault in caught.value.faults]
    assert sorted(found) == sorted(
        [("unknown_name", "甲", "o999"), *(("unknown_name", "乙", name) for name in ("1.9", "1.1@s9", ""))]
    )


def test_a_forecast_of_another_assessment_is_refused(tmp_path, wujiang):
    with pytest.raises(ValueError, match="another assessment"):
        costs(town(tmp_path, (("1.1", "否否"),)), {}, wujiang)


def test_a_leaf_that_stands_for_its_neighbours_moves_with_them(tmp_path):
    below = [
        standard("1.1", "loss", 10),
        standard("1.2", "met", 10, not_applicable="peers"),
        standard("1.3", "loss", 10),
    ]
    rows = [
        {"standard": "1.1", "value": "0.5"}, {"standard": "1.2", "value": "不适用"}, {"standard": "1.3", "value": "0"},
    ]  # fmt: skip
    made = assessment_of(tmp_path, content_of([indicator("1", 30, below)], 30), rows)
    cost = costs(made, {"one": ["o001"]})["one"]
    assert (cost.points, cost.rise) == (Fraction(15, 2), Fraction(1, 4))


def papers(folder: Path, rule: str, statuses: str, **more) -> Assessment:
    """Two standards: 4 points for documents, 2 for a check that is in order."""
    held = [{"id": f"m{n}", "name": text(f"m{n}")} for n in range(1, len(statuses) + 1)]
    below = [standard("1.1", rule, 4, ("document_review",), materials=held), standard("1.2", "loss", 2)]
    known = {"空": "空白", "审": "已审核", "定": "已审定"}
    rows = [{"material": item["id"], "status": known[status]} for item, status in zip(held, statuses, strict=True)]
    given = {"inspection_date": "2026-05-15", "pass_mark": "90%", **more}
    return assessment_of(
        folder, content_of([indicator("1", 6, below)], 6), [{"standard": "1.2", "value": "0"}], given, materials=rows
    )


def test_documents_cost_what_their_leaf_lost(tmp_path):
    """A third of 4 points is missing; mended, the leaf has its full marks with chance 0.95."""
    made = papers(tmp_path, "share", "定空定")
    base = score(made)
    found = forecast(made)
    cost = costs(made, {"leaf": ["1.1/document_review"]}, found)["leaf"]
    row = base.rows.set_index("observation_id").loc["1.1/document_review"]
    assert cost.lost == cost.points == row["lost"] == base.by_code["1.1"].lost == Fraction(4, 3)
    ready = 0.95**2 * 0.2  # the two approved ones, and the empty one in time
    rest = found.chance / ready  # the check that has to be in order too
    assert 0.9 < rest < 1
    assert cost.chance == pytest.approx((0.95 - ready) * rest, abs=1e-7)  # repairs are compared at fewer severities


def test_a_leaf_is_one_method_of_its_standard(tmp_path):
    """Documents of a standard that is looked at on site too: bringing them mends no site, naming the standard does."""
    methods = {"site_visit": {}, "document_review": {}}
    held = [{"id": "m1", "name": text("m1")}]
    below = [standard("1.1", "met", 10, methods, materials=held, checked_at=AT)]
    made = assessment_of(
        tmp_path,
        content_of([indicator("1", 10, below)], 10),
        [{"standard": "1.1", "site_id": "s1", "value": "否", "method": "site_visit", "observed_on": "2026-05-01"}],
        {"inspection_date": "2026-05-15", "pass_mark": "50%", "draw": [{"site_type": "community", "sites": 1}]},
        sites=[{"site_id": "s1", "site_type": "community", "name": "社区1"}],
        materials=[{"material": "m1", "status": "空白"}],
    )
    found = forecast(made)
    own = costs(made, {"paper": ["1.1/document_review"], "site": ["1.1/site_visit"], "both": ["1.1"]}, found)
    assert [own[name].points for name in ("paper", "site", "both")] == [5, 5, 10]
    paper, site, both = (own[name].gain.points for name in ("paper", "site", "both"))
    assert paper == pytest.approx(5 * (0.95 - 0.2), abs=1e-9)
    assert paper + site == pytest.approx(both, abs=1e-9)
    assert site > 0


@pytest.mark.slow
def test_a_whole_city_agrees_with_scoring_and_with_effects():
    """Simulated engine: its findings as fixes show the same inspections, whatever else is mended beside."""
    made = replace(read := read_assessment(ROOT / "data/synthetic-city"), fixes=read.fixes.iloc[:0])
    found = forecast(made, draws=4000)
    bench, base = bench_of(found), found.prospect.score
    rows = findings(base)
    names = rows["observation_id"].tolist()
    own = costs(made, {name: [name] for name in names} | {"all": names}, found)
    gains = bench.gains([bench.fixes.after([place]) for place in range(len(names))])
    for option, gain, by in zip(bench.fixes.options, gains, rows["by"], strict=True):
        assert by != "observations" or own[option.fix].gain == gain
    for name in names[::9]:
        assert own[name].points == score(made, repaired=[name]).won - base.won
    assert own["all"].points == base.lost
    assert own["all"].chance > 0
    assert 0 < own["all"].error < 0.02
