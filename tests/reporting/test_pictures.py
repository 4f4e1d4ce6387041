"""One style for every page: pictures that say what they show, one palette, tables whose numbers can be read."""

import base64
import inspect
import re
import sys
from fractions import Fraction
from importlib import import_module, resources
from pathlib import Path

import pytest
from conftest import _executed
from kinds import WUJIANG

from evalsys.figures import COLOURS
from evalsys.reporting.notebooks import find_notebook

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from builders import assessment_of, content_of, indicator, standard
from page_reader import Reader
from test_fix_history import FIXES, made

ROOT = Path(__file__).resolve().parents[2]
#: What stands beside the palette: paper, the desk under it, its edge, and the ground of a command.
GROUNDS = {"#ffffff", "#fff", "#edf0f3", "#d8dee4", "#f2f4f6"}
PALETTE = {colour.lower() for colour in COLOURS.values()}
#: Names of sites, units and fixes are the user's, in any language.
NAMES = "示例(?:单位|社区)\\d+|社区[A-Z]?|[一-鿿]+(?:街道|局|队|镇)|（?大）?|\\(大\\)"
HEX = r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b"


def shown(name, **parameters):
    """Return what the cells of a notebook show."""
    notebook = _executed(find_notebook(name), {key: str(value) if key != "with_forecast" else value
                                               for key, value in parameters.items()})  # fmt: skip
    return "\n".join(output["data"]["text/html"] for cell in notebook.cells for output in cell.get("outputs", []))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small assessment with three rounds, fixes and projects."""
    path = tmp_path_factory.mktemp("pictures") / "测评"
    made(path, fixes=FIXES)
    return path


PAGES = {
    "mock": lambda folder, lang: shown("mock-assessment", assessment=folder, lang=lang, earlier="r1"),
    "real": lambda _, lang: shown("mock-assessment", assessment=WUJIANG, lang=lang, with_forecast=False),
    "fixes": lambda folder, lang: shown("fix-sensitivity", assessment=folder, lang=lang, announced="r2", ordinary="r1"),
    "audit": lambda _, lang: shown("instrument-audit", instrument="taizhou-police-2009", lang=lang),
    "what-if": lambda folder, lang: shown("what-if", assessment=folder, lang=lang),
    "league": lambda _, lang: shown("league-table", table=ROOT / "data/jining-2017/streets.csv", lang=lang),
    "week": lambda _, lang: shown("weekly-bulletin", assessment=ROOT / "data/example-ledgers", lang=lang),
    "month": lambda _, lang: shown("monthly-report", assessment=ROOT / "data/example-ledgers", lang=lang),
    "titles": lambda _, lang: shown("title-decision", titles=ROOT / "data/example-titles", lang=lang),
}


#: The pages that take longest.
SLOW = ("mock", "real", "fixes", "what-if", "week", "month", "titles")
EACH = [
    pytest.param((name, lang), id=f"{name}-{lang}", marks=[pytest.mark.slow] if name in SLOW else [])
    for name in PAGES
    for lang in ("zh", "en")
]


@pytest.fixture(scope="module", params=EACH)
def page(request, folder):
    """Return one page, and its language."""
    name, lang = request.param
    return PAGES[name](folder, lang), lang


def test_a_page_has_pictures_that_say_what_they_show(page):
    html, lang = page
    images = Reader(html).images
    assert images
    for image in images:
        words = image["alt"]
        assert len(words) > 15
        assert re.search(r"\d", words), words
        assert words.endswith("。" if lang == "zh" else "."), words
        if lang == "en":
            assert not re.search("[\u3000-\u9fff\uff00-\uffef]", re.sub(NAMES, "", words)), words
        else:
            assert re.search("[\u4e00-\u9fff]", words), words


def test_pictures_and_pages_have_the_colours_of_the_palette(page):
    html, _ = page
    for image in Reader(html).images:
        svg = base64.b64decode(image["src"].partition(";base64,")[2]).decode()
        assert "<text" not in svg
        assert not re.search(r"(?:rgb|hsl)a?\(|gradient", svg.lower())
        drawn = re.findall(r"(?:fill|stroke|stop-color)\s*[:=]\s*\"?\s*([#\w]+)", svg)
        assert {colour.lower() for colour in drawn} <= PALETTE | GROUNDS | {"none", "url"}  # a hatch
        assert {colour.lower() for colour in drawn} & PALETTE
    bare = re.sub(r'src="data:[^"]*"|href="[^"]*"', "", html)
    assert {colour.lower() for colour in re.findall(HEX, bare)} <= PALETTE | GROUNDS


@pytest.mark.parametrize("name", ["report.css", "sheet.css", "index.css"])
def test_style_sheets_have_the_colours_of_the_palette(name):
    css = (resources.files("evalsys.reporting") / name).read_text("utf-8")
    assert {colour.lower() for colour in re.findall(HEX, css)} <= PALETTE | GROUNDS


@pytest.mark.parametrize(
    "name",
    [
        "figures",
        "forecast_figures",
        "fix_figures",
        "plan_figures",
        "cycle_figures",
        "decision_figures",
        "league_figures",
    ],
)
def test_every_chart_is_drawn_in_the_one_style(name):
    module = import_module(f"evalsys.{name}")
    charts = [
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and function.__annotations__.get("return") == "Picture"
        and not name.startswith("_")
    ]
    assert charts
    for chart in charts:
        assert inspect.getsource(chart).startswith("@styled"), chart.__name__


def test_one_function_makes_every_picture():
    found = [path.name for path in (ROOT / "evalsys").rglob("*.py") if "savefig(" in path.read_text("utf-8")]
    assert {*found} - {"formulas.py"} == {"figures.py"}  # a formula is no chart


# -------------------------------------------------------------------------------------------------------- tables

NUMBER = re.compile(r"[+−-]?\d[\d,]*(?:\.\d+)?%?")
#: Columns of names that look like numbers, and of parameters with a unit each.
OTHERWISE = {
    "编码",
    "Code",
    "涉及",
    "Where",
    "取值",
    "Value",
    "默认值",
    "Default",
    "标准",
    "Standard",
    "依据",
    "Evidence",
}
LONG = re.compile(r"(?<![\w.,-])\d{5,}(?![\w-])")


def faults_of(html):
    """Return the cells without thousands separators, and the columns whose decimals differ."""
    found = []
    for head, *rows in Reader(html).tables:
        found += [cell for row in rows for cell in row if LONG.search(re.sub(r"[0-9a-f]{8,}", "", cell))]
        for place, name in enumerate(head):
            cells = [row[place].strip() for row in rows if len(row) == len(head)]
            numbers = [cell for cell in cells if NUMBER.fullmatch(cell) and cell.strip("+−-%") != "0"]
            places = {len(number.rstrip("%").partition(".")[2]) for number in numbers}
            if len(places) > 1 and name not in OTHERWISE:
                found.append((name, numbers[:9]))
    return found


def test_numbers_in_tables_can_be_read(page):
    assert faults_of(page[0]) == []


def test_thousands_are_separated(tmp_path):
    """A scheme of 40,000 points, as provinces have them."""
    below = [standard(f"1.{n}", points=20000, checked_at=[{"site_type": "market", "sites": 2}]) for n in (1, 2)]
    sites = [{"site_id": f"s{n}", "site_type": "market", "name": f"市场{n}"} for n in range(2)]
    rows = [{"standard": "1.1", "site_id": f"s{n}", "value": "0.75"} for n in range(2)]
    assessment_of(tmp_path, content_of([indicator("1", 40000, below)], 40000), rows, None, sites=sites)
    for lang in ("zh", "en"):
        html = shown("mock-assessment", assessment=tmp_path, lang=lang, with_forecast=False)
        assert faults_of(html) == []
        assert "40,000" in html
        assert "15,000.000" in html
        words = " ".join(Reader(html).words + [image["alt"] for image in Reader(html).images])
        assert not LONG.search(re.sub(r"[0-9a-f]{8,}", "", words))


def test_the_checks_would_notice():
    cells = "<table><tr><th>a</th></tr><tr><td>{}</td></tr><tr><td>{}</td></tr></table>"
    assert faults_of(cells.format("12345", "1")) == ["12345"]
    assert faults_of(cells.format("1.25", "1.5")) == [("a", ["1.25", "1.5"])]
    assert faults_of(cells.format("1.25", "0")) == []


# ---------------------------------------------------------------------------------------------------- grey print


def lightness(colour):
    """Return L* of a colour on white paper: 0 black, 100 white."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * y ** (1 / 3) - 16 if y > Fraction(216, 24389) else 903.3 * y


def test_the_palette_in_grey():
    seen = {name: lightness(colour) for name, colour in COLOURS.items()}
    assert seen == pytest.approx({
        "ink": 12, "soft": 41, "blue": 32, "won": 77, "lost": 44, "lost_light": 83,
        "band": 91, "missing": 61, "rule": 81, "hair": 91,
    }, abs=1)  # fmt: skip
    for loud, quiet in (("lost", "won"), ("lost", "lost_light"), ("blue", "won"), ("ink", "band"), ("missing", "band")):
        assert seen[quiet] - seen[loud] >= 25, (loud, quiet)
