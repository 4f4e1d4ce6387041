"""Rules in words: every kind has some, in both languages, and the numbers are the rule's own."""

from fractions import Fraction as F

import pytest

from evalsys import instrument_ids, load_instrument
from evalsys.language import Text
from evalsys.rule_params import PER_CENT
from evalsys.rule_words import limit_text, rule_text
from evalsys.rulebook import RULES, Rule

GRADES = ((3, (), F(1)), (2, (0,), F(66, 100)))
KINDS = {
    "烟头": {"name": Text("烟头", "butt"), "points": {"first": F(1, 2)}, "found_by": None, "cap": F(5)},
    "堆": {"name": Text("垃圾堆", "heap"), "points": {"first": F(1), "unfixed": F(3)}, "found_by": None, "cap": None},
    "x": {"name": Text("违建", "shed"), "points": None, "found_by": {"市级": {"first": F(2)}}, "cap": None},
}
SHORT = {"limits": {"at_least": F(90)}, "measure": PER_CENT, "short": "minus", "lose": F(1, 10), "per": F(10)}
SAID = [
    ("met", {"over_sites": "mean"}, "是否达标；多处按达标比例", "met or not; over sites the share that complies"),
    ("met", {"over_sites": "all"}, "全部点位达标", "every site complies"),
    ("met", {"over_sites": 3}, "至少 3 处达标", "at least 3 sites comply"),
    ("loss", {}, "每处从满分起扣去一份", "each site starts in full and loses a share"),
    ("share", {}, "按达标比例", "the share that complies"),
    ("k_of_n", {"required": 3, "n": 5}, "5 个中至少 3 个达标", "at least 3 of 5 comply"),
    ("k_of_n", {"required": 3, "n": None}, "至少 3 个达标", "at least 3 comply"),
    (
        "threshold",
        {"limits": {"at_most": F(8)}, "measure": Text("件", "cases"), "short": "zero"},
        "不高于8件，否则不得分",
        "at most 8 cases, else nothing",
    ),
    (
        "threshold",
        {"limits": {"at_least": F(1, 2)}, "measure": None, "short": "proportional"},
        "不低于0.5，不足部分按比例扣",
        "at least 0.5, the shortfall off in proportion",
    ),
    (
        "threshold",
        {**SHORT, "steps": "full"},
        "不低于90%，每差10个百分点（满者方计）扣 10%",
        "at least 90%, 10% off per 10 percentage points short (full steps only)",
    ),
    ("ratio", {"target": F(100), "measure": PER_CENT}, "按与100%之比", "as a share of 100%"),
    (
        "bands",
        {"steps": (("at_least", F(85), F(1)),), "otherwise": F(1, 3), "measure": PER_CENT},
        "不低于85%得 100%；其余得 33.33%",
        "at least 85%: 100%; else: 33.33%",
    ),
    ("option", {"table": {"完整": F(1), "无": F(0)}}, "完整 100%、无 0%", "完整 100%, 无 0%"),
    (
        "count_met",
        {"criteria": dict.fromkeys("abcd"), "grades": GRADES, "otherwise": F(0)},
        "4 个小项中达到 3 个得 100%、达到 2 个得 66%，其余得 0%",
        "of 4 criteria 3 met: 100%, 2 met: 66%, else: 0%",
    ),
    (
        "deduct",
        {"kinds": KINDS, "full": F(10)},
        "从 10 分中每处扣：烟头 0.5，至多 5；垃圾堆 首次 1/未整改 3；违建 市级 2",
        "off 10 for each: butt 0.5, at most 5; heap first 1/unfixed 3; shed 市级 2",
    ),
    ("none", {}, "发生一次即不得分", "nothing if it happened once"),
    ("growth", {}, "增幅不低于参照值", "growth not below the reference"),
    ("deadline", {"by": (6, 30)}, "6月30日前", "by 30 Jun"),
]


@pytest.mark.parametrize(("kind", "params", "zh", "en"), SAID)
def test_a_rule_in_words(kind, params, zh, en):
    rule = Rule(kind, params)
    assert (rule_text(rule, "zh"), rule_text(rule, "en")) == (zh, en)


def test_every_rule_has_words():
    assert {kind for kind, *_ in SAID} | {"grade"} == set(RULES)


def test_a_range_and_the_same_number_twice():
    low, high = {"at_least": F(80), "at_most": F(90)}, {"at_least": F(60), "at_most": F(60)}
    assert limit_text(low, Text("分", "points")) == Text("80至90分", "from 80 to 90 points")
    assert limit_text(high, Text("年", "years")) == Text("60年", "60 years")


def test_every_rule_of_the_shipped_instruments_can_be_said():
    for name in instrument_ids():
        for node in load_instrument(name).standards.values():
            for rule in node.standard.rules.values():
                for lang in ("zh", "en"):
                    assert rule_text(rule, lang)
