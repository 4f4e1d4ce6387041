"""The month's report as a page: every figure is the number of rows that it points at, in both languages."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from page_reader import Reader
from unit_town import CONTENT, MATERIALS, town

from evalsys import month_pages, month_sections, month_words
from evalsys.month_annex import annex, annex_name, sheet_names
from evalsys.month_reports import report_of_month

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks/monthly-report.ipynb"
STEPS = [
    {"ladder": "L2", "unit": "甲街道", "step": "1", "decided_on": "2016-08-29", "decided": "yes"},
    {"ladder": "L2", "unit": "甲街道", "step": "1", "decided_on": "2016-08-22", "decided": "no"},
]
DONE = [{"entry": "S003.2.4", "unit": "甲街道", "done_on": "2016-08-02"}]
NAMES = ("title_block", "summary", "series", "flows")
SECTIONS = ("units", "overdue", "steps", "score", "materials", "calendar", "duties", "survey", "coming", "ledgers")


def pieces(report, lang):
    first = {name: getattr(month_pages, name)(report, lang) for name in NAMES}
    return first | {name: getattr(month_sections, name)(report, lang) for name in (*SECTIONS, "notes", "provenance")}


def said(piece):
    return re.sub(r"\s+", " ", "".join(Reader(piece).words))


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"), steps=STEPS, done=DONE)


@pytest.fixture(scope="module")
def report(held):
    return report_of_month(held, with_forecast=False, linked=True)


@pytest.fixture(scope="module")
def page(report):
    return {lang: pieces(report, lang) for lang in ("zh", "en")}


@pytest.fixture(scope="module")
def books(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("annex")
    for lang in ("zh", "en"):
        annex(report, folder / f"{lang}.xlsx", lang)
    return folder


def test_what_it_says_in_chinese(page):
    text = {name: said(piece) for name, piece in page["zh"].items()}
    for name, part in (
        ("title_block", "创城工作月报2016 年 8 月 1 日至 31 日"),
        ("title_block", "某区创城工作月报（2016 年 8 月）"),
        ("summary", "新增问题 5 条，办结 3 条"),
        ("summary", "逾期 2 条，涉及 1 家单位"),
        ("summary", "按检查结果，得分率 39.58%。"),
        (
            "flows",
            "新增最多的是第 31 周（1 日至 7 日），2 条；来源最多的是督查，4 条；最集中的是A项，3 条。",
        ),
        ("steps", "本月审定处置措施 2 项，采取 1 项，不采取 1 项。"),
        (
            "score",
            "按检查结果，与上月末相比，得分率由 0.00% 提高到 39.58%，提高了 39.58 个百分点。有依据的分值上月末为",
        ),
        ("score", "与上月末相比，得分率由 0.00% 提高到 60.42%，提高了 60.42 个百分点。"),
        ("materials", "2016 年 8 月应报 1 份，已报 1 份（其中迟报 1 份）"),
        ("materials", "以前月份尚欠 0 份"),
        ("calendar", "逾期未办"),
        ("duties", "2016 年度应签责任书 4 家，已签 2 家，未签 2 家"),
        ("coming", "下月到期 1 条"),
        ("ledgers", "三本台账"),
    ):
        assert part in text[name], (part, text[name])
    assert text["survey"] == ""


def test_what_it_says_in_english(page):
    text = {name: said(piece) for name, piece in page["en"].items()}
    for name, part in (
        ("title_block", "monthly report, August 2016"),
        ("summary", "The score rate is 39.58% as checked."),
        (
            "flows",
            "5 findings this month: most in week 31 (1 to 7) (2); most from supervision (4); most under",
        ),
        ("steps", "2 steps decided on this month: 1 confirmed, 1 declined."),
        ("score", "the end of the month before: 0.00%, now 60.42%, up 60.42 percentage points."),
        ("materials", "1 due: 0 in time, 1 late, 0 overdue; 0 owed from earlier months."),
    ):
        assert part in text[name], (part, text[name])
    for name in ("flows", "score", "materials", "steps", "calendar"):
        left = re.sub(
            r"S003[^ ]*, 三（.）\d|甲街道|乙局|丙局|丁局|东片|西片|[东西]社区|楼道堆物|各有关单位", "", text[name]
        )
        assert not re.search("[一-鿿]", left), (name, left)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_headings_are_numbered_in_order(page, lang):
    found = re.findall(r"<h2[^>]*>([^<]*)</h2>", "".join(page[lang].values()))
    numbers = [head.split("、" if lang == "zh" else ". ")[0] for head in found]
    zh = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一"]
    assert numbers == (zh if lang == "zh" else [str(n) for n in range(1, 12)])


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_every_figure_on_the_page_is_the_number_of_rows_it_points_at(page, books, report, lang):
    book = openpyxl.load_workbook(books / f"{lang}.xlsx")
    listed = list(book.worksheets[0].iter_rows(min_row=2))
    links = re.findall(r'<a href="([^"]*)" title="([^"]*)">([\d,]+)</a>', "".join(page[lang].values()))
    assert len(links) > 80
    for href, title, value in links:
        name, _, target = unquote(href).partition("#")
        assert name == annex_name(lang)
        number = int(re.search(r"第 (\d+) 号|no\. (\d+)", title).group(0).strip("第号no. "))
        row = listed[number - 1]
        assert row[0].value == number
        assert f"{row[3].value:,}" == value, (title, value)
        assert row[3].hyperlink.location == target
        sheet = book[row[4].value]
        lines = [int(n) for run in re.findall(r"\d+(?:–\d+)?", row[5].value or "")
                 for n in range(int(run.split("–")[0]), int(run.split("–")[-1]) + 1)]  # fmt: skip
        assert len(lines) == row[3].value
        assert all(any(cell.value is not None for cell in sheet[line]) for line in lines)
    assert book.sheetnames[1:] == list(sheet_names(report, lang).values())


def test_rows_of_the_annex_are_those_of_the_figure(books, report):
    book = openpyxl.load_workbook(books / "zh.xlsx")
    rows = [[cell.value for cell in row] for row in book["新增"].iter_rows(min_row=2)]
    for source, name in (("hotline", "热线"), ("supervision", "督查")):
        places = report.stated["new", "source", source].places
        assert [n for n, row in enumerate(rows) if row[5] == name] == list(places)
    late = [row for row in book["本月材料"].iter_rows(min_row=2, values_only=True) if row[7] == "迟报"]
    assert len(late) == report.count("material_late") == 1
    missing = [row for row in book["本月日程"].iter_rows(min_row=2, values_only=True) if row[6] and "未办" in row[6]]
    assert len(missing) == report.count("calendar_missing") > 0


def test_the_annex_is_the_same_file_twice_and_the_page_names_it(report, books, tmp_path):
    piece = month_sections.write_annex(report, str(tmp_path), "zh")
    assert piece.facts == {"annex": annex_name("zh")}
    assert (tmp_path / annex_name("zh")).read_bytes() == (books / "zh.xlsx").read_bytes()
    assert month_sections.write_annex(report, "", "zh") == ""


def test_tables_add_up(page):
    tables = Reader(page["zh"]["flows"]).tables
    assert [row[0] for row in tables[0][1:]][-1] == "全月"
    for table in tables[:3]:
        for column in range(1, len(table[0])):
            numbers = [int(row[column]) for row in table[1:]]
            assert sum(numbers[:-1]) == numbers[-1], table
    calendar = Reader(page["zh"]["calendar"]).tables[0]
    for column in range(1, 5):
        numbers = [int(row[column]) for row in calendar[1:]]
        assert sum(numbers[:-1]) == numbers[-1]


def test_facts_and_no_links_without_an_annex(held, page):
    assert page["zh"]["title_block"].facts["month"] == "2016-08"
    assert page["zh"]["summary"].facts["findings_new"] == 5
    assert page["zh"]["materials"].facts == {"materials_due": 1, "materials_overdue": 0}
    plain = report_of_month(held, "2016-08", with_forecast=False)
    assert "<a href" not in month_pages.flows(plain, "zh")
    assert said(month_pages.flows(plain, "zh")) == said(page["zh"]["flows"])


def test_months_at_the_edges_say_so(held):
    for month, zh, en in (
        (
            "2016-09",
            "本月尚未结束：台账记到 2016 年 9 月 2 日",
            "is not over: the ledgers end on 2 September 2016",
        ),
        ("2016-12", "台账最后一日为 2016 年 9 月 2 日，本月没有记录。", "nothing of this month is on record"),
        ("2016-05", "本月在台账建立之前。", "The month lies before the ledgers begin."),
    ):
        found = report_of_month(held, month, with_forecast=False)
        assert zh in said(month_pages.summary(found, "zh"))
        assert en in said(month_pages.summary(found, "en"))
    for piece in pieces(found, "en").values():
        Reader(piece)
    assert month_words.flow_said(found, "zh") == "本月没有新增问题。"
    assert month_words.decided_said(found, "en") == "No step was decided on this month."


def test_small_cells_of_the_survey_are_hidden_on_page_and_annex(tmp_path):
    survey = {"code": "D.1", "text": {"zh": "满意率", "en": "satisfaction"}, "methods": {"survey": {}},
              "rule": {"ratio": {"target": "90", "measure": "%"}}, "points": "1",
              "source": {"row": "t.D.1"}}  # fmt: skip
    survey |= {"questions": [{"id": "Q1", "text": {"zh": "是否满意", "en": "Are you satisfied?"}}]}
    question = survey["questions"][0]
    question |= {"options": ["满意", "不满意"], "satisfied": ["满意"]}
    content = {**CONTENT, "indicators": [*CONTENT["indicators"], {"code": "D", "name": survey["text"], "points": "1",
               "standards": [survey]}], "full_marks": "25"}  # fmt: skip
    answers = [{"respondent": str(n), "question": "Q1", "answer": "不满意" if n < 3 else "满意"} for n in range(40)]
    found = report_of_month(town(tmp_path, content=content, responses=answers), "2016-08", with_forecast=False)
    piece = month_sections.survey(found, "zh")
    assert "92.5" not in said(piece)
    assert "<5" in said(piece)
    annex(found, tmp_path / "a.xlsx", "zh")
    cells = [
        cell
        for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["问卷结果"].iter_rows(values_only=True)
        for cell in row
    ]
    assert "<5" in cells
    assert 0.925 not in cells
    assert re.findall(r"<h2[^>]*>([^<]*)、", "".join(pieces(found, "zh").values()))[-3:] == ["十", "十一", "十二"]


@pytest.mark.slow
def test_chance_is_told_or_why_there_is_none(tmp_path):
    found = report_of_month(town(tmp_path, materials=MATERIALS), "2016-08")
    assert "达标可能性" in month_words.chance_said(found, "zh")
    assert "chance to pass" in month_words.chance_said(found, "en")
    (tmp_path / "b").mkdir()
    bare = report_of_month(town(tmp_path / "b", settings={"pass_mark": None}), "2016-08")
    assert month_words.chance_said(bare, "zh") == "未设目标线，不计达标可能性。"


def test_notebook_is_thin_and_shows_every_piece():
    content = json.loads(NOTEBOOK.read_text("utf-8"))
    code = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    assert re.findall(r"^(\w+):", code[1], re.M) == ["assessment", "month", "lang", "out", "with_forecast"]
    shown = [cell.split("(")[0] for cell in code[3:]]
    wanted = [f"month_pages.{name}" for name in NAMES] + [f"month_sections.{name}" for name in SECTIONS]
    assert shown == [*wanted, *(f"month_sections.{name}" for name in ("notes", "provenance", "write_annex"))]


@pytest.mark.slow
def test_the_report_command_writes_page_and_annex(held, tmp_path):
    from click.testing import CliRunner

    from evalsys.cli import main

    told = ["report", "monthly-report", str(held.path), "-p", "month", "2016-08", "-p", "with_forecast", "false"]
    made = CliRunner().invoke(main, [*told, "--annex", "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    shown = (tmp_path / "monthly-report.zh.html").read_text("utf-8")
    assert "某区创城工作月报（2016 年 8 月）" in shown
    assert openpyxl.load_workbook(tmp_path / annex_name("zh")).sheetnames[0] == "数字出处"
