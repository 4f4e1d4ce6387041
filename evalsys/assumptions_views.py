"""How far a forecast hangs on what is assumed: the same forecast under other numbers, one changed at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.assessment import Assessment
from evalsys.draws import Stratum
from evalsys.forecast_settings import ForecastSettings
from evalsys.inspection import Simulation, simulate
from evalsys.language import Text
from evalsys.law import Law, law
from evalsys.modelling import Prospect, prospect
from evalsys.regions import NotExact

__all__ = ["Change", "Under", "changed", "changes_of", "under"]

Floats = NDArray[np.float64]
_CELLS = 2**12  # of a lattice: a law in a tenth of a second
_DRAWS = 8_000


@dataclass(frozen=True)
class Change:
    """Other numbers in place of some that a forecast assumes.

    Attributes
    ----------
    name : Text
        What is assumed instead.
    values : mapping of str to Fraction
        Parameters by key, as :class:`~evalsys.forecast_settings.Parameter` has them.
    off : tuple of str
        Parts of the uncertainty that are switched off.
    populations : Fraction
        Factor on how many sites there are, where that is assumed; never fewer than are listed or drawn.
    """

    name: Text
    values: Mapping[str, Fraction] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    populations: Fraction = Fraction(1)


@dataclass(frozen=True)
class Under:
    """The forecast under one change.

    Attributes
    ----------
    name : Text
    chance : float or None
        To pass; None without a pass mark.
    mean, sd : float
        Of the score, in points.
    chance_moved, mean_moved : float
        By how much they exceed those of the forecast as it is.
    chance_error, mean_error, sd_error, chance_moved_error, mean_moved_error : float
        Standard errors, 0 where it is not simulated. Both inspections of a pair use the same random numbers.
    engine : {'exact', 'rounded', 'simulated'}
        'rounded': losses were put on a coarser lattice in shares that keep the mean.
    """

    name: Text
    chance: float | None
    mean: float
    sd: float
    chance_moved: float
    mean_moved: float
    chance_error: float
    mean_error: float
    sd_error: float
    chance_moved_error: float
    mean_moved_error: float
    engine: str


def changes_of(found: Prospect) -> tuple[Change, ...]:
    """Return the changes that mean something for a forecast: of parts that are on, and of numbers that are assumed.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> changes_of(prospect(read_assessment("data/wujiang-2016")))[0].name.en
    'half as many sites as assumed'
    """
    return tuple(_changes(found))


def _changes(found: Prospect) -> Iterator[Change]:
    settings, strata = found.settings, found.strata
    if any(stratum.assumed for stratum in strata):
        yield Change(Text("点位总数为假定的一半", "half as many sites as assumed"), populations=Fraction(1, 2))
        for factor in (2, 5):
            name = Text(f"点位总数为假定的 {factor} 倍", f"{factor} times as many sites as assumed")
            yield Change(name, populations=Fraction(factor))
    sd, half = settings.value("severity.sd"), settings.value("state.half_life")
    if "severity" in settings.on and sd:
        yield Change(Text("各处严查程度互不相关", "no shared severity"), {"severity.sd": Fraction(0)})
        yield Change(Text("严查程度的标准差减半", "half the spread of severity"), {"severity.sd": sd / 2})
        yield Change(Text("严查程度的标准差加倍", "twice the spread of severity"), {"severity.sd": sd * 2})
    if "state" in settings.on and half:
        yield Change(Text("检查结果的半衰期减半", "half the half-life of findings"), {"state.half_life": half / 2})
        yield Change(Text("检查结果的半衰期加倍", "twice the half-life of findings"), {"state.half_life": half * 2})
    for weight in (1, 20):
        name = Text(
            f"上一级达标率折合 {weight} 次检查",
            f"a wider group's rate is worth {weight} check{'s' if weight > 1 else ''}",
        )
        yield Change(name, {"rates.weight": Fraction(weight)})
    if "state" in settings.on:
        yield Change(Text("点位状况保持上次所见", "sites stay as last seen"), off=("state",))
    if "draw" in settings.on:
        yield Change(Text("不抽查，只考察模拟测评的点位", "no draw: the sites of the mock assessment"), off=("draw",))


def under(
    found: Prospect, changes: Sequence[Change] | None = None, *, draws: int = _DRAWS, seed: int = 0
) -> tuple[Under, ...]:
    """Return a forecast as it is, and under each of some changes.

    Parameters
    ----------
    found : Prospect
    changes : sequence of Change, optional
        By default all of :func:`changes_of`.
    draws : int
        Simulated inspections of each, where a law cannot be found by convolution.
    seed : int

    Returns
    -------
    tuple of Under
        The forecast as it is comes first.

    Notes
    -----
    Where the exact lattice is too large, losses are rounded to one of about 4,000 cells: means stay exact, and the
    chance may differ in the third digit from the law on the full lattice.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> assessment = read_assessment("data/wujiang-2016")
    >>> wujiang = prospect(assessment, assessment.settings.forecast.with_off(["severity"]))
    >>> base, certain = under(wujiang, [Change(Text("全部关闭", "all off"), off=("state", "draw"))])
    >>> round(certain.mean, 3), round(certain.chance, 6)
    (36.606, 1.0)
    """
    changes = changes_of(found) if changes is None else changes
    models = [found.model, *(changed(found, change).model for change in changes)]
    names = [Text("按现有假定", "as assumed"), *(change.name for change in changes)]
    rows: list[Under] = []
    first: Simulation | None = None
    for name, model in zip(names, models, strict=True):
        try:
            here = law(model, cells=_CELLS, coarse=_CELLS, bounded=False)
        except NotExact:
            first = first or simulate(found.model, draws, seed)
            again = first if model is found.model else simulate(model, draws, seed)
            rows.append(_simulated(name, again, first))
            continue
        rows.append(_exact(name, here, rows[0] if rows else None))
    return tuple(rows)


def _exact(name: Text, here: Law, base: Under | None) -> Under:
    chance, mean = here.chance, here.mean
    moved = 0.0 if base is None or chance is None or base.chance is None else chance - base.chance
    return Under(
        name=name,
        chance=chance,
        mean=mean,
        sd=here.sd,
        chance_moved=moved,
        mean_moved=0.0 if base is None else mean - base.mean,
        chance_error=0.0,
        mean_error=0.0,
        sd_error=0.0,
        chance_moved_error=0.0 if base is None else base.chance_error,
        mean_moved_error=0.0 if base is None else base.mean_error,
        engine="exact" if here.exact else "rounded",
    )


def _simulated(name: Text, here: Simulation, base: Simulation) -> Under:
    size = len(here.score)
    further = here.score - base.score
    passed = None
    if here.passed is not None and base.passed is not None:
        passed = here.passed.astype(float) - base.passed.astype(float)
    fourth = float(((here.score - here.mean) ** 4).mean())
    return Under(
        name=name,
        chance=here.chance,
        mean=here.mean,
        sd=here.sd,
        chance_moved=0.0 if passed is None else float(passed.mean()),
        mean_moved=float(further.mean()),
        chance_error=here.chance_error or 0.0,
        mean_error=here.mean_error,
        # of a variance, (fourth moment - variance^2) / n; of its root, half of that per standard deviation
        sd_error=math.sqrt(max(fourth - here.sd**4, 0.0) / size) / (2 * here.sd) if here.sd else 0.0,
        chance_moved_error=0.0 if passed is None else float(passed.std(ddof=1)) / math.sqrt(size),
        mean_moved_error=float(further.std(ddof=1)) / math.sqrt(size),
        engine="simulated",
    )


# ----------------------------------------------------------------------------------------------- changed assumptions


def changed(found: Prospect, change: Change) -> Prospect:
    """Return the prospect under a change; the pass mark stays.

    Parameters
    ----------
    found : Prospect
    change : Change

    Notes
    -----
    Blocks of the model may have other sites, or be others: what refers to their places must be found anew.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> wujiang = prospect(read_assessment("data/wujiang-2016"))
    >>> changed(wujiang, Change(Text("无", "none"), {"severity.sd": Fraction(0)})).model.severity
    0.0
    """
    settings = _settings(found.settings, change)
    if change.populations == 1 and not change.off and set(change.values) == {"severity.sd"}:
        model = replace(found.model, severity=float(change.values["severity.sd"]))  # nothing else rests on it
        return replace(found, model=model, settings=settings)
    made = prospect(_assessment(found, change.populations), settings)
    return replace(made, model=replace(made.model, mark=found.model.mark))


def _settings(settings: ForecastSettings, change: Change) -> ForecastSettings:
    """Return the settings with other values; a half-life that was learnt stays as it is."""
    for key in change.values:
        settings.parameter(key)
    parameters = tuple(
        replace(own, value=change.values[own.key], status="given", source=None) if own.key in change.values else own
        for own in settings.parameters
    )
    return replace(settings, parameters=parameters).with_off(change.off)


def _assessment(found: Prospect, factor: Fraction) -> Assessment:
    """Return the assessment with assumed populations multiplied, never fewer than are listed or drawn."""
    assessment = found.score.assessment
    if factor == 1:
        return assessment
    by_type: dict[str, list[Stratum]] = {}
    for stratum in found.strata:
        by_type.setdefault(stratum.site_type, []).append(stratum)
    ids = assessment.sites["site_id"].tolist()
    draw: list[Mapping[str, Any]] = []
    for site_type, strata in by_type.items():
        stated = [item for item in assessment.settings.draw if item["site_type"] == site_type]
        # sites that name no area, where each area is drawn from, cannot be named in an entry of their own
        if not any(s.assumed for s in strata) or (len(strata) > 1 and any(s.area is None for s in strata)):
            draw += stated
            continue
        for stratum in strata:
            most = max(math.ceil(factor * stratum.population), len(stratum.sites), stratum.drawn)
            draw.append(
                {
                    "site_type": site_type,
                    "sites": stratum.drawn,
                    "area": stratum.area or "none",
                    "population": most if stratum.assumed else stratum.population,
                    "population_source": stratum.source,
                    "must_visit": [ids[row] for row in stratum.must_visit],
                }
            )
    return replace(assessment, settings=replace(assessment.settings, draw=tuple(draw)))
