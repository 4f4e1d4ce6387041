"""The spine: attainments of leaves to attainments of all nodes, and the total's loss back down to the leaves.

Scoring is one row of attainments; a simulation is a million rows of the same call; a what-if is two. All numbers
are exact. Three words recur: a leaf is *assessed* (it has evidence), *missing* (it has none: neither zero nor full)
or *dropped* (it does not apply: out of the denominator).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.instrument import Instrument, Node
from evalsys.rules import Exact

__all__ = ["Evaluation", "Mask", "allocate", "evaluate", "single"]

_ZERO, _ONE = Fraction(0), Fraction(1)
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Evaluation:
    """Attainments of all nodes for one or many rows of leaf attainments.

    Attributes
    ----------
    attainment : tuple of (Exact or None), per node
        Share of the node's assessed points that is won, shape ``(...)``; None where nothing is assessed.
    assessed, applicable : tuple of Fraction, per node
        Shares of the node's own points that have evidence, and that apply. With method shares a node may have more
        than its own points: what is dropped within a method goes to the rest of that method.
    weights : tuple of Fraction, per node
        Coefficient of this node's attainment in its parent's (before a cap, floor or choice).
    methods : tuple of (Fraction, Evaluation)
        With method shares: what the whole is the sum of, each method's own evaluation and its factor.
    """

    attainment: tuple[Exact | None, ...]
    assessed: tuple[Fraction, ...]
    applicable: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    methods: tuple[tuple[Fraction, Evaluation], ...] = ()


def evaluate(
    instrument: Instrument, leaves: Exact, missing: Mask | None = None, dropped: Mask | None = None
) -> Evaluation:
    """Combine leaf attainments up the tree.

    Parameters
    ----------
    instrument : Instrument
    leaves : Exact, shape (..., leaves)
        Attainment of each scored leaf, in [0, 1], in the order of ``instrument.leaves``.
    missing, dropped : bool array (leaves,), optional
        Leaves without evidence, and leaves that do not apply. Their attainment is ignored.

    Returns
    -------
    Evaluation

    Notes
    -----
    With w the children's weights, all over the children that apply:

    - sum: ``sum of w x attainment``; what is dropped leaves the denominator;
    - mean: the same, but the node keeps its points whatever is dropped; where fewer children apply than the share
      that must be present, the node itself is dropped;
    - cap: ``min(1, sum of w x attainment)``; its points shrink only where what applies is worth less than they are;
    - floor: ``max(0, 1 - sum of w x (1 - attainment))``;
    - best, worst: of the children; subset-grade: a table by the number of full children.

    Sum and mean count the part that is assessed. A cap, floor, choice or grade with a part that is missing is itself
    missing, and so is a grade with a part that is dropped. With method shares, each method is a mean over its own
    leaves, and the whole is the sum of the methods.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> instrument = load_instrument("wujiang-field-2016")
    >>> half = Exact(np.ones((2, len(instrument.leaves)), dtype=np.int64), 2)
    >>> evaluate(instrument, half).attainment[0].num.shape
    (2,)
    """
    count = len(instrument.leaves)
    missing = np.zeros(count, dtype=bool) if missing is None else missing
    dropped = np.zeros(count, dtype=bool) if dropped is None else dropped
    if instrument.method_shares is None:
        return _climb(instrument, leaves, missing, dropped)
    parts = tuple(_by_method(instrument, instrument.method_shares, leaves, missing, dropped))
    assessed = [sum((k * part.assessed[n] for k, part in parts), _ZERO) for n in range(len(instrument.nodes))]
    applicable = [sum((k * part.applicable[n] for k, part in parts), _ZERO) for n in range(len(instrument.nodes))]
    attainment: list[Exact | None] = []
    weights = []
    for place, node in enumerate(instrument.nodes):
        held = [
            (own, k * part.assessed[place], part) for k, part in parts if (own := part.attainment[place]) is not None
        ]
        shares = [points / assessed[place] for _, points, _ in held]
        attainment.append(rules.weighted([own for own, _, _ in held], shares) if held else None)
        if place == 0 or not held or not node.weight:
            weights.append(_ZERO)
        elif instrument.nodes[node.parent].combine.kind == "sum":
            weights.append(node.weight * assessed[place] / assessed[node.parent])
        else:  # such a node stands on one method
            weights.append(held[0][2].weights[place])
    return Evaluation(tuple(attainment), tuple(assessed), tuple(applicable), tuple(weights), parts)


def single(value: Exact | None) -> Fraction | None:
    """Return the one number of an attainment without rows."""
    return None if value is None else Fraction(int(value.num), value.den)


def _by_method(
    instrument: Instrument, shares: Mapping[str, Fraction], leaves: Exact, missing: Mask, dropped: Mask
) -> Iterator[tuple[Fraction, Evaluation]]:
    """Yield each method's evaluation over its own leaves, and the factor that gives it its share."""
    own = np.array([instrument.nodes[place].method for place in instrument.leaves])
    for method, share in shares.items():
        part = _climb(instrument, leaves, missing, dropped | (own != method))
        if part.applicable[0]:
            yield share / part.applicable[0], part


def _climb(instrument: Instrument, leaves: Exact, missing: Mask, dropped: Mask) -> Evaluation:
    nodes, size = instrument.nodes, len(instrument.nodes)
    attainment: list[Exact | None] = [None] * size
    assessed, applicable, weights = [_ZERO] * size, [_ZERO] * size, [_ZERO] * size
    for column, place in enumerate(instrument.leaves):
        applicable[place] = _ZERO if dropped[column] else _ONE
        assessed[place] = _ZERO if dropped[column] or missing[column] else _ONE
        if assessed[place]:
            attainment[place] = Exact(leaves.num[..., column], leaves.den)
    for place in range(size - 1, -1, -1):
        node = nodes[place]
        below = [c for c in node.children if nodes[c].scored] if node.scored else []
        applies = [c for c in below if applicable[c]]
        if not applies or len(applies) < node.combine.present * len(below):
            continue
        kind = node.combine.kind
        part = {c: nodes[c].weight * applicable[c] for c in applies}
        whole = sum(part.values(), _ZERO)
        if kind in ("sum", "mean"):
            part = {c: nodes[c].weight * assessed[c] for c in applies if assessed[c]}
            known = sum(part.values(), _ZERO)
            applicable[place] = whole if kind == "sum" else _ONE
            assessed[place] = known if kind == "sum" or not whole else known / whole
            part = {c: own / known for c, own in part.items()} if known else {}
        else:
            applicable[place] = min(_ONE, whole) if kind == "cap" else _ONE
            decided = all(assessed[c] == applicable[c] for c in applies)
            if not decided or (kind == "subset-grade" and len(applies) < len(below)):
                continue
            assessed[place] = applicable[place]
            if kind == "cap":
                part = {c: own / applicable[place] for c, own in part.items()} if whole else {}
        if not part or not assessed[place]:
            continue
        for c, weight in part.items():
            weights[c] = weight
        attainment[place] = _combined(node, [a for c in part if (a := attainment[c]) is not None], list(part.values()))
    return Evaluation(tuple(attainment), tuple(assessed), tuple(applicable), tuple(weights))


def _combined(node: Node, parts: Sequence[Exact], weights: Sequence[Fraction]) -> Exact:
    match node.combine.kind:
        case "sum" | "mean":
            return rules.weighted(parts, weights)
        case "cap":
            return rules.cap(rules.weighted(parts, weights))
        case "floor":  # 1 - sum of losses, as one weighted sum
            lost = rules.weighted([Exact(p.den - p.num, p.den) for p in parts], weights)
            return rules.floor(Exact(lost.den - lost.num, lost.den))
        case "best":
            return rules.best(parts)
        case "worst":
            return rules.worst(parts)
        case _:
            return rules.grade_by_count(parts, node.combine.grades, node.combine.otherwise)


# ----------------------------------------------------------------------- who lost the points: from the top down


def allocate(instrument: Instrument, found: Evaluation) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """Share the total's loss, and the assessed points, over the leaves.

    Each node hands its loss down in proportion to what each child lost itself. In a plain sum this is the child's own
    loss; below a cap, floor, choice or grade it makes the parts add up to what the total really lost.

    Parameters
    ----------
    found : Evaluation
        Of one row of leaves.

    Returns
    -------
    loss, stake : dict of place to Fraction
        Points, by node; over the leaves each adds up to the total's.
    """
    loss: dict[int, Fraction] = {}
    stake: dict[int, Fraction] = {}
    for factor, part in found.methods or ((_ONE, found),):
        points = factor * part.assessed[0] * instrument.full_marks
        for total, own in zip((loss, stake), _down(instrument, part, points), strict=True):
            for place, value in own.items():
                total[place] = total.get(place, _ZERO) + value
    return loss, stake


def _down(
    instrument: Instrument, found: Evaluation, points: Fraction
) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    attained = {place: value for place, a in enumerate(found.attainment) if (value := single(a)) is not None}
    if 0 not in attained:
        return {}, {}
    stake, loss = {0: points}, {0: points * (_ONE - attained[0])}
    for place, node in enumerate(instrument.nodes):
        below = [c for c in node.children if c in attained and found.weights[c]]
        if place not in stake or not below:
            continue
        whole = sum((found.weights[c] for c in below), _ZERO)
        own = {c: found.weights[c] * (_ONE - attained[c]) for c in below}
        lacking = sum(own.values(), _ZERO)
        if not lacking:  # a table that gives less than 1 to full children
            own, lacking = {c: found.weights[c] for c in below}, whole
        for c in below:
            stake[c] = stake[place] * found.weights[c] / whole
            loss[c] = loss[place] * own[c] / lacking
    return loss, stake
