"""Weights that do not stand at the nodes: pairwise comparisons, and a file of an analyst's own weights.

Either gives each scored child of a node its part of the node's points, in place of printed points, printed weights and
equal parts. A file of weights (docs/instrument-format.md) leaves the instrument as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from evalsys import schema
from evalsys.faults import Fault, InputFaults
from evalsys.instrument import Comparison
from evalsys.instrument_shape import PAIRWISE, SCHEMA, STATUS
from evalsys.instrument_tree import Draft
from evalsys.pairwise import MOST, priorities
from evalsys.schema import Record, Spot, keyed, pair, positive, record, string

__all__ = ["apply_weights", "read_weights"]

_FILE = record(
    {"schema": string, "status": STATUS},
    {"weights": keyed(positive), "pairwise": keyed(PAIRWISE), "note": pair},
)
#: Nodes below which a child has no part of the points.
_CHOICES = ("best", "worst", "subset-grade")


def read_weights(path: Path, faults: list[Fault]) -> Record | None:
    """Read a file of weights: ``{schema, status, weights: {code: n}, pairwise: {code: {of, matrix}}, note}``.

    Raises
    ------
    InputFaults
        If it is missing, is no YAML, or of another version.
    """
    spot, content = schema.document(path, path.name, faults)
    version = content.get("schema") if isinstance(content, dict) else None
    if isinstance(version, str) and version != SCHEMA:
        where = schema.spot_in(spot, content, "schema")
        raise InputFaults([Fault("newer_schema", path.name, where.line, "schema", version, SCHEMA)])
    found: Record | None = _FILE(spot, content)
    return found


def apply_weights(drafts: Sequence[Draft], own: Record | None) -> tuple[Comparison, ...]:
    """Give the children of nodes the weights of comparisons, and of an analyst's own file if there is one.

    Parameters
    ----------
    drafts : the nodes of an instrument file; their `given` is set
    own : what :func:`read_weights` returned

    Returns
    -------
    tuple of Comparison
        What each matrix says.
    """
    nodes = {draft.code: draft for draft in drafts}
    made: dict[str, Comparison] = {}
    for draft in drafts:
        if draft.kind in ("instrument", "indicator") and draft.record["pairwise"] is not None:
            found = _compared(draft, draft.record["pairwise"], drafts)
            if found is not None:
                made[draft.code] = found
    if own is not None:
        replaced: set[str] = set()
        for code, matrix in (own["pairwise"] or {}).items():
            where = own.at("pairwise")
            if code not in nodes or nodes[code].kind not in ("instrument", "indicator"):
                parents = [name for name, draft in nodes.items() if draft.kind in ("instrument", "indicator")]
                where.unknown("unknown_code", code, parents)
            elif matrix is not None:
                replaced.add(code)
                found = _compared(nodes[code], matrix, drafts)
                if found is not None:
                    made[code] = found
        for code in _weighted(nodes, drafts, own, replaced):
            made.pop(code, None)
    return tuple(made.values())


def _children(draft: Draft, drafts: Sequence[Draft]) -> dict[str, Draft]:
    """Return the children that may count, by code."""
    return {drafts[place].code: drafts[place] for place in draft.children if drafts[place].declared}


def _compared(draft: Draft, matrix: Record, drafts: Sequence[Draft]) -> Comparison | None:
    """Check a matrix against the children of its node, and give them its weights."""
    names, rows = matrix["of"], matrix["matrix"]
    if names is None or rows is None:
        return None
    faults = len(matrix.spot.faults)
    below = _children(draft, drafts)
    _check_names(matrix.at("of"), names, below)
    _check_effect(matrix.at("matrix"), draft)
    _check_matrix(matrix.at("matrix"), rows, len(names))
    if len(matrix.spot.faults) > faults:
        return None
    found = priorities(rows)
    for name, weight in zip(names, found.weights, strict=True):
        below[name].given = weight
    return Comparison(draft.code, tuple(names), found.weights, found.ratio)


def _check_names(where: Spot, names: Sequence[str], below: Mapping[str, Draft]) -> None:
    for place, name in enumerate(names):
        if name not in below:
            where.unknown("unknown_code", name, list(below))
        elif name in names[:place]:
            where.report("duplicate_code", name)
    missing = [name for name in below if name not in names]
    if missing:
        where.report("weights_incomplete", " ".join(missing))


def _check_effect(where: Spot, draft: Draft) -> None:
    """Below a choice or a grade, weights mean nothing."""
    combine = draft.record["combine"] or "sum"
    kind = "subset-grade" if isinstance(combine, Record) and "grades" in combine else combine
    if kind in _CHOICES:
        where.report("no_effect", str(kind))


def _check_matrix(where: Spot, rows: Sequence[Sequence[Fraction]], order: int) -> None:
    """A matrix is square, with 1 on its diagonal, and what mirrors each other multiplies to 1."""
    if len(rows) != order or any(len(row) != order for row in rows):
        shown = " ".join(str(len(row)) for row in rows)
        where.report("not_square", f"{len(rows)}: {shown}", f"{order} x {order}")
        return
    if order > MOST:
        where.report("out_of_range", str(order), f"2..{MOST}")
    for i in range(order):
        for j in range(i, order):
            if rows[i][j] * rows[j][i] != 1:
                cells = (
                    f"({i + 1}, {j + 1}) {schema.decimal(rows[i][j])}, ({j + 1}, {i + 1}) {schema.decimal(rows[j][i])}"
                )
                where.report("not_reciprocal", cells, "1" if i == j else schema.decimal(1 / rows[i][j]))


def _weighted(nodes: Mapping[str, Draft], drafts: Sequence[Draft], own: Record, compared: set[str]) -> Iterator[str]:
    """Give nodes the weights that a file names; yield the codes of the nodes above."""
    weights = own["weights"] or {}
    where = own.at("weights")
    parents: dict[str, Draft] = {}
    for code, weight in weights.items():
        draft = nodes.get(code)
        if draft is None or draft.kind not in ("indicator", "standard"):
            where.unknown(
                "unknown_code", code, [name for name, node in nodes.items() if node.kind in ("indicator", "standard")]
            )
            continue
        above = drafts[draft.parent]
        if not draft.declared:
            where.report("no_effect", code, "scored: no")
        elif above.code in compared:
            where.report("duplicate_code", code, f"pairwise: {above.code}")
        elif weight is not None:
            draft.given = weight
            parents[above.code] = above
    for code, above in parents.items():
        _check_effect(replace(where, key=f"weights {code}"), above)
        missing = [name for name in _children(above, drafts) if name not in weights]
        if missing:
            replace(where, key=f"weights {code}").report("weights_incomplete", " ".join(missing))
        yield code
