"""The parts of the league-table report, each a function from a league to a piece of a page.

A part computes nothing: numbers come from :mod:`evalsys.league`, sentences from :mod:`evalsys.league_words`, charts
from :mod:`evalsys.league_figures`. A notebook shows the parts one after another.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from html import escape

import evalsys
from evalsys import league_words as words
from evalsys.audit import Check
from evalsys.console import display_width
from evalsys.forecast_words import chance_text
from evalsys.language import Lang, Text
from evalsys.league import Group, League, Unit
from evalsys.league_figures import MOST, Entry, Frame, frame_of, league_chart
from evalsys.league_several import compared
from evalsys.markup import Column, Html, block, figure, key_figures, opening, safe, section, speaker, table
from evalsys.wording import decimal, percent_short, plural, points, round_name

__all__ = ["provenance", "review", "standings", "statement", "summary", "title_block"]

_FEW = 8  # units whose statement may stand on page one
_NOTES = 10  # that are listed
_WHOLE = 28  # letters of a name that is never broken; a Chinese one counts twice
_BOTH = 3  # parts at most whose marks and weighted marks both stand in the statement


# ----------------------------------------------------------------------------------------------------- page one


def title_block(league: League, lang: Lang) -> Html:
    """Return the style, the title and one line of facts: what the score is made of, the groups, how ranks are made."""
    t = speaker(lang)
    when = words.days_said(league.held, lang) if league.held else round_name(league.round, lang)
    facts = [(t("口径", "Score"), _made_of(league, lang))]
    if any(group.key for group in league.groups):
        several = [words.group_heading(league, group, lang) for group in league.groups[:4]]
        more = t(f"等 {len(league.groups)} 组", f" and {len(league.groups) - 4} more") if len(league.groups) > 4 else ""
        facts.append((t("分组", "Groups"), t("、", ", ").join(several) + more))
    facts.append(
        (
            t("名次", "Ranks"),
            t("组内按未取整得分，同分并列（1、2、2、4）", "unrounded scores, ties shared (1, 2, 2, 4)"),
        ),
    )
    title = league.title.say(lang)
    kind = t("模拟测评排名", "League table")
    page = opening(lang, kind, when, title, f"{title} · {league.hash[:8]}", facts)
    return page.stating(
        title=title, place=league.place, round=league.round, evidence_hash=league.hash, units=len(league.units)
    )


def _made_of(league: League, lang: Lang) -> str:
    """Return what the score is made of: parts and weights, or plain sums."""
    if league.plain:
        return Text("每条检查计 1 分，按行加总", "each check counts 1, added up by row").say(lang)
    if league.several:
        return Text("各单位测评的最后得分 ÷ 满分", "final score of each assessment / full marks").say(lang)
    if not league.parts:
        return league.total.say(lang)
    if len(league.parts) > 4:
        return Text(f"{len(league.parts)} 个分项加权", f"{len(league.parts)} weighted parts").say(lang)
    each = [f"{part.name.say(lang)} {percent_short(part.weight)}" for part in league.parts]
    if all(part.weight == 1 for part in league.parts):
        each = [part.name.say(lang) for part in league.parts]
    return " + ".join(each)


def summary(league: League, lang: Lang) -> Html:
    """Return who is first and last, what parts them, who does not differ, and the key figures."""
    t = speaker(lang)
    first, last = words.lead(league, lang)
    said = escape(first)
    if last:
        said += t("；", "; ") + f'<br><span class="l">{escape(last)}</span>'
    (alike, such), gap = words.alike_said(league, lang), t("", " ")
    if alike:
        alike = f"{escape(alike)} {_tag(league, lang)}".rstrip() + escape(such)
    said_below = [escape(words.spread_said(league, lang)), alike, escape(words.moves_said(league, lang))]
    sub = gap.join(part for part in said_below if part)
    parts = [
        f'<p class="lead">{said}{t("。", ".")}</p>',
        f'<p class="sub">{sub}</p>' if sub else "",
        _firsts(league, lang),
    ]
    facts: dict[str, object] = {"groups": len(league.groups)}
    if league.audit is not None:
        facts |= {"rounding": league.audit.count("rounding"), "errors": league.audit.count("error")}
    return block(lang, *parts).stating(**facts)


def _tag(league: League, lang: Lang) -> str:
    """Return the outlined tag of an assumed error; nothing where it is measured."""
    if league.error is None or not league.error.assumed:
        return ""
    return f'<span class="tag">{Text("示例数据", "example data").say(lang)}</span>'


def _firsts(league: League, lang: Lang) -> str:
    """Return the first and last of each group: key figures for one or two groups, a table for more."""
    t = speaker(lang)
    groups = words.contested(league)
    unit = words.measured(league, lang)
    several = len(league.groups) > 1
    if not groups:
        return ""
    if words.in_a_table(groups):
        return _first_table(league, groups, lang)
    entries = []
    for group in groups:
        name = group.name.say(lang) if several else ""
        for own, label, loud in (
            (group.first, t(f"{name}第一", f"First, {name}" if name else "First"), False),
            (group.last, t(f"{name}末位", f"Last, {name}" if name else "Last"), True),
        ):
            number = f"{words.score_text(league, own[0].ranked.score)}<small>{unit}</small>"
            value = f'<span class="l" style="display:inline">{number}</span>' if loud else number
            entries.append((escape(label), value, _who(own, lang)))
    if len(groups) == 1:
        (group,) = groups
        apart = f"{decimal(group.spread, league.decimals)}<small>{_apart_unit(league, lang)}</small>"
        entries.append((t("首末相差", "First to last"), apart, t("按未取整得分", "of unrounded scores")))
        count = f"{len(group.placed)}<small>{t('个', '')}</small>"
        absent = len(group.units) - len(group.placed)
        entries.append(
            (
                t("参加排名", "Ranked"),
                count,
                t(f"另有 {absent} 个未测评", f"{absent} more not assessed") if absent else league.unit.say(lang),
            )
        )
    return key_figures(entries)


def _apart_unit(league: League, lang: Lang) -> str:
    return Text("百分点", "pp").say(lang) if league.measure == "percent" else words.measured(league, lang)


def _who(units: Sequence[Unit], lang: Lang) -> str:
    names = [unit.ranked.name for unit in units]
    if len(names) == 1:
        return names[0]
    return Text(f"{names[0]}等 {len(names)} 个并列", f"{names[0]} and {len(names) - 1} more, tied").say(lang)


def _first_table(league: League, groups: Sequence[Group], lang: Lang) -> str:
    t = speaker(lang)
    columns = [
        Column(t("分组", "Group")),
        Column(t("单位数", "Units"), "", "r"),
        Column(t("第一", "First")),
        Column(league.total.say(lang), words.measured(league, lang), "r"),
        Column(t("末位", "Last")),
        Column(league.total.say(lang), words.measured(league, lang), "r"),
        Column(t("首末相差", "Apart"), _apart_unit(league, lang), "r"),
    ]
    rows = [
        [
            safe(group.name.say(lang)),
            str(len(group.placed)),
            safe(_who(group.first, lang)),
            words.score_text(league, group.first[0].ranked.score),
            safe(_who(group.last, lang)),
            f"l|{words.score_text(league, group.last[0].ranked.score)}",
            decimal(group.spread, league.decimals),
        ]
        for group in groups
    ]
    return table(columns, rows)


def standings(league: League, lang: Lang) -> Html:
    """Return a chart for each group, what its marks are, and how far the ranks can be relied on."""
    t = speaker(lang)
    entries = [[_entry(league, unit, lang) for unit in group.units] for group in league.groups if group.units]
    if not entries:
        return Html("")
    frame = frame_of(entries, None if league.full is None else float(league.full))
    parts = []
    for group, own in zip((group for group in league.groups if group.units), entries, strict=True):
        parts += _charts(league, group, own, frame, lang)
    cut = frame.scale is not None and frame.scale.low > 0
    said = escape(words.caption(league, lang, cut))
    if league.error is not None:
        errors = words.error_said(league, lang)
        said += f"{t('', ' ')}{_tag(league, lang)}{t('', ' ')}{escape(t(f'（{errors}）。', f'({errors}).'))}"
    head, text = words.note(league, lang)
    parts.append(f'<p class="cap">{said}</p>')
    parts.append(f'<p class="note"><b>{escape(head)}</b>{escape(text)}</p>')
    return block(lang, *parts)


def _charts(league: League, group: Group, entries: Sequence[Entry], frame: Frame, lang: Lang) -> list[str]:
    """Return the charts of one group: more than one where it has many units, each of the same length."""
    pictures = -(-len(entries) // MOST)
    size = -(-len(entries) // pictures)
    full = "" if league.full is None else decimal(league.full, 0)
    heads = (_score_head(league, full, lang), Text("名次及可能区间", "Rank and its 8-in-10 range").say(lang))
    out = []
    for start in range(0, len(entries), size):
        units = group.units[start : start + size]
        picture = league_chart(
            entries[start : start + size], frame, heads, len(group.placed), words.chart_alt(league, group, units, lang)
        )
        heading = words.group_heading(league, group, lang)
        if start:
            heading += Text("（续）", ", continued").say(lang)
        out.append(figure(heading, picture))
    return out


def _score_head(league: League, full: str, lang: Lang) -> str:
    total = league.total.say(lang)
    if league.measure == "percent":
        return f"{total}（%）" if lang == "zh" else f"{total} (%)"
    if not full:
        return total
    return f"{total}（满分 {full}）" if lang == "zh" else f"{total} (of {full})"


def _entry(league: League, unit: Unit, lang: Lang) -> Entry:
    own = unit.ranked
    if own.score is None:
        return Entry("–", own.name, Text("未测评", "not assessed").say(lang))
    before = own.previous_score
    return Entry(
        rank=str(own.rank),
        name=own.name,
        label=words.score_text(league, own.score),
        score=float(own.score),
        low=unit.low,
        high=unit.high,
        place=own.rank,
        best=None if unit.chances is None else unit.chances.low,
        worst=None if unit.chances is None else unit.chances.high,
        earlier=None if before is None else float(before),
    )


# ----------------------------------------------------------------------------------------------------- page two


def statement(league: League, lang: Lang) -> Html:
    """Return a table of all groups: marks, weighted marks, total, ranks, change, and what differs from print."""
    say = escape(words.otherwise_said(league, lang))
    head = section("一", "statement", "得分明细", "Scores", lang, say, page_break=len(league.units) > _FEW)
    foot = _statement_foot(league, lang)
    return block(lang, head, _statement_table(league, lang), f'<p class="cap">{escape(foot)}</p>' if foot else "")


def _statement_foot(league: League, lang: Lang) -> str:
    t = speaker(lang)
    parts = []
    if league.parts or league.plain or league.several:
        parts.append(
            t(
                "得分四舍五入只为显示，名次按未取整的得分。",
                "Rounded half up for display; ranks compare unrounded scores.",
            )
        )
    if league.error is not None:
        parts.append(
            t(
                "名次区间：重复测评时十次中约有八次落在其中。",
                "Range: where the rank would be in about 8 in 10 repeated assessments.",
            )
        )
    elif league.ranges:
        parts.append(
            t(
                "预测为正式督查的期望得分率；名次区间为督查十次中约有八次所在；居第一、居末位均含并列。",
                "Expected: the mean rate of the coming inspection. Range: the rank in about 8 in 10 inspections. "
                "First and last: alone or shared.",
            )
        )
    parts.append(words.ties_said(league, lang))
    return t("", " ").join(part for part in parts if part)


def _statement_table(league: League, lang: Lang) -> str:
    t = speaker(lang)
    both = len(league.parts) <= _BOTH
    unit = words.measured(league, lang)
    # few columns would be far apart: the rank then stands at the left edge
    columns = [Column(t("名次", "Rank"), "", "r" if league.parts else ""), _name_column(league, lang)]
    if league.plain:
        columns += [Column(t("检查", "Checks"), t("条", ""), "r"), Column(t("得分", "Won"), t("分", "points"), "r")]
    if league.several:
        points = t("分", "points")
        columns += [Column(t("得分", "Score"), points, "r"), Column(t("满分", "Full"), points, "r")]
        both = False
    if both:
        columns += [Column(part.name.say(lang), "", "r") for part in league.parts]
    if any(part.weight != 1 for part in league.parts) or (league.parts and not both):
        columns += [Column(part.name.say(lang), f"× {percent_short(part.weight)}", "r") for part in league.parts]
    columns += [Column(name, "", "r") for name in league.adjustments]
    columns.append(Column(league.total.say(lang), unit, "r"))
    if league.previous is not None:
        columns += [
            Column(t("比上轮", "Change"), _apart_unit(league, lang), "r"),
            Column(t("名次变化", "Moved"), "", "r"),
        ]
    if league.several and league.ranges:
        columns.append(Column(t("预测", "Expected"), unit, "r"))
    if league.ranges:
        columns.append(Column(t("名次区间", "Range"), "", "r"))
    if league.several and league.ranges:
        columns += [Column(t("居第一", "First"), "", "r"), Column(t("居末位", "Last"), "", "r")]
    if _differs(league):
        columns.append(Column(t("复核", "Check"), "", "q"))
    rows = []
    for group in league.groups:
        if len(league.groups) > 1:  # one table for all groups: a head for each would fill a page
            rows.append(["", f"<b>{safe(group.name.say(lang))}</b>", *[""] * (len(columns) - 2)])
        rows += [_statement_row(league, own, both, lang) for own in group.units]
    return table(columns, rows, tight=True)


def _name_column(league: League, lang: Lang) -> Column:
    """Return the column of names; they do not break unless they are long."""
    longest = max((display_width(unit.ranked.name) for unit in league.units), default=0)
    return Column(league.unit.say(lang), "", "nw" if longest <= _WHOLE else "")


def _statement_row(league: League, unit: Unit, both: bool, lang: Lang) -> list[str]:
    own = unit.ranked
    row = ["–" if own.rank is None else str(own.rank), safe(own.name)]
    if league.plain:
        row += [f"{unit.rows:,}", decimal(unit.won, 3)]
    if league.several:
        row += ["–" if own.score is None else decimal(unit.won, 2), "–" if unit.full is None else points(unit.full, 2)]
    if both:
        row += [safe(mark) or "–" for mark in unit.raw]
    if any(part.weight != 1 for part in league.parts) or not both:
        row += [decimal(mark, league.decimals) for mark in unit.weighted]
    row += [safe(mark) or "–" for mark in unit.adjusted]
    row.append(
        f"<b>{words.score_text(league, own.score)}</b>"
        if own.score is not None
        else Text("未测评", "not assessed").say(lang)
    )
    if league.previous is not None:
        row += [_change(league, own.change), _moved(unit, lang)]
    if league.several and league.ranges:
        row.append("–" if unit.expected is None else f"{unit.expected:.2f}")
    if league.ranges:
        row.append(words.range_said(unit))
    if league.several and league.ranges:
        chances = None if unit.chances is None else (unit.chances.first, unit.chances.last)
        row += ["–", "–"] if chances is None else [escape(chance_text(chance)) for chance in chances]
    if _differs(league):
        row.append(safe(words.check_cell(league, unit, lang)))
    return row


def _differs(league: League) -> bool:
    """Return whether anything printed of a unit differs: a column that is empty throughout is left out."""
    return any(words.check_cell(league, unit, "en") for unit in league.units)


def _change(league: League, change: Fraction | None) -> str:
    if change is None:
        return "–"
    return ("+" if change > 0 else "") + decimal(change, league.decimals)


def _moved(unit: Unit, lang: Lang) -> str:
    own = unit.ranked
    if own.new:
        return Text("新增", "new").say(lang)
    if own.moved is None:
        return "–"
    if own.moved == 0:
        return "q|0"
    return (Text("升", "up") if own.moved > 0 else Text("降", "down")).say(lang) + f" {abs(own.moved)}"


def review(league: League, lang: Lang) -> Html:
    """Return what of a published table differs when computed again; for an assessment, what its plain sums are."""
    if league.plain is not None:
        return _plain_review(league, lang)
    if league.several is not None:
        return _several_review(league, lang)
    if league.audit is None:
        return Html("")
    say = escape(words.review_said(league, lang))
    head = section("二", "review", "复核说明", "Computed again", lang, say)
    checks = [check for check in league.audit.findings if check.verdict != "note"]
    numbers = [check for check in checks if check.difference is not None and check.row is not None]
    others = [check for check in league.audit.findings if check not in numbers]
    parts = [head]
    if numbers:
        numbers.sort(key=lambda check: check.kind != "total")  # totals first: they decide
        known = words.in_common(numbers)
        parts += [
            _review_table(league, numbers, known, lang),
            f'<p class="cap">{escape(_review_foot(known, lang))}</p>',
        ]
    items = [_finding(check, lang) for check in others]
    if len(items) > _NOTES:
        rest = len(items) - _NOTES
        items[_NOTES:] = [Text(f"另有 {rest} 条，见复核报告。", f"{rest} more: see the report of the audit.").say(lang)]
    parts.append("<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>" if items else "")
    return block(lang, *parts)


def _finding(check: Check, lang: Lang) -> str:
    """Return a finding that is no difference of numbers, with whom it is about."""
    said = check.text.say(lang)
    if check.row is None or check.row.name in said:
        return said
    return f"{check.row.name}{Text('：', ': ').say(lang)}{said}"


def _review_foot(known: Sequence[Text], lang: Lang) -> str:
    t = speaker(lang)
    said = t("相差为复算减原公布。", "Difference: computed less printed. ")
    if known:
        shared = t("；", "; ").join(reason.say(lang) for reason in known)
        said += t(f"表中各数均与下列情形一致：{shared}。", f"All of these are also consistent with: {shared}. ")
    return said + t(
        "“一致”只说明这样算可得原公布的数，不说明原来就这样算。",
        "It tells what would give the printed figure, not how it was made.",
    )


def _review_table(league: League, checks: Sequence[Check], known: Sequence[Text], lang: Lang) -> str:
    t = speaker(lang)
    names = {part.printed: part.name.say(lang) for part in league.parts if part.printed}
    weights = {part.printed: part.weight for part in league.parts if part.printed}
    columns = [
        _name_column(league, lang),
        Column(t("项目", "Figure"), "", "nw"),
        Column(t("原公布", "Printed"), "", "r"),
        Column(t("复算", "Computed"), t("未取整", "unrounded"), "r"),
        Column(t("复算", "Computed"), t("取整", "rounded"), "r"),
        Column(t("相差", "Difference"), "", "r"),
        Column(t("与何种算法一致", "Consistent with"), "", "q"),
    ]
    places = max((_places(Fraction(c.computed)) for c in checks if c.computed is not None), default=2)
    rows = []
    for check in checks:
        name = "" if check.row is None else check.row.name
        figure_name = league.total.say(lang) if check.kind == "total" else names.get(check.column, check.column)
        if check.kind == "part":
            figure_name += f" × {percent_short(weights[check.column])}" if check.column in weights else ""
        number = "–" if check.computed is None else decimal(Fraction(check.computed), places)
        gap = words.signed(-(check.difference or Fraction(0)), check.printed)
        cell = f"l|{gap}" if check.verdict == "error" else gap
        why = words.reasons(check, known, lang)
        if not why:
            why = t("见表下", "see below") if check.consistent_with else t("未找到解释", "no explanation found")
        rows.append(
            [
                safe(name),
                safe(figure_name),
                safe(check.printed),
                number,
                safe(check.shown),
                cell,
                safe(why),
            ]
        )
    return table(columns, rows, tight=True)


def _places(value: Fraction) -> int:
    """Return how many decimals show an exact number: at least two, at most six."""
    return next((places for places in range(2, 7) if (value * 10**places).denominator == 1), 6)


def _plain_review(league: League, lang: Lang) -> Html:
    """Return how the units of an assessment are ranked, and what does not add up."""
    t = speaker(lang)
    plain = league.plain
    assert plain is not None
    items = [
        t(
            "每条检查计 1 分，得分为 1 减去失分；得分率 = 得分 ÷ 检查条数。"
            "与按测评体系权重计算的得分率不同，两者不能混用。",
            "Each check counts 1 and wins what it did not lose; rate = won / checks. This differs from the rate by the "
            "weights of the instrument: the two cannot be mixed.",
        )
    ]
    if plain.shared:
        items.append(
            t(
                f"{plain.shared} 条检查有两个以上责任单位，对每个单位各计一整条，因此各单位之和大于检查总数。",
                f"{plural(plain.shared, 'check')} with several units count in full for each of them, "
                "so the columns add up to more than there are checks.",
            )
        )
    if plain.unnamed:
        whose = t("责任单位", "a unit") if plain.by == "unit" else t("属地", "an area")
        items.append(
            t(
                f"{plain.unnamed} 条检查未登记{whose}，不计入排名。",
                f"{plural(plain.unnamed, 'check')} without {whose} count for nobody.",
            )
        )
    items.append(t("同分并列，不按行序再分先后。", "Ties share a rank and are not broken by the order of rows."))
    say = t("名次按加总口径计算，没有名次区间。", "Ranks rest on plain sums and have no ranges.")
    head = section("二", "review", "口径说明", "How the ranks are made", lang, escape(say))
    return block(lang, head, "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>")


def _several_review(league: League, lang: Lang) -> Html:
    """Return how units with an assessment each are compared, and what the ranges rest on."""
    say, items = compared(league, lang)
    head = section("二", "review", "口径说明", "How the ranks are made", lang, escape(say))
    return block(lang, head, "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>")


# ---------------------------------------------------------------------------------------------------- provenance


def provenance(league: League, lang: Lang) -> Html:
    """Return where the numbers come from: source, files, hash, rule, what is assumed, versions."""
    t = speaker(lang)
    facts = [
        (t("来源", "Source"), league.source),
        (t("来源情况", "About the source"), "" if league.note is None else league.note.say(lang).rstrip("。.")),
        (t("文件", "Files") if league.plain is None else t("测评", "Assessment"), t("、", ", ").join(league.files)),
        (t("指纹", "Hash"), league.hash[:8]),
        (t("误差", "Errors"), _errors(league, lang)),
        (
            t("版本", "Versions"),
            f"evalsys {evalsys.__version__}, Python {sys.version_info.major}.{sys.version_info.minor}",
        ),
    ]
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in facts if value)
    return block(lang, f'<p class="prov">{text}{t("。", ".")}</p>')


def _errors(league: League, lang: Lang) -> str:
    if league.several:
        return ""
    if league.error is None:
        return Text("未给出，不计名次区间", "none given, so no ranges").say(lang)
    kind = Text("示例（假定）", "examples (assumed)") if league.error.assumed else Text("规则给定", "given by the rule")
    return kind.say(lang) + Text("，各单位、各分项互相独立", ", independent between units and parts").say(lang)
