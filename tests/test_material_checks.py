"""The steps of a material: its status on every day, and every day that contradicts its status."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace

import pytest
from builders import assessment_of, content_of, indicator, standard, text

from evalsys.faults import PROBLEMS, Fault
from evalsys.fields import TABLES
from evalsys.material_checks import STEPS, check_materials, contradictions, status_on
from evalsys.reading import Reading
from evalsys.tables import Table

ORDER = ["drafted", "reviewed", "approved", "closed"]
LAST = datetime.date(2016, 8, 31)


def on(*days):
    """The days of the steps: numbers of days of August 2016, or None."""
    padded = [*days, *[None] * (4 - len(days))]
    return {
        column: None if day is None else datetime.date(2016, 8, day)
        for column, day in zip(STEPS.values(), padded, strict=True)
    }


def test_a_dated_material_goes_up_the_steps_day_by_day():
    days = on(4, 6, 6, 20)
    found = [status_on("closed", days, datetime.date(2016, 8, n)) for n in range(1, 32)]
    assert found == ["empty"] * 3 + ["drafted"] * 2 + ["approved"] * 14 + ["closed"] * 12


@pytest.mark.parametrize("status", ["", "empty", *ORDER])
def test_without_days_it_is_as_recorded(status):
    assert status_on(status, on(), datetime.date(1999, 1, 1)) == status
    assert list(contradictions(status, on(), last=LAST, other_reviewer=True)) == []


def test_all_rows_of_days_against_the_plain_rule():
    """Right is just this: the steps up to the status have days, the others none, and the days never fall."""
    for status, days in itertools.product(["", "empty", *ORDER], itertools.product([None, 3, 5, 9], repeat=4)):
        held = [day for day in days if day is not None]
        count = ORDER.index(status) + 1 if status in ORDER else 0
        right = not held or (
            all((day is not None) == (place < count) for place, day in enumerate(days)) and held == sorted(held)
        )
        assert (not list(contradictions(status, on(*days)))) == right, (status, days)


@pytest.mark.parametrize(
    ("status", "days", "found"),
    [
        ("closed", (1, None, 3, 4), [("step_without_day", "reviewed_on")]),
        ("drafted", (1, 2), [("beyond_status", "reviewed_on")]),
        ("empty", (1,), [("beyond_status", "drafted_on")]),
        ("", (1,), [("beyond_status", "drafted_on")]),
        ("reviewed", (5, 4), [("date_order", "reviewed_on")]),
        ("closed", (1, 9, 9, 8), [("date_order", "closed_on")]),
        ("closed", (5, 3, 4, 9), [("date_order", "reviewed_on"), ("date_order", "approved_on")]),
        ("approved", (1, 2), [("step_without_day", "approved_on")]),
    ],
)
def test_what_is_wrong_is_told_where(status, days, found):
    assert list(contradictions(status, on(*days))) == found


def test_nothing_happens_after_the_inspection():
    assert list(contradictions("reviewed", on(30, 31), last=LAST)) == []
    found = list(contradictions("reviewed", on(30, 31), last=datetime.date(2016, 8, 29)))
    assert found == [("after_inspection", "drafted_on"), ("after_inspection", "reviewed_on")]


def test_who_may_review():
    def wrong(status="reviewed", **more):
        return list(contradictions(status, on(), unit="城管局", **more))

    assert wrong(reviewer="城管局", other_reviewer=True) == [("own_material_reviewer", "reviewer")]
    assert wrong(reviewer="城管局") == wrong(reviewer="创城办", other_reviewer=True) == []
    assert wrong(reviewer="", other_reviewer=True) == list(contradictions("reviewed", on(), other_reviewer=True)) == []
    assert wrong("drafted", reviewer="创城办") == [("beyond_status", "reviewer")]


# ------------------------------------------------------------------------------------------------------------ tables


def checked(folder, rows, *, other=True):
    """The faults of a table of materials, as (problem, row, column)."""
    names = [f"m{n}" for n in range(1, len(rows) + 1)]
    held = [{"id": name, "name": text(name)} for name in names]
    content = content_of([indicator("1", 4, [standard("1.1", "share", 4, ("document_review",), materials=held)])], 4)
    made = assessment_of(
        folder, content, settings={"inspection_date": "2016-08-31"}, materials=[{"material": "m1", "status": "空白"}]
    )
    columns = tuple(column.name for column in TABLES["materials"])
    cells = [
        [name if column == "material" else row.get(column, "") for column in columns]
        for name, row in zip(names, rows, strict=True)
    ]
    table = Table("materials", "materials.csv", columns, {}, cells, list(range(2, len(rows) + 2)))
    faults: list[Fault] = []
    reading = Reading(made.instrument, made.settings, {"materials": table}, faults)
    frame = reading.materials()
    check_materials(reading, frame, replace(made.rules, other_reviewer=other))
    assert all(fault.problem in PROBLEMS for fault in faults)
    return [(fault.problem, fault.row, fault.column) for fault in faults]


GOOD = {"status": "已归档", "drafted_on": "2016-08-05", "reviewed_on": "2016-08-06", "approved_on": "2016-08-07"}


def test_every_bad_row_of_a_table_is_told_at_once(tmp_path):
    rows = [
        {"status": "已归档"},
        {**GOOD, "closed_on": "2016-08-07", "unit": "甲局", "reviewer": "创城办"},
        {**GOOD, "closed_on": "2016-08-06"},
        {**GOOD, "unit": "甲局", "reviewer": "甲局", "closed_on": "2016-09-01"},
        {"status": "起草", "drafted_on": "2016-08-05", "reviewed_on": "2016-08-04"},
    ]
    assert checked(tmp_path, rows) == [
        ("date_order", 4, "closed_on"),
        ("after_inspection", 5, "closed_on"),
        ("own_material_reviewer", 5, "reviewer"),
        ("beyond_status", 6, "reviewed_on"),
        ("date_order", 6, "reviewed_on"),
    ]


def test_a_unit_may_review_its_own_where_the_source_says_nothing(tmp_path):
    assert checked(tmp_path, [{"status": "已审核", "unit": "甲局", "reviewer": "甲局"}], other=False) == []


def test_a_bad_cell_is_told_once(tmp_path):
    rows = [{**GOOD, "closed_on": "八月"}, {**GOOD, "status": "办好"}]
    assert checked(tmp_path, rows) == [("unknown_name", 3, "status"), ("bad_date", 2, "closed_on")]
