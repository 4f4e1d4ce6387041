"""Picks the engine that tells what repairs are worth: the one that made the forecast."""

from __future__ import annotations

from evalsys.fixes import Fixes, fixes_of, mended
from evalsys.forecasting import Forecast, reforecast
from evalsys.mending import Bench, Floats, Gain, Worth
from evalsys.mending_drawn import DrawnBench
from evalsys.mending_exact import ExactBench
from evalsys.model import Model

__all__ = ["CELLS", "bench_of", "bench_of_model", "settled"]

#: Cells of the lattice on which repairs are compared. Where the exact one is larger, losses are rounded to it in shares
#: that keep the mean: gains of chance may then be off in the fourth digit, those of points are not.
CELLS = 2**13
_NODES = 13  # of severity: more change the seventh digit


def bench_of(found: Forecast, fixes: Fixes | None = None, *, at: float | None = None) -> Bench:
    """Return the bench of a forecast.

    Parameters
    ----------
    found : Forecast
    fixes : Fixes, optional
        By default those of the assessment.
    at : float, optional
        One severity, in log-odds, in place of the average over all.
    """
    fixes = fixes_of(found.prospect) if fixes is None else fixes
    if found.engine == "simulate":
        return DrawnBench(found.prospect.model, fixes, draws=found.draws, seed=found.seed, at=at)
    return ExactBench(found.prospect.model, fixes, cells=CELLS, coarse=CELLS, count=_NODES, at=at)


def bench_of_model(model: Model, fixes: Fixes, found: Forecast, *, draws: int) -> Bench:
    """Return a light bench of another model than the forecast's, by the forecast's engine.

    Parameters
    ----------
    fixes : Fixes
        With cells of `model`.
    draws : int
        Simulated inspections, where laws are not exact.
    """
    if found.engine == "simulate":
        return DrawnBench(model, fixes, draws=draws, seed=found.seed)
    return ExactBench(model, fixes, cells=CELLS // 2, coarse=CELLS // 2, count=_NODES)


def settled(found: Forecast, fixes: Fixes, after: Floats) -> tuple[Worth, Worth, Gain]:
    """Return the worth of nothing done and of a state, and the gain, as finely as the forecast itself.

    With nothing done it is just what the forecast says. An exact law is computed anew; simulated inspections are the
    forecast's own, before and after.
    """
    if found.engine == "simulate":
        bench = bench_of(found, fixes)
        return bench.worth(fixes.after([])), bench.worth(after), bench.gains([after])[0]
    done = reforecast(found, mended(found.prospect.model, fixes.cells, after))
    before, now = (Worth(own.mean, own.chance) for own in (found, done))
    chance = None if now.chance is None or before.chance is None else now.chance - before.chance
    return before, now, Gain(now.points - before.points, chance)
