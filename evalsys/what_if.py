"""What if: one choice of repairs, budget, severity and weights, and what the coming inspection then looks like.

A quick answer comes from a small lattice, or from few simulated inspections; the full one, with the chance to pass
under every severity, comes from the forecast's own engine and replaces it. Nothing here knows of widgets.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.assessment import Assessment
from evalsys.doubt import reweighted, weighed
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fix_effects import best_of_each
from evalsys.fixes import Fixes, fixes_of, mended
from evalsys.forecasting import Forecast, forecast
from evalsys.frontier import Frontier, frontier_of
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.lattice import CELLS
from evalsys.law import COARSE, law
from evalsys.limits import Limits, Work, obstacles, schedule
from evalsys.mending import Bench, Gain, Worth
from evalsys.mending_drawn import DrawnBench
from evalsys.mending_exact import ExactBench
from evalsys.model import Model
from evalsys.planning import plan_of
from evalsys.plans import amount, limits_for

__all__ = ["REACH", "Answer", "Choice", "Curve", "Desk", "Part", "Reading", "desk_of", "parts_of", "shares_of"]

Floats = NDArray[np.float64]

#: Largest severity that can be asked for, in standard deviations, either way.
REACH = Fraction(3)

_CELLS = 2**12  # of the lattice of a quick answer
_NODES = 13  # of severity, for a quick answer
_DRAWS = 1_000  # simulated inspections behind a quick answer
_PLANNED = 4_000  # behind plans
_BINS = 11  # of severity, in a simulation
_STEPS = 41  # of a curve
_HELD = 12  # engines that are kept, quick and full each
_BUDGETS = 8  # looked at by the frontier
_AVERAGE = ("average", "平均")
_USUAL, _CHOSEN = Text("一般", "usual"), Text("所选", "chosen")
#: Severities that a curve names, in standard deviations.
_NAMED = {Fraction(-1): Text("偏严", "strict"), Fraction(0): _USUAL, Fraction(1): Text("偏宽", "lenient")}
_Line = Callable[[Floats], Any]
_Key = tuple[Fraction | None, tuple[Fraction, ...] | None]


@dataclass(frozen=True)
class Choice:
    """What the analyst has set.

    Attributes
    ----------
    options : tuple of int
        Places in ``Fixes.options``, rising.
    severity : Fraction or None
        Of the inspectors, in standard deviations, below 0 strict; None: the average over all.
    weights : tuple of Fraction or None
        Of the parts of :func:`parts_of`, above 0, adding up to 1; None: those of the instrument.
    budget : Fraction or None
        None: no limit.
    """

    options: tuple[int, ...] = ()
    severity: Fraction | None = None
    weights: tuple[Fraction, ...] | None = None
    budget: Fraction | None = None


@dataclass(frozen=True)
class Reading:
    """The chance to pass at one severity z, in log-odds, before and after the work."""

    z: float
    before: float
    after: float
    name: Text


@dataclass(frozen=True)
class Curve:
    """The chance to pass under every severity.

    Attributes
    ----------
    before, after : tuple of (z, chance)
        At the same z, in log-odds, rising; one point where the model has no severity.
    likely : tuple of float
        Density of each z, on any scale.
    readings : tuple of Reading
        Strict, usual, lenient; the chosen severity in place of strict or lenient.
    """

    before: tuple[tuple[float, float], ...]
    after: tuple[tuple[float, float], ...]
    likely: tuple[float, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Answer:
    """What comes of a choice.

    Attributes
    ----------
    choice : Choice
    before, after : Worth
        Under the chosen severity and weights, with nothing done and with the choice done.
    cost, crew_days : Fraction
        Of all options chosen; what is not stated counts as 0.
    days : int or None
        From the start of the work until all is done; None where it cannot be scheduled.
    obstacles : tuple of Text
        What stands against the choice; it is valued all the same.
    quick : bool
        Whether this is the first, light answer.
    draws : int
        Simulated inspections behind it; 0 for a law.
    curve : Curve or None
        None in a quick answer, and without a pass mark.
    """

    choice: Choice
    before: Worth
    after: Worth
    cost: Fraction
    crew_days: Fraction
    days: int | None
    obstacles: tuple[Text, ...]
    quick: bool
    draws: int
    curve: Curve | None


@dataclass(frozen=True)
class Part:
    """A part of the instrument whose weight may be moved."""

    code: str
    name: Text
    weight: Fraction


def parts_of(instrument: Instrument) -> tuple[Part, ...] | Text:
    """Return the top-level parts whose weights may be moved, or why they may not.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> parts_of(load_instrument("wujiang-field-2016")).say("en")
    'the weights are printed in the instrument: they are not moved'
    """
    if instrument.weights["status"] != "assumed":
        return Text("权重由测评体系载明，不作调整", "the weights are printed in the instrument: they are not moved")
    places = weighed(instrument)
    if isinstance(places, Text):
        return places
    nodes = (instrument.nodes[place] for place in places)
    return tuple(Part(node.code, node.name, node.weight) for node in nodes)


def desk_of(assessment: Assessment, *, pass_mark: str = "", days: int = 0, seed: int = 0) -> Desk:
    """Return the desk of an assessment.

    Parameters
    ----------
    assessment : Assessment
    pass_mark : str
        ``"85%"`` or points; empty: as the assessment says.
    days : int
        For the work; 0: up to the inspection, or :data:`~evalsys.plans.DAYS` where nobody says when it is.
    seed : int
        Of the simulation.

    Raises
    ------
    InputFaults
    """
    found = forecast(assessment, at_least=pass_mark or None, seed=seed)
    fixes = fixes_of(found.prospect)
    limits, assumed = limits_for(assessment, fixes, days=days or None)
    return Desk(found, fixes, limits, days_assumed=assumed)


class Desk:
    """Answers one choice after another; what was computed for a severity and weights is kept.

    Parameters
    ----------
    found : Forecast
    fixes : Fixes
        Of the same assessment.
    limits : Limits
        Without a budget: that is part of a choice.
    days_assumed : bool
        Whether nobody said how many days there are.

    Attributes
    ----------
    parts : tuple of Part, or Text
        As :func:`parts_of` returns them.

    Notes
    -----
    :meth:`quick` and :meth:`full` keep their engines apart, so that one thread may ask for quick answers while another
    computes a full one.
    """

    def __init__(self, found: Forecast, fixes: Fixes, limits: Limits, *, days_assumed: bool = False) -> None:
        self.found, self.fixes, self.limits, self.days_assumed = found, fixes, limits, days_assumed
        self.parts = parts_of(found.prospect.model.instrument)
        self.drawn = found.engine == "simulate"
        self._nodes = max(len(found.severity), _NODES)
        self._light: dict[_Key, Bench] = {}
        self._whole: dict[_Key, Bench] = {}
        self._laws: dict[tuple[tuple[Fraction, ...] | None, bytes], tuple[Worth, Floats, Floats]] = {}

    # ---------------------------------------------------------------------------------------------------- answers

    def quick(self, choice: Choice) -> Answer:
        """Return a light answer, without a curve.

        A law on a lattice of 4,096 cells at 13 nodes of severity; or 1,000 simulated inspections, all of the
        forecast's where they are at hand.

        Raises
        ------
        ValueError
            For weights that do not fit, or a severity where the model has none.
        """
        ready = self._whole.get((choice.severity, choice.weights)) if self.drawn else None
        bench = ready or self._bench(self._light, choice, min(_DRAWS, self.found.draws), _CELLS, _NODES)
        before, after = bench.worth(self.fixes.after(())), bench.worth(self.fixes.after(choice.options))
        draws = 0 if not self.drawn else self.found.draws if ready else min(_DRAWS, self.found.draws)
        return self._answer(choice, before, after, True, draws, None)

    def full(self, choice: Choice) -> Answer:
        """Return the answer of the forecast's own engine, with the chance to pass under every severity.

        Raises
        ------
        ValueError
            As :meth:`quick` does.
        """
        state, nothing = self.fixes.after(choice.options), self.fixes.after(())
        if self.drawn:
            average = self._full_bench(replace(choice, severity=None))
            assert isinstance(average, DrawnBench)
            curve = self._binned(average, state, choice)
            bench: Bench = average if choice.severity is None else self._full_bench(choice)
            before, after = bench.worth(nothing), bench.worth(state)
            return self._answer(choice, before, after, False, self.found.draws, curve)
        before, z, chance = self._law(choice.weights, nothing)
        after, _, moved = self._law(choice.weights, state)
        if choice.severity is not None:
            bench = self._full_bench(choice)
            before, after = bench.worth(nothing), bench.worth(state)
        curve = None if before.chance is None else self._smooth(z, chance, moved, choice)
        return self._answer(choice, before, after, False, 0, curve)

    def model(self, weights: tuple[Fraction, ...] | None) -> Model:
        """Return the model of the coming inspection under some weights; the full marks stay as they are.

        Raises
        ------
        ValueError
            For weights that do not fit, or where they are not assumed.
        """
        model = self.found.prospect.model
        if weights is None:
            return model
        if isinstance(self.parts, Text):
            raise ValueError(self.parts.en)
        named = dict(zip((part.code for part in self.parts), weights, strict=True))
        return replace(model, instrument=reweighted(model.instrument, named))

    def at(self, severity: Fraction | None) -> float | None:
        """Return a severity in log-odds; None for the average.

        Raises
        ------
        ValueError
            Where the model has no severity.
        """
        if severity is None:
            return None
        sd = self.found.prospect.model.severity
        if not sd:
            raise ValueError("severity is switched off")
        return float(severity) * sd

    def _bench(self, held: dict[_Key, Bench], choice: Choice, draws: int, cells: int, count: int) -> Bench:
        """Return the engine for the severity and weights of a choice; the last few are kept."""
        key = choice.severity, choice.weights
        if key not in held:
            model, at = self.model(choice.weights), self.at(choice.severity)
            for old in list(held)[: len(held) + 1 - _HELD]:
                del held[old]
            held[key] = (
                DrawnBench(model, self.fixes, draws=draws, seed=self.found.seed, at=at)
                if self.drawn
                else ExactBench(model, self.fixes, cells=cells, coarse=min(cells, COARSE), count=count, at=at)
            )
        return held[key]

    def _full_bench(self, choice: Choice) -> Bench:
        return self._bench(self._whole, choice, self.found.draws, CELLS, self._nodes)

    def _law(self, weights: tuple[Fraction, ...] | None, state: Floats) -> tuple[Worth, Floats, Floats]:
        """Return the worth of a state, nodes of severity, and the chance to pass at each."""
        key = weights, state.tobytes()
        if key not in self._laws:
            model = mended(self.model(weights), self.fixes.cells, state)
            found = law(model, count=self._nodes if model.severity else 1, bounded=False)
            self._laws[key] = Worth(found.mean, found.chance), found.z, found.chance_given
        return self._laws[key]

    def _answer(
        self, choice: Choice, before: Worth, after: Worth, quick: bool, draws: int, curve: Curve | None
    ) -> Answer:
        options = [self.fixes.options[place] for place in choice.options]
        if curve is not None and choice.severity is not None:
            curve = _agreeing(curve, self.at(choice.severity), before, after)
        limits = replace(self.limits, budget=choice.budget)
        against = obstacles(self.fixes, limits, choice.options)
        jobs = None if against else schedule(self.fixes, limits, choice.options)
        return Answer(
            choice=choice,
            before=before,
            after=after,
            cost=sum((option.cost or Fraction(0) for option in options), Fraction(0)),
            crew_days=sum((option.crew_days or Fraction(0) for option in options), Fraction(0)),
            days=None if jobs is None else max((job.ends for job in jobs), default=0),
            obstacles=against,
            quick=quick,
            draws=draws,
            curve=curve,
        )

    # ------------------------------------------------------------------------------------------------------ curves

    def _smooth(self, z: Floats, before: Floats, after: Floats, choice: Choice) -> Curve:
        """Return the curve of a law, smooth between its nodes."""
        if len(z) < 2:
            return self._curve(lambda at: before[:1], lambda at: after[:1], (0.0, 0.0), choice)
        from scipy.interpolate import CubicSpline

        return self._curve(CubicSpline(z, before), CubicSpline(z, after), (float(z[0]), float(z[-1])), choice)

    def _binned(self, bench: DrawnBench, state: Floats, choice: Choice) -> Curve | None:
        """Return the curve of a simulation, by bins of severity that hold the same number of draws."""
        before, after = bench.passed(self.fixes.after(())), bench.passed(state)
        if before is None or after is None:
            return None
        bins = np.array_split(np.argsort(bench.z, kind="stable"), _BINS if bench.z.any() else 1)
        z, one, other = (np.array([of[own].mean() for own in bins if len(own)]) for of in (bench.z, before, after))
        return self._curve(
            lambda at: np.interp(at, z, one), lambda at: np.interp(at, z, other), (float(z[0]), float(z[-1])), choice
        )

    def _curve(self, before: _Line, after: _Line, ends: tuple[float, float], choice: Choice) -> Curve:
        """Return a curve within three standard deviations, with the severities that are named on it."""
        sd = self.found.prospect.model.severity

        def of(line: _Line, z: Floats) -> list[float]:
            return [float(value) for value in np.clip(line(z), 0.0, 1.0)]

        z = np.linspace(max(ends[0], -3 * sd), min(ends[1], 3 * sd), _STEPS) if sd else np.zeros(1)
        named = _NAMED if sd else {Fraction(0): _USUAL}
        if sd and choice.severity is not None and choice.severity not in named:
            left = Fraction(1) if choice.severity > 0 else Fraction(-1)
            named = {at: name for at, name in named.items() if at != left} | {choice.severity: _CHOSEN}
        at = np.array([float(times) * sd for times in sorted(named)])
        found = zip(at.tolist(), of(before, at), of(after, at), (named[times] for times in sorted(named)), strict=True)
        return Curve(
            before=tuple(zip(z.tolist(), of(before, z), strict=True)),
            after=tuple(zip(z.tolist(), of(after, z), strict=True)),
            likely=tuple(np.exp(-((z / sd) ** 2) / 2).tolist()) if sd else (1.0,),
            readings=tuple(Reading(*one) for one in found),
        )

    # ------------------------------------------------------------------------------------------------------- plans

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """What each option brings alone, by the light engine, over the average of severity and the printed weights."""
        bench = self._bench(self._light, Choice(), min(_DRAWS, self.found.draws), _CELLS, _NODES)
        return bench.gains([self.fixes.after([place]) for place in range(len(self.fixes.options))])

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The option of each fix that brings most alone, the largest gain first."""
        return best_of_each(self.fixes, self.gains)

    @cached_property
    def frontier(self) -> Frontier:
        """What each budget can bring, over the average of severity and the instrument's weights; computed once.

        By a lattice of 4,096 cells, or 4,000 simulated inspections.
        """
        return frontier_of(self._planner, self.limits, most=_BUDGETS)

    def proposed(self, budget: Fraction | None) -> tuple[int, ...]:
        """Return the options of the frontier's plan for a budget, rising; of its last plan without one."""
        held = [step.plan for step in self.frontier.steps if budget is None or step.budget <= budget]
        return held[-1].chosen if held else ()

    @property
    def priced(self) -> bool:
        """Whether every option has a cost, so that a budget means something."""
        return all(option.cost is not None for option in self.fixes.options)

    @cached_property
    def _planner(self) -> Bench:
        model, found = self.found.prospect.model, self.found
        if self.drawn:
            return DrawnBench(model, self.fixes, draws=min(_PLANNED, found.draws), seed=found.seed)
        return ExactBench(model, self.fixes, cells=_CELLS, coarse=_CELLS, count=_NODES)

    # ------------------------------------------------------------------------------------- what parameters ask for

    def start(self, fixes: str = "", budget: str = "", severity: str = "average") -> Choice:
        """Return the choice that parameters of a report ask for.

        Parameters
        ----------
        fixes : str
            Names parted by ``;``: a fix, at its best level, or fix and level. Empty: the best plan for the budget; the
            fix that brings most where there is no budget.
        budget : str
            In the unit of the table's costs; empty: no limit.
        severity : str
            ``"average"``, or standard deviations from -3 (strict) to 3 (lenient).

        Raises
        ------
        InputFaults
            With every unknown name and its nearest, an impossible budget, a severity that is no number, out of range,
            or asked for where it is switched off.
        """
        faults: list[Fault] = []
        chosen = self._chosen(fixes, faults)
        money = _collected(faults, lambda: amount(budget, "budget") if budget.strip() else None)
        if money is not None:
            faults += [
                Fault("cost_needed", "fixes", None, "cost", option.name)
                for option in self.fixes.options
                if option.cost is None
            ]
        times = self._severity(severity, faults)
        if faults:
            raise InputFaults(faults)
        if not chosen and money is not None:
            goal = "points" if self.found.chance is None else "chance"
            chosen = plan_of(self._planner, replace(self.limits, budget=money), goal).chosen
        elif not chosen:
            work = Work(self.fixes, self.limits)
            alone = (place for place in self.order if work.fits([place]) and work.schedule([place]))
            chosen = tuple(itertools.islice(alone, 1))
        return Choice(chosen, times, None, money)

    def _chosen(self, fixes: str, faults: list[Fault]) -> tuple[int, ...]:
        by_name = {option.name: place for place, option in reversed(list(enumerate(self.fixes.options)))}
        names = [name for part in fixes.replace("；", ";").split(";") if (name := " ".join(part.split()))]
        # a fix without a level means its best; that asks the engine, so only where a name is no option
        best = {self.fixes.options[place].fix: place for place in self.order} if set(names) - by_name.keys() else {}
        known = {**best, **by_name}
        faults += [
            Fault("unknown_name", "fixes", value=name, nearest=nearest(name, known))
            for name in names
            if name not in known
        ]
        return tuple(sorted({known[name] for name in names if name in known}))

    def _severity(self, severity: str, faults: list[Fault]) -> Fraction | None:
        said = severity.strip()
        if said in _AVERAGE:
            return None
        allowed = f"average, {-REACH} - {REACH}"
        try:
            times = Fraction(said)
        except (ValueError, ZeroDivisionError):
            near = nearest(said, _AVERAGE)
            faults.append(Fault("bad_number", "severity", value=severity, allowed=allowed, nearest=near))
            return None
        if abs(times) > REACH:
            faults.append(Fault("out_of_range", "severity", value=severity, allowed=allowed))
        elif not self.found.prospect.model.severity:
            faults.append(Fault("no_effect", "severity", value=severity, allowed="average"))
        return times


def _agreeing(curve: Curve, at: float | None, before: Worth, after: Worth) -> Curve:
    """Return a curve whose reading at the chosen severity says what the answer says, which the line may just miss."""
    own = before.chance or 0.0, after.chance or 0.0
    held = (replace(one, before=own[0], after=own[1]) if one.z == at else one for one in curve.readings)
    return replace(curve, readings=tuple(held))


def _collected(faults: list[Fault], read: Callable[[], Fraction | None]) -> Fraction | None:
    """Return what is read; None, with its faults kept, where it is faulty."""
    try:
        return read()
    except InputFaults as error:
        faults += error.faults
        return None


def shares_of(parts: Sequence[int]) -> tuple[Fraction, ...]:
    """Return weights in proportion to whole numbers above 0; they add up to exactly 1.

    Examples
    --------
    >>> [str(weight) for weight in shares_of([30, 20, 10])]
    ['1/2', '1/3', '1/6']
    """
    return tuple(Fraction(part, sum(parts)) for part in parts)
