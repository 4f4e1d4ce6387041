"""From rows to leaves to the score statement, against the score by hand."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders import assessment_of, content_of, indicator, standard, text
from by_hand import (
    DEDUCT,
    ENTRIES,
    MISSING,
    NA,
    ONE,
    RULES,
    ZERO,
    State,
    Trees,
    fill_from_peers,
    kind_of,
    leaf_state,
    mark_whole,
)

from evalsys.evidence import Assessment
from evalsys.faults import InputFaults
from evalsys.scoring import Score, score
from evalsys.views import VIEWS, findings, plain_view, tree_view

SITES = [
    {"site_id": f"c{n}", "site_type": kind, "name": f"点{n}", "area": "东西"[n % 2]}
    for n, kind in enumerate(("community", "hospital", "main-road") * 2)
]


# --------------------------------------------------------------------------------- random assessments, by hand


def standards_of(node: dict) -> list[dict]:
    if "methods" in node:
        return [node]
    return [s for child in node.get("children") or node["standards"] for s in standards_of(child)]


def random_assessment(folder: Path, seed: int, shares: bool) -> tuple[dict, Assessment, dict[tuple[str, str], State]]:
    """An assessment with random rows by every rule, and the state of each leaf by hand."""
    chance = random.Random(seed)
    content = Trees(seed, shares, RULES).content()
    if shares:  # the peers of a leaf are those of its own method there; by hand they are left out
        for own in (s for top in content["indicators"] for s in standards_of(top)):
            own["not_applicable"] = "full"
    rows: list[dict[str, str]] = []
    states: dict[tuple[str, str], State] = {}
    for own in (s for top in content["indicators"] for s in standards_of(top)):
        for method in own["methods"]:
            places = chance.sample(SITES, chance.choice((0, 1, 1, 2, 3, 4)))
            odd = chance.choice((0, 0, 0.5, 1)) if "not_applicable" in own else 0
            held = [random_row(chance, own["rule"], odd) for _ in places]
            states[own["code"], method] = leaf_state(own["rule"], held, own.get("not_applicable", "drop"))
            for row, site in zip(held, places, strict=True):
                more = {"units": chance.choice(("", "甲", "乙")), "area": chance.choice(("", "东", "西"))}
                rows.append({"standard": own["code"], "method": method, "site_id": site["site_id"], **row, **more})
    for top in content["indicators"]:
        fill_from_peers(top, states)
    chance.shuffle(rows)
    return content, assessment_of(folder, content, rows, sites=SITES), states


def random_row(chance: random.Random, rule: Any, odd: float) -> dict[str, str]:
    kind = kind_of(rule)
    value = NA if chance.random() < odd else chance.choice(ENTRIES[kind])
    more = {"n": chance.choice(("", "2")), "repeat": chance.choice(("", "重复"))} if value == "占道" else {}
    return {"value": value, **more}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict, Score, dict[tuple[str, str], State]]]:
    found = []
    for seed in range(24):
        folder = tmp_path_factory.mktemp("assessment")
        content, assessment, states = random_assessment(folder, seed, seed % 4 == 3)
        found.append((content, score(assessment), states))
    return found


def whole(content: dict, states: dict[tuple[str, str], State], missing: Fraction | None = None) -> Any:
    def leaf(code: str, method: str) -> State:
        state = states[code, method]
        return missing if missing is not None and state == MISSING else state

    return mark_whole(content, leaf)


def test_random_assessments_agree_with_the_score_by_hand(many: Any) -> None:
    for content, result, states in many:
        by_hand = whole(content, states)
        assert (result.applicable, result.assessed, result.won) == (by_hand.applies, by_hand.known, by_hand.won)
        full = Fraction(content["full_marks"])
        assert result.value == (by_hand.share * full if by_hand.known else None)
        for state, bound in ((ZERO, result.worst), (ONE, result.best)):
            ends = whole(content, states, state)
            assert bound == (ends.share * full if ends.known else 0)
        assert result.worst <= result.best


def test_random_assessments_hold_every_state(many: Any) -> None:
    seen = {node.state for _, result, _ in many for node in result.nodes}
    assert seen == {"assessed", "partly", "missing", "dropped"}
    by = {by for _, result, _ in many for by in result.rows["by"]}
    assert by == {"observations", "peers"}


def test_findings_add_up_to_what_the_total_lost(many: Any) -> None:
    for _, result, _ in many:
        found = findings(result)
        assert sum(found["lost"], ZERO) == result.lost
        assert sum(result.rows["points"], ZERO) == result.assessed
        assert all(lost > 0 for lost in found["lost"])
        assert found["lost"].tolist() == sorted(found["lost"], reverse=True)
        assert len(found) == result.nodes[0].findings


def test_views_add_up_to_the_total(many: Any) -> None:
    for _, result, _ in many:
        for by in VIEWS:  # no row has two units here
            view = tree_view(result, by)
            sums = [sum(view[name], ZERO) for name in ("points", "lost", "won")]
            assert sums == [result.assessed, result.lost, result.won]
            assert (view["checks"].sum(), view["findings"].sum()) == (result.nodes[0].checks, result.nodes[0].findings)
            plain = plain_view(result, by)
            applies = [a for a in result.rows["attainment"] if a is not None]
            assert sum(plain["points"], ZERO) == len(applies)
            assert sum(plain["won"], ZERO) == sum(applies, ZERO)


def test_the_statement_adds_up(many: Any) -> None:
    for content, result, _ in many:
        nodes, instrument = result.nodes, result.assessment.instrument
        assert (nodes[0].points, nodes[0].assessed, nodes[0].won or 0) == (
            result.applicable,
            result.assessed,
            result.won,
        )
        for node in nodes:
            below = [nodes[c] for c in instrument.nodes[node.place].children if nodes[c].state != "unscored"]
            assert node.attainment is None or 0 <= node.attainment <= 1
            if node.won is not None:
                assert node.assessed is not None
                assert node.won + (node.lost or 0) == node.assessed
            if below and instrument.nodes[node.place].combine.kind == "sum" and node.points is not None:
                for name in ("points", "assessed", "won"):
                    held = [getattr(child, name) for child in below]
                    assert sum((p for p in held if p is not None), ZERO) == (getattr(node, name) or 0)
            if below:
                assert sum(child.checks for child in below) == node.checks
        assert set(result.by_code) == {n.code for n in instrument.nodes}
        assert content


def test_columns_hold_plain_values(many: Any) -> None:
    for _, result, _ in many:
        for frame in (result.rows, findings(result), tree_view(result, "unit"), plain_view(result, "area")):
            for name, kind in frame.dtypes.items():
                assert kind.kind == "O" or name in ("site", "leaf", "checks", "findings", "rank"), name
        for name in ("points", "lost", "deficit"):
            assert all(isinstance(value, Fraction) for value in result.rows[name])
        assert all(value is None or isinstance(value, Fraction) for value in result.rows["attainment"])
        assert all(value is None or isinstance(value, str) for value in result.rows["area"])


def test_repairing_every_finding_wins_every_point(many: Any) -> None:
    for _, result, _ in many:
        again = score(result.assessment, repaired=findings(result)["observation_id"])
        assert again.lost == 0
        assert again.assessed >= result.assessed


# ------------------------------------------------------------------------------------------------ single leaves


def one_leaf(folder: Path, rule: Any, *values: str | dict[str, str], policy: str | None = "drop") -> Score:
    more = {"not_applicable": policy} if policy else {}
    content = content_of([indicator("1", 10, [standard("1.1", rule, 6, **more), standard("1.2", "met", 4)])], 10)
    rows = [
        {"standard": "1.1", "site_id": site["site_id"], **(value if isinstance(value, dict) else {"value": value})}
        for value, site in zip(values, SITES, strict=False)
    ]
    return score(assessment_of(folder, content, [*rows, {"standard": "1.2", "value": "是"}], sites=SITES))


ALL, TWO = {"met": {"over_sites": "all"}}, {"met": {"over_sites": "2"}}


@pytest.mark.parametrize(
    ("rule", "policy", "values", "attainment", "state", "lost"),
    [
        ("loss", "drop", ["0.2", "0"], Fraction(9, 10), "assessed", [Fraction(6, 10), 0]),
        ("loss", "drop", ["0.2", NA], Fraction(8, 10), "assessed", [Fraction(12, 10), 0]),
        ("loss", "full", ["0.2", NA], Fraction(9, 10), "assessed", [Fraction(6, 10), 0]),
        ("loss", "peers", ["0.2", NA], Fraction(8, 10), "assessed", [Fraction(12, 10), 0]),
        ("loss", "drop", [NA, NA], None, "dropped", [0, 0]),
        ("loss", "full", [NA, NA], ONE, "assessed", [0, 0]),
        (ALL, "drop", ["是", "否", "否"], ZERO, "assessed", [0, 3, 3]),
        (ALL, "drop", ["是", NA], ONE, "assessed", [0, 0]),
        (TWO, "drop", ["是", "否", "是"], ONE, "assessed", [0, 0, 0]),
        (TWO, "drop", ["是", "否", "否"], ZERO, "assessed", [0, 3, 3]),
        (TWO, "drop", ["是"], None, "missing", [0]),
        (TWO, "full", ["是", NA], ONE, "assessed", [0, 0]),
        (TWO, "full", [NA], ONE, "assessed", [0]),
        ("none", "full", ["0", NA], ONE, "assessed", [0, 0]),
        ("none", "full", ["2", "1", "0"], ZERO, "assessed", [4, 2, 0]),
        ("none", "full", [NA], ONE, "assessed", [0]),
        (DEDUCT, "full", ["无"], ONE, "assessed", [0]),
        (DEDUCT, "full", [NA], ONE, "assessed", [0]),
        (DEDUCT, "full", ["垃圾", NA], Fraction(3, 4), "assessed", [Fraction(3, 2), 0]),
        (DEDUCT, "drop", ["垃圾", "垃圾", "垃圾"], Fraction(1, 2), "assessed", [1, 1, 1]),
        (DEDUCT, "drop", [{"value": "垃圾", "n": "9"}, "占道"], Fraction(3, 8), "assessed", None),
        (DEDUCT, "drop", [{"value": "占道", "n": "9"}], ZERO, "assessed", [6]),
        ("share", "drop", ["4/5", "1/2"], Fraction(13, 20), "assessed", None),
    ],
)
def test_a_leaf_from_its_rows(
    tmp_path: Path, rule: Any, policy: str, values: list[Any], attainment: Any, state: str, lost: list[Any] | None
) -> None:
    result = one_leaf(tmp_path, rule, *values, policy=policy)
    node = result.by_code["1.1"]
    assert (node.attainment, node.state) == (attainment, state)
    rows = result.rows[result.rows["standard"] == "1.1"]
    assert sum(rows["lost"], ZERO) == (node.lost or 0)
    if lost is not None:
        assert rows["lost"].tolist() == lost
    applies = [value != NA or policy == "full" for value in values]
    assert [a is not None for a in rows["attainment"]] == applies
    assert rows["checks"].tolist() == [int(own) for own in applies]


def test_rows_that_do_not_apply_hold_no_points(tmp_path: Path) -> None:
    result = one_leaf(tmp_path, "loss", "0.2", NA, "0")
    assert result.rows["points"].tolist() == [3, 0, 3, 4]
    result = one_leaf(tmp_path, "loss", "0.2", NA, "0", policy="full")
    assert result.rows["points"].tolist() == [2, 2, 2, 4]


def test_a_leaf_that_applies_nowhere_gets_the_mean_of_its_peers(tmp_path: Path) -> None:
    below = [
        standard("1.1", "loss", 5, not_applicable="peers"),
        standard("1.2", "loss", 3),
        standard("1.3", "loss", 1),
        standard("1.4", "loss", 1),
    ]
    content = content_of([indicator("1", 10, below), indicator("2", 10, [standard("2.1", "loss", 10)])], 20)
    rows = [{"standard": "1.1", "value": NA}, {"standard": "1.2", "value": "0.4"}, {"standard": "1.3", "value": "0"}]
    assessment = assessment_of(tmp_path, content, [*rows, {"standard": "2.1", "value": "1"}])
    result = score(assessment)
    mean = (3 * Fraction(6, 10) + 1) / 4
    node = result.by_code["1.1/site_visit"]
    assert (node.attainment, node.by, node.checks) == (mean, "peers", 0)
    own = result.rows[result.rows["standard"] == "1.1"]
    assert own["by"].tolist() == ["observations", "peers"]
    assert own["points"].tolist() == [0, 5]
    assert own["lost"].tolist() == [0, 5 * (1 - mean)]
    assert sum(findings(result)["lost"], ZERO) == result.lost
    alone = score(assessment, left_out=["1.2", "1.3"])
    assert alone.by_code["1.1"].state == "missing"  # its peers are left out, or missing themselves
    assert alone.by_code["1.2"].state == "dropped"


# ----------------------------------------------------------------------------------------- answers and documents


def question(name: str) -> dict:
    return {"id": name, "text": text(name), "options": ["是", "一般", "否"], "satisfied": ["是"]}


def wide(folder: Path, answers: Any = (), materials: Any = (), rows: Any = (), **rules: Any) -> Score:
    survey, papers = rules.get("survey", "share"), rules.get("papers", "share")
    held: list[dict] = [{"id": name, "name": text(name)} for name in ("m1", "m2", "m3")]
    held[2]["required"] = "no"
    below = [
        standard("1.1", survey, 4, ("survey",), questions=[question("q1"), question("q2")], lead="office"),
        standard("1.2", papers, 4, ("document_review",), materials=held),
        standard("1.3", "loss", 2),
    ]
    content = content_of([indicator("1", 10, below)], 10, units={"office": {"zh": "文明办", "en": "Office"}})
    tables = {
        "responses": [dict(zip(("respondent", "question", "answer", "weight"), a, strict=False)) for a in answers],
        "materials": [dict(zip(("material", "status"), m, strict=True)) for m in materials],
    }
    return score(assessment_of(folder, content, rows, **{name: table for name, table in tables.items() if table}))


ANSWERS = [
    *(("1", "q1", "是", ""), ("2", "q1", "否", "3")),
    *(("1", "q2", "是", ""), ("2", "q2", "一般", ""), ("3", "q2", "", "9")),
]


def test_a_survey_leaf_is_the_mean_over_its_questions(tmp_path: Path) -> None:
    node = wide(tmp_path, ANSWERS).by_code["1.1/survey"]
    assert (node.attainment, node.by, node.checks) == ((Fraction(1, 4) + Fraction(1, 2)) / 2, "responses", 4)


@pytest.mark.parametrize(
    ("rule", "attainment"),
    [
        ({"threshold": {"at_least": "37.5", "measure": "%"}}, ONE),
        ({"threshold": {"above": "37.5", "measure": "%"}}, ZERO),
        ({"threshold": {"at_least": "75", "measure": "%", "short": "proportional"}}, Fraction(1, 2)),
        ({"ratio": {"target": "75", "measure": "%"}}, Fraction(1, 2)),
        ({"bands": {"steps": [{"at_least": "37.5", "value": "0.66"}], "else": "0", "measure": "%"}}, Fraction(66, 100)),
    ],
)
def test_the_satisfied_share_goes_through_the_rule(tmp_path: Path, rule: Any, attainment: Fraction) -> None:
    assert wide(tmp_path, ANSWERS, survey=rule).by_code["1.1"].attainment == attainment


@pytest.mark.parametrize(
    ("materials", "rule", "attainment"),
    [
        ([("m1", "已审定"), ("m2", "closed")], "met", ONE),
        ([("m1", "已审定"), ("m2", "已审核")], "met", ZERO),
        ([("m1", "已审定"), ("m2", "空白"), ("m3", "空白")], "share", Fraction(1, 2)),
        ([("m1", "已审定")], "share", None),
        ([("m1", "已审定"), ("m2", "")], "share", None),
        ([("m3", "已审定")], "share", None),
    ],
)
def test_documents_count_once_all_required_ones_are_known(
    tmp_path: Path, materials: Any, rule: Any, attainment: Fraction | None
) -> None:
    node = wide(tmp_path, materials=materials, papers=rule).by_code["1.2/document_review"]
    assert (node.attainment, node.by) == (attainment, "materials" if attainment is not None else "")
    assert node.state == ("missing" if attainment is None else "assessed")


def test_an_observation_wins_over_the_register_of_documents(tmp_path: Path) -> None:
    row = {"standard": "1.2", "value": "1/3"}
    node = wide(tmp_path, materials=[("m1", "已审定"), ("m2", "closed")], rows=[row]).by_code["1.2/document_review"]
    assert (node.attainment, node.by) == (Fraction(1, 3), "observations")


def test_views_and_findings_hold_leaves_without_observations(tmp_path: Path) -> None:
    result = wide(tmp_path, ANSWERS, [("m1", "已审定"), ("m2", "空白")], [{"standard": "1.3", "value": "0.5"}])
    view = tree_view(result, "method").set_index("name")
    assert view["points"].to_dict() == {"survey": 4, "document_review": 4, "site_visit": 2}
    assert view["lost"].to_dict() == {"survey": Fraction(5, 2), "document_review": 2, "site_visit": 1}
    assert view["checks"].to_dict() == {"survey": 4, "document_review": 2, "site_visit": 1}
    assert tree_view(result, "unit").set_index("name")["points"].to_dict() == {"文明办": 4, "": 6}
    assert plain_view(result, "method").set_index("name")["points"].to_dict() == {
        "survey": 1,
        "document_review": 1,
        "site_visit": 1,
    }
    found = findings(result)
    assert found["observation_id"].tolist() == ["1.1/survey", "1.2/document_review", "o001"]
    assert found["by"].tolist() == ["responses", "materials", "observations"]
    assert found["value"].tolist() == ["37.5%", "1/2", "0.5"]
    assert found["site"].tolist() == [-1, -1, -1]
    assert sum(found["lost"], ZERO) == result.lost
    again = score(result.assessment, repaired=["1.1/survey", "o001"])
    assert again.lost == 2
    assert again.by_code["1.1"].by == ""


# ------------------------------------------------------------------------------------------------- the call


def simple(folder: Path, **settings: Any) -> Assessment:
    content = content_of([indicator("1", 10, [standard("1.1", "loss", 6), standard("1.2", "loss", 4)])], 10, **settings)
    rows = [{"standard": "1.1", "value": "0.5"}, {"standard": "1.2", "value": ""}]
    return assessment_of(folder, content, rows)


def test_score_on_assessed_points_beside_worst_and_best(tmp_path: Path) -> None:
    result = score(simple(tmp_path))
    assert (result.value, result.won, result.assessed, result.applicable) == (5, 3, 6, 10)
    assert (result.worst, result.best, result.attainment) == (3, 7, Fraction(1, 2))
    assert (result.lost, result.not_assessed) == (3, 4)
    assert [node.state for node in result.nodes] == ["partly", "partly", "assessed", "assessed", "missing", "missing"]


def test_the_score_may_leave_the_range_where_an_undecided_minimum_is_left_out(tmp_path: Path) -> None:
    """A minimum with a part missing is not assessed, though its known part already bounds what it can win."""
    below = [standard("1.1", "met", 5, ("site_visit", "survey"), several="min"), standard("1.2", "loss", 5)]
    content = content_of([indicator("1", 10, below)], 10)
    rows = [{"standard": "1.1", "method": "site_visit", "value": "否"}, {"standard": "1.2", "value": "0"}]
    result = score(assessment_of(tmp_path, content, rows))
    assert (result.value, result.assessed, result.worst, result.best) == (10, 5, 5, 5)


def test_nothing_assessed_is_no_score(tmp_path: Path) -> None:
    result = score(simple(tmp_path), left_out=["1.1"])
    assert (result.value, result.attainment, result.won, result.assessed, result.applicable) == (None, None, 0, 0, 4)
    assert (result.worst, result.best, result.passes) == (0, 10, None)
    assert len(findings(result)) == 0
    assert len(tree_view(result, "unit")) == 0
    everything = score(simple(tmp_path), left_out=["1"])
    assert (everything.value, everything.applicable, everything.worst, everything.best) == (None, 0, 0, 0)


def test_passing_is_decided_exactly_and_equality_passes(tmp_path: Path) -> None:
    assessment = simple(tmp_path, pass_mark={"value": "50%", "status": "assumed"})
    result = score(assessment)
    assert result.passes is True
    source = "the instrument has no written source: it is assumed"
    assert [text_.en for text_ in result.assumed] == ["the pass mark is assumed", source]
    result = score(assessment, pass_mark="5.0000000000000001")
    assert result.passes is False
    assert [text_.en for text_ in result.assumed] == [source]
    assert result.pass_mark is not None
    assert result.pass_mark.set_by == "parameter"
    assert score(simple(tmp_path)).passes is None


def test_what_is_left_out_is_not_part_of_the_instrument(tmp_path: Path) -> None:
    result = score(simple(tmp_path), left_out=["1.2"])
    assert (result.value, result.applicable, result.worst, result.best) == (5, 6, 5, 5)
    assert result.left_out == ("1.2",)
    assert result.by_code["1.2"].state == "dropped"
    result = score(simple(tmp_path), left_out=["1.1/site_visit"])
    assert result.applicable == 4
    assert len(result.rows) == 0


def test_unknown_codes_and_ids_are_faults(tmp_path: Path) -> None:
    assessment = simple(tmp_path)
    with pytest.raises(InputFaults) as caught:
        score(assessment, left_out=["1.3"], repaired=["o001", "o009"])
    assert [(f.problem, f.file, f.value) for f in caught.value.faults] == [
        ("unknown_code", "left_out", "1.3"),
        ("unknown_name", "repaired", "o009"),
    ]
    with pytest.raises(InputFaults):
        score(assessment, pass_mark="eleven")


def test_repaired_rows_lose_nothing(tmp_path: Path) -> None:
    rows = [{"standard": "1.1", "value": value} for value in ("垃圾", "占道", "占道")]
    content = content_of([indicator("1", 4, [standard("1.1", DEDUCT, 4)])], 4)
    assessment = assessment_of(tmp_path, content, rows)
    assert score(assessment).won == 2
    assert score(assessment, repaired=["o001"]).won == 3
    assert score(assessment, repaired=["o002", "o003"]).won == 3
    assert score(assessment, repaired=["o001", "o002", "o003"]).won == 4


def test_what_is_assumed_is_said(tmp_path: Path) -> None:
    several = standard("1.1", "met", 5, ("site_visit", "survey"))
    limit = standard("1.2", {"threshold": {"at_least": "1"}}, 5, source={"row": "x", "threshold": "assumed"})
    content = content_of([indicator("1", 10, [several, limit])], 10)
    content["weights"]["status"] = "assumed"
    said = [found.en for found in score(assessment_of(tmp_path, content, [{"standard": "1.2", "value": "1"}])).assumed]
    assert sorted(said) == [
        "standards of several methods, whose way to combine is assumed: 1",
        "standards whose threshold is assumed: 1",
        "the instrument has no written source: it is assumed",
        "weights are assumed (given)",
    ]
