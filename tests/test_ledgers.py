"""The ledgers of an assessment, by hand: what opens a finding, what closes it, and where each stands on a day."""

import random

import ledger_cases as cases
import numpy as np
import pandas as pd

from evalsys.instrument import Mechanism
from evalsys.language import Text
from evalsys.ledger_rules import DAYS, ledger_rules
from evalsys.ledgers import flow, ledgers_of, states
from evalsys.settings import LedgerSettings

D = cases.day


def seen(name, on, value, site="s1", standard="1.1", **more):
    where = {"site_id": site, "round": "r1" if name == "a" else f"r{name}"}
    return {"observation_id": name, "standard": standard, **where, "observed_on": cases.iso(on), "value": value, **more}


def found(name, on, site="s1", standard="1.1", **more):
    return {"finding_id": name, "site_id": site, "standard": standard, "found_on": cases.iso(on), **more}


def mended(name, fixed=None, reviewed=None, result="", **more):
    own = {"finding_id": name, "fixed_on": cases.iso(fixed), "reviewed_on": cases.iso(reviewed), "result": result}
    return {**own, "reviewer": "督查组" if result else "", **more}


def told(kept):
    """Moves as (id, day, state)."""
    names, moves = kept.findings["finding_id"].tolist(), kept.moves
    days = (moves["day"].to_numpy().astype("datetime64[D]") - np.datetime64(cases.START)).astype(int)
    return [(names[k], day, to) for k, day, to in zip(moves["finding"], days.tolist(), moves["to"], strict=True)]


def ledgers(folder, observations=(), **tables):
    return ledgers_of(cases.kept(folder, observations, **tables))


# -------------------------------------------------------------------------------------- findings from observations


def test_a_loss_opens_a_finding_and_a_later_check_in_order_closes_it(tmp_path):
    kept = ledgers(tmp_path, [seen("a", 0, "0.5"), seen("b", 3, "1"), seen("c", 5, "0"), seen("d", 9, "0.2")])
    assert told(kept) == [
        ("O-a", 0, "open"), ("O-a", 5, "fixed"), ("O-a", 5, "verified"), ("O-d", 9, "open"),
    ]  # fmt: skip
    first, second = kept.findings.to_dict("records")
    assert (first["observations"], second["observations"]) == ((0, 1), (3,))
    assert (first["relapse_of"], second["relapse_of"]) == ("", "O-a")
    assert first["made"]
    assert (first["source"], first["row"], first["units"]) == ("supervision", -1, ("甲", "乙"))
    assert (first["due"], first["in_order_on"]) == (pd.Timestamp(D(7)), pd.Timestamp(D(5)))
    assert [states(kept, D(k))["again"].tolist() for k in (0, 2, 3, 9)] == [[0], [0], [1], [1, 0]]


def test_each_standard_and_each_site_has_findings_of_its_own(tmp_path):
    rows = [
        seen("a", 0, "1"),
        seen("b", 0, "否", standard="1.2"),
        seen("c", 1, "0", site="s2"),
        seen("d", 1, "1", "s3"),
    ]
    kept = ledgers(tmp_path, rows)
    assert [name for name, _, _ in told(kept)] == ["O-a", "O-b", "O-d"]
    assert kept.findings["relapse_of"].tolist() == kept.findings["repeat_of"].tolist() == ["", "", ""]


def test_what_does_not_tell_opens_and_closes_nothing(tmp_path):
    rows = [seen("a", 0, "1"), seen("b", 1, ""), seen("c", 2, "不适用"), seen("d", 3, "不适用", "s2")]
    assert told(ledgers(tmp_path, rows)) == [("O-a", 0, "open")]


def test_two_looks_on_one_day(tmp_path):
    """Where one of them loses points, not all was in order; the finding is named after the first id."""
    rows = [seen("b", 2, "1"), seen("a", 2, "0.5"), seen("c", 2, "0")]
    kept = ledgers(tmp_path, rows)
    assert told(kept) == [("O-a", 2, "open")]
    assert kept.findings["observations"].tolist() == [(1, 0)]


def test_observations_without_a_day(tmp_path):
    rows = [seen("a", None, "1"), seen("b", None, "0", "s2"), seen("c", 4, "1", "s3")]
    kept = ledgers(tmp_path / "1", rows)
    assert (told(kept), kept.undated) == ([("O-c", 4, "open")], ("a",))
    dated = ledgers(tmp_path / "2", rows, settings={"ledger": {"undated": cases.iso(2)}})
    assert (told(dated), dated.undated) == ([("O-a", 2, "open"), ("O-c", 4, "open")], ())
    assert kept.last_day == D(4)


def test_an_observation_without_a_day_that_the_office_links(tmp_path):
    rows = [seen("a", None, "1"), seen("b", None, "0", standard="1.1")]
    kept = ledgers(tmp_path, rows, findings=[found("f", 3, observations="a;b")])
    assert kept.undated == ()
    assert kept.findings["observations"].tolist() == [(0,)]  # b was in order: it shows nothing
    assert states(kept, D(5))["again"].tolist() == [0]


def test_the_whole_place_is_told_by_area_and_units(tmp_path):
    rows = [
        seen("a", 0, "否", "", "1.3", area="东", units="甲"),
        seen("b", 1, "否", "", "1.3", area="东", units="乙"),
        seen("c", 2, "是", "", "1.3", area="东", units="甲"),
        seen("d", 3, "否", "", "1.3", area="东", units="乙;甲"),
    ]
    place = {"site_id": "全域", "standard": "1.3", "area": "东"}
    findings = [
        found("f", 4, **place, units="甲;乙"),
        found("g", 5, "whole", "1.3", area="西", units="甲"),
        found("h", 6, **place, units="乙"),
    ]
    kept = ledgers(tmp_path, rows, findings=findings)
    table = kept.findings.set_index("finding_id")
    assert (table["site"] == -1).all()
    assert told(kept)[:3] == [("O-a", 0, "open"), ("O-a", 2, "fixed"), ("O-a", 2, "verified")]
    assert table["repeat_of"].to_dict() == {"O-a": "", "O-b": "", "O-d": "", "f": "O-d", "g": "", "h": "O-b"}
    assert table.loc["f", "units"] == ("甲", "乙")  # as it was written down


# ------------------------------------------------------------------------------------------ what the office wrote down


def test_rows_of_the_ledger_alone_decide(tmp_path):
    """Checks in order are noted beside them, and a finding whose repair awaits review is not opened anew."""
    rows = [seen("a", 0, "1"), seen("b", 2, "0"), seen("c", 6, "0"), seen("d", 7, "1"), seen("e", 9, "0"),
            seen("g", 12, "0.1")]  # fmt: skip
    kept = ledgers(tmp_path, rows, rectifications=[mended("O-a", 5, 8, "通过")])
    assert told(kept) == [("O-a", 0, "open"), ("O-a", 5, "fixed"), ("O-a", 8, "verified"), ("O-g", 12, "open")]
    first = kept.findings.iloc[0]
    assert first["observations"] == (0, 3)
    assert first["in_order_on"] == pd.Timestamp(D(6))
    assert kept.findings["relapse_of"].tolist() == ["", "O-a"]
    assert kept.moves["row"].tolist() == [0, 0, 0, -1]


def test_a_check_on_the_day_it_was_told_closes_nothing(tmp_path):
    kept = ledgers(tmp_path, [seen("a", 3, "0"), seen("b", 4, "0")], findings=[found("f", 3)])
    assert told(kept) == [("f", 3, "open"), ("f", 4, "fixed"), ("f", 4, "verified")]


def test_what_was_put_right_on_the_day_of_a_check_had_not_yet_been_when_it_was_seen(tmp_path):
    rows = [seen("a", 4, "1"), seen("b", 5, "1")]
    kept = ledgers(tmp_path, rows, findings=[found("f", 3)], rectifications=[mended("f", 4, 5, "通过")])
    assert told(kept) == [("f", 3, "open"), ("f", 4, "fixed"), ("f", 5, "verified"), ("O-b", 5, "open")]
    assert kept.findings["observations"].tolist() == [(0,), (1,)]
    assert states(kept, D(4))["again"].tolist() == [1]


def test_linked_observations_open_nothing(tmp_path):
    rows = [seen("a", 0, "1", photo="a.jpg"), seen("b", 9, "1"), seen("c", 2, "1")]
    findings = [found("f", 3, observations="a;b", source="热线", what="垃圾", note="n"), found("g", 1)]
    kept = ledgers(tmp_path, rows, findings=findings)
    table = kept.findings.set_index("finding_id")
    assert table["observations"].to_dict() == {"g": (2,), "f": (0, 1)}
    assert table["repeat_of"].to_dict() == {"g": "", "f": "g"}
    own = table.loc["f"]
    assert (own["source"], own["what"], own["note"], own["photo"]) == ("hotline", "垃圾", "n", "a.jpg")
    assert not own["made"]
    assert own["row"] == 0
    assert states(kept, D(9)).set_index("finding")["again"].to_dict() == {0: 1, 1: 1}  # a was seen before f was told


def test_units_and_area_of_a_finding(tmp_path):
    """The row's own where the column stands, else the site's."""
    (own,) = ledgers(tmp_path / "1", findings=[found("f", 3)]).findings.to_dict("records")
    assert (own["units"], own["area"]) == (("甲", "乙"), "东")
    (own,) = ledgers(tmp_path / "2", findings=[found("f", 3, units="丙", area="西")]).findings.to_dict("records")
    assert (own["units"], own["area"]) == (("丙",), "西")
    (own,) = ledgers(tmp_path / "3", findings=[found("f", 3, units="", area="")]).findings.to_dict("records")
    assert (own["units"], own["area"]) == ((), None)


# -------------------------------------------------------------------------------------------------- days and deadlines


def test_in_time_on_the_last_day_and_overdue_from_the_day_after(tmp_path):
    findings = [found("f", 0), found("g", 0, "s2"), found("h", 0, "s3")]
    kept = ledgers(tmp_path, findings=findings, rectifications=[mended("f", 7), mended("g", 8), mended("h")])
    assert states(kept, D(7))["overdue"].tolist() == [0, 0, 0]
    assert states(kept, D(8))["overdue"].tolist() == [0, 0, 1]
    assert states(kept, D(20))["overdue"].tolist() == [0, 0, 13]
    own = flow(kept, D(7), D(8))
    names = kept.findings["finding_id"].to_numpy()
    assert names[kept.moves["finding"].to_numpy()[own.in_time]].tolist() == ["f"]
    assert names[own.overdue(own.after)].tolist() == ["h"]
    assert names[own.in_hand(own.before)].tolist() == ["f", "g", "h"]
    assert names[own.awaiting(own.after)].tolist() == ["f", "g"]


def test_due_is_what_the_finding_says_else_its_first_rectification_else_the_rules(tmp_path):
    findings = [found("f", 0, due=cases.iso(3)), found("g", 0, "s2"), found("h", 0, "s3")]
    rows = [mended("f", due=cases.iso(5)), mended("g", due=cases.iso(4))]
    kept = ledgers(tmp_path, findings=findings, rectifications=rows)
    assert kept.findings["due"].tolist() == [pd.Timestamp(D(k)) for k in (3, 4, 7)]


def test_a_return_with_and_without_a_new_last_day(tmp_path):
    rows = [
        mended("f", 2, 4, "退回"), mended("f", 12, 13, "退回", due=cases.iso(12)), mended("f", 15),
        mended("g", 2, 9, "退回"),
        mended("h", 2, 9, "退回"), mended("h", due=cases.iso(11)),
    ]  # fmt: skip
    kept = ledgers(tmp_path, findings=[found("f", 0), found("g", 0, "s2"), found("h", 0, "s3")], rectifications=rows)
    late = {k: states(kept, D(k))["overdue"].tolist() for k in (3, 8, 9, 11, 12, 13, 14, 15)}
    assert late == {
        3: [0, 0, 0],
        8: [0, 0, 0],  # f may take until 12
        9: [0, 2, 0],  # g goes back to its own last day, h got a new one with its next attempt, not yet made
        11: [0, 4, 0],
        12: [0, 5, 1],
        13: [1, 6, 2],  # returned again, no new last day: the last one stands
        14: [2, 7, 3],
        15: [0, 8, 4],
    }
    assert states(kept, D(14))["returned"].tolist() == [2, 1, 1]
    assert len(flow(kept, D(0), D(14)).in_time) == 4
    assert len(flow(kept, D(15), D(15)).in_time) == 0


def test_nothing_later_is_visible(tmp_path):
    rows = [mended("f", 2, 4, "退回"), mended("f", 6, 8, "通过")]
    kept = ledgers(tmp_path, findings=[found("f", 1), found("z", 20, "s2")], rectifications=rows)
    told_by_day = {k: states(kept, D(k)) for k in range(10)}
    assert [len(told_by_day[k]) for k in (0, 1, 9)] == [0, 1, 1]
    assert [told_by_day[k]["state"].tolist() for k in (1, 2, 3, 4, 5, 6, 7, 8)] == [
        ["open"], ["fixed"], ["fixed"], ["returned"], ["returned"], ["fixed"], ["fixed"], ["verified"],
    ]  # fmt: skip
    assert [told_by_day[k]["returned"].item() for k in (3, 4, 9)] == [0, 1, 1]
    assert [told_by_day[k]["verified_on"].notna().item() for k in (7, 8)] == [False, True]
    assert kept.last_day == D(20)


def test_an_assessment_without_ledgers(tmp_path):
    kept = ledgers(tmp_path, [seen("a", None, "0")])
    assert (len(kept.findings), len(kept.moves), kept.undated, kept.last_day) == (0, 0, (), None)
    assert len(states(kept, D(0))) == len(kept.spells) == 0
    own = flow(kept, D(0), D(6))
    assert [len(rows) for rows in (own.new, own.fixed, own.in_time, own.in_hand(own.after))] == [0, 0, 0, 0]


# ------------------------------------------------------------------------------------------- the order of rows, rules


def test_the_order_of_rows_changes_nothing(tmp_path):
    """But for the attempts at one finding, which follow each other in the file."""
    observations = [seen(name, on, value) for name, on, value in
                    (("a", 0, "1"), ("b", 0, "0.5"), ("c", 4, "0"), ("d", 8, "1"), ("e", 8, "1"))]  # fmt: skip
    findings = [found("f", 3), found("g", 3), found("h", 9)]
    attempts = [mended("g", 3, 5, "退回"), mended("g", 6)]
    rows = [*attempts, mended("h", 9), mended("O-a", 2, 2, "通过")]
    rng = random.Random(1)
    first = None
    for k in range(6):
        kept = ledgers(tmp_path / str(k), observations, findings=findings, rectifications=rows)
        names = kept.assessment.observations["observation_id"].tolist()
        table = kept.findings.assign(
            observations=[[names[row] for row in own] for own in kept.findings["observations"]]
        )
        own = (told(kept), table.drop(columns="row").to_dict("records"), kept.assessment.evidence_hash)
        first = first or own
        assert own == first
        for table in (observations, findings, rows):
            rng.shuffle(table)
        rows = [row for row in rows if row["finding_id"] != "g"]
        at, later = sorted(rng.choices(range(len(rows) + 1), k=2))
        rows = [*rows[:at], attempts[0], *rows[at:later], attempts[1], *rows[later:]]


def test_rules_say_where_they_come_from(tmp_path):
    def rules(settings=None, **more):
        own = cases.content(**more)
        return cases.kept(
            tmp_path / str(random.random()), [seen("a", 0, "0")], content=own, settings=settings or {}
        ).rules

    plain = rules()
    assert (plain.days, plain.days_from, plain.other_reviewer) == (7, "instrument", True)
    assert plain.due(D(0)) == D(7)
    assert (plain.materials_by, plain.materials_from, plain.undated) == (5, "assumed", None)
    assert isinstance(plain.deadline, Mechanism)
    own = rules({"ledger": {"days": 3, "materials_by": 8}}, reviewer=False)
    assert (own.days, own.days_from, own.other_reviewer) == (3, "setting", False)
    assert (own.materials_by, own.materials_from) == (8, "setting")
    assert (rules(days=None).days, rules(days=None).days_from) == (DAYS, "assumed")
    assert rules(days=10).due(D(0)) == D(10)
    other = rules({"ledger": {"rules": "lincheng-county-2019"}}, days=10)
    assert (other.instrument.id, other.days, other.other_reviewer) == ("lincheng-county-2019", 7, True)
    assert [ladder.code for ladder in other.ladders] == ["L1", "L2", "L3", "L4"]
    assert len(other.calendar) == 9


def test_rules_without_a_deadline(tmp_path):
    own = {**cases.content(), "mechanisms": []}
    instrument = cases.kept(tmp_path, [seen("a", 0, "0")], content=own).instrument
    rules = ledger_rules(instrument, LedgerSettings())
    assert (rules.days, rules.days_from, rules.deadline, rules.other_reviewer) == (7, "assumed", None, False)
    assert rules.ladders == ()


def test_only_what_concerns_the_ledgers_is_taken_from_the_mechanisms(tmp_path):
    """A deadline of something else, and a ladder that counts nothing, are no rules of the ledgers."""
    said = {"row": "x", "source": {"clause": "x"}, "text": {"zh": "其他", "en": "other"}}
    limit = {"at_most": "30", "measure": {"zh": "天", "en": "days"}}
    own = cases.content()
    others = [{"kind": "deadline", "limit": limit, **said}, {"kind": "ladder", **said}]
    own["mechanisms"] = [*others, *own["mechanisms"]]
    rules = cases.kept(tmp_path, [seen("a", 0, "0")], content=own).rules
    assert (rules.days, rules.days_from, rules.ladders) == (7, "instrument", ())


def test_the_last_day_is_that_of_the_last_check_or_change(tmp_path):
    checked = ledgers(tmp_path / "1", [seen("a", 9, "0", "s3")], findings=[found("f", 1)])
    changed = ledgers(
        tmp_path / "2", [seen("a", 2, "0", "s3")], findings=[found("f", 1)], rectifications=[mended("f", 5)]
    )
    assert (checked.last_day, changed.last_day) == (D(9), D(5))


def test_the_ledgers_of_one_assessment_are_made_once(tmp_path):
    assessment = cases.kept(tmp_path, [seen("a", 0, "1")])
    assert ledgers_of(assessment) is ledgers_of(assessment)
    assert isinstance(assessment.rules.instrument.title, Text)
