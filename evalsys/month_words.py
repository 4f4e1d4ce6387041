"""The sentences of a month's report. Numbers come from `month_reports`; no month is without a sentence."""

from __future__ import annotations

from fractions import Fraction

from evalsys.finding_results import source_name
from evalsys.forecast_words import about, chance_of, no_forecast
from evalsys.language import Lang, Text
from evalsys.markup import speaker
from evalsys.material_results import month_name
from evalsys.month_reports import MonthReport
from evalsys.wording import day_text, decimal, joined, percent, plural, points, round_name

__all__ = [
    "calendar_said",
    "chance_said",
    "change_said",
    "decided_said",
    "flow_said",
    "part_name",
    "running_said",
    "title",
    "week_name",
]


def title(report: MonthReport, lang: Lang) -> str:
    """Return the title of the report."""
    place, month = report.assessment.settings.place, month_name(report.month, lang)
    return Text(f"{place}创城工作月报（{month}）", f"{place}: monthly report, {month}").say(lang)


def running_said(report: MonthReport, lang: Lang) -> str:
    """Return how far the ledgers reach where they do not cover the month; empty where they do."""
    t = speaker(lang)
    last, found = report.kept.last_day, report.found
    if last is None:
        return t("台账没有记录。", "The ledgers are empty.")
    until = day_text(last).say(lang)
    if last < found.first:
        return t(
            f"台账最后一日为 {until}，本月没有记录。",
            f"The ledgers end on {until}: nothing of this month is on record.",
        )
    if report.running:
        return t(
            f"本月尚未结束：台账记到 {until}，逾期按月末仍未办结推算。",
            f"The month is not over: the ledgers end on {until}, and what is overdue is told as if nothing else were "
            "done by its end.",
        )
    if found.flow.before.empty and found.flow.after.empty:
        return t("本月在台账建立之前。", "The month lies before the ledgers begin.")
    return ""


def change_said(report: MonthReport, lang: Lang) -> str:
    """Return how the score moved against the month before: by rounds where there are two, and by what was closed."""
    t = speaker(lang)
    now, closed, before = report.found.result, report.found.closed, report.closed_before
    if now.final_attainment is None or closed.final_attainment is None:
        return t("尚无可计分的依据。", "There is no evidence to score yet.")
    if before.final_attainment is None:
        return t("上月末尚无可计分的依据，不作比较。", "At the end of the month before there was no evidence to score.")
    if report.earlier is None:
        what = t("按检查结果，与上月末", "As checked, the end of the month before")
        said = _against(what, now.final_attainment, report.before.final_attainment, lang)
        then, here = points(report.before.assessed), points(now.assessed)
        if then != here:
            said += t(
                f"有依据的分值上月末为 {then} 分，本月末为 {here} 分，两者不全可比。",
                f"Points with evidence were {then} then and are {here} now: the two compare in part only. ",
            )
    else:
        name, score = report.earlier
        what = t(f"与上月轮次（{round_name(name, 'zh')}）", f"the round of the month before ({round_name(name, 'en')})")
        said = _against(what, now.final_attainment, score.final_attainment, lang)
    return said + _against(
        t("按已销号计为已整改，与上月末", "With what was closed taken as mended, the end of the month before"),
        closed.final_attainment,
        before.final_attainment,
        lang,
    )


def _against(what: str, now: Fraction, before: Fraction | None, lang: Lang) -> str:
    t = speaker(lang)
    if before is None:
        return t(f"{what}没有得分。", f"{what[:1].upper()}{what[1:]} has no score. ")
    size = decimal(abs(now - before) * 100, 2)
    first = percent(before)
    head = f"{what[:1].upper()}{what[1:]}"
    if now == before:
        return t(f"{what}相比，得分率 {first}，没有变化。", f"{head}: {first}, no change. ")
    way = t("提高", "up") if now > before else t("降低", "down")
    return t(
        f"{what}相比，得分率由 {first} {way}到 {percent(now)}，{way}了 {size} 个百分点。",
        f"{head}: {first}, now {percent(now)}, {way} {size} percentage points. ",
    )


def chance_said(report: MonthReport, lang: Lang) -> str:
    """Return the chance to pass, or why there is none; empty where nobody wants one."""
    t = speaker(lang)
    ahead = report.issue.ahead
    if ahead is not None and ahead.chance is not None:
        return t(
            f"达标可能性{about(chance_of(ahead), lang)}。", f"The chance to pass is {about(chance_of(ahead), lang)}. "
        )
    if ahead is not None:
        return t("未设目标线，不计达标可能性。", "There is no pass mark, so no chance to reach it. ")
    return no_forecast(report.faults, lang) if report.faults else ""


def week_name(report: MonthReport, name: str, lang: Lang) -> str:
    """Return a week with its days in the month."""
    t = speaker(lang)
    week = next(own for own in report.weeks if own.name == name)
    number = int(name.rpartition("W")[2])
    first, last = week.first.day, week.last.day
    days = t(f"{first} 日至 {last} 日", f"{first} to {last}") if last > first else t(f"{first} 日", f"{first}")
    return t(f"第 {number} 周（{days}）", f"week {number} ({days})")


def part_name(report: MonthReport, by: str, name: str, lang: Lang) -> str:
    """Return a week, a source or an indicator in words."""
    if by == "week":
        return week_name(report, name, lang)
    if by == "source":
        return source_name(name, lang)
    instrument = report.assessment.instrument
    return instrument.nodes[instrument.places[name]].name.say(lang) if name in instrument.places else name


def flow_said(report: MonthReport, lang: Lang) -> str:
    """Return in which week, from where and under what most was found; the weeks add up to the month."""
    t = speaker(lang)
    new = report.count("new")
    if not new:
        return t("本月没有新增问题。", "Nothing was found this month.")
    said = []
    for by, zh, en in (("week", "新增最多的是", "most in"), ("source", "来源最多的是", "most from"),
                       ("indicator", "最集中的是", "most under")):  # fmt: skip
        counts = {name: report.count("new", by, name) for name in report.parts[by]}
        top = max(counts.values())
        names = joined([part_name(report, by, name, lang) for name, n in counts.items() if n == top], lang, 2)
        said.append(t(f"{zh}{names}，{top} 条", f"{en} {names} ({top})"))
    return t(
        f"本月新增 {new:,} 条：{'；'.join(said)}。各周相加等于全月。",
        f"{plural(new, 'finding')} this month: {'; '.join(said)}. The weeks add up to the month.",
    )


def decided_said(report: MonthReport, lang: Lang) -> str:
    """Return what a person decided on ladders in the month."""
    t = speaker(lang)
    rows = report.decided
    if rows.empty:
        return t("本月没有审定处置措施。", "No step was decided on this month.")
    yes = report.count("confirmed")
    return t(
        f"本月审定处置措施 {len(rows)} 项，采取 {yes} 项，不采取 {len(rows) - yes} 项。",
        f"{plural(len(rows), 'step')} decided on this month: {yes} confirmed, {len(rows) - yes} declined.",
    )


def calendar_said(report: MonthReport, lang: Lang) -> str:
    """Return how the month's matters of the calendar were delivered."""
    t = speaker(lang)
    if not report.dues:
        return t("本月日程没有到期事项。", "The calendar makes nothing due this month.")
    counts = {state: report.count(f"calendar_{state}") for state in ("on_time", "late", "missing", "open")}
    said = t(
        f"本月到期 {len(report.dues)} 项（按单位计）：按期办结 {counts['on_time']} 项，逾期办结 {counts['late']} 项，"
        f"逾期未办结 {counts['missing']} 项",
        f"{plural(len(report.dues), 'matter')} due this month, one for each unit: {counts['on_time']} on time, "
        f"{counts['late']} late, {counts['missing']} missing",
    )
    rest = len(report.dues) - counts["on_time"] - counts["late"] - counts["missing"]
    if rest:
        said += t(f"，其余 {rest} 项未到期或不登记", f", {rest} not due yet or not registered")
    return said + t("。", ".")
