"""Rectification lists and the annex of the score statement: complete, typed, exact, safe to send on."""

from __future__ import annotations

import datetime
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from evalsys import InputFaults, Score, findings, plain_view, read_assessment, score, tree_view
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import Rule
from evalsys.wording import observed
from evalsys.workbooks import rectification_lists, score_workbook

WUJIANG = Path(__file__).parent.parent / "data" / "wujiang-2016"

SETTINGS = "instrument: wujiang-field-2016\nplace: 某区\nround: 2026-03\nlanguage: zh\n"
SITES = """site_id,site_type,name
s1,community,梅石社区
s2,community,水乡社区
s3,main-road,人民路
"""
OBSERVATIONS = """observation_id,standard,site_id,value,observed_on,area,units,note
r1,7.1,s1,1,2026-03-02,东街道,住建局/城管局;文明办,=1+1
r2,7.1,s2,0.5,2026-03-30,东街道,文明办,楼道堆物
r3,1.1,s3,0.1,,西街道,,
r4,1.3,s1,0.3,2026-03-02,,,
r5,7.2,s1,0.2,2026-03-02,东街道,住建局:城管局,
r6,7.2,s2,0,2026-03-02,东街道,文明办,
"""


@pytest.fixture(scope="module")
def wujiang() -> Score:
    return score(read_assessment(WUJIANG))


@pytest.fixture
def small(tmp_path: Path) -> Score:
    folder = tmp_path / "small"
    folder.mkdir()
    for name, text in (("assessment.yaml", SETTINGS), ("sites.csv", SITES), ("observations.csv", OBSERVATIONS)):
        (folder / name).write_text(text, "utf-8")
    return score(read_assessment(folder))


def table(path: Path, sheet: str | None = None, row: int = 5) -> list[dict[str, Any]]:
    """The rows of a list under its heading, up to the total."""
    book = openpyxl.load_workbook(path)
    found = book[sheet] if sheet else book.worksheets[0]
    head = [cell.value for cell in found[row]]
    rows = [dict(zip(head, cells, strict=True)) for cells in found.iter_rows(min_row=row + 1, values_only=True)]
    return rows


def listed(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows = table(path)
    total = next(place for place, row in enumerate(rows) if row["属地"] == "合计")
    return rows[:total], rows[total]


def texts(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    return [
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]


# ------------------------------------------------------------------------------------------- rectification lists


def test_there_is_one_list_per_unit_with_the_findings_and_points_of_the_tree_view(
    wujiang: Score, tmp_path: Path
) -> None:
    paths = rectification_lists(wujiang, tmp_path)
    view = tree_view(wujiang, "unit")
    losing = view[[lost > 0 for lost in view["lost"]]]
    names = [path.stem.removeprefix("整改交办单-").replace("吴江街道〔未登记责任单位〕", "") for path in paths]
    assert names == losing["name"].tolist()
    for path, lost, count in zip(paths, losing["lost"], losing["findings"], strict=True):
        rows, total = listed(path)
        assert len(rows) == count
        assert [row["序号"] for row in rows] == list(range(1, count + 1))
        assert abs(Fraction(total["失分\n（总分）"]) - lost) < Fraction(1, 2000) + Fraction(1, 10**12)
        points = [row["失分\n（总分）"] for row in rows]
        assert points == sorted(points, reverse=True)
        assert f"共 {count} 条问题" in texts(path)[2]


def test_findings_and_lists_hold_the_same_rows(wujiang: Score, tmp_path: Path) -> None:
    found = findings(wujiang)
    rows = [row for path in rectification_lists(wujiang, tmp_path) for row in listed(path)[0]]
    assert len(rows) == sum(max(1, len(units)) for units in found["units"])
    assert {row["测评标准"] for row in rows} == set(found["standard"])


def test_a_finding_of_two_units_stands_in_both_lists_and_says_so(small: Score, tmp_path: Path) -> None:
    paths = {path.name: path for path in rectification_lists(small, tmp_path)}
    first = listed(paths["整改交办单-住建局_城管局.xlsx"])[0]
    second = listed(paths["整改交办单-文明办.xlsx"])[0]
    assert [(row["点位"], row["备注"]) for row in first] == [("梅石社区", "协同单位：文明办")]
    assert [(row["点位"], row["备注"]) for row in second] == [
        ("梅石社区", "协同单位：住建局/城管局"),
        ("水乡社区", None),
    ]
    assert any("各单位失分相加会大于总失分" in text for text in texts(paths["整改交办单-文明办.xlsx"]))


def test_what_nobody_answers_for_is_listed_by_area(small: Score, tmp_path: Path) -> None:
    names = [path.name for path in rectification_lists(small, tmp_path)]
    assert "整改交办单-西街道〔未登记责任单位〕.xlsx" in names
    assert "整改交办单-〔未登记责任单位〕.xlsx" in names


def test_names_that_windows_takes_for_one_get_their_own_files(small: Score, tmp_path: Path) -> None:
    names = [path.name for path in rectification_lists(small, tmp_path)]
    assert {"整改交办单-住建局_城管局.xlsx", "整改交办单-住建局_城管局-2.xlsx"} <= set(names)
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(set(name) & set('<>:"/\\|?*') for name in names)


def test_the_due_date_is_given_or_seven_days_after_the_check_or_open(small: Score, tmp_path: Path) -> None:
    first = listed(rectification_lists(small, tmp_path / "a")[0])[0][0]
    assert first["检查日期"] == datetime.datetime(2026, 3, 2)
    assert first["整改期限"] == datetime.datetime(2026, 3, 9)
    paths = {path.name: path for path in rectification_lists(small, tmp_path / "a")}
    open_row = listed(paths["整改交办单-西街道〔未登记责任单位〕.xlsx"])[0][0]
    assert (open_row["检查日期"], open_row["整改期限"], open_row["备注"]) == (None, None, "期限待定")
    given = rectification_lists(small, tmp_path / "b", due=datetime.date(2026, 4, 15))
    assert {row["整改期限"] for path in given for row in listed(path)[0]} == {datetime.datetime(2026, 4, 15)}


def test_notes_stay_out_unless_asked_for_and_never_become_formulas(small: Score, tmp_path: Path) -> None:
    without = [text for path in rectification_lists(small, tmp_path / "a") for text in texts(path)]
    assert not any("楼道堆物" in text or "1+1" in text for text in without)
    paths = rectification_lists(small, tmp_path / "b", notes=True)
    with_notes = [text for path in paths for text in texts(path)]
    assert any("楼道堆物" in text for text in with_notes)
    cells = [cell for path in paths for row in openpyxl.load_workbook(path).worksheets[0] for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


def test_numbers_and_dates_are_typed(small: Score, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(rectification_lists(small, tmp_path)[0]).worksheets[0]
    assert not sheet.merged_cells.ranges
    assert (sheet["G6"].value, sheet["G6"].number_format) == (0.5, "0.000")
    assert (sheet["D6"].value, sheet["D6"].number_format) == ("7.1", "@")
    assert sheet["H6"].is_date
    assert sheet.print_title_rows in ("5:5", "$5:$5")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


def test_a_list_somebody_filled_in_is_not_overwritten(small: Score, tmp_path: Path) -> None:
    paths = rectification_lists(small, tmp_path)
    assert rectification_lists(small, tmp_path) == paths  # unchanged: nothing is lost
    book = openpyxl.load_workbook(paths[0])
    book.worksheets[0]["J6"] = "已清理"
    book.save(paths[0])
    before = {path: path.read_bytes() for path in paths}
    with pytest.raises(InputFaults) as raised:
        rectification_lists(small, tmp_path, due=datetime.date(2026, 4, 1))
    assert {fault.problem for fault in raised.value.faults} == {"exists"}
    assert {path: path.read_bytes() for path in paths} == before
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == sorted(path.name for path in paths)


def test_without_findings_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "clean"
    folder.mkdir()
    rows = "observation_id,standard,site_id,value\nr1,7.1,s1,0\n"
    for name, text in (("assessment.yaml", SETTINGS), ("sites.csv", SITES), ("observations.csv", rows)):
        (folder / name).write_text(text, "utf-8")
    assert rectification_lists(score(read_assessment(folder)), tmp_path / "out") == []
    assert not (tmp_path / "out").exists()


def test_in_english_names_stay_and_the_form_is_english(small: Score, tmp_path: Path) -> None:
    path = rectification_lists(small, tmp_path, lang="en")[0]
    assert path.name == "rectification-文明办.xlsx"
    assert texts(path)[0] == "Rectification list: 文明办"
    assert "Points lost\n(of the total)" in texts(path)


@pytest.mark.parametrize(
    ("rule", "value", "n", "by", "zh", "en"),
    [
        (Rule("met"), "否", None, "observations", "不达标", "not met"),
        (Rule("k_of_n"), "2/5", None, "observations", "达标 2/5", "2/5 comply"),
        (Rule("threshold", {"measure": PER_CENT}), "75", None, "observations", "数值 75%", "value 75%"),
        (Rule("threshold", {"measure": PER_CENT}), "75%", None, "observations", "数值 75%", "value 75%"),
        (Rule("grade"), "B", None, "observations", "等级 B", "grade B"),
        (Rule("none"), "2", None, "observations", "发生 2 次", "happened 2 times"),
        (Rule("none"), "1", None, "observations", "发生 1 次", "happened once"),
        (Rule("share"), "62.5%", None, "responses", "问卷满意 62.5%", "62.5% satisfied in the survey"),
        (Rule("met"), "1/2", None, "materials", "材料已备 1/2", "1/2 documents ready"),
    ],
)
def test_what_was_observed_is_said_in_words(rule: Rule, value: str, n: Any, by: str, zh: str, en: str) -> None:
    assert (observed(rule, value, n, "zh", by), observed(rule, value, n, "en", by)) == (zh, en)


# ------------------------------------------------------------------------------------------------------- the annex


def test_the_annex_has_a_row_for_every_node(wujiang: Score, tmp_path: Path) -> None:
    path = score_workbook(wujiang, tmp_path / "annex.xlsx")
    rows = table(path, "得分明细", 1)
    assert [row["编码"] for row in rows] == list(wujiang.by_code)
    for row, node in zip(rows, wujiang.nodes, strict=True):
        assert row["得分率"] == pytest.approx(float(node.attainment or 0), abs=5.1e-5)
        assert row["失分"] == pytest.approx(float(node.lost or 0), abs=5.1e-4)
        assert (row["检查数"], row["问题数"], row["状态"]) == (node.checks, node.findings, "已测评")
    assert (rows[0]["得分"], rows[0]["得分率"]) == (36.606, 0.9386)
    sheet = openpyxl.load_workbook(path)["得分明细"]
    assert (sheet["A3"].value, sheet["A3"].number_format) == ("1", "@")
    assert (sheet["F2"].number_format, sheet["H2"].number_format) == ("0.000", "0.00%")
    assert [sheet.cell(row, 2).alignment.indent for row in (2, 3, 4, 5)] == [0, 1, 2, 3]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:K{len(rows) + 1}"


def test_the_annex_has_every_finding_and_both_rules(wujiang: Score, tmp_path: Path) -> None:
    path = score_workbook(wujiang, tmp_path / "annex.xlsx")
    found = findings(wujiang)
    rows = table(path, "问题清单", 1)
    assert [row["记录编号"] for row in rows] == found["observation_id"].tolist()
    for by, sheet in (("unit", "责任单位"), ("area", "属地"), ("site_type", "点位类型")):
        rows = table(path, sheet, 1)
        tree = tree_view(wujiang, by)
        plain = plain_view(wujiang, by).set_index("name")
        assert [row["检查数"] for row in rows] == tree["checks"].tolist()
        for row, view in zip(rows, tree.to_dict("records"), strict=True):
            assert row["失分\n（体系分值）"] == pytest.approx(float(view["lost"]), abs=5.1e-4)
            assert row["失分\n（逐条加总）"] == pytest.approx(float(plain.loc[view["name"], "lost"]), abs=5.1e-4)
            assert row["名次\n（逐条加总）"] == plain.loc[view["name"], "rank"]


def test_the_annex_says_what_it_is_of(wujiang: Score, tmp_path: Path) -> None:
    rows = table(score_workbook(wujiang, tmp_path / "annex.xlsx"), "说明", 1)
    said = {row["项目"]: row["内容"] for row in rows}
    assert said["地方"] == "苏州市吴江区"
    assert said["得分（已测评部分折算）"] == "36.606 / 39"
    assert said["依据哈希（SHA-256）"] == wujiang.assessment.evidence_hash
    assert "逐条加总" in said


def test_what_is_not_assessed_is_blank_and_said(small: Score, tmp_path: Path) -> None:
    rows = {row["编码"]: row for row in table(score_workbook(small, tmp_path / "a.xlsx"), "得分明细", 1)}
    assert (rows["2.1"]["得分"], rows["2.1"]["得分率"], rows["2.1"]["状态"]) in [
        (None, None, "未测评"),
        (0, None, "未测评"),
    ]
    assert rows["7"]["状态"] == "部分未测评"


def test_the_annex_holds_no_notes(small: Score, tmp_path: Path) -> None:
    said = texts(score_workbook(small, tmp_path / "a.xlsx"))
    assert not any("楼道堆物" in text or "1+1" in text for text in said)


def test_the_annex_is_complete_in_english(wujiang: Score, tmp_path: Path) -> None:
    path = score_workbook(wujiang, tmp_path / "a.xlsx", "en")
    names = ["Statement", "Findings", "Units", "Areas", "Site types", "About"]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == names
    heads = "".join(str(cell.value) for sheet in book for cell in sheet[1])
    assert not any("\u4e00" <= character <= "\u9fff" for character in heads)


def test_the_same_score_gives_the_same_bytes(wujiang: Score, tmp_path: Path) -> None:
    again = score(read_assessment(WUJIANG))
    first, second = (score_workbook(each, tmp_path / f"{k}.xlsx") for k, each in enumerate((wujiang, again)))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert str(datetime.date.today().year) not in archive.read("docProps/core.xml").decode()
    assert rectification_lists(wujiang, tmp_path / "a")[0].read_bytes() == (
        rectification_lists(again, tmp_path / "b")[0].read_bytes()
    )


def test_an_older_annex_is_replaced_as_a_whole(small: Score, tmp_path: Path) -> None:
    path = tmp_path / "out" / "a.xlsx"
    score_workbook(small, path)
    score_workbook(small, path, "en")
    assert openpyxl.load_workbook(path).sheetnames[0] == "Statement"
    assert [each.name for each in path.parent.iterdir()] == ["a.xlsx"]
