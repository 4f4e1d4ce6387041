"""What to fix first: effects of fixes, plans, the synthetic city from its files to a plan, shares and pairs of Wujiang.

Peers in the same run: for effects, the law or the simulation anew for each fix; for plans, the solver alone on gains
that it takes for additive, without a word from an engine. Exact effects must agree with theirs to 1e-12, simulated
ones to within 4.5 standard errors of the difference.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import bench
from law import SEED, block, example, leaves, model

LEAVES, SAMPLE, NODES, DRAWS = 200, 10, 13, 20_000
LEVELS, DAYS, UNITS = 3, 42, 8
#: Fixes, and whether severity acts; 1,000 with severity take minutes.
PLANS = ((200, True), (200, False), (1000, False))
AGREE, LIMIT = 1e-12, 4.5
EXACT = {"without severity": 0.0, f"{NODES} nodes of severity": 0.3}
CITY = {"with severity": (), "without severity": ("severity",)}


# ------------------------------------------------------------------------------------------------------- the cases


def option(cell: int, after: float, level: str = "", cost: int = 1, crew: int | None = None, unit: int = 0) -> Any:
    import numpy as np

    from evalsys.fixes import Option

    days = None if crew is None else Fraction(1 + crew)
    return Option(
        fix=f"f{cell}",
        level=level,
        targets=(),
        cells=np.array([cell]),
        after=after,
        after_assumed=False,
        cost=Fraction(cost, 10),
        crew_days=None if crew is None else Fraction(crew),
        calendar_days=days,
        unit=f"unit {unit}",
    )


def fixes_of_leaves(options: Sequence[Any], count: int) -> Any:
    """Fixes of which each mends one leaf whole: its sites are alike, before and after."""
    import numpy as np

    from evalsys.fixes import Fixes

    cells = np.zeros((count, 3), dtype=np.int64)
    cells[:, 0] = np.arange(count)
    return Fixes(tuple(options), cells)


def single(severity: float, count: int) -> tuple[Any, Any]:
    """The leaves of the law's benchmark, and one fix for each."""
    return leaves(severity, count), fixes_of_leaves([option(k, 0.99) for k in range(count)], count)


@cache
def named(count: int, strict: bool) -> str:
    return f"{count} fixes" if strict else f"{count} fixes, no severity"


def levelled(count: int, strict: bool = True) -> tuple[Any, Any, Any]:
    """Leaves as in the law's benchmark, three levels to mend each; budget, days and crew-days by week are limited.

    Points are tenths, with very many leaves twentieths; severity as in a forecast.
    """
    import numpy as np

    from evalsys.limits import Limits, weeks_of

    random = np.random.default_rng(SEED)
    whole = max(1000, 2 * count)
    worth = 1 + random.multinomial(whole - count, np.full(count, 1 / count))
    points = [Fraction(100 * int(own), whole) for own in worth]
    sites, chance = random.choice([5, 10, 20], count).tolist(), random.uniform(0.7, 0.99, count)
    blocks = [block([leaf], n, [[p]], [n]) for leaf, (n, p) in enumerate(zip(sites, chance.tolist(), strict=True))]
    made = model([points[k : k + 20] for k in range(0, count, 20)], blocks, 0.3 if strict else 0.0)
    options = []
    for leaf in range(count):
        cost, crew, unit = int(random.integers(5, 40)), int(random.integers(1, 4)), int(random.integers(UNITS))
        for level, share in enumerate((0.4, 0.7, 0.95)):
            after = 1 - (1 - float(chance[leaf])) * (1 - share)
            options.append(option(leaf, after, f"L{level}", cost * (2 + level) // 2, crew * (1 + level), unit))
    fixes = fixes_of_leaves(options, count)
    weeks = weeks_of(None, DAYS)
    budget = sum((own.cost for own in options), Fraction(0)) / 12  # a quarter of all fixes at their middle level
    crews = sum((own.crew_days for own in options), Fraction(0)) / (4 * UNITS * len(weeks))
    capacity = {f"unit {unit}": (Fraction(round(crews)),) * len(weeks) for unit in range(UNITS)}
    return made, fixes, Limits(budget, DAYS, capacity, None, weeks)


def exact(made: Any, fixes: Any, severity: float) -> Any:
    from evalsys.mending_exact import ExactBench

    return ExactBench(made, fixes, count=NODES if severity else 1)


def as_forecast(made: Any, fixes: Any) -> Any:
    """The exact bench on the lattice that `bench_of` takes for a forecast."""
    from evalsys.benches import CELLS
    from evalsys.mending_exact import ExactBench

    return ExactBench(made, fixes, cells=CELLS, coarse=CELLS, count=NODES)


def alone(fixes: Any) -> list[Any]:
    return [fixes.after([place]) for place in range(len(fixes.options))]


def some(count: int) -> range:
    """Ten of them, evenly spread."""
    return range(0, count, max(1, count // SAMPLE))


def again(made: Any, fixes: Any, places: Sequence[int], **size: Any) -> list[tuple[float, float]]:
    """The peer: mean points and chance by the law anew, for each fix."""
    from evalsys.fixes import mended
    from evalsys.law import law

    found = [law(mended(made, fixes.cells, fixes.after([place])), bounded=False, **size) for place in places]
    return [(float(own.weights @ own.mean_given), own.chance or 0.0) for own in found]


def agreed(what: str, apart: float, limit: float) -> float:
    if not apart < limit:
        raise SystemExit(f"{what}: ours and the peer's differ by {apart}")
    return apart


# --------------------------------------------------------------------------------------------------------- effects


def effects_of_leaves(quick: bool, runs: int) -> dict[str, Any]:
    """Effects of one fix for each leaf, first asked of a fresh bench and asked again, against the law anew."""
    import numpy as np

    count, times, apart = 40 if quick else LEAVES, {}, {}
    for name, severity in EXACT.items():
        made, fixes = single(severity, count)
        states, places, nodes = alone(fixes), some(count), NODES if severity else 1
        ready = exact(made, fixes, severity)
        gains, base = ready.gains(states), ready.worth(fixes.after([]))
        theirs = np.array(again(made, fixes, places, count=nodes)) - [base.points, base.chance]
        ours = np.array([(gains[k].points, gains[k].chance) for k in places])
        apart[name] = agreed(name, float(np.abs((ours - theirs) / [100, 1]).max()), AGREE)

        def first(made: Any = made, fixes: Any = fixes, severity: float = severity, states: Any = states) -> bench.Ran:
            fresh = exact(made, fixes, severity)
            fresh.worth(fixes.after([]))
            return bench.timed(lambda: fresh.gains(states))

        def before(made: Any = made, fixes: Any = fixes, severity: float = severity) -> bench.Ran:
            return bench.timed(lambda: exact(made, fixes, severity).worth(fixes.after([])))

        def peer(made: Any = made, fixes: Any = fixes, places: Any = places, nodes: int = nodes) -> bench.Ran:
            return bench.timed(lambda: again(made, fixes, places, count=nodes))

        tasks = {
            f"{name}: the bench, and nothing done": before,
            f"{name}: {count} effects after it": first,
            f"{name}: the law anew, {len(places)} of {count}": peer,
        }
        times |= bench.in_turn(tasks, runs)
    ratios = {}
    for name in EXACT:
        own, other = f"{name}: {count} effects after it", f"{name}: the law anew, {len(places)} of {count}"
        by = bench.ratio(times, other, own)
        ratios[name] = {how: round(value * count / len(places), 1) for how, value in by.items()}
    return {"effects": count, "sample": len(places), "seconds": times, "times_as_fast": ratios, "difference": apart}


# ----------------------------------------------------------------------------------------------------------- plans


def plans(quick: bool, runs: int) -> dict[str, Any]:
    """A bench and a plan for the chance to pass; the solver alone on gains of points taken as additive."""
    from evalsys.limits import Work
    from evalsys.planning import plan_of
    from evalsys.proposing import propose

    found: dict[str, Any] = {}
    for count, strict in ((30, True),) if quick else PLANS:
        made, fixes, limits = levelled(count, strict)
        work = Work(fixes, limits)
        values = [gain.points for gain in as_forecast(made, fixes).gains(alone(fixes))]
        best: dict[str, Any] = {}

        def whole(made: Any = made, fixes: Any = fixes, limits: Any = limits, best: Any = best) -> None:
            best["plan"] = plan_of(as_forecast(made, fixes), limits)

        def after(made: Any = made, fixes: Any = fixes, limits: Any = limits) -> bench.Ran:
            ready = as_forecast(made, fixes)
            ready.gains(alone(fixes))
            return bench.timed(lambda: plan_of(ready, limits))

        times = bench.in_turn(
            {
                "bench and plan": lambda whole=whole: bench.timed(whole),
                "plan, effects known": after,
                "solver alone": lambda work=work, values=values: bench.timed(lambda: propose(work, values)),
            },
            runs,
        )
        plan = best["plan"]
        found[named(count, strict)] = {
            "options": len(fixes.options),
            "seconds": times,
            "over_solver": bench.ratio(times, "bench and plan", "solver alone"),
            "jobs": len(plan.jobs),
            "how": plan.how,
            "chance": {"before": plan.before.chance, "after": plan.after.chance, "bound": plan.bound},
            "gain": plan.gain.chance,
            "start": plan.start.chance,
        }
    return found


# ------------------------------------------------------------------------------------------------------------ city


def from_files_to_plan(quick: bool, off: Sequence[str]) -> dict[str, bench.Ran]:
    """Time each step, from the files to a plan."""
    from evalsys import forecast, read_assessment
    from evalsys.benches import bench_of
    from evalsys.fix_effects import effects
    from evalsys.limits import limits_of
    from evalsys.planning import plan_of

    held: dict[str, Any] = {}
    days, budget = (28, Fraction(6)) if quick else (None, Fraction(40))

    def read() -> None:
        held["read"] = read_assessment(bench.ROOT / "data" / ("wujiang-2016" if quick else "synthetic-city"))

    def told() -> None:
        own = held["read"].settings.forecast.with_off(off)
        held["told"] = forecast(held["read"], engine="simulate", draws=2000 if quick else DRAWS, settings=own)

    def made() -> None:
        held["bench"] = bench_of(held["told"])
        held["bench"].worth(held["bench"].fixes.after([]))

    def weighed() -> None:
        effects(held["told"], held["bench"])

    def planned() -> None:
        fixes = held["bench"].fixes
        plan_of(held["bench"], limits_of(held["read"], fixes, budget=budget, days=days))

    steps = {"read": read, "model, forecast": told, "bench": made, "effects": weighed, "plan": planned}
    return {name: bench.timed(step) for name, step in steps.items()}


def city(quick: bool, runs: int) -> dict[str, Any]:
    """From the files to a plan, with severity and without, in turn."""
    ran: dict[str, dict[str, list[bench.Ran]]] = {name: {} for name in CITY}
    for _ in range(runs):
        for name, off in CITY.items():
            took = from_files_to_plan(quick, off)
            first, *rest = took.values()
            took["all"] = sum(rest, first)
            for step, one in took.items():
                ran[name].setdefault(step, []).append(one)
    return {name: {step: bench.summary(each) for step, each in own.items()} for name, own in ran.items()}


def simulated(quick: bool, runs: int) -> dict[str, Any]:
    """The effects of all options of the city by simulation, against simulating anew for each of some."""
    import numpy as np

    from evalsys import read_assessment
    from evalsys.fixes import fixes_of, mended
    from evalsys.inspection import simulate
    from evalsys.mending_drawn import DrawnBench
    from evalsys.modelling import prospect

    draws, count = (2000, 3) if quick else (DRAWS, SAMPLE)
    found = prospect(read_assessment(bench.ROOT / "data" / ("wujiang-2016" if quick else "synthetic-city")))
    made, fixes = found.model, fixes_of(found)
    states, base = alone(fixes), simulate(made, draws, SEED)
    places = range(0, len(states), len(states) // count)[:count]
    held: dict[str, Any] = {}

    def ours() -> bench.Ran:
        fresh = DrawnBench(made, fixes, draws=draws, seed=SEED + 1)
        fresh.worth(fixes.after([]))
        return bench.timed(lambda: held.update(ours=fresh.gains(states)))

    def theirs() -> None:
        held["theirs"] = [simulate(mended(made, fixes.cells, states[k]), draws, SEED).score for k in places]

    names = f"{len(states)} effects after the bench", f"simulate anew, {len(places)} of {len(states)}"
    times = bench.in_turn({names[0]: ours, names[1]: lambda: bench.timed(theirs)}, runs)
    away = []
    for k, score in zip(places, held["theirs"], strict=True):
        apart, gain = np.asarray(score - base.score, dtype=float), held["ours"][k]
        error = math.hypot(gain.points_error, float(apart.std()) / math.sqrt(draws))
        away.append((float(apart.mean()) - gain.points) / error if error else 0.0)
    by = bench.ratio(times, names[1], names[0])
    return {
        "draws": draws,
        "seconds": times,
        "times_as_fast": {how: round(value * len(states) / len(places), 1) for how, value in by.items()},
        "standard_errors": agreed("simulated effects", max(map(abs, away)), LIMIT),
    }


# --------------------------------------------------------------------------------------------------------- wujiang


def together(runs: int) -> dict[str, Any]:
    """Effects, Shapley's shares and pairs of Wujiang on its exact bench, against the law anew for single fixes."""
    from evalsys import forecast, read_assessment
    from evalsys.benches import CELLS, bench_of
    from evalsys.fix_effects import effects, pairs_of, shared_gain

    told = forecast(read_assessment(bench.ROOT / "data" / "wujiang-2016"))
    ready = bench_of(told)
    fixes = ready.fixes
    found, places = effects(told, ready), some(len(fixes.options))
    size = {"cells": CELLS, "coarse": CELLS, "count": NODES}
    theirs = again(example("wujiang-2016"), fixes, places, **size)
    apart = max(
        abs(chance - (found.base.chance or 0.0) - (found.effects[k].gain.chance or 0.0))
        for k, (_, chance) in zip(places, theirs, strict=True)
    )

    def fresh(task: Callable[[Any], Any]) -> Callable[[], bench.Ran]:
        def run() -> bench.Ran:
            own = bench_of(told)
            own.worth(fixes.after([]))
            return bench.timed(lambda: task(own))

        return run

    own = [found.effects[k].gain for k in found.shared]
    names = {
        f"effects of {len(fixes.options)} fixes alone": fresh(lambda b: b.gains(alone(fixes))),
        f"shares of {len(found.shared)} fixes": fresh(lambda b: shared_gain(b, found.shared)),
        f"pairs among {len(found.shared)} fixes": fresh(lambda b: pairs_of(b, found.shared, own)),
        "effects(): all of them": fresh(lambda b: effects(told, b)),
        f"the law anew, {len(places)} fixes": lambda: bench.timed(
            lambda: again(told.prospect.model, fixes, places, **size)
        ),
    }
    return {
        "seconds": bench.in_turn(names, runs),
        "pairs": len(found.pairs),
        "difference": agreed("wujiang", apart, AGREE),
    }


# ---------------------------------------------------------------------------------------------------------- output


def memory(what: str, quick: bool) -> dict[str, Any]:
    """In a process of its own: peak memory with the models made, and after the work."""
    if what == "leaves":
        made, fixes = single(0.3, 40 if quick else LEAVES)
        start = bench.peak_mb()
        exact(made, fixes, 0.3).gains(alone(fixes))
    elif what.startswith("plan"):
        from evalsys.planning import plan_of

        made, fixes, limits = levelled(int(what.split()[1]), "no severity" not in what)
        start = bench.peak_mb()
        plan_of(as_forecast(made, fixes), limits)
    elif what == "city":
        import evalsys.planning  # noqa: F401 - imports are no part of it

        start = bench.peak_mb()
        from_files_to_plan(quick, ())
    else:
        from evalsys import forecast, read_assessment
        from evalsys.fix_effects import effects

        told = forecast(read_assessment(bench.ROOT / "data" / "wujiang-2016"))
        start = bench.peak_mb()
        effects(told)
    return {"before": start, "after": bench.peak_mb()}


def rows(times: dict[str, Any]) -> list[list[Any]]:
    return [[what, *bench.shown(each, "ms")] for what, each in times.items()]


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy comes; many small products: a second thread only waits
    given = bench.arguments(__doc__, 3, ("--memory", {"help": "used by the script itself"}))
    if given.memory:
        print(json.dumps(memory(given.memory, given.quick)))
        return
    quick, runs = given.quick, given.runs
    found = {
        "leaves": effects_of_leaves(quick, 5 * runs if not quick else 1),
        "wujiang": together(runs),
        "plans": plans(quick, runs),
        "simulated": simulated(quick, runs),
        "city": city(quick, runs),
    }
    who = ["leaves", *(f"plan {count}" for count in found["plans"]), "city", "wujiang"]
    peaks = {what: bench.child("--memory", what, *(["--quick"] if quick else [])) for what in who}
    told(found, peaks)
    bench.finish(
        "fixes",
        given,
        peer="the law or the simulation anew for each fix; the solver alone",
        seed=SEED,
        nodes=NODES,
        blas_threads=1,
        **found,
        peak_mb=peaks,
    )


def told(found: dict[str, Any], peaks: dict[str, Any]) -> None:
    """Print the tables."""
    head = ["best ms", "median ms", "worst ms", "CPU ms"]
    each, other, plan = found["leaves"], found["simulated"], found["plans"]
    bench.say(f"effects of {each['effects']} fixes on {each['effects']} leaves", "")
    bench.table(["what", *head], rows(each["seconds"]))
    bench.say(
        f"the law anew for every fix (a sample of {each['sample']}, scaled) takes so many times as long, by best and "
        "by median times: "
        + "; ".join(f"{name} {bench.both(by, 0)}" for name, by in each["times_as_fast"].items())
        + f". Largest difference {max(each['difference'].values()):.0e} of full marks or of a chance.",
        "",
        "Wujiang: effects, shares and pairs",
        "",
    )
    bench.table(["what", *head], rows(found["wujiang"]["seconds"]))
    bench.say("plans for the chance to pass, three levels to each fix, scored on the exact bench", "")
    bench.table(
        ["what", *head],
        [
            row
            for count, own in plan.items()
            for row in rows({f"{count}: {what}": times for what, times in own["seconds"].items()})
        ],
    )
    bench.say(
        *(
            f"- {count}, {own['options']} options: {own['jobs']} jobs, {own['how']}; chance "
            f"{own['chance']['before']:.4f} before, {own['chance']['before'] + own['start']:.4f} by the solver's first "
            f"proposal, {own['chance']['after']:.4f} with the plan, none exceeds {own['chance']['bound']:.4f}; "
            f"bench and plan / solver alone {bench.both(own['over_solver'])}"
            for count, own in plan.items()
        ),
        "",
        f"effects by simulation, {other['draws']:,} draws",
        "",
    )
    bench.table(["what", *head], rows(other["seconds"]))
    bench.say(
        f"simulating anew for every option (a sample, scaled) takes {bench.both(other['times_as_fast'], 0)} times as "
        f"long; at most {other['standard_errors']:.1f} standard errors apart.",
        "",
        "from the files to a plan: seconds",
        "",
    )
    bench.table(
        ["what", "best s", "median s", "worst s", "CPU s"],
        [
            [f"{name}: {step}", *bench.shown(times)]
            for name, own in found["city"].items()
            for step, times in own.items()
        ],
    )
    bench.say(
        "peak MB of a process: "
        + "; ".join(f"{what} {own['after']} ({own['before']} before)" for what, own in peaks.items())
        + ". OPENBLAS_NUM_THREADS=1.",
        "",
    )


if __name__ == "__main__":
    main()
