"""Reports a minute with HTML, two at a time: forked kernels, started kernels, and papermill with nbconvert by hand.

(a) `papermill`'s command and then `jupyter nbconvert`'s, two such pairs at a time. (b) `papermill.execute_notebook` and
nbconvert's exporter in a pool of two processes. Same notebooks, same parameters, in turn; starting the pool and all
imports count. Ours writes pages that carry their fonts, the peers' load from elsewhere what they need.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bench

ASSESSMENT = str(bench.ROOT / "data" / "wujiang-2016")
#: A report of the mix: notebook, parameters.
SCORED = ("mock-assessment", {"assessment": ASSESSMENT, "with_forecast": False})
AUDITED = ("instrument-audit", {"instrument": "taizhou-police-2009"})
FORECAST = ("mock-assessment", {"assessment": ASSESSMENT, "with_forecast": True})
WORKERS = 2
WARM, PLAIN, COMMANDS, POOL = "evalsys, forked kernels", "evalsys, started kernels", "(a) commands", "(b) pool"
GOALS = {COMMANDS: 6, POOL: 2}
Task = tuple[str, dict[str, Any]]


def mix(count: int) -> list[Task]:
    """Return `count` reports: three scored rounds to one audit, in both languages."""
    kinds = [SCORED, SCORED, SCORED, AUDITED]
    tasks = [kinds[n % 4] for n in range(count)]
    return [(name, {**given, "lang": ("zh", "en")[n % 2]}) for n, (name, given) in enumerate(tasks)]


def notebook(name: str) -> Path:
    return bench.ROOT / "notebooks" / f"{name}.ipynb"


# ---------------------------------------------------------------------------------------------------- each way


def by_pool(work: Callable[[Path, Task], None], tasks: list[Task], folder: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=spawn) as pool:
        list(pool.map(work, [folder / str(n) for n in range(len(tasks))], tasks))


def ours(engine: str, tasks: list[Task], folder: Path) -> None:
    """The command of the batch: table, manifest and index too."""
    keys = sorted({key for _, given in tasks for key in given})
    table = folder / "table.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["notebook", "name", *keys])
        rows.writerows([name, f"r{n}", *(given.get(key, "") for key in keys)] for n, (name, given) in enumerate(tasks))
    how = ("--engine", engine, "--jobs", WORKERS, "--out", folder / "out")
    bench.command(sys.executable, "-m", "evalsys", "batch", table, *how)
    for page in (folder / "out").glob("index.*.html"):
        page.unlink()  # it is no report; the pages are counted


def theirs(folder: Path, task: Task) -> None:
    """(b): one report by papermill and nbconvert, as one would write it."""
    import nbconvert
    import papermill

    name, given = task
    folder.mkdir(parents=True)
    executed = papermill.execute_notebook(
        notebook(name), folder / f"{name}.ipynb", given, kernel_name="python3", cwd=notebook(name).parent,
        progress_bar=False,
    )  # fmt: skip
    page, _ = nbconvert.HTMLExporter(exclude_input=True).from_notebook_node(executed)
    (folder / f"{name}.html").write_text(page, "utf-8")


def commands(tasks: list[Task], folder: Path) -> None:
    """(a): papermill, then nbconvert, for each report; two reports at a time."""

    def one(place: Path, task: Task) -> None:
        name, given = task
        place.mkdir(parents=True)
        words = [word for key, value in given.items() for word in ("-p", key, str(value))]
        executed = place / f"{name}.ipynb"
        how = ("--cwd", notebook(name).parent, "--no-progress-bar", *words)
        bench.command(*bench.tool("papermill"), notebook(name), executed, *how)
        bench.command(*bench.tool("jupyter"), "nbconvert", "--to", "html", "--no-input", executed)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, [folder / str(n) for n in range(len(tasks))], tasks))


def ways(tasks: list[Task]) -> dict[str, Callable[[], bench.Ran]]:
    def timed(run: Callable[[Path], None]) -> bench.Ran:
        with tempfile.TemporaryDirectory() as name:
            start = time.perf_counter()
            run(Path(name))
            seconds = time.perf_counter() - start
            pages = [path for path in Path(name).rglob("*.html") if path.stat().st_size > 10_000]
            if len(pages) != len(tasks):
                raise SystemExit(f"{len(pages)} pages instead of {len(tasks)}")
        return bench.Ran(seconds / len(tasks))

    return {
        WARM: lambda: timed(lambda folder: ours("warm", tasks, folder)),
        PLAIN: lambda: timed(lambda folder: ours("plain", tasks, folder)),
        POOL: lambda: timed(lambda folder: by_pool(theirs, tasks, folder)),
        COMMANDS: lambda: timed(lambda folder: commands(tasks, folder)),
    }


# ------------------------------------------------------------------------------------------------------ memory


def memory(engine: str) -> dict[str, float | None]:
    """In a process of its own: MB of a kernel at the end of a report, largest seen; a forked one shares most of it."""
    import psutil

    from evalsys.reporting.run import run_report

    found: dict[str, float | None] = {"rss": None, "pss": None, "private": None}
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            for child in psutil.Process().children(recursive=True):
                try:
                    named = "ipykernel_launcher" in " ".join(child.cmdline())
                    if not (named or (engine == "evalsys-warm" and child.ppid() != os.getpid())):
                        continue
                    lines = Path(f"/proc/{child.pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
                except (psutil.Error, OSError):
                    continue
                sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith("kB")}
                own = {"rss": sizes["Rss"], "pss": sizes["Pss"],
                       "private": sizes["Private_Clean"] + sizes["Private_Dirty"]}  # fmt: skip
                for kind, size in own.items():
                    found[kind] = round(max(size, found[kind] or 0), 1)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            run_report(*mix(1)[0], Path(name), engine=engine)
    finally:
        stop.set()
        watcher.join()
    return found


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy comes; for all alike
    bench.ENVIRON["OPENBLAS_NUM_THREADS"] = "1"
    more = (
        ("--memory", {"help": "used by the script itself"}),
        ("--reports", {"type": int, "default": 40, "help": "reports of a run (default %(default)s)"}),
    )
    given = bench.arguments(__doc__, 2, *more)
    os.environ["PYTHONPATH"] = bench.ENVIRON["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(bench.ROOT), os.environ.get("PYTHONPATH")])
    )
    if given.memory:
        print(json.dumps(memory(given.memory)))
        return
    count = 4 if given.quick else given.reports
    bench.say(f"reports with HTML on {WORKERS} processes, in turn, {given.runs} runs of {count} reports each", "")
    kinds = {"mix": mix(count)}
    if not given.quick:
        kinds["with forecast"] = [(FORECAST[0], {**FORECAST[1], "lang": "zh"})] * 4 * WORKERS
    seconds: dict[str, Any] = {}
    for kind, tasks in kinds.items():
        runs = given.runs if kind == "mix" else 1
        found = bench.in_turn(ways(tasks), runs, warm_up=False)
        seconds |= {f"{kind}: {way}": own for way, own in found.items()}
    kept = {engine: bench.child("--memory", engine) for engine in ("evalsys-warm", "evalsys")}
    of_way = {WARM: kept["evalsys-warm"], PLAIN: kept["evalsys"]}
    bench.table(
        ["what", "best s a report", "median s", "worst s", "reports a minute", "kernel Rss MB", "Pss MB", "private MB"],
        [
            [what, *bench.shown(own)[:3], f"{60 / own['median']:.1f}",
             *[of_way.get(what.removeprefix("mix: "), {}).get(size) for size in ("rss", "pss", "private")]]
            for what, own in seconds.items()
        ],
    )  # fmt: skip
    ratios = {
        what: bench.ratio(seconds, what, f"{what.partition(': ')[0]}: {WARM}")
        for what in seconds
        if not what.endswith(WARM)
    }
    for what, own in ratios.items():
        goal = GOALS.get(what.removeprefix("mix: "))
        told = f"; the goal is at least {goal}" if goal else ""
        bench.say(f"{what}: {bench.both(own)} x the time of forked kernels, by best / median times{told}.")
    bench.say("", "The mix: three mock assessments without forecast to one audit of an instrument. "
              "Imports, pools and servers start anew in each run.", "")  # fmt: skip
    bench.finish(
        "batch",
        given,
        peer="papermill and nbconvert, as commands (a) and in a pool of processes (b)",
        workers=WORKERS,
        reports=count,
        blas_threads=1,
        goals=GOALS,
        seconds=seconds,
        ratios=ratios,
        kernel_mb=kept,
    )


if __name__ == "__main__":
    main()
