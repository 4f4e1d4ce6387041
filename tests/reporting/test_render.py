"""The page: one file that loads nothing, that everybody can read, and that says the same for the same evidence."""

import base64
import itertools
import random
import re
import shutil
import xml.etree.ElementTree
from html.parser import HTMLParser

import nbformat
import pytest
from kinds import KINDS, WUJIANG, edited

from evalsys import read_assessment
from evalsys.reporting.render import render_html

CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")


class Page(HTMLParser):
    """A page taken apart; tags must close in order."""

    VOID = frozenset({"img", "br", "meta", "link", "hr"})

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.words, self.styles = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.styles if "style" in self.open else self.words).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(self.words)


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request, html):
    """Return one page of the real round, taken apart."""
    found = Page(html[request.param])
    found.lang = request.param
    return found


def pictures(page):
    return [base64.b64decode(image["src"].partition(";base64,")[2]).decode() for image in page.all("img")]


def test_the_page_loads_nothing(page, html):
    assert {tag for tag, _ in page.tags} & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "video",
        "base",
        "form",
    } == set()
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "data", "srcset", "poster", "action", "background"):
                assert value.startswith("#") if tag == "a" else value.startswith("data:"), (tag, value)
            assert "url(" not in (value or "")
    css = "".join(page.styles)
    assert "@import" not in css
    assert re.findall(r"url\((?!data:)", css) == []
    for picture in pictures(page):
        for element in xml.etree.ElementTree.fromstring(picture).iter():
            assert not element.tag.endswith(("script", "image", "foreignObject"))
            assert all(value.startswith("#") for name, value in element.attrib.items() if name.endswith("href"))
        assert re.findall(r"url\((?!#)|@import", picture) == []
    assert len(html[page.lang].encode()) < 3_000_000


def test_the_fonts_of_the_text_are_in_the_page(page, html):
    assert set(re.findall(r"font-weight:(\d+)", "".join(page.styles))) >= {"400", "700"}
    assert len(re.findall(r"src:url\(data:font/woff;base64,", "".join(page.styles))) == 2
    assert "Report Sans" in html[page.lang]


def test_the_page_is_accessible(page, html):
    (root,) = page.all("html")
    assert root["lang"] == {"zh": "zh-CN", "en": "en"}[page.lang]
    images = page.all("img")
    assert len(images) == 10  # six of the mock score, four of the forecast
    assert all(len(image["alt"]) > 10 for image in images)
    heads = page.all("th")
    assert len(heads) > 20
    assert all(head["scope"] == "col" for head in heads)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 2 for before, after in itertools.pairwise(levels))
    (title,) = re.findall("<title>(.*?)</title>", html[page.lang])
    assert "2016" in title


def test_the_contents_name_every_section(page, html):
    sections = re.findall(r'<h2\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h2>', html[page.lang], re.S)
    assert len(sections) == len(page.all("h2")) == 12  # page one, six of the mock score, five of the forecast
    (nav,) = re.findall(r"<nav\b[^>]*>(.*?)</nav>", html[page.lang], re.S)
    links = re.findall(r'<a href="#([^"]+)">(.*?)</a>', nav)
    assert links == [(ident, re.sub(r"<[^>]+>", "", words)) for ident, words in sections]
    assert len({ident for ident, _ in links}) == len(links)
    assert page.all("nav")[0]["aria-label"]


def test_the_page_prints_on_a4(page):
    css = "".join(page.styles)
    assert re.search(r"@page\s*\{[^}]*size:\s*A4", css)
    assert re.search(r"@media print\{[^@]*nav\.screen\{display:none\}", css)
    assert "counter(pages)" in css


def test_no_trace_of_a_notebook_is_left(page):
    for trace in (
        "Out[",
        "In [",
        "Traceback",
        "Warning",
        "object at 0x",
        "Fraction(",
        "nan",
        "None",
        "<class",
        "import ",
    ):
        assert trace not in page.text
    assert page.all("code") == page.all("pre") == []


def test_english_keeps_chinese_for_names_and_titles_only(html):
    assessment = read_assessment(WUJIANG)
    names = {*assessment.sites["name"], *assessment.units, *assessment.areas, assessment.settings.place}
    names |= {document["title"] for document in assessment.instrument.documents.values()}
    names |= {"文明行文"}  # quoted from the source: the misspelt word itself
    page = Page(html["en"])
    for words in (page.text, *(image["alt"] for image in page.all("img"))):
        for name in sorted(names, key=len, reverse=True):
            words = words.replace(name, "")
        assert CHINESE.findall(words) == []


def test_both_languages_tell_the_same_numbers(html):
    found = {lang: sorted(re.findall(r"(?<![\w.])\d+\.\d{2,3}%?", Page(html[lang]).text)) for lang in ("zh", "en")}
    assert found["zh"] == found["en"]
    assert len(found["zh"]) > 100


def test_the_same_evidence_gives_the_same_bytes_in_any_order(executed, tmp_path):
    def shuffled(text):
        head, *rows = text.splitlines()
        random.Random(1).shuffle(rows)
        return "\n".join([head, *rows]) + "\n"

    folder = edited(tmp_path / "wujiang-2016", "observations.csv", shuffled)
    pages = [render_html(executed(path, with_forecast=False), "zh")[0] for path in (folder, WUJIANG)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "字体中没有这些字符，显示可能不正常：𠀀"), ("en", "The fonts lack these characters: 𠀀")]
)
def test_a_missing_glyph_is_a_note(executed, kind, tmp_path, lang, words):
    shutil.copytree(kind("no-pass-mark"), tmp_path / "a")
    sites = tmp_path / "a" / "sites.csv"
    sites.write_text(sites.read_text("utf-8").replace("甲市场", "𠀀市场"), "utf-8")
    made, missing = render_html(executed(tmp_path / "a", lang=lang), lang)
    assert missing == "𠀀"
    assert words in Page(made).text


# ------------------------------------------------------------------------------------------ other assessments


def plausible(page, lang):
    """Check what holds for the page of any assessment."""
    for trace in ("None", "nan%", "Fraction(", "Traceback", "object at", "inf%"):
        assert trace not in page.text
    assert not re.search(r"\d\.\d{5,}", page.text)
    assert all(image["alt"].strip() for image in page.all("img"))
    for attained in re.findall(r"[−-]?\d+\.\d+(?=%)", page.text):
        assert 0 <= float(attained.replace("−", "-")) <= 100
    assert len(page.all("h2")) >= 5
    if lang == "en":
        assert not re.search(r"得分|失分|未测评|标准|检查|目标线|假定", page.text)


@pytest.mark.parametrize("name", ["all-blank", *(pytest.param(n, marks=pytest.mark.slow) for n in KINDS)])
def test_every_kind_of_assessment_has_an_english_page(executed, kind, name):
    made, missing = render_html(executed(kind(name), lang="en"), "en")
    plausible(Page(made), "en")
    assert missing == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("half-blank", ["17 项标准没有依据", "17 个得分单元没有依据", "不按满分也不按零分计", "最低", "最高"]),
        ("all-blank", ["尚无可计分的依据", "39 个得分单元没有依据"]),
        pytest.param(*("workbook", ["尚无可计分的依据", "某区", "2026 年 12 月轮次"]), marks=pytest.mark.slow),
        ("no-pass-mark", ["未设目标线", "82.00%"]),
        ("nothing-lost", ["没有失分", "本轮没有失分的检查", "100.00%"]),
        ("all-lost", ["得分率 0.00%"]),
        ("partly-unscored", ["1.3项", "不计分"]),
        ("several-methods", ["50.00%", "1.2项 · 问卷调查", "实地考察"]),
        ("method-shares", ["1.1项 · 材料审核", "21.05%"]),
        pytest.param(*("best", ["得分率 100.00%", "70.00%"]), marks=pytest.mark.slow),
        pytest.param(*("worst", ["得分率 70.00%"]), marks=pytest.mark.slow),
        pytest.param(*("graded", ["得分率 66.00%"]), marks=pytest.mark.slow),
        ("odd-names", ["<b>&\"甲\" | 'x' {y} $z$ \\模拟测评报告"]),
    ],
)
def test_every_kind_of_assessment_has_a_page_that_says_what_matters(executed, kind, name, said):
    # the forecast of a round as large as the real one takes long; its own tests try these kinds
    made, missing = render_html(executed(kind(name), with_forecast=name != "half-blank"), "zh")
    page = Page(made)
    plausible(page, "zh")
    assert missing == ""
    for words in said:
        assert words in re.sub(r"\s+", " ", page.text)


def test_every_kind_is_tried():
    (mark,) = test_every_kind_of_assessment_has_a_page_that_says_what_matters.pytestmark
    assert {getattr(case, "values", case)[0] for case in mark.args[1]} == set(KINDS)


# ------------------------------------------------------------------------------------------ hand-made notebooks


def notebook_of(*outputs):
    cells = [
        nbformat.v4.new_markdown_cell("# secret intro"),
        nbformat.v4.new_code_cell("secret = 1", outputs=list(outputs)),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def shown(html):
    return nbformat.v4.new_output("execute_result", {"text/html": html, "text/plain": "secret repr"})


def test_only_what_cells_show_as_html_is_on_the_page():
    printed = nbformat.v4.new_output("stream", text="secret print", name="stdout")
    plain = nbformat.v4.new_output("execute_result", {"text/plain": "secret plain"})
    listed = nbformat.v4.new_output("display_data", {"text/html": ["<p>part", " two</p>"]})
    made, missing = render_html(
        notebook_of(shown("<h1>A &amp; <i>B</i></h1>\n\n\n<p>x</p>"), printed, plain, listed), "en"
    )
    page = Page(made)
    assert "secret" not in made
    assert [word for word in page.words if word.strip()] == ["A & B", "A & ", "B", "x", "part two"]
    assert "<title>A &amp; B</title>" in made
    assert "\n\n\n" not in made
    assert page.all("nav") == []
    assert missing == ""


def test_words_of_the_data_cannot_act_as_markup():
    words = "&lt;/main&gt; /*fonts*/ {body} {fonts} &lt;script&gt;"
    made, _ = render_html(notebook_of(shown(f'<h1>{words}</h1><h2 id="a">{words}</h2>')), "zh")
    page = Page(made)
    assert page.all("script") == []
    assert made.count("@font-face") == 2
    assert page.text.count("</main> /*fonts*/ {body} {fonts} <script>") == 4  # title, contents, both headings


def test_a_glyph_that_only_a_chart_lacks_is_told_too():
    made, missing = render_html(notebook_of(shown('<img alt="x" data-missing="𠀀&amp;" src="data:,">')), "en")
    assert missing == "&𠀀"
    assert "The fonts lack these characters: &𠀀" in Page(made).text


def test_a_notebook_that_shows_nothing_is_an_empty_page():
    made, missing = render_html(notebook_of(), "zh")
    assert "<title>evalsys</title>" in made
    assert missing == ""
