"""Rules in words: every kind has some, in both languages, and the numbers are the rule's own."""

from fractions import Fraction as F

import pytest

from evalsys import instrument_ids, load_instrument
from evalsys.language import Text
from evalsys.rule_params import PER_CENT
from evalsys.rule_words import limit_text, requirement
from evalsys.rulebook import RULES, Rule

GRADES = ((3, (), F(1)), (2, (0,), F(66, 100)))
KINDS = {
    "烟头": {"name": Text("烟头", "butt"), "points": {"first": F(1, 2)}, "found_by": None, "cap": F(5)},
    "堆": {"name": Text("垃圾堆", "heap"), "points": {"first": F(1), "unfixed": F(3)}, "found_by": None, "cap": None},
    "x": {"name": Text("违建", "shed"), "points": None, "found_by": {"市级": {"first": F(2)}}, "cap": None},
}
SHORT = {"limits": {"at_least": F(90)}, "measure": PER_CENT, "short": "minus", "lose": F(1, 10), "per": F(10)}
SAID = [
    ("met", {"over_sites": "mean"}, "达标", "met"),
    ("met", {"over_sites": "all"}, "各点位均达标", "met at every site"),
    ("met", {"over_sites": 3}, "至少3处点位达标", "met at 3 sites or more"),
    ("loss", {}, "无扣分问题，有问题的按份额扣分", "nothing amiss; each finding takes a share"),
    ("share", {}, "全部达标，按达标比例计分", "all comply; counts by the share that does"),
    ("k_of_n", {"required": 3, "n": 5}, "查5处，至少3处达标", "at least 3 of 5 comply"),
    ("k_of_n", {"required": 3, "n": None}, "至少3处达标", "at least 3 comply"),
    (
        "threshold",
        {"limits": {"at_most": F(8)}, "measure": Text("件", "cases"), "short": "zero"},
        "不超过8件",
        "at most 8 cases",
    ),
    (
        "threshold",
        {"limits": {"at_least": F(1, 2)}, "measure": None, "short": "proportional"},
        "不低于0.5，不足的按比例计分",
        "at least 0.5; less counts in proportion",
    ),
    (
        "threshold",
        {**SHORT, "steps": "full"},
        "不低于90%，每差10个百分点扣该项分值的10%（不足一档不计）",
        "at least 90%; each 10 percentage points short takes 10% of the points (only full steps count)",
    ),
    ("ratio", {"target": F(100), "measure": PER_CENT}, "达到100%，不足的按比例计分", "100%; less counts in proportion"),
    (
        "bands",
        {"steps": (("at_least", F(85), F(1)),), "otherwise": F(1, 3), "measure": PER_CENT},
        "不低于85%得满分，其余得1/3",
        "at least 85%: full points, else: 1/3",
    ),
    (
        "option",
        {"table": {"完整": F(1), "无": F(0)}},
        "选“完整”得满分，选“无”不得分",
        "option '完整': full points, option '无': none",
    ),
    (
        "count_met",
        {"criteria": {name: Text(name, name) for name in "abcd"}, "grades": GRADES, "otherwise": F(0)},
        "a；b；c；d。达到3项得满分，达到2项（须含a）得66%，其余不得分",
        "a; b; c; d. 3 met: full points, 2 met (with a): 66%, else: none",
    ),
    (
        "deduct",
        {"kinds": KINDS, "full": F(10)},
        "从10分中扣分：烟头每次0.5分，最多5分；垃圾堆每次1–3分；违建每次2分",
        "points off 10: butt 0.5 each, 5 at most; heap 1–3 each; shed 2 each",
    ),
    ("none", {}, "不得发生", "must not happen"),
    ("growth", {}, "增幅不低于参照增幅", "growth not below the reference"),
    ("deadline", {"by": (6, 30)}, "6月30日前完成", "done by 30 Jun"),
]


@pytest.mark.parametrize(("kind", "params", "zh", "en"), SAID)
def test_a_rule_in_words(kind, params, zh, en):
    rule = Rule(kind, params)
    assert (requirement(rule, "zh"), requirement(rule, "en")) == (zh, en)


def test_every_rule_has_words():
    assert {kind for kind, *_ in SAID} | {"grade"} == set(RULES)


@pytest.mark.parametrize(
    ("limits", "measure", "zh", "en"),
    [
        ({"at_least": F(80), "at_most": F(90)}, Text("分", "points"), "80–90分", "80–90 points"),
        ({"at_least": F(60), "at_most": F(60)}, Text("年", "years"), "60年", "60 years"),
        ({"at_least": F(8)}, Text("处", "places"), "不少于8处", "at least 8 places"),
        ({"at_least": F(3)}, Text("人/万人", "per 10,000"), "不低于3人/万人", "at least 3 per 10,000"),
        ({"at_least": F(100)}, PER_CENT, "达到100%", "100%"),
        ({"below": F(2)}, None, "小于2", "below 2"),
    ],
)
def test_a_limit_in_words(limits, measure, zh, en):
    assert (limit_text(limits, measure, "zh"), limit_text(limits, measure, "en")) == (zh, en)


def test_every_rule_of_the_shipped_instruments_can_be_said():
    for name in instrument_ids():
        for node in load_instrument(name).standards.values():
            for rule in node.standard.rules.values():
                for lang in ("zh", "en"):
                    assert requirement(rule, lang)
