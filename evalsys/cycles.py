"""Cycles: the yearly scores whose weighted sum decides, what this year has to bring, and the chance that it does.

Scores and shares are exact. A year without a score is told and is never read as 0. What a year is for, where an
instrument works in terms or rounds, stands in :data:`RHYTHMS`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from evalsys.faults import Fault, InputFaults
from evalsys.language import Text
from evalsys.schema import decimal

if TYPE_CHECKING:
    from evalsys.forecasting import Forecast

__all__ = [
    "RHYTHMS",
    "Aim",
    "Chance",
    "CycleSettings",
    "Needed",
    "Phase",
    "Rhythm",
    "Standing",
    "Totals",
    "Turn",
    "aim",
    "aims",
    "chance",
    "cycle_settings",
    "needed",
    "phase",
    "standing",
    "total",
    "totals",
]

_HUNDRED = Fraction(100)
_WHERE = "cycle"
_HAIR = 1e-11  # of full marks: above the rounding of floats, far below the distance of two lattice points


# ------------------------------------------------------------------------------------------------- the settings


@dataclass(frozen=True)
class CycleSettings:
    """A cycle as it is set: made by :func:`cycle_settings`, which checks it.

    Attributes
    ----------
    shares : tuple of Fraction
        Of the years in their order; they add up to 1.
    first_year, year : int
        First year of the cycle and the running year, as calendar years.
    earlier : mapping of int to Fraction
        Scores of years before the running one, each after its own bonus and deductions.
    wanted : Fraction or None
        The wanted weighted sum.
    full : Fraction
        Full marks of a yearly score, and so of the weighted sum.
    adjust : Fraction
        What is known to be added to the running year's assessed score after its total, below 0 for a deduction.
    keep : Fraction
        The part of the running year's score that is assessed, above 0; the rest are joined scores, which `adjust`
        holds: ``score = keep x assessed + adjust``.
    """

    shares: tuple[Fraction, ...]
    first_year: int
    year: int
    earlier: Mapping[int, Fraction]
    wanted: Fraction | None = None
    full: Fraction = _HUNDRED
    adjust: Fraction = Fraction(0)
    keep: Fraction = Fraction(1)

    @property
    def top(self) -> Fraction:
        """The best score of the running year after what is known to be deducted; no bonus goes over full marks."""
        return min(self.full, self.keep * self.full + self.adjust)

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years of the cycle."""
        return tuple(range(self.first_year, self.first_year + len(self.shares)))


def cycle_settings(
    shares: Sequence[Fraction],
    first_year: int,
    year: int,
    earlier: Mapping[int, Fraction],
    wanted: Fraction | None = None,
    *,
    full: Fraction = _HUNDRED,
    adjust: Fraction = Fraction(0),
    keep: Fraction = Fraction(1),
    where: str = _WHERE,
) -> CycleSettings:
    """Check a cycle and return it with shares that add up to 1.

    Parameters
    ----------
    shares : sequence of Fraction
        As the instrument gives them: above 0, adding up to 1 or to 100.
    first_year, year, earlier, wanted, full, adjust, keep
        As in :class:`CycleSettings`; scores and `wanted` lie between 0 and `full`.
    where : str
        The file or key that faults name.

    Raises
    ------
    InputFaults
        With every fault: shares that do not add up, a running year outside the cycle, a score of a year that is not
        before the running one or lies outside the cycle, a score or a wanted total outside the scale.

    Examples
    --------
    >>> found = cycle_settings([Fraction(15), Fraction(25), Fraction(60)], 2015, 2017, {2015: Fraction(932, 10)})
    >>> found.shares[2], found.years
    (Fraction(3, 5), (2015, 2016, 2017))
    """
    faults: list[Fault] = []
    whole = sum(shares, Fraction(0))
    if whole not in (1, 100) or any(share <= 0 for share in shares):
        said = " + ".join(map(decimal, shares)) + f" = {decimal(whole)}"
        faults.append(Fault("cycle_shares", where, None, "shares", said, "1  100"))
    last = first_year + len(shares) - 1
    if not first_year <= year <= last:
        faults.append(Fault("out_of_range", where, None, "year", str(year), f"{first_year}..{last}"))
    for own, score in sorted(earlier.items()):
        if not first_year <= own < min(year, last + 1):
            allowed = f"{first_year}..{min(year, last + 1) - 1}" if year > first_year else ""
            faults.append(Fault("not_earlier_year", where, None, "earlier", str(own), allowed))
        if not 0 <= score <= full:
            faults.append(_off_scale(where, f"earlier {own}", score, full))
    if wanted is not None and not 0 <= wanted <= full:
        faults.append(_off_scale(where, "wanted", wanted, full))
    if faults:
        raise InputFaults(faults)
    known = dict(sorted(earlier.items()))
    return CycleSettings(tuple(share / whole for share in shares), first_year, year, known, wanted, full, adjust, keep)


def _off_scale(where: str, column: str, value: Fraction, full: Fraction) -> Fault:
    return Fault("out_of_range", where, None, column, decimal(value), f"0..{decimal(full)}")


# ------------------------------------------------------------------------------------------- where a cycle stands


@dataclass(frozen=True)
class Standing:
    """Where a cycle stands before the running year is assessed; points are of the weighted sum, all exact.

    Attributes
    ----------
    settings : CycleSettings
    secured : Fraction
        ``sum of share x score`` over the earlier years that have a score.
    known_share : Fraction
        Share of those years, 0 to 1.
    mean : Fraction or None
        Their weighted mean score; None where no year has one.
    missing : tuple of int
        Earlier years without a score: not 0, and not full.
    later : tuple of int
        Years after the running one.
    least, most : Fraction
        The least and the most that the weighted sum can still become, whatever the other years bring.
    """

    settings: CycleSettings
    secured: Fraction
    known_share: Fraction
    mean: Fraction | None
    missing: tuple[int, ...]
    later: tuple[int, ...]
    least: Fraction
    most: Fraction

    @property
    def share(self) -> Fraction:
        """Share of the running year."""
        return self.settings.shares[self.settings.year - self.settings.first_year]

    @property
    def open_share(self) -> Fraction:
        """Share of the years without a score beside the running one: those missing and those to come."""
        return 1 - self.known_share - self.share


def standing(settings: CycleSettings) -> Standing:
    """Return where a cycle stands.

    Examples
    --------
    >>> shares = [Fraction(15), Fraction(25), Fraction(60)]
    >>> now = standing(cycle_settings(shares, 2015, 2017, {2015: Fraction("93.2"), 2016: Fraction("89.65")}))
    >>> float(now.secured), float(now.mean), float(now.most)
    (36.3925, 90.98125, 96.3925)
    """
    by_year = dict(zip(settings.years, settings.shares, strict=True))
    secured = sum((by_year[year] * score for year, score in settings.earlier.items()), Fraction(0))
    known = sum((by_year[year] for year in settings.earlier), Fraction(0))
    own = by_year[settings.year]
    lowest = max(settings.adjust, Fraction(0))
    return Standing(
        settings=settings,
        secured=secured,
        known_share=known,
        mean=secured / known if known else None,
        missing=tuple(y for y in settings.years if y < settings.year and y not in settings.earlier),
        later=tuple(y for y in settings.years if y > settings.year),
        least=secured + own * lowest,
        most=secured + own * settings.top + (1 - known - own) * settings.full,
    )


def total(now: Standing, score: Fraction, others: Fraction | None = None) -> Fraction:
    """Return the weighted sum if the running year brings a score and the other open years a level.

    Parameters
    ----------
    score : Fraction
        Of the running year, after bonus and deductions.
    others : Fraction, optional
        Score of each other year without one; by default the same as `score`.
    """
    return now.secured + now.share * score + now.open_share * (score if others is None else others)


# ------------------------------------------------------------------------------------------ what this year must be


@dataclass(frozen=True)
class Needed:
    """What the running year has to bring for a wanted weighted sum.

    Attributes
    ----------
    wanted : Fraction
    others : Fraction or None
        Score assumed for each other year without one; None: the same as this year's, or there is no such year.
    score : Fraction
        The score that just reaches it, after bonus and deductions: below 0 or above full marks where no score does.
    assessed : Fraction
        The same before what is known to be added or deducted after the total.
    verdict : {'reached', 'possible', 'beyond'}
        'reached' where even 0 is enough, 'beyond' where full marks are not.
    best : Fraction
        The best weighted sum under this assumption.
    """

    wanted: Fraction
    others: Fraction | None
    score: Fraction
    assessed: Fraction
    verdict: Literal["reached", "possible", "beyond"]
    best: Fraction


def needed(now: Standing, wanted: Fraction, others: Fraction | None = None) -> Needed:
    """Return what the running year has to bring for a wanted weighted sum.

    Parameters
    ----------
    wanted : Fraction
        0 to full marks.
    others : Fraction, optional
        Score assumed for each other year that has none (years to come, years whose score is missing). By default they
        bring what this year brings; without such years it changes nothing.

    Raises
    ------
    InputFaults
        For a number outside the scale.

    Examples
    --------
    >>> shares = [Fraction(15), Fraction(25), Fraction(60)]
    >>> now = standing(cycle_settings(shares, 2015, 2017, {2015: Fraction("93.2"), 2016: Fraction("89.65")}))
    >>> found = needed(now, Fraction(90))
    >>> found.verdict, found.score == (90 - Fraction("36.3925")) / Fraction("0.6")
    ('possible', True)
    >>> float(needed(now, Fraction(97)).best), needed(now, Fraction(97)).verdict
    (96.3925, 'beyond')
    """
    full = now.settings.full
    given = {"wanted": wanted} | ({} if others is None else {"others": others})
    faults = [_off_scale(_WHERE, name, value, full) for name, value in given.items() if not 0 <= value <= full]
    if faults:
        raise InputFaults(faults)
    top, least = now.settings.top, max(now.settings.adjust, Fraction(0))
    if not now.open_share:
        others = None
    if others is None:
        score = (wanted - now.secured) / (now.share + now.open_share)
    else:
        score = (wanted - now.secured - now.open_share * others) / now.share
    verdict: Literal["reached", "possible", "beyond"] = (
        "reached" if score <= least else "beyond" if score > top else "possible"
    )
    assessed = (score - now.settings.adjust) / now.settings.keep
    return Needed(wanted, others, score, assessed, verdict, total(now, top, others))


# -------------------------------------------------------------------------------------------- by the forecast


@dataclass(frozen=True)
class Chance:
    """The chance that the running year brings what is needed.

    Attributes
    ----------
    value : float
        0 to 1.
    error : float or None
        Standard error of a simulation; half the width of the certified bounds of a rounded law; 0 for an exact one.
    strict : (float, float) or None
        The chance if inspectors are strict, by one standard deviation, and its error; None without severity.
    forecast : Forecast or None
        The forecast at this mark; None where the year's score decides nothing any more.
    """

    value: float
    error: float | None
    strict: tuple[float, float] | None
    forecast: Forecast | None


def chance(found: Forecast, now: Standing, need: Needed, *, strict: bool = True) -> Chance:
    """Return the chance that the coming inspection brings the needed score, by the forecast's own engine.

    The needed score takes the place of the pass mark: equality reaches it, it is compared as an exact number on the
    law's lattice, and a vetoed inspection does not reach it.

    Parameters
    ----------
    found : Forecast
        Of the running year's inspection, in points of its instrument.
    strict : bool
        Whether the chance under strict inspectors is wanted, which takes a forecast at the new mark. Without it the
        distribution at hand is summed up, wherever no event can veto.
    """
    from evalsys.forecasting import reforecast

    if need.verdict != "possible":
        return Chance(float(need.verdict == "reached"), 0.0, None, None)
    model, mark = found.prospect.model, need.assessed / now.settings.full * found.full
    if not strict and not any(event.veto for event in model.events):
        value = _reaching(found, mark)
        error = math.sqrt(value * (1 - value) / found.draws) if found.draws else found.chance_error
        return Chance(value, error, None, found)
    own = found if found.mark == mark else reforecast(found, replace(model, mark=mark))
    return Chance(own.chance or 0.0, own.chance_error, own.at_severity(-1) if strict else None, own)


def _reaching(found: Forecast, mark: Fraction) -> float:
    """Return the mass at or above a mark; values are floats of exact points, so a hair below is the mark itself."""
    line = float(mark) - _HAIR * float(found.full)
    return min(float(found.mass[found.points >= line].sum()), 1.0)


@dataclass(frozen=True)
class Aim:
    """A wanted weighted sum: what it needs, and the chance of it where there is a forecast."""

    need: Needed
    chance: Chance | None


def aim(now: Standing, found: Forecast | None, wanted: Fraction, others: Fraction | None = None) -> Aim:
    """Return what a wanted weighted sum needs, with its chance as usual and under strict inspectors."""
    need = needed(now, wanted, others)
    return Aim(need, None if found is None else chance(found, now, need))


def aims(
    now: Standing, found: Forecast | None, wanted: Sequence[Fraction], others: Sequence[Fraction | None] = (None,)
) -> tuple[Aim, ...]:
    """Return the same for several wanted sums and several levels of the other open years, without the strict chance."""
    needs = [needed(now, total_, level) for total_ in wanted for level in others]
    return tuple(Aim(need, None if found is None else chance(found, now, need, strict=False)) for need in needs)


@dataclass(frozen=True, eq=False)
class Totals:
    """The forecast distribution of the weighted sum: values rising with their mass, mean and quantiles."""

    points: NDArray[np.float64]
    mass: NDArray[np.float64]
    mean: float
    quantiles: tuple[tuple[float, float], ...]


def totals(found: Forecast, now: Standing, others: Fraction | None = None) -> Totals:
    """Return the distribution of the weighted sum by the forecast of the running year.

    Parameters
    ----------
    others : Fraction, optional
        Score of each other year without one; by default each brings what this year brings.
    """
    per_point = float(now.settings.full / found.full)
    lowest, highest = (float(total(now, score, others)) for score in (Fraction(0), now.settings.full))

    def summed(points: NDArray[np.float64]) -> NDArray[np.float64]:
        rate = (points * per_point * float(now.settings.keep) + float(now.settings.adjust)) / float(now.settings.full)
        return lowest + (highest - lowest) * np.clip(rate, 0.0, 1.0)

    points = summed(found.points)
    held = summed(np.array([value for _, value in found.quantiles]))
    shares = [share for share, _ in found.quantiles]
    return Totals(points, found.mass, float(points @ found.mass), tuple(zip(shares, held.tolist(), strict=True)))


# ------------------------------------------------------------------------------------------- what a year is for


@dataclass(frozen=True)
class Turn:
    """One year of a rhythm: what it is for, and what is done in it, in order."""

    purpose: Text
    steps: tuple[Text, ...]


@dataclass(frozen=True)
class Rhythm:
    """Years that come again and again.

    Attributes
    ----------
    name : Text
    source : str
        Row or document that says so.
    turns : tuple of Turn
        The years of one period, in order.
    anchor : int or None
        A calendar year in which the first turn falls; None where a period begins with a place's own first year.
    always : tuple of Text
        What holds in every year.
    shares : tuple of Fraction
        Of the years in the weighted sum; empty where the years are not summed.
    assumed : Text or None
        What is our reading and not the source's.
    """

    name: Text
    source: str
    turns: tuple[Turn, ...]
    anchor: int | None = None
    always: tuple[Text, ...] = ()
    shares: tuple[Fraction, ...] = ()
    assumed: Text | None = None


_TESTED = Turn(Text("年度测评", "the test of the year"), (Text("年度测评", "the test of the year"),))

#: The rhythms of the source documents beside the weighted cycle of the national frame.
RHYTHMS: Mapping[str, Rhythm] = {
    "two-year-term": Rhythm(
        name=Text("文明机关两年一届", "Two-year terms of civilised organs"),
        source="S000-4.A.4",
        turns=(
            Turn(
                Text("表彰上届、受理申报", "commendation of the last term and application"),
                (
                    Text("表彰上届文明机关", "The organs of the last term are commended"),
                    Text(
                        "7月份前申报，逾期不得参评",
                        "Organs apply before July; those that are late cannot take part",
                    ),
                ),
            ),
            Turn(
                Text("评选", "selection"),
                (
                    Text("中途检查", "The check midway"),
                    Text("会审确定", "The joint review decides"),
                ),
            ),
        ),
        anchor=2005,
        always=(
            Text(
                "出现一票否决情形的，未命名的不予命名，已命名的立即取消称号",
                "After a veto event an organ is not named, and a title already held is cancelled at once",
            ),
        ),
        assumed=Text(
            "中途检查和会审的年份来源未写，列在评选年",
            "the source gives no year for the check midway and the joint review: both stand in the year of selection",
        ),
    ),
    "yearly-round": Rhythm(
        name=Text("文明诚信单位、文明和谐社区一年一评", "A round every year for units and communities"),
        source="S000-6.G.5",
        turns=(
            Turn(
                Text("申报、两次检查验收、命名", "application, two acceptance inspections, naming"),
                (
                    Text("申报", "Application"),
                    Text("第一次检查验收", "The first acceptance inspection"),
                    Text("第二次检查验收", "The second acceptance inspection"),
                    Text("命名表彰", "Naming and commendation"),
                ),
            ),
        ),
        anchor=2006,
        assumed=Text("两次检查验收的月份来源未写", "the source gives no months for the two inspections"),
    ),
    "three-year-review": Rhythm(
        name=Text("一年一测评、三年一总评", "A test every year, an overall judgement every third year"),
        source="S001-5",
        turns=(
            _TESTED,
            _TESTED,
            Turn(
                Text("年度测评和三年总评", "the test of the year and the overall judgement of three years"),
                (*_TESTED.steps, Text("三年总评", "the overall judgement of the three years")),
            ),
        ),
        shares=(Fraction(1, 3),) * 3,
        assumed=Text("来源未写各年份额，按三年均等", "the source gives no shares: the three years count alike"),
    ),
}


@dataclass(frozen=True)
class Phase:
    """What a year is for.

    Attributes
    ----------
    rhythm : Rhythm
    year : int
    place : int
        Of the year in its period, from 1.
    turn : Turn
    coming : tuple of (year, Turn)
        The years of a whole period after it.
    """

    rhythm: Rhythm
    year: int
    place: int
    turn: Turn
    coming: tuple[tuple[int, Turn], ...]


def phase(when: int | datetime.date, rhythm: Rhythm, first_year: int | None = None) -> Phase:
    """Return what a year is for, and what comes in the years after it.

    Parameters
    ----------
    when : int or date
        A calendar year, or a day in it.
    first_year : int, optional
        A year in which a period begins; needed where the rhythm has no anchor of its own.

    Raises
    ------
    InputFaults
        Where it is not known when a period begins, or the period begins after the year.

    Examples
    --------
    >>> found = phase(2007, RHYTHMS["two-year-term"])
    >>> found.turn.purpose.zh, [(year, turn.purpose.en) for year, turn in found.coming][:1]
    ('表彰上届、受理申报', [(2008, 'selection')])
    """
    year = when if isinstance(when, int) else when.year
    begin = first_year if first_year is not None else rhythm.anchor
    if begin is None:
        raise InputFaults([Fault("missing_key", _WHERE, None, "first_year")])
    if first_year is not None and year < first_year:
        raise InputFaults([Fault("out_of_range", _WHERE, None, "year", str(year), f">= {first_year}")])
    count = len(rhythm.turns)
    place = (year - begin) % count
    coming = tuple((year + n, rhythm.turns[(place + n) % count]) for n in range(1, count + 1))
    return Phase(rhythm, year, place + 1, rhythm.turns[place], coming)
