"""What every rule asks for, in words, in both languages."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from evalsys import instrument_ids, load_instrument
from evalsys.language import Text
from evalsys.rule_params import PER_CENT
from evalsys.rule_words import limit_text, requirement
from evalsys.rulebook import RULES, Rule

ITEMS = Text("项", "items")
HALF = F(1, 2)
KINDS = {
    "烟头": {
        "name": Text("烟头", "Butt"),
        "points": {"first": HALF, "unfixed": F(1)},
        "found_by": None,
        "cap": 5,
    },
    "垃圾": {"name": Text("垃圾", "Heap"), "points": None, "found_by": {"a": {"first": F(2)}}, "cap": None},
}


def threshold(measure: Text | None = PER_CENT, short: str = "zero", **limits: int) -> Rule:
    more = {"lose": F(1, 10), "per": F(10), "steps": "full"} if short == "minus" else {}
    found = {name: F(limit) for name, limit in limits.items()}
    return Rule("threshold", {"limits": found, "measure": measure, "short": short, **more})


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        (threshold(at_least=90), "不低于90%", "at least 90%"),
        (threshold(at_least=100), "达到100%", "100%"),
        (threshold(at_least=100, measure=ITEMS), "不少于100项", "at least 100 items"),
        (threshold(at_most=8, measure=Text("人/万车", "per 10,000")), "不超过8人/万车", "at most 8 per 10,000"),
        (threshold(above=0), "大于0%", "above 0%"),
        (threshold(below=2, measure=ITEMS), "小于2项", "below 2 items"),
        (threshold(at_least=1, at_most=3, measure=ITEMS), "1–3项", "1–3 items"),
        (threshold(at_least=20, at_most=20, measure=ITEMS), "20项", "20 items"),
        (threshold(at_least=5, measure=None), "不低于5", "at least 5"),
        (
            threshold(at_least=90, short="proportional"),
            "不低于90%，不足的按比例计分",
            "at least 90%; less counts in proportion",
        ),
        (
            threshold(at_least=90, short="minus"),
            "不低于90%，每差10个百分点扣该项分值的10%（不足一档不计）",
            "at least 90%; each 10 percentage points short takes 10% of the points (only full steps count)",
        ),
        (
            threshold(at_least=8, measure=ITEMS, short="minus"),
            "不少于8项，每差10项扣该项分值的10%（不足一档不计）",
            "at least 8 items; each 10 items short takes 10% of the points (only full steps count)",
        ),
        (
            Rule("option", {"table": {"甲": F(6667, 10000), "乙": F(6667, 100000)}}),
            "选“甲”得66.67%，选“乙”得0.06667",
            "option '甲': 66.67%, option '乙': 0.06667",
        ),
        (Rule("met", {"over_sites": "mean"}), "达标", "met"),
        (Rule("met", {"over_sites": "all"}), "各点位均达标", "met at every site"),
        (Rule("met", {"over_sites": 3}), "至少3处点位达标", "met at 3 sites or more"),
        (Rule("none"), "不得发生", "must not happen"),
        (Rule("k_of_n", {"required": 4, "n": 5}), "查5处，至少4处达标", "at least 4 of 5 comply"),
        (Rule("k_of_n", {"required": 5, "n": 5}), "查5处，至少5处达标", "at least 5 of 5 comply"),
        (Rule("k_of_n", {"required": 4, "n": None}), "至少4处达标", "at least 4 comply"),
        (
            Rule("ratio", {"target": F(4), "measure": ITEMS}),
            "达到4项，不足的按比例计分",
            "4 items; less counts in proportion",
        ),
        (
            Rule("bands", {"steps": (("at_least", F(36), F(1)), ("at_least", F(30), HALF)),
                           "otherwise": F(0), "measure": PER_CENT}),
            "不低于36%得满分，不低于30%得50%，其余不得分",
            "at least 36%: full points, at least 30%: 50%, else: none",
        ),
        (
            Rule("option", {"table": {"完整": F(1), "缺": F(1, 3)}}),
            "选“完整”得满分，选“缺”得1/3",
            "option '完整': full points, option '缺': 1/3",
        ),
        (
            Rule("grade", {"table": {"A": F(1), "D": F(0)}}),
            "评定等级：A得满分，D不得分",
            "graded A: full points, D: none",
        ),
        (
            Rule("count_met", {"criteria": {"a": Text("方案", "Plan"), "b": Text("总结", "Summary")},
                               "grades": ((1, (1,), F(1)),), "otherwise": F(0)}),
            "方案；总结。达到1项（须含总结）得满分，其余不得分",
            "Plan; Summary. 1 met (with Summary): full points, else: none",
        ),
        (
            Rule("deduct", {"kinds": KINDS, "full": F(10)}),
            "从10分中扣分：烟头每次0.5–1分，最多5分；垃圾每次2分",
            "points off 10: Butt 0.5–1 each, 5 at most; Heap 2 each",
        ),
        (Rule("deadline", {"by": (6, 30)}), "6月30日前完成", "done by 30 Jun"),
        (Rule("growth"), "增幅不低于参照增幅", "growth not below the reference"),
        (Rule("share"), "全部达标，按达标比例计分", "all comply; counts by the share that does"),
        (Rule("loss"), "无扣分问题，有问题的按份额扣分", "nothing amiss; each finding takes a share"),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_asks_for(rule: Rule, zh: str, en: str) -> None:
    assert (requirement(rule, "zh"), requirement(rule, "en")) == (zh, en)


def test_every_rule_has_words() -> None:
    marks = test_a_rule_says_what_it_asks_for.pytestmark  # type: ignore[attr-defined]
    assert {case[0].kind for case in marks[0].args[1]} == set(RULES)


@pytest.mark.parametrize(
    ("limits", "measure", "zh", "en"),
    [
        ({"at_least": F(80), "at_most": F(90)}, Text("分", "points"), "80–90分", "80–90 points"),
        ({"at_least": F(60), "at_most": F(60)}, Text("年", "years"), "60年", "60 years"),
        ({"at_least": F(8)}, Text("处", "places"), "不少于8处", "at least 8 places"),
        ({"at_least": F(3)}, Text("人/万人", "per 10,000"), "不低于3人/万人", "at least 3 per 10,000"),
        ({"at_least": F(100)}, PER_CENT, "达到100%", "100%"),
        ({"below": F(2)}, None, "小于2", "below 2"),
        ({"at_least": F(85)}, Text("分", "points"), "不低于85分", "at least 85 points"),
        ({"at_least": F(2)}, Text("倍", "times"), "不低于2倍", "at least 2 times"),
        ({"at_least": F(3)}, Text("处/公里", "per km"), "不低于3处/公里", "at least 3 per km"),
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
