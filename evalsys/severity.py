"""Severity: the strictness that one inspection team brings to every check of the round.

A draw z of N(0, sd) is added to the log-odds of complying at every check, so that z > 0 is lenient and z < 0 strict.
The log-odds at z = 0 are chosen so that the mean chance over z stays what the evidence says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["intercepts", "nodes", "shifted"]

Floats = NDArray[np.float64]
_REACH = 6.5  # standard deviations; beyond them lies 8e-11 of the normal law
_FINE = 97


def nodes(sd: float, count: int = 49) -> tuple[Floats, Floats]:
    """Return the nodes and weights of the trapezoid rule for N(0, `sd`), 6.5 standard deviations either way.

    For integrands that are nearly a step, as the chance to pass is, it converges where Gauss-Hermite does not.

    Parameters
    ----------
    sd : float
        On the scale of log-odds, 0 or more.
    count : int
        Number of nodes, odd; one node where `sd` is 0.

    Returns
    -------
    z, weights : ndarray (count,)
        The weights add up to 1.

    Examples
    --------
    >>> z, weights = nodes(0.3, 49)
    >>> round(float(weights @ z**2), 6)
    0.09
    """
    if sd == 0:
        return np.zeros(1), np.ones(1)
    steps = count - 1
    x = _REACH * (2 * np.arange(count) - steps) / steps  # the same floats when the nodes are doubled
    weights = np.exp(-(x**2) / 2)
    weights[[0, -1]] /= 2
    return sd * x, weights / weights.sum()


def intercepts(chance: Any, sd: float) -> Floats:
    """Return the log-odds b with ``E expit(b + z) = chance`` for z ~ N(0, `sd`).

    Parameters
    ----------
    chance : array of float in [0, 1]
        0 and 1 give minus and plus infinity: what is certain (to 1e-15), severity cannot move.
    sd : float

    Returns
    -------
    ndarray, shape of `chance`

    Examples
    --------
    >>> b = intercepts([0.9], 0.3)
    >>> z, weights = nodes(0.3, 97)
    >>> round(float(weights @ shifted(b[0], z)), 12)
    0.9
    """
    chance = np.asarray(chance, dtype=float)
    values, back = np.unique(chance, return_inverse=True)
    found = np.where(values < 0.5, -np.inf, np.inf)
    inner = (values > 1e-15) & (values < 1 - 1e-15)
    p = values[inner]
    b = np.log(p) - np.log1p(-p)
    if sd > 0:
        # the mean of the shifted chance is close to expit(b / k): a start from which Newton needs a few steps
        b = b * np.sqrt(1 + np.pi * sd**2 / 8)
        z, weights = nodes(sd, _FINE)
        for _ in range(50):
            at = shifted(b[:, None], z)
            step = (at @ weights - p) / ((at * (1 - at)) @ weights)
            b = b - np.clip(step, -2, 2)
            if np.max(np.abs(step), initial=0) < 1e-13 * (1 + np.max(np.abs(b), initial=0)):
                break
    found[inner] = b
    return found[back].reshape(chance.shape)


def shifted(b: Any, z: Any) -> Floats:
    """Return the chance of complying, ``1 / (1 + exp(-(b + z)))``, for log-odds `b` under severity `z`."""
    from scipy.special import expit

    found: Floats = expit(np.asarray(b, dtype=float) + np.asarray(z, dtype=float))
    return found
