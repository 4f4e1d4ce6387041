"""Run one report: check, execute with papermill, render, and put the files in place when all is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.files import atomic
from evalsys.reporting.notebooks import checked_parameters, find_notebook, notebook_parameters

__all__ = ["Report", "ReportFailed", "run_report"]

#: Parameters that are paths; the notebook runs in its own folder, so they are made absolute.
#: An instrument is a path where it is not an id.
_PATHS = ("assessment", "out")


@dataclass(frozen=True)
class Report:
    """What a run wrote: executed notebook, page, and characters that the fonts lack."""

    notebook: Path
    html: Path
    missing_glyphs: str


class ReportFailed(Exception):
    """A cell of the notebook failed; `notebook` is the executed part, for the one who mends it.

    `cell` is the number that the notebook shows beside the cell; 0 where the kernel died.
    """

    def __init__(self, cell: int, error: str, notebook: Path) -> None:
        super().__init__(cell, error, notebook)
        self.cell, self.error, self.notebook = cell, error, notebook


def run_report(name: str, given: Mapping[str, Any], folder: Path, progress: bool | Mapping[str, Any] = False) -> Report:
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

    Returns
    -------
    Report

    Raises
    ------
    InputFaults
        For faulty parameters; nothing is written then.
    ReportFailed
        If a cell fails; the executed part stands in the folder as ``NAME.LANG.failed.ipynb``, and files of an earlier
        run stay as they were.
    OSError
        If the folder cannot be written; found before the work.
    """
    path = find_notebook(name)
    defaults = {parameter.name: parameter.default for parameter in notebook_parameters(path)}
    parameters = {key: _absolute(key, value) for key, value in checked_parameters(path, given).items()}
    lang = parameters.get("lang", defaults.get("lang", "zh"))
    target, page = (folder / f"{path.stem}.{lang}.{suffix}" for suffix in ("ipynb", "html"))
    failed = folder / f"{path.stem}.{lang}.failed.ipynb"
    _try_writing(folder)
    with tempfile.TemporaryDirectory(prefix="evalsys-", ignore_cleanup_errors=True) as scratch:
        executed = Path(scratch) / target.name
        error = _execute(path, executed, parameters, progress)
        if error is not None:
            _keep(executed, failed)
            raise ReportFailed(*error, failed)
        missing = _finish(executed, target, page, lang)
    failed.unlink(missing_ok=True)
    return Report(target, page, missing)


def _absolute(name: str, value: Any) -> Any:
    is_path = name in _PATHS or (name == "instrument" and str(value).endswith((".yaml", ".yml")))
    return str(Path(value).resolve()) if is_path and value else value


def _try_writing(folder: Path) -> None:
    """Find out before the work whether the folder can be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _execute(path: Path, executed: Path, parameters: dict[str, Any], progress: Any) -> tuple[int, str] | None:
    """Execute a notebook; return the cell that failed and its error, None if all went well."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # silences the kernel's debugger, which nobody uses
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            str(path),
            str(executed),
            parameters=parameters,
            cwd=str(path.parent),
            kernel_name="python3",
            language="python",
            progress_bar=dict(progress) if isinstance(progress, Mapping) else progress,
            kernel_manager_class="evalsys.reporting.kernel.ThisKernel",
            extra_arguments=[f"--ipython-dir={executed.parent}"],
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as error:
        return int(error.exec_count or 0), f"{error.ename}: {error.evalue}"
    except (CellTimeoutError, DeadKernelError) as error:
        return 0, f"{type(error).__name__}: {error}"
    return None


def _finish(executed: Path, target: Path, page: Path, lang: Any) -> str:
    """Render an executed notebook and put both files in place; return the characters that the fonts lack."""
    from evalsys.reporting.render import render_html

    html, missing = render_html(_read(executed), lang)
    with atomic(page) as temporary:
        temporary.write_text(html, "utf-8", newline="\n")
        _keep(executed, target)
    return missing


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
