"""Instrument files: the broken ones and their messages, references, standards, registers, writing.

Each file of tests/broken/ stands beside the report it must give, in English and Chinese. To write the reports anew
(and then read every one of them): ``python tests/test_instrument_file.py``.
"""

import datetime
import re
import time
from fractions import Fraction as F
from pathlib import Path

import pytest
import yaml

from evalsys import schema
from evalsys.faults import InputFaults
from evalsys.instrument import Effect
from evalsys.instrument_file import instrument_ids, load_instrument, read_instrument, write_instrument
from evalsys.language import Text
from evalsys.names import register
from evalsys.rulebook import Rule

ROOT = Path(__file__).resolve().parents[1]
BROKEN = sorted((ROOT / "tests" / "broken").glob("*.yaml"))

HEAD = """
schema: 1
id: small
title: {zh: 小体系, en: Small}
level: county
full_marks: "10"
weights: {scheme: equal, status: assumed}
source: {document: kiyoshi-2016}
"""
ONE = """
indicators:
  - code: "1"
    name: {zh: 项目, en: Item}
    standards:
      - code: "1.1"
        text: {zh: 标准, en: Standard}
        source: {clause: "1"}
        BODY
"""


def report(path):
    with pytest.raises(InputFaults) as caught:
        read_instrument(path)
    return f"{caught.value.say('en')}\n\n{caught.value.say('zh')}\n"


@pytest.fixture
def read(tmp_path):
    """Read an instrument from text."""

    def run(text, day=None):
        path = tmp_path / "small.yaml"
        path.write_text(text, "utf-8")
        return read_instrument(path, day)

    return run


def standard(*lines, methods="{site_visit: {}}", head=HEAD):
    """Return a file with one standard that has these lines."""
    body = "\n".join(f"        {line}" for line in (*lines, f"methods: {methods}"))
    return head + ONE.replace("        BODY", body)


def problems(read, text):
    with pytest.raises(InputFaults) as caught:
        read(text)
    return [(f.problem, f.column, f.value) for f in caught.value.faults]


# ------------------------------------------------------------------------------------------------- broken files


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_gives_its_report(path):
    assert report(path) == path.with_suffix(".txt").read_text("utf-8")


def test_the_broken_files_cover_the_issue():
    assert len(BROKEN) >= 40
    assert {path.stem for path in BROKEN} == {path.stem for path in (BROKEN[0].parent).glob("*.txt")}
    told = {line for path in BROKEN for line in path.with_suffix(".txt").read_text("utf-8").splitlines()}
    assert len(told) > 120


def test_a_report_names_a_line_that_holds_the_key():
    """Where a fault names a key that stands in the file, it stands in that line."""
    seen = 0
    for path in BROKEN:
        if path.stem in ("duplicate-key", "syntax-indentation"):
            continue
        with pytest.raises(InputFaults) as caught:
            read_instrument(path)
        lines = path.read_text("utf-8").splitlines()
        for fault in caught.value.faults:
            absent = fault.problem in ("missing_key", "missing_source", "exactly_one") or fault.row is None
            if not absent and fault.column and " " not in fault.column:
                line = lines[fault.row - 1]
                starts = [key for key in (f"{fault.column}:", f"{fault.column}: ") if key in line]
                inside = line.lstrip().startswith(("- ", "{"))  # an item of the list that the key names
                assert starts or inside, (path.name, fault)
                seen += 1
    assert seen > 70


# --------------------------------------------------------------------------------------------------- loading


def test_the_instruments_that_come_with_evalsys_load():
    assert {"waste-sorting-estate", "wujiang-field-2016"} <= set(instrument_ids())
    for name in instrument_ids():
        instrument = load_instrument(name)
        assert instrument.id == name
        own = [node.points for node in instrument.nodes if node.depth == 1 and node.scored]
        assert sum(own) == instrument.full_marks or not instrument.leaves


def test_loading_takes_a_tenth_of_a_second_or_less():
    best = min(_seconds(lambda: load_instrument("wujiang-field-2016")) for _ in range(3))
    assert best < 0.2  # about 0.02 on the machine it was written on; room for a busy one


def _seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_an_unknown_instrument_and_a_missing_file(tmp_path):
    with pytest.raises(InputFaults) as caught:
        load_instrument("wujiang-field-2015")
    (fault,) = caught.value.faults
    assert (fault.problem, fault.nearest) == ("unknown_name", "wujiang-field-2016")
    with pytest.raises(InputFaults) as caught:
        load_instrument("none.yaml", base=tmp_path)
    assert caught.value.faults[0].problem == "missing_file"


def test_a_file_beside_the_assessment(tmp_path, read):
    read(standard("rule: met"))
    assert load_instrument("small.yaml", base=tmp_path).id == "small"
    assert load_instrument(str(tmp_path / "small.yaml")).id == "small"


def test_what_a_small_file_says(read):
    instrument = read(standard("rule: met"))
    assert (instrument.title, instrument.level) == (Text("小体系", "Small"), "county")
    assert (instrument.full_marks, instrument.monthly, instrument.pass_mark) == (10, False, None)
    assert instrument.weights == {"scheme": "equal", "status": "assumed"}
    assert instrument.assumed == (Text("权重为假定（同级均分）", "weights are assumed (equal among siblings)"),)
    assert instrument.after_total == ("joined", "bonus", "negative_list", "gates", "ladders")
    assert [node.code for node in instrument.nodes] == ["small", "1", "1.1", "1.1/site_visit"]
    assert [node.kind for node in instrument.nodes] == ["instrument", "indicator", "standard", "leaf"]


@pytest.mark.parametrize(
    ("value", "points"), [("8", F(8)), ("85%", F(17, 2)), ("8５％", F(17, 2)), ("0", F(0)), ("100%", F(10))]
)
def test_a_pass_mark_in_points_or_per_cent(read, value, points):
    mark = read(standard("rule: met", head=f"{HEAD}pass_mark: {{value: '{value}', status: official}}\n")).pass_mark
    assert (mark.value, mark.status, mark.set_by) == (points, "official", "instrument")


@pytest.mark.parametrize("value", ["101%", "10.01", "-1", "high"])
def test_a_pass_mark_off_the_scale(read, value):
    head = f"{HEAD}pass_mark: {{value: '{value}', status: official}}\n"
    assert len(problems(read, standard("rule: met", head=head))) == 1


def test_what_is_applied_after_the_total_is_loaded(read):
    extra = """
after_total: [negative_list, gates, bonus]
gates: [{code: G1, name: {zh: 未成年人测评达标, en: Minors' score}, source: {clause: 二}, at_least: 85, of: minors}]
negative_list:
  - code: N1
    name: {zh: 重大事故, en: Major accident}
    source: {row: "9"}
    effect: {deduct: 3, action: suspend, months: 12}
bonus: [{code: B1, name: {zh: 特色, en: Special}, source: {row: "8"}, points: 2, cap: 5}]
"""
    instrument = read(standard("rule: met", head=HEAD + extra))
    assert instrument.after_total == ("negative_list", "gates", "bonus")
    (gate,), (event,), (bonus,) = instrument.gates, instrument.negative_list, instrument.bonus
    assert (gate.code, gate.at_least, gate.of, gate.stage) == ("G1", 85, "minors", "pass")
    assert event.effects == (Effect(F(3), "suspend", 12),)
    assert (bonus.points, bonus.cap, bonus.name.zh) == (2, 5, "特色")


def test_names_of_the_file_and_of_the_registers(read):
    extra = """
site_types: {car-wash: {zh: 洗车点, en: Car wash}}
units: {water: {zh: 水利局, en: Water bureau}}
documents: {notice-7: {title: 通知, certainty: news}}
draw: [{site_type: market, sites: 2}, {site_type: park, sites: all}]
"""
    instrument = read(
        standard(
            "rule: met",
            "lead: water",
            "support: [civilisation-office]",
            "note: {zh: 注, en: Remark}",
            "checked_at: [{site_type: car-wash, sites: 3}, {site_type: market}]",
            head=HEAD.replace("kiyoshi-2016", "notice-7") + extra,
        )
    )
    assert sorted(instrument.site_types) == ["car-wash", "market", "park"]
    assert instrument.units == {
        "文明办": Text("文明办", "Civilisation office"),
        "water": instrument.units["water"],
    }
    assert instrument.documents["notice-7"]["certainty"] == "news"
    assert [(item.site_type, item.sites) for item in instrument.draw] == [("market", 2), ("park", None)]
    node = instrument.standards["1.1"]
    assert [(item.site_type, item.sites) for item in node.standard.checked_at] == [("car-wash", 3), ("market", None)]
    assert (node.standard.lead, node.standard.support) == (("water",), ("文明办",))
    assert node.note == Text("注", "Remark")


def test_registers():
    assert register("documents")["waste-sorting-form"]["certainty"] == "copy"
    assert register("site_types")["community"] == Text("社区", "Community")
    assert len({text.zh for text in register("site_types").values()}) == len(register("site_types"))


# -------------------------------------------------------------------------------------------------- standards


def test_one_rule_for_all_methods_or_one_each(read):
    own = read(standard("rule: met", methods="{document_review: {}, survey: {rule: share}}")).standards["1.1"].standard
    assert own.rules == {"document_review": Rule("met", {"over_sites": "mean"}), "survey": Rule("share", {})}
    alone = read(standard("scored: yes", methods="{survey: {rule: share}}")).standards["1.1"].standard
    assert alone.rules == {"survey": Rule("share", {})}
    assert problems(read, standard("scored: yes", methods="{document_review: {}, survey: {rule: share}}")) == [
        ("missing_key", "rule", "rule")
    ]


@pytest.mark.parametrize(
    ("several", "how", "assumed"),
    [
        ("", "mean", ("several",)),
        ("several: mean", "mean", ()),
        ("several: {how: min, status: assumed}", "min", ("several",)),
        ("several: {how: min, status: printed}", "min", ()),
        ("several: {how: min}", "min", ()),
    ],
)
def test_how_several_methods_combine_is_assumed_unless_it_is_printed(read, several, how, assumed):
    text = standard("rule: share", several, methods="{site_visit: {}, survey: {}}")
    own = read(text).standards["1.1"].standard
    assert (own.several, own.assumed) == (how, assumed)


def test_one_method_and_method_shares_assume_nothing(read):
    assert read(standard("rule: met")).standards["1.1"].standard.assumed == ()
    shares = HEAD + "method_shares: {site_visit: 60, survey: 40}\n"
    text = standard("rule: share", methods="{site_visit: {}, survey: {}}", head=shares)
    assert read(text).standards["1.1"].standard.assumed == ()


@pytest.mark.parametrize(
    ("status", "assumed"), [("printed", 0), ("derived", 0), ("ban", 0), ("parameter", 1), ("assumed", 1)]
)
def test_a_threshold_that_is_not_printed_is_assumed(read, status, assumed):
    text = standard("rule: met").replace('{clause: "1"}', f'{{clause: "1", threshold: {status}}}')
    own = read(text).standards["1.1"].standard
    assert own.assumed == ("threshold",) * assumed
    assert own.source == {"clause": "1", "threshold": status}


def test_everything_assumed_is_told(read):
    head = HEAD + "methods: {status: assumed}\nscored: no\n"
    text = standard("rule: met", "lead: 文明办", head=head)
    own = read(text.replace('{clause: "1"}', '{clause: "1", lead: assumed}'))
    assert own.standards["1.1"].standard.assumed == ("methods", "lead")
    said = [text.en for text in own.assumed]
    assert [word for word in ("does not score", "methods are", "lead is", "weights are") if word not in str(said)] == []
    assert (len(said), [text[-3:] for text in said[1:3]]) == (4, [": 1", ": 1"])
    printed = '{clause: "1", methods: printed, lead: printed}'
    scored = text.replace("scored: no\n", "").replace("status: assumed}\nsource", "status: printed}\nsource")
    assert read(scored.replace('{clause: "1"}', printed)).assumed == ()
    for key in ("methods", "lead"):
        (one,) = read(scored.replace('{clause: "1"}', printed.replace(f"{key}: printed", f"{key}: assumed"))).assumed
        assert one.zh.startswith("1 项")


DEDUCT = "rule: {deduct: {FULLkinds: {垃圾: {name: {zh: 垃圾, en: Litter}, points: 1}}}}"


@pytest.mark.parametrize(
    ("own", "points", "full"),
    [("", "points: 10", F(10)), ("full: 4, ", "points: 10", F(4)), ("full: 4, ", "note: {zh: 注, en: Note}", F(4))],
)
def test_what_deductions_are_taken_from(read, own, points, full):
    text = standard(DEDUCT.replace("FULL", own), points)
    assert read(text).standards["1.1"].standard.rules["site_visit"].params["full"] == full


def test_deductions_from_the_points_of_the_month(read):
    head = HEAD.replace('full_marks: "10"', "full_marks: {1-6: 10, 7-12: 8}")
    text = standard(DEDUCT.replace("FULL", ""), "points: {1-6: 10, 7-12: 8}", head=head)
    for day, full in [(datetime.date(2024, 6, 30), 10), (datetime.date(2024, 7, 1), 8), (None, 10)]:
        instrument = read(text, day)
        assert instrument.standards["1.1"].standard.rules["site_visit"].params["full"] == full
        assert (instrument.full_marks, instrument.monthly) == (full, True)


def test_deductions_need_points(read):
    assert problems(read, standard(DEDUCT.replace("FULL", ""))) == [("missing_key", "full", "full")]
    unscored = """
      - code: "1.2"
        text: {zh: 不计分, en: Not scored}
        scored: no
        methods: {site_visit: {}}
        source: {clause: "2"}
        """
    instrument = read(standard("rule: met").rstrip() + unscored + DEDUCT.replace("FULL", ""))
    assert instrument.standards["1.2"].standard.rules["site_visit"].params["full"] is None


QUESTION = "questions: [{id: q1, text: {zh: 问, en: Q}, options: [是, 否, 不知道], satisfied: [是]}]"


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("share", []),
        ("{threshold: {at_least: 90, measure: '%'}}", []),
        ("{bands: {steps: [{at_least: 90, value: 1}], else: 0, measure: '%'}}", []),
        ("{ratio: {target: 95, measure: '%'}}", []),
        ("{ratio: {target: 0.95}}", ["question_measure"]),
        ("{threshold: {at_least: 90, measure: 分}}", ["question_measure"]),
        ("met", ["question_rule"]),
        ("loss", ["question_rule"]),
        ("{k_of_n: {required: 9}}", ["question_rule"]),
        ("grade", ["question_rule"]),
        ("none", ["question_rule"]),
    ],
)
def test_rules_that_can_read_the_answers_to_a_survey(read, rule, found):
    text = standard(f"rule: {rule}", QUESTION, methods="{survey: {}}")
    if found:
        assert [problem for problem, _, _ in problems(read, text)] == found
        return
    (question,) = read(text).standards["1.1"].standard.questions
    assert (question.id, question.options, question.satisfied) == ("q1", ("是", "否", "不知道"), {"是"})


def test_the_rule_of_the_survey_is_what_counts_for_questions(read):
    read(standard("rule: met", QUESTION, methods="{site_visit: {}, survey: {rule: share}}"))
    assert problems(read, standard("rule: met", QUESTION)) == [("question_without_survey", "questions", "")]


def test_materials(read):
    items = "[{id: m1, name: {zh: 制度, en: Rules}}, {id: m2, name: {zh: 图, en: Map}, required: no}]"
    text = standard("rule: met", f"materials: {items}", methods="{document_review: {}}")
    own = read(text).standards["1.1"].standard
    assert [(m.id, m.name.en, m.required) for m in own.materials] == [("m1", "Rules", True), ("m2", "Map", False)]


@pytest.mark.parametrize(("sites", "need", "fine"), [("2", 2, True), ("2", 3, False), ("all", 99, True)])
def test_no_more_sites_must_comply_than_are_visited(read, sites, need, fine):
    text = standard(f"rule: {{met: {{over_sites: {need}}}}}", f"checked_at: [{{site_type: market, sites: {sites}}}]")
    if fine:
        read(text)
    else:
        assert problems(read, text) == [("out_of_range", "rule", "3")]


@pytest.mark.parametrize("choice", ["drop", "full", "peers"])
def test_not_applicable(read, choice):
    assert read(standard("rule: met", f"not_applicable: {choice}")).standards["1.1"].standard.not_applicable == choice
    assert read(standard("rule: met")).standards["1.1"].standard.not_applicable is None


def test_all_faults_are_told_whatever_part_finds_them(read):
    text = standard("rule: mett", "lead: nobody", "points: 9", head=HEAD.replace("county", "planet"))
    assert [problem for problem, _, _ in problems(read, text)] == [
        "bad_value",  # shape
        "sum_differs",  # tree
        "unknown_rule",  # rule
        "unknown_name",  # reference
    ]


# ---------------------------------------------------------------------------------------------------- writing


@pytest.mark.slow
def test_what_is_written_reads_as_what_it_came_from(tmp_path):
    for name in instrument_ids():
        source = ROOT / "evalsys" / "instruments" / f"{name}.yaml"
        _, content = schema.document(source, source.name, [])
        write_instrument(content, tmp_path / source.name)
        assert read_instrument(tmp_path / source.name) == load_instrument(name)


def test_nothing_invalid_is_written(tmp_path, read):
    content = yaml.safe_load(standard("rule: met"))
    target = tmp_path / "target.yaml"
    content["level"] = "planet"
    with pytest.raises(InputFaults) as caught:
        write_instrument(content, target)
    assert caught.value.faults[0].file == "target.yaml"
    assert not target.exists()
    content["level"] = "city"
    write_instrument(content, target)
    whole = target.read_bytes()
    content["level"] = "planet"
    with pytest.raises(InputFaults):
        write_instrument(content, target)
    assert target.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["target.yaml"]
    assert "标准" in target.read_text("utf-8")


# ------------------------------------------------------------------------------------------- the reference page

PAGE = (ROOT / "docs" / "instrument-format.md").read_text("utf-8")


def test_the_example_of_the_reference_loads(read):
    text = PAGE.split("```yaml\n")[1].split("```")[0]
    spring, autumn = (read(text, datetime.date(2024, month, 1)) for month in (4, 10))
    assert [spring.standards[code].points for code in ("1.1", "1.2", "1.3", "2.1", "3.1")] == [30, 20, 10, None, 25]
    assert [autumn.standards[code].points for code in ("1.2", "1.3")] == [25, 5]
    assert spring.standards["1.2"].standard.rules["site_visit"].params["full"] == 20
    assert spring.standards["3.1"].standard.assumed == ("several",)
    assert (spring.pass_mark.value, spring.nodes[spring.places["3.1/survey"]].points) == (85, 20)


def test_the_reference_names_every_key_rule_and_method():
    from evalsys import instrument_shape as shape
    from evalsys.instrument import METHODS
    from evalsys.rulebook import COMBINES, RULES

    keys = [*RULES, *COMBINES, *METHODS, *shape.LEVELS, *shape.AFTER_TOTAL]
    for reader in (shape.FILE, shape._INDICATOR, shape._STANDARD, shape._QUESTION, shape._MATERIAL, shape._DOCUMENT):
        keys += next(cell.cell_contents for cell in reader.__closure__ if isinstance(cell.cell_contents, dict))
    missing = [key for key in keys if not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", PAGE)]
    assert missing == []


if __name__ == "__main__":
    for broken in BROKEN:
        broken.with_suffix(".txt").write_text(report(broken), "utf-8")
