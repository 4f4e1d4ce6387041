"""Make ``data/synthetic-city``: an invented city whose hidden truth is known, so that learning can be checked.

Run it from the root of the repository::

    python tools/make_synthetic_city.py            # writes data/synthetic-city
    python tools/make_synthetic_city.py --check    # compares the committed files with a fresh run, byte for byte

Standards and types of site are those of three instruments of the library; everything that was "seen" is drawn from the
model of the forecast with parameters that stand in ``source/truth.csv``. One seed feeds one stream per table. Only
``Generator.random`` is used, which numpy keeps stable, and no number passes through a logarithm or an exponential other
than powers of two, so that every machine writes the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import hashlib
import io
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from synthetic_city_instrument import DOCUMENT, GENERATOR, instrument_text

from evalsys import load_instrument
from evalsys.instrument import ON_SITE, Instrument
from evalsys.rulebook import Rule

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "data" / "synthetic-city"
TEXTS = Path(__file__).with_name("synthetic_city_readme.md")

SEED = 20250915
START = datetime.date(2025, 6, 2)  # a Monday
WEEKS = 12
INSPECTION = datetime.date(2025, 9, 15)  # 22 days after the last patrol
MOCKS = {6: "M1", 12: "M2"}  # at the weekend of these weeks, after the patrol

# ------------------------------------------------------------------------------------------------ the hidden truth

HALF_LIFE = 45  # days
QUALITY = 0.8  # how far a site's quality moves its state at the start
VISITED = 0.74  # chance that a patrol visits a site in a week
#: What stands in a cell that complies, and in one that does not, with its share.
FOUND: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "loss": ({"0": 1}, {"0.1": 0.3, "0.2": 0.25, "0.3": 0.15, "0.5": 0.18, "1": 0.12}),
    "ratio": ({"100": 1}, {"90": 0.45, "80": 0.3, "60": 0.25}),
    "grade": ({"A": 1}, {"B": 0.6, "C": 0.3, "D": 0.1}),
    "none": ({"0": 1}, {"1": 0.7, "2": 0.2, "3": 0.1}),
    "met": ({"是": 1}, {"否": 1}),
    "growth": ({"5.2;4.8": 1}, {"4.1;4.8": 1}),
    "at_least 2": ({"2": 0.5, "3": 0.3, "4": 0.2}, {"1": 0.7, "0": 0.3}),
    "at_least 3": ({"3": 0.5, "4": 0.3, "5": 0.2}, {"2": 0.5, "1": 0.3, "0": 0.2}),
    "at_least 8": ({"8": 0.5, "9": 0.3, "10": 0.2}, {"7": 0.5, "6": 0.3, "5": 0.2}),
    "at_least 10": ({"10": 0.5, "11": 0.3, "12": 0.2}, {"9": 0.5, "8": 0.3, "6": 0.2}),
    "at_least 13": ({"13": 0.5, "14": 0.3, "15": 0.2}, {"12": 0.5, "11": 0.3, "9": 0.2}),
    "at_least 20": ({"20": 0.5, "22": 0.3, "24": 0.2}, {"19": 0.5, "18": 0.3, "15": 0.2}),
    "at_least 100": ({"100": 1}, {"95": 0.5, "90": 0.3, "80": 0.2}),
    "at_most 20": ({"15": 0.5, "18": 0.3, "20": 0.2}, {"22": 0.5, "25": 0.3, "30": 0.2}),
}
#: Lowest and highest base rate of a standard, by rule; a type moves it by up to RATE_OF_TYPE either way.
BASE = {"loss": (0.62, 0.88), "none": (0.94, 0.985)}
OTHER_BASE = (0.76, 0.94)
RATE_OF_TYPE = 0.04
HARD = {"back-lane": 0.08, "market": 0.08, "residential-quarter": 0.05, "parking": 0.05, "hoarding": 0.05}
#: Share of satisfied answers by question; a stratum moves it by up to RATE_OF_STRATUM either way.
SATISFIED = {"q-1-1": 0.985, "q-1-2": 0.9, "q-1-3": 0.95, "q-5-5": 0.93, "q-D-1": 0.89, "q-D-2": 0.84, "q-D-3": 0.86}
RATE_OF_STRATUM = 0.04
UNANSWERED = 0.02
STATUS = {"closed": 0.35, "approved": 0.3, "reviewed": 0.15, "drafted": 0.12, "empty": 0.08}
ADULTS = (31, 46, 52, 28, 64, 37, 41, 58, 25, 49, 33, 40)  # thousands in each area: the weights of its answers
RESPONDENTS = 600

# ------------------------------------------------------------------------------------------------- the invented city

AREAS = tuple(f"{number}号街道" for number in [*"一二三四五六七八九十", "十一", "十二"])
OFFICES = ("社区科", "市容科", "市场科", "交通科", "文旅科", "教卫科", "物业科", "综合科")
TRADES = (
    *("文明", "宣传", "市容", "交通", "交警", "住建", "商务", "市监", "文旅", "教育", "卫健"),
    *("生态", "水务", "园林", "农业", "民政", "政务", "体育", "消防", "财政", "司法", "应急"),
)
BODIES = tuple(f"合成{name}部门" for name in TRADES)
UNITS = (*(area + office for area in AREAS for office in OFFICES), *BODIES)
#: Sites of a type, how many the inspection draws (0: one in each area), office and body that answer.
TYPES: dict[str, tuple[int, int, int, str]] = {
    "main-road": (36, 4, 1, "市容"),
    "secondary-road": (40, 4, 1, ""),
    "shopping-street": (20, 4, 1, "商务"),
    "main-crossing": (30, 4, 3, "交警"),
    "back-lane": (40, 4, 1, ""),
    "community": (84, 6, 0, ""),
    "community-culture-centre": (84, 6, 0, ""),
    "subdistrict": (12, 1, 7, "民政"),
    "subdistrict-culture-station": (12, 1, 4, ""),
    "government-hall": (14, 2, 7, "政务"),
    "hospital": (16, 2, 5, "卫健"),
    "department-store": (14, 2, 2, "商务"),
    "supermarket": (30, 2, 2, ""),
    "supermarket-any": (24, 1, 2, ""),
    "shop": (30, 1, 2, ""),
    "food-shop": (24, 1, 2, "市监"),
    "market": (24, 3, 2, "市监"),
    "pharmacy": (30, 2, 5, "市监"),
    "guesthouse": (20, 2, 4, ""),
    "hotel": (14, 1, 4, ""),
    "restaurant": (30, 2, 2, ""),
    "eatery": (30, 1, 2, ""),
    "entertainment-venue": (14, 1, 4, "文旅"),
    "middle-school": (20, 1, 5, "教育"),
    "primary-school": (28, 1, 5, "教育"),
    "park": (20, 1, 1, "园林"),
    "scenic-area": (6, 1, 4, "文旅"),
    "public-square": (14, 1, 1, "园林"),
    "hoarding": (18, 1, 1, "住建"),
    "bus-stop": (36, 1, 3, "交通"),
    "bus": (16, 1, 3, "交通"),
    "coach-station": (4, 1, 3, "交通"),
    "tourist-centre": (3, 1, 4, "文旅"),
    "exit-entry-hall": (3, 1, 7, "政务"),
    "travel-agency": (12, 1, 4, ""),
    "service-window": (14, 1, 7, "司法"),
    "library": (4, 1, 4, "文旅"),
    "theatre": (6, 1, 4, "文旅"),
    "memorial-hall": (4, 1, 4, "宣传"),
    "gymnasium": (6, 1, 4, "体育"),
    "public-toilet": (30, 1, 1, "市容"),
    "river": (15, 1, 7, "水务"),
    "village": (16, 1, 7, "农业"),
    "civilised-town": (3, 1, 7, "文明"),
    "civilised-village": (10, 1, 7, "文明"),
    "road": (20, 4, 1, ""),
    "crossing": (24, 5, 3, "交警"),
    "residential-quarter": (108, 0, 6, ""),
    "shopfront": (48, 0, 1, ""),
    "roadside-unit": (20, 4, 1, ""),
    "parking": (20, 4, 3, ""),
}
MUST_VISIT = "hospital"  # the first site of this type is drawn whatever the draw
LEVELS = {"基本": ("0.8", 1.0), "标准": ("0.9", 1.6), "彻底": ("0.97", 2.6)}  # after, factor of cost
FIXES = 200
CAPACITY_WEEKS = ("2025-W35", "2025-W36", "2025-W37")
PROJECTS = 12
PROJECT_MONTHS = ("2025-07", "2025-08", "2025-09")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pick(shares: Floats | Sequence[float], u: Floats) -> Ints:
    """Return which of the shares each number of [0, 1) falls into."""
    return np.searchsorted(np.cumsum(shares)[:-1].round(9), u, side="right")


def order(count: int, rng: np.random.Generator) -> list[int]:
    """Return the numbers below `count` in random order."""
    return [int(place) for place in np.argsort(rng.random(count), kind="stable")]


# --------------------------------------------------------------------------------------------------- sites and checks


@dataclass(frozen=True)
class Site:
    """A site of the invented city."""

    site_id: str
    site_type: str
    name: str
    area: int
    units: str
    quality: float


@dataclass(frozen=True)
class Pair:
    """A check at a site, or for the whole place (site -1)."""

    site: int
    code: str
    method: str
    kind: str
    asked: int
    rate: float


def made_sites(instrument: Instrument, rng: np.random.Generator) -> list[Site]:
    """Return the sites: areas in turn from a random one; the qualities of a type add up to 0."""
    sites: list[Site] = []
    for site_type, (count, _, office, body) in TYPES.items():
        first = int(rng.random() * len(AREAS))
        ranks = order(count, rng)
        for k in range(count):
            area = (first + k) % len(AREAS)
            units = AREAS[area] + OFFICES[office] + (f";合成{body}部门" if body else "")
            name = f"{instrument.site_types[site_type].zh}{k + 1:03d}"
            quality = (2 * ranks[k] + 1) / count - 1
            sites.append(Site(f"s{len(sites) + 1:04d}", site_type, name, area, units, quality))
    return sites


def kind_of(rule: Rule) -> str:
    """Return the key of :data:`FOUND` for a rule."""
    if rule.kind != "threshold":
        return rule.kind
    ((sign, limit),) = rule.params["limits"].items()
    return f"{sign} {limit}"


def rate_of(kind: str, low_high: tuple[float, float], u: float, v: float, hard: float) -> float:
    """Return a rate of compliance with three decimals."""
    low, high = low_high
    return round(min(0.99, max(0.5, low + (high - low) * u + RATE_OF_TYPE * (2 * v - 1) - hard * (kind != "none"))), 3)


def made_pairs(instrument: Instrument, sites: Sequence[Site], rng: np.random.Generator) -> list[Pair]:
    """Return every check that somebody enters by hand, with its true rate: those at sites first, site by site."""
    at_type: dict[str, list[tuple[str, str, str, int, float]]] = {name: [] for name in TYPES}
    whole = []
    for code, node in instrument.standards.items():
        if not node.scored or node.standard is None:
            continue
        for method, rule in node.standard.rules.items():
            if (method == "survey" and node.standard.questions) or node.standard.materials:
                continue
            kind, base = kind_of(rule), rng.random()
            limits = BASE.get(rule.kind, OTHER_BASE)
            if node.standard.checked_at and method in ON_SITE:
                for item in node.standard.checked_at:
                    rate = rate_of(kind, limits, base, rng.random(), HARD.get(item.site_type, 0.0))
                    at_type[item.site_type].append((code, method, kind, item.sites or 10**6, rate))
            else:
                whole.append(Pair(-1, code, method, kind, 1, rate_of(kind, limits, base, rng.random(), 0.0)))
    held = [Pair(place, *check) for place, site in enumerate(sites) for check in at_type[site.site_type]]
    return [*held, *whole]


def drawn_sites(sites: Sequence[Site], rng: np.random.Generator) -> dict[int, int]:
    """Draw sites as the coming inspection will; return each one's place in the order of its type's draw."""
    out: dict[int, int] = {}
    for site_type, (count, drawn, *_) in TYPES.items():
        own = [place for place, site in enumerate(sites) if site.site_type == site_type]
        shuffled = [own[k] for k in order(count, rng)]
        if site_type == MUST_VISIT:
            shuffled = [own[0], *(place for place in shuffled if place != own[0])]
        if not drawn:
            shuffled = [next(place for place in shuffled if sites[place].area == area) for area in range(len(AREAS))]
        out.update({place: k for k, place in enumerate(shuffled[: drawn or len(AREAS)])})
    return out


# ------------------------------------------------------------------------------------------------------ what is seen


def observed(
    sites: Sequence[Site], pairs: Sequence[Pair], rng: np.random.Generator
) -> tuple[list[Sequence[str]], NDArray[np.bool_]]:
    """Return the rows of the observations, in the order of their days, and the last state seen of each pair.

    A state persists with chance 2^(-days / half-life); otherwise it is drawn afresh at the rate. The size of a loss is
    drawn at each visit. At the start the chance is ``rate + QUALITY * rate * (1 - rate) * quality``: over the sites
    of a type its mean is the rate, and the rest fades as the state does.
    """
    place = np.array([pair.site for pair in pairs])
    rate = np.array([pair.rate for pair in pairs])
    asked = np.array([pair.asked for pair in pairs])
    quality = np.array([sites[site].quality if site >= 0 else 0.0 for site in place])
    kinds = list(FOUND)
    kind = np.array([kinds.index(pair.kind) for pair in pairs])
    here = place >= 0
    state = rng.random(len(pairs)) < rate + QUALITY * rate * (1 - rate) * quality
    last = np.zeros(len(pairs), dtype=np.int64)
    seen = state.copy()
    rows: list[Sequence[str]] = []
    for week in range(1, WEEKS + 1):
        visited = rng.random(len(sites)) < VISITED
        weekday = np.floor(rng.random(len(sites)) * 5).astype(np.int64)
        rounds = [(f"W{week:02d}", visited[place] & here, 7 * (week - 1) + weekday[place])]
        if week in MOCKS:
            turn = drawn_sites(sites, rng)
            number = np.array([turn.get(int(site), 10**6) for site in place])
            days = 7 * (week - 1) + 5 + np.where(here, number % 2, 0)
            rounds.append((MOCKS[week], ~here | ((number < 10**6) & (number < asked)), days))
        for name, now, days in rounds:
            u, v, w = rng.random((3, len(pairs)))
            kept = u < np.exp2(-(days - last) / HALF_LIFE)
            state = np.where(now, np.where(kept, state, v < rate), state)
            last = np.where(now, days, last)
            seen = np.where(now, state, seen)
            rows.extend(_rows(name, np.flatnonzero(now), state, days, w, kind, sites, pairs))
    return [(str(number), *row) for number, row in enumerate(rows, 1)], seen


def _rows(
    name: str,
    now: Ints,
    state: NDArray[np.bool_],
    days: Ints,
    w: Floats,
    kind: Ints,
    sites: Sequence[Site],
    pairs: Sequence[Pair],
) -> Iterator[Sequence[str]]:
    """Yield the rows of one round by day, then site."""
    texts = np.full(len(pairs), "", dtype=object)
    for number, (good, bad) in enumerate(FOUND.values()):
        for shares, chosen in ((good, state), (bad, ~state)):
            own = now[(kind[now] == number) & chosen[now]]
            texts[own] = np.array(list(shares), dtype=object)[pick(list(shares.values()), w[own])]
    dates = {int(day): (START + datetime.timedelta(int(day))).isoformat() for day in np.unique(days[now])}
    several = {pair.code for pair in pairs if pair.method == "document_review" or pair.site < 0}
    for k in now[np.argsort(days[now], kind="stable")]:
        pair = pairs[k]
        method = pair.method if pair.code in several else ""
        yield name, pair.code, method, sites[pair.site].site_id if pair.site >= 0 else "", dates[int(days[k])], texts[k]


def answered(
    instrument: Instrument, rng: np.random.Generator
) -> tuple[list[Sequence[str]], list[tuple[str, int, float]]]:
    """Return the answers of the survey, and the true share by question and stratum."""
    asked = [
        q for node in instrument.standards.values() if node.standard and node.scored for q in node.standard.questions
    ]
    truth = [
        (q.id, area, round(min(0.995, SATISFIED[q.id] + RATE_OF_STRATUM * (2 * rng.random() - 1)), 3))
        for q in asked
        for area in range(len(AREAS))
    ]
    share = {(question, area): value for question, area, value in truth}
    each, mean = RESPONDENTS // len(AREAS), Fraction(sum(ADULTS), len(AREAS))
    rows: list[Sequence[str]] = []
    for person in range(RESPONDENTS):
        area = person // each
        weight = f"{float(ADULTS[area] / mean):.3f}"
        for q in asked:
            u, v, w = rng.random(3)
            names = [name for name in q.options if (name in q.satisfied) == (u < share[q.id, area])]
            answer = "" if v < UNANSWERED else names[int(w * len(names))]
            rows.append((str(person + 1), q.id, answer, AREAS[area], weight))
    return rows, truth


def filed(instrument: Instrument, rng: np.random.Generator) -> list[Sequence[str]]:
    """Return the register of documents; all are due before the inspection."""
    rows: list[Sequence[str]] = []
    for node in instrument.standards.values():
        for paper in node.standard.materials if node.standard else ():
            u, v, w = rng.random(3)
            status = list(STATUS)[int(pick(list(STATUS.values()), np.array([u]))[0])]
            due = datetime.date(2025, 8, 25) + datetime.timedelta(int(v * 19))
            rows.append((paper.id, status, due.isoformat(), BODIES[int(w * len(BODIES))]))
    return rows


# ------------------------------------------------------------------------------------------------------------- fixes


def mended(
    sites: Sequence[Site], pairs: Sequence[Pair], seen: NDArray[np.bool_], rng: np.random.Generator
) -> list[Sequence[str]]:
    """Return the fixes: at one site, of a whole site, of all sites of a type, and without a site; three levels each."""
    wrong: dict[int, list[str]] = {}
    for pair, good in zip(pairs, seen, strict=True):
        if pair.site >= 0 and not good:
            wrong.setdefault(pair.site, []).append(pair.code)
    chosen = [sorted(wrong)[k] for k in order(len(wrong), rng)]
    jobs: list[tuple[str, float, str]] = []  # targets, size, unit
    for site in chosen[:110]:
        codes = wrong[site][:4]
        jobs.append((";".join(f"{code}@{sites[site].site_id}" for code in codes), len(codes), sites[site].units))
    for site in sorted(chosen[110:], key=lambda place: -len(wrong[place]))[:40]:
        jobs.append((f"*@{sites[site].site_id}", 1.5 * len(wrong[site]), sites[site].units))
    kinds = sorted({(pair.code, sites[pair.site].site_type) for pair in pairs if pair.site >= 0})
    for k in order(len(kinds), rng)[:25]:
        code, site_type = kinds[k]
        jobs.append((f"{code}@type:{site_type}", 2 + 0.08 * TYPES[site_type][0], BODIES[k % len(BODIES)]))
    whole = sorted({pair.code for pair in pairs if pair.site < 0} | {f"D1.{k}" for k in range(1, 15)})
    for k in order(len(whole), rng)[: FIXES - len(jobs)]:
        jobs.append((whole[k], 3, BODIES[k % len(BODIES)]))
    needs, excludes = _ties(rng)
    rows: list[Sequence[str]] = []
    for number in range(FIXES):
        targets, size, units = jobs[number]
        u, v, w = rng.random(3)
        for level, (after, factor) in LEVELS.items():
            cost = f"{round(size * (0.3 + u) * factor, 1):g}"
            crew = str(1 + int(size * (0.4 + v) * factor))
            calendar = str(2 + int((3 + 10 * w) * factor**0.5))
            unit = units.split(";")[0]
            tied = (f"f{other + 1:03d}" if other >= 0 else "" for other in (needs[number], excludes[number]))
            rows.append((f"f{number + 1:03d}", level, targets, after, cost, crew, calendar, unit, *tied))
    return rows


def _ties(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Return for each fix one that it needs and one that it excludes, -1 for none; needs lead to earlier fixes only."""
    needs, excludes = [-1] * FIXES, [-1] * FIXES
    mixed = order(FIXES, rng)
    for a, b in zip(mixed[0:40:2], mixed[1:40:2], strict=True):
        needs[max(a, b)] = min(a, b)
    for a, b in zip(mixed[40:64:2], mixed[41:64:2], strict=True):
        excludes[a], excludes[b] = b, a
    return needs, excludes


def undertaken(fixes: Sequence[Sequence[str]], rng: np.random.Generator) -> list[Sequence[str]]:
    """Return the ledger of projects, of one to three fixes of one unit each; those of the last month are not done."""
    of_unit: dict[str, list[Sequence[str]]] = {}
    for row in fixes:
        if row[1] == next(reversed(LEVELS)):
            of_unit.setdefault(row[7], []).append(row)
    units = sorted(of_unit, key=lambda unit: (-len(of_unit[unit]), unit))[:PROJECTS]
    rows: list[Sequence[str]] = []
    for number, unit in enumerate(units):
        u, v, w = rng.random(3)
        held = of_unit[unit][: 1 + int(3 * u)]
        month = PROJECT_MONTHS[number * len(PROJECT_MONTHS) // PROJECTS]
        done = f"{month}-{1 + int(18 * v):02d}" if month != PROJECT_MONTHS[-1] else ""
        cost = sum((Fraction(row[4]) for row in held), Fraction(0))
        spent = cost * Fraction(80 + int(40 * w) if done else int(60 * w), 100)
        ids = ";".join(row[0] for row in held)
        name = f"合成项目{number + 1:02d}"
        amounts = (f"{float(cost):g}", f"{float(spent):.2f}")
        rows.append((f"p{number + 1:02d}", name, ids, month, *amounts, done, unit))
    return rows


# ---------------------------------------------------------------------------------------------------------- the files


def table(heading: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a CSV table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading.split(","))
    writer.writerows(rows)
    return text.getvalue()


def settings_text(sites: Sequence[Site]) -> str:
    """Return ``assessment.yaml``."""
    first = next(site.site_id for site in sites if site.site_type == MUST_VISIT)
    draw = "\n".join(
        f"  - {{site_type: {name}, sites: {drawn or 1}"
        + ("" if drawn else ", area: each")
        + (f", must_visit: [{first}]" if name == MUST_VISIT else "")
        + "}"
        for name, (_, drawn, *_) in TYPES.items()
    )
    return f"""\
# Synthetic example [合成示例], written by {GENERATOR} with seed {SEED}: an invented city, no real place, nobody's data.
schema: 1
instrument: instrument.yaml
place: 合成示例市
title:
  zh: 合成示例市模拟测评（合成数据，非真实城市）
  en: "Synthetic city: mock assessment (synthetic data, no real place)"
round: {MOCKS[WEEKS]}
inspection_date: {INSPECTION}
pass_mark: {{value: 85%, status: assumed}}
frame: complete       # every site is listed: the population of a type is the number of its sites
draw:
{draw}
source:
  document: {DOCUMENT}
  note:
    zh: 合成数据：由程序按已知参数生成，参数见 source/truth.csv。
    en: Synthetic data, drawn by a program from the parameters in source/truth.csv.
notes:
  - zh: 合成示例：城市、点位、责任单位和全部数据均为虚构。
    en: "Synthetic example: the city, its sites, its units and all data are invented."
"""


def truth_text(pairs: Sequence[Pair], sites: Sequence[Site], answers: Iterable[tuple[str, int, float]]) -> str:
    """Return the parameters that the data were drawn from."""
    rates = {
        (pair.code, pair.method, sites[pair.site].site_type if pair.site >= 0 else ""): pair.rate for pair in pairs
    }
    rows = [("half_life", "", "", "", "days", str(HALF_LIFE)), ("quality", "", "", "", "", f"{QUALITY:g}")]
    rows += [("rate", *key, "", f"{rate:g}") for key, rate in sorted(rates.items())]
    for name, (good, bad) in FOUND.items():
        rows += [
            (what, name, "", "", value, f"{share:g}")
            for what, held in (("complies", good), ("size", bad))
            for value, share in held.items()
        ]
    rows += [("answer", question, "survey", "", AREAS[area], f"{share:g}") for question, area, share in answers]
    rows += [("adults", "", "survey", "", name, str(1000 * adults)) for name, adults in zip(AREAS, ADULTS, strict=True)]
    rows += [("status", "", "document_review", "", name, f"{share:g}") for name, share in STATUS.items()]
    return table("kind,standard,method,site_type,what,value", rows)


def made() -> dict[str, bytes]:
    """Return every file of the example by name."""
    streams = np.random.SeedSequence(SEED).spawn(8)
    rng = [np.random.Generator(np.random.PCG64(stream)) for stream in streams]
    instrument_yaml = instrument_text()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "instrument.yaml").write_text(instrument_yaml, "utf-8")
        instrument = load_instrument("instrument.yaml", INSPECTION, Path(folder))
    sites = made_sites(instrument, rng[0])
    pairs = made_pairs(instrument, sites, rng[1])
    observations, seen = observed(sites, pairs, rng[2])
    responses, answers = answered(instrument, rng[3])
    capacity = [(unit, week, str(2 + int(rng[6].random() * 11))) for unit in UNITS for week in CAPACITY_WEEKS]
    fixes = mended(sites, pairs, seen, rng[5])
    texts = {
        "assessment.yaml": settings_text(sites),
        "instrument.yaml": instrument_yaml,
        "areas.csv": table("area", ([area] for area in AREAS)),
        "units.csv": table("unit", ([unit] for unit in UNITS)),
        "sites.csv": table(
            "site_id,site_type,name,area,units",
            ((s.site_id, s.site_type, s.name, AREAS[s.area], s.units) for s in sites),
        ),
        "observations.csv": table("observation_id,round,standard,method,site_id,observed_on,value", observations),
        "responses.csv": table("respondent,question,answer,stratum,weight", responses),
        "materials.csv": table("material,status,due,unit", filed(instrument, rng[4])),
        "events.csv": table("code,date,note", [("false-material", "2025-04-15", "合成事件：不扣分，只通报")]),
        "fixes.csv": table(
            "fix_id,level,targets,after,cost,crew_days,calendar_days,unit,needs,excludes",
            fixes,
        ),
        "capacity.csv": table("unit,week,crew_days", capacity),
        "projects.csv": table("project_id,name,fixes,month,cost,spent,done_on,unit", undertaken(fixes, rng[7])),
        "source/truth.csv": truth_text(pairs, sites, answers),
    }
    files = {name: text.encode() for name, text in texts.items()}
    files["README.md"] = readme(files).encode()
    return files


def readme(files: dict[str, bytes]) -> str:
    """Return the page that says what the example is, with the size and the hash of each file."""
    lines = []
    for name, data in files.items():
        rows = str(data.count(b"\n") - 1) if name.endswith(".csv") else "–"
        lines.append(f"| `{name}` | {rows} | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |")
    listed = "\n".join(lines)
    values = {
        "SEED": SEED,
        "HALF_LIFE": HALF_LIFE,
        "QUALITY": QUALITY,
        "VISITED": VISITED,
        "INSPECTION": INSPECTION,
        "FILES": listed,
    }
    text = TEXTS.read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def differences(files: dict[str, bytes], folder: Path) -> list[str]:
    """Return the names of the files that a folder lacks, has in other bytes, or has beside these."""
    held = {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()}
    same = {name for name in held & set(files) if (folder / name).read_bytes().replace(b"\r\n", b"\n") == files[name]}
    return sorted((held | set(files)) - same)


def main() -> int:
    """Write the example, or compare it with what is there."""
    parser = argparse.ArgumentParser(description="Make the synthetic city.")
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--check", action="store_true", help="compare the files with a fresh run")
    given = parser.parse_args()
    files = made()
    if given.check:
        found = differences(files, given.out)
        print("\n".join(found) or "the same, byte for byte")
        return int(bool(found))
    for name, data in files.items():
        (given.out / name).parent.mkdir(parents=True, exist_ok=True)
        (given.out / name).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
