"""What a bulletin states, with the rows behind it: each figure is the number of rows of one sheet of its annex.

Rows are told once, here; the page, the annex and the command line take them as they stand.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evalsys.assessment import Assessment
from evalsys.bulletins import Bulletin, bulletin, period_days, period_of
from evalsys.dues import DUE_KINDS, Due, due_between
from evalsys.escalation import Proposal, escalation
from evalsys.escalation_words import clause_text, lift_text, missed_text, step_text, why_text
from evalsys.finding_results import FINDING_COLUMNS, columns_of, finding_cells, finding_name
from evalsys.language import Lang, Text
from evalsys.ledger_costs import Cost, costs, forecast_or_why
from evalsys.ledgers import Ledgers
from evalsys.listing import Column, Listing
from evalsys.ranks import competition

if TYPE_CHECKING:
    from evalsys.faults import Fault
    from evalsys.forecasting import Forecast

__all__ = [
    "FIGURES",
    "LEDGERS",
    "SHEETS",
    "Issue",
    "Rows",
    "Stated",
    "finding_name",
    "issue_of",
    "listing_of",
    "subject_name",
]

_DAY = datetime.timedelta(days=1)
#: Names of the figures that count findings, or their moves.
FIGURES: Mapping[str, Text] = {
    "new": Text("新增", "new"),
    "fixed": Text("办结", "put right"),
    "in_time": Text("按期办结", "put right in time"),
    "in_hand": Text("在办", "in hand"),
    "overdue": Text("逾期", "overdue"),
    "returned": Text("退回", "returned"),
    "verified": Text("复核通过", "verified"),
    "awaiting": Text("待复核", "awaiting review"),
    "coming": Text("下期到期", "due next"),
    "again": Text("重复和反弹", "repeats and relapses"),
    "measures": Text("拟采取措施", "proposed measures"),
    "dated": Text("下期事项", "dated matters next"),
    "sites": Text("点位", "sites"),
}
#: Sheets of the annex by key; what is put right in time stands in the sheet of what was put right.
SHEETS: Mapping[str, Text] = {
    **{key: name for key, name in FIGURES.items() if key != "in_time"},
    "reconciled": Text("核对", "reconciliation"),
    "series": Text("近六期", "last six"),
}
#: Names of the ledgers that are reconciled.
LEDGERS: Mapping[str, Text] = {
    "sites": Text("点位台账（个）", "Sites"),
    "in_hand": Text("问题台账·在办（条）", "Findings in hand"),
    "awaiting": Text("整改台账·待复核（条）", "Rectifications awaiting review"),
}
_MOVES = ("new", "fixed", "returned", "verified")
_STANDS = ("in_hand", "overdue", "awaiting")
_COUNTED = (*_MOVES, *_STANDS)


@dataclass(frozen=True)
class Rows:
    """The rows of one sheet that stand for findings: rows of `Ledgers.findings`, and of its moves (-1: of none)."""

    findings: tuple[int, ...]
    moves: tuple[int, ...]


@dataclass(frozen=True)
class Stated:
    """One figure of a bulletin: how many rows of a sheet it counts.

    Attributes
    ----------
    key : str
        Of :data:`FIGURES`.
    name : str
        Unit, area or day; empty for the figure of all.
    by : str
        'unit', 'area', 'day' (on which it falls due), or empty.
    sheet : str
        Key of :data:`SHEETS`.
    places : tuple of int
        Rows of the sheet, from 0.
    """

    key: str
    name: str
    by: str
    sheet: str
    places: tuple[int, ...]

    @property
    def value(self) -> int:
        """The figure."""
        return len(self.places)


@dataclass(frozen=True, eq=False)
class Issue:
    """One issue of the bulletin: its numbers, what is proposed, what falls due, what is at stake.

    Attributes
    ----------
    found : Bulletin
    standings : tuple of Proposal
        Where units, areas and sites stand on the ladders at the end of the period.
    dated : tuple of Due
        What else falls due in the next period (calendar, materials, deadlines) and was not done by the end of this one.
    ahead : Forecast or None
        Of the coming inspection; None where none was wanted or can be made.
    linked : bool
        Whether an annex goes with the page, so that figures link to their rows.
    faults : tuple of Fault
        Why there is no forecast; none where nobody wants one.
    """

    found: Bulletin
    standings: tuple[Proposal, ...]
    dated: tuple[Due, ...]
    ahead: Forecast | None
    linked: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def kept(self) -> Ledgers:
        """The ledgers."""
        return self.found.kept

    @property
    def assessment(self) -> Assessment:
        """The assessment."""
        return self.found.kept.assessment

    @property
    def told(self) -> Mapping[str, list[Any]]:
        """The columns of the findings as plain lists."""
        return columns_of(self.kept)

    @cached_property
    def measures(self) -> tuple[Proposal, ...]:
        """What is proposed and waits for a person."""
        return tuple(own for own in self.standings if own.standing.status == "proposed")

    @cached_property
    def prices(self) -> Mapping[str, Cost]:
        """What all that is overdue, and all that is in hand, costs together."""
        names = self.assessment.observations["observation_id"].tolist()
        seen = self.told["observations"]
        groups = {key: sorted({names[row] for at in self.rows[key].findings for row in seen[at]}) for key in _PRICED}
        return costs(self.found.result.assessment, groups, self.ahead)

    @cached_property
    def after(self) -> dict[int, Any]:
        """Where each finding stands at the end of the period, by row of the findings."""
        rows: Iterable[Any] = self.found.flow.after.itertuples(index=False)
        return {row.finding: row for row in rows}

    @cached_property
    def rows(self) -> Mapping[str, Rows]:
        """The rows of every sheet on findings, those of one unit beside each other, the longest overdue first."""
        own = self.found.flow
        moves = {key: [int(move) for move in getattr(own, key)] for key in _MOVES}
        stood = {key: self.found.figures[key].tolist() for key in _STANDS}
        stood["coming"] = self.found.coming["finding"].tolist()
        new = self.found.figures["new"].tolist()
        stood["again"] = [row for row in new if self.told["relapse_of"][row] or self.told["repeat_of"][row]]
        of = self.kept.moves["finding"].tolist()
        pairs = {key: [(of[move], move) for move in held] for key, held in moves.items()}
        pairs |= {key: [(row, -1) for row in held] for key, held in stood.items()}
        units, names = self.told["units"], self.told["finding_id"]

        def order(pair: tuple[int, int]) -> tuple[Any, ...]:
            row, move = pair
            return tuple(units[row] or ()), -int(self.after[row].overdue), self.after[row].due, names[row], move

        made = {key: sorted(held, key=order) for key, held in pairs.items()}
        return {key: Rows(tuple(row for row, _ in held), tuple(move for _, move in held)) for key, held in made.items()}

    @cached_property
    def stated(self) -> Mapping[tuple[str, str, str], Stated]:
        """Every figure by its key, 'unit', 'area', 'day' or empty, and the name."""
        made: dict[tuple[str, str, str], Stated] = {}

        def add(key: str, by: str, name: str, sheet: str, places: Iterable[int]) -> None:
            made[key, by, name] = Stated(key, name, by, sheet, tuple(places))

        for key, rows in self.rows.items():
            add(key, "", "", key, range(len(rows.findings)))
        in_time = set(self.found.flow.in_time.tolist())
        timely = [place for place, move in enumerate(self.rows["fixed"].moves) if move in in_time]
        add("in_time", "", "", "fixed", timely)
        days = {row: str(own.due.date()) for row, own in self.after.items()}
        due = [days[row] for row in self.rows["coming"].findings]
        for day in sorted(set(due)):
            add("coming", "day", day, "coming", (place for place, own in enumerate(due) if own == day))
        add("measures", "", "", "measures", range(len(self.measures)))
        add("dated", "", "", "dated", range(len(self.dated)))
        add("sites", "", "", "sites", range(len(self.assessment.sites)))
        for by, table in (("unit", self.found.units), ("area", self.found.areas)):
            own = {key: self._places(by, key, range(len(self.rows[key].findings))) for key in _COUNTED}
            own["in_time"] = self._places(by, "fixed", timely)
            for name in table["name"].tolist():
                for key, places in own.items():
                    add(key, by, name, "fixed" if key == "in_time" else key, places.get(name, ()))
        return made

    @cached_property
    def numbers(self) -> Mapping[tuple[str, str, str], int]:
        """The number of each figure in the annex, from 1."""
        return {place: number for number, place in enumerate(self.stated, 1)}

    def _places(self, by: str, sheet: str, chosen: Iterable[int]) -> dict[str, list[int]]:
        """Return some rows of a sheet by the names of units or areas; a finding of several units stands under each."""
        found: dict[str, list[int]] = {}
        findings = self.rows[sheet].findings
        for place in chosen:
            told = self.told["units" if by == "unit" else "area"][findings[place]]
            for name in (told or ("",)) if by == "unit" else (told or "",):
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def photos(self) -> tuple[tuple[int, str, str], ...]:
        """What was put right in the period: row of the finding, photographs before and after; empty for none."""
        after = self.assessment.ledgers["rectifications"]["photo"].tolist()
        rows, moves = self.kept.moves["row"].tolist(), self.rows["fixed"]
        before = self.told["photo"]
        pairs = zip(moves.findings, moves.moves, strict=True)
        return tuple((row, before[row], after[rows[move]] if rows[move] >= 0 else "") for row, move in pairs)

    @cached_property
    def unrecorded(self) -> tuple[int, ...]:
        """Findings known by the end of the period, and not closed, on which the ledger of rectifications has no row."""
        known = set(self.assessment.ledgers["rectifications"]["finding_id"].tolist())
        names = self.told["finding_id"]
        return tuple(row for row, own in self.after.items() if own.state != "verified" and names[row] not in known)

    def ranks(self, by: str, key: str) -> list[tuple[int, str, Fraction]]:
        """Return rank, name and value of units or areas by 'points' lost in hand or by 'overdue_share', worst first.

        The first has most to do; those who are equal share the rank. Names of nobody take no place.
        """
        table = self.found.units if by == "unit" else self.found.areas
        pairs = [(n, v) for n, v in zip(table["name"].tolist(), table[key].tolist(), strict=True) if n]
        places = competition([value for _, value in pairs])
        held = [(rank, n, v) for rank, (n, v) in zip(places, pairs, strict=True) if rank is not None and v is not None]
        return sorted(held, key=lambda own: own[0])


_PRICED = ("overdue", "in_hand")


def issue_of(
    assessment: Assessment,
    week: str = "",
    *,
    monthly: bool = False,
    with_forecast: bool = True,
    linked: bool = False,
) -> Issue:
    """Return one issue of the bulletin with everything that its page tells.

    Parameters
    ----------
    assessment : Assessment
    week : str
        ``2016-W33`` (or a month); empty: that of the last day of which the ledgers tell.
    monthly : bool
        Whether an empty period means a month.
    with_forecast : bool
        Whether the chance to pass is computed, if there is a pass mark. A fault of the forecast is told, not raised.
    linked : bool
        Whether an annex goes with the page.

    Raises
    ------
    InputFaults
        If the period is none, or the ledgers are empty and none is named.
    """
    found = bulletin(assessment, week, monthly=monthly)
    wanted = with_forecast and found.result.pass_mark is not None
    ahead, faults = forecast_or_why(found.result.assessment) if wanted else (None, ())
    return Issue(found, escalation(found.kept, found.last), _dated(found), ahead, linked, faults)


def _dated(found: Bulletin) -> tuple[Due, ...]:
    """Return what is neither a finding nor done, and falls due in the next period."""
    first, last = period_days(period_of(found.last + _DAY, found.monthly))
    return tuple(due for due in due_between(found.kept.assessment, first, last, found.last) if due.state == "open")


# ---------------------------------------------------------------------------------------------------- as rows


_MOVE_COLUMNS = (Column("on", Text("日期", "day")), Column("in_time", Text("按期", "in time")))
_PHOTO = Column("photo_after", Text("整改后照片", "photo after"))


def listing_of(issue: Issue, sheet: str, lang: Lang) -> Listing:
    """Return one sheet of the annex as rows.

    Parameters
    ----------
    issue : Issue
    sheet : str
        A key of :data:`SHEETS`.
    lang : {'zh', 'en'}
    """
    other = {"measures": _measures, "dated": _dated_rows, "sites": _sites, "reconciled": _reconciled, "series": _series}
    return other[sheet](issue, lang) if sheet in other else _findings(issue, sheet, lang)


def _findings(issue: Issue, sheet: str, lang: Lang) -> Listing:
    kept, held, points = issue.kept, issue.rows[sheet], issue.found.points
    moved = sheet in _MOVES
    columns = FINDING_COLUMNS + (_MOVE_COLUMNS[:1] if moved else ())
    days = kept.moves["day"].to_numpy().astype("datetime64[D]")
    in_time = set(issue.found.flow.in_time.tolist())
    after = {move: photo for move, (_, _, photo) in zip(issue.rows["fixed"].moves, issue.photos, strict=True)}
    rows = []
    for row, move in zip(held.findings, held.moves, strict=True):
        cells = finding_cells(kept, row, issue.after[row], points[row], lang)
        if moved:
            cells += (str(days[move]),)
        if sheet == "fixed":
            cells += (Text("是", "yes").say(lang) if move in in_time else Text("否", "no").say(lang), after[move])
        rows.append(cells)
    return Listing(columns + ((_MOVE_COLUMNS[1], _PHOTO) if sheet == "fixed" else ()), rows)


def _measures(issue: Issue, lang: Lang) -> Listing:
    columns = (
        Column("subject", Text("对象", "subject")),
        Column("step", Text("建议", "proposed")),
        Column("basis", Text("依据", "basis")),
        Column("missed", Text("未审定的前期措施", "not yet decided")),
        Column("lifts", Text("解除条件", "lifted by")),
        Column("ladder", Text("制度", "ladder")),
        Column("clause", Text("条款", "clause")),
        Column("findings", Text("所涉问题", "findings")),
    )
    rows = [
        (
            subject_name(issue, own),
            step_text(own).say(lang),
            why_text(own).say(lang),
            missed_text(own).say(lang),
            lift_text(own).say(lang),
            own.ladder.said.text.say(lang),
            clause_text(own.ladder).say(lang),
            " ".join(own.standing.ids),
        )
        for own in issue.measures
    ]
    return Listing(columns, rows)


def subject_name(issue: Issue, one: Proposal) -> str:
    """Return the unit, the area or the site that a standing is of."""
    if one.ladder.by != "site":
        return one.subject
    sites = issue.assessment.sites
    return dict(zip(sites["site_id"].tolist(), sites["name"].tolist(), strict=True)).get(one.subject) or one.subject


def _dated_rows(issue: Issue, lang: Lang) -> Listing:
    columns = (
        Column("due", Text("到期日", "due")),
        Column("kind", Text("类别", "kind")),
        Column("matter", Text("事项", "matter")),
        Column("unit", Text("责任单位", "unit")),
        Column("period", Text("所属期", "period")),
        Column("code", Text("编码", "code")),
        Column("clause", Text("条款", "clause")),
    )
    rows = [
        (
            own.due.isoformat(),
            DUE_KINDS[own.kind].say(lang),
            own.what.say(lang),
            own.unit.say(lang),
            own.period,
            own.code,
            own.clause,
        )
        for own in issue.dated
    ]
    return Listing(columns, rows)


def _sites(issue: Issue, lang: Lang) -> Listing:
    assessment = issue.assessment
    sites, types = assessment.sites, assessment.instrument.site_types
    columns = (
        Column("site_id", Text("点位编号", "site id")),
        Column("name", Text("点位", "site")),
        Column("site_type", Text("类型", "type")),
        Column("area", Text("属地", "area")),
        Column("units", Text("责任单位", "units")),
        Column("in_hand", Text("在办", "in hand"), "count"),
        Column("overdue", Text("逾期", "overdue"), "count"),
        Column("points", Text("影响总分", "points at stake"), "points"),
    )
    where = issue.told["site"]
    counts: dict[str, dict[int, int]] = {"in_hand": {}, "overdue": {}}
    points: dict[int, Fraction] = {}
    for key, held in counts.items():
        for row in issue.rows[key].findings:
            held[where[row]] = held.get(where[row], 0) + 1
            if key == "in_hand":
                points[where[row]] = points.get(where[row], Fraction(0)) + issue.found.points[row]
    stop = Text("、", ", ").say(lang)
    rows = [
        (
            site_id,
            name or "",
            types[kind].say(lang),
            area or "",
            stop.join(units or ()),
            counts["in_hand"].get(place, 0),
            counts["overdue"].get(place, 0),
            points.get(place, Fraction(0)),
        )
        for place, (site_id, name, kind, area, units) in enumerate(
            zip(*(sites[column].tolist() for column in ("site_id", "name", "site_type", "area", "units")), strict=True)
        )
    ]
    return Listing(columns, rows)


def _reconciled(issue: Issue, lang: Lang) -> Listing:
    columns = (
        Column("ledger", Text("台账", "ledger")),
        Column("before", Text("上期末", "end of last period"), "count"),
        Column("more", Text("本期增", "more"), "count"),
        Column("less", Text("本期减", "less"), "count"),
        Column("after", Text("本期末", "end of this period"), "count"),
        Column("agrees", Text("核对", "agrees")),
    )
    rows = [
        (
            LEDGERS[own["ledger"]].say(lang),
            *(own[key] for key in ("before", "more", "less", "after")),
            (Text("一致", "yes") if own["agrees"] else Text("不一致", "no")).say(lang),
        )
        for own in issue.found.reconciled.to_dict("records")
    ]
    return Listing(columns, rows)


def _series(issue: Issue, lang: Lang) -> Listing:
    columns = (
        Column("period", Text("周或月", "period")),
        Column("new", FIGURES["new"], "count"),
        Column("fixed", FIGURES["fixed"], "count"),
        Column("in_hand", Text("期末在办", "in hand at its end"), "count"),
        Column("overdue", Text("期末逾期", "overdue at its end"), "count"),
    )
    records = issue.found.series.to_dict("records")
    return Listing(columns, [tuple(own[column.key] for column in columns) for own in records])
