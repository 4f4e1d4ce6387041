"""What a survey says: agreement with the score, chances against scipy, small cells that nobody can work out."""

import itertools
import json
import random
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from builders import assessment_of, content_of, indicator, standard, text, write_yaml
from scipy import stats

from evalsys import survey_words as words
from evalsys.evidence import read_assessment
from evalsys.language import LANGUAGES
from evalsys.scoring import score
from evalsys.survey_cells import Shown, StratumCell, hidden, possible
from evalsys.survey_plans import Bar
from evalsys.survey_results import chance_again, chance_true, survey_result
from evalsys.surveys import estimate

CITY = Path(__file__).parents[1] / "data" / "synthetic-city"
OPTIONS = ["满意", "基本满意", "不满意", "不了解"]


def question(name):
    return {"id": name, "text": text(name), "options": OPTIONS, "satisfied": OPTIONS[:2]}


def survey_standard(code, rule, *names):
    return standard(code, rule, methods=("survey",), questions=[question(name) for name in names])


AT_LEAST = {"threshold": {"at_least": "95", "measure": "%"}}


def made(folder, answers, *standards):
    """Return the assessment of answers ``(question, answer, stratum, weight)`` of people numbered through."""
    rows = [
        {"respondent": person, "question": name, "answer": answer, "stratum": stratum, "weight": weight}
        for person, name, answer, stratum, weight in answers
    ]
    own = standards or (survey_standard("1.1", AT_LEAST, "q1"),)
    return assessment_of(folder, content_of([indicator("1", None, list(own))], 100, "equal"), responses=rows)


def people(*groups):
    """Return answers to q1: groups of ``(how many, answer, stratum, weight)``."""
    number = itertools.count(1)
    return [(next(number), "q1", answer, stratum, weight) for n, answer, stratum, weight in groups for _ in range(n)]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Return score and survey of the synthetic city's answers, without its sixty thousand checks."""
    folder = tmp_path_factory.mktemp("city")
    for name in ("instrument.yaml", "responses.csv"):
        shutil.copy(CITY / name, folder)
    settings = {"instrument": "instrument.yaml", "place": "合成示例市", "round": "M2", "inspection_date": "2025-09-15"}
    write_yaml(folder / "assessment.yaml", settings)
    assessment = read_assessment(folder)
    return score(assessment), survey_result(assessment)


# ------------------------------------------------------------------------------------------------- with the score


def test_every_leaf_agrees_with_the_score(city):
    scored, result = city
    places = scored.assessment.instrument.places
    for own in result.standards:
        leaf = scored.nodes[places[f"{own.code}/survey"]]
        assert (leaf.by, leaf.attainment) == ("responses", own.attainment)
        assert leaf.checks == sum(asked.answers for asked in own.questions)
        assert own.passes is (None if own.rule.kind == "share" else leaf.attainment == 1)
    assert [own.passes for own in result.standards] == [False, False, True, True, None, False]


def test_exactly_at_the_threshold_passes_and_a_hair_below_fails(tmp_path):
    exactly = survey_result(made(tmp_path / "a", people((19, "满意", "", 1), (1, "不满意", "", 1))))
    below = survey_result(made(tmp_path / "b", people((19, "满意", "", 1), (1, "不满意", "", "1.0000001"))))
    assert (exactly.standards[0].share, exactly.standards[0].passes) == (Fraction(19, 20), True)
    assert below.standards[0].passes is False


def test_weights_and_questions_by_hand(tmp_path):
    rows = [
        (1, "q1", "满意", "甲", 3), (2, "q1", "不满意", "乙", 1),
        (1, "q2", "基本满意", "甲", 3), (2, "q2", "不了解", "乙", 1), (3, "q2", "满意", "乙", 2),
        (4, "q1", "", "乙", 1),
    ]  # fmt: skip
    result = survey_result(made(tmp_path, rows, survey_standard("1.1", "share", "q1", "q2", "q3")))
    (own,) = result.standards
    assert [asked.share for asked in own.questions] == [Fraction(3, 4), Fraction(5, 6)]
    assert own.share == own.attainment == (Fraction(3, 4) + Fraction(5, 6)) / 2
    assert own.estimate.share == pytest.approx(float(own.share))
    assert [asked.unanswered for asked in own.questions] == [1, 0]
    assert (result.respondents, result.blank, own.silent, own.passes, own.bar) == (3, 1, ("q3",), None, None)


def test_the_mean_of_two_questions_knows_that_one_person_answered_both(tmp_path):
    rows = [(n, q, "满意" if n <= 50 else "不满意", "", 1) for n in range(1, 101) for q in ("q1", "q2")]
    (own,) = survey_result(made(tmp_path, rows, survey_standard("1.1", AT_LEAST, "q1", "q2"))).standards
    # both say the same: two hundred answers tell no more than a hundred
    assert own.estimate.se == pytest.approx(own.questions[0].estimate.se, rel=1e-6)
    assert own.estimate.deff == pytest.approx(2, rel=0.02)


def test_standards_that_nobody_answered_are_told(tmp_path):
    pair = survey_standard("1.1", AT_LEAST, "q1"), survey_standard("1.2", AT_LEAST, "q2")
    result = survey_result(made(tmp_path, people((20, "满意", "", 1)), *pair))
    assert ([own.code for own in result.standards], result.unasked) == (["1.1"], ("1.2",))
    assert any("1.2" in line for line in words.result_sentences(result, "zh"))


# ------------------------------------------------------------------------------------------------------ chances


def test_chances_against_scipy():
    found = estimate([1] * 186 + [0] * 14, [1] * 200)
    bar = Bar(Fraction(9, 10))
    assert chance_true(found, bar) == pytest.approx(stats.beta.sf(0.9, 186.5, 14.5))
    assert chance_again(found, bar) == pytest.approx(stats.betabinom.sf(179, 200, 186.5, 14.5), rel=1e-9)
    assert chance_true(found, Bar(Fraction(1))) is None
    assert chance_again(found, Bar(Fraction(1))) == pytest.approx(stats.betabinom.pmf(200, 200, 186.5, 14.5), rel=1e-6)


def test_a_design_effect_makes_the_next_sample_less_certain():
    plain, alike = estimate([1] * 186 + [0] * 14, [1] * 200), estimate([1] * 186 + [0] * 14, [1, 5] * 100)
    assert alike.deff > 1.4
    assert chance_again(alike, Bar(Fraction(17, 20))) < chance_again(plain, Bar(Fraction(17, 20)))


# -------------------------------------------------------------------------------------------------- small cells


def test_possible_values_against_listing_them_all():
    rng = random.Random(2)
    for _ in range(200):
        cells = [sorted(rng.sample(range(9), rng.randint(1, 4))) for _ in range(rng.randint(1, 4))]
        totals = rng.sample(range(20), rng.randint(1, 3))
        fitting = [values for values in itertools.product(*cells) if sum(values) in totals]
        values, sums = possible(cells, totals)
        assert values == [{own[place] for own in fitting} for place in range(len(cells))]
        assert sums == {sum(own) for own in fitting}


def small(count):
    return 0 < count < 5


def tells(n, k):
    return small(n) or small(k) or small(n - k)


def fits(value, true, mark, test):
    """Whether a reader who sees the mark, or the number, holds the value possible."""
    return value == true if mark is Shown.YES else test(value) == (mark is Shown.SMALL)


def worked_out(options, good, strata, table):
    """Return what a reader can work out, by listing every survey that would print the same."""
    n, happy = sum(options), sum(c for c, own in zip(options, good, strict=True) if own)
    by_option, by_stratum = {}, {}
    ranges = [[v for v in range(n + 1) if fits(v, c, m, small)] for c, m in zip(options, table.options, strict=True)]
    for found in itertools.product(*ranges):
        if sum(found) == n:
            by_option.setdefault(sum(v for v, own in zip(found, good, strict=True) if own), []).append(found)
    pairs = zip(strata, table.rates, strict=True)
    ranges = [
        [v for v in range(c.answers + 1) if fits(v, c.satisfied, m, lambda v, c=c: tells(c.answers, v))]
        for c, m in pairs
    ]
    whole = sum(c.weight * c.answers for c in strata)
    for found in itertools.product(*ranges):
        gap = sum(c.weight * (v - c.satisfied) for v, c in zip(found, strata, strict=True))
        if table.rate is not Shown.YES or abs(gap) <= 0.00005 * whole:
            by_stratum.setdefault(sum(found), []).append(found)
    totals = [t for t in by_option if t in by_stratum and fits(t, happy, table.rate, lambda v: tells(n, v))]
    assert happy in totals
    ranges = [
        [v for v in range(n + 1) if fits(v, c.answers, m, small)] for c, m in zip(strata, table.strata, strict=True)
    ]
    sizes = [found for found in itertools.product(*ranges) if sum(found) == n]
    known = ["rate"] if table.rate is not Shown.YES and len(totals) < 2 else []
    lines = (
        (table.options, [own for t in totals for own in by_option[t]]),
        (table.rates, [own for t in totals for own in by_stratum[t]]),
        (table.strata, sizes),
    )
    for marks, found in lines:
        known += [m for k, m in enumerate(marks) if m is not Shown.YES and len({own[k] for own in found}) < 2]
    return known


def random_survey(rng):
    sizes = [rng.choice([2, 3, 5, 6, 8, 11]) for _ in range(rng.randint(1, 3))]
    happy = [n if rng.random() < 0.3 else rng.randint(0, n) for n in sizes]
    weights = [rng.choice([1.0, 0.738, 1.238, 2.0]) for _ in sizes]

    def split(total, parts):
        cuts = sorted(rng.randint(0, total) for _ in range(parts - 1))
        return [b - a for a, b in itertools.pairwise([0, *cuts, total])]

    yes, no = rng.randint(1, 2), rng.randint(1, 2)
    options = split(sum(happy), yes) + split(sum(sizes) - sum(happy), no)
    return options, [True] * yes + [False] * no, [StratumCell(*own) for own in zip(sizes, happy, weights, strict=True)]


def test_no_hidden_cell_can_be_worked_out():
    rng, hidden_in_part = random.Random(7), 0
    for _ in range(600):
        options, good, strata = random_survey(rng)
        table = hidden(options, good, strata)
        if table.answers is not Shown.YES:  # nothing of the question is told
            assert {table.rate, *table.options, *table.strata, *table.rates} == {Shown.OTHER}
            continue
        hidden_in_part += table.options.count(Shown.SMALL) > 0
        assert all(mark is not Shown.YES for c, mark in zip(options, table.options, strict=True) if small(c))
        for cell, size, rate in zip(strata, table.strata, table.rates, strict=True):
            assert size is not Shown.YES or not small(cell.answers)
            assert rate is not Shown.YES or not tells(cell.answers, cell.satisfied)
        assert worked_out(options, good, strata, table) == []
    assert hidden_in_part > 50


def test_without_the_second_cell_the_first_would_be_plain():
    options, good, strata = [90, 40, 3, 20], [True, True, False, False], [StratumCell(153, 130)]
    table = hidden(options, good, strata)
    assert [own.value for own in table.options] == ["", "", "<5", "…"]
    bare = [Shown.YES, Shown.YES, Shown.SMALL, Shown.YES]
    values, _ = possible([range(1, 5) if m is Shown.SMALL else [c] for c, m in zip(options, bare, strict=True)], [153])
    assert values[2] == {3}


def test_a_hidden_share_of_a_stratum_takes_others_with_it():
    strata = [StratumCell(50, 47), StratumCell(50, 40), StratumCell(50, 30), StratumCell(50, 45)]
    table = hidden([162, 38], [True, False], strata)
    assert [own.value for own in table.rates] == ["<5", "", "", "…"]
    weighed = [StratumCell(c.answers, c.satisfied, w) for c, w in zip(strata, (0.7, 1.1, 1.3, 0.9), strict=True)]
    assert hidden([162, 38], [True, False], weighed).rates.count(Shown.OTHER) > 1


def test_nothing_is_hidden_where_nothing_is_small():
    table = hidden([50, 30, 20], [True, True, False], [StratumCell(60, 50), StratumCell(40, 30)])
    assert {table.answers, table.rate, *table.options, *table.strata, *table.rates} == {Shown.YES}


def test_hidden_numbers_are_in_no_form_of_the_output(tmp_path):
    rows = people((197, "满意", "甲", 1), (3, "不满意", "甲", 1), (100, "满意", "乙", 1))
    result = survey_result(made(tmp_path, rows))
    (own,) = result.standards
    assert (own.shown, own.passes) == (Shown.SMALL, True)
    secret = {"99.00%", "0.99", "98.50%", "0.985", "3", "197"}
    for lang in LANGUAGES:
        plain = words.result_text(result, lang)
        table = words.result_listing(result, lang).as_csv(lang)
        cells = {
            cell.strip() for line in (plain.replace("  ", ",") + "\n" + table).splitlines() for cell in line.split(",")
        }
        assert not cells & secret
        assert "<5" in cells
        found = json.loads(words.result_json(result, lang))
        held = [row[key] for name in ("standards", "strata", "answers") for row in found[name] for key in row]
        assert not {0.99, 0.985, 3} & set(held)
        assert found["standards"][0]["rate"] == found["standards"][0]["chance_again"] == "<5"
        assert found["standards"][0]["verdict"] == {"zh": "达标", "en": "passes"}[lang]


# ------------------------------------------------------------------------------------------------------- words


def test_words_of_the_city(city):
    _, result = city
    said = words.result_sentences(result, "zh")
    assert "达标 2 项，不达标 3 项，按比率计分 1 项" in said[0]
    assert any("真实率 99%" in line and "581 人" in line and "0.29%" in line for line in said)
    assert any(line.startswith("B1.3 虽然达标") for line in said)
    for lang in LANGUAGES:
        for make in (words.question_listing, words.stratum_listing, words.option_listing, words.result_listing):
            listing = make(result, lang)
            assert {len(row) for row in listing.rows} == {len(listing.columns)}
            assert len(words.marked_text(listing, lang).splitlines()) == len(listing.rows) + 1
    assert len(words.stratum_listing(result, "zh").rows) == 7 * 12
    assert len(words.option_listing(result, "zh").rows) == 2 * 3 + 5 * 4
