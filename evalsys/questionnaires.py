"""The questionnaire of an instrument as a workbook: a page to print, and the sheet into which answers are typed.

The sheet has the columns of the table ``responses``, so that the workbook can lie in the folder of an assessment as it
is. Neither page asks who somebody is: a questionnaire has a number and a stratum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.entries import Entry, Lists, attach
from evalsys.faults import Fault, InputFaults
from evalsys.fields import SHEETS
from evalsys.files import atomic
from evalsys.instrument import Instrument, Question
from evalsys.language import Lang, Text
from evalsys.sheets import (
    BLUE,
    HAIR,
    INK,
    SOFT,
    Field,
    body,
    edge,
    end_rule,
    filtered,
    font,
    head,
    lines_in,
    new_workbook,
    packed,
    page,
    write,
)
from evalsys.survey_designs import SurveyPlan, survey_questions

__all__ = ["MOST_ROWS", "Form", "forms_of", "write_questionnaire"]

#: Rows that are made ready for typing in.
MOST_ROWS = 30_000
_WIDTH = 84.0


@dataclass(frozen=True)
class Form:
    """A questionnaire to be filled in: its number, its stratum ('' without strata) and the weight of its answers."""

    number: int
    stratum: str
    weight: Fraction


def forms_of(plan: SurveyPlan, *, optimal: bool = False) -> tuple[Form, ...]:
    """Return the questionnaires of a plan, numbered through: as many as answers are wanted.

    Parameters
    ----------
    optimal : bool
        Neyman's allocation, where the plan has one; else the proportional one.
    """
    sample = plan.optimal if optimal and plan.optimal is not None else plan.sample
    names = [own.name for own in plan.design.strata] or [""]
    found: list[Form] = []
    for name, count, weight in zip(names, sample.answers, sample.weights, strict=True):
        found += [Form(len(found) + place, name, weight) for place in range(1, count + 1)]
    return tuple(found)


def write_questionnaire(instrument: Instrument, forms: Sequence[Form], path: Path, lang: Lang = "zh") -> int:
    """Write the questionnaire of an instrument.

    Parameters
    ----------
    instrument : Instrument
    forms : sequence of Form
        A row for each question of each is made ready, as far as :data:`MOST_ROWS` goes.
    path : Path
        Workbook to write; overwritten.
    lang : {'zh', 'en'}
        Language of headings and questions. Options stay as the instrument has them: they are what is read back.

    Returns
    -------
    int
        How many questionnaires are made ready.

    Raises
    ------
    InputFaults
        If the instrument has no questions. Nothing is written then.
    """
    questions = [question for _, _, question in survey_questions(instrument)]
    if not questions:
        raise InputFaults([Fault("no_questions", instrument.id)])
    title = Text("群众问卷", "Questionnaire").say(lang)
    workbook = new_workbook(title)
    foot = instrument.title.say(lang)
    form = workbook.create_sheet(_sheet("form", lang))
    _page_to_print(form, questions, lang)
    page(form, "portrait", foot=foot)
    entry, help_ = workbook.create_sheet(_sheet("responses", lang)), workbook.create_sheet(_sheet("instructions", lang))
    lists = Lists(help_.title)
    ready = forms[: max(1, MOST_ROWS // len(questions))]
    _entry_sheet(entry, questions, ready, lists, lang)
    page(entry, foot=foot)
    _instructions(help_, len(questions), len(forms), len(ready), lang)
    page(help_, "portrait", foot=foot)
    lists.write(help_)
    content = packed(workbook)
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return len(ready)


def _sheet(table: str, lang: Lang) -> str:
    return next(zh for zh, name in SHEETS.items() if name == table) if lang == "zh" else table


# --------------------------------------------------------------------------------------------- the page to print


def _page_to_print(sheet: Worksheet, questions: Sequence[Question], lang: Lang) -> None:
    """Write the page that an interviewer takes along: questions in order, a box before each option."""
    for column, width in zip("ABC", (5.0, _WIDTH, 12.0), strict=True):
        sheet.column_dimensions[column].width = width
    title = Text("文明城市创建群众问卷", "What residents say of the civilised city").say(lang)
    blanks = Text("问卷编号：__________　　分层：__________", "Number: __________    Stratum: __________").say(lang)
    lead = Text(
        "本问卷不记姓名，不问身份。请按实际情况，在所选答案前的方框内打“√”，每题选一项；不愿回答的题可以空着。",
        "Nobody's name is asked. Please tick the box before the answer that is true, one for each question; "
        "a question may be left empty.",
    ).say(lang)
    _line(sheet, 1, title, 18, bold=True, height=36)
    _line(sheet, 2, blanks, 11, height=24)
    _line(sheet, 3, lead, 10.5, SOFT, 10 + 15 * lines_in(lead, _WIDTH + 12))
    for cell in sheet[3][:3]:
        cell.border = Border(bottom=edge(INK))
    for place, question in enumerate(questions, 1):
        row = 2 + 2 * place
        text, boxes = question.text.say(lang), _boxes(question)
        number = write(sheet, row, 1, f"{place}.", "@")
        asked, code = write(sheet, row, 2, text, "@"), write(sheet, row, 3, question.id, "@")
        number.font, asked.font, code.font = font(11.5, BLUE, True), font(11.5, INK, True), font(8.5, SOFT)
        number.alignment = asked.alignment = Alignment("left", "bottom", wrap_text=True)
        code.alignment = Alignment("right", "bottom")
        sheet.row_dimensions[row].height = 14 + 16 * lines_in(text, _WIDTH * 0.85)
        options = write(sheet, row + 1, 2, boxes, "@")
        options.font, options.alignment = font(11.5), Alignment("left", "center", wrap_text=True)
        sheet.row_dimensions[row + 1].height = 12 + 17 * lines_in(boxes, _WIDTH * 0.85)
        for cell in sheet[row + 1][:3]:
            cell.border = Border(bottom=edge(HAIR))
    row = 4 + 2 * len(questions)
    _line(sheet, row, Text("感谢您的回答。", "Thank you.").say(lang), 10.5, SOFT, 26)
    sheet.print_area = f"A1:C{row}"


def _boxes(question: Question) -> str:
    return "　　".join(f"□ {option}" for option in question.options)


def _line(
    sheet: Worksheet, row: int, text: str, size: float, colour: str = INK, height: float = 20.0, *, bold: bool = False
) -> None:
    """Write a line over all columns."""
    sheet.merge_cells(f"A{row}:C{row}")
    cell = write(sheet, row, 1, text, "@")
    cell.font, cell.alignment = font(size, colour, bold), Alignment("left", "center", wrap_text=True)
    sheet.row_dimensions[row].height = height


# -------------------------------------------------------------------------------------------- the sheet to type in


def _entry_sheet(
    sheet: Worksheet, questions: Sequence[Question], forms: Sequence[Form], lists: Lists, lang: Lang
) -> None:
    """Write a row for each question of each questionnaire; the answer is a drop-down of the question's own options."""
    zh = lang == "zh"
    fields = [
        Field("问卷编号" if zh else "respondent", 13, "0", "center"),
        Field("题目编号" if zh else "question", 13),
        Field("题目" if zh else "question text", 56),
        Field("回答" if zh else "answer", 22, fill_in=True),
        Field("分层" if zh else "stratum", 20),
        Field("权重" if zh else "weight", 11, "0.0000", "right"),
    ]
    head(sheet, 1, fields)
    rows = [
        [form.number, question.id, question.text.say(lang), None, form.stratum or None, form.weight]
        for form in forms
        for question in questions
    ]
    last = body(sheet, 2, fields, rows) - 1
    end_rule(sheet, last, fields)
    filtered(sheet, 1, len(fields), last, "A2")
    error = Text("请从下拉名录中选择。", "Choose from the list.").say(lang)
    for options, own in _alike(questions):
        ready = [2 + start * len(questions) + place for start in range(len(forms)) for place in own]
        attach(sheet, 4, ready, Entry("list", lists.source(options), error=error), fields[3].heading, lang)


def _alike(questions: Sequence[Question]) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Yield each list of options with the places of the questions that have it."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, question in enumerate(questions):
        found.setdefault(question.options, []).append(place)
    yield from found.items()


def _instructions(sheet: Worksheet, questions: int, wanted: int, ready: int, lang: Lang) -> None:
    form, entry = _sheet("form", lang), _sheet("responses", lang)
    lines = [
        Text(f"“{form}”供打印，一人一份。编号用“{entry}”表中的问卷编号，不写姓名、电话、住址。",
             f"Print the sheet '{form}', one for each person. Its number is that of the sheet '{entry}'; no names."),
        Text(f"“{entry}”供录入，一份问卷 {questions} 行，回答从下拉名录中选；没有回答的留空。",
             f"Type answers into '{entry}': {questions} rows for each person; choose from the list, leave what was "
             "not answered empty."),
        Text("录完后把本工作簿放进测评文件夹即可计分；也可以把这张表另存为 responses.csv。",
             "Then put this workbook into the folder of the assessment; or save the sheet as responses.csv."),
        Text("分层和权重按抽样方案预填。各层实际答卷数与方案不符时，权重应改为该层人数除以该层答卷数，各层按同一比例缩放。",
             "Strata and weights are those of the plan. Where other numbers answered, the weight of a stratum is its "
             "people over its answers, all on one scale."),
    ]  # fmt: skip
    if ready < wanted:
        lines.append(
            Text(f"本表只预填前 {ready} 份，共需 {wanted} 份；其余照样往下填。",
                 f"Ready for the first {ready} of {wanted} questionnaires: go on below in the same way.")
        )  # fmt: skip
    sheet.column_dimensions["A"].width = 96
    for row, line in enumerate(lines, 1):
        cell = write(sheet, row, 1, line.say(lang), "@")
        cell.font, cell.alignment = font(10.5), Alignment("left", "top", wrap_text=True)
        sheet.row_dimensions[row].height = 8 + 15 * lines_in(line.say(lang), 96)
