"""The ledger of materials as text, rows, JSON and a workbook: the same numbers everywhere, in two languages."""

from __future__ import annotations

import datetime
import json
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook
from test_material_ledger import ROWS, august, told, town

from evalsys.forecasting import forecast
from evalsys.material_ledger import MaterialLedger, dunning, material_ledger, materials_on
from evalsys.material_results import (
    dunning_listing,
    dunning_sentence,
    materials_json,
    materials_listing,
    materials_sentences,
    materials_text,
    materials_workbook,
    month_name,
    wants_listing,
)


@pytest.fixture(scope="module")
def forecasted(tmp_path_factory) -> tuple[MaterialLedger, object]:
    made = materials_on(town(tmp_path_factory.mktemp("town")), august(31))
    found = forecast(made)
    return material_ledger(made, august(31), found), found


def records(listing) -> list[dict]:
    return listing.as_records()


def test_a_month_in_a_sentence(tmp_path):
    ledger = told(tmp_path)
    asked = dunning(ledger, "2016-08")
    assert dunning_sentence(asked, "zh") == (
        "2016 年 8 月应报 3 份，已报 2 份（其中迟报 1 份），逾期 1 份；以前月份尚欠 1 份。"
        "尚未审定的必备材料 2 份，所涉标准共影响总分 8 分。"
    )
    assert dunning_sentence(asked, "en") == (
        "August 2016: 3 materials due, 2 handed in (1 of them late), 1 overdue; 1 more owed from earlier months. "
        "Required and not yet approved: 2; the standards that ask for them cost 8 points."
    )
    none = dunning(material_ledger(ledger.assessment, august(1)), "2016-12")
    assert dunning_sentence(none, "zh") == "2016 年 12 月没有应报材料；以前月份尚欠 1 份。"
    assert month_name("2016-12", "en") == "December 2016"


def test_the_whole_in_sentences(tmp_path):
    said = materials_sentences(told(tmp_path), "zh")
    assert said == [
        "截至 2016-08-31，测评体系要求材料 7 份，已登记 5 份，已审定或归档 1 份，逾期未报 2 份。",
        "缺材料的标准 2 项（1.1和1.2），共影响总分 8 分。",
        "另有 3 分因材料未登记状态，尚未测评。",
        "未登记的材料 2 份。",
        "已登记材料中，未填责任单位 1 份，未填截止日期 1 份。",
    ]
    english = materials_sentences(told(tmp_path), "en")
    assert len(english) == len(said)
    assert "cost 8 points" in english[1]
    undated = materials_sentences(told(tmp_path, rows=[{**ROWS[3], "status": "起草"}]), "zh")
    assert "已报送但未记报送日期 1 份，是否按时不详。" in undated


def test_rows_stand_by_points_lost(tmp_path):
    rows = records(materials_listing(told(tmp_path), "zh"))
    assert [row["material"] for row in rows] == ["a3", "b1", "a2", "b2", "a1", "a4", "c1"]
    own = {row["material"]: row for row in rows}
    assert (own["a3"]["time"], own["a3"]["late"], own["a3"]["due"]) == ("逾期未报", 57, "2016-07-05")
    assert (own["a2"]["status"], own["a2"]["drafted_on"]) == ("已审核", "2016-08-06")
    assert own["a2"]["lost"]["exact"] == "4"
    assert own["a2"]["alone"]["exact"] == "2"
    assert own["a1"]["lost"] is None
    assert own["b1"]["note"] == "未填责任单位，按牵头单位文明办列；须与另 1 份一并备齐才得分"
    assert own["b2"]["note"] == "未填截止日期；须与另 1 份一并备齐才得分"
    assert own["a4"]["note"] == "非必备，不影响得分"
    assert (own["c1"]["status"], own["c1"]["note"]) == ("未登记", "该项标准材料登记不全，未测评")
    assert "chance" not in rows[0]  # no forecast was made


def test_the_list_of_what_is_owed(tmp_path):
    ledger = told(tmp_path)
    rows = records(dunning_listing(ledger, dunning(ledger, "2016-08"), "zh"))
    assert [(row["unit"], row["material"], row["time"], row["late"]) for row in rows] == [
        ("文明办", "b1", "逾期未报", 19),
        ("甲局", "a3", "逾期未报", 57),
        ("文明办", "a4", "未登记", None),
        ("文明办", "c1", "未登记", None),
    ]


def test_what_standards_lack(tmp_path):
    rows = records(wants_listing(told(tmp_path), "en"))
    assert [(row["standard"], row["ready"], row["lost"]["exact"]) for row in rows] == [
        ("1.1", "1/3", "4"), ("1.2", "0/2", "4"), ("1.4", "0/1", "0"),
    ]  # fmt: skip
    assert rows[1]["note"] == "brings nothing without 1 more of its standard"
    assert rows[2]["open"]["exact"] == "3"


def test_text_says_on_what_the_chance_rests(forecasted):
    ledger, found = forecasted
    for lang, engine, none in (("zh", "算法：", "未作预测"), ("en", "Engine: ", "no forecast")):
        full = materials_text(ledger, lang, None, found)
        month = materials_text(ledger, lang, "2016-08", found)
        assert engine in full
        assert engine in month
        assert none in materials_text(material_ledger(ledger.assessment, august(31)), lang)
    assert "达标可能性 +" in materials_sentences(ledger, "zh")[1]
    chance = records(wants_listing(ledger, "zh"))[0]["chance"]["value"]
    want = ledger.wants[0].cost.chance
    assert chance == pytest.approx(100 * want, abs=1e-7)


def test_json_holds_every_material_and_the_month(forecasted):
    ledger, _ = forecasted
    told_ = json.loads(materials_json(ledger, "en", "2016-08"))
    assert (told_["schema"], told_["day"], told_["open"]["exact"]) == (1, "2016-08-31", "3")
    assert {row["material"] for row in told_["materials"]} == {"a1", "a2", "a3", "a4", "b1", "b2", "c1"}
    assert sum(Fraction(row["cost"]["points"]["exact"]) for row in told_["standards"]) == 8
    assert told_["together"]["gain"]["chance"] == ledger.together.chance
    assert told_["month"]["owed"] == {"文明办": ["b1"], "甲局": ["a3"]}
    assert told_["month"]["counts"]["late"] == 1
    assert "month" not in json.loads(materials_json(ledger, "zh"))


def test_the_workbook_has_the_rows_of_the_listings(tmp_path, forecasted):
    ledger, _ = forecasted
    path = tmp_path / "m.xlsx"
    materials_workbook(ledger, path, "zh", "2016-08")
    book = load_workbook(path)
    assert book.sheetnames == ["2016-08 要账单", "材料台账", "所缺材料"]
    rows = list(book["材料台账"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["材料编号", "a3", "b1", "a2", "b2", "a1", "a4", "c1"]
    assert 4 in rows[1]
    first = path.read_bytes()
    materials_workbook(ledger, path, "zh", "2016-08")
    assert path.read_bytes() == first
    materials_workbook(ledger, path, "en")
    assert load_workbook(path).sheetnames == ["materials", "missing"]


def test_an_instrument_without_materials_says_so(tmp_path: Path):
    from builders import assessment_of, content_of, indicator, standard

    content = content_of([indicator("1", 2, [standard("1.3", "loss", 2)])], 2)
    made = assessment_of(tmp_path, content, [{"standard": "1.3", "value": "0"}])
    ledger = material_ledger(made, datetime.date(2016, 8, 31))
    assert materials_text(ledger, "zh") == "测评体系没有要求申报材料。"
    assert json.loads(materials_json(ledger, "en"))["materials"] == []
