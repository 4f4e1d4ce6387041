"""An executed notebook as one HTML file: outputs only, fonts inside, nothing loaded from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from importlib import resources
from itertools import count
from typing import Any

from evalsys.fonts import css_font_faces, missing_glyphs
from evalsys.language import Lang, Text
from evalsys.markup import block
from evalsys.reporting.formulas import with_formulas

__all__ = ["render_html"]

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
{fonts}
{css}</style></head>
<body><main class="sheet">
{body}
</main></body></html>
"""


def render_html(notebook: Any, lang: Lang) -> tuple[str, str]:
    """Render an executed notebook: what its cells show as HTML, one after another, without code.

    Text that an analyst adds as Markdown below the parameters stands in its place, its formulas as pictures.

    Parameters
    ----------
    notebook : NotebookNode
    lang : {'zh', 'en'}

    Returns
    -------
    html : str
        The page.
    missing : str
        Characters that the fonts do not have; they are named in a note at the end of the page.
    """
    shown = _with_idents(re.sub(r"\n\s*\n+", "\n", "\n".join(_outputs(notebook, lang))))
    title = _plain(next(iter(re.findall(r"<h1\b[^>]*>(.*?)</h1>", shown, re.S)), "evalsys"))
    body = _contents(shown, lang) + shown
    words = _words(body) + title
    drawn = unescape("".join(re.findall(r'data-missing="([^"]*)"', shown)))
    missing = "".join(sorted(set(missing_glyphs(words)) | set(drawn)))
    if missing:
        told = Text("字体中没有这些字符，显示可能不正常：", "The fonts lack these characters: ").say(lang) + missing
        body += f'\n<div class="ev"><p class="cap">{escape(told)}</p></div>'
        words += told
    page = _PAGE.format(
        lang=Text("zh-CN", "en").say(lang),
        title=escape(title),
        fonts=css_font_faces(words),
        css=(resources.files("evalsys.reporting") / "sheet.css").read_text("utf-8"),
        body=body,
    )
    return page, missing


def _outputs(notebook: Any, lang: Lang) -> Iterator[str]:
    """Yield what the cells show; printed text, warnings and plain representations are for the notebook only."""
    ours = True  # what stands above the parameters is for the one who runs the notebook
    for cell in notebook.cells:
        ours = ours and "parameters" not in cell.get("metadata", {}).get("tags", [])
        if cell.get("cell_type") == "markdown" and not ours:
            yield block(lang, with_formulas(_markdown()(cell["source"])))
        for output in cell.get("outputs", []):
            yield "".join(output.get("data", {}).get("text/html", ""))


@cache
def _markdown() -> Any:
    """Return what turns Markdown into HTML; tags in it are text, and a picture elsewhere is its description."""
    import mistune

    class Renderer(mistune.HTMLRenderer):
        def image(self, text: str, url: str, title: str | None = None) -> str:
            return escape(text)

    return mistune.create_markdown(renderer=Renderer(escape=True), plugins=["table", "math"])


def _with_idents(shown: str) -> str:
    """Give every section an id, for the table of contents."""
    places = count(1)
    return re.sub(r"<h2(?![^>]* id=)", lambda _: f'<h2 id="section-{next(places)}"', shown)


def _contents(shown: str, lang: Lang) -> str:
    """Return a one-line table of contents; it is hidden in print."""
    heads = re.findall(r'<h2\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h2>', shown, re.S)
    if not heads:
        return ""
    links = "".join(f'<a href="#{ident}">{escape(_plain(head))}</a>' for ident, head in heads)
    return f'<nav class="screen" aria-label="{Text("目录", "Contents").say(lang)}">{links}</nav>\n'


def _plain(piece: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", piece))


def _words(piece: str) -> str:
    """Return the text that a reader may see, the running foot of the print included: no tags, styles or data."""
    feet = re.findall(r'content:"([^"]*)"', piece)
    seen = re.sub(r"<style>.*?</style>|<[^>]+>", " ", re.sub(r'src="data:[^"]*"', "", piece), flags=re.S)
    return unescape(seen) + "".join(feet) + "0123456789/ …"
