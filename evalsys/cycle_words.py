"""Sentences about a cycle of years, in Chinese and English: what is won, what this year must bring, its chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from evalsys.cycles import Aim, Chance, Needed, Phase, Standing, Totals
from evalsys.forecast_words import about, chance_of
from evalsys.language import Lang, Text
from evalsys.wording import decimal, joined, percent_short, points

__all__ = [
    "aim_reading",
    "at_least",
    "at_most",
    "chance_said",
    "conclusion",
    "missing_reading",
    "needed_said",
    "phase_reading",
    "totals_reading",
    "years_said",
]


def at_least(value: Fraction, places: int = 2) -> str:
    """Return a score that has to be reached, rounded up, so that who reaches what is printed has reached it.

    Examples
    --------
    >>> at_least(Fraction("94.3412")), at_least(Fraction(90)), at_least(Fraction("89.50"))
    ('94.35', '90', '89.50')
    """
    return points(Fraction(math.ceil(value * 10**places), 10**places), places)


def at_most(value: Fraction, places: int = 2) -> str:
    """Return a score that cannot be passed, rounded down.

    Examples
    --------
    >>> at_most(Fraction("96.3975"))
    '96.39'
    """
    return points(Fraction(math.floor(value * 10**places), 10**places), places)


def years_said(years: Sequence[int], lang: Lang) -> str:
    """Return calendar years in a row.

    Examples
    --------
    >>> years_said((2015, 2016), "zh"), years_said((2015, 2016), "en")
    ('2015、2016 年', '2015 and 2016')
    """
    return "、".join(map(str, years)) + " 年" if lang == "zh" else joined([str(year) for year in years], lang)


def chance_said(found: Chance, lang: Lang) -> str:
    """Return a chance within a sentence; one that no inspection can change is certain."""
    if found.forecast is None:
        return "100%" if found.value else "0%"
    return about(chance_of(found.forecast, found.value, _error(found)), lang)


def _error(found: Chance) -> float | None:
    """Return the error that is told: of a simulation."""
    simulated = found.forecast is not None and found.forecast.engine == "simulate"
    return found.error if simulated else None


def _with_strict(found: Chance, lang: Lang) -> str:
    usual = chance_said(found, lang)
    if found.strict is None or found.forecast is None:
        return usual
    value, error = found.strict
    strict = about(chance_of(found.forecast, value, error or None), lang)
    return Text(f"{usual}（督查偏严时{strict}）", f"{usual} ({strict} if inspectors are strict)").say(lang)


def needed_said(need: Needed, lang: Lang) -> str:
    """Return what this year must bring, for a cell."""
    if need.verdict == "possible":
        return at_least(need.score)
    return (
        Text("已达到", "reached").say(lang) if need.verdict == "reached" else Text("达不到", "out of reach").say(lang)
    )


# ---------------------------------------------------------------------------------------------------- sentences


def conclusion(now: Standing, aim: Aim | None, lang: Lang) -> str:
    """Return the finding: what is won, what this year must bring for the wanted sum, and the chance of it."""
    parts = [_won(now, lang)]
    if aim is None:
        least, most = points(now.least, 2), at_most(now.most)
        parts.append(
            Text(
                f"周期总分最低 {least} 分、最高 {most} 分；未设总分目标",
                f"the total of the cycle can end between {least} and {most}; no total is wanted",
            ).say(lang)
        )
    else:
        parts.append(aim_reading(now, aim, lang))
    said = Text("，", "; ").say(lang).join(parts) + Text("。", ".").say(lang)
    return said[0].upper() + said[1:]


def _won(now: Standing, lang: Lang) -> str:
    known = tuple(now.settings.earlier)
    if not known:
        return Text("本周期尚无已公布的年度成绩", "no year of this cycle has a score yet").say(lang)
    share, secured = percent_short(now.known_share), decimal(now.secured, 2)
    count = "一二三四五六七八九十"[len(known) - 1] if len(known) <= 10 else str(len(known))
    count = "两" if len(known) == 2 else count
    zh = f"前{count}年" if not now.missing else years_said(known, "zh")
    zh = "上年" if len(known) == 1 and not now.missing else zh
    en = years_said(known, "en")
    return Text(f"{zh}已得 {secured} 分（占 {share}）", f"{en} brought {secured} points ({share} of the total)").say(
        lang
    )


def aim_reading(now: Standing, aim: Aim, lang: Lang) -> str:
    """Return what a wanted sum needs, without a full stop."""
    need, wanted = aim.need, points(aim.need.wanted, 2)
    given = _given(now, need, lang)
    if need.verdict == "reached":
        return Text(
            f"{given}总分 {wanted} 分已经达到，不取决于本年得分",
            f"{given}the wanted total of {wanted} is reached whatever this year brings",
        ).say(lang)
    if need.verdict == "beyond":
        best = at_most(need.best)
        return Text(
            f"{given}总分最高 {best} 分，达不到 {wanted} 分",
            f"{given}the total can be {best} at most, so {wanted} is out of reach",
        ).say(lang)
    share = percent_short(now.share)
    zh = f"{given}要达到总分 {wanted} 分，本年（占 {share}）须得 {at_least(need.score)} 分"
    en = f"{given}for a total of {wanted} this year ({share}) must bring {at_least(need.score)}"
    if now.settings.keep != 1:
        own = at_least(need.assessed)
        zh += f"，按已知的并入成绩和加减分，本体系测评须得 {own} 分"
        en += f", so with the joined scores and what is known to be added or deducted the assessment must bring {own}"
    elif now.settings.adjust:
        moved = points(abs(now.settings.adjust), 2)
        plus = now.settings.adjust > 0
        zh += f"，计入已知的{'加' if plus else '扣'} {moved} 分，测评须得 {at_least(need.assessed)} 分"
        en += f", so with {moved} points known to be {'added' if plus else 'deducted'} the assessment must bring "
        en += at_least(need.assessed)
    if aim.chance is not None:
        zh += f"；按预测可能性{_with_strict(aim.chance, 'zh')}"
        en += f"; by the forecast the chance is {_with_strict(aim.chance, 'en')}"
    return Text(zh, en).say(lang)


def _given(now: Standing, need: Needed, lang: Lang) -> str:
    """Return what is assumed of the other years without a score, before the sentence that rests on it."""
    others = (*now.missing, *now.later)
    if not others:
        return ""
    zh, en = years_said(others, "zh"), years_said(others, "en")
    one = len(others) == 1
    bring, each = ("brings", "") if one else ("bring", " each")
    if need.others is None:
        return Text(f"若 {zh}与本年同分，", f"if {en} {bring} what this year brings, ").say(lang)
    level = points(need.others, 2)
    return Text(f"若 {zh}{'得' if one else '各得'} {level} 分，", f"if {en} {bring} {level}{each}, ").say(lang)


def missing_reading(now: Standing, lang: Lang) -> str:
    """Return which earlier years have no score, and that they do not count as 0; empty where all have one."""
    if not now.missing:
        return ""
    count = len(now.missing)
    return Text(
        f"{years_said(now.missing, 'zh')}成绩未登记，不按 0 分计算，也不按满分计算。",
        f"No score of {years_said(now.missing, 'en')} is on record: {'it counts' if count == 1 else 'they count'} "
        "neither as 0 nor as full marks.",
    ).say(lang)


def totals_reading(found: Totals, lang: Lang) -> str:
    """Return where the weighted sum may fall by the forecast."""
    held = dict(found.quantiles)
    low, high = (decimal(Fraction(held[share]).limit_denominator(10**6), 2) for share in (0.05, 0.95))
    if low == high:
        return Text(f"按预测，总分为 {low} 分。", f"By the forecast the total is {low}.").say(lang)
    return Text(
        f"按预测，十次中约有九次总分落在 {low} 至 {high} 分。",
        f"By the forecast the total lies between {low} and {high} about nine times in ten.",
    ).say(lang)


def phase_reading(found: Phase, lang: Lang) -> str:
    """Return what a year is for and what comes next."""
    following, turn = found.coming[0]
    said = Text(
        f"{found.year} 年：{found.turn.purpose.zh}；{following} 年：{turn.purpose.zh}。",
        f"{found.year}: {found.turn.purpose.en}; {following}: {turn.purpose.en}.",
    ).say(lang)
    for more in found.rhythm.always:
        said += Text(f"{more.zh}。", f" {more.en}.").say(lang)
    return said
