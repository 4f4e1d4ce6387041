"""One place's looks, findings and attempts, walked through by hand without any file."""

import datetime

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.ledger_walk import MADE, Attempt, Look, Opened, in_order, looks, walk

D = datetime.date


def day(number):
    return D(2026, 3, number)


def walked(looked=(), found=(), linked=None, attempts=None, names=None):
    """Walk and return the findings in the order in which they were opened."""
    return walk(looked, found, linked or {}, attempts or {}, names or [f"{k:02d}" for k in range(20)])


def moves(each):
    return [(moved.day, state, row) for moved, state, row in each.moves]


def test_ids_of_made_findings_are_told_by_their_beginning():
    (only,) = walked([Look(day(1), (3,))])
    assert (only.name, only.row, only.found, only.seen) == ("O-03", -1, day(1), [3])
    assert only.name == MADE + "03"
    assert moves(only) == [(1, "open", -1)]


def test_all_rows_of_a_look_belong_to_one_finding_named_after_the_first_id():
    (only,) = walked([Look(day(1), (2, 0, 1))], names=["x", "a", "m"])
    assert (only.name, only.seen) == ("O-a", [1, 2, 0])


def test_looks_are_gathered_by_place_and_day():
    found = looks(
        ["p", "q", "p", "p", "p", "q"],
        [day(2), day(2), day(1), day(2), None, day(3)],
        [0, 1, 0, 1, 0, -1],
    )
    assert found == {"p": [Look(day(1), (2,)), Look(day(2), (0,))], "q": [Look(day(2), ())]}
    assert looks([], [], []) == {}


def test_seen_again_while_it_is_open_it_is_the_same():
    (only,) = walked([Look(day(1), (0,)), Look(day(5), (1,)), Look(day(9), (2,))])
    assert only.seen == [0, 1, 2]


def test_a_check_in_order_closes_what_no_row_tells_of_and_nothing_else():
    told, untold = Opened("f", 0, day(1)), Opened("g", 1, day(2))
    first, second = walked([Look(day(4), ())], [told, untold], attempts={"f": [Attempt(7)]})
    assert moves(first) == [(1, "open", 7)]
    assert moves(second) == [(2, "open", -1), (4, "fixed", -1), (4, "verified", -1)]
    assert [first.in_order_on, second.in_order_on] == [day(4), day(4)]
    assert (second.repeat_of, second.relapse_of) == ("f", "")


def test_it_is_closed_once():
    (only,) = walked([Look(day(4), ()), Look(day(6), ())], [Opened("f", 0, day(1))])
    assert moves(only) == [(1, "open", -1), (4, "fixed", -1), (4, "verified", -1)]
    assert only.in_order_on == day(4)


@pytest.mark.parametrize(
    ("on", "relapse"), [(3, ""), (5, ""), (6, "f"), (9, "f")], ids=["open", "repaired", "verified that day", "later"]
)
def test_a_relapse_follows_a_review_not_a_repair(on, relapse):
    """What is seen on the very day of the review stands in a finding of its own: nobody looks at the old one again."""
    attempts = {"f": [Attempt(0, day(2), day(6), True)]}
    found = walked([Look(day(on), (0,))], [Opened("f", 0, day(1))], attempts=attempts)
    assert len(found) == (2 if relapse else 1)
    assert found[-1].relapse_of == relapse
    assert found[0].seen == ([] if relapse else [0])


def test_a_new_row_of_the_office_repeats_what_is_open_or_relapses():
    attempts = {"f": [Attempt(0, day(2), day(3), True)]}
    rows = [Opened("h", 2, day(5)), Opened("f", 0, day(1)), Opened("g", 1, day(4))]
    found = walked((), rows, attempts=attempts)
    assert [(each.name, each.repeat_of, each.relapse_of) for each in found] == [
        ("f", "", ""), ("g", "", "f"), ("h", "g", ""),
    ]  # fmt: skip


def test_two_rows_of_one_day_come_by_their_id():
    found = walked([Look(day(1), (0,))], [Opened("g", 0, day(1)), Opened("f", 1, day(1))])
    assert [(each.name, each.repeat_of, each.seen) for each in found] == [("f", "", []), ("g", "f", [0])]


def test_linked_rows_belong_where_the_office_says():
    own = Opened("f", 0, day(8))
    found = walked([Look(day(1), (0, 1)), Look(day(9), (2,))], [own], linked={1: own, 2: own})
    assert [(each.name, each.seen) for each in found] == [("O-00", [0]), ("f", [1, 2])]
    assert found[1].repeat_of == "O-00"


def test_a_look_all_of_whose_rows_are_linked_is_not_in_order():
    own = Opened("f", 0, day(1))
    found = walked([Look(day(3), (0,))], [own, Opened("g", 1, day(2))], linked={0: own})
    assert [moves(each) for each in found] == [[(1, "open", -1)], [(2, "open", -1)]]


def test_attempts_become_moves_in_the_order_of_the_file():
    tries = [Attempt(4, day(2), day(3), False), Attempt(9, day(3), day(3), True)]
    (only,) = walked((), [Opened("f", 0, day(1))], attempts={"f": tries})
    assert moves(only) == [
        (1, "open", 4), (2, "fixed", 4), (3, "returned", 4), (3, "fixed", 9), (3, "verified", 9),
    ]  # fmt: skip
    assert only.attempts == tries


def test_in_order_is_the_word_of_the_rule(tmp_path):
    """Full marks or not; what is not scored, not stated or does not apply tells nothing."""
    at = {"checked_at": [{"site_type": "community"}]}
    below = [
        standard("1.1", {"ratio": {"target": "90", "measure": "%"}}, 5, not_applicable="drop", **at),
        standard("1.2", {"threshold": {"at_least": "3", "measure": "%"}}, 5, **at),
        standard("1.3", "met", scored=False, **at),
    ]
    cells = [("1.1", "90", 1), ("1.1", "89.9", 0), ("1.1", "95", 1), ("1.1", "不适用", -1), ("1.1", "", -1),
             ("1.2", "3", 1), ("1.2", "2.5", 0), ("1.3", "否", -1), ("1.1", "0", 0)]  # fmt: skip
    sites = [{"site_id": f"s{k}", "site_type": "community", "name": f"n{k}"} for k in range(len(cells))]
    rows = [{"standard": code, "site_id": f"s{k}", "value": value} for k, (code, value, _) in enumerate(cells)]
    found = assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows, sites=sites)
    assert in_order(found.instrument, found.observations).tolist() == [fine for *_, fine in cells]
