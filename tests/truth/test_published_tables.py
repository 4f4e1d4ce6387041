"""Published tables of real rounds, audited: Jining's streets of 2017, Wujiang's indicators, departments and street."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from evalsys.audit import TableAudit, audit_table
from evalsys.audit_proposals import propose
from evalsys.published import read_published

HERE = Path(__file__).parent
WUJIANG = HERE / "wujiang-2016"


def audited(path: Path) -> TableAudit:
    return audit_table(read_published(path))


# ------------------------------------------------------------------------------------------------- Jining, 2017


@pytest.fixture(scope="module")
def jining() -> TableAudit:
    return audited(HERE / "jining-2017.csv")


def test_every_total_of_jining_is_within_one_hundredth(jining: TableAudit) -> None:
    totals = [check for check in jining.checks if check.kind == "total"]
    assert len(totals) == 19
    for check in totals:
        assert check.row is not None
        assert check.difference is not None
        assert abs(check.difference) <= Fraction(1, 100)
        marks = [Fraction(check.row.printed[column]) for column in ("field_raw", "survey_raw")]
        assert check.computed == (85 * marks[0] + 15 * marks[1]) / 100
    assert jining.count("error") == jining.count("unexplained") == 0
    assert len(jining.checks) == 19 * 4  # two parts, total and place of each street


def test_every_figure_of_jining_that_differs_in_the_last_digit_is_listed(jining: TableAudit) -> None:
    cut, parts, even = "truncation", "the sum of the printed parts", "rounding half to even"
    rounded, truncated = "the sum of rounded parts", "the sum of truncated parts"
    digits = "marks with more digits than printed"
    found = {
        (check.row.name, check.column, check.printed, check.shown): {way.en for way in check.consistent_with}
        for check in jining.findings
        if check.row
    }
    assert found == {
        ("洸河街道", "field_weighted_85", "82.24", "82.25"): {cut, digits},
        ("观音阁街道", "field_weighted_85", "78.22", "78.23"): {cut, digits},
        ("鼓楼街道", "field_weighted_85", "79.69", "79.70"): {cut, digits},
        ("越河街道", "field_weighted_85", "78.67", "78.68"): {cut, digits},
        ("古槐街道", "field_weighted_85", "78.62", "78.63"): {cut, even, digits},
        ("柳行街道", "field_weighted_85", "79.96", "79.97"): {cut, digits},
        ("许庄街道", "survey_weighted_15", "13.54", "13.53"): {digits},
        ("鼓楼街道", "total", "92.49", "92.50"): {cut, parts, truncated, digits},
        ("南张街道", "total", "94.48", "94.49"): {cut, truncated, digits},
        ("新兖镇", "total", "87.89", "87.90"): {cut, parts, rounded, truncated, digits},
    }
    assert {check.verdict for check in jining.findings} == {"rounding"}


def test_the_printed_order_of_jining_is_the_ranking(jining: TableAudit) -> None:
    ranks = [check for check in jining.checks if check.kind == "rank"]
    assert len(ranks) == 19
    assert {check.verdict for check in ranks} == {"agrees"}
    groups = [row.group for row in jining.published.rows]
    assert list(jining.ranks.values()) == [*range(1, 14), *range(1, 7)]
    assert groups == ["main_urban"] * 13 + ["fringe"] * 6


@pytest.mark.parametrize("kept", [("field_raw", "survey_raw"), None], ids=["marks only", "as published"])
def test_only_85_and_15_reproduce_the_totals_of_jining(tmp_path: Path, kept: tuple[str, ...] | None) -> None:
    lines = (HERE / "jining-2017.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    columns = list(rows[0]) if kept is None else ["group", "unit", *kept, "total"]
    text = "\n".join([",".join(columns), *(",".join(row[column] for column in columns) for row in rows)])
    (tmp_path / "a.csv").write_text(text + "\n", "utf-8")
    proposal = propose(tmp_path / "a.csv")
    assert [found.weights for found in proposal.candidates] == [(Fraction(85, 100), Fraction(15, 100))]
    assert (proposal.complete, proposal.rows, proposal.candidates[0].largest) == (True, 19, Fraction("0.0085"))
    rule = proposal.published.rule
    assert (rule.proposed, rule.name, rule.group, rule.total) == (True, "unit", "group", "total")
    weighted = None if kept else "field_weighted_85"
    assert (rule.parts[0].column, rule.parts[0].printed) == ("field_raw", weighted)


# ------------------------------------------------------------------------------------------------- Wujiang, 2016


def test_indicators_of_wujiang_as_published_and_with_nothing_dropped() -> None:
    audit = audited(WUJIANG / "items.csv")
    assert audit.figures is not None
    assert (audit.dropped, audit.figures.number) == (41, 225)
    assert audit.figures.dropped_names == {
        "诚信建设制度": 2,
        "文明行为1": 9,
        "文明行为2": 9,
        "文明行为3": 6,
        **{f"公共服务{number}": 3 for number in range(10, 15)},
    }
    agree = [check for check in audit.checks if check.verdict == "agrees"]
    kinds = [check.kind for check in agree]
    # 12 indicators: their number of sub-indicators and score, rate; the total's two sums and its rate .9491
    assert (kinds.count("rows"), kinds.count("share"), kinds.count("sum")) == (24, 13, 2)
    assert ("0.9491", "0.9491") in [(check.printed, check.shown) for check in agree]
    wrong = {check.column: check for check in audit.findings if check.verdict == "error" and check.row}
    assert {column: (check.printed, check.shown) for column, check in wrong.items()} == {
        "quota": ("30.000", "39.000"),
        "final_score": ("28.473", "36.606"),
        "pass_rate": ("0.9491", "0.9386"),
    }
    assert wrong["final_score"].computed == Fraction(131783, 3600)
    assert wrong["pass_rate"].computed == Fraction(131783, 140400)


@pytest.mark.parametrize(("table", "tied"), [("items", 7), ("departments", 9)])
def test_equal_rates_of_wujiang_were_given_distinct_ranks(table: str, tied: int) -> None:
    audit = audited(WUJIANG / f"{table}.csv")
    notes = [check for check in audit.findings if check.kind == "rank"]
    assert [(check.printed, check.computed, check.verdict) for check in notes] == [
        (str(place), 1, "note") for place in range(2, tied + 1)
    ]
    assert {way.en for check in notes for way in check.consistent_with} == {
        "equal values that were given distinct ranks"
    }


def test_departments_and_street_of_wujiang_by_plain_sums() -> None:
    """A row of two departments counts in full for both: 163 of 156 rows."""
    departments, street = audited(WUJIANG / "departments.csv"), audited(WUJIANG / "area.csv")
    for audit, rows in ((departments, 14), (street, 1)):
        kinds = [check.kind for check in audit.checks if check.verdict == "agrees"]
        assert (kinds.count("rows"), kinds.count("share")) == (2 * rows, rows)
        assert {check.verdict for check in audit.findings} == {"note"}
        assert audit.dropped == 0
    assert departments.figures is not None
    assert sum(map(len, departments.figures.counted.values())) == 163
    assert len({row.number for rows in departments.figures.counted.values() for row in rows}) == 156
    assert street.figures is not None
    assert street.figures.overall("final_score", with_dropped=True) == Fraction("161.5")
