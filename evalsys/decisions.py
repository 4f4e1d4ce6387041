"""From scores to decisions: for each candidate of a round every step, reason, rank and what is proposed.

Nothing here decides: it says what the clauses lead to, and where a person has to. The order is always the same. The
state of the title says whether a candidate applies or holds; what the instrument applies after the total gives the
final score and what bars; among those that may be named, the best of each group fill the quota.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from evalsys.after_total import Settled, settle, told_apart
from evalsys.applications import Calendar, may_apply
from evalsys.cycles import CycleSettings, cycle_settings, standing
from evalsys.decision_files import Applicant, TitleRound
from evalsys.faults import Fault, InputFaults
from evalsys.instrument import Mechanism
from evalsys.language import Text
from evalsys.objections import naming_barred, open_objections
from evalsys.rank_chances import RankRange, another, rank_ranges
from evalsys.ranks import Ranked, ranked
from evalsys.selection import Award, Candidate, Decision, Goal, Quota, Selection, goals, select, share_quota
from evalsys.titles import (
    APPLYING,
    HOLDING,
    STATES,
    Bar,
    Proposal,
    State,
    TimeLimit,
    histories,
    next_states,
    proposals,
    state_after,
)

__all__ = ["Decided", "Verdict", "decide", "score_error"]

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Verdict:
    """What the clauses lead to for one candidate.

    Attributes
    ----------
    applicant : Applicant
    state : State
        Of the title on the day of the decision.
    settled : Settled
        The score of the year with what is applied after it.
    score : Fraction or None
        What is ranked: the final score, or the weighted sum of the years of the cycle.
    bars : tuple of Bar
        Every reason why it cannot be named now, with its clause.
    open : tuple of Text
        What waits for a number, a day or a person.
    rank : Ranked or None
        Within its group among all that are assessed and apply, whether barred or not; None for the others.
    range : RankRange or None
        Where another measurement would put it; None without an error of the scores.
    choice : Decision or None
        Of the selection; None for those that do not apply.
    proposed : str or None
        The state that is proposed; None where nothing changes or a person has to choose.
    because : tuple of Text
        Why, where it is not the selection: what follows for a holder, why there is no application.
    """

    applicant: Applicant
    state: State
    settled: Settled
    score: Fraction | None
    bars: tuple[Bar, ...]
    open: tuple[Text, ...]
    rank: Ranked | None
    range: RankRange | None
    choice: Decision | None
    proposed: str | None
    because: tuple[Text, ...]


@dataclass(frozen=True)
class Decided:
    """All verdicts of a round, in the order of the candidates.

    Attributes
    ----------
    selection : Selection
        Quotas, ties at the cut, money.
    goals : mapping of str to Goal
        By group, where the instrument has a goal over several years.
    due : tuple of Proposal
        Periods that are over on the day: terms, suspensions, rectifications.
    """

    round: TitleRound
    verdicts: tuple[Verdict, ...]
    selection: Selection
    goals: Mapping[str, Goal]
    due: tuple[Proposal, ...]


def decide(found: TitleRound) -> Decided:
    """Return what the clauses of an instrument lead to in one round.

    Raises
    ------
    InputFaults
        For a person's choice that does not fit the tie, or quotas and goals that cannot hold.

    Examples
    --------
    >>> from evalsys.decision_files import read_titles
    >>> made = decide(read_titles("data/example-titles"))
    >>> sorted({verdict.choice.decision for verdict in made.verdicts if verdict.choice})
    ['barred', 'not_selected', 'selected', 'tie']
    """
    states = {name: _on(path, found.decided_on) for name, path in _histories(found).items()}
    drafts = [_draft(found, each, states[each.name]) for each in found.applicants]
    quotas = list(_quotas(found, drafts))
    pool = [draft for draft in drafts if draft.state.state in APPLYING]
    chosen = _chosen(found, pool, quotas)
    places, ranges = _places(found, pool)
    by_name = {each.candidate.name: each for each in chosen.decisions}
    verdicts = tuple(
        _verdict(draft, by_name.get(draft.applicant.name), places.get(draft.applicant.name), ranges) for draft in drafts
    )
    return Decided(
        round=found,
        verdicts=verdicts,
        selection=chosen,
        goals=dict(_goals(found, quotas, verdicts)),
        due=proposals(_histories(found), found.decided_on, list(_limits(found))),
    )


# ------------------------------------------------------------------------------------------ one candidate


def _histories(found: TitleRound) -> dict[str, tuple[State, ...]]:
    return histories(found.moves, start=found.start)


def _on(path: Sequence[State], day: datetime.date) -> State:
    return [state for state in path if state.since is None or state.since <= day][-1]


def _draft(found: TitleRound, applicant: Applicant, state: State) -> Verdict:
    """Return all that holds for a candidate by itself, before it is compared with others."""
    held = "holder" if state.state in HOLDING else "applicant" if state.state in APPLYING else None
    case = replace(applicant.case, standing=applicant.case.standing or held, applied_on=state.applied_on)
    settled = settle(found.instrument, applicant.score, case, whole=applicant.whole)
    waiting = [Text(f"{step.name.zh}：{step.why.zh}", f"{step.name.en}: {step.why.en}") for step in settled.open]
    cycle = _cycle(found, applicant, settled)
    score = settled.value
    if cycle is not None and settled.value is not None:
        now = standing(cycle)
        # a year without a score is not read as 0: no weighted sum without it
        score = None if now.missing else now.secured + now.share * settled.value
        waiting += [Text(f"缺 {year} 年度成绩", f"the score of {year} is missing") for year in now.missing]
    bars = (*_bars(found, settled, score, cycle), *_unfit(found, applicant, state), *_objected(found, state))
    waiting += [
        Text(f"第 {each.number} 号异议尚未答复", f"objection {each.number} is unanswered")
        for each in open_objections(found.objections, found.decided_on)
        if each.candidate == applicant.name
    ]
    return Verdict(applicant, state, settled, score, bars, tuple(waiting), None, None, None, None, ())


def _cycle(found: TitleRound, applicant: Applicant, settled: Settled) -> CycleSettings | None:
    """Return the years of the cycle of a candidate, where the round weighs years."""
    shares = next((m.shares for m in found.instrument.mechanisms if m.kind == "cycle" and m.shares), ())
    if found.first_year is None or not shares or settled.value is None:
        return None
    earlier = {year: score for year, score in applicant.earlier.items() if year >= found.first_year}
    return cycle_settings(shares, found.first_year, found.year, earlier, full=found.instrument.full_marks)


def _bars(found: TitleRound, settled: Settled, score: Fraction | None, cycle: CycleSettings | None) -> Iterator[Bar]:
    """Yield what bars a title: steps after the total, and a score below the pass mark."""
    for step in settled.bars:
        when = "" if step.event is None else f"{step.event.date}，"
        when_en = "" if step.event is None else f"{step.event.date}, "
        clause = step.source.get("clause") or step.source.get("row") or ""
        yield Bar(Text(f"{step.name.zh}（{when}{step.why.zh}）", f"{step.name.en} ({when_en}{step.why.en})"), clause)
    mark = found.pass_mark
    last = cycle is None or found.year == cycle.first_year + len(cycle.shares) - 1
    if mark is not None and score is not None and last and score < mark.value:
        a, b = told_apart(score, mark.value)
        yield Bar(Text(f"得分 {a}，低于目标线 {b}", f"{a} is below the pass mark {b}"))


def _unfit(found: TitleRound, applicant: Applicant, state: State) -> Iterator[Bar]:
    """Yield why an application cannot be taken: too late, the wrong year, a body that may not apply."""
    if state.state not in APPLYING:
        return
    calendar = found.calendar or Calendar("")
    day = state.applied_on or found.decided_on
    season = calendar if state.applied_on is not None else Calendar("")  # a day that is not known is not late
    yield from may_apply(State(applicant.name, "not_applied"), day, season, applicant.about)
    if not calendar.in_year("selected", found.decided_on.year):
        year = found.decided_on.year
        yield Bar(Text(f"{year} 年不是评选年", f"no selection is held in {year}"), calendar.clause)


def _objected(found: TitleRound, state: State) -> Iterator[Bar]:
    """Yield the objections to a candidate that were upheld."""
    if state.state not in APPLYING:
        return
    upheld = [each for each in found.objections if each.outcome == "upheld"]
    whole = replace(state, passed=frozenset(APPLYING))
    clause = next((each.clause for each in found.notices if each.candidate == state.candidate), "")
    yield from (replace(bar, clause=bar.clause or clause) for bar in naming_barred(whole, found.decided_on, upheld))


# ------------------------------------------------------------------------------------------ the whole round


def _mechanisms(found: TitleRound, kind: str, group: str) -> Iterator[Mechanism]:
    yield from (m for m in found.instrument.mechanisms if m.kind == kind and m.group in (group, None))


def _quotas(found: TitleRound, drafts: Sequence[Verdict]) -> Iterator[Quota]:
    """Yield the quota of each group: the instrument's, a share of the applicants, or no limit."""
    for group in found.groups:
        mine = [d for d in drafts if d.applicant.group == group and d.state.state in APPLYING]
        applying = sum(not any(_unfit(found, d.applicant, d.state)) for d in mine)  # late ones take no part
        own = list(_mechanisms(found, "quota", group))
        yearly = next((m for m in own if m.years == 1 and "at_most" in m.limits), None)
        goal = next((m for m in own if m.years and m.years > 1 and "at_least" in m.limits), None)
        clause = "" if yearly is None else yearly.said.source.get("clause", "")
        if group in found.shares:
            share_of = next((m.said.source.get("clause", "") for m in own), "")
            quota = share_quota(group, found.shares[group], applying, share_of)
        else:
            quota = Quota(group, len(mine) if yearly is None else int(yearly.limits["at_most"]), clause=clause)
        yield replace(
            quota,
            goal=None if goal is None else int(goal.limits["at_least"]),
            over_years=None if goal is None else goal.years,
            exists=found.exists.get(group),
        )


def _chosen(found: TitleRound, pool: Sequence[Verdict], quotas: Sequence[Quota]) -> Selection:
    """Select among those that apply; each barred one with its reasons."""
    candidates = [
        Candidate(d.applicant.name, d.applicant.group, d.score, tuple(bar.reason for bar in d.bars)) for d in pool
    ]
    awards = [
        Award(group, next(iter(m.limits.values())), m.measure, m.said.source.get("clause", ""))
        for group in found.groups
        for m in found.instrument.mechanisms
        if m.kind == "award" and m.group == group and m.limits and m.measure is not None
    ]
    budget = next(
        (
            m.limits["at_most"]
            for m in found.instrument.mechanisms
            if m.kind == "budget" and "at_most" in m.limits and awards and m.measure == awards[0].measure
        ),
        None,
    )
    return select(candidates, quotas, awards, budget, chosen=found.chosen)


def _places(found: TitleRound, pool: Sequence[Verdict]) -> tuple[dict[str, Ranked], dict[str, RankRange]]:
    """Rank those that apply within their groups; ranges where every one of a group has an error."""
    last = {d.applicant.name: d.applicant.earlier.get(found.year - 1) for d in pool}
    held = ranked(
        [d.applicant.name for d in pool],
        [d.score for d in pool],
        groups=[d.applicant.group for d in pool],
        previous={name: score for name, score in last.items() if score is not None} or None,
    )
    ranges: dict[str, RankRange] = {}
    for group in found.groups:
        own = [d for d in pool if d.applicant.group == group and d.score is not None]
        errors = [score_error(found, d) for d in own]
        if own and None not in errors:
            laws = [another(float(d.score or 0), float(e or 0)) for d, e in zip(own, errors, strict=True)]
            for draft, place in zip(own, rank_ranges(laws), strict=True):
                ranges[draft.applicant.name] = place
    return {each.name: each for each in held}, ranges


def score_error(found: TitleRound, verdict: Verdict) -> Fraction | None:
    """Return the standard error of what is ranked, in points; None where none is known.

    The error of a candidate's own score counts by its share: beside joined scores, and among the years of a cycle.
    """
    applicant, error = verdict.applicant, verdict.applicant.error
    if error is None:
        return None
    if not applicant.whole and "joined" in found.instrument.after_total:
        error *= 1 - sum((j.share for j in found.instrument.joined if j.of in applicant.case.scores), _ZERO)
    cycle = _cycle(found, applicant, verdict.settled)
    return error if cycle is None else error * standing(cycle).share


def _verdict(draft: Verdict, choice: Decision | None, rank: Ranked | None, ranges: Mapping[str, RankRange]) -> Verdict:
    """Return a candidate's verdict with its place and what is proposed."""
    state = draft.state.state
    made = replace(draft, rank=rank, range=ranges.get(draft.applicant.name), choice=choice)
    if state in APPLYING:
        wanted = {"selected": "named", "barred": "not_applied", "not_selected": "not_applied"}
        to = None if choice is None else wanted.get(choice.decision)
        if to == "named":  # the next legal step on the way
            legal = next_states(draft.state)
            to = next(step for step in ("named", "selected", "publicised") if step in legal)
        return replace(made, proposed=to)
    if state in HOLDING:
        steps = [step for step in draft.settled.actions if step.action and state_after(step.action, state)]
        order = list(STATES)
        steps.sort(key=lambda step: order.index(str(state_after(str(step.action), state))))
        because = tuple(Text(f"{step.name.zh}：{step.why.zh}", f"{step.name.en}: {step.why.en}") for step in steps)
        return replace(made, proposed=state_after(str(steps[-1].action), state) if steps else None, because=because)
    said = STATES[state]
    return replace(made, because=(Text(f"{said.zh}，不参加本轮评选", f"{said.en}: takes no part in this round"),))


def _goals(found: TitleRound, quotas: Sequence[Quota], verdicts: Sequence[Verdict]) -> Iterator[tuple[str, Goal]]:
    """Yield how far the goals over several years are reached with what is proposed now."""
    for quota in quotas:
        if quota.goal is None or quota.over_years is None:
            continue
        years = sorted({year for group, year in found.given if group == quota.group} | {found.year})
        given = {year: found.given.get((quota.group, year), 0) for year in years}
        given[found.year] = sum(
            v.choice is not None and v.choice.decision == "selected" and v.applicant.group == quota.group
            for v in verdicts
        )
        first = min(years)
        left = first + quota.over_years - 1 - found.year
        if left < 0:
            where, allowed = f"groups.{quota.group}.given", f">= {found.year - quota.over_years + 1}"
            raise InputFaults([Fault("out_of_range", "titles.yaml", None, where, str(first), allowed)])
        yield quota.group, goals(quota, given, left)


def _limits(found: TitleRound) -> Iterator[TimeLimit]:
    """Yield how long states last: the term of the title, a suspension, a rectification."""
    for m in found.instrument.mechanisms:
        if m.rhythm:
            yield TimeLimit("named", ("expired",), m.said.source.get("clause", ""), years=m.rhythm["every"])
    suspensions = [(m.months, m.said.source) for m in found.instrument.mechanisms if m.action == "suspend"]
    for entry in found.instrument.negative_list:
        suspensions += [(effect.months, entry.source) for effect in entry.effects if effect.action == "suspend"]
    longest = max((months for months, _ in suspensions if months), default=None)
    if longest is not None:  # a suspension is not looked at again before the longest term is over
        clauses = [source.get("clause", "") for months, source in suspensions if months == longest]
        said = "、".join(dict.fromkeys(filter(None, clauses)))
        yield TimeLimit("suspended", ("named", "removed"), said, months=longest)
    if found.rectify_days:
        yield TimeLimit("rectifying", ("named", "removed"), "titles.yaml", days=found.rectify_days)
