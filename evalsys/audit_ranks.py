"""Printed ranks against those that the rule gives: ties, ranks that rest on less than rounding, and wrong ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from evalsys.audit_checks import MORE_DIGITS, NOTHING, Check
from evalsys.language import Text
from evalsys.published import Published, Row
from evalsys.schema import decimal

__all__ = ["rank_checks"]

_TIE = Text("并列者按行序等依次排名", "equal values that were given distinct ranks")
_DENSE = Text("并列之后名次不跳（1、2、2、3）", "ranks that count different values (1, 2, 2, 3)")
_PRINTED = Text("按公布的总分排名", "ranks by the printed totals")
_OVERALL = Text("不分组排名", "ranks over all groups together")
_REVERSED = Text("按相反方向排名", "ranks in the opposite order")


def rank_checks(
    published: Published, totals: Mapping[int, Fraction], ranks: Mapping[int, int], blur: Fraction
) -> Iterator[Check]:
    """Check every printed rank, or the order of the rows where that is the published ranking.

    Parameters
    ----------
    totals, ranks : mapping
        Unrounded values and competition ranks, by row number.
    blur : Fraction
        How far two values can move against each other within the digits of the marks.
    """
    rule = published.rule
    if rule.rank is None and not rule.ordered:
        return
    overall = _order([totals[row.number] for row in published.rows if row.number in totals], rule.best)
    for group in dict.fromkeys(row.group for row in published.rows):
        rows = [row for row in published.rows if row.group == group and row.number in totals]
        yield from _group_checks(published, rows, totals, ranks, blur, overall)


@dataclass(frozen=True)
class _Group:
    """The rows of one group, each with its exact value, printed rank, rank by the rule, and the value as printed."""

    rows: Sequence[Row]
    values: Sequence[Fraction]
    printed: Sequence[int]
    ranks: Sequence[int]
    figures: Sequence[Fraction]
    best: str

    @cached_property
    def dense(self) -> bool:
        """Whether the printed ranks count different values."""
        distinct = sorted(set(self.values), reverse=self.best == "high")
        return all(rank == distinct.index(value) + 1 for rank, value in zip(self.printed, self.values, strict=True))

    @cached_property
    def reversed(self) -> bool:
        """Whether the printed ranks are those of the opposite order."""
        backwards = _order(self.values, "low" if self.best == "high" else "high")
        same = all(rank == backwards[value] for rank, value in zip(self.printed, self.values, strict=True))
        return same and len(self.rows) > 2

    def tied(self, place: int) -> list[int]:
        """Return the printed ranks of all that have the value of one row."""
        own = self.values[place]
        return [rank for rank, value in zip(self.printed, self.values, strict=True) if value == own]

    def possible(self, place: int, blur: Fraction) -> tuple[int, int]:
        """Return the best and the worst rank of a row, should values move by the blur against each other."""
        sign = 1 if self.best == "high" else -1
        gaps = [sign * (value - self.values[place]) for value in self.values]
        return 1 + sum(gap > blur for gap in gaps), sum(gap >= -blur for gap in gaps)


def _group_checks(
    published: Published,
    rows: Sequence[Row],
    totals: Mapping[int, Fraction],
    ranks: Mapping[int, int],
    blur: Fraction,
    overall: Mapping[Fraction, int],
) -> Iterator[Check]:
    rule = published.rule
    group = _Group(
        rows=rows,
        values=[totals[row.number] for row in rows],
        printed=[place if rule.rank is None else int(row.values[rule.rank]) for place, row in enumerate(rows, 1)],
        ranks=[ranks[row.number] for row in rows],
        figures=[row.values[str(rule.ranked)] for row in rows],
        best=rule.best,
    )
    by_printed = _order(group.figures, rule.best)
    for place, row in enumerate(rows):
        rank, computed = group.printed[place], group.ranks[place]
        verdict, ways = _verdict(group, place, blur)
        if verdict == "error" and not ways and rank == by_printed[group.figures[place]]:
            ways = (_PRINTED,)
        elif verdict == "error" and not ways and rank == overall[group.values[place]]:
            ways = (_OVERALL,)
        text = _text(rank, computed, len(group.tied(place)), ways) if verdict != "agrees" else NOTHING
        if verdict == "agrees" and (close := _close(group, place, blur)):
            verdict, text = "note", close
        yield Check(
            row=row,
            column=rule.rank or "",
            kind="rank",
            printed=row.printed[rule.rank] if rule.rank else str(rank),
            computed=computed,
            shown=str(computed),
            difference=Fraction(rank - computed),
            verdict=verdict,
            consistent_with=ways,
            text=text,
        )


def _verdict(group: _Group, place: int, blur: Fraction) -> tuple[str, tuple[Text, ...]]:
    """Return what the printed rank of one row is, and what it is consistent with."""
    rank, computed, tied = group.printed[place], group.ranks[place], group.tied(place)
    if rank == computed:
        return "agrees", ()
    if len(tied) == len(set(tied)) > 1 and computed <= rank < computed + len(tied):
        return "note", (_TIE,)
    if group.dense:
        return "note", (_DENSE,)
    least, most = group.possible(place, blur)
    if least <= rank <= most:
        return "rounding", (MORE_DIGITS,)
    return "error", (_REVERSED,) if group.reversed else ()


def _order(values: Sequence[Fraction], best: str) -> dict[Fraction, int]:
    """Return the competition rank of each value."""
    found: dict[Fraction, int] = {}
    for place, value in enumerate(sorted(values, reverse=best == "high"), 1):
        found.setdefault(value, place)
    return found


def _text(rank: int, computed: int, tied: int, ways: Sequence[Text]) -> Text:
    if _TIE in ways:
        return Text(
            f"公布第 {rank} 名；{tied} 个相同的值并列第 {computed}，却排成了不同的名次。",
            f"Printed rank {rank}; {tied} equal values share rank {computed} and were given distinct ranks.",
        )
    zh = f"公布第 {rank} 名，按规则为第 {computed} 名"
    en = f"Printed rank {rank}, by the rule {computed}"
    if ways:
        zh += "；与" + "、".join(f"“{way.zh}”" for way in ways) + "相符"
        en += "; consistent with " + ", ".join(way.en for way in ways)
    return Text(zh + "。", en + ".")


def _close(group: _Group, place: int, blur: Fraction) -> Text | None:
    """Say with whom a row is compared by less than rounding can make; None where all others are farther."""
    own = group.values[place]
    gaps = {abs(value - own) for value in group.values if value != own}
    gap = min(gaps, default=blur + 1)
    if gap > blur:
        return None
    names = [row.name for row, value in zip(group.rows, group.values, strict=True) if abs(value - own) == gap]
    return Text(
        f"与{'、'.join(names)}只差 {decimal(gap)} 分，小于各分舍入所能造成的差别，名次先后由此而定。",
        f"Only {decimal(gap)} from {', '.join(names)}: the order rests on less than rounding can make.",
    )
