"""From an assessment to the model of its coming inspection: what was seen, how it ages, what may be drawn.

A check at a site complies with chance ``keep * seen + (1 - keep) * rate``: what was last seen there relaxes to the
rate of its leaf and type of site, ``keep = 2^(-days / half-life)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys import surveys
from evalsys.assessment import Assessment
from evalsys.draws import Stratum, forecast_faults, populations
from evalsys.faults import InputFaults
from evalsys.forecast_settings import ForecastSettings
from evalsys.instrument import ON_SITE, Standard
from evalsys.learning import HalfLife, Rate, Sizes, half_life, pairs, rates, sizes
from evalsys.model import Block, Check, Event, LeafRule, Model
from evalsys.rulebook import Rule
from evalsys.scoring import Score, score
from evalsys.sightings import Sightings, history, latest
from evalsys.surveys import Estimate

__all__ = ["Prospect", "Question", "prospect"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_ZERO, _ONE = Fraction(0), Fraction(1)
_VETOES = ("stop_nomination", "suspend", "revoke", "veto")
_YEAR = 365.0


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
        How many will answer it.
    """

    block: int
    leaf: int
    question: str
    stratum: str
    estimate: Estimate
    rate: int
    people: int


@dataclass(frozen=True, eq=False)
class Prospect:
    """The model of a coming inspection, and what it was made from.

    Attributes
    ----------
    score : Score
        The mock score.
    model : Model
    settings : ForecastSettings
        With what the evidence taught.
    strata : tuple of Stratum
    rates : tuple of Rate
        Of the leaves at their types of sites; the first places of ``Model.rates``.
    sizes : tuple of Sizes
    half_life : HalfLife
    questions : tuple of Question
    left_out : tuple of (str, str)
        Standards and types of sites where they are checked, of which there is neither a draw nor a check.
    age : float or None
        Days from the last dated evidence to the inspection.
    """

    score: Score
    model: Model
    settings: ForecastSettings
    strata: tuple[Stratum, ...]
    rates: tuple[Rate, ...]
    sizes: tuple[Sizes, ...]
    half_life: HalfLife
    questions: tuple[Question, ...]
    left_out: tuple[tuple[str, str], ...]
    age: float | None

    def with_rates(self, values: Floats) -> Model:
        """Return the model with other rates than their means, surveys included."""
        model = self.model.with_rates(values)
        blocks = list(model.blocks)
        for place, own in _by_block(self.questions).items():
            leaf = model.instrument.leaves[own[0].leaf]
            rule = _rule_of(self.score.assessment, leaf)
            law = _survey_law(rule, own, values, self.settings)
            blocks[place] = _survey_block(blocks[place].name, own[0].leaf, law)
        return replace(model, blocks=tuple(blocks))


def prospect(
    assessment: Assessment, settings: ForecastSettings | None = None, pass_mark: str | None = None
) -> Prospect:
    """Model the coming inspection of an assessment.

    Parameters
    ----------
    assessment : Assessment
    settings : ForecastSettings, optional
        In place of the assessment's own.
    pass_mark : str, optional
        As in :func:`~evalsys.scoring.score`.

    Returns
    -------
    Prospect

    Raises
    ------
    InputFaults
        With everything in the evidence that the forecast cannot use.

    Notes
    -----
    A leaf without evidence stays out of the score, as in the mock assessment. With every part off, all rows are those
    that the mock score counts, and certain.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> found = prospect(read_assessment("data/wujiang-2016"))
    >>> len(found.model.leaves), found.half_life.days is None
    (39, True)
    """
    faults = forecast_faults(assessment)
    if faults:
        raise InputFaults(faults)
    return _Maker(assessment, settings or assessment.settings.forecast, score(assessment, pass_mark=pass_mark)).made()


class _Maker:
    """Collects the blocks of a model."""

    def __init__(self, assessment: Assessment, settings: ForecastSettings, mock: Score) -> None:
        self.assessment, self.mock = assessment, mock
        self.instrument = assessment.instrument
        self.on = settings.on
        self.history = history(assessment)
        self.last = latest(self.history)
        weight = float(settings.value("rates.weight") or 0)
        self.strata = populations(assessment) if "draw" in self.on else ()
        self.drawn = {stratum.site_type for stratum in self.strata}
        self.counted = _counted(assessment, self.history)
        self.column = {place: column for column, place in enumerate(self.instrument.leaves)}
        self.by = [mock.nodes[place].by for place in self.instrument.leaves]
        state = [mock.nodes[place].state for place in self.instrument.leaves]
        self.missing = np.array([word == "missing" for word in state], dtype=bool)
        self.dropped = np.array([word == "dropped" for word in state], dtype=bool)
        wanted = [
            (column, stratum.site_type) for stratum in self.strata for column, _ in self.checks_at(stratum.site_type)
        ]
        self.rates = rates(self.instrument, self.last, wanted, weight)
        self.sizes = sizes(self.instrument, self.last, wanted)
        self.place = {cell: number for number, cell in enumerate(self.rates)}
        self.betas = [(rate.a, rate.b) for rate in self.rates.values()]
        self.taught = half_life(pairs(self.history, self.rates))
        if settings.learns_half_life and self.taught.days is not None:
            settings = settings.with_learnt({"state.half_life": Fraction(self.taught.days).limit_denominator(10)})
        self.settings = settings
        self.blocks: list[Block] = []
        self.rules: list[LeafRule | None] = [None] * len(self.instrument.leaves)
        self.questions: list[Question] = []

    def made(self) -> Prospect:
        for column, by in enumerate(self.by):
            if by == "observations":
                self.rules[column] = self.leaf_rule(column)
        for stratum in self.strata:
            self.draw(stratum)
        for column, by in enumerate(self.by):
            if by == "observations":
                self.fixed(column)
            elif by == "responses" and "survey" in self.on:
                self.survey(column)
            elif by == "materials" and "documents" in self.on:
                self.documents(column)
            elif by:
                self.certain(column)
        count = [0] * len(self.rules)
        for block in self.blocks:
            for check in block.checks:
                count[check.leaf] += check.reach
        for column, rule in enumerate(self.rules):
            undecided = rule is None or not count[column] or rule.required > count[column]
            if undecided and not self.dropped[column]:
                self.rules[column], self.missing[column] = None, True
        values = self.settings.value
        strict = "severity" in self.on
        model = Model(
            instrument=self.instrument,
            leaves=tuple(self.rules),
            missing=self.missing,
            dropped=self.dropped,
            blocks=tuple(self.blocks),
            severity=float(values("severity.sd") or 0) if strict else 0.0,
            sensitivity=_number(values("inspector.sensitivity"), 1.0) if strict else 1.0,
            specificity=_number(values("inspector.specificity"), 1.0) if strict else 1.0,
            events=tuple(self.events()) if "events" in self.on else (),
            rates=np.array(self.betas, dtype=float).reshape(-1, 2),
            mark=None if self.mock.pass_mark is None else self.mock.pass_mark.value,
        )
        return Prospect(
            score=self.mock,
            model=model,
            settings=self.settings,
            strata=self.strata,
            rates=tuple(self.rates.values()),
            sizes=tuple(self.sizes.values()),
            half_life=self.taught,
            questions=tuple(self.questions),
            left_out=tuple(self.left_out()),
            age=self.age(),
        )

    # -- what a leaf asks

    def standard(self, column: int) -> tuple[Standard, str]:
        node = self.instrument.nodes[self.instrument.leaves[column]]
        standard = self.instrument.nodes[node.parent].standard
        assert standard is not None
        return standard, str(node.method)

    def leaf_rule(self, column: int) -> LeafRule:
        standard, method = self.standard(column)
        rule = standard.rules[method]
        if rule.kind == "deduct":
            caps = tuple(entry["cap"] for entry in rule.params["kinds"].values())
            return LeafRule("deduct", caps=caps, full=rule.params["full"], absent=standard.not_applicable)
        how = "all" if rule.kind == "none" else rule.params.get("over_sites", "mean")
        if how == "mean":
            return LeafRule(absent=standard.not_applicable)
        return LeafRule("count", 0 if how == "all" else int(how), absent=standard.not_applicable)

    def checks_at(self, site_type: str) -> Iterator[tuple[int, int | None]]:
        """Yield the leaves with observations that are checked at a type of site, and at how many of them."""
        for column, by in enumerate(self.by):
            standard, method = self.standard(column)
            if by == "observations" and method in ON_SITE:
                for where in standard.checked_at:
                    if where.site_type == site_type:
                        yield column, where.sites

    # -- sites

    def draw(self, stratum: Stratum) -> None:
        """Add the blocks of a stratum: the sites that are visited for certain, and those that are drawn."""
        checks = list(self.checks_at(stratum.site_type))
        others = [site for site in stratum.sites if site not in stratum.must_visit]
        name = self.instrument.site_types[stratum.site_type].zh + (f" · {stratum.area}" if stratum.area else "")
        left = dict.fromkeys((column for column, _ in checks), 0)
        most = {column: stratum.drawn if sites is None else min(sites, stratum.drawn) for column, sites in checks}
        for own, unlisted, drawn in (
            (list(stratum.must_visit), 0, len(stratum.must_visit)),
            (others, stratum.unlisted, stratum.drawn - len(stratum.must_visit)),
        ):
            made = [(column, min(most[column] - left[column], drawn)) for column, _ in checks]
            made = [(column, reach) for column, reach in made if reach > 0]
            if not drawn or not made:
                continue
            for column, reach in made:
                left[column] += reach
            parts = [self.entries(column, stratum.site_type, own, unlisted > 0) for column, _ in made]
            sites = np.array([*own, *([-1] if unlisted else [])], dtype=np.int64)
            times = np.array([*([1] * len(own)), *([unlisted] if unlisted else [])], dtype=np.int64)
            self.add(name, "state", sites, times, drawn, made, parts, stratum.site_type, stratum.area)

    def fixed(self, column: int) -> None:
        """Add the rows that the mock score counts at sites that are not drawn, and away from sites."""
        own = self.counted.at(self.counted.leaf == column)
        standard, method = self.standard(column)
        if self.drawn and method in ON_SITE:
            drawn = np.array([own.type_of(kind) in self.drawn for kind in own.kind.tolist()], dtype=bool)
            own = own.at(~drawn)
        if not len(own):
            return
        code = self.instrument.nodes[self.instrument.leaves[column]].code
        rule = standard.rules[method]
        if rule.kind in ("share", "k_of_n") and len(own) == 1 and own.site[0] < 0 and "state" in self.on:
            self.counted_again(column, rule, int(own.row[0]), code)
            return
        for kind in np.unique(own.kind).tolist():
            here = own.at(own.kind == kind)
            part = self.aged(column, here.type_of(kind), here)
            sites, times = here.site, np.ones(len(here), dtype=np.int64)
            self.add(code, "state", sites, times, len(here), [(column, len(here))], [part], here.type_of(kind), None)

    def counted_again(self, column: int, rule: Rule, row: int, code: str) -> None:
        """Add a count of k of n things that is made afresh: each complies at the posterior rate of this count."""
        k, n = (int(number) for number in self.assessment.observations["seen"].iloc[row])
        self.betas.append((k + 0.5, n - k + 0.5))
        chance, rate = (k + 0.5) / (n + 1), len(self.betas) - 1
        if rule.kind == "k_of_n":
            self.rules[column] = LeafRule("count", int(rule.params["required"]))
        part = _Entries((_ONE, _ZERO), (), [[chance, 1.0, 0.0, rate, 0.0]])
        times = np.array([n], dtype=np.int64)
        self.add(code, "state", np.array([-1], dtype=np.int64), times, n, [(column, n)], [part], None, None)

    def entries(self, column: int, site_type: str, sites: Sequence[int], unlisted: bool) -> _Entries:
        """Return what a leaf may show at the sites of a type: seen before, never seen, unlisted."""
        mine = self.last.at(self.last.leaf == column)
        at = {site: number for number, site in enumerate(mine.site.tolist())}
        known = [at[site] for site in sites if site in at]
        found = self.aged(column, site_type, mine.at(np.array(known, dtype=np.int64)))
        rate, fresh = self.rates[column, site_type], found.fresh
        absent = float(rate.absent)
        new = [rate.mean, *fresh, absent, self.place[column, site_type], 0.0]
        rows = dict(zip((site for site in sites if site in at), found.rows, strict=True))
        held = [rows.get(site, new) for site in sites] + ([new] if unlisted else [])
        return replace(found, rows=held)

    def aged(self, column: int, site_type: str | None, seen: Sightings) -> _Entries:
        """Return what a leaf may show where it was seen: as it was, or afresh as at any site of the type."""
        rate, pool = self.rates[column, site_type], self.sizes[column, site_type]
        own = {(seen.levels[o], seen.taken[o]) for o in seen.outcome.tolist() if o >= 0 and seen.levels[o] < 1}
        taken = pool.taken or ((),) * len(pool.levels)
        fresh = dict(zip(zip(pool.levels, taken, strict=True), map(float, pool.chance), strict=True))
        lower = sorted(own | {*fresh}, key=lambda each: (-each[0], each[1]))
        order = {each: number for number, each in enumerate(lower)}
        share = [fresh.get(each, 0.0) for each in lower]
        keep = self.keep(seen)
        rows: list[list[float]] = []
        for kept, outcome, away in zip(keep.tolist(), seen.outcome.tolist(), seen.away.tolist(), strict=True):
            if away:
                rows.append([rate.mean, *share, 1.0, self.place[column, site_type], 0.0])
                continue
            level = seen.levels[outcome]
            chance = kept * (level == 1) + (1 - kept) * rate.mean
            weight = [(1 - kept) * (1 - rate.mean) * part for part in share]
            if level < 1:
                weight[order[level, seen.taken[outcome]]] += kept
            total = sum(weight)
            kinds = [part / total for part in weight] if total else share
            rows.append([chance, *kinds, 0.0, self.place[column, site_type], kept])
        found = [each[1] for each in lower]
        none = (_ZERO,) * max((len(each) for each in found), default=0)
        return _Entries((_ONE, *(each[0] for each in lower)), (none, *found) if any(found) else (), rows, share)

    def keep(self, seen: Sightings) -> Floats:
        """Return the weight of what was last seen: halved every half-life, and a day passes at least."""
        if "state" not in self.on:
            return np.ones(len(seen))
        half = float(self.settings.value("state.half_life") or 0)
        days = np.full(len(seen), float(self.settings.value("state.unknown_age") or 0))
        inspection = self.assessment.settings.inspection_date
        if inspection is not None:
            dated = ~np.isnat(seen.day)
            days[dated] = (np.datetime64(inspection) - seen.day[dated]).astype(float)
        return np.asarray(2.0 ** (-np.maximum(days, 1.0) / half))

    def add(
        self,
        name: str,
        part: str,
        sites: Ints,
        times: Ints,
        drawn: int,
        made: Sequence[tuple[int, int]],
        parts: Sequence[_Entries],
        site_type: str | None,
        area: str | None,
        shifts: bool = True,
    ) -> None:
        widest = max(len(found.levels) for found in parts) - 1
        numbers = np.zeros((len(parts), len(sites), widest + 4))
        for check, found in enumerate(parts):
            for site, row in enumerate(found.rows):
                count = len(found.levels) - 1
                numbers[check, site, : 1 + count] = row[: 1 + count]
                numbers[check, site, -3:] = row[1 + count :]
        numbers = numbers.swapaxes(0, 1)
        self.blocks.append(
            Block(
                name=name,
                part=part,
                sites=sites,
                times=times,
                drawn=drawn,
                checks=tuple(
                    Check(column, found.levels, reach, shifts, found.taken)
                    for (column, reach), found in zip(made, parts, strict=True)
                ),
                chance=numbers[..., 0],
                sizes=numbers[..., 1:-3],
                absent=numbers[..., -3],
                rate=numbers[..., -2].astype(np.int64),
                keep=numbers[..., -1],
                site_type=site_type,
                area=area,
            )
        )

    # -- surveys, documents, what is certain

    def law(self, column: int, part: str, law: Mapping[Fraction, float]) -> None:
        code = self.instrument.nodes[self.instrument.leaves[column]].code
        self.rules[column] = LeafRule()
        self.blocks.append(replace(_survey_block(code, column, law), part=part))

    def certain(self, column: int) -> None:
        """Add a leaf that stays as the mock assessment has it."""
        attained = self.mock.nodes[self.instrument.leaves[column]].attainment
        part = {"responses": "survey", "materials": "documents"}.get(self.by[column], "state")
        self.law(column, part, {attained if attained is not None else _ZERO: 1.0})

    def survey(self, column: int) -> None:
        node = self.instrument.nodes[self.instrument.leaves[column]]
        code = self.instrument.nodes[node.parent].code
        table = self.assessment.responses
        table = table[(table["standard"] == code) & (table["answer"] != "")]
        values, made = self.settings.value, []
        deff = values("survey.deff")
        for question, own in table.groupby("question", sort=True):
            stated = values("survey.respondents")
            people = surveys.asked(len(own) if stated is None else int(stated), values("survey.response") or _ONE)
            for stratum, size, answers in _allotted(own, people):
                found = surveys.estimate(answers["satisfied"], answers["weight"])
                if deff is not None:
                    found = replace(found, n_eff=found.n / float(deff), deff=float(deff))
                self.betas.append(surveys.posterior(found))
                place = len(self.betas) - 1
                made.append(Question(len(self.blocks), column, str(question), stratum, found, place, size))
        self.questions += made
        means = np.array([a / (a + b) for a, b in self.betas])
        rule = _rule_of(self.assessment, self.instrument.leaves[column])
        self.law(column, "survey", _survey_law(rule, made, means, self.settings))

    def documents(self, column: int) -> None:
        """Add a leaf of documents: each is ready by the inspection with the chance of its status."""
        standard, method = self.standard(column)
        table = self.assessment.materials
        status = dict(zip(table["material"], table["status"], strict=True))
        ready = self.settings.values("documents")
        needed = [float(ready[status[item.id]]) for item in standard.materials if item.required]
        law = np.ones(1)
        for chance in needed:
            law = np.convolve(law, [1 - chance, chance])
        if standard.rules[method].kind == "share":
            held = {Fraction(k, len(needed)): float(p) for k, p in enumerate(law)}
        else:
            held = {_ONE: float(law[-1]), _ZERO: float(1 - law[-1])}
        self.law(column, "documents", held)

    # -- events, time, what is left out

    def events(self) -> Iterator[Event]:
        days = self.age()
        for entry in self.instrument.negative_list:
            a_year = self.settings.values("events").get(entry["code"])
            if a_year and days is not None:
                effect = entry["effect"]
                chance = -math.expm1(-float(a_year) * max(days, 0.0) / _YEAR)
                yield Event(entry["code"], chance, effect["deduct"] or _ZERO, effect["action"] in _VETOES)

    def age(self) -> float | None:
        """Return the days from the last dated sighting to the inspection."""
        inspection, days = self.assessment.settings.inspection_date, self.history.day
        days = days[~np.isnat(days)]
        if inspection is None:
            return None
        return float((np.datetime64(inspection) - days.max()).astype(float)) if len(days) else 0.0

    def left_out(self) -> Iterator[tuple[str, str]]:
        seen = {
            (int(leaf), self.counted.type_of(kind))
            for leaf, kind in zip(self.counted.leaf, self.counted.kind, strict=True)
        }
        for column, by in enumerate(self.by):
            standard, method = self.standard(column)
            if by == "observations" and method in ON_SITE:
                for where in standard.checked_at:
                    if where.site_type not in self.drawn and (column, where.site_type) not in seen:
                        node = self.instrument.nodes[self.instrument.leaves[column]]
                        yield self.instrument.nodes[node.parent].code, where.site_type


@dataclass(frozen=True)
class _Entries:
    """What one check may show at each site of a block.

    `rows` hold chance, sizes, absent, place of the rate, keep; `fresh` are the sizes at a site never seen.
    """

    levels: tuple[Fraction, ...]
    taken: tuple[tuple[Fraction, ...], ...]
    rows: list[list[float]]
    fresh: Sequence[float] = ()


def _counted(assessment: Assessment, seen: Sightings) -> Sightings:
    """Return the sightings that the mock score rests on."""
    table = assessment.observations
    counts = table["counts"].to_numpy()
    return seen.at(counts[seen.row])


def _number(value: Fraction | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _rule_of(assessment: Assessment, place: int) -> Rule:
    node = assessment.instrument.nodes[place]
    standard = assessment.instrument.nodes[node.parent].standard
    assert standard is not None
    return standard.rules[str(node.method)]


def _by_block(questions: Sequence[Question]) -> dict[int, list[Question]]:
    found: dict[int, list[Question]] = {}
    for question in questions:
        found.setdefault(question.block, []).append(question)
    return found


def _allotted(answers: Any, people: int) -> Iterator[tuple[str, int, Any]]:
    """Yield each stratum, how many people of it will be asked, and its answers: in proportion to its weight."""
    groups = [(str(name), own) for name, own in answers.groupby("stratum", sort=True)]
    weights = [sum(own["weight"], _ZERO) for _, own in groups]
    shares = [people * weight / sum(weights, _ZERO) for weight in weights]
    sizes = [math.floor(share) for share in shares]
    for place in sorted(range(len(groups)), key=lambda k: (sizes[k] - shares[k], k))[: people - sum(sizes)]:
        sizes[place] += 1
    for (name, own), size in zip(groups, sizes, strict=True):
        if size:
            yield name, size, own


def _survey_law(
    rule: Rule, questions: Sequence[Question], values: Floats, settings: ForecastSettings
) -> dict[Fraction, float]:
    coached = _number(settings.value("survey.coached"), 0.0)
    population = settings.value("survey.population")
    asked: dict[str, list[surveys.Part]] = {}
    totals: dict[str, int] = {}
    for question in questions:
        totals[question.question] = totals.get(question.question, 0) + question.people
    for question in questions:
        share = Fraction(question.people, totals[question.question])
        size = None if population is None else max(question.people, round(population * share))
        p = surveys.apparent(float(values[question.rate]), coached)
        deff = min(question.estimate.deff, float(question.people)) if question.people > 1 else 1.0
        asked.setdefault(question.question, []).append(
            (share, surveys.counts(question.people, p, max(deff, 1.0), size))
        )
    return surveys.leaf_law(rule, list(asked.values()))


def _survey_block(name: str, column: int, law: Mapping[Fraction, float]) -> Block:
    """Return the block of a leaf with a law of its own."""
    lower = sorted((value for value in law if value < 1), reverse=True)
    chance = law.get(_ONE, 0.0)
    rest = sum(law[value] for value in lower)
    sizes = [law[value] / rest if rest else 0.0 for value in lower]
    one = np.ones(1, dtype=np.int64)
    return Block(
        name=name,
        part="survey",
        sites=-one,
        times=one,
        drawn=1,
        checks=(Check(column, (_ONE, *lower), 1, False),),
        chance=np.array([[chance]]),
        sizes=np.array([[sizes]]),
        absent=np.zeros((1, 1)),
        rate=np.full((1, 1), -1, dtype=np.int64),
        keep=np.ones((1, 1)),
    )
