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
    "missing_table": Text("缺少这张表", "this table is missing"),
    "duplicate_table": Text("同一张表出现两次", "this table stands twice"),
    "unknown_column": Text("不认识的列", "unknown column"),
    "missing_column": Text("缺少必需的列", "a required column is missing"),
    "duplicate_column": Text("列名重复", "this column stands twice"),
    "unnamed_column": Text("这一列有内容，但没有列名", "this column has content and no heading"),
    "wrong_separator": Text("各列须以半角逗号分隔", "columns must be parted by commas"),
    "ragged_row": Text("这一行的格数与表头不一致", "this row and the heading differ in their number of cells"),
    "merged_cells": Text("有合并单元格，请取消合并并逐格填写", "merged cells: unmerge them and fill each cell"),
    "error_value": Text("单元格是错误值", "this cell holds an error"),
    "formula_without_value": Text(
        "公式没有计算结果，请在表格软件中重新保存", "a formula without a value: save the file again in a spreadsheet"
    ),
    "empty_value": Text("此处必须填写", "a value is needed here"),
    "duplicate_id": Text("编号重复", "this identifier stands twice"),
    "personal_column": Text("不得登记个人信息，请删去此列", "personal data is not accepted: delete this column"),
    "personal_value": Text("疑似手机号码或身份证号码，请删去", "looks like a phone or identity number: delete it"),
    # values
    "bad_value": Text("填写的值不合规定", "this value is not allowed"),
    "two_values": Text("同一行填了两个结果", "two results in one row"),
    "bad_number": Text("不是数字", "not a number"),
    "bad_integer": Text("不是整数", "not a whole number"),
    "bad_date": Text("不是有效日期", "not a valid date"),
    "out_of_range": Text("超出允许范围", "outside the allowed range"),
    "unknown_name": Text("不认识的名称", "unknown name"),
    "number_as_code": Text(
        "编码被存为数字，无法分清这几个编码，请改为文本",
        "the code is stored as a number and could mean several codes: store it as text",
    ),
    "name_differs": Text("与编号所指的点位不一致", "does not agree with the site that the id names"),
    "conflicting_rows": Text(
        "同一天、同一点位、同一标准有两条不同的记录", "two different records of one day, site and standard"
    ),
    "missing_site": Text("该标准在点位上检查，须填写点位", "this standard is checked at sites: name the site"),
    "site_type_not_checked": Text("该标准不在这类点位上检查", "this standard is not checked at sites of this type"),
    "no_row_of_round": Text("检查记录中没有一行属于本轮", "no row of the observations belongs to this round"),
    "date_needed": Text(
        "同一点位、同一标准有几条不同的记录，须写明日期才知哪一条最新",
        "several different records of one site and standard: dates are needed to tell the latest",
    ),
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
    # the coming draw and the forecast
    "draw_without_sites": Text(
        "请列出点位，或写明总数（population）：点位表中没有这类点位",
        "list such sites, or state their 'population': none stands in the table of sites",
    ),
    "draw_exceeds_population": Text("抽取的点位多于总数", "more sites are drawn than there are"),
    "draw_exceeds_listed": Text(
        "没有写明总数（population），抽取的点位多于点位表中列出的",
        "no 'population' is stated, and more sites are drawn than are listed",
    ),
    "draw_overlaps": Text(
        "每类点位只能写一项不分属地的，或一项 area: each，或几个不同的属地；这一项与前面的重叠",
        "state one entry without area for a type, or one with 'area: each', or different areas: "
        "this one overlaps another",
    ),
    "population_below_listed": Text("总数少于点位表中列出的点位", "the population is smaller than the number listed"),
    "population_not_listed": Text(
        "点位名单已声明为完整（frame: complete），总数须等于列出的点位数",
        "the list of sites is said to be complete (frame: complete): the population must be the number listed",
    ),
    "must_visit_elsewhere": Text(
        "必查点位不属于所抽取的点位类型或属地", "this site is not of the type or area that is drawn"
    ),
    "must_visit_exceeds": Text("必查点位多于抽取的点位", "more sites must be visited than are drawn"),
    "sample_exceeds_population": Text("答卷人数多于调查总体", "more people answer than the survey can reach"),
    "nothing_to_switch_on": Text(
        "没有写明内容，无法打开这一部分", "this part cannot be switched on: what it is about is not stated"
    ),
    "question_without_answers": Text(
        "请补录答卷，或在 assessment 中写 forecast: {survey: off}：这道题没有答卷，无法预测",
        "enter answers, or state 'forecast: {survey: off}': nothing tells how this question would be answered",
    ),
    # fixes and plans
    "levels_differ": Text("各档次的前置整改、互斥整改须写得一样", "all levels of a fix must need and exclude the same"),
    "circle_of_needs": Text("前置整改成环，哪一项都无法先做", "a circle of prerequisites: none can be done first"),
    "needs_exclude": Text(
        "它与前置整改互斥，或前置整改彼此互斥，永远无法完成",
        "it excludes what it needs, or what it needs excludes each other: it can never be done",
    ),
    "excludes_itself": Text("整改项目不能与自身互斥", "a fix cannot exclude itself"),
    "not_before_inspection": Text("须早于督查日期", "it must be before the inspection"),
    "deadline_passed": Text("期限在开工之前，没有可用的时间", "the deadline leaves no time after the start of work"),
    "days_needed": Text(
        "须给出工期（天数），或在 assessment 中填写督查日期",
        "state the days, or the inspection date in the assessment",
    ),
    "start_needed": Text(
        "人力按周填写，须有开工日期（plan 的 start）或有日期的检查记录",
        "crew-days by week need a first day of work ('plan: {start: ...}') or dated observations",
    ),
    "cost_needed": Text("有预算时，每项整改须写明费用", "with a budget every fix needs a cost"),
    "no_chance": Text(
        "没有目标线，不计达标可能，请用 --at-least 给出",
        "without a pass mark there is no chance to pass: use --at-least",
    ),
    # instruments
    "bad_yaml": Text(
        "YAML 语法错误，请检查这一行和上一行（缩进、冒号后的空格、引号、括号；不能用制表符）",
        "a syntax error in the YAML: look at this line and the one above "
        "(indentation, a space after a colon, quotes, brackets, no tabs)",
    ),
    "wrong_type": Text("内容的形式不对", "the wrong kind of content"),
    "unknown_key": Text("不认识的键", "unknown key"),
    "missing_key": Text("缺少必需的键", "a required key is missing"),
    "duplicate_key": Text("键重复", "this key stands twice"),
    "duplicate_code": Text("编码重复", "this code stands twice"),
    "exactly_one": Text("须写其中一项，且只能写一项", "exactly one of these is needed"),
    "unknown_rule": Text("没有这种计分规则", "unknown rule"),
    "unknown_code": Text("不认识的编码", "unknown code"),
    "unknown_document": Text(
        "来源文件没有登记，请在本文件的 documents 下登记",
        "the source document is not registered: register it under 'documents' in this file",
    ),
    "missing_source": Text("没有注明来源", "the source is missing"),
    "sum_differs": Text("下级分值之和与本级分值不符", "the points below do not add up to the points here"),
    "shares_sum": Text("各测评方法的份额之和须为 100 或 1", "the shares of the methods must add up to 100 or 1"),
    "mixed_weights": Text(
        "同级各项须全部给分值、全部给权重，或全部不给",
        "siblings must all have points, or all have weights, or have neither",
    ),
    "points_missing": Text(
        "weights 声明为给定（given、ahp），此处须给分值或权重",
        "the scheme of weights is given or ahp: points or a weight are needed here",
    ),
    "choice_points": Text(
        "取最好或最差时，下级的分值须与本级相同",
        "below best and worst the points must equal the points of the node above",
    ),
    "nothing_scored": Text(
        "这一测评体系只列结构，不计分，没有可填写的内容", "this instrument does not score: nothing to fill in"
    ),
    "body_twice": Text("同一责任单位写了两次", "the same body is named twice"),
    "weights_incomplete": Text(
        "同级各项都要有权重，还缺",
        "all siblings that count need a weight; missing",
    ),
    "not_square": Text(
        "比较矩阵的行数、列数须与所比较的项数相同",
        "the matrix of comparisons needs as many rows and columns as there are items",
    ),
    "not_reciprocal": Text(
        "比较矩阵中相互对应的两格须互为倒数，对角线为 1",
        "cells that mirror each other in a matrix of comparisons multiply to 1, and its diagonal is 1",
    ),
    "children_and_standards": Text(
        "children 与 standards 只能有其一", "an indicator has children or standards, not both"
    ),
    "nothing_below": Text("计分的项目下没有计分的标准", "nothing that is scored stands below this scored item"),
    "shares_over_methods": Text(
        "按测评方法分配分值（method_shares）时，这种合成方式之下只能有一种测评方法",
        "with method_shares, this way to combine may stand on one method only",
    ),
    "drop_in_grade": Text(
        "按达标数定档的项目之下，“不适用”不能这样处理",
        "below a grade by number met, 'not applicable' cannot be treated so",
    ),
    "unreachable": Text(
        "前面的档次已包含这一档，永远轮不到它", "an earlier step covers this one: it can never be reached"
    ),
    "no_effect": Text("写在此处不起作用，请删去", "this has no effect here: delete it"),
    "reserved_name": Text(
        "不能用这个名称：它另有含义，或含有保留的符号（; / @ *）",
        "this name cannot be used: it has another meaning, or holds a reserved sign (; / @ *)",
    ),
    "question_rule": Text(
        "有问卷题目的标准，问卷调查须用这些规则之一",
        "a standard with questions needs one of these rules for its survey",
    ),
    "question_measure": Text(
        "有问卷题目的标准按满意率计分，规则须写明计量单位为 %",
        "with questions the rule reads the satisfied share: its measure must be %",
    ),
    "question_without_survey": Text(
        "有问卷题目，测评方法中却没有问卷调查", "there are questions, but survey is not among the methods"
    ),
    "twelve_months": Text("须给足十二个月的分值，缺少这些月份", "points for all twelve months are needed; missing are"),
    "needs_month": Text("分值随月份变化，须给出督查日期", "points depend on the month: state the inspection date"),
    "nothing_to_forecast": Text("没有可计分的依据，无从预测", "there is no evidence to score, so nothing to forecast"),
    "no_exact_law": Text(
        "没有精确分布，可改用 --engine auto 或 simulate", "no exact law: use --engine auto or simulate"
    ),
    "newer_schema": Text("不支持这个版本的文件格式", "this version of the format is not supported"),
    # instruments written as a workbook
    "unknown_setting": Text("不认识的设置项", "unknown setting"),
    "bad_notation": Text("写法不对", "not written as it should be"),
    "named_twice": Text("同一项写了两次", "this is named twice"),
    "two_measures": Text("各档的计量单位不同", "the steps have different units of measure"),
    "only_in_yaml": Text(
        "工作簿写不了这一种，只能写在 YAML 文件中（见填写说明）",
        "a workbook cannot say this: it is written in the YAML file (see the instructions)",
    ),
    "parent_below": Text("上级须排在下级之前", "the parent must stand above the rows below it"),
    "below_standard": Text("上级是标准，标准之下不能再有下级", "the parent is a standard: nothing stands below one"),
    "mixed_below": Text(
        "同一上级之下不能既有指标又有标准", "indicators and standards cannot stand below the same parent"
    ),
    "points_for_deduct": Text("逐处扣分须有分值，才知从多少分扣起", "a deduction needs points to be deducted from"),
    "document_not_described": Text(
        "没有登记这个文件，请填写下面的名称和可靠程度",
        "this document is not registered: fill in its title and certainty below",
    ),
    "unknown_site_type": Text(
        "没有这种点位类型；新的类型请先登记到“名录”表", "unknown site type: list a new one in the sheet of names"
    ),
    # what comes after the total
    "no_rhythm": Text("来源没有规定哪一年做什么", "the source does not say what is done in which year"),
    "no_cycle": Text("测评体系没有规定各年度的权重", "the instrument has no shares of the years of a cycle"),
    "not_in_order": Text("次序（after_total）里没有列出这一项", "the order (after_total) leaves this out"),
    # parameters of a report
    "unknown_parameter": Text("报告没有这个参数", "the notebook has no such parameter"),
    "wrong_parameter": Text("参数不能取这个值", "the parameter cannot have this value"),
    "missing_parameter": Text("缺少必需的参数", "a required parameter is missing"),
    "not_as_listed": Text("与清单所列不符，可能改动过", "is not what the manifest says; it may have been changed"),
    "missing_extra": Text("没有安装所需的附加组件，请先安装", "an extra is not installed: install it first"),
    "no_scheduler": Text("无法连接调度程序", "the scheduler cannot be reached"),
    "no_worker": Text("集群中没有工作进程", "the cluster has no workers"),
    "worker_differs": Text("工作进程与本机不一致", "this worker and this machine differ"),
    "folder_not_shared": Text("工作进程看不到这个文件夹", "the worker does not see this folder"),
    "unknown_notebook": Text("没有这个报告", "no such notebook"),
    "duplicate_report": Text(
        "与另一行写到同一处（允许一栏是那一行），请在名称一列写不同的名称",
        "writes where another row does (the row is under allowed): give them different names in the column name",
    ),
    "exists": Text("已经存在，不覆盖", "it exists already and is not overwritten"),
    # published tables
    "weights_sum": Text("权重之和须为 100%", "the weights must add up to 100%"),
    "no_rule": Text("没有找到这张表的计分规则", "no rule of this table was found"),
    "several_sheets": Text(
        "工作簿有几张表，请在规则中用 sheet 写明是哪一张", "several sheets: name one in the rule (sheet)"
    ),
    # cycles
    "cycle_shares": Text("各年份额须大于 0，之和须为 100 或 1", "shares of years are above 0 and add up to 100 or 1"),
    "not_earlier_year": Text("须为周期内本年之前的年份", "a year of the cycle before the running one is needed"),
    # titles, public notice, selection
    "illegal_move": Text("不能这样变更状态", "this move is not possible from where the candidate stands"),
    "moves_contradict": Text("与同一天的另一条变更相互矛盾", "it contradicts another move of the same day"),
    "date_order": Text("日期早于前一步的日期", "this date is before that of the step before it"),
    "outside_season": Text("不在规定的年份或期限之内", "not in the years or by the day laid down"),
    "no_notice": Text("没有这一对象的公示记录", "there was no public notice of this candidate"),
    "outside_notice": Text("不在公示期内", "outside the days of the public notice"),
    "notice_running": Text("公示尚未期满，不能命名", "no naming before the public notice is over"),
    "objection_open": Text("异议尚未答复，不能命名", "no naming while this objection is unanswered"),
    "objection_upheld": Text("异议经核查属实，不能命名", "no naming after this objection was upheld"),
    "choice_not_tied": Text("只能在同分待定的对象中选定", "only those tied at the cut can be chosen"),
    "choice_count": Text("选定的数目须等于余下的名额", "as many must be chosen as places are left"),
    "choice_needless": Text("没有同分待定，无须选定", "nobody is tied at the cut: there is nothing to choose"),
    "tiers_rise": Text("失分越多，档次和份额不得越高", "tiers must fall as more is lost or noticed"),
    "last_tier": Text("最后一档不得有限值，否则有的单位无档可归", "the last tier has no limits: it holds all others"),
    # ledgers
    "reserved_id": Text(
        "这样开头的编号留给由检查记录生成的问题", "ids of findings made from observations begin like this"
    ),
    "due_before_found": Text("整改期限早于发现日期", "due before it was found"),
    "not_of_finding": Text("这条检查记录不属于该问题的标准和点位", "this observation is of another standard or site"),
    "fixed_before_found": Text("整改日期早于发现日期", "put right before it was found"),
    "reviewed_before_fixed": Text("复核日期早于整改日期", "reviewed before it was put right"),
    "fixed_before_returned": Text("再次整改早于上次退回", "put right again before the review that returned it"),
    "illegal_state": Text("状态不能这样变更", "the state cannot change like this"),
    "state_not_borne_out": Text("状态与日期、复核结果不符", "the state does not agree with the days and the review"),
    "two_open_rectifications": Text(
        "同一问题有两条未了结的整改记录", "two rectifications of one finding are open at the same time"
    ),
    "part_of_finding": Text("这条检查记录并入了另一问题", "this observation is part of another finding"),
    "no_ledger_day": Text(
        "检查记录和问题台账都没有日期；请补填日期，指明日、周或月，或设置“台账·未注日期按”（ledger: undated）",
        "neither observations nor findings have a day; add days, name a day, week or month, or set ledger: undated",
    ),
    "own_reviewer": Text("整改单位不得自行复核", "a unit may not review its own rectification"),
    # the ledger of materials
    "step_without_day": Text("已办到这一步，须写明日期", "this step is done: state its day"),
    "beyond_status": Text("状态还没有办到这一步", "the status has not come to this step"),
    "own_material_reviewer": Text("报送单位不得自行审核", "a unit may not review its own material"),
    # surveys
    "no_questions": Text("测评体系没有计分的问卷题目", "the instrument has no questions that are scored"),
    "no_answers": Text("没有问卷回答", "there are no answers to the survey"),
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
            line_word = "line" if file.endswith((".yaml", ".yml")) else "row"
            place += f" 第{row}行" if lang == "zh" else f" {line_word} {row}"
        if column:
            place += f" [{column}]"
        line = f"{place}: {problem}" if lang == "en" else f"{place}：{problem}"
        if value and value != column:
            line += f" “{value}”" if lang == "zh" else f" '{value}'"
        if allowed:
            line += f"；允许：{allowed}" if lang == "zh" else f"; allowed: {allowed}"
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
