"""Limits that instruments state, found by the row of their source, and what is checked against them exactly.

No limit stands here: a row of a source names its standard in the assessment's own instrument, else in the one that
writes the ledgers' rules, else in the instrument of its source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from evalsys import rules
from evalsys.instrument import Instrument
from evalsys.language import Lang, Text
from evalsys.rule_params import PER_CENT
from evalsys.rule_words import limit_text
from evalsys.when import When
from evalsys.wording import decimal, percent, with_measure

__all__ = [
    "PRINTED_IN",
    "Check",
    "Stated",
    "count_check",
    "limit_said",
    "share_check",
    "short_said",
    "stated_limit",
    "value_said",
]

#: The instrument that holds each source row, for an assessment whose own instrument has no such standard.
PRINTED_IN: Mapping[str, str] = {
    "S000-1.": "shuqiao-town-2004",
    "S000-7.": "zhangwang-town-2015",
    "S000-8.": "wannian-city-management-2016",
    "S001-1.": "wanquan-subdistrict-2021",
    "S003.": "lincheng-county-2019",
}


@dataclass(frozen=True)
class Stated:
    """What a standard states, and where.

    Attributes
    ----------
    row : str
        Row of the source, such as 'S001-1.2.4'.
    code : str
        Of the standard in its instrument.
    text : Text
    limits : mapping
        ``at_least``, ``at_most``, ``above``, ``below``; ``at_most`` 0 for what must not happen.
    measure : Text or None
        Unit of the limits.
    due : When or None
        Time limit of the standard.
    site_types : tuple of str
        Where it is checked.
    instrument : str
        Id of the instrument; `title` is its title.
    clause : str
        Document and clause.
    borrowed : bool
        Whether the assessment's own instrument does not state it.
    """

    row: str
    code: str
    text: Text
    limits: Mapping[str, Fraction]
    measure: Text | None
    due: When | None
    site_types: tuple[str, ...]
    instrument: str
    title: Text
    clause: str
    borrowed: bool


@dataclass(frozen=True)
class Check:
    """One check of a count or a share against a stated limit.

    Attributes
    ----------
    matter : str
        What is checked, a key of the table that made it.
    subject, name : str
        Id and name of the site, body, area or street; empty for the whole place.
    area : str or None
    value : Fraction or None
        In the measure of the limit; None where it is not known.
    of : (Fraction, int) or None
        The count and what it is a part of, where the value is a share or a mean.
    stated : Stated
    passes : bool or None
        None where it cannot be said, or not yet.
    short : Fraction
        Units lacking (above 0) or too many (below 0); 0 where it passes or cannot be said.
    unit : Text
        What the units are.
    note : Text
    """

    matter: str
    subject: str
    name: str
    area: str | None
    value: Fraction | None
    of: tuple[Fraction, int] | None
    stated: Stated
    passes: bool | None
    short: Fraction
    unit: Text
    note: Text = field(default_factory=lambda: Text("", ""))


def stated_limit(row: str, instruments: Sequence[Instrument] = ()) -> Stated:
    """Return what the standard of a source row states: a limit, or that something must not happen.

    Parameters
    ----------
    row : str
        Row of the source.
    instruments : sequence of Instrument
        The assessment's own first; the first that has such a standard is taken, else the one of its source.

    Raises
    ------
    LookupError
        If no instrument states a limit under this row.

    Examples
    --------
    >>> found = stated_limit("S001-1.2.5")
    >>> dict(found.limits), found.measure.zh, found.code, found.clause, found.borrowed
    ({'at_least': Fraction(8, 1)}, '幅', '2.5', 'S001-1 三2', True)
    """
    for place, instrument in enumerate(instruments):
        found = _in(instrument, row, place > 0)
        if found is not None:
            return found
    name = next((name for start, name in PRINTED_IN.items() if row.startswith(start)), None)
    found = None if name is None else _in(_shipped(name), row, True)
    if found is None:
        raise LookupError(row)
    return found


@lru_cache
def _shipped(name: str) -> Instrument:
    from evalsys.instrument_file import load_instrument

    return load_instrument(name)


def _in(instrument: Instrument, row: str, borrowed: bool) -> Stated | None:
    for code, node in instrument.standards.items():
        own = node.standard
        if own is None or own.source is None or own.source.get("row") != row:
            continue
        for rule in own.rules.values():
            if rule.kind not in ("threshold", "none"):
                continue
            nothing = rule.kind == "none"
            return Stated(
                row=row,
                code=code,
                text=own.text,
                limits={"at_most": Fraction(0)} if nothing else dict(rule.params["limits"]),
                measure=None if nothing else rule.params["measure"],
                due=own.due,
                site_types=tuple(dict.fromkeys(at.site_type for at in own.checked_at)),
                instrument=instrument.id,
                title=instrument.title,
                clause=f"{own.source.get('document', instrument.source['document'])} {own.source.get('clause', row)}",
                borrowed=borrowed,
            )
    return None


# ------------------------------------------------------------------------------------------------------ checks


def count_check(
    matter: str,
    subject: str,
    name: str,
    area: str | None,
    value: Fraction | int | None,
    stated: Stated,
    unit: Text | None = None,
    note: Text | None = None,
) -> Check:
    """Check a count or a measurement that stands by itself: 7 pieces against at least 8 is 1 short.

    Examples
    --------
    >>> found = count_check("pieces", "s1", "甲社区", None, 7, stated_limit("S001-1.2.5"))
    >>> found.passes, found.short, short_said(found, "zh"), short_said(found, "en")
    (False, Fraction(1, 1), '差1幅', '1 piece short')
    """
    seen = None if value is None else Fraction(value)
    passes = None if seen is None else _passes(seen, stated.limits)
    short = Fraction(0) if seen is None or passes else _outside(seen, stated.limits)
    unit = unit or stated.measure or Text("", "")
    return Check(matter, subject, name, area, seen, None, stated, passes, short, unit, note or Text("", ""))


def share_check(
    matter: str,
    subject: str,
    name: str,
    area: str | None,
    count: Fraction | int,
    base: int,
    stated: Stated,
    unit: Text,
    note: Text | None = None,
    per: int = 100,
) -> Check:
    """Check ``per * count / base`` against a limit; what lacks is told in whole units of the count.

    Examples
    --------
    >>> thirteen = stated_limit("S001-1.5.4")
    >>> found = share_check("volunteers", "b", "甲社区", None, 1299, 10_000, thirteen, Text("人", "persons"))
    >>> found.value, found.passes, found.short
    (Fraction(1299, 100), False, Fraction(1, 1))
    """
    count = Fraction(count)
    value = None if not base else count * per / base
    passes = None if value is None else _passes(value, stated.limits)
    short = Fraction(0)
    if passes is False:
        scaled = {name: limit * base / per for name, limit in stated.limits.items()}
        short = _whole_outside(count, scaled)
    own = (count, base)
    return Check(matter, subject, name, area, value, own, stated, passes, short, unit, note or Text("", ""))


def _passes(value: Fraction, limits: Mapping[str, Fraction]) -> bool:
    return bool(rules.threshold(rules.exact([value]), limits).num[0])


def _outside(value: Fraction, limits: Mapping[str, Fraction]) -> Fraction:
    """Return what lacks to the lowest limit (above 0), or is too much for the highest (below 0)."""
    low = limits.get("at_least", limits.get("above"))
    high = limits.get("at_most", limits.get("below"))
    if low is not None and value <= low:
        return low - value
    return Fraction(0) if high is None else high - value


def _whole_outside(count: Fraction, limits: Mapping[str, Fraction]) -> Fraction:
    """Return by how many whole units a count must rise (above 0) or fall (below 0) to comply."""
    fewest = [math.ceil(limits[name]) for name in ("at_least",) if name in limits]
    fewest += [math.floor(limits[name]) + 1 for name in ("above",) if name in limits]
    most = [math.floor(limits[name]) for name in ("at_most",) if name in limits]
    most += [math.ceil(limits[name]) - 1 for name in ("below",) if name in limits]
    if fewest and count < max(fewest):
        return max(fewest) - count
    return min(most) - count if most and count > min(most) else Fraction(0)


def limit_said(check: Check, lang: Lang) -> str:
    """Return the limit of a check in words, such as 不少于8幅."""
    if check.stated.measure is None:
        return Text("不得有", "none").say(lang)
    return limit_text(check.stated.limits, check.stated.measure, lang)


def short_said(check: Check, lang: Lang) -> str:
    """Return what lacks or is too much in words; empty where nothing does."""
    if not check.short:
        return ""
    unit = check.unit
    if abs(check.short) == 1:
        unit = Text(unit.zh, unit.en.removesuffix("s"))
    size = with_measure(_number(abs(check.short)), unit, lang)
    if check.short > 0:
        return Text(f"差{size}", f"{size} short").say(lang)
    if check.stated.measure is None:  # what must not be there
        return Text(f"有{size}", f"{size} found").say(lang)
    return Text(f"超{size}", f"{size} too many").say(lang)


def value_said(check: Check, lang: Lang) -> str:
    """Return what was counted in words; a share with its counts."""
    if check.value is None:
        return Text("无法核对", "not known").say(lang)
    if check.of is None:
        return with_measure(_number(check.value), check.unit, lang)
    count, base = check.of
    parts = f"{_number(count)}/{base:,}"
    places = _places(check.value, check.stated.limits)
    if check.stated.measure == PER_CENT:
        own = percent(check.value / 100, max(places, 2))
    else:
        own = with_measure(decimal(check.value, places), check.stated.measure, lang)
    return f"{parts}（{own}）" if lang == "zh" else f"{parts} ({own})"


def _number(value: Fraction) -> str:
    """Return a number with as many decimals as it needs, two at most."""
    return decimal(value, _places(value, {}))


def _places(value: Fraction, limits: Mapping[str, Fraction]) -> int:
    """Return the decimals to show: two at most, more only where a value would be rounded onto a limit it misses."""
    for places in range(3):
        if (value * 10**places).denominator == 1:
            return places
    for places in range(2, 9):
        shown = Fraction(decimal(value, places).replace(",", "").replace("−", "-"))
        if shown not in limits.values():
            return places
    return 9
