"""Results as listings and JSON: what the command line prints and other programs read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from evalsys import wording
from evalsys.after_views import settled_json, settled_sentence, step_listing
from evalsys.evidence import Assessment
from evalsys.faults import COLUMNS, Fault
from evalsys.instrument import Instrument
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.scoring import NodeScore, Score
from evalsys.views import tree_view

__all__ = [
    "check_json",
    "check_listing",
    "fault_listing",
    "faults_json",
    "instrument_listing",
    "instruments_json",
    "score_csv",
    "score_json",
    "score_text",
    "statement",
    "weights_listing",
]

_STATEMENT = (
    Column("code", Text("编码", "code")),
    Column("name", Text("名称", "name")),
    Column("points", Text("分值", "points"), "points"),
    Column("assessed", Text("已测评", "assessed"), "points"),
    Column("won", Text("得分", "won"), "points"),
    Column("lost", Text("失分", "lost"), "points"),
    Column("rate", Text("得分率", "rate"), "share"),
    Column("checks", Text("检查", "checks"), "count"),
    Column("why", Text("原因", "why")),
    Column("source", Text("来源", "source")),
)


def statement(result: Score, lang: Lang) -> Listing:
    """Return the score statement: one row per node, leaves only where a standard has several methods."""
    instrument = result.assessment.instrument
    shown = [node for node in result.nodes if not _only_leaf(instrument, node.place)]
    rows = [
        (
            instrument.nodes[node.place].code,
            wording.node_name(instrument, node.place, lang),
            node.points,
            node.assessed,
            node.won,
            node.lost,
            node.attainment,
            node.checks,
            wording.reason(result, node, lang) if node.place else "",
            wording.source_text(instrument, node.place, lang),
        )
        for node in shown
    ]
    return Listing(_STATEMENT, rows, [instrument.nodes[node.place].depth for node in shown])


def _only_leaf(instrument: Instrument, place: int) -> bool:
    node = instrument.nodes[place]
    return node.kind == "leaf" and len(instrument.nodes[node.parent].children) == 1


def score_text(result: Score, lang: Lang) -> str:
    """Return the result for a terminal: a few lines, then the score statement."""
    after = step_listing(result.settled, result.assessment.instrument, lang)
    rows = ["", after.as_text(lang)] if after.rows else []
    return "\n".join([*_summary(result, lang), *rows, "", statement(result, lang).as_text(lang)])


def score_csv(result: Score, lang: Lang) -> str:
    """Return the score statement as CSV."""
    return statement(result, lang).as_csv(lang)


def _summary(result: Score, lang: Lang) -> list[str]:
    """Return the result in a few lines: score, rate, worst and best, pass mark, what is left out, assumed and noted."""
    first, second, where = wording.result_sentence(result, tree_view(result, "site_type"), lang)
    parts = Text("；", "; ").say(lang).join(part for part in (first, second, where) if part)
    lines = [wording.title(result, lang), parts + Text("。", ".").say(lang)]
    if result.not_assessed:
        a, b, low, high = map(wording.points, (result.assessed, result.not_assessed, result.worst, result.best))
        lines.append(
            Text(
                f"已测评 {a} 分，未测评 {b} 分；最低 {low} 分，最高 {high} 分。",
                f"{a} points assessed, {b} not; at worst {low} points, at best {high}.",
            ).say(lang)
        )
    if result.pass_mark is not None:
        full = result.assessment.instrument.full_marks
        told = wording.pass_mark_text(result.pass_mark, full, lang)
        lines.append(Text(f"目标线：{told}", f"Pass mark: {told}").say(lang))
    told = settled_sentence(result.settled, lang)
    if told:
        lines.append(Text("总分之后：", "After the total: ").say(lang) + told)
    if result.left_out:
        codes = " ".join(result.left_out)
        lines.append(Text(f"按要求未计入：{codes}", f"Left out as asked: {codes}").say(lang))
    lines += [Text("假定：", "Assumed: ").say(lang) + text.say(lang) for text in result.assumed]
    lines += [Text("说明：", "Note: ").say(lang) + text.say(lang) for text in result.assessment.notes]
    return lines


def score_json(result: Score, lang: Lang) -> str:
    """Return the result as JSON: exact numbers as text beside floats.

    Keys: ``schema, instrument, place, round, evidence_hash, score, full_marks, won, assessed, attainment, worst, best,
    pass_mark, passes, after_total, left_out, nodes, not_assessed, assumed, notes``.
    """
    assessment, instrument = result.assessment, result.assessment.instrument
    mark = result.pass_mark
    missing = [node.place for node in result.nodes if node.state == "missing"]
    return _json(
        {
            "instrument": instrument.id,
            "place": assessment.settings.place,
            "round": assessment.settings.round,
            "evidence_hash": assessment.evidence_hash,
            "score": number(result.value),
            "full_marks": number(instrument.full_marks),
            "won": number(result.won),
            "assessed": number(result.assessed),
            "attainment": number(result.attainment),
            "worst": number(result.worst),
            "best": number(result.best),
            "pass_mark": None if mark is None else _mark(result),
            "passes": result.passes,
            "after_total": settled_json(result.settled, instrument, lang),
            "left_out": list(result.left_out),
            "nodes": [_node(result, node, lang) for node in result.nodes],
            "not_assessed": [instrument.nodes[n].code for n in missing if instrument.nodes[n].kind == "leaf"],
            "assumed": [text.say(lang) for text in result.assumed],
            "notes": [text.say(lang) for text in assessment.notes],
        }
    )


def _json(content: dict[str, Any]) -> str:
    return json.dumps({"schema": 1, **content}, ensure_ascii=False, indent=1)


def _mark(result: Score) -> dict[str, Any]:
    mark = result.pass_mark
    assert mark is not None
    return {**(number(mark.value) or {}), "status": mark.status, "set_by": mark.set_by}


def _node(result: Score, node: NodeScore, lang: Lang) -> dict[str, Any]:
    here = result.assessment.instrument.nodes[node.place]
    numbers = {name: number(getattr(node, name)) for name in ("points", "assessed", "won", "lost", "attainment")}
    return {
        "code": here.code,
        "kind": here.kind,
        "name": here.name.say(lang),
        "state": node.state,
        **numbers,
        "checks": node.checks,
        "findings": node.findings,
    }


# --------------------------------------------------------------------------------------------------- checking

_TABLES = {
    "sites": Text("点位", "sites"),
    "observations": Text("检查记录", "observations"),
    "responses": Text("问卷回答", "survey answers"),
    "materials": Text("材料", "materials"),
    "events": Text("事件", "events"),
    "fixes": Text("整改项目", "fixes"),
    "capacity": Text("人力", "capacity"),
    "projects": Text("项目台账", "projects"),
    "units": Text("责任单位", "units"),
    "areas": Text("属地", "areas"),
}
_CHECK = (
    Column("content", Text("内容", "content")),
    Column("rows", Text("数量", "count"), "count"),
    Column("note", Text("说明", "note")),
)


def check_listing(assessment: Assessment, lang: Lang) -> Listing:
    """Return what was read: every table with its rows, then the notes and the hash of the evidence."""
    counted = int(assessment.observations["counts"].sum())
    told = {"observations": Text(f"其中 {counted} 条计入本轮", f"{counted} of them count in this round").say(lang)}
    rows: list[tuple[str, int | None, str]] = [
        (name.say(lang), len(getattr(assessment, table)), told.get(table, "")) for table, name in _TABLES.items()
    ]
    rows += [(Text("说明", "note").say(lang), None, note.say(lang)) for note in assessment.notes]
    rows.append((Text("依据指纹", "evidence hash").say(lang), None, assessment.evidence_hash))
    return Listing(_CHECK, rows)


def check_json(assessment: Assessment, lang: Lang) -> str:
    """Return what was read as JSON: no faults, the rows of every table, the notes and the hash of the evidence."""
    return _json(
        {
            "faults": [],
            "instrument": assessment.instrument.id,
            "tables": {table: len(getattr(assessment, table)) for table in _TABLES},
            "counted": int(assessment.observations["counts"].sum()),
            "notes": [note.say(lang) for note in assessment.notes],
            "evidence_hash": assessment.evidence_hash,
        }
    )


def fault_listing(faults: Iterable[Fault], lang: Lang) -> Listing:
    """Return the faults of an input, one per row."""
    keys = ("file", "row", "column", "value", "problem", "allowed", "nearest")
    columns = [Column(key, heading) for key, heading in zip(keys, COLUMNS, strict=True)]
    return Listing(columns, [fault.cells(lang) for fault in faults])


def faults_json(faults: Iterable[Fault], lang: Lang) -> str:
    """Return the faults of an input as JSON; ``problem`` is a key that stays, ``message`` is for people."""
    return _json(
        {
            "faults": [
                {
                    "file": fault.file,
                    "row": fault.row,
                    "column": fault.column,
                    "value": fault.value,
                    "problem": fault.problem,
                    "message": fault.say(lang),
                    "allowed": fault.allowed,
                    "nearest": fault.nearest,
                }
                for fault in faults
            ]
        }
    )


# ------------------------------------------------------------------------------------------------ instruments

_INSTRUMENT = (
    Column("id", Text("编号", "id")),
    Column("title", Text("名称", "title")),
    Column("full_marks", Text("满分", "full marks"), "points"),
    Column("indicators", Text("指标", "indicators"), "count"),
    Column("standards", Text("标准", "standards"), "count"),
    Column("leaves", Text("得分单元", "leaves"), "count"),
    Column("weights", Text("权重", "weights")),
)


def instrument_listing(instruments: Sequence[Instrument], lang: Lang) -> Listing:
    """Return one row per instrument."""
    status = {"printed": Text("印明", "printed"), "assumed": Text("假定", "assumed")}
    rows = [
        (
            i.id,
            i.title.say(lang),
            i.full_marks,
            sum(node.depth == 1 for node in i.nodes),
            len(i.standards),
            len(i.leaves),
            status[i.weights["status"]].say(lang),
        )
        for i in instruments
    ]
    return Listing(_INSTRUMENT, rows)


_WEIGHTS = (
    Column("code", Text("编码", "code")),
    Column("name", Text("名称", "name")),
    Column("points", Text("分值", "points"), "points"),
    Column("share", Text("占比", "share"), "share"),
    Column("siblings", Text("占同级", "of siblings"), "share"),
    Column("ratio", Text("一致性比率", "consistency ratio")),
)


def weights_listing(instrument: Instrument, lang: Lang) -> Listing:
    """Return what each scored part is worth: points, share of the full marks, share among its siblings.

    Where the parts below a node were compared in pairs, its row has their consistency ratio.
    """
    ratios = {found.code: f"{found.ratio:.3f}" for found in instrument.comparisons}
    held = [node for node in instrument.nodes if node.kind != "leaf" and node.scored]
    rows = [
        (
            node.code,
            node.name.say(lang),
            node.points,
            None if node.points is None else node.points / instrument.full_marks,
            node.weight if node.depth else None,
            ratios.get(node.code),
        )
        for node in held
    ]
    return Listing(_WEIGHTS, rows, [node.depth for node in held])


def instruments_json(instruments: Sequence[Instrument], lang: Lang) -> str:
    """Return instruments as JSON."""
    return _json({"faults": [], "instruments": instrument_listing(instruments, lang).as_records()})
