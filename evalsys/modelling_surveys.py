"""The survey of a coming inspection: what the answers at hand teach of each question, and the law of its leaf."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys import surveys
from evalsys.assessment import Assessment
from evalsys.faults import Fault, InputFaults
from evalsys.forecast_settings import ForecastSettings
from evalsys.model import Block, Check
from evalsys.rulebook import Rule
from evalsys.surveys import Estimate

__all__ = ["OfQuestion", "Question", "answers_of", "by_block", "law_block", "questions_of", "survey_law"]

Floats = NDArray[np.float64]
#: By question and stratum: whether each answer is satisfied, and the weights.
OfQuestion = Mapping[str, Mapping[str, tuple[list[bool], list[Fraction]]]]

_ZERO, _ONE = Fraction(0), Fraction(1)
_MOST = 2**17  # answers to all questions of a leaf: each count of satisfied ones is a level


@dataclass(frozen=True)
class Question:
    """What the mock survey taught of one question in one stratum.

    Attributes
    ----------
    block : int
        Of the model.
    leaf : int
        Column.
    question, stratum : str
    estimate : Estimate
    rate : int
        Place in ``Model.rates``.
    people : int
        How many will answer it, 1 or more.
    """

    block: int
    leaf: int
    question: str
    stratum: str
    estimate: Estimate
    rate: int
    people: int


def answers_of(assessment: Assessment) -> Mapping[str, OfQuestion]:
    """Return the answers that the mock score counts, by standard; questions and strata by name."""
    table = assessment.responses
    found: dict[str, dict[str, dict[str, tuple[list[bool], list[Fraction]]]]] = {}
    columns = (table[name].tolist() for name in ("standard", "question", "stratum", "answer", "satisfied", "weight"))
    for standard, question, stratum, answer, satisfied, weight in sorted(zip(*columns, strict=True), key=_names):
        if answer:
            own = found.setdefault(standard, {}).setdefault(question, {}).setdefault(stratum or "", ([], []))
            own[0].append(bool(satisfied))
            own[1].append(weight)
    return found


def _names(row: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(name or "") for name in row[:3])


def questions_of(
    answers: OfQuestion,
    settings: ForecastSettings,
    block: int,
    leaf: int,
    rate: int,
) -> list[Question]:
    """Return what the answers to one standard's questions teach.

    As many people answer each question: those that the settings state, times the share that answers; else the mean
    number of answers to a question here. They are spread over the strata in proportion to the strata's weights.

    Parameters
    ----------
    answers : mapping of question to mapping of stratum to (satisfied, weights)
    settings : ForecastSettings
    block, leaf : int
        Of the model.
    rate : int
        Place of the first one's rate in ``Model.rates``; the others follow.

    Returns
    -------
    list of Question

    Raises
    ------
    InputFaults
        Where more people answer than there are, or more than can be told apart.
    """
    people = _people(answers, settings)
    deff = settings.value("survey.deff")
    found: list[Question] = []
    for question, strata in answers.items():
        for stratum, size in _allotted(strata, people):
            own = surveys.estimate(*strata[stratum])
            if deff is not None:
                own = replace(own, n_eff=own.n / float(deff), deff=float(deff))
            found.append(Question(block, leaf, question, stratum, own, rate + len(found), size))
    return found


def _people(answers: OfQuestion, settings: ForecastSettings) -> int:
    """Return how many people will answer each question."""
    stated, everybody = settings.value("survey.respondents"), settings.value("survey.population")
    if stated is None:
        given = sum(len(own) for strata in answers.values() for own, _ in strata.values())
        people = math.floor(Fraction(given, len(answers)) + Fraction(1, 2))
    else:
        people = surveys.asked(int(stated), settings.value("survey.response") or _ONE)
    faults = []
    if everybody is not None and people > everybody:
        faults.append(
            Fault("sample_exceeds_population", "forecast", None, "survey.population", str(people), f"<= {everybody}")
        )
    if people * len(answers) > _MOST:
        most = f"<= {_MOST // len(answers)}"
        faults.append(Fault("out_of_range", "forecast", None, "survey.respondents", str(people), most))
    if faults:
        raise InputFaults(faults)
    return people


def _allotted(strata: Mapping[str, tuple[list[bool], list[Fraction]]], people: int) -> Iterator[tuple[str, int]]:
    """Yield how many people of each stratum answer: in proportion to its weight, the rest by largest remainder."""
    weights = [sum(own, _ZERO) for _, own in strata.values()]
    shares = [people * weight / sum(weights, _ZERO) for weight in weights]
    sizes = [math.floor(share) for share in shares]
    for place in sorted(range(len(sizes)), key=lambda k: (sizes[k] - shares[k], k))[: people - sum(sizes)]:
        sizes[place] += 1
    yield from ((name, size) for name, size in zip(strata, sizes, strict=True) if size)


def by_block(questions: Sequence[Question]) -> dict[int, list[Question]]:
    """Return the questions of each block."""
    found: dict[int, list[Question]] = {}
    for question in questions:
        found.setdefault(question.block, []).append(question)
    return found


def survey_law(
    rule: Rule, questions: Sequence[Question], values: Floats, settings: ForecastSettings
) -> dict[Fraction, float]:
    """Return the law of the attainment of a survey leaf, ascending.

    Parameters
    ----------
    rule : Rule
        The leaf's.
    questions : sequence of Question
        All of the leaf.
    values : float array (rates,)
        What is taken for each rate of the model.
    settings : ForecastSettings

    Returns
    -------
    dict of Fraction to float
    """
    stated, everybody = settings.value("survey.coached"), settings.value("survey.population")
    coached = float(stated or 0)
    asked: dict[str, list[surveys.Part]] = {}
    totals: dict[str, int] = {}
    for question in questions:
        totals[question.question] = totals.get(question.question, 0) + question.people
    for question in questions:
        share = Fraction(question.people, totals[question.question])
        size = None if everybody is None else max(question.people, round(everybody * share))
        p = surveys.apparent(float(values[question.rate]), coached)
        # answers are not less alike than chance has it: an estimated effect below 1 is mostly noise
        law = surveys.counts(question.people, min(p, 1.0), max(question.estimate.deff, 1.0), size)
        asked.setdefault(question.question, []).append((share, law))
    return surveys.leaf_law(rule, list(asked.values()))


def law_block(name: str, column: int, part: str, law: Mapping[Fraction, float]) -> Block:
    """Return the block of a leaf that has a law of its own.

    Parameters
    ----------
    name : str
    column : int
    part : {'state', 'survey', 'documents'}
    law : mapping of Fraction to float
        Chance of each attainment, ascending.
    """
    lower = [value for value in reversed(list(law)) if value != 1] or [_ZERO]
    chance, each = law.get(_ONE, 0.0), np.array([law.get(value, 0.0) for value in lower])
    rest = float(each.sum())
    one = np.ones(1, dtype=np.int64)
    return Block(
        name=name,
        part=part,
        sites=-one,
        times=one,
        drawn=1,
        checks=(Check(column, (_ONE, *lower), 1, False),),
        chance=np.array([[chance]]),
        sizes=(each / rest if rest else np.eye(1, len(each))[0])[None, None],
        absent=np.zeros((1, 1)),
        rate=np.full((1, 1), -1, dtype=np.int64),
        keep=np.ones((1, 1)),
    )
