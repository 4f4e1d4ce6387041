"""Pages: their numbers are those of the score, both languages are complete, nothing is left unsaid."""

import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import findings, markup, pages, plain_view, read_assessment, score, sections, tree_view
from evalsys.wording import decimal

PARTS = (
    pages.title_block,
    pages.summary,
    pages.distribution,
    pages.first_actions,
    sections.statement,
    sections.finding_list,
    sections.not_assessed,
    sections.assumptions,
    sections.data_notes,
    sections.unit_rates,
    sections.provenance,
)


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


class Reader(HTMLParser):
    """Checks that tags close in order, and collects tables and text."""

    VOID = frozenset({"img", "br", "meta", "link", "hr"})

    def __init__(self, page):
        super().__init__()
        self.open, self.tables, self.words, self.images = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_part_is_well_formed(wujiang, part, lang):
    read = Reader(part(wujiang, lang))
    assert "".join(read.words).strip()
    for table in read.tables:
        assert len({len(row) for row in table}) == 1
    for image in read.images:
        assert len(image["alt"]) > 10
    assert not re.search(r"\bNone\b|\bnan\b|Fraction|\bTrue\b", "".join(read.words))


def names_of(result):
    sites = set(result.assessment.sites["name"])
    documents = {document["title"] for document in result.assessment.instrument.documents.values()}
    return (
        sites | set(result.assessment.units) | set(result.assessment.areas) | documents | {"苏州市吴江区", "文明行文"}
    )


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_english_page_keeps_chinese_for_proper_names_only(wujiang, part):
    read = Reader(part(wujiang, "en"))
    words = "\n".join([*read.words, *(image["alt"] for image in read.images)])
    for name in sorted(names_of(wujiang), key=len, reverse=True):
        words = words.replace(name, "")
    assert not re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", words)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_chinese_page_has_no_english_words(wujiang, part):
    read = Reader(part(wujiang, "zh"))
    words = "\n".join(read.words)
    words = re.sub(
        r"https?://\S+|sha256|\b[0-9a-f]{8,}\b|\w[\w/-]*\.csv|wujiang-field-2016|Kiyoshi|evalsys|Python", "", words
    )
    assert not re.findall(r"[A-Za-z]{2,}", words)


def test_the_statement_shows_each_indicator_as_published(wujiang):
    rows = {row[0]: row for row in Reader(sections.statement(wujiang, "zh")).tables[0]}
    assert rows["公共安全体系"][1:6] == ["3", "17", "2.467", "0.533", "82.22%"]
    assert rows["“讲文明树新风”公益广告"][3] == "0.889"
    assert rows["合计"][1:6] == ["39", "225", "36.606", "2.394", "93.86%"]
    assert (
        len([name for name in rows if name in {n.name.zh for n in wujiang.assessment.instrument.nodes if n.depth == 1}])
        == 14
    )


def test_the_findings_on_the_page_are_all_findings(wujiang):
    (table,) = Reader(sections.finding_list(wujiang, "zh")).tables
    assert [row[5] for row in table[1:-1]] == [decimal(lost, 3) for lost in findings(wujiang)["lost"]]
    assert len(table) == 1 + 24 + 1
    assert table[-1][5] == "2.394"


def test_a_long_list_of_findings_is_summed_not_cut(wujiang):
    (table,) = Reader(sections.finding_list(wujiang, "zh", most=5)).tables
    assert table[6][1] == "其余 19 条（见附件）"
    shown = sum(findings(wujiang)["lost"][5:], Fraction(0))
    assert table[6][5] == decimal(shown, 3)
    assert table[7][5] == "2.394"


def test_the_bridge_leads_from_the_published_result_to_ours(wujiang):
    (table,) = Reader(sections.data_notes(wujiang, "zh")).tables
    assert table[1][1:5] == ["184", "30", "28.473", "94.91%"]
    assert [row[1:4] for row in table[2:5]] == [
        ["+24", "+3", "+3.000"],
        ["+2", "+1", "+1.000"],
        ["+15", "+5", "+4.133"],
    ]
    assert table[5][1:5] == ["225", "39", "36.606", "93.86%"]
    assert "与公布数一致" in sections.data_notes(wujiang, "zh")


def test_units_are_ranked_as_their_own_rule_says(wujiang):
    units, areas = Reader(sections.unit_rates(wujiang, "zh")).tables
    assert [row[0] for row in units[1:]] == ["1"] * 9 + ["10", "11", "12", "13", "14"]
    assert units[-1][1:] == ["市场监督局", "8", "7.0", "1.0", "87.50%"]
    assert areas[1] == ["1", "吴江街道", "172", "161.5", "10.5", "93.90%"]
    named = plain_view(wujiang, "unit")
    assert len(units) - 1 == sum(1 for name in named["name"] if name)


def test_charts_tell_their_numbers_in_words_too(wujiang):
    images = Reader(pages.distribution(wujiang, "zh")).images
    view = tree_view(wujiang, "site_type")
    for lost in view["lost"][:8]:
        assert decimal(lost, 3) in images[0]["alt"]
    assert "未登记单位" in images[1]["alt"]


def test_what_the_instrument_plans_and_the_round_lacks_is_said(wujiang):
    assert "窗口单位（3 项标准）" in sections.not_assessed(wujiang, "zh")


def test_names_cannot_break_the_page(wujiang):
    assert markup.table([markup.Column("<b>")], [["a&#124;b"]]).count("<b>") == 0
    assert markup.safe("a|<i>") == "a&#124;&lt;i&gt;"


def test_a_score_outside_its_range_is_explained(tmp_path):
    below = [standard("1.1", "met", 5, ("site_visit", "survey"), several="min"), standard("1.2", "loss", 5)]
    rows = [{"standard": "1.1", "method": "site_visit", "value": "否"}, {"standard": "1.2", "value": "0"}]
    result = score(assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows))
    assert result.value > result.best
    assert "最低与最高之外" in sections.not_assessed(result, "zh")
    assert "outside the worst and the best case" in sections.not_assessed(result, "en")


def test_a_score_inside_its_range_needs_no_words(wujiang):
    assert "之外" not in sections.not_assessed(wujiang, "zh")
