"""The first page of a new assessment: what to do first, what each sheet is, what to enter, and what is not accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.entries import Check, Site, scored
from evalsys.instrument import Instrument, Question, Standard
from evalsys.language import Lang, Text
from evalsys.ledger_walk import MADE
from evalsys.rulebook import RULES
from evalsys.sheets import BLUE, INK, RULE, SOFT, edge, font, lines_in, write

__all__ = ["Contents", "instructions_sheet"]

#: Width of the two columns, in characters.
WIDTHS = (21, 80)
#: Height in points that still reads well when it is made to fit one page.
ONE_PAGE = 975


@dataclass(frozen=True)
class Contents:
    """What the page speaks of: `sheets` by table, `fill_in` the headings to fill in at each check."""

    instrument: Instrument
    sites: Sequence[Site]
    checks: Sequence[Check]
    sheets: Mapping[str, str]
    fill_in: Sequence[str]
    file: str
    meta: str

    @property
    def questions(self) -> list[Question]:
        """The questions of the survey."""
        return [q for standard in self._standards for q in standard.questions]

    @property
    def _standards(self) -> list[Standard]:
        return [standard for _, standard in scored(self.instrument)]


Line = tuple[str, str, str]


def instructions_sheet(sheet: Worksheet, contents: Contents, lang: Lang) -> None:
    """Write the page: lines of a title, section heads, and rows of a name and its text."""
    for column, width in zip("AB", WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    row = 0
    for row, (kind, name, text) in enumerate(_lines(contents, lang), 1):
        _line(sheet, row, kind, name, text)
    sheet.print_area = f"A1:B{row}"
    if sum(height.height or 0 for height in sheet.row_dimensions.values()) < ONE_PAGE:
        sheet.page_setup.fitToHeight = 1


def _line(sheet: Worksheet, row: int, kind: str, name: str, text: str) -> None:
    first, second = write(sheet, row, 1, name, "@"), write(sheet, row, 2, text or None, "@")
    first.font, second.font = _FONTS[kind], font(10.5, SOFT if kind == "soft" else INK)
    wrap = kind == "row"
    first.alignment = Alignment("left", "top" if wrap else "center", wrap_text=wrap)
    second.alignment = Alignment("left", "top", wrap_text=True)
    if kind == "head":
        for cell in (first, second):
            cell.border = Border(bottom=edge(INK))
    elif kind == "row":
        for cell in (first, second):
            cell.border = Border(bottom=edge(RULE, "hair"))
    lines = max(lines_in(name, WIDTHS[0]), lines_in(text, WIDTHS[1])) if wrap else 1
    sheet.row_dimensions[row].height = {"title": 32, "meta": 18, "head": 30}.get(kind, 6 + 15 * lines)


_FONTS = {
    "title": font(18, INK, True),
    "meta": font(10, SOFT),
    "head": font(12, BLUE, True),
    "row": font(10.5, INK, True),
}


def _lines(contents: Contents, lang: Lang) -> Iterator[Line]:
    instrument = contents.instrument
    full = f"{float(instrument.full_marks):g}"

    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(lang)

    yield "title", say("填写说明", "How to fill in this workbook"), ""
    points = say(f"总分 {full} 分", f"{full} points")
    sites = say(f"{len(contents.sites)} 处点位，", f"{len(contents.sites)} sites, ") if contents.sites else ""
    plan = sites + say(f"{len(contents.checks)} 条检查", f"{len(contents.checks)} checks")
    yield "meta", " · ".join(filter(None, (contents.meta, instrument.title.say(lang), points, plan))), ""
    yield "head", say("先做什么", "What to do first"), ""
    for place, text in enumerate(_steps(contents, lang), 1):
        yield "row", say(f"第 {place} 步", f"Step {place}"), text
    yield "head", say("各张表", "The sheets"), ""
    for table, title in contents.sheets.items():
        if table != "instructions":
            alone = table == "observations" and not contents.sites
            yield "row", title, say("每项标准一行", "one row for each standard") if alone else _SHEETS[table].say(lang)
    yield "head", say("怎样填", "How to fill in"), ""
    for name, text in _rules(contents, lang):
        yield "row", name, text
    yield "head", say("不接受什么", "What is not accepted"), ""
    for zh, en in _REFUSED:
        name, _, text = say(zh, en).partition("|")
        yield "row", name.strip(), text.strip()
    if contents.questions:
        yield "head", say("问卷题目", "Questions of the survey"), ""
        for question in contents.questions:
            yield (
                "row",
                question.id,
                say("{}（{}）", "{} ({})").format(question.text.say(lang), " / ".join(question.options)),
            )


def _steps(contents: Contents, lang: Lang) -> Iterator[str]:
    name = contents.sheets
    said = [
        (
            f"“{name['assessment']}”表：填地方和轮次（必填），有正式督查日期、目标线的一并填上。",
            f"Sheet '{name['assessment']}': the place and the round (needed); the day of the official inspection and "
            "the pass mark if they are known.",
        ),
        (
            f"“{name['areas']}”“{name['units']}”表：登记属地和责任单位，其他表里就能从下拉名录中选。",
            f"Sheets '{name['areas']}' and '{name['units']}': list areas and units; drop-downs elsewhere offer them.",
        ),
    ]
    if "sites" in name:
        said.append(
            (
                f"“{name['sites']}”表：把“{contents.sites[0].name}”这样的名称换成实际点位，选属地。"
                "点位编号不要改，检查记录靠它对应。",
                f"Sheet '{name['sites']}': replace names such as '{contents.sites[0].name}' by real ones and choose "
                "the area. Keep the site_id: the checks refer to it.",
            )
        )
    zh_go, en_go = ("逐个点位检查，", "go site by site; ") if contents.sites else ("", "")
    said += [
        (
            f"“{name['observations']}”表：{zh_go}一行是一项标准。填有底色表头的列：{'、'.join(contents.fill_in)}。",
            f"Sheet '{name['observations']}': {en_go}each row is one standard. Fill in the columns with a tinted "
            f"heading: {', '.join(contents.fill_in)}.",
        ),
        (
            f"保存后运行  evalsys check {contents.file}  ，有错一次列清；没有错再运行 evalsys score、evalsys report。",
            f"Save, then run  evalsys check {contents.file}  : it lists every fault at once. When there is none, run "
            "evalsys score or evalsys report.",
        ),
    ]
    return (Text(zh, en).say(lang) for zh, en in said)


_SHEETS = {
    "assessment": Text(
        "测评体系、地方、轮次、目标线；以下整改、台账、预测各项都可留空，说明中写有留空时怎样处理",
        "instrument, place, round, pass mark; the rest may stay empty: the remarks say what holds then",
    ),
    "sites": Text("要去的点位，一行一处", "the sites to visit, one a row"),
    "draw": Text(
        "正式督查每类点位抽几处（预测用），请核对；抽查数留空为不抽查，列出的都查",
        "how many sites of each type the inspection draws (for the forecast); empty: all listed",
    ),
    "observations": Text(
        "每个点位上的每项标准一行，按点位排好；不在点位上检查的排在最后",
        "one row for each standard at each site, site by site; what is not checked at a site stands last",
    ),
    "responses": Text(
        "逐份答卷，一行是一份问卷的一道题；没有答卷的留空",
        "survey answers, one form and question a row; may stay empty",
    ),
    "materials": Text("要准备的材料及其状态", "the documents to prepare, and how far they are"),
    "findings": Text(
        "登记检查以外发现的问题，如暗访、媒体曝光、群众反映。检查记录有失分并注明日期的，"
        f"自动列为问题，编号为 {MADE} 加记录编号，不必重填",
        "what did not come from checks, such as films, media, citizens. An observation with a day that loses points is "
        f"a finding by itself, {MADE} and its observation_id",
    ),
    "rectifications": Text(
        f"整改一次填一行，问题台账的编号和 {MADE} 开头的编号都可填；退回后再整改的，另填一行",
        f"one row for each attempt to put a finding right, of the sheet above or beginning with {MADE}",
    ),
    "units": Text("责任单位名录，检查记录里的单位须在其中", "the units that answer; other sheets use these names"),
    "areas": Text("属地名录（街道、乡镇）", "the areas (sub-districts, towns)"),
}
_ENTERED = {
    "met": Text("达标选“是”，不达标选“否”", "choose yes where it is met, no where it is not"),
    "loss": Text("扣去的份额：0 不扣，0.1 扣一成，1 全扣", "share lost: 0 none, 0.1 a tenth, 1 all"),
    "share": Text("达标数和检查数，如 4/5", "compliant and checked, such as 4/5"),
    "threshold": Text("量得的数值，单位见“填写要求”", "the number measured; 'what to enter' names its measure"),
    "option": Text("从下拉名录中选", "choose from the list"),
    "grade": Text("从下拉名录中选", "choose from the list"),
    "count_met": Text("达到的小项，以分号隔开，如 a;c；都没达到填“无”", "criteria that hold, such as a;c, or none"),
    "deduct": Text(
        "每个问题一行，选种类；查了没有问题选“无”；行不够就复制一行",
        "one row for each finding; 'none' if there is none",
    ),
    "none": Text("发生的次数，没有填 0", "how many times, 0 for none"),
    "growth": Text("本地增幅;参照增幅，如 5.2;4.8", "our growth;reference growth, such as 5.2;4.8"),
    "deadline": Text("完成的日期", "the day it was done"),
}


def _rules(contents: Contents, lang: Lang) -> Iterator[tuple[str, str]]:
    """Yield how to enter each kind of value in use, and what holds for all."""
    shown = set()
    for check in contents.checks:
        heading = RULES[check.rule.kind].heading.say(lang)
        if heading not in shown:
            shown.add(heading)
            kind = {"k_of_n": "share", "ratio": "threshold", "bands": "threshold"}.get(check.rule.kind, check.rule.kind)
            yield heading, _ENTERED[kind].say(lang)
    said = [
        ("留空|尚未测评：既不算得分，也不算失分", "empty|not assessed yet: counts neither as won nor as lost"),
        ("灰色格|这一行的标准不填这一列", "grey cells|the standard of this row has no such value"),
        (
            "加一行|复制一行，改记录编号（不能重复）" + ("；新点位先登记到点位表" if contents.sites else ""),
            "another row|copy one and change its observation_id"
            + ("; list a new site in its sheet first" if contents.sites else ""),
        ),
        (
            "责任单位|几个单位以分号隔开；留空表示无单位负责",
            "units|separate several by ';'; empty means that no unit answers",
        ),
    ]
    if any(check.standard.not_applicable for check in contents.checks):
        said.insert(
            1,
            (
                "不适用|标准在此处不适用时填，下拉名录中有才可填",
                "n/a|where a standard does not apply and the list offers it",
            ),
        )
    unscored = sum(not node.scored for node in contents.instrument.standards.values())
    if unscored:
        said.append((f"不计分的标准|有 {unscored} 项，未列入", f"not scored|{unscored} standards, not listed here"))
    for zh, en in said:
        name, _, text = Text(zh, en).say(lang).partition("|")
        yield name, text


_REFUSED = (
    (
        "个人信息|姓名、电话、身份证号、住址一律不登记；备注只写地方和现象。发现这类内容，整份文件不予读取",
        "personal data|no names, phone or identity numbers, addresses: a file that holds any is not read at all",
    ),
    (
        "改动格式|不合并单元格，不改表名和表头，不在表头上方加行",
        "changed form|merged cells, renamed sheets or headings, rows above the headings",
    ),
    (
        "矛盾的记录|同一天、同一点位、同一标准填了两个不同的结果",
        "contradictions|two different results for one standard at one site on one day",
    ),
)
