"""The tree as everything else walks it."""

import pytest

from evalsys import load_instrument
from evalsys.instrument import METHODS, Combine
from evalsys.language import Text


@pytest.fixture(scope="module")
def instrument():
    return load_instrument("waste-sorting-estate")


def codes(instrument, places):
    return [instrument.nodes[place].code for place in places]


def test_methods():
    assert METHODS["site_visit"] == Text("实地考察", "site visit")
    assert list(METHODS) == ["document_review", "site_visit", "survey", "overall_observation", "online_check"]


def test_parents_come_before_children_and_point_at_each_other(instrument):
    for place, node in enumerate(instrument.nodes):
        assert node.parent < place
        assert (node.parent == -1) == (place == 0)
        if place:
            assert place in instrument.nodes[node.parent].children
            assert node.depth == instrument.nodes[node.parent].depth + 1
        assert list(node.children) == sorted(node.children)


def test_places_and_standards(instrument):
    assert all(instrument.nodes[place].code == code for code, place in instrument.places.items())
    assert len(instrument.places) == len(instrument.nodes)
    assert list(instrument.standards)[:3] == ["1.1", "2.1", "2.2"]
    assert instrument.standards["5.2.1"].standard.rules["survey"].kind == "threshold"
    assert instrument.standards["5.2.1"].name is instrument.standards["5.2.1"].standard.text


def test_leaves_are_scored_pairs_of_standard_and_method(instrument):
    assert codes(instrument, instrument.leaves)[:2] == ["1.1/site_visit", "2.1/site_visit"]
    assert all(instrument.nodes[place].kind == "leaf" for place in instrument.leaves)
    assert len(instrument.leaves) == 16


def test_below_and_indicator_of(instrument):
    below = codes(instrument, instrument.below(instrument.places["5"]))
    assert sorted(below) == sorted(
        ["5", "5.1", "5.1.1", "5.1.1/site_visit", "5.2", "5.2.1", "5.2.1/survey", "5.2.2", "5.2.2/survey"]
    )
    assert set(instrument.below(0)) == set(range(len(instrument.nodes)))
    for code in below:
        assert instrument.nodes[instrument.indicator_of(instrument.places[code])].code == "5"


def test_a_plain_sum_is_the_default():
    assert (Combine().kind, Combine().grades, Combine().otherwise) == ("sum", (), 0)
