"""One month of the office's work in numbers [创城工作月报]: an issue of the bulletin and all that a month adds to it.

What came and went is that of the bulletin, parted by week, source and indicator; beside it stand the materials and the
calendar of the month, what was decided on ladders, who answers for what, the survey, and how the score moved.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from evalsys.as_of import evidence_on
from evalsys.assessment import Assessment
from evalsys.bulletin_results import Issue, Rows, Stated, issue_of
from evalsys.bulletins import Bulletin, period_days, period_of
from evalsys.done import STATES_OF_DONE
from evalsys.dues import Due, due_between
from evalsys.duty_parts import Part
from evalsys.duty_results import VIEWS, duty_result
from evalsys.faults import Fault, InputFaults
from evalsys.language import LANGUAGES, Lang
from evalsys.ledger_costs import forecast_or_why
from evalsys.ledgers import Ledgers, in_hand_by_standard, ledgers_of
from evalsys.material_ledger import TIMES, Dunning, Item, MaterialLedger, dunning, material_ledger
from evalsys.scoring import Score, score
from evalsys.survey_results import SurveyResult, survey_result
from evalsys.when import month_days, week_of

__all__ = ["OWN", "MonthReport", "Week", "default_month", "indicator_of", "report_of_month", "weeks_of"]

_DAY = datetime.timedelta(days=1)
#: What a month's findings are parted by, beside unit and area.
OWN = ("week", "source", "indicator")
_MOVES = ("new", "fixed", "returned", "verified")
_PARTED = ("new", "fixed", "in_hand", "overdue")


@dataclass(frozen=True)
class Week:
    """The days of a month that lie in one ISO week.

    Attributes
    ----------
    name : str
        ``2016-W33``.
    first, last : date
        Within the month.
    """

    name: str
    first: datetime.date
    last: datetime.date


def weeks_of(month: str) -> tuple[Week, ...]:
    """Return the weeks of a month, the first and the last cut at its ends, so that they add up to the month.

    Parameters
    ----------
    month : str
        ``2016-08``.

    Examples
    --------
    >>> [(week.name, week.first.day, week.last.day) for week in weeks_of("2016-08")][::4]
    [('2016-W31', 1, 7), ('2016-W35', 29, 31)]
    """
    first, last = month_days(month)
    found = []
    while first <= last:
        end = min(first + (6 - first.weekday()) * _DAY, last)
        found.append(Week(week_of(first), first, end))
        first = end + _DAY
    return tuple(found)


@dataclass(frozen=True, eq=False)
class MonthReport:
    """A month of the ledgers, with everything that its report tells.

    Attributes
    ----------
    issue : Issue
        The bulletin of the month; materials stand as on its last day.
    faults : tuple of Fault
        Why there is no forecast; none where nobody wants one.
    materials : MaterialLedger
    asked : Dunning
        What the month asks for.
    dues : tuple of Due
        What the calendar made due in the month.
    decided : DataFrame
        Rows of the table of steps decided on in the month.
    survey : SurveyResult
        Of the whole assessment: answers bear no day.
    earlier : tuple of (str, Score) or None
        The round of the month before with its score; None where the assessment has none.
    """

    issue: Issue
    faults: tuple[Fault, ...]
    materials: MaterialLedger
    asked: Dunning
    dues: tuple[Due, ...]
    decided: pd.DataFrame
    survey: SurveyResult
    earlier: tuple[str, Score] | None

    @property
    def found(self) -> Bulletin:
        """The numbers of the bulletin."""
        return self.issue.found

    @property
    def kept(self) -> Ledgers:
        """The ledgers."""
        return self.issue.found.kept

    @property
    def assessment(self) -> Assessment:
        """The assessment, with its materials as on the last day of the month."""
        return self.issue.assessment

    @property
    def month(self) -> str:
        """The month, ``2016-08``."""
        return self.found.period

    @property
    def running(self) -> bool:
        """Whether the ledgers end before the month does."""
        last = self.kept.last_day
        return last is not None and self.found.first <= last < self.found.last

    @cached_property
    def weeks(self) -> tuple[Week, ...]:
        """The weeks of the month."""
        return weeks_of(self.month)

    @cached_property
    def before(self) -> Score:
        """The score as checked by the end of the month before."""
        return score(evidence_on(self.found.result.assessment, self.found.previous.last))

    @cached_property
    def closed_before(self) -> Score:
        """The score with everything that the ledgers had closed by the end of the month before."""
        found = self.found
        past = found.previous
        before = Bulletin(self.kept, self.before, past.first.isoformat()[:7], past.first, past.last, past, past)
        return before.closed

    def names(self, by: str) -> list[str]:
        """Return for each finding its source, or the code of its indicator."""
        if by == "source":
            return [str(name) for name in self.issue.told["source"]]
        return indicator_of(self.kept)

    @cached_property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """The names by which the month's findings are parted, those with most new findings first; weeks in order."""
        found = {"week": tuple(week.name for week in self.weeks)}
        for by in OWN[1:]:
            names = self.names(by)
            counts: dict[str, list[int]] = {}
            for place, key in enumerate(_PARTED):
                for row in self.issue.rows[key].findings:
                    counts.setdefault(names[row], [0] * len(_PARTED))[place] += 1
            found[by] = tuple(sorted(counts, key=lambda name: ([-count for count in counts[name]], name)))
        return found

    @cached_property
    def stated(self) -> Mapping[tuple[str, str, str], Stated]:
        """Every figure of the report: those of the bulletin first, so that they keep their numbers; then its own."""
        made = dict(self.issue.stated)

        def add(key: str, by: str, name: str, sheet: str, places: Iterable[int]) -> None:
            made[key, by, name] = Stated(key, name, by, sheet, tuple(places))

        days = self.kept.moves["day"].to_numpy().astype("datetime64[D]").tolist()
        for week in self.weeks:
            for key in _MOVES:
                moves = self.issue.rows[key].moves
                add(key, "week", week.name, key, _where(week.first <= days[move] <= week.last for move in moves))
        for by in OWN[1:]:
            names = self.names(by)
            for name in self.parts[by]:
                for key in _PARTED:
                    rows: Rows = self.issue.rows[key]
                    add(key, by, name, key, _where(names[row] == name for row in rows.findings))
        for key, (sheet, flags) in self._own().items():
            add(key, "", "", sheet, _where(flags))
        return made

    def _own(self) -> dict[str, tuple[str, Sequence[bool]]]:
        """Return the figures that count other rows than findings: sheet, and which of its rows count."""
        items, dues = self.papers, self.dues
        out: dict[str, tuple[str, Sequence[bool]]] = {
            "decided": ("decided", [True] * len(self.decided)),
            "confirmed": ("decided", self.decided["decided"].tolist()),
            "materials": ("materials", [True] * len(self.asked.due) + [False] * len(self.asked.arrears)),
            "arrears": ("materials", [False] * len(self.asked.due) + [True] * len(self.asked.arrears)),
            "calendar": ("calendar", [True] * len(dues)),
        }
        own = range(len(self.asked.due))
        for time in TIMES:
            out[f"material_{time}"] = ("materials", [items[place].time == time for place in own])
        for state in STATES_OF_DONE:
            out[f"calendar_{state}"] = ("calendar", [due.state == state for due in dues])
        for part in self.duties["zh"]:
            out[part.key] = (part.key, [True] * len(part.listing.rows))
        return out

    @property
    def papers(self) -> tuple[Item, ...]:
        """The materials of the month, then what is owed from earlier months."""
        return (*self.asked.due, *self.asked.arrears)

    @cached_property
    def duties(self) -> Mapping[Lang, tuple[Part, ...]]:
        """The grid, the responsibilities and the quotas on the last day, in both languages."""
        held = in_hand_by_standard(self.kept, self.found.last)
        return {
            lang: tuple(
                part for view in VIEWS for part in duty_result(self.assessment, view, self.found.last, lang, held).parts
            )
            for lang in LANGUAGES
        }

    @cached_property
    def numbers(self) -> Mapping[tuple[str, str, str], int]:
        """The number of each figure in the annex, from 1."""
        return {place: number for number, place in enumerate(self.stated, 1)}

    def count(self, key: str, by: str = "", name: str = "") -> int:
        """Return a figure; 0 for one that does not occur."""
        own = self.stated.get((key, by, name))
        return 0 if own is None else own.value


def _where(flags: Iterable[bool]) -> list[int]:
    return [place for place, own in enumerate(flags) if own]


def indicator_of(kept: Ledgers) -> list[str]:
    """Return for each finding the code of the indicator that its standard belongs to."""
    nodes = kept.assessment.instrument.nodes
    codes: dict[int, str] = {}
    for place in set(kept.findings["place"].tolist()):
        above = nodes[place].parent
        codes[place] = nodes[above].code if above >= 0 else nodes[place].code
    return [codes[place] for place in kept.findings["place"].tolist()]


def default_month(assessment: Assessment) -> str:
    """Return the last month that ended by the last day of the ledgers, or the running one where none did.

    Raises
    ------
    InputFaults
        If the ledgers tell of no day.
    """
    kept = ledgers_of(assessment)
    last = kept.some_last_day()
    month = period_of(last, monthly=True)
    if month_days(month)[1] == last:
        return month
    before = period_of(last.replace(day=1) - _DAY, monthly=True)
    days = [kept.moves["day"].min(), assessment.observations["observed_on"].min()]
    known = [day.date() for day in days if not pd.isna(day)]
    return before if known and min(known) <= month_days(before)[1] else month


def report_of_month(
    assessment: Assessment, month: str = "", with_forecast: bool = True, linked: bool = False
) -> MonthReport:
    """Return a month of an assessment with everything that its report tells.

    Parameters
    ----------
    assessment : Assessment
    month : str
        ``2016-08``; empty: see :func:`default_month`.
    with_forecast : bool
        Whether the chance to pass is computed too. A fault of the forecast is told, not raised.
    linked : bool
        Whether an annex goes with the page, so that figures link to their rows.

    Raises
    ------
    InputFaults
        If the month is none, or none is named and the ledgers are empty.
    """
    month = month or default_month(assessment)
    if "W" in month:
        raise InputFaults([Fault("bad_date", "month", value=month, allowed="2016-08")])
    first, last = period_days(month)
    issue = issue_of(assessment, month, monthly=True, with_forecast=False, linked=linked)
    as_of = issue.found.result.assessment
    ahead, faults = forecast_or_why(as_of) if with_forecast else (None, ())
    result = ahead.prospect.score if ahead is not None else score(as_of)
    kept = replace(issue.kept, assessment=as_of)
    issue = replace(issue, found=replace(issue.found, kept=kept, result=result), ahead=ahead)
    materials = material_ledger(as_of, last, ahead)
    steps = assessment.ledgers["steps"]
    inside = (steps["decided_on"] >= pd.Timestamp(first)) & (steps["decided_on"] <= pd.Timestamp(last))
    return MonthReport(
        issue=issue,
        faults=faults,
        materials=materials,
        asked=dunning(materials, month),
        dues=tuple(due for due in due_between(as_of, first, last, last) if due.kind == "calendar"),
        decided=steps[inside].sort_values("decided_on", kind="stable", ignore_index=True),
        survey=survey_result(as_of),
        earlier=_earlier(assessment, first),
    )


def _earlier(assessment: Assessment, first: datetime.date) -> tuple[str, Score] | None:
    """Return the latest other round that ended in the month before, with its score."""
    from evalsys.evidence import read_assessment

    before = first - _DAY
    table = assessment.observations
    other = table[table["round"] != assessment.settings.round]
    ends = other.groupby("round", sort=True)["observed_on"].max().dropna()
    inside = ends[(ends >= pd.Timestamp(before.replace(day=1))) & (ends <= pd.Timestamp(before))]
    if inside.empty:
        return None
    name = str(inside.sort_values(kind="stable").index[-1])
    return name, score(read_assessment(assessment.path, round=name))
