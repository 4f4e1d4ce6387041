"""The forecast in the mock-assessment report: each part a function from results to a piece of the page."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

import numpy as np

from evalsys import forecast_words as words
from evalsys import wording
from evalsys.assumptions_views import Under
from evalsys.evidence import read_assessment
from evalsys.figures import Bar
from evalsys.forecast_figures import (
    Bin,
    Given,
    Interval,
    Reading,
    Span,
    distribution,
    intervals,
    severity_curve,
    shares_bar,
)
from evalsys.forecast_views import (
    Change,
    Outlook,
    acts,
    answerable,
    change_since,
    findings_of,
    histogram,
    outlook,
    visited,
)
from evalsys.forecasting import Forecast
from evalsys.instrument import METHODS
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, bars_said, block, figure, key_figures, safe, section, speaker, table
from evalsys.modelling_views import Learnt, assumptions, learnt
from evalsys.regions import Reason
from evalsys.scoring import Score, score
from evalsys.variance import GroupShare
from evalsys.wording import decimal, percent

__all__ = [
    "Outlook",
    "carries",
    "change",
    "headline",
    "outlook",
    "overview",
    "spread",
    "three_inspections",
    "worst_sites",
]

_MOST, _FEW = 10, 6


# ---------------------------------------------------------------------------------------------------- page one


def headline(seen: Outlook, lang: Lang) -> Html:
    """Return the forecast in a sentence, for page one."""
    t = speaker(lang)
    if seen.found is None:
        return (
            block(lang, f'<p class="note">{escape(words.no_forecast(seen.faults, lang))}</p>')
            if seen.faults
            else Html("")
        )
    space = t("", " ")
    said = (
        words.headline(seen.found, lang) + space + words.basis(seen.found, len(assumptions(seen.found.prospect)), lang)
    )
    page = block(lang, f'<p class="note"><b>{t("预测。", "Forecast. ")}</b>{escape(said)}</p>')
    strict = seen.found.at_severity(-1)
    return page.stating(
        expected=seen.found.mean,
        chance=seen.found.chance,
        chance_error=seen.found.chance_error,
        chance_strict=None if strict is None else strict[0],
        engine=seen.found.engine,
    )


# ------------------------------------------------------------------------------------------------ the forecast


def overview(seen: Outlook, lang: Lang) -> Html:
    """Return the forecast: key figures, the distribution with the pass mark, the chance under each severity."""
    found = seen.found
    zh, en = "正式督查预测", "Forecast of the coming inspection"
    if found is None:
        why = escape(words.no_forecast(seen.faults, lang))
        return block(lang, section("六", "forecast", zh, en, lang, why)) if seen.faults else Html("")
    say = escape(words.headline(found, lang))
    parts = [
        section("六", "forecast", zh, en, lang, say, page_break=True),
        _key_figures(seen, found, lang),
        _distribution(found, lang),
    ]
    if found.chance is not None and len(found.severity) > 1:
        parts.append(_severity(found, lang))
    parts.append(f'<p class="note">{escape(words.engine_sentence(found, lang))}</p>')
    return block(lang, *parts)


def _key_figures(seen: Outlook, found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    unit = f"<small>{t('分', 'points')}</small>"
    held = dict(found.quantiles)
    entries = [
        (
            t("期望得分", "Expected score"),
            words.score_text(found.mean) + unit,
            t(f"标准差 {words.score_text(found.sd)} 分", f"standard deviation {words.score_text(found.sd)}"),
        ),
        (
            t("九成范围", "90% range"),
            f"{words.score_text(held[0.05])}–{words.score_text(held[0.95])}",
            t("分；低于、高于各占 5%", "points; 5% lie below, 5% above"),
        ),
    ]
    if found.chance is not None and found.mark is not None:
        mark = wording.percent_short(found.mark / found.full)
        strict, lenient = found.at_severity(-1), found.at_severity(1)
        note = f"{words.mark_name(found).say(lang)} {mark}"
        if strict is not None and lenient is not None:
            a, b = (words.chance_of(found, one[0]) for one in (strict, lenient))
            note = t(f"偏严 {a}，偏宽 {b}", f"strict {a}, lenient {b}")
        value, _, error = words.chance_of(found).partition(" ± ")
        shown = f"{escape(value)}<small> ± {error}</small>" if error else escape(value)
        entries.append((t("达标可能性", "Chance to pass"), shown, note))
    else:
        entries.append((t("达标可能性", "Chance to pass"), "–", t("未设目标线", "no pass mark is set")))
    if seen.doubt is not None:
        low, high = (escape(words.chance_text(end)) for end in (seen.doubt.low, seen.doubt.high))
        entries.append(
            (
                t("达标可能性的范围", "Range of the chance"),
                f"{low}–{high}",
                t("九成；计入达标率的误差", "90%, with the error of the rates"),
            )
        )
    return key_figures(entries)


def _distribution(found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    full = float(found.full)
    held = dict(found.quantiles)
    bins = [Bin(*one) for one in histogram(found)]
    mean = Reading(found.mean / full * 100, t("期望 ", "mean ") + _rate(found.mean / full))
    value = found.prospect.score.value
    now = None
    if value is not None:
        now = Reading(float(value) / full * 100, t("模拟测评 ", "mock score ") + percent(value / found.full, 1))
    band = None
    if found.sd > 0:
        low, high = held[0.05] / full, held[0.95] / full
        band = Span(low * 100, high * 100, _rate(low), _rate(high))
    if found.mark is None or found.chance is None:
        # without a mark all is on one side: the mark stands left of everything, without words
        mark, below, above = Reading(bins[0].low, ""), ("", ""), ("", "")
    else:
        at = found.mark / found.full
        mark = Reading(float(at * 100), f"{words.mark_name(found).say(lang)} {wording.percent_short(at)}")
        below = t("低于目标线", "below the mark"), words.about(words.chance_of(found, 1 - found.chance), lang)
        above = t("达到目标线", "reaches it"), words.about(words.chance_of(found, found.chance), lang)
    said = words.distribution_reading(found, lang)
    alt = t("得分率分布：", "Distribution of the rate: ") + said
    axis = t(
        "正式督查得分率（横条：十次中约有九次落在此段）", "Rate of the coming inspection (bar: nine in ten fall here)"
    )
    chart = distribution(bins, mark, now, mean, band, below, above, axis if band else t("得分率", "Rate"), alt)
    return figure(t("得分率可能落在哪里", "Where the rate may fall"), chart, said)


def _rate(share: float) -> str:
    return percent(Fraction(share).limit_denominator(10**9), 1)


def _severity(found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    sd = found.prospect.model.severity
    low, high = found.severity[0][0], found.severity[-1][0]
    steps = np.linspace(max(low, -3 * sd), min(high, 3 * sd), 25)
    points = [(float(z), at[0]) for z in steps if (at := found.at_severity(z / sd)) is not None]
    weights = [float(np.exp(-((z / sd) ** 2) / 2)) for z in steps]
    given = []
    for times, zh, en in ((-1, "偏严", "strict"), (0, "一般", "usual"), (1, "偏宽", "lenient")):
        at = found.at_severity(times)
        if at is not None:
            label = f"{t(zh, en)} {words.about(words.chance_of(found, at[0]), lang)}"
            given.append(Given(times * sd, at[0], label, loud=times == -1))
    said = words.severity_reading(found, lang)
    ends = t("从严", "strict"), t("从宽", "lenient")
    axis = t("督查宽严（浅蓝：各种宽严出现的机会）", "Severity of the inspectors (pale: how often each occurs)")
    alt = t("达标可能随严查程度变化：", "Chance to pass by severity: ") + said
    heading = t("督查宽严不同时", "If inspectors are strict or lenient")
    return figure(heading, severity_curve(points, weights, given, ends, axis, alt), said)


# ----------------------------------------------------------------------------------- where the spread comes from


def spread(seen: Outlook, lang: Lang) -> Html:
    """Return the split of the variance, what pass or fail hangs on, and groups of sites."""
    t = speaker(lang)
    found = seen.found
    if found is None:
        return Html("")
    say = escape(words.shares_reading(found.shares, lang))
    total = sum(share.variance for share in found.shares)
    items = []
    for share in found.shares:
        error = share.error / total if total else 0.0
        label = percent(Fraction(share.share).limit_denominator(10**6), 1) if share.variance else "0"
        label += f" ± {percent(Fraction(2 * error).limit_denominator(10**6), 1)}" if error else ""
        items.append(Bar(words.PART_NAMES[share.part].say(lang), share.share, label, share.share > 0.25))
    heading = t("得分波动的来源（占方差）", "Where the spread comes from (share of variance)")
    chart = figure(heading, shares_bar(items, bars_said(heading, [(bar.name, bar.label) for bar in items], lang)))
    parts = [section("七", "spread", "不确定性来源", "Where the uncertainty comes from", lang, say), chart]
    parts += [_hangs_on(seen, found, lang), _groups(seen, found, lang)]
    return block(lang, *parts)


def _hangs_on(seen: Outlook, found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    shares = [share for share in seen.hangs if share.index > 0.001]
    if not shares:
        return ""
    head = t("达标与否取决于什么", "What pass or fail hangs on")
    columns = [
        Column(t("项目", "What")),
        Column(t("单独说明的部分", "Explained alone"), t("一阶 Sobol 指数", "first Sobol index"), "r"),
    ]
    rows = []
    for share in shares[:_FEW]:
        index = percent(Fraction(share.index).limit_denominator(10**6), 1)
        error = f" ± {percent(Fraction(2 * share.error).limit_denominator(10**6), 1)}" if share.error else ""
        rows.append([safe(words.pass_share_name(found, share, lang)), index + error])
    said = escape(words.passing_reading(found, shares, lang))
    return f"<h3>{head}</h3>{table(columns, rows, tight=True)}<p class='note'>{said}</p>"


def _groups(seen: Outlook, found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    held = seen.groups
    if isinstance(held, Reason):
        why = words.named(found, held.text).say(lang)
        return f"<p class='note'>{escape(t(f'按点位类型分解未作：{why}。', f'Not split by type of site: {why}.'))}</p>"
    if len(held) < 2:
        return ""
    head = t("按点位类型", "By type of site")
    columns = [
        Column(t("点位类型", "Type of site")),
        Column(t("协方差份额", "Covariance share"), "", "r"),
        Column(t("Shapley 份额", "Shapley share"), "", "r"),
    ]
    rows = [
        [
            safe(_group_name(found, one, lang)),
            percent(Fraction(one.covariance).limit_denominator(10**6), 1),
            percent(Fraction(one.shapley).limit_denominator(10**6), 1),
        ]
        for one in held[:_FEW]
    ]
    note = t(
        "严查程度由各类点位共同承受，因此各类点位的失分相关；两种份额都合计为 100%（按全部各类计）。",
        "Severity acts on all types at once, so their losses are correlated; over all types both add up to 100%.",
    )
    return f"<h3>{head}</h3>{table(columns, rows, tight=True)}<p class='note'>{note}</p>"


def _group_name(found: Forecast, one: GroupShare, lang: Lang) -> str:
    types = found.prospect.model.instrument.site_types
    if one.name in types:
        return types[one.name].say(lang)
    return METHODS[one.name].say(lang) if one.name else Text("其余各类", "all others").say(lang)


# --------------------------------------------------------------------------------------------------- worst sites


def worst_sites(seen: Outlook, lang: Lang) -> Html:
    """Return the listed sites that are expected to cost most, with the chance to pass if seen and if mended."""
    t = speaker(lang)
    found = seen.found
    if found is None:
        return Html("")
    rows = [row for row in seen.sites if row.loss > 0]
    say = escape(words.sites_reading(found, rows, lang))
    head = section("八", "sites", "最该先看的点位", "Sites to look at first", lang, say)
    columns = [
        Column(t("点位", "Site"), "", "nw"),
        Column(t("类型", "Type"), "", "nw"),
        Column(t("属地、责任单位", "Area, unit"), "", "q"),
        Column(t("抽到的可能", "Chance drawn"), "", "r"),
        Column(t("抽到后的失分", "Loss if drawn"), t("分", "points"), "r"),
        Column(t("最弱标准", "Weakest standard"), "", "q"),
    ]
    exact = any(row.chance_seen is not None for row in rows[:_MOST])
    if exact:
        columns += [
            Column(t("若抽到", "If seen"), t("达标可能", "chance to pass"), "r"),
            Column(t("若整改最弱项", "If mended"), t("达标可能", "chance to pass"), "r"),
        ]
    sites, own = found.prospect.score.assessment.sites, answerable(found.prospect.score)
    instrument = found.prospect.model.instrument
    body = []
    for row in rows[:_MOST]:
        area, units = own.get(row.site, ("", ()))
        who = [part for part in (area, t("、", ", ").join(units)) if part]
        standard = instrument.nodes[instrument.nodes[instrument.leaves[row.weakest]].parent]
        cells = [
            safe(str(sites["name"].iloc[row.site])),
            safe(instrument.site_types[sites["site_type"].iloc[row.site]].say(lang)),
            safe(t("；", "; ").join(who)) or "–",
            percent(Fraction(row.drawn).limit_denominator(10**6), 0),
            decimal(Fraction(row.loss).limit_denominator(10**9), 3),
            safe(f"{standard.code} {wording.short_name(instrument, instrument.places[standard.code], lang)}"),
        ]
        if exact:
            cells += ["–" if p is None else _fine(p) for p in (row.chance_seen, row.chance_mended)]
        body.append(cells)
    note = ""
    if exact:
        note = t(
            "“若抽到”指正式督查抽到该点位；“若整改”指最弱标准整改到位、肯定达标，无论是否抽到。",
            "If seen: the inspection draws the site. If mended: its weakest standard is put right for good, drawn or "
            "not. ",
        )
        if found.chance is not None:
            note += t(f"目前为 {_fine(found.chance)}。", f"Now it is {_fine(found.chance)}.")
    elif body:
        note = t(
            "各标准在总分中按其权重计；没有精确分布，因此不列整改后的达标可能性。",
            "Standards by their weight in the total. Without an exact law there is no chance to pass by site.",
        )
    return block(
        lang,
        head,
        table(columns, body, tight=True) if body else "",
        f'<p class="cap">{escape(note)}</p>' if note else "",
    )


def _fine(chance: float) -> str:
    return percent(Fraction(chance).limit_denominator(10**9), 1)


# ------------------------------------------------------------------------------------------ simulated inspections


def three_inspections(seen: Outlook, lang: Lang) -> Html:
    """Return three simulated inspections written out: totals, sites, findings."""
    t = speaker(lang)
    found = seen.found
    if found is None:
        return Html("")
    made = seen.inspections
    say = escape(words.inspections_reading(made, lang))
    head = section("九", "inspections", "三次模拟督查", "Three simulated inspections", lang, say)
    columns = [
        Column(t("模拟", "Inspection")),
        Column(t("督查人员", "Inspectors")),
        Column(t("点位", "Sites"), "", "r"),
        Column(t("检查", "Checks"), "", "r"),
        Column(t("失分检查", "Checks with a loss"), "", "r"),
        Column(t("得分", "Score"), t("分", "points"), "r"),
        Column(t("达标", "Passes"), "", "r"),
    ]
    sd = found.prospect.model.severity
    rows = []
    for number, one in enumerate(made, 1):
        applies = one.rows[one.rows["level"] >= 0]
        passed = "–" if one.passed is None else t("是", "yes") if one.passed else t("否", "no")
        rows.append(
            [
                t(f"第{'一二三'[number - 1]}次", f"No. {number}"),
                words.severity_word(one.z / sd if sd else 0.0, lang),
                f"{len(visited(one)):,}",
                f"{len(applies):,}",
                f"{int((applies['level'] > 0).sum()):,}",
                decimal(one.total, 2),
                passed,
            ]
        )
    details = []
    for number, one in enumerate(made, 1):
        sites = words.visited_text(found, one, lang)
        lost = words.findings_text(found, one, findings_of(found.prospect.model, one), lang)
        label = t(f"第{'一二三'[number - 1]}次。", f"No. {number}. ")
        said = t(f"点位：{sites}。失分最多：{lost}。", f"Sites: {sites}. What cost most: {lost}.")
        details.append(f'<p class="note"><b>{label}</b>{escape(said)}</p>')
    return block(lang, head, table(columns, rows), *details)


# --------------------------------------------------------------------------------------------- an earlier round


def change(result: Score, earlier: str, lang: Lang) -> Html:
    """Return what changed since an earlier round of the same assessment; nothing where none is named.

    Parameters
    ----------
    earlier : str
        Name of the round.
    """
    t = speaker(lang)
    if not earlier:
        return Html("")
    before = score(read_assessment(result.assessment.path, round=earlier))
    found = change_since(before, result)
    say = escape(words.change_reading(found, lang))
    zh, en = f"与{wording.round_name(earlier, 'zh')}相比", f"Since: {wording.round_name(earlier, 'en')}"
    head = section("十一", "change", zh, en, lang, say)
    nodes = result.assessment.instrument.nodes
    columns = [
        Column(t("指标", "Indicator")),
        Column(t("上轮得分率", "Rate then"), "", "r"),
        Column(t("本轮得分率", "Rate now"), "", "r"),
        Column(t("升降", "Change"), t("百分点", "pp"), "r"),
    ]
    rows = []
    for moved in found.moved[:_MOST]:
        gap = "–" if moved.before is None or moved.now is None else _signed((moved.now - moved.before) * 100)
        cells = ["–" if a is None else percent(a, 1) for a in (moved.before, moved.now)]
        rows.append([safe(nodes[moved.place].name.say(lang)), *cells, gap])
    return block(lang, head, table(columns, rows, tight=True), _came_and_went(result, found, lang))


def _came_and_went(result: Score, found: Change, lang: Lang) -> str:
    """Return the findings that came and that went where both rounds looked, and how many more there are."""
    t = speaker(lang)
    kinds = ((found.came, t("新增", "new"), "l|"), (found.went, t("消除", "gone"), ""))
    instrument = result.assessment.instrument
    rows, more = [], []
    for pairs, name, loud in kinds:
        for leaf, site in pairs[:_MOST]:
            standard = wording.node_name(instrument, instrument.nodes[leaf].parent, lang)
            rows.append([loud + name, safe(wording.site_name(result, site)), safe(standard)])
        if len(pairs) > _MOST:
            more.append(t(f"{name}另有 {len(pairs) - _MOST} 处", f"{name}: {len(pairs) - _MOST} more"))
    if not rows:
        return ""
    columns = [Column(t("变化", "Change")), Column(t("点位", "Site")), Column(t("标准", "Standard"))]
    head = t("新增和消除的问题", "Findings that came and went")
    foot = f'<p class="cap">{t("；", "; ").join(more)}{t("。", ".")}</p>' if more else ""
    return f"<h3>{head}</h3>{table(columns, rows, tight=True)}{foot}"


def _signed(value: Fraction) -> str:
    return words.moved_text(float(value))


# --------------------------------------------------------------------------------------- how far assumptions carry


def carries(seen: Outlook, lang: Lang) -> Html:
    """Return how far assumptions carry: other numbers, weights, parameters with their source, what was learnt."""
    t = speaker(lang)
    found = seen.found
    if found is None:
        return Html("")
    say = words.assumed_reading(seen.doubt, lang)
    if isinstance(seen.weights, Text):
        why = seen.weights.say(lang)
        say += t(
            f"权重为假定，其影响不能计算：{why}。", f"Weights are assumed; how far they carry cannot be said: {why}."
        )
    elif seen.weights is not None:
        say += words.weights_reading(seen.weights, seen.weighed, lang)
    else:
        say += t("权重有出处，不另作假定。", "Weights have a source.")
    head = section("十", "carries", "假设的影响", "How far assumptions carry", lang, escape(say))
    items = "".join(f"<li>{escape(text.say(lang))}</li>" for text in assumptions(found.prospect))
    return block(
        lang,
        head,
        _under(found, seen.others, lang),
        f"<h3>{t('模型的假定', 'What the model assumes')}</h3><ul>{items}</ul>" if items else "",
        _parameters(found, lang),
        _learnt(learnt(found.prospect, most=5), lang),
    )


def _under(found: Forecast, rows: Sequence[Under], lang: Lang) -> str:
    t = speaker(lang)
    if len(rows) < 2:
        return ""
    # a pair is drawn with the same random numbers: its difference is surer than either of the two
    if found.chance is None:
        base, times, unit = found.mean, 1.0, ""
        moves = [(row.name, row.mean_moved, row.mean_moved_error) for row in rows[1:]]
        now = words.score_text(found.mean)
    else:
        base, times, unit = found.chance, 100.0, "%"
        moves = [(row.name, row.chance_moved, row.chance_moved_error) for row in rows[1:]]
        now = words.about(words.chance_of(found), lang)
    most = 100.0 if unit else float(found.full)
    shown = []
    for name, moved, error in moves:
        low, mid, high = (min(max((base + moved + side * 2 * error) * times, 0.0), most) for side in (-1, 0, 1))
        label = words.moved_text(moved * times, 1 if unit else 2)
        label += f" ± {words.score_text(2 * error * times, 1 if unit else 2)}" if error else ""
        shown.append(Interval(name.say(lang), low, mid, high, label, abs(moved) * times > (5 if unit else 0.5)))
    zh, en = ("达标可能性", "the chance to pass") if unit else ("期望得分", "the expected score")
    reference = Reading(base * times, t("本预测 ", "this forecast ") + now)
    heading = t(f"换一种假定，{zh}是多少", f"With other assumptions, {en} is")
    axis = t(f"{zh}；右列为增减，单位", f"{en[0].upper()}{en[1:]}; at the right, the change in ")
    axis += t("百分点", "percentage points") if unit else t("分", "points")
    told = t("，", ", ").join(f"{row.name} {row.label}" for row in shown)
    alt = t(f"区间图：{heading}。{told}。", f"Interval chart: {heading}. {told}.")
    said = words.under_reading([(name, moved) for name, moved, _ in moves], bool(unit), lang)
    return figure(heading, intervals(shown, reference, axis, alt, unit), said)


def _parameters(found: Forecast, lang: Lang) -> str:
    t = speaker(lang)
    columns = [
        Column(t("参数", "Parameter")),
        Column(t("取值", "Value"), "", "r"),
        Column(t("单位", "Unit")),
        Column(t("默认值", "Default"), "", "r"),
        Column(t("来源", "Source"), "", "q"),
    ]
    status = {
        "default": t("默认值，假定", "default, assumed"),
        "given": t("设置给出，假定", "stated, assumed"),
        "learnt": t("由检查记录得出", "learnt from the evidence"),
    }
    rows = []
    for one in found.prospect.settings.parameters:
        if not acts(found.prospect.model, found.prospect.settings.on, one.part):
            continue
        otherwise = "" if one.otherwise is None else one.otherwise.say(lang)
        value = otherwise if one.value is None else _plain(one.value)
        default = "–" if one.default is None else _plain(one.default)
        source = one.source.say(lang) if one.source is not None else status.get(one.status, "")
        rows.append(
            [
                safe(one.name.say(lang)),
                safe(value),
                safe(one.unit.say(lang)),
                default,
                "" if one.value is None else safe(source),
            ]
        )
    return f"<h3>{t('参数', 'Parameters')}</h3>{table(columns, rows, tight=True)}"


def _plain(value: Fraction) -> str:
    if value.denominator == 1:
        return decimal(value, 0)
    return decimal(value, 3 if value < 10 else 1).rstrip("0").rstrip(".")


def _learnt(rows: Sequence[Learnt], lang: Lang) -> str:
    t = speaker(lang)
    if not rows:
        return ""
    columns = [
        Column(t("由依据得出（各类最低的几项）", "Learnt from the evidence (the lowest of each kind)")),
        Column(t("估计", "Estimate"), "", "r"),
        Column(t("九成区间", "90% interval"), "", "r"),
        Column(t("依据", "From"), "", "q"),
    ]
    body = []
    for row in rows:
        days = row.kind == "half_life"
        value, low, high = ((f"{x:.0f}" if days else _fine(x)) for x in (row.value, row.low, row.high))
        body.append([safe(row.name.say(lang)), value, f"{low}–{high}", safe(row.source.say(lang))])
    return f"<h3>{t('从依据得出的数', 'What the evidence taught')}</h3>{table(columns, body, tight=True)}"
