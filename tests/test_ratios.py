"""Growth of spending and staffing: equal passes, limits from the instrument, and every fault of a table at once."""

import itertools
from fractions import Fraction as F

import openpyxl
import pytest

from evalsys.faults import InputFaults
from evalsys.instrument_file import load_instrument
from evalsys.ratios import (
    STAFFING,
    Amounts,
    Staff,
    growth_note,
    growth_years,
    read_amounts,
    read_staff,
    staff_note,
    staff_rows,
    staffing_limits,
)
from evalsys.rulebook import RULES
from evalsys.rules import exact

LIMITS = staffing_limits()


def years(*rows):
    return growth_years([Amounts(year, F(spending), F(reference)) for year, spending, reference in rows])


def last(*rows):
    return years(*rows)[-1]


# ----------------------------------------------------------------------------------------------------- growth


@pytest.mark.parametrize(
    ("spending", "revenue", "passes", "short"),
    [
        ("105", "1050", True, 0),  # equal
        ("105.0001", "1050", True, 0),
        ("104.9999", "1050", False, F("0.000001")),
        ("100", "1000", True, 0),  # nothing moves
        ("99", "1000", False, F("0.01")),
        ("98", "970", True, 0),  # revenue fell by 3 %, spending by 2 %
        ("97", "970", True, 0),
        ("96", "970", False, F("0.01")),
        ("0", "0", True, 0),  # both fell by all
        ("103", "970", True, 0),
    ],
)
def test_a_year_against_the_year_before(spending, revenue, passes, short):
    found = last((2017, 100, 1000), (2018, spending, revenue))
    assert (found.passes, found.short) == (passes, short)
    assert found.spending == F(spending) / 100 - 1
    assert found.reference == F(revenue) / 1000 - 1
    assert (F(spending) >= found.enough) == passes


def test_thirds_are_compared_exactly():
    assert last((2017, 3, 300), (2018, 4, 400)).passes
    assert not last((2017, 3 * 10**20, 3), (2018, 4 * 10**20 - 1, 4)).passes


def test_the_rule_of_the_scores_says_the_same():
    kind = RULES["growth"]
    for spending, revenue in itertools.product((95, 99, 100, 101, 105), repeat=2):
        own = last((2017, 100, 100), (2018, spending, revenue)).passes
        seen = kind.read({}, f"{spending - 100};{revenue - 100}", None, None)
        assert own == bool(kind.attain({}, [exact([value]) for value in seen]).num[0])


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (((2018, 1, 1),), "first"),
        (((2016, 1, 1), (2018, 1, 1)), "gap"),
        (((2017, 0, 1), (2018, 1, 1)), "base"),
        (((2017, 1, 0), (2018, 1, 1)), "base"),
        (((2017, -1, 1), (2018, 1, 1)), "base"),
        (((2017, 1, -2), (2018, 1, 1)), "base"),
    ],
)
def test_no_growth_rate_is_told_and_is_no_pass(rows, why):
    found = last(*rows)
    assert (found.why_not, found.spending, found.passes, found.short, found.enough) == (why, None, None, None, None)
    for lang in ("zh", "en"):
        assert growth_note(found, "revenue").say(lang)


def test_years_may_stand_in_any_order():
    rows = ((2016, 100, 1000), (2017, 105, 1040), (2018, 107, 1100))
    assert all(years(*way) == years(*rows) for way in itertools.permutations(rows))
    assert [one.passes for one in years(*rows)] == [None, True, False]


@pytest.mark.parametrize(
    ("spending", "revenue", "zh", "en"),
    [
        (98, 97, "财政收入下降 3.00%，投入下降 2.00%：按条文达标，但投入下降",
         "revenue fell by 3.00%, spending fell by 2.00%: passes as printed, though spending fell"),
        (100, 97, "财政收入下降 3.00%，投入持平：达标", "revenue fell by 3.00%, spending did not change: passes"),
        (96, 97, "财政收入下降 3.00%，投入下降 4.00%：增幅低 1.00 个百分点",
         "revenue fell by 3.00%, spending fell by 4.00%: growth is 1.00 percentage points too low"),
        (105, 105, "增幅相等，达标", "equal growth passes"),
        (106, 105, "", ""),
        (104, 105, "增幅低 1.00 个百分点", "growth is 1.00 percentage points too low"),
        ("104.9999", 105, "增幅低不足 0.01 个百分点", "growth is less than 0.01 percentage points too low"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_year(spending, revenue, zh, en):
    note = growth_note(last((2017, 100, 100), (2018, spending, revenue)), "revenue")
    assert (note.zh, note.en) == (zh, en)


def test_the_words_name_the_reference():
    row = last((2017, 100, 100), (2018, 98, 97))
    assert growth_note(row, "workload").zh.startswith("工作量下降")
    assert growth_note(row, "workload").en.startswith("workload fell")


# --------------------------------------------------------------------------------------------------- staffing


def row(key, count, base):
    ratio = STAFFING[key]
    (found,) = staff_rows([Staff("甲", {ratio.count: count, ratio.base: base})], LIMITS)
    return found


def test_limits_are_those_of_the_instrument():
    standards = load_instrument("wannian-city-management-2016").standards
    for key, limits in LIMITS.items():
        (rule,) = standards[STAFFING[key].standard].standard.rules.values()
        assert limits == rule.params["limits"]
    assert LIMITS == {
        "officers": {"at_least": 3, "at_most": 5},
        "assistants": {"at_most": 1},
        "specialists": {"at_least": 1, "at_most": 2},
    }


@pytest.mark.parametrize(
    ("count", "passes", "change"), [(299, False, 1), (300, True, 0), (500, True, 0), (501, False, -1), (0, False, 300)]
)
def test_officers_per_ten_thousand(count, passes, change):
    found = row("officers", count, 1_000_000)
    assert (found.value, found.passes, found.change) == (F(count, 100), passes, change)
    assert (found.fewest, found.most) == (300, 500)


def test_residents_that_are_not_round():
    found = row("officers", 29, 99_999)
    assert (found.fewest, found.most, found.passes, found.change) == (30, 49, False, 1)
    assert row("officers", 30, 99_999).passes
    assert not row("officers", 50, 99_999).passes


@pytest.mark.parametrize("residents", [1_000, 12_345, 66_667, 100_000])
@pytest.mark.parametrize("count", [0, 1, 4, 20, 40, 60])
def test_after_the_change_it_complies_and_one_less_does_not(count, residents):
    found = row("officers", count, residents)
    if found.impossible:
        assert not any(row("officers", n, residents).passes for n in range(50))
        assert found.change == 0
        assert "没有符合的整数人数" in staff_note(found).zh
    else:
        assert row("officers", count + found.change, residents).passes
        step = (found.change > 0) - (found.change < 0)
        assert not step or not row("officers", count + found.change - step, residents).passes


@pytest.mark.parametrize(
    ("assistants", "officers", "passes", "change"),
    [(30, 30, True, 0), (31, 30, False, -1), (0, 0, True, 0), (2, 0, False, -2), (0, 5, True, 0)],
)
def test_assistants_do_not_outnumber_officers(assistants, officers, passes, change):
    found = row("assistants", assistants, officers)
    assert (found.passes, found.change) == (passes, change)
    assert (found.value is None) == (officers == 0)


@pytest.mark.parametrize(
    ("count", "base", "passes", "change", "mean_only"),
    [(1, 1, True, 0, False), (2, 1, True, 0, False), (3, 1, False, -1, False), (0, 1, False, 1, False),
     (7, 4, True, 0, True), (3, 4, False, 1, True)],
)  # fmt: skip
def test_specialists_of_one_community_and_of_several(count, base, passes, change, mean_only):
    found = row("specialists", count, base)
    assert (found.passes, found.change, found.mean_only) == (passes, change, mean_only)
    assert ("only the mean" in staff_note(found).en) == mean_only


def test_a_count_that_is_not_known_gives_no_ratio():
    rows = staff_rows([Staff("甲", {"officers": 3, "residents": None, "assistants": 1})], LIMITS)
    assert [found.ratio for found in rows] == ["assistants"]


# ---------------------------------------------------------------------------------------------------- reading


def table(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def told(read, path):
    with pytest.raises(InputFaults) as found:
        read(path)
    return sorted((fault.row or 0, fault.problem, fault.column) for fault in found.value.faults)


def test_amounts_in_chinese_and_english_csv_and_excel(tmp_path):
    zh = table(tmp_path, '年度,投入,财政收入,备注\n2017年,"1,000.5",20000,\n2018,1100,21000,概算\n', "zh.csv")
    en = table(tmp_path, "year,spending,revenue\n2017,1000.5,20000\n2018,1100,21000\n", "en.csv")
    book = openpyxl.Workbook()
    for cells in (("年度", "经费", "财政收入"), (2017, 1000.5, 20000), (2018, 1100, 21000)):
        book.active.append(cells)
    book.save(tmp_path / "t.xlsx")
    found = read_amounts(zh)
    assert found == read_amounts(en) == read_amounts(tmp_path / "t.xlsx")
    assert found.rows[0] == Amounts(2017, F("1000.5"), F(20000))
    workload = read_amounts(table(tmp_path, "年度,投入,工作量\n2017,1,2\n"))
    assert workload.reference == "workload"


def test_every_fault_of_the_amounts_at_once(tmp_path):
    path = table(tmp_path, "年度,投入,财政收入,税\n2017,5%,10\n2017,,1-0,\n1800,x,2,\n")
    assert told(read_amounts, path) == [
        (1, "unknown_column", "税"),
        (2, "bad_number", "投入"),
        (2, "ragged_row", ""),
        (3, "bad_number", "财政收入"),
        (3, "duplicate_id", "年度"),
        (3, "empty_value", "投入"),
        (4, "bad_number", "投入"),
        (4, "out_of_range", "年度"),
    ]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("year,spending\n2017,1\n", [(0, "exactly_one", "")]),
        ("year,spending,revenue,workload\n2017,1,1,1\n", [(0, "exactly_one", "")]),
        ("year,revenue\n2017,1\n", [(1, "missing_column", "spending")]),
        ("year,spending,revenue\n", [(0, "empty_file", "")]),
        ("", [(0, "empty_file", "")]),
    ],
)
def test_tables_of_amounts_that_cannot_be_used(tmp_path, text, faults):
    assert told(read_amounts, table(tmp_path, text)) == faults


def test_files_that_are_no_table(tmp_path):
    assert told(read_amounts, tmp_path / "none.csv") == [(0, "missing_file", "")]
    assert told(read_staff, table(tmp_path, "x", "t.txt")) == [(0, "unreadable", "")]
    book = openpyxl.Workbook()
    book.active.append(["year", "spending", "revenue"])
    book.active.append([2017, 1, 1])
    book.create_sheet("二").append(["x"])
    book.save(tmp_path / "two.xlsx")
    assert told(read_amounts, tmp_path / "two.xlsx") == [(0, "unknown_table", "")]


def test_counts_of_staff_are_read_and_blanks_are_not_known(tmp_path):
    path = table(tmp_path, "单位,城镇人口,执法人员,协管人员\n甲区,100000,30,\n乙区,,9,3\n")
    first, second = read_staff(path)
    assert first == Staff("甲区", {"residents": 100_000, "officers": 30, "assistants": None})
    assert [found.ratio for found in staff_rows([first, second], LIMITS)] == ["officers", "assistants"]


def test_every_fault_of_the_staff_at_once(tmp_path):
    path = table(tmp_path, "单位,城镇人口,执法人员,社区数,专管员\n甲,0,2.5,0,1\n甲,-1,3,1,\n,5,5,1,1\n")
    assert told(read_staff, path) == [
        (2, "bad_integer", "执法人员"),
        (2, "out_of_range", "城镇人口"),
        (2, "out_of_range", "社区数"),
        (3, "bad_integer", "城镇人口"),
        (3, "duplicate_id", "单位"),
        (4, "empty_value", "单位"),
    ]


def test_a_table_that_allows_no_ratio_is_a_fault(tmp_path):
    assert told(read_staff, table(tmp_path, "place,residents\n甲,5\n")) == [(0, "missing_column", "")]
