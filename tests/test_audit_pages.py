"""The instrument audit: its numbers are those counted by hand, both languages are complete, nothing is left unsaid."""

import base64
import re
from dataclasses import replace
from fractions import Fraction as F

import pytest
from builders import content_of, indicator, instrument_of, standard
from page_reader import Reader

from evalsys import audit_pages, audit_sections, instrument_ids, load_instrument
from evalsys.audit_views import ORIGINS, weights
from evalsys.figures import COLOURS, Cell, GridRow
from evalsys.wording import decimal

PARTS = (
    audit_pages.title_block,
    audit_pages.summary,
    audit_pages.spread,
    audit_pages.tree,
    audit_sections.own_thresholds,
    audit_sections.double_counting,
    audit_sections.assumptions,
    audit_sections.contradictions,
    audit_sections.beside,
    audit_sections.effective_weights,
    audit_sections.provenance,
)
IDS = instrument_ids()


@pytest.fixture(scope="module")
def police():
    return load_instrument("taizhou-police-2009")


@pytest.fixture(scope="module")
def pages():
    """Return a function that reads all parts of an instrument in a language, each drawn once."""
    made = {}

    def read(name, lang):
        if (name, lang) not in made:
            instrument = load_instrument(name)
            made[name, lang] = [Reader(part(instrument, lang)) for part in PARTS]
        return made[name, lang]

    return read


def words(html):
    return re.sub(r"\s+", " ", "".join(Reader(html).words))


# -------------------------------------------------------------------------------------------- every instrument

FEW = ("taizhou-police-2009", "national-index-2012", "national-frame-2018", "waste-sorting-estate")
EVERY = [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in IDS]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", EVERY)
def test_every_instrument_has_a_well_formed_page(pages, name, lang):
    for read in pages(name, lang):
        for table in read.tables:
            assert len({len(row) for row in table}) == 1
        for image in read.images:
            assert len(image["alt"]) > 10
            assert "data-missing" not in image
        assert not re.search(r"\bNone\b|\bnan\b|Fraction|\bTrue\b|\bFalse\b|object at", "".join(read.words))


@pytest.mark.parametrize("name", EVERY)
def test_the_english_page_keeps_chinese_for_titles_and_what_the_file_has_in_one_language(pages, name):
    instrument = load_instrument(name)
    kept = {part for document in instrument.documents.values() for part in document.values() if isinstance(part, str)}
    for node in instrument.standards.values():  # what one enters
        for rule in node.standard.rules.values():
            kept |= set(rule.params.get("table", ()))
            kept |= {who for kind in rule.params.get("kinds", {}).values() for who in kind["found_by"] or ()}
    for read in pages(name, "en"):
        said = "\n".join([*read.words, *(image["alt"] for image in read.images)])
        for text in sorted(kept, key=len, reverse=True):
            said = said.replace(text, "")
        assert not re.findall(r"[\u3000-\u9fff\uff00-\uffef“”]+", said)


@pytest.mark.parametrize("name", ["taizhou-police-2009", "national-index-2012", "waste-sorting-estate"])
def test_the_chinese_page_has_no_english_words(pages, name):
    instrument = load_instrument(name)
    said = "\n".join(word for read in pages(name, "zh") for word in read.words)
    for known in (name, *sorted(instrument.places, key=len, reverse=True), "evalsys", "Python"):
        said = said.replace(known, "")
    assert not re.findall(r"[A-Za-z]{2,}", re.sub(r"https?://\S+", "", said))


def numbers(reads):
    return sorted(n for read in reads for word in read.words for n in re.findall(r"(?<![\w.])\d+\.\d{2,3}%?", word))


@pytest.mark.parametrize("name", FEW)
def test_both_languages_tell_the_same_numbers(pages, name):
    assert numbers(pages(name, "zh")) == numbers(pages(name, "en"))


# --------------------------------------------------------------------------------------------------- page one


def test_the_result_comes_first_with_the_numbers_counted_by_hand(police):
    said = words(audit_pages.summary(police, "zh"))
    assert said.startswith(
        "53 项标准中 37 项计分，满分 100 分；权重全部为假定，测评方法为假定的占 1.7%，达标界限为假定的占 28.2%。"
    )
    assert "几种方法如何合并属于假定的占 26.2%" in said
    assert "除权重外，方法、合并方式和界限均无假定的标准 20 项，占 55.2%" in said
    for figure in ("37项", "28.2%", "3种", "7家", "另有 16 项不计分", "27 项标准的牵头为假定"):
        assert figure in said
    said = words(audit_pages.summary(police, "en"))
    assert said.startswith(
        "37 of 53 standards are scored, full marks 100; all weights are assumed, methods for 1.7% and "
    )


def test_what_is_not_assumed_is_not_called_so():
    said = words(audit_pages.summary(load_instrument("wujiang-field-2016"), "zh"))
    assert said.startswith(
        "39 项标准全部计分，满分 39 分；权重、方法和界限均未标为假定。按分值计，不设界限的占 100.0%。"
    )
    said = words(audit_pages.summary(load_instrument("waste-sorting-estate"), "en"))
    assert "thresholds are assumed for 20.0% of the points" in said


def test_an_instrument_that_is_not_scored_says_so_and_shows_the_printed_points():
    index = load_instrument("national-index-2012")
    said = words(audit_pages.summary(index, "zh"))
    assert "本体系不计分；印明的分值为 5 项一级指标共 100 分。" in said
    assert audit_pages.spread(index, "zh") == ""
    assert "另有 4 项指标只见名称和分值" in words(audit_pages.tree(index, "zh"))
    (table,) = Reader(audit_sections.effective_weights(index, "zh")).tables
    assert [row[-2:] for row in table[2:]] == [["不计分", "–"]] * 4
    assert {"26"} == {row[4] for row in table if row[1] == "公益活动"}


def test_the_charts_tell_the_points_and_the_rule(police):
    read = Reader(audit_pages.spread(police, "zh"))
    assert "参数（假定） 28.167" in read.images[0]["alt"]
    assert "治安支队 30" in read.images[2]["alt"]
    said = "".join(read.words)
    assert "8 项标准在几类点位测评，各类均全数计入，各条不可相加。" in said
    assert "另有 5 类点位，各不超过" in said


# -------------------------------------------------------------------------------------------------------- tree


def boxes(image, colour):
    svg = base64.b64decode(image["src"].partition(";base64,")[2]).decode()
    return len(re.findall(rf'style="fill: {colour.lower()}', svg))


def test_every_cell_shows_where_its_threshold_comes_from(police):
    (image,) = Reader(audit_pages.tree(police, "zh")).images
    assert boxes(image, COLOURS["lost_light"]) == 11
    assert boxes(image, COLOURS["won"]) == 6
    assert boxes(image, COLOURS["band"]) == 5 + 8
    said = words(audit_pages.tree(police, "zh"))
    assert "53 项标准分属 12 项指标；界限为假定的计分标准 11 项，最多的是安全稳定的社会环境（6 项）。" in said
    assert "格内为编码" in said
    assert "虚框" not in said  # no threshold without a source here


def made(folder, counts, digits="{}.{}"):
    """Return an instrument with so many standards below each top-level indicator, of every origin in turn."""
    origins = [origin for origin in ORIGINS if origin not in ("none", "unstated")]
    out = []
    for top, count in enumerate(counts, 1):
        below = []
        for n in range(1, count + 1):
            one = standard(digits.format(top, n), {"threshold": {"at_least": 90}})
            one["source"]["threshold"] = origins[n % len(origins)]
            below.append(one)
        out.append({**indicator(str(top), None, [indicator(f"{top}-a", None, below)])})
    return instrument_of(folder, content_of(out, 100, "equal"))


@pytest.mark.slow
def test_a_tree_of_80_fills_part_of_a_page_and_a_larger_one_is_parted(tmp_path):
    (image,) = Reader(audit_pages.tree(made(tmp_path / "a", [5] * 16), "zh")).images
    assert float(re.search(r"height:([\d.]+)mm", image["style"])[1]) < 225
    assert boxes(image, COLOURS["lost_light"]) == 16 * 2
    large = made(tmp_path / "b", [20] * 18, "{}.0.{}")
    images = Reader(audit_pages.tree(large, "zh")).images
    assert [float(re.search(r"height:([\d.]+)mm", image["style"])[1]) < 225 for image in images] == [True, True]
    assert sum(boxes(image, COLOURS["won"]) for image in images) == 18 * 4
    assert "格内为在该指标中的序号" in words(audit_pages.tree(large, "zh"))  # its codes are too long


@pytest.mark.parametrize(("code", "inside"), [("1.2.3", "编码"), ("12.34", "在该指标中的序号")])
def test_a_code_stands_in_its_cell_where_it_fits(tmp_path, code, inside):
    own = instrument_of(tmp_path, content_of([indicator("1", 10, [standard(code, "loss", 10)])], 10))
    assert f"格内为{inside}" in words(audit_pages.tree(own, "zh"))


def test_parts_of_a_tree_fill_a_page_and_keep_a_group_together():
    def rows(*sizes):
        return [GridRow("x", [Cell("won", "")] * 14 * lines, "", "", False, level) for level, lines in sizes]

    def parted(*sizes):
        return [len(part) for part in audit_pages._parts(rows(*sizes))]

    assert parted() == []
    assert parted((0, 35), (0, 1)) == [2]
    assert parted((0, 35), (0, 1), (1, 1)) == [1, 2]  # the second group would not fit whole
    assert parted((0, 1), *[(1, 1)] * 40) == [36, 5]
    assert parted((0, 40), (0, 1)) == [1, 1]


def test_the_sentence_of_the_tree_names_where_assumed_thresholds_are(tmp_path):
    def said(counts, lang):
        tops = []
        for top, assumed in enumerate(counts, 1):
            below = [standard(f"{top}.{n}") for n in (1, 2)]
            for one in below[:assumed]:
                one["source"]["threshold"] = "assumed"
            tops.append(indicator(str(top), None, below))
        own = instrument_of(tmp_path / str(counts), content_of(tops, 100, "equal"))
        return audit_pages._tree_sentence(own, lang)

    head = "4 项标准分属 2 项指标；"
    assert said((0, 0), "zh") == head + "没有一项计分标准的界限为假定。"
    assert said((2, 0), "zh") == head + "界限为假定的计分标准 2 项，均在1项。"
    assert said((1, 2), "zh") == head + "界限为假定的计分标准 3 项，最多的是2项（2 项）。"
    assert said((1, 0), "en").endswith("; 1 scored has an assumed threshold, in: item 1.")
    assert said((1, 1, 1, 1), "en").endswith("most of them (1) in: item 1, item 2, item 3 and 1 more.")


# ---------------------------------------------------------------------------------------------------- sections


def test_equal_weights_are_told_once_and_points_that_nobody_printed_have_no_column(tmp_path):
    below = [standard("1.1"), standard("1.2")]
    own = instrument_of(tmp_path, content_of([indicator("1", None, below)], 10, "equal"))
    said = audit_sections.effective_weights(own, "zh")
    assert "2 项计分标准各占满分的 50.00%。" in words(said)
    (table,) = Reader(said).tables
    assert table[0][-3:] == ["界限来源", "有效分值", "占满分"]
    assert table[-1][-2:] == ["10.000", "100.00%"]


def test_standards_that_are_not_scored_come_last_among_assumed_thresholds(tmp_path):
    below = [standard("1.1", scored="no"), standard("1.2", points=10)]
    for one in below:
        one["source"]["threshold"] = "assumed"
    own = instrument_of(tmp_path, content_of([indicator("1", 10, below)], 10))
    said = audit_sections.own_thresholds(own, "en")
    (table,) = Reader(said).tables
    assert [row[0].split()[0] for row in table[1:]] == ["1.2", "1.1"]
    assert "; 1 more is not scored." in words(said)


def test_assumed_thresholds_stand_with_the_default_in_use(police):
    (table,) = Reader(audit_sections.own_thresholds(police, "zh")).tables
    rows = {row[0].split()[0]: row for row in table[1:]}
    assert len(rows) == 13
    assert rows["4.6"][1:] == ["不低于95%", "参数（假定）", "2.500"]
    assert rows["5.3"][1:] == ["达到100%，不足的按比例计分", "参数（假定）", "5.000"]
    assert rows["T.3"][1:] == ["评定等级：A得满分，B得66%，C得33%，D不得分", "参数（假定）", "不计分"]
    assert [row[-1] for row in table[1:5]] == ["6.667", "5.000", "2.500", "2.000"]


def test_double_counting_is_shown_where_the_register_has_it(police):
    (table,) = Reader(audit_sections.double_counting(police, "zh")).tables
    assert [len(table), *re.findall(r"\d\.\d", table[1][1])] == [2, "4.3", "5.4"]
    assert "共 6.667 分" in words(audit_sections.double_counting(police, "zh"))
    other = audit_sections.double_counting(load_instrument("wujiang-field-2016"), "zh")
    assert "未登记的不在其内" in other
    assert Reader(other).tables == []


def test_assumptions_are_counted_by_kind(police):
    (table,) = Reader(audit_sections.assumptions(police, "zh")).tables
    assert table[1:3] == [
        ["权重", "37", "16", "100.000", "100.0%", "全部"],
        ["测评方法", "1", "16", "1.667", "1.7%", "2.11"],
    ]
    assert [row[0] for row in table[3:]] == ["多种方法的合并方式", "达标界限", "牵头单位"]


def test_pairwise_comparisons_stand_with_their_ratio(tmp_path):
    def matrix(of, *rows):
        return {"of": of, "matrix": [[str(cell) for cell in row] for row in rows]}

    below = [standard(f"1.{n}") for n in (1, 2, 3)]
    content = content_of(
        [
            indicator(
                "1", None, below, pairwise=matrix(["1.1", "1.2", "1.3"], (1, 2, 9), ("1/2", 1, 1), ("1/9", 1, 1))
            ),
            indicator("2", None, [standard("2.1", weight="1")]),
        ],
        100,
        "ahp",
        pairwise=matrix(["1", "2"], (1, 3), ("1/3", 1)),
    )
    instrument = instrument_of(tmp_path, content)
    (table,) = Reader(audit_sections.assumptions(instrument, "en")).tables
    found = {row[0]: row[1:] for row in table[1:]}
    assert found["item 体系"] == ["item 1 75.0%, item 2 25.0%", "0.000", "consistent"]
    assert found["item 1"][2] == "contradictory"
    (ratio,) = [item.ratio for item in instrument.comparisons if item.code == "1"]
    assert float(found["item 1"][1]) == pytest.approx(ratio, abs=1e-3)
    assert ratio > 0.1


def test_a_short_default_stays_on_one_line():
    assert [audit_sections._unbroken("字" * n).startswith("nw|") for n in (26, 30, 31)] == [True, True, False]


def test_where_nothing_is_scored_no_scored_standard_is_named(tmp_path):
    one = standard("1.1")
    one["source"]["threshold"] = "assumed"
    own = instrument_of(tmp_path, content_of([indicator("1", 10, [one])], 10, scored="no"))
    (table,) = Reader(audit_sections.assumptions(own, "zh")).tables
    assert table[1:] == [["达标界限", "0", "1", "0.000", "0.0%", "–"]]


def test_a_remark_on_the_source_ends_once(tmp_path):
    source = {"document": "test", "note": {"zh": "转载。", "en": "A copy."}}
    content = content_of([indicator("1", 10, [standard("1.1", points=10)])], 10, source=source)
    own = instrument_of(tmp_path, content)
    assert "来源情况：转载；权重" in words(audit_sections.provenance(own, "zh"))
    assert "About the source: A copy; Weights" in words(audit_sections.provenance(own, "en"))


def test_contradictions_are_all_there(police):
    (table,) = Reader(audit_sections.contradictions(police, "zh")).tables
    assert len(table) == 1 + 13
    assert table[3][1:] == [police.contradictions[2].text.zh, "4.3、5.4"]


def test_what_stands_beside_the_standards():
    said = audit_sections.beside(load_instrument("resettlement-subdistrict"), "zh")
    calendar, mechanisms, facts = Reader(said).tables
    assert [len(calendar), len(mechanisms), len(facts)] == [1 + 4, 1 + 2, 1 + 22]
    assert mechanisms[1][2] == "60万元"
    assert {"4.4 公里", "多于 70 个", "1,200 平方米"} <= {row[1] for row in facts}
    frame = Reader(audit_sections.beside(load_instrument("national-frame-2018"), "en")).tables
    assert "15% / 25% / 60%" in [row[2] for row in frame[1]]
    bonus = Reader(audit_sections.beside(load_instrument("river-chief-options"), "zh")).tables[0]
    assert bonus[1][0::3] == ["加分", "每次加 5 分，至多 5 分"]


def test_entries_outside_the_score_say_what_they_do(tmp_path):
    def entry(code, **more):
        return {"code": code, "name": {"zh": code, "en": code}, "source": {"clause": "一"}, **more}

    below = [indicator("1", 10, [standard("1.1", points=10)])]
    gates = [entry("g1", at_least=85, of="minors"), entry("g2")]
    own = instrument_of(tmp_path / "a", content_of(below, 10, gates=gates))
    said = audit_sections.beside(own, "zh")
    assert "计分以外的条款 2 条，不在满分之内。" in words(said)
    assert [row[3] for row in Reader(said).tables[0][1:]] == ["不低于 85", "–"]
    listed = [
        entry("n1", effect={"deduct": 3, "action": "suspend", "months": 12}),
        entry("n2", effect=[{"to": "holder", "action": "revoke"}, {"deduct": 1, "within": 12}], confirm="yes"),
    ]
    bonus = [entry("b1", points=5), entry("b2", points=2, cap=4)]
    joined = [entry("j1", of="minors", share="20%")]
    more = {"negative_list": listed, "bonus": bonus, "joined": joined}
    (table,) = Reader(audit_sections.beside(instrument_of(tmp_path / "b", content_of(below, 10, **more)), "en")).tables
    assert [row[3] for row in table[1:]] == [
        "20% of the total",
        "5 points each",
        "2 points each, at most 4",
        "3 points off, suspended, for 12 months",
        "title holder: revoked; 1 points off, if within 12 months before; a person decides",
    ]


def test_mechanisms_facts_and_what_is_left_out_in_words(tmp_path):
    said = {"text": {"zh": "文", "en": "text"}, "source": {"clause": "一"}}
    steps = [{"zh": "通报", "en": "notice"}, {"zh": "约谈", "en": "interview"}]
    kinds = [
        {**said, "kind": "ladder", "steps": steps},
        {**said, "kind": "award", "steps": steps},
        {**said, "kind": "cycle", "shares": ["15", "25", "60"]},
        {**said, "kind": "weight", "shares": ["0.2", "0.8"]},
    ]
    left = [{**said, "why": said["text"], "kept": "nothing", **more} for more in ({"row": "X.1"}, {"rows": ["X.2"]})]
    measure = {"zh": "公里", "en": "km"}
    facts = [{**said, "value": "1/3", "measure": measure}, {**said, "value": "70", "measure": measure}]
    content = content_of([indicator("1", 10, [standard("1.1", points=10)])], 10)
    own = instrument_of(tmp_path, {**content, "mechanisms": kinds, "facts": facts, "left_out": left})
    page = audit_sections.beside(own, "en")
    assert "none of it scored" in words(page)
    first, second, third = Reader(page).tables
    assert [row[2] for row in first[1:]] == ["notice → interview", "notice, interview", "15% / 25% / 60%", "20% / 80%"]
    assert [row[1] for row in second[1:]] == ["1/3 km", "70 km"]
    assert [row[3] for row in third[1:]] == ["X.1", "X.2"]


def test_assumptions_of_the_whole_and_of_nothing(tmp_path):
    below = [indicator("1", 10, [standard("1.1", points=10)])]
    mark = {"value": "85%", "status": "assumed"}
    documents = {"test": {"title": "测试", "certainty": "copy"}}
    own = instrument_of(tmp_path / "a", content_of(below, 10, documents=documents))
    assert "Weights are printed (as given); nothing of a standard is marked as assumed." in words(
        audit_sections.assumptions(own, "en")
    )
    said = words(audit_sections.assumptions(own, "en"))
    assert "the pass mark is assumed" not in said
    assert "no written source" not in said
    other = instrument_of(tmp_path / "b", content_of(below, 10, pass_mark=mark))
    said = words(audit_sections.assumptions(other, "en"))
    assert "the pass mark is assumed" in said
    assert "no written source" in said


def test_the_annex_holds_every_standard_and_adds_up(police):
    (table,) = Reader(audit_sections.effective_weights(police, "zh")).tables
    rows = {row[0]: row for row in table[1:]}
    assert set(police.standards) <= set(rows)
    assert rows["1.3"][-2:] == ["6.667", "6.67%"]
    assert rows["T.3"][-2:] == ["不计分", "–"]
    assert table[-1][-2:] == ["100.000", "100.00%"]
    assert [rows[w.code][-2] for w in weights(police) if w.points] == [
        decimal(w.points, 3) for w in weights(police) if w.points
    ]
    printed = Reader(audit_sections.effective_weights(load_instrument("waste-sorting-estate"), "zh")).tables[0]
    assert next(row[4:] for row in printed if row[0] == "5.2.1") == ["10", "5.000", "5.00%"]


def test_the_workbook_holds_the_same_weights(police, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    assert audit_sections.write_annex(police, "", "zh") == ""
    assert "有效权重.xlsx" in audit_sections.write_annex(police, str(tmp_path), "zh")
    sheet = openpyxl.load_workbook(tmp_path / "有效权重.xlsx").worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + 53
    assert sum(row[7] or 0 for row in rows[1:]) == pytest.approx(100, abs=0.02)  # three decimals each


def test_names_of_the_data_cannot_act_as_markup(tmp_path):
    odd = {"zh": "<b>甲|乙</b>&", "en": "<i>a|b</i>&"}
    below = [standard("1.1", "grade", 10, name=odd, text=odd)]
    below[0]["source"]["threshold"] = "parameter"
    content = content_of([{**indicator("1", 10, below), "name": odd}], 10, title=odd, assumed=[odd])
    instrument = replace(instrument_of(tmp_path, content), full_marks=F(10))
    for lang in ("zh", "en"):
        for part in PARTS:
            assert "<b>甲" not in part(instrument, lang)
            assert "<i>a" not in part(instrument, lang)
            Reader(part(instrument, lang))
    (table,) = Reader(audit_sections.own_thresholds(instrument, "zh")).tables
    assert table[1][0] == "1.1 <b>甲|乙</b>&"


def test_all_kinds_have_words():
    from evalsys.audit_beside import _KEPT, _MECHANISMS
    from evalsys.instrument_shape import MECHANISMS, THRESHOLDS

    assert set(_MECHANISMS) == set(MECHANISMS)
    assert set(audit_pages.ORIGIN_NAMES) == set(ORIGINS) == {*THRESHOLDS, "none", "unstated"}
    assert set(_KEPT) == {"nothing", "unscored", "setting", "rest"}
