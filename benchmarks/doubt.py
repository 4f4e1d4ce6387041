"""Weight doubt: scores and ranks of many units under noisy weights, and the doubt of one score.

The peer of the replay is COINr's uncertainty analysis of its ASEM example. Its time is recorded, on another run: it is
an R package. Beside it, in the same run, stands the loop that an analyst would write in numpy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import bench
import numpy as np
import yaml

#: Seconds per replication: COINr 1.1.14 on R 4.2.2, get_sensitivity(SA_type = "UA", N = 100), 8.32 s in all.
RECORDED = 0.083
GOAL = 10_000
UNITS, SEED = 51, 20250101
#: Indicators below the groups below the two halves: the shape of ASEM, 49 in all.
SHAPE = ((8, 5, 3, 6, 8), (5, 9, 5))


def instrument_of(folder: Path) -> Any:
    """Return an instrument of ASEM's shape with equal weights."""
    from evalsys.instrument_file import read_instrument

    def named(code: str) -> dict[str, Any]:
        return {"code": code, "name": {"zh": f"{code}项", "en": f"item {code}"}}

    def line(code: str) -> dict[str, Any]:
        own = named(code)
        text = {"text": own.pop("name"), "rule": "loss", "methods": {"site_visit": {}}, "source": {"row": code}}
        return {**own, **text}

    halves = [
        {
            **named(f"H{h}"),
            "children": [
                {**named(f"G{h}.{g}"), "standards": [line(f"S{h}.{g}.{n}") for n in range(count)]}
                for g, count in enumerate(groups)
            ],
        }
        for h, groups in enumerate(SHAPE)
    ]
    content = {
        "schema": "1", "id": "shape", "title": named("")["name"], "level": "district", "full_marks": "100",
        "weights": {"scheme": "equal", "status": "assumed"}, "source": {"document": "shape"},
        "documents": {"shape": {"title": "形", "certainty": "assumed"}}, "site_types": {}, "indicators": halves,
    }  # fmt: skip
    path = folder / "shape.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return read_instrument(path)


def noisy(instrument: Any, sets: int) -> dict[str, Any]:
    """Return weights that vary by 25 % either way at the two levels above the indicators, as the recorded run did."""
    random = np.random.default_rng(SEED)
    return {
        node.code: random.uniform(0.75, 1.25, sets) if node.kind == "indicator" else np.ones(sets)
        for node in instrument.nodes
        if node.kind in ("indicator", "standard")
    }


def plain(attained: Any, weights: dict[str, Any]) -> Any:
    """Do the same one set at a time, level by level."""
    sets = len(next(iter(weights.values())))
    found = np.empty((len(attained), sets))
    for k in range(sets):
        start, halves = 0, []
        for h, groups in enumerate(SHAPE):
            means = []
            for g, count in enumerate(groups):
                own = [weights[f"S{h}.{g}.{n}"][k] for n in range(count)]
                means.append(np.average(attained[:, start : start + count], axis=1, weights=own))
                start += count
            own = [weights[f"G{h}.{g}"][k] for g in range(len(groups))]
            halves.append(np.average(np.column_stack(means), axis=1, weights=own))
        own = [weights[f"H{h}"][k] for h in range(len(SHAPE))]
        found[:, k] = 100 * np.average(np.column_stack(halves), axis=1, weights=own)
    return found


def repeated(task: Callable[[], Any], times: int) -> bench.Ran:
    """Time a task that is too short to be timed alone."""
    return bench.timed(lambda: [task() for _ in range(times)])


def measure_replay(instrument: Any, sets: int, runs: int, times: int) -> dict[str, Any]:
    """Return microseconds per replication; all must find the same scores."""
    from evalsys.replay import ranks, replay

    weights = noisy(instrument, sets)
    attained = np.random.default_rng(SEED + 1).random((UNITS, len(instrument.leaves)))
    points = replay(instrument, np.eye(len(instrument.leaves)), weights)
    ours, theirs = replay(instrument, attained, weights), plain(attained, weights)
    difference = float(np.abs(ours / theirs - 1).max())
    if not difference < 1e-12 or (ranks(ours) != ranks(theirs)).any():
        raise SystemExit(f"the replays differ by {difference}")
    tasks = {
        "scores and ranks": lambda: ranks(replay(instrument, attained, weights)),
        "scores": lambda: replay(instrument, attained, weights),
        "the limit: the matrix product alone": lambda: attained @ points,
    }
    found = bench.in_turn(
        {
            **{name: partial(repeated, task, times) for name, task in tasks.items()},
            "numpy, one set at a time": lambda: bench.timed(lambda: plain(attained, weights)),
        },
        runs,
    )
    each = {}
    for name, took in found.items():
        done = sets * (times if name in tasks else 1)
        each[name] = {key: 1e6 * took[key] / done for key in ("best", "median", "worst", "cpu")} | {"runs": runs}
        each[name]["times_recorded"] = {by: round(1e6 * RECORDED / each[name][by]) for by in ("best", "median")}
    return {"sets": sets, "difference": difference, "us_per_replication": each}


def measure_score(runs: int, draws: int) -> dict[str, Any]:
    """Return seconds for the parts of the doubt of one score, on the small round."""
    from evalsys import read_assessment, score
    from evalsys.doubt import quantiles, score_doubt, score_interval, weighed, weight_draws

    result = score(read_assessment(bench.ROOT / "data" / "wujiang-2016"))
    instrument = result.assessment.instrument
    places = weighed(instrument)
    assert isinstance(places, tuple)
    weights = [instrument.nodes[place].weight for place in places]
    attained = [result.nodes[place].attainment for place in places]
    drawn = weight_draws(weights, count=draws)
    both = np.random.default_rng(SEED).random((len(places), 2))
    tasks = {
        "exact interval": lambda: score_interval(attained, weights),
        "draw the weights": lambda: weight_draws(weights, count=draws),
        "score every draw": lambda: drawn @ both,
        "quantiles with errors": lambda: quantiles(drawn[:, 0]),
        "all: score_doubt": lambda: score_doubt(result, draws=draws),
    }
    times = bench.in_turn({name: partial(bench.timed, task) for name, task in tasks.items()}, runs)
    return {"parts": len(places), "draws": draws, "seconds": times}


def main() -> None:
    given = bench.arguments(__doc__, 15)
    with tempfile.TemporaryDirectory() as folder:
        instrument = instrument_of(Path(folder))
    found = [measure_replay(instrument, 100, given.runs, 5 if given.quick else 100)]
    if not given.quick:
        found.append(measure_replay(instrument, 10_000, min(given.runs, 4), 1))
    doubt = measure_score(given.runs, 1_000 if given.quick else 100_000)
    bench.say(
        f"replay of weights: {UNITS} units, {len(instrument.leaves)} indicators, four levels; "
        f"microseconds per replication, {given.runs} runs in turn (of 10,000 replications {min(given.runs, 4)})",
        "",
    )
    rows = []
    for each in found:
        for name, took in each["us_per_replication"].items():
            times = [f"{took[key]:,.2f}" for key in ("best", "median", "worst")]
            shown = " / ".join(f"{took['times_recorded'][by]:,}" for by in ("best", "median"))
            rows.append([f"{each['sets']:,} replications: {name}", *times, shown])
    rows.append(["COINr, recorded on another run", None, f"{1e6 * RECORDED:,.0f}", None, "1"])
    bench.table(["what", "best us", "median us", "worst us", "times as fast as recorded"], rows)
    bench.say(
        f"The last column is {1000 * RECORDED:.0f} ms by the time, best and median; the goal is {GOAL:,}. The "
        "recorded time is of another run and machine, and COINr repeats treatment and imputation in each replication, "
        "though only the weights change. Scores equal those of the plain loop to "
        f"{max(each['difference'] for each in found):.0e}, all ranks are equal; COINr's own replications are replayed "
        "in tests/truth/test_asem_uncertainty.py.",
        "",
        f"the doubt of one score: Wujiang, {doubt['parts']} indicators, {doubt['draws']:,} drawn weights",
        "",
    )
    bench.table(
        ["what", "best ms", "median ms", "worst ms", "CPU ms"],
        [[name, *bench.shown(took, "ms")] for name, took in doubt["seconds"].items()],
    )
    bench.finish(
        "doubt", given, peer="COINr 1.1.14, recorded on another run; numpy, one set at a time", seed=SEED,
        recorded_s_per_replication=RECORDED, goal=GOAL, replay=found, score=doubt, peak_mb=bench.peak_mb(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
