"""What each row says, who answers for it, and which rows count."""

from __future__ import annotations

import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.evidence import Assessment
from evalsys.faults import InputFaults

DEDUCT = {"deduct": {"kinds": {"垃圾": {"name": {"zh": "垃圾", "en": "Litter"}, "points": "1"}}, "full": "10"}}
UNIT = {"civilisation-office": {"zh": "文明办", "en": "Civilisation office"}}
CONTENT = content_of(
    [
        indicator(
            "1",
            100,
            [
                standard("1.1", "loss", 20, checked_at=[{"site_type": "community"}], lead="civilisation-office"),
                standard(
                    "1.2", "met", 20, ("site_visit", "document_review"), several="mean", lead="civilisation-office"
                ),
                standard("1.3", DEDUCT, 20, not_applicable="full"),
                standard("1.4", "none", 20),
                standard("1.5", "share", 20, not_applicable="drop"),
            ],
        ),
        indicator("9", None, [standard("9.1", None, None, scored="no")], scored="no"),
    ],
    100,
)
SITES = [
    {"site_id": "c2", "site_type": "社区", "name": "西社区", "area": "西街道", "units": ""},
    {"site_id": "c1", "site_type": "community", "name": "东社区", "area": "东街道", "units": "甲局;乙局"},
]


def read(folder: Path, *rows: dict[str, Any], sites: Any = SITES, **more: Any) -> Assessment:
    return assessment_of(folder, CONTENT, rows, sites=sites, **more)


def row(
    standard: str = "1.1", value: str = "0.1", day: str = "2016-05-02", site: str = "c1", **more: Any
) -> dict[str, Any]:
    return {"standard": standard, "value": value, "observed_on": day, "site_id": site, **more}


def whys(found: Assessment) -> list[str]:
    return found.observations["why_not"].tolist()


def problems(folder: Path, *rows: dict[str, Any], **more: Any) -> list[tuple[str, int | None, str]]:
    with pytest.raises(InputFaults) as caught:
        read(folder, *rows, **more)
    return [(fault.problem, fault.row, fault.column) for fault in caught.value.faults]


# -- which rows count


def test_the_latest_row_of_a_site_counts(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(day="2016-05-03", value="0.3"),
        row(day="2016-05-01", value="0.1"),
        row(day="2016-05-09", value="0.9", round="r0"),
        row(day="2016-05-04", value="", site="c1"),
        row(day="2016-05-01", site="c2"),
    )
    assert whys(found) == ["", "superseded", "round", "blank", ""]
    assert [note.en for note in found.notes][:3] == [
        "observations without a result yet, not counted: 1",
        "observations of other rounds (r0), not counted here: 1",
        "observations superseded by later ones of the same site: 1",
    ]


def test_an_empty_round_is_this_round_and_methods_are_apart(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row("1.2", "是", method="实地考察", round=""),
        row("1.2", "否", method="document_review", round="r1"),
        row("1.2", "否", method="site_visit", site="", day=""),
    )
    assert whys(found) == ["", "", ""]
    assert found.observations["method"].tolist() == ["site_visit", "document_review", "site_visit"]


def test_rows_of_one_day_that_differ_are_a_fault_on_any_day(tmp_path: Path) -> None:
    a, b, later = row(), row(value="0.2"), row(day="2016-05-03")
    assert problems(tmp_path, a, b) == [("conflicting_rows", 3, "value")]
    assert problems(tmp_path, a, b, later) == [("conflicting_rows", 3, "value")]
    assert problems(tmp_path, a, a, a, b) == [("conflicting_rows", 5, "value")]
    assert problems(tmp_path, a | {"units": "甲"}, a | {"units": "乙"}) == [("conflicting_rows", 3, "units")]
    assert problems(tmp_path, a | {"area": "东"}, a | {"area": "西"}) == [("conflicting_rows", 3, "area")]
    assert problems(tmp_path, row("1.5", "4/5"), row("1.5", "不适用")) == [("conflicting_rows", 3, "value")]


def test_a_later_not_applicable_supersedes(tmp_path: Path) -> None:
    found = read(
        tmp_path, row("1.5", "不适用", day="2016-05-03"), row("1.5", "4/5"), row("1.5", "不适用", day="2016-05-01")
    )
    assert whys(found) == ["", "superseded", "superseded"]


def test_rows_of_one_day_that_say_the_same_count_once(tmp_path: Path) -> None:
    found = read(tmp_path, row(note="甲"), row(value="10%", note="乙"), row(day="2016-05-01"))
    assert whys(found) == ["", "repeated", "superseded"]
    assert any("repeat another" in note.en for note in found.notes)


def test_without_dates_it_is_not_known_which_row_is_the_latest(tmp_path: Path) -> None:
    assert problems(tmp_path, row(day=""), row(day="", value="0.2")) == [("conflicting_rows", 3, "value")]
    assert problems(tmp_path, row(day="", value="0.2"), row()) == [("date_needed", 2, "observed_on")]
    found = read(tmp_path, row(day=""), row(), row(day="", site="c2"))
    assert whys(found) == ["superseded", "", ""]


def test_deduct_and_none_take_all_rows_of_the_round(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row("1.3", "垃圾"),
        row("1.3", "垃圾"),
        row("1.3", "无"),
        row("1.4", "2"),
        row("1.4", "0"),
        row("1.4", "1", round="r0"),
        row("1.5", "不适用", round="r0"),
        row("1.5", "", round="r0"),
    )
    assert whys(found) == ["", "", "", "", "", "round", "round", "round"]


def test_rows_of_standards_that_are_not_scored_are_kept_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, row(), row("9.1", "随便什么", site=""))
    assert whys(found) == ["", "unscored"]
    assert any("not scored" in note.en for note in found.notes)


def test_a_round_without_any_row_is_a_fault(tmp_path: Path) -> None:
    assert problems(tmp_path, row(round="r2"), row(round="r3")) == [("no_row_of_round", None, "round")]


def test_a_bad_row_is_told_once(tmp_path: Path) -> None:
    assert problems(tmp_path, row(value="1.2"), row(value="0.1")) == [("bad_value", 2, "value")]
    assert problems(tmp_path, row(day="2016-05-32"), row(value="0.2")) == [("bad_date", 2, "observed_on")]


# -- what is seen


def test_values_and_states(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row(value="10%"),
        row("1.2", "是", method="site_visit"),
        row("1.3", "垃圾", n="3"),
        row("1.4", "无"),
        row("1.5", "N/A"),
        row("1.5", "4", n="5", site="c2"),
    )
    table = found.observations
    assert table["seen"].tolist() == [(Fraction(1, 10),), (1,), (0, 3), (0,), None, (4, 5)]
    assert table["state"].tolist() == ["seen", "seen", "seen", "seen", "na", "seen"]
    assert table["n"].tolist() == [None, None, 3, None, None, 5]


def test_not_applicable_needs_the_instruments_word(tmp_path: Path) -> None:
    assert problems(tmp_path, row(value="不适用")) == [("not_applicable_undefined", 2, "value")]


def test_one_heading_per_kind_of_value(tmp_path: Path) -> None:
    rows = [
        {"测评标准": "1.1", "点位编号": "c1", "扣分 0–1": "0.2"},
        {"测评标准": "1.2", "测评方法": "实地考察", "是/否": "否"},
        {"测评标准": "1.4", "次数": "0"},
    ]
    found = read(tmp_path, *rows)
    assert found.observations["value"].tolist() == ["0.2", "否", "0"]
    assert problems(tmp_path, {**rows[0], "次数": "1"})[0] == ("two_values", 2, "次数")
    wrong = {"standard": "1.1", "site_id": "c1", "次数": "0"}
    assert problems(tmp_path, wrong) == [("bad_value", 2, "次数")]


def test_a_number_that_no_rule_reads_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, row(n="5"), row("1.5", "4", n="5"), row("1.3", "垃圾", n="2"))
    assert [n.en for n in found.notes if "number" in n.en] == [
        "observations with a number that their rule does not use: 1"
    ]


def test_names_stand_for_codes_and_ids(tmp_path: Path) -> None:
    found = read(tmp_path, row("1.1项", site="西社区"))
    assert found.observations[["standard", "site"]].iloc[0].tolist() == ["1.1", 1]
    assert found.sites["site_id"].tolist() == ["c1", "c2"]


def test_the_name_of_the_site_alone_is_enough(tmp_path: Path) -> None:
    named = {"standard": "1.1", "value": "0", "点位编号": "", "点位名称": "西社区"}
    assert read(tmp_path, named).observations["site"].tolist() == [1]
    renamed = {**named, "点位编号": "c2", "点位名称": "旧名"}
    assert read(tmp_path, renamed).observations["site"].tolist() == [1]
    assert problems(tmp_path, {**named, "点位名称": "南社区"}) == [("unknown_name", 2, "点位名称")]
    assert problems(tmp_path, {**renamed, "点位名称": "东社区"}) == [("name_differs", 2, "点位名称")]
    assert problems(tmp_path, {**renamed, "点位类型": "医院"}) == [("name_differs", 2, "点位类型")]
    assert read(tmp_path, {**renamed, "点位类型": "Community"}).observations["site"].tolist() == [1]


def test_sites_are_needed_where_the_standard_is_checked_at_sites(tmp_path: Path) -> None:
    assert problems(tmp_path, row(site="")) == [("missing_site", 2, "site_id")]
    road = [*SITES, {"site_id": "r1", "site_type": "main-road", "name": "人民路", "area": "", "units": ""}]
    assert problems(tmp_path, row(site="r1"), sites=road) == [("site_type_not_checked", 2, "site_id")]


def test_dates_are_dates(tmp_path: Path) -> None:
    found = read(tmp_path, row(day="2016年5月2日"), row(site="c2", day=""))
    assert found.observations["observed_on"].iloc[0].date() == datetime.date(2016, 5, 2)
    assert found.observations["observed_on"].isna().tolist() == [False, True]
    late = {"settings": {"inspection_date": "2016-05-01"}}
    assert problems(tmp_path, row(), **late) == [("after_inspection", 2, "observed_on")]


# -- who answers


def answers(found: Assessment) -> list[tuple[Any, ...]]:
    table = found.observations
    return list(zip(table["area"], table["area_who"], table["units"], table["who"], strict=True))


def test_the_rows_own_units_win_and_an_empty_cell_is_nobody(tmp_path: Path) -> None:
    found = read(tmp_path, row(area="南街道", units="丙局；丁局、丙局"), row(site="c2", area="", units=""))
    assert answers(found) == [("南街道", "row", ("丙局", "丁局"), "row"), (None, "row", (), "row")]


def test_an_empty_column_is_a_column(tmp_path: Path) -> None:
    found = read(tmp_path, row(area="", units=""), row(site="c2", area="", units=""))
    assert answers(found) == [(None, "row", (), "row")] * 2


def test_else_the_sites(tmp_path: Path) -> None:
    found = read(tmp_path, row(), row(site="c2"), row("1.2", "是", site="", method="site_visit"))
    assert answers(found) == [
        ("东街道", "site", ("甲局", "乙局"), "site"),
        ("西街道", "site", (), "site"),
        (None, "", ("文明办",), "standard"),
    ]


def test_else_the_standards_lead(tmp_path: Path) -> None:
    bare = [{key: site[key] for key in ("site_id", "site_type", "name")} for site in SITES]
    found = read(tmp_path, row(), row("1.4", "0"), sites=bare)
    assert answers(found) == [(None, "", ("文明办",), "standard"), (None, "", (), "standard")]


def test_area_and_units_are_apart(tmp_path: Path) -> None:
    found = read(tmp_path, row(area="南街道"))
    assert answers(found) == [("南街道", "row", ("甲局", "乙局"), "site")]


def test_registers_check_names(tmp_path: Path) -> None:
    more = {"units": [{"unit": "甲局"}, {"unit": "乙局"}], "areas": [{"area": "东街道"}, {"area": "西街道"}]}
    found = read(tmp_path, row(units="甲局"), **more)
    assert (found.units, found.areas) == (("甲局", "乙局"), ("东街道", "西街道"))
    assert not any("register" in note.en for note in found.notes)
    assert problems(tmp_path, row(units="甲局;甲句", area="东街"), **more) == [
        ("unknown_name", 2, "area"),
        ("unknown_name", 2, "units"),
    ]
    (tmp_path / "units.csv").unlink()
    (tmp_path / "areas.csv").unlink()
    assert sum("register" in note.en for note in read(tmp_path, row()).notes) == 2
