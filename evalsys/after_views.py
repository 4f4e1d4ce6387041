"""What was applied after the total, as rows in words: for the page, the terminal, CSV, JSON and the annex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalsys.after_total import Settled, Step
from evalsys.instrument import ACTIONS, Instrument
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.wording import decimal, points

__all__ = ["KINDS", "VERDICTS", "clause_of", "follows", "settled_json", "settled_sentence", "step_listing"]

KINDS: Mapping[str, Text] = {
    "joined": Text("并入成绩", "joined score"),
    "bonus": Text("加分", "bonus"),
    "negative_list": Text("负面清单", "negative list"),
    "veto": Text("一票否决", "veto"),
    "gates": Text("前置条件", "gate"),
    "ladders": Text("按总分处理", "by the total"),
}
VERDICTS: Mapping[str, Text] = {
    "applied": Text("执行", "applied"),
    "met": Text("具备", "met"),
    "not_met": Text("不具备", "not met"),
    "open": Text("待定", "open"),
    "none": Text("不适用", "does not apply"),
}
_COLUMNS = (
    Column("kind", Text("类别", "kind")),
    Column("code", Text("编码", "code")),
    Column("name", Text("条款内容", "what the clause says")),
    Column("event", Text("事项及日期", "event")),
    Column("verdict", Text("结论", "verdict")),
    Column("why", Text("依据", "because")),
    Column("change", Text("加减分", "change"), "points"),
    Column("total", Text("累计", "total"), "points"),
    Column("follows", Text("后果", "what follows")),
    Column("clause", Text("出处", "clause")),
)


def follows(step: Step, lang: Lang) -> str:
    """Return what follows beside points, as a proposal: a person decides."""
    if step.verdict == "not_met":
        return Text("不得申报或命名", "no application or award").say(lang)
    if step.action is None or step.verdict in ("none", "met"):
        return ""
    words = ACTIONS[step.action].say(lang)
    if step.months:
        words += Text(f" {step.months} 个月", f" for {step.months} months").say(lang)
    return Text("拟", "proposed: ").say(lang) + words


def clause_of(step: Step, instrument: Instrument) -> str:
    """Return where it stands: document and clause."""
    document = step.source.get("document")
    title = "" if document is None else f"《{instrument.documents[document]['title']}》"
    return title + (step.source.get("clause") or step.source.get("row") or "")


def step_listing(settled: Settled, instrument: Instrument, lang: Lang) -> Listing:
    """Return the steps as rows."""
    return Listing(
        _COLUMNS,
        [
            (
                KINDS[step.kind].say(lang),
                step.code,
                step.name.say(lang),
                _event(step, lang),
                VERDICTS[step.verdict].say(lang),
                step.why.say(lang),
                step.change or None,
                step.total,
                follows(step, lang),
                clause_of(step, instrument),
            )
            for step in settled.steps
        ],
    )


def _event(step: Step, lang: Lang) -> str:
    if step.event is None:
        return ""
    day = step.event.date.isoformat()
    return f"{day} {step.event.note}".strip() if lang == "zh" else day


def settled_sentence(settled: Settled, lang: Lang) -> str:
    """Return in one sentence what became of the total; empty where nothing is applied after it."""
    if not settled.steps:
        return ""
    zh, en = [], []
    if settled.raw is not None and settled.value is not None and settled.value != settled.raw:
        gap = settled.value - settled.raw
        a, b, c = points(settled.raw, 2), decimal(abs(gap), 2), points(settled.value, 2)
        zh.append(f"原始得分 {a} 分，{'加' if gap > 0 else '减'} {b} 分，最后得分 {c} 分")
        en.append(f"{a} points, {b} {'added' if gap > 0 else 'taken off'}: {c} in the end")
    if settled.bars:
        names = [step.name for step in settled.bars]
        zh.append(f"无论得分多少均不得命名：{'；'.join(name.zh for name in names)}")
        en.append(f"no title whatever the score: {'; '.join(name.en for name in names)}")
    rest = [step for step in settled.actions if not step.bars]
    if rest:
        zh.append("、".join(dict.fromkeys(follows(step, "zh") for step in rest)))
        en.append(", ".join(dict.fromkeys(follows(step, "en") for step in rest)))
    if settled.open:
        zh.append(f"{len(settled.open)} 项待定")
        en.append(f"{len(settled.open)} still open")
    if not zh:
        return Text("加减分和前置条件均已核对，总分不变。", "Nothing changes the total; every condition holds.").say(
            lang
        )
    whole = "；".join(zh) + "。" if lang == "zh" else "; ".join(en) + "."
    return whole[0].upper() + whole[1:]


def settled_json(settled: Settled, instrument: Instrument, lang: Lang) -> dict[str, Any]:
    """Return it as plain data: exact numbers as text beside floats."""
    return {
        "raw": number(settled.raw),
        "final": number(settled.value),
        "barred": bool(settled.bars),
        "open": len(settled.open),
        "steps": [
            {
                "kind": step.kind,
                "code": step.code,
                "name": step.name.say(lang),
                "verdict": step.verdict,
                "change": number(step.change),
                "total": number(step.total),
                "action": step.action,
                "months": step.months,
                "date": None if step.event is None else step.event.date.isoformat(),
                "because": step.why.say(lang),
                "clause": clause_of(step, instrument),
            }
            for step in settled.steps
        ],
    }
