"""Formulas in a text become pictures on the line; money and what cannot be drawn stay text."""

import base64
import re
import xml.etree.ElementTree as ET

import nbformat
import pytest

from evalsys.reporting.formulas import _picture
from evalsys.reporting.render import render_html


def drawn(text):
    """Return the page's part that a text becomes, and its pictures: what they say, height and depth in em."""
    page, _ = render_html(notebook(nbformat.v4.new_markdown_cell(text)), "zh")
    part = page.partition('<div class="ev"')[2]
    found = re.findall(r'<img class="tex" alt="([^"]*)" style="height:([\d.]+)em;vertical-align:(-?[\d.]+)em"', part)
    return part, [(tex, float(height), float(shift)) for tex, height, shift in found]


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        (r"得分率 $\hat{p}=\frac{k}{n}$。", r"\hat{p}=\frac{k}{n}"),
        ("$$\nx_1^2 + y_1\n$$", "x_1^2 + y_1"),
        ("甲 $a < b$ 乙", "a &lt; b"),
        ("$a_1 * b_1 * c$", "a_1 * b_1 * c"),
    ],
)
def test_a_formula_is_a_picture_that_says_what_it_is(text, tex):
    _, (found,) = drawn(text)
    assert found[0] == tex
    assert 0.3 < found[1] < 4


def test_a_fraction_hangs_below_the_line_and_a_power_does_not():
    _, (fraction, power) = drawn(r"$\frac{a}{b}$ $x^2$")
    assert fraction[2] < -0.2
    assert power[2] == 0
    assert fraction[1] > power[1]


@pytest.mark.parametrize("text", ["由 $5 至 $6", "费用 $ 5 $", r"$\nosuch{x}$", "$单位$", "`$x$`"])
def test_what_is_no_formula_or_cannot_be_drawn_stays_text(text):
    part, found = drawn(text)
    assert found == []
    assert text.strip("`$").strip() in part


def test_names_of_places_are_no_formulas():
    shown = nbformat.v4.new_code_cell("x")
    shown.outputs = [nbformat.v4.new_output("display_data", {"text/html": "<p>$x$市</p>"})]
    assert "<p>$x$市</p>" in render_html(notebook(shown), "zh")[0]


def test_the_picture_holds_outlines_and_no_font_and_is_the_same_twice():
    part, _ = drawn("$x^2$")
    root = ET.fromstring(base64.b64decode(re.search(r"base64,([^\"]+)", part)[1]))
    assert root.findall(".//{http://www.w3.org/2000/svg}path")
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    _picture.cache_clear()
    assert drawn("$x^2$")[0] == part


def notebook(*cells):
    made = [nbformat.v4.new_markdown_cell("# 给使用者的话"), nbformat.v4.new_code_cell("lang = 'zh'")]
    made[1].metadata["tags"] = ["parameters"]
    return nbformat.v4.new_notebook(cells=[*made, *cells])


def test_text_below_the_parameters_stands_on_the_page_with_its_formulas():
    text = "## 补充\n\n**重点** $\\frac{a}{b}$ <b>x</b> ![图](https://example.org/x.png)\n\n| 甲 |\n|--:|\n| 3 |\n"
    page, _ = render_html(notebook(nbformat.v4.new_markdown_cell(text)), "zh")
    assert "给使用者的话" not in page
    assert '<h2 id="section-1">补充</h2>' in page
    assert '<a href="#section-1">补充</a>' in page
    assert "<strong>重点</strong>" in page
    assert "&lt;b&gt;x&lt;/b&gt; 图" in page
    assert "example.org" not in page
    assert page.count('class="tex"') == 1
    assert '<td style="text-align:right">3</td>' in page


def test_a_notebook_of_another_hand_without_parameters_shows_no_text():
    cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("话")])
    assert "话" not in render_html(cells, "zh")[0]
