"""From an assessment to the model of its coming inspection: what was seen, how it ages, what may be drawn.

A check at a site complies with chance ``keep * seen + (1 - keep) * rate``: what was last seen there relaxes to the
rate of its leaf and type of site, ``keep = 2^(-days / half-life)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys import surveys
from evalsys.assessment import Assessment
from evalsys.draws import Stratum, forecast_faults, populations
from evalsys.faults import InputFaults
from evalsys.forecast_settings import ForecastSettings
from evalsys.instrument import ASSUMED_STANDING, BARRING, ON_SITE, Standard
from evalsys.learning import HalfLife, Rate, Sizes, half_life, pairs, rates, sizes
from evalsys.model import Block, Check, Event, LeafRule, Model
from evalsys.modelling_surveys import OfQuestion, Question, answers_of, by_block, law_block, questions_of, survey_law
from evalsys.rulebook import RULES, Rule
from evalsys.scoring import Score, score
from evalsys.sightings import Sightings, history, latest, rules_of

__all__ = ["Prospect", "Question", "prospect"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_ZERO, _ONE = Fraction(0), Fraction(1)
_YEAR = 365.0
_LEAST, _MOST = 2.0**-1000, 1 - 2.0**-53  # nothing that may change is certain


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
        Of the leaves at their types of sites; the first places of ``Model.rates``. Rates of place-wide counts and
        of the survey's questions follow.
    sizes : tuple of Sizes
    half_life : HalfLife
    questions : tuple of Question
    left_out : tuple of (str, str)
        Standards and types of sites where they are checked, of which there is neither a draw nor a check.
    age : float or None
        Days from the last dated check to the inspection, those of a check without a date where none has one; None
        where nobody said when the inspection is.
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
        by_column = rules_of(model.instrument) if self.questions else ()
        for place, own in by_block(self.questions).items():
            law = survey_law(by_column[own[0].leaf], own, values, self.settings)
            blocks[place] = law_block(blocks[place].name, own[0].leaf, "survey", law)
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
    A leaf without evidence stays out of the score, as in the mock assessment, and one that applies nowhere and counts
    as the mean of its peers keeps what it has there. With every part off, all rows are those that the mock score
    counts, and certain.

    At sites that are drawn each leaf rests on what was last seen there in any round; elsewhere on the rows that count
    for the mock score. Severity acts on what inspectors judge, not on surveys.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> found = prospect(read_assessment("data/wujiang-2016"))
    >>> len(found.model.leaves), found.half_life.days is None
    (39, True)
    """
    if settings is not None:
        assessment = replace(assessment, settings=replace(assessment.settings, forecast=settings))
    faults = forecast_faults(assessment)
    if faults:
        raise InputFaults(faults)
    return _Maker(assessment, score(assessment, pass_mark=pass_mark)).made()


class _Maker:
    """Collects the blocks of a model."""

    def __init__(self, assessment: Assessment, mock: Score) -> None:
        settings = assessment.settings.forecast
        self.assessment, self.mock = assessment, mock
        self.instrument = assessment.instrument
        self.on = settings.on
        self.history = history(assessment)
        self.last = latest(self.history)
        self.counted = self.history.at(assessment.observations["counts"].to_numpy()[self.history.row])
        columns = np.arange(len(self.instrument.leaves) + 1)
        self.last_at = np.searchsorted(self.last.leaf, columns)
        self.counted_at = np.searchsorted(self.counted.leaf, columns)
        self.ruled = rules_of(self.instrument)
        leaves = [self.instrument.nodes[place] for place in self.instrument.leaves]
        self.codes, self.methods = [leaf.code for leaf in leaves], [str(leaf.method) for leaf in leaves]
        self.standards = [self.instrument.nodes[leaf.parent] for leaf in leaves]
        nodes = [mock.nodes[place] for place in self.instrument.leaves]
        self.by = [node.by for node in nodes]
        self.missing = np.array([node.state == "missing" for node in nodes], dtype=bool)
        self.dropped = np.array([node.state == "dropped" for node in nodes], dtype=bool)
        self.strata = populations(assessment) if "draw" in self.on else ()
        self.checks_at = self._checks_at()
        drawn = {stratum.site_type for stratum in self.strata}
        self.drawn = {(column, name) for name in drawn for column, _ in self.checks_at.get(name, ())}
        self.drawn_leaves = {column for column, _ in self.drawn}
        self.rates = rates(self.instrument, self.last, self.drawn, float(settings.value("rates.weight") or 0))
        self.sizes = sizes(self.instrument, self.last, self.drawn)
        self.place = {cell: number for number, cell in enumerate(self.rates)}
        self.betas = [(rate.a, rate.b) for rate in self.rates.values()]
        self.taught = half_life(pairs(self.history, self.rates))
        if settings.learns_half_life and self.taught.days is not None:
            settings = settings.with_learnt({"state.half_life": Fraction(self.taught.days).limit_denominator(10)})
        self.settings = settings
        strict = "severity" in self.on
        self.sd = float(settings.value("severity.sd") or 0) if strict else 0.0
        seen, taken = (settings.value(f"inspector.{name}") for name in ("sensitivity", "specificity"))
        self.sensitivity = 1.0 if seen is None or not strict else float(seen)
        self.specificity = 1.0 if taken is None or not strict else float(taken)
        self.blocks: list[Block] = []
        self.rules: list[LeafRule | None] = [None] * len(self.codes)
        self.questions: list[Question] = []

    def _checks_at(self) -> dict[str, list[tuple[int, int | None]]]:
        """Return by type of site the leaves with observations that are checked there, and at how many sites."""
        found: dict[str, list[tuple[int, int | None]]] = {}
        for column, by in enumerate(self.by):
            if by == "observations" and self.methods[column] in ON_SITE:
                for where in self.standard(column).checked_at:
                    found.setdefault(where.site_type, []).append((column, where.sites))
        return found

    def made(self) -> Prospect:
        for column, by in enumerate(self.by):
            if by == "observations":
                self.rules[column] = self.leaf_rule(column)
        for stratum in self.strata:
            self.draw(stratum)
        answers = answers_of(self.assessment) if "survey" in self.on else {}
        for column, by in enumerate(self.by):
            if by == "observations":
                self.fixed(column)
            elif by == "responses" and "survey" in self.on:
                self.survey(column, answers[self.standards[column].code])
            elif by == "materials" and "documents" in self.on:
                self.documents(column)
            elif by:
                self.certain(column)
        self.settle()
        model = Model(
            instrument=self.instrument,
            leaves=tuple(self.rules),
            missing=self.missing,
            dropped=self.dropped,
            blocks=tuple(self.blocks),
            severity=self.sd,
            sensitivity=self.sensitivity,
            specificity=self.specificity,
            events=tuple(self.events()) if "events" in self.on else (),
            rates=np.array(self.betas, dtype=float).reshape(-1, 2),
            mark=self.mock.needed,
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

    def settle(self) -> None:
        """Take leaves out that the inspection cannot decide, or to which nothing applies any more."""
        count, applies = [0] * len(self.rules), np.zeros(len(self.rules), dtype=bool)
        for block in self.blocks:
            for number, check in enumerate(block.checks):
                count[check.leaf] += check.reach
                applies[check.leaf] |= bool((block.absent[:, number] < 1).any())
        for column, rule in enumerate(self.rules):
            if self.dropped[column]:
                continue
            if rule is None or not count[column] or rule.required > count[column]:
                self.rules[column], self.missing[column] = None, True
            elif rule.absent == "drop" and not applies[column]:
                self.rules[column], self.dropped[column] = None, True

    # -- what a leaf asks

    def standard(self, column: int) -> Standard:
        found = self.standards[column].standard
        assert found is not None
        return found

    def leaf_rule(self, column: int) -> LeafRule:
        rule, absent = self.ruled[column], self.standard(column).not_applicable
        if rule.kind == "deduct":
            caps = tuple(entry["cap"] for entry in rule.params["kinds"].values())
            return LeafRule("deduct", caps=caps, full=rule.params["full"], absent=absent)
        how = "all" if rule.kind == "none" else rule.params.get("over_sites", "mean")
        if how == "mean":
            return LeafRule(absent=absent)
        return LeafRule("count", 0 if how == "all" else int(how), absent=absent)

    # -- sites

    def draw(self, stratum: Stratum) -> None:
        """Add the blocks of a stratum: the sites that are visited for certain, and those that are drawn."""
        checks = self.checks_at.get(stratum.site_type, [])
        name = self.instrument.site_types[stratum.site_type].zh + (f" · {stratum.area}" if stratum.area else "")
        left = {column: stratum.drawn if sites is None else min(sites, stratum.drawn) for column, sites in checks}
        sure = len(stratum.must_visit)
        others = tuple(site for site in stratum.sites if site not in stratum.must_visit)
        for own, unlisted, drawn in ((stratum.must_visit, 0, sure), (others, stratum.unlisted, stratum.drawn - sure)):
            made = [(column, min(most, drawn)) for column, most in left.items() if most and drawn]
            if not made:
                continue
            for column, reach in made:
                left[column] -= reach
            parts = [self.at_sites(column, stratum.site_type, own, unlisted) for column, _ in made]
            sites = np.array([*own, *([-1] if unlisted else [])], dtype=np.int64)
            times = np.array([1] * len(own) + ([unlisted] if unlisted else []), dtype=np.int64)
            self.add(name, "state", sites, times, drawn, made, parts, stratum.site_type, stratum.area)

    def fixed(self, column: int) -> None:
        """Add the rows that the mock score counts at sites that are not drawn, and away from sites."""
        own = self.counted.at(np.arange(*self.counted_at[column : column + 2]))
        rule, part = self.ruled[column], "survey" if self.methods[column] == "survey" else "state"
        drawn, exact = column in self.drawn_leaves, part == "survey" or self.sensitivity == self.specificity == 1
        together = RULES[rule.kind].pooled and part not in self.on and exact
        if not drawn and (together or own.away.all()):  # rows of all days decide together; nothing applies: full
            self.certain(column)
            return
        alone = len(own) == 1 and own.site[0] < 0
        counts = part in self.on and alone and rule.kind in ("share", "k_of_n")
        if counts and self.counted_again(column, rule, int(own.row[0]), part):
            return
        for kind in np.unique(own.kind).tolist():
            here = own.at(own.kind == kind)
            if (column, here.type_of(kind)) in self.drawn:
                continue
            found = self.aged(column, here.type_of(kind), here, part)
            times = np.ones(len(here), dtype=np.int64)
            made = [(column, len(here))]
            self.add(self.codes[column], part, here.site, times, len(here), made, [found], here.type_of(kind), None)

    def counted_again(self, column: int, rule: Rule, row: int, part: str) -> bool:
        """Add a count of k of n things that is made afresh: each complies at the posterior rate of this count.

        Not where fewer things are there than must comply: then nothing can change.
        """
        k, n = (int(number) for number in self.assessment.observations["seen"].tolist()[row])
        required, held = rule.params.get("required", 0), self.rules[column]
        if n < required or held is None:
            return False
        if rule.kind == "k_of_n":
            self.rules[column] = replace(held, kind="count", required=int(required))
        self.betas.append((k + 0.5, n - k + 0.5))
        chance, rate = np.array([(k + 0.5) / (n + 1)]), np.array([len(self.betas) - 1])
        found = _Entries((_ONE, _ZERO), (), chance, np.ones((1, 1)), np.zeros(1), rate, np.zeros(1), np.ones(1))
        one, times = np.array([-1], dtype=np.int64), np.array([n], dtype=np.int64)
        self.add(self.codes[column], part, one, times, n, [(column, n)], [found], None, None)
        return True

    def at_sites(self, column: int, site_type: str, sites: Sequence[int], unlisted: int) -> _Entries:
        """Return what a leaf may show at the sites of a type: seen before, never seen, unlisted."""
        mine = self.last.at(np.arange(*self.last_at[column : column + 2]))
        wanted = np.array(sites, dtype=np.int64)
        at = np.searchsorted(mine.site, wanted)
        known = at < len(mine)
        known[known] = mine.site[at[known]] == wanted[known]
        found = self.aged(column, site_type, mine.at(at[known]), "state")
        rate, count = self.rates[column, site_type], len(sites) + (unlisted > 0)
        out = _Entries(
            levels=found.levels,
            taken=found.taken,
            chance=np.full(count, rate.mean),
            sizes=np.tile(found.fresh, (count, 1)),
            absent=np.full(count, float(rate.absent)),
            rate=np.full(count, self.place[column, site_type]),
            keep=np.zeros(count),
            fresh=found.fresh,
        )
        rows = np.flatnonzero(known)
        for name in ("chance", "sizes", "absent", "keep"):
            getattr(out, name)[rows] = getattr(found, name)
        return out

    def aged(self, column: int, site_type: str | None, seen: Sightings, part: str) -> _Entries:
        """Return what a leaf may show where it was seen: as it was, or afresh as at any site of the type."""
        rate, pool = self.rates[column, site_type].mean, self.sizes[column, site_type]
        bad = np.flatnonzero(~seen.away & ~seen.complied)
        own = {o: (seen.levels[o], seen.taken[o]) for o in np.unique(seen.outcome[bad]).tolist()}
        taken = pool.taken or ((),) * len(pool.levels)
        fresh = dict(zip(zip(pool.levels, taken, strict=True), map(float, pool.chance), strict=True))
        lower = sorted({*own.values(), *fresh}, key=lambda each: (-each[0], each[1]))
        share = np.array([fresh.get(each, 0.0) for each in lower])
        keep = np.where(seen.away, 0.0, self.keep(seen) if part in self.on else 1.0)
        chance = keep * seen.complied + (1 - keep) * rate
        sizes = ((1 - keep) * (1 - rate))[:, None] * share
        place = {outcome: lower.index(each) for outcome, each in own.items()}
        sizes[bad, [place[outcome] for outcome in seen.outcome[bad].tolist()]] += keep[bad]
        total = sizes.sum(axis=1, keepdims=True)
        none = (_ZERO,) * max((len(each) for _, each in lower), default=0)
        return _Entries(
            levels=(_ONE, *(level for level, _ in lower)),
            taken=(none, *(each for _, each in lower)) if none else (),
            chance=np.where(keep < 1, np.clip(chance, _LEAST, _MOST), chance),
            sizes=np.where(total > 0, sizes / np.where(total > 0, total, 1.0), share),
            absent=seen.away.astype(float),
            rate=np.full(len(seen), self.place[column, site_type]),
            keep=keep,
            fresh=share,
        )

    def keep(self, seen: Sightings) -> Floats:
        """Return the weight of what was last seen: halved every half-life, and a day passes at least."""
        half = float(self.settings.value("state.half_life") or 0)
        days = np.full(len(seen), float(self.settings.value("state.unknown_age") or 0))
        inspection = self.assessment.settings.inspection_date
        if inspection is not None:
            dated = ~np.isnat(seen.day)
            days[dated] = (np.datetime64(inspection) - seen.day[dated]).astype(float)
        return np.asarray(np.minimum(2.0 ** (-np.maximum(days, 1.0) / half), _MOST))

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
    ) -> None:
        parts = [found.without_idle(self.specificity < 1) for found in parts]
        widest = max(len(found.levels) for found in parts) - 1
        sizes = np.zeros((len(sites), len(parts), widest))
        for number, found in enumerate(parts):
            sizes[:, number, : len(found.levels) - 1] = found.sizes
        moved = part != "survey"
        self.blocks.append(
            Block(
                name=name,
                part=part,
                sites=sites,
                times=times,
                drawn=drawn,
                checks=tuple(
                    Check(column, found.levels, reach, moved, found.taken)
                    for (column, reach), found in zip(made, parts, strict=True)
                ),
                chance=np.stack([found.chance for found in parts], axis=1),
                sizes=sizes,
                absent=np.stack([found.absent for found in parts], axis=1),
                rate=np.stack([found.rate for found in parts], axis=1),
                keep=np.stack([found.keep for found in parts], axis=1),
                site_type=site_type,
                area=area,
            )
        )

    # -- surveys, documents, what is certain

    def law(self, column: int, part: str, law: Mapping[Fraction, float]) -> None:
        self.rules[column] = LeafRule()
        self.blocks.append(law_block(self.codes[column], column, part, law))

    def certain(self, column: int) -> None:
        """Add a leaf that stays as the mock assessment has it."""
        attained = self.mock.nodes[self.instrument.leaves[column]].attainment
        part = {"responses": "survey", "materials": "documents"}.get(self.by[column], "state")
        self.law(column, part, {attained if attained is not None else _ZERO: 1.0})

    def survey(self, column: int, answers: OfQuestion) -> None:
        """Add a leaf that a questionnaire decides."""
        made = questions_of(answers, self.settings, len(self.blocks), column, len(self.betas))
        self.betas += [surveys.posterior(question.estimate) for question in made]
        self.questions += made
        means = np.array([a / (a + b) for a, b in self.betas])
        self.law(column, "survey", survey_law(self.ruled[column], made, means, self.settings))

    def documents(self, column: int) -> None:
        """Add a leaf of documents: each is ready by the inspection with the chance of its status."""
        table = self.assessment.materials
        status = dict(zip(table["material"], table["status"], strict=True))
        ready = self.settings.values("documents")
        law = np.ones(1)
        for item in self.standard(column).materials:
            if item.required:
                chance = float(ready[status[item.id]])
                law = np.convolve(law, [1 - chance, chance])
        count = len(law) - 1
        if self.ruled[column].kind == "share":
            self.law(column, "documents", {Fraction(k, count): float(p) for k, p in enumerate(law)})
        else:
            self.law(column, "documents", {_ZERO: float(1 - law[-1]), _ONE: float(law[-1])})

    # -- events, time, what is left out

    def events(self) -> Iterator[Event]:
        """Yield what may happen in the days that are left: with chance ``1 - exp(-rate * days / 365)``."""
        days = self.age()
        standing = self.assessment.settings.standing or ASSUMED_STANDING
        for entry in self.instrument.negative_list:
            a_year = self.settings.values("events").get(entry.code)
            if a_year and days is not None:
                own = [effect for effect in entry.effects if not effect.to or standing in effect.to]
                if standing == "applicant":  # only what came before the application counts within its months
                    own = [effect for effect in own if effect.within is None]
                chance = -math.expm1(-float(a_year) * max(days, 0.0) / _YEAR)
                deduct = sum((effect.deduct for effect in own), _ZERO) / self.own_share()
                yield Event(entry.code, chance, deduct, any(effect.action in BARRING for effect in own))

    def own_share(self) -> Fraction:
        """Return the share of the own score in the total that a deduction is taken from."""
        order, scores = self.instrument.after_total, self.assessment.settings.scores
        if "joined" not in order[: order.index("negative_list")]:
            return Fraction(1)
        return 1 - sum((entry.share for entry in self.instrument.joined if entry.of in scores), _ZERO)

    def age(self) -> float | None:
        """Return the days from the last dated sighting to the inspection."""
        inspection, days = self.assessment.settings.inspection_date, self.history.day
        days = days[~np.isnat(days)]
        if inspection is None:
            return None
        if not len(days):
            return float(self.settings.value("state.unknown_age") or 0)
        return float((np.datetime64(inspection) - days.max()).astype(float))

    def left_out(self) -> Iterator[tuple[str, str]]:
        """Yield the standards and types of sites of which there is neither a draw nor a check that counts."""
        seen = np.unique(np.stack([self.counted.leaf, self.counted.kind]), axis=1).T.tolist()
        known = {*self.drawn, *((leaf, self.counted.type_of(kind)) for leaf, kind in seen)}
        for column, by in enumerate(self.by):
            if by == "observations" and self.methods[column] in ON_SITE:
                for where in self.standard(column).checked_at:
                    if (column, where.site_type) not in known:
                        yield self.standards[column].code, where.site_type


@dataclass(frozen=True, eq=False)
class _Entries:
    """What one check may show at the S entries of a block, with K lower levels; `fresh` (K,) at a site never seen."""

    levels: tuple[Fraction, ...]
    taken: tuple[tuple[Fraction, ...], ...]
    chance: Floats
    sizes: Floats
    absent: Floats
    rate: Ints
    keep: Floats
    fresh: Floats

    def without_idle(self, doubted: bool) -> _Entries:
        """Return it without levels that no site can show; compliance that may be taken for a shortfall can show all.

        A level fewer may be a whole denominator less on the lattice of the score.
        """
        may = (self.absent < 1) & ((self.chance < 1) | doubted)
        used = np.asarray((self.sizes[may] > 0).any(axis=0), dtype=bool)
        used[0] |= not used.any()
        if used.all():
            return self
        held = [0, *(np.flatnonzero(used) + 1).tolist()]
        taken = tuple(self.taken[k] for k in held) if self.taken else ()
        return replace(self, levels=tuple(self.levels[k] for k in held), taken=taken, sizes=self.sizes[:, used])
