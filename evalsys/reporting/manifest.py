"""The manifest of a batch: a JSON line per report. While a batch runs lines are added; the last of a report counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evalsys.files import atomic
from evalsys.reporting.jobs import Job, Outcome

__all__ = ["MANIFEST", "add", "line_of", "outcome_of", "read", "rewrite"]

MANIFEST = "manifest.jsonl"


def line_of(outcome: Outcome) -> str:
    """Return an outcome as one line of JSON, without its line break.

    Keys: ``schema, key, row, name, notebook, lang, parameters, forms, hashes, seed, attempts, status, start, seconds,
    error, outputs, summary, versions``. `attempts` counts this one too.
    """
    job = asdict(outcome.job)
    job["attempts"] += 1
    own = {name: value for name, value in asdict(outcome).items() if name != "job"}
    own["seconds"] = round(outcome.seconds, 3)
    content = {"schema": 1, "key": outcome.job.key, **job, "seed": outcome.job.parameters.get("seed"), **own}
    return json.dumps(content, ensure_ascii=False, sort_keys=False)


def outcome_of(content: Mapping[str, Any]) -> Outcome:
    """Return the outcome that a line holds; the reverse of :func:`line_of`."""
    names = ("row", "name", "notebook", "lang", "parameters", "hashes")
    job = Job(
        **{name: content[name] for name in names}, forms=tuple(content["forms"]), attempts=content["attempts"] - 1
    )
    own = ("status", "start", "seconds", "error", "outputs", "summary", "versions")
    return Outcome(job, **{name: content[name] for name in own})


def read(folder: Path) -> dict[str, Outcome]:
    """Return the last outcome of each report by its key; empty where there is no manifest.

    A last line that a killed run did not finish is not there; the report is made again.
    """
    try:
        lines = (folder / MANIFEST).read_text("utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    found: dict[str, Outcome] = {}
    for line in lines:
        try:
            content = json.loads(line)
            found[content["key"]] = outcome_of(content)
        except (ValueError, KeyError, TypeError):  # torn by a kill: never a whole line with its line break
            continue
    return found


def add(folder: Path, outcome: Outcome) -> None:
    """Add a line at the end, and be sure that it is on the disk."""
    with (folder / MANIFEST).open("a+b") as file:
        file.seek(0, os.SEEK_END)
        torn = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write(b"\n" * torn + line_of(outcome).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def rewrite(folder: Path, outcomes: Iterable[Outcome]) -> Path:
    """Write the manifest anew: one line per report, in the order given."""
    path = folder / MANIFEST
    with atomic(path) as temporary:
        temporary.write_text("".join(line_of(outcome) + "\n" for outcome in outcomes), "utf-8", newline="\n")
    return path
