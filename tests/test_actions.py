"""Actions: what they bring is what a score of the mended evidence gives."""

from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest

from evalsys import read_assessment, score
from evalsys.actions import actions


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


def test_the_three_actions_of_wujiang_by_hand(wujiang):
    """10.14: two of three communities failed, 2/3 point; 11.3: one of two pharmacies, 1/2; 1.3: two of five, 2/5."""
    chosen = actions(wujiang)
    assert [(a.standard, a.points, len(a.observations)) for a in chosen] == [
        ("10.14", Fraction(2, 3), 2),
        ("11.3", Fraction(1, 2), 1),
        ("1.3", Fraction(2, 5), 2),
    ]
    won = wujiang.won
    for action in chosen:
        won += action.points
        assert action.after == won / 39
        assert action.rise == action.points / 39


def test_an_action_equals_mending_the_table(wujiang):
    assessment = wujiang.assessment
    mended = set()
    for action in actions(wujiang):
        mended |= set(action.observations)
        table = assessment.observations.copy()
        place = table["observation_id"].isin(mended).to_numpy()
        seen = [(Fraction(0),) if here else was for here, was in zip(place, table["seen"], strict=True)]  # no loss
        table["seen"] = pd.Series(seen, dtype=object)
        again = score(replace(assessment, observations=table))
        assert again.attainment == action.after


def test_no_more_than_asked_and_none_without_findings(wujiang):
    assert len(actions(wujiang, 1)) == 1
    ids = wujiang.rows["observation_id"].tolist()
    assert actions(score(wujiang.assessment, repaired=ids)) == ()


def test_a_repair_that_brings_nothing_is_left_out(tmp_path):
    """Below a floor already reached, mending the lighter finding alone brings nothing."""
    (tmp_path / "i.yaml").write_text(
        """
schema: 1
id: floor
title: {zh: 试, en: test}
level: other
full_marks: "10"
weights: {scheme: given, status: printed}
source: {document: waste-sorting-form}
indicators:
  - code: "1"
    name: {zh: 一, en: one}
    points: "10"
    standards:
      - code: "1.1"
        text: {zh: 扣分, en: deductions}
        points: "10"
        rule:
          deduct:
            kinds:
              a: {name: {zh: 甲, en: a}, points: "20"}
              b: {name: {zh: 乙, en: b}, points: "4"}
        methods: {site_visit: {}}
        source: {clause: a}
""",
        "utf-8",
    )
    (tmp_path / "assessment.yaml").write_text("instrument: i.yaml\nplace: 甲地\nround: r1\n", "utf-8")
    (tmp_path / "observations.csv").write_text(
        "observation_id,standard,value,units\n1,1.1,a,甲局\n2,1.1,b,乙局\n", "utf-8"
    )
    result = score(read_assessment(tmp_path))
    assert result.attainment == 0
    # mending only b leaves 20 of 10 points taken; a first leaves 4, so a then b bring 6 and 4
    assert [(a.units, a.points) for a in actions(result)] == [(("甲局",), Fraction(6)), (("乙局",), Fraction(4))]
    assert score(result.assessment, repaired=["2"]).attainment == 0
