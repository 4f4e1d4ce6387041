"""A page as PDF: its HTML is walked once into calls of ``report.typ``, and typst sets it. No browser, no network.

Every text goes into typst as a string, never as markup, so no character of a name can be taken for a command. Tags,
classes and styles that pages use are listed here; what else a notebook shows keeps its text, and :func:`unprintable`
names it.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from evalsys.language import Lang, Text
from evalsys.reporting.printing import check_printing

__all__ = ["page_pdf", "pdf_bytes", "unprintable"]

_ROOM = {"sheet": 176.0, "two": 84.0, "side": 110.0}  # mm of width
_LONG = 1500  # characters; a cell with more may break over pages, since it may be higher than one
_SKIPPED = frozenset({"style", "script", "nav", "title", "head", "template"})
_INLINE = {"b": "bold", "strong": "bold", "em": "", "i": "", "span": "", "small": "small", "code": "", "u": ""}
_INLINE |= {"sub": "lowered", "sup": "raised", "a": "", "br": "", "img": ""}
_BLOCKS = frozenset({"body", "main", "section", "article", "div", "header", "figure", "figcaption", "p", "pre"})
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table"}
_TABLE = frozenset({"thead", "tbody", "tfoot", "tr", "th", "td"})
#: Words in a line by class.
_WORDS = {
    "l": "in-lost",
    "b": "in-blue",
    "q": "in-soft",
    "nw": "nowrap",
    "tag": "tag",
    "u": "under",
    "s": "under",
}
#: Paragraphs by class; those that may not break are told their width.
_LINES = {"sub": "sub-line", "say": "say", "cap": "cap", "failure": "failure"}
_WIDE = frozenset({"lead", "note", "prov"})
_CELLS = frozenset({"r", "l", "q", "nw", "b", "in1", "in2", "in3"})
_GROUPS = frozenset({"ev", "card", "sheet", "keep", "two", "side", "kpi", "eyebrow", "meta", "tasks", "open"})
_PARTS = frozenset({"t", "v", "n", "bar", "tot", "tight", "pb", "tex", "screen"})
_CLASSES = frozenset(_WORDS) | frozenset(_LINES) | _WIDE | _CELLS | _GROUPS | _PARTS
_STYLES = re.compile(
    r"(display:inline(-block)?|(width|height):[\d.]+(mm|em|%)|vertical-align:-?[\d.]+em|\s)(;|$)",
)


def page_pdf(html: str, target: Path, lang: Lang) -> None:
    """Write a page as PDF; see :func:`pdf_bytes`.

    Parameters
    ----------
    html : str
        The page, as :func:`evalsys.reporting.render.render_html` makes it.
    target : Path
        The file; whoever calls sees to it that it appears whole (:func:`evalsys.files.atomic`).
    lang : {'zh', 'en'}

    Raises
    ------
    PrintMissing
        If typst or lxml is not installed.
    """
    target.write_bytes(pdf_bytes(html, lang))


def pdf_bytes(html: str, lang: Lang) -> bytes:
    """Return a page as PDF: A4, tagged for screen readers (PDF/UA-1), with bookmarks; no time and no path in it.

    Parameters
    ----------
    html : str
        The page, as :func:`evalsys.reporting.render.render_html` makes it.
    lang : {'zh', 'en'}

    Returns
    -------
    bytes
        The same page gives the same bytes.

    Raises
    ------
    PrintMissing
        If typst or lxml is not installed.
    """
    check_printing(["pdf"])
    import typst

    walk = _Walk(lang)
    source = walk.document(_parsed(html))
    with tempfile.TemporaryDirectory(prefix="evalsys-", ignore_cleanup_errors=True) as scratch:
        for name, data in walk.files.items():
            (Path(scratch) / name).write_bytes(data)
        made = typst.compile(
            source.encode(),
            root=scratch,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
        )
    return bytes(made)


def unprintable(html: str) -> tuple[str, ...]:
    """Return the tags, classes and inline styles of a page that the PDF does not know; their text is printed plainly.

    Parameters
    ----------
    html : str

    Returns
    -------
    tuple of str
        As ``<svg>``, ``.card``, ``[color:red]``; each once, sorted.

    Raises
    ------
    PrintMissing
        If lxml is not installed.
    """
    check_printing(["pdf"])
    return tuple(sorted(set(_unknown(next(_parsed(html).iter("body"))))))


def _unknown(element: Any) -> Iterator[str]:
    for each in element.iter():
        if not isinstance(each.tag, str) or any(up.tag in _SKIPPED for up in (each, *each.iterancestors())):
            continue
        if each.tag not in _INLINE.keys() | _BLOCKS | _TABLE:
            yield f"<{each.tag}>"
        yield from (f".{name}" for name in _classes(each) - _CLASSES)
        left = _STYLES.sub("", each.get("style", ""))
        if left:
            yield f"[{left}]"


def _parsed(html: str) -> Any:
    from lxml import html as parser

    return parser.document_fromstring(html, parser=parser.HTMLParser(encoding="utf-8", huge_tree=True))


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """Return our fonts and no others, read once."""
    import typst

    with resources.as_file(resources.files("evalsys.fonts")) as folder:
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


@lru_cache(maxsize=1)
def _template() -> str:
    return (resources.files("evalsys.reporting") / "report.typ").read_text("utf-8")


def _classes(element: Any) -> set[str]:
    return set(element.get("class", "").split())


def _is_block(element: Any) -> bool:
    if element.tag == "img":
        return "tex" not in _classes(element)
    return any(each.tag in _BLOCKS for each in element.iter())


def _string(words: str) -> str:
    """Return a typst string: only these two characters mean anything in it."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(words: str) -> str:
    """Return words as content; runs of blanks count as one, as in HTML, but not those that do not break."""
    words = re.sub(r"[ \t\n\r\f]+", " ", words)
    return f"#{_string(words)};" if words else ""


def _length(style: str, name: str, unit: str) -> float | None:
    found = re.search(rf"(?:^|;)\s*{name}:(-?[\d.]+){unit}", style)
    return float(found[1]) if found else None


def _words(element: Any) -> str:
    return "".join(element.itertext())


def _foot(html: Any) -> str:
    """Return the running foot that the style of the page states."""
    styles = "".join(_words(style) for style in html.iter("style"))
    found = re.search(r'@bottom-left\s*\{\s*content:\s*"([^"]*)"', styles)
    return found[1] if found else ""


@dataclass
class _Walk:
    """One walk over a page; pictures are collected on the way."""

    lang: Lang
    files: dict[str, bytes] = field(default_factory=dict)
    idents: set[str] = field(default_factory=set)
    under_section: bool = False

    def document(self, html: Any) -> str:
        body = next(html.iter("body"))
        self.idents = {each.get("id") for each in body.iter("h2", "h3") if each.get("id")}
        title = next((" ".join(_words(head).split()) for head in html.iter("title")), "evalsys")
        setting = f"title: {_string(title)}, lang: {_string(self.lang)}, foot: {_string(_foot(html))}"
        return f"{_template()}\n#show: report.with({setting})\n{self.blocks(body, _ROOM['sheet'])}\n"

    # ------------------------------------------------------------------------------------------------ blocks

    def blocks(self, element: Any, room: float) -> str:
        """Return the blocks of an element; words that stand between them become paragraphs."""
        out, loose = [], [_text(element.text or "")]
        for child in self.shown(element):
            if _is_block(child):
                out += [self.paragraph("".join(loose)), self.block(child, room)]
                loose = []
            else:
                loose.append(self.inline(child))
            loose.append(_text(child.tail or ""))
        return "".join([*out, self.paragraph("".join(loose))])

    @staticmethod
    def shown(element: Any) -> Iterator[Any]:
        """Yield the children that are printed."""
        return (child for child in element if isinstance(child.tag, str) and child.tag not in _SKIPPED)

    @staticmethod
    def paragraph(words: str, kind: str = "par-of") -> str:
        return f"#{kind}[{words}]\n" if words.strip('#"; ') else ""

    def block(self, element: Any, room: float) -> str:
        tag, classes = element.tag, _classes(element)
        wide = next(iter(sorted(classes & _WIDE)), "")
        if wide:
            return f"#{wide}({room}mm)[{self.blocks_or_words(element, room)}]\n"
        named = next((_LINES[name] for name in sorted(classes) if name in _LINES), "")
        if named:
            return self.paragraph(self.blocks_or_words(element, room), named)
        groups = {"two": self._two, "side": self._side, "kpi": self._kpi, "eyebrow": self._eyebrow, "meta": self._meta}
        for name in sorted(classes & groups.keys()):
            return groups[name](element)
        if "keep" in classes:
            above = 6.5 if [child.tag for child in self.shown(element)][:1] == ["h2"] else 0
            return f"#block(above: {above}mm, below: 3mm, keep(width: {room}mm)[{self.blocks(element, room)}])\n"
        if re.fullmatch("h[1-6]", tag) and not _words(element).strip():
            return ""
        special = {"h1": self._h1, "h2": self._h2, "h3": self._h3, "table": self._table, "img": self._picture}
        if tag in special:
            return special[tag](element, room)
        if tag == "header":
            return f"#title-block[{self.blocks(element, room)}]\n"
        if tag == "figure":
            below = 0 if _classes(element.getparent()) & {"two", "side"} else 4
            return f"#chart({room}mm, {below}mm)[{self.blocks(element, room)}]\n"
        if tag in ("h4", "h5", "h6"):
            return self.paragraph(self.content(element), "chart-head")
        if tag == "figcaption":
            return self.paragraph(self.content(element), "cap")
        if tag in ("ul", "ol"):
            each = "".join(f"[{self.blocks_or_words(li, room - 8)}]" for li in self.shown(element))
            return f"#items{each}\n" if each else ""
        if tag in ("p", "pre"):
            return self.paragraph(self.content(element))
        return self.blocks(element, room)

    def blocks_or_words(self, element: Any, room: float) -> str:
        """Return what stands in a paragraph, a note or an item: mostly words, at times a list or a table."""
        if any(_is_block(child) for child in self.shown(element)):
            return self.blocks(element, room)
        return self.content(element)

    def _h1(self, element: Any, room: float) -> str:
        return f"#h1({room}mm)[{self.content(element)}]\n"

    def _h2(self, element: Any, _: float) -> str:
        self.under_section = True
        ident = _string(element.get("id")) if element.get("id") else "none"
        fresh = str("pb" in _classes(element)).lower()
        return f"#h2({ident}, {fresh})[{self.content(element)}]\n"

    def _h3(self, element: Any, _: float) -> str:
        # A screen reader wants no level left out, and the heading of a chart belongs to the chart.
        if element.getparent().tag == "figure" or not self.under_section:
            return f"#chart-head[{self.content(element)}]\n"
        ident = _string(element.get("id")) if element.get("id") else "none"
        return f"#h3({ident})[{self.content(element)}]\n"

    def _eyebrow(self, element: Any) -> str:
        return "#eyebrow" + "".join(f"[{self.content(part)}]" for part in self.shown(element)) + "\n"

    def _meta(self, element: Any) -> str:
        parts = []
        for part in self.shown(element):
            words = "".join(
                f"#fact[{self.content(child)}]" + _text(child.tail or "") if child.tag == "b" else self.inline(child)
                for child in self.shown(part)
            )
            parts.append(f"[{_text((part.text or '').lstrip())}{words}]")
        return "#meta" + "".join(parts) + "\n" if parts else self.paragraph(self.content(element))

    def _two(self, element: Any) -> str:
        return "#two" + "".join(f"[{self.block(part, _ROOM['two'])}]" for part in self.shown(element)) + "\n"

    def _side(self, element: Any) -> str:
        rooms = (58.0, _ROOM["side"])
        parts = (f"[{self.block(part, rooms[n % 2])}]" for n, part in enumerate(self.shown(element)))
        return "#side" + "".join(parts) + "\n"

    def _kpi(self, element: Any) -> str:
        kinds = {"t": "kpi-name", "v": "kpi-value", "n": "kpi-note"}
        cells, values = [], []
        for cell in self.shown(element):
            figure = (self.content(part) for part in self.shown(cell) if "v" in _classes(part))
            values.append(f"[{next(figure, '')}],")
            each = (
                f"#{next((kinds[name] for name in sorted(_classes(part)) if name in kinds), 'par-of')}"
                f"[{self.content(part)}]"
                for part in self.shown(cell)
            )
            cells.append(f"[{''.join(each)}]")
        return f"#kpi(({''.join(values)}))" + "".join(cells) + "\n" if cells else ""

    # ---------------------------------------------------------------------------------------------- in a line

    def content(self, element: Any) -> str:
        """Return the words of an element, with what marks them."""
        out = [_text((element.text or "").lstrip(" \n\t"))]
        for child in self.shown(element):
            out += [self.inline(child), _text(child.tail or "")]
        return "".join(out)

    def inline(self, element: Any) -> str:
        tag, classes = element.tag, _classes(element)
        if tag == "br":
            return "#linebreak();"
        if tag == "img":
            return self._formula(element) if "tex" in classes else self._picture(element, _ROOM["two"])
        if "bar" in classes:
            share = next((_length(i.get("style", ""), "width", "%") for i in element.iter("i")), None) or 0.0
            return f"#bar({share}%);"
        words = self.content(element) if element.text else "".join(self._pieces(element))
        if tag == "small" and "v" in {name for up in element.iterancestors() for name in _classes(up)}:
            return f"#kpi-unit[{words}]"
        for name in sorted(classes & _WORDS.keys()):
            words = f"#{_WORDS[name]}[{words}]"
        if tag == "a" and element.get("href"):
            return self._link(element.get("href"), words, plain=bool(element.get("title")))
        mark = _INLINE.get(tag, "")
        return f"#{mark}[{words}]" if mark else words

    def _pieces(self, element: Any) -> Iterator[str]:
        for child in self.shown(element):
            yield self.inline(child) + _text(child.tail or "")

    def _link(self, href: str, words: str, *, plain: bool) -> str:
        """Return a link; a figure whose title says where its rows stand keeps its own colour."""
        shown = words if plain else f"#in-blue[{words}]"
        if href.startswith("#"):
            known = href[1:] in self.idents
            return f"#link(label({_string(href[1:])}))[{shown}]" if known else words
        return f"#link({_string(href)})[{shown}]"

    # ------------------------------------------------------------------------------------------------ pictures

    def _stored(self, element: Any) -> str:
        """Keep the picture of a data address; return its file name, empty where there is none."""
        kind, comma, data = element.get("src", "").partition(",")
        suffix = {"svg+xml": "svg", "png": "png", "jpeg": "jpg", "gif": "gif", "webp": "webp"}
        found = re.match(r"data:image/([a-z+]+)", kind)
        if not comma or not found or found[1] not in suffix:
            return ""
        content = base64.b64decode(data) if kind.endswith(";base64") else unquote_to_bytes(data)
        name = f"{len(self.files) + 1}.{suffix[found[1]]}"
        self.files[name] = content
        return name

    def _alt(self, element: Any) -> str:
        return str(element.get("alt") or Text("图", "Picture").say(self.lang))

    def _picture(self, element: Any, room: float) -> str:
        name, style = self._stored(element), element.get("style", "")
        if not name:
            return self.paragraph(_text(self._alt(element)))
        width, height = (_length(style, side, "mm") for side in ("width", "height"))
        size = f"{width}mm, {height}mm" if width and height else "none, none"
        return f"#picture({_string(name)}, {_string(self._alt(element))}, {size}, {room}mm);"

    def _formula(self, element: Any) -> str:
        name, style = self._stored(element), element.get("style", "")
        if not name:
            return _text(self._alt(element))
        height, drop = _length(style, "height", "em") or 1.0, -(_length(style, "vertical-align", "em") or 0.0)
        return f"#formula({_string(name)}, {_string(self._alt(element))}, {height}em, {drop}em);"

    # -------------------------------------------------------------------------------------------------- tables

    def _table(self, element: Any, room: float) -> str:
        rows = [row for row in element.iter("tr") if any(cell.tag in ("th", "td") for cell in row)]
        if not rows:
            return ""
        head = [row for row in rows if row.getparent().tag == "thead"]
        body = [row for row in rows if row.getparent().tag != "thead"]
        total = bool(body) and "tot" in _classes(body[-1])
        tight = "tight" in _classes(element)
        flags = f"{str(tight).lower()}, {str(total).lower()}"
        return f"#grid-of({room}mm, {flags}, {self._rows(head, True)}, {self._rows(body, False)})\n"

    def _rows(self, rows: Iterable[Any], is_head: bool) -> str:
        cells = ("".join(self._cell(cell, is_head) for cell in row.iter("th", "td")) for row in rows)
        return "(" + "".join(f"({each})," for each in cells) + ")"

    def _cell(self, cell: Any, is_head: bool) -> str:
        classes = _classes(cell)
        indent = next((3.5 * step for step in (1, 2, 3) if f"in{step}" in classes), 0.0)
        colour = "ink"
        if not is_head:
            colour = "lost" if "l" in classes else "blue" if "b" in classes else "soft" if "q" in classes else "ink"
        bold = "tot" in _classes(cell.getparent()) or "l" in classes or cell.tag == "th"
        values = {
            "body": f"[{self.blocks_or_words(cell, _ROOM['two'])}]",
            "right": str("r" in classes).lower(),
            "nowrap": str(bool(classes & {"r", "nw"})).lower(),
            "indent": f"{indent}mm",
            "colour": colour,
            "bold": str(bold).lower(),
            "breakable": str(len(_words(cell)) > _LONG).lower(),
            "colspan": cell.get("colspan", "1"),
            "rowspan": cell.get("rowspan", "1"),
        }
        return "(" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "),"
