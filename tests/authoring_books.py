"""Workbooks of the authoring tests: a whole instrument in either language, and copies with single cells changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl

from evalsys.authoring_rules import WORDS
from evalsys.authoring_template import COLUMNS, EXAMPLE, HEAD, SHEETS, instrument_template
from evalsys.language import Lang, Text

Row = Mapping[str, Any]
#: Head, questions, materials and names that go with the rows of the example.
WHOLE_HEAD: Row = {
    "id": "demo-2025",
    "title_zh": "示例体系",
    "title_en": "Example",
    "level": Text("县", "county"),
    "full_marks": 100,
    "scheme": Text("给定", "given"),
    "weights_status": Text("印明", "printed"),
    "methods_status": Text("假定", "assumed"),
    "pass_mark": "85%",
    "pass_mark_status": Text("假定", "assumed"),
    "draw": Text("集贸市场=3", "Market=3"),
    "document": "demo-notice",
    "document_title": "示例办法",
    "issuer": "某县",
    "date": "2025-03",
    "document_kind": "办法",
    "certainty": Text("转载件", "copy"),
    "note_zh": "示例。",
    "note_en": "An example.",
}
WHOLE: Mapping[str, Sequence[Row]] = {
    "tree": EXAMPLE,
    "questions": [
        {
            "standard": "2.2.1",
            "id": "q1",
            "zh": "您是否满意",
            "en": "Are you satisfied?",
            "options": "满意；一般；不满意",
            "satisfied": "满意；一般",
        }
    ],
    "materials": [
        {"standard": "2.1.1", "id": "m1", "zh": "方案", "en": "The plan"},
        {"standard": "2.1.1", "id": "m2", "zh": "总结", "en": "A report", "required": Text("否", "no")},
    ],
    "names": [
        {"kind": Text("点位类型", "site type"), "id": "fishing-port", "zh": "渔港", "en": "Fishing port"},
        {"kind": Text("责任单位", "unit"), "id": "渔业局", "en": "Fishery bureau"},
    ],
}


@lru_cache
def _template(lang: Lang) -> bytes:
    with TemporaryDirectory() as folder:
        return instrument_template(Path(folder) / "empty.xlsx", lang).read_bytes()


def empty(path: Path, lang: Lang) -> Path:
    path.write_bytes(_template(lang))
    return path


def plain(lang: Lang) -> openpyxl.Workbook:
    """Return the headings of the template in a workbook without looks, which is quick to read."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    sheet = workbook.create_sheet(SHEETS["instrument"].say(lang))
    sheet.append(["设置项", "值"] if lang == "zh" else ["key", "value"])
    for cell in HEAD.values():
        sheet.append([cell.heading.say(lang)])
    for key, cells in COLUMNS.items():
        workbook.create_sheet(SHEETS[key].say(lang)).append([cell.heading.say(lang) for cell in cells.values()])
    return workbook


def shown(value: Any, cell: Any, lang: Lang) -> Any:
    """Return what a cell of the workbook holds: words of a drop-down are given as the YAML format calls them."""
    if isinstance(value, Text):
        return value.say(lang)
    words = WORDS.get(cell.words, {}) if cell else {}
    return words[value].say(lang) if isinstance(value, str) and value in words else value


def book(
    path: Path,
    lang: Lang = "zh",
    head: Row = WHOLE_HEAD,
    tables: Mapping[str, Sequence[Row]] = WHOLE,
    change: Mapping[tuple[str, Any, str], Any] | None = None,
    full: bool = False,
) -> Path:
    """Write a filled-in workbook: the headings of the template without its looks, or with `full` the template itself.

    `change` gives cells other values: (sheet, row, column), where the row is the code of a node, the number of an entry
    from 0, or the key of the head.
    """
    workbook = openpyxl.load_workbook(empty(path, lang)) if full else plain(lang)
    sheet = workbook[SHEETS["instrument"].say(lang)]
    for row, (key, cell) in enumerate(HEAD.items(), 2):
        value = (change or {}).get(("instrument", key, "value"), head.get(key))
        sheet.cell(row, 2).value = shown(value, cell, lang)
    for name, rows in tables.items():
        sheet = workbook[SHEETS[name].say(lang)]
        for number, row in enumerate(rows):
            for column, (key, cell) in enumerate(COLUMNS[name].items(), 1):
                place = (name, row["code"] if name == "tree" else number, key)
                value = shown((change or {}).get(place, row.get(key)), cell, lang)
                sheet.cell(number + 2, column).value = value if value != "" else None
    workbook.save(path)
    return path
