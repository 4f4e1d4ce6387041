"""The chart of a league table: dots and ranges where their numbers are, on one scale; words that never touch."""

from functools import cache
from itertools import combinations, pairwise

import pytest
from test_forecast_figures import bars, dots, touch, words

from evalsys.figures import COLOURS
from evalsys.league_figures import MOST, Entry, frame_of, league_chart

HEADS = {"zh": ("总分（满分 100）", "名次及可能区间"), "en": ("Total (of 100)", "Rank and its 8-in-10 range")}


def entry(rank, name, score, spread=None, ranks=None, earlier=None):
    low, high = (None, None) if spread is None else (score - spread, min(score + spread, 100.0))
    best, worst = ranks or (None, None)
    return Entry(str(rank), name, f"{score:.2f}", score, low, high, rank, best, worst, earlier)


def many(count, name="街道", **more):
    """Units from 98 points down, all but evenly apart, each with a range of three ranks."""
    return [
        entry(n + 1, f"{n + 1}{name}", 98 - 12 * n / count - 0.3 * (n % 3), 0.7, (max(n, 1), min(n + 2, count)), **more)
        for n in range(count)
    ]


CASES = {
    "usual": [many(9), many(5)],
    "forty long names": [many(40, "街道办事处一二三四五")],  # more than a page would put in one picture
    "english": [many(12, " Subdistrict of the river")],
    "one unit": [[entry(1, "某街道", 90.0, 0.7, (1, 1))]],
    "one unit without a range": [[entry(1, "某街道", 90.0)]],
    "ties": [[entry(1, "甲", 95.0, 0.5, (1, 2)), entry(1, "乙", 95.0, 0.5, (1, 2)), entry(3, "丙", 90.0, 0.5, (3, 3))]],
    "no ranges": [[entry(n + 1, f"{n}局", 100 - n) for n in range(14)]],
    "full marks": [[entry(1, "甲", 100.0, 0.7, (1, 1)), entry(2, "乙", 99.9, 0.7, (1, 2))]],
    "last round": [[entry(n + 1, f"{n}村", 90 - n, 0.7, (1, 9), 88.6 - n * (-1) ** n) for n in range(9)]],
    "not assessed": [[*many(3), Entry("–", "丁街道", "未测评")]],
    "nothing assessed": [[Entry("–", "甲街道", "未测评"), Entry("–", "乙街道", "未测评")]],
    "all the same": [[entry(1, name, 88.0) for name in "甲乙丙"]],
    "shares": [[Entry("1", "甲局", "0.9938", 0.9938, place=1), Entry("2", "乙局", "0.9386", 0.9386, place=2)]],
}


@cache
def drawn(name, lang="zh"):
    groups = CASES[name]
    frame = frame_of(groups, 100.0 if name != "shares" else None)
    return [league_chart(own, frame, HEADS[lang], sum(e.place is not None for e in own), "替代文字") for own in groups]


@pytest.mark.parametrize("name", CASES)
def test_words_never_touch_and_stay_on_the_paper(name):
    for picture in drawn(name, "en" if name == "english" else "zh"):
        assert (picture.width, picture.alt, picture.missing) == (176, "替代文字", "")
        boxes = words(picture.svg)
        assert boxes
        for (said, a), (other, b) in combinations(boxes, 2):
            assert not touch(a, b), (said, other)
        for said, (left, top, right, bottom) in boxes:
            assert -0.3 <= left < right <= 176.3, said
            assert 0 <= top < bottom <= picture.height, said


def test_dots_stand_where_scores_and_ranks_are_and_groups_share_the_scale():
    groups = CASES["usual"]
    frame = frame_of(groups, 100.0)
    for own, picture in zip(groups, drawn("usual"), strict=True):
        found = dots(picture.svg)
        assert len(found) == 2 * len(own)
        for unit, (x, y), (place, level) in zip(own, found[::2], found[1::2], strict=True):
            assert x == pytest.approx(frame.scale.at(unit.score), abs=0.05)
            assert y == pytest.approx(level, abs=0.01)
            assert place > frame.standing[0] - 0.01
        across = [x for x, _ in found[1::2]]
        steps = [b - a for a, b in pairwise(across)]
        assert min(steps) > 0
        assert max(steps) - min(steps) < 0.05


def test_ranges_enclose_their_dots():
    own = CASES["usual"][0]
    frame = frame_of([own], 100.0)
    svg = league_chart(own, frame, HEADS["zh"], len(own), "").svg
    found = bars(svg, COLOURS["won"].lower())
    assert len(found) == 2 * len(own)
    ends = [(frame.scale.at(unit.low) - 0.2, frame.scale.at(unit.high) + 0.2) for unit in own]
    scores = [bar[:2] for bar in found if bar[1] < frame.standing[0]]
    assert sorted(scores) == [pytest.approx(pair, abs=0.05) for pair in sorted(ends)]
    ranks = [bar for bar in found if bar[0] > frame.standing[0] - 1]
    step = dots(svg)[3][0] - dots(svg)[1][0]
    assert [right - left for left, right, _ in sorted(ranks)] == pytest.approx(
        [step * (unit.worst - unit.best) + 0.4 for unit in own], abs=0.1
    )


def test_without_ranges_there_is_no_panel_of_ranks_and_no_bar():
    (picture,) = drawn("no ranges")
    assert HEADS["zh"][1] not in dict(words(picture.svg))
    assert bars(picture.svg, COLOURS["won"].lower()) == []
    assert len(dots(picture.svg)) == 14


def test_a_group_without_ranges_beside_one_with_them_has_no_panel():
    with_ranges, without = many(3), [entry(1, "甲", 95.0), entry(2, "乙", 93.0)]
    frame = frame_of([with_ranges, without], 100.0)
    svg = league_chart(without, frame, HEADS["zh"], 2, "").svg
    assert len(dots(svg)) == 2
    assert HEADS["zh"][1] not in dict(words(svg))


def test_the_scale_ends_at_full_marks_and_not_before():
    assert frame_of(CASES["full marks"], 100.0).scale.high == 100
    assert frame_of([[entry(1, "甲", 103.0)]], 100.0).scale.high > 103  # a bonus: nothing is cut off
    assert frame_of(CASES["nothing assessed"], 100.0).scale is None


def test_a_number_makes_room_for_the_last_round():
    """Open dots are drawn, and no number lies on one."""
    (picture,) = drawn("last round")
    own = CASES["last round"][0]
    frame = frame_of([own], 100.0)
    found, boxes = dots(picture.svg), words(picture.svg)
    assert len(found) == 3 * len(own)
    earlier = found[: len(own)]
    assert [x for x, _ in earlier] == pytest.approx([frame.scale.at(unit.earlier) for unit in own], abs=0.05)
    numbers = [box for said, box in boxes if "." in said]
    for x, y in earlier:
        assert not any(touch((x - 0.8, y - 0.8, x + 0.8, y + 0.8), box) for box in numbers)
    ends = [frame.scale.at(unit.high) for unit in own]
    near = [end - 1 < x < end + 11 for end, (x, _) in zip(ends, earlier, strict=True)]
    beside = {said: box for said, box in boxes if "." in said}
    left = [beside[unit.label][2] < frame.scale.at(unit.low) for unit in own]
    assert left == near  # the number moves to the other side of its own dot, and stays by it
    assert 0 < sum(left) < len(own)


def test_what_is_not_assessed_has_words_and_no_dot():
    (picture,) = drawn("not assessed")
    assert len(dots(picture.svg)) == 2 * 3
    assert "未测评" in dict(words(picture.svg))


def test_long_names_are_shortened_and_twelve_letters_are_not():
    (picture,) = drawn("forty long names")
    assert "40街道办事处一二三四五" in dict(words(picture.svg))
    own = [entry(1, "特别长的街道名称" * 5, 95.0), entry(2, "乙", 90.0)]
    said = [said for said, _ in words(league_chart(own, frame_of([own], 100.0), HEADS["zh"], 2, "").svg)]
    assert any(name.startswith("特别长的") and name.endswith("…") for name in said)


def test_a_picture_of_the_most_rows_fits_below_the_result():
    """A4 without margins and the result of page one leaves some 150 mm; a row takes as much in every picture."""
    one, two = drawn("one unit")[0].height, drawn("not assessed")[0].height
    assert one + (MOST - 1) * (two - one) / 3 < 145


def test_the_same_numbers_give_the_same_bytes():
    assert drawn("ties")[0].svg == drawn.__wrapped__("ties")[0].svg
