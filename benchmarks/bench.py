"""Shared by the benchmarks: timing in turn, CPU time and memory, the machine, a table, one line of JSON at the end."""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent  # not resolved: the python of an environment is a link
# the environment's own tools and kernel, also where this was started without ./run
ENVIRON = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "JUPYTER_PREFER_ENV_PATH": "1"}
Times = Mapping[str, Mapping[str, Any]]


def arguments(about: str, runs: int, *more: tuple[str, dict[str, Any]]) -> argparse.Namespace:
    """Read the options that all benchmarks have, and `more`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="one small run, to see that it works")
    parser.add_argument("--runs", type=int, default=runs, help="timed runs of each (default %(default)s)")
    for name, options in more:
        parser.add_argument(name, **options)
    parser.add_argument("--write", action="store_true", help="put what is printed into docs/benchmarks.md")
    given = parser.parse_args()
    given.runs = 1 if given.quick else given.runs
    return given


# ------------------------------------------------------------------------------------------------------- timing


@dataclass(frozen=True)
class Ran:
    """What one run took: seconds, CPU seconds, peak memory in MB (None where it is not known)."""

    seconds: float
    cpu: float | None = None
    peak_mb: float | None = None

    def __add__(self, other: Ran) -> Ran:
        """What one after the other takes."""
        cpu = None if self.cpu is None or other.cpu is None else self.cpu + other.cpu
        peaks = [peak for peak in (self.peak_mb, other.peak_mb) if peak is not None]
        return Ran(self.seconds + other.seconds, cpu, max(peaks, default=None))


def timed(task: Callable[[], Any]) -> Ran:
    """Time a function in this process."""
    start, cpu = time.perf_counter(), time.process_time()
    task()
    return Ran(time.perf_counter() - start, time.process_time() - cpu)


def command(*words: str | Path, cwd: Path | None = None) -> Ran:
    """Time a command that must succeed; its CPU time and memory include its own children (memory: the largest)."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        started = subprocess.Popen([str(word) for word in words], env=ENVIRON, cwd=cwd, stdout=said, stderr=said)
        if hasattr(os, "wait4"):
            _, status, used = os.wait4(started.pid, 0)
            seconds = time.perf_counter() - start
            started.returncode = os.waitstatus_to_exitcode(status)
            ran = Ran(seconds, used.ru_utime + used.ru_stime, _mb(used.ru_maxrss))
        else:
            started.wait()
            ran = Ran(time.perf_counter() - start)
        if started.returncode:
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
            sys.exit(f"{text}\nfailed with {started.returncode}: {Path(str(words[0])).name}")
    return ran


def in_turn(tasks: Mapping[str, Callable[[], Ran]], runs: int, warm_up: bool = True) -> dict[str, dict[str, Any]]:
    """Run each task `runs` times, one after the other, so that a slow moment of the machine meets all of them.

    A round that does not count comes first, except for a single run.
    """
    found: dict[str, list[Ran]] = {name: [] for name in tasks}
    names = list(tasks)
    for turn in range(runs + (warm_up and runs > 1)):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            found[name].append(tasks[name]())
    return {name: summary(ran[-runs:]) for name, ran in found.items()}


def summary(ran: Sequence[Ran]) -> dict[str, Any]:
    times = [one.seconds for one in ran]
    cpu = [one.cpu for one in ran if one.cpu is not None]
    return {
        "best": round(min(times), 5),
        "median": round(statistics.median(times), 5),
        "worst": round(max(times), 5),
        "cpu": round(statistics.median(cpu), 5) if cpu else None,
        "peak_mb": max((one.peak_mb for one in ran if one.peak_mb is not None), default=None),
        "runs": len(ran),
    }


def ratio(times: Times, ours: str, other: str) -> dict[str, float]:
    """How long ours takes against the other, by the best and by the median times; below 1 ours is faster."""
    return {by: round(times[ours][by] / max(times[other][by], 1e-9), 3) for by in ("best", "median")}


def both(found: Mapping[str, float], places: int = 1) -> str:
    """Return the two ratios for a table."""
    return f"{found['best']:.{places}f} / {found['median']:.{places}f}"


# ------------------------------------------------------------------------------------------------------ processes


def child(*words: str | Path) -> Any:
    """Run this script once more in a process of its own and return what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, sys.argv[0], *map(str, words)],
        env=ENVIRON,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def tool(name: str) -> list[str]:
    """Return the command of an installed tool of this environment."""
    found = shutil.which(name, path=str(BIN))
    if found:
        return [found]
    if name == "evalsys":  # imported from the clone, not installed
        return [sys.executable, "-m", "evalsys"]
    sys.exit(f"{name} is not installed in this environment")


def peak_mb() -> float | None:
    """Return this process's peak resident memory in MB (None on Windows)."""
    try:  # getrusage would count what the parent held when it started us
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)
    except (OSError, IndexError, ValueError):
        pass
    if sys.platform == "win32":
        return None
    import resource

    return _mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _mb(maxrss: int) -> float:
    return round(maxrss / (2**20 if sys.platform == "darwin" else 2**10), 1)


# ------------------------------------------------------------------------------------------------- where it ran


def machine() -> dict[str, Any]:
    """CPU model, cores, memory and load (cores busy in the last minute); nothing that names the machine."""
    memory = _first("/proc/meminfo", "MemTotal")
    return {
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gb": round(int(memory.split()[0]) / 2**20) if memory else None,
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def _first(path: str, label: str) -> str | None:
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(label)), None)


def versions() -> dict[str, str]:
    import evalsys

    found = {"python": platform.python_version(), "evalsys": evalsys.__version__}
    return {**found, **{name: metadata.version(name) for name in ("numpy", "pandas", "papermill", "nbconvert")}}


def environment() -> dict[str, Any]:
    """Say which environment was measured: ./run's own or not, and what of it is byte-compiled.

    What is not is compiled at every start where PYTHONDONTWRITEBYTECODE is set, else at the first.
    """

    def compiled(module: str) -> bool:
        spec = importlib.util.find_spec(module)
        return bool(spec and spec.cached and Path(spec.cached).is_file())

    return {
        "run": Path(sys.prefix).resolve() == (ROOT / ".venv").resolve(),
        "byte_compiled": {"evalsys": compiled("evalsys.cli"), "packages": compiled("pandas.core.frame")},
    }


# ------------------------------------------------------------------------------------------------------- output


def shown(times: Mapping[str, Any], unit: str = "s") -> list[str]:
    """Return best, median, worst and CPU time for a table."""
    values = [times[name] for name in ("best", "median", "worst", "cpu")]
    return ["" if v is None else f"{1000 * v:,.1f}" if unit == "ms" else f"{v:,.2f}" for v in values]


_printed: list[str] = []


def say(*lines: str) -> None:
    """Print, and keep for the page."""
    _printed.extend(lines)
    print(*lines, sep="\n")


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a Markdown table, numbers to the right."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[n]) for row in texts) for n in range(len(head))]
    texts.insert(1, ["-" * width if n == 0 else "-" * (width - 1) + ":" for n, width in enumerate(widths)])
    for row in texts:
        cells = [
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        say("| " + " | ".join(cells) + " |")
    say("")


def finish(name: str, given: argparse.Namespace, **result: Any) -> None:
    """Print everything as one line of JSON, the last line of the output."""
    whole = {"benchmark": name, "quick": given.quick, "date": time.strftime("%Y-%m-%d"), **result}
    whole |= {"versions": versions(), "machine": machine(), "environment": environment()}
    if given.write:
        _write(name, whole)
    print(json.dumps(whole))


def _write(name: str, whole: Mapping[str, Any]) -> None:
    """Replace this benchmark's part of the page by what was printed, and where."""
    where, place, compiled = whole["machine"], whole["environment"], whole["environment"]["byte_compiled"]
    told = ", ".join(f"{package} {version}" for package, version in whole["versions"].items())
    how = " and ".join(f"{part} {'' if done else 'not '}byte-compiled" for part, done in compiled.items())
    note = (
        f"Measured {whole['date']} on {where['cpu']}, {where['cores']} cores, {where['memory_gb']} GB, "
        f"{where['system']}, load {where['load']} at the end. {told}. "
        f"{'The environment of `./run`' if place['run'] else 'Not the environment of `./run`'}: {how}."
    )
    page = ROOT / "docs" / "benchmarks.md"
    before, begin, rest = page.read_text("utf-8").partition(f"<!-- begin {name} -->\n")
    _, end, after = rest.partition(f"<!-- end {name} -->")
    if not begin or not end:
        sys.exit(f"docs/benchmarks.md has no place for {name}")
    body = "\n".join(_printed).strip()
    page.write_text(f"{before}{begin}\n{body}\n\n{note}\n\n{end}{after}", "utf-8")
