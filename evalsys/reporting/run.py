"""Run one report: check, execute with papermill, render, and put the files in place when all is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.files import atomic
from evalsys.reporting.notebooks import PLACES, checked_parameters, find_notebook, notebook_parameters
from evalsys.reporting.printing import check_printing

__all__ = ["PLAIN", "SUFFIXES", "WARM", "Report", "ReportFailed", "absolute", "run_report"]

#: Names of the engines: a kernel started anew, and one forked from a server that has imported all that reports need.
PLAIN, WARM = "evalsys", "evalsys-warm"
#: How the files of a report end.
SUFFIXES = {"html": ".html", "notebook": ".ipynb", "pdf": ".pdf", "word": ".docx"}


@dataclass(frozen=True)
class Report:
    """What a run wrote, and what the page states in numbers.

    Attributes
    ----------
    outputs : mapping
        Form (:data:`evalsys.reporting.jobs.FORMS`) to file; ``notebook`` and ``html`` always.
    missing_glyphs : str
        Characters that the fonts lack.
    facts : mapping
        See :func:`evalsys.reporting.facts.facts_of`.
    """

    outputs: Mapping[str, Path]
    missing_glyphs: str
    facts: Mapping[str, Any]


class ReportFailed(Exception):
    """A cell of the notebook failed; `notebook` is the executed part, for the one who mends it.

    `cell` is the number that the notebook shows beside the cell; 0 where the kernel died.
    """

    def __init__(self, cell: int, error: str, notebook: Path) -> None:
        super().__init__(cell, error, notebook)
        self.cell, self.error, self.notebook = cell, error, notebook


def run_report(
    name: str,
    given: Mapping[str, Any],
    folder: Path,
    progress: bool | Mapping[str, Any] = False,
    forms: Collection[str] = (),
    engine: str = PLAIN,
    timeout: float | None = None,
) -> Report:
    """Execute a report notebook and render it.

    Parameters
    ----------
    name : str
        A report notebook by name or path.
    given : mapping
        Parameters; a path is taken from the working folder.
    folder : Path
        Where the executed notebook ``NAME.LANG.ipynb`` and the page ``NAME.LANG.html`` go.
    progress : bool or mapping
        Show papermill's progress bar on standard error; a mapping sets it up (``desc``, ``unit``).
    forms : collection of str
        What is written beside them: ``pdf``, ``word``, ``annex`` (the notebook's own workbook).
    engine : str
        A papermill engine of :mod:`evalsys.reporting.engines`.
    timeout : float, optional
        Seconds after which the notebook is stopped; no limit by default.

    Returns
    -------
    Report

    Raises
    ------
    InputFaults
        For faulty parameters; nothing is written then.
    PrintMissing
        If the packages for PDF or Word are not installed; nothing is written then.
    ReportFailed
        If a cell fails, or the notebook does not end in time or prints without end; the executed part stands in the
        folder as ``NAME.LANG.failed.ipynb``, and files of an earlier run stay as they were.
    OSError
        If the folder cannot be written; found before the work.
    """
    path = find_notebook(name)
    defaults = {parameter.name: parameter.default for parameter in notebook_parameters(path)}
    parameters = absolute(checked_parameters(path, given))
    check_printing(forms)
    annexes = Path(given.get("out") or folder)
    if "annex" in forms and "out" in defaults and not parameters.get("out"):
        parameters["out"] = str(folder.resolve())
    lang = parameters.get("lang", defaults.get("lang", "zh"))
    failed = folder / f"{path.stem}.{lang}.failed.ipynb"
    _try_writing(folder)
    with tempfile.TemporaryDirectory(prefix="evalsys-", ignore_cleanup_errors=True) as scratch:
        executed = Path(scratch) / f"{path.stem}.{lang}.ipynb"
        error = _execute(path, executed, parameters, progress, engine, timeout)
        if error is not None:
            _keep(executed, failed)
            raise ReportFailed(*error, failed)
        made = _finish(executed, folder, lang, forms, annexes)
    failed.unlink(missing_ok=True)
    return made


def absolute(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with absolute paths, from the working folder: the notebook runs in its own folder."""
    return {
        name: str(Path(value).resolve()) if value and _is_path(name, value) else value
        for name, value in parameters.items()
    }


def _is_path(name: str, value: Any) -> bool:
    return name in (*PLACES, "out") or (name == "instrument" and str(value).endswith((".yaml", ".yml")))


def _try_writing(folder: Path) -> None:
    """Find out before the work whether the folder can be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _execute(
    path: Path, executed: Path, parameters: dict[str, Any], progress: Any, engine: str, timeout: float | None
) -> tuple[int, str] | None:
    """Execute a notebook; return the cell that failed and its error, None if all went well."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # silences the kernel's debugger, which nobody uses
    from evalsys.reporting.engines import NotebookTimeout, OutputLimit, register

    register()
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            str(path),
            str(executed),
            parameters=parameters,
            cwd=str(path.parent),
            engine_name=engine,
            kernel_name="python3",
            language="python",
            progress_bar=dict(progress) if isinstance(progress, Mapping) else progress,
            extra_arguments=[f"--ipython-dir={executed.parent}"],
            shutdown_kernel="immediate",
            notebook_timeout=timeout,
        )
    except PapermillExecutionError as error:
        return int(error.exec_count or 0), f"{error.ename}: {error.evalue}"
    except (NotebookTimeout, OutputLimit) as error:
        return 0, str(error)
    except (CellTimeoutError, DeadKernelError) as error:
        return 0, f"{type(error).__name__}: {error}"
    return None


def _finish(executed: Path, folder: Path, lang: Any, forms: Collection[str], annexes: Path) -> Report:
    """Render an executed notebook in every form, then put the files in place."""
    from evalsys.reporting.facts import facts_of
    from evalsys.reporting.render import render_html

    notebook = _read(executed)
    page, missing = render_html(notebook, lang)
    facts = facts_of(notebook)
    content = {"html": page.encode()}
    if "pdf" in forms:
        from evalsys.reporting.pdf import pdf_bytes

        content["pdf"] = pdf_bytes(page, lang)
    if "word" in forms:
        from evalsys.reporting.word import docx_bytes

        content["word"] = docx_bytes(page, lang)
    places = {form: folder / f"{executed.stem}{SUFFIXES[form]}" for form in (*content, "notebook")}
    with ExitStack() as all_or_none:
        for form, data in content.items():
            all_or_none.enter_context(atomic(places[form])).write_bytes(data)
        _keep(executed, places["notebook"])
    if "annex" in forms and "annex" in facts:
        places["annex"] = annexes / str(facts.pop("annex"))
    return Report(places, missing, facts)


def _read(executed: Path) -> Any:
    import nbformat

    return nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]


def _keep(executed: Path, target: Path) -> None:
    """Put an executed notebook in place, and let it name that place rather than our temporary one."""
    import nbformat

    notebook = _read(executed)
    notebook.metadata.papermill["output_path"] = str(target)
    with atomic(target) as temporary:
        nbformat.write(notebook, temporary)  # type: ignore[no-untyped-call]
