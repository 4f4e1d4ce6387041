"""The words and the picture of a what-if answer: before and after, what it takes, what stands against it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from html import escape

from evalsys import __version__, wording
from evalsys.fix_words import chance_said, cost, gain_chance, title
from evalsys.forecast_words import ENGINES
from evalsys.language import Lang, Text
from evalsys.markup import Html, block, figure, key_figures, opening, speaker
from evalsys.mending import Worth
from evalsys.plan_figures import Moved, severity_before_after
from evalsys.what_if import Answer, Desk
from evalsys.wording import decimal, joined, plural

__all__ = ["answer_block", "curve_block", "first_answer", "label", "severity_name", "title_block"]

_NAMED = 6  # fixes that a sentence names


def title_block(desk: Desk, lang: Lang) -> Html:
    """Return the style, the title and one line of facts."""
    t = speaker(lang)
    score = desk.found.prospect.score
    assessment, full = score.assessment, score.assessment.instrument.full_marks
    facts = [(t("测评体系", "Instrument"), assessment.instrument.title.say(lang))]
    if score.attainment is not None:
        facts.append((t("起点得分率", "Mock score"), wording.percent(score.attainment)))
    if score.pass_mark is not None:
        facts.append((t("目标线", "Pass mark"), wording.pass_mark_text(score.pass_mark, full, lang)))
    count = len({option.fix for option in desk.fixes.options})
    facts.append((t("候选整改", "Fixes"), t(f"{count} 项", f"{count}")))
    facts.append((t("工期", "Days for the work"), t(f"{desk.limits.days} 天", f"{desk.limits.days}")))
    head = t(f"如果这样改：{assessment.settings.place}整改推演", f"What if: {assessment.settings.place}")
    foot = f"{head} · {assessment.evidence_hash[:8]}"
    return opening(lang, t("整改推演", "What if"), assessment.settings.round, head, foot, facts)


def first_answer(desk: Desk, answer: Answer, lang: Lang) -> Html:
    """Return an answer with its curve and what it rests on, for a page."""
    t = speaker(lang)
    found, assessment = desk.found, desk.found.prospect.score.assessment
    facts = [
        t(f"依据指纹 {assessment.evidence_hash[:8]}", f"evidence {assessment.evidence_hash[:8]}"),
        assessment.instrument.id,
        t("算法：", "engine: ") + ENGINES[found.engine].say(lang),
    ]
    if found.draws:
        facts.append(t(f"随机种子 {found.seed}", f"seed {found.seed}"))
    facts.append(f"evalsys {__version__}")
    last = f'<p class="prov">{escape(t("；", "; ").join(facts))}{t("。", ".")}</p>'
    return Html(answer_block(desk, answer, lang) + curve_block(answer, lang) + block(lang, last))


def answer_block(desk: Desk, answer: Answer, lang: Lang) -> Html:
    """Return an answer in a sentence and key figures, what stands against the choice, and which answer it is."""
    t = speaker(lang)
    parts = [
        f'<p class="lead">{escape(_headline(desk, answer, lang))}</p>',
        f'<p class="sub">{escape(_chosen(desk, answer, lang))}</p>',
        key_figures(_key_figures(desk, answer, lang)),
    ]
    if answer.obstacles:
        items = "".join(f"<li>{escape(text.say(lang))}</li>" for text in answer.obstacles)
        parts.append(f"<p><b>{t('这套选择不能照办：', 'This choice cannot be carried out:')}</b></p><ul>{items}</ul>")
    parts.append(f'<p class="note">{escape(_which(desk, answer, lang))}</p>')
    return block(lang, *parts)


def curve_block(answer: Answer, lang: Lang) -> Html:
    """Return the chart of the chance to pass under every severity; words where there is none (yet)."""
    t = speaker(lang)
    heading = t("督查宽严不同时，整改前后的达标可能性", "The chance to pass before and after, by severity")
    curve = answer.curve
    if curve is None:
        if answer.before.chance is None:
            said = t("未设目标线，不计达标可能性。", "Without a pass mark there is no chance to pass.")
        else:
            said = t("正在计算督查宽严不同时的曲线……", "The curve over severity follows ...")
        return block(lang, f'<p class="cap">{said}</p>')
    readings = [Moved(one.z, one.before, one.after, one.name) for one in curve.readings]
    return block(lang, figure(heading, severity_before_after(curve.before, curve.after, curve.likely, readings, lang)))


def label(desk: Desk, place: int, lang: Lang) -> str:
    """Return what a fix is, without its level, with what its option at a place brings alone."""
    option, gain = desk.fixes.options[place], desk.gains[place]
    said = title(replace(option, level=""), desk.found.prospect.score.assessment, lang)
    if gain.chance is None:
        return said
    return said + Text(
        f"（单独办 {gain_chance(gain.chance)} 个百分点）", f" (alone {gain_chance(gain.chance)} pp)"
    ).say(lang)


def severity_name(times: Fraction | None, lang: Lang) -> str:
    """Return a severity in words.

    Examples
    --------
    >>> severity_name(None, "zh"), severity_name(Fraction(-3, 2), "en")
    ('各种宽严平均', '1.5 sd strict')
    """
    if times is None:
        return Text("各种宽严平均", "average over all").say(lang)
    if times == 0:
        return Text("一般", "usual").say(lang)
    size = cost(abs(times))
    zh, en = ("偏严", "strict") if times < 0 else ("偏宽", "lenient")
    return Text(f"{zh} {size} 个标准差", f"{size} sd {en}").say(lang)


# ------------------------------------------------------------------------------------------------------ sentences


def _headline(desk: Desk, answer: Answer, lang: Lang) -> str:
    count = len(answer.choice.options)
    if not count:
        return _at_rest(desk, answer, lang)
    said = Text(f"办好所选 {count} 项整改，", f"With {plural(count, 'chosen fix', 'chosen fixes')} ").say(lang)
    if answer.after.chance is None or answer.before.chance is None:
        low, high = (_points(worth) for worth in (answer.before, answer.after))
        if low == high:
            return said + Text(f"期望得分仍为 {low} 分", f"the expected score stays at {low} points").say(lang)
        return said + Text(
            f"期望得分由 {low} 分升到 {high} 分", f"the expected score rises from {low} to {high} points"
        ).say(lang)
    low, high = (_chance(desk, answer, worth, lang) for worth in (answer.before, answer.after))
    if low == high:
        return said + Text(f"达标可能性仍为{low}", f"the chance to pass stays {low}").say(lang)
    return said + Text(f"达标可能性由{low}升到{high}", f"the chance to pass rises from {low} to {high}").say(lang)


def _at_rest(desk: Desk, answer: Answer, lang: Lang) -> str:
    if answer.before.chance is None:
        said = Text(f"不整改，期望得分 {_points(answer.before)} 分", f"Nothing done: {_points(answer.before)} points")
        return said.say(lang)
    chance = _chance(desk, answer, answer.before, lang)
    return Text(f"不整改，达标可能性{chance}", f"With nothing done the chance to pass is {chance}").say(lang)


def _chosen(desk: Desk, answer: Answer, lang: Lang) -> str:
    """Return which severity and weights are set, and what is done."""
    t = speaker(lang)
    said = [t("督查宽严：", "Severity: ") + severity_name(answer.choice.severity, lang)]
    if answer.choice.weights is not None and not isinstance(desk.parts, Text):
        pairs = zip(desk.parts, answer.choice.weights, strict=True)
        moved = [f"{part.code} {_share(part.weight)} → {_share(weight)}" for part, weight in pairs]
        said.append(t("权重：", "weights: ") + joined(moved, lang))
    assessment = desk.found.prospect.score.assessment
    names = [title(desk.fixes.options[place], assessment, lang) for place in answer.choice.options]
    if names:
        said.append(t("所选整改：", "fixes: ") + joined(names, lang, _NAMED))
    return t("；", "; ").join(said) + t("。", ".")


def _key_figures(desk: Desk, answer: Answer, lang: Lang) -> list[tuple[str, str, str]]:
    t = speaker(lang)
    out = []
    if answer.after.chance is not None:
        low, high = (_chance(desk, answer, worth, lang) for worth in (answer.before, answer.after))
        out.append((t("达标可能性", "Chance to pass"), escape(high), t(f"整改前{low}", f"{low} before")))
    low, high = _points(answer.before), _points(answer.after)
    out.append((t("期望得分", "Expected score"), high, t(f"分；整改前 {low} 分", f"points; {low} before")))
    budget = answer.choice.budget
    if desk.fixes.assumed:
        note = t("每项按 1 计（假定）", "1 each, assumed")
    elif budget is None:
        note = t("未设预算", "no budget given")
    elif answer.cost > budget:
        note = t(
            f"预算 {cost(budget)}，超出 {cost(answer.cost - budget)}",
            f"{cost(answer.cost - budget)} over {cost(budget)}",
        )
    else:
        note = t(
            f"预算 {cost(budget)}，余 {cost(budget - answer.cost)}",
            f"{cost(budget - answer.cost)} of {cost(budget)} left",
        )
    out.append((t("费用", "Cost"), cost(answer.cost), note))
    limit = desk.limits.days
    value = "–" if answer.days is None else t(f"{answer.days} 天", plural(answer.days, "day"))
    note = t(f"期限 {limit} 天", f"of {limit}") + (t("（假定）", ", assumed") if desk.days_assumed else "")
    if answer.crew_days:
        note += t(f"；{cost(answer.crew_days)} 人天", f"; {cost(answer.crew_days)} crew-days")
    out.append((t("工期", "Time"), value, note))
    return out


def _which(desk: Desk, answer: Answer, lang: Lang) -> str:
    """Return whether this is the quick or the full answer, how it was found, and how far off it may be."""
    if answer.draws:
        error = answer.after.chance_error if answer.after.chance is not None else answer.after.points_error
        marked = answer.after.chance is not None
        size = decimal(Fraction(200 * error if marked else 2 * error).limit_denominator(10**9), 1 if marked else 3)
        zh = f"模拟 {answer.draws:,} 次，误差约 ± {size} {'个百分点' if marked else '分'}"
        en = (
            f"{answer.draws:,} simulated inspections, give or take {size} {'percentage points' if marked else 'points'}"
        )
    elif answer.quick:
        zh, en = "按 4,096 格的近似分布", "a law on 4,096 cells"
    else:
        zh, en = ENGINES[desk.found.engine].zh, ENGINES[desk.found.engine].en
    if answer.quick:
        return Text(f"速算结果（{zh}），完整结果随后替换。", f"Quick answer ({en}); the full one follows.").say(lang)
    return Text(f"完整结果（{zh}）。", f"Full answer ({en}).").say(lang)


def _chance(desk: Desk, answer: Answer, worth: Worth, lang: Lang) -> str:
    # how near to certain a simulation may call itself hangs on its own draws
    return chance_said(replace(desk.found, draws=answer.draws), worth.chance or 0.0, lang)


def _points(worth: Worth) -> str:
    return decimal(Fraction(worth.points).limit_denominator(10**9), 2)


def _share(weight: Fraction) -> str:
    places = 0 if (weight * 100).denominator == 1 else 1
    return wording.percent(weight, places)
