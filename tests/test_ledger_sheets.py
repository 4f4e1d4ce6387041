"""The ledgers in a new workbook: what they offer is what the reader takes, and a fault names its sheet and row."""

from __future__ import annotations

import datetime
import functools
import re
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from evalsys import InputFaults, load_instrument, read_assessment
from evalsys.entries import Entry
from evalsys.fields import RESULTS, SHEETS, SOURCES, TABLES
from evalsys.instrument import STANDINGS, Instrument
from evalsys.ledger_sheets import Offers, office_settings
from evalsys.settings import CycleYears, LedgerSettings
from evalsys.template import new_assessment

ID = "lincheng-county-2019"
FRAME = "national-frame-2018"
#: The same in both languages; English, which the office's own rows go through too, is left to the long run.
LANGS = ("zh", pytest.param("en", marks=pytest.mark.slow))
DAY = datetime.date


@functools.cache
def made(instrument: str, lang: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = new_assessment(Path(folder) / "a", instrument, place="某县", round_="2026-03", lang=lang)
        return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def opened(path: Path, instrument: str, lang: str) -> Any:
    path.write_bytes(made(instrument, lang))
    return openpyxl.load_workbook(path)


def sheet_of(book: Any, table: str, lang: str) -> Any:
    return book[next(zh for zh, name in SHEETS.items() if name == table) if lang == "zh" else table]


def places(sheet: Any) -> dict[str, int]:
    """The columns of a sheet by the name that the reader knows them by."""
    columns = TABLES[SHEETS.get(sheet.title, sheet.title)]
    known = {heading: column.name for column in columns for heading in (column.name, *column.headings)}
    return {known[cell.value]: place for place, cell in enumerate(sheet[1], 1)}


def fill(sheet: Any, rows: list[dict[str, Any]]) -> None:
    heads = places(sheet)
    for number, row in enumerate(rows, 2):
        for key, value in row.items():
            sheet.cell(number, heads[key]).value = value


def append(sheet: Any, *rows: list[Any]) -> None:
    """Write rows below the last that says anything, as one does by hand."""
    last = max(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value)
    for number, row in enumerate(rows, last + 1):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place).value = value


def accepted(book: Any, sheet: Any, row: int, column: int) -> list[str]:
    """What the drop-down of a cell holds."""
    cell = sheet.cell(row, column).coordinate
    item = next(item for item in sheet.data_validations.dataValidation if cell in item.sqref)
    if item.formula1.startswith('"'):
        return list(item.formula1.strip('"').split(","))
    title, letter, last = re.fullmatch(r"'(.+)'!\$([A-Z]+)\$1:\$[A-Z]+\$(\d+)", item.formula1).groups()
    return [book[title][f"{letter}{place}"].value for place in range(1, int(last) + 1)]


def validation(sheet: Any, key: str, row: int = 2) -> Any:
    cell = sheet.cell(row, places(sheet)[key]).coordinate
    return next((item for item in sheet.data_validations.dataValidation if cell in item.sqref), None)


def ledgers(lang: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two findings, one at a site that was added and one of the whole place, and three rectifications."""
    zh = lang == "zh"
    findings = [
        {
            "finding_id": "W1",
            "site_id": "estate-9",
            "standard": sorted(load_instrument(ID).standards)[0],
            "found_on": DAY(2026, 3, 2),
            "source": "媒体曝光" if zh else "media",
            "what": "楼道堆物",
            "units": "甲局",
            "photo": "w1.jpg",
        },
        {
            "finding_id": "W2",
            "site_id": "全域" if zh else "whole",
            "standard": sorted(load_instrument(ID).standards)[1],
            "found_on": DAY(2026, 3, 3),
            "units": "甲局；乙局",
            "due": DAY(2026, 3, 20),
        },
    ]
    passed, returned = list(RESULTS if zh else RESULTS.values())
    rectifications = [
        {
            "finding_id": "W1",
            "unit": "甲局",
            "measure": "清理",
            "fixed_on": DAY(2026, 3, 5),
            "reviewed_on": DAY(2026, 3, 6),
            "reviewer": "乙局",
            "result": returned,
        },
        {
            "finding_id": "W1",
            "unit": "甲局",
            "fixed_on": DAY(2026, 3, 8),
            "reviewed_on": DAY(2026, 3, 9),
            "reviewer": "乙局",
            "result": passed,
        },
        {"finding_id": "W2", "unit": "乙局", "fixed_on": DAY(2026, 3, 10), "photo": "w2.jpg"},
    ]
    return findings, rectifications


def filled(path: Path, lang: str, change: dict[int, dict[str, Any]] | None = None) -> None:
    """Write a workbook with units, a site and both ledgers; `change` cells of the rectifications by their place."""
    book = opened(path, ID, lang)
    findings, rectifications = ledgers(lang)
    sites = sheet_of(book, "sites", lang)
    kind = sites.cell(2, 2).value
    append(sheet_of(book, "units", lang), ["甲局"], ["乙局"])
    append(sites, ["estate-9", kind, "某小区", None, None, "社区书记"])
    for place, cells in (change or {}).items():
        rectifications[place].update(cells)
    fill(sheet_of(book, "findings", lang), findings)
    fill(sheet_of(book, "rectifications", lang), rectifications)
    book.save(path)


# ------------------------------------------------------------------------------------------------- kept and read


def test_ledgers_left_empty_say_nothing(path: Path) -> None:
    opened(path, ID, "zh")
    found = read_assessment(path)
    assert {name: len(frame) for name, frame in found.ledgers.items()} == dict.fromkeys(found.ledgers, 0)
    assert found.settings.ledger == LedgerSettings()
    assert (found.settings.standing, found.settings.cycle, found.settings.scores) == (None, None, {})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_an_office_writes_is_read(path: Path, lang: str) -> None:
    filled(path, lang)
    found = read_assessment(path)
    findings, rectifications = found.ledgers["findings"], found.ledgers["rectifications"]
    sites = found.sites["site_id"].tolist()
    assert findings["finding_id"].tolist() == ["W1", "W2"]
    assert findings["site"].tolist() == [sites.index("estate-9"), -1]
    assert findings["source"].tolist() == ["media", "supervision"]
    assert findings["units"].tolist() == [("甲局",), ("甲局", "乙局")]
    assert [str(day.date()) for day in findings["found_on"]] == ["2026-03-02", "2026-03-03"]
    assert findings["due"].notna().tolist() == [False, True]
    assert findings["photo"].tolist()[0] == "w1.jpg"
    assert rectifications["state"].tolist() == ["returned", "verified", "fixed"]
    assert rectifications["result"].tolist() == ["returned", "verified", ""]
    assert rectifications["unit"].tolist() == ["甲局", "甲局", "乙局"]
    assert found.sites["post"].tolist()[sites.index("estate-9")] == "社区书记"


def test_a_fault_names_the_sheet_and_the_row(path: Path) -> None:
    filled(path, "zh", {2: {"fixed_on": DAY(2026, 3, 1)}})
    with pytest.raises(InputFaults) as raised:
        read_assessment(path)
    (fault,) = raised.value.faults
    assert (fault.problem, fault.file, fault.row) == ("fixed_before_found", "a.xlsx [整改台账]", 4)
    assert "a.xlsx [整改台账] 第4行 [整改日期]" in fault.say("zh")


def test_a_finding_made_from_an_observation_is_named_like_any(path: Path) -> None:
    book = opened(path, ID, "zh")
    checks = book["检查记录"]
    heads = {cell.value: place for place, cell in enumerate(checks[1], 1)}
    row = next(r for r in range(2, checks.max_row) if checks.cell(r, heads["是/否"]).fill.fill_type != "solid")
    checks.cell(row, heads["是/否"]).value = "否"
    checks.cell(row, heads["检查日期"]).value = DAY(2026, 3, 2)
    name = f"O-{checks.cell(row, heads['记录编号']).value}"
    fill(book["整改台账"], [{"finding_id": name, "fixed_on": DAY(2026, 3, 4)}])
    book.save(path)
    assert read_assessment(path).ledgers["rectifications"]["state"].tolist() == ["fixed"]


# ------------------------------------------------------------------------------------------------- what is offered


@pytest.mark.parametrize("lang", LANGS)
def test_drop_downs_hold_what_the_reader_takes(path: Path, lang: str) -> None:
    book = opened(path, ID, lang)
    findings, rectifications = sheet_of(book, "findings", lang), sheet_of(book, "rectifications", lang)
    first, second = places(findings), places(rectifications)
    assert accepted(book, findings, 2, first["standard"]) == list(load_instrument(ID).standards)
    assert accepted(book, findings, 2, first["source"]) == list(SOURCES if lang == "zh" else SOURCES.values())
    assert accepted(book, rectifications, 2, second["result"]) == list(RESULTS if lang == "zh" else RESULTS.values())
    title = sheet_of(book, "sites", lang).title
    assert validation(findings, "site_id").formula1.startswith(f"OFFSET('{title}'!$A$2")
    assert ("全域" if lang == "zh" else "whole") in validation(findings, "site_id").prompt
    register = sheet_of(book, "units", lang).title
    for sheet, key in ((findings, "units"), (rectifications, "unit"), (rectifications, "reviewer")):
        assert validation(sheet, key).formula1.startswith(f"OFFSET('{register}'!$A$2"), key
        assert validation(sheet, key).errorStyle == "warning"
    days = [(findings, "found_on"), (findings, "due"), (rectifications, "fixed_on"), (rectifications, "reviewed_on")]
    for sheet, key in days:
        assert validation(sheet, key).type == "date", key
        assert sheet.cell(2, places(sheet)[key]).number_format == "yyyy-mm-dd"
    own = validation(findings, "finding_id")
    assert own.formula1 == 'AND(LEFT(A2,2)<>"O-",COUNTIF($A$2:$A$2001,A2)=1)'
    listed = validation(rectifications, "finding_id")
    assert listed.formula1.startswith(f"OFFSET('{findings.title}'!$A$2")
    assert not listed.showErrorMessage  # ids of observations are legal too


def test_without_sites_a_finding_is_of_the_whole_place(path: Path) -> None:
    book = opened(path, FRAME, "zh")
    assert accepted(book, book["问题台账"], 2, places(book["问题台账"])["site_id"]) == ["全域"]


@pytest.mark.parametrize("table", ["findings", "rectifications"])
def test_two_hundred_rows_are_ready_and_one_page_is_ruled(path: Path, table: str) -> None:
    sheet = sheet_of(opened(path, ID, "zh"), table, "zh")
    assert sheet.max_row == 29
    for key, place in places(sheet).items():
        letter = openpyxl.utils.get_column_letter(place)
        assert sheet.cell(1, place).fill.fill_type == "solid"  # one fills it in
        assert sheet.column_dimensions[letter].alignment.wrap_text
        assert sheet.column_dimensions[letter].number_format == sheet.cell(2, place).number_format
        if validation(sheet, key) is not None:
            assert validation(sheet, key, 201) == validation(sheet, key)
            assert validation(sheet, key).prompt or validation(sheet, key).error
    assert all(sheet.row_dimensions[row].height is None for row in range(2, 30))  # a row grows with its text
    ((area, (rule,)),) = [(each.sqref, each.rules) for each in sheet.conditional_formatting]
    assert str(area).startswith("A30:")
    assert rule.formula == [f"COUNTA($A30:${openpyxl.utils.get_column_letter(len(places(sheet)))}30)>0"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)


@pytest.mark.parametrize("lang", LANGS)
def test_materials_take_the_day_of_each_step(path: Path, lang: str) -> None:
    book = opened(path, "waste-sorting-estate", lang)
    sheet = sheet_of(book, "materials", lang)
    heads = {cell.value: place for place, cell in enumerate(sheet[1], 1)}
    names = {"drafted_on": "报送日期", "reviewed_on": "审核日期", "approved_on": "审定日期", "closed_on": "归档日期"}
    sheet.cell(2, heads["状态" if lang == "zh" else "status"]).value = "已审核" if lang == "zh" else "reviewed"
    for day, key in ((3, "drafted_on"), (4, "reviewed_on")):
        sheet.cell(2, heads[names[key] if lang == "zh" else key]).value = DAY(2026, 3, day)
    book.save(path)
    found = read_assessment(path).materials.set_index("material").loc[sheet.cell(2, 1).value]
    assert [str(found[key])[:10] for key in names] == ["2026-03-03", "2026-03-04", "NaT", "NaT"]


# ------------------------------------------------------------------------------------------------------- settings


def setting_rows(sheet: Any) -> dict[str, int]:
    return {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}


ZH = {
    "standing": "称号状态",
    "applied_on": "申报日期",
    "scores.minors": "其他成绩·未成年人",
    "cycle.first_year": "周期·起始年",
    "cycle.year": "周期·本年",
    "cycle.wanted": "周期·期望总分",
    "ledger.rules": "台账·制度取自",
    "ledger.days": "台账·整改天数",
    "ledger.undated": "台账·未注日期按",
    "ledger.materials_by": "台账·材料每月几日前",
}


@pytest.mark.parametrize("lang", LANGS)
def test_settings_of_the_office_are_read_back(path: Path, lang: str) -> None:
    book = opened(path, FRAME, lang)
    sheet = sheet_of(book, "assessment", lang)
    rows = setting_rows(sheet)
    names = {key: ZH[key] if lang == "zh" else key for key in ZH}
    given: dict[str, Any] = {
        "standing": "已获称号" if lang == "zh" else "holder",
        "applied_on": DAY(2025, 11, 1),
        "scores.minors": 91.5,
        "cycle.first_year": 2024,
        "cycle.year": 2026,
        "cycle.wanted": "90%",
        "ledger.rules": ID,
        "ledger.days": 5,
        "ledger.undated": DAY(2026, 3, 1),
        "ledger.materials_by": 8,
    }
    for key, value in given.items():
        cell = sheet.cell(rows[names[key]], 2)
        form, cell.value = cell.number_format, value
        cell.number_format = form  # openpyxl sets its own for a date; Excel keeps the cell's
        assert form == ("yyyy-mm-dd" if isinstance(value, DAY) else "@" if key == "ledger.rules" else "General"), key
    earlier = ("周期·2024年成绩", "周期·2025年成绩") if lang == "zh" else ("cycle.earlier.2024", "cycle.earlier.2025")
    append(sheet, [earlier[0], 81], [earlier[1], 82])
    book.save(path)
    found = read_assessment(path)
    settings, full = found.settings, found.instrument.full_marks
    assert (settings.standing, settings.applied_on) == ("holder", DAY(2025, 11, 1))
    assert settings.scores == {"minors": Fraction(183, 2)}
    assert settings.cycle == CycleYears(2024, 2026, {2024: Fraction(81), 2025: Fraction(82)}, full * Fraction(9, 10))
    assert settings.ledger == LedgerSettings(ID, 5, DAY(2026, 3, 1), 8)
    assert (found.rules.instrument.id, found.rules.days_from) == (ID, "setting")


@pytest.mark.parametrize("lang", LANGS)
def test_settings_offer_what_the_reader_takes(path: Path, lang: str) -> None:
    book = opened(path, FRAME, lang)
    sheet = sheet_of(book, "assessment", lang)
    rows = setting_rows(sheet)
    offered = accepted(book, sheet, rows[ZH["standing"] if lang == "zh" else "standing"], 2)
    assert offered == [text.zh if lang == "zh" else key for key, text in STANDINGS.items()]
    assert ID in accepted(book, sheet, rows[ZH["ledger.rules"] if lang == "zh" else "ledger.rules"], 2)
    limits = {"scores.minors": ("0", "100"), "ledger.days": ("0", "365"), "ledger.materials_by": ("1", "28")}
    for key, ends in limits.items():
        cell = sheet.cell(rows[ZH[key] if lang == "zh" else key], 2).coordinate
        item = next(item for item in sheet.data_validations.dataValidation if cell in item.sqref)
        assert (item.operator, item.formula1, item.formula2) == ("between", *ends)


def test_only_what_matters_to_the_instrument_is_asked() -> None:
    plain = Entry("list", "")
    offers = Offers("zh", None, plain, plain, lambda names: plain, (), {})

    def names(instrument: str | Instrument) -> list[str]:
        found = load_instrument(instrument) if isinstance(instrument, str) else instrument
        asked = [row.name for row in office_settings(found, offers)]
        assert set(asked) <= set(ZH.values())
        return [key for key, zh in ZH.items() if zh in asked]

    ledger = [key for key in ZH if key.startswith("ledger")]
    assert names(FRAME) == list(ZH)
    assert names(ID) == ledger
    assert names("taizhou-police-2009") == ["cycle.first_year", "cycle.year", "cycle.wanted", *ledger]
    frame = load_instrument(FRAME)
    own = tuple(replace(gate, of="total") for gate in frame.gates)  # the own score is no other score
    assert names(replace(frame, gates=own, joined=())) == [key for key in ZH if key != "scores.minors"]


def test_remarks_say_what_holds_when_left_empty(path: Path) -> None:
    def remarks(instrument: str) -> dict[str, str]:
        sheet = opened(path, instrument, "zh")["设置"]
        return {name: sheet.cell(row, 3).value for name, row in setting_rows(sheet).items()}

    assert remarks(ID)["台账·整改天数"].endswith("留空则按体系规定的 7 天")
    assert remarks(FRAME)["台账·整改天数"].endswith("留空则按 7 天（假定）")
    assert remarks(FRAME)["台账·材料每月几日前"].endswith("留空则为 5 日（假定）")
    said = remarks(FRAME)
    assert all("留空" in said[name] for key, name in ZH.items() if key != "cycle.year")


# ---------------------------------------------------------------------------------------------------- instructions


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_tells_what_each_ledger_is_for(path: Path, lang: str) -> None:
    for instrument in (ID, FRAME):
        sheet = opened(path, instrument, lang).worksheets[0]
        said = {row[0].value: row[1].value for row in sheet["A1:B80"]}
        names = ("问题台账", "整改台账") if lang == "zh" else ("findings", "rectifications")
        assert all("O-" in said[name] for name in names)
        assert sheet.page_setup.fitToHeight == 1  # still one page
