"""The office's ledgers in the workbook of a new assessment: two sheets to keep by hand, and the settings around them.

What a check finds becomes a finding by itself; the ledger of findings is for what other sources tell of, and the ledger
of rectifications for both. The states and the last days follow from what is written, so nobody enters them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.entries import Entry, attach
from evalsys.fields import RESULTS, SCORES, SOURCES, TABLES, WHOLE_PLACE
from evalsys.instrument import STANDINGS, Instrument
from evalsys.instrument_file import instrument_ids
from evalsys.language import Lang, Text
from evalsys.ledger_rules import MATERIALS_BY, ledger_rules
from evalsys.ledger_walk import MADE
from evalsys.settings import SETTING_NAMES, LedgerSettings
from evalsys.sheets import DAY, RULE, Field, body, edge, filtered, font, head, standing

__all__ = ["LedgerColumn", "Offers", "SettingRow", "finding_columns", "ledger_sheet", "office_settings"]
__all__ += ["rectification_columns"]

#: Rows that are ruled from the start: one printed page. Rows below them get their rules once something stands there.
_RULED = 28
#: The last row that has drop-downs and rules.
_LAST = 2001


@dataclass(frozen=True)
class Offers:
    """Drop-downs of the workbook that its ledgers share with other sheets.

    Attributes
    ----------
    sites : Entry or None
        The register of sites; None where the assessment has none.
    units, day : Entry
    choice : callable
        Makes the drop-down of a list of names.
    standards : sequence of str
        Codes that a finding may name.
    sheets : mapping of table to str
        Titles of the sheets.
    """

    lang: Lang
    sites: Entry | None
    units: Entry
    day: Entry
    choice: Callable[[Sequence[str]], Entry]
    standards: Sequence[str]
    sheets: Mapping[str, str]

    def say(self, zh: str, en: str) -> str:
        """Return the text in the language of the workbook."""
        return Text(zh, en).say(self.lang)

    def names(self, known: Mapping[str, str]) -> list[str]:
        """Return Chinese names or ids, as the language wants."""
        return list(known if self.lang == "zh" else known.values())


@dataclass(frozen=True)
class LedgerColumn:
    """A column of a ledger, and what its cells accept; None for free text."""

    field: Field
    entry: Entry | None = None


def finding_columns(offers: Offers) -> list[LedgerColumn]:
    """Return the columns of the ledger of findings, in the order in which one fills them in."""
    say = offers.say
    ids = f"$A$2:$A${_LAST}"
    number = Entry(
        "custom",
        f'AND(LEFT({{cell}},{len(MADE)})<>"{MADE}",COUNTIF({ids},{{cell}})=1)',
        prompt=say(f"自编，不重复，不以 {MADE} 开头", f"your own, each once, not beginning with {MADE}"),
        error=say(
            f"问题编号不能重复，也不能以 {MADE} 开头：那是检查记录自动形成的问题。",
            f"Each id once, and none beginning with {MADE}: those are made from observations.",
        ),
    )
    whole = say(*WHOLE_PLACE)
    if offers.sites is None:
        where = offers.choice([whole])
    else:
        prompt = say(f"不在某一处点位的，填“{whole}”", f"'{whole}' for what belongs to no single site")
        where = replace(offers.sites, prompt=prompt)
    source = say("留空为督查", "empty: supervision")
    units = say("多个单位以分号隔开；留空表示无单位负责", "separate several by ';'; empty: no unit answers")
    due = say("留空则按整改天数推算", "empty: the day found and the days to put right")
    photo = say("照片的文件名", "name of the file")
    return [
        _column(offers, "findings", "finding_id", 12, number),
        _column(offers, "findings", "site_id", 22, where),
        _column(offers, "findings", "standard", 12, offers.choice(offers.standards)),
        _column(offers, "findings", "found_on", 12.5, offers.day),
        _column(offers, "findings", "source", 12.5, replace(offers.choice(offers.names(SOURCES)), prompt=source)),
        _column(offers, "findings", "what", 34),
        _column(offers, "findings", "units", 18, replace(offers.units, prompt=units)),
        _column(offers, "findings", "due", 12.5, replace(offers.day, prompt=due)),
        _column(offers, "findings", "photo", 16, _free(photo)),
        _column(offers, "findings", "note", 18),
    ]


def rectification_columns(offers: Offers) -> list[LedgerColumn]:
    """Return the columns of the ledger of rectifications, in the order in which one fills them in."""
    say, name = offers.say, offers.sheets["findings"]
    finding = Entry(
        "list",
        f"OFFSET('{name}'!$A$2,0,0,MAX(1,COUNTA('{name}'!$A$2:$A${_LAST})),1)",
        prompt=say(
            f"“{name}”表的问题编号；检查记录自动形成的问题填 {MADE} 加记录编号，如 {MADE}R001",
            f"an id of the sheet '{name}', or {MADE} and an observation_id, such as {MADE}R001",
        ),
    )
    error = say(
        f"不在“{offers.sheets['units']}”表中，只填一个单位。确定照此填写吗？",
        f"Not in the sheet '{offers.sheets['units']}'. One unit only. Keep it?",
    )
    unit = replace(offers.units, error=error)
    waiting = say("尚未整改的留空", "empty while it is open")
    reviewed = say("尚未复核的留空；与复核结果同时填写", "empty until it is reviewed; together with the result")
    passed, returned = offers.names(RESULTS)
    result = say(f"{passed}即销号；{returned}后再整改，另填一行", f"after '{returned}' the next fix is another row")
    photo = say("照片的文件名", "name of the file")
    return [
        _column(offers, "rectifications", "finding_id", 14, finding),
        _column(offers, "rectifications", "unit", 18, unit),
        _column(offers, "rectifications", "measure", 34),
        _column(offers, "rectifications", "fixed_on", 12.5, replace(offers.day, prompt=waiting)),
        _column(offers, "rectifications", "photo", 16, _free(photo)),
        _column(offers, "rectifications", "reviewed_on", 13.5, replace(offers.day, prompt=reviewed)),
        _column(offers, "rectifications", "reviewer", 18, unit),
        _column(offers, "rectifications", "result", 11, replace(offers.choice([passed, returned]), prompt=result)),
        _column(offers, "rectifications", "note", 20),
    ]


def _column(offers: Offers, table: str, key: str, width: float, entry: Entry | None = None) -> LedgerColumn:
    heading = next(offers.say(column.headings[0], column.name) for column in TABLES[table] if column.name == key)
    dated = entry is not None and entry.kind == "date"
    return LedgerColumn(Field(heading, width, DAY if dated else "@", "center" if dated else "left", True), entry)


def _free(prompt: str) -> Entry:
    """Return a prompt for free text."""
    return Entry("custom", "LEN({cell})>0", prompt=prompt)


def ledger_sheet(sheet: Worksheet, columns: Sequence[LedgerColumn], lang: Lang) -> None:
    """Write an empty ledger: headings, a page of ruled rows, and what its cells accept, far below them too.

    No row has a height of its own, so that it grows with what is written into it.
    """
    fields = [column.field for column in columns]
    head(sheet, 1, fields)
    body(sheet, 2, fields, [[None] * len(fields)] * _RULED)
    for row in range(2, _RULED + 2):
        sheet.row_dimensions[row].height = None
    sheet.sheet_format.defaultRowHeight = 22
    filtered(sheet, 1, len(fields), 1, "B2")
    for place, (column, field) in enumerate(zip(columns, fields, strict=True), 1):
        look = sheet.column_dimensions[get_column_letter(place)]
        look.number_format, look.font, look.alignment = field.form, font(), standing(fields, place)
        if column.entry is not None:
            attach(sheet, place, range(2, _LAST + 1), column.entry, field.heading, lang)
    first, last, rule = _RULED + 2, get_column_letter(len(fields)), edge(RULE, "hair")
    ruled = Rule(
        "expression",
        dxf=DifferentialStyle(border=Border(rule, rule, bottom=rule)),
        formula=[f"COUNTA($A{first}:${last}{first})>0"],
    )
    sheet.conditional_formatting.add(f"A{first}:{last}{_LAST}", ruled)


# ------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class SettingRow:
    """A row of the sheet of settings: its name, what holds if it is left empty, and what its cell accepts."""

    name: str
    remark: str
    entry: Entry | None = None
    form: str = "General"


def office_settings(instrument: Instrument, offers: Offers) -> Iterator[SettingRow]:
    """Yield what may be said of standing, other scores and the cycle, where it matters, and of the ledgers.

    Parameters
    ----------
    instrument : Instrument
        Decides which of them matter.
    offers : Offers
    """
    yield from _standing(instrument, offers)
    yield from _scores(instrument, offers)
    yield from _cycle(instrument, offers)
    yield from _ledger(instrument, offers)


def _standing(instrument: Instrument, offers: Offers) -> Iterator[SettingRow]:
    say, effects = offers.say, [effect for entry in instrument.negative_list for effect in entry.effects]
    barring = any(own.of == "total" and own.action in ("suspend", "revoke") for own in instrument.mechanisms)
    if barring or any(effect.to or effect.within is not None for effect in effects):
        names = [text.zh if offers.lang == "zh" else key for key, text in STANDINGS.items()]
        blank = say("称号状态；留空则按提名处理，并在报告中注明", "empty: taken for nominated, and the report says so")
        yield SettingRow(_name(offers, "standing"), blank, offers.choice(names))
    if any(effect.within is not None for effect in effects):
        blank = say(
            "申报的日期，申报地方的负面清单由此往前算；留空则无法判定期限",
            "day of the application, from which an applicant's events are counted back; empty: not decided",
        )
        yield SettingRow(_name(offers, "applied_on"), blank, offers.day, DAY)


def _scores(instrument: Instrument, offers: Offers) -> Iterator[SettingRow]:
    used = [entry.of for entry in instrument.joined] + [gate.of for gate in instrument.gates if gate.of != "total"]
    names = {own: zh for zh, own in SCORES.items()}
    for own in dict.fromkeys(used):
        blank = offers.say(
            "其他测评的成绩，百分制；留空则不并入，有关条件暂不判定",
            "score of another assessment, out of 100; empty: left out, and what depends on it is not decided",
        )
        name = offers.say(f"其他成绩·{names.get(own, own)}", f"scores.{own}")
        yield SettingRow(name, blank, _between(offers, "decimal", 0, 100))


def _cycle(instrument: Instrument, offers: Offers) -> Iterator[SettingRow]:
    shares = next((own.shares for own in instrument.mechanisms if own.kind == "cycle" and own.shares), ())
    if not shares:
        return
    remarks = {
        "cycle.first_year": Text(
            f"周期共 {len(shares)} 年，从哪一年起；留空则不算周期成绩",
            f"first of the {len(shares)} years of the cycle; empty: no score of the cycle",
        ),
        "cycle.year": Text(
            "本次测评属于哪一年；以前各年的成绩另加行，如“周期·2024年成绩”",
            "the year assessed; add a row for each year before, such as cycle.earlier.2024",
        ),
        "cycle.wanted": Text(
            "周期总分想达到的分数或比例；留空则为目标线", "wanted total, points or a share; empty: the pass mark"
        ),
    }
    for key, remark in remarks.items():
        year = None if key == "cycle.wanted" else _between(offers, "whole", 1990, 2100)
        yield SettingRow(_name(offers, key), remark.say(offers.lang), year)


def _ledger(instrument: Instrument, offers: Offers) -> Iterator[SettingRow]:
    say, rules = offers.say, ledger_rules(instrument, LedgerSettings())
    blank = say(
        "整改期限、处置阶梯和日程按哪个体系，填编号；留空则按本体系",
        "instrument whose deadlines, ladders and calendar hold; empty: this one's",
    )
    listed = replace(offers.choice(instrument_ids()), error="")  # the path of a file is legal too
    yield SettingRow(_name(offers, "ledger.rules"), blank, listed, "@")
    days = {
        "instrument": Text(f"按体系规定的 {rules.days} 天", f"{rules.days}, as the instrument lays down"),
        "assumed": Text(f"按 {rules.days} 天（假定）", f"{rules.days} (assumed)"),
    }[rules.days_from]
    blank = say(f"发现问题后几天内整改；留空则{days.zh}", f"days from finding to rectification; empty: {days.en}")
    yield SettingRow(_name(offers, "ledger.days"), blank, _between(offers, "whole", 0, 365))
    blank = say(
        "没有填检查日期的记录按哪一天算；留空则这些记录不形成问题",
        "the day of observations without one; empty: they make no findings",
    )
    yield SettingRow(_name(offers, "ledger.undated"), blank, offers.day, DAY)
    blank = say(
        f"每月材料几日前报送，1 至 28；留空则为 {MATERIALS_BY} 日（假定）",
        f"day of the month by which materials are due, 1 to 28; empty: {MATERIALS_BY} (assumed)",
    )
    yield SettingRow(_name(offers, "ledger.materials_by"), blank, _between(offers, "whole", 1, 28))


def _name(offers: Offers, key: str) -> str:
    return offers.say(next(zh for zh, own in SETTING_NAMES.items() if own == key), key)


def _between(offers: Offers, kind: str, low: int, high: int) -> Entry:
    error = offers.say(f"应填 {low} 至 {high} 的数。", f"Enter a number from {low} to {high}.")
    return Entry(kind, str(low), str(high), error=error)
