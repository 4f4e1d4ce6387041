"""The chart of a league table: a dot for the score on the range of a repeated look, and the rank on its range.

As in :mod:`evalsys.figures`, a chart takes finished numbers and words, computes nothing, and is drawn at its final size
in millimetres. The charts of several groups have one frame, so that their scores stand on one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalsys.axes import Scale, scale_of
from evalsys.figures import COLOURS, Canvas, Picture, fitted, styled, text_width

__all__ = ["MOST", "Entry", "Frame", "frame_of", "league_chart"]

#: Rows that one picture holds: more would not fit on page one, below the result.
MOST = 30
_WIDTH = 176.0
_ROW = 4.2
_TOP = 6.2
_FOOT = 6.6
_NAMES = 52.0  # of the width at most
_RANKS = 44.0  # width of the panel of ranks
_BAR = 1.5
_TICKS = 6.0  # between two printed ranks at least


@dataclass(frozen=True)
class Entry:
    """One unit: its rank as printed, name, score and the score's number; what is None is not drawn.

    Attributes
    ----------
    rank, name, label : str
    score : float, optional
        None where it is not assessed; then `label` says so.
    low, high : float, optional
        Between which 8 of 10 repeated scores fall.
    place : int, optional
        The rank as a number.
    best, worst : int, optional
        Between which 8 of 10 repeated ranks fall, both included.
    earlier : float, optional
        The score of the last round.
    """

    rank: str
    name: str
    label: str
    score: float | None = None
    low: float | None = None
    high: float | None = None
    place: int | None = None
    best: int | None = None
    worst: int | None = None
    earlier: float | None = None


@dataclass(frozen=True)
class Frame:
    """Where the columns stand in all charts of one page, in millimetres.

    Attributes
    ----------
    ranks : float
        The right edge of the printed ranks.
    names : (float, float)
        Left and right edge of the names.
    scale : Scale, optional
        Of the scores; None where nothing is assessed.
    standing : (float, float), optional
        Left and right end of the panel of ranks; None where no rank has a range.
    """

    ranks: float
    names: tuple[float, float]
    scale: Scale | None
    standing: tuple[float, float] | None


def frame_of(groups: Sequence[Sequence[Entry]], full: float | None) -> Frame:
    """Lay out the columns for the charts of several groups.

    Parameters
    ----------
    groups : sequence of sequence of Entry
        With one entry at least.
    full : float, optional
        The full marks; the scale ends there.

    Returns
    -------
    Frame

    Examples
    --------
    >>> frame = frame_of([[Entry("1", "甲街道", "97.76", 97.76), Entry("2", "乙街道", "96.75", 96.75)]], 100.0)
    >>> frame.standing is None, frame.scale.high <= 100
    (True, True)
    """
    entries = [entry for group in groups for entry in group]
    ranks = max(text_width(entry.rank, 8) for entry in entries)
    left = ranks + 2.6
    right = left + min(max(text_width(entry.name, 8) for entry in entries), _NAMES)
    standing = (_WIDTH - _RANKS, _WIDTH - 2.0) if any(entry.best is not None for entry in entries) else None
    numbers = max(text_width(entry.label, 8) for entry in entries) + 2.4
    end = (standing[0] - 6.0 if standing else _WIDTH) - numbers
    seen = [value for e in entries for value in (e.score, e.low, e.high, e.earlier) if value is not None]
    scale = None
    if seen:
        scale = scale_of(seen, "", right + 4.0, end)
        if full is not None and max(seen) <= full < scale.high:
            scale = Scale(scale.low, full, scale.step, scale.left, scale.right)
    return Frame(ranks, (left, right), scale, standing)


@styled
def league_chart(entries: Sequence[Entry], frame: Frame, heads: tuple[str, str], last: int, alt: str) -> Picture:
    """Draw the units of one group in the order given.

    Parameters
    ----------
    entries : sequence of Entry
        At most :data:`MOST`.
    frame : Frame
    heads : (str, str)
        Words over the scores and over the ranks.
    last : int
        The number of ranks of the group, also of units that stand in another picture.
    alt : str

    Returns
    -------
    Picture
        176 mm wide.
    """
    foot = _TOP + _ROW * len(entries)
    canvas = Canvas(_WIDTH, foot + _FOOT)
    left, right = frame.names
    ranks = _rank_scale(frame, entries, last)
    if frame.scale is not None:
        start = frame.scale.left
        room = (frame.standing[0] if frame.standing else _WIDTH) - start - 4
        canvas.text(start, 2.6, fitted(heads[0], room, 8), fontsize=8, color=COLOURS["soft"])
        frame.scale.draw(canvas, foot + 0.6, "")
    if ranks is not None:
        canvas.text(ranks.left - 1, 2.6, fitted(heads[1], _RANKS, 8), fontsize=8, color=COLOURS["soft"])
        canvas.line([ranks.left, ranks.right], [foot + 0.6] * 2, color=COLOURS["rule"], linewidth=0.8)
        for tick in _ticks(last, ranks.right - ranks.left):
            x = ranks.at(tick)
            canvas.line([x, x], [foot + 0.6, foot + 1.5], color=COLOURS["rule"], linewidth=0.8)
            canvas.text(x, foot + 3.7, str(tick), ha="center", fontsize=7.5, color=COLOURS["soft"])
    for number, entry in enumerate(entries):
        middle = _TOP + _ROW * (number + 0.5)
        canvas.text(frame.ranks, middle, entry.rank, ha="right", fontsize=8, color=COLOURS["soft"])
        canvas.text(left, middle, fitted(entry.name, right - left + 0.1, 8), fontsize=8)
        if frame.scale is not None:
            _draw_score(canvas, entry, frame.scale, middle)
        if ranks is not None and entry.place is not None:
            _hair(canvas, ranks, middle)
            if entry.best is not None and entry.worst is not None:
                _bar(canvas, ranks.at(entry.best), ranks.at(entry.worst), middle)
            _dot(canvas, ranks.at(entry.place), middle)
    return canvas.picture(alt)


def _draw_score(canvas: Canvas, entry: Entry, scale: Scale, middle: float) -> None:
    """Draw a unit's score with its range and its number, and the score of the last round as an open dot."""
    _hair(canvas, scale, middle)
    if entry.score is None:
        _number(canvas, scale.left + 1, "left", middle, entry.label, "soft")
        return
    x = scale.at(entry.score)
    start, end = x - 1.0, x + 1.0
    if entry.low is not None and entry.high is not None:
        start, end = min(start, scale.at(entry.low)), max(end, scale.at(entry.high))
        _bar(canvas, scale.at(entry.low), scale.at(entry.high), middle)
    before = None if entry.earlier is None else scale.at(entry.earlier)
    if before is not None:
        style = {"markerfacecolor": "white", "markeredgecolor": COLOURS["soft"], "markeredgewidth": 0.9}
        canvas.line([before], [middle], marker="o", markersize=4.2, linestyle="none", **style)
    _dot(canvas, x, middle)
    at, side = _beside(scale, start, end, before, text_width(entry.label, 8))
    _number(canvas, at, side, middle, entry.label, "ink")


def _number(canvas: Canvas, x: float, side: str, middle: float, words: str, colour: str) -> None:
    """Write a number so that the line of its row does not run through it."""
    width = text_width(words, 8)
    left = x if side == "left" else x - width
    canvas.box(left - 0.4, middle - 1.4, width + 0.8, 2.8, facecolor="white", zorder=1.2)
    canvas.text(x, middle, words, ha=side, fontsize=8, color=COLOURS[colour])


def _beside(scale: Scale, start: float, end: float, before: float | None, width: float) -> tuple[float, str]:
    """Return where a number stands: right of its dot and range; on their left where the open dot would touch it.

    Examples
    --------
    >>> scale = Scale(0.0, 100.0, 10.0, 0.0, 100.0)
    >>> _beside(scale, 40, 50, None, 9), _beside(scale, 40, 50, 55, 9), _beside(scale, 5, 15, 18, 9)
    ((51.0, 'left'), (39.0, 'right'), (20.0, 'left'))
    """
    if before is None or not end - 1.0 < before < end + width + 2.0:
        return end + 1.0, "left"
    if start - 1.0 - width > scale.left:
        return start - 1.0, "right"
    return before + 2.0, "left"


def _hair(canvas: Canvas, scale: Scale, middle: float) -> None:
    canvas.line([scale.left, scale.right], [middle] * 2, color=COLOURS["hair"], linewidth=0.6, zorder=1)


def _bar(canvas: Canvas, left: float, right: float, middle: float) -> None:
    """Draw a range; one that is a single rank still shows beside its dot."""
    canvas.box(left - 0.2, middle - _BAR / 2, right - left + 0.4, _BAR, facecolor=COLOURS["won"], zorder=1.5)


def _dot(canvas: Canvas, x: float, middle: float) -> None:
    style = {"markerfacecolor": COLOURS["blue"], "markeredgewidth": 0}
    canvas.line([x], [middle], marker="o", markersize=4.6, linestyle="none", zorder=3, **style)


def _rank_scale(frame: Frame, entries: Sequence[Entry], last: int) -> Scale | None:
    """Return the scale of ranks; None where no unit of this group has a range, or there is only one rank."""
    if frame.standing is None or last < 2 or all(entry.best is None for entry in entries):
        return None
    left, right = frame.standing
    step = (right - left) / (last - 1)
    inset = max(0.0, min(step, 9.0) - 4.0) if last < 8 else 0.0  # few ranks need not stand far apart
    return Scale(1.0, float(last), 1.0, left + inset, right - inset)


def _ticks(last: int, room: float) -> list[int]:
    """Return the ranks to print: the first and the last, and round steps between them that leave room for words.

    Examples
    --------
    >>> _ticks(13, 40.0), _ticks(40, 40.0)
    ([1, 3, 5, 7, 9, 11, 13], [1, 10, 20, 30, 40])
    """
    per = room / (last - 1)
    nice = [step * 10**power for power in range(5) for step in (1, 2, 5)]
    step = next(step for step in nice if per * step >= _TICKS)
    inner = range(1 + step, last, step) if step < 3 else range(step, last, step)
    return [1, *(tick for tick in inner if per * (tick - 1) >= _TICKS and per * (last - tick) >= _TICKS), last]
