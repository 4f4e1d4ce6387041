"""The forecast in the mock-assessment report: each part a function from results to a piece of the page."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

import numpy as np

from evalsys import forecast_words as words
from evalsys import wording
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
from evalsys.forecast_views import Finding, Outlook, change_since, findings_of, outlook
from evalsys.forecasting import Forecast
from evalsys.inspection import Inspection
from evalsys.instrument import METHODS
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, figure, key_figures, safe, section, speaker, table
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

_MOST = 10


def _none(seen: Outlook, lang: Lang) -> str:
    why = (
        "；".join(fault.say(lang) for fault in seen.faults)
        if lang == "zh"
        else "; ".join(fault.say(lang) for fault in seen.faults)
    )
    return escape(speaker(lang)(f"不能预测：{why}", f"No forecast: {why}"))


# ---------------------------------------------------------------------------------------------------- page one


def headline(seen: Outlook, lang: Lang) -> Html:
    """Return the forecast in a sentence, for page one."""
    t = speaker(lang)
    if seen.found is None:
        return block(lang, f'<p class="note">{_none(seen, lang)}</p>') if seen.faults else Html("")
    space = t("", " ")
    said = (
        words.headline(seen.found, lang) + space + words.basis(seen.found, len(assumptions(seen.found.prospect)), lang)
    )
    return block(lang, f'<p class="note"><b>{t("预测。", "Forecast. ")}</b>{escape(said)}</p>')


# ------------------------------------------------------------------------------------------------ the forecast


def overview(seen: Outlook, lang: Lang) -> Html:
    """Return the forecast: key figures, the distribution with the pass mark, the chance under each severity."""
    found = seen.found
    zh, en = "正式督查预测", "Forecast of the coming inspection"
    if found is None:
        return block(lang, section("六", "forecast", zh, en, lang, _none(seen, lang))) if seen.faults else Html("")
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
        note = t(f"目标线 {mark}", f"pass mark {mark}")
        if strict is not None and lenient is not None:
            a, b = (words.chance_of(found, one[0]) for one in (strict, lenient))
            note = t(f"目标线 {mark}；偏严 {a}，偏宽 {b}", f"mark {mark}; strict {a}, lenient {b}")
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
        mark = Reading(float(at * 100), t("目标线 ", "pass mark ") + wording.percent_short(at))
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
    alt = t("方差构成：", "Shares of the variance: ") + t("，", ", ").join(f"{bar.name} {bar.label}" for bar in items)
    chart = figure(
        t("得分波动的来源（占方差）", "Where the spread comes from (share of variance)"), shares_bar(items, alt)
    )
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
    for share in shares[:_MOST]:
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
        for one in held[:_MOST]
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
        Column(t("点位", "Site")),
        Column(t("类型", "Type")),
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
    sites = found.prospect.score.assessment.sites
    instrument = found.prospect.model.instrument
    body = []
    for row in rows[:_MOST]:
        units, area = sites["units"].iloc[row.site] or (), sites["area"].iloc[row.site]
        who = [part for part in (area or "", "、".join(units)) if part]
        standard = instrument.nodes[instrument.nodes[instrument.leaves[row.weakest]].parent]
        cells = [
            safe(str(sites["name"].iloc[row.site])),
            safe(instrument.site_types[sites["site_type"].iloc[row.site]].say(lang)),
            safe("；".join(who)) or "–",
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
            "“若抽到”指正式督查抽到该点位；“若整改”指整改最弱标准后，无论是否抽到。",
            "“If seen”: the inspection draws the site. “If mended”: its weakest standard is mended, drawn or not. ",
        )
        if found.chance is not None:
            note += t(f"目前为 {_fine(found.chance)}。", f"Now it is {_fine(found.chance)}.")
    return block(
        lang, head, table(columns, body) if body else "", f'<p class="note">{escape(note)}</p>' if note else ""
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
                str(len(_visited(one))),
                str(len(applies)),
                str(int((applies["level"] > 0).sum())),
                decimal(one.total, 2),
                passed,
            ]
        )
    details = [_findings(found, one, number, lang) for number, one in enumerate(made, 1)]
    return block(lang, head, table(columns, rows), *details)


def _visited(one: Inspection) -> list[tuple[str, str]]:
    """Return the sites of an inspection, as (type, name), in the order of the table."""
    pairs = zip(one.rows["site_type"].tolist(), one.rows["site"].tolist(), strict=True)
    return list(dict.fromkeys((kind, name) for kind, name in pairs if isinstance(name, str)))


def _listed_sites(found: Forecast, one: Inspection, lang: Lang, most: int = 12) -> str:
    """Return the listed sites that an inspection came to, and how many unlisted ones."""
    t = speaker(lang)
    known = set(found.prospect.score.assessment.sites["name"])
    visited = _visited(one)
    names = [name for _, name in visited if name in known]
    others = len(visited) - len(names)
    said = wording.joined(names[:most], lang) + (
        t(f"等 {len(names)} 个", f" and others, {len(names)} in all") if len(names) > most else ""
    )
    if others:
        tail = t(f"未列名点位 {others} 个", f"{wording.plural(others, 'unlisted site')}")
        said = f"{said}{t('，', '; ')}{tail}" if said else tail
    return said


def _findings(found: Forecast, one: Inspection, number: int, lang: Lang, most: int = 6) -> str:
    t = speaker(lang)
    instrument = found.prospect.model.instrument
    lost = one.rows[one.rows["level"] > 0]
    order = sorted(range(len(lost)), key=lambda k: (lost["attainment"].iloc[k], k))[:most]
    items = []
    for k in order:
        row = lost.iloc[k]
        place = instrument.places[row["standard"]]
        where = t("不在点位上", "not at a site")
        if isinstance(row["site"], str):
            kind = instrument.site_types[row["site_type"]].say(lang)
            where = row["site"] if kind in row["site"] else t(f"{row['site']}（{kind}）", f"{row['site']} ({kind})")
        share = percent(1 - max(row["attainment"], Fraction(0)), 0)
        name = wording.short_name(instrument, place, lang)
        items.append(
            t(f"{where}：{row['standard']} {name}，失 {share}", f"{where}: {row['standard']} {name}, lost {share}")
        )
    rest = len(lost) - len(items)
    tail = t(f"；另有 {rest} 条", f"; {rest} more") if rest else ""
    said = t("；", "; ").join(items) + tail if items else t("没有失分", "nothing lost")
    label = t(f"第{'一二三'[number - 1]}次。", f"No. {number}. ")
    sites = t("点位：", "Sites: ") + _listed_sites(found, one, lang) + t("。", ". ")
    lead = t("问题（失分重的在前）：", "Found (heaviest first): ")
    return f'<p class="note"><b>{label}</b>{escape(sites)}{lead}{escape(said)}{t("。", ".")}</p>'


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
    return block(lang, head, table(columns, rows))


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
        say += words.weights_reading(seen.weights, lang)
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
    base, others = rows[0], rows[1:]
    if not others:
        return ""
    if base.chance is not None:
        shown = [
            Interval(
                row.name.say(lang),
                max((row.chance - 2 * row.chance_error) * 100, 0.0),
                row.chance * 100,
                min((row.chance + 2 * row.chance_error) * 100, 100.0),
                words.chance_text(row.chance, row.chance_error or None),
                abs(row.chance_moved) > 0.05,
            )
            for row in others
            if row.chance is not None
        ]
        reference = Reading(base.chance * 100, t("本预测 ", "this forecast ") + words.chance_text(base.chance))
        heading, axis = (
            t("换一种假定，达标可能是多少", "The chance to pass under other assumptions"),
            t("达标可能", "Chance to pass"),
        )
        unit = "%"
    else:
        shown = [
            Interval(row.name.say(lang), row.mean, row.mean, row.mean, words.score_text(row.mean)) for row in others
        ]
        reference = Reading(base.mean, t("本预测 ", "this forecast ") + words.score_text(base.mean))
        heading, axis, unit = (
            t("换一种假定，期望得分是多少", "The expected score under other assumptions"),
            t("分", "points"),
            "",
        )
    alt = heading + t("：", ": ") + t("，", ", ").join(f"{row.name} {row.label}" for row in shown)
    return figure(heading, intervals(shown, reference, axis, alt, unit))


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
        if not _acts(found, one.part):
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


def _acts(found: Forecast, part: str) -> bool:
    """Whether a part is on, and there is something for it to act on."""
    model, on = found.prospect.model, found.prospect.settings.on
    if part in ("survey", "documents"):
        return part in on and any(block.part == part for block in model.blocks)
    if part == "events":
        return bool(model.events)
    return ("severity" if part == "inspector" else part) in on


def _plain(value: Fraction) -> str:
    return decimal(value, 3).rstrip("0").rstrip(".") if value.denominator != 1 else decimal(value, 0)


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
