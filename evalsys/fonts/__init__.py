"""The fonts of the reports: Noto Sans SC, regular and bold, shipped with the package.

Charts and pages draw with these two files and with nothing of the system, so a report looks the same everywhere.
``README.md`` beside them says how they were cut; their licence is ``OFL.txt``.
"""

from __future__ import annotations

import base64
import unicodedata
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

FAMILY = "Noto Sans SC"
"""Family for charts: the name in the font files."""

CSS_FAMILY = "Report Sans"
"""Family for pages: the name of the embedded cut, so that no installed font can step in."""

FILES = {
    400: Path(__file__).parent / "NotoSansSC-Regular.otf",
    700: Path(__file__).parent / "NotoSansSC-Bold.otf",
}
"""Font file by CSS weight."""

_FEATURES = ["ccmp", "halt", "kern", "pwid"]


def use_fonts() -> str:
    """Make the fonts known to matplotlib and return their family name.

    An installed font of the same family is forgotten in this process, so that the shipped files are drawn. A second
    call changes nothing.

    Returns
    -------
    str
        The name for ``font.family``.
    """
    from matplotlib.font_manager import fontManager

    ours = {str(path) for path in FILES.values()}
    known = {entry.fname for entry in fontManager.ttflist if entry.name == FAMILY}
    if known != ours:
        fontManager.ttflist = [entry for entry in fontManager.ttflist if entry.name != FAMILY]
        for path in FILES.values():
            fontManager.addfont(str(path))
    return FAMILY


def missing_glyphs(text: str) -> str:
    """Return the characters of a text which the fonts cannot draw.

    Parameters
    ----------
    text
        Any text. Blanks and control characters do not count.

    Returns
    -------
    str
        The characters, each once and sorted; empty if all is well.

    Examples
    --------
    >>> missing_glyphs("洸河街道：得分率 93.86%\\n")
    ''
    >>> missing_glyphs("甲\N{GRINNING FACE}乙")
    '😀'
    """
    return "".join(
        sorted(
            character
            for character in set(text) - _characters()
            if not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")
        )
    )


def css_font_faces(text: str) -> str:
    """Return the CSS that embeds the fonts, cut to the characters of a page.

    Parameters
    ----------
    text
        All text of the page, in any order; the whole HTML will do.

    Returns
    -------
    str
        Two ``@font-face`` rules, weights 400 and 700, of the family ``Report Sans``. The same characters give the same
        bytes.
    """
    characters = "".join(sorted(set(text) & _characters())) or " "  # browsers refuse a font without characters
    rules = []
    for weight in FILES:
        data = base64.b64encode(_woff(weight, characters)).decode("ascii")
        rules.append(
            f'@font-face{{font-family:"{CSS_FAMILY}";font-style:normal;font-weight:{weight};'
            f'src:url(data:font/woff;base64,{data}) format("woff")}}'
        )
    return "\n".join(rules)


@lru_cache(maxsize=1)
def _characters() -> frozenset[str]:
    """Return every character of the regular font; the bold one has the same."""
    from fontTools.ttLib import TTFont

    with TTFont(str(FILES[400]), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


@lru_cache(maxsize=8)
def _woff(weight: int, characters: str) -> bytes:
    """Cut one font to some characters and pack it."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options()
    options.hinting = False
    options.layout_features = _FEATURES
    options.notdef_outline = True
    with TTFont(str(FILES[weight]), lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
        # The shipped outlines have no hints, no subroutines and no parts (tools/make_fonts.py sees to it), so looking
        # for these by interpreting every outline would only cost time.
        outlines = font["CFF "]
        outlines.closure_glyphs = outlines.remove_hints = _nothing
        # Likewise the names: with them in the font, the whole of it is searched for references to names.
        names = font["name"]
        names.names = [record for record in names.names if record.nameID <= 6]
        del font["name"]
        subsetter = Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(font)
        font["name"] = names
        font.flavor = "woff"  # zlib, in the standard library: about as small as WOFF2 here and faster to pack
        packed = BytesIO()
        font.save(packed, reorderTables=None)
    return packed.getvalue()


def _nothing(*_: Any) -> None:
    """Do nothing."""
