"""The cycle on a page: the numbers of the result, in both languages, with or without a forecast."""

import re
from fractions import Fraction as F

import pytest
from page_reader import Reader
from test_cycles import EARLIER, SHARES, assessment

from evalsys import cycle_sections as sections
from evalsys import cycle_words as words
from evalsys.cycles import RHYTHMS, aim, chance, cycle_settings, needed, phase, standing, totals
from evalsys.forecast_words import chance_of
from evalsys.forecasting import forecast

CYCLES = {
    "third year": cycle_settings(SHARES, 2015, 2017, EARLIER, F(86)),
    "second year": cycle_settings(SHARES, 2015, 2016, {2015: F("93.2")}, F(90)),
    "first year": cycle_settings(SHARES, 2015, 2015, {}, F(85)),
    "a year missing": cycle_settings(SHARES, 2015, 2017, {2016: F("89.65")}, F(88)),
    "reached": cycle_settings(SHARES, 2015, 2017, EARLIER, F(20)),
    "beyond": cycle_settings(SHARES, 2015, 2017, EARLIER, F(97)),
    "no wish": cycle_settings(SHARES, 2015, 2017, EARLIER),
    "deducted": cycle_settings(SHARES, 2015, 2017, EARLIER, F(86), adjust=F(-5)),
    "thirds": cycle_settings([F(1, 3)] * 3, 2009, 2010, {2009: F(84)}, F(85)),
    "two years": cycle_settings([F(40), F(60)], 2020, 2020, {}, F(85)),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return a forecast with severity, and one by simulation."""
    read = assessment(tmp_path_factory.mktemp("page"), forecast={"severity": "on"})
    return {"law": forecast(read), "drawn": forecast(read, engine="simulate", draws=1_000), "none": None}


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("engine", ["law", "none"])
@pytest.mark.parametrize("name", CYCLES)
def test_every_cycle_is_well_formed(found, name, engine, lang, monkeypatch):
    pictures, own = [], sections.figure
    monkeypatch.setattr(
        sections,
        "figure",
        lambda heading, picture, caption="": pictures.append(picture) or own(heading, picture, caption),
    )
    # a law for each wanted sum takes time: the quick sum tells the same (test_cycles)
    monkeypatch.setattr(
        sections, "aim", lambda now, law, wanted: sections.aims(now, law, [wanted])[0] if name != "third year"
        else aim(now, law, wanted),
    )  # fmt: skip
    page = sections.cycle(CYCLES[name], found[engine], lang, number="八")
    read = Reader(page)
    spoken = "".join(read.words) + read.images[0]["alt"]
    for table in read.tables:
        assert len({len(row) for row in table}) == 1
    assert not re.search(r"\bNone\b|\bnan\b|\binf\b|Fraction|\bTrue\b|。。|；。|，。|，，|\.\.$| \.|  ", spoken)
    if lang == "en":
        assert not re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", spoken)
    else:
        assert not re.findall(r"[A-Za-z]{2,}", spoken)
    assert [picture.missing for picture in pictures] == [""]
    assert len(read.tables) == 2 + (bool(standing(CYCLES[name]).open_share) and CYCLES[name].wanted is not None)
    assert ("可能性" in spoken or "hance" in spoken) == (engine == "law")


def test_the_conclusion_comes_first_and_has_the_numbers(found):
    settings = CYCLES["third year"]
    own = aim(standing(settings), found["law"], F(86))
    said = words.conclusion(standing(settings), own, "zh")
    usual = chance_of(found["law"], own.chance.value)
    strict = chance_of(found["law"], own.chance.strict[0])
    assert said == (
        f"前两年已得 36.39 分（占 40%），要达到总分 86 分，本年（占 60%）须得 82.68 分；"
        f"按预测可能性约 {usual}（督查偏严时约 {strict}）。"
    )
    assert usual != strict
    page = sections.cycle(settings, found["law"], "zh")
    assert "".join(Reader(page).words).index(said) < 10
    assert page.facts["cycle_chance"] == own.chance.value
    assert page.facts["cycle_needed"] == float(own.need.score)
    assert (page.facts["cycle_secured"], page.facts["cycle_most"], page.facts["cycle_wanted"]) == (36.3925, 96.3925, 86)
    assert said in words.conclusion(standing(settings), own, "zh")
    assert "about " + usual in words.conclusion(standing(settings), own, "en")


WON = "前两年已得 36.39 分（占 40%），"
BROUGHT = "2015 and 2016 brought 36.39 points (40% of the total); "


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        (
            "reached",
            WON + "总分 20 分已经达到，不取决于本年得分。",
            BROUGHT + "the wanted total of 20 is reached whatever this year brings.",
        ),
        (
            "beyond",
            WON + "总分最高 96.39 分，达不到 97 分。",
            BROUGHT + "the total can be 96.39 at most, so 97 is out of reach.",
        ),
        (
            "no wish",
            WON + "周期总分最低 36.39 分、最高 96.39 分；未设总分目标。",
            BROUGHT + "the total of the cycle can end between 36.39 and 96.39; no total is wanted.",
        ),
        (
            "a year missing",
            "2016 年已得 22.41 分（占 25%），若 2015 年与本年同分，要达到总分 88 分，本年（占 60%）须得 87.45 分。",
            "2016 brought 22.41 points (25% of the total); if 2015 brings what this year brings, "
            "for a total of 88 this year (60%) must bring 87.45.",
        ),
        (
            "first year",
            "本周期尚无已公布的年度成绩，若 2016、2017 年与本年同分，要达到总分 85 分，本年（占 15%）须得 85 分。",
            "No year of this cycle has a score yet; if 2016 and 2017 bring what this year brings, "
            "for a total of 85 this year (15%) must bring 85.",
        ),
        (
            "deducted",
            WON + "要达到总分 86 分，本年（占 60%）须得 82.68 分，计入已知的扣 5 分，测评须得 87.68 分。",
            BROUGHT + "for a total of 86 this year (60%) must bring 82.68, "
            "so with 5 points known to be deducted the assessment must bring 87.68.",
        ),
    ],
)
def test_every_verdict_in_words(name, zh, en):
    now = standing(CYCLES[name])
    own = None if CYCLES[name].wanted is None else aim(now, None, CYCLES[name].wanted)
    assert words.conclusion(now, own, "zh") == zh
    assert words.conclusion(now, own, "en") == en


def test_who_reaches_the_printed_score_reaches_the_total():
    now = standing(CYCLES["third year"])
    for tenths in range(800, 960, 7):
        need = needed(now, F(tenths, 10))
        printed = F(words.needed_said(need, "zh"))
        assert printed >= need.score
        assert printed - need.score < F(1, 100)


def test_a_simulated_chance_carries_its_error(found):
    now = standing(CYCLES["third year"])
    own = chance(found["drawn"], now, needed(now, F(86)), strict=False)
    assert "±" in words.chance_said(own, "zh")
    assert "±" not in words.chance_said(chance(found["law"], now, needed(now, F(86)), strict=False), "zh")
    assert words.chance_said(chance(found["law"], now, needed(now, F(97))), "zh") == "0%"


def test_a_missing_year_is_said_on_the_page():
    page = "".join(Reader(sections.cycle(CYCLES["a year missing"], None, "zh")).words)
    assert "2015 年成绩未登记，不按 0 分计算，也不按满分计算。" in page
    assert "neither as 0" in sections.cycle(CYCLES["a year missing"], None, "en")


def test_the_tables_have_the_years_and_the_wanted_sums(found):
    page = Reader(sections.cycle(CYCLES["third year"], found["law"], "zh"))
    years, wanted = page.tables
    assert years[1][:4] == ["2015", "15", "93.20", "13.98"]
    assert years[3] == ["2017", "60", "–", "–", "本年，须得 82.68 分"]
    assert years[4][:4] == ["合计", "40", "90.98", "36.39"]
    assert [row[0] for row in wanted[1:]] == ["80", "85", "86", "90", "95"]
    assert wanted[5][1] == "97.68"
    (image,) = page.images
    held = dict(totals(found["law"], standing(CYCLES["third year"])).quantiles)
    assert f"{held[0.05]:.2f} 至 {held[0.95]:.2f} 分" in image["alt"]


def test_what_a_year_is_for_in_words():
    said = words.phase_reading(phase(2025, RHYTHMS["two-year-term"]), "zh")
    assert said.startswith("2025 年：表彰上届、受理申报；2026 年：评选。")
    assert said.endswith("已命名的立即取消称号。")


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("third year", ("浅色", "空框")),
        ("first year", ("空框", "斜线")),
        ("beyond", ("浅色",)),
        ("a year missing", None),
    ],
)
def test_the_caption_names_what_is_drawn_and_nothing_else(name, drawn):
    page = sections.cycle(CYCLES[name], None, "zh")
    caption = re.search(r"<figcaption>(.*?)</figcaption>", page)[1]
    told = tuple(kind for kind in ("浅色", "空框", "斜线") if kind in caption)
    assert told == (drawn or ("浅色", "空框", "斜线"))
