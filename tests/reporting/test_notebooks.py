"""The parameters of a notebook: its own cell is the only truth, and nothing but plain values of the right type pass."""

import json

import pytest

from evalsys.faults import InputFaults
from evalsys.reporting.notebooks import (
    Parameter,
    checked_parameters,
    find_notebook,
    notebook_folder,
    notebook_names,
    notebook_parameters,
)

SOURCE = """\
# what the report is on
place: str = "a # b"  # 地方 the place
lang: str = "zh"
count: int = 3
share: float = .5
exact: bool = False
level = 2
rate = 0.1
"""


def written(folder, source=SOURCE, tags=("parameters",), name="test.ipynb"):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "other: str = 'no parameter'", "outputs": []},
        {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source.splitlines(True), "outputs": []},
    ]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / name).write_text(json.dumps(content), "utf-8")
    return folder / name


def refused(path, **given):
    with pytest.raises(InputFaults) as caught:
        checked_parameters(path, given)
    return [(fault.problem, fault.column, fault.value, fault.allowed, fault.nearest) for fault in caught.value.faults]


def test_parameters_are_read_from_the_tagged_cell(tmp_path):
    assert notebook_parameters(written(tmp_path)) == (
        Parameter("place", "str", "a # b", (), "地方 the place"),
        Parameter("lang", "str", "zh", ("zh", "en")),
        Parameter("count", "int", 3),
        Parameter("share", "float", 0.5),
        Parameter("exact", "bool", False),
        Parameter("level", "int", 2),
        Parameter("rate", "float", 0.1),
    )
    assert notebook_parameters(written(tmp_path, tags=())) == ()
    assert notebook_parameters(written(tmp_path, "import os\nx: int\na, b = 1, 2\nc.d = 1\n")) == ()


def test_the_mock_assessment_has_its_seven_parameters_each_explained():
    found = notebook_parameters(find_notebook("mock-assessment"))
    assert [(parameter.name, parameter.kind) for parameter in found] == [
        ("assessment", "str"), ("lang", "str"), ("out", "str"), ("pass_mark", "str"),
        ("with_forecast", "bool"), ("seed", "int"), ("earlier", "str"),
    ]  # fmt: skip
    assert all(parameter.comment for parameter in found)
    assert (notebook_folder() / found[0].default / "assessment.yaml").is_file()


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("place", "", ""),
        ("lang", "en", "en"),
        ("count", "12", 12),
        ("count", -1, -1),
        ("count", 1.0, 1),
        ("share", "0.25", 0.25),
        ("share", 1, 1.0),
        ("exact", "yes", True),
        ("exact", "False", False),
        ("exact", "是", True),
        ("exact", True, True),
        ("level", "7", 7),
        ("rate", "7", 7.0),
    ],
)
def test_values_get_the_type_of_their_parameter(tmp_path, name, given, typed):
    found = checked_parameters(written(tmp_path), {name: given})
    assert found == {name: typed}
    assert type(found[name]) is type(typed)


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("place", 3, "str"),
        ("place", True, "str"),
        ("lang", "fr", "zh en"),
        ("lang", "", "zh en"),
        ("count", "1.5", "int"),
        ("count", "many", "int"),
        ("count", 1.5, "int"),
        ("count", True, "int"),
        ("count", None, "int"),
        ("share", "half", "float"),
        ("share", "nan", "float"),
        ("share", "inf", "float"),
        ("share", False, "float"),
        ("exact", "maybe", "bool"),
        ("exact", 1, "bool"),
        ("level", "x", "int"),
    ],
)
def test_values_of_another_type_are_refused(tmp_path, name, given, allowed):
    assert refused(written(tmp_path), **{name: given}) == [("wrong_parameter", name, str(given), allowed, "")]


def test_all_faults_come_at_once_with_the_nearest_name(tmp_path):
    found = refused(written(tmp_path), plaec="x", lang="zhn", count="x")
    assert [(problem, name, nearest) for problem, name, _, _, nearest in found] == [
        ("wrong_parameter", "count", ""),
        ("wrong_parameter", "lang", "zh"),
        ("unknown_parameter", "plaec", "place"),
    ]
    assert found[2][3] == "place lang count share exact level rate"


def test_what_the_cell_does_not_name_is_unknown(tmp_path):
    assert [fault[:2] for fault in refused(written(tmp_path, "x: int = 1\n"), lang="en", other="y")] == [
        ("unknown_parameter", "lang"),
        ("unknown_parameter", "other"),
    ]
    assert [fault[0] for fault in refused(written(tmp_path, tags=()), place="x")] == ["unknown_parameter"]


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", '{"cells": 3}', '{"cells": [{"source": "x"}]}', '{"worksheets": []}']
)
def test_a_file_that_is_no_notebook_is_a_fault(tmp_path, content):
    path = tmp_path / "odd.ipynb"
    path.write_text(content)
    with pytest.raises(InputFaults) as caught:
        notebook_parameters(path)
    assert [(fault.problem, fault.file) for fault in caught.value.faults] == [("unreadable", "odd.ipynb")]


@pytest.mark.parametrize("source", ["x: list = [1]", "x: str = f()", "x = (", "x = None", "x: Path = 'a'"])
def test_a_parameter_that_is_no_plain_value_is_a_fault(tmp_path, source):
    with pytest.raises(InputFaults):
        notebook_parameters(written(tmp_path, source))


def test_notebooks_are_found_by_name_and_by_path(tmp_path, monkeypatch):
    assert find_notebook("mock-assessment") == notebook_folder() / "mock-assessment.ipynb"
    assert "mock-assessment" in notebook_names()
    own = written(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert find_notebook("test.ipynb") == own.resolve()
    for name, near in (
        ("mock", ""),
        ("mock_assessment", "mock-assessment"),
        ("x/mock-asessment.ipynb", "mock-assessment"),
    ):
        with pytest.raises(InputFaults) as caught:
            find_notebook(name)
        (fault,) = caught.value.faults
        assert (fault.problem, fault.file, fault.nearest) == ("unknown_notebook", name, near)
        assert "mock-assessment" in fault.allowed
