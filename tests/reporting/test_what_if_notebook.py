"""The what-if notebook without a front end: as a report it shows what its parameters choose."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import _executed

from evalsys.faults import InputFaults
from evalsys.reporting.notebooks import find_notebook, notebook_parameters
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from test_what_if import small


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small assessment with a table of fixes."""
    made = tmp_path_factory.mktemp("what-if")
    small(made)
    return made


def words_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S))


def page(folder, lang, **given):
    made = _executed(find_notebook("what-if"), {"assessment": str(folder), "pass_mark": "80%", "lang": lang, **given})
    return render_html(made, lang)


def test_its_parameters_are_explained_and_its_defaults_exist():
    found = notebook_parameters(find_notebook("what-if"))
    assert [(parameter.name, parameter.kind) for parameter in found] == [
        ("assessment", "str"), ("lang", "str"), ("pass_mark", "str"), ("fixes", "str"), ("budget", "str"),
        ("severity", "str"), ("days", "int"), ("seed", "int"),
    ]  # fmt: skip
    assert all(parameter.comment for parameter in found)
    assert (find_notebook("what-if").parent / found[0].default / "assessment.yaml").is_file()


@pytest.mark.slow
def test_a_kernel_makes_the_page_that_the_parameters_choose(folder, tmp_path):
    given = {"assessment": str(folder), "pass_mark": "80%", "fixes": "绿化;停车", "budget": "4", "severity": "-1"}
    report = run_report("what-if", given, tmp_path)
    assert report.missing_glyphs == ""
    html = report.outputs["html"].read_text("utf-8")
    said = words_of(html)
    for words in (
        "办好所选 2 项整改",
        "偏严 1 个标准差",
        "“停车”与“绿化”互斥",
        "共需费用5，预算只有4",
        "完整结果（精确分布）",
    ):
        assert words in said
    assert "速算" not in said
    assert "整改前后的达标可能性" in said  # the curve, as a still picture
    assert not re.search(r"<script|\bsrc=\"http|@import", html)
    notebook = nbformat.read(report.outputs["notebook"], as_version=4)
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.output_type for output in shown] == ["execute_result"] * 2  # nothing is printed
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= shown[1].data.keys()
    assert page(folder, "zh", **{name: given[name] for name in ("fixes", "budget", "severity")})[0] == html


def test_the_english_page_and_its_defaults(folder):
    html, missing = page(folder, "en")
    said = words_of(html)
    assert missing == ""
    assert "With 1 chosen fix the chance to pass rises from about" in said
    assert "Severity: average over all" in said
    assert "The chance to pass before and after, by severity" in said


def test_an_unknown_fix_is_a_fault_with_the_nearest_name(folder):
    with pytest.raises(InputFaults) as caught:
        page(folder, "zh", fixes="路灯换新;绿化", severity="strict")
    assert [(fault.file, fault.problem, fault.nearest) for fault in caught.value.faults] == [
        ("fixes", "unknown_name", "路灯 换"), ("severity", "bad_number", ""),
    ]  # fmt: skip
