"""Shapley's shares: what several parts bring together, shared out among them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["shapley"]

Floats = NDArray[np.float64]
_Value = Callable[[tuple[int, ...]], float | Floats]


def shapley(value: _Value, count: int, *, exact: int = 10, orders: int = 200, seed: int = 0) -> tuple[Floats, Floats]:
    """Share out what all players bring together: to each the mean, over all orders, of what joining adds.

    Parameters
    ----------
    value : callable
        From the players of a group, as a rising tuple of numbers from 0, to what they bring: a number, or an array of
        several payoffs. Called once for each group that is needed; what the empty group brings need not be 0.
    count : int
        How many players there are, 0 or more.
    exact : int
        Up to so many players all ``2^count`` groups are looked at; beyond, random orders.
    orders : int
        Random orders, each followed by its reverse; at least 4, an odd number is rounded up.
    seed : int
        Of the random orders.

    Returns
    -------
    shares : float array (count, ...)
        In the units of `value`. They add up to ``value(all) - value(())``, up to rounding.
    errors : float array (count, ...)
        Standard errors; 0 where all groups were looked at.

    Raises
    ------
    ValueError
        For a negative count or fewer than 4 orders.

    Notes
    -----
    ``s_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))``. Source: Shapley, "A value for
    n-person games", 1953. By orders: Castro, Gomez and Tejada, Computers and Operations Research 36 (2009) 1726-1730.
    Every order shares out the whole, so the shares do too. An order and its reverse count as one draw: where players
    help or hinder each other in pairs only, the two together are free of error.

    Examples
    --------
    Two players of whom each brings 1, and both together 3:

    >>> shares, errors = shapley(lambda group: (0.0, 1.0, 3.0)[len(group)], 2)
    >>> shares.tolist(), errors.tolist()
    ([1.5, 1.5], [0.0, 0.0])
    """
    if count < 0 or orders < 4:
        raise ValueError("no player fewer than none, and no fewer than 4 orders")
    if count <= exact:
        return _over_groups(value, count)
    return _over_orders(value, count, (orders + 1) // 2, seed)


def _over_groups(value: _Value, count: int) -> tuple[Floats, Floats]:
    numbers = np.arange(2**count)
    member = (numbers[:, None] >> np.arange(count)) & 1 == 1
    worth = np.array([value(tuple(np.flatnonzero(row).tolist())) for row in member], dtype=float)
    shares = np.zeros((count, *worth.shape[1:]))
    weights = np.array([1 / (count * math.comb(count - 1, size)) for size in range(count)])
    for player in range(count):
        without = numbers[~member[:, player]]
        added = worth[without + 2**player] - worth[without]
        shares[player] = np.tensordot(weights[member[without].sum(axis=1)], added, axes=1)
    return shares, np.zeros_like(shares)


def _over_orders(value: _Value, count: int, pairs: int, seed: int) -> tuple[Floats, Floats]:
    known: dict[tuple[int, ...], Floats] = {}

    def worth(group: tuple[int, ...]) -> Floats:
        if group not in known:
            known[group] = np.asarray(value(group), dtype=float)
        return known[group]

    random = np.random.default_rng(seed)
    added = np.zeros((pairs, count, *worth(()).shape))
    for own in added:
        order = random.permutation(count).tolist()
        for here in (order, order[::-1]):
            before = worth(())
            for size, player in enumerate(here, 1):
                after = worth(tuple(sorted(here[:size])))
                own[player] += (after - before) / 2
                before = after
    return np.asarray(added.mean(axis=0)), np.asarray(added.std(axis=0, ddof=1) / math.sqrt(pairs))
