"""The title decision as a page: complete in both languages, every number from the round, every sentence true."""

import json
import re
from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path

import pytest
from page_reader import Reader
from title_rounds import decided_of

from evalsys import decision_figures, decision_pages, decision_sections
from evalsys import decision_words as words
from evalsys.decision_figures import MOST, Contender, cut_chart
from evalsys.decision_files import read_titles
from evalsys.decision_matters import matters
from evalsys.decisions import decide, score_error
from evalsys.figures import COLOURS, Canvas

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "data/example-titles"
PARTS = (
    decision_pages.title_block,
    decision_pages.summary,
    decision_pages.to_decide,
    decision_pages.lists,
    decision_sections.statement,
    decision_sections.objections,
    decision_sections.money,
    decision_sections.holding,
    decision_sections.notes,
    decision_sections.provenance,
)
#: What the user wrote, and clauses, stand as they are in any language.
USERS = "[一-鿿《》（）、]+"


def said(piece):
    return re.sub(r"\s+", " ", "".join(Reader(piece).words))


def tables(piece):
    return Reader(piece).tables


@pytest.fixture(scope="module")
def example():
    return decide(read_titles(EXAMPLE))


@pytest.fixture(scope="module")
def cities(tmp_path_factory):
    """Three years weighted 15, 25 and 60; a gate, events, missing scores, a holder whose score is too low."""
    scores = {"甲市": "92.00", "乙市": "90.00", "丙市": "90.00", "丁市": "88", "戊市": None, "己市": "60", "庚市": "91"}
    own = {name: ("P", score) for name, score in scores.items()}
    minors = [{"candidate": n, "score": "minors", "value": "84" if n == "丁市" else "90"} for n in own if n != "丙市"]
    years = [
        {"candidate": n, "score": "total", "value": "90", "year": str(y)}
        for n in own
        for y in (2015, 2016)
        if (n, y) != ("庚市", 2015)
    ]
    events = [{"candidate": "乙市", "code": "mayor-breach", "date": "2017-06-01"}]
    more = (
        "pass_mark: '85'\ncycle: {first_year: 2015}\ngroups: {P: {name: {zh: 地级市, en: Prefectures}, share: 40%}}\n"
    )
    return decided_of(
        tmp_path_factory.mktemp("cities"), own, more, "national-frame-2018", scores=minors + years, events=events,
        holders=("己市",), error="1.2",
    )  # fmt: skip


@pytest.fixture(scope="module")
def nobody(tmp_path_factory):
    return decided_of(tmp_path_factory.mktemp("nobody"), {"甲单位": ("U", None), "乙单位": ("U", None)})


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return decided_of(tmp_path_factory.mktemp("alone"), {"甲单位": ("U", "91.005")})


# ------------------------------------------------------------------------------------------------ the whole page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", ["example", "cities", "nobody", "alone"])
def test_a_page_is_complete_in_both_languages(request, which, lang):
    decided = request.getfixturevalue(which)
    pieces = [part(decided, lang) for part in PARTS]
    text = " ".join(said(piece) for piece in pieces)
    assert not re.search(r"None|Fraction|\bnan\b|\bTrue\b|\{|\}|（）|\(\)|；；|。。", text)
    assert all(v.applicant.name in text for v in decided.verdicts)
    if lang == "en":
        ours = re.sub(r"20\d\d年度", "", text)
        for user in {*re.findall(USERS, "".join(p.read_text("utf-8") for p in decided.round.path.iterdir()))}:
            ours = ours.replace(user, "")
        sources = json.dumps([str(d) for d in vars(decided.round.instrument).values()], ensure_ascii=False)
        assert [word for word in re.findall("[一-鿿]{2,}", ours) if word not in sources] == []
    images = [image for piece in pieces for image in Reader(piece).images]
    assert all(len(image["alt"]) > 20 and "data-missing" not in image for image in images)
    facts = {name: value for piece in pieces for name, value in piece.facts.items()}
    assert facts["place"] == decided.round.place
    assert facts["round"] == decided.round.round
    assert facts["evidence_hash"] == decided.round.hash
    assert facts["candidates"] == sum(v.choice is not None for v in decided.verdicts)
    assert not {"rate", "cost", "not_assessed", "points"} & facts.keys()  # of an index they would say something else


def test_the_result_and_the_money_of_the_example(example):
    assert words.lead(example, "zh") == (
        "拟命名 40 个，同分待定 3 个，不予命名 6 个", "拟奖励 49 万元，预算 50 万元，余 1 万元",
    )  # fmt: skip
    assert words.lead(example, "en") == (
        "40 proposed for naming, 3 tied, 6 not named", "awards of 49 out of 50, 1 left (× 10,000 yuan)",
    )  # fmt: skip
    assert words.breakdown(example, "zh") == (
        "拟命名的有文明诚信单位 33 个、文明和谐社区 7 个；不予命名的有 3 个不符合条件。"
    )
    facts = decision_pages.summary(example, "zh").facts
    assert {name: facts[name] for name in ("selected", "tied", "barred", "beyond_quota", "to_decide")} == {
        "selected": 40, "tied": 3, "barred": 3, "beyond_quota": 3, "to_decide": 3,
    }  # fmt: skip
    assert (facts["awards"], facts["budget"]) == (49.0, 50.0)


def test_nobody_assessed_and_one_candidate(nobody, alone):
    assert words.lead(nobody, "zh") == ("拟命名 0 个，没有得分 2 个", "拟奖励 0 万元，预算 50 万元，余 50 万元")
    assert [m.names for m in matters(nobody, "zh") if m.kind == "confirm"] == [("甲单位", "乙单位")]
    assert "未测评" in said(decision_pages.lists(nobody, "zh"))
    assert Reader(decision_pages.to_decide(nobody, "zh")).images == []
    assert words.lead(alone, "en")[0] == "1 proposed for naming"
    assert decision_pages.to_decide(alone, "en").count("<h2>") == 0
    row = tables(decision_pages.lists(alone, "zh"))[0][1]
    assert row == ["1", "甲单位", "91.01", "拟命名", "四（二）"]  # half up, though a float would say 91.00


# --------------------------------------------------------------------------------------------------- page one


def test_what_a_person_decides_is_told_with_whom_clause_and_day(example):
    told = [(m.kind, m.names, m.clause, m.by) for m in matters(example, "zh")]
    assert told == [
        ("tie", ("示例单位07", "示例单位26", "示例单位30"), "四（二）", "2007-12-20 命名前"),
        ("objection", ("示例单位12",), "四（四）", "2007-12-20 命名前"),
        ("due", ("示例单位42",), "本轮设置", "期限未定"),
    ]
    assert matters(example, "zh")[0].what == "文明诚信单位：并列第 34 名（84.96 分），3 个中选 2 个"
    piece = decision_pages.to_decide(example, "zh")
    assert len(tables(piece)[0]) == 4
    for matter in matters(example, "zh"):
        assert matter.what in said(piece)
        assert all(name in said(piece) for name in matter.names)


def test_the_list_is_in_order_of_rank_with_a_line_at_the_cut(example):
    units, communities = tables(decision_pages.lists(example, "zh"))
    scores = [F(row[2]) for row in units[1:] if row[0]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 39
    cut = [number for number, row in enumerate(units) if not row[0]]
    assert cut == [37]  # the head, 33 that are proposed, 3 that are tied
    assert units[37][4] == "名额线：35 个，以上拟命名 33 个，余 2 个名额在并列的 3 个中确定"
    assert {row[4] for row in units[34:37]} == {"同分待定：3 个争 2 个名额"}
    assert {row[4] for row in units[38:]} == {"不予命名：名额之外"}
    assert [row[0] for row in communities[1:]] == ["1", "2", "2", "4", "5", "6", "7", "8", "9", "10"]
    barred = {row[1]: row[4:] for row in communities if row[4].startswith("不予命名")}
    assert barred == {
        "示例社区04": ["不予命名：2007年12月6日第2号异议经核查属实", "四（四）"],
        "示例社区09": ["不予命名：组建不满1年", "四（一）2"],
        "示例社区10": ["不予命名：正在拆迁改造", "四（一）2"],
    }
    assert [row[3] for row in units[1:3]] == ["1", "2–7"]
    assert units[26][4] == "拟命名第 3 号异议尚未答复"


def test_ranks_count_the_barred_and_places_do_not(example):
    last = next(v for v in example.verdicts if v.applicant.name == "示例社区08")
    assert (last.rank.rank, last.choice.place) == (10, 7)
    assert words.reasons_said(last, "zh") == "合格对象中第 7 名，在名额之内（四（二））"
    first = next(v for v in example.verdicts if v.applicant.name == "示例社区01")
    assert words.reasons_said(first, "en") == "place 1 is within the quota (四（二）)"


def test_the_list_of_45_repeats_its_head_and_tells_a_choice(tmp_path):
    names = {f"单位{n:02d}": ("U", str(95 - n // 2 if n < 44 else 60)) for n in range(45)}
    more = "groups: {U: {name: {zh: 单位, en: Units}, chosen: [单位35], reason: 上年未获评}}\n"
    decided = decided_of(tmp_path, names, more)
    piece = decision_pages.lists(decided, "zh")
    assert piece.count("<thead>") == 1
    (rows,) = tables(piece)
    assert len(rows) == 47
    assert rows[35][1:2] + rows[35][3:] == ["单位34", "不予命名：经人工确定，上年未获评", "四（二）"]
    chosen = next(v for v in decided.verdicts if v.applicant.name == "单位35")
    assert words.reasons_said(chosen, "zh") == "2 个对象并列第 35 名，余 1 个名额，经人工确定：上年未获评（四（二））"
    assert [m.kind for m in matters(decided, "zh")] == []
    (image,) = Reader(decision_pages.to_decide(decided, "zh")).images
    assert image["alt"].startswith("点图：单位名额线附近的得分。名额线：35 个，以上拟命名 35 个。")


def test_money_that_does_not_cover_leaves_all_to_a_person(tmp_path):
    decided = decided_of(tmp_path, {f"单位{n}": ("U", str(90 - n)) for n in range(3)})
    short = replace(decided.selection, budget=F(5, 2), reserve=F(-1, 2))
    waiting = [replace(v, choice=replace(v.choice, decision="unfunded")) for v in decided.verdicts]
    decided = replace(decided, selection=short, verdicts=tuple(waiting))
    assert words.lead(decided, "zh") == ("拟命名 0 个，经费不足待定 3 个", "奖励须 3 万元，预算 2.5 万元，缺 0.5 万元")
    (told,) = matters(decided, "zh")
    assert (told.kind, told.names, told.clause) == ("unfunded", ("单位0", "单位1", "单位2"), "四（五）")
    assert told.what.startswith("奖励共3万元，超出预算2.5万元达0.5万元")
    assert "缺 0.5" in said(decision_pages.summary(decided, "zh"))
    assert "经费不足，待定" in said(decision_pages.lists(decided, "zh"))


def test_a_notice_that_runs_or_is_missing_comes_before_naming(tmp_path):
    notices = [{"candidate": "甲单位", "first": "2017-12-15", "last": "2017-12-25", "clause": "四（四）"}]
    decided = decided_of(tmp_path, {"甲单位": ("U", "90"), "乙单位": ("U", "80")}, notices=notices)
    assert [(m.kind, m.what, m.names, m.clause) for m in matters(decided, "zh")] == [
        ("notice", "公示至2017年12月25日，尚未期满", ("甲单位",), "四（四）")
    ]
    file = tmp_path / "moves.csv"
    file.write_text("\n".join(line for line in file.read_text("utf-8").splitlines() if "乙单位,publ" not in line))
    told = [(m.what, m.names) for m in matters(decide(read_titles(tmp_path)), "en")]
    assert told[0] == ("the notice runs until 2017-12-25", ("甲单位",))
    assert told[1] == ("Public notice must come before naming", ("乙单位",))


# ------------------------------------------------------------------------------------------------ the cycle, the steps


def test_the_years_are_shown_with_their_weights_and_the_sum(cities):
    assert words.years_of(cities) == ((2015, F(15, 100)), (2016, F(25, 100)), (2017, F(60, 100)))
    found = tables(decision_sections.statement(cities, "zh"))[1]
    assert found[0] == ["候选对象", "2015 年× 15%", "2016 年× 25%", "2017 年× 60%", "加权合计分"]
    rows = {row[0]: row[1:] for row in found[1:]}
    # 92 x 0.8 + 90 x 0.2 = 91.6; 90 x 0.4 + 91.6 x 0.6 = 90.96
    assert rows["甲市"] == ["90.00", "90.00", "91.60", "90.96"]
    assert rows["庚市"] == ["缺", "90.00", "90.80", "–"]
    assert "戊市" not in rows  # nothing to weigh this year
    assert words.decision_said(next(v for v in cities.verdicts if v.applicant.name == "庚市"), "zh") == (
        "往年成绩不全，待补"
    )


def test_years_to_come_are_no_missing_scores(tmp_path):
    earlier = [{"candidate": "甲市", "score": "total", "value": "90", "year": "2016"}]
    more = "cycle: {first_year: 2016}\npass_mark: '95'\n"
    decided = decided_of(tmp_path, {"甲市": ("all", "80")}, more, "national-frame-2018", scores=earlier)
    assert [m.what for m in matters(decided, "zh") if "缺" in m.what] == []
    found = tables(decision_sections.statement(decided, "zh"))[1]
    assert found[0][3:] == ["2018 年× 60%", "已得（加权）分"]
    assert found[1] == ["甲市", "90.00", "80.00", "–", "33.50"]
    assert decided.verdicts[0].choice.decision == "selected"  # the mark is one of the last year


def test_a_score_below_the_mark_rests_on_the_settings_of_the_round(tmp_path):
    decided = decided_of(tmp_path, {"甲单位": ("U", "84.99"), "乙单位": ("U", "85")}, "pass_mark: '85'\n")
    rows = {row[1]: row[3:] for row in tables(decision_pages.lists(decided, "zh"))[0]}
    assert rows["甲单位"] == ["不予命名：得分 84.99，低于目标线 85", "本轮设置"]
    assert rows["乙单位"] == ["拟命名", "四（二）"]


def test_every_step_stands_once_with_its_clause(cities):
    _, _, clauses, steps = tables(decision_sections.statement(cities, "zh"))
    named = {row[0]: row[1:] for row in clauses[1:]}
    assert sum(len(v.settled.steps) for v in cities.verdicts) == len(steps) - 1
    deducted = next(row for row in steps if row[2] == "2017-06-01")
    assert deducted[3:] == ["执行", "扣 5 分", "−5.00", "85.00"]
    assert named[deducted[1]] == ["负面清单", "党政主要负责人严重违纪违法", "《济南市 2016 年测评结果报道》2016 年扣分"]
    refused = next(row for row in steps if row[3] == "不具备")
    assert [row[1:3] for row in clauses if row[1] == "按总分处理"] == [
        ["按总分处理", "年度成绩低于 80 分的通报批评"], ["按总分处理", "年度成绩低于 70 分的停牌一年"],
    ]  # fmt: skip
    assert refused[4] == "84 分低于 85 分；不得申报或命名"
    assert [row[0] for row in steps[1:4]] == ["甲市", "", "乙市"]
    assert {row[0] for row in steps[1:]} - {""} == {v.applicant.name for v in cities.verdicts if v.settled.steps}
    overview = {row[0]: row[1:] for row in tables(decision_sections.statement(cities, "zh"))[0][1:]}
    assert overview["乙市"][2:5] == ["90.00", "−5.00", "85.00"]
    (listed,) = tables(decision_pages.lists(cities, "zh"))
    assert next(row[4] for row in listed if row[1] == "丙市") == "拟命名2 项条款待定"
    assert overview["丙市"][6] == "2 项条款待定"
    assert "己市" in overview
    assert "目标线" not in overview["己市"][5]  # it holds the title and is not measured against the mark


def test_holders_show_what_is_proposed(cities, example):
    row = tables(decision_sections.holding(cities, "zh"))[0][1]
    assert row[0] == "己市"
    assert row[4].startswith("拟停牌：")
    assert row[3] == "66.00"  # of the year, which is what the ladder looks at; not the weighted sum
    assert "66 分，低于 80 分" in row[4]
    assert "年度成绩低于 70 分的停牌一年（66 分，低于 70 分）（2018 年度通报）" in row[4]
    kinds = [(m.kind, m.names) for m in matters(cities, "zh") if m.kind in ("consequence", "due")]
    assert kinds == [("consequence", ("己市",))]
    rows = {row[0]: row[1:] for row in tables(decision_sections.holding(example, "zh"))[0][1:]}
    assert rows["示例单位41"][1] == "警告（2007年6月20日起；年中检查质量下降；依据：四（六））"
    assert rows["示例单位42"][3].endswith("请人工确定（本轮设置）")


def test_a_veto_on_a_holder_is_told_with_its_day_and_clause(tmp_path):
    events = [{"candidate": "丁局", "code": "V1", "date": "2017-03-01"}]
    decided = decided_of(tmp_path, {"丁局": ("all", "90")}, "", "yuhua-organs-2005", events=events, holders=["丁局"])
    told = next(m for m in matters(decided, "zh") if m.kind == "consequence")
    assert told.what.startswith("拟撤销称号：")
    assert told.what.endswith("（2017-03-01，发生即否决）")
    assert (told.names, told.clause) == (("丁局",), "四5")
    assert "不限" in tables(decision_sections.money(decided, "zh"))[0][1]  # the source gives no quota
    assert "拟命名 0 个，有组别不限名额。" in said(decision_sections.money(decided, "zh"))
    assert words.reasons_said(decided.verdicts[0], "en").endswith("(2017-03-01, one such event is enough) (四5)")


def test_open_clauses_are_told_once_for_all_that_wait(cities):
    told = {m.what: m.names for m in matters(cities, "zh") if m.kind == "confirm"}
    assert told["缺 2015 年度成绩"] == ("庚市",)
    assert told["尚无成绩，不参加评选"] == ("戊市",)
    assert [names for what, names in told.items() if "不能判定" in what] == [("丙市",)]


def test_an_error_counts_by_the_share_of_the_score(cities, example):
    found = {v.applicant.name: score_error(cities.round, v) for v in cities.verdicts}
    assert found["甲市"] == F("1.2") * F(4, 5) * F(60, 100)
    assert found["丙市"] == F("1.2") * F(60, 100)  # no minors' score: the own one is all of it
    assert score_error(example.round, example.verdicts[0]) == F("0.8")
    assert found["戊市"] is None


# ------------------------------------------------------------------------------------------ objections, money, notes


def test_objections_and_notices_are_all_there(example):
    piece = decision_sections.objections(example, "zh")
    assert "异议 3 件：属实 1 件，不属实 1 件，尚未答复 1 件" in said(piece)
    rows = tables(piece)[0]
    assert [row[5] for row in rows[1:]] == ["不属实", "属实", "尚未答复"]
    assert "公示 2007-12-03 至 2007-12-12：49 个对象（四（四））" in said(piece)


def test_quotas_money_and_goals(example):
    quotas, goals = tables(decision_sections.money(example, "zh"))
    assert quotas[-1] == ["合计", "49", "42", "40", "2", "", "49"]
    assert [row[1:6] for row in goals[1:]] == [["100", "105", "66", "101", "–"], ["20", "21", "14", "21", "22"]]
    assert "同分待定的 2 个未计入" in goals[1][6]
    assert "名额共 42 个，拟命名 40 个，同分待定 2 个；奖励共49万元，预算50万元，预留1万元。" in said(
        decision_sections.money(example, "zh")
    )


def test_readings_that_matter_stand_in_the_notes(example, cities):
    told = words.assumptions(example, "zh")
    assert told[0] == "候选对象、成绩、异议均为虚构；标准误差为示例值。"
    assert any("105个和21个" in note for note in told)
    assert any("22个社区" in note for note in told)
    notes = " ".join(words.assumptions(cities, "zh"))
    assert "据 2016 年一例扣 5 分" in notes
    assert "停牌一年" not in notes  # of an event that nobody has
    assert "地级市的名额按申报数的 40% 取整数部分。" in words.assumptions(cities, "zh")
    assert len(set(told)) == len(told)


# ----------------------------------------------------------------------------------------------------- the chart


def test_the_chart_holds_what_stands_near_the_cut(example):
    (image,) = Reader(decision_pages.to_decide(example, "zh")).images
    assert "线两边：示例单位30 84.96、示例单位16 82.85" in image["alt"]
    assert "其余 27 个见名单" in said(decision_pages.to_decide(example, "zh"))
    assert MOST == 12


def test_the_chart_gets_the_last_above_and_the_first_below(example, monkeypatch):
    drawn = []
    monkeypatch.setattr(decision_pages, "cut_chart", lambda *given: drawn.append(given) or cut_chart(*given))
    decision_pages.to_decide(example, "en")
    ((above, below, line, _),) = drawn
    assert [row.place for row in above] == ["28", "29", "30", "31", "32", "33", "34", "34", "34"]
    assert [row.tied for row in above] == [False] * 6 + [True] * 3
    assert [row.name for row in below] == ["示例单位16", "示例单位03", "示例单位39"]
    assert line == "Quota of 35: 33 proposed above; 2 places for the 3 that are tied"
    # 8 in 10 of a normal law lie within 1.2816 of its deviation, here of the difference of two measurements
    assert above[0].high - above[0].score == pytest.approx(1.28155 * 0.8 * 2**0.5, abs=1e-4)


@pytest.mark.parametrize(("above", "below"), [(1, 0), (0, 1), (1, 1), (12, 0), (6, 6)])
def test_a_chart_is_drawn_for_any_number(above, below):
    rows = [Contender(str(n), f"单位{n}", f"{90 - n}.00", 90 - n, 89 - n, 91 - n, n == above) for n in range(1, 14)]
    picture = cut_chart(rows[:above], rows[above : above + below], "名额线" * 40, "alt")
    assert (picture.width, picture.missing) == (176, "")
    assert picture.height == pytest.approx(1 + 4.2 * (above + below) + 5 + 6.4)


def test_the_line_stands_between_the_rows_and_open_dots_are_those_tied(monkeypatch):
    told, faces = {}, []
    text, line = Canvas.text, Canvas.line
    monkeypatch.setattr(
        decision_figures.Canvas,
        "text",
        lambda canvas, x, y, words, **style: told.update({words: y}) or text(canvas, x, y, words, **style),
    )
    monkeypatch.setattr(
        decision_figures.Canvas,
        "line",
        lambda canvas, x, y, **style: faces.append(style.get("markerfacecolor")) or line(canvas, x, y, **style),
    )
    rows = [Contender(str(n), f"单位{n}", f"{90 - n}.00", 90 - n, tied=n == 2) for n in (1, 2, 3)]
    cut_chart(rows[:2], rows[2:], "名额线", "alt")
    heights = [told[name] for name in ("单位1", "单位2", "名额线", "单位3")]
    assert [b - a for a, b in pairwise(heights)] == pytest.approx([4.2, 4.6, 4.6])
    assert [face for face in faces if face] == [COLOURS["blue"], "white", COLOURS["missing"]]


def test_the_notebook_is_thin_and_names_its_parts():
    content = json.loads((ROOT / "notebooks/title-decision.ipynb").read_text("utf-8"))
    code = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    assert code[1].splitlines()[0].startswith('titles: str = "../data/example-titles"')
    shown = [line.partition("(")[0].rpartition(".")[2] for line in code[3:-1]]
    assert shown == [part.__name__ for part in PARTS]
