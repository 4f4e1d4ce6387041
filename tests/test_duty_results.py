"""The views on duties: sentences, tables, JSON and workbook say the same, in both languages."""

import datetime
import json
import re
from dataclasses import replace

import openpyxl
import pytest

from evalsys.duty_results import VIEWS, duty_result
from evalsys.grids import site_grid
from evalsys.quotas import quotas_on
from tests.builders import assessment_of, content_of, indicator, standard

DAY = datetime.date(2026, 7, 1)
HEADS = {
    "sites": ("site_id", "site_type", "name", "area", "units", "post", "cell"),
    "grid": ("cell", "name", "area", "enforcement", "cleaning", "frontage", "committee", "supervisor"),
    "problems": ("problem_id", "what", "leader", "department", "goal", "unit", "handler", "due", "done_on"),
    "letters": ("unit", "year", "signed_on", "reviewed_on"),
    "contracts": ("street", "area", "frontages", "signed", "checked", "kept"),
    "ads": ("ad_id", "site_id", "form", "pieces", "damaged"),
    "volunteers": ("body", "residents", "volunteers", "active", "hours"),
    "lamps": ("site_id", "month", "lamps", "lit"),
    "staff": ("area", "residents", "officers", "assistants"),
}
ROWS = {
    "sites": [
        ("c1", "community", "East", "E", "A", "desk 1", "g1"),
        ("c2", "community", "West", "W", "", "desk 2", ""),
        ("r1", "main-road", "High Street", "E", "B", "", "g1"),
    ],
    "grid": [
        ("g1", "one", "E", "post", "post", "school", "committee", "watch"),
        ("g2", "two", "W", "post", "", "school", "", ""),
    ],
    "problems": [
        ("p1", "potholes", "post", "works", "mended", "A", "desk", "2026-06-30", ""),
        ("p2", "lamps", "post", "works", "", "A", "desk", "2026-06-30", "2026-06-30"),
    ],
    "letters": [("A", "2025", "2025-01-08", "2025-12-31"), ("A", "2026", "2026-01-08", "")],
    "contracts": [("High Street", "E", "40", "39", "20", "18"), ("Low Street", "W", "10", "10", "", "")],
    "ads": [("a1", "c1", "poster", "3", ""), ("a2", "c1", "board", "2", "1"), ("a3", "c1", "screen", "2", "")],
    "volunteers": [("East", "10000", "1299", "900", "26000")],
    "lamps": [("r1", "2026-05", "10", "9"), ("r1", "2026-06", "10", "10"), ("r1", "2026-08", "10", "1")],
    "staff": [("E", "100000", "29", "30"), ("W", "100000", "30", "")],
}


@pytest.fixture(scope="module")
def assessment(tmp_path_factory):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
    tables = {name: [dict(zip(HEADS[name], row, strict=True)) for row in rows] for name, rows in ROWS.items()}
    registers = {"units": [{"unit": "A"}, {"unit": "B"}], "areas": [{"area": "E"}, {"area": "W"}]}
    seen = [{"standard": "1.1", "value": "1", "site_id": "c1"}]
    return assessment_of(tmp_path_factory.mktemp("duties"), content, seen, **tables, **registers)


@pytest.fixture(scope="module")
def results(assessment):
    return {(view, lang): duty_result(assessment, view, DAY, lang) for view in VIEWS for lang in ("zh", "en")}


def sentences(result):
    return {part.key: part.sentence.say(result.lang) for part in result.parts}


def test_the_grid_in_sentences(results):
    assert sentences(results["grid", "zh"]) == {
        "coverage": "点位 3 处，责任单位和责任岗位均已明确的 1 处，覆盖率 33.33%；未覆盖 2 处。",
        "uncovered": "未覆盖的点位 2 处：",
        "cells": "网格 2 个，四级责任齐全的 1 个，配有监督岗位的 1 个；没有点位的网格 1 个。",
        "no-cell": "未划入网格的点位 1 处。",
    }
    assert sentences(results["grid", "en"])["coverage"] == (
        "1 of 3 sites have both a unit and a lead post (33.33%); 2 are not covered."
    )


def test_the_responsibilities_in_sentences(results):
    said = sentences(results["duties", "zh"])
    assert said["key-problems"].startswith(
        "重点问题 8 类；两家以上牵头、待明确由谁负总责的标准 5 项（5.1、5.2、5.12、5.7、5.15）。本测评体系未列重点问题"
    )
    assert said["problems"] == "问题清单 2 项，六要素齐全的 1 项；已办结 1 项，逾期未办结 1 项，占 50.00%。"
    assert said["letters"] == (
        "2025 年度应签责任书 2 家，已签 1 家，未签 1 家；按期考核 1 家，逾期 0 家。"
        "2026 年度应签责任书 2 家，已签 1 家，未签 1 家；按期考核 0 家，逾期 0 家。"
    )
    assert said["contracts"] == (
        "街路 2 条，门店 50 户，已签订 49 户（98.00%）。抽查 20 户，履约 18 户（90.00%）。"
        "未全部签订的街路 1 条：High Street。抽查有未履约的街路 1 条：High Street。"
    )
    assert "1 of 2 units signed, 1 did not" in sentences(results["duties", "en"])["letters"]


def test_the_quotas_in_sentences_with_what_fails_first(results):
    made = results["quotas", "zh"]
    said = sentences(made)
    assert said["ads"] == "核对 5 项次，达标 1 项次，不达标 4 项次。"
    assert said["damaged"] == "破损公益广告 1 幅，分布在 1 处点位，须及时更换。"
    assert said["inactive"] == "注册志愿者 1,299 人，未参加服务的 399 人，占 30.72%；来源未规定限值。"
    parts = {part.key: part.listing.as_records() for part in made.parts}
    assert [(row["subject"], row["short"], row["verdict"]) for row in parts["ads"]] == [
        ("c1", "差1幅", "不达标"),
        ("c2", "差3处", "不达标"),
        ("c2", "差8幅", "不达标"),
        ("c1", "有1幅", "不达标"),
        ("c1", "", "达标"),
    ]
    assert [(row["value"], row["clause"]) for row in parts["lamps"]] == [
        ("10/10（100.00%）", "S000-1 四3"),
        ("10个百分点", "S000-8 第17点"),
    ]
    assert [(row["name"], row["limit"], row["value"], row["short"]) for row in parts["staff"]] == [
        ("E", "3–5人/万人", "29/100,000（2.9人/万人）", "差1人"),
        ("E", "不超过1倍", "30/29（1.03倍）", "超1人"),
        ("W", "3–5人/万人", "30/100,000（3人/万人）", ""),
    ]


def test_a_table_kept_later_and_a_table_not_kept_are_told_apart(assessment):
    early = sentences(duty_result(assessment, "quotas", datetime.date(2026, 4, 30), "zh"))
    assert early["lamps"] == "截至当日没有可核对的记录。"
    bare = replace(assessment, ledgers={**assessment.ledgers, "lamps": assessment.ledgers["lamps"].iloc[:0]})
    assert sentences(duty_result(bare, "quotas", DAY, "zh"))["lamps"] == "没有登记，未核对。"


def test_totals_in_sentences_are_those_of_the_rows(assessment, results):
    grid, quotas = site_grid(assessment), quotas_on(assessment, DAY)
    parts = {part.key: part.listing.rows for part in results["grid", "en"].parts}
    assert len(parts["uncovered"]) == len(grid.uncovered) == grid.total.sites - grid.total.covered
    *areas, total = parts["coverage"]
    for place in (1, 2, 3, 4, 6):
        assert sum(row[place] for row in areas) == total[place]
    rows = [
        row for part in results["quotas", "en"].parts for row in part.listing.rows if len(part.listing.columns) == 10
    ]
    assert sum(row[7] == "fails" for row in rows) == len(quotas.failed)
    assert len(rows) == len(quotas.checks)


def test_borrowed_limits_are_named(results):
    last = results["quotas", "zh"].as_text().splitlines()[-1]
    assert last.startswith("本测评体系未规定的限值，取自：")
    for name in ("wanquan-subdistrict-2021", "lincheng-county-2019", "wannian-city-management-2016"):
        assert f"（{name}）" in last


@pytest.mark.parametrize("view", VIEWS)
def test_english_is_english(results, view):
    """Clauses and the names that an instrument has in Chinese only (its bodies in the registers have both) apart."""
    result = results[view, "en"]
    words = [result.title.en, *(part.title.en for part in result.parts), *(part.sentence.en for part in result.parts)]
    words += [column.heading.en for part in result.parts for column in part.listing.columns]
    words += [check.note.en for check in result.checks]
    assert [word for word in words if re.search("[\u4e00-\u9fff]", word)] == []
    keys = {(view, part.key) for part in result.parts}
    assert keys == {(view, part.key) for part in results[view, "zh"].parts}


@pytest.mark.parametrize("view", VIEWS)
def test_json_holds_every_row_and_every_check_exactly(results, view):
    result = results[view, "zh"]
    found = json.loads(result.as_json())
    assert {key: len(part["rows"]) for key, part in found["parts"].items()} == {
        part.key: len(part.listing.rows) for part in result.parts
    }
    assert len(found["checks"]) == len(result.checks)
    for own, check in zip(found["checks"], result.checks, strict=True):
        assert own["passes"] is check.passes
        assert own["short"]["exact"] == str(check.short)
        assert (own["row"], own["instrument"]) == (check.stated.row, check.stated.instrument)


def test_csv_is_one_table_of_all_checks(results):
    lines = results["quotas", "en"].listing.as_csv("en").splitlines()
    assert lines[0] == "matter,id,where,area,limit,value,shortfall,verdict,clause,note"
    assert len(lines) == 1 + len(results["quotas", "en"].checks)


def test_a_workbook_has_a_sheet_for_each_part(results, tmp_path):
    result = results["duties", "zh"]
    result.write_workbook(tmp_path / "duties.xlsx")
    book = openpyxl.load_workbook(tmp_path / "duties.xlsx")
    assert book.sheetnames == ["重点问题", "问题清单", "责任书", "门前责任"]
    assert [cell.value for cell in book["门前责任"][2]][:4] == ["High Street", "E", 40, 39]
    assert book["门前责任"].max_row == 4  # two streets and all of them


def test_a_long_table_is_cut_on_the_screen_only(tmp_path):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
    sites = [{"site_id": f"s{n:02d}", "site_type": "community", "name": f"n{n}"} for n in range(25)]
    seen = [{"standard": "1.1", "value": "1", "site_id": "s01"}]
    result = duty_result(assessment_of(tmp_path, content, seen, sites=sites), "grid", DAY, "zh")
    text = result.as_text()
    assert "另有 5 行，见 JSON 或工作簿" in text
    assert "s19" in text
    assert "s20" not in text
    assert "s24" in result.as_json()
    assert "没有登记网格。" in text


def test_open_findings_stand_with_their_key_problem(tmp_path):
    own = standard("1.1", "met", 10, lead=["甲局", "乙局"])
    own["source"] = {"row": "S003.5.9"}
    units = {"甲局": {"zh": "甲局", "en": "A"}, "乙局": {"zh": "乙局", "en": "B"}}
    content = content_of([indicator("1", 10, [own])], 10, units=units)
    made = assessment_of(tmp_path, content, [{"standard": "1.1", "value": "1"}])
    for found, shown in (({"1.1": 3}, 3), ({}, 0), (None, None)):
        (row,) = duty_result(made, "duties", DAY, "zh", found).parts[0].listing.as_records()
        assert (row["code"], row["lead"], row["joint"], row["open"]) == ("1", "甲局、乙局", "1.1", shown)
