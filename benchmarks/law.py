"""The exact law and the tables of "what if": 200 independent leaves, a city of drawn sites, Wujiang.

Peers in the same run: for the law, `np.convolve` over the leaves' laws on the same lattice; for the tables, changing
one leaf and convolving again, once for each leaf and each value. Both must agree with ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import bench

SEED = 20160815
LEAVES = 200
TYPES, SITES, CHECKS = 39, 31, 12
LATTICE = 2**14
NODES = 49


# ------------------------------------------------------------------------------------------------------ the models


def instrument(groups: Sequence[Sequence[Fraction]]) -> Any:
    """An instrument of 100 points: indicators that add up their standards, of these points."""
    from evalsys.instrument import Combine, Node
    from evalsys.instrument_file import load_instrument
    from evalsys.language import Text

    nodes: list[Node] = []

    def add(code: str, kind: str, parent: int, points: Fraction, method: str | None = None) -> int:
        above = nodes[parent] if nodes else None
        weight = points / above.points if above is not None and above.points else Fraction(1)
        depth = above.depth + 1 if above is not None else 0
        own = Node(code, kind, Text(code, code), parent, depth, (), True, points, weight, Combine(), method)
        nodes.append(own)
        if above is not None:
            nodes[parent] = replace(above, children=(*above.children, len(nodes) - 1))
        return len(nodes) - 1

    root = add("test", "instrument", -1, Fraction(100))
    for n, group in enumerate(groups):
        indicator = add(f"I{n}", "indicator", root, sum(group, Fraction(0)))
        for m, points in enumerate(group):
            standard = add(f"I{n}.{m}", "standard", indicator, points)
            add(f"I{n}.{m}/site_visit", "leaf", standard, points, "site_visit")
    return replace(load_instrument("wujiang-field-2016"), nodes=tuple(nodes), full_marks=Fraction(100))


def block(leaves: Sequence[int], drawn: int, chance: Any, times: Sequence[int]) -> Any:
    import numpy as np

    from evalsys.model import Block, Check

    checks = tuple(Check(leaf, (Fraction(1), Fraction(0)), drawn) for leaf in leaves)
    chance = np.asarray(chance)
    none = np.zeros(chance.shape)
    return Block(
        name="test",
        part="state",
        sites=np.full(len(chance), -1),
        times=np.array(times),
        drawn=drawn,
        checks=checks,
        chance=chance,
        sizes=np.ones((*chance.shape, 1)),
        absent=none,
        rate=none.astype(int) - 1,
        keep=none + 1,
    )


def model(groups: Sequence[Sequence[Fraction]], blocks: Sequence[Any], severity: float) -> Any:
    import numpy as np

    from evalsys.model import LeafRule, Model

    made = instrument(groups)
    none = np.zeros(len(made.leaves), dtype=bool)
    rules = (LeafRule(),) * len(none)
    return Model(made, rules, none, none, tuple(blocks), severity=severity, mark=Fraction(85))


def leaves(severity: float = 0.0, count: int = LEAVES) -> Any:
    """Leaves of 5, 10 or 20 alike sites, points in tenths: a lattice of about 20,000 cells, nothing rounded."""
    import numpy as np

    random = np.random.default_rng(SEED)
    tenths = 1 + random.multinomial(1000 - count, np.full(count, 1 / count))
    points = [Fraction(int(own), 10) for own in tenths]
    sites = random.choice([5, 10, 20], count).tolist()
    chance = random.uniform(0.7, 0.99, count).tolist()
    blocks = [block([leaf], n, [[p]], [n]) for leaf, (n, p) in enumerate(zip(sites, chance, strict=True))]
    return model([points[k : k + 20] for k in range(0, count, 20)], blocks, severity)


def city(severity: float = 0.0, types: int = TYPES) -> Any:
    """Types of sites, 12 standards checked at each, 2 to 6 of 31 sites drawn: rounded by splitting."""
    import numpy as np

    random = np.random.default_rng(SEED)
    worth = [[Fraction(int(own)) for own in random.integers(1, 30, CHECKS)] for _ in range(types)]
    groups = [[Fraction(100, types) * own / sum(each) for own in each] for each in worth]
    blocks = []
    for n in range(types):
        own = range(n * CHECKS, (n + 1) * CHECKS)
        blocks.append(block(own, int(random.integers(2, 7)), random.uniform(0.6, 0.99, (SITES, CHECKS)), [1] * SITES))
    return model(groups, blocks, severity)


# ------------------------------------------------------------------------------------------------------- the peers


def laws_of(made: Any, cells: int) -> list[Any]:
    """The law of each leaf on the lattice of the score, by the binomial formula."""
    import numpy as np
    from scipy.stats import binom

    found = []
    for leaf, own in enumerate(made.blocks):
        n = own.drawn
        points = made.instrument.nodes[made.instrument.leaves[leaf]].points
        step = int(points / n * (cells - 1) / 100)
        law = np.zeros(n * step + 1)
        law[::step] = binom.pmf(np.arange(n + 1), n, 1 - float(own.chance[0, 0]))
        found.append(law)
    return found


def convolved(laws: Sequence[Any]) -> Any:
    import numpy as np

    law = np.ones(1)
    for other in laws:
        law = np.convolve(law, other)
    return law


def perturbed(laws: Sequence[Any], last: int, which: Sequence[int]) -> list[list[float]]:
    """The chance to pass if a leaf showed each of its values: one convolution for each leaf, read at each value."""
    found = []
    for leaf in which:
        rest = convolved([*laws[:leaf], *laws[leaf + 1 :]])
        found.append([float(rest[: max(last + 1 - lost, 0)].sum()) for lost in laws[leaf].nonzero()[0].tolist()])
    return found


# ----------------------------------------------------------------------------------------------------- measurement


def tasks(quick: bool) -> dict[str, Callable[[], Any]]:
    """What is timed, by name; what is set up first is no part of it."""
    import numpy as np

    from evalsys import read_assessment
    from evalsys.adjoint import adjoint
    from evalsys.lattice import compile_region
    from evalsys.law import law
    from evalsys.modelling import prospect
    from evalsys.regions import regions_of

    count, types = (40, 5) if quick else (LEAVES, TYPES)
    plain, shifted = leaves(0.0, count), leaves(0.3, count)
    compiled = compile_region(plain, regions_of(plain))
    seen = [plain.seen(place, np.zeros(1)) for place in range(count)]
    drawn, moved = city(0.0, types), city(0.3, types)
    coarse = {"cells": LATTICE, "coarse": LATTICE}
    wujiang = prospect(read_assessment(bench.ROOT / "data" / "wujiang-2016")).model
    return {
        "leaves: compile": lambda: compile_region(plain, regions_of(plain)),
        "leaves: law, compiled": lambda: compiled.forward(plain, seen),
        "leaves: law": lambda: law(plain),
        "leaves: table": lambda: adjoint(plain),
        f"leaves: law, {NODES} nodes": lambda: law(shifted, count=NODES),
        f"leaves: table, {NODES} nodes": lambda: adjoint(shifted, count=NODES),
        "city: law": lambda: law(drawn, bounded=False, **coarse),
        "city: table": lambda: adjoint(drawn, **coarse),
        f"city: law, {NODES} nodes": lambda: law(moved, count=NODES, bounded=False, **coarse),
        f"wujiang: law, {NODES} nodes": lambda: law(wujiang, count=NODES),
    }


def memory(name: str, quick: bool) -> dict[str, Any]:
    """In a process of its own: peak memory before and after one run of a task."""
    task = tasks(quick)[name]
    start = bench.peak_mb()
    task()
    return {"before": start, "after": bench.peak_mb()}


def cells_of(quick: bool) -> dict[str, int]:
    from evalsys import read_assessment
    from evalsys.lattice import compile_region
    from evalsys.modelling import prospect
    from evalsys.regions import regions_of

    made = {"leaves": leaves(0.0, 40 if quick else LEAVES), "city": city(0.0, 5 if quick else TYPES)}
    found = {}
    for name, own in made.items():
        size = {"cells": LATTICE, "coarse": LATTICE} if name == "city" else {}
        found[name] = compile_region(own, regions_of(own), **size).cells
    wujiang = prospect(read_assessment(bench.ROOT / "data" / "wujiang-2016")).model
    return {**found, "wujiang": compile_region(wujiang, regions_of(wujiang)).cells}


def differences(quick: bool) -> tuple[dict[str, float], dict[str, Callable[[], Any]]]:
    """How far ours and the peers are apart, and the peers' tasks."""
    import numpy as np

    from evalsys.adjoint import adjoint
    from evalsys.law import law

    made = leaves(0.0, 40 if quick else LEAVES)
    ours, table = law(made), adjoint(made)
    laws = laws_of(made, len(ours.mass))
    last = int((ours.top - made.mark) / ours.unit)
    which = range(0, len(laws), max(1, len(laws) // 5))
    apart = {"law": float(np.abs(convolved(laws) - ours.mass).max()), "table": 0.0}
    for leaf, theirs in zip(which, perturbed(laws, last, which), strict=True):
        lost = [int((1 - own) * made.blocks[leaf].drawn) for own in table.leaves[leaf].attainments]
        apart["table"] = max(apart["table"], float(np.abs(table.leaves[leaf].if_made - np.array(theirs)[lost]).max()))
    return apart, {
        "leaves: law by np.convolve": lambda: convolved(laws),
        f"leaves: table by computing again ({len(which)} of {len(laws)} leaves)": lambda: perturbed(laws, last, which),
    }


def main() -> None:
    given = bench.arguments(__doc__, 5, ("--memory", {"help": "used by the script itself"}))
    if given.memory:
        print(json.dumps(memory(given.memory, given.quick)))
        return
    quick = ("--quick",) if given.quick else ()
    apart, peers = differences(given.quick)
    if not max(apart.values()) < 1e-12:
        raise SystemExit(f"ours and the peers differ: {apart}")
    own = tasks(given.quick)
    times = {name: bench.in_turn({name: lambda t=task: bench.timed(t)}, given.runs)[name] for name, task in own.items()}
    slow = {name: bench.in_turn({name: lambda t=task: bench.timed(t)}, 1)[name] for name, task in peers.items()}
    large = [name for name in own if name.endswith(("leaves: law", f"law, {NODES} nodes"))]
    peaks = {name: bench.child("--memory", name, *quick) for name in large}
    cells = cells_of(given.quick)
    bench.say(f"The law of the score and its tables ({given.runs} runs; the peers once)", "")
    bench.table(
        ["what", "cells", "best ms", "median ms", "worst ms", "CPU ms", "peak MB"],
        [
            [name, f"{cells[name.partition(':')[0]]:,}", *bench.shown(each, "ms"), peaks.get(name, {}).get("after")]
            for name, each in {**times, **slow}.items()
        ],
    )
    ratios = {
        "law": bench.ratio({**times, **slow}, "leaves: law, compiled", next(iter(slow))),
        "table": bench.ratio({**times, **slow}, "leaves: table", list(slow)[-1]),
    }
    bench.say(
        f"ours / peer: law {bench.both(ratios['law'], 3)}, table {bench.both(ratios['table'], 3)} "
        f"(the peer's table is of a few leaves only); largest difference {max(apart.values()):.0e}",
        "",
    )
    bench.finish(
        "law",
        given,
        peer="np.convolve in a loop; changing a leaf and computing again",
        seed=SEED,
        cells=cells,
        seconds={**times, **slow},
        ratios=ratios,
        difference=apart,
        peak_mb=peaks,
    )


if __name__ == "__main__":
    main()
