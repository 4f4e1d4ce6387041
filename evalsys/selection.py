"""Who gets a title: the best of each group by unrounded score, never more than the quota or the budget allows.

A tie at the cut is not broken by the order of rows: those tied wait for a person, who chooses among them and says why.
Where the budget does not pay for all, nobody of a group that costs money is selected: which group gives way is a
person's matter too. Lower a quota or raise the budget and select again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import Text
from evalsys.ranks import competition

__all__ = [
    "DECISIONS",
    "Award",
    "Candidate",
    "Choice",
    "Decision",
    "Goal",
    "GroupMoney",
    "Quota",
    "Selection",
    "goals",
    "select",
    "share_quota",
]

DECISIONS: Mapping[str, Text] = {
    "selected": Text("拟命名", "proposed for naming"),
    "tie": Text("同分待定", "tied, to be decided"),
    "unfunded": Text("经费不足，待定", "not covered by the budget, to be decided"),
    "not_selected": Text("不予命名", "not named"),
    "no_score": Text("未测评", "not assessed"),
    "barred": Text("不予命名", "not named"),
}


# ---------------------------------------------------------------------------------------------------- input


@dataclass(frozen=True)
class Candidate:
    """A candidate of a group with its exact score, None where it was not assessed; `barred` are the reasons, if any."""

    name: str
    group: str
    score: Fraction | None
    barred: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Quota:
    """How many titles a group may get.

    Attributes
    ----------
    group : str
    at_most : int
        Titles of one round.
    goal : int or None
        Titles wanted over `over_years` rounds.
    over_years : int or None
    exists : int or None
        How many bodies of this kind there are.
    clause : str
    """

    group: str
    at_most: int
    goal: int | None = None
    over_years: int | None = None
    exists: int | None = None
    clause: str = ""


@dataclass(frozen=True)
class Award:
    """Money for each title of a group, in the unit that `measure` names."""

    group: str
    amount: Fraction
    measure: Text
    clause: str = ""


@dataclass(frozen=True)
class Choice:
    """Whom a person chose among those tied at the cut of a group, and why."""

    names: tuple[str, ...]
    reason: str


# --------------------------------------------------------------------------------------------------- result


@dataclass(frozen=True)
class Decision:
    """What follows for one candidate; a person confirms it.

    Attributes
    ----------
    candidate : Candidate
    decision : str
        A key of :data:`DECISIONS`.
    place : int or None
        Competition rank among the candidates of the group that are assessed and not barred.
    free : int
        Places left for those tied at the cut; 0 where the candidate is not among them.
    tied : tuple of str
        All that share the score at the cut, in the given order; empty where there was no tie.
    reason : str
        Of the person who chose, where one did.
    clause : str
        Of the quota.
    """

    candidate: Candidate
    decision: str
    place: int | None = None
    free: int = 0
    tied: tuple[str, ...] = ()
    reason: str = ""
    clause: str = ""


@dataclass(frozen=True)
class GroupMoney:
    """Places and money of one group.

    Attributes
    ----------
    group : str
    quota, given, filled, waiting : int
        Titles allowed in the round, given in it before, selected now, and free for those tied.
    amount : Fraction
        Of one award, 0 without one.
    cost : Fraction
        Of all titles of the round: given, selected, and those that wait for a person.
    affordable : int or None
        Titles of the round that the budget pays for if every other group gets all of its own; None without a budget
        or an award.
    """

    group: str
    quota: int
    given: int
    filled: int
    waiting: int
    amount: Fraction
    cost: Fraction
    affordable: int | None


@dataclass(frozen=True)
class Selection:
    """The decisions in the order of the candidates, and the money.

    Attributes
    ----------
    decisions : tuple of Decision
    groups : tuple of GroupMoney
        In the order of the quotas.
    cost : Fraction
        Of all titles, were all free places filled.
    budget : Fraction or None
    reserve : Fraction or None
        Budget less cost; below 0 the selection is not covered and `unfunded`.
    measure : Text or None
        Unit of the money.
    """

    decisions: tuple[Decision, ...]
    groups: tuple[GroupMoney, ...]
    cost: Fraction
    budget: Fraction | None
    reserve: Fraction | None
    measure: Text | None

    def names(self, decision: str = "selected") -> tuple[str, ...]:
        """Return the candidates with a decision."""
        return tuple(each.candidate.name for each in self.decisions if each.decision == decision)


@dataclass(frozen=True)
class Goal:
    """A goal over several rounds.

    Attributes
    ----------
    goal, given, needed : int
        Wanted, given so far, and still needed.
    years_left : int
    possible : int
        Titles at the end if every quota left is filled.
    a_year : Fraction or None
        Needed in each round left; None where no round is left.
    in_reach : bool
    repeats : int or None
        Titles of the goal that must go to bodies titled before, because too few may apply; None where the number of
        bodies is not known.
    repeats_possible : int or None
        The same if every quota left is filled.
    """

    goal: int
    given: int
    needed: int
    years_left: int
    possible: int
    a_year: Fraction | None
    in_reach: bool
    repeats: int | None
    repeats_possible: int | None


# ------------------------------------------------------------------------------------------------- selection


def share_quota(group: str, share: Fraction, applicants: int, clause: str = "") -> Quota:
    """Return the quota of a share of the applicants: the whole places of the exact product.

    Raises
    ------
    InputFaults
        Where the share is not from 0 to 1, or the number below 0.

    Examples
    --------
    >>> share_quota("organs", Fraction(3, 10), 19).at_most
    5
    """
    faults = []
    if not 0 <= share <= 1:
        faults.append(Fault("out_of_range", "quotas", column="share", value=str(share), allowed="0 – 1"))
    if applicants < 0:
        faults.append(Fault("out_of_range", "quotas", column="applicants", value=str(applicants), allowed=">= 0"))
    if faults:
        raise InputFaults(faults)
    return Quota(group, int(Fraction(share) * applicants // 1), clause=clause)


def select(
    candidates: Sequence[Candidate],
    quotas: Sequence[Quota],
    awards: Sequence[Award] = (),
    budget: Fraction | None = None,
    given_before: Mapping[str, int] | None = None,
    *,
    chosen: Mapping[str, Choice] | None = None,
) -> Selection:
    """Return who is proposed for a title, who is tied at the cut, who is not, and what it costs.

    Parameters
    ----------
    candidates : sequence of Candidate
    quotas : sequence of Quota
        One for each group.
    awards : sequence of Award, optional
    budget : Fraction, optional
        Of the round, in the measure of the awards.
    given_before : mapping of str to int, optional
        Titles of each group given earlier in the same round; they take places and money.
    chosen : mapping of str to Choice, optional
        Whom a person chose where several are tied at the cut of a group.

    Raises
    ------
    InputFaults
        All at once: a name twice in a group, unknown groups, a quota twice or below 0, more given than the quota, a
        choice that is not exactly the free places among those tied, awards in two measures.

    Examples
    --------
    >>> marks = {"A": 90, "B": 88, "C": 88, "D": 80}
    >>> found = select([Candidate(name, "units", Fraction(mark)) for name, mark in marks.items()], [Quota("units", 2)])
    >>> [each.decision for each in found.decisions], found.decisions[1].free, found.decisions[1].tied
    (['selected', 'tie', 'tie', 'not_selected'], 1, ('B', 'C'))
    """
    given, chosen = dict(given_before or {}), dict(chosen or {})
    if faults := _faults(candidates, quotas, awards, budget, given, chosen):
        raise InputFaults(faults)
    drawn: dict[tuple[str, str], Decision] = {}
    for quota in quotas:
        mine = [candidate for candidate in candidates if candidate.group == quota.group]
        decided = _cut(mine, quota.at_most - given.get(quota.group, 0), quota.clause)
        if quota.group in chosen:
            decided, unfit = _choose(decided, quota.group, chosen[quota.group])
            faults += unfit
        drawn |= {(quota.group, each.candidate.name): each for each in decided}
    if faults:
        raise InputFaults(faults)
    decisions = [drawn[candidate.group, candidate.name] for candidate in candidates]
    return _paid(decisions, quotas, awards, budget, given)


def _cut(candidates: Sequence[Candidate], places: int, clause: str) -> list[Decision]:
    ranks = competition([None if each.barred else each.score for each in candidates])
    level: dict[int, list[str]] = {}
    for candidate, rank in zip(candidates, ranks, strict=True):
        if rank is not None:
            level.setdefault(rank, []).append(candidate.name)
    found = []
    for candidate, rank in zip(candidates, ranks, strict=True):
        decided = Decision(candidate, "barred" if candidate.barred else "no_score", clause=clause)
        if rank is not None:
            decided = replace(decided, decision="not_selected", place=rank)
            above = rank - 1
            if above + len(level[rank]) <= places:
                decided = replace(decided, decision="selected")
            elif above < places:
                decided = replace(decided, decision="tie", free=places - above, tied=tuple(level[rank]))
        found.append(decided)
    return found


def _choose(decided: Sequence[Decision], group: str, choice: Choice) -> tuple[list[Decision], list[Fault]]:
    """Return the decisions after a person's choice, and what is wrong with it."""
    waiting = [each for each in decided if each.decision == "tie"]
    if not waiting:
        return list(decided), [Fault("choice_needless", "chosen", column=group, value=", ".join(choice.names))]
    tied, free = waiting[0].tied, waiting[0].free
    faults = [
        Fault(
            "choice_not_tied", "chosen", column=group, value=name, allowed=", ".join(tied), nearest=nearest(name, tied)
        )
        for name in choice.names
        if name not in tied
    ]
    if len(set(choice.names)) != free or len(set(choice.names)) != len(choice.names):
        faults.append(Fault("choice_count", "chosen", column=group, value=", ".join(choice.names), allowed=str(free)))
    if not choice.reason.strip():
        faults.append(Fault("empty_value", "chosen", column=f"{group}.reason"))
    settled = [
        replace(each, decision="selected" if each.candidate.name in choice.names else "not_selected",
                reason=choice.reason)
        if each.decision == "tie" else each
        for each in decided
    ]  # fmt: skip
    return settled, faults


def _paid(
    decisions: Sequence[Decision],
    quotas: Sequence[Quota],
    awards: Sequence[Award],
    budget: Fraction | None,
    given: Mapping[str, int],
) -> Selection:
    """Return the selection with its money; where the budget is too small, nobody of a paid group stays selected."""
    amounts = {award.group: Fraction(award.amount) for award in awards}
    filled = Counter(each.candidate.group for each in decisions if each.decision == "selected")
    waiting = {each.candidate.group: each.free for each in decisions if each.decision == "tie"}
    titles = {q.group: given.get(q.group, 0) + filled[q.group] + waiting.get(q.group, 0) for q in quotas}
    costs = {group: number * amounts.get(group, Fraction(0)) for group, number in titles.items()}
    cost = sum(costs.values(), Fraction(0))
    over = budget is not None and cost > budget
    if over:
        decisions = [
            replace(each, decision="unfunded")
            if each.decision in ("selected", "tie") and amounts.get(each.candidate.group)
            else each
            for each in decisions
        ]
    groups = []
    for quota in quotas:
        group, amount = quota.group, amounts.get(quota.group, Fraction(0))
        affordable = None
        if budget is not None and amount:
            affordable = max(0, min(titles[group], int((budget - (cost - costs[group])) // amount)))
        kept = not (over and amount)
        groups.append(
            GroupMoney(
                group, quota.at_most, given.get(group, 0), filled[group] if kept else 0,
                waiting.get(group, 0) if kept else 0, amount, costs[group], affordable,
            )
        )  # fmt: skip
    reserve = None if budget is None else budget - cost
    measure = awards[0].measure if awards else None
    return Selection(tuple(decisions), tuple(groups), cost, budget, reserve, measure)


def _faults(
    candidates: Sequence[Candidate],
    quotas: Sequence[Quota],
    awards: Sequence[Award],
    budget: Fraction | None,
    given: Mapping[str, int],
    chosen: Mapping[str, Choice],
) -> list[Fault]:
    known = [quota.group for quota in quotas]
    found = [
        Fault(
            "unknown_name", file, column="group", value=group, allowed=", ".join(known), nearest=nearest(group, known)
        )
        for file, groups in (
            ("candidates", [candidate.group for candidate in candidates]),
            ("awards", [award.group for award in awards]),
            ("given_before", list(given)),
            ("chosen", list(chosen)),
        )
        for group in dict.fromkeys(groups)
        if group not in known
    ]
    for file, names in (
        ("quotas", known),
        ("awards", [award.group for award in awards]),
        ("candidates", [f"{candidate.group}: {candidate.name}" for candidate in candidates]),
    ):
        found += [Fault("named_twice", file, value=name) for name in _repeated(names)]
    found += [
        Fault("out_of_range", "quotas", column=quota.group, value=str(quota.at_most), allowed=">= 0")
        for quota in quotas
        if quota.at_most < 0
    ]
    limits = {quota.group: quota.at_most for quota in quotas}
    found += [
        Fault("out_of_range", "given_before", column=group, value=str(number), allowed=f"0 – {limits[group]}")
        for group, number in given.items()
        if group in limits and not 0 <= number <= limits[group]
    ]
    money = [(award.group, award.amount) for award in awards] + [("budget", budget or Fraction(0))]
    found += [
        Fault("out_of_range", "awards", column=name, value=str(amount), allowed=">= 0")
        for name, amount in money
        if amount < 0
    ]
    if len({award.measure for award in awards}) > 1:
        measures = ", ".join(dict.fromkeys(f"{award.measure.zh} / {award.measure.en}" for award in awards))
        found.append(Fault("two_measures", "awards", value=measures))
    return found


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


# ----------------------------------------------------------------------------------------------------- goals


def goals(quota: Quota, given_by_year: Mapping[int, int], years_left: int, barred: int = 0) -> Goal:
    """Return how far a goal over several rounds is reached, and whether it still can be.

    Parameters
    ----------
    quota : Quota
        With a goal.
    given_by_year : mapping of int to int
        Titles given in each year so far.
    years_left : int
        Rounds to come, at least 0.
    barred : int
        Bodies of all that exist which may not apply.

    Raises
    ------
    InputFaults
        A year with more titles than the quota allows, more years than the goal runs over, no goal, numbers below 0.

    Examples
    --------
    >>> found = goals(Quota("communities", 7, goal=20, over_years=3, exists=22), {2006: 7}, 2, barred=3)
    >>> found.needed, found.a_year, found.possible, found.in_reach, found.repeats
    (13, Fraction(13, 2), 21, True, 1)
    """
    if faults := _goal_faults(quota, given_by_year, years_left, barred):
        raise InputFaults(faults)
    goal, given = quota.goal or 0, sum(given_by_year.values())
    needed, possible = max(0, goal - given), given + quota.at_most * years_left
    distinct = None if quota.exists is None else quota.exists - barred
    return Goal(
        goal,
        given,
        needed,
        years_left,
        possible,
        Fraction(needed, years_left) if years_left else None,
        possible >= goal,
        None if distinct is None else max(0, goal - distinct),
        None if distinct is None else max(0, possible - distinct),
    )


def _goal_faults(quota: Quota, given_by_year: Mapping[int, int], years_left: int, barred: int) -> list[Fault]:
    found = []
    if quota.goal is None:
        found.append(Fault("missing_key", "quotas", column="goal", value=quota.group))
    found += [
        Fault("out_of_range", "given_by_year", column=str(year), value=str(number), allowed=f"0 – {quota.at_most}")
        for year, number in given_by_year.items()
        if not 0 <= number <= quota.at_most
    ]
    most = None if quota.over_years is None else quota.over_years - len(given_by_year)
    if years_left < 0 or (most is not None and years_left > most):
        allowed = ">= 0" if most is None else f"0 – {most}"
        found.append(Fault("out_of_range", "quotas", column="years_left", value=str(years_left), allowed=allowed))
    if barred < 0 or (quota.exists is not None and barred > quota.exists):
        allowed = ">= 0" if quota.exists is None else f"0 – {quota.exists}"
        found.append(Fault("out_of_range", "quotas", column="barred", value=str(barred), allowed=allowed))
    return found
