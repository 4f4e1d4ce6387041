"""Page one of the instrument audit and the tree: each part a function from an instrument to a piece of a page.

Numbers come from :mod:`evalsys.audit_views`. A notebook shows the parts one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape
from math import ceil

from evalsys import wording
from evalsys.audit_views import OURS, Group, Line, groups, lines, origin_of, resting, several_at_once, weights
from evalsys.authoring_rules import WORDS
from evalsys.console import display_width
from evalsys.figures import Bar, Cell, GridRow, bars, leaf_grid
from evalsys.instrument import METHODS, Instrument
from evalsys.language import Lang, Text
from evalsys.markup import Html, bars_said, block, figure, key_figures, opening, section, speaker
from evalsys.wording import decimal, points, share_of

__all__ = ["ORIGIN_NAMES", "RESTING_NAMES", "spread", "summary", "title_block", "tree"]

_ZERO = Fraction(0)
#: Where a threshold comes from, in words.
ORIGIN_NAMES = {
    "printed": Text("原文印明", "printed"),
    "derived": Text("由原文推得", "derived"),
    "ban": Text("禁止性要求", "ban"),
    "none": Text("不设界限", "no limit needed"),
    "unstated": Text("出处未注明", "not stated"),
    "parameter": Text("参数（假定）", "parameter (assumed)"),
    "assumed": Text("假定", "assumed"),
}
#: What may be assumed, in words.
RESTING_NAMES = {
    "weights": Text("权重", "weights"),
    "methods": Text("测评方法", "methods"),
    "several": Text("多种方法的合并方式", "ways to combine methods"),
    "threshold": Text("达标界限", "thresholds"),
    "lead": Text("牵头单位", "leading units"),
}


def title_block(instrument: Instrument, lang: Lang) -> Html:
    """Return the style, the title and one line of facts: level, full marks, indicators, standards, leaves."""
    t = speaker(lang)
    top = sum(node.depth == 1 for node in instrument.nodes)
    facts = [
        (t("层级", "Level"), WORDS["level"][instrument.level].say(lang)),
        (t("满分", "Full marks"), points(instrument.full_marks) + t(" 分", "")),
        (t("一级指标", "Top-level indicators"), str(top)),
        (t("标准", "Standards"), str(len(instrument.standards))),
        (t("得分单元", "Leaves"), str(len(instrument.leaves))),
    ]
    if instrument.pass_mark is not None:
        mark = wording.pass_mark_text(instrument.pass_mark, instrument.full_marks, lang)
        facts.append((t("目标线", "Pass mark"), mark))
    title = instrument.title.say(lang)
    kind = t("测评体系审读", "Instrument audit")
    page = opening(lang, kind, instrument.id, title, f"{kind} · {instrument.id}", facts)
    return page.stating(
        title=title,
        instrument=instrument.id,
        full=instrument.full_marks,
        standards=len(instrument.standards),
        leaves=len(instrument.leaves),
    )


# --------------------------------------------------------------------------------------------------- the result


def summary(instrument: Instrument, lang: Lang) -> Html:
    """Return the result in one sentence, on what the points rest, and four key figures."""
    if not instrument.leaves:
        return _summary_unscored(instrument, lang)
    t = speaker(lang)
    found = weights(instrument)
    scored = sum(weight.points is not None for weight in found)
    full = points(instrument.full_marks)
    if scored == len(found):
        first = t(f"{scored} 项标准全部计分，满分 {full} 分", f"All {scored} standards are scored, full marks {full}")
    else:
        first = t(
            f"{len(found)} 项标准中 {scored} 项计分，满分 {full} 分",
            f"{scored} of {wording.plural(len(found), 'standard')} are scored, full marks {full}",
        )
    lead = f"{first}{t('；', '; ')}<br>{_rests_on(instrument, lang)}{t('。', '.')}"
    return block(
        lang,
        f'<p class="lead">{lead}</p>',
        f'<p class="sub">{escape(_second_sentence(instrument, lang))}</p>',
        _key_figures(instrument, lang),
    ).stating(
        scored=scored,
        weights_assumed=instrument.weights["status"] == "assumed",
        assumed=next(item.points for item in resting(instrument) if item.what == "any"),
    )


def _rests_on(instrument: Instrument, lang: Lang) -> str:
    """Say in HTML how much of the points rests on assumed weights, methods and thresholds."""
    t = speaker(lang)
    held = {found.what: found.points for found in resting(instrument)}
    parts = {what: held[what] for what in ("weights", "methods", "threshold") if held.get(what)}
    if not parts:
        return t("权重、方法和界限均未标为假定", "no weight, method or threshold is marked as assumed")
    full = instrument.full_marks
    whole = [RESTING_NAMES[what].say(lang) for what, value in parts.items() if value == full]
    rest = [(RESTING_NAMES[what].say(lang), share_of(value, full)) for what, value in parts.items() if value != full]
    said = (
        [t(f"{wording.joined(whole, 'zh')}全部为假定", f"all {wording.joined(whole, 'en')} are assumed")]
        if whole
        else []
    )
    if lang == "zh":
        said += [f"{name}为假定的占 {share}" for name, share in rest]
    elif rest:
        some = [f"{name}{'' if whole or n else ' are assumed'} for {share}" for n, (name, share) in enumerate(rest)]
        said.append(wording.joined(some, "en") + ("" if whole else " of the points"))
    return f'<span class="l">{escape(t("，", ", ").join(said))}</span>'


def _second_sentence(instrument: Instrument, lang: Lang) -> str:
    t = speaker(lang)
    full = instrument.full_marks
    found = weights(instrument)
    held = {item.what: item for item in resting(instrument)}
    parts = (
        (("printed", "derived", "ban"), "界限由原文印明、推得或属禁止性要求的", "printed, derived or a ban for {}"),
        (("none",), "不设界限的", "not needed for {}"),
        (("unstated",), "界限出处未注明的", "of unstated origin for {}"),
        (OURS, "界限为假定（含自定参数）的", "assumed for {}"),
    )
    shares = [
        (share_of(value, full), zh, en) for origins, zh, en in parts if (value := _of_origin(instrument, *origins))
    ]
    out = t(
        "按分值计，" + "，".join(f"{zh}占 {share}" for share, zh, _ in shares) + "。",
        "The threshold is " + ", ".join(en.format(share) for share, _, en in shares) + " of the points. ",
    )
    if "several" in held:
        share = share_of(held["several"].points, full)
        out += t(
            f"几种方法如何合并属于假定的占 {share}。",
            f"For {share} the way to combine several methods is assumed. ",
        )
    scored = {weight.code: weight.points for weight in found if weight.points is not None}
    free = len(scored) - len(held["any"].scored)
    share = share_of(sum(scored.values(), _ZERO) - held["any"].points, full)
    beside = t("除权重外，", "Apart from weights, ") if "weights" in held else ""
    if not free:
        out += t(
            "方法、合并方式和界限中，各项标准至少有一处为假定。", "Every standard has an assumed method or threshold. "
        )
    elif free < len(scored):
        out += t(
            f"{beside}方法、合并方式和界限均无假定的标准 {free} 项，占 {share}。",
            f"{beside}{wording.plural(free, 'standard')} with {share} of the points "
            f"{'rests' if free == 1 else 'rest'} on no assumed method or threshold. ",
        )
    if instrument.monthly:
        out += t("分值按月不同，本页按一月份计。", "Points differ by month; this page takes those of January.")
    return out.strip()


def _of_origin(instrument: Instrument, *origins: str) -> Fraction:
    return sum((group.points for group in groups(instrument, "origin") if group.name in origins), _ZERO)


def _key_figures(instrument: Instrument, lang: Lang) -> str:
    t = speaker(lang)
    full = instrument.full_marks
    found = weights(instrument)
    scored = sum(weight.points is not None for weight in found)
    rest = len(found) - scored
    held = {item.what: item for item in resting(instrument)}
    ours = _of_origin(instrument, *OURS)
    value = f"{decimal(ours / full * 100, 1)}<small>%</small>"
    sourced = share_of(_of_origin(instrument, "printed", "derived", "ban"), full)
    none = share_of(_of_origin(instrument, "none"), full)
    assumed = held["methods"].scored if "methods" in held else ()
    return key_figures(
        [
            (
                t("计分标准", "Standards scored"),
                f"{scored}<small>{t('项', '')}</small>",
                t(f"另有 {rest} 项不计分", f"{rest} more not scored")
                if rest
                else t("没有不计分的标准", "none unscored"),
            ),
            (
                t("界限为假定", "Assumed thresholds"),
                f'<span class="l" style="display:inline">{value}</span>' if ours else value,
                t(f"占分值；有出处 {sourced}，不设 {none}", f"of the points; sourced {sourced}, none needed {none}"),
            ),
            (
                t("测评方法", "Methods"),
                f"{len(groups(instrument, 'method'))}<small>{t('种', '')}</small>",
                _assumed_note(len(assumed), scored, lang),
            ),
            _bodies(instrument, lang),
        ]
    )


def _assumed_note(number: int, scored: int, lang: Lang) -> str:
    t = speaker(lang)
    if not number:
        return t("方法没有标为假定的", "none marked as assumed")
    if number == scored:
        return t("方法均为假定", "all of them assumed")
    return t(f"{number} 项标准的方法为假定", f"assumed for {wording.plural(number, 'standard')}")


def _bodies(instrument: Instrument, lang: Lang) -> tuple[str, str, str]:
    t = speaker(lang)
    scored = [node.standard for node in instrument.standards.values() if node.scored or not instrument.leaves]
    leads = {unit for standard in scored if standard for unit in standard.lead}
    without = sum(1 for standard in scored if standard and not standard.lead)
    assumed = sum(1 for standard in scored if standard and "lead" in standard.assumed)
    note = t("各项均有牵头单位", "every standard has one")
    if not leads:
        note = t("来源未列责任单位", "the source names none")
    elif without:
        note = t(f"{without} 项标准没有牵头单位", f"{wording.plural(without, 'standard')} without one")
    elif assumed:
        note = t(f"{assumed} 项标准的牵头为假定", f"assumed for {wording.plural(assumed, 'standard')}")
    return t("牵头单位", "Leading units"), f"{len(leads)}<small>{t('家', '')}</small>", note


def _summary_unscored(instrument: Instrument, lang: Lang) -> Html:
    """Return the result of an instrument that is not scored: what is printed, and nothing made of it."""
    t = speaker(lang)
    printed = [node for node in instrument.nodes if node.depth == 1 and node.printed is not None]
    total = points(sum((node.printed or _ZERO for node in printed), _ZERO))
    below = sum(1 for node in instrument.standards.values() if node.printed is not None)
    methods = {method for node in instrument.standards.values() if node.standard for method in node.standard.rules}
    lead = t(
        f"本体系不计分；<br>印明的分值为 {len(printed)} 项一级指标共 {total} 分。",
        f"This instrument is not scored;<br>printed are {total} points for "
        f"{wording.plural(len(printed), 'top-level indicator')}.",
    )
    note = instrument.source.get("note")
    count = len(instrument.standards)
    figures = [
        (
            t("标准", "Standards"),
            f"{count}<small>{t('项', '')}</small>",
            t("均不计分", "none of them scored"),
        ),
        (
            t("印明分值", "Printed points"),
            f"{total}<small>{t('分', '')}</small>",
            t(f"另有 {below} 项标准印有分值", f"standards with points of their own: {below}")
            if below
            else t("各项标准未印分值", "none for the standards"),
        ),
        (
            t("测评方法", "Methods"),
            f"{len(methods)}<small>{t('种', '')}</small>",
            t("见于所列标准", "in the standards listed"),
        ),
        _bodies(instrument, lang),
    ]
    sub = f'<p class="sub">{escape(note.say(lang))}</p>' if note else ""
    return block(lang, f'<p class="lead">{lead}</p>', sub, key_figures(figures))


# ------------------------------------------------------------------------------------------- where the points go


def spread(instrument: Instrument, lang: Lang) -> Html:
    """Return four charts of points: by origin of the threshold, method, leading unit and type of site."""
    if not instrument.leaves:
        return Html("")
    pairs = (("origin", "method"), ("lead", "site_type"))
    rows = ['<div class="two">' + "".join(_chart(instrument, by, lang) for by in pair) + "</div>" for pair in pairs]
    return block(lang, *rows)


_HEADS = {
    "origin": Text("界限从何而来（分）", "Where thresholds come from (points)"),
    "method": Text("用什么方法测评（分）", "By which method (points)"),
    "lead": Text("由谁牵头（分）", "Who leads (points)"),
    "site_type": Text("在哪类点位测评（分）", "At which type of site (points)"),
}


def group_name(instrument: Instrument, by: str, name: str, lang: Lang) -> str:
    """Return the name of a group of points."""
    if by == "origin":
        return ORIGIN_NAMES[name].say(lang)
    if by == "method":
        return METHODS[name].say(lang)
    if by == "site_type":
        return wording.group_name(instrument, by, name, lang)
    return instrument.units[name].say(lang) if name else Text("未列单位", "no unit named").say(lang)


def _chart(instrument: Instrument, by: str, lang: Lang, most: int = 9) -> str:
    found = groups(instrument, by)
    shown = found[:most]
    places = 0 if all(group.points.denominator == 1 for group in found) else 3
    items = [
        Bar(group_name(instrument, by, g.name, lang), float(g.points), decimal(g.points, places), g.name in OURS)
        for g in shown
    ]
    heading = _HEADS[by].say(lang)
    alt = bars_said(heading, [(bar.name, bar.label) for bar in items], lang)
    colours = ("lost_light", "won") if by == "origin" else ("won", "won")
    return figure(heading, bars(items, alt, colours=colours), _caption(instrument, by, found[most:], lang))


def _caption(instrument: Instrument, by: str, rest: Sequence[Group], lang: Lang) -> str:
    t = speaker(lang)
    out = ""
    if rest:
        largest = points(rest[0].points)
        kind = t("类点位" if by == "site_type" else "家单位", "types" if by == "site_type" else "units")
        out = t(
            f"另有 {len(rest)} {kind}，各不超过 {largest} 分。", f"{len(rest)} more {kind}, at most {largest} each. "
        )
    several = several_at_once(instrument, by)
    if by in ("lead", "site_type") and several:
        what = t(
            "几家单位牵头" if by == "lead" else "在几类点位测评", "leading units" if by == "lead" else "types of site"
        )
        each = t("各家" if by == "lead" else "各类", "each of several ")
        out += t(
            f"{several} 项标准由{what}，" if by == "lead" else f"{several} 项标准{what}，",
            f"{wording.plural(several, 'standard')} count in full for {each}{what}; ",
        ) + t(f"{each}均全数计入，各条不可相加。", "the bars do not add up.")
    if by == "site_type" and any(not group.name for group in groups(instrument, by)):
        out += t(
            "材料、问卷等按全域测评的分值列为“不在点位上”。",
            " Points by documents, surveys and the like are not at a site.",
        )
    if by == "method" and any(len(node.children) > 1 for node in instrument.standards.values() if node.scored):
        out += t(
            "一项标准用几种方法的，分值分到各方法，合计为满分。",
            "A standard of several methods is split; the sum is the full marks.",
        )
    if by == "origin" and any(group.name in OURS for group in groups(instrument, "origin")):
        out += t(
            "橙色为假定的界限（含自定参数），清单见“二”。",
            "Orange: thresholds that are assumed (parameters included), listed in section 2.",
        )
    return out.strip()


# ----------------------------------------------------------------------------------------------------- the tree

#: Lines of cells that fit one printed page with its heading.
_LINES = 36
_PER_LINE = 14


def tree(instrument: Instrument, lang: Lang) -> Html:
    """Return the tree as a grid: one row per indicator, one cell per standard, by the origin of its threshold."""
    t = speaker(lang)
    head = section("一", "s1", "指标体系", "The tree", lang, escape(_tree_sentence(instrument, lang)))
    shown = [code for code, node in instrument.standards.items() if node.scored or not instrument.leaves]
    by_code = all(display_width(code.replace(".", "")) <= 3 for code in shown)  # three letters and dots fill a cell
    found = lines(instrument)
    rows = [_row(instrument, line, by_code, lang) for line in found]
    last = t("分值", "Points") if instrument.leaves else t("印明分值", "Printed points")
    heads = (t("指标", "Indicator"), t("标准", "Standards"), last)
    pictures = []
    for n, part in enumerate(_parts(rows), 1):
        number = sum(len(row.cells) for row in part)
        alt = t(
            f"指标体系图（{n}）：{number:,} 项标准，按界限来源着色。",
            f"Tree ({n}): {wording.plural(number, 'standard')} by origin of threshold.",
        )
        pictures.append(leaf_grid(part, heads, alt))
    figures = [figure("", picture) for picture in pictures[:-1]]
    figures += [figure("", pictures[-1], _legend(rows, by_code, lang))] if pictures else []
    return block(lang, head, *figures)


def _tree_sentence(instrument: Instrument, lang: Lang) -> str:
    t = speaker(lang)
    found = lines(instrument)
    lowest = sum(1 for line in found if line.standards)
    many = wording.plural(lowest, "indicator")
    out = t(
        f"{len(instrument.standards)} 项标准分属 {lowest} 项指标",
        f"{wording.plural(len(instrument.standards), 'standard')} below {many}",
    )
    if not instrument.leaves:
        empty = sum(1 for line in found if not line.standards and not line.heads)
        return out + t(f"，另有 {empty} 项指标只见名称和分值。", f"; of {empty} more only name and points are known.")
    ours: dict[int, int] = {}
    for weight in weights(instrument):
        if weight.points is not None and weight.origin in OURS:
            top = instrument.indicator_of(weight.place)
            ours[top] = ours.get(top, 0) + 1
    if not ours:
        return out + t("；没有一项计分标准的界限为假定。", "; no scored standard has an assumed threshold.")
    total, most = sum(ours.values()), max(ours.values())
    where = wording.joined([instrument.nodes[top].name.say(lang) for top in ours if ours[top] == most], lang, 3)
    if most == total:
        return out + t(
            f"；界限为假定的计分标准 {total} 项，均在{where}。",
            f"; {total} scored {'has' if total == 1 else 'have'} an assumed threshold, in: {where}.",
        )
    return out + t(
        f"；界限为假定的计分标准 {total} 项，最多的是{where}（{most} 项）。",
        f"; {total} scored have an assumed threshold, most of them ({most}) in: {where}.",
    )


def _row(instrument: Instrument, line: Line, by_code: bool, lang: Lang) -> GridRow:
    node = instrument.nodes[line.place]
    cells = [_cell(instrument, place, number, by_code) for number, place in enumerate(line.standards, 1)]
    if line.points is not None:
        worth = points(line.points)
    elif node.printed is not None and not instrument.leaves:
        worth = points(node.printed)
    else:
        worth = "–" if not instrument.leaves else Text("不计分", "not scored").say(lang)
    return GridRow(node.name.say(lang), cells, "", worth, False, line.level, line.heads)


_STATES = {"printed": "won", "derived": "pale", "ban": "pale", "none": "plain", "unstated": "out"}


def _cell(instrument: Instrument, place: int, number: int, by_code: bool) -> Cell:
    node = instrument.nodes[place]
    if node.standard is None or (not node.scored and instrument.leaves):
        return Cell("missing", "")
    return Cell(_STATES.get(origin_of(node.standard), "light"), node.code if by_code else str(number))


def _parts(rows: Sequence[GridRow]) -> list[list[GridRow]]:
    """Part the rows into pictures that fit a page, between top-level indicators where that is possible."""
    parts: list[list[GridRow]] = [[]]
    used = 0
    for place, row in enumerate(rows):
        size = max(1, ceil(len(row.cells) / _PER_LINE))
        group = size
        if row.indent == 0:
            for below in rows[place + 1 :]:
                if below.indent == 0:
                    break
                group += max(1, ceil(len(below.cells) / _PER_LINE))
        if used and used + (group if group <= _LINES else size) > _LINES:
            parts.append([])
            used = 0
        parts[-1].append(row)
        used += size
    return [part for part in parts if part]


_KEYS = (
    ("won", Text("蓝灰格界限由原文印明", "blue-grey: printed threshold")),
    ("pale", Text("浅蓝格由原文推得或属禁止性要求", "pale: derived, or a ban")),
    ("plain", Text("白格不设界限", "white: no limit needed")),
    ("out", Text("虚框格界限出处未注明", "dotted: origin not stated")),
    ("light", Text("橙色格界限为假定（含自定参数）", "orange: assumed (parameters included)")),
    ("missing", Text("斜线格不计分", "hatched: not scored")),
)


def _legend(rows: Sequence[GridRow], by_code: bool, lang: Lang) -> str:
    t = speaker(lang)
    seen = {cell.state for row in rows for cell in row.cells}
    said = [text.say(lang) for state, text in _KEYS if state in seen]
    inside = t("编码", "its code") if by_code else t("在该指标中的序号", "its number within the indicator")
    return (
        t(f"读法：每格一项标准，格内为{inside}；", f"One cell per standard, with {inside}; ")
        + t("，", ", ").join(said)
        + t("。", ".")
    )
