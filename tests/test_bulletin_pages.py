"""The pieces of the bulletin: order, links, long lists, odd weeks, names that look like HTML; the notebook."""

import re
from html import unescape
from pathlib import Path

import pytest
from lxml import html

from evalsys import bulletin_pages, bulletin_sections
from evalsys.bulletin_figures import flow_chart
from evalsys.bulletin_results import issue_of
from tests.bulletin_cases import FINDINGS, RECTIFICATIONS, small

SECTIONS = tuple(
    getattr(bulletin_sections, name)
    for name in (
        "units", "overdue", "measures", "coming", "reconciled", "score_with_ledgers", "ranking", "again",
        "photographs", "notes", "provenance",
    )
)  # fmt: skip
PARTS = (bulletin_pages.title_block, bulletin_pages.summary, bulletin_pages.series, *SECTIONS)
LADDERED = {"ledger": {"rules": "lincheng-county-2019"}}


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"), FINDINGS, RECTIFICATIONS, **LADDERED)


@pytest.fixture(scope="module")
def issue(hand):
    return issue_of(hand, "2026-W33", with_forecast=False, linked=True)


def text_of(piece):
    return " ".join(html.fromstring(f"<div>{piece}</div>").text_content().split())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("week", ["2026-W20", "2026-W32", "2026-W33", "2026-W34", "2026-W50", "2026-08"])
def test_every_week_makes_a_page_whose_sections_are_numbered_and_begin_with_a_sentence(hand, week, lang):
    own = issue_of(hand, week, with_forecast=False)
    page = "".join(str(part(own, lang)) for part in PARTS)
    heads = re.findall(r'<h2 id="(\w+)">([^<]*)</h2><p class="say">(.*?)</p>', page)
    assert len(heads) == 10
    numbers = "一二三四五六七八九十"
    for place, (_, head, sentence) in enumerate(heads):
        assert head.startswith(f"{numbers[place]}、" if lang == "zh" else f"{place + 1}. ")
        assert len(sentence) > 5
    said = text_of(page)
    assert not re.search(r"\bNone\b(?! of)|\bnan\b|NaT", said)
    assert not re.search(r"</?script|href=\"http", page)


def test_the_overdue_list_is_cut_by_points_and_the_annex_has_all(tmp_path):
    found = [
        {"finding_id": f"G{n:02d}", "site_id": "s1", "standard": "1.1", "found_on": f"2026-07-{n % 9 + 1:02d}"}
        for n in range(24)
    ]
    found.append({**found[0], "finding_id": "HEAVY", "found_on": "2026-08-03", "observations": "o001", "what": "最重"})
    own = issue_of(small(tmp_path, found), "2026-W34", with_forecast=False)
    piece = bulletin_sections.overdue(own, "zh")
    rows = html.fromstring(str(piece)).xpath("//tbody/tr")
    assert len(rows) == 21  # twenty and the total
    assert "最重" in rows[0].text_content()
    assert "逾期 25 条，最长 46 天；下表为影响总分最多的 20 条，全部见附件。" in text_of(piece)
    assert own.stated["overdue", "", ""].value == 25
    # equal points: who is late longest comes first
    days = [int(re.search(r"逾期 (\d+) 天", row.text_content()).group(1)) for row in rows[1:20]]
    assert days == sorted(days, reverse=True)


def test_units_of_the_table_are_those_with_work_and_the_total_is_that_of_all(issue):
    rows = [
        [cell.text_content() for cell in row.xpath("./td")]
        for row in html.fromstring(str(bulletin_sections.units(issue, "zh"))).xpath("//tbody/tr")
    ]
    assert [row[:5] for row in rows] == [
        ["甲街道", "1", "0", "2", "1"],
        ["乙局", "0", "0", "1", "1"],
        ["丙局", "1", "2", "2", "0"],
        ["合计", "2", "2", "4", "1"],  # F1 is of two units
    ]
    assert [row[5] for row in rows] == ["–", "–", "50.0%", "50.0%"]
    assert [row[6] for row in rows] == ["2.500", "2.500", "0.000", "2.500"]
    assert rows[0][7].startswith("○ 拟")
    assert rows[2][7] == "● 已无逾期"


def test_proposals_stand_with_why_what_lifts_them_and_the_clause(issue):
    rows = html.fromstring(str(bulletin_sections.measures(issue, "zh"))).xpath("//tbody/tr")
    assert len(rows) == len(issue.measures) == issue.stated["measures", "", ""].value > 0
    for row in rows:
        cells = [cell.text_content() for cell in row.xpath("./td")]
        assert cells[1].startswith("拟")
        assert "S003" in cells[2]
        assert cells[3]
        short = row.xpath("./td[2]//*[@class='nw']")  # a short step stays on one line
        assert bool(short) == (len(cells[1]) <= 12)
    assert "须经审定后执行" in text_of(bulletin_sections.measures(issue, "zh"))


def test_what_falls_due_stands_by_day_and_by_unit(issue):
    rows = html.fromstring(str(bulletin_sections.coming(issue, "zh"))).xpath("(//tbody)[1]/tr")
    cells = [[cell.text_content() for cell in row.xpath("./td")] for row in rows]
    assert cells == [
        ["8 月 18 日（周二）", "1", "甲街道 1"],
        ["8 月 21 日（周五）", "1", "丙局 1"],
        ["合计", "2", ""],
    ]


def test_the_busiest_day_is_bold(tmp_path):
    found = [{**FINDINGS[0], "finding_id": f"G{n}", "observations": "", "found_on": f"2026-08-{day:02d}"}
             for n, day in enumerate((11, 12, 12))]  # fmt: skip
    own = issue_of(small(tmp_path, found), "2026-W33", with_forecast=False)
    piece = bulletin_sections.coming(own, "zh")
    assert [one.text_content() for one in html.fromstring(str(piece)).xpath("//b")] == ["8 月 19 日（周三）", "2"]
    assert "下周到期 3 条，周三最多，2 条；" in text_of(piece)


def test_the_ledgers_are_reconciled_on_the_page(issue):
    rows = html.fromstring(str(bulletin_sections.reconciled(issue, "zh"))).xpath("//tbody/tr")
    cells = [[cell.text_content() for cell in row.xpath("./td")] for row in rows]
    assert cells == [
        ["点位台账（个）", "2", "0", "0", "2", "● 一致"],
        ["问题台账·在办（条）", "3", "3", "2", "4", "● 一致"],
        ["整改台账·待复核（条）", "0", "2", "2", "0", "● 一致"],
    ]


def test_ties_share_a_rank(issue):
    rows = html.fromstring(str(bulletin_sections.ranking(issue, "zh"))).xpath("(//table)[1]/tbody/tr")
    cells = [[cell.text_content() for cell in row.xpath("./td")] for row in rows]
    assert cells == [
        ["甲街道", "2.500", "1", "50.0%", "2"],
        ["乙局", "2.500", "1", "100.0%", "1"],
        ["丙局", "0", "3", "0.0%", "3"],
    ]


def test_names_are_text_never_tags(tmp_path):
    found = [
        {"finding_id": "F<1>", "site_id": "s1", "standard": "1.1", "found_on": "2026-08-03", "units": "甲|乙<b>",
         "what": "<script>x</script>|y", "photo": "<img>.jpg", "observations": "o001"}
    ]  # fmt: skip
    own = issue_of(
        small(tmp_path, found, [{"finding_id": "F<1>", "fixed_on": "2026-08-04"}]), "2026-W32",
        with_forecast=False, linked=True,
    )  # fmt: skip
    late = issue_of(small(tmp_path / "late", found), "2026-W33", with_forecast=False)
    assert late.stated["overdue", "", ""].value == 1
    page = "".join(str(part(one, "zh")) for one in (own, late) for part in PARTS)
    assert "<script" not in page
    assert "<img>" not in page
    assert "甲|乙<b>" in text_of(bulletin_sections.units(own, "zh"))


def test_links_are_ascii_and_titles_name_the_rows(issue):
    piece = bulletin_pages.counted(issue, "in_hand", "zh", "unit", "甲街道")
    link = html.fromstring(piece)
    assert link.get("href").isascii()
    assert unescape(link.get("title")) == f"附件第 {issue.numbers['in_hand', 'unit', '甲街道']} 号：“在办”表，第 4–5 行"
    none = bulletin_pages.counted(issue, "overdue", "zh", "unit", "丙局")
    assert "没有行" in html.fromstring(none).get("title")


def test_the_page_states_its_counts(issue):
    facts = bulletin_pages.summary(issue, "zh").facts
    assert facts == {
        "findings_new": 2, "findings_fixed": 2, "findings_in_hand": 4, "findings_overdue": 1,
        "measures": len(issue.measures),
    }  # fmt: skip
    assert bulletin_pages.title_block(issue, "zh").facts["period"] == "2026-W33"
    closed = bulletin_sections.score_with_ledgers(issue, "zh").facts["rate_closed"]
    assert closed == 0.75  # F2 is closed, and no observation is of it: 7.5 of 10 assessed points


def test_the_example_is_marked_and_a_real_place_is_not(issue, tmp_path):
    assert "示例数据" in bulletin_pages.title_block(issue, "zh")  # its document is assumed


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_of_the_figure_never_touch(lang):
    names = [f"{n}" for n in range(6)]
    picture = flow_chart(names, [40, 0, 3, 4, 5, 6], [41, 0, 1, 2, 3, 4], [9, 9, 9, 9, 9, 9], "alt", lang)
    assert (picture.width, picture.missing) == (176.0, "")
    flat = flow_chart(["1"], [0], [0], [0], "alt", lang)
    assert "<svg" in flat.svg


def test_no_annex_without_a_folder(issue, tmp_path):
    assert bulletin_sections.write_annex(issue, "", "zh") == ""
    piece = bulletin_sections.write_annex(issue, str(tmp_path), "en")
    assert piece.facts == {"annex": "bulletin-annex.xlsx"}
    assert (tmp_path / "bulletin-annex.xlsx").is_file()


def test_the_page_has_a_form_in_word(issue):
    from evalsys.reporting.word import docx_bytes

    page = "".join(str(part(issue, "zh")) for part in PARTS)
    whole = f'<html lang="zh-CN"><head><title>t</title></head><body><main class="sheet">{page}</main></body></html>'
    assert docx_bytes(whole, "zh").startswith(b"PK")


def test_the_guide_names_every_column_and_sheet():
    from evalsys.bulletin_results import SHEETS
    from evalsys.fields import TABLES

    guide = (Path(__file__).resolve().parents[1] / "docs/ledgers.md").read_text("utf-8")
    for table in ("findings", "rectifications", "steps", "done"):
        own = guide.partition(f"### `{table}`")[2].partition("\n#")[0]
        for column in TABLES[table]:
            assert f"`{column.name}`" in own, (table, column.name)
            assert column.headings[0] in own, (table, column.headings[0])
    assert [name.zh for name in SHEETS.values() if name.zh not in guide] == []
