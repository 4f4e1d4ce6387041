"""The league table as a report: the notebook's parameters, one page that loads nothing, a kernel."""

import json
import re

import pytest
from conftest import _executed
from kinds import WUJIANG
from test_render import Page, pictures

from evalsys.faults import InputFaults
from evalsys.reporting.notebooks import checked_parameters, find_notebook, notebook_folder, notebook_parameters
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report

NAME = "league-table"
JINING = str((notebook_folder() / "../data/jining-2017/streets.csv").resolve())


def made(lang, **parameters):
    return render_html(_executed(find_notebook(NAME), {"table": JINING, "lang": lang, **parameters}), lang)


def test_the_notebook_has_six_parameters_each_explained_and_no_outputs():
    path = find_notebook(NAME)
    found = notebook_parameters(path)
    assert [(parameter.name, parameter.kind) for parameter in found] == [
        ("table", "str"), ("assessment", "str"), ("by", "str"), ("previous", "str"),
        ("with_forecast", "bool"), ("lang", "str"),
    ]  # fmt: skip
    assert all(parameter.comment for parameter in found)
    assert (notebook_folder() / found[0].default).is_file()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("given", [{"with_forecast": "often"}, {"lang": "fr"}, {"tabel": "x"}, {"by": 3}])
def test_its_parameters_are_strict(given):
    with pytest.raises(InputFaults):
        checked_parameters(find_notebook(NAME), given)


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("assessment", ["", WUJIANG], ids=["table", "assessment"])
def test_the_page_loads_nothing_and_is_whole(lang, assessment):
    html, missing = made(lang, assessment=str(assessment))
    page = Page(html)
    assert missing == ""
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "form"} == set()
    for tag, attributes in page.tags:
        for key in {"src", "href"} & attributes.keys():
            assert attributes[key].startswith("#" if tag == "a" else "data:")
    assert re.findall(r"url\((?!data:)|@import", "".join(page.styles)) == []
    assert (len(page.all("h1")), len(page.all("h2"))) == (1, 2)
    assert len(pictures(page)) == (1 if assessment else 2)
    assert all(head["scope"] == "col" for head in page.all("th"))
    for trace in ("None", "nan%", "Fraction(", "Traceback", "object at"):
        assert trace not in page.text
    if lang == "en":
        assert not re.search(r"得分|名次|未测评|复核|假定|示例", page.text)
    assert ("示例数据" in page.text) == (lang == "zh" and not assessment)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_of_assessments_is_a_page_too(tmp_path, lang):
    (tmp_path / "units.csv").write_text(f"name,assessment\nA,{WUJIANG.resolve()}\n", "utf-8")
    html, missing = made(lang, table=str(tmp_path / "units.csv"), with_forecast=False)
    page = Page(html)
    assert missing == ""
    assert "93.86" in page.text
    for trace in ("None", "nan%", "Fraction(", "Traceback"):
        assert trace not in page.text


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_kernel_makes_the_same_page_and_states_its_facts(tmp_path, lang):
    report = run_report(NAME, {"table": JINING, "lang": lang}, tmp_path)
    assert report.outputs["html"].read_text("utf-8") == made(lang)[0]
    facts = report.facts
    assert (facts["place"], facts["round"], facts["units"], facts["groups"]) == ("济宁市", "2017-08", 19, 2)
    assert (facts["rounding"], facts["errors"]) == (10, 0)
