"""One assessment, as it was read: an instrument, the settings, and the tables of evidence in typed columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.ledger_rules import LedgerRules
from evalsys.settings import Settings

__all__ = ["Assessment"]


@dataclass(frozen=True, eq=False)
class Assessment:
    """One assessment: its instrument, settings and checked tables.

    Attributes
    ----------
    path : Path
        The folder or workbook.
    sites : DataFrame
        ``site_id, site_type, name, area, units`` (tuple), ``latitude, longitude``, sorted by id.
    observations : DataFrame
        One row per row of the file, in its order. Beside the file's columns: ``place`` (of the standard in the
        instrument), ``leaf`` (place of the leaf, -1 if not scored), ``site`` (row in `sites`, -1 without), ``state``
        (seen, blank, na), ``seen`` (numbers the rule reads), ``who`` (row, site, standard: where units come from),
        ``area_who`` (row, site), ``counts`` (bool: is part of the round's score) and ``why_not`` (blank, round,
        unscored, superseded, repeated).
    responses, materials, events, fixes, capacity, projects : DataFrame
    ledgers : mapping of str to DataFrame
        The tables of the office's ledgers by name, empty where there is no such file: findings, rectifications, steps,
        done, grid, problems, letters, contracts, ads, volunteers, lamps, staff.
    rules : LedgerRules
        By which the ledgers are kept.
    units, areas : tuple of str
        Registered names; empty where none are registered.
    evidence_hash : str
        SHA-256 of the canonical sorted rows.
    notes : tuple of Text
        What a reader of a report should know about the data.
    """

    path: Path
    instrument: Instrument
    settings: Settings
    sites: pd.DataFrame
    observations: pd.DataFrame
    responses: pd.DataFrame
    materials: pd.DataFrame
    events: pd.DataFrame
    fixes: pd.DataFrame
    capacity: pd.DataFrame
    projects: pd.DataFrame
    ledgers: Mapping[str, pd.DataFrame]
    rules: LedgerRules
    units: tuple[str, ...]
    areas: tuple[str, ...]
    evidence_hash: str
    notes: tuple[Text, ...]

    @property
    def name(self) -> str:
        """Short name: the folder's or workbook's."""
        return self.path.stem if self.path.is_file() else self.path.resolve().name
