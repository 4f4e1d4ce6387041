"""What a page shows of a forecast, as plain rows: all results once, a histogram, sites, findings, what changed."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from evalsys.adjoint import Adjoint
from evalsys.assessment import Assessment
from evalsys.assumptions_views import Under, under
from evalsys.doubt import ChanceDoubt, ScoreDoubt, score_doubt
from evalsys.faults import Fault, InputFaults
from evalsys.forecasting import Forecast, RateDoubt, forecast, inspections, passing, rate_doubt, tables, weight_doubt
from evalsys.inspection import Inspection
from evalsys.language import Text
from evalsys.model import Model
from evalsys.regions import Reason
from evalsys.rules import exact
from evalsys.scoring import Score
from evalsys.spine import allocate, evaluate
from evalsys.variance import GroupShare, PassShare, groups

__all__ = [
    "Change",
    "Finding",
    "Moved",
    "Outlook",
    "SiteRow",
    "acts",
    "answerable",
    "change_since",
    "findings_of",
    "histogram",
    "outlook",
    "site_rows",
    "visited",
]

_ZERO, _ONE = Fraction(0), Fraction(1)
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, eq=False)
class Outlook:
    """A forecast and all that a page shows of it, computed once; or the faults for which there is none.

    Attributes
    ----------
    found : Forecast or None
    faults : tuple of Fault
        Why there is no forecast; none where nobody wants one.
    given : Adjoint or None
        Tables of the chance to pass, where they are exact.
    hangs : tuple of PassShare
        What pass or fail hangs on.
    groups : tuple of GroupShare, or Reason
        By type of site.
    sites : tuple of SiteRow
    inspections : tuple of Inspection
        Three of them.
    doubt : RateDoubt or None
    others : tuple of Under
        As it is, and under other assumptions.
    weights : ScoreDoubt, Text or None
        Where weights are assumed: how far they move the mock score, or why that cannot be said.
    weighed : ChanceDoubt or None
        How far they move the chance to pass.
    """

    found: Forecast | None
    faults: tuple[Fault, ...] = ()
    given: Adjoint | None = None
    hangs: tuple[PassShare, ...] = ()
    groups: tuple[GroupShare, ...] | Reason = ()
    sites: tuple[SiteRow, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    doubt: RateDoubt | None = None
    others: tuple[Under, ...] = ()
    weights: ScoreDoubt | Text | None = None
    weighed: ChanceDoubt | None = None


def outlook(assessment: Assessment, pass_mark: str = "", seed: int = 0, wanted: bool = True) -> Outlook:
    """Forecast the coming inspection for a page; faults are told there, not raised.

    Parameters
    ----------
    pass_mark : str
        ``"85%"`` or points; empty: as the assessment says.
    seed : int
    wanted : bool
        Without it, nothing is computed and the page tells nothing.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> outlook(read_assessment("data/wujiang-2016"), wanted=False).found is None
    True
    """
    if not wanted:
        return Outlook(None)
    try:
        found = forecast(assessment, at_least=pass_mark or None, seed=seed)
    except InputFaults as error:
        return Outlook(None, tuple(error.faults))
    model = found.prospect.model
    held = tables(found) if found.chance is not None else None
    given = held if isinstance(held, Adjoint) else None
    weights = weight_doubt(found)
    why = score_doubt(found.prospect.score, draws=1) if model.instrument.weights["status"] == "assumed" else None
    open_ = found.chance is not None and 0 < found.chance < 1 and found.sd > 0
    return Outlook(
        found=found,
        given=given,
        hangs=passing(found, given) if open_ else (),
        groups=groups(model),
        sites=site_rows(found, given),
        inspections=inspections(found),
        doubt=rate_doubt(found, sets=20) if open_ else None,
        others=under(found.prospect, seed=seed),
        weights=weights[0] if weights else why,
        weighed=weights[1] if weights else None,
    )


def histogram(found: Forecast, most: int = 48) -> tuple[tuple[float, float, float], ...]:
    """Return bins of the score in per cent of the full marks, with the pass mark as an edge.

    Parameters
    ----------
    most : int
        The most bins that the central 99.9 % of the distribution takes.

    Returns
    -------
    tuple of (low, high, chance)
        Of one width, rising, from the lowest to the highest score; one bin without width where there is no spread.
    """
    rate = found.points / float(found.full) * 100
    used = np.flatnonzero(found.mass > 1e-12)
    if len(used) == 1 or found.sd == 0:
        at = float(rate[np.argmax(found.mass)])
        return ((at, at, 1.0),)
    below = np.cumsum(found.mass)
    low, high = (float(rate[min(int(np.searchsorted(below, q)), len(rate) - 1)]) for q in (0.0005, 0.9995))
    step = next((step for step in _STEPS if (high - low) / step <= most), _STEPS[-1])
    edge = 0.0 if found.mark is None else float(found.mark / found.full * 100)
    # a score on an edge belongs to the bin above it: rounding must not move it below
    place = np.floor((rate[used] - edge) / step + 1e-9).astype(int)
    first = int(place.min())
    mass = np.bincount(place - first, found.mass[used])
    bins = (edge + (first + np.arange(len(mass) + 1)) * step).tolist()
    return tuple(zip(bins[:-1], bins[1:], mass.tolist(), strict=True))


@dataclass(frozen=True)
class SiteRow:
    """What one listed site may cost.

    Attributes
    ----------
    site : int
        Row of the table of sites.
    block : int
        Of the model.
    drawn : float
        Chance that the inspection comes there.
    loss : float
        Expected points lost there if it does, by the weight that a check has in the total.
    weakest : int
        Column of the leaf that is expected to lose most.
    chance_seen : float or None
        Chance to pass if the inspection comes there; None without an exact table.
    chance_mended : float or None
        Chance to pass if the weakest check is mended, whether the inspection comes or not; None without a table.
    """

    site: int
    block: int
    drawn: float
    loss: float
    weakest: int
    chance_seen: float | None = None
    chance_mended: float | None = None


def site_rows(found: Forecast, given: Adjoint | None) -> tuple[SiteRow, ...]:
    """Return the listed sites by the points that they are expected to cost, drawn or not: the largest first.

    Parameters
    ----------
    given : Adjoint or None
        Tables of the chance to pass, where there are any.
    """
    model, weight = found.prospect.model, _weights(found.prospect.model)
    made: dict[int, SiteRow] = {}
    for place, block in enumerate(model.blocks):
        worth = np.zeros(block.chance.shape)
        for number, check in enumerate(block.checks):
            levels = np.array([float(level) for level in check.levels[1:]])
            lost = (block.sizes[:, number, : len(levels)] * (1 - levels)).sum(axis=1)
            apply = 1 - block.absent[:, number]
            share = check.reach / block.drawn
            fails = 1 - block.chance[:, number]
            if check.shifts:  # as inspectors see it: shortfalls missed, false alarms
                fails = fails * model.sensitivity + (1 - fails) * (1 - model.specificity)
            worth[:, number] = weight[check.leaf] * apply * fails * lost * share
        for entry, site in enumerate(block.sites.tolist()):
            if site < 0 or not block.checks:
                continue
            weakest = int(np.argmax(worth[entry]))
            row = SiteRow(
                site, place, block.drawn / block.population, float(worth[entry].sum()), block.checks[weakest].leaf
            )
            made[site] = _joined(made.get(site), _with_chances(row, given, entry, weakest))
    return tuple(sorted(made.values(), key=lambda row: (-row.drawn * row.loss, row.site)))


def answerable(result: Score) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Return the area and the units of each listed site: of the site, or of the checks made there."""
    sites = result.assessment.sites
    areas = [area if isinstance(area, str) else "" for area in sites["area"].tolist()]
    units = [dict.fromkeys(own) if isinstance(own, tuple | list) else {} for own in sites["units"].tolist()]
    named = [bool(own) for own in units]
    columns = (result.rows[name].tolist() for name in ("site", "area", "units"))
    for site, area, own in zip(*columns, strict=True):
        if site >= 0:
            areas[site] = areas[site] or (area if isinstance(area, str) else "")
            if not named[site]:
                units[site].update(dict.fromkeys(own or ()))
    return {site: (areas[site], tuple(units[site])) for site in range(len(areas))}


def _with_chances(row: SiteRow, given: Adjoint | None, entry: int, check: int) -> SiteRow:
    table = None if given is None else given.sites.get(row.block)
    if given is None or table is None or np.isnan(table.slopes[0, entry, check]):
        return row
    mended = given.mended(row.block, entry, check)
    return SiteRow(row.site, row.block, row.drawn, row.loss, row.weakest, float(table.if_seen[entry]), mended)


def _joined(one: SiteRow | None, other: SiteRow) -> SiteRow:
    """Add up what a site costs in several blocks, by their chances: fixed checks stand in a block of their own."""
    if one is None:
        return other
    heavy = one if one.loss >= other.loss else other
    drawn = max(one.drawn, other.drawn)
    loss = (one.drawn * one.loss + other.drawn * other.loss) / drawn
    return SiteRow(one.site, heavy.block, drawn, loss, heavy.weakest)


def _weights(model: Model) -> list[float]:
    """Return the points that one row of each leaf holds in the total, as weights go down a tree that adds up."""
    instrument = model.instrument
    count = len(instrument.leaves)
    whole = evaluate(instrument, exact([_ONE] * count), model.missing, model.dropped)
    total = [_ZERO] * len(instrument.nodes)
    for factor, part in whole.methods or ((_ONE, whole),):
        share = factor * part.assessed[0] / whole.assessed[0] if whole.methods else _ONE
        own = [_ZERO] * len(instrument.nodes)
        own[0] = share
        for place, node in enumerate(instrument.nodes[1:], 1):
            own[place] = own[node.parent] * part.weights[place]
        total = [a + b for a, b in zip(total, own, strict=True)]
    full = instrument.full_marks
    return [
        float(total[place] * full / rows) if rows else 0.0
        for place, rows in zip(instrument.leaves, model.rows, strict=True)
    ]


# ------------------------------------------------------------------------------------- in a simulated inspection


@dataclass(frozen=True)
class Finding:
    """A row of a simulated inspection with a shortfall: its place in the table, and the points it costs there."""

    row: int
    points: Fraction


def visited(one: Inspection) -> list[tuple[str, str]]:
    """Return the sites that an inspection came to, as (type, name), in the order of its table."""
    pairs = zip(one.rows["site_type"].tolist(), one.rows["site"].tolist(), strict=True)
    return list(dict.fromkeys((kind, name) for kind, name in pairs if isinstance(kind, str) and isinstance(name, str)))


def acts(model: Model, on: Collection[str], part: str) -> bool:
    """Whether a part (or 'inspector') of those that are on has something to act on in a model."""
    if part in ("survey", "documents"):
        return part in on and any(block.part == part for block in model.blocks)
    if part == "events":
        return bool(model.events)
    return ("severity" if part == "inspector" else part) in on


def findings_of(model: Model, one: Inspection) -> tuple[Finding, ...]:
    """Return the rows of an inspection that show a shortfall, by the points they cost: the largest first.

    A leaf's loss is shared over its rows in proportion to their shortfalls. The points add up to the full marks less
    the score before events; a row below a threshold that holds all the same costs nothing.
    """
    instrument = model.instrument
    loss, _ = allocate(instrument, one.evaluation)
    rate = one.evaluation.assessed[0]
    leaf_of = {
        (instrument.nodes[instrument.nodes[place].parent].code, instrument.nodes[place].method): place
        for place in instrument.leaves
    }
    short: dict[int, Fraction] = {}
    where: list[tuple[int, int, Fraction]] = []
    columns = (one.rows[name].tolist() for name in ("standard", "method", "attainment", "level"))
    for row, (code, method, attained, level) in enumerate(zip(*columns, strict=True)):
        if level > 0 and attained is not None:
            place = leaf_of[code, method]
            where.append((row, place, _ONE - attained))
            short[place] = short.get(place, _ZERO) + _ONE - attained
    made = [Finding(row, loss.get(place, _ZERO) / rate * lack / short[place]) for row, place, lack in where]
    return tuple(sorted(made, key=lambda finding: (-finding.points, finding.row)))


# --------------------------------------------------------------------------------------------- since another round


@dataclass(frozen=True)
class Moved:
    """An indicator's attainment then and now; None where it was not assessed."""

    place: int
    before: Fraction | None
    now: Fraction | None


@dataclass(frozen=True)
class Change:
    """What changed from one round to another.

    Attributes
    ----------
    before, now : Fraction or None
        Scores in points.
    moved : tuple of Moved
        Top-level indicators, the largest change first.
    came, went, stayed : tuple of (leaf, site)
        Findings of both rounds, as places of leaves and rows of the table of sites: new, gone, and there again. Only
        where both rounds have a check of the leaf at the site.
    unseen : int
        Findings then that were not checked again.
    """

    before: Fraction | None
    now: Fraction | None
    moved: tuple[Moved, ...]
    came: tuple[tuple[int, int], ...]
    went: tuple[tuple[int, int], ...]
    stayed: tuple[tuple[int, int], ...]
    unseen: int


def change_since(before: Score, now: Score) -> Change:
    """Compare two rounds of one assessment.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> same = change_since(result, result)
    >>> len(same.came), len(same.stayed) > 0
    (0, True)
    """
    nodes = now.assessment.instrument.nodes
    tops = [place for place, node in enumerate(nodes) if node.depth == 1 and node.scored]
    moved = [Moved(place, before.nodes[place].attainment, now.nodes[place].attainment) for place in tops]
    moved.sort(key=lambda row: -abs(_difference(row)))
    old, new = _found(before), _found(now)
    both = old.keys() & new.keys()
    return Change(
        before=before.value,
        now=now.value,
        moved=tuple(moved),
        came=tuple(sorted(key for key in both if new[key] and not old[key])),
        went=tuple(sorted(key for key in both if old[key] and not new[key])),
        stayed=tuple(sorted(key for key in both if old[key] and new[key])),
        unseen=sum(lost for key, lost in old.items() if key not in new),
    )


def _difference(row: Moved) -> Fraction:
    return _ZERO if row.before is None or row.now is None else row.now - row.before


def _found(result: Score) -> Mapping[tuple[int, int], bool]:
    """Return, for each leaf and site that was checked, whether points were lost there."""
    out: dict[tuple[int, int], bool] = {}
    for leaf, site, attained, lost in zip(
        result.rows["leaf"].tolist(),
        result.rows["site"].tolist(),
        result.rows["attainment"].tolist(),
        result.rows["lost"].tolist(),
        strict=True,
    ):
        if site >= 0 and attained is not None and not (isinstance(attained, float) and math.isnan(attained)):
            out[leaf, site] = out.get((leaf, site), False) or lost > 0
    return out
