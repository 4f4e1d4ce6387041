"""The chart of a cycle: the weighted sum on one line, what is won, what this year must bring, where it may end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalsys.axes import Flag, Scale, draw_flags, scale_of, shelved
from evalsys.figures import COLOURS, Canvas, Picture, fitted, styled, text_width

__all__ = ["Piece", "Reach", "cycle_line"]

_LEFT, _RIGHT = 3.0, 173.0
_HIGH = 7.0  # of the bar


@dataclass(frozen=True)
class Piece:
    """A stretch of the line from 0 upwards: how long in points, its words, and its kind: 'won', 'needed' or 'open'."""

    length: float
    words: str
    kind: str


@dataclass(frozen=True)
class Reach:
    """Where the sum may end by the forecast: from, to, middle, and words."""

    low: float
    high: float
    middle: float
    words: str


@styled
def cycle_line(
    pieces: Sequence[Piece], full: float, wanted: tuple[float, str] | None, most: tuple[float, str],
    reach: Reach | None, unit: str, alt: str,
) -> Picture:  # fmt: skip
    """Draw the weighted sum of a cycle from 0 to full marks.

    Parameters
    ----------
    pieces : sequence of Piece
        What each year brings, in the order of the years; together at most `full`.
    full : float
        End of the line, in points.
    wanted, most : (float, str)
        The wanted sum, and the best that can be reached, each with its words.
    reach : Reach, optional
        Where the sum may end by the forecast, as a bar below.
    unit : str
        Words under the axis.
    alt : str
        Alternative text.
    """
    axis = Scale(0.0, full, scale_of([0.0, full], "", _LEFT, _RIGHT).step, _LEFT, _RIGHT)
    flags = [Flag(axis.at(most[0]), 0.0, most[1], COLOURS["soft"], "normal")]
    if wanted is not None:
        flags.append(Flag(axis.at(wanted[0]), _HIGH + 1.2, wanted[1], COLOURS["ink"], "bold", 1.3))
    words, places = shelved(flags)
    top = 4.3 * (max(shelf for _, shelf in places) + 1) + 0.6
    base = top + _HIGH
    below = 6.6 if reach is not None else 0.0
    canvas = Canvas(176, base + 9.2 + below)
    room = {"facecolor": "none", "edgecolor": COLOURS["rule"], "linewidth": 0.6}
    canvas.box(_LEFT, top, axis.at(most[0]) - _LEFT, _HIGH, **room)
    start = 0.0
    for piece in pieces:
        _draw_piece(canvas, piece, axis.at(start), axis.at(start + piece.length), top)
        start += piece.length
    draw_flags(canvas, flags, words, places, top)
    if reach is not None:
        _draw_reach(canvas, reach, axis.at(reach.low), axis.at(reach.high), axis.at(reach.middle), base + 3.4)
    axis.draw(canvas, base + below + 0.6, "")
    canvas.text(_LEFT, base + below + 7.6, unit, fontsize=7.5, color=COLOURS["soft"])
    return canvas.picture(alt)


def _draw_piece(canvas: Canvas, piece: Piece, left: float, right: float, top: float) -> None:
    style: dict[str, dict[str, Any]] = {
        "won": {"facecolor": COLOURS["won"]},
        "needed": {"facecolor": "white", "edgecolor": COLOURS["blue"], "linewidth": 1.2},
        "open": {"facecolor": "white", "edgecolor": COLOURS["missing"], "linewidth": 0.6, "hatch": "////"},
    }
    canvas.box(left + 0.15, top, max(right - left - 0.3, 0.2), _HIGH, **style[piece.kind])
    if text_width("00", 8) > right - left - 2:
        return
    said = fitted(piece.words, right - left - 2, 8)
    colour = COLOURS["blue" if piece.kind == "needed" else "ink"]
    if piece.kind == "open":  # words need a calm ground
        half = text_width(said, 8) / 2 + 0.8
        canvas.box((left + right) / 2 - half, top + 1.4, 2 * half, _HIGH - 2.8, facecolor="white")
    weight = "bold" if piece.kind == "needed" else "normal"
    canvas.text((left + right) / 2, top + _HIGH / 2, said, ha="center", fontsize=8, color=colour, weight=weight)


def _draw_reach(canvas: Canvas, reach: Reach, left: float, right: float, middle: float, y: float) -> None:
    canvas.box(left, y - 1.2, max(right - left, 0.4), 2.4, facecolor=COLOURS["won"])
    canvas.dot(middle, y, COLOURS["blue"], filled=False)
    room = text_width(reach.words, 7.5)
    at, side = (left - 2.2, "right") if left - 2.2 - room > 0 else (right + 2.2, "left")
    canvas.text(at, y, reach.words, ha=side, fontsize=7.5, color=COLOURS["soft"])
