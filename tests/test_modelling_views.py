"""What a forecast assumes, in sentences, and what the evidence taught, with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import standard, text
from scipy.stats import beta
from test_modelling import AGES, DAY, FEW, FIRST, NA, SECOND, STRATA, asked, case, only, seen

from evalsys.evidence import read_assessment
from evalsys.modelling import Prospect, prospect
from evalsys.modelling_views import Learnt, assumptions, learnt

WUJIANG = Path(__file__).parents[1] / "data" / "wujiang-2016"
OWN = standard("1.1", "met", checked_at=[FIRST])
STATED: dict[str, Any] = {
    "state": {"half_life": {"value": "30", "source": "x"}, "unknown_age": {"value": "9", "source": "x"}},
    "severity": {"sd": {"value": "0.5", "source": "x"}},
    "rates": {"weight": {"value": "5", "source": "x"}},
}


def said(found: Prospect) -> list[str]:
    told = assumptions(found)
    assert all(sentence.zh != sentence.en for sentence in told)
    return [sentence.en for sentence in told]


def test_with_everything_known_nothing_is_assumed(tmp_path: Path) -> None:
    rows = [seen(site, "是", "2016-08-22") for site in ("c1", "m1")]
    draw = [{**kind, "sites": 1, "population": 9, "population_source": "名录"} for kind in (FIRST, SECOND)]
    assert said(prospect(case(tmp_path, rows, draw=draw, forecast=STATED))) == []


def test_parameters_that_matter_here_are_told(tmp_path: Path) -> None:
    found = case(tmp_path / "a", AGES[:2], OWN)
    assert said(prospect(found)) == [
        "no site is drawn: the same sites as in the mock assessment are taken to be checked again",
        "parameters without a source are assumed: standard deviation of severity 0.3 log-odds; "
        "half-life of what was last seen 60 days",
        "the half-life could not be learnt from the checks: 0 pairs of sightings, fewer than 30",
    ]
    assert len(said(only(found, "severity"))) == 2
    assert len(said(only(found))) == 1
    told = said(prospect(case(tmp_path / "b", AGES, OWN, forecast={**STATED, "inspector": {"sensitivity": "1"}})))
    assert told[1:] == [
        "parameters without a source are assumed: chance that a shortfall is seen 1",
        "checks without a date, taken as 9 days old: 1 of 4",
    ]
    told = said(prospect(case(tmp_path / "c", AGES, OWN, forecast=STATED, settings={"inspection_date": None})))
    assert told[1:] == ["the day of the inspection is not stated: all checks count as 9 days old"]
    told = said(prospect(case(tmp_path / "d", AGES, OWN, forecast={**STATED, "state": {"half_life": "30"}})))
    assert told[1] == (
        "parameters without a source are assumed: half-life of what was last seen 30 days; "
        "age of a check without a date 30 days"
    )


def test_documents_and_events_are_told_where_there_are_some(tmp_path: Path) -> None:
    papers = [{"id": f"m{n}", "name": text("件")} for n in range(2)]
    own = standard("1.1", "share", methods=("document_review",), materials=papers)
    table = [{"material": "m0", "status": "起草"}, {"material": "m1", "status": "已归档"}]
    events = [{"code": "G1", "name": text("事"), "effect": {"deduct": "3"}, "source": {"row": "1"}}]
    found = case(tmp_path, [], own, materials=table, negative_list=events, forecast={**STATED, "events": {"G1": "0.5"}})
    parameters = "parameters without a source are assumed: "
    drafted = "chance that a document now drafted is ready by the inspection 0.5"
    closed = "chance that a document now closed is ready by the inspection 0.99"
    event = "expected number: item 事 (G1) 0.5 a year"
    assert said(prospect(found))[1:] == [f"{parameters}{drafted}; {closed}; {event}"]
    assert said(only(found, "documents"))[1:] == [f"{parameters}{drafted}; {closed}"]
    assert said(only(found, "events"))[1:] == [f"{parameters}{event}"]


def test_what_is_drawn_borrowed_and_lost_is_told(tmp_path: Path) -> None:
    rows = [seen("c1", "0", "2016-08-22"), seen("c2", "0.2", "2016-08-22", "1.2")]
    below = [
        standard("1.1", {"ratio": {"target": "1"}}, checked_at=[FIRST, SECOND]),
        standard("1.2", "loss", checked_at=[FIRST, {"site_type": "hospital"}]),
    ]
    rows[0]["value"] = "1"
    forecast = {key: own for key, own in STATED.items() if key != "rates"}
    draw = [{**FIRST, "sites": 1}, {**SECOND, "sites": 1}]
    assert said(prospect(case(tmp_path, rows, *below, draw=draw, forecast=forecast))) == [
        "types of sites whose number is assumed: 2 (Community, Main road)",
        "parameters without a source are assumed: checks that the next wider group's rate is worth 5 checks",
        "rates (one for each standard and type of site) without a check of their own, taken from a wider group: 1 of 3",
        "standards at types of sites where no loss was seen yet, so that a loss counts as full: 2",
        "neither drawn nor seen, and left out: Hospital (standards: 1)",
    ]


def test_what_stays_outside_is_told(tmp_path: Path) -> None:
    below = [
        standard("1.1", {"met": {"over_sites": "2"}}, checked_at=[FIRST]),
        standard("1.2", "met", checked_at=[FIRST]),
        standard("1.3", "met", checked_at=[FIRST], not_applicable="peers"),
        standard("1.4", "met", checked_at=[SECOND]),
    ]
    rows = [*AGES[:2], *(seen(f"c{n}", "是", DAY, "1.2") for n in (1, 2)), seen("c1", NA, DAY, "1.3")]
    found = only(case(tmp_path, rows, *below, draw=[{**FIRST, "sites": 1}]), "draw")
    assert said(found)[-3:] == [
        "without evidence, and left out: 10 points",
        "left out, since too few sites are drawn to decide: 1.1/site_visit",
        "standards that apply nowhere keep the mean of their peers as it is now: 1",
    ]


def test_what_is_assumed_of_a_survey(tmp_path: Path) -> None:
    answers = [*FEW, *[("q2", "是")] * 5]
    independent = "questions of one questionnaire are taken as independent; standards: 1"
    mean = "questions of one standard were answered by different numbers of people: the mean number is taken"
    assert said(only(asked(tmp_path / "a", answers), "survey"))[1:] == [independent, mean]
    assert said(only(asked(tmp_path / "b", [*FEW, *[("q2", "是")] * 10]), "survey"))[1:] == [independent]
    assert said(only(asked(tmp_path / "c", FEW), "survey"))[1:] == []
    assert said(only(asked(tmp_path / "d", answers, respondents="9"), "survey"))[1:] == [
        "parameters without a source are assumed: people asked in the coming survey 9 people",
        independent,
    ]
    assert said(only(asked(tmp_path / "e", answers, respondents="9"), "state", "severity"))[1:] == []


def test_the_windows_of_wujiang_are_left_out_openly() -> None:
    told = assumptions(prospect(read_assessment(WUJIANG)))
    assert told[-1].zh == "下列点位既未抽取也未检查，不在预测之内：窗口单位（3 项标准）"


# ------------------------------------------------------------------------------------------- what was learnt


def interval(a: float, b: float) -> list[float]:
    return [float(beta.ppf(tail, a, b)) for tail in (0.05, 0.95)]


def test_rates_with_their_intervals_the_lowest_first(tmp_path: Path) -> None:
    rows = [*AGES, seen("m1", "否", DAY), seen("m2", "否", DAY)]
    found = prospect(case(tmp_path, rows, draw=[{**FIRST, "sites": 2}]))
    held = [row for row in learnt(found) if row.kind == "rate"]
    assert [row.name.en for row in held] == ["1.1 at Main road: rate", "1.1 at Community: rate"]
    assert [row.source.en for row in held] == ["complied: 0 of 2", "complied: 2 of 4"]
    for row, own in zip(held, sorted(found.rates, key=lambda own: own.mean), strict=True):
        assert (row.value, row.n) == (own.mean, own.n)
        assert [row.low, row.high] == pytest.approx(interval(own.a, own.b), abs=1e-9)
    assert len(learnt(found, most=1)) == 1
    assert learnt(only(case(tmp_path / "b", rows), "survey")) == ()  # nothing rests on a rate


def test_a_rate_that_is_borrowed_was_not_learnt(tmp_path: Path) -> None:
    found = prospect(case(tmp_path, AGES, draw=[{**FIRST, "sites": 2}, {**SECOND, "sites": 1}]))
    assert [row.name.en for row in learnt(found)] == ["1.1 at Community: rate"]


def test_sizes_with_their_intervals(tmp_path: Path) -> None:
    rows = [seen("c1", "0.2"), seen("c2", "0.6"), seen("c3", "0"), seen("c4", "0.6")]
    below = [standard(f"1.{n}", "loss", checked_at=[FIRST]) for n in (1, 2)]
    rows += [seen("c1", "0.5", code="1.2"), seen("c2", "0.5", code="1.2")]
    found = prospect(case(tmp_path, rows, *below))
    (row,) = (row for row in learnt(found) if row.kind == "size")
    mean = 1.4 / 3
    error = np.sqrt(((0.2 - mean) ** 2 + 2 * (0.6 - mean) ** 2) / 3 / 4)
    assert (row.value, row.n) == (pytest.approx(mean), 3)
    assert [row.low, row.high] == pytest.approx([mean - 1.6448536 * error, mean + 1.6448536 * error], abs=1e-6)
    assert row.name.zh == "1.1 · 社区：失分时的平均失分率"
    assert row.source.en == "losses of this standard at this type"


def test_shares_of_a_survey_with_their_intervals(tmp_path: Path) -> None:
    (row,) = learnt(only(asked(tmp_path / "a", FEW), "survey"))
    assert (row.kind, row.n, row.source.en, row.name.zh) == ("survey", 10, "answers: 10", "q1项")
    assert row.value == pytest.approx(7.5 / 11)
    assert [row.low, row.high] == pytest.approx(interval(7.5, 3.5), abs=1e-9)


def test_a_share_of_several_strata_has_their_mean_and_variance(tmp_path: Path) -> None:
    found = only(asked(tmp_path, STRATA), "survey")
    (row,) = learnt(found)
    laws = [beta(a, b) for a, b in found.model.rates.tolist()]
    mean = 0.7 * laws[0].mean() + 0.3 * laws[1].mean()
    variance = 0.49 * laws[0].var() + 0.09 * laws[1].var()
    size = mean * (1 - mean) / variance - 1
    assert (row.value, row.n, row.source.en) == (pytest.approx(mean), 10, "answers: 10, strata: 2")
    assert [row.low, row.high] == pytest.approx(interval(mean * size, (1 - mean) * size), abs=1e-9)


def test_a_half_life_that_is_learnt(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    rows = []
    for site in ("c1", "c2", "c3"):
        good = True
        for week in range(30):
            good = bool(chance.random() < 0.5) if chance.random() < 0.2 else good
            rows.append(seen(site, "是" if good else "否", str(np.datetime64("2016-01-04") + 7 * week)))
    found = prospect(case(tmp_path / "a", rows))
    row = learnt(found)[0]
    own = found.half_life
    assert row == Learnt("half_life", row.name, own.days or 0, own.low or 0, own.high or 0, 87, row.source)
    assert row.source.en == f"pairs of checks: 87, of which changed: {own.changed}"
    assert not [sentence for sentence in said(found) if "half-life" in sentence]
    stated = prospect(case(tmp_path / "b", rows, forecast={"state": {"half_life": "9"}}))
    assert "half_life" not in {row.kind for row in learnt(stated)}


def test_two_questions_come_with_the_lowest_first(tmp_path: Path) -> None:
    answers = [*[("q1", "是")] * 9, *[("q2", "否")] * 9]
    held = learnt(only(asked(tmp_path, answers), "survey"))
    assert [row.name.zh for row in held] == ["q2项", "q1项"]
