"""The files that an assessment rests on, found without reading its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalsys.settings import SETTING_NAMES
from evalsys.tables import read_one

__all__ = ["evidence_files", "said_of"]

_TABLES = (".csv", ".xlsx", ".xlsm", ".yaml", ".yml")


def said_of(path: Path) -> dict[str, Any]:
    """Return the settings of an assessment as they stand in its file, unchecked; nothing where they cannot be read.

    Whether they are right is found when the assessment is read.
    """
    import yaml

    try:
        if not path.is_dir():
            return _sheet(path)
        if not (path / "assessment.yaml").exists():
            return next(filter(None, map(_sheet, sorted(path.glob("[!~.]*.xls[xm]")))), {})
        found = yaml.load((path / "assessment.yaml").read_text("utf-8-sig"), yaml.CSafeLoader)
        return found if isinstance(found, dict) else {}
    except Exception:  # damaged files make the readers raise almost anything
        return {}


def _sheet(path: Path) -> dict[str, Any]:
    """Return the settings sheet of a workbook: names in the first column, values in the second."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = [book[title] for title in ("设置", "assessment") if title in book.sheetnames]
        rows = [row[:2] for sheet in sheets for row in sheet.iter_rows(values_only=True) if row and row[0]]
    finally:
        book.close()
    return {SETTING_NAMES.get(str(row[0]).strip(), str(row[0]).strip()): row[1] for row in rows if len(row) > 1}


def evidence_files(path: Path) -> Mapping[str, Path]:
    """Return the files that an assessment rests on, each with a name that does not say where the assessment lies.

    Those of its folder, or its workbook; its instrument and weights where they are files; and all of these of every
    assessment that it shares facts with. An instrument file stands for itself; a table with a rule beside it brings
    the files of its folder, which the rule may name.

    Parameters
    ----------
    path : Path
        An assessment (folder or workbook), or a file.
    """
    found: dict[str, Path] = {}
    _gather(path, ".", found, set())
    return found


def _listed(path: Path) -> list[str]:
    """Return the assessments that a list names; none where the file is no list of them."""
    grid = read_one(path, [])
    head = grid.rows[0] if grid is not None and grid.rows else []
    place = next((head.index(name) for name in ("assessment", "测评") if name in head), None)
    return [] if grid is None or place is None else [row[place] for row in grid.rows[1:] if len(row) > place]


def _gather(path: Path, name: str, found: dict[str, Path], seen: set[Path]) -> None:
    if path.resolve() in seen or not path.exists():
        return
    seen.add(path.resolve())
    ruled = path.suffix.lower() in (".csv", ".xlsx", ".xlsm") and path.with_suffix(".yaml").is_file()
    if path.is_dir() or ruled:
        folder = path.parent if ruled else path
        own = [
            file for file in folder.iterdir() if file.suffix.lower() in _TABLES and not file.name.startswith((".", "~"))
        ]
        found.update({f"{name}/{file.name}": file for file in own if file.is_file()})
    else:
        found[name] = path
    if ruled or path.suffix.lower() in (".yaml", ".yml"):
        return
    settings, base = said_of(path), path if path.is_dir() else path.parent
    for place in _listed(path) if path.is_file() and not settings else ():
        _gather(base / place, f"{name}/{place}", found, seen)
    office = settings.get("ledger")
    named = [settings.get("instrument"), settings.get("weights"), settings.get("ledger.rules")]
    for value in [*named, office.get("rules") if isinstance(office, dict) else None]:
        if isinstance(value, str) and (base / value).is_file():
            found[f"{name}/{value}"] = base / value
    shares = settings.get("shares") or []
    for place in map(str, [shares] if isinstance(shares, str) else shares):
        _gather(base / place, f"{name}/{place}", found, seen)
