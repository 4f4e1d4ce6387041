"""Titles: every pair of states, boundary days, objections, and what is proposed but never done by itself."""

import datetime
import itertools
import random

import pytest

from evalsys.applications import Calendar, Circumstances, check_calendar, may_apply
from evalsys.faults import InputFaults
from evalsys.objections import (
    Notice,
    Objection,
    check_naming,
    check_objections,
    naming_barred,
    open_objections,
)
from evalsys.title_words import bar_text, move_text, objection_text, proposal_text, proposed, reasons_text, state_text
from evalsys.titles import (
    APPLYING,
    HOLDING,
    MOVES,
    STATES,
    Move,
    State,
    TimeLimit,
    check_moves,
    histories,
    next_states,
    proposals,
    state_after,
    state_on,
    states_on,
)

DAY = datetime.date
NEW_YEAR, RAISED = DAY(2027, 1, 1), DAY(2027, 5, 12)
#: One way to each state, written by hand.
WAYS = {
    "not_applied": "",
    "applied": "applied",
    "publicised": "applied selected publicised",
    "selected": "applied publicised selected",
    "named": "applied publicised selected named",
    "warned": "applied publicised selected named warned",
    "rectifying": "applied publicised selected named warned rectifying",
    "suspended": "applied publicised selected named suspended",
    "removed": "applied publicised selected named removed",
    "expired": "applied publicised selected named expired",
}
#: Where each state may lead, written by hand from the sources.
LEGAL = {
    "not_applied": "applied",
    "applied": "publicised selected not_applied",
    "publicised": "selected named not_applied",
    "selected": "publicised named not_applied",
    "named": "warned rectifying suspended removed expired",
    "warned": "named rectifying suspended removed expired",
    "rectifying": "named suspended removed expired",
    "suspended": "named removed expired",
    "removed": "not_applied",
    "expired": "not_applied",
}


def way(states, candidate="A", first=NEW_YEAR):
    """Return moves through states, one a day."""
    return [
        Move(candidate, to, first + datetime.timedelta(days=n), "decided", "four", n + 2)
        for n, to in enumerate(states.split() if isinstance(states, str) else states)
    ]


def problems(faults):
    return [(fault.problem, fault.row, fault.column) for fault in faults]


# ---------------------------------------------------------------------------------------------------- moves


def test_the_ten_states_of_the_issue():
    assert list(STATES) == list(WAYS)
    assert set(APPLYING) | set(HOLDING) | {"not_applied", "removed", "expired"} == set(STATES)


@pytest.mark.parametrize(("state", "to"), list(itertools.product(STATES, STATES)))
def test_every_pair_of_states(state, to):
    moves = way([*WAYS[state].split(), to])
    legal = to in LEGAL[state].split()
    assert ((state, to) in MOVES) is legal
    faults = check_moves(moves)
    if legal:
        assert faults == []
        assert state_on(moves, "A", DAY(2028, 1, 1)).state == to
    else:
        (fault,) = faults
        assert (fault.problem, fault.row, fault.value) == ("illegal_move", len(moves) + 1, to)
        assert sorted(fault.allowed.split(", ")) == sorted(LEGAL[state].split())
        with pytest.raises(InputFaults):
            state_on(moves, "A", DAY(2028, 1, 1))


@pytest.mark.parametrize("states", ["applied publicised named", "applied selected named"])
def test_nobody_is_named_without_both_notice_and_selection(states):
    (fault,) = check_moves(way(states))
    assert (fault.problem, fault.row, fault.value) == ("illegal_move", 4, "named")
    assert "named" not in fault.allowed


@pytest.mark.parametrize(
    "states",
    [
        "applied publicised selected named",  # S000-4: the applicants are posted, then reviewed
        "applied publicised selected publicised named",  # S000-6: at the start of the year and before naming
        "applied selected publicised named",  # cities: those chosen are posted
    ],
)
def test_one_life_cycle_serves_all_sources(states):
    assert check_moves(way(states)) == []


def test_what_was_passed_before_a_refusal_does_not_count_again():
    moves = way("applied publicised selected not_applied applied selected named")
    assert problems(check_moves(moves)) == [("illegal_move", 8, "to")]


def test_a_table_may_start_anywhere():
    assert check_moves(way("named"), start={"A": "selected"}) == []
    assert problems(check_moves(way("named"), start={"A": "publicised"})) == [("illegal_move", 2, "to")]
    assert check_moves(way("named"), start={"A": "suspended"}) == []
    (fault,) = check_moves([], start={"A": "famous"})
    assert (fault.problem, fault.value) == ("unknown_name", "famous")


def test_all_faults_at_once():
    moves = [
        Move("A", "applied", DAY(2027, 3, 2), " ", "", 2),
        Move("B", "named", DAY(2027, 3, 2), "praised", "four", 3),
        Move("A", "publicized", DAY(2027, 3, 3), "posted", "four", 4),
        Move("A", "publicised", DAY(2027, 3, 1), "posted", "four", 5),
    ]
    assert problems(check_moves(moves, file="moves.csv")) == [
        ("empty_value", 2, "reason"),
        ("empty_value", 2, "clause"),
        ("unknown_name", 4, "to"),
        ("date_order", 5, "on"),
        ("illegal_move", 3, "to"),
    ]
    assert {fault.file for fault in check_moves(moves, file="moves.csv")} == {"moves.csv"}
    assert next(f for f in check_moves(moves) if f.row == 4).nearest == "publicised"
    with pytest.raises(InputFaults) as caught:
        histories(moves)
    assert len(caught.value.faults) == 5


def same_day(*states, start="named"):
    return check_moves(
        [Move("A", to, DAY(2027, 5, 4), "r", "c", n) for n, to in enumerate(states, 2)], start={"A": start}
    )


def test_moves_of_one_day():
    assert same_day("warned", "rectifying") == []
    assert same_day("removed", "not_applied") == []
    assert problems(same_day("removed", "warned")) == [("moves_contradict", 3, "to")]
    assert problems(same_day("warned", "named")) == [("moves_contradict", 3, "to")]
    assert problems(same_day("warned", "warned")) == [("moves_contradict", 3, "to")]
    assert problems(same_day("expired", "applied")) == [("illegal_move", 3, "to")]


def test_the_state_of_a_day_begins_on_the_day_of_the_move():
    moves = way(WAYS["warned"], first=DAY(2027, 1, 30))
    assert [state_on(moves, "A", DAY(2027, 1, 29) + datetime.timedelta(days=n)).state for n in range(7)] == [
        "not_applied", *WAYS["warned"].split(), "warned",
    ]  # fmt: skip
    state = state_on(moves, "A", DAY(2030, 1, 1))
    assert (state.since, state.reason, state.clause, state.row) == (DAY(2027, 2, 3), "decided", "four", 6)
    assert state.named_on == DAY(2027, 2, 2)
    assert state_on(moves, "nobody", DAY(2027, 2, 2)) == State("nobody", "not_applied")
    found = histories(moves, start={"B": "named"})
    assert states_on(found, DAY(2027, 2, 2)) == {"B": State("B", "named"), "A": state_on(moves, "A", DAY(2027, 2, 2))}


def test_faults_of_others_do_not_hide_a_candidate():
    moves = [*way("applied"), *way("removed", candidate="B")]
    assert state_on(moves, "A", DAY(2027, 1, 1)).state == "applied"


def test_random_walks_are_legal_exactly_where_each_step_is():
    draw = random.Random(5)
    for _ in range(300):
        states = [draw.choice(list(STATES)) for _ in range(draw.randint(1, 3))]
        state, legal = State("A", "named"), True
        for to in states:
            legal = legal and to in next_states(state)
            state = State("A", to)
        applied = any(to in APPLYING for to in states)
        if not applied:  # what was passed is then of no matter
            assert (check_moves(way(states), start={"A": "named"}) == []) is legal


def test_what_an_action_of_the_instrument_leads_to():
    for state in STATES:
        holds, applies = state in HOLDING, state in APPLYING
        assert state_after("veto", state) == ("removed" if holds else "not_applied" if applies else None)
        assert state_after("revoke", state) == state_after("veto", state)
        assert state_after("stop_nomination", state) == ("not_applied" if applies else None)
        assert state_after("suspend", state) == ("suspended" if holds and state != "suspended" else None)
        assert state_after("criticise", state) == ("warned" if state == "named" else None)


# -------------------------------------------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("since", "length", "last"),
    [
        (DAY(2026, 12, 31), {"years": 2}, DAY(2028, 12, 31)),
        (DAY(2028, 2, 29), {"years": 2}, DAY(2030, 2, 28)),
        (DAY(2026, 2, 28), {"years": 2}, DAY(2028, 2, 28)),
        (DAY(2028, 2, 29), {"years": 4}, DAY(2032, 2, 29)),
        (DAY(2027, 8, 31), {"months": 6}, DAY(2028, 2, 29)),
        (DAY(2027, 12, 31), {"months": 12}, DAY(2028, 12, 31)),
        (DAY(2027, 10, 31), {"months": 1}, DAY(2027, 11, 30)),
        (DAY(2027, 12, 15), {"days": 30}, DAY(2028, 1, 14)),
        (DAY(2027, 1, 31), {"months": 1, "days": 1}, DAY(2027, 3, 1)),
        (DAY(2027, 1, 31), {}, None),
    ],
)
def test_the_last_day_of_a_period(since, length, last):
    assert TimeLimit("named", ("expired",), "four", **length).last_day(since) == last


TERM = TimeLimit("named", ("expired",), "term", years=2)
SUSPENSION = TimeLimit("suspended", ("named", "removed"), "suspension", months=12)
RECTIFY = TimeLimit("rectifying", ("named", "removed", "applied"), "ladder", days=30)


def due(moves, day, *limits, start=None):
    return [(p.candidate, p.to, p.last_day) for p in proposals(histories(moves, start=start), day, limits)]


def test_a_term_of_two_years_from_31_december():
    moves = way(WAYS["named"], first=DAY(2026, 12, 28))
    assert due(moves, DAY(2028, 12, 31), TERM) == []
    assert due(moves, DAY(2029, 1, 1), TERM) == [("A", ("expired",), DAY(2028, 12, 31))]


def test_what_is_due_is_proposed_and_nothing_moves():
    moves = way(WAYS["suspended"])
    found = histories(moves)
    before = dict(found)
    assert due(moves, DAY(2028, 1, 5), SUSPENSION) == []
    assert due(moves, DAY(2028, 1, 6), TERM, SUSPENSION) == [("A", ("named", "removed"), DAY(2028, 1, 5))]
    assert proposals(found, DAY(2040, 1, 1), [SUSPENSION])
    assert found == before
    assert state_on(moves, "A", DAY(2040, 1, 1)).state == "suspended"


def test_a_restored_title_keeps_its_term_and_a_new_one_starts_a_new_term():
    restored = [*way(WAYS["suspended"]), Move("A", "named", DAY(2028, 3, 1), "restored", "c", 7)]
    assert due(restored, DAY(2029, 1, 4), TERM) == []
    assert due(restored, DAY(2029, 1, 5), TERM) == [("A", ("expired",), DAY(2029, 1, 4))]
    again = [*way([*WAYS["expired"].split(), "not_applied"]), *way(WAYS["named"], first=DAY(2029, 1, 1))]
    assert due(again, DAY(2031, 1, 4), TERM) == []
    assert due(again, DAY(2031, 1, 5), TERM) == [("A", ("expired",), DAY(2031, 1, 4))]


def test_after_the_term_nothing_else_is_proposed():
    moves = way(WAYS["suspended"])
    assert due(moves, DAY(2029, 1, 6), SUSPENSION, TERM) == [("A", ("expired",), DAY(2029, 1, 4))]


def test_rectification_within_its_limit_and_only_possible_states_are_proposed():
    moves = way(WAYS["rectifying"])
    assert due(moves, DAY(2027, 2, 5), RECTIFY) == []
    assert due(moves, DAY(2027, 2, 6), RECTIFY) == [("A", ("named", "removed"), DAY(2027, 2, 5))]


def test_without_a_day_or_a_limit_a_person_is_asked():
    assert due([], DAY(2027, 1, 1), TERM, start={"A": "named"}) == [("A", ("expired",), None)]
    no_limit = TimeLimit("rectifying", ("named", "removed"), "ladder")
    assert due(way(WAYS["rectifying"]), DAY(2027, 1, 6), no_limit) == [("A", ("named", "removed"), None)]


def test_states_without_the_title_have_nothing_due():
    for state in ("not_applied", *APPLYING, "removed", "expired"):
        assert due(way(WAYS[state]), DAY(2040, 1, 1), TERM, SUSPENSION, RECTIFY) == []


# ---------------------------------------------------------------------------------------------- application

ORGANS = Calendar("四4〈1〉", every=2, applied=1, selected=0, named=1, until=(6, 30))
CITIES = Calendar("round", every=3, applied=2018, skipped=1)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (DAY(2027, 1, 1), ()),
        (DAY(2027, 6, 30), ()),
        (DAY(2027, 7, 1), ("late: applications were taken until 2027-06-30",)),
        (DAY(2028, 6, 30), ("no applications are taken in 2028",)),
        (DAY(2028, 7, 1), ("no applications are taken in 2028",)),
    ],
)
def test_organs_apply_in_odd_years_until_30_june(day, said):
    assert tuple(bar.reason.en for bar in may_apply(State("A", "not_applied"), day, ORGANS)) == said
    assert all(bar.clause == "四4〈1〉" for bar in may_apply(State("A", "not_applied"), day, ORGANS))


def test_the_calendar_of_moves():
    def faults(*steps):
        return problems(
            check_calendar([Move("A", to, day, "r", "c", n) for n, (to, day) in enumerate(steps, 2)], ORGANS)
        )

    first = [("applied", DAY(2027, 6, 30)), ("publicised", DAY(2027, 7, 5)), ("selected", DAY(2028, 11, 1))]
    assert faults(*first, ("named", DAY(2029, 3, 1)), ("suspended", DAY(2029, 9, 1)), ("named", DAY(2030, 9, 1))) == []
    assert faults(*first, ("named", DAY(2028, 12, 1))) == [("outside_season", 5, "on")]
    assert faults(("applied", DAY(2027, 7, 1))) == [("outside_season", 2, "on")]
    assert faults(*first[:2], ("selected", DAY(2027, 11, 1))) == [("outside_season", 4, "on")]
    restored = [Move("A", "named", DAY(2030, 9, 1), "r", "c", 2)]
    assert check_calendar(restored, ORGANS, start={"A": "suspended"}) == []
    assert check_calendar(restored, ORGANS) == []  # not possible at all: that is told by check_moves


@pytest.mark.parametrize(
    ("removed", "day", "may"),
    [
        (DAY(2027, 3, 1), DAY(2027, 6, 1), False),  # the round of 2027 was still open: it is the one sat out
        (DAY(2027, 3, 1), DAY(2029, 6, 1), True),
        (DAY(2027, 8, 1), DAY(2029, 6, 1), False),
        (DAY(2027, 8, 1), DAY(2031, 6, 1), True),
        (DAY(2028, 8, 1), DAY(2029, 6, 1), False),
        (DAY(2028, 8, 1), DAY(2031, 6, 1), True),
    ],
)
def test_a_place_sits_out_the_round_after_its_removal(removed, day, may):
    calendar = Calendar("round", every=2, applied=1, until=(6, 30), skipped=1)
    for state in ("removed", "not_applied"):
        assert (may_apply(State("A", state, removed_on=removed), day, calendar) == ()) is may
    assert may_apply(State("A", "removed", removed_on=removed), DAY(2029, 6, 1), ORGANS) == ()


def test_cities_sit_out_three_years():
    state = State("A", "removed", removed_on=DAY(2019, 3, 20))
    assert [year for year in (2021, 2024, 2027) if not may_apply(state, DAY(year, 3, 1), CITIES)] == [2024, 2027]
    assert may_apply(State("A", "removed", removed_on=DAY(2018, 12, 1)), DAY(2021, 3, 1), CITIES)


def test_applicants_and_holders():
    yearly = Calendar("four", renewed=False)
    assert [state for state in STATES if may_apply(State("A", state), DAY(2027, 1, 1), yearly)] == [*APPLYING, *HOLDING]
    assert [s for s in STATES if may_apply(State("A", s), DAY(2027, 1, 1), Calendar("four"))] == list(APPLYING)


def test_young_communities_and_those_under_demolition_may_not_apply():
    def said(day, **about):
        found = may_apply(State("A", "not_applied"), day, Calendar(""), Circumstances(clause="四（一）2", **about))
        assert all(bar.clause == "四（一）2" for bar in found)
        return [bar.reason.en for bar in found]

    assert said(DAY(2007, 2, 28), founded=DAY(2006, 3, 1), least_years=1) == ["it was set up less than 1 year ago"]
    assert said(DAY(2007, 3, 1), founded=DAY(2006, 3, 1), least_years=1) == []
    assert said(DAY(2009, 2, 28), founded=DAY(2008, 2, 29), least_years=1) == []
    assert said(DAY(2007, 1, 1), demolition=True) == ["it is under demolition and rebuilding"]
    assert said(DAY(2007, 1, 1), excluded=True) == ["the title is not for bodies of its kind"]
    assert said(DAY(2007, 1, 1), least_years=2) == ["it is not known when it was set up"]
    assert said(DAY(2007, 1, 1)) == []


# ----------------------------------------------------------------------------------------------- objections

NOTICE = Notice("A", DAY(2027, 5, 10), DAY(2027, 5, 16), "四2")


def objection(raised=RAISED, answered=None, outcome=None, answer="", number="1", candidate="A", row=2):
    return Objection(number, candidate, raised, "the hall was closed", answered, outcome, answer, row)


@pytest.mark.parametrize(("day", "inside"), [(9, False), (10, True), (16, True), (17, False)])
def test_the_first_and_the_last_day_of_a_notice_count(day, inside):
    faults = check_objections([objection(DAY(2027, 5, day))], [NOTICE])
    assert problems(faults) == ([] if inside else [("outside_notice", 2, "raised_on")])
    assert inside or faults[0].allowed == "2027-05-10 – 2027-05-16"


def test_any_notice_of_a_candidate_is_enough():
    second = Notice("A", DAY(2027, 9, 1), DAY(2027, 9, 7))
    assert check_objections([objection()], [second, NOTICE, Notice("B", DAY(2027, 1, 1), DAY(2027, 1, 2))]) == []
    (fault,) = check_objections([objection(DAY(2027, 8, 1))], [second, NOTICE])
    assert fault.allowed == "2027-09-01 – 2027-09-07, 2027-05-10 – 2027-05-16"


def test_faults_of_objections():
    found = check_objections(
        [
            objection(),
            objection(row=3),
            objection(number="3", candidate="AB", row=4),
            objection(number="4", answered=DAY(2027, 5, 11), outcome="dismissed", answer="it was open", row=5),
            objection(number="5", outcome="upheld", row=6),
            objection(number="6", answered=DAY(2027, 5, 12), answer="seen", row=7),
            objection(number="7", answered=DAY(2027, 5, 12), outcome="true", answer="seen", row=8),
        ],
        [NOTICE, Notice("B", DAY(2027, 5, 10), DAY(2027, 5, 9), row=3)],
    )
    assert [(f.file, *p) for f, p in zip(found, problems(found), strict=True)] == [
        ("notices", "date_order", 3, "last"),
        ("objections", "duplicate_id", 3, "number"),
        ("objections", "no_notice", 4, "candidate"),
        ("objections", "date_order", 5, "answered_on"),
        ("objections", "empty_value", 6, "answered_on"),
        ("objections", "empty_value", 6, "answer"),
        ("objections", "empty_value", 7, "outcome"),
        ("objections", "bad_value", 8, "outcome"),
    ]
    assert check_objections([], [Notice("A", DAY(2027, 5, 10), DAY(2027, 5, 10))]) == []  # a notice of one day
    blank = Objection(" ", "A", DAY(2027, 5, 12), "")
    assert [f.column for f in check_objections([blank], [NOTICE])] == ["number", "matter"]
    assert (
        check_objections([objection(answered=DAY(2027, 5, 12), outcome="upheld", answer="so it was")], [NOTICE]) == []
    )


def test_an_objection_is_open_until_the_day_of_its_answer():
    answered = objection(answered=DAY(2027, 5, 20), outcome="dismissed", answer="it was open")
    assert open_objections([answered, objection(number="2")]) == (objection(number="2"),)
    assert [len(open_objections([answered], DAY(2027, 5, day))) for day in (11, 12, 19, 20)] == [0, 1, 1, 0]


def chosen():
    return histories(way(WAYS["selected"], first=DAY(2027, 5, 1)))["A"][-1]


@pytest.mark.parametrize(
    ("found", "day", "bars"),
    [
        ([], DAY(2027, 5, 17), []),
        ([], DAY(2027, 5, 9), []),
        ([], DAY(2027, 5, 10), ["the notice runs until 2027-05-16"]),
        ([], DAY(2027, 5, 16), ["the notice runs until 2027-05-16"]),
        ([objection(DAY(2027, 5, 1))], DAY(2027, 6, 1), ["objection 1 of 2027-05-01 is unanswered"]),
        ([objection(DAY(2027, 6, 1))], DAY(2027, 6, 1), ["objection 1 of 2027-06-01 is unanswered"]),
        ([objection(DAY(2027, 6, 2))], DAY(2027, 6, 1), []),
        ([objection()], DAY(2027, 6, 1), ["objection 1 of 2027-05-12 is unanswered"]),
        ([objection(answered=DAY(2027, 5, 20), outcome="upheld", answer="x")], DAY(2027, 6, 1),
         ["objection 1 of 2027-05-12 was upheld"]),
        ([objection(answered=DAY(2027, 5, 20), outcome="dismissed", answer="x")], DAY(2027, 5, 20), []),
        ([objection(answered=DAY(2027, 5, 20), outcome="dismissed", answer="x")], DAY(2027, 5, 19),
         ["objection 1 of 2027-05-12 is unanswered"]),
        ([objection(candidate="B")], DAY(2027, 6, 1), []),
        ([objection(DAY(2025, 5, 12), DAY(2025, 5, 20), "upheld", "x")], DAY(2027, 6, 1), []),  # of an earlier round
    ],
)  # fmt: skip
def test_what_keeps_a_candidate_from_being_named(found, day, bars):
    assert [bar.reason.en for bar in naming_barred(chosen(), day, found, [NOTICE])] == bars


def test_only_what_is_selected_and_was_posted_can_be_named():
    def said(state):
        found = state_on(way(WAYS[state] if isinstance(state, str) else state), "A", DAY(2028, 1, 1))
        return [bar.reason.zh for bar in naming_barred(found, DAY(2028, 1, 1))]

    assert said("applied") == ["尚未公示", "尚未入选"]
    assert said(["applied", "publicised"]) == ["尚未入选"]
    assert said(["applied", "selected"]) == ["尚未公示"]
    assert said("publicised") == said("selected") == []
    for state in set(STATES) - set(APPLYING):
        assert said(state) == [f"现为{STATES[state].zh}，无从命名"]


def test_a_name_against_an_objection_is_a_fault():
    moves = way(WAYS["named"], first=DAY(2027, 5, 10))

    def faults(objections, notices=()):
        return [(f.problem, f.row, f.value) for f in check_naming(moves, objections, notices)]

    assert faults([]) == []
    assert faults([objection()]) == [("objection_open", 5, "1")]
    assert faults([objection(answered=DAY(2027, 5, 13), outcome="upheld", answer="x")]) == [
        ("objection_upheld", 5, "1")
    ]
    assert faults([objection(answered=DAY(2027, 5, 13), outcome="dismissed", answer="x")]) == []
    assert faults([], [NOTICE]) == [("notice_running", 5, "2027-05-16")]
    assert check_naming(way("named"), [objection()], []) == []  # not possible at all: that is told by check_moves
    assert check_naming(way("named"), [objection()], [], start={"A": "suspended"}) == []  # restored, not named


# ------------------------------------------------------------------------------------------------- sentences


def test_every_consequence_is_proposed():
    for to in STATES:
        assert proposed(to).zh.startswith("拟")
        assert proposed(to).en.startswith("proposed")
    assert proposed("named", "rectifying").zh == "拟认定整改合格"
    assert proposed("named", "warned").zh == "拟解除警告"


def test_sentences():
    moves = way(WAYS["suspended"])
    state = state_on(moves, "A", DAY(2027, 2, 1))
    assert state_text(state).zh == "停牌（2027年1月5日起；decided；依据：four）"
    assert state_text(state).en == "suspended (since 2027-01-05; decided; by four)"
    assert state_text(State("A", "named")).zh == "已命名"
    assert move_text(moves[0]).zh == "2027年1月1日转为“已申报”：decided（four）"
    (found,) = proposals(histories(moves), DAY(2028, 1, 6), [SUSPENSION])
    assert proposal_text(found).zh == "停牌期至2028年1月5日已满：拟恢复称号或拟撤销称号，请人工确定（suspension）"
    assert proposal_text(found).en == (
        "The suspension ended on 2028-01-05. Proposed: the title is restored, or the title is removed; "
        "a person decides (suspension)"
    )
    (over,) = proposals(histories(moves), DAY(2029, 1, 6), [TERM])
    assert proposal_text(over).zh == "称号有效期至2029年1月4日已满：拟办理称号届满失效，请人工确定（term）"
    (unknown,) = proposals(histories([], start={"A": "named"}), DAY(2029, 1, 6), [TERM])
    assert proposal_text(unknown).zh.startswith("称号有效期的起始日期不明：")
    (no_limit,) = proposals(
        histories(way(WAYS["rectifying"])), DAY(2027, 1, 9), [TimeLimit("rectifying", ("named",), "")]
    )
    assert proposal_text(no_limit).zh == "整改期自2027年1月6日起，期限未定：拟认定整改合格，请人工确定"
    assert objection_text(objection()).zh == "第1号（2027年5月12日）：the hall was closed——尚未答复"
    answered = objection(answered=DAY(2027, 5, 20), outcome="dismissed", answer="it was open")
    assert objection_text(answered).en == (
        "No. 1 (2027-05-12): the hall was closed – answered on 2027-05-20, not upheld: it was open"
    )
    bars = may_apply(State("A", "not_applied"), DAY(2027, 7, 1), ORGANS)
    assert [bar_text(bar).zh for bar in bars] == ["申报逾期，2027年6月30日已截止（四4〈1〉）"]
    assert reasons_text([*bars, STATES["named"]]).zh == "申报逾期，2027年6月30日已截止（四4〈1〉）；已命名"


def test_no_sentence_lacks_a_language():
    texts = [*STATES.values(), *MOVES.values(), *map(proposed, STATES)]
    assert all(text.zh and text.en and text.zh != text.en for text in texts)
