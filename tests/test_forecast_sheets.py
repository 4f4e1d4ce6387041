"""A workbook says of the draw and of the forecast what a folder says: the same settings, the same strata."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from builders import assessment_of, content_of, indicator, standard, text, write_csv, write_yaml

from evalsys.draws import populations
from evalsys.evidence import Assessment, read_assessment
from evalsys.faults import InputFaults
from evalsys.fields import DRAW_AREAS, TABLES
from evalsys.forecast_settings import PART_NAMES, SHEET_NAMES, ForecastSettings, forecast_of, sheet_key, sheet_name
from evalsys.instrument_file import load_instrument
from evalsys.language import Text
from evalsys.model import PARTS
from evalsys.schema import decimal
from evalsys.sharing import Shared
from evalsys.template import new_assessment

DATA = Path(__file__).parents[1] / "data"
EVENTS = [
    {"code": code, "name": text("事"), "effect": {"deduct": "3"}, "source": {"row": code}} for code in ("G15", "G16")
]
TYPES = [{"site_type": "community"}, {"site_type": "main-road"}]
CONTENT = content_of([indicator("1", 10, [standard("1.1", checked_at=TYPES, points=10)])], 10, negative_list=EVENTS)
SITES = [
    {"site_id": f"c{place}", "site_type": "community", "name": name, "area": area}
    for place, (name, area) in enumerate([("东社区", "东街"), ("西社区", "西街"), ("c1", "西街"), ("同名", "西街")], 1)
] + [{"site_id": "r1", "site_type": "main-road", "name": "同名", "area": "东街"}]
ROW = {"observation_id": "o1", "standard": "1.1", "site_id": "c1", "value": "0.1"}
#: Another value than the default for each parameter, with a source for every second one.
SURVEY = {"respondents": "400", "deff": "1.5", "population": "500", "coached": "0.1"}
OTHER = {
    own.key: (
        decimal(own.default / 2) if own.default else SURVEY[own.key.partition(".")[2]],
        f"来源{place}" if place % 2 else "",
    )
    for place, own in enumerate(ForecastSettings().parameters)
}
DRAW = [
    {"site_type": "community", "sites": "2", "area": "西街", "population": "30", "must_visit": ["c2"]},
    {"site_type": "community", "sites": "1", "area": "东街", "population_source": "民政局", "population": "7"},
    {"site_type": "main-road", "sites": "1"},
]
HEAD = ["点位类型", "抽查数", "属地", "总数", "总数来源", "必查点位"]
IN_SHEET = [
    ["社区", 2, "西街", 30, None, "西社区"],
    ["community", 1, "东街", 7, "民政局", None],
    ["主干道", 1],
]
PLAIN = {"instrument": "instrument.yaml", "place": "某区", "round": "r1", "inspection_date": "2026-09-01"}


def workbook_of(
    folder: Path,
    settings: Sequence[Sequence[Any]],
    draw: Sequence[Sequence[Any]] = (),
    content: Any = CONTENT,
    plain: Mapping[str, str] = PLAIN,
) -> Assessment:
    """Write a workbook with one observation and read it."""
    write_yaml(folder / "instrument.yaml", content)
    head = [["设置项", "值", "说明", "来源"], *([key, value] for key, value in plain.items())]
    tables = {"设置": [*head, *settings], "抽查": [HEAD, *draw] if draw else []}
    for title, rows in (("点位", SITES), ("检查记录", [ROW])):
        tables[title] = [list(rows[0]), *(list(row.values()) for row in rows)]
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "a.xlsx")
    return read_assessment(folder / "a.xlsx")


def folder_of(folder: Path, **settings: Any) -> Assessment:
    return assessment_of(folder, CONTENT, [ROW], {**PLAIN, **settings}, sites=SITES)


def in_file(parameters: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Return parameters by key as ``forecast`` has them."""
    found: dict[str, dict[str, Any]] = {}
    for key, (value, source) in parameters.items():
        part, _, name = key.partition(".")
        found.setdefault(part, {})[name] = {"value": value, "source": source} if source else value
    return found


# -- one truth


def test_every_part_and_parameter_has_a_name_of_its_own() -> None:
    assert tuple(PART_NAMES) == PARTS
    keys = [f"forecast.{name}" for name in (*PARTS, *(own.key for own in ForecastSettings().parameters))]
    assert sorted(SHEET_NAMES.values()) == sorted(keys)
    parameters = forecast_of(None, load_instrument("shuqiao-town-2004"), drawn=False, dated=True).parameters
    for own in parameters:
        assert sheet_key(sheet_name(own.key, own.name)) == f"forecast.{own.key}"


@pytest.mark.parametrize("chinese", [True, False])
def test_a_workbook_and_a_folder_say_the_same(tmp_path: Path, chinese: bool) -> None:
    names = {key: name for name, key in SHEET_NAMES.items()}
    events = {"events.G15": ("0.05", ""), "events.G16": ("0", "2010-2015")}
    shown = {**names, **{f"forecast.{key}": f"预测·事项（{key[-3:]}）的预计次数" for key in events}}
    said = {**OTHER, **events}
    rows = [
        [shown[f"forecast.{key}"] if chinese else f"forecast.{key}", value, "说明", source]
        for key, (value, source) in said.items()
    ]
    rows.append([names["forecast.draw"] if chinese else "forecast.draw", "关闭" if chinese else "off", "", "说明"])
    book = workbook_of(tmp_path / "book", rows, IN_SHEET)
    plain = folder_of(tmp_path / "plain", draw=DRAW, forecast={**in_file(said), "draw": "off"})
    assert book.settings == plain.settings
    assert {own.status for own in book.settings.forecast.parameters} == {"given", "sourced"}
    assert "draw" not in book.settings.forecast.on
    assert populations(book) == populations(plain)
    assert [own.drawn for own in populations(book)] == [2, 1, 1]
    assert book.evidence_hash == plain.evidence_hash == workbook_of(tmp_path / "book", []).evidence_hash


def test_numbers_of_excel_are_exact(tmp_path: Path) -> None:
    rows = [["预测·严查程度的标准差", 0.1, None, "督查"], ["forecast.state.half_life", 45], ["forecast.survey", "关闭"]]
    found = workbook_of(tmp_path, rows).settings.forecast
    assert (found.value("severity.sd"), found.parameter("severity.sd").source) == (
        Fraction(1, 10),
        Text("督查", "督查"),
    )
    assert (found.learns_half_life, "survey" in found.on) == (False, False)
    found = workbook_of(
        tmp_path, [["forecast.state.half_life", "learn"], ["forecast.severity", "开启"]]
    ).settings.forecast
    assert (found.learns_half_life, found) == (True, ForecastSettings(found.on, found.parameters))


def test_a_remark_is_no_source(tmp_path: Path) -> None:
    own = workbook_of(tmp_path, [["预测·严查程度的标准差", 0.1, "督查"]]).settings.forecast.parameter("severity.sd")
    assert (own.status, own.source, own.assumed) == ("given", None, True)


def test_a_part_is_on_beside_its_parameters_but_not_off(tmp_path: Path) -> None:
    rows = [["预测·严查程度", "开启"], ["预测·严查程度的标准差", 0.1]]
    assert workbook_of(tmp_path, rows).settings.forecast.value("severity.sd") == Fraction(1, 10)
    with pytest.raises(InputFaults) as caught:
        workbook_of(tmp_path, [[rows[0][0], "关闭"], rows[1]])
    (fault,) = caught.value.faults
    assert (fault.problem, fault.row, fault.column) == ("exactly_one", 6, "预测·严查程度")


def test_a_switch_needs_something_to_switch(tmp_path: Path) -> None:
    """The same fault as of the file, at its row; a draw of which no type is drawn is none."""
    with pytest.raises(InputFaults) as caught:
        workbook_of(tmp_path, [["预测·抽到哪些点位", "开启"]], [["社区"]])
    (fault,) = caught.value.faults
    assert (fault.problem, fault.row, fault.column) == ("nothing_to_switch_on", 6, "预测·抽到哪些点位")


def test_events_without_a_day_are_told_at_a_row(tmp_path: Path) -> None:
    undated = {key: value for key, value in PLAIN.items() if key != "inspection_date"}
    with pytest.raises(InputFaults) as caught:
        workbook_of(tmp_path, [["forecast.events.G15", 0.5]], plain=undated)
    (fault,) = caught.value.faults
    assert (fault.problem, fault.row, fault.column) == ("needs_inspection_date", 5, "forecast.events.G15")


# -- the draw


def test_areas_in_words(tmp_path: Path) -> None:
    book = workbook_of(tmp_path / "book", [], [["社区", 1, "每个属地"], ["主干道", 1, "不分属地", 4]])
    each = [
        {"site_type": "community", "sites": "1", "area": "each"},
        {"site_type": "main-road", "sites": "1", "area": "none", "population": "4"},
    ]
    assert book.settings == folder_of(tmp_path / "plain", draw=each).settings
    assert {*DRAW_AREAS.values()} == {"none", "each"}
    assert [(own.area, own.population) for own in populations(book)] == [("东街", 1), ("西街", 3), (None, 4)]


def test_a_name_stands_for_the_one_site_that_has_it(tmp_path: Path) -> None:
    """c3 is called c1: the id comes first. 同名 is the name of two sites and stands for none."""
    book = workbook_of(tmp_path, [], [["社区", 3, None, None, None, "东社区；c2"]])
    assert book.settings.draw[0]["must_visit"] == ["c1", "c2"]
    assert workbook_of(tmp_path, [], [["社区", 3, None, None, None, "c1"]]).settings.draw[0]["must_visit"] == ["c1"]
    for names, problem in (("同名", "unknown_name"), ("东社区、c1", "named_twice"), ("西社曲", "unknown_name")):
        with pytest.raises(InputFaults) as caught:
            workbook_of(tmp_path, [], [["社区", 3, None, None, None, names]])
        (fault,) = caught.value.faults
        assert (fault.problem, fault.file, fault.row, fault.column) == (problem, "a.xlsx [抽查]", 2, "必查点位")
        assert fault.nearest == ("西社区" if names == "西社曲" else "")


def test_without_a_number_a_type_is_not_drawn(tmp_path: Path) -> None:
    book = workbook_of(tmp_path / "book", [], [["社区", None, None, 30], ["主干道", 1]])
    assert book.settings == folder_of(tmp_path / "plain", draw=DRAW[2:]).settings
    content = {**CONTENT, "draw": [{"site_type": "community", "sites": "2"}, {"site_type": "main-road", "sites": "1"}]}
    for rows, drawn in (
        ([], [("community", 2), ("main-road", 1)]),
        ([["主干道", 1]], [("main-road", 1), ("community", 2)]),
        ([["社区"]], [("main-road", 1)]),
        ([["社区"], ["主干道"]], []),
    ):
        found = workbook_of(tmp_path / "stated", [], rows, content)
        assert [(own.site_type, own.drawn) for own in populations(found)] == drawn
        assert ("draw" in found.settings.forecast.on) == bool(drawn)


@pytest.mark.parametrize("name", ["wujiang-2016", "synthetic-city"])
def test_the_shipped_draws_as_a_table(tmp_path: Path, name: str) -> None:
    """Everything but the draw as it is; what the tables say is read with few rows, as the draw does not need them."""
    said = yaml.load((DATA / name / "assessment.yaml").read_text("utf-8"), yaml.BaseLoader)
    for file in ("instrument.yaml", "sites.csv", "areas.csv", "units.csv"):
        if (DATA / name / file).exists():
            shutil.copy(DATA / name / file, tmp_path)
    lines = (DATA / name / "observations.csv").read_text("utf-8").splitlines()
    own_round = [line for line in lines[1:] if said["round"] in line][:3]
    (tmp_path / "observations.csv").write_text("\n".join([lines[0], *own_round]), "utf-8")
    write_yaml(tmp_path / "assessment.yaml", said)
    plain = read_assessment(tmp_path)
    rows = [{**row, "must_visit": ";".join(row.get("must_visit", ()))} for row in said.pop("draw")]
    write_yaml(tmp_path / "assessment.yaml", said)
    write_csv(tmp_path / "抽查.csv", rows)
    table = read_assessment(tmp_path)
    assert (table.settings, table.evidence_hash) == (plain.settings, plain.evidence_hash)
    assert populations(table) == populations(plain) != ()


def test_sites_of_another_assessment_are_known_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fact = Shared("fact", Text("事实", "fact"), (("theirs", "1.1"), ("test", "1.1")))
    monkeypatch.setattr("evalsys.sharing.shared_facts", lambda: (fact,))
    assessment_of(tmp_path / "own/other", {**CONTENT, "id": "theirs"}, [ROW], sites=SITES)
    row = {"standard": "1.1", "site_id": "x", "value": "0"}
    sites = [{"site_id": "x", "site_type": "main-road", "name": "路"}]
    draw = [{"site_type": "community", "sites": "1", "must_visit": "东社区"}]
    more = {"sites": sites, "draw": draw}
    with pytest.raises(InputFaults):
        assessment_of(tmp_path / "own", CONTENT, [row], **more)
    other = content_of(
        [indicator("1", 10, [standard("1.1", checked_at=TYPES, points=5), standard("1.2", points=5)])], 10
    )
    row = {"standard": "1.2", "value": "0"}
    found = assessment_of(tmp_path / "own", other, [row], {"shares": "other"}, **more)
    (stratum,) = populations(found)
    assert (found.settings.draw[0]["must_visit"], stratum.must_visit) == (["c1"], stratum.sites)


# -- a new workbook


def test_a_new_workbook_draws_what_the_instrument_asks_for(tmp_path: Path) -> None:
    types = [{"site_type": "community", "sites": "2"}, {"site_type": "main-road", "sites": "all"}]
    hospital = {"site_type": "hospital", "sites": "3"}
    own = [standard("1.1", checked_at=types, points=5), standard("1.2", checked_at=[hospital], points=5)]
    content = content_of([indicator("1", 10, own)], 10, negative_list=EVENTS)
    for stated, drawn in (
        (None, {"社区": 2, "主干道": None, "医院": 3}),
        ("1", {"社区": 2, "主干道": None, "医院": 1}),
    ):
        more = {"draw": [{"site_type": "hospital", "sites": stated}]} if stated else {}
        file = write_yaml(tmp_path / "instrument.yaml", {**content, **more})
        path = new_assessment(tmp_path / f"new{stated}", str(file), place="某区", round_="r1")
        rows = list(openpyxl.load_workbook(path)["抽查"].iter_rows(values_only=True))
        assert list(rows[0]) == [*HEAD, "填写要求"]
        assert {row[0]: row[1] for row in rows[1:]} == drawn
        assert all(row[2:6] == (None,) * 4 and row[6] for row in rows[1:])
        assert sum("请核对" in row[6] for row in rows[1:]) == 2
        strata = populations(read_assessment(path))
        assert {each.drawn for each in strata} == {number for number in drawn.values() if number}
        assert {each.status for each in strata} == {"assumed"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_workbook_lists_the_parameters_and_leaves_them_at_their_defaults(tmp_path: Path, lang: Any) -> None:
    file = write_yaml(tmp_path / "instrument.yaml", CONTENT)
    path = new_assessment(tmp_path / "new", str(file), place="某区", round_="r1", lang=lang)
    forecast = read_assessment(path).settings.forecast
    assert {own.status for own in forecast.parameters} == {"default"}
    sheet = openpyxl.load_workbook(path)["设置" if lang == "zh" else "assessment"]
    rows = {sheet_key(row[0]) or row[0]: row for row in sheet.iter_rows(min_row=9, values_only=True)}
    absent = ("survey", "documents")  # the instrument has no question and no document
    wanted = {f"forecast.{own.key}": own for own in forecast.parameters if own.part not in absent}
    parts = {f"forecast.{part}" for part in PARTS if part not in absent}
    assert {key for key in rows if not key.startswith(("plan.", "整改·", "ledger.", "台账·"))} == {*wanted, *parts}
    for key, own in wanted.items():
        assert own.default is not None
        assert rows[key][1] is None
        assert rows[key][2].endswith(decimal(own.default))
    heads = [column.headings[0] if lang == "zh" else column.name for column in TABLES["draw"]]
    assert [cell.value for cell in openpyxl.load_workbook(path)["抽查" if lang == "zh" else "draw"][1]][:6] == heads


def test_a_new_workbook_is_filled_in_and_read(tmp_path: Path) -> None:
    file = write_yaml(tmp_path / "instrument.yaml", CONTENT)
    path = new_assessment(tmp_path / "new", str(file), place="某区", round_="r1")
    book = openpyxl.load_workbook(path)
    for row in book["设置"].iter_rows(min_row=2):
        if row[0].value == "预测·严查程度的标准差":
            row[1].value, row[3].value = "0.25", "历次督查"
        if row[0].value == "预测·点位届时状况":
            row[1].value = "关闭"
    draw = book["抽查"]
    draw["B2"].value, draw["D2"].value, draw["E2"].value = 2, 12, "民政局"
    book.save(path)
    found = read_assessment(path)
    assert found.settings.forecast.value("severity.sd") == Fraction(1, 4)
    assert found.settings.forecast.parameter("severity.sd").source == Text("历次督查", "历次督查")
    assert found.settings.forecast.on == {"rates", "severity", "survey", "documents", "draw"}
    (stratum,) = populations(found)
    assert (stratum.site_type, stratum.population, stratum.status, stratum.basis.zh) == (
        *("community", 12, "given"),
        "民政局",
    )
