"""The ledger of projects: read whole or refused whole, and its effects by hand and by the one scoring function."""

import datetime
from dataclasses import replace
from fractions import Fraction

import numpy as np
import openpyxl
import pandas as pd
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.fields import SHEETS, TABLES
from evalsys.fixes import fixes_of, mended
from evalsys.law import law
from evalsys.mending import Gain
from evalsys.modelling import prospect
from evalsys.projects import Brought, ledger
from evalsys.scoring import score

AT = [{"site_type": "community"}]
BELOW = [
    indicator("1", 10, [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]),
    indicator("2", 5, [standard("2.1", "none", 5, checked_at=AT)]),
]
SITES = [{"site_id": name, "site_type": "community", "name": name} for name in "abc"]
FIXES = [
    {"fix_id": "f1", "level": "小", "targets": "1.1@a", "after": "0.6", "cost": "1"},
    {"fix_id": "f1", "level": "大", "targets": "1.1@a;1.2@a", "after": "0.95", "cost": "2"},
    {"fix_id": "f2", "level": "", "targets": "*@b", "after": "0.9", "cost": "3"},
    {"fix_id": "f3", "level": "", "targets": "1.1@type:community", "after": "0.9", "cost": "3"},
    {"fix_id": "f4", "level": "", "targets": "2.1", "after": "0.9", "cost": "3"},
]


def look(day, code, site, value, round="r1"):
    return {"standard": code, "site_id": site, "value": value, "observed_on": day, "round": round}


ROWS = [
    look("2026-03-02", "1.1", "a", "1", "r0"),
    look("2026-04-20", "1.1", "a", "0.5", "r0"),
    look("2026-05-09", "1.1", "a", "0.2", "r0"),  # in the month of the work: neither before nor after
    look("2026-06-03", "1.1", "a", "0", "r1"),
    look("2026-06-20", "1.1", "a", "0.4", "r1"),
    look("2026-04-20", "1.2", "a", "1", "r0"),
    look("2026-06-03", "1.1", "b", "1"),
    look("2026-06-03", "1.2", "b", "0.5"),
    look("2026-06-03", "1.1", "c", "0"),
    look("2026-04-01", "2.1", "c", "1", "r0"),
    look("2026-04-01", "2.1", "c", "2", "r0"),
    look("2026-04-02", "2.1", "c", "0", "r0"),
    look("2026-06-04", "2.1", "c", "0"),
]


def made(folder, projects, fixes=FIXES, rows=ROWS, **more):
    content = content_of(BELOW, 15)
    return assessment_of(
        folder, content, rows, {"inspection_date": "2026-09-01"}, sites=SITES, fixes=fixes, projects=projects, **more
    )


def project(**more):
    return {"project_id": "p1", "fixes": "f1", "month": "2026-05", **more}


# ---------------------------------------------------------------------------------------------------- reading


def test_a_table_with_english_headings(tmp_path):
    rows = [
        project(name="示例", fixes="f1;f2", cost="2.5", spent="10%", done_on="2026-05-20", unit="甲局", note="分两期"),
        {"project_id": "p2", "fixes": "f3、f4", "month": "2026年5月"},
    ]
    table = made(tmp_path, rows).projects
    assert table["fixes"].tolist() == [("f1", "f2"), ("f3", "f4")]
    assert table["month"].tolist() == ["2026-05", "2026-05"]
    assert table["cost"].tolist() == [Fraction(5, 2), None]
    assert table["spent"].tolist() == [Fraction(1, 10), None]
    assert table["done_on"].iloc[0].date() == datetime.date(2026, 5, 20)
    assert (table["unit"].tolist(), table["note"].tolist()) == (["甲局", None], ["分两期", ""])


def test_a_sheet_with_chinese_headings_and_dates(tmp_path):
    here = made(tmp_path / "csv", [project(name="示例", cost="2", spent="1", done_on="2026-05-20")])
    book = openpyxl.Workbook()
    book.active.title = next(zh for zh, name in SHEETS.items() if name == "projects")
    book.active.append([column.headings[0] for column in TABLES["projects"]])
    book.active.append(["p1", "示例", "f1", datetime.date(2026, 5, 1), 2, 1, datetime.date(2026, 5, 20), None, None])
    (tmp_path / "csv" / "projects.csv").unlink()
    book.save(tmp_path / "csv" / "台账.xlsx")
    again = read_assessment(tmp_path / "csv")
    assert again.projects.equals(here.projects)
    assert again.evidence_hash == here.evidence_hash
    (tmp_path / "csv" / "台账.xlsx").unlink()
    without = read_assessment(tmp_path / "csv")
    assert len(without.projects) == 0
    assert without.evidence_hash != here.evidence_hash


def test_every_fault_at_once(tmp_path):
    rows = [
        project(month="2026-13"),
        project(fixes="f1;东街整改甲", cost="-1"),
        {"project_id": "p3", "fixes": "", "month": "", "spent": "x", "done_on": "5月", "unit": "市容管理据"},
        project(project_id="", spent="-0.1"),
    ]
    with pytest.raises(InputFaults) as caught:
        made(tmp_path, rows, units=[{"unit": "市容管理局"}], fixes=[*FIXES, {"fix_id": "东街整改", "targets": "1.1"}])
    assert {(f.problem, f.row, f.column, f.value, f.nearest) for f in caught.value.faults} == {
        ("bad_date", 2, "month", "2026-13", ""),
        ("duplicate_id", 3, "project_id", "p1 (2, 3)", ""),
        ("unknown_name", 3, "fixes", "东街整改甲", "东街整改"),
        ("out_of_range", 3, "cost", "-1", ""),
        ("empty_value", 4, "fixes", "", ""),
        ("empty_value", 4, "month", "", ""),
        ("bad_number", 4, "spent", "x", ""),
        ("bad_date", 4, "done_on", "5月", ""),
        ("unknown_name", 4, "unit", "市容管理据", "市容管理局"),
        ("empty_value", 5, "project_id", "", ""),
        ("out_of_range", 5, "spent", "-0.1", ""),
    }


def test_more_spent_than_it_was_to_cost_is_a_note(tmp_path):
    rows = [
        project(cost="2", spent="2.01"),
        project(project_id="p2", cost="2", spent="2"),
        project(project_id="p3", spent="9"),
    ]
    here = made(tmp_path, rows)
    assert [note.zh for note in here.notes if "已支出" in note.zh] == ["1 个项目的已支出超过费用"]
    assert [own.share for own in ledger(score(here))] == [Fraction(201, 200), 1, None]


def test_without_a_table_of_fixes_findings_are_the_fixes(tmp_path):
    here = made(tmp_path, [project(fixes="o004")], fixes=())
    (found,) = ledger(score(here))
    assert found.brought.cells == 1
    assert found.indicators == ("1",)
    with pytest.raises(InputFaults) as caught:
        made(tmp_path / "other", [project(fixes="f1")], fixes=())
    assert [f.problem for f in caught.value.faults] == ["unknown_name"]


# ---------------------------------------------------------------------------------------------- what it brought


def brought(folder, rows=ROWS, **more):
    here = score(made(folder, [project(**more)], rows=rows))
    (found,) = ledger(here)
    return found.brought


def test_the_last_look_before_the_month_and_the_first_after_it(tmp_path):
    """By hand: 1.1 at a 0.5 lost before, 0 after; b and c as they are (0 and 1 of 3 sites); 1.2 at a not seen since."""
    assert brought(tmp_path) == Brought(1, 0, 1, Fraction(1, 2) / 3 * 6)


def test_the_day_it_was_done_ends_the_work(tmp_path):
    """Done on 8 May: the look of 9 May is after; it still falls short."""
    assert brought(tmp_path / "a", done_on="2026-05-08") == Brought(1, 0, 0, Fraction(3, 10) / 3 * 6)
    assert brought(tmp_path / "b", done_on="2026-05-09") == Brought(1, 0, 1, Fraction(1, 2) / 3 * 6)
    # done in March, in another month than stated: only the look of 2 March is before
    assert brought(tmp_path / "c", done_on="2026-03-10") == Brought(1, 0, 0, Fraction(1, 2) / 3 * 6)


def test_findings_of_a_day_stand_together(tmp_path):
    """2.1: two rows on 1 April and one on the 2nd, which is the last look before; with a later month it is the same."""
    assert brought(tmp_path / "a", fixes="f4") == Brought(1, 1, 1, 0)
    rows = [row for row in ROWS if row["observed_on"] != "2026-04-02"]
    assert brought(tmp_path / "b", rows=rows, fixes="f4") == Brought(1, 0, 1, 5)


def test_targets_by_site_and_by_type(tmp_path):
    rows = [*ROWS, look("2026-04-11", "1.2", "b", "0", "r0"), look("2026-04-11", "1.1", "c", "0.3", "r0")]
    # b: 1.2 from 0 to 0.5 lost, alone in its leaf; all communities: a as above, c from 0.3 lost to 0
    assert brought(tmp_path / "b", rows=rows, fixes="f2") == Brought(1, 1, 0, -2)
    assert brought(tmp_path / "c", rows=rows, fixes="f3") == Brought(
        2, 0, 1, (Fraction(1, 2) + Fraction(3, 10)) / 3 * 6
    )
    assert brought(tmp_path / "d", rows=rows, fixes="f2;f3").cells == 3


def test_not_looked_at_since(tmp_path):
    assert brought(tmp_path / "a", month="2026-07") is None
    assert brought(tmp_path / "b", rows=[{**row, "observed_on": ""} for row in ROWS[6:9]]) is None


def test_effects_are_those_of_rows_left_out_by_hand(tmp_path):
    """Random looks: the score with the looks before, and with those after, each written as a file of its own."""
    rng = np.random.default_rng(11)
    rows = [
        look(f"2026-0{month}-{day:02d}", code, site, str(rng.integers(0, 11) / 10), f"r{int(month > 5)}")
        for code in ("1.1", "1.2")
        for site in "abc"
        for month in (3, 4, 5, 6, 7)
        for day in (3, 17)
        if rng.random() < 0.8
    ]
    here = score(made(tmp_path / "all", [project(fixes="f1;f2")], rows=rows))
    (found,) = ledger(here)
    targets = {("1.1", "a"), ("1.2", "a"), ("1.1", "b"), ("1.2", "b")}

    def alone(name, pick):
        kept = []
        for key in sorted({(row["standard"], row["site_id"]) for row in rows}):
            own = [row for row in rows if (row["standard"], row["site_id"]) == key]
            kept.append({**(pick(own) if key in targets else own[-1]), "round": "r1"})
        return score(made(tmp_path / name, [project()], rows=kept)).value

    before = alone("before", lambda own: [row for row in own if row["observed_on"] < "2026-05"][-1])
    after = alone("after", lambda own: next(row for row in own if row["observed_on"] > "2026-06"))
    assert found.brought.cells == 4
    assert found.brought.points == after - before


# ------------------------------------------------------------------------------------------- what it was to bring


class Told:
    """A bench of the exact law, each state recomputed."""

    exact = True

    def __init__(self, found):
        self.fixes, self.model = fixes_of(found), found.model

    def worth(self, after):
        seen = law(mended(self.model, self.fixes.cells, after))
        return seen.mean, seen.chance

    def gains(self, states, before=None):
        base = self.worth(np.zeros(len(self.fixes.cells)))
        return tuple(Gain(float(p - base[0]), None if c is None else c - base[1]) for p, c in map(self.worth, states))


def test_foreseen_is_the_gain_of_the_best_level_of_each_fix(tmp_path):
    rows = [project(fixes="f1;f2"), project(project_id="p2", fixes="f2")]
    here = made(tmp_path, rows)
    bench = Told(prospect(here))
    both, one = ledger(score(here), bench)
    assert [bench.fixes.options[place].name for place in both.options] == ["f1 大", "f2"]
    assert both.foreseen == bench.gains([bench.fixes.after([1, 2])])[0]
    assert one.foreseen.points == pytest.approx(bench.gains([bench.fixes.after([2])])[0].points, abs=1e-12)
    assert both.foreseen.points > one.foreseen.points > 0
    assert both.indicators == ("1",)


def test_without_a_bench_or_a_known_fix_nothing_is_foreseen(tmp_path):
    here = made(tmp_path, [project()])
    (found,) = ledger(score(here))
    assert (found.foreseen, found.options) == (None, ())
    bench = Told(prospect(here))
    bench.fixes = replace(bench.fixes, options=())
    (found,) = ledger(score(here), bench)
    assert (found.foreseen, found.options) == (None, ())


def test_the_ledger_of_the_synthetic_city_carries_out_its_fixes():
    table, fixes = (pd.read_csv(f"data/synthetic-city/{name}.csv", dtype=str) for name in ("projects", "fixes"))
    unit_of = dict(zip(fixes["fix_id"], fixes["unit"], strict=True))
    assert len(table) == 12
    assert all({unit_of[fix] for fix in own.fixes.split(";")} == {own.unit} for own in table.itertuples())
    assert table["month"].is_monotonic_increasing
    assert (table["done_on"].isna() == (table["month"] == "2025-09")).all()
