"""The sentences of a unit's card: what it owes, what that costs, how it did so far. Numbers come from `unit_cards`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from evalsys.bulletin_words import day_said
from evalsys.forecast_words import about, chance_of, moved_text, no_forecast
from evalsys.language import Lang, Text
from evalsys.markup import speaker
from evalsys.ranks import Ranked
from evalsys.responsibilities import LETTER_STATES
from evalsys.unit_cards import AHEAD, KINDS, SOON, Cards, Owed, UnitCard
from evalsys.wording import decimal, joined, percent, plural

__all__ = [
    "ahead_said",
    "beside",
    "clear_said",
    "counts_said",
    "lead",
    "left_said",
    "letter_said",
    "notes",
    "record_said",
    "rise_said",
    "standing_said",
    "what_said",
]


def lead(cards: Cards, card: UnitCard, lang: Lang) -> tuple[str, str]:
    """Return what the unit owes, and what doing all of it brings; the second is empty where nothing of it is scored."""
    t = speaker(lang)
    count, late = len(card.owed), card.overdue
    if not count:
        return t(f"{card.unit}没有待办事项", f"{card.unit} owes nothing"), ""
    first = t(f"{card.unit}待办 {count} 项", f"{card.unit} owes {plural(count, 'thing')}")
    if late:
        longest = max(each.late for each in late)
        days = plural(longest, "day")
        if len(late) == count:
            first += t(
                f"，全部逾期，最长已逾期 {longest} 天",
                f", {'all' if count > 1 else 'it is'} overdue, by up to {days}"
                if count > 1
                else f", overdue by {days}",
            )
        else:
            first += t(
                f"，其中逾期 {len(late)} 项，最长已逾期 {longest} 天",
                f", {len(late)} of them overdue, by up to {days}",
            )
    else:
        first += t("，没有逾期", ", nothing overdue")
    if not card.cost.rows:
        return first, ""
    points = decimal(card.cost.points, 3)
    second = t(f"全部办结可挽回 {points} 分", f"doing all of it regains {points} points")
    if card.cost.chance is not None:
        rise = rise_said(card.cost.chance, lang)
        second += t(f"，达标可能性{rise}", f"; chance to pass {rise}")
    return first, second


def beside(cards: Cards, card: UnitCard, lang: Lang) -> str:
    """Return what stands beside the first sentence: how much of each kind, how sure the chance is."""
    t = speaker(lang)
    said = counts_said(card, lang)
    oldest = min((each.due for each in card.overdue if each.due is not None), default=None)
    if oldest is not None:
        said += t(f"；最早的应于 {day_said(oldest, lang)}办结", f"; the first was due on {day_said(oldest, lang)}")
    if card.cost.rows:
        full = decimal(cards.assessment.instrument.full_marks, 0)
        said += t(f"；满分 {full} 分", f"; full marks {full}")
    if card.beside:
        count = len(card.beside)
        said += t(
            f"；可挽回的分数按所涉标准的材料一并审定计，含不在本单的 {count} 份",
            f"; the sum takes all materials of these standards as approved, {count} of them not on this card",
        )
    found, cost = cards.found, card.cost
    if found is not None and found.chance is not None and cost.chance is not None:
        now = about(chance_of(found), lang)
        said += t(f"，目前达标可能性{now}", f", chance to pass today {now}")
        off = moved_text(200 * (cost.error or 0.0)).lstrip("+")
        if off != "0.0":
            said += t(f"，提高幅度误差 ±{off} 个百分点", f", the rise ± {off} pp")
    elif cost.why_none is not None:
        said += t(f"；{cost.why_none.zh}", f"; {cost.why_none.en}")
    return said + t("。", ".")


def rise_said(rise: float, lang: Lang) -> str:
    """Return by how much the chance to pass rises, in a sentence.

    Examples
    --------
    >>> rise_said(0.052, "zh"), rise_said(0.0004, "zh")
    ('约提高 5.2 个百分点', '提高不足 0.1 个百分点')
    >>> rise_said(0.052, "en")
    'up by about 5.2 pp'
    """
    t = speaker(lang)
    if rise <= 0:
        return t("不变", "unchanged")
    if rise < 0.0005:
        return t("提高不足 0.1 个百分点", "up by less than 0.1 pp")
    said = moved_text(rise * 100).lstrip("+")
    return t(f"约提高 {said} 个百分点", f"up by about {said} pp")


def counts_said(card: UnitCard, lang: Lang) -> str:
    """Return how many things of each kind a unit owes.

    Only kinds that occur are told.
    """
    t = speaker(lang)
    counts = {kind: sum(each.kind == kind for each in card.owed) for kind in KINDS}
    nouns = {"finding": "finding", "material": "material", "calendar": "calendar matter", "problem": "listed problem"}
    told = [t(f"{KINDS[kind].zh} {n}", plural(n, nouns[kind])) for kind, n in counts.items() if n]
    return t("、", ", ").join(told)


def what_said(each: Owed, lang: Lang) -> str:
    """Return what is owed in a cell: the matter, then whether it came back, was returned or was left undone often."""
    t = speaker(lang)
    tail = []
    if each.relapse:
        tail.append(t("反弹", "relapse"))
    if each.returned:
        tail.append(t(f"退回 {each.returned} 次", f"returned {_times(each.returned)}"))
    if each.times > 1:
        tail.append(t(f"共 {each.times} 期未办", f"left undone {_times(each.times)}"))
    said = each.what.say(lang)
    if not tail:
        return said
    told = t("，", ", ").join(tail)
    return t(f"{said}（{told}）", f"{said} ({told})")


def left_said(each: Owed, day: datetime.date, lang: Lang) -> str:
    """Return how a thing stands by its last day.

    Examples
    --------
    >>> own = Owed("finding", "1", "", Text("", ""), None, datetime.date(2016, 8, 5), 0, None)
    >>> [left_said(own, datetime.date(2016, 8, n), "zh") for n in (3, 5)]
    ['余 2 天', '今日到期']
    """
    t = speaker(lang)
    if each.late:
        return t(f"逾期 {each.late} 天", f"{plural(each.late, 'day')} late")
    if each.due is None:
        return t("未定期限", "no due day")
    left = (each.due - day).days
    return t(f"余 {left} 天", f"{plural(left, 'day')} left") if left else t("今日到期", "due today")


def ahead_said(cards: Cards, card: UnitCard, lang: Lang) -> str:
    """Return the sentence over the table: the order, what is due soon, and what has no last day."""
    t = speaker(lang)
    if not card.owed:
        return t(
            "没有待办的问题、材料、日程和清单事项。", "No finding, material, matter of the calendar or problem is open."
        )
    ahead = [(each.due - cards.day).days for each in card.owed if each.due is not None and not each.late]
    soon, near = (sum(left <= most for left in ahead) for most in (SOON, AHEAD))
    said = t("逾期的在前，其余按到期日排列。", "Overdue things first, then by the last day. ")
    if ahead:
        said += t(
            f"{SOON} 天内到期 {soon} 项，{AHEAD} 天内到期 {near} 项。",
            f"{soon} due within {SOON} days, {near} within {AHEAD}. ",
        )
    none = sum(each.due is None for each in card.owed)
    if none:
        said += t(f"{none} 项未定期限，请与创城办商定。", f"{none} without a due day.")
    return said.strip()


def record_said(card: UnitCard, lang: Lang) -> str:
    """Return how a unit did since the ledgers begin."""
    t = speaker(lang)
    own = card.done
    if not own["new"]:
        return t("台账建立以来没有该单位的问题。", "No finding of this unit since the ledgers begin. ").strip()
    said = t(
        f"台账建立以来新增 {own['new']} 条，办结 {own['fixed']} 次，复核通过 {own['verified']} 条",
        f"Since the ledgers begin: {plural(own['new'], 'finding')}, put right {_times(own['fixed'])}, "
        f"{own['verified']} verified",
    )
    if card.rate is not None:
        said += t(f"，按期办结率 {percent(card.rate, 1)}", f", {percent(card.rate, 1)} of them in time")
    for figure, zh, en in (
        ("returned", "复核退回 {n} 次", "{n} returned by a review"),
        ("relapses", "反弹 {n} 条", "{n} came back after they were closed"),
        ("awaiting", "待复核 {n} 条", "{n} awaiting review"),
    ):
        if own[figure]:
            said += t("，", ", ") + t(zh, en).format(n=own[figure])
    return said + t("。", ".")


def standing_said(card: UnitCard, lang: Lang) -> str:
    """Return the unit's place among the units; the first has the most points at stake, or the largest share overdue."""
    t = speaker(lang)
    by_points, by_overdue = card.by_points, card.by_overdue
    if by_points is None or by_points.rank is None or not card.done["new"]:
        return ""
    said = t(
        f"在办问题影响总分由多到少，列 {by_points.of} 个单位第 {by_points.rank} 位{_tied(by_points, lang)}",
        f"By points at stake, most first, it is number {by_points.rank} of {by_points.of}{_tied(by_points, lang)}",
    )
    if by_overdue is not None and by_overdue.rank is not None and by_overdue.score is not None:
        share = percent(by_overdue.score, 1)
        said += t(
            f"；逾期占在办 {share}，列有在办问题的 {by_overdue.of} 个单位第 {by_overdue.rank} 位"
            f"{_tied(by_overdue, lang)}",
            f"; {share} of what it has in hand is overdue, number {by_overdue.rank} of the {by_overdue.of} units with "
            f"anything in hand{_tied(by_overdue, lang)}",
        )
    return said + t("。", ".")


def _tied(own: Ranked, lang: Lang) -> str:
    if not own.tied:
        return ""
    names = joined(own.tied, lang, 3)
    return Text(f"（与{names}并列）", f" (tied with {names})").say(lang)


def letter_said(card: UnitCard, lang: Lang) -> str:
    """Return how the unit's responsibility letter stands; empty where the office keeps none."""
    t = speaker(lang)
    if card.letter is None:
        return ""
    own, state = card.letter, LETTER_STATES[card.letter.state].say(lang)
    if own.state == "signed":
        last = day_said(own.last, lang)
        state = t(f"已签订，{last}前考核", f"signed, review by {last}")
    said = t(f"{own.year} 年度责任书：{state}", f"Responsibility letter of {own.year}: {state}")
    return said + t("。", ".")


def clear_said(cards: Cards, lang: Lang) -> str:
    """Return the units that have no card because they owe nothing; empty where there are none."""
    t = speaker(lang)
    if not cards.clear:
        return ""
    names = joined(cards.clear, lang, 12)
    if not cards.cards:
        return t("各单位均无待办事项。", "No unit owes anything.")
    return t(f"没有待办事项、未出单的单位：{names}。", f"Without a card, because they owe nothing: {names}.")


def notes(cards: Cards, lang: Lang) -> str:
    """Return how the numbers are meant, in one paragraph."""
    t = speaker(lang)
    rules = cards.assessment.rules
    where: Mapping[str, str] = {
        "setting": t("测评设置", "set in the assessment"),
        "instrument": rules.instrument.title.say(lang),
        "assumed": t("假定", "assumed"),
    }
    said = t(
        f"问题整改期限 {rules.days} 天（{where[rules.days_from]}），材料每月 {rules.materials_by} 日前报送"
        f"（{where[rules.materials_from]}）；多个单位共同负责的问题分别计入各单位；"
        "影响总分为单项所失分，合计按全部办结后重新计分。",
        f"Findings are due after {rules.days} days ({where[rules.days_from]}), materials by day {rules.materials_by} "
        f"of the month ({where[rules.materials_from]}). What several units answer for counts for each. Points are "
        "those of one thing alone; the sum is scored anew.",
    )
    if cards.assessment.ledgers["done"].empty:
        said += t(
            "办结登记为空，已过期的日程事项不列。",
            " Nothing is registered as done: past days of the calendar are left out.",
        )
    if cards.faults:
        said += t("", " ") + no_forecast(cards.faults, lang)
    return said


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
