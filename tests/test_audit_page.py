"""The one-page report of an audit: the conclusion first, the findings by weight, the rule, the hash."""

import re

import pytest
from published_tables import RULE, published

from evalsys.audit import audit_table
from evalsys.audit_page import audit_pieces, write_audit_page
from evalsys.audit_results import conclusion, rounding_sentence
from evalsys.language import Text

CHANGES = ((",92.92,1", ",93.92,1"), (",90.00,4", ",90.01,4"))


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S))


def page(audit, lang="zh", proposed=None):
    return "".join(audit_pieces(audit, lang, proposed))


@pytest.mark.parametrize(
    ("lang", "sentence", "words"),
    [
        ("zh", "共复核 48 处，46 处相符，1 处属舍入差异，1 处错误。", ("错误", "舍入差异", "60% × 实地考察")),
        (
            "en",
            "48 checks made, 46 agree, 1 is a matter of rounding, 1 is wrong.",
            ("error", "rounding", "60% × Site visits"),
        ),
    ],
)
def test_the_conclusion_stands_first(tmp_path, lang, sentence, words):
    audit = audit_table(published(tmp_path, *CHANGES))
    assert conclusion(audit).say(lang) == sentence
    text = plain(page(audit, lang))
    places = [text.index(word) for word in (sentence, "93.92", "90.01")]
    assert places == sorted(places)
    assert all(word in text for word in words)
    assert f"sha256 {audit.published.hash[:16]}" in text
    assert "成绩.csv" in text


def test_a_clean_table_is_said_to_be_clean(tmp_path):
    text = plain(page(audit_table(published(tmp_path))))
    assert "共复核 48 处，48 处相符，未发现错误。" in text
    assert "公布的每一个数都与规则相符。" in text


def test_the_page_states_its_counts(tmp_path):
    facts = audit_pieces(audit_table(published(tmp_path, *CHANGES)), "zh")[1].facts
    assert (facts["audit_checks"], facts["audit_error"], facts["audit_rounding"]) == (48, 1, 1)


def test_no_single_way_of_rounding_is_told(tmp_path):
    audit = audit_table(published(tmp_path, *CHANGES))
    assert rounding_sentence(audit).en == (
        "Of 18 parts and totals rounding half up gives 16, truncation 16; no single way gives all of them."
    )
    assert rounding_sentence(audit_table(published(tmp_path))) == Text("", "")
    cut = audit_table(published(tmp_path, ("湖街,80.00", "湖街,80.01")))  # 48.006 and 80.836, printed 48.00 and 80.83
    assert rounding_sentence(cut).zh == "18 个分项和总分中，四舍五入得出 16 个，截尾得出 18 个。"


def test_ties_are_one_row_and_many_findings_are_cut(tmp_path):
    table = "街道,分,名次\n" + "".join(f"街{n},90,{n}\n" for n in range(1, 8))
    table += "".join(f"路{n},{80 - n},30\n" for n in range(20))
    rule = "schema: 1\nname: 街道\nrank: {column: 名次, by: 分}\n"
    text = plain(page(audit_table(published(tmp_path, rule=rule, table=table))))
    assert "另有 5 处，见工作簿。" in text
    few = plain(page(audit_table(published(tmp_path, rule=rule, table="\n".join(table.splitlines()[:8]) + "\n"))))
    assert "街2等 6 个" in few
    assert "2–7" in few


def test_proposed_weights_are_marked(tmp_path):
    audit = audit_table(published(tmp_path, *CHANGES))
    proposed = Text("推得的一句", "a proposal")
    assert "推得权重" in page(audit, "zh", proposed)
    assert "推得的一句" in page(audit, "zh", proposed)
    assert "推得权重" not in page(audit, "zh")


def test_names_from_the_table_are_text(tmp_path):
    rule = RULE.replace("东街", '"<b>|"')
    assert "<b>|" not in page(
        audit_table(published(tmp_path, ("甲组,东街", "甲组,<b>|"), (",92.92,1", ",93.92,1"), rule=rule))
    )


def test_the_file_is_one_page_without_outside_links(tmp_path):
    path = write_audit_page(audit_table(published(tmp_path, *CHANGES)), tmp_path / "a.html", "en")
    html = path.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert "<title>Streets of a sample district: audit</title>" in html
    assert not re.search(r'(?:src|href)="https?:', html)
