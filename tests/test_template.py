"""A new assessment: complete against the instrument's own file, read as it is, and exact once it is filled in."""

from __future__ import annotations

import collections
import datetime
import functools
import re
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from evalsys import InputFaults, instrument_ids, load_instrument, read_assessment, score
from evalsys.entries import planned_checks, planned_sites
from evalsys.settings import PlanSettings
from evalsys.template import new_assessment
from evalsys.workbooks import rectification_lists, score_workbook

WUJIANG = Path(__file__).parent.parent / "data" / "wujiang-2016"
ID = "wujiang-field-2016"

MANY_RULES = """
schema: 1
id: many-rules
title: {zh: 各种规则, en: Many rules}
level: county
full_marks: "16"
weights: {scheme: equal, status: assumed}
source: {document: test}
documents: {test: {title: 测试, certainty: assumed}}
site_types:
  estate: {zh: 小区, en: Estate}
  school: {zh: 学校, en: School}
units:
  police: {zh: 公安局, en: Police}
  schools: {zh: 教育局, en: Schools}
indicators:
  - code: A
    name: {zh: 现场, en: On site}
    standards:
      - {code: "1.1", text: {zh: 有宣传栏, en: There is a board}, rule: met, methods: {site_visit: {}},
         checked_at: [{site_type: estate, sites: 2}, {site_type: school, sites: all}], lead: police,
         not_applicable: drop, source: {clause: a}}
      - {code: "1.10", text: {zh: 广告达标, en: Adverts comply}, rule: share, methods: {site_visit: {}},
         checked_at: [{site_type: estate, sites: 3}], lead: [police, schools], source: {clause: b}}
      - {code: "3-1", text: {zh: 抽查五处, en: Five places}, rule: {k_of_n: {required: 3, n: 5}},
         methods: {overall_observation: {}}, checked_at: [{site_type: estate, sites: 1}], source: {clause: c}}
      - {code: "1.4", text: {zh: 损失, en: Loss}, rule: loss, methods: {site_visit: {}}, not_applicable: full,
         checked_at: [{site_type: school}], source: {clause: d}}
      - code: "1.5"
        text: {zh: 卫生, en: Clean}
        rule:
          deduct:
            full: 5
            kinds:
              litter: {name: {zh: 乱扔垃圾, en: Litter}, points: 0.5, cap: 2}
              posters:
                name: {zh: 小广告, en: Posters}
                found_by: {市级: {first: 1, repeated: 2}, 区级: 0.5}
        methods: {site_visit: {}}
        checked_at: [{site_type: estate, sites: 3}]
        source: {clause: e}
  - code: B
    name: {zh: 其他, en: Other}
    standards:
      - {code: "2.1", text: {zh: 空气优良率, en: Good air}, rule: {threshold: {at_least: 80, measure: "%"}},
         methods: {document_review: {}}, source: {clause: f}}
      - {code: "2.2", text: {zh: 绿地, en: Green}, rule: {ratio: {target: 10, measure: 平方米}},
         methods: {document_review: {}}, source: {clause: g}}
      - {code: "2.3", text: {zh: 噪声, en: Noise}, rule: {bands: {steps: [{below: 60, value: 1}], else: 0}},
         methods: {online_check: {}}, source: {clause: h}}
      - {code: "2.4", text: {zh: 机制, en: Mechanism}, rule: {option: {"已建立, 并运行": 1, 已建立: 0.5, 未建立: 0}},
         methods: {document_review: {}}, source: {clause: i}}
      - {code: "2.5", text: {zh: 等级, en: Grade}, rule: grade, methods: {document_review: {}}, source: {clause: j}}
      - code: "2.6"
        text: {zh: 小项, en: Criteria}
        rule:
          count_met:
            criteria: {a: {zh: 有台账, en: ledger}, b: {zh: 有人管, en: keeper}, c: {zh: 有记录, en: record}}
            grades: [{met: 3, value: 1}, {met: 2, value: 0.5, required: [a]}]
            else: 0
        methods: {document_review: {}}
        source: {clause: k}
      - {code: "2.7", text: {zh: 无重大事故, en: No accident}, rule: none, methods: {document_review: {}},
         source: {clause: l}}
      - {code: "2.8", text: {zh: 经费增幅, en: Budget growth}, rule: growth, methods: {document_review: {}},
         source: {clause: m}}
      - {code: "2.9", text: {zh: 按期报送, en: Sent in time}, rule: {deadline: {by: 06-30}},
         methods: {document_review: {}}, source: {clause: n}}
      - code: "2.10"
        text: {zh: 群众满意, en: Satisfied}
        rule: share
        methods: {survey: {}}
        questions:
          - {id: q1, text: {zh: 您满意吗, en: Satisfied}, options: [满意, 一般, 不满意], satisfied: [满意]}
        source: {clause: o}
      - code: "2.11"
        text: {zh: 申报材料, en: Papers}
        rule: met
        methods: {document_review: {}}
        materials: [{id: m1, name: {zh: 工作方案, en: Plan}}, {id: m2, name: {zh: 总结, en: Report}}]
        lead: schools
        source: {clause: p}
"""
#: What is entered for each standard, and what it attains.
ENTERED: dict[str, tuple[Any, Fraction]] = {
    "1.1": ("是", Fraction(1)),
    "1.10": ("4/5", Fraction(4, 5)),
    "3-1": ("3/5", Fraction(1)),
    "1.4": (0.1, Fraction(9, 10)),
    "1.5": ("无", Fraction(1)),
    "2.1": (0.8, Fraction(1)),  # 80% as Excel has it
    "2.2": (5, Fraction(1, 2)),
    "2.3": (59.5, Fraction(1)),
    "2.4": ("已建立, 并运行", Fraction(1)),
    "2.5": ("B", Fraction(66, 100)),
    "2.6": ("a;b", Fraction(1, 2)),
    "2.7": (0, Fraction(1)),
    "2.8": ("5.2;5.2", Fraction(1)),
    "2.9": (datetime.date(2026, 6, 30), Fraction(1)),
}


def rows_of(sheet: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    head = [cell.value for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        found = {heading: sheet.cell(row, place).value for place, heading in enumerate(head, 1)}
        if any(value is not None for value in found.values()):
            yield row, found


def column_of(sheet: Any, heading: str) -> int:
    return [cell.value for cell in sheet[1]].index(heading) + 1


def validation_at(sheet: Any, row: int, column: int) -> Any:
    cell = sheet.cell(row, column).coordinate
    found = [item for item in sheet.data_validations.dataValidation if cell in item.sqref]
    assert len(found) <= 1, f"{cell} has {len(found)} validations"
    return found[0] if found else None


@functools.cache
def made(place: str, lang: Any) -> bytes:
    """The bytes of a template, made once."""
    with tempfile.TemporaryDirectory() as folder:
        return new_assessment(Path(folder) / "a", ID, place=place, round_=place and "2016-08", lang=lang).read_bytes()


def template(tmp_path: Path, place: str = "某区", lang: str = "zh") -> Path:
    path = tmp_path / "a.xlsx"
    path.write_bytes(made(place, lang))
    return path


@pytest.fixture(scope="module")
def wujiang(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "吴江"
    return new_assessment(folder, ID, place="苏州市吴江区", round_="2016-08")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    (tmp_path / "many.yaml").write_text(MANY_RULES, "utf-8")
    return tmp_path / "many.yaml"


# --------------------------------------------------------------------------------------- complete and readable


def raw_plan() -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """The plan straight from the YAML: sites per standard and type, and the largest number per type."""
    text = (resources.files("evalsys") / "instruments" / f"{ID}.yaml").read_text("utf-8")
    asked: dict[tuple[str, str], int] = {}
    most: dict[str, int] = {}
    for indicator in yaml.load(text, yaml.BaseLoader)["indicators"]:
        for standard in indicator["standards"]:
            for item in standard["checked_at"]:
                asked[standard["code"], item["site_type"]] = int(item["sites"])
                most[item["site_type"]] = max(most.get(item["site_type"], 0), int(item["sites"]))
    return asked, most


def test_every_standard_has_a_row_at_every_site_of_the_plan(wujiang: Path) -> None:
    asked, most = raw_plan()
    book = openpyxl.load_workbook(wujiang)
    sites = {row["点位编号"]: row for _, row in rows_of(book["点位"])}
    assert list(sites) == [f"{name}-{k}" for name, count in most.items() for k in range(1, count + 1)]
    checks = [row for _, row in rows_of(book["检查记录"])]
    found = collections.Counter((row["测评标准"], row["点位编号"].rpartition("-")[0]) for row in checks)
    assert found == asked
    assert len(checks) == sum(asked.values()) == 228
    assert len({(row["测评标准"], row["点位编号"]) for row in checks}) == 228
    assert len({row["记录编号"] for row in checks}) == 228
    assert all(row["点位名称"] == sites[row["点位编号"]]["点位名称"] for row in checks)


def test_rows_stand_site_by_site_in_the_order_of_the_instrument(wujiang: Path) -> None:
    book = openpyxl.load_workbook(wujiang)
    sites = [row["点位编号"] for _, row in rows_of(book["点位"])]
    codes = list(load_instrument(ID).standards)
    order = [(sites.index(row["点位编号"]), codes.index(row["测评标准"])) for _, row in rows_of(book["检查记录"])]
    assert order == sorted(order)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_untouched_template_is_read_without_a_fault(tmp_path: Path, lang: Any) -> None:
    path = template(tmp_path, lang=lang)
    assessment = read_assessment(path)
    assert (len(assessment.observations), len(assessment.sites)) == (228, 63)
    result = score(assessment)
    assert (result.value, result.not_assessed) == (None, 39)
    assert (result.worst, result.best) == (0, 39)


def test_an_instrument_that_does_not_score_has_nothing_to_fill_in(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as raised:
        new_assessment(tmp_path / "a", "national-index-2012")
    assert [fault.problem for fault in raised.value.faults] == ["nothing_scored"]
    assert list(tmp_path.iterdir()) == []


FEW = ("taizhou-police-2009", "luxi-county-2012", "honest-units-communities", "river-chief-options")
EVERY = [name for name in instrument_ids() if name not in (ID, "national-index-2012")]


@pytest.mark.parametrize(
    "name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in EVERY]
)
def test_every_instrument_makes_a_template_that_is_read(tmp_path: Path, name: str) -> None:
    path = new_assessment(tmp_path / "a", name, place="某区", round_="2026-03")
    if load_instrument(name).monthly:
        book = openpyxl.load_workbook(path)
        row = next(cell.row for cell in book["设置"]["A"] if cell.value == "inspection_date")
        book["设置"].cell(row, 2).value = datetime.date(2026, 9, 15)
        book.save(path)
    assert score(read_assessment(path)).value is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_place_and_round_there_is_one_list_of_these_two(tmp_path: Path, lang: Any) -> None:
    path = template(tmp_path, "", lang)
    with pytest.raises(InputFaults) as raised:
        read_assessment(path)
    assert [(fault.problem, fault.column) for fault in raised.value.faults] == [
        ("missing_key", "place"),
        ("missing_key", "round"),
    ]


# ----------------------------------------------------------------------------------------------- filled in


def published() -> dict[tuple[str, str], list[str]]:
    """Published losses by standard and site type, in the order of the sites' names."""
    assessment = read_assessment(WUJIANG)
    types = assessment.sites["site_type"].tolist()
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row in assessment.observations.itertuples():
        found.setdefault((row.standard, types[row.site]), []).append((row.site, row.value))
    return {key: [value for _, value in sorted(values)] for key, values in found.items()}


def fill_published(path: Path, keep: int = 10**6) -> int:
    book = openpyxl.load_workbook(path)
    sheet, left = book["检查记录"], published()
    column, filled = column_of(sheet, "扣分 0–1"), 0
    for row, known in rows_of(sheet):
        values = left.get((known["测评标准"], known["点位编号"].rpartition("-")[0]))
        if values and filled < keep:
            sheet.cell(row, column).value = float(values.pop(0))
            filled += 1
    assert keep < 225 or not any(left.values())
    book.save(path)
    return filled


def test_filled_in_with_the_published_losses_it_scores_as_published(tmp_path: Path) -> None:
    path = template(tmp_path)
    assert fill_published(path) == 225
    result = score(read_assessment(path))
    assert result.value == score(read_assessment(WUJIANG)).value
    assert round(result.won, 3) == Fraction("36.606")
    assert (result.assessed, result.not_assessed) == (39, 0)


def test_half_filled_it_is_read_and_the_rest_is_not_assessed(tmp_path: Path) -> None:
    path = template(tmp_path)
    assert fill_published(path, keep=100) == 100
    assessment = read_assessment(path)
    assert assessment.observations["counts"].sum() == 100
    result = score(assessment)
    assert 0 < result.assessed < 39
    assert result.assessed + result.not_assessed == 39


def fill_many(path: Path, lang: str, skip: tuple[str, ...] = ()) -> None:
    book = openpyxl.load_workbook(path)
    zh = lang == "zh"
    names = {"assessment": "设置", "observations": "检查记录", "responses": "问卷", "materials": "材料"}
    sheets = {name: book[title if zh else name] for name, title in names.items()}
    settings = sheets["assessment"]
    for row in range(2, settings.max_row + 1):
        if settings.cell(row, 1).value == "inspection_date":
            settings.cell(row, 2).value = datetime.date(2026, 9, 15)
    sheet = sheets["observations"]
    words = {"是": "yes", "无": "none"}
    for row, known in rows_of(sheet):
        code = known["测评标准" if zh else "standard"]
        if code in ENTERED and code not in skip:
            place = next(p for p in value_columns(sheet, lang) if not grey(sheet.cell(row, p)))
            value = ENTERED[code][0]
            sheet.cell(row, place).value = value if zh else words.get(value, value)
            if code == "2.1":
                sheet.cell(row, place).number_format = "0%"
    for row, answer in enumerate(["满意", "满意", "一般", "不满意"], 2):
        for column, value in enumerate([row - 1, "q1", answer], 1):
            sheets["responses"].cell(row, column).value = value
    for row in (2, 3) if "2.11" not in skip else ():
        sheets["materials"].cell(row, 3).value = "已审定" if zh else "approved"
    book.save(path)


def value_columns(sheet: Any, lang: str) -> list[int]:
    from evalsys.rulebook import RULES

    headings = {kind.heading.say("zh" if lang == "zh" else "en") for kind in RULES.values()}
    return [place for place, cell in enumerate(sheet[1], 1) if cell.value in headings]


def grey(cell: Any) -> bool:
    return cell.fill.fill_type == "solid"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_has_a_cell_that_is_read(many: Path, tmp_path: Path, lang: Any) -> None:
    path = new_assessment(tmp_path / "deep" / "er", str(many), place="某县", round_="2026-03", lang=lang)
    fill_many(path, lang)
    result = score(read_assessment(path))
    for code, (_, attained) in ENTERED.items():
        assert result.by_code[code].attainment == attained, code
    assert result.by_code["2.10"].attainment == Fraction(1, 2)
    assert result.by_code["2.11"].attainment == 1
    assert result.not_assessed == 0


def test_values_may_stay_empty_where_other_rules_are(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03")
    left = ("1.1", "2.4", "2.9", "2.11")
    fill_many(path, "zh", skip=left)
    result = score(read_assessment(path))
    assert [result.by_code[code].state for code in left] == ["missing"] * 4


def test_losses_in_the_survey_and_in_documents_are_listed_too(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03")
    fill_many(path, "zh")
    book = openpyxl.load_workbook(path)
    book["材料"].cell(2, 3).value = "起草"
    book.save(path)
    result = score(read_assessment(path))
    lists = {made.stem: openpyxl.load_workbook(made).worksheets[0] for made in rectification_lists(result, tmp_path)}
    said = {name: [row[5] for row in sheet.iter_rows(min_row=6, values_only=True)] for name, sheet in lists.items()}
    assert "材料已备 1/2" in said["整改交办单-教育局"]
    assert "问卷满意 50%" in said["整改交办单-〔未登记责任单位〕"]
    assert "未达到：有记录" in said["整改交办单-〔未登记责任单位〕"]
    score_workbook(result, tmp_path / "annex.xlsx")


def test_the_instrument_file_is_found_from_the_workbook(many: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    path = new_assessment(Path("x/y"), "many.yaml", place="某县", round_="2026-03")
    book = openpyxl.load_workbook(path)
    assert book["设置"]["B2"].value == "../../many.yaml"
    fill_many(path, "zh", skip=tuple(ENTERED))
    monkeypatch.chdir("/")
    assert read_assessment(tmp_path / path).instrument.id == "many-rules"


# -------------------------------------------------------------------------------------------- what cells accept


def test_each_value_cell_accepts_what_its_rule_reads(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03")
    book = openpyxl.load_workbook(path)
    sheet = book["检查记录"]
    wanted = {
        "1.1": ("list", '"是,否,不适用"'),
        "1.10": ("custom", "FIND("),
        "1.4": ("custom", "不适用"),
        "1.5": ("list", '"litter,posters,无"'),
        "2.1": ("decimal", ""),
        "2.4": ("list", "'填写说明'!$J$1:$J$3"),
        "2.5": ("list", '"A,B,C,D"'),
        "2.6": ("custom", "LEN("),
        "2.7": ("whole", "0"),
        "2.8": ("custom", "FIND("),
        "2.9": ("date", ""),
    }
    for row, known in rows_of(sheet):
        columns = value_columns(sheet, "zh")
        open_cells = [place for place in columns if not grey(sheet.cell(row, place))]
        assert len(open_cells) == 1, known
        validation = validation_at(sheet, row, open_cells[0])
        assert validation is not None
        assert validation.prompt
        assert validation.error
        if known["测评标准"] in wanted:
            kind, formula = wanted[known["测评标准"]]
            assert validation.type == kind
            assert formula in validation.formula1
        for place in set(columns) - set(open_cells):
            shut = validation_at(sheet, row, place)
            assert (shut.type, shut.formula1) == ("custom", "FALSE")
    listed = [book["填写说明"].cell(row, 10).value for row in (1, 2, 3)]
    assert listed == ["已建立, 并运行", "已建立", "未建立"]


def test_custom_checks_speak_of_their_own_first_cell(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03")
    for item in openpyxl.load_workbook(path)["检查记录"].data_validations.dataValidation:
        if item.type == "custom" and item.formula1 != "FALSE":
            first = str(item.sqref).split()[0].split(":")[0]
            assert first in re.findall(r"[A-Z]+\d+", item.formula1)


def test_lists_dates_units_and_areas_have_drop_downs(wujiang: Path) -> None:
    book = openpyxl.load_workbook(wujiang)
    sheet, sites = book["检查记录"], book["点位"]
    loss = validation_at(sheet, 2, column_of(sheet, "扣分 0–1"))
    assert (loss.type, loss.operator, loss.formula1, loss.formula2) == ("decimal", "between", "0", "1")
    assert validation_at(sheet, 2, column_of(sheet, "检查日期")).type == "date"
    for target, heading, register in (
        (sites, "责任单位", "责任单位"),
        (sites, "属地", "属地"),
    ):
        for row in (2, target.max_row + 5):  # rows added below have it too
            found = validation_at(target, row, column_of(target, heading))
            assert found.type == "list"
            assert found.formula1.startswith(f"OFFSET('{register}'!$A$2")
    # no standard of this instrument names who answers: an empty column would say "nobody" for every check
    assert "责任单位" not in [cell.value for cell in sheet[1]]
    types = validation_at(sites, 2, column_of(sites, "点位类型"))
    assert types.formula1 == '"' + ",".join(text.zh for text in load_instrument(ID).site_types.values()) + '"'


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_site_has_a_unit_and_a_post_that_answer_for_it(tmp_path: Path, lang: Any) -> None:
    path = template(tmp_path, lang=lang)
    book = openpyxl.load_workbook(path)
    sheet = book["点位" if lang == "zh" else "sites"]
    column = column_of(sheet, "责任岗位" if lang == "zh" else "post")
    found = validation_at(sheet, 2, column)
    assert ("不填姓名" if lang == "zh" else "never a name") in found.prompt
    sheet.cell(3, column).value = "街道城管办主任"
    sheet.cell(3, column_of(sheet, "责任单位" if lang == "zh" else "units")).value = "甲街道"
    book["责任单位" if lang == "zh" else "units"].cell(2, 1).value = "甲街道"
    book.save(path)
    sites = read_assessment(path).sites.set_index("site_id")
    assert sites.loc[sheet.cell(3, 1).value, ["units", "post"]].tolist() == [("甲街道",), "街道城管办主任"]
    assert (sites["post"] != "").sum() == sum(map(bool, sites["units"])) == 1


def test_a_list_too_long_for_a_drop_down_stands_on_the_first_page(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(template(tmp_path, lang="en"))
    types = validation_at(book["sites"], 2, column_of(book["sites"], "site_type"))
    match = re.fullmatch(r"'instructions'!\$([A-Z]+)\$1:\$[A-Z]+\$(\d+)", types.formula1)
    assert match is not None
    listed = [book["instructions"][f"{match[1]}{row}"].value for row in range(1, int(match[2]) + 1)]
    assert listed == list(load_instrument(ID).site_types)
    assert book["instructions"].column_dimensions[match[1]].hidden


def test_limits_of_excel_are_kept(many: Path, tmp_path: Path, wujiang: Path) -> None:
    paths = [wujiang, new_assessment(tmp_path / "a", str(many)), new_assessment(tmp_path / "b", str(many), lang="en")]
    for path in paths:
        for sheet in openpyxl.load_workbook(path).worksheets:
            assert not sheet.merged_cells.ranges
            for item in sheet.data_validations.dataValidation:
                assert len(item.formula1) <= 255
                assert len(item.prompt or "") <= 255
                assert len(item.error or "") <= 225
                assert len(item.promptTitle or "") <= 32
                assert len(str(item.sqref)) <= 1000
            cells = collections.Counter(
                (area.min_col, row)
                for item in sheet.data_validations.dataValidation
                for area in item.sqref.ranges
                for row in range(area.min_row, area.max_row + 1)
            )
            assert set(cells.values()) <= {1}  # no cell has two rules


def test_codes_and_shares_stay_text(many: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03"))
    sheet = book["检查记录"]
    codes = {}
    for row, known in rows_of(sheet):
        cell = sheet.cell(row, column_of(sheet, "测评标准"))
        codes[known["测评标准"]] = (cell.data_type, cell.number_format)
    assert codes["1.10"] == codes["3-1"] == ("s", "@")
    letter = openpyxl.utils.get_column_letter(column_of(sheet, "达标数/检查数"))
    assert sheet.column_dimensions[letter].number_format == "@"
    settings = {row[0].value: row[1] for row in book["设置"].iter_rows(min_row=2)}
    assert (settings["round"].value, settings["round"].number_format) == ("2026-03", "@")


def test_leads_are_filled_in_and_registered(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03")
    book = openpyxl.load_workbook(path)
    units = {row["测评标准"]: row["责任单位"] for _, row in rows_of(book["检查记录"])}
    assert (units["1.1"], units["1.10"], units["2.1"]) == ("公安局", "公安局；教育局", None)
    assert [row["责任单位"] for _, row in rows_of(book["责任单位"])] == ["公安局", "教育局"]


def test_sites_of_which_all_are_checked_say_so(many: Path, tmp_path: Path) -> None:
    instrument = load_instrument(str(many))
    sites = planned_sites(instrument)
    assert [site.site_id for site in sites] == ["estate-1", "estate-2", "estate-3", "school-1"]
    assert [site.more for site in sites] == [False, False, False, True]
    book = openpyxl.load_workbook(new_assessment(tmp_path / "a", str(many)))
    said = {row["点位编号"]: row["填写要求"] for _, row in rows_of(book["点位"])}
    assert said["estate-1"] is None
    assert "全部" in said["school-1"]
    checks = planned_checks(instrument, sites)
    assert sum(check.code == "1.1" for check in checks) == 3  # two estates, one school
    assert [check.code for check in checks if check.site is None][-1] == "2.3"  # online check: last of the methods


def test_the_first_page_says_what_to_do(wujiang: Path) -> None:
    sheet = openpyxl.load_workbook(wujiang)["填写说明"]
    text = "\n".join(str(cell.value) for row in sheet["A1:B60"] for cell in row if cell.value)
    for said in ("evalsys check 吴江.xlsx", "电话", "姓名", "检查记录", "扣分 0–1", "留空", "63 处点位，228 条检查"):
        assert said in text
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.fitToHeight == 1


def test_sheets_print_on_a4_with_their_heading(wujiang: Path) -> None:
    book = openpyxl.load_workbook(wujiang)
    ledgers = ["问题台账", "整改台账"]
    assert book.sheetnames == ["填写说明", "设置", "点位", "抽查", "检查记录", *ledgers, "责任单位", "属地"]
    sheet = book["检查记录"]
    assert sheet.print_title_rows in ("1:1", "$1:$1")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref.endswith("229")


# ------------------------------------------------------------------------------------------ nothing is overwritten


@pytest.mark.parametrize("name", ["a.xlsx", "assessment.yaml"])
def test_what_exists_is_not_overwritten(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / name).write_text("mine", "utf-8")
    with pytest.raises(InputFaults) as raised:
        new_assessment(folder, ID)
    assert [fault.problem for fault in raised.value.faults] == ["exists"]
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text("utf-8") == "mine"


def test_a_file_in_the_place_of_the_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine", "utf-8")
    with pytest.raises(InputFaults) as raised:
        new_assessment(tmp_path / "a", ID)
    assert [fault.problem for fault in raised.value.faults] == ["exists"]


def test_an_unknown_instrument_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as raised:
        new_assessment(tmp_path / "a", "wujiang-field-2015")
    assert raised.value.faults[0].nearest == ID
    assert not (tmp_path / "a").exists()


def test_the_same_template_has_the_same_bytes(tmp_path: Path) -> None:
    again = new_assessment(tmp_path / "a", ID, place="某区", round_="2016-08")
    assert again.read_bytes() == made("某区", "zh")


def test_a_place_never_becomes_a_formula(many: Path, tmp_path: Path) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="=1+1", round_="2026-03")
    fill_many(path, "zh")
    assert read_assessment(path).settings.place == "=1+1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_limits_of_a_plan_of_fixes_are_settings(many: Path, tmp_path: Path, lang: Any) -> None:
    path = new_assessment(tmp_path / "a", str(many), place="某县", round_="2026-03", lang=lang)
    fill_many(path, lang)
    book = openpyxl.load_workbook(path)
    sheet = book["设置" if lang == "zh" else "assessment"]
    heads = ["预算", "开工日期", "完成期限", "预留天数", "期望达标可能"]
    keys = ["budget", "start", "deadline", "spare_days", "chance"]
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    places = [rows[f"整改·{head}" if lang == "zh" else f"plan.{key}"] for head, key in zip(heads, keys, strict=True)]
    assert read_assessment(path).settings.plan == PlanSettings()  # left empty nothing is limited
    assert [validation_at(sheet, row, 2) is not None for row in places] == [False, True, True, False, False]
    given = [12.5, datetime.date(2026, 9, 1), datetime.date(2026, 9, 10), None, 0.9]
    for row, value in zip(places, given, strict=True):
        sheet.cell(row, 2).value = value
    book.save(path)
    dates = (datetime.date(2026, 9, 1), datetime.date(2026, 9, 10))
    assert read_assessment(path).settings.plan == PlanSettings(Fraction(25, 2), *dates, 0, Fraction(9, 10))
