"""What may be entered for each rule, and the attainment that comes of it."""

from fractions import Fraction as F

import numpy as np
import pytest

from evalsys.faults import Fault
from evalsys.rulebook import COMBINES, RULES, SURVEY_RULES, finding_points, read_rule
from evalsys.rules import exact
from evalsys.schema import Spot, document

YEAR = 2016


@pytest.fixture
def rule_of(tmp_path):
    """Read a rule as an instrument file writes it."""

    def read(text, faults=0):
        path = tmp_path / "rule.yaml"
        path.write_text(f"rule: {text}\n", "utf-8")
        found: list[Fault] = []
        _, content = document(path, path.name, found)
        rule = read_rule(Spot(found, path.name, 1, "rule"), content["rule"])
        assert len(found) == faults, [fault.say("en") for fault in found]
        return rule

    return read


def attained(rule, *texts, n=None):
    """Attainment of each text entered for a rule, None where it may not be entered."""
    kind = RULES[rule.kind]
    out = []
    for text in texts:
        seen = kind.read(rule.params, text, n, YEAR)
        found = None if seen is None else kind.attain(rule.params, [exact([value]) for value in seen])
        out.append(None if found is None else F(int(found.num[0]), found.den))
    return out


def test_the_closed_set():
    rules = "met loss share k_of_n threshold ratio bands option grade count_met deduct none growth deadline"
    assert list(RULES) == rules.split()
    assert [name for name, kind in RULES.items() if kind.pooled] == ["deduct", "none"]
    assert set(SURVEY_RULES) < set(RULES)
    assert COMBINES == ("sum", "mean", "cap", "floor", "best", "worst", "subset-grade")
    for kind in RULES.values():
        assert all((kind.heading.zh, kind.heading.en, kind.entry.zh, kind.entry.en))


def test_met(rule_of):
    rule = rule_of("met")
    assert attained(rule, "是", "达标", "有", "Yes", "TRUE", "1", "1.0") == [1] * 7
    assert attained(rule, "否", "不达标", "无", "no", "N", "false", "0", "0.0") == [0] * 8
    assert attained(rule, "", "2", "0.5", "maybe", "是的") == [None] * 5
    assert RULES["met"].choices({}) == ("是", "否")
    assert rule.params == {"over_sites": "mean"}
    assert rule_of("{met: {over_sites: share}}").params == {"over_sites": "mean"}
    assert rule_of("{met: {over_sites: all}}").params == {"over_sites": "all"}
    assert rule_of("{met: {over_sites: 3}}").params == {"over_sites": 3}
    rule_of("{met: {over_sites: 0}}", faults=1)
    rule_of("{met: {over_sites: most}}", faults=1)


def test_loss(rule_of):
    rule = rule_of("loss")
    assert attained(rule, "0", "0.3", "1", "1.0", "30%", "1/3", "０.５") == [
        1,
        F(7, 10),
        0,
        0,
        F(7, 10),
        F(2, 3),
        F(1, 2),
    ]
    assert attained(rule, "1.2", "-0.1", "1.0000001", "0,5", "x", "") == [None] * 6
    rule_of("{loss: {from: 1}}", faults=1)
    assert rule_of("{loss: {}}").kind == "loss"


def test_share(rule_of):
    rule = rule_of("share")
    assert attained(rule, "4/5", "4／5", " 0/3", "3/3") == [F(4, 5), F(4, 5), 0, 1]
    assert attained(rule, "6/5", "4", "1/0", "0/0", "1.5/3", "1/2/3", "-1/3", "/3", "80%") == [None] * 9
    assert attained(rule, "4", "4/5", n=5) == [F(4, 5), F(4, 5)]
    assert attained(rule, "4/6", "6", n=5) == [None, None]


def test_k_of_n(rule_of):
    rule = rule_of("{k_of_n: {required: 3, n: 5}}")
    assert attained(rule, "2/5", "3/5", "5/5", "3") == [0, 1, 1, 1]
    assert attained(rule, "3/4", "6", "6/5") == [None] * 3  # another sample than the rule prescribes
    assert attained(rule, "3", n=4) == [None]
    assert attained(rule, "3", n=5) == [1]
    assert attained(rule_of("{k_of_n: {required: 3}}"), "2/9", "3/9", "3") == [0, 1, None]
    rule_of("{k_of_n: {required: 6, n: 5}}", faults=1)
    assert rule_of("{k_of_n: {required: 5, n: 5}}").params == {"required": 5, "n": 5}
    rule_of("{k_of_n: {required: 0}}", faults=1)
    rule_of("k_of_n", faults=1)


def test_threshold(rule_of):
    rule = rule_of('{threshold: {at_least: 90, measure: "%"}}')
    assert attained(rule, "90", "90%", "89.99", "９０％", "91") == [1, 1, 0, 1, 1]
    assert attained(rule, "many", "", "90 %") == [None, None, 1]
    plain = rule_of("{threshold: {at_most: 0.02}}")
    assert attained(plain, "2%", "0.02", "0.021") == [1, 1, 0]
    metres = rule_of("{threshold: {above: 10, measure: m}}")
    assert attained(metres, "10", "10.1", "1%") == [0, 1, None]
    steps = rule_of('{threshold: {at_least: 90, measure: "%", short: {lose: 0.1, per: 10, steps: full}}}')
    assert attained(steps, "90", "81", "80", "79", "0") == [1, 1, F(9, 10), F(9, 10), F(1, 10)]
    linear = rule_of("{threshold: {at_most: 2, short: {lose: 10%, per: 1/2}}}")
    assert attained(linear, "2", "2.25", "3", "99") == [1, F(95, 100), F(8, 10), 0]
    assert attained(rule_of("{threshold: {below: 3}}"), "3", "2.9") == [0, 1]
    assert attained(rule_of("{threshold: {range: [3, 5]}}"), "2.9", "3", "5", "5.1") == [0, 1, 1, 0]
    assert attained(rule_of("{threshold: {range: [3, 3]}}"), "2.9", "3", "3.1") == [0, 1, 0]
    assert attained(rule_of("{threshold: {at_least: 4, short: proportional}}"), "3", "5") == [F(3, 4), 1]


@pytest.mark.parametrize(
    "text",
    [
        "threshold",
        "{threshold: {}}",
        "{threshold: {measure: m}}",
        "{threshold: {at_least: 80, at_most: 90}}",
        "{threshold: {at_least: 80, range: [80, 90]}}",
        "{threshold: {range: [80]}}",
        "{threshold: {range: [90, 80]}}",
        "{threshold: {range: 80}}",
        "{threshold: {range: [80, x]}}",
        "{threshold: {at_least: 90%}}",  # of what? write 90 with the measure %
        "{threshold: {above: 90, short: proportional}}",
        "{threshold: {below: 90, short: {lose: 0.1, per: 1}}}",
        "{threshold: {range: [1, 2], short: proportional}}",
        "{threshold: {at_least: 0, short: proportional}}",
        "{threshold: {at_least: 90, short: none}}",
        "{threshold: {at_least: 90, short: {lose: 0.1}}}",
        "{threshold: {at_least: 90, short: {lose: 0, per: 1}}}",
        "{threshold: {at_least: 90, short: {lose: 2, per: 1}}}",
        "{threshold: {at_least: 90, short: {lose: 0.1, per: 0}}}",
        "{threshold: {at_least: 90, short: {lose: 0.1, per: 1, steps: half}}}",
        "{ratio: {target: 0}}",
        "{ratio: {target: 4, measure: }}",
        "{bands: {steps: [], else: 0}}",
        "{bands: {steps: [{value: 1}], else: 0}}",
        "{bands: {steps: [{at_least: 1, below: 2, value: 1}], else: 0}}",
        "{bands: {steps: [{at_least: 1, value: 1.1}], else: 0}}",
        "{bands: {steps: [{at_least: 1, value: 1}], else: -1}}",
        "{bands: {steps: [{at_least: 1, value: 1}]}}",
        "{option: {}}",
        "{option: {好: 2}}",
        "{option: {不适用: 1}}",
        "{count_met: {criteria: {a: {zh: 甲, en: A}}, grades: [], else: 0}}",
        "{count_met: {criteria: {a: {zh: 甲, en: A}}, grades: [{met: 0, value: 1}], else: 0}}",
        "{count_met: {criteria: {a: {zh: 甲, en: A}}, grades: [{met: 2, value: 1}], else: 0}}",
        "{count_met: {criteria: {a: {zh: 甲, en: A}}, grades: [{met: 1, value: 1, required: [b]}], else: 0}}",
        "{count_met: {criteria: {无: {zh: 甲, en: A}}, grades: [{met: 1, value: 1}], else: 0}}",
        "{count_met: {criteria: {a;b: {zh: 甲, en: A}}, grades: [{met: 1, value: 1}], else: 0}}",
        "{deduct: {kinds: {}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}}}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}, points: 1, found_by: {x: 1}}}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}, found_by: {}}}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}, points: 0}}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}, points: 1, cap: 0}}}}",
        "{deduct: {kinds: {none: {name: {zh: 甲, en: A}, points: 1}}}}",
        "{deduct: {full: 0, kinds: {a: {name: {zh: 甲, en: A}, points: 1}}}}",
        "{deduct: {kinds: {a: {name: {zh: 甲, en: A}, points: {unfixed: 1}}}}}",
        "{deadline: {by: 02-29}}",
        "{deadline: {by: 13-01}}",
        "{deadline: {by: soon}}",
        "{deadline: {}}",
        "deadline",
        "{none: {limit: 3}}",
        "[met]",
        "{met: {}, loss: {}}",
        "unheard-of",
    ],
)
def test_each_bad_rule_is_one_fault(rule_of, text):
    rule_of(text, faults=1)


def test_ratio(rule_of):
    rule = rule_of("{ratio: {target: 4, measure: 次}}")
    assert attained(rule, "0", "3", "4", "9", "-1", "5%") == [0, F(3, 4), 1, 1, 0, None]


def test_bands(rule_of):
    rule = rule_of('{bands: {steps: [{above: 85, value: 1}, {above: 80, value: 66%}], else: 0.33, measure: "%"}}')
    assert attained(rule, "85.1%", "85", "80.5", "80") == [1, F(66, 100), F(66, 100), F(33, 100)]


@pytest.mark.parametrize(
    ("steps", "faults"),
    [
        ("{at_least: 90, value: 1}, {at_least: 80, value: 0.5}", 0),
        ("{at_least: 80, value: 0.5}, {at_least: 90, value: 1}", 1),
        ("{at_least: 80, value: 0.5}, {at_least: 80, value: 1}", 1),
        ("{above: 80, value: 1}, {at_least: 80, value: 0.5}", 0),  # only 80 itself is left to the second
        ("{at_least: 80, value: 1}, {above: 80, value: 0.5}", 1),
        ("{at_most: 5, value: 1}, {at_most: 9, value: 0.5}", 0),
        ("{at_most: 9, value: 1}, {at_most: 5, value: 0.5}", 1),
        ("{below: 5, value: 1}, {at_most: 5, value: 0.5}", 0),
        ("{at_most: 5, value: 1}, {below: 5, value: 0.5}", 1),
        ("{at_least: 5, value: 1}, {below: 5, value: 0.5}", 0),
        ("{at_least: 5, value: 1}, {below: 5, value: 0.5}, {at_least: 4, value: 0.2}", 1),
        ("{above: 5, value: 1}, {below: 5, value: 0.5}, {at_least: 4, value: 0.2}", 0),
        ("{at_least: 6, value: 1}, {below: 5, value: 0.5}, {at_least: 4, value: 0.2}", 0),
    ],
)
def test_a_band_that_nothing_reaches_is_a_fault(rule_of, steps, faults):
    rule_of(f"{{bands: {{steps: [{steps}], else: 0}}}}", faults=faults)


def test_option_and_grade(rule_of):
    rule = rule_of("{option: {完整: 1, 缺一项: 0.5, 无: 0}}")
    assert attained(rule, "完整", "缺一项", "无", "缺", "") == [1, F(1, 2), 0, None, None]
    assert RULES["option"].choices(rule.params) == ("完整", "缺一项", "无")
    grade = rule_of("grade")
    assert attained(grade, "A", "B", "C", "D", "a", "C#") == [1, F(66, 100), F(33, 100), 0, None, None]
    assert attained(rule_of("{grade: {A: 1, D: 0}}"), "A", "D", "B") == [1, 0, None]


CRITERIA = "criteria: {会: {zh: 会议, en: Meeting}, 案: {zh: 方案, en: Plan}, 账: {zh: 台账, en: Ledger}}"


def test_count_met(rule_of):
    grades = "[{met: 3, value: 1}, {met: 2, value: 0.66, required: [案]}]"
    rule = rule_of(f"{{count_met: {{{CRITERIA}, grades: {grades}, else: 0}}}}")
    assert attained(rule, "会;案;账", "案；会", "会;账", "账", "无", "none") == [1, F(66, 100), 0, 0, 0, 0]
    assert attained(rule, "会;会", "会;书", "") == [None] * 3


@pytest.mark.parametrize(
    ("grades", "faults"),
    [
        ("{met: 2, value: 1}, {met: 3, value: 0.5}", 1),
        ("{met: 2, value: 1}, {met: 2, value: 0.5}", 1),
        ("{met: 2, value: 1, required: [会]}, {met: 2, value: 0.5}", 0),
        ("{met: 2, value: 1}, {met: 2, value: 0.5, required: [会]}", 1),
        ("{met: 2, value: 1}, {met: 1, value: 0.5, required: [会, 案]}", 1),  # that takes two as well
        ("{met: 3, value: 1}, {met: 2, value: 0.5}, {met: 1, value: 0.2}", 0),
    ],
)
def test_a_grade_that_nothing_reaches_is_a_fault(rule_of, grades, faults):
    rule_of(f"{{count_met: {{{CRITERIA}, grades: [{grades}], else: 0}}}}", faults=faults)


def test_deduct(rule_of):
    rule = rule_of(
        """{deduct: {full: 10, kinds: {
          满溢: {name: {zh: 满溢, en: Overflow}, points: 2, cap: 5},
          市容: {name: {zh: 市容, en: Looks}, found_by: {市文明办: {first: 0.3, unfixed: 1}, 区文明办: 0.2}}}}}"""
    )
    read = RULES["deduct"].read
    assert read(rule.params, "满溢", None, YEAR) == (0, 1)
    assert read(rule.params, "市容", 3, YEAR) == (1, 3)
    assert read(rule.params, "无", None, YEAR) == read(rule.params, "None", None, YEAR) == (-1, 0)
    assert read(rule.params, "溢", None, YEAR) is None
    assert RULES["deduct"].choices(rule.params) == ("满溢", "市容", "无")
    assert attained(rule, "满溢", "无") == [0, 1]
    assert finding_points(rule.params, "满溢", "", "") == finding_points(rule.params, "满溢", "谁", "repeated") == 2
    assert finding_points(rule.params, "市容", "市文明办", "") == F(3, 10)
    assert finding_points(rule.params, "市容", "市文明办", "unfixed") == 1
    assert finding_points(rule.params, "市容", "市文明办", "repeated") is None
    assert finding_points(rule.params, "市容", "区文明办", "repeated") == F(2, 10)
    assert finding_points(rule.params, "市容", "", "first") is None
    assert [kind["cap"] for kind in rule.params["kinds"].values()] == [5, None]


def test_none(rule_of):
    rule = rule_of("none")
    assert attained(rule, "0", "无", "没有", "None", "1", "12") == [1, 1, 1, 1, 0, 0]
    assert attained(rule, "-1", "0.5", "") == [None] * 3


def test_growth(rule_of):
    rule = rule_of("growth")
    assert attained(rule, "5.2;4.8", "4.8；5.2", "5;5", "-1;-2", "5.2%;4.8%") == [1, 0, 1, 1, 1]
    assert attained(rule, "5.2", "5.2;", "5.2%;4.8", "1;2;3", "x;1") == [None] * 5


def test_deadline(rule_of):
    once = rule_of("{deadline: {by: 2016-06-30}}")
    assert attained(once, "2016-06-30", "2016年6月30日", "2016/7/1", "2015-12-31", "30 June") == [1, 1, 0, 1, None]
    yearly = rule_of("{deadline: {by: 06-30}}")
    assert attained(yearly, "2016-06-30", "2016-07-01", "2015-12-31") == [1, 0, 1]
    read, attain = RULES["deadline"].read, RULES["deadline"].attain
    assert read(yearly.params, "2016-06-30", None, None) is None  # of which year?
    assert read(once.params, "2016-06-30", None, None) is not None
    rows = [read(yearly.params, "2017-06-30", None, year) for year in (2016, 2017)]
    found = attain(yearly.params, [exact(column) for column in zip(*rows, strict=True)])
    assert np.asarray(found.num).tolist() == [0, 1]


def test_where_a_fault_of_a_rule_stands(tmp_path):
    path = tmp_path / "rule.yaml"
    path.write_text("rule:\n  threshold:\n    at_least: 90\n    shrot: zero\n", "utf-8")
    faults: list[Fault] = []
    spot, content = document(path, path.name, faults)
    read_rule(spot, content["rule"])
    assert [(f.problem, f.row, f.column, f.nearest) for f in faults] == [("unknown_key", 4, "shrot", "short")]
    faults.clear()
    read_rule(spot, "thresold")
    assert [(f.problem, f.value, f.nearest) for f in faults] == [("unknown_rule", "thresold", "threshold")]
