"""The one-page report on a published table: what was found, by what rule, and where every figure comes from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from types import SimpleNamespace

import evalsys
from evalsys.audit import TableAudit
from evalsys.audit_checks import VERDICTS, Check
from evalsys.audit_results import column_name, conclusion, difference_shown, rounding_sentence, rule_lines
from evalsys.files import atomic
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, key_figures, opening, safe, section, speaker, table

__all__ = ["audit_pieces", "write_audit_page"]

#: Findings on the page; the workbook has all.
_MOST = 16
_SURE = {
    "official": Text("原始文本或数据", "original text or data"),
    "copy": Text("转录件", "a copy"),
    "news": Text("新闻报道", "news"),
    "assumed": Text("假定", "assumed"),
}


def audit_pieces(found: TableAudit, lang: Lang, proposed: Text | None = None) -> tuple[Html, ...]:
    """Return the report as pieces of a page, in order.

    Parameters
    ----------
    found : TableAudit
    lang : {'zh', 'en'}
    proposed : Text, optional
        Where the weights come from, if they were not given.
    """
    return (
        _opening(found, lang),
        _summary(found, lang, proposed),
        _findings(found, lang),
        _rule(found, lang, proposed),
        _provenance(found, lang),
    )


def write_audit_page(found: TableAudit, path: Path, lang: Lang, proposed: Text | None = None) -> Path:
    """Write the report as one HTML file that loads nothing from outside."""
    from evalsys.reporting.render import render_html

    # the renderer takes what a notebook shows; nothing has to be executed for it
    outputs = [{"data": {"text/html": str(piece)}} for piece in audit_pieces(found, lang, proposed)]
    page, _ = render_html(SimpleNamespace(cells=[{"cell_type": "code", "outputs": outputs}]), lang)
    with atomic(path) as temporary:
        temporary.write_text(page, "utf-8", newline="\n")
    return path


def _opening(found: TableAudit, lang: Lang) -> Html:
    t = speaker(lang)
    published, rule = found.published, found.published.rule
    title = rule.title.say(lang) + t("：复核", ": audit")
    held = " – ".join(str(day) for day in rule.held)
    rows = str(len(published.rows))
    facts = [
        (t("表", "Table"), published.file),
        (t("行数", "Rows"), rows),
        (t("测评时间", "Held"), held),
        (t("地方", "Place"), rule.place),
    ]
    foot = f"{rule.title.say(lang)} · sha256 {published.hash[:12]}"
    shown = [(name, value) for name, value in facts if value]
    return opening(lang, t("成绩表复核", "Audit of a published table"), rule.round, title, foot, shown)


def _summary(found: TableAudit, lang: Lang, proposed: Text | None) -> Html:
    t = speaker(lang)
    errors, unexplained = found.count("error"), found.count("unexplained")
    colour = ' class="l"' if errors else ""
    lead = f'<p class="lead"><span{colour}>{escape(conclusion(found).say(lang))}</span></p>'
    entries = [
        (t("复核", "Checked"), str(len(found.checks)), t("公布的数、名次和名称", "figures, ranks, names")),
        (t("相符", "Agree"), str(found.count("agrees") + found.count("note")), t("含提示", "notes included")),
        (
            t("舍入差异", "Rounding"),
            str(found.count("rounding")),
            t("有舍入做法能得出公布的数", "given by some rounding"),
        ),
        (
            t("错误", "Wrong"),
            f'<span class="l">{errors}</span>' if errors else "0",
            t(f"另有 {unexplained} 处待查", f"{unexplained} more to be looked into"),
        ),
    ]
    told = [sentence.say(lang) for sentence in (proposed, rounding_sentence(found)) if sentence and sentence.zh]
    if found.figures is not None and found.dropped:
        told.append(
            t(
                f"明细 {found.figures.number} 行中有 {found.dropped} 行未计入公布结果，见下表。",
                f"{found.dropped} of {found.figures.number} rows behind the table do not count in it; see below.",
            )
        )
    sub = f'<p class="sub">{escape(t("", " ").join(told))}</p>' if told else ""
    counts = {f"audit_{verdict}": found.count(verdict) for verdict in VERDICTS}
    return block(lang, lead, sub, key_figures(entries)).stating(audit_checks=len(found.checks), **counts)


def _findings(found: TableAudit, lang: Lang) -> Html:
    t = speaker(lang)
    worst = list(VERDICTS)
    order = sorted(found.findings, key=lambda check: -worst.index(check.verdict))
    if not order:
        say = t("公布的每一个数都与规则相符。", "Every printed figure agrees with the rule.")
        return block(lang, section("一", "a1", "复核结果", "Findings", lang, say))
    shared = _shared(order)
    rows = _lines(found, order, shared, lang)
    say = t(
        "先列错误，再列待查、舍入差异和提示。", "Errors first, then what is to be looked into, rounding, and notes."
    )
    columns = [
        Column(found.published.rule.name_heading.say(lang), "", "nw"),
        Column(t("项目", "Figure"), "", "nw"),
        Column(t("公布", "Printed"), "", "r"),
        Column(t("按规则", "By the rule"), "", "r"),
        Column(t("相差", "Difference"), "", "r"),
        Column(t("结论", "Verdict"), "", "nw"),
        Column(t("说明", "Explanation")),
    ]
    more = len(rows) - _MOST
    tail = ""
    if more > 0:
        tail = f'<p class="cap">{t(f"另有 {more} 处，见工作簿。", f"{more} more in the workbook.")}</p>'
    note = t(
        "说明一栏列出能得出公布的数的做法：公布的数与之相符，不等于当时就是这样做的。",
        "The explanation names ways of computing that give the printed figure, not the way that was used.",
    )
    if shared:
        ways = t("、", "; ").join(way.say(lang) for way in shared)
        note = t(f"表中各处差异都与“{ways}”相符。", f"All of these are also consistent with {ways}. ") + note
    head = section("一", "a1", "复核结果", "Findings", lang, escape(say))
    return block(lang, head, table(columns, rows[:_MOST], tight=True), tail, f'<p class="cap">{note}</p>')


def _shared(checks: Sequence[Check]) -> tuple[Text, ...]:
    """Return the ways of computing that give every difference of the table: told once, where there are several."""
    own = [check.consistent_with for check in checks if check.kind in ("part", "total", "share", "sum")]
    if len(own) < 2 or not all(own):
        return ()
    return tuple(way for way in own[0] if all(way in ways for ways in own))


def _lines(found: TableAudit, checks: Sequence[Check], shared: Sequence[Text], lang: Lang) -> list[list[str]]:
    """Return the rows of the table of findings; ties that got distinct ranks are one row."""
    rule = found.published.rule
    ties: dict[object, list[Check]] = {}
    for check in checks:
        tied = check.kind == "rank" and check.verdict == "note" and check.row is not None and check.consistent_with
        key = (check.row.group, check.computed, check.consistent_with) if tied and check.row else id(check)
        ties.setdefault(key, []).append(check)
    lines = []
    for same in ties.values():
        check, last = same[0], same[-1]
        name = check.row.name if check.row else "–"
        printed = check.printed
        if len(same) > 1 and check.row and last.row:
            name = Text(f"{name}等 {len(same)} 个", f"{name} and {len(same) - 1} more").say(lang)
            printed = f"{check.printed}–{last.printed}"
        loud = "l|" if check.verdict == "error" else ""
        lines.append(
            [
                safe(name),
                safe(column_name(rule, check.column, lang)),
                loud + safe(printed or "–"),
                safe(check.shown or "–"),
                safe(difference_shown(check) if len(same) == 1 else "") or "–",
                safe(VERDICTS[check.verdict].say(lang)),
                safe(_reason(check, len(same), shared, lang)),
            ]
        )
    return lines


def _reason(check: Check, same: int, shared: Sequence[Text], lang: Lang) -> str:
    """Return why, without the figures that stand in the row already."""
    t = speaker(lang)
    if same > 1:
        return t("、", ", ").join(way.say(lang) for way in check.consistent_with)
    if check.kind in ("part", "total", "share", "sum") and check.difference:
        ways = t("、", "; ").join(way.say(lang) for way in check.consistent_with if way not in shared)
        if ways or shared:
            return ways or t("见表下", "see below")
        return t("没有舍入做法能得出", "no way of rounding gives it") if check.verdict == "unexplained" else "–"
    return check.text.say(lang)


def _rule(found: TableAudit, lang: Lang, proposed: Text | None) -> Html:
    t = speaker(lang)
    rule = found.published.rule
    tag = f' <span class="tag">{t("推得权重", "proposed weights")}</span>' if proposed is not None else ""
    say = t("复核按下列规则进行，一律用精确分数计算，比较时才四舍五入。",
            "The audit follows this rule in exact fractions, rounded half up only to compare.")  # fmt: skip
    lines = [
        f"<li><b>{safe(name.say(lang))}</b>{t('：', ': ')}{safe(told.say(lang))}</li>"
        for name, told in rule_lines(rule)
    ]
    head = section("二", "a2", "所用规则", "The rule", lang, escape(say) + tag)
    return block(lang, head, f"<ul>{''.join(lines)}</ul>")


def _provenance(found: TableAudit, lang: Lang) -> Html:
    t = speaker(lang)
    published, rule = found.published, found.published.rule
    source = rule.source
    certainty = _SURE[source["certainty"]].say(lang) if source.get("certainty") else ""
    told = t("，", ", ").join(
        part
        for part in (source.get("address"), certainty, source["note"].say(lang) if source.get("note") else "")
        if part
    )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    facts = [
        (t("来源", "Source"), told),
        (t("表", "Table"), published.file),
        (t("规则", "Rule"), rule.file or t("未给出，权重为推得", "not given; weights are proposed")),
        (t("明细", "Rows"), published.source_file),
        (t("指纹", "Hash"), f"sha256 {published.hash[:16]}"),
        (t("版本", "Versions"), f"evalsys {evalsys.__version__}, Python {python}"),
    ]
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(str(value))}" for name, value in facts if value)
    return block(lang, f'<div class="prov">{text}{t("。", ".")}</div>')
