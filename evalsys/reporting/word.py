"""A report as a Word document: real styles, real tables, pictures with their alternative texts, running foot.

The same page gives the same bytes, and the document names nobody.
"""

from __future__ import annotations

import base64
import re
from html import escape
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from evalsys.language import Lang, Text
from evalsys.reporting.word_body import Drawn, body_xml, kind, length
from evalsys.reporting.word_runs import spaced
from evalsys.reporting.word_styles import LOST, numbering_xml, settings_xml, styles_xml

__all__ = ["docx_bytes"]

#: Pixels per inch of the pictures, as printers need it.
_PPI = 200
#: The size of text in points for which formulas are drawn: the largest of a page.
_LARGEST = 20.5
#: Parts of the template that a report does not need; some of them say who made the template.
_NEEDLESS = ("customXml", "stylesWithEffects", "webSettings", "fontTable", "thumbnail", "extended-properties")


def docx_bytes(html: str, lang: Lang) -> bytes:
    """Return a report page as a Word document (.docx).

    Parameters
    ----------
    html : str
        The page, as :func:`~evalsys.reporting.render.render_html` makes it.
    lang : {'zh', 'en'}
        The language of the page; it decides the fonts.

    Returns
    -------
    bytes
        The document; the same page gives the same bytes.

    Raises
    ------
    PrintMissing
        If python-docx, lxml or typst is not installed.
    ValueError
        If an element or class of the page has no form in Word, or it is not a page.
    """
    try:
        import docx
        import lxml.html
        import typst  # noqa: F401
    except ModuleNotFoundError as error:
        from evalsys.reporting.printing import PrintMissing

        raise PrintMissing(str(error.name).partition(".")[0]) from error
    from evalsys.sheets import packed

    page = lxml.html.document_fromstring(html)
    (main,) = page.xpath("//main") or [None]
    if main is None:
        raise ValueError("not a page: it has no <main>")
    title = spaced(page.findtext(".//title"))
    document: Any = docx.Document()
    _emptied(document)
    _put(document.styles.element, styles_xml(lang))
    _put(document.part.numbering_part.element, numbering_xml())
    _put(document.settings.element, settings_xml())
    _named(document.core_properties, title, lang)
    drawn, links = _pictures(document.part, main), _links(document.part, main)
    _fill(document, body_xml(main, drawn, links))
    _paper(document.sections[0], _foot(html) or title)
    return packed(document)


def _emptied(document: Any) -> None:
    """Take out of python-docx's template what a report does not need."""
    for part in (document.part, document.part.package):
        for ident, relation in list(part.rels.items()):
            if any(name in relation.reltype for name in _NEEDLESS):
                del part.rels[ident]


def _put(element: Any, xml: str) -> None:
    """Give a part other content."""
    from docx.oxml import parse_xml

    element[:] = list(parse_xml(xml))


def _fill(document: Any, xml: str) -> None:
    """Set the body before the properties of its section."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    body = document.element.body
    made = parse_xml(f"<w:body {nsdecls('w', 'wp', 'a', 'pic', 'r')}>{xml}</w:body>")
    body[:] = [*made, body.sectPr]


def _named(properties: Any, title: str, lang: Lang) -> None:
    properties.title, properties.language = title[:255], Text("zh-CN", "en-GB").say(lang)
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.revision = 1


def _paper(section: Any, foot: str) -> None:
    """Set A4, the margins, and the running foot: short title left, page and pages right."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Mm

    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = (
        Mm(n) for n in (15, 17, 17, 17)
    )
    section.header_distance, section.footer_distance = Mm(8), Mm(8)
    section.footer.is_linked_to_previous = False
    page, pages = (
        f'<w:fldSimple w:instr="{field}"><w:r><w:t>1</w:t></w:r></w:fldSimple>' for field in ("PAGE", "NUMPAGES")
    )
    section.footer._element[:] = [
        parse_xml(
            f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
            f'<w:r><w:t xml:space="preserve">{escape(foot)}</w:t></w:r><w:r><w:tab/></w:r>'
            f'{page}<w:r><w:t xml:space="preserve"> / </w:t></w:r>{pages}</w:p>'
        )
    ]


def _foot(html: str) -> str:
    """Return the text of the running foot, which the page holds in its style."""
    found = re.search(r'@bottom-left\{content:"([^"]*)"', html)
    return spaced(found[1]) if found else ""


# ------------------------------------------------------------------------------------------------------ pictures


def _pictures(part: Any, main: Any) -> dict[str, Drawn]:
    """Put every picture of a page into the document; return them by source, and the in-cell bar by ''."""
    sources: dict[str, Any] = {image.get("src"): image for image in main.iter("img")}
    drawn = {source: _embedded(source) for source in sources}
    vectors = [source for source, (suffix, _) in drawn.items() if suffix == "svg"]
    made = _rasters([(drawn[source][1], sources[source]) for source in vectors], bool(main.xpath(".//*[@class='bar']")))
    pixels = {source: data for source, (_, data) in drawn.items()} | dict(zip([*vectors, ""], made, strict=False))
    return {source: _placed(part, data) for source, data in pixels.items()}


def _placed(part: Any, data: bytes) -> Drawn:
    ident, image = part.get_or_add_image(BytesIO(data))
    return Drawn(ident, image.px_width / image.px_height)


def _embedded(source: str) -> tuple[str, bytes]:
    """Return kind and content of a picture that stands in the page itself."""
    found = re.fullmatch(r"data:image/(svg\+xml|png)((?:;[^,;]+)*),(.*)", source, re.S)
    if found is None:
        raise ValueError(f"no form in Word for the picture {source[:40]!r}")
    data = base64.b64decode(found[3]) if found[2].endswith(";base64") else unquote_to_bytes(found[3])
    return found[1].removesuffix("+xml"), data


def _rasters(vectors: list[tuple[bytes, Any]], with_bar: bool) -> list[bytes]:
    """Return SVG pictures as PNG at their final size, and after them the bar; one run of typst draws all."""
    import typst

    files: dict[str, bytes] = {}
    pages = []
    for number, (svg, image) in enumerate(vectors):
        files[f"{number}.svg"] = svg
        side, long = _side(image)
        pages.append(f'#page(width: auto, height: auto, margin: 0pt)[#image("{number}.svg", {side}: {long:.4f}mm)]')
    if with_bar:
        pages.append(f'#page(width: 1pt, height: 1pt, margin: 0pt, fill: rgb("#{LOST}"))[]')
    if not pages:
        return []
    source: Any = {"main.typ": "\n".join(pages).encode(), **files}  # the stubs of typst do not know this form
    made: Any = typst.compile(
        source,
        format="png",
        ppi=_PPI,
        ignore_system_fonts=True,
    )
    return [made] if isinstance(made, bytes) else list(made)


def _side(image: Any) -> tuple[str, float]:
    """Return the side of a picture that its style names, and its length in millimetres."""
    width = length(image, "width", _LARGEST)
    return ("width", width) if width else ("height", length(image, "height", _LARGEST))


def _links(part: Any, main: Any) -> dict[str, str]:
    """Return links to other files and pages by target; a place on the same page is not a link in Word."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    targets = {link.get("href") for link in main.iter("a") if kind(link.getparent()) != "nav.screen"}
    kept = sorted(target for target in targets if target and not target.startswith("#"))
    return {target: part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True) for target in kept}
