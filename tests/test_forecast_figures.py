"""The charts of the forecast: marks and bars where their numbers are, words that never touch, seen in the drawing."""

import math
import random
import re
from itertools import combinations, pairwise

import matplotlib as mpl
import pytest

from evalsys.axes import Flag, placed, scale_of, shelved
from evalsys.figures import COLOURS, Bar
from evalsys.forecast_figures import (
    Bin,
    Given,
    Interval,
    Law,
    Reading,
    Span,
    distribution,
    intervals,
    severity_curve,
    shares_bar,
    two_laws,
)

MM = 25.4 / 72


def normal(mean, sd, low=80.0, high=100.0, width=0.25):
    def below(x):
        return 0.5 * (1 + math.erf((x - mean) / sd / math.sqrt(2)))

    edges = [low + width * n for n in range(round((high - low) / width) + 1)]
    return [Bin(a, b, below(b) - below(a)) for a, b in pairwise(edges)]


def forecast(bins, mark=93.0, now=93.86, mean=94.0, band=(91.0, 96.6), words="zh", **more):
    zh = words == "zh"
    return distribution(
        bins,
        Reading(mark, f"目标线 {mark:g}%" if zh else f"Target {mark:g}%"),
        None if now is None else Reading(now, f"本轮 {now:.2f}%" if zh else f"This round {now:.2f}%"),
        Reading(mean, f"平均 {mean:.1f}%" if zh else f"mean {mean:.1f}%"),
        band and Span(*band, *(f"{end:.1f}%" for end in band)),
        ("低于目标线", "约 29%") if zh else ("Below target", "about 29%"),
        ("达到目标线", "约 71%") if zh else ("Reaches target", "about 71%"),
        "得分率（横条：十次中约有九次落在此段）" if zh else "Score rate (bar: 9 in 10 fall here)",
        "替代文字",
        **more,
    )


def curve(points, weights, at=(-0.3, 0.0, 0.3), words=("偏严 约 47%", "一般 约 71%", "偏宽 约 87%")):
    chances = [min(points, key=lambda point: abs(point[0] - z))[1] for z in at]
    readings = [Given(z, chance, said, z < 0) for z, chance, said in zip(at, chances, words, strict=True)]
    return severity_curve(points, weights, readings, ("严", "宽"), "督查组宽严", "替代文字")


Z = [-1.8 + 0.075 * n for n in range(49)]
LIKELY = [math.exp(-((z / 0.3) ** 2) / 2) for z in Z]
LONG = "A label of far more words than one should have, 93.86%"
SHARES = [Bar("督查宽严", 0.42, "42%", True), Bar("抽点", 0.58, "58%", True), Bar("问卷", 0, "0"), Bar("材料", 0, "0")]
ROWS = [
    Interval("本预测", 68, 71, 74, "71%（68%～74%）", True),
    Interval("宽严标准差 0", 75, 78, 81, "78%（75%～81%）"),
    Interval("半衰期加倍", 72, 72, 72, "72%"),
]
CHARTS = {
    "usual": lambda: forecast(normal(94, 1.8)),
    "english": lambda: forecast(normal(94, 1.8), words="en"),
    "mark and round close": lambda: forecast(normal(94, 1.8), now=93.01),
    "all at one place": lambda: forecast([Bin(93, 93, 1.0)], now=93.0, mean=93.0, band=(93.0, 93.0)),
    "one bin": lambda: forecast([Bin(93, 93.25, 1.0)], now=93.1, mean=93.1, band=(93.0, 93.2)),
    "no chance": lambda: forecast(normal(70, 1.5, 60), now=69.0, mean=70.0, band=(67.5, 72.5)),
    "full marks": lambda: forecast(normal(99.5, 0.7), mark=90.0, now=100.0, mean=99.3, band=(98.3, 100.0)),
    "mark at 0": lambda: forecast(normal(3, 2, 0, 20), mark=0.0, now=0.0, mean=3.0, band=(0.5, 6.5)),
    "mark at 100": lambda: forecast(normal(98, 2), mark=100.0, now=99.9, mean=98.0, band=(95.0, 100.0)),
    "no round, no band": lambda: forecast(normal(94, 1.8), now=None, band=None),
    "long words": lambda: distribution(
        normal(94, 1.8), Reading(93, LONG), Reading(93.1, LONG), Reading(94, LONG), Span(91, 97, LONG, LONG),
        (LONG, LONG), (LONG, LONG), LONG, "x",
    ),
    "points": lambda: forecast([Bin(n, n, 1.0 + n % 3) for n in range(60, 79)], 70.0, 69.5, 68.0, None, unit=""),
    "curve": lambda: curve([(z, 1 / (1 + math.exp(-4 * z - 1))) for z in Z], LIKELY),
    "curve at 1": lambda: curve([(z, 1.0) for z in Z], LIKELY),
    "curve at 0": lambda: curve([(z, 0.0) for z in Z], LIKELY),
    "curve, readings close": lambda: curve([(z, 0.5) for z in Z], LIKELY, (-0.01, 0.0, 0.01)),
    "curve, long words": lambda: curve([(z, 0.5) for z in Z], LIKELY, (-0.1, 0.0, 0.1), (LONG,) * 3),
    "no severity": lambda: curve([(0.0, 0.7)], [1.0], (0.0, 0.0, 0.0)),
    "shares": lambda: shares_bar(SHARES, "替代文字"),
    "shares, negative": lambda: shares_bar([*SHARES, Bar("draw of sites", -0.1, "-10%")], "替代文字"),
    "shares, all 0": lambda: shares_bar(SHARES[2:], "替代文字"),
    "shares, long": lambda: shares_bar([Bar(LONG, 1, LONG[:20]), *(Bar(LONG, 0, "0") for _ in range(3))], "x", 84),
    "intervals": lambda: intervals(ROWS, Reading(71, "本预测 71%"), "达标可能性", "替代文字"),
    "intervals at 100": lambda: intervals(
        [Interval("all", 100, 100, 100, "99% 以上")], Reading(100, "本预测 99% 以上"), "达标可能性", "替代文字"
    ),
    "intervals at 0": lambda: intervals([Interval("all", 0, 0, 0, "不足 1%")], Reading(0, "不足 1%"), "可能性", "x"),
    "intervals, long": lambda: intervals(
        [Interval(LONG, 60, 70, 99, LONG), *ROWS], Reading(99, LONG), "Chance", "x", width=120
    ),
    "two laws": lambda: two_laws(
        Law(normal(92, 1.5), "上轮"), Law(normal(94, 1.8), "本轮"), Reading(93, "目标线 93%"), "得分率", "替代文字"
    ),
    "one law twice": lambda: two_laws(
        Law(normal(93.1, 1), LONG), Law(normal(93.1, 1), LONG), Reading(93, LONG), "得分率", "替代文字"
    ),
    "two spikes at 100": lambda: two_laws(
        Law([Bin(99.75, 100, 1)], "上轮"), Law([Bin(99.75, 100, 1)], "本轮"), None, "得分率", "替代文字"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn():
    return {name: draw() for name, draw in CHARTS.items()}


def words(svg):
    """Return each text of a drawing with the box of its outlines in millimetres: left, top, right, bottom."""
    shapes = {}
    for name, outline in re.findall(r'<path id="(NotoSans[^"]*)" d="([^"]*)" transform="scale\(0\.015625\)"', svg):
        numbers = [float(n) / 64 for n in re.findall(r"-?[\d.]+", outline)]
        shapes[name] = (
            (min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])) if numbers else None
        )
    found = []
    for said, body in re.findall(r'<g id="text_\d+">\s*<!-- (.*?) -->(.*?)</g>\s*</g>', svg, re.S):
        x, y, size = map(float, re.search(r"translate\(([\d.-]+) ([\d.-]+)\) scale\(([\d.]+)", body).groups())
        boxes = []
        for name, shift in re.findall(r'<use xlink:href="#([^"]*)"(?: transform="translate\(([\d.-]+)[^"]*")?', body):
            if shapes.get(name):  # a blank has no outline
                left, low, right, high = shapes[name]
                boxes.append((left + float(shift or 0), low, right + float(shift or 0), high))
        left, low = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, high = max(box[2] for box in boxes), max(box[3] for box in boxes)
        found.append(
            (said, ((x + size * left) * MM, (y - size * high) * MM, (x + size * right) * MM, (y - size * low) * MM))
        )
    return found


def touch(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def bars(svg, fill):
    """Return left, right, height of the filled rectangles of one fill, in millimetres."""
    found = []
    for path in re.findall(rf'<path d="([^"]*)"[^>]*style="fill: {fill}', svg):
        numbers = [float(n) * MM for n in re.findall(r"-?[\d.]+", path)]
        found.append((min(numbers[::2]), max(numbers[::2]), max(numbers[1::2]) - min(numbers[1::2])))
    return sorted(found)


def lines(svg, colour):
    """Return the x of the upright lines of one colour, in millimetres."""
    pattern = rf'<path d="M ([\d.]+) [\d.]+ \nL ([\d.]+) [\d.]+ \n"[^>]*stroke: {colour.lower()}'
    return [float(a) * MM for a, b in re.findall(pattern, svg) if a == b]


def dots(svg):
    """Return x, y of the dots in the order of drawing, in millimetres."""
    return [
        (float(x) * MM, float(y) * MM)
        for x, y in re.findall(r'<use xlink:href="#m[^"]*" x="([\d.]+)" y="([\d.]+)"', svg)
    ]


def test_texts_can_be_measured(drawn):
    """The measure itself: 'full' boxes of known letters, right-aligned at the edge of the paper."""
    said = dict(words(drawn["usual"].svg))
    left, top, right, bottom = said["达到目标线"]
    assert right == pytest.approx(176, abs=0.6)
    assert right - left == pytest.approx(5 * 9 * MM, rel=0.05)  # five full-width letters at 9 points
    assert 2 < bottom - top < 9 * MM * 1.1
    assert touch((0, 0, 2, 2), (1, 1, 3, 3))
    assert not touch((0, 0, 2, 2), (2.1, 0, 3, 2))


@pytest.mark.parametrize("name", CHARTS)
def test_words_never_touch_and_stay_on_the_paper(drawn, name):
    picture = drawn[name]
    boxes = words(picture.svg)
    assert boxes
    for (said, a), (other, b) in combinations(boxes, 2):
        assert not touch(a, b), (said, other)
    for said, (left, top, right, bottom) in boxes:
        assert -0.3 <= left < right <= picture.width + 0.3, said
        assert 0 <= top < bottom <= picture.height, said


@pytest.mark.parametrize("name", CHARTS)
def test_size_words_and_glyphs(drawn, name):
    picture = drawn[name]
    assert picture.alt in ("替代文字", "x")
    assert picture.missing == ""
    assert picture.width == {"shares, long": 84, "intervals, long": 120}.get(name, 176)
    width, height = map(float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg).groups())
    assert (width * MM, height * MM) == pytest.approx((picture.width, picture.height), abs=0.1)
    assert "<text" not in picture.svg  # outlines: no font is needed to read it
    assert not set(re.findall(r"#(\w*Sans\w*)-", picture.svg)) - {"NotoSansSC"}


@pytest.mark.parametrize("name", ["usual", "curve", "shares, negative", "intervals", "two laws"])
def test_the_same_numbers_give_the_same_bytes(drawn, name):
    before = dict(mpl.rcParams)
    assert CHARTS[name]().svg == drawn[name].svg
    assert dict(mpl.rcParams) == before


def test_a_glyph_that_no_font_has_is_named():
    assert shares_bar([Bar("𠀀村", 1, "1")], "x").missing == "𠀀"


def test_bars_are_as_high_as_their_chances_and_lie_on_their_side():
    law = [Bin(91, 92, 0.1), Bin(92, 93, 0.2), Bin(93, 94, 0.4), Bin(94, 95, 0.3)]
    svg = forecast(law, band=None, now=93.86).svg
    lost, won = bars(svg, r"url\("), bars(svg, COLOURS["won"].lower())
    heights = [bar[2] for bar in [*lost, *won]]
    assert [height / heights[2] for height in heights] == pytest.approx([0.25, 0.5, 1, 0.75], abs=2e-3)
    (mark,) = lines(svg, COLOURS["ink"])
    assert max(right for _, right, _ in lost) <= mark <= min(left for left, _, _ in won)
    middles = [(left + right) / 2 for left, right, _ in [*lost, *won]]
    assert [b - a for a, b in pairwise(middles)] == pytest.approx([middles[1] - middles[0]] * 3, abs=0.05)
    now, mean = dots(svg)
    unit = middles[1] - middles[0]
    assert (now[0] - mark) / unit == pytest.approx(0.86, abs=5e-3)
    assert (mean[0] - mark) / unit == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize(("value", "tone"), [(92.999, r"url\("), (93.0, COLOURS["won"].lower())])
def test_a_single_value_stands_wholly_on_its_side_of_the_mark(value, tone):
    svg = forecast([Bin(value, value, 1.0)], now=None, mean=value, band=None).svg
    ((left, right, _),) = bars(svg, tone)
    (mark,) = lines(svg, COLOURS["ink"])
    assert right <= mark + 0.01 if value < 93 else left >= mark - 0.01
    assert right - left > 1
    assert not bars(svg, COLOURS["won"].lower() if value < 93 else r"url\(")


def test_bins_too_low_to_be_seen_do_not_stretch_the_axis():
    law = normal(94, 1.8, 0, 100)
    assert forecast(law).svg == forecast(normal(94, 1.8, 85, 100)).svg
    assert len(law) == 400


@pytest.mark.parametrize(
    ("law", "why"),
    [
        ([Bin(92, 93, 0.5), Bin(93, 95, 0.5)], "one width"),
        ([], "one width"),
        ([Bin(92.5, 93.5, 1)], "edge"),
        ([Bin(92, 93, 0)], "no chance"),
    ],
)
def test_a_histogram_that_would_mislead_is_refused(law, why):
    with pytest.raises(ValueError, match=why):
        forecast(law)


def test_two_laws_need_the_same_bins():
    with pytest.raises(ValueError, match="one width"):
        two_laws(Law(normal(92, 1), "a"), Law(normal(92, 1, width=0.5), "b"), None, "c", "x")
    with pytest.raises(ValueError, match="with a width"):
        two_laws(Law([Bin(1, 1, 1)], "a"), Law([Bin(1, 1, 1)], "b"), None, "c", "x")
    with pytest.raises(ValueError, match="no chance"):
        two_laws(Law([Bin(1, 2, 0)], "a"), Law([Bin(1, 2, 1)], "b"), None, "c", "x")


def test_strict_is_left_and_a_higher_chance_is_higher(drawn):
    strict, usual, lenient = dots(drawn["curve"].svg)
    assert strict[0] < usual[0] < lenient[0]
    assert strict[1] > usual[1] > lenient[1]
    (top,) = {y for _, y in dots(drawn["curve at 1"].svg)}
    (bottom,) = {y for _, y in dots(drawn["curve at 0"].svg)}
    chances = [1 / (1 + math.exp(-4 * z - 1)) for z in (-0.3, 0, 0.3)]
    assert [(bottom - y) / (bottom - top) for _, y in (strict, usual, lenient)] == pytest.approx(chances, abs=1e-3)
    assert usual[0] - strict[0] == pytest.approx(lenient[0] - usual[0], abs=0.01)


def test_shares_are_as_long_as_their_numbers_and_zeros_are_words(drawn):
    svg = drawn["shares"].svg
    long = [right - left for left, right, _ in bars(svg, COLOURS["blue"].lower())]
    assert sorted(long)[0] / sorted(long)[1] == pytest.approx(42 / 58, abs=1e-3)
    said = [text for text, _ in words(svg)]
    assert said == ["抽点", "58%", "督查宽严", "42%", "问卷 0   材料 0"]  # sorted; no bar for what is 0
    assert len(bars(svg, "#")) == 2


def test_a_negative_share_goes_left_from_the_same_zero(drawn):
    svg = drawn["shares, negative"].svg
    ((_, right, _),) = bars(svg, r"url\(")
    zeros = {round(left, 1) for left, _, _ in bars(svg, COLOURS["blue"].lower())}
    assert zeros == {round(right, 1)}


def test_dots_and_ranges_of_intervals_stand_where_their_numbers_are(drawn):
    svg = drawn["intervals"].svg
    first, second, third = dots(svg)
    assert (third[0] - first[0]) / (second[0] - first[0]) == pytest.approx(1 / 7, abs=1e-3)
    (reference,) = lines(svg, COLOURS["ink"])
    assert reference == pytest.approx(first[0], abs=0.02)
    pattern = rf'<path d="M ([\d.]+) [\d.]+ \nL ([\d.]+) [^"]*"[^>]*stroke: {COLOURS["won"].lower()}'
    ends = [(float(a) * MM, float(b) * MM) for a, b in re.findall(pattern, svg)]
    per_point = (second[0] - first[0]) / 7
    assert [(b - a) / per_point for a, b in ends] == pytest.approx([6, 6, 0], abs=0.01)


def test_the_outline_of_a_law_encloses_its_chance(drawn):
    """Equal areas are equal chances: the area under both outlines is the same, up to the unseen ends."""
    areas = []
    for style in (
        f"stroke-dasharray[^;]*; [^;]*; stroke: {COLOURS['soft']}",
        f"stroke: {COLOURS['blue']}; stroke-width: 1.6",
    ):
        (path,) = re.findall(rf'<path d="([^"]*)"[^>]*style="fill: none; {style.lower()}', drawn["two laws"].svg)
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
        base = max(numbers[1::2])
        steps = pairwise(zip(numbers[::2], numbers[1::2], strict=True))
        areas.append(sum((x2 - x1) * (base - (y1 + y2) / 2) for (x1, y1), (x2, y2) in steps))
    assert areas[0] / areas[1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_flags_find_room_wherever_their_lines_are(count):
    """Random places, many of them close together, with words as long as allowed: no fault is left."""
    rng = random.Random(20260419)
    most = 176 / max(count, 2) - 2
    for _ in range(200 if count < 3 else 50):
        start = rng.uniform(0, 176)
        near = rng.choice([0.0, 0.3, 3.0, 60.0])
        xs = [min(max(start + rng.uniform(-near, near), 0.0), 176.0) for _ in range(count)]
        labels = [(x, rng.uniform(5, most)) for x in xs]
        where = placed(labels)
        for (x, width), (left, shelf) in zip(labels, where, strict=True):
            assert left >= -1e-9
            assert left + width <= 176 + 1e-9
            assert left - 0.7 <= x <= left + width + 0.7  # words stay at their line
            for (_, other_width), (other_left, other_shelf) in zip(labels, where, strict=True):
                if (other_left, other_shelf, other_width) != (left, shelf, width):
                    apart = left + width <= other_left or other_left + other_width <= left
                    assert shelf != other_shelf or apart
                    assert shelf <= other_shelf or not other_left < x < other_left + other_width


def test_flags_of_one_place_and_one_width_do_not_share_a_spot():
    flags = [Flag(88.0, 10.0, "本轮 93.86%", "#000000") for _ in range(3)]
    assert len(set(shelved(flags)[1])) == 3


@pytest.mark.parametrize("unit", ["%", ""])
@pytest.mark.parametrize(
    "values", [(0.0, 0.0), (100.0, 100.0), (93.0, 93.001), (0.2, 99.9), (0.0, 1.0), (31.0, 4000.0)]
)
def test_the_axis_rises_holds_its_values_and_has_room_for_its_numbers(values, unit):
    if unit == "%" and max(values) > 100:
        return
    axis = scale_of(values, unit, 30.0, 146.0)
    places = [axis.at(value) for value in (axis.low, *sorted(values), axis.high)]
    assert places == sorted(places)
    assert places[0] == 30
    assert places[-1] == pytest.approx(146)
    assert axis.low >= 0
    assert unit == "" or axis.high <= 100
    assert (axis.at(axis.step) - axis.at(0)) >= 10
    assert (axis.high - axis.low) / axis.step >= 2  # some numbers to read
