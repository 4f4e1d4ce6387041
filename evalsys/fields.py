"""The tables of an assessment: their columns and headings, and readers of one cell.

A cell reader takes the text of a cell and returns its value, or raises :class:`Bad` with what is allowed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalsys import schema
from evalsys.faults import nearest
from evalsys.rulebook import RULES, finding_points
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
    ),
    "observations": (
        Column("observation_id", ("记录编号", "序号"), True),
        Column("round", ("轮次",)),
        Column("standard", ("测评标准", "标准编号"), True),
        Column("method", ("测评方法",)),
        Column("site_id", ("点位编号", "点位")),
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
    ),
    "events": (Column("code", ("事件编码",), True), Column("date", ("日期",), True), Column("note", ("备注",))),
    "fixes": (
        Column("fix_id", ("整改编号",), True),
        Column("level", ("档次",)),
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
    "units": (Column("unit", ("责任单位",), True), Column("note", ("备注",))),
    "areas": (Column("area", ("属地",), True), Column("note", ("备注",))),
}

#: Names of the sheets of a workbook, beside the names of the tables.
SHEETS: Mapping[str, str] = {
    "设置": "assessment",
    "点位": "sites",
    "检查记录": "observations",
    "问卷": "responses",
    "材料": "materials",
    "事件": "events",
    "整改": "fixes",
    "人力": "capacity",
    "责任单位": "units",
    "属地": "areas",
    "填写说明": "instructions",
}
#: Columns of a workbook that only help the reader's eye.
FOR_THE_EYE = (
    "点位名称",
    "点位类型",
    "标准内容",
    "填写要求",
    "材料名称",
    "题目",
    "site name",
    "site type",
    "standard text",
    "what to enter",
    "material name",
)

STATUSES = {"空白": "empty", "起草": "drafted", "已审核": "reviewed", "已审定": "approved", "已归档": "closed"}
REPEATS = {"首次": "first", "逾期未改": "unfixed", "重复": "repeated"}
READY = ("approved", "closed")


class Bad(Exception):
    """A value that is not allowed: problem, what is allowed, nearest known name."""

    def __init__(self, problem: str, allowed: str = "", near: str = "") -> None:
        super().__init__(problem)
        self.problem, self.allowed, self.near = problem, allowed, near


def read_value(
    kind: str, params: Mapping[str, Any], text: str, n: int | None, year: int | None, finder: str, repeat: str
) -> Any:
    if kind == "deadline" and year is None:
        return Bad("needs_inspection_date")
    seen = RULES[kind].read(params, text, n, year)
    if seen is None:
        choices = RULES[kind].choices(params)
        return Bad(
            "bad_value", " ".join(choices) or f"{RULES[kind].entry.zh} ({RULES[kind].entry.en})", nearest(text, choices)
        )
    if kind == "deduct" and seen[0] >= 0:
        points = finding_points(params, text, finder, repeat)
        if points is None:
            scale = params["kinds"][text]
            return Bad(
                "unknown_name", " ".join(scale["found_by"] or scale["points"]), nearest(finder, scale["found_by"] or ())
            )
        return seen[0], points * seen[1]
    return seen


def one_of(known: Mapping[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            names = list(known)
            shown = " ".join(names[:8]) + (f" ... ({len(names)})" if len(names) > 8 else "")
            raise Bad("unknown_name", shown, nearest(text, names))
        return known[text]

    return read


def registered(names: Sequence[str]) -> Callable[[str], str]:
    """Names of the register; any name where there is no register."""
    return one_of({name: name for name in names}) if names else str


def list_of_names(reader: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reader(part.strip()) for part in re.split("[;；、]", text) if part.strip()))

    return read


def registered_list(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    return list_of_names(registered(names))


def whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Bad("bad_integer", "0 1 2 ...")
    return int(text)


def respondent(text: str) -> str:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Bad("bad_integer", "1 2 3 ...")
    return text


def number(text: str) -> Fraction:
    found = schema.parse_number(text)
    if found is None:
        raise Bad("bad_number", "3  0.5  85%")
    return found


def not_negative(text: str) -> Fraction:
    found = number(text)
    if found < 0:
        raise Bad("out_of_range", ">= 0")
    return found


def positive(text: str) -> Fraction:
    found = number(text)
    if found <= 0:
        raise Bad("out_of_range", "> 0")
    return found


def chance(text: str) -> Fraction:
    found = number(text)
    if not 0 <= found <= 1:
        raise Bad("out_of_range", "0..1")
    return found


def degrees(limit: int) -> Callable[[str], float]:
    def read(text: str) -> float:
        found = number(text)
        if abs(found) > limit:
            raise Bad("out_of_range", f"-{limit}..{limit}")
        return float(found)

    return read


def any_day(text: str) -> datetime.date:
    found = schema.parse_date(text)
    if found is None:
        raise Bad("bad_date", "2016-08-15")
    return found


def week(text: str) -> str:
    try:
        datetime.datetime.strptime(f"{text}-1", "%G-W%V-%u")
    except ValueError:
        raise Bad("bad_date", "2016-W33") from None
    return text


def target(standards: set[str], sites: set[str], types: set[str]) -> Callable[[str], tuple[tuple[str, str, str], ...]]:
    """Read ``standard``, ``standard@site``, ``*@site``, ``standard@type:market``, several with ``;``."""

    def read(text: str) -> tuple[tuple[str, str, str], ...]:
        found = []
        for part in filter(None, (part.strip() for part in re.split("[;；]", text))):
            standard, at, where = part.partition("@")
            kind, _, type_name = where.partition(":")
            if standard != "*" and standard not in standards:
                raise Bad("unknown_code", part, nearest(standard, standards))
            if at and kind == "type" and type_name not in types:
                raise Bad("unknown_name", part, nearest(type_name, types))
            if (at and kind != "type" and where not in sites) or (standard == "*" and not at):
                raise Bad("unknown_name", part, nearest(where, sites))
            found.append((standard, "type" if kind == "type" else "site" if at else "all", type_name or where))
        return tuple(found)

    return read
