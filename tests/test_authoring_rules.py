"""The short notation of an authoring workbook: what each cell may hold, and what it refuses."""

from __future__ import annotations

import datetime

import pytest

from evalsys import schema
from evalsys.authoring_rules import (
    NOTATIONS,
    WORDS,
    due_of,
    names_in,
    numbered,
    parameters_of,
    points_of,
    shares_of,
    word,
)
from evalsys.fields import Bad
from evalsys.instrument import METHODS
from evalsys.instrument_shape import LEVELS, THRESHOLDS
from evalsys.language import LANGUAGES
from evalsys.rulebook import COMBINES, RULES
from evalsys.when import PERIODS, When, read_when

PARAMETERS = [
    ("met", "", None),
    ("met", "全部", {"over_sites": "all"}),
    ("met", "all", {"over_sites": "all"}),
    ("met", "3", {"over_sites": "3"}),
    ("loss", "", None),
    ("share", "", None),
    ("none", "", None),
    ("growth", "", None),
    ("grade", "", None),
    ("k_of_n", "3/5", {"required": "3", "n": "5"}),
    ("k_of_n", "3 ／ 5", {"required": "3", "n": "5"}),
    ("k_of_n", "3", {"required": "3"}),
    ("threshold", "≥90 %", {"at_least": "90", "measure": "%"}),
    ("threshold", "≥90％", {"at_least": "90", "measure": "%"}),
    ("threshold", ">= 90%", {"at_least": "90", "measure": "%"}),
    ("threshold", "＞＝90", {"at_least": "90"}),
    ("threshold", "≥3 处", {"at_least": "3", "measure": "处"}),
    ("threshold", "<=8", {"at_most": "8"}),
    ("threshold", "<2", {"below": "2"}),
    ("threshold", "＞0.5", {"above": "0.5"}),
    ("threshold", "不低于1/3", {"at_least": "1/3"}),
    ("threshold", "不超过 5/万人", {"at_most": "5", "measure": "/万人"}),
    ("threshold", "≤35 微克/立方米", {"at_most": "35", "measure": "微克/立方米"}),
    ("threshold", "≤35 PM2.5", {"at_most": "35", "measure": "PM2.5"}),
    ("threshold", "3..5", {"range": ["3", "5"]}),
    ("threshold", "80～90 分贝", {"range": ["80", "90"], "measure": "分贝"}),
    ("threshold", "80至90 %", {"range": ["80", "90"], "measure": "%"}),
    ("threshold", "≥1,000 万元；按比例", {"at_least": "1,000", "measure": "万元", "short": "proportional"}),
    ("threshold", ">=90 %; proportional", {"at_least": "90", "measure": "%", "short": "proportional"}),
    (
        "threshold",
        "≥90 %；每差10扣10%",
        {"at_least": "90", "measure": "%", "short": {"lose": "10%", "per": "10", "steps": "linear"}},
    ),
    ("threshold", ">=90; per full 2 lose 5%", {"at_least": "90", "short": {"lose": "5%", "per": "2", "steps": "full"}}),
    ("threshold", "3..5；每满1扣5％", {"range": ["3", "5"], "short": {"lose": "5%", "per": "1", "steps": "full"}}),
    (
        "threshold",
        "≤8；每差 1 扣 1/3 %，不足按一档计",
        {"at_most": "8", "short": {"lose": "1/3 %", "per": "1", "steps": "begun"}},
    ),
    ("threshold", "≤8; per begun 1 lose 5%", {"at_most": "8", "short": {"lose": "5%", "per": "1", "steps": "begun"}}),
    ("ratio", "100 %", {"target": "100", "measure": "%"}),
    ("ratio", "10", {"target": "10"}),
    (
        "bands",
        "≥85=1；＞70=66%；其余=0",
        {"steps": [{"at_least": "85", "value": "1"}, {"above": "70", "value": "66%"}], "else": "0"},
    ),
    ("bands", "<60 分贝=1;else=0", {"steps": [{"below": "60", "value": "1"}], "else": "0", "measure": "分贝"}),
    ("option", "完整（含附件）=1；缺一项＝0.5；；无=0", {"完整（含附件）": "1", "缺一项": "0.5", "无": "0"}),
    ("option", "达到90％=1; a=b=0", {"达到90％": "1", "a=b": "0"}),
    ("grade", "优=1；良=0.8", {"优": "1", "良": "0.8"}),
    (
        "deduct",
        "烟头=0.5≤5；垃圾堆｜Heap of litter＝1",
        {
            "kinds": {
                "烟头": {"name": {"zh": "烟头", "en": "烟头"}, "points": "0.5", "cap": "5"},
                "垃圾堆": {"name": {"zh": "垃圾堆", "en": "Heap of litter"}, "points": "1"},
            }
        },
    ),
    (
        "deduct",
        "破损|公示牌破损、未更新|Board broken=5 <= 10",
        {
            "kinds": {
                "破损": {"name": {"zh": "公示牌破损、未更新", "en": "Board broken"}, "points": "5", "cap": "10"},
            }
        },
    ),
    ("deadline", "06-30", {"by": "06-30"}),
    ("deadline", "6月30日前", {"by": "06-30"}),
    ("deadline", "2026年6月30日", {"by": "2026年6月30日"}),
]


@pytest.mark.parametrize(("rule", "text", "expected"), PARAMETERS)
def test_parameters(rule, text, expected):
    for lang in LANGUAGES:
        assert parameters_of(rule, text, lang) == expected


@pytest.mark.parametrize("rule", WORDS["rule"])
def test_every_rule_is_read_by_the_reader_of_the_yaml_format(rule, tmp_path):
    """What a cell says is what the YAML format understands."""
    import yaml

    for name, text, expected in PARAMETERS:
        if name == rule and text != "达到90％=1; a=b=0":
            path = tmp_path / "a.yaml"
            path.write_text(yaml.safe_dump({"rule": expected}, allow_unicode=True), "utf-8")
            faults = []
            spot, content = schema.document(path, "a.yaml", faults)
            assert RULES[rule].params(spot, content["rule"]) is not None
            assert parameters_of(rule, text, "zh") == expected
            assert faults == []
    assert any(name == rule for name, _, _ in PARAMETERS)


REFUSED = [
    ("met", "多数", "bad_notation", "多数"),
    ("loss", "0.1", "no_effect", None),
    ("share", "80 %", "no_effect", None),
    ("k_of_n", "", "empty_value", None),
    ("k_of_n", "3 of 5", "bad_notation", None),
    ("k_of_n", "2026-03-05", "bad_notation", None),  # what a spreadsheet makes of 3/5
    ("threshold", "", "empty_value", None),
    ("threshold", "90 %", "bad_notation", "90 %"),
    ("threshold", "90%以上", "bad_notation", "90%以上"),
    ("threshold", "≥90.5.3", "bad_notation", "≥90.5.3"),
    ("threshold", "≥90.5,3", "bad_notation", "≥90.5,3"),
    ("threshold", "≥80 ≤90", "bad_notation", "≥80 ≤90"),
    ("threshold", "≥-5", "bad_notation", "≥-5"),
    ("threshold", "≥90；每差1扣0.1", "bad_notation", "每差1扣0.1"),  # of the points, or in points?
    ("threshold", "≥90；每差1扣1分", "bad_notation", "每差1扣1分"),
    ("threshold", "≥90；每满1扣5%，不足按一档计", "bad_notation", "每满1扣5%，不足按一档计"),
    ("threshold", "<90；每差1扣5%", "bad_notation", None),
    ("threshold", ">90；按比例", "bad_notation", None),
    ("threshold", "3..5；按比例", "bad_notation", "3..5"),
    ("threshold", "≥90；按比例；按比例", "bad_notation", "按比例"),
    ("ratio", "%", "bad_notation", None),
    ("ratio", "≥100", "bad_notation", None),
    ("bands", "≥85=1", "bad_notation", None),
    ("bands", "其余=0；≥85=1", "bad_notation", None),
    ("bands", "其余=0", "bad_notation", None),
    ("bands", "85=1；其余=0", "bad_notation", "85"),
    ("bands", "≥85 %=1；≥70=0.5；其余=0", "two_measures", None),
    ("bands", "≥85=1；≥85=0.5；其余=0", "named_twice", "≥85"),
    ("option", "a", "bad_notation", "a"),
    ("option", "=1", "bad_notation", "=1"),
    ("option", "a=", "bad_notation", "a="),
    ("option", "a=1；a=0", "named_twice", "a"),
    ("deduct", "烟头", "bad_notation", "烟头"),
    ("deduct", "烟头=半", "bad_notation", "烟头=半"),
    ("deduct", "烟头=0.5≥5", "bad_notation", "烟头=0.5≥5"),
    ("deduct", "a|b|c|d=1", "bad_notation", "a|b|c|d=1"),
    ("deduct", "a|=1", "bad_notation", "a|=1"),
    ("deduct", "；", "bad_notation", None),
    ("deduct", "烟头=1；烟头=2", "named_twice", "烟头"),
    ("deadline", "六月底", "bad_notation", "六月底"),
]


@pytest.mark.parametrize(("rule", "text", "problem", "part"), REFUSED)
def test_what_does_not_fit_is_refused(rule, text, problem, part):
    for lang in LANGUAGES:
        with pytest.raises(Bad) as raised:
            parameters_of(rule, text, lang)
        assert raised.value.problem == problem
        assert (raised.value.part or text) == (part or text)
        if problem not in ("no_effect", "named_twice"):
            assert raised.value.allowed == NOTATIONS[rule].say(lang)


@pytest.mark.parametrize("rule", NOTATIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_examples_of_the_messages_can_be_written(rule, lang):
    for example in NOTATIONS[rule].say(lang).split("  "):
        if example not in ("（空）", "(empty)"):
            assert parameters_of(rule, example, lang)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06-30", {"by": "06-30"}),
        ("6月30日前", {"by": "06-30"}),
        ("by 06-30", {"by": "06-30"}),
        ("2026-06-30", {"by": "2026-06-30"}),
        ("5月15日至8月22日", {"from": "05-15", "to": "08-22"}),
        ("05-15 to 08-22", {"from": "05-15", "to": "08-22"}),
        ("每月", {"every": "month"}),
        ("每天", {"every": "day"}),
        ("每两个月", {"every": "two-months"}),
        ("every half-year", {"every": "half-year"}),
        ("每月2次", {"every": "month", "times": "2"}),
        ("every year 4 times", {"every": "year", "times": "4"}),
        ("每月5日前", {"every": "month", "by_day": "5"}),
        ("every month by the 1st", {"every": "month", "by_day": "1"}),
        ("每2–3天", {"days": ["2", "3"]}),
        ("every 2-3 days", {"days": ["2", "3"]}),
        ("每10天", {"days": ["10", "10"]}),
        ("第2教学周", {"school_week": "2"}),
        ("school week 2", {"school_week": "2"}),
    ],
)
def test_when_it_is_due(text, expected):
    assert due_of(text, "zh") == due_of(text, "en") == expected


DUE = [
    When(by=(6, 30)),
    When(by=datetime.date(2026, 6, 30)),
    When(since=(5, 15), by=(8, 22)),
    When(days=(2, 3)),
    When(days=(7, 7)),
    When(school_week=2),
    *(When(every=period) for period in PERIODS),
    *(When(every=period, times=3) for period in PERIODS),
    *(When(every=period, by_day=5) for period in ("month", "quarter")),
]


@pytest.mark.parametrize("when", DUE, ids=lambda when: when.text.zh)
def test_what_a_page_says_of_a_due_day_can_be_written(when, tmp_path):
    import yaml

    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(due_of(when.text.zh, "zh")), "utf-8")
    faults = []
    assert read_when(*schema.document(path, "a.yaml", faults)) == when
    assert faults == []


@pytest.mark.parametrize("text", ["尽快", "soon", "每月五日前", "6月底", "至8月22日", "每隔2天"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(Bad) as raised:
        due_of(text, "zh")
    assert raised.value.problem == "bad_notation"


def test_lists_shares_and_points():
    assert names_in(" 文明办、城管局； 交警;") == ["文明办", "城管局", "交警"]
    assert numbered("市场＝3；超市") == [("市场", "3"), ("超市", None)]
    assert shares_of("网络调查=20；问卷调查＝80", "zh") == {"online_check": "20", "survey": "80"}
    assert list(shares_of("网络调查；问卷调查", "zh")) == ["online_check", "survey"]
    assert points_of("1/3") == "1/3"
    assert points_of("1-6月=20；7=25") == {"1-6": "20", "7": "25"}
    for text, problem, part in [
        ("材料审核=", "bad_notation", "材料审核="),
        ("材料审核；材料审核", "named_twice", "材料审核"),
        ("材料审合", "bad_value", "材料审合"),
    ]:
        with pytest.raises(Bad) as raised:
            shares_of(text, "zh")
        assert (raised.value.problem, raised.value.part) == (problem, part)
    with pytest.raises(Bad, match="bad_notation"):
        shares_of("材料审核；实地考察=60", "zh", every=True)
    with pytest.raises(Bad, match="bad_notation"):
        points_of("20；")


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_is_read_in_both_languages(kind):
    for key, name in WORDS[kind].items():
        for lang in LANGUAGES:
            assert {word(kind, spelling, lang) for spelling in (key, name.zh, name.en)} == {key}
    names = [name for text in WORDS[kind].values() for name in {text.zh, text.en}]
    assert len(set(names)) == len(names)


def test_the_words_are_those_of_the_format():
    assert set(WORDS["rule"]) == set(RULES) - {"count_met"}
    assert set(WORDS["combine"]) == set(COMBINES) - {"subset-grade"}
    assert tuple(WORDS["level"]) == LEVELS
    assert tuple(WORDS["threshold"]) == THRESHOLDS
    assert WORDS["method"] == METHODS


def test_an_unknown_word_names_the_known_ones():
    with pytest.raises(Bad) as raised:
        word("several", "取最抵", "zh")
    assert (raised.value.problem, raised.value.allowed, raised.value.near) == (
        "bad_value",
        "平均  取最低  按份额",
        "取最低",
    )
    with pytest.raises(Bad) as raised:
        word("rule", "treshold", "zh")  # an English word in a Chinese workbook
    assert raised.value.near == "限值"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("rule", "count_met"), ("rule", "小项达标数"), ("combine", "subset-grade"), ("combine", "按达标数定档")],
)
def test_what_only_the_yaml_format_says_is_refused(kind, text):
    with pytest.raises(Bad, match="only_in_yaml"):
        word(kind, text, "zh")
