"""What units owe: a town by hand, day by day; nothing later is seen; ranks with ties; faults before the work."""

import datetime
from fractions import Fraction as F

import pandas as pd
import pytest
from unit_town import CONTENT, FINDINGS, MATERIALS, RECTIFICATIONS, UNITS, town

from evalsys import card_words, unit_cards
from evalsys.faults import InputFaults
from evalsys.ledger_costs import NO_FORECAST
from evalsys.scoring import score
from evalsys.unit_cards import cards_of, unit_ranks

DAY = datetime.date


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def cards(held):
    return cards_of(held, day="2016-09-02", with_forecast=False)


def card_of(cards, unit):
    return next(card for card in cards.cards if card.unit == unit)


def owed(cards, unit):
    return [(own.kind, own.ident, own.late, own.lost) for own in card_of(cards, unit).owed]


def test_a_unit_owes_what_is_in_hand_overdue_first_and_what_falls_due(cards):
    weekly = ("calendar", "S003.2.4", 0, None)
    # a2 was due on 10 August and came back from the review, h1 was due 7 days after 20 August
    assert owed(cards, "甲街道") == [("finding", "O-a2", 23, F(5, 2)), ("finding", "h1", 6, None), weekly]
    # what awaits review (a3) is not owed; a4 belongs to two units
    assert owed(cards, "乙局") == [weekly, ("finding", "O-a4", 0, F(2)), ("finding", "h2", 0, None)]
    # m1 of September is due on the 5th; q1 is two days over, q2 was done
    assert owed(cards, "丙局") == [
        ("problem", "q1", 2, None),
        weekly,
        ("finding", "O-a4", 0, F(2)),
        ("material", "m1", 0, F(4)),
    ]
    assert owed(cards, "丁局") == [weekly]
    own = card_of(cards, "甲街道").owed
    assert (own[0].where, own[0].returned, own[0].relapse, own[0].since, own[0].due) == (
        "西社区", 1, False, DAY(2016, 8, 3), DAY(2016, 8, 10),
    )  # fmt: skip
    assert (own[1].where, own[1].what.zh, own[1].returned, own[1].relapse) == ("东社区", "楼道堆物", 0, True)
    assert card_of(cards, "乙局").owed[2].where == ""


def test_costs_are_those_of_the_score_with_all_of_it_done(held, cards):
    base = score(held)
    for unit, points, repaired in (
        ("甲街道", F(5, 2), ["a2"]),
        ("乙局", F(2), ["a4"]),
        ("丙局", F(6), ["a4", "C.1/document_review"]),
        ("丁局", F(0), []),
    ):
        cost = card_of(cards, unit).cost
        assert cost.points == points == score(held, repaired=repaired).won - base.won, unit
        assert cost.chance is None
        assert cost.why_none == NO_FORECAST


def test_materials_that_the_cost_takes_as_ready_too_are_named(tmp_path):
    drafted = {"material": "m2", "status": "起草", "unit": "丙局", "month": "2016-09", "drafted_on": "2016-09-01"}
    made = cards_of(town(tmp_path / "town", materials=[MATERIALS[0], drafted]), day="2016-09-02", with_forecast=False)
    own = card_of(made, "丙局")
    assert [each.ident for each in own.owed if each.kind == "material"] == ["m1"]  # m2 waits for the office
    assert own.beside == ("m2",)
    assert "含不在本单的 1 份" in card_words.beside(made, own, "zh")
    assert card_of(made, "甲街道").beside == ()


def test_record_ranks_letter_and_ladders(cards):
    own = card_of(cards, "甲街道")
    # a1, a2, h1 found; a1 put right in time, a2 two days late; a1 verified, a2 returned; h1 is a1 again
    assert own.done == {
        "new": 3, "fixed": 2, "in_time": 1, "returned": 1, "verified": 1, "in_hand": 2, "awaiting": 0, "overdue": 2,
        "relapses": 1,
    }  # fmt: skip
    assert own.rate == F(1, 2)
    assert (own.by_points.rank, own.by_points.of, own.by_points.tied) == (1, 4, ())
    assert (own.by_overdue.rank, own.by_overdue.of, own.by_overdue.score) == (1, 3, F(1))
    second, third, last = (card_of(cards, unit) for unit in UNITS[1:])
    assert (second.by_points.rank, second.by_points.tied, third.by_points.rank) == (2, ("丙局",), 2)
    assert (last.by_points.rank, last.by_overdue.rank, last.rate) == (4, None, None)
    assert (second.done["awaiting"], second.rate) == (1, F(1))
    assert [card.letter.state for card in cards.cards] == ["signed", "signed", "unsigned", "unsigned"]
    # overdue at the end of three weeks; exposed by the media once
    assert [(p.ladder.counts, p.subject) for p in own.proposals] == [("overdue", "甲街道")]
    assert [p.ladder.counts for p in second.proposals] == ["exposure"]


def test_nothing_later_than_the_day_is_seen(held):
    early = cards_of(held, day="2016-08-16", with_forecast=False)
    # returned on the 15th, so in hand again and 6 days late; h1, h2, a4 were not found yet; a3 has one more day, and
    # bears the loss of its leaf alone
    assert [own for own in owed(early, "甲街道") if own[0] == "finding"] == [("finding", "O-a2", 6, F(5, 2))]
    assert [own for own in owed(early, "乙局") if own[0] == "finding"] == [
        ("finding", "O-a3", 0, F(2))
    ]  # a4, with which it shares its leaf, is not seen yet
    fixed = cards_of(held, day="2016-08-14", with_forecast=False)
    assert [own for own in owed(fixed, "甲街道") if own[0] == "finding"] == []  # put right on the 12th
    assert card_of(early, "甲街道").done["relapses"] == 0
    # a material is asked for a month ahead: m1 is due on 5 September
    assert ("material", "m1", 0, F(4)) in owed(early, "丙局")
    assert ("material", "m1", 0, F(4)) not in owed(cards_of(held, day="2016-08-05", with_forecast=False), "丙局")


def test_the_last_day_is_in_time_and_the_next_is_not(held):
    for day, late in (("2016-09-05", 0), ("2016-09-06", 1)):
        own = {ident: days for _, ident, days, _ in owed(cards_of(held, day=day, with_forecast=False), "丙局")}
        assert (own["m1"], own["O-a4"]) == (late, late), day


def test_the_calendar_is_held_against_units_from_the_first_day_of_the_register(tmp_path):
    done = [{"entry": "S003.2.4", "unit": "甲街道", "done_on": "2016-08-16"}]
    cards = cards_of(town(tmp_path, done=done), day="2016-09-02", with_forecast=False)
    own = {unit: [o for o in card_of(cards, unit).owed if o.ident == "S003.2.4"] for unit in UNITS}
    # weeks that end on 21 and 28 August: done once by the first, never by the others; then the next Sunday
    assert [(o.late, o.times, o.due) for o in own["甲街道"]] == [(5, 1, DAY(2016, 8, 28)), (0, 1, DAY(2016, 9, 4))]
    assert [(o.late, o.times, o.due) for o in own["乙局"]] == [(12, 2, DAY(2016, 8, 21)), (0, 1, DAY(2016, 9, 4))]


def test_one_unit_alone_is_the_same_card(held, cards):
    alone = cards_of(held, "乙局", "2016-09-02", False)
    assert [card.unit for card in alone.cards] == ["乙局"]
    assert alone.clear == ()
    one, other = alone.cards[0], card_of(cards, "乙局")
    assert (one.owed, one.done, one.by_points, one.cost) == (other.owed, other.done, other.by_points, other.cost)


def test_chance_is_that_of_the_forecast_and_rises(held):
    with_chance = cards_of(held, day="2016-09-02")
    assert with_chance.found is not None
    assert with_chance.faults == ()
    chances = {card.unit: card.cost.chance for card in with_chance.cards}
    assert chances["丁局"] == 0
    assert 0 < chances["乙局"] < chances["丙局"]
    assert card_of(with_chance, "甲街道").cost.points == F(5, 2)


def test_no_pass_mark_means_points_only(tmp_path):
    cards = cards_of(town(tmp_path, settings={"pass_mark": None}), "甲街道", "2016-09-02")
    assert cards.cards[0].cost.chance is None
    assert cards.cards[0].cost.points == F(5, 2)


def test_units_that_owe_nothing_are_named_and_get_no_card(tmp_path):
    own = CONTENT | {"calendar": []}
    cards = cards_of(town(tmp_path, content=own, settings={"ledger": {}}), day="2016-09-02", with_forecast=False)
    assert cards.clear == ("丁局",)
    assert [card.unit for card in cards.cards] == ["甲街道", "乙局", "丙局"]
    assert len(cards_of(cards.assessment, "丁局", "2016-09-02", False).cards) == 1


def test_without_a_register_units_are_those_that_the_tables_name(tmp_path):
    cards = cards_of(town(tmp_path, units=[]), day="2016-09-02", with_forecast=False)
    assert {card.unit for card in cards.cards} | set(cards.clear) == {"甲街道", "乙局", "丙局"}


def test_due_soon_counts_the_last_of_the_days(held):
    # seen from 29 August, a4 is due in 7 days, on 5 September; the report of the week on the 4th
    cards = cards_of(held, "乙局", "2016-08-29", False)
    assert [(own.ident, (own.due - cards.day).days) for own in cards.cards[0].owed] == [("S003.2.4", 6), ("O-a4", 7)]
    assert card_words.ahead_said(cards, cards.cards[0], "zh").endswith("7 天内到期 2 项，30 天内到期 2 项。")


def test_wrong_unit_and_day_are_faults_before_any_work(held, monkeypatch):
    def never(*args, **more):
        raise AssertionError("work was begun")

    monkeypatch.setattr(unit_cards, "score", never)
    monkeypatch.setattr(unit_cards, "forecast_or_why", never)
    with pytest.raises(InputFaults) as caught:
        cards_of(held, "甲街到")
    assert [(f.problem, f.value, f.nearest) for f in caught.value.faults] == [("unknown_name", "甲街到", "甲街道")]
    for day in ("2016-13-01", "soon", "0216-01-01"):
        with pytest.raises(InputFaults) as caught:
            cards_of(held, day=day)
        assert [(f.problem, f.value) for f in caught.value.faults] == [("bad_date", day)]


def test_no_day_means_the_last_of_the_ledgers_and_empty_ledgers_are_a_fault(held, tmp_path):
    assert cards_of(held, "丁局", with_forecast=False).day == DAY(2016, 9, 2)
    bare = town(tmp_path, observations=[], findings=[], rectifications=[])
    with pytest.raises(InputFaults) as caught:
        cards_of(bare)
    assert [f.problem for f in caught.value.faults] == ["no_ledger_day"]


def test_ranks_share_places_and_leave_out_what_nobody_answers_for():
    rows = pd.DataFrame({"name": ["甲", "", "乙", "丙"], "points": [F(1), F(9), F(2), F(1)]})
    rows["overdue_share"] = [F(1, 3), F(1), None, F(1, 3)]
    by_points, by_share = unit_ranks(rows, ["甲", "丁"])
    assert {name: own.rank for name, own in by_points.items()} == {"乙": 1, "甲": 2, "丙": 2, "丁": 4}
    assert {name: own.rank for name, own in by_share.items()} == {"甲": 1, "丙": 1, "乙": None, "丁": None}
    assert by_share["甲"].of == 2


def test_a_unit_on_a_ladder_has_a_card_though_it_owes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(unit_cards, "due_between", lambda *args: ())
    exposed = {"finding_id": "h3", "site_id": "c1", "standard": "A.1", "found_on": "2016-09-02", "source": "媒体曝光",
               "units": "丁局"}  # fmt: skip
    fixed = [*RECTIFICATIONS, {"finding_id": "h3", "fixed_on": "2016-09-02"}]
    cards = cards_of(town(tmp_path, findings=[*FINDINGS, exposed], rectifications=fixed), with_forecast=False)
    own = card_of(cards, "丁局")
    assert own.owed == ()
    assert [p.ladder.counts for p in own.proposals] == ["exposure"]
    assert cards.clear == ()


def test_materials_stand_as_on_the_day_for_the_score_too(held):
    early = cards_of(held, "乙局", "2016-08-05", False)
    assert early.assessment.materials["status"].tolist() == ["empty", "empty"]
    assert early.result.assessment is early.assessment
    # on the 5th it is still in time, and it was handed in on the 6th
    assert ("material", "m2", 0, F(0)) in owed(early, "乙局")
    assert "m2" not in [ident for _, ident, _, _ in owed(cards_of(held, "乙局", "2016-08-06", False), "乙局")]
