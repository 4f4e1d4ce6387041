"""The figure of a bulletin: what came and went in the last periods, and how much was in hand at the end of each."""

from __future__ import annotations

from collections.abc import Sequence

from evalsys.figures import COLOURS, Canvas, Picture, styled, text_width
from evalsys.language import Lang, Text

__all__ = ["flow_chart"]

_TOP, _FLOOR, _HEIGHT = 7.6, 23.6, 28.6
_LEFT, _MIDDLE = 2.0, 112.0  # of the bars
_FROM, _TO = 124.0, 168.0  # of the line
_BAR = 6.0


@styled
def flow_chart(
    names: Sequence[str], new: Sequence[int], fixed: Sequence[int], in_hand: Sequence[int], alt: str, lang: Lang
) -> Picture:
    """Draw what was found and put right in each period as pairs of bars, and what was in hand at its end as a line.

    Parameters
    ----------
    names : sequence of str
        Of the periods, the first first.
    new, fixed, in_hand : sequence of int
    alt : str
        The same in words.
    lang : {'zh', 'en'}

    Returns
    -------
    Picture
        176 mm wide. Bars begin at zero; they are told apart by place, outline and number, not by colour alone.
    """
    canvas = Canvas(176, _HEIGHT)
    _bars(canvas, names, new, fixed, lang)
    _line(canvas, names, in_hand, lang)
    return canvas.picture(alt)


def _bars(canvas: Canvas, names: Sequence[str], new: Sequence[int], fixed: Sequence[int], lang: Lang) -> None:
    pair = Text("新增", "new").say(lang), Text("办结", "done").say(lang)
    longest = max([*new, *fixed, 1])
    step = (_MIDDLE - _LEFT) / len(names)
    for place, name in enumerate(names):
        middle = _LEFT + step * (place + 0.5)
        last = place == len(names) - 1
        for side, (count, words) in enumerate(zip((new[place], fixed[place]), pair, strict=True)):
            x = middle + (-_BAR - 0.15, 0.15)[side]
            tall = (_FLOOR - _TOP) * count / longest
            colour, rim = (("lost_light", "lost"), ("won", "blue"))[side]
            canvas.box(
                x, _FLOOR - tall, _BAR, tall, facecolor=COLOURS[colour], edgecolor=COLOURS[rim],
                linewidth=0.5 if last else 0,
            )  # fmt: skip
            canvas.text(x + _BAR / 2, _FLOOR - tall - 1.8, f"{count:,}", ha="center", fontsize=8)
            if not place:
                # the names of a pair stand apart, so that they never touch, also where both bars are as tall
                edge = x + _BAR - 0.6 if not side else x + 0.6
                canvas.text(
                    edge, _FLOOR - tall - 5.2, words, ha="right" if not side else "left", fontsize=8,
                    color=COLOURS["soft"],
                )  # fmt: skip
        canvas.text(
            middle, _FLOOR + 3.4, name, ha="center", fontsize=7.5, weight="bold" if last else "normal",
            color=COLOURS["ink" if last else "soft"],
        )  # fmt: skip
    canvas.line([_LEFT, _MIDDLE], [_FLOOR, _FLOOR], color=COLOURS["rule"], linewidth=0.6)


def _line(canvas: Canvas, names: Sequence[str], in_hand: Sequence[int], lang: Lang) -> None:
    canvas.text(_FROM, 2.2, Text("期末在办（条）", "in hand at the end").say(lang), fontsize=8, color=COLOURS["soft"])
    most = max([*in_hand, 1])
    xs = [_FROM + (_TO - _FROM) * place / max(len(in_hand) - 1, 1) for place in range(len(in_hand))]
    ys = [_FLOOR - (_FLOOR - _TOP - 4) * count / most for count in in_hand]
    canvas.line(xs, ys, color=COLOURS["blue"], linewidth=1.8)
    canvas.line([_FROM, _TO], [_FLOOR, _FLOOR], color=COLOURS["rule"], linewidth=0.6)
    top, last = in_hand.index(max(in_hand)), len(in_hand) - 1
    if top != last and in_hand[top] != in_hand[last]:
        canvas.dot(xs[top], ys[top], COLOURS["blue"], filled=False)
        words = Text(f"{in_hand[top]:,}（最高）", f"{in_hand[top]:,} (most)").say(lang)
        half = text_width(words, 8) / 2
        canvas.text(max(xs[top], _FROM + half), ys[top] - 2.8, words, ha="center", fontsize=8)
    canvas.dot(xs[last], ys[last], COLOURS["blue"], filled=True)
    canvas.text(xs[last] + 1.8, ys[last], f"{in_hand[last]:,}", fontsize=9, weight="bold", color=COLOURS["blue"])
    for x, name in ((xs[0], names[0]), (xs[last], names[last])):
        canvas.text(x, _FLOOR + 3.4, name, ha="center", fontsize=7.5, color=COLOURS["soft"])
