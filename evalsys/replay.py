"""Many units under many sets of weights of all levels, by one matrix product; and their ranks.

What an uncertainty analysis of a composite indicator asks for: draw weights, score all units again, see which places
change. The data do not move, so nothing but the weights is computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import Instrument

__all__ = ["ranks", "replay"]

Floats = NDArray[np.float64]


def replay(instrument: Instrument, attainments: Floats, weights: Mapping[str, Floats]) -> Floats:
    """Score all units under all sets of weights.

    Parameters
    ----------
    attainments : array (units, leaves)
        In the order of ``instrument.leaves``; nothing may be missing.
    weights : mapping of code to array (sets,)
        Above 0, relative to those of its siblings: within a parent only their proportions count. Of all scored
        children of a parent, or of none, which then keep theirs.

    Returns
    -------
    ndarray (units, sets)
        In points: ``attainments @ effective``, where the effective weight of a leaf is the full marks times the
        product of the shares on its path.

    Raises
    ------
    ValueError
        If the total is no weighted mean all the way down, or the weights do not fit the tree.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> instrument = load_instrument("yuhua-organs-2005")
    >>> scored = [place for place in instrument.nodes[0].children if instrument.nodes[place].scored]
    >>> first, second = (instrument.nodes[place].code for place in scored)
    >>> in_first = [instrument.nodes[instrument.indicator_of(leaf)].code == first for leaf in instrument.leaves]
    >>> found = replay(instrument, np.array([in_first]), {first: np.array([1, 3]), second: np.ones(2)})
    >>> (found / float(instrument.full_marks)).round(3).tolist()
    [[0.5, 0.75]]
    """
    attainments = np.asarray(attainments, dtype=float)
    if not np.isfinite(attainments).all():
        raise ValueError("an attainment is missing")
    found: Floats = attainments @ _effective(instrument, weights)
    return found


def _effective(instrument: Instrument, weights: Mapping[str, Floats]) -> Floats:
    """Return the points of each leaf under each set, (leaves, sets)."""
    nodes, scored = instrument.nodes, [node.scored for node in instrument.nodes]
    if instrument.method_shares is not None:
        raise ValueError("the total is shared out by methods")
    unknown = weights.keys() - {node.code for node in nodes if node.scored}
    if unknown:
        raise ValueError(f"weights of codes that are not scored: {sorted(unknown)}")
    sets = {len(values) for values in weights.values()}
    if len(sets) != 1:
        raise ValueError("as many weights of each code, and of one code at least")
    given = np.array(list(weights.values()), dtype=float)
    if not given.min() > 0:
        raise ValueError("weights must be above 0")
    line = {code: n for n, code in enumerate(weights)}
    points = np.empty((len(nodes), sets.pop()))
    points[0] = float(instrument.full_marks)
    row = list(range(len(nodes)))  # an only child has the points of its parent, and shares its row
    for place, node in enumerate(nodes):  # parents come before children
        below = [c for c in node.children if scored[c]] if scored[place] else []
        if not below:
            continue
        if node.combine.kind not in ("sum", "mean"):
            raise ValueError(f"{node.code} is not a weighted mean of its parts")
        if len(below) == 1:
            row[below[0]] = row[place]
            continue
        named = [line[code] for c in below if (code := nodes[c].code) in line]
        if not named:
            points[below] = np.array([[float(nodes[c].weight)] for c in below]) * points[row[place]]
        elif len(named) == len(below):
            own = given[named]
            points[below] = own * (points[row[place]] / own.sum(axis=0))
        else:
            raise ValueError(f"weights of some parts of {node.code} only")
    found: Floats = points[[row[place] for place in instrument.leaves]]
    return found


def ranks(scores: Floats) -> NDArray[np.int64]:
    """Return competition ranks down each column: 1 for the greatest, equals share the best of their places.

    Parameters
    ----------
    scores : array (units, sets)
        Unrounded.

    Examples
    --------
    >>> ranks(np.array([[3.0], [5.0], [3.0], [1.0]])).ravel().tolist()
    [2, 1, 2, 4]
    """
    turned = np.ascontiguousarray(-scores.T)  # sorting along contiguous rows is several times faster
    sets, units = turned.shape
    order = np.argsort(turned, axis=1) + units * np.arange(sets)[:, None]  # places in the flat array
    ordered = turned.ravel()[order]
    first = np.ones(turned.shape, dtype=np.int64)
    np.copyto(first[:, 1:], np.arange(2, units + 1), where=ordered[:, 1:] != ordered[:, :-1])
    found = np.empty(turned.size, dtype=np.int64)
    found[order] = np.maximum.accumulate(first, axis=1)
    return found.reshape(turned.shape).T
