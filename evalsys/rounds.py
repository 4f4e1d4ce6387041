"""What changed: two rounds side by side, ordinary days against announced days, two plans side by side."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalsys.assessment import Assessment
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.forecast_views import Moved, change_since
from evalsys.forecasting import Forecast, forecast
from evalsys.language import Text
from evalsys.luck import EXCHANGES, Luck, luck_of
from evalsys.mending import Bench, Gain, Worth
from evalsys.rulebook import RULES
from evalsys.scoring import Score, score
from evalsys.sightings import history, rules_of

if TYPE_CHECKING:
    from evalsys.planning import Plan

__all__ = [
    "KINDS",
    "Comparison",
    "FindingThenNow",
    "Gap",
    "PlanComparison",
    "SiteGap",
    "announced_gap",
    "compare_plans",
    "compare_rounds",
    "known_by",
    "rounds_of",
]

_ZERO = Fraction(0)

#: What became of a finding, in the order in which a page tells it.
KINDS: Mapping[str, Text] = {
    "back": Text("反弹", "came back"),
    "open": Text("仍未整改", "still open"),
    "new": Text("新增", "new"),
    "fixed": Text("已整改", "fixed"),
    "forgiven": Text("未达标但不再失分", "falls short, costs nothing now"),
    "unseen": Text("未复查", "not looked at again"),
}


# ------------------------------------------------------------------------------------------------- two rounds


@dataclass(frozen=True)
class FindingThenNow:
    """A check at a site that cost points in one of two rounds, or in both.

    Attributes
    ----------
    leaf : int
        Place of the leaf in the instrument.
    site : int
        Row of the table of sites, -1 without one.
    kind : str
        A key of :data:`KINDS`. 'fixed': it complies now. 'forgiven': it falls short, but its rule (eight of ten sites)
        holds all the same. 'back': it had complied since it was found, and falls short again. 'open': it was found
        and has not complied since. 'new': never found before. 'unseen': not looked at again.
    units : tuple of str
        Who answers, as of the later round that looked.
    lost_before, lost_now : Fraction
        Points that it cost of those assessed in each round; 0 where a round did not look.
    """

    leaf: int
    site: int
    kind: str
    units: tuple[str, ...]
    lost_before: Fraction
    lost_now: Fraction


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two rounds of one assessment.

    Attributes
    ----------
    before, now : Score
    change : Fraction or None
        Of the score, in points: `at_both` and `of_sample` together. None where a round has no score.
    at_both : Fraction or None
        How far the score moves on the checks alone that both rounds made (same leaf, same site); None where there is
        none.
    of_sample : Fraction or None
        The rest: other sites and checks than last time.
    both, only_before, only_now : int
        How many checks (leaf, site) both rounds made, and one of them.
    findings : tuple of FindingThenNow
        By kind as in :data:`KINDS`, then by points lost now and then, the largest first.
    moved : tuple of Moved
        Top-level indicators, the largest change first.
    luck : Luck or None
        The change against what luck alone does.
    forecast_before, forecast_now : Forecast or None
        The coming inspection as known at each round; None where it was not asked for or cannot be forecast.
    """

    before: Score
    now: Score
    change: Fraction | None
    at_both: Fraction | None
    of_sample: Fraction | None
    both: int
    only_before: int
    only_now: int
    findings: tuple[FindingThenNow, ...]
    moved: tuple[Moved, ...]
    luck: Luck | None
    forecast_before: Forecast | None = None
    forecast_now: Forecast | None = None

    @property
    def chances(self) -> tuple[float | None, float | None]:
        """Chance to pass before and now; None where there is no forecast or no mark."""
        held = (self.forecast_before, self.forecast_now)
        return held[0].chance if held[0] else None, held[1].chance if held[1] else None

    def count(self, kind: str) -> int:
        """Return how many findings are of a kind."""
        return sum(found.kind == kind for found in self.findings)


def compare_rounds(
    before: Score, now: Score, *, draws: int = EXCHANGES, seed: int = 0, chances: bool = True
) -> Comparison:
    """Compare two rounds of one assessment.

    Parameters
    ----------
    before, now : Score
        Of ``read_assessment(path, round=...)`` with two rounds.
    draws, seed : int
        Exchanges behind the noise, as in :func:`~evalsys.luck.luck_of`; the seed is also that of the forecasts.
    chances : bool
        Whether to forecast the coming inspection too, as it was known at each round: from the rows of rounds up to it.

    Returns
    -------
    Comparison

    Notes
    -----
    Let S_b, S_n be the scores of the two rounds and T_b, T_n those of their rows at checks that both made. Then
    ``S_n - S_b = (T_n - T_b) + ((S_n - T_n) - (S_b - T_b))``, exactly: the change at what was seen both times, and
    that of the sample. Each score is on assessed points.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> same = compare_rounds(result, result, chances=False)
    >>> same.change, len(same.findings), same.luck.verdict.en
    (Fraction(0, 1), 24, 'no change')
    """
    then_cells, now_cells = _cells(before), _cells(now)
    both = then_cells.keys() & now_cells.keys()
    change = None if before.value is None or now.value is None else now.value - before.value
    at_both = None
    if change is not None and both:
        parts = (_only(before, both).value, _only(now, both).value)
        at_both = None if parts[0] is None or parts[1] is None else parts[1] - parts[0]
    return Comparison(
        before=before,
        now=now,
        change=change,
        at_both=at_both,
        of_sample=None if change is None or at_both is None else change - at_both,
        both=len(both),
        only_before=len(then_cells) - len(both),
        only_now=len(now_cells) - len(both),
        findings=_findings(before, now, then_cells, now_cells),
        moved=change_since(before, now).moved,
        luck=luck_of(before, now, draws=draws, seed=seed),
        forecast_before=_outlook(before, seed) if chances else None,
        forecast_now=_outlook(now, seed) if chances else None,
    )


def rounds_of(assessment: Assessment) -> tuple[str, ...]:
    """Return the rounds that have observations, oldest first: by their last day, or by name where one has no day."""
    table = assessment.observations
    last = table.groupby("round", sort=True)["observed_on"].max()
    if last.isna().any():
        return tuple(last.index)
    return tuple(last.sort_values(kind="stable").index)


def known_by(assessment: Assessment) -> Assessment:
    """Return an assessment as it was known at its round: without the observations of later rounds."""
    order = rounds_of(assessment)
    later = order[order.index(assessment.settings.round) + 1 :] if assessment.settings.round in order else ()
    if not later:
        return assessment
    kept = assessment.observations[~assessment.observations["round"].isin(later)].reset_index(drop=True)
    return replace(assessment, observations=kept)


def _outlook(result: Score, seed: int) -> Forecast | None:
    mark = None if result.pass_mark is None else str(result.pass_mark.value)
    try:
        return forecast(known_by(result.assessment), at_least=mark, seed=seed)
    except InputFaults:
        return None


@dataclass
class _Seen:
    """What a round saw of a check at a site."""

    lost: Fraction
    short: bool
    units: tuple[str, ...]


_Key = tuple[int, int]


def _cells(result: Score) -> dict[_Key, _Seen]:
    """Return what a round saw, by (leaf, site); where a check does not apply it saw nothing."""
    out: dict[_Key, _Seen] = {}
    rows = result.rows[(result.rows["by"] == "observations") & result.rows["attainment"].notna()]
    columns = (rows[name].tolist() for name in ("leaf", "site", "lost", "deficit", "units"))
    for leaf, site, lost, lack, units in zip(*columns, strict=True):
        held = out.setdefault((leaf, site), _Seen(_ZERO, False, ()))
        held.lost, held.short = held.lost + lost, held.short or lack > 0
        held.units = tuple(dict.fromkeys((*held.units, *(units or ()))))
    return out


def _only(result: Score, keys: Collection[_Key]) -> Score:
    """Return the score of a round on some of its checks; survey answers and documents stay."""
    table = result.assessment.observations
    kept = [key in keys for key in zip(table["leaf"].tolist(), table["site"].tolist(), strict=True)]
    counts = table["counts"].to_numpy() & np.array(kept, dtype=bool)
    return score(replace(result.assessment, observations=table.assign(counts=counts)), left_out=result.left_out)


def _findings(
    before: Score, now: Score, then_cells: Mapping[_Key, _Seen], now_cells: Mapping[_Key, _Seen]
) -> tuple[FindingThenNow, ...]:
    again = {key for key, seen in now_cells.items() if seen.lost > 0}
    past, order = _past(now, again), rounds_of(now.assessment)
    name = before.assessment.settings.round
    then = order.index(name) if name in order else -1
    out = []
    for key in then_cells.keys() | now_cells.keys():
        old, new = then_cells.get(key), now_cells.get(key)
        lost = (old.lost if old else _ZERO, new.lost if new else _ZERO)
        if not any(lost):
            continue
        if new is None:
            kind = "unseen"
        elif lost[1] > 0:
            kind = _kind(past.get(key, []), then)
        else:
            kind = "forgiven" if new.short else "fixed"
        seen = new or old
        out.append(FindingThenNow(*key, kind, seen.units if seen else (), *lost))
    kinds = list(KINDS)
    out.sort(key=lambda f: (kinds.index(f.kind), -f.lost_now, -f.lost_before, f.leaf, f.site))
    return tuple(out)


def _kind(past: Sequence[tuple[int, bool]], then: int) -> str:
    """Say what a finding is, from (round, complied) of the looks before it, oldest first; `then`: the earlier round."""
    known = [place for place, (turn, _) in enumerate(past) if turn <= then]
    since = known[-1] if known else 0
    complied = [ok for _, ok in past]
    if any(complied[place] and not all(complied[:place]) for place in range(since, len(past))):
        return "back"
    return "open" if past and not complied[-1] else "new"


def _past(now: Score, keys: Collection[_Key]) -> dict[_Key, list[tuple[int, bool]]]:
    """Return for some checks whether they complied at each round before this one, oldest first.

    A round takes the place of the day, so that a round without days is one look too.
    """
    here, order = now.assessment, rounds_of(now.assessment)
    leaves = here.instrument.leaves
    pooled = {p for p, rule in zip(leaves, rules_of(here.instrument), strict=True) if RULES[rule.kind].pooled}
    table = here.observations
    turns = table["round"].map({name: place for place, name in enumerate(order)}).to_numpy()
    last = order.index(here.settings.round) if here.settings.round in order else len(order)
    mine = [key in keys for key in zip(table["leaf"].tolist(), table["site"].tolist(), strict=True)]
    old = table[np.array(mine, dtype=bool) & (turns < last) & (table["state"] != "blank").to_numpy()]
    turn = turns[old.index.to_numpy()]
    newest = old["observed_on"].groupby([turn, old["leaf"], old["site"]]).transform("max")
    state = ~old["leaf"].isin(pooled).to_numpy()
    kept = ~(state & (old["observed_on"] < newest).to_numpy())  # of a round, the latest look stands
    days = turn[kept].astype("datetime64[D]").astype("datetime64[s]")
    seen = history(replace(here, observations=old[kept].assign(observed_on=days)))
    out: dict[_Key, list[tuple[int, bool]]] = {}
    columns = (seen.leaf, seen.site, seen.day.astype(np.int64), seen.complied, seen.away)
    for leaf, site, day, complied, away in zip(*(column.tolist() for column in columns), strict=True):
        if not away:
            out.setdefault((leaves[leaf], site), []).append((day, complied))
    return out


# ------------------------------------------------------------------------------------- ordinary and announced days


@dataclass(frozen=True)
class SiteGap:
    """One site, or one check without a site, in the comparison of ordinary with announced days.

    Attributes
    ----------
    site : int
        Row of the table of sites, -1 without one.
    leaves : tuple of int
        Checks made on both kinds of day, as places in the instrument.
    announced, ordinary : int
        How many of them fell short.
    """

    site: int
    leaves: tuple[int, ...]
    announced: int
    ordinary: int


@dataclass(frozen=True)
class Gap:
    """How much worse it looks on an ordinary day than on an announced one.

    Attributes
    ----------
    sites : tuple of SiteGap
        The largest difference first.
    checks : int
        Made on both kinds of day.
    announced, ordinary : Fraction or None
        Share of them that fell short; None where there are none.
    difference : Fraction or None
        ``ordinary - announced``, in percentage points.
    error : float or None
        Its standard error over sites, in percentage points; None below two sites.
    chance : float or None
        That luck alone makes so large a difference, either way, if the kind of day made none.
    """

    sites: tuple[SiteGap, ...]
    checks: int
    announced: Fraction | None
    ordinary: Fraction | None
    difference: Fraction | None
    error: float | None
    chance: float | None


def announced_gap(assessment: Assessment, announced: Collection[str], ordinary: Collection[str]) -> Gap:
    """Compare ordinary days with days that were announced, by checks that were made on both.

    Parameters
    ----------
    assessment : Assessment
    announced, ordinary : collection of str
        Names of rounds.

    Returns
    -------
    Gap

    Raises
    ------
    InputFaults
        For a round without observations, and for one that is named on both sides.

    Notes
    -----
    Of a check (leaf, site) the latest look of each side counts, and it falls short where its attainment is below 1.
    With n_i checks at site i and ``d_i = (short on ordinary days) - (short on announced days)``: if the kind of day
    made no difference, each site's two days could be exchanged, so each d_i has either sign with chance 1/2. The law
    of ``T = sum of +-d_i`` is a convolution, and the chance is ``P(|T| >= |sum of d_i|)``: McNemar's exact test where
    every site has one check. The error is that of a ratio over clusters, with D the difference, m sites and
    ``N = sum of n_i``: ``sqrt(m / (m - 1) sum (d_i - n_i D)^2) / N`` (Cochran, Sampling Techniques, 1977, eq. 2.46).
    """
    announced, ordinary = tuple(dict.fromkeys(announced)), tuple(dict.fromkeys(ordinary))
    _check_rounds(assessment, announced, ordinary)
    first, second = _short(assessment, announced), _short(assessment, ordinary)
    by: dict[_Key, list[int]] = {}
    for leaf, site in sorted(first.keys() & second.keys()):
        by.setdefault((site, -1 if site >= 0 else leaf), []).append(leaf)
    sites = [
        SiteGap(
            site,
            tuple(leaves),
            sum(first[leaf, site] for leaf in leaves),
            sum(second[leaf, site] for leaf in leaves),
        )
        for (site, _), leaves in by.items()
    ]
    sites.sort(key=lambda own: (own.announced - own.ordinary, own.site, own.leaves))
    checks = sum(len(own.leaves) for own in sites)
    if not checks:
        return Gap((), 0, None, None, None, None, None)
    shares = [Fraction(sum(getattr(own, side) for own in sites), checks) for side in ("announced", "ordinary")]
    gaps = np.array([own.ordinary - own.announced for own in sites])
    return Gap(
        sites=tuple(sites),
        checks=checks,
        announced=shares[0],
        ordinary=shares[1],
        difference=(shares[1] - shares[0]) * 100,
        error=_clustered(gaps, np.array([len(own.leaves) for own in sites])),
        chance=_sign_flips(gaps),
    )


def _check_rounds(assessment: Assessment, announced: Sequence[str], ordinary: Sequence[str]) -> None:
    known = rounds_of(assessment)
    faults = [
        Fault("unknown_name", side, value=name, allowed=" ".join(known), nearest=nearest(name, known))
        for side, names in (("announced", announced), ("ordinary", ordinary))
        for name in names
        if name not in known
    ]
    faults += [Fault("named_twice", "ordinary", value=name) for name in ordinary if name in announced]
    if faults:
        raise InputFaults(faults)


def _short(assessment: Assessment, rounds: Collection[str]) -> dict[_Key, bool]:
    """Return whether each check fell short when it was last made in some rounds."""
    order, leaves = rounds_of(assessment), assessment.instrument.leaves
    out: dict[_Key, bool] = {}
    for name in sorted(rounds, key=order.index):  # without days, the later round stands
        own = assessment.observations[assessment.observations["round"] == name]
        seen = history(replace(assessment, observations=own))
        columns = (seen.leaf, seen.site, seen.complied, seen.away)
        for leaf, site, complied, away in zip(*(column.tolist() for column in columns), strict=True):
            if not away:
                out[leaves[leaf], site] = not complied
    return out


def _sign_flips(gaps: NDArray[np.int64]) -> float:
    """Return the chance that the sum of these numbers, each with a random sign, is as far from 0 as it is."""
    sizes = np.abs(gaps[gaps != 0])
    law = np.ones(1)  # on -t, -t + 2, ..., t: a sign moves the sum by twice the number
    for size in sizes.tolist():
        law = (np.append(law, np.zeros(size)) + np.append(np.zeros(size), law)) / 2
    total = np.arange(len(law)) * 2 - int(sizes.sum())
    return min(1.0, float(law[np.abs(total) >= abs(int(gaps.sum()))].sum()))


def _clustered(gaps: NDArray[np.int64], counts: NDArray[np.int64]) -> float | None:
    if len(gaps) < 2:
        return None
    rest = gaps - counts * (gaps.sum() / counts.sum())
    return 100 * math.sqrt(len(gaps) / (len(gaps) - 1) * float((rest**2).sum())) / int(counts.sum())


# -------------------------------------------------------------------------------------------------- two plans


@dataclass(frozen=True)
class PlanComparison:
    """Two plans over the same fixes.

    Attributes
    ----------
    only_first, only_second : tuple of int
        Options of fixes that stand in one plan only.
    both : tuple of int
        Options in both.
    levels : tuple of (int, int)
        Options of the fixes that both do, but at different levels: in the first, in the second.
    cost : (Fraction, Fraction)
    days : (int, int)
        Days from the start until all is done.
    worth : (Worth, Worth)
        Once the plan is done.
    gain : Gain
        Of the second over the first.
    """

    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    both: tuple[int, ...]
    levels: tuple[tuple[int, int], ...]
    cost: tuple[Fraction, Fraction]
    days: tuple[int, int]
    worth: tuple[Worth, Worth]
    gain: Gain


def compare_plans(first: Plan, second: Plan, bench: Bench | None = None) -> PlanComparison:
    """Compare two plans over the same fixes.

    Parameters
    ----------
    bench : Bench, optional
        Tells the gain by the same inspections in both; without one its errors are the sums of the plans' errors, which
        is the most that they can be.

    Raises
    ------
    ValueError
        If the plans are over different fixes.
    """
    fixes = first.fixes
    if second.fixes is not fixes and [o.name for o in second.fixes.options] != [o.name for o in fixes.options]:
        raise ValueError("the plans are over different fixes")
    held = [{fixes.options[job.option].fix: job.option for job in plan.jobs} for plan in (first, second)]
    shared = sorted(held[0].keys() & held[1].keys(), key=lambda name: held[0][name])
    pairs = [(held[0][name], held[1][name]) for name in shared]
    return PlanComparison(
        only_first=tuple(sorted(option for name, option in held[0].items() if name not in held[1])),
        only_second=tuple(sorted(option for name, option in held[1].items() if name not in held[0])),
        both=tuple(a for a, b in pairs if a == b),
        levels=tuple((a, b) for a, b in pairs if a != b),
        cost=(first.cost, second.cost),
        days=(_days(first), _days(second)),
        worth=(first.after, second.after),
        gain=_between(first, second, bench),
    )


def _days(plan: Plan) -> int:
    return max((job.ends for job in plan.jobs), default=0)


def _between(first: Plan, second: Plan, bench: Bench | None) -> Gain:
    if bench is not None:
        states = [bench.fixes.after(job.option for job in plan.jobs) for plan in (first, second)]
        return bench.gains([states[1]], before=states[0])[0]
    a, b = first.after, second.after
    chance = None if a.chance is None or b.chance is None else b.chance - a.chance
    return Gain(b.points - a.points, chance, a.points_error + b.points_error, a.chance_error + b.chance_error)
