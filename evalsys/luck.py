"""How far the score moves from one round to another by luck alone, found by exchanging what the rounds saw.

Two rounds never give quite the same score, even where nothing changed: other sites were visited, and what one finds
at a site varies from visit to visit. If nothing changed, it is left to chance which of two visits to a site fell into
which round, and which of the sites that were visited once were visited when. So rounds with these exchanged are as
likely as the rounds at hand, and the changes of their scores are the law of the change by luck.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.rulebook import Rule
from evalsys.rules import Exact
from evalsys.scoring import Score
from evalsys.sightings import rules_of
from evalsys.spine import evaluate

__all__ = ["EXCHANGES", "LEVEL", "Luck", "Unit", "luck_of", "units_of"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Exchanges that are drawn where there are more than can be listed.
EXCHANGES = 2_000
#: A change whose chance by luck is below it is called more than noise: a convention.
LEVEL = 0.05
_FINE = 10**9  # attainments are rounded to it where their common denominator is larger
_SAME = 1e-9  # changes that differ by less, as a share of the full marks, are one


@dataclass(frozen=True)
class Luck:
    """A change of the score against what luck alone does.

    Attributes
    ----------
    change : float
        In points.
    sd : float
        Standard deviation of the change by luck, in points.
    z : float or None
        ``change / sd``; None where luck moves nothing.
    chance : float
        That luck alone moves the score so far, up or down: in (0, 1].
    sets : int
        Exchanges that it rests on.
    whole : bool
        Whether they are all there are, so that `chance` is exact.
    """

    change: float
    sd: float
    z: float | None
    chance: float
    sets: int
    whole: bool

    @property
    def noise(self) -> bool:
        """Whether the change is within noise."""
        return self.chance >= LEVEL

    @property
    def verdict(self) -> Text:
        """The same in words."""
        if self.change == 0:
            return Text("没有变化", "no change")
        if self.noise:
            return Text("在随机波动范围内", "within noise")
        return Text("超出随机波动范围", "more than noise")


@dataclass(frozen=True)
class Unit:
    """What is exchanged as one: all that both rounds saw at a site, or of a check without a site.

    Attributes
    ----------
    site : int
        Row of the table of sites; -1 without one.
    group : str
        Type of site; empty without a site.
    before, now : bool
        Which rounds saw it.
    same : bool
        Whether they saw the same there, so that an exchange changes nothing.
    """

    site: int
    group: str
    before: bool
    now: bool
    same: bool


def luck_of(before: Score, now: Score, *, draws: int = EXCHANGES, seed: int = 0) -> Luck | None:
    """Compare the change of the score with what luck alone does.

    Parameters
    ----------
    before, now : Score
        Two rounds of one assessment.
    draws : int
        Exchanges that are drawn; where there are no more of them, all are listed.
    seed : int

    Returns
    -------
    Luck or None
        None where a round has no score.

    Notes
    -----
    A permutation test. Let ``S(A), S(B)`` be the scores of two sets of rows, by the instrument's own rules. A site that
    both rounds visited gives its two visits, whole, to A and B or to B and A with chance 1/2 each; so does a check
    without a site that both made. Sites that one round only visited keep their rows, and which of them stand in A is a
    random subset, of the number that it was, within their type. The sd is the root of the mean of ``(S(B) - S(A))^2``
    over exchanges, and the chance is the share of them with ``|S(B) - S(A)| >= |change|``. Drawn exchanges count
    the one at hand as one more, so that no chance is 0: ``(1 + hits) / (1 + draws)`` (Phipson and Smyth 2010, eq. 2).

    For a score that adds up and sites seen both times this is ``sd^2 = sum of d_i^2`` with d_i the change that site i
    makes. Sites where nothing changed add no spread: what persists is no noise. Survey answers and documents belong to
    no round, and stay. Attainments are rounded to 1e-9 where their common denominator is larger than that.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> luck_of(result, result)
    Luck(change=0.0, sd=0.0, z=None, chance=1.0, sets=1, whole=True)
    """
    if before.value is None or now.value is None:
        return None
    held = _Rows(before, now)
    swaps, whole = _exchanges(held.units, draws, seed)
    found = held.changes(swaps)
    change = float(now.value - before.value)
    far = int((np.abs(found) >= abs(change) - _SAME * held.full).sum())
    sd = math.sqrt(float((found**2).mean()))
    sd = sd if sd > _SAME * held.full else 0.0
    chance = far / len(found) if whole else (1 + far) / (1 + len(found))
    return Luck(change, sd, change / sd if sd else None, chance, len(found), whole)


def units_of(before: Score, now: Score) -> tuple[Unit, ...]:
    """Return what two rounds saw, by site: in the order of the sites, then checks without one."""
    return _Rows(before, now).units


class _Rows:
    """The rows of two rounds by leaf, each with its unit and its round."""

    def __init__(self, before: Score, now: Score) -> None:
        self.instrument: Instrument = now.assessment.instrument
        self.full = float(self.instrument.full_marks)
        self.rules = rules_of(self.instrument)
        kinds = now.assessment.sites["site_type"].tolist()
        kind_of = _kinds(now)
        found: dict[tuple[int, int], tuple[list[_Cell], list[_Cell]]] = {}
        self.by_leaf: dict[int, list[tuple[tuple[int, int], int, _Cell]]] = {}
        for turn, own in enumerate((before, now)):
            rows = own.rows[own.rows["by"] == "observations"]
            columns = (rows[name].tolist() for name in ("observation_id", "leaf", "site", "attainment", "deficit"))
            for name, leaf, site, attained, lack in zip(*columns, strict=True):
                key = (0, site) if site >= 0 else (1, leaf)
                cell = (leaf, attained, lack, kind_of.get(name, -1))
                found.setdefault(key, ([], []))[turn].append(cell)
                self.by_leaf.setdefault(leaf, []).append((key, turn, cell))
        keys = sorted(found)
        self.place = {key: place for place, key in enumerate(keys)}
        self.units = tuple(
            Unit(
                site=key[1] if key[0] == 0 else -1,
                group=kinds[key[1]] if key[0] == 0 else "",
                before=bool(found[key][0]),
                now=bool(found[key][1]),
                same=sorted(found[key][0], key=repr) == sorted(found[key][1], key=repr),
            )
            for key in keys
        )
        nodes = [(before.nodes[place], now.nodes[place]) for place in self.instrument.leaves]
        self.dropped = np.array([a.state == b.state == "dropped" for a, b in nodes], dtype=bool)
        self.else_ = [
            None if place in self.by_leaf else now.nodes[place].attainment for place in self.instrument.leaves
        ]

    def changes(self, swaps: Flags) -> Floats:
        """Return the change of the score for each exchange, in points (N,); an exchange says which units swap."""
        values, known, dens = [], [], []
        for column, place in enumerate(self.instrument.leaves):
            rows = self.by_leaf.get(place, [])
            if not rows:
                fixed = self.else_[column]
                values.append(np.full((2, len(swaps)), 0.0 if fixed is None else float(fixed)))
                known.append(np.full((2, len(swaps)), fixed is not None))
                dens.append(1 if fixed is None else fixed.denominator)
                continue
            units = [self.place[key] for key, _, _ in rows]
            later = swaps[:, units] ^ np.array([turn for _, turn, _ in rows], dtype=bool)
            value, there, den = _leaf(self.rules[column], [cell for *_, cell in rows], np.stack([~later, later]))
            values.append(value)
            known.append(there)
            dens.append(den)
        den = math.lcm(*dens)
        den = den if den <= _FINE else _FINE
        num = np.rint(np.stack(values, -1) * den).astype(np.int64)
        points = self._points(
            num.reshape(-1, num.shape[-1]), den, np.stack(known, -1).reshape(num.shape[0] * len(swaps), -1)
        )
        return points[len(swaps) :] - points[: len(swaps)]

    def _points(self, num: NDArray[np.int64], den: int, known: Flags) -> Floats:
        """Return the score of each row of attainments; rows that lack the same leaves go up the tree together."""
        out = np.zeros(len(num))
        lacking, pattern = np.unique(~known & ~self.dropped, axis=0, return_inverse=True)
        for place, missing in enumerate(lacking):
            own = np.flatnonzero(pattern.ravel() == place)
            total = evaluate(self.instrument, Exact(num[own], den), missing, self.dropped).attainment[0]
            if total is not None:
                out[own] = (total.num / total.den).astype(float)
        return out * self.full


_Cell = tuple[int, Fraction | None, Fraction, int]


def _kinds(result: Score) -> Mapping[str, int]:
    """Return the kind of finding of each row of a leaf 'deduct', by its id."""
    instrument, table = result.assessment.instrument, result.assessment.observations
    own = {p for p, rule in zip(instrument.leaves, rules_of(instrument), strict=True) if rule.kind == "deduct"}
    columns = zip(table["observation_id"].tolist(), table["leaf"].tolist(), table["seen"].tolist(), strict=True)
    return {name: int(seen[0]) for name, leaf, seen in columns if leaf in own and seen is not None}


def _leaf(rule: Rule, cells: Sequence[_Cell], inside: Flags) -> tuple[Floats, Flags, int]:
    """Return a leaf's attainment in each set of its rows, whether it is known, and a denominator of all of them.

    Parameters
    ----------
    inside : bool array (2, N, rows)
    """
    applies = np.array([attained is not None for _, attained, _, _ in cells], dtype=bool)
    inside = inside & applies
    count = inside.sum(axis=-1)
    there = count > 0
    if rule.kind == "none":
        taken = np.array([lack > 0 for _, _, lack, _ in cells])
        return (~(inside & taken).any(axis=-1)).astype(float), there, 1
    if rule.kind == "deduct":
        return _deducted(rule, cells, inside), there, _FINE + 1
    how = rule.params.get("over_sites", "mean")
    if how == "mean":
        level = [attained or Fraction(0) for _, attained, _, _ in cells]
        den = math.lcm(*(each.denominator for each in level))
        total = inside @ np.array([int(each * den) for each in level], dtype=np.int64)
        return total / np.maximum(count * den, 1), there, math.lcm(*np.unique(count[there]).tolist()) * den
    full = (inside & np.array([attained == 1 for _, attained, _, _ in cells])).sum(axis=-1)
    if how == "all":
        return (full >= count).astype(float), there, 1
    return (full >= how).astype(float), (full >= how) | (count >= how), 1


def _deducted(rule: Rule, cells: Sequence[_Cell], inside: Flags) -> Floats:
    """Return full points less what is taken, by kind up to its cap, as a share of the full points."""
    taken = np.zeros(inside.shape[:-1])
    for kind, entry in enumerate(rule.params["kinds"].values()):
        amount = np.array([float(lack) if own == kind else 0.0 for _, _, lack, own in cells])
        here = inside @ amount
        taken = taken + (here if entry["cap"] is None else np.minimum(here, float(entry["cap"])))
    return np.maximum(1 - taken / float(rule.params["full"]), 0.0)


def _exchanges(units: Sequence[Unit], draws: int, seed: int) -> tuple[Flags, bool]:
    """Return exchanges, bool (N, units): which units go to the other round; and whether they are all there are."""
    pairs = [place for place, unit in enumerate(units) if unit.before and unit.now and not unit.same]
    single: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        if unit.site >= 0 and unit.before != unit.now:
            single.setdefault(unit.group, []).append(place)
    now = np.array([unit.now for unit in units], dtype=bool)
    mixed = [np.array(own) for own in single.values() if 0 < now[own].sum() < len(own)]
    count = 2 ** len(pairs) * math.prod(math.comb(len(own), int(now[own].sum())) for own in mixed)
    if count <= draws:
        return _listed(pairs, mixed, now, count), True
    rng = np.random.default_rng(seed)
    out = np.zeros((draws, len(units)), dtype=bool)
    out[:, pairs] = rng.integers(0, 2, (draws, len(pairs)), dtype=bool)
    for own in mixed:
        out[:, own] = rng.permuted(np.tile(now[own], (draws, 1)), axis=1) ^ now[own]
    return out, False


def _listed(pairs: Sequence[int], mixed: Sequence[NDArray[Any]], now: Flags, count: int) -> Flags:
    """List every exchange."""
    choices: list[Iterable[Any]] = [(False, True) for _ in pairs]
    choices += [list(itertools.combinations(own.tolist(), int(now[own].sum()))) for own in mixed]
    out = np.zeros((count, len(now)), dtype=bool)
    for row, chosen in enumerate(itertools.product(*choices)):
        out[row, pairs] = chosen[: len(pairs)]
        for own, later in zip(mixed, chosen[len(pairs) :], strict=True):
            out[row, own] = np.isin(own, later) ^ now[own]
    return out
