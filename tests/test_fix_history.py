"""Looking back: projects as foreseen from the round before, and two rounds side by side, on rounds made by hand."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard
from page_reader import Reader

from evalsys import history_sections as sections
from evalsys.benches import bench_of
from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.fix_history import other_plan, project_ledger, since
from evalsys.fix_views import advise
from evalsys.fix_words import chance_said, gain_chance, gain_points
from evalsys.fixes import mended
from evalsys.forecast_words import about, chance_text
from evalsys.forecasting import forecast
from evalsys.law import law
from evalsys.projects import ledger
from evalsys.rounds import announced_gap, known_by
from evalsys.scoring import score
from evalsys.wording import percent

AT = [{"site_type": "community", "sites": 2}]
#: What was seen at sites a, b, c: 1 falls short, 0 complies, . is not looked at.
ROUNDS = {
    ("r0", "2026-02-10"): {"1.1": "11.", "1.2": "01."},
    ("r1", "2026-04-10"): {"1.1": "110", "1.2": "000"},
    ("r2", "2026-06-10"): {"1.1": "010", "1.2": "00."},
}
FIXES = [
    {"fix_id": "甲", "level": "小", "targets": "1.1@a", "after": "0.6", "cost": "1"},
    {"fix_id": "甲", "level": "大", "targets": "1.1@a", "after": "0.9", "cost": "2"},
    {"fix_id": "乙", "targets": "1.1@b;1.2@b", "after": "0.95", "cost": "3"},
]
PROJECTS = [
    {"project_id": "p0", "name": "早", "fixes": "甲", "month": "2026-01", "cost": "2"},
    {"project_id": "p1", "name": "楼道", "fixes": "甲", "month": "2026-03", "cost": "2", "spent": "2.5"},
    {"project_id": "p2", "name": "灯", "fixes": "甲;乙", "month": "2026-05", "cost": "5", "spent": "1"},
    {"project_id": "p3", "fixes": "乙", "month": "2026-06"},
    {"project_id": "p4", "fixes": "乙", "month": "2026-07"},
]


def made(folder, *, rounds=None, fixes=FIXES, projects=PROJECTS, pass_mark="85%", **settings):
    rows = [
        {"standard": code, "site_id": site, "value": "否" if mark == "1" else "是", "round": name, "observed_on": day}
        for (name, day), held in (rounds or ROUNDS).items()
        for code, marks in held.items()
        for site, mark in zip("abc", marks, strict=True)
        if mark != "."
    ]
    content = content_of(
        [indicator("1", 10, [standard("1.1", "met", 6, checked_at=AT), standard("1.2", "met", 4, checked_at=AT)])], 10
    )
    given = {
        "round": "r2",
        "inspection_date": "2026-09-01",
        "frame": "complete",
        "draw": [{"site_type": "community", "sites": 2}],
        "pass_mark": pass_mark,
        **settings,
    }
    sites = [{"site_id": name, "site_type": "community", "name": f"社区{name.upper()}"} for name in "abc"]
    own = {name: value for name, value in given.items() if value is not None}
    return assessment_of(folder, content, rows, own, sites=sites, fixes=fixes, projects=projects)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return score(made(tmp_path_factory.mktemp("history")))


# ---------------------------------------------------------------------------------------------------- projects


def test_a_project_is_foreseen_from_the_last_round_before_its_month(here):
    """Nothing was known in January; in March the round of February; in May and June that of April; then the last."""
    rows = project_ledger(here)
    assert [row.known_at for row in rows] == [None, "r0", "r1", "r1", "r2"]
    assert rows[0].project.foreseen is None
    assert [row.project.project_id for row in rows] == ["p0", "p1", "p2", "p3", "p4"]
    for row, chosen in zip(rows[1:], ([1], [1, 2], [2], [2]), strict=True):
        then = known_by(read_assessment(here.assessment.path, round=row.known_at))
        found = forecast(then)
        assert found.engine == "exact"
        fixes = bench_of(found).fixes
        model = found.prospect.model
        truth = law(mended(model, fixes.cells, fixes.after(chosen)))
        assert row.project.foreseen.chance == pytest.approx(truth.chance - found.chance, abs=2e-5)  # severity's nodes
        assert row.project.foreseen.points == pytest.approx(truth.mean - found.mean, abs=1e-5)
        assert row.project.foreseen.chance > 0.01
    gains = [row.project.foreseen.chance for row in rows[1:]]
    assert abs(gains[1] - gains[0]) > 1e-3
    assert abs(gains[3] - gains[2]) > 1e-3  # the same fix, known at other rounds


def test_but_for_what_is_foreseen_it_is_the_ledger(here):
    for own, plain in zip(project_ledger(here), ledger(here), strict=True):
        assert replace(own.project, foreseen=None, options=()) == replace(plain, foreseen=None, options=())
    brought = project_ledger(here)[2].project.brought
    # of 1.1@a, 1.1@b, 1.2@b one complied in April and two in June
    assert (brought.cells, brought.before, brought.after) == (3, Fraction(1, 3), Fraction(2, 3))


def test_a_round_of_the_month_itself_is_no_foresight(tmp_path):
    """Of two rounds, one ends on the last day before the month, the other on its first day."""
    rounds = {
        ("r0", "2026-04-30"): {"1.1": "11.", "1.2": "01."},
        ("r1", "2026-05-01"): {"1.1": "110", "1.2": "000"},
        ("r2", "2026-06-10"): {"1.1": "010", "1.2": "00."},
    }
    own = score(made(tmp_path, rounds=rounds, projects=[{"project_id": "p", "fixes": "甲", "month": "2026-05"}]))
    assert [row.known_at for row in project_ledger(own)] == ["r0"]


def test_nothing_is_foreseen_where_no_round_came_before_or_nothing_could_be_forecast(tmp_path):
    rounds = {("r0", ""): {"1.1": "11.", "1.2": "01."}, ("r2", "2026-06-10"): {"1.1": "010", "1.2": "00."}}
    projects = [{"project_id": "p", "fixes": "甲", "month": month} for month in ("2026-05",)]
    rows = project_ledger(score(made(tmp_path / "a", rounds=rounds, projects=projects)))
    assert [(row.known_at, row.project.foreseen) for row in rows] == [(None, None)]  # a round without days
    assert project_ledger(score(made(tmp_path / "b", projects=()))) == ()


def test_a_finding_that_the_round_before_did_not_know_is_not_foreseen(tmp_path):
    """Without a table a project carries out findings: 1.1 at b was found in every round, under a number of its own."""
    table = [{"project_id": f"p{month}", "fixes": fix, "month": f"2026-0{month}"}
             for fix, month in (("o012", 5), ("o012", 7), ("o005", 5))]  # fmt: skip
    own = score(made(tmp_path, fixes=(), projects=[{**row, "project_id": f"{n}"} for n, row in enumerate(table)]))
    observations = own.assessment.observations.set_index("observation_id")
    assert [observations.loc[name, "round"] for name in ("o012", "o005")] == ["r2", "r1"]
    rows = project_ledger(own)
    assert [row.known_at for row in rows] == [None, "r2", "r1"]
    assert [row.project.foreseen is None for row in rows] == [True, False, False]


@pytest.mark.parametrize("pass_mark", ["85%", "71.23%", None])
def test_a_pass_mark_that_is_no_whole_number_is_that_of_the_foresight(tmp_path, pass_mark):
    """8.5 and 7.123 of 10 points: a fraction."""
    own = score(made(tmp_path, pass_mark=pass_mark, projects=PROJECTS[1:2]))
    (row,) = project_ledger(own)
    assert row.known_at == "r0"
    assert (row.project.foreseen.chance is None) == (pass_mark is None)
    assert row.project.foreseen.points > 0.5


def test_the_mark_of_a_report_is_that_of_the_foresight(here):
    """A report may ask for another mark than the settings."""
    other = project_ledger(score(here.assessment, pass_mark="60%"))
    assert other[1].project.foreseen.chance != project_ledger(here)[1].project.foreseen.chance
    then = known_by(read_assessment(here.assessment.path, round="r0"))
    found = forecast(then, at_least="60%")
    bench = bench_of(found)
    gain = bench.gains([bench.fixes.after([1])])[0]
    assert other[1].project.foreseen == gain


# ---------------------------------------------------------------------------------------------------- two rounds


def test_two_rounds_by_hand(here):
    """1.1 counts 6 points over the sites seen, 1.2 counts 4."""
    found = since(here, "r0")
    assert (found.before.value, found.now.value) == (0 + 4 * Fraction(1, 2), 6 * Fraction(2, 3) + 4)
    assert found.change == 6
    assert {kind: found.count(kind) for kind in ("fixed", "open", "new", "back", "unseen")} == {
        "fixed": 2, "open": 1, "new": 0, "back": 0, "unseen": 0,
    }  # fmt: skip
    fixed = [finding for finding in found.findings if finding.kind == "fixed"]
    assert sorted(finding.lost_before for finding in fixed) == [2, 3]
    assert [finding.lost_now for finding in fixed] == [0, 0]
    (still,) = [finding for finding in found.findings if finding.kind == "open"]
    assert (still.lost_before, still.lost_now) == (3, 2)
    assert found.at_both == 5  # at a and b: 1.1 from 0 to 1/2 of 6, 1.2 from 1/2 to 1 of 4
    assert found.of_sample == 1
    for own, name in zip((found.forecast_before, found.forecast_now), ("r0", "r2"), strict=True):
        then = forecast(known_by(read_assessment(here.assessment.path, round=name)))
        assert own.chance == then.chance


def test_a_round_that_does_not_exist_is_a_fault(here):
    with pytest.raises(InputFaults):
        since(here, "r7")


# ---------------------------------------------------------------------------------------------------- the page


def words_of(piece):
    return "".join(Reader(piece).words)


PROPER = ("社区A", "社区B", "社区C", "楼道", "早", "灯")


def checked(page, lang):
    said = words_of(page)
    for name in PROPER:
        said = said.replace(name, "")
    if lang == "en":
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", said)
    else:
        assert not re.search(r"[A-Za-z]{3,}", said)
    assert not re.search(r"\bNone\b|\bnan\b|Fraction|。。|，。|[+−-]0(\.0+)?(?![.\d])", said)
    assert not re.search(r"约 (0|100)%|about (0|100)%", said)
    return words_of(page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_on_what_changed_has_the_numbers_of_the_comparison(here, lang):
    found = since(here, "r0")
    page = sections.since(here, "r0", lang)
    said = checked(page, lang)
    low, high = (chance_said(own, own.chance, lang) for own in (found.forecast_before, found.forecast_now))
    told = {
        "zh": [
            "得分由 2.00 分变为 8.00 分",
            f"达标可能性由{low}变为{high}",
            "两轮都查过的 4 处 +5.00 分",
            "带来 +1.00 分",
        ],
        "en": ["from 2.00 to 8.00 points", f"from {low} to {high}", "+5.00 are at the 4 checks", "and +1.00 come"],
    }
    for part in told[lang]:
        assert part in said
    (table,) = Reader(page).tables
    assert [row[1:4] for row in table[1:]] == [["1", "3.000", "2.000"], ["2", "5.000", "0.000"]]
    assert {"zh": "社区A 1.1", "en": "社区B 1.1"}[lang] in said


def test_no_chance_on_the_page_reads_as_certain(tmp_path):
    """Nearly certain then and nearly impossible now."""
    rounds = {
        ("r0", "2026-08-29"): {"1.1": "000", "1.2": "000"},
        ("r2", "2026-08-31"): {"1.1": "111", "1.2": "111"},
    }
    more = {"severity": "off", "rates": "off"}
    own = score(made(tmp_path, rounds=rounds, projects=(), pass_mark="20%", forecast=more))
    found = since(own, "r0")
    assert found.forecast_before.chance > 0.995
    assert found.forecast_now.chance < 0.005
    said = checked(sections.since(own, "r0", "zh"), "zh")
    assert not re.search(r"(?<![\d.])(0|100)%变|变为约? ?(0|100)%", said)
    assert "−10.00 分" in said
    checked(sections.since(own, "r0", "en"), "en")


def test_no_round_to_compare_with_is_no_section(here):
    assert sections.since(here, "", "zh") == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_the_ledger_has_its_numbers(here, lang):
    page = sections.ledger(here, lang)
    said = checked(page, lang)
    rows = project_ledger(here)
    (table,) = Reader(page).tables
    assert [row[0] for row in table[1:]] == ["p0 早", "p1 楼道", "p2 灯", "p3", "p4"]
    assert [row[2] for row in table[1:]] == ["2 / –", "2 / 2.5", "5 / 1", "– / –", "– / –"]
    foreseen = [own.project.foreseen for own in rows]
    assert [row[4] for row in table[1:]] == ["–", *(gain_chance(gain.chance) for gain in foreseen[1:])]
    brought = rows[2].project.brought
    assert table[3][5:] == ["33%", "67%", gain_points(float(brought.points))]
    assert re.findall(r'class="r l">([^<]*)<', page) == ["2 / 2.5"]  # it has spent more than it was to cost
    seen = [own.project.brought for own in rows if own.project.brought is not None]
    total = math.fsum(float(own.points) for own in seen)
    for part in {
        "zh": (f"5 个项目计划费用 9，已支出 3.5；{len(seen)} 个已复查", f"变化 {total:+.2f} 分"),
        "en": (f"5 projects: 9 planned, 3.5 spent; {len(seen)} looked at again", f"by {total:+.2f} points"),
    }[lang]:
        assert part in said


def test_without_a_mark_the_ledger_foresees_points(tmp_path):
    own = score(made(tmp_path / "a", pass_mark=None, projects=PROJECTS[1:2]))
    (table,) = Reader(sections.ledger(own, "zh")).tables
    (row,) = project_ledger(own)
    assert table[0][4] == "预计提高分"
    assert table[1][4] == gain_points(row.project.foreseen.points)


def test_no_projects_no_ledger(tmp_path):
    assert sections.ledger(score(made(tmp_path, projects=())), "zh") == ""


# ------------------------------------------------------------------------------------------- days, plans


def test_the_gap_between_days_is_that_of_the_test(here):
    """r2 was announced. 1.1: b fell short on both kinds of day, c on ordinary days only (r1 saw it well)."""
    gap = announced_gap(here.assessment, ["r2"], ["r0", "r1"])
    page = sections.days(here, "r2", "r0；r1", "zh")
    said = checked(page, "zh")
    low, high = (percent(share, 1) for share in (gap.announced, gap.ordinary))
    assert f"同样的 {gap.checks} 项检查，迎检日不达标 {low}，平时 {high}，相差" in said
    assert f"可能{about(chance_text(gap.chance), 'zh')}。" in said
    (table,) = Reader(page).tables
    worse = [own for own in gap.sites if own.ordinary > own.announced]
    assert [row[1:] for row in table[1:]] == [
        [str(len(own.leaves)), str(own.announced), str(own.ordinary)] for own in worse
    ]
    assert table[1][0] == "社区A"  # 1.1 fell short there at r1, and complied at r2
    assert "Ordinary days against announced days" in checked(sections.days(here, "r2", "r0; r1", "en"), "en")


@pytest.mark.parametrize(("announced", "ordinary"), [("", ""), ("r2", " "), ("；", "r0")])
def test_without_both_kinds_of_day_nothing_is_said(here, announced, ordinary):
    assert sections.days(here, announced, ordinary, "zh") == ""


def test_days_of_which_none_is_like_another_cannot_be_compared(tmp_path):
    rounds = {("r1", "2026-04-10"): {"1.1": "1.."}, ("r2", "2026-06-10"): {"1.1": ".0.", "1.2": ".0."}}
    own = score(made(tmp_path, rounds=rounds, projects=()))
    assert "无法比较" in sections.days(own, "r2", "r1", "zh")


def test_an_unknown_round_of_days_is_a_fault(here):
    with pytest.raises(InputFaults):
        sections.days(here, "r2", "r8", "zh")


def test_another_budget_stands_beside_the_recommended_plan(here):
    """甲 large costs 2 and 乙 3: for 2 only 甲 large can be had; 甲 small is below what a shows already."""
    advice = advise(here.assessment, budget="5", chance="")
    second, both = other_plan(advice, "2")
    assert [advice.plan.fixes.options[job.option].name for job in second.jobs] == ["甲 大"]
    assert both.cost == (Fraction(5), Fraction(2))
    model, fixes = advice.found.prospect.model, advice.plan.fixes
    truth = [law(mended(model, fixes.cells, fixes.after(plan.chosen))).chance for plan in (advice.plan, second)]
    assert [worth.chance for worth in both.worth] == pytest.approx(truth, abs=1e-12)
    assert both.gain.chance == pytest.approx(truth[1] - truth[0], abs=1e-12)
    page = sections.plans(advice, "2", "zh")
    said = checked(page, "zh")
    assert f"预算 2 的方案比推荐方案费用 −3、达标可能性 {gain_chance(both.gain.chance)} 个百分点" in said
    (table,) = Reader(page).tables
    assert [row[:3] for row in table[1:]] == [["推荐方案", "2", "5"], ["预算 2", "1", "2"]]
    assert [row[5] for row in table[1:]] == [chance_said(advice.found, chance, "zh") for chance in truth]
    assert [row[6] for row in table[1:]] == ["乙", "–"]
    assert "Two plans side by side" in words_of(sections.plans(advice, "2", "en"))
    assert sections.plans(advice, " ", "zh") == ""


@pytest.mark.parametrize("budget", ["-1", "abc"])
def test_another_budget_is_a_number_from_0(here, budget):
    with pytest.raises(InputFaults):
        sections.plans(advise(here.assessment, budget="5", chance=""), budget, "zh")
