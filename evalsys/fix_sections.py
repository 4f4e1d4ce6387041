"""The report on fixes: each part a function from finished results to a piece of the page."""

from __future__ import annotations

from fractions import Fraction
from html import escape
from pathlib import Path

from evalsys import __version__, wording
from evalsys import fix_words as words
from evalsys.fix_figures import evsi_bars, standings_chart, tornado
from evalsys.fix_views import Advice
from evalsys.fix_words import cost, gain_chance, gain_points, title
from evalsys.forecast_words import ENGINES
from evalsys.language import Lang
from evalsys.markup import Column, Html, block, figure, key_figures, opening, safe, section, speaker, table
from evalsys.mending import Gain
from evalsys.plan_figures import frontier_chart, gantt
from evalsys.wording import decimal, percent_short

__all__ = [
    "bring",
    "look_next",
    "money",
    "provenance",
    "recommended",
    "summary",
    "timetable",
    "title_block",
    "together",
    "write_annex",
]

_ROWS = 30  # of a table on a page; the annex has all
_STANDINGS = 15
_BARS = 25  # of one chart of the timetable


# ---------------------------------------------------------------------------------------------------- page one


def title_block(advice: Advice, lang: Lang) -> Html:
    """Return the style, the title and one line of facts."""
    t = speaker(lang)
    assessment, plan = advice.assessment, advice.plan
    score = advice.found.prospect.score
    facts = [(t("测评体系", "Instrument"), assessment.instrument.title.say(lang))]
    if score.attainment is not None:
        facts.append((t("起点得分率", "Mock score"), wording.percent(score.attainment)))
    if score.pass_mark is not None:
        facts.append(
            (t("目标线", "Pass mark"), wording.pass_mark_text(score.pass_mark, assessment.instrument.full_marks, lang))
        )
    count = len({option.fix for option in plan.fixes.options})
    facts.append((t("候选整改", "Fixes"), t(f"{count} 项", f"{count}")))
    right = [t(f"工期 {plan.limits.days} 天", wording.plural(plan.limits.days, "day"))]
    if plan.limits.budget is not None:
        right.append(t(f"预算 {cost(plan.limits.budget)}", f"budget {cost(plan.limits.budget)}"))
    place = assessment.settings.place
    head = t(f"先改什么最划算：{place}迎检整改方案", f"What to fix first: {place}")
    foot = f"{head} · {assessment.evidence_hash[:8]}"
    page = opening(lang, t("整改效益分析", "Value of fixes"), t("·", " · ").join(right), head, foot, facts)
    return page.stating(
        place=place,
        round=assessment.settings.round,
        instrument=assessment.instrument.id,
        evidence_hash=assessment.evidence_hash,
        rate=score.attainment,
        full=assessment.instrument.full_marks,
        pass_mark=None if score.pass_mark is None else score.pass_mark.value,
        passed=score.passes,
    )


def summary(advice: Advice, lang: Lang) -> Html:
    """Return the plan in a sentence, and four key figures."""
    t = speaker(lang)
    first, second = words.headline(advice, lang)
    lead = escape(first)
    if second:
        lead += t("；", "; ") + f'<br><span class="b">{escape(second)}</span>'
    parts = [
        f'<p class="lead">{lead}{t("。", ".")}</p>',
        f'<p class="sub">{escape(words.beside(advice, lang))}</p>',
        key_figures(_key_figures(advice, lang)),
    ]
    plan, strict = advice.plan, advice.strict or (None, None)
    return block(lang, *parts).stating(
        expected=plan.before.points,
        expected_after=plan.after.points,
        chance=plan.before.chance,
        chance_after=plan.after.chance,
        chance_strict=strict[0],
        chance_strict_after=strict[1],
        engine=advice.found.engine,
        cost=plan.cost,
        fixes=len(plan.jobs),
    )


def _key_figures(advice: Advice, lang: Lang) -> list[tuple[str, str, str]]:
    t = speaker(lang)
    plan, found = advice.plan, advice.found
    out = []
    if plan.after.chance is not None and plan.before.chance is not None:
        before = words.chance_said(found, plan.before.chance, lang)
        value = words.chance_said(found, plan.after.chance, lang)
        out.append((t("达标可能性", "Chance to pass"), escape(value), t(f"整改前{before}", f"{before} before")))
    if advice.strict is not None:
        low, high = (words.chance_said(found, chance, lang) for chance in advice.strict)
        out.append((t("严督查时", "If inspectors are strict"), escape(high), t(f"整改前{low}", f"{low} before")))
    low, high = (_decimal(worth.points, 2) for worth in (plan.before, plan.after))
    if len(out) < 2 or not advice.scheduled:
        unit = t(" 分", " points")
        out.append((t("期望得分", "Expected score"), f"{high}{unit}", t(f"整改前 {low} 分", f"{low} before")))
    budget = plan.limits.budget
    left = (
        t("未设预算", "no budget given")
        if budget is None
        else t(
            f"预算 {cost(budget)}，余 {cost(budget - plan.cost)}",
            f"of {cost(budget)}, {cost(budget - plan.cost)} is left",
        )
    )
    assumed = t("每项按 1 计（假定）", "1 each, assumed") if plan.fixes.assumed else left
    out.append((t("所需费用", "Cost"), cost(plan.cost), assumed))
    if not advice.scheduled:
        return out
    days = max((job.ends for job in plan.jobs), default=0)
    spare = plan.limits.days - days
    out.append(
        (
            t("最晚完工", "Done by"),
            t(f"第 {days} 天", f"day {days}"),
            t(f"期限 {plan.limits.days} 天，留 {spare} 天复查", f"of {plan.limits.days}; {spare} left for review"),
        )
    )
    return out


def bring(advice: Advice, lang: Lang) -> Html:
    """Return the chart of what each fix brings alone."""
    t = speaker(lang)
    if not advice.effects.top:
        return Html("")
    picture = tornado(advice.effects, _titles(advice, lang), advice.letters, advice.chosen, lang)
    caption = words.effects_reading(advice, lang)
    return block(lang, figure(t("每项整改单独办好，能挽回多少", "What each fix brings alone"), picture, caption))


def _titles(advice: Advice, lang: Lang) -> list[str]:
    return [title(option, advice.assessment, lang) for option in advice.effects.fixes.options]


# ---------------------------------------------------------------------------------------------------- the plan


def recommended(advice: Advice, lang: Lang) -> Html:
    """Return the plan as a table: what, who, cost, days, gain alone, share of the whole, when done."""
    t = speaker(lang)
    plan = advice.plan
    head = section("一", "plan", "推荐方案", "The plan", lang, escape(words.plan_reading(advice, lang)))
    if not plan.jobs:
        return block(lang, head)
    marked = plan.gain.chance is not None
    columns = [
        Column("", "", "nw"),
        Column(t("整改", "Fix")),
        Column(t("责任单位", "Unit"), "", "q"),
        Column(t("费用", "Cost"), "", "r"),
        Column(t("得分", "Points"), t("单独办", "alone"), "r"),
    ]
    if marked:
        columns += [
            Column(t("达标可能性", "Chance"), t("单独办，百分点", "alone, pp"), "r"),
            Column(t("分摊", "Share"), t("整套，百分点", "of the whole, pp"), "r"),
        ]
    else:
        columns.append(Column(t("分摊", "Share"), t("整套，分", "of the whole, points"), "r"))
    if advice.scheduled:
        columns.append(Column(t("办结", "Done"), t("第几天", "day"), "r"))
    order = sorted(zip(plan.jobs, advice.shares, strict=True), key=lambda own: -_main(own[1]))
    body = []
    for job, share in order[:_ROWS]:
        option, gain = plan.fixes.options[job.option], advice.effects.effects[job.option].gain
        row = [
            f"<b>{advice.letters.get(job.option, '')}</b>",
            safe(title(option, advice.assessment, lang)),
            safe(words.who(option, lang)),
            cost(option.cost),
            gain_points(gain.points),
        ]
        row += [gain_chance(gain.chance), gain_chance(share.chance)] if marked else [gain_points(share.points)]
        body.append([*row, str(job.ends)][: len(columns)])
    rest = order[_ROWS:]
    if rest:
        money = sum((plan.fixes.options[job.option].cost or Fraction(0) for job, _ in rest), Fraction(0))
        text = t(f"其余 {len(rest)} 项（见附件）", f"{len(rest)} more (see the annex)")
        shares = [share for _, share in rest]
        points = gain_points(sum(share.points for share in shares))
        own = ["", gain_chance(sum(share.chance or 0.0 for share in shares))] if marked else [points]
        body.append(["", text, "", cost(money), "", *own, ""][: len(columns)])
    days = max(job.ends for job in plan.jobs)
    whole = plan.gain
    total = ["", t("合计", "Total"), "", cost(plan.cost), gain_points(whole.points)]
    total += (
        [
            gain_chance(whole.chance, whole.chance_error),
            gain_chance(sum(share.chance or 0.0 for share in advice.shares)),
        ]
        if marked
        else [gain_points(sum(share.points for share in advice.shares))]
    )
    note = f'<p class="cap">{escape(words.total_note(advice, lang))}</p>'
    return block(lang, head, table(columns, body, [*total, str(days)][: len(columns)]), note)


def _said(gain: Gain) -> str:
    return gain_points(gain.points) if gain.chance is None else gain_chance(gain.chance)


def _main(share: Gain) -> float:
    return share.points if share.chance is None else share.chance


# --------------------------------------------------------------------------------------------- money and stability


def money(advice: Advice, lang: Lang) -> Html:
    """Return what money brings, and how firm the order of fixes is."""
    t = speaker(lang)
    head = section(
        "二", "money", "花多少钱，换多少把握", "What money brings", lang, escape(words.money_reading(advice, lang))
    )
    parts = [head]
    if advice.plan.after.chance is not None and advice.frontier.steps:
        strict = (
            [(step.plan.cost, chance) for step, chance in zip(advice.frontier.steps, advice.strict_steps, strict=True)]
            if advice.strict_steps
            else None
        )
        picture = frontier_chart(advice.frontier, advice.plan, strict, lang)
        parts.append(figure(t("预算与达标可能性", "Budget and chance to pass"), picture))
    standings = advice.stability.standings
    if standings:
        letters = [_letter(advice, own.option) for own in standings]
        picture = standings_chart(standings, letters, lang, most=_STANDINGS)
        caption = t(
            "圆点为本次名次，浅蓝条为权重、严宽、点位总数、效果、费用在合理范围内变动时名次的范围。",
            "Dot: its place now. Bar: its places under other weights, severity, numbers of sites, effects and costs.",
        )
        chart = figure(t("换一种假设，名次变不变", "Does the order change?"), picture)
        parts.append(f'<div class="side">{chart}{_verdicts(advice, lang)}</div><p class="cap">{escape(caption)}</p>')
    return block(lang, *parts)


def _letter(advice: Advice, option: int) -> str:
    name = advice.effects.fixes.options[option].fix
    return next((own for place, own in advice.letters.items() if advice.effects.fixes.options[place].fix == name), "")


def _verdicts(advice: Advice, lang: Lang) -> str:
    t = speaker(lang)
    rows = []
    for verdict, name in words.VERDICTS.items():
        own = [standing for standing in advice.stability.standings if standing.verdict == verdict]
        if own:
            names = wording.joined([_letter(advice, standing.option) for standing in own], lang, 16)
            rows.append([f"<b>{name.say(lang)}</b>", safe(names), safe(words.verdict_reason(verdict, own, lang))])
    columns = [Column(t("结论", "Verdict"), "", "nw"), Column(t("整改", "Fixes")), Column(t("理由", "Why"))]
    return table(columns, rows)


# ---------------------------------------------------------------------------------------------------- timetable


def timetable(advice: Advice, lang: Lang) -> Html:
    """Return the schedule as a picture."""
    t = speaker(lang)
    head = section("三", "schedule", "进度安排", "Timetable", lang, escape(words.timetable_reading(advice, lang)))
    if not advice.plan.jobs or not advice.scheduled:
        return block(lang, head)
    titles = _titles(advice, lang)
    pages = range(0, len(advice.plan.jobs), _BARS)
    pictures = [
        gantt(advice.plan, titles, advice.letters, lang, inspection=advice.inspection, first=first, most=_BARS)
        for first in pages
    ]
    caption = t(
        "条内字母与方案表对应；条长为工期，人天在工期内均匀使用，各单位每周不超过其可用人天。",
        "Letters as in the plan. A bar is as long as the work; crew-days spread evenly and exceed no unit's week.",
    )
    figures = [
        figure("", picture, caption if place == len(pages) - 1 else "") for place, picture in enumerate(pictures)
    ]
    return block(lang, head, *figures)


def together(advice: Advice, lang: Lang) -> Html:
    """Return the fixes that help or hinder each other."""
    t = speaker(lang)
    say = escape(words.together_reading(advice, lang))
    head = section("四", "together", "哪些整改互相影响", "Fixes that depend on each other", lang, say)
    pairs = advice.effects.pairs[:8]
    if not pairs:
        return block(lang, head)
    options, gains = advice.effects.fixes.options, advice.effects.effects
    marked = pairs[0].extra.chance is not None
    unit = t("百分点", "pp") if marked else t("分", "points")
    columns = [
        Column(t("整改", "Fix")),
        Column(t("整改", "Fix")),
        Column(t("单独办合计", "Apart, sum"), unit, "r"),
        Column(t("一起办", "Together"), unit, "r"),
        Column(t("相差", "Difference"), unit, "r"),
    ]
    body = []
    for pair in pairs:
        apart = sum(_main(gains[place].gain) for place in (pair.first, pair.second))
        own = [
            safe(f"{_letter(advice, place)} {title(options[place], advice.assessment, lang)}")
            for place in (pair.first, pair.second)
        ]
        summed = gain_chance(apart) if marked else gain_points(apart)
        body.append([*own, summed, _said(pair.together), _said(pair.extra)])
    return block(lang, head, table(columns, body))


# ---------------------------------------------------------------------------------------------------- patrol


def look_next(advice: Advice, lang: Lang) -> Html:
    """Return the sites that a patrol should see, and those that are expected to lose most."""
    t = speaker(lang)
    visits = advice.visits
    say = escape(words.visits_reading(advice, lang))
    head = section("五", "patrol", "下一步先看哪些点位", "Where to look next", lang, say)
    if not visits.rows:
        return block(lang, head)
    sites = advice.assessment.sites
    names = [sites["name"].iloc[row.site] or sites["site_id"].iloc[row.site] for row in visits.rows]
    caption = t(
        "左：看了再改，比不看就改平均多提高的期望得分；依次计算，后一处为在前几处之外再增加的。右：预计在正式督查中失去的分。",
        "Left: what a look adds to the expected score before choosing what to mend, each beyond those above it. "
        "Right: points expected to be lost there.",
    )
    picture = evsi_bars(visits, names, lang)
    columns = [
        Column(t("顺序", "Order"), "", "r"),
        Column(t("点位", "Site")),
        Column(t("类型", "Type"), "", "q"),
        Column(t("可能有问题", "Chance of a finding"), "", "r"),
        Column(t("最没把握的标准", "Most doubtful standards"), "", "q"),
    ]
    types = advice.assessment.instrument.site_types
    body = [
        [
            str(place),
            safe(name),
            safe(types[sites["site_type"].iloc[row.site]].say(lang)),
            percent_short(Fraction(round(row.wrong * 100), 100)),
            safe(wording.joined(row.standards, lang)),
        ]
        for place, (row, name) in enumerate(zip(visits.rows, names, strict=True), 1)
    ]
    return block(lang, head, figure("", picture, caption), table(columns, body, tight=True))


# ---------------------------------------------------------------------------------------------------- provenance


def provenance(advice: Advice, lang: Lang) -> Html:
    """Return the last lines: evidence, instrument, engine, seed, what is assumed, version."""
    t = speaker(lang)
    assessment, found = advice.assessment, advice.found
    engine = ENGINES[found.engine].say(lang)
    facts = [
        t(f"依据指纹 {assessment.evidence_hash[:8]}", f"evidence {assessment.evidence_hash[:8]}"),
        assessment.instrument.id,
        t(f"算法：{engine}", f"engine: {engine}"),
    ]
    if found.draws:
        facts.append(t(f"模拟 {found.draws:,} 次，随机种子 {found.seed}", f"{found.draws:,} draws, seed {found.seed}"))
    assumed = sum(option.after_assumed for option in advice.effects.fixes.options)
    if assumed:
        facts.append(
            t(f"{assumed} 项整改后达标可能按 95% 计（假定）", f"a chance of 95% afterwards is assumed for {assumed}")
        )
    facts.append(f"evalsys {__version__}")
    return block(lang, f'<p class="prov">{escape(t("；", "; ").join(facts))}{t("。", ".")}</p>')


def _decimal(value: float, places: int) -> str:
    return decimal(Fraction(value).limit_denominator(10**9), places)


def write_annex(advice: Advice, folder: str, lang: Lang) -> Html:
    """Write all options, jobs and places as an Excel workbook into a folder, and say where; nothing for no folder."""
    if not folder:
        return Html("")
    from evalsys.fix_results import annex

    t = speaker(lang)
    name = t("整改效益.xlsx", "fixes.xlsx")
    annex(advice, Path(folder) / name, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)
