"""What the sources say is applied after a total: Jinan 2016, the national frame, S000-4, a river-chief sheet."""

import datetime
from fractions import Fraction as F

import pytest

from evalsys.after_total import Case, Happened, needed_before, settle
from evalsys.instrument_file import load_instrument

FRAME = load_instrument("national-frame-2018")
ASSESSED, APPLIED = datetime.date(2018, 9, 10), datetime.date(2018, 3, 1)
#: Printed in the reports of Jinan (jinan_2016_cycle.csv of the facts); their ranks are quoted, nothing computes them.
JINAN = {
    "raw_2016_score": "94.65",
    "negative_list_deduction": "5",
    "net_2016_score": "89.65",
    "weight_2015": "0.15",
    "weight_2016": "0.25",
    "weight_2017_implied": "0.60",
}


def happened(code, day, confirmed=""):
    return Happened(code, datetime.date.fromisoformat(day), confirmed)


def by_code(settled):
    return [(step.code, step.verdict, step.change, step.action, step.months) for step in settled.steps]


# ------------------------------------------------------------------------------------------------------- Jinan


def test_jinan_2016():
    case = Case("nominated", datetime.date(2016, 12, 31), events=(happened("mayor-breach", "2016-06-01"),))
    found = settle(FRAME, F(JINAN["raw_2016_score"]), case, whole=True)
    assert found.raw - found.value == F(JINAN["negative_list_deduction"])
    assert found.value == F(JINAN["net_2016_score"])
    (step,) = [step for step in found.steps if step.change]
    assert (step.kind, step.code, step.event.date.isoformat()) == ("negative_list", "mayor-breach", "2016-06-01")
    assert step.source == {"clause": "2016 年扣分", "document": "jinan-2016"}
    assert found.bars == ()
    # a published total holds the minors' fifth: nothing is joined, and the gate waits for that score
    assert [(step.code, step.verdict) for step in found.open] == [("minors", "open")]


def test_the_weights_of_the_cycle_are_those_of_the_reports():
    (cycle,) = [m for m in FRAME.mechanisms if m.kind == "cycle"]
    printed = [F(JINAN[key]) for key in ("weight_2015", "weight_2016", "weight_2017_implied")]
    assert [share / sum(cycle.shares) for share in cycle.shares] == printed


# ------------------------------------------------------------------------------------------------ national frame


@pytest.mark.parametrize(
    ("total", "actions"),
    [
        ("80", []),
        ("79.99", [("criticise", None)]),
        ("70", [("criticise", None)]),
        ("69.999", [("criticise", None), ("suspend", 12)]),
    ],
)
def test_below_80_criticised_and_below_70_suspended(total, actions):
    found = settle(FRAME, F(total), Case("holder", ASSESSED), whole=True)
    assert [(step.action, step.months) for step in found.actions] == actions
    assert [step.action for step in found.bars] == [action for action, _ in actions if action == "suspend"]
    assert found.value == F(total)


@pytest.mark.parametrize("standing", ["applicant", "nominated", None])
def test_a_title_that_is_not_held_is_not_suspended(standing):
    found = settle(FRAME, F(60), Case(standing, ASSESSED, APPLIED), whole=True)
    ladders = [step for step in found.steps if step.kind == "ladders"]
    assert [(step.action, step.verdict) for step in ladders] == [("criticise", "applied"), ("suspend", "none")]
    assert found.bars == ()
    assert ("未填称号状态" in ladders[1].why.zh) == (standing is None) == ("no standing" in ladders[1].why.en)


def test_a_total_between_the_marks_after_a_deduction():
    """The ladder looks at the final score: 82 less 3 is criticised."""
    case = Case("nominated", ASSESSED, events=(happened("G15", "2018-05-01"),))
    found = settle(FRAME, F(82), case, whole=True)
    assert (found.value, [step.action for step in found.actions]) == (79, ["criticise"])


def test_g15_suspends_a_holder_and_deducts_nothing():
    case = Case("holder", ASSESSED, events=(happened("G15", "2010-01-01"),))  # no period is laid down for a holder
    found = settle(FRAME, F(90), case, whole=True)
    assert by_code(found)[0] == ("G15", "applied", 0, "suspend", 12)
    assert found.value == 90
    assert [step.code for step in found.bars] == ["G15"]


@pytest.mark.parametrize(
    ("assessed", "day", "deducted"),
    [
        ("2018-09-10", "2018-09-10", 3),  # the day itself
        ("2018-09-10", "2018-09-11", 0),  # after it
        ("2018-09-10", "2017-09-10", 3),  # the same day a year before
        ("2018-09-10", "2017-09-09", 0),  # one day earlier
        ("2020-02-29", "2019-02-28", 3),  # no such day a year before: the last of the month
        ("2020-02-29", "2019-02-27", 0),
        ("2021-02-28", "2020-02-28", 3),
        ("2021-02-28", "2020-02-27", 0),
        ("2021-02-28", "2020-02-29", 3),
    ],
)
def test_g15_takes_3_from_a_nominated_place_within_12_months(assessed, day, deducted):
    case = Case("nominated", datetime.date.fromisoformat(assessed), APPLIED, events=(happened("G15", day),))
    found = settle(FRAME, F(90), case, whole=True)
    assert found.value == 90 - deducted
    step = found.steps[0]
    assert step.verdict == ("applied" if deducted else "none")
    assert ("12 个月" in step.why.zh and "12 months" in step.why.en) == (not deducted)
    assert found.bars == ()


@pytest.mark.parametrize(
    ("day", "barred"), [("2018-03-01", True), ("2018-03-02", False), ("2017-03-01", True), ("2017-02-28", False)]
)
def test_g15_bars_an_applicant_within_12_months_before_the_application(day, barred):
    found = settle(FRAME, F(99), Case("applicant", ASSESSED, APPLIED, events=(happened("G15", day),)), whole=True)
    assert bool(found.bars) == barred
    assert found.value == 99
    assert ("2018-03-01" in found.steps[0].why.en) == (not barred)


@pytest.mark.parametrize(
    ("standing", "zh", "en"),
    [("applicant", "没有申报日期", "the day of the application is not known"),
     ("nominated", "没有测评日期", "the day of the assessment is not known")],
)  # fmt: skip
def test_without_the_day_that_counts_g15_is_open(standing, zh, en):
    days = (ASSESSED, None) if standing == "applicant" else (None, APPLIED)
    found = settle(FRAME, F(90), Case(standing, *days, events=(happened("G15", "2018-01-01"),)), whole=True)
    step = found.steps[0]
    assert (step.verdict, found.value, found.bars) == ("open", 90, ())
    assert zh in step.why.zh
    assert en in step.why.en


def test_without_a_standing_a_place_is_taken_for_nominated_and_that_is_said():
    found = settle(FRAME, F(90), Case(None, ASSESSED, events=(happened("G15", "2018-05-01"),)), whole=True)
    assert found.value == 87
    assert "按提名处理" in found.steps[0].why.zh
    assert "taken for nominated" in found.steps[0].why.en


@pytest.mark.parametrize(("score", "verdict"), [("85", "met"), ("84.99", "not_met"), ("84.9999", "not_met")])
def test_the_gate_of_the_minors_score(score, verdict):
    found = settle(FRAME, F(95), Case("nominated", ASSESSED, scores={"minors": F(score)}))
    (gate,) = [step for step in found.steps if step.kind == "gates"]
    assert gate.verdict == verdict
    assert bool(found.bars) == (verdict == "not_met")
    assert "85 is below 85" not in gate.why.en


@pytest.mark.parametrize(("own", "minors"), [("90", "86"), ("0", "85"), ("100", "100"), ("83.3", "91.7")])
def test_the_minors_score_is_a_fifth_of_the_total(own, minors):
    case = Case("nominated", ASSESSED, scores={"minors": F(minors)})
    found = settle(FRAME, F(own), case)
    assert found.value == F(own) * F(80, 100) + F(minors) * F(20, 100)
    (step,) = [step for step in found.steps if step.kind == "joined"]
    assert "20%" in step.why.zh
    assert "80%" in step.why.zh
    assert "the own score counts 80%" in step.why.en
    assert settle(FRAME, F(own), case, whole=True).value == F(own)


def test_without_the_minors_score_it_waits():
    found = settle(FRAME, F(90), Case("nominated", ASSESSED))
    assert found.value == 90
    assert [(step.kind, step.verdict) for step in found.open] == [("joined", "open"), ("gates", "open")]


def test_what_the_own_score_must_be():
    case = Case("nominated", ASSESSED, scores={"minors": F(90)}, events=(happened("G15", "2018-05-01"),))
    assert needed_before(FRAME, F(85), case) == (85 + 3 - 18) / F("0.8") == F("87.5")
    assert settle(FRAME, F("87.5"), case).value == 85


# ------------------------------------------------------------------------------------------------- other sources

ORGANS = load_instrument("yuhua-organs-2005")


@pytest.mark.parametrize("total", ["0", "60", "100"])
@pytest.mark.parametrize("code", ["V1", "V2", "V4"])
def test_one_veto_of_s000_4_bars_whatever_the_score(code, total):
    found = settle(ORGANS, F(total), Case(events=(happened(code, "2006-01-01"),)))
    (step,) = found.bars
    assert (step.kind, step.code, step.action, step.change, found.value) == ("veto", code, "veto", 0, F(total))
    assert step.source["clause"] == "四5"


@pytest.mark.parametrize("code", ["V3", "V5"])
@pytest.mark.parametrize(("confirmed", "verdict"), [("", "open"), ("yes", "applied"), ("no", "none")])
def test_two_vetoes_of_s000_4_need_a_person(code, confirmed, verdict):
    found = settle(ORGANS, F(99), Case(events=(happened(code, "2006-01-01", confirmed),)))
    (step,) = found.steps
    assert step.verdict == verdict
    assert (len(found.bars), len(found.open)) == (verdict == "applied", verdict == "open")
    assert ("人工" in step.why.zh) == (verdict == "open")


def test_a_veto_that_a_person_has_found_not_to_apply():
    found = settle(ORGANS, F(99), Case(events=(happened("V1", "2006-01-01", "no"),)))
    assert [step.verdict for step in found.steps] == ["none"]


def test_bonuses_of_the_river_chiefs_stop_at_their_caps():
    rivers = load_instrument("river-chief-options")
    days = [happened("B1", "2017-05-02"), happened("B2", "2017-04-01"), happened("B1", "2017-03-01")]
    found = settle(rivers, F(80), Case(events=tuple(days)))
    assert [(step.code, step.event.date.month, step.change) for step in found.steps] == [
        ("B1", 3, 5),
        ("B1", 5, 0),
        ("B2", 4, 5),
    ]
    assert found.value == 90
    assert "已到上限" in found.steps[1].why.zh
    assert "cap" in found.steps[1].why.en
    assert "cap" not in found.steps[0].why.en


def test_a_bonus_is_outside_the_full_marks():
    rivers = load_instrument("river-chief-options")
    found = settle(rivers, rivers.full_marks, Case(events=(happened("B1", "2017-05-02"),)))
    assert found.value == rivers.full_marks + 5
