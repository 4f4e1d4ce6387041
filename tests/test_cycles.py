"""Cycles: what is won, what this year must bring, how likely it is; faults all at once; what a year is for."""

import datetime
import math
import random
from dataclasses import replace
from fractions import Fraction as F

import enumerated
import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import cycles
from evalsys.cycles import RHYTHMS, aim, aims, chance, cycle_settings, needed, phase, standing, total, totals
from evalsys.faults import InputFaults
from evalsys.forecasting import forecast, reforecast
from evalsys.model import Event

SHARES = [F(15), F(25), F(60)]
EARLIER = {2015: F("93.2"), 2016: F("89.65")}
NO_ALARM = 4.5  # |z| of a right program exceeds it with chance 7e-6
AT = [{"site_type": "community", "sites": 2}]


def third(**more):
    return standing(cycle_settings(SHARES, 2015, 2017, EARLIER, **more))


# ------------------------------------------------------------------------------------------------ the standing


def test_the_third_year_in_closed_form():
    now = third()
    assert now.secured == F("13.98") + F("22.4125") == F("36.3925")
    assert (now.known_share, now.share, now.open_share) == (F(2, 5), F(3, 5), 0)
    assert now.mean == F("36.3925") / F("0.4")
    assert (now.least, now.most) == (F("36.3925"), F("96.3925"))
    assert (now.missing, now.later) == ((), ())


def test_shares_of_1_and_of_100_are_the_same_and_three_thirds_are_1():
    tenths = [F("0.15"), F("0.25"), F("0.6")]
    assert cycle_settings(tenths, 2015, 2017, EARLIER) == cycle_settings(SHARES, 2015, 2017, EARLIER)
    assert cycle_settings([F(1, 3)] * 3, 2015, 2015, {}).shares == (F(1, 3),) * 3


def test_a_missing_year_is_told_and_is_not_0():
    now = standing(cycle_settings(SHARES, 2015, 2017, {2016: F(90)}))
    assert now.missing == (2015,)
    assert (now.secured, now.known_share, now.open_share) == (F("22.5"), F("0.25"), F("0.15"))
    assert now.mean == 90  # the mean of what is known, not 90 x .25 / .40
    assert (now.least, now.most) == (F("22.5"), F("97.5"))


def test_no_year_yet():
    now = standing(cycle_settings(SHARES, 2015, 2015, {}))
    assert (now.secured, now.mean, now.least, now.most, now.later) == (0, None, 0, 100, (2016, 2017))


@pytest.mark.parametrize("seed", range(30))
def test_least_and_most_are_those_of_every_way_the_open_years_can_end(seed):
    chosen = random.Random(seed)
    count = chosen.randint(1, 5)
    weights = [chosen.randint(1, 9) for _ in range(count)]
    shares = [F(weight, sum(weights)) for weight in weights]
    year = chosen.randint(0, count - 1)
    earlier = {2000 + n: F(chosen.randint(0, 1000), 10) for n in range(year) if chosen.random() < 0.6}
    adjust = F(chosen.choice((0, 0, -5, 3)))
    now = standing(cycle_settings(shares, 2000, 2000 + year, earlier, adjust=adjust))
    ends = []
    for own in (0, 100):
        net = min(max(own + adjust, F(0)), F(100))
        for other in (0, 100):
            scores = [earlier.get(2000 + n, net if n == year else F(other)) for n in range(count)]
            ends.append(sum((share * score for share, score in zip(shares, scores, strict=True)), F(0)))
    assert (now.least, now.most) == (min(ends), max(ends))


# ---------------------------------------------------------------------------------------------- what is needed


def test_what_the_third_year_needs_by_hand():
    found = needed(third(), F(90))
    assert (found.verdict, found.score) == ("possible", F("53.6075") / F("0.6"))
    assert total(third(), found.score) == 90


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [
        (F("36.3925"), "reached"),  # 0 is enough
        (F("36.3926"), "possible"),
        (F("96.3925"), "possible"),  # full marks just reach it
        (F("96.3926"), "beyond"),
        (F(100), "beyond"),
        (F(0), "reached"),
    ],
)
def test_the_edges_of_what_can_be_reached(wanted, verdict):
    found = needed(third(), wanted)
    assert found.verdict == verdict
    assert found.best == F("96.3925")


def test_with_a_year_to_come_the_same_score_in_both_or_a_stated_level():
    now = standing(cycle_settings(SHARES, 2015, 2016, {2015: F(92)}))
    same = needed(now, F(90))
    assert same.others is None
    assert same.score == (90 - F("13.8")) / F("0.85")
    assert total(now, same.score) == 90
    line = {x: needed(now, F(90), F(x)) for x in (80, 90, 95, 100)}
    assert [line[x].score for x in (90, 95, 100)] == [(F("76.2") - F("0.6") * x) / F("0.25") for x in (90, 95, 100)]
    assert [line[x].verdict for x in (80, 90, 95, 100)] == ["beyond", "possible", "possible", "possible"]
    assert line[80].best == F("13.8") + 25 + 48


@pytest.mark.parametrize("seed", range(40))
def test_the_needed_score_brings_exactly_the_wanted_sum(seed):
    chosen = random.Random(seed)
    year = chosen.randint(0, 2)
    earlier = {2015 + n: F(chosen.randint(600, 1000), 10) for n in range(year) if chosen.random() < 0.7}
    now = standing(cycle_settings(SHARES, 2015, 2015 + year, earlier))
    wanted, others = F(chosen.randint(0, 1000), 10), chosen.choice((None, F(chosen.randint(0, 100))))
    found = needed(now, wanted, others)
    level = found.score if found.others is None else found.others
    assert now.secured + now.share * found.score + now.open_share * level == wanted
    assert (found.verdict == "reached") == (found.score <= 0)
    assert (found.verdict == "beyond") == (found.best < wanted)


def test_a_known_deduction_must_be_earned_first():
    now = third(adjust=F(-5))
    found = needed(now, F(90))
    assert found.score == needed(third(), F(90)).score
    assert found.assessed == found.score + 5
    assert now.most == F("36.3925") + 57
    assert needed(now, F("93.3925")).verdict == "possible"
    assert needed(now, F("93.3926")).verdict == "beyond"  # 95 net is the best that is left
    assert needed(third(adjust=F(2)), F(37)).verdict == "reached"  # the bonus alone brings 1.2
    assert third(adjust=F(2)).most == F("96.3925")  # no bonus goes over full marks


def test_other_full_marks():
    now = standing(cycle_settings([F(1, 2), F(1, 2)], 2020, 2021, {2020: F(36)}, full=F(39)))
    assert needed(now, F(37)).score == 38
    assert now.most == F("37.5")


# ----------------------------------------------------------------------------------------------------- faults


def problems(found):
    return sorted((fault.problem, fault.column) for fault in found.value.faults)


def test_every_fault_of_a_cycle_at_once():
    with pytest.raises(InputFaults) as found:
        cycle_settings([F(15), F(25), F(50)], 2015, 2018, {2014: F(101), 2018: F(80)}, F(120))
    assert problems(found) == [
        ("cycle_shares", "shares"),
        ("not_earlier_year", "earlier"),
        ("not_earlier_year", "earlier"),
        ("out_of_range", "earlier 2014"),
        ("out_of_range", "wanted"),
        ("out_of_range", "year"),
    ]


@pytest.mark.parametrize("shares", [[], [F(0), F(100)], [F(-50), F(150)], [F("0.333")] * 3, [F(2)]])
def test_shares_that_are_no_shares(shares):
    with pytest.raises(InputFaults) as found:
        cycle_settings(shares, 2015, 2015, {})
    assert "cycle_shares" in [fault.problem for fault in found.value.faults]


def test_a_level_outside_the_scale_is_a_fault():
    with pytest.raises(InputFaults) as found:
        needed(third(), F(101), F(-1))
    assert problems(found) == [("out_of_range", "others"), ("out_of_range", "wanted")]


# ----------------------------------------------------------------------------------------------- the forecast


def assessment(folder, **settings):
    """Two standards at three of five sites, every outcome can be listed."""
    below = [standard("1.1", points=60, checked_at=AT), standard("1.2", points=40, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"{n}号"} for n in range(1, 5)]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value}
        for n, value in enumerate(("0", "0.4", "0", "0.2"), 1)
        for code in ("1.1", "1.2")
    ]
    given = {"draw": [{"site_type": "community", "sites": 2}], "frame": "complete", "pass_mark": "80%"}
    given |= {"forecast": {"severity": "off"}, **settings}
    return assessment_of(folder, content_of([indicator("1", 100, below)], 100), rows, given, sites=sites)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    return assessment(tmp_path_factory.mktemp("cycle"))


@pytest.fixture(scope="module")
def law(read):
    found = forecast(read)
    assert found.engine == "exact"
    return found


@pytest.fixture(scope="module")
def true(law):
    """The law in fractions, every outcome listed."""
    return enumerated.law_of(law.prospect.model)


def at_least(true, mark):
    return float(sum(weight for value, weight in true.items() if value >= mark))


def test_the_chance_is_the_enumerated_one_at_between_and_beside_every_value(law, true):
    now = third()
    values = sorted(true)
    assert len(values) > 5
    for value in values[1:]:
        for mark in (value, value - F(1, 10**6), value + F(1, 10**6)):
            need = needed(now, total(now, mark)) if mark <= 100 else None
            if need is None:
                continue
            assert need.assessed == mark
            quick = chance(law, now, need, strict=False)
            assert quick.value == pytest.approx(at_least(true, mark), abs=1e-12)
    value = values[len(values) // 2]
    own = chance(law, now, needed(now, total(now, value)))
    assert own.value == pytest.approx(at_least(true, value), abs=1e-12)
    assert own.forecast.mark == value
    assert (own.error, own.strict) == (0.0, None)


def test_a_known_deduction_lowers_the_chance_as_if_the_mark_were_higher(law, true):
    now = third(adjust=F(-5))
    wanted = total(now, F(80))
    found = chance(law, now, needed(now, wanted), strict=False)
    assert found.value == pytest.approx(at_least(true, 85), abs=1e-12)
    assert found.value < at_least(true, 80)


def test_the_simulated_chance_is_within_its_error(read, true):
    drawn = forecast(read, engine="simulate", draws=4_000, seed=3)
    now = third()
    for mark in (F(76), F(84), F(92)):
        need = needed(now, total(now, mark))
        p = at_least(true, mark)
        assert 0.02 < p < 0.98
        for strict in (False, True):
            found = chance(drawn, now, need, strict=strict)
            assert abs(found.value - p) < NO_ALARM * math.sqrt(p * (1 - p) / drawn.draws)
            assert found.error == pytest.approx(math.sqrt(found.value * (1 - found.value) / drawn.draws))


def test_reached_and_beyond_need_no_forecast(law):
    now = third()
    assert chance(law, now, needed(now, F(30))) == cycles.Chance(1.0, 0.0, None, None)
    assert chance(law, now, needed(now, F(97))) == cycles.Chance(0.0, 0.0, None, None)


def test_the_chance_under_strict_inspectors(tmp_path):
    found = forecast(assessment(tmp_path, forecast={"severity": "on"}))
    now = third()
    own = aim(now, found, total(now, F(84)))
    assert own.chance.strict == own.chance.forecast.at_severity(-1)
    assert own.chance.strict[0] < own.chance.value
    assert aims(now, found, [total(now, F(84))])[0].chance.value == pytest.approx(own.chance.value, abs=1e-9)


def test_a_veto_does_not_reach_it_whatever_the_score(law):
    vetoed = reforecast(law, replace(law.prospect.model, events=(Event("E", 0.25, veto=True),)))
    now = third()
    need = needed(now, total(now, F(84)))
    plain = chance(law, now, need, strict=False).value
    for strict in (False, True):
        assert chance(vetoed, now, need, strict=strict).value == pytest.approx(0.75 * plain, abs=1e-12)


def test_the_distribution_of_the_sum_is_that_of_the_score_moved(law, true):
    now = third()
    found = totals(law, now)
    mean = float(sum(weight * total(now, value) for value, weight in true.items()))
    assert found.mean == pytest.approx(mean, abs=1e-9)
    assert found.mass.sum() == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(found.points) > 0)
    for (share, own), (_, score) in zip(found.quantiles, law.quantiles, strict=True):
        assert own == pytest.approx(float(now.secured) + 0.6 * score), share
    later = standing(cycle_settings(SHARES, 2015, 2016, {2015: F("93.2")}))
    assert totals(law, later, F(90)).mean == pytest.approx(13.98 + 0.25 * law.mean + 54, abs=1e-9)
    assert totals(law, later).mean == pytest.approx(13.98 + 0.85 * law.mean, abs=1e-9)
    assert totals(law, third(adjust=F(-5))).mean == pytest.approx(mean - 3, abs=1e-9)
    bonus = {value: min(value + 15, F(100)) for value in true}  # no bonus goes over full marks
    assert max(true) + 15 > 100
    mean = float(sum(weight * total(now, bonus[value]) for value, weight in true.items()))
    assert totals(law, third(adjust=F(15))).mean == pytest.approx(mean, abs=1e-9)


def test_an_instrument_of_other_full_marks_is_rescaled(tmp_path):
    below = [standard("1.1", points=10, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"{n}号"} for n in (1, 2, 3)]
    rows = [{"standard": "1.1", "site_id": f"s{n}", "value": v} for n, v in ((1, "0"), (2, "0.4"), (3, "0.2"))]
    given = {"draw": [{"site_type": "community", "sites": 2}], "frame": "complete", "forecast": {"severity": "off"}}
    found = forecast(assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows, given, sites=sites))
    now = third()
    own = chance(found, now, needed(now, total(now, F(80))))
    assert own.forecast.mark == 8
    assert own.value == pytest.approx(at_least(enumerated.law_of(found.prospect.model), F(8)), abs=1e-12)
    assert totals(found, now).mean == pytest.approx(float(now.secured) + 0.6 * 10 * found.mean)


# ----------------------------------------------------------------------------------------- what a year is for


def test_odd_and_even_years_of_the_two_year_term():
    rhythm = RHYTHMS["two-year-term"]
    odd, even = phase(2023, rhythm), phase(datetime.date(2026, 8, 1), rhythm)
    assert odd.turn.steps[0].en == "The organs of the last term are commended"
    assert "before July" in odd.turn.steps[1].en
    assert odd.turn.purpose.zh == "表彰上届、受理申报"
    assert (even.year, even.place, even.turn.purpose.zh) == (2026, 2, "评选")
    assert [(year, turn.purpose.en) for year, turn in even.coming] == [
        (2027, "commendation of the last term and application"),
        (2028, "selection"),
    ]
    assert "立即取消称号" in rhythm.always[0].zh
    assert phase(1999, rhythm).place == 1  # before the anchor too


def test_the_yearly_round_has_two_inspections_every_year():
    for year in (2006, 2008, 2031):
        found = phase(year, RHYTHMS["yearly-round"])
        assert sum("检查验收" in step.zh for step in found.turn.steps) == 2
        assert found.coming[0][0] == year + 1


def test_every_third_year_is_judged_overall_and_shares_are_equal():
    rhythm = RHYTHMS["three-year-review"]
    found = [phase(year, rhythm, first_year=2009) for year in range(2009, 2016)]
    assert [one.place for one in found] == [1, 2, 3, 1, 2, 3, 1]
    assert ["总评" in one.turn.purpose.zh for one in found] == [False, False, True, False, False, True, False]
    assert "三年均等" in rhythm.assumed.zh
    now = standing(cycle_settings(rhythm.shares, 2009, 2011, {2009: F(90), 2010: F(84)}))
    assert needed(now, F(88)).score == 90


def test_a_period_must_begin_somewhere():
    with pytest.raises(InputFaults) as found:
        phase(2011, RHYTHMS["three-year-review"])
    assert problems(found) == [("missing_key", "first_year")]
    with pytest.raises(InputFaults) as found:
        phase(2008, RHYTHMS["three-year-review"], first_year=2009)
    assert problems(found) == [("out_of_range", "year")]
