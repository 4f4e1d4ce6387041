"""The league-table page: complete in both languages, every number from the league, every sentence true."""

import re
from fractions import Fraction as F

import pytest
from page_reader import Reader
from test_league import JINING, TRUTH, WUJIANG, written

from evalsys import league_words
from evalsys.evidence import read_assessment
from evalsys.league import league_of, plain_league
from evalsys.league_pages import provenance, review, standings, statement, summary, title_block
from evalsys.scoring import score

PARTS = (title_block, summary, standings, statement, review, provenance)
#: Names of units, groups and parts are the user's, in any language.
USERS = "[一-鿿]+(?:街道|局|办|大队|镇|区)"


@pytest.fixture(scope="module")
def jining():
    return league_of(str(JINING))


@pytest.fixture(scope="module")
def wujiang():
    return plain_league(score(read_assessment(WUJIANG)))


def said(piece):
    return re.sub(r"\s+", " ", "".join(Reader(piece).words))


def table(folder, counts, name="table", error="1.5", **more):
    """Groups of so many units; the second and third of each are equal."""
    rows = []
    for group, count in zip("甲乙丙丁", counts, strict=False):
        marks = [99 - n if n != 2 else 98 for n in range(count)]
        rows += [(f"{group}片", f"{group}{n}村", str(mark), str(mark)) for n, mark in enumerate(marks)]
    return written(folder, rows, name, error, **more)


# ------------------------------------------------------------------------------------------------ the whole page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", ["jining", "wujiang"])
def test_a_page_is_complete_in_both_languages(request, which, lang):
    league = request.getfixturevalue(which)
    pieces = [part(league, lang) for part in PARTS]
    text = " ".join(said(piece) for piece in pieces)
    assert "None" not in text
    assert "Fraction" not in text
    if lang == "en":
        assert not re.search("[一-鿿]", re.sub(USERS, "", text)), re.findall("[一-鿿]+", re.sub(USERS, "", text))
        for piece in pieces:
            for image in Reader(piece).images:
                assert not re.search("[一-鿿]", re.sub(USERS, "", image["alt"]))
    images = Reader(pieces[2]).images
    assert [image["alt"] for image in images] == [
        league_words.chart_alt(league, group, group.units, lang) for group in league.groups
    ]
    facts = {name: value for piece in pieces for name, value in piece.facts.items()}
    assert facts["place"] == league.place
    assert facts["evidence_hash"] == league.hash
    assert facts["units"] == len(league.units)


def test_the_result_names_who_is_first_and_last(jining, wujiang):
    assert league_words.lead(jining, "zh") == ("济阳街道、接庄街道分列两组第一", "金城街道、李营街道居末位")
    assert league_words.lead(jining, "en") == (
        "济阳街道 and 接庄街道 rank first in their groups", "金城街道 and 李营街道 rank last",
    )  # fmt: skip
    assert league_words.lead(wujiang, "zh") == ("9 个单位并列第一", "市场监督局居末位")
    text = said(summary(jining, "zh"))
    for number in ("97.76", "90.90", "96.67", "87.65", "6.86 分", "9.02 分", "示例数据"):
        assert number in text
    assert "12 对中有 11 对" in text
    assert "5 对中有 2 对" in text
    assert "酒仙桥街道与南苑街道（96.01、96.00）" in text


def test_the_note_tells_the_chance_to_be_last_again(jining, wujiang):
    by_name = {unit.ranked.name: unit.chances.last for unit in jining.units}
    head, text = league_words.note(jining, "zh")
    assert head == "看排名先看区间。"
    for name in ("金城街道", "李营街道"):
        assert f"{name}" in text
        assert f"约 {by_name[name]:.0%}" in text
    head, text = league_words.note(wujiang, "zh")
    assert head == "名次没有区间。"
    assert "按行加总的得分没有误差参数" in text


def test_pictures_say_every_unit_with_its_numbers(jining):
    for group in jining.groups:
        alt = league_words.chart_alt(jining, group, group.units, "zh")
        for unit in group.units:
            own = unit.ranked
            low, high = unit.chances.low, unit.chances.high
            assert f"第 {own.rank} 名 {own.name} {league_words.score_text(jining, own.score)}（{low} 至 {high}）" in alt


def test_the_statement_has_raw_weighted_and_total_of_each_unit(jining):
    (rows,) = Reader(statement(jining, "zh")).tables
    assert [place for place, row in enumerate(rows) if row[0] == ""] == [1, 15]  # the groups, of 13 and 6
    assert ([row[1] for row in (rows[1], rows[15])], len(rows)) == (["主城区", "城郊"], 22)
    head, _, first = rows[:3]
    assert head == [
        "名次",
        "街道（镇）",
        "实地考察",
        "问卷调查",
        "实地考察× 85%",
        "问卷调查× 15%",
        "总分分",
        "名次区间",
        "复核",
    ]
    assert first[:7] == ["1", "济阳街道", "97.96", "96.65", "83.27", "14.50", "97.76"]
    checks = {row[1]: row[-1] for row in rows[1:] if row[-1]}
    assert checks["鼓楼街道"] == "实地考察 +0.01、总分 +0.01"
    assert checks["许庄街道"] == "问卷调查 −0.01"
    assert len(checks) == 9


def test_the_review_lists_each_difference_and_asserts_no_cause(jining):
    (rows,) = Reader(review(jining, "zh")).tables
    assert len(rows) == 1 + 10
    assert [row[1] for row in rows[1:4]] == ["总分"] * 3
    by_name = {(row[0], row[1]): row for row in rows[1:]}
    row = by_name["鼓楼街道", "总分"]
    assert row[2:6] == ["92.49", "92.4970", "92.50", "+0.01"]
    assert "截尾" in row[6]
    assert "公布的各分项相加" in row[6]
    assert by_name["许庄街道", "问卷调查 × 15%"][2:6] == ["13.54", "13.5345", "13.53", "−0.01"]
    text = said(review(jining, "zh"))
    assert "57 个数字全部复算，末位不同的 10 个（其中总分 3 个），相差均不超过 0.01，名次与原公布相同。" in text
    assert "不说明原来就这样算" in text
    for _, _, printed, exact, shown, gap, _ in rows[1:]:
        assert F(shown) - F(printed) == F(gap.replace("−", "-"))
        assert abs(F(exact) - F(printed)) <= F(1, 100)


def test_an_assessment_tells_that_sums_are_plain_and_rows_count_twice(wujiang):
    text = said(review(wujiang, "zh"))
    assert f"{wujiang.plain.shared} 条检查有两个以上责任单位，对每个单位各计一整条" in text
    assert f"{wujiang.plain.unnamed} 条检查未登记责任单位" in text
    (rows,) = Reader(statement(wujiang, "en")).tables
    assert rows[0] == ["Rank", "Unit", "Checks", "Wonpoints", "Rate%"]
    assert rows[-1] == ["14", "市场监督局", "8", "7.000", "87.50"]
    assert "share rank 1" in said(statement(wujiang, "en"))


def test_equals_that_were_printed_in_an_order_are_told():
    league = league_of(str(TRUTH / "departments.csv"))
    text = said(review(league, "zh"))
    assert "8 个名次在同分之间另排了先后" in text
    assert text.count("却排成了不同的名次") == 8


# ------------------------------------------------------------------------------------------------ other tables


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("counts", "pictures", "tables"), [((1,), 1, 0), ((2, 1), 2, 0), ((4, 3, 3), 3, 1), ((5,), 2, 0)]
)
def test_pages_of_any_shape(tmp_path, monkeypatch, counts, pictures, tables, lang):
    monkeypatch.setattr("evalsys.league_pages.MOST", 4)
    league = league_of(table(tmp_path, counts))
    assert len(Reader(standings(league, lang)).images) == pictures
    assert len(Reader(summary(league, lang)).tables) == tables
    assert all(said(part(league, lang)) for part in PARTS)


def test_many_groups_and_ties_are_told_in_a_table(tmp_path):
    league = league_of(table(tmp_path, (4, 3, 3)))
    assert league_words.lead(league, "zh") == ("3 组 10 个单位参加排名，各组第一和末位见下表", "")
    (rows,) = Reader(summary(league, "zh")).tables
    assert rows[1] == ["甲片", "4", "甲0村", "99.00", "甲3村", "96.00", "3.00"]
    assert rows[2] == ["乙片", "3", "乙0村", "99.00", "乙1村等 2 个并列", "98.00", "1.00"]


def test_a_tied_end_is_told_by_group(tmp_path):
    league = league_of(table(tmp_path, (4, 3)))
    assert league_words.lead(league, "zh") == (
        "甲片：甲0村居第一，乙片：乙0村居第一", "甲片：甲3村居末位，乙片：乙1村、乙2村并列末位",
    )  # fmt: skip


def test_nobody_to_rank_against(tmp_path):
    league = league_of(table(tmp_path, (1,)))
    assert league_words.lead(league, "zh") == ("甲0村得 99.00 分，仅此一家，不分先后", "")
    league = league_of(written(tmp_path, [("甲", "A", "90", "90"), ("甲", "B", "90", "90")]))
    assert league_words.lead(league, "en") == ("No unit is ahead of another in its group", "")
    assert "A和B得分相同，并列第 1 名" in said(statement(league, "zh"))


def test_without_errors_the_page_says_so_and_shows_no_range(tmp_path):
    league = league_of(table(tmp_path, (4,), error=""))
    text = said(standings(league, "zh"))
    assert "本表没有给出测评误差" in text
    assert "八次" not in text
    assert "名次区间" not in said(statement(league, "zh"))
    assert "示例数据" not in "".join(said(part(league, "zh")) for part in PARTS)


def test_a_given_error_is_not_called_an_example(tmp_path):
    league = league_of(table(tmp_path, (4,)))
    text = "".join(said(part(league, "zh")) for part in PARTS)
    assert "示例" not in text
    assert "规则给定" in text


def test_the_last_round_stands_beside(tmp_path):
    league = league_of(table(tmp_path, (5,)), previous=table(tmp_path, (3, 1), "then", when="2025-12"))
    text = said(summary(league, "zh"))
    assert "与上一轮（2025 年 12 月轮次）相比，名次上升的 0 个，下降的 0 个，不变的 3 个" in text
    assert "上一轮没有甲3村和甲4村" in text
    assert "本轮没有乙0村" in text
    (rows,) = Reader(statement(league, "zh")).tables
    place = rows[0].index("名次变化")
    assert [row[place - 1 : place + 1] for row in rows[1:]] == [["0.00", "0"]] * 3 + [["–", "新增"]] * 2
    assert "空心圆为上一轮" in said(standings(league, "zh"))


def test_who_moved_most_is_named(tmp_path):
    now = [("甲", name, mark, mark) for name, mark in zip("ABCD", ("99", "98", "97", "96"), strict=True)]
    then = [("甲", name, mark, mark) for name, mark in zip("BCDA", ("99", "98", "97", "96"), strict=True)]
    league = league_of(written(tmp_path, now), previous=written(tmp_path, then, "then"))
    assert "上升最多的是A（3 位）" in league_words.moves_said(league, "zh")
    assert "3 fell" in league_words.moves_said(league, "en")
    (rows,) = Reader(statement(league, "en")).tables
    assert [row[rows[0].index("Moved")] for row in rows[1:]] == ["up 3", "down 1", "down 1", "down 1"]


def test_a_wrong_total_and_a_wrong_rank_are_loud(tmp_path):
    rows = [("甲", "A", "90", "90", "90.00"), ("甲", "B", "80", "80", "85.00"), ("甲", "C", "83", "83", "83.00")]
    league = league_of(written(tmp_path, rows, more="rank: {order: rows}"))
    text = said(review(league, "zh"))
    assert "不符的 1 个，须向公布单位核实" in text
    assert "名次不符的 2 个" in text
    (table_rows,) = Reader(review(league, "zh")).tables
    assert table_rows[1][:6] == ["B", "总分", "85.00", "80.00", "80.00", "−5.00"]
    assert 'class="r l"' in review(league, "zh")


def test_scores_that_only_look_the_same_are_told(tmp_path):
    rows = [("甲", "A", "80.002", "80.00", "80.00"), ("甲", "B", "80.001", "80.00", "80.00")]
    text = said(statement(league_of(written(tmp_path, rows)), "zh"))
    assert "A和B取整后同为 80.00，未取整时不同" in text


def test_names_are_escaped(tmp_path):
    league = league_of(written(tmp_path, [("甲", "<b>A|B", "90", "90"), ("甲", "C", "80", "80")], error="1"))
    for part in PARTS:
        Reader(part(league, "zh"))
        assert "<b>A" not in part(league, "zh")


def test_a_last_digit_that_nothing_explains_is_told_as_such(tmp_path):
    rows = [("甲", "A", "90.01", "80", "86.02"), ("甲", "B", "80", "80", "80.00")]
    text = said(review(league_of(written(tmp_path, rows)), "zh"))
    assert "2 个数字全部复算，没有舍入做法能得出的 1 个。" in text
    assert "未找到解释" in text
