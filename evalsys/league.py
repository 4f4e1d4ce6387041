"""A league table: who stands where in each group, how sure that is, and what of a published table does not recompute.

Everything that the page shows is computed here, once. A table comes with its rule (:mod:`evalsys.published`) and is
computed again by it; an assessment is ranked by plain sums over its rows (:func:`evalsys.views.plain_view`); a list of
assessments is ranked by their final rates, with the ranks of the coming inspection (:mod:`evalsys.league_forecasts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalsys.audit import Check, TableAudit, audit_table
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import Text
from evalsys.published import Part, Published, Row, Rule, read_published, rule_beside
from evalsys.ranks import Best, Ranked, competition, gone, ranked

if TYPE_CHECKING:
    from evalsys.league_forecasts import Listed
    from evalsys.rank_chances import RankRange
    from evalsys.scoring import Score

__all__ = [
    "Error", "Group", "League", "Plain", "Several", "Unit",
    "league_of", "listed_league", "plain_league", "table_league",
]  # fmt: skip

_TAIL = 0.1  # chance that a range leaves out at either end: it holds 8 in 10
#: By whom an assessment may be ranked, and what they are called.
BY = {"unit": Text("责任单位", "Unit"), "area": Text("属地", "Area")}


@dataclass(frozen=True)
class Unit:
    """One unit of a league table.

    Attributes
    ----------
    ranked : Ranked
        Name, score, rank, ties, and the last round.
    raw : tuple of str
        The mark of each part as printed.
    weighted : tuple of Fraction
        Each part times its weight, unrounded.
    adjusted : tuple of str
        Deductions and bonuses as printed.
    low, high : float, optional
        Between which 8 of 10 repeated scores fall, or those of the coming inspection; None without an error or a
        forecast.
    chances : RankRange, optional
        Ranks of a repeated assessment, or in the coming inspection; None without either.
    findings : tuple of Check
        What is printed and does not recompute, of this row.
    rows : int
        Rows that count for it (of an assessment).
    won : Fraction
        What they win; the final points of one that has an assessment of its own.
    full : Fraction, optional
        The full marks of its own assessment.
    expected : float, optional
        Mean score of the coming inspection.
    barred : bool
        Whether something after the total bars a title, whatever the score.
    """

    ranked: Ranked
    raw: tuple[str, ...] = ()
    weighted: tuple[Fraction, ...] = ()
    adjusted: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    chances: RankRange | None = None
    findings: tuple[Check, ...] = ()
    rows: int = 0
    won: Fraction = Fraction(0)
    full: Fraction | None = None
    expected: float | None = None
    barred: bool = False


@dataclass(frozen=True)
class Group:
    """A group within which units are ranked, best first; units that are not assessed come last.

    Attributes
    ----------
    key : str
        Empty where there are no groups.
    name : Text
    units : tuple of Unit
    alike : tuple of (Unit, Unit)
        Neighbours whose order is not firm: the error is larger than what parts them.
    otherwise : int
        Units whose rank by the heaviest part alone is another one.
    """

    key: str
    name: Text
    units: tuple[Unit, ...]
    alike: tuple[tuple[Unit, Unit], ...] = ()
    otherwise: int = 0

    @property
    def placed(self) -> tuple[Unit, ...]:
        """The units that have a rank."""
        return tuple(unit for unit in self.units if unit.ranked.rank is not None)

    @property
    def first(self) -> tuple[Unit, ...]:
        """Who shares the first rank."""
        return tuple(unit for unit in self.placed if unit.ranked.rank == 1)

    @property
    def last(self) -> tuple[Unit, ...]:
        """Who shares the last rank; nobody where all are first."""
        worst = max((unit.ranked.rank or 0 for unit in self.placed), default=0)
        return tuple(unit for unit in self.placed if unit.ranked.rank == worst) if worst > 1 else ()

    @property
    def spread(self) -> Fraction:
        """What parts the first from the last, in points."""
        scores = [unit.ranked.score for unit in self.placed if unit.ranked.score is not None]
        return max(scores) - min(scores) if scores else Fraction(0)


@dataclass(frozen=True)
class Error:
    """The standard error of a total, the errors of its parts, and whether any of them is assumed."""

    total: float
    parts: tuple[tuple[Text, Fraction], ...]
    assumed: bool


@dataclass(frozen=True)
class Plain:
    """How an assessment was ranked: by whom, rows of several units, rows that nobody answers for, and its scale."""

    by: str
    shared: int
    unnamed: int


@dataclass(frozen=True)
class Several:
    """Of a list: whether it has forecasts, its instruments, their rounds, and the units whose law is simulated."""

    forecast: bool
    instruments: int
    rounds: tuple[str, ...]
    simulated: tuple[str, ...] = ()


@dataclass(frozen=True)
class League:
    """A league table with all that its page shows.

    Attributes
    ----------
    title : Text
    place, round : str
    held : tuple of date
        First and last day, where known.
    unit : Text
        What is ranked.
    parts : tuple of Part
        Of which the total is made; empty for an assessment.
    adjustments : tuple of str
        Columns of deductions and bonuses.
    total : Text
        What the score is called.
    measure : {'points', 'percent', 'number'}
        What the score is measured in.
    full : Fraction, optional
        Its highest value, where it has one.
    decimals : int
        Shown of it.
    best : {'high', 'low'}
    groups : tuple of Group
    error : Error, optional
    audit : TableAudit, optional
        Of a published table.
    plain : Plain, optional
        Of an assessment.
    several : Several, optional
        Of a list of assessments.
    previous : str, optional
        The last round; None where there is none to compare with.
    gone : tuple of str
        Who was there in the last round only.
    files : tuple of str
        Table and rule, or the assessment.
    hash : str
        SHA-256 of what was read, in hexadecimal digits.
    note : Text, optional
        What is known of the source.
    source : str
        Where it can be read.
    """

    title: Text
    place: str
    round: str
    unit: Text
    total: Text
    measure: Literal["points", "percent", "number"]
    groups: tuple[Group, ...]
    files: tuple[str, ...]
    hash: str
    held: tuple[date, ...] = ()
    parts: tuple[Part, ...] = ()
    adjustments: tuple[str, ...] = ()
    full: Fraction | None = None
    decimals: int = 2
    best: Best = "high"
    error: Error | None = None
    audit: TableAudit | None = None
    plain: Plain | None = None
    several: Several | None = None
    previous: str | None = None
    gone: tuple[str, ...] = ()
    note: Text | None = None
    source: str = ""

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units, group after group."""
        return tuple(unit for group in self.groups for unit in group.units)

    @property
    def ranges(self) -> bool:
        """Whether ranks have ranges: of a repeated assessment, or of the coming inspection."""
        return self.error is not None or (self.several is not None and self.several.forecast)


def league_of(
    table: str, assessment: str = "", by: str = "unit", previous: str = "", with_forecast: bool = True
) -> League:
    """Read what is to be ranked, and rank it.

    Parameters
    ----------
    table : str
        A table with its rule beside it, the file of the same name that ends in ``.yaml``; or a list of assessments
        (:func:`evalsys.league_forecasts.read_list`), which has none. Not read where an assessment is given.
    assessment : str
        A folder or workbook; empty for none.
    by : {'unit', 'area'}
        Whom of an assessment to rank.
    previous : str
        The last round: a table with its rule, a list, or an assessment, as what it is compared with; empty for none.
    with_forecast : bool
        Whether units of a list have ranges of the coming inspection: seconds for each unit.

    Raises
    ------
    InputFaults
        If anything cannot be read, or `by` is unknown.
    """
    if not assessment and not rule_beside(Path(table)).is_file():
        from evalsys.league_forecasts import is_list, read_list

        if is_list(Path(table)):
            last = read_list(Path(previous), forecasts=False) if previous else None
            return listed_league(read_list(Path(table), forecasts=with_forecast), last)
    if not assessment:
        then = audit_table(read_published(Path(previous))) if previous else None
        return table_league(audit_table(read_published(Path(table))), then)
    from evalsys.evidence import read_assessment
    from evalsys.scoring import score

    earlier = score(read_assessment(Path(previous))) if previous else None
    return plain_league(score(read_assessment(Path(assessment))), by, earlier)


# --------------------------------------------------------------------------------------------- a published table


def table_league(found: TableAudit, previous: TableAudit | None = None) -> League:
    """Rank the rows of a table by the values that its rule gives, unrounded.

    Parameters
    ----------
    found : TableAudit
    previous : TableAudit, optional
        The table of the last round. Units are the same where their names are.

    Returns
    -------
    League
        Ranks have ranges where every part of the rule has an error.

    Raises
    ------
    InputFaults
        If a name stands twice in a group, or in two groups where there is a last round: whom it means is not clear.
    """
    published, rule = found.published, found.published.rule
    rows = sorted(published.rows, key=lambda row: _place_of(row.group, rule))
    then = None if previous is None else _scores_by_name(previous)
    _unambiguous(published, then is not None)
    places = ranked(
        [row.name for row in rows],
        [found.totals.get(row.number) for row in rows],
        groups=[row.group for row in rows],
        previous=then,
        decimals=decimals_of(found),
        best=_best(rule),
    )
    of_row = {(row.group, row.name): row for row in rows}
    error = _error(rule.parts)
    units: dict[str, list[Unit]] = {}
    for place in places:
        row = of_row[place.group, place.name]
        units.setdefault(place.group, []).append(_unit(place, row, found))
    return League(
        title=rule.title,
        place=rule.place,
        round=rule.round,
        held=rule.held,
        unit=rule.name_heading,
        parts=rule.parts,
        adjustments=(*rule.deductions, *rule.bonus),
        total=rule.total_name if rule.rank_by in (None, rule.total) else Text(str(rule.rank_by), str(rule.rank_by)),
        measure="points" if rule.parts else "number",
        full=_full(rule),
        decimals=decimals_of(found),
        best=_best(rule),
        groups=tuple(_group(key, rule, own, error, of_row) for key, own in units.items()),
        error=error,
        audit=found,
        previous=None if previous is None else previous.published.rule.round or previous.published.file,
        gone=gone([row.name for row in rows], then or {}),
        files=tuple(name for name in (published.file, rule.file) if name),
        hash=published.hash,
        note=rule.source.get("note"),
        source=str(rule.source.get("address") or ""),
    )


def decimals_of(found: TableAudit) -> int:
    """Return how many decimals the printed totals have; 2 where the table prints none."""
    rule = found.published.rule
    return found.published.decimals.get(rule.ranked or "", 2)


def _unambiguous(published: Published, compared: bool) -> None:
    """Refuse names of which it is not clear whom they mean: the table can be audited, and not ranked."""
    seen: set[tuple[str, str]] = set()
    faults = []
    for row in published.rows:
        key = ("" if compared else row.group, row.name)
        if key in seen:
            faults.append(Fault("duplicate_id", published.file, row.number, published.rule.name, row.name))
        seen.add(key)
    if faults:
        raise InputFaults(faults)


def _best(rule: Rule) -> Best:
    return "low" if rule.best == "low" else "high"


def _place_of(group: str, rule: Rule) -> int:
    """Return the place of a group: as the rule lists them, else as they appear."""
    listed = list(rule.group_names)
    return listed.index(group) if group in listed else len(listed)


def _scores_by_name(found: TableAudit) -> Mapping[str, Fraction | None]:
    return {row.name: found.totals.get(row.number) for row in found.published.rows}


def _unit(place: Ranked, row: Row, found: TableAudit) -> Unit:
    rule = found.published.rule
    return Unit(
        ranked=place,
        raw=tuple(row.printed.get(part.column, "") for part in rule.parts),
        weighted=tuple(part.weight * row.values.get(part.column, Fraction(0)) for part in rule.parts),
        adjusted=tuple(row.printed.get(column, "") for column in (*rule.deductions, *rule.bonus)),
        findings=tuple(check for check in found.findings if check.row is not None and check.row.number == row.number),
    )


def _full(rule: Rule) -> Fraction | None:
    """Return the highest total, where every part has a highest mark and nothing is added."""
    if not rule.parts or rule.bonus or any(part.high is None for part in rule.parts):
        return None
    return sum((part.weight * (part.high or 0) for part in rule.parts), Fraction(0))


def _error(parts: Sequence[Part]) -> Error | None:
    """Return the standard error of the total: errors of parts are independent. None unless each part has one."""
    known = [(part.name, part.sd, part.weight) for part in parts if part.sd is not None]
    if not known or len(known) < len(parts):
        return None
    variance = sum(float(weight * sd) ** 2 for _, sd, weight in known)
    assumed = any(part.sd_status in (None, "assumed") for part in parts)
    return Error(math.sqrt(variance), tuple((name, sd) for name, sd, _ in known), assumed)


def _group(
    key: str, rule: Rule, units: Sequence[Unit], error: Error | None, of_row: Mapping[tuple[str, str], Row]
) -> Group:
    best, parts = _best(rule), rule.parts
    held: Sequence[Unit] = units
    pairs: tuple[tuple[Unit, Unit], ...] = ()
    if error is not None:
        held, pairs = _with_chances(units, error, _full(rule), best)
    otherwise = 0
    if len(parts) > 1:
        heaviest = max(parts, key=lambda part: part.weight).column
        marks = [of_row[key, unit.ranked.name].values.get(heaviest) for unit in held]
        alone = competition(marks, best=best)
        otherwise = sum(unit.ranked.rank != rank for unit, rank in zip(held, alone, strict=True))
    return Group(key, rule.group_name(key), tuple(held), pairs, otherwise)


def _with_chances(
    units: Sequence[Unit], error: Error, full: Fraction | None, best: Best
) -> tuple[list[Unit], tuple[tuple[Unit, Unit], ...]]:
    """Return the units with the scores and ranks of a repeated assessment, and the neighbours whose order is not firm.

    The units that have a score stand first.
    """
    from evalsys.rank_chances import another, not_firm, rank_ranges

    laws = [another(float(unit.ranked.score), error.total) for unit in units if unit.ranked.score is not None]
    if not laws:
        return list(units), ()
    top = math.inf if full is None else float(full)
    held = [
        replace(unit, low=max(law.quantile(_TAIL), 0.0), high=min(law.quantile(1 - _TAIL), top), chances=chances)
        for unit, law, chances in zip(units, laws, rank_ranges(laws, best=best), strict=False)
    ]
    pairs = tuple((held[pair.ahead], held[pair.behind]) for pair in not_firm(laws, best=best))
    return [*held, *units[len(held) :]], pairs


# ------------------------------------------------------------------------------------------------ an assessment


def plain_league(result: Score, by: str = "unit", previous: Score | None = None) -> League:
    """Rank the units or areas of an assessment by the share that their rows win: every row counts 1.

    Parameters
    ----------
    result : Score
    by : {'unit', 'area'}
    previous : Score, optional
        The last round.

    Returns
    -------
    League
        Without ranges: plain sums have no forecast. A row of several units counts in full for each of them, and rows
        that nobody answers for are not ranked.

    Raises
    ------
    InputFaults
        If `by` is neither.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> league = plain_league(score(read_assessment("data/wujiang-2016")))
    >>> [(unit.ranked.name, unit.ranked.rank) for unit in league.groups[0].last]
    [('市场监督局', 14)]
    """
    from evalsys.views import plain_view

    if by not in BY:
        raise InputFaults([Fault("bad_value", "league-table", None, "by", by, " ".join(BY), nearest(by, BY))])
    view = plain_view(result, by)
    own = view[view["name"] != ""]
    then = None if previous is None else _rates(plain_view(previous, by).to_dict("records"))
    scores = _rates(own.to_dict("records"))
    counted = {row["name"]: (int(row["points"]), row["won"]) for row in own.to_dict("records")}
    places = ranked(list(scores), list(scores.values()), previous=then, decimals=2)
    units = tuple(Unit(place, rows=counted[place.name][0], won=counted[place.name][1]) for place in places)
    assessment = result.assessment
    applies = result.rows["attainment"].notna()
    shared = int((applies & (result.rows["units"].map(len) > 1)).sum()) if by == "unit" else 0
    unnamed = int(view.loc[view["name"] == "", "points"].sum())
    settings = assessment.settings
    return League(
        title=Text(f"{settings.place}{BY[by].zh}排名", f"{settings.place}: ranking of {BY[by].en.lower()}s"),
        place=settings.place,
        round=settings.round,
        unit=BY[by],
        total=Text("得分率", "Rate"),
        measure="percent",
        full=Fraction(100),
        groups=(Group("", BY[by], units),),
        plain=Plain(by, shared, unnamed),
        previous=None if previous is None else previous.assessment.settings.round,
        gone=gone(scores, then or {}),
        files=(assessment.name,),
        hash=assessment.evidence_hash,
        note=settings.source_note,
    )


def _rates(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Fraction | None]:
    """Return attainment in per cent by name, best first; rows of nobody are left out."""
    rates = {str(row["name"]): row["attainment"] for row in rows if row["name"]}
    return {name: rate * 100 if isinstance(rate, Fraction) else None for name, rate in rates.items()}


# ------------------------------------------------------------------------------------- assessments of several units


def listed_league(found: Listed, previous: Listed | None = None) -> League:
    """Rank units that have an assessment each by their final scores, in % of the full marks.

    Ranks have ranges where the list was read with forecasts. Units are those of the last round where their names are.

    Raises
    ------
    InputFaults
        If a name stands in two groups where there is a last round: whom it means is not clear.
    """
    members = found.members
    then = None if previous is None else {own.name: _final_rate(own.score) for own in previous.members}
    places = ranked(
        [own.name for own in members],
        [_final_rate(own.score) for own in members],
        groups=[own.group for own in members],
        previous=then,
        decimals=2,
    )
    groups: dict[str, list[Ranked]] = {}
    for place in places:
        groups.setdefault(place.group, []).append(place)
    made = [_listed_group(key, own, found) for key, own in groups.items()]
    settings = [own.score.assessment.settings for own in members]
    rounds = tuple(dict.fromkeys(own.round for own in settings))
    cities = {own.place for own in settings}
    forecast = any(own.prospect for own in members)
    return League(
        title=Text("各单位测评得分率排名", "Units ranked by their assessments"),
        place=cities.pop() if len(cities) == 1 else "",
        round=rounds[0] if len(rounds) == 1 else "",
        unit=Text("单位", "Unit"),
        total=Text("得分率", "Rate"),
        measure="percent",
        full=Fraction(100),
        groups=tuple(group for group, _ in made),
        several=Several(
            forecast,
            len({own.score.assessment.instrument.id for own in members}),
            rounds,
            tuple(name for _, simulated in made for name in simulated),
        ),
        previous=None if previous is None else _round_of(previous),
        gone=gone([own.name for own in members], then or {}),
        files=(found.file, *(own.score.assessment.name for own in members)),
        hash=found.hash,
    )


def _final_rate(result: Score) -> Fraction | None:
    """Return the score after all that comes after the total, in % of the full marks."""
    return None if result.final_attainment is None else result.final_attainment * 100


def _round_of(found: Listed) -> str:
    rounds = {own.score.assessment.settings.round for own in found.members}
    return rounds.pop() if len(rounds) == 1 else found.file


def _listed_group(key: str, places: Sequence[Ranked], found: Listed) -> tuple[Group, tuple[str, ...]]:
    """Return a group, best first, and the names of those whose law is simulated."""
    of_name = {own.name: own for own in found.members if own.group == key}
    units = []
    for place in places:
        result = of_name[place.name].score
        won, full = result.final or Fraction(0), result.assessment.instrument.full_marks
        units.append(Unit(place, won=won, full=full, barred=bool(result.settled.bars)))
    prospects = [known for place in places if (known := of_name[place.name].prospect) is not None]
    if not prospects:
        return Group(key, Text(key, key), tuple(units)), ()
    from evalsys.league_forecasts import coming

    ahead, pairs = coming(prospects)  # those with a score have a forecast, and stand first
    held = [
        replace(unit, low=own.low, high=own.high, chances=own.chances, expected=own.mean)
        for unit, own in zip(units, ahead, strict=False)
    ]
    alike = tuple((held[at], held[at + 1]) for at in pairs)
    simulated = tuple(unit.ranked.name for unit, own in zip(held, ahead, strict=True) if own.simulated)
    return Group(key, Text(key, key), (*held, *units[len(held) :]), alike), simulated
