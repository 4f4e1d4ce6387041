"""A cluster of one machine: a scheduler and workers as processes, and toy work for them."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from evalsys.files import atomic
from evalsys.reporting.jobs import Job, Outcome

ROOT = Path(__file__).resolve().parents[2]
#: Gives a job up at its second dead worker, so that a test need not kill four.
QUICK = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}


class Machines:
    """A scheduler on a free port of the loopback, and workers."""

    def __init__(self, folder):
        self.folder, self.started = folder, []
        self.mark = f"EVALSYS_TEST_MARK={secrets.token_hex(8)}"  # every process below has it in its environment
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file))
        end = time.monotonic() + 30
        while not (file.exists() and file.stat().st_size):
            assert time.monotonic() < end, self.log(0)
            time.sleep(0.02)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, kind, *options, **env):
        """Start one process, in a session of its own so that all of it can be killed."""
        paths = os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))
        with (self.folder / f"{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", kind, "--host", "127.0.0.1", "--no-dashboard", *options],
                env={**os.environ, **QUICK, "PYTHONPATH": paths, **env, **dict([self.mark.split("=")])},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def worker(self, nthreads=1, nanny="--no-nanny", **env):
        """Start a worker and return its process."""
        own = ("--nthreads", str(nthreads), nanny, "--local-directory", str(self.folder), "--memory-limit", "0")
        return self._start("worker", self.address, *own, **env)

    def wait(self, workers):
        """Wait until so many workers are there."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=30)

    def wait_for_silence(self, seconds=20):
        """Wait until no process is left of all that the cluster started, kernels and their servers included."""
        end = time.monotonic() + seconds
        while left := self.left():
            assert time.monotonic() < end, left
            time.sleep(0.2)

    def left(self):
        """Return the numbers of the processes with our mark that are at work."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                own = self.mark.encode() in (folder / "environ").read_bytes().split(b"\0")
                if own and "\nState:\tZ" not in (folder / "status").read_text():
                    found.append(int(folder.name))
        return found

    def log(self, number):
        return (self.folder / f"{number}.log").read_text()


def kill(process):
    """Kill a process, and its children, as the kernel does that runs out of memory."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def machines(folder):
    """Give a cluster without workers; none of its processes outlives the block."""
    made = Machines.__new__(Machines)
    try:
        made.__init__(folder)
        yield made
    finally:
        for process in made.started:
            kill(process)
        for number in made.left():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def about(**more):
    """What a worker says of itself; its environment may make it another."""
    return {"evalsys": os.environ.get("TOY_VERSION", "one"), **more}


def jobs(count):
    names = [f"t{n:02d}" for n in range(count)]
    return [Job(n, name, "mock-assessment", "en", {"assessment": name}) for n, name in enumerate(names, 2)]


def toy(folder, job):
    """Write one file as a report is written: slowly, under another name, renamed at the end."""
    target = Path(folder) / job.name / "mock-assessment.en.html"
    with atomic(target) as temporary:
        temporary.write_text("half")
        time.sleep(0.15)
        temporary.write_text(f"{job.name} by {os.getpid()}")
    outputs = {"html": {"path": f"{job.name}/{target.name}", "sha256": ""}}
    return Outcome(job, "done", "2026-01-01T00:00:00+00:00", 0.15, outputs=outputs)


def bad(folder, job):
    """Raise at one job, return nonsense at another."""
    if job.name == "t01":
        raise ValueError("two\nlines")
    return None if job.name == "t02" else toy(folder, job)


def deadly(folder, job):
    """Kill the worker in the middle of one job, whoever does it."""
    if job.name == "t01":
        with atomic(Path(folder) / job.name / "mock-assessment.en.html") as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    return toy(folder, job)
