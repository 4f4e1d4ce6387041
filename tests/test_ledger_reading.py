"""Whole folders and workbooks with ledgers: every fault at once in both languages, the same by any way to write them.

Each folder of ``broken_ledgers`` holds an assessment and the report it must give, in Chinese and in English.
"""

import shutil
from pathlib import Path

import ledger_cases as cases
import openpyxl
import pytest
from builders import write_yaml

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.fields import SHEETS, TABLES
from evalsys.ledgers import ledgers_of

HERE = Path(__file__).parent / "broken_ledgers"
BROKEN = sorted(path.name for path in HERE.iterdir() if path.is_dir())
OBSERVATIONS = [
    {"observation_id": "a", "standard": "1.1", "site_id": "s1", "observed_on": "2026-03-03", "value": "1"},
    {"observation_id": "b", "standard": "1.1", "site_id": "s2", "observed_on": "2026-03-04", "value": "0.5"},
    {"observation_id": "c", "standard": "1.1", "site_id": "s3", "observed_on": "2026-03-04", "value": "0"},
]
FINDINGS = [
    {"finding_id": "f", "site_id": "s2", "standard": "1.1", "found_on": "2026-03-05", "source": "热线",
     "due": "2026-03-09", "observations": "b", "what": "堆物"},
    {"finding_id": "g", "site_id": "全域", "standard": "1.3", "found_on": "2026-03-06", "source": "", "due": "",
     "observations": "", "what": ""},
]  # fmt: skip
RECTIFICATIONS = [
    {"finding_id": "f", "fixed_on": "2026-03-07", "reviewed_on": "2026-03-08", "reviewer": "督查组", "result": "退回"},
    {"finding_id": "f", "fixed_on": "2026-03-09", "reviewed_on": "", "reviewer": "", "result": ""},
    {
        "finding_id": "O-a",
        "fixed_on": "2026-03-09",
        "reviewed_on": "2026-03-09",
        "reviewer": "督查组",
        "result": "通过",
    },
]
ROWS = {"sites": cases.SITES, "observations": OBSERVATIONS, "findings": FINDINGS, "rectifications": RECTIFICATIONS}


def said(path):
    with pytest.raises(InputFaults) as caught:
        read_assessment(path)
    return f"{caught.value.say('zh')}\n{caught.value.say('en')}\n"


@pytest.mark.parametrize("name", BROKEN)
def test_broken_ledgers(name):
    assert said(HERE / name) == (HERE / name / "message.txt").read_text("utf-8")


def test_everything_is_told_at_once():
    with pytest.raises(InputFaults) as caught:
        read_assessment(HERE / "all-at-once")
    assert {(f.file, f.problem) for f in caught.value.faults} == {
        *(("findings.csv", name) for name in ("due_before_found", "unknown_name", "duplicate_id", "reserved_id")),
        *(("findings.csv", name) for name in ("after_inspection", "not_of_finding", "empty_value")),
        *(("rectifications.csv", name) for name in ("fixed_before_found", "own_reviewer", "illegal_state")),
        *(("rectifications.csv", name) for name in ("two_open_rectifications", "state_not_borne_out")),
        *(("rectifications.csv", name) for name in ("fixed_before_returned", "reviewed_before_fixed")),
        *(("rectifications.csv", name) for name in ("unknown_name", "due_before_found", "empty_value")),
        *(("steps.csv", name) for name in ("unknown_name", "empty_value", "bad_date")),
    }


# ------------------------------------------------------------------------------------------------ ways to write them


def chinese(name, rows):
    """Rows under the first Chinese heading of each column."""
    headings = {column.name: column.headings[0] if column.headings else column.name for column in TABLES[name]}
    return [{headings[key]: value for key, value in row.items()} for row in rows]


def workbook(path, tables):
    """A workbook with Chinese names of sheets."""
    names = {name: sheet for sheet, name in SHEETS.items()}
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(names[name])
        heads = list(dict.fromkeys(head for row in rows for head in row))
        sheet.append(heads)
        for row in rows:
            sheet.append([row.get(head, "") for head in heads])
    book.save(path)


def folder(path, **tables):
    return cases.kept(path, tables.pop("observations"), **tables)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("plain"), **ROWS)


def same(one, other):
    found, known = ledgers_of(one), ledgers_of(other)
    assert found.moves.equals(known.moves)
    assert found.findings.equals(known.findings)
    assert one.evidence_hash == other.evidence_hash


def test_what_they_hold(plain):
    kept = ledgers_of(plain)
    assert kept.findings["finding_id"].tolist() == ["O-a", "f", "g"]
    assert kept.moves["to"].tolist() == ["open", "fixed", "verified", "open", "fixed", "returned", "fixed", "open"]
    assert kept.moves["row"].tolist() == [2, 2, 2, 0, 0, 0, 1, -1]


def test_chinese_headings(plain, tmp_path):
    tables = {name: chinese(name, rows) for name, rows in ROWS.items()}
    named = [{"observation_id": row.pop("记录编号"), **row} for row in tables.pop("observations")]
    same(folder(tmp_path, observations=named, **tables), plain)


def test_a_workbook_beside_the_settings(plain, tmp_path):
    write_yaml(tmp_path / "instrument.yaml", cases.content())
    write_yaml(tmp_path / "assessment.yaml", {"instrument": "instrument.yaml", "place": "某区", "round": "r1"})
    workbook(tmp_path / "tables.xlsx", {name: chinese(name, rows) for name, rows in ROWS.items()})
    same(read_assessment(tmp_path), plain)


def test_one_workbook_with_everything(plain, tmp_path):
    write_yaml(tmp_path / "instrument.yaml", cases.content())
    settings = [("测评体系", "instrument.yaml"), ("地方", "某区"), ("轮次", "r1"), ("台账·整改天数", "3")]
    settings += [("台账·未注日期按", "2026-03-01"), ("台账·材料每月几日前", "8")]
    tables = {name: chinese(name, rows) for name, rows in ROWS.items()}
    workbook(tmp_path / "all.xlsx", {"assessment": [{"设置项": a, "内容": b} for a, b in settings], **tables})
    found = read_assessment(tmp_path / "all.xlsx")
    assert (found.rules.days, found.rules.materials_by, str(found.rules.undated)) == (3, 8, "2026-03-01")
    assert ledgers_of(found).moves.equals(ledgers_of(plain).moves)
    assert ledgers_of(found).findings["due"].dt.day.tolist() == [6, 9, 9]


def test_faults_of_a_workbook_name_its_sheets(tmp_path):
    own = HERE / "all-at-once"
    shutil.copy(HERE / "instrument.yaml", tmp_path / "instrument.yaml")
    text = (own / "assessment.yaml").read_text("utf-8").replace("../", "")
    (tmp_path / "assessment.yaml").write_text(text, "utf-8")
    tables = {}
    for path in own.glob("*.csv"):
        head, *rows = (line.split(",") for line in path.read_text("utf-8").splitlines())
        tables[path.stem] = [dict(zip(head, row, strict=True)) for row in rows]
    workbook(tmp_path / "t.xlsx", tables)
    with pytest.raises(InputFaults) as folder_faults:
        read_assessment(own)
    with pytest.raises(InputFaults) as book_faults:
        read_assessment(tmp_path)
    sheets = {f"t.xlsx [{sheet}]": f"{name}.csv" for sheet, name in SHEETS.items()}
    assert {(sheets[f.file], f.row, f.column, f.problem) for f in book_faults.value.faults} == {
        (f.file, f.row, f.column, f.problem) for f in folder_faults.value.faults
    }


# ------------------------------------------------------------------------------------------------------- the evidence


def changed(tmp_path, **tables):
    return folder(tmp_path, **{**ROWS, **tables}).evidence_hash


def test_the_hash_of_the_evidence_covers_the_ledgers(plain, tmp_path):
    first, *others = RECTIFICATIONS
    step = {"ladder": "L2", "unit": "甲", "step": "1", "decided_on": "2026-03-09", "decided": "是"}
    rules = {"settings": {"ledger": {"rules": "lincheng-county-2019"}}}
    hashes = [
        plain.evidence_hash,
        changed(tmp_path / "1", rectifications=[{**first, "fixed_on": "2026-03-06"}, *others]),
        changed(tmp_path / "2", rectifications=[{**first, "reviewer": "督导组"}, *others]),
        changed(tmp_path / "3", rectifications=[first]),
        changed(tmp_path / "4", findings=[{**FINDINGS[0], "observations": ""}, FINDINGS[1]]),
        changed(tmp_path / "5", findings=[{**FINDINGS[0], "due": "2026-03-10"}, FINDINGS[1]]),
        changed(tmp_path / "6", steps=[step], **rules),
        changed(tmp_path / "7", steps=[{**step, "decided": "否"}], **rules),
    ]
    assert len(set(hashes)) == len(hashes)


def test_the_hash_does_not_hang_on_order_or_words(plain, tmp_path):
    first, second, third = RECTIFICATIONS
    assert changed(tmp_path / "1", rectifications=[third, first, second]) == plain.evidence_hash
    assert changed(tmp_path / "2", findings=FINDINGS[::-1], observations=OBSERVATIONS[::-1]) == plain.evidence_hash
    words = [{**first, "result": "returned", "state": "已退回"}, second, third]
    assert changed(tmp_path / "3", rectifications=words) == plain.evidence_hash
