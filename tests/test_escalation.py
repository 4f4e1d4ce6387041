"""Standings on ladders made from the tables of an assessment, by hand and against a slow count of every Sunday."""

import datetime
import random

import pytest
from builders import assessment_of, content_of, indicator, standard, text

from evalsys.escalation import escalation, overdue_at
from evalsys.ladders import Decision, Period, standing, week_ends
from evalsys.ledgers import ledgers_of, states

STEPS = {"zh": "通报", "en": "Notice"}, {"zh": "约谈", "en": "Interview"}, {"zh": "问责", "en": "Accountability"}


def ladder(code, counts, by, at, resets, **more):
    return {
        "text": text("阶梯"), "source": {"clause": "七"}, "kind": "ladder", "code": code, "counts": counts, "by": by,
        "at": [str(count) for count in at], "resets": resets, "steps": list(STEPS[: len(at)]), **more,
    }  # fmt: skip


OVERDUE = ladder("L1", "overdue", "unit", [1, 2, 3], "clean")


def kept(folder, *ladders, findings=(), observations=(), settings=None, **tables):
    content = content_of(
        [indicator("1", 10, [standard("1.1", "met", 10), standard("1.2", "met", scored="no")])],
        10,
        mechanisms=list(ladders),
    )
    sites = [
        {"site_id": "S1", "site_type": "community", "name": "一社区", "area": "甲街道", "units": "城管局"},
        {"site_id": "S2", "site_type": "hospital", "name": "二院", "area": "乙街道", "units": "卫健局；城管局"},
    ]
    rows = [{"standard": "1.1", "finding_id": f"F{place}", **row} for place, row in enumerate(findings, 1)]
    return ledgers_of(assessment_of(folder, content, observations, settings, sites=sites, findings=rows, **tables))


def finding(site, found_on, **more):
    return {"site_id": site, "found_on": found_on, **more}


def fixed(name, on, reviewed="", result=""):
    return {"finding_id": name, "fixed_on": on, "reviewed_on": reviewed, "result": result}


def step(code, name, on, decided="是", unit="城管局", **more):
    return {"ladder": code, "step": name, "decided_on": on, "decided": decided, "unit": unit, **more}


def day(text):
    return datetime.date.fromisoformat(text)


def media(site, found_on):
    return finding(site, found_on, source="媒体曝光")


def told(ledgers, on):
    return [
        (one.subject, one.standing.status, one.standing.steps, one.standing.count, one.standing.ids)
        for one in escalation(ledgers, day(on))
    ]


# F1 is due on Monday 8 August 2016, so it is overdue from Tuesday: at the Sundays 14, 21, 28 August.


def test_overdue_weeks_by_unit(tmp_path):
    ledgers = kept(
        tmp_path,
        OVERDUE,
        findings=[finding("S1", "2016-08-01"), finding("S2", "2016-08-08")],
        steps=[step("L1", "通报", "2016-08-15"), step("L1", "约谈", "2016-08-22", findings="F1；F2")],
    )
    assert told(ledgers, "2016-08-13") == []
    assert told(ledgers, "2016-08-14") == [("城管局", "proposed", (0,), 1, ("F1",))]
    assert told(ledgers, "2016-08-20") == [("城管局", "in_force", (0,), 1, ("F1",))]
    assert told(ledgers, "2016-08-21") == [
        ("城管局", "proposed", (1,), 2, ("F1", "F2")),
        ("卫健局", "proposed", (0,), 1, ("F2",)),  # the other unit's steps are no matter of its own
    ]
    third = escalation(ledgers, day("2016-08-28"))
    assert [(one.subject, one.standing.steps, one.standing.count) for one in third] == [
        ("城管局", (2,), 3),
        ("卫健局", (0,), 2),
    ]
    assert [period.ids for period in third[0].standing.periods] == [("F1",), ("F1", "F2"), ("F1", "F2")]
    assert third[0].standing.confirmed == (Decision(0, day("2016-08-15"), True), Decision(1, day("2016-08-22"), True))
    assert [missed.on for missed in third[1].standing.missed] == [day("2016-08-21")]
    assert third[0].ladder.said.source["clause"] == "七"


def test_what_is_put_right_by_sunday_is_not_overdue_and_a_return_is_again(tmp_path):
    ledgers = kept(
        tmp_path,
        OVERDUE,
        findings=[finding("S1", "2016-08-01")],
        rectifications=[fixed("F1", "2016-08-21", "2016-08-25", "退回"), fixed("F1", "2016-09-01")],
    )
    assert told(ledgers, "2016-08-14") == [("城管局", "proposed", (0,), 1, ("F1",))]
    assert told(ledgers, "2016-08-21") == []  # a clean week: awaiting review is not overdue
    assert told(ledgers, "2016-08-28") == [("城管局", "proposed", (0,), 1, ("F1",))]  # returned on Thursday
    assert told(ledgers, "2016-09-04") == []


def test_overdue_by_area(tmp_path):
    found = [finding("S1", "2016-08-01"), finding("S2", "2016-08-01"), finding("全域", "2016-08-01", area="")]
    ledgers = kept(tmp_path, ladder("L1", "overdue", "area", [1, 2], "clean"), findings=found[:2])
    assert [row[0] for row in told(ledgers, "2016-08-14")] == ["乙街道", "甲街道"]
    whole = kept(tmp_path / "b", ladder("L1", "overdue", "area", [1, 2], "clean"), findings=found[2:])
    assert told(whole, "2016-08-14") == []  # the whole place is no area


def test_exposure_by_the_media_in_a_row(tmp_path):
    ledgers = kept(
        tmp_path,
        ladder("L1", "exposure", "unit", ["none", 1, 3], "clean"),
        findings=[
            media("S2", "2016-08-01"),
            media("S2", "2016-08-09"),
            finding("S2", "2016-08-09", source="热线"),  # no exposure
            media("S1", "2016-08-20"),
            media("S2", "2016-08-30"),
        ],
        steps=[step("L1", "约谈", "2016-08-02", unit=unit) for unit in ("城管局", "卫健局")],
    )
    assert told(ledgers, "2016-08-09") == [
        ("卫健局", "proposed", (1,), 2, ("F2",)),
        ("城管局", "proposed", (1,), 2, ("F2",)),
    ]
    assert told(ledgers, "2016-08-20") == [("城管局", "proposed", (2,), 3, ("F4",))]  # the other was not in this issue
    assert told(ledgers, "2016-08-30") == [
        ("城管局", "proposed", (2,), 4, ("F5",)),
        ("卫健局", "proposed", (1,), 1, ("F5",)),
    ]


def test_found_again_at_a_site_of_the_type(tmp_path):
    wash = ladder("L1", "found", "site", [1, 2], "verified", group="hospital")
    tables = {
        "findings": [
            finding("S1", "2016-08-01"),  # another type of site
            finding("S2", "2016-08-01"),
            finding("S2", "2016-08-02", standard="1.2"),  # another standard: it counts apart
        ],
        "rectifications": [
            fixed("F2", "2016-08-05", "2016-08-06", "退回"),
            fixed("F2", "2016-08-10", "2016-08-11", "通过"),
        ],
        "steps": [step("L1", "通报", "2016-08-03", unit="", site_id="S2", findings="F2")],
    }
    ledgers = kept(tmp_path, wash, **tables)

    def at(on):
        return [(o.subject, o.standard, o.standing.status, o.standing.steps) for o in escalation(ledgers, day(on))]

    assert at("2016-08-01") == [("S2", "1.1", "proposed", (0,))]
    assert at("2016-08-04") == [("S2", "1.2", "proposed", (0,)), ("S2", "1.1", "in_force", (0,))]
    assert at("2016-08-06") == [("S2", "1.1", "proposed", (1,)), ("S2", "1.2", "proposed", (0,))]  # it failed again
    assert at("2016-08-11") == [("S2", "1.2", "proposed", (0,))]  # verified: it may open


def test_returned_counts_reviews(tmp_path):
    ledgers = kept(
        tmp_path,
        ladder("L1", "returned", "unit", [2], "never"),
        findings=[finding("S1", "2016-08-01")],
        rectifications=[
            fixed("F1", "2016-08-05", "2016-08-06", "退回"),
            fixed("F1", "2016-08-10", "2016-08-11", "退回"),
        ],
    )
    assert told(ledgers, "2016-08-10") == []
    assert told(ledgers, "2016-08-11") == [("城管局", "proposed", (0,), 2, ("F1",))]


def test_points_lost_in_the_round(tmp_path):
    ledgers = kept(
        tmp_path,
        ladder("L1", "lost", "unit", [1, "none"], "never"),
        findings=[
            finding("S1", "2016-08-01"),
            finding("S1", "2016-08-03"),
            finding("S2", "2016-08-04", standard="1.2"),
        ],
        rectifications=[
            fixed("F1", "2016-08-05", "2016-08-06", "通过"),
            fixed("F2", "2016-08-20", "2016-08-21", "通过"),
        ],
        steps=[step("L1", "通报", "2016-08-10")],
    )
    assert told(ledgers, "2016-08-05") == [("城管局", "proposed", (0,), 1, ("F1", "F2"))]
    assert told(ledgers, "2016-08-12") == [("城管局", "in_force", (0,), 1, ("F2",))]
    assert told(ledgers, "2016-08-21") == []  # nothing is lost any more; what is not scored never was


def test_what_only_an_earlier_round_saw_costs_no_points_in_this_one(tmp_path):
    checks = [
        {"observation_id": "a", "standard": "1.1", "site_id": "S1", "value": "0", "observed_on": "2026-07-01",
         "round": "r0"},
        {"observation_id": "b", "standard": "1.1", "site_id": "S2", "value": "0", "observed_on": "2026-08-03",
         "round": "r1"},
    ]  # fmt: skip
    ledgers = kept(tmp_path, ladder("L1", "lost", "unit", [1], "never"), observations=checks, settings={"round": "r1"})
    assert ledgers.findings["finding_id"].tolist() == ["O-a", "O-b"]
    assert {(one.subject, *one.standing.ids) for one in escalation(ledgers, day("2026-08-31"))} == {
        ("城管局", "O-b"), ("卫健局", "O-b"),
    }  # fmt: skip


def test_events_on_record(tmp_path):
    veto = {"text": text("否决"), "source": {"clause": "四"}, "kind": "veto", "code": "V1", "action": "veto"}
    ledgers = kept(
        tmp_path,
        ladder("L1", "event", "unit", [1, 2], "never"),
        ladder("L2", "event", "unit", [1, 1], "never", action="veto"),
        veto,
        veto | {"code": "V2", "confirm": "yes"},
        findings=[finding("S1", "2016-08-01")],
        events=[
            {"code": "L1", "date": "2016-05-01", "unit": "城管局"},
            {"code": "L1", "date": "2016-06-01", "unit": "城管局", "confirmed": "否"},
            {"code": "L1", "date": "2016-07-01", "unit": "城管局", "confirmed": "是"},
            {"code": "V1", "date": "2016-07-02"},
            {"code": "V2", "date": "2016-07-03", "unit": "卫健局"},
        ],
        steps=[step("L1", "通报", "2016-05-02")],
    )
    assert told(ledgers, "2016-06-30") == [("城管局", "in_force", (0,), 1, ("L1 2016-05-01",))]
    assert told(ledgers, "2016-07-31") == [
        ("城管局", "proposed", (1,), 2, ("L1 2016-07-01",)),
        ("某区", "proposed", (0, 1), 1, ("V1 2016-07-02",)),  # no unit: the whole place; V2 waits for a person
    ]


EVERY = [
    OVERDUE,
    ladder("L2", "exposure", "unit", [1], "clean"),
    ladder("L3", "found", "site", [1], "verified"),
    ladder("L4", "returned", "area", [1], "verified"),
    ladder("L5", "lost", "unit", [1], "never"),
    ladder("L6", "event", "unit", [1], "never"),
    ladder("L7", "overdue", "site", [1], "verified"),
]


def test_empty_ledgers_and_days_before_them(tmp_path):
    checks = [{"standard": "1.1", "site_id": "S1", "value": "1"}]
    empty = kept(tmp_path / "a", *EVERY, observations=checks)
    assert escalation(empty, day("2016-08-14")) == ()
    tables = {
        "findings": [media("S1", "2016-08-01")],
        "rectifications": [fixed("F1", "2016-08-10", "2016-08-10", "退回")],
    }
    ledgers = kept(tmp_path / "b", *EVERY, events=[{"code": "L6", "date": "2016-08-02"}], **tables)
    assert escalation(ledgers, day("2016-07-31")) == ()
    assert len(escalation(ledgers, day("2016-08-14"))) == len(EVERY)


def test_overdue_until_all_is_verified(tmp_path):
    """Reset by verification only: a clean week counts nothing and ends nothing."""
    ledgers = kept(
        tmp_path,
        ladder("L1", "overdue", "unit", [1, 2], "verified"),
        findings=[finding("S1", "2016-08-01"), finding("S1", "2016-08-15")],
        rectifications=[fixed("F1", "2016-08-16", "2016-08-24", "通过")],
        steps=[step("L1", "通报", "2016-08-15")],
    )
    assert told(ledgers, "2016-08-14") == [("城管局", "proposed", (0,), 1, ("F1",))]
    assert told(ledgers, "2016-08-23") == [("城管局", "in_force", (0,), 1, ("F1",))]
    assert told(ledgers, "2016-08-24") == []
    assert told(ledgers, "2016-08-28") == [("城管局", "proposed", (0,), 1, ("F2",))]


# ------------------------------------------------------------------------------------------- against a slow count


def random_tables(rng, count):
    """Return findings and rectifications as an office might have written them, in any state."""
    start = datetime.date(2016, 1, 6)
    findings, rectifications = [], []
    for place in range(1, count + 1):
        now = start + datetime.timedelta(days=rng.randrange(120))
        findings.append(finding(rng.choice(["S1", "S2"]), now.isoformat(), standard=rng.choice(["1.1", "1.2"])))
        while rng.random() < 0.8:
            done = now + datetime.timedelta(days=rng.randint(0, 25))
            now = done + datetime.timedelta(days=rng.randint(0, 6))
            result = rng.choice(["通过", "退回", ""])
            rectifications.append(fixed(f"F{place}", done.isoformat(), now.isoformat() if result else "", result))
            if result != "退回":
                break
    return findings, rectifications


@pytest.mark.parametrize("seed", range(4))
def test_overdue_at_the_ends_of_weeks_is_what_the_states_say(tmp_path, seed):
    findings, rectifications = random_tables(random.Random(seed), 60)
    ledgers = kept(tmp_path, OVERDUE, findings=findings, rectifications=rectifications)
    ends = week_ends(ledgers.findings["found_on"].min().date(), datetime.date(2016, 5, 15))
    rows, places = overdue_at(ledgers, ends)
    own = {(row, place) for row, place in zip(rows.tolist(), places.tolist(), strict=True)}
    assert len(own) == len(rows)
    stands = [states(ledgers, end) for end in ends]
    slow = {
        (row, place) for place, stand in enumerate(stands) for row in stand["finding"][stand["overdue"] > 0].tolist()
    }
    assert own == slow
    assert len(own) > 50
    names, units = ledgers.findings["finding_id"], ledgers.findings["units"]
    for one in escalation(ledgers, ends[-1]):
        periods = [
            Period(end, tuple(names[row] for row, at in sorted(slow) if at == place and one.subject in units[row]))
            for place, end in enumerate(ends)
        ]
        assert one.standing == standing((1, 2, 3), "clean", periods, day=ends[-1])
    assert escalation(ledgers, ends[-1])
