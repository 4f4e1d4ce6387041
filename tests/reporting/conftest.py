"""The cells of a report run in this process, faster than a kernel, on assessments of every kind."""

import ast
from unittest.mock import patch

import nbformat
import pytest
from kinds import KINDS, WUJIANG

from evalsys import forecast_sections
from evalsys.evidence import read_assessment
from evalsys.reporting.notebooks import find_notebook
from evalsys.reporting.render import render_html


def _executed(path, parameters):
    """Run the cells as a kernel does and return the notebook with what they show."""
    names = {}
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        if shown is not None:
            data = {"text/plain": repr(shown), "text/html": shown._repr_html_()}
            cell.outputs = [nbformat.from_dict({"output_type": "execute_result", "data": data, "metadata": {}})]
        if "parameters" in cell.metadata.get("tags", []):
            names.update(parameters)
    return notebook


@pytest.fixture(scope="session")
def executed():
    """Return a function that runs the cells of the mock assessment on an assessment."""
    path = find_notebook("mock-assessment")
    return lambda assessment, **parameters: _executed(path, {"assessment": str(assessment), **parameters})


@pytest.fixture(scope="session")
def audited():
    """Return a function that runs the cells of the instrument audit on an instrument."""
    path = find_notebook("instrument-audit")
    return lambda instrument, **parameters: _executed(path, {"instrument": str(instrument), **parameters})


@pytest.fixture(scope="session")
def html(executed):
    """Return both pages of the real round, each made when it is first asked for."""

    outlook = forecast_sections.outlook
    once = {}

    def remembered(assessment, *asked):
        """The forecast does not depend on the language: one does for both pages."""
        if asked not in once:
            once[asked] = outlook(assessment, *asked)
        return once[asked]

    class Pages(dict):
        def __missing__(self, lang):
            with patch.object(forecast_sections, "outlook", remembered):
                self[lang] = render_html(executed(WUJIANG, lang=lang), lang)[0]
            return self[lang]

    return Pages()


@pytest.fixture(scope="session")
def kind(tmp_path_factory):
    """Return a function that makes an assessment of a kind, once, and returns its path."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = KINDS[name](tmp_path_factory.mktemp(name) / "测评")
            read_assessment(made[name])
        return made[name]

    return make
