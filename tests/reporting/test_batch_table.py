"""The table of a batch: every cell of every row is checked, and all faults are told at once."""

import shutil

import openpyxl
import pytest
from kinds import WUJIANG
from test_notebooks import written

from evalsys.faults import InputFaults
from evalsys.reporting.batch_table import read_jobs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two assessments, one of them in English, and a notebook of one's own."""
    made = tmp_path_factory.mktemp("batch")
    shutil.copytree(WUJIANG, made / "甲区")
    shutil.copytree(WUJIANG, made / "乙区")
    settings = made / "乙区" / "assessment.yaml"
    settings.write_text(settings.read_text("utf-8") + "\nlanguage: en\n", "utf-8")
    written(made, 'place: str = ""\nlang: str = "zh"\ncount: int = 3\n', name="own.ipynb")
    return made


def table(folder, text, name="t.csv"):
    (folder / name).write_text(text, "utf-8")
    return folder / name


def refused(path):
    with pytest.raises(InputFaults) as caught:
        read_jobs(path)
    return [(fault.problem, fault.row, fault.column, fault.value, fault.nearest) for fault in caught.value.faults]


def test_a_row_is_a_report_with_the_defaults_of_its_notebook(folder):
    text = (
        "notebook,assessment,instrument,name,seed,with_forecast,count\n"
        "mock-assessment,甲区,,,,否,\n"
        "mock-assessment,甲区,,甲区2,7,,\n"
        "instrument-audit,,luxi-county-2012,,,,\n"
        "own.ipynb,,,own,,,5\n"
    )
    first, second, third, own = read_jobs(table(folder, text), ("pdf",))
    assert first.key == "甲区/mock-assessment.zh"
    assert dict(first.parameters) == {
        "assessment": str(folder.resolve() / "甲区"), "lang": "zh", "pass_mark": "", "with_forecast": False,
        "seed": 0, "earlier": "",
    }  # fmt: skip
    assert (second.key, second.parameters["seed"], second.parameters["with_forecast"]) == (
        "甲区2/mock-assessment.zh", 7, True,
    )  # fmt: skip
    assert (third.key, dict(third.parameters)) == (
        "luxi-county-2012/instrument-audit.zh", {"instrument": "luxi-county-2012", "lang": "zh"},
    )  # fmt: skip
    assert (own.key, own.parameters["count"]) == ("own/own.zh", 5)
    assert [job.row for job in (first, second, third, own)] == [2, 3, 4, 5]
    assert {job.forms for job in (first, second, third, own)} == {("pdf",)}


def test_the_language_is_the_tables_then_the_assessments_then_the_notebooks(folder):
    text = "报告,测评,语言\nmock-assessment,甲区,\nmock-assessment,乙区,\nmock-assessment,乙区,zh\n"
    jobs = read_jobs(table(folder, text))
    assert [(job.lang, job.parameters["lang"]) for job in jobs] == [("zh", "zh"), ("en", "en"), ("zh", "zh")]


def test_a_workbook_says_the_same(folder):
    book = openpyxl.Workbook()
    for row in (["报告", "测评", "随机种子"], ["mock-assessment", "甲区", 7]):
        book.active.append(row)
    book.create_sheet("空表")
    book.save(folder / "t.xlsx")
    (job,) = read_jobs(folder / "t.xlsx")
    (same,) = read_jobs(table(folder, "notebook,assessment,seed\nmock-assessment,甲区,7\n"))
    assert job == same


def test_a_second_sheet_is_not_left_out_in_silence(folder):
    book = openpyxl.Workbook()
    book.active.append(["notebook"])
    book.create_sheet("二").append(["mock-assessment"])
    book.save(folder / "two.xlsx")
    assert ("unknown_table", None, "", "二", "") in refused(folder / "two.xlsx")


def test_all_faults_of_all_rows_are_told_at_once(folder):
    text = (
        "notebook,assessment,instrument,name,seed,lang,count\n"
        "mock-assesment,甲区,,,,,\n"
        "mock-assessment,丙区,,,x,ch,\n"
        "mock-assessment,,,,,,\n"
        ",甲区,,,,,\n"
        "mock-assessment,甲区,luxi-county-2012,a/b,1.5,,\n"
        "instrument-audit,,luxi-county,,,,4\n"
        "own.ipynb,,,x,,,zwei\n"
    )
    assert refused(table(folder, text)) == [
        ("unknown_notebook", 2, "notebook", "mock-assesment", "mock-assessment"),
        ("missing_folder", 3, "assessment", "丙区", ""),
        ("wrong_parameter", 3, "lang", "ch", ""),
        ("wrong_parameter", 3, "seed", "x", ""),
        ("empty_value", 4, "assessment", "", ""),
        ("empty_value", 5, "notebook", "", ""),
        ("unknown_parameter", 6, "instrument", "luxi-county-2012", ""),
        ("bad_value", 6, "name", "a/b", ""),
        ("wrong_parameter", 6, "seed", "1.5", ""),
        ("unknown_parameter", 7, "count", "4", ""),
        ("unknown_name", 7, "instrument", "luxi-county", "luxi-county-2012"),
        ("wrong_parameter", 8, "count", "zwei", ""),
    ]


def test_the_table_itself_has_to_be_right(folder):
    assert refused(table(folder, "notebook,assessment,sed\nmock-assessment,甲区,1\n")) == [
        ("unknown_column", 1, "sed", "", "seed")
    ]
    # a report that is not known makes no other column unknown
    assert [fault[0] for fault in refused(table(folder, "notebook,assessment\nx,甲区\n"))] == ["unknown_notebook"]
    assert ("missing_column", 1, "notebook", "", "") in refused(table(folder, "assessment\n甲区\n"))
    assert refused(table(folder, "notebook,assessment\n")) == [("empty_file", None, "", "", "")]
    assert [fault[0] for fault in refused(folder / "none.csv")] == ["missing_file"]
    assert [fault[0] for fault in refused(folder / "own.ipynb")] == ["unreadable"]
    # where the annex goes is the batch's matter
    assert ("unknown_column", 1, "out", "", "") in refused(
        table(folder, "notebook,assessment,out\nmock-assessment,甲区,x\n")
    )


@pytest.mark.parametrize("name", ["..", ".x", "a\\b", "a:b", "x.", "x ", "a?", "a\tb"])
def test_a_name_is_that_of_a_folder_anywhere(folder, name):
    text = f'notebook,assessment,name\nmock-assessment,甲区,"{name}"\n'
    if name == "x ":  # blanks around a cell are nobody's name
        assert read_jobs(table(folder, text))[0].name == "x"
    else:
        assert [fault[:2] for fault in refused(table(folder, text))] == [("bad_value", 2)]


def test_two_rows_never_write_to_one_place(folder):
    text = "notebook,assessment,name,seed\nmock-assessment,甲区,A,1\nmock-assessment,乙区,a,2\nmock-assessment,甲区,,\n"
    jobs = read_jobs(table(folder, text))  # 乙区 is in English
    assert len({job.key.casefold() for job in jobs}) == 3
    same = text.replace("乙区,a", "甲区,a")
    with pytest.raises(InputFaults) as caught:
        read_jobs(table(folder, same))
    (fault,) = caught.value.faults
    assert (fault.problem, fault.row, fault.value) == ("duplicate_report", 3, "a")
    assert "= 2" in fault.allowed


def test_every_heading_is_a_parameter_of_a_notebook_of_ours():
    from evalsys.reporting.batch_table import HEADINGS
    from evalsys.reporting.notebooks import find_notebook, notebook_names, notebook_parameters

    known = {own.name for name in notebook_names() for own in notebook_parameters(find_notebook(name))}
    assert set(HEADINGS) - {"notebook", "name"} <= known
