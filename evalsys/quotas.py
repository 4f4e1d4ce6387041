"""Quotas by site, body and area: advertisements, volunteers, street lamps, enforcement staff; each with what lacks.

Counts are exact and every limit is read from the instrument that states it, with its clause. A table that nobody keeps
is checked for nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.ratios import STAFFING, Staff, staff_note, staff_rows
from evalsys.stated import Check, Stated, count_check, share_check, stated_limit
from evalsys.wording import decimal

if TYPE_CHECKING:
    from evalsys.assessment import Assessment

__all__ = [
    "AD_QUOTAS",
    "MATTERS",
    "Ad",
    "AdQuota",
    "Body",
    "Damaged",
    "Gap",
    "Inactive",
    "Lamps",
    "Quotas",
    "ad_checks",
    "gaps",
    "inactive",
    "lamp_checks",
    "places_of",
    "quotas_on",
    "staff_checks",
    "volunteer_checks",
]


@dataclass(frozen=True)
class AdQuota:
    """A quota of advertisements: what is counted, and the source row that states how many."""

    counted: str
    row: str


#: What is counted of advertisements at a site, by the matter of the check. Which types of site: as the standard says.
AD_QUOTAS: Mapping[str, AdQuota] = {
    "community-places": AdQuota("places", "S001-1.2.4"),
    "community-pieces": AdQuota("pieces", "S001-1.2.5"),
    "quarter-places": AdQuota("places", "S001-1.4.1"),
    "quarter-pieces": AdQuota("pieces", "S001-1.4.2"),
    "quarter-spacing": AdQuota("spacing", "S001-1.4.3"),
    "centre-places": AdQuota("places", "S001-1.2.6"),
    "centre-forms": AdQuota("forms", "S001-1.2.7"),
}
_DAMAGED_ROW = "S003.5.10"
_VOLUNTEERS_ROW, _HOURS_ROW = "S001-1.5.4", "S001-1.5.3"
_LIT_ROW, _RISE_ROW = "S000-1.D.4", "S000-8.D.37"
_STAFF_ROWS = {"officers": "S000-8.C.13", "assistants": "S000-8.C.14"}

#: Names of all checks.
MATTERS: Mapping[str, Text] = {
    "community-places": Text("社区公益广告处数", "advertisements in the community: places"),
    "community-pieces": Text("社区公益广告幅数", "advertisements in the community: pieces"),
    "quarter-places": Text("小区公益广告处数", "advertisements in the quarter: places"),
    "quarter-pieces": Text("小区公益广告幅数", "advertisements in the quarter: pieces"),
    "quarter-spacing": Text("小区公益广告间距", "advertisements in the quarter: spacing"),
    "centre-places": Text("文化服务中心公益广告处数", "advertisements in the culture centre: places"),
    "centre-forms": Text("文化服务中心宣传形式", "culture centre: forms of display"),
    "damaged": Text("破损的公益广告", "damaged advertisements"),
    "volunteers": Text("注册志愿者占常住人口", "registered volunteers among residents"),
    "hours": Text("志愿者人年均服务时间", "hours a year per volunteer"),
    "lit": Text("亮灯率", "street lamps lit"),
    "rise": Text("亮灯率较上期变化", "change in the share of lamps lit"),
    "officers": STAFFING["officers"].name,
    "assistants": STAFFING["assistants"].name,
}


# ----------------------------------------------------------------------------------------------- advertisements


@dataclass(frozen=True)
class Ad:
    """Advertisements of one form at one place of a site: how many pieces, where along the path (metres)."""

    ad_id: str
    site_id: str
    form: str
    pieces: int
    damaged: int = 0
    metres: Fraction | None = None
    note: str = ""


@dataclass(frozen=True)
class Gap:
    """Two neighbouring places of a site, and how many metres lie between them."""

    site_id: str
    one: str
    other: str
    metres: Fraction


@dataclass(frozen=True)
class Damaged:
    """Damaged pieces on display at one place."""

    ad_id: str
    site_id: str
    name: str
    area: str | None
    units: tuple[str, ...]
    form: str
    pieces: int


def places_of(ads: Iterable[Ad]) -> int:
    """Return in how many places something is shown: rows at the same metre are one place, others one each.

    Examples
    --------
    >>> at = Fraction(0)
    >>> places_of([Ad("1", "s", "", 2, metres=at), Ad("2", "s", "", 1, metres=at), Ad("3", "s", "", 1)])
    2
    """
    shown = [own for own in ads if own.pieces]
    return len({own.metres for own in shown if own.metres is not None}) + sum(own.metres is None for own in shown)


def gaps(ads: Iterable[Ad]) -> tuple[Gap, ...]:
    """Return the gaps between neighbouring places of one site whose metres are put down, in the order of the path.

    Examples
    --------
    >>> [str(gap.metres) for gap in gaps(Ad(f"{m}", "s", "", 1, metres=Fraction(m)) for m in (41, 0, 20))]
    ['20', '21']
    """
    at: dict[Fraction, Ad] = {}
    for own in ads:
        if own.pieces and own.metres is not None:
            at.setdefault(own.metres, own)
    along = [at[metres] for metres in sorted(at)]
    return tuple(Gap(one.site_id, one.ad_id, other.ad_id, _between(one, other)) for one, other in pairwise(along))


def _between(one: Ad, other: Ad) -> Fraction:
    return (other.metres or Fraction(0)) - (one.metres or Fraction(0))


def ad_checks(
    ads: Sequence[Ad], sites: Sequence[Mapping[str, Any]], instruments: Sequence[Instrument] = ()
) -> tuple[tuple[Check, ...], tuple[Gap, ...]]:
    """Check the advertisements of every site of a type that a quota names, and damaged pieces of every site.

    A damaged piece counts as shown until it is taken down. A site without a row shows nothing. A quarter where fewer
    than two places have their metres put down has no spacing to check.

    Parameters
    ----------
    ads : sequence of Ad
        Empty where nobody keeps the table: nothing is checked then.
    sites : sequence of mapping
        ``site_id, site_type, name, area``.
    instruments : sequence of Instrument
        As of :func:`~evalsys.stated.stated_limit`.

    Returns
    -------
    tuple of Check
    tuple of Gap
        Those outside the limit.
    """
    if not ads:
        return (), ()
    held: dict[str, list[Ad]] = {}
    for own in ads:
        held.setdefault(own.site_id, []).append(own)
    quotas = {matter: stated_limit(quota.row, instruments) for matter, quota in AD_QUOTAS.items()}
    found: list[Check] = []
    wide: list[Gap] = []
    for site in sites:
        shown = held.get(site["site_id"], [])
        for matter, stated in quotas.items():
            if site["site_type"] in stated.site_types:
                counted = AD_QUOTAS[matter].counted
                check, outside = _ad_check(matter, counted, site, shown, stated)
                found.append(check)
                wide += outside
    damaged = stated_limit(_DAMAGED_ROW, instruments)
    for site in sites:
        pieces = sum(own.damaged for own in held.get(site["site_id"], []))
        if site["site_id"] in held:
            found.append(count_check("damaged", *_subject(site), pieces, damaged, _PIECE))
    return tuple(found), tuple(wide)


def _subject(site: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return site["site_id"], site["name"] or site["site_id"], site["area"]


def _ad_check(
    matter: str, counted: str, site: Mapping[str, Any], shown: Sequence[Ad], stated: Stated
) -> tuple[Check, list[Gap]]:
    if counted == "spacing":
        return _spacing(matter, site, shown, stated)
    note = None
    if counted == "places":
        value = places_of(shown)
    elif counted == "pieces":
        value = sum(own.pieces for own in shown)
    else:
        value = len({own.form for own in shown if own.form and own.pieces})
        note = Text("按公益广告的形式计", "counted by the forms of the advertisements")
    return count_check(matter, *_subject(site), value, stated, note=note), []


def _spacing(matter: str, site: Mapping[str, Any], shown: Sequence[Ad], stated: Stated) -> tuple[Check, list[Gap]]:
    """Check every gap of a site; the check tells the one that lies farthest outside, else the widest."""
    own = gaps(shown)
    unplaced = sum(ad.pieces > 0 and ad.metres is None for ad in shown)
    left = Text(f"{unplaced}处未登记位置", f"{unplaced} without metres") if unplaced else Text("", "")
    if not own:
        none = Text("登记位置的不足两处，无法核对间距", "fewer than two places with metres: no spacing to check")
        return count_check(matter, *_subject(site), None, stated, note=none), []
    checks = [(count_check(matter, *_subject(site), gap.metres, stated), gap) for gap in own]
    outside = [gap for check, gap in checks if not check.passes]
    gap = max(checks, key=lambda each: (abs(each[0].short), each[1].metres))[1]
    zh, en = [left.zh] if left.zh else [], [left.en] if left.en else []
    if outside:
        size = decimal(gap.metres, 0 if gap.metres.denominator == 1 else 2)
        zh.insert(
            0, f"{gap.one}与{gap.other}相距{size}米" + (f"，另有{len(outside) - 1}处" if len(outside) > 1 else "")
        )
        more = f", and {len(outside) - 1} more" if len(outside) > 1 else ""
        en.insert(0, f"{gap.one} and {gap.other} are {size} m apart{more}")
    note = Text("；".join(zh), "; ".join(en))
    return count_check(matter, *_subject(site), gap.metres, stated, note=note), outside


_PIECE = Text("幅", "pieces")


# --------------------------------------------------------------------------------------------------- volunteers


@dataclass(frozen=True)
class Body:
    """Volunteers of a community or body: residents, registered, those who served, hours of all in the year."""

    body: str
    area: str | None
    residents: int
    volunteers: int
    active: int | None = None
    hours: Fraction | None = None
    note: str = ""


@dataclass(frozen=True)
class Inactive:
    """Registered volunteers without service: how many of how many, and their share (0..1)."""

    body: str
    area: str | None
    inactive: int
    volunteers: int

    @property
    def share(self) -> Fraction:
        """Inactive of registered; 0 where nobody is registered."""
        return Fraction(self.inactive, self.volunteers) if self.volunteers else Fraction(0)


def volunteer_checks(bodies: Iterable[Body], instruments: Sequence[Instrument] = ()) -> tuple[Check, ...]:
    """Check the share of residents who are registered, and the hours per registered volunteer.

    Hours are a mean over all who are registered, also over those who never served.

    Examples
    --------
    >>> checks = volunteer_checks([Body("甲社区", None, 10_000, 1300, 900, Fraction(25_999))])
    >>> [(check.matter, check.passes, check.short) for check in checks]
    [('volunteers', True, Fraction(0, 1)), ('hours', False, Fraction(1, 1))]
    """
    share, mean = stated_limit(_VOLUNTEERS_ROW, instruments), stated_limit(_HOURS_ROW, instruments)
    found = []
    for own in bodies:
        who = own.body, own.body, own.area
        found.append(share_check("volunteers", *who, own.volunteers, own.residents, share, _PERSON))
        if own.hours is not None:
            note = None
            if not own.volunteers:
                note = Text("没有注册志愿者，无均值", "nobody is registered: no mean")
            found.append(share_check("hours", *who, own.hours, own.volunteers, mean, _HOUR, note, per=1))
    return tuple(found)


def inactive(bodies: Iterable[Body]) -> tuple[Inactive, ...]:
    """Return the registered volunteers without service of each body that says who served; no source limits them.

    Examples
    --------
    >>> inactive([Body("甲社区", None, 10_000, 1300, 975)])[0].share
    Fraction(1, 4)
    """
    return tuple(
        Inactive(own.body, own.area, own.volunteers - own.active, own.volunteers)
        for own in bodies
        if own.active is not None
    )


_PERSON, _HOUR = Text("人", "persons"), Text("小时", "hours")


# -------------------------------------------------------------------------------------------------------- lamps


@dataclass(frozen=True)
class Lamps:
    """Street lamps of a site that are installed and lit, as counted in a month (``2026-05``) or without one."""

    site_id: str
    month: str | None
    lamps: int
    lit: int
    note: str = ""


def lamp_checks(
    lamps: Sequence[Lamps],
    sites: Sequence[Mapping[str, Any]],
    instruments: Sequence[Instrument] = (),
    day: datetime.date | None = None,
) -> tuple[Check, ...]:
    """Check the lamps of each site as counted last, and whether the share lit rose from its count before.

    Counts of months after `day` are not visible. The share of lamps fitted, which the source wants to rise too, is no
    part of the table.

    Examples
    --------
    >>> site = {"site_id": "s1", "name": "甲路", "area": None}
    >>> counts = [Lamps("s1", "2026-04", 100, 97), Lamps("s1", "2026-05", 100, 98)]
    >>> [(check.matter, check.value, check.passes) for check in lamp_checks(counts, [site])]
    [('lit', Fraction(98, 1), False), ('rise', Fraction(1, 1), True)]
    """
    if not lamps:
        return ()
    last = "9999-12" if day is None else f"{day:%Y-%m}"
    held: dict[str, list[Lamps]] = {}
    for own in sorted(lamps, key=lambda each: each.month or ""):
        if (own.month or "") <= last:
            held.setdefault(own.site_id, []).append(own)
    lit, rise = stated_limit(_LIT_ROW, instruments), stated_limit(_RISE_ROW, instruments)
    found = []
    for site in sites:
        counts = held.get(site["site_id"], [])
        if not counts:
            continue
        now, who = counts[-1], (site["site_id"], site["name"] or site["site_id"], site["area"])
        month = Text(f"{now.month}计数", f"counted in {now.month}") if now.month else None
        found.append(share_check("lit", *who, now.lit, now.lamps, lit, _LAMP, month))
        if len(counts) > 1:
            before = counts[-2]
            change = Fraction(100 * now.lit, now.lamps) - Fraction(100 * before.lit, before.lamps)
            then = before.month or Text("未注月份", "no month").zh
            said = Text(f"与{then}相比", f"against {before.month or 'the count without a month'}")
            found.append(count_check("rise", *who, change, rise, note=said))
    return tuple(found)


_LAMP = Text("盏", "lamps")


# -------------------------------------------------------------------------------------------------------- staff


def staff_checks(rows: Iterable[Mapping[str, Any]], instruments: Sequence[Instrument] = ()) -> tuple[Check, ...]:
    """Check officers per 10,000 residents and assistants per officer of each area.

    Parameters
    ----------
    rows : iterable of mapping
        ``area, residents, officers, assistants``.

    Examples
    --------
    >>> row = {"area": "甲区", "residents": 100_000, "officers": 29, "assistants": 30}
    >>> [(check.matter, check.passes, check.short) for check in staff_checks([row])]
    [('officers', False, Fraction(1, 1)), ('assistants', False, Fraction(-1, 1))]
    """
    stated = {key: stated_limit(row, instruments) for key, row in _STAFF_ROWS.items()}
    counted = ("residents", "officers", "assistants")
    staff = [Staff(row["area"], {name: row[name] for name in counted}) for row in rows]
    found = []
    for own in staff_rows(staff, {key: limit.limits for key, limit in stated.items()}):
        found.append(
            Check(
                matter=own.ratio,
                subject=own.place,
                name=own.place,
                area=own.place,
                value=own.value,
                of=(Fraction(own.count), own.base),
                stated=stated[own.ratio],
                passes=own.passes,
                short=Fraction(own.change),
                unit=_PERSON,
                note=staff_note(own) if own.impossible or not own.base else Text("", ""),
            )
        )
    return tuple(found)


# ---------------------------------------------------------------------------------------------------- all of them


@dataclass(frozen=True)
class Quotas:
    """All quota checks of an assessment.

    Attributes
    ----------
    checks : tuple of Check
        Ads, volunteers, lamps, staff, in the order of the sites and rows.
    gaps : tuple of Gap
        Neighbouring places of advertisements outside the limit.
    damaged : tuple of Damaged
    inactive : tuple of Inactive
    kept : tuple of str
        The tables that hold rows, of ads, volunteers, lamps, staff.
    """

    checks: tuple[Check, ...]
    gaps: tuple[Gap, ...]
    damaged: tuple[Damaged, ...]
    inactive: tuple[Inactive, ...]
    kept: tuple[str, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that do not pass."""
        return tuple(check for check in self.checks if check.passes is False)


def quotas_on(assessment: Assessment, day: datetime.date | None = None) -> Quotas:
    """Return all quota checks of an assessment.

    Parameters
    ----------
    assessment : Assessment
    day : date, optional
        Counts of lamps of later months are not visible; the other tables have no days.
    """
    from evalsys.cells import plain_rows

    tables = {name: plain_rows(assessment.ledgers[name]) for name in ("ads", "volunteers", "lamps", "staff")}
    instruments = (assessment.instrument, assessment.rules.instrument)
    sites = plain_rows(assessment.sites)
    by_id = {site["site_id"]: site for site in sites}
    ads = [Ad(**row) for row in tables["ads"]]
    bodies = [Body(**row) for row in tables["volunteers"]]
    shown, wide = ad_checks(ads, sites, instruments)
    return Quotas(
        checks=(
            *shown,
            *volunteer_checks(bodies, instruments),
            *lamp_checks([Lamps(**row) for row in tables["lamps"]], sites, instruments, day),
            *staff_checks(tables["staff"], instruments),
        ),
        gaps=wide,
        damaged=tuple(_damaged(own, by_id[own.site_id]) for own in ads if own.damaged),
        inactive=inactive(bodies),
        kept=tuple(name for name, rows in tables.items() if rows),
    )


def _damaged(own: Ad, site: Mapping[str, Any]) -> Damaged:
    name = site["name"] or own.site_id
    return Damaged(own.ad_id, own.site_id, name, site["area"], tuple(site["units"]), own.form, own.damaged)
