"""Sentences about fixes and plans: every branch in both languages, on a small town and on numbers made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from test_fix_effects import SEEN, STILL, fix, town

from evalsys import fix_words as words
from evalsys.fix_effects import AT_LIMIT, UNMOVED, UNSEEN, Pair
from evalsys.fix_views import Advice, advise
from evalsys.language import Text
from evalsys.limits import Job
from evalsys.mending import Gain, Worth
from evalsys.stability import Standing

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
LANGS = ("zh", "en")
#: Sites, fixes and units that a page names as the tables do.
PROPER = ("清理楼道", "补宣传栏", "整治门前", "甲局", "乙局", "社区1", "社区2", "社区3", "某区", "体系", "基本", "彻底")
FIXES = [
    fix("甲", "1.1@s1", "0.8", level="基本", name="清理楼道", cost="1", crew_days="1", calendar_days="2", unit="甲局"),
    fix("甲", "1.1@s1", "0.97", level="彻底", name="清理楼道", cost="2.5", crew_days="4", calendar_days="5",
        unit="甲局"),
    fix("乙", "1.1@s2;1.2@s2", name="补宣传栏", cost="3", crew_days="3", calendar_days="6", unit="乙局"),
    fix("丙", "1.2@s3", "0.9", name="整治门前", cost="0.25"),
]  # fmt: skip


def advised(folder, seen=SEEN, *, fixes=FIXES, asked=None, **settings) -> Advice:
    return advise(town(folder, seen, fixes=fixes, **{"pass_mark": "80%", **settings}), **(asked or {}))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Advice:
    return advised(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module")
def assumed(tmp_path_factory) -> Advice:
    return advised(tmp_path_factory.mktemp("assumed"), fixes=())


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory) -> Advice:
    return advised(tmp_path_factory.mktemp("unmarked"), pass_mark=None)


def clean(said: str, lang: str) -> str:
    """Check that a text is of one language and of no false digits; return it."""
    assert said
    assert not re.search(r"[+−-]0(\.0+)?(?![.\d])|\bNone\b|\bnan\b|Fraction|。。|，。|；。|\.\.| \.|  ", said), said
    assert not re.search(r"(?<![\d.])(0|100)%", said), said  # never told as certain
    rest = said
    for name in PROPER:
        rest = rest.replace(name, "")
    if lang == "en":
        assert not CHINESE.search(rest), rest
    else:
        assert not re.search(r"[A-Za-z]{3,}", rest), rest
    return said


READINGS = (
    lambda advice, lang: "".join(words.headline(advice, lang)),
    words.effects_reading,
    words.plan_reading,
    words.total_note,
    words.money_reading,
    words.timetable_reading,
    words.together_reading,
    words.visits_reading,
)


@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_of_every_kind_is_of_one_language(plain, assumed, unmarked, lang):
    for advice in (plain, assumed, unmarked):
        for reading in READINGS:
            clean(reading(advice, lang), lang)
        if said := words.beside(advice, lang):
            # "95% (assumed)" is the one chance without "about"
            clean(said, lang)


# ---------------------------------------------------------------------------------------------------- names


def test_what_an_option_does(plain, assumed):
    options = plain.effects.fixes.options
    assert [words.title(option, plain.assessment, "zh") for option in options] == [
        "清理楼道（基本）", "清理楼道（彻底）", "补宣传栏", "整治门前",
    ]  # fmt: skip
    assert words.title(options[0], plain.assessment, "en") == "清理楼道 (基本)"
    assert words.what(options[0], plain.assessment, "zh") == "清理楼道"
    option = assumed.effects.fixes.options[0]
    assert words.title(option, assumed.assessment, "zh") == "社区1 1.1 1.1项"
    assert words.title(option, assumed.assessment, "en") == "社区1 1.1 item 1.1"


@pytest.mark.parametrize(
    ("targets", "zh", "en"),
    [
        ((("*", "site", "s1"),), "社区1 各项标准", "社区1 all standards"),
        ((("1.1", "site", "s1"), ("1.2", "site", "s1")), "社区1 1.1和1.2", "社区1 1.1 and 1.2"),
        ((("1.1", "site", "s1"), ("1.1", "site", "s2")), "社区1 1.1和社区2 1.1", "社区1 1.1 and 社区2 1.1"),
        ((("1.1", "type", "community"),), "全部社区 1.1 1.1项", "every community 1.1 item 1.1"),
        ((("1.1", "all", ""),), "1.1 1.1项", "1.1 item 1.1"),
        ((("*", "all", ""),), "各项标准", "all standards"),
        (
            (*(("1.1", "site", f"s{n}") for n in (1, 2, 3)), ("1.2", "all", "")),
            "社区1 1.1、社区2 1.1、社区3 1.1等 4 项",
            "社区1 1.1, 社区2 1.1, 社区3 1.1 and 1 more",
        ),
    ],
)
def test_targets_as_words(plain, targets, zh, en):
    option = replace(plain.effects.fixes.options[2], targets=targets, title="")
    assert words.title(option, plain.assessment, "zh") == zh
    assert words.title(option, plain.assessment, "en") == en


# ---------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0, "0"), (20, "20"), (Fraction(37, 2), "18.5"), (Fraction(1, 4), "0.25"), (Fraction(1, 3), "0.33"),
     (12000, "12,000"), (Fraction(1, 200), "0.01")],
)  # fmt: skip
def test_costs(value, said):
    assert words.cost(None if value is None else Fraction(value)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.00049, "0"), (-0.00049, "0"), (0.0005, "+0.001"), (-0.0005, "−0.001"), (1.23456, "+1.235"),
     (-2.0, "−2.000"), (1234.5, "+1,234.500")],
)  # fmt: skip
def test_gains_in_points(value, said):
    assert words.gain_points(value) == said


@pytest.mark.parametrize(
    ("value", "error", "places", "said"),
    [(None, 0.0, 1, "–"), (0.0, 0.0, 1, "0.0"), (0.0004, 0.0, 1, "0.0"), (-0.0004, 0.0, 1, "0.0"),
     (0.0005, 0.0, 1, "+0.1"), (-0.0981, 0.0, 1, "−9.8"), (0.0981, 0.001, 1, "+9.8 ± 0.2"),
     (0.0981, 0.00001, 1, "+9.8 ± 0.1"), (0.098149, 0.00001, 2, "+9.81 ± 0.01"), (0.0, 0.001, 1, "0.0 ± 0.2"),
     (1.0, 0.0, 1, "+100.0")],
)  # fmt: skip
def test_gains_of_chance(value, error, places, said):
    assert words.gain_chance(value, error, places) == said


# ---------------------------------------------------------------------------------------------------- headline


def valued(advice: Advice, before: float | None, after: float | None, **more) -> Advice:
    """The advice with other chances to pass before and after its plan."""
    gain = Gain(1.5, None if before is None or after is None else after - before)
    plan = replace(
        advice.plan, before=Worth(12.344, before), after=Worth(13.844, after), gain=gain, **more.pop("plan", {})
    )
    return replace(advice, plan=plan, **more)


def test_the_headline_says_what_the_plan_takes_and_brings(plain):
    jobs = (Job(1, 0, 5), Job(2, 0, 6), Job(3, 7, 8))
    own = valued(plain, 0.412, 0.876, plan={"jobs": jobs, "cost": Fraction(23, 4)})
    assert words.headline(own, "zh")[0] == "花费 5.75、用 8 天办 3 项整改，达标可能性由约 41%升到约 88%"
    assert words.headline(own, "en")[0] == (
        "3 fixes for 5.75 in 8 days would lift the chance to pass from about 41% to about 88%"
    )
    first = [plain.effects.fixes.options[place].title for place in words.leading(own)]
    assert words.headline(own, "zh")[1] == f"先办{first[0]}和{first[1]}"
    assert words.headline(own, "en")[1] == f"first {first[0]} and {first[1]}"
    gains = plain.effects.effects
    assert words.leading(own) == tuple(sorted((1, 2, 3), key=lambda place: -gains[place].gain.chance)[:2])


def test_one_fix(plain):
    own = valued(plain, 0.412, 0.876, plan={"jobs": (Job(2, 0, 1),), "cost": Fraction(3)})
    assert words.headline(own, "zh") == ("花费 3、用 1 天办 1 项整改，达标可能性由约 41%升到约 88%", "先办补宣传栏")
    assert words.headline(own, "en") == (
        "1 fix for 3 in 1 day would lift the chance to pass from about 41% to about 88%",
        "first 补宣传栏",
    )


def test_without_days_of_work_only_the_price_is_told(plain):
    options = tuple(replace(option, crew_days=None, calendar_days=None) for option in plain.plan.fixes.options)
    more = {"jobs": (Job(2, 0, 1),), "cost": Fraction(3), "fixes": replace(plain.plan.fixes, options=options)}
    own = valued(plain, 0.412, 0.876, plan=more)
    assert words.headline(own, "zh")[0] == "花费 3 办 1 项整改，达标可能性由约 41%升到约 88%"
    assert words.headline(own, "en")[0] == "1 fix for 3 would lift the chance to pass from about 41% to about 88%"


def test_repairs_at_an_assumed_cost_have_no_price(assumed):
    own = valued(assumed, 0.2, 0.9, plan={"jobs": (Job(0, 0, 1), Job(1, 0, 1))})
    assert words.headline(own, "zh")[0] == "办好 2 处问题，达标可能性由约 20%升到约 90%"
    assert words.headline(own, "en")[0] == "2 repairs would lift the chance to pass from about 20% to about 90%"


def test_a_chance_is_never_told_as_certain(plain):
    own = valued(plain, 0.0, 1.0)
    assert "由不足 0.1%升到99.9% 以上" in words.headline(own, "zh")[0]
    assert "from below 0.1% to above 99.9%" in words.headline(own, "en")[0]


@pytest.mark.parametrize(("before", "after"), [(None, None), (0.9995, 0.9999), (0.7401, 0.7404)])
def test_without_a_pass_mark_or_without_a_change_that_shows_the_headline_is_of_points(plain, before, after):
    own = valued(plain, before, after)
    assert words.headline(own, "zh")[0].endswith("，期望得分由 12.34 分升到 13.84 分")
    assert words.headline(own, "en")[0].endswith("would lift the expected score from 12.34 to 13.84 points")


def test_leading_without_a_mark_is_by_points(unmarked):
    gains = unmarked.effects.effects
    order = sorted(unmarked.chosen, key=lambda place: -gains[place].gain.points)
    assert words.leading(unmarked) == tuple(order[:2])


def test_a_plan_of_nothing_says_why(plain, unmarked):
    none = {"jobs": (), "cost": Fraction(0)}
    own = valued(plain, 0.412, 0.412, plan=none)
    assert words.headline(own, "zh") == ("没有可以办理、又能提高得分的整改", "")
    assert words.headline(own, "en") == ("No fix within the limits would raise the score", "")
    assert words.headline(replace(unmarked, plan=replace(unmarked.plan, jobs=())), "zh")[0].startswith("没有")
    good = valued(plain, 0.93, 0.93, plan=none)  # the wanted chance is there without any fix
    assert words.headline(good, "zh") == ("不办整改，达标可能性已为约 93%", "")
    assert words.headline(good, "en") == ("With no fix at all the chance to pass is about 93% already", "")


def test_a_town_that_passes_anyway_needs_no_plan(tmp_path):
    own = advised(tmp_path, (("1.1", "是是否"),), fixes=[fix("甲", "1.1@s3")], pass_mark="10%", asked={"chance": "50%"})
    assert own.plan.jobs == ()
    assert own.plan.before.chance > 0.5
    for lang, said, at in (("zh", "不办整改", "不花钱"), ("en", "With no fix", "At no cost")):
        assert clean(words.headline(own, lang)[0], lang).startswith(said)
        assert clean(words.money_reading(own, lang), lang).startswith(at)
        assert "50%" in words.money_reading(own, lang)


# ---------------------------------------------------------------------------------------------- beside it


def stepped(advice: Advice, chance: float | None, jobs: int, cost: int = 9) -> Advice:
    """The advice with another last step of the frontier."""
    last = advice.frontier.steps[-1]
    more = tuple(Job(place % 4, 0, 1) for place in range(jobs))
    plan = replace(last.plan, after=Worth(14.5, chance), jobs=more, cost=Fraction(cost))
    return replace(
        advice, frontier=replace(advice.frontier, steps=(*advice.frontier.steps[:-1], replace(last, plan=plan)))
    )


def test_beside_the_headline(plain, assumed):
    own = stepped(valued(plain, 0.41, 0.88, strict=(0.25, 0.77)), 0.9, len(plain.plan.jobs) + 1)
    assert words.beside(own, "zh") == ("严督查时由约 25%升到约 77%。再多办 1 项，只能再提高约 2.0 个百分点。")
    assert words.beside(own, "en") == (
        "If inspectors are strict, from about 25% to about 77%. 1 more fix would add only about 2.0 percentage points."
    )
    two = stepped(replace(own, strict=None), 0.9, len(plain.plan.jobs) + 2)
    assert words.beside(two, "en") == "2 more fixes would add only about 2.0 percentage points."
    for chance, more in ((0.88, 1), (0.87, 1), (0.9, 0), (0.8804, 1)):  # nothing more, or nothing that shows
        assert words.beside(stepped(replace(own, strict=None), chance, len(plain.plan.jobs) + more), "zh") == ""
    none = replace(own, plan=replace(own.plan, jobs=()))
    assert "严督查" not in words.beside(none, "zh")
    assert "费用均按 1 计、整改后达标可能均按 95% 计（假定）" in words.beside(assumed, "zh")
    assert "every finding counts as one, at a cost of 1" in words.beside(assumed, "en")
    assert "假定" not in words.beside(plain, "zh")


def caused(advice: Advice, *why: Text | None) -> Advice:
    """The advice in which the best options bring nothing, for these reasons."""
    own = list(advice.effects.effects)
    for place, reason in zip(advice.effects.top, why, strict=False):
        own[place] = replace(own[place], why_none=reason)
    return replace(advice, effects=replace(advice.effects, effects=tuple(own)))


def test_the_reading_of_effects_counts_what_brings_nothing(plain):
    assert "另有" not in words.effects_reading(plain, "zh")
    one = caused(plain, UNSEEN, AT_LIMIT, UNMOVED)
    zh, en = (words.effects_reading(one, lang) for lang in LANGS)
    assert "另有 1 项的对象不在抽查和必查范围内，办了也不影响得分。" in zh
    assert "有 1 项的对象现状已不低于整改后的水平。" in zh
    assert zh.endswith("有 1 项的对象达标与否都不改变得分。")
    assert "1 fix aims at nothing that the inspection looks at." in en
    assert "1 fix aims at what is at its limit already." in en
    assert en.endswith("1 fix aims at what does not move the score.")
    two = words.effects_reading(caused(plain, UNSEEN, UNSEEN, AT_LIMIT), "en")
    assert "2 fixes aim at nothing that the inspection looks at. 1 fix aims" in two


# ---------------------------------------------------------------------------------------------------- the plan


@pytest.mark.parametrize(
    ("how", "zh", "en"),
    [
        ("optimal", "按精确求解，为限制之内的最优方案。", "the best within the limits, by an exact solver."),
        ("enumerated", "已逐一比较，为限制之内的最优方案。", "the best within the limits, by comparing all."),
        ("found", "为搜索所得的最好方案，未证明最优。", "the best found by search; not proven to be the best."),
    ],
)
def test_how_a_plan_was_found(plain, how, zh, en):
    count = len(plain.plan.jobs)
    own = replace(plain, plan=replace(plain.plan, how=how, bound=None))
    assert words.plan_reading(own, "zh") == f"在 3 项候选整改中选出 {count} 项，{zh}"  # two levels are one fix
    assert words.plan_reading(own, "en") == f"{count} of 3 fixes, {en}"
    bound = replace(own, plan=replace(own.plan, bound=0.934))
    told = how == "found"
    assert ("；任何方案都不会超过约 93%。" in words.plan_reading(bound, "zh")) == told
    assert ("; no plan can exceed about 93%." in words.plan_reading(bound, "en")) == told
    points = replace(bound, plan=replace(bound.plan, goal="points", bound=15.2))
    assert words.plan_reading(points, "en") == f"{count} of 3 fixes, {en}"  # points are no chance
    sure = words.plan_reading(replace(own, plan=replace(own.plan, bound=1.0)), "zh")
    assert ("不会超过99.9% 以上" in sure) == told


def test_how_the_total_compares_with_its_parts(plain, unmarked):
    gains = plain.effects.effects
    for advice, apart in (
        (plain, words.gain_chance(sum(gains[place].gain.chance for place in plain.chosen))),
        (unmarked, words.gain_points(sum(unmarked.effects.effects[place].gain.points for place in unmarked.chosen))),
    ):
        chance = None if advice is unmarked else 0.5
        own = replace(advice, plan=replace(advice.plan, gain=Gain(99.0, chance)))
        assert f"不等于各项单独办的合计（{apart}）" in words.total_note(own, "zh")
        assert f"differs from the sum of each alone ({apart})" in words.total_note(own, "en")
    single = plain.plan.jobs[:1]
    alone = replace(plain, plan=replace(plain.plan, jobs=single, gain=gains[single[0].option].gain))
    assert words.total_note(alone, "zh") == "合计一行按整套方案重新计算，与各项单独办的合计相同。"
    assert words.total_note(alone, "en").endswith("equals the sum of each alone.")
    additive = replace(
        unmarked,
        plan=replace(
            unmarked.plan,
            gain=Gain(sum(unmarked.effects.effects[place].gain.points for place in unmarked.chosen), None),
        ),
    )
    assert "相同" in words.total_note(additive, "zh")


# ---------------------------------------------------------------------------------------------------- money


def edged(advice: Advice, **more) -> Advice:
    return replace(advice, frontier=replace(advice.frontier, **more))


def test_what_money_brings(plain, unmarked):
    held = plain.frontier.steps[-1].plan
    cheap = replace(held, cost=Fraction(11, 2), jobs=(Job(2, 0, 6),))
    quick = replace(held, cost=Fraction(7), jobs=(Job(1, 0, 3), Job(2, 1, 4)))
    both = edged(plain, wanted=0.9, cheapest=cheap, quickest=quick)
    assert words.money_reading(both, "zh") == (
        "费用 5.5 即可把达标可能性提到 90% 以上（已找到的最小预算）；最快 4 天可以做到，费用 7。"
    )
    assert words.money_reading(both, "en") == (
        "A cost of 5.5 lifts the chance to pass above 90% (the smallest budget found); "
        "the quickest way found takes 4 days and costs 7."
    )
    assert "最快" not in words.money_reading(edged(both, quickest=None), "zh")
    out = stepped(edged(plain, wanted=0.925, cheapest=None, quickest=None), 0.874, 3)
    assert words.money_reading(out, "zh") == "在所给期限和人力之内，达标可能性最高约 87%，达不到 92.50%。"
    assert words.money_reading(out, "en") == (
        "Within the days and crews given, the chance to pass is at most about 87%, short of 92.50%."
    )
    free = stepped(edged(plain, wanted=None, cheapest=None, quickest=None), 0.874, 3)
    assert words.money_reading(free, "zh") == "费用 9 时达标可能性最高，约 87%。"
    assert words.money_reading(free, "en") == "At a cost of 9 the chance to pass is highest: about 87%."
    assert words.money_reading(edged(plain, steps=()), "zh") == "没有可以比较的预算。"
    assert words.money_reading(edged(plain, steps=()), "en") == "There are no budgets to compare."
    points = stepped(unmarked, None, 3)
    assert words.money_reading(points, "zh") == "费用 9 时期望得分最高，为 14.50 分。"
    assert words.money_reading(points, "en") == "At a cost of 9 the expected score is highest: 14.50 points."


# ---------------------------------------------------------------------------------------------------- stability


def test_reasons_of_verdicts():
    one, two = Text("严宽", "severity"), Text("权重", "weights")
    held = [Standing(0, 1, 1, 4, "depends", (one, two)), Standing(1, 2, 1, 3, "depends", (one,))]
    assert words.verdict_reason("depends", held, "zh") == "名次取决于：严宽和权重"  # the commonest first
    assert words.verdict_reason("depends", held, "en") == "its place depends on: severity and weights"
    bare = [replace(own, depends_on=()) for own in held]
    assert words.verdict_reason("depends", bare, "zh") == "名次随效果和费用的估计而变"
    assert words.verdict_reason("depends", bare, "en") == "its place moves with its own effect and cost"
    many = [Standing(0, 1, 1, 4, "depends", tuple(Text(f"假设{n}", f"assumption {n}") for n in range(5)))]
    assert words.verdict_reason("depends", many, "zh").endswith("等 5 项")
    assert words.verdict_reason("depends", many, "en").endswith("and 2 more")
    for verdict in words.VERDICTS:
        said = [clean(words.verdict_reason(verdict, held, lang), lang) for lang in LANGS]
        assert said[0] != said[1]


# ---------------------------------------------------------------------------------------------------- timetable


def test_who_does_how_much_and_by_when(plain):
    jobs = (Job(1, 0, 5), Job(2, 0, 6), Job(3, 7, 8))
    own = replace(plain, plan=replace(plain.plan, jobs=jobs))
    assert words.timetable_reading(own, "zh") == (
        "乙局承担 1 项，其余 1 家单位共 1 项，1 项未登记责任单位；第 8 天全部办结（5 月 9 日）。"
    )
    assert words.timetable_reading(own, "en") == (
        "乙局: 1 fix; 1 other unit: 1; no unit registered: 1; all done on day 8 (9 May)."
    )
    alone = replace(plain, plan=replace(plain.plan, jobs=jobs[2:]))
    assert words.timetable_reading(alone, "zh") == "1 项未登记责任单位；第 8 天全部办结（5 月 9 日）。"
    assert words.timetable_reading(alone, "en") == "No unit registered: 1; all done on day 8 (9 May)."
    none = replace(plain, plan=replace(plain.plan, jobs=()))
    assert words.timetable_reading(none, "zh") == "没有要安排的整改。"
    assert words.timetable_reading(none, "en") == "There is nothing to schedule."


def test_the_timetable_of_a_day_that_nobody_knows(plain):
    limits = replace(plain.plan.limits, start=None, days=28)
    own = replace(plain, days_assumed=True, plan=replace(plain.plan, jobs=(Job(2, 0, 6),), limits=limits))
    assert (
        words.timetable_reading(own, "zh") == "乙局承担 1 项；第 6 天全部办结。督查日期未定，工期按 28 天计（假定）。"
    )
    assert words.timetable_reading(own, "en") == (
        "乙局: 1 fix; all done on day 6. Nobody says when the inspection is: 28 days are assumed."
    )
    assert own.inspection is None
    assert plain.inspection == 13


def test_without_days_of_work_there_is_no_timetable(assumed):
    count = len(assumed.plan.jobs)
    assert not assumed.scheduled
    assert words.timetable_reading(assumed, "zh") == f"{count} 项未登记责任单位。整改未填写工期和人天，不排进度。"
    assert words.timetable_reading(assumed, "en") == (
        f"No unit registered: {count}. The fixes state no days of work, so there is no timetable."
    )


# ---------------------------------------------------------------------------------------------- together, patrol


def test_fixes_that_help_or_hinder_each_other(plain, unmarked):
    def paired(advice, *extras):
        pairs = tuple(
            Pair(0, 2, Gain(1.0, 0.1), Gain(extra, None if advice is unmarked else extra)) for extra in extras
        )
        return replace(advice, effects=replace(advice.effects, pairs=pairs))

    for advice in (plain, unmarked):
        assert words.together_reading(paired(advice), "zh").startswith("效果最大的几项整改之间没有明显的相互影响")
        assert words.together_reading(paired(advice), "en").startswith("The largest fixes neither help nor hinder")
        for extras, zh, en in (
            ((0.1,), "1 对一起办效果更好", "1 pair brings more together than apart"),
            ((-0.1, -0.2), "2 对一起办效果有重叠", "2 pairs bring less"),
            ((0.2, 0.1, -0.1), "2 对一起办效果更好，1 对一起办效果有重叠",
             "2 pairs bring more together than apart and 1 pair brings less"),
        ):  # fmt: skip
            assert words.together_reading(paired(advice, *extras), "zh") == f"效果最大的几项整改中，{zh}。"
            assert words.together_reading(paired(advice, *extras), "en") == f"Among the largest fixes, {en}."


def test_what_a_patrol_is_worth(plain):
    rows = plain.visits.rows[:1]
    visits = replace(plain.visits, rows=rows, evsi=0.0494, payoff="points", repairs=4)
    own = replace(plain, visits=visits)
    assert words.visits_reading(own, "zh") == (
        "整改前先看 1 个点位、再选 3 处整改，比不看就改平均多提高期望得分 0.049 分。"
    )
    assert words.visits_reading(own, "en") == (
        "Seeing 1 site before choosing 3 to mend raises the expected score by 0.049 points more, on average, than "
        "mending without a look."
    )
    chance = replace(own, visits=replace(visits, payoff="chance"))
    assert "平均多提高达标可能性 4.9 个百分点。" in words.visits_reading(chance, "zh")
    assert "raises the chance to pass by 4.9 percentage points more" in words.visits_reading(chance, "en")
    none = replace(own, visits=replace(visits, rows=()))
    assert words.visits_reading(none, "zh") == "没有需要再看的点位。"
    assert words.visits_reading(none, "en") == "There is no site that needs another look."


def test_still_town_has_no_strict_case(tmp_path):
    own = advised(tmp_path, forecast=STILL)
    assert own.strict is None
    assert "严督查" not in words.beside(own, "zh")
