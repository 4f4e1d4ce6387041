"""Two checks from plain counts: spending against what it must keep up with, and staff against what it must lie within.

Amounts and counts are exact. The comparisons are those of the scoring rules (:func:`evalsys.rules.growth`,
:func:`evalsys.rules.threshold`); the limits of staffing are read from the instrument that prints them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalsys import rules
from evalsys.cells import Cells
from evalsys.faults import Fault, InputFaults
from evalsys.fields import Bad, number, whole
from evalsys.language import Lang, Text
from evalsys.tables import Column, one_table
from evalsys.wording import decimal, percent

__all__ = [
    "REFERENCES",
    "STAFFING",
    "Amounts",
    "GrowthYear",
    "Ledger",
    "Ratio",
    "Staff",
    "StaffRow",
    "growth_note",
    "growth_years",
    "read_amounts",
    "read_staff",
    "staff_note",
    "staff_rows",
    "staffing_limits",
]

#: What spending may be measured against, by the heading of its column.
REFERENCES: Mapping[str, Text] = {
    "revenue": Text("财政收入", "revenue"),
    "workload": Text("工作量", "workload"),
}


# ---------------------------------------------------------------------------------------------------- growth


@dataclass(frozen=True)
class Amounts:
    """Amounts of one year, in any one unit of money: spending, and the reference it must keep up with."""

    year: int
    spending: Fraction
    reference: Fraction


@dataclass(frozen=True)
class Ledger:
    """Amounts by year, and what the reference is (one of :data:`REFERENCES`)."""

    rows: tuple[Amounts, ...]
    reference: str = "revenue"


@dataclass(frozen=True)
class GrowthYear:
    """A year against the year before.

    Attributes
    ----------
    year : int
    spending, reference : Fraction or None
        Growth as a share of the year before (0.05 is 5 %); None where there is no growth rate.
    passes : bool or None
        Whether spending grew at least as fast (equal passes); None where it cannot be said.
    short : Fraction or None
        By how much growth falls short, as a share: 0 where it passes.
    enough : Fraction or None
        The least spending of this year that passes, in the unit of the amounts.
    why_not : str
        'first', 'gap' (the year before is not in the table) or 'base' (an amount of the year before is not above 0);
        empty where there is a growth rate.
    """

    year: int
    spending: Fraction | None
    reference: Fraction | None
    passes: bool | None
    short: Fraction | None
    enough: Fraction | None
    why_not: str = ""

    @property
    def reference_fell(self) -> bool:
        """Whether the reference fell: the rule as printed then allows spending to fall too."""
        return self.reference is not None and self.reference < 0

    @property
    def spending_fell(self) -> bool:
        """Whether spending fell."""
        return self.spending is not None and self.spending < 0


def growth_years(rows: Sequence[Amounts]) -> tuple[GrowthYear, ...]:
    """Return how each year compares with the year before, in the order of the years.

    Where the reference falls, the rule as printed is applied as it stands: a smaller fall of spending passes. That is
    for the reader to see (`reference_fell`, `spending_fell`).

    Examples
    --------
    >>> rows = [Amounts(2017, Fraction(100), Fraction(1000)), Amounts(2018, Fraction(105), Fraction(1050))]
    >>> found = growth_years(rows)[1]
    >>> found.spending, found.passes, found.short
    (Fraction(1, 20), True, Fraction(0, 1))
    """
    by_year = {row.year: row for row in rows}
    return tuple(_growth_year(by_year[year], by_year.get(year - 1), year == min(by_year)) for year in sorted(by_year))


def _growth_year(now: Amounts, before: Amounts | None, first: bool) -> GrowthYear:
    if before is None:
        return GrowthYear(now.year, None, None, None, None, None, "first" if first else "gap")
    if before.spending <= 0 or before.reference <= 0:
        return GrowthYear(now.year, None, None, None, None, None, "base")
    spending, reference = now.spending / before.spending - 1, now.reference / before.reference - 1
    passes = bool(rules.growth(rules.exact([spending]), rules.exact([reference])).num[0])
    short = Fraction(0) if passes else reference - spending
    return GrowthYear(now.year, spending, reference, passes, short, before.spending * (1 + reference))


def growth_note(row: GrowthYear, reference: str) -> Text:
    """Return what is to be said of a year: why there is no rate, what falls short, what a falling reference hides.

    Parameters
    ----------
    reference : str
        A key of :data:`REFERENCES`.

    Examples
    --------
    >>> rows = [Amounts(2017, Fraction(100), Fraction(100)), Amounts(2018, Fraction(98), Fraction(97))]
    >>> growth_note(growth_years(rows)[1], "revenue").en
    'revenue fell by 3.00%, spending fell by 2.00%: passes as printed, though spending fell'
    """
    zh, en = REFERENCES[reference].zh, REFERENCES[reference].en
    if row.spending is None or row.reference is None or row.short is None:
        return {
            "first": Text("表中第一年，没有上年可比", "the first year of the table: no year before it"),
            "gap": Text("表中缺上年，无法计算增幅", "the year before is not in the table: no growth rate"),
            "base": Text("上年金额不大于 0，没有增幅", "an amount of the year before is not above 0: no growth rate"),
        }[row.why_not]
    moved = Text(
        f"{zh}{_moved(row.reference, 'zh')}，投入{_moved(row.spending, 'zh')}",
        f"{en} {_moved(row.reference, 'en')}, spending {_moved(row.spending, 'en')}",
    )
    if row.passes and row.reference_fell:
        tail = (
            Text("按条文达标，但投入下降", "passes as printed, though spending fell")
            if row.spending_fell
            else Text("达标", "passes")
        )
        return Text(f"{moved.zh}：{tail.zh}", f"{moved.en}: {tail.en}")
    if row.passes:
        return Text("增幅相等，达标", "equal growth passes") if row.spending == row.reference else Text("", "")
    short = decimal(row.short * 100, 2)
    zh, en = (f" {short}", short) if short != "0.00" else ("不足 0.01", "less than 0.01")
    gap = Text(f"增幅低{zh} 个百分点", f"growth is {en} percentage points too low")
    return Text(f"{moved.zh}：{gap.zh}", f"{moved.en}: {gap.en}") if row.reference_fell else gap


def _moved(share: Fraction, lang: Lang) -> str:
    size = percent(abs(share))
    if not share:
        return Text("持平", "did not change").say(lang)
    fell = Text(f"下降 {size}", f"fell by {size}")
    return (Text(f"增长 {size}", f"rose by {size}") if share > 0 else fell).say(lang)


# --------------------------------------------------------------------------------------------------- staffing


@dataclass(frozen=True)
class Ratio:
    """A ratio of staff: which count over which, for how many of the latter, and the standard that limits it."""

    name: Text
    count: str
    base: str
    per: int
    standard: str


#: The instrument that prints the limits, and its ratios. `per` is the unit of measure of each standard.
_INSTRUMENT = "wannian-city-management-2016"
STAFFING: Mapping[str, Ratio] = {
    "officers": Ratio(
        Text("每万城镇人口执法人员", "officers per 10,000 town residents"), "officers", "residents", 10_000, "C.13"
    ),
    "assistants": Ratio(Text("协管人员与执法人员之比", "assistants per officer"), "assistants", "officers", 1, "C.14"),
    "specialists": Ratio(Text("每个社区专管员", "specialists per community"), "specialists", "communities", 1, "B.8"),
}


@dataclass(frozen=True)
class Staff:
    """Counts of one place; None where the table says nothing."""

    place: str
    counts: Mapping[str, int | None]


@dataclass(frozen=True)
class StaffRow:
    """A ratio of one place against its limits.

    Attributes
    ----------
    place : str
    ratio : str
        A key of :data:`STAFFING`.
    count, base : int
    value : Fraction or None
        The ratio; None where its base is 0.
    limits : mapping
        As the rule has them: ``at_least``, ``at_most``.
    passes : bool
    fewest, most : int or None
        Whole numbers of staff that comply for this base; None where there is no such limit. Where `fewest` exceeds
        `most`, no whole number complies.
    mean_only : bool
        The limit holds for each of several communities and only their mean is known.
    """

    place: str
    ratio: str
    count: int
    base: int
    value: Fraction | None
    limits: Mapping[str, Fraction]
    passes: bool
    fewest: int | None
    most: int | None
    mean_only: bool = False

    @property
    def impossible(self) -> bool:
        """Whether no whole number of staff complies."""
        return self.fewest is not None and self.most is not None and self.fewest > self.most

    @property
    def change(self) -> int:
        """Staff to add (above 0) or to take away (below 0) to comply; 0 where it complies or nothing would."""
        if self.impossible:
            return 0
        if self.fewest is not None and self.count < self.fewest:
            return self.fewest - self.count
        return min(self.most - self.count, 0) if self.most is not None else 0


def staffing_limits() -> dict[str, Mapping[str, Fraction]]:
    """Return the limits of each ratio of :data:`STAFFING`, as its standard prints them.

    Examples
    --------
    >>> staffing_limits()["officers"]
    {'at_least': Fraction(3, 1), 'at_most': Fraction(5, 1)}
    """
    from evalsys.instrument_file import load_instrument

    standards = load_instrument(_INSTRUMENT).standards
    found: dict[str, Mapping[str, Fraction]] = {}
    for key, ratio in STAFFING.items():
        own = standards[ratio.standard].standard
        if own is None:  # pragma: no cover - a code of a standard names one
            raise LookupError(ratio.standard)
        (rule,) = own.rules.values()
        found[key] = dict(rule.params["limits"])
    return found


def staff_rows(staff: Sequence[Staff], limits: Mapping[str, Mapping[str, Fraction]]) -> tuple[StaffRow, ...]:
    """Return every ratio of every place that its counts allow.

    Parameters
    ----------
    limits : mapping
        By key of :data:`STAFFING`, from :func:`staffing_limits`.

    Examples
    --------
    >>> own = Staff("甲区", {"officers": 29, "residents": 100_000})
    >>> row = staff_rows([own], staffing_limits())[0]
    >>> row.value, row.passes, row.change
    (Fraction(29, 10), False, 1)
    """
    rows = []
    for own in staff:
        for key, ratio in STAFFING.items():
            count, base = own.counts.get(ratio.count), own.counts.get(ratio.base)
            if count is not None and base is not None:
                rows.append(_staff_row(own.place, key, count, base, limits[key]))
    return tuple(rows)


def _staff_row(place: str, key: str, count: int, base: int, limits: Mapping[str, Fraction]) -> StaffRow:
    ratio = STAFFING[key]
    # counts against limits times base: the same comparison as of the ratio, and one that a base of 0 allows
    scaled = {name: limit * base / ratio.per for name, limit in limits.items()}
    passes = bool(rules.threshold(rules.exact([Fraction(count)]), scaled).num[0])
    low, high = scaled.get("at_least"), scaled.get("at_most")
    return StaffRow(
        place=place,
        ratio=key,
        count=count,
        base=base,
        value=Fraction(count * ratio.per, base) if base else None,
        limits=limits,
        passes=passes,
        fewest=None if low is None else math.ceil(low),
        most=None if high is None else math.floor(high),
        mean_only=key == "specialists" and base > 1,
    )


def staff_note(row: StaffRow) -> Text:
    """Return what is to be said of a ratio: how many to add or take away, and what counts cannot tell.

    Examples
    --------
    >>> own = Staff("甲区", {"officers": 29, "residents": 100_000})
    >>> staff_note(staff_rows([own], staffing_limits())[0]).zh
    '须增加 1 人'
    """
    said = []
    if row.impossible:
        said.append(Text("基数太小，没有符合的整数人数", "the base is too small: no whole number complies"))
    elif row.change > 0:
        said.append(Text(f"须增加 {row.change:,} 人", f"{row.change:,} more needed"))
    elif row.change < 0:
        said.append(Text(f"须减少 {-row.change:,} 人", f"{-row.change:,} too many"))
    if row.base == 0:
        said.append(Text("基数为 0，没有比值", "the base is 0: there is no ratio"))
    if row.mean_only:
        said.append(Text("只核了平均数，各社区须分别符合", "only the mean is checked: each community has to comply"))
    return Text("；".join(one.zh for one in said), "; ".join(one.en for one in said))


# ---------------------------------------------------------------------------------------------------- reading

_GROWTH_COLUMNS = (
    Column("year", ("年度", "年份"), True),
    Column("spending", ("投入", "经费", "支出"), True),
    Column("revenue", ("财政收入", "收入")),
    Column("workload", ("工作量",)),
)
_STAFF_COLUMNS = (
    Column("place", ("单位", "属地", "社区"), True),
    Column("residents", ("城镇人口", "人口")),
    Column("officers", ("执法人员", "在编执法人员")),
    Column("assistants", ("协管人员",)),
    Column("communities", ("社区数",)),
    Column("specialists", ("专管员",)),
)
_EYE = ("备注", "note")
_NAME = "ratios"  # of the one table


def read_amounts(path: Path) -> Ledger:
    """Read amounts by year from a CSV file or a workbook of one sheet.

    Columns: ``year`` (年度), ``spending`` (投入), and one of ``revenue`` (财政收入) and ``workload`` (工作量).

    Raises
    ------
    InputFaults
        With every fault of the table.
    """
    faults: list[Fault] = []
    table = one_table(path, _NAME, _GROWTH_COLUMNS, _EYE, faults)
    if table is None:
        raise InputFaults(faults)
    own = [name for name in REFERENCES if name in table.columns]
    if len(own) != 1:
        allowed = "  ".join(column.shown for column in _GROWTH_COLUMNS[2:])
        faults.append(Fault("exactly_one", table.file, None, "", " ".join(own), allowed))
        raise InputFaults(faults)
    cells = Cells({_NAME: table}, faults)
    years = cells.read(_NAME, "year", _year, need=True)
    spending, reference = (cells.read(_NAME, name, _amount, need=True) for name in ("spending", own[0]))
    cells.unique(_NAME, "year", years)
    if faults:
        raise InputFaults(faults)
    return Ledger(tuple(map(Amounts, years, spending, reference)), own[0])


def read_staff(path: Path) -> tuple[Staff, ...]:
    """Read counts of staff from a CSV file or a workbook of one sheet, a row for each place.

    Columns: ``place`` (单位), and of ``residents`` (城镇人口, in persons), ``officers`` (执法人员), ``assistants``
    (协管人员), ``communities`` (社区数) and ``specialists`` (专管员) those that are known; a blank cell is not known.

    Raises
    ------
    InputFaults
        With every fault of the table; a table that allows no ratio is one.
    """
    faults: list[Fault] = []
    table = one_table(path, _NAME, _STAFF_COLUMNS, _EYE, faults)
    if table is None:
        raise InputFaults(faults)
    cells = Cells({_NAME: table}, faults)
    places = cells.read(_NAME, "place", need=True)
    cells.unique(_NAME, "place", places)
    names = [column.name for column in _STAFF_COLUMNS[1:]]
    counts = {name: cells.read(_NAME, name, whole) for name in names if name in table.columns}
    if not any({ratio.count, ratio.base} <= set(counts) for ratio in STAFFING.values()):
        allowed = "  ".join(f"{ratio.base} + {ratio.count}" for ratio in STAFFING.values())
        faults.append(Fault("missing_column", table.file, None, "", "", allowed))
    for name in ("residents", "communities"):
        for row, count in enumerate(counts.get(name, ())):
            if count == 0:
                faults.append(table.fault("out_of_range", row, name, "0", ">= 1"))
    if faults:
        raise InputFaults(faults)
    return tuple(
        Staff(place, {name: column[row] for name, column in counts.items()}) for row, place in enumerate(places)
    )


def _year(text: str) -> int:
    found = whole(text.removesuffix("年").strip())
    if not 1949 <= found <= 2100:
        raise Bad("out_of_range", "1949..2100")
    return found


def _amount(text: str) -> Fraction:
    if "%" in text or "％" in text:  # an amount of money, not a rate: growth is computed here
        raise Bad("bad_number", "3  0.5  1,234.5")
    return number(text)
