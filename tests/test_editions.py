"""What changed between two editions: every kind of change, each by hand."""

import pytest
from builders import content_of, indicator, instrument_of, standard

from evalsys import load_instrument
from evalsys.editions import CHANGES, changes, changes_listing

OLD = content_of(
    [
        indicator("1", 60, [standard("1.1", {"threshold": {"at_least": 90}}, 40), standard("1.2", "met", 20)]),
        indicator("2", 40, [standard("2.1", "met", 40)]),
    ],
    100,
)


def changed(tmp_path, indicators=None, **whole):
    """Return the changes from the old edition to one with other indicators or other keys."""
    new = {**OLD, **({"indicators": indicators} if indicators else {}), **whole}
    found = changes(instrument_of(tmp_path / "old", OLD), instrument_of(tmp_path / "new", new))
    return [(c.kind, c.code, c.before and c.before.zh, c.after and c.after.zh) for c in found]


def test_nothing(tmp_path):
    assert changed(tmp_path) == []


def test_added_and_removed(tmp_path):
    one = indicator("1", 60, [standard("1.1", {"threshold": {"at_least": 90}}, 40), standard("1.3", "met", 20)])
    one["standards"][1]["text"] = {"zh": "新", "en": "new"}
    assert changed(tmp_path, [one, OLD["indicators"][1]]) == [
        ("added", "1.3", None, None),
        ("removed", "1.2", None, None),
    ]


def test_renumbered(tmp_path):
    one = indicator("1", 60, [standard("1.1", {"threshold": {"at_least": 90}}, 40), standard("1.9", "met", 20)])
    one["standards"][1]["text"] = OLD["indicators"][0]["standards"][1]["text"]
    assert changed(tmp_path, [one, OLD["indicators"][1]]) == [("renumbered", "1.9", "1.2", "1.9")]


def test_moved_and_reweighted(tmp_path):
    one = indicator("1", 40, [standard("1.1", {"threshold": {"at_least": 90}}, 40)])
    two = indicator("2", 60, [standard("2.1", "met", 40), standard("1.2", "met", 20)])
    assert changed(tmp_path, [one, two]) == [
        ("moved", "1.2", "1", "2"),
        ("reweighted", "1", "60.00%", "40.00%"),
        ("reweighted", "2", "40.00%", "60.00%"),
    ]


def test_a_renumbered_indicator_does_not_move_what_is_below(tmp_path):
    two = indicator("3", 40, [standard("2.1", "met", 40)], name={"zh": "2项", "en": "item 2"})
    assert changed(tmp_path, [OLD["indicators"][0], two]) == [("renumbered", "3", "2", "3")]


def test_other_full_marks_alone_reweight_nothing(tmp_path):
    half = [
        indicator("1", 30, [standard("1.1", {"threshold": {"at_least": 90}}, 20), standard("1.2", "met", 10)]),
        indicator("2", 20, [standard("2.1", "met", 20)]),
    ]
    assert changed(tmp_path, half, full_marks="50") == [("whole", "test", "100", "50")]


def test_the_whole(tmp_path):
    found = changed(tmp_path, pass_mark={"value": "85%", "status": "assumed"}, method_shares={"site_visit": "100"})
    assert found == [("whole", "test", None, "85"), ("whole", "test", None, "实地考察100%")]


@pytest.mark.parametrize(
    ("own", "kind", "before", "after"),
    [
        ({"rule": {"threshold": {"at_least": 85}}}, "threshold", "不低于90", "不低于85"),
        ({"rule": {"threshold": {"above": 90}}}, "threshold", "不低于90", "大于90"),
        ({"methods": {"survey": {}}}, "methods", "实地考察", "问卷调查"),
        ({"checked_at": [{"site_type": "community", "sites": 3}]}, "sites", "", "社区 3"),
        ({"lead": ["文明办"]}, "units", "", "文明办"),
        ({"text": {"zh": "别的说法", "en": "said otherwise"}}, "text", "1.1项", "别的说法"),
    ],
)
def test_a_standard(tmp_path, own, kind, before, after):
    one = {**OLD["indicators"][0]["standards"][0], **own}
    first = OLD["indicators"][0] | {"standards": [one, OLD["indicators"][0]["standards"][1]]}
    assert changed(tmp_path, [first, OLD["indicators"][1]]) == [(kind, "1.1", before, after)]


def test_scored_or_not_and_the_way_to_combine(tmp_path):
    two = indicator("2", 40, [standard("2.1", "met", 40)], combine="worst")
    one = indicator(
        "1", 60, [standard("1.1", {"threshold": {"at_least": 90}}, 60), standard("1.2", "met", scored="no")]
    )
    kinds = [(kind, code) for kind, code, *_ in changed(tmp_path, [one, two])]
    assert ("scored", "1.2") in kinds
    assert ("combine", "2") in kinds


def between(tmp_path, old, new):
    """Return the changes from one edition to another, each of one indicator with these standards."""
    one, two = (
        instrument_of(tmp_path / name, content_of([indicator("1", None, below)], 100, "equal"))
        for name, below in (("old", old), ("new", new))
    )
    return [(c.kind, c.code, c.before and c.before.zh, c.after and c.after.zh) for c in changes(one, two)]


def test_another_id_alone_moves_nothing(tmp_path):
    assert changed(tmp_path, id="other") == []


def test_another_kind_is_another_part_whatever_its_code_and_name(tmp_path):
    found = changed(tmp_path, [OLD["indicators"][0], indicator("2.1", 40, [standard("9", "met", 40)])])
    assert [change[:2] for change in found] == [("added", "2.1"), ("added", "9"), ("removed", "2"), ("removed", "2.1")]


def test_of_two_alike_one_is_renumbered(tmp_path):
    text = {"zh": "同", "en": "same"}
    found = between(tmp_path, [standard(code, text=text) for code in ("a", "b")], [standard("c", text=text)])
    assert [change[:2] for change in found] == [("removed", "b"), ("renumbered", "c"), ("reweighted", "c")]


def test_the_order_of_methods_is_no_change(tmp_path):
    rules = {"site_visit": {"rule": "met"}, "survey": {"rule": {"threshold": {"at_least": 90}}}}
    turned = dict(reversed(rules.items()))
    assert between(tmp_path, [standard("a", None, methods=rules)], [standard("a", None, methods=turned)]) == []


def test_what_all_methods_ask_for_is_said_once(tmp_path):
    old, new = (
        standard("a", {"threshold": {"at_least": limit}}, methods=("site_visit", "survey")) for limit in (90, 85)
    )
    assert between(tmp_path, [old], [new]) == [("threshold", "a", "不低于90", "不低于85")]


def test_supporting_bodies_and_site_types_without_a_number(tmp_path):
    bare, full = (
        standard("a"),
        standard("a", lead="文明办", support=["县财政局"], checked_at=[{"site_type": "community"}]),
    )
    assert between(tmp_path, [full], [full]) == []
    assert between(tmp_path, [bare], [full]) == [("sites", "a", "", "社区"), ("units", "a", "", "文明办、县财政局")]
    assert between(tmp_path, [full], [bare]) == [("sites", "a", "社区", ""), ("units", "a", "文明办、县财政局", "")]


def test_what_is_no_longer_scored_has_no_share(tmp_path):
    assert between(tmp_path, [standard("a"), standard("b")], [standard("a"), standard("b", scored="no")]) == [
        ("reweighted", "a", "50.00%", "100.00%"),
        ("reweighted", "b", "50.00%", None),
        ("scored", "b", "计分", "不计分"),
    ]


def test_the_listing_has_both_sides_and_the_newer_code(tmp_path):
    text = {"zh": "同", "en": "same"}
    old, new = (
        instrument_of(tmp_path / code, content_of([indicator("1", 10, [standard(code, rule, 10, text=text)])], 10))
        for code, rule in (("a", "met"), ("b", {"threshold": {"at_least": 90}}))
    )
    rows = changes_listing(changes(old, new), "en").rows
    assert [row[:4] for row in rows] == [
        ("renumbered", "b", "same", "a"),
        ("threshold changed", "b", "same", rows[1][3]),
    ]
    assert (rows[0][4], "90" in rows[1][3], "90" in rows[1][4]) == ("b", False, True)


def test_two_real_instruments():
    old, new = load_instrument("waste-sorting-estate"), load_instrument("wujiang-field-2016")
    found = changes(old, new)
    assert {change.kind for change in found} <= set(CHANGES)
    listed = changes_listing(found, "zh")
    assert len(listed.rows) == len(found)
    assert {row[0] for row in listed.rows} <= {text.zh for text in CHANGES.values()}
