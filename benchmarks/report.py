"""The main job, `evalsys report mock-assessment data/wujiang-2016`, against papermill and then nbconvert by hand.

The peer is what one would type without evalsys's reporting: `papermill` on the same notebook with the same parameters,
then `jupyter nbconvert --to html --no-input`. The cells do the same work in both; the rest is what differs.
"""

from __future__ import annotations

import datetime
import json
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import bench

ASSESSMENT = bench.ROOT / "data" / "wujiang-2016"
NOTEBOOK = bench.ROOT / "notebooks" / "mock-assessment.ipynb"
OURS, THEIRS = "evalsys report", "papermill, then nbconvert"


def seconds_between(start: str, end: str) -> float:
    return (datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(start)).total_seconds()


def profile(folder: Path) -> dict[str, dict[str, float]]:
    """In a process of its own: the steps of `evalsys report`, each timed; the cells by papermill's own stamps."""
    steps: dict[str, float] = {}
    last = time.perf_counter()

    def step(name: str) -> float:
        nonlocal last
        steps[name], last = time.perf_counter() - last, time.perf_counter()
        return steps[name]

    from evalsys import read_assessment
    from evalsys.reporting import render, run

    step("import evalsys, numpy, pandas")
    read_assessment(ASSESSMENT)
    step("check the evidence")
    draw, rendering = render.render_html, [0.0]

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        drawn = draw(*args, **options)
        rendering[0] = time.perf_counter() - start
        return drawn

    render.render_html = timed
    if hasattr(run, "render_html"):
        run.render_html = timed
    made = run.run_report("mock-assessment", {"assessment": str(ASSESSMENT), "lang": "zh"}, folder)
    whole = step("run_report")
    notebook = json.loads(made.outputs["notebook"].read_text("utf-8"))
    stamp = notebook["metadata"]["papermill"]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    stamps = [cell["metadata"]["papermill"] for cell in code]
    cells = {
        "".join(cell["source"]).splitlines()[0][:60]: float(own["duration"])
        for cell, own in zip(code, stamps, strict=True)
    }
    start = seconds_between(stamp["start_time"], min(own["start_time"] for own in stamps))
    end = seconds_between(max(own["end_time"] for own in stamps), stamp["end_time"])
    inside, executing = sum(cells.values()), float(stamp["duration"])
    del steps["run_report"]
    steps["import papermill, read and write files"] = whole - executing - rendering[0]
    steps["start the kernel"] = start
    steps["run the cells"] = inside
    steps["save between the cells"] = executing - start - inside - end
    steps["stop the kernel"] = end
    steps["render the page (fonts)"] = rendering[0]
    return {"steps": steps, "cells": cells}


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in found), 3) for name in found[0]}


def fetches(page: str) -> int:
    """Return how many things a page loads from elsewhere."""
    tags = re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//', page)
    return len(tags) + len(re.findall(r"@import|url\(['\"]?(?:https?:)?//", page))


def main() -> None:
    given = bench.arguments(__doc__, 5, ("--profile", {"type": Path, "help": "used by the script itself"}))
    if given.profile:
        print(json.dumps(profile(given.profile)))
        return
    bench.say(f"the report of the Wujiang round, by new processes every time, in turn, {given.runs} runs each", "")
    parts: dict[str, list[bench.Ran]] = {"papermill": [], "nbconvert": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        executed = folder / "by-hand.ipynb"
        pages = {OURS: folder / "ours" / "mock-assessment.zh.html", THEIRS: executed.with_suffix(".html")}

        def ours() -> bench.Ran:
            where = ("--lang", "zh", "--out", pages[OURS].parent)
            return bench.command(*bench.tool("evalsys"), "report", "mock-assessment", ASSESSMENT, *where, cwd=folder)

        def theirs() -> bench.Ran:
            how = ("--cwd", NOTEBOOK.parent, "--no-progress-bar", "-p", "assessment", ASSESSMENT, "-p", "lang", "zh")
            run = bench.command(*bench.tool("papermill"), NOTEBOOK, executed, *how, cwd=folder)
            to = ("--to", "html", "--no-input", executed)
            drawn = bench.command(*bench.tool("jupyter"), "nbconvert", *to, cwd=folder)
            parts["papermill"].append(run)
            parts["nbconvert"].append(drawn)
            return run + drawn

        times = bench.in_turn({OURS: ours, THEIRS: theirs}, given.runs, warm_up=False)
        size = {who: round(page.stat().st_size / 1e6, 3) for who, page in pages.items()}
        loads = {who: fetches(page.read_text("utf-8")) for who, page in pages.items()}
        profiles = [bench.child("--profile", folder / "profiled") for _ in range(1 if given.quick else 3)]
    for part, ran in parts.items():
        times[f"  of it {part}"] = bench.summary(ran[-given.runs :])
    ratio = bench.ratio(times, OURS, THEIRS)
    steps, cells = (medians([one[kind] for one in profiles]) for kind in ("steps", "cells"))
    bench.table(
        ["command", "best s", "median s", "worst s", "CPU s", "peak MB", "HTML MB", "loads from outside"],
        [[who, *bench.shown(found), found["peak_mb"], size.get(who), loads.get(who)] for who, found in times.items()],
    )
    total = sum(steps.values())
    bench.table(
        ["where the time of evalsys report goes", "s", "%"],
        [[name, f"{took:.2f}", f"{100 * took / total:.0f}"] for name, took in steps.items()],
    )
    slowest = sorted(cells, key=lambda source: -cells[source])[:6]
    bench.table(["slowest cells", "s"], [[f"`{source}`", f"{cells[source]:.2f}"] for source in slowest])
    bench.say(
        f"evalsys report takes {bench.both(ratio, 2)} x papermill, then nbconvert (by best / median times). "
        "peak MB: the largest process.",
        "",
    )
    peer = "papermill, then jupyter nbconvert --to html --no-input"
    bench.finish(
        "report",
        given,
        peer=peer,
        seconds=times,
        ratio=ratio,
        html_mb=size,
        loads_from_outside=loads,
        profile_s=steps,
        cells_s=cells,
    )


if __name__ == "__main__":
    main()
