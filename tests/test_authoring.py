"""An instrument from a workbook: the same as from YAML, or every fault at its sheet, row and column."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from authoring_books import WHOLE, WHOLE_HEAD, book, empty
from click.testing import CliRunner

from evalsys import InputFaults, cli, cli_instrument, console, read_assessment, read_instrument, score, verbs
from evalsys.authoring import import_instrument
from evalsys.authoring_template import COLUMNS, HEAD, SHEETS
from evalsys.faults import Fault
from evalsys.instrument import CheckedAt, Material
from evalsys.language import Text
from evalsys.rulebook import Rule
from evalsys.template import new_assessment
from evalsys.when import When

ROOT = Path(__file__).resolve().parents[1]
INSTRUMENTS = ROOT / "evalsys" / "instruments"


def imported(path: Path) -> Any:
    return read_instrument(import_instrument(path, path.with_suffix(".yaml")))


@pytest.fixture(params=["zh", pytest.param("en", marks=pytest.mark.slow)])
def lang(request):
    return request.param


# ------------------------------------------------------------------------------------------------ what comes through


@pytest.fixture
def whole(tmp_path, lang):
    return imported(book(tmp_path / "book.xlsx", lang, full=True))


def test_every_rule_that_a_workbook_can_say(whole, lang):
    tenth = Fraction(1, 10)
    measure = Text("平方米", "平方米") if lang == "zh" else Text("m2", "m2")
    options = ("完整", "缺一项", "无") if lang == "zh" else ("complete", "one missing", "none")
    half = {
        name: dict.fromkeys(("first", "unfixed", "repeated"), points)
        for name, points in (("烟头", tenth * 5), ("垃圾堆", tenth * 10))
    }
    names = {"烟头": "Cigarette end", "垃圾堆": "Heap of litter"}
    caps = {"烟头": Fraction(5), "垃圾堆": None}
    kinds = {
        name: {"name": Text(name, names[name]), "points": points, "found_by": None, "cap": caps[name]}
        for name, points in half.items()
    }
    bands = (("at_least", Fraction(36), Fraction(1)), ("at_least", Fraction(30), Fraction(66, 100)))
    per_cent = Text("%", "%")
    expected = {
        "1.1": Rule("loss"),
        "1.2": Rule("deduct", {"kinds": kinds, "full": Fraction(10)}),
        "1.3": Rule("bands", {"steps": bands, "otherwise": Fraction(0), "measure": per_cent}),
        "1.4": Rule("share"),
        "1.5": Rule("k_of_n", {"required": 3, "n": 5}),
        "1.6": Rule("ratio", {"target": Fraction(10), "measure": measure}),
        "2.1.1": Rule("met", {"over_sites": "mean"}),
        "2.1.2": Rule("deadline", {"by": (6, 30)}),
        "2.1.3": Rule("option", {"table": dict(zip(options, (Fraction(1), Fraction(1, 2), Fraction(0)), strict=True))}),
        "2.1.4": Rule(
            "grade", {"table": {"A": Fraction(1), "B": Fraction(66, 100), "C": Fraction(33, 100), "D": Fraction(0)}}
        ),
        "2.2.1": Rule(
            "threshold", {"limits": {"at_least": Fraction(90)}, "measure": per_cent, "short": "proportional"}
        ),
        "2.2.2": Rule("none"),
        "2.2.3": Rule("growth"),
    }
    found = {code: set(map(repr, node.standard.rules.values())) for code, node in whole.standards.items()}
    assert found.pop("3.1") == set(), "a standard that is not scored needs no rule"
    assert found == {code: {repr(rule)} for code, rule in expected.items()}


def test_what_stands_beside_the_rules(whole):
    held = {code: node.standard for code, node in whole.standards.items()}
    assert held["1.1"].checked_at == (CheckedAt("market", 3), CheckedAt("supermarket", None))
    assert held["1.1"].lead == ("文明办",)
    assert held["1.1"].not_applicable == "drop"
    assert held["1.1"].source["clause"] == "1.1"
    assert held["1.3"].source["threshold"] == "derived"
    assert held["2.2.1"].several == "shares"
    assert list(held["2.2.1"].rules) == ["survey", "online_check"]
    assert [q.satisfied for q in held["2.2.1"].questions] == [frozenset({"满意", "一般"})]
    assert held["2.1.1"].materials == (
        Material("m1", Text("方案", "The plan"), True),
        Material("m2", Text("总结", "A report"), False),
    )
    assert held["2.1.1"].due == When(every="year")
    assert held["2.1.2"].due == When(by=(6, 30))
    assert held["3.1"].due == When(every="week")
    assert not whole.standards["3.1"].scored
    assert "methods" in held["1.1"].assumed, "the head says that the source states no methods"
    leaf = next(node for node in whole.nodes if node.code == "2.2.1/survey")
    assert leaf.points == 8


def test_the_head(whole):
    assert (whole.id, whole.title, whole.level) == ("demo-2025", Text("示例体系", "Example"), "county")
    assert whole.full_marks == 100
    assert whole.weights == {"scheme": "given", "status": "printed"}
    assert (whole.pass_mark.value, whole.pass_mark.status) == (85, "assumed")
    assert whole.draw == (CheckedAt("market", 3),)
    document = whole.documents["demo-notice"]
    assert [document[key] for key in ("title", "issuer", "date", "kind", "certainty")] == [
        "示例办法",
        "某县",
        "2025-03",
        "办法",
        "copy",
    ]
    assert whole.source["note"] == Text("示例。", "An example.")
    assert whole.site_types["fishing-port"] == Text("渔港", "Fishing port")


def test_own_names_and_months_and_statuses(tmp_path, lang):
    change = {
        ("instrument", "full_marks", "value"): "1-6=100；7-12=99",
        ("tree", "1", "points"): "1-6=60；7-12月=59",
        ("tree", "1.1", "points"): "1-6=10；7-12=9",
        ("tree", "1.1", "sites"): "渔港=2",
        ("tree", "1.1", "lead"): "渔业局",
        ("tree", "1.1", "support"): "文明办",
        ("tree", "1.1", "methods_status"): "assumed",
        ("tree", "1.1", "lead_status"): "assumed",
        ("tree", "1.1", "threshold"): "parameter",
        ("tree", "1.1", "row"): "7",
        ("tree", "1.1", "note_zh"): "备注",
        ("tree", "1.1", "note_en"): "A note",
        ("tree", "1.2", "points"): 10.0,
        ("tree", "1", "combine"): "cap",
    }
    found = imported(book(tmp_path / "b.xlsx", lang, change=change))
    node = found.standards["1.1"]
    assert found.monthly
    assert found.full_marks == 100
    assert node.standard.checked_at == (CheckedAt("fishing-port", 2),)
    assert node.standard.lead == ("渔业局",)
    assert node.standard.support == ("文明办",)
    assert set(node.standard.assumed) == {"threshold", "methods", "lead"}
    assert node.standard.source["row"] == "7"
    assert node.note == Text("备注", "A note")
    july = read_instrument(tmp_path / "b.yaml", datetime.date(2026, 7, 1))
    assert july.full_marks == 99
    assert july.standards["1.1"].points == 9
    assert next(n for n in found.nodes if n.code == "1").combine.kind == "cap"


def test_methods_share_the_full_marks(tmp_path, lang):
    words = Text(
        "材料审核=40；实地考察=30；整体观察=10；问卷调查=20",
        "document review=40; site visit=30; overall observation=10; survey=20",
    )
    change = {
        ("instrument", "shares", "value"): words,
        ("tree", "2.2.1", "methods"): "survey",
        ("tree", "2.2.1", "several"): None,
    }
    found = imported(book(tmp_path / "b.xlsx", lang, change=change))
    assert found.method_shares == {
        "document_review": Fraction(2, 5),
        "site_visit": Fraction(3, 10),
        "overall_observation": Fraction(1, 10),
        "survey": Fraction(1, 5),
    }


def test_either_language_may_be_written(tmp_path):
    """English words, ids and full-width signs in a Chinese workbook, its columns in another order, are read alike."""
    change = {
        ("tree", "1.1", "kind"): "Standard",
        ("tree", "1.1", "methods"): "site_visit",
        ("tree", "1.4", "sites"): "community＝3",
    }
    path = book(tmp_path / "b.xlsx", "zh", change=change)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[SHEETS["tree"].zh]
    sheet["A1"], sheet["C1"] = "Code", "kind"
    sheet.move_range("A1:A30", cols=30)
    sheet.delete_cols(1)
    workbook.save(path)
    plain = imported(book(tmp_path / "plain.xlsx", "zh"))
    assert imported(path) == plain


def test_the_file_reads_like_one_written_by_hand(tmp_path):
    path = import_instrument(book(tmp_path / "b.xlsx"), tmp_path / "b.yaml")
    content = yaml.safe_load(path.read_text("utf-8"))
    assert list(content)[:6] == ["schema", "id", "title", "level", "full_marks", "weights"]
    assert list(content["indicators"][0]["standards"][0]) == [
        "code", "text", "points", "rule", "methods", "checked_at", "lead", "not_applicable", "source",
    ]  # fmt: skip
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["b.xlsx", "b.yaml"]


def test_an_assessment_can_be_made_of_it(tmp_path):
    path = import_instrument(book(tmp_path / "b.xlsx"), tmp_path / "b.yaml")
    made = new_assessment(tmp_path / "round", str(path), place="某县", round_="2026-01")
    found = score(read_assessment(made))
    assert found.not_assessed == 100


# ------------------------------------------------------------------------------ shipped instruments, there and back

_ROWS = {"clause": "clause", "row": "row", "threshold": "threshold", "methods": "methods_status", "lead": "lead_status"}
_SIGN = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


def _notation(rule: Any) -> tuple[str | None, str | None]:
    """Return a rule of an instrument file as an analyst writes it."""
    if rule is None or isinstance(rule, str):
        return rule, None
    ((name, params),) = rule.items()
    if name == "deduct":
        assert set(params) == {"kinds"}
        parts = []
        for kind, own in params["kinds"].items():
            cap = f"≤{own['cap']}" if "cap" in own else ""
            parts.append(f"{kind}|{own['name']['zh']}|{own['name']['en']}={own['points']}{cap}")
        return name, "；".join(parts)
    if name == "bands":
        measure = params.get("measure", "")
        steps = [
            (f"{_SIGN[key]}{limit} {measure}={step['value']}")
            for step in params["steps"]
            for key, limit in step.items()
            if key != "value"
        ]
        return name, "；".join([*steps, f"其余={params['else']}"])
    if name == "threshold":
        ((sign, limit),) = ((key, value) for key, value in params.items() if key in _SIGN)
        lost = params.get("short")
        steps = {"full": "满", "linear": "差"}
        own = f"；每{steps[lost['steps']]}{lost['per']}扣{Fraction(lost['lose']) * 100}%" if lost else ""
        return name, f"{_SIGN[sign]}{limit} {params.get('measure', '')}{own}"
    if name == "option":
        return name, "；".join(f"{option}={value}" for option, value in params.items())
    raise AssertionError(rule)


def _row(entry: Mapping[str, Any], parent: str | None) -> dict[str, Any]:
    kind = "standard" if "text" in entry else "indicator"
    named = entry["text"] if kind == "standard" else entry["name"]
    rule, parameters = _notation(entry.get("rule"))
    row = {"code": entry["code"], "parent": parent, "kind": kind, **named, "rule": rule, "parameters": parameters}
    row |= {_ROWS[key]: value for key, value in entry.get("source", {}).items()}
    row |= {f"note_{language}": text for language, text in entry.get("note", {}).items()}
    row |= {key: entry.get(key) for key in ("points", "weight", "scored", "combine", "not_applicable")}
    row["methods"] = "；".join(entry.get("methods", ()))
    sites = [f"{item['site_type']}={item['sites']}" for item in entry.get("checked_at", ())]
    row["sites"] = "；".join(sites)
    used = {
        "questions",
        "materials",
        "code",
        "text",
        "name",
        "rule",
        "source",
        "note",
        "methods",
        "checked_at",
        "children",
        "standards",
        *row,
    }
    assert set(entry) <= used, set(entry) - used
    return row


def _rows(entries: list[Any], parent: str | None = None) -> Iterator[dict[str, Any]]:
    for entry in entries:
        yield _row(entry, parent)
        for key in ("children", "standards"):
            yield from _rows(entry.get(key, []), entry["code"])


def _items(entries: list[Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the questions, or of the materials."""
    for entry in entries:
        for item in entry.get(name, []):
            row = {key: "；".join(value) if isinstance(value, list) else value for key, value in item.items()}
            yield {"standard": entry["code"], **row, **item["text" if name == "questions" else "name"]}
        for key in ("children", "standards"):
            yield from _items(entry.get(key, []), name)


@pytest.mark.parametrize(("name", "unsayable"), [("wujiang-field-2016", ()), ("waste-sorting-estate", ("assumed",))])
def test_shipped_instruments_come_through(tmp_path, lang, name, unsayable):
    """Written into a workbook and imported, they are what the YAML file says, without what cannot be said."""
    content = yaml.load((INSTRUMENTS / f"{name}.yaml").read_text("utf-8"), yaml.BaseLoader)
    for key in unsayable:
        del content[key]
    original = tmp_path / "original.yaml"
    original.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    head = {
        "id": content["id"],
        **{f"title_{language}": text for language, text in content["title"].items()},
        "level": content["level"],
        "full_marks": content["full_marks"],
        "scheme": content["weights"]["scheme"],
        "weights_status": content["weights"]["status"],
        "document": content["source"]["document"],
        **{f"note_{language}": text for language, text in content["source"].get("note", {}).items()},
    }
    assert set(content) == {"schema", "id", "title", "level", "full_marks", "weights", "source", "indicators"}
    extra = {name: list(_items(content["indicators"], name)) for name in ("questions", "materials")}
    tables = {"tree": list(_rows(content["indicators"])), **extra}
    path = book(tmp_path / "book.xlsx", lang, head, tables, full=True)
    assert imported(path) == read_instrument(original)


# ---------------------------------------------------------------------------------------------------- single faults


# ---------------------------------------------------------------------------------------------------- single faults


FAULTS = yaml.safe_load((Path(__file__).parent / "authoring_faults.yaml").read_text("utf-8"))
#: Every fourth at once, the others with the long proofs: each imports a whole workbook.
EACH = [pytest.param(name, marks=[pytest.mark.slow] if place % 4 else []) for place, name in enumerate(FAULTS)]


def said(path: Path, lang: Any = "en") -> list[str]:
    """Return the faults of a workbook, and make sure that nothing was written."""
    out = path.with_suffix(".yaml")
    with pytest.raises(InputFaults) as raised:
        import_instrument(path, out)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return [fault.say(lang) for fault in raised.value.faults]


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", EACH)
def test_a_fault_is_told_at_its_cell(tmp_path, lang, name):
    case = FAULTS[name]
    change = {
        (sheet, row, column): Text(**value) if isinstance(value, dict) else value
        for sheet, row, column, value in case["change"]
    }
    assert said(book(tmp_path / "b.xlsx", lang, change=change), lang) == case[lang]
    assert case[lang]


def test_the_table_of_faults_reaches_every_problem_of_a_workbook():
    from evalsys.faults import PROBLEMS

    keys = list(PROBLEMS)
    own = set(keys[keys.index("unknown_setting") : keys.index("unknown_site_type") + 1]) - {"unknown_setting"}
    told = "\n".join(line for case in FAULTS.values() for line in case["zh"])
    assert {key for key in own if PROBLEMS[key].zh not in told} == set()


def changed(path: Path, change: Any, lang: Any = "zh") -> Path:
    workbook = openpyxl.load_workbook(book(path, lang))
    change(workbook)
    workbook.save(path)
    return path


def _set(sheet: str, cell: str, value: Any) -> Any:
    def change(workbook: Any) -> None:
        workbook[SHEETS[sheet].zh][cell] = value

    return change


LEVELS = "城市  县  城区  乡镇  社区  村  单位  学校  居住区  其他"
FORM = {
    "unknown-sheet": (
        lambda workbook: workbook.create_sheet("指标和标准").append(["编码"]),
        [
            "b.xlsx [指标和标准]: unknown table '指标和标准'; allowed: 测评体系  指标与标准  问卷题目  材料清单  名录  "
            "填写说明  示例（不读取）; did you mean '指标与标准'?"
        ],
    ),
    "sheet-twice": (
        lambda workbook: workbook.create_sheet("Questions").append(["standard"]),
        ["b.xlsx [Questions]: this table stands twice 'b.xlsx [问卷题目]'"],
    ),
    "no-tree": (
        lambda workbook: workbook.remove(workbook["指标与标准"]),
        ["b.xlsx [指标与标准]: this table is missing"],
    ),
    "no-head": (
        lambda workbook: workbook.remove(workbook["测评体系"]),
        ["b.xlsx [测评体系]: this table is missing"],
    ),
    "unknown-column": (
        _set("tree", "Z1", "来源条目"),
        ["b.xlsx [指标与标准] row 1 [来源条目]: unknown column; did you mean '来源条款'?"],
    ),
    "column-twice": (
        _set("tree", "Z1", "Points"),
        ["b.xlsx [指标与标准] row 1 [Points]: this column stands twice '分值'"],
    ),
    "missing-column": (
        lambda workbook: workbook["指标与标准"].delete_cols(3),
        ["b.xlsx [指标与标准] row 1 [kind]: a required column is missing; allowed: kind = 类别"],
    ),
    "personal-column": (
        _set("tree", "Z1", "联系电话"),
        ["b.xlsx [指标与标准] row 1 [联系电话]: personal data is not accepted: delete this column"],
    ),
    "merged": (
        lambda workbook: workbook["指标与标准"].merge_cells("X2:Y2"),
        ["b.xlsx [指标与标准] row 2: merged cells: unmerge them and fill each cell 'X2:Y2'"],
    ),
    "formula": (
        _set("tree", "F2", "=SUM(F3:F8)"),
        [
            "b.xlsx [指标与标准] row 2 [F2]: a formula without a value: save the file again in a spreadsheet "
            "'=SUM(F3:F8)'",
            "b.xlsx [指标与标准] row 2 [分值]: siblings must all have points, or all have weights, or have neither '1'",
        ],
    ),
    "unknown-setting": (
        _set("instrument", "A5", "级别别"),
        [
            "b.xlsx [测评体系] row 5 [级别别]: unknown setting; did you mean '级别'?",
            f"b.xlsx [测评体系] [级别]: a value is needed here; allowed: {LEVELS}",
        ],
    ),
    "setting-twice": (
        _set("instrument", "A5", "Full marks"),
        [
            "b.xlsx [测评体系] row 6 [总分]: this is named twice",
            "b.xlsx [测评体系] row 5 [Full marks]: not a number '县'; allowed: 3  0.5  1/3",
            f"b.xlsx [测评体系] [级别]: a value is needed here; allowed: {LEVELS}",
        ],
    ),
    "setting-without-name": (
        _set("instrument", "A7", None),
        [],
    ),
    "value-without-name": (
        _set("instrument", "A12", None),
        [
            "b.xlsx [测评体系] row 12 [设置项]: a value is needed here '85%'",
            "b.xlsx [测评体系] [目标线]: a value is needed here",
        ],
    ),
}


@pytest.mark.parametrize("name", FORM)
def test_the_form_of_a_workbook(tmp_path, name):
    change, expected = FORM[name]
    path = changed(tmp_path / "b.xlsx", change)
    if expected:
        assert sorted(said(path)) == sorted(expected)
    else:
        imported(path)


def test_an_empty_workbook_asks_for_everything_at_once(tmp_path, lang):
    found = said(empty(tmp_path / "b.xlsx", lang), lang)
    needed = ("id", "title_zh", "title_en", "level", "full_marks", "scheme", "weights_status", "document")
    for key in needed:
        assert any(f"[{HEAD[key].heading.say(lang)}]" in line for line in found), key
    assert len(found) == len(needed) + 1, "and nothing stands below the whole"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "b.xlsx: this file is missing"), (b"not a workbook", "b.xlsx: the file cannot be read; allowed: .xlsx")],
)
def test_no_workbook(tmp_path, content, expected):
    path = tmp_path / "b.xlsx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFaults) as raised:
        import_instrument(path, tmp_path / "b.yaml")
    (line,) = (fault.say("en") for fault in raised.value.faults)
    assert expected in line


def test_a_file_that_exists_is_kept(tmp_path):
    out = tmp_path / "b.yaml"
    out.write_text("written by hand")
    with pytest.raises(InputFaults) as raised:
        import_instrument(book(tmp_path / "b.xlsx"), out)
    assert raised.value.faults == (Fault("exists", str(out)),)
    assert out.read_text() == "written by hand"


def test_a_link_that_leads_nowhere_is_kept(tmp_path):
    out = tmp_path / "b.yaml"
    try:
        out.symlink_to(tmp_path / "elsewhere.yaml")
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(InputFaults, match="exists"):
        import_instrument(book(tmp_path / "b.xlsx"), out)
    assert not out.exists()


@pytest.mark.parametrize("name", ["tree", "instrument"])
def test_a_sheet_without_even_a_heading_is_told(tmp_path, name):
    path = changed(tmp_path / "b.xlsx", lambda workbook: workbook[SHEETS[name].zh].delete_rows(1, 99))
    (line,) = said(path)
    assert line.startswith(f"b.xlsx [{SHEETS[name].zh}]: the file is empty")


def test_a_whole_number_may_be_a_code(tmp_path):
    rows = [{**row, "code": int(row["code"]) if row["code"].isdecimal() else row["code"]} for row in WHOLE["tree"]]
    assert any(isinstance(row["code"], int) for row in rows)
    path = book(tmp_path / "b.xlsx", "zh", tables={**WHOLE, "tree": rows})
    assert list(imported(path).places) == list(imported(book(tmp_path / "a.xlsx", "zh")).places)


def test_a_write_that_is_stopped_leaves_nothing(tmp_path, monkeypatch):
    path = book(tmp_path / "b.xlsx")
    whole = Path.replace

    def stopped(self, target):
        assert self.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        import_instrument(path, tmp_path / "b.yaml")
    assert [each.name for each in tmp_path.iterdir()] == ["b.xlsx"]
    monkeypatch.setattr(Path, "replace", whole)
    imported(path)


@pytest.mark.slow
def test_every_value_of_a_row_counts(tmp_path):
    """No cell of the whole example can be emptied or changed without a trace in the file, or a fault."""
    plain = import_instrument(book(tmp_path / "plain.xlsx"), tmp_path / "plain.yaml").read_text("utf-8")
    row = next(row for row in WHOLE["tree"] if row["code"] == "1.1")
    for key in (key for key in COLUMNS["tree"] if row.get(key)):
        path = book(tmp_path / f"{key}.xlsx", change={("tree", "1.1", key): None})
        try:
            assert import_instrument(path, path.with_suffix(".yaml")).read_text("utf-8") != plain, key
        except InputFaults:
            continue
    for key in WHOLE_HEAD:
        path = book(tmp_path / f"head_{key}.xlsx", change={("instrument", key, "value"): None})
        try:
            assert import_instrument(path, path.with_suffix(".yaml")).read_text("utf-8") != plain, key
        except InputFaults:
            continue


# --------------------------------------------------------------------------------------------------- command line


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "_speak_chinese", lambda: None)  # it would outlive the test
    for module in (console, cli, cli_instrument, verbs):
        monkeypatch.setattr(module, "LOCALE", "en")
    return lambda *args: CliRunner().invoke(cli.main, ["instrument", *map(str, args)])


def test_the_commands(run, tmp_path):
    done = run("template", "new.xlsx", "--lang", "zh")
    assert (done.exit_code, done.stdout) == (0, "new.xlsx\n")
    assert openpyxl.load_workbook("new.xlsx").sheetnames[0] == "填写说明"
    done = run("template", "new.xlsx")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[1] == "  new.xlsx: it exists already and is not overwritten"
    done = run("import", "new.xlsx", "--out", "new.yaml")
    assert done.exit_code == 1
    assert done.stderr.startswith("9 faults found")
    assert not Path("new.yaml").exists()
    done = run("import", book(tmp_path / "whole.xlsx"), "--out", "whole.yaml")
    assert (done.exit_code, done.stdout) == (0, "whole.yaml\n")
    assert run("check", "whole.yaml").exit_code == 0
    assert run("import", "whole.xlsx", "--out", "whole.yaml").exit_code == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("template", "new.xls"), "new.xls must end in .xlsx"),
        (("import", "a.csv", "--out", "a.yaml"), "a.csv must end in .xlsx"),
        (("import", "a.xlsx", "--out", "a.txt"), "a.txt must end in .yaml .yml"),
        (("import", "a.xlsx"), "--out"),
    ],
)
def test_wrong_usage(run, tmp_path, args, message):
    done = run(*args)
    assert done.exit_code == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_does_not_load_the_workbooks():
    program = (
        "import sys, evalsys.cli; "
        "print([name for name in ('openpyxl', 'yaml', 'numpy', 'evalsys.authoring') if name in sys.modules])"
    )
    environ = {**os.environ, "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environ, cwd=ROOT
    )
    assert done.stdout == "[]\n"
