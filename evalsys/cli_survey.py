"""The commands on surveys: how many to ask, the questionnaire, and what the answers say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsys.console import LOCALE, gathered, say, tell
from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang
from evalsys.verbs import (
    FILE,
    LANG_OF_RESULT,
    LANG_OF_SYSTEM,
    argument_assessment,
    check_target,
    options_format,
    or_faults,
    verb,
    write,
)

if TYPE_CHECKING:
    from evalsys.instrument import Instrument
    from evalsys.survey_designs import Design, SurveyPlan
    from evalsys.survey_results import SurveyResult

__all__ = ["survey"]


@click.group(
    "survey",
    help=say("问卷调查：定样本量、出问卷、看结果。", "Surveys: the sample, the questionnaire, the result."),
    short_help=say("问卷调查：定样本量、出问卷、看结果", "Surveys: the sample, the questionnaire, the result"),
    options_metavar=say("[选项]", "[OPTIONS]"),
    subcommand_metavar=say("命令 [参数]...", "COMMAND [ARGS]..."),
)
def survey() -> None:
    """Plan a survey and read its result."""


def _share(low_in: bool, high_in: bool) -> Callable[[click.Context, click.Parameter, str], Fraction]:
    """Return the reader of a share such as 95% or 0.95, from 0 to 1, ends included as told."""
    ends = f"{'0' if low_in else '> 0'} – {'100%' if high_in else '< 100%'}"

    def read(ctx: click.Context, param: click.Parameter, text: str) -> Fraction:
        from evalsys.schema import parse_number

        found = parse_number(text)
        inside = found is not None and 0 <= found <= 1 and (low_in or found > 0) and (high_in or found < 1)
        if found is None or not inside:
            raise click.BadParameter(
                say(f"{text}：应为 95% 这样的比例（{ends}）", f"{text}: a share such as 95% ({ends})")
            )
        return found

    return read


def _times(ctx: click.Context, param: click.Parameter, text: str) -> Fraction:
    from evalsys.schema import parse_number

    found = parse_number(text)
    if found is None or found <= 0:
        raise click.BadParameter(say(f"{text}：应为大于 0 的数", f"{text}: a number above 0"))
    return found


@verb(
    "plan",
    "定样本量：要多少份答卷，各层多少，以及各标准达标的可能；也可生成问卷。",
    "The sample: how many answers, by stratum, and the chance to pass each standard; and the questionnaire.",
    (
        "对象是测评，或测评体系的编号或文件。分层表为 CSV 或 Excel，列为：分层、人数，以及已知的预计比例。"
        "CSV 只含样本，达标可能在表格、JSON 和 Excel 中。例：\n\n"
        "evalsys survey plan wanquan-subdistrict-2021 --population 500000\n\n"
        "evalsys survey plan my-city --strata 街道.csv --response 70% --questionnaire 问卷.xlsx",
        "SUBJECT is an assessment, or the id or file of an instrument. The table of strata is CSV or Excel with "
        "columns stratum, population, and rate where one is expected. CSV holds the sample only; chances are in the "
        "table, JSON and the workbook. Examples:\n\n"
        "evalsys survey plan wanquan-subdistrict-2021 --population 500000\n\n"
        "evalsys survey plan my-city --strata streets.csv --response 70% --questionnaire form.xlsx",
    ),
    group=survey,
)
@click.argument("subject", type=click.Path(path_type=Path), metavar=say("对象", "SUBJECT"))
@click.option(
    "--precision", default="3%", show_default=True, metavar="X", callback=_share(False, False),
    help=say("误差：95% 区间的一半宽度", "half the width of the interval"),
)  # fmt: skip
@click.option(
    "--confidence", default="95%", show_default=True, metavar="X", callback=_share(False, False),
    help=say("置信水平", "confidence of the interval"),
)  # fmt: skip
@click.option(
    "--rate", default="50%", show_default=True, metavar="X", callback=_share(True, True),
    help=say("预计的比例；50% 最保守", "the rate that is expected; 50% is the worst case"),
)  # fmt: skip
@click.option("--population", type=click.IntRange(1), metavar="N", help=say("总体人数", "people there are"))
@click.option(
    "--strata", type=FILE, help=say("分层表：各层人数和估计比例", "table of strata: people and supposed rate of each")
)
@click.option(
    "--response", default="100%", show_default=True, metavar="X", callback=_share(False, True),
    help=say("应答率", "share of those asked who answer"),
)  # fmt: skip
@click.option(
    "--deff", default="1", show_default=True, metavar="X", callback=_times,
    help=say("抽样设计效应", "design effect"),
)  # fmt: skip
@click.option("--questionnaire", type=FILE, help=say("同时写出问卷（Excel）", "write the questionnaire too (Excel)"))
@click.option(
    "--optimal", is_flag=True, help=say("问卷按最优分配编号", "number the questionnaires by the optimal allocation")
)
@LANG_OF_SYSTEM
@options_format
def survey_plan(
    subject: Path,
    precision: Fraction,
    confidence: Fraction,
    rate: Fraction,
    population: int | None,
    strata: Path | None,
    response: Fraction,
    deff: Fraction,
    questionnaire: Path | None,
    optimal: bool,
    lang: Lang | None,
    as_: str,
    out: Path | None,
) -> None:
    """Plan a survey."""
    check_target(as_, out)
    if optimal and (questionnaire is None or strata is None):
        raise click.UsageError(
            say("--optimal 须与 --questionnaire 和 --strata 同用", "--optimal needs --questionnaire and --strata")
        )
    from evalsys import survey_designs
    from evalsys.survey_designs import Design

    def plan() -> tuple[Instrument, SurveyPlan]:
        instrument, parts = gathered(
            lambda: _instrument(subject), lambda: survey_designs.read_strata(strata) if strata else ()
        )
        design = Design(precision, confidence, rate, population, parts, response, deff)
        _agree(design)
        found = survey_designs.survey_plan(instrument, design)
        if questionnaire is not None:
            _write_questionnaire(instrument, found, questionnaire, optimal, lang or LOCALE)
        return instrument, found

    instrument, found = or_faults(plan, lang, as_, out)
    if questionnaire is not None:
        tell(f"已写出问卷 {questionnaire}", f"questionnaire: {questionnaire}")
    _write_plan(instrument, found, lang or LOCALE, as_, out)


def _instrument(subject: Path) -> Instrument:
    """Return the instrument of an assessment, or the one that is named."""
    from evalsys.instrument_file import load_instrument

    if subject.is_dir() or subject.suffix.lower() in (".xlsx", ".xlsm"):
        from evalsys.evidence import read_assessment

        return read_assessment(subject).instrument
    return load_instrument(str(subject))


def _agree(design: Design) -> None:
    """Refuse a population that is not the sum of the strata."""
    people = design.everybody
    if design.population is not None and people != design.population:
        raise InputFaults([Fault("bad_value", "--population", value=str(design.population), allowed=str(people))])


def _write_questionnaire(instrument: Instrument, plan: SurveyPlan, path: Path, optimal: bool, lang: Lang) -> None:
    from evalsys.questionnaires import forms_of, write_questionnaire

    if path.suffix.lower() != ".xlsx":
        raise InputFaults([Fault("unreadable", str(path), allowed=".xlsx")])
    forms = forms_of(plan, optimal=optimal)
    ready = write_questionnaire(instrument, forms, path, lang)
    if ready < len(forms):
        tell(
            f"录入表只预填前 {ready} 份，共需 {len(forms)} 份。",
            f"The sheet to type in is ready for the first {ready} of {len(forms)}.",
        )


def _write_plan(instrument: Instrument, plan: SurveyPlan, lang: Lang, as_: str, out: Path | None) -> None:
    from evalsys import survey_words as words
    from evalsys.language import Text

    if as_ == "xlsx" and out is not None:
        tables = [
            (Text("样本", "sample"), words.sample_listing(plan, lang)),
            (Text("达标可能", "chances"), words.chance_listing(plan, lang)),
        ]
        words.write_sheets(out, Text("抽样方案", "survey plan"), tables, words.plan_sentences(plan, lang), lang)
        click.echo(out)
    elif as_ == "json":
        write(words.plan_json(plan, instrument, lang), as_, out)
    elif as_ == "csv":
        write(words.sample_listing(plan, lang).as_csv(lang), as_, out)
    else:
        write(words.plan_text(plan, lang), as_, out)


@verb(
    "result",
    "问卷结果：各题比例和 95% 区间，是否达到来源规定的比例，再抽一次达标的可能。",
    "The result: rates with 95% intervals, against each source's rate, and the chance to pass again.",
    (
        "不足 5 人的数不列出，能据以推算的数也不列出。例：\n\n"
        "evalsys survey result data/synthetic-city\n\n"
        "evalsys survey result my-city --format xlsx --out 问卷结果.xlsx",
        "Numbers that tell of fewer than 5 people are hidden, and so is what would give them away. Examples:\n\n"
        "evalsys survey result data/synthetic-city\n\n"
        "evalsys survey result my-city --format xlsx --out survey.xlsx",
    ),
    group=survey,
)
@argument_assessment
@LANG_OF_RESULT
@options_format
def survey_result(assessment: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Say what a survey found."""
    check_target(as_, out)

    def read() -> tuple[SurveyResult, Any]:
        from evalsys import survey_results
        from evalsys.evidence import read_assessment

        given = read_assessment(assessment)
        found = survey_results.survey_result(given)
        if not found.standards:
            raise InputFaults([Fault("no_answers", str(assessment))])
        return found, given.settings.language

    found, own = or_faults(read, lang, as_, out)
    _write_result(found, lang or own or LOCALE, as_, out)


def _write_result(found: SurveyResult, lang: Lang, as_: str, out: Path | None) -> None:
    from evalsys import survey_words as words
    from evalsys.language import Text

    if as_ == "xlsx" and out is not None:
        tables = [
            (Text("标准和题目", "standards"), words.question_listing(found, lang)),
            (Text("按分层", "by stratum"), words.stratum_listing(found, lang)),
            (Text("按回答", "by answer"), words.option_listing(found, lang)),
        ]
        words.write_sheets(out, Text("问卷结果", "survey result"), tables, words.result_sentences(found, lang), lang)
        click.echo(out)
    elif as_ == "json":
        write(words.result_json(found, lang), as_, out)
    elif as_ == "csv":
        write(words.result_listing(found, lang).as_csv(lang), as_, out)
    else:
        write(words.result_text(found, lang), as_, out)
