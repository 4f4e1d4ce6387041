"""The sections of a title decision after page one: statement, objections, money, holders, notes, provenance, annex."""

from __future__ import annotations

import sys
from collections import Counter
from html import escape
from pathlib import Path

import evalsys
from evalsys import decision_words as words
from evalsys.after_total import Step
from evalsys.after_views import KINDS, VERDICTS, clause_of, follows
from evalsys.decision_pages import unbroken
from evalsys.decisions import Decided, Verdict
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.objections import OUTCOMES
from evalsys.title_words import goal_text, proposed, state_text
from evalsys.titles import STATES, Move
from evalsys.wording import decimal, percent_short

__all__ = ["holding", "money", "notes", "objections", "provenance", "statement", "write_annex"]


# ------------------------------------------------------------------------------------- one: every candidate


def statement(decided: Decided, lang: Lang) -> Html:
    """Return for each candidate state, score before and after, every gate, veto and event, and the history of moves."""
    t = speaker(lang)
    say = escape(words.statement_said(decided, lang))
    parts = [
        section("一", "statement", "逐个对象的评选依据", "Candidate by candidate", lang, say),
        _overview(decided, lang),
    ]
    if words.years_of(decided):
        parts += [f"<h3>{t('各年成绩和加权', 'Scores of the years, weighted')}</h3>", _years(decided, lang)]
    parts.append(_applied(decided, lang))
    parts += [f"<h3>{t('称号状态的变动', 'Moves of the title')}</h3>", _histories(decided, lang)]
    return block(lang, *parts)


def _overview(decided: Decided, lang: Lang) -> str:
    t = speaker(lang)
    columns = [
        Column(t("候选对象", "Candidate"), "", "nw"),
        Column(t("称号状态", "State"), "", "nw"),
        Column(t("起始", "Since"), "", "nw"),
        Column(t("成绩", "Score"), t("分", "points"), "r"),
        Column(t("加减", "Change"), t("分", "points"), "r"),
        Column(t("最后得分", "Final"), t("分", "points"), "r"),
        Column(t("否决和条件", "Bars and gates")),
        Column(t("待定", "Open")),
    ]
    rows = [
        [
            safe(v.applicant.name),
            safe(STATES[v.state.state].say(lang)),
            "–" if v.state.since is None else v.state.since.isoformat(),
            words.score_said(v.settled.raw),
            _change(v),
            words.score_said(v.settled.value),
            _barred(v, lang),
            safe(words.open_said(v, lang, short=True)) or t("无", "none"),
        ]
        for v in decided.verdicts
    ]
    return table(columns, rows, tight=True)


def _change(verdict: Verdict) -> str:
    raw, value = verdict.settled.raw, verdict.settled.value
    if raw is None or value is None:
        return "–"
    gap = value - raw
    return "q|0" if not gap else ("+" if gap > 0 else "") + decimal(gap, 2)


def _barred(verdict: Verdict, lang: Lang) -> str:
    """Return what bars a candidate, else what was looked at; one that takes no part says why."""
    if verdict.bars and verdict.choice is not None:
        return f'<span class="l">{safe(words.bars_said(verdict, lang))}</span>'
    if verdict.choice is None and verdict.because:
        return safe(words.reasons_said(verdict, lang))
    met = sum(step.verdict == "met" for step in verdict.settled.steps)
    return Text(f"具备 {met} 项", f"{met} met").say(lang) if met else Text("无", "none").say(lang)


def _years(decided: Decided, lang: Lang) -> str:
    t = speaker(lang)
    years, now = words.years_of(decided), decided.round.year
    last = years[-1][0] == now
    columns = [
        Column(t("候选对象", "Candidate"), "", "nw"),
        *(Column(t(f"{year} 年", str(year)), f"× {percent_short(share)}", "r") for year, share in years),
        Column(
            t("加权合计", "Weighted sum") if last else t("已得（加权）", "So far, weighted"), t("分", "points"), "r"
        ),
    ]
    rows = []
    for verdict in decided.verdicts:
        if verdict.settled.value is None:
            continue
        earlier = {**verdict.applicant.earlier, now: verdict.settled.value}
        cells = [
            "–" if year > now else f"l|{t('缺', 'missing')}" if year not in earlier else words.score_said(earlier[year])
            for year, _ in years
        ]
        rows.append(
            [safe(verdict.applicant.name), *cells,
             f"<b>{words.score_said(verdict.score)}</b>"]
        )  # fmt: skip
    return table(columns, rows, tight=True)


def _applied(decided: Decided, lang: Lang) -> str:
    """Return the statements after the total: the clauses once, then every step of every candidate."""
    t = speaker(lang)
    instrument = decided.round.instrument
    known: dict[tuple[str, str, str], Step] = {}
    for verdict in decided.verdicts:
        for step in verdict.settled.steps:
            known.setdefault(_clause_key(step), step)
    if not known:
        return ""
    numbers = {key: number for number, key in enumerate(known, 1)}
    columns = [
        Column(t("序", "No."), "", "r"),
        Column(t("类别", "Kind"), "", "nw"),
        Column(t("条款内容", "What the clause says")),
        Column(t("出处", "Clause"), "", "q"),
    ]
    clauses = [
        [str(numbers[key]), KINDS[step.kind].say(lang), safe(step.name.say(lang)), safe(clause_of(step, instrument))]
        for key, step in known.items()
    ]
    columns_each = [
        Column(t("候选对象", "Candidate"), "", "nw"),
        Column(t("条款", "Clause"), t("序", "no."), "r"),
        Column(t("日期", "Date"), "", "nw"),
        Column(t("结论", "Verdict"), "", "nw"),
        Column(t("依据和后果", "Why, and what follows")),
        Column(t("加减", "Change"), t("分", "points"), "r"),
        Column(t("累计", "Total"), t("分", "points"), "r"),
    ]
    rows = []
    for verdict in decided.verdicts:
        for place, step in enumerate(verdict.settled.steps):
            name = f"<b>{safe(verdict.applicant.name)}</b>" if not place else ""
            rows.append([name, str(numbers[_clause_key(step)]), *_step_cells(step, lang)])
    return (
        f"<h3>{t('总分之后所用条款', 'Clauses applied after the total')}</h3>"
        + table(columns, clauses, tight=True)
        + f"<h3>{t('总分之后逐项核对', 'After the total, step by step')}</h3>"
        + table(columns_each, rows, tight=True)
    )


def _clause_key(step: Step) -> tuple[str, str, str]:
    return step.kind, step.code, step.name.zh


def _step_cells(step: Step, lang: Lang) -> list[str]:
    verdict = escape(VERDICTS[step.verdict].say(lang))
    said = Text("；", "; ").say(lang).join(filter(None, (step.why.say(lang), follows(step, lang))))
    return [
        "" if step.event is None else step.event.date.isoformat(),
        f'<span class="l">{verdict}</span>' if step.bars else verdict,
        safe(said),
        ("+" if step.change > 0 else "") + decimal(step.change, 2) if step.change else "–",
        "–" if step.total is None else decimal(step.total, 2),
    ]


def _histories(decided: Decided, lang: Lang) -> str:
    """Return the histories of the titles, each once with all that share it."""
    t = speaker(lang)
    moves: dict[str, list[Move]] = {}
    for move in decided.round.moves:
        moves.setdefault(move.candidate, []).append(move)
    shared: dict[str, list[str]] = {}
    for verdict in decided.verdicts:
        own = verdict.applicant
        said = words.path_said(moves.get(own.name, ()), own.state, lang)
        shared.setdefault(said, []).append(own.name)
    items = [
        f'{escape(said)}{t("。", ". ")}<span class="q">{_whom(names, lang)}</span>' for said, names in shared.items()
    ]
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _whom(names: list[str], lang: Lang) -> str:
    said = unbroken(names, lang)
    return said if len(names) == 1 else Text(f"{len(names)} 个：{said}", f"{len(names)}: {said}").say(lang)


# ------------------------------------------------------------------------------------- two: objections, notices


def objections(decided: Decided, lang: Lang) -> Html:
    """Return the objections with their answers, and the public notices."""
    t = speaker(lang)
    found = decided.round
    say = escape(words.objections_said(decided, lang))
    parts = [section("二", "objections", "公示和异议", "Public notice and objections", lang, say)]
    if found.objections:
        columns = [
            Column(t("编号", "No."), "", "nw"),
            Column(t("对象", "Whom"), "", "nw"),
            Column(t("提出日期", "Raised"), "", "nw"),
            Column(t("异议事项", "Matter")),
            Column(t("答复日期", "Answered"), "", "nw"),
            Column(t("结论", "Outcome"), "", "nw"),
            Column(t("答复", "Answer")),
        ]
        rows = []
        for each in found.objections:
            outcome = "" if each.outcome is None else OUTCOMES[each.outcome].say(lang)
            cell = f'<span class="l">{t("尚未答复", "unanswered")}</span>' if each.answered_on is None else outcome
            day = "–" if each.answered_on is None else each.answered_on.isoformat()
            rows.append(
                [safe(each.number), safe(each.candidate), each.raised_on.isoformat(), safe(each.matter), day,
                 f"<b>{cell}</b>" if each.outcome == "upheld" else cell, safe(each.answer) or "–"]
            )  # fmt: skip
        parts.append(table(columns, rows))
    held = Counter((notice.first, notice.last, notice.clause) for notice in found.notices)
    items = []
    for (first, last, clause), count in held.items():
        named = f"（{clause}）" if clause and lang == "zh" else f" ({clause})" if clause else ""
        items.append(t(f"公示 {first} 至 {last}：{count} 个对象{named}", f"Notice {first} to {last}: {count}{named}"))
    if not items:
        items = [t("没有登记公示。", "No public notice is on record.")]
    return block(lang, *parts, "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>")


# ----------------------------------------------------------------------------------------- three: quotas, money


def money(decided: Decided, lang: Lang) -> Html:
    """Return quotas and money by group, and how far the goals over several years are reached."""
    t = speaker(lang)
    found = decided.selection
    say = escape(words.money_said(decided, lang))
    parts = [section("三", "money", "名额、奖励和目标", "Quotas, awards, goals", lang, say), _quotas(decided, lang)]
    waiting = sum(each.waiting for each in found.groups)
    if waiting and found.measure is not None:
        foot = t(
            f"奖励合计含同分待定的 {waiting} 个名额。", f"The awards include {waiting} of those tied, to be chosen."
        )
        parts.append(f'<p class="cap">{escape(foot)}</p>')
    if decided.goals:
        parts += [f"<h3>{t('多年目标', 'Goals over several years')}</h3>", _goals(decided, lang)]
    return block(lang, *parts)


def _quotas(decided: Decided, lang: Lang) -> str:
    t = speaker(lang)
    found = decided.selection
    paid = found.measure is not None
    unit = "" if found.measure is None else found.measure.say(lang)
    columns = [
        Column(t("组别", "Group")),
        Column(t("申报", "Apply"), t("个", ""), "r"),
        Column(t("名额", "Quota"), t("个", ""), "r"),
        Column(t("拟命名", "Proposed"), t("个", ""), "r"),
        Column(t("同分待定", "Tied"), t("个", "places"), "r"),
    ]
    if paid:
        columns += [Column(t("每个奖励", "Each"), unit, "r"), Column(t("计", "Cost"), unit, "r")]
    rows, sums = [], [0, 0, 0, 0]
    for each in found.groups:
        counts = [len(words.by_rank(decided, each.group)), each.quota, each.filled, each.waiting]
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        cost = [words.amount(each.amount), words.amount(each.cost)] if paid else []
        shown = list(map(str, counts))
        if not words.limited(decided, each.group):
            shown[1] = t("不限", "none")
        rows.append([safe(decided.round.groups[each.group].say(lang)), *shown, *cost])
    totals = list(map(str, sums))
    if not all(words.limited(decided, each.group) for each in found.groups):
        totals[1] = "–"
    total = [t("合计", "Total"), *totals, *(["", words.amount(found.cost)] if paid else [])]
    made = table(columns, rows, total if len(rows) > 1 else None)
    return f'<div class="keep">{made}</div>' if len(rows) < 9 else made


def _goals(decided: Decided, lang: Lang) -> str:
    t = speaker(lang)
    columns = [
        Column(t("组别", "Group")),
        Column(t("目标", "Goal"), t("个", ""), "r"),
        Column(t("按名额至多", "By the quotas"), t("个", "at most"), "r"),
        Column(t("已命名", "Given"), t("个，含本轮", "with this round"), "r"),
        Column(t("现可达", "Now possible"), t("个", "at most"), "r"),
        Column(t("全部", "Exist"), t("个", ""), "r"),
        Column(t("进度", "How far")),
    ]
    rows = []
    for group, goal in decided.goals.items():
        over = words.years_of_goal(decided, group)
        quota = next(each.quota for each in decided.selection.groups if each.group == group)
        waiting = next(each.waiting for each in decided.selection.groups if each.group == group)
        said = goal_text(goal).say(lang)
        if waiting:
            said += t(f"；同分待定的 {waiting} 个未计入", f"; {waiting} for those tied are not counted")
        exists = decided.round.exists.get(group)
        rows.append(
            [safe(decided.round.groups[group].say(lang)), str(goal.goal), str(quota * over), str(goal.given),
             str(goal.possible), "–" if exists is None else str(exists), safe(said)]
        )  # fmt: skip
    return table(columns, rows)


# --------------------------------------------------------------------------------------------- four: those who hold


def holding(decided: Decided, lang: Lang) -> Html:
    """Return those that hold the title: state, score, what is proposed, and periods that are over."""
    t = speaker(lang)
    held = words.holders(decided)
    say = escape(words.holders_said(decided, lang))
    head = section("四", "holders", "已获称号的管理", "Those that hold the title", lang, say)
    if not held:
        return block(lang, head)
    due = {each.candidate: each for each in decided.due}
    columns = [
        Column(t("对象", "Holder"), "", "nw"),
        Column(t("组别", "Group")),
        Column(t("现状（日期、事由、依据）", "State: since, reason, clause")),
        Column(t("最后得分", "Final"), t("分", "points"), "r"),
        Column(t("拟处理", "Proposed")),
    ]
    rows = []
    for verdict in held:
        said = []
        if verdict.proposed is not None:
            move = proposed(verdict.proposed, verdict.state.state).say(lang)
            said.append(move + t("：", ": ") + words.reasons_said(verdict, lang))
        if verdict.applicant.name in due:
            said.append(words.due_said(due[verdict.applicant.name], lang))
        rows.append(
            [safe(verdict.applicant.name),
             safe(decided.round.groups[verdict.applicant.group].say(lang)), safe(state_text(verdict.state).say(lang)),
             words.score_said(verdict.settled.value), safe(t("；", "; ").join(said)) or t("无", "none")]
        )  # fmt: skip
    return block(lang, head, table(columns, rows))


# ------------------------------------------------------------------------------------------ five: notes, provenance


def notes(decided: Decided, lang: Lang) -> Html:
    """Return how the rules were read, and what is assumed or example data."""
    t = speaker(lang)
    items = words.assumptions(decided, lang)
    say = t(
        "以下读法和假定影响结果，请一并审定。", "These readings and assumptions bear on the result; approve them too."
    )
    head = section("五", "notes", "数据说明", "Notes", lang, escape(say))
    return block(lang, head, "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>")


def provenance(decided: Decided, lang: Lang) -> Html:
    """Return where it comes from: instrument, files, rule of ranks, versions."""
    t = speaker(lang)
    found = decided.round
    facts = [
        (t("测评体系", "Instrument"), f"{found.instrument.title.say(lang)} ({found.instrument.id})"),
        (t("数据", "Data"), found.path.name),
        (t("指纹", "Hash"), found.hash[:8]),
        (t("测评日", "Assessed on"), "" if found.assessed_on is None else found.assessed_on.isoformat()),
        (t("决定日", "Decided on"), found.decided_on.isoformat()),
        (t("名次规则", "Ranks"), t("组内按未取整得分，同分并列", "unrounded scores in each group, ties shared")),
        (
            t("版本", "Versions"),
            f"evalsys {evalsys.__version__}, Python {sys.version_info.major}.{sys.version_info.minor}",
        ),
    ]
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in facts if value)
    return block(lang, f'<p class="prov">{text}{t("。", ".")}</p>')


def write_annex(decided: Decided, folder: str, lang: Lang) -> Html:
    """Write the Excel annex into a folder and say so; nothing without a folder."""
    if not folder:
        return Html("")
    from evalsys.decision_results import annex

    t = speaker(lang)
    name = t("评选意见附件.xlsx", "title-decision.xlsx")
    annex(decided, Path(folder) / name, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)
