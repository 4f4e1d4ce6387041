"""The same batch on many machines: a window of jobs on an existing ``dask.distributed`` cluster, each outcome once.

Workers write into the folder of the batch, which every machine sees under the same path, and return an outcome of a
few kilobytes. Work may be done twice where a worker dies: it writes a temporary file and renames it.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang, Text
from evalsys.reporting.hashes import file_hash, hashes_of, versions
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.make import failed, sweep
from evalsys.reporting.notebooks import find_notebook, notebook_names

__all__ = ["About", "on_cluster", "this_machine"]

#: What must be the same on every machine: name to version or hash (the package, Python, libraries).
About = Callable[[], Mapping[str, str]]
#: Seconds to wait for the scheduler, and then for its first worker.
REACH = 10
#: Seconds that a batch waits for a worker when none is left.
PATIENCE = 300.0
#: Jobs handed out per worker thread: one is running, one waits beside it. More would only be lost with the worker.
AHEAD = 2

_KILLED = Text(
    "承担本报告的工作进程屡次中断（常因内存不足），已不再重试",
    "its worker died again and again (often for lack of memory)",
)
_OTHER = Text(
    "工作进程是制作开始后加入的，版本不同或看不到批次文件夹：",
    "a worker that joined later has other versions or does not see the folder: ",
)
_LOST = Text("与调度程序的连接已断开，本报告未制作", "the scheduler was lost before this report was made")
_DESERTED = Text("集群中已无工作进程，本报告未制作", "no worker was left before this report was made")


def on_cluster(
    address: str, jobs: Sequence[Job], work: Callable[[Job], Outcome], folder: Path, about: About | None = None
) -> Iterator[Outcome]:
    """Do the jobs of a batch on an existing cluster and yield each outcome once, as it is there.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://HOST:PORT``, or ``tls://HOST:PORT`` with the certificates that dask is set up with.
    jobs : sequence of Job
    work : callable
        Makes one report and tells what came of it; can be pickled; may run twice for one job where a worker dies.
    folder : Path
        Of the batch; every worker sees it under the same path.
    about : callable, optional
        What must be the same here and on every worker; can be pickled. By default :func:`this_machine`.

    Yields
    ------
    Outcome
        One per job, in any order. A job fails where its workers die again and again, its worker is not as it should
        be, the scheduler is lost, or no worker is left for five minutes.

    Raises
    ------
    InputFaults
        Before the first job: no scheduler, no worker, or workers that differ, run several threads, or do not see the
        folder. ``distributed`` is not installed: the extra ``cluster`` is named.
    """
    if not jobs:
        return
    folder, about = folder.resolve(), about or this_machine
    with ExitStack() as stack:
        client = stack.enter_context(_client(address))
        token = folder / f".shared-{secrets.token_hex(8)}"
        stack.callback(token.unlink, missing_ok=True)
        token.write_text(token.name, "utf-8")
        ours = dict(about())
        _check_workers(client, address, token, about, ours)
        yield from _done(client, deque(jobs), folder, (work, token, about, ours))


def this_machine() -> dict[str, str]:
    """Return what this machine would make reports with: versions, the hash of the package, those of the notebooks."""
    notebooks = {name: find_notebook(name) for name in notebook_names()}
    package = hashes_of(next(iter(notebooks.values())), {})["package"]
    return {**versions(), "package": package, **{name: file_hash(path) for name, path in notebooks.items()}}


def _client(address: str) -> Any:
    """Connect to the scheduler."""
    try:
        from distributed import Client
    except ImportError:
        raise InputFaults([Fault("missing_extra", "--scheduler", allowed="pip install 'evalsys[cluster]'")]) from None
    try:
        return Client(address, timeout=REACH, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError):
        raise InputFaults([Fault("no_scheduler", "--scheduler", value=address, allowed="tcp://HOST:PORT")]) from None


def _check_workers(client: Any, address: str, token: Path, about: About, ours: Mapping[str, str]) -> None:
    """Ask every worker what it is and what it sees, before any work."""
    try:
        client.wait_for_workers(1, timeout=REACH)
    except TimeoutError:
        raise InputFaults(
            [Fault("no_worker", "--scheduler", value=address, allowed=f"dask worker {address} --nthreads 1")]
        ) from None
    threads = client.nthreads()
    found = client.run(_faults_here, token, about, ours, on_error="return")
    faults = [
        Fault("worker_differs", worker, None, "--nthreads", str(n), "1") for worker, n in threads.items() if n != 1
    ]
    for worker, told in found.items():
        if isinstance(told, Exception):  # its Python cannot even read the question
            told = [("worker_differs", "evalsys", f"{type(told).__name__}: {told}"[:200], "")]
        faults += [Fault(problem, worker, None, name, value, allowed) for problem, name, value, allowed in told]
    if faults:
        raise InputFaults(faults)


def _faults_here(token: Path, about: About, ours: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Return, on a worker, how it differs from the machine that asks: problem, name, value here, value there."""
    here = _about_here(about)
    faults = [
        ("worker_differs", name, here.get(name, ""), ours.get(name, ""))
        for name in sorted({*here, *ours})
        if here.get(name) != ours.get(name)
    ]
    try:
        seen = token.read_text("utf-8")
    except OSError:
        seen = ""
    return faults if seen == token.name else [*faults, ("folder_not_shared", str(token.parent), "", "")]


@cache
def _about_here(about: About) -> dict[str, str]:
    """Return what this process is; it stays so as long as it runs."""
    return dict(about())


def _on_worker(job: Job, work: Callable[[Job], Outcome], token: Path, about: About, ours: Mapping[str, str]) -> Outcome:
    """Do a job, on a worker; one that joined after the batch began was not asked yet."""
    found = _faults_here(token, about, ours)
    if found:
        from distributed import get_worker

        address = get_worker().address
        names = " ".join(name for _, name, *_ in found)
        return _failed(job, f"{_OTHER.say(_lang(job))}{address} {names}")
    sweep(token.parent, job)
    return work(job)


def _done(client: Any, waiting: deque[Job], folder: Path, rest: tuple[Any, ...]) -> Iterator[Outcome]:
    """Keep a window of jobs on the cluster and yield what comes back."""
    done: SimpleQueue[Any] = SimpleQueue()
    running: dict[str, tuple[Job, Any]] = {}
    window = _Window(client)
    alone: float | None = None  # since when there is no worker
    end: Text | None = None
    suspects: deque[Job] = deque()  # died with a worker too often, by their own fault or a neighbour's
    tried: set[str] = set()
    while (waiting or running or suspects) and end is None:
        while (waiting and len(running) < window.size()) or (suspects and not waiting and not running):
            job = (waiting or suspects).popleft()  # suspects last, one by one: only the guilty one dies again
            future = client.submit(_on_worker, job, *rest, pure=False)
            running[future.key] = job, future
            future.add_done_callback(done.put)
        try:
            future = done.get(timeout=1)
        except Empty:
            alone = None if window.size() else alone or time.monotonic()
            end = _DESERTED if alone and time.monotonic() - alone > PATIENCE else None
            continue
        if future.cancelled():
            end = _LOST
            continue
        job, _ = running.pop(future.key)
        if job.key not in tried and _killed(future):
            tried.add(job.key)
            suspects.append(job)
            continue
        outcome = _outcome(job, future)
        if outcome.status == "failed":
            sweep(folder, job)
        yield outcome
    for job, _ in running.values():
        yield _failed(job, (end or _LOST).say(_lang(job)))
    for job in (*waiting, *suspects):
        yield _failed(job, (end or _LOST).say(_lang(job)))


def _killed(future: Any) -> bool:
    from distributed import KilledWorker

    return future.status == "error" and isinstance(future.exception(), KilledWorker)


class _Window:
    """How many jobs the cluster should hold; asked anew every second, because workers come and go."""

    def __init__(self, client: Any) -> None:
        self._client, self._known, self._asked = client, 0, float("-inf")

    def size(self) -> int:
        if time.monotonic() - self._asked > 1:
            try:
                self._known = AHEAD * sum(self._client.nthreads().values())
            except (OSError, ValueError, RuntimeError):  # the scheduler is lost: the cancelled futures tell
                self._known = 0
            self._asked = time.monotonic()
        return self._known


def _outcome(job: Job, future: Any) -> Outcome:
    """Return what a finished future holds; its error is an outcome too."""
    from distributed import KilledWorker

    try:
        outcome = future.result()
    except KilledWorker:
        return _failed(job, _KILLED.say(_lang(job)))
    except Exception as error:  # whatever it is, the other jobs go on
        return _failed(job, f"{type(error).__name__}: {error}")
    return outcome if isinstance(outcome, Outcome) else _failed(job, f"TypeError: {type(outcome).__name__}")


def _failed(job: Job, error: str) -> Outcome:
    return failed(job, " ".join(error.split()))


def _lang(job: Job) -> Lang:
    return "zh" if job.lang == "zh" else "en"
