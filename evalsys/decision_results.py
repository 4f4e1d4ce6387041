"""A decided round as rows, JSON and a workbook: every verdict with its reasons, steps, moves, objections, money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import evalsys
from evalsys import decision_words as words
from evalsys.after_views import settled_json, step_listing
from evalsys.decision_matters import Matter, matters
from evalsys.decisions import Decided, Verdict
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.objections import OUTCOMES
from evalsys.selection import Goal
from evalsys.title_words import money_text, proposed
from evalsys.titles import STATES

__all__ = ["annex", "decision_listing", "decision_text", "decisions_json", "sheets"]

_COLUMNS = (
    Column("group", Text("组别", "group")),
    Column("rank", Text("名次", "rank"), "count"),
    Column("name", Text("候选对象", "candidate")),
    Column("state", Text("称号状态", "state")),
    Column("raw", Text("成绩", "score"), "points"),
    Column("change", Text("加减分", "change"), "points"),
    Column("final", Text("最后得分", "final score"), "points"),
    Column("ranked", Text("参评得分", "score that is ranked"), "points"),
    Column("range", Text("名次区间", "range of ranks")),
    Column("decision", Text("意见", "decision")),
    Column("reasons", Text("理由和依据", "reasons and clauses")),
    Column("open", Text("待定事项", "open")),
    Column("proposed", Text("拟变动", "proposed move")),
)


def decision_listing(decided: Decided, lang: Lang) -> Listing:
    """Return a row for each candidate: by group, best first, then those that do not apply.

    `ranked` is the weighted sum of the years where the round weighs years; else it is the final score and left out.
    """
    applying = [v for group in decided.round.groups for v in words.by_rank(decided, group)]
    rest = [v for v in decided.verdicts if v.choice is None]
    kept = [n for n, column in enumerate(_COLUMNS) if column.key != "ranked" or words.years_of(decided)]
    rows = [_row(verdict, decided, lang) for verdict in [*applying, *rest]]
    return Listing([_COLUMNS[n] for n in kept], [[row[n] for n in kept] for row in rows])


def _row(verdict: Verdict, decided: Decided, lang: Lang) -> list[Any]:
    settled, rank = verdict.settled, verdict.rank
    change = None if settled.raw is None or settled.value is None else settled.value - settled.raw
    move = "" if verdict.proposed is None else proposed(verdict.proposed, verdict.state.state).say(lang)
    return [
        decided.round.groups[verdict.applicant.group].say(lang),
        None if rank is None else rank.rank,
        verdict.applicant.name,
        words.state_cell(verdict, lang),
        settled.raw,
        change,
        settled.value,
        verdict.score,
        words.range_said(verdict),
        words.decision_head(verdict, lang),
        words.reasons_said(verdict, lang),
        words.open_said(verdict, lang),
        move,
    ]


def decision_text(decided: Decided, lang: Lang) -> str:
    """Return a round for a terminal: the result, a row for each candidate, and what a person has to decide."""
    result, money = words.lead(decided, lang)
    stop, apart = Text("。", ".").say(lang), Text("；", "; ").say(lang)
    lines = [apart.join(filter(None, (result, money))) + stop, "", decision_listing(decided, lang).as_text(lang)]
    waiting = matters(decided, lang)
    if waiting:
        colon = Text("：", ": ").say(lang)
        lines += ["", Text("须由人工确定：", "For a person to decide:").say(lang)]
        lines += [
            f"- {matter.what}{colon}{words.name_list(matter.names, lang)}{_beside(matter, lang)}" for matter in waiting
        ]
    return "\n".join(lines)


def _beside(matter: Matter, lang: Lang) -> str:
    said = "，".join(filter(None, (matter.clause, matter.by))) if lang == "zh" else ", ".join(
        filter(None, (matter.clause, matter.by))
    )  # fmt: skip
    return f"（{said}）" if lang == "zh" else f" ({said})"


# ------------------------------------------------------------------------------------------------------------ JSON


def decisions_json(decided: Decided, lang: Lang) -> str:
    """Return all of a decided round as JSON; exact numbers stand as text beside the float."""
    found, money = decided.round, decided.selection
    return json.dumps(
        {
            "schema": 1,
            "evalsys": evalsys.__version__,
            "instrument": found.instrument.id,
            "title": found.title.say(lang),
            "place": found.place,
            "round": found.round,
            "year": found.year,
            "decided_on": found.decided_on.isoformat(),
            "assessed_on": None if found.assessed_on is None else found.assessed_on.isoformat(),
            "hash": found.hash,
            "pass_mark": number(None if found.pass_mark is None else found.pass_mark.value),
            "candidates": [_verdict_json(verdict, decided, lang) for verdict in decided.verdicts],
            "groups": [
                {
                    "group": each.group,
                    "name": found.groups[each.group].say(lang),
                    "quota": each.quota,
                    "selected": each.filled,
                    "tied_places": each.waiting,
                    "award": number(each.amount),
                    "cost": number(each.cost),
                    "affordable": each.affordable,
                    "goal": _goal_json(decided.goals.get(each.group)),
                }
                for each in money.groups
            ],
            "money": {
                "measure": None if money.measure is None else money.measure.say(lang),
                "cost": number(money.cost),
                "budget": number(money.budget),
                "reserve": number(money.reserve),
            },
            "to_decide": [
                {"kind": m.kind, "what": m.what, "names": m.names, "clause": m.clause, "by": m.by}
                for m in matters(decided, lang)
            ],
            "due": [
                {
                    "candidate": each.candidate,
                    "state": each.state,
                    "since": None if each.since is None else each.since.isoformat(),
                    "last_day": None if each.last_day is None else each.last_day.isoformat(),
                    "to": each.to,
                    "clause": each.clause,
                }
                for each in decided.due
            ],
            "objections": sheet_objections(decided, lang).as_records(),
            "notes": words.assumptions(decided, lang),
        },
        ensure_ascii=False,
        indent=1,
    )


def _verdict_json(verdict: Verdict, decided: Decided, lang: Lang) -> dict[str, Any]:
    applicant, state, choice, rank = verdict.applicant, verdict.state, verdict.choice, verdict.rank
    place = verdict.range
    return {
        "name": applicant.name,
        "group": applicant.group,
        "state": state.state,
        "since": None if state.since is None else state.since.isoformat(),
        "after_total": settled_json(verdict.settled, decided.round.instrument, lang),
        "earlier": {str(year): number(score) for year, score in sorted(applicant.earlier.items())},
        "score": number(verdict.score),
        "error": number(applicant.error),
        "rank": None if rank is None else rank.rank,
        "range": None if place is None else [place.low, place.high],
        "decision": None if choice is None else choice.decision,
        "place": None if choice is None else choice.place,
        "tied": [] if choice is None else choice.tied,
        "free": 0 if choice is None else choice.free,
        "chosen_because": "" if choice is None else choice.reason,
        "clause": "" if choice is None else choice.clause,
        "bars": [{"reason": bar.reason.say(lang), "clause": bar.clause} for bar in verdict.bars],
        "because": [text.say(lang) for text in verdict.because],
        "open": [text.say(lang) for text in verdict.open],
        "proposed": verdict.proposed,
        "moves": [
            {"to": m.to, "on": m.on.isoformat(), "reason": m.reason, "clause": m.clause}
            for m in decided.round.moves
            if m.candidate == applicant.name
        ],
    }


def _goal_json(goal: Goal | None) -> dict[str, Any] | None:
    if goal is None:
        return None
    return {
        "goal": goal.goal,
        "given": goal.given,
        "needed": goal.needed,
        "years_left": goal.years_left,
        "possible": goal.possible,
        "in_reach": goal.in_reach,
        "repeats": goal.repeats,
    }


# ----------------------------------------------------------------------------------------------------------- annex


def sheets(decided: Decided, lang: Lang) -> Mapping[str, Listing]:
    """Return the sheets of the annex by title: decisions, steps, moves, objections, money, matters for a person."""
    named = {
        Text("评选意见", "decisions"): decision_listing(decided, lang),
        Text("须人工确定", "to decide"): _matters(decided, lang),
        Text("总分之后", "steps"): _steps(decided, lang),
        Text("状态变动", "moves"): _moves(decided, lang),
        Text("异议", "objections"): sheet_objections(decided, lang),
        Text("名额和奖励", "money"): _money(decided, lang),
    }
    return {title.say(lang): made for title, made in named.items() if made.rows}


def _matters(decided: Decided, lang: Lang) -> Listing:
    columns = (
        Column("what", Text("事项", "matter")),
        Column("names", Text("对象", "whom")),
        Column("clause", Text("依据", "clause")),
        Column("by", Text("时限", "by when")),
    )
    rows = [(m.what, words.name_list(m.names, lang), m.clause, m.by) for m in matters(decided, lang)]
    return Listing(columns, rows)


def _steps(decided: Decided, lang: Lang) -> Listing:
    columns: tuple[Column, ...] = ()
    rows = []
    for verdict in decided.verdicts:
        made = step_listing(verdict.settled, decided.round.instrument, lang)
        columns = (_COLUMNS[2], *made.columns)
        rows += [(verdict.applicant.name, *row) for row in made.rows]
    return Listing(columns, rows)


def _moves(decided: Decided, lang: Lang) -> Listing:
    columns = (
        _COLUMNS[2],
        Column("to", Text("转入状态", "to")),
        Column("on", Text("日期", "day")),
        Column("reason", Text("事由", "reason")),
        Column("clause", Text("依据条款", "clause")),
    )
    rows = [(m.candidate, STATES[m.to].say(lang), m.on.isoformat(), m.reason, m.clause) for m in decided.round.moves]
    return Listing(columns, rows)


def sheet_objections(decided: Decided, lang: Lang) -> Listing:
    """Return the objections as rows, with their answers."""
    columns = (
        Column("number", Text("编号", "number")),
        _COLUMNS[2],
        Column("raised_on", Text("提出日期", "raised on")),
        Column("matter", Text("异议事项", "matter")),
        Column("answered_on", Text("答复日期", "answered on")),
        Column("outcome", Text("核查结论", "outcome")),
        Column("answer", Text("答复", "answer")),
    )
    rows = [
        (
            each.number,
            each.candidate,
            each.raised_on.isoformat(),
            each.matter,
            "" if each.answered_on is None else each.answered_on.isoformat(),
            "" if each.outcome is None else OUTCOMES[each.outcome].say(lang),
            each.answer,
        )
        for each in decided.round.objections
    ]
    return Listing(columns, rows)


def _money(decided: Decided, lang: Lang) -> Listing:
    found = decided.selection
    unit = found.measure
    measured = Text("", "") if unit is None else Text(f"（{unit.zh}）", f" (× {unit.en})")
    columns = (
        _COLUMNS[0],
        Column("quota", Text("名额", "quota"), "count"),
        Column("selected", Text("拟命名", "proposed"), "count"),
        Column("tied", Text("同分待定名额", "places tied"), "count"),
        Column("award", Text(f"每个奖励{measured.zh}", f"award{measured.en}"), "points"),
        Column("cost", Text(f"奖励合计{measured.zh}", f"cost{measured.en}"), "points"),
        Column("note", Text("说明", "note")),
    )
    rows: list[tuple[Any, ...]] = [
        (decided.round.groups[each.group].say(lang), each.quota, each.filled, each.waiting, each.amount, each.cost, "")
        for each in found.groups
    ]
    said = money_text(found, dict(decided.round.groups)).say(lang) if unit is not None else ""
    total = [sum((getattr(each, key) for each in found.groups), 0) for key in ("quota", "filled", "waiting")]
    rows.append((Text("合计", "total").say(lang), *total, None, Fraction(found.cost), said))
    return Listing(columns, rows)


def annex(decided: Decided, path: Path, lang: Lang) -> None:
    """Write the workbook of a round: a sheet each for decisions, matters for a person, steps, moves, objections, money.

    Parameters
    ----------
    decided : Decided
    path : Path
        Of the file; its folder is made where it does not exist.
    lang : {'zh', 'en'}
    """
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(decided.round.title.say(lang))
    for title, made in sheets(decided, lang).items():
        made.add_sheet(workbook, title, lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))
