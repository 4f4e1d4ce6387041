"""One table of a result in the four forms that the command line writes: text, CSV, JSON and a workbook.

A cell holds what it is (a text, a count, an exact number); each form writes it in its own way, so that a person reads
36.606 and 93.86% where a program reads numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from evalsys.console import display_width
from evalsys.language import Lang, Text
from evalsys.wording import decimal, percent

__all__ = ["Column", "Listing", "number"]

Kind = Literal["text", "count", "points", "share"]


@dataclass(frozen=True)
class Column:
    """A column: its key for programs, its heading for people, and what stands in it."""

    key: str
    heading: Text
    kind: Kind = "text"


@dataclass(frozen=True)
class Listing:
    """Columns and rows; None is a cell that holds nothing. `indents` sets the second column of the text in by levels.

    Examples
    --------
    >>> columns = (Column("name", Text("名称", "name")), Column("lost", Text("失分", "lost"), "points"))
    >>> rates = Listing(columns, ((("甲街道"), Fraction(2, 3)), ("乙", Fraction(0))))
    >>> print(rates.as_text("zh"))
    名称     失分
    甲街道  0.667
    乙      0.000
    >>> print(rates.as_csv("en"))
    name,lost
    甲街道,0.666667
    乙,0
    >>> rates.as_records()[0]["lost"]
    {'exact': '2/3', 'value': 0.6666666666666666}
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    indents: Sequence[int] = ()

    def as_text(self, lang: Lang) -> str:
        """Return the table as text, columns set by the width of their cells on a terminal."""
        shown = [self._words(place) for place in range(len(self.columns))]
        for row, level in enumerate(self.indents):
            shown[1][row] = "  " * level + shown[1][row]
        lines = zip(
            *(_set(c, c.heading.say(lang), words) for c, words in zip(self.columns, shown, strict=True)), strict=True
        )
        return "\n".join("  ".join(cells).rstrip() for cells in lines)

    def _words(self, place: int) -> list[str]:
        """Return the cells of a column as a person reads them: the same decimals all the way down."""
        cells = [row[place] for row in self.rows]
        kind = self.columns[place].kind
        if kind == "share":
            return ["–" if cell is None else percent(cell) for cell in cells]
        if kind == "points":
            places = 0 if all(cell is None or Fraction(cell).denominator == 1 for cell in cells) else 3
            return ["–" if cell is None else decimal(cell, places) for cell in cells]
        none = "–" if kind == "count" else ""
        return [none if cell is None else f"{cell:,}" if kind == "count" else _one_line(cell) for cell in cells]

    def as_csv(self, lang: Lang) -> str:
        """Return the table as CSV: plain numbers with up to six decimals, shares between 0 and 1, no line end last."""
        out = io.StringIO()
        write = csv.writer(out, lineterminator="\n")
        write.writerow([column.heading.say(lang) for column in self.columns])
        write.writerows([[_plain(cell) for cell in row] for row in self.rows])
        return out.getvalue().rstrip("\n")

    def as_records(self) -> list[dict[str, Any]]:
        """Return one mapping per row for JSON; exact numbers stand as text beside the float."""
        keys = [column.key for column in self.columns]
        return [
            {key: number(cell) if isinstance(cell, Fraction) else cell for key, cell in zip(keys, row, strict=True)}
            for row in self.rows
        ]

    def as_json(self, name: str) -> str:
        """Return the rows as JSON, under a name."""
        return json.dumps({"schema": 1, name: self.as_records()}, ensure_ascii=False, indent=1)

    def write_workbook(self, path: Path, title: str, lang: Lang) -> None:
        """Write the table as a workbook of one sheet, numbers as numbers."""
        from evalsys.files import atomic
        from evalsys.sheets import new_workbook, packed

        workbook = new_workbook(title)
        self.add_sheet(workbook, title, lang)
        with atomic(path) as temporary:
            temporary.write_bytes(packed(workbook))

    def add_sheet(self, workbook: Any, title: str, lang: Lang) -> None:
        """Add the table to a workbook as a sheet."""
        from evalsys.sheets import Field, body, end_rule, filtered, head, page

        forms = {"text": "@", "count": "#,##0", "points": "0.000", "share": "0.00%"}
        fields = [
            Field(c.heading.say(lang), self._breadth(n, lang), forms[c.kind], "left" if c.kind == "text" else "right")
            for n, c in enumerate(self.columns)
        ]
        sheet = workbook.create_sheet(title)
        head(sheet, 1, fields)
        last = body(sheet, 2, fields, self.rows) - 1
        end_rule(sheet, last, fields)
        filtered(sheet, 1, len(fields), last, "A2")
        page(sheet)

    def _breadth(self, place: int, lang: Lang) -> int:
        words = [self.columns[place].heading.say(lang), *self._words(place)]
        return min(max(map(display_width, words)) + 3, 48)


def number(value: Fraction | None) -> dict[str, Any] | None:
    """Return an exact number for JSON: as text beside the float.

    Examples
    --------
    >>> number(Fraction(1, 3))
    {'exact': '1/3', 'value': 0.3333333333333333}
    """
    return None if value is None else {"exact": str(value), "value": float(value)}


def _plain(cell: Any) -> Any:
    """Return a cell as a program reads it from a CSV file."""
    if not isinstance(cell, Fraction):
        return "" if cell is None else cell
    words = decimal(cell, 6).replace(",", "").replace("−", "-")
    return words.rstrip("0").rstrip(".")


def _one_line(cell: Any) -> str:
    return " ".join(str(cell).split()) if "\n" in str(cell) else str(cell)


def _set(column: Column, heading: str, words: Sequence[str]) -> list[str]:
    """Return a column, heading first, padded to one width: text from the left, numbers from the right."""
    texts = [heading, *words]
    width = max(map(display_width, texts))
    blanks = [" " * (width - display_width(text)) for text in texts]
    left = column.kind == "text"
    return [text + blank if left else blank + text for text, blank in zip(texts, blanks, strict=True)]
