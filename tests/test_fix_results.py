"""Effects, plans and patrols as text, rows and JSON: the numbers of the results, in both languages, half up."""

import json
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import openpyxl
import pytest
from test_cli_fixes import city

from evalsys import fix_results, fix_views, forecast, plan_results, read_assessment, visit_results
from evalsys.console import display_width
from evalsys.fix_effects import Effect, Effects, Pair
from evalsys.fixes import fixes_of
from evalsys.language import Text
from evalsys.limits import Job, Limits
from evalsys.mending import Gain, Worth
from evalsys.patrols import Visit, Visits
from evalsys.planning import Plan
from evalsys.plans import Planned

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return forecast(read_assessment(city(tmp_path_factory.mktemp("a"))))


@pytest.fixture(scope="module")
def told(found):
    """Made-up effects of the four options of the table."""
    gains = [Gain(0.125, 0.015, 0.01, 0.002), Gain(0.5, 0.25, 0.01, 0.002), Gain(1.005, 0.1), Gain(0.0, 0.0)]
    rows = tuple(
        Effect(
            place, gain, gain.points, gain.chance, None, None, Text("已在上限", "at its limit") if place == 3 else None
        )
        for place, gain in enumerate(gains)
    )
    pair = Pair(1, 2, Gain(1.5, 0.2), Gain(-0.005, -0.15))
    base = Worth(7.125, 0.4, 0.01, 0.003)
    joint, shares = Gain(1.5, 0.2), (Gain(0.5, 0.15), Gain(1.0, 0.05))
    return Effects(fixes_of(found.prospect), base, False, rows, (1, 2, 3), joint, (1, 2), shares, (pair,))


def sure(told):
    """The effects without errors, as an exact law has them."""
    own = tuple(replace(e, gain=replace(e.gain, points_error=0.0, chance_error=0.0)) for e in told.effects)
    return replace(told, exact=True, effects=own)


def asked(plan, alone, wanted=None, quickest=None, stops=(), days_assumed=False):
    return Planned(plan, alone, wanted, quickest, stops, days_assumed)


def plan_of(found, **changes):
    fixes = fixes_of(found.prospect)
    limits = Limits(Fraction(5), 13, {"甲局": (Fraction(7, 2), Fraction(2))}, date(2026, 5, 2), (0, 2, 9))
    made = Plan(
        fixes, limits, "chance", (Job(1, 0, 1), Job(2, 2, 5)), Worth(7.0, 0.4), Worth(8.5, 0.635),
        Gain(1.5, 0.235), Fraction(9, 2), "found", 0.81234, Gain(1.4, 0.2),
    )  # fmt: skip
    return replace(made, **changes)


ALONE = (Gain(0.5, 0.25), Gain(1.0, 0.1))
VISITS = Visits(
    (Visit(1, 0.25, 0.9, 1.5, ("1.1",)), Visit(0, 0.125, 0.5, 2.0, ("1.1", "1.2"))),
    0.375, 0.5, 0.75, ((0, 2.0), (1, 1.5), (2, 0.25)), (), "points", 2, 14.0, True, 0.0,
)  # fmt: skip


def records(listing):
    return [dict(zip([column.key for column in listing.columns], row, strict=True)) for row in listing.rows]


def test_rows_of_effects_stand_by_chance_then_points(found, told):
    rows = records(fix_results.effects_rows(found, told, "zh"))
    assert [row["fix"] for row in rows] == ["f1 彻底", "f2", "f1 基本", "f3"]
    assert [row["chance"] for row in rows] == [25, 10, Fraction(3, 2), 0]
    assert [row["points"] for row in rows] == [Fraction(1, 2), Fraction(201, 200), Fraction(1, 8), 0]
    assert [row["why_none"] for row in rows] == [None, None, None, "已在上限"]
    assert rows[0]["cost"] == Fraction(5, 2)
    assert "points_per_day" not in rows[0]
    assert rows[0]["points_error"] == Fraction(1, 100)
    exact = records(fix_results.effects_rows(found, sure(told), "zh"))
    assert not {"points_error", "chance_error"} & set(exact[0])
    bare = replace(
        told,
        base=Worth(7.0, None),
        effects=tuple(replace(e, gain=replace(e.gain, chance=None), chance_per_cost=None) for e in told.effects),
    )
    rows = records(fix_results.effects_rows(found, bare, "en"))
    assert [row["fix"] for row in rows] == ["f2", "f1 彻底", "f1 基本", "f3"]
    assert not {"chance", "chance_error", "chance_per_cost"} & set(rows[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_form_speaks_one_language(found, told, lang):
    plan = plan_of(found)
    stops = (Text("预算不够", "the budget stops it"),)
    more = {"wanted": 0.9, "quickest": plan, "stops": stops}
    texts = [
        fix_results.effects_text(found, told, lang),
        plan_results.plan_text(found, asked(plan, ALONE, **more), lang),
        plan_results.plan_text(found, asked(replace(plan, jobs=()), (), stops=stops), lang),
        visit_results.visits_text(found, VISITS, lang),
    ]
    for text in texts:
        own = re.sub("基本|彻底|社区\\d|甲局", "", text)  # names that the tables give
        assert bool(CHINESE.search(own)) is (lang == "zh")
        assert "None" not in text
        assert "nan" not in text


def test_effects_in_words(found, told):
    lines = fix_results.effects_text(found, told, "zh").splitlines()
    assert lines[0] == "现状：期望得分 7.13 分，达标可能性约 40%。"
    assert lines[1] == "整改 3 项，共 4 个档次。"
    assert "f1 彻底、f2" in lines[2]
    assert "期望得分 +1.500 分，达标可能性 +20.0 个百分点" in lines[2]
    assert lines[3] == "f1 彻底 与 f2 作用重叠：一并完成，达标可能性的提高比各自单独完成之和少 15.0 个百分点。"
    helps = replace(told, pairs=(Pair(1, 2, Gain(1.5, 0.2), Gain(0.25, None)),))
    line = fix_results.effects_text(found, helps, "zh").splitlines()[3]
    assert line == "f1 彻底 与 f2 相互促进：一并完成，期望得分的提高比各自单独完成之和多 0.250 分。"
    line = fix_results.effects_text(found, helps, "en").splitlines()[3]
    assert line.startswith(
        "f1 彻底 and f2 help each other: done together they raise the expected score by 0.250 points"
    )


def table_of(text):
    return text.split("\n\n")[1].splitlines()


def test_a_terminal_shows_errors_twice_and_decimals_by_engine(found, told):
    """Percentage points: one decimal with an error, two without; points three; costs as they are written."""
    first = table_of(fix_results.effects_text(found, told, "zh"))[1]
    assert "+0.500 ± 0.020" in first
    assert "+25.0 ± 0.4" in first
    assert " 2.5 " in first
    first = table_of(fix_results.effects_text(found, sure(told), "zh"))[1]
    assert {"+0.500", "+25.00"} <= set(first.split())
    assert "±" not in first


def test_numbers_stand_right_under_their_heading(found, told):
    head, *rows = table_of(fix_results.effects_text(found, sure(told), "zh"))
    ends = {display_width(head[: head.index("得分提高") + 4])}
    ends |= {display_width(row[: re.search(r" (\+\d\.\d{3}|0) ", row).end() - 1]) for row in rows}
    assert len(ends) == 1


def test_assumed_costs_are_not_shown(found, told):
    free = replace(told, fixes=replace(told.fixes, assumed=True))
    head = fix_results.effects_text(found, free, "zh").split("\n\n")[1].splitlines()[0]
    assert "费用" not in head
    assert "费用" in fix_results.effects_text(found, told, "zh").split("\n\n")[1].splitlines()[0]


def test_long_words_are_cut_on_a_terminal_only(found, told):
    options = tuple(replace(option, title="很长的整改内容" * 10) for option in told.fixes.options)
    long = replace(told, fixes=replace(told.fixes, options=options))
    assert "…" in fix_results.effects_text(found, long, "zh")
    assert records(fix_results.effects_rows(found, long, "zh"))[1]["what"] == "很长的整改内容" * 10


def test_a_plan_in_words(found):
    lines = plan_results.plan_text(found, asked(plan_of(found), ALONE, wanted=0.635), "zh").splitlines()
    assert lines[0] == "达标可能性可达到 63.5%；以下为所找到的费用最少的方案。"
    assert lines[1] == "整改方案：2 项，费用 4.5（预算：5），工期 5 天（限 13 天），2026-05-02 至 2026-05-06。"
    assert lines[2] == "达标可能性约 40% → 约 64%（+23.5 个百分点）；期望得分 7.00 → 8.50 分（+1.500 分）。"
    assert not any("不超过" in line for line in lines)  # it is the cheapest: nothing is said of the best
    lines = plan_results.plan_text(found, asked(plan_of(found), ALONE), "zh").splitlines()
    assert lines[2].endswith("任何方案的达标可能性都不超过 81.3%。")  # rounded up: a bound stays one
    short = plan_results.plan_text(found, asked(plan_of(found), ALONE, wanted=0.636), "en")
    assert "a chance of 63.6% cannot be reached" in short
    rows = records(plan_results.plan_rows(found, plan_of(found), ALONE, "zh"))
    assert [(row["begins"], row["ends"], row["days"]) for row in rows] == [
        ("2026-05-02", "2026-05-02", 1),
        ("2026-05-04", "2026-05-06", 3),
    ]
    counted = plan_of(found, limits=replace(plan_of(found).limits, start=None, budget=None))
    assert records(plan_results.plan_rows(found, counted, ALONE, "zh"))[1]["ends"] == "第5天"
    assert "预算：不限" in plan_results.plan_text(found, asked(counted, ALONE), "zh")


def test_a_plan_as_json(found):
    said = json.loads(plan_results.plan_json(found, asked(plan_of(found), ALONE, wanted=0.7), "en"))
    assert said["limits"] == {
        "budget": {"exact": "5", "value": 5.0},
        "days": 13,
        "start": "2026-05-02",
        "week_starts": [0, 2, 9],
        "capacity": {"甲局": [{"exact": "7/2", "value": 3.5}, {"exact": "2", "value": 2.0}]},
    }
    assert (said["wanted_chance"], said["reached"], said["days"]) == (0.7, False, 5)
    assert [(job["begins_on"], job["ends_on"], job["ends"]) for job in said["jobs"]] == [
        ("2026-05-02", "2026-05-02", 1),
        ("2026-05-04", "2026-05-06", 5),
    ]
    assert [job["alone"]["chance"] for job in said["jobs"]] == [0.25, 0.1]
    assert said["quickest"] is None


def test_a_patrol_shows_its_order_then_the_plain_list(found):
    rows = records(visit_results.visits_rows(found, VISITS, "zh"))
    assert [row["site"] for row in rows] == ["s2", "s1", "s3"]
    assert [row["place"] for row in rows] == [1, 2, None]
    assert [row["rank"] for row in rows] == [2, 1, 3]
    assert [row["lost"] for row in rows] == [Fraction(3, 2), 2, Fraction(1, 4)]
    text = visit_results.visits_text(found, VISITS, "zh")
    assert "平均多提高 0.375 分" in text
    assert "则为 0.500 分" in text
    assert "则为 0.750 分（上限）" in text
    chance = replace(VISITS, payoff="chance")
    assert "平均多提高 37.50 个百分点" in visit_results.visits_text(found, chance, "zh")
    assert records(visit_results.visits_rows(found, chance, "zh"))[0]["added"] == 25
    said = json.loads(visit_results.visits_json(found, VISITS, "en"))
    assert [one["site"] for one in said["visits"]] == ["s2", "s1"]
    assert (said["evsi"], said["evppi"], said["evpi"]) == (0.375, 0.5, 0.75)
    assert "不足 0.001 分" in visit_results.visits_text(found, replace(VISITS, evsi=1e-5), "zh")
    empty = replace(VISITS, rows=(), plain=())
    assert "没有需要再看的点位" in visit_results.visits_text(found, empty, "zh")


def test_json_is_strict(found, told):
    bad = replace(told, base=Worth(7.0, None))
    for text in (fix_results.effects_json(found, bad, "zh"), visit_results.visits_json(found, VISITS, "zh")):
        json.loads(text, parse_constant=lambda word: pytest.fail(word))
    said = json.loads(fix_results.effects_json(found, told, "zh"))
    assert said["base"] == {"points": 7.125, "points_error": 0.01, "chance": 0.4, "chance_error": 0.003}
    assert said["pairs"][0]["extra"]["chance"] == -0.15
    assert np.isclose(sum(one["gain"]["chance"] for one in said["joint"]["shares"]), said["joint"]["gain"]["chance"])


def test_the_annex_has_a_sheet_for_each_part(tmp_path):
    advice = fix_views.advise(read_assessment(city(tmp_path / "a")), chance="99%", visits=2)
    for lang, names in (
        ("zh", ["整改作用", "整改方案", "预算与效果", "名次稳定性", "巡查点位"]),
        ("en", ["effects", "plan", "frontier", "stability", "visits"]),
    ):
        path = tmp_path / "deep" / f"{lang}.xlsx"
        fix_results.annex(advice, path, lang)
        book = openpyxl.load_workbook(path)
        assert book.sheetnames == names
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}

    def column(sheet, name):
        return [row[rows[sheet][0].index(name)] for row in rows[sheet][1:]]

    assert sorted(column("effects", "fix")) == ["f1 基本", "f1 彻底", "f2", "f3"]
    assert column("plan", "letter") == [advice.letters[place] for place in advice.chosen]
    assert column("plan", "fix") == [advice.plan.fixes.options[place].name for place in advice.chosen]
    assert sum(column("plan", "cost")) == advice.plan.cost
    assert sum(column("plan", "share of points")) == pytest.approx(advice.plan.gain.points, abs=2e-3)
    assert column("frontier", "cost") == [float(step.budget) for step in advice.frontier.steps]
    assert column("frontier", "chance to pass") == pytest.approx(
        [step.plan.after.chance for step in advice.frontier.steps], abs=1e-4
    )
    assert column("stability", "place") == sorted(own.place for own in advice.stability.standings)
    assert len(rows["visits"]) > 2
    first = path.read_bytes()
    fix_results.annex(advice, path, "en")
    assert path.read_bytes() == first


def test_small_values_of_a_patrol_are_told_apart(found):
    little = replace(VISITS, rows=tuple(replace(row, added=row.added / 1000) for row in VISITS.rows))
    rows = table_of(visit_results.visits_text(found, little, "zh"))
    assert "0.00025" in rows[1]
    assert "0.00013" in rows[2]  # half up
    assert "督查前 14 天巡查 2 个点位" in visit_results.visits_text(found, little, "zh")


def test_days_are_not_told_where_no_fix_takes_any(found):
    plan = plan_of(found)
    options = tuple(replace(option, crew_days=None, calendar_days=None) for option in plan.fixes.options)
    bare = replace(plan, fixes=replace(plan.fixes, options=options))
    text = plan_results.plan_text(found, asked(bare, ALONE, days_assumed=True), "zh")
    assert "工期" not in text
    assert "开工" not in text
    told = plan_results.plan_text(found, asked(plan, ALONE, days_assumed=True), "zh")
    assert "假定：未给出督查日期，工期按 13 天计" in told
