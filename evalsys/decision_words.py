"""What a round of titles comes to in words: the result, the decisions and their reasons, each cell of its tables.

A consequence is always proposed (拟); sentences on moves, objections and money are those of
:mod:`evalsys.title_words`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from evalsys.decision_files import SETTINGS
from evalsys.decisions import Decided, Verdict
from evalsys.language import Lang, Text
from evalsys.objections import open_objections
from evalsys.selection import DECISIONS, Decision, GroupMoney
from evalsys.title_words import decision_text, money_text, move_text, proposal_text, proposed, reasons_text
from evalsys.titles import HOLDING, STATES, Bar, Move, Proposal, state_after
from evalsys.wording import decimal, percent_short, plural

__all__ = [
    "amount",
    "assumptions",
    "bars_said",
    "breakdown",
    "by_rank",
    "clauses",
    "consequences",
    "count_of",
    "decision_head",
    "decision_said",
    "due_clause",
    "due_said",
    "group_said",
    "groups_shown",
    "has",
    "holders",
    "holders_said",
    "lead",
    "limited",
    "money_said",
    "money_shown",
    "name_list",
    "objections_said",
    "open_said",
    "path_said",
    "place_said",
    "quota_line",
    "range_said",
    "reasons_said",
    "score_said",
    "state_cell",
    "statement_said",
    "years_of",
    "years_of_goal",
]


# ------------------------------------------------------------------------------------------------ who and how many


def by_rank(decided: Decided, group: str) -> list[Verdict]:
    """Return those of a group that apply, best first; those that share a rank in the order of the table."""
    own = [v for v in decided.verdicts if v.applicant.group == group and v.choice is not None]
    last = len(own) + 1
    return sorted(own, key=lambda v: last if v.rank is None or v.rank.rank is None else v.rank.rank)


def groups_shown(decided: Decided) -> list[str]:
    """Return the groups in which someone applies."""
    return [group for group in decided.round.groups if by_rank(decided, group)]


def count_of(decided: Decided, *decisions: str) -> int:
    """Return how many candidates have one of these decisions of the selection."""
    return sum(v.choice is not None and v.choice.decision in decisions for v in decided.verdicts)


def holders(decided: Decided) -> list[Verdict]:
    """Return those that hold the title."""
    return [v for v in decided.verdicts if v.state.state in HOLDING]


def name_list(names: Sequence[str], lang: Lang) -> str:
    """Return names in a row.

    Examples
    --------
    >>> name_list(["甲", "乙", "丙"], "zh"), name_list(["A", "B"], "en")
    ('甲、乙、丙', 'A, B')
    """
    return ("、" if lang == "zh" else ", ").join(names)


def score_said(score: Fraction | None) -> str:
    """Return a score with two decimals, half up."""
    return "–" if score is None else decimal(score, 2)


def range_said(verdict: Verdict) -> str:
    """Return the places between which another measurement would put a candidate; nothing without an error."""
    found = verdict.range
    if found is None:
        return ""
    return str(found.low) if found.low == found.high else f"{found.low}–{found.high}"


# ------------------------------------------------------------------------------------------------------- the result


def lead(decided: Decided, lang: Lang) -> tuple[str, str]:
    """Return the result in two clauses: who is proposed, tied and not named; and the money."""
    if not groups_shown(decided):
        return Text("没有候选对象申报", "Nobody applies").say(lang), ""
    named, left = count_of(decided, "selected"), count_of(decided, "barred", "not_selected")
    zh, en = [f"拟命名 {named} 个"], [f"{named} proposed for naming"]
    for n, said in (
        (count_of(decided, "tie"), Text("同分待定", "tied")),
        (count_of(decided, "unfunded"), Text("经费不足待定", "not covered by the budget")),
        (count_of(decided, "no_score"), Text("没有得分", "without a score")),
        (left, Text("不予命名", "not named")),
    ):
        if n:
            zh.append(f"{said.zh} {n} 个")
            en.append(f"{n} {said.en}")
    return Text("，".join(zh), ", ".join(en)).say(lang), money_shown(decided, lang)


def breakdown(decided: Decided, lang: Lang) -> str:
    """Return who is proposed by group, and why others are not; nothing where one group says it all."""
    named, barred = count_of(decided, "selected"), count_of(decided, "barred")
    groups = groups_shown(decided)
    zh, en = [], []
    if len(groups) > 1 and named:
        each = [(decided.round.groups[g], sum(has(v, "selected") for v in by_rank(decided, g))) for g in groups]
        zh.append(f"拟命名的有{'、'.join(f'{name.zh} {n} 个' for name, n in each)}")
        en.append(f"Proposed: {', '.join(f'{name.en} {n}' for name, n in each)}")
    if barred:
        zh.append(f"不予命名的有 {barred} 个不符合条件")
        en.append(f"{barred} of those not named {'is' if barred == 1 else 'are'} barred")
    return Text("；".join(zh) + "。", "; ".join(en) + ". ").say(lang) if zh else ""


def money_shown(decided: Decided, lang: Lang) -> str:
    """Return the awards that are proposed against the budget; nothing where there are none."""
    found = decided.selection
    if found.measure is None:
        return ""
    cost, unit = amount(found.cost), found.measure
    if found.budget is None or found.reserve is None:
        return Text(f"拟奖励 {cost} {unit.zh}，未设预算", f"awards of {cost} × {unit.en}, no budget is set").say(lang)
    budget, rest = amount(found.budget), amount(abs(found.reserve))
    if found.reserve >= 0:
        return Text(
            f"拟奖励 {cost} {unit.zh}，预算 {budget} {unit.zh}，余 {rest} {unit.zh}",
            f"awards of {cost} out of {budget}, {rest} left (× {unit.en})",
        ).say(lang)
    return Text(
        f"奖励须 {cost} {unit.zh}，预算 {budget} {unit.zh}，缺 {rest} {unit.zh}",
        f"awards of {cost} exceed the budget of {budget} by {rest} (× {unit.en})",
    ).say(lang)


def amount(value: Fraction) -> str:
    """Return an amount of money: one decimal where there is one.

    Examples
    --------
    >>> amount(Fraction(49)), amount(Fraction(99, 2))
    ('49', '49.5')
    """
    return decimal(value, 0 if value.denominator == 1 else 1)


def has(verdict: Verdict, *decisions: str) -> bool:
    """Return whether a candidate has one of these decisions of the selection."""
    return verdict.choice is not None and verdict.choice.decision in decisions


def group_said(decided: Decided, group: str, lang: Lang) -> str:
    """Return the heading of a group: its name, how many apply, and its quota."""
    name = decided.round.groups[group].say(lang)
    own, money = by_rank(decided, group), _quota(decided, group)
    limit = Text(f"，名额 {money.quota} 个", f", quota {money.quota}").say(lang) if limited(decided, group) else ""
    return Text(f"{name}（申报 {len(own)} 个{limit}）", f"{name} ({len(own)} apply{limit})").say(lang)


def quota_line(decided: Decided, group: str, lang: Lang) -> str:
    """Return what stands at the cut of a group."""
    own, money = by_rank(decided, group), _quota(decided, group)
    named = sum(has(v, "selected") for v in own)
    tied = [v for v in own if has(v, "tie")]
    zh, en = f"名额线：{money.quota} 个，以上拟命名 {named} 个", f"Quota of {money.quota}: {named} proposed above"
    if tied and tied[0].choice is not None:
        free = tied[0].choice.free
        zh += f"，余 {free} 个名额在并列的 {len(tied)} 个中确定"
        en += f"; {plural(free, 'place')} for the {len(tied)} that are tied"
    return Text(zh, en).say(lang)


def _quota(decided: Decided, group: str) -> GroupMoney:
    return next(each for each in decided.selection.groups if each.group == group)


def limited(decided: Decided, group: str) -> bool:
    """Return whether a group has a quota: of the instrument or the office, not the number of applicants."""
    yearly = (m for m in decided.round.instrument.mechanisms if m.kind == "quota" and m.group in (group, None))
    return group in decided.round.shares or any(m.years == 1 and "at_most" in m.limits for m in yearly)


# -------------------------------------------------------------------------------------------------- one candidate


def decision_said(verdict: Verdict, lang: Lang) -> str:
    """Return the decision of one candidate with its reason, without the clause.

    A candidate within the quota needs no reason; one that is barred has all of its own.
    """
    choice = verdict.choice
    if choice is None:
        return reasons_said(verdict, lang)
    head = DECISIONS[choice.decision]
    if choice.decision == "barred":
        why = reasons_text(bar.reason for bar in verdict.bars)
        return Text(f"{head.zh}：{why.zh}", f"{head.en}: {why.en}").say(lang)
    if choice.decision == "not_selected" and not choice.reason:
        return Text(f"{head.zh}：名额之外", f"{head.en}: beyond the quota").say(lang)
    if choice.decision == "tie":
        free, tied = choice.free, len(choice.tied)
        return Text(f"{head.zh}：{tied} 个争 {free} 个名额", f"{head.en}: {free} of {tied}").say(lang)
    if choice.decision == "no_score":
        return decision_head(verdict, lang)
    if choice.reason:
        return Text(f"{head.zh}：经人工确定，{choice.reason}", f"{head.en}: a person decided, {choice.reason}").say(
            lang
        )
    return head.say(lang)


def reasons_said(verdict: Verdict, lang: Lang) -> str:
    """Return every reason of a decision with its clause: what bars, else the selection, else what follows."""
    choice = verdict.choice
    if choice is None:
        return reasons_text(consequences(verdict) or verdict.because).say(lang)
    if verdict.bars:
        return bars_said(verdict, lang)
    said = _selection_said(verdict, choice).say(lang)
    return said + (Text(f"（{choice.clause}）", f" ({choice.clause})").say(lang) if choice.clause else "")


def consequences(verdict: Verdict) -> list[Bar]:
    """Return what leads to the move that is proposed for a holder: each step with day, reason and clause."""
    state, found = verdict.state.state, []
    for step in verdict.settled.actions if state in HOLDING else ():
        if state_after(step.action or "", state) is not None:
            day = "" if step.event is None else step.event.date.isoformat()
            zh, en = (apart.join(filter(None, (day, why))) for apart, why in (("，", step.why.zh), (", ", step.why.en)))
            clause = step.source.get("clause") or step.source.get("row") or ""
            found.append(Bar(Text(f"{step.name.zh}（{zh}）", f"{step.name.en} ({en})"), clause))
    return found


def _selection_said(verdict: Verdict, choice: Decision) -> Text:
    """Return why the selection takes a candidate or not, by its place among those that are not barred."""
    place, tied = place_said(verdict, choice), len(choice.tied)
    if choice.decision == "no_score" and verdict.settled.value is not None:
        return Text("往年成绩不全，不能加权", "the years cannot be weighted while scores are missing")
    if choice.decision in ("no_score", "unfunded"):
        said = decision_text(choice)
        return Text(said.zh.partition("：")[2], said.en.partition(": ")[2])
    if tied:
        free = plural(choice.free, "place")
        person = Text(f"经人工确定：{choice.reason}", f"a person decided: {choice.reason}")
        if not choice.reason:
            person = Text("请人工确定", "a person decides")
        return Text(
            f"{tied} 个对象并列{place.zh}，余 {choice.free} 个名额，{person.zh}",
            f"{free} for {tied} candidates that share {place.en}; {person.en}",
        )
    within = choice.decision == "selected"
    return Text(
        f"{place.zh}，在名额之{'内' if within else '外'}",
        f"{place.en} is {'within' if within else 'beyond'} the quota",
    )


def place_said(verdict: Verdict, choice: Decision) -> Text:
    """Return a place among those that are not barred, and say so where the rank among all is another."""
    place = choice.place
    if verdict.rank is not None and verdict.rank.rank == place:
        return Text(f"第 {place} 名", f"place {place}")
    return Text(f"合格对象中第 {place} 名", f"place {place} of those not barred")


def decision_head(verdict: Verdict, lang: Lang) -> str:
    """Return the decision alone, or the proposal for a holder."""
    if verdict.choice is not None:
        if verdict.choice.decision == "no_score" and verdict.settled.value is not None:
            return Text("往年成绩不全，待补", "scores of earlier years are missing").say(lang)
        return DECISIONS[verdict.choice.decision].say(lang)
    if verdict.proposed is not None:
        return proposed(verdict.proposed, verdict.state.state).say(lang)
    return STATES[verdict.state.state].say(lang)


def bars_said(verdict: Verdict, lang: Lang) -> str:
    """Return what bars a candidate, with clauses."""
    return reasons_text(verdict.bars).say(lang)


def open_said(verdict: Verdict, lang: Lang, *, short: bool = False) -> str:
    """Return what waits for a number, a day or a person; `short` only counts the clauses after the total."""
    clauses_open = len(verdict.settled.open)
    if not short or not clauses_open:
        return reasons_text(verdict.open).say(lang)
    counted = Text(f"{clauses_open} 项条款待定", f"{plural(clauses_open, 'clause')} open")
    return reasons_text([counted, *verdict.open[clauses_open:]]).say(lang)


def clauses(verdict: Verdict, decided: Decided, lang: Lang) -> list[str]:
    """Return the clauses that a decision rests on; what the office has set stands in the settings of the round."""
    choice, found = verdict.choice, decided.round
    if choice is None or choice.decision == "no_score":
        return []
    office = Text("本轮设置", "settings of the round").say(lang)
    if not verdict.bars:
        return [choice.clause or office] if limited(decided, verdict.applicant.group) else []
    mark = found.pass_mark
    other = office if mark is not None and mark.set_by == "assessment" else found.instrument.title.say(lang)
    return list(dict.fromkeys(bar.clause or other for bar in verdict.bars))


def state_cell(verdict: Verdict, lang: Lang) -> str:
    """Return the state of a title, and since when."""
    name, since = STATES[verdict.state.state].say(lang), verdict.state.since
    if since is None:
        return name
    return Text(f"{name}（{since} 起）", f"{name} (since {since})").say(lang)


def path_said(moves: Iterable[Move], start: str, lang: Lang) -> str:
    """Return the history of a title: where it stood at first, and every move with its day, reason and clause."""
    first = Text(f"起始为“{STATES[start].zh}”", f"At first: {STATES[start].en}").say(lang)
    said = [first, *(move_text(move).say(lang) for move in moves)]
    return Text("；", ". ").say(lang).join(said)


def years_of(decided: Decided) -> tuple[tuple[int, Fraction], ...]:
    """Return the years of the cycle with their shares; nothing where the round does not weigh years."""
    first = decided.round.first_year
    shares = next((m.shares for m in decided.round.instrument.mechanisms if m.kind == "cycle" and m.shares), ())
    whole = sum(shares, Fraction(0))
    return () if first is None else tuple((first + n, share / whole) for n, share in enumerate(shares))


def years_of_goal(decided: Decided, group: str) -> int:
    """Return over how many years the goal of a group runs."""
    mechanisms = decided.round.instrument.mechanisms
    return (
        next((m.years for m in mechanisms if m.kind == "quota" and m.group in (group, None) and (m.years or 0) > 1), 1)
        or 1
    )


def due_said(due: Proposal, lang: Lang) -> str:
    """Return a period that is over, and what a person is to decide."""
    return proposal_text(replace(due, clause=due_clause(due, lang))).say(lang)


def due_clause(due: Proposal, lang: Lang) -> str:
    """Return the clause of a period; a limit that the office has set stands in the settings of the round."""
    return Text("本轮设置", "settings of the round").say(lang) if due.clause == SETTINGS else due.clause


# --------------------------------------------------------------------------------------------------- sections


def statement_said(decided: Decided, lang: Lang) -> str:
    """Return what was applied after the total in this round, in one sentence."""
    applying = [v for v in decided.verdicts if v.choice is not None]
    kinds = Counter(step.verdict for v in applying for step in v.settled.steps)
    if not kinds:
        return Text(
            "本轮没有登记加减分、否决或前置条件事项，得分即为最后得分。",
            "No points were added or taken off, and no gate or veto applies: the score is final.",
        ).say(lang)
    changed = sum(v.settled.value != v.settled.raw for v in applying)
    barred = sum(bool(v.settled.bars) for v in applying)
    waiting = kinds["open"]
    return Text(
        f"总分之后逐项核对 {kinds.total()} 项：{changed} 个候选对象得分有增减，"
        f"{barred} 个被否决或条件不具备，{waiting} 项待定。",
        f"{plural(kinds.total(), 'clause')} looked at after the total: the score of {changed} changes, {barred} are "
        f"barred, {waiting} still open.",
    ).say(lang)


def money_said(decided: Decided, lang: Lang) -> str:
    """Return how many places are filled, and the money against its budget."""
    found = decided.selection
    quota, filled, waiting = (sum(getattr(g, key) for g in found.groups) for key in ("quota", "filled", "waiting"))
    zh, en = f"名额共 {quota} 个，拟命名 {filled} 个", f"{plural(quota, 'place')}, {filled} proposed"
    if not all(limited(decided, g.group) for g in found.groups):
        zh, en = f"拟命名 {filled} 个，有组别不限名额", f"{filled} proposed; not every group has a quota"
    if waiting:
        zh, en = f"{zh}，同分待定 {waiting} 个", f"{en}, {waiting} for those tied"
    if found.measure is not None:
        money = money_text(found, dict(decided.round.groups))
        zh, en = f"{zh}；{money.zh}", f"{en}; {money.en}"
    return Text(f"{zh}。", f"{en}.").say(lang)


def objections_said(decided: Decided, lang: Lang) -> str:
    """Return how many objections were raised, and how they were answered."""
    found = decided.round
    if not found.objections:
        return Text("公示期内没有收到异议。", "No objection was raised during public notice.").say(lang)
    waiting = len(open_objections(found.objections, found.decided_on))
    outcomes = Counter(each.outcome for each in found.objections if each.answered_on is not None)
    total = len(found.objections)
    zh = f"公示期内收到异议 {total} 件：属实 {outcomes['upheld']} 件，不属实 {outcomes['dismissed']} 件"
    en = f"{plural(total, 'objection')}: {outcomes['upheld']} upheld, {outcomes['dismissed']} not upheld"
    return Text(
        zh + (f"，尚未答复 {waiting} 件；未答复的不得命名。" if waiting else "，均已答复。"),
        en + (f", {waiting} unanswered; none of these can be named yet." if waiting else "; all are answered."),
    ).say(lang)


def holders_said(decided: Decided, lang: Lang) -> str:
    """Return how many hold the title, in which states, and what is proposed or due."""
    held = holders(decided)
    if not held:
        return Text("本轮名单中没有已获称号的对象。", "Nobody in this round holds the title.").say(lang)
    states = Counter(v.state.state for v in held)
    each = [Text(f"{STATES[s].zh} {states[s]} 个", f"{states[s]} {STATES[s].en}") for s in HOLDING if states[s]]
    follows = sum(v.proposed is not None for v in held)
    zh = f"已获称号 {len(held)} 个：{'，'.join(t.zh for t in each)}"
    en = f"{len(held)} hold{'s' * (len(held) == 1)} the title: {', '.join(t.en for t in each)}"
    tail = Text(
        f"；拟处理 {follows} 个，期限事项 {len(decided.due)} 项。",
        f"; a consequence is proposed for {follows}, {plural(len(decided.due), 'period')} to decide on.",
    )
    return Text(zh + tail.zh, en + tail.en).say(lang)


def assumptions(decided: Decided, lang: Lang) -> list[str]:
    """Return how the rules were read where they leave something open, and what is assumed."""
    found, used = decided.round, {step.code for v in decided.verdicts for step in v.settled.steps}
    instrument = found.instrument
    notes = [
        Text(
            "名次在组内按未取整得分，同分并列（1、2、2、4）；名额边缘同分的不按行序取舍。",
            "Ranks compare unrounded scores within a group, ties share a rank (1, 2, 2, 4); a tie at the cut is not "
            "broken by the order of rows.",
        ),
    ]
    if any(v.range is not None for v in decided.verdicts):
        notes.append(
            Text(
                "名次区间按成绩表所列标准误差计算，各对象互相独立：重复测评时十次中约有八次落在其中；误差不影响名次和决定。",
                "Ranges of ranks rest on the standard errors of the table of scores, independent of each other: where "
                "the rank would be in about 8 of 10 repeated assessments. They decide nothing.",
            )
        )
    notes += [each.text for each in instrument.contradictions if not each.codes]
    kinds = ("eligibility", "ladder", "cycle", "veto")
    notes += [m.said.note for m in instrument.mechanisms if m.kind in kinds and m.said.note is not None]
    for entries in (instrument.joined, instrument.bonus, instrument.negative_list, instrument.gates):
        notes += [each.note for each in entries if each.note is not None and each.code in used]
    for group, share in found.shares.items():
        name = found.groups[group]
        notes.append(
            Text(
                f"{name.zh}的名额按申报数的 {percent_short(share)} 取整数部分。",
                f"The quota of {name.en} is the whole part of {percent_short(share)} of the applicants.",
            )
        )
    return list(dict.fromkeys(note.say(lang) for note in [*found.notes, *notes]))
