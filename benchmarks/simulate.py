"""simulate(): a million inspections of 200 independent leaves, and 10,000 of a whole city.

The peer is the loop that an analyst would write in numpy: `Generator.binomial` leaf after leaf, times its weight.
It knows nothing but rows that are alike and a plain sum, in floats; evalsys gives each total as an exact fraction. Both
means must lie within 4.5 standard errors of the exact one in the same run.

Two limits: the random bits, 16 for each leaf of each draw, drawn by numpy's PCG64 in one thread; and the memory's
bandwidth, as many bytes copied once.
"""

from __future__ import annotations

import json
import math
import tempfile
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import bench
import numpy as np
import yaml

LEAVES, SEED, PART = 200, 20250601, 4096
ROWS = (1, 5, 20)
BLOCK = 2**26  # bytes copied at once: more than a cache holds
CITY, SMALL = (bench.ROOT / "data" / name for name in ("synthetic-city", "wujiang-2016"))
LIMIT = 4.5
WHO = ("evalsys", "numpy", "city")


def instrument_of(folder: Path) -> Any:
    """Return an instrument of 200 standards of equal points, in ten indicators."""
    from evalsys.instrument_file import read_instrument

    def named(code: str) -> dict[str, Any]:
        return {"zh": f"{code}项", "en": f"item {code}"}

    def line(code: str) -> dict[str, Any]:
        return {
            "code": code, "text": named(code), "rule": "loss", "methods": {"site_visit": {}}, "source": {"row": code},
        }  # fmt: skip

    groups = [
        {"code": f"G{g}", "name": named(f"G{g}"), "standards": [line(f"G{g}.{n}") for n in range(LEAVES // 10)]}
        for g in range(10)
    ]
    content = {
        "schema": "1", "id": "shape", "title": named("S"), "level": "district", "full_marks": "100",
        "weights": {"scheme": "equal", "status": "assumed"}, "source": {"document": "shape"},
        "documents": {"shape": {"title": "形", "certainty": "assumed"}}, "site_types": {}, "indicators": groups,
    }  # fmt: skip
    path = folder / "shape.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return read_instrument(path)


def model_of(instrument: Any, chances: Any, rows: int) -> Any:
    """Return a model in which each leaf is the mean of `rows` alike rows that all are seen."""
    from evalsys.model import Block, Check, LeafRule, Model

    none, each = np.zeros(LEAVES, dtype=bool), np.ones((1, 1))
    blocks = tuple(
        Block(
            name=str(leaf), part="state", sites=np.array([-1]), times=np.array([rows]), drawn=rows,
            checks=(Check(leaf, (Fraction(1), Fraction(0)), rows),), chance=p * each, sizes=np.ones((1, 1, 1)),
            absent=0 * each, rate=np.array([[-1]]), keep=each,
        )
        for leaf, p in enumerate(chances)
    )  # fmt: skip
    return Model(instrument, (LeafRule(),) * LEAVES, none, none, blocks, mark=Fraction(80))


def plain(chances: Any, rows: int, draws: int) -> Any:
    """The peer: scores in points, as floats."""
    rng = np.random.default_rng(SEED)
    score = np.zeros(draws)
    for p in chances:
        score += rng.binomial(rows, p, draws) * (100 / LEAVES / rows)
    return score, (score >= 80).mean()


def bits_alone(draws: int) -> None:
    """As many bits as the simulation takes, in the same pieces, and nothing done with them."""
    source = np.random.PCG64(SEED)
    for start in range(0, draws, PART):
        source.random_raw(min(PART, draws - start) * LEAVES // 4)


def bytes_alone(buffers: Any, draws: int) -> None:
    """Copy as many bytes as the random bits are."""
    source, target = buffers
    left = 2 * draws * LEAVES
    while left > 0:
        part = min(left, BLOCK)
        np.copyto(target[:part], source[:part])
        left -= part


# ----------------------------------------------------------------------------------------------------- measurement


def memory(who: str, draws: int, whole: Path) -> dict[str, Any]:
    """In a process of its own: peak memory after the imports, and after one run of 20 rows to a leaf."""
    from evalsys.inspection import simulate

    chances = np.random.default_rng(1).uniform(0.6, 0.99, LEAVES)
    if who == "city":
        model = model_from(whole)
        start = bench.peak_mb()
        simulate(model, draws, SEED)
        return {"before": start, "after": bench.peak_mb()}
    with tempfile.TemporaryDirectory() as folder:
        model = model_of(instrument_of(Path(folder)), chances, 20)
    start = bench.peak_mb()
    if who == "evalsys":
        simulate(model, draws, SEED)
    else:
        plain(chances, 20, draws)
    return {"before": start, "after": bench.peak_mb()}


def model_from(assessment: Path) -> Any:
    from evalsys.evidence import read_assessment
    from evalsys.modelling import prospect

    return prospect(read_assessment(assessment)).model


def measure(rows: int, draws: int, runs: int) -> dict[str, Any]:
    from evalsys.inspection import simulate

    chances = np.random.default_rng(1).uniform(0.6, 0.99, LEAVES)
    with tempfile.TemporaryDirectory() as folder:
        model = model_of(instrument_of(Path(folder)), chances, rows)
    scores: dict[str, Any] = {}
    buffers = np.ones((2, BLOCK), dtype=np.uint8)
    seconds = bench.in_turn(
        {
            "evalsys": lambda: bench.timed(lambda: scores.update(evalsys=simulate(model, draws, SEED).score)),
            "numpy": lambda: bench.timed(lambda: scores.update(numpy=plain(chances, rows, draws)[0])),
            "bits alone": lambda: bench.timed(partial(bits_alone, draws)),
            "bytes alone": lambda: bench.timed(partial(bytes_alone, buffers, draws)),
        },
        runs,
        warm_up=False,
    )
    mean = 100 * float(chances.mean())
    error = 100 / LEAVES * math.sqrt(float((chances * (1 - chances)).sum()) / rows / draws)
    away = {who: (float(score.mean()) - mean) / error for who, score in scores.items()}
    if max(map(abs, away.values())) > LIMIT:
        raise SystemExit(f"a mean is not the exact one: {away} standard errors away")
    return {
        "rows": rows,
        "draws": draws,
        "seconds": seconds,
        "ratio": bench.ratio(seconds, "numpy", "evalsys"),
        "over_limit": {who: bench.ratio(seconds, "evalsys", who) for who in ("bits alone", "bytes alone")},
        "standard_errors": {who: round(own, 2) for who, own in away.items()},
    }


def main() -> None:
    hidden = {"help": "internal"}
    given = bench.arguments(
        "simulate(model), against numpy's binomial leaf by leaf",
        3,
        ("--draws", {"type": int, "default": 1_000_000, "help": "inspections (default %(default)s)"}),
        ("--memory", hidden),
    )
    draws = 20_000 if given.quick else given.draws
    place, whole = (SMALL, 200) if given.quick else (CITY, 10_000)
    if given.memory:
        print(json.dumps(memory(given.memory, whole if given.memory == "city" else draws, place)))
        return
    from evalsys.inspection import simulate

    bench.say(f"{draws:,} inspections of {LEAVES} independent leaves, in turn ({given.runs} runs)", "")
    found = [measure(rows, draws, given.runs) for rows in ROWS]
    lines = []
    for each in found:
        for who, times in each["seconds"].items():
            ratio = {"evalsys": each["ratio"], **each["over_limit"]}.get(who)
            lines.append(
                [f"{each['rows']} rows to a leaf", who, *bench.shown(times), bench.both(ratio) if ratio else ""]
            )
    bench.table(["what", "who", "best s", "median s", "worst s", "CPU s", "ratio"], lines)
    bench.say(
        "ratio: numpy / evalsys (how many times faster), and evalsys / bits alone and bytes alone (how far from the "
        "two limits), by best and by median times. 16 random bits for each leaf; standard errors from the exact mean: "
        + ", ".join(f"{each['standard_errors']['evalsys']:+.1f}" for each in found)
        + ".",
        "",
    )
    model = model_from(place)
    times = bench.in_turn({"evalsys": lambda: bench.timed(partial(simulate, model, whole, SEED))}, given.runs)
    peaks = {who: bench.child("--memory", who, *(["--quick"] if given.quick else ["--draws", draws])) for who in WHO}
    lines = [
        [f"{whole:,} inspections of {place.name}", *bench.shown(times["evalsys"]), *peaks["city"].values()],
        *([f"{draws:,} of 20 rows to a leaf: {who}", *[""] * 4, *peaks[who].values()] for who in WHO[:2]),
    ]
    bench.table(["what", "best s", "median s", "worst s", "CPU s", "MB before", "peak MB"], lines)
    finished = {"leaves": LEAVES, "independent": found, "city": {"draws": whole, "seconds": times}, "peak_mb": peaks}
    bench.finish("simulate", given, peer="numpy Generator.binomial, leaf by leaf", seed=SEED, **finished)


if __name__ == "__main__":
    main()
