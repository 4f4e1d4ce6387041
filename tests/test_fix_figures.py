"""The charts of fixes and plans: marks where their numbers are, words that never touch, the numbers in the words."""

import re
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from test_forecast_figures import MM, bars, dots, lines, touch, words

from evalsys.figures import COLOURS
from evalsys.fix_effects import Effect, Effects
from evalsys.fix_figures import evsi_bars, standings_chart, tornado
from evalsys.fix_views import letter
from evalsys.fixes import Fixes, Option
from evalsys.frontier import Frontier, Step
from evalsys.language import Text
from evalsys.limits import Job, Limits, weeks_of
from evalsys.mending import Gain, Worth
from evalsys.patrols import Visit
from evalsys.plan_figures import Moved, _apart, frontier_chart, gantt, severity_before_after
from evalsys.planning import Plan
from evalsys.stability import Standing

ZH = ["社区1、2 宣传栏与楼道清理", "药店1 资质与台账补正", "城市社区核心价值观阵地补建", "社区1、2 公益宣传更新",
      "社区1 停车与飞线整治", "主次干道人行道修补", "背街小巷1 路面与排水", "主要交通路口1 劝导与标线",
      "商业大街1 公益广告更新", "社区消防通道清障"]  # fmt: skip
EN = ["Community 1 and 2: boards and stairways", "Pharmacy 1: licences and ledgers", "Core values displays",
      "Community 1 and 2: public adverts", "Community 1: parking and loose wires", "Pavements of main and minor roads",
      "Back lane 1: surface and drains", "Main junction 1: wardens and markings", "High street 1: public adverts",
      "Fire lanes in communities"]  # fmt: skip
TITLES = {"zh": ZH, "en": EN}
UNITS = {
    "zh": ["吴江街道", "市场监督局", "吴江街道", "吴江街道", "公安局", "住建局", "住建局", "公安局",
           "吴江街道", "消防大队"],
    "en": ["Town office", "Market bureau", "Town office", "Town office", "Police", "Housing", "Housing", "Police",
           "Town office", "Fire brigade"],
}  # fmt: skip
LONG = {
    "zh": "全部农贸市场和沿街商铺的门前三包、占道经营、乱停乱放、乱贴乱画与公益广告缺失问题集中整治（二级档次）",
    "en": "All wet markets and street shops: goods on pavements, parking, posters, missing adverts (level 2)",
}
POINTS = [0.667, 0.5, 0.4, 0.222, 0.133, 0.153, 0.1, 0.05, 0.056, 0.033]
CHANCES = [0.131, 0.098, 0.08, 0.046, 0.029, 0.028, 0.024, 0.016, 0.013, 0.011]
COSTS = [Fraction(8), Fraction(3, 5), Fraction(11, 2), Fraction(12, 5), Fraction(9)]


def fixes(units, levels=False):
    options = [
        Option(f"F{k // 2 if levels else k}", "", (), np.array([k]), 0.95, True, Fraction(1), None, None, unit)
        for k, unit in enumerate(units)
    ]
    return Fixes(tuple(options), np.zeros((len(options), 3), dtype=np.int64))


def effects(points, chances, errors=0.0, levels=False):
    """Effects of options of one fix each (or two levels each), as an engine would give them."""
    marked = chances is not None
    gains = [
        Gain(p, c, errors and 0.02 * (p > 0), errors * (marked and c > 0))
        for p, c in zip(points, chances if marked else [None] * len(points), strict=True)
    ]
    rows = tuple(Effect(k, gain, None, None, None, None, None) for k, gain in enumerate(gains))
    top = sorted(range(len(gains)), key=lambda k: (-(gains[k].chance or 0), -gains[k].points))
    own = fixes(["公安局"] * len(gains), levels)
    seen = {}
    for k in top:
        seen.setdefault(own.options[k].fix, k)
    none = Gain(0.0, 0.0 if marked else None)
    base = Worth(93.0, 0.71 if marked else None)
    return Effects(own, base, errors == 0, rows, tuple(seen.values()), none, (), (), ())


def blown(lang, points=POINTS, chances=CHANCES, titles=None, chosen=(0, 1, 2, 3, 7, 8), **more):
    titles = titles or TITLES[lang]
    levels = more.pop("levels", False)
    found = effects(points, chances, more.pop("errors", 0.004), levels)
    chosen = [k for k in chosen if k < len(points)]
    return tornado(found, titles, {k: letter(k) for k in range(len(titles))}, chosen, lang, **more)


def city(lang, count=70):
    named = [f"{('历下', '市中', '槐荫', '天桥')[k % 4]}区 {TITLES['zh'][k % 10]}" for k in range(count)]
    return named if lang == "zh" else [f"District {k % 4 + 1}, {EN[k % 10]}" for k in range(count)]


def plan(lang="zh", jobs=None, days=17, start=None, units=None, cost=Fraction(37, 2), after=0.95, points=94.9):
    if jobs is None:
        jobs = [(1, 0, 4), (0, 0, 9), (3, 3, 8), (7, 6, 9), (2, 9, 17), (8, 10, 12)]
    limits = Limits(Fraction(20), days, {}, start, weeks_of(start, days))
    before = Worth(93.0, None if after is None else 0.71)
    gain = Gain(points - 93.0, None if after is None else after - 0.71)
    return Plan(
        fixes(units or UNITS[lang]), limits, "chance", tuple(Job(*job) for job in jobs), before, Worth(points, after),
        gain, cost, "enumerated", None, gain,
    )  # fmt: skip


def busy(count=70, days=56, unit="城市管理局"):
    return [(k, (11 * k) // 15, min((11 * k) // 15 + 1 + (7 * k) % 13, days)) for k in range(count)], [unit] * count


def schedule(lang, start=None, inspection=21, **more):
    own = {k: more.pop(k) for k in ("titles", "first", "most") if k in more}
    titles = own.pop("titles", None) or TITLES[lang]
    return gantt(
        plan(lang, start=start, **more), titles, {k: letter(k) for k in range(len(titles))}, lang, inspection, **own
    )


STEPS = [(0.6, 0.79), (3.0, 0.83), (8.6, 0.89), (11.0, 0.905), (14.1, 0.93), (16.5, 0.945), (18.5, 0.95), (25.0, 0.96),
         (48.0, 0.98)]  # fmt: skip
HARSH = [(Fraction(0), 0.47), (Fraction(3, 5), 0.56), (Fraction(3), 0.61), (Fraction(43, 5), 0.7), (Fraction(11), 0.75),
         (Fraction(37, 2), 0.86), (Fraction(48), 0.92)]  # fmt: skip


def money(lang, steps=STEPS, harsh=HARSH, wanted=0.9, cheapest=3, chosen=6, marked=True):
    made = []
    for budget, level in steps:
        amount = Fraction(budget).limit_denominator(100)
        made.append(Step(amount, plan(cost=amount, after=level if marked else None, points=92 + 3 * level)))
    found = Frontier(tuple(made), wanted, None if cheapest is None else made[cheapest].plan, None)
    return frontier_chart(found, None if chosen is None else made[chosen].plan, harsh, lang)


def ranks(lang, rows, names=None, **more):
    found = [Standing(k, place, low, high, verdict) for k, (place, low, high, verdict) in enumerate(rows)]
    return standings_chart(found, names or [letter(k) for k in range(len(rows))], lang, **more)


RANKS = [(1, 1, 1, "first"), (2, 1, 2, "first"), (3, 3, 4, "worth"), (4, 3, 5, "worth"), (5, 4, 8, "depends"),
         (6, 5, 9, "depends"), (7, 4, 8, "depends"), (8, 5, 9, "depends"), (9, 6, 10, "depends"),
         (10, 7, 10, "never")]  # fmt: skip
Z = [-0.9 + 0.075 * n for n in range(25)]
LIKELY = [float(np.exp(-((z / 0.3) ** 2) / 2)) for z in Z]


def logistic(shift):
    return [(z, float(1 / (1 + np.exp(-4 * z - shift)))) for z in Z]


def severity(lang, before=1.0, after=3.0, at=(-0.3, 0.0), close=None):
    names = [Text("偏严", "strict"), Text("一般", "usual"), Text("偏宽", "lenient")]
    two = logistic(before), logistic(after)
    readings = [
        Moved(z, *(float(1 / (1 + np.exp(-4 * z - shift))) for shift in (before, after)), name)
        for z, name in zip(at, names, strict=False)
    ]
    return severity_before_after(*two, LIKELY, readings, lang)


def patrol(lang, rows, payoff="points", names=None, **more):
    visits = SimpleNamespace(
        rows=tuple(Visit(k, added, 0.5, lost, ()) for k, (added, lost) in enumerate(rows)), payoff=payoff
    )
    many = names or [
        f"{('社区', '药店', '背街小巷')[k % 3]}{k + 1}" if lang == "zh" else f"Site {k + 1}" for k in range(len(rows))
    ]
    return evsi_bars(visits, many, lang, **more)


LOOKS = [(0.412, 0.55), (0.31, 0.8), (0.2, 0.123), (0.11, 0.4), (0.0004, 0.31), (0.0, 0.0)]
CHARTS = {
    "tornado": blown,
    "tornado exact": lambda lang: blown(lang, errors=0.0),
    "tornado no mark": lambda lang: blown(lang, chances=None),
    "tornado one": lambda lang: blown(lang, [0.5], [0.1], chosen=()),
    "tornado nothing": lambda lang: blown(lang, [0.0] * 3, [0.0] * 3),
    "tornado none": lambda lang: blown(lang, [], []),
    "tornado zeros and noise": lambda lang: blown(lang, [0.3, 0.0, 0.0002, 0.01], [0.01, 0.0, 0.0001, -0.002]),
    "tornado ties": lambda lang: blown(lang, [0.1] * 5, [0.02] * 5),
    "tornado long": lambda lang: blown(lang, POINTS[:2], CHANCES[:2], [LONG[lang]] * 2),
    "tornado city": lambda lang: blown(
        lang, [0.9 / (k + 1) for k in range(70)], [0.05 / (k + 1) for k in range(70)], city(lang)
    ),
    "tornado wide errors": lambda lang: blown(lang, errors=0.1),
    "frontier": money,
    "frontier usual only": lambda lang: money(lang, harsh=None),
    "frontier one": lambda lang: money(lang, [(2, 0.74)], None, None, None, 0),
    "frontier no gain": lambda lang: money(lang, [(0, 0.71)], [(Fraction(0), 0.71)], 0.9, None, None),
    "frontier the same": lambda lang: money(lang, chosen=3),
    "frontier near": lambda lang: money(
        lang, harsh=[(b, c + 0.2) for b, c in HARSH[:3]], wanted=0.72, cheapest=0, chosen=1
    ),
    "frontier no mark": lambda lang: money(lang, marked=False, wanted=None, cheapest=None, harsh=None),
    "frontier sure": lambda lang: money(lang, [(1, 0.992), (2, 0.9996)], None, 0.99, 0, 1),
    "frontier large": lambda lang: money(lang, [(b * 10000, c) for b, c in STEPS], None),
    "standings": lambda lang: ranks(lang, RANKS),
    "standings titles": lambda lang: ranks(lang, RANKS, TITLES[lang], width=84.0),
    "standings one": lambda lang: ranks(lang, [(1, 1, 1, "first")]),
    "standings tie": lambda lang: ranks(lang, [(1, 1, 3, "worth")] * 3),
    "standings city": lambda lang: ranks(
        lang, [(k + 1, max(1, k - 9), min(200, k + 20), "depends") for k in range(200)], width=84.0
    ),
    "standings long": lambda lang: ranks(lang, RANKS[:2], [LONG[lang]] * 2),
    "gantt": schedule,
    "gantt dates": lambda lang: schedule(lang, start=date(2026, 11, 9)),
    "gantt no inspection": lambda lang: schedule(lang, inspection=None),
    "gantt no room": lambda lang: schedule(lang, inspection=17),
    "gantt one": lambda lang: schedule(lang, jobs=[(0, 0, 1)], days=1, inspection=2),
    "gantt none": lambda lang: schedule(lang, jobs=[]),
    "gantt long": lambda lang: schedule(
        lang, jobs=[(0, 0, 3), (1, 9, 17)], titles=[LONG[lang]] * 2, units=[LONG[lang]] * 2
    ),
    "gantt city": lambda lang: schedule(
        lang, date(2026, 9, 3), 60, jobs=busy()[0], units=busy()[1], days=56, titles=city(lang)
    ),
    "gantt city end": lambda lang: schedule(
        lang, None, 60, jobs=busy()[0], units=busy()[1], days=56, titles=city(lang), first=50
    ),
    "gantt half a year": lambda lang: schedule(lang, date(2026, 1, 5), 200, days=182),
    "severity": severity,
    "severity three": lambda lang: severity(lang, at=(-0.3, 0.0, 0.3)),
    "severity the same": lambda lang: severity(lang, 2.0, 2.0, at=(-0.02, 0.0)),
    "severity sure": lambda lang: severity(lang, -30.0, 30.0),
    "severity off": lambda lang: severity_before_after(
        [(0.0, 0.7)], [(0.0, 0.9)], [1.0], [Moved(0.0, 0.7, 0.9, Text("一般", "usual"))], lang
    ),
    "patrol": lambda lang: patrol(lang, LOOKS),
    "patrol chance": lambda lang: patrol(lang, [(a / 50, b) for a, b in LOOKS], "chance"),
    "patrol long": lambda lang: patrol(lang, LOOKS * 5, names=[LONG[lang], *map(letter, range(29))]),
    "patrol one": lambda lang: patrol(lang, LOOKS[:1]),
    "patrol none": lambda lang: patrol(lang, []),
}  # fmt: skip
BOTH = [
    pytest.param(name, lang, marks=[pytest.mark.slow] if lang == "en" else [])
    for name in CHARTS
    for lang in ("zh", "en")
]


class Drawn(dict):
    """Each chart is drawn when it is first asked for."""

    def __missing__(self, key):
        name, lang = key
        self[key] = CHARTS[name](lang)
        return self[key]


@pytest.fixture(scope="module")
def drawn():
    return Drawn()


@pytest.mark.parametrize(
    ("name", "lang"),
    [pytest.param(*own.values, marks=own.marks or ([pytest.mark.slow] if place % 4 else []))
     for place, own in enumerate(BOTH)],
)  # fmt: skip
def test_words_never_touch_and_stay_on_the_paper(drawn, name, lang):
    picture = drawn[name, lang]
    boxes = words(picture.svg)
    assert boxes
    for (said, a), (other, b) in combinations(boxes, 2):
        assert not touch(a, b), (said, other)
    for said, (left, top, right, bottom) in boxes:
        assert -0.3 <= left < right <= picture.width + 0.3, said
        assert 0 <= top < bottom <= picture.height, said


@pytest.mark.parametrize(("name", "lang"), BOTH)
def test_size_glyphs_and_alternative_text(drawn, name, lang):
    picture = drawn[name, lang]
    assert picture.missing == ""
    assert picture.width == (58 if name in SIDE else 84 if name.startswith("standings") else 176)
    width, height = map(float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg).groups())
    assert (width * MM, height * MM) == pytest.approx((picture.width, picture.height), abs=0.1)
    assert picture.height < 175  # fits a page with its heading
    assert len(picture.alt) < 600
    assert picture.alt.endswith("。" if lang == "zh" else ".")
    if lang == "en":
        assert not re.search("[\u3000-\u9fff\uff00-\uffef]", picture.alt.replace("城市管理局", ""))


SIDE = {"standings", "standings one", "standings tie", "standings long"}
SAID = {
    "tornado": (["A 社区1、2 宣传栏与楼道清理 +0.667 分、+13.1 个百分点"], ["+0.667 points, +13.1 percentage points"]),
    "tornado no mark": (["+0.667 分；"], ["+0.667 points;"]),
    "tornado city": (["另有 58 项效果更小"], ["58 more bring less"]),
    "tornado zeros and noise": (["另有 2 项单独办不见效果"], ["2 more bring nothing alone"]),
    "tornado nothing": (["各项整改单独办均不见效果"], ["No fix brings anything alone"]),
    "frontier": (
        ["不整改：约 71%", "费用 11：可达到 90%", "费用 18.5：约 95%", "由约 47% 到约 92%"],
        ["with nothing done about 71%", "cost 11 reaches 90%", "cost 18.5, about 95%", "from about 47% to about 92%"],
    ),
    "frontier no gain": (["未找到达到 90% 的方案"], ["no plan found that reaches 90%"]),
    "frontier the same": (["推荐方案，费用 11：可达到 90%"], ["plan: cost 11 reaches 90%"]),
    "frontier sure": (["99.9% 以上"], ["above 99.9%"]),
    "standings": (["C 第 3 名（3 至 4）"], ["C rank 3 (3 to 4)"]),
    "standings city": (["另有 175 项未画出"], ["175 more are not drawn"]),
    "gantt": (["共 6 项，第 17 天完工", "第 21 天督查"], ["6 in all, done after 17 days", "inspection on day 21"]),
    "gantt dates": (["11月30日督查"], ["inspection on 30 Nov"]),
    "gantt no inspection": (["第 17 天前全部办结"], ["all done by day 17"]),
    "gantt city end": (["第 51 至 70 项，共 70 项"], ["51 to 70 of 70"]),
    "severity": (["偏严：约 45% → 约 86%", "一般：约 73% → 约 95%"], ["strict: about 45% → about 86%"]),
    "patrol": (["2 药店2 +0.310，预计失分 0.800"], ["2 Site 2 +0.310, expected loss 0.800"]),
    "patrol long": (["其后还有 15 处"], ["15 later visits"]),
    "patrol none": (["没有需要复查的点位"], ["No site needs a visit"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_the_alternative_text_carries_the_numbers(drawn, name):
    for lang, parts in zip(("zh", "en"), SAID[name], strict=True):
        for part in parts:
            assert part in drawn[name, lang].alt


@pytest.mark.parametrize("name", ["tornado", "frontier", "standings", "gantt dates", "severity", "patrol"])
def test_the_same_numbers_give_the_same_bytes(drawn, name):
    assert CHARTS[name]("zh").svg == drawn[name, "zh"].svg


def spans(svg, colour, width):
    """Return the left and right ends of level lines of a colour and width, in millimetres."""
    pattern = rf'<path d="M ([\d.]+) ([\d.]+) \nL ([\d.]+) ([\d.]+) \n"[^>]*stroke: {colour.lower()}[^"]*"'
    found = []
    for match in re.finditer(pattern, svg):
        a, y, b, z = map(float, match.groups())
        said = re.search(r"stroke-width: ([\d.]+)", match.group())
        if y == z and (said is None or float(said[1]) == width):
            found.append((a * MM, b * MM))
    return found


def path(svg, colour):
    """Return the corners of the 1.6 pt line of a colour, in millimetres."""
    (found,) = re.findall(rf'<path d="([^"]*)"[^>]*stroke: {colour.lower()}; stroke-width: 1.6', svg)
    numbers = [float(n) * MM for n in re.findall(r"-?[\d.]+", found)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_bars_of_a_tornado_are_as_long_as_their_gains_and_errors_span_two_of_them(drawn):
    svg = drawn["tornado", "zh"].svg
    dark, pale = bars(svg, COLOURS["blue"].lower()), bars(svg, COLOURS["won"].lower())
    zeros = sorted({round(left, 1) for left, _, _ in [*dark, *pale]})
    assert len(zeros) == 2
    for zero, values, error in zip(zeros, (POINTS, CHANCES), (0.02, 0.004), strict=True):
        long = sorted(right - left for left, right, _ in [*dark, *pale] if round(left, 1) == zero)
        per = long[-1] / max(values)
        assert [one / per for one in long] == pytest.approx(sorted(values), abs=1e-3 * max(values))
        own = sorted(right - left for left, right, _ in dark if round(left, 1) == zero)
        assert [one / per for one in own] == pytest.approx(
            sorted(values[k] for k in (0, 1, 2, 3, 7, 8)), abs=1e-3 * max(values)
        )
        ends = [(a, b) for a, b in spans(svg, COLOURS["ink"], 1.0) if zero - 0.1 <= a < zero + 60]
        assert len(ends) == 10
        assert max(b for _, b in ends) == pytest.approx(zero + per * (max(values) + 2 * error), abs=0.05)
        assert min(a for a, _ in ends) == pytest.approx(zero + per * max(min(values) - 2 * error, 0), abs=0.06)
    assert not spans(drawn["tornado exact", "zh"].svg, COLOURS["ink"], 1.0)


def test_rows_of_a_tornado_fall_by_chance_and_show_the_chosen_level():
    said = [text for text, _ in words(blown("zh").svg)]
    assert [text for text in said if text in ZH] == [ZH[k] for k in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    points = [text for text, _ in words(blown("zh", chances=None).svg)]
    assert [text for text in points if text in ZH] == [ZH[k] for k in (0, 1, 2, 3, 5, 4, 6, 8, 7, 9)]
    levels = [text for text, _ in words(blown("zh", levels=True, chosen=(1,)).svg)]  # options 0 and 1 are one fix
    assert [text for text in levels if text in ZH] == [ZH[k] for k in (1, 2, 4, 6, 8)]


def test_noise_below_zero_has_a_number_and_no_bar(drawn):
    svg = drawn["tornado zeros and noise", "zh"].svg
    assert "−0.2" in [text for text, _ in words(svg)]
    assert len([1 for fill in ("blue", "won") for _ in bars(svg, COLOURS[fill].lower())]) == 3  # two points, one chance


def test_steps_of_the_frontier_rise_at_their_budgets_and_the_marks_stand_on_them(drawn):
    svg = drawn["frontier", "zh"].svg
    corners = path(svg, COLOURS["blue"])
    rises = [(a[0], b[1]) for a, b in pairwise(corners) if a[0] == b[0]]
    assert len(rises) == len(STEPS)
    per = (rises[-1][0] - corners[0][0]) / 48
    assert [(x - corners[0][0]) / per for x, _ in rises] == pytest.approx([b for b, _ in STEPS], abs=0.02)
    high = (rises[0][1] - rises[-1][1]) / (0.98 - 0.79)
    assert [(rises[-1][1] - y) / high + 0.98 for _, y in rises] == pytest.approx([c for _, c in STEPS], abs=2e-4)
    assert np.allclose(dots(svg), [rises[3], rises[6]], rtol=0, atol=0.01)
    assert lines(svg, COLOURS["ink"]) == pytest.approx([rises[3][0]], abs=0.01)
    harsh = path(svg, COLOURS["lost"])
    assert min(y for _, y in harsh) > min(y for _, y in corners)
    assert (harsh[0][1] - corners[0][1]) / high == pytest.approx(0.71 - 0.47, abs=1e-3)


def test_a_step_at_budget_0_stands_for_nothing_done():
    assert money("zh", [(0, 0.71), *STEPS], cheapest=4, chosen=7).alt == money("zh").alt


def test_ranks_stand_on_their_ranges(drawn):
    svg = drawn["standings", "zh"].svg
    at = dots(svg)
    per = (at[-1][0] - at[0][0]) / 9
    assert [1 + (x - at[0][0]) / per for x, _ in at] == pytest.approx([row[0] for row in RANKS], abs=0.01)
    ranges = spans(svg, COLOURS["won"], 5.0)
    assert [1 + (a - at[0][0]) / per for a, _ in ranges] == pytest.approx([row[1] for row in RANKS], abs=0.01)
    assert [1 + (b - at[0][0]) / per for _, b in ranges] == pytest.approx([row[2] for row in RANKS], abs=0.01)
    turned = standings_chart(
        [Standing(k, *row) for k, row in reversed(list(enumerate(RANKS)))],
        [letter(k) for k in reversed(range(10))],
        "zh",
    )
    assert turned.svg == svg  # names go with their standings


def test_jobs_last_as_long_as_their_bars_and_end_before_the_inspection(drawn):
    svg = drawn["gantt", "zh"].svg
    found = bars(svg, COLOURS["won"].lower())
    (line,) = lines(svg, COLOURS["ink"])
    ((review, end, _),) = bars(svg, COLOURS["band"].lower())
    zero, per = found[0][0], (line - found[0][0]) / 21
    jobs = sorted((job.begins, job.ends) for job in plan().jobs)
    days = sorted((left - zero, right - zero) for left, right, _ in found)
    assert [n for pair in days for n in pair] == pytest.approx([per * n for job in jobs for n in job], abs=0.03)
    assert (review - zero, end - zero) == pytest.approx((17 * per, 21 * per), abs=0.03)
    assert max(right for _, right, _ in found) <= review + 0.02
    weeks = lines(svg, COLOURS["hair"])
    assert [(x - zero) / per for x in weeks] == pytest.approx([0, 7, 14], abs=0.01)


def test_pages_of_a_long_plan_show_every_job_once_on_one_axis():
    jobs, units = busy(40)
    titles = [f"整改{k:02}" for k in range(40)]
    pages = [
        schedule("zh", inspection=60, jobs=jobs, units=units, days=56, titles=titles, first=k, most=15)
        for k in (0, 15, 30)
    ]
    said = [text for page in pages for text, _ in words(page.svg) if text in titles]
    assert said == titles
    assert len({tuple(lines(page.svg, COLOURS["hair"])) for page in pages}) == 1


def test_the_chance_after_the_work_is_above_the_chance_before(drawn):
    svg = drawn["severity", "zh"].svg
    before, after, usual_before, usual_after = dots(svg)
    assert before[0] == after[0] < usual_before[0] == usual_after[0]
    (bottom, top) = (
        max(y for _, y in dots(drawn["severity sure", "zh"].svg)),
        min(y for _, y in dots(drawn["severity sure", "zh"].svg)),
    )
    shares = [(bottom - y) / (bottom - top) for _, y in (before, after, usual_before, usual_after)]
    truth = [1 / (1 + np.exp(-4 * z - shift)) for z in (-0.3, 0.0) for shift in (1, 3)]
    assert shares == pytest.approx(truth, abs=1e-3)
    line = path(svg, COLOURS["blue"])
    assert min(abs(x - usual_after[0]) + abs(y - usual_after[1]) for x, y in line) < 0.02  # on its curve


def test_visits_are_in_the_order_of_the_patrol_with_their_values(drawn):
    svg = drawn["patrol", "zh"].svg
    found = [*bars(svg, COLOURS["blue"].lower()), *bars(svg, COLOURS["won"].lower())]
    zeros = sorted({round(left, 1) for left, _, _ in found})
    for zero, column in zip(zeros, (0, 1), strict=True):
        long = sorted(right - left for left, right, _ in found if round(left, 1) == zero)
        truth = sorted(row[column] for row in LOOKS if row[column])
        assert [one / long[-1] * truth[-1] for one in long] == pytest.approx(truth, abs=2e-3)
    assert "+0.62" in [text for text, _ in words(drawn["patrol chance", "zh"].svg)]


@pytest.mark.parametrize(
    ("wishes", "places"),
    [([10.0, 10.0], [10.0, 14.2]), ([41.0, 42.0], [37.8, 42.0]), ([30.0, 0.0], [30.0, 0.0]), ([-3.0, 1.0], [0.0, 4.2])],
)
def test_words_beside_an_axis_are_pushed_apart(wishes, places):
    assert _apart(wishes, 42.0) == pytest.approx(places)
