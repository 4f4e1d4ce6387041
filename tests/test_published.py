"""Published tables and their rules: what is read, and every fault of a broken one, in English and Chinese.

Each table of tests/broken/published/ stands beside its rule and the report that they must give. To write the reports
anew: ``python tests/test_published.py``.
"""

import datetime
import hashlib
import re
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from evalsys.faults import InputFaults
from evalsys.published import printed_decimals, read_published, rule_beside
from evalsys.published_rule import _FILE, HOWS, read_rule

BROKEN = sorted((Path(__file__).parent / "broken" / "published").glob("*.yaml"))
RULE = """schema: 1
title: {zh: 街道成绩, en: Streets}
place: 样例区
round: 2026-05
held: 2026-05-07/2026-05-08
source: {address: "https://example.org/a", certainty: news, note: {zh: 报道, en: news}}
name: {column: 街道, name: {zh: 街道, en: Street}}
group: {column: 组, names: {a: {zh: 甲组, en: Group A}, b: 乙组}}
parts:
  - {column: 实地, name: {zh: 实地考察, en: Site visits}, weight: 85%, printed: 实地85, range: [0, 100],
     error: {sd: 0.55, status: assumed}}
  - {column: 问卷, weight: 0.15}
deductions: [{column: 扣分}]
bonus: 加分
total: {column: 总分, name: {zh: 总成绩, en: Score}}
rank: {column: 名次}
"""
TABLE = [
    ["组", "街道", "实地", "实地85", "问卷", "扣分", "加分", "总分", "名次", "备注"],
    ["a", "东街", "97.10", "82.54", "90", "", "0.5", "96.54", "1", "复测"],
    ["b", "西街", "80.00", "68.00", "90", "1", "", "80.50", "1", ""],
]


def written(folder, rule=RULE, table=TABLE, name="表.csv"):
    path = folder / name
    path.write_text("# 来源\n" + "\n".join(",".join(row) for row in table) + "\n", "gb18030")
    rule_beside(path).write_text(rule, "utf-8")
    return path


def report(path):
    with pytest.raises(InputFaults) as caught:
        read_published(path.with_suffix(".csv"))
    return f"{caught.value.say('en')}\n{caught.value.say('zh')}\n"


def problems(path, rule=None):
    with pytest.raises(InputFaults) as caught:
        read_published(path, rule)
    return [(fault.problem, fault.file, fault.row, fault.column, fault.value) for fault in caught.value.faults]


# ------------------------------------------------------------------------------------------------- what is read


def test_a_table_and_its_rule(tmp_path):
    published = read_published(written(tmp_path))
    rule, (east, west) = published.rule, published.rows
    assert (rule.title.en, rule.place, rule.round, rule.file) == ("Streets", "样例区", "2026-05", "表.yaml")
    assert rule.held == (datetime.date(2026, 5, 7), datetime.date(2026, 5, 8))
    assert (rule.source["address"], rule.source["certainty"], rule.source["note"].en) == (
        "https://example.org/a",
        "news",
        "news",
    )
    assert (rule.group_name("a").en, rule.group_name("b").zh, rule.group_name("c").en) == ("Group A", "乙组", "c")
    field, survey = rule.parts
    assert (field.weight, field.low, field.high, field.sd) == (Fraction(17, 20), 0, 100, Fraction(11, 20))
    assert (survey.name.en, survey.weight, survey.printed, survey.low) == ("问卷", Fraction(3, 20), None, None)
    assert (rule.deductions, rule.bonus, rule.total_name.en, rule.ranked) == (("扣分",), ("加分",), "Score", "总分")
    assert (east.number, east.name, east.group) == (3, "东街", "a")
    assert east.values["实地"] == Fraction(971, 10)
    assert east.printed["实地"] == "97.10"
    assert east.printed["备注"] == "复测"
    assert "扣分" not in east.values
    assert (west.values["扣分"], west.values["名次"]) == (1, 1)
    assert published.decimals["实地"] == 2
    assert published.decimals["问卷"] == 0
    assert published.columns == tuple(TABLE[0])


def test_the_hash_covers_table_and_rule(tmp_path):
    path = written(tmp_path)
    first = read_published(path).hash
    digest = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (path, rule_beside(path))]
    assert first == hashlib.sha256(" ".join(digest).encode()).hexdigest()
    written(tmp_path, RULE + "best: low\n")
    assert read_published(path).hash != first


def test_the_hash_covers_the_rows_and_the_list_of_names(tmp_path):
    more = "rows: {file: 明细.csv, by: 街道, value: 分, figures: {问卷: sum}}\n"
    more += "known: [{file: 名单.csv, column: 街道}, 南街]\n"
    path = written(tmp_path, RULE + more)
    found = []
    for rows, names in (("东街,1", "东街"), ("东街,2", "东街"), ("东街,1", "西街")):
        (tmp_path / "明细.csv").write_text(f"街道,分\n{rows}\n", "utf-8")
        (tmp_path / "名单.csv").write_text(f"街道\n{names}\n", "utf-8")
        found.append(read_published(path))
    assert len({one.hash for one in found}) == 3
    assert [one.rule.known for one in found] == [("南街", "东街"), ("南街", "东街"), ("南街", "西街")]
    assert (found[1].source_rows[0].names, found[1].source_rows[0].value, found[1].source_file) == (
        ("东街",),
        2,
        "明细.csv",
    )


def test_a_workbook_is_read_like_a_csv_file(tmp_path):
    path = written(tmp_path)
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
    book.save(tmp_path / "表.xlsx")
    from_book, from_csv = read_published(tmp_path / "表.xlsx"), read_published(path)
    assert [row.values for row in from_book.rows] == [row.values for row in from_csv.rows]
    assert from_book.file == "表.xlsx [Sheet]"
    assert from_book.decimals["总分"] == 2


def test_several_sheets_need_a_name(tmp_path):
    book = openpyxl.Workbook()
    for title in ("一月", "二月"):
        sheet = book.create_sheet(title)
        for row in TABLE:
            sheet.append(row)
    book.save(tmp_path / "表.xlsx")
    written(tmp_path)
    assert problems(tmp_path / "表.xlsx") == [("several_sheets", "表.xlsx", None, "sheet", "")]
    (tmp_path / "表.yaml").write_text(RULE + "sheet: 二月\n", "utf-8")
    assert read_published(tmp_path / "表.xlsx").file == "表.xlsx [二月]"
    (tmp_path / "表.yaml").write_text(RULE + "sheet: 三月\n", "utf-8")
    assert problems(tmp_path / "表.xlsx") == [("missing_table", "表.xlsx", None, "sheet", "三月")]


def test_the_rule_may_stand_elsewhere(tmp_path):
    path = written(tmp_path)
    other = tmp_path / "规则.yaml"
    rule_beside(path).rename(other)
    assert problems(path) == [("no_rule", "表.csv", None, "", "")]
    assert problems(tmp_path / "无.csv") == [("missing_file", "无.csv", None, "", "")]
    assert read_published(path, other).rule.file == "规则.yaml"


def test_decimals_are_those_of_the_column_unless_the_rule_says_otherwise(tmp_path):
    """A spreadsheet drops zeros at the end: 97.1 beside 97.76 has two decimals."""
    table = [TABLE[0], [*TABLE[1][:7], "96.5", *TABLE[1][8:]], TABLE[2]]
    assert read_published(written(tmp_path, table=table)).decimals["总分"] == 2
    said = read_published(written(tmp_path, RULE + "decimals: {总分: 1}\n", table)).decimals
    assert (said["总分"], said["实地"]) == (1, 2)
    assert set(read_published(written(tmp_path, RULE + "decimals: 3\n")).decimals.values()) == {3}


@pytest.mark.parametrize(
    ("text", "decimals"), [("97.10", 2), ("12", 0), ("93.86%", 4), ("９３.８６％", 4), ("-0.5", 1)]
)
def test_printed_decimals(text, decimals):
    assert printed_decimals(text) == decimals


def test_a_sum_row_may_have_empty_cells_and_stands_once(tmp_path):
    rule = RULE + "sum_row: {name: 合计, columns: {扣分: sum}}\n"
    total = ["", "合计", *[""] * 3, "1", *[""] * 4]
    published = read_published(written(tmp_path, rule, [*TABLE, total]))
    assert [row.name for row in published.rows] == ["东街", "西街"]
    assert published.sum_row is not None
    assert (published.sum_row.number, published.sum_row.values) == (5, {"扣分": 1})
    assert [name for name, *_ in problems(written(tmp_path, rule, [*TABLE, total, total]))] == ["duplicate_id"]


# ------------------------------------------------------------------------------------------------- broken tables


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_table_gives_its_report(path):
    assert report(path) == path.with_suffix(".txt").read_text("utf-8")


def test_the_broken_tables_cover_the_issue():
    """Unknown group, missing component, scores outside the scale, a rank that is no number: all at once."""
    told = (BROKEN[0].parent / "cells.txt").read_text("utf-8")
    for words in ("unknown name 'rural'", "a value is needed here", "outside the allowed range '105.00'", "'第三'"):
        assert words in told
    assert {path.stem for path in BROKEN} == {path.stem for path in BROKEN[0].parent.glob("*.txt")}


def test_the_page_describes_every_key():
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
    keys = [*next(cell.cell_contents for cell in _FILE.__closure__ if isinstance(cell.cell_contents, dict)), *HOWS]
    keys += ["range", "error", "sd", "within", "entered", "split", "empty", "figures", "over", "certainty", "held"]
    assert [key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", page)] == []


def test_the_example_of_the_page_is_a_rule(tmp_path):
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.S)
    assert example is not None
    (tmp_path / "a.yaml").write_text(example[1], "utf-8")
    faults = []
    found = read_rule(tmp_path / "a.yaml", faults)
    assert faults == []
    assert found.rule.sum_row.columns == {"已改": "sum", "平均分": "mean"}
    assert found.known_files[0][:2] == ("names.csv", "街道")


if __name__ == "__main__":
    for broken in BROKEN:
        broken.with_suffix(".txt").write_text(report(broken), "utf-8")
