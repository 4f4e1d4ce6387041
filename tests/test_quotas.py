"""Quotas by hand: one piece short fails, limits are those of the instruments, and what lacks is told in units."""

import datetime
from dataclasses import replace
from fractions import Fraction as F

import pytest

from evalsys.instrument_file import load_instrument
from evalsys.language import Text
from evalsys.quotas import (
    AD_QUOTAS,
    MATTERS,
    Ad,
    Body,
    Lamps,
    ad_checks,
    gaps,
    inactive,
    lamp_checks,
    places_of,
    quotas_on,
    staff_checks,
    volunteer_checks,
)
from evalsys.stated import count_check, limit_said, share_check, short_said, stated_limit, value_said
from tests.builders import assessment_of, content_of, indicator, instrument_of, standard

COMMUNITY = {"site_id": "c", "site_type": "community", "name": "东社区", "area": "东区"}
QUARTER = {"site_id": "q", "site_type": "residential-quarter", "name": "东苑", "area": "东区"}
CENTRE = {"site_id": "m", "site_type": "community-culture-centre", "name": "东中心", "area": "东区"}
ROAD = {"site_id": "r", "site_type": "main-road", "name": "东大街", "area": "东区"}


def ads(site, *pieces, form="", metres=()):
    where = [F(own) for own in metres] or [None] * len(pieces)
    return [
        Ad(f"{site}{place}", site, form or f"形式{place}", own, metres=at)
        for place, (own, at) in enumerate(zip(pieces, where, strict=True), 1)
    ]


def by_matter(checks, site=None):
    return {check.matter: check for check in checks if site is None or check.subject == site}


# ------------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize("matter", AD_QUOTAS)
def test_every_limit_of_advertisements_is_read_from_its_instrument(matter):
    stated = stated_limit(AD_QUOTAS[matter].row)
    node = load_instrument("wanquan-subdistrict-2021").standards[stated.code].standard
    (rule,) = node.rules.values()
    assert stated.limits == rule.params["limits"]
    assert stated.clause == f"S001-1 {node.source['clause']}"
    assert stated.borrowed


def test_the_limits_are_those_that_the_sources_print():
    numbers = {matter: next(iter(stated_limit(quota.row).limits.values())) for matter, quota in AD_QUOTAS.items()}
    assert numbers == {
        "community-places": 3,
        "community-pieces": 8,
        "quarter-places": 3,
        "quarter-pieces": 10,
        "quarter-spacing": 20,
        "centre-places": 3,
        "centre-forms": 2,
    }


def test_an_instrument_of_ones_own_with_another_number_holds(tmp_path):
    own = standard("1.1", {"threshold": {"at_least": 12, "measure": {"zh": "幅", "en": "pieces"}}}, 5,
                   checked_at=[{"site_type": "hospital", "sites": "all"}])  # fmt: skip
    own["source"] = {"row": "S001-1.2.5", "clause": "第9条"}
    instrument = instrument_of(tmp_path, content_of([indicator("1", 5, [own])], 5))
    stated = stated_limit("S001-1.2.5", [instrument])
    assert (dict(stated.limits), stated.site_types, stated.borrowed) == ({"at_least": F(12)}, ("hospital",), False)
    assert stated_limit("S001-1.2.4", [instrument]).instrument == "wanquan-subdistrict-2021"


def test_a_row_that_no_instrument_holds_is_an_error_of_ours():
    for row in ("S001-1.99.9", "S009-1.1"):
        with pytest.raises(LookupError):
            stated_limit(row)


# ---------------------------------------------------------------------------------------------- advertisements


@pytest.mark.parametrize(
    ("pieces", "places", "counted", "short"),
    [
        ((3, 2, 3), True, True, 0),
        ((3, 2, 2), True, False, 1),  # three places, seven pieces: one piece short
        ((4, 4), False, True, 0),  # eight pieces in two places
        ((8, 0, 0), False, True, 0),  # a place where nothing hangs is no place
        ((), False, False, 8),
    ],
)
def test_a_community_needs_three_places_and_eight_pieces(pieces, places, counted, short):
    found = by_matter(ad_checks([*ads("c", *pieces), *ads("x", 1)], [COMMUNITY])[0])
    assert found["community-places"].passes is places
    assert found["community-pieces"].passes is counted
    assert found["community-pieces"].short == short
    if short == 1:
        assert short_said(found["community-pieces"], "zh") == "差1幅"
        assert short_said(found["community-pieces"], "en") == "1 piece short"
        assert limit_said(found["community-pieces"], "zh") == "不少于8幅"


def test_nobody_is_checked_where_no_table_is_kept():
    assert ad_checks([], [COMMUNITY, QUARTER]) == ((), ())


def test_rows_at_the_same_metre_are_one_place():
    assert places_of(ads("q", 1, 1, 1, metres=(0, 0, 5))) == 2
    assert places_of(ads("q", 1, 1, 1)) == 3


def test_a_gap_of_twenty_metres_passes_and_a_wider_one_is_located():
    found, wide = ad_checks(ads("q", 4, 3, 3, metres=(20, 0, 40)), [QUARTER])
    checks = by_matter(found)
    assert (checks["quarter-spacing"].passes, checks["quarter-spacing"].value, wide) == (True, 20, ())
    assert checks["quarter-places"].passes
    assert checks["quarter-pieces"].passes
    found, wide = ad_checks(ads("q", 4, 3, 2, 1, metres=(70, 0, "20.1", 40)), [QUARTER])
    check = by_matter(found)["quarter-spacing"]
    assert [(gap.one, gap.other, gap.metres) for gap in wide] == [("q2", "q3", F(201, 10)), ("q4", "q1", 30)]
    assert (check.passes, check.value, check.short) == (False, 30, -10)
    assert check.note.zh == "q4与q1相距30米，另有1处"
    assert check.note.en == "q4 and q1 are 30 m apart, and 1 more"
    assert short_said(check, "zh") == "超10米"


def test_spacing_needs_two_places_with_metres_and_says_how_many_have_none():
    found, _ = ad_checks(ads("q", 5, 5), [QUARTER])
    assert by_matter(found)["quarter-spacing"].passes is None
    one, two = ads("q", 5, 5, metres=(0, 10))
    found, _ = ad_checks([one, two, Ad("z", "q", "", 1)], [QUARTER])
    assert by_matter(found)["quarter-spacing"].passes is True
    assert by_matter(found)["quarter-spacing"].note.zh == "1处未登记位置"


def test_neighbours_are_those_next_to_each_other_along_the_path():
    own = ads("q", 1, 1, 0, 1, metres=(30, 0, 10, 0))
    assert [(gap.one, gap.other, gap.metres) for gap in gaps(own)] == [("q2", "q1", 30)]


def test_a_culture_centre_needs_two_forms_and_three_places():
    found = by_matter(ad_checks(ads("m", 1, 1, 1, form="海报"), [CENTRE])[0])
    assert (found["centre-forms"].passes, found["centre-forms"].short) == (False, 1)
    assert found["centre-places"].passes
    unnamed = [*ads("m", 1, form="海报"), Ad("m8", "m", "", 1), Ad("m9", "m", "屏幕", 0)]
    assert by_matter(ad_checks(unnamed, [CENTRE])[0])["centre-forms"].value == 1  # no form is no form, nothing is none
    found = by_matter(ad_checks(ads("m", 1, 1), [CENTRE])[0])
    assert found["centre-forms"].passes
    assert (found["centre-places"].passes, short_said(found["centre-places"], "zh")) == (False, "差1处")


def test_damaged_pieces_are_found_at_any_site_and_still_count_as_shown():
    own = [Ad("r1", "r", "", 2, 1), Ad("c1", "c", "", 4, 4), Ad("c2", "c", "", 2), Ad("c3", "c", "", 2)]
    found = ad_checks(own, [COMMUNITY, ROAD, QUARTER])[0]
    damaged = {check.subject: check for check in found if check.matter == "damaged"}
    assert {site: check.value for site, check in damaged.items()} == {"c": 4, "r": 1}  # the quarter shows nothing
    assert short_said(damaged["c"], "zh") == "有4幅"
    assert limit_said(damaged["c"], "zh") == "不得有"
    assert damaged["c"].stated.code == "5.10"
    assert by_matter(found, "c")["community-pieces"].passes


# -------------------------------------------------------------------------------------------------- volunteers


@pytest.mark.parametrize(
    ("volunteers", "residents", "passes", "short"),
    [(1299, 10_000, False, 1), (1300, 10_000, True, 0), (13, 100, True, 0), (12, 93, False, 1), (0, 7, False, 1)],
)
def test_thirteen_per_cent_of_residents(volunteers, residents, passes, short):
    check = by_matter(volunteer_checks([Body("东社区", None, residents, volunteers)]))["volunteers"]
    assert (check.passes, check.short) == (passes, short)


def test_a_share_that_misses_the_limit_is_never_shown_as_the_limit():
    check = by_matter(volunteer_checks([Body("东社区", None, 10_000_000, 1_299_999)]))["volunteers"]
    assert check.passes is False
    assert value_said(check, "zh") == "1,299,999/10,000,000（12.99999%）"


@pytest.mark.parametrize(("hours", "passes", "short"), [("2000", True, 0), ("1999.5", False, F(1, 2))])
def test_twenty_hours_are_a_mean_of_all_who_are_registered(hours, passes, short):
    check = by_matter(volunteer_checks([Body("东社区", None, 500, 100, 40, F(hours))]))["hours"]
    assert (check.passes, check.short) == (passes, short)


def test_hours_of_nobody_have_no_mean_and_unknown_hours_no_check():
    found = volunteer_checks([Body("东社区", None, 500, 0, 0, F(0)), Body("西社区", None, 500, 100)])
    assert [(check.matter, check.name, check.passes) for check in found] == [
        ("volunteers", "东社区", False),
        ("hours", "东社区", None),
        ("volunteers", "西社区", True),
    ]


def test_inactive_are_registered_without_service():
    found = inactive([Body("甲", None, 900, 200, 150), Body("乙", None, 900, 200), Body("丙", None, 900, 0, 0)])
    assert [(own.body, own.inactive, own.share) for own in found] == [("甲", 50, F(1, 4)), ("丙", 0, 0)]


# ------------------------------------------------------------------------------------------------------- lamps


def test_all_lamps_have_to_be_lit_and_the_share_has_to_rise():
    counts = [Lamps("r", "2026-05", 1000, 999), Lamps("r", "2026-04", 1000, 999), Lamps("r", "2026-03", 10, 1)]
    lit, rise = lamp_checks(counts, [ROAD])
    assert (lit.value, lit.passes, short_said(lit, "zh"), lit.note.zh) == (F(999, 10), False, "差1盏", "2026-05计数")
    assert (rise.value, rise.passes) == (0, False)  # as much as before is no rise
    assert (lit.stated.code, rise.stated.code) == ("D.4", "D.37")
    lit, rise = lamp_checks([*counts, Lamps("r", "2026-06", 7, 7)], [ROAD])
    assert (lit.passes, rise.passes, rise.value) == (True, True, F(1, 10))


def test_counts_of_later_months_are_not_visible():
    counts = [Lamps("r", "2026-05", 10, 9), Lamps("r", "2026-06", 10, 10)]
    assert [c.passes for c in lamp_checks(counts, [ROAD], (), datetime.date(2026, 5, 31))] == [False]
    assert [c.passes for c in lamp_checks(counts, [ROAD], (), datetime.date(2026, 6, 1))] == [True, True]
    assert lamp_checks(counts, [ROAD], (), datetime.date(2026, 4, 30)) == ()


# ------------------------------------------------------------------------------------------------------- staff


@pytest.mark.parametrize(
    ("officers", "passes", "short"),
    [(299, False, 1), (300, True, 0), (500, True, 0), (501, False, -1)],
)
def test_officers_are_three_to_five_in_ten_thousand(officers, passes, short):
    row = {"area": "东区", "residents": 1_000_000, "officers": officers, "assistants": None}
    (check,) = staff_checks([row])
    assert (check.value, check.passes, check.short) == (F(officers, 100), passes, short)


def test_assistants_do_not_outnumber_officers():
    row = {"area": "东区", "residents": 100_000, "officers": 30, "assistants": 30}
    assert [check.passes for check in staff_checks([row])] == [True, True]
    officers, assistants = staff_checks([{**row, "assistants": 31}])
    assert (assistants.passes, short_said(assistants, "zh")) == (False, "超1人")
    assert officers.stated.clause == "S000-8 第9点"
    assert (
        staff_checks([{**row, "residents": 1000, "officers": 1, "assistants": 0}])[0].note.zh
        == "基数太小，没有符合的整数人数"
    )


# ---------------------------------------------------------------------------------------------- any limit at all


@pytest.mark.parametrize("name", ["at_least", "at_most", "above", "below"])
@pytest.mark.parametrize("base", [1, 3, 7, 100])
def test_the_shortfall_is_the_fewest_units_that_make_it_pass(name, base):
    """Against counting: move the count one by one until the rule itself passes."""
    stated = replace(stated_limit("S001-1.5.4"), limits={name: F(50)})
    for count in range(base + 1):
        check = share_check("lit", "s", "s", None, count, base, stated, Text("", ""))
        step = 1 if name in ("at_least", "above") else -1
        moved = 0
        while not share_check("lit", "s", "s", None, count + moved, base, stated, Text("", "")).passes:
            moved += step
        assert check.short == moved


def test_what_is_not_known_neither_passes_nor_fails():
    check = count_check("lit", "s", "s", None, None, stated_limit("S001-1.2.5"))
    assert (check.passes, check.short, value_said(check, "zh"), short_said(check, "zh")) == (None, 0, "无法核对", "")


# ----------------------------------------------------------------------------------------------- an assessment


def made(tmp_path, **tables):
    types = {name: {"zh": name, "en": name} for name in ("community", "residential-quarter", "main-road")}
    content = {**content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10), "site_types": types}
    sites = [{**site, "units": "甲局"} for site in (COMMUNITY, QUARTER, ROAD)]
    seen = [{"standard": "1.1", "value": "1", "site_id": "c"}]
    return assessment_of(tmp_path, content, seen, sites=sites, **tables)


def test_the_quotas_of_an_assessment(tmp_path):
    found = quotas_on(
        made(
            tmp_path,
            ads=[
                {"ad_id": "a1", "site_id": "东社区", "form": "海报", "pieces": "3", "damaged": "", "metres": ""},
                {"ad_id": "a2", "site_id": "c", "form": "海报", "pieces": "2", "damaged": "1", "metres": ""},
                {"ad_id": "a3", "site_id": "c", "form": "屏幕", "pieces": "2", "damaged": "", "metres": ""},
            ],
            volunteers=[{"body": "东社区", "residents": "100", "volunteers": "13", "active": "12", "hours": "260"}],
            lamps=[{"site_id": "r", "lamps": "10", "lit": "10"}],
        )
    )
    assert found.kept == ("ads", "volunteers", "lamps")
    assert [(check.subject, check.matter, check.short) for check in found.failed] == [
        ("c", "community-pieces", 1),
        ("q", "quarter-places", 3),
        ("q", "quarter-pieces", 10),
        ("c", "damaged", -1),
    ]
    assert [(own.ad_id, own.name, own.units, own.pieces) for own in found.damaged] == [("a2", "东社区", ("甲局",), 1)]
    assert [own.share for own in found.inactive] == [F(1, 13)]
    assert {check.matter for check in found.checks} <= set(MATTERS)
    assert [check.matter for check in found.checks if check.matter in ("volunteers", "hours", "lit", "rise")] == [
        *("volunteers", "hours", "lit"),
    ]


def test_without_tables_nothing_is_checked(tmp_path):
    found = quotas_on(made(tmp_path))
    assert (found.checks, found.damaged, found.inactive, found.kept) == ((), (), (), ())
