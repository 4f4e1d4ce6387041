"""The numbers of one week's or month's bulletin, all counted from rows of the ledgers."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys.as_of import evidence_on
from evalsys.assessment import Assessment
from evalsys.cells import column_of
from evalsys.faults import Fault, InputFaults
from evalsys.ledgers import IN_HAND, Flow, Ledgers, flow, ledgers_of
from evalsys.scoring import Score, score
from evalsys.when import month_days, months_later, week_days, week_of

__all__ = ["SERIES", "Bulletin", "bulletin", "period_days", "period_of", "points_of"]

#: How many periods the series shows.
SERIES = 6
_DAY = datetime.timedelta(days=1)
_ZERO = Fraction(0)
Ints = NDArray[np.int64]


def period_days(period: str) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of ``2016-W33`` or ``2016-08``.

    Raises
    ------
    InputFaults
        If it is neither, or its year is not one of four digits from 1000 to 2999.

    Examples
    --------
    >>> [str(day) for day in period_days("2016-08")]
    ['2016-08-01', '2016-08-31']
    """
    try:
        if re.fullmatch(r"[12]\d{3}-W\d{2}", period, re.ASCII):
            return week_days(period)
        if re.fullmatch(r"[12]\d{3}-\d{2}", period, re.ASCII):
            return month_days(period)
    except ValueError:
        pass
    raise InputFaults([Fault("bad_date", "period", value=period, allowed="2016-W33  2016-08")])


def period_of(day: datetime.date, monthly: bool = False) -> str:
    """Return the week, or the month, that a day belongs to.

    Examples
    --------
    >>> period_of(datetime.date(2016, 8, 21)), period_of(datetime.date(2016, 8, 21), True)
    ('2016-W33', '2016-08')
    """
    return f"{day:%Y-%m}" if monthly else week_of(day)


def _earlier(first: datetime.date, back: int, monthly: bool) -> str:
    return period_of(months_later(first, -back) if monthly else first - back * 7 * _DAY, monthly)


def points_of(kept: Ledgers, result: Score) -> list[Fraction]:
    """Return for each finding the points that its observations lose in the present score.

    0 where none of its observations counts: it is of another round, was superseded, or the finding has none.
    """
    rows = result.rows
    lost = dict(zip(rows["observation_id"].tolist(), rows["lost"].tolist(), strict=True))
    names = kept.assessment.observations["observation_id"].tolist()
    return [sum((lost.get(names[row]) or _ZERO for row in rows), _ZERO) for rows in kept.findings["observations"]]


@dataclass(frozen=True, eq=False)
class Bulletin:
    """One period of the ledgers in numbers.

    Attributes
    ----------
    kept : Ledgers
    result : Score
        The score as checked by the end of the period.
    period : str
        ``2016-W33`` or ``2016-08``.
    first, last : date
    flow, previous : Flow
        What came and went in the period, and in the one before.
    """

    kept: Ledgers
    result: Score
    period: str
    first: datetime.date
    last: datetime.date
    flow: Flow
    previous: Flow

    @property
    def monthly(self) -> bool:
        """Whether the period is a month."""
        return "W" not in self.period

    @cached_property
    def points(self) -> list[Fraction]:
        """Points at stake of each finding, see :func:`points_of`."""
        return points_of(self.kept, self.result)

    @cached_property
    def series(self) -> pd.DataFrame:
        """The last :data:`SERIES` periods: ``period, new, fixed, in_hand`` (at its end), ``overdue``."""
        rows = []
        for back in range(SERIES - 1, -1, -1):
            name = _earlier(self.first, back, self.monthly)
            own = self.flow if back == 0 else flow(self.kept, *period_days(name))
            rows.append((name, len(own.new), len(own.fixed), len(own.in_hand(own.after)), len(own.overdue(own.after))))
        return pd.DataFrame(rows, columns=["period", "new", "fixed", "in_hand", "overdue"])

    def findings_of(self, moves: Ints) -> Ints:
        """Return the findings that rows of the moves are of."""
        found: Ints = self.kept.moves["finding"].to_numpy()[moves]
        return found

    @cached_property
    def figures(self) -> dict[str, Ints]:
        """The rows of the findings behind each figure: new, fixed, in_time, returned, verified, in_hand, awaiting,
        overdue (the last three at the end of the period).
        """
        own = self.flow
        moved = {name: self.findings_of(getattr(own, name)) for name in ("new", "fixed", "in_time", "returned")}
        return {
            **moved,
            "verified": self.findings_of(own.verified),
            "in_hand": own.in_hand(own.after),
            "awaiting": own.awaiting(own.after),
            "overdue": own.overdue(own.after),
        }

    @cached_property
    def units(self) -> pd.DataFrame:
        """By unit: ``name``, counts as in `figures`, ``rate`` (in time of fixed; Fraction or None), ``points`` (at
        stake in what is in hand), ``overdue_share`` (of what is in hand). A finding of several units counts for each.
        """
        return self._grouped([units or ("",) for units in self.kept.findings["units"].tolist()])

    @cached_property
    def areas(self) -> pd.DataFrame:
        """The same by area; an empty name is what no area answers for."""
        return self._grouped([(area or "",) for area in self.kept.findings["area"].tolist()])

    def _grouped(self, names: list[tuple[str, ...]]) -> pd.DataFrame:
        counts: dict[str, dict[str, int]] = {}
        points: dict[str, Fraction] = {}
        for figure, rows in self.figures.items():
            for row in rows.tolist():
                for name in names[row]:
                    own = counts.setdefault(name, dict.fromkeys(self.figures, 0))
                    own[figure] += 1
                    if figure == "in_hand":
                        points[name] = points.get(name, _ZERO) + self.points[row]
        order = sorted(counts, key=lambda name: (-counts[name]["overdue"], -counts[name]["in_hand"], name))
        out = pd.DataFrame({"name": column_of(order)})
        for figure in self.figures:
            out[figure] = np.array([counts[name][figure] for name in order], dtype=np.int64)
        rates = [(counts[name]["in_time"], counts[name]["fixed"]) for name in order]
        out["rate"] = column_of(Fraction(k, n) if n else None for k, n in rates)
        out["points"] = column_of(points.get(name, _ZERO) for name in order)
        shares = [(counts[name]["overdue"], counts[name]["in_hand"]) for name in order]
        out["overdue_share"] = column_of(Fraction(k, n) if n else None for k, n in shares)
        return out

    @property
    def rate(self) -> Fraction | None:
        """Share of what was put right in the period that was so in time; None where nothing was."""
        fixed = len(self.flow.fixed)
        return Fraction(len(self.flow.in_time), fixed) if fixed else None

    @cached_property
    def overdue(self) -> pd.DataFrame:
        """What is overdue at the end: ``finding, due, late`` (days), ``points``, by days late."""
        own = self.flow.after[self.flow.after["overdue"] > 0]
        out = pd.DataFrame(
            {
                "finding": own["finding"].to_numpy(),
                "due": own["due"].to_numpy(),
                "late": own["overdue"].to_numpy(),
                "points": column_of(self.points[row] for row in own["finding"].tolist()),
            }
        )
        return out.sort_values(["late", "finding"], ascending=[False, True], kind="stable", ignore_index=True)

    @cached_property
    def coming(self) -> pd.DataFrame:
        """What is in hand and falls due in the next period: ``finding, due``, by day."""
        last = period_days(period_of(self.last + _DAY, self.monthly))[1]
        own = self.flow.after[self.flow.after["state"].isin(IN_HAND)]
        due = own["due"].to_numpy()
        chosen = (due > np.datetime64(self.last, "s")) & (due <= np.datetime64(last, "s"))
        out = own.loc[chosen, ["finding", "due"]]
        return out.sort_values(["due", "finding"], kind="stable", ignore_index=True)

    @cached_property
    def reconciled(self) -> pd.DataFrame:
        """The ledgers from the end of the period before to its end: ``ledger, before, more, less, after, agrees``.

        Before and after are counted from the states, more and less from the moves: that they agree is no matter of
        course.
        """
        own = self.flow
        new, fixed, returned, verified = (len(getattr(own, name)) for name in ("new", "fixed", "returned", "verified"))
        sites = len(self.kept.assessment.sites)
        rows = [
            ("sites", sites, 0, 0, sites),
            ("in_hand", len(own.in_hand(own.before)), new + returned, fixed, len(own.in_hand(own.after))),
            ("awaiting", len(own.awaiting(own.before)), fixed, verified + returned, len(own.awaiting(own.after))),
        ]
        out = pd.DataFrame(rows, columns=["ledger", "before", "more", "less", "after"])
        out["agrees"] = out["before"] + out["more"] - out["less"] == out["after"]
        return out

    @cached_property
    def closed(self) -> Score:
        """The score with everything that the ledgers closed by the end of the period taken as mended."""
        done = self.flow.after[self.flow.after["state"] == "verified"]
        names = self.kept.assessment.observations["observation_id"].tolist()
        rows = self.kept.findings["observations"].tolist()
        mended = [names[row] for finding in done["finding"].tolist() for row in rows[finding]]
        return score(self.result.assessment, left_out=self.result.left_out, repaired=mended) if mended else self.result


def bulletin(assessment: Assessment, period: str = "", *, monthly: bool = False) -> Bulletin:
    """Return the bulletin of a week or a month.

    Parameters
    ----------
    assessment : Assessment
    period : str
        ``2016-W33`` or ``2016-08``; empty: the one of the last day that the ledgers tell of.
    monthly : bool
        Whether an empty period means a month.

    Raises
    ------
    InputFaults
        If the period is none, or the ledgers are empty and none is named.
    """
    kept = ledgers_of(assessment)
    if not period:
        period = period_of(kept.some_last_day(), monthly)
    first, last = period_days(period)
    before = period_days(period_of(first - _DAY, "W" not in period))
    result = score(evidence_on(assessment, last))
    return Bulletin(kept, result, period, first, last, flow(kept, first, last), flow(kept, *before))
