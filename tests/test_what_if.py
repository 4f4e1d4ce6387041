"""What if: answers are those of the law of the mended model, or of the same simulated inspections; the widgets say what
the desk says, quick first where an event loop runs."""

from __future__ import annotations

import asyncio
import itertools
import math
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import what_if, what_if_desk
from evalsys.assessment import Assessment
from evalsys.doubt import reweighted
from evalsys.faults import InputFaults
from evalsys.fixes import fixes_of, mended
from evalsys.forecasting import forecast
from evalsys.language import Text
from evalsys.law import law
from evalsys.limits import limits_of, schedule
from evalsys.mending_drawn import DrawnBench
from evalsys.severity import nodes
from evalsys.what_if import Choice, Desk, desk_of, shares_of
from evalsys.what_if_desk import panel
from evalsys.what_if_pages import answer_block, curve_block, severity_name, title_block

F = Fraction
CLOSE = 1e-12
NO_ALARM = 4.5  # |z| of a right estimate exceeds it with chance 7e-6
AT = [{"site_type": "community", "sites": 2}]
SITES = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(4)]
STANDARDS = [("1.1", "3"), ("1.2", "3"), ("2.1", "2"), ("2.2", "2")]
ROWS = [
    {"standard": code, "site_id": f"s{n}", "value": "否" if (k + n) % 3 == 0 else "是", "observed_on": "2026-05-04"}
    for k, (code, _) in enumerate(STANDARDS)
    for n in range(4)
]
FIXES = [
    {"fix_id": "路灯", "level": "修", "targets": "1.1@s0", "after": "0.9", "cost": "1", "crew_days": "2"},
    {"fix_id": "路灯", "level": "换", "targets": "1.1@s0", "after": "0.99", "cost": "2.5", "crew_days": "3"},
    {"fix_id": "绿化", "targets": "1.1@s3;2.2@s0", "after": "0.97", "cost": "2", "calendar_days": "9"},
    {"fix_id": "停车", "targets": "2.1@s1", "after": "0.95", "cost": "3", "excludes": "绿化"},
    {"fix_id": "公示", "targets": "1.2@s2", "after": "0.96", "cost": "1", "needs": "路灯"},
]
FIX, RENEW, GREEN, PARKING, NOTICE = range(5)


def small(folder: Path, assumed: bool = True, fixes: list[dict] | None = None, **settings: object) -> Assessment:
    below = [
        indicator(top, points, [standard(c, "met", p, checked_at=AT) for c, p in STANDARDS if c[0] == top])
        for top, points in (("1", 6), ("2", 4))
    ]
    content = content_of(below, 10)
    if assumed:
        content["weights"] = {"scheme": "given", "status": "assumed"}
    draw = {"draw": [{"site_type": "community", "sites": 2, "population": 4}]}
    own = FIXES if fixes is None else fixes
    return assessment_of(folder, content, ROWS, {**draw, **settings}, sites=SITES, fixes=own)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory) -> Assessment:
    return small(tmp_path_factory.mktemp("what-if"))


@pytest.fixture(scope="module")
def desk(evidence) -> Desk:
    found = desk_of(evidence, pass_mark="80%")
    assert found.found.engine == "exact"
    return found


@pytest.fixture(scope="module")
def drawn(evidence) -> Desk:
    found = forecast(evidence, at_least="80%", engine="simulate", draws=3000)
    fixes = fixes_of(found.prospect)
    return Desk(found, fixes, limits_of(evidence, fixes, days=28), days_assumed=True)


def at_z(desk: Desk, weights: tuple[Fraction, ...] | None, options: tuple[int, ...], times: Fraction):
    """Points and chance of the law at one severity, that is a node of 25: times is a multiple of 13/24."""
    model = desk.found.prospect.model
    if weights is not None:
        codes = [part.code for part in desk.parts]
        model = replace(model, instrument=reweighted(model.instrument, dict(zip(codes, weights, strict=True))))
    found = law(mended(model, desk.fixes.cells, desk.fixes.after(options)), count=25, bounded=False)
    place = 12 + int(times / F(13, 24))
    assert found.z[place] == pytest.approx(float(times) * model.severity, abs=1e-15)
    return float(found.mean_given[place]), float(found.chance_given[place])


CHOSEN = [(), (RENEW,), (FIX, GREEN), (RENEW, PARKING, NOTICE)]
WEIGHTS = [None, (F(1, 4), F(3, 4))]


# ------------------------------------------------------------------------------------------------------- the law


@pytest.mark.parametrize("options", CHOSEN)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_average_is_the_law_of_the_mended_model(desk, options, weights):
    answer = desk.full(Choice(options, None, weights))
    model = desk.model(weights)
    assert (model is desk.found.prospect.model) == (weights is None)
    count = max(len(desk.found.severity), 13)
    for worth, own in ((answer.before, ()), (answer.after, options)):
        found = law(mended(model, desk.fixes.cells, desk.fixes.after(own)), count=count, bounded=False)
        assert worth.points == pytest.approx(found.mean, abs=1e-11)
        assert worth.chance == pytest.approx(found.chance, abs=CLOSE)
    if weights is None:
        assert answer.before.chance == pytest.approx(desk.found.chance, abs=CLOSE)
        assert answer.before.points == pytest.approx(desk.found.mean, abs=1e-11)


@pytest.mark.parametrize("options", CHOSEN)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("times", [F(-13, 12), F(0), F(13, 24)])
def test_a_fixed_severity_is_the_law_there_quick_and_in_full(desk, options, weights, times):
    choice = Choice(options, times, weights)
    for answer in (desk.quick(choice), desk.full(choice)):  # the lattice is small: the quick one rounds nothing
        for worth, own in ((answer.before, ()), (answer.after, options)):
            points, chance = at_z(desk, weights, own, times)
            assert worth.points == pytest.approx(points, abs=1e-11)
            assert worth.chance == pytest.approx(chance, abs=CLOSE)


def test_other_weights_keep_the_full_marks_and_move_the_answer(desk):
    weights = F(9, 10), F(1, 10)
    model = desk.model(weights)
    assert model.instrument.full_marks == desk.found.prospect.model.instrument.full_marks == 10
    assert [str(model.instrument.nodes[model.instrument.places[code]].points) for code in "12"] == ["9", "1"]
    plain, moved = desk.quick(Choice((GREEN,))), desk.quick(Choice((GREEN,), None, weights))
    assert abs(plain.after.chance - moved.after.chance) > 0.01
    assert desk.quick(Choice((GREEN,), None, (F(6, 10), F(4, 10)))).after == plain.after  # those of the instrument


def test_the_quick_average_stands_within_the_nodes_of_severity(desk):
    for options in CHOSEN:
        quick, full = desk.quick(Choice(options)), desk.full(Choice(options))
        assert quick.after.points == pytest.approx(full.after.points, abs=1e-6)
        assert quick.after.chance == pytest.approx(full.after.chance, abs=1e-4)
        assert (quick.quick, full.quick, quick.curve, quick.draws, full.draws) == (True, False, None, 0, 0)


def test_the_curve_goes_through_the_law_at_every_severity(desk):
    options = (RENEW, GREEN)
    curve = desk.full(Choice(options)).curve
    assert [(one.name.en, round(one.z / 0.3, 12)) for one in curve.readings] == [
        ("strict", -1), ("usual", 0), ("lenient", 1)
    ]  # fmt: skip
    sd = desk.found.prospect.model.severity
    z, before = map(np.array, zip(*curve.before, strict=True))
    assert np.all(np.diff(z) > 0)
    assert (z[0], z[-1]) == pytest.approx((-3 * sd, 3 * sd))
    assert np.allclose(curve.likely, np.exp(-((z / sd) ** 2) / 2))
    for own, line in (((), before), (options, np.array([chance for _, chance in curve.after]))):
        found = law(mended(desk.found.prospect.model, desk.fixes.cells, desk.fixes.after(own)), count=49, bounded=False)
        inner = np.abs(found.z) < 2.9 * sd
        assert np.interp(found.z[inner], z, line) == pytest.approx(found.chance_given[inner], abs=2e-4)


def test_the_reading_at_the_chosen_severity_is_the_answer_itself(desk, drawn):
    for own, times in itertools.product((desk, drawn), (F(-1), F(3, 2), F(-5, 2))):
        answer = own.full(Choice((RENEW,), times))
        named = {round(one.z / 0.3, 9): one for one in answer.curve.readings}
        assert len(named) == 3
        assert 0 in named
        reading = named[float(times)]
        assert (reading.before, reading.after) == (answer.before.chance, answer.after.chance)
        assert reading.name.en == ("strict" if times == -1 else "chosen")
        assert [one.z for one in answer.curve.readings] == sorted(one.z for one in answer.curve.readings)


# ------------------------------------------------------------------------------------------------ simulated inspections


@pytest.mark.parametrize(("times", "weights"), [(None, None), (F(-1), None), (F(1, 2), (F(1, 4), F(3, 4)))])
def test_simulated_answers_are_those_of_the_bench(drawn, times, weights):
    fresh = Desk(drawn.found, drawn.fixes, drawn.limits)
    choice = Choice((FIX, GREEN), times, weights)
    first, full, again = fresh.quick(choice), fresh.full(choice), fresh.quick(choice)
    assert [answer.draws for answer in (first, full, again)] == [1000, 3000, 3000]
    assert [answer.quick for answer in (first, full, again)] == [True, False, True]
    assert again.after == full.after
    for answer in (first, full):
        at = None if times is None else float(times) * 0.3
        bench = DrawnBench(fresh.model(weights), fresh.fixes, draws=answer.draws, seed=0, at=at)
        assert answer.before == bench.worth(fresh.fixes.after(()))
        assert answer.after == bench.worth(fresh.fixes.after(choice.options))


@pytest.mark.parametrize("times", [None, F(-13, 12)])
def test_simulation_and_law_agree(desk, drawn, times):
    """Four numbers at two severities: a false alarm in 20,000 runs, were the seed not fixed."""
    choice = Choice((RENEW, PARKING), times)
    ours, truth = drawn.full(choice), desk.full(choice)
    for mine, exact in ((ours.before, truth.before), (ours.after, truth.after)):
        assert abs(mine.points - exact.points) < NO_ALARM * mine.points_error
        assert abs(mine.chance - exact.chance) < NO_ALARM * math.sqrt(exact.chance * (1 - exact.chance) / ours.draws)


def test_bins_of_severity_are_means_of_the_draws(drawn):
    options = (RENEW, GREEN)
    bench = DrawnBench(drawn.found.prospect.model, drawn.fixes, draws=3000, seed=0)
    curve = drawn.full(Choice(options)).curve
    order = np.argsort(bench.z, kind="stable")
    sizes = [len(own) for own in np.array_split(order, 11)]
    middle = order[sum(sizes[:5]) : sum(sizes[:6])]
    z = float(bench.z[middle].mean())
    for line, state in ((curve.before, ()), (curve.after, options)):
        passed = bench.passed(drawn.fixes.after(state))
        assert passed is not None
        at, chance = zip(*line, strict=True)
        step = at[1] - at[0]
        assert np.interp(z, at, chance) == pytest.approx(float(passed[middle].mean()), abs=step)


# ------------------------------------------------------------------------------------------------- what it takes


def test_cost_days_and_crews_against_the_limits(desk):
    answer = desk.quick(Choice((RENEW, GREEN), budget=F(5)))
    assert (answer.cost, answer.crew_days, answer.obstacles) == (F(9, 2), F(3), ())
    assert answer.days == max(job.ends for job in schedule(desk.fixes, desk.limits, (RENEW, GREEN))) == 9
    assert desk.quick(Choice()).days == 0


@pytest.mark.parametrize(
    ("options", "budget", "said"),
    [
        ((GREEN, PARKING), None, {"“停车”与“绿化”互斥"}),
        ((NOTICE,), None, {"“公示”须先完成“路灯”"}),
        ((FIX, RENEW), None, {"“路灯”只能选一个档次"}),
        ((RENEW, GREEN), F(4), {"共需费用4.5，预算只有4"}),
        ((GREEN, PARKING, NOTICE), F(1), {"“停车”与“绿化”互斥", "“公示”须先完成“路灯”", "共需费用6，预算只有1"}),
    ],
)
def test_what_stands_against_a_choice_is_named_and_it_is_valued_all_the_same(desk, options, budget, said):
    answer = desk.quick(Choice(options, budget=budget))
    assert {text.zh for text in answer.obstacles} == said
    assert answer.days is None
    assert answer.after.points > answer.before.points
    page = answer_block(desk, answer, "zh")
    assert all(text in page for text in said)
    assert "这套选择不能照办" in page
    assert "cannot be carried out" in answer_block(desk, answer, "en")


def test_the_frontier_proposes_and_is_made_once(desk, monkeypatch):
    steps = desk.frontier.steps
    assert len(steps) > 2
    for step, following in itertools.zip_longest(steps, steps[1:]):
        assert desk.proposed(step.budget) == step.plan.chosen
        between = step.budget + F(1, 100) if following is None else (step.budget + following.budget) / 2
        assert desk.proposed(between) == step.plan.chosen
        assert desk.quick(Choice(step.plan.chosen, budget=step.budget)).obstacles == ()
    assert desk.proposed(None) == steps[-1].plan.chosen
    monkeypatch.setattr(what_if, "frontier_of", None)
    assert desk.frontier.steps is steps


def test_engines_are_made_once_for_a_severity_and_weights(evidence, monkeypatch):
    made = []
    own = what_if.ExactBench

    def counted(*given, **more):
        made.append(more["at"])
        return own(*given, **more)

    monkeypatch.setattr(what_if, "ExactBench", counted)
    fresh = desk_of(evidence, pass_mark="80%")
    for options in CHOSEN:
        for times in (None, F(1)):
            fresh.quick(Choice(options, times))
    assert made == [None, pytest.approx(0.3)]
    fresh.quick(Choice((), F(1), (F(1, 2), F(1, 2))))
    assert len(made) == 3
    for options in CHOSEN:
        fresh.full(Choice(options, F(1)))
    assert len(made) == 4


# ------------------------------------------------------------------------------------------ what parameters ask for


def test_parameters_choose(desk):
    assert desk.start("路灯 换；公示", "5", "-1.5") == Choice((RENEW, NOTICE), F(-3, 2), None, F(5))
    assert desk.start(" 公示 ; 绿化 ;", "", " 平均 ") == Choice((GREEN, NOTICE))
    (best,) = desk.start("路灯").options
    assert best == RENEW  # a fix without a level: the one that brings most
    assert desk.start().options == desk.order[:1]
    held = desk.start(budget="3").options
    assert held
    assert sum(desk.fixes.options[place].cost for place in held) <= 3
    assert desk.quick(Choice(held, budget=F(3))).obstacles == ()


def test_without_parameters_the_first_that_can_be_done_is_ticked(tmp_path):
    rows = [
        {"fix_id": "长", "targets": "1.1@s0", "after": "0.99", "cost": "1", "calendar_days": "99"},
        {"fix_id": "后", "targets": "1.1@s3", "after": "0.99", "cost": "1", "needs": "先"},
        {"fix_id": "先", "targets": "2.2@s0", "after": "0.96", "cost": "1"},
    ]
    fresh = desk_of(small(tmp_path, fixes=rows), pass_mark="80%")
    assert set(fresh.order[:2]) == {0, 1}
    assert fresh.start().options == (2,)


def test_all_faults_come_at_once_with_the_nearest_name(desk):
    with pytest.raises(InputFaults) as caught:
        desk.start("路灯唤;公式栏;绿化", "x", "averege")
    assert [(f.file, f.problem, f.value, f.nearest) for f in caught.value.faults] == [
        ("budget", "bad_number", "x", ""),
        ("fixes", "unknown_name", "公式栏", ""),
        ("fixes", "unknown_name", "路灯唤", "路灯"),
        ("severity", "bad_number", "averege", "average"),
    ]
    for severity in ("3.1", "-4"):
        with pytest.raises(InputFaults) as caught:
            desk.start(severity=severity)
        assert [(f.problem, f.allowed) for f in caught.value.faults] == [("out_of_range", "average, -3 - 3")]


def test_a_budget_needs_costs(tmp_path):
    fresh = desk_of(small(tmp_path, fixes=[{"fix_id": "甲", "targets": "1.1@s0"}]), pass_mark="80%")
    assert not fresh.priced
    with pytest.raises(InputFaults) as caught:
        fresh.start(budget="3")
    assert [(f.problem, f.row, f.value) for f in caught.value.faults] == [("cost_needed", None, "甲")]


def test_printed_weights_are_not_moved_and_assumed_ones_are(tmp_path, desk):
    assert [(part.code, part.weight) for part in desk.parts] == [("1", F(3, 5)), ("2", F(2, 5))]
    fresh = desk_of(small(tmp_path, assumed=False), pass_mark="80%")
    assert isinstance(fresh.parts, Text)
    assert "权重由测评体系载明" in fresh.parts.zh
    with pytest.raises(ValueError, match="printed"):
        fresh.quick(Choice((), None, (F(1, 2), F(1, 2))))
    made = panel(fresh, fresh.quick(Choice()), "zh")
    assert made.weights == ()
    assert made.reset.disabled
    assert any(getattr(each, "value", "") == fresh.parts.zh for each in made.whole.children)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        desk.quick(Choice((), None, (F(1),)))
    assert sum(shares_of([7, 11, 13])) == 1


# -------------------------------------------------------------------------------------------- without mark or severity


def test_without_a_mark_points_are_told(evidence):
    fresh = desk_of(evidence)
    answer = fresh.full(fresh.start())
    assert (answer.after.chance, answer.curve) == (None, None)
    assert answer.after.points > answer.before.points
    assert "期望得分由" in answer_block(fresh, answer, "zh")
    assert "未设目标线" in curve_block(answer, "zh")
    made = panel(fresh, answer, "en")
    assert "expected score" in made.said.value
    assert "pp)" not in next(iter(made.ticks.values())).description


def test_without_severity_there_is_one_point(tmp_path):
    fresh = desk_of(small(tmp_path, forecast={"severity": "off"}), pass_mark="80%")
    answer = fresh.full(Choice((RENEW,)))
    assert [len(answer.curve.before), len(answer.curve.after), len(answer.curve.readings)] == [1, 1, 1]
    assert answer.curve.after[0][1] == pytest.approx(answer.after.chance, abs=CLOSE)
    assert "<svg" in curve_block(answer, "zh") or "<img" in curve_block(answer, "zh")
    with pytest.raises(InputFaults) as caught:
        fresh.start(severity="-1")
    assert [f.problem for f in caught.value.faults] == ["no_effect"]
    with pytest.raises(ValueError, match="switched off"):
        fresh.quick(Choice((), F(1)))
    assert panel(fresh, answer, "zh").severity.disabled


# ---------------------------------------------------------------------------------------------------------- words


def words_of(html: str) -> str:
    return re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S)


def test_both_languages_say_the_same(desk):
    choice = Choice((RENEW, GREEN), F(-1), (F(1, 2), F(1, 2)), F(10))
    answer = desk.full(choice)
    chance = [f"{round(100 * worth.chance)}%" for worth in (answer.before, answer.after)]
    zh, en = (words_of(answer_block(desk, answer, lang)) for lang in ("zh", "en"))
    assert f"办好所选 2 项整改，达标可能性由约 {chance[0]}升到约 {chance[1]}" in zh
    assert f"With 2 chosen fixes the chance to pass rises from about {chance[0]} to about {chance[1]}" in en
    for said in (
        "偏严 1 个标准差",
        "1 60% → 50%",
        "预算 10，余 5.5",
        "9 天",
        "期限 28 天（假定）",
        "完整结果（精确分布）",
    ):
        assert said in zh
    for said in ("1 sd strict", "1 60% → 50%", "5.5 of 10 left", "9 days", "of 28, assumed", "Full answer (exact law)"):
        assert said in en
    quick = replace(answer, quick=True, curve=None)
    assert "速算结果（按 4,096 格的近似分布），完整结果随后替换。" in words_of(answer_block(desk, quick, "zh"))
    assert "曲线" in words_of(curve_block(quick, "zh"))
    for lang in ("zh", "en"):
        assert "<style>" in title_block(desk, lang)


def test_a_simulated_answer_tells_its_error(drawn):
    answer = drawn.full(Choice((RENEW,)))
    size = f"{200 * answer.after.chance_error:.1f}"
    assert f"模拟 3,000 次，误差约 ± {size} 个百分点" in answer_block(drawn, answer, "zh")
    sure = replace(answer, after=replace(answer.after, chance=1.0), draws=100)
    assert "97% 以上" in answer_block(drawn, sure, "zh")  # 3 in 100 draws: the rule of three


def test_a_choice_that_changes_nothing_is_not_said_to_raise(desk):
    answer = desk.quick(Choice((RENEW,)))
    still = replace(answer, after=answer.before)
    assert "达标可能性仍为" in answer_block(desk, still, "zh")
    assert "stays" in answer_block(desk, still, "en")
    assert "不整改，达标可能性约" in answer_block(desk, desk.quick(Choice()), "zh")


def test_names_of_severities():
    assert [severity_name(times, "zh") for times in (None, F(0), F(-1), F(5, 2))] == [
        "各种宽严平均", "一般", "偏严 1 个标准差", "偏宽 2.5 个标准差"
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------------- widgets


def written(answer, lang):
    """Words in place of the picture, which takes a fifth of a second."""
    return "follows" if answer.curve is None else f"curve of {answer.choice} in {lang}"


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(what_if_desk, "curve_block", written)


@pytest.fixture
def made(desk, quickly):
    return panel(desk, desk.full(desk.start("绿化", "5")), "zh")


def test_the_panel_draws_the_curve_of_the_pages(desk):
    answer = desk.full(Choice((GREEN,)))
    made = panel(desk, answer, "en")
    assert made.drawn.value == curve_block(answer, "en")
    assert "<svg" in made.drawn.value or "<img" in made.drawn.value


def test_widgets_begin_as_the_answer_has_it(made, desk):
    assert made.choice == made.answer.choice == Choice((GREEN,), None, None, F(5))
    assert list(made.ticks) == [desk.fixes.options[place].fix for place in desk.order]
    assert [label for label, _ in made.ticks["路灯"].options] == ["不办", "修，费用 1", "换，费用 2.5"]
    assert "单独办 +" in made.ticks["绿化"].description


def test_every_widget_moves_the_answer(made, desk):
    steps = [
        (lambda: setattr(made.ticks["路灯"], "value", RENEW), Choice((RENEW, GREEN), budget=F(5))),
        (lambda: setattr(made.ticks["绿化"], "value", False), Choice((RENEW,), budget=F(5))),
        (lambda: setattr(made.severity, "value", F(-1)), Choice((RENEW,), F(-1), budget=F(5))),
        (lambda: setattr(made.weights[0], "value", 40), Choice((RENEW,), F(-1), (F(1, 2), F(1, 2)), F(5))),
        (made.reset.click, Choice((RENEW,), F(-1), budget=F(5))),
        (lambda: setattr(made.ticks["路灯"], "value", -1), Choice((), F(-1), budget=F(5))),
    ]
    for move, choice in steps:
        before = made.said.value
        move()
        assert made.choice == made.answer.choice == choice
        assert made.said.value != before
        assert made.answer == desk.full(choice)  # no event loop runs: the full answer follows at once
        assert made.said.value == answer_block(desk, made.answer, "zh")
        assert made.drawn.value == written(made.answer, "zh")


def test_ticking_both_of_an_exclusion_names_it(made):
    made.ticks["停车"].value = True
    assert "“停车”与“绿化”互斥" in made.said.value
    made.ticks["绿化"].value = False
    assert "互斥" not in made.said.value


def test_the_budget_slider_ticks_the_plan_of_the_frontier(made, desk):
    made.plans.click()
    assert made.choice.budget == 5  # making plans changes nothing yet
    assert made.choice.options == (GREEN,)
    stops = [value for _, value in made.budget.options]
    assert stops == [*sorted({step.budget for step in desk.frontier.steps} | {F(5)}), -1]
    for step in desk.frontier.steps:
        made.budget.value = step.budget
        assert made.choice == made.answer.choice == Choice(step.plan.chosen, budget=step.budget)
    made.budget.value = -1
    assert made.choice == Choice(desk.frontier.steps[-1].plan.chosen)
    made.ticks["停车"].value = not made.ticks["停车"].value  # ticking stays possible
    assert made.answer.choice == made.choice


def test_one_answer_for_a_plan_of_many_ticks(made, desk, monkeypatch):
    made.plans.click()
    asked = []
    own = desk.quick
    monkeypatch.setattr(desk, "quick", lambda choice: asked.append(choice) or own(choice))
    made.budget.value = -1
    assert asked == [made.choice]


def test_as_html_it_is_the_first_answer(made):
    shown = made._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= shown.keys()
    assert shown["text/html"] == made._repr_html_()
    made.ticks["路灯"].value = RENEW
    assert made._repr_html_() == shown["text/html"]
    assert "办好所选 1 项整改" in shown["text/html"]
    assert not re.search(r"<script|https?://", re.sub(r'xmlns[:\w]*="[^"]*"|"http://[^"]*"', "", shown["text/html"]))


def test_in_an_event_loop_the_quick_answer_is_shown_first(desk, quickly, monkeypatch):
    monkeypatch.setattr(what_if_desk, "PAUSE", 0.01)
    full = []
    own = desk.full
    monkeypatch.setattr(desk, "full", lambda choice: full.append(choice) or own(choice))

    async def session():
        made = panel(desk, own(Choice((GREEN,))), "en")
        picture = made.drawn.value
        made.ticks["停车"].value = True
        quick = made.answer
        assert quick.quick
        assert "Quick answer" in made.said.value
        assert "follows" in made.drawn.value
        assert picture in made.drawn.value  # pale, until the new one comes
        made.ticks["公示"].value = True
        made.ticks["停车"].value = False
        wanted = made.choice
        await asyncio.gather(*made._running, return_exceptions=True)
        return made, wanted

    made, wanted = asyncio.run(session())
    assert full == [wanted]  # answers that were overtaken are not computed
    assert made.answer == own(wanted)
    assert "Full answer" in made.said.value
    assert made.drawn.value == written(made.answer, "en")


def test_an_overtaken_full_answer_is_not_shown(desk, quickly, monkeypatch):
    monkeypatch.setattr(what_if_desk, "PAUSE", 0.0)

    async def session():
        made = panel(desk, desk.full(Choice((GREEN,))), "en")
        old = made.choice
        made.ticks["停车"].value = True
        made._follows.cancel()
        await made._full(old)
        assert made.answer.quick
        assert made.answer.choice == made.choice

    asyncio.run(session())


def test_plans_are_made_aside_in_an_event_loop(evidence, quickly):
    fresh = desk_of(evidence, pass_mark="80%")

    async def session():
        made = panel(fresh, fresh.quick(Choice()), "zh")
        assert made.budget.disabled
        made.plans.click()
        assert "frontier" not in vars(fresh)
        assert made.plans.disabled
        await asyncio.gather(*made._running)
        return made

    made = asyncio.run(session())
    assert not made.budget.disabled
    assert made.budget.value == -1
    assert len(made.budget.options) == len(fresh.frontier.steps) + 1


def test_nodes_of_severity_hold_the_chosen_ones():
    """The severities of the tests above are nodes of 25, so that laws can be read there."""
    z, _ = nodes(0.3, 25)
    assert z[10] == pytest.approx(-0.3 * 13 / 12, abs=1e-15)
