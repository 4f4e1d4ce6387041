"""The charts of fixes: what each brings, whether the order holds, where to look before the inspectors do.

As in :mod:`evalsys.figures`, a chart takes finished results and names, computes nothing, and is drawn at its final size
in millimetres. Letters link a fix from chart to chart. Words never touch: each has a place of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from evalsys.axes import Scale
from evalsys.figures import COLOURS, Canvas, Picture, fitted, styled, text_width
from evalsys.fix_words import gain_chance, gain_points
from evalsys.language import Lang, Text
from evalsys.wording import decimal

if TYPE_CHECKING:
    from evalsys.fix_effects import Effects
    from evalsys.mending import Gain
    from evalsys.patrols import Visits
    from evalsys.stability import Standing

__all__ = ["evsi_bars", "in_one", "standings_chart", "tornado"]

_WIDTH = 176.0
_ROW = 5.8
_ERRORS = 2.0  # standard errors to either side that an error line spans


@dataclass(frozen=True)
class _Panel:
    """Bars from zero: words on top, and for each row a value, its standard error and its number."""

    head: str
    values: Sequence[float]
    errors: Sequence[float]
    labels: Sequence[str]


# ---------------------------------------------------------------------------------------------------- rows of bars


@styled
def tornado(
    found: Effects,
    titles: Sequence[str],
    letters: Mapping[int, str],
    chosen: Collection[int],
    lang: Lang,
    most: int = 12,
) -> Picture:
    """Draw what each fix brings if it alone is done: points at the left, the chance to pass at the right.

    One row is one fix: its chosen option, else its best one. The largest gain of chance comes first (of points without
    a pass mark, and then there is one panel). Chosen ones are dark. A line spans two standard errors to either side
    where a gain is simulated. What brings nothing is counted below.

    Parameters
    ----------
    found : Effects
    titles : sequence of str
        Of all options, in the order of ``found.fixes.options``.
    letters : mapping of int to str
        The letters of some options; others have none.
    chosen : collection of int
        The options of the plan; none for no plan.
    most : int
        Rows at most; the others are counted below.

    Returns
    -------
    Picture
        176 mm wide.
    """
    options = found.fixes.options
    own = {options[place].fix: place for place in chosen}
    shown = [own.get(options[place].fix, place) for place in found.top]
    gains = {place: found.effects[place].gain for place in shown}
    marked = found.base.chance is not None
    shown.sort(key=lambda place: (-(gains[place].chance or 0.0), -gains[place].points))
    seen = [place for place in shown if _seen(gains[place])]
    rows, rest, none = seen[:most], len(seen[most:]), len(shown) - len(seen)
    points = [gains[place].points for place in rows]
    chances = [gains[place].chance or 0.0 for place in rows]
    panels = [
        _Panel(
            _head(
                Text("期望得分（分", "Expected points ("), [gains[place].points_error for place in rows], lang, "points"
            ),
            points,
            [gains[place].points_error for place in rows],
            [gain_points(value) for value in points],
        ),
    ]
    if marked:
        errors = [gains[place].chance_error for place in rows]
        panels.append(
            _Panel(
                _head(Text("达标可能性（百分点", "Chance to pass ("), errors, lang, "pp"),
                chances,
                errors,
                [gain_chance(value) for value in chances],
            )
        )
    notes = []
    if rest:
        notes.append(Text(f"另有 {rest} 项效果更小，未画出", f"{rest} more bring less and are not drawn"))
    if none and rows:
        notes.append(Text(f"另有 {none} 项单独办不见效果", f"{none} more bring nothing alone"))
    if not rows:
        notes.append(Text("各项整改单独办均不见效果", "No fix brings anything alone"))
    kind = Text("条形图：每项整改单独办好能挽回多少。", "Bar chart: what each fix brings if it alone is done. ")
    said = [
        f"{letters.get(place, '')} {titles[place]} {_worth(gains[place].points, gains[place].chance, lang)}".strip()
        for place in rows[:3]
    ]
    return _panels(
        [titles[place] for place in rows],
        [letters.get(place, "") for place in rows],
        [place in chosen for place in rows],
        panels,
        [note.say(lang) for note in notes],
        kind.say(lang) + in_one([*said, *(note.say(lang) for note in notes)], lang),
    )


def _seen(gain: Gain) -> bool:
    """Whether a gain is large enough to be written as a number."""
    return any(said.strip("+-0.") for said in (gain_points(gain.points), gain_chance(gain.chance or 0.0)))


def _head(words: Text, errors: Sequence[float], lang: Lang, unit: str) -> str:
    """Return the words over a panel; where a line of error is drawn, they say so."""
    line = Text("；黑线为误差", "; line: error").say(lang) if any(errors) else ""
    return f"{words.zh}{line}）" if lang == "zh" else f"{words.en}{unit}{line})"


def _worth(points: float, chance: float | None, lang: Lang) -> str:
    """Return the gains of points and of chance as words."""
    said = Text(f"{gain_points(points)} 分", f"{gain_points(points)} points").say(lang)
    if chance is None:
        return said
    moved = gain_chance(chance)
    return said + Text(f"、{moved} 个百分点", f", {moved} percentage points").say(lang)


def in_one(parts: Sequence[str], lang: Lang) -> str:
    """Return parts as one sentence, for the alternative text of a chart.

    Examples
    --------
    >>> in_one(["共 2 项", "第 9 天完工"], "zh"), in_one(["2 in all", "done after 9 days"], "en")
    ('共 2 项；第 9 天完工。', '2 in all; done after 9 days.')
    """
    return "；".join(parts) + "。" if lang == "zh" else "; ".join(parts) + "."


@styled
def evsi_bars(found: Visits, names: Sequence[str], lang: Lang, most: int = 15) -> Picture:
    """Draw the sites of a patrol in its order: what the visit adds, and beside it the points expected to be lost there.

    Parameters
    ----------
    found : Visits
    names : sequence of str
        Of the sites, in the order of ``found.rows``.
    most : int
        Rows at most; the others are counted below.

    Returns
    -------
    Picture
        176 mm wide. The first three are dark.
    """
    rows, rest = found.rows[:most], len(found.rows[most:])
    zeros = [0.0] * len(rows)
    added = [row.added for row in rows]
    head = Text("复查可多挽回（分）", "A visit adds (points)")
    labels = [gain_points(value) for value in added]
    if found.payoff == "chance":
        head = Text("复查可多提高（百分点）", "A visit adds (percentage points)")
        labels = [gain_chance(value, places=2) for value in added]
    lost = [row.lost for row in rows]
    places = [decimal(Fraction(value).limit_denominator(10**9), 3) if value else "0" for value in lost]
    panels = [
        _Panel(head.say(lang), added, zeros, labels),
        _Panel(Text("预计失分（分）", "Expected loss (points)").say(lang), lost, zeros, places),
    ]
    notes = []
    if rest:
        notes.append(Text(f"其后还有 {rest} 处，未画出", f"{rest} later visits are not drawn").say(lang))
    if not rows:
        notes.append(Text("没有需要复查的点位", "No site needs a visit").say(lang))
    kind = Text("条形图：先看哪些点位最有价值。", "Bar chart: which sites are worth a visit. ")
    said = [
        Text(
            f"{place} {name} {label}，预计失分 {loss}",
            f"{place} {name} {label}, expected loss {loss}",
        ).say(lang)
        for place, name, label, loss in zip(range(1, 4), names, labels, places, strict=False)
    ]
    return _panels(
        names[:most],
        [str(place + 1) for place in range(len(rows))],
        [place < 3 for place in range(len(rows))],
        panels,
        notes,
        kind.say(lang) + in_one([*said, *notes], lang),
    )


def _panels(
    names: Sequence[str],
    letters: Sequence[str],
    strong: Sequence[bool],
    panels: Sequence[_Panel],
    notes: Sequence[str],
    alt: str,
) -> Picture:
    """Draw rows of names, letters and bars, one bar in each panel, all panels in one order."""
    top = 6.4 if names else 1.0
    foot = top + _ROW * len(names)
    canvas = Canvas(_WIDTH, foot + 1.2 + 4.6 * len(notes))
    mark = max((text_width(letter, 8, "bold") for letter in letters), default=0.0)
    widest = min(max((text_width(name, 8) for name in names), default=0.0), 58.0 if len(panels) > 1 else 76.0)
    left = widest + (mark + 2.2 if mark else 0.0) + 2.0
    gap = 5.0
    room = (_WIDTH - left - gap * (len(panels) - 1)) / len(panels)
    for place, (name, letter) in enumerate(zip(names, letters, strict=True)):
        middle = top + _ROW * (place + 0.5)
        canvas.text(widest, middle, fitted(name, widest, 8), ha="right", fontsize=8)
        canvas.text(widest + 2.2 + mark / 2, middle, letter, ha="center", fontsize=8, weight="bold")
    for number, panel in enumerate(panels if names else ()):
        zero = left + (room + gap) * number
        canvas.text(zero, 2.6, fitted(panel.head, room, 8), fontsize=8, color=COLOURS["soft"])
        _bars(canvas, panel, strong, zero, room, top)
        canvas.line([zero, zero], [top, foot], color=COLOURS["rule"], linewidth=0.8)
    for place, note in enumerate(notes):
        y = foot + 1.2 + 4.6 * (place + 0.5)
        canvas.text(0, y, fitted(note, _WIDTH, 8), fontsize=8, color=COLOURS["soft"])
    return canvas.picture(alt)


def _bars(canvas: Canvas, panel: _Panel, strong: Sequence[bool], zero: float, room: float, top: float) -> None:
    """Draw the bars of a panel with their errors and numbers; a loss, which is only noise, has a number and no bar."""
    ends = [max(value, 0.0) + _ERRORS * error for value, error in zip(panel.values, panel.errors, strict=True)]
    longest = max(ends) or 1.0
    per = (room - max(text_width(label, 8) for label in panel.labels) - 2.0) / longest
    for place, (value, error) in enumerate(zip(panel.values, panel.errors, strict=True)):
        middle = top + _ROW * (place + 0.5)
        if value > 0:
            colour = COLOURS["blue" if strong[place] else "won"]
            canvas.box(zero, middle - 1.65, value * per, 3.3, facecolor=colour)
        if error > 0:
            xs = [zero + max(value - _ERRORS * error, 0.0) * per, zero + ends[place] * per]
            canvas.line(xs, [middle] * 2, color="white", linewidth=2.6)
            canvas.line(xs, [middle] * 2, color=COLOURS["ink"], linewidth=1.0)
        canvas.text(zero + ends[place] * per + 1.4, middle, panel.labels[place], fontsize=8)


# ------------------------------------------------------------------------------------------- does the order hold


@styled
def standings_chart(
    found: Sequence[Standing], names: Sequence[str], lang: Lang, width: float = 58.0, most: int = 25
) -> Picture:
    """Draw the rank of each fix as a dot on the range of its ranks over all assumptions.

    Parameters
    ----------
    found : sequence of Standing
        At least one; drawn by rank.
    names : sequence of str
        The letter or title of each, in the order of `found`.
    width : float
        In millimetres.
    most : int
        Rows at most; the others are counted below.

    Returns
    -------
    Picture
    """
    pairs = sorted(zip(found, names, strict=True), key=lambda pair: pair[0].place)
    rows, rest = pairs[:most], len(pairs[most:])
    row, top = 5.0, 1.0
    foot = top + row * len(rows)
    left = min(max(text_width(name, 8, "bold") for _, name in rows) + 4.0, 0.55 * width)
    last = max(max(one.high, one.place) for one, _ in rows)
    note = Text(f"另有 {rest} 项未画出", f"{rest} more are not drawn").say(lang) if rest else ""
    canvas = Canvas(width, foot + 9.5 + (4.6 if note else 0.0))
    scale = Scale(1.0, max(last, 2.0), 1.0, left, width - 3.0)
    for place, (one, name) in enumerate(rows):
        middle = top + row * (place + 0.5)
        weight = "bold" if one.verdict == "first" else "normal"
        canvas.text(0, middle, fitted(name, left - 3.0, 8, weight), fontsize=8, weight=weight)
        canvas.line([scale.left, scale.right], [middle] * 2, color=COLOURS["hair"], linewidth=0.6, zorder=1)
        canvas.line([scale.at(one.low), scale.at(one.high)], [middle] * 2, color=COLOURS["won"], linewidth=5)
        canvas.dot(scale.at(one.place), middle, COLOURS["blue"], filled=True)
    canvas.line([scale.left, scale.right], [foot] * 2, color=COLOURS["rule"], linewidth=0.8)
    for tick in _ranks(last, scale.right - scale.left):
        canvas.text(scale.at(tick), foot + 3.1, str(tick), ha="center", fontsize=7.5, color=COLOURS["soft"])
    axis = Text("名次（浅蓝：假设变动时）", "Rank (pale: other assumptions)").say(lang)
    half = text_width(axis, 8) / 2
    x = min((scale.left + scale.right) / 2, width - half) - half
    canvas.text(max(x, 0.0), foot + 7.3, fitted(axis, width, 8), fontsize=8, color=COLOURS["soft"])
    if note:
        canvas.text(0, foot + 11.7, note, fontsize=8, color=COLOURS["soft"])
    kind = Text("点线图：换一种假设，名次变不变。", "Dot chart: does the order hold? ").say(lang)
    said = [
        Text(
            f"{name} 第 {one.place} 名（{one.low} 至 {one.high}）",
            f"{name} rank {one.place} ({one.low} to {one.high})",
        ).say(lang)
        for one, name in rows[:3]
    ]
    return canvas.picture(kind + in_one([*said, note] if note else said, lang))


def _ranks(last: int, room: float) -> list[int]:
    """Return the ranks to print: the first and the last, and round steps between them that leave room for words."""
    step = next(
        nice * 10**power for power in range(9) for nice in (1, 2, 5) if room * nice * 10**power >= 7 * (last - 1)
    )
    inner = [tick for tick in range(step, last, step) if tick > 1]
    per = room / max(last - 1, 1)
    inner = [tick for tick in inner if (tick - 1) * per >= 6 and (last - tick) * per >= 6]
    return sorted({1, *inner, last})
