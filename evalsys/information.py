"""Values of information, as pure functions: the best of uncertain quantities, more checks, and perfect knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["counted", "exceeding", "expected_best", "nobody", "perfect_value", "sample_value"]

Floats = NDArray[np.float64]


def expected_best(values: Sequence[Any], chances: Sequence[Any], repairs: int) -> float:
    """Return the mean of the sum of the largest of independent quantities.

    Parameters
    ----------
    values : sequence of float array (K,)
        What each may be, 0 or more.
    chances : sequence of float array (K,)
        Chance of each value; they add up to 1 for each quantity.
    repairs : int
        How many of the largest are summed, 0 or more.

    Returns
    -------
    float
        ``integral over t > 0 of E min(repairs, N(t))``, N(t) the number above t: a Poisson-binomial count that is
        constant between values, so that the integral is a sum.

    Raises
    ------
    ValueError
        For a negative value or number of repairs.

    Examples
    --------
    >>> round(expected_best([[0.0, 1.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]], 1), 12)
    0.75
    """
    held = [np.asarray(own, dtype=float) for own in values]
    grid = np.unique(np.concatenate([np.zeros(1), *held]))
    if repairs < 0 or grid[0] < 0:
        raise ValueError("values and repairs must be 0 or more")
    counts, certain = nobody(len(grid), repairs), np.zeros(len(grid), dtype=np.int64)
    for own, chance in zip(held, chances, strict=True):
        above = exceeding(own, np.asarray(chance, dtype=float), grid)
        if np.all((above == 0) | (above == 1)):
            certain += above == 1
        else:
            counts = counted(counts, above)
    mean = (counts * np.minimum(certain[:, None] + np.arange(repairs + 1), repairs)).sum(axis=1)
    return float(mean[:-1] @ np.diff(grid))


def sample_value(a: float, b: float, m: int, slopes: Sequence[float], intercepts: Sequence[float]) -> float:
    """Return the expected value of m more checks for a choice among actions whose payoff is linear in a rate.

    Parameters
    ----------
    a, b : float
        Of the rate's beta distribution, above 0.
    m : int
        Checks, 0 or more; each complies with the rate.
    slopes, intercepts : sequence of float
        Payoff of each action: ``intercept + slope * rate``.

    Returns
    -------
    float
        ``E_K max_j f_j((a + K) / (a + b + m)) - max_j f_j(a / (a + b))``, K beta-binomial (m, a, b).

    Examples
    --------
    >>> round(sample_value(1, 1, 1, [1, -1], [0, 1]), 12)  # bet on a coin of unknown bias after one toss
    0.166666666667
    """
    from scipy.special import betaln, gammaln

    k = np.arange(m + 1)
    ways = gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)
    chance = np.exp(ways + betaln(a + k, b + m - k) - betaln(a, b))
    slope, start = np.asarray(slopes, dtype=float), np.asarray(intercepts, dtype=float)
    best = (start[:, None] + slope[:, None] * (a + k) / (a + b + m)).max(axis=0)
    return max(float(chance @ best - (start + slope * a / (a + b)).max()), 0.0)


def perfect_value(a: float, b: float, slopes: Sequence[float], intercepts: Sequence[float]) -> float:
    """Return the expected value of knowing the rate for the choice of :func:`sample_value`.

    Notes
    -----
    Between two crossings u < v of the actions' lines one action is best, and
    ``E[(c + s R); u < R < v] = c (I(v; a, b) - I(u; a, b)) + s a / (a + b) (I(v; a + 1, b) - I(u; a + 1, b))``
    with I the regularised incomplete beta function.

    Examples
    --------
    >>> round(perfect_value(1, 1, [1, -1], [0, 1]), 12)
    0.25
    """
    from scipy.special import betainc

    slope, start, mean = np.asarray(slopes, dtype=float), np.asarray(intercepts, dtype=float), a / (a + b)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = (start[:, None] - start) / (slope - slope[:, None])
    edges = np.unique(np.concatenate([[0.0, 1.0], crossings[(crossings > 0) & (crossings < 1)]]))
    middle = (edges[1:] + edges[:-1]) / 2
    best = (start[:, None] + slope[:, None] * middle).argmax(axis=0)
    known = start[best] @ np.diff(betainc(a, b, edges)) + mean * (slope[best] @ np.diff(betainc(a + 1, b, edges)))
    return max(float(known - (start + slope * mean).max()), 0.0)


def exceeding(values: Floats, chances: Floats, grid: Floats) -> Floats:
    """Return the chance that a quantity exceeds each point of a rising grid, (T,).

    Certainty is 0 or 1 without rounding.
    """
    used = chances > 0
    order = np.argsort(values[used], kind="stable")
    held = chances[used][order]
    tail = np.append(np.cumsum(held[::-1])[::-1], 0.0)
    tail[0] = 1.0
    return np.asarray(np.minimum(tail[np.searchsorted(values[used][order], grid, side="right")], 1.0))


def nobody(size: int, most: int) -> Floats:
    """Return the law of a count of nothing at each point of a grid, (T, most + 1)."""
    counts = np.zeros((size, most + 1))
    counts[:, 0] = 1.0
    return counts


def counted(counts: Floats, above: Floats) -> Floats:
    """Return the law of a count with one more quantity; the last column stands for it and all above."""
    moved = counts * above[:, None]
    found = counts - moved
    found[:, 1:] += moved[:, :-1]
    found[:, -1] += moved[:, -1]
    return found
