"""What a check of a printed figure finds, and how rounding is told from error.

A difference is never asserted to have a cause: a way of rounding that gives the printed figure is *consistent with* it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from evalsys.language import Text
from evalsys.published import Row, printed_decimals

__all__ = [
    "KINDS",
    "MORE_DIGITS",
    "NOTHING",
    "VERDICTS",
    "Check",
    "as_printed",
    "half_up",
    "judged",
    "truncated",
    "unit",
]

#: What is checked.
KINDS: Mapping[str, Text] = {
    "part": Text("分项", "component"),
    "total": Text("总分", "total"),
    "rank": Text("名次", "rank"),
    "share": Text("比率", "share"),
    "sum": Text("合计", "sum"),
    "name": Text("名单", "names"),
    "rows": Text("明细", "rows"),
}
#: What a check may find, from best to worst.
VERDICTS: Mapping[str, Text] = {
    "agrees": Text("相符", "agrees"),
    "note": Text("提示", "note"),
    "rounding": Text("舍入差异", "rounding"),
    "unexplained": Text("待查", "to be looked into"),
    "error": Text("错误", "error"),
}
NOTHING = Text("", "")


@dataclass(frozen=True)
class Check:
    """One printed figure and what the rule gives.

    Attributes
    ----------
    row : Row or None
        None where a finding is about the table as a whole.
    column : str
        Heading; empty where a finding is about no cell.
    kind : str
        A key of :data:`KINDS`.
    printed : str
        As printed.
    computed : Fraction, int or None
        By the rule, unrounded.
    shown : str
        Computed, half up to the printed decimals.
    difference : Fraction or None
        Printed less `shown`.
    verdict : str
        A key of :data:`VERDICTS`.
    consistent_with : tuple of Text
        What would give the printed figure. A way that it may have been made, not the way that it was.
    text : Text
        The finding as a sentence; empty where the figure agrees.
    """

    row: Row | None
    column: str
    kind: str
    printed: str
    computed: Fraction | int | None
    shown: str
    difference: Fraction | None
    verdict: str
    consistent_with: tuple[Text, ...] = ()
    text: Text = NOTHING


# ------------------------------------------------------------------------------------------------------ rounding

Way = tuple[Fraction, Text]
TRUNCATION = Text("截尾（只舍不入）", "truncation")
HALF_EVEN = Text("四舍六入五成双", "rounding half to even")
MORE_DIGITS = Text("所据各数另有尾数", "marks with more digits than printed")


def unit(places: int) -> Fraction:
    """Return one unit of the last printed digit."""
    return Fraction(1, 10**places)


def half_up(value: Fraction, places: int) -> Fraction:
    """Return a number rounded half away from zero.

    Examples
    --------
    >>> half_up(Fraction("92.497"), 2), half_up(Fraction("-0.125"), 2)
    (Fraction(185, 2), Fraction(-13, 100))
    """
    scaled = math.floor(abs(value) * 10**places + Fraction(1, 2))
    return Fraction(scaled if value >= 0 else -scaled, 10**places)


def truncated(value: Fraction, places: int) -> Fraction:
    """Return a number cut after some decimals.

    Examples
    --------
    >>> truncated(Fraction("92.497"), 2) == Fraction("92.49")
    True
    """
    return Fraction(math.trunc(value * 10**places), 10**places)


def as_printed(value: Fraction, places: int, like: str = "") -> str:
    """Return a number half up, written as its table writes numbers: in per cent where the printed one is.

    Examples
    --------
    >>> as_printed(Fraction("92.497"), 2), as_printed(Fraction("0.93862"), 4, like="94.91%")
    ('92.50', '93.86%')
    """
    if like.rstrip().endswith(("%", "％")):
        return _digits(value * 100, max(places - 2, 0)) + "%"
    return _digits(value, places)


def _digits(value: Fraction, places: int) -> str:
    scaled = int(half_up(value, places) * 10**places)
    text = f"{abs(scaled):0{places + 1}d}"
    return "-" * (scaled < 0) + (f"{text[:-places]}.{text[-places:]}" if places else text)


def judged(
    row: Row | None,
    column: str,
    kind: str,
    printed: str,
    value: Fraction,
    exact: Fraction,
    places: int,
    ways: Iterable[Way] = (),
    slack: Fraction = Fraction(0),
) -> Check:
    """Compare a printed figure with the exact one.

    Parameters
    ----------
    value : Fraction
        The printed figure.
    places : int
        Printed decimals.
    ways : iterable of (Fraction, Text)
        Other ways to come by the figure: what they give, and their name.
    slack : Fraction
        How far the exact figure may move, because the figures that it is made of are printed rounded themselves.
    """
    rounded = half_up(exact, places)
    shown, difference = as_printed(exact, places, printed), value - rounded
    if value == rounded:
        return Check(row, column, kind, printed, exact, shown, Fraction(0), "agrees")
    within = slack > 0 and abs(value - exact) <= unit(places) / 2 + slack
    ways = [(truncated(exact, places), TRUNCATION), (_half_even(exact, places), HALF_EVEN), *ways]
    if within:
        ways.append((value, MORE_DIGITS))
    found = list(dict.fromkeys(way for result, way in ways if result == value))
    if abs(difference) <= unit(places):
        # where the exact figure has no more digits than are printed, there was nothing to round
        verdict = "rounding" if found else "error" if exact == rounded and not slack else "unexplained"
    elif within:  # a ratio is as exact as its two figures, and they are printed: nothing is left to look into
        verdict = "rounding" if kind == "share" else "unexplained"
    else:
        verdict = "error"
    if verdict == "error":
        found += _slips(printed, shown, value, exact)
    text = _sentence(verdict, printed, shown, as_printed(difference, places), found)
    return Check(row, column, kind, printed, exact, shown, difference, verdict, tuple(found), text)


def _half_even(exact: Fraction, places: int) -> Fraction:
    return Fraction(round(exact * 10**places), 10**places)


def _slips(printed: str, shown: str, value: Fraction, exact: Fraction) -> list[Text]:
    """Return slips of the pen that would give a wrong figure."""
    found = []
    differ = [place for place, (a, b) in enumerate(zip(printed, shown, strict=False)) if a != b]
    if (
        len(printed) == len(shown)
        and len(differ) == 2
        and [printed[differ[0]], printed[differ[1]]] == [shown[differ[1]], shown[differ[0]]]
    ):
        found.append(Text("两位数字颠倒", "two digits swapped"))
    digits = printed_decimals(printed)
    for fewer in range(1, digits):
        if printed.endswith("0" * (digits - fewer)) and value == half_up(exact, fewer):
            found.append(
                Text(f"先舍入到 {fewer} 位小数，再补零", f"rounding to {fewer} decimals, then padding with zeros")
            )
    return found[:1]


def _sentence(verdict: str, printed: str, shown: str, difference: str, found: list[Text]) -> Text:
    sign = "" if difference.startswith("-") else "+"
    zh = f"公布 {printed}，按规则为 {shown}，相差 {sign}{difference}"
    en = f"printed {printed}, by the rule {shown}, a difference of {sign}{difference}"
    if found:
        zh += "；与" + "、".join(f"“{way.zh}”" for way in found) + "相符"
        en += "; consistent with " + ", ".join(way.en for way in found)
    elif verdict == "unexplained":
        zh += "；截尾、先舍入后相加等都得不出这个数"
        en += "; neither truncation nor adding rounded parts gives it"
    return Text(zh + "。", en[:1].upper() + en[1:] + ".")
