"""Pieces of a page: well formed, safe whatever the names are, three lines to a table."""

import pytest
from page_reader import Reader

from evalsys.figures import Bar, bars
from evalsys.markup import Column, block, figure, lost_cell, safe, section, speaker, table


def test_names_cannot_break_the_page():
    assert safe("a|<i>&") == "a&#124;&lt;i&gt;&amp;"
    assert "<b>" not in table([Column("<b>", "<b>")], [[safe("<b>")]])
    (read,) = Reader(table([Column("x")], [[safe("a|b <i> & 'c' \"d\"")]])).tables
    assert read == [["x"], ["a|b <i> & 'c' \"d\""]]


def test_a_table_has_heads_classes_and_a_total():
    page = table([Column("名称"), Column("失分", "分", "r")], [["甲", "l|0.5"]], ["合计", "0.5"], tight=True)
    assert '<th scope="col" class="r">失分<span class="u">分</span></th>' in page
    assert '<td class="r l">0.5</td>' in page
    assert '<tr class="tot"><td>合计</td>' in page
    assert page.startswith('<table class="tight">')
    Reader(page)


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match="zip"):
        table([Column("a"), Column("b")], [["1"]])


def test_lost_points_are_loud_and_none_are_quiet():
    assert (lost_cell(1), lost_cell(0)) == ("l|1.000", "q|0")


def test_headings_are_numbered_in_both_languages():
    assert '<h2 id="s2">二、问题清单</h2>' in section("二", "s2", "问题清单", "Findings", "zh", "")
    assert '<h2 id="s2">2. Findings</h2>' in section("二", "s2", "问题清单", "Findings", "en", "")
    assert '<h2 id="s6" class="pb">附表</h2>' in section("", "s6", "附表", "Annex", "zh", "", page_break=True)


def test_a_block_carries_its_language_and_a_figure_its_words():
    assert block("zh", "x")._repr_html_() == '<div class="ev" lang="zh-CN">x</div>'
    assert speaker("en")("中", "a") == "a"
    (image,) = Reader(figure("<h>", bars([Bar("甲", 1, "1")], '替代"文字"'), "注")).images
    assert image["alt"] == '替代"文字"'
