"""Jining, 2017: totals of 19 streets from their field and survey marks, by an instrument with method shares."""

from __future__ import annotations

import csv
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from evalsys.evidence import read_assessment
from evalsys.scoring import Score, score

HERE = Path(__file__).parent
LINES = (HERE / "jining-2017.csv").read_text("utf-8").splitlines()
STREETS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))


def score_of(folder: Path, marks: dict[str, str]) -> Score:
    shutil.copy(HERE / "jining.yaml", folder / "jining.yaml")
    (folder / "assessment.yaml").write_text("instrument: jining.yaml\nplace: 某街道\nround: 2017-08\n", "utf-8")
    rows = [f"{method},1.1,{method},{mark}" for method, mark in marks.items()]
    (folder / "observations.csv").write_text("\n".join(["observation_id,standard,method,value", *rows]) + "\n", "utf-8")
    return score(read_assessment(folder))


def test_there_are_nineteen_streets() -> None:
    assert len(STREETS) == 19


@pytest.mark.parametrize("street", STREETS, ids=lambda street: street["unit"])
def test_total_of_a_street(tmp_path: Path, street: dict[str, str]) -> None:
    result = score_of(tmp_path, {"site_visit": street["field_raw"], "survey": street["survey_raw"]})
    assert result.value == (85 * Fraction(street["field_raw"]) + 15 * Fraction(street["survey_raw"])) / 100
    assert abs(result.value - Fraction(street["total"])) <= Fraction(1, 100)
    parts = {
        "1.1/site_visit": Fraction(street["field_weighted_85"]),
        "1.1/survey": Fraction(street["survey_weighted_15"]),
    }
    for code, printed in parts.items():
        won = result.by_code[code].won
        assert won is not None
        assert abs(won - printed) <= Fraction(1, 100)


def test_a_method_that_was_not_asked_is_not_assessed(tmp_path: Path) -> None:
    result = score_of(tmp_path, {"site_visit": "90", "survey": ""})
    assert (result.value, result.assessed, result.worst, result.best) == (90, 85, Fraction(153, 2), Fraction(183, 2))
