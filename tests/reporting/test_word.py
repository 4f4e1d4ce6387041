"""The Word document: everything of the page is in it, in order, in real styles and tables, the same bytes each time."""

import io
import itertools
import re
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

import docx
import lxml.html
import nbformat
import pytest
from docx.oxml.ns import qn
from kinds import WUJIANG
from lxml import etree

from evalsys import figures, markup
from evalsys.figures import text_width
from evalsys.reporting import word_body, word_runs
from evalsys.reporting.printing import PrintMissing
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report
from evalsys.reporting.word import docx_bytes

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = r"""说明文字，*着重*、**加粗**与 `代码`，公式 $\frac{a}{b}$ 在行内。

- 甲
- 乙
  - 乙一

1. 先
2. 后

> 引文

***

| 名称 | 数 |
|:--|--:|
| 甲 | 12.5 |

```
for x in y:
    pass
```

$$\sqrt{2}$$
"""


def rendered(*parts, lang="zh", markdown=""):
    """Render pieces as the cells of a notebook."""
    cells = [
        nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", {"text/html": str(part)})])
        for part in parts
    ]
    if markdown:
        tagged = nbformat.v4.new_code_cell(metadata={"tags": ["parameters"]})
        cells = [*cells[:1], tagged, nbformat.v4.new_markdown_cell(markdown), *cells[1:]]
    with patch("evalsys.reporting.render.css_font_faces", return_value=""):  # Word does not look at them
        return render_html(nbformat.v4.new_notebook(cells=cells), lang)[0]


@cache
def small(lang="zh", body="", markdown="", title="甲区 <测评> & “报告”"):
    """Return a short page with every kind of element that the reports have."""
    foot = "甲区 & 报告 · 0c4e1602"
    bars = figures.bars([figures.Bar("社区", 1.5, "1.500", True)], '图 "一" <社区> & 1.500')
    columns = [markup.Column("名称"), markup.Column("失分", "分", "r"), markup.Column("", classes="nw")]
    rows = [
        ["上级", "l|0.500", '<span class="bar" aria-hidden="true"><i style="width:50.0%"></i></span>'],
        ["in1 q|下级&#124;<b>一</b>", "q|0", '<span class="nw">社区 1</span>、<br><span class="q">二</span>'],
    ]
    side = f'<div class="side">{markup.figure("旁图", bars)}{markup.table(columns, rows)}</div><p class="cap">旁注</p>'
    parts = [
        markup.opening(lang, "模拟测评", "2026 年 8 月", title, foot, [("范围", "14 项"), ("目标", "93%")]),
        markup.block(
            lang,
            '<p class="lead">得分率 93.86%；<br>失分 2.394 分，<span class="l">集中在社区</span>。</p>',
            '<p class="sub">办好 5 条，<span class="b">可升</span>。</p>',
            markup.key_figures(
                [
                    (
                        f'第{n}项 <span class="tag" style="display:inline-block">假定</span>',
                        "9<small>%</small>",
                        "注 < 5",
                    )
                    for n in range(5)
                ]
            ),
            f'<div class="two">{markup.figure("左图", bars, "左注")}{markup.figure("右图", bars)}</div>',
        ),
        markup.block(
            lang,
            markup.section("一", "s1", "明细", "Details", lang, "一句话。", page_break=True),
            markup.table(columns, rows, ["合计", "0.500", ""], tight=True),
            markup.table(columns, rows * 6),
            '<p class="note"><b>注。</b>公式略。</p><ul><li>其一</li><li>其二</li></ul>',
            '<div class="keep"><h3>小标题</h3><p>正文</p></div>',
            side,
            '<div class="prov">来源一<br>来源二</div>',
        ),
        markup.block(lang, body),
    ]
    return rendered(*parts, lang=lang, markdown=markdown)


@pytest.fixture(scope="module")
def pages(executed, audited):
    """Return pages by name: two that are made in no time, and the real ones."""
    makers = {
        "small": small,
        "audit": lambda: render_html(audited("wujiang-field-2016"), "zh")[0],
        "zh": lambda: render_html(executed(WUJIANG), "zh")[0],
        "en": lambda: render_html(executed(WUJIANG, lang="en"), "en")[0],
        "fixes": lambda: report("fix-sensitivity", WUJIANG, "zh"),
        "fixes.en": lambda: report("fix-sensitivity", WUJIANG, "en"),
        "police": lambda: render_html(audited("taizhou-police-2009"), "zh")[0],
    }
    made = {}

    def page(name):
        if name not in made:
            made[name] = makers[name]()
        return made[name]

    return page


def report(name, assessment, lang):
    """Make a report in a kernel."""
    with tempfile.TemporaryDirectory() as folder:
        run_report(name, {"assessment": str(assessment), "lang": lang}, Path(folder))
        return next(Path(folder).glob("*.html")).read_text("utf-8")


REAL = [pytest.param(name, marks=pytest.mark.slow) for name in ("audit", "zh", "en", "fixes", "fixes.en", "police")]


@pytest.fixture(scope="module", params=["small", *REAL])
def pair(request, pages):
    """Return the content of a page and its document."""
    html = pages(request.param)
    return main_of(html), opened(docx_bytes(html, language(request.param)))


def language(name):
    return "en" if name.endswith("en") else "zh"


def main_of(html):
    (main,) = lxml.html.document_fromstring(html).xpath("//main")
    for left_out in main.xpath(".//nav | .//style"):
        left_out.drop_tree()
    return main


def opened(data):
    return docx.Document(io.BytesIO(data))


def squeezed(text):
    """Leave out blanks: documents and pages set them in their own ways."""
    return re.sub(r"\s+", "", text)


def texts(element):
    return squeezed("".join(element.itertext(qn("w:t"))))


def body_of(document):
    return document.element.body


def paragraphs(document, *styles):
    found = body_of(document).iter(qn("w:p"))
    return [texts(p) for p in found if p.style in styles]


def complete(main, document):
    """Check that all text, tables and pictures of a page are in a document, in their order."""
    assert texts(body_of(document)) == squeezed(main.text_content())
    tables = [t for t in body_of(document).iter(qn("w:tbl")) if t.tblPr.style == "ReportTable"]
    assert [
        [[texts(cell) for cell in row.findall(qn("w:tc"))] for row in table.findall(qn("w:tr"))] for table in tables
    ] == [[[squeezed(cell.text_content()) for cell in row] for row in t.iter("tr")] for t in main.iter("table")]
    pictures = [p for p in body_of(document).iter(qn("wp:docPr")) if not len(p)]
    assert [p.get("descr") for p in pictures] == [image.get("alt") for image in main.iter("img")]
    assert all(p.get("descr") for p in pictures)
    bars = [p for p in body_of(document).iter(qn("wp:docPr")) if len(p)]
    assert len(bars) == len(main.xpath(".//*[@class='bar']/i"))


def test_everything_of_the_page_is_in_the_document(pair):
    complete(*pair)


def test_pictures_have_their_final_size_and_are_sharp(pair):
    main, document = pair
    images = list(main.iter("img"))
    drawn = [inline for inline in body_of(document).iter(qn("wp:inline")) if not len(inline.docPr)]
    assert len(drawn) == len(images) > 0
    for image, inline in zip(images, drawn, strict=True):
        width, height = map(float, re.findall(r"([\d.]+)mm", image.get("style")))
        scale = min(1, 58 / width) if image.xpath("ancestor::*[@class='side']") else 1
        assert inline.extent.cx == pytest.approx(width * scale * 36000, abs=1)
        assert inline.extent.cy == pytest.approx(height * scale * 36000, rel=0.01)
        part = document.part.related_parts[inline.find(".//" + qn("a:blip")).get(qn("r:embed"))]
        assert part.image.px_width == pytest.approx(width / 25.4 * 200, abs=1)
        assert part.image.px_height == pytest.approx(height / 25.4 * 200, abs=2)


def test_headings_are_real_headings(pair):
    main, document = pair
    for style, tag in (("Title", "h1"), ("Heading1", "h2"), ("Heading2", "h3")):
        assert paragraphs(document, style) == [squeezed(h.text_content()) for h in main.iter(tag)]
    breaks = [p for p in body_of(document).iter(qn("w:p")) if p.pPr.find(qn("w:pageBreakBefore")) is not None]
    assert [texts(p) for p in breaks] == [squeezed(h.text_content()) for h in main.find_class("pb")]
    names = {style.style_id: style.name for style in document.styles}
    assert (names["Title"], names["Heading1"], names["Heading2"]) == ("Title", "Heading 1", "Heading 2")


def test_tables_repeat_their_heads_and_fit_the_page(pair):
    main, document = pair
    for table, shown in zip(real_tables(document), main.iter("table"), strict=True):
        head, *rows = table.findall(qn("w:tr"))
        assert head.trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:tblHeader")) is None for row in rows)
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in [head, *rows])
        whole = 110 if shown.xpath("ancestor::*[@class='side']") else 176
        widths = [int(column.get(qn("w:w"))) for column in table.tblGrid.findall(qn("w:gridCol"))]
        assert sum(widths) == pytest.approx(whole / 25.4 * 1440, abs=1)
        for row, cells in zip([head, *rows], shown.iter("tr"), strict=True):
            for cell, source in zip(row.findall(qn("w:tc")), cells, strict=True):
                is_number = "r" in (source.get("class") or "").split()
                assert cell.find(qn("w:p")).style.endswith("Number") == is_number


def real_tables(document):
    return [t for t in body_of(document).iter(qn("w:tbl")) if t.tblPr.style == "ReportTable"]


def test_numbers_have_room_on_one_line(pair):
    """The shipped font is as broad as the fonts of an office."""
    main, document = pair
    for table, shown in zip(real_tables(document), main.iter("table"), strict=True):
        widths = [int(c.get(qn("w:w"))) / 1440 * 25.4 for c in table.tblGrid.findall(qn("w:gridCol"))]
        for place, width in enumerate(widths):
            cells = shown.xpath(f".//tbody/tr/td[{place + 1}][contains(@class, 'r')]")
            words = max((line for cell in cells for line in cell.itertext()), key=len, default="")
            pad = 0 if place == len(widths) - 1 else 3.2
            assert text_width(words, 8.5, "bold") <= width - pad if words else True


def test_totals_and_losses_stand_out():
    document = opened(docx_bytes(small(), "zh"))
    *_, before, total = real_tables(document)[0].findall(qn("w:tr"))
    assert texts(total) == "合计0.500"
    assert all(run.find(qn("w:rPr") + "/" + qn("w:b")) is not None for run in total.iter(qn("w:r")))
    assert all(cell.find(".//" + qn("w:tcBorders") + "/" + qn("w:top")) is not None for cell in total.iter(qn("w:tc")))
    kept = [p.pPr.find(qn("w:keepNext")) for p in before.iter(qn("w:p"))]
    assert kept
    assert None not in kept
    lost = [run for run in body_of(document).iter(qn("w:r")) if texts(run) == "集中在社区"]
    assert [run.find(".//" + qn("w:color")).get(qn("w:val")) for run in lost] == ["B5451B"]
    (tag, *_) = [run for run in body_of(document).iter(qn("w:r")) if texts(run) == "假定"]
    assert tag.find(".//" + qn("w:bdr")) is not None
    long = real_tables(document)[1].findall(qn("w:tr"))
    free = [p for row in long[1:] for p in row.iter(qn("w:p")) if p.pPr.find(qn("w:keepNext")) is None]
    assert len(free) == 12 * 3  # a long table may go over to the next page


def test_fonts_are_named_for_chinese_too(pair):
    _, document = pair
    named = list(document.styles.element.iter(qn("w:rFonts"))) + list(body_of(document).iter(qn("w:rFonts")))
    assert len(named) > 15
    assert {fonts.get(qn("w:eastAsia")) for fonts in named} == {"等线", "黑体"}
    for style in document.styles.element.findall(qn("w:style")):
        fonts = style.find(".//" + qn("w:rFonts"))
        if style.get(qn("w:styleId")) in ("Title", "Heading1", "Heading2"):
            assert fonts.get(qn("w:eastAsia")) == "黑体"
    (lang,) = document.styles.element.iter(qn("w:lang"))
    assert (lang.get(qn("w:val")), lang.get(qn("w:eastAsia"))) == ("en-GB", "zh-CN")
    known = {style.style_id for style in document.styles}
    assert {p.style for p in body_of(document).iter(qn("w:p"))} <= known


def test_chinese_headings_are_not_made_bolder():
    for lang, is_bold in (("zh", None), ("en", True)):
        style = opened(docx_bytes(small(lang), lang)).styles["Title"]
        assert style.font.bold is is_bold


def test_the_page_is_a4_with_a_running_foot():
    document = opened(docx_bytes(small(), "zh"))
    (section,) = document.sections
    assert [round(n.mm) for n in (section.page_width, section.page_height)] == [210, 297]
    margins = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
    assert [round(n.mm) for n in margins] == [15, 17, 17, 17]
    foot = section.footer._element
    assert texts(foot) == squeezed("甲区 & 报告 · 0c4e1602 1 / 1")
    assert [f.get(qn("w:instr")) for f in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_formulas_stand_within_the_line():
    document = opened(docx_bytes(small(markdown=MARKDOWN), "zh"))
    (inline,) = [i for i in body_of(document).iter(qn("wp:inline")) if i.docPr.get("descr") == r"\frac{a}{b}"]
    run = inline.getparent().getparent()
    assert int(run.find(".//" + qn("w:position")).get(qn("w:val"))) < 0
    paragraph = run.getparent()
    assert (paragraph.style, texts(paragraph)) == ("Normal", "说明文字，着重、加粗与代码，公式在行内。")
    assert 2 < inline.extent.cy / 36000 < 8
    part = document.part.related_parts[inline.find(".//" + qn("a:blip")).get(qn("r:embed"))]
    shape = part.image.px_width / part.image.px_height
    assert inline.extent.cx / inline.extent.cy == pytest.approx(shape, rel=0.01)


def test_words_of_an_analyst_are_in_the_document():
    html = small(markdown=MARKDOWN)
    document = opened(docx_bytes(html, "zh"))
    assert paragraphs(document, "ListBullet")[:3] == ["甲", "乙", "乙一"]
    assert paragraphs(document, "ListNumber") == ["1.先", "2.后"]
    assert "引文" in paragraphs(document, "Note")
    assert paragraphs(document, "Code") == ["forxiny:pass"]
    assert [texts(cell) for cell in real_tables(document)[0].iter(qn("w:tc"))] == ["名称", "数", "甲", "12.5"]
    alts = [p.get("descr") for p in body_of(document).iter(qn("wp:docPr"))]
    assert alts[:2] == [r"\frac{a}{b}", r"\sqrt{2}"]
    plain = squeezed(main_of(html).text_content())
    assert texts(body_of(document)).replace("1.先2.后", "先后") == plain


@pytest.mark.parametrize(
    "words", ["<b>&\"甲\" | 'x' {y} \\", "]]> &amp; &lt;w:t&gt;", "甲\x0b\x01乙", "𠀀 e\u0301", "# * _ @ // ` [a](b)"]
)
def test_any_name_is_text(words):
    page = small(title=words, body=markup.table([markup.Column(words)], [[markup.safe(words)]]))
    document = opened(docx_bytes(page, "zh"))
    clean = squeezed(re.sub("[\x01\x0b]", "", words))
    assert paragraphs(document, "Title") == [clean]
    assert paragraphs(document, "TableText")[-1] == clean
    assert re.sub("[\x01\x0b]", "", document.core_properties.title.replace("\x0b", "")).strip()


@pytest.mark.parametrize(
    "piece",
    [
        "<p class='unknown'>x</p>",
        "<section>x</section>",
        "<p>a <u>b</u></p>",
        "<table><tbody><tr><td class='odd'>x</td></tr></tbody></table>",
        "<table><tbody><tr><td colspan='2'>x</td></tr></tbody></table>",
        "<table><tbody><tr class='odd'><td>x</td></tr></tbody></table>",
        "<table><tfoot><tr><td>x</td></tr></tfoot></table>",
        "<div class='kpi'><div><em>x</em></div></div>",
        "<ul><p>x</p></ul>",
        "<figure><img alt='x' style='width:2mm' src='a.png'></figure>",
        "<figure><img alt='x' src='data:image/svg+xml,&lt;svg/&gt;'></figure>",
    ],
)
def test_what_is_not_known_is_an_error(piece):
    page = f"<html><title>x</title><body><main class='sheet'><div class='ev'>{piece}</div></main>"
    with pytest.raises(ValueError, match=r"no form in Word|without a size"):
        docx_bytes(page, "zh")


def test_every_class_of_the_pages_is_known():
    known = {*word_body._CONTAINERS, *word_body._PARAGRAPHS, *word_body._LEFT_OUT, *word_runs._LOOKS}
    known |= {"div.eyebrow", "div.kpi", "div.two", "div.side", "div.keep", "span.bar"}
    known |= {"span.t", "span.v", "span.n", "tr.tot"}
    found = set()
    for path in (ROOT / "evalsys").rglob("*.py"):
        if path.parent.name != "reporting":
            found |= set(re.findall(r"<([a-z0-9]+)\b[^<>]*?\bclass=[\"']([a-z][\w ]*)[\"']", path.read_text("utf-8")))
    assert len(found) > 15
    assert {f"{tag}.{name}" for tag, name in found} - known == set()


def test_the_same_page_gives_the_same_bytes():
    page = small()
    assert docx_bytes(page, "zh") == docx_bytes(page, "zh")


@pytest.mark.slow
def test_the_document_names_nobody_and_every_part_is_sound(pages):
    data = docx_bytes(pages("audit"), "zh")
    core = opened(data).core_properties
    assert core.title == "实地考察测评体系（吴江，2016）"
    assert core.author == core.last_modified_by == core.comments == ""
    assert core.language == "zh-CN"
    assert core.created.year == core.modified.year == 1980
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            content = archive.read(name)
            assert b"python-docx" not in content
            if name.endswith((".xml", ".rels")):
                etree.fromstring(content)


ORDERS = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr tabs spacing ind jc outlineLvl",
    "rPr": "rFonts b bCs color position sz szCs bdr lang",
    "tcPr": "tcW tcBorders tcMar vAlign",
    "tcBorders": "top left bottom right",
    "tblPr": "tblStyle tblW tblInd tblBorders tblLayout tblCellMar tblLook",
    "tblCellMar": "top left bottom right",
    "tblBorders": "top bottom insideH",
    "pBdr": "top left bottom",
    "style": "name basedOn qFormat pPr rPr tblPr",
}


def test_word_finds_elements_in_the_order_of_its_schema(pair):
    """Word refuses a file where they are not; a cell ends with a paragraph, and tables have one between them."""
    _, document = pair
    for root in (body_of(document), document.styles.element):
        for name, order in ORDERS.items():
            for element in root.iter(qn(f"w:{name}")):
                places = [order.split().index(etree.QName(child).localname) for child in element]
                assert places == sorted(set(places))
    for cell in body_of(document).iter(qn("w:tc")):
        assert cell[-1].tag == qn("w:p")
    for before, after in itertools.pairwise(body_of(document).iterchildren()):
        assert {before.tag, after.tag} != {qn("w:tbl")}
    numbers = [p.get("id") for p in body_of(document).iter(qn("wp:docPr"))]
    assert len(set(numbers)) == len(numbers)


def test_links_to_other_files_stay_links():
    page = rendered(markup.block("zh", '<p><a href="a%20b.xlsx">甲单位</a>，<a href="#s1">上文</a></p>'))
    document = opened(docx_bytes(page, "zh"))
    (link,) = body_of(document).iter(qn("w:hyperlink"))
    relation = document.part.rels[link.get(qn("r:id"))]
    assert (texts(link), relation.target_ref, relation.is_external) == ("甲单位", "a%20b.xlsx", True)
    assert paragraphs(document, "Normal") == ["甲单位，上文"]


@pytest.mark.parametrize("module", ["docx", "lxml", "typst"])
def test_without_a_package_the_error_names_it(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    for loaded in [name for name in sys.modules if name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    with pytest.raises(PrintMissing):
        docx_bytes("<main></main>", "zh")


def test_what_is_no_page_is_refused():
    with pytest.raises(ValueError, match="not a page"):
        docx_bytes("<p>x</p>", "zh")
