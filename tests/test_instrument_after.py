"""What an instrument file says of the time after the total: how it is read, and every fault it can have."""

import datetime
from fractions import Fraction as F

import pytest
from builders import content_of, indicator, instrument_of, standard, text

from evalsys import InputFaults, instrument_ids, load_instrument
from evalsys.instrument import Bonus, Effect, Gate, Joined, ListedEvent
from evalsys.instrument_after import event_codes
from evalsys.instrument_shape import AFTER_TOTAL
from evalsys.language import Text

SOURCE = {"source": {"clause": "九"}}
ABOUT = {"text": text("机制"), **SOURCE}


def entry(code, **more):
    return {"code": code, "name": text(code), **SOURCE, **more}


def content(full=50, **more):
    return content_of([indicator("1", 50, [standard("1.1", "met", 50)])], full, **more)


def read(folder, full=50, **more):
    return instrument_of(folder, content(full, **more))


# ------------------------------------------------------------------------------------------------------ it is read


def test_every_kind_of_entry(tmp_path):
    note = {"zh": "注", "en": "note"}
    own = read(
        tmp_path,
        joined=[entry("J", of="minors", share="20%", note=note)],
        bonus=[entry("B", points=5, cap=8), entry("C", points="1/2")],
        negative_list=[
            entry("N", effect={"deduct": 3}),
            entry(
                "O",
                confirm="yes",
                effect=[
                    {"to": "holder", "action": "suspend", "months": 6},
                    {"to": ["nominated", "applicant"], "within": 12, "deduct": "2.5"},
                ],
            ),
        ],
        gates=[
            entry("G", at_least="60%"),
            entry("H", at_least="60%", of="self", stage="apply"),
            entry("I", at_least=45, of="total"),
            entry("K"),
        ],
    )
    source = {"clause": "九"}

    def name(code):
        return Text(f"{code}项", f"item {code}")

    assert own.joined == (Joined("J", name("J"), "minors", F(1, 5), Text("注", "note"), source),)
    assert own.bonus == (
        Bonus("B", name("B"), F(5), F(8), None, source),
        Bonus("C", name("C"), F(1, 2), None, None, source),
    )
    assert own.negative_list == (
        ListedEvent("N", name("N"), (Effect(F(3)),), False, None, source),
        ListedEvent(
            "O",
            name("O"),
            (Effect(F(0), "suspend", 6, ("holder",)), Effect(F("2.5"), None, None, ("nominated", "applicant"), 12)),
            True,
            None,
            source,
        ),
    )
    # a mark in per cent is of the full marks for the total, of 100 for another score
    assert own.gates == (
        Gate("G", name("G"), F(30), "total", "pass", None, source),
        Gate("H", name("H"), F(60), "self", "apply", None, source),
        Gate("I", name("I"), F(45), "total", "pass", None, source),
        Gate("K", name("K"), None, "total", "pass", None, source),
    )
    assert own.after_total == AFTER_TOTAL


def test_mechanisms_that_decide(tmp_path):
    veto = {**ABOUT, "kind": "veto", "code": "V", "confirm": "yes", "action": "veto"}
    ladder = {**ABOUT, "kind": "ladder", "of": "total", "limit": {"below": 35}, "action": "suspend", "months": 12}
    cycle = {**ABOUT, "kind": "cycle", "rhythm": {"every": 2, "applied": 1, "selected": 0, "until": "06-30"}}
    quota = {**ABOUT, "kind": "quota", "group": "1", "years": 3, "limit": {"at_least": 20}}
    found = read(tmp_path, mechanisms=[veto, ladder, cycle, quota]).mechanisms
    assert [(m.code, m.action, m.confirm) for m in found] == [
        *(("V", "veto", True), (None, "suspend", False), (None, None, False), (None, None, False)),
    ]
    assert (found[1].of, found[1].limits, found[1].months) == ("total", {"below": 35}, 12)
    assert found[2].rhythm == {"every": 2, "applied": 1, "selected": 0, "until": (6, 30)}
    assert (found[3].group, found[3].years) == ("1", 3)


def test_the_order_is_that_of_the_file(tmp_path):
    bonus, gates = [entry("B", points=1)], [entry("G")]
    assert read(tmp_path / "a", bonus=bonus, gates=gates, after_total=["gates", "bonus"]).after_total == (
        *("gates", "bonus"),
    )
    # a part that the file has nothing of may stand in the order
    own = read(tmp_path / "b", gates=gates, after_total=["ladders", "gates", "joined"])
    assert own.after_total == ("ladders", "gates", "joined")


def test_codes_of_events(tmp_path):
    own = read(
        tmp_path,
        joined=[entry("J", of="minors", share="20%")],
        bonus=[entry("B", points=1)],
        negative_list=[entry("N", effect={"deduct": 1})],
        gates=[entry("G")],
        mechanisms=[{**ABOUT, "kind": "veto", "code": "V"}, {**ABOUT, "kind": "veto"},
                    {**ABOUT, "kind": "quota", "code": "Q"}],
    )  # fmt: skip
    assert event_codes(own) == ("N", "B", "G", "V")


def test_an_instrument_without_any_of_it(tmp_path):
    own = read(tmp_path)
    assert (own.joined, own.bonus, own.negative_list, own.gates, event_codes(own)) == ((), (), (), (), ())


# ---------------------------------------------------------------------------------------------------------- faults

B, N, G = [entry("B", points=1)], [entry("N", effect={"deduct": 1})], [entry("G")]
J = [entry("J", of="minors", share="20%")]
VETO = {**ABOUT, "kind": "veto", "code": "V"}
LADDER = {**ABOUT, "kind": "ladder", "of": "total", "limit": {"below": 40}, "action": "criticise"}

FAULTS = {
    "a part twice": (
        {"bonus": B, "after_total": ["bonus", "gates", "bonus"]},
        [("duplicate_key", "after_total", "bonus", "")],
    ),
    "joined left out": ({"joined": J, "after_total": ["gates"]}, [("not_in_order", "after_total", "joined", "joined")]),
    "bonus left out": ({"bonus": B, "after_total": ["gates"]}, [("not_in_order", "after_total", "bonus", "bonus")]),
    "list left out": (
        {"negative_list": N, "after_total": ["gates"]},
        [("not_in_order", "after_total", "negative_list", "negative_list")],
    ),
    "veto left out": (
        {"mechanisms": [VETO], "bonus": B, "after_total": ["bonus"]},
        [("not_in_order", "after_total", "negative_list", "bonus negative_list")],
    ),
    "gates left out": ({"gates": G, "after_total": ["bonus"]}, [("not_in_order", "after_total", "gates", "gates")]),
    "ladders left out": (
        {"mechanisms": [LADDER], "gates": G, "after_total": ["gates"]},
        [("not_in_order", "after_total", "ladders", "gates ladders")],
    ),
    "several left out": (
        {"gates": G, "bonus": B, "joined": J, "after_total": ["joined"]},
        [("not_in_order", "after_total", n, "joined bonus gates") for n in ("bonus", "gates")],
    ),
    "shares of 100": (
        {"joined": [entry("J", of="minors", share="40%"), entry("K", of="self", share="60%")]},
        [("out_of_range", "joined", "1", "< 1")],
    ),
    "shares above 100": (
        {"joined": [entry("J", of="minors", share="60%"), entry("K", of="self", share="60%")]},
        [("out_of_range", "joined", "1.2", "< 1")],
    ),
    "a share of 0": ({"joined": [entry("J", of="minors", share=0)]}, [("out_of_range", "share", "0", "> 0, < 1")]),
    "a share of 1": (
        {"joined": [entry("J", of="minors", share="100%")]},
        [("out_of_range", "share", "100%", "> 0, < 1")],
    ),
    "a joined total": ({"joined": [entry("J", of="total", share="20%")]}, [("bad_value", "of", "total", "minors ...")]),
    "a gate above the full marks": (
        {"gates": [entry("G", at_least="50.1")]},
        [("out_of_range", "at_least", "50.1", "0..50  0%..100%")],
    ),
    "a gate above 100%": (
        {"gates": [entry("G", at_least="101%", of="total")]},
        [("out_of_range", "at_least", "101%", "0..50  0%..100%")],
    ),
    "another score above 100": (
        {"gates": [entry("G", at_least="100.5", of="minors")]},
        [("out_of_range", "at_least", "100.5", "0..100  0%..100%")],
    ),
    "a gate below 0": ({"gates": [entry("G", at_least="-1")]}, [("bad_number", "at_least", "-1", "85  85%")]),
    "a gate of a score without a mark": ({"gates": [entry("G", of="minors")]}, [("missing_key", "of", "at_least", "")]),
    "another stage": ({"gates": [entry("G", stage="award")]}, [("bad_value", "stage", "award", "apply pass")]),
    "months of no suspension": (
        {"negative_list": [entry("N", effect={"action": "revoke", "months": 3})]},
        [("no_effect", "months", "3", "")],
    ),
    "an effect of nothing": (
        {"negative_list": [entry("N", effect={"to": "holder"})]},
        [("missing_key", "effect", "deduct action", "")],
    ),
    "an effect of 0": ({"negative_list": [entry("N", effect={"deduct": 0})]}, [("out_of_range", "deduct", "0", "> 0")]),
    "another standing": (
        {"negative_list": [entry("N", effect={"deduct": 1, "to": "holders"})]},
        [("bad_value", "to", "holders", "applicant nominated holder")],
    ),
    "another action": (
        {"negative_list": [entry("N", effect={"action": "suspended"})]},
        [("bad_value", "action", "suspended", "criticise stop_nomination suspend revoke veto")],
    ),
    "within 0 months": (
        {"negative_list": [entry("N", effect={"deduct": 1, "within": 0})]},
        [("out_of_range", "within", "0", ">= 1")],
    ),
    "a bonus of 0": ({"bonus": [entry("B", points=0)]}, [("out_of_range", "points", "0", "> 0")]),
    "a cap of 0": ({"bonus": [entry("B", points=1, cap=0)]}, [("out_of_range", "cap", "0", "> 0")]),
    "one code twice": (
        {"bonus": B, "gates": [entry("B")], "mechanisms": [{**VETO, "code": "B"}]},
        [("duplicate_code", "code", "B", ""), ("duplicate_code", "code", "B", "")],
    ),
    "months of a mechanism": (
        {"mechanisms": [{**LADDER, "months": 3}]},
        [("no_effect", "months", "3", "")],
    ),
    "a ladder without an action": (
        {"mechanisms": [{**ABOUT, "kind": "ladder", "of": "total", "limit": {"below": 40}}]},
        [("missing_key", "of", "limit action", "")],
    ),
    "a ladder without a limit": (
        {"mechanisms": [{**ABOUT, "kind": "ladder", "of": "total", "action": "criticise"}]},
        [("missing_key", "of", "limit action", "")],
    ),
    "a rhythm with a year": (
        {"mechanisms": [{**ABOUT, "kind": "cycle", "rhythm": {"every": 2, "until": "2027-06-30"}}]},
        [("bad_value", "until", "2027-06-30", "06-30")],
    ),
    "a rhythm without years": (
        {"mechanisms": [{**ABOUT, "kind": "cycle", "rhythm": {"until": "06-30"}}]},
        [("missing_key", "every", "every", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault(tmp_path, name):
    more, expected = FAULTS[name]
    with pytest.raises(InputFaults) as caught:
        read(tmp_path, **more)
    assert [(f.problem, f.column, f.value, f.allowed) for f in caught.value.faults] == expected
    assert all(f.file == "instrument.yaml" and f.row for f in caught.value.faults)


def test_marks_at_the_ends_of_the_scale_are_good(tmp_path):
    ends = [entry("G", at_least=50), entry("H", at_least="100%", of="self"), entry("I", at_least=0)]
    assert [g.at_least for g in read(tmp_path, gates=ends).gates] == [50, 100, 0]


def test_a_gate_of_an_instrument_whose_marks_differ_by_month(tmp_path):
    """The mark must lie on the scale of every month."""
    months = {"1-6": 50, "7-12": 40}
    one = indicator("1", None, [standard("1.1", "met", None)])
    one["points"] = one["standards"][0]["points"] = months
    own = content_of([one], 0, gates=[entry("G", at_least=45)])
    own["full_marks"] = months
    with pytest.raises(InputFaults) as caught:
        instrument_of(tmp_path, own)
    assert [(f.problem, f.allowed) for f in caught.value.faults] == [("out_of_range", "0..40  0%..100%")]


def test_faults_of_several_entries_are_told_at_once(tmp_path):
    with pytest.raises(InputFaults) as caught:
        read(
            tmp_path,
            after_total=["bonus"],
            bonus=B,
            joined=[entry("J", of="total", share="20%")],
            gates=[entry("G", of="minors")],
            negative_list=[entry("N", effect=[{"deduct": 1, "months": 2}, {}])],
            mechanisms=[{**LADDER, "months": 2}],
        )
    assert sorted(f.problem for f in caught.value.faults) == [
        *("bad_value", "missing_key", "missing_key", "no_effect", "no_effect"), *["not_in_order"] * 4,
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- the instruments we have


@pytest.mark.parametrize("name", instrument_ids())
def test_delivered_instruments_list_what_they_apply(name):
    own = load_instrument(name, datetime.date(2018, 6, 1))
    held = {kind for kind in ("joined", "bonus", "negative_list", "gates") if getattr(own, kind)}
    assert held <= set(own.after_total) <= set(AFTER_TOTAL)
    codes = event_codes(own)
    assert len(codes) == len(set(codes))
    entries = (*own.joined, *own.bonus, *own.negative_list, *own.gates)
    assert all(each.source.get("clause") or each.source.get("row") for each in entries)


def test_the_frame_as_the_sources_have_it():
    own = load_instrument("national-frame-2018")
    assert [(j.of, j.share) for j in own.joined] == [("minors", F(1, 5))]
    assert [(g.of, g.at_least) for g in own.gates] == [("minors", 85)]
    g15 = own.negative_list[0]
    assert g15.effects == (
        Effect(F(0), "suspend", 12, ("holder",)),
        Effect(F(3), None, None, ("nominated",), 12),
        Effect(F(0), "stop_nomination", None, ("applicant",), 12),
    )
