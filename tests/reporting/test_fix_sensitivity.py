"""The report on fixes: the notebook run from clean, its page in both languages, its parameters and what they change."""

import json
import re
import sys
from pathlib import Path

import openpyxl
import pytest
from conftest import _executed

from evalsys import fix_views, read_assessment
from evalsys.faults import InputFaults
from evalsys.fix_words import chance_said, headline
from evalsys.reporting.notebooks import checked_parameters, find_notebook, notebook_parameters
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from test_fix_history import FIXES, made

NAME = "fix-sensitivity"
DATED = [
    {**fix, "crew_days": str(2 + n), "calendar_days": str(3 + n), "unit": f"{'甲乙丙'[n]}局"}
    for n, fix in enumerate(FIXES)
]
SECTIONS = ("plan", "money", "schedule", "together", "patrol", "plans", "since", "days", "projects")
ASIDE = {"earlier": "r1", "announced": "r2", "ordinary": "r0；r1", "other_budget": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small assessment with three rounds, a table of fixes and projects."""
    path = tmp_path_factory.mktemp("fixes") / "测评"
    made(path, fixes=DATED)
    return path


def page(folder, lang, **given):
    return render_html(_executed(find_notebook(NAME), {"assessment": str(folder), "lang": lang, **given}), lang)


def words_of(html):
    text = re.sub(r"<style.*?</style>|<svg.*?</svg>|<br>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_notebook_has_parameters_each_explained_in_both_languages_and_no_outputs():
    path = find_notebook(NAME)
    found = notebook_parameters(path)
    assert [(parameter.name, parameter.kind) for parameter in found] == [
        ("assessment", "str"), ("lang", "str"), ("out", "str"), ("pass_mark", "str"), ("budget", "str"),
        ("days", "int"), ("chance", "str"), ("visits", "int"), ("visit_days", "int"), ("seed", "int"),
        ("earlier", "str"), ("announced", "str"), ("ordinary", "str"), ("other_budget", "str"),
    ]  # fmt: skip
    for parameter in found:
        assert re.search(r"[\u4e00-\u9fff]", parameter.comment)
        assert re.search(r"[a-z]{3}", parameter.comment)
    assert (path.parent / found[0].default / "assessment.yaml").is_file()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("given", [{"lang": "fr"}, {"buget": "3"}, {"days": "ten"}])
def test_its_parameters_are_strict(given):
    with pytest.raises(InputFaults):
        checked_parameters(find_notebook(NAME), given)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"budget": "-1"}, "out_of_range"),
        ({"budget": "ten"}, "bad_number"),
        ({"chance": "120%"}, "out_of_range"),
        ({"days": 400}, "after_inspection"),
        ({"days": -1}, "out_of_range"),
        ({"pass_mark": "101%"}, "out_of_range"),
        ({"earlier": "r9"}, None),
    ],
)
def test_a_bad_value_is_a_fault_and_no_traceback_of_another_kind(folder, given, problem):
    with pytest.raises(InputFaults) as caught:
        page(folder, "zh", **given)
    assert problem is None or caught.value.faults[0].problem == problem


@pytest.mark.slow
def test_a_kernel_makes_the_page_and_its_annex(folder, tmp_path):
    given = {"assessment": str(folder), **ASIDE, "earlier": "r0", "budget": "5", "out": str(tmp_path / "annex")}
    report = run_report(NAME, given, tmp_path)
    assert report.missing_glyphs == ""
    html = report.outputs["html"].read_text("utf-8")
    assert re.findall(r'<h2 id="(\w+)"', html) == list(SECTIONS)
    assert not re.search(r"<(script|link|iframe|object|embed|form)\b|url\((?!data:)|@import", html)
    for name, value in re.findall(r'\b(src|href)="([^"]*)"', html):
        assert value.startswith("data:" if name == "src" else ("#", "data:"))
    said = words_of(html)
    assert not re.search(r"\bNone\b|\bnan\b|Traceback|Fraction\(|object at|\d\.\d{5,}|约 (0|100)%", said)
    advice = fix_views.advise(read_assessment(folder), budget="5")
    first, second = headline(advice, "zh")
    assert first in said
    assert second in said
    assert chance_said(advice.found, advice.found.chance, "zh") in first  # one number on every page
    books = sorted(tmp_path.rglob("*.xlsx"))
    assert [book.name for book in books] == ["整改效益.xlsx"]
    assert len(openpyxl.load_workbook(books[0]).sheetnames) >= 4
    # the kernel says what the cells say, but for the annex's folder
    again = words_of(page(folder, "zh", **{**ASIDE, "earlier": "r0", "budget": "5"})[0])
    assert again.strip() == re.sub(r"附件： ?整改效益.xlsx", "", said).strip()


@pytest.mark.slow
def test_the_english_page(folder):
    html, missing = page(folder, "en", **ASIDE)
    assert missing == ""
    assert re.findall(r'<h2 id="(\w+)"', html) == list(SECTIONS)
    said = words_of(html)
    for part in (
        "1. The plan",
        "2. What money brings",
        "Since: r1",
        "Ordinary days against announced days",
        "Two plans side by side",
        "Projects",
        "would lift the chance to pass",
    ):
        assert part in said
    assert not re.search(r"整改|达标|费用|假定|百分点|督查", said)


def test_sections_that_are_not_asked_for_are_not_there(folder, tmp_path):
    made(tmp_path, projects=(), fixes=(), pass_mark=None, inspection_date=None)
    html, missing = page(tmp_path, "zh")
    assert missing == ""
    assert re.findall(r'<h2 id="(\w+)"', html) == list(SECTIONS[:5])
    said = words_of(html)
    assert "期望得分由" in said
    assert "没有整改表" in said
    assert "不排进度" in said


@pytest.mark.slow
def test_what_the_parameters_change(folder):
    """A budget, fewer days, another mark: the page tells them, and the plan keeps to them."""
    small = words_of(page(folder, "zh", budget="2", days=9, pass_mark="60%", visits=1)[0])
    assert "工期 9 天·预算 2" in small
    assert "60%（报告参数）" in small
    assert "整改前先看 1 个点位" in small
    advice = fix_views.advise(read_assessment(folder), budget="2", days=9, pass_mark="60%", visits=1)
    assert advice.plan.cost <= 2
    assert max(job.ends for job in advice.plan.jobs) <= 9
    assert headline(advice, "zh")[0] in small
