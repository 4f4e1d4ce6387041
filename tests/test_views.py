"""Views by the two rules in use, findings, and that the order of rows changes nothing."""

from __future__ import annotations

import random
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders import assessment_of, content_of, indicator, standard
from test_evidence import WUJIANG, shuffled

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.scoring import Score, score
from evalsys.views import VIEWS, findings, plain_view, tree_view

SITES = [
    {"site_id": "c1", "site_type": "community", "name": "东社区"},
    {"site_id": "h1", "site_type": "hospital", "name": "医院"},
]
CONTENT = content_of(
    [
        indicator("1", 6, [standard("1.1", "loss", 6, not_applicable="drop")]),
        indicator("2", 4, [standard("2.1", "loss", 1), standard("2.2", "loss", 3)]),
    ],
    10,
)
ROWS = [
    {"standard": "1.1", "site_id": "c1", "value": "0.5", "units": "甲", "area": "东"},
    {"standard": "1.1", "site_id": "h1", "value": "0", "units": "甲;乙", "area": "西"},
    {"standard": "1.1", "site_id": "", "value": "不适用", "units": "丙", "area": "南"},
    {"standard": "2.1", "site_id": "", "value": "1", "units": "乙", "area": "西"},
    {"standard": "2.2", "site_id": "c1", "value": "0", "units": "", "area": ""},
]


@pytest.fixture
def result(tmp_path: Path) -> Score:
    return score(assessment_of(tmp_path, CONTENT, ROWS, sites=SITES))


def table(view: Any, *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(view[name] for name in columns), strict=True))


def test_tree_view_weighs_rows_by_their_leaf(result: Score) -> None:
    view = tree_view(result, "unit")
    half = Fraction(3, 2)
    assert list(view) == ["name", "checks", "findings", "points", "won", "lost", "attainment"]
    assert table(view, "name", "checks", "findings", "points", "won", "lost") == [
        ("甲", 2, 1, 6, 6 - half, half),
        ("乙", 2, 1, 4, 3, 1),
        ("", 1, 0, 3, 3, 0),
    ]
    assert view["attainment"].tolist() == [Fraction(3, 4), Fraction(3, 4), 1]


def test_plain_view_counts_rows(result: Score) -> None:
    view = plain_view(result, "unit")
    assert list(view) == ["name", "checks", "findings", "points", "won", "lost", "attainment", "rank"]
    assert table(view, "name", "points", "won", "rank") == [
        ("", 1, 1, 1),
        ("甲", 2, Fraction(3, 2), 1),  # evidence that no one answers for takes no place
        ("乙", 2, 1, 2),
    ]


def test_ties_share_a_rank(tmp_path: Path) -> None:
    values = dict(zip("甲乙丙丁戊", ("0", "0.5", "0", "0.5", "1"), strict=True))
    sites = [{"site_id": unit, "site_type": "community", "name": unit} for unit in values]
    rows = [{"standard": "1.1", "site_id": unit, "value": value, "units": unit} for unit, value in values.items()]
    content = content_of([indicator("1", 6, [standard("1.1", "loss", 6)])], 6)
    view = plain_view(score(assessment_of(tmp_path, content, rows, sites=sites)), "unit")
    assert table(view, "name", "rank") == [("丙", 1), ("甲", 1), ("丁", 3), ("乙", 3), ("戊", 5)]


@pytest.mark.parametrize(
    ("by", "points"),
    [
        ("indicator", {"1": 6, "2": 4}),
        ("method", {"site_visit": 10}),
        ("area", {"东": 3, "西": 4, "": 3}),
        ("site_type", {"community": 6, "hospital": 3, "": 1}),
        ("site", {"c1": 6, "h1": 3, "": 1}),
    ],
)
def test_the_other_views(result: Score, by: str, points: dict[str, int]) -> None:
    view = tree_view(result, by)
    assert dict(table(view, "name", "points")) == points
    assert sum(view["lost"]) == result.lost == Fraction(5, 2)
    assert view["lost"].tolist() == sorted(view["lost"], reverse=True)


def test_rows_below_an_undecided_minimum_have_no_attainment_yet(tmp_path: Path) -> None:
    below = [standard("1.1", "met", 5, ("site_visit", "survey"), several="min"), standard("1.2", "loss", 5)]
    rows = [
        {"standard": "1.1", "method": "site_visit", "value": "否", "units": "甲"},
        {"standard": "1.2", "value": "0.2", "units": "乙"},
    ]
    result = score(assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows))
    assert table(tree_view(result, "unit"), "name", "points", "lost", "attainment") == [
        ("乙", 5, 1, Fraction(4, 5)),
        ("甲", 0, 0, None),
    ]
    assert plain_view(result, "unit")["attainment"].tolist() == [Fraction(4, 5), 0]


def test_an_unknown_view_is_a_fault(result: Score) -> None:
    for view in (tree_view, plain_view):
        with pytest.raises(InputFaults) as caught:
            view(result, "units")
        assert caught.value.faults[0].nearest == "unit"


def test_findings_are_in_order_of_points_lost(result: Score) -> None:
    found = findings(result)
    assert table(found, "observation_id", "lost") == [("o001", Fraction(3, 2)), ("o004", 1)]
    assert list(found) == list(result.rows)


def test_equal_findings_stand_in_the_order_of_the_instrument_and_the_site(tmp_path: Path) -> None:
    content = content_of([indicator("1", 6, [standard("1.2", "loss", 3), standard("1.1", "loss", 3)])], 6)
    rows = [
        {"observation_id": name, "standard": code, "site_id": site, "value": "0.5"}
        for name, code, site in (("a", "1.1", "h1"), ("b", "1.1", "c1"), ("c", "1.2", "h1"), ("d", "1.2", "c1"))
    ]
    found = findings(score(assessment_of(tmp_path, content, rows, sites=SITES)))
    assert found["observation_id"].tolist() == ["d", "c", "b", "a"]


# -- the order of rows


def spelt(result: Score) -> bytes:
    """Everything a reader sees of a score, as bytes."""
    parts: list[Any] = [result.value, result.won, result.worst, result.best, result.assumed, result.assessment.notes]
    parts += [result.nodes, result.assessment.evidence_hash, result.rows.to_csv(), findings(result).to_csv()]
    parts += [view(result, by).to_csv() for view in (tree_view, plain_view) for by in VIEWS]
    return "\n".join(map(str, parts)).encode()


@pytest.mark.parametrize(("seed", "encoding"), [(11, "utf-8"), (12, "utf-8-sig"), (13, "gb18030")])
def test_shuffled_rows_and_columns_give_the_same_bytes(tmp_path: Path, seed: int, encoding: str) -> None:
    plain = score(read_assessment(WUJIANG))
    assert spelt(score(read_assessment(shuffled(tmp_path / "copy", seed, encoding)))) == spelt(plain)


def test_shuffled_rows_of_every_state_give_the_same_bytes(tmp_path: Path) -> None:
    """Superseded, repeated, other rounds, pooled, not applicable, and rows that differ in nothing but their id."""
    deduct = {"deduct": {"kinds": {"x": {"name": {"zh": "x", "en": "x"}, "points": "1/3", "cap": "1"}}, "full": "6"}}
    content = content_of(
        [indicator("1", 12, [standard("1.1", "loss", 6, not_applicable="peers"), standard("1.2", deduct, 6)])], 12
    )
    chance = random.Random(5)
    rows: list[dict[str, Any]] = []
    for n in range(60):
        day, site = chance.randint(1, 9), chance.choice(["c1", "h1"])
        value = "0" if day == 9 else f"0.{day}"
        rows.append(
            {"standard": "1.1", "site_id": site, "observed_on": f"2016-05-0{day}", "value": value, "note": f"备注{n}"}
        )
        rows.append(
            {"standard": "1.2", "site_id": site, "observed_on": "", "value": chance.choice(["x", "无"]), "note": f"{n}"}
        )
    rows = [{"observation_id": f"o{n:03d}", "round": chance.choice(["", "r0"]), **row} for n, row in enumerate(rows)]
    said, sites = set(), list(SITES)
    for again in range(4):
        folder = tmp_path / str(again)
        said.add(spelt(score(assessment_of(folder, content, rows, sites=sites))))
        chance.shuffle(rows)
        chance.shuffle(sites)
        heads = chance.sample(list(rows[0]), len(rows[0]))
        rows = [{head: row[head] for head in heads} for row in rows]
    assert len(said) == 1


def test_the_serialised_result_would_show_a_change(tmp_path: Path) -> None:
    plain = spelt(score(read_assessment(WUJIANG)))
    copy = shutil.copytree(WUJIANG, tmp_path / "copy", ignore=shutil.ignore_patterns("source"))
    rows = (copy / "observations.csv").read_text("utf-8")
    (copy / "observations.csv").write_text(rows.replace(",0.2,", ",0.20001,", 1), "utf-8")
    assert spelt(score(read_assessment(copy))) != plain
