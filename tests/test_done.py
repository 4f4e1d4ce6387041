"""What was delivered: the register is read whole or refused whole, and every state on every day by hand."""

from datetime import date, timedelta

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.calendars import Anchors, Matter, occurrences
from evalsys.done import STATES_OF_DONE, Delivery, days_done, delivered, deliveries_of
from evalsys.faults import InputFaults
from evalsys.language import Text
from evalsys.when import When

YEAR = date(2016, 1, 1), date(2016, 12, 31)
LATER = date(2017, 12, 31)


def matter(when, lead=(), support=(), **more):
    return Matter(
        "M", Text("事", "matter"), when, *(tuple(Text(n, n) for n in names) for names in (lead, support)), **more
    )


def stands(own, given, day=LATER, register=(), window=YEAR, **more):
    """Return the occurrences as period, state and days late; `given` as days, or pairs of unit and day."""
    rows = [(("", each) if isinstance(each, str) else each) for each in given]
    held = [Delivery("M", unit, date.fromisoformat(when)) for unit, when in rows]
    held.append(Delivery("another", "", date(2013, 1, 1)))  # the register is kept since then
    found = delivered(occurrences([own], *window, register=register, **more), held, day)
    return [(each.occurrence.period, each.state, each.late) for each in found]


def test_on_the_fifth_in_time_and_on_the_sixth_late():
    report = matter(When(every="month", by_day=5))
    window = date(2016, 7, 1), date(2016, 9, 30)
    given = ["2016-07-05", "2016-08-06"]
    assert stands(report, given, date(2016, 9, 5), window=window) == [
        ("2016-07", "on_time", 0),
        ("2016-08", "late", 1),
        ("2016-09", "open", 0),
    ]
    assert stands(report, given, date(2016, 9, 6), window=window)[2] == ("2016-09", "missing", 1)
    # one of the last day of August is still that of August, and leaves September open
    assert stands(report, ["2016-08-31"], date(2016, 9, 5), window=window)[1:] == [
        ("2016-08", "late", 26),
        ("2016-09", "open", 0),
    ]


def test_nothing_later_than_the_day_is_known():
    report = matter(When(every="month", by_day=5))
    window = date(2016, 8, 1), date(2016, 8, 31)
    told = {day: stands(report, ["2016-08-10"], date(2016, 8, day), window=window)[0][1:] for day in (5, 6, 9, 10, 11)}
    assert told == {5: ("open", 0), 6: ("missing", 1), 9: ("missing", 4), 10: ("late", 5), 11: ("late", 5)}


PERIODS = {
    "week": ("2016-08-21", "2016-08-22"),  # a Sunday
    "two-months": ("2016-08-31", "2016-09-01"),
    "quarter": ("2016-09-30", "2016-10-01"),
    "half-year": ("2016-06-30", "2016-07-01"),
    "year": ("2016-12-31", "2017-01-01"),
    "month": ("2016-02-29", "2016-03-01"),
    "day": ("2016-08-15", "2016-08-16"),
}


@pytest.mark.parametrize("every", PERIODS)
def test_a_rhythm_is_kept_until_the_last_day_of_its_period(every):
    """What comes a day later is of the next period, and the one before is missing for good."""
    last, following = PERIODS[every]
    day = date.fromisoformat(last)
    own = matter(When(every=every))
    assert [state for _, state, _ in stands(own, [last], window=(day, day))] == ["on_time"]
    assert stands(own, [following], day + timedelta(days=1), window=(day, day))[0][1:] == ("missing", 1)
    behind = date.fromisoformat(following), date(2018, 1, 1)
    assert stands(own, [following], window=behind)[0][1] == "on_time"


def test_three_years():
    own, known = matter(When(every="three-years")), Anchors(starts={"M": date(2014, 1, 1)})
    window = date(2014, 1, 1), date(2019, 12, 31)
    assert stands(own, ["2016-12-31"], date(2019, 12, 31), window=window, anchors=known) == [
        ("2014/2016", "on_time", 0),
        ("2017/2019", "open", 0),
    ]


def test_several_times_in_a_period():
    twice = matter(When(every="year", times=2))
    assert stands(twice, ["2016-03-01", "2016-10-01"]) == [("2016", "on_time", 0)]
    assert stands(twice, ["2016-03-01"], date(2016, 12, 31)) == [("2016", "open", 0)]
    assert stands(twice, ["2016-03-01"], date(2017, 1, 1)) == [("2016", "missing", 1)]
    by_five = matter(When(every="month", times=2, by_day=5))
    window = date(2016, 8, 1), date(2016, 8, 31)
    assert stands(by_five, ["2016-08-03", "2016-08-07", "2016-08-20"], window=window) == [("2016-08", "late", 2)]


def test_days_and_spans():
    by = matter(When(by=(6, 30)))
    assert stands(by, ["2016-01-02"]) == [("2016", "on_time", 0)]
    assert stands(by, ["2016-07-03"]) == [("2016", "late", 3)]
    assert stands(by, ["2015-12-31", "2017-01-01"], date(2016, 7, 1)) == [("2016", "missing", 1)]
    once = matter(When(by=date(2016, 6, 30)))
    assert stands(once, ["2017-01-10"]) == [("2016", "late", 194)]  # a day of one year is late for ever
    assert stands(once, ["2015-11-01"]) == [("2016", "on_time", 0)]
    winter = matter(When(since=(12, 1), by=(6, 30)))
    assert stands(winter, ["2015-12-01"]) == [("2016", "on_time", 0)]
    assert stands(winter, ["2016-11-30"]) == [("2016", "late", 153)]
    assert stands(winter, ["2015-11-30", "2016-12-01"], date(2016, 7, 1)) == [("2016", "missing", 1)]


def test_patrols():
    own = matter(When(days=(2, 3)))
    done = ["2016-08-01", "2016-08-03", "2016-08-08"]
    known = Anchors(done={"M": [date.fromisoformat(day) for day in done]}, starts={"M": date(2016, 8, 1)})
    window = date(2016, 8, 1), date(2016, 8, 14)
    assert stands(own, done, date(2016, 8, 13), window=window, anchors=known) == [
        ("2016-08-01", "on_time", 0),
        ("2016-08-04", "on_time", 0),
        ("2016-08-06", "late", 2),
        ("2016-08-11", "missing", 2),
        ("2016-08-14", "open", 0),
    ]


def test_each_body_delivers_for_itself():
    own = matter(When(by=(6, 30)), ["各单位"])
    given = [("甲局", "2016-06-30"), ("乙局", "2016-07-01"), "2016-05-01"]
    found = stands(own, given, register=("甲局", "乙局", "丙局"))
    assert [each[1:] for each in found] == [("on_time", 0), ("late", 1), ("missing", (LATER - date(2016, 6, 30)).days)]


def test_whose_delivery_counts():
    joint = matter(When(by=(6, 30)), ["县委", "县政府"], ["创城办"])
    for unit in ("县委", "县政府", "创城办", ""):
        assert stands(joint, [(unit, "2016-06-01")]) == [("2016", "on_time", 0)]
    assert stands(joint, [("丙局", "2016-06-01")])[0][1] == "missing"
    # nobody has listed who "all units" are: any of them delivers
    assert stands(matter(When(by=(6, 30)), ["各单位"]), [("丙局", "2016-06-01")]) == [("2016", "on_time", 0)]


def test_a_phase_is_not_delivered():
    assert stands(matter(When(since=(5, 1), by=(6, 30)), phase=True), []) == []


def test_days_on_which_something_was_done():
    rows = [Delivery("A", "", date(2016, 8, day)) for day in (6, 3)] + [Delivery("B", "甲", date(2016, 8, 7))]
    assert days_done(rows, date(2016, 8, 6)) == {"A": (date(2016, 8, 3), date(2016, 8, 6))}


def test_nothing_is_missing_that_nobody_could_have_registered():
    own = matter(When(every="month", by_day=5))
    due = occurrences([own], date(2016, 6, 1), date(2016, 9, 30))

    def states(*rows, day=date(2016, 9, 4)):
        return [each.state for each in delivered(due, [Delivery(*row) for row in rows], day)]

    assert states() == ["unrecorded"] * 3 + ["open"]
    # the register begins on 5 July with something else: June is before it, July is not
    assert states(("N", "", date(2016, 7, 5))) == ["unrecorded", "missing", "missing", "open"]
    assert states(("N", "", date(2016, 7, 6))) == ["unrecorded", "unrecorded", "missing", "open"]
    assert states(("M", "", date(2016, 6, 5)), day=date(2016, 6, 4)) == ["open"] * 4
    late = delivered(due, [Delivery("M", "", date(2016, 6, 30))], date(2016, 9, 4))
    assert [(each.state, each.late) for each in late][:2] == [("late", 25), ("missing", 61)]


def test_a_scored_standard_is_shown_by_its_checks():
    own = matter(When(every="day"), standard="1.1", scored=True)
    window = date(2016, 8, 1), date(2016, 8, 3)
    assert stands(own, ["2016-08-02"], date(2016, 8, 2), window=window) == [
        ("2016-08-01", "observed", 0),
        ("2016-08-02", "on_time", 0),
        ("2016-08-03", "open", 0),
    ]
    twice = matter(When(every="year", times=2), standard="1.1", scored=True)
    assert stands(twice, ["2016-08-02"], date(2017, 1, 1)) == [("2016", "missing", 1)]  # somebody began to register it


def test_each_state_has_its_words():
    assert list(STATES_OF_DONE) == ["on_time", "late", "missing", "open", "unrecorded", "observed"]


# ----------------------------------------------------------------------------------------------------- the register

SAID = {"source": {"clause": "一"}}
CONTENT = content_of(
    [indicator("1", 10, [standard("1.1", "met", 10, due={"every": "month"})])],
    10,
    units={"县委": {"en": "Committee"}, "各单位": {"en": "All bodies"}, "创城办": {"en": "Office"}},
    calendar=[
        {**SAID, "text": {"zh": "月报", "en": "report"}, "row": "X.1", "when": {"every": "month", "by_day": "5"},
         "lead": "各单位", "support": "创城办"},
        {**SAID, "text": {"zh": "督导", "en": "visit"}, "row": "X.2", "when": {"every": "two-months"}, "lead": "县委"},
        {**SAID, "text": {"zh": "阶段", "en": "phase"}, "row": "X.3", "when": {"from": "05-01", "to": "05-30"},
         "phase": "yes"},
    ],
)  # fmt: skip
UNITS = [{"unit": "甲局"}, {"unit": "乙局"}]


def register(folder, rows, **more):
    found = assessment_of(
        folder, CONTENT, [{"standard": "1.1", "method": "site_visit", "value": "达标"}], done=rows, **more
    )
    return found.ledgers["done"]


def test_the_register_is_read(tmp_path):
    rows = [
        {"entry": "X.1", "unit": "甲局", "done_on": "2016-08-05", "note": "按时"},
        {"entry": "月报", "unit": "乙局", "done_on": "2016/8/6"},
        {"entry": "X.2", "unit": "县委", "done_on": "2016-08-31"},
        {"entry": "督导", "unit": "", "done_on": "2016-09-01"},
        {"entry": "1.1", "unit": "甲局", "done_on": "2016-09-01"},
    ]
    found = register(tmp_path, rows, units=UNITS)
    assert deliveries_of(found) == (
        Delivery("X.1", "甲局", date(2016, 8, 5)),
        Delivery("X.1", "乙局", date(2016, 8, 6)),
        Delivery("X.2", "县委", date(2016, 8, 31)),
        Delivery("X.2", "", date(2016, 9, 1)),
        Delivery("test.1.1", "甲局", date(2016, 9, 1)),
    )
    assert found["note"].tolist() == ["按时", "", "", "", ""]


def test_without_a_register_of_units_any_name_stands_and_none_is_needed(tmp_path):
    rows = [
        {"entry": "X.1", "unit": "丙局", "done_on": "2016-08-05"},
        {"entry": "X.1", "unit": "", "done_on": "2016-08-05"},
    ]
    assert len(register(tmp_path, rows)) == 2


def test_without_a_file_it_is_empty(tmp_path):
    found = register(tmp_path, [])
    assert (len(found), list(found), deliveries_of(found)) == (0, ["entry", "unit", "done_on", "note"], ())


def test_every_bad_cell_is_told_at_once(tmp_path):
    rows = [
        {"entry": "X.9", "unit": "甲局", "done_on": "2016-08-05"},
        {"entry": "X.1", "unit": "丙局", "done_on": "2016-08-05"},
        {"entry": "X.1", "unit": "甲局", "done_on": "2016-08-32"},
        {"entry": "X.1", "unit": "甲局", "done_on": "2016-09-02"},
        {"entry": "X.1", "unit": "", "done_on": "2016-08-05"},
        {"entry": "X.3", "unit": "", "done_on": "2016-05-30"},
        {"entry": "", "unit": "甲局", "done_on": ""},
        {"entry": "X.1", "unit": "乙局", "done_on": "2016-09-01"},
        {"entry": "月报", "unit": "乙局", "done_on": "2016年9月1日"},
        {"entry": "X.1", "unit": "创城办", "done_on": "2016-09-01"},
    ]
    with pytest.raises(InputFaults) as found:
        register(tmp_path, rows, units=UNITS, settings={"inspection_date": "2016-09-01"})
    assert [(each.file, each.row, each.column, each.problem) for each in found.value.faults] == [
        ("done.csv", 2, "entry", "unknown_name"),
        ("done.csv", 3, "unit", "unknown_name"),
        ("done.csv", 4, "done_on", "bad_date"),
        ("done.csv", 5, "done_on", "after_inspection"),
        ("done.csv", 6, "unit", "empty_value"),
        ("done.csv", 7, "entry", "unknown_name"),
        ("done.csv", 8, "done_on", "empty_value"),
        ("done.csv", 8, "entry", "empty_value"),
        ("done.csv", 10, "entry", "duplicate_id"),
    ]
