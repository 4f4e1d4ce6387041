"""Weights that reproduce totals: found where they exist, all of them, and told where none does."""

from fractions import Fraction

import pytest
from published_tables import planted

from evalsys.audit import audit_table
from evalsys.audit_proposals import propose, weights_that_fit
from evalsys.audit_results import proposal_sentence
from evalsys.faults import InputFaults

MARKS = [(91, 84, 77, 60), (83, 95, 62, 71), (72, 66, 98, 80), (64, 71, 85, 99), (99, 58, 73, 66), (55, 93, 70, 88)]


def table(folder, weights, parts=4, change=lambda totals: totals, head="一,二,三,四"):
    names = head.split(",")[:parts]
    totals = change([sum(w * m for w, m in zip(weights, row, strict=False)) / 100 for row in MARKS])
    lines = [",".join(["街道", *names, "总分"])]
    for number, (row, total) in enumerate(zip(MARKS, totals, strict=True)):
        lines.append(",".join([f"街道{number}", *map(str, row[:parts]), f"{total:.2f}"]))
    path = folder / "a.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def shares(*weights):
    return tuple(Fraction(weight, 100) for weight in weights)


@pytest.mark.parametrize(
    ("weights", "tried"), [((85, 15), 100), ((60, 30, 10), 4852), ((37, 13, 41, 9), 156850)], ids=["2", "3", "4"]
)
def test_weights_of_whole_per_cents_are_found(tmp_path, weights, tried):
    proposal = propose(table(tmp_path, weights, len(weights)))
    assert [found.weights for found in proposal.candidates] == [shares(*weights)]
    assert (proposal.complete, proposal.tried, proposal.step) == (True, tried, Fraction(1, 100))
    audit = audit_table(proposal.published)
    assert audit.published.rule.proposed
    assert audit.count("error") == 0


def test_marks_added_as_they_are(tmp_path):
    proposal = propose(table(tmp_path, (100, 100), 2))
    assert [found.weights for found in proposal.candidates] == [shares(100, 100)]


def test_all_weights_that_fit_are_listed():
    """Two equal marks: any weights give their total."""
    marks = [[Fraction(80), Fraction(80)]] * 3
    found, _, _ = weights_that_fit(marks, [Fraction(80)] * 3, 2)
    assert len(found) == 99
    assert all(one.fits == 3 for one in found)
    none, _, _ = weights_that_fit(marks, [Fraction(80), Fraction(80), Fraction(85)], 2)
    assert [one.fits for one in none] == [2]


def test_where_no_weights_fit_the_nearest_is_told(tmp_path):
    path = table(tmp_path, (70, 30), 2, lambda totals: [totals[0] + 5, *totals[1:]])
    proposal = propose(path)
    assert (proposal.complete, proposal.candidates[0].weights, proposal.candidates[0].fits) == (
        False,
        shares(70, 30),
        5,
    )
    assert "none gives every total; the nearest, 70% : 30%, gives 5 of 6" in proposal_sentence(proposal).en
    assert "没有一组能得出全部总分" in proposal_sentence(proposal).zh
    assert [check.row.name for check in audit_table(proposal.published).findings] == ["街道0"]


def test_five_parts_are_tried_in_steps_of_five_and_by_least_squares():
    marks = [[Fraction(mark) for mark in (*row, 50 + 3 * n)] for n, row in enumerate(MARKS)]
    for weights, step in ((shares(35, 25, 20, 15, 5), 5), (shares(33, 27, 21, 12, 7), 5)):
        totals = [sum(w * m for w, m in zip(weights, row, strict=True)) for row in marks]
        found, stepped, _ = weights_that_fit(marks, totals, 2)
        assert found[0].weights == weights
        assert found[0].largest == 0
        assert stepped == Fraction(step, 100)


def test_other_columns_are_told_apart(tmp_path):
    lines = ["序号,组别,街道,实地,问卷,扣分,总分,名次"]
    for number, (a, b, *_) in enumerate(MARKS, 1):
        lines.append(f"{number},{'甲组' if number < 4 else '乙组'},街道{number},{a},{b},{'1' if number == 2 else ''},")
        lines[-1] += f"{(80 * a + 20 * b) / 100 - (number == 2):.2f},{number}"
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", "utf-8")
    proposal = propose(tmp_path / "a.csv")
    rule = proposal.published.rule
    assert proposal.complete  # the deduction of one row is taken into account
    assert [(part.column, part.weight) for part in rule.parts] == [("实地", Fraction(4, 5)), ("问卷", Fraction(1, 5))]
    assert (rule.name, rule.group, rule.total, rule.rank, rule.deductions) == (
        "街道",
        "组别",
        "总分",
        "名次",
        ("扣分",),
    )


def test_a_row_that_sums_up_and_columns_behind_the_total_are_no_marks(tmp_path):
    proposal = propose(planted(tmp_path))
    rule = proposal.published.rule
    assert [(part.column, part.weight, part.printed) for part in rule.parts] == [
        ("实地", Fraction(3, 5), "实地60"),
        ("问卷", Fraction(3, 10), None),
        ("材料", Fraction(1, 10), None),
    ]
    assert (rule.sum_row.name, proposal.rows, len(proposal.published.rows)) == ("合计", 9, 9)
    assert audit_table(proposal.published).findings == ()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("街道,总分\n东街,90\n", ["no_rule"]),
        ("街道,实地,问卷,总分\n东街,90,,90\n西街,80,70,x\n南街,1,2,3\n", ["empty_value", "bad_number"]),
        ("街道,实地,电话\n东街,90,1\n", ["personal_column"]),
        ("街道," + ",".join(f"项{n}" for n in range(9)) + ",总分\n东街" + ",1" * 10 + "\n", ["no_rule"]),
    ],
    ids=["no parts", "cells", "personal", "too many parts"],
)
def test_a_table_that_shows_no_rule_is_a_fault(tmp_path, text, problems):
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(InputFaults) as caught:
        propose(tmp_path / "a.csv")
    assert [fault.problem for fault in caught.value.faults] == problems
    assert all(fault.file == "a.csv" for fault in caught.value.faults)
