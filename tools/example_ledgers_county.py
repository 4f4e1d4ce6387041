"""The invented county of the example of the ledgers: its parameters, its sites, and twelve weeks day by day.

What is wrong is seen by patrols or told by others, is put right after some days, reviewed, sometimes returned. No
figure is set by hand. Only ``Generator.random`` is used, so that every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
from example_ledgers_instrument import ON_SITE, OnSite

SEED = 20261107
START = date(2026, 8, 24)  # a Monday
WEEKS = 12
END = START + timedelta(7 * WEEKS - 1)  # Sunday 15 November 2026, the end of 2026-W46
INSPECTION = date(2026, 12, 10)

# ------------------------------------------------------------------------------------------------ the parameters

VISITED = 0.42  # chance that a patrol visits a site in a week
WRONG = 0.3  # share of checks that are not in order at the start
#: Chance that what is in order goes wrong in a week, at the start and at the end: the county slowly improves.
WORSENS = (0.26, 0.15)
LATE = {"甲街道": 0.2, "市容市政局": 0.14, "市场监督局": 0.14}  # chance that something is put right too late
OTHER_LATE = 0.02
IN_TIME, TOO_LATE = (2, 7), (8, 15)  # days from finding to rectification
REVIEWED = (1, 3)  # days from rectification to review
RETURNED = 0.08
AGAIN = (2, 4)  # days from a return to the next rectification
EXTENDED = 0.8  # chance that a return comes with a new last day
RECORDED = 0.97  # share of the findings made from observations that the ledger of rectifications has
WRITTEN_DOWN = 0.03  # chance that the office writes down itself what a patrol saw
PHOTOGRAPHED = 0.7
TOLD_PER_WEEK = 2.5  # findings by the hotline and by citizens
#: Issues of media exposure, and the units that each shows: drawn once, as a newsroom would.
ISSUES = {
    date(2026, 9, 11): ("市场监督局", "乙街道"),
    date(2026, 9, 25): ("公安局", "商务局"),
    date(2026, 10, 16): ("甲街道", "市容市政局"),
    date(2026, 10, 30): ("甲街道", "住建局"),
    date(2026, 11, 13): ("甲街道", "市容市政局"),
}
FILMS = (date(2026, 9, 18), date(2026, 11, 6))  # 审片会
SHOWN = 5  # findings of a film
#: Findings of the whole place: day, standard, source, what, units.
WHOLE = (
    (date(2026, 9, 2), "A1.5", "群众反映", "部分公益广告内容未及时更换", "市容市政局"),
    (date(2026, 9, 22), "A3.2", "热线", "早市占道经营反映较集中", "市容市政局"),
    (date(2026, 10, 9), "A5.1", "自查", "门前责任牌未统一更换", "甲街道;乙街道"),
    (date(2026, 10, 27), "A4.1", "群众反映", "电动车骑行不戴头盔较普遍", "公安局"),
    (date(2026, 11, 10), "A3.3", "热线", "夜间照明报修受理慢", "市容市政局"),
)
CONFIRMED = 0.85  # chance that a first notice that the rules propose is confirmed
INTERVIEWED = 0.3  # chance that a later week of a run brings an interview
SATISFIED = {"q-1": 0.88, "q-2": 0.82}
RESPONDENTS = 200

# ------------------------------------------------------------------------------------------------ the invented county

AREAS = ("东城片区", "西城片区", "南城片区", "北城片区")
STREETS = {"东城片区": "甲街道", "南城片区": "甲街道", "西城片区": "乙街道", "北城片区": "乙街道"}
UNITS = ("甲街道", "乙街道", "市容市政局", "市场监督局", "公安局", "住建局", "商务局", "教育局")
COMMANDS = ("市容环境专项指挥部", "交通秩序专项指挥部")
REVIEWER = "督查组"
#: Sites of a type: how many, name, unit ('' for the street's), lead post.
TYPES = {
    "main-road": (8, "主干道", "市容市政局", "道路保洁管理岗"),
    "main-crossing": (8, "路口", "公安局", "路口执勤管理岗"),
    "back-lane": (10, "背街小巷", "", "背街小巷网格岗"),
    "community": (8, "社区", "", "社区工作岗"),
    "residential-quarter": (12, "小区", "", "物业监管岗"),
    "market": (6, "集贸市场", "市场监督局", "市场监管岗"),
    "shopfront": (10, "沿街门店", "", "门前责任管理岗"),
    "department-store": (5, "商场", "商务局", "商贸管理岗"),
    "primary-school": (5, "小学", "教育局", "校园安全岗"),
}
SHARED = ("小区1", "小区5", "小区9")  # the housing bureau answers for them too
HOUSING = ("小区3", "小区7", "小区11")  # and for these alone
NO_POST, NO_UNIT, NO_CELL = ("背街小巷4", "沿街门店7"), ("沿街门店10",), ("商场5", "小学5", "主干道8")
CELLS = 3  # in each area
MEASURES = {
    "none": ("劝离并加密巡查", "现场教育，落实定点值守"),
    "met": ("更换维修到位", "补充完善并公示"),
    "loss": ("清理清运并复查", "专项整治，明确责任岗位"),
}
LOSSES = {"0.1": 0.3, "0.2": 0.25, "0.3": 0.2, "0.5": 0.15, "1": 0.1}
COUNTS = {"1": 0.7, "2": 0.2, "3": 0.1}

T = TypeVar("T")


class Draw:
    """Numbers of one stream."""

    def __init__(self, stream: np.random.SeedSequence) -> None:
        self.random = np.random.Generator(np.random.PCG64(stream)).random

    def happens(self, chance: float) -> bool:
        """Say whether something of this chance happens."""
        return bool(self.random() < chance)

    def between(self, limits: tuple[int, int]) -> int:
        """Return a whole number between two, both included."""
        low, high = limits
        return low + int(self.random() * (high - low + 1))

    def one(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[int(self.random() * len(items))]

    def weighed(self, shares: dict[str, float]) -> str:
        """Return one of the keys by its share."""
        u, upto = self.random() * sum(shares.values()), 0.0
        for name, share in shares.items():
            upto += share
            if u < upto:
                return name
        return list(shares)[-1]


@dataclass(frozen=True)
class Site:
    """A site of the county."""

    site_id: str
    site_type: str
    name: str
    area: str
    units: tuple[str, ...]
    post: str
    cell: str


@dataclass(frozen=True)
class Attempt:
    """An attempt to put a finding right: planned days, of which those after the end have not come."""

    fixed: date
    reviewed: date
    passed: bool
    due: date | None = None


@dataclass
class Finding:
    """A finding, from an observation (``O-...``) or written down by the office."""

    name: str
    found: date
    site: Site | None
    standard: OnSite
    units: tuple[str, ...]
    area: str = ""
    source: str = ""
    what: str = ""
    observation: str = ""
    photo: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    closed: date | None = None

    def stands(self, day: date) -> bool:
        """Say whether it was not over when a day's check came: verified before, or on that day though found earlier."""
        return self.closed is None or self.closed > day or self.closed == self.found == day

    def overdue(self, day: date) -> bool:
        """Say whether it is in hand after its last day, at the end of a day."""
        due, in_hand = self.found + timedelta(7), self.found <= day
        for each in self.attempts:
            due = each.due or due
            in_hand = in_hand and each.fixed > day
            if not each.passed and each.reviewed <= day:
                in_hand = True
            elif each.fixed <= day:
                return False
            else:
                break
        return in_hand and day > due and (bool(self.attempts) or self.closed is None or self.closed > day)


# --------------------------------------------------------------------------------------------------------- the sites


def made_sites() -> list[Site]:
    """Return the sites, areas in turn."""
    sites: list[Site] = []
    seen = dict.fromkeys(AREAS, 0)
    for number, (site_type, (count, word, unit, post)) in enumerate(TYPES.items()):
        for k in range(count):
            name, area = f"{word}{k + 1}", AREAS[(k + number) % len(AREAS)]
            units = (unit or STREETS[area],)
            units = ("住建局",) if name in HOUSING else (*units, "住建局") if name in SHARED else units
            cell = f"G{3 * AREAS.index(area) + seen[area] % CELLS + 1:02d}"
            seen[area] += 1
            sites.append(
                Site(
                    f"D{len(sites) + 1:02d}",
                    site_type,
                    name,
                    area,
                    () if name in NO_UNIT else units,
                    "" if name in NO_POST else post,
                    "" if name in NO_CELL else cell,
                )
            )
    return sites


# ------------------------------------------------------------------------------------------------- the twelve weeks


class County:
    """The twelve weeks, day by day."""

    def __init__(self, sites: Sequence[Site], draw: Draw) -> None:
        self.sites, self.draw = sites, draw
        self.pairs = [(site, each) for site in sites for each in ON_SITE if site.site_type in each.types]
        self.wrong = {pair: draw.happens(WRONG) for pair in self._keys()}
        self.of_pair: dict[tuple[str, str], list[Finding]] = {pair: [] for pair in self.wrong}
        self.findings: list[Finding] = []
        self.observations: list[tuple[str, ...]] = []
        self.mended: dict[date, list[tuple[str, str]]] = {}
        self.written = 0
        for week in range(WEEKS):
            self._week(week)

    def _keys(self) -> list[tuple[str, str]]:
        return [(site.site_id, each.code) for site, each in self.pairs]

    def _week(self, week: int) -> None:
        draw, monday = self.draw, START + timedelta(7 * week)
        chance = WORSENS[0] + (WORSENS[1] - WORSENS[0]) * week / (WEEKS - 1)
        for pair in self.wrong:
            if draw.happens(chance / 2 if self.wrong[pair] else chance):
                self.wrong[pair] = True
        visits: dict[date, list[Site]] = {}
        for site in self.sites:
            if draw.happens(VISITED):
                visits.setdefault(monday + timedelta(draw.between((0, 4))), []).append(site)
        told = [monday + timedelta(draw.between((0, 6))) for _ in range(draw.between((1, int(2 * TOLD_PER_WEEK) - 1)))]
        for day in (monday + timedelta(k) for k in range(7)):
            self._told(day, told.count(day))
            for site in visits.get(day, ()):
                self._visit(site, day)
            for pair in self.mended.get(day, ()):
                self.wrong[pair] = False

    def _told(self, day: date, calls: int) -> None:
        """Write down what others told."""
        for unit in ISSUES.get(day, ()):
            self._by_other(day, "媒体曝光", [pair for pair in self.pairs if unit in pair[0].units])
        for _ in range(SHOWN if day in FILMS else 0):
            self._by_other(day, "暗访片", self.pairs)
        for _ in range(calls):
            self._by_other(day, self.draw.weighed({"热线": 0.6, "群众反映": 0.25, "自查": 0.15}), self.pairs)
        for found, code, source, what, units in WHOLE:
            if found == day:
                standard = next(each for each in ON_SITE if each.code == code)
                own = Finding(self._name(), day, None, standard, tuple(units.split(";")), source=source, what=what)
                self._plan(own, standard)

    def _by_other(self, day: date, source: str, pairs: Sequence[tuple[Site, OnSite]]) -> None:
        draw = self.draw
        bad = [pair for pair in pairs if self.wrong[pair[0].site_id, pair[1].code]]
        site, standard = draw.one(bad or pairs)
        self.wrong[site.site_id, standard.code] = True
        self._add(Finding(self._name(), day, site, standard, site.units, site.area, source, draw.one(standard.wrong)))

    def _name(self) -> str:
        self.written += 1
        return f"W{self.written:03d}"

    def _visit(self, site: Site, day: date) -> None:
        draw = self.draw
        for standard in ON_SITE:
            pair = site.site_id, standard.code
            if pair not in self.wrong:
                continue
            name, wrong = f"J{len(self.observations) + 1:04d}", self.wrong[pair]
            value = {"met": "否", "loss": draw.weighed(LOSSES), "none": draw.weighed(COUNTS)}[standard.rule]
            what, pictured = draw.one(standard.wrong), draw.happens(PHOTOGRAPHED)
            photo = f"{name}.jpg" if wrong and pictured else ""
            value = value if wrong else {"met": "是", "loss": "0", "none": "0"}[standard.rule]
            self.observations.append(
                (name, standard.code, site.site_id, day.isoformat(), value, photo, what if wrong else "")
            )
            standing = [each for each in self.of_pair[pair] if each.stands(day)]
            if wrong and not standing:
                kept = draw.happens(WRITTEN_DOWN)
                own = Finding(self._name() if kept else f"O-{name}", day, site, standard, site.units, site.area)
                own.photo = photo
                if kept:
                    own.source, own.what, own.observation = "督查", what, name
                self._add(own)
            elif not wrong:
                for each in standing:
                    if not each.attempts:
                        each.closed = day

    def _add(self, found: Finding) -> None:
        assert found.site is not None
        pair = found.site.site_id, found.standard.code
        self.of_pair[pair].append(found)
        self._plan(found, found.standard)
        for each in found.attempts:
            if each.passed:
                self.mended.setdefault(each.fixed, []).append(pair)

    def _plan(self, found: Finding, standard: OnSite) -> None:
        """Plan when it is put right; where the ledger has no row, it is put right all the same."""
        draw = self.draw
        self.findings.append(found)
        late = max((LATE.get(unit, OTHER_LATE) for unit in found.units), default=OTHER_LATE)
        fixed = found.found + timedelta(draw.between(TOO_LATE if draw.happens(late) else IN_TIME))
        if found.name.startswith("O-") and not draw.happens(RECORDED):
            if found.site is not None:
                self.mended.setdefault(fixed, []).append((found.site.site_id, standard.code))
            return
        due = None
        while True:
            reviewed = fixed + timedelta(draw.between(REVIEWED))
            passed = not draw.happens(RETURNED)
            found.attempts.append(Attempt(fixed, reviewed, passed, due))
            if passed:
                found.closed = reviewed
                return
            fixed = reviewed + timedelta(draw.between(AGAIN))
            due = reviewed + timedelta(3) if draw.happens(EXTENDED) else None
