"""What an instrument is made of: points add up to the full marks, and counts are those made by hand in the files."""

from fractions import Fraction as F

import pytest
from builders import content_of, indicator, instrument_of, standard

from evalsys import instrument_ids, load_instrument
from evalsys.audit_views import ORIGINS, Group, groups, lines, origin_of, resting, several_at_once, weights

IDS = instrument_ids()


@pytest.fixture(scope="module")
def police():
    return load_instrument("taizhou-police-2009")


def by_name(found):
    return {group.name: group for group in found}


@pytest.mark.parametrize("name", IDS)
def test_weights_and_parts_add_up_to_the_full_marks(name):
    instrument = load_instrument(name)
    full = instrument.full_marks if instrument.leaves else 0
    found = weights(instrument)
    assert sum((weight.points for weight in found if weight.points is not None), F(0)) == full
    assert [weight.code for weight in found] == list(instrument.standards)
    assert {weight.points is None for weight in found if not instrument.standards[weight.code].scored} <= {True}
    for by in ("origin", "method"):
        assert sum((group.points for group in groups(instrument, by)), F(0)) == full
    for by in ("lead", "site_type"):
        total = sum((group.points for group in groups(instrument, by)), F(0))
        assert total == full if not several_at_once(instrument, by) else total > full


@pytest.mark.parametrize("name", IDS)
def test_where_nothing_is_shared_the_weight_is_the_points_of_the_node(name):
    instrument = load_instrument(name)
    if {node.combine.kind for node in instrument.nodes if node.kind != "standard"} == {"sum"}:
        for weight in weights(instrument):
            assert weight.points == instrument.nodes[weight.place].points


def test_the_police_by_origin_of_the_threshold(police):
    """37 scored: 11 parameters, 8 bans, 7 without a limit, 6 printed, 5 derived.

    Five environments weigh 20 each. Parameters: 1.3 is one of 3 in its item (20/3); 2.6 to 2.11 are all of an item of
    10; 3.7 and 3.8 are 2 of 5 in an item of 10; 4.6 is one of 2 in an item of 5; 5.3 one of 4 in an item of 20.
    """
    found = by_name(groups(police, "origin"))
    assert {name: group.standards for name, group in found.items()} == {
        "parameter": 11,
        "ban": 8,
        "none": 7,
        "printed": 6,
        "derived": 5,
    }
    assert found["parameter"].points == F(20, 3) + 10 + 4 + F(5, 2) + 5
    assert groups(police, "origin")[0].name == "parameter"


def test_the_police_by_method_lead_and_type_of_site(police):
    assert [group.name for group in groups(police, "method")] == ["document_review", "site_visit", "survey"]
    assert [(group.name, group.points) for group in groups(police, "lead")][:2] == [
        ("治安支队", 30),
        ("交巡警支队", 25),
    ]
    sites = groups(police, "site_type")
    visits = by_name(groups(police, "method"))["site_visit"].points
    assert by_name(sites)[""].points == 100 - visits  # every visit has its type of site
    assert sum((group.points for group in sites), F(0)) > 100
    assert several_at_once(police, "site_type") == 8
    assert several_at_once(police, "lead") == 0


def test_what_the_police_assume(police):
    held = {item.what: item for item in resting(police)}
    assert {what: (len(item.scored), len(item.unscored)) for what, item in held.items()} == {
        "weights": (37, 16),
        "methods": (1, 16),
        "several": (11, 2),
        "threshold": (11, 2),
        "lead": (27, 3),
        "any": (17, 16),
    }
    assert held["methods"].scored == ("2.11",)
    assert held["methods"].points == F(10, 6)
    assert held["weights"].points == 100
    assert held["any"].points == sum(weight.points for weight in weights(police) if weight.code in held["any"].scored)


def test_the_largest_instruments_by_hand():
    luxi = {item.what: item for item in resting(load_instrument("luxi-county-2012"))}
    assert len(luxi["methods"].scored) == 51
    # three environments of 100/3: 5.1 alone, 7.1 of 2 below 8 items; 9.3 of 6, 13.2 of 2 below 6; 18.4 of 4 below 4
    assert luxi["threshold"].points == F(100, 3) * (F(1, 8) + F(1, 16) + F(1, 36) + F(1, 12) + F(1, 16))
    wujiang = load_instrument("wujiang-field-2016")
    assert groups(wujiang, "origin") == (Group("none", F(39), 39),)
    assert resting(wujiang)[-1].scored == ()
    assert groups(wujiang, "lead") == (Group("", F(39), 39),)


def test_below_a_floor_points_are_shared_in_proportion():
    """Two standards of 10 each stand below 10 points: 5 each; everything else is as printed."""
    found = {weight.code: weight for weight in weights(load_instrument("waste-sorting-estate"))}
    assert (found["5.2.1"].printed, found["5.2.1"].points) == (10, 5)
    assert [code for code, weight in found.items() if weight.points != weight.printed] == ["5.2.1", "5.2.2"]


def test_an_instrument_that_is_not_scored_has_no_points():
    index = load_instrument("national-index-2012")
    assert {weight.points for weight in weights(index)} == {None}
    assert groups(index, "method") == ()
    assert [(line.points, len(line.standards)) for line in lines(index)] == [(None, n) for n in (0, 0, 0, 4, 0)]


@pytest.fixture
def small(tmp_path):
    """Return an instrument of 10 points in which every kind of part occurs."""
    at = [{"site_type": "community", "sites": 2}, {"site_type": "hospital", "sites": 1}]
    limit = {"threshold": {"at_least": 90, "measure": "%"}}
    below = [
        standard("1.1", limit, 4, ("site_visit", "survey"), checked_at=at, lead=["甲局", "乙局"]),
        standard("1.2", "loss", 3, ("site_visit",), checked_at=at[:1], lead=["甲局"]),
        standard("1.3", {"threshold": {"above": 0}}, 3, ("document_review",)),
    ]
    below[0]["source"]["threshold"] = "printed"
    units = {"甲局": {"en": "Office A"}, "乙局": {"en": "Office B"}}
    return instrument_of(tmp_path, content_of([indicator("1", 10, below)], 10, units=units))


def test_several_units_and_types_count_in_full_for_each(small):
    assert groups(small, "lead") == (Group("甲局", F(7), 2), Group("乙局", F(4), 1), Group("", F(3), 1))
    # 1.1 by visit is worth 2, in full at both types; its survey and 1.3 are for the whole place
    assert groups(small, "site_type") == (Group("", F(5), 2), Group("community", F(5), 2), Group("hospital", F(2), 1))
    assert several_at_once(small, "lead") == several_at_once(small, "site_type") == 1
    assert groups(small, "method") == (
        Group("site_visit", F(5), 2),
        Group("document_review", F(3), 1),
        Group("survey", F(2), 1),
    )


@pytest.mark.parametrize(
    ("rule", "given", "origin"),
    [
        ("met", None, "none"),
        ("loss", None, "none"),
        ("share", None, "none"),
        ({"threshold": {"above": 0}}, None, "none"),  # more than last time: no number is asked for
        ({"threshold": {"at_least": 90}}, None, "unstated"),
        ({"threshold": {"at_most": 0}}, None, "unstated"),
        ({"met": {"over_sites": "all"}}, None, "unstated"),
        ("grade", None, "unstated"),
        ("loss", "assumed", "assumed"),
        ({"threshold": {"at_least": 90}}, "derived", "derived"),
    ],
)
def test_a_limit_without_a_source_is_not_taken_for_one_that_needs_none(tmp_path, rule, given, origin):
    made = standard("1.1", rule, 10)
    made["source"].update({"threshold": given} if given else {})
    instrument = instrument_of(tmp_path, content_of([indicator("1", 10, [made])], 10))
    assert origin_of(instrument.standards["1.1"].standard) == origin
    assert origin in ORIGINS


def test_one_method_with_a_limit_is_enough_for_an_origin_to_be_asked_for(tmp_path):
    methods = {"site_visit": {"rule": "loss"}, "survey": {"rule": {"threshold": {"at_least": 90}}}}
    made = standard("1.1", None, 10, methods, several="mean")
    instrument = instrument_of(tmp_path, content_of([indicator("1", 10, [made])], 10))
    assert origin_of(instrument.standards["1.1"].standard) == "unstated"


def test_what_is_seen_on_the_way_counts_at_its_type_of_site(tmp_path):
    made = standard("1.1", "loss", 10, ("overall_observation",), checked_at=[{"site_type": "community", "sites": 2}])
    instrument = instrument_of(tmp_path, content_of([indicator("1", 10, [made])], 10))
    assert groups(instrument, "site_type") == (Group("community", F(10), 1),)


def test_lines_follow_the_tree_and_hold_every_standard_once(police):
    found = lines(police)
    assert [police.nodes[line.place].code for line in found][:4] == ["T", "1", "1a", "2"]
    assert [(line.level, line.heads, line.points) for line in found][:3] == [
        (0, False, None),
        (0, True, 20),
        (1, False, 20),
    ]
    held = [police.nodes[place].code for line in found for place in line.standards]
    assert held == list(police.standards)
