"""What a page shows of a forecast, as plain rows: a histogram, the sites that cost most, what changed since a round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from evalsys.adjoint import Adjoint
from evalsys.forecasting import Forecast
from evalsys.model import Model
from evalsys.scoring import Score
from evalsys.spine import evaluate

__all__ = ["Change", "Moved", "SiteRow", "change_since", "histogram", "site_rows"]

_ZERO, _ONE = Fraction(0), Fraction(1)
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)


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
            worth[:, number] = weight[check.leaf] * apply * (1 - block.chance[:, number]) * lost * share
        for entry, site in enumerate(block.sites.tolist()):
            if site < 0 or not block.checks:
                continue
            weakest = int(np.argmax(worth[entry]))
            row = SiteRow(
                site, place, block.drawn / block.population, float(worth[entry].sum()), block.checks[weakest].leaf
            )
            made[site] = _joined(made.get(site), _with_chances(row, given, entry, weakest))
    return tuple(sorted(made.values(), key=lambda row: (-row.drawn * row.loss, row.site)))


def _with_chances(row: SiteRow, given: Adjoint | None, entry: int, check: int) -> SiteRow:
    table = None if given is None else given.sites.get(row.block)
    if given is None or table is None or np.isnan(table.slopes[0, entry, check]):
        return row
    mended = given.mended(row.block, entry, check)
    return SiteRow(row.site, row.block, row.drawn, row.loss, row.weakest, float(table.if_seen[entry]), mended)


def _joined(one: SiteRow | None, other: SiteRow) -> SiteRow:
    """Add up what a site costs in several blocks: fixed checks stand in a block of their own."""
    if one is None:
        return other
    heavy = one if one.loss >= other.loss else other
    return SiteRow(one.site, heavy.block, heavy.drawn, one.loss + other.loss, heavy.weakest)


def _weights(model: Model) -> list[float]:
    """Return the points that one row of each leaf holds in the total, as weights go down a tree that adds up."""
    instrument = model.instrument
    count = len(instrument.leaves)
    from evalsys.rules import exact

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
