"""Surveys: what the answers at hand say of each question, and the law of what a coming survey will count.

Two laws meet here. An estimate treats the people who answered as a sample: strata, weights and clusters enter its
variance as in the R package ``survey`` (T. Lumley, Journal of Statistical Software 9 (2004) 8). A count is what n
people of the coming survey will say: beta-binomial where answers resemble each other, hypergeometric where the people
are few. Questions of one questionnaire are taken as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import RULES, Rule
from evalsys.rules import Exact

__all__ = ["Estimate", "Part", "apparent", "asked", "counts", "deff_of", "estimate", "leaf_law", "posterior"]

Floats = NDArray[np.float64]
Ints = NDArray[Any]

#: A stratum of a question: its share of the people, and the law of how many of those asked are satisfied.
Part = tuple[Fraction, Floats]

_Z = 1.959963984540054  # 97.5 % point of the normal law
_CELLS = 2**21  # of a lattice; a leaf with more has no law here
_WHOLE = 2.0**52  # above it floats hold no halves


# ------------------------------------------------------------------------------------- what the answers teach


@dataclass(frozen=True)
class Estimate:
    """The satisfied share of a question, from the answers at hand.

    Attributes
    ----------
    share : float in [0, 1]
    se : float
        Standard error of `share`; 0 where the answers of each stratum are alike: then only the interval tells.
    n : int
        Answers.
    n_eff : float
        How many answers of a simple random sample tell as much: ``min(n, n / deff)``.
    deff : float
        Design effect: the variance over that of a simple random sample of n of the same people, as
        ``svymean(deff = TRUE)`` has it (without a population, as ``deff = "replace"``). Where answers do not differ
        or everybody was asked, Kish's for the weights (:func:`deff_of`).
    low, high : float in [0, 1]
        Wilson's 95 % interval with `n_eff` answers, which the finite population makes count more.
    """

    share: float
    se: float
    n: int
    n_eff: float
    deff: float
    low: float
    high: float


def estimate(
    satisfied: Iterable[Any],
    weight: Iterable[Any],
    stratum: Iterable[Hashable] | None = None,
    population: Mapping[Hashable, int] | None = None,
    cluster: Iterable[Hashable] | None = None,
) -> Estimate:
    """Estimate the satisfied share of a question.

    Parameters
    ----------
    satisfied : iterable of bool, or of number in [0, 1]
        One for each answer.
    weight : iterable of number
        Above 0; only their ratios count.
    stratum : iterable, optional
        Stratum of each answer; without it all are in one stratum, ''.
    population : mapping of stratum to int, optional
        How many people each stratum has; strata in which nobody was asked must not be named.
    cluster : iterable, optional
        What was drawn together with others, such as a community or a household; numbered within its stratum.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Without answers, with a weight of 0 or less, or where the strata do not agree with the population.

    Notes
    -----
    The share is ``sum W_h y_h`` with ``y_h`` the weighted share of a stratum and ``W_h`` its part of the population,
    or of the weights where no population is given. With ``z = w (y - centre) / sum w`` (w scaled to the population
    if there is one; the centre is ``y_h`` then, else the share) and ``t`` its sums over clusters, the variance is

        ``sum over strata of (1 - f_h) m_h / (m_h - 1) sum (t - mean t)^2``, ``f_h = n_h / N_h``,

    m_h being the clusters, or answers, of the stratum: the linearised ratio variance of ultimate clusters. For equal
    weights without clusters it is ``sum W_h^2 (1 - f_h) s_h^2 / n_h`` (Cochran, Sampling Techniques, 1977, 5.3).
    f_h is 0 without a population. With clusters it still counts people: where people are drawn from drawn clusters
    that is right if answers within a cluster are no more alike than others, and too wide otherwise.

    A stratum with a single answer or cluster has no variance of its own: its deviation from the whole share is taken
    (``survey.lonely.psu = "adjust"``), which is as large as it should be where strata are alike, and too large where
    they differ. Where all answers come from a single cluster, they count as one answer.

    The effective sample never exceeds n (Korn and Graubard, Survey Methodology 24 (1998) 193): an estimated design
    effect below 1 is mostly noise.

    Examples
    --------
    >>> found = estimate([1] * 45 + [0] * 5, [1] * 50, population={"": 500})
    >>> found.share, round(found.se, 4), round(found.deff, 6), round(found.low, 3), round(found.high, 3)
    (0.9, 0.0407, 1.0, 0.793, 0.955)
    """
    y, w = np.array(list(satisfied), dtype=float), np.array(list(weight), dtype=float)
    n = len(y)
    if n == 0 or len(w) != n or not (w > 0).all() or not ((y >= 0) & (y <= 1)).all():
        raise ValueError("answers must be numbers from 0 to 1, each with a weight above 0")
    names, place = _coded([""] * n if stratum is None else list(stratum), n)
    _, group = _coded(list(zip(place.tolist(), range(n) if cluster is None else cluster, strict=True)), n)
    home = np.zeros(group.max() + 1, dtype=np.int64)
    home[group] = place  # the stratum of each cluster
    people, clusters = np.bincount(place), np.bincount(home)
    left, whole, finite = np.ones(len(names)), 1.0, 1.0  # what finite strata leave of each variance
    if population is not None:
        size = _sizes(names, people, population)
        w = w * (size / np.bincount(place, w))[place]
        everybody = float(size.sum())
        left, whole, finite = 1 - people / size, 1 - n / everybody, (everybody - n) / max(everybody - 1, 1)
    share, kish = min(1.0, float(w @ y / w.sum())), deff_of(w)
    w = w / w.sum()
    spread = float(w @ (y - share) ** 2) * n / max(n - 1, 1)
    centre = np.full(n, share)
    if population is not None:
        centre = np.where(clusters[place] > 1, (np.bincount(place, w * y) / np.bincount(place, w))[place], share)
    total = np.bincount(group, w * (y - centre))
    mean = np.where(clusters > 1, np.bincount(home, total) / clusters, 0.0)
    square = np.bincount(home, (total - mean[home]) ** 2) * clusters / np.maximum(clusters - 1, 1)
    variance = float(left @ square) if len(clusters) > 1 or clusters[0] > 1 else float(left[0]) * spread
    comparable = y.min() < y.max() and whole > 0
    deff = variance / (whole * spread / n) if comparable else kish
    n_eff = n / max(deff, 1.0)
    low, high = _wilson(share, n_eff, finite)
    return Estimate(share, math.sqrt(variance), n, n_eff, deff, low, high)


def _coded(values: Sequence[Hashable], n: int) -> tuple[list[Hashable], NDArray[np.int64]]:
    """Return the distinct values in the order of their first use, and the place of each value among them."""
    if len(values) != n:
        raise ValueError("each answer needs its stratum, and its cluster where there are clusters")
    places: dict[Hashable, int] = {}
    found = np.array([places.setdefault(value, len(places)) for value in values], dtype=np.int64)
    return list(places), found


def _sizes(names: Sequence[Hashable], people: Ints, population: Mapping[Hashable, int]) -> Floats:
    """Return the people of each stratum, in the order of the names."""
    if set(names) != set(population):
        odd = sorted(map(str, set(names) ^ set(population)))
        raise ValueError(f"the strata of the answers and of the population differ: {', '.join(odd)}")
    size = np.array([population[name] for name in names], dtype=float)
    if (size < people).any():
        raise ValueError("a stratum has more answers than people")
    return size


def _wilson(share: float, n: float, left: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval for n answers; `left` is what the finite population leaves of the variance."""
    c = _Z**2 * left / n
    half = math.sqrt(c * share * (1 - share) + c * c / 4)
    low, high = (share + c / 2 - half) / (1 + c), (share + c / 2 + half) / (1 + c)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def deff_of(weights: Iterable[Any]) -> float:
    """Return Kish's design effect of unequal weights, ``n sum w^2 / (sum w)^2``, 1 or more.

    It holds where the weights have nothing to do with the answers (L. Kish, Survey Sampling, 1965, 11.7); n over it is
    his effective sample, ``(sum w)^2 / sum w^2``.

    Examples
    --------
    >>> deff_of([1, 1, 1, 3])
    1.3333333333333333
    """
    w = np.array(list(weights), dtype=float)
    return float(len(w) * (w @ w) / w.sum() ** 2)


def posterior(found: Estimate) -> tuple[float, float]:
    """Return the two parameters of the beta posterior of a question's rate: Jeffreys on the effective sample.

    ``a = k + 1/2, b = n_eff - k + 1/2`` with ``k = share n_eff``. No finite population enters: opinions move until the
    inspection comes, so that having asked everybody once does not settle the rate.

    Examples
    --------
    >>> posterior(estimate([1, 1, 1, 0], [1, 1, 1, 1]))
    (3.5, 1.5)
    """
    k = found.share * found.n_eff
    return k + 0.5, found.n_eff - k + 0.5


# ------------------------------------------------------------------------------------ the law of a coming count


def apparent(p: float, coached: float = 0.0) -> float:
    """Return the share that will say they are satisfied: ``coached + (1 - coached) p``.

    Parameters
    ----------
    p : float in [0, 1]
        Share that is satisfied.
    coached : float in [0, 1]
        Share of people who say so whatever they think.

    Examples
    --------
    >>> apparent(0.5, 0.25)
    0.625
    """
    return coached + (1 - coached) * p


def asked(n: int, response: float | Fraction = 1) -> int:
    """Return how many of n people answer: ``n response``, rounded half up, at least 1.

    Those who do not answer are taken to think as the others do.

    Examples
    --------
    >>> asked(45, 0.7), asked(3, 0.1)
    (32, 1)
    """
    # through its decimals: as a float, 0.7 of 45 is below 31.5
    return max(1, math.floor(n * Fraction(str(response)) + Fraction(1, 2)))


def counts(n: int, p: float, deff: float = 1.0, population: int | None = None) -> Floats:
    """Return the law of how many of n people will say they are satisfied.

    Parameters
    ----------
    n : int
        People asked, 1 or more.
    p : float in [0, 1]
        Chance that one is satisfied.
    deff : float
        Design effect, 0 or more; n is the most it can be, everybody saying the same, so that more counts as n.
    population : int, optional
        People there are, n or more; without it their number does not matter.

    Returns
    -------
    ndarray (n + 1,)
        Chance of each count.

    Notes
    -----
    The mean is ``n p`` and the variance ``n p (1 - p) (1 + (n - 1) rho)``, where ``1 + (n - 1) rho = deff (N - n) /
    (N - 1)``: Polya's law of correlation rho. It is beta-binomial for rho > 0 and binomial for rho = 0. Below 0 it is
    hypergeometric: n drawn of ``M = 1 - 1 / rho`` people, which is N itself where deff is 1. Where M or the number
    of satisfied people D = M p is not whole, the laws of its two neighbours are mixed, so that the mean stays n p.
    Mixing M leaves the variance as it is; mixing D, which one does not know then, adds at most 1/4 to it. Where all
    N are asked, only this is left: the two counts around N p.

    Examples
    --------
    >>> counts(2, 0.5, population=4).round(4).tolist()
    [0.1667, 0.6667, 0.1667]
    >>> counts(2, 0.5, deff=1.5).round(4).tolist()
    [0.375, 0.25, 0.375]
    """
    if n < 1 or not 0 <= p <= 1 or not deff >= 0 or (population is not None and population < n):
        raise ValueError(f"no such survey: n={n}, p={p}, deff={deff}, population={population}")
    if n == 1:
        return np.array([1 - p, p])
    if population is not None and (deff == 1 or population == n):
        return _drawn(n, p, population)
    left = 1.0 if population is None else (population - n) / (population - 1)
    rho = (min(deff, n) * left - 1) / (n - 1)
    if rho >= 0 or -rho * _WHOLE < 1:
        return _alike(n, p, max(rho, 0.0))
    size = max(n, math.floor(1 - 1 / rho))
    near = min(max((size - 1) * (-rho * size - 1), 0.0), 1.0)
    return near * _drawn(n, p, size) + (1 - near) * _drawn(n, p, size + 1)


def _alike(n: int, p: float, rho: float) -> Floats:
    """Return the beta-binomial law with a = p (1 - rho) / rho and b = (1 - p) (1 - rho) / rho; binomial at 0."""
    if p in (0, 1) or rho == 1:
        found = np.zeros(n + 1)
        found[[0, n]] = 1 - p, p
        return found
    k = np.arange(n)
    yes, no = p * (1 - rho) + k * rho, (1 - p) * (1 - rho) + (n - 1 - k) * rho
    return _chained((n - k) / (k + 1) * (yes / no), 0, n)


def _drawn(n: int, p: float, size: int) -> Floats:
    """Return the hypergeometric law of n drawn of `size` people, of whom ``size p`` are satisfied."""
    low = math.floor(size * p)
    part = size * p - low
    found = _hypergeometric(n, low, size)
    return found if part == 0 else (1 - part) * found + part * _hypergeometric(n, low + 1, size)


def _hypergeometric(n: int, hits: int, size: int) -> Floats:
    first, last = max(0, n - (size - hits)), min(n, hits)
    k = np.arange(first, last)
    return _chained((n - k) / (k + 1) * ((hits - k) / (size - hits - n + k + 1)), first, n)


def _chained(ratio: Floats, first: int, n: int) -> Floats:
    """Return the law on 0..n whose neighbours, from `first` on, have these ratios.

    Multiplied outwards from the mode, which needs no gamma function and keeps full accuracy for any population.
    """
    top = int(np.argmax(np.concatenate(([0.0], np.cumsum(np.log(ratio))))))
    held = np.concatenate((np.cumprod(1 / ratio[:top][::-1])[::-1], [1.0], np.cumprod(ratio[top:])))
    found = np.zeros(n + 1)
    found[first : first + len(held)] = held / held.sum()
    return found


# ------------------------------------------------------------------------------------- the law of a survey leaf


def leaf_law(rule: Rule, questions: Sequence[Sequence[Part]]) -> dict[Fraction, float]:
    """Return the exact law of the attainment of a survey leaf.

    Parameters
    ----------
    rule : Rule
        The leaf's rule: 'share' takes the satisfied share as it is; any other reads it in its measure, times 100 for
        per cent, as in scoring the answers at hand.
    questions : sequence of sequence of (Fraction, float array (n_h + 1,))
        Of each question its strata: their shares of the people, which add up to 1, and the law of the count of each
        (:func:`counts`). Without strata, ``[(Fraction(1), counts(n, p))]``.

    Returns
    -------
    dict of Fraction to float
        Chance of each attainment, ascending; those of chance 0 are left out.

    Raises
    ------
    ValueError
        If the strata's shares do not add up to 1.
    OverflowError
        If the satisfied share can take more than about two million values: odd shares of many strata, or numbers of
        answers that differ between questions. Shares in whole per mille mostly fit.

    Notes
    -----
    The satisfied share is the mean over questions of ``sum W_h k_h / n_h``, with all counts independent. Counts that
    move it by the same step are added up first; then laws are convolved on the lattice of the common denominator.

    Examples
    --------
    >>> law = leaf_law(Rule("share"), [[(Fraction(1), counts(2, 0.5))]])
    >>> {str(value): round(chance, 12) for value, chance in law.items()}
    {'0': 0.25, '1/2': 0.5, '1': 0.25}
    """
    held: dict[Fraction, Floats] = {}
    for parts in questions:
        if sum((share for share, _ in parts), Fraction(0)) != 1:
            raise ValueError("the strata's shares of the people must add up to 1")
        for share, law in parts:
            step = share / (len(questions) * (len(law) - 1))
            held[step] = np.convolve(held[step], law) if step in held else np.asarray(law, dtype=float)
    satisfied, chance = _summed(held)
    attained = satisfied
    if rule.kind != "share":
        if rule.params.get("measure") == PER_CENT:
            satisfied = Exact(rules.scaled(satisfied.num, 100), satisfied.den)
        attained = RULES[rule.kind].attain(rule.params, [satisfied])
    values, place = np.unique(attained.num, return_inverse=True)
    merged = np.bincount(place, chance)
    return {Fraction(value, attained.den): c for value, c in zip(values.tolist(), merged.tolist(), strict=True) if c}


def _summed(held: Mapping[Fraction, Floats]) -> tuple[Exact, Floats]:
    """Return the values of ``sum step k`` and their chances, for independent counts k with the laws given."""
    den = math.lcm(*(step.denominator for step in held))
    steps, laws = [step.numerator * (den // step.denominator) for step in held], list(held.values())
    last = sum(step * (len(law) - 1) for step, law in zip(steps, laws, strict=True))
    combinations = math.prod(np.count_nonzero(law) for law in laws)
    if min(last, combinations) > _CELLS:
        raise OverflowError(f"the satisfied share has {min(last, combinations)} values, more than {_CELLS}")
    if last < combinations:
        chance = _on_lattice(steps, laws)
        (place,) = np.nonzero(chance)
        return Exact(place, den), chance[place]
    place, chance = rules.integers([0]), np.array([1.0])
    for step, law in zip(steps, laws, strict=True):
        (k,) = np.nonzero(law)
        moved = rules.integers([step * count for count in k.tolist()])
        if last >= 2**62:  # the sum may not fit where each part does
            moved = moved.astype(object)
        place, back = np.unique(np.add.outer(place, moved).ravel(), return_inverse=True)
        chance = np.asarray(np.bincount(back, (chance[:, None] * law[k]).ravel()), dtype=float)
    return Exact(place, den), chance


def _on_lattice(steps: Sequence[int], laws: Sequence[Floats]) -> Floats:
    """Return the law of ``sum step k`` on 0, 1, 2, ..."""
    found = np.ones(1)
    for step, law in sorted(zip(steps, laws, strict=True), key=lambda pair: -len(pair[1])):
        if len(found) == 1:
            wider = np.zeros(step * (len(law) - 1) + 1)
            wider[::step] = law
        else:
            wider = np.zeros(len(found) + step * (len(law) - 1))
            for k in np.flatnonzero(law).tolist():
                wider[k * step : k * step + len(found)] += law[k] * found
        found = wider
    return found
