"""The audit of a published table: each kind of error planted alone is found and nothing else; rounding and ranks."""

from fractions import Fraction

import pytest
from published_tables import RULE, TABLE, published

from evalsys.audit import audit_table
from evalsys.audit_checks import as_printed, half_up, judged, truncated

HEAD = "schema: 1\nname: 街道\n"


def found(*args, **kwargs):
    """Return the findings: name, column, kind, verdict, printed, by the rule."""
    checks = audit_table(published(*args, **kwargs)).findings
    return [(c.row and c.row.name, c.column, c.kind, c.verdict, c.printed, c.shown) for c in checks]


def ways(*args, **kwargs):
    return [[way.en for way in check.consistent_with] for check in audit_table(published(*args, **kwargs)).findings]


# ------------------------------------------------------------------------------------------------ planted errors


def test_a_table_without_an_error_agrees_in_every_check(tmp_path):
    audit = audit_table(published(tmp_path))
    assert audit.findings == ()
    kinds = [check.kind for check in audit.checks]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "name": 9, "part": 9, "total": 9, "share": 10, "rank": 9, "sum": 2,
    }  # fmt: skip
    assert audit.count("agrees") == 48
    assert audit.dropped == 0
    numbers = {row.name: row.number for row in audit.published.rows}
    assert audit.totals[numbers["西街"]] == Fraction("90.39")
    assert [audit.ranks[numbers[name]] for name in ("东街", "南街", "西街", "北街", "中街")] == [1, 2, 3, 4, 1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((",92.92,1", ",93.92,1"), [("东街", "总分", "total", "error", "93.92", "92.92")]),
        (("57.12", "57.42"), [("东街", "实地60", "part", "error", "57.42", "57.12")]),
        ((",90.00,4", ",90.00,3"), [("北街", "名次", "rank", "error", "3", "4")]),
        (("0.9333", "0.9433"), [("东街", "整改率", "share", "error", "0.9433", "0.9333")]),
        (("0.7900", "0.7800"), [("合计", "整改率", "share", "error", "0.7800", "0.7900")]),
        (("79,100", "79,101"), [("合计", "应改", "sum", "error", "101", "100")]),
        (
            ("乙组,溪街", "乙组,山街"),
            [
                ("山街", "街道", "name", "error", "山街", ""),
                ("山街", "街道", "name", "error", "山街", ""),
                (None, "街道", "name", "error", "", "溪街"),
            ],
        ),
        (
            ("乙组,溪街", "乙组,溪街道"),
            [("溪街道", "街道", "name", "error", "溪街道", "溪街"), (None, "街道", "name", "error", "", "溪街")],
        ),
    ],
    ids=["total", "part", "rank", "share", "share of the sum", "sum", "duplicate", "unknown"],
)
def test_a_planted_error_is_found_and_nothing_else(tmp_path, change, expected):
    assert found(tmp_path, change) == expected


def test_a_sum_of_deductions_passes_over_empty_cells(tmp_path):
    rule = RULE.replace("columns: {已改: sum,", "columns: {扣分: sum, 已改: sum,")
    change = (",合计,,,,,,,,0.7900", ",合计,,,,,2.50,,,0.7900")
    assert found(tmp_path, change, rule=rule) == [("合计", "扣分", "sum", "error", "2.50", "1.50")]


def test_a_sum_of_rounded_figures_may_differ_by_what_their_rounding_makes(tmp_path):
    rule = HEAD + "sum_row: {name: 合计, columns: {费用: sum, 数: sum}}\n"
    table = "街道,费用,数\n东街,1.05,1\n西街,2.05,1\n南街,3.05,1\n合计,{},{}\n"
    verdicts = {"6.15": [], "6.16": ["rounding"], "6.17": ["unexplained"], "6.18": ["error"]}
    for printed, expected in verdicts.items():
        assert [row[3] for row in found(tmp_path, rule=rule, table=table.format(printed, 3))] == expected
    assert [row[3] for row in found(tmp_path, rule=rule, table=table.format("6.15", 4))] == ["error"]


def test_a_row_that_was_left_out_is_missed_by_name(tmp_path):
    line = next(line for line in TABLE.splitlines(keepends=True) if "南街" in line)
    assert found(tmp_path, (line, "")) == [
        ("西街", "名次", "rank", "error", "3", "2"),
        ("北街", "名次", "rank", "error", "4", "3"),
        ("合计", "已改", "sum", "error", "79", "60"),
        ("合计", "应改", "sum", "error", "100", "80"),
        ("合计", "整改率", "share", "error", "0.7900", "0.7500"),
        (None, "街道", "name", "error", "", "南街"),
    ]


def test_slips_of_the_pen_are_named_and_not_asserted(tmp_path):
    assert ways(tmp_path, ("90.39,3", "93.09,3")) == [["two digits swapped"]]
    assert ways(tmp_path, ("90.39,3", "91.89,3")) == [["no bonus or deduction"]]
    assert ways(tmp_path, ("0.9333", "0.9300")) == [["rounding to 2 decimals, then padding with zeros"]]
    check = audit_table(published(tmp_path, ("90.39,3", "93.09,3"))).findings[0]
    assert (
        check.text.en == "Printed 93.09, by the rule 90.39, a difference of +2.70; consistent with two digits swapped."
    )
    assert check.text.zh == "公布 93.09，按规则为 90.39，相差 +2.70；与“两位数字颠倒”相符。"


def test_bonus_is_added_and_deductions_taken(tmp_path):
    rule = HEAD + "parts: [{column: 分}]\nbonus: 加\ndeductions: [减, {column: 罚}]\ntotal: 总\n"
    table = "街道,分,加,减,罚,总\n东街,90.0,2.5,1,0.5,91.0\n西街,90.0,,,,90.5\n"
    assert found(tmp_path, rule=rule, table=table) == [("西街", "总", "total", "error", "90.5", "90.0")]


# ------------------------------------------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("value", "places", "half", "cut"),
    [("92.497", 2, "92.50", "92.49"), ("-0.125", 2, "-0.13", "-0.12"), ("7.5", 0, "8", "7")],
)
def test_half_up_and_truncation(value, places, half, cut):
    assert half_up(Fraction(value), places) == Fraction(half)
    assert truncated(Fraction(value), places) == Fraction(cut)
    assert as_printed(Fraction(value), places) == half


def test_a_per_cent_is_shown_as_one():
    assert as_printed(Fraction("0.93862"), 4, "94.91%") == "93.86%"


@pytest.mark.parametrize(
    ("printed", "exact", "slack", "verdict", "consistent"),
    [
        ("92.50", "92.497", "0", "agrees", []),
        ("92.49", "92.497", "0", "rounding", ["truncation"]),
        ("78.62", "78.625", "0", "rounding", ["truncation", "rounding half to even"]),
        ("13.54", "13.5345", "0", "unexplained", []),
        ("13.54", "13.5345", "0.00075", "rounding", ["marks with more digits than printed"]),
        ("13.55", "13.5345", "0", "error", []),
        ("13.57", "13.5345", "0.05", "unexplained", ["marks with more digits than printed"]),
        ("90.01", "90.00", "0", "error", []),
        ("90.01", "90.00", "0.005", "rounding", ["marks with more digits than printed"]),
    ],
)
def test_rounding_is_told_from_error(printed, exact, slack, verdict, consistent):
    check = judged(None, "a", "total", printed, Fraction(printed), Fraction(exact), 2, (), Fraction(slack))
    assert (check.verdict, [way.en for way in check.consistent_with]) == (verdict, consistent)


def test_one_unit_is_rounding_only_where_something_gives_it(tmp_path):
    assert found(tmp_path, (",90.00,4", ",90.01,4")) == [("北街", "总分", "total", "rounding", "90.01", "90.00")]
    table = "街道,分,总\n东街,90.00,45.01\n西街,90.00,45.02\n"
    rule = HEAD + "parts: [{column: 分, weight: 50%}, {column: 分, weight: 50%}]\ntotal: 总\n"
    assert found(
        tmp_path, rule=rule.replace("50%", "25%", 1).replace("50%", "75%"), table=table.replace("45", "90")
    ) == [
        ("东街", "总", "total", "rounding", "90.01", "90.00"),
        ("西街", "总", "total", "error", "90.02", "90.00"),
    ]


def test_a_total_may_be_the_sum_of_rounded_parts(tmp_path):
    table = "街道,甲,乙,总\n东街,0.55,0.55,1\n"
    rule = HEAD + "parts: [{column: 甲}, {column: 乙}]\ntotal: 总\n"
    check = audit_table(published(tmp_path, rule=rule, table=table.replace(",1\n", ",2\n"))).findings[0]
    assert (check.verdict, check.computed) == ("rounding", Fraction("1.1"))
    assert "the sum of rounded parts" in [way.en for way in check.consistent_with]


def test_a_ratio_is_as_exact_as_its_printed_figures(tmp_path):
    """8.7342 / 9 prints as .970463; the printed 8.734 alone gives .970444."""
    rule = HEAD + "share: {column: 率, of: 得, over: 应}\n"
    table = "街道,得,应,率\n东街,8.734,9,0.970463\n西街,8.734,9,0.970663\n南街,1.000,0,0.000000\n"
    assert found(tmp_path, rule=rule, table=table) == [
        ("东街", "率", "share", "rounding", "0.970463", "0.970444"),
        ("西街", "率", "share", "error", "0.970663", "0.970444"),
        ("南街", "率", "share", "error", "0.000000", ""),
    ]


# ---------------------------------------------------------------------------------------------------------- ranks

RANKED = HEAD + "rank: {column: 名次, by: 分}\n"


def ranked(folder, ranks, scores="95 95 90 88", rule=RANKED):
    lines = [
        f"{name},{score},{rank}" for name, score, rank in zip("东西南北", scores.split(), ranks.split(), strict=True)
    ]
    return audit_table(published(folder, rule=rule, table="\n".join(["街道,分,名次", *lines]) + "\n"))


@pytest.mark.parametrize(
    ("ranks", "verdicts", "consistent"),
    [
        ("1 1 3 4", [], None),
        ("1 2 3 4", ["note"], "equal values that were given distinct ranks"),
        ("1 1 2 3", ["note", "note"], "ranks that count different values (1, 2, 2, 3)"),
        ("1 1 4 3", ["error", "error"], None),
        ("1 4 3 4", ["error"], None),
        ("3 3 2 1", ["error"] * 4, "ranks in the opposite order"),
    ],
)
def test_ties_are_told(tmp_path, ranks, verdicts, consistent):
    audit = ranked(tmp_path, ranks)
    assert list(audit.ranks.values()) == [1, 1, 3, 4]
    assert [check.verdict for check in audit.findings] == verdicts
    assert {way.en for check in audit.findings for way in check.consistent_with} == (
        {consistent} if consistent else set()
    )


def test_the_lowest_may_be_the_best(tmp_path):
    assert list(ranked(tmp_path, "3 3 2 1", rule=RANKED + "best: low\n").ranks.values()) == [3, 3, 2, 1]
    assert ranked(tmp_path, "3 3 2 1", rule=RANKED + "best: low\n").findings == ()


def test_ranks_over_all_groups_or_by_printed_totals_are_named(tmp_path):
    over_all = [(",83.00,1", ",83.00,5"), (",80.83,2", ",80.83,6"), (",80.80,3", ",80.80,7"), (",72.00,4", ",72.00,8")]
    assert ways(tmp_path, *over_all, (",62.50,5", ",62.50,9")) == [["ranks over all groups together"]] * 5
    wrong = audit_table(published(tmp_path, ("90.00,4", "91.00,3"), ("90.39,3", "90.39,4")))
    assert [(c.column, c.verdict, [way.en for way in c.consistent_with]) for c in wrong.findings] == [
        ("名次", "error", ["ranks by the printed totals"]),
        ("总分", "error", []),
        ("名次", "error", ["ranks by the printed totals"]),
    ]


def test_a_rank_may_rest_on_less_than_rounding(tmp_path):
    """Marks of two decimals leave a total open by half a hundredth: .004 decides nothing."""
    rule = HEAD + "parts: [{column: 甲, weight: 50%}, {column: 乙, weight: 50%}]\ntotal: 总\nrank: {column: 名次}\n"
    table = "街道,甲,乙,总,名次\n东街,90.00,90.01,90.01,{}\n西街,90.00,90.00,90.00,{}\n南街,80.00,80.00,80.00,3\n"
    kept = audit_table(published(tmp_path, rule=rule, table=table.format(1, 2)))
    assert [(c.row.name, c.verdict) for c in kept.findings] == [("东街", "note"), ("西街", "note")]
    assert "Only 0.005 from 西街" in kept.findings[0].text.en
    turned = audit_table(published(tmp_path, rule=rule, table=table.format(2, 1)))
    assert [(c.row.name, c.verdict) for c in turned.findings] == [("东街", "rounding"), ("西街", "rounding")]


def test_the_order_of_rows_may_be_the_ranking(tmp_path):
    rule = RULE.replace("rank: {column: 名次}", "rank: {order: rows}")
    assert found(tmp_path, rule=rule) == [
        ("西街", "", "rank", "error", "2", "3"),
        ("南街", "", "rank", "error", "3", "2"),
        ("河街", "", "rank", "error", "2", "3"),
        ("湖街", "", "rank", "error", "3", "2"),
    ]


# ------------------------------------------------------------------------------------------ the rows behind a table

ROWS = (
    HEAD
    + """rows:
  file: 明细.csv
  by: 街道
  within: 组
  value: 分
  entered: 填报
  figures: {分数: sum_of_means, 组数: groups}
share: {column: 率, of: 分数, over: 组数}
sum_row: {name: 合计, columns: {分数: sum, 组数: sum}}
"""
)
DETAIL = "街道,组,分,填报\n东街,1,1,东街\n东街,1,0.5,东街\n东街,2,1,东街\n西街,1,0.25,西街\n"
SUMMED = "街道,分数,组数,率\n东街,1.75,2,0.875\n西街,0.25,1,0.250\n合计,2.00,3,0.667\n"


def rows(folder, detail=DETAIL, table=SUMMED, rule=ROWS):
    (folder / "明细.csv").write_text(detail, "utf-8")
    return audit_table(published(folder, rule=rule, table=table))


def told(audit):
    return [(c.row and c.row.name, c.column, c.kind, c.verdict, c.printed, c.shown) for c in audit.findings]


def test_figures_are_made_again_from_the_rows(tmp_path):
    assert told(rows(tmp_path)) == []
    assert told(rows(tmp_path, table=SUMMED.replace("1.75", "1.70"))) == [
        ("东街", "分数", "rows", "error", "1.70", "1.75")
    ]


def test_a_ratio_of_figures_made_of_rows_is_exact(tmp_path):
    """The score prints as 1.75, and it is 1.75: the ratio has no slack."""
    wrong = told(rows(tmp_path, table=SUMMED.replace("0.875", "0.877")))
    assert wrong == [("东街", "率", "share", "error", "0.877", "0.875")]


def test_dropped_rows_are_found_counted_and_their_effect_computed(tmp_path):
    detail = DETAIL + ",1,0,东大街\n,1,1,东大街\n中街,1,0,中街\n"
    audit = rows(tmp_path, detail)
    assert (audit.dropped, audit.figures.number) == (3, 7)
    assert audit.figures.dropped_names == {"东大街": 2, "中街": 1}
    assert told(audit) == [
        (None, "街道", "rows", "error", "", ""),
        ("合计", "分数", "rows", "error", "2.00", "2.50"),
        ("合计", "组数", "rows", "error", "3", "5"),
        ("合计", "率", "rows", "error", "0.667", "0.500"),
    ]
    assert audit.findings[0].text.en.startswith(
        "3 of 7 rows match no name of the table and do not count in it: 东大街 (2)"
    )


def test_an_empty_name_with_a_reason_is_no_dropped_row(tmp_path):
    rule = ROWS.replace("  entered: 填报\n", "  entered: 填报\n  empty: {zh: 只计部门, en: for departments only}\n")
    audit = rows(tmp_path, DETAIL + ",1,0,\n", rule=rule)
    assert audit.dropped == 0
    assert told(audit) == [(None, "街道", "rows", "note", "", "")]
    assert audit.findings[0].text.zh == "明细共 5 行，其中 1 行“街道”为空，不计入本表：只计部门。"


def test_a_name_without_rows_is_found(tmp_path):
    table = SUMMED.replace("合计", "南街,0.00,0,0.000\n合计")
    assert ("南街", "街道", "rows", "error", "南街", "") in told(rows(tmp_path, table=table))


@pytest.mark.parametrize(("how", "figure"), [("sum", "3.50"), ("mean", "0.70"), ("rows", "5")])
def test_other_ways_to_sum_rows_up(tmp_path, how, figure):
    """A row that names two counts in full for both."""
    rule = HEAD + f"rows: {{file: 明细.csv, by: 街道, value: 分, figures: {{分数: {how}}}}}\n"
    detail = DETAIL.replace("西街,1,0.25,西街", "东街;西街,1,0,西街") + "东街、西街,1,1,\n"
    table = f"街道,分数\n东街,{figure}\n西街,{ {'sum': '1.00', 'mean': '0.50', 'rows': '2'}[how] }\n"
    audit = rows(tmp_path, detail, table, rule)
    assert audit.findings == ()
    assert next(check.shown for check in audit.checks) == figure
