"""Where to look before the inspection: what a patrol of a few sites is worth, by what its findings would change.

A visit mends nothing. It is worth something because the repairs that follow go to other sites than they would have
gone to without it: the expected value of sample information (Raiffa and Schlaifer 1961).

The decision. A patrol sees some sites; then the office mends some sites, everything that is wrong at each. A visit
shows for each check whether it complies now. Until the inspection that holds with weight k (the keep-weight of a check
made on the day of the visit) and is drawn afresh from the rate r otherwise: the chance to comply then is k + (1 - k) r
or (1 - k) r, and the chance q to see compliance makes the mean of the two what the model says today. Mending a check
gains its slope (the gain of the payoff between certain failure and certain compliance there) times what its chance
lacks of :data:`~evalsys.fixes.AFTER`.

What is left out: gains of several checks and sites add up (first order), a visit says nothing of other sites, and the
patrol itself makes no error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsys.adjoint import Adjoint
from evalsys.fixes import AFTER
from evalsys.forecast_views import site_rows
from evalsys.forecasting import Forecast, tables
from evalsys.information import counted, exceeding, expected_best, nobody, perfect_value, sample_value
from evalsys.model import Model
from evalsys.slopes import Slopes, sampled_slopes

__all__ = [
    "CELLS",
    "RateVisit",
    "Visit",
    "Visits",
    "next_visits",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Payoff = Literal["points", "chance"]

#: Cells of the lattice that the gains of a site are put on, between nothing and the largest of any site.
CELLS = 512
_STANDARDS = 3  # named for each visit
_NOTHING = 1e-12  # of the largest gain: what rounding may leave of nothing


@dataclass(frozen=True)
class Visit:
    """One site of a patrol.

    Attributes
    ----------
    site : int
        Row of the table of sites.
    added : float
        Expected value that this visit adds to those before it, in the units of the payoff.
    wrong : float
        Chance that something is wrong there on the day of the visit.
    lost : float
        Points expected to be lost there in the inspection: chance that it comes times expected loss.
    standards : tuple of str
        Codes of the standards that the visit tells most about, at most three; none where it can tell nothing.
    """

    site: int
    added: float
    wrong: float
    lost: float
    standards: tuple[str, ...]


@dataclass(frozen=True)
class RateVisit:
    """What looking at sites never seen would tell about the rate of a standard at a type of site.

    The choice: give the repairs to this standard at sites of this type that nobody saw, or to the best other such
    standard and type; as many repairs either way.

    Attributes
    ----------
    standard, site_type : str
    sites : int
        How many sites would be looked at.
    evsi, evppi : float
        Expected value of looking at them, and of knowing the rate, in the units of the payoff.
    """

    standard: str
    site_type: str
    sites: int
    evsi: float
    evppi: float


@dataclass(frozen=True)
class Visits:
    """Where a patrol should go.

    Attributes
    ----------
    rows : tuple of Visit
        In the order of the patrol: each visit adds most to those before it. The best set of all is not claimed.
    evsi : float
        Expected value of the whole patrol: what the repairs gain more, on average, once its findings are known.
    evppi : float
        The same if it showed the state on the day of the inspection.
    evpi : float
        The same if that were known of every listed site.
    plain : tuple of (site, points)
        All listed sites by the points expected to be lost there in the inspection, the largest first.
    rates : tuple of RateVisit
        Where rates are in doubt because sites of a type were never seen; the most telling first.
    payoff : {'points', 'chance'}
        Units of all values: points of the expected score, or chance to pass.
    repairs : int
        Sites that can be mended after the patrol.
    days : float
        From the visit to the inspection.
    exact : bool
        Whether the slopes come from an exact law.
    error : float
        Standard error of `evsi` from the simulated slopes, for this patrol; 0 for exact ones.
    """

    rows: tuple[Visit, ...]
    evsi: float
    evppi: float
    evpi: float
    plain: tuple[tuple[int, float], ...]
    rates: tuple[RateVisit, ...]
    payoff: str
    repairs: int
    days: float
    exact: bool
    error: float


# --------------------------------------------------------------------------------------------------- the decision


@dataclass(frozen=True, eq=False)
class _Checks:
    """Every check at every listed site, flat, sorted by site.

    Attributes
    ----------
    site : int array (N,)
        Place among the listed sites that are checked.
    slope : float array (N,)
    seen, good, bad : float array (N,)
        Chance that a visit sees it comply, and its chance at the inspection after either.
    """

    site: Ints
    slope: Floats
    seen: Floats
    good: Floats
    bad: Floats

    @property
    def prior(self) -> Floats:
        """Gain of mending each without a visit, (N,)."""
        chance = self.seen * self.good + (1 - self.seen) * self.bad
        return np.asarray(self.slope * np.maximum(AFTER - chance, 0.0))

    @property
    def known(self) -> _Checks:
        """The same checks, if a visit showed the state on the day of the inspection."""
        chance = self.seen * self.good + (1 - self.seen) * self.bad
        return _Checks(self.site, self.slope, chance, np.ones(len(chance)), np.zeros(len(chance)))


def _laws(checks: _Checks, sites: int, step: float, size: int) -> Floats:
    """Return the law of the gain of mending each site after a visit, on multiples of `step`, (sites, size).

    Each amount is shared between its two neighbours so that its mean stays. That only adds spread: the mean of a convex
    rising function (a sum of largest is one in each gain) becomes that of its interpolant, between 0 and step / 4 more
    for each amount, and every order between such means stays as it is.
    """
    found = np.zeros((sites, size))
    low = checks.slope * np.maximum(AFTER - checks.good, 0.0) / step
    more = checks.slope * np.maximum(AFTER - checks.bad, 0.0) / step - low
    first = np.bincount(checks.site, low, minlength=sites)
    at = np.floor(first).astype(np.int64)
    found[np.arange(sites), at] = 1 - (first - at)
    found[np.arange(sites), at + 1] += first - at
    starts = np.searchsorted(checks.site, np.arange(sites + 1))
    for turn in range(int(np.diff(starts).max(initial=0))):
        rows = np.flatnonzero(np.diff(starts) > turn)
        place = starts[rows] + turn
        shift = np.floor(more[place]).astype(np.int64)
        part, fails = more[place] - shift, 1 - checks.seen[place]
        law = found[rows]
        found[rows] = law * (1 - fails)[:, None]
        found[rows] += _moved(law, shift) * (fails * (1 - part))[:, None]
        found[rows] += _moved(law, shift + 1) * (fails * part)[:, None]
    return found


def _moved(law: Floats, shift: Ints) -> Floats:
    """Return laws moved up by a number of cells, each by its own."""
    place = np.arange(law.shape[1]) - shift[:, None]
    return np.where(place >= 0, np.take_along_axis(law, np.maximum(place, 0), axis=1), 0.0)


class _Patrol:
    """Values of patrols: gains before, and the laws of gains after a visit and under perfect knowledge."""

    def __init__(self, checks: _Checks, sites: int, repairs: int, cells: int) -> None:
        self.checks, self.sites, self.repairs = checks, sites, repairs
        self.prior = np.bincount(checks.site, checks.prior, minlength=sites)
        self.top = float(np.bincount(checks.site, checks.slope * AFTER, minlength=sites).max(initial=0.0))
        self.step = self.top / cells if self.top > 0 else 1.0
        self.size = cells + int(np.bincount(checks.site, minlength=1).max(initial=0)) + 3
        self.before = float(np.sort(self.prior)[::-1][:repairs].sum())

    def laws(self, checks: _Checks, chosen: NDArray[np.bool_]) -> Floats:
        """Return the laws of some sites after a visit that shows `checks`, (chosen, size)."""
        place = np.cumsum(chosen) - 1
        at = chosen[checks.site]
        own = _Checks(
            place[checks.site[at]], *(array[at] for array in (checks.slope, checks.seen, checks.good, checks.bad))
        )
        return _laws(own, int(chosen.sum()), self.step, self.size)

    def value(self, checks: _Checks, chosen: NDArray[np.bool_]) -> float:
        """Return by how much the best repairs gain more, on average, if some sites are seen."""
        lattice: Floats = self.step * np.arange(self.size, dtype=float)
        laws = iter(self.laws(checks, chosen))
        values = [lattice if seen else np.array([gain]) for gain, seen in zip(self.prior, chosen, strict=True)]
        chances = [next(laws) if seen else np.ones(1) for seen in chosen]
        return max(expected_best(values, chances, self.repairs) - self.before, 0.0)

    def order(self, visits: int, lost: Floats) -> tuple[list[int], list[float]]:
        """Return the sites of a patrol and what each adds: one by one, the one that adds most.

        Without sites in the patrol a gain is certain, so that a candidate changes the count N(t) where its own gain
        crosses t only: what it adds is a product of two vectors.
        """
        lattice: Floats = self.step * np.arange(self.size, dtype=float)
        grid = np.unique(np.concatenate([lattice, self.prior]))
        widths = np.append(np.diff(grid), 0.0)
        laws = self.laws(self.checks, np.ones(self.sites, dtype=bool))
        before = self.prior[:, None] > grid
        after = np.stack([exceeding(lattice, law, grid) for law in laws]) if self.sites else np.zeros((0, len(grid)))
        gained, spared = np.where(before, 0.0, after), np.where(before, after - 1, 0.0)
        rest, counts = before.sum(axis=0), nobody(len(grid), self.repairs)
        open_ = np.ones(self.sites, dtype=bool)
        order: list[int] = []
        added: list[float] = []
        for _ in range(min(visits, self.sites)):
            upto = np.cumsum(counts, axis=1)
            worth = gained @ (widths * self._free(upto, rest)) + spared @ (widths * self._free(upto, rest - 1))
            worth = np.where(worth > _NOTHING * self.top, worth, 0.0)
            best = max(np.flatnonzero(open_).tolist(), key=lambda site: (worth[site], lost[site], -site))
            order.append(best)
            added.append(float(worth[best]))
            open_[best] = False
            rest = rest - before[best]
            counts = counted(counts, after[best])
        return order, added

    def _free(self, upto: Floats, others: Ints) -> Floats:
        """Return the chance that a repair is left at each t if so many others are certain to be above it."""
        left = self.repairs - 1 - others
        chance = np.take_along_axis(upto, np.clip(left, 0, None)[:, None], axis=1)[:, 0]
        return np.where(left >= 0, chance, 0.0)


# -------------------------------------------------------------------------------------------------------- the door


def next_visits(
    found: Forecast,
    visits: int = 10,
    repairs: int | None = None,
    payoff: Payoff = "points",
    *,
    days: float | None = None,
    cells: int = CELLS,
) -> Visits:
    """Say which sites a patrol should see before the inspection.

    Parameters
    ----------
    found : Forecast
    visits : int
        Sites that the patrol can see, 0 or more.
    repairs : int, optional
        Sites that can be mended afterwards; as many as visits by default.
    payoff : {'points', 'chance'}
        What repairs are to raise: the expected score in points, or the chance to pass.
    days : float, optional
        From the visit to the inspection, 0 or more; by default the visit is on the day after the last dated check.
    cells : int
        Of the lattice of gains.

    Returns
    -------
    Visits
        ``0 <= evsi <= evppi <= evpi``, and `evsi` never falls with more visits.

    Raises
    ------
    ValueError
        For a negative number, or for the chance to pass where there is no pass mark.

    Notes
    -----
    With G_i the gain of mending all that is wrong at site i, ``EVSI = E[sum of the `repairs` largest posterior G_i] -
    sum of the `repairs` largest prior ones``; see the module for the decision and
    :func:`~evalsys.information.expected_best` for the mean. Gains lie on a lattice of `cells` cells, which keeps all
    orders and makes each value too large by less than a quarter of a cell for each check at the sites seen.

    Examples
    --------
    >>> from evalsys import forecast, read_assessment
    >>> found = next_visits(forecast(read_assessment("data/wujiang-2016")), 3)
    >>> len(found.rows), 0 <= found.evsi <= found.evppi <= found.evpi
    (3, True)
    """
    repairs = visits if repairs is None else repairs
    if min(visits, repairs) < 0 or (days is not None and days < 0):
        raise ValueError("visits, repairs and days must be 0 or more")
    if payoff == "chance" and found.chance is None:
        raise ValueError("no pass mark: there is no chance to pass")
    days = _days(found) if days is None else days
    slopes, exact = _slopes(found, payoff)
    held = _Held(found, days)
    checks = held.checks(slopes.mean)
    plain = tuple((row.site, row.drawn * row.loss) for row in site_rows(found, None))
    lost = dict(plain)
    patrol = _Patrol(checks, len(held.listed), repairs, cells)
    order, added = patrol.order(visits, np.array([lost.get(site, 0.0) for site in held.listed]))
    chosen = np.isin(np.arange(len(held.listed)), order)
    evsi = float(sum(added))
    batches = [_Patrol(held.checks(own), len(held.listed), repairs, cells) for own in slopes.batches]
    again = [each.value(each.checks, chosen) for each in batches]
    return Visits(
        rows=tuple(held.visit(site, worth, lost, checks) for site, worth in zip(order, added, strict=True)),
        evsi=evsi,
        evppi=max(patrol.value(checks.known, chosen), evsi),
        evpi=max(patrol.value(checks.known, np.ones(len(held.listed), dtype=bool)), evsi),
        plain=plain,
        rates=_rates(found, slopes.mean, visits, repairs),
        payoff=payoff,
        repairs=repairs,
        days=days,
        exact=exact,
        error=float(np.std(again, ddof=1)) / math.sqrt(len(again)) if again else 0.0,
    )


def _days(found: Forecast) -> float:
    """Return the days from the day after the last dated check to the inspection."""
    age = found.prospect.age
    if age is None:
        age = float(found.prospect.settings.value("state.unknown_age") or 0)
    return max(age - 1, 0.0)


def _slopes(found: Forecast, payoff: Payoff) -> tuple[Slopes, bool]:
    """Return the slope of every check, by block, and whether all that count come from the exact law."""
    model = found.prospect.model
    given = tables(found, payoff)
    own = given.sites if isinstance(given, Adjoint) else {}
    wanted = [place for place, block in enumerate(model.blocks) if block.site_type or (block.sites >= 0).any()]
    if all(place in own for place in wanted):
        slopes = Slopes(tuple(np.zeros(block.chance.shape) for block in model.blocks), ())
    else:
        slopes = sampled_slopes(model, payoff, found.seed)
    exact = {place: _table_slopes(model, given, place) for place in own} if isinstance(given, Adjoint) else {}
    mean, *batches = (
        tuple(exact.get(place, table) for place, table in enumerate(one)) for one in (slopes.mean, *slopes.batches)
    )
    return Slopes(mean, tuple(batches)), not batches


def _table_slopes(model: Model, given: Adjoint, place: int) -> Floats:
    """Return the slopes of a block that an exact law gives, averaged over severity, (S, C)."""
    block = model.blocks[place]
    shifts = np.array([check.shifts for check in block.checks])
    seen = np.where(shifts, model.sensitivity + model.specificity - 1, 1.0)
    slope = np.tensordot(given.weights, np.nan_to_num(given.sites[place].slopes), 1)
    return np.asarray(slope * (1 - block.absent) * seen)


class _Held:
    """The checks of a model at its listed sites, and what a visit so many days before the inspection shows of them."""

    def __init__(self, found: Forecast, days: float) -> None:
        model = found.prospect.model
        self.instrument = model.instrument
        parts = [np.zeros((5, 0), dtype=np.int64)]
        for place, block in enumerate(model.blocks):
            entry, check = np.nonzero(np.broadcast_to((block.sites >= 0)[:, None], block.chance.shape))
            columns = np.array([own.leaf for own in block.checks])[check]
            parts.append(np.stack([block.sites[entry], np.full(len(entry), place), entry, check, columns]))
        at = np.concatenate(parts, axis=1)
        at = at[:, np.argsort(at[0], kind="stable")]
        listed, place_of = np.unique(at[0], return_inverse=True)
        self.listed: list[int] = listed.tolist()
        self.site = place_of.reshape(-1)
        self.block, self.entry, self.check, self.column = at[1:]
        chance, keep, rate, self.absent = (self._of(model, name) for name in ("chance", "keep", "rate", "absent"))
        rates = np.append(model.rates[:, 0] / model.rates.sum(axis=1), np.nan)  # -1: none
        mean = rates[rate.astype(np.int64)]
        mean = np.where(np.isnan(mean), chance, mean)
        half = float(found.prospect.settings.value("state.half_life") or 0)
        # nothing seen since is older than the last sighting
        weight = np.maximum(2.0 ** (-days / half), keep)
        self.seen = np.clip((chance - (1 - weight) * mean) / weight, 0.0, 1.0)
        self.good, self.bad = weight + (1 - weight) * mean, (1 - weight) * mean

    def _of(self, model: Model, name: str) -> Floats:
        return self._flat([getattr(block, name) for block in model.blocks])

    def _flat(self, tables: Sequence[Floats]) -> Floats:
        found = np.zeros(len(self.block))
        for place in np.unique(self.block).tolist():
            own = self.block == place
            found[own] = tables[place][self.entry[own], self.check[own]]
        return found

    def checks(self, slopes: Sequence[Floats]) -> _Checks:
        """Return the checks with slopes given by block, (S, C) each; rounding may leave one below 0."""
        return _Checks(self.site, np.maximum(self._flat(slopes), 0.0), self.seen, self.good, self.bad)

    def visit(self, site: int, added: float, lost: dict[int, float], checks: _Checks) -> Visit:
        own = np.flatnonzero(self.site == site)
        fine = self.absent[own] + (1 - self.absent[own]) * self.seen[own]
        doubt = (checks.slope * (self.good - self.bad) * self.seen * (1 - self.seen))[own]
        told: dict[str, None] = {}
        for place in np.argsort(-doubt, kind="stable").tolist():
            if doubt[place] > 0:
                leaf = self.instrument.nodes[self.instrument.leaves[int(self.column[own[place]])]]
                told[self.instrument.nodes[leaf.parent].code] = None
        row = self.listed[site]
        return Visit(row, added, float(1 - np.prod(fine)), lost.get(row, 0.0), tuple(told)[:_STANDARDS])


def _rates(found: Forecast, slopes: Sequence[Floats], visits: int, repairs: int) -> tuple[RateVisit, ...]:
    """Return what visits to sites never seen tell of the rates there."""
    model = found.prospect.model
    totals: dict[int, list[float]] = {}
    for place, block in enumerate(model.blocks):
        for entry, number in zip(*np.nonzero((block.keep == 0) & (block.rate >= 0)), strict=True):
            rate = int(block.rate[entry, number])
            if block.site_type is not None and slopes[place][entry, number] > 0:
                own = totals.setdefault(rate, [0.0, 0.0])
                own[0] += float(block.times[entry])
                own[1] += float(block.times[entry] * slopes[place][entry, number])
    named = found.prospect.rates
    places = [rate for rate in totals if rate < len(named)]
    each = {rate: min(repairs, totals[rate][0]) * totals[rate][1] / totals[rate][0] for rate in places}
    a, b = model.rates.T if len(model.rates) else np.zeros((2, 0))
    mean = {rate: each[rate] * (AFTER - a[rate] / (a[rate] + b[rate])) for rate in places}
    instrument, rows = model.instrument, []
    for rate in places:
        other = max((mean[place] for place in places if place != rate), default=0.0)
        lines = ([-each[rate], 0.0], [each[rate] * AFTER, max(other, 0.0)])
        sites = min(visits, int(totals[rate][0]))
        leaf = instrument.nodes[instrument.leaves[named[rate].leaf]]
        name = instrument.nodes[leaf.parent].code
        worth = sample_value(float(a[rate]), float(b[rate]), sites, *lines)
        known = perfect_value(float(a[rate]), float(b[rate]), *lines)
        rows.append(RateVisit(name, str(named[rate].site_type), sites, worth, known))
    return tuple(sorted((row for row in rows if row.evppi > 0), key=lambda row: -row.evsi))
