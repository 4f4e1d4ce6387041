"""How a report looks in Word: paragraph styles, the table style, bullets and settings, as OOXML.

Word holds only the names of fonts, so these are fonts that every office has: 黑体 for headings and 等线 for text, as
official documents have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evalsys.language import Lang

__all__ = [
    "BLUE",
    "HAIR",
    "INK",
    "LOST",
    "RULE",
    "SOFT",
    "STYLES",
    "WIDTH",
    "Style",
    "eighths",
    "numbering_xml",
    "settings_xml",
    "styles_xml",
    "twips",
]

INK, SOFT, BLUE, LOST, RULE, HAIR = "17202B", "566270", "1F4E79", "B5451B", "C3CBD4", "E4E8ED"

#: The width of the text in millimetres: A4 with margins of 17.
WIDTH = 176.0

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_SANS = {"zh": ("等线", "等线"), "en": ("Calibri", "等线")}
_HEADS = {"zh": ("Arial", "黑体"), "en": ("Arial", "黑体")}


def twips(millimetres: float) -> int:
    """Return a length in twentieths of a point.

    Examples
    --------
    >>> twips(25.4)
    1440
    """
    return round(millimetres * 1440 / 25.4)


def eighths(points: float) -> int:
    """Return the width of a rule in eighths of a point, as Word counts it.

    Examples
    --------
    >>> eighths(0.8)
    6
    """
    return max(2, round(points * 8))


@dataclass(frozen=True)
class Style:
    """A paragraph style: name in Word, size and line in points, space in millimetres, and what sets it apart.

    `heading` is the level of the heading, 0 for the title; `border` is an OOXML piece.
    """

    name: str
    size: float
    line: float
    before: float = 0
    after: float = 0
    bold: bool = False
    colour: str = INK
    heading: int | None = None
    keep_next: bool = False
    across: str = ""
    left: float = 0
    hanging: float = 0
    tab: float = 0
    bullet: bool = False
    border: str = ""


def _rule(side: str, points: float, colour: str, space: int) -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths(points)}" w:space="{space}" w:color="{colour}"/>'


#: Every paragraph style by its id. The built-in names let Word show headings in its navigation pane.
STYLES = {
    "Normal": Style("Normal", 10.5, 17, after=2),
    "Eyebrow": Style("Eyebrow", 8.5, 12, colour=SOFT, tab=WIDTH, border=_rule("top", 2.2, BLUE, 9)),
    "Title": Style("Title", 20.5, 27, 1.6, 1.6, True, heading=0, keep_next=True),
    "Meta": Style("Report Facts", 8.5, 13.6, after=4, colour=SOFT),
    "Lead": Style("Result Sentence", 14, 22.5, after=1.4, bold=True),
    "Sub": Style("Summary", 10.5, 17, after=4.2),
    "KeyName": Style("Key Figure Name", 8.5, 12.5, colour=SOFT, keep_next=True),
    "KeyValue": Style("Key Figure", 19, 24.5, bold=True, keep_next=True),
    "KeyNote": Style("Key Figure Note", 8, 11.6, colour=SOFT),
    "Heading1": Style("heading 1", 13, 18.2, 6, 1.5, True, heading=1, keep_next=True),
    "Heading2": Style("heading 2", 10.5, 15, 2.6, 1.2, True, heading=2, keep_next=True),
    "Finding": Style("Finding", 10.5, 17, after=2.4, keep_next=True),
    "Note": Style("Note", 9, 14.4, 1.5, 4, left=3.7, border=_rule("left", 2, INK, 8)),
    "Figure": Style("Figure", 10.5, 12, after=1),
    "Caption": Style("caption", 8, 12, 1, 3, colour=SOFT),
    "TableText": Style("Table Text", 8.5, 12.2),
    "TableNumber": Style("Table Number", 8.5, 12.2, across="right"),
    "TableHead": Style("Table Head", 8, 11.6, bold=True),
    "TableHeadNumber": Style("Table Head Number", 8, 11.6, bold=True, across="right"),
    "ListBullet": Style("List Bullet", 10.5, 16, after=0.8, left=4.4, hanging=4.4, bullet=True),
    "ListNumber": Style("List Number", 10.5, 16, after=0.8, left=4.4, hanging=4.4),
    "Code": Style("Code", 8.5, 12, after=2, left=3.7, colour=SOFT),
    "Rule": Style("Rule", 2, 2, 2, 2, border=_rule("top", 0.6, RULE, 1)),
    "Provenance": Style("Provenance", 8, 12.2, before=5, colour=SOFT, border=_rule("top", 0.6, RULE, 5)),
    "Footer": Style("footer", 7, 9.4, colour=SOFT, tab=WIDTH),
    "Gap": Style("Table Gap", 1, 1),
}


def _fonts(names: tuple[str, str], lang: Lang) -> str:
    latin, chinese = names
    hint = ' w:hint="eastAsia"' if lang == "zh" else ""
    return f'<w:rFonts{hint} w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'


def _paragraph_style(ident: str, style: Style, lang: Lang) -> str:
    is_head = style.heading is not None
    based = "" if ident == "Normal" else '<w:basedOn w:val="Normal"/>'
    line = (
        f'<w:spacing w:before="{twips(style.before)}" w:after="{twips(style.after)}" '
        f'w:line="{round(style.line * 20)}" w:lineRule="{"exact" if ident == "Gap" else "atLeast"}"/>'
    )
    hanging = f' w:hanging="{twips(style.hanging)}"' if style.hanging else ""
    form = [
        "<w:keepNext/>" if style.keep_next else "",
        "<w:keepLines/>" if ident not in ("Normal", "ListBullet") else "",
        "<w:widowControl/>",
        '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>' if style.bullet else "",
        f"<w:pBdr>{style.border}</w:pBdr>" if style.border else "",
        f'<w:tabs><w:tab w:val="right" w:pos="{twips(style.tab)}"/></w:tabs>' if style.tab else "",
        line,
        f'<w:ind w:left="{twips(style.left)}"{hanging}/>' if style.left else "",
        f'<w:jc w:val="{style.across or "left"}"/>',
        f'<w:outlineLvl w:val="{style.heading - 1}"/>' if style.heading else "",
    ]
    # 黑体 is heavy by nature: bold on top of it would be smeared
    is_bold = style.bold and not (is_head and lang == "zh")
    letters = [
        _fonts((_HEADS if is_head else _SANS)[lang], lang),
        "<w:b/><w:bCs/>" if is_bold else "",
        f'<w:color w:val="{style.colour}"/>',
        f'<w:sz w:val="{round(style.size * 2)}"/><w:szCs w:val="{round(style.size * 2)}"/>',
    ]
    default = ' w:default="1"' if ident == "Normal" else ""
    return (
        f'<w:style w:type="paragraph"{default} w:styleId="{ident}"><w:name w:val="{style.name}"/>{based}<w:qFormat/>'
        f"<w:pPr>{''.join(form)}</w:pPr><w:rPr>{''.join(letters)}</w:rPr></w:style>"
    )


def _table_styles() -> Iterator[str]:
    margins = (
        f'<w:tblCellMar><w:top w:w="{twips(1.1)}" w:type="dxa"/><w:left w:w="0" w:type="dxa"/>'
        f'<w:bottom w:w="{twips(1.1)}" w:type="dxa"/><w:right w:w="{twips(3.2)}" w:type="dxa"/></w:tblCellMar>'
    )
    borders = _rule("top", 0.8, INK, 0) + _rule("bottom", 0.8, INK, 0) + _rule("insideH", 0.5, HAIR, 0)
    yield (
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
        '<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="0" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    yield (
        '<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="Report Table"/>'
        f'<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>{borders}</w:tblBorders>{margins}</w:tblPr></w:style>'
    )


def styles_xml(lang: Lang) -> str:
    """Return the styles part: the defaults of the document, and nothing that a report does not use.

    Parameters
    ----------
    lang : {'zh', 'en'}
        Chinese headings are 黑体, not bold; Latin text is in 等线 in Chinese reports and in Calibri in English ones.

    Returns
    -------
    str
        The XML of ``w:styles``.
    """
    size = STYLES["Normal"].size
    return (
        f"<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr>{_fonts(_SANS[lang], lang)}"
        f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>'
        '<w:lang w:val="en-GB" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/>'
        "</w:docDefaults>"
        + "".join(_paragraph_style(ident, style, lang) for ident, style in STYLES.items())
        + '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>' + "".join(_table_styles()) + "</w:styles>"
    )


def numbering_xml() -> str:
    """Return the numbering part: one list, with bullets."""
    left = twips(STYLES["ListBullet"].left)
    return (
        f'<w:numbering {_W}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/>'
        f'<w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{left}" w:hanging="{left}"/></w:pPr>'
        '</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def settings_xml() -> str:
    """Return the settings part; with its mode of compatibility Word does not open the file as an old one."""
    return (
        f'<w:settings {_W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting '
        'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-GB" w:eastAsia="zh-CN"/></w:settings>'
    )
