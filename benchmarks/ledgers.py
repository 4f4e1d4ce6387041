"""The ledgers of a year: 1,200 sites, 60,000 observations, 15,000 findings; read, states, a week, its bulletin.

Generated from data/synthetic-city: its observations over a year, one row of the office for each that loses points and
some told by others, attempts to put them right. The peer is what an analyst would write in a notebook: the two tables
in pandas, `groupby.apply` for the state of each finding on a day. It checks nothing, knows no observation, no relapse
and no deadline of a return; both must agree on every state and every day overdue in the same run.
"""

from __future__ import annotations

import cProfile
import csv
import datetime
import pstats
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench

CITY = bench.ROOT / "data" / "synthetic-city"
SEED = 20250907
FIRST, STRETCH = datetime.date(2024, 9, 9), 52 / 12  # twelve weeks become a year
WEEK, LAST = "2025-W36", datetime.date(2025, 9, 7)
OTHERS = 0.21  # findings told by others, beside those of the patrols
GOALS = {"ledgers": 5, "bulletin": 10}
DAY = datetime.timedelta(days=1)


# ------------------------------------------------------------------------------------------------ generated ledgers


def stretched(text: str) -> datetime.date:
    days = (datetime.date.fromisoformat(text) - datetime.date(2025, 6, 2)).days
    return FIRST + int(days * STRETCH) * DAY


def generate(folder: Path, sites: int) -> None:
    """Write the city's assessment of a year; `sites` of them are patrolled."""
    for name in ("instrument.yaml", "areas.csv", "units.csv", "sites.csv", "materials.csv", "responses.csv"):
        shutil.copy(CITY / name, folder / name)
    settings = (CITY / "assessment.yaml").read_text("utf-8")
    (folder / "assessment.yaml").write_text(f"{settings}ledger: {{rules: lincheng-county-2019}}\n", "utf-8")
    with (CITY / "observations.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    place, on = head.index("site_id"), head.index("observed_on")
    kept = {f"s{k:04d}" for k in range(1, sites + 1)} | {""}
    rows = [[*row[:on], stretched(row[on]).isoformat(), *row[on + 1 :]] for row in rows if row[place] in kept]
    write(folder, "observations", [head, *rows])
    lossy = lossy_rows(folder)
    draw = random.Random(SEED)
    findings: list[list[str]] = []
    for row in rows:
        told = draw.random() < OTHERS and row[0] in lossy
        for name, link, source in ((f"W{row[0]}", row[0], "督查"), *([(f"T{row[0]}", "", "热线")] if told else [])):
            if row[0] in lossy:
                findings.append([name, row[place] or "全域", row[head.index("standard")], row[on], source, link])
    write(folder, "findings", [["finding_id", "site_id", "standard", "found_on", "source", "observations"], *findings])
    attempts = [attempt for name, _, _, found, _, _ in findings for attempt in attempts_of(name, found, draw)]
    heads = ["finding_id", "fixed_on", "reviewed_on", "reviewer", "result"]
    draw.shuffle(findings)
    write(folder, "rectifications", [heads, *attempts])


def attempts_of(name: str, found: str, draw: random.Random) -> list[list[str]]:
    """Return the attempts at one finding that have come by the last day."""
    day, rows = datetime.date.fromisoformat(found), []
    while True:
        fixed = day + draw.randint(1, 6 if draw.random() < 0.85 else 14) * DAY
        reviewed = fixed + draw.randint(1, 3) * DAY
        returned = draw.random() < 0.08
        done = ["", "", "", ""]
        if fixed <= LAST:
            done[0] = fixed.isoformat()
        if reviewed <= LAST:
            done[1:] = [reviewed.isoformat(), "督查组", "退回" if returned else "通过"]
        rows.append([name, *done])
        if not returned or reviewed > LAST:
            return rows
        day = reviewed


def write(folder: Path, name: str, rows: list[list[str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def lossy_rows(folder: Path) -> set[str]:
    from evalsys import read_assessment
    from evalsys.ledger_walk import in_order

    found = read_assessment(folder)
    fine = in_order(found.instrument, found.observations)
    return set(found.observations.loc[fine == 0, "observation_id"])


# ------------------------------------------------------------------------------------------------------- the peer


def plain_read(folder: Path) -> tuple[Any, Any]:
    import pandas as pd

    findings = pd.read_csv(folder / "findings.csv", parse_dates=["found_on"], keep_default_na=False)
    days = ["fixed_on", "reviewed_on"]
    return findings, pd.read_csv(folder / "rectifications.csv", parse_dates=days, dtype={"result": str})


def plain_states(tables: tuple[Any, Any], day: datetime.date) -> Any:
    """The state of each finding at the end of a day, and the days it is overdue."""
    import pandas as pd

    findings, rectifications = tables
    stamp = pd.Timestamp(day)
    known = findings[findings["found_on"] <= stamp]
    attempts = rectifications[rectifications["finding_id"].isin(known["finding_id"])]

    def state(own: Any) -> str:
        done = own[own["fixed_on"] <= stamp]
        if done.empty:
            return "open"
        last = done.iloc[-1]
        if pd.isna(last["reviewed_on"]) or last["reviewed_on"] > stamp:
            return "fixed"
        return "verified" if last["result"] == "通过" else "returned"

    found = attempts.groupby("finding_id")[["fixed_on", "reviewed_on", "result"]].apply(state)
    out = known.assign(state=known["finding_id"].map(found).fillna("open"))
    late = (stamp - out["found_on"]).dt.days - 7
    return out.assign(overdue=late.where(out["state"].isin(["open", "returned"]) & (late > 0), 0))


# ----------------------------------------------------------------------------------------------------- measurement


def measure(folder: Path, runs: int) -> dict[str, Any]:
    from evalsys import read_assessment
    from evalsys.bulletins import bulletin
    from evalsys.ledgers import flow, ledgers_of, states

    held: dict[str, Any] = {}

    def keep(name: str, task: Callable[[], Any]) -> bench.Ran:
        made: list[Any] = []
        ran = bench.timed(lambda: made.append(task()))
        held[name] = made.pop()
        return ran

    def ledgers() -> Any:
        ledgers_of.cache_clear()
        return ledgers_of(held["assessment"])

    read = bench.in_turn(
        {
            "evalsys": lambda: keep("assessment", lambda: read_assessment(folder)),
            "pandas": lambda: keep("plain", lambda: plain_read(folder)),
        },
        min(runs, 3),
    )
    made = bench.in_turn(
        {
            "ledgers_of": lambda: keep("kept", ledgers),
            "states on a day": lambda: keep("stand", lambda: states(held["kept"], LAST)),
            "a week's flow": lambda: keep("flow", lambda: flow(held["kept"], LAST - 6 * DAY, LAST)),
            "the numbers of a bulletin": lambda: keep("bulletin", lambda: bulletin(held["assessment"], WEEK).units),
            "pandas": lambda: keep("peer", lambda: plain_states(held["plain"], LAST)),
        },
        runs,
    )
    agree(held)
    kept = held["kept"]
    return {
        "sites": len(held["assessment"].sites),
        "observations": len(held["assessment"].observations),
        "findings": len(kept.findings),
        "rectifications": len(held["assessment"].ledgers["rectifications"]),
        "moves": len(kept.moves),
        "in_hand": int(held["stand"]["state"].isin(["open", "returned"]).sum()),
        "overdue": int((held["stand"]["overdue"] > 0).sum()),
        "read_s": read,
        "made_s": made,
        "ratio_states": bench.ratio(made, "states on a day", "pandas"),
        "profile": profile(folder),
    }


def agree(held: dict[str, Any]) -> None:
    """Stop where a state or a day overdue differs."""
    names = held["kept"].findings["finding_id"]
    ours = {
        names[k]: (s, late) for k, s, late in held["stand"][["finding", "state", "overdue"]].itertuples(index=False)
    }
    peer = held["peer"][["finding_id", "state", "overdue"]].itertuples(index=False)
    theirs = {name: (state, late) for name, state, late in peer}
    if ours != theirs:
        raise SystemExit(f"evalsys and pandas differ in {sum(ours.get(n) != theirs.get(n) for n in ours)} findings")


def profile(folder: Path) -> list[tuple[str, float]]:
    """Where reading and making the ledgers spend their time: functions of this library, with all they call."""
    from evalsys import read_assessment
    from evalsys.ledgers import flow, ledgers_of

    ledgers_of.cache_clear()
    own = cProfile.Profile()
    own.enable()
    flow(ledgers_of(read_assessment(folder)), LAST - 6 * DAY, LAST)
    own.disable()
    found = []
    for (file, _, name), (_, _, _, cumulative, _) in pstats.Stats(own).stats.items():  # type: ignore[attr-defined]
        path = Path(file)
        if path.parent.name == "evalsys" and not name.startswith("<"):
            found.append((f"{path.stem}.{name}", round(cumulative, 2)))
    return sorted(found, key=lambda row: -row[1])[:14]


def page(folder: Path, out: Path) -> bench.Ran:
    return bench.command(
        *bench.tool("evalsys"), "report", "weekly-bulletin", folder,
        "-p", "week", WEEK, "-p", "with_forecast", "false", "--out", out,
    )  # fmt: skip


def main() -> None:
    given = bench.arguments(__doc__, 5)
    bench.say(f"a year of the synthetic city: its ledgers and a week's bulletin ({given.runs} runs)", "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "year"
        folder.mkdir()
        generate(folder, 60 if given.quick else 1200)
        found = measure(folder, given.runs)
        pages = bench.in_turn({"page": lambda: page(folder, Path(name) / "page.html")}, min(given.runs, 3))["page"]
    rows = [[f"read: {who}", *bench.shown(times, "ms")] for who, times in found["read_s"].items()]
    rows += [[who, *bench.shown(times, "ms")] for who, times in found["made_s"].items()]
    rows.append(["evalsys report weekly-bulletin", *bench.shown(pages, "ms")])
    bench.table(["what", "best ms", "median ms", "worst ms", "CPU ms"], rows)
    ledgers = found["made_s"]["ledgers_of"]["best"] + found["made_s"]["states on a day"]["best"]
    bench.say(
        f"{found['sites']:,} sites, {found['observations']:,} observations, {found['findings']:,} findings, "
        f"{found['rectifications']:,} attempts, {found['moves']:,} changes of state; on the last day "
        f"{found['in_hand']:,} in hand, {found['overdue']:,} overdue, the same in both.",
        f"Ledgers {ledgers:.1f} s (goal {GOALS['ledgers']}), the bulletin's page {pages['best']:.1f} s (goal "
        f"{GOALS['bulletin']}). States on a day against pandas, by best and by median times: "
        f"{bench.both(found['ratio_states'], 4)}.",
        "Profile of reading, ledgers and a week (seconds, with all that is called): "
        + ", ".join(f"{name} {took}" for name, took in found["profile"]),
        "",
    )
    bench.finish("ledgers", given, peer="plain pandas (groupby, apply)", seed=SEED, page_s=pages, **found)


if __name__ == "__main__":
    main()
