from __future__ import annotations

import datetime
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from evalsys.fields import (
    FOR_THE_EYE,
    NO_TABLE,
    SHEETS,
    TABLES,
    Bad,
    day,
    degrees,
    in_range,
    list_of_names,
    named,
    near,
    number,
    observed,
    one_of,
    registered,
    respondent,
    target,
    value_headings,
    week,
    whole,
)
from evalsys.privacy import folded, is_personal_heading
from evalsys.rulebook import RULES, Rule

KNOWN = {"社区": "community", "community": "community", "主干道": "main-road"}
TARGET = target({"1.1", "2.3"}, {"c1", "c2"}, {"market"})


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (day, "2016-8-5", datetime.date(2016, 8, 5)),
        (day, "2016年8月5日", datetime.date(2016, 8, 5)),
        (whole, "5", 5),
        (whole, "5.0", 5),
        (respondent, "12", "12"),
        (number, "85%", Fraction(17, 20)),
        (in_range(0, 1), "1", Fraction(1)),
        (in_range(0), "0", Fraction(0)),
        (degrees(90), "-31.5", -31.5),
        (week, "2016-W52", "2016-W52"),
        (one_of(KNOWN), "社区", "community"),
        (registered(()), "任何名称", "任何名称"),
        (list_of_names(registered(("甲", "乙"))), "甲;乙；甲、", ("甲", "乙")),
        (
            TARGET,
            "1.1; 2.3@c2；*@c1;1.1@type:market",
            (("1.1", "all", ""), ("2.3", "site", "c2"), ("*", "site", "c1"), ("1.1", "type", "market")),
        ),
    ],
)
def test_cells_that_are_allowed(reader: Callable[[str], Any], text: str, value: Any) -> None:
    assert reader(text) == value


@pytest.mark.parametrize(
    ("reader", "text", "problem"),
    [
        (day, "2016-02-30", "bad_date"),
        (day, "0216-08-15", "bad_date"),
        (day, "20016-08-15", "bad_date"),
        (day, "42597", "bad_date"),
        (whole, "5.5", "bad_integer"),
        (whole, "-1", "bad_integer"),
        (whole, "十", "bad_integer"),
        (respondent, "1.0", "bad_integer"),
        (respondent, "王五", "bad_integer"),
        (number, "0,5", "bad_number"),
        (number, "nan", "bad_number"),
        (number, "", "bad_number"),
        (in_range(0, 1), "1.01", "out_of_range"),
        (in_range(0, above=True), "0", "out_of_range"),
        (degrees(90), "90.1", "out_of_range"),
        (week, "2016-W54", "bad_date"),
        (week, "2016-33", "bad_date"),
        (one_of(KNOWN), "社趣", "unknown_name"),
        (list_of_names(registered(("甲", "乙"))), "甲;丙", "unknown_name"),
        (TARGET, "9.9", "unknown_code"),
        (TARGET, "1.1@c9", "unknown_name"),
        (TARGET, "1.1@", "unknown_name"),
        (TARGET, "*", "unknown_name"),
        (TARGET, "1.1@type:road", "unknown_name"),
    ],
)
def test_cells_that_are_not(reader: Callable[[str], Any], text: str, problem: str) -> None:
    with pytest.raises(Bad) as caught:
        reader(text)
    assert caught.value.problem == problem


def test_a_bad_name_in_a_list_is_named() -> None:
    with pytest.raises(Bad) as caught:
        list_of_names(registered(("公安局", "教育局")))("公安局;教育句")
    assert (caught.value.part, caught.value.near) == ("教育句", "教育局")


def test_names_that_mean_two_things_stand_for_nothing() -> None:
    assert named(["a", "b", "c", "d"], ["社区", "社区", "a", "医院"]) == {**{x: x for x in "abcd"}, "医院": "d"}


def test_the_nearest_name() -> None:
    many = [f"site-{n}" for n in range(3000)]
    assert near("1.0", ["1", "2"]) == "1"
    assert near("文明行文", ["文明行为", "文明交通"]) == "文明行为"
    assert near("site-299x", many).startswith("site-299")


DEDUCT = Rule(
    "deduct",
    {
        "kinds": {
            "垃圾": {"points": {"first": Fraction(1), "repeated": Fraction(2)}, "found_by": None, "cap": None},
            "占道": {"points": None, "found_by": {"市级": {"first": Fraction(1, 2)}}, "cap": None},
        },
        "full": Fraction(10),
    },
)


def test_findings_are_worth_points_by_kind_finder_and_repetition() -> None:
    assert observed(DEDUCT, "垃圾", 3, None, "", "first") == (0, 3)
    assert observed(DEDUCT, "垃圾", None, None, "随便谁", "repeated") == (0, 2)
    assert observed(DEDUCT, "占道", None, None, "市级", "first") == (1, Fraction(1, 2))
    assert observed(DEDUCT, "无", None, None, "", "first") == (-1, 0)


@pytest.mark.parametrize(
    ("text", "finder", "repeat", "problem", "column", "part"),
    [
        ("占道", "", "first", "empty_value", "found_by", ""),
        ("占道", "省级", "first", "unknown_name", "found_by", "省级"),
        ("占道", "市级", "repeated", "bad_value", "repeat", "重复 (repeated)"),
        ("垃圾", "", "unfixed", "bad_value", "repeat", "逾期未改 (unfixed)"),
        ("垃圾桶", "", "first", "bad_value", "", None),
    ],
)
def test_the_cell_to_blame(text: str, finder: str, repeat: str, problem: str, column: str, part: str | None) -> None:
    with pytest.raises(Bad) as caught:
        observed(DEDUCT, text, None, None, finder, repeat)
    assert (caught.value.problem, caught.value.column, caught.value.part) == (problem, column, part)


def test_a_deadline_needs_the_year_only_where_it_has_none() -> None:
    yearly, dated = Rule("deadline", {"by": (6, 30)}), Rule("deadline", {"by": datetime.date(2016, 6, 30)})
    with pytest.raises(Bad, match="needs_inspection_date"):
        observed(yearly, "2016-06-30", None, None, "", "first")
    assert observed(yearly, "2016-06-30", None, 2016, "", "first")[1] == 2016
    assert observed(dated, "2016-06-30", None, None, "", "first")


def test_every_rule_has_a_heading_in_both_languages() -> None:
    headings = {h for column in TABLES["observations"] for h in column.headings}
    for kind in RULES.values():
        assert {kind.heading.zh, kind.heading.en} <= headings
    assert sorted(rule for rules in value_headings().values() for rule in rules) == sorted(RULES)


@pytest.mark.parametrize("name", TABLES)
def test_headings_mean_one_column_and_no_person(name: str) -> None:
    headings = [h for c in TABLES[name] for h in (c.name, *c.headings)] + list(FOR_THE_EYE.get(name, ()))
    assert len({folded(h) for c in TABLES[name] for h in {folded(x) for x in (c.name, *c.headings)}}) == sum(
        len({folded(x) for x in (c.name, *c.headings)}) for c in TABLES[name]
    )
    assert not any(is_personal_heading(h) for h in headings)
    assert all(any(not h.isascii() for h in c.headings) for c in TABLES[name])


def test_every_table_has_a_sheet_with_a_chinese_name() -> None:
    assert set(SHEETS.values()) == {*TABLES, *NO_TABLE, "assessment"}


def test_the_page_on_the_format_names_every_column_and_sheet() -> None:
    page = (Path(__file__).parents[1] / "docs" / "evidence-format.md").read_text("utf-8")
    for columns in TABLES.values():
        for column in columns:
            names = [column.name, *column.headings] if ":" not in column.name else column.headings[:2]
            assert not [name for name in names if name not in page and " " not in name]
    assert all(title in page for title in SHEETS)
