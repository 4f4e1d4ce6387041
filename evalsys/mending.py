"""What engines say of work that is done before an inspection: its worth, and its gain over other work.

Two engines answer alike: :mod:`evalsys.mending_exact` by laws and adjoint tables, :mod:`evalsys.mending_drawn` by the
same simulated inspections before and after. What is done is a state: the chance that each cell of
:class:`~evalsys.fixes.Fixes` complies at least, 0 where nothing is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalsys.fixes import Fixes

__all__ = ["Bench", "Gain", "Worth"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """The coming inspection, once some work is done.

    Attributes
    ----------
    points : float
        Mean score on assessed points, in points.
    chance : float or None
        To reach the pass mark with no veto; None without a mark.
    points_error, chance_error : float
        Standard errors; 0 for an exact law.
    """

    points: float
    chance: float | None
    points_error: float = 0.0
    chance_error: float = 0.0


@dataclass(frozen=True)
class Gain:
    """By how much one state exceeds another; the errors are those of the differences."""

    points: float
    chance: float | None
    points_error: float = 0.0
    chance_error: float = 0.0


class Bench(Protocol):
    """An engine that tells the worth of any state, made ready once for one set of fixes."""

    fixes: Fixes
    exact: bool

    def worth(self, after: Floats) -> Worth:
        """Return the worth of a state, (cells,)."""
        ...

    def gains(self, states: Sequence[Floats], before: Floats | None = None) -> tuple[Gain, ...]:
        """Return the gain of each of some states over one state; over nothing done by default."""
        ...
