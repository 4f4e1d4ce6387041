"""score(): the Wujiang round (225 checks) and a generated one of 100,000 observations, against plain pandas.

The peer is what an analyst would write in a notebook: floats, `drop_duplicates`, `groupby`. It reads without checking
anything, knows this one instrument and its one rule, and gives no reasons. Both must agree to 1e-9 in the same run.
"""

from __future__ import annotations

import csv
import datetime
import json
import math
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench

INSTRUMENT = "wujiang-field-2016"
SEED = 20160815
UNITS = [f"部门{n:02d}" for n in range(1, 15)]
AREAS = [f"街道{n}" for n in range(1, 9)]


# ---------------------------------------------------------------------------------------------- generated evidence


def generate(folder: Path, rows: int) -> None:
    """Write an assessment of `rows` observations: every standard of a site's type is checked there, 1 in 11 twice.

    Losses are hundredths, 70 % of them 0: some hundred different values, harder than the six of the Wujiang round.
    """
    from evalsys import load_instrument

    instrument = load_instrument(INSTRUMENT)
    checked: dict[str, list[str]] = {}
    for code, node in instrument.standards.items():
        for at in node.standard.checked_at:
            checked.setdefault(at.site_type, []).append(code)
    types, draw = sorted(checked), random.Random(SEED)
    first = datetime.date(2016, 8, 1)
    sites: list[list[Any]] = []
    observations: list[list[Any]] = []
    while len(observations) < rows:
        kind = types[len(sites) % len(types)]
        site = f"s{len(sites):05d}"
        sites.append([site, kind, f"点位{len(sites)}", draw.choice(AREAS)])
        for code in checked[kind]:
            for again in range(1 + (draw.random() < 0.1)):
                day = first + datetime.timedelta(days=draw.randrange(14) + 14 * again)
                lost = 0 if draw.random() < 0.7 else draw.randint(1, 100)
                units = ";".join(draw.sample(UNITS, 2 if draw.random() < 0.1 else 1))
                observations.append(
                    [f"W{len(observations):06d}", "2016-08", code, "site_visit", site, day, lost / 100, units]
                )
    tables = {
        "units": (["unit"], [[unit] for unit in UNITS]),
        "areas": (["area"], [[area] for area in AREAS]),
        "sites": (["site_id", "site_type", "name", "area"], sites),
        "observations": (
            ["observation_id", "round", "standard", "method", "site_id", "observed_on", "value", "units"],
            observations[:rows],
        ),
    }
    for name, (head, content) in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *content])
    text = f"schema: 1\ninstrument: {INSTRUMENT}\nplace: 测试区\nround: 2016-08\ninspection_date: 2016-08-31\n"
    (folder / "assessment.yaml").write_text(text, "utf-8")


# ------------------------------------------------------------------------------------------------------- the peer


def points_table() -> Any:
    """The instrument as an analyst would keep it: standard, indicator, points."""
    import pandas as pd

    from evalsys import load_instrument

    instrument = load_instrument(INSTRUMENT)
    rows = [
        (code, instrument.nodes[node.parent].code, float(node.points or 0))
        for code, node in instrument.standards.items()
    ]
    return pd.DataFrame(rows, columns=["standard", "indicator", "points"])


def plain_read(folder: Path) -> Any:
    import pandas as pd

    return pd.read_csv(folder / "observations.csv", dtype={"standard": str, "site_id": str})


def plain_score(observations: Any, points: Any) -> dict[str, Any]:
    """Score on assessed points, worst and best case; per indicator and standard; points lost per row."""
    if "observed_on" in observations:  # the latest record of a site counts
        observations = observations.sort_values("observed_on", kind="stable")
        observations = observations.drop_duplicates(["standard", "site_id"], keep="last")
    rows = observations.assign(attainment=1 - observations["value"])
    each = rows.groupby("standard")["attainment"].agg(["mean", "size"])
    standards = points.join(each, on="standard")
    standards["won"] = standards["points"] * standards["mean"]
    standards["assessed"] = standards["points"].where(standards["mean"].notna(), 0)
    indicators = standards.groupby("indicator")[["points", "assessed", "won"]].sum()
    indicators["attainment"] = indicators["won"] / indicators["assessed"]
    rows = rows.merge(standards[["standard", "points", "size"]], on="standard")
    rows["lost"] = rows["points"] / rows["size"] * rows["value"]
    bad = rows[rows["value"] > 0].sort_values("lost", ascending=False)
    full, assessed, won = points["points"].sum(), standards["assessed"].sum(), standards["won"].sum()
    return {
        "score": won / assessed * full,
        "worst": won,
        "best": won + full - assessed,
        "indicators": indicators["won"].to_dict(),
        "standards": standards.set_index("standard")["won"].dropna().to_dict(),
        "lost": rows["lost"].sum(),
        "findings": len(bad),
        "rows": len(rows),
    }


def largest_difference(result: Any, plain: dict[str, Any]) -> float:
    """Compare what both say: totals, every indicator, every standard, every count."""
    if (len(result.rows), result.nodes[0].findings) != (plain["rows"], plain["findings"]):
        return math.inf
    pairs = [(result.value, plain["score"]), (result.worst, plain["worst"]), (result.best, plain["best"])]
    pairs += [
        (result.by_code[code].won, won) for kind in ("indicators", "standards") for code, won in plain[kind].items()
    ]
    pairs.append((sum(result.rows["lost"]), plain["lost"]))
    return max(abs(float(ours) - float(theirs)) for ours, theirs in pairs)


# ----------------------------------------------------------------------------------------------------- measurement


def memory(who: str, folder: Path) -> dict[str, Any]:
    """In a process of its own: peak memory after the imports, after reading and after the score."""
    if who == "pandas":
        points = points_table()
        start = bench.peak_mb()
        observations = plain_read(folder)
        read = bench.peak_mb()
        plain_score(observations, points)
        return {"imports": start, "read": read, "score": bench.peak_mb()}
    from evalsys import read_assessment, score

    start = bench.peak_mb()
    assessment = read_assessment(folder)
    read = bench.peak_mb()
    score(assessment)
    return {"imports": start, "read": read, "score": bench.peak_mb()}


def measure(folder: Path, runs: int) -> dict[str, Any]:
    from evalsys import read_assessment, score

    peaks = {who: bench.child("--memory", who, "--folder", folder) for who in ("evalsys", "pandas")}
    points = points_table()
    held: dict[str, Any] = {}  # throwing the last result away is not part of the next one's time

    def keep(name: str, task: Callable[[], Any]) -> bench.Ran:
        made: list[Any] = []
        ran = bench.timed(lambda: made.append(task()))
        held[name] = made.pop()
        return ran

    read = bench.in_turn(
        {
            "evalsys": lambda: keep("assessment", lambda: read_assessment(folder)),
            "pandas": lambda: keep("observations", lambda: plain_read(folder)),
        },
        min(runs, 5),
    )
    scored = bench.in_turn(
        {
            "evalsys": lambda: keep("result", lambda: score(held["assessment"])),
            "pandas": lambda: keep("plain", lambda: plain_score(held["observations"], points)),
        },
        runs,
    )
    result = held["result"]
    difference = largest_difference(result, held["plain"])
    if not difference < 1e-9:
        raise SystemExit(f"evalsys and pandas differ by {difference}")
    return {
        "observations": len(held["assessment"].observations),
        "counted": len(result.rows),
        "sites": len(held["assessment"].sites),
        "findings": result.nodes[0].findings,
        "difference": difference,
        "score_s": scored,
        "read_s": read,
        "ratio_score": bench.ratio(scored, "evalsys", "pandas"),
        "ratio_read": bench.ratio(read, "evalsys", "pandas"),
        "peak_mb": peaks,
    }


def main() -> None:
    hidden = {"help": "used by the script itself"}
    rows_option = {"type": int, "default": 100_000, "help": "size of the generated one (default %(default)s)"}
    given = bench.arguments(
        __doc__, 7, ("--rows", rows_option), ("--memory", hidden), ("--folder", {"type": Path, **hidden})
    )
    if given.memory:
        print(json.dumps(memory(given.memory, given.folder)))
        return
    runs = given.runs if given.quick else max(given.runs, 25)
    bench.say(
        f"score(assessment) and the same in plain pandas, in turn ({given.runs} runs, of the small round {runs})", ""
    )
    found = {"wujiang": measure(bench.ROOT / "data" / "wujiang-2016", runs)}
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), 2_000 if given.quick else given.rows)
        found["generated"] = measure(Path(folder), given.runs)
    lines = []
    for name, each in found.items():
        for step in ("read", "score"):
            for who, times in each[f"{step}_s"].items():
                ratio = bench.both(each[f"ratio_{step}"]) if who == "evalsys" else ""
                what = f"{name}, {each['observations']:,} rows: {step}"
                lines.append([what, who, *bench.shown(times, "ms"), ratio, each["peak_mb"][who][step]])
    bench.table(["what", "who", "best ms", "median ms", "worst ms", "CPU ms", "ratio", "peak MB"], lines)
    for name, each in found.items():
        bench.say(
            f"{name}: {each['sites']:,} sites, {each['counted']:,} rows count, {each['findings']:,} lose points; "
            f"evalsys and pandas differ by at most {each['difference']:.0e} points"
        )
    bench.say(
        "ratio: evalsys / pandas, by best and by median times. "
        "peak MB: a process that does nothing else, up to the end of that step.",
        "",
    )
    bench.finish("score", given, peer="plain pandas (float, groupby)", seed=SEED, **found)


if __name__ == "__main__":
    main()
