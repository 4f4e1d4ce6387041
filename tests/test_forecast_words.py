"""Sentences of the forecast: their numbers are those of the result, and no chance reads as a certainty."""

from dataclasses import replace
from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import forecast_words as words
from evalsys.forecasting import forecast
from evalsys.language import Text
from evalsys.variance import PassShare, Share

AT = [{"site_type": "community", "sites": 2}]


def assessment(folder, **settings):
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"{name}点"} for n, name in enumerate("甲乙丙丁")]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value}
        for n, value in enumerate(("0", "0.4", "0", "0.2"))
        for code in ("1.1", "1.2")
    ]
    given = {"draw": [{"site_type": "community", "sites": 2, "population": 6}], "pass_mark": "85%", **settings}
    return assessment_of(folder, content_of([indicator("1", 10, below)], 10), rows, given, sites=sites)


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    return forecast(assessment(tmp_path_factory.mktemp("law")))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return forecast(assessment(tmp_path_factory.mktemp("drawn")), engine="simulate", draws=2_000)


@pytest.mark.parametrize(
    ("chance", "error", "said"),
    [
        (0.744, None, "74%"),
        (0.745, None, "75%"),  # half up
        (0.004, None, "0.4%"),
        (0.0004, None, "<0.1%"),
        (0.995, None, "99.5%"),
        (0.9996, None, ">99.9%"),
        (1 - 2**-53, None, ">99.9%"),
        (1 + 2**-52, None, ">99.9%"),  # rounding of a law never reads as certainty
        (0.85, 0.0025, "85.0% ± 0.5%"),
        (0.9996, 0.0001, ">99.9%"),
        (0.5, 0.00001, "50.0% ± 0.1%"),  # an error is never told as none
    ],
)
def test_a_chance_has_no_false_digits(chance, error, said):
    assert words.chance_text(chance, error) == said


def test_a_simulated_certainty_is_told_by_the_rule_of_three(drawn):
    assert words.chance_of(replace(drawn, chance=1.0, chance_error=0.0)) == ">99.8%"  # 3 / 2000 is 0.15 %
    assert words.chance_of(replace(drawn, chance=0.0, chance_error=0.0)) == "<0.2%"
    assert words.chance_of(replace(drawn, chance=1.0, chance_error=0.0, draws=20_000)) == ">99.9%"
    assert words.chance_of(replace(drawn, chance=1.0, chance_error=0.0, draws=100)) == ">97%"


def test_only_a_law_without_spread_is_certain(law):
    assert words.chance_of(replace(law, chance=1.0)) == ">99.9%"
    assert words.chance_of(replace(law, chance=1.0, sd=0.0)) == "100%"
    assert words.chance_of(replace(law, chance=None)) == "–"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_headline_has_the_numbers_of_the_forecast(law, lang):
    said = words.headline(law, lang)
    held = dict(law.quantiles)
    for value in (held[0.05], held[0.95], law.mean):
        assert f"{value:.2f}" in said
    strict = law.at_severity(-1)[0]
    assert f"{100 * law.chance:.0f}%" in said
    assert f"{100 * strict:.0f}%" in said
    assert "85%" in said


def test_a_simulated_chance_carries_its_error(drawn):
    said = words.headline(drawn, "zh")
    assert f"{100 * drawn.chance:.1f}% ± {200 * drawn.chance_error:.1f}%" in said
    assert "2,000" in words.engine_sentence(drawn, "zh")
    assert "2,000" in words.basis(drawn, 0, "en")


def test_without_a_mark_no_chance_is_told(law):
    bare = replace(law, chance=None, chance_error=None, severity=())
    assert words.headline(bare, "zh").endswith("未设目标线，不计算达标可能性。")
    assert words.headline(bare, "en").endswith("no pass mark is set, so there is no chance to pass.")


def test_assumptions_are_counted_on_page_one(law):
    assert words.basis(law, 5, "zh") == "精确计算；依据 5 条假定，见“假设的影响”。"
    assert "1 assumption," in words.basis(law, 1, "en")


def test_the_two_largest_shares_are_named():
    shares = [Share("draw", 2.0, 0.2), Share("state", 7.0, 0.7), Share("severity", 1.0, 0.1)]
    assert words.shares_reading(shares, "zh") == "波动主要来自点位届时状况，占方差 70%；其次是抽到哪些点位，占 20%。"
    assert words.shares_reading([Share("draw", 0.0, 0.0)], "en") == "There is no spread: every part is off or certain."


def test_an_index_within_its_error_is_not_named(law):
    shares = [PassShare("state", 0, 0.4, 0.01), PassShare("draw", 1, 0.01, 0.02)]
    said = words.passing_reading(law, shares, "zh")
    assert "点位届时状况" in said
    assert "抽到哪些点位" not in said
    assert "40%" in said


def test_the_largest_moves_are_named():
    moves = [(Text("甲", "A"), 0.031), (Text("乙", "B"), -0.052), (Text("丙", "C"), 0.01)]
    assert words.under_reading(moves, True, "zh") == "变动最大的：“甲”使其升 3.1 个百分点，“乙”使其降 5.2 个百分点。"
    assert words.under_reading(moves[:1], False, "en") == "The largest moves: up 0.03 points: A."
    assert words.under_reading([(Text("甲", "A"), 0.0)], True, "zh") == "换用这些假定，结果不变。"


def test_unlisted_sites_are_told_in_the_language_of_the_page(law):
    assert words.where_text(law, "未列名点位 3", "community", "en") == "Community (unlisted no. 3)"
    assert words.where_text(law, "甲街道未列名点位 3", "community", "zh") == "甲街道社区（未列名第 3 个）"
    assert words.where_text(law, "甲社区", "community", "zh") == "甲社区"
    assert words.where_text(law, "甲点", "community", "zh") == "甲点（社区）"
    assert words.where_text(law, None, None, "en") == "not at a site"


def test_a_reason_names_types_of_sites_in_english(law):
    assert words.named(law, Text("“社区”抽到", "the drawn sites of '社区'")).en == "the drawn sites of 'Community'"


@pytest.mark.parametrize(("value", "said"), [(-3.21, "−3.2"), (0.04, "0.0"), (-0.04, "0.0"), (5, "+5.0")])
def test_changes_have_a_sign(value, said):
    assert words.moved_text(value) == said


def test_severity_is_told_by_its_half_units():
    assert [words.severity_word(z, "zh") for z in (-0.6, -0.5, 0.0, 0.5, 0.6)] == [
        "偏严",
        "偏严",
        "一般",
        "一般",
        "偏宽",
    ]


def test_weights_are_told_with_their_range(law):
    from evalsys.doubt import score_doubt

    doubt = score_doubt(law.prospect.score, draws=1000)
    said = words.weights_reading(doubt, None, "zh")
    assert f"{float(doubt.least):.2f} 至 {float(doubt.most):.2f} 分" in said
    assert doubt.value == law.prospect.score.value == Fraction(17, 2)
