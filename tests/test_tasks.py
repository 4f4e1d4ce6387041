"""Tasks of an instrument: none lost, each body once, what is open found, and the standard in words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import content_of, indicator, instrument_of, standard

from evalsys import instrument_ids, load_instrument
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import RULES, Rule
from evalsys.tasks import by_unit, open_matters, task_list
from evalsys.wording import requirement

FOLDER = Path(__file__).parent.parent / "evalsys" / "instruments"
REGISTER = FOLDER.parent / "registers" / "units.yaml"


def printed(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The standards and the dated entries as the file has them, read without evalsys."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    below, found = list(content["indicators"]), []
    while below:
        node = below.pop(0)
        below[:0] = [*node.get("children", []), *node.get("standards", [])]
        if "methods" in node:
            found.append(node)
    return found, content.get("calendar", [])


def many(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


@pytest.fixture
def small(tmp_path: Path) -> Instrument:
    """Two bodies; tasks that both lead, that nobody leads, that nobody answers for; a dated entry."""
    units = {"甲局": {"en": "First"}, "乙局": {"en": "Second", "aliases": ["乙办"]}}
    limit = {"threshold": {"at_least": 90, "measure": "%"}}
    below = [
        standard("1.1", limit, 40, lead=["甲局"], support=["乙办"], due={"by": "06-30"}),
        standard("1.2", "met", 40, lead=["甲局", "乙局"], source={"row": "test.1.2", "lead": "assumed"}),
        standard("1.3", "met", 20, source={"clause": "三", "threshold": "assumed"}),
        standard("1.4", "met", scored="no", support=["乙局"]),
    ]
    dated = [
        {"row": "test.D", "text": {"zh": "周会", "en": "weekly"}, "when": {"every": "week"}, "lead": ["乙办"],
         "source": {"clause": "四", "threshold": "assumed", "lead": "assumed"}}
    ]  # fmt: skip
    return instrument_of(tmp_path, content_of([indicator("1", 100, below)], 100, units=units, calendar=dated))


# ------------------------------------------------------------------------------------------------------- no task lost


@pytest.mark.parametrize("name", instrument_ids())
def test_every_standard_and_every_dated_entry_is_one_task(name: str) -> None:
    tasks = task_list(load_instrument(name))
    standards, dated = printed(name)
    assert [task.code for task in tasks] == [str(each["code"]) for each in standards] + [None] * len(dated)
    assert [task.text.zh for task in tasks] == [each["text"]["zh"] for each in (*standards, *dated)]
    assert [task.number for task in tasks] == list(range(1, len(tasks) + 1))


@pytest.mark.parametrize("name", instrument_ids())
def test_every_pair_of_task_and_body_is_kept_once(name: str) -> None:
    tasks = task_list(load_instrument(name))
    pairs = sorted((task.number, each.unit) for each in by_unit(tasks) for task in each.tasks)
    assert len(set(pairs)) == len(pairs)
    standards, dated = printed(name)
    named = [len(set(many(each.get("lead"))) | set(many(each.get("support")))) for each in (*standards, *dated)]
    assert [sum(pair[0] == task.number for pair in pairs) for task in tasks] == named


@pytest.mark.parametrize("name", ["luxi-county-2012", "lincheng-county-2019", "taizhou-police-2009", "xinbei-district"])
def test_what_is_open_is_what_the_file_leaves_open(name: str) -> None:
    found = open_matters(task_list(load_instrument(name)))
    standards, dated = printed(name)
    all_ = [*standards, *dated]
    texts = [[task.text.zh for task in held] for held in (found.no_lead, found.assumed_lead, found.several_leads)]
    assert texts[0] == [each["text"]["zh"] for each in all_ if not many(each.get("lead"))]
    assert texts[1] == [each["text"]["zh"] for each in all_ if each["source"].get("lead") == "assumed"]
    assert texts[2] == [each["text"]["zh"] for each in all_ if len(many(each.get("lead"))) > 1]
    assert [task.code for task in found.no_deadline] == [str(each["code"]) for each in standards if "due" not in each]


def test_points_and_what_is_assumed_are_those_of_the_instrument() -> None:
    instrument = load_instrument("lincheng-county-2019")
    for task in task_list(instrument):
        if task.code is not None:
            node = instrument.standards[task.code]
            assert (task.scored, task.points) == (node.scored, node.points if node.scored else None)
            assert node.standard is not None
            assert (task.assumed, task.rules) == (node.standard.assumed, node.standard.rules)
    assert sum(task.points or 0 for task in task_list(instrument)) == instrument.full_marks


def test_a_small_instrument_in_full(small: Instrument) -> None:
    tasks = task_list(small)
    second, first = by_unit(tasks)
    assert (first.unit, [task.code for task in first.lead], first.support) == ("甲局", ["1.1", "1.2"], ())
    assert [task.code for task in second.lead] == ["1.2", None]
    assert [task.code for task in second.support] == ["1.1", "1.4"]
    assert [task.points for task in tasks] == [Fraction(40), Fraction(40), Fraction(20), None, None]
    assert [task.assumed for task in tasks] == [(), ("lead",), ("threshold",), (), ("due", "lead")]
    assert [task.due.text.zh if task.due else None for task in tasks] == ["6月30日前", None, None, None, "每周"]
    found = open_matters(tasks)
    assert [task.code for task in found.no_lead] == ["1.3", "1.4"]
    assert [task.code for task in found.assumed_lead] == ["1.2", None]
    assert [task.code for task in found.several_leads] == ["1.2"]
    assert [task.code for task in found.no_deadline] == ["1.2", "1.3", "1.4"]
    assert [task.number for task in tasks if not task.units] == [3]
    assert tasks[0].within == (Text("1项", "item 1"),)
    assert tasks[4].source["row"] == "test.D"


# ------------------------------------------------------------------------------------------------- one body, one name


@pytest.mark.parametrize(
    ("name", "spelling", "body"),
    [
        ("luxi-county-2012", "县法制办", "县政府法制办"),
        ("lincheng-county-2019", "创城办", "县创城办"),
        ("lincheng-county-2019", "人大", "县人大"),
    ],
)
def test_spellings_of_one_body_are_one_body(name: str, spelling: str, body: str) -> None:
    standards, dated = printed(name)
    entries = [*standards, *dated]
    named = [{*many(each.get("lead")), *many(each.get("support"))} for each in entries]
    assert any(spelling in each for each in named)
    units = {each.unit: each for each in by_unit(task_list(load_instrument(name)))}
    assert spelling not in units
    assert len(units[body].tasks) == sum(bool(each & {spelling, body}) for each in named)


@pytest.mark.parametrize("name", ["luxi-county-2012", "lincheng-county-2019"])
def test_no_alias_of_the_register_is_a_body(name: str) -> None:
    register = yaml.safe_load(REGISTER.read_text("utf-8"))
    aliases = {alias for entry in register.values() for alias in (entry or {}).get("aliases", [])}
    units = {each.unit for each in by_unit(task_list(load_instrument(name)))}
    assert units <= set(register)
    assert not units & aliases


def test_a_body_that_only_the_calendar_names_has_its_name() -> None:
    assert load_instrument("luxi-county-2012").units["县创建领导小组"].en == "County creation leading group"


# --------------------------------------------------------------------------------------------- the standard in words

ITEMS = Text("项", "items")
HALF = Fraction(1, 2)
KINDS = {
    "烟头": {
        "name": Text("烟头", "Butt"),
        "points": {"first": HALF, "unfixed": Fraction(1)},
        "found_by": None,
        "cap": 5,
    },
    "垃圾": {"name": Text("垃圾", "Heap"), "points": None, "found_by": {"a": {"first": Fraction(2)}}, "cap": None},
}


def threshold(measure: Text | None = PER_CENT, short: str = "zero", **limits: int) -> Rule:
    more = {"lose": Fraction(1, 10), "per": Fraction(10), "steps": "full"} if short == "minus" else {}
    found = {name: Fraction(limit) for name, limit in limits.items()}
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
            "不低于90%，每差10%扣该项分值的10%（不足一档不计）",
            "at least 90%; each 10% short takes 10% of the points (only full steps count)",
        ),
        (Rule("met", {"over_sites": "mean"}), "达标", "met"),
        (Rule("met", {"over_sites": "all"}), "各点位均达标", "met at every site"),
        (Rule("met", {"over_sites": 3}), "至少3处点位达标", "met at 3 sites or more"),
        (Rule("none"), "不得发生", "must not happen"),
        (Rule("k_of_n", {"required": 4, "n": 5}), "查5处，至少4处达标", "at least 4 of 5 comply"),
        (Rule("k_of_n", {"required": 4, "n": None}), "至少4处达标", "at least 4 comply"),
        (
            Rule("ratio", {"target": Fraction(4), "measure": ITEMS}),
            "达到4项，不足的按比例计分",
            "4 items; less counts in proportion",
        ),
        (
            Rule("bands", {"steps": (("at_least", Fraction(36), Fraction(1)), ("at_least", Fraction(30), HALF)),
                           "otherwise": Fraction(0), "measure": PER_CENT}),
            "不低于36%得满分，不低于30%得50%，其余不得分",
            "at least 36%: full points, at least 30%: 50%, else: none",
        ),
        (
            Rule("option", {"table": {"完整": Fraction(1), "缺": Fraction(1, 3)}}),
            "选“完整”得满分，选“缺”得1/3",
            "option '完整': full points, option '缺': 1/3",
        ),
        (
            Rule("grade", {"table": {"A": Fraction(1), "D": Fraction(0)}}),
            "评定等级：A得满分，D不得分",
            "graded A: full points, D: none",
        ),
        (
            Rule("count_met", {"criteria": {"a": Text("方案", "Plan"), "b": Text("总结", "Summary")},
                               "grades": ((1, (1,), Fraction(1)),), "otherwise": Fraction(0)}),
            "方案；总结。达到1项（须含总结）得满分，其余不得分",
            "Plan; Summary. 1 met (with Summary): full points, else: none",
        ),
        (
            Rule("deduct", {"kinds": KINDS, "full": Fraction(10)}),
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
