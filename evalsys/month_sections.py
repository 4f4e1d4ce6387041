"""The sections of a month's report after its first pages: units, steps, score, materials, calendar, duties, survey.

Each part is a function from a report to a piece of a page. What a month shares with a bulletin is the bulletin's piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from evalsys import bulletin_sections
from evalsys import month_words as words
from evalsys.bulletin_words import day_said
from evalsys.done import STATES_OF_DONE
from evalsys.dues import Due
from evalsys.duty_parts import Part
from evalsys.language import Lang
from evalsys.listing import Listing
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.material_ledger import TIMES
from evalsys.material_results import dunning_sentence
from evalsys.month_annex import annex, annex_name, cell_text, sheet_listing, sheet_names
from evalsys.month_pages import counted, shared
from evalsys.month_reports import MonthReport
from evalsys.survey_words import result_sentences
from evalsys.wording import decimal, joined

__all__ = [
    "calendar",
    "coming",
    "duties",
    "ledgers",
    "materials",
    "notes",
    "overdue",
    "provenance",
    "score",
    "steps",
    "survey",
    "units",
    "write_annex",
]

_MOST = 15  # rows of a list on the page; the annex has all
_FEW = 6
_WIDE = 8  # columns of a table
#: Parts of the duties whose rows stand on the page, not the sentence alone.
_LISTED = ("coverage", "uncovered", "contracts")


def _cap(text: str) -> str:
    return f'<p class="cap">{text}</p>'


def units(report: MonthReport, lang: Lang) -> Html:
    """Return what each unit did and owes, and the ranks of units and areas."""
    first = shared(bulletin_sections.units(report.issue, lang), lang, 2)
    second = shared(bulletin_sections.ranking(report.issue, lang), lang)
    heading = speaker(lang)("名次", "Ranks")
    return Html(first + _lower(second, heading), {**first.facts, **second.facts})


def _lower(piece: str, heading: str) -> str:
    """Return a piece whose heading is a minor one, without a number."""
    start, stop = piece.find("<h2"), piece.find("</h2>")
    return piece if start < 0 else f"{piece[:start]}<h3>{escape(heading)}</h3>{piece[stop + 5 :]}"


def overdue(report: MonthReport, lang: Lang) -> Html:
    """Return what is overdue at the end of the month."""
    return shared(bulletin_sections.overdue(report.issue, lang), lang, 3)


def steps(report: MonthReport, lang: Lang) -> Html:
    """Return what was decided on ladders in the month, then what is proposed."""
    t = speaker(lang)
    piece = shared(bulletin_sections.measures(report.issue, lang), lang, 4)
    said = escape(words.decided_said(report, lang))
    if report.decided.empty:
        return Html(piece + block(lang, f"<p>{said}</p>"), piece.facts)
    held = sheet_listing(report, "decided", lang)
    columns = [
        Column(t("审定日期", "Decided on"), "", "nw"),
        Column(t("对象", "For"), "", "nw"),
        Column(t("措施", "Step")),
        Column(t("审定", "Decision"), "", "nw"),
        Column(t("条款", "Clause"), "", "q"),
    ]
    rows = [[safe(str(row[n])) for n in (0, 1, 2, 3, 5)] for row in held.rows[:_MOST]]
    count = counted(report, "decided", lang)
    note = t(f"共 {count} 项，所涉问题见附件。", f"{count} in all; the findings are in the annex.")
    heading = f"<h3>{t('本月审定', 'Decided this month')}</h3><p>{said}</p>"
    return Html(piece + block(lang, heading, table(columns, rows, tight=True), _cap(note)), piece.facts)


def score(report: MonthReport, lang: Lang) -> Html:
    """Return the score as checked and with what the ledgers closed, and its change against the month before."""
    piece = shared(bulletin_sections.score_with_ledgers(report.issue, lang), lang, 5)
    return Html(piece + block(lang, f"<p>{escape(words.change_said(report, lang))}</p>"), piece.facts)


def materials(report: MonthReport, lang: Lang) -> Html:
    """Return the materials of the month: in time, late, missing, with what that costs."""
    t = speaker(lang)
    say = escape(dunning_sentence(report.asked, lang))
    head = section("六", "materials", "材料归集", "Materials", lang, say)
    if not report.papers:
        return block(lang, head)
    columns = [
        Column(t("材料", "Material")),
        Column(t("责任单位", "Unit"), "", "nw"),
        Column(t("标准", "Standard"), "", "nw"),
        Column(t("截止", "Due"), "", "r"),
        Column(t("报送", "Handed in"), "", "r"),
        Column(t("情况", "Delivery"), "", "nw"),
        Column(t("补齐可得", "Alone brings"), t("分", "points"), "r"),
    ]
    alone = {code: want.alone for want in report.materials.wants for code in want.missing}
    rows = []
    for item in sorted(report.papers, key=lambda own: (-own.late, own.due is None, own.due or report.found.last))[
        :_MOST
    ]:
        handed = item.days["drafted_on"]
        bad = item.time in ("late", "overdue")
        state = TIMES[item.time].say(lang) + (t(f" {item.late} 天", f", {item.late} d") if item.late else "")
        brings = alone.get(item.material)
        rows.append(
            [
                safe(item.name.say(lang)),
                safe(item.unit or t("未登记单位", "no unit")),
                safe(item.standard),
                day_said(item.due, lang) if item.due else "–",
                day_said(handed, lang) if handed else "–",
                f"{'l|' if bad else ''}{state}",
                "q|–" if brings is None else decimal(brings, 3),
            ]
        )
    due, older = counted(report, "materials", lang), counted(report, "arrears", lang)
    late = [counted(report, f"material_{key}", lang) for key in ("on_time", "late", "overdue")]
    note = t(
        f"本月应报 {due} 份：按时 {late[0]} 份、迟报 {late[1]} 份、逾期未报 {late[2]} 份；以前月份尚欠 {older} 份。"
        f"每月 {report.kept.rules.materials_by} 日前报送，当日为按时。",
        f"{due} due: {late[0]} in time, {late[1]} late, {late[2]} overdue; {older} owed from earlier months. "
        f"Materials are due by day {report.kept.rules.materials_by}; on that day they are in time.",
    )
    return block(lang, head, table(columns, rows, tight=True), _cap(note)).stating(
        materials_due=report.count("materials"), materials_overdue=report.count("material_overdue")
    )


def calendar(report: MonthReport, lang: Lang) -> Html:
    """Return how the month's matters of the calendar were delivered: late and missing ones first."""
    t = speaker(lang)
    head = section("七", "calendar", "日程办理", "The calendar", lang, escape(words.calendar_said(report, lang)))
    if not report.dues:
        return block(lang, head)
    by_matter: dict[tuple[str, str], list[Due]] = {}
    for due in report.dues:
        by_matter.setdefault((due.code, due.what.say(lang)), []).append(due)
    columns = [
        Column(t("事项", "Matter")),
        Column(t("到期", "Due"), "", "r"),
        Column(STATES_OF_DONE["on_time"].say(lang), "", "r"),
        Column(STATES_OF_DONE["late"].say(lang), "", "r"),
        Column(STATES_OF_DONE["missing"].say(lang), "", "r"),
        Column(t("逾期单位", "Late or missing")),
        Column(t("依据", "Clause"), "", "q nw"),
    ]
    rows = []
    for (code, what), held in by_matter.items():
        count = {state: sum(due.state == state for due in held) for state in ("on_time", "late", "missing")}
        late = sorted({due.unit.say(lang) for due in held if due.state in ("late", "missing") and due.unit.zh})
        rows.append(
            (
                -count["missing"],
                -count["late"],
                [safe(what), str(len(held)), str(count["on_time"]), _loud(count["late"]), _loud(count["missing"]),
                 safe(joined(late, lang, 4)) or "–", safe(code)],
            )
        )  # fmt: skip
    rows.sort(key=lambda own: own[:2])
    states = [counted(report, f"calendar_{state}", lang) for state in ("on_time", "late", "missing")]
    total = [t("合计", "Total"), counted(report, "calendar", lang), *states, "", ""]
    shown = [row for _, _, row in rows[:_MOST]]
    more = len(rows) - len(shown)
    note = _cap(t(f"其余 {more} 类见附件。", f"{more} more in the annex.")) if more else ""
    return block(lang, head, table(columns, shown, total, tight=True), note).stating(
        calendar_missing=report.count("calendar_missing")
    )


def _loud(count: int) -> str:
    return f"l|{count}" if count else "q|0"


def duties(report: MonthReport, lang: Lang) -> Html:
    """Return grid, key problems, problem list, letters, contracts and quotas: a sentence for each, short tables."""
    t = speaker(lang)
    say = t(
        "以下为月末各项责任和数量指标的落实情况，逐行见附件。",
        "How duties and quotas stand at the end of the month; rows are in the annex.",
    )
    parts = [section("八", "duties", "责任落实", "Duties", lang, escape(say))]
    names = sheet_names(report, lang)
    items = []
    for part in report.duties[lang]:
        rows = counted(report, part.key, lang)
        where = t(f"（附件“{names[part.key]}”表 {rows} 行）", f" (annex '{names[part.key]}', {rows} rows)")
        title, said = part.title.say(lang), part.sentence.say(lang).rstrip("：: ")
        head = "" if said.lower().startswith(title.lower()) else f"<b>{escape(title)}</b>{t('：', ': ')}"
        linked = where if part.listing.rows else ""
        items.append(f"<li>{head}{escape(said)}{linked}</li>")
    parts.append(f"<ul>{''.join(items)}</ul>")
    parts += [_short(part, lang) for part in report.duties[lang] if part.key in _LISTED and part.listing.rows]
    return block(lang, *parts)


def _short(part: Part, lang: Lang) -> str:
    """Return the first rows of a part as a table, without columns that hold nothing."""
    held = part.listing
    return f"<h3>{escape(part.title.say(lang))}</h3>{_rows_of(held, lang, _FEW)}"


def _rows_of(held: Listing, lang: Lang, most: int) -> str:
    t = speaker(lang)
    shown = held.rows[:most]
    places = [n for n in range(len(held.columns)) if any(row[n] not in (None, "") for row in shown)][:_WIDE]
    columns, rows = _cells(held, places, shown, lang)
    more = len(held.rows) - len(shown)
    note = _cap(t(f"其余 {more} 行见附件。", f"{more} more rows in the annex.")) if more else ""
    return table(columns, rows, tight=True) + note


def _cells(
    held: Listing, places: Sequence[int], rows: Sequence[Sequence[Any]], lang: Lang
) -> tuple[list[Column], list[list[str]]]:
    """Return some columns of a listing for a page, each cell as what it is; a mark in place of a number stays."""
    chosen = [held.columns[n] for n in places]
    heads = [own.heading.say(lang) for own in chosen]
    columns = [
        Column(head[:1].upper() + head[1:], "", "" if own.kind == "text" else "r")
        for head, own in zip(heads, chosen, strict=True)
    ]
    return columns, [[safe(cell_text(row[n], own.kind)) for n, own in zip(places, chosen, strict=True)] for row in rows]


def survey(report: MonthReport, lang: Lang) -> Html:
    """Return what the survey says; nothing where there is none. Cells under five people are hidden."""
    t = speaker(lang)
    found = report.survey
    if not found.standards:
        return Html("")
    head = section(
        "九", "survey", "问卷调查", "The survey", lang, escape(t("", " ").join(result_sentences(found, lang)))
    )
    held = sheet_listing(report, "survey", lang)
    keys = ("text", "answers", "rate", "low", "high", "bar", "verdict")
    places = [n for n, column in enumerate(held.columns) if column.key in keys]
    columns, rows = _cells(held, places, held.rows, lang)
    return block(lang, head, table(columns, rows, tight=True))


def coming(report: MonthReport, lang: Lang) -> Html:
    """Return what falls due in the next month."""
    return shared(bulletin_sections.coming(report.issue, lang), lang, 10 if report.survey.standards else 9)


def ledgers(report: MonthReport, lang: Lang) -> Html:
    """Return whether the three ledgers agree over the month."""
    return shared(bulletin_sections.reconciled(report.issue, lang), lang, 11 if report.survey.standards else 10)


def notes(report: MonthReport, lang: Lang) -> Html:
    """Return how the figures are meant, and what is assumed."""
    return shared(bulletin_sections.notes(report.issue, lang), lang, 12 if report.survey.standards else 11)


def provenance(report: MonthReport, lang: Lang) -> Html:
    """Return where it comes from: evidence, instrument, rules of the ledgers, versions."""
    return bulletin_sections.provenance(report.issue, lang)


def write_annex(report: MonthReport, folder: str, lang: Lang) -> Html:
    """Write every row behind every figure as an Excel workbook into a folder, and say where; nothing for no folder."""
    if not folder:
        return Html("")
    t = speaker(lang)
    name = annex_name(lang)
    annex(report, Path(folder) / name, lang)
    return block(lang, _cap(f"{t('附件：', 'Annex: ')}{name}")).stating(annex=name)
