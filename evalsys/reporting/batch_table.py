"""The table of a batch: a row for each report, every cell checked before the first kernel starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalsys.evidence_files import said_of
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.instrument_file import instrument_ids
from evalsys.language import LANGUAGES
from evalsys.reporting.hashes import hashes_of
from evalsys.reporting.jobs import Job
from evalsys.reporting.notebooks import (
    PLACES,
    SUBJECTS,
    Parameter,
    checked_parameters,
    find_notebook,
    notebook_names,
    notebook_parameters,
)
from evalsys.tables import Column, Grid, Table, as_table, read_one

__all__ = ["HEADINGS", "read_jobs"]

#: Chinese headings of the columns that most tables have; other parameters go by their own name.
HEADINGS: Mapping[str, str] = {
    "notebook": "报告",
    "name": "名称",
    "assessment": "测评",
    "instrument": "测评体系",
    "table": "成绩表",
    "titles": "评选轮次",
    "previous": "上一轮",
    "lang": "语言",
    "pass_mark": "目标线",
    "with_forecast": "预测",
    "seed": "随机种子",
    "earlier": "对比轮次",
    "budget": "预算",
    "days": "工期",
    "chance": "期望达标可能性",
}
_OURS = ("out",)  # set by the batch
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^[. ]|[. ]$|^$')


def read_jobs(table: Path, forms: Sequence[str] = ()) -> list[Job]:
    """Read a table of reports: one row each, one column for each parameter.

    Columns: ``notebook`` (报告), ``assessment`` (测评) or ``instrument`` (测评体系), the further parameters of the
    notebooks, and ``name`` (名称), the folder of the report's files, by default the name of what it is on. An empty
    cell leaves a parameter to its default; paths start at the folder of the table.

    Parameters
    ----------
    table : Path
        CSV file, or a workbook with one sheet.
    forms : sequence of str
        What is written beside each page (:data:`evalsys.reporting.jobs.FORMS`).

    Returns
    -------
    list of Job
        In the order of the table.

    Raises
    ------
    InputFaults
        With every fault of every row.
    """
    faults: list[Fault] = []
    grid = read_one(table, faults)
    if grid is None:
        raise InputFaults(faults)
    notebooks = _notebooks(grid, table.parent)
    paths = [*map(find_notebook, notebook_names()), *notebooks.values()]
    known = dict.fromkeys(own.name for path in paths for own in notebook_parameters(path))
    names = ["notebook", "name", *(name for name in known if name not in _OURS)]
    columns = [Column(name, (HEADINGS[name],) if name in HEADINGS else (), name == "notebook") for name in names]
    found = as_table("batch", table.name, grid, columns, (), faults)
    rows = [] if found is None else [_job(found, place, table.parent, notebooks, tuple(forms), faults)
                                     for place in range(len(found.rows))]  # fmt: skip
    jobs = [job for job in rows if job is not None]
    if found is not None:
        _no_two_alike(found, jobs, faults)
        if not found.rows:
            faults.append(Fault("empty_file", table.name, allowed=" ".join(column.shown for column in columns[:3])))
    if faults:
        raise InputFaults(faults)
    read: dict[str, str] = {}
    return [replace(job, hashes=hashes_of(find_notebook(job.notebook), job.parameters, read)) for job in jobs]


def _notebooks(grid: Grid, base: Path) -> dict[str, Path]:
    """Return the notebooks that the table names; those that are not known are told row by row later."""
    heads = [cell.lower() for cell in grid.rows[0]] if grid.rows else []
    place = next((heads.index(name) for name in ("notebook", HEADINGS["notebook"]) if name in heads), None)
    named = {row[place] for row in grid.rows[1:] if len(row) > place} if place is not None else set()
    found = {}
    for name in sorted(named):
        path = base / name
        if name in notebook_names() or (name.endswith(".ipynb") and path.is_file()):
            found[name] = find_notebook(name if name in notebook_names() else str(path))
    return found


def _job(
    table: Table, place: int, base: Path, notebooks: Mapping[str, Path], forms: tuple[str, ...], faults: list[Fault]
) -> Job | None:
    """Return the job of a row; None where the row has faults."""
    cells = dict(zip(table.columns, table.rows[place], strict=True))
    report, name = cells.pop("notebook", ""), cells.pop("name", "")
    own: list[Fault] = []
    if not report:
        own.append(table.fault("empty_value", place, "notebook"))
    elif report not in notebooks:
        near = nearest(Path(report).name.removesuffix(".ipynb"), notebook_names())
        own.append(table.fault("unknown_notebook", place, "notebook", report, " ".join(notebook_names()), near))
    if own or "notebook" not in table.columns:
        faults += own
        return None
    path = notebooks[report]
    asked = {parameter.name: parameter for parameter in notebook_parameters(path)}
    given = {column: cell for column, cell in cells.items() if cell}
    try:
        typed = checked_parameters(path, given)
    except InputFaults as wrong:
        own += [_in_row(table, place, report, fault) for fault in wrong.faults]
        typed = {}
    subject = _subject(table, place, base, asked, given, own)
    if name and _NO_NAME.search(name):
        own.append(table.fault("bad_value", place, "name", name, '不含 \\ / : * ? " < > |'))
    faults += own
    if own:
        return None
    values = {**typed, **subject}
    on = next((values[key] for key in SUBJECTS if values.get(key)), "")
    full = {key: values.get(key, parameter.default) for key, parameter in asked.items() if key not in _OURS}
    lang = values.get("lang") or _language(on) or full.get("lang", "zh")
    full |= {"lang": lang} if "lang" in full else {}
    folder = name or _named_after(on) or path.stem
    return Job(table.numbers[place], folder, report if report in notebook_names() else str(path), lang, full, forms)


def _in_row(table: Table, place: int, report: str, fault: Fault) -> Fault:
    """Return a fault of a parameter at its cell; of a parameter that only other reports have, with the report."""
    value = table.rows[place][table.columns.index(fault.column)]
    if fault.problem == "unknown_parameter":
        return table.fault(fault.problem, place, fault.column, value, f"{report}: {fault.allowed}")
    return table.fault(fault.problem, place, fault.column, value, fault.allowed, fault.nearest)


def _subject(
    table: Table, place: int, base: Path, asked: Mapping[str, Parameter], given: Mapping[str, str], own: list[Fault]
) -> dict[str, str]:
    """Return what the report is on, with absolute paths.

    A row that does not say it is at fault: no report is made of the notebook's example unseen.
    """
    found = {}
    possible = [name for name in SUBJECTS if name in asked]
    if possible and not any(given.get(name) for name in possible):
        shown = "  ".join(f"{name} = {HEADINGS[name]}" for name in possible)
        own.append(table.fault("empty_value", place, possible[0], allowed=shown))
    for name in dict.fromkeys((*possible, *(name for name in PLACES if name in asked))):
        value = given.get(name, "")
        is_path = name in PLACES or value.endswith((".yaml", ".yml"))
        if not value:
            continue
        if is_path and not (base / value).exists():
            problem = "missing_file" if name in ("instrument", "table") else "missing_folder"
            own.append(table.fault(problem, place, name, value))
        elif not is_path and value not in instrument_ids():
            own.append(table.fault("unknown_name", place, name, value, near=nearest(value, instrument_ids())))
        else:
            found[name] = str((base / value).resolve()) if is_path else value
    return found


def _language(subject: str) -> str:
    """Return the language that an assessment asks for, nothing where it does not."""
    said = said_of(Path(subject)).get("language") if subject and Path(subject).exists() else None
    return str(said) if said in LANGUAGES else ""


def _named_after(subject: str) -> str:
    path = Path(subject)
    return path.stem if path.suffix.lower() in (".csv", ".xlsx", ".xlsm", ".yaml", ".yml") else path.name


def _no_two_alike(table: Table, jobs: Sequence[Job], faults: list[Fault]) -> None:
    """Report rows whose files would replace each other; folders that differ in case are the same on some systems."""
    first: dict[str, Job] = {}
    for job in jobs:
        other = first.setdefault(job.key.casefold(), job)
        if other is not job:
            heading = table.headings.get("name", "name")
            allowed = f"{job.key} = {other.row}"
            faults.append(Fault("duplicate_report", table.file, job.row, heading, job.name, allowed))
