"""Weight doubt: where weights are assumed, how far the score and the chance to pass can move with other weights.

Two questions, kept apart: what is possible (an exact interval over all weights of a box), and what is likely (weights
drawn at random around the present ones). How wide the box and how wide the draws are is itself assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.scoring import NodeScore, Score

__all__ = [
    "AT",
    "SPREAD",
    "WIDTH",
    "ChanceDoubt",
    "Interval",
    "Quantile",
    "ScoreDoubt",
    "chance_doubt",
    "quantiles",
    "rational",
    "reweighted",
    "score_doubt",
    "score_interval",
    "weighed",
    "weight_draws",
]

Floats = NDArray[np.float64]
_ZERO, _ONE = Fraction(0), Fraction(1)

#: Half width of the box: each weight may be a quarter less or more. Assumed; the width that COINr's documentation uses.
WIDTH = Fraction(1, 4)
#: Relative standard deviation of a drawn weight of average size. Assumed.
SPREAD = 0.25
#: Which quantiles are told.
AT = (0.05, 0.25, 0.5, 0.75, 0.95)
_PARTS = 1000


# --------------------------------------------------------------------------------------- which weights are in doubt


def weighed(instrument: Instrument) -> tuple[int, ...] | Text:
    """Return the places of the parts whose weights decide the total, or why there are none.

    These are the scored children of the whole; where the whole has one child only, those of the first node below it
    that has several. The score is a weighted mean of them.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> instrument = load_instrument("xinbei-district")
    >>> [str(instrument.nodes[place].weight) for place in weighed(instrument)]
    ['1/5', '1/5', '1/5', '1/5', '1/5']
    """
    if instrument.method_shares is not None:
        return Text(
            "总分按各测评方法的占比合成，不是各指标的加权平均，无法按指标权重推算区间",
            "the total is shared out by methods, so it is not a weighted mean of its indicators",
        )
    place = 0
    while instrument.nodes[place].scored:
        node = instrument.nodes[place]
        below = tuple(c for c in node.children if instrument.nodes[c].scored)
        if below and node.combine.kind not in ("sum", "mean"):
            return Text(
                f"“{node.name.zh}”不是各项得分的加权平均，无法按权重推算区间",
                f"“{node.name.en}” is not a weighted mean of its parts",
            )
        if len(below) > 1:
            return below
        if not below:
            break
        place = below[0]
    return Text("计分内容不足两项，不存在权重分配问题", "fewer than two parts are scored: there is nothing to weigh")


def reweighted(instrument: Instrument, weights: Mapping[str, Fraction]) -> Instrument:
    """Return the instrument with other weights of the parts that :func:`weighed` names.

    Points below follow, so that deeper weights keep their proportions. Made for computing: what the instrument says of
    itself to a reader (printed points, assumptions) stays as it was.

    Parameters
    ----------
    weights : mapping of code to Fraction
        Of every part, above 0, adding up to 1.

    Raises
    ------
    ValueError
        If there are no such parts, or the weights do not fit them.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> instrument = load_instrument("yuhua-organs-2005")
    >>> first, second = (instrument.nodes[place].code for place in weighed(instrument))
    >>> other = reweighted(instrument, {first: Fraction(1, 3), second: Fraction(2, 3)})
    >>> str(other.nodes[other.places[second]].points / instrument.full_marks)
    '2/3'
    """
    places = weighed(instrument)
    if isinstance(places, Text):
        raise ValueError(places.en)
    codes = [instrument.nodes[place].code for place in places]
    if weights.keys() != set(codes):
        raise ValueError(f"weights of {sorted(weights)} for {sorted(codes)}")
    _check_weights(list(weights.values()))
    nodes = list(instrument.nodes)
    for place, code in zip(places, codes, strict=True):
        factor = Fraction(weights[code]) / nodes[place].weight
        nodes[place] = replace(nodes[place], weight=Fraction(weights[code]))
        for own in instrument.below(place):
            points = nodes[own].points
            nodes[own] = replace(nodes[own], points=None if points is None else points * factor)
    above = nodes[nodes[places[0]].parent].code
    return replace(
        instrument,
        nodes=tuple(nodes),
        weights={"scheme": "given", "status": "assumed"},
        comparisons=tuple(c for c in instrument.comparisons if c.code != above),
    )


def _check_weights(weights: Sequence[Fraction]) -> None:
    if not weights or min(weights) <= 0 or sum(weights, _ZERO) != 1:
        raise ValueError("weights must be above 0 and add up to exactly 1")


def rational(weights: Floats) -> tuple[Fraction, ...]:
    """Return weights as whole thousandths that add up to 1, none of them 0 (largest remainders).

    Thousandths keep the common denominator of the points small, on which the cost of an exact law depends.

    Examples
    --------
    >>> [str(weight) for weight in rational(np.array([1, 1, 1]) / 3)]
    ['167/500', '333/1000', '333/1000']
    """
    exact = np.asarray(weights, dtype=float) * _PARTS
    parts = np.maximum(np.floor(exact), 1).astype(np.int64)
    rest = _PARTS - int(parts.sum())
    if rest >= 0:
        parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    else:
        parts[np.argmax(parts)] += rest
    found = tuple(Fraction(int(part), _PARTS) for part in parts)
    _check_weights(found)
    return found


# ------------------------------------------------------------------------------------------ what is possible: a box


@dataclass(frozen=True)
class Interval:
    """The least and the greatest score over a box of weights, and weights where they are reached.

    Attributes
    ----------
    least, most : Fraction
        Attainment.
    least_at, most_at : tuple of Fraction
        Weights, adding up to 1.
    """

    least: Fraction
    most: Fraction
    least_at: tuple[Fraction, ...]
    most_at: tuple[Fraction, ...]


def score_interval(
    attainments: Sequence[Fraction | None],
    weights: Sequence[Fraction],
    width: Fraction = WIDTH,
    shares: Sequence[Fraction] | None = None,
) -> Interval:
    """Return the exact range of a weighted mean over all weights of a box that add up to 1.

    Parameters
    ----------
    attainments : sequence of (Fraction or None), (n,)
        Of each part; None where nothing of it is assessed.
    weights : sequence of Fraction, (n,)
        The present weights w, above 0, adding up to 1.
    width : Fraction in [0, 1)
        The box is ``w_i (1 - width) .. w_i (1 + width)``.
    shares : sequence of Fraction in [0, 1], (n,), optional
        Which share of each part is assessed; 1 where an attainment is given, if left out.

    Notes
    -----
    The score on assessed points is ``sum of w s a / sum of w s``. Where everything is assessed this is linear, and its
    extremes are those of a fractional knapsack: fill the weights up from their least, the best part first. Otherwise it
    is a ratio, which Dinkelbach's steps (Management Science 13 (1967) 492-498) reduce to knapsacks: each step finds the
    best weights for ``s (a - r)`` with r the ratio found last, and none is better once that gains nothing. In
    fractions the steps end at the exact optimum.

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> found = score_interval([Fraction(1), half], [half, half])
    >>> str(found.least), str(found.most), [str(weight) for weight in found.most_at]
    ('11/16', '13/16', ['5/8', '3/8'])
    """
    weights = [Fraction(weight) for weight in weights]
    _check_weights(weights)
    if not 0 <= width < 1:
        raise ValueError("the width must be at least 0 and below 1")
    given = shares if shares is not None else [_ZERO if a is None else _ONE for a in attainments]
    own = [(a or _ZERO, _ZERO if a is None else Fraction(s)) for a, s in zip(attainments, given, strict=True)]
    if len(own) != len(weights) or not any(s for _, s in own):
        raise ValueError("nothing is assessed, or the lengths differ")
    least, least_at = _extreme(own, weights, width, -1)
    most, most_at = _extreme(own, weights, width, 1)
    return Interval(least, most, least_at, most_at)


def _extreme(
    own: Sequence[tuple[Fraction, Fraction]], weights: Sequence[Fraction], width: Fraction, sign: int
) -> tuple[Fraction, tuple[Fraction, ...]]:
    """Return the greatest (sign 1) or least (-1) ratio, and weights that reach it."""
    at = tuple(weights)
    while True:
        whole = sum((w * s for w, (_, s) in zip(at, own, strict=True)), _ZERO)
        ratio = sum((w * s * a for w, (a, s) in zip(at, own, strict=True)), _ZERO) / whole
        gains = [sign * s * (a - ratio) for a, s in own]
        better = _knapsack(gains, weights, width)
        if sum((w * gain for w, gain in zip(better, gains, strict=True)), _ZERO) <= 0:
            return ratio, at
        at = better


def _knapsack(gains: Sequence[Fraction], weights: Sequence[Fraction], width: Fraction) -> tuple[Fraction, ...]:
    """Return the weights of the box, adding up to 1, with the greatest sum of weight x gain."""
    found = [weight * (1 - width) for weight in weights]
    rest = 1 - sum(found, _ZERO)
    for place in sorted(range(len(gains)), key=gains.__getitem__, reverse=True):
        more = min(rest, 2 * width * weights[place])
        found[place] += more
        rest -= more
    return tuple(found)


# ---------------------------------------------------------------------------------------- what is likely: drawn weights


def weight_draws(
    weights: Sequence[Fraction],
    kind: Literal["dirichlet", "box"] = "dirichlet",
    count: int = 100_000,
    seed: int = 0,
    spread: float | Fraction | None = None,
) -> Floats:
    """Draw weights around the present ones.

    Parameters
    ----------
    weights : sequence of Fraction, (n,)
        Above 0, adding up to 1.
    kind : {'dirichlet', 'box'}
        Dirichlet with the present weights as mean; or uniform on the box of :func:`score_interval` where weights add
        up to 1.
    spread : float, optional
        Dirichlet: relative standard deviation r of a weight of 1/n (default :data:`SPREAD`), so that the parameters
        are ``k w`` with total ``k = (n - 1) / r^2 - 1``. Box: its half width (default :data:`WIDTH`). Both assumed.

    Returns
    -------
    ndarray (count, n)
        Each row adds up to 1.

    Notes
    -----
    The box by rejection: all weights but the largest uniform in their ranges, the largest gets the rest, and the row
    counts if that lies in its range. The map to the remaining weights has a constant density, so what is kept is
    exactly uniform; about ``sqrt(6 / (pi n))`` of the rows are kept for equal weights, more for others.

    Examples
    --------
    >>> third = [Fraction(1, 3)] * 3
    >>> drawn = weight_draws(third, "box", count=1000)
    >>> drawn.shape, bool((abs(drawn * 3 - 1) <= 0.25 + 1e-12).all())
    ((1000, 3), True)
    """
    _check_weights(weights)
    centre, random = np.array([float(weight) for weight in weights]), np.random.default_rng(seed)
    size = len(centre)
    if size == 1:
        return np.ones((count, 1))
    if kind == "dirichlet":
        relative = float(SPREAD if spread is None else spread)
        if not 0 < relative < math.sqrt(size - 1):
            raise ValueError(f"the relative standard deviation of {size} weights lies above 0 and below its root")
        return random.dirichlet(centre * ((size - 1) / relative**2 - 1), size=count)
    width = float(WIDTH if spread is None else spread)
    if not 0 <= width < 1:
        raise ValueError("the width must be at least 0 and below 1")
    return _from_box(centre, width, count, random)


def _from_box(centre: Floats, width: float, count: int, random: np.random.Generator) -> Floats:
    last = int(np.argmax(centre))
    others = np.delete(np.arange(len(centre)), last)
    found = np.empty((count, len(centre)))
    held = 0
    while held < count:
        moved = random.uniform(-width, width, size=(2 * (count - held) + 100, len(others))) * centre[others]
        rest = -moved.sum(axis=1)
        # a width of 0 leaves the centre alone; rounding must not refuse it
        kept = np.flatnonzero(np.abs(rest) <= width * centre[last] + 1e-15)[: count - held]
        here = slice(held, held + len(kept))
        found[here, others] = centre[others] + moved[kept]
        found[here, last] = centre[last] + rest[kept]
        held += len(kept)
    return found


@dataclass(frozen=True)
class Quantile:
    """A quantile of drawn numbers.

    Attributes
    ----------
    at : float
        Which one, in (0, 1).
    value, error : float
        The quantile, and its standard error from the finite number of draws.
    """

    at: float
    value: float
    error: float


def quantiles(values: Floats, at: Sequence[float] = AT) -> tuple[Quantile, ...]:
    """Return quantiles of independent draws with their errors.

    Notes
    -----
    How many of m draws lie below the true q-quantile is binomial with standard deviation ``sqrt(m q (1 - q))``; the
    error is half the distance of the order statistics that far to either side, so it needs no density.

    Examples
    --------
    >>> (median,) = quantiles(np.arange(10_001.0), [0.5])
    >>> median.value, median.error
    (5000.0, 51.0)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    size = len(ordered)
    found = []
    for q in at:
        reach = math.sqrt(size * q * (1 - q))
        low = max(0, math.floor((size - 1) * q - reach))
        high = min(size - 1, math.ceil((size - 1) * q + reach))
        error = float(ordered[high] - ordered[low]) / 2
        found.append(Quantile(q, float(np.quantile(ordered, q)), error))
    return tuple(found)


# --------------------------------------------------------------------------------------------------------- the score


@dataclass(frozen=True)
class ScoreDoubt:
    """How far the score can move with the weights.

    Attributes
    ----------
    value : Fraction
        The score with the present weights, in points.
    least, most : Fraction
        Exact range of the score over the box, in points.
    weights, least_at, most_at : mapping of code to Fraction
        Present weights; weights where the range is reached.
    quantiles : tuple of Quantile
        Of the score in points, over Dirichlet weights.
    width : Fraction
    spread : float
        Half width of the box, relative standard deviation of the drawn weights; assumed.
    draws, seed : int
    """

    value: Fraction
    least: Fraction
    most: Fraction
    weights: Mapping[str, Fraction]
    least_at: Mapping[str, Fraction]
    most_at: Mapping[str, Fraction]
    quantiles: tuple[Quantile, ...]
    width: Fraction
    spread: float
    draws: int
    seed: int


def score_doubt(
    score: Score, *, width: Fraction = WIDTH, spread: float = SPREAD, draws: int = 100_000, seed: int = 0
) -> ScoreDoubt | Text:
    """Return how far the score on assessed points can move with the weights, or why that cannot be said.

    Parameters
    ----------
    score : Score
    width, spread
        As in :func:`score_interval` and :func:`weight_draws`.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> found = score_doubt(score(read_assessment("data/wujiang-2016")), draws=1000)
    >>> round(float(found.least), 3), round(float(found.value), 3), round(float(found.most), 3)
    (36.094, 36.606, 37.119)
    """
    instrument = score.assessment.instrument
    places = weighed(instrument)
    if isinstance(places, Text):
        return places
    if score.attainment is None:
        return Text("尚无已测评的内容，没有得分", "nothing is assessed, so there is no score")
    own = _parts(score, places)
    if isinstance(own, Text):
        return own
    codes = [instrument.nodes[place].code for place in places]
    weights = [instrument.nodes[place].weight for place in places]
    found = score_interval([a for a, _ in own], weights, width, [s for _, s in own])
    drawn = weight_draws(weights, "dirichlet", draws, seed, spread)
    won, assessed = (drawn @ np.array([[float(s * (a or 0)), float(s)] for a, s in own])).T
    full = instrument.full_marks
    return ScoreDoubt(
        value=score.attainment * full,
        least=found.least * full,
        most=found.most * full,
        weights=dict(zip(codes, weights, strict=True)),
        least_at=dict(zip(codes, found.least_at, strict=True)),
        most_at=dict(zip(codes, found.most_at, strict=True)),
        quantiles=quantiles(float(full) * won / assessed),
        width=width,
        spread=spread,
        draws=draws,
        seed=seed,
    )


def _parts(score: Score, places: Sequence[int]) -> list[tuple[Fraction | None, Fraction]] | Text:
    """Return attainment and assessed share of each part, as they stand whatever the weights.

    Where the parts are standards, a leaf that takes the mean of its peers moves with their weights. As that mean is
    the score of the rest, such a leaf leaves the score as if it were not there; only a standard that counts by its
    worst method is no part of a mean.
    """
    nodes, found = score.assessment.instrument.nodes, []
    leaves = {p: [score.nodes[c] for c in nodes[p].children if nodes[c].kind == "leaf"] for p in places}
    filled = any(leaf.by == "peers" for own in leaves.values() for leaf in own)
    for place in places:
        own = score.nodes[place]
        if not filled:
            points = nodes[place].points
            found.append((own.attainment, own.assessed / points if own.assessed and points else _ZERO))
            continue
        known = [(nodes[leaf.place].weight, a) for leaf in leaves[place] if (a := _seen(leaf)) is not None]
        if known and nodes[place].combine.kind != "sum":
            return Text(
                "有标准因不适用而取同级平均分，同级中又有按最低一种方法计分的标准，得分不是各标准的加权平均，无法推算区间",
                "a standard takes the mean of its peers, of which one counts by its worst method, so the score is not "
                "a weighted mean of the standards",
            )
        share = sum((weight for weight, _ in known), _ZERO)
        found.append((sum((weight * a for weight, a in known), _ZERO) / share if share else None, share))
    return found


def _seen(leaf: NodeScore) -> Fraction | None:
    return None if leaf.by == "peers" else leaf.attainment


# -------------------------------------------------------------------------------------------------- the chance to pass


@dataclass(frozen=True)
class ChanceDoubt:
    """Chances to pass that were found with other weights. Weights with a lower or a higher one may exist.

    Attributes
    ----------
    value : float
        With the present weights.
    at_least_score, at_most_score : float
        With the weights of the box that make today's score least and greatest.
    least, most : float
        Of all that were tried.
    least_at, most_at : mapping of code to Fraction
    quantiles : tuple of Quantile
        Over the drawn weights; with few draws their errors are large.
    draws, seed : int
    """

    value: float
    at_least_score: float
    at_most_score: float
    least: float
    most: float
    least_at: Mapping[str, Fraction]
    most_at: Mapping[str, Fraction]
    quantiles: tuple[Quantile, ...]
    draws: int
    seed: int

    @property
    def label(self) -> Text:
        """What the range is worth."""
        tried = self.draws + 3
        return Text(
            f"试算 {tried} 组权重所得的范围，并非严格上下限",
            f"range found over {tried} sets of weights, not a certified bound",
        )


def chance_doubt(
    chance_of: Callable[[Instrument], float],
    instrument: Instrument,
    doubt: ScoreDoubt,
    *,
    draws: int = 20,
    seed: int = 0,
) -> ChanceDoubt:
    """Return the chances to pass with the present weights, at both ends of the score's range, and over drawn weights.

    Parameters
    ----------
    chance_of : callable
        From an instrument to its chance to pass. Where it simulates, it should use the same random numbers each time;
        where it is an exact law, drawn weights have a large common denominator, so a coarse lattice is enough.
    doubt : ScoreDoubt
        Of the same instrument; drawn weights have its spread, and are rounded to thousandths (:func:`rational`).

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> instrument = result.assessment.instrument
    >>> found = chance_doubt(lambda other: 0.5, instrument, score_doubt(result, draws=10), draws=2)
    >>> found.least, found.most, found.label.say("en")
    (0.5, 0.5, 'range found over 5 sets of weights, not a certified bound')
    """
    drawn = weight_draws(list(doubt.weights.values()), "dirichlet", draws, seed, doubt.spread)
    tried: list[Mapping[str, Fraction]] = [doubt.weights, doubt.least_at, doubt.most_at]
    tried += [dict(zip(doubt.weights, rational(row), strict=True)) for row in drawn]
    chances = [float(chance_of(instrument))]
    chances += [float(chance_of(reweighted(instrument, weights))) for weights in tried[1:]]
    low, high = int(np.argmin(chances)), int(np.argmax(chances))
    return ChanceDoubt(
        value=chances[0],
        at_least_score=chances[1],
        at_most_score=chances[2],
        least=chances[low],
        most=chances[high],
        least_at=tried[low],
        most_at=tried[high],
        quantiles=quantiles(np.array(chances[3:])) if draws else (),
        draws=draws,
        seed=seed,
    )
