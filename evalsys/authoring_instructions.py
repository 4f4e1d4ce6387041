"""The page of instructions in an authoring workbook: what to do first, how to fill in, how each rule is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.authoring_rules import DUE, NOTATIONS, SHARES, SITES, WORDS
from evalsys.language import Lang, Text
from evalsys.rulebook import RULES
from evalsys.sheets import BLUE, INK, RULE, SOFT, edge, font, lines_in, write

__all__ = ["authoring_page"]

#: Widths of the two columns, in characters.
_WIDTHS = (20.0, 84.0)
_HEIGHTS = {"title": 32.0, "meta": 18.0, "head": 30.0}


def authoring_page(sheet: Worksheet, lang: Lang) -> None:
    """Write the page: a title, section heads, and rows of a name and its text."""
    fonts = {"title": font(18, INK, True), "meta": font(10, SOFT), "head": font(12, BLUE, True)}
    for column, width in zip("AB", _WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    row = 0
    for row, (kind, name, text) in enumerate(_lines(lang), 1):
        first, second = write(sheet, row, 1, name, "@"), write(sheet, row, 2, text or None, "@")
        first.font, second.font = fonts.get(kind, font(10.5, INK, True)), font(10.5)
        wrap = kind == "row"
        first.alignment = Alignment("left", "top" if wrap else "center", wrap_text=wrap)
        second.alignment = Alignment("left", "top", wrap_text=True)
        if kind in ("head", "row"):
            first.border = second.border = Border(bottom=edge(INK) if kind == "head" else edge(RULE, "hair"))
        lines = max(lines_in(name, _WIDTHS[0]), lines_in(text, _WIDTHS[1]))
        sheet.row_dimensions[row].height = _HEIGHTS.get(kind, 6 + 15 * lines)
    sheet.print_area = f"A1:B{row}"


def _lines(lang: Lang) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the page: what they are, a name, and its text."""
    yield "title", Text("填写说明", "How to write an instrument in this workbook").say(lang), ""
    meta = Text("一个测评体系（某一版）写成一个工作簿，不必写程序", "One edition of an assessment system, without code")
    yield "meta", meta.say(lang), ""
    for title, rows in _PAGES:
        yield "head", title.say(lang), ""
        for name, text in rows:
            yield "row", name.say(lang), text.say(lang)
    yield "head", Text("规则和参数", "Rules and their parameters").say(lang), ""
    for rule, name in WORDS["rule"].items():
        notation = NOTATIONS.get(rule, Text("不填", "none"))
        meaning, entry = _MEANINGS[rule], RULES[rule].entry
        text = Text(
            f"{meaning.zh}。检查时填：{entry.zh}。\n参数：{notation.zh}",
            f"{meaning.en[0].upper()}{meaning.en[1:]}. One enters: {entry.en}.\nParameters: {notation.en}",
        )
        yield "row", name.say(lang), text.say(lang)


_MEANINGS: Mapping[str, Text] = {
    "met": Text("达标得分，不达标不得分；多处点位按达标的比例", "met or not; over sites the share that complies"),
    "loss": Text("每处从满分起，扣去一份", "each site starts in full and loses a share"),
    "share": Text("按达标数占检查数的比例得分", "the share that complies"),
    "k_of_n": Text(
        "抽查中达标数够了得分，如 5 处中至少 3 处", "in full if enough of the sample comply, such as 3 of 5"
    ),
    "threshold": Text(
        "在限值以内得分，否则不得分；“按比例”即差多少扣多少；“每差10扣10%”扣该标准分值的一成，"
        "“每满10”只计整档，末尾加“，不足按一档计”则不满一档也扣",
        "in full within the limit, else nothing, or in proportion, or a share of the points for each step short of it "
        "('per full 10': whole steps only; 'per begun 10': each step begun)",
    ),
    "ratio": Text("按完成数占目标的比例得分", "the number as a share of the target"),
    "bands": Text("从上到下第一个达到的档次", "the first step that holds, best first"),
    "option": Text("每个选项值满分的多少", "what each option is worth, as a share"),
    "grade": Text(
        "每个等级值多少；不填为 A 1、B 0.66、C 0.33、D 0", "the same for grades; empty: A 1, B 0.66, C 0.33, D 0"
    ),
    "deduct": Text(
        "每处问题扣几分，≤ 后写这一种最多扣几分；竖线后写英文名，不写则中英文同名；要写全称则为 简称|全称|英文名",
        "points off for each finding, behind <= the most for its kind; behind | its English name, else the same name; "
        "or what one enters|Chinese name|English name",
    ),
    "none": Text("没有发生得分", "in full if it never happened"),
    "growth": Text("增幅不低于参照值得分", "in full if our growth is not below the reference"),
    "deadline": Text("按期完成得分；不写年份则每年如此", "in full if done by the day; without a year, every year"),
}


def _said(*said: tuple[str, str]) -> list[tuple[Text, Text]]:
    made = []
    for zh, en in said:
        (name_zh, _, text_zh), (name_en, _, text_en) = zh.partition("|"), en.partition("|")
        made.append((Text(name_zh, name_en), Text(text_zh, text_en)))
    return made


_PAGES: Sequence[tuple[Text, Sequence[tuple[Text, Text]]]] = (
    (
        Text("先做什么", "What to do first"),
        _said(
            (
                "第 1 步|“测评体系”表：逐行填写“值”一列，说明中写“必填”的都要填。",
                "Step 1|Sheet 'instrument': fill in the column 'value'; what is needed says so.",
            ),
            (
                "第 2 步|“指标与标准”表：一行是一个指标或一条标准，按原文次序；上级排在下级之前。"
                "“示例（不读取）”表是一套完整的例子，可整行复制过来再改。",
                "Step 2|Sheet 'indicators and standards': one row for each indicator or standard, in the order of the "
                "source, a parent above its rows. 'example (not read)' is complete: copy rows from it and change them.",
            ),
            (
                "第 3 步|有问卷题目、要查的材料，填“问卷题目”“材料清单”；"
                "通用名录中没有的点位类型、责任单位登记到“名录”。",
                "Step 3|Sheets 'questions' and 'materials' where a standard has any; 'names' for site types and units "
                "that the registers lack.",
            ),
            (
                "第 4 步|保存后运行  evalsys instrument import 工作簿.xlsx --out 体系.yaml  ，"
                "有错按表、行、列一次列清；没有错就写成体系文件。",
                "Step 4|Save, then run  evalsys instrument import BOOK.xlsx --out FILE.yaml  : it lists every fault "
                "with sheet, row and column, or writes the instrument.",
            ),
        ),
    ),
    (
        Text("怎样填", "How to fill in"),
        _said(
            (
                "分值和权重|同级各项须全部给分值、全部给权重，或都不给；下级分值之和须等于本级（按合成方式）。数字不会被自动改正。",
                "points, weight|Siblings all have points, or all weights, or neither. The points below add up to those "
                "above, as 'combine' has it. No number is corrected.",
            ),
            (
                "合成方式|求和（不填即是）；平均：下级只作权重；封顶：下级可超过本级；扣完为止：扣分以本级分值为限；取最好、取最差。",
                "combine|sum (if empty); mean: what is below are weights; cap, floor: what is below may be more; "
                "best, worst.",
            ),
            (
                "计分|不计分的指标或标准填“否”，其下各项都不计分；不计分的标准可不填规则。",
                "scored|'no' for what is shown and never counted, with all below it; it needs no rule.",
            ),
            (
                "多种方法|平均、取最低、按份额；不填为平均，并记作假定。",
                "several|mean, min, shares; empty: mean, noted as assumed.",
            ),
            (
                "不适用时|不计入：退出总分；视为得分；取同项平均。不填则不得填“不适用”。",
                "not applicable|drop: out of the full marks; full: counts as won; peers: the mean of its siblings. "
                "Empty: nobody may enter 'n/a'.",
            ),
            (
                "来源|每条标准都须写来源条款或来源行号。来源没有写明的限值、方法、牵头单位，在对应的“来源”列填“假定”，报告会列出。",
                "source|Each standard names its clause or row. What the source does not state is 'assumed' in the "
                "column of its status; reports list it.",
            ),
            (
                "中文和英文|名称、题目、备注中英文都要填。",
                "two languages|Names, questions and notes are needed in both.",
            ),
            (
                "编码|以文本保存：1.1 与 1.10 是两个编码，存成数字就分不清。",
                "codes|are text: 1.1 and 1.10 are two codes, and one number.",
            ),
            (
                "完成期限|可写 " + DUE.zh,
                "due|one of  " + DUE.en,
            ),
            (
                "份额和点位|" + SHARES.zh + "；点位 " + SITES.zh,
                "shares, sites|" + SHARES.en + "; " + SITES.en,
            ),
        ),
    ),
    (
        Text("工作簿写不了的", "What a workbook cannot say"),
        _said(
            (
                "写在 YAML 中|按小项达标数定档（count_met、subset-grade）；"
                "扣分因重复或发现单位而异；各方法用不同规则；前置条件、负面清单、加分项。"
                "先导入，再用文本编辑器在体系文件中补写，写法见 docs/instrument-format.md。",
                "written in YAML|Grades by number met (count_met, subset-grade); "
                "deductions that depend on repetition or finder; a rule for each method; gates, negative list, bonus. "
                "Import first, then add them to the file with a text editor: docs/instrument-format.md.",
            ),
            (
                "不会覆盖|导入不覆盖已有的体系文件：其中可能有补写的内容。",
                "not overwritten|An instrument file that exists is kept: it may hold what was added.",
            ),
            (
                "个人信息|姓名、电话、身份证号一律不写，发现即不予读取。",
                "personal data|No names, phone or identity numbers: a workbook that holds any is not read.",
            ),
        ),
    ),
)
