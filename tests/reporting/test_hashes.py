"""What a report depends on: every file of the evidence, the notebook, the parameters, the package; and nothing else."""

import shutil

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard, write_yaml
from test_notebooks import written

from evalsys.evidence_files import evidence_files, said_of
from evalsys.reporting import hashes
from evalsys.reporting.hashes import hashes_of
from evalsys.template import new_assessment


@pytest.fixture
def shared(tmp_path):
    """An assessment that takes facts over from another, each with an instrument file of its own."""
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
    rows = [{"standard": "1.1", "value": "是"}]
    for name in "ab":
        assessment_of(tmp_path / name, content, rows)
    settings = {
        "instrument": "../a/instrument.yaml",
        "place": "某区",
        "round": "r1",
        "shares": "../a",
        "language": "en",
    }
    write_yaml(tmp_path / "b" / "assessment.yaml", settings)
    return tmp_path


def test_the_files_of_an_assessment_and_of_those_it_shares_with(shared):
    found = evidence_files(shared / "b")
    assert {name: path.resolve().relative_to(shared.resolve()).as_posix() for name, path in found.items()} == {
        "./assessment.yaml": "b/assessment.yaml",
        "./instrument.yaml": "b/instrument.yaml",
        "./observations.csv": "b/observations.csv",
        "./../a/instrument.yaml": "a/instrument.yaml",
        "./../a/assessment.yaml": "a/assessment.yaml",
        "./../a/observations.csv": "a/observations.csv",
    }
    assert said_of(shared / "b")["language"] == "en"


@pytest.mark.parametrize("file", ["b/observations.csv", "b/assessment.yaml", "a/observations.csv", "a/instrument.yaml"])
def test_a_change_in_any_of_them_changes_the_hash_of_the_evidence(shared, file):
    notebook = written(shared)
    before = hashes_of(notebook, {"assessment": str(shared / "b")})
    with (shared / file).open("a") as held:
        held.write("\n")
    after = hashes_of(notebook, {"assessment": str(shared / "b")})
    assert {part for part in after if after[part] != before[part]} == {"evidence"}


def test_where_the_assessment_lies_and_what_else_lies_there_does_not_matter(shared):
    notebook = written(shared)
    before = hashes_of(notebook, {"assessment": str(shared / "b"), "out": "x"})
    for name in (".~lock.csv", "notes.txt", "~$b.xlsx"):
        (shared / "b" / name).write_text("x")
    (shared / "b" / "photos").mkdir()
    shutil.copytree(shared, shared / "moved", ignore=shutil.ignore_patterns("moved"))
    assert hashes_of(notebook, {"assessment": str(shared / "moved" / "b"), "out": "y"}) == before


def test_each_part_has_its_own_hash(shared, monkeypatch):
    notebook, given = written(shared), {"assessment": str(shared / "a"), "seed": 1}
    before = hashes_of(notebook, given)
    assert hashes_of(notebook, given) == before
    other = hashes_of(notebook, {**given, "seed": 2})
    assert {part for part in other if other[part] != before[part]} == {"parameters"}
    other = hashes_of(written(shared, "x: int = 1\n"), given)
    assert {part for part in other if other[part] != before[part]} == {"notebook"}
    monkeypatch.setattr(hashes, "versions", lambda: {"numpy": "0"})
    hashes._package.cache_clear()
    other = hashes_of(written(shared), given)
    hashes._package.cache_clear()
    assert {part for part in other if other[part] != before[part]} == {"package"}


def test_an_instrument_file_is_evidence_and_an_id_is_a_parameter(shared):
    notebook, file = written(shared), shared / "a" / "instrument.yaml"
    before = hashes_of(notebook, {"instrument": str(file)})
    with file.open("a") as held:
        held.write("\n")
    after = hashes_of(notebook, {"instrument": str(file)})
    assert {part for part in after if after[part] != before[part]} == {"evidence"}
    ids = [hashes_of(notebook, {"instrument": name}) for name in ("luxi-county-2012", "taizhou-police-2009")]
    assert {part for part in ids[0] if ids[0][part] != ids[1][part]} == {"parameters"}


def test_the_settings_of_a_workbook_are_seen(tmp_path):
    path = new_assessment(tmp_path / "新.xlsx", "luxi-county-2012", place="某县")
    assert said_of(path)["instrument"] == "luxi-county-2012"
    assert list(evidence_files(path).values()) == [path]
    book = openpyxl.load_workbook(path)
    book["设置"].append(["权重文件", "w.yaml"])
    book.save(path)
    weights = path.parent / "w.yaml"
    weights.write_text("x")
    assert weights in evidence_files(path).values()


@pytest.mark.parametrize("content", [b"a: [", b"- 1", b"\xff\xfe"])
def test_settings_that_cannot_be_read_say_nothing_here(tmp_path, content):
    (tmp_path / "assessment.yaml").write_bytes(content)
    assert said_of(tmp_path) == {}
    assert list(evidence_files(tmp_path)) == ["./assessment.yaml"]
    (tmp_path / "x.xlsx").write_bytes(content)
    assert said_of(tmp_path / "x.xlsx") == {}
    assert evidence_files(tmp_path / "none") == {}
