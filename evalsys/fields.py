"""The tables of an assessment: their columns and headings, and readers of one cell.

A cell reader takes the text of a cell and returns its value, or raises :class:`Bad` with what is allowed.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalsys import schema
from evalsys.faults import nearest
from evalsys.rulebook import RULES, Rule, finding_points
from evalsys.tables import Column


def value_headings() -> dict[str, tuple[str, ...]]:
    """Return the headings under which values may be entered, each with the rules that use it."""
    found: dict[str, list[str]] = {}
    for name, kind in RULES.items():
        found.setdefault(kind.heading.en, []).append(name)
    return {heading: tuple(rules) for heading, rules in found.items()}


def _value_columns() -> tuple[Column, ...]:
    extra = {"Loss 0–1": ("扣分", "loss"), "Yes/No": ("是否达标", "达标"), "Times": ("count",)}
    columns = []
    for heading in value_headings():
        zh = next(kind.heading.zh for kind in RULES.values() if kind.heading.en == heading)
        columns.append(Column(f"value:{heading}", (heading, zh, *extra.get(heading, ()))))
    return tuple(columns)


TABLES: Mapping[str, tuple[Column, ...]] = {
    "sites": (
        Column("site_id", ("点位编号",), True),
        Column("site_type", ("点位类型",), True),
        Column("name", ("点位名称", "点位"), True),
        Column("area", ("属地",)),
        Column("units", ("责任单位",)),
        Column("latitude", ("纬度",)),
        Column("longitude", ("经度",)),
        Column("post", ("责任岗位",)),
        Column("cell", ("网格", "网格编号")),
    ),
    "observations": (
        Column("observation_id", ("记录编号", "序号"), True),
        Column("round", ("轮次",)),
        Column("standard", ("测评标准", "标准编号"), True),
        Column("method", ("测评方法",)),
        Column("site_id", ("点位编号", "点位")),
        Column("site_name", ("点位名称", "site name")),
        Column("site_type", ("点位类型", "site type")),
        Column("observed_on", ("检查日期", "日期")),
        Column("value", ("结果",)),
        *_value_columns(),
        Column("n", ("数量",)),
        Column("area", ("属地",)),
        Column("units", ("责任单位",)),
        Column("found_by", ("发现单位",)),
        Column("repeat", ("重复情况",)),
        Column("photo", ("照片",)),
        Column("note", ("备注",)),
    ),
    "responses": (
        Column("respondent", ("问卷编号",), True),
        Column("question", ("题目编号", "题号"), True),
        Column("answer", ("回答", "答案"), True),
        Column("stratum", ("分层",)),
        Column("weight", ("权重",)),
    ),
    "materials": (
        Column("material", ("材料编号",), True),
        Column("status", ("状态",), True),
        Column("due", ("截止日期",)),
        Column("unit", ("责任单位",)),
        Column("month", ("归集月份",)),
        Column("drafted_on", ("报送日期",)),
        Column("reviewed_on", ("审核日期",)),
        Column("reviewer", ("审核单位",)),
        Column("approved_on", ("审定日期",)),
        Column("closed_on", ("归档日期",)),
    ),
    "events": (
        Column("code", ("事件编码",), True),
        Column("date", ("日期",), True),
        Column("unit", ("责任单位",)),
        Column("confirmed", ("认定",)),
        Column("note", ("备注",)),
    ),
    "draw": (
        Column("site_type", ("点位类型",), True),
        Column("sites", ("抽查数",), True),
        Column("area", ("属地",)),
        Column("population", ("总数",)),
        Column("population_source", ("总数来源",)),
        Column("must_visit", ("必查点位", "必到点位")),
    ),
    "fixes": (
        Column("fix_id", ("整改编号",), True),
        Column("level", ("档次",)),
        Column("name", ("整改内容",)),
        Column("targets", ("整改对象",), True),
        Column("after", ("整改后达标可能",)),
        Column("cost", ("费用",)),
        Column("crew_days", ("人天",)),
        Column("calendar_days", ("工期天数",)),
        Column("unit", ("责任单位",)),
        Column("needs", ("前置整改",)),
        Column("excludes", ("互斥整改",)),
    ),
    "capacity": (
        Column("unit", ("责任单位",), True),
        Column("week", ("周",), True),
        Column("crew_days", ("人天",), True),
    ),
    "projects": (
        Column("project_id", ("项目编号",), True),
        Column("name", ("项目名称",)),
        Column("fixes", ("整改编号",), True),
        Column("month", ("月份",), True),
        Column("cost", ("费用",)),
        Column("spent", ("已支出",)),
        Column("done_on", ("完成日期",)),
        Column("unit", ("责任单位",)),
        Column("note", ("备注",)),
    ),
    "findings": (
        Column("finding_id", ("问题编号",), True),
        Column("site_id", ("点位编号", "点位"), True),
        Column("standard", ("测评标准", "标准编号"), True),
        Column("found_on", ("发现日期",), True),
        Column("source", ("问题来源",)),
        Column("what", ("问题描述",)),
        Column("area", ("属地",)),
        Column("units", ("责任单位",)),
        Column("due", ("整改期限",)),
        Column("observations", ("检查记录",)),
        Column("photo", ("整改前照片",)),
        Column("note", ("备注",)),
    ),
    "rectifications": (
        Column("finding_id", ("问题编号",), True),
        Column("unit", ("整改单位",)),
        Column("measure", ("整改措施",)),
        Column("due", ("整改期限",)),
        Column("fixed_on", ("整改日期",)),
        Column("photo", ("整改后照片",)),
        Column("reviewed_on", ("复核日期",)),
        Column("reviewer", ("复核单位",)),
        Column("result", ("复核结果",)),
        Column("state", ("状态",)),
        Column("note", ("备注",)),
    ),
    "steps": (
        Column("ladder", ("阶梯", "阶梯编码"), True),
        Column("unit", ("责任单位",)),
        Column("site_id", ("点位编号", "点位")),
        Column("area", ("属地",)),
        Column("step", ("措施",), True),
        Column("decided_on", ("审定日期",), True),
        Column("decided", ("审定",), True),
        Column("findings", ("问题编号",)),
        Column("note", ("备注",)),
    ),
    "done": (
        Column("entry", ("事项编码", "事项"), True),
        Column("unit", ("责任单位",)),
        Column("done_on", ("办结日期", "报送日期"), True),
        Column("note", ("备注",)),
    ),
    "grid": (
        Column("cell", ("网格编号", "网格"), True),
        Column("name", ("网格名称",)),
        Column("area", ("属地",)),
        Column("enforcement", ("执法岗位",)),
        Column("cleaning", ("保洁岗位",)),
        Column("frontage", ("驻地单位",)),
        Column("committee", ("村（居）委会", "村居委会")),
        Column("supervisor", ("监督岗位",)),
        Column("note", ("备注",)),
    ),
    "problems": (
        Column("problem_id", ("清单编号",), True),
        Column("what", ("问题描述",), True),
        Column("found_on", ("发现日期",)),
        Column("leader", ("牵头领导岗位",)),
        Column("department", ("牵头部门",)),
        Column("goal", ("整改目标",)),
        Column("unit", ("责任单位",)),
        Column("handler", ("经办岗位",)),
        Column("due", ("完成时限",)),
        Column("progress", ("进展",)),
        Column("done_on", ("完成日期",)),
        Column("note", ("备注",)),
    ),
    "letters": (
        Column("unit", ("责任单位",), True),
        Column("year", ("年度",), True),
        Column("signed_on", ("签订日期",)),
        Column("reviewed_on", ("考核日期",)),
        Column("note", ("备注",)),
    ),
    "contracts": (
        Column("street", ("街路",), True),
        Column("area", ("属地",)),
        Column("frontages", ("门店数",), True),
        Column("signed", ("签订数",), True),
        Column("checked", ("抽查数",)),
        Column("kept", ("履约数",)),
        Column("note", ("备注",)),
    ),
    "ads": (
        Column("ad_id", ("广告编号",), True),
        Column("site_id", ("点位编号", "点位"), True),
        Column("form", ("形式",)),
        Column("pieces", ("件数",), True),
        Column("damaged", ("破损件数",)),
        Column("metres", ("位置（米）", "位置")),
        Column("note", ("备注",)),
    ),
    "volunteers": (
        Column("body", ("单位", "社区"), True),
        Column("area", ("属地",)),
        Column("residents", ("常住人口",), True),
        Column("volunteers", ("注册志愿者",), True),
        Column("active", ("参加服务人数",)),
        Column("hours", ("服务时数",)),
        Column("note", ("备注",)),
    ),
    "lamps": (
        Column("site_id", ("点位编号", "点位"), True),
        Column("month", ("月份",)),
        Column("lamps", ("路灯数",), True),
        Column("lit", ("亮灯数",), True),
        Column("note", ("备注",)),
    ),
    "staff": (
        Column("area", ("属地",), True),
        Column("residents", ("城镇人口",), True),
        Column("officers", ("执法人员",), True),
        Column("assistants", ("协管人员",)),
        Column("note", ("备注",)),
    ),
    "units": (Column("unit", ("责任单位",), True), Column("note", ("备注",))),
    "areas": (Column("area", ("属地",), True), Column("note", ("备注",))),
}

#: Names of the sheets of a workbook, beside the names of the tables.
SHEETS: Mapping[str, str] = {
    "设置": "assessment",
    "点位": "sites",
    "抽查": "draw",
    "检查记录": "observations",
    "问卷": "responses",
    "材料": "materials",
    "事件": "events",
    "整改": "fixes",
    "人力": "capacity",
    "项目台账": "projects",
    "问题台账": "findings",
    "整改台账": "rectifications",
    "处置台账": "steps",
    "办结登记": "done",
    "网格": "grid",
    "问题清单": "problems",
    "责任书": "letters",
    "门前责任": "contracts",
    "公益广告": "ads",
    "志愿服务": "volunteers",
    "路灯": "lamps",
    "执法力量": "staff",
    "责任单位": "units",
    "属地": "areas",
    "填写说明": "instructions",
    "问卷样张": "form",
    "选项": "lists",
}
#: Sheets that hold no table: the page of instructions, a questionnaire to print, the lists behind the drop-downs.
NO_TABLE = ("instructions", "form", "lists")
#: Columns of a table that only help the reader's eye.
FOR_THE_EYE: Mapping[str, tuple[str, ...]] = {
    "sites": ("填写要求", "what to enter"),
    "draw": ("填写要求", "what to enter"),
    "observations": ("标准内容", "填写要求", "standard text", "what to enter"),
    "responses": ("题目", "question text"),
    "materials": ("材料名称", "标准内容", "material name", "standard text"),
}

#: How a date may be written.
DATES = "2016-08-15  2016/8/15  2016年8月15日"
STATUSES = {"空白": "empty", "起草": "drafted", "已审核": "reviewed", "已审定": "approved", "已归档": "closed"}
#: Areas of a draw that are no names: the whole place, and so many from each.
DRAW_AREAS = {"不分属地": "none", "每个属地": "each"}
REPEATS = {"首次": "first", "逾期未改": "unfixed", "重复": "repeated"}
READY = ("approved", "closed")
#: Where a finding comes from.
SOURCES = {
    "督查": "supervision",
    "暗访片": "film",
    "媒体曝光": "media",
    "群众反映": "citizens",
    "热线": "hotline",
    "自查": "self",
    "测评": "assessment",
}
#: A finding that belongs to no site.
WHOLE_PLACE = {"全域": "", "whole": ""}
#: What a review of a rectification found.
RESULTS = {"通过": "verified", "退回": "returned"}
#: States of a rectification, and of its finding.
STATES = {"待整改": "open", "待复核": "fixed", "已销号": "verified", "已退回": "returned"}
#: Chinese names of scores of other assessments.
SCORES = {"未成年人": "minors", "自评": "self", "外部": "external"}
#: Whether a person has decided that an event counts.
CONFIRMED = {"yes": "yes", "no": "no", "是": "yes", "否": "no"}


class Bad(Exception):
    """A cell that is not allowed.

    Attributes
    ----------
    problem : str
        A key of :data:`evalsys.faults.PROBLEMS`.
    allowed, near : str
        What is allowed, and the nearest known name.
    part : str, optional
        The part of the cell that is wrong, where it holds several; None for the whole cell.
    column : str
        The column to blame, where it is not the one that was read.
    """

    def __init__(
        self, problem: str, allowed: str = "", near: str = "", *, part: str | None = None, column: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem, self.allowed, self.near, self.part, self.column = problem, allowed, near, part, column


def observed(rule: Rule, text: str, n: int | None, year: int | None, finder: str, repeat: str) -> tuple[Fraction, ...]:
    """Read an observed value into the numbers of its rule.

    Parameters
    ----------
    year : int or None
        Year of the inspection, for a deadline without a year.

    Raises
    ------
    Bad
        If the rule does not allow the value.
    """
    kind, params = RULES[rule.kind], rule.params
    if rule.kind == "deadline" and isinstance(params["by"], datetime.date):
        year = params["by"].year
    elif rule.kind == "deadline" and year is None:
        raise Bad("needs_inspection_date", part="")
    seen = kind.read(params, text, n, year)
    if seen is None:
        choices = () if rule.kind == "met" else kind.choices(params)
        raise Bad("bad_value", " ".join(choices) or f"{kind.entry.zh} ({kind.entry.en})", near(text, choices))
    if rule.kind == "deduct" and seen[0] >= 0:
        points = finding_points(params, text, finder, repeat)
        if points is None:
            raise _no_such_case(params["kinds"][text], finder, repeat)
        return seen[0], points * seen[1]
    return seen


def _no_such_case(kind: Mapping[str, Any], finder: str, repeat: str) -> Bad:
    """Say which of finder and repetition the rule does not know."""
    finders = kind["found_by"]
    if finders and finder not in finders:
        problem = "unknown_name" if finder else "empty_value"
        return Bad(problem, " ".join(finders), near(finder, finders), part=finder, column="found_by")
    cases = finders[finder] if finders else kind["points"]
    allowed = [f"{zh} ({name})" for zh, name in REPEATS.items() if name in cases]
    given = next(f"{zh} ({name})" for zh, name in REPEATS.items() if name == repeat)
    return Bad("bad_value", " ".join(allowed), part=given, column="repeat")


def near(text: str, names: Iterable[str]) -> str:
    """Return the nearest known name, quickly even among many; ``1.0`` is near to ``1``."""
    known = list(names)
    if text.endswith(".0") and text[:-2] in known:
        return text[:-2]
    if len(known) > 500:
        known = [name for name in known if abs(len(name) - len(text)) < 3 and name[:1] == text[:1]][:500]
    return nearest(text, known)


def one_of(known: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader of a name: its id."""

    def read(text: str) -> str:
        if text not in known:
            names = list(known)
            shown = " ".join(names[:8]) + (f" ... ({len(names)})" if len(names) > 8 else "")
            raise Bad("unknown_name", shown, near(text, names), part=text)
        return known[text]

    return read


def named(ids: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return what may stand for each id: itself, and its name where that means one id only.

    Examples
    --------
    >>> named(["a", "b", "c"], ["社区", "社区", "a"])
    {'a': 'a', 'b': 'b', 'c': 'c'}
    """
    times, taken = Counter(names), set(ids)
    single = {name: id_ for id_, name in zip(ids, names, strict=True) if times[name] == 1 and name not in taken}
    return {**{id_: id_ for id_ in ids}, **single}


def registered(names: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of names of a register; any name where there is no register."""
    return one_of({name: name for name in names}) if names else str


def list_of_names(reader: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of several names with ``;`` or ``、`` between."""

    def read(text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reader(part.strip()) for part in re.split("[;；、]", text) if part.strip()))

    return read


def whole(text: str) -> int:
    """Read a whole number, 0 or more."""
    found = schema.parse_number(text)
    if found is None or found.denominator != 1 or not 0 <= found < 10**9:
        raise Bad("bad_integer", "0 1 2 ...")
    return int(found)


def respondent(text: str) -> str:
    """Read the number of a respondent: a number, so that it cannot be a name."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Bad("bad_integer", "1 2 3 ...", near=text[:-2] if re.fullmatch(r"\d+\.0", text, re.ASCII) else "")
    return text


def number(text: str) -> Fraction:
    """Read an exact number."""
    found = schema.parse_number(text)
    if found is None:
        raise Bad("bad_number", "3  0.5  85%")
    return found


def in_range(low: int, high: int | None = None, *, above: bool = False) -> Callable[[str], Fraction]:
    """Return a reader of numbers from `low` (or above it) to `high`."""
    shown = f"{low}..{high}" if high is not None else f"{'>' if above else '>='} {low}"

    def read(text: str) -> Fraction:
        found = number(text)
        if found < low or (above and found == low) or (high is not None and found > high):
            raise Bad("out_of_range", shown)
        return found

    return read


def degrees(limit: int) -> Callable[[str], float]:
    """Return a reader of a latitude or longitude."""
    read = in_range(-limit, limit)
    return lambda text: float(read(text))


def day(text: str) -> datetime.date:
    """Read a date of our time: a slip such as the year 216 or 20016 is no date."""
    found = schema.parse_date(text)
    if found is None or not 1990 <= found.year <= 2100:
        raise Bad("bad_date", DATES)
    return found


def week(text: str) -> str:
    """Read an ISO week."""
    try:
        datetime.datetime.strptime(f"{text}-1", "%G-W%V-%u")
    except ValueError:
        raise Bad("bad_date", "2016-W33") from None
    return text


def month(text: str) -> str:
    """Read a month as ``2026-05``; a workbook may hold it as the first day of the month.

    Examples
    --------
    >>> month("2026年5月"), month("2026/05"), month("2026-05-01")
    ('2026-05', '2026-05', '2026-05')
    """
    found = re.fullmatch(r"(\d{4})(?:-|/|年)(\d{1,2})(?:月|(?:-|/)0?1)?", text, re.ASCII)
    if found is None or not 1990 <= int(found[1]) <= 2100 or not 1 <= int(found[2]) <= 12:
        raise Bad("bad_date", "2026-05")
    return f"{found[1]}-{int(found[2]):02d}"


def target(standards: set[str], sites: set[str], types: set[str]) -> Callable[[str], tuple[tuple[str, str, str], ...]]:
    """Return a reader of ``standard``, ``standard@site``, ``*@site``, ``standard@type:market``, several with ``;``."""
    forms = "1.1  1.1@site  *@site  1.1@type:market"

    def read(text: str) -> tuple[tuple[str, str, str], ...]:
        found = []
        for part in filter(None, (part.strip() for part in re.split("[;；]", text))):
            standard, at, where = part.partition("@")
            kind, _, type_name = where.partition(":")
            if standard != "*" and standard not in standards:
                raise Bad("unknown_code", forms, near(standard, standards), part=part)
            if at and kind == "type" and type_name not in types:
                raise Bad("unknown_name", forms, near(type_name, types), part=part)
            if (at and kind != "type" and where not in sites) or (standard == "*" and not at):
                raise Bad("unknown_name", forms, near(where, sites), part=part)
            found.append((standard, "type" if kind == "type" else "site" if at else "all", type_name or where))
        return tuple(found)

    return read
