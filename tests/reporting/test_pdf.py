"""The PDF says what the page says, in our fonts, with its pictures and their words, and breaks where it should."""

import base64
import io
import itertools
import re
import sys
from html import escape
from importlib import resources
from pathlib import Path

import pypdf
import pytest
from kinds import WUJIANG
from lxml import html as parser

import evalsys
from evalsys import markup
from evalsys.figures import Picture
from evalsys.reporting import pdf
from evalsys.reporting.pdf import page_pdf, pdf_bytes, unprintable
from evalsys.reporting.printing import PrintMissing, check_printing
from evalsys.reporting.render import render_html
from evalsys.reporting.run import run_report

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 84 30"><rect width="40" height="9" fill="#B5451B"/></svg>'
#: Every character that means something to typst, alone and where it would start something.
HOSTILE = (
    "#let x=1 #[a] *粗* _斜_ $x^2$ \\n \\ @ref <s1> \"引\" 'q' // 注 /* c */ [b] {c} `code` ```raw``` ~ -- --- ... "
    "= - + 1. =="
)


def squeezed(words):
    return re.sub(r"\s+", "", words)


def parsed(html):
    return parser.document_fromstring(html.encode(), parser=parser.HTMLParser(encoding="utf-8"))


def page_words(html):
    """Return the text that a page prints, in order, without blanks."""
    body = next(parsed(html).iter("body"))
    for each in list(body.iter("style", "nav")):
        each.drop_tree()
    return squeezed(body.text_content())


def read(data):
    return pypdf.PdfReader(io.BytesIO(data))


def pdf_words(data, html):
    """Return the text of a PDF, without the running feet and the heads that tables repeat on a new page."""
    heads = {squeezed(head) for head in re.findall(r"<thead>(.*?)</thead>", html, re.S)}
    heads = {squeezed(re.sub(r"<[^>]+>", "", head)) for head in heads}
    pages = read(data).pages
    foot = re.search(r'@bottom-left\{content:"([^"]*)"', html)
    out = ""
    for number, page in enumerate(pages, 1):
        words = squeezed(page.extract_text())
        end = squeezed(foot[1] if foot else "") + f"{number}/{len(pages)}"
        assert words.count(end) == 1
        words = words.replace(end, "")
        head = max((head for head in heads if head and head in out and words.startswith(head)), key=len, default="")
        out += words[len(head) :]
    return out


def tagged(data):
    """Return the kinds of the tags for screen readers with the words that stand for them, in order."""
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((node["/S"], str(node.get("/Alt", ""))))
            if "/K" in node:
                walk(node["/K"])

    walk(read(data).trailer["/Root"]["/StructTreeRoot"])
    return found


def fonts(data):
    return {
        str(font.get_object()["/BaseFont"]).partition("+")[2].removesuffix("-Identity-H")
        for page in read(data).pages
        for font in page["/Resources"].get("/Font", {}).values()
    }


def sheet(*parts, lang="zh", foot="短题 · 0c4e1602", title="标题"):
    """Return a page as `render_html` makes it."""
    opened = markup.opening(lang, "类别", "2016 年 8 月", title, foot, [("依据", "225 条检查"), ("范围", "14 项")])
    body = opened + markup.block(lang, *parts)
    head = f"<!doctype html><html><head><title>{escape(title)}</title></head>"
    return f'{head}<body><main class="sheet">{body}</main></body></html>'


def everything(words):
    """Return a page with every kind of part, all of them with the same words."""
    said, picture = markup.safe(words), Picture(SVG, f"图：{words}", 84, 30)
    tex = f'<img class="tex" alt="x^2" style="height:1.2em;vertical-align:-0.25em" src="{_data(SVG)}">'
    columns = [markup.Column("名称", "单位"), markup.Column("说明", classes="q"), markup.Column("分", "分", "r")]
    rows = [
        [f"in{n}|{said}", f"<b>{said}</b><br><span class='q'>{said}</span>", markup.lost_cell(n)] for n in (1, 2, 3)
    ]
    chart = markup.figure(words, picture, words)
    return sheet(
        f'<p class="lead">{said}；<br><span class="l">{said}</span>。</p><p class="sub">{said} {tex} {said}</p>',
        markup.key_figures([(said, f'{said}<small>分</small> <span class="tag">假定</span>', words)] * 4),
        f'<div class="two">{chart}{chart}</div>',
        f'<p class="note"><b>{said}</b>{said}</p>',
        markup.section("一", "s1", words, words, "zh", said, page_break=True),
        markup.table(columns, rows, ["合计", said, "6"]),
        f'<div class="side">{chart}{markup.table(columns, rows, tight=True)}</div><p class="cap">{said}</p>',
        f'<div class="keep"><h3>{said}</h3><ul><li>{said}</li><li><a href="#s1">{said}</a></li></ul></div>',
        f'<table><tbody><tr><td><span class="bar"><i style="width:40.0%"></i></span>{said}</td></tr></tbody></table>',
        f'<div class="prov">{said}</div>',
        title=words,
    )


def _data(svg):
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@pytest.fixture(scope="module")
def made():
    """Return a page with every kind of part and hostile words in each of them, and its PDF."""
    html = everything(HOSTILE)
    return html, pdf_bytes(html, "zh")


def test_every_word_is_printed_once_and_in_order(made):
    html, data = made
    assert unprintable(html) == ()
    assert pdf_words(data, html) == page_words(html)


def test_every_picture_is_there_with_its_words(made):
    html, data = made
    alts = [image.get("alt") for image in parsed(html).iter("img")]
    assert len(alts) == 4
    assert [alt for kind, alt in tagged(data) if alt] == [*alts]


def test_only_our_fonts_are_in_it(made):
    assert fonts(made[1]) == {"NotoSansSC-Regular", "NotoSansSC-Bold"}


def test_it_tells_a_reader_its_title_language_and_parts(made):
    reader = read(made[1])
    assert squeezed(reader.metadata.title) == squeezed(HOSTILE)
    assert str(reader.trailer["/Root"]["/Lang"]).startswith("zh")
    assert [squeezed(entry.title) for entry in _flat(reader.outline)] == [squeezed(HOSTILE), squeezed(f"一、{HOSTILE}")]
    kinds = [kind for kind, _ in tagged(made[1])]
    assert [kind for kind in kinds if kind.startswith("/H")] == ["/H1", "/H2", "/H3"]
    assert {"/Table", "/TH", "/TD", "/L", "/LI", "/Figure", "/Link"} <= set(kinds)
    assert "/CreationDate" not in reader.metadata


def _flat(outline):
    for entry in outline:
        yield from _flat(entry) if isinstance(entry, list) else [entry]


def test_the_same_page_gives_the_same_bytes(made, tmp_path):
    page_pdf(made[0], tmp_path / "甲 乙.pdf", "zh")
    assert (tmp_path / "甲 乙.pdf").read_bytes() == made[1]


def test_it_is_a4_with_the_foot_of_the_page(made):
    for number, page in enumerate(read(made[1]).pages, 1):
        assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]
        assert squeezed(page.extract_text()).endswith(f"短题·0c4e1602{number}/{len(read(made[1]).pages)}")


def test_every_class_of_the_styles_and_of_the_pages_is_known():
    styles = "".join(
        (resources.files("evalsys.reporting") / name).read_text("utf-8") for name in ("report.css", "sheet.css")
    )
    named = set(re.findall(r"\.([a-z][a-z0-9]*)", re.sub(r"\{.*?\}", "{}", styles)))
    code = "".join(path.read_text("utf-8") for path in Path(evalsys.__file__).parent.glob("*.py"))
    for names in re.findall(r"class=\\?[\"']([a-z0-9 ]+)[\"']", code):
        named |= set(names.split())
    assert len(named) > 30
    assert named - pdf._CLASSES == set()


def test_what_is_unknown_is_named_and_its_words_are_kept():
    html = sheet('<blink class="odd">甲</blink><p style="color:red">乙</p><details><p>丙</p></details>')
    assert unprintable(html) == (".odd", "<blink>", "<details>", "[color:red]")
    assert pdf_words(pdf_bytes(html, "zh"), html) == page_words(html)


@pytest.mark.parametrize(
    "part",
    [
        '<table border="1" class="dataframe"><thead><tr><th colspan="2">头</th></tr></thead>'
        '<tbody><tr><th rowspan="2">甲</th><td>1</td></tr><tr><td>2</td></tr></tbody></table>',
        "<table></table><table><tbody><tr></tr></tbody></table>",
        '<img src="https://example.org/a.png" alt="远处的图">',
        '<a href="#nowhere">无处</a><a href="a%20b.xlsx">附件</a>',
        "<h2></h2><p></p><h4>四级</h4>",
        "<table><tbody><tr>" + "<td class='r'>1234567.890</td>" * 16 + "</tr></tbody></table>",
        "<table><tbody><tr><td>" + "长" * 9000 + "</td></tr></tbody></table>",
        '<div class="keep"><p>' + "</p><p>".join("段" * 50 for _ in range(80)) + "</p></div>",
    ],
)
def test_what_notebooks_of_others_show_is_printed_too(part):
    html = f"<html><head><title>t</title></head><body>{part}</body></html>"
    data = pdf_bytes(html, "zh")
    alt = "".join(image.get("alt") for image in parsed(html).iter("img"))
    assert sorted(pdf_words(data, html)) == sorted(page_words(html) + alt)
    for page in read(data).pages:
        placed = []
        page.extract_text(visitor_text=lambda *seen, to=placed: to.append(seen))
        for text, cm, tm, *_ in placed:
            x, y = (tm[4] * cm[i] + tm[5] * cm[i + 2] + cm[i + 4] for i in (0, 1))
            assert not text.strip() or (40 < x < 560 and 15 < y < 810)


@pytest.mark.parametrize(
    ("values", "rows"),
    [(["93.86"] * 4, 1), (["35.412–37.912 分", "93.86%", "74%", "50%–86%"], 1), (["35.412–37.912 分"] * 4, 2)],
)
def test_key_figures_never_break_or_run_into_each_other(values, rows):
    html = sheet(markup.key_figures([("名", value, "注") for value in values]))
    placed = []
    read(pdf_bytes(html, "zh")).pages[0].extract_text(visitor_text=lambda *seen: placed.append(seen))
    seen = [(text.strip(), cm[4], round(cm[5])) for text, cm, *_ in placed if text.strip() in values]
    assert [text for text, *_ in seen] == values
    assert len({top for *_, top in seen}) == rows
    for (text, left, top), (_, right, below) in itertools.pairwise(seen):
        assert below != top or right - left > 0.5 * 19 * len(text)


@pytest.mark.parametrize("rows", range(30, 34))
def test_a_total_never_stands_alone_and_heads_repeat(rows):
    filled = [[f"第{n}行", "1"] for n in range(rows)]
    table = markup.table([markup.Column("甲头"), markup.Column("乙头", classes="r")], filled, ["合计", "9"])
    html = sheet("<p>段</p>" * 2, table)
    pages = [squeezed(page.extract_text()) for page in read(pdf_bytes(html, "zh")).pages]
    last = next(page for page in pages if "合计" in page)
    assert f"第{rows - 1}行" in last
    assert all("甲头乙头" in page for page in pages if "行" in page)


def test_some_of_those_tables_break():
    """Otherwise the test above would show nothing."""
    filled = [[f"第{n}行", "1"] for n in range(33)]
    table = markup.table([markup.Column("甲头"), markup.Column("乙头", classes="r")], filled, ["合计", "9"])
    assert len(read(pdf_bytes(sheet("<p>段</p>" * 2, table), "zh")).pages) == 2


@pytest.mark.parametrize("lines", range(23, 28))
def test_a_heading_stays_with_what_follows(lines):
    table = markup.table([markup.Column("甲头")], [["首行"], ["次行"]])
    html = sheet("<p>段</p>" * lines, markup.section("一", "s1", "节名", "", "zh", "一句话。"), table)
    (page,) = (
        words for each in read(pdf_bytes(html, "zh")).pages if "节名" in (words := squeezed(each.extract_text()))
    )
    assert "一句话。甲头首行" in page


def test_a_formula_stands_on_the_line():
    tex = f'<img class="tex" alt="x" style="height:1.2em;vertical-align:-0.25em" src="{_data(SVG)}">'
    plain, moved = (
        pdf._Walk("zh").document(pdf._parsed(sheet(f"<p>甲{each}乙</p>")))
        for each in (tex, tex.replace("-0.25em", "0.1em"))
    )
    assert '#formula("1.svg", "x", 1.2em, 0.25em);' in plain
    assert '#formula("1.svg", "x", 1.2em, -0.1em);' in moved


def test_english_quotation_marks_are_narrow_and_still_text():
    html = sheet("<p>He said “yes” and ‘no’ （全角，括号）.</p>", lang="en")
    data = pdf_bytes(html, "en")
    assert pdf_words(data, html) == page_words(html)
    assert str(read(data).trailer["/Root"]["/Lang"]).startswith("en")


def test_missing_packages_are_told_before_the_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr("evalsys.reporting.printing.find_spec", lambda name: None if name == "typst" else "there")
    for attempt in (lambda: check_printing(["pdf"]), lambda: pdf_bytes(sheet(), "zh")):
        with pytest.raises(PrintMissing) as told:
            attempt()
        assert "typst" in told.value.words.zh
        assert 'pip install "evalsys[print]"' in told.value.words.en
    check_printing(["annex"])


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_of_the_real_round_is_printed_whole(html, lang):
    _whole(html[lang], lang, 4, 12)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["fix-sensitivity", "what-if"])
def test_every_other_report_is_printed_whole(tmp_path, name, lang):
    report = run_report(name, {"assessment": str(WUJIANG), "lang": lang}, tmp_path)
    _whole(report.outputs["html"].read_text("utf-8"), lang, 1, 6)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_long_audit_is_printed_whole(audited, lang):
    _whole(render_html(audited("wujiang-field-2016", lang=lang), lang)[0], lang, 3, 6)


@pytest.mark.slow
def test_a_short_audit_is_printed_whole(audited):
    _whole(render_html(audited("national-index-2012", lang="en"), "en")[0], "en", 2, 3)


@pytest.mark.slow
def test_the_report_without_forecast_is_printed_whole(executed):
    _whole(render_html(executed(WUJIANG, lang="zh", with_forecast=False), "zh")[0], "zh", 4, 6)


def _whole(html, lang, fewest, most):
    data = pdf_bytes(html, lang)
    assert unprintable(html) == ()
    assert pdf_words(data, html) == page_words(html)
    alts = [image.get("alt") for image in parsed(html).iter("img")]
    assert [alt for _, alt in tagged(data) if alt] == alts
    assert alts
    assert fewest <= len(read(data).pages) <= most
    assert fonts(data) == {"NotoSansSC-Regular", "NotoSansSC-Bold"}
    heads = [squeezed(head.text_content()) for head in parsed(html).iter("h1", "h2")]
    assert [squeezed(entry.title) for entry in _flat(read(data).outline)] == heads
