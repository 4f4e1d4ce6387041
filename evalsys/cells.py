"""Columns of text tables read cell by cell, with a fault for every bad cell."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalsys.faults import Fault
from evalsys.fields import Bad
from evalsys.tables import Table

__all__ = ["Cells", "column_of", "dates_of", "days_of", "plain_rows"]

_EMPTY = Table("", "", (), {}, [], [])


class Cells:
    """Tables by name, read column by column; all faults go to one list."""

    def __init__(self, tables: Mapping[str, Table], faults: list[Fault]) -> None:
        self.faults = faults
        self._tables = tables

    def table(self, name: str) -> Table:
        """Return a table, an empty one where there is none."""
        return self._tables.get(name, _EMPTY)

    def texts(self, name: str, column: str) -> list[str]:
        """Return a column as text, empty cells where the table has no such column."""
        table = self.table(name)
        if column not in table.columns:
            return [""] * len(table.rows)
        place = table.columns.index(column)
        return [row[place] for row in table.rows]

    def read(
        self, name: str, column: str, reader: Callable[[str], Any] = str, *, need: bool = False, default: Any = None
    ) -> list[Any]:
        """Read a column: each distinct text once, a fault for every row that holds a bad one.

        Parameters
        ----------
        reader : callable
            Takes the text of a cell; raises :class:`~evalsys.fields.Bad`.
        need : bool
            Whether an empty cell is a fault.
        default
            What an empty cell means.

        Returns
        -------
        list
            One value per row; None where the cell is bad.
        """
        table = self.table(name)
        known: dict[str, Any] = {"": Bad("empty_value") if need and column in table.columns else default}
        out = []
        for row, text in enumerate(self.texts(name, column)):
            if text not in known:
                try:
                    known[text] = reader(text)
                except Bad as bad:
                    known[text] = bad
            value = known[text]
            if isinstance(value, Bad):
                self.blame(table, row, column, text, value)
                value = None
            out.append(value)
        return out

    def blame(self, table: Table, row: int, column: str, text: str, bad: Bad) -> None:
        """Report a bad cell."""
        value = text if bad.part is None else bad.part
        self.faults.append(table.fault(bad.problem, row, bad.column or column, value, bad.allowed, bad.near))

    def unique(self, name: str, column: str, values: Sequence[str | None]) -> None:
        """Report every value that stands twice."""
        table, first = self.table(name), dict[str, int]()
        for row, value in enumerate(values):
            if value is not None and first.setdefault(value, row) != row:
                earlier = table.numbers[first[value]]
                self.faults.append(
                    table.fault("duplicate_id", row, column, f"{value} ({earlier}, {table.numbers[row]})")
                )


def column_of(values: Iterable[Any]) -> pd.Series[Any]:
    """Return a column of plain Python values, whatever pandas would make of them."""
    return pd.Series(list(values), dtype=object)


def days_of(values: Sequence[Any]) -> pd.Series[Any]:
    """Return a column of days, NaT for None."""
    return pd.Series(np.array(values, dtype="datetime64[D]").astype("datetime64[s]"))


def dates_of(column: pd.Series[Any]) -> list[datetime.date | None]:
    """Return a column of days as plain dates, each distinct one made once; None for NaT."""
    distinct, place = np.unique(column.to_numpy().astype("datetime64[D]"), return_inverse=True)
    known: list[datetime.date | None] = distinct.tolist()
    return [known[at] for at in place.tolist()]


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings, a day as a date, one that is not stated as None.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"n": [1, 2], "on": pd.to_datetime(["2026-05-01", None])}))
    [{'n': 1, 'on': datetime.date(2026, 5, 1)}, {'n': 2, 'on': None}]
    """
    columns = {
        str(name): dates_of(column) if pd.api.types.is_datetime64_any_dtype(column) else column.tolist()
        for name, column in frame.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
