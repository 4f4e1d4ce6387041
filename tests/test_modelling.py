"""From an assessment to the model of its coming inspection: what stays, what ages, what is drawn, what is answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard, text
from by_hand import DEDUCT
from test_scoring import random_assessment

from evalsys.evidence import Assessment, read_assessment
from evalsys.faults import InputFaults
from evalsys.inspection import simulate
from evalsys.law import law
from evalsys.model import Block, Model
from evalsys.modelling import Prospect, prospect
from evalsys.regions import NotExact
from evalsys.scoring import score
from evalsys.surveys import counts, estimate, posterior

DATA = Path(__file__).parents[1] / "data"
FIRST, SECOND = {"site_type": "community"}, {"site_type": "main-road"}
SITES = [
    *({"site_id": f"c{n}", "site_type": "community", "name": f"社区{n}", "area": "东西"[n % 2]} for n in range(1, 6)),
    *({"site_id": f"m{n}", "site_type": "main-road", "name": f"道路{n}", "area": "东西"[n % 2]} for n in range(1, 4)),
]
DAY = "2016-09-01"
NA = "不适用"


def seen(site: str, value: str, day: str = "", code: str = "1.1", **more: str) -> dict[str, str]:
    return {"standard": code, "site_id": site, "value": value, "observed_on": day, **more}


def case(
    folder: Path,
    rows: Sequence[Mapping[str, str]],
    *standards: dict,
    draw: Sequence[Mapping[str, Any]] = (),
    forecast: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Assessment:
    """An assessment of one indicator; without standards, of one that is met or not at communities and roads."""
    below = list(standards) or [standard("1.1", "met", checked_at=[FIRST, SECOND])]
    below = [{**own, "points": "10"} for own in below]
    content = content_of(
        [indicator("1", 10 * len(below), below)],
        10 * len(below),
        **{k: more.pop(k) for k in ["negative_list"] if k in more},
    )
    given = {"inspection_date": DAY, "draw": list(draw), "forecast": dict(forecast or {}), **(settings or {})}
    return assessment_of(folder, content, rows, {k: v for k, v in given.items() if v}, sites=SITES, **more)


def only(found: Assessment, *parts: str) -> Prospect:
    return prospect(found, found.settings.forecast.only(parts))


def mean_of(block: Block, number: int = 0) -> float:
    """Mean attainment of a check that applies, over the sites of a block."""
    levels = np.array([float(level) for level in block.checks[number].levels])
    lower = block.sizes[:, number, : len(levels) - 1] @ levels[1:]
    each = block.chance[:, number] + (1 - block.chance[:, number]) * lower
    return float(each @ block.times / block.population)


# ---------------------------------------------------------------------------------------------- every part off


def certain(found: Assessment) -> tuple[bool, int]:
    """Check that with every part off the forecast is the mock score; whether the law is exact, and how many blocks.

    A law whose lattice is too large is rounded; its mean still is the score.
    """
    mock, own = score(found), only(found)
    if mock.value is None:
        return False, 0
    drawn = simulate(own.model, 3, seed=1)
    assert {Fraction(int(points), drawn.den) for points in drawn.points} == {mock.value}
    assert not own.questions
    assert own.model.severity == 0
    assert not own.model.events
    try:
        exact = law(own.model, cells=2**17, coarse=512, bounded=False)
    except NotExact:
        return False, len(own.model.blocks)
    assert exact.mean == pytest.approx(float(mock.value), abs=1e-9)
    if exact.exact:
        assert np.count_nonzero(exact.mass > 1e-12) == 1
        assert exact.top - int(exact.mass.argmax()) * exact.unit == mock.value
        assert exact.sd < 1e-6
    return exact.exact, len(own.model.blocks)


@pytest.mark.parametrize("seeds", [range(100, 108), pytest.param(range(108, 124), marks=pytest.mark.slow)])
def test_with_every_part_off_it_is_the_mock_score(tmp_path: Path, seeds: range) -> None:
    """24 random assessments with every kind of rule, node and policy: no draw differs, and the law is one cell."""
    found = []
    for seed in seeds:
        _, assessment, _ = random_assessment(tmp_path / str(seed), seed, seed % 4 == 3)
        found.append(certain(assessment))
    assert sum(blocks for _, blocks in found) > 12 * len(seeds)
    assert sum(exact for exact, _ in found) >= len(seeds) // 2


@pytest.fixture(scope="module")
def city() -> Assessment:
    return read_assessment(DATA / "synthetic-city")


@pytest.fixture(scope="module")
def plain(city: Assessment) -> Prospect:
    return prospect(city)


def test_with_every_part_off_wujiang_is_its_mock_score() -> None:
    assert certain(read_assessment(DATA / "wujiang-2016"))[0]


@pytest.mark.slow
def test_with_every_part_off_the_city_is_its_mock_score(city: Assessment) -> None:
    certain(city)


def test_rows_of_other_rounds_do_not_count_where_nothing_is_drawn(tmp_path: Path) -> None:
    """A rule that takes all rows of a round together: of one day and site, another round's rows are not among them."""
    rows = [
        seen("c1", "垃圾", "2016-08-01"),
        seen("c1", "垃圾", "2016-08-02"),
        seen("c1", "占道", "2016-08-02", round="r0"),
        seen("c1", "2", "2016-08-02", "1.2", round="r0"),
        seen("c1", "0", "2016-08-02", "1.2"),
        seen("c1", "0.5", "2016-08-01", "1.3"),
        seen("c1", "1", "2016-08-20", "1.3", round="r2"),
    ]
    below = [standard(f"1.{n}", rule, checked_at=[FIRST]) for n, rule in enumerate((DEDUCT, "none", "loss"), 1)]
    rows = [{"round": "r1", **row} for row in rows]
    found = case(tmp_path, rows, *below)
    assert score(found).value == 5 + 10 + 5
    assert certain(found)[0]


# ------------------------------------------------------------------------------------------- what was seen ages


AGES = [
    seen("c1", "是", "2016-08-22"),  # 10 days
    seen("c2", "否", "2016-08-02"),  # 30 days
    seen("c3", "是"),  # 45 days, as is said
    seen("c4", "否", DAY),  # a day at least
]
HALF = {"state": {"half_life": "30", "unknown_age": "45"}}


def test_what_was_seen_relaxes_to_the_rate(tmp_path: Path) -> None:
    found = only(case(tmp_path, AGES, forecast=HALF), "state")
    (block,) = found.model.blocks
    (rate,) = (own for own in found.rates if own.site_type == "community")
    keep = [2 ** (-days / 30) for days in (10, 30, 45, 1)]
    expected = [k * good + (1 - k) * rate.mean for k, good in zip(keep, (1, 0, 1, 0), strict=True)]
    assert block.chance[:, 0] == pytest.approx(expected, abs=1e-15)
    assert block.keep[:, 0] == pytest.approx(keep, abs=1e-15)
    assert (found.model.rates[block.rate[0, 0]] == (rate.a, rate.b)).all()
    assert found.age == 0
    assert block.whole
    assert (block.sites.tolist(), block.site_type, block.checks[0].shifts) == ([0, 1, 2, 3], "community", True)


def test_without_the_day_of_the_inspection_every_age_is_unknown(tmp_path: Path) -> None:
    found = only(case(tmp_path, AGES, forecast=HALF, settings={"inspection_date": None}), "state")
    assert found.model.blocks[0].keep[:, 0] == pytest.approx([2**-1.5] * 4)
    assert found.age is None


def test_nothing_that_may_change_is_certain(tmp_path: Path) -> None:
    for days in ("0.001", "60", "1000000000000000000"):
        folder = tmp_path / days
        found = prospect(case(folder, AGES[:1], draw=[{**FIRST, "sites": 2}], forecast={"state": {"half_life": days}}))
        chance = found.model.blocks[0].chance
        assert (chance > 0).all()
        assert (chance < 1).all()


def test_a_loss_is_as_it_was_seen_or_as_they_are_seen(tmp_path: Path) -> None:
    rows = [seen("c1", "0.2", "2016-08-02"), seen("c2", "0.6", "2016-08-02"), seen("c3", "0", "2016-08-02")]
    found = only(case(tmp_path, rows, standard("1.1", "loss", checked_at=[FIRST]), forecast=HALF), "state")
    (block,) = found.model.blocks
    (rate,) = (own for own in found.rates if own.site_type == "community")
    assert block.checks[0].levels == (1, Fraction(4, 5), Fraction(2, 5))
    assert block.chance[:, 0] == pytest.approx([rate.mean / 2, rate.mean / 2, (1 + rate.mean) / 2])
    bad = 1 - rate.mean / 2
    fresh = (1 - rate.mean) / 4 / bad
    assert block.sizes[:, 0] == pytest.approx(np.array([[1 - fresh, fresh], [fresh, 1 - fresh], [0.5, 0.5]]))


def test_with_the_state_off_seen_sites_stay_as_they_are(tmp_path: Path) -> None:
    found = only(case(tmp_path, AGES, draw=[{**FIRST, "sites": 2, "population": 7}]), "draw")
    (block,) = found.model.blocks
    (rate,) = (own for own in found.rates if own.site_type == "community")
    assert block.sites.tolist() == [0, 1, 2, 3, 4, -1]
    assert block.times.tolist() == [1, 1, 1, 1, 1, 2]
    assert block.chance[:, 0].tolist() == [1, 0, 1, 0, rate.mean, rate.mean]
    assert block.keep[:, 0].tolist() == [1, 1, 1, 1, 0, 0]


def test_a_site_where_a_check_does_not_apply(tmp_path: Path) -> None:
    rows = [seen("c1", "是"), seen("c2", NA), seen("c3", "否")]
    for policy in ("drop", "full", "peers"):
        own = standard("1.1", "met", checked_at=[FIRST], not_applicable=policy)
        found = prospect(case(tmp_path / policy, rows, own, draw=[{**FIRST, "sites": 2}]))
        assert found.model.blocks[0].absent[:, 0] == pytest.approx([0, 1, 0, 1 / 3, 1 / 3])
        assert found.model.leaves[0] is not None
        assert found.model.leaves[0].absent == policy


def test_what_does_not_apply_shows_no_level(tmp_path: Path) -> None:
    rows = [seen("c1", NA), seen("c2", "0.3"), seen("c3", "0.6", round="r0"), seen("m1", "0.6")]
    rows = [{"round": "r1", **row} for row in rows]
    own = standard("1.1", "loss", checked_at=[FIRST, SECOND], not_applicable="drop")
    block = only(case(tmp_path, rows, own)).model.blocks[0]
    assert (block.sites.tolist(), block.absent.tolist()) == ([0, 1], [[1], [0]])
    assert block.checks[0].levels == (1, Fraction(7, 10))


def test_a_leaf_that_applies_at_no_drawn_site_any_more_is_dropped(tmp_path: Path) -> None:
    """It applied at a site of the east; only the west is drawn, and there it applies nowhere."""
    own = standard("1.1", "met", checked_at=[FIRST], not_applicable="drop")
    other = standard("1.2", "met", checked_at=[FIRST])
    rows = [
        seen("c2", "是"),
        *(seen(f"c{n}", NA) for n in (1, 3, 5)),
        *(seen(f"c{n}", "否", code="1.2") for n in (1, 2, 3, 5)),
    ]
    found = only(case(tmp_path, rows, own, other, draw=[{**FIRST, "sites": 2, "area": "西"}]), "draw")
    assert (found.model.dropped.tolist(), found.model.missing.tolist()) == ([True, False], [False, False])
    assert law(found.model).mean == 0


def test_the_half_life_is_learnt_unless_it_is_stated(tmp_path: Path) -> None:
    """Patrols of five sites: each week a fifth of what was seen is drawn anew at one half."""
    chance = np.random.default_rng(3)
    rows = []
    for site in SITES[:5]:
        good = True
        for week in range(30):
            good = bool(chance.random() < 0.5) if chance.random() < 0.2 else good
            day = str(np.datetime64("2016-01-04") + 7 * week)
            rows.append(seen(str(site["site_id"]), "是" if good else "否", day))
    found = prospect(case(tmp_path / "a", rows))
    own = found.settings.parameter("state.half_life")
    assert own.status == "learnt"
    assert found.half_life.days is not None
    assert abs(float(own.value or 0) - found.half_life.days) < 0.05
    assert found.half_life.pairs == 145
    days = (np.datetime64(DAY) - np.datetime64("2016-07-25")).astype(int)
    assert found.model.blocks[0].keep[0, 0] == pytest.approx(2 ** (-days / float(own.value or 0)))
    stated = prospect(case(tmp_path / "b", rows, forecast={"state": {"half_life": "60"}}))
    assert stated.settings.parameter("state.half_life").status == "given"
    assert stated.model.blocks[0].keep[0, 0] == pytest.approx(2 ** (-days / 60))


# ------------------------------------------------------------------------------------------------ what is drawn


def shape(block: Block) -> tuple[Any, ...]:
    return block.sites.tolist(), block.times.tolist(), block.drawn, [check.reach for check in block.checks], block.area


def test_sites_visited_for_certain_stand_apart(tmp_path: Path) -> None:
    """Three drawn of nine, one of them for certain; one standard looks at two of them only."""
    below = [standard("1.1", "met", checked_at=[FIRST]), standard("1.2", "met", checked_at=[{**FIRST, "sites": 2}])]
    rows = [seen("c1", "是"), seen("c2", "否", code="1.2"), seen("m1", "是", code="1.1")]
    below[0]["checked_at"] = [FIRST, SECOND]
    draw = [{**FIRST, "sites": 3, "population": 9, "must_visit": ["c3"]}]
    found = prospect(case(tmp_path, rows, *below, draw=draw))
    sure, others, road = found.model.blocks
    assert shape(sure) == ([2], [1], 1, [1, 1], None)
    assert shape(others) == ([0, 1, 3, 4, -1], [1, 1, 1, 1, 4], 2, [2, 1], None)
    assert shape(road) == ([5], [1], 1, [1], None)  # seen and not drawn: it is visited again
    assert (sure.name, others.name, road.name) == ("社区", "社区", "1.1/site_visit")
    assert [block.site_type for block in found.model.blocks] == ["community", "community", "main-road"]
    assert found.left_out == ()
    mixed = others.chance[:, 0]
    assert mixed[0] > mixed[1]
    assert mixed[1] == mixed[2] == mixed[4]


def test_a_draw_that_is_all_for_certain_has_one_block(tmp_path: Path) -> None:
    draw = [{**FIRST, "sites": 2, "must_visit": ["c1", "c2"]}]
    found = only(case(tmp_path, AGES, draw=draw), "draw")
    assert [shape(block) for block in found.model.blocks] == [([0, 1], [1, 1], 2, [2], None)]
    assert law(found.model).mean == 5


def test_each_area_is_a_block(tmp_path: Path) -> None:
    found = only(case(tmp_path, AGES, draw=[{**FIRST, "sites": 1, "area": "each"}]), "draw")
    assert [shape(block) for block in found.model.blocks] == [
        ([1, 3], [1, 1], 1, [1], "东"),
        ([0, 2, 4], [1, 1, 1], 1, [1], "西"),
    ]
    assert [block.name for block in found.model.blocks] == ["社区 · 东", "社区 · 西"]


def test_types_neither_drawn_nor_seen_are_told(tmp_path: Path) -> None:
    below = [standard(f"1.{n}", "met", checked_at=[FIRST, SECOND]) for n in (1, 2)]
    rows = [seen("c1", "是"), seen("m1", "是", code="1.2"), seen("c1", "是", code="1.2", round="r0")]
    rows = [{"round": "r1", **row} for row in rows]
    found = only(case(tmp_path / "a", rows, *below), "draw")
    assert found.left_out == (("1.1", "main-road"), ("1.2", "community"))
    found = only(case(tmp_path / "b", rows, *below, draw=[{**SECOND, "sites": 1}]), "draw")
    assert found.left_out == (("1.2", "community"),)
    assert [(b.site_type, b.population) for b in found.model.blocks] == [("main-road", 3), ("community", 1)]


def test_with_the_draw_off_the_counted_sites_are_seen_again(tmp_path: Path) -> None:
    rows = [{"round": "r1", **row} for row in AGES] + [seen("c5", "是", "2016-08-30", round="r0")]
    found = only(case(tmp_path, rows, draw=[{**FIRST, "sites": 2}]), "state")
    assert [block.sites.tolist() for block in found.model.blocks] == [[0, 1, 2, 3]]
    found = only(case(tmp_path, rows, draw=[{**FIRST, "sites": 2}]), "state", "draw")
    assert [block.sites.tolist() for block in found.model.blocks] == [[0, 1, 2, 3, 4]]
    assert found.model.blocks[0].keep[4, 0] > 0.9


def test_a_standard_that_names_no_site_stays_where_it_was_seen(tmp_path: Path) -> None:
    found = only(case(tmp_path, AGES[:2], standard("1.1", "met"), draw=[{**FIRST, "sites": 1}]), "draw")
    assert [(block.sites.tolist(), block.drawn) for block in found.model.blocks] == [([0, 1], 2)]


def test_a_leaf_that_so_few_sites_cannot_decide_is_left_out(tmp_path: Path) -> None:
    own = standard("1.1", {"met": {"over_sites": "2"}}, checked_at=[FIRST])
    found = only(case(tmp_path, AGES, own, standard("1.2", "met"), draw=[{**FIRST, "sites": 1}]), "draw")
    assert found.model.missing.tolist() == [True, True]
    found = only(case(tmp_path, AGES, own, standard("1.2", "met"), draw=[{**FIRST, "sites": 2}]), "draw")
    assert found.model.missing.tolist() == [False, True]


# ------------------------------------------------------------------------------------------ counts without a site


@pytest.mark.parametrize(
    ("rule", "kind", "required"), [("share", "mean", 0), ({"k_of_n": {"required": "3"}}, "count", 3)]
)
def test_a_count_of_things_is_made_afresh(tmp_path: Path, rule: Any, kind: str, required: int) -> None:
    found = only(case(tmp_path, [{"standard": "1.1", "value": "7/9"}], standard("1.1", rule)), "state")
    (block,) = found.model.blocks
    assert shape(block) == ([-1], [9], 9, [9], None)
    assert block.chance.tolist() == [[7.5 / 10]]
    assert found.model.rates[block.rate[0, 0]].tolist() == [7.5, 2.5]
    assert block.keep.tolist() == [[0]]
    own = found.model.leaves[0]
    assert own is not None
    assert (own.kind, own.required) == (kind, required)


def test_counts_that_cannot_be_made_afresh(tmp_path: Path) -> None:
    """Fewer things than must comply: it fails for certain. Not applicable: nothing was counted."""
    rows = [{"standard": "1.1", "value": "1/2"}, {"standard": "1.2", "value": NA}, {"standard": "1.3", "value": "是"}]
    below = [
        standard("1.1", {"k_of_n": {"required": "3"}}),
        standard("1.2", "share", not_applicable="peers"),
        standard("1.3", "met"),
    ]
    found = only(case(tmp_path, rows, *below), "state")
    assert found.model.missing.tolist() == [False] * 3
    assert [mean_of(block) > 0 for block in found.model.blocks] == [True] * 3
    assert [block.population for block in found.model.blocks] == [1, 1, 1]
    assert found.model.blocks[1].checks[0].levels == (1, Fraction(1, 2))  # the mean of its peers, as it is now


def test_where_nothing_applies_and_that_is_full_nothing_can_change(tmp_path: Path) -> None:
    """Two sites must comply, and the only one that was seen has nothing to check: full, as in the mock score."""
    own = standard("1.1", {"met": {"over_sites": "2"}}, checked_at=[FIRST], not_applicable="full")
    found = prospect(case(tmp_path, [seen("c1", NA)], own))
    assert found.model.missing.tolist() == [False]
    assert chances(found.model)[Fraction(1)] == 1


def test_a_survey_entered_directly_belongs_to_the_survey(tmp_path: Path) -> None:
    found = case(tmp_path, [{"standard": "1.1", "value": "8/9"}], standard("1.1", "share", methods=("survey",)))
    (block,) = only(found, "survey").model.blocks
    assert (block.part, block.population, block.checks[0].shifts) == ("survey", 9, False)
    (block,) = only(found, "state", "severity").model.blocks
    assert (block.part, mean_of(block), block.population) == ("survey", pytest.approx(8 / 9), 1)


# -------------------------------------------------------------------------------------------------- the survey


def question(name: str) -> dict:
    return {"id": name, "text": text(name), "options": ["是", "否"], "satisfied": ["是"]}


def asked(folder: Path, answers: Sequence[tuple[str, ...]], rule: Any = "share", **survey: str) -> Assessment:
    names = sorted({row[0] for row in answers})
    table = [
        {"respondent": str(place), **dict(zip(("question", "answer", "stratum", "weight"), row, strict=False))}
        for place, row in enumerate(answers, 1)
    ]
    own = standard("1.1", rule, methods=("survey",), questions=[question(name) for name in names])
    return case(folder, [], own, responses=table, forecast={"survey": survey} if survey else None)


FEW = [*[("q1", "是")] * 7, *[("q1", "否")] * 3]
STRATA = [
    *[("q1", "是", "东", "3")] * 3,
    ("q1", "否", "东", "3"),
    *[("q1", "是", "西", "1")] * 2,
    *[("q1", "否", "西", "1")] * 4,
]


def chances(model: Model, place: int = 0) -> dict[Fraction, float]:
    block = model.blocks[place]
    p = float(block.chance[0, 0])
    sizes = block.sizes[0, 0].tolist()
    return {
        Fraction(1): p,
        **{lv: (1 - p) * own for lv, own in zip(block.checks[0].levels[1:], sizes, strict=True)},
    }


def test_a_question_is_answered_at_the_rate_that_the_answers_teach(tmp_path: Path) -> None:
    found = only(asked(tmp_path, FEW), "survey")
    (own,) = found.questions
    assert (own.people, own.leaf, own.block, own.question, own.stratum) == (10, 0, 0, "q1", "")
    assert found.model.rates[own.rate].tolist() == [7.5, 3.5]
    held = chances(found.model)
    expected = counts(10, 7.5 / 11)
    assert [held[Fraction(k, 10)] for k in range(11)] == pytest.approx(expected.tolist(), abs=1e-14)
    assert not found.model.blocks[0].checks[0].shifts
    assert found.model.blocks[0].part == "survey"


def test_with_the_survey_off_the_share_is_that_of_the_mock_survey(tmp_path: Path) -> None:
    found = only(asked(tmp_path, STRATA), "state", "draw", "severity")
    assert mean_of(found.model.blocks[0]) == pytest.approx(11 / 18, abs=1e-15)
    assert found.model.blocks[0].chance.tolist() == [[0]]
    assert (found.model.blocks[0].part, found.questions) == ("survey", ())


def test_what_the_settings_say_of_the_survey(tmp_path: Path) -> None:
    survey = {"respondents": "45", "response": "0.7", "deff": "2", "population": "100", "coached": "0.2"}
    found = only(asked(tmp_path, FEW, **survey), "survey")
    (own,) = found.questions
    assert (own.people, own.estimate.n_eff, own.estimate.deff) == (32, 5, 2)  # 31.5, half up
    assert found.model.rates.tolist() == [[4.0, 2.0]]
    expected = counts(32, 0.2 + 0.8 * 4 / 6, 2.0, 100)
    held = chances(found.model)
    assert [held.get(Fraction(k, 32), 0) for k in range(33)] == pytest.approx(expected.tolist(), abs=1e-14)


def test_those_who_answered_the_mock_survey_answered(tmp_path: Path) -> None:
    """The share that answers is of those who are asked; the number here is of those who did."""
    found = only(asked(tmp_path, FEW, response="0.5"), "survey")
    assert found.questions[0].people == 10


def test_people_are_spread_over_the_strata_by_weight(tmp_path: Path) -> None:
    """Weights 12 and 6: of ten people six and two thirds and three and a third, so seven and three."""
    found = only(asked(tmp_path, STRATA), "survey")
    assert [(own.stratum, own.people, own.rate) for own in found.questions] == [("东", 7, 0), ("西", 3, 1)]
    east, west = estimate([1, 1, 1, 0], [3] * 4), estimate([1, 1, 0, 0, 0, 0], [1] * 6)
    assert found.model.rates.tolist() == [list(posterior(east)), list(posterior(west))]
    expected = np.convolve(counts(7, 3.5 / 5), counts(3, 2.5 / 7))
    held = chances(found.model)
    assert [held[Fraction(k, 10)] for k in range(11)] == pytest.approx(expected.tolist(), abs=1e-14)


def test_answers_are_weighed_and_those_left_open_do_not_count(tmp_path: Path) -> None:
    """Light answers that differ give a design effect below 1; the coming survey is no better than chance."""
    answers = [*[("q1", "是", "", "3")] * 5, *[("q1", "否", "", "1")] * 2, ("q1", "", "", "9")]
    found = only(asked(tmp_path, answers), "survey")
    own = estimate([1] * 5 + [0] * 2, [3] * 5 + [1] * 2)
    assert own.deff < 0.6
    assert [each.people for each in found.questions] == [7]
    assert found.model.rates.tolist() == [list(posterior(own))]
    a, b = posterior(own)
    held = chances(found.model)
    assert [held[Fraction(k, 7)] for k in range(8)] == pytest.approx(counts(7, a / (a + b)).tolist(), abs=1e-14)


def test_a_stratum_of_which_nobody_will_answer_teaches_nothing(tmp_path: Path) -> None:
    answers = [*[("q1", "是", "东", "1")] * 9, ("q1", "否", "西", "0.01")]
    assert [own.stratum for own in only(asked(tmp_path, answers), "survey").questions] == ["东"]


def test_a_share_of_the_population_stands_behind_each_stratum(tmp_path: Path) -> None:
    found = only(asked(tmp_path, STRATA, population="20"), "survey")
    expected = np.convolve(counts(7, 3.5 / 5, 1, 14), counts(3, 2.5 / 7, 1, 6))
    held = chances(found.model)
    assert [held.get(Fraction(k, 10), 0.0) for k in range(11)] == pytest.approx(expected.tolist(), abs=1e-14)


def test_questions_answered_by_different_numbers_of_people_get_the_mean_number(tmp_path: Path) -> None:
    answers = [*FEW, *[("q2", "是")] * 5, *[("q2", "否")] * 4]
    found = only(asked(tmp_path, answers), "survey")
    assert [own.people for own in found.questions] == [10, 10]  # 9.5, half up
    assert found.model.blocks[0].checks[0].levels[-1] == 0
    assert len(found.model.blocks[0].checks[0].levels) == 21
    assert mean_of(found.model.blocks[0]) == pytest.approx((7.5 / 11 + 5.5 / 10) / 2, abs=1e-14)


def test_the_share_goes_through_the_rule(tmp_path: Path) -> None:
    rule = {"threshold": {"at_least": "70", "measure": "%", "short": "zero"}}
    found = only(asked(tmp_path, FEW, rule), "survey")
    assert chances(found.model)[Fraction(1)] == pytest.approx(counts(10, 7.5 / 11)[7:].sum(), abs=1e-14)


@pytest.mark.parametrize(
    ("survey", "problem", "allowed"),
    [
        ({"population": "9"}, "sample_exceeds_population", "<= 9"),
        ({"respondents": "131073"}, "out_of_range", "<= 131072"),
    ],
)
def test_a_survey_that_cannot_be(tmp_path: Path, survey: dict[str, str], problem: str, allowed: str) -> None:
    found = asked(tmp_path, FEW, **survey)
    with pytest.raises(InputFaults) as told:
        prospect(found)
    assert [(fault.problem, fault.allowed) for fault in told.value.faults] == [(problem, allowed)]
    assert len(only(found, "state").model.blocks) == 1


def test_faults_of_a_part_that_is_off_are_not_told(tmp_path: Path) -> None:
    own = standard("1.1", "share", methods=("survey",), questions=[question("q1"), question("q2")])
    table = [{"respondent": "1", "question": "q1", "answer": "是"}]
    found = case(tmp_path, [], own, responses=table)
    with pytest.raises(InputFaults):
        prospect(found)
    assert only(found, "state").score.value == 10


# ------------------------------------------------------------------------------------------- documents, events


READY = {"空白": 0.2, "起草": 0.5, "已审核": 0.8, "已审定": 0.95, "已归档": 0.99}


@pytest.mark.parametrize("rule", ["met", "share"])
def test_documents_are_ready_with_the_chance_of_their_status(tmp_path: Path, rule: str) -> None:
    """By enumeration of every document that is asked for; one more is not."""
    status = ["空白", "已审核", "已归档"]
    papers: list[dict[str, Any]] = [{"id": f"m{n}", "name": text("件")} for n in range(4)]
    papers[3]["required"] = "no"
    own = standard("1.1", rule, methods=("document_review",), materials=papers)
    table = [{"material": f"m{n}", "status": word} for n, word in enumerate(status)]
    found = case(tmp_path, [], own, materials=table)
    expected: dict[Fraction, float] = {}
    for done in product((0, 1), repeat=3):
        p = math.prod(READY[word] if ok else 1 - READY[word] for word, ok in zip(status, done, strict=True))
        value = Fraction(sum(done), 3) if rule == "share" else Fraction(min(done))
        expected[value] = expected.get(value, 0) + p
    held = chances(only(found, "documents").model)
    assert held == pytest.approx(expected, abs=1e-15)
    block = only(found, "documents").model.blocks[0]
    assert (block.part, block.checks[0].shifts) == ("documents", False)
    off = only(found, "state", "survey")
    assert mean_of(off.model.blocks[0]) == pytest.approx(1 / 3 if rule == "share" else 0)
    assert off.model.blocks[0].part == "documents"


EVENTS = [
    {"code": "G1", "name": text("事"), "effect": {"deduct": "3"}, "source": {"row": "1"}},
    {"code": "G2", "name": text("事"), "effect": {"action": "revoke"}, "source": {"row": "2"}},
    {"code": "G3", "name": text("事"), "effect": {"deduct": "1"}, "source": {"row": "3"}},
]


@pytest.mark.parametrize(("rows", "days"), [(AGES[:2], 10), (AGES[2:3], 30)])
def test_events_have_a_rate_over_the_days_that_are_left(tmp_path: Path, rows: Any, days: int) -> None:
    """From the last dated check; where none has a date, from as long ago as a check without one."""
    found = case(tmp_path, rows, negative_list=EVENTS, forecast={"events": {"G1": "2", "G2": "0.5"}})
    events = only(found, "events").model.events
    assert [(event.code, event.deduct, event.veto) for event in events] == [("G1", 3, False), ("G2", 0, True)]
    expected = [1 - math.exp(-rate * days / 365) for rate in (2, 0.5)]
    assert [event.chance for event in events] == pytest.approx(expected, rel=1e-12)
    assert only(found, "state").model.events == ()


def test_severity_and_the_inspectors_errors_come_and_go_together(tmp_path: Path) -> None:
    said = {"severity": {"sd": "0.5"}, "inspector": {"sensitivity": "0.9", "specificity": "0.8"}}
    found = case(tmp_path, AGES, forecast=said)
    model = only(found, "severity").model
    assert (model.severity, model.sensitivity, model.specificity) == (0.5, 0.9, 0.8)
    assert model.seen(0, 0.0)[:, 0] == pytest.approx([0.8, 0.1, 0.8, 0.1])
    model = only(found, "state").model
    assert (model.severity, model.sensitivity, model.specificity) == (0, 1, 1)


def test_compliance_that_is_not_seen_shows_the_losses_that_others_show(tmp_path: Path) -> None:
    rows = [seen("c1", "0"), seen("m1", "0.3"), seen("m2", "0.6")]
    own = standard("1.1", "loss", checked_at=[FIRST, SECOND])
    said = {"inspector": {"specificity": "0.8"}}
    block = only(case(tmp_path / "a", rows, own, forecast=said), "severity").model.blocks[0]
    assert (block.site_type, block.chance.tolist()) == ("community", [[1]])
    assert block.checks[0].levels == (1, Fraction(7, 10), Fraction(2, 5))
    assert block.sizes[0, 0].tolist() == [0.5, 0.5]
    for parts in (("severity",), ()):
        block = only(case(tmp_path / f"b{len(parts)}", rows, own), *parts).model.blocks[0]
        assert block.checks[0].levels == (1, Fraction(7, 10))  # never shown: one level stays for form


# --------------------------------------------------------------------------------------------------- the whole


def test_at_the_means_of_the_rates_it_is_the_same_model(plain: Prospect) -> None:
    a, b = plain.model.rates.T
    again = plain.with_rates(a / (a + b))
    assert len(plain.questions) == 84
    for block, other in zip(plain.model.blocks, again.blocks, strict=True):
        assert other.checks == block.checks
        assert np.abs(other.chance - block.chance).max() < 1e-12
        assert np.abs(other.sizes - block.sizes).max() < 1e-12


def test_other_rates_move_a_survey_too(tmp_path: Path) -> None:
    found = only(asked(tmp_path, STRATA), "survey")
    block = found.with_rates(np.array([0.9, 0.2])).blocks[0]
    assert mean_of(block) == pytest.approx(0.7 * 0.9 + 0.3 * 0.2, abs=1e-12)
    assert (block.name, block.part) == (found.model.blocks[0].name, "survey")


def test_rates_on_average_leave_the_mean_as_it_is(tmp_path: Path) -> None:
    """2,000 draws of all rates: the mean attainment of each block; false alarms below 1 in 10,000."""
    site = standard("1.1", "met", checked_at=[FIRST])
    share = standard("1.2", "share")
    people = standard("1.3", "share", methods=("survey",), questions=[question("q1")])
    table = [{"respondent": str(n), "question": "q1", "answer": "是" if n % 3 else "否"} for n in range(1, 10)]
    rows = [*AGES, {"standard": "1.2", "value": "5/7"}]
    found = prospect(case(tmp_path, rows, site, share, people, responses=table, draw=[{**FIRST, "sites": 2}]))
    chance = np.random.default_rng(11)
    a, b = found.model.rates.T
    drawn = [[mean_of(block) for block in found.with_rates(chance.beta(a, b)).blocks] for _ in range(2000)]
    values = np.array(drawn)
    plain = [mean_of(block) for block in found.model.blocks]
    z = (values.mean(axis=0) - plain) / (values.std(axis=0, ddof=1) / math.sqrt(2000))
    assert len(plain) == 3
    assert (np.abs(z) < 4.5).all()


def test_the_city_has_a_model_that_may_show_anything(plain: Prospect) -> None:
    state = [block for block in plain.model.blocks if block.part == "state"]
    for block in state:
        assert (block.chance > 0).all()
        assert (block.chance < 1).all()
        for number, check in enumerate(block.checks):
            assert block.sizes[:, number, : len(check.levels) - 1].sum(axis=1) == pytest.approx(1)
            assert not block.sizes[:, number, len(check.levels) - 1 :].any()
    assert {block.part for block in plain.model.blocks} == {"state", "survey", "documents"}
    assert {block.site_type for block in state if block.area} == {"residential-quarter", "shopfront"}
    assert plain.settings.parameter("state.half_life").status == "learnt"


def test_a_part_alone_moves_only_its_own_blocks(city: Assessment) -> None:
    """Against every part off: which blocks are no longer certain."""
    for part in ("survey", "documents"):
        model = only(city, part).model
        for block in model.blocks:
            sure = np.isin(block.chance, (0, 1)) & ((block.sizes.max(axis=2) == 1) | (block.chance == 1))
            assert sure.all() == (block.part != part)
