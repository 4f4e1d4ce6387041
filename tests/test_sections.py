"""The sections of the report: their numbers are those of the score and of the published tables."""

from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard
from page_reader import Reader

from evalsys import findings, plain_view, read_assessment, score, sections
from evalsys.wording import decimal


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


def test_the_statement_shows_each_indicator_as_published(wujiang):
    rows = {row[0]: row for row in Reader(sections.statement(wujiang, "zh")).tables[0]}
    assert rows["公共安全体系"][1:6] == ["3", "17", "2.467", "0.533", "82.22%"]
    assert rows["“讲文明树新风”公益广告"][3] == "0.889"
    assert rows["合计"][1:6] == ["39", "225", "36.606", "2.394", "93.86%"]
    assert (
        len([name for name in rows if name in {n.name.zh for n in wujiang.assessment.instrument.nodes if n.depth == 1}])
        == 14
    )


def test_the_findings_on_the_page_are_all_findings(wujiang):
    (table,) = Reader(sections.finding_list(wujiang, "zh")).tables
    assert [row[5] for row in table[1:-1]] == [decimal(lost, 3) for lost in findings(wujiang)["lost"]]
    assert len(table) == 1 + 24 + 1
    assert table[-1][5] == "2.394"


def test_a_long_list_of_findings_is_summed_not_cut(wujiang):
    (table,) = Reader(sections.finding_list(wujiang, "zh", most=5)).tables
    assert table[6][1] == "其余 19 条（见附件）"
    shown = sum(findings(wujiang)["lost"][5:], Fraction(0))
    assert table[6][5] == decimal(shown, 3)
    assert table[7][5] == "2.394"


def test_the_bridge_leads_from_the_published_result_to_ours(wujiang):
    (table,) = Reader(sections.data_notes(wujiang, "zh")).tables
    assert table[1][1:5] == ["184", "30", "28.473", "94.91%"]
    assert [row[1:4] for row in table[2:5]] == [
        ["+24", "+3", "+3.000"],
        ["+2", "+1", "+1.000"],
        ["+15", "+5", "+4.133"],
    ]
    assert table[5][1:5] == ["225", "39", "36.606", "93.86%"]
    assert "与公布数一致" in sections.data_notes(wujiang, "zh")


def test_units_are_ranked_as_their_own_rule_says(wujiang):
    units, areas = Reader(sections.unit_rates(wujiang, "zh")).tables
    assert [row[0] for row in units[1:]] == ["1"] * 9 + ["10", "11", "12", "13", "14"]
    assert units[-1][1:] == ["市场监督局", "8", "7.0", "1.0", "87.50%"]
    assert areas[1] == ["1", "吴江街道", "172", "161.5", "10.5", "93.90%"]
    named = plain_view(wujiang, "unit")
    assert len(units) - 1 == sum(1 for name in named["name"] if name)


def test_what_the_instrument_plans_and_the_round_lacks_is_said(wujiang):
    assert "窗口单位（3 项标准）" in sections.not_assessed(wujiang, "zh")


def test_a_score_outside_its_range_is_explained(tmp_path):
    below = [standard("1.1", "met", 5, ("site_visit", "survey"), several="min"), standard("1.2", "loss", 5)]
    rows = [{"standard": "1.1", "method": "site_visit", "value": "否"}, {"standard": "1.2", "value": "0"}]
    result = score(assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows))
    assert result.value > result.best
    assert "最低与最高之外" in sections.not_assessed(result, "zh")
    assert "outside the worst and the best case" in sections.not_assessed(result, "en")


def test_a_score_inside_its_range_needs_no_words(wujiang):
    assert "之外" not in sections.not_assessed(wujiang, "zh")
