"""Standings on ladders as text, rows and JSON: what ``evalsys ledger ASSESSMENT escalation`` prints."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

from evalsys.escalation import Proposal
from evalsys.escalation_words import (
    STATUSES,
    clause_text,
    confirmed_text,
    lift_text,
    missed_text,
    step_text,
    why_text,
)
from evalsys.fields import TABLES
from evalsys.language import Lang, Text
from evalsys.ledgers import Ledgers
from evalsys.listing import Column, Listing
from evalsys.wording import day_text

__all__ = ["escalation_json", "escalation_listing", "escalation_text", "steps_listing", "subject_name"]

_COLUMNS = (
    Column("ladder", Text("阶梯", "ladder")),
    Column("subject", Text("对象", "for whom")),
    Column("standard", Text("标准", "standard")),
    Column("status", Text("审定情况", "status")),
    Column("step", Text("建议", "step")),
    Column("count", Text("次数", "count"), "count"),
    Column("since", Text("起算", "since")),
    Column("why", Text("依据", "why")),
    Column("findings", Text("问题编号", "findings")),
    Column("confirmed", Text("已审定", "confirmed before")),
    Column("missed", Text("提示", "to note")),
    Column("lifts", Text("解除条件", "what lifts it")),
    Column("rule", Text("规定", "rule")),
    Column("clause", Text("条款", "clause")),
)
_HEADINGS = {column.key: column.heading for column in _COLUMNS}
#: What is said above every list of proposals.
NOTE = Text(
    "以下为按规则提出的建议，须经审定后执行。",
    "These are proposals by rule; a person confirms each before anything is done.",
)


def subject_name(kept: Ledgers, one: Proposal) -> str:
    """Return for whom a standing is: a unit, an area, or a site with its name."""
    if one.ladder.by != "site":
        return one.subject
    sites = kept.assessment.sites
    names = dict(zip(sites["site_id"].tolist(), sites["name"].tolist(), strict=True))
    name = names.get(one.subject)
    return f"{one.subject} {name}" if name and name != one.subject else one.subject


def escalation_listing(kept: Ledgers, found: Sequence[Proposal], lang: Lang) -> Listing:
    """Return one row for each standing, in their order, with every finding that the last period counts."""
    return Listing(_COLUMNS, [_row(kept, one, lang) for one in found])


def _row(kept: Ledgers, one: Proposal, lang: Lang) -> tuple[Any, ...]:
    stand = one.standing
    return (
        one.ladder.code,
        subject_name(kept, one),
        one.standard or None,
        STATUSES[stand.status].say(lang),
        step_text(one).say(lang),
        stand.count,
        stand.since.isoformat(),
        why_text(one).say(lang),
        Text("；", "; ").say(lang).join(stand.ids),
        confirmed_text(one).say(lang) or None,
        missed_text(one).say(lang) or None,
        lift_text(one).say(lang),
        one.ladder.said.text.say(lang),
        clause_text(one.ladder).say(lang) or None,
    )


def escalation_text(kept: Ledgers, found: Sequence[Proposal], day: datetime.date, lang: Lang) -> str:
    """Return the standings for a terminal: how many of each kind, then each with why and what lifts it."""
    many = {status: sum(one.standing.status == status for one in found) for status in STATUSES}
    when = day_text(day)
    proposed, in_force, declined = many.values()
    zh = f"截至 {when.zh}：拟采取措施 {proposed} 项，已审定有效 {in_force} 项，审定不采取 {declined} 项。"
    en = f"Up to {when.en}: {proposed} proposed, {in_force} in force, {declined} declined."
    lines = [Text(zh, en).say(lang)]
    if not kept.rules.ladders:
        lines.append(Text("所用规则没有计数的处置阶梯。", "The rules in use have no ladder that counts.").say(lang))
    if found:
        lines.append(NOTE.say(lang))
    colon = Text("：", ": ").say(lang)
    for one in found:
        name = subject_name(kept, one) + (f" · {one.standard}" if one.standard else "")
        lines += ["", f"{name}  {step_text(one).say(lang)}  [{one.ladder.code}]"]
        told = (("why", why_text(one)), ("missed", missed_text(one)), ("lifts", lift_text(one)))
        lines += [f"  {_HEADINGS[key].say(lang)}{colon}{said.say(lang)}" for key, said in told if said.zh]
    return "\n".join(lines)


def escalation_json(kept: Ledgers, found: Sequence[Proposal], day: datetime.date, lang: Lang) -> str:
    """Return the standings as JSON, each with its periods and what counts in each."""
    content = {
        "schema": 1,
        "day": day.isoformat(),
        "rules": kept.rules.instrument.id,
        "note": NOTE.say(lang),
        "standings": [_record(kept, one, lang) for one in found],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _record(kept: Ledgers, one: Proposal, lang: Lang) -> dict[str, Any]:
    stand, ladder = one.standing, one.ladder
    named = [step.say(lang) for step in ladder.steps]
    return {
        "ladder": ladder.code,
        "rule": ladder.said.text.say(lang),
        "clause": ladder.said.source.get("clause"),
        "row": ladder.said.row,
        "by": ladder.by,
        "subject": one.subject,
        "name": subject_name(kept, one),
        "standard": one.standard or None,
        "status": stand.status,
        "steps": [{"step": step + 1, "name": named[step]} for step in stand.steps],
        "reached": [{"step": step + 1, "name": named[step]} for step in stand.reached],
        "count": stand.count,
        "since": stand.since.isoformat(),
        "periods": [{"on": period.on.isoformat(), "findings": list(period.ids)} for period in stand.periods],
        "confirmed": [
            {"step": said.step + 1, "name": named[said.step], "on": said.on.isoformat()} for said in stand.confirmed
        ],
        "missed": [
            {"on": missed.on.isoformat(), "steps": [step + 1 for step in missed.steps]} for missed in stand.missed
        ],
        "why": why_text(one).say(lang),
        "note": missed_text(one).say(lang) or None,
        "lifts": lift_text(one).say(lang),
    }


def steps_listing(kept: Ledgers, found: Sequence[Proposal], lang: Lang) -> Listing:
    """Return the proposals as rows of the table of steps: a person fills in the day and yes or no, and adds them to it.

    A proposal of several steps has a row for each. Findings are cited; events have no id there.
    """
    own = set(kept.findings["finding_id"].tolist())
    columns = [Column(c.name, Text(c.headings[0] if c.headings else c.name, c.name)) for c in TABLES["steps"]]
    rows = []
    for one in found:
        for step in one.standing.steps if one.standing.status == "proposed" else ():
            cells = dict.fromkeys((column.key for column in columns), "")
            cells |= {
                "ladder": str(one.ladder.code),
                {"site": "site_id"}.get(one.ladder.by, one.ladder.by): one.subject,
                "step": one.ladder.steps[step].say(lang),
                "findings": "；".join(name for name in one.standing.ids if name in own),
                "note": why_text(one).say(lang),
            }
            rows.append([cells[column.key] for column in columns])
    return Listing(columns, rows)
