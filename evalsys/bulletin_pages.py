"""The first page of a bulletin: title, result in one sentence, four key figures, the last six periods.

Each part is a function from an issue to a piece of a page. Every count is a link to its rows in the annex.
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from evalsys import bulletin_words as words
from evalsys.bulletin_annex import annex_name, place_of, rows_said
from evalsys.bulletin_figures import flow_chart
from evalsys.bulletin_results import SHEETS, Issue
from evalsys.language import Lang
from evalsys.league_words import days_said
from evalsys.markup import Html, block, figure, key_figures, opening, speaker
from evalsys.wording import plural

__all__ = ["counted", "series", "summary", "tag", "title_block"]

_STYLE = (
    "<style>.ev a{color:inherit;text-decoration:none}.ev a:hover{text-decoration:underline}"
    ".ev h2{margin:3.4mm 0 .6mm}.ev .say{margin:0 0 1.2mm;line-height:1.5}.ev .sub{margin:0 0 3mm}"
    ".ev .kpi{margin:0 0 3.4mm}"
    ".ev figure{margin:0 0 2mm}.ev ul{font-size:8pt;line-height:1.4;margin:0}.ev .two{margin:0 0 1mm}"
    ".ev .prov{margin-top:2.4mm}"
    ".ev table{margin:0 0 1.6mm}.ev table.tight tbody td{padding-top:.26mm;padding-bottom:.26mm}</style>"
)


def counted(issue: Issue, key: str, lang: Lang, by: str = "", name: str = "") -> str:
    """Return a figure with thousands separators; with an annex a link to its rows, which its title names."""
    own = issue.stated[key, by, name]
    if not issue.linked:
        return f"{own.value:,}"
    number = issue.numbers[key, by, name]
    said = rows_said(own, lang)
    sheet = SHEETS[own.sheet].say(lang)
    t = speaker(lang)
    told = t(f"附件第 {number} 号：“{sheet}”表，{said}", f"Annex no. {number}: sheet '{sheet}', {said}")
    target = f"{quote(annex_name(lang))}#{quote(place_of(own, lang), safe='')}"
    return f'<a href="{target}" title="{escape(told)}">{own.value:,}</a>'


def tag(issue: Issue, lang: Lang) -> str:
    """Return the outlined tag of invented data; nothing where the evidence is real."""
    settings, instrument = issue.assessment.settings, issue.assessment.instrument
    source = settings.source or instrument.source["document"]
    known = instrument.documents.get(source)
    if known is None or known["certainty"] != "assumed":
        return ""
    t = speaker(lang)
    return f'<span class="tag">{t("示例数据", "example data")}</span>'


def title_block(issue: Issue, lang: Lang) -> Html:
    """Return the style, the title and one line of facts: scope, time to put right, until when."""
    t = speaker(lang)
    found, assessment = issue.found, issue.assessment
    units = len(set(assessment.units) | {unit for own in issue.told["units"] for unit in own})
    sites = len(assessment.sites)
    days = issue.kept.rules.days
    last = days_said([found.last], lang)
    scope = t(f"{units} 个责任单位、{sites:,} 个点位", f"{plural(units, 'unit')}, {plural(sites, 'site')}")
    facts = [
        (t("地方", "Place"), assessment.settings.place),
        (t("范围", "Scope"), scope),
        (t("整改时限", "To put right"), t(f"发现后 {days} 日", f"{plural(days, 'day')}")),
        (t("截至", "Up to"), t(f"{last} 24 时", f"the end of {last}")),
    ]
    head = words.title(found, lang)
    kind = t("创城督查通报·月报" if found.monthly else "创城督查通报·周报", "Supervision bulletin")
    when = days_said([found.first, found.last], lang)
    foot = f"{head} · {when} · {assessment.evidence_hash[:8]}"
    page = opening(lang, kind, when, f"{head}", foot, facts)
    marked = tag(issue, lang)
    shown = page.replace("</h1>", f" {marked}</h1>", 1) if marked else str(page)
    return Html(shown + _STYLE).stating(
        place=assessment.settings.place,
        round=assessment.settings.round,
        instrument=assessment.instrument.id,
        evidence_hash=assessment.evidence_hash,
        period=found.period,
        rate=found.result.final_attainment,
    )


def summary(issue: Issue, lang: Lang) -> Html:
    """Return the result in one sentence, what stands behind it, and four key figures."""
    t = speaker(lang)
    first, late, bad = words.lead(issue, lang)
    said = escape(first)
    if late:
        said += t("；", "; ") + "<br>" + (f'<span class="l">{escape(late)}</span>' if bad else escape(late))
    parts = [
        f'<p class="lead">{said}{t("。", ".")}</p>',
        f'<p class="sub">{escape(words.second(issue, lang))}</p>',
        _key_figures(issue, lang),
    ]
    counts = {key: issue.stated[key, "", ""].value for key in ("new", "fixed", "in_hand", "overdue")}
    return block(lang, *parts).stating(
        findings_new=counts["new"],
        findings_fixed=counts["fixed"],
        findings_in_hand=counts["in_hand"],
        findings_overdue=counts["overdue"],
        measures=len(issue.measures),
    )


def _key_figures(issue: Issue, lang: Lang) -> str:
    t = speaker(lang)
    names = {
        "new": t("新增", "New"),
        "fixed": t("办结", "Put right"),
        "in_hand": t("在办", "In hand"),
        "overdue": t("逾期", "Overdue"),
    }
    notes = words.key_notes(issue, lang)
    unit = t("<small>条</small>", "")
    entries = []
    for key, name in names.items():
        value = f"{counted(issue, key, lang)}{unit}"
        if key == "overdue" and issue.stated[key, "", ""].value:
            value = f'<span class="l" style="display:inline">{value}</span>'
        entries.append((name, value, notes[key]))
    return key_figures(entries)


def series(issue: Issue, lang: Lang) -> Html:
    """Return the figure of the last periods."""
    t = speaker(lang)
    rows = issue.found.series
    numbers = [int(str(name).rpartition("-")[2].lstrip("W")) for name in rows["period"]]
    if issue.found.monthly:
        names = [t(f"{number} 月", f"{number:02d}") for number in numbers]
        head = t("近六个月问题办理情况（条）", "Findings in the last six months")
    else:
        names = [t(f"第 {number} 周", f"week {number}") for number in numbers]
        head = t("近六周问题办理情况（条）", "Findings in the last six weeks")
    picture = flow_chart(
        names,
        rows["new"].tolist(),
        rows["fixed"].tolist(),
        rows["in_hand"].tolist(),
        words.series_said(issue.found, names, lang),
        lang,
    )
    return block(lang, figure(head, picture))
