from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from evalsys.faults import Fault
from evalsys.tables import Column, Grid, as_table, read_csv, read_workbook

COLUMNS = (Column("id", ("编号",), True), Column("loss", ("扣分 0–1", "扣分")), Column("note", ("备注",)))


def csv_of(path: Path, data: bytes | str) -> tuple[Grid | None, list[Fault]]:
    faults: list[Fault] = []
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_csv(path, path.name, faults), faults


def workbook_of(path: Path, rows: list[list[object]], **formats: str) -> tuple[dict[str, Grid], list[Fault]]:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for row in rows:
        sheet.append(row)
    for cell, code in formats.items():
        sheet[cell].number_format = code
    book.save(path)
    faults: list[Fault] = []
    sheets = read_workbook(path, path.name, faults)
    assert sheets is not None
    return sheets, faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    grid, faults = csv_of(
        tmp_path / "a.csv", "编号,备注\n一,洸河街道的检查记录\n".encode(encoding if encoding != "gbk" else "gb18030")
    )
    assert grid is not None
    assert grid.rows == [["编号", "备注"], ["一", "洸河街道的检查记录"]]
    assert not faults


def readable(data: bytes) -> bool:
    try:
        return bool(data.decode("gb18030"))
    except UnicodeDecodeError:
        return False


def test_a_damaged_utf8_file_is_not_read_as_gb18030(tmp_path: Path) -> None:
    good = "编号,备注\n一,检查记录\n二,检查记录\n".encode()
    grid, faults = csv_of(tmp_path / "a.csv", good[:-2] + b"\n")
    assert grid is None
    assert [(fault.problem, fault.row) for fault in faults] == [("bad_encoding", 3)]
    text = (
        "编号,备注\n甲乙,发现问题\n三四,路面脏\n".encode()
    )  # GB18030 reads pairs of bytes: an odd run damaged is even
    damaged = [text[:i] + text[i + 1 :] for i in range(len(text)) if text[i] > 127]
    for data in damaged:
        assert csv_of(tmp_path / "a.csv", data)[1][0].problem == "bad_encoding"
    assert any(readable(data) for data in damaged)
    for data in ("编号\n一\n".encode("utf-16"), b"id\n\xff\xff\n", b"id\n\x00\n"):
        assert csv_of(tmp_path / "a.csv", data)[1][0].problem == "bad_encoding"


def test_row_numbers_are_lines_of_the_file(tmp_path: Path) -> None:
    grid, _ = csv_of(tmp_path / "a.csv", '# 来源\n#\n\nid,note\na,"两\n行"\n,\n  ,　\nb,"一""行"\r\nc,#不是注释\n')
    assert grid is not None
    assert grid.rows == [["id", "note"], ["a", "两\n行"], ["b", '一"行'], ["c", "#不是注释"]]
    assert grid.numbers == [4, 5, 9, 10]


def test_surrounding_blanks_are_not_content(tmp_path: Path) -> None:
    grid, _ = csv_of(tmp_path / "a.csv", "id , note\n\u3000a\u00a0,\u200bb c\ufeff\n")
    assert grid is not None
    assert grid.rows == [["id", "note"], ["a", "b c"]]


def test_an_unreadable_file_is_a_fault(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_csv(tmp_path, "a.csv", faults) is None
    assert faults[0].problem == "unreadable"
    assert csv_of(tmp_path / "a.csv", 'id\n"a" b\n')[1][0].row == 2


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["id", "n"],
        ["日期", datetime.date(2016, 8, 15)],
        ["时刻", datetime.datetime(2016, 8, 15, 9, 30)],
        ["百分", 0.07],
        ["写出的百分", 85],
        ["数", 0.1 + 0.2],
        ["整", 2.0],
        ["大", 13912345678.0],
        ["真", True],
        ["假", False],
        ["文本数", "1.10"],
        ["文本", "  好　"],
    ]
    sheets, faults = workbook_of(tmp_path / "a.xlsx", rows, B4="0.00%", B5='0"%"')
    grid = sheets["表"]
    assert not faults
    assert [row[1] for row in grid.rows[1:]] == [
        *("2016-08-15", "2016-08-15 09:30:00", "7%", "85", "0.3", "2", "13912345678", "是", "否", "1.10", "好")
    ]
    assert set(grid.typed) == {(row, 1) for row in range(3, 8)}


def test_rows_of_a_workbook_keep_their_numbers(tmp_path: Path) -> None:
    sheets, _ = workbook_of(tmp_path / "a.xlsx", [[], ["id"], [], ["a"]])
    assert (sheets["表"].rows, sheets["表"].numbers) == ([["id"], ["a"]], [2, 4])


def test_hidden_sheets_rows_and_columns_are_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "note"], ["a", "x"], ["b", "y"]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    hidden = book.create_sheet("藏")
    hidden.append(["id"])
    hidden.sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    sheets = read_workbook(tmp_path / "a.xlsx", "a.xlsx", [])
    assert sheets is not None
    assert sheets["Sheet"].rows == [["id", "note"], ["a", "x"], ["b", "y"]]
    assert sheets["藏"].rows == [["id"]]


def test_formulas_need_a_stored_value(tmp_path: Path) -> None:
    from openpyxl.worksheet.formula import ArrayFormula

    sheets, faults = workbook_of(tmp_path / "a.xlsx", [["id"], ["=1+1"], [ArrayFormula("A3", "=SUM(A1:A2)")]])
    assert [(fault.problem, fault.row, fault.column) for fault in faults] == [
        ("formula_without_value", 2, "A2"),
        ("formula_without_value", 3, "A3"),
    ]
    data = (tmp_path / "a.xlsx").read_bytes()
    assert data
    assert sheets["表"].rows == [["id"]]


def test_a_formula_with_a_stored_value_is_its_value(tmp_path: Path) -> None:
    import zipfile

    workbook_of(tmp_path / "a.xlsx", [["id"], ["=1+1"]])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(
                name,
                data.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
                ),
            )
    faults: list[Fault] = []
    sheets = read_workbook(tmp_path / "b.xlsx", "b.xlsx", faults)
    assert not faults
    assert sheets is not None
    assert sheets["表"].rows == [["id"], ["2"]]


def test_merged_cells_matter_only_where_a_table_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "填写说明"
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "a.xlsx")
    faults: list[Fault] = []
    assert read_workbook(tmp_path / "a.xlsx", "a.xlsx", faults, ["填写说明"]) == {}
    assert not faults


def table_of(*rows: list[str]) -> tuple[object, list[str]]:
    faults: list[Fault] = []
    table = as_table("t", "t.csv", Grid(list(rows), list(range(1, len(rows) + 1))), COLUMNS, ["提示"], faults)
    return table, [fault.problem for fault in faults]


@pytest.mark.parametrize("heading", ["扣分 0–1", "扣分0-1", "扣分　０－１", "LOSS", " 扣分 0—1"])
def test_headings_are_compared_without_width_case_and_blanks(heading: str) -> None:
    table, faults = table_of(["编号", heading], ["a", "0.1"])
    assert not faults
    assert table.columns == ("id", "loss")  # type: ignore[attr-defined]
    assert table.headings["loss"] == heading  # type: ignore[attr-defined]


def test_columns_in_any_order_and_only_for_the_eye() -> None:
    table, faults = table_of(["备注", "提示", "id"], ["好", "请填", "a"])
    assert not faults
    assert (table.columns, table.rows) == (("note", "id"), [["好", "a"]])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([["id", "编号"], ["a", "b"]], ["duplicate_column"]),
        ([["id", "扣分", "loss"], ["a", "", ""]], ["duplicate_column"]),
        ([["id", "天气"], ["a", ""]], ["unknown_column"]),
        ([["id", ""], ["a", "x"]], ["unnamed_column"]),
        ([["id", ""], ["a", ""]], []),
        ([["loss"], ["0"]], ["missing_column"]),
        ([["id", "电话"], ["a", ""]], ["personal_column"]),
        ([["id", "note"], ["a"]], ["ragged_row"]),
        ([["id", "note", ""], ["a", "b"]], []),
        ([["id", "note"], ["a", "b", ""]], []),
        ([["id", "note"], ["a", "b", "c"]], ["ragged_row"]),
        ([["id;note"], ["a;b"]], ["wrong_separator"]),
        ([["id\tnote", ""], ["a\tb", ""]], ["wrong_separator"]),
        ([], ["empty_file"]),
        ([["id", "note", "提示"], ["a", "b", "13912345678"]], ["personal_value"]),
        ([["id"]], []),
    ],
)
def test_faults_of_form(rows: list[list[str]], problems: list[str]) -> None:
    assert table_of(*rows)[1] == problems


def test_a_fault_does_not_repeat_a_personal_number() -> None:
    table, _ = table_of(["id", "note"], ["a", ""])
    fault = table.fault("bad_value", 0, "note", "打 13912345678")  # type: ignore[attr-defined]
    assert (fault.row, fault.column, fault.value) == (2, "note", "打 139…")
