"""The piece of a page on what is applied after the total: one sentence, and every step with event, date and clause."""

from __future__ import annotations

from html import escape

from evalsys.after_total import Settled, Step
from evalsys.after_views import KINDS, VERDICTS, clause_of, follows, settled_sentence
from evalsys.instrument import Instrument
from evalsys.language import Lang
from evalsys.markup import Column, Html, block, safe, speaker, table
from evalsys.scoring import Score
from evalsys.wording import decimal, points

__all__ = ["after_total", "steps_table"]


def after_total(result: Score, lang: Lang) -> Html:
    """Return what the instrument applies after the total of a mock assessment; nothing where it applies nothing."""
    t = speaker(lang)
    settled, instrument = result.settled, result.assessment.instrument
    if not settled.steps:
        return block(lang)
    cls = ' class="l"' if settled.bars else ""
    parts = [
        f"<h2>{t('总分之后：加减分和前置条件', 'After the total: points added and taken off, conditions')}</h2>",
        f"<p{cls}>{escape(settled_sentence(settled, lang))}{escape(_needed(result, lang))}</p>",
        steps_table(settled, instrument, lang),
    ]
    return block(lang, *parts).stating(final=settled.value, barred=bool(settled.bars))


def _needed(result: Score, lang: Lang) -> str:
    """Say what the instrument's own score must be for the final total to reach the pass mark, where that differs."""
    needed, mark = result.needed, result.pass_mark
    if needed is None or mark is None or needed == mark.value:
        return ""
    own, line = points(needed, 2), points(mark.value, 2)
    return speaker(lang)(
        f"最后得分要达到 {line} 分，本体系自身得分须达 {own} 分，以下预测按此计算。",
        f" For {line} in the end the instrument's own score must reach {own}; the forecast below is of that.",
    )


def steps_table(settled: Settled, instrument: Instrument, lang: Lang) -> str:
    """Return the steps as a table, in the order in which they were applied."""
    t = speaker(lang)
    columns = [
        Column(t("类别", "Kind"), "", "nw"),
        Column(t("条款和依据", "Clause and why")),
        Column(t("日期", "Date"), "", "nw"),
        Column(t("结论", "Verdict"), "", "nw"),
        Column(t("加减", "Change"), t("分", "points"), "r"),
        Column(t("累计", "Total"), t("分", "points"), "r"),
    ]
    return table(columns, [_row(step, instrument, lang) for step in settled.steps], tight=True)


def _row(step: Step, instrument: Instrument, lang: Lang) -> list[str]:
    t = speaker(lang)
    said = t("，", "; ").join(filter(None, [step.why.say(lang), follows(step, lang)]))
    where = safe(said + t("。", ". ") + clause_of(step, instrument))
    sign = "+" if step.change > 0 else ""
    verdict = escape(VERDICTS[step.verdict].say(lang))
    return [
        safe(KINDS[step.kind].say(lang)),
        f'{safe(step.name.say(lang))}<br><span class="q">{where}</span>',
        "" if step.event is None else step.event.date.isoformat(),
        f'<span class="l">{verdict}</span>' if step.bars else verdict,
        sign + decimal(step.change, 2) if step.change else t("–", "–"),
        "–" if step.total is None else decimal(step.total, 2),
    ]
