"""One call of the solver for programs in whole numbers: no gap, no clock, no chatter."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Row", "Solution", "quiet", "solve"]

Floats = NDArray[np.float64]

#: Nodes after which the solver stops: a limit that is the same on every machine, as a clock is not.
NODES = 5_000

#: The largest value in the solver's objective: its absolute gap of 1e-6 is then below 1e-10 of it.
SCALE = 2.0**14

_LOCK = threading.Lock()


@dataclass(frozen=True)
class Row:
    """One constraint: the sum of ``values * x[places]`` is at most `most`."""

    places: list[int]
    values: list[float]
    most: float


@dataclass(frozen=True, eq=False)
class Solution:
    """What the solver found.

    Attributes
    ----------
    x : bool array (n,) or None
        The best it found; None where it found nothing.
    bound : float
        No choice exceeds it.
    optimal : bool
        Whether it ended before the limit of nodes: with a gap of 0, none is better.
    """

    x: NDArray[np.bool_] | None
    bound: float
    optimal: bool


def solve(values: Floats, rows: list[Row], *, gap: float = 0.0, nodes: int = NODES) -> Solution:
    """Choose the 0s and 1s of the largest sum of values within some constraints.

    Parameters
    ----------
    values : float array (n,)
    rows : list of Row
    gap : float
        Relative gap between answer and bound at which it may stop.
    nodes : int
        Most nodes of the solver's search.

    Raises
    ------
    ValueError
        Where no choice keeps to the constraints.

    Notes
    -----
    ``scipy.optimize.milp`` (HiGHS) with the gap as stated: its own default of 1e-4 is no proof. It solves in floating
    point: who needs exact constraints checks them again.

    Examples
    --------
    >>> solve(np.array([3.0, 4, 5]), [Row([0, 1, 2], [2, 3, 4], 6)]).x.tolist()
    [True, False, True]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    most = float(np.abs(values).max(initial=0.0))
    if most == 0:
        return Solution(np.zeros(len(values), dtype=bool), 0.0, True)
    scale = SCALE / most
    ends = np.cumsum([0, *(len(row.places) for row in rows)])
    places = np.array([place for row in rows for place in row.places], dtype=np.int32)
    factors = np.array([value for row in rows for value in row.values], dtype=float)
    table = csr_array((factors, places, ends.astype(np.int32)), shape=(len(rows), len(values)))
    limits = [LinearConstraint(table, -np.inf, np.array([row.most for row in rows]))] if rows else []
    options = {"mip_rel_gap": gap, "node_limit": nodes, "disp": False}
    with quiet():
        found = milp(-values * scale, integrality=1, bounds=Bounds(0, 1), constraints=limits, options=options)
    if found.status == 2:
        raise ValueError("no choice keeps to the constraints")
    bound = found.mip_dual_bound
    highest = float(values.clip(0).sum()) if bound is None or not np.isfinite(bound) else float(-bound / scale)
    return Solution(None if found.x is None else found.x > 0.5, highest, found.status == 0)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep all that is written to the standard output and error from reaching them, even by compiled code.

    Notes
    -----
    The solver's library prints lines of its own whatever its options say, past Python's ``sys.stdout``; so the file
    descriptors themselves are led away and brought back. One thread at a time.
    """
    with _LOCK:
        _flush()
        kept = {}
        for number in (1, 2):
            with contextlib.suppress(OSError):  # closed: nothing can be seen there
                kept[number] = os.dup(number)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            for number in kept:
                os.dup2(nowhere, number)
            yield
        finally:
            _flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)
            os.close(nowhere)


def _flush() -> None:
    """Empty the buffers of Python and of the C library, so that nothing is written later or elsewhere."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).fflush(None)
