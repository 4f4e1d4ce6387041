"""The tables on duties and quotas: every cell read, every fault of every table at once, no person in any of them."""

import datetime
from fractions import Fraction as F

import pandas as pd
import pytest

from evalsys.cells import plain_rows
from evalsys.duty_tables import DUTY_TABLES
from evalsys.faults import InputFaults
from evalsys.fields import TABLES
from tests.builders import assessment_of, content_of, indicator, standard

Date = datetime.date
CONTENT = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
SEEN = [{"standard": "1.1", "value": "1", "site_id": "s1"}]
SITES = [
    {"site_id": "s1", "site_type": "community", "name": "东社区", "area": "东区", "units": "甲局"},
    {"site_id": "s2", "site_type": "main-road", "name": "东大街", "area": "东区", "units": "乙局"},
]
UNITS = [{"unit": "甲局"}, {"unit": "乙局"}]
AREAS = [{"area": "东区"}, {"area": "西区"}]


def read(tmp_path, **tables):
    own = {"sites": SITES, "units": UNITS, "areas": AREAS, **tables}
    return assessment_of(tmp_path, CONTENT, SEEN, {"inspection_date": "2026-12-31"}, **own)


def faults(tmp_path, **tables):
    with pytest.raises(InputFaults) as found:
        read(tmp_path, **tables)
    return {(fault.file, fault.row, fault.column, fault.problem) for fault in found.value.faults}


def test_without_files_the_tables_are_empty_and_have_their_columns(tmp_path):
    tables = read(tmp_path).ledgers
    for name in DUTY_TABLES:
        assert list(tables[name].columns) == [column.name for column in TABLES[name]]
        assert tables[name].empty


def test_every_column_is_read_under_its_chinese_heading(tmp_path):
    headings = {name: {column.name: column.headings[0] for column in TABLES[name]} for name in DUTY_TABLES}
    given = {
        "grid": [
            "g1",
            "一号网格",
            "东区",
            "执法一中队岗",
            "清扫三班岗",
            "第一小学",
            "东社区居委会",
            "城管监督岗",
            "备",
        ],
        "problems": [
            *("p1", "路面破损", "2026-05-04", "分管副镇长岗", "住建局", "修复路面", "甲局", "工程科长岗"),
            *("2026年6月30日", "已招标", "2026/6/29", ""),
        ],
        "letters": ["甲局", "2026年", "2026-01-08", "2026-12-31", ""],
        "contracts": ["东大街", "东区", "40", "39", "20", "18", ""],
        "ads": ["a1", "东社区", "宣传栏", "4", "1", "12.5", ""],
        "volunteers": ["东社区", "东区", "10000", "1300", "900", "26000", ""],
        "lamps": ["s2", "2026-05", "100", "98", ""],
        "staff": ["东区", "100000", "30", "29", ""],
    }
    rows = {name: [dict(zip(headings[name].values(), cells, strict=True))] for name, cells in given.items()}
    tables = {name: plain_rows(frame)[0] for name, frame in read(tmp_path, **rows).ledgers.items() if name in given}
    assert tables["grid"]["enforcement"] == "执法一中队岗"
    assert list(tables["grid"].values()) == given["grid"]
    assert tables["problems"] == {
        **dict(zip(headings["problems"], given["problems"], strict=True)),
        "found_on": Date(2026, 5, 4),
        "due": Date(2026, 6, 30),
        "done_on": Date(2026, 6, 29),
    }
    assert list(tables["letters"].values()) == ["甲局", 2026, Date(2026, 1, 8), Date(2026, 12, 31), ""]
    assert list(tables["contracts"].values()) == ["东大街", "东区", 40, 39, 20, 18, ""]
    assert list(tables["ads"].values()) == ["a1", "s1", "宣传栏", 4, 1, F(25, 2), ""]
    assert list(tables["volunteers"].values()) == ["东社区", "东区", 10_000, 1300, 900, F(26_000), ""]
    assert list(tables["lamps"].values()) == ["s2", "2026-05", 100, 98, ""]
    assert list(tables["staff"].values()) == ["东区", 100_000, 30, 29, ""]


def test_blank_cells_mean_that_nothing_is_said(tmp_path):
    tables = read(
        tmp_path,
        problems=[{"problem_id": "p1", "what": "某事", "due": ""}],
        ads=[{"ad_id": "a1", "site_id": "s1", "pieces": "3", "damaged": "", "metres": ""}],
        volunteers=[{"body": "东社区", "residents": "10", "volunteers": "0", "active": "", "hours": ""}],
        staff=[{"area": "东区", "residents": "10", "officers": "0", "assistants": ""}],
    ).ledgers
    problem = plain_rows(tables["problems"])[0]
    assert (problem["due"], problem["leader"], problem["unit"]) == (None, "", "")
    ad = plain_rows(tables["ads"])[0]
    assert (ad["damaged"], ad["metres"], ad["form"]) == (0, None, "")
    body = plain_rows(tables["volunteers"])[0]
    assert (body["active"], body["hours"], body["area"]) == (None, None, None)
    assert plain_rows(tables["staff"])[0]["assistants"] is None
    assert pd.api.types.is_datetime64_any_dtype(tables["letters"]["signed_on"])  # also where it is empty


BAD = {
    "sites": [{**SITES[0], "cell": "g2"}, {**SITES[1], "cell": "g1"}],
    "grid": [
        {"cell": "g1", "area": "南区", "enforcement": "执法岗"},
        {"cell": "g1", "area": "东区", "enforcement": "执法岗"},
    ],
    "problems": [
        {"problem_id": "p1", "what": "甲", "found_on": "2026-05-04", "done_on": "2026-05-03", "due": "2026-05-02"},
        {"problem_id": "p1", "what": "", "found_on": "昨天", "done_on": "", "due": "", "unit": "丙局"},
    ],
    "letters": [
        {"unit": "甲局", "year": "2026", "signed_on": "2026-05-04", "reviewed_on": "2026-05-03"},
        {"unit": "甲局", "year": "2026", "signed_on": "", "reviewed_on": "2026-12-30"},
        {"unit": "丙局", "year": "26", "signed_on": "", "reviewed_on": ""},
    ],
    "contracts": [
        {"street": "东大街", "area": "东区", "frontages": "40", "signed": "41", "checked": "20", "kept": "21"},
        {"street": "东大街", "area": "东区", "frontages": "0", "signed": "-1", "checked": "20", "kept": ""},
        {"street": "西街", "area": "西区", "frontages": "40", "signed": "10", "checked": "41", "kept": "11"},
        {"street": "北街", "area": "北区", "frontages": "9", "signed": "9", "checked": "", "kept": "1"},
    ],
    "ads": [
        {"ad_id": "a1", "site_id": "s1", "pieces": "4", "damaged": "5", "metres": "-1"},
        {"ad_id": "a1", "site_id": "s9", "pieces": "1.5", "damaged": "", "metres": ""},
    ],
    "volunteers": [
        {"body": "东社区", "area": "东区", "residents": "100", "volunteers": "101", "active": "102", "hours": "-1"},
        {"body": "东社区", "area": "东区", "residents": "0", "volunteers": "", "active": "", "hours": ""},
    ],
    "lamps": [
        {"site_id": "s2", "month": "2026-05", "lamps": "100", "lit": "101"},
        {"site_id": "s2", "month": "2026-05", "lamps": "0", "lit": "0"},
        {"site_id": "东大路", "month": "5", "lamps": "1", "lit": "1"},
    ],
    "staff": [
        {"area": "东区", "residents": "0", "officers": "3", "assistants": "-1"},
        {"area": "东区", "residents": "10", "officers": "", "assistants": ""},
        {"area": "南区", "residents": "10", "officers": "1", "assistants": ""},
    ],
}
FOUND = {
    ("sites.csv", 2, "cell", "unknown_name"),
    ("grid.csv", 2, "area", "unknown_name"),
    ("grid.csv", 3, "cell", "duplicate_id"),
    ("problems.csv", 2, "done_on", "date_order"),
    ("problems.csv", 2, "due", "date_order"),
    ("problems.csv", 3, "problem_id", "duplicate_id"),
    ("problems.csv", 3, "what", "empty_value"),
    ("problems.csv", 3, "found_on", "bad_date"),
    ("problems.csv", 3, "unit", "unknown_name"),
    ("letters.csv", 2, "reviewed_on", "date_order"),
    ("letters.csv", 3, "unit", "duplicate_id"),
    ("letters.csv", 3, "signed_on", "empty_value"),
    ("letters.csv", 4, "unit", "unknown_name"),
    ("letters.csv", 4, "year", "out_of_range"),
    ("contracts.csv", 2, "signed", "out_of_range"),
    ("contracts.csv", 2, "kept", "out_of_range"),
    ("contracts.csv", 3, "street", "duplicate_id"),
    ("contracts.csv", 3, "frontages", "out_of_range"),
    ("contracts.csv", 3, "signed", "bad_integer"),
    ("contracts.csv", 3, "kept", "empty_value"),
    ("contracts.csv", 4, "checked", "out_of_range"),
    ("contracts.csv", 4, "kept", "out_of_range"),
    ("contracts.csv", 5, "area", "unknown_name"),
    ("contracts.csv", 5, "checked", "empty_value"),
    ("ads.csv", 2, "damaged", "out_of_range"),
    ("ads.csv", 2, "metres", "out_of_range"),
    ("ads.csv", 3, "ad_id", "duplicate_id"),
    ("ads.csv", 3, "site_id", "unknown_name"),
    ("ads.csv", 3, "pieces", "bad_integer"),
    ("volunteers.csv", 2, "volunteers", "out_of_range"),
    ("volunteers.csv", 2, "active", "out_of_range"),
    ("volunteers.csv", 2, "hours", "out_of_range"),
    ("volunteers.csv", 3, "body", "duplicate_id"),
    ("volunteers.csv", 3, "residents", "out_of_range"),
    ("volunteers.csv", 3, "volunteers", "empty_value"),
    ("lamps.csv", 2, "lit", "out_of_range"),
    ("lamps.csv", 3, "site_id", "duplicate_id"),
    ("lamps.csv", 3, "lamps", "out_of_range"),
    ("lamps.csv", 4, "site_id", "unknown_name"),
    ("lamps.csv", 4, "month", "bad_date"),
    ("staff.csv", 2, "residents", "out_of_range"),
    ("staff.csv", 2, "assistants", "bad_integer"),
    ("staff.csv", 3, "area", "duplicate_id"),
    ("staff.csv", 3, "officers", "empty_value"),
    ("staff.csv", 4, "area", "unknown_name"),
}


def test_every_fault_of_every_table_at_once(tmp_path):
    assert faults(tmp_path, **BAD) == FOUND


def test_an_unknown_cell_is_told_with_the_nearest(tmp_path):
    with pytest.raises(InputFaults) as found:
        read(tmp_path, sites=[{**SITES[0], "cell": "dong-2"}], grid=[{"cell": "dong-1"}, {"cell": "xi-1"}])
    (fault,) = found.value.faults
    assert (fault.value, fault.nearest, fault.allowed) == ("dong-2", "dong-1", "dong-1 xi-1")


def test_without_a_grid_a_site_may_name_any_cell(tmp_path):
    assert read(tmp_path, sites=[{**SITES[0], "cell": "g7"}]).sites["cell"].tolist() == ["g7"]


def test_equal_counts_and_equal_days_are_no_fault(tmp_path):
    own = "2026-05-04"
    tables = read(
        tmp_path,
        problems=[{"problem_id": "p", "what": "某事", "found_on": own, "due": own, "done_on": own}],
        letters=[
            {"unit": "甲局", "year": "2025", "signed_on": "2026-05-04", "reviewed_on": "2026-05-04"},
            {"unit": "甲局", "year": "2026", "signed_on": "", "reviewed_on": ""},
        ],
        contracts=[
            {"street": "东街", "area": "东区", "frontages": "9", "signed": "9", "checked": "9", "kept": "9"},
            {"street": "东街", "area": "西区", "frontages": "9", "signed": "0", "checked": "9", "kept": "0"},
        ],
        ads=[{"ad_id": "a", "site_id": "s1", "pieces": "2", "damaged": "2"}],
        volunteers=[{"body": "东社区", "residents": "9", "volunteers": "9", "active": "9"}],
        lamps=[{"site_id": "s2", "month": month, "lamps": "9", "lit": "9"} for month in ("2026-04", "2026-05", "")],
    ).ledgers  # fmt: skip
    assert {name: len(tables[name]) for name in ("letters", "contracts", "lamps")} == {
        "letters": 2,
        "contracts": 2,
        "lamps": 3,
    }


@pytest.mark.parametrize("name", DUTY_TABLES)
def test_a_column_for_a_person_and_a_phone_number_are_refused(tmp_path, name):
    first = {column.name: "1" for column in TABLES[name]}
    note = {"note": "请打139 1234 5678"}
    found = faults(tmp_path, **{name: [{**first, **note, "联系人": "某", "责任人": "某"}]})
    assert {problem for file, _, _, problem in found if file == f"{name}.csv"} >= {"personal_column", "personal_value"}
    assert {column for file, _, column, problem in found if problem == "personal_column"} == {"联系人", "责任人"}
