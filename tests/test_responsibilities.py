"""Key problems, the problem list, responsibility letters and frontage contracts on a given day, by hand."""

import datetime
from fractions import Fraction as F

import pytest

from evalsys.instrument_file import load_instrument
from evalsys.responsibilities import (
    SIX_FIELDS,
    Contract,
    Letter,
    Problem,
    duties_on,
    key_problems,
    letter_checks,
    letter_rows,
    problem_checks,
    problem_rows,
    street_rows,
)
from evalsys.stated import stated_limit
from tests.builders import assessment_of, content_of, indicator, instrument_of, standard

Date = datetime.date
DAY = Date(2026, 6, 30)
LINCHENG = load_instrument("lincheng-county-2019")

# ------------------------------------------------------------------------------------------------ key problems


def test_the_eight_key_problems_with_leads_and_rules():
    found = key_problems(LINCHENG)
    assert [problem.code for problem in found] == ["5a", "5b", "5c", "5d", "5e", "5f", "5g", "5h"]
    by_code = {problem.code: problem for problem in found}
    assert [task.code for task in by_code["5b"].tasks] == ["5.3"]
    assert (by_code["5b"].lead, len(by_code["5b"].support)) == (("县发改局",), 3)
    assert (by_code["5c"].lead, by_code["5c"].support) == (("县住建局",), ("临城镇",))
    # the finance bureau leads 5.11 alone, so it leads the problem with the civilisation office
    assert by_code["5h"].lead == ("县文明办", "县财政局")
    assert all(task.rules for problem in found for task in problem.tasks)


def test_joint_leads_are_those_that_the_source_leaves_open():
    joint = [code for problem in key_problems(LINCHENG) for code in problem.joint]
    assert joint == ["5.1", "5.2", "5.12", "5.7", "5.15"]


def test_open_findings_of_each_key_problem():
    found = {problem.code: problem for problem in key_problems(LINCHENG, {"5.6": 3, "5.14": 1, "1.1": 9})}
    assert found["5e"].open == {"5.6": 3, "5.14": 1}
    assert found["5e"].findings == 4
    assert found["5a"].findings == 0
    assert key_problems(LINCHENG)[0].findings is None  # not given is not the same as none


def test_who_leads_a_part_is_no_co_worker_of_the_whole(tmp_path):
    first = standard("1.1", "met", 5, lead=["甲局"], support=["乙局", "丙局"])
    second = standard("1.2", "met", 5, lead=["乙局"], support=["甲局"])
    for place, own in enumerate((first, second), 1):
        own["source"] = {"row": f"S003.5.{place}"}
    units = {name: {"zh": name, "en": name} for name in ("甲局", "乙局", "丙局")}
    (found,) = key_problems(instrument_of(tmp_path, content_of([indicator("1", 10, [first, second])], 10, units=units)))
    assert (found.lead, found.support, found.joint) == (("甲局", "乙局"), ("丙局",), ())


def test_an_instrument_without_them_has_none():
    assert key_problems(load_instrument("wanquan-subdistrict-2021")) == ()


# ------------------------------------------------------------------------------------------------ problem list

WHOLE = {"leader": "副镇长岗", "department": "住建局", "goal": "修复", "unit": "甲局", "handler": "工程岗"}


def problem(name, due=DAY, done=None, found=None, **more):
    return Problem(name, "某事", found, **{**WHOLE, **more}, due=due, done_on=done)


@pytest.mark.parametrize(
    ("done", "day", "state", "days"),
    [
        (None, DAY, "open", 0),
        (None, Date(2026, 7, 1), "overdue", 1),
        (DAY, DAY, "done", 0),
        (Date(2026, 7, 1), DAY, "open", 0),  # what is done tomorrow is open today
        (Date(2026, 7, 1), Date(2026, 7, 1), "late", 1),
        (Date(2026, 7, 3), Date(2026, 7, 2), "overdue", 2),
        (Date(2026, 7, 3), Date(2026, 12, 31), "late", 3),
    ],
)
def test_the_state_of_a_problem_on_a_day(done, day, state, days):
    (row,) = problem_rows([problem("p", done=done)], day)
    assert (row.state, row.days) == (state, days)


def test_a_problem_without_a_deadline_is_neither_open_nor_overdue():
    rows = problem_rows([problem("p", due=None), problem("q", due=None, done=DAY)], DAY)
    assert [(row.state, row.lacks) for row in rows] == [("undated", ("due",)), ("done-undated", ("due",))]


def test_what_was_found_later_is_not_listed():
    rows = problem_rows([problem("p", found=DAY), problem("q", found=Date(2026, 7, 1)), problem("r")], DAY)
    assert [row.problem.problem_id for row in rows] == ["p", "r"]


@pytest.mark.parametrize("name", SIX_FIELDS)
def test_each_of_the_six_fields_is_needed(name):
    (row,) = problem_rows([problem("p", **({"due": None} if name == "due" else {name: ""}))], DAY)
    assert row.lacks == (name,)


def test_the_list_is_checked_as_its_source_asks():
    own = [
        problem("p", done=DAY),
        problem("q", done=Date(2026, 7, 1)),
        problem("r", goal=""),
        problem("s", due=Date(2026, 7, 31)),
        problem("t", due=None),
    ]
    complete, in_time = problem_checks(problem_rows(own, Date(2026, 7, 5)))
    assert (complete.value, complete.of, complete.passes) == (60, (3, 5), False)  # r and t lack a field
    assert (in_time.value, in_time.of, in_time.short) == (F(100, 3), (1, 3), 2)  # p; q late, r overdue
    assert (complete.stated.code, in_time.stated.code) == ("3.21", "3.22")
    assert problem_checks(()) == ()


def test_before_anything_is_due_nothing_is_said_of_time():
    _, in_time = problem_checks(problem_rows([problem("p")], DAY))
    assert (in_time.value, in_time.passes) == (None, None)


# -------------------------------------------------------------------------------------- responsibility letters

SIGNED = Date(2026, 1, 8)


def states(day, *letters, units=("甲局", "乙局"), year=2026):
    return {row.unit: row.state for row in letter_rows(letters, units, day, (12, 31)) if row.year == year}


@pytest.mark.parametrize(
    ("reviewed", "day", "state"),
    [
        (None, Date(2026, 1, 7), "unsigned"),  # it is signed tomorrow
        (None, Date(2026, 1, 8), "signed"),
        (None, Date(2026, 12, 31), "signed"),
        (None, Date(2027, 1, 1), "overdue"),
        (Date(2026, 12, 31), Date(2026, 12, 30), "signed"),
        (Date(2026, 12, 31), Date(2026, 12, 31), "reviewed"),
        (Date(2027, 1, 1), Date(2026, 12, 31), "signed"),
        (Date(2027, 1, 1), Date(2027, 1, 1), "late"),
    ],
)
def test_a_review_on_the_last_day_is_in_time_and_in_the_next_year_late(reviewed, day, state):
    assert states(day, Letter("甲局", 2026, SIGNED, reviewed))["甲局"] == state


def test_every_registered_unit_signs_each_year_on_record_and_this_year():
    letters = [Letter("甲局", 2025, Date(2025, 1, 3)), Letter("乙局", 2027, Date(2026, 12, 20))]
    rows = letter_rows(letters, ["甲局", "乙局", "丙局"], DAY, (12, 31))
    # the letter of next year is signed later than the day, so that year is not there yet
    assert [(row.year, row.unit, row.state) for row in rows] == [
        (2025, "甲局", "overdue"),
        (2025, "乙局", "unsigned"),
        (2025, "丙局", "unsigned"),
        (2026, "甲局", "unsigned"),
        (2026, "乙局", "unsigned"),
        (2026, "丙局", "unsigned"),
    ]
    assert {row.year for row in letter_rows(letters, ["甲局"], Date(2026, 12, 20), (12, 31))} == {2025, 2026, 2027}


def test_without_a_register_those_on_record_sign_and_without_letters_nobody():
    assert states(DAY, Letter("甲局", 2026, SIGNED), units=()) == {"甲局": "signed"}
    assert letter_rows([], ["甲局"], DAY, (12, 31)) == ()


def test_letters_are_checked_by_year_and_reviews_only_when_their_day_is_over():
    letters = [Letter("甲局", 2026, SIGNED, Date(2026, 12, 31)), Letter("乙局", 2026, SIGNED, Date(2027, 1, 2))]
    units = ["甲局", "乙局", "丙局"]
    before = letter_checks(letter_rows(letters, units, Date(2026, 12, 31), (12, 31)), Date(2026, 12, 31))
    assert [(check.matter, check.of, check.short) for check in before] == [("signed", (2, 3), 1)]
    later = Date(2027, 1, 5)
    rows = [row for row in letter_rows(letters, units, later, (12, 31)) if row.year == 2026]
    after = letter_checks(rows, later)
    assert [(check.matter, check.subject, check.of) for check in after] == [
        ("signed", "2026", (2, 3)),
        ("reviewed", "2026", (1, 3)),
    ]
    early = letter_rows(letters[:1], units[:1], Date(2026, 12, 31), (12, 31))
    assert [check.passes for check in letter_checks(early, Date(2026, 12, 31))] == [True, True]


def test_the_last_day_of_the_review_is_the_one_of_the_source():
    due = stated_limit("S000-7.1.8").due
    assert due is not None
    assert due.by == (12, 31)


# ------------------------------------------------------------------------------------------ frontage contracts

FIVE = stated_limit("S003.5.5")


def test_contracts_by_street_lowest_share_first_and_all_together():
    rows = street_rows(
        [
            Contract("东街", "东区", 40, 40, 20, 18),
            Contract("西街", "西区", 30, 24),
            Contract("南街", "东区", 10, 10, 5, 5),
        ],
        FIVE,
    )
    assert [row.contract.street for row in rows] == ["西街", "东街", "南街", ""]
    assert [row.signing.passes for row in rows] == [False, True, True, False]
    assert [row.signing.short for row in rows] == [6, 0, 0, 6]
    assert [row.kept for row in rows] == [None, F(9, 10), 1, F(23, 25)]
    assert [row.not_kept for row in rows] == [0, 2, 0, 2]
    assert [row.below for row in rows] == [True, True, False, True]
    assert rows[-1].signing.value == F(100 * 74, 80)
    assert street_rows([], FIVE) == ()


def test_one_frontage_of_ten_thousand_is_enough_to_fail():
    assert street_rows([Contract("街", None, 10_000, 9_999)], FIVE)[0].signing.passes is False


def test_no_trader_is_named_and_nobody_is_rated():
    assert set(Contract.__dataclass_fields__) == {
        *("street", "area", "frontages", "signed", "checked", "kept", "note"),
    }


# ----------------------------------------------------------------------------------------------- an assessment


def made(tmp_path, settings=None, **tables):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
    units = [{"unit": "甲局"}, {"unit": "乙局"}]
    sites = [{"site_id": "s1", "site_type": "community", "name": "东社区"}]
    seen = [{"standard": "1.1", "value": "1", "site_id": "s1"}]
    return assessment_of(tmp_path, content, seen, settings, sites=sites, units=units, **tables)


def test_the_responsibilities_of_an_assessment(tmp_path):
    found = duties_on(
        made(
            tmp_path,
            problems=[
                {"problem_id": "p", "what": "某事", "found_on": "2026-05-04", "due": "2026-06-29", "unit": "甲局"}
            ],
            letters=[{"unit": "甲局", "year": "2026", "signed_on": "2026-01-08", "reviewed_on": ""}],
            contracts=[{"street": "东街", "frontages": "10", "signed": "9", "checked": "", "kept": ""}],
        ),
        DAY,
        {"1.1": 4},
    )
    assert len(found.key_problems) == 8
    assert found.key_instrument.id == "lincheng-county-2019"
    assert {problem.findings for problem in found.key_problems} == {None}  # other standards than the assessment's
    assert [(row.state, row.days, row.lacks) for row in found.problems] == [
        ("overdue", 1, ("leader", "department", "goal", "handler"))
    ]
    assert [(row.unit, row.state) for row in found.letters] == [("甲局", "signed"), ("乙局", "unsigned")]
    assert [check.matter for check in found.checks] == ["complete", "in-time", "signed"]
    assert found.streets[0].signing.short == 1


def test_findings_are_never_counted_under_the_codes_of_another_instrument(tmp_path):
    own = made(tmp_path, {"ledger": {"rules": "lincheng-county-2019"}})
    found = duties_on(own, DAY, {"5.6": 4})
    assert found.key_instrument.id == "lincheng-county-2019"
    assert {problem.findings for problem in found.key_problems} == {None}


def test_without_tables_there_is_nothing_to_say(tmp_path):
    found = duties_on(made(tmp_path), DAY)
    assert (found.problems, found.letters, found.streets, found.checks) == ((), (), (), ())
