"""Many reports at once on one machine: a process each, a dead or endless one fails alone."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from typing import Any

from evalsys.console import say
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.make import failed
from evalsys.reporting.warm import end_with_parent, warm_here

__all__ = ["get_ready", "in_pool"]

_GRACE = 60.0  # seconds beside those of the notebook: start of the kernel, rendering, printing


def in_pool(
    jobs: Sequence[Job], work: Callable[[Job], Outcome], workers: int, timeout: float | None = None
) -> Iterator[Outcome]:
    """Do the work of all jobs in some processes; yield each outcome when it is there.

    Parameters
    ----------
    jobs : sequence of Job
    work : callable
        Picklable; returns a small outcome.
    workers : int
        Processes, from 1.
    timeout : float, optional
        Seconds for a notebook. `work` keeps to it; a process that goes a minute beyond is ended.

    Yields
    ------
    Outcome
        One for each job, in the order in which they end.
    """
    from pebble import ProcessExpired, ProcessPool

    longest = None if timeout is None else timeout + _GRACE
    pool = ProcessPool(workers, initializer=_begin, context=get_ready())
    try:
        asked: dict[Future[Outcome], Job] = {pool.schedule(work, args=[job], timeout=longest): job for job in jobs}
        for future in as_completed(asked):
            job = asked[future]
            try:
                yield future.result()
            except ProcessExpired as ended:
                told = say(f"进程意外终止（{ended.exitcode}）", f"its process ended unexpectedly ({ended.exitcode})")
                yield failed(job, told)
            except TimeoutError:
                yield failed(job, say("超时，进程已终止", "took too long; its process was ended"), longest or 0.0)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def get_ready() -> Any:
    """Return how workers start: where it can be done, forked from a process that has imported what they need.

    That process starts now and imports while the caller does something else.
    """
    # the processes share the cores: a thread each for linear algebra only makes them wait for one another
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not warm_here():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["evalsys.reporting.make", "evalsys.reporting.render", "evalsys.reporting.kernel"])
    forkserver.ensure_running()
    return context


def _begin() -> None:
    """Make a worker end when the batch ends, however that ends."""
    end_with_parent()
