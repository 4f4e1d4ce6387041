"""The cards of units as a page: one A4 sheet for each unit, complete by itself.

A part computes nothing: numbers come from :mod:`evalsys.unit_cards`, sentences from :mod:`evalsys.card_words`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

import evalsys
from evalsys import card_words as words
from evalsys.bulletin_annex import rows_said
from evalsys.bulletin_results import Stated
from evalsys.bulletin_words import day_said
from evalsys.card_results import FOUND, SHEETS, annex, annex_name, place_of, stated_of
from evalsys.console import display_width
from evalsys.escalation_words import clause_text, lift_text, step_text, why_text
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, opening, safe, speaker, table
from evalsys.unit_cards import KINDS, Cards, UnitCard
from evalsys.wording import day_text, decimal, plural

__all__ = ["cards_page", "write_annex"]

#: A card keeps to one sheet: its text is a little smaller than that of a report.
_STYLE = (
    "<style>.ev.card{font-size:9pt;line-height:1.5}.ev.card .lead{font-size:12.5pt;line-height:1.5}"
    ".ev.card .say,.ev.card .sub{margin:0 0 1.6mm}.ev.card h3{margin:2.4mm 0 .6mm}.ev.card table{margin:0 0 1.6mm}"
    ".ev.card .prov{margin-top:2mm;padding-top:1mm}"
    ".ev h1{font-size:17pt;margin:1mm 0}.ev .meta{margin:0 0 2.5mm}"
    ".ev a{color:inherit;text-decoration:none}.ev a:hover{text-decoration:underline}</style>"
)
#: Things that a card lists; the annex has all.
_LISTED = 40
#: Letters of a site's name that is never broken; a Chinese one counts twice.
_WHOLE = 20


def cards_page(cards: Cards, lang: Lang) -> Html:
    """Return the cards one after another, each on a page of its own; a page that says so where nobody owes anything."""
    pieces = [_title(cards, lang)]
    stated = stated_of(cards) if cards.linked else {}
    pieces += [_card(cards, card, lang, number, stated) for number, card in enumerate(cards.cards)]
    clear = words.clear_said(cards, lang)
    if clear:
        kind = "note" if cards.cards else "lead"
        pieces.append(block(lang, f'<p class="{kind}">{escape(clear)}</p>'))
    if not cards.cards:
        pieces.append(block(lang, _provenance(cards, lang)))
    own = cards.cards[0] if len(cards.cards) == 1 else None
    page = Html("".join(pieces)).stating(
        place=cards.assessment.settings.place,
        round=cards.assessment.settings.round,
        evidence_hash=cards.assessment.evidence_hash,
        day=cards.day.isoformat(),
        units=len(cards.cards),
        owed=sum(len(card.owed) for card in cards.cards),
        overdue=sum(len(card.overdue) for card in cards.cards),
    )
    if own is None:
        return page
    return page.stating(unit=own.unit, points=own.cost.points, chance_rise=own.cost.chance)


def _title(cards: Cards, lang: Lang) -> Html:
    """Return the style and the title of the first card; the foot names the unit where there is but one."""
    t = speaker(lang)
    place = cards.assessment.settings.place
    names = [card.unit for card in cards.cards]
    title = _name(names[0] if names else place, lang)
    facts = [(t("测评", "Assessment"), f"{place} · {cards.assessment.settings.round}")]
    foot = f"{title if len(names) == 1 else _name(place, lang)} · {cards.assessment.evidence_hash[:8]}"
    made = opening(lang, t("责任单位办理单", "Unit card"), _until(cards, lang), title, foot, facts)
    return Html(made + _STYLE)


def _name(who: str, lang: Lang) -> str:
    return Text(f"{who}办理单", f"{who}: what is to be done").say(lang)


def _until(cards: Cards, lang: Lang) -> str:
    day = day_text(cards.day).say(lang)
    return Text(f"截至 {day}", f"as of {day}").say(lang)


def _card(cards: Cards, card: UnitCard, lang: Lang, number: int, stated: Mapping[tuple[str, str], Stated]) -> Html:
    """Return one card; all but the first begin on a new page under the name of their unit."""
    t = speaker(lang)
    head = ""
    if number:
        head = f'<h2 class="pb">{escape(_name(card.unit, lang))}</h2><p class="cap">{_until(cards, lang)}</p>'
    first, second = words.lead(cards, card, lang)
    said = escape(first)
    if second:
        said += t("；", "; ") + f'<br><span class="b">{escape(second)}</span>'
    parts = [
        head,
        f'<p class="lead">{said}{t("。", ".")}</p>',
        f'<p class="cap">{escape(words.beside(cards, card, lang))}</p>' if card.owed else "",
        _owed(cards, card, lang),
        _record(card, lang),
        _steps(cards, card, lang),
        _receipt(card, lang),
        _sources(card, stated, lang) if stated else "",
    ]
    parts.append(_provenance(cards, lang))
    return Html(block(lang, *parts).replace('class="ev"', 'class="ev card"', 1))


def _head(zh: str, en: str, said: str, lang: Lang) -> str:
    """Return a heading and the sentence under it, small enough that a card keeps to one sheet."""
    return f'<h3>{escape(speaker(lang)(zh, en))}</h3><p class="cap">{escape(said)}</p>'


def _owed(cards: Cards, card: UnitCard, lang: Lang) -> str:
    t = speaker(lang)
    head = _head("一、待办事项", "1. What is owed", words.ahead_said(cards, card, lang), lang)
    if not card.owed:
        return head
    widest = max(display_width(own.where) for own in card.owed)
    columns = [
        Column(t("类别", "Kind"), "", "nw"),
        Column(t("点位", "Site"), "", "nw" if widest <= _WHOLE else ""),
        Column(t("事项", "What")),
        Column(t("发现", "Found"), "", "r"),
        Column(t("应办结", "Due"), "", "r"),
        Column(t("时限", "Time"), "", "r"),
        Column(t("影响总分", "Points"), t("分", "at stake"), "r"),
    ]
    rows = [
        [
            KINDS[own.kind].say(lang),
            safe(own.where) or "–",
            safe(words.what_said(own, lang)),
            _day(own.since, lang),
            _day(own.due, lang),
            f"{'l|' if own.late else ''}{words.left_said(own, cards.day, lang)}",
            "q|–" if own.lost is None else decimal(own.lost, 3) if own.lost else "q|0",
        ]
        for own in card.owed[:_LISTED]
    ]
    rest = len(card.owed) - _LISTED
    more = ""
    if rest > 0:
        said = t(f"其余 {rest} 项见附件。", f"{rest} more in the annex.")
        more = f'<p class="cap">{said}</p>'
    return head + table(columns, rows, tight=True) + more


def _day(day: datetime.date | None, lang: Lang) -> str:
    if day is None:
        return "–"
    return day_said(day, lang) if lang == "zh" else f"{day.day} {day:%b}"


def _record(card: UnitCard, lang: Lang) -> str:
    t = speaker(lang)
    gap = t("", " ")
    parts = [words.record_said(card, lang), words.standing_said(card, lang), words.letter_said(card, lang)]
    said = gap.join(part for part in parts if part)
    return _head("二、办理情况", "2. How it did so far", said, lang)


def _steps(cards: Cards, card: UnitCard, lang: Lang) -> str:
    t = speaker(lang)
    say = t("没有触发处置阶梯。", "No ladder of consequences is reached.")
    if not cards.assessment.rules.ladders:
        say = t("测评体系没有规定处置阶梯。", "The instrument has no ladder of consequences.")
    waiting = sum(own.standing.status == "proposed" for own in card.proposals)
    if card.proposals:
        others = len(card.proposals) - waiting
        say = t(
            f"以下 {waiting} 项为按规则提出的建议，须经审定后执行。" if waiting else "没有新的建议。",
            f"{plural(waiting, 'proposal')} by rule: a person decides." if waiting else "Nothing new is proposed.",
        )
        if others:
            say += t(f"另有 {others} 项已有审定意见。", f" {others} decided already.")
    head = _head("三、拟采取的措施（待审定）", "3. Proposed steps, to be decided", say, lang)
    if not card.proposals:
        return head
    columns = [
        Column(t("措施", "Step")),
        Column(t("依据", "Why")),
        Column(t("解除条件", "Lifted by")),
        Column(t("条款", "Clause"), "", "q"),
    ]
    rows = [
        [
            f"<b>{safe(step_text(own).say(lang).removeprefix('proposed: '))}</b>",
            safe(why_text(own).say(lang)),
            safe(lift_text(own).say(lang)),
            safe(clause_text(own.ladder).say(lang)),
        ]
        for own in card.proposals
    ]
    return head + table(columns, rows, tight=True)


def _receipt(card: UnitCard, lang: Lang) -> str:
    """Return the lines that the unit fills in: its name stands there, nobody signs with a name of a person."""
    t = speaker(lang)
    line = "_" * 12
    fields = [
        (t("承办单位（盖章）", "Unit (seal)"), card.unit),
        (t("签收日期", "Received on"), line),
        (t("反馈日期", "Replied on"), line),
        (t("办结项数", "Things done"), "_" * 6),
    ]
    told = t("　", " · ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in fields)
    return f'<div class="keep"><h3>{t("四、签收和反馈", "4. Receipt and reply")}</h3><p>{told}</p></div>'


def _sources(card: UnitCard, stated: Mapping[tuple[str, str], Stated], lang: Lang) -> str:
    """Return the figures of a card that count rows, each a link to its rows in the annex."""
    t = speaker(lang)
    told = []
    for key, name in FOUND.items():
        own = stated[card.unit, key]
        said = escape(t(f"“{SHEETS[own.sheet].zh}”表，", f"sheet '{SHEETS[own.sheet].en}', ") + rows_said(own, lang))
        target = f"{quote(annex_name(lang))}#{quote(place_of(own, lang), safe='')}"
        told.append(f'{name.say(lang)} <a href="{target}" title="{said}">{own.value:,}</a>')
    head = t("数字出处（附件）：", "Rows (annex): ")
    return f'<p class="cap">{head}{t("、", ", ").join(told)}{t("。", ".")}</p>'


def _provenance(cards: Cards, lang: Lang) -> str:
    t = speaker(lang)
    assessment = cards.assessment
    facts = [
        (t("测评体系", "Instrument"), assessment.instrument.id),
        (t("台账制度", "Rules"), assessment.rules.instrument.id),
        (t("依据指纹", "Evidence"), assessment.evidence_hash[:8]),
        (t("版本", "Version"), f"evalsys {evalsys.__version__}"),
    ]
    told = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in facts)
    said = escape(words.notes(cards, lang)) + t("", " ") + told + t("。", ".")
    return f'<div class="prov">{said}</div>'


def write_annex(cards: Cards, folder: str, lang: Lang) -> Html:
    """Write the rows of the cards as an Excel annex into a folder and say so; nothing without a folder."""
    if not folder:
        return Html("")
    t = speaker(lang)
    name = annex_name(lang)
    annex(cards, Path(folder) / name, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)
