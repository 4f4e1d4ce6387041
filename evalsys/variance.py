"""Where the spread of the forecast comes from: by part of the uncertainty, by group of sites, and for pass or fail.

The law of total variance, part after part (rates, severity, draw, state, survey, documents, events): each line is
what becomes known with that part, so the lines add up to the whole and a part that is off has none. In closed form
where points only add up from site to total; by simulated pairs, with the error, elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.adjoint import Adjoint
from evalsys.drawing import losses_at
from evalsys.inspection import simulate
from evalsys.language import Text
from evalsys.model import PARTS, Model
from evalsys.modelling import Prospect
from evalsys.regions import NotExact, Reason, Region, Row, regions_of
from evalsys.severity import nodes

__all__ = ["GroupShare", "PassShare", "Share", "groups", "linear_region", "pass_shares", "split"]

Floats = NDArray[np.float64]
_COUNT = 97  # nodes of severity
_SIMULATED = PARTS[1:]


@dataclass(frozen=True)
class Share:
    """One line of the split.

    Attributes
    ----------
    part : str
        Of :data:`evalsys.model.PARTS`.
    variance : float
        In points squared.
    share : float
        Of the sum of all lines; 0 where there is no spread at all.
    error : float
        Standard error of `variance`, 0 where it is in closed form.
    """

    part: str
    variance: float
    share: float
    error: float = 0.0


@dataclass(frozen=True)
class GroupShare:
    """What a group of sites has to do with the spread of the score, severity shared.

    Attributes
    ----------
    name : str
    covariance : float
        ``Cov(group, score) / Var(score)``: adds up to 1, may be negative.
    shapley : float
        Its Shapley share of what the groups explain (of a normal law with the same covariances): adds up to 1, never
        negative (Owen and Prieur 2017).
    """

    name: str
    covariance: float
    shapley: float


@dataclass(frozen=True)
class PassShare:
    """First Sobol index for pass or fail, at given severity: ``Var(P(pass | what it shows)) / (P (1 - P))``.

    `kind` says what it belongs to: 'leaf' (a column), 'block' (a place) or 'severity' or a part of the uncertainty.
    """

    kind: str
    place: int
    index: float
    error: float = 0.0


# -------------------------------------------------------------------------------------- by part, in closed form


def linear_region(model: Model) -> Region | Reason:
    """Return the region of the total if everything only adds up, events included; else why not."""
    try:
        root = regions_of(model)
    except NotExact as error:
        return error.reasons[0]
    if root.parts:
        text = Text("有封顶、取舍、计数或等级", "a cap, choice, count or grade")
        return Reason(text, tuple(part.code for _, part in root.parts))
    lowest = root.base - sum(
        (model.blocks[row.block].checks[row.check].reach * max(row.losses) for row in root.rows), Fraction(0)
    )
    taken = sum((event.deduct for event in model.events), Fraction(0))
    if lowest * model.instrument.full_marks < taken:
        return Reason(Text("事件扣分可能扣到零分", "events may take the score down to 0"))
    return root


@dataclass(frozen=True)
class _Moments:
    """Of one block, in points, at each node of severity: mean loss, variance by the draw, variance by the rows."""

    mean: Floats
    draw: Floats
    rows: Floats


def _moments(model: Model, rows: Sequence[Row], z: Floats) -> _Moments:
    """Return the moments of what a block's rows take from the total.

    Without replacement, the sum of ``y_s`` over the places s of a draw has variance
    ``sum of C_ss - sum over s != t of C_st / (N - 1)``, C the covariances over the population (Cochran 1977, 2.5).
    """
    place = rows[0].block
    block, full = model.blocks[place], float(model.instrument.full_marks)
    seen = model.seen(place, z)
    share = block.times / block.population
    reach = max(block.checks[row.check].reach for row in rows)
    at = np.zeros((reach, len(z), len(block.sites)))
    within = np.zeros(len(z))
    for row in rows:
        losses = np.array([float(loss) * full for loss in row.losses])
        chances = losses_at(model, row, seen)
        mean = chances @ losses
        own = block.checks[row.check].reach
        at[:own] += mean
        within += own * ((chances @ losses**2 - mean**2) @ share)
    mean_at = at @ share
    apart = at - mean_at[..., None]
    both = np.einsum("szi,tzi,i->zst", apart, apart, share)
    own_places = np.trace(both, axis1=1, axis2=2)
    across = both.sum(axis=(1, 2)) - own_places
    draw = own_places - (across / (block.population - 1) if block.population > 1 else 0.0)
    return _Moments(mean_at.sum(axis=0), np.maximum(draw, 0.0), within)


def _by_block(root: Region) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in root.rows:
        found.setdefault(row.block, []).append(row)
    return found


def split(prospect: Prospect, *, draws: int = 20_000, seed: int = 0) -> tuple[Share, ...]:
    """Split the variance of the score by part of the uncertainty.

    Parameters
    ----------
    prospect : Prospect
    draws : int
        Pairs of simulated inspections, where there is no closed form.
    seed : int

    Returns
    -------
    tuple of Share
        In the order of :data:`evalsys.model.PARTS`; their variances add up to the variance of the score.
    """
    root = linear_region(prospect.model)
    lines = _closed(prospect, root) if isinstance(root, Region) else _simulated(prospect.model, draws, seed)
    if "rates" in prospect.settings.on:
        linear = isinstance(root, Region)
        lines["rates"] = _rates(prospect, root if linear else None, draws, seed)  # type: ignore[arg-type]
    total = sum(variance for variance, _ in lines.values())
    made = []
    for part in PARTS:
        variance, error = lines.get(part, (0.0, 0.0))
        made.append(Share(part, variance, variance / total if total > 0 else 0.0, error))
    return tuple(made)


def _closed(prospect: Prospect, root: Region) -> dict[str, tuple[float, float]]:
    model = prospect.model
    z, weights = nodes(model.severity, _COUNT)
    lines = dict.fromkeys(_SIMULATED, 0.0)
    mean = np.zeros(len(z))
    for place, rows in _by_block(root).items():
        found, part = _moments(model, rows, z), model.blocks[place].part
        mean += found.mean
        lines["draw"] += float(weights @ found.draw)
        lines[part] += float(weights @ found.rows)
    lines["severity"] = float(weights @ (mean - weights @ mean) ** 2)
    lines["events"] = sum(event.chance * (1 - event.chance) * float(event.deduct) ** 2 for event in model.events)
    return {part: (variance, 0.0) for part, variance in lines.items()}


def _rates(prospect: Prospect, root: Region | None, draws: int, seed: int) -> tuple[float, float]:
    """Return the variance of the mean score over the rates, and its error."""
    model = prospect.model
    if not len(model.rates):
        return 0.0, 0.0
    if root is not None:
        slopes = _slopes(model, root)
        a, b = model.rates.T
        exact = float(slopes**2 @ (a * b / ((a + b) ** 2 * (a + b + 1))))
        sampled, error = _survey_rates(prospect, root, seed) if prospect.questions else (0.0, 0.0)
        return exact + sampled, error
    return _outer(prospect, draws, seed)


def _slopes(model: Model, root: Region) -> Floats:
    """Return the derivative of the mean score by each rate that sites rest on."""
    full = float(model.instrument.full_marks)
    out = np.zeros(len(model.rates) + 1)
    for row in root.rows:
        block = model.blocks[row.block]
        check = block.checks[row.check]
        losses = np.array([float(loss) * full for loss in row.losses[1:]])
        gain = block.sizes[:, row.check, : len(losses)] @ losses
        judged = model.sensitivity + model.specificity - 1 if check.shifts else 1.0
        moved = (1 - block.keep[:, row.check]) * (1 - block.absent[:, row.check]) * gain * judged
        np.add.at(out, block.rate[:, row.check], check.reach * block.times / block.population * moved)
    return out[:-1]


_OUTER = 400


def _survey_rates(prospect: Prospect, root: Region, seed: int) -> tuple[float, float]:
    """Return the variance of the mean score over the rates of the survey's questions, sampled."""
    places = sorted({question.block for question in prospect.questions})
    sites = {row.block: row for row in root.rows}
    random = np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[0])
    full = float(prospect.model.instrument.full_marks)
    values = np.zeros(_OUTER)
    a, b = prospect.model.rates.T
    scale: dict[int, float] = {}
    for place in places:
        row, block = sites[place], prospect.model.blocks[place]
        lower = next((k for k, loss in enumerate(row.losses) if loss), None)
        scale[place] = 0.0 if lower is None else float(row.losses[lower] / (1 - block.checks[0].levels[lower])) * full
    for turn in range(_OUTER):
        model = prospect.with_rates(random.beta(a, b))
        for place in places:
            block = model.blocks[place]
            levels = np.array([float(level) for level in block.checks[0].levels])
            chances = np.concatenate([block.chance[0], (1 - block.chance[0, 0]) * block.sizes[0, 0]])
            values[turn] += scale[place] * float(chances @ levels)
    return float(values.var(ddof=1)), float(values.var(ddof=1) * math.sqrt(2 / (_OUTER - 1)))


def _outer(prospect: Prospect, draws: int, seed: int) -> tuple[float, float]:
    """Return the variance of the mean score over rates: the covariance of two independent halves of an inner loop."""
    turns = 32
    inner = max(draws // turns // 4, 64)
    first, second = np.random.SeedSequence(seed).spawn(2)
    random = np.random.default_rng(first)
    seeds = [int(n) for n in second.generate_state(2)]
    a, b = prospect.model.rates.T
    means = np.array(
        [
            [simulate(model, inner, own).mean for own in seeds]
            for model in (prospect.with_rates(random.beta(a, b)) for _ in range(turns))
        ]
    )
    # the same draws for every set of rates: what is left of them is the same for all, and falls out
    apart = means - means.mean(axis=0)
    products = apart[:, 0] * apart[:, 1] * turns / (turns - 1)
    return max(float(products.mean()), 0.0), float(products.std(ddof=1) / math.sqrt(turns))


def _simulated(model: Model, draws: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return each part's variance by simulated pairs that share the parts before it (Saltelli and others 2010)."""
    plain = simulate(model, draws, seed).score
    apart = plain - plain.mean()
    lines: dict[str, tuple[float, float]] = {}
    before = np.zeros(draws)
    for number, part in enumerate(_SIMULATED):
        later = _SIMULATED[number + 1 :]
        if not _random(model, part):  # nothing more is known with it
            lines[part] = 0.0, 0.0
            continue
        here = simulate(model, draws, seed, fresh=later, fresh_seed=seed + 1).score if later else plain
        here = here - here.mean()
        gain = apart * (here - before)
        lines[part] = (float(gain.mean()), float(gain.std(ddof=1) / math.sqrt(draws)))
        before = here
    return lines


def _random(model: Model, part: str) -> bool:
    """Whether a part has anything random in this model."""
    if part == "severity":
        return model.severity > 0
    if part == "events":
        return any(event.chance > 0 for event in model.events)
    if part == "draw":
        return any(not block.whole for block in model.blocks)
    return any(_uncertain(model, place) for place, block in enumerate(model.blocks) if block.part == part)


def _uncertain(model: Model, place: int) -> bool:
    block = model.blocks[place]
    chances = np.concatenate([block.chance[..., None], (1 - block.chance[..., None]) * block.sizes], axis=-1)
    return bool((chances.max(axis=-1) < 1).any()) or model.sensitivity < 1 or model.specificity < 1


# ------------------------------------------------------------------------------------------- by group of sites


def groups(model: Model, most: int = 11) -> tuple[GroupShare, ...] | Reason:
    """Return how groups of sites share the spread of the score, correlated by severity.

    Parameters
    ----------
    most : int
        Groups told apart, those with the largest covariance; all others stand together.

    Returns
    -------
    tuple of GroupShare, or Reason
        The largest first; the reason where points do not only add up.
    """
    root = linear_region(model)
    if isinstance(root, Reason):
        return root
    z, weights = nodes(model.severity, _COUNT)
    means: dict[str, Floats] = {}
    own: dict[str, float] = {}
    for place, rows in _by_block(root).items():
        found, name = _moments(model, rows, z), _group(model, place)
        means[name] = means.get(name, np.zeros(len(z))) + found.mean
        own[name] = own.get(name, 0.0) + float(weights @ (found.draw + found.rows))
    names = list(means)
    apart = np.array([means[name] for name in names])
    apart = apart - (apart @ weights)[:, None]
    matrix = (apart * weights) @ apart.T + np.diag([own[name] for name in names])
    total = float(matrix.sum())
    if not total > 0:
        return ()
    order = np.argsort(-matrix.sum(axis=1), kind="stable")
    if len(order) > most + 1:
        pick = np.zeros((most + 1, len(order)))
        pick[np.arange(most), order[:most]] = 1
        pick[most, order[most:]] = 1
        matrix, labels = pick @ matrix @ pick.T, [*(names[k] for k in order[:most]), ""]
    else:
        matrix, labels = matrix[np.ix_(order, order)], [names[k] for k in order]
    shares = matrix.sum(axis=1) / total
    return tuple(GroupShare(*made) for made in zip(labels, shares.tolist(), _shapley(matrix).tolist(), strict=True))


def _group(model: Model, place: int) -> str:
    """Return the group of a block: its type of site, or the method of its leaf."""
    block = model.blocks[place]
    return block.site_type or str(model.instrument.nodes[model.instrument.leaves[block.checks[0].leaf]].method)


def _shapley(matrix: Floats) -> Floats:
    """Return Shapley shares of groups with these covariances: ``v(A) = c_A' S_AA^-1 c_A``, c the row sums."""
    size = len(matrix)
    c = matrix.sum(axis=1)
    value = np.zeros(2**size)
    for subset in range(1, 2**size):
        on = [k for k in range(size) if subset >> k & 1]
        value[subset] = c[on] @ np.linalg.lstsq(matrix[np.ix_(on, on)], c[on], rcond=None)[0]
    counts = np.array([subset.bit_count() for subset in range(2**size)])
    weight = np.array([1.0 / (size * math.comb(size - 1, k)) for k in range(size)])
    out = np.zeros(size)
    for k in range(size):
        without = np.flatnonzero(~(np.arange(2**size) >> k) & 1)
        out[k] = weight[counts[without]] @ (value[without | 1 << k] - value[without])
    return np.asarray(out / value[-1])


# ---------------------------------------------------------------------------------------------------- pass or fail


def pass_shares(model: Model, tables: Adjoint | None, *, draws: int = 20_000, seed: int = 0) -> tuple[PassShare, ...]:
    """Return what pass or fail hangs on.

    Parameters
    ----------
    model : Model
    tables : Adjoint or None
        Of the chance to pass, where the law is exact: indices by independent leaf and by drawn block, exact, at given
        severity. None: indices by part of the uncertainty, simulated, with their error.

    Returns
    -------
    tuple of PassShare
        The largest first. They add up to at most 1; the rest is interaction.
    """
    if tables is not None:
        spread = tables.mean * (1 - tables.mean)
        return tuple(sorted(_exact_shares(tables, spread), key=lambda share: (-share.index, share.kind, share.place)))
    made = []
    plain = simulate(model, draws, seed)
    if plain.passed is None:
        return ()
    own = plain.passed - plain.passed.mean()
    spread = float(own.var())
    for place, part in enumerate(_SIMULATED):
        if spread and _random(model, part):
            others = [other for other in _SIMULATED if other != part]
            pair = simulate(model, draws, seed, fresh=others, fresh_seed=seed + 1).passed
            assert pair is not None
            product = own * (pair - pair.mean()) / spread
            made.append(PassShare(part, place, float(product.mean()), float(product.std(ddof=1) / math.sqrt(draws))))
    return tuple(sorted(made, key=lambda share: -share.index))


def _exact_shares(tables: Adjoint, spread: float) -> Iterator[PassShare]:
    if spread <= 0:
        return
    yield PassShare("severity", -1, tables.between / spread)
    for column, leaf in tables.leaves.items():
        yield PassShare("leaf", column, leaf.explained / spread)
    for block, sites in tables.sites.items():
        yield PassShare("block", block, sites.explained / spread)
