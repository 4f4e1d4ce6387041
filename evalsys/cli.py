"""The command line: one verb per public function, faults as one clear list, never a traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import evalsys
from evalsys.cli_audit import verbs_on_tables
from evalsys.cli_batch import verbs_on_batches
from evalsys.cli_cycle import verbs_on_cycles
from evalsys.cli_decisions import verbs_on_titles
from evalsys.cli_fixes import verbs_on_fixes
from evalsys.cli_instrument import instrument
from evalsys.cli_ledgers import verbs_on_ledgers
from evalsys.cli_ratios import verbs_on_ratios
from evalsys.cli_running import run_and_tell
from evalsys.cli_standings import verbs_on_standings
from evalsys.cli_survey import survey
from evalsys.console import LOCALE, Commands, gathered, say, tell, working
from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang
from evalsys.verbs import (
    FILE,
    FOLDER,
    LANG_OF_REPORT,
    LANG_OF_RESULT,
    LANG_OF_SYSTEM,
    argument_assessment,
    check_target,
    option_pass_mark,
    options_format,
    options_forms,
    or_faults,
    printable,
    verb,
    write,
    write_listing,
)

if TYPE_CHECKING:
    import datetime

    from evalsys.evidence import Assessment

__all__ = ["main"]

_READING = ("正在读取数据……", "Reading the data...")


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar=say("[选项]", "[OPTIONS]"),
    subcommand_metavar=say("命令 [参数]...", "COMMAND [ARGS]..."),
    help=say(
        "evalsys：文明城市模拟测评。\n\n“测评”是一个文件夹或一个工作簿，内有点位、检查记录等表。\n\n"
        "退出码：0 正常，1 输入有错误，2 命令用法不对，3 程序内部错误，130 被用户停止。",
        "evalsys: mock assessments for civilised-city inspections.\n\n"
        "An ASSESSMENT is a folder, or one workbook, with its tables of sites, observations and so on.\n\n"
        "Exit codes: 0 all is well, 1 the input has faults, 2 wrong usage, 3 an error inside evalsys, 130 stopped.",
    ),
)
@click.version_option(
    evalsys.__version__, "--version", "-V", prog_name="evalsys", message="%(prog)s %(version)s",
    help=say("显示版本号并退出。", "Show the version and exit."),
)  # fmt: skip
def main() -> None:
    """Run the command line."""


# ---------------------------------------------------------------------------------------------------- report


@verb(
    "report",
    "执行一个报告，生成单个 HTML 文件。",
    "Execute a report notebook and write one HTML file.",
    (
        "最后一行输出该文件的路径。对象是测评文件夹或工作簿；测评体系审读的对象是体系的编号或文件，排名表的对象是"
        "成绩表，称号评选的对象是评选轮次的文件夹。例：\n\n"
        "evalsys report mock-assessment data/wujiang-2016\n\nevalsys report instrument-audit taizhou-police-2009\n\n"
        "evalsys report league-table data/jining-2017/streets.csv\n\nevalsys report title-decision data/example-titles",
        "The path of the file is the last line printed. SUBJECT is an assessment; for the instrument audit the id or "
        "file of an instrument, for the league table a table with its rule, for title decisions the folder of a round. "
        "Examples:\n\nevalsys report mock-assessment data/wujiang-2016\n\n"
        "evalsys report instrument-audit taizhou-police-2009\n\n"
        "evalsys report league-table data/jining-2017/streets.csv\n\nevalsys report title-decision data/example-titles",
    ),
    group=main,
)
@click.argument("notebook", metavar=say("报告", "NOTEBOOK"))
@click.argument("subject", type=click.Path(path_type=Path), metavar=say("对象", "SUBJECT"))
@click.option(
    "-p", "--parameter", "given", type=(str, str), multiple=True, metavar=say("名称 值", "NAME VALUE"),
    help=say("报告的其他参数，可重复使用", "a further parameter of the notebook; may be repeated"),
)  # fmt: skip
@LANG_OF_REPORT
@option_pass_mark
@click.option(
    "--out",
    type=FOLDER,
    help=say("报告写入的文件夹，默认 reports/测评名或体系编号", "folder for the report, by default reports/NAME"),
)
@options_forms
def report(
    notebook: str,
    subject: Path,
    given: tuple[tuple[str, str], ...],
    lang: Lang | None,
    pass_mark: str | None,
    out: Path | None,
    forms: tuple[str, ...],
) -> None:
    """Execute a report notebook and write one HTML file."""
    from evalsys.reporting.notebooks import checked_parameters, find_notebook

    printable(forms)
    kind = _kind_of_subject(notebook, subject)
    options = {kind: str(subject), "lang": lang, "pass_mark": pass_mark}
    wanted = _once([(name, value) for name, value in options.items() if value is not None], given)
    with working(*_READING):
        parameters, (name, language) = gathered(  # before a kernel starts
            lambda: checked_parameters(find_notebook(notebook), wanted),
            lambda: _name_and_language(kind, subject, wanted.get("pass_mark")),
        )
    folder = out or Path("reports") / name
    parameters.setdefault("lang", language)
    run_and_tell(notebook, parameters, folder, forms)


def _kind_of_subject(notebook: str, subject: Path) -> str:
    """Return which parameter of a notebook the subject is: a folder is an assessment where the notebook takes one."""
    from evalsys.reporting.notebooks import SUBJECTS, find_notebook, notebook_parameters

    try:
        names = [parameter.name for parameter in notebook_parameters(find_notebook(notebook))]
    except InputFaults:  # told with the other faults, when the parameters are checked
        return "assessment"
    kinds = [name for name in names if name in SUBJECTS]
    return "assessment" if not kinds or ("assessment" in kinds and subject.is_dir()) else kinds[0]


def _name_and_language(kind: str, subject: Path, pass_mark: str | None) -> tuple[str, Lang]:
    """Return the name of what a report is on, once it is read without faults, and the report's language."""
    if kind == "instrument":
        from evalsys.instrument_file import load_instrument

        return load_instrument(str(subject)).id, "zh"
    if kind == "table":
        from evalsys.league_forecasts import is_list, read_list
        from evalsys.published import read_published, rule_beside

        if not rule_beside(subject).is_file() and is_list(subject):
            return Path(read_list(subject, forecasts=False).file).stem, "zh"
        return Path(read_published(subject).file).stem, "zh"
    if kind == "titles":
        from evalsys.decision_files import read_titles

        return read_titles(subject).path.resolve().name, "zh"
    from evalsys.evidence import read_assessment

    read = _with_mark(read_assessment(subject), pass_mark)
    return read.name, read.settings.language or "zh"


def _once(options: list[tuple[str, str]], given: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return all parameters; one that is given twice is wrong usage."""
    wanted: dict[str, Any] = {}
    for name, value in [*options, *given]:
        if name in wanted:
            raise click.UsageError(say(f"参数 {name} 给了两次", f"parameter {name} is given twice"))
        wanted[name] = value
    return wanted


def _with_mark(assessment: Assessment, pass_mark: str | None) -> Assessment:
    """Return the assessment if the pass mark is one of its scale."""
    from evalsys.evidence import pass_mark_of

    pass_mark_of(assessment, pass_mark)
    return assessment


# ------------------------------------------------------------------------------------------------ score, check


@verb("score", "按测评体系计分，列出得分明细。", "Score an assessment and print the score statement.", group=main)
@argument_assessment
@option_pass_mark
@click.option(
    "--left-out", multiple=True, metavar=say("编码", "CODE"),
    help=say(
        "不计入的指标或标准，可重复使用；用于与他人的结果比较",
        "indicator or standard to leave out, to compare with another's result; may be repeated",
    ),
)  # fmt: skip
@LANG_OF_RESULT
@options_format
def score(
    assessment: Path, pass_mark: str | None, left_out: tuple[str, ...], lang: Lang | None, as_: str, out: Path | None
) -> None:
    """Score an assessment and print the score statement."""
    check_target(as_, out)
    from evalsys import results
    from evalsys.evidence import pass_mark_of, read_assessment
    from evalsys.scoring import score as score_

    with working(*_READING):
        read = read_assessment(assessment)
    lang = _language(lang, read)
    with working("正在计分……", "Scoring..."):
        _, result = gathered(
            lambda: pass_mark_of(read, pass_mark), lambda: score_(read, left_out=left_out, pass_mark=pass_mark)
        )
        said = {"table": results.score_text, "json": results.score_json, "csv": results.score_csv}.get(as_)
        text = said(result, lang) if said else ""
    if as_ == "xlsx" and out is not None:
        from evalsys.workbooks import score_workbook

        click.echo(score_workbook(result, out, lang))
    else:
        write(text, as_, out)


@verb(
    "forecast",
    "预测即将到来的督查：得分分布与达标可能。",
    "Forecast the coming inspection: the distribution of the score and the chance to pass.",
    (
        "能精确计算的用精确分布；否则模拟，并说明原因和误差。参数写在 assessment.yaml 的 forecast 一栏。例：\n\n"
        "evalsys forecast data/wujiang-2016 --at-least 93%",
        "By the exact law where there is one; otherwise by simulation, with the reason and the error. Parameters stand "
        "in assessment.yaml under forecast. Example:\n\nevalsys forecast data/wujiang-2016 --at-least 93%",
    ),
    group=main,
)
@argument_assessment
@click.option("--at-least", metavar="X", help=say("目标线：85% 或分数", "pass mark: 85% or points"))
@click.option(
    "--engine", type=click.Choice(("auto", "exact", "simulate")), default="auto", show_default=True,
    help=say("算法：自动、精确分布、模拟", "how to compute it"),
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True,
    help=say("模拟的随机种子", "seed of the simulation"),
)  # fmt: skip
@LANG_OF_RESULT
@click.option(
    "--format", "as_", type=click.Choice(("table", "json")), default="table", show_default=True,
    help=say("输出格式", "form of the output"),
)  # fmt: skip
@click.option("--out", type=FILE, help=say("写入这个文件，不显示在屏幕上", "write to this file instead of the screen"))
def forecast(
    assessment: Path, at_least: str | None, engine: Any, seed: int, lang: Lang | None, as_: str, out: Path | None
) -> None:
    """Forecast the coming inspection."""
    from evalsys.evidence import pass_mark_of, read_assessment
    from evalsys.forecast_results import forecast_json, forecast_text
    from evalsys.forecasting import forecast as forecast_

    with working(*_READING):
        read = read_assessment(assessment)
    lang = _language(lang, read)
    with working("正在预测……", "Forecasting..."):
        _, found = gathered(
            lambda: pass_mark_of(read, at_least),
            lambda: forecast_(read, at_least=at_least, engine=engine, seed=seed),
        )
        text = (forecast_json if as_ == "json" else forecast_text)(found, lang)
    write(text, as_, out)


@verb(
    "check",
    "检查一次测评的全部数据，列出每一处错误。",
    "Check all data of an assessment and list every fault.",
    ("没有错误时说明读到了什么。", "Without faults, it says what was read."),
    group=main,
)
@argument_assessment
@LANG_OF_RESULT
@options_format
def check(assessment: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Check all data of an assessment and list every fault."""
    check_target(as_, out)
    from evalsys import results
    from evalsys.evidence import read_assessment

    with working(*_READING):
        read = or_faults(lambda: read_assessment(assessment), lang, as_, out)
    lang = _language(lang, read)
    made = results.check_listing(read, lang)
    write_listing(made, lambda: results.check_json(read, lang), say("检查", "check"), lang, as_, out)


# ----------------------------------------------------------------------------------- new, rectify, tasks, lab


@verb(
    "new",
    "新建一次测评，生成待填的工作簿。",
    "Make a new assessment as a workbook to fill in.",
    (
        "工作簿按测评体系列出要去的点位和每处要查的标准，填好即可计分。",
        "It lists the sites to visit and the standards to check at each; filled in, it scores.",
    ),
    group=main,
)
@click.argument("folder", type=click.Path(path_type=Path), metavar=say("文件夹", "DIR"))
@click.option(
    "--instrument", required=True, metavar=say("编号", "ID"),
    help=say(
        "测评体系的编号或文件；编号见 evalsys instrument list",
        "id or file of the instrument; ids: evalsys instrument list",
    ),
)  # fmt: skip
@click.option("--place", default="", metavar=say("地名", "TEXT"), help=say("被测评的地方", "the place assessed"))
@click.option(
    "--round",
    "round_",
    default="",
    metavar=say("轮次", "TEXT"),
    help=say("轮次，如 2026-12", "the round, such as 2026-12"),
)
@LANG_OF_SYSTEM
def new(folder: Path, instrument: str, place: str, round_: str, lang: Lang | None) -> None:
    """Make a new assessment."""
    from evalsys.template import new_assessment

    with working("正在生成工作簿……", "Making the workbook..."):
        made = new_assessment(folder, instrument, place=place, round_=round_, lang=lang or LOCALE)
    tell(f"填好后检查：evalsys check {made}", f"Once filled in: evalsys check {made}")
    click.echo(made)


@verb(
    "rectify",
    "写出整改交办单，每家责任单位一个工作簿。",
    "Write one rectification list per responsible unit.",
    ("没有登记责任单位的问题按属地成单。", "Findings that no unit answers for are listed by area."),
    group=main,
)
@argument_assessment
@click.option(
    "--out", type=FOLDER,
    help=say("写入的文件夹，默认 reports/测评名/整改交办单", "folder, by default reports/NAME/rectification"),
)  # fmt: skip
@click.option(
    "--due", metavar=say("日期", "DATE"),
    help=say(
        "整改期限，如 2026-12-01；默认为检查日期后七天",
        "due date, such as 2026-12-01; by default seven days after the check",
    ),
)  # fmt: skip
@LANG_OF_RESULT
def rectify(assessment: Path, out: Path | None, due: str | None, lang: Lang | None) -> None:
    """Write one rectification list per responsible unit."""
    from evalsys.evidence import read_assessment
    from evalsys.scoring import score as score_
    from evalsys.workbooks import rectification_lists

    with working(*_READING):
        day, read = gathered(lambda: _day(due), lambda: read_assessment(assessment))
    lang = _language(lang, read)
    folder = out or Path("reports") / read.name / ("整改交办单" if lang == "zh" else "rectification")
    with working("正在写交办单……", "Writing the lists..."):
        made = rectification_lists(score_(read), folder, due=day, lang=lang)
    for path in made:
        click.echo(path)
    if not made:
        tell("没有失分的检查，无须整改。", "No check lost points: nothing to rectify.")


def _day(text: str | None) -> datetime.date | None:
    from evalsys.schema import parse_date

    day = parse_date(text) if text is not None else None
    if text is not None and day is None:
        raise InputFaults([Fault("bad_date", "--due", value=text, allowed="2026-12-01")])
    return day


@verb(
    "tasks",
    "写出任务分解表：总表，以及每家责任单位一个工作簿、一个网页。",
    "Write the task breakdown: an overview, and a workbook and a page per body that answers.",
    (
        "每项标准和每个有日期的事项是一项任务，列明任务、时限、标准、责任；来源未定的列在总表最前面。\n\n"
        "“测评体系”是编号或文件；编号见 evalsys instrument list",
        "Every standard and every dated entry is a task: what, by when, to which standard, who answers. What the "
        "source leaves open comes first in the overview.\n\n"
        "INSTRUMENT is an id or a file; ids: evalsys instrument list",
    ),
    group=main,
)
@click.argument("name", metavar=say("测评体系", "INSTRUMENT"))
@click.option(
    "--out", type=FOLDER, required=True, metavar=say("文件夹", "DIR"), help=say("写入的文件夹", "folder for the files")
)
@LANG_OF_SYSTEM
def tasks(name: str, out: Path, lang: Lang | None) -> None:
    """Write the task breakdown of an instrument."""
    from evalsys.instrument_file import load_instrument
    from evalsys.task_files import write_tasks

    found = load_instrument(name)
    with working("正在写任务分解表……", "Writing the task breakdown..."):
        made = write_tasks(found, out, lang or LOCALE)
    for path in made:
        click.echo(path)


@verb("lab", "在 JupyterLab 中打开报告笔记本。", "Open the report notebooks in JupyterLab.", group=main)
@click.option("--no-browser", is_flag=True, help=say("不打开浏览器", "do not open a browser"))
def lab(no_browser: bool) -> None:
    """Open the report notebooks in JupyterLab."""
    from evalsys.reporting.notebooks import notebook_folder

    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebook_folder()}"]
    command += ["--no-browser"] if no_browser else []
    if sys.platform == "win32":  # execv would return to the prompt at once there
        import subprocess

        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)


main.add_command(instrument)
main.add_command(survey)
for _group in (
    verbs_on_batches,
    verbs_on_cycles,
    verbs_on_titles,
    verbs_on_fixes,
    verbs_on_ledgers,
    verbs_on_ratios,
    verbs_on_standings,
    verbs_on_tables,
):
    for _command in _group.commands.values():
        main.add_command(_command)


def _language(lang: Lang | None, read: Assessment) -> Lang:
    """Return the language of a result: the option's, else the assessment's, else the locale's."""
    return lang or read.settings.language or LOCALE
