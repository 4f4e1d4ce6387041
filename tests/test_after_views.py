"""What is applied after the total, wherever a result shows it: text, JSON, page, annex; the mark of the forecast."""

import csv
import io
import json
import re
from fractions import Fraction as F

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard, text
from page_reader import Reader

from evalsys import score
from evalsys.after_sections import after_total
from evalsys.after_total import Settled
from evalsys.after_views import KINDS, VERDICTS, settled_json, settled_sentence, step_listing
from evalsys.forecast_results import forecast_json
from evalsys.forecast_words import headline
from evalsys.forecasting import forecast
from evalsys.results import score_json, score_text
from evalsys.wording import decimal
from evalsys.workbooks import score_workbook

SOURCE = {"source": {"clause": "九", "document": "rules"}}
AT = [{"site_type": "community", "sites": 2}]
CONTENT = content_of(
    [indicator("1", 50, [standard("1.1", "loss", 50, checked_at=AT)])],
    50,
    pass_mark={"value": "80%", "status": "printed"},
    documents={
        "test": {"title": "测试", "certainty": "assumed"},
        "rules": {"title": "管理办法", "certainty": "assumed"},
    },
    joined=[{"code": "J", "name": text("并入"), "of": "minors", "share": "20%", **SOURCE}],
    bonus=[{"code": "B", "name": text("奖励"), "points": "1.5", "cap": "1.5", **SOURCE}],
    negative_list=[
        {"code": "N", "name": text("事故"), "effect": {"deduct": "3"}, **SOURCE},
        {
            "code": "R",
            "name": text("撤牌"),
            "confirm": "yes",
            "effect": [{"to": "holder", "action": "suspend", "months": 6}, {"to": "nominated", "action": "criticise"}],
            "source": {"row": "R.1"},
        },
    ],
    gates=[{"code": "G", "name": text("自评<b>甲"), "of": "self", "at_least": 90, **SOURCE}],
    mechanisms=[{"kind": "veto", "code": "V", "text": text("否决"), **SOURCE}],
)
SITES = [{"site_id": f"c{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, 5)]


def seen(*losses):
    return [
        {"standard": "1.1", "site_id": f"c{n}", "value": loss, "observed_on": "2017-05-02"}
        for n, loss in enumerate(losses, 1)
    ]


ROWS = seen(1, 0, 0, 0)
SAID = {"inspection_date": "2017-09-01", "scores": {"minors": 90, "self": "89.996"}, "standing": "holder"}
EVENTS = [
    {"code": "B", "date": "2017-05-02"},
    {"code": "B", "date": "2017-05-01", "note": "一等奖"},
    {"code": "N", "date": "2017-04-03"},
    {"code": "R", "date": "2017-04-04"},
    {"code": "R", "date": "2017-04-05", "confirmed": "yes"},
    {"code": "R", "date": "2017-04-06", "confirmed": "no"},
    {"code": "V", "date": "2017-04-07"},
]


def read(folder, events=EVENTS, content=CONTENT, rows=ROWS, **said):
    return assessment_of(folder, content, rows, SAID | said, sites=SITES, events=events)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return score(read(tmp_path_factory.mktemp("all")))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    keys = ("joined", "bonus", "negative_list", "gates", "mechanisms")
    own = {key: value for key, value in CONTENT.items() if key not in keys}
    return score(read(tmp_path_factory.mktemp("plain"), (), own, scores=None, standing=None))


#: code, verdict, change, total, what follows (zh), date
STEPS = [
    ("J", "执行", "1.5", "39", "", ""),
    ("B", "执行", "1.5", "40.5", "", "2017-05-01"),
    ("B", "执行", "0", "40.5", "", "2017-05-02"),
    ("N", "执行", "-3", "37.5", "", "2017-04-03"),
    ("R", "待定", "0", "37.5", "拟停牌 6 个月", "2017-04-04"),
    ("R", "执行", "0", "37.5", "拟停牌 6 个月", "2017-04-05"),
    ("R", "不适用", "0", "37.5", "", "2017-04-06"),
    ("V", "执行", "0", "37.5", "拟一票否决", "2017-04-07"),
    ("G", "不具备", "0", "37.5", "不得申报或命名", ""),
]


STEP_NAMES = {
    code: text(name)
    for code, name in {"J": "并入", "B": "奖励", "N": "事故", "R": "撤牌", "V": "否决", "G": "自评<b>甲"}.items()
}


def test_the_score_of_the_example(result):
    assert result.value == F("37.5")
    assert (result.final, result.passes, result.settled.raw) == (F("37.5"), False, F("37.5"))
    assert [step.code for step in result.settled.bars] == ["R", "V", "G"]


def test_the_listing(result):
    found = step_listing(result.settled, result.assessment.instrument, "zh")
    by = {column.key: place for place, column in enumerate(found.columns)}
    rows = found.rows
    assert [r[by["code"]] for r in rows] == [code for code, *_ in STEPS]
    assert [r[by["verdict"]] for r in rows] == [verdict for _, verdict, *_ in STEPS]
    assert [r[by["change"]] for r in rows] == [F(change) or None for *_, change, _, _, _ in STEPS]
    assert [r[by["total"]] for r in rows] == [F(total) for *_, total, _, _ in STEPS]
    assert [r[by["follows"]] for r in rows] == [said for *_, said, _ in STEPS]
    assert [r[by["event"]][:10] for r in rows] == [day for *_, day in STEPS]
    assert rows[1][by["event"]] == "2017-05-01 一等奖"
    assert {r[by["clause"]] for r in rows} == {"《管理办法》九", "R.1"}
    assert len(next(csv.reader(io.StringIO(found.as_csv("en"))))) == len(found.columns)
    english = step_listing(result.settled, result.assessment.instrument, "en").rows
    assert [r[by["follows"]] for r in english] == [
        *[""] * 4, "proposed: suspended for 6 months", "proposed: suspended for 6 months", "", "proposed: veto",
        "no application or award",
    ]  # fmt: skip
    assert english[1][by["event"]] == "2017-05-01"  # a note is Chinese
    assert [r[by["kind"]] for r in english] == [
        "joined score", "bonus", "bonus", *["negative list"] * 4, "veto", "gate",
    ]  # fmt: skip
    assert english[-1][by["why"]] == "89.996 is below 90"


def test_every_kind_and_verdict_has_words():
    assert set(KINDS) == {"joined", "bonus", "negative_list", "veto", "gates", "ladders"}
    assert set(VERDICTS) == {"applied", "met", "not_met", "open", "none"}


def test_the_sentence(result, tmp_path):
    assert settled_sentence(result.settled, "zh") == ("无论得分多少均不得命名：撤牌项；否决项；自评<b>甲项；1 项待定。")
    assert settled_sentence(result.settled, "en") == (
        "No title whatever the score: item 撤牌; item 否决; item 自评<b>甲; 1 still open."
    )
    more = score(read(tmp_path / "a", EVENTS[2:3], scores={"minors": 90, "self": 90})).settled
    assert settled_sentence(more, "zh") == "原始得分 37.50 分，减 1.50 分，最后得分 36 分。"
    assert settled_sentence(more, "en") == "37.50 points, 1.50 taken off: 36 in the end."
    less = score(read(tmp_path / "b", EVENTS[:1], scores={"minors": 90, "self": 90})).settled
    assert settled_sentence(less, "zh") == "原始得分 37.50 分，加 3.00 分，最后得分 40.50 分。"
    assert settled_sentence(less, "en") == "37.50 points, 3.00 added: 40.50 in the end."
    warned = score(read(tmp_path / "c", EVENTS[4:5], scores={"minors": 75, "self": 90}, standing="nominated")).settled
    assert settled_sentence(warned, "zh") == "拟通报批评。"
    assert settled_sentence(warned, "en") == "Proposed: criticised."
    same = score(read(tmp_path / "d", (), scores={"minors": 75, "self": 90})).settled
    assert settled_sentence(same, "zh") == "加减分和前置条件均已核对，总分不变。"
    assert settled_sentence(same, "en") == "Nothing changes the total; every condition holds."
    assert settled_sentence(Settled(F(3), F(3), ()), "zh") == ""


def test_json(result):
    found = json.loads(score_json(result, "zh"))
    after = found["after_total"]
    assert after == json.loads(json.dumps(settled_json(result.settled, result.assessment.instrument, "zh")))
    assert (found["passes"], after["barred"], after["open"]) == (False, True, 1)
    assert (F(after["raw"]["exact"]), F(after["final"]["exact"])) == (F("37.5"), F("37.5"))
    assert [(s["code"], F(s["change"]["exact"]), F(s["total"]["exact"]), s["date"] or "") for s in after["steps"]] == [
        (code, F(change), F(total), day) for code, _, change, total, _, day in STEPS
    ]
    assert [s["verdict"] for s in after["steps"]] == [step.verdict for step in result.settled.steps]
    assert (after["steps"][5]["action"], after["steps"][5]["months"]) == ("suspend", 6)
    assert after["steps"][3]["clause"] == "《管理办法》九"
    assert after["steps"][3]["because"] == "扣 3 分"


def test_text(result, plain):
    said = score_text(result, "zh")
    assert "总分之后：无论得分多少均不得命名" in said
    assert "2017-04-03" in said
    assert "After the total: No title" in score_text(result, "en")
    assert "总分之后" not in score_text(plain, "zh")


def test_nothing_to_apply(plain, tmp_path):
    assert (plain.final, plain.settled.steps, plain.needed) == (plain.value, (), 40)
    assert not Reader(after_total(plain, "zh")).words
    book = openpyxl.load_workbook(score_workbook(plain, tmp_path / "annex.xlsx"))
    assert "总分之后" not in book.sheetnames
    assert json.loads(score_json(plain, "en"))["after_total"]["steps"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_piece_of_the_page(result, lang):
    page = after_total(result, lang)
    read = Reader(page)
    ((head, *rows),) = read.tables
    spoken = "".join(read.words)
    assert len(rows) == len(STEPS)
    assert {len(row) for row in (head, *rows)} == {6}
    for row, (code, verdict, change, total, follows, day) in zip(rows, STEPS, strict=True):
        assert row[2] == day
        assert row[4] == ("–" if F(change) == 0 else ("+" if F(change) > 0 else "") + decimal(F(change), 2))
        assert row[5] == decimal(F(total), 2)
        assert STEP_NAMES[code][lang] in row[1]
        if lang == "zh":
            assert row[3] == verdict
            assert follows in row[1]
    assert settled_sentence(result.settled, lang) in spoken
    assert "自评<b>甲" in spoken  # escaped in the page
    assert page.facts == {"final": 37.5, "barred": True}
    assert not re.search(r"\bNone\b|Fraction|。。|；。|，。|\.\.", spoken)
    assert "40.63" in spoken


def test_the_score_needed_is_said_only_where_it_differs(result, tmp_path):
    assert result.needed == (F(40) + F("1.5") - 9) / F("0.8")
    said = "".join(Reader(after_total(result, "zh")).words)
    assert "最后得分要达到 40 分，本体系自身得分须达 40.63 分" in said
    same = score(read(tmp_path, (), scores={"self": 90, "minors": 80}))
    assert same.needed == 40
    for lang, words in (("zh", "须达"), ("en", "must reach")):
        assert words not in "".join(Reader(after_total(same, lang)).words)


@pytest.mark.parametrize(("lang", "title"), [("zh", "总分之后"), ("en", "After the total")])
def test_the_annex(result, lang, title, tmp_path):
    sheet = openpyxl.load_workbook(score_workbook(result, tmp_path / "annex.xlsx", lang))[title]
    listing = step_listing(result.settled, result.assessment.instrument, lang)
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert head[: len(listing.columns)] == [column.heading.say(lang) for column in listing.columns]
    held = [[float(v) if isinstance(v, F) else v or None for v in row] for row in listing.rows]
    assert [[v if v != "" else None for v in row[: len(held[0])]] for row in rows if any(row)] == held


# -------------------------------------------------------------------------------------------------- the forecast


def chance_at(folder, events=(), **said):
    """Return the forecast, and the chance of an own score of at least a mark, with nothing after the total."""
    rows = seen("0.9", "0.5", "0.1", "0")
    found = read(folder / "own", events, rows=rows, **said)
    keys = ("joined", "bonus", "negative_list", "gates", "mechanisms")
    plain = {key: value for key, value in CONTENT.items() if key not in keys}
    bare = read(folder / "bare", (), plain, rows, scores=None, standing=None)
    mine = forecast(found)
    needed = score(found).needed
    return mine, forecast(bare, at_least=str(needed)).chance, needed


@pytest.mark.parametrize("minors", [60, 75, 90])
def test_the_forecast_aims_at_the_own_score_that_is_needed(tmp_path, minors):
    mine, bare, needed = chance_at(tmp_path, EVENTS[2:3], scores={"minors": minors, "self": 90})
    assert needed == (F(43) - F(minors, 10)) / F("0.8")
    assert mine.mark == needed
    assert mine.chance == pytest.approx(bare, abs=1e-12)


def test_the_chances_of_the_forecast_differ(tmp_path):
    """Else the test above would show nothing."""
    chances = [chance_at(tmp_path / str(m), EVENTS[2:3], scores={"minors": m, "self": 90})[1] for m in (60, 90)]
    assert 0 < chances[0] < chances[1] < 1


def test_a_mark_off_the_scale(tmp_path):
    """Out of reach even with full marks, or reached with none."""
    found = forecast(read(tmp_path / "a", EVENTS[2:3], scores={"minors": 10, "self": 90}))
    assert (found.mark, found.chance) == (F("52.5"), 0)
    low = {**CONTENT, "pass_mark": {"value": "15%", "status": "printed"}}
    found = forecast(read(tmp_path / "b", (), low, scores={"minors": 90, "self": 90}))
    assert (found.mark, found.chance) == (F("-1.875"), 1)


def test_what_may_still_happen_is_taken_from_the_whole_total(tmp_path):
    """Three points off the total are 3.75 of an own score that counts four fifths."""
    rate = {"forecast": {"events": {"N": "2"}}}
    whole = forecast(read(tmp_path / "a", (), scores={"minors": 80, "self": 90}, **rate)).prospect.model
    alone = forecast(read(tmp_path / "b", (), scores={"self": 90}, **rate)).prospect.model
    first = {**CONTENT, "after_total": ["negative_list", "joined", "bonus", "gates"]}
    before = forecast(read(tmp_path / "c", (), first, scores={"minors": 80, "self": 90}, **rate)).prospect.model
    assert [m.events[0].deduct for m in (whole, alone, before)] == [F("3.75"), 3, 3]
    assert [m.mark for m in (whole, alone, before)] == [40, 40, 40]


@pytest.mark.parametrize("barred", [True, False])
def test_a_forecast_says_that_something_bars_the_title(tmp_path, barred):
    found = forecast(read(tmp_path, EVENTS[-1:] if barred else (), scores={"minors": 90, "self": 90}))
    assert json.loads(forecast_json(found, "zh"))["barred"] is barred
    assert ("达到分数也不能命名" in headline(found, "zh")) is barred
    assert ("Something bars the title already" in headline(found, "en")) is barred
    assert "达到所需得分率" in headline(found, "zh")  # other than the pass mark: minors count a fifth


def test_a_forecast_of_the_own_score_alone_names_the_pass_mark(tmp_path):
    found = forecast(read(tmp_path, (), scores={"minors": 80, "self": 90}))
    assert found.mark == found.prospect.score.pass_mark.value
    assert "达到目标线" in headline(found, "zh")
