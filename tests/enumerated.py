"""The law of a coming inspection by full enumeration, in fractions: the reference for simulation and for exact laws.

Every set of sites that may be drawn, and every outcome of every row. The score is by hand, as in :mod:`by_hand`
(DESIGN section 3: absolute points, from the top down), here on the nodes of an instrument; nothing of
``evalsys.spine`` or ``evalsys.rules`` is used. Chances are floats in a model and are taken for exactly what they are.

What was found is one integer: the sums of each leaf's rows, 48 bits to each. Equal findings are merged, and findings
of two blocks add up. Size: about 30 microseconds for each different finding, of which no more than LIMIT are taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property

import numpy as np
from by_hand import DROPPED, MISSING, PEERS, ZERO, Mark, State, total

from evalsys.instrument import Instrument
from evalsys.model import Event, Model

__all__ = ["LIMIT", "Given", "given", "law_of", "mended", "passing", "score_of", "with_severity"]

#: Different findings, over all blocks, beyond which nothing is enumerated.
LIMIT = 50_000
BITS = 48
Law = dict[Fraction, Fraction]
Found = dict[int, int]  # what was found: weight


# ------------------------------------------------------------------------------------------------- score by hand


def score_of(instrument: Instrument, states: Sequence[State]) -> Fraction | None:
    """Score on assessed points, from the states of the leaves (attainment, missing, dropped or peers), by column."""
    return Scorer(instrument)(tuple(states))


class Scorer:
    """The tree by hand; a part of it that was scored with the same states below is not scored again."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument, self.nodes = instrument, instrument.nodes
        self.column = {place: column for column, place in enumerate(instrument.leaves)}
        self.below = [
            [self.column[p] for p in instrument.below(place) if p in self.column] for place in range(len(self.nodes))
        ]
        self.of_method = {
            (method, place): [c for c in below if method in (None, self.nodes[instrument.leaves[c]].method)]
            for method in (None, *(instrument.method_shares or ()))
            for place, below in enumerate(self.below)
        }
        self.known: dict[tuple[object, ...], Mark] = {}
        self.names: dict[tuple[int, int], tuple[int, State]] = {}  # holds the states, so that no id is used again

    def __call__(self, states: tuple[State, ...]) -> Fraction | None:
        full = self.instrument.full_marks
        if any(state is PEERS for state in states):
            states = self.fill(states)
        # equal states of a leaf are mostly the same object, which has a short name
        names = tuple([self.names.setdefault((c, id(s)), (len(self.names), s))[0] for c, s in enumerate(states)])
        if self.instrument.method_shares is None:
            whole = self.mark(0, full, states, names, None)
        else:
            parts = []
            for method, share in self.instrument.method_shares.items():
                own = self.mark(0, full, states, names, method)
                if own.applies:
                    worth = share * full
                    parts.append(Mark(worth, worth * own.known / own.applies, worth * own.won / own.applies))
            whole = total(parts)
        return whole.share * full if whole.known else None

    def fill(self, states: tuple[State, ...]) -> tuple[State, ...]:
        """A leaf that applies nowhere gets the mean of the assessed leaves of its indicator, by their weights."""
        filled = list(states)
        for column in (c for c, s in enumerate(states) if s == PEERS):
            standard = self.nodes[self.instrument.leaves[column]].parent
            worth = {}
            for other in self.below[self.nodes[standard].parent]:
                if isinstance(states[other], Fraction):
                    leaf = self.nodes[self.instrument.leaves[other]]
                    worth[other] = leaf.weight * self.nodes[leaf.parent].weight
            mean = [w * states[c] for c, w in worth.items()]
            filled[column] = sum(mean, ZERO) / sum(worth.values()) if worth else MISSING
        return tuple(filled)

    def mark(
        self, place: int, points: Fraction, states: tuple[State, ...], names: tuple[int, ...], method: str | None
    ) -> Mark:
        key = (place, method, *[names[c] for c in self.of_method[method, place]])  # a node's points are always the same
        if key not in self.known:
            self.known[key] = self.scored(place, points, states, names, method)
        return self.known[key]

    def scored(
        self, place: int, points: Fraction, states: tuple[State, ...], names: tuple[int, ...], method: str | None
    ) -> Mark:
        node = self.nodes[place]
        if node.kind == "leaf":
            state = states[self.column[place]]
            if state == DROPPED or method not in (None, node.method):
                return Mark(ZERO, ZERO, ZERO)
            return Mark(points, ZERO, ZERO) if state == MISSING else Mark(points, points, points * state)
        kind = node.combine.kind
        choice = kind in ("best", "worst", "subset-grade")
        below = [c for c in node.children if self.nodes[c].scored]
        parts = [
            self.mark(c, points if choice else points * self.nodes[c].weight, states, names, method) for c in below
        ]
        live = [p for p in parts if p.applies]
        if not live or len(live) < node.combine.present * len(below):
            return Mark(ZERO, ZERO, ZERO)
        whole = total(live)
        if kind == "sum":
            return whole
        if kind == "mean":
            return Mark(points, points * whole.known / whole.applies, points * whole.won / whole.applies)
        limit = min(points, whole.applies) if kind == "cap" else points
        if any(p.known < p.applies for p in live) or (kind == "subset-grade" and len(live) < len(below)):
            return Mark(limit, ZERO, ZERO)
        if kind == "cap":
            return Mark(limit, limit, min(limit, whole.won))
        if kind == "floor":
            return Mark(points, points, max(ZERO, points - (whole.known - whole.won)))
        if kind == "subset-grade":
            full = {n for n, p in enumerate(parts) if p.share == 1}
            steps = (value for met, required, value in node.combine.grades if len(full) >= met and full >= {*required})
            return Mark(points, points, points * next(steps, node.combine.otherwise))
        return Mark(points, points, points * (max if kind == "best" else min)(p.share for p in live))


# -------------------------------------------------------------------------------------------- what may be found


class Enumeration:
    """A model with the place of each leaf's sums in the integer that says what was found."""

    def __init__(self, model: Model) -> None:
        self.model, self.scorer = model, Scorer(model.instrument)
        self.scale = [1] * len(model.leaves)
        self.first, self.size, place = [], [], 0
        checks = [check for block in model.blocks for check in block.checks]
        for leaf, rule in enumerate(model.leaves):
            own = [check for check in checks if check.leaf == leaf]
            deduct = rule is not None and rule.kind == "deduct"
            read = [values for c in own for values in (c.taken if deduct else [c.levels])]
            self.scale[leaf] = math.lcm(1, *(value.denominator for values in read for value in values))
            sums = len(rule.caps) if rule is not None and deduct else 1
            self.first.append(place)
            self.size.append(sums)
            place += sums + 1  # the last one: how many rows apply
        self.masks = [(1 << BITS * (n + 1)) - 1 << BITS * f for f, n in zip(self.first, self.size, strict=True)]
        self.read: dict[tuple[int, int], State] = {}

    def added(self, place: int, check: int, level: int | None) -> int:
        """What one row adds to the sums: at a level, or where it does not apply (None)."""
        own = self.model.blocks[place].checks[check]
        rule, first, size = self.model.leaves[own.leaf], self.first[own.leaf], self.size[own.leaf]
        assert rule is not None
        if level is None:
            if rule.absent is None:
                raise ValueError("a check may not apply, and its leaf does not say what that means")
            if rule.absent != "full":
                return 0
            level = 0  # full: as if it complied
        if rule.kind == "deduct":
            sums = [points * self.scale[own.leaf] for points in own.taken[level]]
        elif rule.kind == "count":
            sums = [Fraction(int(own.levels[level] == 1))]
        else:
            sums = [own.levels[level] * self.scale[own.leaf]]
        return sum(int(s) << BITS * (first + n) for n, s in enumerate(sums)) + (1 << BITS * (first + size))

    def states(self, found: int) -> tuple[State, ...]:
        """What the findings say of each leaf."""
        return tuple([self.known(leaf, found & mask) for leaf, mask in enumerate(self.masks)])

    def known(self, leaf: int, own: int) -> State:
        if (leaf, own) not in self.read:
            self.read[leaf, own] = self.state(leaf, own)
        return self.read[leaf, own]

    def state(self, leaf: int, found: int) -> State:
        rule = self.model.leaves[leaf]
        if self.model.dropped[leaf]:
            return DROPPED
        if rule is None or self.model.missing[leaf]:
            return MISSING
        mask = (1 << BITS) - 1
        *sums, rows = [found >> BITS * (self.first[leaf] + n) & mask for n in range(self.size[leaf] + 1)]
        if not rows:
            return {"drop": DROPPED, "peers": PEERS}[rule.absent or "no rows"]
        if rule.kind == "mean":
            return Fraction(sums[0], self.scale[leaf] * rows)
        if rule.kind == "count":
            enough = sums[0] >= (rule.required or rows)
            return MISSING if not enough and rows < rule.required else Fraction(int(enough))
        points = [Fraction(s, self.scale[leaf]) for s in sums]
        taken = sum((p if cap is None else min(p, cap) for p, cap in zip(points, rule.caps, strict=True)), ZERO)
        return max(ZERO, 1 - taken / rule.full)

    @cached_property
    def total(self) -> Callable[[int], Fraction]:
        """The score in points, before events, by what was found."""

        @cache
        def value(found: int) -> Fraction:
            score = self.scorer(self.states(found))
            if score is None:
                raise ValueError("nothing may be assessed, so there may be no score")
            return score

        return value

    def of_block(self, place: int, z: float, chance: np.ndarray | None = None, drawn: int | None = None) -> Found:
        """What may be found in a block, by weight; where `drawn`, given that one site of that entry is drawn.

        Sites go one by one to one of the segments of the draw, or to none: a segment are the sites at which the same
        checks are made, the first ones drawn.
        """
        block = self.model.blocks[place]
        chance = self.model.seen(place, z) if chance is None else chance
        rows = [self.rows(place, check, chance[:, check]) for check in range(len(block.checks))]
        cuts = sorted({check.reach for check in block.checks} | {block.drawn})
        sizes = [cut - before for before, cut in zip([0, *cuts[:-1]], cuts, strict=True)]
        sites = [(entry, entry == drawn and n == 0) for entry, t in enumerate(block.times.tolist()) for n in range(t)]
        laws: dict[tuple[int, ...], Found] = {(0,) * len(sizes): {0: 1}}
        for entry, sure in sites:
            after: dict[tuple[int, ...], Found] = {}
            for used, law in laws.items():
                if not sure:
                    merge(after.setdefault(used, {}), law.items())
                for n, (cut, size) in enumerate(zip(cuts, sizes, strict=True)):
                    if used[n] < size:
                        here = law
                        for check, table in zip(block.checks, rows, strict=True):
                            if check.reach >= cut:
                                here = both(here, table[entry])
                        merge(after.setdefault((*used[:n], used[n] + 1, *used[n + 1 :]), {}), here.items())
            laws = after
        return laws[tuple(sizes)]

    def rows(self, place: int, check: int, chance: np.ndarray) -> list[Found]:
        """By entry: what one row of a check may add, with weights of one sum for all entries."""
        block, found = self.model.blocks[place], []
        lower = len(block.checks[check].levels) - 1
        for entry, p in enumerate(map(Fraction, chance.tolist())):
            off = Fraction(float(block.absent[entry, check]))
            sizes = [Fraction(s) for s in block.sizes[entry, check, :lower].tolist()]
            law = {self.added(place, check, 0): (1 - off) * p}
            for level, size in enumerate(sizes, 1) if p < 1 else ():
                merge(law, [(self.added(place, check, level), (1 - off) * (1 - p) * size / sum(sizes))])
            if off:
                merge(law, [(self.added(place, check, None), off)])
            found.append(law)
        den = math.lcm(*(weight.denominator for law in found for weight in law.values()))
        return [{key: int(weight * den) for key, weight in law.items() if weight} for law in found]

    def of_blocks(self, z: float, but: int | None = None) -> Found:
        """What may be found in all blocks, or in all but one."""
        law = {0: 1}
        for place in range(len(self.model.blocks)):
            if place != but:
                law = both(law, self.of_block(place, z))
                if len(law) > LIMIT:
                    raise ValueError(f"more than {LIMIT} different findings")
        return law


def merge(into: dict[int, int], more: Iterable[tuple[int, int]]) -> None:
    for key, weight in more:
        into[key] = into.get(key, 0) + weight


def both(one: Found, two: Found) -> Found:
    out: Found = {}
    for a, p in one.items():
        for b, q in two.items():
            out[a + b] = out.get(a + b, 0) + p * q
    return out


# ------------------------------------------------------------------------------------------------------- laws


def law_of(model: Model, z: float = 0.0) -> Law:
    """Chance of each total, in points and before events, under severity `z`."""
    found = Enumeration(model)
    return totals(found, found.of_blocks(z))


def totals(found: Enumeration, law: Found) -> Law:
    out: dict[Fraction, int] = {}
    for state, weight in law.items():
        value = found.total(state)
        out[value] = out.get(value, 0) + weight
    whole = sum(out.values())
    return {value: Fraction(weight, whole) for value, weight in sorted(out.items())}


def exact_weights(weights: Iterable[float]) -> list[Fraction]:
    given = [Fraction(float(w)) for w in weights]
    return [w / sum(given) for w in given]


def with_severity(model: Model, z: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray) -> Law:
    """The law over severity: the mixture of the laws at the nodes of a quadrature."""
    out: Law = {}
    found = Enumeration(model)
    for node, weight in zip(map(float, z), exact_weights(weights), strict=True):
        for value, chance in totals(found, found.of_blocks(node)).items():
            out[value] = out.get(value, ZERO) + weight * chance
    return dict(sorted(out.items()))


def passing(score: Fraction, mark: Fraction, events: Sequence[Event] = ()) -> Fraction:
    """Chance to pass with a total before events: every set of events that may happen; equality passes."""
    if not events:
        return Fraction(int(score >= mark))
    first, rest = events[0], events[1:]
    chance = Fraction(first.chance)
    happens = ZERO if first.veto else passing(max(ZERO, score - first.deduct), mark, rest)
    return chance * happens + (1 - chance) * passing(score, mark, rest)


def mended(model: Model, block: int, site: int, check: int) -> Model:
    """The model with one chance set to 1: for an entry of several sites, at all of them."""
    chance = model.blocks[block].chance.copy()
    chance[site, check] = 1.0
    blocks = list(model.blocks)
    blocks[block] = replace(blocks[block], chance=chance)
    return replace(model, blocks=tuple(blocks))


# ------------------------------------------------------------------------------------- what adjoint tables must say


@dataclass(frozen=True)
class Given:
    """Chances to pass, with the model's events.

    Attributes
    ----------
    chance : Fraction
        P(pass).
    leaf : dict of (column, attainment or None) to (Fraction, Fraction)
        P(the leaf attains it) and P(pass | it does); None stands for a leaf that does not apply anywhere.
    site : dict of (block, entry) to Fraction
        P(pass | one certain site of that entry is drawn).
    mended : dict of (block, entry, check) to (Fraction, Fraction)
        P(pass) and P(pass | one certain site of that entry is drawn) where that chance is 1.
    """

    chance: Fraction
    leaf: dict[tuple[int, Fraction | None], tuple[Fraction, Fraction]]
    site: dict[tuple[int, int], Fraction]
    mended: dict[tuple[int, int, int], tuple[Fraction, Fraction]]


def given(
    model: Model, mark: Fraction | None = None, z: Sequence[float] = (0.0,), weights: Sequence[float] = (1.0,)
) -> Given:
    """Conditional chances to pass, over the nodes of severity; the mark is the model's unless another is given.

    What is seen says something of severity too: conditions weigh the nodes by how likely they make what is seen. Which
    sites are drawn, and what is mended, does not.
    """
    goal = model.mark if mark is None else mark
    if goal is None:
        raise ValueError("no pass mark")
    found = Enumeration(model)

    @cache
    def won(state: int) -> Fraction:
        return passing(found.total(state), goal, model.events)

    chance, leaf = ZERO, {}
    site: dict[tuple[int, int], Fraction] = {}
    fixed: dict[tuple[int, int, int], list[Fraction]] = {}
    others = {(b, z_): found.of_blocks(z_, b) for b in range(len(model.blocks)) for z_ in map(float, z)}
    for node, weight in zip(map(float, z), exact_weights(weights), strict=True):
        law = found.of_blocks(node)
        whole = sum(law.values())
        for state, w in law.items():
            share = weight * Fraction(w, whole)
            chance += share * won(state)
            for column, own in enumerate(found.states(state)):
                if not (model.missing[column] or model.dropped[column] or model.leaves[column] is None):
                    key = (column, own if isinstance(own, Fraction) else None)
                    p, both_ = leaf.get(key, (ZERO, ZERO))
                    leaf[key] = p + share, both_ + share * won(state)
    for place, block in enumerate(model.blocks):
        for node, weight in zip(map(float, z), exact_weights(weights), strict=True):
            rest = others[place, node]

            @cache
            def ahead(state: int, rest: Found = rest) -> Fraction:
                whole = sum(rest.values())
                return sum((w * won(state + more) for more, w in rest.items()), ZERO) / whole

            def mean(law: Found, ahead: Callable[[int], Fraction] = ahead) -> Fraction:
                return sum((w * ahead(state) for state, w in law.items()), ZERO) / sum(law.values())

            for entry in range(len(block.sites)):
                seen = mean(found.of_block(place, node, drawn=entry))
                site[place, entry] = site.get((place, entry), ZERO) + weight * seen
                for check in range(len(block.checks)):
                    better = mended(model, place, entry, check).seen(place, node)
                    both_ways = fixed.setdefault((place, entry, check), [ZERO, ZERO])
                    both_ways[0] += weight * mean(found.of_block(place, node, better))
                    both_ways[1] += weight * mean(found.of_block(place, node, better, entry))
    return Given(
        chance,
        {key: (p, both_ / p) for key, (p, both_) in leaf.items()},
        site,
        {key: (plain, drawn) for key, (plain, drawn) in fixed.items()},
    )
