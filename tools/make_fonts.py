"""Cut the two fonts of the reports from Debian's package ``fonts-noto-cjk``.

Run it once after a change of the character set or of the source package, from the root of the repository::

    python tools/make_fonts.py \
        /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc \
        /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc \
        /usr/share/doc/fonts-noto-cjk/copyright

It writes ``NotoSansSC-Regular.otf``, ``NotoSansSC-Bold.otf`` and ``OFL.txt`` and prints the figures for
``evalsys/fonts/README.md``. The same input and the same fontTools give the same bytes. It takes about a minute a font.

The cut fonts have no hints, no subroutines and no accents built by ``endchar``; ``evalsys.fonts`` relies on that to cut
its small web fonts without interpreting a single outline, so the script stops if it is not so.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path
from typing import Any

import fontTools
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SOURCE_FAMILY = "Noto Sans CJK SC"
FAMILY = "Noto Sans SC"
POSTSCRIPT = "NotoSansSC"
WEIGHTS = {"Regular": 400, "Bold": 700}
LICENCE_TITLE = "SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007"

# kern: pairs; halt: half-width punctuation, which browsers need for text-spacing-trim; pwid: narrow quotation marks for
# English pages; ccmp: combining tone marks
FEATURES = ["ccmp", "halt", "kern", "pwid"]

# operators of hints and subroutines
FORBIDDEN = frozenset(["callsubr", "callgsubr", "hstem", "vstem", "hstemhm", "vstemhm", "hintmask", "cntrmask"])

# what the source has of these goes in
RANGES = (
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x00FF),  # Latin-1
    (0x0100, 0x017F),  # ā ē ī ō ū ń ň and other letters of European names
    (0x01CD, 0x01DC),  # ǎ ǐ ǒ ǔ ǖ ǘ ǚ ǜ
    (0x01F8, 0x01F9),  # ǹ
    (0x0251, 0x0251),  # ɑ
    (0x0261, 0x0261),  # ɡ
    (0x02C6, 0x02DC),  # tone marks standing alone
    (0x0300, 0x030C),  # combining tone marks
    (0x0370, 0x03FF),  # Greek
    (0x1E3E, 0x1E3F),  # ḿ
    (0x2000, 0x206F),  # general punctuation
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20CF),  # currency
    (0x2100, 0x214F),  # ℃ № ™
    (0x2150, 0x218F),  # fractions, Ⅰ to Ⅻ
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematics: − ≤ ≥ ≈ ∑
    (0x2460, 0x24FF),  # ① to ⑳ and other enclosed digits
    (0x2500, 0x257F),  # box drawing
    (0x2580, 0x259F),  # blocks
    (0x25A0, 0x25FF),  # geometric shapes
    (0x2605, 0x2606),  # ★ ☆
    (0x26A0, 0x26A0),  # ⚠
    (0x2713, 0x2713),  # ✓
    (0x2776, 0x2793),  # ❶ to ❿
    (0x27A1, 0x27A1),  # ➡
    (0x3000, 0x303F),  # Chinese punctuation
    (0x30FB, 0x30FB),  # ・
    (0x3220, 0x3243),  # ㈠
    (0x3251, 0x325F),  # ㉑ to ㉟
    (0x3280, 0x32BF),  # ㊀, ㊱ to ㊿
    (0x3371, 0x33DF),  # ㎡ ㎏ ㎜
    (0x4E00, 0x9FA5),  # the 20,902 unified ideographs
    (0xFF01, 0xFF5E),  # full-width forms
    (0xFFE0, 0xFFE6),  # full-width signs
)

# a source without one of these is refused
REQUIRED = frozenset(
    [
        *map(chr, range(0x20, 0x7F)),
        *map(chr, range(0xA0, 0x100)),
        *map(chr, range(0x4E00, 0x9FA6)),
        *map(chr, range(0xFF01, 0xFF5F)),
        *"āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ",
        *"αβγδεζηθικλμνξοπρσςτυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        *"—–‘’“”…‰·、。〈〉《》「」『』【】〔〕〇　",
        *"①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
        *"←↑→↓↔⇒−×÷±≤≥≠≈∞√∑²³€£¥￥℃㎡№",
        *"●○▲△▼▽◆◇■□★☆✓─│┌┐└┘├┤┬┴┼█",
    ]
)


def find_face(collection: Path, weight: str) -> int:
    """Return the number of the Simplified-Chinese face in a collection.

    Parameters
    ----------
    collection
        A ``.ttc`` file of the source package.
    weight
        ``Regular`` or ``Bold``.

    Returns
    -------
    int
        The number of the face.
    """
    with TTCollection(str(collection), lazy=True) as faces:
        for number, face in enumerate(faces):
            names = face["name"]
            if names.getDebugName(1) == SOURCE_FAMILY and names.getDebugName(2) == weight:
                return number
    raise SystemExit(f"{collection}: no face {SOURCE_FAMILY} {weight}")


def rename(font: Any, weight: str) -> None:
    """Give a cut font its names, in the name table and in the outlines table.

    Parameters
    ----------
    font
        The font, changed in place.
    weight
        ``Regular`` or ``Bold``.
    """
    names = font["name"]
    names.names = [record for record in names.names if (record.platformID, record.langID) == (3, 0x409)]
    revision = f"{font['head'].fontRevision:.3f}"
    for number, text in {
        1: FAMILY,
        2: weight,
        3: f"{revision};evalsys subset;{POSTSCRIPT}-{weight}",
        4: f"{FAMILY} {weight}",
        5: f"Version {revision}; subset for evalsys",
        6: f"{POSTSCRIPT}-{weight}",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames = [f"{POSTSCRIPT}-{weight}"]
    top = outlines[0]
    top.FamilyName, top.FullName, top.Weight = FAMILY, f"{FAMILY} {weight}", weight
    for part in top.FDArray:
        part.FontName = re.sub(r"^NotoSansCJK\w+-", f"{POSTSCRIPT}-", part.FontName)


def check(path: Path, weight: str) -> None:
    """Stop if a written font is not what the reports need.

    Parameters
    ----------
    path
        The font.
    weight
        ``Regular`` or ``Bold``.
    """
    with TTFont(str(path)) as font:
        missing = "".join(sorted(REQUIRED - set(map(chr, font.getBestCmap()))))
        outlines = font["CFF "].cff
        plain = not len(outlines.GlobalSubrs)
        for outline in outlines[0].CharStrings.values():
            outline.decompile()
            program = outline.program
            accents = (
                program[-1] == "endchar" and len(program) >= 5 and not any(isinstance(t, str) for t in program[-5:-1])
            )
            plain = plain and not accents and FORBIDDEN.isdisjoint(t for t in program if isinstance(t, str))
        usual = font["OS/2"].usWeightClass == WEIGHTS[weight] and font["OS/2"].fsType == 0
    if missing or not plain or not usual:
        raise SystemExit(
            f"{path}: missing {missing!r}, plain outlines: {plain}, weight and permission as wanted: {usual}"
        )


def cut(collection: Path, weight: str, target: Path) -> None:
    """Cut one font.

    Parameters
    ----------
    collection
        A ``.ttc`` file of the source package.
    weight
        ``Regular`` or ``Bold``.
    target
        The font to write.
    """
    options = Options()
    options.hinting = False
    options.desubroutinize = True
    options.layout_features = FEATURES
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    with TTFont(
        str(collection), fontNumber=find_face(collection, weight), lazy=True, recalcBBoxes=False, recalcTimestamp=False
    ) as font:
        font["cmap"].tables = [table for table in font["cmap"].tables if (table.platformID, table.format) == (3, 4)]
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
        subsetter.subset(font)
        rename(font, weight)
        font.save(str(target), reorderTables=True)
    check(target, weight)


def licence(copyright_file: Path, notice: str) -> str:
    """Return the text of the licence from the copyright file of the source package.

    Parameters
    ----------
    copyright_file
        The file in Debian's format, where each line of the text is indented by one blank and an empty line is a dot.
    notice
        The copyright notice of the fonts, which the licence wants beside itself.

    Returns
    -------
    str
        The text, from its title on, and the notice after it.
    """
    paragraphs = copyright_file.read_text(encoding="utf-8").split("\n\n")
    text = next(p for p in paragraphs if p.startswith("License:") and LICENCE_TITLE in p)
    lines = ["" if line == " ." else line.removeprefix(" ") for line in text.splitlines()]
    lines = lines[lines.index(LICENCE_TITLE) :]
    rule = lines[1]
    return "\n".join([*lines, "", rule, "Copyright notice of the fonts in this folder", rule, "", notice, ""])


def digest(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Write both fonts and the licence."""
    parser = argparse.ArgumentParser(description="cut the fonts of the reports")
    parser.add_argument("regular", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("bold", type=Path, help="NotoSansCJK-Bold.ttc")
    parser.add_argument("copyright", type=Path, help="the copyright file of the source package")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "evalsys" / "fonts")
    arguments = parser.parse_args()
    print(f"fontTools {fontTools.version}")
    notice = ""
    for weight, collection in (("Regular", arguments.regular), ("Bold", arguments.bold)):
        target = arguments.out / f"{POSTSCRIPT}-{weight}.otf"
        cut(collection, weight, target)
        with TTFont(str(target), lazy=True) as font:
            notice = f"{font['name'].getDebugName(0)}\n{font['name'].getDebugName(7)}"
            count = font["maxp"].numGlyphs
        print(f"{digest(collection)}  {collection.name}")
        print(f"{digest(target)}  {target.name}  {target.stat().st_size:,} bytes, {count:,} glyphs")
    text = licence(arguments.copyright, notice)
    (arguments.out / "OFL.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
