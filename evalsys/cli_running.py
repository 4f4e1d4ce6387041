"""How a command runs a report: a bar while one waits, the cell that failed, and last the paths of what was made."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import click

from evalsys.console import FAULTS, say, tell

__all__ = ["run_and_tell"]


def run_and_tell(notebook: str, parameters: Mapping[str, Any], folder: Path, forms: Collection[str]) -> None:
    """Run a report, say what happened and print the paths; the page is the last.

    Parameters
    ----------
    notebook, parameters, folder, forms
        See :func:`evalsys.reporting.make.report_of`. If a cell fails, the command ends with exit code 1.
    """
    from evalsys.reporting.make import report_of
    from evalsys.reporting.run import ReportFailed

    tell("正在生成报告……", "Making the report...")
    bar = (
        {"desc": say("执行", "Executing"), "unit": say("格", "cell"), "leave": False} if sys.stderr.isatty() else False
    )
    try:
        made = report_of(notebook, parameters, folder, forms, bar)
    except ReportFailed as failed:
        where = say(f"报告的 In [{failed.cell}] 执行失败", f"In [{failed.cell}] of the notebook failed")
        kept = say("已执行的部分保存在：", "What was executed is kept in: ")
        click.echo(f"{where}: {failed.error}\n{kept}{failed.notebook}", err=True)
        sys.exit(FAULTS)
    if made.missing_glyphs:
        missing = made.missing_glyphs
        tell(
            f"提示：字体中没有这些字符，显示可能不正常：{missing}", f"note: the fonts lack these characters: {missing}"
        )
    page = made.outputs["html"]
    for path in [*(path for path in made.outputs.values() if path != page), page]:
        click.echo(path)
