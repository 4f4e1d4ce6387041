"""The body of a report in Word: every element of a page becomes one paragraph, table or picture, as OOXML.

The walk knows the vocabulary of our pages and nothing else: an element or class that it does not know is an error,
never left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import count, pairwise
from typing import Any

from evalsys.reporting.word_runs import Look, Run, legal, line_widths, plain, runs_of, runs_xml, spaced
from evalsys.reporting.word_styles import HAIR, INK, LOST, RULE, SOFT, STYLES, WIDTH, eighths, twips

__all__ = ["Drawn", "body_xml", "kind", "length"]

_CONTAINERS = {"main.sheet", "div.ev", "div.ev.card", "div.open", "div.tasks", "header", "figure"}
_LEFT_OUT = {"nav.screen", "style", "script"}
_PARAGRAPHS = {
    "h1": "Title",
    "h2": "Heading1",
    "h2.pb": "Heading1",
    "h3": "Heading2",
    "h4": "Heading2",
    "h5": "Heading2",
    "h6": "Heading2",
    "p": "Normal",
    "p.meta": "Meta",
    "p.lead": "Lead",
    "p.sub": "Sub",
    "p.say": "Finding",
    "p.cap": "Caption",
    "p.note": "Note",
    "p.prov": "Provenance",
    "div.note": "Note",
    "div.math": "Normal",
    "div.prov": "Provenance",
    "figcaption": "Caption",
}
_CELL_CLASSES = {"r", "l", "q", "nw", "in1", "in2", "in3"}
_INDENT, _GAP, _PAD = 3.5, 8.0, 3.2
_LEAST_COLUMN = 15.0
#: Room for what must not break: the font of an office may be broader than the usual one.
_BROAD = 1.1
#: A table of so many rows, its head included, stays on one page.
_SHORT = 8


@dataclass(frozen=True)
class Drawn:
    """A picture of the document: the id of its part, and its shape (width by height)."""

    part: str
    shape: float


@dataclass(frozen=True)
class _Paragraph:
    style: str
    content: str
    keep: bool | None = None
    breaks: bool = False
    before: float | None = None
    indent: float = 0

    def xml(self) -> str:
        form = [
            f'<w:pStyle w:val="{self.style}"/>',
            "" if self.keep is None else "<w:keepNext/>" if self.keep else '<w:keepNext w:val="0"/>',
            "<w:pageBreakBefore/>" if self.breaks else "",
            "" if self.before is None else f'<w:spacing w:before="{twips(self.before)}"/>',
            f'<w:ind w:left="{twips(self.indent)}"/>' if self.indent else "",
        ]
        return f"<w:p><w:pPr>{''.join(form)}</w:pPr>{self.content}</w:p>"


@dataclass(frozen=True)
class _Table:
    content: str
    gap: float

    def xml(self) -> str:
        return self.content


_Block = _Paragraph | _Table


def kind(element: Any) -> str:
    """Return tag and classes of an element as the tables above name them, such as ``p.note``."""
    return ".".join([element.tag, *(element.get("class") or "").split()])


def body_xml(main: Any, drawn: Mapping[str, Drawn], links: Mapping[str, str]) -> str:
    """Return the paragraphs and tables of a page.

    Parameters
    ----------
    main : lxml element
        ``main.sheet`` of the page.
    drawn : mapping of str to Drawn
        Pictures of the document by ``src``; the in-cell bar by an empty text.
    links : mapping of str to str
        Ids of links by ``href``.

    Returns
    -------
    str
        OOXML for the inside of ``w:body``; prefixes are those of a document part.

    Raises
    ------
    ValueError
        For an element or class that has no form in Word.
    """
    return _joined(_Walk(drawn, links).blocks(main, WIDTH))


def _joined(blocks: Iterable[_Block], in_cell: bool = False) -> str:
    """Set blocks one after another: what follows a table keeps its distance, and two tables never grow together."""
    out, before = [], None
    for block in blocks:
        if isinstance(before, _Table):
            if isinstance(block, _Table):
                out.append(_gap(before.gap))
            elif not block.breaks:
                block = replace(block, before=max(before.gap, STYLES[block.style].before))
        if in_cell and isinstance(block, _Paragraph):  # the row is not split; it need not stay with what follows it
            block = replace(block, keep=False, before=0 if before is None else block.before)
        out.append(block.xml())
        before = block
    if in_cell and not isinstance(before, _Paragraph):  # a cell ends with a paragraph
        out.append(_gap(0.4))
    return "".join(out)


def _gap(millimetres: float) -> str:
    spacing = f'<w:spacing w:line="{twips(millimetres)}" w:lineRule="exact"/>'
    return f'<w:p><w:pPr><w:pStyle w:val="Gap"/>{spacing}</w:pPr></w:p>'


class _Walk:
    """A walk over one page; it numbers the pictures."""

    def __init__(self, drawn: Mapping[str, Drawn], links: Mapping[str, str]) -> None:
        self.drawn, self.links, self.numbers = drawn, links, count(1)

    def blocks(self, element: Any, width: float, keep: bool | None = None) -> Iterator[_Block]:
        """Yield what an element becomes in a column of `width` millimetres.

        With `keep` it stays on the page of what follows, with False it need not.
        """
        name = kind(element)
        if name in _LEFT_OUT or element.get("hidden") is not None:
            return
        if name in _PARAGRAPHS:
            runs = runs_of(element, Look())
            breaks = name == "h2.pb"
            yield _Paragraph(
                _PARAGRAPHS[name], self.runs(runs, _PARAGRAPHS[name]), keep, breaks, before=0 if breaks else None
            )
        elif name in _CONTAINERS or name == "div.keep":
            yield from self.inside(element, width, True if name == "div.keep" else keep)
        elif name == "div.eyebrow":
            sides = [self.runs(runs_of(side, Look()), "Eyebrow") for side in _children(element, "span")]
            yield _Paragraph("Eyebrow", "<w:r><w:tab/></w:r>".join(sides))
        elif name in ("ul", "ol"):
            yield from self.items(element, keep)
        elif name == "blockquote":
            yield from (
                replace(b, style="Note") if isinstance(b, _Paragraph) else b for b in self.inside(element, width, keep)
            )
        elif name == "pre":
            lines = [Run(legal(text.expandtabs(4)), Look()) for text in element.text_content().rstrip().split("\n")]
            yield _Paragraph("Code", "<w:r><w:br/></w:r>".join(runs_xml(line) for line in lines))
        elif name == "hr":
            yield _Paragraph("Rule", "")
        elif name == "img":
            caption = element.getnext() is not None and element.getnext().tag == "figcaption"
            yield _Paragraph("Figure", self.picture(element, width), caption or keep)
        elif name in ("table", "table.tight"):
            yield _Table(self.table(element, width, keep), 3.0)
        elif name == "div.kpi":
            yield _Table(self.key_figures(element, width), 5.0)
        elif name == "div.two":
            half = (width - _GAP) / 2
            yield _Table(self.grid(element, [half + _GAP, half]), 3.0)
        elif name == "div.side":
            yield _Table(self.grid(element, [58 + _GAP, width - 58 - _GAP]), 2.0)
        else:
            raise ValueError(f"no form in Word for <{name}>")

    def items(self, element: Any, keep: bool | None, level: int = 0) -> Iterator[_Paragraph]:
        """Yield the items of a list, each followed by the list within it."""
        style = "ListBullet" if element.tag == "ul" else "ListNumber"
        for number, item in enumerate(_children(element, "li"), 1):
            within = [child for child in item if child.tag in ("ul", "ol")]
            for child in within:
                child.drop_tree()
            mark = "" if element.tag == "ul" else f"<w:r><w:t>{number}.</w:t><w:tab/></w:r>"
            indent = STYLES[style].left * (level + 1) if level else 0
            yield _Paragraph(style, mark + self.runs(runs_of(item, Look()), style), keep, indent=indent)
            for child in within:
                yield from self.items(child, keep, level + 1)

    def inside(self, element: Any, width: float, keep: bool | None) -> Iterator[_Block]:
        """Yield what the content of an element becomes; text that stands alone is a paragraph."""
        for piece in _pieces(element):
            if not isinstance(piece, str):
                yield from self.blocks(piece, width, keep)
            elif piece.strip():
                yield _Paragraph("Normal", self.runs([Run(piece.strip(), Look())], "Normal"), keep)

    def runs(self, runs: Sequence[Run], style: str) -> str:
        """Return runs as OOXML, with links, formulas and bars."""
        size = STYLES[style].size
        parts = []
        for run in plain(runs):
            if run.image is not None:
                parts.append(self.formula(run, size))
            elif run.bar:
                parts.append(self.drawing(self.drawn[""], run.bar, 2.6, None))
            else:
                made = runs_xml(run)
                link = self.links.get(run.look.link)
                parts.append(f'<w:hyperlink r:id="{link}">{made}</w:hyperlink>' if link else made)
        return "".join(parts)

    # ------------------------------------------------------------------------------------------------ pictures

    def picture(self, image: Any, room: float) -> str:
        """Return a chart at its final size; it shrinks only where the column is narrower."""
        width, height = _size(image, self.drawn[image.get("src")].shape, STYLES["Normal"].size)
        scale = min(1.0, room / width)
        return self.drawing(self.drawn[image.get("src")], width * scale, height * scale, image.get("alt") or "")

    def formula(self, run: Run, size: float) -> str:
        """Return a formula within a line, lowered as far as the page has it."""
        drawn = self.drawn[run.image.get("src")]
        size = run.look.size or size
        width, height = _size(run.image, drawn.shape, size)
        lowered = length(run.image, "vertical-align", size) * 72 / 25.4
        look = f'<w:rPr><w:position w:val="{round(lowered * 2)}"/></w:rPr>' if lowered else ""
        return self.drawing(drawn, width, height, run.image.get("alt") or "", look)

    def drawing(self, drawn: Drawn, width: float, height: float, alt: str | None, look: str = "") -> str:
        """Return a picture in a run, in millimetres; without `alt` it is an ornament, which readers aloud pass over."""
        number = next(self.numbers)
        size = f'cx="{round(width * 36000)}" cy="{round(height * 36000)}"'
        ornament = (
            '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative '
            'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
        )
        named = f'id="{number}" name="Picture {number}" descr="{escape(spaced(alt))}"'
        return (
            f'<w:r>{look}<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
            f"<wp:docPr {named}>{ornament if alt is None else ''}</wp:docPr>"
            "<wp:cNvGraphicFramePr/><a:graphic><a:graphicData "
            'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
            f'<pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
            f'<a:blip r:embed="{drawn.part}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
            f'<a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
            "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )

    # -------------------------------------------------------------------------------------------------- tables

    def table(self, element: Any, width: float, keep: bool | None) -> str:
        """Return a three-line table: its head repeats, no row is split, and a total never stands alone."""
        rows = [row for part in element for row in _rows(part)]
        cells = [[_Cell(cell, "tot" in kind(row)) for cell in row] for row in rows]
        widths = _shared([[cell.needs() for cell in column] for column in zip(*cells, strict=True)], width)
        margins = _margins(0.6) if kind(element) == "table.tight" else ""
        out = [_table_head("ReportTable", widths, margins)]
        for place, own in enumerate(cells):
            is_head = own[0].element.tag == "th"
            before_total = place + 1 < len(rows) and kind(rows[place + 1]) == "tr.tot"
            together = is_head or before_total or ((keep or len(rows) <= _SHORT) and place + 1 < len(rows))
            together = together and keep is not False
            out.append(f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_head else ''}</w:trPr>")
            last = len(own) - 1
            for at, (cell, wide) in enumerate(zip(own, widths, strict=True)):
                content = _Paragraph(cell.style, self.runs(cell.runs, cell.style), together or None, indent=cell.indent)
                out.append(_cell(wide, content.xml(), cell.borders, 0 if at == last else None, is_head))
            out.append("</w:tr>")
        return "".join([*out, "</w:tbl>"])

    def key_figures(self, element: Any, width: float) -> str:
        """Return the key figures between two rules, four in a row."""
        entries = _children(element, "div")
        widths = [width / 4] * 4
        out = [_table_head("TableNormal", widths, _margins(2.2, bottom=2.4))]
        for start in range(0, len(entries), 4):
            row = entries[start : start + 4]
            out.append("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
            for place in range(4):
                content = _joined(self.key_figure(row[place]) if place < len(row) else [], in_cell=True)
                borders = _border("top", 0.8, INK) + (_border("left", 0.6, HAIR) if place else "")
                borders += _border("bottom", 0.6, RULE)
                out.append(_cell(widths[place], content, borders, 1.0, left=3.0 if place else 0.0))
            out.append("</w:tr>")
        return "".join([*out, "</w:tbl>"])

    def key_figure(self, entry: Any) -> Iterator[_Paragraph]:
        """Yield name, value and context of a key figure."""
        styles = {"span.t": "KeyName", "span.v": "KeyValue", "span.n": "KeyNote"}
        for part in entry:
            if kind(part) not in styles:
                raise ValueError(f"no form in Word for <{kind(part)}> in a key figure")
            yield _Paragraph(styles[kind(part)], self.runs(runs_of(part, Look()), styles[kind(part)]))

    def grid(self, element: Any, widths: Sequence[float]) -> str:
        """Return what stands side by side, as a table without borders."""
        parts = [piece for piece in _pieces(element) if not isinstance(piece, str)]
        out = [_table_head("TableNormal", widths)]
        for start in range(0, len(parts), 2):
            out.append("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
            for place, (wide, gap) in enumerate(zip(widths, (_GAP, 0.0), strict=True)):
                held = parts[start + place : start + place + 1]
                content = _joined((b for part in held for b in self.blocks(part, wide - gap, keep=False)), in_cell=True)
                out.append(_cell(wide, content, "", gap))
            out.append("</w:tr>")
        return "".join([*out, "</w:tbl>"])


# --------------------------------------------------------------------------------------------------------- cells


class _Cell:
    """A cell of a three-line table: its runs, and how its classes have it look."""

    def __init__(self, element: Any, is_total: bool) -> None:
        classes = set((element.get("class") or "").split())
        if "text-align:right" in (element.get("style") or ""):  # a table in the words of an analyst
            classes.add("r")
        unknown = classes - _CELL_CLASSES
        if unknown or element.tag not in ("td", "th") or element.get("colspan") or element.get("rowspan"):
            raise ValueError(f"no form in Word for <{kind(element)}>")
        is_head = element.tag == "th"
        self.element, self.is_total = element, is_total
        self.style = ("TableHead" if is_head else "Table") + ("Number" if "r" in classes else "" if is_head else "Text")
        colour = LOST if "l" in classes else SOFT if "q" in classes and not is_head else ""
        look = Look(bold=True if is_total or "l" in classes else None, colour=colour)
        self.runs = runs_of(element, look)
        self.whole = bool(classes & {"r", "nw"})  # numbers and names that must not break
        self.indent = next((_INDENT * n for n in (1, 2, 3) if f"in{n}" in classes), 0.0)

    @property
    def borders(self) -> str:
        if self.element.tag == "th":
            return _border("top", 0.8, INK) + _border("bottom", 0.6, INK)
        return _border("top", 0.6, INK) if self.is_total else ""

    def needs(self) -> tuple[float, float]:
        """Return the least and the full width of the cell in millimetres, its pad included."""
        style = STYLES[self.style]
        least, full = line_widths(self.runs, style.size, style.bold, _BROAD if self.whole else 1.0)
        extra = self.indent + (_PAD if self.element.getnext() is not None else 0.0)
        return (full if self.whole else min(full, max(least * _BROAD, _LEAST_COLUMN))) + extra, full + extra


def _shared(columns: Sequence[Sequence[tuple[float, float]]], width: float) -> list[float]:
    """Return widths of columns: short ones get what they need, long ones share the rest.

    Examples
    --------
    >>> _shared([[(10, 20)], [(15, 100)]], 60), _shared([[(10, 10)], [(20, 20)]], 60)
    ([20, 40.0], [20.0, 40.0])
    """
    least = [max(cell[0] for cell in column) for column in columns]
    full = [max(cell[1] for cell in column) for column in columns]
    if sum(full) <= width:
        return [width * own / sum(full) for own in full]
    if sum(least) >= width:
        return [width * own / sum(least) for own in least]
    widths: dict[int, float] = {}
    rest = width
    waiting = sorted(range(len(full)), key=lambda n: full[n])
    while waiting and full[waiting[0]] <= rest / len(waiting):
        first = waiting.pop(0)
        widths[first] = full[first]
        rest -= full[first]
    # the root: a text of four times the length needs more lines, not four times the width
    weight = {n: max(full[n], 1.0) ** 0.5 for n in waiting}
    while waiting:
        share = rest / sum(weight[n] for n in waiting)
        tight = [n for n in waiting if least[n] > share * weight[n]]
        for n in tight or waiting:
            widths[n] = least[n] if tight else share * weight[n]
        rest -= sum(least[n] for n in tight)
        waiting = [n for n in waiting if n not in widths]
    return [widths[n] for n in range(len(full))]


def _table_head(style: str, widths: Sequence[float], margins: str = "") -> str:
    edges = [0.0]
    for wide in widths:
        edges.append(edges[-1] + wide)
    columns = "".join(f'<w:gridCol w:w="{twips(b) - twips(a)}"/>' for a, b in pairwise(edges))
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{twips(edges[-1])}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/>{margins}<w:tblLook w:val="0000"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
    )


def _margins(top: float, bottom: float | None = None) -> str:
    below = top if bottom is None else bottom
    return (
        f'<w:tblCellMar><w:top w:w="{twips(top)}" w:type="dxa"/><w:bottom w:w="{twips(below)}" w:type="dxa"/>'
        "</w:tblCellMar>"
    )


def _cell(
    width: float, content: str, borders: str = "", right: float | None = None, low: bool = False, left: float = 0.0
) -> str:
    sides = f'<w:left w:w="{twips(left)}" w:type="dxa"/>' if left else ""
    sides += "" if right is None else f'<w:right w:w="{twips(right)}" w:type="dxa"/>'
    form = [
        f'<w:tcW w:w="{twips(width)}" w:type="dxa"/>',
        f"<w:tcBorders>{borders}</w:tcBorders>" if borders else "",
        f"<w:tcMar>{sides}</w:tcMar>" if sides else "",
        '<w:vAlign w:val="bottom"/>' if low else "",
    ]
    return f"<w:tc><w:tcPr>{''.join(form)}</w:tcPr>{content}</w:tc>"


def _border(side: str, points: float, colour: str) -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths(points)}" w:space="0" w:color="{colour}"/>'


# --------------------------------------------------------------------------------------------------------- pages


def _rows(part: Any) -> list[Any]:
    if kind(part) not in ("thead", "tbody") or any(kind(row) not in ("tr", "tr.tot") for row in part):
        raise ValueError(f"no form in Word for <{kind(part)}> in a table")
    return list(part)


def _children(element: Any, name: str) -> list[Any]:
    wrong = [kind(child) for child in element if kind(child) != name]
    if wrong:
        raise ValueError(f"no form in Word for <{wrong[0]}> in <{kind(element)}>")
    return list(element)


def _pieces(element: Any) -> Iterator[Any]:
    """Yield text and elements in their order; comments are not shown."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield child
        yield child.tail or ""


def _size(image: Any, shape: float, em: float) -> tuple[float, float]:
    """Return width and height in millimetres; what the style does not say follows from the shape."""
    width, height = (length(image, name, em) for name in ("width", "height"))
    if not width and not height:
        raise ValueError("a picture without a size in its style")
    return width or height * shape, height or width / shape


def length(image: Any, name: str, em: float) -> float:
    """Return a length that the style of a picture names, in millimetres; 0 if it does not. `em` is in points."""
    found = re.search(rf"(?:^|;)\s*{name}\s*:\s*(-?[\d.]+)(mm|pt|px|em|ex)", image.get("style") or "")
    if not found:
        return 0.0
    units = {"mm": 1.0, "pt": 25.4 / 72, "px": 25.4 / 96, "em": em * 25.4 / 72, "ex": em * 0.5 * 25.4 / 72}
    return float(found[1]) * units[found[2]]
