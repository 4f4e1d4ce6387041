"""Pages: their numbers are those of the score, both languages are complete, nothing is left unsaid."""

import re

import pytest
from page_reader import Reader

from evalsys import pages, read_assessment, score, sections

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
