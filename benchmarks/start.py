"""How long a command takes to start: `evalsys --help` against an empty Python, papermill and nbconvert."""

from __future__ import annotations

import sys
from collections.abc import Callable

import bench

GOAL = 0.3  # seconds


def main() -> None:
    given = bench.arguments(__doc__, 9)
    evalsys = bench.tool("evalsys")
    how = "entry point" if len(evalsys) == 1 else "python -m evalsys"
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "evalsys --help": [*evalsys, "--help"],
        "papermill --help": [*bench.tool("papermill"), "--help"],
        "jupyter nbconvert --help": [*bench.tool("jupyter"), "nbconvert", "--help"],
        "import evalsys": [sys.executable, "-c", "import evalsys"],
        "from evalsys import score": [sys.executable, "-c", "from evalsys import score"],
        "import pandas": [sys.executable, "-c", "import pandas"],
    }

    if given.quick:
        commands = {name: commands[name] for name in list(commands)[:3]}

    def task(words: list[str]) -> Callable[[], bench.Ran]:
        return lambda: bench.command(*words)

    bench.say(f"each as a process of its own, in turn, {given.runs} runs each (evalsys as {how})", "")
    times = bench.in_turn({name: task(words) for name, words in commands.items()}, given.runs)
    bench.table(
        ["command", "best ms", "median ms", "worst ms", "CPU ms", "peak MB"],
        [[name, *bench.shown(found, "ms"), found["peak_mb"]] for name, found in times.items()],
    )
    ratios = {name: bench.ratio(times, "evalsys --help", name) for name in commands if name != "evalsys --help"}
    against = ", ".join(f"{bench.both(found, 2)} x {name}" for name, found in ratios.items() if name.endswith("--help"))
    bench.say(f"evalsys --help takes {against} (by best / median times); the goal is about {GOAL} s.", "")
    bench.finish("start", given, peer="papermill, nbconvert", how=how, goal_s=GOAL, seconds=times, ratios=ratios)


if __name__ == "__main__":
    main()
