"""The charts of the forecast: where the score may fall, what strictness does, what drives it, how far it carries.

As in :mod:`evalsys.figures`, a chart takes finished numbers and words, computes nothing, and is drawn at its final
size in millimetres. Words never touch: those of the marks share shelves above the plot, all others have a place of
their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalsys.axes import SHELF, Flag, Scale, draw_flags, scale_of, shelved
from evalsys.figures import COLOURS, Bar, Canvas, Picture, fitted, styled, text_width

__all__ = [
    "Bin",
    "Given",
    "Interval",
    "Law",
    "Reading",
    "Span",
    "distribution",
    "intervals",
    "severity_curve",
    "shares_bar",
    "two_laws",
]

_WIDTH = 176.0
_SIDE = 40.0  # the most that the words beside a plot take, in millimetres
_UNSEEN = 0.15  # a bar shorter than this, in millimetres, is no bar


@dataclass(frozen=True)
class Bin:
    """One bin [low, high) of a histogram and the chance of falling into it; low = high is a single value."""

    low: float
    high: float
    mass: float


@dataclass(frozen=True)
class Reading:
    """A value on the axis and its words."""

    at: float
    label: str


@dataclass(frozen=True)
class Span:
    """A range of the axis and the words at its two ends."""

    low: float
    high: float
    low_label: str
    high_label: str


@dataclass(frozen=True)
class Given:
    """The chance to pass, 0 to 1, given a severity z; the words for it; `loud` where it is the one to mind."""

    z: float
    chance: float
    label: str
    loud: bool = False


@dataclass(frozen=True)
class Interval:
    """A row of intervals: name, low end, middle, high end, the number at the right; `strong` for the one chosen."""

    name: str
    low: float
    mid: float
    high: float
    label: str
    strong: bool = False


@dataclass(frozen=True)
class Law:
    """A law of the score in bins of one width, and its words."""

    bins: Sequence[Bin]
    label: str


def _one_width(bins: Sequence[Bin]) -> float:
    """Return the width of the bins, for only then are their heights their chances."""
    widths = [cell.high - cell.low for cell in bins]
    if not bins or max(widths) - min(widths) > 1e-6 * max(widths) or min(widths) < 0:
        raise ValueError("bins must be of one width")
    return widths[0]


def _visible(bins: Sequence[Bin]) -> list[Bin]:
    """Return the bins that are high enough to be seen."""
    highest = max(cell.mass for cell in bins)
    return [cell for cell in bins if cell.mass > 0.002 * highest]


@styled
def distribution(
    bins: Sequence[Bin],
    mark: Reading,
    now: Reading | None,
    mean: Reading,
    band: Span | None,
    below: tuple[str, str],
    above: tuple[str, str],
    axis: str,
    alt: str,
    unit: str = "%",
) -> Picture:
    """Draw where the score may fall: a histogram cut at the pass mark, hatched below it, plain from it on.

    Parameters
    ----------
    bins : sequence of Bin
        All of one width in the unit of the axis (0 for single values), rising; the mark is an edge of bins, or outside
        of them. Bins too low to be seen do not stretch the axis.
    mark, now, mean : Reading
        The pass mark, today's mock score (may be left out) and the mean or median, with their words.
    band : Span, optional
        The range where most inspections fall, drawn under the axis.
    below, above : (str, str)
        Words and chance on either side of the mark.
    axis : str
        Words under the chart: what is measured, and what the bar means.
    unit : str
        Printed behind the numbers of the axis; with ``%`` the axis stays within 0 to 100.

    Returns
    -------
    Picture
        176 mm wide.

    Raises
    ------
    ValueError
        Where bins differ in width, hold no chance at all, or lie across the mark: no bar can say then on which side it
        is.

    Examples
    --------
    >>> law = [Bin(92, 93, 0.3), Bin(93, 94, 0.7)]
    >>> chart = distribution(law, Reading(93, "目标线 93%"), None, Reading(93.2, "平均 93.2%"), None,
    ...                      ("不达标", "约 30%"), ("达标", "约 70%"), "得分率", "直方图")
    >>> chart.width, chart.missing
    (176.0, '')
    """
    bin_width = _one_width(bins)
    seen = _visible(bins)
    if not seen:
        raise ValueError("the bins hold no chance")
    slack = 1e-6 * (bin_width or 1.0)
    if any(cell.low + slack < mark.at < cell.high - slack for cell in bins):
        raise ValueError("the mark must be an edge of the bins")
    values = [seen[0].low, seen[-1].high, mark.at, mean.at]
    values += [now.at] if now else []
    values += [band.low, band.high] if band else []
    sides = [[*_broken(pair[0], 9.0), *_broken(pair[1], 12.0)] for pair in (below, above)]
    beside = [max(text_width(words, size, "bold") for words, size in side) + 5 for side in sides]
    scale = scale_of(values, unit, beside[0], _WIDTH - beside[1])
    tall = 31.0
    flags = [Flag(scale.at(mark.at), tall + 1.6, mark.label, COLOURS["ink"], linewidth=1.3)]
    flags += [Flag(scale.at(now.at), tall, now.label, COLOURS["blue"])] if now else []
    words, places = shelved(flags)
    top = 1 + SHELF * (1 + max(shelf for _, shelf in places))
    base = top + tall
    canvas = Canvas(_WIDTH, base + 20.5)
    highest = max(cell.mass for cell in seen)
    room = min((0.7 * (scale.at(b.low) - scale.at(a.low)) for a, b in pairwise(seen)), default=2.0)
    for cell in seen:
        won = cell.low >= mark.at - slack
        left, width = _bar(scale, cell, scale.at(mark.at), won, min(room, 2.0))
        height = (tall - 3) * cell.mass / highest
        style = {"facecolor": COLOURS["won"]}
        if not won:
            style = {"facecolor": COLOURS["lost_light"], "edgecolor": COLOURS["lost"], "hatch": "/////"}
        canvas.box(left, base - height, width, height, **style)
    scale.draw(canvas, base, unit)
    draw_flags(canvas, flags, words, places, top)
    if now:
        canvas.dot(scale.at(now.at), base, COLOURS["blue"], filled=True)
    for side, x, align, colour in ((sides[0], 0.0, "left", "lost"), (sides[1], _WIDTH, "right", "blue")):
        y = top + 9.0
        for said, size in side:
            canvas.text(x, y + size / 4, said, ha=align, fontsize=size, weight="bold", color=COLOURS[colour])
            y += size / 2
    _draw_span(canvas, scale, mean, band, base + 8)
    _centred(canvas, (scale.left + scale.right) / 2, base + 17.5, axis)
    return canvas.picture(alt)


def _broken(words: str, size: float) -> list[tuple[str, float]]:
    """Break words into lines, at most two, for the side of a plot; the size goes with each."""
    lines = [""]
    for piece in re.findall(r"[!-~]+ ?|.", words):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size, "bold") > _SIDE:
            lines.append("")
        lines[-1] += piece
    if len(lines) > 2:
        lines = [lines[0], "".join(lines[1:])]
    return [(fitted(line.rstrip(), _SIDE, size, "bold"), size) for line in lines]


def _bar(scale: Scale, cell: Bin, edge: float, won: bool, room: float) -> tuple[float, float]:
    """Return the left end and the width of a bar; one of a single value stands wholly on its side of the mark."""
    left, right = scale.at(cell.low), scale.at(cell.high)
    if cell.low == cell.high:
        left, right = left - room / 2, right + room / 2
        shift = max(edge - left, 0.0) if won else min(edge - right, 0.0)
        return left + shift, room
    gap = min(0.1 * (right - left), 0.25)
    return left + gap / 2, right - left - gap


def _draw_span(canvas: Canvas, scale: Scale, mean: Reading, band: Span | None, y: float) -> None:
    """Draw the bar under the axis with its ends, and the mean as an open dot with its words below."""
    if band:
        ends = [scale.at(band.low), scale.at(band.high)]
        canvas.line(ends, [y, y], color=COLOURS["blue"], linewidth=2.4)
        for x, align, words, room in (
            (min(ends[0], scale.at(mean.at) - 1) - 1.4, "right", band.low_label, ends[0] - 3),
            (max(ends[1], scale.at(mean.at) + 1) + 1.4, "left", band.high_label, _WIDTH - ends[1] - 3),
        ):
            canvas.text(x, y, fitted(words, room, 8), ha=align, fontsize=8)
    canvas.dot(scale.at(mean.at), y, COLOURS["blue"], filled=False)
    _centred(canvas, scale.at(mean.at), y + 4.6, mean.label, colour="ink")


def _centred(canvas: Canvas, x: float, y: float, words: str, colour: str = "soft") -> None:
    """Write words above a point of the axis, moved or shortened to stay on the paper."""
    said = fitted(words, _WIDTH, 8)
    half = text_width(said, 8) / 2
    canvas.text(min(max(x, half), _WIDTH - half) - half, y, said, fontsize=8, color=COLOURS[colour])


@styled
def severity_curve(
    points: Sequence[tuple[float, float]],
    weights: Sequence[float],
    readings: Sequence[Given],
    ends: tuple[str, str],
    axis: str,
    alt: str,
) -> Picture:
    """Draw the chance to pass against the severity of the team, strict at the left, over how likely each severity is.

    Parameters
    ----------
    points : sequence of (z, chance)
        Rising in z, at equal steps; chances from 0 to 1. A single point (severity switched off) is a dot only.
    weights : sequence of float
        How likely each z is, on any scale; where it is 300 times less likely than in the middle, it is left out.
    readings : sequence of Given
        A few points of the curve with their words, such as strict, usual and lenient.
    ends : (str, str)
        Words at the left and right end of the axis.
    axis : str
        Words under the chart.

    Returns
    -------
    Picture
        176 mm wide.

    Examples
    --------
    >>> chart = severity_curve([(-1, 0.4), (0, 0.7), (1, 0.9)], [1, 2, 1], [Given(-1, 0.4, "偏严 约 40%", True)],
    ...                        ("严", "宽"), "督查宽严", "曲线")
    >>> chart.width, chart.missing
    (176.0, '')
    """
    pairs = [
        (z, chance, weight / max(weights))
        for (z, chance), weight in zip(points, weights, strict=True)
        if weight * 300 >= max(weights)
    ]
    values = [pair[0] for pair in pairs] + [reading.z for reading in readings]
    reach = (max(values) - min(values)) or 1.0
    left, right = 11.0, _WIDTH - 1
    middle = (max(values) + min(values)) / 2

    def at(z: float) -> float:
        return (left + right) / 2 + (right - left - 4) * (z - middle) / reach

    tall = 34.0

    def depth(chance: float) -> float:
        return 1.5 + (tall - 1.5) * (1 - chance)

    flags = [
        Flag(at(reading.z), depth(reading.chance), reading.label, COLOURS["lost" if reading.loud else "blue"])
        for reading in readings
    ]
    words, places = shelved(flags)
    top = 1 + SHELF * (1 + max((shelf for _, shelf in places), default=0))
    canvas = Canvas(_WIDTH, top + tall + 10)
    xs = [at(z) for z, _, _ in pairs]
    if len(xs) > 1:
        ys = [top + tall - 0.4 * tall * weight for _, _, weight in pairs]
        canvas.axes.fill([xs[0], *xs, xs[-1]], [top + tall, *ys, top + tall], facecolor=COLOURS["band"])
    for chance in (0.0, 0.5, 1.0):
        y = top + depth(chance)
        canvas.line([left, right], [y, y], color=COLOURS["hair" if chance else "rule"], linewidth=0.8)
        canvas.text(left - 1.4, y, f"{100 * chance:.0f}%", ha="right", fontsize=7.5, color=COLOURS["soft"])
    canvas.line(xs, [top + depth(chance) for _, chance, _ in pairs], color=COLOURS["blue"], linewidth=1.6)
    draw_flags(canvas, flags, words, places, top)
    for reading, flag in zip(readings, flags, strict=True):
        canvas.dot(flag.x, top + depth(reading.chance), flag.colour, filled=True)
    foot = top + tall + 3.4
    shares = [fitted(said, 40, 8) for said in ends]
    canvas.text(left, foot, shares[0], fontsize=8)
    canvas.text(right, foot, shares[1], ha="right", fontsize=8)
    _centred(canvas, (left + right) / 2, foot + 4.2, axis)
    return canvas.picture(alt)


@styled
def shares_bar(parts: Sequence[Bar], alt: str, width: float = _WIDTH) -> Picture:
    """Draw shares of a whole as bars from zero, longest first; what has no share is named in a line below.

    Parameters
    ----------
    parts : sequence of Bar
        Shares of any scale, in any order. Covariance shares may be negative: their bars are hatched and go to the left.
        A bar too short to be seen is written below with its number instead.
    width : float
        In millimetres.

    Examples
    --------
    >>> chart = shares_bar([Bar("抽点", 0.62, "62%", True), Bar("宽严", 0.38, "38%"), Bar("问卷", 0, "0")], "条形图")
    >>> chart.width, chart.missing
    (176.0, '')
    """
    row, top = 5.8, 1.2
    ordered = sorted(parts, key=lambda part: -part.length)
    left = min(max((text_width(part.name, 8) for part in ordered), default=0) + 2, width * 0.45)
    right = max((text_width(part.label, 8) for part in ordered), default=0) + 3
    most = max((part.length for part in ordered), default=0.0)
    least = min((part.length for part in ordered), default=0.0)
    whole = max(most, 0.0) - min(least, 0.0)
    scale = (width - left - right) / whole if whole > 0 else 0.0
    shown = [part for part in ordered if abs(part.length) * scale >= _UNSEEN]
    unseen = [f"{part.name} {part.label}" for part in ordered if abs(part.length) * scale < _UNSEEN]
    left = left if shown else 0.0
    lines = _wrapped(unseen, width - left, 8)
    high = row * len(shown)
    canvas = Canvas(width, max(top + high + 2.0 + 4.6 * len(lines), 8))
    zero = left - min(least, 0.0) * scale
    for place, part in enumerate(shown):
        middle = top + row * (place + 0.5)
        long = part.length * scale
        style = {"facecolor": COLOURS["blue" if part.strong else "won"]}
        if long < 0:
            style |= {"facecolor": COLOURS["lost_light"], "edgecolor": COLOURS["lost"], "hatch": "/////"}
        canvas.text(left - 1.6, middle, fitted(part.name, left - 1.6, 8), ha="right", fontsize=8)
        canvas.box(zero + min(long, 0.0), middle - 1.65, abs(long), 3.3, **style)
        canvas.text(zero + max(long, 0.0) + 1, middle, part.label, fontsize=8)
    if shown:
        canvas.line([zero, zero], [top, top + high], color=COLOURS["rule"], linewidth=0.8)
    for place, words in enumerate(lines):
        canvas.text(left, top + high + 1.6 + 4.6 * (place + 0.5), words, fontsize=8, color=COLOURS["soft"])
    return canvas.picture(alt)


def _wrapped(items: Sequence[str], width: float, size: float) -> list[str]:
    """Lay out items in lines of a width, three spaces apart; an item is never broken."""
    lines: list[str] = []
    for item in items:
        joined = f"{lines[-1]}   {item}" if lines else item
        if lines and text_width(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.append(fitted(item, width, size))
    return lines


@styled
def intervals(
    rows: Sequence[Interval], reference: Reading | None, axis: str, alt: str, unit: str = "%", width: float = _WIDTH
) -> Picture:
    """Draw a dot on its range, row by row, against one vertical line: how far do other assumptions carry?

    Parameters
    ----------
    rows : sequence of Interval
        In the order to be read; low <= mid <= high, in the unit of the axis. Without a range low and high are mid.
    reference : Reading, optional
        The value to compare with, a vertical line with its words on top.
    axis : str
        Words under the chart.
    unit : str
        Printed behind the numbers of the axis; with ``%`` the axis stays within 0 to 100.
    width : float
        In millimetres.

    Examples
    --------
    >>> rows = [Interval("宽严标准差 0", 74, 75, 76, "75%"), Interval("宽严标准差 0.6", 60, 64, 68, "64%")]
    >>> chart = intervals(rows, Reading(71, "本预测 71%"), "达标可能性", "点线图")
    >>> chart.width, chart.missing
    (176.0, '')
    """
    row = 5.8
    values = [end for item in rows for end in (item.low, item.mid, item.high)]
    values += [reference.at] if reference else []
    names = min(max((text_width(item.name, 8, "bold") for item in rows), default=0) + 4, width * 0.45)
    numbers = min(max((text_width(item.label, 8, "bold") for item in rows), default=0) + 5, width * 0.3)
    scale = scale_of(values or [0.0], unit, names, width - numbers)
    top = 5.6 if reference else 1.2
    foot = top + row * len(rows)
    canvas = Canvas(width, foot + 9.5)
    if reference:
        x = scale.at(reference.at)
        said = fitted(reference.label, width, 8.5, "bold")
        half = text_width(said, 8.5, "bold") / 2
        canvas.text(
            min(max(x, half), width - half) - half, 2.3, said, fontsize=8.5, weight="bold", color=COLOURS["ink"]
        )
        canvas.line([x, x], [4.4, foot], color=COLOURS["ink"], linewidth=1.0)
    for place, item in enumerate(rows):
        middle = top + row * (place + 0.5)
        weight = "bold" if item.strong else "normal"
        canvas.text(0, middle, fitted(item.name, names - 4, 8, weight), fontsize=8, weight=weight)
        canvas.line([scale.left, scale.right], [middle] * 2, color=COLOURS["hair"], linewidth=0.6, zorder=1)
        canvas.line([scale.at(item.low), scale.at(item.high)], [middle] * 2, color=COLOURS["won"], linewidth=5)
        canvas.dot(scale.at(item.mid), middle, COLOURS["blue"], filled=True)
        canvas.text(width, middle, fitted(item.label, numbers - 5, 8, weight), ha="right", fontsize=8, weight=weight)
    scale.draw(canvas, foot, unit)
    canvas.text((scale.left + scale.right) / 2, foot + 7.3, axis, ha="center", fontsize=8, color=COLOURS["soft"])
    return canvas.picture(alt)


@styled
def two_laws(earlier: Law, later: Law, mark: Reading | None, axis: str, alt: str, unit: str = "%") -> Picture:
    """Draw two laws of the score as outlines on one axis: an earlier round dashed, this round full.

    Parameters
    ----------
    earlier, later : Law
        In bins of one width, the same for both, so that equal areas are equal chances.
    mark : Reading, optional
        The pass mark.
    axis : str
        Words under the chart.
    unit : str
        Printed behind the numbers of the axis; with ``%`` the axis stays within 0 to 100.

    Examples
    --------
    >>> before = Law([Bin(90, 91, 0.5), Bin(91, 92, 0.5)], "上轮")
    >>> after = Law([Bin(92, 93, 0.2), Bin(93, 94, 0.8)], "本轮")
    >>> chart = two_laws(before, after, Reading(93, "目标线 93%"), "得分率", "两条轮廓线")
    >>> chart.width, chart.missing
    (176.0, '')
    """
    laws = (earlier, later)
    if _one_width([*earlier.bins, *later.bins]) == 0:
        raise ValueError("an outline needs bins with a width")
    seen = [_visible(law.bins) for law in laws]
    if not all(seen):
        raise ValueError("the bins hold no chance")
    values = [end for bins in seen for cell in bins for end in (cell.low, cell.high)]
    values += [mark.at] if mark else []
    scale = scale_of(values, unit, 5.0, _WIDTH - 5)
    tall = 34.0
    highest = max(cell.mass for bins in seen for cell in bins)
    flags = []
    for law, bins, colour in zip(laws, seen, ("soft", "blue"), strict=True):
        peak = max(bins, key=lambda cell: cell.mass)
        x = scale.at((peak.low + peak.high) / 2)
        flags.append(Flag(x, 3 + (tall - 3) * (1 - peak.mass / highest), law.label, COLOURS[colour]))
    flags += [Flag(scale.at(mark.at), tall, mark.label, COLOURS["ink"], linewidth=1.3)] if mark else []
    words, places = shelved(flags)
    top = 1 + SHELF * (1 + max(shelf for _, shelf in places))
    base = top + tall
    canvas = Canvas(_WIDTH, base + 9.5)
    per_mass = (tall - 3) / highest
    xs, ys = _outline(seen[1], scale, base, per_mass)
    canvas.axes.fill(xs, ys, facecolor=COLOURS["band"])
    canvas.line(xs, ys, color=COLOURS["blue"], linewidth=1.6)
    canvas.axes.plot(
        *_outline(seen[0], scale, base, per_mass), color=COLOURS["soft"], linewidth=1.6, linestyle=(0, (4, 2))
    )  # on top, so that of two equal laws both are seen
    scale.draw(canvas, base, unit)
    draw_flags(canvas, flags, words, places, top)
    _centred(canvas, _WIDTH / 2, base + 7.3, axis)
    return canvas.picture(alt)


def _outline(bins: Sequence[Bin], scale: Scale, base: float, per_mass: float) -> tuple[list[float], list[float]]:
    """Return the steps over bins, down to the axis at both ends and where bins are left out."""
    xs, ys = [scale.at(bins[0].low)], [base]
    for place, cell in enumerate(bins):
        if place and scale.at(cell.low) - xs[-1] > 0.01:
            xs += [xs[-1], scale.at(cell.low)]
            ys += [base, base]
        xs += [scale.at(cell.low), scale.at(cell.high)]
        ys += [base - per_mass * cell.mass] * 2
    return [*xs, xs[-1]], [*ys, base]
