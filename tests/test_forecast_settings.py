"""What an assessment says of the forecast, and which sites its draw may take."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import assessment_of, content_of, indicator, standard, text

from evalsys.draws import Stratum, forecast_faults, populations
from evalsys.evidence import Assessment, read_assessment
from evalsys.faults import InputFaults
from evalsys.forecast_settings import ForecastSettings
from evalsys.language import LANGUAGES, Text
from evalsys.model import PARTS
from evalsys.schema import decimal
from evalsys.sharing import Shared

PAGE = Path(__file__).parents[1] / "docs" / "evidence-format.md"
QUESTIONS = [
    {"id": name, "text": text("问"), "options": ["是", "否"], "satisfied": ["是"]} for name in ("q1", "q2", "q3")
]
EVENTS = [
    {"code": code, "name": text("事"), "effect": {"deduct": "3"}, "source": {"row": code}} for code in ("G15", "G16")
]
CONTENT = content_of(
    [
        indicator(
            "1",
            10,
            [
                standard("1.1", checked_at=[{"site_type": "community"}, {"site_type": "main-road"}], points=4),
                standard("1.2", "share", 3, ("survey",), questions=QUESTIONS[:2]),
                standard("1.3", "share", 3, ("survey",), questions=QUESTIONS[2:]),
            ],
        )
    ],
    10,
    negative_list=EVENTS,
)
SITES = [
    {"site_id": f"c{place}", "site_type": "community", "name": f"社区{place}", "area": area}
    for place, area in enumerate(["西街", "东街", "西街", ""], 1)
]
ROW = {"standard": "1.1", "site_id": "c1", "value": "0.1"}


def read(folder: Path, forecast: Any = None, content: dict = CONTENT, **more: Any) -> Assessment:
    """Read an assessment with these settings of the forecast."""
    settings = {"forecast": forecast, "inspection_date": "2016-09-01", **more.pop("settings", {})}
    return assessment_of(folder, content, [ROW], settings, **{"sites": SITES, **more})


def drawn(folder: Path, *entries: Mapping[str, Any], **more: Any) -> tuple[Stratum, ...]:
    settings = {"draw": list(entries), **more.pop("settings", {})}
    return populations(read(folder, settings=settings, **more))


def problems(folder: Path, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputFaults) as caught:
        read(folder, **more)
    return [(fault.problem, fault.value) for fault in caught.value.faults]


# -- parameters


def test_nothing_said_is_every_default(tmp_path: Path) -> None:
    found = read(tmp_path).settings.forecast
    assert found.on == {"rates", "severity", "state", "survey", "documents"}
    assert [(own.key, None if own.value is None else str(own.value)) for own in found.parameters] == [
        ("rates.weight", "5"),
        ("severity.sd", "3/10"),
        ("inspector.sensitivity", "1"),
        ("inspector.specificity", "1"),
        ("state.half_life", "60"),
        ("state.unknown_age", "30"),
        ("survey.respondents", None),
        ("survey.deff", None),
        ("survey.population", None),
        ("survey.response", "1"),
        ("survey.coached", "0"),
        ("documents.empty", "1/5"),
        ("documents.drafted", "1/2"),
        ("documents.reviewed", "4/5"),
        ("documents.approved", "19/20"),
        ("documents.closed", "99/100"),
        ("events.G15", "0"),
        ("events.G16", "0"),
    ]
    assert {own.status for own in found.parameters} == {"default"}
    assert found.parameters[: len(ForecastSettings().parameters)] == ForecastSettings().parameters
    assert ForecastSettings().on == found.on


def test_a_report_can_print_every_parameter() -> None:
    for own in ForecastSettings().parameters:
        for lang in LANGUAGES:
            assert own.name.say(lang)
            assert own.unit.say(lang)
        assert own.name.en.isascii()
        assert (own.value is None) == (own.otherwise is not None)
        assert own.part in (*PARTS, "inspector")
        assert own.assumed == (own.value is not None)


def test_a_number_is_given_or_has_a_source(tmp_path: Path) -> None:
    said = {
        "state": {"half_life": {"value": "45", "source": {"zh": "巡查记录", "en": "patrols"}}, "unknown_age": "0"},
        "severity": {"sd": {"value": "0.25"}},
        "inspector": {"sensitivity": {"value": "90%", "source": "抽查"}},
        "survey": {"respondents": "400", "deff": "1.5", "population": "400"},
        "documents": {"drafted": "1/3"},
        "events": {"G16": {"value": "0.05", "source": "2010-2015"}},
    }
    found = read(tmp_path, said).settings.forecast
    stated = {own.key: (own.value, own.status, own.source) for own in found.parameters if own.status != "default"}
    assert stated == {
        "state.half_life": (45, "sourced", Text("巡查记录", "patrols")),
        "state.unknown_age": (0, "given", None),
        "severity.sd": (Fraction(1, 4), "given", None),
        "inspector.sensitivity": (Fraction(9, 10), "sourced", Text("抽查", "抽查")),
        "survey.respondents": (400, "given", None),
        "survey.deff": (Fraction(3, 2), "given", None),
        "survey.population": (400, "given", None),
        "documents.drafted": (Fraction(1, 3), "given", None),
        "events.G16": (Fraction(1, 20), "sourced", Text("2010-2015", "2010-2015")),
    }
    assert {own.key for own in found.parameters if own.assumed and own.status != "default"} == {
        *("state.unknown_age", "severity.sd", "survey.respondents", "survey.deff", "survey.population"),
        "documents.drafted",
    }
    assert found.parameter("severity.sd").default == Fraction(3, 10)
    assert found.value("survey.respondents") == 400
    assert found.values("survey") == {
        "respondents": 400,
        "deff": Fraction(3, 2),
        "population": 400,
        "response": 1,
        "coached": 0,
    }
    assert found.values("events") == {"G15": 0, "G16": Fraction(1, 20)}
    with pytest.raises(KeyError):
        found.value("severity.mean")


def test_the_limits_themselves_are_allowed(tmp_path: Path) -> None:
    said = {
        "severity": {"sd": "0"},
        "rates": {"weight": "0"},
        "inspector": {"sensitivity": "0", "specificity": "1"},
        "survey": {"respondents": "1", "deff": "1", "response": "1", "coached": "1"},
        "documents": {"empty": "0", "closed": "1"},
        "events": {"G15": "0"},
    }
    found = read(tmp_path, said).settings.forecast
    assert (found.value("severity.sd"), found.value("survey.deff"), found.value("survey.coached")) == (0, 1, 1)
    assert "events" not in found.on  # an event that is expected 0 times cannot happen
    found = read(tmp_path, {"severity": {"sd": "10"}, "events": {"G15": "0"}}, settings={"inspection_date": None})
    assert found.settings.forecast.value("severity.sd") == 10


@pytest.mark.parametrize(
    ("said", "problem", "value"),
    [
        ({"severity": {"sd": "10.1"}}, "out_of_range", "10.1"),
        ({"state": {"half_life": "lern"}}, "bad_number", "lern"),
        ({"survey": {"respondents": "20", "deff": "21"}}, "out_of_range", "21"),
        ({"survey": {"population": "0"}}, "out_of_range", "0"),
        ({"documents": ["0.2"]}, "bad_value", "[...]"),
        ({"events": {"G15": "5%"}}, "bad_number", "5%"),
        ({"draw": "yes"}, "bad_value", "yes"),
        ("off", "wrong_type", "off"),
    ],
)
def test_what_is_refused(tmp_path: Path, said: Any, problem: str, value: str) -> None:
    assert problems(tmp_path, forecast=said) == [(problem, value)]


def test_events_are_not_known_where_the_instrument_has_none(tmp_path: Path) -> None:
    plain = {key: value for key, value in CONTENT.items() if key != "negative_list"}
    assert problems(tmp_path, forecast={"events": {"G15": "0.1"}}, content=plain) == [("unknown_code", "G15")]


# -- parts on and off


def test_parts_are_switched_off_in_the_file(tmp_path: Path) -> None:
    draw = {"draw": [{"site_type": "community", "sites": 2}]}
    rates = {"events": {"G15": "0.5"}}
    assert read(tmp_path, rates, settings=draw).settings.forecast.on == {*PARTS}
    assert read(tmp_path, {"draw": "on", "severity": "on"}, settings=draw).settings.forecast.on == {*PARTS} - {"events"}
    for part in PARTS:
        found = read(tmp_path, {**rates, part: "off"}, settings=draw).settings.forecast
        assert found.on == {*PARTS} - {part}
        assert [own.key for own in found.parameters][:-2] == [own.key for own in ForecastSettings().parameters]
    found = read(tmp_path, {**dict.fromkeys(PARTS, "off"), "inspector": "off"}, settings=draw).settings.forecast
    assert found.on == frozenset()


def test_an_instrument_may_state_the_draw(tmp_path: Path) -> None:
    content = {**CONTENT, "draw": [{"site_type": "community", "sites": "3"}]}
    assert "draw" in read(tmp_path, content=content).settings.forecast.on
    assert "draw" not in read(tmp_path, {"draw": "off"}, content=content).settings.forecast.on


def test_parts_are_switched_off_by_a_program() -> None:
    found = ForecastSettings(frozenset(PARTS))
    assert found.with_off(["draw", "state"]).on == {*PARTS} - {"draw", "state"}
    assert found.with_off([]) == found
    assert found.only(["draw", "state"]).with_off(["state"]).on == {"draw"}
    assert found.with_off(["draw"]).only(["draw"]).on == frozenset()
    for call in (found.with_off, found.only):
        with pytest.raises(InputFaults) as caught:
            call(["severty"])
        assert [(fault.problem, fault.nearest) for fault in caught.value.faults] == [("unknown_name", "severity")]


def test_a_half_life_is_learnt_unless_one_is_stated(tmp_path: Path) -> None:
    for said in (None, {"state": {"half_life": "learn"}}, {"state": "on"}):
        found = read(tmp_path, said).settings.forecast
        assert (found.learns_half_life, found.value("state.half_life")) == (True, 60)
    assert not read(tmp_path, {"state": {"half_life": "60"}}).settings.forecast.learns_half_life
    learnt = found.with_learnt({"state.half_life": Fraction(41)})
    own = learnt.parameter("state.half_life")
    assert (own.value, own.status, own.default, own.assumed, learnt.learns_half_life) == (
        41,
        "learnt",
        60,
        False,
        False,
    )
    assert [a for a, b in zip(learnt.parameters, found.parameters, strict=True) if a != b] == [own]
    sourced = read(tmp_path, {"rates": {"weight": {"value": "2", "source": "x"}}}).settings.forecast
    assert sourced.with_learnt({"rates.weight": Fraction(3)}).parameter("rates.weight").source is None
    with pytest.raises(KeyError):
        found.with_learnt({"half_life": Fraction(41)})


# -- the strata of a draw (sites by id: c1 西街, c2 东街, c3 西街, c4 without an area)


def test_a_partial_list_is_taken_for_all_and_it_is_said(tmp_path: Path) -> None:
    (found,) = drawn(tmp_path, {"site_type": "community", "sites": 4, "must_visit": ["c3", "c1"]})
    assert found == Stratum("community", None, 4, (0, 1, 2, 3), 4, (0, 2), "assumed", None)
    assert (found.unlisted, found.assumed, found.basis.zh[-4:]) == (0, True, "（假定）")


def test_a_complete_list_is_all(tmp_path: Path) -> None:
    entry = {"site_type": "community", "sites": 1}
    for own in (entry, {**entry, "population": 4, "population_source": "x"}):
        (found,) = drawn(tmp_path, own, settings={"frame": "complete"})
        assert (found.population, found.status, found.source, found.assumed) == (4, "complete", None, False)


def test_a_population_that_is_given(tmp_path: Path) -> None:
    entry = {"site_type": "community", "sites": 6, "population": 20}
    (found,) = drawn(tmp_path, entry)
    assert (found.population, found.unlisted, found.status, found.assumed) == (20, 16, "given", True)
    (found,) = drawn(tmp_path, {**entry, "population_source": {"zh": "民政局", "en": "register"}})
    assert (found.status, found.assumed, found.basis) == ("given", False, Text("民政局", "register"))
    (found,) = drawn(tmp_path, {"site_type": "main-road", "sites": 2, "population": 2})
    assert found == Stratum("main-road", None, 2, (), 2, (), "given", None)


def test_each_area_is_a_stratum(tmp_path: Path) -> None:
    found = drawn(tmp_path, {"site_type": "community", "sites": 1, "area": "each", "must_visit": ["c3"]})
    assert [(own.area, own.sites, own.population, own.drawn, own.must_visit) for own in found] == [
        ("东街", (1,), 1, 1, ()),
        ("西街", (0, 2), 2, 1, (2,)),
        (None, (3,), 1, 1, ()),
    ]
    found = drawn(tmp_path, {"site_type": "community", "sites": 3, "area": "each", "population": 7})
    assert [(own.area, own.population, own.unlisted) for own in found] == [("东街", 7, 6), ("西街", 7, 5), (None, 7, 6)]


def test_areas_without_a_listed_site_come_from_the_register(tmp_path: Path) -> None:
    areas = [{"area": "东街"}, {"area": "西街"}]
    entry = {"site_type": "main-road", "sites": 1, "area": "each"}
    found = drawn(tmp_path, {**entry, "population": 2}, areas=areas)
    assert [(own.area, own.sites, own.population) for own in found] == [("东街", (), 2), ("西街", (), 2)]
    said = problems(tmp_path, settings={"draw": [entry]}, areas=areas)
    assert said == [("draw_without_sites", "main-road (each)")]


def test_areas_by_name(tmp_path: Path) -> None:
    entry = {"site_type": "community", "sites": 1}
    found = drawn(tmp_path, {**entry, "area": "西街", "sites": 2}, {**entry, "area": "北街", "population": 3})
    assert [(own.area, own.sites, own.population) for own in found] == [("西街", (0, 2), 2), ("北街", (), 3)]


def test_a_draw_of_the_assessment_stands_for_its_types(tmp_path: Path) -> None:
    stated = [{"site_type": "main-road", "sites": "2"}, {"site_type": "community", "sites": "all"}]
    content = {**CONTENT, "draw": stated}
    found = drawn(tmp_path, {"site_type": "main-road", "sites": 3, "population": 9}, content=content)
    assert [(own.site_type, own.drawn, own.population) for own in found] == [("main-road", 3, 9), ("community", 4, 4)]
    assert populations(read(tmp_path, content=CONTENT)) == ()


def test_a_draw_of_the_instrument_that_does_not_fit_is_a_fault_of_the_forecast_only(tmp_path: Path) -> None:
    stated = [{"site_type": "main-road", "sites": "2"}, {"site_type": "community", "sites": "5"}]
    content = {**CONTENT, "draw": stated}
    found = read(tmp_path, content=content)
    faults = forecast_faults(found)
    assert [(fault.problem, fault.file, fault.value, fault.allowed) for fault in faults] == [
        ("draw_without_sites", "sites.csv", "main-road", ""),
        ("draw_exceeds_listed", "sites.csv", "community: 5", "<= 4"),
    ]
    with pytest.raises(InputFaults) as caught:
        populations(found)
    assert set(caught.value.faults) == set(faults)
    assert forecast_faults(read(tmp_path, {"draw": "off"}, content=content)) == []


@pytest.mark.parametrize("more", [{}, {"area": "each"}, {"population": 2}])
def test_a_site_that_could_not_be_read_is_not_called_missing(tmp_path: Path, more: dict[str, Any]) -> None:
    sites = [{**SITES[0], "site_type": "comunity"}]
    settings = {"frame": "complete", "draw": [{"site_type": "community", "sites": 1, **more}]}
    assert problems(tmp_path, settings=settings, sites=sites) == [("unknown_name", "comunity")]


def test_an_area_that_is_not_registered_is_told_once(tmp_path: Path) -> None:
    settings = {"draw": [{"site_type": "community", "sites": 1, "area": "北街"}]}
    areas = [{"area": "东街"}, {"area": "西街"}]
    assert problems(tmp_path, settings=settings, areas=areas) == [("unknown_name", "北街")]


@pytest.mark.parametrize(
    ("areas", "overlap"),
    [
        (("东街", "西街"), ""),
        (("东街", "西街", "东街"), "东街"),
        (("each", "西街"), "西街"),
        (("西街", "each"), "each"),
        (("none", "西街"), "西街"),
    ],
)
def test_a_site_is_in_one_stratum_only(tmp_path: Path, areas: tuple[str, ...], overlap: str) -> None:
    draw = [{"site_type": "community", "sites": 1, "area": area} for area in areas]
    if overlap:
        found = problems(tmp_path, settings={"draw": draw})
        assert found == [("draw_overlaps", f"community ({overlap})")]
    else:
        assert len(drawn(tmp_path, *draw)) == len(areas)


def test_sites_of_another_assessment_may_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared facts bring their sites with them: the draw is checked once those are there, still at its line."""
    fact = Shared("fact", Text("事实", "fact"), (("theirs", "1.1"), ("test", "1.1")))
    monkeypatch.setattr("evalsys.sharing.shared_facts", lambda: (fact,))
    read(tmp_path / "own/other", content={**CONTENT, "id": "theirs"})
    row = {"standard": "1.2", "value": "9/10"}
    settings = {"shares": "other", "draw": [{"site_type": "community", "sites": 1}]}
    (found,) = populations(assessment_of(tmp_path / "own", CONTENT, [row], settings))
    assert (found.population, found.sites) == (1, (0,))
    settings["draw"] = [{"site_type": "community", "sites": 2}]
    with pytest.raises(InputFaults) as caught:
        assessment_of(tmp_path / "own", CONTENT, [row], settings)
    assert [(fault.problem, fault.row is None) for fault in caught.value.faults] == [("draw_exceeds_listed", False)]


# -- questions without answers


def answers(*questions: str) -> list[dict[str, str]]:
    rows = [{"respondent": str(place), "question": name, "answer": "是"} for place, name in enumerate(questions, 1)]
    return [*rows, {"respondent": "99", "question": "q1", "answer": ""}]


def unanswered(found: Assessment) -> list[str]:
    assert {fault.problem for fault in forecast_faults(found)} <= {"question_without_answers"}
    return [fault.value for fault in forecast_faults(found)]


def test_a_question_without_answers_beside_one_with_answers(tmp_path: Path) -> None:
    assert unanswered(read(tmp_path, responses=answers("q2"))) == ["q1 (1.2)"]
    assert unanswered(read(tmp_path, {"survey": "off"}, responses=answers("q2"))) == []
    assert unanswered(read(tmp_path, responses=answers("q1", "q2"))) == []
    assert unanswered(read(tmp_path, responses=answers())) == []  # no survey at all: not assessed, as in the score


def test_a_survey_that_is_announced_needs_answers_or_a_result(tmp_path: Path) -> None:
    said = {"survey": {"respondents": "400"}}
    assert unanswered(read(tmp_path, said, responses=answers("q1", "q2"))) == ["q3 (1.3)"]
    direct = {"standard": "1.3", "value": "9/10"}
    for row, open_ones in ((direct, []), ({**direct, "round": "r0"}, ["q3 (1.3)"])):
        tables = {"sites": SITES, "responses": answers("q1", "q2")}
        found = assessment_of(tmp_path, CONTENT, [ROW, row], {"forecast": said}, **tables)
        assert unanswered(found) == open_ones


def test_a_standard_that_is_not_scored_needs_no_answers(tmp_path: Path) -> None:
    survey = standard("1.2", "share", None, ("survey",), questions=QUESTIONS, scored="no")
    content = content_of([indicator("1", 10, [standard("1.1", points=10), survey])], 10)
    found = assessment_of(tmp_path, content, [{"standard": "1.1", "value": "0"}], responses=answers("q1"))
    assert unanswered(found) == []


def test_the_message_says_what_to_do(tmp_path: Path) -> None:
    found = InputFaults(forecast_faults(read(tmp_path, responses=answers("q2"))))
    assert found.say("zh") == (
        "发现 1 处错误，未作任何计算：\n  responses.csv [question]：请补录答卷，或在 assessment 中写 "
        "forecast: {survey: off}：这道题没有答卷，无法预测 “q1 (1.2)”"
    )
    assert found.say("en") == (
        "1 fault found, nothing was computed:\n  responses.csv [question]: enter answers, or state "
        "'forecast: {survey: off}': nothing tells how this question would be answered 'q1 (1.2)'"
    )


def test_the_shipped_assessment_has_nothing_to_mend() -> None:
    found = read_assessment("data/wujiang-2016")
    assert forecast_faults(found) == []
    assert {(own.status, own.population == 10 * own.drawn) for own in populations(found)} == {("given", True)}


# -- the page that describes it


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8").partition("### The forecast")[2]
    example = yaml.load(page.partition("```yaml\n")[2].partition("```")[0], yaml.BaseLoader)
    settings = {"draw": [{"site_type": "community", "sites": 2}]}
    found = read(tmp_path, example["forecast"], settings=settings).settings.forecast
    assert found.on == {*PARTS}
    assert {own.key for own in found.parameters if own.status == "default"} == {"events.G16"}


def test_the_page_has_every_key_with_its_default() -> None:
    rows = [
        line.split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `") or "| | `" in line
    ]
    shown = {row[2].strip().strip("`"): row[5].strip() for row in rows if len(row) == 8}
    for own in ForecastSettings().parameters:
        if own.part != "documents":
            said = shown[own.key.partition(".")[2]]
            assert said.split()[-1] == decimal(own.default) if own.default is not None else said, own.key
    ready = ", ".join(decimal(chance) for chance in ForecastSettings().values("documents").values())
    assert shown["empty` ... `closed"] == ready
