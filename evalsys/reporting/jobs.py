"""One report of a batch: what is asked for, and what came of it. Plain data, for other processes and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["FORMS", "Job", "Outcome", "Status"]

#: What a report can be written as; the page and the executed notebook always are.
FORMS = ("html", "notebook", "pdf", "word", "annex", "bundle")
Status = Literal["done", "failed"]


@dataclass(frozen=True)
class Job:
    """A report to make.

    Attributes
    ----------
    row : int
        Row of the table, as the user counts them.
    name : str
        Folder of its files inside the folder of the batch.
    notebook : str
        Name or path of the notebook.
    lang : str
    parameters : mapping
        Checked, with their types; paths are absolute.
    forms : tuple of str
        What is written beside the page: some of :data:`FORMS`.
    hashes : mapping
        What the report depends on: ``notebook``, ``parameters``, ``evidence``, ``package``, each a SHA-256.
    attempts : int
        How often the same report was tried before.
    """

    row: int
    name: str
    notebook: str
    lang: str
    parameters: Mapping[str, Any]
    forms: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0

    @property
    def key(self) -> str:
        """What no two reports of a batch share: ``NAME/NOTEBOOK.LANG``."""
        stem = self.notebook.replace("\\", "/").rpartition("/")[2].removesuffix(".ipynb")
        return f"{self.name}/{stem}.{self.lang}"


@dataclass(frozen=True)
class Outcome:
    """What came of a job; one line of the manifest.

    Attributes
    ----------
    job : Job
    status : {'done', 'failed'}
    start : str
        UTC, ISO 8601, whole seconds.
    seconds : float
    error : str
        Empty where the report is done; what went wrong in one line, in the language of the report.
    outputs : mapping
        Form to ``{"path": ..., "sha256": ...}``; paths are inside the folder of the batch, with slashes.
    summary : mapping
        What the page states in numbers (:func:`evalsys.reporting.facts.facts_of`).
    versions : mapping
        Of evalsys, Python and the libraries that numbers depend on.
    """

    job: Job
    status: Status
    start: str
    seconds: float
    error: str = ""
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
