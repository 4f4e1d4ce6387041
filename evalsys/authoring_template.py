"""An empty instrument as a workbook: its sheets and columns, drop-downs, an example, and a page of instructions.

:mod:`evalsys.authoring` reads what an analyst fills in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.authoring_instructions import authoring_page
from evalsys.authoring_rules import DUE, WORDS
from evalsys.entries import SPARE, Entry, Lists, attach
from evalsys.faults import Fault, InputFaults
from evalsys.files import atomic
from evalsys.language import Lang, Text
from evalsys.names import register
from evalsys.sheets import Field, body, end_rule, filtered, head, new_workbook, packed, page

__all__ = ["COLUMNS", "HEAD", "SHEETS", "Cell", "instrument_template"]

#: The sheets of the workbook; the last two hold nothing that is read.
SHEETS: Mapping[str, Text] = {
    "instrument": Text("测评体系", "instrument"),
    "tree": Text("指标与标准", "indicators and standards"),
    "questions": Text("问卷题目", "questions"),
    "materials": Text("材料清单", "materials"),
    "names": Text("名录", "names"),
    "instructions": Text("填写说明", "instructions"),
    "example": Text("示例（不读取）", "example (not read)"),
}


@dataclass(frozen=True)
class Cell:
    """What a column, or a row of the head, holds.

    Attributes
    ----------
    heading : Text
    path : tuple of str
        Where it stands in the YAML format, below its row's record; empty for what only orders the rows.
    words : str
        Name of the drop-down in :data:`evalsys.authoring_rules.WORDS`, if it has one.
    of : {'', 'indicator', 'standard'}
        The kind of row that it is for; empty for both.
    required : bool
        Whether the sheet must have the column.
    """

    heading: Text
    path: tuple[str, ...] = ()
    words: str = ""
    of: str = ""
    required: bool = False


def _cell(zh: str, en: str, path: str = "", words: str = "", of: str = "", required: bool = False) -> Cell:
    return Cell(Text(zh, en), tuple(path.split(".")) if path else (), words, of, required)


#: The columns of each table. The name of an indicator and the text of a standard share two columns.
COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    "tree": {
        "code": _cell("编码", "code", "code", required=True),
        "parent": _cell("上级编码", "parent", required=True),
        "kind": _cell("类别", "kind", words="kind", required=True),
        "zh": _cell("名称或内容（中文）", "text (Chinese)", required=True),
        "en": _cell("名称或内容（英文）", "text (English)", required=True),
        "points": _cell("分值", "points", "points"),
        "weight": _cell("权重", "weight", "weight"),
        "scored": _cell("计分", "scored", "scored", "yes"),
        "combine": _cell("合成方式", "combine", "combine", "combine", "indicator"),
        "rule": _cell("规则", "rule", "rule", "rule", "standard"),
        "parameters": _cell("参数", "parameters", "", "", "standard"),
        "methods": _cell("测评方法", "methods", "methods", "method", "standard"),
        "several": _cell("多种方法", "several", "several", "several", "standard"),
        "sites": _cell("点位类型", "site types", "checked_at", "", "standard"),
        "lead": _cell("牵头单位", "lead", "lead", "", "standard"),
        "support": _cell("配合单位", "support", "support", "", "standard"),
        "not_applicable": _cell("不适用时", "not applicable", "not_applicable", "not_applicable", "standard"),
        "due": _cell("完成期限", "due", "due", "", "standard"),
        "clause": _cell("来源条款", "clause", "source.clause"),
        "row": _cell("来源行号", "source row", "source.row"),
        "threshold": _cell("限值来源", "threshold status", "source.threshold", "threshold", "standard"),
        "methods_status": _cell("方法来源", "methods status", "source.methods", "status", "standard"),
        "lead_status": _cell("牵头来源", "lead status", "source.lead", "status", "standard"),
        "note_zh": _cell("备注（中文）", "note (Chinese)", "note.zh"),
        "note_en": _cell("备注（英文）", "note (English)", "note.en"),
    },
    "questions": {
        "standard": _cell("标准编码", "standard", required=True),
        "id": _cell("题目编号", "question", "id", required=True),
        "zh": _cell("题目（中文）", "text (Chinese)", "text.zh", required=True),
        "en": _cell("题目（英文）", "text (English)", "text.en", required=True),
        "options": _cell("选项", "options", "options", required=True),
        "satisfied": _cell("算满意的选项", "satisfied", "satisfied", required=True),
    },
    "materials": {
        "standard": _cell("标准编码", "standard", required=True),
        "id": _cell("材料编号", "material", "id", required=True),
        "zh": _cell("材料名称（中文）", "name (Chinese)", "name.zh", required=True),
        "en": _cell("材料名称（英文）", "name (English)", "name.en", required=True),
        "required": _cell("必需", "required", "required", "yes"),
    },
    "names": {
        "kind": _cell("种类", "kind", words="name", required=True),
        "id": _cell("编号", "id", required=True),
        "zh": _cell("中文名称", "Chinese", "zh", required=True),
        "en": _cell("英文名称", "English", "en", required=True),
    },
}
#: The rows of the head of the file.
HEAD: Mapping[str, Cell] = {
    "id": _cell("体系编号", "id", "id"),
    "title_zh": _cell("名称（中文）", "title (Chinese)", "title.zh"),
    "title_en": _cell("名称（英文）", "title (English)", "title.en"),
    "level": _cell("级别", "level", "level", "level"),
    "full_marks": _cell("总分", "full marks", "full_marks"),
    "scored": _cell("计分", "scored", "scored", "yes"),
    "scheme": _cell("权重方式", "weights", "weights.scheme", "scheme"),
    "weights_status": _cell("权重来源", "weights status", "weights.status", "status"),
    "methods_status": _cell("测评方法来源", "methods status", "methods.status", "status"),
    "shares": _cell("各方法份额", "method shares", "method_shares", "method"),
    "pass_mark": _cell("目标线", "pass mark", "pass_mark.value"),
    "pass_mark_status": _cell("目标线来源", "pass mark status", "pass_mark.status", "mark"),
    "draw": _cell("抽查点位", "draw", "draw"),
    "document": _cell("来源文件编号", "document", "source.document"),
    "document_title": _cell("来源文件名称", "document title"),
    "issuer": _cell("发文单位", "issuer"),
    "date": _cell("发文日期", "document date"),
    "document_kind": _cell("文件种类", "document kind"),
    "certainty": _cell("文本可靠程度", "certainty", words="certainty"),
    "note_zh": _cell("来源说明（中文）", "source note (Chinese)", "source.note.zh"),
    "note_en": _cell("来源说明（英文）", "source note (English)", "source.note.en"),
}

#: What the remark beside each row of the head says.
_REMARKS: Mapping[str, Text] = {
    "id": Text("必填：简短的代号，如 jinyun-2025", "needed: a short name, such as jinyun-2025"),
    "title_zh": Text("必填", "needed"),
    "title_en": Text("必填：报告有中英文两种", "needed: reports are in both languages"),
    "level": Text("必填：从下拉名录中选", "needed: choose from the list"),
    "full_marks": Text("必填：如 100；逐月不同写 1-6=100；7-12=98", "needed: 100, or by month 1-6=100; 7-12=98"),
    "scored": Text("整套体系都不计分时填“否”", "'no' where nothing of it is scored"),
    "scheme": Text(
        "必填：给定（各项都有分值或权重）、同级均分、层次分析法",
        "needed: given (points or weights everywhere), equal, ahp",
    ),
    "weights_status": Text("必填：分值、权重在来源中印明，还是假定", "needed: printed in the source, or assumed"),
    "methods_status": Text(
        "来源没有写明测评方法、由自己选定时填“假定”", "'assumed' where the source states no methods"
    ),
    "shares": Text(
        "按测评方法分配总分时填，如 材料审核=40；实地考察=60",
        "where methods share the full marks: document review=40; site visit=60",
    ),
    "pass_mark": Text("分数，或 85% 这样的比例", "points, or a share such as 85%"),
    "pass_mark_status": Text("填了目标线就要填", "needed with a pass mark"),
    "draw": Text("抽查多少点位，如 集贸市场=3；主干道=2", "how many sites are visited: Market=3; Main road=2"),
    "document": Text("必填：来源文件的代号", "needed: a short name of the source document"),
    "document_title": Text("新的来源文件：名称和可靠程度必填", "a new document: title and certainty are needed"),
    "issuer": Text("单位名称，不写人名", "a body, never a person"),
    "date": Text("如 2025-03-01，或 约 2012 年", "such as 2025-03-01, or about 2012"),
    "document_kind": Text("如 通知、办法、方案", "such as notice, measures, plan"),
    "certainty": Text("所据文本是正式文本还是转载", "whether the text at hand is the issuer's own"),
    "note_zh": Text("对来源的说明，中英文一并填写", "a remark on the source, in both languages"),
    "note_en": Text("", ""),
}
_WIDTHS = {
    "zh": 38.0,
    "en": 38.0,
    "parameters": 34.0,
    "sites": 26.0,
    "methods": 18.0,
    "options": 30.0,
    "satisfied": 24.0,
}
_WIDTHS |= {"lead": 18.0, "support": 18.0, "due": 15.0, "note_zh": 22.0, "note_en": 22.0, "id": 16.0}
_NUMBERS = ("points", "weight")
#: Columns in which a cell may hold several words of the list, or one that it does not have.
_OPEN = ("method", "sites")


def instrument_template(path: Path | str, lang: Lang = "zh") -> Path:
    """Write an empty instrument as a workbook to fill in.

    Parameters
    ----------
    path : Path or str
        The workbook to write.
    lang : {'zh', 'en'}
        Language of headings, lists and instructions.

    Returns
    -------
    Path
        The workbook; :func:`evalsys.authoring.import_instrument` reads it once it is filled in.

    Raises
    ------
    InputFaults
        If there is a file already.
    """
    path = Path(path)
    if os.path.lexists(path):
        raise InputFaults([Fault("exists", str(path))])
    content = packed(_Template(lang).workbook())
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


class _Template:
    """Writes the sheets of the workbook."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.lists = Lists(SHEETS["instructions"].say(lang))

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).say(self.lang)

    def workbook(self) -> Workbook:
        workbook = new_workbook(self.say("测评体系", "Instrument"))
        order = ("instructions", "instrument", "tree", "questions", "materials", "names", "example")
        sheets = {key: workbook.create_sheet(SHEETS[key].say(self.lang)) for key in order}
        for key, sheet in sheets.items():
            page(sheet, "portrait" if key == "instructions" else "landscape", foot=sheet.title)
        self.head_sheet(sheets["instrument"])
        for key in COLUMNS:
            self.table_sheet(sheets[key], key, [], SPARE if key == "tree" else SPARE // 3)
        self.table_sheet(sheets["example"], "tree", list(self.example()), 0)
        authoring_page(sheets["instructions"], self.lang)
        self.lists.write(sheets["instructions"])
        return workbook

    # -- tables

    def head_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("设置项", "key"), 24),
            Field(self.say("值", "value"), 46, fill_in=True),
            Field(self.say("说明", "remark"), 66),
        ]
        head(sheet, 1, fields)
        rows = [[cell.heading.say(self.lang), None, _REMARKS[key].say(self.lang)] for key, cell in HEAD.items()]
        last = body(sheet, 2, fields, rows, 22) - 1
        end_rule(sheet, last, fields)
        sheet.freeze_panes = "A2"
        for row, cell in enumerate(HEAD.values(), 2):
            if cell.words and cell.words != "method":
                attach(sheet, 2, [row], self.choice(cell.words), cell.heading.say(self.lang), self.lang)

    def table_sheet(self, sheet: Worksheet, key: str, rows: Sequence[Sequence[str | None]], spare: int) -> None:
        """Write the headings of a table, its rows, and rows ready to be filled in."""
        cells = COLUMNS[key]
        fields = [
            Field(
                cell.heading.say(self.lang),
                _WIDTHS.get(name, 11 if self.lang == "zh" else 13),
                "General" if name in _NUMBERS else "@",
                fill_in=True,
            )
            for name, cell in cells.items()
        ]
        head(sheet, 1, fields)
        last = len(rows) + spare + 1
        body(sheet, 2, fields, [*rows, *[[None] * len(fields)] * spare], 22)
        end_rule(sheet, last, fields)
        filtered(sheet, 1, len(fields), last, "D2" if key == "tree" else "B2")
        if key == "tree":
            sheet.page_setup.fitToWidth = 2
            sheet.print_title_cols = "A:C"
        for place, (name, cell) in enumerate(cells.items(), 1):
            entry = self.entry(name, cell)
            if entry is not None:
                attach(sheet, place, range(2, last + 1), entry, cell.heading.say(self.lang), self.lang)

    def entry(self, name: str, cell: Cell) -> Entry | None:
        """Return what a column accepts: a word of a list, or anything, with a prompt."""
        if cell.words:
            return self.choice(cell.words)
        if name == "sites":
            types = [text.say(self.lang) for text in register("site_types").values()]
            return self.listed(types, _PROMPTS["sites"], strict=False)
        if name in _PROMPTS:
            return Entry("custom", "TRUE", prompt=_PROMPTS[name].say(self.lang))
        return None

    def choice(self, words: str) -> Entry:
        names = [name.say(self.lang) for name in WORDS[words].values()]
        return self.listed(names, _PROMPTS.get(words), strict=words not in _OPEN)

    def listed(self, names: Sequence[str], prompt: Text | None, strict: bool) -> Entry:
        error = self.say("请从下拉名录中选择。", "Choose from the list.")
        if not strict:
            error = self.say(
                "不是名录中的一个名称。写了几个名称或份额时可以保留。确定吗？",
                "Not one name of the list. Keep it if it holds several names, or shares?",
            )
        said = prompt.say(self.lang) if prompt else ""
        return Entry("list", self.lists.source(names), prompt=said, error=error, strict=strict)

    def example(self) -> Iterator[list[str | None]]:
        """Yield the rows of the example, in the words of the language."""
        for row in EXAMPLE:
            yield [self.shown(row.get(name), cell) for name, cell in COLUMNS["tree"].items()]

    def shown(self, value: str | Text | None, cell: Cell) -> str | None:
        if isinstance(value, Text):
            return value.say(self.lang)
        return WORDS[cell.words][value].say(self.lang) if value and cell.words else value


_PROMPTS: Mapping[str, Text] = {
    "code": Text("不能重复，不含空格和 ; / @ *", "unique, without blanks and ; / @ *"),
    "parent": Text("上一级指标的编码；最上一级留空", "code of the indicator above; empty at the top"),
    "points": Text("如 20；逐月不同写 1-6=20；7-12=25", "such as 20; by month 1-6=20; 7-12=25"),
    "parameters": Text(
        "写法随规则而定，见“填写说明”。如 限值 ≥90 %，抽查达标 3/5，选项 完整=1；无=0",
        "depends on the rule, see the instructions: threshold >=90 %, k_of_n 3/5, option complete=1; none=0",
    ),
    "method": Text(
        "几种方法以分号隔开；按份额写 材料审核=40；实地考察=60",
        "separate several by ';'; with shares: document review=40; site visit=60",
    ),
    "sites": Text(
        "如 集贸市场=3；超市=全部；留空表示不分点位", "such as Market=3; Supermarket=all; empty: the whole place"
    ),
    "due": Text(f"可写：{DUE.zh}", f"one of: {DUE.en}"),
    "lead": Text("几个单位以分号隔开；新单位登记到“名录”表", "separate several by ';'; list new ones in 'names'"),
    "options": Text("以分号隔开，如 满意；一般；不满意", "separated by ';'"),
    "satisfied": Text("选项中算满意的，以分号隔开", "the options that count as satisfied"),
}


def _standard(
    code: str, parent: str, zh: str, en: str, points: str, rule: str, parameters: str | Text = "", **more: str | Text
) -> dict[str, str | Text]:
    own: dict[str, str | Text] = {"code": code, "parent": parent, "kind": "standard", "zh": zh, "en": en}
    own |= {"points": points, "rule": rule, "parameters": parameters, "methods": "document_review", "clause": code}
    return {**own, **more}


def _indicator(code: str, parent: str, zh: str, en: str, points: str = "", **more: str | Text) -> dict[str, str | Text]:
    return {"code": code, "parent": parent, "kind": "indicator", "zh": zh, "en": en, "points": points, **more}


#: A complete tree of 100 points with every rule that a workbook can say.
EXAMPLE: Sequence[Mapping[str, str | Text]] = (
    _indicator("1", "", "公共环境", "Public places", "60", combine="sum", clause="一"),
    _standard(
        "1.1",
        "1",
        "集贸市场干净有序",
        "Markets are clean and orderly",
        "10",
        "loss",
        methods="site_visit",
        sites=Text("集贸市场=3；超市=全部", "Market=3; Supermarket=all"),
        lead="文明办",
        not_applicable="drop",
    ),
    _standard(
        "1.2",
        "1",
        "主干道无乱扔垃圾",
        "No litter on main roads",
        "10",
        "deduct",
        "烟头|Cigarette end=0.5≤5；垃圾堆|Heap of litter=1",
        methods="site_visit",
        sites=Text("主干道=全部", "Main road=all"),
    ),
    _standard(
        "1.3",
        "1",
        "绿地覆盖率",
        "Green cover",
        "10",
        "bands",
        Text("≥36 %=1；≥30 %=0.66；其余=0", ">=36 %=1; >=30 %=0.66; else=0"),
        threshold="derived",
    ),
    _standard(
        "1.4",
        "1",
        "公益广告达标",
        "Public-service adverts comply",
        "10",
        "share",
        methods="site_visit",
        sites=Text("社区=3", "Community=3"),
    ),
    _standard(
        "1.5",
        "1",
        "抽查五处，三处以上达标",
        "Of five places three comply",
        "10",
        "k_of_n",
        "3/5",
        methods="overall_observation",
    ),
    _standard("1.6", "1", "人均绿地", "Green space per head", "10", "ratio", Text("10 平方米", "10 m2")),
    _indicator("2", "", "创建工作", "Organisation", "40", clause="二"),
    _indicator("2.1", "2", "组织领导", "Leadership", "20"),
    _standard("2.1.1", "2.1", "有创建方案", "There is a plan", "5", "met", due=Text("每年", "every year")),
    _standard("2.1.2", "2.1", "按期报送总结", "The report is sent in time", "5", "deadline", "06-30", due="06-30"),
    _standard(
        "2.1.3",
        "2.1",
        "台账完整",
        "The ledger is complete",
        "5",
        "option",
        Text("完整=1；缺一项=0.5；无=0", "complete=1; one missing=0.5; none=0"),
    ),
    _standard("2.1.4", "2.1", "工作机制", "Working mechanism", "5", "grade"),
    _indicator("2.2", "2", "群众满意", "Satisfaction", "20"),
    _standard(
        "2.2.1",
        "2.2",
        "群众满意率不低于 90%",
        "At least 90 % are satisfied",
        "10",
        "threshold",
        Text("≥90 %；按比例", ">=90 %; proportional"),
        methods=Text("问卷调查=80；网络调查=20", "survey=80; online check=20"),
        several="shares",
        threshold="printed",
    ),
    _standard("2.2.2", "2.2", "无重大事故", "No serious accident", "5", "none"),
    _standard("2.2.3", "2.2", "经费增幅不低于财政增幅", "The budget grows with revenue", "5", "growth"),
    _indicator("3", "", "工作例会（不计分）", "Meetings (not scored)", scored="no", clause="三"),
    _standard("3.1", "3", "每周例会", "Weekly meeting", "", "", due=Text("每周", "every week")),
)
