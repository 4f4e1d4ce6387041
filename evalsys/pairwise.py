"""Weights from pairwise comparison: the analytic hierarchy process (AHP) of Saaty, with its consistency ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

__all__ = ["ACCEPTED_RATIO", "MOST", "Priorities", "priorities"]

#: Above this consistency ratio the comparisons contradict each other too much (Saaty 1980).
ACCEPTED_RATIO = 0.10
#: Mean consistency index of random matrices of order 1, 2, ... (Saaty 1980).
_RANDOM_INDEX = (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
#: The most that can be compared: beyond it no random index is published.
MOST = len(_RANDOM_INDEX)
_DECIMALS = 10**6


@dataclass(frozen=True)
class Priorities:
    """What a matrix of comparisons says.

    Attributes
    ----------
    weights : tuple of Fraction
        The principal eigenvector to six decimals; adds up to 1 but for rounding.
    largest : float
        The principal eigenvalue, n or more.
    index : float
        Consistency index ``(largest - n) / (n - 1)``.
    ratio : float
        Consistency ratio: `index` by that of random matrices; 0 for fewer than three.
    """

    weights: tuple[Fraction, ...]
    largest: float
    index: float
    ratio: float


def priorities(matrix: Sequence[Sequence[Fraction]]) -> Priorities:
    """Return the weights that pairwise comparisons stand for.

    Parameters
    ----------
    matrix : (n, n) rationals above 0
        Row i, column j: how many times more important i is than j. Reciprocal: ``a_ij a_ji = 1``; n at most
        :data:`MOST`.

    Returns
    -------
    Priorities

    Notes
    -----
    T. L. Saaty, A scaling method for priorities in hierarchical structures, J. Math. Psychology 15 (1977) 234-281.

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> found = priorities([[Fraction(1), Fraction(2)], [half, Fraction(1)]])
    >>> [str(weight) for weight in found.weights], found.ratio
    (['666667/1000000', '333333/1000000'], 0.0)
    """
    order = len(matrix)
    values, vectors = np.linalg.eig(np.array([[float(cell) for cell in row] for row in matrix]))
    first = int(np.argmax(values.real))
    vector = vectors[:, first].real  # of one sign; the sum cancels it
    weights = tuple(Fraction(round(share * _DECIMALS), _DECIMALS) for share in vector / vector.sum())
    largest = float(values[first].real)
    index = (largest - order) / (order - 1) if order > 1 else 0.0
    random = _RANDOM_INDEX[order - 1]
    return Priorities(weights, largest, index, index / random if random else 0.0)
