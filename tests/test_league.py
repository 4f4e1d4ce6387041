"""League tables: ranks, ranges and findings against counts by hand and published results."""

import csv
import math
from fractions import Fraction as F
from pathlib import Path

import pytest

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.league import league_of, plain_league
from evalsys.scoring import score

ROOT = Path(__file__).resolve().parents[1]
JINING = ROOT / "data" / "jining-2017" / "streets.csv"
WUJIANG = ROOT / "data" / "wujiang-2016"
TRUTH = ROOT / "tests" / "truth" / "wujiang-2016"

RULE = """schema: 1
title: {zh: 某县村居排名, en: Villages}
place: 某县
round: ROUND
name: 村
group: {column: 片}
parts:
  - {column: 现场, weight: 60%, range: [0, 100]ERROR}
  - {column: 长效, weight: 40%, range: [0, 100]ERROR}
total: 总分
MORE
"""


def written(folder, rows, name="table", error="", more="", when="2026-03"):
    """Write a table of (group, name, two marks[, total]) with its rule."""
    lines = ["片,村,现场,长效,总分"]
    for group, unit, site, lasting, *total in rows:
        made = F(site) * F(6, 10) + F(lasting) * F(4, 10)
        lines.append(f"{group},{unit},{site},{lasting},{total[0] if total else f'{float(made):.2f}'}")
    rule = RULE.replace("ROUND", when).replace("MORE", more)
    rule = rule.replace("ERROR", f", error: {{sd: {error}, status: official}}" if error else "")
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / f"{name}.yaml").write_text(rule, "utf-8")
    return str(folder / f"{name}.csv")


def names(units):
    return [unit.ranked.name for unit in units]


@pytest.fixture(scope="module")
def jining():
    return league_of(str(JINING))


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment(WUJIANG))


def facts():
    lines = [line for line in JINING.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


# --------------------------------------------------------------------------------------------- Jining 2017


def test_jining_is_recomputed_and_ranked_within_its_groups(jining):
    assert [(group.key, group.name.en, len(group.units)) for group in jining.groups] == [
        ("main_urban", "Main urban area", 13),
        ("fringe", "Outskirts", 6),
    ]
    for group in jining.groups:
        own = [row for row in facts() if row["group"] == group.key]
        exact = {row["unit"]: (85 * F(row["field_raw"]) + 15 * F(row["survey_raw"])) / 100 for row in own}
        assert names(group.units) == [row["unit"] for row in own]  # the order of rows is the published ranking
        assert names(group.units) == sorted(exact, key=lambda name: -exact[name])
        for place, unit in enumerate(group.units, 1):
            assert unit.ranked.score == exact[unit.ranked.name]
            assert unit.ranked.rank == place
            assert sum(unit.weighted) == unit.ranked.score
    assert names(jining.groups[0].first) + names(jining.groups[1].last) == ["济阳街道", "李营街道"]
    assert float(jining.groups[0].spread) == pytest.approx(6.86, abs=0.005)
    assert (jining.full, jining.decimals, jining.measure) == (100, 2, "points")


def test_every_printed_figure_of_jining_that_differs_is_found_at_its_unit(jining):
    wanted = {}
    for row in facts():
        field, survey = F(row["field_raw"]) * F(85, 100), F(row["survey_raw"]) * F(15, 100)
        printed = {"field_weighted_85": field, "survey_weighted_15": survey, "total": field + survey}
        off = {
            column for column, value in printed.items() if F(row[column]) != F(math.floor(value * 100 + F(1, 2)), 100)
        }
        if off:
            wanted[row["unit"]] = off
    found = {
        unit.ranked.name: {check.column for check in unit.findings if check.verdict != "note"} for unit in jining.units
    }
    assert {name: columns for name, columns in found.items() if columns} == wanted
    assert sum(len(columns) for columns in wanted.values()) == 10


def test_the_error_of_a_total_is_that_of_its_parts(jining):
    assert jining.error.assumed
    assert jining.error.total == pytest.approx(math.hypot(0.85 * 0.55, 0.15 * 2.2))
    reach = 1.2815515655 * math.sqrt(2) * jining.error.total  # a repeated assessment misses by its own error too
    for unit in jining.units:
        assert unit.high - unit.low == pytest.approx(2 * reach)
        assert (unit.low + unit.high) / 2 == pytest.approx(float(unit.ranked.score))


def test_ranges_hold_the_rank_and_far_units_have_one_rank(jining):
    for unit in jining.units:
        assert unit.chances.low <= unit.ranked.rank <= unit.chances.high
    by_name = {unit.ranked.name: unit.chances for unit in jining.units}
    assert (by_name["接庄街道"].low, by_name["接庄街道"].high) == (1, 1)
    assert (by_name["大安镇"].low, by_name["大安镇"].high) == (4, 4)
    # of two that are 0.25 apart with errors of 0.572 each, both seen again
    chance = 0.5 * (1 + math.erf(0.2475 / (2 * jining.error.total) / math.sqrt(2)))
    assert by_name["李营街道"].last == pytest.approx(chance, abs=2e-3)


def test_neighbours_are_alike_where_a_repeat_might_turn_them(jining):
    limit = 1.2815515655 * 2 * jining.error.total
    for group in jining.groups:
        scores = [float(unit.ranked.score) for unit in group.units]
        wanted = [pair for pair in zip(group.units, group.units[1:], strict=False)
                  if float(pair[0].ranked.score - pair[1].ranked.score) < limit]  # fmt: skip
        assert list(group.alike) == wanted
        assert 0 < len(wanted) < len(scores)


def test_the_heaviest_part_alone_ranks_otherwise(jining):
    for group in jining.groups:
        own = [F(unit.raw[0]) for unit in group.units]
        alone = [1 + sum(other > mark for other in own) for mark in own]
        assert group.otherwise == sum(a != unit.ranked.rank for a, unit in zip(alone, group.units, strict=True))
    assert [group.otherwise for group in jining.groups] == [10, 0]


# ------------------------------------------------------------------------------------------- Wujiang 2016


@pytest.mark.parametrize(("by", "file", "column"), [("unit", "departments", "department"), ("area", "area", "area")])
def test_wujiang_by_plain_sums_has_the_published_rates_and_ranks(wujiang, by, file, column):
    lines = (TRUTH / f"{file}.csv").read_text("utf-8").splitlines()
    published = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    league = plain_league(wujiang, by)
    own = {unit.ranked.name: unit for unit in league.units}
    assert set(own) == {row[column] for row in published}
    assert len(own) == (14 if by == "unit" else 1)
    rates = [F(row["pass_rate"]) for row in published]
    for row in published:
        unit = own[row[column]]
        assert (unit.rows, unit.won) == (F(row["quota"]), F(row["final_score"]))
        assert abs(unit.ranked.score / 100 - F(row["pass_rate"])) <= F(1, 20000)
        # the published list breaks its nine ties by row; here they share a rank
        assert unit.ranked.rank == 1 + sum(rate > F(row["pass_rate"]) for rate in rates)
        if F(row["pass_rate"]) != 1:
            assert unit.ranked.rank == int(row["rank"])
    assert all(unit.chances is None and unit.low is None for unit in league.units)


def test_rows_of_two_units_and_of_none_are_counted(wujiang):
    with (WUJIANG / "observations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    league = plain_league(wujiang)
    assert league.plain.shared == sum(";" in row["units"] for row in rows) > 0
    assert league.plain.unnamed == sum(not row["units"] for row in rows) > 0
    assert sum(unit.rows for unit in league.units) == len(rows) - league.plain.unnamed + league.plain.shared
    by_area = plain_league(wujiang, "area")
    assert by_area.plain.shared == 0
    assert by_area.plain.unnamed == sum(not row["area"] for row in rows) > 0


def test_an_assessment_is_compared_with_an_earlier_one(wujiang):
    league = plain_league(wujiang, "unit", wujiang)
    assert {unit.ranked.moved for unit in league.units} == {0}
    assert league.previous == "2016-08"
    assert league.gone == ()


def test_the_published_departments_as_a_table():
    """Nine printed ranks set equal rates in an order: told at the units, and the ranks here are shared."""
    league = league_of(str(TRUTH / "departments.csv"))
    assert (league.measure, league.parts, league.error, league.full) == ("number", (), None, None)
    assert [unit.ranked.rank for unit in league.units] == [1] * 9 + [10, 11, 12, 13, 14]
    assert [len(unit.findings) > 0 for unit in league.units] == [False] + [True] * 8 + [False] * 5


# --------------------------------------------------------------------------------------------- small tables


def test_ties_stay_and_scores_that_only_look_the_same_are_told(tmp_path):
    rows = [("甲片", "A", "95.00", "90.00"), ("甲片", "B", "91.00", "96.00"), ("甲片", "C", "80.01", "80.00"),
            ("甲片", "D", "80.00", "80.01")]  # fmt: skip
    (group,) = league_of(written(tmp_path, rows)).groups
    assert [(unit.ranked.name, unit.ranked.rank, unit.ranked.tied) for unit in group.units] == [
        ("A", 1, ("B",)), ("B", 1, ("A",)), ("C", 3, ()), ("D", 4, ()),
    ]  # fmt: skip
    same = [unit.ranked.looks_tied for unit in group.units]
    assert same == [(), (), (), ()]  # 80.01 and 80.00 at two decimals
    rows[2:] = [("甲片", "C", "80.002", "80.00", "80.00"), ("甲片", "D", "80.001", "80.00", "80.00")]
    (group,) = league_of(written(tmp_path, rows)).groups
    assert [unit.ranked.rank for unit in group.units] == [1, 1, 3, 4]
    assert [unit.ranked.looks_tied for unit in group.units] == [(), (), ("D",), ("C",)]
    assert (names(group.first), names(group.last)) == (["A", "B"], ["D"])


def test_nobody_is_last_where_all_are_first(tmp_path):
    (group,) = league_of(written(tmp_path, [("甲", "A", "90", "90"), ("甲", "B", "90", "90")])).groups
    assert (names(group.first), group.last, group.spread) == (["A", "B"], (), 0)


def test_ranges_need_the_error_of_every_part(tmp_path):
    rows = [("甲", "A", "95", "90"), ("甲", "B", "94", "90")]
    table = written(tmp_path, rows, error="1.5")
    league = league_of(table)
    assert not league.error.assumed
    assert league.error.total == pytest.approx(1.5 * math.hypot(0.6, 0.4))
    assert all(unit.chances is not None for unit in league.units)
    rule = tmp_path / "table.yaml"
    rule.write_text(rule.read_text("utf-8").replace(", error: {sd: 1.5, status: official}", "", 1), "utf-8")
    league = league_of(table)
    assert league.error is None
    assert all(unit.chances is None for unit in league.units)


def test_a_range_ends_at_full_marks(tmp_path):
    league = league_of(written(tmp_path, [("甲", "A", "100", "99"), ("甲", "B", "50", "50")], error="5"))
    assert league.units[0].high == 100
    assert league.units[0].low < 95
    with_bonus = written(tmp_path, [("甲", "A", "100", "99")], error="5", more="bonus: 现场")
    assert league_of(with_bonus).full is None


def test_lower_may_be_better(tmp_path):
    rows = [("甲", "A", "95", "90"), ("甲", "B", "50", "50"), ("甲", "C", "70", "70")]
    (group,) = league_of(written(tmp_path, rows, error="1", more="best: low")).groups
    assert (names(group.first), names(group.last)) == (["B"], ["A"])
    assert [unit.chances.low for unit in group.units] == [1, 2, 3]


def test_the_last_round_is_compared_by_name(tmp_path):
    now = [("甲", "A", "95", "95"), ("甲", "B", "90", "90"), ("甲", "C", "85", "85"), ("乙", "D", "70", "70")]
    then = [("甲", "B", "96", "96"), ("甲", "A", "90", "90"), ("甲", "E", "99", "99"), ("乙", "D", "75", "75")]
    league = league_of(written(tmp_path, now), previous=written(tmp_path, then, "then", when="2025-12"))
    assert [(u.ranked.name, u.ranked.change, u.ranked.moved, u.ranked.new) for u in league.units] == [
        ("A", 5, 1, False), ("B", -6, -1, False), ("C", None, None, True), ("D", -5, 0, False),
    ]  # fmt: skip
    assert (league.previous, league.gone) == ("2025-12", ("E",))


def test_names_that_could_mean_two_are_refused_with_their_rows(tmp_path):
    rows = [("甲", "A", "95", "95"), ("甲", "A", "90", "90"), ("乙", "A", "85", "85"), ("乙", "B", "70", "70")]
    with pytest.raises(InputFaults) as caught:
        league_of(written(tmp_path, rows))
    assert [(fault.problem, fault.file, fault.row, fault.value) for fault in caught.value.faults] == [
        ("duplicate_id", "table.csv", 3, "A")
    ]
    table = written(tmp_path, rows[1:])
    assert len(league_of(table).units) == 3
    with pytest.raises(InputFaults) as caught:
        league_of(table, previous=table)
    assert {fault.row for fault in caught.value.faults} == {3}


def test_by_whom_is_checked():
    with pytest.raises(InputFaults) as caught:
        league_of("", str(WUJIANG), "units")
    (fault,) = caught.value.faults
    assert (fault.problem, fault.value, fault.allowed, fault.nearest) == ("bad_value", "units", "unit area", "unit")


def test_a_table_without_its_rule_is_a_fault(tmp_path):
    path = Path(written(tmp_path, [("甲", "A", "95", "95")]))
    path.with_suffix(".yaml").unlink()
    with pytest.raises(InputFaults):
        league_of(str(path))


def test_groups_stand_as_the_rule_lists_them(tmp_path):
    table = Path(written(tmp_path, [("甲", "A", "95", "95"), ("乙", "B", "90", "90"), ("甲", "C", "80", "80")]))
    assert [group.key for group in league_of(str(table)).groups] == ["甲", "乙"]
    rule = table.with_suffix(".yaml")
    listed = "group: {column: 片, names: {乙: {zh: 乙组, en: Second}, 甲: {zh: 甲组, en: First}}}"
    rule.write_text(rule.read_text("utf-8").replace("group: {column: 片}", listed), "utf-8")
    found = league_of(str(table)).groups
    assert [(group.name.en, names(group.units)) for group in found] == [("Second", ["B"]), ("First", ["A", "C"])]
