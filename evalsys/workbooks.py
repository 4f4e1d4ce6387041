"""Workbooks that people print, fill in and send on: rectification lists, and the annex of a score statement.

Numbers in cells are typed and rounded half up once; totals come from the unrounded values. The same result gives the
same bytes: no clock, no user name and no zip time stamp goes into a file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

import evalsys
from evalsys.after_views import step_listing
from evalsys.evidence import Assessment
from evalsys.faults import Fault, InputFaults
from evalsys.files import atomic
from evalsys.instrument import METHODS, Instrument
from evalsys.language import Lang, Text
from evalsys.rulebook import Rule
from evalsys.scoring import Score
from evalsys.sheets import (
    DAY,
    INK,
    LOST,
    POINTS,
    RATE,
    SOFT,
    Field,
    body,
    end_rule,
    filtered,
    font,
    head,
    new_workbook,
    packed,
    page,
    restyle,
    row_of,
    write,
)
from evalsys.views import findings, plain_view, tree_view
from evalsys.wording import decimal, group_name, observed, pass_mark_text, points, round_name

__all__ = ["observed", "rectification_lists", "score_workbook"]


# ------------------------------------------------------------------------------------------ what was found, in words


@dataclass(frozen=True)
class _Finding:
    """One finding with everything a list says of it."""

    row: Any
    area: str
    units: tuple[str, ...]
    site: str
    site_id: str
    site_type: str
    code: str
    text: str
    method: str
    indicator: str
    seen: str
    lost: Fraction
    observed_on: datetime.date | None
    note: str


def _findings(result: Score, lang: Lang) -> list[_Finding]:
    assessment, instrument = result.assessment, result.assessment.instrument
    columns = (assessment.observations[name].tolist() for name in ("observation_id", "n", "observed_on"))
    details = {name: (n, day) for name, n, day in zip(*columns, strict=True)}
    rows: list[Any] = list(findings(result).itertuples(index=False))
    return [_finding(assessment, instrument, row, details.get(row.observation_id, (None, None)), lang) for row in rows]


def _finding(assessment: Assessment, instrument: Instrument, row: Any, detail: tuple[Any, Any], lang: Lang) -> _Finding:
    leaf = instrument.nodes[row.leaf]
    standard = instrument.nodes[leaf.parent].standard
    rule = standard.rules[str(leaf.method)] if standard else Rule("met")
    n, day = detail
    site = assessment.sites.iloc[row.site] if row.site >= 0 else None
    return _Finding(
        row=row,
        area=row.area or "",
        units=row.units,
        site="" if site is None else site["name"],
        site_id="" if site is None else site["site_id"],
        site_type="" if site is None else instrument.site_types[site["site_type"]].say(lang),
        code=row.standard,
        text=standard.text.say(lang) if standard else "",
        method=METHODS[str(leaf.method)].say(lang),
        indicator=instrument.nodes[instrument.indicator_of(row.leaf)].name.say(lang),
        seen=observed(rule, row.value, n, lang, row.by),
        lost=row.lost,
        observed_on=None if pd.isna(day) else day.date(),
        note=row.note,
    )


# ------------------------------------------------------------------------------------------------ rectification lists


def rectification_lists(
    result: Score, folder: Path, *, due: datetime.date | None = None, lang: Lang = "zh", notes: bool = False
) -> list[Path]:
    """Write one rectification list [整改交办单] per responsible unit, and one per area for what no unit answers for.

    Parameters
    ----------
    result : Score
    folder : Path
        Made where it is missing.
    due : date, optional
        Day by which all must be mended; otherwise seven days after the check, or left open where its day is unknown.
    lang : {'zh', 'en'}
    notes : bool
        Whether the free-text notes of the inspectors go into the lists.

    Returns
    -------
    list of Path
        Heaviest list first. A finding of two units stands in the lists of both.

    Raises
    ------
    InputFaults
        If a list of that name exists and differs: somebody may have filled it in. Nothing is written then.
    """
    groups: dict[tuple[str, str], list[_Finding]] = {}
    for found in _findings(result, lang):
        for unit in found.units:
            groups.setdefault(("unit", unit), []).append(found)
        if not found.units:
            groups.setdefault(("area", found.area), []).append(found)
    ordered = sorted(groups.items(), key=lambda item: (-_total(item[1]), item[0]))
    contents: dict[Path, bytes] = {}
    taken: set[str] = set()
    for (kind, name), held in ordered:
        who = name if kind == "unit" else _nobody(name, lang)
        path = folder / _file_name(Text("整改交办单", "rectification").say(lang), who, taken)
        contents[path] = packed(_rectification(result, held, who, name if kind == "unit" else "", due, lang, notes))
    _refuse_changed(contents)
    for path, content in contents.items():
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return list(contents)


def _refuse_changed(contents: Mapping[Path, bytes]) -> None:
    """Raise for every target that exists with other content."""
    same = {path for path, content in contents.items() if path.is_file() and path.read_bytes() == content}
    faults = [Fault("exists", str(path)) for path in contents if path not in same and path.exists()]
    if faults:
        raise InputFaults(faults)


def _total(found: Iterable[_Finding]) -> Fraction:
    return sum((each.lost for each in found), Fraction(0))


def _nobody(area: str, lang: Lang) -> str:
    return area + Text("〔未登记责任单位〕", " [no unit on record]" if area else "[no unit on record]").say(lang)


def _file_name(kind: str, who: str, taken: set[str]) -> str:
    """Return a file name that Windows takes, and that no other list of this run has."""
    stem = f"{kind}-" + re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", who)[:80].rstrip(". ")
    name, count = stem, 1
    while name.casefold() in taken:
        count += 1
        name = f"{stem}-{count}"
    taken.add(name.casefold())
    return f"{name}.xlsx"


def _rectification_fields(lang: Lang) -> list[Field]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(lang)

    return [
        Field(say("序号", "No."), 5.5, "0", "center"),
        Field(say("属地", "Area"), 11),
        Field(say("点位", "Site"), 16),
        Field(say("测评标准", "Standard"), 9.5),
        Field(say("标准内容", "What is demanded"), 28),
        Field(say("发现问题", "What was found"), 20),
        Field(say("失分\n（总分）", "Points lost\n(of the total)"), 12, POINTS, "right"),
        Field(say("检查日期", "Checked on"), 12.5, DAY, "center"),
        Field(say("整改期限", "Due"), 11.5, DAY, "center", True),
        Field(say("整改情况", "What was done"), 24, "@", "left", True),
        Field(say("完成日期", "Done on"), 11.5, DAY, "center", True),
        Field(say("复核", "Verified"), 9, "@", "center", True),
        Field(say("备注", "Remarks"), 18),
    ]


def _rectification(
    result: Score,
    held: Sequence[_Finding],
    who: str,
    unit: str,
    due: datetime.date | None,
    lang: Lang,
    notes: bool,
) -> Workbook:
    """Lay out one list as an official form."""
    instrument, settings = result.assessment.instrument, result.assessment.settings
    name = Text(f"{who}整改交办单", f"Rectification list: {who}").say(lang)
    workbook = new_workbook(name)
    sheet = workbook.create_sheet(Text("整改交办单", "Rectification").say(lang))
    fields = _rectification_fields(lang)
    total = _total(held)
    title = Text(f"{who.replace('〔', '（').replace('〕', '）')}整改交办单", name).say(lang)
    round_shown = round_name(settings.round, lang)
    meta = Text(
        f"{settings.place}　　{round_shown}　　依据：{instrument.title.zh}",
        f"{settings.place}     {round_shown}     Instrument: {instrument.title.en}",
    ).say(lang)
    full = points(instrument.full_marks)
    count = Text(
        f"共 {len(held)} 条问题，失分 {decimal(total, 3)} 分（总分 {full} 分）",
        f"{len(held)} finding{'s' * (len(held) > 1)}, {decimal(total, 3)} points lost (of {full})",
    ).say(lang)
    _banner(sheet, [title, meta, count], len(fields))
    head(sheet, 5, fields)
    rows = [_rectification_row(place, found, unit, due, lang, notes) for place, found in enumerate(held, 1)]
    last = body(sheet, 6, fields, rows, 26)
    label = Text("合计", "Total").say(lang)
    body(sheet, last, fields, [[None, label, *[None] * 4, total, *[None] * 6]], 24)
    restyle(row_of(sheet, last, len(fields)), lambda cell: setattr(cell, "font", font(bold=True)))
    end_rule(sheet, last, fields, "thin")
    _below(sheet, last + 1, _rectification_notes(held, due, lang))
    page(sheet, foot=f"{name} · {settings.place} · {settings.round}")
    sheet.freeze_panes = "A6"
    return workbook


def _rectification_row(
    place: int, found: _Finding, unit: str, due: datetime.date | None, lang: Lang, notes: bool
) -> list[Any]:
    until = due or (found.observed_on and found.observed_on + datetime.timedelta(days=7))
    others = [other for other in found.units if other != unit]
    remarks = []
    if others:
        remarks.append(Text(f"协同单位：{'、'.join(others)}", f"together with: {', '.join(others)}").say(lang))
    if until is None:
        remarks.append(Text("期限待定", "due date open").say(lang))
    seen = f"{found.seen}\n{found.note}" if notes and found.note else found.seen
    site = found.site or Text("（不在点位上）", "(not at a site)").say(lang)
    known = [place, found.area, site, found.code, found.text, seen, found.lost, found.observed_on, until]
    return [*known, None, None, None, Text("；", "; ").say(lang).join(remarks)]


def _rectification_notes(held: Sequence[_Finding], due: datetime.date | None, lang: Lang) -> list[str]:
    said = [
        Text(
            "失分按测评体系折算：每个得分单元的分值由其各条检查均分，失分按各条所缺分摊，各条相加即总分所失。"
            "表中保留三位小数，合计按未取整的数值计算。",
            "Points lost are by the tree rule: the checks of a leaf share its points equally and its loss by what each "
            "lacks. Three decimals are shown; the total is of unrounded values.",
        )
    ]
    if due is None and any(found.observed_on for found in held):
        said.append(Text("整改期限为检查日期后 7 天。", "Due seven days after the check."))
    if any(len(found.units) > 1 for found in held):
        said.append(
            Text(
                "有协同单位的问题同时列入各单位交办单，各单位失分相加会大于总失分。",
                "A finding of several units stands in the list of each, so the lists add up to more than the loss.",
            )
        )
    stamp = Text(
        "交办单位（盖章）：　　　　　　　　交办日期：　　　　　　　　承办单位（盖章）：　　　　　　　　办结日期：",
        "Issued by (stamp):                    on:                    Received by (stamp):                    "
        "completed on:",
    )
    return [text.say(lang) for text in (*said, stamp)]


def _banner(sheet: Worksheet, lines: Sequence[str], columns: int) -> None:
    """Write the title and the lines under it across the table, without merging cells."""
    styles = [(font(16, INK, True), 34), (font(10, SOFT), 18), (font(11, INK, True), 20)]
    for row, (text, (face, height)) in enumerate(zip(lines, styles, strict=True), 1):
        write(sheet, row, 1, text, "@")
        for place in range(1, columns + 1):
            sheet.cell(row, place).alignment = Alignment("centerContinuous", "center")
        sheet.cell(row, 1).font = face
        sheet.row_dimensions[row].height = height
    sheet.row_dimensions[4].height = 6


def _below(sheet: Worksheet, row: int, lines: Sequence[str]) -> None:
    """Write the notes under a table, and last the line for stamps."""
    for place, text in enumerate(lines):
        last = place == len(lines) - 1
        cell = write(sheet, row + place + last, 1, text, "@")
        cell.font = font(10.5) if last else font(9, SOFT)
        cell.alignment = Alignment("left", "center")
        sheet.row_dimensions[row + place + last].height = 30 if last else 17


# ----------------------------------------------------------------------------------------- annex: the score statement

_STATES = {
    "assessed": Text("已测评", "assessed"),
    "partly": Text("部分未测评", "partly not assessed"),
    "missing": Text("未测评", "not assessed"),
    "dropped": Text("不适用", "does not apply"),
    "unscored": Text("不计分", "not scored"),
}
_LEVELS = {
    "instrument": Text("总分", "whole"),
    "indicator": Text("测评项目", "indicator"),
    "standard": Text("测评标准", "standard"),
    "leaf": Text("得分单元", "leaf"),
}


def score_workbook(result: Score, path: Path, lang: Lang = "zh") -> Path:
    """Write the annex of a score statement: every node, the findings, and the views by unit, area and site type.

    Parameters
    ----------
    result : Score
    path : Path
        Replaced as a whole where it exists.
    lang : {'zh', 'en'}

    Returns
    -------
    Path
        `path`. The same result gives the same bytes.
    """
    workbook = new_workbook(Text("得分明细", "Score statement").say(lang))
    _statement_sheet(workbook, result, lang)
    _findings_sheet(workbook, result, lang)
    for by, zh, en in (
        ("unit", "责任单位", "Units"),
        ("area", "属地", "Areas"),
        ("site_type", "点位类型", "Site types"),
    ):
        _view_sheet(workbook, result, by, Text(zh, en).say(lang), lang)
    if result.settled.steps:
        steps = step_listing(result.settled, result.assessment.instrument, lang)
        steps.add_sheet(workbook, Text("总分之后", "After the total").say(lang), lang)
    _about_sheet(workbook, result, lang)
    settings = result.assessment.settings
    for sheet in workbook.worksheets:
        page(
            sheet, foot=f"{sheet.title} · {settings.place} · {settings.round} · {result.assessment.evidence_hash[:12]}"
        )
    content = packed(workbook)
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


def _table_sheet(
    workbook: Workbook, title: str, fields: Sequence[Field], rows: Sequence[Sequence[Any]], freeze: str
) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(title)
    head(sheet, 1, fields)
    body(sheet, 2, fields, rows, 18)
    end_rule(sheet, len(rows) + 1, fields)
    filtered(sheet, 1, len(fields), len(rows) + 1, freeze)
    return sheet


def _statement_sheet(workbook: Workbook, result: Score, lang: Lang) -> None:
    instrument = result.assessment.instrument
    said = [
        ("编码", "Code", 20, "@", "left"),
        ("名称", "Name", 46, "@", "left"),
        ("层级", "Level", 11, "@", "left"),
        ("分值", "Points", 10, POINTS, "right"),
        ("已测评", "Assessed", 10, POINTS, "right"),
        ("得分", "Won", 10, POINTS, "right"),
        ("失分", "Lost", 10, POINTS, "right"),
        ("得分率", "Attainment", 12, RATE, "right"),
        ("检查数", "Checks", 9, "0", "right"),
        ("问题数", "Findings", 10, "0", "right"),
        ("状态", "State", 19, "@", "left"),
    ]
    fields = [Field(Text(zh, en).say(lang), width, form, across) for zh, en, width, form, across in said]
    rows = []
    for node in result.nodes:
        here = instrument.nodes[node.place]
        name = METHODS[str(here.method)] if here.kind == "leaf" else here.name
        numbers = [node.points, node.assessed, node.won, node.lost, node.attainment, node.checks, node.findings]
        rows.append([here.code, name.say(lang), _LEVELS[here.kind].say(lang), *numbers, _STATES[node.state].say(lang)])
    sheet = _table_sheet(workbook, Text("得分明细", "Statement").say(lang), fields, rows, "C2")
    for row, node in enumerate(result.nodes, 2):
        here = instrument.nodes[node.place]
        sheet.cell(row, 2).alignment = Alignment("left", "center", wrap_text=True, indent=here.depth)
        bold, colour = here.depth < 2, SOFT if here.kind == "leaf" else INK
        for place in range(1, len(fields) + 1):
            lost = place == 7 and node.lost and here.kind != "leaf"
            sheet.cell(row, place).font = font(10, LOST if lost else colour, bold)


def _findings_sheet(workbook: Workbook, result: Score, lang: Lang) -> None:
    said = [
        ("序号", "No.", 6, "0", "center"),
        ("记录编号", "Record", 9, "@", "left"),
        ("测评项目", "Indicator", 20, "@", "left"),
        ("测评标准", "Standard", 9.5, "@", "left"),
        ("标准内容", "What is demanded", 26, "@", "left"),
        ("测评方法", "Method", 10, "@", "left"),
        ("点位编号", "Site id", 16, "@", "left"),
        ("点位", "Site", 15, "@", "left"),
        ("点位类型", "Site type", 13, "@", "left"),
        ("属地", "Area", 10, "@", "left"),
        ("责任单位", "Units", 13, "@", "left"),
        ("发现问题", "What was found", 14, "@", "left"),
        ("失分\n（总分）", "Points lost\n(of the total)", 13, POINTS, "right"),
        ("检查日期", "Checked on", 13, DAY, "center"),
    ]
    fields = [Field(Text(zh, en).say(lang), width, form, across) for zh, en, width, form, across in said]
    comma = Text("、", ", ").say(lang)
    rows = [
        [
            *(place, found.row.observation_id, found.indicator, found.code, found.text, found.method),
            *(found.site_id, found.site, found.site_type, found.area, comma.join(found.units)),
            *(found.seen, found.lost, found.observed_on),
        ]
        for place, found in enumerate(_findings(result, lang), 1)
    ]
    _table_sheet(workbook, Text("问题清单", "Findings").say(lang), fields, rows, "C2")


def _view_sheet(workbook: Workbook, result: Score, by: str, title: str, lang: Lang) -> None:
    """Write one view by both rules, each column under the name of its rule."""
    tree, plain = Text("体系分值", "tree rule").say(lang), Text("逐条加总", "plain sums").say(lang)
    said = [
        ("检查数", "Checks", 10, "0", ""),
        ("问题数", "Findings", 10, "0", ""),
        ("分值", "Points", 13, POINTS, tree),
        ("得分", "Won", 13, POINTS, tree),
        ("失分", "Lost", 13, POINTS, tree),
        ("得分率", "Attainment", 13, RATE, tree),
        ("满分", "Points", 13, "0", plain),
        ("得分", "Won", 13, POINTS, plain),
        ("失分", "Lost", 13, POINTS, plain),
        ("得分率", "Attainment", 13, RATE, plain),
        ("名次", "Rank", 13, "0", plain),
    ]
    fields = [Field(title.rstrip("s") if lang == "en" else title, 30)]
    for zh, en, width, form, rule in said:
        heading = Text(zh, en).say(lang) + (Text(f"\n（{rule}）", f"\n({rule})").say(lang) if rule else "")
        fields.append(Field(heading, width, form, "right"))
    by_rows = {row["name"]: row for row in plain_view(result, by).to_dict("records")}
    rows = []
    for view in tree_view(result, by).to_dict("records"):
        other = by_rows[view["name"]]
        name = group_name(result.assessment.instrument, by, view["name"], lang)
        tree_part = [view[key] for key in ("checks", "findings", "points", "won", "lost", "attainment")]
        plain_part = [other[key] for key in ("points", "won", "lost", "attainment", "rank")]
        rows.append([name, *tree_part, *plain_part])
    _table_sheet(workbook, title, fields, rows, "B2")


def _about_sheet(workbook: Workbook, result: Score, lang: Lang) -> None:
    """Say what the numbers are of, by which rules, and what is assumed."""
    fields = [Field(Text("项目", "Item").say(lang), 26), Field(Text("内容", "Content").say(lang), 96)]
    rows = [(label.say(lang), text) for label, text in _about(result, lang)]
    sheet = workbook.create_sheet(Text("说明", "About").say(lang))
    head(sheet, 1, fields)
    body(sheet, 2, fields, rows)
    restyle((sheet.cell(row, 1) for row in range(2, len(rows) + 2)), lambda cell: setattr(cell, "font", font(10, SOFT)))
    end_rule(sheet, len(rows) + 1, fields)
    sheet.freeze_panes = "A2"


def _about(result: Score, lang: Lang) -> Iterable[tuple[Text, str]]:
    assessment, instrument = result.assessment, result.assessment.instrument
    yield Text("地方", "Place"), assessment.settings.place
    yield Text("轮次", "Round"), assessment.settings.round
    yield Text("测评体系", "Instrument"), f"{instrument.title.say(lang)} ({instrument.id})"
    yield Text("总分", "Full marks"), points(instrument.full_marks)
    yield (
        Text("得分（已测评部分折算）", "Score on assessed points"),
        Text("未测评", "not assessed").say(lang)
        if result.value is None
        else f"{points(result.value)} / {points(instrument.full_marks)}",
    )
    yield (
        Text("已测评、未测评分值", "Points assessed, not assessed"),
        (f"{points(result.assessed)}, {points(result.not_assessed)}"),
    )
    yield Text("最低、最高", "Worst, best case"), f"{points(result.worst)}, {points(result.best)}"
    if result.pass_mark is not None:
        yield Text("目标线", "Pass mark"), pass_mark_text(result.pass_mark, instrument.full_marks, lang)
    if result.left_out:
        yield Text("未计入的项目", "Left out"), " ".join(result.left_out)
    yield (
        Text("体系分值", "Tree rule"),
        Text(
            "每个得分单元的分值由其各条检查均分，失分按各条所缺分摊；除责任单位外，各组相加等于合计。",
            "The checks of a leaf share its points equally and its loss by what each lacks. Except by unit, "
            "the groups add up to the whole.",
        ).say(lang),
    )
    yield (
        Text("逐条加总", "Plain sums"),
        Text(
            "每条检查计 1 分，不论其标准分值；名次按得分率，并列同名次。",
            "Each check counts 1, whatever its standard is worth; ranks are by attainment, ties share a rank.",
        ).say(lang),
    )
    yield (
        Text("多个责任单位", "Several units"),
        Text("一条检查有几个单位时，每个单位各计一次。", "A check of several units counts in full for each.").say(lang),
    )
    yield (
        Text("小数", "Decimals"),
        Text(
            "分值保留三位、得分率保留两位，四舍五入；合计与名次按未取整的数值计算。",
            "Points have three decimals and rates two, half up; totals and ranks are of unrounded values.",
        ).say(lang),
    )
    for text in result.assumed:
        yield Text("假定", "Assumed"), text.say(lang)
    for text in assessment.notes:
        yield Text("数据说明", "Note on data"), text.say(lang)
    yield Text("依据哈希（SHA-256）", "Evidence hash (SHA-256)"), assessment.evidence_hash
    yield Text("evalsys 版本", "evalsys version"), evalsys.__version__
