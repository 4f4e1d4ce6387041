"""The ledger of projects: what each cost and was to bring, and what has been seen at its targets since.

A project carries out fixes. What it was to bring is the gain of these fixes as an engine foresees it; what it brought
is seen where its targets were checked before and again after the work.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.mending import Bench, Gain
from evalsys.rulebook import RULES
from evalsys.scoring import Score, score
from evalsys.sightings import Sightings, history, rules_of

__all__ = ["Brought", "Project", "ledger"]

Ints = NDArray[np.int64]
_Target = tuple[str, str, str]


@dataclass(frozen=True)
class Brought:
    """What was seen at the targets of a project, before the work and after it.

    Attributes
    ----------
    cells : int
        Checks (leaf, site) among the targets that were made both before and after.
    before, after : Fraction
        Share of them that complied when last made before, and when first made after.
    points : Fraction or None
        By how much the score of the round is higher with these checks as they were first seen after than as they were
        last seen before, all else as it is. None where the round has no score.
    """

    cells: int
    before: Fraction
    after: Fraction
    points: Fraction | None


@dataclass(frozen=True)
class Project:
    """One row of the ledger.

    Attributes
    ----------
    row : int
        Of the table of projects.
    project_id, name : str
    fixes : tuple of str
        Which it carries out.
    month : str
        Of the work, ``2026-05``.
    cost, spent : Fraction or None
        In the unit of the table; None where it says nothing.
    share : Fraction or None
        ``spent / cost``, above 1 where more is spent than it was to cost; None without either, or at a cost of 0.
    done_on : date or None
    unit : str or None
    note : str
    indicators : tuple of str
        Codes of the indicators that its targets stand in, in the order of the instrument.
    options : tuple of int
        Places in ``Bench.fixes`` of the level of each fix that brings most; none without a bench.
    foreseen : Gain or None
        Of these, over nothing done; None without a bench, or where it knows none of the fixes.
    brought : Brought or None
        None where no target was checked both before and after.
    """

    row: int
    project_id: str
    name: str
    fixes: tuple[str, ...]
    month: str
    cost: Fraction | None
    spent: Fraction | None
    share: Fraction | None
    done_on: date | None
    unit: str | None
    note: str
    indicators: tuple[str, ...]
    options: tuple[int, ...]
    foreseen: Gain | None
    brought: Brought | None


def ledger(result: Score, bench: Bench | None = None) -> tuple[Project, ...]:
    """Return the ledger of an assessment's projects, in the order of its table.

    Parameters
    ----------
    result : Score
        Of the round in whose score the effect is counted.
    bench : Bench, optional
        Tells what the fixes bring. One made from a round before the work says what was foreseen then; one of the
        present says what the fixes would bring now.

    Notes
    -----
    *Before* is before the first day of the month of the work (of the day it was done, if that is earlier); *after* is
    after the day it was done, or after the month where no day is given. Looks without a day are neither.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> ledger(score(read_assessment("data/wujiang-2016")))
    ()
    """
    here = result.assessment
    rows = here.projects.to_dict("records")
    if not rows:
        return ()
    looks = _Looks(result)
    options = _best_options({fix for row in rows for fix in row["fixes"]}, bench)
    foreseen = _foreseen([[options[fix] for fix in row["fixes"] if fix in options] for row in rows], bench)
    out = []
    for place, (row, gain) in enumerate(zip(rows, foreseen, strict=True)):
        cost, spent = row["cost"], row["spent"]
        done = None if row["done_on"] != row["done_on"] else row["done_on"].date()  # NaT differs from itself
        own = looks.of(_targets(result, row["fixes"]))
        out.append(
            Project(
                row=place,
                project_id=row["project_id"],
                name=row["name"],
                fixes=row["fixes"],
                month=row["month"],
                cost=cost,
                spent=spent,
                share=spent / cost if cost and spent is not None else None,
                done_on=done,
                unit=row["unit"],
                note=row["note"],
                indicators=_indicators(result, row["fixes"], looks, own),
                options=tuple(options[fix] for fix in row["fixes"] if fix in options),
                foreseen=gain,
                brought=looks.brought(own, *_span(row["month"], done)),
            )
        )
    return tuple(out)


def _span(month: str, done: date | None) -> tuple[date, date]:
    """Return the first and last day of the work."""
    year, number = int(month[:4]), int(month[5:])
    first = date(year, number, 1)
    last = done or date(year, number, calendar.monthrange(year, number)[1])
    return min(first, last), last


def _best_options(fixes: Iterable[str], bench: Bench | None) -> dict[str, int]:
    """Return for each fix the option that brings most: chance to pass, or points where that tells nothing apart."""
    if bench is None:
        return {}
    wanted = set(fixes)
    places = [place for place, option in enumerate(bench.fixes.options) if option.fix in wanted]
    gains = bench.gains([bench.fixes.after([place]) for place in places]) if places else ()
    best: dict[str, tuple[tuple[float, float], int]] = {}
    for place, gain in zip(places, gains, strict=True):
        key, name = (gain.chance or 0.0, gain.points), bench.fixes.options[place].fix
        if name not in best or key > best[name][0]:
            best[name] = key, place
    return {name: place for name, (_, place) in best.items()}


def _foreseen(chosen: Sequence[Sequence[int]], bench: Bench | None) -> list[Gain | None]:
    out: list[Gain | None] = [None] * len(chosen)
    known = [place for place, options in enumerate(chosen) if options]
    if bench is not None and known:
        gains = bench.gains([bench.fixes.after(chosen[place]) for place in known])
        for place, gain in zip(known, gains, strict=True):
            out[place] = gain
    return out


def _targets(result: Score, fixes: Sequence[str]) -> list[_Target]:
    """Return what the fixes aim at, at any of their levels; of a finding, its check at its site."""
    here = result.assessment
    if len(here.fixes):
        table = here.fixes[here.fixes["fix_id"].isin(fixes)]
        return list(dict.fromkeys(target for targets in table["targets"] for target in targets))
    names, table = here.sites["site_id"].tolist(), here.observations
    own = table[table["observation_id"].isin(fixes)]
    pairs = zip(own["standard"].tolist(), own["site"].tolist(), strict=True)
    return [(code, "site", names[site]) if site >= 0 else (code, "all", "") for code, site in pairs]


def _indicators(result: Score, fixes: Sequence[str], looks: _Looks, own: Ints) -> tuple[str, ...]:
    instrument = result.assessment.instrument
    places = {instrument.places[code] for code, _, _ in _targets(result, fixes) if code != "*"}
    places |= {instrument.leaves[column] for column in np.unique(looks.seen.leaf[own]).tolist()}
    found = sorted({instrument.indicator_of(place) for place in places})
    return tuple(instrument.nodes[place].code for place in found)


class _Looks:
    """What was seen when at each check of an assessment, on days that are known."""

    def __init__(self, result: Score) -> None:
        self.result = result
        here = result.assessment
        found = history(here)
        self.seen: Sightings = found.at(~np.isnat(found.day) & ~found.away)
        nodes = here.instrument.nodes
        codes = [nodes[nodes[place].parent].code for place in here.instrument.leaves]
        self.code = np.array([codes[column] for column in self.seen.leaf.tolist()], dtype=object)
        self.site = {name: place for place, name in enumerate(here.sites["site_id"].tolist())}
        self.pooled = np.array([RULES[rule.kind].pooled for rule in rules_of(here.instrument)], dtype=bool)
        table = here.observations
        self.leaves = np.array(here.instrument.leaves, dtype=np.int64)
        leaf = table["leaf"].to_numpy()
        self.cell = self._cells(leaf, table["site"].to_numpy())
        self.day = table["observed_on"].to_numpy().astype("datetime64[D]")
        self.counts = table["counts"].to_numpy()
        self.together = np.isin(leaf, self.leaves[self.pooled]) & (table["state"] != "blank").to_numpy()

    def of(self, targets: Sequence[_Target]) -> Ints:
        """Return the looks at any of the targets."""
        found = np.zeros(len(self.seen), dtype=bool)
        for standard, how, name in targets:
            own = np.ones(len(self.seen), dtype=bool) if standard == "*" else self.code == standard
            if how == "site":
                own &= self.seen.site == self.site[name]
            elif how == "type":
                own &= self.seen.kind == self.seen.site_types.index(name)
            found |= own
        return np.flatnonzero(found)

    def brought(self, own: Ints, first: date, last: date) -> Brought | None:
        """Compare the last look before the work with the first one after it, at each check that has both."""
        day = self.seen.day[own]
        before: dict[tuple[int, int], int] = {}
        after: dict[tuple[int, int], int] = {}
        keys = list(zip(self.seen.leaf[own].tolist(), self.seen.site[own].tolist(), strict=True))
        old, new = day < np.datetime64(first), day > np.datetime64(last)
        for look, key, earlier, later in zip(own.tolist(), keys, old.tolist(), new.tolist(), strict=True):
            if earlier:
                before[key] = look  # looks are sorted by day: the last one stands
            elif later:
                after.setdefault(key, look)
        both = sorted(before.keys() & after.keys())
        if not both:
            return None
        then, now = ([held[key] for key in both] for held in (before, after))
        shares = [Fraction(int(self.seen.complied[looks].sum()), len(both)) for looks in (then, now)]
        scores = [self._score(looks) for looks in (then, now)]
        points = None if scores[0] is None or scores[1] is None else scores[1] - scores[0]
        return Brought(len(both), shares[0], shares[1], points)

    def _score(self, looks: Sequence[int]) -> Fraction | None:
        """Return the score of the round with some checks as one look at each saw them."""
        chosen = self.seen.at(np.array(looks, dtype=np.int64))
        cells = self._cells(self.leaves[chosen.leaf], chosen.site)
        order = np.argsort(cells)
        at = np.minimum(np.searchsorted(cells[order], self.cell), len(cells) - 1)
        mine = cells[order][at] == self.cell
        together = self.together & (self.day == chosen.day[order][at])  # of findings, all of the day
        counts = np.where(mine, together, self.counts)
        counts[chosen.row[~self.pooled[chosen.leaf]]] = True
        here = self.result.assessment
        observations = here.observations.assign(counts=counts)
        return score(replace(here, observations=observations), left_out=self.result.left_out).value

    def _cells(self, leaf: Ints, site: Ints) -> Ints:
        """Return one number for each check at a site."""
        return leaf * (len(self.site) + 1) + site + 1
