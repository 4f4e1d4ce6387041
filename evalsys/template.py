"""A new assessment as one workbook: the sites to visit, what to check at each, and what to enter.

Each fact has one place: a site's area stands with the site, who answers for a check stands with the check (the lead of
its standard is filled in where the instrument names one), the round stands in the settings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Border, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.entries import (
    SPARE,
    Check,
    Entry,
    Lists,
    attach,
    entry_of,
    form_of,
    hint,
    planned_checks,
    planned_sites,
    scored,
    severities,
)
from evalsys.faults import Fault, InputFaults
from evalsys.fields import REPEATS, SHEETS, STATUSES
from evalsys.files import atomic
from evalsys.forecast_settings import PART_NAMES, Parameter, forecast_of, sheet_name
from evalsys.instructions import Contents, instructions_sheet
from evalsys.instrument import METHODS, Instrument, Standard
from evalsys.instrument_file import load_instrument
from evalsys.language import Lang, Text
from evalsys.ledger_sheets import Offers, finding_columns, ledger_sheet, office_settings, rectification_columns
from evalsys.rulebook import RULES
from evalsys.schema import decimal
from evalsys.settings import SETTING_NAMES
from evalsys.sheets import (
    DAY,
    HAIR,
    SOFT,
    Field,
    body,
    edge,
    end_rule,
    filtered,
    font,
    head,
    new_workbook,
    packed,
    page,
    restyle,
    row_of,
)

__all__ = ["new_assessment"]


def new_assessment(folder: Path, instrument: str, *, place: str = "", round_: str = "", lang: Lang = "zh") -> Path:
    """Make a new assessment: one workbook with the sites to visit and what to check at each.

    Parameters
    ----------
    folder : Path
        Folder of the assessment; made where it is missing. The workbook is named after it.
    instrument : str
        An id of :func:`evalsys.instrument_ids`, or the path of a YAML file from the working folder.
    place, round_ : str
        Written into the settings; they are needed before the workbook can be read.
    lang : {'zh', 'en'}
        Language of headings, instructions and hints.

    Returns
    -------
    Path
        The workbook; :func:`evalsys.read_assessment` reads it, filled in or half filled in.

    Raises
    ------
    InputFaults
        If the instrument has faults or does not score, or there is anything in the way. Nothing is written then.
    """
    found = load_instrument(instrument)
    if not found.leaves:
        raise InputFaults([Fault("nothing_scored", instrument)])
    path = folder / f"{folder.resolve().name or found.id}.xlsx"
    in_the_way = [each for each in (path, folder / "assessment.yaml") if os.path.lexists(each)]
    if os.path.lexists(folder) and not folder.is_dir():
        in_the_way = [folder]
    if in_the_way:
        raise InputFaults(Fault("exists", str(each)) for each in in_the_way)
    named = _seen_from(folder, instrument) if instrument.endswith((".yaml", ".yml")) else instrument
    content = packed(_Template(found, named, lang, place, round_, path.name).workbook())
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


def _seen_from(folder: Path, file: str) -> str:
    """Return the path of a file as seen from a folder; its full path where there is no way (another drive)."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:
        return str(Path(file).resolve())


#: Widths of the columns of values, where they are not usual; and the most that goes on one printed page.
_WIDTHS = {"met": 8, "loss": 10, "option": 18, "grade": 8, "deduct": 16, "none": 8, "deadline": 12.5}
_PAGE = 240
#: Columns that only findings with points off have.
_OF_FINDINGS = ("n", "found_by", "repeat")
#: The days of the steps of a material.
_STEPS = (
    ("报送日期", "drafted_on"),
    ("审核日期", "reviewed_on"),
    ("审定日期", "approved_on"),
    ("归档日期", "closed_on"),
)


@dataclass(frozen=True)
class _Column:
    """A column of the checks: its key, and how it looks."""

    key: str
    field: Field


class _Template:
    """Writes the sheets of one new assessment."""

    def __init__(self, instrument: Instrument, named: str, lang: Lang, place: str, round_: str, file: str) -> None:
        self.instrument, self.named, self.lang = instrument, named, lang
        self.place, self.round, self.file = place, round_, file
        self.sites = planned_sites(instrument, lang)
        self.checks = planned_checks(instrument, self.sites)
        self.standards = [standard for _, standard in scored(instrument)]
        self.questions = [question for standard in self.standards for question in standard.questions]
        self.materials = [material for standard in self.standards for material in standard.materials]
        self.lists = Lists(self.sheet_name("instructions"))

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).say(self.lang)

    def sheet_name(self, table: str) -> str:
        return next(zh for zh, name in SHEETS.items() if name == table) if self.lang == "zh" else table

    def workbook(self) -> Workbook:
        workbook = new_workbook(self.say("模拟测评", "Mock assessment"))
        names = ["instructions", "assessment", "sites", "draw", "observations", "responses", "materials"]
        names += ["findings", "rectifications", "units", "areas"]
        empty = {"responses": not self.questions, "materials": not self.materials}
        empty |= dict.fromkeys(("sites", "draw"), not self.sites)
        sheets = {name: workbook.create_sheet(self.sheet_name(name)) for name in names if not empty.get(name)}
        for name, sheet in sheets.items():
            foot = " · ".join(filter(None, (sheet.title, self.instrument.title.say(self.lang), self.place, self.round)))
            page(sheet, "portrait" if name == "instructions" else "landscape", foot=foot)
            if name != "instructions":
                getattr(self, f"{name}_sheet")(sheet)
        contents = Contents(
            instrument=self.instrument,
            sites=self.sites,
            checks=self.checks,
            sheets={name: sheet.title for name, sheet in sheets.items()},
            fill_in=[column.field.heading for column in self.columns() if column.field.fill_in],
            file=self.file,
            meta=" · ".join(filter(None, (self.place, self.round))),
        )
        instructions_sheet(sheets["instructions"], contents, self.lang)
        self.lists.write(sheets["instructions"])
        return workbook

    # -- shared

    def table(self, sheet: Worksheet, fields: Sequence[Field], rows: Sequence[Sequence[object]], spare: int) -> None:
        """Write a table, and rows ready for more below it."""
        head(sheet, 1, fields)
        last = len(rows) + 1
        body(sheet, 2, fields, [*rows, *[[None] * len(fields)] * spare], 22)
        end_rule(sheet, last + spare, fields)
        filtered(sheet, 1, len(fields), last, "A2")
        for place, column in enumerate(fields, 1):
            sheet.column_dimensions[get_column_letter(place)].number_format = column.form

    def registered(self, table: str, column: str) -> Entry:
        """Return the drop-down of a register; other names are questioned, not refused."""
        name = self.sheet_name(table)
        source = f"OFFSET('{name}'!$A$2,0,0,MAX(1,COUNTA('{name}'!$A$2:$A$501)),1)"
        error = self.say(
            f"不在“{name}”表中。多个名称以分号隔开；新名称请先登记到“{name}”表。确定照此填写吗？",
            f"Not in the sheet '{name}'. Separate several names by ';'; add new names to that sheet. Keep it?",
        )
        return Entry("list", source, error=error, strict=False)

    def day(self) -> Entry:
        prompt = self.say("日期，如 2026-09-15", "a date, such as 2026-09-15")
        return Entry("date", "36526", "73050", prompt, self.say(f"应填{prompt}", f"Enter {prompt}"))

    def choice(self, names: Sequence[str]) -> Entry:
        return Entry("list", self.lists.source(names), error=self.say("请从下拉名录中选择。", "Choose from the list."))

    # -- sheets

    def assessment_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("设置项", "key"), 44 if self.lang == "zh" else 30),
            Field(self.say("值", "value"), 30, fill_in=True),
            Field(self.say("说明", "remark"), 62 if self.lang == "zh" else 76),
            Field(self.say("来源", "source"), 24, fill_in=True),
        ]
        office, forecast = list(office_settings(self.instrument, self.offers())), list(self.forecast())
        own = [*self.settings(), *self.plan(), *((each.name, None, each.remark) for each in office)]
        said = [(key, None, remark) for key, remark, _ in forecast]
        self.table(sheet, fields, [[*row, None] for row in (*own, *said)], 0)
        sheet.auto_filter.ref = None
        switches = [row for row, (_, _, part) in enumerate(forecast, len(own) + 2) if part]
        attach(sheet, 2, switches, self.choice([self.say("开启", "on"), self.say("关闭", "off")]), "on off", self.lang)
        restyle((sheet.cell(row, 1) for row in switches), lambda cell: setattr(cell, "font", font(bold=True)))
        rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
        plan = {key: rows.get(zh) or rows.get(key, 0) for zh, key in SETTING_NAMES.items()}
        days = [rows["inspection_date"], plan["plan.start"], plan["plan.deadline"]]
        for row in days:
            sheet.cell(row, 2).number_format = DAY
        for key in ("pass_mark", "plan.budget", "plan.spare_days", "plan.chance"):
            sheet.cell(plan[key], 2).number_format = "General"
        for each in office:
            sheet.cell(rows[each.name], 2).number_format = each.form
            if each.entry is not None:
                attach(sheet, 2, [rows[each.name]], each.entry, each.name, self.lang)
        for key in ("instrument", "schema"):
            sheet.cell(rows[key], 2).font = font(10, SOFT)
        attach(sheet, 2, days, self.day(), "inspection_date", self.lang)
        attach(sheet, 2, [rows["language"]], self.choice(("zh", "en")), "language", self.lang)

    def settings(self) -> Iterator[tuple[str, str | None, str]]:
        title, full = self.instrument.title.say(self.lang), float(self.instrument.full_marks)
        yield (
            "instrument",
            self.named,
            self.say(f"{title}，总分 {full:g} 分；不要改动", f"{title}, {full:g} points; keep"),
        )
        yield "place", self.place or None, self.say("必填：测评的地方", "needed: the place that is assessed")
        yield "round", self.round or None, self.say("必填：轮次，如 2026-03", "needed: the round, such as 2026-03")
        need = (
            self.say("必填：分值随月份变化；", "needed, points depend on the month: ")
            if self.instrument.monthly
            else ""
        )
        yield "inspection_date", None, need + self.say("正式督查的日期", "the day of the official inspection")
        own = self.instrument.pass_mark
        blank = self.say("不设目标线", "no pass mark")
        if own is not None:
            blank = self.say(f"按测评体系的 {float(own.value):g} 分", f"the instrument's, {float(own.value):g} points")
        mark = self.say(
            f"目标线：分数，或 85% 这样的比例；留空则{blank}", f"points, or a share such as 85%; empty: {blank}"
        )
        yield "pass_mark", None, mark
        spoken = self.say("报告的语言：zh 中文，en 英文", "language of reports: zh Chinese, en English")
        yield "language", self.lang, spoken
        yield "schema", "1", self.say("文件格式版本；不要改动", "version of this format; keep")

    def plan(self) -> Iterator[tuple[str, None, str]]:
        """Yield key and remark of what limits a plan of fixes."""
        remarks = {
            "plan.budget": Text(
                "整改的预算，单位与整改表的费用相同；留空则不限",
                "for fixes, in the unit of their costs; empty: no limit",
            ),
            "plan.start": Text(
                "整改从哪天开工；留空则为最后一次检查的次日", "first day of work; empty: the day after the last check"
            ),
            "plan.deadline": Text(
                "整改最晚在哪天完成；留空则为督查前一天", "last day of work; empty: before the inspection"
            ),
            "plan.spare_days": Text(
                "完工到督查之间留几天复查；填了完成期限的不填",
                "days kept free before the inspection; not with a deadline",
            ),
            "plan.chance": Text(
                "期望的达标可能性，如 90%；留空则不设", "chance to pass that is wanted, such as 90%; empty: none"
            ),
        }
        names = {key: zh for zh, key in SETTING_NAMES.items()}
        for key, remark in remarks.items():
            yield self.say(names[key], key), None, remark.say(self.lang)

    def forecast(self) -> Iterator[tuple[str, str, bool]]:
        """Yield key and remark of what the forecast can be told here, and whether it is a part to switch off."""
        absent = {"draw": not self.sites, "survey": not self.questions, "documents": not self.materials}
        parameters = forecast_of(None, self.instrument, drawn=False, dated=True).parameters
        for part, name in PART_NAMES.items():
            own = [each for each in parameters if each.part in (part, "inspector" if part == "severity" else part)]
            if absent.get(part) or (part == "events" and not own):
                continue
            shown = self.say("预测的这一部分：开启或关闭，留空为开启", f"{name.en}: on or off; empty: on")
            yield self.say(sheet_name(part, name), f"forecast.{part}"), shown, True
            for each in own:
                yield self.say(sheet_name(each.key, each.name), f"forecast.{each.key}"), self.default_of(each), False

    def default_of(self, own: Parameter) -> str:
        """Return the unit of a parameter, and what holds where it is left empty."""
        value = decimal(own.default) if own.default is not None else ""
        blank = own.otherwise or Text(value, value)
        if own.key == "state.half_life":
            blank = Text(f"由重复检查推算，推算不出时取 {value}", f"learnt from repeated checks, else {value}")
        unit = f", {own.unit.en}" if own.unit.en not in own.name.en else ""
        return self.say(f"单位：{own.unit.zh}；默认：{blank.zh}", f"{own.name.en}{unit}; empty: {blank.en}")

    def draw_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("点位类型", "site_type"), 28),
            Field(self.say("抽查数", "sites"), 10, "0", "center", True),
            Field(self.say("属地", "area"), 16, fill_in=True),
            Field(self.say("总数", "population"), 12, "0", "center", True),
            Field(self.say("总数来源", "population_source"), 28, fill_in=True),
            Field(self.say("必查点位", "must_visit"), 28, fill_in=True),
            Field(self.say("填写要求", "what to enter"), 36),
        ]
        rows = list(self.drawn())
        self.table(sheet, fields, rows, 0)
        ready = range(2, len(rows) + 2 + SPARE)
        many = self.say("1 或更大的整数；可不填", "a whole number from 1; may stay empty")
        whole = Entry("whole", "1", "999999999", many, self.say(f"应填{many}", f"Enter {many}"))
        types = self.choice([self.type_name(name) for name in self.instrument.site_types])
        for column, entry in ((1, types), (2, whole), (3, self.drawn_from()), (4, whole), (6, self.must_visit())):
            attach(sheet, column, ready, entry, fields[column - 1].heading, self.lang)

    def drawn(self) -> Iterator[list[object]]:
        """Yield a row for each type of site: how many the instrument draws, else the most that a standard asks for."""
        stated = {item.site_type: item.sites for item in self.instrument.draw}
        for site_type in dict.fromkeys(site.site_type for site in self.sites):
            own = [site for site in self.sites if site.site_type == site_type]
            count = stated[site_type] if site_type in stated else None if own[0].more else len(own)
            said = self.say("按测评体系预填，请核对", "as in the instrument: please confirm")
            if count is None:
                said = self.say(
                    "按测评体系全部检查；督查只抽一部分的，填抽查数",
                    "the instrument visits all; state a number if some are drawn",
                )
            yield [self.type_name(site_type), count, None, None, None, None, said]

    def drawn_from(self) -> Entry:
        areas = self.sheet_name("areas")
        each = self.say("每个属地", "each")
        prompt = self.say(
            f"留空：从全部点位中抽；{each}：每个属地各抽这么多；或填一个属地",
            f"empty: from the whole place; {each}: so many from each area; or the name of an area",
        )
        error = self.say(
            f"不是“{each}”，也不在“{areas}”表中。确定照此填写吗？", f"Not in the sheet '{areas}'. Keep it?"
        )
        return replace(self.registered("areas", "area"), prompt=prompt, error=error)

    def must_visit(self) -> Entry:
        prompt = self.say("一定会查的点位：编号或名称，以分号隔开", "visited for certain: ids or names, ';' between")
        error = self.say("多个点位以分号隔开。确定照此填写吗？", "Separate several by ';'. Keep it?")
        return replace(self.listed_sites(), prompt=prompt, error=error)

    def listed_sites(self) -> Entry:
        site = self.sheet_name("sites")
        return Entry("list", f"OFFSET('{site}'!$A$2,0,0,MAX(1,COUNTA('{site}'!$A$2:$A$2001)),1)", strict=False)

    def sites_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("点位编号", "site_id"), 30),
            Field(self.say("点位类型", "site_type"), 28),
            Field(self.say("点位名称", "name"), 40, fill_in=True),
            Field(self.say("属地", "area"), 24, fill_in=True),
            Field(self.say("责任单位", "units"), 20, fill_in=True),
            Field(self.say("责任岗位", "post"), 20, fill_in=True),
        ]
        rows: list[list[object]] = [
            [site.site_id, self.type_name(site.site_type), site.name, None, None, None] for site in self.sites
        ]
        if any(site.more for site in self.sites):
            every = self.say("此类点位全部检查：有几处填几行", "every site of this type is checked: add a row for each")
            fields.append(Field(self.say("填写要求", "what to enter"), 44))
            rows = [[*row, every if site.more else None] for row, site in zip(rows, self.sites, strict=True)]
        self.table(sheet, fields, rows, 0)
        ready = range(2, len(rows) + 2 + SPARE)
        types = [self.type_name(name) for name in self.instrument.site_types]
        attach(sheet, 2, ready, self.choice(types), fields[1].heading, self.lang)
        attach(sheet, 4, ready, self.registered("areas", "area"), fields[3].heading, self.lang)
        unit = self.say("“检查记录”有责任单位一列的，以该列为准", "units in 'observations' go first, if it has them")
        attach(sheet, 5, ready, replace(self.registered("units", "unit"), prompt=unit), fields[4].heading, self.lang)
        post = self.say("此处由哪个岗位负责；只填岗位，不填姓名", "who answers at the site: a post, never a name")
        attach(sheet, 6, ready, Entry("custom", "LEN({cell})>0", prompt=post), fields[5].heading, self.lang)

    def type_name(self, site_type: str) -> str:
        return self.instrument.site_types[site_type].zh if self.lang == "zh" else site_type

    def method_name(self, method: str) -> str:
        return METHODS[method].zh if self.lang == "zh" else method

    def columns(self) -> Iterator[_Column]:
        """Yield the columns of the checks; those that only some rules need are there where they are needed."""

        def one(key: str, zh: str, en: str, width: float, form: str = "@", fill_in: bool = False) -> _Column:
            return _Column(key, Field(self.say(zh, en), width, form, "center" if form != "@" else "left", fill_in))

        kinds = [check.rule for check in self.checks]
        wide = self.lang == "en"
        yield one("id", "记录编号", "observation_id", 15 if wide else 9)
        if any(check.site for check in self.checks):
            yield one("site_id", "点位编号", "site_id", 17)
            yield one("site_name", "点位名称", "site name", 18 if wide else 15)
            yield one("site_type", "点位类型", "site type", 17 if wide else 13)
        yield one("standard", "测评标准", "standard", 9.5)
        yield one("text", "标准内容", "standard text", 36)
        names = [self.method_name(check.method) for check in self.checks]
        yield one("method", "测评方法", "method", 2 + max(map(len, names)) if wide else 10)
        if any(rule.kind not in ("loss", "met") for rule in kinds) or any(s.not_applicable for s in self.standards):
            yield one("hint", "填写要求", "what to enter", 28)
        for heading, kind in {RULES[rule.kind].heading: rule.kind for rule in kinds}.items():
            shown = Field(heading.say(self.lang), _WIDTHS.get(kind, 11), form_of(kind), "center", True)
            yield _Column(f"value:{heading.en}", shown)
        scales = [scale for rule in kinds if rule.kind == "deduct" for scale in rule.params["kinds"].values()]
        if scales:
            yield one("n", "数量", "n", 7, "0", True)
        if any(scale["found_by"] for scale in scales):
            yield one("found_by", "发现单位", "found_by", 13, "@", True)
        if any(len(set(points.values())) > 1 for scale in scales for points in severities(scale)):
            yield one("repeat", "重复情况", "repeat", 11, "@", True)
        yield one("observed_on", "检查日期", "observed_on", 12.5, DAY, True)
        if any(standard.lead for standard in self.standards):  # else an empty cell would stand before the site's units
            yield one("units", "责任单位", "units", 16, "@", True)
        yield one("note", "备注", "note", 20, "@", True)

    def observations_sheet(self, sheet: Worksheet) -> None:
        columns = list(self.columns())
        fields = [column.field for column in columns]
        rows = [
            [self.known(column.key, place, check) for column in columns] for place, check in enumerate(self.checks, 1)
        ]
        self.table(sheet, fields, rows, 0)
        keys = {column.key: place for place, column in enumerate(columns, 1)}
        sheet.freeze_panes = f"{get_column_letter(keys['standard'])}2"
        sheet.page_setup.fitToWidth = 1 + int(sum(field.width for field in fields) > _PAGE)
        sheet.print_title_cols = f"A:{get_column_letter(keys['text'])}"
        self.rule_sites(sheet, len(columns))
        self.value_cells(sheet, keys)
        ready = range(2, len(self.checks) + 2 + SPARE)
        deduct = [row for row, check in enumerate(self.checks, 2) if check.rule.kind == "deduct"]
        deduct += range(len(self.checks) + 2, len(self.checks) + 2 + SPARE)
        for key, entry in self.common_entries().items():
            if key in keys:
                rows_of = deduct if key in _OF_FINDINGS else ready
                attach(sheet, keys[key], rows_of, entry, fields[keys[key] - 1].heading, self.lang)

    def known(self, key: str, place: int, check: Check) -> object:
        """Return what a new row already says."""
        site, comma = check.site, self.say("；", "; ")
        said = {
            "id": f"R{place:0{max(3, len(str(len(self.checks))))}d}",
            "site_id": site and site.site_id,
            "site_name": site and site.name,
            "site_type": site and self.instrument.site_types[site.site_type].say(self.lang),
            "standard": check.code,
            "text": check.standard.text.say(self.lang),
            "method": self.method_name(check.method),
            "hint": self.hint(check),
            "units": comma.join(self.instrument.units[unit].zh for unit in check.standard.lead) or None,
        }
        return said.get(key)

    def hint(self, check: Check) -> str:
        said = hint(check.rule, check.standard, self.lang)
        if check.method == "survey" and check.standard.questions:
            name = self.sheet_name("responses")
            return said + self.say(f"；逐份答卷填“{name}”表时此处留空", f"; leave empty if answers are in '{name}'")
        if check.method == "document_review" and any(material.required for material in check.standard.materials):
            name = self.sheet_name("materials")
            return said + self.say(f"；按“{name}”表计分时此处留空", f"; leave empty if scored from '{name}'")
        return said

    def rule_sites(self, sheet: Worksheet, columns: int) -> None:
        """Draw a line where the next site begins."""

        def rule(cell: Any) -> None:
            old = cell.border
            cell.border = Border(old.left, old.right, edge(SOFT), old.bottom)

        pairs = enumerate(zip(self.checks, self.checks[1:], strict=False), 3)
        rows = [row for row, (before, here) in pairs if before.site != here.site]
        restyle((cell for row in rows for cell in row_of(sheet, row, columns)), rule)

    def value_cells(self, sheet: Worksheet, keys: Mapping[str, int]) -> None:
        """Give each value cell what its rule accepts; grey the cells of other kinds of value."""
        accepts: dict[tuple[int, Entry], list[int]] = {}
        closed = Entry("custom", "FALSE", error=self.say("本行的标准不填这一列。", "This standard has no such value."))
        values = {key: place for key, place in keys.items() if key.startswith("value:")}
        shut_cells: list[Any] = []
        finder = {key: keys[key] for key in _OF_FINDINGS if key in keys}
        for row, check in enumerate(self.checks, 2):
            own = f"value:{RULES[check.rule.kind].heading.en}"
            accepts.setdefault((values[own], entry_of(check, self.lists, self.lang)), []).append(row)
            shut = [place for key, place in values.items() if key != own]
            shut += [] if check.rule.kind == "deduct" else list(finder.values())
            for place in shut:
                accepts.setdefault((place, closed), []).append(row)
                shut_cells.append(sheet.cell(row, place))
        restyle(shut_cells, lambda cell: setattr(cell, "fill", PatternFill("solid", HAIR)))
        for (place, entry), rows in accepts.items():
            attach(sheet, place, rows, entry, str(sheet.cell(1, place).value), self.lang)

    def common_entries(self) -> dict[str, Entry]:
        """Return what the columns accept that are the same for every check."""
        scales = [s for c in self.checks if c.rule.kind == "deduct" for s in c.rule.params["kinds"].values()]
        finders = list(dict.fromkeys(name for scale in scales for name in scale["found_by"] or ()))
        number = self.say("同样的问题有几处，1 处可不填", "how many of the same kind; may stay empty for one")
        found = {
            "observed_on": self.day(),
            "n": Entry("whole", "1", "9999", number, self.say("应填 1、2、3……", "Enter 1, 2, 3 ...")),
            "site_id": self.listed_sites(),
            "standard": self.choice(list(dict.fromkeys(check.code for check in self.checks))),
            "method": self.choice(list(dict.fromkeys(self.method_name(check.method) for check in self.checks))),
            "units": self.registered("units", "unit"),
            "repeat": self.choice(list(REPEATS if self.lang == "zh" else REPEATS.values())),
        }
        return {**found, "found_by": self.choice(finders)} if finders else found

    def responses_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("问卷编号", "respondent"), 16, "0", "center", True),
            Field(self.say("题目编号", "question"), 20, fill_in=True),
            Field(self.say("回答", "answer"), 40, fill_in=True),
        ]
        self.table(sheet, fields, [], 22)
        ready = range(2, 5001)
        number = self.say("问卷的顺序号，不写姓名", "the number of the form, never a name")
        whole = Entry("whole", "1", "999999999", number, self.say(f"应填{number}", f"Enter {number}"))
        attach(sheet, 1, ready, whole, fields[0].heading, self.lang)
        attach(sheet, 2, ready, self.choice([q.id for q in self.questions]), fields[1].heading, self.lang)
        options = list(dict.fromkeys(option for question in self.questions for option in question.options))
        attach(sheet, 3, ready, self.choice(options), fields[2].heading, self.lang)

    def materials_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("材料编号", "material"), 20),
            Field(self.say("材料名称", "material name"), 52),
            Field(self.say("状态", "status"), 14, fill_in=True),
            Field(self.say("截止日期", "due"), 16, DAY, "center", True),
            Field(self.say("责任单位", "unit"), 24, fill_in=True),
            *(Field(self.say(*each), 13, DAY, "center", True) for each in _STEPS),
        ]
        rows = [
            [material.id, material.name.say(self.lang), None, None, self.lead_of(standard), *[None] * len(_STEPS)]
            for standard in self.standards
            for material in standard.materials
        ]
        self.table(sheet, fields, rows, 0)
        ready = range(2, len(rows) + 2)
        statuses = list(STATUSES if self.lang == "zh" else STATUSES.values())
        attach(sheet, 3, ready, self.choice(statuses), fields[2].heading, self.lang)
        attach(sheet, 4, ready, self.day(), fields[3].heading, self.lang)
        attach(sheet, 5, ready, self.registered("units", "unit"), fields[4].heading, self.lang)
        every = self.say("可不填；填了就从报送起逐步填到现在的状态", "optional; then for every step up to the status")
        for place, field in enumerate(fields[5:], 6):
            attach(sheet, place, ready, replace(self.day(), prompt=every), field.heading, self.lang)

    def findings_sheet(self, sheet: Worksheet) -> None:
        ledger_sheet(sheet, finding_columns(self.offers()), self.lang)

    def rectifications_sheet(self, sheet: Worksheet) -> None:
        ledger_sheet(sheet, rectification_columns(self.offers()), self.lang)

    def offers(self) -> Offers:
        return Offers(
            lang=self.lang,
            sites=self.listed_sites() if self.sites else None,
            units=self.registered("units", "unit"),
            day=self.day(),
            choice=self.choice,
            standards=list(self.instrument.standards),
            sheets={name: self.sheet_name(name) for name in ("findings", "units")},
        )

    def lead_of(self, standard: Standard) -> str | None:
        return self.instrument.units[standard.lead[0]].zh if standard.lead else None

    def units_sheet(self, sheet: Worksheet) -> None:
        fields = [
            Field(self.say("责任单位", "unit"), 36, fill_in=True),
            Field(self.say("备注", "note"), 60, fill_in=True),
        ]
        self.table(sheet, fields, [[text.zh, None] for text in self.instrument.units.values()], 20)

    def areas_sheet(self, sheet: Worksheet) -> None:
        fields = [Field(self.say("属地", "area"), 36, fill_in=True), Field(self.say("备注", "note"), 60, fill_in=True)]
        self.table(sheet, fields, [], 20)
