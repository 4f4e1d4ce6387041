"""Planning a survey: how many to ask, of whom, and how likely a place of a given true rate passes with so many.

A rate in a source (95 % satisfied) is read on the people who answer. What a sample of n says of a place is therefore
a chance, not a yes or no: everything here is exact in n and in the threshold (whole numbers are compared), and laws of
counts are those of :mod:`evalsys.surveys`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalsys import surveys
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import Rule

__all__ = [
    "Bar",
    "Chance",
    "Sizes",
    "bar_of",
    "half_width",
    "ideal_size",
    "invitations",
    "least_count",
    "neyman",
    "pass_chance",
    "proportional",
    "rate_needed",
    "sample_size",
    "sizes_that_pass",
    "stratified_half_width",
    "stratified_size",
    "weighted_chance",
    "z_of",
]

Floats = NDArray[np.float64]
_HALF = Fraction(1, 2)
_CELLS = 2**16  # of the lattice on which laws with odd weights are added up
_MOST = 20_000  # the largest sample that is looked at


# ------------------------------------------------------------------------------------------------- sample size


def z_of(confidence: float | Fraction) -> float:
    """Return the point of the normal law that a two-sided interval of this confidence uses.

    Examples
    --------
    >>> round(z_of(0.95), 6)
    1.959964
    """
    if not 0 < confidence < 1:
        raise ValueError(f"no such confidence: {confidence}")
    return NormalDist().inv_cdf((1 + float(confidence)) / 2)


def ideal_size(
    half: float | Fraction,
    confidence: float | Fraction = Fraction(19, 20),
    rate: float | Fraction = _HALF,
    population: int | None = None,
    deff: float | Fraction = 1,
) -> float:
    """Return the sample size, not yet whole, at which the interval of a share is ``rate ± half``.

    Parameters
    ----------
    half : number in (0, 1)
        Half the width of the interval.
    confidence : number in (0, 1)
    rate : number in [0, 1]
        The share that is expected; 1/2 is the worst case.
    population : int, optional
        People there are, 1 or more.
    deff : number
        Design effect, above 0: how many times the variance of a simple random sample.

    Raises
    ------
    ValueError
        For a number outside its range.

    Notes
    -----
    ``n = m / (1 + (m - 1) / N)`` with ``m = deff z^2 p (1 - p) / d^2`` (Cochran, Sampling Techniques, 1977, 4.4),
    the n at which ``z^2 deff p (1 - p) / n (N - n) / (N - 1)`` is ``d^2``. With deff 1 it is the formula behind the
    table of Krejcie and Morgan (Educational and Psychological Measurement 30 (1970) 607).

    Examples
    --------
    >>> round(ideal_size(0.05), 2), round(ideal_size(0.05, population=10_000), 2)
    (384.15, 369.97)
    """
    if not 0 < half < 1 or not 0 <= rate <= 1 or not deff > 0 or (population is not None and population < 1):
        raise ValueError(f"no such sample: half={half}, rate={rate}, population={population}, deff={deff}")
    p = float(rate)
    m = float(deff) * (z_of(confidence) / float(half)) ** 2 * p * (1 - p)
    return m if population is None else m / (1 + (m - 1) / population)


def sample_size(
    half: float | Fraction,
    confidence: float | Fraction = Fraction(19, 20),
    rate: float | Fraction = _HALF,
    population: int | None = None,
    deff: float | Fraction = 1,
) -> int:
    """Return how many answers are needed: :func:`ideal_size` rounded up, at least 1, never above the population.

    Examples
    --------
    >>> sample_size(0.05), sample_size(0.05, population=1000), sample_size(Fraction(3, 100), population=500_000)
    (385, 278, 1065)
    """
    found = max(1, math.ceil(ideal_size(half, confidence, rate, population, deff)))
    return found if population is None else min(found, population)


def half_width(
    n: int,
    confidence: float | Fraction = Fraction(19, 20),
    rate: float | Fraction = _HALF,
    population: int | None = None,
    deff: float | Fraction = 1,
) -> float:
    """Return the half-width of the interval that n answers give: ``z sqrt(deff p (1 - p) / n (N - n) / (N - 1))``.

    Examples
    --------
    >>> round(half_width(385), 4), half_width(100, population=100)
    (0.0499, 0.0)
    """
    if n < 1 or (population is not None and n > population):
        raise ValueError(f"no such sample: n={n}, population={population}")
    left = 1.0 if population is None else (population - n) / max(population - 1, 1)
    p = float(rate)
    return z_of(confidence) * math.sqrt(float(deff) * p * (1 - p) / n * left)


def invitations(n: int, response: Fraction, population: int | None = None) -> int:
    """Return how many to ask so that n answer: ``n / response`` rounded up, never above the population.

    Examples
    --------
    >>> invitations(385, Fraction(7, 10)), invitations(90, Fraction(1, 2), 100)
    (550, 100)
    """
    if n < 0 or not 0 < response <= 1:
        raise ValueError(f"no such survey: n={n}, response={response}")
    found = math.ceil(n / response)
    return found if population is None else min(found, population)


# ------------------------------------------------------------------------------------------------------ strata


def _least(populations: Sequence[int], least: int) -> list[int]:
    if not populations or min(populations) < 1:
        raise ValueError("every stratum needs people")
    return [min(least, size) for size in populations]


def proportional(populations: Sequence[int], n: int, least: int = 2) -> tuple[int, ...]:
    """Share n answers out to strata in proportion to their people: whole numbers by largest remainder.

    Parameters
    ----------
    populations : sequence of int
        People of each stratum, 1 or more.
    n : int
        Answers, at most the people; raised to what `least` needs.
    least : int
        In each stratum, or all its people where they are fewer. Two let its variance be estimated.

    Returns
    -------
    tuple of int
        They add up to n.

    Examples
    --------
    >>> proportional([5000, 3000, 40], 400), proportional([6, 3, 1], 10)
    ((249, 149, 2), (6, 3, 1))
    """
    fixed: dict[int, int] = {}
    low = _least(populations, least)
    n = max(n, sum(low))
    if n > sum(populations):
        raise ValueError("more answers than people")
    while True:  # what is raised to the least leaves less to the others
        free = [place for place in range(len(populations)) if place not in fixed]
        rest, people = n - sum(fixed.values()), sum(populations[place] for place in free)
        shares = {place: Fraction(rest * populations[place], people) for place in free}
        short = [place for place in free if shares[place] < low[place]]
        if not short:
            break
        fixed.update({place: low[place] for place in short})
    found = {place: math.floor(share) for place, share in shares.items()}
    by_rest = sorted(free, key=lambda place: (found[place] - shares[place], place))
    for place in by_rest[: rest - sum(found.values())]:
        found[place] += 1
    return tuple({**fixed, **found}[place] for place in range(len(populations)))


def neyman(populations: Sequence[int], rates: Sequence[float | Fraction], n: int, least: int = 2) -> tuple[int, ...]:
    """Share n answers out to strata so that the variance of the whole share is the least that whole numbers can give.

    Parameters
    ----------
    populations, n, least
        As for :func:`proportional`; no stratum gets more than its people.
    rates : sequence of number in [0, 1]
        The share that is expected in each stratum.

    Notes
    -----
    Neyman's allocation (Journal of the Royal Statistical Society 97 (1934) 558) in whole numbers: one answer after
    another goes where it lowers ``sum N_h^2 S_h^2 / n_h`` most, that is where ``N_h S_h / sqrt(n_h (n_h + 1))`` is
    largest, with ``S_h^2 = N_h / (N_h - 1) p_h (1 - p_h)`` (T. Wright, Survey Methodology 43 (2017) 165). The sum is
    separable and convex, so this is its minimum, bounds included.

    Examples
    --------
    >>> neyman([5000, 5000], [Fraction(1, 2), Fraction(99, 100)], 100)
    (83, 17)
    """
    found = _least(populations, least)
    n = max(n, sum(found))
    if n > sum(populations):
        raise ValueError("more answers than people")
    if least < 1:
        raise ValueError("a stratum needs an answer")
    size = [(people * math.sqrt(_variance(people, rate))) for people, rate in zip(populations, rates, strict=True)]

    def worth(place: int) -> float:
        return -size[place] / math.sqrt(found[place] * (found[place] + 1))

    queue = [(worth(place), place) for place in range(len(found)) if found[place] < populations[place]]
    heapq.heapify(queue)
    for _ in range(n - sum(found)):
        place = queue[0][1]
        found[place] += 1
        if found[place] < populations[place]:
            heapq.heapreplace(queue, (worth(place), place))
        else:
            heapq.heappop(queue)
    return tuple(found)


def _variance(people: int, rate: float | Fraction) -> float:
    p = float(rate)
    return people / max(people - 1, 1) * p * (1 - p)


def stratified_half_width(
    populations: Sequence[int],
    rates: Sequence[float | Fraction],
    sizes: Sequence[int],
    confidence: float | Fraction = Fraction(19, 20),
    deff: float | Fraction = 1,
) -> float:
    """Return the half-width for the whole share: ``z sqrt(deff sum W_h^2 (1 - n_h / N_h) S_h^2 / n_h)``.

    Examples
    --------
    >>> round(stratified_half_width([5000, 5000], [0.5, 0.5], [200, 200]), 4)
    0.048
    """
    everybody = sum(populations)
    total = 0.0
    for people, rate, n in zip(populations, rates, sizes, strict=True):
        total += (people / everybody) ** 2 * (1 - n / people) * _variance(people, rate) / n
    return z_of(confidence) * math.sqrt(float(deff) * total)


def stratified_size(
    populations: Sequence[int],
    rates: Sequence[float | Fraction],
    half: float | Fraction,
    confidence: float | Fraction = Fraction(19, 20),
    deff: float | Fraction = 1,
    *,
    optimal: bool = False,
) -> tuple[int, ...]:
    """Return the answers of each stratum at which the whole share is known to ``± half``.

    Parameters
    ----------
    optimal : bool
        Neyman's allocation, else proportional.

    Notes
    -----
    From the size of the formula for parts of answers (Cochran 5.9; :func:`ideal_size` with the strata's variances)
    upwards, to the first whose whole numbers are precise enough.

    Examples
    --------
    >>> stratified_size([5000, 5000], [0.5, 0.5], 0.05)
    (186, 185)
    """
    everybody = sum(populations)
    share = [people / everybody for people in populations]
    variances = [_variance(people, rate) for people, rate in zip(populations, rates, strict=True)]
    mean = sum(w * v for w, v in zip(share, variances, strict=True))
    one = sum(w * math.sqrt(v) for w, v in zip(share, variances, strict=True)) ** 2 if optimal else mean
    wanted = (float(half) / z_of(confidence)) ** 2 / float(deff)
    n = max(1, math.floor(one / (wanted + mean / everybody)))
    while True:
        found = neyman(populations, rates, n) if optimal else proportional(populations, n)
        n = sum(found)
        if n == everybody or stratified_half_width(populations, rates, found, confidence, deff) <= half:
            return found
        n += 1


# ------------------------------------------------------------------------------------------- thresholds, chances


@dataclass(frozen=True)
class Bar:
    """The rate from which a standard counts in full; with `above` the rate itself does not do.

    Examples
    --------
    >>> Bar(Fraction(19, 20)).met(Fraction(380, 400)), Bar(Fraction(19, 20), above=True).met(Fraction(380, 400))
    (True, False)
    """

    rate: Fraction
    above: bool = False

    def met(self, share: Fraction) -> bool:
        """Whether a share reaches the bar; exact."""
        return share > self.rate if self.above else share >= self.rate


def bar_of(rule: Rule) -> Bar | None:
    """Return the rate from which a survey rule gives full marks; None where there is no such rate.

    A share counts as it is and so has none; a rule with an upper limit has none either.

    Examples
    --------
    >>> bar_of(Rule("share")) is None
    True
    """
    unit = Fraction(1, 100) if rule.params.get("measure") == PER_CENT else Fraction(1)
    if rule.kind == "ratio":
        return Bar(rule.params["target"] * unit)
    limits: list[tuple[str, Fraction]] = []
    if rule.kind == "threshold":
        limits = list(rule.params["limits"].items())
    elif rule.kind == "bands":
        limits = [(name, limit) for name, limit, value in rule.params["steps"] if value == 1]
    if len(limits) != 1 or limits[0][0] not in ("at_least", "above"):
        return None
    name, limit = limits[0]
    return Bar(limit * unit, name == "above")


def least_count(n: int, bar: Bar) -> int:
    """Return how many of n must be satisfied so that the share reaches the bar; n + 1 where none is enough.

    Examples
    --------
    >>> bar = Bar(Fraction(19, 20))
    >>> least_count(400, bar), least_count(399, bar), least_count(400, Bar(Fraction(19, 20), above=True))
    (380, 380, 381)
    """
    return math.floor(bar.rate * n) + 1 if bar.above else math.ceil(bar.rate * n)


def pass_chance(
    p: float, n: int, bar: Bar, population: int | None = None, deff: float = 1.0, questions: int = 1
) -> float:
    """Return the chance that a place whose true rate is p reaches the bar in a sample of n; exact.

    Parameters
    ----------
    p : float in [0, 1]
    n : int
        Answers, 1 or more.
    bar : Bar
    population, deff
        As for :func:`evalsys.surveys.counts`: binomial without them, hypergeometric with a population.
    questions : int
        How many questions the standard takes the mean of, each with this true rate, independent of each other.

    Examples
    --------
    >>> round(pass_chance(0.99, 400, Bar(Fraction(1))), 4), pass_chance(1.0, 400, Bar(Fraction(1)))
    (0.018, 1.0)
    """
    law = one = surveys.counts(n, p, deff, population)
    for _ in range(questions - 1):
        law = np.convolve(law, one)
    return min(1.0, float(law[least_count(n * questions, bar) :].sum()))


@dataclass(frozen=True)
class Chance:
    """A chance between two certain bounds, which are equal where it is exact."""

    low: float
    high: float


def weighted_chance(parts: Sequence[surveys.Part], bar: Bar) -> Chance:
    """Return the chance that ``sum W k / n`` reaches the bar, for independent counts k of n.

    Parameters
    ----------
    parts : sequence of (Fraction, float array (n + 1,))
        The weight W of each stratum (and question), which add up to 1, and the law of its count.
    bar : Bar

    Notes
    -----
    Parts whose answers weigh the same are added up first; where one is left, or all must be satisfied, the chance is
    exact. Else the values are rounded down, and up, to a lattice of 65,536 cells: the true chance lies between.

    Examples
    --------
    >>> fair = surveys.counts(2, 0.5)
    >>> weighted_chance([(Fraction(1, 2), fair), (Fraction(1, 2), fair)], Bar(Fraction(3, 4)))
    Chance(low=0.3125, high=0.3125)
    """
    if sum((weight for weight, _ in parts), Fraction(0)) != 1:
        raise ValueError("the weights must add up to 1")
    held: dict[Fraction, Floats] = {}
    for weight, law in parts:
        step = weight / (len(law) - 1)
        held[step] = np.convolve(held[step], law) if step in held else np.asarray(law, dtype=float)
    if len(held) == 1 or (bar.rate >= 1 and not bar.above):
        need = [least_count(len(law) - 1, bar) for law in held.values()]
        exact = math.prod(float(law[least:].sum()) for law, least in zip(held.values(), need, strict=True))
        return Chance(min(1.0, exact), min(1.0, exact))
    low, high = (_on_lattice(held, bar, up) for up in (False, True))
    return Chance(min(max(0.0, low), 1.0), min(max(low, high), 1.0))


def _on_lattice(held: dict[Fraction, Floats], bar: Bar, up: bool) -> float:
    """Return the chance of reaching the bar with every value rounded down or up to a cell."""
    whole, length = math.lcm(*(step.denominator for step in held)), 2 * _CELLS
    spectrum = np.ones(length // 2 + 1, dtype=complex)
    for step, law in held.items():
        factor = step.numerator * (whole // step.denominator) * _CELLS
        cells = [-(-factor * k // whole) if up else factor * k // whole for k in range(len(law))]
        spectrum *= np.fft.rfft(np.bincount(cells, law, length))
    found = np.fft.irfft(spectrum, length)
    return float(found[least_count(_CELLS, bar) :].sum())


def rate_needed(
    n: int, bar: Bar, chance: float = 0.9, population: int | None = None, deff: float = 1.0, questions: int = 1
) -> float | None:
    """Return the true rate from which a sample of n reaches the bar with the given chance; None where none does.

    Notes
    -----
    By bisection: the chance rises with the rate. Without population and design effect it is the beta quantile of
    Clopper and Pearson (Biometrika 26 (1934) 404).

    Examples
    --------
    >>> round(rate_needed(400, Bar(Fraction(1))), 5), round(rate_needed(400, Bar(Fraction(9, 10))), 4)
    (0.99974, 0.9167)
    """
    if pass_chance(1.0, n, bar, population, deff, questions) < chance:
        return None
    low, high = 0.0, 1.0
    for _ in range(32):
        middle = (low + high) / 2
        enough = pass_chance(middle, n, bar, population, deff, questions) >= chance
        low, high = (low, middle) if enough else (middle, high)
    return high


@dataclass(frozen=True)
class Sizes:
    """Sample sizes at which a place passes with a wanted chance.

    Attributes
    ----------
    up_to : int
        Every sample from 1 to this one does; 0 where not even one answer.
    from_on : int or None
        This one does and every larger one, up to 20,000; None where there is none.
    """

    up_to: int
    from_on: int | None


def sizes_that_pass(p: float, bar: Bar, chance: float = 0.9) -> Sizes:
    """Return the sample sizes at which a place whose true rate is p reaches the bar with the given chance.

    People are taken to be many. The chance is a saw in n, because a whole number must be satisfied; the sizes given
    hold for all n on their side.

    Examples
    --------
    >>> sizes_that_pass(0.99, Bar(Fraction(1))), sizes_that_pass(0.97, Bar(Fraction(19, 20)))
    (Sizes(up_to=10, from_on=None), Sizes(up_to=3, from_on=160))
    """
    from scipy.special import bdtrc

    n = np.arange(1, _MOST + 1)
    num, den = bar.rate.numerator, bar.rate.denominator
    least = n * num // den + 1 if bar.above else -(-n * num // den)
    bad = np.flatnonzero(bdtrc(least - 1, n, p) < chance)
    if not len(bad):
        return Sizes(_MOST, 1)
    return Sizes(int(bad[0]), None if bad[-1] + 1 == _MOST else int(bad[-1]) + 2)
