"""What waits for a person in a round of titles: each matter with whom it is about, its clause, and by when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from evalsys import decision_words as words
from evalsys.after_views import clause_of
from evalsys.decisions import Decided
from evalsys.language import Lang, Text
from evalsys.objections import naming_barred, open_objections
from evalsys.title_words import money_text, proposal_text, proposed, reasons_text
from evalsys.titles import APPLYING, HOLDING

__all__ = ["Matter", "matters"]


@dataclass(frozen=True)
class Matter:
    """Something that a person has to decide: what, whom it is about, the clause, and by when.

    Attributes
    ----------
    kind : {'tie', 'objection', 'notice', 'confirm', 'consequence', 'due', 'unfunded'}
    what : str
    names : tuple of str
    clause : str
    by : str
        A day, or that none is set.
    """

    kind: str
    what: str
    names: tuple[str, ...]
    clause: str
    by: str


def matters(decided: Decided, lang: Lang) -> list[Matter]:
    """Return all that waits for a person: money, ties, objections, notices, clauses, consequences, periods over."""
    return [
        *_unfunded(decided, lang),
        *_ties(decided, lang),
        *_objections(decided, lang),
        *_notices(decided, lang),
        *_confirms(decided, lang),
        *_consequences(decided, lang),
        *_due(decided, lang),
    ]


def _before_naming(decided: Decided, lang: Lang) -> str:
    day = decided.round.decided_on
    return Text(f"{day} 命名前", f"before naming, {day}").say(lang)


def _unfunded(decided: Decided, lang: Lang) -> Iterator[Matter]:
    names = tuple(v.applicant.name for v in decided.verdicts if words.has(v, "unfunded"))
    if names:
        said = money_text(decided.selection, dict(decided.round.groups)).say(lang)
        clause = next((m.said.source.get("clause", "") for m in decided.round.instrument.mechanisms
                       if m.kind == "budget"), "")  # fmt: skip
        yield Matter("unfunded", said, names, clause, _before_naming(decided, lang))


def _ties(decided: Decided, lang: Lang) -> Iterator[Matter]:
    for group in words.groups_shown(decided):
        tied = [v for v in words.by_rank(decided, group) if words.has(v, "tie")]
        if tied and tied[0].choice is not None:
            one, name = tied[0].choice, decided.round.groups[group]
            score, place = words.score_said(one.candidate.score), words.place_said(tied[0], one)
            what = Text(
                f"{name.zh}：并列{place.zh}（{score} 分），{len(one.tied)} 个中选 {one.free} 个",
                f"{name.en}: {place.en} is shared at {score}; choose {one.free} of {len(one.tied)}",
            ).say(lang)
            yield Matter("tie", what, one.tied, one.clause, _before_naming(decided, lang))


def _objections(decided: Decided, lang: Lang) -> Iterator[Matter]:
    found = decided.round
    for each in open_objections(found.objections, found.decided_on):
        what = Text(
            f"第 {each.number} 号异议（{each.matter}）尚未答复",
            f"Objection {each.number} ({each.matter}) is unanswered",
        ).say(lang)
        clause = next((n.clause for n in found.notices if n.candidate == each.candidate), "")
        yield Matter("objection", what, (each.candidate,), clause, _before_naming(decided, lang))


def _notices(decided: Decided, lang: Lang) -> Iterator[Matter]:
    """Yield what public notice still stands before the naming of those proposed."""
    found, held = decided.round, dict[tuple[str, str], list[str]]()
    for verdict in decided.verdicts:
        if words.has(verdict, "selected", "tie"):
            if "publicised" not in verdict.state.passed:
                key = Text("命名前须公示", "Public notice must come before naming").say(lang), ""
                held.setdefault(key, []).append(verdict.applicant.name)
            for bar in naming_barred(verdict.state, found.decided_on, (), found.notices):
                if bar.clause or "公示至" in bar.reason.zh:
                    held.setdefault((bar.reason.say(lang), bar.clause), []).append(verdict.applicant.name)
    for (what, clause), names in held.items():
        yield Matter("notice", what, tuple(names), clause, _before_naming(decided, lang))


def _confirms(decided: Decided, lang: Lang) -> Iterator[Matter]:
    """Yield the clauses that wait for a person, a number or a day, and scores of earlier years that are missing."""
    found, held = decided.round, dict[tuple[str, str], list[str]]()
    for verdict in decided.verdicts:
        if verdict.state.state not in (*APPLYING, *HOLDING):
            continue
        for step in verdict.settled.open:
            day = "" if step.event is None else f" {step.event.date}"
            key = f"{step.name.say(lang)}{day}{Text('：', ': ').say(lang)}{step.why.say(lang)}"
            held.setdefault((key, clause_of(step, found.instrument)), []).append(verdict.applicant.name)
        if verdict.settled.value is not None:
            for year, _ in words.years_of(decided):
                if year < found.year and year not in verdict.applicant.earlier:
                    key = Text(f"缺 {year} 年度成绩", f"The score of {year} is missing").say(lang)
                    held.setdefault((key, ""), []).append(verdict.applicant.name)
        if words.has(verdict, "no_score") and verdict.settled.value is None:
            key = Text("尚无成绩，不参加评选", "Not assessed: takes no part").say(lang)
            held.setdefault((key, ""), []).append(verdict.applicant.name)
    for (what, clause), names in held.items():
        yield Matter("confirm", what, tuple(names), clause, _before_naming(decided, lang))


def _consequences(decided: Decided, lang: Lang) -> Iterator[Matter]:
    for verdict in words.holders(decided):
        if verdict.proposed is not None:
            said, why = proposed(verdict.proposed, verdict.state.state), words.consequences(verdict)
            reasons = reasons_text(bar.reason for bar in why)
            what = Text(f"{said.zh}：{reasons.zh}", f"{said.en[:1].upper()}{said.en[1:]}: {reasons.en}").say(lang)
            clause = words.name_list(list(dict.fromkeys(bar.clause for bar in why if bar.clause)), lang)
            day = decided.round.decided_on.isoformat()
            yield Matter("consequence", what, (verdict.applicant.name,), clause, day)


def _due(decided: Decided, lang: Lang) -> Iterator[Matter]:
    for each in decided.due:
        by = (
            Text("期限未定", "no day is set").say(lang)
            if each.last_day is None
            else Text(f"{each.last_day} 已满", f"over since {each.last_day}").say(lang)
        )
        what = proposal_text(replace(each, clause="")).say(lang)
        yield Matter("due", what, (each.candidate,), words.due_clause(each, lang), by)
