"""A month of the ledgers: a town by hand; weeks add up to the month to the row, on random ledgers too."""

import datetime
import random
from collections import Counter
from fractions import Fraction as F

import pytest
from unit_town import OBSERVATIONS, town

from evalsys.bulletins import bulletin
from evalsys.faults import InputFaults
from evalsys.ledgers import flow, ledgers_of
from evalsys.month_reports import default_month, report_of_month, weeks_of
from evalsys.scoring import score
from evalsys.when import month_days

DAY = datetime.date
STEPS = [
    {"ladder": "L2", "unit": "甲街道", "step": "1", "decided_on": "2016-08-29", "decided": "yes"},
    {"ladder": "L2", "unit": "甲街道", "step": "1", "decided_on": "2016-08-22", "decided": "no"},
    {"ladder": "L1", "unit": "乙局", "step": "1", "decided_on": "2016-09-02", "decided": "yes"},
]
DONE = [
    {"entry": "S003.2.4", "unit": unit, "done_on": day}
    for unit, day in (("甲街道", "2016-08-02"), ("甲街道", "2016-08-09"), ("乙局", "2016-08-20"))
]


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"), steps=STEPS, done=DONE)


@pytest.fixture(scope="module")
def august(held):
    return report_of_month(held, with_forecast=False)


def test_the_month_by_hand(august):
    assert (august.month, august.running) == ("2016-08", False)  # the last that was over on 2 September
    # found: a1 a2 a3 h1 a4; put right: a1 a2 (late) a3; a2 returned, a1 verified; in hand: a2 h1 a4, two of them late
    counts = {key: august.count(key) for key in ("new", "fixed", "in_time", "returned", "verified")}
    assert counts == {"new": 5, "fixed": 3, "in_time": 2, "returned": 1, "verified": 1}
    assert [august.count(key) for key in ("in_hand", "overdue", "awaiting", "coming", "again")] == [3, 2, 1, 1, 1]
    assert [own["due"].date() for own in august.found.coming.to_dict("records")] == [DAY(2016, 9, 5)]


def test_by_week_source_indicator_unit_and_area(august):
    def told(by, *keys):
        return {name: tuple(august.count(key, by, name) for key in keys) for name in august.parts[by]}

    assert told("week", "new", "fixed", "returned", "verified") == {
        "2016-W31": (2, 1, 0, 0),
        "2016-W32": (1, 1, 0, 1),
        "2016-W33": (1, 1, 1, 0),
        "2016-W34": (0, 0, 0, 0),
        "2016-W35": (1, 0, 0, 0),
    }
    assert told("source", "new", "fixed", "in_hand", "overdue") == {
        "supervision": (4, 3, 2, 1),
        "hotline": (1, 0, 1, 1),
    }
    assert told("indicator", "new", "fixed", "in_hand", "overdue") == {"A": (3, 2, 2, 2), "B": (2, 1, 1, 0)}
    assert [august.count("new", "unit", unit) for unit in ("甲街道", "乙局", "丙局")] == [3, 2, 1]  # a4 counts for two
    assert [august.count("in_hand", "area", area) for area in ("东片", "西片")] == [1, 2]


def test_scores_with_what_was_closed(held, august):
    now = score(held)
    assert august.found.result.won == now.won == F(19, 2)
    assert august.found.closed.won - now.won == 5  # a1
    # by the end of July nothing had been seen: only the materials tell
    assert august.before.won == august.closed_before.won == 0 < august.before.assessed < now.assessed
    assert august.earlier is None


def test_materials_of_the_month_by_its_last_day(held, august):
    assert [(item.material, item.time, item.late) for item in august.asked.due] == [("m2", "late", 1)]
    assert (august.count("materials"), august.count("material_late"), august.count("arrears")) == (1, 1, 0)
    september = report_of_month(held, "2016-09", with_forecast=False)
    assert [(item.material, item.time, item.late) for item in september.asked.due] == [("m1", "overdue", 25)]
    early = report_of_month(town(held.path.parent / "again", materials=[
        {"material": "m2", "status": "已审定", "unit": "乙局", "month": "2016-08", "drafted_on": "2016-08-05",
         "reviewed_on": "2016-09-01", "approved_on": "2016-09-02"}]), with_forecast=False)  # fmt: skip
    assert [(item.time, item.status) for item in early.asked.due] == [("on_time", "drafted")]  # approved later


def test_the_calendar_of_the_month(august):
    weekly = [due for due in august.dues if due.code == "S003.2.4"]
    # weeks that end on 7, 14, 21 and 28 August, for each of four units
    assert len(weekly) == 16
    states = Counter((due.unit.zh, due.state) for due in weekly)
    assert (states["甲街道", "on_time"], states["甲街道", "missing"]) == (2, 2)
    assert (states["乙局", "on_time"], states["乙局", "missing"], states["丙局", "missing"]) == (1, 3, 4)
    assert august.count("calendar") == len(august.dues)
    assert all(due.kind == "calendar" for due in august.dues)
    total = sum(august.count(f"calendar_{state}") for state in {due.state for due in august.dues})
    assert total == august.count("calendar")


def test_what_was_decided_in_the_month(august):
    assert [str(day.date()) for day in august.decided["decided_on"]] == ["2016-08-22", "2016-08-29"]
    assert (august.count("decided"), august.count("confirmed")) == (2, 1)


def test_a_round_of_the_month_before_is_compared(tmp_path):
    before = [
        {
            **row,
            "observation_id": "b" + row["observation_id"],
            "round": "r0",
            "observed_on": "2016-07-28",
            "value": "0.1",
        }
        for row in OBSERVATIONS
    ]
    now = [{**row, "round": "r1"} for row in OBSERVATIONS]
    both = town(tmp_path, observations=before + now, rectifications=[])
    report = report_of_month(both, "2016-08", with_forecast=False)
    name, old = report.earlier
    # each of four sites lost a tenth of its 5 points
    assert (name, old.won) == ("r0", 20 - 4 * F(1, 2))
    assert report_of_month(both, "2016-09", with_forecast=False).earlier is None


def test_months_that_are_over_running_early_or_no_months(held, tmp_path):
    september = report_of_month(held, "2016-09", with_forecast=False)
    assert september.running
    assert (september.count("new"), september.count("overdue")) == (1, 4)
    assert not report_of_month(held, "2016-06", with_forecast=False).running
    for wrong in ("2016-W33", "2016-13", "august", "2016-8"):
        with pytest.raises(InputFaults) as caught:
            report_of_month(held, wrong)
        assert [(f.problem, f.value) for f in caught.value.faults] == [("bad_date", wrong)]
    bare = town(tmp_path, observations=[], findings=[], rectifications=[])
    with pytest.raises(InputFaults) as caught:
        report_of_month(bare)
    assert [f.problem for f in caught.value.faults] == ["no_ledger_day"]


@pytest.mark.parametrize(
    ("last", "month"), [("2016-09-29", "2016-08"), ("2016-09-30", "2016-09"), ("2016-10-01", "2016-09")]
)
def test_the_default_month_is_the_last_that_is_over(tmp_path, last, month):
    more = [{**OBSERVATIONS[0], "observation_id": "z", "observed_on": last}]
    assert default_month(town(tmp_path, observations=OBSERVATIONS + more)) == month


def test_the_default_month_of_young_ledgers_is_the_running_one(tmp_path):
    young = town(tmp_path, observations=OBSERVATIONS[:2], findings=[], rectifications=[])
    assert default_month(young) == "2016-08"


def test_weeks_lie_in_the_month_and_leave_no_day_out():
    for month in (f"{year}-{number:02d}" for year in (2015, 2016, 2020, 2024, 2026) for number in range(1, 13)):
        weeks = weeks_of(month)
        days = [
            week.first + datetime.timedelta(days=n) for week in weeks for n in range((week.last - week.first).days + 1)
        ]
        first, last = month_days(month)
        assert days == [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]
        assert all(len({day.isocalendar()[:2] for day in (week.first, week.last)}) == 1 for week in weeks)
        assert all(week.name == f"{week.first.isocalendar()[0]}-W{week.first.isocalendar()[1]:02d}" for week in weeks)


def test_weeks_add_up_to_the_month_to_the_row_on_random_ledgers(tmp_path):
    draw = random.Random(8)
    start = DAY(2016, 7, 25)

    def when(low, high):
        return start + datetime.timedelta(days=draw.randint(low, high))

    for case in range(2):
        findings, fixes = [], []
        for n in range(60):
            found = when(0, 60)
            findings.append(
                {"finding_id": f"f{n}", "site_id": draw.choice(["c1", "c2", "全域"]), "standard": "A.1",
                 "found_on": str(found), "units": draw.choice(["甲街道", "乙局", "甲街道;乙局"]),
                 "source": draw.choice(["热线", "督查", "媒体曝光"])}
            )  # fmt: skip
            day = found
            for result in draw.choice([[], ["退回", "通过"], ["通过"], [""]]):
                fixed = day + datetime.timedelta(days=draw.randint(0, 12))
                day = fixed + datetime.timedelta(days=draw.randint(0, 9))
                row = {"finding_id": f"f{n}", "fixed_on": str(fixed)}
                if result:
                    row |= {"reviewed_on": str(day), "reviewer": "督查组", "result": result}
                fixes.append(row)
        assessment = town(tmp_path / str(case), findings=findings, rectifications=fixes, observations=OBSERVATIONS[:1])
        kept = ledgers_of(assessment)
        report = report_of_month(assessment, "2016-08", with_forecast=False)
        month = bulletin(assessment, "2016-08").flow
        for key in ("new", "fixed", "returned", "verified"):
            rows = [row for week in report.weeks for row in getattr(flow(kept, week.first, week.last), key).tolist()]
            assert sorted(rows) == sorted(getattr(month, key).tolist()), key
            for by in ("week", "source", "indicator"):
                if by != "week" and key in ("returned", "verified"):
                    continue
                places = [place for name in report.parts[by] for place in report.stated[key, by, name].places]
                assert sorted(places) == list(range(report.count(key))), (key, by)
        # what the last week leaves in hand is what the month leaves
        last = flow(kept, report.weeks[-1].first, report.weeks[-1].last)
        assert sorted(last.in_hand(last.after)) == sorted(month.in_hand(month.after))
