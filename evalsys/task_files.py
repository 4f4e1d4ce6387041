"""The task breakdown as files: a workbook and a page for each body, and one of each for the whole.

Both show the same words, so a task reads alike wherever it stands. The same instrument gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

import evalsys
from evalsys.faults import Fault, InputFaults
from evalsys.files import atomic
from evalsys.instrument import METHODS, Instrument
from evalsys.language import Lang, Text
from evalsys.markup import Column, block, safe, section, table
from evalsys.reporting.render import render_html
from evalsys.rule_words import requirement
from evalsys.sheets import (
    INK,
    POINTS,
    SOFT,
    Field,
    body,
    end_rule,
    filtered,
    font,
    head,
    lines_in,
    new_workbook,
    packed,
    page,
    write,
)
from evalsys.tasks import Open, Task, UnitTasks, by_unit, open_matters, task_list
from evalsys.wording import plural, points

__all__ = ["write_tasks"]

#: How many codes a remark names before it says 'and others'.
_NAMED = 8


def write_tasks(instrument: Instrument, folder: Path, lang: Lang = "zh") -> list[Path]:
    """Write the task breakdown [任务分解表]: a workbook and a page for the whole, and for each body that answers.

    Parameters
    ----------
    instrument : Instrument
    folder : Path
        Made where it is missing.
    lang : {'zh', 'en'}

    Returns
    -------
    list of Path
        The overview first, then the bodies, who leads most first. A task stands with every body that answers for it.

    Raises
    ------
    InputFaults
        If a file of that name exists and differs: somebody may have changed it. Nothing is written then.
    """
    whole = _Breakdown.of(instrument, lang)
    contents: dict[Path, bytes] = {}
    for stem, workbook, parts in _files(whole):
        shown = SimpleNamespace(cells=[{"outputs": [{"data": {"text/html": "\n".join(parts)}}]}])
        contents[folder / f"{stem}.xlsx"] = packed(workbook)
        contents[folder / f"{stem}.html"] = render_html(shown, lang)[0].encode("utf-8")
    changed = [path for path, content in contents.items() if path.exists() and not _holds(path, content)]
    if changed:
        raise InputFaults(Fault("exists", str(path)) for path in changed)
    for path, content in contents.items():
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return list(contents)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


# ------------------------------------------------------------------------------------------------- what is said


@dataclass(frozen=True)
class _Row:
    """A task in words."""

    number: int
    code: str
    text: str
    within: str
    due: str
    standard: str
    lead: str
    support: str
    methods: str
    sites: str
    points: Fraction | str
    clause: str
    row: str
    assumed: str
    note: str


@dataclass(frozen=True)
class _Breakdown:
    """The tasks of an instrument, who answers for them, and how they are said."""

    instrument: Instrument
    lang: Lang
    tasks: tuple[Task, ...]
    units: tuple[UnitTasks, ...]
    names: Mapping[str, Text]
    rows: Mapping[int, _Row]

    @staticmethod
    def of(instrument: Instrument, lang: Lang) -> _Breakdown:
        """Return the breakdown of an instrument."""
        tasks = task_list(instrument)
        units = by_unit(tasks)
        names = {each.unit: instrument.units[each.unit] for each in units}
        rows = {task.number: _row(instrument, task, names, lang) for task in tasks}
        return _Breakdown(instrument, lang, tasks, units, names, rows)

    def say(self, zh: str, en: str) -> str:
        """Return the text of the language."""
        return Text(zh, en).say(self.lang)

    def stem(self, place: int) -> str:
        """Return the name of a body's files, 0 for the whole; the number keeps alike names apart."""
        who = self.names[self.units[place - 1].unit].zh if place else self.say("任务分解总表", "overview")
        return f"{place:02d}-" + re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", who)[:80].rstrip(". ")


def _row(instrument: Instrument, task: Task, names: Mapping[str, Text], lang: Lang) -> _Row:
    source, comma = task.source, Text("、", ", ").say(lang)
    document = source.get("document", instrument.source["document"])
    return _Row(
        number=task.number,
        code=task.code or Text("日程", "dated").say(lang),
        text=task.text.say(lang),
        within=Text(" › ", " › ").say(lang).join(name.say(lang) for name in task.within),
        due=_OPEN.say(lang) if task.due is None else task.due.text.say(lang),
        standard=_standard(task, lang),
        lead=comma.join(_body(names[unit], lang) for unit in task.lead) or _OPEN.say(lang),
        support=comma.join(_body(names[unit], lang) for unit in task.support),
        methods=comma.join(METHODS[method].say(lang) for method in task.methods),
        sites=comma.join(_sites(instrument, item.site_type, item.sites, lang) for item in task.checked_at),
        points=_points(task, lang),
        clause=" ".join(filter(None, (document if "document" in source else "", source.get("clause", "")))),
        row=source.get("row", ""),
        assumed=comma.join(_ASSUMED[key].say(lang) for key in task.assumed),
        note=task.note.say(lang) if task.note else "",
    )


_OPEN = Text("未定", "open")
_ASSUMED = {
    "threshold": Text("界限", "limit"),
    "methods": Text("测评方法", "methods"),
    "several": Text("多种方法如何合计", "how methods combine"),
    "lead": Text("牵头单位", "lead"),
    "due": Text("时限", "time limit"),
}


def _body(name: Text, lang: Lang) -> str:
    """Return the name of a body; in English with the Chinese beside, which is its proper name."""
    return name.zh if lang == "zh" or name.zh == name.en else f"{name.en} {name.zh}"


def _sites(instrument: Instrument, site_type: str, count: int | None, lang: Lang) -> str:
    name = instrument.site_types[site_type].say(lang)
    many = Text("全部", "all").say(lang) if count is None else Text(f"{count}处", str(count)).say(lang)
    return Text(f"{name}（{many}）", f"{name} ({many})").say(lang)


def _standard(task: Task, lang: Lang) -> str:
    """Return the limit in words, method by method where they differ, and whether it is ours."""
    if task.code is None:
        return Text("按时完成", "done in time").say(lang)
    said = {method: requirement(rule, lang) for method, rule in task.rules.items()}
    words = (
        Text("；", "; ")
        .say(lang)
        .join(
            dict.fromkeys(said.values())
            if len(set(said.values())) == 1
            else (Text(f"{METHODS[m].zh}：{w}", f"{METHODS[m].en}: {w}").say(lang) for m, w in said.items())
        )
    )
    status = _THRESHOLDS.get(task.source.get("threshold", ""), Text("", ""))
    return (words or _OPEN.say(lang)) + status.say(lang)


_THRESHOLDS = {
    "parameter": Text("（界限未印明，为假定）", " (not printed: assumed)"),
    "assumed": Text("（界限为假定）", " (assumed)"),
}


def _points(task: Task, lang: Lang) -> Fraction | str:
    if not task.scored:
        return Text("不计分", "not scored").say(lang)
    return Text("随上级", "with its indicator").say(lang) if task.points is None else task.points


def _label(task: Task, lang: Lang) -> str:
    """Return how a remark names a task: by code, else by row or number."""
    return task.code or task.source.get("row") or Text(f"序号{task.number}", f"no. {task.number}").say(lang)


_MATTERS = {
    "no_lead": Text("无牵头单位", "Without a lead"),
    "assumed_lead": Text("牵头单位为假定（来源并列多家或未列）", "Lead assumed (several bodies side by side, or none)"),
    "several_leads": Text("两家以上牵头", "Two leads or more"),
    "no_deadline": Text("未定时限", "Without a time limit"),
}


def _matters(found: Open, lang: Lang) -> dict[str, tuple[Task, ...]]:
    """Return the tasks of each open matter by its name, in the order of the page."""
    return {name.say(lang): getattr(found, key) for key, name in _MATTERS.items()}


def _remarks(each: UnitTasks, lang: Lang) -> list[str]:
    """Return what is open of a body's own tasks, a line for each matter."""
    lines = []
    for name, held in _matters(open_matters(each.tasks), lang).items():
        labels = [_label(task, lang) for task in held]
        if not held:
            continue
        if len(held) == len(each.tasks):
            lines.append(Text(f"{name}：全部{len(held)}项任务", f"{name}: every task ({len(held)})").say(lang))
            continue
        named = Text("、", ", ").say(lang).join(labels[:_NAMED])
        rest = Text("等", " and others").say(lang) if len(held) > _NAMED else ""
        lines.append(Text(f"{name}：{len(held)}项（{named}{rest}）", f"{name}: {len(held)} ({named}{rest})").say(lang))
    return lines


def _notes(whole: _Breakdown) -> list[str]:
    """Return what to know of every table: what counts, and what the instrument assumes."""
    held = [
        whole.say(
            "“未定”表示来源未写明，须由创建办明确后再下达；“不计分”表示测评体系列出而不计入总分。",
            "'Open' means that the source does not say; the creation office settles it before the task goes out. "
            "'Not scored': the instrument lists it outside the total.",
        )
    ]
    if whole.instrument.monthly:
        held.append(whole.say("分值逐月不同，所列为1月的分值。", "Points differ by month; those of January are shown."))
    assumed = whole.say("假定：", "Assumed: ")
    return [*held, *(assumed + text.say(whole.lang) for text in whole.instrument.assumed)]


def _source(whole: _Breakdown) -> str:
    """Return the document that the tasks come from."""
    ident = whole.instrument.source["document"]
    return f"{whole.instrument.documents[ident]['title']} {ident}"


def _counts(each: UnitTasks, whole: _Breakdown) -> str:
    n, m = len(each.lead), len(each.support)
    zh, en = [f"牵头{n}项"] * (n > 0), [f"leads {n}"] * (n > 0)
    return whole.say("，".join([*zh, *[f"配合{m}项"] * (m > 0)]), ", ".join([*en, *[f"supports {m}"] * (m > 0)]))


def _files(whole: _Breakdown) -> Iterator[tuple[str, Workbook, list[str]]]:
    """Yield the stem, the workbook and the parts of the page of each pair of files."""
    yield whole.stem(0), _overview_workbook(whole), _overview_page(whole)
    for place, each in enumerate(whole.units, 1):
        yield whole.stem(place), _unit_workbook(whole, each), _unit_page(whole, each)


# ---------------------------------------------------------------------------------------------------- workbooks

_LEADS, _SUPPORTS = Text("牵头", "lead"), Text("配合", "support")


def _fields(whole: _Breakdown, role: bool) -> list[Field]:
    say = whole.say
    first = [Field(say("序号", "No."), 5.5, "0", "center")]
    wide = 1.3 if whole.lang == "en" else 1  # names of bodies stand in both languages there
    own = [Field(say("职责", "Role"), 8 if whole.lang == "en" else 6, "@", "center")] if role else []
    return [
        *first,
        *own,
        Field(say("编码", "Code"), 8),
        Field(say("所属项目", "Indicator"), 15 * wide),
        Field(say("任务内容", "Task"), 31),
        Field(say("完成时限", "Time limit"), 10.5),
        Field(say("达到标准", "Standard"), 19),
        Field(say("牵头单位", "Lead"), 13 * wide),
        Field(say("配合单位", "Support"), 19 * wide),
        Field(say("测评方法", "Methods"), 10),
        Field(say("点位类型", "Site types"), 11.5),
        Field(say("分值", "Points"), 9, POINTS, "right"),
        Field(say("来源条款", "Clause"), 11),
        Field(say("来源行", "Row"), 11.5),
        Field(say("假定", "Assumed"), 10.5),
        Field(say("说明", "Remarks"), 22),
    ]


def _cells(row: _Row, role: str | None) -> list[Any]:
    known = [row.code, row.within, row.text, row.due, row.standard, row.lead, row.support, row.methods, row.sites]
    rest = [row.points, row.clause, row.row, row.assumed, row.note]
    return [row.number, *([] if role is None else [role]), *known, *rest]


def _unit_workbook(whole: _Breakdown, each: UnitTasks) -> Workbook:
    name = _body(whole.names[each.unit], whole.lang)
    title = whole.say(f"{name}任务分解表", f"Task breakdown: {name}")
    workbook = new_workbook(title)
    roles = [(_LEADS, task) for task in each.lead] + [(_SUPPORTS, task) for task in each.support]
    rows = [_cells(whole.rows[task.number], role.say(whole.lang)) for role, task in roles]
    top = [f"{whole.instrument.title.say(whole.lang)}　　{_counts(each, whole)}", *_remarks(each, whole.lang)]
    _task_sheet(workbook, whole, title, top, _fields(whole, True), rows, "E")
    return workbook


def _overview_workbook(whole: _Breakdown) -> Workbook:
    say, lang = whole.say, whole.lang
    title = say("任务分解总表", "Task breakdown: overview")
    workbook = new_workbook(title)
    _open_sheet(workbook, whole)
    fields = [
        Field(say("序号", "No."), 6, "0", "center"),
        Field(say("责任单位", "Body"), 46),
        Field(say("牵头", "Leads"), 9, "0", "right"),
        Field(say("配合", "Supports"), 10, "0", "right"),
        Field(say("文件", "Files"), 46),
    ]
    units = [
        [
            place,
            _body(whole.names[each.unit], lang),
            len(each.lead),
            len(each.support),
            f"{whole.stem(place)}.xlsx .html",
        ]
        for place, each in enumerate(whole.units, 1)
    ]
    _plain_sheet(workbook, say("责任单位", "Bodies"), fields, units)
    top = [f"{whole.instrument.title.say(lang)}　　{_size(whole)}"]
    _task_sheet(workbook, whole, title, top, _fields(whole, False), [_cells(r, None) for r in whole.rows.values()], "D")
    return workbook


def _open_sheet(workbook: Workbook, whole: _Breakdown) -> None:
    say, lang = whole.say, whole.lang
    fields = [
        Field(say("待明确事项", "To be settled"), 38),
        Field(say("序号", "No."), 6, "0", "center"),
        Field(say("编码", "Code"), 9),
        Field(say("任务内容", "Task"), 52),
        Field(say("完成时限", "Time limit"), 15),
        Field(say("牵头单位", "Lead"), 26),
        Field(say("配合单位", "Support"), 34),
        Field(say("来源行", "Row"), 14),
    ]
    rows = []
    for name, held in _matters(open_matters(whole.tasks), lang).items():
        said = [whole.rows[task.number] for task in held]
        rows += [[name, r.number, r.code, r.text, r.due, r.lead, r.support, r.row] for r in said]
        if not held:
            rows.append([name, None, "", say("没有", "none"), "", "", "", ""])
    _plain_sheet(workbook, say("待明确事项", "To be settled"), fields, rows)


def _plain_sheet(workbook: Workbook, title: str, fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> None:
    sheet = workbook.create_sheet(title)
    head(sheet, 1, fields)
    last = body(sheet, 2, fields, rows) - 1
    end_rule(sheet, last, fields)
    filtered(sheet, 1, len(fields), last, "A2")
    page(sheet, foot=f"{workbook.properties.title} · {title}")


def _task_sheet(
    workbook: Workbook,
    whole: _Breakdown,
    title: str,
    top: Sequence[str],
    fields: Sequence[Field],
    rows: Sequence[Sequence[Any]],
    freeze: str,
) -> None:
    """Write a table of tasks under its title and remarks, and the notes below it."""
    sheet: Worksheet = workbook.create_sheet(whole.say("任务分解表", "Tasks"))
    width = sum(field.width for field in fields)
    _line(sheet, 1, title, font(16, INK, True), 34)
    for row, text in enumerate(top, 2):
        _line(sheet, row, text, font(10, SOFT if row == 2 else INK), 17)
    first = len(top) + 3
    sheet.row_dimensions[first - 1].height = 6
    head(sheet, first, fields)
    last = body(sheet, first + 1, fields, rows, 26) - 1
    end_rule(sheet, last, fields)
    filtered(sheet, first, len(fields), last, f"{freeze}{first + 1}")
    for row, text in enumerate(_notes(whole), last + 1):
        _line(sheet, row, text, font(9, SOFT), 3 + 14 * lines_in(text, width))
    page(sheet, foot=f"{title} · {whole.instrument.id}")


def _line(sheet: Worksheet, row: int, text: str, face: Any, height: float) -> None:
    cell = write(sheet, row, 1, text, "@")
    cell.font, cell.alignment = face, Alignment("left", "center")
    sheet.row_dimensions[row].height = height


# -------------------------------------------------------------------------------------------------------- pages

#: Widths of the columns, in per cent; small print under a task; links.
_STYLE = (
    ".ev .tasks table{table-layout:fixed}"
    ".ev .tasks th:nth-child(1){width:5.5%}.ev .tasks th:nth-child(2){width:36%}.ev .tasks th:nth-child(3){width:13.5%}"
    ".ev .tasks th:nth-child(4){width:16.5%}.ev .tasks th:nth-child(6){width:8.5%}"
    ".ev .tasks table td.r{white-space:normal}"
    ".ev:lang(en) td{word-break:keep-all}.ev:lang(en) .tasks th:nth-child(2){width:32%}"
    ".ev:lang(en) .tasks th:nth-child(4){width:14%}.ev .open td:nth-child(2){white-space:nowrap}"
    ".ev .open table{table-layout:fixed}.ev .open th:nth-child(1){width:6%}.ev .open th:nth-child(2){width:9%}"
    ".ev .open th:nth-child(4){width:19%}.ev .open th:nth-child(5){width:26%}"
    ".ev .s{display:block;font-size:7.6pt;line-height:1.45;color:#566270}"
    ".ev a{color:#1F4E79;text-decoration:none}"
)


def _title(whole: _Breakdown, title: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return the style, the running foot, the title and one line of facts."""
    style = (resources.files("evalsys.reporting") / "report.css").read_text("utf-8")
    foot = f"{title} · {whole.instrument.id}".translate(dict.fromkeys(map(ord, '\\"<')))
    face = 'font:7.2pt/1.3 "Report Sans";color:#566270'
    paper = (
        f'@page{{@bottom-left{{content:"{foot}";{face}}}'
        f'@bottom-right{{content:counter(page) " / " counter(pages);{face}}}}}'
    )
    kind = whole.say("任务分解表", "Task breakdown")
    four = whole.say("定任务、定时限、定标准、定责任", "task, time limit, standard, responsibility")
    meta = "".join(f"<span>{name} <b>{escape(value)}</b></span>" for name, value in facts)
    return block(
        whole.lang,
        f"<style>{style}{_STYLE}{paper}</style>",
        f'<header><div class="eyebrow"><span>{kind}</span><span>{four}</span></div>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="meta">{meta}</p></header>',
    )


def _unit_page(whole: _Breakdown, each: UnitTasks) -> list[str]:
    say, lang = whole.say, whole.lang
    name = _body(whole.names[each.unit], lang)
    facts = [
        (say("测评体系", "Instrument"), whole.instrument.title.say(lang)),
        (say("来源", "Source"), _source(whole)),
        (say("任务", "Tasks"), _counts(each, whole)),
    ]
    parts = [_title(whole, say(f"{name}任务分解表", f"Task breakdown: {name}"), facts)]
    remarks = _remarks(each, lang)
    if remarks:
        listed = "".join(f"<br>{escape(text)}" for text in remarks)
        parts.append(block(lang, f'<div class="note"><b>{say("待明确", "To be settled")}</b>{listed}</div>'))
    sections = [
        ("lead", "牵头任务", "Tasks to lead", each.lead),
        ("support", "配合任务", "Tasks to support", each.support),
    ]
    for number, (ident, zh, en, held) in zip("一二", (s for s in sections if s[3]), strict=False):
        scored = sum(task.scored for task in held)
        told = say(f"共{len(held)}项，其中计分{scored}项。", f"{plural(len(held), 'task')}, of which scored: {scored}.")
        parts.append(block(lang, section(number, ident, zh, en, lang, told), _task_table(whole, held)))
    return [*parts, _foot(whole)]


def _overview_page(whole: _Breakdown) -> list[str]:
    say, lang = whole.say, whole.lang
    facts = [
        (say("测评体系", "Instrument"), whole.instrument.title.say(lang)),
        (say("来源", "Source"), _source(whole)),
        (say("任务", "Tasks"), _size(whole)),
    ]
    nobody = sum(not task.units for task in whole.tasks)
    told = say("来源未定或并列的，列在前面，明确后再下达。", "What the source leaves open comes first.")
    units = say(f"共{len(whole.units)}家。", f"{plural(len(whole.units), 'body', 'bodies')}. ")
    if nobody:
        units += say(
            f"另有{nobody}项任务不属任何单位，见待明确事项和总表。",
            f"Tasks that no body answers for: {nobody}; see what is to be settled, and all tasks.",
        )
    return [
        _title(whole, whole.instrument.title.say(lang) + say("：任务分解总表", ": tasks"), facts),
        block(lang, section("一", "open", "待明确事项", "To be settled", lang, told), *_open_parts(whole)),
        block(lang, section("二", "bodies", "责任单位", "Bodies", lang, units), _index(whole)),
        block(
            lang,
            section(
                "三", "tasks", "任务总表", "All tasks", lang, escape(_size(whole)) + say("。", "."), page_break=True
            ),
            _task_table(whole, whole.tasks),
        ),
        _foot(whole),
    ]


def _size(whole: _Breakdown) -> str:
    n, scored = len(whole.tasks), sum(task.scored for task in whole.tasks)
    dated = sum(task.code is None for task in whole.tasks)
    said = whole.say(
        f"{n}项任务，计分{scored}项，不计分{n - scored}项", f"{plural(n, 'task')}: {scored} scored, {n - scored} not"
    )
    return said + (whole.say(f"（其中日程{dated}项）", f" (of these dated entries: {dated})") if dated else "")


def _open_parts(whole: _Breakdown) -> Iterator[str]:
    """Yield a heading and a short table for each matter that is open; who supports may lead once that is settled."""
    say = whole.say
    heads = [("序号", "No."), ("编码", "Code"), ("任务内容", "Task"), ("牵头单位", "Lead"), ("配合单位", "Support")]
    columns = [Column(say(zh, en)) for zh, en in heads]
    for name, held in _matters(open_matters(whole.tasks), whole.lang).items():
        count = say(f"{len(held)}项", str(len(held)))
        yield f"<h3>{escape(name)}{say('：', ': ')}{count}</h3>"
        shown = 4 if name == _MATTERS["no_deadline"].say(whole.lang) else 5
        said = (whole.rows[task.number] for task in held)
        rows = [[str(r.number), *map(safe, (r.code, r.text, r.lead, r.support))][:shown] for r in said]
        if rows:
            yield f'<div class="open">{table(columns[:shown], rows, tight=True)}</div>'


def _index(whole: _Breakdown) -> str:
    say = whole.say
    columns = [
        Column(say("序号", "No.")),
        Column(say("责任单位", "Body")),
        Column(say("牵头", "Leads"), classes="r"),
        Column(say("配合", "Supports"), classes="r"),
        Column(say("工作簿", "Workbook")),
    ]
    rows = []
    for place, each in enumerate(whole.units, 1):
        stem = whole.stem(place)
        page_link = _link(f"{stem}.html", _body(whole.names[each.unit], whole.lang))
        rows.append(
            [str(place), page_link, str(len(each.lead)), str(len(each.support)), _link(f"{stem}.xlsx", f"{stem}.xlsx")]
        )
    return table(columns, rows, tight=True) if rows else ""


def _link(name: str, words: str) -> str:
    return f'<a href="{quote(name)}">{safe(words)}</a>'


def _task_table(whole: _Breakdown, tasks: Iterable[Task]) -> str:
    say = whole.say
    columns = [
        Column(say("序号", "No.")),
        Column(say("任务内容", "Task")),
        Column(say("完成时限", "Time limit")),
        Column(say("达到标准", "Standard")),
        Column(say("责任单位", "Responsible")),
        Column(say("分值", "Points"), classes="r"),
    ]
    return f'<div class="tasks">{table(columns, [_html(whole, whole.rows[task.number]) for task in tasks])}</div>'


def _html(whole: _Breakdown, row: _Row) -> list[str]:
    say = whole.say
    colon, dot = say("：", ": "), " · "
    where = dot.join(filter(None, (row.code, row.within)))
    source = " ".join(filter(None, (row.clause, row.row)))
    how = [(say("方法", "By"), row.methods), (say("点位", "At"), row.sites), (say("来源", "Source"), source)]
    more = [(say("假定", "Assumed"), row.assumed), (say("说明", "Note"), row.note)]
    small = [where, dot.join(name + colon + text for name, text in how if text)]
    small += [name + colon + text for name, text in more if text]
    task = safe(row.text) + "".join(f'<span class="s">{safe(text)}</span>' for text in small if text)
    who = say("牵头：", "Lead: ") + safe(row.lead)
    who += "<br>" + say("配合：", "Support: ") + safe(row.support) if row.support else ""
    worth = f"q|{safe(row.points)}" if isinstance(row.points, str) else points(row.points)
    due = f"q|{safe(row.due)}" if row.due == _OPEN.say(whole.lang) else safe(row.due)
    return [str(row.number), task, due, safe(row.standard), who, worth]


def _foot(whole: _Breakdown) -> str:
    made = f"evalsys {evalsys.__version__} · {whole.instrument.id}"
    lines = "<br>".join(map(escape, (*_notes(whole), made)))
    return block(whole.lang, f'<div class="prov">{lines}</div>')
