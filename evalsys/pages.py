"""The parts of the mock-assessment report, each a function from a score to a piece of a page.

A part computes nothing that a test could want: numbers come from :mod:`evalsys.scoring`, sentences from
:mod:`evalsys.wording`, charts from :mod:`evalsys.figures`. A notebook shows the parts one after another.
"""

from __future__ import annotations

from fractions import Fraction
from html import escape

from evalsys import wording
from evalsys.actions import Action, actions
from evalsys.charts import loss_charts
from evalsys.figures import Mark, number_line
from evalsys.language import Lang
from evalsys.markup import Column, Html, block, figure, key_figures, opening, safe, speaker, table
from evalsys.scoring import Score
from evalsys.views import tree_view
from evalsys.wording import decimal, percent, points

__all__ = ["distribution", "first_actions", "summary", "title_block"]

_ZERO = Fraction(0)


# ----------------------------------------------------------------------------------------------------- page one


def title_block(result: Score, lang: Lang) -> Html:
    """Return the style, the title and one line of facts: instrument, scope, evidence, pass mark."""
    t = speaker(lang)
    assessment, instrument = result.assessment, result.assessment.instrument
    top = [node for node in instrument.nodes if node.depth == 1]
    standards = [node for node in instrument.standards.values() if node.scored]
    sites = len(set(result.rows["site"]) - {-1})
    facts = [
        (t("测评体系", "Instrument"), instrument.title.say(lang)),
        (
            t("范围", "Scope"),
            t(
                f"{len(top):,} 项指标、{len(standards):,} 项标准",
                f"{wording.plural(len(top), 'indicator')}, {wording.plural(len(standards), 'standard')}",
            ),
        ),
        (
            t("依据", "Evidence"),
            t(
                f"{result.nodes[0].checks:,} 条检查、{sites:,} 个点位",
                f"{wording.plural(result.nodes[0].checks, 'check')} at {wording.plural(sites, 'site')}",
            ),
        ),
    ]
    if result.pass_mark is not None:
        facts.append((t("目标线", "Pass mark"), wording.pass_mark_text(result.pass_mark, instrument.full_marks, lang)))
    when = wording.round_name(assessment.settings.round, lang)
    foot = f"{wording.title(result, lang)} · {assessment.evidence_hash[:8]}"
    page = opening(lang, t("模拟测评报告", "Mock assessment"), when, wording.title(result, lang), foot, facts)
    settings = assessment.settings
    return page.stating(
        place=settings.place, round=settings.round, instrument=instrument.id, evidence_hash=assessment.evidence_hash
    )


def summary(result: Score, lang: Lang) -> Html:
    """Return the result in one sentence, four key figures, and the number line."""
    t = speaker(lang)
    first, second, where = wording.result_sentence(result, tree_view(result, "site_type"), lang)
    stop = t("。", ".")
    lead = escape(first) + (t("；", "; ") + "<br>" + escape(second) if second else "")
    lead += (t("，", ", ") + f'<span class="l">{escape(where)}</span>' if where else "") + stop
    parts = [
        f'<p class="lead">{lead}</p>',
        f'<p class="sub">{_second_sentence(result, lang)}</p>',
        _key_figures(result, lang),
    ]
    if result.attainment is not None:
        parts.append(_line(result, lang))
    return block(lang, *parts).stating(
        rate=result.final_attainment,
        points=result.won,
        lost=result.lost,
        assessed=result.assessed,
        not_assessed=result.not_assessed,
        full=result.assessment.instrument.full_marks,
        pass_mark=None if result.pass_mark is None else result.pass_mark.value,
        passed=result.passes,
    )


def _second_sentence(result: Score, lang: Lang) -> str:
    t = speaker(lang)
    checks, bad = result.nodes[0].checks, result.nodes[0].findings
    left = len(result.assessment.observations) - int(result.assessment.observations["counts"].sum())
    plural = wording.plural(checks, "check")
    out = t(f"{checks:,} 条检查全部计分，{bad:,} 条有失分。", f"{plural}, all counted, of which {bad:,} lost points. ")
    if left:
        out = t(
            f"{checks:,} 条检查计分，{bad:,} 条有失分；另有 {left:,} 行未计入（见“数据说明”）。",
            f"{plural} counted, of which {bad:,} lost points; not counted: {left:,} (see the notes on the data). ",
        )
    chosen = actions(result)
    if chosen and result.attainment is not None:
        n = sum(len(a.observations) for a in chosen)
        after = percent(result.final_of(chosen[-1].after))
        out += t(
            f"办好其中 {n:,} 条，按本轮口径得分率可升至 {after}。",
            f"Repairing {n:,} of them would lift this round's rate to {after}. ",
        )
    if result.not_assessed:
        a, b = points(result.assessed), points(result.not_assessed)
        low, high = (percent(v / result.assessment.instrument.full_marks) for v in (result.worst, result.best))
        out += t(
            f"已测评 {a} 分，未测评 {b} 分；按已测评部分计算，最低 {low}，最高 {high}。",
            f"{a} points are assessed and {b} are not: the rate is of what is assessed, "
            f"at worst {low}, at best {high}. ",
        )
    return escape(out.strip())


def _key_figures(result: Score, lang: Lang) -> str:
    t = speaker(lang)
    unit = t("分", "points")
    full = points(result.assessment.instrument.full_marks)
    sites = len(
        {site for site, lost in zip(result.rows["site"], result.rows["lost"], strict=True) if lost and site >= 0}
    )
    bad = result.nodes[0].findings
    missing = sum(
        node.state == "missing"
        for node in result.nodes
        if result.assessment.instrument.nodes[node.place].kind == "standard"
    )
    entries = [
        (
            t("得分率", "Score rate"),
            "–" if result.attainment is None else f"{decimal(result.attainment * 100, 2)}<small>%</small>",
            t(
                f"得 {points(result.won)} 分，已测评 {points(result.assessed)} 分",
                f"{points(result.won)} of {points(result.assessed)} points assessed",
            ),
        ),
        (
            t("失分", "Points lost"),
            f'<span class="l" style="display:inline">{points(result.lost)}<small>{unit}</small></span>'
            if result.lost
            else f"0<small>{unit}</small>",
            t(
                f"{bad:,} 条问题，{sites:,} 个点位",
                f"{wording.plural(bad, 'finding')} at {wording.plural(sites, 'site')}",
            ),
        ),
        (
            t("未测评", "Not assessed"),
            f"{points(result.not_assessed)}<small>{unit}</small>",
            t(f"{missing:,} 项标准没有依据", f"no evidence for {wording.plural(missing, 'standard')}")
            if missing
            else t("各项标准均有依据", "every standard has evidence")
            if not result.not_assessed
            else t("部分得分单元没有依据", "part of a standard has no evidence"),
        ),
        _against_mark(result, lang, full),
    ]
    return key_figures(entries)


def _against_mark(result: Score, lang: Lang, full: str) -> tuple[str, str, str]:
    t = speaker(lang)
    mark = result.pass_mark
    if mark is None or result.attainment is None:
        why = t("未设目标线", "no pass mark is set") if mark is None else t("尚无得分", "no score yet")
        return t("满分", "Full marks"), f"{full}<small>{t('分', 'points')}</small>", why
    assumed = (
        f' <span class="tag" style="display:inline-block">{t("假定", "assumed")}</span>'
        if mark.status == "assumed"
        else ""
    )
    final = result.final_attainment or _ZERO
    gap = final - mark.value / result.assessment.instrument.full_marks
    sign = "+" if gap > 0 else ""
    words = t("达到目标线", "reaches the pass mark") if gap >= 0 else t("未达到目标线", "below the pass mark")
    if result.settled.bars:
        words = t("有否决或前置条件不具备，目标线", "barred whatever the score; pass mark")
    value = f"{sign}{decimal(gap * 100, 2)}<small>{t('百分点', 'pp')}</small>"
    shown = value if result.passes else f'<span class="l" style="display:inline">{value}</span>'
    line = wording.percent_short(mark.value / result.assessment.instrument.full_marks)
    return t("距目标线", "From pass mark") + assumed, shown, f"{words} {line}"


def _line(result: Score, lang: Lang) -> str:
    t = speaker(lang)
    full = result.assessment.instrument.full_marks
    if result.attainment is None:
        return ""
    final = result.final_attainment or _ZERO
    marks = [Mark(float(final * 100), f"{t('本轮', 'This round')} {percent(final)}", "now")]
    if result.pass_mark is not None:
        line = result.pass_mark.value / full
        marks.append(Mark(float(line * 100), f"{t('目标线', 'Pass mark')} {wording.percent_short(line)}", "target"))
    published = result.assessment.settings.published
    if published is not None:
        rate = published.won / published.of
        marks.append(Mark(float(rate * 100), f"{published.label.say(lang)} {percent(rate)}", "other"))
    chosen = actions(result)
    if chosen:
        words = t(f"办好{_NUMERALS[len(chosen)]}件事", f"After {wording.plural(len(chosen), 'repair')}")
        after = result.final_of(chosen[-1].after)
        marks.append(Mark(float(after * 100), f"{words} {percent(after)}", "after"))
    ends = [float(result.final_of(end / full) * 100) for end in (result.worst, result.best)]
    band = (ends[0], ends[1]) if result.not_assessed else None
    label = (
        t("浅蓝段：未测评部分全失至全得", "Pale band: if all that is not assessed were lost, or won") if band else ""
    )
    told = t("，", ", ").join(mark.label for mark in marks)
    alt = t(f"得分率数轴：{told}。", f"Number line of the rate: {told}.")
    return figure("", number_line(marks, band, label, alt))


_NUMERALS = "零一两三"


def distribution(result: Score, lang: Lang) -> Html:
    """Return the two charts of page one: losses by site type and by unit."""
    return block(lang, loss_charts(result, lang, ("site_type", "unit")))


def first_actions(result: Score, lang: Lang) -> Html:
    """Return at most three actions, the heaviest standards first, and the note on another published figure."""
    t = speaker(lang)
    chosen = actions(result)
    parts = []
    if chosen and result.attainment is not None:
        head = t(f"建议先办{_NUMERALS[len(chosen)]}件事", "Do these first")
        columns = [
            Column(t("序", "#")),
            Column(t("失分项", "Standard")),
            Column(t("点位", "Sites")),
            Column(t("牵头", "Lead")),
            Column(t("问题", "Findings"), t("条", ""), "r"),
            Column(t("挽回", "Gain"), t("分", "points"), "r"),
            Column(t("提升", "Rise"), t("百分点", "pp"), "r"),
            Column(t("办好后得分率", "Rate after"), t("累计", "cumulative"), "r"),
        ]
        rows = [[str(n), *_action_cells(result, action, lang)] for n, action in enumerate(chosen, 1)]
        parts = [f"<h2>{head}</h2>", table(columns, rows)]
    note = _published_note(result, lang)
    return block(lang, *parts, f'<p class="note">{note}</p>' if note else "")


def _action_cells(result: Score, action: Action, lang: Lang) -> list[str]:
    place = result.assessment.instrument.places[action.standard]
    names = [f'<span class="nw">{safe(wording.site_name(result, site))}</span>' for site in action.sites[:3]]
    sites = ("、" if lang == "zh" else ", ").join(names) + ("…" if len(action.sites) > 3 else "")
    return [
        safe(wording.node_name(result.assessment.instrument, place, lang)),
        sites or "–",
        safe(wording.unit_names(action.units, action.area, lang)),
        f"{len(action.observations):,}",
        f"+{decimal(action.points, 3)}",
        f"+{decimal(action.rise * 100, 2)}",
        f"<b>{percent(result.final_of(action.after))}</b>",
    ]


def _published_note(result: Score, lang: Lang) -> str:
    published = result.assessment.settings.published
    if published is None or result.attainment is None:
        return ""
    rate = published.won / published.of
    gap = result.attainment - rate
    size, label = decimal(abs(gap) * 100, 2), published.label.say(lang)
    rows = sum(result.by_code[code].checks for codes, _ in published.left_out for code in codes)
    t = speaker(lang)
    way = t("低", "lower") if gap < 0 else t("高", "higher")
    won, full = decimal(published.won, 3), points(published.of)
    head = t("与公布结果的差别。", "Why this differs from the published figure. ")
    text = t(
        f"{label} {percent(rate)}（{won} / {full} 分），有 {rows:,} 条检查未计入；"
        f"全部计入后为 {percent(result.attainment)}，{way} {size} 个百分点。详见“数据说明”。",
        f"{label}: {percent(rate)} ({won} of {full} points), without {rows:,} checks. With every check counted the "
        f"rate is {percent(result.attainment)}, {size} percentage points {way}. See the notes on the data.",
    )
    return f"<b>{head}</b>{escape(text)}"
