"""Random small models of an inspection, for comparing engines with the law by enumeration.

A model is made from its seed alone. Nodes are built directly, with the weights that reading a file would give.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from enumerated import Enumeration

from evalsys.instrument import METHODS, Combine, Instrument, Node
from evalsys.language import Text
from evalsys.model import Block, Check, Event, LeafRule, Model

__all__ = ["KINDS", "block_of", "flat", "model_of", "random_model"]

KINDS = ("sum", "mean", "cap", "floor", "best", "worst", "subset-grade")
MOST = 1500  # different findings over all blocks; seeds beyond it are drawn again
ZERO, ONE = Fraction(0), Fraction(1)
SIZES = tuple(map(Fraction, ("1/10", "3/10", "1/3", "1/2", "2/3", "1")))
CHANCES = (0.25, 0.5, 0.6, 0.75, 0.8, 0.875, 0.9, 0.95)


def random_model(
    seed: int,
    *,
    kinds: Sequence[str] = KINDS,
    linear: bool = False,
    absent: bool = False,
    events: bool = False,
    severity: bool = False,
    shares: bool = False,
) -> Model:
    """Return a model that :func:`enumerated.law_of` takes milliseconds for.

    Parameters
    ----------
    kinds : sequence of str
        Node rules to choose from, below the whole; the first indicator is a sum with a leaf that always applies, so
        that there is a score.
    linear : bool
        Nodes sums and means, leaves means: points are added up from site to total.
    absent : bool
        Whether checks may not apply at a site (drop, full, peers).
    events : bool
        Whether there are events, one that deducts and one that vetoes.
    severity : bool
        Whether severity and inspector error act.
    shares : bool
        Method shares; nodes are then sums.
    """
    for again in range(100):
        made = Maker(random.Random(f"{seed} {again}"), kinds, linear, absent, shares).model(events, severity)
        if made is not None:
            return made
    raise AssertionError("no small model in a hundred")


@dataclass
class Draft:
    kind: str
    combine: Combine = field(default_factory=Combine)
    weight: Fraction = ONE
    below: list[Draft] = field(default_factory=list)
    points: Fraction | None = None
    method: str | None = None
    name: str = ""
    safe: bool = False  # a leaf that is always assessed
    graded: bool = False  # stands below a grade: where it does not apply it cannot be dropped


class Maker:
    def __init__(self, chance: random.Random, kinds: Sequence[str], linear: bool, absent: bool, shares: bool) -> None:
        self.random, self.linear, self.absent, self.shares = chance, linear, absent, shares
        held = [kind for kind in kinds if kind in ("sum", "mean") or not linear]
        self.kinds = ["sum"] if shares else held or ["sum"]
        self.count = 0

    # ------------------------------------------------------------------------------------------------ the tree

    def parts(self, count: int, over: Fraction = ONE) -> list[Fraction]:
        cuts = [self.random.choice((1, 1, 2, 3)) for _ in range(count)]
        return [Fraction(cut, sum(cuts)) * over for cut in cuts]

    def code(self) -> str:
        self.count += 1
        return f"N{self.count}"

    def tree(self) -> Draft:
        full = Fraction(self.random.choice((10, 12, 39, 100)))
        root = Draft("instrument", points=full, name="test")
        count = self.random.randint(2, 3)
        root.below = [self.indicator(1, n == 0, False) for n in range(count)]
        self.weigh(root, self.parts(count))
        return root

    def indicator(self, depth: int, safe: bool, graded: bool) -> Draft:
        kind = "sum" if safe else self.random.choice(self.kinds)
        count = self.random.choice((1, 2, 2, 3)) if kind != "subset-grade" else self.random.choice((2, 3))
        graded = graded or kind == "subset-grade"
        own = Draft("indicator", self.combine(kind, count), name=self.code())
        if depth == 1 and not safe and self.random.random() < 0.35:
            own.below = [self.indicator(2, False, graded) for _ in range(2)]
            count = 2
            own.combine = self.combine(kind, 2)
        else:
            own.below = [self.standard(safe and n == 0, graded) for n in range(count)]
        over = self.random.choice((ONE, Fraction(3, 2), Fraction(2))) if kind in ("cap", "floor") else ONE
        choice = kind in ("best", "worst", "subset-grade")
        self.weigh(own, [Fraction(1, count)] * count if choice else self.parts(count, over))
        return own

    def combine(self, kind: str, count: int) -> Combine:
        if kind == "mean" and self.random.random() < 0.3:
            return Combine("mean", present=Fraction(1, 2))
        if kind != "subset-grade":
            return Combine(kind)
        one = (self.random.randrange(count),)
        return Combine(kind, ((count, (), ONE), (count - 1, one, Fraction(66, 100))), Fraction(1, 3))

    def standard(self, safe: bool, graded: bool) -> Draft:
        methods = ["site_visit"]
        if self.shares:
            methods = self.random.sample(list(METHODS)[:3], self.random.randint(1, 2))
        elif self.random.random() < 0.2:
            methods = ["document_review", "site_visit"]
        several = self.random.choice(("sum", "worst" if "worst" in self.kinds else "sum"))
        own = Draft("standard", Combine(several if len(methods) > 1 else "sum"), name=self.code())
        own.below = [Draft("leaf", method=m, name=f"{own.name}/{m}", safe=safe, graded=graded) for m in methods]
        self.weigh(own, [Fraction(1, len(methods))] * len(methods) if several == "worst" else self.parts(len(methods)))
        return own

    @staticmethod
    def weigh(node: Draft, weights: list[Fraction]) -> None:
        for child, weight in zip(node.below, weights, strict=True):
            child.weight = weight

    def share(self, root: Draft) -> dict[str, Fraction]:
        """Give each method its share of the full marks, split over its own leaves; weights follow from points."""
        leaves = [leaf for leaf in every(root) if leaf.kind == "leaf"]
        methods = sorted({str(leaf.method) for leaf in leaves}, key=list(METHODS).index)
        shares = dict(zip(methods, self.parts(len(methods)), strict=True))
        for method, share in shares.items():
            own = [leaf for leaf in leaves if leaf.method == method]
            whole = sum((leaf.points for leaf in own if leaf.points is not None), ZERO)
            for leaf in own:
                leaf.points = (leaf.points or ZERO) / whole * share * (root.points or ZERO)
        for node in reversed(every(root)):
            if node.below:
                node.points = sum((child.points for child in node.below if child.points is not None), ZERO)
                for child in node.below:
                    child.weight = (child.points or ZERO) / node.points
        return shares

    def instrument(self) -> tuple[Instrument, list[Draft]]:
        root = self.tree()
        value(root)
        made = instrument_of_drafts(root, self.share(root) if self.shares else None)
        drafts = every(root)
        return made, [drafts[n] for n in made.leaves]

    # -------------------------------------------------------------------------------------------- rules and blocks

    def rule(self, leaf: Draft, rows: int) -> LeafRule:
        kind = "mean" if self.linear else self.random.choice(("mean", "mean", "mean", "count", "deduct"))
        policies = ["full"] if leaf.safe else ["full", "peers"] if leaf.graded else ["drop", "full", "peers"]
        absent = self.random.choice(policies) if self.absent else None
        if kind == "count":
            # more sites required than apply would leave the leaf open: only where absence counts as full
            part = self.random.random() < 0.4 and absent in (None, "full")
            return LeafRule("count", required=self.random.randint(1, rows) if part else 0, absent=absent)
        if kind == "deduct":
            caps = (self.random.choice((None, Fraction(3, 2), Fraction(2))), None)
            return LeafRule("deduct", caps=caps, full=Fraction(self.random.choice((2, 3, 5))), absent=absent)
        return LeafRule(absent=absent)

    def check(self, leaf: int, rule: LeafRule, reach: int, lower: int, shifts: bool = True) -> Check:
        if rule.kind != "deduct":
            sizes = self.random.sample(SIZES, lower)
            return Check(leaf, (ONE, *(1 - size for size in sizes)), reach, shifts)
        taken = [(ZERO, ZERO)]
        for _ in range(lower):
            points = self.random.choice((Fraction(1, 2), ONE, Fraction(3, 2)))
            taken.append(self.random.choice(((points, ZERO), (ZERO, points), (points, points / 2))))
        return Check(leaf, tuple(1 - sum(t) / rule.full for t in taken), reach, shifts, tuple(taken))

    def tables(self, entries: int, checks: list[Check], rules: list[LeafRule], part: str) -> dict[str, np.ndarray]:
        """Chances in eighths and hundredths, sizes in eighths, absence in eighths."""
        lower = [len(check.levels) - 1 for check in checks]
        shape = (entries, len(checks))
        sizes = np.zeros((*shape, max(lower)))
        chance, absent, keep = np.zeros(shape), np.zeros(shape), np.ones(shape)
        for c, count in enumerate(lower):
            for i in range(entries):
                cuts = sorted(self.random.sample(range(1, 8), count - 1))
                sizes[i, c, :count] = np.diff([0, *cuts, 8]) / 8
                chance[i, c] = self.random.choice((*CHANCES, *CHANCES, 0.0, 1.0, 1.0))
                if rules[c].absent and part == "state" and self.random.random() < 0.6:
                    absent[i, c] = self.random.choice((0.125, 0.25, 0.5))
        return {"chance": chance, "sizes": sizes, "absent": absent, "keep": keep, "rate": np.full(shape, -1)}

    def blocks(self, leaves: list[Draft]) -> tuple[list[Block], list[LeafRule | None], np.ndarray, np.ndarray]:
        size = len(leaves)
        rules: list[LeafRule | None] = [None] * size
        missing, dropped = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        for n, leaf in enumerate(leaves):
            fate = 1.0 if leaf.safe else self.random.random()
            missing[n], dropped[n] = fate < 0.05, 0.05 <= fate < 0.1 and not leaf.graded
        free = [n for n in range(size) if not (missing[n] or dropped[n])]
        self.random.shuffle(free)
        blocks: list[Block] = []
        while free:
            part = self.random.choice(("state", "state", "state", "survey", "documents"))
            group = [free.pop() for _ in range(min(len(free), 1 if part == "survey" else self.random.randint(1, 3)))]
            if part != "state":
                population, drawn = 1, 1
                times = [1]
            else:
                times = [1] * self.random.randint(3, 5)
                times += [self.random.randint(2, 3)] if self.random.random() < 0.3 else []
                population = sum(times)
                drawn = population if self.random.random() < 0.1 else self.random.randint(1, 3)
            # a leaf that is checked at two types of sites
            twice = [n for n, rule in enumerate(rules) if rule and rule.kind == "mean"]
            if part == "state" and twice and len(group) < 3 and self.random.random() < 0.15:
                group.append(self.random.choice(twice))
            checks, own = [], []
            for n in group:
                reach = self.random.randint(1, drawn) if self.random.random() < 0.3 else drawn
                found = rules[n] or self.rule(leaves[n], reach)
                rules[n] = found
                lower = 4 if part == "survey" else self.random.choice((1, 1, 1, 2))
                checks.append(self.check(n, found, reach, lower, part != "documents"))
                own.append(found)
            sites = np.array([m if t == 1 else -1 for m, t in enumerate(times)]) if part == "state" else np.array([-1])
            tables = self.tables(len(times), checks, own, part)
            blocks.append(Block(f"B{len(blocks)}", part, sites, np.array(times), drawn, tuple(checks), **tables))
        return blocks, rules, missing, dropped

    def with_rates(self, blocks: list[Block]) -> tuple[list[Block], np.ndarray]:
        """Let half of the checks at sites rest on a rate: chances move to what was seen and the rate together."""
        rates: list[tuple[float, float]] = []
        for block in blocks:
            for c in range(len(block.checks)):
                if block.part != "state" or self.random.random() < 0.5:
                    continue
                found, other = self.random.randint(2, 12) + 0.5, self.random.randint(0, 4) + 0.5
                for i, times in enumerate(block.times.tolist()):
                    block.keep[i, c] = 0.0 if times > 1 else self.random.choice((0.0, 0.25, 0.5))
                    seen, keep = block.chance[i, c], block.keep[i, c]
                    block.chance[i, c] = keep * seen + (1 - keep) * found / (found + other)
                    block.rate[i, c] = len(rates)
                rates.append((found, other))
        return blocks, np.array(rates).reshape(-1, 2)

    def model(self, events: bool, severity: bool) -> Model | None:
        """The model, or None where it is too large, or always gives the same score."""
        instrument, leaves = self.instrument()
        if not 3 <= len(leaves) <= 8:
            return None
        blocks, rules, missing, dropped = self.blocks(leaves)
        blocks, rates = self.with_rates(blocks)
        found = tuple(
            Event(f"E{n}", self.random.choice((0.05, 0.125, 0.3)), instrument.full_marks / 20 * (1 - n), n == 1)
            for n in range(2 * events)
        )
        more = {"severity": 0.5, "sensitivity": 0.9, "specificity": 0.95} if severity else {}
        model = Model(instrument, tuple(rules), missing, dropped, tuple(blocks), events=found, rates=rates, **more)
        own = Enumeration(model)
        laws = [own.of_block(place, 0.0) for place in range(len(blocks))]
        if len(blocks) > 4 or np.prod([len(law) for law in laws], dtype=float) > MOST:
            return None
        drawn = [self.random.choices(list(law), [w / sum(law.values()) for w in law.values()], k=15) for law in laws]
        totals = sorted(own.total(sum(each)) for each in zip(*drawn, strict=True))
        # a mark that is itself a total, near the middle: equality passes
        mark = totals[7] if totals[7] > totals[0] else totals[-1]
        return None if totals[0] == totals[-1] else replace(model, mark=mark)


def every(node: Draft) -> list[Draft]:
    """A node and all below it, parents before children."""
    found = [node]
    for here in found:
        found.extend(here.below)
    return found


def value(node: Draft) -> None:
    """Points from the top down; none below a choice."""
    for child in node.below:
        choice = node.combine.kind in ("best", "worst", "subset-grade")
        child.points = None if choice or node.points is None else node.points * child.weight
        value(child)


def instrument_of_drafts(root: Draft, shares: dict[str, Fraction] | None = None) -> Instrument:
    """The instrument of a tree of drafts."""
    drafts = every(root)
    place = {id(draft): n for n, draft in enumerate(drafts)}
    parent = {id(child): n for n, draft in enumerate(drafts) for child in draft.below}
    nodes: list[Node] = []
    for draft in drafts:
        above = parent.get(id(draft), -1)
        nodes.append(
            Node(
                code=draft.name,
                kind=draft.kind,
                name=Text(draft.name, draft.name),
                parent=above,
                depth=nodes[above].depth + 1 if nodes else 0,
                children=tuple(place[id(child)] for child in draft.below),
                scored=True,
                points=draft.points,
                weight=draft.weight,
                combine=draft.combine,
                method=draft.method,
            )
        )
    return Instrument(
        id="test",
        title=Text("体系", "instrument"),
        level="district",
        full_marks=root.points or ZERO,
        nodes=tuple(nodes),
        weights={"scheme": "given", "status": "assumed"},
        method_shares=shares,
        pass_mark=None,
        source={"document": "test"},
        documents={},
        site_types={},
        units={},
        draw=(),
        after_total=(),
        joined=(),
        gates=(),
        negative_list=(),
        bonus=(),
        monthly=False,
        assumed=(),
    )


def flat(full: int, *indicators: tuple[str, Sequence[Fraction]]) -> Instrument:
    """An instrument of indicators of equal points, each with its rule and the weights of its standards."""
    root = Draft("instrument", points=Fraction(full), name="test")
    for n, (kind, weights) in enumerate(indicators):
        own = Draft("indicator", Combine(kind), Fraction(1, len(indicators)), name=f"I{n}")
        for m, weight in enumerate(weights):
            below = [Draft("leaf", method="site_visit", name=f"I{n}.{m}/site_visit")]
            own.below.append(Draft("standard", weight=Fraction(weight), below=below, name=f"I{n}.{m}"))
        root.below.append(own)
    value(root)
    return instrument_of_drafts(root)


def block_of(
    drawn: int, checks: Sequence[Check], chance: Sequence[Sequence[float]], part: str = "state", **more: Sequence
) -> Block:
    """A block with chances by site and check; every lower level alike, nothing absent, no rate, unless given."""
    entries, wide, deep = len(chance), len(checks), max(len(check.levels) - 1 for check in checks)
    sizes = np.zeros((entries, wide, deep))
    for c, check in enumerate(checks):
        sizes[:, c, : len(check.levels) - 1] = 1 / (len(check.levels) - 1)
    tables = {"times": np.ones(entries, int), "sizes": sizes, "absent": np.zeros((entries, wide))}
    tables |= {"rate": np.full((entries, wide), -1), "keep": np.ones((entries, wide))}
    tables |= {name: np.array(table) for name, table in more.items()}
    sites = np.where(tables["times"] > 1, -1, np.arange(entries))
    return Block("test", part, sites, drawn=drawn, checks=tuple(checks), chance=np.array(chance, float), **tables)


def model_of(instrument: Instrument, blocks: Sequence[Block], rules: Sequence[LeafRule] = (), **more: object) -> Model:
    """A model in which every leaf has rows; leaves are means unless rules are given."""
    none = np.zeros(len(instrument.leaves), bool)
    return Model(instrument, tuple(rules) or (LeafRule(),) * len(none), none, none, tuple(blocks), **more)
