"""Charts: right size, own fonts, alternative text, the same bytes twice, marks where the numbers are."""

import re
import warnings
from itertools import pairwise

import matplotlib as mpl
import pytest

from evalsys.figures import COLOURS, Bar, Cell, GridRow, Mark, _room, bars, leaf_grid, number_line


def luminance(colour):
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def boxes(svg, colour):
    """Return x, width of the filled rectangles of one colour, in millimetres."""
    found = []
    for path in re.findall(rf'<path d="([^"]*)"[^>]*style="fill: {colour.lower()}', svg):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
        xs = numbers[::2]
        found.append((min(xs) / 72 * 25.4, (max(xs) - min(xs)) / 72 * 25.4))
    return found


def three():
    return bars(
        [Bar("洸河街道", 1.5, "1.500", True), Bar("药店", 0.5, "0.500"), Bar("其他", 0.25, "0.250")], "替代文字"
    )


def test_bars_are_as_long_as_their_numbers():
    svg = three().svg
    (dark,) = boxes(svg, COLOURS["lost"])
    light = boxes(svg, COLOURS["lost_light"])
    assert light[0][1] / dark[1] == pytest.approx(1 / 3, abs=0.002)
    assert light[1][1] / dark[1] == pytest.approx(1 / 6, abs=0.002)
    assert {round(x, 1) for x, _ in [dark, *light]} == {round(dark[0], 1)}  # all begin at zero
    assert dark[0] + dark[1] < 84


def test_the_picture_has_its_size_and_words():
    picture = three()
    assert (picture.width, picture.alt, picture.missing) == (84, "替代文字", "")
    width = float(re.search(r'width="([\d.]+)pt"', picture.svg)[1])
    assert width / 72 * 25.4 == pytest.approx(84, abs=0.1)
    assert '<img alt="替代文字"' in picture._repr_html_()
    assert "<text" not in picture.svg  # outlines: no font is needed to read it
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>', "", picture.svg)


def test_the_same_numbers_give_the_same_bytes():
    assert three().svg == three().svg


def test_drawing_leaves_the_settings_of_matplotlib_alone():
    before = dict(mpl.rcParams)
    three()
    assert dict(mpl.rcParams) == before


def test_a_glyph_that_no_font_has_is_named_and_no_failure():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bars([Bar("𠀀村", 1, "1")], "x").missing == "𠀀"
        assert bars([Bar("丂乄乨洸", 1, "−1·①%～—")], "x").missing == ""


def test_dollars_and_backslashes_are_letters():
    assert bars([Bar("$x$", 1, r"a\b$")], "x").missing == ""


def test_a_long_name_is_cut_and_leaves_room_for_the_bar():
    svg = bars([Bar("很长的名称" * 12, 1, "1.000", True)], "x").svg
    (x, width) = boxes(svg, COLOURS["lost"])[0]
    assert x < 50
    assert width > 20


def test_nothing_to_draw_is_no_failure():
    assert bars([], "x").svg


def circles(svg):
    return [float(x) / 72 * 25.4 for x in re.findall(r'<use xlink:href="#m[^"]*" x="([\d.]+)"', svg)]


def test_marks_stand_where_their_numbers_are():
    marks = [
        Mark(93, "目标线 93%", "target"),
        Mark(93.86, "本轮", "now"),
        Mark(94.91, "原公布", "other"),
        Mark(97.88, "办好后", "after"),
    ]
    svg = number_line(marks, None, "", "x").svg
    now, other, after = sorted(circles(svg))
    assert (other - now) / (after - now) == pytest.approx((94.91 - 93.86) / (97.88 - 93.86), abs=1e-3)


def test_the_line_never_leaves_0_to_100():
    for at in (0.0, 0.2, 50.0, 99.9, 100.0):
        svg = number_line([Mark(at, "本轮", "now")], (0.0, 100.0), "浅蓝段", "x").svg
        (x,) = circles(svg)
        assert x == pytest.approx(4 + 167 * at / 100, abs=0.1)


def test_the_grid_has_a_cell_per_standard_and_wraps():
    cells = [Cell("won", str(n)) for n in range(20)] + [
        Cell("heavy", "0.67"),
        Cell("light", "0.07"),
        Cell("missing", ""),
        Cell("out", "4"),
    ]
    grid = leaf_grid(
        [GridRow("公共服务", cells, "12.868", "14", True), GridRow("其他", cells[:1], "1", "1", False)],
        ("a", "b", "c"),
        "x",
    )
    assert len(boxes(grid.svg, COLOURS["won"])) == 21
    assert len(boxes(grid.svg, COLOURS["lost"])) == 1
    assert len(boxes(grid.svg, COLOURS["lost_light"])) == 1
    assert max(x + width for x, width in boxes(grid.svg, COLOURS["won"])) < 150
    one_line = leaf_grid([GridRow("公共服务", cells[:14], "12.868", "14", True)], ("a", "b", "c"), "x")
    two_lines = leaf_grid([GridRow("公共服务", cells[:15], "12.868", "14", True)], ("a", "b", "c"), "x")
    assert two_lines.height == pytest.approx(one_line.height + 5.0)


@pytest.mark.parametrize("name", ["ink", "soft", "blue", "lost"])
def test_colours_of_text_stand_out_on_white(name):
    assert contrast(COLOURS[name], "#FFFFFF") >= 4.5


def test_marks_that_carry_meaning_differ_in_grey():
    assert abs(luminance(COLOURS["won"]) - luminance(COLOURS["lost"])) > 0.3
    assert contrast(COLOURS["lost"], COLOURS["lost_light"]) > 3
    assert contrast("#FFFFFF", COLOURS["lost"]) >= 4.5  # white figures in the heavy cells
    assert contrast(COLOURS["ink"], COLOURS["lost_light"]) >= 4.5
    assert contrast(COLOURS["blue"], COLOURS["won"]) >= 4.5


def test_words_on_the_line_never_touch():
    """Rates that lie close together get shelves of their own; seen by the outlines of the letters."""
    marks = [
        Mark(93, "目标线 93%", "target"),
        Mark(92.9, "本轮 92.90%", "now"),
        Mark(93.1, "原公布 93.10%", "other"),
        Mark(92.95, "办好三件事 92.95%", "after"),
    ]
    taken = {}
    for mark in marks:
        half = 8.0
        shelves = {"target": (7.5, 3.5), "other": (12.0, 7.5, 3.5), "now": (24.6, 28.6), "after": (24.6, 28.6)}[
            mark.kind
        ]
        _room(88.0, half, shelves, taken, 176)
    for places in taken.values():
        places.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(places))
    assert sum(map(len, taken.values())) == len(marks)
    assert number_line(marks, None, "", "x").svg != number_line(marks[:3], None, "", "x").svg
