"""The exact law and the tables of "what if": 200 independent leaves, cities of drawn sites, Wujiang.

Peers in the same run: for the law, `np.convolve` over the leaves' laws on the same lattice; for the tables, changing
one leaf and convolving again, once for each leaf and each value. Both must agree with ours to 1e-12.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import bench

SEED = 20160815
LEAVES = 200
TYPES, SITES, CHECKS = 39, 31, 12
LATTICE = 2**14
AGREE = 1e-12
DATA = bench.ROOT / "data"


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


@cache
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


def shape(severity: float = 0.0, types: int = TYPES) -> Any:
    """The shape that the goal was set with: 31 sites of each type, 2 to 6 drawn, 12 standards checked at each."""
    import numpy as np

    random = np.random.default_rng(SEED)
    worth = [[Fraction(int(own)) for own in random.integers(1, 30, CHECKS)] for _ in range(types)]
    groups = [[Fraction(100, types) * own / sum(each) for own in each] for each in worth]
    blocks = []
    for n in range(types):
        own = range(n * CHECKS, (n + 1) * CHECKS)
        blocks.append(block(own, int(random.integers(2, 7)), random.uniform(0.6, 0.99, (SITES, CHECKS)), [1] * SITES))
    return model(groups, blocks, severity)


@cache
def example(name: str) -> Any:
    from evalsys import read_assessment
    from evalsys.modelling import prospect

    return prospect(read_assessment(DATA / name)).model


def field(severity: bool) -> Any:
    """The linear field part of the synthetic city: all its sites and draws, without surveys, documents and events.

    Where a standard counts the sites that comply, its leaf is taken as their mean here: with the counts as they are,
    drawn sites would feed a count and something outside it, and the city's forecast comes from simulation.
    """
    import numpy as np

    from evalsys.model import LeafRule

    whole = example("synthetic-city")
    blocks = tuple(own for own in whole.blocks if (own.sites >= 0).any())
    seen = {check.leaf for own in blocks for check in own.checks}
    rules = tuple(
        None if rule is None or leaf not in seen else LeafRule() if rule.kind == "count" else rule
        for leaf, rule in enumerate(whole.leaves)
    )
    missing = np.array([rule is None for rule in rules])
    made = replace(whole, leaves=rules, missing=missing, blocks=blocks, events=())
    return made if severity else replace(made, severity=0.0)


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


def subjects(quick: bool) -> dict[str, tuple[Callable[[bool], Any], dict[str, int]]]:
    """What is computed, by name: the model with severity or without, and the lattice."""
    count, types = (40, 3) if quick else (LEAVES, TYPES)
    coarse = {"cells": LATTICE, "coarse": LATTICE}
    found: dict[str, tuple[Callable[[bool], Any], dict[str, int]]] = {
        "leaves": (lambda moved: leaves(0.3 if moved else 0.0, count), {}),
        "drawn": (lambda moved: shape(0.3 if moved else 0.0, types), coarse),
    }
    if not quick:
        found["city"] = (field, coarse)
    found["wujiang"] = (lambda moved: example("wujiang-2016"), {})
    return found


def nodes_of(quick: bool) -> int:
    return 5 if quick else 49


def tasks(name: str, quick: bool) -> dict[str, Callable[[], Any]]:
    """What is timed of one subject; models are made before."""
    import numpy as np

    from evalsys.adjoint import adjoint
    from evalsys.lattice import compile_region
    from evalsys.law import law
    from evalsys.regions import regions_of

    made, size = subjects(quick)[name]
    many, moved = nodes_of(quick), made(True)
    of_many = {f"law, {many} nodes of severity": lambda: law(moved, count=many, bounded=False, **size)}
    if name == "wujiang":
        return {"compile": lambda: compile_region(moved, regions_of(moved)), **of_many}
    plain = made(False)
    compiled = compile_region(plain, regions_of(plain), **size)
    seen = [plain.seen(place, np.zeros(1)) for place in range(len(plain.blocks))]
    found = {
        "compile": lambda: compile_region(plain, regions_of(plain), **size),
        "law, compiled before": lambda: compiled.forward(plain, seen),
        "law, all": lambda: law(plain, count=1, bounded=False, **size),
        "tables, all": lambda: adjoint(plain, count=1, **size),
        **of_many,
    }
    if name == "leaves":
        found[f"tables, {many} nodes of severity"] = lambda: adjoint(moved, count=many, **size)
    return found


def memory(name: str, quick: bool) -> dict[str, Any]:
    """In a process of its own: peak memory before and after the law with all nodes of severity."""
    task = next(own for what, own in tasks(name, quick).items() if what.startswith(f"law, {nodes_of(quick)} "))
    start = bench.peak_mb()
    task()
    return {"before": start, "after": bench.peak_mb()}


def lattice_of(name: str, quick: bool) -> dict[str, Any]:
    """Cells, points of one cell, whether losses are rounded, and how many cells an exact lattice would have."""
    from evalsys.lattice import compile_region
    from evalsys.regions import regions_of

    made, size = subjects(quick)[name]
    own = made(True)
    root = regions_of(own)
    compiled = compile_region(own, root, **size)
    full = own.instrument.full_marks
    field_sites = [each for each in own.blocks if not each.whole]
    return {
        "cells": compiled.cells,
        "points": float(compiled.unit * full),
        "rounded": not compiled.exact,
        "exact_cells": compiled.cells if compiled.exact else compile_region(own, root, 2**62).cells,
        "leaves": len({check.leaf for each in own.blocks for check in each.checks}),
        "draws": len(field_sites),
        "sites": sum(each.population for each in field_sites),
        "seen": sum(each.drawn for each in field_sites),
    }


def compared(quick: bool) -> tuple[dict[str, float], dict[str, Callable[[], Any]], tuple[int, int]]:
    """How far ours and the peers are apart, the peers' tasks, and how many leaves of how many their tables are of."""
    import numpy as np

    from evalsys.adjoint import adjoint
    from evalsys.law import law

    made = leaves(0.0, 40 if quick else LEAVES)
    ours, table = law(made), adjoint(made, count=1)
    laws = laws_of(made, len(ours.mass))
    last = int((ours.top - made.mark) / ours.unit)
    which = range(0, len(laws), max(1, len(laws) // 5))
    apart = {"law": float(np.abs(convolved(laws) - ours.mass).max()), "table": 0.0}
    for leaf, theirs in zip(which, perturbed(laws, last, which), strict=True):
        lost = [int((1 - own) * made.blocks[leaf].drawn) for own in table.leaves[leaf].attainments]
        apart["table"] = max(apart["table"], float(np.abs(table.leaves[leaf].if_made - np.array(theirs)[lost]).max()))
    return (
        apart,
        {"law": lambda: convolved(laws), "table": lambda: perturbed(laws, last, which)},
        (len(which), len(laws)),
    )


def told(name: str, own: dict[str, Any]) -> str:
    """Say in one line what a subject is and what its lattice does."""
    rounds = f"rounded by splitting (an exact one: {own['exact_cells']:,})" if own["rounded"] else "nothing is rounded"
    draws = f", {own['seen']:,} of {own['sites']:,} sites in {own['draws']} draws" if own["draws"] else ""
    return f"- {name}: {own['leaves']} leaves{draws}; {own['cells']:,} cells of {own['points']:.3g} points, {rounds}"


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy comes; many small products: a second thread only waits
    given = bench.arguments(__doc__, 5, ("--memory", {"help": "used by the script itself"}))
    if given.memory:
        print(json.dumps(memory(given.memory, given.quick)))
        return
    apart, peers, (part, whole) = compared(given.quick)
    if not max(apart.values()) < AGREE:
        raise SystemExit(f"ours and the peers differ: {apart}")
    times: dict[str, dict[str, Any]] = {}
    for name in subjects(given.quick):
        own = tasks(name, given.quick)
        if name == "leaves":
            own |= {
                "law by np.convolve": peers["law"],
                f"tables by computing again, {part} of {whole} leaves": peers["table"],
            }
        timed = {what: lambda task=task: bench.timed(task) for what, task in own.items()}
        times |= {f"{name}: {what}": each for what, each in bench.in_turn(timed, given.runs).items()}
    lattices = {name: lattice_of(name, given.quick) for name in subjects(given.quick)}
    once = ["--quick"] if given.quick else []
    measured = ["leaves"] if given.quick else list(lattices)
    peaks = {name: bench.child("--memory", name, *once) for name in measured}
    bench.say(f"the law of the score and its tables, in turn ({given.runs} runs)", "")
    bench.table(
        ["what", "best ms", "median ms", "worst ms", "CPU ms"],
        [[what, *bench.shown(each, "ms")] for what, each in times.items()],
    )
    bench.say(*(told(name, own) for name, own in lattices.items()), "")
    ratios = {
        "law, compiled before": bench.ratio(times, "leaves: law, compiled before", "leaves: law by np.convolve"),
        "law, all": bench.ratio(times, "leaves: law, all", "leaves: law by np.convolve"),
        "tables": bench.ratio(
            times, "leaves: tables, all", f"leaves: tables by computing again, {part} of {whole} leaves"
        ),
    }
    shares = ", ".join(f"{what} {bench.both(own, 3)}" for what, own in ratios.items())
    bench.say(
        f"ours / peer, by best and by median times: {shares}. Ours are the tables of all {whole} leaves, the peer's of "
        f"{part}. Largest difference: law {apart['law']:.0e}, tables {apart['table']:.0e}.",
        "",
        f"peak MB of a process with the law under {nodes_of(given.quick)} nodes: "
        + "; ".join(f"{name} {own['after']} ({own['before']} before)" for name, own in peaks.items())
        + ". OPENBLAS_NUM_THREADS=1.",
        "",
    )
    bench.finish(
        "law",
        given,
        peer="np.convolve in a loop; changing a leaf and computing again",
        seed=SEED,
        nodes=nodes_of(given.quick),
        blas_threads=1,
        lattices=lattices,
        seconds=times,
        ratios=ratios,
        difference=apart,
        peak_mb=peaks,
    )


if __name__ == "__main__":
    main()
