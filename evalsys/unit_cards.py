"""What each unit owes on a day, by when, and what that costs: the numbers of its card [责任单位办理单].

A unit owes the findings in hand that it answers for, the materials it has not handed in, the matters of the calendar
that it leads and the problems of the list that are its own. What awaits review is the office's work and is not owed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from evalsys.as_of import evidence_on
from evalsys.assessment import Assessment
from evalsys.bulletins import Bulletin, points_of
from evalsys.dues import Due, due_between
from evalsys.escalation import Proposal, escalation
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import DATES, Bad
from evalsys.fields import day as read_day
from evalsys.finding_results import finding_name
from evalsys.forecasting import Forecast
from evalsys.language import Text
from evalsys.ledger_costs import Cost, costs, forecast_or_why
from evalsys.ledgers import IN_HAND, Ledgers, flow, ledgers_of, states
from evalsys.material_ledger import MaterialLedger, material_ledger
from evalsys.ranks import Ranked, ranked
from evalsys.responsibilities import LetterRow, duties_on
from evalsys.scoring import Score, score

__all__ = ["AHEAD", "KINDS", "SOON", "Cards", "Owed", "UnitCard", "cards_of", "first_day", "unit_ranks"]

#: What a unit may owe, in the order in which things of one day stand on a card.
KINDS: Mapping[str, Text] = {
    "finding": Text("问题", "finding"),
    "material": Text("材料", "material"),
    "calendar": Text("日程", "calendar"),
    "problem": Text("清单", "listed"),
}
#: Days ahead within which a material or a matter of the calendar is on the card, and within which it is told as near.
AHEAD, SOON = 30, 7
_DAY = datetime.timedelta(days=1)
_ZERO = Fraction(0)


@dataclass(frozen=True)
class Owed:
    """One thing that a unit owes.

    Attributes
    ----------
    kind : str
        A key of :data:`KINDS`.
    ident : str
        Id of the finding or of the listed problem, code of the material or of the matter.
    where : str
        Name of the site; '' for the place as a whole and for what is on no site.
    what : Text
    since : date or None
        The day on which it was found.
    due : date or None
        Its last day; None where none is laid down.
    late : int
        Days after the last day, 0 in time.
    lost : Fraction or None
        Points of the total that it takes; None for what is not scored: the calendar, the list, a finding that no
        observation tells of.
    returned : int
        How often a review has returned it.
    relapse : bool
        Whether it was closed before and came back.
    clause : str
        Where it is laid down, if anywhere.
    times : int
        How many times a matter of the calendar was left undone; its days are those of the first.
    """

    kind: str
    ident: str
    where: str
    what: Text
    since: datetime.date | None
    due: datetime.date | None
    late: int
    lost: Fraction | None
    returned: int = 0
    relapse: bool = False
    clause: str = ""
    times: int = 1


@dataclass(frozen=True, eq=False)
class UnitCard:
    """What one unit owes at the end of a day, what it costs, and how it did so far.

    Attributes
    ----------
    unit : str
    owed : tuple of Owed
        Overdue first, the longest overdue first, then by the last day; what has none comes last.
    cost : Cost
        Of all of it together, as far as it is scored.
    done : mapping of str to int
        Of the unit's findings since the ledgers begin: ``new, fixed, in_time, returned, verified, in_hand, awaiting,
        overdue`` as in :class:`~evalsys.bulletins.Bulletin`, and ``relapses``.
    rate : Fraction or None
        Share of what was put right that was so in time.
    by_points, by_overdue : Ranked or None
        Its place among the units by points at stake in what is in hand, and by the share of it that is overdue: the
        first has the most. None where the unit has no findings; no rank by share where nothing is in hand.
    proposals : tuple of Proposal
        Where it stands on ladders.
    letter : LetterRow or None
        Its latest responsibility letter; None where the office keeps none.
    beside : tuple of str
        Materials that the unit does not owe now, of standards whose materials it owes: `cost` takes a standard's
        materials as ready together.
    """

    unit: str
    owed: tuple[Owed, ...]
    cost: Cost
    done: Mapping[str, int]
    rate: Fraction | None
    by_points: Ranked | None
    by_overdue: Ranked | None
    proposals: tuple[Proposal, ...]
    letter: LetterRow | None
    beside: tuple[str, ...] = ()

    @property
    def overdue(self) -> tuple[Owed, ...]:
        """What is past its last day."""
        return tuple(each for each in self.owed if each.late)


@dataclass(frozen=True, eq=False)
class Cards:
    """The cards of one or all units at the end of a day.

    Attributes
    ----------
    assessment : Assessment
        With its materials as of the day.
    day : date
    result : Score
    found : Forecast or None
    faults : tuple of Fault
        Why there is no forecast; none where nobody wants one.
    cards : tuple of UnitCard
        In the order of the register.
    clear : tuple of str
        Units that owe nothing and stand on no ladder: without a card where cards of all units are asked for.
    so_far : Bulletin
        The whole time up to the day as one period: what `UnitCard.done` counts.
    linked : bool
        Whether an annex goes with the page, so that figures link to their rows.
    """

    assessment: Assessment
    day: datetime.date
    result: Score
    found: Forecast | None
    faults: tuple[Fault, ...]
    cards: tuple[UnitCard, ...]
    clear: tuple[str, ...]
    so_far: Bulletin
    linked: bool = False


def cards_of(
    assessment: Assessment, unit: str = "", day: str = "", with_forecast: bool = True, linked: bool = False
) -> Cards:
    """Return the card of one unit, or those of all units that owe something.

    Parameters
    ----------
    assessment : Assessment
    unit : str
        Empty: all units.
    day : str
        The day at whose end everything is seen; empty: the last of which the ledgers tell.
    with_forecast : bool
        Whether the chance to pass is computed too. A fault of the forecast is told, not raised.
    linked : bool
        Whether an annex goes with the page.

    Returns
    -------
    Cards

    Raises
    ------
    InputFaults
        If the unit is unknown, the day is none, or no day is named and the ledgers are empty: before any work.
    """
    at = _asked_day(assessment, day)
    known = _units(assessment)
    if unit and unit not in known:
        shown = " ".join(known[:12])
        raise InputFaults([Fault("unknown_name", assessment.name, None, "unit", unit, shown, nearest(unit, known))])
    as_of = evidence_on(assessment, at)
    found, faults = forecast_or_why(as_of) if with_forecast else (None, ())
    result = found.prospect.score if found is not None else score(as_of)
    kept = replace(ledgers_of(assessment), assessment=as_of)
    materials = material_ledger(as_of, at, found)
    wanted = [unit] if unit else known
    owed = _owed(kept, result, materials, at, set(wanted))
    groups = {name: _costing(kept, materials, owed[name]) for name in wanted}
    cost = costs(as_of, groups, found)
    done = _so_far(kept, result, at)
    by_points, by_overdue = unit_ranks(done.units, known)
    counts = {row["name"]: row for row in done.units.to_dict("records")}
    relapses = _relapses(kept, at)
    stands = escalation(kept, at)
    letters = {row.unit: row for row in sorted(duties_on(as_of, at).letters, key=lambda row: row.year)}
    cards = []
    for name in wanted:
        row = counts.get(name)
        figures = {figure: 0 if row is None else int(row[figure]) for figure in done.figures}
        cards.append(
            UnitCard(
                unit=name,
                owed=tuple(sorted(owed[name], key=_place)),
                cost=cost[name],
                done=figures | {"relapses": relapses.get(name, 0)},
                rate=None if row is None else row["rate"],
                by_points=by_points.get(name),
                by_overdue=by_overdue.get(name),
                proposals=tuple(p for p in stands if p.ladder.by == "unit" and p.subject == name),
                letter=letters.get(name),
                beside=_beside(materials, owed[name]),
            )
        )
    clear = () if unit else tuple(card.unit for card in cards if not card.owed and not card.proposals)
    return Cards(as_of, at, result, found, faults, tuple(c for c in cards if c.unit not in clear), clear, done, linked)


def first_day(kept: Ledgers) -> datetime.date | None:
    """Return the first day of which the ledgers tell anything; None where they are empty."""
    assessment = kept.assessment
    days = [kept.moves["day"].min(), assessment.ledgers["done"]["done_on"].min()]
    days.append(assessment.observations["observed_on"].min())
    known = [day.date() for day in days if not pd.isna(day)]
    return min(known) if known else None


def unit_ranks(units: pd.DataFrame, known: Sequence[str] = ()) -> tuple[dict[str, Ranked], dict[str, Ranked]]:
    """Return the places of units by points at stake, and by the share overdue; who has the most is first.

    Parameters
    ----------
    units : DataFrame
        ``name, points, overdue_share`` as in :class:`~evalsys.bulletins.Bulletin`; what no unit answers for, under an
        empty name, takes no place.
    known : sequence of str
        Units that take part with 0 points where the frame does not have them.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": ["甲", "乙", ""], "points": [Fraction(2), Fraction(2), Fraction(9)]})
    >>> rows["overdue_share"] = [Fraction(1, 2), None, Fraction(1)]
    >>> by_points, by_overdue = unit_ranks(rows, ["丙"])
    >>> [(own.rank, own.tied, own.of) for own in by_points.values()], by_overdue["乙"].rank
    ([(1, ('乙',), 3), (1, ('甲',), 3), (3, (), 3)], None)
    """
    rows = {row["name"]: row for row in units.to_dict("records") if row["name"]}
    names = [*rows, *(name for name in known if name not in rows)]
    points = [rows[name]["points"] if name in rows else _ZERO for name in names]
    shares = [rows[name]["overdue_share"] if name in rows else None for name in names]
    return (
        {own.name: own for own in ranked(names, points, decimals=3)},
        {own.name: own for own in ranked(names, shares)},
    )


# ---------------------------------------------------------------------------------------------- what was asked for


def _asked_day(assessment: Assessment, day: str) -> datetime.date:
    if day:
        try:
            return read_day(day)
        except Bad:
            raise InputFaults([Fault("bad_date", assessment.name, None, "day", day, DATES)]) from None
    return ledgers_of(assessment).some_last_day()


def _units(assessment: Assessment) -> list[str]:
    """Return the registered units, or, without a register, those that the tables name."""
    if assessment.units:
        return list(assessment.units)
    kept = ledgers_of(assessment)
    named: list[str | None] = [name for units in kept.findings["units"] for name in units or ()]
    named += [
        name for table in (assessment.sites, assessment.observations) for own in table["units"] for name in own or ()
    ]
    named += assessment.materials["unit"].tolist()
    named += [name for table in ("problems", "letters") for name in assessment.ledgers[table]["unit"].tolist()]
    return sorted({name for name in named if name})


# -------------------------------------------------------------------------------------------------- what is owed


def _place(each: Owed) -> tuple[bool, int, datetime.date, int, Fraction, str]:
    kind = list(KINDS).index(each.kind)
    return not each.late, -each.late, each.due or datetime.date.max, kind, -(each.lost or _ZERO), each.ident


def _owed(
    kept: Ledgers, result: Score, materials: MaterialLedger, day: datetime.date, wanted: set[str]
) -> dict[str, list[Owed]]:
    out: dict[str, list[Owed]] = {name: [] for name in wanted}
    rows = (
        *_findings(kept, result, day),
        *_materials(materials, day),
        *_calendar(kept, day),
        *_problems(kept.assessment, day),
    )
    for units, each in rows:
        for unit in dict.fromkeys(units):
            if unit in out:
                out[unit].append(each)
    return out


def _findings(kept: Ledgers, result: Score, day: datetime.date) -> Iterator[tuple[Iterable[str], Owed]]:
    stand, points = states(kept, day), points_of(kept, result)
    findings, names = kept.findings, kept.assessment.sites["name"].tolist()
    for state in stand[stand["state"].isin(IN_HAND)].to_dict("records"):
        own = findings.iloc[state["finding"]]
        yield (
            own["units"] or (),
            Owed(
                kind="finding",
                ident=own["finding_id"],
                where="" if own["site"] < 0 else names[own["site"]],
                what=Text(finding_name(kept, state["finding"], "zh"), finding_name(kept, state["finding"], "en")),
                since=own["found_on"].date(),
                due=None if pd.isna(state["due"]) else state["due"].date(),
                late=state["overdue"],
                lost=points[state["finding"]] if own["observations"] else None,
                returned=state["returned"],
                relapse=bool(own["relapse_of"]),
            ),
        )


def _materials(ledger: MaterialLedger, day: datetime.date) -> Iterator[tuple[Iterable[str], Owed]]:
    """Yield the materials of the register that are not handed in, and due within :data:`AHEAD` days or at no time."""
    alone = {code: want.alone for want in ledger.wants for code in want.missing}
    for item in ledger.items:
        near = item.due is None or item.due <= day + AHEAD * _DAY
        if item.registered and not item.delivered and near:
            lost = alone.get(item.material, _ZERO)
            yield item.owners, Owed("material", item.material, "", item.name, None, item.due, item.late, lost)


def _calendar(kept: Ledgers, day: datetime.date) -> Iterator[tuple[Iterable[str], Owed]]:
    """Yield what the calendar asks for: left undone since the register of what was done begins, or due next.

    A matter that comes back is told once as left undone, with how often, and once with its next day.
    """
    done = kept.assessment.ledgers["done"]["done_on"].min()
    first = day if pd.isna(done) else min(done.date(), day)
    found: dict[tuple[str, str, str], list[Due]] = {}
    for due in due_between(kept.assessment, first, day + AHEAD * _DAY, day):
        if due.kind == "calendar" and due.state in ("missing", "open"):
            found.setdefault((due.code, due.unit.zh, due.state), []).append(due)
    for (code, unit, state), dues in found.items():
        own = dues[0]
        times = len(dues) if state == "missing" else 1
        yield (
            (unit,),
            Owed("calendar", code, "", own.what, None, own.due, own.late, None, clause=own.clause, times=times),
        )


def _problems(assessment: Assessment, day: datetime.date) -> Iterator[tuple[Iterable[str], Owed]]:
    for row in duties_on(assessment, day).problems:
        own = row.problem
        if row.state in ("open", "overdue", "undated"):
            what = Text(own.what, own.what)
            late = row.days if row.state == "overdue" else 0
            yield (own.unit,), Owed("problem", own.problem_id, "", what, own.found_on, own.due, late, None)


def _costing(kept: Ledgers, materials: MaterialLedger, owed: Iterable[Owed]) -> list[str]:
    """Return the names of what of it is scored: observations of findings, leaves of documents."""
    places = {name: place for place, name in enumerate(kept.findings["finding_id"].tolist())}
    rows, ids = kept.findings["observations"].tolist(), kept.assessment.observations["observation_id"].tolist()
    leaf = {code: want.leaf for want in materials.wants for code in want.missing if want.by in ("", "materials")}
    names: dict[str, None] = {}
    for each in owed:
        if each.kind == "finding":
            names |= dict.fromkeys(ids[row] for row in rows[places[each.ident]])
        elif each.kind == "material" and each.ident in leaf:
            names[leaf[each.ident]] = None
    return list(names)


def _beside(materials: MaterialLedger, owed: Iterable[Owed]) -> tuple[str, ...]:
    """Return what else is missing of the standards whose materials are owed."""
    own = {each.ident for each in owed if each.kind == "material"}
    costed = [want for want in materials.wants if want.by in ("", "materials") and own & {*want.missing}]
    return tuple(code for want in costed for code in want.missing if code not in own)


# ------------------------------------------------------------------------------------------------ how it did so far


def _so_far(kept: Ledgers, result: Score, day: datetime.date) -> Bulletin:
    """Return the whole time up to a day as one period; nothing came before it."""
    first = min(first_day(kept) or day, day)
    before = first - _DAY
    return Bulletin(kept, result, "", first, day, flow(kept, first, day), flow(kept, before, before))


def _relapses(kept: Ledgers, day: datetime.date) -> dict[str, int]:
    found: dict[str, int] = {}
    own = kept.findings[(kept.findings["relapse_of"] != "") & (kept.findings["found_on"] <= pd.Timestamp(day))]
    for units in own["units"]:
        for unit in units or ():
            found[unit] = found.get(unit, 0) + 1
    return found
