"""The grid: who answers for each site, coverage by area, the four levels of a cell; counted by hand."""

from fractions import Fraction as F

from evalsys.grids import LEVELS, Coverage, coverage, grid_cells, grid_sites, leads_by_type, site_grid
from evalsys.instrument_file import load_instrument
from evalsys.stated import stated_limit
from tests.builders import assessment_of, content_of, indicator, standard


def row(site, area=None, units=(), post="", cell="", site_type="park"):
    who = {"area": area, "units": units, "post": post, "cell": cell}
    return {"site_id": site, "name": "", "site_type": site_type, **who}


SITES = grid_sites(
    [
        row("s1", "东区", ("园林局",), "东湖管护岗", "g1"),
        row("s2", "东区", ("园林局", "城管局"), "", "g1"),
        row("s3", "东区", (), "街面岗", ""),
        row("s4", "西区", (), "", "g2"),
        row("s5", None, ("园林局",), "西园管护岗", ""),
    ],
    {"park": ("园林局",)},
)


def test_what_each_site_lacks_and_what_is_proposed():
    assert [site.lacks for site in SITES] == [(), ("post",), ("unit",), ("unit", "post"), ()]
    # a proposal is made only where no unit is put down
    assert [site.proposed for site in SITES] == [(), (), ("园林局",), ("园林局",), ()]
    assert SITES[0].name == "s1"  # a site without a name is known by its id


def test_coverage_by_area_counts_each_site_once():
    areas, total = coverage(SITES, ["西区", "东区", "北区"])
    assert areas == (
        Coverage("西区", 1, 0, 0, 0, 1),
        Coverage("东区", 3, 2, 2, 1, 2),
        Coverage("北区", 0, 0, 0, 0, 0),
        Coverage(None, 1, 1, 1, 1, 0),
    )
    assert total == Coverage(None, 5, 3, 3, 2, 3)


def test_an_area_that_no_register_names_is_counted_too():
    areas, _ = coverage(SITES, [])
    assert [own.area for own in areas] == ["东区", "西区", None]


def test_a_cell_needs_all_four_levels_and_a_supervisor():
    full = dict.fromkeys(LEVELS, "某岗")
    cells = grid_cells(
        [
            {"cell": "g1", "name": "", "area": None, **full, "supervisor": "监督岗"},
            {"cell": "g2", "name": "", "area": None, **full, "frontage": "", "supervisor": "监督岗"},
            {"cell": "g3", "name": "", "area": None, **full, "supervisor": ""},
            {"cell": "g4", "name": "", "area": None, **dict.fromkeys(LEVELS, ""), "supervisor": ""},
        ],
        SITES,
    )
    assert [cell.lacks for cell in cells] == [(), ("frontage",), ("supervisor",), (*LEVELS, "supervisor")]
    assert [cell.sites for cell in cells] == [2, 1, 0, 0]


def test_there_are_four_levels_as_the_standard_prints():
    text = stated_limit("S000-8.D.25").text.zh
    assert len(LEVELS) == 4
    assert "四级" in text


def test_the_bodies_that_lead_most_standards_of_a_type_come_first():
    leads = leads_by_type(load_instrument("lincheng-county-2019"))
    assert leads["road"] == ("县住建局", "县公安交警大队")  # 5.7, 5.13, 5.15 against 5.7, 5.15
    assert leads["market"] == ("县发改局",)
    assert "no-such-type" not in leads


def made(tmp_path, grid=(), rules=None):
    standards = [standard("1.1", "met", 5, lead=["甲局"], checked_at=[{"site_type": "community", "sites": "all"}])]
    content = content_of([indicator("1", 5, standards)], 5, units={"甲局": {"zh": "甲局", "en": "Bureau A"}})
    heads = ("site_id", "site_type", "name", "area", "units", "post", "cell")
    cells = (
        ("s1", "community", "东社区", "东区", "东街道", "网格长岗", "g1"),
        ("s2", "community", "西社区", "西区", "", "网格员岗", ""),
        ("s3", "hospital", "医院", "", "", "", "g1"),
    )
    sites = [dict(zip(heads, own, strict=True)) for own in cells]
    seen = [{"standard": "1.1", "value": "1", "site_id": "s1"}]
    settings = {"ledger": {"rules": rules}} if rules else None
    return assessment_of(tmp_path, content, seen, settings, sites=sites, grid=list(grid))


def test_the_grid_of_an_assessment(tmp_path):
    cell = {
        "cell": "g1",
        "enforcement": "甲",
        "cleaning": "乙",
        "frontage": "丙",
        "committee": "丁",
        "supervisor": "戊",
    }
    found = site_grid(made(tmp_path, [cell, {**cell, "cell": "g2", "cleaning": ""}]))
    assert [site.site_id for site in found.uncovered] == ["s2", "s3"]
    assert [site.proposed for site in found.sites] == [(), ("甲局",), ()]  # nothing is checked at hospitals
    assert [site.site_id for site in found.without_cell] == ["s2"]
    assert [own.cell for own in found.empty_cells] == ["g2"]
    checks = {check.matter: check for check in found.checks}
    assert (checks["sites"].value, checks["sites"].passes, checks["sites"].short) == (F(100, 3), False, 2)
    assert (checks["levels"].value, checks["levels"].passes, checks["levels"].short) == (50, False, 1)
    assert (checks["supervisor"].value, checks["supervisor"].passes) == (100, True)
    assert checks["sites"].stated.clause == "S003 三（二）2"
    assert checks["levels"].stated.clause == "S000-8 第14点"
    assert all(check.stated.borrowed for check in found.checks)


def test_without_cells_only_the_sites_are_checked(tmp_path):
    assert [check.matter for check in site_grid(made(tmp_path)).checks] == ["sites"]


def test_the_rules_of_the_ledgers_come_before_the_instrument_of_the_source(tmp_path):
    (check,) = site_grid(made(tmp_path, rules="lincheng-county-2019")).checks
    assert (check.stated.instrument, check.stated.code) == ("lincheng-county-2019", "2.3")
