"""Where the spread of the forecast comes from: by part of the uncertainty, by group of sites, and for pass or fail.

The law of total variance, part after part (rates, severity, draw, state, survey, documents, events): each line is
what becomes known with that part, so the lines add up to the whole and a part that is off has none. In closed form
where points only add up from site to total; by simulated pairs, with the error, elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.adjoint import Adjoint
from evalsys.drawing import losses_at
from evalsys.inspection import simulate
from evalsys.language import Text
from evalsys.lattice import CELLS, compile_region
from evalsys.law import COARSE
from evalsys.model import PARTS, Model
from evalsys.modelling import Prospect, Question
from evalsys.regions import Choice, NotExact, Reason, Region, Row, independent, regions_of
from evalsys.severity import nodes

__all__ = ["GroupShare", "PassShare", "Share", "groups", "linear_region", "pass_shares", "split"]

Floats = NDArray[np.float64]
_COUNT = 97  # nodes of severity
_SMOOTH = 13  # nodes that do for a mean, which is smooth in severity
_TURNS = 24  # sets of rates where a mean is not linear in them
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
    if _may_end_at_zero(model, root):
        return Reason(Text("事件扣分可能扣到零分", "events may take the score down to 0"))
    return root


def _may_end_at_zero(model: Model, root: Region) -> bool:
    """Whether events may take more than there is: a score does not fall below 0."""
    lowest = root.base - sum(
        (model.blocks[row.block].checks[row.check].reach * max(row.losses) for row in root.rows), Fraction(0)
    )
    taken = sum((event.deduct for event in model.events), Fraction(0))
    return bool(taken) and lowest * model.instrument.full_marks < taken


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
    drawn = np.zeros(len(z)) if block.whole else np.maximum(draw, 0.0)  # a rounding is no spread
    return _Moments(mean_at.sum(axis=0), drawn, within)


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
        In the order of :data:`evalsys.model.PARTS`, a part that is off at 0. Without rates, their variances add up to
        the variance of the score.

    Notes
    -----
    With S the score and F_k what the parts up to the k-th show, line k is ``Var(E[S | F_k]) - Var(E[S | F_k-1])``. The
    line of the rates is ``Var(E[S | rates])``; all others stand at the rates' means, as the forecast itself does.

    Where the state is off, sites that nobody has seen still differ: what they show counts with the draw that picks
    them, and what an inspector mistakes with severity.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.modelling import prospect
    >>> wujiang = prospect(read_assessment("data/wujiang-2016"))
    >>> [line.part for line in split(wujiang) if line.variance]
    ['rates', 'severity', 'draw', 'state']
    """
    model, on = prospect.model, prospect.settings.on
    root = linear_region(model)
    home = _home(on)
    lines = _closed(model, root, home) if isinstance(root, Region) else _simulated(model, draws, seed, home)
    if "rates" in on:
        lines["rates"] = _rates(prospect, draws, seed)
    total = sum(variance for variance, _ in lines.values())
    made = []
    for part in PARTS:
        variance, error = lines.get(part, (0.0, 0.0))
        made.append(Share(part, variance, variance / total if total > 0 else 0.0, error))
    return tuple(made)


def _home(on: Collection[str]) -> str:
    """Return the line of what rows at sites show: the state's, or that of the part which makes it uncertain."""
    return next((part for part in ("state", "draw") if part in on), "severity")


def _closed(model: Model, root: Region, home: str) -> dict[str, tuple[float, float]]:
    z, weights = nodes(model.severity, _COUNT)
    lines = dict.fromkeys(_SIMULATED, 0.0)
    mean = np.zeros(len(z))
    for place, rows in _by_block(root).items():
        found, part = _moments(model, rows, z), model.blocks[place].part
        mean += found.mean
        lines["draw"] += float(weights @ found.draw)
        lines[home if part == "state" else part] += float(weights @ found.rows)
    lines["severity"] += float(weights @ (mean - weights @ mean) ** 2)
    lines["events"] = sum(event.chance * (1 - event.chance) * float(event.deduct) ** 2 for event in model.events)
    return {part: (variance, 0.0) for part, variance in lines.items()}


# ------------------------------------------------------------------------------------------------------ the rates


def _rates(prospect: Prospect, draws: int, seed: int) -> tuple[float, float]:
    """Return the variance of the mean score over the rates, and its error.

    The mean of a sum is the sum of the means, whatever is shared: rows that only add up have a slope by each rate, and
    parts that do not are averaged one by one, each by its own exact law, over sampled rates.
    """
    model = prospect.model
    if not len(model.rates):
        return 0.0, 0.0
    root = _all_parts(model)
    asked = {question.block for question in prospect.questions}
    if root is None or any(asked & below.blocks for _, part in root.parts for below in part.arguments):
        return _outer(prospect, draws, seed)
    a, b = model.rates.T
    slopes = _slopes(model, root)
    added = {row.block: row for row in root.rows if row.block in asked}
    sampled: list[Floats] = []
    random = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    for place, row in added.items():
        own = [question for question in prospect.questions if question.block == place]
        worth = _worth(model, row)
        if _plain(prospect, own[0]):
            _add_shares(prospect, own, worth, slopes)
        else:
            alone = replace(prospect, questions=tuple(own))
            sampled.append(worth * np.array([_mean(alone.with_rates(r), place) for r in _drawn(random, a, b, _TURNS)]))
    rests = np.array([_rates_of(model, part) for _, part in root.parts], dtype=bool).reshape(-1, len(a))
    used = rests.any(axis=0)
    if used.any():
        values = np.where(used, _drawn(random, a, b, _TURNS), a / (a + b))
        means = _mean_parts(model, root, values)
        for parts, rates in _families(rests):  # rates are independent: so is what rests on different ones
            sampled.append(means[:, parts].sum(axis=1) + values[:, rates] @ slopes[rates])
    exact = float(slopes[~used] ** 2 @ (a * b / ((a + b) ** 2 * (a + b + 1)))[~used])
    found = [_sample_variance(values) for values in sampled]
    return exact + sum(v for v, _ in found), math.sqrt(sum(error**2 for _, error in found))


def _drawn(random: np.random.Generator, a: Floats, b: Floats, count: int) -> Floats:
    """Return sets of rates (count, rates), none so close to 0 or 1 that its log-odds are lost."""
    return np.asarray(np.clip(random.beta(a, b, (count, len(a))), 1e-12, 1 - 1e-12))


def _sample_variance(values: Floats) -> tuple[float, float]:
    """Return the variance of a sample and its standard error, from the fourth moment."""
    size, variance = len(values), float(values.var(ddof=1))
    fourth = float(((values - values.mean()) ** 4).mean())
    return variance, math.sqrt(max(fourth - variance**2 * (size - 3) / (size - 1), 0.0) / size)


def _all_parts(model: Model) -> Region | None:
    """Return the region of the total with all parts below, each of which has a law of its own; else None.

    Unlike an exact law of the total, means do not mind draws that several parts share.
    """
    alike = [replace(b, chance=np.ones_like(b.chance), sizes=np.zeros_like(b.sizes)) for b in model.blocks]
    try:
        root = regions_of(replace(model, blocks=tuple(alike)))  # what is drawn from does not shape the tree
    except NotExact:
        return None
    for _, part in root.parts:
        used = Counter(block for region in _below(part) for block in {row.block for row in region.rows})
        whole = any(own.kind == "applies" for own in _choices(part))
        if any((times > 1 or whole) and not independent(model.blocks[block]) for block, times in used.items()):
            return None
    return None if _may_end_at_zero(model, root) else root


def _choices(part: Choice) -> Iterator[Choice]:
    yield part
    for region in part.arguments:
        for _, own in region.parts:
            yield from _choices(own)


def _below(part: Choice) -> Iterator[Region]:
    return (region for own in _choices(part) for region in own.arguments)


def _rates_of(model: Model, part: Choice) -> NDArray[np.bool_]:
    """Return which rates a part rests on."""
    used = np.zeros(len(model.rates) + 1, dtype=bool)
    for row in (row for region in _below(part) for row in region.rows):
        used[model.blocks[row.block].rate[:, row.check]] = True
    return used[:-1]


def _families(rests: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield sets of parts that no rate joins to others, and their rates, from which part rests on which rate."""
    left = rests.any(axis=1)
    while left.any():
        parts = np.arange(len(rests)) == np.argmax(left)
        while not np.array_equal(parts, wider := (rests & rests[parts].any(axis=0)).any(axis=1)):
            parts = wider
        yield parts, rests[parts].any(axis=0)
        left &= ~parts


def _mean_parts(model: Model, root: Region, values: Floats) -> Floats:
    """Return the mean points (turns, parts) of each part of a region under each set of rates (turns, rates)."""
    z, weights = nodes(model.severity, _SMOOTH)
    full = float(model.instrument.full_marks)
    parts = [compile_region(model, Region(Fraction(0), (), (part,)), CELLS, "split", COARSE, ()) for part in root.parts]
    read: dict[int, set[int]] = {}
    for row in (row for _, part in root.parts for region in _below(part) for row in region.rows):
        read.setdefault(row.block, set()).add(row.check)
    out = np.zeros((len(values), len(parts)))
    for turn, rates in enumerate(values):
        other = model.with_rates(rates)
        seen = [_seen(other, place, z, read.get(place, set())) for place in range(len(model.blocks))]
        for place, part in enumerate(parts):
            law = np.broadcast_to(part.forward(other, seen), (len(z), part.cells))
            out[turn, place] = full * (
                float(part.base) - float(part.unit) * float(weights @ law @ np.arange(part.cells))
            )
    return out


def _seen(model: Model, place: int, z: Floats, checks: Collection[int]) -> Floats:
    """Return the chance to be found complying for some checks of a block; what the others say means nothing."""
    block = model.blocks[place]
    if not checks:
        return np.zeros((len(z), 0, 0))
    read = np.isin(np.arange(len(block.checks)), list(checks))
    return replace(model, blocks=(replace(block, chance=np.where(read, block.chance, 1.0)),)).seen(0, z)


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


def _worth(model: Model, row: Row) -> float:
    """Return the points that a leaf's attainment of 1 is worth to the total, from what a row of it takes."""
    check = model.blocks[row.block].checks[row.check]
    lower = next((k for k, loss in enumerate(row.losses) if loss), None)
    full = float(model.instrument.full_marks)
    return 0.0 if lower is None else float(row.losses[lower] / (1 - check.levels[lower])) * full


def _plain(prospect: Prospect, question: Question) -> bool:
    """Whether the attainment of a survey leaf is the satisfied share itself."""
    instrument = prospect.model.instrument
    leaf = instrument.nodes[instrument.leaves[question.leaf]]
    standard = instrument.nodes[leaf.parent].standard
    return standard is not None and standard.rules[str(leaf.method)].kind == "share"


def _add_shares(prospect: Prospect, questions: Sequence[Question], worth: float, slopes: Floats) -> None:
    """Add the slopes of a leaf that is the satisfied share: the mean over its questions, by people in each stratum."""
    people = Counter[str]()
    for question in questions:
        people[question.question] += question.people
    honest = 1 - float(prospect.settings.value("survey.coached") or 0)
    for question in questions:
        slopes[question.rate] += worth * honest * question.people / people[question.question] / len(people)


def _mean(model: Model, place: int) -> float:
    """Return the mean attainment of a leaf that stands alone in a block."""
    block = model.blocks[place]
    levels = np.array([float(level) for level in block.checks[0].levels])
    return float(levels @ np.concatenate([block.chance[0], (1 - block.chance[0, 0]) * block.sizes[0, 0]]))


def _outer(prospect: Prospect, draws: int, seed: int) -> tuple[float, float]:
    """Return the variance of the mean score over rates, by simulation alone, and its error.

    The means of two independent halves, with the same random numbers for all four sets of rates of a group: their
    covariance over the sets has no part of the inner noise. Groups have random numbers of their own, so that they
    are independent and tell the error.
    """
    groups, size = 8, 4
    inner = max(draws // (groups * size) // 4, 64)
    random = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    a, b = prospect.model.rates.T
    found = []
    for halves in random.integers(2**63, size=(groups, 2)).tolist():
        models = [prospect.with_rates(rates) for rates in _drawn(random, a, b, size)]
        means = np.array([[simulate(model, inner, half).mean for half in halves] for model in models])
        found.append(np.cov(means.T)[0, 1])
    return float(np.mean(found)), float(np.std(found, ddof=1) / math.sqrt(groups))


def _simulated(model: Model, draws: int, seed: int, home: str) -> dict[str, tuple[float, float]]:
    """Return each part's variance by simulated pairs that share the parts before it (Saltelli and others 2010)."""
    plain = simulate(model, draws, seed).score
    apart = plain - plain.mean()
    gains: dict[str, Floats] = {}
    before = np.zeros(draws)
    for number, part in enumerate(_SIMULATED):
        later = _SIMULATED[number + 1 :]
        if not _random(model, part):  # nothing more is known with it
            continue
        here = simulate(model, draws, seed, fresh=later, fresh_seed=seed + 1).score if later else plain
        here = here - here.mean()
        line = home if part == "state" else part
        gains[line] = gains.get(line, 0.0) + apart * (here - before)
        before = here
    return {part: (float(gain.mean()), float(gain.std(ddof=1) / math.sqrt(draws))) for part, gain in gains.items()}


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
    may_apply = (block.absent > 0) & (block.absent < 1)
    mistaken = (model.sensitivity < 1 or model.specificity < 1) and any(check.shifts for check in block.checks)
    return mistaken or bool(may_apply.any() or (chances.max(axis=-1) < 1).any())


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
