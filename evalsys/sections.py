"""The sections of the mock-assessment report after page one: statement, findings, notes, annexes, provenance."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

import evalsys
from evalsys import wording
from evalsys.charts import loss_charts
from evalsys.figures import Cell, GridRow, leaf_grid
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, figure, lost_cell, safe, section, speaker, table
from evalsys.scoring import NodeScore, Score, score
from evalsys.views import findings, plain_view
from evalsys.wording import decimal, percent, points

__all__ = [
    "assumptions",
    "data_notes",
    "finding_list",
    "not_assessed",
    "provenance",
    "statement",
    "unit_rates",
    "write_annex",
]

_ZERO = Fraction(0)


# ------------------------------------------------------------------------------------------------ the statement


def statement(result: Score, lang: Lang) -> Html:
    """Return the score statement: leaf grid, table of indicators and the standards that lose points, two charts."""
    t = speaker(lang)
    instrument = result.assessment.instrument
    top = [node for node in result.nodes if instrument.nodes[node.place].depth == 1 and node.state != "unscored"]
    clean = sum(1 for node in top if node.lost == 0 and node.state == "assessed")
    heavy = sorted((node for node in top if node.lost), key=lambda n: (-(n.lost or _ZERO), n.place))[:3]
    lost = sum((node.lost or _ZERO for node in heavy), _ZERO)
    names = wording.joined([instrument.nodes[node.place].name.say(lang) for node in heavy], lang)
    say = t(
        f"{len(top)} 项指标中 {clean} 项得满分",
        f"{clean} of {wording.plural(len(top), 'indicator')} with full points",
    )
    if heavy:
        part = wording.share_of(lost, result.lost)
        say += t(
            f"；{names}共失 {decimal(lost, 3)} 分，占 {part}",
            f"; {names} lost {decimal(lost, 3)} points, {part} of the loss",
        )
    say += t("。", ".")
    head = section("一", "s1", "得分明细", "Score statement", lang, escape(say), page_break=True)
    return block(
        lang,
        head,
        _grid(result, lang),
        _statement_table(result, lang),
        loss_charts(result, lang, ("indicator", "area")),
    )


def _grid(result: Score, lang: Lang) -> str:
    t = speaker(lang)
    instrument = result.assessment.instrument
    rows = []
    for node in result.nodes:
        here = instrument.nodes[node.place]
        if here.kind == "indicator":
            standards = [result.nodes[c] for c in here.children if instrument.nodes[c].kind == "standard"]
            heads = any(instrument.nodes[c].kind == "indicator" for c in here.children)
            cells = [_cell(result, standard, n) for n, standard in enumerate(standards, 1)]
            won = "–" if node.won is None else decimal(node.won, 3)
            full = "–" if node.points is None else points(node.points)
            rows.append(GridRow(here.name.say(lang), cells, won, full, bool(node.lost), here.depth - 1, heads))
    each = {n.points for n in result.nodes if instrument.nodes[n.place].kind == "standard" and n.points is not None}
    cell = (
        (t(f"标准（每格 {points(next(iter(each)))} 分）", f"Standards (a cell is worth {points(next(iter(each)))})"))
        if len(each) == 1
        else t("标准", "Standards")
    )
    columns = (t("指标", "Indicator"), cell, t("得分 / 分值", "won / points"))
    standards_of_all = [n for n in result.nodes if instrument.nodes[n.place].kind == "standard"]
    bad = sum(1 for n in standards_of_all if n.attainment is not None and n.attainment < 1)
    total = sum(1 for n in instrument.nodes if n.kind == "standard")
    alt = t(f"得分单元图：{total} 项标准中 {bad} 项有失分。", f"Grid of {total} standards, {bad} of which lose points.")
    caption = t(
        "读法：蓝灰格为满分，格内为标准序号；橙色格内为失分，深橙为失去四分之一以上；"
        "斜线格未测评；虚框格不计分或不适用。",
        "Blue-grey cells won all (the number is the standard's); orange cells carry the points lost, dark where "
        "a quarter or more went; hatched cells are not assessed; dotted cells are not scored or do not apply.",
    )
    return figure("", leaf_grid(rows, columns, alt), caption)


def _cell(result: Score, node: NodeScore, number: int) -> Cell:
    if node.state in ("unscored", "dropped"):
        return Cell("out", str(number))
    if node.state == "missing" or node.attainment is None:
        return Cell("missing", "")
    if node.attainment == 1:
        return Cell("won", str(number))
    text = decimal(node.lost, 2) if node.lost is not None else percent(1 - node.attainment, 0)
    return Cell("heavy" if node.attainment <= Fraction(3, 4) else "light", text)


def _statement_table(result: Score, lang: Lang) -> str:
    t = speaker(lang)
    instrument = result.assessment.instrument
    columns = [
        Column(t("指标与失分标准", "Indicators, losing standards")),
        Column(t("分值", "Points"), "", "r"),
        Column(t("检查", "Checks"), t("条", ""), "r"),
        Column(t("得分", "Won"), "", "r"),
        Column(t("失分", "Lost"), "", "r"),
        Column(t("得分率", "Rate"), "", "r"),
        Column(t("原因", "Why"), "", "q"),
    ]
    rows = []
    for node in result.nodes[1:]:
        here = instrument.nodes[node.place]
        only_child = here.kind == "standard" and len(instrument.nodes[here.parent].children) == 1
        losing = bool(node.lost) or (node.attainment is not None and node.attainment < 1)
        several = here.kind == "leaf" and len(instrument.nodes[here.parent].children) > 1
        if here.kind == "indicator" or (losing and (several or (here.kind == "standard" and not only_child))):
            indent = f"in{min(here.depth - 1, 3)}" if here.depth > 1 else ""
            quiet = " q" if here.kind != "indicator" else ""
            name = wording.short_name(instrument, node.place, lang) if quiet else here.name.say(lang)
            rows.append(
                [
                    f"{indent}{quiet}|{safe(name)}",
                    "–" if node.points is None else points(node.points),
                    f"{node.checks:,}",
                    *_outcome(node, lang),
                    safe(wording.reason(result, node, lang)),
                ]
            )
    top = result.nodes[0]
    total = [t("合计", "Total"), points(result.applicable), f"{top.checks:,}", *_outcome(top, lang), ""]
    note = t(
        "规则：标准按测评体系的规则由检查得出，指标为下级标准之和（另有规定的除外）。"
        "得分由未取整的数计算，显示三位小数，四舍五入。",
        "Standards follow the rules of the instrument; an indicator is the sum of its standards unless the "
        "instrument says otherwise. Computed unrounded, shown to three decimals, half up.",
    )
    return table(columns, rows, total) + f'<p class="cap">{note}</p>'


def _outcome(node: NodeScore, lang: Lang) -> list[str]:
    if node.state in ("missing", "unscored", "dropped") or node.attainment is None:
        words = {"missing": Text("未测评", "not assessed"), "dropped": Text("不适用", "does not apply")}.get(
            node.state, Text("不计分", "not scored")
        )
        return [f"q|{words.say(lang)}", "–", "–"]
    if node.won is None or node.lost is None:
        return ["–", "–", percent(node.attainment)]
    return [decimal(node.won, 3), lost_cell(node.lost), percent(node.attainment)]


# -------------------------------------------------------------------------------------------------- findings


def finding_list(result: Score, lang: Lang, most: int = 40) -> Html:
    """Return the findings in order of points lost; beyond `most` the rest is summed in one row."""
    t = speaker(lang)
    instrument = result.assessment.instrument
    found = findings(result)
    if found.empty:
        nothing = t("本轮没有失分的检查。", "No check lost points.")
        say = nothing if result.attainment is not None else t("尚无可计分的检查。", "There is no check to score yet.")
        return block(lang, section("二", "s2", "问题清单", "Findings", lang, say))
    lost = found["lost"].tolist()
    first = min(5, len(lost))
    part, rest = wording.share_of(sum(lost[:first], _ZERO), result.lost), sum(lost[first:], _ZERO)
    say = t(f"前 {first} 条占全部失分的 {part}，应最先办", f"The first {first} hold {part} of the loss and come first")
    if len(lost) == 1:
        say = t("失分的检查只有 1 条", "One check lost points")
    if rest:
        say += t(
            f"；其余 {len(lost) - first} 条合计 {decimal(rest, 3)} 分，可随日常维护一并整改",
            f"; the other {len(lost) - first} hold {decimal(rest, 3)} points together",
        )
    say += t("。", ".")
    columns = [
        Column(t("序", "#"), "", "q"),
        Column(t("标准", "Standard")),
        Column(t("点位", "Site"), "", "nw"),
        Column(t("责任单位", "Unit")),
        Column(t("检查结果", "Observed"), "", "r nw"),
        Column(t("失分", "Lost"), t("分", "points"), "r"),
        Column(""),
    ]
    table_of_all = result.assessment.observations
    counts = dict(zip(table_of_all["observation_id"], table_of_all["n"], strict=True))
    rows = []
    for n, row in enumerate(found.head(most).to_dict("records"), 1):
        width = float(row["lost"] / lost[0]) * 100
        name = wording.node_name(instrument, instrument.nodes[row["leaf"]].parent, lang)
        heavy = "l|" if n <= first and row["lost"] * 4 >= lost[0] else ""
        rows.append(
            [
                str(n),
                safe(name),
                safe(wording.site_name(result, row["site"])),
                safe(wording.unit_names(row["units"], row["area"], lang)),
                safe(_observed(result, row, counts, lang)),
                heavy + decimal(row["lost"], 3),
                f'<span class="bar" aria-hidden="true"><i style="width:{width:.1f}%"></i></span>',
            ]
        )
    if len(lost) > most:
        words = t(f"其余 {len(lost) - most} 条（见附件）", f"{len(lost) - most} more (see the annex)")
        rows.append(["", words, "", "", "", decimal(sum(lost[most:], _ZERO), 3), ""])
    total = ["", t("合计", "Total"), "", "", "", decimal(sum(lost, _ZERO), 3), ""]
    head = section("二", "s2", "问题清单（按失分排列）", "Findings, by points lost", lang, escape(say))
    return block(lang, head, table(columns, rows, total, tight=True))


def _observed(result: Score, row: Mapping[Hashable, Any], counts: Mapping[str, int | None], lang: Lang) -> str:
    """Return what was seen in a row, in words."""
    leaf = result.assessment.instrument.nodes[row["leaf"]]
    standard = result.assessment.instrument.nodes[leaf.parent].standard
    if standard is None:
        return str(row["value"])
    rule = standard.rules[str(leaf.method)]
    return wording.observed(rule, row["value"], counts.get(row["observation_id"]), lang, row["by"])


def not_assessed(result: Score, lang: Lang) -> Html:
    """Return what was not assessed, does not apply or is not scored."""
    t = speaker(lang)
    instrument = result.assessment.instrument
    kinds = [n for n in result.nodes if instrument.nodes[n.place].kind == "leaf" and n.state in ("missing", "dropped")]
    kinds += [n for n in result.nodes if instrument.nodes[n.place].kind == "standard" and n.state == "unscored"]
    unseen = _unseen_types(result, lang)
    if not kinds and not unseen:
        say = t("各项标准均有依据，没有未测评的内容。", "Every standard has evidence; nothing is left unassessed.")
        return block(lang, section("三", "s3", "未测评内容", "What was not assessed", lang, say))
    missing = [n for n in kinds if n.state == "missing"]
    if missing:
        say = t(
            f"{len(missing)} 个得分单元没有依据，共 {points(result.not_assessed)} 分，不按满分也不按零分计。",
            f"{wording.plural(len(missing), 'leaf', 'leaves')} without evidence, "
            f"{points(result.not_assessed)} points: "
            "counted neither as won nor as lost.",
        )
    else:
        say = t("计分的标准均有依据。", "Every scored standard has evidence.")
        if kinds:
            say = t(
                "计分的标准均有依据；以下标准未列入得分。",
                "Every scored standard has evidence; these standards are outside the score.",
            )
    if result.value is not None and not result.worst <= result.value <= result.best:
        say += t(
            "得分率只按已定的部分计算；未定的部分取最低项或分档，已测评的内容已使其受限，因此得分率在最低与最高之外。",
            " The rate is of what is decided; an undecided minimum or grade is already bounded by its assessed part, "
            "so the rate lies outside the worst and the best case.",
        )
    columns = [
        Column(t("标准", "Standard")),
        Column(t("情况", "State")),
        Column(t("分值", "Points"), "", "r"),
    ]
    words = {
        "missing": Text("未测评", "not assessed"),
        "dropped": Text("不适用", "does not apply"),
        "unscored": Text("不计分", "not scored"),
    }
    rows = []
    for n in kinds:
        full = instrument.nodes[n.place].points
        name = safe(wording.node_name(instrument, n.place, lang))
        rows.append([name, words[n.state].say(lang), "–" if full is None else points(full)])
    shown = table(columns, rows, tight=True) if rows else ""
    return block(lang, section("三", "s3", "未测评内容", "What was not assessed", lang, escape(say)), shown, unseen)


def _unseen_types(result: Score, lang: Lang) -> str:
    """Say which site types the instrument plans for a standard and no counted row has."""
    t = speaker(lang)
    instrument = result.assessment.instrument
    types = result.assessment.sites["site_type"].tolist()
    seen = {
        (code, types[site])
        for code, site in zip(result.rows["standard"], result.rows["site"], strict=True)
        if site >= 0
    }
    planned = [
        (item.site_type, code)
        for code, node in instrument.standards.items()
        if node.standard and node.scored
        for item in node.standard.checked_at
    ]
    unseen: dict[str, int] = {}
    for site_type, code in planned:
        if (code, site_type) not in seen and result.by_code[code].state in ("assessed", "partly"):
            unseen[site_type] = unseen.get(site_type, 0) + 1
    if not unseen:
        return ""
    names = [
        instrument.site_types[name].say(lang) + t(f"（{n} 项标准）", f" ({wording.plural(n, 'standard')})")
        for name, n in unseen.items()
    ]
    words = t(
        "测评体系要求检查、本轮没有记录的点位类型：",
        "Site types that the instrument checks and this round has no record of: ",
    )
    return f"<p>{escape(words + t('、', ', ').join(names))}{t('。', '.')}</p>"


# ------------------------------------------------------------------------------------------- notes and annexes


def assumptions(result: Score, lang: Lang) -> Html:
    """Return what is assumed."""
    t = speaker(lang)
    if result.assumed:
        say = t(
            f"{len(result.assumed)} 处为假定，换用别的取值，结果会变。",
            f"{wording.plural(len(result.assumed), 'assumption')}: with other values the result would differ.",
        )
    else:
        say = t(
            "分值、规则和界限均有出处，没有假定。",
            "Points, rules and limits all have a source; nothing is assumed.",
        )
    items = "".join(f"<li>{escape(text.say(lang))}</li>" for text in result.assumed)
    return block(lang, section("四", "s4", "假定", "What is assumed", lang, say), f"<ul>{items}</ul>" if items else "")


def data_notes(result: Score, lang: Lang) -> Html:
    """Return notes on the data and, where a published result exists, the bridge from it to ours."""
    told = result.assessment.settings.published
    left_out = [code for codes, _ in told.left_out for code in codes] if told else []
    published = score(result.assessment, left_out=left_out) if told else None
    t = speaker(lang)
    notes = [text.say(lang) for text in result.assessment.notes]
    note = result.assessment.settings.source_note
    notes += [note.say(lang)] if note else []
    bridge, say = _bridge(result, published, lang)
    if not say:
        nothing = t("数据没有需要说明的情况。", "There is nothing to note.")
        say = t("以下情况请阅读者留意。", "Please note:") if notes else nothing
    items = "".join(f"<li>{escape(text)}</li>" for text in notes)
    return block(
        lang,
        section("五", "s5", "数据说明", "Notes on the data", lang, escape(say)),
        bridge,
        f"<ul>{items}</ul>" if items else "",
    )


def _bridge(result: Score, published: Score | None, lang: Lang) -> tuple[str, str]:
    t = speaker(lang)
    told = result.assessment.settings.published
    if told is None or published is None or published.attainment is None or result.attainment is None:
        return "", ""
    left = sum(result.by_code[code].checks for codes, _ in told.left_out for code in codes)
    same = decimal(published.won, 3) == decimal(told.won, 3) and published.applicable == told.of
    agrees = t("与公布数一致", "it agrees") if same else t("与公布数不一致", "it does not agree")
    say = t(
        f"公布结果未计入 {left} 条检查。按其口径复算，{agrees}；全部计入后的结果如下。",
        f"The published result left out {left} checks. Recomputed in its own way {agrees}; with everything counted:",
    )
    columns = [
        Column(t("步骤", "Step")),
        Column(t("检查", "Checks"), t("条", ""), "r"),
        Column(t("分值", "Points"), "", "r"),
        Column(t("得分", "Won"), "", "r"),
        Column(t("得分率", "Rate"), "", "r"),
        Column(t("说明", "Note"), "", "q"),
    ]
    recomputed = t(
        f"公布数 {decimal(told.won, 3)} / {points(told.of)}", f"published {decimal(told.won, 3)} / {points(told.of)}"
    )
    rows = [
        [
            t("公布口径（复算）", "As published (recomputed)"),
            str(published.nodes[0].checks),
            points(published.applicable),
            decimal(published.won, 3),
            percent(published.attainment),
            recomputed,
        ]
    ]
    for codes, why in told.left_out:
        nodes = [result.by_code[code] for code in codes]
        whole, won = sum((n.assessed or _ZERO for n in nodes), _ZERO), sum((n.won or _ZERO for n in nodes), _ZERO)
        name = wording.node_name(result.assessment.instrument, nodes[0].place, lang)
        if len(nodes) > 1:
            name += t("至", " to ") + wording.short_name(result.assessment.instrument, nodes[-1].place, lang)
        rows.append(
            [
                safe(f"{t('补回 ', '+ ')}{name}"),
                f"+{sum(n.checks for n in nodes)}",
                f"+{points(whole)}",
                f"+{decimal(won, 3)}",
                percent(won / whole) if whole else "–",
                safe(why.say(lang)),
            ]
        )
    total = [
        t("全部计入", "Everything counted"),
        str(result.nodes[0].checks),
        points(result.applicable),
        decimal(result.won, 3),
        percent(result.attainment),
        "",
    ]
    return table(columns, rows, total), say


def unit_rates(result: Score, lang: Lang) -> Html:
    """Return the annex: areas and units by plain sums over their rows."""
    t = speaker(lang)
    parts = []
    for by, head in (("unit", t("责任单位", "Unit")), ("area", t("属地", "Area"))):
        view = plain_view(result, by)
        view = view[[bool(name) for name in view["name"]]]
        if view.empty:
            continue
        columns = [
            Column(t("名次", "Rank"), "", "q"),
            Column(head),
            Column(t("检查", "Checks"), t("条", ""), "r"),
            Column(t("得分", "Won"), "", "r"),
            Column(t("扣分", "Lost"), "", "r"),
            Column(t("得分率", "Rate"), "", "r"),
        ]
        rows = [
            [
                str(row["rank"]),
                safe(str(row["name"])),
                f"{row['checks']:,}",
                decimal(row["won"], 1),
                lost_cell(row["lost"], 1),
                percent(row["attainment"]),
            ]
            for row in view.to_dict("records")
        ]
        parts.append(table(columns, rows, tight=True))
    if not parts:
        return Html("")
    units = plain_view(result, "unit")
    units = units[[bool(name) for name in units["name"]]]
    if units.empty:
        say = t("按属地逐条相加的结果如下。", "Areas by plain sums over their checks:")
    else:
        clean, low = sum(1 for lost in units["lost"] if not lost), units.iloc[-1]
        say = t(
            f"{len(units)} 家责任单位中 {clean} 家无失分",
            f"{clean} of {wording.plural(len(units), 'unit')} lost nothing",
        )
        if low["lost"]:
            say += t(
                f"；{low['name']}得分率最低，为 {percent(low['attainment'])}。",
                f"; the lowest rate is {percent(low['attainment'])} ({low['name']}).",
            )
        else:
            say += t("。", ".")
    note = t(
        "本表逐条相加：每条检查计 1 分，减去扣分；涉及几家单位的检查，各家均全数计入，"
        "因此与总分口径不同，不可相加。并列者名次相同。",
        "Plain sums: each check counts 1 minus its loss, and in full for every unit it names. This is not the rule "
        "of the total and the rows do not add up to it. Equal rates share a rank.",
    )
    head_line = section("", "s6", "附表：责任单位和属地得分率", "Annex: rates of units and areas", lang, escape(say))
    return block(
        lang,
        f'<div class="keep">{head_line}{parts[0]}</div>',
        *parts[1:],
        f'<p class="cap">{note}</p>',
    )


def provenance(result: Score, lang: Lang) -> Html:
    """Return where every number comes from: source, evidence hash, instrument, versions."""
    t = speaker(lang)
    assessment, instrument = result.assessment, result.assessment.instrument
    document = instrument.documents.get(assessment.settings.source or "")
    rule_text = instrument.documents[instrument.source["document"]]
    sure = {
        "official": Text("原始文本或数据", "original text or data"),
        "copy": Text("转录件", "a copy"),
        "news": Text("新闻报道", "news"),
        "assumed": Text("假定", "assumed"),
    }
    kind = sure[rule_text["certainty"]].say(lang)
    told = rule_text["title"] + t(f"；{kind}", f"; {kind}")
    source = ""
    if document:
        source = t("，", ", ").join(part for part in (document["title"], document.get("address")) if part)
    printed = instrument.weights["status"] == "printed"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    facts = [
        (t("测评体系", "Instrument"), t(f"{instrument.id}（{told}）", f"{instrument.id} ({told})")),
        (t("依据来源", "Evidence"), source),
        (t("依据指纹", "Evidence hash"), f"sha256 {assessment.evidence_hash[:16]}"),
        (t("权重", "Weights"), t("印明", "printed") if printed else t("假定", "assumed")),
        (
            t("计算", "Computation"),
            t(
                "得分为精确有理数；预测的算法与随机种子见“预测”",
                "scores are exact rationals; how the forecast was made stands there",
            ),
        ),
        (t("版本", "Versions"), f"evalsys {evalsys.__version__}, Python {python}"),
    ]
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(str(value))}" for name, value in facts if value)
    return block(lang, f'<div class="prov">{text}{t("。", ".")}</div>')


def write_annex(result: Score, folder: str, lang: Lang) -> Html:
    """Write the score statement as an Excel workbook into a folder, and say where; nothing for an empty folder."""
    if not folder:
        return Html("")
    from evalsys.workbooks import score_workbook

    t = speaker(lang)
    name = t("得分明细.xlsx", "score-statement.xlsx")
    score_workbook(result, Path(folder) / name, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)
