"""Means, standard errors and design effects of the R package ``survey``, on its own example data.

survey_means.R holds the calls and the versions (R 4.2.2, survey 4.1-1), survey_means.csv what they gave and
survey_api.csv the columns used. R shows of it, for api00, 662.29 with 9.4089 for the stratified sample and 644.17 with
23.542 for the cluster sample. The index api00 is divided by 1,000 to be a share; its mean and standard error shrink
alike. Intervals: R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalsys.surveys import Estimate, estimate

HERE = Path(__file__).parent
SCALE = {"api00": 1000, "sch.wide": 1, "awards": 1}
SCHOOLS = {"E": 4421, "H": 755, "M": 1018}
EVERY = sum(SCHOOLS.values())
Rows = list[dict[str, str]]


def read(name: str) -> Rows:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


DATA = {name: [row for row in read("survey_api.csv") if row["sample"] == name] for name in ("srs", "strat", "clus1")}
PRINTED = read("survey_means.csv")


def number(row: dict[str, str], variable: str) -> float:
    return float(row[variable]) / SCALE[variable] if variable == "api00" else float(row[variable] == "Yes")


def column(rows: Rows, name: str) -> list[Any]:
    return [float(row[name]) if name in ("pw", "enroll") else row[name] for row in rows]


def one_high_school(rows: Rows) -> Rows:
    first = next(row for row in rows if row["stype"] == "H")
    return [row for row in rows if row["stype"] != "H" or row is first]


def of(
    rows: Rows, variable: str, weight: str = "", stratum: str = "", cluster: str = "", people: Any = None
) -> Estimate:
    return estimate(
        [number(row, variable) for row in rows],
        column(rows, weight) if weight else [1] * len(rows),
        column(rows, stratum) if stratum else None,
        people,
        column(rows, cluster) if cluster else None,
    )


SRS, STRAT, CLUS = DATA["srs"], DATA["strat"], DATA["clus1"]
DESIGNS: dict[str, Callable[[str], Estimate]] = {
    "srs": lambda v: of(SRS, v, people={"": EVERY}),
    "srs.open": lambda v: of(SRS, v, "pw"),
    "srs.enroll": lambda v: of(SRS, v, "enroll"),
    "strat": lambda v: of(STRAT, v, stratum="stype", people=SCHOOLS),
    "strat.open": lambda v: of(STRAT, v, "pw", "stype"),
    "strat.enroll": lambda v: of(STRAT, v, "enroll", "stype"),
    "strat.post": lambda v: of(STRAT, v, "enroll", "stype", people=SCHOOLS),
    "strat.lonely": lambda v: of(one_high_school(STRAT), v, "pw", "stype"),
    "clus1.open": lambda v: of(CLUS, v, "pw", cluster="cluster"),
    "clus1.people": lambda v: of(CLUS, v, cluster="cluster", people={"": EVERY}),
    "strat.county": lambda v: of(STRAT, v, "enroll", "stype", "cluster"),
}


@pytest.mark.parametrize(
    "row", [row for row in PRINTED if row["design"] != "clus1"], ids=lambda row: f"{row['design']} {row['variable']}"
)
def test_means_standard_errors_and_design_effects_are_those_of_survey(row: dict[str, str]) -> None:
    found = DESIGNS[row["design"]](row["variable"])
    scale = SCALE[row["variable"]]
    assert found.share * scale == pytest.approx(float(row["mean"]), rel=1e-12)
    assert found.se * scale == pytest.approx(float(row["se"]), rel=1e-11)
    assert found.deff == pytest.approx(float(row["deff"]), rel=1e-11)


def test_every_printed_design_is_compared() -> None:
    assert {row["design"] for row in PRINTED} == {*DESIGNS, "clus1"}


@pytest.mark.parametrize("row", [row for row in PRINTED if row["design"] == "clus1"], ids=lambda row: row["variable"])
def test_the_published_cluster_sample_differs_by_its_drawn_districts_only(row: dict[str, str]) -> None:
    """15 of 757 districts were drawn and asked whole; only the factor of the finite population differs."""
    found = of(CLUS, row["variable"], cluster="cluster")
    assert found.share * SCALE[row["variable"]] == pytest.approx(float(row["mean"]), rel=1e-12)
    assert found.se * SCALE[row["variable"]] * (1 - 15 / 757) ** 0.5 == pytest.approx(float(row["se"]), rel=1e-11)


def test_the_numbers_as_r_shows_them() -> None:
    strat, clus = DESIGNS["strat"]("api00"), DESIGNS["clus1.open"]("api00")
    assert (round(strat.share * 1000, 2), round(strat.se * 1000, 4)) == (662.29, 9.4089)
    assert (round(clus.share * 1000, 2), round(clus.se * 1000 * (1 - 15 / 757) ** 0.5, 3)) == (644.17, 23.542)
    assert round(clus.deff, 4) == 9.2531


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons_in_newcombes_table(k: int, n: int, low: float, high: float) -> None:
    found = estimate([1] * k + [0] * (n - k), [1] * n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
