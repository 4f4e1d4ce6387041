"""A published table computed again: what agrees, what is a matter of rounding, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evalsys.audit_checks import KINDS, VERDICTS, Check, Way, half_up, judged, truncated, unit
from evalsys.audit_ranks import rank_checks
from evalsys.audit_rows import SourceFigures, row_checks
from evalsys.faults import nearest
from evalsys.language import Text
from evalsys.published import Published, Row, printed_decimals
from evalsys.published_rule import Part, Share
from evalsys.ranks import Best, competition

__all__ = ["KINDS", "VERDICTS", "Check", "TableAudit", "audit_table"]


@dataclass(frozen=True)
class TableAudit:
    """A published table computed again.

    Attributes
    ----------
    published : Published
    totals : mapping of int to Fraction
        Unrounded value that is ranked (the total, or the column that the rule ranks by), by row number.
    ranks : mapping of int to int
        Competition rank within the group, by row number; empty where nothing is ranked.
    checks : tuple of Check
        All, also those that agree, in the order of the rows; the row that sums up comes next, then what is about
        the table as a whole and the rows behind it.
    figures : SourceFigures or None
        What the rows behind the table give, where they are at hand.
    """

    published: Published
    totals: Mapping[int, Fraction]
    ranks: Mapping[int, int]
    checks: tuple[Check, ...]
    figures: SourceFigures | None = None

    def count(self, verdict: str) -> int:
        """Return how many checks found this."""
        return sum(check.verdict == verdict for check in self.checks)

    @property
    def findings(self) -> tuple[Check, ...]:
        """The checks that did not simply agree."""
        return tuple(check for check in self.checks if check.verdict != "agrees")

    @property
    def dropped(self) -> int:
        """How many rows behind the table count nowhere in it without a reason that the rule states."""
        return 0 if self.figures is None else len(self.figures.dropped)


def audit_table(published: Published) -> TableAudit:
    """Compute a published table again by its rule.

    Parameters
    ----------
    published : Published

    Returns
    -------
    TableAudit

    Examples
    --------
    >>> from evalsys.published_rule import Part, Rule
    >>> rule = Rule(Text("表", "Table"), "", "", "unit", (Part("raw", Text("分", "mark"), Fraction(1, 2)),), "total")
    >>> cells = {"raw": "9", "total": "4.4"}
    >>> row = Row(2, "甲", "", {key: Fraction(cell) for key, cell in cells.items()}, cells)
    >>> table = Published(rule, "a.csv", ("unit", "raw", "total"), (row,), "", decimals={"raw": 0, "total": 1})
    >>> [(check.printed, check.shown, check.verdict) for check in audit_table(table).findings]
    [('4.4', '4.5', 'error')]
    """
    figures = SourceFigures.of(published) if published.rule.rows is not None else None
    exact = _Exact(published, figures)
    checks = list(_name_checks(published))
    for row in published.rows:
        checks += _row_checks(exact, row)
    totals: dict[int, Fraction] = {}
    ranks: dict[int, int] = {}
    if published.rule.ranked is not None:
        ranked = published.rule.ranked
        values = {row.number: exact.value(row, ranked) for row in published.rows}
        totals = {number: value for number, value in values.items() if value is not None}
        ranks = _ranks(published, totals)
        checks += rank_checks(published, totals, ranks, exact.blur(ranked))
    if published.sum_row is not None:
        checks += _sum_checks(exact, published.sum_row)
    order = {row.number: place for place, row in enumerate([*published.rows, published.sum_row]) if row}
    checks.sort(key=lambda check: order[check.row.number] if check.row else len(order))
    if figures is not None:
        checks += row_checks(published, figures)
    return TableAudit(published, totals, ranks, tuple(checks), figures)


def _ranks(published: Published, totals: Mapping[int, Fraction]) -> dict[int, int]:
    best: Best = "low" if published.rule.best == "low" else "high"
    found: dict[int, int] = {}
    for group in dict.fromkeys(row.group for row in published.rows):
        scores = {
            row.number: totals[row.number] for row in published.rows if row.group == group and row.number in totals
        }
        places = competition(list(scores.values()), best=best)
        found.update({number: place for number, place in zip(scores, places, strict=True) if place is not None})
    return found


# ------------------------------------------------------------------------------------------------ exact figures


class _Exact:
    """The exact figures of a table, each by the rule: from the rows behind it, from its parts, or as printed."""

    def __init__(self, published: Published, figures: SourceFigures | None) -> None:
        self.published, self.rule, self.figures = published, published.rule, figures
        self.weighted = {part.printed: part for part in self.rule.parts if part.printed}
        self.shares = {share.column: share for share in self.rule.shares}

    def value(self, row: Row, column: str) -> Fraction | None:
        """Return the exact figure; None where it cannot be made."""
        if self.figures is not None and column in self.figures.columns:
            return self.figures.of_name(row.name, column)
        if column in self.weighted:
            part = self.weighted[column]
            return part.weight * row.values[part.column]
        if column == self.rule.total and self.rule.parts:
            return self.total(row)
        if column in self.shares:
            share = self.shares[column]
            part_of, over = self.value(row, share.of), self.value(row, share.over)
            return part_of / over if part_of is not None and over else None
        return row.values.get(column)

    def total(self, row: Row) -> Fraction:
        """Return the weighted sum, less deductions, with bonus."""
        weighted = (part.weight * row.values[part.column] for part in self.rule.parts)
        return sum(weighted, Fraction(0)) + self.after(row)

    def after(self, row: Row) -> Fraction:
        """Return what is added after the weighted sum."""
        bonus = sum((row.values.get(column, Fraction(0)) for column in self.rule.bonus), Fraction(0))
        return bonus - sum((row.values.get(column, Fraction(0)) for column in self.rule.deductions), Fraction(0))

    def made_of_rows(self, column: str) -> bool:
        return self.figures is not None and column in self.figures.columns

    def half(self, column: str) -> Fraction:
        """Return half a unit of a printed column: how far a printed number can be from what it was rounded from."""
        places = self.published.decimals.get(column, 0)
        return Fraction(0) if self.made_of_rows(column) or not places else unit(places) / 2

    def blur(self, column: str) -> Fraction:
        """Return how far two values of a ranked column can move against each other within the printed digits."""
        if self.made_of_rows(column) or column in self.shares:
            return Fraction(0)
        if column == self.rule.total and self.rule.parts:
            return sum((2 * part.weight * self.half(part.column) for part in self.rule.parts), Fraction(0))
        return Fraction(0)


# -------------------------------------------------------------------------------------------------- the checks


def _row_checks(exact: _Exact, row: Row) -> Iterator[Check]:
    """Check the figures of one row."""
    rule, places = exact.rule, exact.published.decimals
    for column in exact.figures.columns if exact.figures else ():
        value = exact.value(row, column)
        if value is not None:
            yield judged(row, column, "rows", row.printed[column], row.values[column], value, places[column])
    for part in rule.parts:
        if part.printed:
            column, value = part.printed, part.weight * row.values[part.column]
            slack = part.weight * exact.half(part.column)
            yield judged(row, column, "part", row.printed[column], row.values[column], value, places[column], (), slack)
    if rule.total is not None and rule.parts:
        column, ways, slack = rule.total, _ways_to_total(exact, row), exact.blur(rule.total) / 2
        total = exact.total(row)
        yield judged(row, column, "total", row.printed[column], row.values[column], total, places[column], ways, slack)
    for share in rule.shares:
        yield _share_check(exact, row, share, places[share.column])


def _ways_to_total(exact: _Exact, row: Row) -> list[Way]:
    """Return other ways to add up a total: from parts that were rounded before, or without what comes after."""
    rule, after = exact.rule, exact.after(row)
    columns = [part.printed for part in rule.parts if part.printed]
    ways: list[Way] = []
    if len(columns) == len(rule.parts):
        printed = sum((row.values[column] for column in columns), after)
        ways.append((printed, Text("公布的各分项相加", "the sum of the printed parts")))
    places = exact.published.decimals[str(rule.total)]
    ways.append(
        (_sum_of(rule.parts, row, after, places, half_up), Text("各分项先四舍五入再相加", "the sum of rounded parts"))
    )
    ways.append(
        (_sum_of(rule.parts, row, after, places, truncated), Text("各分项先截尾再相加", "the sum of truncated parts"))
    )
    if after:
        ways.append((half_up(exact.total(row) - after, places), Text("未计加分、扣分", "no bonus or deduction")))
    return ways


def _sum_of(parts: Sequence[Part], row: Row, after: Fraction, places: int, cut: object) -> Fraction:
    assert callable(cut)
    return sum((cut(part.weight * row.values[part.column], places) for part in parts), after)


def _share_check(exact: _Exact, row: Row, share: Share, places: int) -> Check:
    """Check a ratio; where its two figures are printed rounded, it may differ by as much as that makes."""
    of, over = exact.value(row, share.of), exact.value(row, share.over)
    printed = row.printed[share.column]
    if of is None or not over:
        text = Text("除数为零，比率无法计算。", "The ratio cannot be computed: it divides by zero.")
        return Check(row, share.column, "share", printed, None, "", None, "error", (), text)
    a, b = exact.half(share.of), exact.half(share.over)
    slack = (abs(of) + a) / (abs(over) - b) - abs(of / over) if abs(over) > b else Fraction(0)
    as_is: list[Way] = []
    if row.values.get(share.over):
        ratio = row.values[share.of] / row.values[share.over]
        as_is.append((half_up(ratio, places), Text("公布的两数相除", "the ratio of the two printed figures")))
    return judged(row, share.column, "share", printed, row.values[share.column], of / over, places, as_is, slack)


def _sum_checks(exact: _Exact, row: Row) -> Iterator[Check]:
    """Check the row that sums the others up; its cells count with their own decimals."""
    published, rule = exact.published, exact.rule
    assert rule.sum_row is not None
    sums: dict[str, Fraction] = {}
    for column, how in rule.sum_row.columns.items():
        values = [exact.value(other, column) for other in published.rows]
        present = [value for value in values if value is not None]
        as_they_are = sum((other.values.get(column, Fraction(0)) for other in published.rows), Fraction(0))
        number = 1 if how == "sum" else len(published.rows)
        sums[column] = sum(present, Fraction(0)) / (1 if how == "sum" else max(len(present), 1))
        if column in row.values:
            places = printed_decimals(row.printed[column])
            way = (half_up(as_they_are / number, places), Text("公布的各数相加", "the sum of the printed figures"))
            slack = exact.half(column) * (len(published.rows) if how == "sum" else 1)
            yield judged(
                row, column, "sum", row.printed[column], row.values[column], sums[column], places, [way], slack
            )
    for share in rule.shares:
        of, over = sums.get(share.of), sums.get(share.over)
        if share.column in row.values and of is not None and over:
            places = printed_decimals(row.printed[share.column])
            slack = exact.half(share.of) * len(published.rows) / over
            yield judged(row, share.column, "share", row.printed[share.column], row.values[share.column], of / over,
                         places, (), slack)  # fmt: skip


def _name_checks(published: Published) -> Iterator[Check]:
    """Find names that stand twice, names that are not known, and known names that are missing."""
    known = published.rule.known
    times = Counter(row.name for row in published.rows)
    column = published.rule.name
    for row in published.rows:
        if times[row.name] > 1:
            others = [str(other.number) for other in published.rows if other.name == row.name and other is not row]
            text = Text(f"“{row.name}”出现 {times[row.name]} 次，另见第 {'、'.join(others)} 行。",
                        f"'{row.name}' stands {times[row.name]} times, also in row {', '.join(others)}.")  # fmt: skip
            yield Check(row, column, "name", row.name, None, "", None, "error", (), text)
        elif known and row.name not in known:
            near = nearest(row.name, known)
            text = Text(
                f"名单中没有“{row.name}”" + (f"，最接近的是“{near}”。" if near else "。"),
                f"'{row.name}' is not on the list" + (f"; the nearest name is '{near}'." if near else "."),
            )
            yield Check(row, column, "name", row.name, None, near, None, "error", (), text)
        elif known:
            yield Check(row, column, "name", row.name, None, row.name, None, "agrees")
    missing = [name for name in known if name not in times]
    for name in missing:
        text = Text(f"名单中有“{name}”，表中没有。", f"'{name}' is on the list and not in the table.")
        yield Check(None, column, "name", "", None, name, None, "error", (), text)
