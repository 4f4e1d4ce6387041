"""What a source says beside its standards, as it is read; and what is left out of the sources, and why."""

from fractions import Fraction as F

import pytest
from builders import content_of, indicator, instrument_of, standard

from evalsys import InputFaults, instrument_ids, load_instrument
from evalsys.instrument import LeftOut, Said
from evalsys.language import Text
from evalsys.when import When

BASE = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
TEXT = {"text": {"zh": "文", "en": "text"}, "source": {"clause": "一"}}


def test_every_kind_of_entry(tmp_path):
    own = instrument_of(
        tmp_path,
        BASE
        | {
            "calendar": [{**TEXT, "row": "X.1", "when": {"every": "month", "by_day": "5"}, "lead": "县财政"}],
            "mechanisms": [
                {**TEXT, "kind": "quota", "limit": {"at_most": "35", "measure": {"zh": "个", "en": "titles"}}},
                {**TEXT, "kind": "budget", "limit": {"range": ["60", "60"]}},
                {
                    **TEXT,
                    "kind": "ladder",
                    "steps": [{"zh": "通报", "en": "notice"}, {"zh": "约谈", "en": "interview"}],
                },
                {**TEXT, "kind": "cycle", "shares": ["15", "25", "60"]},
            ],
            "facts": [{**TEXT, "value": "4.4", "measure": {"zh": "公里", "en": "km"}, "more_than": "yes"}],
            "left_out": [{**TEXT, "why": {"zh": "因", "en": "why"}, "kept": "unscored", "rows": ["X.2"]}],
        },
    )
    (dated,) = own.calendar
    assert (dated.said.row, dated.said.lead, dated.when) == ("X.1", ("县财政局",), When(every="month", by_day=5))
    quota, budget, ladder, cycle = own.mechanisms
    assert (quota.kind, quota.limits, quota.measure) == ("quota", {"at_most": 35}, Text("个", "titles"))
    assert (budget.limits, budget.measure) == ({"at_least": 60, "at_most": 60}, None)
    assert [step.zh for step in ladder.steps] == ["通报", "约谈"]
    assert (cycle.shares, cycle.limits) == ((15, 25, 60), {})
    (fact,) = own.facts
    assert (fact.value, fact.measure.en, fact.more_than) == (F("4.4"), "km", True)
    assert own.left_out == (
        LeftOut(
            Said(None, Text("文", "text"), (), (), None, {"clause": "一"}), Text("因", "why"), "unscored", ("X.2",)
        ),
    )


ENTRIES = {
    "calendar": {**TEXT, "when": {"by": "06-30"}},
    "mechanisms": {**TEXT, "kind": "quota"},
    "facts": {**TEXT, "value": "4", "measure": {"zh": "个", "en": "items"}},
    "left_out": {**TEXT, "why": {"zh": "因", "en": "why"}},
}


@pytest.mark.parametrize("key", ENTRIES)
def test_names_of_every_kind_of_entry_are_checked(tmp_path, key):
    entry = ENTRIES[key] | {"source": {"document": "none"}, "lead": "没有的局"}
    with pytest.raises(InputFaults) as found:
        instrument_of(tmp_path, BASE | {key: [entry]})
    assert [(f.problem, f.value) for f in found.value.faults] == [
        ("unknown_document", "none"),
        ("unknown_name", "没有的局"),
    ]


@pytest.mark.parametrize("key", ENTRIES)
def test_what_every_kind_of_entry_says(tmp_path, key):
    more = {"lead": "县财政", "support": "文明办", "note": {"zh": "注", "en": "note"}}
    (entry,) = getattr(instrument_of(tmp_path, BASE | {key: [ENTRIES[key] | more]}), key)
    assert entry.said == Said(
        None, Text("文", "text"), ("县财政局",), ("文明办",), Text("注", "note"), {"clause": "一"}
    )


def test_what_is_not_said_and_what_is_nothing(tmp_path):
    facts = [ENTRIES["facts"], ENTRIES["facts"] | {"more_than": "no"}, ENTRIES["facts"] | {"more_than": "yes"}]
    limit = ENTRIES["mechanisms"] | {"limit": {"at_most": "0"}}
    own = instrument_of(tmp_path, BASE | {"facts": facts, "mechanisms": [limit], "left_out": [ENTRIES["left_out"]]})
    assert [fact.more_than for fact in own.facts] == [False, False, True]
    assert (own.mechanisms[0].limits, own.left_out[0].kept) == ({"at_most": 0}, "nothing")


def test_an_instrument_without_them_has_none(tmp_path):
    own = instrument_of(tmp_path, BASE)
    assert (own.calendar, own.mechanisms, own.facts, own.left_out) == ((), (), (), ())


@pytest.mark.parametrize("own", [{"row": "X.1", "rows": ["X.1"]}, {"row": "X.1", "rows": ["X.2", "X.2"]}])
def test_a_row_twice_in_one_entry(tmp_path, own):
    with pytest.raises(InputFaults) as found:
        instrument_of(tmp_path, BASE | {"left_out": [ENTRIES["left_out"] | own]})
    assert [fault.problem for fault in found.value.faults] == ["duplicate_code"]


# ---------------------------------------------------------------------------------------------- what is left out


def left_out():
    return [(own, entry) for own in map(load_instrument, instrument_ids()) for entry in own.left_out]


def test_the_list_of_what_is_left_out_names_its_rows():
    rows = {row: entry.kept for _, entry in left_out() for row in (entry.said.row, *entry.rows) if row}
    assert rows == {
        "S000-1.C.11": "rest",  # clearing out people without papers
        "S000-2.4.4": "unscored",  # petitions counted as failure
        "S000-6.U5.3": "unscored",
        "S001-3.4.1": "setting",  # coached answers
        "S001-5.T.10": "nothing",  # families of officers
        "S002.16.1": "unscored",  # credit of firms
        "S002.16.2": "nothing",  # credit of persons
        "S003.5.5": "rest",  # credit of traders
        "S004.4.1": "rest",
    }


def test_what_is_kept_unscored_is_not_scored():
    standards = {
        node.standard.source.get("row"): node
        for own in map(load_instrument, instrument_ids())
        for node in own.standards.values()
    }
    for _, entry in left_out():
        for row in entry.rows:
            if entry.kept == "unscored":
                assert not standards[row].scored
                assert standards[row].note is not None
            if entry.kept == "rest":
                assert standards[row].scored


def test_passages_without_a_row_are_named_too():
    named = {own.source["document"] for own, entry in left_out() if entry.kept == "nothing" and not entry.said.row}
    assert named == {"S000-2", "S000-4", "S000-6", "S000-7"}
    assert all(entry.why.zh and entry.why.en for _, entry in left_out())
