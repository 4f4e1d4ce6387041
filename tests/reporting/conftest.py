"""Assessments of every kind, and the cells of a report run in this process, which takes a tenth of a kernel's time."""

import ast
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from builders import assessment_of, content_of, indicator, standard

from evalsys.evidence import read_assessment
from evalsys.reporting.notebooks import find_notebook
from evalsys.reporting.render import render_html

ROOT = Path(__file__).resolve().parents[2]
WUJIANG = ROOT / "data" / "wujiang-2016"
AT = [{"site_type": "market", "sites": 2}]


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
def html(executed):
    """Return both pages of the real round."""
    return {lang: render_html(executed(WUJIANG, lang=lang), lang)[0] for lang in ("zh", "en")}


def edited(folder, file, change):
    """Copy the real round and change one of its files."""
    shutil.copytree(WUJIANG, folder)
    path = folder / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return folder


def _half_blank(text):
    head, *rows = text.splitlines()
    place = head.split(",").index("value")
    kept = [row.split(",") for row in rows]
    for row in kept[: len(kept) // 2]:
        row[place] = ""
    return "\n".join([head, *(",".join(row) for row in kept)]) + "\n"


def _all_blank(text):
    rows = [row.split(",") for row in text.splitlines()]
    place = rows[0].index("value")
    return "\n".join(",".join([*row[:place], "" if n else row[place], *row[place + 1 :]]) for n, row in enumerate(rows))


SITES = [{"site_id": f"s{n}", "site_type": "market", "name": f"{name}市场"} for n, name in enumerate(("甲", "乙"))]
LOSSES = [{"standard": "1.1", "site_id": "s0", "value": "0.3"}, {"standard": "1.2", "site_id": "s1", "value": "0"}]


def _small(folder, below, rows, full=10, node=None, content=None, settings=None):
    made = content_of([indicator("1", full, below, **(node or {}))], full, **(content or {}))
    assessment_of(folder, made, rows, settings, sites=SITES)
    return folder


def _losses(**more):
    return [standard("1.1", points=6, checked_at=AT, **more), standard("1.2", points=4, checked_at=AT, **more)]


def _several_methods(folder):
    below = [
        standard("1.1", "met", 6, {"site_visit": {}, "document_review": {}}, several="mean", checked_at=AT),
        standard("1.2", "met", 4, {"site_visit": {}, "survey": {}}, several="min", checked_at=AT),
    ]
    rows = [
        {"standard": "1.1", "method": "site_visit", "site_id": "s0", "value": "否"},
        {"standard": "1.1", "method": "document_review", "value": "是"},
        {"standard": "1.2", "method": "site_visit", "site_id": "s1", "value": "是"},
    ]
    return _small(folder, below, rows)


def _method_shares(folder):
    below = [
        standard("1.1", "met", 6, ("site_visit", "document_review"), several="mean", checked_at=AT),
        standard("1.2", "met", 4, ("document_review",)),
    ]
    rows = [
        {"standard": "1.1", "method": "site_visit", "site_id": "s0", "value": "否"},
        {"standard": "1.2", "method": "document_review", "value": "是"},
    ]
    return _small(folder, below, rows, content={"method_shares": {"site_visit": 60, "document_review": 40}})


def _combined(kind, rule="loss"):
    def make(folder):
        points = 10 if kind in ("best", "worst") else 5
        below = [standard(f"1.{n}", rule=rule, points=points, checked_at=AT) for n in (1, 2)]
        rows = [
            {"standard": "1.1", "site_id": "s0", "value": "0.3"},
            {"standard": "1.2", "site_id": "s1", "value": "0"},
        ]
        return _small(folder, below, rows, node={"combine": kind})

    return make


def _graded(folder):
    grade = {"grades": [{"met": 2, "value": "1"}, {"met": 1, "value": "0.66"}], "else": "0"}
    below = [standard(f"1.{n}", rule="met", points=5, checked_at=AT) for n in (1, 2)]
    rows = [{"standard": f"1.{n}", "site_id": "s0", "value": value} for n, value in ((1, "是"), (2, "否"))]
    return _small(folder, below, rows, node={"combine": {"subset-grade": grade}})


def _workbook(folder):
    from click.testing import CliRunner

    from evalsys.cli import main

    options = ["--instrument", "wujiang-field-2016", "--place", "某区", "--round", "2026-12", "--lang", "zh"]
    CliRunner().invoke(main, ["new", str(folder), *options], catch_exceptions=False)
    return next(folder.glob("*.xlsx"))


#: Every kind of assessment: how its folder or workbook is made.
KINDS = {
    "half-blank": lambda folder: edited(folder, "observations.csv", _half_blank),
    "all-blank": lambda folder: edited(folder, "observations.csv", _all_blank),
    "no-pass-mark": lambda folder: _small(folder, _losses(), LOSSES),
    "nothing-lost": lambda folder: _small(folder, _losses(), [{**row, "value": "0"} for row in LOSSES]),
    "all-lost": lambda folder: _small(folder, _losses(), [{**row, "value": "1"} for row in LOSSES]),
    "partly-unscored": lambda folder: _small(folder, [*_losses(), standard("1.3", scored="no")], LOSSES),
    "odd-names": lambda folder: _small(folder, _losses(), LOSSES, settings={"place": "<b>&\"甲\" | 'x' {y} $z$ \\"}),
    "workbook": _workbook,
    "several-methods": _several_methods,
    "method-shares": _method_shares,
    "best": _combined("best"),
    "worst": _combined("worst"),
    "graded": _graded,
}


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
