"""An empty instrument as a workbook: its sheets, drop-downs and example, the same bytes twice, and no half file."""

from __future__ import annotations

import re
import zipfile
from typing import Any

import openpyxl
import pytest
from authoring_books import empty

from evalsys import InputFaults
from evalsys.authoring_rules import DUE, NOTATIONS, WORDS
from evalsys.authoring_template import COLUMNS, EXAMPLE, HEAD, SHEETS, instrument_template
from evalsys.faults import Fault
from evalsys.language import LANGUAGES
from evalsys.names import register


@pytest.fixture(params=["zh", pytest.param("en", marks=pytest.mark.slow)])
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    return {lang: openpyxl.load_workbook(empty(folder / f"{lang}.xlsx", lang)) for lang in LANGUAGES}


@pytest.fixture
def workbook(books, lang):
    return books[lang]


def offered(workbook: Any, sheet: Any, cell: str) -> list[tuple[Any, list[str]]]:
    """Return the data validations of a cell, each with the words that its list offers."""
    found = []
    for held in sheet.data_validations.dataValidation:
        if cell in held.sqref:
            words = []
            if held.type == "list" and held.formula1.startswith('"'):
                words = held.formula1.strip('"').split(",")
            elif held.type == "list":
                title, column, last = re.fullmatch(r"'(.+)'!\$([A-Z]+)\$1:\$[A-Z]+\$(\d+)", held.formula1).groups()
                words = [workbook[title][f"{column}{row}"].value for row in range(1, int(last) + 1)]
            found.append((held, words))
    return found


def test_the_sheets_and_their_headings(workbook, lang):
    order = ("instructions", "instrument", "tree", "questions", "materials", "names", "example")
    assert workbook.sheetnames == [SHEETS[key].say(lang) for key in order]
    for key, cells in COLUMNS.items():
        head = [cell.value for cell in workbook[SHEETS[key].say(lang)][1]]
        assert head == [cell.heading.say(lang) for cell in cells.values()]
        assert len(set(head)) == len(head)
    rows = list(workbook[SHEETS["instrument"].say(lang)].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [cell.heading.say(lang) for cell in HEAD.values()]
    assert all(row[1] is None for row in rows[1:]), "nothing is assumed unseen"
    assert all(row[2] for row in rows[1:-1])


def test_nothing_is_filled_in_but_the_example(workbook, lang):
    for key in COLUMNS:
        sheet = workbook[SHEETS[key].say(lang)]
        assert all(cell.value is None for row in sheet.iter_rows(min_row=2) for cell in row)
    example = workbook[SHEETS["example"].say(lang)]
    assert example.max_row == len(EXAMPLE) + 1
    rules = {row["rule"] for row in EXAMPLE if row.get("rule")}
    assert rules == set(WORDS["rule"]), "every rule that a workbook can say"


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, cells in COLUMNS.items() for key, cell in cells.items() if cell.words]
)
def test_every_column_of_words_has_its_drop_down(workbook, lang, table, key):
    cell = COLUMNS[table][key]
    sheet = workbook[SHEETS[table].say(lang)]
    letter = next(c.column_letter for c in sheet[1] if c.value == cell.heading.say(lang))
    for row in (2, 60):
        ((held, words),) = offered(workbook, sheet, f"{letter}{row}")
        assert words == [name.say(lang) for name in WORDS[cell.words].values()]
        several = key == "methods"  # a cell may hold several methods, with shares: questioned, not refused
        assert held.errorStyle == ("warning" if several else "stop")
        assert held.error
        assert held.showErrorMessage


@pytest.mark.parametrize("key", [key for key, cell in HEAD.items() if cell.words and key != "shares"])
def test_every_setting_of_words_has_its_drop_down(workbook, lang, key):
    sheet = workbook[SHEETS["instrument"].say(lang)]
    row = list(HEAD).index(key) + 2
    ((held, words),) = offered(workbook, sheet, f"B{row}")
    assert words == [name.say(lang) for name in WORDS[HEAD[key].words].values()]
    assert held.errorStyle == "stop"


def test_site_types_are_offered_and_other_columns_are_explained(workbook, lang):
    sheet = workbook[SHEETS["tree"].say(lang)]
    letters = {cell.value: cell.column_letter for cell in sheet[1]}

    def at(key):
        return offered(workbook, sheet, f"{letters[COLUMNS['tree'][key].heading.say(lang)]}2")

    ((held, words),) = at("sites")
    assert words == [text.say(lang) for text in register("site_types").values()]
    assert held.errorStyle == "warning"
    for key in ("parameters", "points", "due", "lead"):
        ((held, _),) = at(key)
        assert 0 < len(held.prompt) <= 255
        assert not held.showErrorMessage
    assert DUE.say(lang) in at("due")[0][0].prompt


def test_codes_are_text_and_points_are_numbers(workbook, lang):
    sheet = workbook[SHEETS["tree"].say(lang)]
    forms = dict(zip(COLUMNS["tree"], (cell.number_format for cell in sheet[2]), strict=True))
    assert forms.pop("points") == forms.pop("weight") == "General"
    assert set(forms.values()) == {"@"}


def test_the_instructions_say_how_each_rule_is_written(workbook, lang):
    sheet = workbook[SHEETS["instructions"].say(lang)]
    said = {row[0]: row[1] for row in sheet.iter_rows(max_col=2, values_only=True)}
    for rule, name in WORDS["rule"].items():
        assert NOTATIONS[rule].say(lang) in said[name.say(lang)] if rule in NOTATIONS else said[name.say(lang)]
    text = "\n".join(f"{name} {text}" for name, text in said.items())
    assert "evalsys instrument import" in text
    assert "count_met" in text
    assert "subset-grade" in text


def test_the_same_bytes_and_nobody_named(tmp_path, lang):
    one, two = instrument_template(tmp_path / "one.xlsx", lang), instrument_template(tmp_path / "two.xlsx", lang)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as package:
        core = package.read("docProps/core.xml").decode()
    assert re.search("<dc:creator[^>]*>evalsys [^<]+</dc:creator>", core)
    assert "lastModifiedBy" not in core


def test_a_file_in_the_way_is_kept(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("mine")
    with pytest.raises(InputFaults) as raised:
        instrument_template(path)
    assert raised.value.faults == (Fault("exists", str(path)),)
    assert path.read_text() == "mine"


def test_a_write_that_is_stopped_leaves_nothing(tmp_path, monkeypatch):
    from pathlib import Path

    def half(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        instrument_template(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
