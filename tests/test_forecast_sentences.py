"""Sentences of the forecast from numbers made by hand, in both languages: nothing is said that the numbers do not."""

import re
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pandas as pd
import pytest

from evalsys import forecast_words as words
from evalsys.forecast_views import Change, Moved, SiteRow
from evalsys.forecasting import Forecast, RateDoubt
from evalsys.language import Text
from evalsys.model import PARTS
from evalsys.regions import Reason
from evalsys.variance import PassShare, Share

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
SIMULATED = {"engine": "simulate", "draws": 20_000, "mean_error": 0.01}


def made(mark=Fraction(34), now=Fraction(36), sd_of_severity=0.3, **more):
    """Return a forecast of 36.12 of 40 points, 35 to 37 in nine of ten, 74 % to pass: 41, 75, 93 % by severity."""
    own = {
        "prospect": SimpleNamespace(
            model=SimpleNamespace(
                instrument=SimpleNamespace(full_marks=Fraction(40), site_types={"market": Text("集贸市场", "Market")}),
                mark=mark,
                severity=sd_of_severity,
                blocks=(SimpleNamespace(name="集贸市场·东街", site_type="market", area="东街"),),
            ),
            score=SimpleNamespace(
                value=now,
                assessment=SimpleNamespace(sites=pd.DataFrame({"name": ["甲", "乙", "丙", "丁"]})),
                pass_mark=None if mark is None else SimpleNamespace(value=mark),
                settled=SimpleNamespace(bars=()),
            ),
        ),
        "engine": "exact", "why_not": (), "mean": 36.1249, "mean_error": 0.0, "sd": 0.6, "chance": 0.74,
        "chance_error": 0.0, "bounds": None,
        "quantiles": ((0.05, 35.0), (0.25, 35.7), (0.5, 36.1), (0.75, 36.5), (0.95, 37.004)),
        "points": None, "mass": None,
        "severity": ((-0.6, 0.1, 0.2, 0.0), (-0.3, 0.2, 0.41, 0.0), (0.0, 0.4, 0.75, 0.0), (0.3, 0.3, 0.93, 0.0)),
        "seed": 0, "draws": 0,
    }  # fmt: skip
    if mark is None:
        own |= {"chance": None, "chance_error": None, "severity": ()}
    return Forecast(**{**own, **more})


# ------------------------------------------------------------------------------------------------------- chances


@pytest.mark.parametrize(
    ("chance", "more", "said"),
    [
        (0.0, {"sd": 0.0}, "0%"),
        (1.0, {"sd": 0.0}, "100%"),
        (0.0, {}, "<0.1%"),
        (1.0, {}, ">99.9%"),
        (-1e-17, {}, "<0.1%"),
        (1 + 1e-15, {}, ">99.9%"),
        (0.0004, {}, "<0.1%"),
        (0.9996, {}, ">99.9%"),
        (0.0096, {}, "1.0%"),
        (0.741, {}, "74%"),
        (0.741, {**SIMULATED, "chance_error": 0.0031}, "74.1% ± 0.6%"),
        (1.0, {**SIMULATED, "chance_error": 0.0}, ">99.9%"),
        (0.0, {**SIMULATED, "chance_error": 0.0, "draws": 300}, "<1%"),
        (1.0, {**SIMULATED, "chance_error": 0.0, "draws": 299}, ">98.9%"),
        (0.741, {"engine": "rounded", "chance_error": 0.2}, "74%"),  # half the width of bounds is no standard error
    ],
)
def test_a_chance_of_a_forecast(chance, more, said):
    assert words.chance_of(made(chance=chance, **more)) == said


def test_no_chance_of_a_forecast_with_a_spread_reads_as_certain():
    for chance in (0.0, 1e-18, 1e-9, 0.00049, 0.0005, 0.9995, 0.99951, 1 - 1e-9, 1.0):
        for more in ({}, SIMULATED, {**SIMULATED, "draws": 50}):
            said = words.chance_of(made(chance=chance, **more))
            assert said not in ("0%", "100%", "0.0%", "100.0%")
            assert words.about(said, "zh") != said
            assert words.about(said, "en") != said


# ------------------------------------------------------------------------------------------------------ headline


def test_the_headline():
    assert words.headline(made(), "zh") == (
        "维持现状，正式督查十次中约有九次得 35.00 至 37.00 分，期望 36.12 分；"
        "达到目标线 85% 的可能性约 74%（督查偏严时约 41%）。"
    )
    assert words.headline(made(), "en") == (
        "As things stand, about nine inspections in ten give 35.00 to 37.00 points, 36.12 expected; "
        "the chance to reach the pass mark of 85% is about 74% (about 41% if inspectors are strict)."
    )


@pytest.mark.parametrize(
    ("more", "zh", "en"),
    [
        ({"chance": 0.9996}, "可能性99.9% 以上（", "is above 99.9% ("),
        ({"chance": 0.0004}, "可能性不足 0.1%（", "is below 0.1% ("),
        ({"chance": 0.74, "severity": ()}, "可能性约 74%。", "is about 74%."),
        ({"sd": 0.0, "chance": 1.0, "severity": ()}, "将得 35.00 分，没有波动；达到目标线 85% 的可能性100%。",
         "gives 35.00 points, without any spread; the chance to reach the pass mark of 85% is 100%."),
        ({**SIMULATED, "chance_error": 0.003}, "可能性74.0% ± 0.6%（", "is 74.0% ± 0.6% ("),
        ({"mark": None}, "未设目标线", "no pass mark is set"),
    ],
)  # fmt: skip
def test_the_headline_at_its_edges(more, zh, en):
    found = made(**more)
    assert zh in words.headline(found, "zh")
    assert en in words.headline(found, "en")


def test_simulated_chances_by_severity_keep_their_errors():
    by = ((-0.3, 0.3, 0.4, 0.01), (0.0, 0.4, 0.75, 0.02), (0.3, 0.3, 1.0, 0.0))
    found = made(**SIMULATED, severity=by, chance_error=0.003)
    assert "（督查偏严时40.0% ± 2.0%）" in words.headline(found, "zh")
    said = words.severity_reading(found, "zh")
    assert "督查一般时达标可能性75.0% ± 4.0%，偏严时40.0% ± 2.0%，偏宽时99.9% 以上" in said


def test_severity():
    said = words.severity_reading(made(), "en")
    assert "is about 75% with usual inspectors, about 41% with strict ones, about 93% with lenient ones" in said
    for found in (made(severity=()), made(mark=None), made(severity=((0.0, 1.0, 0.7, 0.0),))):
        assert words.severity_reading(found, "zh") == "未计严查程度的差别。"
        assert words.severity_reading(found, "en") == "Severity is switched off."


# -------------------------------------------------------------------------------------------------- distribution


@pytest.mark.parametrize(
    ("now", "zh", "en"),
    [
        (Fraction(37), "比模拟测评低 0.88 分", "0.88 points below the mock assessment's"),
        (Fraction(35), "比模拟测评高 1.12 分", "1.12 points above the mock assessment's"),
        (Fraction(36129, 1000), "与模拟测评相当", "is that of the mock assessment"),
        (None, "得 35.00 至 37.00 分。", "35.00 to 37.00 points."),
    ],
)
def test_the_distribution_against_today(now, zh, en):
    assert zh in words.distribution_reading(made(now=now), "zh")
    assert en in words.distribution_reading(made(now=now), "en")
    assert "没有波动" in words.distribution_reading(made(now=now, sd=0.0), "zh")
    assert "Every inspection" in words.distribution_reading(made(now=now, sd=0.0), "en")


def test_exact_engine():
    assert words.engine_sentence(made(), "zh") == "分布为精确计算，没有抽样误差。"
    assert "no sampling error" in words.engine_sentence(made(), "en")


def test_a_rounded_law_tells_its_bounds_and_none_without_a_mark():
    bounded = made(engine="rounded", bounds=(0.7, 0.78))
    assert "确定在 70% 至 78% 之间" in words.engine_sentence(bounded, "zh")
    assert "between 70% and 78% for certain" in words.engine_sentence(bounded, "en")
    bare = made(mark=None, engine="rounded")
    assert words.engine_sentence(bare, "zh") == "公分母过大，失分取整到格点。"
    assert words.engine_sentence(bare, "en") == "Losses are rounded to a lattice."


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [
        (1, "（1.1和1.2）。", "(1.1 and 1.2)."),
        (2, "另有 1 条。", "; 1 more reason of the kind."),
        (3, "另有 2 条。", "2 more reasons"),
    ],
)
def test_why_it_is_not_exact(count, zh, en):
    reason = Reason(
        Text("“集贸市场·东街”有封顶", "'集贸市场·东街' has a cap"), ("1.1/site_visit", "1.1/survey", "1.2/site_visit")
    )
    found = made(**SIMULATED, why_not=(reason,) * count)
    assert words.engine_sentence(found, "zh").endswith(zh)
    said = words.engine_sentence(found, "en")
    assert en in said
    assert "'Market · " in said
    assert "20,000" in said
    assert "Why it is not exact" not in words.engine_sentence(made(**SIMULATED), "en")


# --------------------------------------------------------------------------------------------- where it comes from


def test_the_largest_share_is_not_called_most_of_it():
    shares = [Share(part, 1.0, 1 / 7) for part in PARTS]
    assert not words.shares_reading(shares, "en").startswith("Most")
    assert "14%" in words.shares_reading(shares, "en")


def test_one_source_alone():
    shares = [Share("draw", 2.0, 1.0), *(Share(part, 0.0, 0.0) for part in PARTS if part != "draw")]
    assert words.shares_reading(shares, "zh") == "波动主要来自抽到哪些点位，占方差 100%。"


def test_what_pass_or_fail_hangs_on():
    found = made()
    shares = [PassShare("block", 0, 0.3), PassShare("severity", 0, 0.25), PassShare("draw", 0, 0.05, 0.05)]
    zh, en = (words.passing_reading(found, shares, lang) for lang in ("zh", "en"))
    assert "集贸市场 · 东街和严查程度" in zh
    assert "55%" in zh
    assert "55%" in en
    assert words.PART_NAMES["draw"].zh not in zh  # within twice its error
    for none in ([], shares[2:]):
        assert words.passing_reading(found, none, "zh") == "达标与否不取决于任何单独一项。"
    whole = [PassShare("severity", 0, 0.7), PassShare("draw", 0, 0.5)]  # estimates may add up to more than all
    assert "100%" in words.passing_reading(found, whole, "zh")
    assert "其余" not in words.passing_reading(found, whole, "zh")


def test_sites_to_look_at():
    held = (3, 0.5, 0.4), (0, 0.25, 0.4), (1, 0.1, 0.1), (2, 0.1, 0.09), (2, 1, 0)
    rows = [SiteRow(site, 0, drawn, loss, 0) for site, drawn, loss in held]
    zh = words.sites_reading(made(), rows, "zh")
    assert "丁、甲和乙居前" in zh
    assert "合计预计失 0.31 分" in zh
    assert "丙" not in zh
    assert "丁: together 0.20 points" in words.sites_reading(made(), rows[:1], "en")
    for none in ([], rows[4:]):
        assert words.sites_reading(made(), none, "zh") == "没有列名点位会失分。"


# ------------------------------------------------------------------------------------- inspections, rounds, rates


@pytest.mark.parametrize(
    ("passed", "zh", "en"),
    [
        ((True, True, True), "其中 3 次达标", "3 of them pass."),
        ((True, False, False), "其中 1 次达标", "1 of them passes."),
        ((False, False, False), "其中 0 次达标", "0 of them pass."),
        ((None, None, None), "至 36.50 分。", "to 36.50 points."),
    ],
)
def test_three_inspections_are_counted(passed, zh, en):
    totals = (Fraction(73, 2), Fraction(34), Fraction(35))
    one = [SimpleNamespace(total=total, passed=own) for total, own in zip(totals, passed, strict=True)]
    assert words.inspections_reading(one, "zh").startswith("三次模拟督查得 34.00 至 36.50 分")
    assert words.inspections_reading(one, "zh").rstrip("。").endswith(zh.rstrip("。"))
    assert words.inspections_reading(one, "en").endswith(en)


def test_a_round_since_another():
    moved = (Moved(1, Fraction(1, 2), Fraction(3, 4)),)
    change = Change(Fraction(34), Fraction(73, 2), moved, ((1, 0),), ((0, 0),), ((0, 1), (0, 2)), 1)
    assert words.change_reading(change, "zh") == (
        "得分由 34.00 分上升 2.50 分，为 36.50 分；两轮都查到的点位上，消除问题 1 处，新增 1 处，仍有 2 处；"
        "上轮的 1 处问题本轮未复查。"
    )
    en = words.change_reading(change, "en")
    assert en.startswith("The score rose by 2.50 points, from 34.00 to 36.50; where both rounds looked, 1 finding went")
    assert "1 came, 2 stayed; 1 finding of then not checked again" in en
    back = replace(change, before=change.now, now=change.before, went=(), unseen=0)
    assert "下降 2.50 分" in words.change_reading(back, "zh")
    assert "未复查" not in words.change_reading(back, "zh")
    assert "fell by 2.50 points" in words.change_reading(back, "en")
    assert "0 findings went" in words.change_reading(back, "en")
    same = replace(change, before=change.now)
    assert words.change_reading(same, "zh").startswith("得分仍为 36.50 分；")
    assert words.change_reading(same, "en").startswith("The score stays at 36.50 points;")
    for none in (replace(change, before=None), replace(change, now=None)):
        assert words.change_reading(none, "zh") == "两轮中有一轮没有得分，无从比较。"
        assert words.change_reading(none, "en") == "One of the rounds has no score."


def test_the_range_over_rates():
    doubt = RateDoubt(0.314, 0.958, 0.7, 0.02, 30)
    zh, en = (words.assumed_reading(doubt, lang) for lang in ("zh", "en"))
    assert "在 31% 至 96% 之间（由 30 组达标率得出）" in zh
    assert "between 31% and 96% in nine cases of ten (from 30 sets of rates)" in en
    assert words.assumed_reading(None, "zh") == words.assumed_reading(None, "en") == ""


@pytest.mark.parametrize("more", [{}, {"mark": None}, {"sd": 0.0}, {**SIMULATED, "chance_error": 0.003}, {"now": None}])
def test_english_sentences_are_english(more):
    found = made(**more)
    for say in (words.headline, words.distribution_reading, words.severity_reading, words.engine_sentence):
        assert not CHINESE.search(say(found, "en"))
        assert CHINESE.search(say(found, "zh"))
        assert not re.search(r"None|nan|\(\)|（）", say(found, "en") + say(found, "zh"))
