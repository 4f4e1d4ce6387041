"""One report of a batch, made in a process of its own: whatever goes wrong stays with it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from evalsys.console import file_trouble, say
from evalsys.faults import InputFaults
from evalsys.reporting.hashes import file_hash, hashes_of, versions
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.notebooks import find_notebook, notebook_parameters
from evalsys.reporting.run import PLAIN, Report, ReportFailed, absolute, run_report

__all__ = ["failed", "make_one", "now", "report_of", "sweep"]

_LONGEST = 2_000  # characters of an error in the manifest; the executed notebook holds all of it


def make_one(job: Job, folder: Path, engine: str = PLAIN, timeout: float | None = None) -> Outcome:
    """Make a report and say what came of it; nothing but the end of the process goes past this.

    Parameters
    ----------
    job : Job
    folder : Path
        The folder of the batch; the report goes into ``folder / job.name``. The same job again puts the same files
        there: they are written beside and then renamed.
    engine : str
        See :func:`evalsys.reporting.run.run_report`.
    timeout : float, optional
        Seconds for the notebook.

    Returns
    -------
    Outcome
    """
    start, begin = now(), monotonic()
    error, left = "", None
    try:
        sweep(folder, job)
        made = run_report(job.notebook, job.parameters, folder / job.name, False, job.forms, engine, timeout)
        return _done(job, made, folder, start, monotonic() - begin)
    except ReportFailed as failure:
        error, left = _told(failure), failure.notebook
    except InputFaults as faults:
        error = str(faults)
    except OSError as trouble:
        error = say(*file_trouble(trouble))
    except Exception as bug:  # an error of ours in one report must not end the others
        error = f"{type(bug).__name__}: {bug}"
    outputs = _listed({"failed": left} if left is not None and left.exists() else {}, folder)
    return Outcome(job, "failed", start, monotonic() - begin, error[:_LONGEST], outputs, versions=versions())


def report_of(
    notebook: str, parameters: Mapping[str, Any], folder: Path, forms: Collection[str], progress: Any = False
) -> Report:
    """Make one report as a command does, in the folder given; with a bundle where it is asked for.

    Parameters
    ----------
    notebook, parameters, folder, progress
        See :func:`evalsys.reporting.run.run_report`, which also says what is raised.
    forms : collection of str
        Some of :data:`evalsys.reporting.jobs.FORMS`.
    """
    start, begin = now(), monotonic()
    made = run_report(notebook, parameters, folder, progress, forms)
    if "bundle" not in forms:
        return made
    path, folder = find_notebook(notebook), folder.resolve()
    full = {own.name: own.default for own in notebook_parameters(path) if own.name != "out"}
    full |= {name: value for name, value in absolute(parameters).items() if name != "out"}
    job = Job(0, folder.name, notebook, str(full.get("lang", "zh")), full, tuple(forms), hashes_of(path, full))
    there = replace(made, outputs={form: folder / path.name for form, path in made.outputs.items()})
    held = _done(job, there, folder.parent, start, monotonic() - begin).outputs["bundle"]
    return replace(made, outputs={**made.outputs, "bundle": folder.parent / held["path"]})


def _done(job: Job, made: Report, folder: Path, start: str, seconds: float) -> Outcome:
    """Return the outcome of a report that was made, with its bundle where it is asked for."""
    done = Outcome(job, "done", start, seconds, "", _listed(made.outputs, folder), made.facts, versions())
    if "bundle" not in job.forms:
        return done
    from evalsys.reporting.bundle import write_bundle

    target = folder / f"{job.key}.zip"
    write_bundle(folder, done, target)
    return replace(done, outputs={**done.outputs, **_listed({"bundle": target}, folder)})


def failed(job: Job, error: str, seconds: float = 0.0) -> Outcome:
    """Return the outcome of a job whose process ended before it could say anything."""
    return Outcome(job, "failed", now(), seconds, error, versions=versions())


def now() -> str:
    """Return the time in UTC, as ISO 8601 with whole seconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _told(failure: ReportFailed) -> str:
    """Return which cell failed and why; faults of the input need no cell."""
    faults = failure.error.removeprefix("InputFaults: ")
    if faults != failure.error or not failure.cell:
        return faults
    return f"In [{failure.cell}] {failure.error}"


def _listed(outputs: Mapping[str, Path], folder: Path) -> dict[str, dict[str, str]]:
    return {
        form: {"path": path.relative_to(folder).as_posix(), "sha256": file_hash(path)} for form, path in outputs.items()
    }


def sweep(folder: Path, job: Job) -> None:
    """Remove what a killed process left of a job under temporary names (:func:`evalsys.files.atomic`).

    Parameters
    ----------
    folder : Path
        Of the batch.
    job : Job
        Not at work anywhere; other reports in its folder may be.
    """
    left = re.compile(rf"\.{re.escape(Path(job.key).name)}(\.failed)?\.[0-9a-f]{{8}}(\.\w+)?")
    held = folder / job.name
    for path in held.iterdir() if held.is_dir() else ():
        if left.fullmatch(path.name):
            path.unlink(missing_ok=True)
