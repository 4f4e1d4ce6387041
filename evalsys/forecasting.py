"""The forecast of a coming inspection: the exact law where there is one, simulation with its error elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsys.adjoint import Adjoint, adjoint
from evalsys.assessment import Assessment
from evalsys.doubt import ChanceDoubt, ScoreDoubt, chance_doubt, score_doubt
from evalsys.faults import Fault, InputFaults
from evalsys.forecast_settings import ForecastSettings
from evalsys.inspection import Inspection, Simulation, one, simulate
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.lattice import compile_region
from evalsys.law import Law, law
from evalsys.model import Model
from evalsys.modelling import Prospect, prospect
from evalsys.regions import NotExact, Reason, regions_of
from evalsys.variance import PassShare, Share, pass_shares, split

__all__ = [
    "DRAWS",
    "QUANTILES",
    "Forecast",
    "RateDoubt",
    "forecast",
    "inspections",
    "passing",
    "rate_doubt",
    "reforecast",
    "tables",
    "weight_doubt",
]

Floats = NDArray[np.float64]
Engine = Literal["auto", "exact", "simulate"]

#: Simulated inspections behind a forecast without an exact law.
DRAWS = 20_000
#: Pairs of simulated inspections behind a line of the variance, or an index, that has no closed form.
PAIRS = 8_000
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 11  # of severity, in a simulation
_SMALL = 2**11  # cells: enough to see how far the chance moves
_TOO_FINE = Text(
    "各标准检查数不同，公分母过大，分布须取整到格点",
    "the common denominator is too large: losses would have to be rounded to a lattice",
)


@dataclass(frozen=True, eq=False)
class Forecast:
    """What the coming inspection will find.

    Attributes
    ----------
    prospect : Prospect
        The model, and what it rests on.
    engine : {'exact', 'rounded', 'simulate'}
        'rounded': the exact engine on a lattice that is too coarse for the points; `bounds` are certified.
    why_not : tuple of Reason
        Why the law is not exact.
    mean, sd : float
        Of the score on assessed points, in points.
    mean_error : float
        Standard error of `mean`: 0 for a law.
    chance : float or None
        To reach the pass mark with no veto; None without a mark.
    chance_error : float or None
        Standard error of `chance`; for a rounded law, half the width of its bounds.
    bounds : (float, float) or None
        Certified bounds of the chance, where they were computed.
    quantiles : tuple of (share, points)
    points, mass : float array (values,)
        The distribution, in points rising.
    severity : tuple of (z, weight, chance, error)
        Chance to pass under each severity (z > 0 is lenient), and how much of the law it is.
    seed, draws : int
        Of the simulation; `draws` is 0 for a law.
    pairs : int
        Of simulated inspections, behind what of `shares` has no closed form.
    """

    prospect: Prospect
    engine: str
    why_not: tuple[Reason, ...]
    mean: float
    mean_error: float
    sd: float
    chance: float | None
    chance_error: float | None
    bounds: tuple[float, float] | None
    quantiles: tuple[tuple[float, float], ...]
    points: Floats
    mass: Floats
    severity: tuple[tuple[float, float, float, float], ...]
    seed: int
    draws: int
    pairs: int = PAIRS

    @property
    def full(self) -> Fraction:
        """Full marks."""
        return self.prospect.model.instrument.full_marks

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Of the variance, by part; computed when it is first asked for."""
        return split(self.prospect, draws=self.pairs, seed=self.seed)

    @property
    def mark(self) -> Fraction | None:
        """Pass mark in points."""
        return self.prospect.model.mark

    def at_severity(self, times: float) -> tuple[float, float] | None:
        """Return the chance to pass, and its error, at so many standard deviations of severity; None without one.

        Parameters
        ----------
        times : float
            Below 0 strict, above 0 lenient.
        """
        if len(self.severity) < 2 or self.chance is None:
            return None
        z, _, chance, error = zip(*self.severity, strict=True)
        at = times * self.prospect.model.severity
        if self.engine == "simulate":
            return float(np.interp(at, z, chance)), float(np.interp(at, z, error))
        from scipy.interpolate import CubicSpline

        # between the nodes of a law the chance is smooth: a line would be off by a digit that is shown
        return min(max(float(CubicSpline(z, chance)(at)), 0.0), 1.0), 0.0


def forecast(
    assessment: Assessment,
    *,
    at_least: str | None = None,
    engine: Engine = "auto",
    seed: int = 0,
    draws: int = DRAWS,
    settings: ForecastSettings | None = None,
) -> Forecast:
    """Forecast the coming inspection of an assessment.

    Parameters
    ----------
    assessment : Assessment
    at_least : str, optional
        Pass mark, ``"85%"`` or points; otherwise the assessment's, otherwise the instrument's.
    engine : {'auto', 'exact', 'simulate'}
        'auto' takes the exact law where there is one, else simulation.
    seed, draws : int
        Of the simulation.
    settings : ForecastSettings, optional
        In place of the assessment's own.

    Returns
    -------
    Forecast

    Raises
    ------
    InputFaults
        For evidence that the forecast cannot use, an impossible pass mark, or an exact law that does not exist.

    Examples
    --------
    >>> from evalsys import forecast, read_assessment
    >>> found = forecast(read_assessment("data/wujiang-2016"), engine="simulate", draws=100)
    >>> found.engine, found.draws
    ('simulate', 100)
    """
    found = prospect(assessment, settings, at_least)
    if found.score.value is None:
        raise InputFaults([Fault("nothing_to_forecast", "forecast")])
    pairs = min(draws, PAIRS)
    why: tuple[Reason, ...] = ()
    if engine != "simulate":
        try:
            fits = compile_region(found.model, regions_of(found.model)).exact
        except NotExact as error:
            why = error.reasons
            if engine == "exact":
                raise InputFaults([_not_exact(reason) for reason in why]) from None
        else:
            if fits or engine == "exact":
                return _of_law(found, law(found.model), pairs, seed)
            why = (Reason(_TOO_FINE),)
    return _of_simulation(found, simulate(found.model, draws, seed), why, pairs)


def reforecast(found: Forecast, model: Model) -> Forecast:
    """Return the forecast of another model, by the same engine with the same seed: what else would happen."""
    own = replace(found.prospect, model=model)
    if found.engine == "simulate":
        return _of_simulation(own, simulate(model, found.draws, found.seed), found.why_not, found.pairs)
    return _of_law(own, law(model), found.pairs, found.seed)


def _not_exact(reason: Reason) -> Fault:
    codes = " ".join(reason.leaves[:8]) + (" ..." if len(reason.leaves) > 8 else "")
    return Fault("no_exact_law", f"engine: {reason.text.zh} · {reason.text.en}", value=codes)


def _of_law(found: Prospect, here: Law, pairs: int, seed: int) -> Forecast:
    error = None if here.bounds is None else (here.bounds[1] - here.bounds[0]) / 2
    given = zip(here.z.tolist(), here.weights.tolist(), here.chance_given.tolist(), strict=True)
    return Forecast(
        prospect=found,
        engine="exact" if here.exact else "rounded",
        why_not=() if here.exact else (Reason(_TOO_FINE),),
        mean=here.mean,
        mean_error=0.0,
        sd=here.sd,
        chance=here.chance,
        chance_error=error,
        bounds=here.bounds,
        quantiles=tuple((share, here.quantile(share)) for share in QUANTILES),
        points=here.points[::-1],
        mass=here.mass[::-1],
        severity=tuple((z, weight, chance, 0.0) for z, weight, chance in given) if here.chance is not None else (),
        seed=seed,
        draws=0,
        pairs=pairs,
    )


def _of_simulation(found: Prospect, drawn: Simulation, why: tuple[Reason, ...], pairs: int) -> Forecast:
    values, count = np.unique(drawn.score, return_counts=True)
    below = np.cumsum(count)
    at = [float(values[np.searchsorted(below, share * below[-1])]) for share in QUANTILES]
    return Forecast(
        prospect=found,
        engine="simulate",
        why_not=why,
        mean=drawn.mean,
        mean_error=drawn.mean_error,
        sd=drawn.sd,
        chance=drawn.chance,
        chance_error=drawn.chance_error,
        bounds=None,
        quantiles=tuple(zip(QUANTILES, at, strict=True)),
        points=values,
        mass=count / count.sum(),
        severity=_binned(drawn),
        seed=drawn.seed,
        draws=len(drawn.points),
        pairs=pairs,
    )


def _binned(drawn: Simulation) -> tuple[tuple[float, float, float, float], ...]:
    """Return the chance to pass by bins of severity that hold the same number of draws."""
    if drawn.passed is None:
        return ()
    if not drawn.z.any():
        return ((0.0, 1.0, drawn.chance or 0.0, drawn.chance_error or 0.0),)
    found = []
    for own in np.array_split(np.argsort(drawn.z, kind="stable"), _BINS):
        if len(own):
            p = float(drawn.passed[own].mean())
            error = math.sqrt(p * (1 - p) / len(own))
            found.append((float(drawn.z[own].mean()), len(own) / len(drawn.z), p, error))
    return tuple(found)


# ------------------------------------------------------------------------------------------- looking further


@dataclass(frozen=True)
class RateDoubt:
    """How far the chance to pass may lie from the forecast because rates are known from few checks only.

    Attributes
    ----------
    low, high : float
        Central 90 % of the chance over the rates' posteriors.
    mean, error : float
        Mean chance over the rates, and its standard error.
    sets : int
        Sets of rates that were drawn.
    """

    low: float
    high: float
    mean: float
    error: float
    sets: int


def rate_doubt(found: Forecast, sets: int = 60) -> RateDoubt | None:
    """Return the interval of the chance over the rates; None where rates are off or there is no pass mark.

    An outer loop: rates are drawn from their posteriors, and each set gives a chance by the forecast's own engine
    (laws on a lattice of at most 2,048 cells at 13 nodes of severity; or simulation with the same draws for all sets).
    """
    model = found.prospect.model
    if found.chance is None or "rates" not in found.prospect.settings.on or not len(model.rates):
        return None
    random = np.random.default_rng(np.random.SeedSequence(found.seed).spawn(3)[2])
    chances = []
    for _ in range(sets):
        here = found.prospect.with_rates(np.asarray(random.beta(*model.rates.T)))
        if found.engine == "simulate":
            chance = simulate(here, 1_000, found.seed).chance
        else:
            chance = law(here, cells=_SMALL, coarse=_SMALL, count=13, bounded=False).chance
        chances.append(chance or 0.0)
    low, high = np.quantile(chances, [0.05, 0.95]).tolist()
    error = float(np.std(chances, ddof=1)) / math.sqrt(sets)
    return RateDoubt(low, high, float(np.mean(chances)), error, sets)


def weight_doubt(found: Forecast, draws: int = 12) -> tuple[ScoreDoubt, ChanceDoubt | None] | None:
    """Return how far assumed weights move the mock score and the chance to pass.

    Parameters
    ----------
    draws : int
        Sets of random weights for the chance, beside those that make the score least and most.

    Returns
    -------
    (ScoreDoubt, ChanceDoubt or None) or None
        None where weights are not assumed, or no part of the total has a weight of its own; no chance without a mark.
    """
    model = found.prospect.model
    if model.instrument.weights["status"] != "assumed":
        return None
    doubt = score_doubt(found.prospect.score, seed=found.seed)
    if not isinstance(doubt, ScoreDoubt):
        return None
    if found.chance is None:
        return doubt, None

    def chance_of(instrument: Instrument) -> float:
        here = replace(model, instrument=instrument)
        if found.engine == "simulate":
            return simulate(here, 2_000, found.seed).chance or 0.0
        return law(here, cells=_SMALL, coarse=_SMALL, count=13, bounded=False).chance or 0.0

    return doubt, chance_doubt(chance_of, model.instrument, doubt, draws=draws, seed=found.seed)


def tables(found: Forecast, payoff: str = "chance", cells: int = 2**15) -> Adjoint | tuple[Reason, ...]:
    """Return the adjoint tables of a forecast, or why there are none.

    Parameters
    ----------
    payoff : {'chance', 'points'}
    cells : int
        The most cells of an exact lattice. On a coarser one losses are rounded in shares that keep the mean, and tables
        of leaves are refused: :data:`evalsys.lattice.CELLS` for all that can be had, in more time.
    """
    if found.engine != "exact":
        return found.why_not
    return adjoint(found.prospect.model, payoff, cells=cells, coarse=cells, count=13)


def passing(found: Forecast, given: Adjoint | None = None) -> tuple[PassShare, ...]:
    """Return what pass or fail hangs on.

    Parameters
    ----------
    given : Adjoint, optional
        Tables of the chance to pass, as :func:`tables` returns them: indices are exact then, by leaf and drawn block.
        Without them they are simulated, by part of the uncertainty, with their error.
    """
    return pass_shares(found.prospect.model, given, draws=PAIRS, seed=found.seed)


def inspections(found: Forecast, which: Sequence[int] = (0, 1, 2)) -> tuple[Inspection, ...]:
    """Write out some of the inspections that a simulation with the forecast's seed draws."""
    sites = found.prospect.score.assessment.sites
    return tuple(one(found.prospect.model, sites, found.seed, draw) for draw in which)
