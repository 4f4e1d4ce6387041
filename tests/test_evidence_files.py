"""The files that a report rests on: folders, tables with a rule, lists of assessments."""

import pytest

from evalsys.evidence_files import evidence_files


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "a/assessment.yaml": "instrument: wujiang-field-2016\n",
        "a/observations.csv": "x\n",
        "b/assessment.yaml": "instrument: own.yaml\n",
        "b/own.yaml": "id: own\n",
        "list.csv": "name,assessment\n甲,a\n乙,b\n丙,nowhere\n",
        "清单.csv": "单位,测评\n甲,a\n",
        "table.csv": "unit,total\n甲,1\n",
        "table.yaml": "total: {column: total}\n",
        "points.csv": "x\n",
        "plain/table.csv": "unit,total\n甲,1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def names(path):
    found = evidence_files(path)
    assert all(file.is_file() for file in found.values())
    return sorted(found)


def test_a_list_brings_the_files_of_its_assessments(folder):
    own = ["./a/assessment.yaml", "./a/observations.csv"]
    assert names(folder / "list.csv") == [".", *own, "./b/assessment.yaml", "./b/own.yaml"]
    assert names(folder / "清单.csv") == [".", *own]


def test_a_table_with_a_rule_brings_what_the_rule_may_name(folder):
    assert names(folder / "table.csv") == sorted(
        f"./{name}" for name in ("list.csv", "清单.csv", "table.csv", "table.yaml", "points.csv")
    )
    assert names(folder / "plain" / "table.csv") == ["."]


def test_a_folder_brings_its_tables_only(folder):
    assert names(folder / "a") == ["./assessment.yaml", "./observations.csv"]


def test_the_instrument_whose_rules_the_office_works_by_is_one_of_them(folder):
    (folder / "county.yaml").write_text("id: county\n", "utf-8")
    (folder / "b" / "assessment.yaml").write_text("instrument: own.yaml\nledger: {rules: ../county.yaml}\n", "utf-8")
    assert names(folder / "b") == ["./../county.yaml", "./assessment.yaml", "./own.yaml"]
