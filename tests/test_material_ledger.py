"""The ledger of materials: in time or late to the day, what a month owes, what is missing for which standard."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from builders import assessment_of, content_of, indicator, standard, text

from evalsys.assessment import Assessment
from evalsys.forecasting import forecast
from evalsys.ledger_costs import NO_FORECAST, costs
from evalsys.material_ledger import (
    TIMES,
    MaterialLedger,
    due_day,
    dunning,
    material_ledger,
    materials_on,
    timeliness,
)
from evalsys.scoring import score

DUE = datetime.date(2016, 8, 5)


def august(day: int) -> datetime.date:
    return datetime.date(2016, 8, day)


# --------------------------------------------------------------------------------------------------- plain functions


def test_on_the_5th_in_time_on_the_6th_late():
    """Of the delivery, and of a delivery that has not come: the same count of days."""
    for day in range(1, 32):
        late = max(day - 5, 0)
        assert timeliness(DUE, True, august(day), august(31)) == ("late" if late else "on_time", late)
        assert timeliness(DUE, False, None, august(day)) == ("overdue" if late else "waiting", late)


def test_without_a_due_day_or_a_day_of_delivery_nothing_is_late():
    assert timeliness(None, False, None, august(31)) == ("undated", 0)
    assert timeliness(None, True, august(9), august(31)) == ("delivered", 0)
    assert timeliness(DUE, True, None, august(31)) == ("delivered", 0)
    assert due_day("2016-12", 28) == datetime.date(2016, 12, 28)


# ------------------------------------------------------------------------------------------------------ an assessment

#: 1.1 takes each of its three materials for a third of 6 points, 1.2 needs both for its 4, 1.3 is a check of 2.
ASKED = {"1.1": ("a1", "a2", "a3", "a4"), "1.2": ("b1", "b2"), "1.4": ("c1",)}
ROWS = [
    {"material": "a1", "status": "已归档", "month": "2016-08", "unit": "甲局", "drafted_on": "2016-08-05",
     "reviewed_on": "2016-08-08", "reviewer": "创城办", "approved_on": "2016-08-10", "closed_on": "2016-08-20"},
    {"material": "a2", "status": "已审核", "month": "2016-08", "unit": "乙局", "drafted_on": "2016-08-06",
     "reviewed_on": "2016-08-09", "reviewer": "创城办"},
    {"material": "a3", "status": "空白", "month": "2016-07", "unit": "甲局"},
    {"material": "b1", "status": "空白", "due": "2016-08-12"},
    {"material": "b2", "status": "起草", "unit": "乙局"},
]  # fmt: skip


def town(folder: Path, rows=ROWS, *, observations=(), rule="share", **settings) -> Assessment:
    def held(code: str) -> list[dict]:
        own = [{"id": name, "name": text(name)} for name in ASKED[code]]
        return [{**item, "required": "no"} if item["id"] == "a4" else item for item in own]

    papers = ("document_review",)
    below = [
        standard("1.1", rule, 6, papers, materials=held("1.1"), lead="office"),
        standard("1.2", "met", 4, papers, materials=held("1.2"), lead="office"),
        standard("1.3", "loss", 2),
        standard("1.4", "met", 3, papers, materials=held("1.4"), lead="office"),
    ]
    content = content_of([indicator("1", 15, below)], 15, units={"office": {"zh": "文明办", "en": "Office"}})
    given = {"inspection_date": "2016-08-31", "pass_mark": "80%", **settings}
    seen = [{"standard": "1.3", "value": "0", "observed_on": "2016-08-01"}, *observations]
    return assessment_of(folder, content, seen, given, materials=rows)


def told(folder: Path, day: int = 31, **more) -> MaterialLedger:
    return material_ledger(town(folder, **more), august(day))


def by_id(ledger: MaterialLedger) -> dict:
    return {item.material: item for item in ledger.items}


def test_nothing_of_the_instrument_is_lost(tmp_path):
    ledger = told(tmp_path)
    assert [item.material for item in ledger.items] == ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
    assert [item.material for item in ledger.items if not item.registered] == ["a4", "c1"]
    assert [item.material for item in ledger.items if not item.required] == ["a4"]
    found = {name: (item.standard, item.unit, item.owners) for name, item in by_id(ledger).items()}
    assert found["a1"] == ("1.1", "甲局", ("甲局",))
    assert found["b1"] == ("1.2", None, ("文明办",))
    assert found["c1"] == ("1.4", None, ("文明办",))


def test_due_days_come_from_the_row_then_the_month(tmp_path):
    found = {name: (item.due, item.due_from) for name, item in by_id(told(tmp_path)).items()}
    july = datetime.date(2016, 7, 5)
    assert found == {
        "a1": (DUE, "month"), "a2": (DUE, "month"), "a3": (july, "month"), "b1": (august(12), "table"),
        "a4": (None, ""), "b2": (None, ""), "c1": (None, ""),
    }  # fmt: skip
    later = by_id(told(tmp_path, ledger={"materials_by": 10}))
    assert (later["a1"].due, later["b1"].due, later["a2"].time) == (august(10), august(12), "on_time")
    both = by_id(told(tmp_path, rows=[{**ROWS[1], "due": "2016-08-06"}]))["a2"]
    assert (both.due, both.due_from, both.time) == (august(6), "table", "on_time")


def test_every_day_sees_what_was_done_by_then(tmp_path):
    made = town(tmp_path)
    found = {
        day: [(by_id(ledger)[name].status, by_id(ledger)[name].time, by_id(ledger)[name].late) for name in ("a1", "a2")]
        for day in (4, 5, 6, 8, 10, 20, 31)
        for ledger in [material_ledger(made, august(day))]
    }
    assert found == {
        4: [("empty", "waiting", 0), ("empty", "waiting", 0)],
        5: [("drafted", "on_time", 0), ("empty", "waiting", 0)],
        6: [("drafted", "on_time", 0), ("drafted", "late", 1)],
        8: [("reviewed", "on_time", 0), ("drafted", "late", 1)],
        10: [("approved", "on_time", 0), ("reviewed", "late", 1)],
        20: [("closed", "on_time", 0), ("reviewed", "late", 1)],
        31: [("closed", "on_time", 0), ("reviewed", "late", 1)],
    }
    overdue = by_id(material_ledger(made, august(31)))
    assert [(overdue[n].time, overdue[n].late) for n in ("a3", "b1", "b2")] == [
        ("overdue", 57), ("overdue", 19), ("delivered", 0),
    ]  # fmt: skip


def test_an_earlier_day_shows_no_later_step(tmp_path):
    made = town(tmp_path)
    before = made.materials.copy(deep=True)
    seen = materials_on(made, august(8)).materials
    assert made.materials.equals(before)
    assert seen.loc[0, ["status", "ready", "reviewer"]].tolist() == ["reviewed", False, "创城办"]
    assert seen.loc[0, ["approved_on", "closed_on"]].isna().all()
    assert seen.loc[1, ["status", "reviewer"]].tolist() == ["drafted", ""]
    assert str(seen["drafted_on"].dtype) == "datetime64[s]"
    assert materials_on(made, august(31)).materials.equals(before)


def test_the_score_is_that_of_the_day(tmp_path):
    """a1 counts from the 10th, when it is approved: a third of 6 points."""
    made = town(tmp_path)
    losses = {day: {w.standard: w.cost.lost for w in material_ledger(made, august(day)).wants} for day in (9, 10)}
    assert losses == {9: {"1.1": 6, "1.2": 4, "1.4": 0}, 10: {"1.1": 4, "1.2": 4, "1.4": 0}}
    assert material_ledger(made, august(10)).together.points == 8


def test_what_is_missing_for_which_standard_and_what_it_costs(tmp_path):
    """A share is won piece by piece; where all are required, one alone brings nothing and both bring all."""
    wants = {want.standard: want for want in told(tmp_path).wants}
    assert list(wants) == ["1.1", "1.2", "1.4"]
    own = wants["1.1"]
    assert (own.required, own.missing, own.unknown, own.by) == (("a1", "a2", "a3"), ("a2", "a3"), (), "materials")
    assert (own.cost.lost, own.cost.points, own.alone, own.open) == (4, 4, 2, 0)
    both = wants["1.2"]
    assert (both.missing, both.cost.lost, both.cost.points, both.alone) == (("b1", "b2"), 4, 4, 0)
    unknown = wants["1.4"]
    assert (unknown.by, unknown.unknown, unknown.open, unknown.cost.lost) == ("", ("c1",), 3, 0)
    assert own.cost.why_none == NO_FORECAST


def test_one_of_a_share_alone_is_scored_so(tmp_path):
    """What one material brings alone is what the score says once it is approved; the last of two brings all."""
    made = town(tmp_path)
    base = score(made)
    for name in ("a2", "a3", "b1"):
        rows = [{**row, "status": "已审定"} if row["material"] == name else row for row in ROWS]
        plain = [{key: row[key] for key in ("material", "status")} for row in rows]
        gained = score(town(tmp_path, plain)).won - base.won
        want = next(w for w in material_ledger(made, august(31)).wants if name in w.missing)
        assert gained == want.alone
    last = [row if row["material"] != "b1" else {**row, "status": "已审定"} for row in ROWS]
    assert next(w for w in told(tmp_path, rows=last).wants if w.standard == "1.2").alone == 4


def test_an_entered_result_goes_before_the_register(tmp_path):
    row = {"standard": "1.2", "value": "否", "method": "document_review", "observed_on": "2016-08-01"}
    ledger = told(tmp_path, observations=[row])
    want = next(w for w in ledger.wants if w.standard == "1.2")
    assert (want.by, want.missing, want.cost.points, want.alone) == ("observations", ("b1", "b2"), 0, 0)
    assert ledger.together.points == 4


def test_units_and_months_cost_the_standards_that_they_leave_short(tmp_path):
    ledger = told(tmp_path)
    assert {unit: cost.points for unit, cost in ledger.by_unit.items()} == {"甲局": 4, "乙局": 8, "文明办": 4}
    assert {month: cost.points for month, cost in ledger.by_month.items()} == {"2016-08": 8, "2016-07": 4}
    assert ledger.together.points == 8
    assert ledger.open == 3


def test_the_list_of_a_month(tmp_path):
    asked = dunning(told(tmp_path), "2016-08")
    assert [item.material for item in asked.due] == ["a1", "a2", "b1"]
    assert {time: asked.count(time) for time in TIMES} == {
        "on_time": 1, "late": 1, "delivered": 0, "overdue": 1, "waiting": 0, "undated": 0,
    }  # fmt: skip
    assert {unit: [item.material for item in items] for unit, items in asked.owed.items()} == {
        "文明办": ["b1"], "甲局": ["a3"],
    }  # fmt: skip
    assert [item.material for item in asked.arrears] == ["a3"]
    assert [item.material for item in asked.pending] == ["a2"]
    assert asked.undated == ()
    assert [item.material for item in asked.unassigned] == ["b1"]
    assert [item.material for item in asked.unregistered] == ["a4", "c1"]
    assert asked.cost is not None
    assert asked.cost.points == 8
    assert asked.count("on_time", "late", "delivered") + asked.count("overdue", "waiting") == len(asked.due)


def test_a_month_before_anything_is_due(tmp_path):
    early = dunning(told(tmp_path, 1), "2016-08")
    assert (early.count("waiting"), early.count("overdue"), [i.material for i in early.arrears]) == (3, 0, ["a3"])
    none = dunning(told(tmp_path), "2016-09")
    assert (none.due, none.cost, [item.material for item in none.arrears]) == ((), None, ["a3", "b1"])


def test_what_has_neither_due_day_nor_delivery_is_listed(tmp_path):
    asked = dunning(told(tmp_path, rows=[*ROWS, {"material": "c1", "status": "空白"}]), "2016-08")
    assert [item.material for item in asked.undated] == ["c1"]
    assert [item.material for item in asked.unassigned] == ["b1", "c1"]


def test_chances_are_those_of_the_leaves(tmp_path):
    made = materials_on(town(tmp_path), august(31))
    found = forecast(made)
    assert found.engine == "exact"
    ledger = material_ledger(made, august(31), found)
    again = costs(made, {"1.1": ["1.1/document_review"], "1.2": ["1.2/document_review"]}, found)
    own = {want.standard: want.cost for want in ledger.wants}
    for code in again:
        assert own[code].chance == pytest.approx(again[code].chance, abs=1e-12)
        assert own[code].chance > 0
    assert ledger.together.chance > max(own["1.1"].chance, own["1.2"].chance)
    assert own["1.4"].chance == 0
    with pytest.raises(ValueError, match="another day"):
        material_ledger(made, august(8), found)
    with pytest.raises(ValueError, match="another assessment"):
        material_ledger(replace(made), august(31), found)


def test_an_instrument_without_materials_has_an_empty_ledger(tmp_path):
    content = content_of([indicator("1", 2, [standard("1.3", "loss", 2)])], 2)
    ledger = material_ledger(assessment_of(tmp_path, content, [{"standard": "1.3", "value": "0.5"}]), august(31))
    assert (ledger.items, ledger.wants, ledger.together.points, ledger.open) == ((), (), Fraction(0), 0)
