"""The plan of a survey: how many to ask in each stratum, and what the standards of an instrument then ask of luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalsys import surveys
from evalsys.cells import Cells
from evalsys.entries import scored
from evalsys.faults import Fault, InputFaults
from evalsys.fields import Bad, in_range, whole
from evalsys.instrument import Instrument, Question, Standard
from evalsys.survey_plans import (
    Bar,
    Chance,
    bar_of,
    half_width,
    invitations,
    least_count,
    pass_chance,
    rate_needed,
    sample_size,
    stratified_half_width,
    stratified_size,
    weighted_chance,
)
from evalsys.tables import Column, one_table

__all__ = [
    "OFFSETS",
    "WANTED",
    "Allocation",
    "Design",
    "PlannedStandard",
    "Stratum",
    "SurveyPlan",
    "read_strata",
    "survey_plan",
    "survey_questions",
]

#: How far from the bar the true rates of the table of chances lie, in percentage points.
OFFSETS = (-2, -1, 0, 1, 2, 3, 5)
#: The chance to pass for which the needed true rate is told.
WANTED = Fraction(9, 10)


@dataclass(frozen=True)
class Stratum:
    """A part of the people that is sampled on its own; `rate` is the share that is expected there, None unknown."""

    name: str
    population: int
    rate: Fraction | None = None


@dataclass(frozen=True)
class Design:
    """What a survey is to achieve.

    Attributes
    ----------
    half : Fraction in (0, 1)
        Half-width that is wanted.
    confidence : Fraction in (0, 1)
    rate : Fraction in [0, 1]
        Share that is expected where nothing else is known; 1/2 is the worst case.
    population : int or None
        People there are; with strata, their sum.
    strata : tuple of Stratum
        Empty for a sample from the whole.
    response : Fraction in (0, 1]
        Share of those asked who answer.
    deff : Fraction
        Design effect, above 0.
    """

    half: Fraction = Fraction(3, 100)
    confidence: Fraction = Fraction(19, 20)
    rate: Fraction = Fraction(1, 2)
    population: int | None = None
    strata: tuple[Stratum, ...] = ()
    response: Fraction = Fraction(1)
    deff: Fraction = Fraction(1)

    @property
    def everybody(self) -> int | None:
        """People there are, None where it is not known."""
        return sum(own.population for own in self.strata) if self.strata else self.population

    @property
    def rates(self) -> tuple[Fraction, ...]:
        """Expected share of each stratum."""
        return tuple(self.rate if own.rate is None else own.rate for own in self.strata)

    @property
    def parts(self) -> tuple[int | None, ...]:
        """People of each stratum; one part, of known or unknown size, without strata."""
        return tuple(own.population for own in self.strata) or (self.population,)


@dataclass(frozen=True)
class Allocation:
    """Answers by stratum (one entry without strata), how many to ask, the weight of an answer, and what it reaches.

    Attributes
    ----------
    answers, ask : tuple of int
    weights : tuple of Fraction
        People per answer, relative to the mean of all: what goes into the column `weight` of the answers.
    halves : tuple of float
        Half-width of each stratum on its own, at its expected share.
    half : float
        Half-width of the whole share.
    reached : bool
        Whether so many answer: those asked are never more than the people.
    """

    answers: tuple[int, ...]
    ask: tuple[int, ...]
    weights: tuple[Fraction, ...]
    halves: tuple[float, ...]
    half: float
    reached: bool

    @property
    def total(self) -> int:
        """Answers in all."""
        return sum(self.answers)


@dataclass(frozen=True)
class PlannedStandard:
    """What a standard's rate asks of a sample.

    Attributes
    ----------
    code, clause : str
    standard : Standard
    bar : Bar or None
        None where the share counts as it is, or a range is asked for: then nothing below is told.
    least : int or None
        Satisfied answers that are needed, over all its questions.
    chances : mapping of int to float or None
        By distance of the true rate from the bar, in points (:data:`OFFSETS`), the chance to pass.
    needed : float or None
        True rate from which the chance to pass is :data:`WANTED`.
    expected, optimal : Chance or None
        Chance to pass at the strata's own rates, in the proportional and in the optimal allocation.
    """

    code: str
    clause: str
    standard: Standard
    bar: Bar | None
    least: int | None
    chances: Mapping[int, float | None]
    needed: float | None
    expected: Chance | None
    optimal: Chance | None


@dataclass(frozen=True)
class SurveyPlan:
    """The plan of a survey; `optimal` is Neyman's allocation, where rates of strata are given."""

    design: Design
    sample: Allocation
    optimal: Allocation | None
    standards: tuple[PlannedStandard, ...]


# ------------------------------------------------------------------------------------------------------- reading

_COLUMNS = (
    Column("stratum", ("分层", "街道"), True),
    Column("population", ("人数", "总体人数"), True),
    Column("rate", ("预计比例", "预计满意率")),
)


def read_strata(path: Path) -> tuple[Stratum, ...]:
    """Read strata from a CSV file or a workbook of one sheet.

    Columns: ``stratum`` (分层), ``population`` (人数), and ``rate`` (预计比例) where it is known.

    Raises
    ------
    InputFaults
        With every fault of the table.
    """
    faults: list[Fault] = []
    table = one_table(path, "strata", _COLUMNS, ("备注", "note"), faults)
    if table is None:
        raise InputFaults(faults)
    cells = Cells({"strata": table}, faults)
    names = cells.read("strata", "stratum", need=True)
    people, rates = cells.read("strata", "population", _people, need=True), cells.read("strata", "rate", in_range(0, 1))
    cells.unique("strata", "stratum", names)
    if faults:
        raise InputFaults(faults)
    return tuple(map(Stratum, names, people, rates))


def _people(text: str) -> int:
    found = whole(text)
    if not found:
        raise Bad("out_of_range", ">= 1")
    return found


# ---------------------------------------------------------------------------------------------------------- plans


def survey_questions(instrument: Instrument) -> tuple[tuple[str, Standard, Question], ...]:
    """Return the questions of an instrument with the code and the content of their standard, in its order."""
    return tuple(
        (code, standard, question)
        for code, standard in scored(instrument)
        if "survey" in standard.rules
        for question in standard.questions
    )


def survey_plan(instrument: Instrument, design: Design) -> SurveyPlan:
    """Return how many to ask for a wanted precision, and how likely standards are passed with so many.

    Parameters
    ----------
    instrument : Instrument
        Its scored standards with questions are looked at.
    design : Design

    Returns
    -------
    SurveyPlan

    Notes
    -----
    The table of chances takes all people to have the same true rate, so that a proportional sample is one sample of
    as many people. Chances at the strata's own rates weigh each stratum by its people.
    """
    sample, optimal = _sample(design, False), None
    if any(own.rate is not None for own in design.strata):
        optimal = _sample(design, True)
    standards = {code: standard for code, standard, _ in survey_questions(instrument)}
    found = tuple(_planned(code, standard, design, sample, optimal) for code, standard in standards.items())
    return SurveyPlan(design, sample, optimal, found)


def _sample(design: Design, optimal: bool) -> Allocation:
    given, rates = design, design.rates
    if not design.strata:
        n = sample_size(given.half, given.confidence, given.rate, given.population, given.deff)
        half = half_width(n, given.confidence, given.rate, given.population, given.deff)
        return _allocation(design, (n,), (half,), half)
    people = [own.population for own in design.strata]
    answers = stratified_size(people, rates, given.half, given.confidence, given.deff, optimal=optimal)
    halves = tuple(
        half_width(n, given.confidence, rate, size, given.deff)
        for n, rate, size in zip(answers, rates, people, strict=True)
    )
    half = stratified_half_width(people, rates, answers, given.confidence, given.deff)
    return _allocation(design, answers, halves, half)


def _allocation(design: Design, answers: tuple[int, ...], halves: tuple[float, ...], half: float) -> Allocation:
    ask = tuple(invitations(n, design.response, size) for n, size in zip(answers, design.parts, strict=True))
    reached = all(count * design.response >= n for n, count in zip(answers, ask, strict=True))
    weights: tuple[Fraction, ...] = (Fraction(1),)
    if design.strata:
        total, everybody = sum(answers), sum(own.population for own in design.strata)
        weights = tuple(
            Fraction(own.population * total, everybody * n) for own, n in zip(design.strata, answers, strict=True)
        )
    return Allocation(answers, ask, weights, halves, half, reached)


def _planned(
    code: str, standard: Standard, design: Design, sample: Allocation, optimal: Allocation | None
) -> PlannedStandard:
    bar, clause, many = bar_of(standard.rules["survey"]), (standard.source or {}).get("clause", ""), design.everybody
    if bar is None:
        return PlannedStandard(code, clause, standard, None, None, {}, None, None, None)
    n, deff, asked = sample.total, float(design.deff), len(standard.questions)
    chances: dict[int, float | None] = {}
    for offset in OFFSETS:
        true = bar.rate + Fraction(offset, 100)
        chances[offset] = pass_chance(float(true), n, bar, many, deff, asked) if 0 <= true <= 1 else None
    return PlannedStandard(
        code=code,
        clause=clause,
        standard=standard,
        bar=bar,
        least=least_count(n * asked, bar),
        chances=chances,
        needed=rate_needed(n, bar, float(WANTED), many, deff, asked),
        expected=None if optimal is None else _at_rates(design, sample.answers, bar, asked),
        optimal=None if optimal is None else _at_rates(design, optimal.answers, bar, asked),
    )


def _at_rates(design: Design, answers: Sequence[int], bar: Bar, asked: int) -> Chance:
    """Return the chance to pass where each stratum has its own rate."""
    everybody = sum(own.population for own in design.strata)
    parts = [
        (
            Fraction(own.population, everybody * asked),
            surveys.counts(n, float(rate), float(design.deff), own.population),
        )
        for own, rate, n in zip(design.strata, design.rates, answers, strict=True)
    ]
    return weighted_chance(parts * asked, bar)
