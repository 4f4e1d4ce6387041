"""The numbers that a page states stand beside it in the executed notebook, unrounded and as plain JSON."""

import ast
import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from kinds import WUJIANG

from evalsys import fix_views, forecast, load_instrument, read_assessment, score
from evalsys.audit_views import resting
from evalsys.markup import FACTS, Html, block
from evalsys.reporting.facts import facts_of
from evalsys.reporting.notebooks import find_notebook

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from test_fix_history import FIXES, made


def stated(name, **parameters):
    """Run the cells of a notebook here, show what they show as a kernel does, and return the facts."""
    names, cells = {}, []
    for cell in nbformat.read(find_notebook(name), as_version=4).cells:
        tree = ast.parse(cell.source if cell.cell_type == "code" else "")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names.update({key: str(value) if isinstance(value, Path) else value for key, value in parameters.items()})
        if last is not None:
            data, metadata = DisplayFormatter().format(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
            cell.outputs = [nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": metadata})]
        cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    return facts_of(nbformat.reads(nbformat.writes(notebook), as_version=4))  # as it comes back from the disk


def test_a_piece_of_a_page_is_shown_with_its_facts():
    piece = block("zh", "<p>a</p>").stating(rate=Fraction(1, 8)).stating(chance=None)
    data, _ = DisplayFormatter().format(piece)
    assert data["text/html"] == piece._repr_html_() == '<div class="ev" lang="zh-CN"><p>a</p></div>'
    assert data[FACTS] == {"rate": 0.125, "chance": None}
    assert FACTS not in DisplayFormatter().format(Html("<p>a</p>"))[0]
    assert piece == block("zh", "<p>a</p>")  # facts are no part of the text


@pytest.mark.parametrize("name", [
    "as-it-is",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("half-blank", "all-blank", "nothing-lost")),
    "no-pass-mark",
])  # fmt: skip
def test_the_facts_are_those_of_the_score(name, kind):
    path = WUJIANG if name == "as-it-is" else kind(name)
    result = score(read_assessment(path))
    facts = stated("mock-assessment", assessment=path, with_forecast=False)
    mark = result.pass_mark
    exact = {
        "rate": result.attainment,
        "points": result.won,
        "lost": result.lost,
        "assessed": result.assessed,
        "not_assessed": result.not_assessed,
        "full": result.assessment.instrument.full_marks,
        "pass_mark": None if mark is None else mark.value,
    }
    assert facts == {
        "place": result.assessment.settings.place,
        "round": result.assessment.settings.round,
        "instrument": result.assessment.instrument.id,
        "evidence_hash": result.assessment.evidence_hash,
        **{key: None if value is None else float(value) for key, value in exact.items()},
        "passed": result.passes,
    }
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_facts_do_not_depend_on_the_language():
    zh, en = (stated("mock-assessment", assessment=WUJIANG, with_forecast=False, lang=lang) for lang in ("zh", "en"))
    assert zh == en


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small assessment with three rounds and a table of fixes."""
    path = tmp_path_factory.mktemp("facts") / "测评"
    made(path, fixes=FIXES)
    return path


@pytest.mark.slow
def test_the_facts_are_those_of_the_forecast(folder):
    found = forecast(read_assessment(folder))
    facts = stated("mock-assessment", assessment=folder)
    assert facts["chance"] == found.chance
    assert facts["chance_error"] == found.chance_error
    assert facts["chance_strict"] == found.at_severity(-1)[0] < found.chance
    assert facts["expected"] == found.mean
    assert facts["engine"] == found.engine
    assert all(type(value) in (str, float, bool) or value is None for value in facts.values())


def test_no_pass_mark_has_no_chance(tmp_path):
    made(tmp_path, projects=(), fixes=(), pass_mark=None)
    facts = stated("mock-assessment", assessment=tmp_path)
    assert facts["chance"] is facts["pass_mark"] is facts["passed"] is None
    assert math.isfinite(facts["expected"])


@pytest.mark.slow
def test_the_facts_of_a_plan(folder):
    advice = fix_views.advise(read_assessment(folder), budget="5")
    facts = stated("fix-sensitivity", assessment=folder, budget="5")
    assert (facts["chance"], facts["chance_after"]) == (advice.plan.before.chance, advice.plan.after.chance)
    assert (facts["chance_strict"], facts["chance_strict_after"]) == advice.strict
    assert facts["chance"] < facts["chance_after"]
    assert (facts["expected"], facts["expected_after"]) == (advice.plan.before.points, advice.plan.after.points)
    assert (facts["cost"], facts["fixes"]) == (float(advice.plan.cost), len(advice.plan.jobs))
    assert facts["rate"] == float(advice.found.prospect.score.attainment)
    assert facts["evidence_hash"] == advice.assessment.evidence_hash


@pytest.mark.parametrize("name", ["taizhou-police-2009", "wujiang-field-2016"])
def test_the_facts_of_an_instrument(name):
    instrument = load_instrument(name)
    facts = stated("instrument-audit", instrument=name)
    assert (facts["instrument"], facts["title"]) == (name, instrument.title.say("zh"))
    assert facts["full"] == float(instrument.full_marks)
    assert (facts["standards"], facts["leaves"]) == (len(instrument.standards), len(instrument.leaves))
    assert facts["scored"] == sum(node.scored for node in instrument.standards.values())
    assert facts["assumed"] == float({item.what: item.points for item in resting(instrument)}["any"])
    assert facts["weights_assumed"] is (instrument.weights["status"] == "assumed")
