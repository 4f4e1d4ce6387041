"""The cycle on a page: where the weighted sum stands, what this year must bring, and the chance of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

from evalsys import cycle_words as words
from evalsys.cycle_figures import Piece, Reach, cycle_line
from evalsys.cycle_results import LEVELS, settings_of_cycle
from evalsys.cycles import Aim, CycleSettings, Standing, aim, aims, standing, totals
from evalsys.forecasting import Forecast
from evalsys.language import Lang
from evalsys.markup import Column, Html, block, figure, section, speaker, table
from evalsys.scoring import Score
from evalsys.wording import decimal, percent_short, points

__all__ = ["cycle", "cycle_of"]


def cycle_of(result: Score, found: Forecast | None, lang: Lang, *, number: str = "") -> Html:
    """Return the section for a mock assessment; nothing where its settings name no cycle."""
    settings = settings_of_cycle(result)
    return block(lang) if settings is None else cycle(settings, found, lang, number=number)


def cycle(settings: CycleSettings, found: Forecast | None, lang: Lang, *, number: str = "") -> Html:
    """Return the section on the cycle: finding, chart, years, and what other totals need.

    Parameters
    ----------
    settings : CycleSettings
    found : Forecast or None
        Of the running year's inspection.
    number : str
        Of the section, such as ``八``.
    """
    t = speaker(lang)
    now = standing(settings)
    main = None if settings.wanted is None else aim(now, found, settings.wanted)
    said = words.conclusion(now, main, lang)
    notes = [words.missing_reading(now, lang), t("须得的分数进位到两位小数。", "Needed scores are rounded up.")]
    if now.open_share:
        notes.append(t("其余年份的得分是假设，不是预测。", "Scores of the other years are assumed, not forecast."))
    page = block(
        lang,
        section(number, "cycle", "周期", "The cycle", lang, escape(said)),
        _chart(now, main, found, said, lang),
        _years(now, main, lang),
        _wanted(now, found, lang),
        _levels(now, found, lang),
        f'<p class="note">{escape(t("", " ").join(filter(None, notes)))}</p>',
    )
    return page.stating(
        cycle_secured=now.secured,
        cycle_most=now.most,
        cycle_wanted=settings.wanted,
        cycle_needed=None if main is None else main.need.score,
        cycle_chance=None if main is None or main.chance is None else main.chance.value,
    )


def _chart(now: Standing, main: Aim | None, found: Forecast | None, said: str, lang: Lang) -> str:
    t = speaker(lang)
    unit = t("周期总分（分）", "total of the cycle, points")
    possible = main is not None and main.need.verdict == "possible"
    pieces = []
    for year, share in zip(now.settings.years, now.settings.shares, strict=True):
        score = now.settings.earlier.get(year)
        if score is not None:
            told = t(f"{year} 年 {decimal(share * score, 2)}", f"{year}: {decimal(share * score, 2)}")
            pieces.append(Piece(float(share * score), told, "won"))
        elif year == now.settings.year and possible and main is not None:
            points_ = share * main.need.score
            told = t(f"本年须得 {words.at_least(points_)}", f"this year must add {words.at_least(points_)}")
            pieces.append(Piece(float(points_), told, "needed"))
    if possible and main is not None and now.open_share:
        rest = float(now.open_share * (main.need.score if main.need.others is None else main.need.others))
        pieces.append(Piece(rest, words.years_said((*now.missing, *now.later), lang), "open"))
    wanted = None
    if now.settings.wanted is not None:
        mark = points(now.settings.wanted, 2)
        wanted = float(now.settings.wanted), t(f"目标 {mark}", f"wanted {mark}")
    best = words.at_most(now.most)
    most = float(now.most), t(f"最高可得 {best}", f"at most {best}")
    reach, told = None, said
    if found is not None:
        here = totals(found, now)
        held = dict(here.quantiles)
        low, high = (decimal(Fraction(held[one]).limit_denominator(10**6), 2) for one in (0.05, 0.95))
        span = t(f"预测总分 {low}–{high}（十次约九次）", f"forecast {low}–{high}, nine times in ten")
        reach = Reach(held[0.05], held[0.95], held[0.5], span)
        told = t("", " ").join((said, words.totals_reading(here, lang)))
    alt = t("周期总分数轴：", "Number line of the total: ") + told
    chart = cycle_line(pieces, float(now.settings.full), wanted, most, reach, unit, alt)
    named = {
        "won": t("浅色为已得", "filled: won"),
        "needed": t("空框为本年须得", "outlined: what this year must add"),
        "open": t("斜线为其余年份，假设与本年同分", "hatched: the other years, assumed to bring what this year brings"),
    }
    drawn = {piece.kind for piece in pieces}
    legend = t("；", "; ").join(words_ for kind, words_ in named.items() if kind in drawn)
    caption = legend[:1].upper() + legend[1:] + t("。", ".") if legend else ""
    return figure(t("总分到了哪里，还差多少", "Where the total stands, and what is missing"), chart, caption)


def _years(now: Standing, main: Aim | None, lang: Lang) -> str:
    t = speaker(lang)
    columns = [
        Column(t("年度", "Year")),
        Column(t("份额", "Share"), "%", "r"),
        Column(t("得分", "Score"), t("分", "points"), "r"),
        Column(t("计入总分", "Counts"), t("分", "points"), "r"),
        Column(t("说明", "Note")),
    ]
    rows = []
    for year, share in zip(now.settings.years, now.settings.shares, strict=True):
        score = now.settings.earlier.get(year)
        note = t("已公布", "published")
        if score is None:
            note = t("未登记", "not on record") if year in now.missing else t("以后年度", "to come")
        if year == now.settings.year:
            note = t("本年", "this year")
            if main is not None and main.need.verdict == "possible":
                need = words.at_least(main.need.score)
                note += t(f"，须得 {need} 分", f", must bring {need}")
        cells = ("–", "–") if score is None else (decimal(score, 2), decimal(share * score, 2))
        rows.append([str(year), percent_short(share).removesuffix("%"), *cells, escape(note)])
    mean = "–" if now.mean is None else decimal(now.mean, 2)
    note = "" if now.mean is None else t("已有年份的加权平均和已得", "weighted mean of the years so far, and won")
    total = [t("合计", "Total"), percent_short(now.known_share).removesuffix("%"), mean, decimal(now.secured, 2), note]
    return table(columns, rows, total)


def _wanted(now: Standing, found: Forecast | None, lang: Lang) -> str:
    """Return the table of several wanted totals."""
    t, full = speaker(lang), now.settings.full
    own = () if now.settings.wanted is None else (now.settings.wanted,)
    wanted = sorted({*(level * full for level in LEVELS), *own})
    head = t(f"不同目标下 {now.settings.year} 年须得的分数", f"What {now.settings.year} must bring for other totals")
    first = Column(t("总分目标", "Wanted total"), t("分", "points"))
    rows = [(points(one.need.wanted, 2), one) for one in aims(now, found, wanted)]
    return f"<h3>{escape(head)}</h3>" + _needs(first, rows, found, lang, with_best=False)


def _levels(now: Standing, found: Forecast | None, lang: Lang) -> str:
    """Return what the wanted total needs at several levels of the years that have no score yet."""
    if not now.open_share or now.settings.wanted is None:
        return ""
    t = speaker(lang)
    others = words.years_said((*now.missing, *now.later), lang)
    mark = points(now.settings.wanted, 2)
    head = t(f"{others}得分不同时，总分 {mark} 分的要求", f"A total of {mark}, by the scores of {others}")
    first = Column(t("其余年份各得", "Other years, each"), t("分", "points"))
    levels = [level * now.settings.full for level in LEVELS]
    rows = [(points(one.need.others or Fraction(0), 2), one) for one in aims(now, found, [now.settings.wanted], levels)]
    return f"<h3>{escape(head)}</h3>" + _needs(first, rows, found, lang, with_best=True)


def _needs(
    first: Column, rows: Sequence[tuple[str, Aim]], found: Forecast | None, lang: Lang, *, with_best: bool
) -> str:
    t = speaker(lang)
    columns = [first, Column(t("本年须得", "This year must bring"), t("分", "points"), "r")]
    columns += [Column(t("可能性", "Chance"), "", "r")] if found is not None else []
    columns += [Column(t("总分最高", "Total at most"), t("分", "points"), "r")] if with_best else []
    cells = []
    for name, one in rows:
        loud = "l|" if one.need.verdict == "beyond" else ""
        row = [name, loud + escape(words.needed_said(one.need, lang))]
        row += [] if one.chance is None else [escape(words.chance_said(one.chance, lang))]
        cells.append(row + ([words.at_most(one.need.best)] if with_best else []))
    return table(columns, cells)
