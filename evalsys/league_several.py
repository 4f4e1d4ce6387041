"""What a league of assessments tells of itself: how its units compare, and what the ranges of their ranks rest on."""

from __future__ import annotations

from evalsys.language import Lang
from evalsys.league import League
from evalsys.league_forecasts import DRAWS
from evalsys.markup import speaker
from evalsys.wording import joined, round_name

__all__ = ["compared"]


def compared(league: League, lang: Lang) -> tuple[str, list[str]]:
    """Return in a sentence what the ranks are, and in a list how units compare and what the ranges rest on."""
    t = speaker(lang)
    several = league.several
    assert several is not None
    items = [
        t(
            "得分率 = 最后得分（含总分之后的加减分）÷ 满分。",
            "Rate = final score (with what is added or taken off after the total) / full marks.",
        )
    ]
    if several.instruments > 1:
        items.append(
            t(
                f"各单位共用 {several.instruments} 种测评体系，得分率可比，但难易不一定相同。",
                f"The units use {several.instruments} instruments: rates compare, but one may be harder than another.",
            )
        )
    if len(several.rounds) > 1:
        named = joined([round_name(own, lang) for own in several.rounds], lang, 6)
        items.append(t(f"各单位的轮次不同：{named}。", f"The units are of several rounds: {named}."))
    if several.forecast:
        items.append(
            t(
                "名次区间、居第一和居末位的可能性出自各单位的督查预测；督查组宽严为各单位所共有，其余各单位互相独立。",
                "Ranges and chances come from the forecasts of the units, which share the severity of the team "
                "and are otherwise independent.",
            )
        )
        items.append(
            t(
                "各单位的比率依据自己的检查；比率本身的误差未计入，检查少的单位，名次比区间所示更不稳。",
                "Rates rest on each unit's own checks. How far the rates themselves may be off is not in the ranges: "
                "with few checks a rank is less firm than its range says.",
            )
        )
    if several.simulated:
        named = joined(list(several.simulated), lang, 6)
        items.append(
            t(
                f"没有精确分布、用模拟代替的：{named}（每单位约 {DRAWS:,} 次）。",
                f"Without an exact law, and simulated (about {DRAWS:,} inspections each): {named}.",
            )
        )
    absent = [unit.ranked.name for unit in league.units if unit.ranked.rank is None]
    if absent:
        named = joined(absent, lang, 6)
        items.append(
            t(
                f"没有可计分的依据，不排名、不预测：{named}。",
                f"Nothing to score by, so neither ranked nor forecast: {named}.",
            )
        )
    barred = [unit.ranked.name for unit in league.units if unit.barred]
    if barred:
        named = joined(barred, lang, 6)
        items.append(
            t(
                f"有否决事项或条件不具备，名次照排，不能据此命名：{named}。",
                f"Barred from a title by a veto or a condition, whatever the rank: {named}.",
            )
        )
    items.append(t("同分并列，不按行序再分先后。", "Ties share a rank and are not broken by the order of rows."))
    say = (
        t("名次按本次得分率，区间按督查预测。", "Ranks are of this round, ranges of the coming inspection.")
        if several.forecast
        else t("名次按本次得分率，没有名次区间。", "Ranks are of this round and have no ranges.")
    )
    return say, items
