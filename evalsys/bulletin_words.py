"""The sentences of a bulletin: what came, what went, what is late, what is proposed. No week is without a sentence.

Sentences are plain text; a page escapes them. Names of units and sites stay as they are in both languages.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from fractions import Fraction

from evalsys.bulletin_results import Issue, subject_name
from evalsys.bulletins import Bulletin, period_days, period_of
from evalsys.escalation_words import step_text
from evalsys.finding_results import site_said
from evalsys.forecast_words import no_forecast
from evalsys.language import Lang, Text
from evalsys.league_words import days_said
from evalsys.ledgers import flow
from evalsys.wording import day_text, decimal, joined, plural, points

__all__ = [
    "WEEKDAYS",
    "after_closed",
    "again_said",
    "bodies_said",
    "coming_said",
    "day_said",
    "key_notes",
    "lead",
    "measures_said",
    "notes",
    "number_said",
    "overdue_said",
    "period_name",
    "photos_said",
    "ranks_said",
    "reconciled_said",
    "second",
    "series_said",
    "streak",
    "title",
    "units_said",
]

WEEKDAYS: Sequence[Text] = (
    Text("周一", "Mon"),
    Text("周二", "Tue"),
    Text("周三", "Wed"),
    Text("周四", "Thu"),
    Text("周五", "Fri"),
    Text("周六", "Sat"),
    Text("周日", "Sun"),
)
_NUMERALS = "零一两三四五六七八九十"
_DAY = datetime.timedelta(days=1)
_LONGEST = 60  # periods back that a streak is counted


def day_said(day: datetime.date, lang: Lang) -> str:
    """Return a day without its year.

    Examples
    --------
    >>> day_said(datetime.date(2026, 11, 9), "zh"), day_said(datetime.date(2026, 11, 9), "en")
    ('11 月 9 日', '9 November')
    """
    return day_text(day, with_year=False).say(lang)


def bodies_said(names: Sequence[str], lang: Lang, most: int = 4) -> str:
    """Return names of units in a row; beyond `most` they are counted.

    Examples
    --------
    >>> bodies_said(["甲局", "乙局", "丙局"], "zh", 2), bodies_said(["甲局", "乙局", "丙局"], "en", 2)
    ('甲局、乙局等 3 家', '甲局, 乙局 and 1 more')
    """
    if lang == "zh" and len(names) > most:
        return "、".join(names[:most]) + f"等 {len(names)} 家"
    return joined(names, lang, most)


def number_said(number: int, lang: Lang) -> str:
    """Return a small number as a word in Chinese.

    Examples
    --------
    >>> number_said(3, "zh"), number_said(12, "zh"), number_said(3, "en")
    ('三', ' 12 ', '3')
    """
    if lang == "en":
        return str(number)
    return _NUMERALS[number] if number < len(_NUMERALS) else f" {number} "


def title(found: Bulletin, lang: Lang) -> str:
    """Return the title of an issue: the ISO week is its number.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> title(SimpleNamespace(period="2016-W33", monthly=False), "zh")
    '创城督查通报（第 33 期）'
    """
    number = int(found.period.rpartition("-")[2].lstrip("W"))
    if found.monthly:
        return Text(f"创城督查通报（{number} 月）", f"Supervision bulletin, month {number}").say(lang)
    return Text(f"创城督查通报（第 {number} 期）", f"Supervision bulletin no. {number}").say(lang)


def period_name(found: Bulletin, this: bool, lang: Lang) -> str:
    """Return 本周 or 上周, this week or the week before, as the period is a week or a month."""
    if found.monthly:
        return (Text("本月", "this month") if this else Text("上月", "the month before")).say(lang)
    return (Text("本周", "this week") if this else Text("上周", "the week before")).say(lang)


def _counts(found: Bulletin) -> Mapping[str, int]:
    return {key: len(rows) for key, rows in found.figures.items()}


def first_ever(found: Bulletin) -> bool:
    """Return whether nothing had been found before the period, so that there is nothing to compare with."""
    return found.flow.before.empty


# ------------------------------------------------------------------------------------------------- page one


def lead(issue: Issue, lang: Lang) -> tuple[str, str, bool]:
    """Return the result in one sentence of two parts, without the last stop, and whether the second is bad news."""
    found = issue.found
    count = _counts(found)
    if found.flow.after.empty:
        until = day_said(found.last, lang)
        said = Text(f"截至 {until}，台账没有问题记录", f"Up to {until} the ledgers hold no findings")
        return said.say(lang), "", False
    zh, en = _moved(count, found)
    first = Text(f"{zh}，{_in_hand_zh(found)}", f"{en}; {_in_hand_en(found)}").say(lang)
    late = count["overdue"]
    if not late:
        return first, Text("没有逾期问题", "nothing is overdue").say(lang), False
    units = len({unit for row in found.figures["overdue"].tolist() for unit in issue.told["units"][row]})
    who = Text(f"，涉及 {units} 家单位", f", of {plural(units, 'unit')}").say(lang) if units else ""
    return first, Text(f"逾期 {late:,} 条", f"{late:,} overdue").say(lang) + who, True


def _moved(count: Mapping[str, int], found: Bulletin) -> tuple[str, str]:
    zh, en = period_name(found, True, "zh"), period_name(found, True, "en")
    new, fixed = count["new"], count["fixed"]
    if not new and not fixed:
        return f"{zh}没有新增、办结问题", f"Nothing was found or put right {en}"
    if not new:
        return f"{zh}没有新增问题，办结 {fixed:,} 条", f"Nothing new {en}, {fixed:,} put right"
    if not fixed:
        return f"{zh}新增问题 {new:,} 条，没有办结", f"{plural(new, 'new finding')} {en}, none put right"
    return (
        f"{zh}新增问题 {new:,} 条，办结 {fixed:,} 条",
        f"{plural(new, 'new finding')} {en}, {fixed:,} put right",
    )


def _in_hand_zh(found: Bulletin) -> str:
    now, before = len(found.figures["in_hand"]), len(found.flow.in_hand(found.flow.before))
    if not now:
        return "在办问题清零" if before else "没有在办问题"
    if first_ever(found) or before == now:
        return f"在办{'仍为' if not first_ever(found) else ''} {now:,} 条"
    return f"在办{'降' if now < before else '升'}至 {now:,} 条"


def _in_hand_en(found: Bulletin) -> str:
    now, before = len(found.figures["in_hand"]), len(found.flow.in_hand(found.flow.before))
    if not now:
        return "nothing is in hand"
    if first_ever(found):
        return f"{now:,} in hand"
    return f"in hand {'still' if now == before else 'down to' if now < before else 'up to'} {now:,}"


def streak(found: Bulletin) -> tuple[int, int]:
    """Return in how many periods in a row, the last included, more was put right than found: (1, n), or less: (-1, n).

    (0, 1) where as much was put right as found.
    """

    def sign(new: int, fixed: int) -> int:
        return (fixed > new) - (fixed < new)

    signs = [sign(new, fixed) for new, fixed in zip(found.series["new"], found.series["fixed"], strict=True)]
    last = signs[-1]
    if not last:
        return 0, 1
    count = 0
    for own in reversed(signs):
        if own != last:
            return last, count
        count += 1
    first = period_days(str(found.series["period"].iat[0]))[0]
    while count < _LONGEST:
        begin, end = period_days(period_of(first - _DAY, found.monthly))
        earlier = flow(found.kept, begin, end)
        if sign(len(earlier.new), len(earlier.fixed)) != last:
            break
        first, count = begin, count + 1
    return last, count


def _streak_said(found: Bulletin, lang: Lang) -> str:
    way, count = streak(found)
    if not len(found.flow.new) and not len(found.flow.fixed):
        return ""
    month = found.monthly
    if not way:
        zh, en = f"{period_name(found, True, 'zh')}办结与新增相等。", "As much was put right as was found. "
    elif count == 1:
        zh = f"{period_name(found, True, 'zh')}{'办结多于新增' if way > 0 else '新增多于办结'}。"
        en = "More was put right than found. " if way > 0 else "More was found than put right. "
    else:
        often = f"连续{number_said(count, 'zh')}{'个月' if month else '周'}"
        zh = f"{often}{'办结多于新增' if way > 0 else '新增多于办结'}。"
        what = "more was put right than found" if way > 0 else "more was found than put right"
        en = f"For {count} {'months' if month else 'weeks'} in a row {what}. "
    return zh if lang == "zh" else en


def second(issue: Issue, lang: Lang) -> str:
    """Return the second paragraph: weeks in a row, what is at stake, what is proposed."""
    found = issue.found
    if found.flow.after.empty:
        return _nothing(issue, lang)
    said = [
        _outside(found, lang),
        _streak_said(found, lang),
        _stake(issue, lang),
        _chance(issue, lang),
        measures_said(issue, lang),
    ]
    return "".join(said).strip()


def _nothing(issue: Issue, lang: Lang) -> str:
    days = issue.told["found_on"]
    if days:
        first = days_said([days[0].date()], lang)
        return Text(
            f"台账最早的问题发现于 {first}，在本期之后。", f"The first finding of the ledgers is of {first}, after it."
        ).say(lang)
    undated = len(issue.kept.undated)
    if undated:
        return Text(
            f"{undated:,} 条有失分的检查没有日期，不能列入哪一期；请补填检查日期，或设置“台账·未注日期按”。",
            f"{plural(undated, 'lossy observation')} without a day can be in no issue: add the days, or set "
            "ledger: undated.",
        ).say(lang)
    return Text(
        "没有可通报的问题；有了检查记录或问题台账后再生成。",
        "There is nothing to report yet: add observations with their days, or the table of findings.",
    ).say(lang)


def _outside(found: Bulletin, lang: Lang) -> str:
    """Return that the ledgers end before the period begins."""
    last = found.kept.last_day
    if last is None or found.first <= last:
        return ""
    until = days_said([last], lang)
    return Text(
        f"台账记录截至 {until}，本期没有新的记录。", f"The ledgers end on {until}: nothing is on record since. "
    ).say(lang)


def _stake(issue: Issue, lang: Lang) -> str:
    late, held = (issue.rows[key].findings for key in ("overdue", "in_hand"))
    if not held:
        return ""
    own = issue.found.points
    if not late:
        total = sum((own[row] for row in held), Fraction(0))
        return _total(Text("在办问题", "What is in hand"), total, lang)
    total = sum((own[row] for row in late), Fraction(0))
    said = _total(Text("逾期问题", "What is overdue"), total, lang)
    heaviest = max(late, key=lambda row: own[row])
    if len(late) == 1 or own[heaviest] * 4 < total or not total:
        return said
    where, name = site_said(issue.kept, heaviest, lang), issue.told["finding_id"][heaviest]
    return said[:-1].rstrip(".") + Text(
        f"，其中{where}一条（{name}）占 {points(own[heaviest])} 分。",
        f", {points(own[heaviest])} of them by {name} at {where}. ",
    ).say(lang)


def _total(what: Text, total: Fraction, lang: Lang) -> str:
    if not total:
        return Text(f"{what.zh}不影响本轮得分。", f"{what.en} takes nothing from this round's score. ").say(lang)
    shown = points(total)
    return Text(f"{what.zh}合计影响总分 {shown} 分。", f"{what.en} is worth {shown} points. ").say(lang)


def _chance(issue: Issue, lang: Lang) -> str:
    """Return what the chance to pass gains if all that is in hand is put right."""
    cost = issue.prices["in_hand"]
    if cost.chance is None or not issue.rows["in_hand"].findings:
        return ""
    size = abs(cost.chance * 100)
    if size < 0.5:
        return Text(
            "在办问题全部办结，达标可能性基本不变。", "Putting all in hand right hardly moves the chance to pass. "
        ).say(lang)
    shown = decimal(Fraction(size).limit_denominator(10**6), 0)
    way = Text("提高", "raise") if cost.chance > 0 else Text("降低", "lower")
    return Text(
        f"在办问题全部办结，达标可能性约{way.zh} {shown} 个百分点。",
        f"Putting all in hand right would {way.en} the chance to pass by about {shown} percentage points. ",
    ).say(lang)


def measures_said(issue: Issue, lang: Lang) -> str:
    """Return what is proposed in one sentence."""
    if not issue.kept.rules.ladders:
        return Text("测评体系没有规定处置阶梯，不提出措施。", "The instrument has no ladder of consequences. ").say(
            lang
        )
    if not issue.measures:
        return Text("本期没有拟采取的措施。", "Nothing is proposed. ").say(lang)
    held: dict[str, list[str]] = {}
    for own in issue.measures:
        step = step_text(own).say(lang).removeprefix("拟").removeprefix("proposed: ")
        names = held.setdefault(step, [])
        if subject_name(issue, own) not in names:
            names.append(subject_name(issue, own))
    if lang == "zh":
        return "，".join(f"拟对{bodies_said(names, 'zh')}采取“{step}”" for step, names in held.items()) + "，请审定。"
    told = "; ".join(f"{step} for {bodies_said(names, 'en')}" for step, names in held.items())
    return f"Proposed, for approval: {told}. "


def _change(now: int, before: int, found: Bulletin, lang: Lang) -> str:
    if first_ever(found):
        return Text("首期，无可比", "nothing to compare with").say(lang)
    if now == before:
        return Text(f"与{period_name(found, False, 'zh')}持平", f"as {period_name(found, False, 'en')}").say(lang)
    size = f"{abs(now - before):,}"
    zh = f"比{period_name(found, False, 'zh')}{'多' if now > before else '少'} {size} 条"
    return Text(zh, f"{size} {'more' if now > before else 'fewer'} than {period_name(found, False, 'en')}").say(lang)


def key_notes(issue: Issue, lang: Lang) -> dict[str, str]:
    """Return the line of context of each key figure: new, fixed, in_hand, overdue."""
    found = issue.found
    past = found.previous
    before = {"new": len(past.new), "fixed": len(past.fixed), "in_hand": len(past.in_hand(past.after))}
    said = {key: _change(len(found.figures[key]), count, found, lang) for key, count in before.items()}
    if found.rate is not None:
        rate = decimal(found.rate * 100, 1)
        said["fixed"] = Text(f"按期 {rate}%，{said['fixed']}", f"{rate}% in time; {said['fixed']}").say(lang)
    late = len(found.figures["overdue"])
    change = _change(late, len(past.overdue(past.after)), found, lang)
    if late:
        days = int(found.overdue["late"].max())
        change = Text(f"最长 {days} 天，{change}", f"up to {plural(days, 'day')}; {change}").say(lang)
    return {**said, "overdue": change}


def series_said(found: Bulletin, names: Sequence[str], lang: Lang) -> str:
    """Return the figure of the last periods as words, with its numbers."""
    rows = found.series
    stop = Text("；", "; ").say(lang)
    told = [
        Text(
            f"{name}新增 {new}、办结 {fixed}、在办 {held}", f"{name}: {new} new, {fixed} put right, {held} in hand"
        ).say(lang)
        for name, new, fixed, held in zip(names, rows["new"], rows["fixed"], rows["in_hand"], strict=True)
    ]
    return Text("条形图和折线图：", "Bars and a line: ").say(lang) + stop.join(told) + Text("。", ".").say(lang)


# ------------------------------------------------------------------------------------------------- sections


def units_said(issue: Issue, lang: Lang) -> str:
    """Return which units have most overdue, in one sentence."""
    named = [own for own in issue.found.units.to_dict("records") if own["name"]]
    busy = sum(any(own[key] for key in ("new", "fixed", "in_hand", "overdue")) for own in named)
    late = [own for own in named if own["overdue"]]
    if not busy:
        return Text("本期各单位没有办理事项。", "No unit had anything to do.").say(lang)
    if not late:
        return Text(f"{busy} 家单位有办理事项，均无逾期。", f"{plural(busy, 'unit')} had work; none is late.").say(lang)
    top = max(own["overdue"] for own in late)
    names = bodies_said([own["name"] for own in late if own["overdue"] == top], lang, 3)
    return Text(
        f"{busy} 家单位有办理事项，{len(late)} 家有逾期，{names}最多，逾期 {top} 条。",
        f"{plural(busy, 'unit')} had work, {len(late)} of them late; most overdue: {names}, {top}.",
    ).say(lang)


def overdue_said(issue: Issue, shown: int, lang: Lang) -> str:
    """Return how much is overdue, for how long, and how much of it the page lists."""
    late = len(issue.found.overdue)
    if not late:
        return Text("截至本期末没有逾期问题。", "Nothing is overdue at the end of the period.").say(lang)
    days = int(issue.found.overdue["late"].max())
    said = Text(f"逾期 {late:,} 条，最长 {days} 天", f"{late:,} overdue, by up to {plural(days, 'day')}").say(lang)
    if shown < late:
        said += Text(
            f"；下表为影响总分最多的 {shown} 条，全部见附件",
            f"; the {shown} that cost most follow, all are in the annex",
        ).say(lang)
    return said + Text("。", ".").say(lang)


def coming_said(issue: Issue, lang: Lang) -> str:
    """Return how many findings fall due in the next period, and on which day most do."""
    rows = issue.found.coming
    after = Text("下月", "next month") if issue.found.monthly else Text("下周", "next week")
    if rows.empty:
        return Text(f"{after.zh}没有到期的在办问题。", f"No finding in hand falls due {after.en}.").say(lang)
    days = [day.date() for day in rows["due"].tolist()]
    most = max(days.count(day) for day in days)
    busy = [day for day in sorted(set(days)) if days.count(day) == most]
    said = Text(f"{after.zh}到期 {len(days):,} 条", f"{plural(len(days), 'finding')} due {after.en}").say(lang)
    if len(set(days)) > len(busy):
        names = [day_said(day, lang) if issue.found.monthly else WEEKDAYS[day.weekday()].say(lang) for day in busy]
        each = Text("各", " each") if len(busy) > 1 else Text("", "")
        said += Text(
            f"，{joined(names, 'zh', 3)}最多，{each.zh} {most} 条".replace("， ", "，"),
            f", most on {joined(names, 'en', 3)}: {most}{each.en}",
        ).say(lang)
    return said + Text("；请各单位提前一天自查。", "; check a day ahead.").say(lang)


def reconciled_said(issue: Issue, lang: Lang) -> str:
    """Return whether the ledgers agree, and what they lack."""
    whole = sum(1 for row in issue.after if issue.told["site"][row] < 0)
    if not issue.found.reconciled["agrees"].all():
        said = Text("台账不一致，请先核对下列各行。", "The ledgers do not agree: look at the rows below first.")
    elif issue.unrecorded:
        count = len(issue.unrecorded)
        said = Text(
            f"三本台账数目一致；{count:,} 条未销号问题尚无整改记录，请补登。",
            f"The three ledgers agree; {plural(count, 'open finding')} without a row of rectification.",
        )
    else:
        said = Text(
            "三本台账一致：每条问题都有整改记录。" if whole else "三本台账一致：每条问题都有点位和整改记录。",
            f"The three ledgers agree: every finding has {'' if whole else 'its site and '}its rectification.",
        )
    tail = Text(
        f"台账所列 {len(issue.after):,} 条问题中，{whole:,} 条属全域，不在点位上。",
        f" Of all {len(issue.after):,} findings in the ledger {whole:,} {'is' if whole == 1 else 'are'} of the whole "
        "place, at no site.",
    )
    return said.say(lang) + (tail.say(lang) if whole else "")


def ranks_said(issue: Issue, lang: Lang) -> str:
    """Return who loses most in what is in hand, and whose share of overdue work is highest; ties are told."""
    said = []
    for key, zh, en in (
        ("points", "在办问题影响总分最多的单位", "Most points in hand"),
        ("overdue_share", "逾期占在办比例最高的单位", "highest share overdue"),
    ):
        first = [(name, value) for rank, name, value in issue.ranks("unit", key) if rank == 1 and value]
        if first:
            value = first[0][1]
            shown = f"{points(value)} 分" if key == "points" else f"{decimal(value * 100, 1)}%"
            shown_en = f"{points(value)} points" if key == "points" else f"{decimal(value * 100, 1)}%"
            tied = Text("（并列）", " (tied)").say(lang) if len(first) > 1 else ""
            names = bodies_said([name for name, _ in first], lang, 3) + tied
            said.append(Text(f"{zh}：{names}，{shown}", f"{en}: {names}, {shown_en}").say(lang))
    if not said:
        return Text("在办问题不影响得分，也没有逾期，不排名次。", "Nothing in hand costs points or is late.").say(lang)
    whole = Text("；", "; ").say(lang).join(said) + Text("。", ".").say(lang)
    return whole[:1].upper() + whole[1:]


def after_closed(issue: Issue, lang: Lang) -> str:
    """Return the score as checked, and with what the ledgers closed."""
    score, mended = issue.found.result, issue.found.closed
    now, then = score.final_attainment, mended.final_attainment
    if now is None or then is None:
        return Text("尚无可计分的依据。", "There is no evidence to score yet.").say(lang)
    a, b = decimal(now * 100, 2), decimal(then * 100, 2)
    first = Text(f"按检查结果得 {points(score.won)} 分（{a}%）", f"As checked {points(score.won)} points ({a}%)").say(
        lang
    )
    if now == then:
        same = Text("；台账已销号的问题不改变得分。", "; what the ledgers closed does not change it.")
        return first + same.say(lang)
    gap = decimal(abs(then - now) * 100, 2)
    way = Text("提高", "up") if then > now else Text("降低", "down")
    return first + Text(
        f"；已销号的计为已整改，得 {points(mended.won)} 分（{b}%），{way.zh} {gap} 个百分点。",
        f"; with what the ledgers closed taken as mended {points(mended.won)} ({b}%), "
        f"{way.en} {gap} percentage points.",
    ).say(lang)


def again_said(issue: Issue, lang: Lang) -> str:
    """Return how many of the new findings repeat an open one or come again after one that was closed."""
    rows = issue.rows["again"].findings
    back = sum(1 for row in rows if issue.told["relapse_of"][row])
    if not rows:
        return Text("本期新增问题中没有重复或反弹的。", "None of the new findings is a repeat or a relapse.").say(lang)
    return Text(
        f"本期新增问题中，销号后反弹 {back} 条，同一点位重复登记 {len(rows) - back} 条。",
        f"Of the new findings {back} came again after they were closed, {len(rows) - back} repeat an open one.",
    ).say(lang)


def photos_said(issue: Issue, lang: Lang) -> str:
    """Return of how much that was put right there are photographs before and after."""
    held = issue.photos
    if not held:
        return Text("本期没有办结的问题，无照片可对照。", "Nothing was put right: no photographs to compare.").say(lang)
    both = sum(1 for _, before, after in held if before and after)
    none_before = sum(1 for _, before, _ in held if not before)
    none_after = sum(1 for _, _, after in held if not after)
    return Text(
        f"本期办结 {len(held)} 条，整改前后照片齐全的 {both} 条；"
        f"缺整改前照片 {none_before} 条，缺整改后照片 {none_after} 条。",
        f"{len(held)} put right, {both} with photographs before and after; "
        f"{none_before} lack the one before, {none_after} the one after.",
    ).say(lang)


def notes(issue: Issue, lang: Lang) -> list[str]:
    """Return how the figures are meant, and what is assumed."""
    kept = issue.kept
    made = sum(issue.told["made"][row] for row in issue.after)
    said = [_limit(issue)]
    if made:
        said.append(
            Text(
                f"{made:,} 条问题由检查记录按规则生成（编号以 O- 开头）：有失分即立案，同一点位同一标准未销号前"
                "再次发现不重复立案，销号后再次发现为反弹。",
                f"{plural(made, 'finding')} made from observations by rule (ids begin with O-): a loss opens one, the "
                "same again before it is closed opens none, and again after that is a relapse.",
            )
        )
    if any(len(issue.told["units"][row]) > 1 for row in issue.after):
        said.append(
            Text(
                "一条问题涉及几家单位的，各家均计，各家相加会多于合计。",
                "A finding of several units counts for each, so units add up to more than the total.",
            )
        )
    said.append(
        Text(
            "办结指完成整改、等待复核；复核通过后销号，复核退回的重新在办。逾期指过了整改期限仍在办，期限当日不算逾期。",
            "Put right: done and awaiting review; verified findings are closed, returned ones are in hand again. "
            "Overdue: in hand after the last day; on that day it is still in time.",
        )
    )
    said.append(
        Text(
            "影响总分按本轮计分规则分摊到各条检查，再次检查的以最近一次为准；不是本轮检查发现的，或已被后来的检查"
            "取代的，计 0。问题一栏写首次发现时的情况。",
            "Points at stake are the shares of this round's loss, by the latest check; what this round's checks did "
            "not see, or saw anew later, counts 0. What was found is told as it was first seen.",
        )
    )
    if kept.undated:
        count = len(kept.undated)
        said.append(
            Text(
                f"{count:,} 条有失分的检查没有日期，未列入台账。",
                f"{plural(count, 'lossy observation')} without a day: in no ledger.",
            )
        )
    told = [each.say(lang) for each in said]
    return [*told, no_forecast(issue.faults, lang)] if issue.faults else told


def _limit(issue: Issue) -> Text:
    rules = issue.kept.rules
    source = {
        "setting": Text("测评设置", "the settings"),
        "instrument": Text(rules.instrument.title.zh, rules.instrument.title.en),
        "assumed": Text("假定", "assumed"),
    }[rules.days_from]
    return Text(
        f"整改时限为发现后 {rules.days} 日（{source.zh}）；台账另有期限的从其期限。",
        f"Findings are due {plural(rules.days, 'day')} after they were found ({source.en}) where the ledger states no "
        "other day.",
    )
