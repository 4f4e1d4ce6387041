"""The figures of a published table made again from the rows behind it, with and without the rows that count nowhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from evalsys.audit_checks import Check, as_printed, half_up
from evalsys.faults import nearest
from evalsys.language import Text
from evalsys.published import Published, SourceRow, printed_decimals
from evalsys.published_rule import Rule

__all__ = ["SourceFigures", "row_checks"]

_Group = tuple[str, SourceRow]


@dataclass(frozen=True)
class SourceFigures:
    """What the rows behind a table give.

    Attributes
    ----------
    rule : Rule
    counted : mapping of str to tuple of SourceRow
        The rows of each name of the table. A row with two names counts in full for both.
    dropped : tuple of SourceRow
        Rows that name nothing in the table, and for which the rule states no reason.
    elsewhere : tuple of SourceRow
        Rows without a name, where the rule says why.
    number : int
        How many rows there are.
    """

    rule: Rule
    counted: Mapping[str, tuple[SourceRow, ...]]
    dropped: tuple[SourceRow, ...]
    elsewhere: tuple[SourceRow, ...]
    number: int

    @staticmethod
    def of(published: Published) -> SourceFigures:
        """Sort the rows by the names of the table."""
        said = published.rule.rows
        assert said is not None
        counted: dict[str, list[SourceRow]] = {row.name: [] for row in published.rows}
        dropped, elsewhere = [], []
        for row in published.source_rows:
            names = [name for name in row.names if name in counted]
            for name in names:
                counted[name].append(row)
            if not row.names and said.empty is not None:
                elsewhere.append(row)
            elif len(names) < max(len(row.names), 1):
                dropped.append(row)
        return SourceFigures(
            rule=published.rule,
            counted={name: tuple(rows) for name, rows in counted.items()},
            dropped=tuple(dropped),
            elsewhere=tuple(elsewhere),
            number=len(published.source_rows),
        )

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that the rows make, and how."""
        assert self.rule.rows is not None
        return self.rule.rows.figures

    def of_name(self, name: str, column: str) -> Fraction | None:
        """Return the exact figure of a name; None where no row names it."""
        rows = self.counted.get(name, ())
        return _HOW[self.columns[column]]([(row.within, row) for row in rows]) if rows else None

    def overall(self, column: str, with_dropped: bool) -> Fraction | None:
        """Return the figure over all names; dropped rows count under the names that were entered.

        None where it is no sum over the names (a mean of each).
        """
        how = self.columns[column]
        if how == "mean":
            return None
        named = [(f"{name}\n{row.within}", row) for name, rows in self.counted.items() for row in rows]
        # a name as entered stands for its own group of means: nothing else is known of it
        more = [(f"\n{row.entered}\n{row.within}", row) for row in self.dropped] if with_dropped else []
        return _HOW[how]([*named, *more])

    @property
    def dropped_names(self) -> Mapping[str, int]:
        """How many dropped rows there are by the name that was entered, in the order of the file."""
        return Counter(_entered(row, self) for row in self.dropped)


def _entered(row: SourceRow, figures: SourceFigures) -> str:
    unknown = [name for name in row.names if name not in figures.counted]
    return row.entered or "、".join(unknown)


def _sum(rows: Iterable[_Group]) -> Fraction:
    return sum((row.value for _, row in rows), Fraction(0))


def _mean(rows: list[_Group]) -> Fraction:
    return _sum(rows) / len(rows)


def _sum_of_means(rows: Iterable[_Group]) -> Fraction:
    groups: dict[str, list[_Group]] = defaultdict(list)
    for group, row in rows:
        groups[group].append((group, row))
    return sum(map(_mean, groups.values()), Fraction(0))


_HOW: Mapping[str, Callable[[list[_Group]], Fraction]] = {
    "sum": _sum,
    "mean": _mean,
    "sum_of_means": _sum_of_means,
    "rows": lambda rows: Fraction(len(rows)),
    "groups": lambda rows: Fraction(len({group for group, _ in rows})),
}


# --------------------------------------------------------------------------------------------------- the checks


def row_checks(published: Published, figures: SourceFigures) -> Iterator[Check]:
    """Find rows that count nowhere, names without rows, and what the figures are with nothing dropped."""
    assert published.rule.rows is not None
    by = published.rule.rows.by
    for row in published.rows:
        if not figures.counted[row.name]:
            text = Text(f"明细中没有“{row.name}”的行。", f"No row behind the table names '{row.name}'.")
            yield Check(row, published.rule.name, "rows", row.name, None, "", None, "error", (), text)
    if figures.elsewhere:
        reason = published.rule.rows.empty or Text("", "")
        many = len(figures.elsewhere)
        text = Text(
            f"明细共 {figures.number} 行，其中 {many} 行“{by}”为空，不计入本表：{reason.zh}。",
            f"{many} of {figures.number} rows have no {by} and do not count here: {reason.en}.",
        )
        yield Check(None, by, "rows", "", None, "", None, "note", (), text)
    if figures.dropped:
        yield Check(None, by, "rows", "", None, "", None, "error", (), _dropped_text(figures, by))
        yield from _with_nothing_dropped(published, figures)


def _dropped_text(figures: SourceFigures, by: str) -> Text:
    many = len(figures.dropped)
    names = figures.dropped_names
    zh = "、".join(f"{name or '（空）'}（{times} 行）" for name, times in names.items())
    en = ", ".join(f"{name or '(empty)'} ({times})" for name, times in names.items())
    known = list(figures.counted)
    unknown = {name for row in figures.dropped for name in row.names if name not in figures.counted}
    near = {name: nearest(name, known) for name in sorted(unknown)}
    hints = [(name, other) for name, other in near.items() if other]
    zh_hint = "".join(f"“{name}”是否为“{other}”？" for name, other in hints)
    en_hint = "".join(f" '{name}': did they mean '{other}'?" for name, other in hints)
    return Text(
        f"明细共 {figures.number} 行，其中 {many} 行对不上本表的任何名称，未计入公布结果：{zh}。{zh_hint}",
        f"{many} of {figures.number} rows match no name of the table and do not count in it: {en}.{en_hint}",
    )


def _with_nothing_dropped(published: Published, figures: SourceFigures) -> Iterator[Check]:
    """Compare the printed sums with those that count every row under the name that was entered."""
    row = published.sum_row
    if row is None:
        return
    whole = {column: figures.overall(column, with_dropped=True) for column in figures.columns}
    found: dict[str, tuple[Fraction, str, str]] = {}
    for column, value in whole.items():
        if value is not None and column in row.values:
            found[column] = (value, "", "")
    for share in published.rule.shares:
        of, over = whole.get(share.of), whole.get(share.over)
        if share.column in row.values and of is not None and over:
            found[share.column] = (of / over, *_as_ratio(published, share.of, of, share.over, over))
    for column, (value, zh, en) in found.items():
        printed = row.printed[column]
        places = printed_decimals(printed)
        difference = row.values[column] - half_up(value, places)
        if not difference:
            continue
        shown = as_printed(value, places, printed)
        text = Text(
            f"公布 {printed}；把未计入的 {len(figures.dropped)} 行按填报的名称计入，同一规则得 {zh}{shown}。",
            f"Printed {printed}; with the {len(figures.dropped)} dropped rows under the names that were entered, "
            f"the same rule gives {en}{shown}.",
        )
        yield Check(row, column, "rows", printed, value, shown, difference, "error", (), text)


def _as_ratio(published: Published, of: str, a: Fraction, over: str, b: Fraction) -> tuple[str, str]:
    shown = [
        str(int(value)) if value.denominator == 1 else as_printed(value, published.decimals[column])
        for column, value in ((of, a), (over, b))
    ]
    return (f"{shown[0]} ÷ {shown[1]} = ", f"{shown[0]} / {shown[1]} = ")
