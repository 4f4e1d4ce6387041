"""The first pages of a month's report: title, result, key figures, six months, what came from where.

A part computes nothing. What a month shares with a week's bulletin is the bulletin's own piece, under the number that
it has here; every count is a link to its rows in the annex.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from evalsys import bulletin_annex, bulletin_pages
from evalsys import month_words as words
from evalsys.bulletin_annex import rows_said
from evalsys.language import Lang, Text
from evalsys.league_words import days_said
from evalsys.markup import Column, Html, block, opening, safe, section, speaker, table
from evalsys.month_annex import annex_name, place_of, sheet_names
from evalsys.month_reports import MonthReport
from evalsys.wording import percent, plural

__all__ = ["counted", "flows", "numbered", "series", "shared", "summary", "title_block"]

_STYLE = (
    "<style>.ev a{color:inherit;text-decoration:none}.ev a:hover{text-decoration:underline}"
    ".ev .st{white-space:nowrap}</style>"
)
_NUMBERS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MOST = 10  # indicators of the table


def counted(report: MonthReport, key: str, lang: Lang, by: str = "", name: str = "") -> str:
    """Return a figure with thousands separators; with an annex a link to its rows, which its title names."""
    own = report.stated[key, by, name]
    if not report.issue.linked:
        return f"{own.value:,}"
    number, said = report.numbers[key, by, name], rows_said(own, lang)
    sheet = sheet_names(report, lang)[own.sheet]
    told = Text(f"附件第 {number} 号：“{sheet}”表，{said}", f"Annex no. {number}: sheet '{sheet}', {said}").say(lang)
    target = f"{quote(annex_name(lang))}#{quote(place_of(report, own, lang), safe='')}"
    return f'<a href="{target}" title="{escape(told)}">{own.value:,}</a>'


def shared(piece: Html, lang: Lang, number: int = 0) -> Html:
    """Return a piece of the bulletin as a part of the month: links lead to the month's annex, the heading is numbered.

    Figures of the bulletin have the same numbers in both annexes, and sheets the same names.
    """
    theirs, ours = bulletin_annex.annex_name(lang), annex_name(lang)
    made = str(piece).replace(quote(theirs), quote(ours))
    return Html(numbered(made, number) if number else made, piece.facts)


def numbered(piece: str, number: int) -> str:
    """Return a piece whose first heading has another number.

    Examples
    --------
    >>> numbered('<h2 id="a">四、下月到期</h2>', 11), numbered('<h2 id="a">4. Due</h2>', 11)
    ('<h2 id="a">十一、下月到期</h2>', '<h2 id="a">11. Due</h2>')
    """
    piece = re.sub(r"(<h2[^>]*>)[一二三四五六七八九十]+、", rf"\g<1>{_NUMBERS[number]}、", piece, count=1)
    return re.sub(r"(<h2[^>]*>)\d+\. ", rf"\g<1>{number}. ", piece, count=1)


def title_block(report: MonthReport, lang: Lang) -> Html:
    """Return the style, the title and one line of facts."""
    t = speaker(lang)
    found, assessment = report.found, report.assessment
    sites, units = len(assessment.sites), len(assessment.units)
    facts = [(t("测评", "Assessment"), assessment.settings.round)]
    scope = [t(f"{sites:,} 个点位", plural(sites, "site"))]
    if units:
        scope.insert(0, t(f"{units} 个责任单位", plural(units, "unit")))
    facts.append((t("范围", "Scope"), t("、", ", ").join(scope)))
    facts.append((t("截至", "Up to"), days_said([found.last], lang)))
    head = words.title(report, lang)
    when = days_said([found.first, found.last], lang)
    foot = f"{head} · {assessment.evidence_hash[:8]}"
    page = opening(lang, t("创城工作月报", "Monthly report"), when, head, foot, facts)
    marked = bulletin_pages.tag(report.issue, lang)
    shown = page.replace("</h1>", f" {marked}</h1>", 1) if marked else str(page)
    return Html(shown + _STYLE).stating(
        place=assessment.settings.place,
        round=assessment.settings.round,
        instrument=assessment.instrument.id,
        evidence_hash=assessment.evidence_hash,
        month=report.month,
        rate=found.result.final_attainment,
    )


def summary(report: MonthReport, lang: Lang) -> Html:
    """Return the result in a sentence, what stands behind it, the key figures, and how the score stands."""
    t = speaker(lang)
    piece = shared(bulletin_pages.summary(report.issue, lang), lang)
    result = report.found.result
    parts = []
    if result.final_attainment is not None:
        parts.append(
            t(
                f"按检查结果，得分率 {percent(result.final_attainment)}。",
                f"The score rate is {percent(result.final_attainment)} as checked. ",
            )
        )
    parts.append(words.chance_said(report, lang))
    said = "".join(parts).strip()
    running = words.running_said(report, lang)
    notes = f'<p class="note">{escape(running)}</p>' if running else ""
    ahead = report.issue.ahead
    return Html(piece + block(lang, f'<p class="sub">{escape(said)}</p>' if said else "", notes), piece.facts).stating(
        chance=None if ahead is None else ahead.chance, rate_closed=report.found.closed.final_attainment
    )


def series(report: MonthReport, lang: Lang) -> Html:
    """Return the figure of the last six months."""
    return shared(bulletin_pages.series(report.issue, lang), lang)


def flows(report: MonthReport, lang: Lang) -> Html:
    """Return what came and went by week, source, indicator and area."""
    t = speaker(lang)
    head = section("一", "flows", "本月走势", "The month", lang, escape(words.flow_said(report, lang)))
    weeks = [
        Column(t("周", "Week")),
        Column(t("新增", "New"), "", "r"),
        Column(t("办结", "Put right"), "", "r"),
        Column(t("退回", "Returned"), "", "r"),
        Column(t("复核通过", "Verified"), "", "r"),
    ]
    moves = ("new", "fixed", "returned", "verified")
    rows = [
        [safe(words.week_name(report, week.name, lang)),
         *(counted(report, key, lang, "week", week.name) for key in moves)]
        for week in report.weeks
    ]  # fmt: skip
    total = [t("全月", "Month"), *(counted(report, key, lang) for key in moves)]
    parts = [head, table(weeks, rows, total, tight=True)]
    for by, heading in (("source", t("问题来源", "Source")), ("indicator", t("测评指标", "Indicator"))):
        parts.append(_parted(report, by, heading, lang))
    parts.append(_areas(report, lang))
    return block(lang, *parts)


def _columns(heading: str, lang: Lang) -> list[Column]:
    t = speaker(lang)
    return [
        Column(heading),
        Column(t("新增", "New"), "", "r"),
        Column(t("办结", "Put right"), "", "r"),
        Column(t("月末在办", "In hand"), "", "r"),
        Column(t("其中逾期", "Overdue"), "", "r"),
    ]


_STATES = ("new", "fixed", "in_hand", "overdue")


def _cells(report: MonthReport, by: str, name: str, lang: Lang) -> list[str]:
    cells = [counted(report, key, lang, by, name) for key in _STATES]
    late = report.count("overdue", by, name)
    return [*cells[:3], f"{'l' if late else 'q'}|{cells[3]}"]


def _parted(report: MonthReport, by: str, heading: str, lang: Lang) -> str:
    t = speaker(lang)
    names = report.parts[by]
    if not names:
        return ""
    rows = [[safe(words.part_name(report, by, name, lang)), *_cells(report, by, name, lang)] for name in names[:_MOST]]
    total = [t("合计", "Total"), *_cells(report, "", "", lang)]
    made = table(_columns(heading, lang), rows, total, tight=True)
    if len(names) > _MOST:
        rest = len(names) - _MOST
        note = t(f"其余 {rest} 项见附件“数字出处”。", f"{rest} more in the annex, sheet 'figures'.")
        made += f'<p class="cap">{note}</p>'
    return made


def _areas(report: MonthReport, lang: Lang) -> str:
    t = speaker(lang)
    names = [
        name for name in report.found.areas["name"].tolist() if any(report.count(k, "area", name) for k in _STATES)
    ]
    if not names:
        return ""
    rows = [[safe(name) or t("未登记属地", "no area on record"), *_cells(report, "area", name, lang)] for name in names]
    total = [t("合计", "Total"), *_cells(report, "", "", lang)]
    return table(_columns(t("属地", "Area"), lang), rows, total, tight=True)
