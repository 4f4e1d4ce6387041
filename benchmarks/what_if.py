"""The what-if desk: quick answers to a tick, a severity, weights; the full answer and its curve that follow.

Peer in the same run: the forecast of the mended assessment made anew, as one would without the desk: `law` where the
law is exact, `simulate` with the forecast's draws elsewhere. Full answers must agree with it: laws to 1e-9, simulations
within 4.5 standard errors.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import bench

DATA = bench.ROOT / "data"
GOAL = 0.2  # seconds for a quick answer
AGREE, ERRORS = 1e-9, 4.5


@cache
def desk(name: str) -> Any:
    from evalsys import read_assessment
    from evalsys.what_if import desk_of

    return desk_of(read_assessment(DATA / name))


def choices(name: str, severity: Fraction | None, first: int) -> Any:
    """Yield choices as an analyst makes them: one more fix ticked each time, each task from another one."""
    from evalsys.what_if import Choice

    own = desk(name)
    for count in itertools.count(1):
        yield Choice(tuple(sorted({own.order[(first + k) % len(own.order)] for k in range(count)})), severity)


def tasks(name: str) -> dict[str, Callable[[], bench.Ran]]:
    """What is timed; each run is another choice, so that nothing is looked up."""
    from evalsys.what_if import Choice, shares_of

    own = desk(name)
    fixed = Fraction(-1)
    average, whole = choices(name, None, 0), choices(name, None, 5)
    strict, after = choices(name, fixed, 10), choices(name, fixed, 15)
    fresh = (Fraction(n, 1000) for n in itertools.count(1))
    own.quick(Choice()), own.quick(Choice((), fixed)), own.full(Choice()), own.full(Choice((), fixed))
    found: dict[str, Callable[[], bench.Ran]] = {
        "quick, a tick, average over severity": lambda: _timed(own.quick, next(average)),
        "quick, a tick, fixed severity": lambda: _timed(own.quick, next(strict)),
        "quick, another severity": lambda: _timed(own.quick, Choice(own.order[:3], next(fresh))),
        "full with its curve, a tick": lambda: _timed(own.full, next(whole)),
        "full with its curve, a tick, fixed severity": lambda: _timed(own.full, next(after)),
        "full with its curve, another severity": lambda: _timed(own.full, Choice(own.order[:3], next(fresh))),
        "peer: a forecast anew": lambda: _timed(lambda _: again(name, own.order[:3]), None),
    }
    if not hasattr(own.parts, "zh"):
        shares = ([n, *[100] * (len(own.parts) - 1)] for n in itertools.count(50))
        found["quick, other weights"] = lambda: _timed(own.quick, Choice(own.order[:3], fixed, shares_of(next(shares))))
    return found


def _timed(task: Callable[[Any], Any], choice: Any) -> bench.Ran:
    return bench.timed(lambda: task(choice))


def again(name: str, options: Any) -> tuple[float, float]:
    """Mean score and chance to pass of the mended model, from the start: at the middle of severity for a law."""
    from evalsys.fixes import mended
    from evalsys.inspection import simulate
    from evalsys.law import law

    own = desk(name)
    model = mended(own.found.prospect.model, own.fixes.cells, own.fixes.after(options))
    if own.drawn:
        drawn = simulate(model, own.found.draws, own.found.seed + 1)
        return drawn.mean, drawn.chance or 0.0
    found = law(model, count=len(own.found.severity), bounded=False)
    middle = len(found.z) // 2
    return float(found.mean_given[middle]), float(found.chance_given[middle])


def apart(name: str) -> dict[str, float]:
    """How far the full answer and the peer are apart: as they are for laws, in standard errors for simulations."""
    from evalsys.what_if import Choice

    own = desk(name)
    chosen = tuple(sorted(own.order[:3]))
    ours = own.full(Choice(chosen, None if own.drawn else Fraction(0))).after
    points, chance = again(name, chosen)
    gap = {"points": abs(ours.points - points), "chance": abs(ours.chance - chance)}
    if not own.drawn:
        return gap
    # two independent simulations of the same size
    errors = {"points": ours.points_error * math.sqrt(2), "chance": ours.chance_error * math.sqrt(2)}
    return {what: gap[what] / errors[what] for what in gap}


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy comes
    given = bench.arguments(__doc__, 7)
    names = ["wujiang-2016"] if given.quick else ["wujiang-2016", "synthetic-city"]
    times: dict[str, dict[str, Any]] = {}
    difference = {}
    for name in names:
        difference[name] = apart(name)
        if not max(difference[name].values()) < (ERRORS if desk(name).drawn else AGREE):
            raise SystemExit(f"the desk and a forecast anew differ: {name} {difference[name]}")
        own = bench.in_turn(tasks(name), given.runs)
        times |= {f"{name}: {what}": each for what, each in own.items()}
    bench.say(f"the what-if desk, in turn ({given.runs} runs)", "")
    bench.table(
        ["what", "best ms", "median ms", "worst ms", "CPU ms"],
        [[what, *bench.shown(each, "ms")] for what, each in times.items()],
    )
    late = {what: each for what, each in times.items() if ": quick" in what and each["median"] > GOAL}
    bench.say(
        f"goal: a quick answer within {1000 * GOAL:.0f} ms. Beyond it by the median: {', '.join(late) or 'none'}.", ""
    )
    ratios = {
        name: bench.ratio(times, f"{name}: quick, a tick, fixed severity", f"{name}: peer: a forecast anew")
        for name in names
    }
    shares = ", ".join(f"{name} {bench.both(own, 3)}" for name, own in ratios.items())
    bench.say(f"a quick tick at fixed severity / a forecast anew, by best and by median times: {shares}.", "")
    models = {
        name: {
            "engine": desk(name).found.engine,
            "options": len(desk(name).fixes.options),
            "fixes": len({option.fix for option in desk(name).fixes.options}),
            "draws": desk(name).found.draws,
        }
        for name in names
    }
    bench.finish(
        "what_if",
        given,
        peer="law or simulate of the mended model, from the start",
        blas_threads=1,
        goal_s=GOAL,
        models=models,
        seconds=times,
        ratios=ratios,
        difference=difference,
        late=sorted(late),
    )


if __name__ == "__main__":
    main()
