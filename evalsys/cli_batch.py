"""The commands on many reports: batch, and rerun of one that was shared."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from evalsys.console import FAULTS, LOCALE, say, tell, working
from evalsys.verbs import FILE, FOLDER, options_forms, printable, verb

if TYPE_CHECKING:
    from evalsys.reporting.batch import Batch, Step
    from evalsys.reporting.jobs import Job, Outcome

__all__ = ["verbs_on_batches"]

#: The commands, for the command line to take up.
verbs_on_batches = click.Group()

_FEW = 2  # reports for each process up to which kernels started anew are sooner done than a server for them is ready
_EVERY = 30.0  # seconds between two lines of progress where there is no terminal


@verb(
    "batch",
    "按一张表批量生成报告：一行一份。",
    "Make many reports from a table: a row for each.",
    (
        "表为 CSV 或工作簿，列有：报告 notebook、测评 assessment（或测评体系 instrument）、"
        "名称 name（报告的文件夹，可不写）和报告的其他参数；空格按默认。"
        "全部各行先行核对，无误才开始；一份失败不影响其他，最后列出失败的，退出码为 1。"
        "清单写入 manifest.jsonl，目录写入 index.zh.html 和 index.en.html。例：\n\n"
        "evalsys batch 各街道.xlsx --pdf --resume",
        "The table is a CSV file or a workbook with the columns notebook, assessment (or instrument), name (folder of "
        "the report, optional) and further parameters of the notebooks; an empty cell is the default. All rows are "
        "checked before the first report is made; one that fails does not stop the others; at the end those that "
        "failed are listed and the exit code is 1. The manifest is manifest.jsonl, the index is index.zh.html and "
        "index.en.html. "
        "Example:\n\nevalsys batch streets.xlsx --pdf --resume",
    ),
    group=verbs_on_batches,
)
@click.argument("table", type=FILE, metavar=say("表", "TABLE"))
@click.option(
    "--out", type=FOLDER,
    help=say("报告写入的文件夹，默认 reports/表名", "folder for the reports, by default reports/TABLE"),
)  # fmt: skip
@options_forms
@click.option("--resume", is_flag=True, help=say("跳过已完成且未变的", "skip what is done and unchanged"))
@click.option(
    "--only",
    multiple=True,
    metavar=say("名称", "NAME"),
    help=say("只做这一份，可重复使用", "only this one; may be repeated"),
)
@click.option("--dry-run", is_flag=True, help=say("只列出要做什么", "only list what would be done"))
@click.option(
    "--jobs", type=click.IntRange(1), default=None, metavar="N",
    help=say("同时做几份，默认按处理器核数", "how many at once; by default one for each core"),
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=1800.0, show_default=True,
    metavar=say("秒", "SECONDS"), help=say("每份报告最多执行多久", "longest time for one notebook"),
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(("auto", "warm", "plain")), default="auto", show_default=True,
    help=say(
        "warm：内核从已载入程序库的进程复制；plain：逐份新起",
        "warm: kernels forked from a prepared process; plain: started anew",
    ),
)  # fmt: skip
@click.option(
    "--scheduler", metavar="tcp://...",
    help=say("在已有的 dask 集群上执行", "run on an existing dask cluster"),
)  # fmt: skip
def batch(
    table: Path,
    out: Path | None,
    forms: tuple[str, ...],
    resume: bool,
    only: tuple[str, ...],
    dry_run: bool,
    jobs: int | None,
    timeout: float,
    engine: str,
    scheduler: str | None,
) -> None:
    """Make many reports from a table."""
    from evalsys.reporting.batch import named, run_batch, steps, write_index
    from evalsys.reporting.batch_table import read_jobs
    from evalsys.reporting.pool import get_ready

    printable(forms)
    if scheduler is None and not dry_run:
        get_ready()
    folder = out or Path("reports") / table.stem
    with working("正在核对各行……", "Checking all rows..."):
        rows = read_jobs(table, forms)
        chosen = {job.key for job in named(rows, only)}
        todo = steps(rows, folder, resume, chosen)
    if dry_run:
        click.echo(_listed(todo, LOCALE))
        return
    _try_writing(folder)
    wanted = sum(bool(step.reason) for step in todo)
    tell(f"共 {len(todo)} 份报告，要做 {wanted} 份。", f"{len(todo)} reports, {wanted} to make.")
    begin = monotonic()
    made = run_batch(
        todo,
        folder,
        _worker(folder, min(jobs or os.cpu_count() or 1, max(wanted, 1)), wanted, timeout, engine, scheduler),
        _Progress(wanted),
    )
    words = ["evalsys", "batch", str(table), *(["--out", str(out)] if out else []), *(f"--{form}" for form in forms)]
    pages = write_index(made, folder, table.stem, shlex.join([*words, "--resume"]))
    _close(made, pages[LOCALE], monotonic() - begin)


def _try_writing(folder: Path) -> None:
    """Find out before the work whether the folder can be written."""
    import tempfile

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _worker(
    folder: Path, workers: int, wanted: int, timeout: float, engine: str, scheduler: str | None
) -> Callable[[Sequence[Job]], Iterator[Outcome]]:
    """Return what makes the jobs: this machine's processes, or a cluster."""
    from evalsys.reporting.make import make_one
    from evalsys.reporting.run import PLAIN, WARM
    from evalsys.reporting.warm import warm_here

    warm = engine == "warm" or (engine == "auto" and warm_here() and wanted > _FEW * workers)
    if engine == "warm" and not warm_here():
        raise click.UsageError(say("此系统不能用 warm", "warm does not work on this system"))
    work = partial(make_one, folder=folder.resolve(), engine=WARM if warm else PLAIN, timeout=timeout)
    if scheduler is not None:
        from evalsys.reporting.cluster import on_cluster

        return partial(on_cluster, scheduler, work=work, folder=folder.resolve())
    from evalsys.reporting.pool import in_pool

    return partial(in_pool, work=work, workers=workers, timeout=timeout)


class _Progress:
    """Tells on standard error how many reports are done, how many failed, and how long the others may take."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.failed, self.begin, self.told = wanted, 0, monotonic(), monotonic()

    def __call__(self, outcome: Outcome, left: int) -> None:
        self.failed += outcome.status == "failed"
        live, now = sys.stderr.isatty(), monotonic()
        if not live and now - self.told < _EVERY:
            return
        self.told, done = now, self.wanted - left
        rest = duration((now - self.begin) / done * left)
        line = say(f"{done}/{self.wanted} 份", f"{done} of {self.wanted}")
        line += say(f"，失败 {self.failed}", f", {self.failed} failed") if self.failed else ""
        line += say(f"，还需约 {rest}", f", about {rest} left") if left else ""
        sys.stderr.write(f"\r{line}\033[K" + ("\n" if not left else "") if live else f"{line}\n")
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return a length of time in two units at most.

    Examples
    --------
    >>> duration(7_384.0) in ("2 小时 3 分", "2 h 3 min")
    True
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return say(f"{hours} 小时 {minutes} 分", f"{hours} h {minutes} min")
    return say(f"{minutes} 分 {rest} 秒", f"{minutes} min {rest} s") if minutes else say(f"{rest} 秒", f"{rest} s")


def _listed(todo: Sequence[Step], lang: str) -> str:
    """Return what would be done, a line for each report."""
    whys = {
        "new": say("新", "new"),
        "failed": say("上次失败", "failed last time"),
        "notebook": say("报告模板变了", "the notebook changed"),
        "parameters": say("参数变了", "parameters changed"),
        "evidence": say("数据变了", "the evidence changed"),
        "package": say("程序变了", "the program changed"),
        "files": say("报告文件缺失、改动或形式不全", "files missing, changed, or of another form"),
        "all": say("要做", "to make"),
        "": say("跳过", "skipped"),
    }
    return "\n".join(f"{step.job.row:>6}  {step.job.key}  {whys[step.reason]}" for step in todo)


def _close(made: Batch, index: Path, seconds: float) -> None:
    """Say what the batch came to, list what failed, and end with exit code 1 where something did."""
    done = len(made.made) - len(made.failed)
    took = duration(seconds)
    tell(
        f"完成 {done} 份，失败 {len(made.failed)} 份，用时 {took}。",
        f"{done} done, {len(made.failed)} failed, in {took}.",
    )
    for outcome in made.failed:
        first = next(iter(outcome.error.strip().splitlines()), "")
        more = say("（其余见清单）", " (more in the manifest)") if "\n" in outcome.error.strip() else ""
        row = say(f"第 {outcome.job.row} 行", f"row {outcome.job.row}")
        click.echo(f"  {row} {outcome.job.key}: {first}{more}", err=True)
    click.echo(index)
    if made.failed:
        sys.exit(FAULTS)


@verb(
    "rerun",
    "按报告包重新制作报告，逐项核对数字。",
    "Make the report of a bundle again and compare its numbers.",
    (
        "报告包由 report 或 batch 的 --bundle 生成，不含测评依据；依据不在原处时用 --assessment 指明。"
        "数字和文字全部相同退出码为 0，有不同为 1。例：\n\nevalsys rerun mock-assessment.zh.zip",
        "Bundles are made by --bundle of report and batch. The evidence is not inside: where it is not in its place, "
        "say where by --assessment. The exit code is 0 where all numbers and words are the same, 1 where not. Example:"
        "\n\nevalsys rerun mock-assessment.zh.zip",
    ),
    group=verbs_on_batches,
)
@click.argument("bundle", type=FILE, metavar=say("报告包", "BUNDLE"))
@click.option(
    "--assessment", metavar=say("测评", "PATH"), help=say("测评依据现在的位置", "where the evidence lies now")
)  # fmt: skip
@click.option(
    "--out", type=FOLDER, default=Path("reports/rerun"), show_default=True,
    help=say("重新制作的报告写入的文件夹", "folder for the new report"),
)  # fmt: skip
def rerun(bundle: Path, assessment: str | None, out: Path) -> None:
    """Make the report of a bundle again and compare its numbers."""
    from evalsys.reporting.hashes import hashes_of
    from evalsys.reporting.make import make_one
    from evalsys.reporting.notebooks import find_notebook
    from evalsys.reporting.rerunning import rerun_bundle

    with working("正在重新制作报告……", "Making the report again..."):
        found = rerun_bundle(
            bundle, assessment, out, make_one, lambda job: hashes_of(find_notebook(job.notebook), job.parameters)
        )
    click.echo(found.say(LOCALE))
    if not found.same:
        sys.exit(FAULTS)
