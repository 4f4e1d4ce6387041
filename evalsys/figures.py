"""Every chart, drawn at its final size in millimetres and in one style: one blue, one orange, ink and greys.

A chart takes finished numbers and words, and computes nothing. It comes as SVG with outlines for letters, so it looks
the same with any fonts or none, and carries its alternative text.
"""

from __future__ import annotations

import base64
import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from html import escape
from typing import TYPE_CHECKING, Any, ParamSpec

from evalsys.fonts import use_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "Bar",
    "Canvas",
    "Cell",
    "GridRow",
    "Mark",
    "Picture",
    "bars",
    "fitted",
    "leaf_grid",
    "number_line",
    "styled",
    "text_width",
]

#: The colours of pages and charts; contrast and grey print are settled for these.
COLOURS = {
    "ink": "#17202B",
    "soft": "#566270",
    "blue": "#1F4E79",
    "won": "#A9C1D9",
    "lost": "#B5451B",
    "lost_light": "#EBC7B4",
    "band": "#DCE7F1",
    "missing": "#8B95A1",
    "rule": "#C3CBD4",
    "hair": "#E4E8ED",
}
_STYLE = {
    "font.size": 8,
    "axes.unicode_minus": False,
    "text.color": COLOURS["ink"],
    "axes.edgecolor": COLOURS["rule"],
    "axes.linewidth": 0.6,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "patch.linewidth": 0,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "evalsys",
    "savefig.transparent": True,
}
_MM = 1 / 25.4
_P = ParamSpec("_P")


@dataclass(frozen=True)
class Picture:
    """A chart: SVG, alternative text, size in millimetres, and the characters it could not draw."""

    svg: str
    alt: str
    width: float
    height: float
    missing: str = ""

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.svg.encode()).decode()
        flaw = f' data-missing="{escape(self.missing)}"' if self.missing else ""
        return (
            f'<img alt="{escape(self.alt)}" style="width:{self.width:g}mm;height:{self.height:g}mm"{flaw} '
            f'src="data:image/svg+xml;base64,{data}">'
        )


@dataclass(frozen=True)
class Bar:
    """One bar: name, length, the number at its end, and whether it is one of the few that matter."""

    name: str
    length: float
    label: str
    strong: bool = False


@dataclass(frozen=True)
class Mark:
    """A mark on the number line: where, its words, and its kind (target, now, other, after)."""

    at: float
    label: str
    kind: str


@dataclass(frozen=True)
class Cell:
    """A leaf of the grid: 'won', 'pale', 'plain', 'light', 'heavy', 'missing' or 'out', and the text in it."""

    state: str
    text: str


@dataclass(frozen=True)
class GridRow:
    """An indicator of the grid; one that `heads` those below it is bold. Without `won`, `points` stand alone."""

    name: str
    cells: Sequence[Cell]
    won: str
    points: str
    loses: bool
    indent: int = 0
    heads: bool = False


def styled(draw: Callable[_P, Picture]) -> Callable[_P, Picture]:
    """Draw in our style and leave matplotlib's settings as they were."""

    @wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> Picture:
        import matplotlib as mpl

        with mpl.rc_context({**_STYLE, "font.family": [use_fonts(), "DejaVu Sans"]}):  # type: ignore[dict-item]
            return draw(*args, **kwargs)

    return drawn


class Canvas:
    """A figure in millimetres from the top left corner, with one axes in the same units."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure: Figure = Figure(figsize=(width * _MM, height * _MM))
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.axis("off")

    def text(self, x: float, y: float, words: str, **style: Any) -> None:
        """Write a text; `style` is of matplotlib."""
        style = {"va": "center", "ha": "left", **style}
        self.axes.text(x, y, words.replace("$", r"\$"), **style)

    def dot(self, x: float, y: float, colour: str, filled: bool) -> None:
        """Draw a round mark, full or open."""
        face = colour if filled else "white"
        style: dict[str, Any] = {
            "markerfacecolor": face,
            "markeredgecolor": colour,
            "markeredgewidth": 1.6,
            "clip_on": False,
        }
        self.axes.plot([x], [y], "o", markersize=6, **style)

    def line(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
        """Draw a line through points."""
        self.axes.plot(x, y, solid_capstyle="butt", **style)

    def box(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """Draw a rectangle from its top left corner."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(Rectangle((x, y), width, height, **style))

    def picture(self, alt: str) -> Picture:
        """Return the finished chart as SVG."""
        out = io.StringIO()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        missing = {chr(int(n)) for w in caught for n in re.findall(r"Glyph (\d+)", str(w.message))}
        return Picture(_shortened(out.getvalue()), alt, self.width, self.height, "".join(sorted(missing)))


def _shortened(svg: str) -> str:
    """Drop the prologue and the needless decimals of path data (only there: scales need theirs)."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    return re.sub(r' d="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m.group()), svg)


def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return the width of a text in millimetres, the blank sides of its last letter included."""
    return _right_edge(words + "口", size, weight) - _right_edge("口", size, weight)


@lru_cache(maxsize=4096)
def _right_edge(words: str, size: float, weight: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prop = FontProperties(family=use_fonts(), weight=weight)
        path = TextPath((0, 0), words.replace("$", r"\$"), size=size, prop=prop)
    return float(path.vertices[:, 0].max()) / 72 * 25.4


@styled
def bars(
    items: Sequence[Bar], alt: str, width: float = 84, colours: tuple[str, str] = ("lost", "lost_light")
) -> Picture:
    """Draw sorted horizontal bars from zero, each with its number at the end: where are the points lost?

    Parameters
    ----------
    items : sequence of Bar
        Longest first.
    width : float
        In millimetres.
    colours : (str, str)
        Of :data:`COLOURS`: for the few bars that matter, and for the others.
    """
    row, top = 5.8, 1.2
    canvas = Canvas(width, max(top + row * len(items) + 1.2, 8))
    left = min(max((text_width(bar.name, 8) for bar in items), default=0) + 2, width * 0.55)
    right = max((text_width(bar.label, 8) for bar in items), default=0) + 3
    longest = max((bar.length for bar in items), default=0) or 1
    for place, bar in enumerate(items):
        middle = top + row * (place + 0.5)
        length = (width - left - right) * bar.length / longest
        colour = COLOURS[colours[0] if bar.strong else colours[1]]
        canvas.text(left - 1.6, middle, fitted(bar.name, left - 1.6, 8), ha="right", fontsize=8)
        canvas.box(left, middle - 1.65, length, 3.3, facecolor=colour)
        canvas.text(left + length + 1, middle, bar.label, fontsize=8)
    canvas.line([left, left], [top, top + row * len(items)], color=COLOURS["rule"], linewidth=0.8)
    return canvas.picture(alt)


def fitted(words: str, width: float, size: float, weight: str = "normal") -> str:
    """Shorten a text to a width, with an ellipsis; one letter is left at least."""
    if len(words) < 3 or text_width(words, size, weight) <= width:
        return words
    low, high = 1, len(words) - 1  # letters kept: `low` fit, or are the least
    while low < high:
        half = (low + high + 1) // 2
        if text_width(words[:half] + "…", size, weight) <= width:
            low = half
        else:
            high = half - 1
    return words[:low] + "…"


@styled
def number_line(marks: Sequence[Mark], band: tuple[float, float] | None, band_label: str, alt: str) -> Picture:
    """Draw rates in per cent on one line: target, this round, other figures, after repairs.

    Parameters
    ----------
    marks : sequence of Mark
        Positions in per cent.
    band : pair of float, optional
        Worst and best case in per cent where something is not assessed.
    """
    ends = [mark.at for mark in marks] + list(band or ())
    span = max(max(ends) - min(ends), 1.0)
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 50) if span / s <= 9)
    low = max(math.floor((min(ends) - 0.35 * step) / step) * step, 0)
    high = min(math.ceil((max(ends) + 0.35 * step) / step) * step, 100)
    high = high if high > low else low + step
    width, y = 176, 17.0
    canvas = Canvas(width, 31)
    shelves = {
        "target": (y - 9.5, y - 13.5),
        "other": (y - 5.0, y - 9.5, y - 13.5),
        "now": (y + 7.6, y + 11.6),
        "after": (y + 7.6, y + 11.6),
    }
    x0, x1 = 4.0, width - 5.0

    def at(value: float) -> float:
        return x0 + (x1 - x0) * (value - low) / (high - low)

    if band is not None:
        canvas.box(at(band[0]), y - 2, at(band[1]) - at(band[0]), 4, facecolor=COLOURS["band"])
        canvas.text(at(band[0]), y - 8.5, band_label, fontsize=7.5, color=COLOURS["soft"])
    canvas.line([x0, x1], [y, y], color=COLOURS["rule"], linewidth=1.2)
    ticks = round((high - low) / step)
    for tick in range(ticks + 1):
        value = low + tick * step
        canvas.line([at(value)] * 2, [y - 0.9, y + 0.9], color=COLOURS["rule"], linewidth=0.8)
        canvas.text(at(value), y + 3.3, f"{value:g}%", ha="center", fontsize=7.5, color=COLOURS["soft"])
    taken: dict[float, list[tuple[float, float]]] = {}
    for mark in sorted(marks, key=lambda m: (["now", "target", "other", "after"].index(m.kind), m.at)):
        x = at(mark.at)
        if mark.kind == "target":
            canvas.line([x, x], [y - 7.2, y + 2.2], color=COLOURS["ink"], linewidth=1.3)
            taken.setdefault(y - 5.0, []).append((x - 0.8, x + 0.8))
        else:
            canvas.dot(x, y, COLOURS["missing" if mark.kind == "other" else "blue"], filled=mark.kind == "now")
        colour = {"target": COLOURS["ink"], "other": COLOURS["soft"]}.get(mark.kind, COLOURS["blue"])
        half = text_width(mark.label, 8.5) / 2 + 1.5
        height, middle = _room(x, half, shelves[mark.kind], taken, width)
        weight = "normal" if mark.kind == "other" else "bold"
        canvas.text(middle, height, mark.label, ha="center", fontsize=8.5, weight=weight, color=colour)
    return canvas.picture(alt)


def _room(
    x: float, half: float, shelves: Sequence[float], taken: dict[float, list[tuple[float, float]]], width: float
) -> tuple[float, float]:
    """Find the first shelf where words fit near their mark without touching others, and take it.

    Words stand above their mark, or begin or end at it where the middle is taken.
    """
    for height in shelves:
        for middle in (x, x + half, x - half):
            place = min(max(middle, half), width - half)
            if all(place + half <= left or place - half >= right for left, right in taken.get(height, [])):
                taken.setdefault(height, []).append((place - half, place + half))
                return height, place
    return shelves[-1], min(max(x, half), width - half)


@styled
def leaf_grid(rows: Sequence[GridRow], heads: tuple[str, str, str], alt: str) -> Picture:
    """Draw the whole tree: one row per indicator, one cell per standard, won and full points at the right.

    A cell that won all is blue-grey with its number; one that lost carries its loss, dark where heavy; one that is
    not assessed is hatched, and one that does not apply is empty with a dotted edge. Without a score, pale and plain
    cells tell two more kinds apart.
    """
    cell_width, cell_height, row_height, left, top = 6.35, 4.5, 6.1, 54.0, 6.5
    per_row = 14
    lines = [max(1, math.ceil(len(row.cells) / per_row)) for row in rows]
    canvas = Canvas(176, top + sum(row_height + (n - 1) * (cell_height + 0.5) for n in lines) + 0.6)
    for x, words, align in ((0, heads[0], "left"), (left, heads[1], "left"), (176, heads[2], "right")):
        canvas.text(x, 2.4, words, ha=align, fontsize=7.5, color=COLOURS["soft"])
    edge = 176 - max((text_width(f"/ {row.points}", 8) for row in rows if row.won), default=0) - 0.8
    y = top
    for row, n in zip(rows, lines, strict=True):
        middle = y + row_height / 2
        name = fitted(row.name, (left if row.cells else 150.0) - 2 - 3 * row.indent, 8)
        canvas.text(3 * row.indent, middle, name, fontsize=8, weight="bold" if row.loses or row.heads else "normal")
        for place, cell in enumerate(row.cells):
            column, line = place % per_row, place // per_row
            _draw_cell(
                canvas, cell, left + column * (cell_width + 0.25), middle - cell_height / 2 + line * (cell_height + 0.5)
            )
        colour = COLOURS["lost" if row.loses else "ink"]
        canvas.text(
            edge, middle, row.won, ha="right", fontsize=8, color=colour, weight="bold" if row.loses else "normal"
        )
        full, tone = (f"/ {row.points}", "soft") if row.won else (row.points, "ink")
        canvas.text(176, middle, full, ha="right", fontsize=8, color=COLOURS[tone])
        y += row_height + (n - 1) * (cell_height + 0.5)
        canvas.line([0, 176], [y, y], color=COLOURS["hair"], linewidth=0.6)
    return canvas.picture(alt)


def _draw_cell(canvas: Canvas, cell: Cell, x: float, y: float) -> None:
    face, edge, words, weight = {
        "won": (COLOURS["won"], "none", COLOURS["blue"], "normal"),
        "pale": (COLOURS["band"], COLOURS["won"], COLOURS["blue"], "normal"),
        "plain": ("white", COLOURS["missing"], COLOURS["soft"], "normal"),
        "light": (COLOURS["lost_light"], COLOURS["lost"], COLOURS["ink"], "bold"),
        "heavy": (COLOURS["lost"], COLOURS["lost"], "white", "bold"),
        "missing": ("white", COLOURS["missing"], COLOURS["soft"], "normal"),
        "out": ("white", COLOURS["rule"], COLOURS["soft"], "normal"),
    }[cell.state]
    style: dict[str, Any] = {"facecolor": face, "edgecolor": edge, "linewidth": 0 if edge == "none" else 0.8}
    if cell.state == "missing":
        style["hatch"] = "////"
    if cell.state == "out":
        style["linestyle"] = ":"
    canvas.box(x + 0.15, y + 0.15, 5.9, 4.2, **style)
    if cell.state != "missing":
        canvas.text(x + 3.1, y + 2.3, cell.text, ha="center", fontsize=6.4, color=words, weight=weight)
