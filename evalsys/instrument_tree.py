"""The tree of an instrument file while it is read: its drafts of nodes, and their points in one month.

Points go from the top down. Where they are printed both sums are compared, and neither is repaired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from evalsys.instrument import METHODS, Combine
from evalsys.instrument_shape import in_month
from evalsys.rule_params import grades_of
from evalsys.schema import Record, Spot, decimal

__all__ = ["Draft", "check_sum", "check_tree", "drafts_of", "weigh"]

_CHOICES = ("best", "worst")  # nodes whose children do not share their points
_BOUNDS = ("cap", "floor")  # nodes whose children may add up to more than their points


@dataclass
class Draft:
    """A node while the tree is built; what depends on the month is set by :func:`weigh`.

    Attributes
    ----------
    declared : bool
        Scored as the file has it; with no points in a month a node is not scored in that month.
    points : Fraction or None
        As in :class:`~evalsys.instrument.Node`.
    printed : Fraction or None
        Points of the month as the file has them.
    given : Fraction or None
        Weight among the siblings that stands apart from the tree (:mod:`evalsys.instrument_weights`).
    scale : Fraction or None
        Points that the children are compared with: the printed ones also where `points` is None (below a choice).
    """

    record: Record
    kind: str
    parent: int
    depth: int
    declared: bool
    method: str | None = None
    children: list[int] = field(default_factory=list)
    scored: bool = False
    points: Fraction | None = None
    scale: Fraction | None = None
    weight: Fraction = Fraction(1)
    combine: Combine = field(default_factory=Combine)
    printed: Fraction | None = None
    given: Fraction | None = None

    @property
    def code(self) -> str:
        """Code of the node; a leaf's is ``standard/method``."""
        code = self.record["code"] or "?"
        return f"{code}/{self.method}" if self.method else str(code)


# ----------------------------------------------------------------------------------------------- from file to drafts


_ROOT_KEYS = {"points": "full_marks", "children": "indicators"}


def drafts_of(file: Record) -> list[Draft]:
    """Return the nodes of a file, parents first; node 0 is the whole."""
    root = Record(code=file["id"], name=file["title"], points=file["full_marks"], weight=None, combine=None)
    root.update(children=file["indicators"], standards=None, pairwise=file["pairwise"])
    root.spot = file.spot
    root.spots = {key: file.at(name) for key, name in _ROOT_KEYS.items()}
    drafts = [Draft(root, "instrument", -1, 0, file["scored"] is not False)]
    for indicator in file["indicators"] or []:
        _add_indicator(indicator, 0, drafts)
    return drafts


def _add(record: Record, kind: str, parent: int, drafts: list[Draft], method: str | None = None) -> int:
    above = drafts[parent]
    declared = above.declared and record["scored"] is not False
    drafts.append(Draft(record, kind, parent, above.depth + 1, declared, method))
    above.children.append(len(drafts) - 1)
    return len(drafts) - 1


def _add_indicator(record: Record, parent: int, drafts: list[Draft]) -> None:
    place = _add(record, "indicator", parent, drafts)
    for child in record["children"] or []:
        _add_indicator(child, place, drafts)
    for standard in record["standards"] or []:
        own = _add(standard, "standard", place, drafts)
        for method in standard["methods"] or {}:
            _add(standard, "leaf", own, drafts, method)


def _below(drafts: Sequence[Draft], place: int) -> Iterator[Draft]:
    yield drafts[place]
    for child in drafts[place].children:
        yield from _below(drafts, child)


def check_tree(file: Record, drafts: Sequence[Draft]) -> None:
    """Check what does not depend on points: codes, and what may stand below what."""
    seen = {file["id"] or ""}
    entries = [entry for key in ("joined", "bonus", "negative_list", "gates") for entry in file[key] or []]
    entries += [entry for entry in file["mechanisms"] or [] if entry["code"]]
    for record in [*(draft.record for draft in drafts[1:] if draft.kind != "leaf"), *entries]:
        if record["code"] in seen:
            record.at("code").report("duplicate_code", record["code"])
        seen.add(record["code"] or "")
    for place, draft in enumerate(drafts):
        found = draft.record
        if draft.kind == "indicator" and found["children"] is not None and found["standards"] is not None:
            found.at("standards").report("children_and_standards", draft.code)
        if draft.kind == "indicator" and isinstance(found["combine"], Record) and "grades" in found["combine"]:
            for node in _below(drafts, place):
                if node.kind == "standard" and node.record["not_applicable"] == "drop":
                    node.record.at("not_applicable").report("drop_in_grade", "drop", "full peers")


# ------------------------------------------------------------------------------------------------ points and weights


def weigh(file: Record, drafts: Sequence[Draft], month: int) -> None:
    """Set what each node is worth in a month: scored, points, weight, and how it combines.

    ``weight = own points / points of all siblings``; below cap and floor ``own points / points of the node above``.
    A standard with several methods gives each leaf an equal part, or its share. With method shares, every method
    is worth its share of the full marks, split over its own leaves.
    """
    scheme = (file["weights"] or {}).get("scheme")
    root = drafts[0]
    root.points = root.scale = in_month(file["full_marks"], month)
    root.scored = root.declared
    for draft in drafts:
        draft.printed = None if draft.kind == "leaf" else in_month(draft.record["points"], month)
        for child in (drafts[c] for c in draft.children):
            child.scored = draft.scored and child.declared and in_month(child.record["points"], month) != 0
            child.points, child.scale, child.weight = None, None, Fraction(1)
        if draft.kind == "standard":
            _split_methods(draft, [drafts[c] for c in draft.children])
        elif draft.kind != "leaf" and not draft.scored:
            _compare_printed(draft, [drafts[c] for c in draft.children], month)
        elif draft.kind != "leaf":
            _split(draft, [drafts[c] for c in draft.children if drafts[c].scored], month, scheme)
    shares = file["method_shares"]
    if shares is not None and None not in shares.values():
        _share_methods(file.at("method_shares"), drafts, shares)


def _failed(record: Record, *keys: str) -> bool:
    """Whether a key stands there and could not be read: what would follow from it is not worth a fault."""
    return any(key in record.spots and record[key] is None for key in keys)


def _combine_of(draft: Draft, children: Sequence[Draft]) -> Combine:
    """Return how a node combines its scored children, which the places of a grade refer to."""
    value = draft.record["combine"]
    if not isinstance(value, Record):
        return Combine(value or "sum")
    if "present" in value:
        return Combine("mean", present=value["present"] or Fraction(0))
    grades = grades_of(value["grades"] or [], [child.code for child in children])
    return Combine("subset-grade", grades, value["else"] or Fraction(0))


def _split_methods(standard: Draft, leaves: Sequence[Draft]) -> None:
    """Give each method its part of a standard: equal parts or shares, none below a minimum."""
    how = (standard.record["several"] or {}).get("how") or "mean"
    standard.combine = Combine("worst" if how == "min" and len(leaves) > 1 else "sum")
    shares = [(standard.record["methods"][leaf.method] or {}).get("share") or Fraction(0) for leaf in leaves]
    whole = sum(shares, Fraction(0))
    for leaf, share in zip(leaves, shares, strict=True):
        leaf.weight = share / whole if how == "shares" and whole else Fraction(1, len(leaves))
        if standard.points is not None and standard.combine.kind == "sum":
            leaf.points = standard.points * leaf.weight


def _split(draft: Draft, group: Sequence[Draft], month: int, scheme: str | None) -> None:
    """Give each scored child of an indicator, or of the whole, its part."""
    draft.combine = _combine_of(draft, group)
    kind = draft.combine.kind
    if not group:
        if not _failed(draft.record, "children", "standards"):
            key = "children" if draft.depth == 0 or draft.record["children"] is not None else "standards"
            draft.record.at(key).report("nothing_below", draft.code if draft.depth else "")
        return
    if _failed(draft.record, "combine") or any(_failed(child.record, "points", "weight") for child in group):
        return
    printed = [in_month(child.record["points"], month) for child in group]
    weights = [child.record["weight"] for child in group]
    if kind in _CHOICES or kind == "subset-grade":
        _choose(draft, group, printed)
        return
    apart = [child.given for child in group if child.given is not None]
    if len(apart) == len(group):
        printed, weights = [None] * len(group), list(apart)
    if not _alike(group, printed, weights):
        return
    given = [points for points in printed if points is not None]
    own = given or [weight for weight in weights if weight is not None] or [Fraction(1)] * len(group)
    if not given and None in weights and scheme in ("given", "ahp"):
        group[0].record.at("points").report("points_missing", group[0].code)
        return
    total = sum(own, Fraction(0))
    if given:
        _compare(draft, given, total)
    whole = draft.scale if kind in _BOUNDS and given and draft.scale else total
    for child, part in zip(group, own, strict=True):
        child.weight = part / whole
        child.points = None if draft.points is None else draft.points * child.weight
        child.scale = part if given else child.points
        if child.given is not None:  # points printed below are still compared with those printed here
            child.scale = in_month(child.record["points"], month) or child.points


def _choose(draft: Draft, group: Sequence[Draft], printed: Sequence[Fraction | None]) -> None:
    """Below best, worst and a grade a child has no points of its own; printed ones are only its inner scale."""
    for child, points in zip(group, printed, strict=True):
        child.weight = Fraction(1, len(group))
        child.scale = points or (draft.scale if draft.combine.kind in _CHOICES else None)
        if draft.combine.kind in _CHOICES and points and draft.scale and points != draft.scale:
            child.record.at("points").report("choice_points", f"{decimal(points)} ≠ {decimal(draft.scale)}")
        if child.record["weight"] is not None:
            child.record.at("weight").report("no_effect", decimal(child.record["weight"]))


def _alike(group: Sequence[Draft], printed: Sequence[Fraction | None], weights: Sequence[Fraction | None]) -> bool:
    """Whether all siblings have points, or all have weights, or none have either; others are reported."""
    forms = [(p is not None, w is not None) for p, w in zip(printed, weights, strict=True)]
    if len(set(forms)) == 1 and forms[0] != (True, True):
        return True
    lacking = (False, False) if (False, False) in forms else (False, True) if (False, True) in forms else (True, True)
    for child, form in zip(group, forms, strict=True):
        if form in (lacking, (True, True)):
            child.record.at("weight" if form[1] else "points").report("mixed_weights", child.code)
    return False


def _compare(draft: Draft, given: Sequence[Fraction], total: Fraction) -> None:
    """Compare printed points with those of the node above."""
    kind, where = draft.combine.kind, draft.record.at("points")
    if draft.scale is None:
        if kind in _BOUNDS and not _failed(draft.record, "points"):
            where.report("missing_key", "points")
    elif (total < draft.scale if kind in _BOUNDS else total != draft.scale) and kind != "mean":
        terms = " + ".join(map(decimal, given)) + " = " if 1 < len(given) <= 12 else ""
        where.report("sum_differs", f"{terms}{decimal(total)} {'<' if kind in _BOUNDS else '≠'} {decimal(draft.scale)}")


def _compare_printed(draft: Draft, children: Sequence[Draft], month: int) -> None:
    """Compare the printed points of a part that is not scored: what is printed must add up there too."""
    own = in_month(draft.record["points"], month)
    printed = [in_month(child.record["points"], month) for child in children]
    given = [points for points in printed if points is not None]
    if own is not None and given and len(given) == len(printed):
        draft.scale, draft.combine = own, Combine()
        _compare(draft, given, sum(given, Fraction(0)))


# --------------------------------------------------------------------------------------------------- method shares


def _share_methods(where: Spot, drafts: Sequence[Draft], shares: Mapping[str, Fraction]) -> None:
    """Give each method its share of the full marks, split over its own parts in proportion to their points.

    A part is a leaf, or a node that is not a plain sum; it must stand on one method.
    """
    sums, parts = _sums_and_parts(drafts)
    held: dict[str, list[tuple[int, Fraction]]] = {}
    for place in parts:
        draft = drafts[place]
        methods = {d.method for d in _below(drafts, place) if d.kind == "leaf" and d.scored}
        if len(methods) > 1:
            _over_methods(draft)
        points = drafts[draft.parent].points if draft.kind == "leaf" else draft.points
        held.setdefault(min(map(str, methods), default=""), []).append((place, points or Fraction(0)))
    for draft in drafts:
        if draft.kind == "standard" and draft.scored and (draft.record["several"] or {}).get("how") == "shares":
            _over_methods(draft)
    _check_shares(where, shares, {d.method or "" for d in drafts if d.kind == "leaf" and d.scored})
    full, whole = drafts[0].points, sum(shares.values(), Fraction(0))
    totals = {method: sum((points for _, points in own), Fraction(0)) for method, own in held.items()}
    if full is None or held.keys() != shares.keys() or 0 in totals.values():
        return  # it has faults
    for method, own in held.items():
        factor = shares[method] / whole * full / totals[method]
        for place, points in own:
            for draft in _below(drafts, place):
                draft.points = None if draft.points is None else draft.points * factor
            drafts[place].points = points * factor
    for place in reversed(sums):
        below = [drafts[c] for c in drafts[place].children if drafts[c].scored]
        total = sum((child.points or Fraction(0) for child in below), Fraction(0))
        drafts[place].points = total
        for child in below:
            child.weight = (child.points or Fraction(0)) / total


def _sums_and_parts(drafts: Sequence[Draft]) -> tuple[list[int], list[int]]:
    """Return the scored nodes that are plain sums all the way up, and the first nodes below them that are not."""
    sums: list[int] = []
    parts: list[int] = []
    for place, draft in enumerate(drafts):
        if draft.scored and (place == 0 or draft.parent in sums):
            (parts if draft.kind == "leaf" or draft.combine.kind != "sum" else sums).append(place)
    return sums, parts


def _over_methods(draft: Draft) -> None:
    draft.record.at("combine" if draft.kind == "indicator" else "several").report("shares_over_methods", draft.code)


def _check_shares(where: Spot, shares: Mapping[str, Fraction], used: set[str]) -> None:
    for name in shares:
        if name not in METHODS:
            where.unknown("unknown_name", name, list(METHODS))
        elif name not in used:
            where.report("bad_value", name, " ".join(sorted(used)))
    for name in sorted(used - set(shares)):
        where.report("missing_key", name)
    check_sum(where, list(shares.values()))


def check_sum(where: Spot, shares: Sequence[Fraction]) -> None:
    """Report shares of methods that do not add up to 100 or 1."""
    total = sum(shares, Fraction(0))
    if total not in (1, 100):
        where.report("shares_sum", " + ".join(map(decimal, shares)) + f" = {decimal(total)}")
