"""How long the shipped instruments take to load, all and one, and how much of it is YAML.

The peer is the YAML reader alone: PyYAML's C loader turns the same files into plain maps, lists and text, and checks
nothing.
"""

from __future__ import annotations

import functools

import bench
import yaml

from evalsys import instrument_ids, load_instrument
from evalsys.names import PACKAGE

GOALS = {"all": 2.0, "one": 0.1}  # seconds


def plain(names: list[str]) -> None:
    """Read files with the YAML reader alone."""
    for name in names:
        yaml.load((PACKAGE / "instruments" / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CBaseLoader)


def load(names: list[str]) -> None:
    """Load instruments: read, check, weigh."""
    for name in names:
        load_instrument(name)


def main() -> None:
    given = bench.arguments(__doc__, 15)
    every = list(instrument_ids())
    size = {name: (PACKAGE / "instruments" / f"{name}.yaml").stat().st_size for name in every}
    largest = max(every, key=size.__getitem__)
    sets = {"all": every, "one": [largest]}
    load(every)  # the registers are read once per process
    tasks = {}
    for what, names in sets.items():
        tasks[f"{what}: evalsys"] = functools.partial(bench.timed, functools.partial(load, names))
        tasks[f"{what}: YAML alone"] = functools.partial(bench.timed, functools.partial(plain, names))
    standards = sum(len(load_instrument(name).standards) for name in every)
    bench.say(f"{len(every)} instruments with {standards} standards; one: {largest} ({size[largest] // 1000} kB)", "")
    times = bench.in_turn(tasks, given.runs)
    ratios = {what: bench.ratio(times, f"{what}: evalsys", f"{what}: YAML alone") for what in sets}
    share = {what: round(1 / ratios[what]["best"], 3) for what in sets}
    rows = []
    for name, found in times.items():
        what, _, who = name.partition(": ")
        rows.append([what, who, *bench.shown(found, "ms"), bench.both(ratios[what]) if who == "evalsys" else None])
    bench.table(["what", "who", "best ms", "median ms", "worst ms", "CPU ms", "ratio"], rows)
    bench.say(
        f"ratio: evalsys / YAML alone, by best and by median times; YAML is {share['all']:.0%} of the whole. "
        f"The goals: all in about {GOALS['all']:.0f} s, one in about {1000 * GOALS['one']:.0f} ms.",
        "",
    )
    bench.finish(
        "instruments", given, peer="PyYAML (C)", seconds=times, ratios=ratios, yaml_share=share, goals_s=GOALS,
        instruments=len(every), standards=standards, largest=largest, peak_mb=bench.peak_mb(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
