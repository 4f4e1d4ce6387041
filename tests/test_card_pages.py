"""The card of a unit as a page: complete in both languages, every number from the cards, a sheet for each unit."""

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from page_reader import Reader
from unit_town import town

from evalsys import card_pages, card_words
from evalsys.card_results import FOUND, SHEETS, annex, annex_name, owed_listing, stated_of, unit_listing
from evalsys.unit_cards import cards_of

ROOT = Path(__file__).resolve().parents[1]


def said(piece):
    return re.sub(r"\s+", " ", "".join(Reader(piece).words))


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def cards(held):
    return cards_of(held, day="2016-09-02")


@pytest.fixture(scope="module")
def one(held):
    return cards_of(held, "甲街道", "2016-09-02", False)


def test_the_card_of_one_unit_says_what_by_when_and_what_it_costs(one):
    page = card_pages.cards_page(one, "zh")
    text = said(page)
    for part in (
        "责任单位办理单截至 2016 年 9 月 2 日甲街道办理单",
        "甲街道待办 3 项，其中逾期 2 项，最长已逾期 23 天；全部办结可挽回 2.500 分。",
        "问题 2、日程 1；最早的应于 8 月 10 日办结；满分 24 分；未作预测，只计得分。",
        "7 天内到期 1 项，30 天内到期 1 项。",
        "台账建立以来新增 3 条，办结 2 次，复核通过 1 条，按期办结率 50.0%，复核退回 1 次，反弹 1 条。",
        "在办问题影响总分由多到少，列 4 个单位第 1 位；逾期占在办 100.0%，列有在办问题的 3 个单位第 1 位。",
        "2016 年度责任书：已签订，12 月 31 日前考核。",
        "以下 1 项为按规则提出的建议，须经审定后执行。",
        "承办单位（盖章）：甲街道 签收日期：____________",
    ):
        assert part in text, (part, text)
    rows = Reader(page).tables[0]
    assert rows[0] == ["类别", "点位", "事项", "发现", "应办结", "时限", "影响总分分"]
    assert rows[1] == [
        "问题",
        "西社区",
        "A.1项：扣分 0.5（退回 1 次）",
        "8 月 3 日",
        "8 月 10 日",
        "逾期 23 天",
        "2.500",
    ]
    assert rows[2] == ["问题", "东社区", "楼道堆物（反弹）", "8 月 20 日", "8 月 27 日", "逾期 6 天", "–"]
    assert rows[3][:2] + rows[3][3:] == ["日程", "–", "–", "9 月 4 日", "余 2 天", "–"]
    assert page.facts["unit"] == "甲街道"
    assert (page.facts["owed"], page.facts["overdue"]) == (3, 2)
    assert page.facts["points"] == 2.5
    assert page.facts["chance_rise"] is None


def test_english_says_the_same(one):
    page = card_pages.cards_page(one, "en")
    text = said(page)
    for part in (
        "as of 2 September 2016",
        "甲街道 owes 3 things, 2 of them overdue, by up to 23 days; doing all of it regains 2.500 points.",
        "Since the ledgers begin: 3 findings, put right twice, 1 verified, 50.0% of them in time, "
        "1 returned by a review, 1 came back after they were closed.",
        "2 findings, 1 calendar matter; the first was due on 10 August",
        "1 proposal by rule: a person decides.",
        "Unit (seal): 甲街道 · Received on: ____________",
    ):
        assert part in text, (part, text)
    assert Reader(page).tables[0][1][3:] == ["3 Aug", "10 Aug", "23 days late", "2.500"]
    names = "[甲街道乙局丙丁东西社区楼堆物某渣土车抛洒体系]"
    left = re.sub(names, "", text)
    assert not re.search("[一-鿿]", re.sub(r"S003[^ ]*, [^ ]*", "", left)), left


def test_each_unit_begins_on_a_page_of_its_own(cards):
    for lang in ("zh", "en"):
        page = card_pages.cards_page(cards, lang)
        Reader(page)  # tags close in order
        heads = re.findall(r"<h(1|2 class=\"pb\")>([^<]*?)(?:办理单|: what is to be done)</h[12]>", page)
        assert heads == [("1", "甲街道"), *(('2 class="pb"', unit) for unit in ("乙局", "丙局", "丁局"))]
        assert page.count("<h2") == 3
        assert page.count("<style>") == 2
        assert page.count("<header>") == 1
        assert page.facts["units"] == 4
        assert "unit" not in page.facts
    assert "达标可能性约提高" in said(card_pages.cards_page(cards, "zh"))


def test_the_overdue_are_loud_and_told_by_words_too(one):
    page = card_pages.cards_page(one, "zh")
    assert page.count('class="r l"') == 2
    assert len(re.findall("逾期 (23|6) 天</td>", page)) == 2


def test_nothing_owed_is_said(held):
    cards = cards_of(held, "丁局", "2016-09-02", False)
    text = said(card_pages.cards_page(cards, "zh"))
    assert "丁局待办 1 项，没有逾期。" in text
    assert "台账建立以来没有该单位的问题。" in text
    assert "没有触发处置阶梯。" in text
    own = type(cards.cards[0])("丁局", (), *(getattr(cards.cards[0], name) for name in (
        "cost", "done", "rate", "by_points", "by_overdue", "proposals", "letter")))  # fmt: skip
    assert card_words.lead(cards, own, "zh") == ("丁局没有待办事项", "")
    assert card_words.lead(cards, own, "en") == ("丁局 owes nothing", "")


@pytest.mark.parametrize(
    ("rise", "zh", "en"),
    [
        (0.0, "不变", "unchanged"),
        (-0.01, "不变", "unchanged"),
        (0.0004, "提高不足 0.1 个百分点", "up by less than 0.1 pp"),
        (0.1234, "约提高 12.3 个百分点", "up by about 12.3 pp"),
    ],
)
def test_the_rise_of_a_chance_is_never_told_too_finely(rise, zh, en):
    assert (card_words.rise_said(rise, "zh"), card_words.rise_said(rise, "en")) == (zh, en)


def test_the_annex_holds_every_row(cards, tmp_path):
    for lang in ("zh", "en"):
        path = tmp_path / f"{lang}.xlsx"
        annex(cards, path, lang)
        book = openpyxl.load_workbook(path)
        assert book.sheetnames[1:] == [name.say(lang) for name in SHEETS.values()]
        owed = [row for row in book.worksheets[2].iter_rows(min_row=2, values_only=True) if row[0]]
        assert len(owed) == sum(len(card.owed) for card in cards.cards) == len(owed_listing(cards, lang).rows)
        assert [row[0] for row in owed].count("丙局") == 4
    units = unit_listing(cards, "zh").as_records()
    assert [row["unit"] for row in units] == ["甲街道", "乙局", "丙局", "丁局"]
    assert (units[0]["owed"], units[0]["late"], units[0]["points"]["exact"]) == (3, 2, "5/2")
    again = tmp_path / "again.xlsx"
    annex(cards, again, "en")
    assert again.read_bytes() == (tmp_path / "en.xlsx").read_bytes()
    piece = card_pages.write_annex(cards, str(tmp_path), "zh")
    assert piece.facts == {"annex": "责任单位办理单附件.xlsx"}
    assert (tmp_path / "责任单位办理单附件.xlsx").is_file()
    assert card_pages.write_annex(cards, "", "zh") == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_links_to_as_many_rows_of_the_unit(cards, tmp_path, lang):
    linked = replace(cards, linked=True)
    page = card_pages.cards_page(linked, lang)
    links = re.findall(r'<a href="([^"]*)" title="([^"]*)">([\d,]+)</a>', page)
    assert len(links) == len(FOUND) * len(cards.cards)
    assert "<a href" not in card_pages.cards_page(cards, lang)
    annex(linked, tmp_path / "a.xlsx", lang)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    listed = list(book.worksheets[0].iter_rows(min_row=2))
    for (href, _, value), row, (unit, key) in zip(links, listed, stated_of(linked), strict=True):
        name, _, target = unquote(href).partition("#")
        assert (name, target) == (annex_name(lang), row[2].hyperlink.location)
        assert (row[0].value, str(row[2].value)) == (unit, value)
        lines = [int(n) for run in re.findall(r"\d+(?:–\d+)?", row[4].value)
                 for n in range(int(run.split("–")[0]), int(run.split("–")[-1]) + 1)]  # fmt: skip
        rows = [[cell.value for cell in book[row[3].value][line]] for line in lines]
        assert len(rows) == row[2].value
        assert all(own[0] == unit for own in rows)
        if key in ("in_time", "relapses"):
            assert all(own[5] for own in rows)
        if key == "overdue":
            assert all(own[7] > 0 for own in rows)
    done = {card.unit: card.done for card in cards.cards}
    for (unit, key), own in stated_of(linked).items():
        if own.sheet == "moves":
            assert own.value == done[unit][key], (unit, key)


def test_notebook_is_thin_and_has_the_parameters_of_a_batch():
    content = json.loads((ROOT / "notebooks/unit-card.ipynb").read_text("utf-8"))
    code = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    assert len(code) == 5
    assert all(cell.count("\n") < 7 for cell in code)
    names = re.findall(r"^(\w+):", code[1], re.M)
    assert names == ["assessment", "unit", "day", "lang", "out", "with_forecast"]


@pytest.mark.slow
def test_a_batch_makes_a_card_for_each_row_and_tells_the_wrong_unit(held, tmp_path):
    from click.testing import CliRunner

    from evalsys.cli import main

    folder = held.path
    table = tmp_path / "cards.csv"
    rows = [f"unit-card,{folder},{unit},{name},false" for unit, name in (("甲街道", "a"), ("乙局", "b"), ("乙据", "c"))]
    table.write_text("\n".join(["notebook,assessment,unit,name,with_forecast", *rows]), "utf-8")
    made = CliRunner().invoke(
        main, ["batch", str(table), "--out", str(tmp_path / "out"), "--jobs", "1", "--engine", "plain"]
    )
    assert made.exit_code == 1
    for name, unit in (("a", "甲街道"), ("b", "乙局")):
        page = (tmp_path / "out" / name / "unit-card.zh.html").read_text("utf-8")
        assert f"{unit}办理单" in page
    assert not (tmp_path / "out/c/unit-card.zh.html").exists()


def test_cards_have_a_form_in_word_and_in_pdf(cards):
    from evalsys.reporting.pdf import unprintable
    from evalsys.reporting.word import docx_bytes

    page = card_pages.cards_page(cards, "zh")
    whole = f'<html lang="zh-CN"><head><title>t</title></head><body><main class="sheet">{page}</main></body></html>'
    assert docx_bytes(whole, "zh").startswith(b"PK")
    assert [each for each in unprintable(whole) if each.startswith(".")] == []
