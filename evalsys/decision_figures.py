"""The chart of a title decision: the scores of a group around the cut, each on the range of a repeated look.

As in :mod:`evalsys.figures`, a chart takes finished numbers and words, computes nothing, and is drawn at its final size
in millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalsys.axes import scale_of
from evalsys.figures import COLOURS, Canvas, Picture, fitted, styled, text_width

__all__ = ["MOST", "Contender", "cut_chart"]

#: Rows that the chart holds.
MOST = 12
_WIDTH = 176.0
_ROW = 4.2
_CUT = 5.0  # height of the line at the cut with its words
_TOP = 1.0
_FOOT = 6.4
_NAMES = 52.0
_BAR = 1.5


@dataclass(frozen=True)
class Contender:
    """A candidate near the cut: its place and score as printed, its name, and where its marks stand.

    Attributes
    ----------
    place, name, label : str
    score : float
    low, high : float, optional
        Between which 8 of 10 repeated scores fall.
    tied : bool
        Whether it is one of those that a person has to choose from: an open dot.
    """

    place: str
    name: str
    label: str
    score: float
    low: float | None = None
    high: float | None = None
    tied: bool = False


@styled
def cut_chart(above: Sequence[Contender], below: Sequence[Contender], cut: str, alt: str) -> Picture:
    """Draw the candidates on both sides of a cut, best first, with a line between them.

    Parameters
    ----------
    above, below : sequence of Contender
        One at least in all; those that are tied at the cut stand above it.
    cut : str
        Words on the line.
    alt : str

    Returns
    -------
    Picture
        176 mm wide.

    Examples
    --------
    >>> rows = [Contender("1", "甲", "91.20", 91.2), Contender("2", "乙", "90.10", 90.1)]
    >>> picture = cut_chart(rows[:1], rows[1:], "名额 1 个", "甲在名额之内")
    >>> picture.width, round(picture.height, 1)
    (176.0, 20.8)
    """
    rows = [*above, *below]
    foot = _TOP + _ROW * len(rows) + _CUT
    canvas = Canvas(_WIDTH, foot + _FOOT)
    places = max(text_width(row.place, 8) for row in rows)
    left = places + 2.6
    right = left + min(max(text_width(row.name, 8, _weight(row)) for row in rows), _NAMES)
    numbers = max(text_width(row.label, 8, _weight(row)) for row in rows) + 2.4
    seen = [value for row in rows for value in (row.score, row.low, row.high) if value is not None]
    scale = scale_of(seen, "", right + 4.0, _WIDTH - numbers)
    scale.draw(canvas, foot + 0.6, "")
    line = _TOP + _ROW * len(above) + _CUT / 2
    for number, row in enumerate(rows):
        middle = _TOP + _ROW * (number + 0.5) + (_CUT if number >= len(above) else 0.0)
        canvas.text(places, middle, row.place, ha="right", fontsize=8, color=COLOURS["soft"])
        weight = _weight(row)
        canvas.text(left, middle, fitted(row.name, right - left + 0.1, 8, weight), fontsize=8, weight=weight)
        canvas.line([scale.left, scale.right], [middle] * 2, color=COLOURS["hair"], linewidth=0.6, zorder=1)
        if row.low is not None and row.high is not None:
            start, end = scale.at(row.low), scale.at(row.high)
            canvas.box(start, middle - _BAR / 2, end - start, _BAR, facecolor=COLOURS["won"], zorder=1.5)
        tone = "blue" if number < len(above) else "missing"
        face = "white" if row.tied else COLOURS[tone]
        style = {"markerfacecolor": face, "markeredgecolor": COLOURS[tone], "markeredgewidth": 1.2}
        canvas.line([scale.at(row.score)], [middle], marker="o", markersize=4.6, linestyle="none", zorder=3, **style)
        canvas.text(_WIDTH, middle, row.label, ha="right", fontsize=8, weight=weight)
    words = fitted(cut, _WIDTH - 8, 8, "bold")
    width = text_width(words, 8, "bold")
    canvas.line([0, left - 0.8], [line] * 2, color=COLOURS["ink"], linewidth=1.3)
    canvas.text(left, line, words, fontsize=8, weight="bold")
    canvas.line([left + width + 1.2, _WIDTH], [line] * 2, color=COLOURS["ink"], linewidth=1.3)
    return canvas.picture(alt)


def _weight(row: Contender) -> str:
    return "bold" if row.tied else "normal"
