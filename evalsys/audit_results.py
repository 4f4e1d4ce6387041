"""An audit of a published table in words, rows and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import evalsys
from evalsys.audit import TableAudit
from evalsys.audit_checks import KINDS, VERDICTS, Check, as_printed, truncated
from evalsys.audit_proposals import Proposal
from evalsys.language import LANGUAGES, Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.published_rule import Rule
from evalsys.schema import decimal
from evalsys.wording import plural

__all__ = [
    "audit_json",
    "audit_listing",
    "column_name",
    "conclusion",
    "difference_shown",
    "proposal_sentence",
    "rounding_sentence",
    "rule_lines",
]

_COLUMNS = (
    Column("row", Text("行", "row"), "count"),
    Column("group", Text("组别", "group")),
    Column("name", Text("名称", "name")),
    Column("column", Text("列", "column")),
    Column("kind", Text("类别", "kind")),
    Column("printed", Text("公布", "printed")),
    Column("computed", Text("按规则", "by the rule")),
    Column("difference", Text("相差", "difference")),
    Column("verdict", Text("结论", "verdict")),
    Column("text", Text("说明", "explanation")),
)


def audit_listing(found: TableAudit, lang: Lang) -> Listing:
    """Return the findings as a table, in the order of the rows."""
    return Listing(_COLUMNS, tuple(_cells(found, check, lang) for check in found.findings))


def _cells(found: TableAudit, check: Check, lang: Lang) -> tuple[Any, ...]:
    row, rule = check.row, found.published.rule
    return (
        row.number if row else None,
        rule.group_name(row.group).say(lang) if row and row.group else "",
        row.name if row else "",
        column_name(rule, check.column, lang),
        KINDS[check.kind].say(lang),
        check.printed,
        check.shown,
        difference_shown(check),
        VERDICTS[check.verdict].say(lang),
        check.text.say(lang),
    )


def difference_shown(check: Check) -> str:
    """Return printed less computed with its sign and the digits of the printed figure; nothing where none is known."""
    if not check.difference:
        return ""
    sign = "+" if check.difference > 0 else ""
    if check.kind == "rank":
        return f"{sign}{int(check.difference)}"
    text = check.shown.rstrip("%")
    places = len(text.partition(".")[2]) + 2 * check.shown.endswith("%")
    return sign + as_printed(check.difference, places, check.shown)


def column_name(rule: Rule, column: str, lang: Lang) -> str:
    """Return what a column is called on a page: the rule's name for it, else its heading."""
    names = {part.column: part.name for part in rule.parts}
    for part in rule.parts:
        if part.printed:
            weight = f"{decimal(part.weight * 100)}%"
            names[part.printed] = Text(f"{part.name.zh}折算 {weight}", f"{part.name.en}, {weight}")
    if rule.total:
        names[rule.total] = rule.total_name
    names[rule.name] = rule.name_heading
    names[rule.rank or ""] = KINDS["rank"]
    return names[column].say(lang) if column in names else column


def conclusion(found: TableAudit) -> Text:
    """Return what the audit comes to: how many figures were computed again, and what was found."""
    count = found.count
    figures = len(found.checks)
    agree = count("agrees") + count("note")
    zh = [f"共复核 {figures} 处，{agree} 处相符"]
    en = [f"{plural(figures, 'check')} made, {agree} agree"]
    rounding, unexplained, errors = (count(verdict) for verdict in ("rounding", "unexplained", "error"))
    if rounding:
        zh.append(f"{rounding} 处属舍入差异")
        en.append(f"{_are(rounding)} a matter of rounding")
    if unexplained:
        zh.append(f"{unexplained} 处待查")
        en.append(f"{_are(unexplained)} to be looked into")
    zh.append(f"{errors} 处错误" if errors else "未发现错误")
    en.append(f"{_are(errors)} wrong" if errors else "none is wrong")
    return Text("，".join(zh) + "。", ", ".join(en) + ".")


def _are(number: int) -> str:
    return f"{number:,} {'is' if number == 1 else 'are'}"


def rounding_sentence(found: TableAudit) -> Text:
    """Return how many parts and totals each way of rounding reproduces; empty where all are half up."""
    places = found.published.decimals
    checks = [check for check in found.checks if check.kind in ("part", "total") and check.row is not None]
    half = sum(check.verdict == "agrees" for check in checks)
    if not checks or half == len(checks):
        return Text("", "")
    cut = 0
    for check in checks:
        assert check.row is not None
        cut += truncated(Fraction(check.computed or 0), places[check.column]) == check.row.values[check.column]
    zh = f"{len(checks)} 个分项和总分中，四舍五入得出 {half} 个，截尾得出 {cut} 个"
    en = f"Of {len(checks)} parts and totals rounding half up gives {half}, truncation {cut}"
    single = max(half, cut) == len(checks)
    zh += "。" if single else "，没有一种做法能得出全部。"
    en += "." if single else "; no single way gives all of them."
    return Text(zh, en)


def proposal_sentence(proposal: Proposal) -> Text:
    """Return what the search for weights came to."""
    first = proposal.candidates[0]
    parts = proposal.published.rule.parts
    shown = [_weights_shown(found.weights) for found in proposal.candidates]
    step = f"{decimal(proposal.step * 100)}%"
    columns_zh, columns_en = "、".join(part.name.zh for part in parts), ", ".join(part.name.en for part in parts)
    zh = f"没有给出计分规则。以 {step} 为一档，试了 {proposal.tried:,} 组权重（{columns_zh}）："
    en = f"No rule is given. {proposal.tried:,} sets of weights in steps of {step} were tried ({columns_en}): "
    if not proposal.complete:
        zh += f"没有一组能得出全部总分；最接近的是 {shown[0]}，得出 {proposal.rows} 个总分中的 {first.fits} 个。"
        en += f"none gives every total; the nearest, {shown[0]}, gives {first.fits} of {proposal.rows}."
    elif len(shown) == 1:
        zh += f"只有 {shown[0]} 能得出全部 {proposal.rows} 个总分。"
        en += f"only {shown[0]} gives all {proposal.rows} totals."
    else:
        listed, more = "；".join(shown[:8]), len(shown) - 8
        zh += f"有 {len(shown)} 组都能得出全部 {proposal.rows} 个总分，无法区分：{listed}" + (
            "等。" if more > 0 else "。"
        )
        rest = f" and {more} more." if more > 0 else "."
        en += f"{len(shown)} give all {proposal.rows} totals and cannot be told apart: {'; '.join(shown[:8])}{rest}"
    return Text(
        zh + "以下按第一组复核，权重为推得。", en + " The audit uses the first; its weights are proposed, not given."
    )


def _weights_shown(weights: tuple[Fraction, ...]) -> str:
    return " : ".join(f"{decimal(weight * 100)}%" for weight in weights)


def rule_lines(rule: Rule) -> list[tuple[Text, Text]]:
    """Return the rule as names and sentences."""
    lines = []
    if rule.parts:
        lines.append((rule.total_name, _formula(rule)))
    if rule.rank or rule.ordered:
        lines.append((KINDS["rank"], _ranking(rule)))
    for share in rule.shares:
        lines.append(
            (Text(share.column, share.column), Text(f"{share.of} ÷ {share.over}", f"{share.of} / {share.over}"))
        )
    if rule.sum_row and rule.sum_row.columns:
        ways = rule.sum_row.columns.items()
        zh = "、".join(f"{column}（{'合计' if how == 'sum' else '均值'}）" for column, how in ways)
        en = ", ".join(f"{column} ({how})" for column, how in ways)
        name = rule.sum_row.name
        lines.append((KINDS["sum"], Text(f"“{name}”一行：{zh}", f"the row '{name}': {en}")))
    if rule.rows:
        figures_zh = "、".join(f"{column} = {_HOWS[how].zh}" for column, how in rule.rows.figures.items())
        figures_en = ", ".join(f"{column} = {_HOWS[how].en}" for column, how in rule.rows.figures.items())
        lines.append(
            (KINDS["rows"], Text(f"由 {rule.rows.file} 逐行汇总：{figures_zh}", f"from {rule.rows.file}: {figures_en}"))
        )
    return lines


_HOWS: Mapping[str, Text] = {
    "sum": Text("各行之和", "the sum of the rows"),
    "mean": Text("各行均值", "the mean of the rows"),
    "sum_of_means": Text("各小组均值之和", "the sum of the means of the groups within"),
    "rows": Text("行数", "the number of rows"),
    "groups": Text("小组数", "the number of groups within"),
}


def _formula(rule: Rule) -> Text:
    tail = "".join(f" − {column}" for column in rule.deductions) + "".join(f" + {column}" for column in rule.bonus)
    weights = ["" if part.weight == 1 else f"{decimal(part.weight * 100)}% × " for part in rule.parts]
    zh, en = (
        " + ".join(weight + part.name.say(lang) for weight, part in zip(weights, rule.parts, strict=True)) + tail
        for lang in LANGUAGES
    )
    return Text(zh, en)


def _ranking(rule: Rule) -> Text:
    by = rule.ranked if rule.ranked != rule.total else None
    within_zh, within_en = ("各组之内", "within each group") if rule.group else ("", "over the table")
    high = rule.best == "high"
    order = "高到低" if high else "低到高"
    zh = f"{within_zh}按未舍入的{by or rule.total_name.zh}从{order}排名，相同者并列（1、2、2、4）"
    en = f"{within_en} by the unrounded {by or rule.total_name.en.lower()}, {'highest' if high else 'lowest'} first; "
    en += "equal values share a rank (1, 2, 2, 4)"
    if rule.ordered:
        zh, en = zh + "；表中各行的先后即公布的名次", en + "; the order of the rows is the published ranking"
    return Text(zh, en)


def audit_json(found: TableAudit, lang: Lang, proposal: Proposal | None = None) -> str:
    """Return the audit as JSON: counts, hash, every finding, and the proposed weights where none were given."""
    published = found.published
    held: dict[str, Any] = {
        "schema": 1,
        "table": published.file,
        "rule": published.rule.file or None,
        "proposed": published.rule.proposed,
        "hash": published.hash,
        "evalsys": evalsys.__version__,
        "counts": {"checks": len(found.checks), **{verdict: found.count(verdict) for verdict in VERDICTS}},
        "dropped_rows": found.dropped,
        "findings": [_finding(check, lang) for check in found.findings],
    }
    if proposal is not None:
        held["proposals"] = [
            {"weights": [number(weight) for weight in one.weights], "fits": one.fits, "of": proposal.rows}
            for one in proposal.candidates
        ]
    return json.dumps(held, ensure_ascii=False, indent=1)


def _finding(check: Check, lang: Lang) -> dict[str, Any]:
    computed = Fraction(check.computed) if check.computed is not None else None
    return {
        "row": check.row.number if check.row else None,
        "name": check.row.name if check.row else None,
        "column": check.column,
        "kind": check.kind,
        "printed": check.printed,
        "computed": number(computed),
        "shown": check.shown,
        "difference": number(check.difference),
        "verdict": check.verdict,
        "consistent_with": [way.say(lang) for way in check.consistent_with],
        "text": check.text.say(lang),
    }
