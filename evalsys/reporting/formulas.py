r"""Formulas in an analyst's text as small pictures, so that page, PDF and Word show the same and nothing is loaded."""

from __future__ import annotations

import base64
import io
import re
from functools import cache
from html import escape, unescape

__all__ = ["with_formulas"]

#: A formula as Markdown's reader leaves it: in the line, or on lines of its own.
_FORMULA = re.compile(
    r'(?<=<span class="math">)\\\((.+?)\\\)(?=</span>)|(?<=<div class="math">)\$\$(.+?)\$\$(?=</div>)', re.S
)
_SIZE = 10.0  # points of an em when a formula is drawn; the page scales it
_INK = "#17202B"


def with_formulas(html: str) -> str:
    r"""Return HTML made from Markdown with its formulas as pictures; what cannot be drawn stays the text that it is.

    Examples
    --------
    >>> with_formulas(r'<p><span class="math">\(\alpha\)</span></p>')[:59]
    '<p><span class="math"><img class="tex" alt="\\alpha" style="'
    """
    return _FORMULA.sub(_drawn, html)


def _drawn(found: re.Match[str]) -> str:
    tex = unescape(found[1] or found[2]).strip()
    return _picture(tex) or found[0]


@cache
def _picture(tex: str) -> str:
    """Return a formula as a picture on the line of the text; nothing where it cannot be drawn."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    text, font = f"${tex}$", FontProperties(size=_SIZE)
    if not tex.isascii():  # the fonts of formulas have no Chinese: what would be empty boxes stays text
        return ""
    with mpl.rc_context({"mathtext.fontset": "stix", "svg.fonttype": "path", "svg.hashsalt": "evalsys"}):
        try:
            width, height, depth, _, _ = MathTextParser("path").parse(text, dpi=72, prop=font)
        except ValueError:
            return ""
        figure = Figure(figsize=(max(width, 1) / 72, max(height, 1) / 72))
        figure.patch.set_alpha(0)
        figure.text(0, depth / max(height, 1), text, fontproperties=font, color=_INK)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    data = base64.b64encode(out.getvalue()).decode()
    style = f"height:{height / _SIZE:.3f}em;vertical-align:{-depth / _SIZE:.3f}em"
    return f'<img class="tex" alt="{escape(tex)}" style="{style}" src="data:image/svg+xml;base64,{data}">'
