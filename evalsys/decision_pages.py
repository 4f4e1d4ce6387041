"""Page one of a title decision, each part a function from a decided round to a piece of a page.

A part computes nothing: verdicts come from :mod:`evalsys.decisions`, sentences from :mod:`evalsys.decision_words`,
the chart from :mod:`evalsys.decision_figures`. A notebook shows the parts one after another; the sections that follow
stand in :mod:`evalsys.decision_sections`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evalsys import decision_words as words
from evalsys.decision_figures import MOST, Contender, cut_chart
from evalsys.decision_matters import matters
from evalsys.decisions import Decided, Verdict, score_error
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, figure, key_figures, opening, safe, speaker, table
from evalsys.rank_chances import another
from evalsys.wording import plural, round_name

__all__ = ["lists", "summary", "title_block", "to_decide", "unbroken"]

_NAMES = 12  # of one matter that are named on page one; the lists below have all
_SHORT = 16  # letters that a column can hold in one line
_TAIL = 0.1  # of repeated looks on either side of a bar


# ----------------------------------------------------------------------------------------------------- page one


def title_block(decided: Decided, lang: Lang) -> Html:
    """Return the style, the title and one line of facts: instrument, groups, day of the decision, pass mark."""
    t = speaker(lang)
    found = decided.round
    instrument = found.instrument
    facts = [
        (t("评选依据", "Instrument"), instrument.title.say(lang)),
        (t("名单", "Candidates"), _listed(decided, lang)),
        (t("决定日", "Decided on"), found.decided_on.isoformat()),
    ]
    if found.pass_mark is not None:
        facts.append((t("目标线", "Pass mark"), words.score_said(found.pass_mark.value)))
    title = found.title.say(lang)
    page = opening(
        lang,
        t("称号评选意见（供审定）", "Title decision (for approval)"),
        round_name(found.round, lang),
        title,
        f"{title} · {found.hash[:8]}",
        facts,
    )
    return page.stating(
        title=title, place=found.place, round=found.round, instrument=instrument.id, evidence_hash=found.hash
    )


def _listed(decided: Decided, lang: Lang) -> str:
    applying = sum(v.choice is not None for v in decided.verdicts)
    held = len(words.holders(decided))
    rest = len(decided.verdicts) - applying - held
    zh = [f"申报 {applying} 个"] + [f"已获称号 {held} 个"] * bool(held) + [f"不参评 {rest} 个"] * bool(rest)
    en = [f"{applying} apply"] + [f"{held} hold the title"] * bool(held) + [f"{rest} take no part"] * bool(rest)
    return Text("，".join(zh), ", ".join(en)).say(lang)


def summary(decided: Decided, lang: Lang) -> Html:
    """Return the result in one sentence, what a person does next, and four key figures."""
    t = speaker(lang)
    result, money = words.lead(decided, lang)
    said = escape(result) + (t("；", "; ") + "<br>" + escape(money) if money else "") + t("。", ".")
    waiting = matters(decided, lang)
    sub = words.breakdown(decided, lang) + (
        t(
            f"以下为按条款得出的建议，请审定；另有 {len(waiting)} 项须由人工确定。",
            f"This is what the clauses lead to, proposed for approval; {plural(len(waiting), 'matter')} "
            f"{'waits' if len(waiting) == 1 else 'wait'} for a person.",
        )
        if waiting
        else t("以下为按条款得出的建议，请审定。", "This is what the clauses lead to, proposed for approval.")
    )
    count = words.count_of
    return block(
        lang, f'<p class="lead">{said}</p>', f'<p class="sub">{escape(sub)}</p>', _key_figures(decided, lang)
    ).stating(
        candidates=sum(v.choice is not None for v in decided.verdicts),
        selected=count(decided, "selected"),
        tied=count(decided, "tie"),
        barred=count(decided, "barred"),
        beyond_quota=count(decided, "not_selected"),
        unassessed=count(decided, "no_score"),
        unfunded=count(decided, "unfunded"),
        to_decide=len(waiting),
        awards=decided.selection.cost if decided.selection.measure is not None else None,
        budget=decided.selection.budget,
    )


def _key_figures(decided: Decided, lang: Lang) -> str:
    t = speaker(lang)
    unit = t("个", "")
    quota = sum(each.quota for each in decided.selection.groups if each.group in words.groups_shown(decided))
    waiting = matters(decided, lang)
    named, barred = words.count_of(decided, "selected"), words.count_of(decided, "barred")
    beyond = words.count_of(decided, "not_selected")
    ties = sum(matter.kind == "tie" for matter in waiting)
    loud = f'<span class="l" style="display:inline">{len(waiting)}<small>{t("项", "")}</small></span>'
    entries = [
        (
            t("拟命名", "Proposed"),
            f"{named}<small>{unit}</small>",
            t(f"名额 {quota} 个", f"of {plural(quota, 'place')}")
            if all(words.limited(decided, group) for group in words.groups_shown(decided))
            else t("有组别不限名额", "not every group has a quota"),
        ),
        (
            t("待人工确定", "For a person"),
            loud if waiting else f"0<small>{t('项', '')}</small>",
            t(f"同分 {ties} 项，其他 {len(waiting) - ties} 项", f"{plural(ties, 'tie')}, {len(waiting) - ties} other"),
        ),
        (
            t("不予命名", "Not named"),
            f"{barred + beyond}<small>{unit}</small>",
            t(f"不合条件 {barred}，名额之外 {beyond}", f"{barred} barred, {beyond} beyond the quota"),
        ),
    ]
    found = decided.selection
    if found.measure is not None:
        budget = t("未设预算", "no budget is set")
        if found.budget is not None and found.reserve is not None:
            rest = found.reserve >= 0
            amounts = words.amount(found.budget), words.amount(abs(found.reserve))
            budget = t(
                f"预算 {amounts[0]}，{'余' if rest else '缺'} {amounts[1]}",
                f"budget {amounts[0]}, {amounts[1]} {'left' if rest else 'short'}",
            )
        measure = found.measure.say(lang)
        unit_said = t(measure, f" × {measure}")
        entries.append((t("拟奖励", "Awards"), f"{words.amount(found.cost)}<small>{unit_said}</small>", budget))
    else:
        applying = sum(v.choice is not None for v in decided.verdicts)
        entries.append((t("申报", "Apply"), f"{applying}<small>{unit}</small>", _listed(decided, lang)))
    return key_figures(entries)


def to_decide(decided: Decided, lang: Lang) -> Html:
    """Return what a person has to decide now, each with whom, clause and day; and the scores around each cut."""
    t = speaker(lang)
    waiting = matters(decided, lang)
    parts = []
    if waiting:
        columns = [
            Column(t("事项", "Matter")),
            Column(t("对象", "Whom")),
            Column(t("依据", "Clause")),
            Column(t("时限", "By when"), "", "nw"),
        ]
        rows = [
            [safe(matter.what), _few(matter.names, lang), unbroken([matter.clause or "–"], lang), safe(matter.by)]
            for matter in waiting
        ]
        parts += [f"<h2>{t('须由人工确定的事项', 'For a person to decide')}</h2>", table(columns, rows)]
    for group in words.groups_shown(decided):
        parts.append(_cut(decided, group, lang))
    return block(lang, *parts)


def _few(names: Sequence[str], lang: Lang) -> str:
    if len(names) <= _NAMES:
        return unbroken(names, lang)
    return unbroken(names[:5], lang) + Text(f"等 {len(names)} 个", f" and {len(names) - 5} more").say(lang)


def unbroken(said: Sequence[str], lang: Lang) -> str:
    """Return names or clauses in a row as HTML, the short ones never broken.

    Examples
    --------
    >>> unbroken(["甲区", "乙区"], "zh")
    '<span class="nw">甲区</span>、<span class="nw">乙区</span>'
    """
    return words.name_list([f'<span class="nw">{safe(s)}</span>' if len(s) <= _SHORT else safe(s) for s in said], lang)


def _cut(decided: Decided, group: str, lang: Lang) -> str:
    """Return the chart of the scores around the cut of a group; nothing where the quota leaves nobody out."""
    t = speaker(lang)
    own = [v for v in words.by_rank(decided, group) if v.choice is not None and v.choice.place is not None]
    above = [v for v in own if v.choice is not None and v.choice.decision in ("selected", "tie")]
    below = [v for v in own if v.choice is not None and v.choice.decision == "not_selected"]
    if not below and not any(v.choice is not None and v.choice.decision == "tie" for v in own):
        return ""
    low = min(len(below), MOST // 2)
    shown = above[-(MOST - low) :], below[: MOST - min(len(above), MOST - low)]
    bars = any(v.applicant.error for side in shown for v in side)
    alt = _alt(decided, group, *shown, lang)
    near = [[_contender(v, decided) for v in side] for side in shown]
    picture = cut_chart(near[0], near[1], words.quota_line(decided, group, lang), alt)
    caption = t("圆点为得分，空心的为同分待定。", "Dots are scores; open dots are tied.")
    if bars:
        caption += t("横条：重复测评时十次中约有八次落在其中。", " Bars: where about 8 in 10 repeated scores fall.")
    left = len(own) - sum(map(len, shown))
    if left:
        caption += t(f"只列名额线附近的，其余 {left} 个见名单。", f" Those near the cut; {left} more in the list.")
    name = decided.round.groups[group].say(lang)
    heading = t(f"{name}：名额线两边相差多少？", f"{name}: how close is the cut?")
    return figure(heading, picture, caption)


def _contender(verdict: Verdict, decided: Decided) -> Contender:
    choice, error = verdict.choice, score_error(decided.round, verdict)
    assert choice is not None
    assert verdict.score is not None
    low = high = None
    if error and verdict.range is not None:
        law = another(float(verdict.score), float(error))
        low, high = law.quantile(_TAIL), law.quantile(1 - _TAIL)
    return Contender(
        "–" if verdict.rank is None else str(verdict.rank.rank),
        verdict.applicant.name,
        words.score_said(verdict.score),
        float(verdict.score),
        low,
        high,
        choice.decision == "tie",
    )


def _alt(decided: Decided, group: str, above: Sequence[Verdict], below: Sequence[Verdict], lang: Lang) -> str:
    name = decided.round.groups[group].say(lang)
    ends = [f"{side[n].applicant.name} {words.score_said(side[n].score)}" for side, n in ((above, -1), (below, 0))
            if side]  # fmt: skip
    line, near = words.quota_line(decided, group, lang), words.name_list(ends, lang)
    return Text(
        f"点图：{name}名额线附近的得分。{line}。线两边：{near}。",
        f"Dot chart: scores of {name} near the cut. {line}. On both sides: {near}.",
    ).say(lang)


# ----------------------------------------------------------------------------------------------------- the lists


def lists(decided: Decided, lang: Lang) -> Html:
    """Return the list of each group in order of rank: place, name, score, range, decision and clause."""
    t = speaker(lang)
    groups = words.groups_shown(decided)
    if not groups:
        return block(lang)
    parts = [f"<h2>{t('评选名单（按名次）', 'The list, by rank')}</h2>"]
    for group in groups:
        parts += [f"<h3>{escape(words.group_said(decided, group, lang))}</h3>", _list(decided, group, lang)]
    foot = t(
        "得分四舍五入只为显示，名次按未取整的得分，含不符合条件的；不符合条件的不占名额。",
        "Scores are rounded half up for display; ranks compare unrounded scores and count those that are barred, "
        "who take no place of the quota.",
    )
    if any(v.range is not None for v in decided.verdicts):
        foot += t("名次区间见“数据说明”。", " On the ranges of ranks see the notes.")
    return block(lang, *parts, f'<p class="cap">{escape(foot)}</p>')


def _list(decided: Decided, group: str, lang: Lang) -> str:
    t = speaker(lang)
    own = words.by_rank(decided, group)
    ranges = any(v.range is not None for v in own)
    columns = [
        Column(t("名次", "Rank"), "", "r"),
        Column(t("候选对象", "Candidate"), "", "nw"),
        Column(t("得分", "Score"), t("分", "points"), "r"),
        *([Column(t("名次区间", "Range"), "", "r")] if ranges else []),
        Column(t("意见", "Proposal")),
        Column(t("依据", "Clause"), "", "q"),
    ]
    last = max((n for n, v in enumerate(own) if v.choice and v.choice.decision in ("selected", "tie")), default=-1)
    left_out = any(v.choice is not None and v.choice.decision in ("tie", "not_selected") for v in own)
    rows = []
    for number, verdict in enumerate(own):
        rows.append(_list_row(verdict, decided, ranges, lang))
        if number == last and left_out:
            rows.append(["", "", *[""] * (1 + ranges),
                         f"<b>{safe(words.quota_line(decided, group, lang))}</b>", ""])  # fmt: skip
    return table(columns, rows, tight=True)


def _list_row(verdict: Verdict, decided: Decided, ranges: bool, lang: Lang) -> list[str]:
    rank = verdict.rank.rank if verdict.rank is not None else None
    said = safe(words.decision_said(verdict, lang))
    decision = "" if verdict.choice is None else verdict.choice.decision
    if decision == "barred":
        said = f'<span class="l">{said}</span>'
    elif decision in ("tie", "unfunded"):
        said = f"<b>{said}</b>"
    clauses = words.clauses(verdict, decided, lang)
    if verdict.open:
        said += f'<br><span class="q">{safe(words.open_said(verdict, lang, short=True))}</span>'
    return [
        "–" if rank is None else str(rank),
        safe(verdict.applicant.name),
        words.score_said(verdict.score),
        *([words.range_said(verdict) or "–"] if ranges else []),
        said,
        unbroken(clauses, lang) or "–",
    ]
