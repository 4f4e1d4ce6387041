"""The sections of a bulletin: units, what is overdue, what is proposed, what falls due, whether the ledgers agree.

Each part is a function from an issue to a piece of a page. Long lists are cut, and the annex has every row.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import evalsys
from evalsys import bulletin_words as words
from evalsys.bulletin_annex import annex, annex_name
from evalsys.bulletin_pages import counted
from evalsys.bulletin_results import LEDGERS, Issue, subject_name
from evalsys.dues import DUE_KINDS
from evalsys.escalation import Proposal
from evalsys.escalation_words import clause_text, lift_text, missed_text, step_text, why_text
from evalsys.finding_results import finding_name, site_said, source_name
from evalsys.ladders import rungs
from evalsys.language import Lang
from evalsys.markup import Column, Html, block, lost_cell, safe, section, speaker, table
from evalsys.wording import decimal, unit_names

__all__ = [
    "again",
    "coming",
    "measures",
    "notes",
    "overdue",
    "photographs",
    "provenance",
    "ranking",
    "reconciled",
    "score_with_ledgers",
    "units",
    "write_annex",
]

_MOST = 20  # rows of a list on the page
_FEW = 4
_NONE = "–"
_SHORT = 12  # letters of a step that stays on one line


def _mark(state: str, said: str) -> str:
    """Return a status as shape, word and colour."""
    sign, colour = {"ok": ("●", "b"), "bad": ("▲", "l"), "wait": ("○", "q")}[state]
    return f'<span class="{colour}">{sign}</span> {safe(said)}'


def _caption(said: str) -> str:
    return f'<p class="cap">{said}</p>'


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _share(value: Fraction | None) -> str:
    return _NONE if value is None else f"{decimal(value * 100, 1)}%"


# ------------------------------------------------------------------------------------------------- one: units


def units(issue: Issue, lang: Lang) -> Html:
    """Return what each unit did and owes, with what is proposed for it."""
    t = speaker(lang)
    found = issue.found
    head = section("一", "units", "各单位办理情况", "Units", lang, escape(words.units_said(issue, lang)))
    if found.units.empty:
        return block(lang, head)
    columns = [
        Column(t("责任单位", "Unit"), "", "nw"),
        Column(t("新增", "New"), "", "r"),
        Column(t("办结", "Put right"), "", "r"),
        Column(t("在办", "In hand"), "", "r"),
        Column(t("其中逾期", "Overdue"), "", "r"),
        Column(t("按期办结率", "In time"), "", "r"),
        Column(t("影响总分（分）", "Points at stake"), "", "r"),
        Column(t("本周意见", "This week") if not found.monthly else t("本月意见", "This month")),
    ]
    rows = []
    for own in found.units.to_dict("records"):
        name = own["name"]
        cells = [counted(issue, key, lang, "unit", name) for key in ("new", "fixed", "in_hand", "overdue")]
        if not any(own[key] for key in ("new", "fixed", "in_hand", "overdue")):
            continue
        late = f"{'l' if own['overdue'] else 'q'}|{cells[3]}"
        opinion = _opinion(issue, name, own, lang)
        rows.append(
            [safe(unit_names([name] if name else (), None, lang)), *cells[:3], late, _share(own["rate"]),
             decimal(own["points"], 3), opinion]
        )  # fmt: skip
    late = f"{'l' if len(found.overdue) else 'q'}|{counted(issue, 'overdue', lang)}"
    stake = sum((found.points[row] for row in issue.rows["in_hand"].findings), Fraction(0))
    total = [t("合计", "Total"), *(counted(issue, key, lang) for key in ("new", "fixed", "in_hand")), late,
             _share(found.rate), decimal(stake, 3), ""]  # fmt: skip
    return block(lang, head, table(columns, rows, total, tight=True))


def _opinion(issue: Issue, name: str, own: Any, lang: Lang) -> str:
    """Return what is proposed for a unit, else whether it is in time."""
    t = speaker(lang)
    proposed = [each for each in issue.measures if each.ladder.by == "unit" and each.subject == name]
    if proposed:
        worst = max(proposed, key=_rung)
        said = step_text(worst).say(lang).removeprefix("proposed: ")
        said += t(f"等 {len(proposed)} 项", f" and {len(proposed) - 1} more") if len(proposed) > 1 else ""
        return _mark("bad" if _rung(worst) else "wait", said)
    if own["overdue"]:
        return _mark("wait", t("请尽快办结", "to be put right"))
    return _mark("ok", t("按期", "in time") if own["rate"] in (None, 1) else t("已无逾期", "nothing overdue"))


def _rung(own: Proposal) -> int:
    """Return on which rung of its ladder a proposal stands, from 0."""
    return sum(steps[-1] < own.standing.steps[0] for steps in rungs(own.ladder.at))


# ------------------------------------------------------------------------------------------------- two: overdue


def overdue(issue: Issue, lang: Lang) -> Html:
    """Return what is overdue, what costs most first."""
    t = speaker(lang)
    kept = issue.kept
    late: list[Any] = list(issue.found.overdue.itertuples(index=False))
    late.sort(key=lambda own: (-own.points, -own.late, own.finding))
    say = escape(words.overdue_said(issue, min(len(late), _MOST), lang))
    head = section("二", "overdue", "逾期问题", "Overdue", lang, say)
    if not late:
        return block(lang, head)
    columns = [
        Column(t("点位", "Site"), "", "nw"),
        Column(t("问题", "What was found")),
        Column(t("责任单位", "Unit")),
        Column(t("应办结", "Due"), "", "r"),
        Column(t("逾期", "Overdue"), "", "r"),
        Column(t("影响总分（分）", "Points at stake"), "", "r"),
    ]
    rows = []
    for own in late[:_MOST]:
        days = int(own.late)
        rows.append(
            [
                safe(site_said(kept, own.finding, lang)),
                safe(finding_name(kept, own.finding, lang)),
                safe(unit_names(issue.told["units"][own.finding], issue.told["area"][own.finding], lang)),
                words.day_said(own.due.date(), lang),
                "l|" + t(f"逾期 {days} 天", f"{days} day{'s' * (days > 1)}"),
                decimal(own.points, 3) if own.points else "q|0",
            ]
        )
    stake = sum((own.points for own in late), Fraction(0))
    total = [t(f"合计 {counted(issue, 'overdue', lang)} 条", f"Total {counted(issue, 'overdue', lang)}")]
    return block(lang, head, table(columns, rows, [*total, "", "", "", "", decimal(stake, 3)], tight=True))


# ------------------------------------------------------------------------------------------------- three: measures


def measures(issue: Issue, lang: Lang) -> Html:
    """Return what is proposed, with why, what lifts it and the clause; a person decides."""
    t = speaker(lang)
    in_force = sum(own.standing.status == "in_force" for own in issue.standings)
    if issue.measures:
        number = counted(issue, "measures", lang)
        say = t(
            f"以下 {number} 项为系统按规则提出的建议，须经审定后执行。",
            f"{number} proposed by rule; a person decides before anything is done.",
        )
    else:
        say = escape(words.measures_said(issue, lang).strip())
    if in_force:
        say += t(
            f"另有 {in_force} 项已审定，仍然有效。",
            f" {in_force} confirmed before {'is' if in_force == 1 else 'are'} in force.",
        )
    head = section("三", "measures", "拟采取的措施（待审定）", "Proposed measures (to be decided)", lang, say)
    if not issue.measures:
        return block(lang, head)
    columns = [
        Column(t("对象", "For"), "", "nw"),
        Column(t("建议", "Proposed")),
        Column(t("依据", "Why")),
        Column(t("解除条件", "Lifted by"), "", t("nw", "")),
    ]
    rows = [_measure(issue, own, lang) for own in issue.measures[:_MOST]]
    parts = [head, table(columns, rows)]
    if len(issue.measures) > _MOST:
        rest = len(issue.measures) - _MOST
        note = t(f"另有 {rest} 项，见附件。", f"{rest} more in the annex.")
        parts.append(_caption(note))
    return block(lang, *parts)


def _measure(issue: Issue, own: Proposal, lang: Lang) -> list[str]:
    t = speaker(lang)
    missed = missed_text(own).say(lang)
    why = why_text(own).say(lang) + (t("。", ". ") + _capital(missed) if missed else "")
    step = step_text(own).say(lang).removeprefix("proposed: ")
    clause = t("（", "(") + safe(clause_text(own.ladder).say(lang)) + t("）", ")")
    return [
        safe(subject_name(issue, own)),
        f'<b><span class="nw">{safe(step)}</span></b>' if len(step) <= _SHORT else f"<b>{safe(step)}</b>",
        f'{safe(_capital(why))} <span class="q">{clause}</span>',
        safe(_capital(lift_text(own).say(lang))),
    ]


# ------------------------------------------------------------------------------------------------- four: coming


def coming(issue: Issue, lang: Lang) -> Html:
    """Return what falls due in the next period: findings by day, then everything else by unit."""
    t = speaker(lang)
    say = escape(words.coming_said(issue, lang))
    monthly = issue.found.monthly
    zh, en = ("下月到期", "Due next month") if monthly else ("下周到期", "Due next week")
    parts = [section("四", "coming", zh, en, lang, say)]
    due: list[Any] = list(issue.found.coming.itertuples(index=False))
    if due:
        parts.append(_by_day(issue, due, lang))
    if issue.dated:
        head = t("其他到期事项", "What else falls due")
        columns = [
            Column(t("到期日", "Due"), "", "nw"),
            Column(t("责任单位", "Unit")),
            Column(t("事项", "Matter")),
            Column(t("类别", "Kind"), "", "q nw"),
        ]
        rows = []
        dated = sorted(issue.dated, key=lambda own: (own.due, own.kind, own.code))
        for (day, kind, _, what), held in groupby(dated, key=lambda own: (own.due, own.kind, own.code, own.what)):
            names = [own.unit.say(lang) for own in held if own.unit.say(lang)]
            rows.append(
                [words.day_said(day, lang), safe(words.bodies_said(names, lang, 3)) or _NONE, safe(what.say(lang)),
                 DUE_KINDS[kind].say(lang)]
            )  # fmt: skip
        shown = rows[:_FEW]
        many = counted(issue, "dated", lang)
        note = t(f"共 {many} 项（按单位计）", f"{many} in all, one for each unit")
        note += (
            t(f"，此处列 {len(shown)} 类，全部见附件。", f"; {len(shown)} kinds here, all in the annex.")
            if len(rows) > len(shown)
            else t("。", ".")
        )
        parts += [f"<h3>{head}</h3>", table(columns, shown, tight=True), _caption(note)]
    return block(lang, *parts)


def _by_day(issue: Issue, due: Sequence[Any], lang: Lang) -> str:
    t = speaker(lang)
    days = [own.due.date() for own in due]
    most = max(days.count(day) for day in days)
    columns = [
        Column(t("到期日", "Due"), "", "nw"),
        Column(t("条数", "Findings"), "", "r"),
        Column(t("责任单位", "Units")),
    ]
    rows = []
    for day, held in groupby(due, key=lambda own: own.due.date()):
        findings = [own.finding for own in held]
        counts: dict[str, int] = {}
        for row in findings:
            for name in issue.told["units"][row] or ("",):
                counts[name] = counts.get(name, 0) + 1
        order = sorted(counts, key=lambda name: (-counts[name], name))
        named = [f"{unit_names([name] if name else (), None, lang)} {counts[name]}" for name in order]
        when = t(f"{words.day_said(day, lang)}（{words.WEEKDAYS[day.weekday()].zh}）",
                 f"{words.WEEKDAYS[day.weekday()].en} {words.day_said(day, lang)}")  # fmt: skip
        heavy = len(findings) == most and most > 1
        count = counted(issue, "coming", lang, "day", day.isoformat())
        cells = [when, count, safe(t("、", ", ").join(named))]
        rows.append([f"<b>{cells[0]}</b>", f"<b>{cells[1]}</b>", cells[2]] if heavy else cells)
    total = [t("合计", "Total"), counted(issue, "coming", lang), ""]
    return table(columns, rows, total, tight=True)


# ------------------------------------------------------------------------------------------------- five: reconciled


def reconciled(issue: Issue, lang: Lang) -> Html:
    """Return the three ledgers from the end of the last period to the end of this one."""
    t = speaker(lang)
    head = section("五", "ledgers", "台账核对", "The ledgers", lang, escape(words.reconciled_said(issue, lang)))
    this, last = ("本月", "上月") if issue.found.monthly else ("本周", "上周")
    columns = [
        Column(t("台账", "Ledger")),
        Column(t(f"{last}末", "Before"), "", "r"),
        Column(t(f"{this}增", "More"), "", "r"),
        Column(t(f"{this}减", "Less"), "", "r"),
        Column(t(f"{this}末", "After"), "", "r"),
        Column(t("核对", "Agrees")),
    ]
    rows = []
    for own in issue.found.reconciled.to_dict("records"):
        agrees = _mark("ok", t("一致", "yes")) if own["agrees"] else _mark("bad", t("不一致", "no"))
        cells = [f"{own[key]:,}" for key in ("before", "more", "less")]
        rows.append([LEDGERS[own["ledger"]].say(lang), *cells, counted(issue, own["ledger"], lang), agrees])
    flow = [counted(issue, key, lang) for key in ("new", "returned", "fixed", "verified")]
    note = t(
        f"在办增：新增 {flow[0]} 条、退回 {flow[1]} 条；在办减：办结 {flow[2]} 条；"
        f"待复核减：复核通过 {flow[3]} 条、退回 {flow[1]} 条。",
        f"In hand: {flow[0]} new and {flow[1]} returned, less {flow[2]} put right. Awaiting review: less {flow[3]} "
        f"verified and {flow[1]} returned.",
    )
    return block(lang, head, table(columns, rows, tight=True), _caption(note))


# ------------------------------------------------------------------------------------------------- six: ranks, score


def ranking(issue: Issue, lang: Lang) -> Html:
    """Return units and areas by points at stake in what is in hand, and by the share of it that is overdue."""
    t = speaker(lang)
    head = section("七", "ranks", "名次", "Ranks", lang, escape(words.ranks_said(issue, lang)))
    parts = []
    for by, heading in (("unit", t("责任单位", "Unit")), ("area", t("属地", "Area"))):
        own = _ranks(issue, by, heading, lang)
        if own:
            parts.append(own)
    if not parts:
        return block(lang, head)
    note = t(
        "第 1 名为问题最重；数值相同的名次并列。比例为逾期占在办的比例，没有在办问题的不排。",
        "Rank 1 has most to do; equals share a rank. The share is of what is in hand; without that there is no rank.",
    )
    beside = f'<div class="two">{"".join(parts)}</div>' if len(parts) > 1 else parts[0]
    return block(lang, head, beside, _caption(note))


def _ranks(issue: Issue, by: str, heading: str, lang: Lang) -> str:
    t = speaker(lang)
    lost = {name: (rank, value) for rank, name, value in issue.ranks(by, "points")}
    late = {name: (rank, value) for rank, name, value in issue.ranks(by, "overdue_share")}
    names = [name for name, (_, value) in lost.items() if value or name in late][:_MOST]
    if not names:
        return ""
    columns = [
        Column(heading),
        Column(t("影响总分", "At stake"), t("分", "points"), "r"),
        Column(t("名次", "Rank"), "", "r"),
        Column(t("逾期比例", "Overdue"), t("占在办", "of in hand"), "r"),
        Column(t("名次", "Rank"), "", "r"),
    ]
    rows = []
    for name in names:
        rank, value = lost[name]
        place = late.get(name)
        share = _NONE if place is None else f"{'l|' if place[1] else 'q|'}{_share(place[1])}"
        rows.append([safe(name), lost_cell(value), str(rank), share, _NONE if place is None else str(place[0])])
    return table(columns, rows, tight=True)


def score_with_ledgers(issue: Issue, lang: Lang) -> Html:
    """Return the score as checked, and with what the ledgers closed."""
    say = escape(words.after_closed(issue, lang))
    head = section("六", "score", "得分与台账", "The score and the ledgers", lang, say)
    return block(lang, head).stating(rate_closed=issue.found.closed.final_attainment)


# ------------------------------------------------------------------------------------------- eight: again, photographs


def again(issue: Issue, lang: Lang) -> Html:
    """Return the new findings that repeat an open one or come again."""
    t = speaker(lang)
    held = issue.rows["again"].findings
    head = section("八", "again", "重复和反弹", "Repeats and relapses", lang, escape(words.again_said(issue, lang)))
    if not held:
        return block(lang, head)
    columns = [
        Column(t("问题编号", "Finding"), "", "nw"),
        Column(t("点位", "Site"), "", "nw"),
        Column(t("问题", "What was found")),
        Column(t("责任单位", "Unit")),
        Column(t("情形", "How"), "", "nw"),
        Column(t("前一条", "Earlier"), "", "nw"),
    ]
    told = issue.told
    rows = []
    for row in held[:_FEW]:
        back = told["relapse_of"][row]
        rows.append(
            [
                safe(told["finding_id"][row]),
                safe(site_said(issue.kept, row, lang)),
                safe(finding_name(issue.kept, row, lang)),
                safe(unit_names(told["units"][row], told["area"][row], lang)),
                t("反弹", "relapse") if back else t("重复", "repeat"),
                safe(back or told["repeat_of"][row]),
            ]
        )
    return block(lang, head, table(columns, rows, tight=True), _cut(issue, "again", len(rows), lang))


def _cut(issue: Issue, key: str, shown: int, lang: Lang) -> str:
    t = speaker(lang)
    many = counted(issue, key, lang)
    if issue.stated[key, "", ""].value <= shown:
        note = t(f"共 {many} 条。", f"{many} in all.")
    else:
        note = t(
            f"共 {many} 条，此处列 {shown} 条，全部见附件。", f"{many} in all, {shown} of them here, all in the annex."
        )
    return _caption(note)


def photographs(issue: Issue, lang: Lang) -> Html:
    """Return the photographs before and after of what was put right; what is missing is told."""
    t = speaker(lang)
    head = section("九", "photos", "整改前后照片", "Photographs", lang, escape(words.photos_said(issue, lang)))
    lacking = [own for own in issue.photos if not (own[1] and own[2])]
    both = [own for own in issue.photos if own[1] and own[2]]
    if not issue.photos:
        return block(lang, head)
    columns = [
        Column(t("问题编号", "Finding"), "", "nw"),
        Column(t("点位", "Site"), "", "nw"),
        Column(t("来源", "Source"), "", "q nw"),
        Column(t("整改前", "Before")),
        Column(t("整改后", "After")),
    ]
    missing = f'<span class="l">{t("缺", "missing")}</span>'
    told = issue.told
    rows = [
        [safe(told["finding_id"][row]), safe(site_said(issue.kept, row, lang)),
         safe(source_name(told["source"][row], lang)), safe(before) or missing, safe(after) or missing]
        for row, before, after in [*lacking, *both][:_FEW]
    ]  # fmt: skip
    return block(lang, head, table(columns, rows, tight=True), _cut(issue, "fixed", len(rows), lang))


# ------------------------------------------------------------------------------------------------- notes


def notes(issue: Issue, lang: Lang) -> Html:
    """Return how the figures are meant, and what is assumed."""
    t = speaker(lang)
    say = t("各项数字的口径如下。", "How the figures are meant:")
    head = section("十", "notes", "说明", "Notes", lang, escape(say))
    items = "".join(f"<li>{escape(item)}</li>" for item in words.notes(issue, lang))
    told = "".join(f"<li>{escape(note.say(lang))}</li>" for note in issue.assessment.notes)
    return block(lang, head, f"<ul>{items}{told}</ul>")


def provenance(issue: Issue, lang: Lang) -> Html:
    """Return where it comes from: evidence, instrument, rules of the ledgers, versions."""
    t = speaker(lang)
    assessment, rules = issue.assessment, issue.kept.rules
    facts = [
        (t("依据指纹", "Evidence"), f"sha256 {assessment.evidence_hash[:16]}"),
        (t("测评体系", "Instrument"), assessment.instrument.id),
        (t("台账制度", "Rules of the ledgers"), rules.instrument.id),
        (t("期间", "Period"), f"{issue.found.period} ({issue.found.first} – {issue.found.last})"),
    ]
    if issue.ahead is not None and issue.ahead.draws:
        told = t(
            f"模拟 {issue.ahead.draws:,} 次，随机种子 {issue.ahead.seed}",
            f"{issue.ahead.draws:,} draws, seed {issue.ahead.seed}",
        )
        facts.append((t("预测", "Forecast"), told))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    facts.append((t("版本", "Versions"), f"evalsys {evalsys.__version__}, Python {python}"))
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in facts)
    return block(lang, f'<div class="prov">{text}{t("。", ".")}</div>')


def write_annex(issue: Issue, folder: str, lang: Lang) -> Html:
    """Write every row behind every figure as an Excel workbook into a folder, and say where; nothing for no folder."""
    if not folder:
        return Html("")
    t = speaker(lang)
    name = annex_name(lang)
    annex(issue, Path(folder) / name, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)
