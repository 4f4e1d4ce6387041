"""Every demand of the nineteen source documents stands in exactly one place, with its number as it was read.

``seed_rows.csv`` is the reading of the sources: 684 rows with operator, threshold, measure, where the threshold comes
from, and the place each has here: a standard that is scored or not, a date, a mechanism, an observed fact, or the
list of what is left out.
"""

import csv
import datetime
import re
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from evalsys import instrument_ids, load_instrument

TABLE = Path(__file__).with_name("seed_rows.csv")
CATALOGUE = Path(__file__).parents[2].parent / "shared" / "seed-indicators.csv"
with TABLE.open(encoding="utf-8") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}
DOCUMENTS = [f"S000-{n}" for n in range(1, 9)] + [f"S001-{n}" for n in range(1, 9)] + ["S002", "S003", "S004"]
#: Limits by operator.
LIMITS = {">=": "at_least", "<=": "at_most", "<": "below", ">": "above", "trend>": "above", "trend<": "below"}
#: Chinese measure words of what is only counted in the reading.
COUNTED = frozenset("项处个类种步幅条只轮支型张起本人") | {"个方面"}
#: What other measures of the reading are called in an instrument.
MEASURES = {
    "%": {"%"},
    "% per year": {"%"},
    "pct points": {"percentage points"},
    "per year": {"times a year", "villages a year"},
    "10k yuan": {"10,000 yuan"},
    "ratio": {"ratio"},
    "persons": {"persons"},
    "hours": {"hours"},
    "days": {"days"},
    "years": {"years"},
    "m": {"m"},
    "m2": {"m²"},
    "points": {"points"},
    "messages": {"messages"},
    "per 10000 households": {"per 10,000 households"},
    "per 10000 persons": {"per 10,000 persons"},
    "persons per 10000 vehicles": {"deaths per 10,000 vehicles"},
    "indicator unit": {"units of the indicator"},
}


@cache
def sources():
    """Return the instruments of the source documents, by document."""
    held = [load_instrument(name) for name in instrument_ids()]
    return {own.source["document"]: own for own in held if own.source["document"] in DOCUMENTS}


@cache
def places():
    """Return every place where a row stands: (row, place, what stands there)."""
    found = []
    for own in sources().values():
        for node in own.standards.values():
            found.append((node.standard.source["row"], "scored" if node.scored else "unscored", node.standard))
        for place, entries in (
            ("date", own.calendar),
            ("mechanism", own.mechanisms),
            ("fact", own.facts),
            ("left-out", own.left_out),
        ):
            found += [(entry.said.row, place, entry) for entry in entries if entry.said.row is not None]
    return found


HELD = {row: (place, entry) for row, place, entry in places()}


def number(text):
    return Fraction(text.replace(",", ""))


def test_one_instrument_for_each_document():
    assert sorted(sources()) == sorted(DOCUMENTS)
    assert len(ROWS) == 684


def test_every_row_stands_in_exactly_one_place():
    count = Counter(row for row, _, _ in places())
    assert {row: times for row, times in count.items() if times != 1} == {}
    assert set(count) == set(ROWS)
    assert {row: place for row, place, _ in places()} == {row: own["place"] for row, own in ROWS.items()}


def test_a_row_stands_in_the_instrument_of_its_document():
    for document, own in sources().items():
        rows = [node.standard.source["row"] for node in own.standards.values()]
        rows += [
            e.said.row for part in (own.calendar, own.mechanisms, own.facts, own.left_out) for e in part if e.said.row
        ]
        assert {row.split(".")[0] for row in rows} == {document}


def test_where_each_threshold_comes_from():
    tags = {}
    for row, (place, entry) in HELD.items():
        source = entry.source if place in ("scored", "unscored") else entry.said.source
        tags[row] = source.get("threshold", "")
    assert tags == {row: own["tag"] for row, own in ROWS.items()}
    assert Counter(tags.values()) == {"derived": 203, "printed": 145, "": 131, "ban": 108, "parameter": 97}


STANDARDS = [row for row, own in ROWS.items() if own["place"] in ("scored", "unscored")]


def check_standard(row):
    own, standard = ROWS[row], HELD[row][1]
    rule, *others = standard.rules.values()
    assert all(other == rule for other in others)
    operator, limit = own["operator"], own["threshold"]
    if operator == "exists":
        assert rule.kind == "met"
        return
    if operator == "==" and limit == "0":
        assert rule.kind == "none"
        return
    if operator == "grade":
        assert own["tag"] == "parameter"
        assert rule.kind in ("grade", "ratio")
    elif rule.kind == "growth":
        assert (operator, limit, own["measure"]) == (">=", "0", "pct points")
        return
    else:
        assert rule.kind == "threshold"
        if operator in ("==", "range"):
            low, _, high = limit.partition("..")
            expected = {"at_least": number(low), "at_most": number(high or low)}
        else:
            default = {"S000-3.B.6": "95", "S001-5.4.6": "95", "S000-3.E.7": "5"}.get(row, "0")
            assert limit or default == "0" or own["tag"] == "parameter"
            expected = {LIMITS[operator]: number(limit or default)}
        assert rule.params["limits"] == expected
    if rule.kind != "grade":
        measure = rule.params["measure"]
        if own["measure"] == "count":
            assert measure.zh in COUNTED
        else:
            assert measure.en in MEASURES[own["measure"]]


def test_a_standard_has_the_operator_number_and_measure_of_its_row():
    for row in STANDARDS:
        check_standard(row)


def check_date(row):
    own, when = ROWS[row], HELD[row][1].when
    operator, limit, measure = own["operator"], own["threshold"], own["measure"]
    if measure == "school week":
        assert limit == f"week {when.school_week}"
    elif operator == "by":
        day = when.by if isinstance(when.by, datetime.date) else datetime.date(2000, *when.by)
        assert f"{day:%Y-%m-%d}".endswith(limit)
        assert isinstance(when.by, datetime.date) == (len(limit) == 10)
    elif measure == "day of month":
        assert (when.every, str(when.by_day)) == ("month", limit)
    elif operator == "range":
        assert limit == "{}..{}".format(*when.days)
    elif measure == "days":  # a campaign: both ends count
        first, last = (datetime.date(2001, *day) for day in (when.since, when.by))
        assert str((last - first).days + 1) == limit
    elif row == "S001-6.1.11":  # in late June
        assert (when.since, when.by, limit) == ((6, 21), (6, 30), "1")
    else:
        periods = {
            "per week": {"week": 1},
            "per month": {"month": 1},
            "per 2 months": {"two-months": 1},
            "per year": {"year": 1, "half-year": 2, "quarter": 4},
            "per 3 years": {"three-years": 1},
            "per period": {"week": 1},
            "%": {"week": 100},  # supervision in every week
        }[measure]
        assert str(when.times * periods[when.every]) == limit


def test_a_date_has_the_day_or_the_rhythm_of_its_row():
    for row in [row for row, own in ROWS.items() if own["place"] == "date"]:
        check_date(row)


def check_mechanism(row):
    own, found = ROWS[row], HELD[row][1]
    operator, limit = own["operator"], own["threshold"]
    if operator in ("exists", "grade") or own["measure"] == "veto":
        assert found.limits == {}
        assert found.kind == "veto" or own["measure"] != "veto"
    elif operator == "==":
        assert found.limits == {"at_least": number(limit), "at_most": number(limit)}
    else:
        assert found.limits == {LIMITS[operator]: number(limit or "0")}


def test_a_mechanism_has_the_number_of_its_row():
    for row in [row for row, own in ROWS.items() if own["place"] == "mechanism"]:
        check_mechanism(row)


def check_fact(row):
    own, found = ROWS[row], HELD[row][1]
    assert (found.value, found.more_than) == (number(own["threshold"]), own["measure"].endswith("(more than)"))


def test_a_fact_has_the_number_of_its_row():
    for row in [row for row, own in ROWS.items() if own["place"] == "fact"]:
        check_fact(row)


@pytest.mark.skipif(not CATALOGUE.is_file(), reason="the catalogue of the sources is not at hand")
def test_the_table_is_the_reading_of_the_sources():
    with CATALOGUE.open(encoding="utf-8-sig") as file:
        catalogue = {row["id"]: row for row in csv.DictReader(file)}
    assert list(catalogue) == list(ROWS)
    names = {"zero from ban or absence": "ban"}
    for row, own in ROWS.items():
        theirs = catalogue[row]
        tag = re.search(r"\[(printed|derived|zero from ban or absence|parameter)\]", theirs["note"])
        tag = names.get(tag[1], tag[1]) if tag else ""
        expected = (theirs["operator"], theirs["threshold"], theirs["unit"], tag)
        assert (own["operator"], own["threshold"], own["measure"], own["tag"]) == expected, row


@pytest.mark.skipif(not CATALOGUE.is_file(), reason="the catalogue of the sources is not at hand")
def test_the_chinese_text_holds_the_key_terms():
    with CATALOGUE.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            place, entry = HELD[row["id"]]
            text = entry.text.zh if place in ("scored", "unscored") else entry.said.text.zh
            terms = [term for own in re.findall(r"\[([^\]]*)\]", row["standard_en"]) for term in own.split("/")]
            terms = [
                term for term in terms if re.search("[一-鿿]", term) and len(term) < 15
            ]  # a longer one is a quotation
            assert [term for term in terms if term not in text] == [], row["id"]
