"""The plan and the result of a survey as tables, sentences, JSON and sheets; small cells stay hidden in all of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from evalsys.console import display_width
from evalsys.instrument import Instrument
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.survey_cells import Shown
from evalsys.survey_designs import OFFSETS, WANTED, Allocation, SurveyPlan
from evalsys.survey_plans import Bar, Chance, pass_chance
from evalsys.survey_results import QuestionResult, StandardResult, SurveyResult
from evalsys.surveys import Estimate
from evalsys.wording import decimal, joined, percent

__all__ = [
    "chance_listing",
    "marked_text",
    "option_listing",
    "plan_json",
    "plan_sentences",
    "plan_text",
    "question_listing",
    "result_json",
    "result_listing",
    "result_sentences",
    "result_text",
    "sample_listing",
    "stratum_listing",
    "write_sheets",
]


def marked_text(listing: Listing, lang: Lang) -> str:
    """Return as text a table whose columns of numbers may hold marks in place of numbers."""
    columns, words = [], []
    for place, column in enumerate(listing.columns):
        cells = [row[place] for row in listing.rows]
        heading, shown = column.heading.say(lang), cells
        if column.kind != "text":
            numbers = Listing([column], [[None if isinstance(cell, str) else cell] for cell in cells])
            lines = [line.strip() for line in numbers.as_text(lang).splitlines()]
            told = [c if isinstance(c, str) else line for c, line in zip(cells, lines[1:], strict=True)]
            width = max(map(display_width, [heading, *told]))
            heading, *shown = [" " * (width - display_width(text)) + text for text in (heading, *told)]
        columns.append(Column(column.key, Text(heading, heading)))
        words.append(shown)
    return Listing(columns, list(zip(*words, strict=True))).as_text(lang)


def _add_sheet(workbook: Any, listing: Listing, title: str, lang: Lang) -> None:
    """Add a table to a workbook: numbers as numbers, and marks where they stand in place of numbers."""
    from evalsys.sheets import write

    kinds = [column.kind for column in listing.columns]
    rows = [
        [None if kind != "text" and isinstance(cell, str) else cell for kind, cell in zip(kinds, row, strict=True)]
        for row in listing.rows
    ]
    Listing(listing.columns, rows).add_sheet(workbook, title, lang)
    for row, (given, bare) in enumerate(zip(listing.rows, rows, strict=True), 2):
        for place, (cell, kept) in enumerate(zip(given, bare, strict=True), 1):
            if cell is not kept:
                write(workbook[title], row, place, cell, "@")


def _share(value: float | Fraction | None, places: int = 4) -> Fraction | None:
    """Return a share rounded half up to so many decimals: what is shared tells no more."""
    if value is None:
        return None
    scaled = Fraction(value) * 10**places
    return Fraction(math.floor(scaled + Fraction(1, 2)), 10**places)


def _bar_said(bar: Bar | None, lang: Lang) -> str:
    if bar is None:
        return ""
    rate = decimal(bar.rate * 100, 0 if (bar.rate * 100).denominator == 1 else 1)
    return f"{'高于 ' if lang == 'zh' else 'above '}{rate}%" if bar.above else f"≥{rate}%"


def _percent(value: float | Fraction, least: int = 1) -> str:
    """Return a chance in per cent with one decimal; with more where it would read 0 or 100 without being so."""
    exact = Fraction(value)
    for places in range(least, 5):
        if 0 < _share(exact, places + 2) < 1 or exact in (0, 1):  # type: ignore[operator]
            return percent(exact, places)
    return "<0.0001%" if exact < Fraction(1, 2) else ">99.9999%"


# -------------------------------------------------------------------------------------------------------- the plan


def sample_listing(plan: SurveyPlan, lang: Lang) -> Listing:
    """Return answers and questionnaires by stratum, the whole last."""
    columns = [
        Column("stratum", Text("分层", "stratum")),
        Column("population", Text("人数", "people"), "count"),
        Column("answers", Text("有效答卷", "answers"), "count"),
        Column("ask", Text("须访问", "to ask"), "count"),
        Column("half_width", Text("误差 ±", "± within"), "share"),
        Column("weight", Text("权重", "weight"), "points"),
    ]
    optimal = plan.optimal
    if optimal is not None:
        columns += [
            Column("rate", Text("预计比例", "expected rate"), "share"),
            Column("optimal_answers", Text("最优分配答卷", "answers (optimal)"), "count"),
            Column("optimal_ask", Text("最优分配访问", "to ask (optimal)"), "count"),
            Column("optimal_weight", Text("最优分配权重", "weight (optimal)"), "points"),
        ]
    rows = []
    for place, own in enumerate(plan.design.strata):
        row: list[Any] = [own.name, own.population, *_planned(plan.sample, place)]
        if optimal is not None:
            answers, ask, _, weight = _planned(optimal, place)
            row += [plan.design.rates[place], answers, ask, weight]
        rows.append(row)
    whole = [Text("合计", "all").say(lang), plan.design.everybody, *_whole(plan.sample), None]
    rows.append(whole if optimal is None else [*whole, None, optimal.total, sum(optimal.ask), None])
    return Listing(columns, rows)


def _planned(sample: Allocation, place: int) -> list[Any]:
    weight = _share(sample.weights[place])
    return [sample.answers[place], sample.ask[place], _share(sample.halves[place]), weight]


def _whole(sample: Allocation) -> list[Any]:
    return [sample.total, sum(sample.ask), _share(sample.half)]


def chance_listing(plan: SurveyPlan, lang: Lang) -> Listing:
    """Return, for each standard with a rate, the chance to pass by how far the true rate lies from it."""
    columns = [
        Column("standard", Text("标准", "standard")),
        Column("text", Text("标准内容", "text")),
        Column("clause", Text("条款", "clause")),
        Column("bar", Text("达标线", "rate")),
        Column("least", Text("至少满意", "at least"), "count"),
    ]
    for offset in OFFSETS:
        shown = f"{offset:+d}".replace("-", "−")
        name = Text(f"达标线{shown}点", f"rate {shown} pp") if offset else Text("恰在达标线", "at the rate")
        columns.append(Column(f"chance_{offset:+d}", name, "share"))
    said = percent(WANTED, 0)
    columns.append(Column("needed", Text(f"{said}可能达标所需真实率", f"true rate for {said}"), "share"))
    if plan.optimal is not None:
        columns.append(Column("expected", Text("按预计比例达标可能", "chance at expected rates")))
        columns.append(Column("optimal", Text("最优分配达标可能", "chance (optimal)")))
    rows = []
    for own in plan.standards:
        row: list[Any] = [own.code, own.standard.text.say(lang), own.clause, _bar_said(own.bar, lang), own.least]
        if own.bar is None:
            row[3] = _no_bar(lang)
        row += [_share(own.chances.get(offset)) for offset in OFFSETS]
        row.append(_share(own.needed, 6))
        rows.append(row if plan.optimal is None else [*row, _between(own.expected), _between(own.optimal)])
    return Listing(columns, rows)


def _no_bar(lang: Lang) -> str:
    return Text("按比率计分", "scored by share").say(lang)


def _between(chance: Chance | None) -> str:
    if chance is None:
        return ""
    low, high = _percent(chance.low), _percent(chance.high)
    return low if low == high else f"{low}–{high}"


def plan_sentences(plan: SurveyPlan, lang: Lang) -> list[str]:
    """Return what the plan says in words."""
    return [text.say(lang) for text in _plan_said(plan)]


def _plan_said(plan: SurveyPlan) -> Iterator[Text]:
    design, sample = plan.design, plan.sample
    confidence, half, rate = (_plain(v) for v in (design.confidence, design.half, design.rate))
    people = design.everybody
    whom = (
        Text("总体人数很多", "of very many people")
        if people is None
        else Text(f"总体 {people:,} 人", f"of {people:,} people")
    )
    said = Text(f"比例按 {rate} 估计", f"a rate of {rate}")
    if design.rate == Fraction(1, 2):
        said = Text(f"{said.zh}，即最保守的情形", f"{said.en}, the worst case")
    if plan.optimal is not None:
        said = Text(f"比例按各层的预计（没有的按 {rate}）", f"the strata's expected rates ({rate} where there is none)")
    yield Text(
        f"置信水平 {confidence}、误差不超过 ±{half}，{said.zh}，{whom.zh}："
        f"需有效答卷 {sample.total:,} 份，须访问 {sum(sample.ask):,} 人（应答率 {_plain(design.response)}）。",
        f"For ±{half} at {confidence} confidence, {said.en}, {whom.en}: {sample.total:,} answers, so "
        f"{sum(sample.ask):,} to ask (response {_plain(design.response)}).",
    )
    if not sample.reached:
        yield Text(
            "有的分层（或总体）全部访问也收不齐这么多答卷，达不到这样的误差：须提高应答率，或放宽误差。",
            "Even asking everybody will not bring so many answers: raise the response, or accept a wider interval.",
        )
    if plan.optimal is not None:
        count = f"{plan.optimal.total:,}"
        if plan.optimal.total < sample.total:
            yield Text(
                f"按各层预计比例作最优分配（Neyman），同样的误差只需 {count} 份；各层权重不同，录入时须填权重。",
                f"With the optimal (Neyman) allocation at the expected rates {count} answers do; weights then differ "
                "and must be entered.",
            )
        else:
            yield Text(
                f"按各层预计比例作最优分配（Neyman），同样的误差需 {count} 份，并不更省。",
                f"The optimal (Neyman) allocation at the expected rates needs {count} answers: no fewer.",
            )
    bars = [own for own in plan.standards if own.bar is not None]
    if any(own.bar == Bar(Fraction(1)) for own in bars):
        yield from _all_of_them(plan)
    if any(own.bar is not None and own.bar.rate < 1 for own in bars):
        yield Text(
            "真实率恰在达标线上的地方，达标的可能只有一半左右；"
            f"达标可能要有 {percent(WANTED, 0)}，真实率须高出达标线，见表。",
            "A place whose true rate is just the rate asked for passes about half the time; the table says which true "
            f"rate passes with a chance of {percent(WANTED, 0)}.",
        )


def _all_of_them(plan: SurveyPlan) -> Iterator[Text]:
    """Say what 100 % means in a sample."""
    n, many, deff = plan.sample.total, plan.design.everybody, float(plan.design.deff)
    own = next(own for own in plan.standards if own.bar == Bar(Fraction(1)))
    asked = len(own.standard.questions)
    chance = _percent(pass_chance(0.99, n, Bar(Fraction(1)), many, deff, asked), 2)
    yield Text(
        f"要求 100% 的标准（{own.code}），抽样中几乎不可能达到："
        f"真实率 99% 的地方，{n:,} 人全部如此回答的可能只有 {chance}。",
        f"A rate of 100% ({own.code}) is almost never met in a sample: where 99% in truth do, all of {n:,} do with a "
        f"chance of {chance}.",
    )


def _plain(value: Fraction) -> str:
    """Return a share in per cent without needless decimals."""
    places = next((p for p in range(3) if (value * 100 * 10**p).denominator == 1), 2)
    return percent(value, places)


def plan_text(plan: SurveyPlan, lang: Lang) -> str:
    """Return a plan for a terminal."""
    lines = [*plan_sentences(plan, lang), "", sample_listing(plan, lang).as_text(lang)]
    if plan.standards:
        shown = chance_listing(plan, lang)
        kept = [n for n, column in enumerate(shown.columns) if column.key != "text"]
        narrow = Listing([shown.columns[n] for n in kept], [[row[n] for n in kept] for row in shown.rows])
        head = Text(
            "以这样的样本，各标准达标的可能（按真实率在达标线上下几点）：",
            "With such a sample, the chance to pass, by how far the true rate lies from the rate asked for:",
        ).say(lang)
        lines += ["", head, narrow.as_text(lang)]
    return "\n".join(lines)


def plan_json(plan: SurveyPlan, instrument: Instrument, lang: Lang) -> str:
    """Return a plan as JSON."""
    design = plan.design
    return _json(
        {
            "schema": 1,
            "instrument": instrument.id,
            "precision": float(design.half),
            "confidence": float(design.confidence),
            "rate": float(design.rate),
            "population": design.everybody,
            "response": float(design.response),
            "deff": float(design.deff),
            "answers": plan.sample.total,
            "ask": sum(plan.sample.ask),
            "half_width": plan.sample.half,
            "reached": plan.sample.reached,
            "optimal_answers": None if plan.optimal is None else plan.optimal.total,
            "strata": _records(sample_listing(plan, lang)),
            "standards": _records(chance_listing(plan, lang)),
            "sentences": plan_sentences(plan, lang),
        }
    )


def _records(listing: Listing) -> list[dict[str, Any]]:
    """Return rows for JSON, shares as plain numbers: they are rounded, not exact."""
    keys = [column.key for column in listing.columns]
    return [
        {key: float(cell) if isinstance(cell, Fraction) else cell for key, cell in zip(keys, row, strict=True)}
        for row in listing.rows
    ]


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


# ------------------------------------------------------------------------------------------------------ the result

_VERDICTS = {True: Text("达标", "passes"), False: Text("不达标", "fails"), None: Text("按比率计分", "scored by share")}


def _numbers(share: Fraction, found: Estimate, shown: Shown) -> list[Any]:
    """Return a share with its interval, or the mark that stands in their place."""
    if shown is not Shown.YES:
        return [shown.value] * 3
    return [_share(share), _share(found.low), _share(found.high)]


def _count(value: int, shown: Shown) -> int | str:
    return value if shown is Shown.YES else shown.value


_RATE = (
    Column("rate", Text("比例", "rate"), "share"),
    Column("low", Text("下限", "low"), "share"),
    Column("high", Text("上限", "high"), "share"),
)
_VERDICT = (
    Column("bar", Text("达标线", "required")),
    Column("verdict", Text("结论", "verdict")),
    Column("chance_true", Text("真实率达标可能", "chance true rate passes"), "share"),
    Column("chance_again", Text("再抽一次达标可能", "chance to pass again"), "share"),
)


def question_listing(result: SurveyResult, lang: Lang) -> Listing:
    """Return a row for each standard, with its questions below it where it has several."""
    columns = (
        Column("standard", Text("标准", "standard")),
        Column("clause", Text("条款", "clause")),
        Column("question", Text("题目编号", "question")),
        Column("text", Text("内容", "text")),
        Column("answers", Text("答卷", "answers"), "count"),
        Column("unanswered", Text("未作答", "unanswered"), "count"),
        *_RATE,
        *_VERDICT,
    )
    rows: list[list[Any]] = []
    for own in result.standards:
        rows.append(_standard_row(own, lang))
        if len(own.questions) > 1:
            rows += [_question_row(own, question, lang) for question in own.questions]
    return Listing(columns, rows)


def _standard_row(own: StandardResult, lang: Lang) -> list[Any]:
    one = own.questions[0] if len(own.questions) == 1 else None
    shown = own.shown
    chances: list[Any] = [_share(own.chance_true), _share(own.chance_again)]
    if shown is not Shown.YES:
        chances = [None if chance is None else shown.value for chance in chances]
    return [
        own.code,
        own.clause,
        one.question.id if one else "",
        one.question.text.say(lang) if one else own.standard.text.say(lang),
        _count(one.answers, one.shown.answers) if one else None,
        _unanswered(one) if one else None,
        *_numbers(own.share, own.estimate, shown),
        _bar_said(own.bar, lang),
        _VERDICTS[own.passes].say(lang),
        *chances,
    ]


def _unanswered(own: QuestionResult) -> int | str:
    return own.unanswered if own.shown.answers is Shown.YES else own.shown.answers.value


def _question_row(own: StandardResult, question: QuestionResult, lang: Lang) -> list[Any]:
    return [
        own.code,
        "",
        question.question.id,
        question.question.text.say(lang),
        _count(question.answers, question.shown.answers),
        _unanswered(question),
        *_numbers(question.share, question.estimate, question.shown.rate),
        "",
        "",
        None,
        None,
    ]


def _questions(result: SurveyResult) -> Iterator[tuple[StandardResult, QuestionResult]]:
    for own in result.standards:
        for question in own.questions:
            yield own, question


def stratum_listing(result: SurveyResult, lang: Lang) -> Listing:
    """Return a row for each question and stratum; none where the survey has no strata."""
    columns = (
        Column("standard", Text("标准", "standard")),
        Column("question", Text("题目编号", "question")),
        Column("stratum", Text("分层", "stratum")),
        Column("answers", Text("答卷", "answers"), "count"),
        *_RATE,
    )
    rows = []
    for standard, own in _questions(result) if result.strata != ("",) else ():
        marks = zip(own.strata, own.shown.strata, own.shown.rates, strict=True)
        for stratum, answers, rate in marks:
            name = stratum.name or Text("未填", "none").say(lang)
            numbers = _numbers(stratum.share, stratum.estimate, rate)
            rows.append([standard.code, own.question.id, name, _count(stratum.answers, answers), *numbers])
    return Listing(columns, rows)


def option_listing(result: SurveyResult, lang: Lang) -> Listing:
    """Return a row for each question and option: how many gave it, and their part of the answers, unweighted."""
    columns = (
        Column("standard", Text("标准", "standard")),
        Column("question", Text("题目编号", "question")),
        Column("option", Text("回答", "answer")),
        Column("complies", Text("计入达标", "complies")),
        Column("answers", Text("答卷", "answers"), "count"),
        Column("part", Text("占比（未加权）", "part (unweighted)"), "share"),
    )
    yes, no = Text("是", "yes").say(lang), Text("否", "no").say(lang)
    rows = []
    for standard, own in _questions(result):
        for (option, count), shown in zip(own.options.items(), own.shown.options, strict=True):
            part = _share(Fraction(count, own.answers)) if shown is Shown.YES else shown.value
            good = yes if option in own.question.satisfied else no
            rows.append([standard.code, own.question.id, option, good, _count(count, shown), part])
    return Listing(columns, rows)


def result_listing(result: SurveyResult, lang: Lang) -> Listing:
    """Return all three tables as one for CSV: what each row is about stands in its first column."""
    columns = (
        Column("of", Text("项目", "row of")),
        Column("standard", Text("标准", "standard")),
        Column("clause", Text("条款", "clause")),
        Column("question", Text("题目编号", "question")),
        Column("name", Text("分层或回答", "stratum or answer")),
        Column("answers", Text("答卷", "answers"), "count"),
        *_RATE,
        *_VERDICT,
    )
    rows: list[list[Any]] = []
    for row in question_listing(result, lang).rows:
        standard, clause, question, _, answers, _, *rest = row
        of = Text("题目", "question") if not rest[4] else Text("标准", "standard")
        rows.append([of.say(lang), standard, clause, question, "", answers, *rest])
    by_stratum, by_option = Text("分层", "stratum").say(lang), Text("回答", "answer").say(lang)
    for standard, question, name, *numbers in stratum_listing(result, lang).rows:
        rows.append([by_stratum, standard, "", question, name, *numbers, "", "", None, None])
    for standard, question, name, _, *numbers in option_listing(result, lang).rows:
        rows.append([by_option, standard, "", question, name, *numbers, None, None, "", "", None, None])
    return Listing(columns, rows)


def result_sentences(result: SurveyResult, lang: Lang) -> list[str]:
    """Return what the survey says in words, and what is hidden."""
    return [text.say(lang) for text in _result_said(result, lang)]


def _result_said(result: SurveyResult, lang: Lang) -> Iterator[Text]:
    questions = [own for _, own in _questions(result)]
    passed, failed, other = ([own for own in result.standards if own.passes is kind] for kind in (True, False, None))
    people = "<5" if 0 < result.respondents < 5 else f"{result.respondents:,}"
    yield Text(
        f"有效问卷 {people} 份，{len(questions)} 道题，对应 {len(result.standards)} 项标准："
        f"达标 {len(passed)} 项，不达标 {len(failed)} 项，按比率计分 {len(other)} 项。",
        f"{people} questionnaires, {len(questions)} questions, {len(result.standards)} standards: "
        f"{len(passed)} pass, {len(failed)} fail, {len(other)} are scored by share.",
    )
    close = [own for own in passed if own.estimate.low < (own.bar.rate if own.bar else 0) < 1]
    if close:
        names = joined([own.code for own in close], lang)
        yield Text(
            f"{names} 虽然达标，但 95% 区间的下限低于达标线：再抽一次未必达标。",
            f"{names} pass, but the 95% interval reaches below the rate: another sample may fail.",
        )
    for own in (own for own in result.standards if own.bar == Bar(Fraction(1))):
        n = own.estimate.n
        chance = _percent(pass_chance(0.99, n, Bar(Fraction(1))), 2)
        said = "n" if own.shown is not Shown.YES else f"{n:,}"
        if said == "n":
            yield Text(
                f"{own.code} 要求 100%，抽样中有一人不是即不达标。", f"{own.code} asks for 100%: one person fails it."
            )
        else:
            yield Text(
                f"{own.code} 要求 100%，抽样中有一人不是即不达标："
                f"真实率 99% 的地方，{said} 人全部如此回答的可能只有 {chance}。",
                f"{own.code} asks for 100%, so that one person fails it: where 99% in truth do, all of {said} do with "
                f"a chance of {chance}.",
            )
    without = [own for own in questions if own.unanswered]
    if without:
        yield Text(
            f"{len(without)} 道题有人没有作答，未计入；没有作答的人按与其他人想法相同看待。",
            f"{len(without)} questions were left open by some: they are not counted, and taken to think as others do.",
        )
    silent = [name for own in result.standards for name in own.silent]
    if result.unasked or silent:
        names = joined([*result.unasked, *silent], lang, 12)
        yield Text(f"没有任何回答：{names}。", f"No answers at all: {names}.")
    if result.blank:
        yield Text(f"另有 {result.blank:,} 份问卷全部空白。", f"{result.blank:,} more questionnaires are empty.")
    if any(mark is not Shown.YES for own in questions for mark in _marks(own)):
        yield Text(
            "不足 5 人的数以“<5”代替；能据以推算出它的其他数以“…”代替。达标与否照报。",
            "A number that tells of fewer than 5 people is shown as <5, and others from which it could be worked out "
            "as …; verdicts are told all the same.",
        )


def _marks(own: QuestionResult) -> tuple[Shown, ...]:
    table = own.shown
    return (table.answers, table.rate, *table.options, *table.strata, *table.rates)


def result_text(result: SurveyResult, lang: Lang) -> str:
    """Return a result for a terminal: in words, by standard and question, by stratum, by answer."""
    shown = question_listing(result, lang)
    kept = [n for n, column in enumerate(shown.columns) if column.key != "text"]
    narrow = Listing([shown.columns[n] for n in kept], [[row[n] for n in kept] for row in shown.rows])
    lines = [*result_sentences(result, lang), "", marked_text(narrow, lang)]
    by_stratum = stratum_listing(result, lang)
    if by_stratum.rows:
        lines += ["", Text("按分层：", "By stratum:").say(lang), marked_text(by_stratum, lang)]
    lines += ["", Text("按回答：", "By answer:").say(lang), marked_text(option_listing(result, lang), lang)]
    return "\n".join(lines)


def result_json(result: SurveyResult, lang: Lang) -> str:
    """Return a result as JSON: shares are rounded, hidden numbers are marks."""
    return _json(
        {
            "schema": 1,
            "respondents": "<5" if 0 < result.respondents < 5 else result.respondents,
            "standards": _records(question_listing(result, lang)),
            "strata": _records(stratum_listing(result, lang)),
            "answers": _records(option_listing(result, lang)),
            "unasked": list(result.unasked),
            "sentences": result_sentences(result, lang),
        }
    )


# ------------------------------------------------------------------------------------------------------- workbooks


def write_sheets(
    path: Path, title: Text, tables: Sequence[tuple[Text, Listing]], said: Sequence[str], lang: Lang
) -> None:
    """Write tables as the sheets of a workbook, and sentences as its last."""
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(title.say(lang))
    for name, listing in tables:
        if listing.rows:
            _add_sheet(workbook, listing, name.say(lang), lang)
    notes = Listing((Column("note", Text("说明", "notes")),), [[line] for line in said])
    notes.add_sheet(workbook, Text("说明", "notes").say(lang), lang)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))
