"""Text within a line in Word: runs with their look, and how wide they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from evalsys.reporting.word_styles import BLUE, INK, LOST, SOFT, eighths

__all__ = ["Look", "Run", "legal", "line_widths", "plain", "runs_of", "runs_xml", "spaced"]

#: The length of an in-cell bar at 100 %, in millimetres.
_BAR = 22.0
_BREAK = "\n"
_THIN = "\u2009"
_EM = 25.4 / 72
_BOLD = 1.05
_HAN = "[\u3400-\u9fff]"
_SEAMS = re.compile(f"{_HAN}(?=[0-9A-Za-z])|[0-9A-Za-z%](?={_HAN})")


@dataclass(frozen=True)
class Look:
    """How a run differs from its paragraph: weight, colour, size in points, frame, unbroken, target of a link."""

    bold: bool | None = None
    colour: str = ""
    size: float = 0
    framed: bool = False
    whole: bool = False
    link: str = ""


@dataclass(frozen=True)
class Run:
    """A piece of text in one look; or a formula, or a bar of a length in millimetres. ``\\n`` breaks the line."""

    text: str
    look: Look
    image: Any = None
    bar: float = 0


#: Looks by tag and class; a link and a formula are made apart.
_LOOKS: dict[str, dict[str, Any]] = {
    "b": {"bold": True},
    "small": {"bold": False, "size": 10},
    "strong": {"bold": True},
    "em": {"bold": True},  # Chinese has no italics
    "code": {},
    "p": {},  # of an item of a list
    "span": {},
    "span.math": {},
    "span.l": {"colour": LOST},
    "span.b": {"colour": BLUE},
    "span.q": {"colour": SOFT},
    "span.nw": {"whole": True},
    "span.tag": {"bold": False, "colour": INK, "size": 7.5, "framed": True, "whole": True},
    "span.u": {"bold": False, "colour": SOFT, "size": 7.5},
    "span.s": {"colour": SOFT, "size": 7.5},
}
_OWN_LINE = {"span.u", "span.s", "p"}


def runs_of(element: Any, look: Look) -> list[Run]:
    """Return the runs of an element that holds text.

    Parameters
    ----------
    element : lxml element
    look : Look
        What its container gives.

    Raises
    ------
    ValueError
        For an element or class that has no form in Word.
    """
    is_facts = element.tag == "p" and element.get("class") == "meta"
    out = [Run(spaced(element.text), look)]
    for child in element:
        if isinstance(child.tag, str):
            if is_facts and child is not element[0]:
                out.append(Run("\u2003", look))
            out.extend(_inline(child, look, is_facts))
        out.append(Run(spaced(child.tail), look))
    return out


def _inline(child: Any, look: Look, is_facts: bool) -> Iterator[Run]:
    name = ".".join([child.tag, *(child.get("class") or "").split()])
    if name == "br":
        yield Run(_BREAK, look)
    elif name == "img.tex":
        yield Run("", look, image=child)
    elif name == "span.bar":
        yield Run(_BREAK, look)
        for part in child:
            yield Run("", look, bar=_BAR * _share(part))
    elif name == "a":
        colour = look.colour if child.get("title") else BLUE  # a figure that says where its rows stand keeps its own
        yield from runs_of(child, replace(look, colour=colour, link=child.get("href") or ""))
    elif name in _LOOKS:
        if name in _OWN_LINE:
            yield Run(_BREAK, look)
        if name == "small" and (child.text or "")[:1].isascii() and (child.text or "")[:1].isalpha():
            yield Run(_THIN, look)  # a unit in Latin letters; before Chinese ones Word makes room by itself
        yield from (
            (_fact(run) for run in runs_of(child, replace(look, **_LOOKS[name])))
            if is_facts
            else runs_of(child, replace(look, **_LOOKS[name]))
        )
    else:
        raise ValueError(f"no form in Word for <{name}> within text")


def _fact(run: Run) -> Run:
    """In the line of facts the value is ink and not bold."""
    return replace(run, look=replace(run.look, bold=None, colour=INK)) if run.look.bold else run


def _share(part: Any) -> float:
    found = re.fullmatch(r"width:([\d.]+)%", part.get("style") or "")
    if part.tag != "i" or found is None:
        raise ValueError(f"no form in Word for <{part.tag}> in a bar")
    return max(float(found[1]) / 100, 0.01)


def spaced(text: str | None) -> str:
    """Return text as a page shows it: blanks and ends of lines are one blank; what XML cannot hold is left out.

    Examples
    --------
    >>> spaced("a\\x01 \\n b")
    'a b'
    """
    return legal(re.sub(r"[ \t\n\r\f]+", " ", text or ""))


def legal(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return re.sub(r"[\x00-\x1f\ud800-\udfff\ufffe\uffff]", "", text)


def plain(runs: Sequence[Run]) -> list[Run]:
    """Return runs without the blanks and breaks that a page does not show: at the ends, and doubled ones."""
    out: list[Run] = []
    for run in runs:
        text = run.text
        if text == _BREAK:
            _strip_end(out)
            if out:
                out.append(run)
            continue
        if text and (not out or out[-1].text.endswith((" ", _BREAK))):
            text = text.lstrip(" ")
        if text or run.image is not None or run.bar:
            out.append(replace(run, text=text))
    _strip_end(out)
    while out and out[-1].text == _BREAK:
        out.pop()
    return out


def _strip_end(runs: list[Run]) -> None:
    if runs and runs[-1].text.endswith(" "):
        last = runs.pop()
        if last.text.rstrip(" "):
            runs.append(replace(last, text=last.text.rstrip(" ")))


def runs_xml(run: Run) -> str:
    """Return a run of text as OOXML."""
    look = run.look
    form = [
        "" if look.bold is None else "<w:b/><w:bCs/>" if look.bold else '<w:b w:val="0"/><w:bCs w:val="0"/>',
        f'<w:color w:val="{look.colour}"/>' if look.colour else "",
        f'<w:sz w:val="{round(look.size * 2)}"/><w:szCs w:val="{round(look.size * 2)}"/>' if look.size else "",
        f'<w:bdr w:val="single" w:sz="{eighths(0.6)}" w:space="0" w:color="{SOFT}"/>' if look.framed else "",
    ]
    letters = f"<w:rPr>{''.join(form)}</w:rPr>" if any(form) else ""
    shown = "<w:br/>" if run.text == _BREAK else f'<w:t xml:space="preserve">{escape(run.text, quote=False)}</w:t>'
    return f"<w:r>{letters}{shown}</w:r>"


def line_widths(runs: Sequence[Run], size: float, bold: bool = False, latin: float = 1.0) -> tuple[float, float]:
    """Return the width of the widest piece that must not break, and of the widest line, in millimetres.

    Widths are those of a usual font: one em for a Chinese character, 0.56 for a digit; `latin` makes all but Chinese
    characters broader, since there fonts differ.

    Examples
    --------
    >>> least, full = line_widths([Run("社区 wujiang", Look())], 10)
    >>> round(least, 1), round(full, 1)
    (13.1, 21.2)
    """
    least, lines = 0.0, [0.0]
    for run in plain(runs):
        em = (run.look.size or size) * _EM
        if run.text == _BREAK:
            lines.append(0.0)
            continue
        broad = latin * (_BOLD if run.look.bold or bold else 1)
        words = [run.text] if run.look.whole else re.findall(r"[!-\u2e7f]+", run.text)
        least = max([least, run.bar, *(_ems(word, broad) * em for word in words)])
        lines[-1] += run.bar or (em * 4 if run.image is not None else _ems(run.text, broad) * em)
    return min(least, max(lines)), max(lines)


def _ems(text: str, broad: float) -> float:
    """Return the width of a text in ems; Word sets a quarter of one between Chinese and Latin text."""
    return sum(_em(letter, broad) for letter in text) + 0.25 * len(_SEAMS.findall(text))


def _em(letter: str, broad: float) -> float:
    if unicodedata.east_asian_width(letter) in "WFA":
        return 1.0
    return broad * (0.7 if letter.isupper() else 0.86 if letter in "mw%" else 0.3 if letter in " .,:;ijl|'" else 0.56)
