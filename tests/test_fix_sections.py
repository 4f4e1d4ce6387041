"""The report on fixes: its numbers are those of the result, in both languages, whatever the assessment."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from page_reader import Reader
from test_fix_effects import CLOSE, STILL, fix
from test_fix_words import FIXES, PROPER, advised

from evalsys import fix_sections as sections
from evalsys.benches import bench_of
from evalsys.fix_effects import UNSEEN, shared_gain
from evalsys.fix_words import chance_said, cost, gain_chance, gain_points, title
from evalsys.fixes import mended
from evalsys.law import law
from evalsys.limits import Job
from evalsys.mending import Gain
from evalsys.wording import decimal

LANGS = ("zh", "en")
PARTS = (
    sections.title_block,
    sections.summary,
    sections.bring,
    sections.recommended,
    sections.money,
    sections.timetable,
    sections.together,
    sections.look_next,
    sections.provenance,
)
KINDS = {
    "table": advised,
    "findings": lambda folder: advised(folder, fixes=()),
    "one fix": lambda folder: advised(folder, fixes=FIXES[2:3]),
    "no mark": lambda folder: advised(folder, pass_mark=None),
    "no mark, findings": lambda folder: advised(folder, fixes=(), pass_mark=None),
    "no severity": lambda folder: advised(folder, forecast=STILL),
    "no day": lambda folder: advised(folder, inspection_date=None),
    "budget": lambda folder: advised(folder, asked={"budget": "3.5"}),
    "no money": lambda folder: advised(folder, asked={"budget": "0"}),
    "reached": lambda folder: advised(folder, pass_mark="5%", asked={"chance": "10%"}),
    "nothing lost": lambda folder: advised(folder, (("1.1", "是是"),), fixes=()),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Return a function that makes the advice on a kind of assessment, once."""
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = KINDS[kind](tmp_path_factory.mktemp("kind"))
        return made[kind]

    return make


def words_of(piece: str) -> str:
    return "".join(Reader(piece).words)


#: Charts take time: each kind in one language, the usual one in both.
SHOWN = [
    ("table", "zh"),
    ("table", "en"),
    ("findings", "zh"),
    ("one fix", "en"),
    ("no mark", "en"),
    ("no severity", "zh"),
    ("no day", "en"),
    ("reached", "en"),
    ("nothing lost", "zh"),
    ("nothing lost", "en"),
]


@pytest.mark.parametrize(("kind", "lang"), SHOWN)
def test_every_part_of_every_kind_is_well_formed(seen, kind, lang, monkeypatch):
    pictures = []
    own = sections.figure
    monkeypatch.setattr(
        sections,
        "figure",
        lambda heading, picture, caption="": pictures.append(picture) or own(heading, picture, caption),
    )
    headings = []
    for part in PARTS:
        page = part(seen(kind), lang)
        read = Reader(page)
        said = "".join(read.words)
        for table in read.tables:
            assert len({len(row) for row in table}) == 1
            assert len(table) > 1
        for image in read.images:
            assert len(image["alt"]) > 10
        spoken = "\n".join([said, *(image["alt"] for image in read.images)])
        assert not re.search(r"\bNone\b|\bnan\b|\binf\b|Fraction|\bTrue\b|。。|；。|，。|\.\.$", spoken)
        assert not re.search(r"[+−-]0(\.0+)?(?![.\d])", spoken), spoken
        for name in sorted(PROPER, key=len, reverse=True):
            spoken = spoken.replace(name, "")
        if lang == "en":
            assert not re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", spoken)
        else:
            assert set(re.findall(r"[A-Za-z]{3,}", spoken)) <= {"test", "evalsys"}
        headings += re.findall(r'<h2 id="(\w+)"', page)
    assert headings == ["plan", "money", "schedule", "together", "patrol"]
    assert [picture.missing for picture in pictures] == [""] * len(pictures)


# ---------------------------------------------------------------------------------------------------- the plan


def number(cell: str) -> Fraction:
    return Fraction(cell.split(" ")[0].replace(",", "").replace("+", "") or "0")


def test_the_total_is_that_of_the_law_and_the_shares_add_up_to_it(seen):
    advice = seen("table")
    found, plan = advice.found, advice.plan
    truth = law(mended(found.prospect.model, plan.fixes.cells, plan.fixes.after(advice.chosen)))
    gain = truth.chance - found.chance
    assert math.fsum(share.chance for share in advice.shares) == pytest.approx(gain, abs=2e-5)  # nodes of severity
    assert len(advice.shares) == len(plan.jobs) > 1
    (table,) = Reader(sections.recommended(advice, "zh")).tables
    head, *body, total = table
    assert head == [
        "",
        "整改",
        "责任单位",
        "费用",
        "得分单独办",
        "达标可能性单独办，百分点",
        "分摊整套，百分点",
        "办结第几天",
    ]
    assert len(body) == len(plan.jobs)
    assert total == [
        "", "合计", "", cost(plan.cost), gain_points(truth.mean - found.mean), gain_chance(gain), gain_chance(gain),
        str(max(job.ends for job in plan.jobs)),
    ]  # fmt: skip
    shares = dict(zip(advice.chosen, advice.shares, strict=True))
    order = sorted(plan.jobs, key=lambda job: -shares[job.option].chance)
    for row, job in zip(body, order, strict=True):
        option, effect = plan.fixes.options[job.option], advice.effects.effects[job.option]
        assert row == [
            advice.letters[job.option],
            title(option, advice.assessment, "zh"),
            option.unit or "未登记单位",
            cost(option.cost),
            gain_points(effect.gain.points),
            gain_chance(effect.gain.chance),
            gain_chance(shares[job.option].chance),
            str(job.ends),
        ]
    assert sum(number(row[3]) for row in body) == number(total[3]) == plan.cost
    assert abs(sum(number(row[6]) for row in body) - number(total[6])) <= Fraction(1, 20) * len(body)


def test_each_share_is_that_of_its_own_option(seen):
    """Whatever the order in which they are asked for."""
    advice = seen("table")
    bench = bench_of(advice.found, advice.plan.fixes)
    held = dict(zip(advice.chosen, advice.shares, strict=True))
    for order in itertools.permutations(advice.chosen):
        for place, share in zip(order, shared_gain(bench, order)[1], strict=True):
            assert held[place].chance == pytest.approx(share.chance, abs=CLOSE)
    assert len({round(share.chance, 3) for share in held.values()}) == len(held)  # no two are alike


def test_without_a_mark_the_table_is_of_points(seen):
    advice = seen("no mark")
    (table,) = Reader(sections.recommended(advice, "en")).tables
    head, *body, total = table
    assert head == ["", "Fix", "Unit", "Cost", "Pointsalone", "Shareof the whole, points", "Doneday"]
    whole = advice.plan.gain.points
    assert total[4:6] == [gain_points(whole)] * 2
    assert math.fsum(share.points for share in advice.shares) == pytest.approx(whole, abs=1e-6)  # 13 nodes of severity
    assert abs(sum(number(row[5]) for row in body) - number(total[5])) <= Fraction(1, 2000) * len(body)
    assert "chance" not in words_of(sections.recommended(advice, "en")).lower()


def test_rows_beyond_thirty_are_summed_in_one_line_and_nothing_is_lost(seen):
    """A plan of 33 jobs, made by hand of the town's four options."""
    jobs = tuple(Job(n % 4, 0, n + 1) for n in range(33))
    shares = tuple(Gain((300 - n) / 1000, (40 - n) / 1000) for n in range(33))
    for kind, columns in (("table", 8), ("no mark", 7), ("unscheduled", 7)):
        base = seen("table" if kind == "unscheduled" else kind)
        options = base.plan.fixes.options
        if kind == "unscheduled":
            options = tuple(replace(option, calendar_days=None, crew_days=None) for option in options)
        marked = base.plan.gain.chance is not None
        own = tuple(share if marked else replace(share, chance=None) for share in shares)
        price = sum((options[job.option].cost for job in jobs), Fraction(0))
        whole = Gain(math.fsum(s.points for s in own), math.fsum(s.chance for s in own) if marked else None)
        fixes = replace(base.plan.fixes, options=options)
        advice = replace(base, plan=replace(base.plan, fixes=fixes, jobs=jobs, cost=price, gain=whole), shares=own)
        for lang, more in (("zh", "其余 3 项（见附件）"), ("en", "3 more (see the annex)")):
            (table,) = Reader(sections.recommended(advice, lang)).tables
            _, *body, rest, total = table
            assert (len(body), rest[1], len(rest)) == (30, more, columns)
            assert sum(number(row[3]) for row in body) + number(rest[3]) == number(total[3]) == price
            at = 6 if marked else 5
            assert sum(number(row[at]) for row in [*body, rest]) == number(total[at])
            assert number(rest[at]) > 0
            assert (total[-1] == "33") == (kind != "unscheduled")


def test_no_plan_has_no_table_and_no_chart_of_days(seen):
    for kind in ("no money", "nothing lost", "reached"):
        advice = seen(kind)
        assert advice.plan.jobs == ()
        for part in (sections.recommended, sections.timetable):
            read = Reader(part(advice, "zh"))
            assert (read.tables, read.images) == ([], [])
        assert "没有要安排的整改" in words_of(sections.timetable(advice, "zh"))
    assert seen("findings").plan.jobs  # but they state no days
    assert Reader(sections.timetable(seen("findings"), "zh")).images == []
    for kind, zh, en in (
        ("no money", "没有可以办理、又能提高得分的整改。", "No fix within the limits would raise the score."),
        ("reached", "不办整改，达标可能性已为", "With no fix at all the chance to pass is"),
    ):
        assert words_of(sections.summary(seen(kind), "zh")).startswith(zh)
        assert words_of(sections.summary(seen(kind), "en")).startswith(en)


def test_no_fix_at_all(seen):
    advice = seen("nothing lost")
    assert advice.effects.fixes.options == ()
    for lang in LANGS:
        assert sections.bring(advice, lang) == ""
        assert Reader(sections.together(advice, lang)).tables == []
    assert "候选整改 0 项" in words_of(sections.title_block(advice, "zh"))


# ---------------------------------------------------------------------------------------------------- page one


def test_page_one_has_the_numbers_of_the_forecast_and_of_the_law(seen):
    advice = seen("table")
    found, plan = advice.found, advice.plan
    truth = law(mended(found.prospect.model, plan.fixes.cells, plan.fixes.after(advice.chosen)))
    assert plan.before.chance == found.chance
    page = words_of(sections.summary(advice, "zh"))
    low, high = (chance_said(found, chance, "zh") for chance in (found.chance, truth.chance))
    assert f"达标可能性由{low}升到{high}" in page
    assert f"达标可能性{high}整改前{low}" in page
    strict = [chance_said(found, chance, "zh") for chance in advice.strict]
    assert f"严督查时{strict[1]}整改前{strict[0]}" in page
    assert f"严督查时由{strict[0]}升到{strict[1]}" in page
    assert f"所需费用{cost(plan.cost)}未设预算" in page
    days = max(job.ends for job in plan.jobs)
    assert f"最晚完工第 {days} 天期限 13 天，留 {13 - days} 天复查" in page
    sd = found.prospect.model.severity
    z, chances = zip(*((z, chance) for z, _, chance, _ in found.severity), strict=True)
    assert min(chances) < advice.strict[0] < found.chance  # a strict inspection is worse than the average
    assert z[0] < -sd < z[-1]


def test_a_budget_is_told_with_what_is_left_of_it(seen):
    advice = seen("budget")
    assert advice.plan.limits.budget == Fraction(7, 2)
    assert advice.plan.cost <= Fraction(7, 2)
    left = cost(Fraction(7, 2) - advice.plan.cost)
    assert f"预算 3.5，余 {left}" in words_of(sections.summary(advice, "zh"))
    assert f"of 3.5, {left} is left" in words_of(sections.summary(advice, "en"))
    assert "工期 13 天 · 预算 3.5" in words_of(sections.title_block(advice, "en")).replace(
        "13 days", "工期 13 天"
    ).replace("budget", "预算")


@pytest.mark.parametrize("kind", ["no mark", "no mark, findings"])
def test_without_a_mark_page_one_is_of_points(seen, kind):
    advice = seen(kind)
    page = words_of(sections.summary(advice, "zh"))
    low, high = (decimal(Fraction(worth.points).limit_denominator(10**9), 2)
                 for worth in (advice.plan.before, advice.plan.after))  # fmt: skip
    assert f"期望得分由 {low} 分升到 {high} 分" in page
    assert f"期望得分{high} 分整改前 {low} 分" in page
    assert not re.search(r"达标可能性(由|约|\d|<|>)|严督查", page)


def test_without_severity_nothing_is_said_of_strict_inspectors(seen):
    advice = seen("no severity")
    assert (advice.strict, advice.strict_steps) == (None, ())
    page = words_of(sections.summary(advice, "zh"))
    assert "严督查" not in page
    assert "期望得分" in page  # in its place


def test_assumed_costs_and_assumed_days_are_told(seen):
    assert "每项按 1 计（假定）" in words_of(sections.summary(seen("findings"), "zh"))
    assert "1 each, assumed" in words_of(sections.summary(seen("findings"), "en"))
    count = len(seen("findings").effects.fixes.options)
    assert f"{count} 项整改后达标可能按 95% 计（假定）" in words_of(sections.provenance(seen("findings"), "zh"))
    assert "假定" not in words_of(sections.provenance(seen("table"), "zh"))
    assert "工期按 28 天计（假定）" in words_of(sections.timetable(seen("no day"), "zh"))
    assert "假定" not in words_of(sections.timetable(seen("table"), "zh"))


# ---------------------------------------------------------------------------------------------- what else there is


def test_the_chart_of_effects_has_every_fix(seen):
    for kind in ("table", "findings", "no mark"):
        advice = seen(kind)
        (image,) = Reader(sections.bring(advice, "zh")).images
        first = title(advice.effects.fixes.options[advice.effects.top[0]], advice.assessment, "zh")
        assert f"A {first} {gain_points(advice.effects.effects[advice.effects.top[0]].gain.points)} 分" in image["alt"]


def test_pairs_are_told_with_what_they_bring_apart_and_together(seen):
    advice = seen("table")
    (table,) = Reader(sections.together(advice, "zh")).tables
    assert len(table) == 1 + min(len(advice.effects.pairs), 8) > 1
    gains = advice.effects.effects
    for row, pair in zip(table[1:], advice.effects.pairs, strict=False):
        apart = gains[pair.first].gain.chance + gains[pair.second].gain.chance
        assert row[2:] == [gain_chance(apart), gain_chance(pair.together.chance), gain_chance(pair.extra.chance)]
        assert pair.extra.chance == pytest.approx(pair.together.chance - apart, abs=CLOSE)
        for cell, place in zip(row, (pair.first, pair.second), strict=False):
            assert cell.endswith(title(advice.effects.fixes.options[place], advice.assessment, "zh"))
            assert cell.split(" ")[0] in advice.letters.values()


def test_every_fix_has_one_letter_and_one_verdict(seen):
    advice = seen("table")
    tables = Reader(sections.money(advice, "zh")).tables
    letters = [letter for row in tables[-1][1:] for letter in re.findall(r"[A-Z]+", row[1])]
    assert sorted(letters) == sorted(advice.letters.values()) == ["A", "B", "C"]
    for job in advice.plan.jobs:
        assert job.option in advice.letters


def test_without_a_mark_there_is_no_chart_of_budget_and_chance(seen):
    assert len(Reader(sections.money(seen("table"), "zh")).images) == 2
    assert len(Reader(sections.money(seen("no mark"), "zh")).images) == 1
    assert len(seen("table").strict_steps) == len(seen("table").frontier.steps)


def test_the_patrol_is_a_table_of_its_sites(seen):
    advice = seen("table")
    (table,) = Reader(sections.look_next(advice, "zh")).tables
    names = advice.assessment.sites["name"].tolist()
    assert [row[1] for row in table[1:]] == [names[row.site] for row in advice.visits.rows]
    assert [row[0] for row in table[1:]] == [str(n) for n in range(1, len(table))]


def test_words_of_the_user_are_escaped(tmp_path):
    odd = "<b>&\"甲\"|'x'"
    advice = advised(tmp_path, fixes=[fix("甲", "1.1@s1", name=odd, unit="<i>局|")], place="<u>某&区")
    for part in PARTS:
        page = re.sub(r"<style>.*?</style>", "", part(advice, "zh"), flags=re.S)
        assert not re.search(r"<b>&|<i>局|<u>某", page)
        Reader(page)
    assert odd in words_of(sections.recommended(advice, "zh"))
    assert "<i>局|" in words_of(sections.recommended(advice, "zh"))


def test_the_annex_is_written_where_it_is_asked_for(seen, tmp_path):
    assert sections.write_annex(seen("table"), "", "zh") == ""
    for lang, name in (("zh", "整改效益.xlsx"), ("en", "fixes.xlsx")):
        assert name in words_of(sections.write_annex(seen("table"), str(tmp_path), lang))
        assert (tmp_path / name).stat().st_size > 5000


def test_a_fix_that_nobody_looks_at_is_counted_below_the_chart(tmp_path):
    fixes = [*FIXES, fix("丁", "1.2@s3"), fix("戊", "1.1@type:main-road")]
    advice = advised(tmp_path, fixes=fixes)
    assert advice.effects.effects[-1].why_none == UNSEEN
    assert "另有 1 项的对象不在抽查和必查范围内" in words_of(sections.bring(advice, "zh"))
