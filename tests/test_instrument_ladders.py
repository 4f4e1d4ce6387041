"""Ladders of consequences in the instruments: what they are, what their files may say, and the page that lists them."""

import re
from functools import cache
from pathlib import Path

import pytest
from builders import content_of, indicator, instrument_of, standard, text

from evalsys import InputFaults, instrument_ids, load_instrument
from evalsys.instrument import COUNTED, RESETS
from evalsys.instrument_after import event_codes
from evalsys.language import Text
from evalsys.settings import LedgerSettings

DOCS = Path(__file__).resolve().parents[1] / "docs"
GOOD = {
    "text": text("阶梯"),
    "source": {"clause": "七"},
    "kind": "ladder",
    "code": "L1",
    "counts": "overdue",
    "by": "unit",
    "at": ["1", "2"],
    "resets": "clean",
    "steps": [{"zh": "通报", "en": "Notice"}, {"zh": "约谈", "en": "Interview"}],
}


def read(folder, *mechanisms):
    return instrument_of(
        folder, content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10, mechanisms=list(mechanisms))
    )


def faults(folder, **more):
    entry = {key: value for key, value in {**GOOD, **more}.items() if value is not None}
    with pytest.raises(InputFaults) as caught:
        read(folder, entry)
    return [(fault.problem, fault.column, fault.value, fault.allowed) for fault in caught.value.faults]


# ------------------------------------------------------------------------------------------------------ the sources


@cache
def ladders():
    return [(name, m) for name in instrument_ids() for m in load_instrument(name).mechanisms if m.kind == "ladder"]


def test_the_ladders_of_the_catalogue():
    found = {(name, m.code): (m.counts, m.by, m.at, m.resets) for name, m in ladders() if m.counts}
    assert found == {
        ("lincheng-county-2019", "L1"): ("exposure", "unit", (None, 1, 3), "clean"),  # S003.4.10
        ("lincheng-county-2019", "L2"): ("overdue", "unit", (1, 2, 3), "clean"),  # S003.7.3
        ("lincheng-county-2019", "L3"): ("event", "unit", (1, None), "never"),  # S003.7.4
        ("lincheng-county-2019", "L4"): ("event", "unit", (1, 2), "never"),  # S003.7.5
        ("luxi-county-2012", "L1"): ("overdue", "unit", (1, 2), "clean"),  # S002.P8.2
        ("honest-units-communities", "L1"): ("event", "unit", (1, 1, 1), "never"),  # S000-6: by gravity
        ("yuhua-organs-2005", "L1"): ("event", "unit", (1, 1), "never"),  # S000-4.C: by the title held
        ("wanquan-subdistrict-2021", "L1"): ("overdue", "area", (1, 2), "clean"),  # S001-1
        ("taizhou-police-2009", "L1"): ("lost", "unit", (1, None), "never"),  # S001-5
        ("zhangwang-town-2015", "L1"): ("event", "unit", (1, None, None), "never"),  # S000-7, point 4
        ("zhangwang-town-2015", "L2"): ("event", "unit", (1, None), "never"),  # S000-7, point 9
        ("baqiao-city-management", "L1"): ("found", "site", (1, 2), "verified"),  # S001-7.1.16
        ("north-subdistrict-2011", "L1"): ("event", "unit", (1,), "never"),  # S001-6
        ("shuqiao-town-2004", "L1"): ("event", "unit", (1,), "never"),  # S000-1
    }
    rest = {(name, m.of) for name, m in ladders() if not m.counts}
    assert rest == {("national-frame-2018", "total")}  # of the final score


def test_every_ladder_has_its_clause_and_says_where_the_reading_is_ours():
    for name, ladder in ladders():
        assert ladder.said.source.get("clause"), name
        assert ladder.said.note is not None or not ladder.counts, name


def test_the_car_wash_is_the_only_one_of_a_type_of_site():
    assert [(name, m.group) for name, m in ladders() if m.group] == [("baqiao-city-management", "car-wash")]


def test_no_ladder_scores_the_credit_of_traders():
    assert not any("信用" in m.said.text.zh or m.said.row == "S003.5.5" for _, m in ladders())


def test_an_event_can_name_a_ladder_of_events_only():
    codes = event_codes(load_instrument("lincheng-county-2019"))
    assert [code for code in codes if code.startswith("L")] == ["L3", "L4"]


# ------------------------------------------------------------------------------------------------------- the checks


def test_a_ladder_is_read(tmp_path):
    (ladder,) = read(tmp_path, {**GOOD, "at": ["none", "2"]}).mechanisms
    assert (ladder.code, ladder.counts, ladder.by, ladder.at, ladder.resets) == (
        "L1",
        "overdue",
        "unit",
        (None, 2),
        "clean",
    )
    assert ladder.steps[1] == Text("约谈", "Interview")


@pytest.mark.parametrize("key", ["code", "by", "at", "resets", "steps"])
def test_what_a_ladder_that_counts_needs(tmp_path, key):
    assert faults(tmp_path, **{key: None}) == [("missing_key", "mechanisms", key, "code steps by at resets")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"at": ["1"]}, ("out_of_range", "at", "[1]", "2")),
        ({"at": ["2", "1"]}, ("bad_value", "at", "[2, 1]", "[1, 2]")),
        ({"at": ["1", "0"]}, ("out_of_range", "at", "0", ">= 1")),
        ({"of": "total", "limit": {"below": "3"}, "action": "criticise"}, ("no_effect", "of", "total", "")),
        ({"counts": "found", "resets": "never"}, ("bad_value", "by", "unit", "site")),
        ({"counts": "event", "resets": "never", "by": "area"}, ("bad_value", "by", "area", "unit")),
        ({"counts": "event"}, ("bad_value", "resets", "clean", "never")),
        ({"counts": "returned"}, ("bad_value", "resets", "clean", "verified never")),
        ({"code": "1.1"}, ("duplicate_code", "code", "1.1", "")),
    ],
)
def test_what_a_ladder_cannot_say(tmp_path, more, expected):
    assert faults(tmp_path, **more) == [expected]


def test_a_ladder_of_sites_names_a_type_that_there_is(tmp_path):
    (fault,) = faults(tmp_path, by="site", group="hospitals")
    assert fault[:3] == ("unknown_name", "group", "hospitals")
    assert read(tmp_path, {**GOOD, "by": "site", "group": "hospital"}).mechanisms[0].group == "hospital"


@pytest.mark.parametrize("key", ["counts", "by", "at", "resets"])
def test_keys_of_counting_have_no_effect_elsewhere(tmp_path, key):
    others = {name: None for name in ("counts", "by", "at", "resets") if name != key}
    (fault,) = faults(tmp_path, kind="quota", code=None, steps=None, **others)
    assert fault[:2] == ("no_effect", key)


def test_all_of_them_at_once(tmp_path):
    assert len(faults(tmp_path, code=None, at=["2", "1", "1"], resets="never", of="finding")) == 4


# --------------------------------------------------------------------------------------------------------- the pages


def table_of(page):
    rows = re.findall(r"^\| (.+) \|$", page.read_text("utf-8"), re.M)
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def test_the_page_lists_every_ladder_that_counts():
    listed = {(row[0].strip("`"), row[1]): row[2:] for row in table_of(DOCS / "escalation.md") if len(row) == 7}
    listed = {key: row for key, row in listed.items() if key[0] in instrument_ids()}
    found = {
        (name, m.code): [
            m.said.source["clause"],
            m.counts,
            m.by,
            ", ".join(
                f"{'none' if count is None else count} {step.zh}" for count, step in zip(m.at, m.steps, strict=True)
            ),
            m.resets,
        ]
        for name, m in ladders()
        if m.counts
    }
    assert listed == found


@pytest.mark.parametrize("name", [*COUNTED, *RESETS])
def test_the_page_tells_what_counts_and_what_resets(name):
    assert any(row[0] == f"`{name}`" for row in table_of(DOCS / "escalation.md"))


@pytest.mark.parametrize("key", ["counts", "by", "at", "resets", "reviewer", "group", "of: finding"])
def test_the_format_names_every_key(key):
    assert f"`{key}`" in (DOCS / "instrument-format.md").read_text("utf-8").partition("## Beside the standards")[2]


def test_the_rules_of_an_office_hold_its_ladders():
    from evalsys.ledger_rules import ledger_rules

    rules = ledger_rules(load_instrument("lincheng-county-2019"), LedgerSettings())
    assert [ladder.code for ladder in rules.ladders] == ["L1", "L2", "L3", "L4"]
