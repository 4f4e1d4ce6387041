"""The sections of the instrument audit after the tree: assumptions, flaws of the source, what is beside, weights."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

import evalsys
from evalsys import wording
from evalsys.audit_beside import beside, with_note
from evalsys.audit_pages import ORIGIN_NAMES, RESTING_NAMES
from evalsys.audit_views import OURS, Resting, Weight, lines, resting, weights
from evalsys.authoring_rules import WORDS
from evalsys.instrument import METHODS, Comparison, Instrument, Node, Standard
from evalsys.language import Lang, Text
from evalsys.listing import Column as Field
from evalsys.listing import Listing
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.pairwise import ACCEPTED_RATIO
from evalsys.rule_words import requirement
from evalsys.wording import decimal, percent, points, share_of

__all__ = [
    "assumptions",
    "beside",
    "contradictions",
    "double_counting",
    "effective_weights",
    "own_thresholds",
    "provenance",
    "write_annex",
]

_ZERO = Fraction(0)


def _standard(node: Node) -> Standard:
    return node.standard or Standard(node.name, {})


def _points(weight: Weight, lang: Lang) -> str:
    """Return the points of a standard as a cell."""
    return f"q|{Text('不计分', 'not scored').say(lang)}" if weight.points is None else decimal(weight.points, 3)


def _coded(instrument: Instrument, code: str, lang: Lang) -> str:
    """Return a standard's code and name as HTML."""
    return f'<span class="q">{safe(code)}</span> {safe(instrument.standards[code].name.say(lang))}'


# --------------------------------------------------------------------------------------- thresholds of our own


def own_thresholds(instrument: Instrument, lang: Lang) -> Html:
    """Return the standards whose threshold is not the source's, with the default in use; most points first."""
    t = speaker(lang)
    found = [weight for weight in weights(instrument) if weight.origin in OURS]
    found.sort(key=lambda weight: -(weight.points if weight.points is not None else -1))
    scored = [weight for weight in found if weight.points is not None]
    rest = len(found) - len(scored)
    total = sum((weight.points or _ZERO for weight in scored), _ZERO)
    if scored:
        share = share_of(total, instrument.full_marks)
        say = t(
            f"{len(scored)} 项计分标准共 {points(total)} 分（占 {share}）没有自己的界限，按下列默认值计，取值可改",
            f"{wording.plural(len(scored), 'scored standard')} with {points(total)} points ({share}) without a limit "
            "of their own: the defaults below are in use, and with others the result would differ",
        )
        say += t(f"。另有 {rest} 项不计分", f"; {rest} more {'is' if rest == 1 else 'are'} not scored") if rest else ""
    elif found:
        say = t(
            f"没有自己界限的标准 {rest} 项，均不计分",
            f"Standards without a limit of their own: {rest}, none of them scored",
        )
    else:
        say = t("没有界限标为假定或参数的标准", "No threshold is marked as assumed or as a parameter")
    head = section("二", "s2", "界限为假定的标准", "Assumed thresholds", lang, escape(say + t("。", ".")))
    columns = [
        Column(t("标准", "Standard")),
        Column(t("所用默认值", "Default in use")),
        Column(t("来历", "Kind"), "", "nw"),
        Column(t("分值", "Points"), "", "r"),
    ]
    rows = [
        [
            with_note(_coded(instrument, weight.code, lang), instrument.standards[weight.code].note, lang),
            _unbroken(_default(_standard(instrument.standards[weight.code]), lang)),
            t("参数（假定）", "parameter (assumed)") if weight.origin == "parameter" else t("假定", "assumed"),
            _points(weight, lang),
        ]
        for weight in found
    ]
    return block(lang, head, table(columns, rows, tight=True) if rows else "")


def _unbroken(words: str) -> str:
    """Return words as a cell; a few of them stay on one line."""
    return f"nw|{safe(words)}" if len(words) <= 30 else safe(words)


def _default(standard: Standard, lang: Lang) -> str:
    """Return the rules of a standard in words; by method where they differ."""
    said = {method: requirement(rule, lang) for method, rule in standard.rules.items()}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    colon, stop = Text("：", ": ").say(lang), Text("；", "; ").say(lang)
    return stop.join(f"{METHODS[method].say(lang)}{colon}{words}" for method, words in said.items())


# ----------------------------------------------------------------------------------------------- double counting


def double_counting(instrument: Instrument, lang: Lang) -> Html:
    """Return the groups of standards that read the same observation."""
    from evalsys.sharing import double_counted  # it reads tables with pandas

    t = speaker(lang)
    found = double_counted(instrument)
    worth = {weight.code: weight for weight in weights(instrument)}
    codes = [code for fact in found for _, code in fact.standards]
    total = sum((worth[code].points or _ZERO for code in codes), _ZERO)
    if found:
        say = t(
            f"{len(found)} 处同一事实由几项标准重复计分，共 {points(total)} 分；一处问题在各项中各扣一次。",
            f"{wording.plural(len(found), 'fact')} counted by several standards, {points(total)} points together; "
            "one finding loses points in each of them.",
        )
    else:
        say = t(
            "按共用事实登记表，本体系没有几项标准读取同一事实的情况；未登记的不在其内。",
            "By the register of shared facts no two standards read the same fact; others are not covered.",
        )
    head = section("三", "s3", "重复计分", "Double counting", lang, escape(say))
    columns = [
        Column(t("同一事实", "The fact")),
        Column(t("读取它的标准", "Standards that read it")),
        Column(t("分值", "Points"), "", "r"),
    ]
    rows = []
    for fact in found:
        own = [code for _, code in fact.standards]
        sums = [worth[code].points or _ZERO for code in own]
        rows.append(
            [
                safe(fact.text.say(lang)),
                "<br>".join(_coded(instrument, code, lang) for code in own),
                "<br>".join(decimal(value, 3) for value in sums),
            ]
        )
    return block(lang, head, table(columns, rows) if rows else "")


# --------------------------------------------------------------------------------------------------- assumptions


def assumptions(instrument: Instrument, lang: Lang) -> Html:
    """Return what the instrument assumes, how much rests on each kind, and comparisons in pairs."""
    t = speaker(lang)
    notes = [text.say(lang) for text in instrument.assumed]
    if instrument.pass_mark is not None and instrument.pass_mark.status == "assumed":
        notes.append(t("目标线为假定", "the pass mark is assumed"))
    if instrument.documents[instrument.source["document"]]["certainty"] == "assumed":
        notes.append(t("测评体系没有成文来源，为假定", "the instrument has no written source: it is assumed"))
    held = [item for item in resting(instrument) if item.what != "any" and (item.scored or item.unscored)]
    scheme = _SCHEMES[instrument.weights["scheme"]].say(lang)
    printed = instrument.weights["status"] == "printed"
    status = "printed" if printed else "assumed"
    say = t(f"权重{'照原文' if printed else '为假定'}（{scheme}）", f"Weights are {status} ({scheme})")
    others = [RESTING_NAMES[item.what].say(lang) for item in held if item.what != "weights"]
    if others:
        say += t(
            f"；{wording.joined(others, 'zh')}有假定", f"; assumed for some standards: {wording.joined(others, 'en')}"
        )
    elif printed:
        say += t("；各项标准没有标为假定的内容", "; nothing of a standard is marked as assumed")
    head = section("四", "s4", "假定与权重", "Assumptions and weights", lang, escape(say + t("。", ".")))
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return block(
        lang,
        head,
        f"<ul>{items}</ul>" if items else "",
        _resting_table(instrument, held, lang) if held else "",
        _comparisons(instrument, lang),
    )


_SCHEMES = {
    "given": Text("按所给分值或权重", "as given"),
    "equal": Text("同级均分", "equal among siblings"),
    "ahp": Text("两两比较，层次分析法", "pairwise comparison, AHP"),
}


def _resting_table(instrument: Instrument, held: Sequence[Resting], lang: Lang) -> str:
    t = speaker(lang)
    scored = sum(1 for node in instrument.standards.values() if node.scored)
    unit = t("项", "")
    columns = [
        Column(t("假定的内容", "What is assumed")),
        Column(t("计分标准", "Scored"), unit, "r"),
        Column(t("不计分标准", "Not scored"), unit, "r"),
        Column(t("分值", "Points"), "", "r"),
        Column(t("占满分", "Share"), "", "r"),
        Column(t("计分标准的编码", "Codes of the scored standards"), "", "q"),
    ]
    rows = []
    for item in held:
        every = len(item.scored) == scored
        codes = t("全部", "all") if every and item.scored else t("、", ", ").join(item.scored) or "–"
        rows.append(
            [
                f"nw|{RESTING_NAMES[item.what].say(lang)}",
                str(len(item.scored)),
                str(len(item.unscored)),
                decimal(item.points, 3),
                share_of(item.points, instrument.full_marks),
                safe(codes),
            ]
        )
    return table(columns, rows)


def _comparisons(instrument: Instrument, lang: Lang) -> str:
    """Return the pairwise comparisons with their consistency ratio, or nothing."""
    if not instrument.comparisons:
        return ""
    t = speaker(lang)
    columns = [
        Column(t("比较的上级", "Compared below")),
        Column(t("各项权重", "Weights")),
        Column(t("一致性比率", "Consistency ratio"), "", "r"),
        Column(t("判断", "Verdict"), "", "nw"),
    ]
    rows = [_comparison(instrument, found, lang) for found in instrument.comparisons]
    note = t(
        f"一致性比率不超过 {ACCEPTED_RATIO:.2f} 为可接受（Saaty）。",
        f"A consistency ratio of at most {ACCEPTED_RATIO:.2f} is accepted (Saaty).",
    )
    head = t("两两比较", "Pairwise comparisons")
    return f'<div class="keep"><h3>{head}</h3>{table(columns, rows)}<p class="cap">{note}</p></div>'


def _comparison(instrument: Instrument, found: Comparison, lang: Lang) -> list[str]:
    t = speaker(lang)
    nodes = instrument.nodes
    of = [nodes[instrument.places[code]].name.say(lang) for code in found.of]
    said = [f"{name} {percent(weight, 1)}" for name, weight in zip(of, found.weights, strict=True)]
    fine = found.ratio <= ACCEPTED_RATIO
    verdict = t("前后一致", "consistent") if fine else t("前后不一", "contradictory")
    above = nodes[instrument.places[found.code]].name.say(lang)
    return [
        safe(above),
        safe(t("、", ", ").join(said)),
        f"{'' if fine else 'l|'}{found.ratio:.3f}",
        f"{'' if fine else 'l|'}{verdict}",
    ]


# ------------------------------------------------------------------------------------------- the source's own flaws


def contradictions(instrument: Instrument, lang: Lang) -> Html:
    """Return contradictions and gaps of the source, and how they were read."""
    t = speaker(lang)
    found = instrument.contradictions
    if found:
        say = t(
            f"来源有 {len(found)} 处矛盾或缺漏，读法如下。",
            f"{wording.plural(len(found), 'contradiction or gap', 'contradictions and gaps')} of the source, and how "
            f"{'it was' if len(found) == 1 else 'they were'} read.",
        )
    else:
        say = t("体系文件没有记下来源的矛盾或缺漏。", "The file records no contradiction or gap of the source.")
    head = section("五", "s5", "来源的矛盾与缺漏", "Contradictions and gaps of the source", lang, escape(say))
    columns = [
        Column(t("序", "#"), "", "q nw"),
        Column(t("情况和读法", "What, and how it is read")),
        Column(t("涉及", "Where"), "", "q"),
    ]
    rows = [
        [str(n), safe(item.text.say(lang)), safe(t("、", ", ").join(item.codes) or "–")]
        for n, item in enumerate(found, 1)
    ]
    return block(lang, head, table(columns, rows, tight=True) if rows else "")


# --------------------------------------------------------------------------------------------- annex and sources


def effective_weights(instrument: Instrument, lang: Lang) -> Html:
    """Return the annex: what each standard weighs, below its top-level indicator."""
    t = speaker(lang)
    found = weights(instrument)
    scored = [weight for weight in found if weight.share is not None]
    if scored:
        high = max(weight.share or _ZERO for weight in scored)
        low = min(weight.share or _ZERO for weight in scored)
        say = t(
            f"{len(scored)} 项计分标准中，最重的占满分的 {percent(high)}，最轻的占 {percent(low)}，"
            f"前者为后者的 {decimal(high / low, 1)} 倍。",
            f"Of {wording.plural(len(scored), 'scored standard')} the heaviest holds {percent(high)} of the marks, "
            f"the lightest {percent(low)}: a ratio of {decimal(high / low, 1)}.",
        )
        if high == low:
            say = t(
                f"{len(scored)} 项计分标准各占满分的 {percent(high)}。",
                f"Each scored standard holds {percent(high)} of the full marks.",
            )
    else:
        say = t("本体系不计分，只列印明的分值。", "The instrument is not scored; only printed points are shown.")
    head = section("", "s7", "附表：各项标准的有效权重", "Annex: effective weight of each standard", lang, escape(say))
    columns = [
        Column(t("编码", "Code"), "", "q nw"),
        Column(t("标准", "Standard")),
        Column(t("测评方法", "Methods"), "", "q"),
        Column(t("界限来源", "Threshold"), "", "q nw"),
        Column(t("印明分值", "Printed"), "", "r"),
        Column(t("有效分值", "Effective"), "", "r"),
        Column(t("占满分", "Share"), "", "r"),
    ]
    note = t(
        "有效分值：假定全部测评，分值按权重逐级下分，合计为满分；封顶、扣完为止、取最低等处按比例分摊，可小于印明分值。",
        "Effective points: everything assessed, points handed down by weight, together the full marks; below caps, "
        "floors and choices they are shared in proportion and may be less than the printed points.",
    )
    total = None
    if scored:
        whole = sum((weight.points or _ZERO for weight in scored), _ZERO)
        total = ["", t("合计", "Total"), "", "", "", decimal(whole, 3), percent(whole / instrument.full_marks)]
    rows = _weight_rows(instrument, found, lang)
    if all(node.printed is None for node in instrument.nodes[1:]):  # an empty column tells nothing
        for row in (columns, *rows, *([total] if total else [])):
            del row[4]  # type: ignore[attr-defined]
    return block(lang, head, table(columns, rows, total, tight=True), f'<p class="cap">{note}</p>')


def _weight_rows(instrument: Instrument, found: Iterable[Weight], lang: Lang) -> list[list[str]]:
    rows = []
    top = -1
    own = {line.place: line.points for line in lines(instrument)}
    for weight in found:
        here = instrument.indicator_of(weight.place)
        if here != top:
            top = here
            node, whole = instrument.nodes[top], own.get(top)
            rows.append(
                [
                    f"<b>{safe(node.code)}</b>",
                    f"<b>{safe(node.name.say(lang))}</b>",
                    "",
                    "",
                    "" if node.printed is None else f"<b>{points(node.printed)}</b>",
                    "" if whole is None else f"<b>{decimal(whole, 3)}</b>",
                    "" if whole is None else f"<b>{percent(whole / instrument.full_marks)}</b>",
                ]
            )
        standard = _standard(instrument.standards[weight.code])
        methods = Text("、", ", ").say(lang).join(METHODS[method].say(lang) for method in standard.rules)
        rows.append(
            [
                safe(weight.code),
                safe(instrument.standards[weight.code].name.say(lang)),
                methods,
                ORIGIN_NAMES[weight.origin].say(lang),
                "–" if weight.printed is None else points(weight.printed),
                _points(weight, lang),
                "–" if weight.share is None else percent(weight.share),
            ]
        )
    return rows


def provenance(instrument: Instrument, lang: Lang) -> Html:
    """Return where the instrument comes from: documents, weights, versions."""
    t = speaker(lang)
    names = [instrument.source["document"]]
    for node in instrument.standards.values():
        names.append((_standard(node).source or {}).get("document") or names[0])
    documents = [_document(instrument.documents[name], lang) for name in dict.fromkeys(names)]
    note = instrument.source.get("note")
    printed = instrument.weights["status"] == "printed"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    facts = [
        (t("测评体系", "Instrument"), instrument.id),
        (t("来源文件", "Documents"), t("；", "; ").join(documents)),
        (t("来源情况", "About the source"), note.say(lang).rstrip("。.") if note else ""),
        (t("权重", "Weights"), t("印明", "printed") if printed else t("假定", "assumed")),
        (t("计算", "Computation"), t("精确有理数，无随机数", "exact rationals, no random numbers")),
        (t("版本", "Versions"), f"evalsys {evalsys.__version__}, Python {python}"),
    ]
    text = t("；", "; ").join(f"{name}{t('：', ': ')}{escape(value)}" for name, value in facts if value)
    return block(lang, f'<div class="prov">{text}{t("。", ".")}</div>')


def _document(document: Mapping[str, Any], lang: Lang) -> str:
    certainty = WORDS["certainty"][document["certainty"]].say(lang)
    parts = [document["title"], document["issuer"], document["date"], certainty, document["address"]]
    return Text("，", ", ").say(lang).join(part for part in parts if part)


_FIELDS = (
    Field("code", Text("编码", "code")),
    Field("indicator", Text("一级指标", "top-level indicator")),
    Field("standard", Text("标准", "standard")),
    Field("methods", Text("测评方法", "methods")),
    Field("threshold", Text("界限来源", "threshold")),
    Field("rule", Text("规则", "rule")),
    Field("printed", Text("印明分值", "printed points"), "points"),
    Field("points", Text("有效分值", "effective points"), "points"),
    Field("share", Text("占满分", "share"), "share"),
)


def write_annex(instrument: Instrument, folder: str, lang: Lang) -> Html:
    """Write the effective weights as an Excel workbook into a folder, and say where; nothing for an empty folder."""
    if not folder:
        return Html("")
    t = speaker(lang)
    title = t("有效权重", "effective-weights")
    name = f"{title}.xlsx"
    _annex(instrument, lang).write_workbook(Path(folder) / name, title, lang)
    return block(lang, f'<p class="cap">{t("附件：", "Annex: ")}{name}</p>').stating(annex=name)


def _annex(instrument: Instrument, lang: Lang) -> Listing:
    rows = []
    for weight in weights(instrument):
        node = instrument.standards[weight.code]
        standard = _standard(node)
        rows.append(
            (
                weight.code,
                instrument.nodes[instrument.indicator_of(weight.place)].name.say(lang),
                node.name.say(lang),
                Text("、", ", ").say(lang).join(METHODS[method].say(lang) for method in standard.rules),
                ORIGIN_NAMES[weight.origin].say(lang),
                _default(standard, lang) if standard.rules else "",
                weight.printed,
                weight.points,
                weight.share,
            )
        )
    return Listing(_FIELDS, rows)
