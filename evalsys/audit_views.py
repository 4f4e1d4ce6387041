"""What an instrument is made of, in numbers: where its points go, on what they rest, what each standard weighs.

Points are those of the tree rule, as if everything had evidence: each node hands its points down by weight, so that
the parts add up to the full marks. Below a cap, floor or choice they are less than the printed ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from evalsys.instrument import METHODS, ON_SITE, Instrument, Node, Standard
from evalsys.rules import Exact
from evalsys.spine import allocate, evaluate

__all__ = [
    "ASSUMED",
    "GROUPINGS",
    "ORIGINS",
    "OURS",
    "Group",
    "Line",
    "Resting",
    "Weight",
    "groups",
    "lines",
    "origin_of",
    "resting",
    "several_at_once",
    "weights",
]

_ZERO = Fraction(0)
#: Rules without a limit of their own: yes or no, a share, what the inspector takes off.
_LIMITLESS = ("loss", "share")

#: Where the threshold of a standard comes from; 'none' needs none, 'unstated' has one and does not say.
ORIGINS = ("printed", "derived", "ban", "none", "unstated", "parameter", "assumed")
#: Origins that are not the source's.
OURS = ("parameter", "assumed")
#: What of a standard may be assumed, in the order of pages.
ASSUMED = ("methods", "several", "threshold", "lead")
#: What points can be grouped by.
GROUPINGS = ("origin", "method", "lead", "site_type")


@dataclass(frozen=True)
class Weight:
    """A standard and what it weighs.

    Attributes
    ----------
    place : int
    code : str
    origin : str
        One of :data:`ORIGINS`.
    points : Fraction or None
        Its part of the full marks; None where it is not scored.
    share : Fraction or None
        The same as a share of the full marks.
    printed : Fraction or None
        Points as the file prints them.
    """

    place: int
    code: str
    origin: str
    points: Fraction | None
    share: Fraction | None
    printed: Fraction | None


@dataclass(frozen=True)
class Group:
    """Points and standards of one group; an empty name is points that nobody leads, or that have no site."""

    name: str
    points: Fraction
    standards: int


@dataclass(frozen=True)
class Resting:
    """Points, and scored and unscored standards (codes), that rest on one kind of assumption."""

    what: str
    points: Fraction
    scored: tuple[str, ...]
    unscored: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """An indicator of the tree: its standards, empty for one that only heads those below it.

    `points` is its part of the full marks, None where nothing in it is scored; `heads` is True where indicators stand
    below it.
    """

    place: int
    level: int
    heads: bool
    points: Fraction | None
    standards: tuple[int, ...]


def origin_of(standard: Standard) -> str:
    """Return where the threshold of a standard comes from: one of :data:`ORIGINS`.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> [origin_of(node.standard) for node in load_instrument("wujiang-field-2016").standards.values()][:2]
    ['none', 'none']
    """
    given = (standard.source or {}).get("threshold")
    if given is not None:
        return given
    return "none" if all(_needs_no_limit(standard, method) for method in standard.rules) else "unstated"


def _needs_no_limit(standard: Standard, method: str) -> bool:
    """Whether a rule asks for no number: also a comparison with the last period, which is a limit of 0."""
    rule = standard.rules[method]
    if rule.kind == "met":
        return bool(rule.params["over_sites"] == "mean")
    if rule.kind == "threshold":
        return set(rule.params["limits"].values()) == {0} and not {"at_least", "at_most"} & set(rule.params["limits"])
    return rule.kind in _LIMITLESS


def _stakes(instrument: Instrument) -> dict[int, Fraction]:
    """Return the part of each scored node in the full marks."""
    count = len(instrument.leaves)
    if not count:
        return {}
    full = Exact(np.ones(count, dtype=np.int64), 1)
    return allocate(instrument, evaluate(instrument, full))[1]


def weights(instrument: Instrument) -> tuple[Weight, ...]:
    """Return what each standard weighs, in the order of the instrument.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> first = weights(load_instrument("wujiang-field-2016"))[0]
    >>> first.points, first.share
    (Fraction(1, 1), Fraction(1, 39))
    """
    return tuple(_weights(instrument))


def _weights(instrument: Instrument) -> Iterator[Weight]:
    stakes = _stakes(instrument)
    for code, node in instrument.standards.items():
        place = instrument.places[code]
        points = stakes.get(place, _ZERO) if node.scored else None
        share = None if points is None else points / instrument.full_marks
        yield Weight(place, code, origin_of(_standard(node)), points, share, node.printed)


def _standard(node: Node) -> Standard:
    return node.standard or Standard(node.name, {})


def groups(instrument: Instrument, by: str) -> tuple[Group, ...]:
    """Group the points of the scored standards; most points first.

    A standard of several leading units counts in full for each of them, and one that is checked at several types of
    site in full for each type; by origin and by method the parts add up to the full marks.

    Parameters
    ----------
    instrument : Instrument
    by : str
        One of :data:`GROUPINGS`.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> groups(load_instrument("wujiang-field-2016"), "method")
    (Group(name='site_visit', points=Fraction(39, 1), standards=39),)
    """
    stakes = _stakes(instrument)
    points: dict[str, Fraction] = {}
    standards: dict[str, set[str]] = {}
    for place in instrument.leaves:
        leaf = instrument.nodes[place]
        node = instrument.nodes[leaf.parent]
        for name in _names(_standard(node), str(leaf.method), by):
            points[name] = points.get(name, _ZERO) + stakes.get(place, _ZERO)
            standards.setdefault(name, set()).add(node.code)
    order = {"origin": ORIGINS, "method": tuple(METHODS)}.get(by, tuple(sorted(points)))
    found = [Group(name, points[name], len(standards[name])) for name in order if name in points]
    return tuple(sorted(found, key=lambda group: -group.points))


def _names(standard: Standard, method: str, by: str) -> tuple[str, ...]:
    if by == "origin":
        return (origin_of(standard),)
    if by == "method":
        return (method,)
    if by == "lead":
        return standard.lead or ("",)
    types = tuple(item.site_type for item in standard.checked_at) if method in ON_SITE else ()
    return types or ("",)


def several_at_once(instrument: Instrument, by: str) -> int:
    """Return how many scored standards count in full for several groups (several leading units, or types of site)."""
    scored = [_standard(node) for node in instrument.standards.values() if node.scored]
    return sum(any(len(_names(standard, method, by)) > 1 for method in standard.rules) for standard in scored)


def resting(instrument: Instrument) -> tuple[Resting, ...]:
    """Return what rests on assumed weights, methods, ways to combine methods, thresholds and leading units.

    'weights' concerns every standard or none; 'any' is what rests on an assumed method, way to combine, or threshold
    (who leads changes no points). Kinds without a standard are left out, except 'any'.
    """
    nodes = list(instrument.standards.values())
    whole = instrument.weights["status"] == "assumed"
    kinds = {"weights": [node for node in nodes if whole]}
    kinds |= {what: [node for node in nodes if what in _standard(node).assumed] for what in ASSUMED}
    held = {what: found for what, found in kinds.items() if found}
    held["any"] = [node for node in nodes if {*ASSUMED[:3]} & {*_standard(node).assumed}]
    points = {weight.code: weight.points or _ZERO for weight in weights(instrument)}
    return tuple(_resting(what, found, points) for what, found in held.items())


def _resting(what: str, nodes: Sequence[Node], points: dict[str, Fraction]) -> Resting:
    return Resting(
        what,
        sum((points[node.code] for node in nodes), _ZERO),
        tuple(node.code for node in nodes if node.scored),
        tuple(node.code for node in nodes if not node.scored),
    )


def lines(instrument: Instrument) -> tuple[Line, ...]:
    """Return the indicators in the order of the tree, each with its standards."""
    return tuple(_lines(instrument))


def _lines(instrument: Instrument) -> Iterator[Line]:
    stakes = _stakes(instrument)
    for place, node in enumerate(instrument.nodes):
        if node.kind != "indicator":
            continue
        below = {kind: _of_kind(instrument, node.children, kind) for kind in ("indicator", "standard")}
        points = stakes.get(place) if node.scored else None
        yield Line(place, node.depth - 1, bool(below["indicator"]), points, below["standard"])


def _of_kind(instrument: Instrument, places: Iterable[int], kind: str) -> tuple[int, ...]:
    return tuple(place for place in places if instrument.nodes[place].kind == kind)
