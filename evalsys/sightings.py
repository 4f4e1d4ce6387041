"""What was seen where and when: one sighting per (leaf, site, day), over all rounds of an assessment.

The score asks what counts in one round; what comes next is learnt from every round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import rules
from evalsys.assessment import Assessment
from evalsys.instrument import Instrument
from evalsys.rulebook import RULES, Rule

__all__ = ["Sightings", "history", "latest", "rules_of"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ZERO = Fraction(0)
_NO_DAY = -(2**62)  # before any day


@dataclass(frozen=True, eq=False)
class Sightings:
    """What was seen: one entry per (leaf, site, day), sorted so, those without a day first.

    N entries, V different outcomes.

    Attributes
    ----------
    leaf : int array (N,)
        Column of the leaf: place in ``instrument.leaves``.
    site : int array (N,)
        Row of the table of sites, -1 without one.
    kind : int array (N,)
        Type of the site: place in `site_types`, -1 without one.
    day : datetime64[D] array (N,)
    complied : bool array (N,)
        Attainment 1; for the rules 'deduct' and 'none', that nothing was found there that day.
    away : bool array (N,)
        That the check did not apply there.
    row : int array (N,)
        Of the observations; for 'deduct' and 'none' one of the day's rows.
    outcome : int array (N,)
        Place of what was seen in `levels` and `taken`; -1 where the check did not apply.
    levels : tuple of Fraction (V,)
        Attainment; for 'deduct' ``1 - points taken / full points``, without caps, so that it may be below 0.
    taken : tuple of tuple of Fraction (V,)
        For 'deduct': points taken by kind of finding; else empty.
    site_types : tuple of str
    """

    leaf: Ints
    site: Ints
    kind: Ints
    day: NDArray[np.datetime64]
    complied: Flags
    away: Flags
    row: Ints
    outcome: Ints
    levels: tuple[Fraction, ...]
    taken: tuple[tuple[Fraction, ...], ...]
    site_types: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.leaf)

    @property
    def attainment(self) -> NDArray[Any]:
        """Attainment of each entry as a Fraction, None where the check did not apply: object array (N,)."""
        return np.array([*self.levels, None], dtype=object)[self.outcome]

    def type_of(self, kind: int) -> str | None:
        """Return the name of a type of site, None for -1."""
        return self.site_types[kind] if kind >= 0 else None

    def at(self, chosen: Ints | Flags) -> Sightings:
        """Return some of the entries."""
        columns = ("leaf", "site", "kind", "day", "complied", "away", "row", "outcome")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def history(assessment: Assessment) -> Sightings:
    """Return what was seen at each leaf, site and day, over all rounds.

    Rows of state: where one day has several rows, the one that counts for the score stands, else that of the later
    round (by name), else the one that comes first by id. Rules that take all rows of a round together ('deduct',
    'none'): the rows of one day are one sighting; those without a day, the rows of one round.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    Sightings
    """
    instrument, table = assessment.instrument, assessment.observations
    numbers, state = table["seen"].to_numpy(), table["state"].to_numpy()
    away = state == "na"
    readable = (state == "seen") & np.array([value is not None for value in numbers], dtype=bool)
    rows = np.flatnonzero((table["leaf"].to_numpy() >= 0) & (away | readable))
    column_of = np.full(len(instrument.nodes), -1, dtype=np.int64)
    column_of[list(instrument.leaves)] = np.arange(len(instrument.leaves))
    leaf, site = column_of[table["leaf"].to_numpy()[rows]], table["site"].to_numpy()[rows]
    day = table["observed_on"].to_numpy().astype("datetime64[D]")[rows]
    days = np.where(np.isnat(day), _NO_DAY, day.astype(np.int64))
    _, turn = np.unique(table["round"].to_numpy()[rows].astype(str), return_inverse=True)
    _, name = np.unique(table["observation_id"].to_numpy()[rows].astype(str), return_inverse=True)
    order = np.lexsort((-name, turn, table["counts"].to_numpy()[rows], days, site, leaf))
    rows, leaf, site, days, turn = (column[order] for column in (rows, leaf, site, days, turn))

    pooled = np.array([RULES[rule.kind].pooled for rule in rules_of(instrument)], dtype=bool)
    bundle = _starts(leaf, site, days, np.where(pooled[leaf] & (days == _NO_DAY), turn, -1))
    group = np.cumsum(bundle) - 1
    last = np.flatnonzero(np.append(bundle[1:], True)) if len(rows) else rows
    applies = ~away[rows]
    seen_in = np.zeros(len(last), dtype=bool)
    seen_in[group[applies]] = True
    absent = np.where(pooled[leaf[last]], ~seen_in, ~applies[last])
    outcome, levels, taken = _outcomes(instrument, leaf, numbers[rows], applies, group, last)
    kinds = tuple(instrument.site_types)
    place_of = {name: place for place, name in enumerate(kinds)}
    kind = np.array([*(place_of.get(name, -1) for name in assessment.sites["site_type"]), -1], dtype=np.int64)
    full = np.array([level == 1 for level in levels] + [False], dtype=bool)
    found = Sightings(
        leaf=leaf[last],
        site=site[last],
        kind=kind[site[last]],
        day=day[order][last],
        complied=full[outcome],
        away=absent,
        row=rows[last],
        outcome=outcome,
        levels=levels,
        taken=taken,
        site_types=kinds,
    )
    # several rounds of findings without a day are one sighting too: the last round's
    return found.at(_ends(found.leaf, found.site, days[last]))


def latest(found: Sightings) -> Sightings:
    """Return what was last seen at each leaf and site.

    Parameters
    ----------
    found : Sightings
        As :func:`history` returns it.

    Returns
    -------
    Sightings
        One entry per (leaf, site). One without a day stands only where no other is known.
    """
    return found.at(_ends(found.leaf, found.site))


def _starts(*columns: NDArray[Any]) -> Flags:
    """Return where a new group begins in sorted columns."""
    new = np.ones(len(columns[0]), dtype=bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return new


def _ends(*columns: NDArray[Any]) -> Flags:
    """Return where a group ends in sorted columns."""
    return np.append(_starts(*columns)[1:], True)[: len(columns[0])]


def rules_of(instrument: Instrument) -> tuple[Rule, ...]:
    """Return the rule of each scored leaf, by column."""
    nodes = instrument.nodes
    found = []
    for place in instrument.leaves:
        standard = nodes[nodes[place].parent].standard
        if standard is None:
            raise ValueError(f"leaf {nodes[place].code} stands below no standard")
        found.append(standard.rules[str(nodes[place].method)])
    return tuple(found)


def _outcomes(
    instrument: Instrument, leaf: Ints, numbers: NDArray[Any], applies: Flags, group: Ints, last: Ints
) -> tuple[Ints, tuple[Fraction, ...], tuple[tuple[Fraction, ...], ...]]:
    """Return what each group of rows shows: its place among the outcomes, their levels, and the points taken.

    Rows are sorted by leaf; `group` numbers the groups, `last` is the last row of each.
    """
    outcome = np.full(len(last), -1, dtype=np.int64)
    known: dict[tuple[Fraction, tuple[Fraction, ...]], int] = {}
    by_column = rules_of(instrument)
    edges = np.flatnonzero(np.diff(leaf, prepend=-1, append=-1)).tolist() if len(leaf) else []
    standing = np.zeros(len(leaf), dtype=bool)
    standing[last] = True
    for start, end in pairwise(edges):
        rule = by_column[int(leaf[start])]
        own = np.flatnonzero(applies[start:end]) + start
        if RULES[rule.kind].pooled:
            groups, shown = _together(rule, numbers[own], group[own])
        else:
            own = own[standing[own]]
            groups, shown = group[own], _alone(rule, numbers[own])
        outcome[groups] = [known.setdefault(each, len(known)) for each in shown]
    # places by value, not by the order of the rows
    order = sorted(known, key=lambda each: (-each[0], each[1]))
    new = np.full(len(order) + 1, -1, dtype=np.int64)
    new[[known[each] for each in order]] = np.arange(len(order))
    return new[outcome], tuple(level for level, _ in order), tuple(taken for _, taken in order)


_Shown = list[tuple[Fraction, tuple[Fraction, ...]]]


def _alone(rule: Rule, numbers: NDArray[Any]) -> _Shown:
    """Return the attainment of each row; what was read several times is computed once."""
    if not len(numbers):
        return []
    first = {id(value): value for value in numbers.tolist()}  # reading makes equal values once, so few are left
    each = RULES[rule.kind].attain(rule.params, [rules.exact(c) for c in zip(*first.values(), strict=True)])
    made = {key: (Fraction(int(n), each.den), ()) for key, n in zip(first, each.num.tolist(), strict=True)}
    return [made[id(value)] for value in numbers.tolist()]


def _together(rule: Rule, numbers: NDArray[Any], group: Ints) -> tuple[Ints, _Shown]:
    """Return the groups that have rows, and what the rows of each show together."""
    groups, back = np.unique(group, return_inverse=True)
    if not len(groups):
        return groups, []
    columns = [rules.exact(column) for column in zip(*numbers, strict=True)]
    amount = columns[-1]
    kinds = columns[0].num // columns[0].den if rule.kind == "deduct" else np.zeros(len(back), dtype=np.int64)
    width = len(rule.params["kinds"]) if rule.kind == "deduct" else 1
    sums = np.zeros((len(groups), width), dtype=object)  # Python ints: no sum overflows
    # kind -1 reports that nothing was found: its amount is 0, so it may be added anywhere
    np.add.at(sums, (back, kinds), amount.num.astype(object))
    shown = []
    made: dict[tuple[int, ...], tuple[Fraction, tuple[Fraction, ...]]] = {}
    for each in map(tuple, sums.tolist()):
        if each not in made:
            points = tuple(Fraction(n, amount.den) for n in each)
            if rule.kind == "deduct":
                made[each] = (1 - sum(points, _ZERO) / rule.params["full"], points)
            else:
                made[each] = (Fraction(int(not any(points))), ())
        shown.append(made[each])
    return groups, shown
