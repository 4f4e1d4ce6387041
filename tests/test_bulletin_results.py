"""The bulletin: every figure counts rows of its annex, on the page and in the workbook; hand-made ledgers by hand."""

import json
import re
from datetime import date, timedelta
from fractions import Fraction
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest

from evalsys import bulletin_pages, bulletin_sections
from evalsys.bulletin_annex import annex, annex_name, figures_listing, place_of, ranges, sheet_name
from evalsys.bulletin_results import SHEETS, Issue, issue_of, listing_of
from evalsys.bulletins import period_days, period_of
from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.finding_results import findings_json, findings_listing, findings_text
from evalsys.ledgers import ledgers_of, states
from tests.bulletin_cases import FINDINGS, RECTIFICATIONS, small

EXAMPLE = Path(__file__).resolve().parents[1] / "data/example-ledgers"
PAGES = (bulletin_pages.title_block, bulletin_pages.summary, bulletin_pages.series)
SECTIONS = tuple(getattr(bulletin_sections, name) for name in bulletin_sections.__all__ if name != "write_annex")
LINK = re.compile(r'<a href="([^"]*)" title="([^"]*)">([\d,]+)</a>')


@pytest.fixture(scope="module")
def example():
    return read_assessment(EXAMPLE)


@pytest.fixture(scope="module")
def issue(example):
    return issue_of(example, "2026-W46", with_forecast=False, linked=True)


@pytest.fixture(scope="module", params=["zh", pytest.param("en", marks=pytest.mark.slow)])
def book(request, issue, tmp_path_factory):
    path = tmp_path_factory.mktemp("annex") / annex_name(request.param)
    annex(issue, path, request.param)
    return request.param, openpyxl.load_workbook(path)


def page(issue, lang):
    return "".join(str(part(issue, lang)) for part in (*PAGES, *SECTIONS))


def numbered(words):
    """Return the numbers of rows such as ``2–4, 7``."""
    runs = [part.partition("–") for part in (words or "").split(", ") if part]
    return [row for low, _, high in runs for row in range(int(low), int(high or low) + 1)]


# ------------------------------------------------------------------------------------------- figures and rows


def test_every_figure_of_the_page_is_the_number_of_rows_that_it_links_to(issue, book):
    lang, workbook = book
    figures = workbook.worksheets[0]
    links = LINK.findall(page(issue, lang))
    assert len(links) > 50
    for target, said, text in links:
        number = int(re.search(r"\d+", unescape(said)).group())
        told = {cell.value: figures.cell(number + 1, cell.column).value for cell in figures[1]}
        first, *_, value, sheet, rows, lines = [figures.cell(number + 1, place).value for place in range(1, 8)]
        assert first == number, told
        held = numbered(lines)
        assert int(text.replace(",", "")) == value == rows == len(held)
        assert all(workbook[sheet].cell(row, 1).value not in (None, "") for row in held)
        assert f"{sheet}" in unescape(said)
        file, _, place = unquote(target).partition("#")
        assert file == annex_name(lang)
        assert place.startswith(f"'{sheet}'!A{held[0] if held else 1}")


def test_the_sheet_of_figures_links_each_value_to_the_first_of_its_rows(issue, book):
    lang, workbook = book
    figures = workbook.worksheets[0]
    assert figures.max_row == len(issue.stated) + 1
    for row, own in enumerate(issue.stated.values(), 2):
        cell = figures.cell(row, 4)
        assert cell.value == own.value == figures.cell(row, 6).value
        name, _, cells = cell.hyperlink.location.partition("!")
        assert workbook[name.strip("'")].title == sheet_name(own.sheet, lang)
        if own.places:
            assert int(re.match(r"A(\d+)", cells).group(1)) == own.places[0] + 2


def test_rows_of_a_unit_bear_its_name_and_those_of_all_units_are_the_whole_sheet(issue, book):
    lang, workbook = book
    split = {"zh": "、", "en": ", "}[lang]
    covered = {}
    for (key, by, name), own in issue.stated.items():
        if by not in ("unit", "area") or key == "in_time":
            continue
        sheet = workbook[sheet_name(own.sheet, lang)]
        column = {cell.value: cell.column for cell in sheet[1]}[
            {"unit": {"zh": "责任单位", "en": "units"}, "area": {"zh": "属地", "en": "area"}}[by][lang]
        ]
        for place in own.places:
            held = (sheet.cell(place + 2, column).value or "").split(split)
            assert name in held
        covered.setdefault((key, by), []).extend(own.places)
    for (key, by), places in covered.items():
        whole = issue.stated[key, "", ""].places
        assert sorted(set(places)) == list(whole)
        if by == "area":  # a finding has one area, and several units perhaps
            assert len(places) == len(whole)


def test_units_and_areas_count_as_the_bulletin_does(issue):
    for by, table in (("unit", issue.found.units), ("area", issue.found.areas)):
        for own in table.to_dict("records"):
            for key in ("new", "fixed", "in_time", "returned", "verified", "in_hand", "awaiting", "overdue"):
                assert issue.stated[key, by, own["name"]].value == own[key]


def test_what_was_put_right_in_time_says_so(issue):
    listing = listing_of(issue, "fixed", "zh")
    place = [column.key for column in listing.columns].index("in_time")
    timely = issue.stated["in_time", "", ""].places
    assert 0 < len(timely) < len(listing.rows)
    assert [row[place] == "是" for row in listing.rows] == [n in timely for n in range(len(listing.rows))]


def test_rows_of_a_sheet_stand_by_units_and_the_longest_overdue_first(issue):
    after, units = issue.after, issue.told["units"]
    for key in ("in_hand", "overdue"):
        order = [(tuple(units[row]), -after[row].overdue) for row in issue.rows[key].findings]
        assert order == sorted(order)
    assert len({units for units, _ in order}) < len(order)


def test_the_annex_is_the_same_twice_and_has_a_sheet_for_each_kind(hand, tmp_path):
    issue = issue_of(hand, "2026-W33", with_forecast=False)
    for name in ("a.xlsx", "b.xlsx"):
        annex(issue, tmp_path / "deep" / name, "zh")
    assert (tmp_path / "deep/a.xlsx").read_bytes() == (tmp_path / "deep/b.xlsx").read_bytes()
    made = openpyxl.load_workbook(tmp_path / "deep/a.xlsx")
    assert made.sheetnames == ["数字出处", *(name.zh for name in SHEETS.values())]
    for key, name in SHEETS.items():
        assert made[name.zh].max_row == len(listing_of(issue, key, "zh").rows) + 1


def test_without_an_annex_no_figure_is_a_link(example):
    plain = issue_of(example, "2026-W46", with_forecast=False)
    assert "<a " not in page(plain, "zh")


def test_ranges_are_runs_without_gaps():
    assert ranges([]) == []
    assert ranges([3]) == [(3, 3)]
    assert ranges([1, 3, 4, 6]) == [(1, 1), (3, 4), (6, 6)]


# ------------------------------------------------------------------------------------------- by hand


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"), FINDINGS, RECTIFICATIONS)


def ids(own: Issue, key):
    return sorted(own.kept.findings["finding_id"].iloc[list(own.rows[key].findings)])


def test_a_week_by_hand(hand):
    own = issue_of(hand, "2026-W33", with_forecast=False)  # 10 to 16 August
    assert own.found.first == date(2026, 8, 10)
    assert {key: ids(own, key) for key in own.rows} == {
        "new": ["F4", "F5"],
        "fixed": ["F2", "F3"],
        "returned": ["F3"],
        "verified": ["F2"],
        "in_hand": ["F1", "F3", "F4", "F5"],
        "overdue": ["F1"],
        "awaiting": [],
        "coming": ["F3", "F4"],
        "again": ["F5"],
    }
    assert own.stated["in_time", "", ""].value == 1
    listing = listing_of(own, "overdue", "zh")
    row = dict(zip((column.key for column in listing.columns), listing.rows[0], strict=True))
    assert (row["finding_id"], row["due"], row["late"], row["state"]) == ("F1", "2026-08-10", 6, "待整改")
    assert (row["site"], row["units"], row["what"]) == ("甲小区", "甲街道、乙局", "楼道堆物")


def test_weeks_follow_each_other_over_new_year():
    assert [period_of(period_days("2026-W53")[0] + timedelta(7 * k)) for k in (-1, 0, 1)] == [
        "2026-W52", "2026-W53", "2027-W01",
    ]  # fmt: skip
    assert period_of(date(2027, 1, 3)) == "2026-W53"
    assert period_of(date(2027, 1, 3), monthly=True) == "2027-01"


@pytest.mark.parametrize(
    "period", ["2016-W53", "2016-W54", "2016-13", "9999-W52", "9999-12", "0001-01", "2016-w33", ""]
)
def test_what_is_no_week_and_no_month_is_a_fault(period):
    with pytest.raises(InputFaults) as raised:
        period_days(period)
    assert [(fault.problem, fault.value) for fault in raised.value.faults] == [("bad_date", period)]


def test_points_are_those_of_the_observation_that_is_linked(hand):
    own = issue_of(hand, "2026-W33", with_forecast=False)
    points = dict(zip(own.told["finding_id"], own.found.points, strict=True))
    # standard 1.1 has 10 points, two checks: one of them lost half
    assert points["F1"] == Fraction(10, 4)
    assert points["F2"] == 0
    assert own.prices["overdue"].points == Fraction(10, 4)


def test_photographs_before_and_after(hand):
    own = issue_of(hand, "2026-W33", with_forecast=False)
    told = {own.told["finding_id"][row]: (before, after) for row, before, after in own.photos}
    assert told == {"F2": ("f2.jpg", "f2-1.jpg"), "F3": ("", "f3-1.jpg")}


def test_what_has_no_row_of_rectification_is_told_until_it_is_closed(hand):
    own = issue_of(hand, "2026-W33", with_forecast=False)
    assert [own.told["finding_id"][row] for row in own.unrecorded] == ["F4", "F5"]


def test_a_finding_that_a_check_closed_needs_no_row(tmp_path):
    seen = [
        {"standard": "1.2", "site_id": "s2", "value": "1", "observed_on": "2026-08-04"},
        {"standard": "1.2", "site_id": "s2", "value": "0", "observed_on": "2026-08-12"},
    ]
    made = small(tmp_path, more=seen)
    before, own = (issue_of(made, week, with_forecast=False) for week in ("2026-W32", "2026-W33"))
    assert ids(before, "in_hand") == ["O-o002"]
    assert [before.told["finding_id"][row] for row in before.unrecorded] == ["O-o002"]
    assert (ids(own, "verified"), own.unrecorded) == (["O-o002"], ())


def test_what_else_falls_due_is_that_of_the_next_week_and_not_what_was_done(tmp_path):
    ladder = {"ledger": {"rules": "lincheng-county-2019"}}
    done = [{"entry": "S003.1.4", "done_on": "2026-10-02"}]
    open_, kept = (
        issue_of(small(tmp_path / name, FINDINGS, (), rows, **ladder), "2026-W40", with_forecast=False)
        for name, rows in (("a", ()), ("b", done))
    )
    codes = {due.code for due in open_.dated}
    assert "S003.1.4" in codes  # by the 5th of each month: Monday of the week after
    assert {due.code for due in kept.dated} == codes - {"S003.1.4"}
    assert all(date(2026, 10, 5) <= due.due <= date(2026, 10, 11) for due in open_.dated)
    assert [row[5] for row in listing_of(kept, "dated", "zh").rows] == [due.code for due in kept.dated]


def test_ranks_share_a_place_and_leave_out_nobody(hand):
    own = issue_of(hand, "2026-W33", with_forecast=False)
    assert own.ranks("unit", "points") == [(1, "甲街道", Fraction(5, 2)), (1, "乙局", Fraction(5, 2)), (3, "丙局", 0)]
    shares = {name: (rank, value) for rank, name, value in own.ranks("unit", "overdue_share")}
    assert shares == {"乙局": (1, Fraction(1, 1)), "甲街道": (2, Fraction(1, 2)), "丙局": (3, Fraction(0))}


def test_what_nobody_answers_for_has_no_rank_and_a_row_of_its_own(tmp_path):
    own = issue_of(small(tmp_path, [{**FINDINGS[0], "units": ""}]), "2026-W33", with_forecast=False)
    assert own.ranks("unit", "points") == own.ranks("unit", "overdue_share") == []
    assert own.stated["overdue", "unit", ""].value == 1
    assert "未登记单位" in bulletin_sections.units(own, "zh")


def test_the_ledger_of_findings_is_that_of_the_day(hand):
    listing = findings_listing(hand, date(2026, 8, 16), "zh")
    keys = [column.key for column in listing.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in listing.rows]
    assert [(row["finding_id"], row["state"], row["late"]) for row in rows] == [
        ("F1", "待整改", 6), ("F3", "已退回", 0), ("F4", "待整改", 0), ("F5", "待整改", 0), ("F2", "已销号", 0),
    ]  # fmt: skip
    assert [(row["finding_id"], row["earlier"]) for row in rows if row["earlier"]] == [("F5", "F2")]
    assert [row[0] for row in findings_listing(hand, date(2026, 8, 2), "zh").rows] == []
    assert findings_text(hand, date(2026, 8, 16), "zh").startswith(
        "截至 2026-08-16：问题 5 条，待整改 3、待复核 0、已销号 1、已退回 1；其中逾期 1 条。"
    )
    content = json.loads(findings_json(hand, date(2026, 8, 16), "en"))
    assert (content["day"], len(content["findings"])) == ("2026-08-16", 5)
    assert content["findings"][0]["points"] == {"exact": "5/2", "value": 2.5}


def test_the_listing_counts_the_states_of_the_core(example):
    day = date(2026, 10, 31)
    listing = findings_listing(example, day, "en")
    stand = states(ledgers_of(example), day)
    keys = [column.key for column in listing.columns]
    late = [row[keys.index("late")] for row in listing.rows]
    assert len(listing.rows) == len(stand)
    assert sorted(late) == sorted(stand["overdue"])
    assert late == sorted(late, reverse=True)


def test_the_figures_of_all_come_first(issue):
    rows = figures_listing(issue, "zh").rows
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0][1:6] == ("新增", "全部", issue.stated["new", "", ""].value, "新增", rows[0][5])
    assert place_of(issue.stated["new", "", ""], "zh").startswith("'新增'!A2:A")
