"""An axis with round numbers, and words on shelves above a plot that never touch each other. All in millimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from evalsys.figures import COLOURS, Canvas, fitted, text_width

__all__ = ["SHELF", "Flag", "Scale", "draw_flags", "placed", "scale_of", "shelved"]

#: Height of a line of words above a plot.
SHELF = 4.3
_WIDTH = 176.0
_GAP = 1.0  # between two words on one shelf
_OFF = 0.6  # from a line to the words that begin or end at it


@dataclass(frozen=True)
class Scale:
    """A stretch of the axis from `low` to `high` with ticks each `step`, laid on the paper from `left` to `right`."""

    low: float
    high: float
    step: float
    left: float
    right: float

    def at(self, value: float) -> float:
        """Return the place of a value on the paper."""
        return self.left + (self.right - self.left) * (value - self.low) / (self.high - self.low)

    def draw(self, canvas: Canvas, y: float, unit: str) -> None:
        """Draw the axis with its numbers below, all with the same decimals."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        canvas.line([self.left, self.right], [y, y], color=COLOURS["rule"], linewidth=0.8)
        for tick in range(math.ceil(self.low / self.step - 1e-6), math.floor(self.high / self.step + 1e-6) + 1):
            x = self.at(tick * self.step)
            words = f"{tick * self.step:,.{decimals}f}{unit}"
            canvas.line([x, x], [y, y + 0.9], color=COLOURS["rule"], linewidth=0.8)
            canvas.text(x, y + 3.1, words, ha="center", fontsize=7.5, color=COLOURS["soft"])


def scale_of(values: Sequence[float], unit: str, left: float, right: float) -> Scale:
    """Lay out an axis that holds all values with a little air; per cent and points stay above 0, per cent below 100.

    Parameters
    ----------
    values : sequence of float
        Not empty. Where they hardly differ, the axis still shows one per cent, or a fiftieth of the value.
    unit : str
        ``%`` or anything else.
    left, right : float
        On the paper, at least 30 mm apart.

    Returns
    -------
    Scale
        Ticks at 1, 2 or 5 times a power of ten, at least 14 mm apart.

    Examples
    --------
    >>> axis = scale_of([93, 99.9], "%", 0, 100)
    >>> axis.low, axis.high, axis.step
    (92.65, 100.0, 1.0)
    """
    least, most = min(values), max(values)
    narrow = 1.0 if unit == "%" else max(0.02 * max(abs(least), abs(most)), 0.001)
    span = max(most - least, narrow)
    steps = (nice * 10.0**power for power in range(-4, 15) for nice in (1, 2, 5))
    step = next(step for step in steps if span / step <= (right - left) / 14)
    air = max(0.35 * step, (narrow - most + least) / 2)
    low, high = least - air, most + air
    low = 0.0 if low < 0 <= least else low
    high = 100.0 if unit == "%" and most <= 100 < high else high
    return Scale(low, high, step, left, right)


@dataclass(frozen=True)
class Flag:
    """A line at `x` from a `foot`, counted downwards from the top of the plot, up to its words."""

    x: float
    foot: float
    words: str
    colour: str
    weight: str = "bold"
    linewidth: float = 0.7


def shelved(flags: Sequence[Flag]) -> tuple[list[str], list[tuple[float, int]]]:
    """Return the words of flags, each shortened to its share of the page width, and their places (see `placed`)."""
    most = _WIDTH / max(len(flags), 2) - 2
    words = [fitted(flag.words, most, 8.5, flag.weight) for flag in flags]
    widths = [text_width(said, 8.5, flag.weight) for said, flag in zip(words, flags, strict=True)]
    return words, placed([(flag.x, width) for flag, width in zip(flags, widths, strict=True)])


def placed(labels: Sequence[tuple[float, float]]) -> list[tuple[float, int]]:
    """Place words above their lines so that no two touch and no line runs through words on a lower shelf.

    Words end at their line, begin at it, or stand above it. Low shelves come first; then the left ones end at their
    lines, the right ones begin there, and one in the middle stands above its own.

    Parameters
    ----------
    labels : sequence of (x, width)
        At most four; x from 0 to 176, widths at most 176 over their number.

    Returns
    -------
    list of (left, shelf)
        The left edge, and the shelf counted from below, of each label.

    Examples
    --------
    >>> placed([(80, 20), (82, 20)])
    [(59.4, 0), (82.6, 0)]
    """
    order = sorted(range(len(labels)), key=lambda place: labels[place][0])
    choices = []
    for place, (x, width) in enumerate(labels):
        turn = 2 * order.index(place) + 1 - len(labels)  # negative for the left half, 0 in the middle
        sides = [
            (x - width - _OFF, 0.0 if turn < 0 else 1.0),
            (x + _OFF, 0.0 if turn > 0 else 1.0),
            (min(max(x - width / 2, 0.0), _WIDTH - width), 1.5 if turn else 0.5),
        ]
        inside = [(left, cost) for left, cost in sides if left >= 0 and left + width <= _WIDTH]
        choices.append([(left, shelf, cost + 2 * shelf) for shelf in range(len(labels)) for left, cost in inside])
    best = min(product(*choices), key=lambda way: (_faults(labels, way), sum(cost for _, _, cost in way)))
    return [(left, shelf) for left, shelf, _ in best]


def _faults(labels: Sequence[tuple[float, float]], way: Sequence[tuple[float, int, float]]) -> int:
    """Count the faults of a placing: a word on a word weighs far more than a line through a word."""
    faults = 0
    for i, (x, width) in enumerate(labels):
        left, shelf, _ = way[i]
        for j, (_, other_width) in enumerate(labels):
            other_left, other_shelf, _ = way[j]
            if i < j and shelf == other_shelf:
                faults += 100 * (left < other_left + other_width + _GAP and other_left < left + width + _GAP)
            if shelf > other_shelf:
                faults += other_left - _OFF / 2 < x < other_left + other_width + _OFF / 2
    return faults


def draw_flags(
    canvas: Canvas, flags: Sequence[Flag], words: Sequence[str], places: Sequence[tuple[float, int]], top: float
) -> None:
    """Draw the lines and words of flags on shelves above the top of the plot."""
    for flag, said, (left, shelf) in zip(flags, words, places, strict=True):
        middle = top - SHELF * (shelf + 0.5)
        canvas.line([flag.x] * 2, [middle + 1.9, top + flag.foot], color=flag.colour, linewidth=flag.linewidth)
        canvas.text(left, middle, said, fontsize=8.5, weight=flag.weight, color=flag.colour)
