"""The tables of an index: a row per report, with what its page states; columns that no report has are left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from html import escape
from urllib.parse import quote

from evalsys.forecast_words import about, chance_text
from evalsys.language import Lang, Text
from evalsys.markup import Column, safe, section, speaker, table
from evalsys.reporting.jobs import Outcome
from evalsys.wording import decimal, percent, plural, points

__all__ = [
    "Labels",
    "done_table",
    "exact",
    "failed_table",
    "known",
    "labels_of",
    "number_of",
    "place_of",
    "said",
    "stem_of",
]

#: By the key of a report: its name, and what tells it from others of that name.
Labels = Mapping[str, tuple[str, str]]

_KINDS = {
    "mock-assessment": Text("模拟测评报告", "Mock assessments"),
    "fix-sensitivity": Text("整改效益分析", "Value of fixes"),
    "what-if": Text("整改推演", "What if"),
    "instrument-audit": Text("测评体系审读", "Instrument audits"),
    "league-table": Text("排名表", "League tables"),
    "title-decision": Text("称号评选", "Title decisions"),
}
_FORMS = {
    "pdf": Text("PDF", "PDF"),
    "word": Text("Word", "Word"),
    "annex": Text("Excel", "Excel"),
    "bundle": Text("打包", "Bundle"),
}
_LANGUAGES = {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}
_LONGEST = 400  # letters of a reason
_NO = Text("", "")


# ------------------------------------------------------------------------------------------------------- the data


def stem_of(outcome: Outcome) -> str:
    """Return the name of a report's notebook, without folder or suffix."""
    return outcome.job.key.rpartition("/")[2].rpartition(".")[0]


def place_of(stem: str) -> int:
    """Return the place of a notebook in the order of the tables; those of a user's own stand last."""
    return [*_KINDS].index(stem) if stem in _KINDS else len(_KINDS)


def number_of(outcome: Outcome, name: str) -> float | None:
    """Return a fact that is a finite number, else None: a notebook of a user's own may state anything."""
    value = outcome.summary.get(name)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15  # nan is not
    return float(value) if usable and value is not None else None


def known(outcomes: Sequence[Outcome], name: str) -> list[float]:
    """Return the values of a fact where there are any."""
    return [value for outcome in outcomes if (value := number_of(outcome, name)) is not None]


def exact(value: float) -> Fraction:
    """Return the shortest decimal that a float stands for, so that halves are rounded as on the report itself.

    Examples
    --------
    >>> exact(0.93855)
    Fraction(18771, 20000)
    """
    return Fraction(repr(value))


def labels_of(outcomes: Sequence[Outcome]) -> Labels:
    """Return the name of every report, and its folder where several have that name."""
    folders: dict[str, set[str]] = {}
    for outcome in outcomes:
        folders.setdefault(_name(outcome), set()).add(outcome.job.name)
    labels = {}
    for outcome in outcomes:
        name, folder = _name(outcome), outcome.job.name
        labels[outcome.job.key] = (name, folder if len(folders[name]) > 1 and folder != name else "")
    return labels


def _name(outcome: Outcome) -> str:
    facts = outcome.summary
    return str(facts.get("place") or facts.get("title") or outcome.job.name)


def said(label: tuple[str, str], lang: Lang) -> str:
    """Return the name of a report for a sentence."""
    name, apart = label
    return Text(f"{name}（{apart}）", f"{name} ({apart})").say(lang) if apart else name


# ------------------------------------------------------------------------------------------ reports that are done


@dataclass(frozen=True)
class _Number:
    """A column of numbers: the fact that it shows, head, unit, and how a value is shown (HTML)."""

    fact: str
    head: Text
    unit: Text
    shown: Callable[[float, Lang], str]
    chance: bool = False  # shown without its decimals, which the order needs


@lru_cache(maxsize=4096)
def _chance(value: float, lang: Lang) -> str:
    """Return a chance for a cell; in English the head of the column says "about"."""
    return about(chance_text(value), lang) if lang == "zh" else chance_text(value)


def _rate(value: float, lang: Lang) -> str:
    return percent(exact(value))


def _some(value: float, lang: Lang) -> str:
    return f"<b>{decimal(exact(value), 3)}</b>" if value else "0"


def _count(value: float, lang: Lang) -> str:
    return f"{round(value):,}"


def _points(value: float, lang: Lang) -> str:
    return points(exact(value))


def _money(value: float, lang: Lang) -> str:
    return decimal(exact(value), 1)


_ABOUT = Text("", "about")
_NUMBERS = (
    _Number("rate", Text("得分率", "Rate"), _NO, _rate),
    _Number("not_assessed", Text("未测评", "Not assessed"), Text("分", "points"), _some),
    _Number("chance", Text("达标可能性", "Chance"), _ABOUT, _chance, chance=True),
    _Number("chance_strict", Text("严督查时", "If strict"), _ABOUT, _chance, chance=True),
    _Number("chance_after", Text("整改后", "After fixes"), _ABOUT, _chance, chance=True),
    _Number("fixes", Text("整改", "Fixes"), Text("项", ""), _count),
    _Number("cost", Text("费用", "Cost"), _NO, _money),
    _Number("full", Text("满分", "Full marks"), Text("分", "points"), _points),
    _Number("standards", Text("标准", "Standards"), Text("项", ""), _count),
    _Number("scored", Text("计分", "Scored"), Text("项", ""), _count),
    _Number("leaves", Text("得分单元", "Leaves"), Text("个", ""), _count),
    _Number("assumed", Text("依据假定", "Assumed"), Text("分", "points"), _some),
    _Number("units", Text("排名对象", "Units"), Text("个", ""), _count),
    _Number("rounding", Text("末位不同", "Last digit"), Text("处", ""), _count),
    _Number("errors", Text("有误", "Errors"), Text("处", ""), _count),
    _Number("candidates", Text("参评", "Candidates"), Text("个", ""), _count),
    _Number("selected", Text("拟命名", "Proposed"), Text("个", ""), _count),
    _Number("tied", Text("同分待定", "Tied"), Text("个", ""), _count),
    _Number("barred", Text("不得命名", "Barred"), Text("个", ""), _count),
)
#: What the table of a kind shows of them; one of a user's own shows all it has.
_SHOWN = {
    "mock-assessment": ("rate", "not_assessed", "chance", "chance_strict"),
    "fix-sensitivity": ("rate", "chance", "chance_after", "fixes", "cost"),
    "instrument-audit": ("full", "standards", "scored", "leaves", "assumed"),
    "league-table": ("units", "rounding", "errors"),
    "title-decision": ("candidates", "selected", "tied", "barred"),
}


@dataclass(frozen=True)
class _Shape:
    """What the rows of a table have in common.

    `bar` is the fact at the other end of the bar beside the chance, empty for no bar; rounds and languages stand
    beside the names where they differ.
    """

    numbers: tuple[_Number, ...]
    bar: str
    rounds: bool
    languages: bool
    links: bool


def _shape(own: Sequence[Outcome], stem: str) -> _Shape:
    wanted = _SHOWN.get(stem)
    numbers = tuple(one for one in _NUMBERS if (wanted is None or one.fact in wanted) and known(own, one.fact))
    facts = {one.fact for one in numbers}
    ends = [fact for fact in ("chance_after", "chance_strict") if fact in facts]
    return _Shape(
        numbers,
        ends[0] if ends and "chance" in facts else "",
        len({str(outcome.summary.get("round", "")) for outcome in own}) > 1,
        len({outcome.job.lang for outcome in own}) > 1,
        any(form in outcome.outputs for outcome in own for form in _FORMS),
    )


def done_table(own: Sequence[Outcome], alone: bool, number: str, labels: Labels, lang: Lang) -> str:
    """Return the section on the reports of one notebook, the highest chance to pass first, then the highest rate.

    Parameters
    ----------
    own : sequence of Outcome
        At least one; all of the same notebook and all done.
    alone : bool
        Whether no other notebook has reports.
    number : str
        Of the section, as a Chinese numeral.
    labels : mapping
    lang : {'zh', 'en'}
    """
    stem = stem_of(own[0])
    shape = _shape(own, stem)
    title = Text("已完成的报告", "Reports that are done") if alone else _KINDS.get(stem, Text(stem, stem))
    facts = [one.fact for one in shape.numbers]
    order = next((fact for fact in ("chance", "rate") if fact in facts), "")
    hint = Text("点列名可排序。", " Press a heading to sort.").say(lang)
    say = escape(_order_said(len(own), order).say(lang)) + f'<span class="screen" data-hint hidden>{hint}</span>'
    rows = "".join(_row(outcome, shape, labels, lang) for outcome in sorted(own, key=_by_chance))
    return (
        section(number, f"done-{place_of(stem)}-{escape(stem)}", title.zh, title.en, lang, say)
        + f'<table class="idx"><thead><tr>{_heads(shape, order, lang)}</tr></thead><tbody>{rows}</tbody></table>'
        + _caption(own, shape, lang)
    )


def _by_chance(outcome: Outcome) -> tuple[float, float, int]:
    chance, rate = (number_of(outcome, name) for name in ("chance", "rate"))
    return (2.0 if chance is None else -chance, 2.0 if rate is None else -rate, outcome.job.row)


def _order_said(count: int, order: str) -> Text:
    reports = plural(count, "report")
    if count < 2 or not order:
        return Text(f"共 {count:,} 份。", f"{reports}.")
    by = {"chance": Text("达标可能性", "chance to pass"), "rate": Text("得分率", "rate")}[order]
    return Text(f"共 {count:,} 份，按{by.zh}从高到低排列。", f"{reports}, highest {by.en} first.")


def _heads(shape: _Shape, order: str, lang: Lang) -> str:
    heads = [_head(Text("名称", "Name"), lang)]
    for one in shape.numbers:
        sort = ' aria-sort="descending"' if one.fact == order else ""
        heads.append(_head(one.head, lang, one.unit, f' class="r"{sort}'))
        if one.fact == "chance" and shape.bar:
            scale = '<span class="u sc"><span>0%</span><span>50%</span><span>100%</span></span>'
            heads.append(f'<th scope="col" class="c">{scale}</th>')
    heads.append(_head(Text("状态", "Status"), lang))
    heads += [f'<th scope="col">{Text("打开", "Open").say(lang)}</th>'] if shape.links else []
    return "".join(heads)


def _head(head: Text, lang: Lang, unit: Text = _NO, attributes: str = "") -> str:
    below = f'<span class="u">{unit.say(lang)}</span>' if unit.say(lang) else ""
    return f'<th scope="col"{attributes}><button type="button">{head.say(lang)}{below}</button></th>'


def _row(outcome: Outcome, shape: _Shape, labels: Labels, lang: Lang) -> str:
    cells = [f"<td>{_named(outcome, shape, labels, lang)}</td>"]
    for one in shape.numbers:
        value = number_of(outcome, one.fact)
        cells.append(_cell(value, one, lang))
        if one.fact == "chance" and shape.bar:
            cells.append(_bar(value, number_of(outcome, shape.bar), shape.bar))
    part = bool(number_of(outcome, "not_assessed"))
    state = Text("完成，有未测评", "done, in part") if part else Text("完成", "done")
    cells.append(f'<td class="st {"part" if part else "ok"}">{state.say(lang)}</td>')
    cells += [f'<td class="open">{_links(outcome, lang)}</td>'] if shape.links else []
    return f"<tr>{''.join(cells)}</tr>\n"


def _cell(value: float | None, one: _Number, lang: Lang) -> str:
    if value is None:
        return '<td class="r" data-value="">–</td>'
    held = f' data-value="{value:.4g}"' if one.chance else ""  # elsewhere the number that is shown will do
    quiet = " q" if one.shown is _some and not value else ""
    return f'<td class="r{quiet}"{held}>{one.shown(value, lang)}</td>'


def _bar(value: float | None, other: float | None, fact: str) -> str:
    """Return the cell of a bar from one chance to another; the style sheet draws it."""
    if value is None:
        return '<td class="c"></td>'
    low, high = sorted((value, value if other is None else other))
    kind = " o" if other is None else " n" if fact == "chance_after" else ""
    return f'<td class="c{kind}" style="--a:{low * 100:.3g};--b:{high * 100:.3g}"></td>'


def _named(outcome: Outcome, shape: _Shape, labels: Labels, lang: Lang) -> str:
    """Return the name of a report with a link to its page, and in soft ink what tells it apart."""
    name, folder = labels[outcome.job.key]
    page = outcome.outputs.get("html")
    shown = f'<a href="{_address(page["path"])}">{escape(name)}</a>' if page else escape(name)
    apart = [folder, str(outcome.summary.get("round", "")) * shape.rounds, _language(outcome, lang) * shape.languages]
    words = " · ".join(word for word in apart if word)
    return shown + (f' <span class="q">{escape(words)}</span>' if words else "")


def _language(outcome: Outcome, lang: Lang) -> str:
    held = _LANGUAGES.get(outcome.job.lang)
    return held.say(lang) if held else outcome.job.lang


def _links(outcome: Outcome, lang: Lang) -> str:
    return " ".join(
        f'<a href="{_address(outcome.outputs[form]["path"])}">{words.say(lang)}</a>'
        for form, words in _FORMS.items()
        if form in outcome.outputs
    )


def _address(path: str) -> str:
    """Return a path inside the batch as an address: a name may hold anything that a folder may be called."""
    return quote(path, safe="/")


def _caption(own: Sequence[Outcome], shape: _Shape, lang: Lang) -> str:
    told = []
    if shape.bar == "chance_after":
        told.append(
            Text("横条：灰线为目前的达标可能性，蓝线为整改后。", "Bar: grey line, chance now; blue, after fixes.")
        )
    elif shape.bar:
        told.append(
            Text(
                "横条：深蓝竖线为达标可能性，橙色竖线为严督查时的可能性。",
                "Bar: blue line, chance to pass; orange, if inspectors are strict.",
            )
        )
    if any(known(own, "not_assessed")):
        told.append(
            Text(
                "“有未测评”的得分率只按已测评部分计算，不宜直接排名。",
                "Done in part: the rate is of what is assessed, and should not be ranked with the others.",
            )
        )
    if any(one.fact == "cost" for one in shape.numbers):
        told.append(Text("费用的单位同各自的整改表。", "Costs are in the unit of each table of fixes."))
    joined = Text("", " ").say(lang).join(text.say(lang) for text in told)
    return f'<p class="cap">{joined}</p>' if told else ""


# ---------------------------------------------------------------------------------------------- reports that failed


def failed_table(failed: Sequence[Outcome], number: str, labels: Labels, resume: str, lang: Lang) -> str:
    """Return the section on failed reports: why, what to do about each, and the command that makes them again.

    Parameters
    ----------
    failed : sequence of Outcome
        At least one.
    number : str
        Of the section, as a Chinese numeral.
    labels : mapping
    resume : str
        Empty: no command is shown.
    lang : {'zh', 'en'}
    """
    t = speaker(lang)
    kinds = len({stem_of(outcome) for outcome in failed}) > 1
    languages = len({outcome.job.lang for outcome in failed}) > 1
    columns = [
        Column(t("参数表", "Row"), "", "nw"),
        Column(t("名称", "Name")),
        *([Column(t("报告", "Report"), "", "q")] if kinds or languages else []),
        Column(t("状态", "Status"), "", "nw"),
        Column(t("原因", "Reason")),
        Column(t("如何办", "What to do")),
    ]
    rows = []
    for outcome in sorted(failed, key=lambda one: (one.job.row, one.job.key)):
        stem = stem_of(outcome)
        about_it = [_KINDS.get(stem, Text(stem, stem)).say(lang)] * kinds + [_language(outcome, lang)] * languages
        rows.append(
            [
                t(f"第 {outcome.job.row:,} 行", f"{outcome.job.row:,}"),
                safe(said(labels[outcome.job.key], lang)),
                *([safe(" · ".join(about_it))] if about_it else []),
                f'<span class="st bad">{t("未生成", "not made")}</span>',
                safe(_one_line(outcome.error)) or "–",
                _advice(outcome, lang),
            ]
        )
    say = t(f"{len(failed):,} 份未生成，按参数表的行排列。", f"{plural(len(failed), 'report')} not made, by row.")
    return (
        section(number, "failed", "失败的报告", "Reports that failed", lang, escape(say))
        + table(columns, rows)
        + _resume(resume, len(failed), lang)
    )


def _one_line(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"


def _advice(outcome: Outcome, lang: Lang) -> str:
    """Say what to do about a failed report, with a link to what was executed of it."""
    if re.search(r"timeout|timed out|超时", outcome.error, re.I):
        told = Text("放宽 --timeout，再续跑", "allow more time with --timeout, then resume")
    else:
        told = Text("改正参数或证据，再续跑", "mend the row or the evidence, then resume")
    record = outcome.outputs.get("failed")
    if not record:
        return told.say(lang)
    words = Text("运行记录", "what was run").say(lang)
    link = f'<a href="{_address(record["path"])}">{words}</a>'
    return told.say(lang) + Text(f"（{link}）", f" ({link})").say(lang)


def _resume(command: str, count: int, lang: Lang) -> str:
    if not command:
        return ""
    head = Text("续跑命令：", "To resume: ").say(lang)
    tail = Text(f"（只重做失败的 {count:,} 份）。", f" (makes only what failed: {count:,}).").say(lang)
    return f'<p class="say on">{head}<code>{escape(command)}</code>{tail}</p>'
