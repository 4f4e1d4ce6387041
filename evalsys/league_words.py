"""The sentences of a league table: who is first and last, who does not differ, what does not recompute.

Sentences are plain text; a page escapes them. Names of units stay as they are in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from evalsys.audit import Check
from evalsys.forecast_words import about, chance_text
from evalsys.language import LANGUAGES, Lang, Text
from evalsys.league import Group, League, Unit
from evalsys.rank_chances import FIRM
from evalsys.wording import decimal, joined, percent_short, plural, round_name

__all__ = [
    "alike_said",
    "caption",
    "chart_alt",
    "check_cell",
    "contested",
    "days_said",
    "error_said",
    "group_heading",
    "in_a_table",
    "in_common",
    "lead",
    "measured",
    "moves_said",
    "note",
    "otherwise_said",
    "range_said",
    "reasons",
    "review_said",
    "score_text",
    "signed",
    "spread_said",
    "ties_said",
]

_MOST = 3  # names, pairs or groups that one sentence lists


# ---------------------------------------------------------------------------------------------------- numbers


def score_text(league: League, score: Fraction | None) -> str:
    """Return a score as the page shows it, without its unit; '–' for none."""
    return "–" if score is None else decimal(score, league.decimals)


def measured(league: League, lang: Lang) -> str:
    """Return the unit of a score: 分, %, or nothing."""
    return {"points": Text("分", "points"), "percent": Text("%", "%"), "number": Text("", "")}[league.measure].say(lang)


def _gap(league: League, size: Fraction, lang: Lang) -> str:
    """Return a difference of two scores with its unit."""
    number = decimal(size, league.decimals)
    unit = {
        "points": Text(" 分", " points"),
        "percent": Text(" 个百分点", " percentage points"),
        "number": Text("", ""),
    }[league.measure]
    return number + unit.say(lang)


def range_said(unit: Unit) -> str:
    """Return the ranks of 8 in 10 repeated assessments for a cell: ``2–4``, ``1``; '–' for none."""
    if unit.chances is None:
        return "–"
    best, worst = unit.chances.low, unit.chances.high
    return str(best) if best == worst else f"{best}–{worst}"


def days_said(days: Sequence[date], lang: Lang) -> str:
    """Return the first and last day of an assessment.

    Examples
    --------
    >>> both = (date(2017, 8, 17), date(2017, 8, 18))
    >>> days_said(both, "zh"), days_said(both, "en"), days_said(both[:1], "en")
    ('2017 年 8 月 17 日至 18 日', '17 to 18 August 2017', '17 August 2017')
    """
    first, last = days[0], days[-1]
    same = (first.year, first.month) == (last.year, last.month)
    zh = f"{first.year} 年 {first.month} 月 {first.day} 日"
    en = f"{first.day} {first:%B} {first.year}"
    if first == last:
        return Text(zh, en).say(lang)
    if same:
        return Text(f"{zh}至 {last.day} 日", f"{first.day} to {last.day} {last:%B} {last.year}").say(lang)
    year = f"{last.year} 年 " if last.year != first.year else ""
    until = f"{last.day} {last:%B} {last.year}"
    return Text(f"{zh}至 {year}{last.month} 月 {last.day} 日", f"{en} to {until}").say(lang)


def group_heading(league: League, group: Group, lang: Lang) -> str:
    """Return the name of a group with the number of its units; of what is ranked where there are no groups."""
    count = len(group.units)
    name = group.name.say(lang) if group.key else league.unit.say(lang)
    return Text(f"{name}（{count} 个）", f"{name} ({count})").say(lang)


# ----------------------------------------------------------------------------------------------- page one


def contested(league: League) -> tuple[Group, ...]:
    """Return the groups that have a last place: two units at least, and not all tied."""
    return tuple(group for group in league.groups if group.last)


def lead(league: League, lang: Lang) -> tuple[str, str]:
    """Return the result in two parts: who is first, and who is last (empty where nobody is)."""
    groups = contested(league)
    if not groups:
        return _uncontested(league).say(lang), ""
    tied = any(len(group.first) > 1 or len(group.last) > 1 for group in groups)
    if in_a_table(groups) and (len(groups) > _MOST or tied):
        units = sum(len(group.placed) for group in groups)
        said = Text(
            f"{len(groups)} 组 {units} 个单位参加排名，各组第一和末位见下表",
            f"{units} units are ranked in {len(groups)} groups; the first and last of each stand below",
        )
        return said.say(lang), ""
    if len(groups) == 1:
        first, last = _first(groups[0].first), _last(groups[0].last)
    elif tied:
        first = _each(groups, [_first(group.first) for group in groups])
        last = _each(groups, [_last(group.last) for group in groups])
    else:
        firsts = [group.first[0].ranked.name for group in groups]
        lasts = [group.last[0].ranked.name for group in groups]
        count = {2: "两", 3: "三"}[len(groups)]
        first = Text(f"{'、'.join(firsts)}分列{count}组第一", f"{joined(firsts, 'en')} rank first in their groups")
        last = Text(f"{'、'.join(lasts)}居末位", f"{joined(lasts, 'en')} rank last")
    return first.say(lang), last.say(lang)


def in_a_table(groups: Sequence[Group]) -> bool:
    """Return whether the first and last of groups stand in a table: there is no room for key figures of so many."""
    return len(groups) > 2


def _uncontested(league: League) -> Text:
    """Say why nobody is last."""
    placed = [unit for group in league.groups for unit in group.placed]
    if not placed:
        return Text("尚无得分，不能排名", "There are no scores yet to rank by")
    if len(placed) > 1:
        return Text("各组得分无先后之分", "No unit is ahead of another in its group")
    name, score = placed[0].ranked.name, score_text(league, placed[0].ranked.score)
    unit = {"points": Text(" 分", " points"), "percent": Text("%", "%"), "number": Text("", "")}[league.measure]
    return Text(
        f"{name}得 {score}{unit.zh}，仅此一家，不分先后", f"{name}: {score}{unit.en}, with nobody to rank against"
    )


def _first(units: Sequence[Unit]) -> Text:
    names = _names(units)
    if len(units) > 1:
        return Text(f"{names.zh}并列第一", f"{names.en} share the first place")
    return Text(f"{names.zh}居第一", f"{names.en} ranks first")


def _last(units: Sequence[Unit]) -> Text:
    names = _names(units)
    if len(units) > 1:
        return Text(f"{names.zh}并列末位", f"{names.en} share the last place")
    return Text(f"{names.zh}居末位", f"{names.en} ranks last")


def _each(groups: Sequence[Group], said: Sequence[Text]) -> Text:
    """Join what is said of several groups, each with its name."""
    zh = "，".join(f"{group.name.zh}：{one.zh}" for group, one in zip(groups, said, strict=True))
    return Text(zh, ", ".join(f"{one.en} ({group.name.en})" for group, one in zip(groups, said, strict=True)))


def _names(units: Sequence[Unit]) -> Text:
    """Return names in a row; many are counted."""
    names = [unit.ranked.name for unit in units]
    if len(names) > _MOST:
        return Text(f"{len(names)} 个单位", f"{len(names)} units")
    return Text("、".join(names), joined(names, "en"))


def spread_said(league: League, lang: Lang) -> str:
    """Return what parts the first from the last of two or three groups: of one or of more, the page shows it."""
    groups = contested(league)
    gaps = [_gap(league, group.spread, lang) for group in groups]
    if not 1 < len(groups) <= _MOST:
        return ""
    if lang == "zh":
        return "，".join(f"{g.name.zh}首末相差 {gap}" for g, gap in zip(groups, gaps, strict=True)) + "。"
    apart = [f"{gap} ({g.name.en})" for g, gap in zip(groups, gaps, strict=True)]
    return f"First and last are {joined(apart, lang)} apart."


def alike_said(league: League, lang: Lang) -> tuple[str, str]:
    """Return how many neighbours do not differ, and the closest; both empty where there are none, or no error."""
    held = [group for group in league.groups if group.alike]
    if not league.ranges or not held:
        return "", ""
    several = len(league.groups) > 1
    counts = [_pairs(group, several) for group in held]
    zh, en = [count.zh for count in counts], [count.en for count in counts]
    head = Text(
        f"名次相邻的单位，{'、'.join(zh)}相差小于测评误差，宜视为不相上下",
        f"Neighbours closer than the error of measurement do not differ: {joined(en, 'en')}",
    )
    if league.several:
        head = Text(
            f"名次相邻的单位，{'、'.join(zh)}在正式督查中谁先谁后难以断定，宜视为不相上下",
            f"Neighbours whose order the coming inspection may well turn round do not differ: {joined(en, 'en')}",
        )
    pairs = sorted((pair for group in held for pair in group.alike), key=_apart)[:2]
    told = [
        (
            f"{one.ranked.name}与{other.ranked.name}",
            f"{one.ranked.name} and {other.ranked.name}",
            _both(league, one, other),
        )
        for one, other in pairs
    ]
    rest = Text(
        f"，如{'、'.join(f'{names}（{scores[0]}、{scores[1]}）' for names, _, scores in told)}。",
        f", such as {', '.join(f'{names} ({scores[0]}, {scores[1]})' for _, names, scores in told)}.",
    )
    return head.say(lang), rest.say(lang)


def _pairs(group: Group, several: bool) -> Text:
    """Say how many of the pairs of neighbours do not differ."""
    alike, pairs = len(group.alike), len(group.placed) - 1
    zh = f"{pairs} 对均" if alike == pairs else f"{pairs} 对中有 {alike} 对"
    en = f"all {pairs} pairs" if alike == pairs > 1 else f"{alike} of {plural(pairs, 'pair')}"
    return Text(f"{group.name.zh} {zh}", f"{en} ({group.name.en})") if several else Text(zh, en)


def _apart(pair: tuple[Unit, Unit]) -> Fraction:
    one, other = (unit.ranked.score or Fraction(0) for unit in pair)
    return abs(one - other)


def _both(league: League, one: Unit, other: Unit) -> tuple[str, str]:
    return score_text(league, one.ranked.score), score_text(league, other.ranked.score)


def moves_said(league: League, lang: Lang) -> str:
    """Return what changed since the last round; empty where there is none to compare with."""
    if league.previous is None:
        return ""
    moved = [unit for unit in league.units if unit.ranked.moved is not None]
    up = [unit for unit in moved if (unit.ranked.moved or 0) > 0]
    down = [unit for unit in moved if (unit.ranked.moved or 0) < 0]
    fresh = [unit.ranked.name for unit in league.units if unit.ranked.new]
    then = round_name(league.previous, lang)
    same = len(moved) - len(up) - len(down)
    parts = [
        Text(
            f"与上一轮（{then}）相比，名次上升的 {len(up)} 个，下降的 {len(down)} 个，不变的 {same} 个",
            f"Since the last round ({then}) {plural(len(up), 'unit')} rose, {len(down)} fell and {same} kept the rank",
        ).say(lang)
    ]
    for units, words in ((up, Text("上升最多的是", "rose most")), (down, Text("下降最多的是", "fell most"))):
        most = max((abs(unit.ranked.moved or 0) for unit in units), default=0)
        names = [unit.ranked.name for unit in units if abs(unit.ranked.moved or 0) == most]
        if 0 < len(names) <= _MOST:
            told = joined(names, lang)
            parts.append(
                Text(f"{words.zh}{told}（{most} 位）", f"{told} {words.en} ({plural(most, 'place')})").say(lang)
            )
    if fresh:
        told = joined(fresh, lang, _MOST)
        parts.append(Text(f"上一轮没有{told}", f"not there in the last round: {told}").say(lang))
    if league.gone:
        told = joined(league.gone, lang, _MOST)
        parts.append(Text(f"本轮没有{told}", f"no longer there: {told}").say(lang))
    return Text("；", "; ").say(lang).join(parts) + Text("。", ".").say(lang)


def caption(league: League, lang: Lang, cut: bool) -> str:
    """Return what the marks of the charts are; `cut` where the axis does not begin at 0."""
    parts = [Text("圆点为本次结果", "Dot: this result")]
    if league.error is not None:
        parts.append(
            Text(
                "浅蓝条为重复测评时十次中约有八次的范围",
                "pale bar: where about 8 in 10 repeated assessments would fall",
            )
        )
    elif league.ranges:
        parts.append(
            Text(
                "浅蓝条为正式督查十次中约有八次的范围，不是重复模拟测评的范围",
                "pale bar: where about 8 in 10 coming inspections (not repeated mock assessments) would fall",
            )
        )
    if league.previous is not None:
        parts.append(Text("空心圆为上一轮", "open dot: the last round"))
    if cut:
        parts.append(
            Text("横轴不从 0 起，只比位置，不比长度", "the axis does not begin at 0: compare places, not lengths")
        )
    if league.ranges:
        firm = percent_short(Fraction(FIRM).limit_denominator(100))
        again = Text("正式督查", "an inspection") if league.several else Text("重复测评", "a repeat")
        parts.append(
            Text(
                f"“不相上下”指{again.zh}时先后不变的可能性不足 {firm}（假定的界限）",
                f"'do not differ': {again.en} would keep the order with less than {firm} chance (an assumed limit)",
            )
        )
    return Text("；", "; ").say(lang).join(part.say(lang) for part in parts) + Text("。", ".").say(lang)


def error_said(league: League, lang: Lang) -> str:
    """Return the errors of the parts and of the total; empty without an error."""
    if league.error is None:
        return ""
    each = [
        Text(f"{name.zh} {decimal(sd, _places(sd))} 分", f"{name.en} {decimal(sd, _places(sd))}")
        for name, sd in league.error.parts
    ]
    total = decimal(Fraction(league.error.total).limit_denominator(10**6), 2)
    zh = f"标准误差：{'、'.join(one.zh for one in each)}，合成总分 {total} 分"
    return Text(zh, f"standard errors: {', '.join(one.en for one in each)}; of the total {total}").say(lang)


def _places(value: Fraction) -> int:
    """Return the decimals that a number needs, at most 4."""
    return next((places for places in range(4) if (value * 10**places).denominator == 1), 4)


def note(league: League, lang: Lang) -> tuple[str, str]:
    """Return the note under the charts: its head, and how far ranks can be relied on."""
    head = Text("看排名先看区间。", "Look at the range before the rank. ").say(lang)
    if not league.ranges:
        head = Text("名次没有区间。", "These ranks have no ranges. ").say(lang)
        why = (
            Text("按行加总的得分没有误差参数", "Plain sums over rows come with no error of measurement")
            if league.plain
            else Text("没有作出预测", "No forecast was made")
            if league.several
            else Text("本表没有给出测评误差", "The rule of this table gives no error of measurement")
        ).say(lang)
        return head, Text(
            f"{why}，不知道重复测评时名次会怎样变；分差很小的先后不宜作为奖惩依据。",
            f"{why}, so it is not known how the order would change on a repeated look; "
            "small differences should not decide on rewards or penalties.",
        ).say(lang)
    text = Text(
        "名次区间重叠的单位，名次先后不宜作为奖惩依据",
        "Where ranges overlap, the order should not decide on rewards or penalties",
    ).say(lang)
    again = [
        (unit.ranked.name, about(chance_text(unit.chances.last), lang))
        for group in contested(league)[:_MOST]
        for unit in group.last[:_MOST]
        if unit.chances is not None
    ]
    if league.several:
        text = Text(
            f"区间说的是下一次正式督查，假定由同一督查组检查各单位、宽严一致；{text}",
            "Ranges are of the coming inspection, with one team, as strict everywhere, for all units. "
            f"{text[:1].upper()}{text[1:]}",
        ).say(lang)
    if not again:
        return head, text + Text("。", ".").say(lang)
    if lang == "zh":
        (name, chance), *rest = again
        then = "正式督查" if league.several else "重复测评"
        said = f"；{name}本次末位，{then}仍居末位的可能性{chance}"
        return head, text + said + "".join(f"，{other}{its}" for other, its in rest) + "。"
    told = joined([f"{name} {chance}" for name, chance in again], "en")
    return head, f"{text}. The chance to be last again: {told}."


def chart_alt(league: League, group: Group, units: Sequence[Unit], lang: Lang) -> str:
    """Return a chart's alternative text: every unit with rank, score and range of ranks."""
    said = []
    for unit in units:
        own = unit.ranked
        if own.rank is None:
            said.append(Text(f"{own.name} 未测评", f"{own.name} not assessed").say(lang))
            continue
        ranks = ""
        if unit.chances is not None:
            low, high = unit.chances.low, unit.chances.high
            ranks = Text(f"（{low} 至 {high}）", f" ({low} to {high})").say(lang)
        score = score_text(league, own.score) + ("%" if league.measure == "percent" else "")
        said.append(
            Text(f"第 {own.rank} 名 {own.name} {score}{ranks}", f"{own.rank} {own.name} {score}{ranks}").say(lang)
        )
    name = group_heading(league, group, lang)
    head = Text(f"点线图：{name}的得分和名次", f"Dot chart: scores and ranks, {name}").say(lang)
    if any(unit.chances for unit in units):
        head += Text("，括号内为名次区间", ", the range of ranks in brackets").say(lang)
    return head + Text("。", ". ").say(lang) + Text("；", "; ").say(lang).join(said) + Text("。", ".").say(lang)


# ------------------------------------------------------------------------------------------------ page two


def otherwise_said(league: League, lang: Lang) -> str:
    """Return in how many ranks the heaviest part alone would put others (the finding of the statement)."""
    if league.plain:
        (group,) = league.groups
        count = len(group.placed)
        return Text(
            f"{count} 个{league.unit.zh}按所涉检查的得分率排名，每条检查计 1 分，不按测评体系的权重。",
            f"{plural(count, league.unit.en.lower())} ranked by the share that their checks win; each counts 1.",
        ).say(lang)
    if league.several:
        return Text(
            "各单位用自己的测评，按最后得分占满分的比例排名。",
            "Each unit has an assessment of its own; ranks compare final scores as shares of full marks.",
        ).say(lang)
    if len(league.parts) < 2:
        return Text("名次按未取整的得分排列。", "Ranks compare unrounded scores.").say(lang)
    heaviest = max(league.parts, key=lambda part: part.weight)
    name = heaviest.name.say(lang)
    weight = percent_short(heaviest.weight)
    changed = [group for group in league.groups if group.otherwise]
    if not changed:
        return Text(
            f"{name}占 {weight}，只看这一项，名次与总分名次相同。",
            f"{name}: {weight} of the total; by this part alone the ranks would be the same.",
        ).say(lang)
    several = len(league.groups) > 1
    zh = "、".join(f"{group.name.zh if several else ''} {group.otherwise} 个".strip() for group in changed)
    en = joined(
        [plural(group.otherwise, "unit") + (f" ({group.name.en})" if several else "") for group in changed], "en"
    )
    return Text(
        f"{name}占 {weight}，只看这一项，{zh}单位的名次会与总分名次不同。",
        f"{name}: {weight} of the total; by this part alone the ranks of {en} would be different.",
    ).say(lang)


def ties_said(league: League, lang: Lang) -> str:
    """Return which ranks are shared, and which scores look the same and are not; empty where there are none."""
    parts: dict[tuple[str, str], Text] = {}
    for unit in league.units:
        own, shown = unit.ranked, score_text(league, unit.ranked.score)
        if own.tied:
            zh, en = (joined([own.name, *own.tied], lang, 12) for lang in LANGUAGES)
            said = Text(f"{zh}得分相同，并列第 {own.rank} 名", f"{en} have the same score and share rank {own.rank}")
            parts.setdefault((own.group, f"rank {own.rank}"), said)
        if own.looks_tied:
            zh, en = (joined([own.name, *own.looks_tied], lang, 12) for lang in LANGUAGES)
            score = shown + ("%" if league.measure == "percent" else "")
            said = Text(
                f"{zh}取整后同为 {score}，未取整时不同，名次因此有先后",
                f"{en} all show {score} and differ before rounding, so their ranks differ",
            )
            parts.setdefault((own.group, shown), said)
    told = Text("；", "; ").say(lang).join(said.say(lang) for said in parts.values())
    return told + Text("。", ".").say(lang) if told else ""


_WORTH = ("rounding", "unexplained", "error")


def check_cell(league: League, unit: Unit, lang: Lang) -> str:
    """Return what of a row differs from print, for its cell: the column and computed less printed."""
    names = {part.printed: part.name.say(lang) for part in league.parts if part.printed}
    names |= {part.column: part.name.say(lang) for part in league.parts}
    out = []
    for check in unit.findings:
        if check.verdict not in _WORTH:
            continue
        name = league.total.say(lang) if check.kind == "total" else names.get(check.column, "")
        if check.kind == "rank":
            out.append(Text(f"原公布第 {check.printed} 名", f"printed rank {check.printed}").say(lang))
        elif check.difference is not None:
            out.append(f"{name} {signed(-check.difference, check.printed)}".strip())
    return Text("、", ", ").say(lang).join(out)


def signed(value: Fraction, like: str) -> str:
    """Return a difference with its sign and the decimals of a printed number.

    Examples
    --------
    >>> signed(Fraction(1, 100), "92.49"), signed(Fraction(-1), "3")
    ('+0.01', '−1')
    """
    places = len(like.partition(".")[2].rstrip("%％"))
    return ("+" if value > 0 else "") + decimal(value, places)


def reasons(check: Check, known: Sequence[Text], lang: Lang) -> str:
    """Return what would give a printed figure, without what is told elsewhere; never that it was made so."""
    told = [reason.say(lang) for reason in check.consistent_with if reason not in known]
    return Text("；", "; ").say(lang).join(told)


def review_said(league: League, lang: Lang) -> str:
    """Return how a published table recomputes, in one sentence."""
    found = league.audit
    figures = [] if found is None else [check for check in found.checks if check.difference is not None and check.row]
    figures = [check for check in figures if check.kind != "rank"]
    if found is None or not figures:
        return Text("本表没有可复算的数字。", "Nothing in this table can be computed again.").say(lang)
    rounding, unsolved, wrong = (
        [check for check in figures if check.verdict == verdict] for verdict in ("rounding", "unexplained", "error")
    )
    parts = [Text(f"{len(figures)} 个数字全部复算", f"All {len(figures)} figures are computed again")]
    if not rounding and not unsolved and not wrong:
        parts.append(Text("与原公布一致", "they agree with print"))
    if rounding:
        totals = sum(check.kind == "total" for check in rounding)
        parts.append(
            Text(
                f"末位不同的 {len(rounding)} 个（其中总分 {totals} 个）",
                f"{len(rounding)} differ in the last digit ({totals} of them totals)",
            )
        )
    if rounding and not unsolved and not wrong:
        most = max(abs(check.difference or Fraction(0)) for check in rounding)
        size = decimal(most, _places(most))
        parts.append(Text(f"相差均不超过 {size}", f"by no more than {size}"))
    if unsolved:
        parts.append(
            Text(f"没有舍入做法能得出的 {len(unsolved)} 个", f"{len(unsolved)} in a way that no rounding gives")
        )
    if wrong:
        parts.append(
            Text(
                f"不符的 {len(wrong)} 个，须向公布单位核实", f"{len(wrong)} are wrong, to be checked with the publisher"
            )
        )
    ranks = [check for check in found.checks if check.kind == "rank"]
    if ranks:
        parts.append(_ranks_said(ranks))
    return Text("，", ", ").say(lang).join(part.say(lang) for part in parts) + Text("。", ".").say(lang)


def _ranks_said(ranks: Sequence[Check]) -> Text:
    """Say whether printed ranks are those by the rule."""
    wrong = sum(check.verdict == "error" for check in ranks)
    other = sum(check.verdict != "error" and check.printed != str(check.computed) for check in ranks)
    if wrong:
        return Text(f"名次不符的 {wrong} 个", f"{plural(wrong, 'rank')} {'differs' if wrong == 1 else 'differ'}")
    if other:
        return Text(f"{other} 个名次在同分之间另排了先后", f"{plural(other, 'rank')} set equals in an order")
    return Text("名次与原公布相同", "the ranks are as published")


def in_common(checks: Sequence[Check]) -> tuple[Text, ...]:
    """Return the reasons that all checks share, where there are several: they are told once."""
    if len(checks) < 2:
        return ()
    first, *others = checks
    return tuple(reason for reason in first.consistent_with if all(reason in own.consistent_with for own in others))
