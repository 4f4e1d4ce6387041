"""The evidence of an assessment: its tables, read from a folder or a workbook. Nothing is dropped in silence.

Reading ends in one of two ways: an :class:`Assessment` in which every row is accounted for, or
:class:`~evalsys.faults.InputFaults` with every bad cell of every table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalsys import schema
from evalsys.assessment import Assessment
from evalsys.cells import column_of
from evalsys.draws import by_id, check_draw
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import FOR_THE_EYE, NO_TABLE, SHEETS, TABLES
from evalsys.instrument import PassMark
from evalsys.instrument_file import load_instrument
from evalsys.language import Text
from evalsys.ledger_reading import check_opened, read_ledgers
from evalsys.ledger_rules import ledger_rules
from evalsys.observations import read_observations, unused_numbers
from evalsys.reading import Reading
from evalsys.schema import Record, Spot
from evalsys.settings import (
    Published,
    Settings,
    mark_in_points,
    mark_problem,
    read_draw,
    read_file,
    settings_of,
    sheet_content,
)
from evalsys.sharing import with_shared
from evalsys.tables import Grid, Table, as_table, read_csv, read_workbook

__all__ = ["Assessment", "Published", "Settings", "pass_mark_of", "read_assessment"]


def pass_mark_of(assessment: Assessment, given: str | None = None) -> PassMark | None:
    """Return the pass mark in points: the parameter's, else the assessment's, else the instrument's.

    Parameters
    ----------
    given : str, optional
        ``"33.15"`` in points or ``"85%"`` of the full marks.

    Raises
    ------
    InputFaults
        If `given` is not a number or lies outside the scale.
    """
    if not given:
        return assessment.settings.pass_mark or assessment.instrument.pass_mark
    full = assessment.instrument.full_marks
    value = mark_in_points(given, full)
    if value is None:
        allowed = f"0..{schema.decimal(full)}  85%"
        raise InputFaults([Fault(mark_problem(given), "pass_mark", value=given, allowed=allowed)])
    return PassMark(value, "given", "parameter")


# -------------------------------------------------------------------------------------------------- reading


def read_assessment(path: Path | str, round: str | None = None) -> Assessment:
    """Read an assessment folder, or one workbook with a sheet per table.

    Parameters
    ----------
    path : Path or str
        Folder with ``assessment.yaml`` and its tables (CSV files, or sheets of workbooks; subfolders are not read),
        or an ``.xlsx`` file that holds everything.
    round : str, optional
        The round whose rows count, in place of the one that the settings name: to look at an earlier one. What other
        assessments share belongs to the present round and is left out then.

    Returns
    -------
    Assessment

    Raises
    ------
    InputFaults
        With every fault of every table; nothing is computed then.

    Examples
    --------
    >>> assessment = read_assessment("data/wujiang-2016")
    >>> len(assessment.observations), len(assessment.sites)
    (225, 62)
    """
    path = Path(path)
    found, file, reading = _read(path, round)
    base = path if path.is_dir() else path.parent
    for folder in (file["shares"] or []) if round is None else []:
        found = with_shared(found, _read(base / folder)[0])
    if file["shares"]:  # the others' sites may be drawn too, their losses may open our findings: checked only now
        found = replace(found, settings=by_id(found.settings, found.sites))
        check_draw(file, found.settings, found.instrument, found.sites, found.areas, True)
        check_opened(reading, found.observations, found.ledgers, found.rules)
        if file.spot.faults:
            raise InputFaults(file.spot.faults)
    return found


def _read(path: Path, round: str | None = None) -> tuple[Assessment, Record, Reading]:
    """Return what lies in one folder or workbook, its settings as they stand there, and what read it."""
    faults: list[Fault] = []
    if path.is_dir():
        found = _folder(path, faults)
    elif path.is_file():
        found = _Found({}, None)
        if not _add_workbook(path, found, faults):
            raise InputFaults(faults)
    else:
        raise InputFaults([Fault("missing_folder", str(path))])
    draw = found.tables.pop("draw", None)  # it is no evidence
    if not found.tables and not faults:
        faults.append(Fault("missing_file", "observations.csv") if path.is_dir() else _missing(path, "检查记录"))
    spot, content = _settings_of(path, found, faults)
    file = read_file(spot, content)
    if file is None or not file["instrument"]:
        raise InputFaults(faults)
    if draw is not None:
        read_draw(file, draw)
    try:
        base = path if path.is_dir() else path.parent
        weights = base / file["weights"] if file["weights"] else None
        instrument = load_instrument(file["instrument"], file["inspection_date"], base, weights)
        named = file["ledger"]["rules"] if file["ledger"] else None
        office = load_instrument(named, file["inspection_date"], base) if named else instrument
    except InputFaults as error:
        raise InputFaults([*faults, *error.faults]) from None
    if instrument.monthly and file["inspection_date"] is None:
        file.at("inspection_date").report("needs_month", allowed="inspection_date: 2016-08-15")
    settings = settings_of(file, instrument)
    held = settings if round is None else replace(settings, round=round)
    reading = Reading(instrument, held, found.tables, faults, office)
    reading.blank_round, settings = settings.round, reading.settings
    sites = reading.sites()
    if not file["shares"]:
        settings = by_id(settings, sites)
        sure = not any(fault.file == reading.table("sites").file for fault in faults)
        check_draw(file, settings, instrument, sites, reading.areas, sure)
    observations = read_observations(reading, sites)
    tables = {
        "responses": reading.responses(),
        "materials": reading.materials(),
        "events": reading.events(),
        "fixes": reading.fixes(sites),
        "capacity": reading.capacity(),
    }
    tables["projects"] = reading.projects(tables["fixes"], observations)
    rules = ledger_rules(office, settings.ledger)
    kept = read_ledgers(reading, sites, observations, tables["materials"], rules)
    _one_kind_only(reading, observations, tables["responses"])
    _not_after_inspection(reading, tables)
    if faults:
        raise InputFaults(faults)
    made = Assessment(
        path=path,
        instrument=instrument,
        settings=settings,
        sites=sites,
        observations=observations,
        **tables,
        ledgers=kept,
        rules=rules,
        units=reading.units,
        areas=reading.areas,
        evidence_hash=_hash({"sites": sites, "observations": observations, **tables, **kept}, reading),
        notes=(*settings.notes, *_notes(reading, observations, tables)),
    )
    return made, file, reading


@dataclass
class _Found:
    """The tables of an assessment by name, and its settings sheet with the name of its file."""

    tables: dict[str, Table]
    settings: tuple[str, Grid] | None


_OTHER_TABLES = (".xls", ".xlsb", ".ods", ".et", ".tsv", ".numbers")


def _folder(path: Path, faults: list[Fault]) -> _Found:
    """Find the tables that lie in a folder, not in its subfolders; a table in a format that is not read is a fault."""
    found = _Found({}, None)
    for file in sorted(path.iterdir()):
        kind = file.suffix.lower()
        if file.name.startswith((".", "~$")) or (file.is_dir() and kind != ".csv"):
            continue
        if kind == ".csv":
            name = SHEETS.get(file.stem, file.stem)
            if name in TABLES:
                grid = read_csv(file, file.name, faults)
                if grid is not None:
                    _add_table(name, file.name, grid, found, faults)
            else:
                faults.append(
                    Fault("unknown_table", file.name, None, "", file.stem, " ".join(TABLES), nearest(file.stem, TABLES))
                )
        elif kind in (".xlsx", ".xlsm"):
            _add_workbook(file, found, faults)
        elif kind in _OTHER_TABLES:
            faults.append(Fault("unreadable", file.name, allowed=".csv .xlsx"))
    return found


def _add_workbook(path: Path, found: _Found, faults: list[Fault]) -> bool:
    """Add the sheets of a workbook; False if it cannot be read."""
    without = [*NO_TABLE, *(title for title, name in SHEETS.items() if name in NO_TABLE)]
    sheets = read_workbook(path, path.name, faults, without)
    if sheets is None:
        return False
    for title, grid in sheets.items():
        name = SHEETS.get(title.strip(), title.strip())
        shown = f"{path.name} [{title}]"
        if name == "assessment":
            if found.settings is not None:
                faults.append(Fault("duplicate_table", shown, value=name))
            found.settings = shown, grid
        elif name in TABLES:
            if grid.rows:
                _add_table(name, shown, grid, found, faults)
        elif grid.rows:
            near = nearest(title, [*SHEETS, *TABLES])
            faults.append(Fault("unknown_table", shown, None, "", title, " ".join(SHEETS), near))
    return True


def _add_table(name: str, shown: str, grid: Grid, found: _Found, faults: list[Fault]) -> None:
    if name in found.tables:
        faults.append(Fault("duplicate_table", shown, value=f"{name}: {found.tables[name].file}"))
        return
    table = as_table(name, shown, grid, TABLES[name], FOR_THE_EYE.get(name, ()), faults)
    if table is not None:
        found.tables[name] = table


def _settings_of(path: Path, found: _Found, faults: list[Fault]) -> tuple[Spot, Any]:
    """Return the settings: of ``assessment.yaml`` in a folder, or of the settings sheet."""
    name = "assessment.yaml"
    if found.settings is None and path.is_dir():
        return schema.document(path / name, name, faults)
    if found.settings is None:
        raise InputFaults([*faults, _missing(path, "设置")])
    shown, grid = found.settings
    if path.is_dir() and (path / name).exists():
        faults.append(Fault("duplicate_table", shown, value=name))
    spot = Spot(faults, shown)
    return spot, sheet_content(spot, grid)


def _missing(path: Path, sheet: str) -> Fault:
    return Fault("missing_table", f"{path.name} [{sheet}]", allowed=f"{sheet} {SHEETS[sheet]}")


def _one_kind_only(reading: Reading, observations: pd.DataFrame, responses: pd.DataFrame) -> None:
    """A survey leaf takes answers or a result entered directly, not both."""
    answered = {
        code for code, answer in zip(responses["standard"], responses["answer"], strict=True) if code and answer
    }
    table = reading.table("observations")
    entered = zip(observations["standard"], observations["method"], observations["counts"], strict=True)
    for row, (code, method, counts) in enumerate(entered):
        if counts and method == "survey" and code in answered:
            reading.faults.append(table.fault("two_kinds_of_evidence", row, "standard", code))


def _not_after_inspection(reading: Reading, tables: Mapping[str, pd.DataFrame]) -> None:
    """Documents are due, and events have happened, by the day of the inspection."""
    last = reading.settings.inspection_date
    if last is None:
        return
    for name, column in (("materials", "due"), ("events", "date")):
        texts = reading.texts(name, column)
        for row in np.flatnonzero(tables[name][column] > pd.Timestamp(last)).tolist():
            fault = reading.table(name).fault("after_inspection", row, column, texts[row], f"<= {last}")
            reading.faults.append(fault)


# ---------------------------------------------------------------------------------------------- notes and hash

_SAID = {
    "blank": Text("{n} 行检查记录没有填写结果，未计入", "observations without a result yet, not counted: {n}"),
    "round": Text(
        "{n} 行检查记录属于其他轮次（{rounds}），未计入本轮得分",
        "observations of other rounds ({rounds}), not counted here: {n}",
    ),
    "superseded": Text(
        "{n} 行检查记录已有同一点位更新的记录，以新记录为准",
        "observations superseded by later ones of the same site: {n}",
    ),
    "repeated": Text(
        "{n} 行检查记录与同一天、同一点位的另一行内容相同，只计一次",
        "observations that repeat another of the same day and site, counted once: {n}",
    ),
    "unscored": Text("{n} 行检查记录属于不计分的标准", "observations of standards that are not scored: {n}"),
    "n": Text(
        "{n} 行检查记录填有数量，但计分规则不用数量", "observations with a number that their rule does not use: {n}"
    ),
    "unanswered": Text("{n} 道问卷题没有回答，未计入", "survey questions left unanswered, not counted: {n}"),
    "unknown": Text("{n} 份材料没有填写状态，尚未评定", "documents without a status yet, not assessed: {n}"),
    "both": Text(
        "{n} 项标准既有材料登记又有检查记录，以检查记录为准",
        "standards with registered documents and an observation, of which the observation counts: {n}",
    ),
    "overspent": Text("{n} 个项目的已支出超过费用", "projects that have spent more than their cost: {n}"),
    "units": Text("没有责任单位名录，单位名称未经核对", "no register of units: their names are not checked"),
    "areas": Text("没有属地名录，属地名称未经核对", "no register of areas: their names are not checked"),
}


def _notes(reading: Reading, observations: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Iterator[Text]:
    """Say what was read but does not count, and what could not be checked."""
    responses, materials, projects = tables["responses"], tables["materials"], tables["projects"]
    count = dict(observations["why_not"].value_counts())
    count["n"] = unused_numbers(reading, observations)
    count["unknown"] = int((materials["status"] == "").sum())
    count["unanswered"] = int((responses["answer"] == "").sum())
    reviewed = set(observations["standard"][observations["counts"] & (observations["method"] == "document_review")])
    registered = set(materials["material"][materials["status"] != ""])
    count["both"] = sum(
        any(material.id in registered for material in node.standard.materials)
        for code, node in reading.instrument.standards.items()
        if code in reviewed and node.standard
    )
    count["units"] = int(not reading.units and any(map(len, observations["units"])))
    count["areas"] = int(not reading.areas and any(area is not None for area in observations["area"]))
    budgets = zip(projects["cost"], projects["spent"], strict=True)
    count["overspent"] = sum(cost is not None and spent is not None and spent > cost for cost, spent in budgets)
    rounds = "、".join(sorted(set(observations["round"]) - {reading.settings.round}))
    for key, text in _SAID.items():
        if count.get(key):
            yield Text(text.zh.format(n=count[key], rounds=rounds), text.en.format(n=count[key], rounds=rounds))


_HASHED = {
    "observations": (
        *("observation_id", "round", "standard", "method", "site_id", "observed_on", "state", "seen", "value", "n"),
        *("area", "area_who", "units", "who", "found_by", "repeat", "photo", "note"),
    )
}


def _hash(tables: Mapping[str, pd.DataFrame], reading: Reading) -> str:
    """Return the SHA-256 of what the tables say, as sorted rows of sorted columns.

    The order of rows and columns, the encoding, the language of headings and names, and how a number or date is
    written do not matter.
    """
    digest = hashlib.sha256()
    registers = {"units": pd.DataFrame({"unit": reading.units}), "areas": pd.DataFrame({"area": reading.areas})}
    sites = tables["sites"]["site_id"].tolist()
    for name, frame in sorted({**tables, **registers}.items()):
        if not len(frame):
            continue
        if name == "observations":
            ids = [sites[site] if site >= 0 else "" for site in frame["site"]]
            read = [None if seen else value for seen, value in zip(frame["seen"], frame["value"], strict=True)]
            frame = frame.assign(site_id=column_of(ids), value=column_of(read))
        if name == "findings":
            known = tables["observations"]["observation_id"].tolist()
            linked = [tuple(known[row] for row in rows) for rows in frame["observations"]]
            frame = frame.assign(observations=column_of(linked))
        texts = {column: _plain(frame[column].tolist()) for column in _HASHED.get(name, tuple(frame.columns))}
        columns = sorted(column for column, held in texts.items() if any(held))  # an empty column says nothing
        held = [texts[column] for column in columns]
        rows = sorted("\x1f".join(row) for row in zip(*held, strict=True))
        digest.update("\x1e".join([name, "\x1f".join(columns), *rows, ""]).encode())
    return digest.hexdigest()


def _plain(values: Sequence[Any]) -> list[str]:
    """Return a column as text, one way for each value."""
    made = {value: value if isinstance(value, str) else _text_of(value) for value in set(values)}
    return [made[value] for value in values]


def _text_of(value: Any) -> str:
    if isinstance(value, tuple):
        return ";".join(map(_text_of, value))
    return "" if value is None or value != value else str(value)
