"""What the commands share: options, the form of a command, and how a result or its faults are written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsys.console import FAULTS, LOCALE, say
from evalsys.faults import InputFaults
from evalsys.language import LANGUAGES, Lang

if TYPE_CHECKING:
    from evalsys.listing import Listing

__all__ = [
    "FILE",
    "FOLDER",
    "LANG_OF_REPORT",
    "LANG_OF_RESULT",
    "LANG_OF_SYSTEM",
    "argument_assessment",
    "check_target",
    "option_pass_mark",
    "options_format",
    "options_forms",
    "or_faults",
    "printable",
    "verb",
    "write",
    "write_listing",
]

_FORMATS = ("table", "json", "csv", "xlsx")
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

_Command = Callable[..., Any]


# ---------------------------------------------------------------------------------------------- shared options


def _option_lang(zh: str, en: str) -> Callable[[_Command], _Command]:
    help_ = say(f"输出的语言；默认{zh}", f"language of the output; by default {en}")
    return click.option("--lang", type=click.Choice(LANGUAGES), help=help_)


LANG_OF_REPORT = _option_lang("按测评设置，未设则为中文", "the assessment's, else Chinese")
LANG_OF_RESULT = _option_lang("按测评设置，未设则按系统语言", "the assessment's, else the system's")
LANG_OF_SYSTEM = _option_lang("按系统语言", "the system's")


def option_pass_mark(command: _Command) -> _Command:
    """Add the option of another pass mark."""
    help_ = say("目标线：85% 或分数", "pass mark: 85% or points")
    return click.option("--pass-mark", metavar="X", help=help_)(command)


def options_format(command: _Command) -> _Command:
    """Add the options of the form of a result, and of the file it goes to."""
    as_ = click.option(
        "--format", "as_", type=click.Choice(_FORMATS), default="table", show_default=True,
        help=say("输出格式；xlsx 须同时用 --out", "form of the output; xlsx needs --out"),
    )  # fmt: skip
    out = click.option(
        "--out", type=FILE, help=say("写入这个文件，不显示在屏幕上", "write to this file instead of the screen")
    )
    return as_(out(command))


def options_forms(command: _Command) -> _Command:
    """Add the options of what a report is written as beside its page; the command gets them as `forms`."""
    for name, zh, en in reversed(_FORMS):
        command = click.option(f"--{name}", "forms", flag_value=name, multiple=True, help=say(zh, en), default=())(
            command
        )
    return command


_FORMS = (
    ("pdf", "同时生成 PDF", "write a PDF too"),
    ("word", "同时生成 Word 文件", "write a Word file too"),
    ("annex", "同时写出附件（得分明细或有效权重工作簿）", "write the annex too (a workbook with every standard)"),
    ("bundle", "同时打包为 zip：报告、附件、参数和清单", "write a zip too: report, annexes, parameters, manifest line"),
)


def argument_assessment(command: _Command) -> _Command:
    """Add the argument that names an assessment."""
    type_ = click.Path(path_type=Path)
    return click.argument("assessment", type=type_, metavar=say("测评", "ASSESSMENT"))(command)


def verb(
    name: str, zh: str, en: str, more: tuple[str, str] = ("", ""), *, group: click.Group
) -> Callable[[_Command], click.Command]:
    """Return the decorator of a command: its help in one sentence, and more that only its own page says."""
    short = say(zh, en)
    help_ = f"{short}\n\n{say(*more)}".rstrip()
    return group.command(name, help=help_, short_help=short.rstrip("。."), options_metavar=say("[选项]", "[OPTIONS]"))


def check_target(as_: str, out: Path | None) -> None:
    """Refuse a workbook without a file to write it to."""
    if as_ == "xlsx" and out is None:
        raise click.UsageError(say("xlsx 须用 --out 指定文件", "xlsx needs --out FILE"))


def printable(forms: tuple[str, ...]) -> None:
    """End with exit code 1 and say what to install, where PDF or Word is asked for and cannot be made."""
    if not {"pdf", "word"} & set(forms):
        return
    from evalsys.reporting.printing import PrintMissing, check_printing

    try:
        check_printing(forms)
    except PrintMissing as lacking:
        click.echo(lacking, err=True)
        sys.exit(FAULTS)


def or_faults(read: Callable[[], Any], lang: Lang | None, as_: str, out: Path | None) -> Any:
    """Return what is read; where it has faults, they are the result: write them as asked and end with exit code 1."""
    from evalsys import results

    lang = lang or LOCALE
    try:
        return read()
    except InputFaults as found:
        faults = found.faults
        if as_ == "table":
            write(found.say(lang), as_, out)
        else:
            made, as_json = results.fault_listing(faults, lang), lambda: results.faults_json(faults, lang)
            write_listing(made, as_json, say("错误", "faults"), lang, as_, out)
        sys.exit(FAULTS)


def write_listing(
    made: Listing, as_json: Callable[[], str], title: str, lang: Lang, as_: str, out: Path | None
) -> None:
    """Write a listing in the form asked for, to the screen or a file."""
    if as_ == "xlsx" and out is not None:
        made.write_workbook(out, title, lang)
        click.echo(out)
    else:
        write(as_json() if as_ == "json" else made.as_csv(lang) if as_ == "csv" else made.as_text(lang), as_, out)


def write(text: str, as_: str, out: Path | None) -> None:
    """Write text to the screen, or to a file and say which."""
    if out is None:
        click.echo(text)
        return
    from evalsys.files import atomic

    with atomic(out) as temporary:
        # the mark makes Excel read a CSV file as UTF-8
        temporary.write_text(text + "\n", "utf-8-sig" if as_ == "csv" else "utf-8", newline="\n")
    click.echo(out)
