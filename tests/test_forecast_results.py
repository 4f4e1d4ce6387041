"""A forecast as JSON and in a terminal: its numbers are the result's, and nothing simulated reads as certain."""

import json
import re
from dataclasses import replace

import pytest
from builders import assessment_of, content_of, indicator, standard
from test_forecasting import AT, SITES, observed

from evalsys.forecast_results import assumed, forecast_json, forecast_text
from evalsys.forecasting import forecast
from evalsys.model import PARTS

KEYS = [
    *("schema", "instrument", "place", "round", "inspection_date", "evidence_hash", "full_marks", "pass_mark"),
    *("barred", "score"),
    *("engine", "why_not_exact", "seed", "draws", "mean", "mean_error", "sd", "quantiles"),
    *("chance", "chance_error", "chance_bounds", "chance_given_severity", "variance_shares"),
    *("parameters", "assumed", "notes"),
]
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


def assessment(folder, points, combine):
    """Two standards at two types of sites, two of six drawn; below a cap there is no exact law."""
    first = indicator("1", 4, [standard("1.1", points=points, checked_at=AT)], combine=combine)
    content = content_of([first, indicator("2", 6, [standard("1.2", points=6, checked_at=AT)])], 10)
    draw = [{"site_type": kind, "sites": "2"} for kind in ("community", "main-road")]
    settings = {"inspection_date": "2026-06-01", "frame": "complete", "draw": draw, "pass_mark": "90%"}
    return assessment_of(folder, content, observed(("1.1", "1.2")), settings, sites=SITES)


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    return forecast(assessment(tmp_path_factory.mktemp("law"), 4, "sum"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return forecast(assessment(tmp_path_factory.mktemp("drawn"), 5, "cap"), draws=1_000, seed=7)


@pytest.fixture(scope="module")
def bare(law):
    """The same without a pass mark."""
    read = law.prospect.score.assessment
    return forecast(replace(read, settings=replace(read.settings, pass_mark=None)))


# ---------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("kind", ["law", "drawn", "bare"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_keys_and_numbers_of_the_json(request, kind, lang):
    found = request.getfixturevalue(kind)
    said = json.loads(forecast_json(found, lang), parse_constant=lambda word: pytest.fail(word))
    assert list(said) == KEYS
    assert said["schema"] == 1
    assert (said["mean"], said["sd"], said["chance"], said["chance_error"]) == (
        found.mean,
        found.sd,
        found.chance,
        found.chance_error,
    )
    assert list(said["quantiles"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert list(said["quantiles"].values()) == [points for _, points in found.quantiles]
    assert (said["engine"], said["seed"], said["draws"]) == (found.engine, found.seed, found.draws)
    assert said["full_marks"] == {"exact": "10", "value": 10.0}
    assert said["inspection_date"] == "2026-06-01"
    assert re.fullmatch("[0-9a-f]{64}", said["evidence_hash"])
    assert [one["part"] for one in said["variance_shares"]] == list(PARTS)
    assert sum(one["share"] for one in said["variance_shares"]) == pytest.approx(1)
    for one in said["parameters"]:
        assert set(one) == {"key", "name", "value", "unit", "default", "status", "source"}
    assert said["assumed"] == [text.say(lang) for text in assumed(found)]
    assert len(said["assumed"]) == len(set(said["assumed"]))


def test_the_language_changes_words_alone(law):
    zh, en = (json.loads(forecast_json(law, lang)) for lang in ("zh", "en"))
    for key in KEYS:
        if key not in ("parameters", "assumed", "notes", "why_not_exact"):
            assert zh[key] == en[key]
    assert [(one["key"], one["value"]) for one in zh["parameters"]] == [
        (one["key"], one["value"]) for one in en["parameters"]
    ]
    assert CHINESE.search("".join(zh["assumed"]))


def test_what_cannot_be_known_is_null(bare):
    said = json.loads(forecast_json(bare, "en"))
    assert (said["pass_mark"], said["chance"], said["chance_error"], said["chance_bounds"]) == (None,) * 4
    assert said["chance_given_severity"] == []


def test_severity_adds_up_to_the_chance(law):
    by = json.loads(forecast_json(law, "zh"))["chance_given_severity"]
    assert sum(one["weight"] for one in by) == pytest.approx(1)
    assert sum(one["weight"] * one["chance"] for one in by) == pytest.approx(law.chance)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_why_it_is_not_exact_stands_with_its_leaves(drawn, lang):
    said = json.loads(forecast_json(drawn, lang))
    assert said["why_not_exact"]
    assert {leaf for one in said["why_not_exact"] for leaf in one["leaves"]} == {"1.1/site_visit", "1.2/site_visit"}
    assert all(bool(CHINESE.search(one["reason"])) is (lang == "zh") for one in said["why_not_exact"])


# ------------------------------------------------------------------------------------------------------ terminal


@pytest.mark.parametrize(
    ("lang", "engine", "chance"),
    [("zh", "算法：精确分布", "达到目标线 9 分的可能："), ("en", "Engine: exact law", "the pass mark of 9 points: ")],
)
def test_the_terminal_has_the_numbers_of_the_law(law, lang, engine, chance):
    said = forecast_text(law, lang)
    held = dict(law.quantiles)
    for value in (law.mean, held[0.05], held[0.95], float(law.prospect.score.value)):
        assert f"{value:.2f}" in said
    assert f"{chance}{100 * law.chance:.0f}%" in said
    for times in (-1, 0, 1):
        assert f"{100 * law.at_severity(times)[0]:.0f}%" in said
    assert engine in said
    assert "±" not in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_tells_error_seed_and_reason_of_a_simulation(drawn, lang):
    said = forecast_text(drawn, lang)
    assert f"{100 * drawn.chance:.1f}% ± {200 * drawn.chance_error:.1f}%" in said
    assert re.search(r"1,000.* 7$", said, re.M)
    assert "(1.1 1.2)" in said
    if lang == "en":
        lines = [line for line in said.splitlines() if line.startswith("No exact law")]
        assert len(lines) == len(drawn.why_not)
        assert not CHINESE.search("".join(lines))


def test_a_simulated_certainty_does_not_read_as_one(drawn):
    sure = replace(
        drawn, chance=1.0, chance_error=0.0, severity=tuple((z, w, 1.0, 0.0) for z, w, _, _ in drawn.severity)
    )
    for lang in ("zh", "en"):
        said = "\n".join(forecast_text(sure, lang).splitlines()[1:3])
        assert "100%" not in said
        assert said.count(">99.7%") == 4  # 3 in 1000 draws; strict, usual, lenient


@pytest.mark.parametrize(("lang", "said"), [("zh", "未设目标线，不计达标可能。"), ("en", "No pass mark is set")])
def test_the_terminal_without_a_mark(bare, lang, said):
    text = forecast_text(bare, lang)
    assert said in text
    assert "None" not in text


def test_reasons_beyond_three_are_counted(drawn):
    for count, words in ((3, ""), (4, "1 more reason:"), (6, "3 more reasons:")):
        said = forecast_text(replace(drawn, why_not=drawn.why_not[:1] * count), "en")
        assert said.count("No exact law: ") == 3
        assert ("see --format json" in said) is bool(words)
        assert words in said


def test_every_assumption_is_listed_once(law):
    for lang, label in (("zh", "假定："), ("en", "Assumed: ")):
        lines = [line for line in forecast_text(law, lang).splitlines() if line.startswith(label)]
        assert [line.removeprefix(label) for line in lines] == [text.say(lang) for text in assumed(law)]
        assert len(lines) == len(set(lines)) > 0
