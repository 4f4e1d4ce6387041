"""A batch of reports: what is to be done, doing it, and its manifest and index; a killed batch goes on where it was."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import evalsys.reporting.manifest as manifest
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.files import atomic
from evalsys.language import LANGUAGES, Lang, Text
from evalsys.reporting.hashes import file_hash
from evalsys.reporting.jobs import Job, Outcome

__all__ = ["Batch", "Reason", "Step", "named", "run_batch", "steps", "write_index"]

#: Why a report is made: it is not there yet, it failed, what it depends on changed, its files are gone or were changed.
Reason = Literal["new", "failed", "notebook", "parameters", "evidence", "package", "files", "all", ""]


@dataclass(frozen=True)
class Step:
    """A report of a batch: its job, why it is to be made (nothing where it is not), and what came of it last time."""

    job: Job
    reason: Reason
    last: Outcome | None


@dataclass(frozen=True)
class Batch:
    """What a batch came to.

    Attributes
    ----------
    made : tuple of Outcome
        Of the reports that were made this time, in the order of the table.
    all : tuple of Outcome
        Of all reports of the table that there is an outcome of.
    """

    made: tuple[Outcome, ...]
    all: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that failed this time."""
        return tuple(outcome for outcome in self.made if outcome.status == "failed")


def named(jobs: Sequence[Job], only: Collection[str]) -> list[Job]:
    """Return the jobs of some names (``NAME`` or ``NAME/NOTEBOOK.LANG``); all where none is named.

    Raises
    ------
    InputFaults
        With every name that no job has.
    """
    known = {name for job in jobs for name in (job.name, job.key)}
    wrong = [Fault("unknown_name", "--only", value=name, nearest=nearest(name, known)) for name in sorted(only)
             if name not in known]  # fmt: skip
    if wrong:
        raise InputFaults(wrong)
    return [job for job in jobs if not only or job.name in only or job.key in only]


def steps(jobs: Sequence[Job], folder: Path, resume: bool, chosen: Collection[str]) -> list[Step]:
    """Return what is to be done; with `resume`, what is done and unchanged is left alone.

    Parameters
    ----------
    jobs : sequence of Job
    folder : Path
        The folder of the batch, with the manifest of earlier runs.
    resume : bool
    chosen : collection of str
        Keys of the jobs that may be made (:func:`named`).
    """
    earlier = manifest.read(folder)
    found = []
    for job in jobs:
        last = earlier.get(job.key)
        tries = last.job.attempts + 1 if last is not None else 0
        reason: Reason = _reason(job, last, folder) if resume else "all"
        found.append(Step(replace(job, attempts=tries), reason if job.key in chosen else "", last))
    return found


def _reason(job: Job, last: Outcome | None, folder: Path) -> Reason:
    if last is None:
        return "new"
    if last.status == "failed":
        return "failed"
    for part in ("notebook", "parameters", "evidence", "package"):
        if last.job.hashes.get(part) != job.hashes[part]:
            return part
    wanted = {"html", "notebook", *job.forms} - ({"annex"} if "annex" in last.job.forms else set())
    return "" if wanted <= set(last.outputs) and _intact(last.outputs, folder) else "files"


def _intact(outputs: Mapping[str, Mapping[str, str]], folder: Path) -> bool:
    with suppress(OSError):
        return all(file_hash(folder / held["path"]) == held["sha256"] for held in outputs.values())
    return False


def run_batch(
    todo: Sequence[Step],
    folder: Path,
    work: Callable[[Sequence[Job]], Iterator[Outcome]],
    tell: Callable[[Outcome, int], None] = lambda outcome, left: None,
) -> Batch:
    """Make the reports, and write the manifest as they end.

    Parameters
    ----------
    todo : sequence of Step
        What :func:`steps` found for all rows of the table; reports of the folder that the table no longer has leave
        the manifest, their files stay.
    folder : Path
    work : callable
        Makes jobs and yields each outcome when it is there: a pool of processes, or a cluster.
    tell : callable
        Is given each outcome, and how many reports are left.

    Returns
    -------
    Batch

    Raises
    ------
    OSError
        If the manifest cannot be written; the reports are made before that is said.
    """
    outcomes = {step.job.key: step.last for step in todo if step.last is not None}
    jobs = [step.job for step in todo if step.reason]
    made: dict[str, Outcome] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in work(jobs):
        made[outcome.job.key] = outcome
        with suppress(OSError):  # a full disk must not end the other reports; rewriting the manifest says so below
            manifest.add(folder, outcome)
        tell(outcome, len(jobs) - len(made))
    outcomes |= made
    order = [step.job.key for step in todo]
    every = tuple(outcomes[key] for key in order if key in outcomes)
    manifest.rewrite(folder, every)
    return Batch(tuple(made[key] for key in order if key in made), every)


def write_index(batch: Batch, folder: Path, title: str, resume: str) -> dict[Lang, Path]:
    """Write the index page in both languages and return the files; `resume` is the command that makes what failed."""
    from evalsys.reporting.index import INDEX_FILES, index_page

    now, found = datetime.datetime.now(), {}
    zh = f"{now.year} 年 {now.month} 月 {now.day} 日 {now:%H:%M}"
    made = Text(zh, f"{now:%Y-%m-%d %H:%M}")
    for lang in LANGUAGES:
        found[lang] = folder / INDEX_FILES[lang]
        with atomic(found[lang]) as temporary:
            temporary.write_text(index_page(batch.all, title, made.say(lang), lang, resume), "utf-8", newline="\n")
    return found
