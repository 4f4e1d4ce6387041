"""The marked workbook: the table as published, findings coloured and explained on their cells, findings, rule."""

import openpyxl
import pytest
from published_tables import published

from evalsys.audit import audit_table
from evalsys.audit_workbook import audit_workbook
from evalsys.language import Text

CHANGES = ((",92.92,1", ",93.92,1"), ("54.00", "54.01"), ("湖街,80.00", "湖街,80.01"))


@pytest.fixture
def book(tmp_path):
    path = audit_workbook(audit_table(published(tmp_path, *CHANGES)), tmp_path / "a.xlsx", "zh")
    return openpyxl.load_workbook(path)


def cells(book):
    """Return the cells of the table by name and heading."""
    sheet = book.worksheets[0]
    top = next(row for row in range(1, 12) if sheet.cell(row, 1).value == "组别")
    heads = [cell.value for cell in sheet[top]]
    return {
        (row[1].value, head): cell
        for row in sheet.iter_rows(min_row=top + 1)
        for head, cell in zip(heads, row, strict=True)
        if row[1].value
    }


def test_the_table_stands_as_published(book):
    found = cells(book)
    assert book.sheetnames == ["公布的表", "复核结果", "规则"]
    assert (found["东街", "总分"].value, found["东街", "总分"].number_format) == (93.92, "0.00")
    assert (found["北街", "问卷"].value, found["北街", "问卷"].number_format) == (90, "0.00")
    assert found["西街", "扣分"].value == 1.5
    assert found["东街", "扣分"].value in (None, "")
    assert found["合计", "应改"].value == 100


def test_a_finding_colours_its_cell_and_explains_it(book):
    found = cells(book)
    wrong, rounding, open_ = (found[place] for place in (("东街", "总分"), ("湖街", "实地60"), ("北街", "实地60")))
    assert wrong.fill.fgColor.rgb.endswith("EBC7B4")
    assert wrong.font.bold
    assert wrong.comment.text == "错误：公布 93.92，按规则为 92.92，相差 +1.00。"
    assert wrong.comment.author == "evalsys"
    assert rounding.fill.fgColor.rgb.endswith("DCE7F1")
    assert not rounding.font.bold
    assert (open_.fill.fgColor.rgb[2:], open_.font.bold) == ("EBC7B4", False)
    assert open_.comment.text.startswith("待查：公布 54.01，按规则为 54.00")
    marked = {place for place, cell in found.items() if cell.comment}
    assert marked == {("东街", "总分"), ("北街", "实地60"), ("湖街", "实地60"), ("湖街", "总分")}
    assert found["西街", "复核"].value == "相符"
    assert found["东街", "复核"].value.startswith("总分（错误）：公布 93.92")


def test_the_worst_of_two_findings_colours_a_cell(tmp_path):
    rule = "schema: 1\nname: 街道\nsum_row: {name: 合计, columns: {分: sum}}\n"
    rule += "rows: {file: b.csv, by: 街道, value: 分, figures: {分: sum}}\n"
    (tmp_path / "b.csv").write_text("街道,分\n东街,1.75\n西街,0.256\n,1\n", "utf-8")
    table = "组别,街道,分\n甲组,东街,1.75\n甲组,西街,0.26\n,合计,2.00\n"
    audit = audit_table(published(tmp_path, rule=rule, table=table))
    assert [check.verdict for check in audit.findings if check.row] == ["rounding", "error"]
    cell = cells(openpyxl.load_workbook(audit_workbook(audit, tmp_path / "a.xlsx", "zh")))["合计", "分"]
    assert (cell.fill.fgColor.rgb[2:], cell.font.bold, cell.comment.text.count("\n")) == ("EBC7B4", True, 1)


def test_findings_and_rule_have_sheets_of_their_own(tmp_path):
    audit = audit_table(published(tmp_path, *CHANGES))
    path = audit_workbook(audit, tmp_path / "a.xlsx", "en", Text("推得", "found by a search"))
    _, findings, rule = openpyxl.load_workbook(path).worksheets
    rows = list(findings.iter_rows(values_only=True))
    assert rows[0][:4] == ("row", "group", "name", "column")
    assert len(rows) == 1 + len(audit.findings)
    assert rows[1][2:9] == ("东街", "Total", "total", "93.92", "92.92", "+1.00", "error")
    told = dict(rule.iter_rows(values_only=True))
    assert told["Total"] == "60% × Site visits + 30% × Survey + 10% × Material − 扣分"
    assert told["Weights"] == "found by a search"
    assert told["Hash"] == f"sha256 {audit.published.hash}"


def test_what_is_about_the_table_as_a_whole_stands_above_it(tmp_path):
    line = "乙组,溪街,60.00,36.00,65.00,70.00,,62.50,5,0.5000,5,10\n"
    path = audit_workbook(audit_table(published(tmp_path, (line, ""))), tmp_path / "a.xlsx", "zh")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert "名单中有“溪街”，表中没有。" in [sheet.cell(row, 1).value for row in range(1, 6)]


def test_the_same_audit_gives_the_same_bytes(tmp_path):
    audit = audit_table(published(tmp_path, *CHANGES))
    first, second = (audit_workbook(audit, tmp_path / name, "zh").read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert first == second
