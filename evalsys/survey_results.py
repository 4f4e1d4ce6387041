"""What a survey says: the rate of each question with its interval, and whether each standard reaches its source's rate.

The share that passes or fails is the exact weighted share that the score uses; intervals and chances are estimates.
What may be shared of the counts stands beside them (:mod:`evalsys.survey_cells`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evalsys import rules, surveys
from evalsys.assessment import Assessment
from evalsys.instrument import Question, Standard
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import RULES, Rule
from evalsys.survey_cells import Shown, StratumCell, Table, hidden
from evalsys.survey_plans import Bar, bar_of, least_count
from evalsys.surveys import Estimate

__all__ = [
    "QuestionResult",
    "StandardResult",
    "StratumResult",
    "SurveyResult",
    "chance_again",
    "chance_true",
    "survey_result",
]


@dataclass(frozen=True)
class StratumResult:
    """The answers of one stratum to one question; `name` is '' where the survey has no strata."""

    name: str
    answers: int
    satisfied: int
    share: Fraction
    estimate: Estimate


@dataclass(frozen=True)
class QuestionResult:
    """What the answers to one question say.

    Attributes
    ----------
    question : Question
    answers : int
        1 or more.
    unanswered : int
        Respondents of the survey who did not answer it.
    share : Fraction
        Weighted share of the satisfied answers, as it is scored.
    estimate : Estimate
        With strata and weights.
    options : mapping of str to int
        How many gave each answer, in the order of the question.
    strata : tuple of StratumResult
    shown : Table
        What of it may be shared.
    """

    question: Question
    answers: int
    unanswered: int
    share: Fraction
    estimate: Estimate
    options: Mapping[str, int]
    strata: tuple[StratumResult, ...]
    shown: Table


@dataclass(frozen=True)
class StandardResult:
    """What the survey says of one standard.

    Attributes
    ----------
    code : str
    standard : Standard
    rule : Rule
        That of the survey.
    bar : Bar or None
        The rate from which it counts in full; None where the share counts as it is, or a range is asked for.
    questions : tuple of QuestionResult
        Those that were answered.
    silent : tuple of str
        Questions without any answer.
    share : Fraction
        Mean of the questions' shares, as it is scored.
    estimate : Estimate
        Of this mean; answers of one person are taken together.
    attainment : Fraction
        Of the survey leaf.
    passes : bool or None
        Whether it counts in full; None where the share counts as it is.
    chance_true : float or None
        Chance that the true rate is at or above the bar, given the answers; None without a bar below 100 %.
    chance_again : float or None
        Chance that a new sample of the same size and design reaches the bar; None without a bar.
    """

    code: str
    standard: Standard
    rule: Rule
    bar: Bar | None
    questions: tuple[QuestionResult, ...]
    silent: tuple[str, ...]
    share: Fraction
    estimate: Estimate
    attainment: Fraction
    passes: bool | None
    chance_true: float | None
    chance_again: float | None

    @property
    def clause(self) -> str:
        """Clause of the source, '' where it names none."""
        return (self.standard.source or {}).get("clause", "")

    @property
    def shown(self) -> Shown:
        """Whether the share may be shared: as the most hidden of its questions."""
        marks = [own.shown.rate for own in self.questions]
        return next((mark for mark in (Shown.SMALL, Shown.OTHER) if mark in marks), Shown.YES)


@dataclass(frozen=True)
class SurveyResult:
    """The survey of an assessment.

    Attributes
    ----------
    respondents : int
        Forms with at least one answer.
    blank : int
        Forms without any answer.
    strata : tuple of str
        Names, in order; ('',) without strata.
    standards : tuple of StandardResult
        Those with answers, in the order of the instrument.
    unasked : tuple of str
        Codes of standards with questions of which none was answered.
    """

    respondents: int
    blank: int
    strata: tuple[str, ...]
    standards: tuple[StandardResult, ...]
    unasked: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    person: str
    answer: str
    satisfied: bool
    stratum: str
    weight: Fraction


# --------------------------------------------------------------------------------------------------- chances


def chance_true(found: Estimate, bar: Bar) -> float | None:
    """Return the chance that the true rate is at or above the bar, by the beta posterior of :func:`surveys.posterior`.

    None for a bar of 100 %: a sample that leaves anybody out cannot tell whether everybody is satisfied.

    Examples
    --------
    >>> found = surveys.estimate([1] * 95 + [0] * 5, [1] * 100)
    >>> round(chance_true(found, Bar(Fraction(9, 10))), 3), chance_true(found, Bar(Fraction(1)))
    (0.962, None)
    """
    from scipy.special import betaincc

    return None if bar.rate >= 1 else float(betaincc(*surveys.posterior(found), float(bar.rate)))


def chance_again(found: Estimate, bar: Bar) -> float:
    """Return the chance that a new sample of as many answers reaches the bar.

    Notes
    -----
    The rate has the posterior beta law of correlation ``r = 1 / (a + b + 1)``, the answers of the new sample resemble
    each other by ``s = (deff - 1) / (n - 1)`` (an effect below 1 counts as 1). Both together are taken as the
    beta-binomial law of correlation ``r + s - r s``, which has their mean and variance; for a simple random sample it
    is the exact predictive law. Answers of the new sample weigh the same.

    Examples
    --------
    >>> found = surveys.estimate([1] * 100, [1] * 100)
    >>> round(chance_again(found, Bar(Fraction(1))), 3)
    0.708
    """
    a, b = surveys.posterior(found)
    n = found.n
    same = 1 / (a + b + 1)
    alike = (min(max(found.deff, 1.0), n) - 1) / max(n - 1, 1)
    law = surveys.counts(n, a / (a + b), 1 + (n - 1) * (same + alike - same * alike))
    return min(1.0, float(law[least_count(n, bar) :].sum()))


# ---------------------------------------------------------------------------------------------------- results


def survey_result(assessment: Assessment) -> SurveyResult:
    """Return what the survey of an assessment says, standard by standard.

    Parameters
    ----------
    assessment : Assessment

    Returns
    -------
    SurveyResult
        Empty of standards where nobody answered.

    Notes
    -----
    A respondent is a number of the table `responses`. A blank answer, or a missing row of a respondent, is a question
    left unanswered; those who left it are taken to think as the others do.
    """
    answers, people, given = _answers(assessment)
    strata = tuple(sorted({own.stratum for asked in answers.values() for own in asked})) or ("",)
    found, unasked = [], []
    for code, node in assessment.instrument.standards.items():
        standard = node.standard
        if standard is None or not standard.questions or not node.scored or "survey" not in standard.rules:
            continue
        if any(question.id in answers for question in standard.questions):
            found.append(_standard(code, standard, answers, len(given)))
        else:
            unasked.append(code)
    return SurveyResult(len(given), len(people - given), strata, tuple(found), tuple(unasked))


def _answers(assessment: Assessment) -> tuple[dict[str, list[_Answer]], set[str], set[str]]:
    """Return the answers to each question, all respondents, and those who answered anything."""
    table = assessment.responses
    names = ("question", "respondent", "answer", "satisfied", "stratum", "weight")
    found: dict[str, list[_Answer]] = {}
    people: set[str] = set()
    given: set[str] = set()
    for question, person, answer, satisfied, stratum, weight in zip(*(table[n].tolist() for n in names), strict=True):
        people.add(person)
        if answer:
            given.add(person)
            found.setdefault(question, []).append(_Answer(person, answer, bool(satisfied), stratum or "", weight))
    return found, people, given


def _standard(code: str, standard: Standard, answers: Mapping[str, Sequence[_Answer]], people: int) -> StandardResult:
    questions = tuple(_question(q, answers[q.id], people) for q in standard.questions if q.id in answers)
    silent = tuple(question.id for question in standard.questions if question.id not in answers)
    rule, share = standard.rules["survey"], sum((own.share for own in questions), Fraction(0)) / len(questions)
    bar, attained = bar_of(rule), _attained(rule, share)
    estimate = _pooled([answers[own.question.id] for own in questions]) if len(questions) > 1 else questions[0].estimate
    return StandardResult(
        code=code,
        standard=standard,
        rule=rule,
        bar=bar,
        questions=questions,
        silent=silent,
        share=share,
        estimate=estimate,
        attainment=attained,
        passes=None if rule.kind == "share" else attained == 1,
        chance_true=None if bar is None else chance_true(estimate, bar),
        chance_again=None if bar is None else chance_again(estimate, bar),
    )


def _attained(rule: Rule, share: Fraction) -> Fraction:
    """Return what a satisfied share earns."""
    if rule.kind == "share":
        return share
    measured = share * 100 if rule.params.get("measure") == PER_CENT else share
    made = RULES[rule.kind].attain(rule.params, [rules.exact([measured])])
    return Fraction(int(made.num[0]), made.den)


def _question(question: Question, answers: Sequence[_Answer], people: int) -> QuestionResult:
    counts = {option: sum(own.answer == option for own in answers) for option in question.options}
    strata = tuple(
        _stratum(name, [own for own in answers if own.stratum == name])
        for name in sorted({own.stratum for own in answers})
    )
    weights = dict.fromkeys((own.name for own in strata), 0.0)
    for own in answers:
        weights[own.stratum] += float(own.weight)
    weights = {own.name: weights[own.name] / own.answers for own in strata}
    return QuestionResult(
        question=question,
        answers=len(answers),
        unanswered=people - len(answers),
        share=_share(answers),
        estimate=surveys.estimate(
            [own.satisfied for own in answers], [own.weight for own in answers], [own.stratum for own in answers]
        ),
        options=counts,
        strata=strata,
        shown=hidden(
            list(counts.values()),
            [option in question.satisfied for option in counts],
            [StratumCell(own.answers, own.satisfied, weights[own.name]) for own in strata],
        ),
    )


def _stratum(name: str, answers: Sequence[_Answer]) -> StratumResult:
    return StratumResult(
        name=name,
        answers=len(answers),
        satisfied=sum(own.satisfied for own in answers),
        share=_share(answers),
        estimate=surveys.estimate([own.satisfied for own in answers], [own.weight for own in answers]),
    )


def _share(answers: Sequence[_Answer]) -> Fraction:
    everything = sum((own.weight for own in answers), Fraction(0))
    return sum((own.weight for own in answers if own.satisfied), Fraction(0)) / everything


def _pooled(asked: Sequence[Sequence[_Answer]]) -> Estimate:
    """Estimate the mean of several questions' shares; the answers of one person are a cluster."""
    satisfied, weights, strata, people = [], [], [], []
    for answers in asked:
        whole = sum((own.weight for own in answers), Fraction(0))
        for own in answers:
            satisfied.append(own.satisfied)
            weights.append(own.weight / whole)
            strata.append(own.stratum)
            people.append(own.person)
    return surveys.estimate(satisfied, weights, strata, cluster=people)
