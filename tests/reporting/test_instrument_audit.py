"""The instrument audit as a report: the notebook run from clean, one page that loads nothing, the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from builders import content_of, indicator, instrument_of, standard
from test_render import Page, pictures, plausible

from evalsys.faults import InputFaults
from evalsys.instrument_file import load_instrument
from evalsys.reporting.notebooks import checked_parameters, find_notebook, notebook_parameters
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report

NAME = "instrument-audit"


def test_the_notebook_has_three_parameters_each_explained_and_no_outputs():
    path = find_notebook(NAME)
    found = notebook_parameters(path)
    assert [(parameter.name, parameter.kind) for parameter in found] == [
        ("instrument", "str"), ("lang", "str"), ("out", "str"),
    ]  # fmt: skip
    assert all(parameter.comment for parameter in found)
    assert load_instrument(found[0].default).leaves
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("given", [{"lang": "fr"}, {"instrumnet": "x"}, {"out": 3}, {"pass_mark": "85%"}])
def test_its_parameters_are_strict(given):
    with pytest.raises(InputFaults):
        checked_parameters(find_notebook(NAME), given)


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["taizhou-police-2009", "national-index-2012"])
def test_the_page_loads_nothing_and_names_every_section(audited, name, lang):
    made, missing = render_html(audited(name, lang=lang), lang)
    page = Page(made)
    plausible(page, lang if lang == "zh" else "")
    assert missing == ""
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "form"} == set()
    for tag, attributes in page.tags:
        for key in {"src", "href"} & attributes.keys():
            assert attributes[key].startswith("#" if tag == "a" else "data:")
    assert re.findall(r"url\((?!data:)|@import", "".join(page.styles)) == []
    assert len(page.all("h1")) == 1
    assert len(page.all("h2")) == 7
    assert len(pictures(page)) == (5 if name == "taizhou-police-2009" else 1)
    assert all(head["scope"] == "col" for head in page.all("th"))
    assert f"evalsys {__import__('evalsys').__version__}" in page.text


def test_the_page_is_the_same_twice(audited):
    first, second = (render_html(audited("river-chief-options"), "zh")[0] for _ in range(2))
    assert first == second


def command(*args, folder):
    run = [sys.executable, "-m", "evalsys", "report", NAME, *map(str, args)]
    return subprocess.run(run, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.slow
def test_a_kernel_makes_the_same_page_of_a_file_of_the_user(audited, tmp_path):
    below = [standard("1.1", "met", 6), standard("1.2", "grade", 4)]
    instrument_of(tmp_path, content_of([indicator("1", 10, below)], 10))
    done = command("instrument.yaml", "--lang", "en", "--annex", folder=tmp_path)
    target = Path("reports/test")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [str(target / name) for name in (f"{NAME}.en.ipynb", "effective-weights.xlsx", f"{NAME}.en.html")],
    )
    assert sorted(path.name for path in (tmp_path / target).iterdir()) == [
        "effective-weights.xlsx",
        f"{NAME}.en.html",
        f"{NAME}.en.ipynb",
    ]
    here = render_html(audited(tmp_path / "instrument.yaml", lang="en", out=str(tmp_path)), "en")[0]
    assert (tmp_path / target / f"{NAME}.en.html").read_text("utf-8") == here


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("taizhou-police",), 1, "taizhou-police-2009"),
        (("nowhere.yaml",), 1, "nowhere.yaml"),
        (("river-chief-options", "--pass-mark", "85%"), 1, "pass_mark"),
        (("river-chief-options", "-p", "instrument", "x"), 2, "instrument"),
        (("bad.yaml",), 1, "bad.yaml"),
    ],
)
def test_faults_are_told_before_anything_is_written(tmp_path, args, code, said):
    content = content_of([indicator("1", 9, [standard("1.1", points=10)])], 10)
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    done = command(*args, folder=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports").exists()


def test_an_id_is_no_path(tmp_path, monkeypatch):
    """A run changes to the notebook's folder: a path is made absolute, an id stays as it is."""
    seen = {}

    def execute(path, executed, parameters, *_):
        seen.update(parameters)
        raise KeyboardInterrupt

    monkeypatch.setattr("evalsys.reporting.run._execute", execute)
    monkeypatch.chdir(tmp_path)
    for given, wanted in (("river-chief-options", "river-chief-options"), ("a/b.yaml", str(tmp_path / "a" / "b.yaml"))):
        with pytest.raises(KeyboardInterrupt):
            run_report(NAME, {"instrument": given}, tmp_path / "out")
        assert seen["instrument"] == wanted
