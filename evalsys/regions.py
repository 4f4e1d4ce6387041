"""How the total of a model follows from its rows: linear regions, the maps between them, and what stays dependent.

A region is a sum of row losses. The whole is one region as long as every node between a leaf and the total only adds
up; a cap that can bind, a choice, a grade, a leaf that counts sites each begin a region of their own, whose law is
pushed through the map before it goes on. That is right as long as nothing random is shared between two regions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.model import Block, LeafRule, Model
from evalsys.rules import exact
from evalsys.spine import Evaluation, evaluate

__all__ = ["Choice", "NotExact", "Reason", "Region", "Row", "independent", "regions_of"]

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Reason:
    """Why there is no exact law: in words, and the codes of the leaves concerned."""

    text: Text
    leaves: tuple[str, ...] = ()


class NotExact(Exception):
    """Raised where the law of a model cannot be computed exactly.

    Attributes
    ----------
    reasons : tuple of Reason
    """

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("; ".join(f"{reason.text.en}: {' '.join(reason.leaves)}" for reason in reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class Row:
    """A check of a block in a region, and what it takes from the region's value at each level (0 at the first).

    `absent` is the level that a check which does not apply counts as; None where it never happens.
    """

    block: int
    check: int
    losses: tuple[Fraction, ...]
    absent: int | None = None


@dataclass(frozen=True)
class Region:
    """A value ``base - losses of its rows - losses of its parts``, linear in everything random.

    Attributes
    ----------
    base : Fraction
        The value if nothing were lost.
    rows : tuple of Row
    parts : tuple of (Fraction, Choice)
        Coefficients of the values of nonlinear parts below.
    """

    base: Fraction
    rows: tuple[Row, ...]
    parts: tuple[tuple[Fraction, Choice], ...]

    @property
    def blocks(self) -> set[int]:
        """Return the blocks that stand anywhere below."""
        own = {row.block for row in self.rows}
        return own.union(*(below.blocks for _, part in self.parts for below in part.arguments))


@dataclass(frozen=True)
class Choice:
    """A value that is not linear in what stands below it.

    Attributes
    ----------
    code : str
        Of the node.
    kind : {'cap', 'floor', 'best', 'worst', 'subset-grade', 'count', 'deduct', 'applies'}
        'applies' is the mean over the rows that apply, where their number is random.
    arguments : tuple of Region
    grades, otherwise
        Of a subset-grade.
    limit : Fraction
        For 'count': 1 where the argument (how many comply) is at least this; for 'deduct': the lowest value.
    rows : tuple of (Row, Fraction attainment of each level)
        Only for 'applies'.
    """

    code: str
    kind: str
    arguments: tuple[Region, ...]
    grades: tuple[tuple[int, tuple[int, ...], Fraction], ...] = ()
    otherwise: Fraction = _ZERO
    limit: Fraction = _ZERO


def independent(block: Block) -> bool:
    """Whether the rows of a block are independent: all its sites are seen, or they are all alike."""
    if block.whole:
        return True
    same = [np.all(array == array[:1]) for array in (block.chance, block.sizes, block.absent)]
    return bool(all(same))


def regions_of(model: Model) -> Region:
    """Return the region of the total (in attainment), with all regions below it.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Region

    Raises
    ------
    NotExact
        With every reason why the law cannot be found by convolution.
    """
    builder = _Builder(model)
    root = builder.root()
    reasons = [*builder.reasons, *_shared(model, root)]
    if reasons:
        raise NotExact(reasons)
    return root


class _Builder:
    """Collects rows and parts while going down the tree."""

    def __init__(self, model: Model) -> None:
        self.model, self.instrument = model, model.instrument
        self.reasons: list[Reason] = []
        self.checks: dict[int, list[tuple[int, int]]] = {}
        for place, block in enumerate(model.blocks):
            for number, check in enumerate(block.checks):
                self.checks.setdefault(check.leaf, []).append((place, number))
        self.column = {place: column for column, place in enumerate(self.instrument.leaves)}

    def root(self) -> Region:
        ones = exact([_ONE] * len(self.instrument.leaves))
        whole = evaluate(self.instrument, ones, self.model.missing, self.dropped())
        found = _Parts()
        for factor, part in _parts_of(whole):
            self.down(0, factor, part, found)
        return found.region()

    def dropped(self) -> NDArray[np.bool_]:
        """Return the leaves that are left out: they do not apply, or at none of the sites that may be drawn."""
        dropped = self.model.dropped.copy()
        for column, rule in enumerate(self.model.leaves):
            if rule is not None and rule.absent == "drop" and column in self.checks:
                dropped[column] |= self.applying(self.checks[column], rule)[0] == 0
        return dropped

    def down(self, place: int, coefficient: Fraction, found: Evaluation, into: _Parts) -> None:
        """Add what stands below a node to a region, each child with its coefficient."""
        node = self.instrument.nodes[place]
        if place in self.column:
            self.leaf(place, coefficient, into)
            return
        kind = node.combine.kind
        chosen = kind in ("best", "worst", "subset-grade")  # there a child's weight means nothing
        below = [
            (c, found.weights[c])
            for c in node.children
            if found.attainment[c] is not None and (chosen or found.weights[c])
        ]
        if kind in ("sum", "mean"):
            for child, weight in below:
                self.down(child, coefficient * weight, found, into)
            return
        if kind in ("cap", "floor"):
            own = _Parts()
            if kind == "floor":
                own.base = _ONE - sum((weight for _, weight in below), _ZERO)
            for child, weight in below:
                self.down(child, weight, found, own)
            region = own.region()
            low, high = _range(region, self.model)
            if low >= 0 and high <= 1:  # it never binds
                into.add(region, coefficient)
            else:
                into.parts.append((coefficient, Choice(node.code, kind, (region,))))
            return
        arguments = []
        for child, _ in below:
            own = _Parts()
            self.down(child, _ONE, found, own)
            arguments.append(own.region())
        choice = Choice(node.code, kind, tuple(arguments), node.combine.grades, node.combine.otherwise)
        into.parts.append((coefficient, choice))

    def leaf(self, place: int, coefficient: Fraction, into: _Parts) -> None:
        column = self.column[place]
        rule, code = self.model.leaves[column], self.instrument.nodes[place].code
        if rule is None:
            return
        checks = self.checks.get(column, [])
        number, least = self.applying(checks, rule)
        if least == 0:
            text = Text("可能在抽到的点位上都不适用", "may apply at none of the drawn sites")
            self.reasons.append(Reason(text, (code,)))
        elif rule.kind == "deduct":
            self.deduct(code, coefficient, rule, checks, into)
        elif rule.kind == "count" and rule.required > least:
            text = Text("适用的点位可能少于要求达标的数量", "may apply at fewer sites than must comply")
            self.reasons.append(Reason(text, (code,)))
        elif rule.kind == "count":
            # what does not apply complies where all must, and is no help where a number must
            absent = 0 if rule.required == 0 or rule.absent == "full" else 1
            rows = tuple(self.row(b, c, lambda level, at: Fraction(int(at > 0)), absent) for b, c in checks)
            total = Fraction(self.model.rows[column])
            limit = total if rule.required == 0 else Fraction(rule.required)
            into.parts.append((coefficient, Choice(code, "count", (Region(total, rows, ()),), limit=limit)))
        elif number != least:
            if all(independent(self.model.blocks[b]) for b, _ in checks):
                rows = tuple(self.row(b, c, lambda level, at: _ONE - level, None) for b, c in checks)
                into.parts.append((coefficient, Choice(code, "applies", (Region(_ONE, rows, ()),))))
            else:
                text = Text(
                    "在抽到的点位上可能不适用，分母随机", "may not apply at a drawn site: the denominator is random"
                )
                self.reasons.append(Reason(text, (code,)))
        else:
            each = coefficient / number
            into.base += coefficient
            into.rows += [self.row(b, c, lambda level, at: each * (_ONE - level), 0) for b, c in checks]

    def applying(self, checks: Sequence[tuple[int, int]], rule: LeafRule) -> tuple[int, int]:
        """Return how many rows may apply, and how many must."""
        most = least = 0
        for place, number in checks:
            block = self.model.blocks[place]
            absent, reach = block.absent[:, number], block.checks[number].reach
            if rule.absent == "full" or not absent.any():
                most, least = most + reach, least + reach
                continue
            may, must = int(block.times[absent < 1].sum()), int(block.times[absent == 0].sum())
            others = block.population - must
            most, least = most + min(reach, may), least + max(0, reach - others)
        return most, least

    def row(self, place: int, number: int, loss: Callable[[Fraction, int], Fraction], absent: int | None) -> Row:
        check = self.model.blocks[place].checks[number]
        losses = tuple(loss(level, at) for at, level in enumerate(check.levels))
        applies = not self.model.blocks[place].absent[:, number].any()
        return Row(place, number, losses, None if applies else absent)

    def deduct(
        self, code: str, coefficient: Fraction, rule: LeafRule, checks: Sequence[tuple[int, int]], into: _Parts
    ) -> None:
        rows = tuple(self.row(b, c, lambda level, at: _ONE - level, 0) for b, c in checks)
        most = [_ZERO] * len(rule.caps)
        for place, number in checks:
            check = self.model.blocks[place].checks[number]
            for kind in range(len(rule.caps)):
                most[kind] += check.reach * max((points[kind] for points in check.taken), default=_ZERO)
        binding = [cap for cap, points in zip(rule.caps, most, strict=True) if cap is not None and points > cap]
        used = sum(points > 0 for points in most)
        if binding and used > 1:
            text = Text("几类问题各有扣分上限", "kinds of findings with caps of their own")
            self.reasons.append(Reason(text, (code,)))
            return
        lowest = max(_ZERO, _ONE - binding[0] / rule.full) if binding else _ZERO
        into.parts.append((coefficient, Choice(code, "deduct", (Region(_ONE, rows, ()),), limit=lowest)))


class _Parts:
    """What a region is made of, while it is collected."""

    def __init__(self) -> None:
        self.base = _ZERO
        self.rows: list[Row] = []
        self.parts: list[tuple[Fraction, Choice]] = []

    def add(self, region: Region, coefficient: Fraction) -> None:
        self.base += coefficient * region.base
        for row in region.rows:
            losses = tuple(coefficient * loss for loss in row.losses)
            self.rows.append(Row(row.block, row.check, losses, row.absent))
        self.parts += [(coefficient * own, part) for own, part in region.parts]

    def region(self) -> Region:
        return Region(self.base, tuple(self.rows), tuple(self.parts))


def _parts_of(whole: Evaluation) -> Iterator[tuple[Fraction, Evaluation]]:
    """Yield the evaluations that the total is the weighted sum of: itself, or one for each method."""
    if not whole.methods:
        yield _ONE, whole
    for factor, part in whole.methods:
        if part.attainment[0] is not None:
            yield factor * part.assessed[0] / whole.assessed[0], part


def _range(region: Region, model: Model) -> tuple[Fraction, Fraction]:
    """Return the lowest and highest value that a region can have."""
    low = high = region.base
    for row in region.rows:
        reach = model.blocks[row.block].checks[row.check].reach
        low -= reach * max(row.losses)
        high -= reach * min(row.losses)
    for coefficient, part in region.parts:
        values = (
            [part.otherwise, *(value for *_, value in part.grades)] if part.kind == "subset-grade" else [_ZERO, _ONE]
        )
        low, high = low + coefficient * min(values), high + coefficient * max(values)
    return low, high


def _shared(model: Model, root: Region) -> Iterator[Reason]:
    """Yield a reason for every block whose drawn sites feed more than one region."""
    users: dict[int, set[int]] = {}
    for number, region in enumerate(_all(root)):
        for row in region.rows:
            users.setdefault(row.block, set()).add(number)
    for place, using in sorted(users.items()):
        block = model.blocks[place]
        if len(using) > 1 and not independent(block):
            leaves = tuple(_code(model.instrument, check.leaf) for check in block.checks)
            text = Text(
                f"“{block.name}”抽到的点位同时影响封顶、取舍或计数之内和之外的标准",
                f"the drawn sites of '{block.name}' feed a cap, choice or count and something outside it",
            )
            yield Reason(text, leaves)


def _all(region: Region) -> Iterator[Region]:
    yield region
    for _, part in region.parts:
        for argument in part.arguments:
            yield from _all(argument)


def _code(instrument: Instrument, column: int) -> str:
    return instrument.nodes[instrument.leaves[column]].code
