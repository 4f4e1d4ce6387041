"""Faults in the user's input: found all together, told once, with the way to mend them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from evalsys.language import Lang, Text, default_language

__all__ = ["COLUMNS", "PROBLEMS", "Fault", "InputFaults", "nearest"]

#: Every problem that input can have. The key is stable; tests and programs may rely on it.
PROBLEMS: dict[str, Text] = {
    # files and tables
    "missing_folder": Text("找不到这个文件夹或工作簿", "no such folder or workbook"),
    "missing_file": Text("缺少这个文件", "this file is missing"),
    "empty_file": Text("文件是空的", "the file is empty"),
    "unreadable": Text("文件无法读取", "the file cannot be read"),
    "bad_encoding": Text("文字编码无法识别", "the text encoding is not known"),
    "unknown_table": Text("不认识的表", "unknown table"),
    "unknown_column": Text("不认识的列", "unknown column"),
    "missing_column": Text("缺少必需的列", "a required column is missing"),
    "duplicate_column": Text("列名重复", "this column stands twice"),
    "ragged_row": Text("这一行的格数与表头不一致", "this row has more cells than the heading"),
    "merged_cells": Text("有合并单元格，请取消合并并逐格填写", "merged cells: unmerge them and fill each cell"),
    "formula_without_value": Text(
        "公式没有计算结果，请在表格软件中重新保存", "a formula without a value: save the file again in a spreadsheet"
    ),
    "empty_value": Text("此处必须填写", "a value is needed here"),
    "duplicate_id": Text("编号重复", "this identifier stands twice"),
    "personal_column": Text("不得登记个人信息，请删去此列", "personal data is not accepted: delete this column"),
    "personal_value": Text("疑似手机号码或身份证号码，请删去", "looks like a phone or identity number: delete it"),
    # values
    "bad_value": Text("填写的值不合规定", "this value is not allowed"),
    "bad_number": Text("不是数字", "not a number"),
    "bad_integer": Text("不是整数", "not a whole number"),
    "bad_date": Text("不是有效日期", "not a valid date"),
    "out_of_range": Text("超出允许范围", "outside the allowed range"),
    "unknown_name": Text("不认识的名称", "unknown name"),
    "conflicting_rows": Text(
        "同一天、同一点位、同一标准有两条不同的记录", "two different records of one day, site and standard"
    ),
    "missing_site": Text("该标准在点位上检查，须填写点位", "this standard is checked at sites: name the site"),
    "site_type_not_checked": Text("该标准不在这类点位上检查", "this standard is not checked at sites of this type"),
    "method_not_used": Text("该标准不用这种测评方法", "this standard does not use this method"),
    "method_needed": Text("该标准有几种测评方法，须写明是哪一种", "this standard has several methods: say which"),
    "two_kinds_of_evidence": Text(
        "同一得分单元既有问卷答卷又有直接填报的结果", "a leaf has both survey answers and a result entered directly"
    ),
    "after_inspection": Text("日期晚于督查日期", "this date is after the inspection"),
    "needs_inspection_date": Text("须在 assessment 中填写督查日期", "the assessment must state the inspection date"),
    "not_applicable_undefined": Text(
        "该标准未规定“不适用”如何处理", "the instrument does not say how to treat 'not applicable' here"
    ),
    # instruments
    "bad_yaml": Text("YAML 语法错误", "a syntax error in the YAML"),
    "wrong_type": Text("内容的形式不对", "the wrong kind of content"),
    "unknown_key": Text("不认识的键", "unknown key"),
    "missing_key": Text("缺少必需的键", "a required key is missing"),
    "duplicate_key": Text("键重复", "this key stands twice"),
    "duplicate_code": Text("编码重复", "this code stands twice"),
    "unknown_rule": Text("不认识的计分规则", "unknown rule"),
    "unknown_code": Text("不认识的编码", "unknown code"),
    "unknown_document": Text("来源文件未登记", "the source document is not registered"),
    "missing_source": Text("没有注明来源", "the source is missing"),
    "sum_differs": Text("下级分值之和与本级分值不符", "the points below do not add up to the points here"),
    "mixed_weights": Text(
        "同级项目有的给了分值或权重，有的没有", "some siblings have points or weights and some have not"
    ),
    "points_missing": Text("声明了给定分值，但此处没有分值", "the scheme is 'given' but there are no points here"),
    "children_and_standards": Text("下级项目与标准只能有其一", "an indicator has children or standards, not both"),
    "nothing_below": Text("计分的项目下没有标准", "a scored indicator has no standard below it"),
    "shares_over_methods": Text(
        "按测评方法分配分值时，此合成方式只能含一种方法",
        "with method shares this way to combine may hold one method only",
    ),
    "drop_in_grade": Text(
        "按达标数定档时，“不适用”不能用 drop", "below a subset-grade 'drop' is not defined: use full or peers"
    ),
    "twelve_months": Text("须逐月给出十二个月的分值", "points for all twelve months are needed"),
    "needs_month": Text("分值随月份变化，须给出督查日期", "points depend on the month: state the inspection date"),
    "newer_schema": Text("文件格式版本不受支持", "this version of the format is not supported"),
    # parameters of a report
    "unknown_parameter": Text("报告没有这个参数", "the notebook has no such parameter"),
    "wrong_parameter": Text("参数的类型不对", "the parameter has the wrong type"),
    "missing_parameter": Text("缺少必需的参数", "a required parameter is missing"),
    "unknown_notebook": Text("没有这个报告", "no such notebook"),
    "exists": Text("已经存在，不覆盖", "it exists already and is not overwritten"),
}

COLUMNS: tuple[Text, ...] = (
    Text("文件", "file"),
    Text("行", "row"),
    Text("列或键", "column or key"),
    Text("值", "value"),
    Text("问题", "problem"),
    Text("允许", "allowed"),
    Text("最接近", "nearest"),
)


@dataclass(frozen=True)
class Fault:
    """One fault: where it is, what is wrong, what is allowed.

    Attributes
    ----------
    problem : str
        A key of :data:`PROBLEMS`.
    file : str
        File (and sheet) as the user knows it.
    row : int, optional
        Line of a text file or row of a sheet, from 1.
    column : str
        Heading of the column, or the key in a YAML file.
    value, allowed, nearest : str
        What stands there, what may stand there, and the nearest known name.
    """

    problem: str
    file: str
    row: int | None = None
    column: str = ""
    value: str = ""
    allowed: str = ""
    nearest: str = ""

    def cells(self, lang: Lang) -> tuple[str, ...]:
        """Return the fault as one row under :data:`COLUMNS`."""
        row = "" if self.row is None else str(self.row)
        problem = PROBLEMS[self.problem].say(lang)
        return self.file, row, self.column, self.value, problem, self.allowed, self.nearest

    def say(self, lang: Lang) -> str:
        """Return the fault as one line of text."""
        file, row, column, value, problem, allowed, near = self.cells(lang)
        place = file
        if row:
            place += f" 第{row}行" if lang == "zh" else f" row {row}"
        if column:
            place += f" [{column}]"
        line = f"{place}: {problem}" if lang == "en" else f"{place}：{problem}"
        if value:
            line += f" “{value}”" if lang == "zh" else f" '{value}'"
        if allowed:
            line += f"；应为 {allowed}" if lang == "zh" else f"; allowed: {allowed}"
        if near:
            line += f"；是否为“{near}”？" if lang == "zh" else f"; did you mean '{near}'?"
        return line


class InputFaults(Exception):
    """All faults of one input; nothing was computed and nothing was written."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda f: (f.file, f.row or 0, f.column, f.problem, f.value)))
        super().__init__(self.faults)

    def say(self, lang: Lang) -> str:
        """Return the report: a count, then one line per fault."""
        count = len(self.faults)
        head = (
            f"发现 {count} 处错误，未作任何计算："
            if lang == "zh"
            else f"{count} fault{'s' * (count > 1)} found, nothing was computed:"
        )
        return "\n".join([head, *(f"  {fault.say(lang)}" for fault in self.faults)])

    def __str__(self) -> str:
        return self.say(default_language())


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name nearest to `name`, or an empty string where none is near.

    Examples
    --------
    >>> nearest("文明行文", ["文明行为", "文明交通"])
    '文明行为'
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""
