"""The shipped fonts: what they hold, how they are called, how charts and pages get them."""

import base64
import dataclasses
import hashlib
import os
import re
import subprocess
import sys
import warnings
from io import BytesIO
from pathlib import Path

import matplotlib.font_manager
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evalsys import fonts

FOLDER = Path(fonts.__file__).parent
IDEOGRAPHS = set(map(chr, range(0x4E00, 0x9FA6)))
SENTENCE = "洸河街道第①项得分率 93.86%～94%，“扣分”—·−0.5 ≥ 0.3 ≤ 1 × 2；nǐ hǎo lǜ ● ○ ▲ ▼ ◆ ■ □ ✓ → ⑳ ￥ ℃ α²"


def pixels(text: str, family: str, weight: str = "regular", strict: bool = True) -> np.ndarray:
    """Draw a text; a missing glyph is an error unless the caller waits for it."""
    figure = Figure(figsize=(3, 1), dpi=100)
    canvas = FigureCanvasAgg(figure)
    figure.text(0.05, 0.3, text, fontfamily=family, fontsize=24, fontweight=weight)
    if strict:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            canvas.draw()
    else:
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0].copy()


def embedded(css: str) -> list[TTFont]:
    """Return the fonts in the rules of a page."""
    data = re.findall(r"src:url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\) format\(\"woff\"\)", css)
    return [TTFont(BytesIO(base64.b64decode(blob)), checkChecksums=2) for blob in data]


@pytest.mark.parametrize("weight", fonts.FILES)
def test_all_ideographs_are_there(weight: int) -> None:
    with TTFont(fonts.FILES[weight], lazy=True) as font:
        cmap = font.getBestCmap()
        assert len(IDEOGRAPHS) == 20_902
        assert set(map(chr, cmap)) >= IDEOGRAPHS | set(SENTENCE)
        assert cmap[ord("洸")] != cmap[ord("河")]
        assert ".notdef" not in cmap.values()


def test_both_weights_have_the_same_characters() -> None:
    regular, bold = (TTFont(path, lazy=True) for path in fonts.FILES.values())
    with regular, bold:
        assert regular.getBestCmap().keys() == bold.getBestCmap().keys()


@pytest.mark.parametrize(("weight", "style"), [(400, "Regular"), (700, "Bold")])
def test_names_and_weights(weight: int, style: str) -> None:
    with TTFont(fonts.FILES[weight], lazy=True) as font:
        names = font["name"]
        assert {str(record) for record in names.names if record.nameID == 1} == {"Noto Sans SC"}
        assert [names.getDebugName(number) for number in (2, 4, 6, 16)] == [
            style,
            f"Noto Sans SC {style}",
            f"NotoSansSC-{style}",
            None,
        ]
        assert "SIL Open Font License" in names.getDebugName(13)
        assert "Adobe" in names.getDebugName(0)
        assert "Reserved Font Name" not in "".join(map(str, names.names))
        assert font["OS/2"].usWeightClass == weight
        assert font["OS/2"].fsType == 0
        assert bool(font["head"].macStyle & 1) == bool(font["OS/2"].fsSelection & 32) == (style == "Bold")
        outlines = font["CFF "].cff
        assert outlines.fontNames == [f"NotoSansSC-{style}"]
        assert outlines[0].FamilyName == "Noto Sans SC"
        assert {part.FontName.split("-")[0] for part in outlines[0].FDArray} == {"NotoSansSC"}


def test_digits_have_one_width() -> None:
    for path in fonts.FILES.values():
        with TTFont(path, lazy=True) as font:
            assert len({font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_licence_and_origin() -> None:
    licence = (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert licence.startswith("SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007\n")
    for heading in ("PREAMBLE", "DEFINITIONS", "PERMISSION & CONDITIONS", "TERMINATION", "DISCLAIMER"):
        assert f"\n{heading}\n" in licence
    assert "© 2014-2021 Adobe" in licence
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in fonts.FILES.values():
        content = path.read_bytes()
        assert f"| `{path.name}` | {len(content):,} | `{hashlib.sha256(content).hexdigest()}` |" in readme


def test_charts_draw_with_the_shipped_files() -> None:
    family = fonts.use_fonts()
    assert family == "Noto Sans SC"
    manager = matplotlib.font_manager.fontManager
    for weight, name in ((400, "Regular"), (700, "Bold"), ("normal", "Regular"), ("bold", "Bold")):
        wanted = matplotlib.font_manager.FontProperties(family=[family], weight=weight)
        assert Path(manager.findfont(wanted, fallback_to_default=False)) == FOLDER / f"NotoSansSC-{name}.otf"


def test_fonts_are_registered_once() -> None:
    manager = matplotlib.font_manager.fontManager
    fonts.use_fonts()
    before = list(manager.ttflist)
    fonts.use_fonts()
    assert manager.ttflist == before
    assert sorted(entry.fname for entry in before if entry.name == fonts.FAMILY) == sorted(
        map(str, fonts.FILES.values())
    )


def test_an_installed_font_of_the_same_name_does_not_step_in(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = matplotlib.font_manager.fontManager
    other = next(entry for entry in manager.ttflist if entry.name == "DejaVu Sans" and entry.weight == 400)
    stranger = dataclasses.replace(other, name=fonts.FAMILY)
    monkeypatch.setattr(manager, "ttflist", [stranger, *manager.ttflist])
    fonts.use_fonts()
    assert stranger not in manager.ttflist
    assert {entry.fname for entry in manager.ttflist if entry.name == fonts.FAMILY} == set(
        map(str, fonts.FILES.values())
    )


def test_chinese_is_drawn_and_not_boxed() -> None:
    family = fonts.use_fonts()
    drawn = pixels("洸河街道", family)
    assert (drawn < 128).sum() > 500
    assert not np.array_equal(pixels("洸", family), pixels("河", family))
    assert (pixels("洸河街道", family, "bold") < 128).sum() > 1.2 * (drawn < 128).sum()
    pixels("−0.5 93.86% ①～—“”·≥≤×✓", family)
    with pytest.raises(UserWarning, match="missing"):
        pixels("\U00020000", family)


def test_the_picture_is_not_the_box_of_a_missing_glyph() -> None:
    family = fonts.use_fonts()
    for weight in ("regular", "bold"):
        with pytest.warns(UserWarning, match="missing"):
            box = pixels("\U00020000", family, weight, strict=False)
        assert (box < 128).sum() > 20
        assert (pixels("洸", family, weight) != box).sum() > 100


@pytest.mark.parametrize("weight", fonts.FILES)
def test_the_outline_is_not_that_of_a_missing_glyph(weight: int) -> None:
    with TTFont(fonts.FILES[weight], lazy=True) as font:
        glyphs, outlines = font.getGlyphSet(), []
        for name in (".notdef", font.getBestCmap()[ord("洸")]):
            pen = RecordingPen()
            glyphs[name].draw(pen)
            outlines.append(pen.value)
    assert outlines[0]
    assert outlines[1]
    assert outlines[0] != outlines[1]


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_charts_are_saved_without_a_warning(kind: str) -> None:
    with matplotlib.rc_context({"font.family": [fonts.use_fonts()], "pdf.fonttype": 42, "axes.unicode_minus": True}):
        figure = Figure(figsize=(3, 2))
        axes = figure.subplots()
        axes.barh(["洸河街道", "社区"], [93.86, -0.5])
        axes.set_title("得分率 93.86%", fontweight="bold")
        figure.savefig(BytesIO(), format=kind)


def test_missing_glyphs() -> None:
    assert fonts.missing_glyphs(SENTENCE) == ""
    assert fonts.missing_glyphs("".join(sorted(IDEOGRAPHS))) == ""
    assert fonts.missing_glyphs("") == ""
    assert fonts.missing_glyphs("甲\t乙\r\n\x00\x7f\u2003\u3000\u200b\ufeff") == ""
    assert fonts.missing_glyphs("😀好𠀀好😀") == "😀𠀀"
    assert fonts.missing_glyphs("\ue000") == "\ue000"


def test_embedded_fonts_hold_the_characters_of_the_text() -> None:
    text = SENTENCE + "\n𠀀😀"
    css = fonts.css_font_faces(text)
    assert re.findall(r'@font-face\{font-family:"Report Sans";font-style:normal;font-weight:(\d+);', css) == [
        "400",
        "700",
    ]
    assert css.count("@font-face") == css.count("src:url(data:font/woff;base64,") == 2
    assert "<" not in css
    cuts = embedded(css)
    for cut, weight in zip(cuts, fonts.FILES, strict=True):
        assert cut.flavor == "woff"
        assert cut["OS/2"].usWeightClass == weight
        assert {chr(code) for code in cut.getBestCmap()} == set(SENTENCE)
        assert "Adobe" in cut["name"].getDebugName(0)
        with TTFont(fonts.FILES[weight], lazy=True) as whole:
            for character in set(SENTENCE):
                drawn = []
                for font in (cut, whole):
                    pen, name = RecordingPen(), font.getBestCmap()[ord(character)]
                    font.getGlyphSet()[name].draw(pen)
                    drawn.append((pen.value, font["hmtx"][name][0]))
                assert drawn[0] == drawn[1], character


def test_embedded_fonts_keep_what_browsers_use() -> None:
    for cut in embedded(fonts.css_font_faces("“甲”，、。AV")):
        assert {record.FeatureTag for record in cut["GPOS"].table.FeatureList.FeatureRecord} == {"halt", "kern"}
        assert "pwid" in {record.FeatureTag for record in cut["GSUB"].table.FeatureList.FeatureRecord}
        assert {"cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "CFF "} <= set(cut.keys())


def test_a_page_without_text_is_no_error() -> None:
    for cut in embedded(fonts.css_font_faces("\n")):
        assert set(cut.getBestCmap()) == {0x20}  # browsers refuse a font without characters


def test_embedded_fonts_are_deterministic() -> None:
    css = fonts.css_font_faces("洸河街道 93.86%")
    assert fonts.css_font_faces("%68.39 道街河洸洸河\n") == css
    program = "import sys; from evalsys import fonts; sys.stdout.write(fonts.css_font_faces('洸河街道 93.86%'))"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            cwd=FOLDER.parent.parent,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            encoding="utf-8",
        )
        assert run.stdout == css


def test_importing_loads_nothing_heavy() -> None:
    program = "import sys, evalsys.fonts; print({'matplotlib', 'fontTools', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], cwd=FOLDER.parent.parent, capture_output=True, check=True)
    assert run.stdout.strip() == b"set()"
