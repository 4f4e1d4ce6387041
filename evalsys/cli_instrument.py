"""The commands about instruments: list, check, write without YAML, compare, weigh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsys.console import LOCALE, say, tell, working
from evalsys.language import Lang
from evalsys.verbs import FILE, LANG_OF_SYSTEM, check_target, options_format, or_faults, verb, write_listing

if TYPE_CHECKING:
    from evalsys.instrument import Instrument

__all__ = ["instrument"]


@click.group(
    "instrument",
    help=say("测评体系：列出、检查、编写。", "Instruments: list, check and write."),
    short_help=say("测评体系：列出、检查、编写", "Instruments: list, check and write"),
    options_metavar=say("[选项]", "[OPTIONS]"),
    subcommand_metavar=say("命令 [参数]...", "COMMAND [ARGS]..."),
)
def instrument() -> None:
    """List, check and write instruments."""


@verb("list", "列出自带的测评体系。", "List the instruments that come with evalsys.", group=instrument)
@LANG_OF_SYSTEM
@options_format
def instrument_list(lang: Lang | None, as_: str, out: Path | None) -> None:
    """List the instruments that come with evalsys."""
    check_target(as_, out)
    from evalsys.instrument_file import instrument_ids, load_instrument

    _write_instruments([load_instrument(name) for name in instrument_ids()], lang or LOCALE, as_, out)


@verb(
    "check",
    "检查一个测评体系文件，列出每一处错误。",
    "Check an instrument file and list every fault.",
    group=instrument,
)
@click.argument("path", type=click.Path(path_type=Path), metavar=say("文件", "PATH"))
@LANG_OF_SYSTEM
@options_format
def instrument_check(path: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Check an instrument file and list every fault."""
    check_target(as_, out)
    from evalsys.instrument_file import read_instrument

    found = or_faults(lambda: read_instrument(path), lang, as_, out)
    _write_instruments([found], lang or LOCALE, as_, out)


@verb(
    "template",
    "生成编写测评体系的工作簿，不必写 YAML。",
    "Make a workbook in which to write an instrument, without YAML.",
    ("填好后用 evalsys instrument import 读入。", "Filled in, evalsys instrument import reads it."),
    group=instrument,
)
@click.argument("path", type=FILE, metavar=say("文件.xlsx", "FILE.xlsx"))
@LANG_OF_SYSTEM
def instrument_template(path: Path, lang: Lang | None) -> None:
    """Make a workbook in which to write an instrument."""
    _check_suffix(path, ".xlsx")
    from evalsys.authoring_template import instrument_template as template

    made = template(path, lang or LOCALE)
    tell(
        f"填好后读入：evalsys instrument import {made} --out 体系.yaml",
        f"Once filled in: evalsys instrument import {made} --out FILE.yaml",
    )
    click.echo(made)


@verb(
    "import",
    "读入填好的工作簿，写成测评体系文件；有错一次列清。",
    "Read a filled-in workbook and write the instrument file; every fault is listed at once.",
    (
        "错误写明表、行、列。已有的文件不会被覆盖。",
        "Faults name sheet, row and column. A file that exists is not overwritten.",
    ),
    group=instrument,
)
@click.argument("book", type=FILE, metavar=say("文件.xlsx", "FILE.xlsx"))
@click.option(
    "--out", type=FILE, required=True, metavar=say("文件.yaml", "FILE.yaml"),
    help=say("写入的测评体系文件", "the instrument file to write"),
)  # fmt: skip
def instrument_import(book: Path, out: Path) -> None:
    """Read a filled-in workbook and write the instrument file."""
    _check_suffix(book, ".xlsx")
    _check_suffix(out, ".yaml", ".yml")
    from evalsys.authoring import import_instrument

    with working("正在读取工作簿……", "Reading the workbook..."):
        made = import_instrument(book, out)
    tell(f"可据此新建测评：evalsys new 文件夹 --instrument {made}", f"Next: evalsys new DIR --instrument {made}")
    click.echo(made)


@verb(
    "diff",
    "比较一个测评体系的两版：增、删、移、改分值、改要求。",
    "Compare two editions of an instrument: added, removed, moved, re-weighted, thresholds changed.",
    group=instrument,
)
@click.argument("old", metavar=say("原版", "OLD"))
@click.argument("new", metavar=say("新版", "NEW"))
@LANG_OF_SYSTEM
@options_format
def instrument_diff(old: str, new: str, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Compare two editions of an instrument."""
    check_target(as_, out)
    from evalsys.editions import changes, changes_listing
    from evalsys.instrument_file import load_instrument

    both = or_faults(lambda: [load_instrument(name) for name in (old, new)], lang, as_, out)
    found = changes(*both)
    made = changes_listing(found, lang or LOCALE)
    if not found:
        tell("两版没有差别。", "The editions do not differ.")
    write_listing(made, lambda: made.as_json("changes"), say("变动", "changes"), lang or LOCALE, as_, out)


@verb(
    "weights",
    "列出每条标准的实际权重；可换用另一份权重。",
    "List the effective weight of every part; another file of weights may be used.",
    group=instrument,
)
@click.argument("name", metavar=say("体系", "INSTRUMENT"))
@click.option(
    "--weights", type=FILE, metavar=say("文件", "FILE"),
    help=say("权重文件（给定的权重，或两两比较矩阵）", "a file of weights (given, or by pairwise comparison)"),
)  # fmt: skip
@LANG_OF_SYSTEM
@options_format
def instrument_weights(name: str, weights: Path | None, lang: Lang | None, as_: str, out: Path | None) -> None:
    """List the effective weight of every part."""
    check_target(as_, out)
    from evalsys.instrument_file import load_instrument
    from evalsys.results import weights_listing

    found = or_faults(lambda: load_instrument(name, weights=weights), lang, as_, out)
    made = weights_listing(found, lang or LOCALE)
    for text in found.assumed:
        tell(text.zh, text.en)
    write_listing(made, lambda: made.as_json("weights"), say("权重", "weights"), lang or LOCALE, as_, out)


def _check_suffix(path: Path, *suffixes: str) -> None:
    if path.suffix.lower() not in suffixes:
        names = " ".join(suffixes)
        raise click.UsageError(say(f"{path} 的扩展名须为 {names}", f"{path} must end in {names}"))


def _write_instruments(found: list[Instrument], lang: Lang, as_: str, out: Path | None) -> None:
    from evalsys import results

    made = results.instrument_listing(found, lang)
    write_listing(made, lambda: results.instruments_json(found, lang), say("测评体系", "instruments"), lang, as_, out)
