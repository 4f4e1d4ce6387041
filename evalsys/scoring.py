"""From evidence to the score statement: one function, :func:`evaluate`, used by everything that needs a score.

Scoring is one row of attainments; a simulation is a million rows of the same call; a what-if is two. All numbers
are exact. Three words recur: a leaf is *assessed* (it has evidence), *missing* (it has none: neither zero nor full)
or *dropped* (it does not apply: out of the denominator).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys import rules
from evalsys.evidence import Assessment, pass_mark_of
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.instrument import METHODS, Instrument, Node, PassMark
from evalsys.language import Text
from evalsys.rulebook import RULES, Rule
from evalsys.rules import Exact

__all__ = ["VIEWS", "Evaluation", "NodeScore", "Score", "evaluate", "findings", "plain_view", "score", "tree_view"]

_ZERO, _ONE = Fraction(0), Fraction(1)
Mask = NDArray[np.bool_]


# ------------------------------------------------------------------------------------- the spine: leaves to nodes


@dataclass(frozen=True)
class Evaluation:
    """Attainments of all nodes for one or many rows of leaf attainments.

    Attributes
    ----------
    attainment : tuple of (Exact or None), per node
        Share of the node's assessed points that is won, shape ``(...)``; None where nothing is assessed.
    assessed, applicable : tuple of Fraction, per node
        Shares of the node's own points that have evidence, and that apply.
    weights : tuple of Fraction, per node
        Coefficient of this node's attainment in its parent's (before a cap, floor or choice).
    """

    attainment: tuple[Exact | None, ...]
    assessed: tuple[Fraction, ...]
    applicable: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]


def evaluate(
    instrument: Instrument, leaves: Exact, missing: Mask | None = None, dropped: Mask | None = None
) -> Evaluation:
    """Combine leaf attainments up the tree.

    Parameters
    ----------
    instrument : Instrument
    leaves : Exact, shape (..., leaves)
        Attainment of each scored leaf, in [0, 1], in the order of ``instrument.leaves``.
    missing, dropped : bool array (leaves,), optional
        Leaves without evidence, and leaves that do not apply. Their attainment is ignored.

    Returns
    -------
    Evaluation

    Notes
    -----
    sum: ``sum of points x attainment`` over what is assessed; mean: the same, renormalised within the node; cap:
    ``min(1, sum)``; floor: ``max(0, 1 - losses)``; best, worst: of the children; subset-grade: a table by the number
    of full children. A cap, floor, choice or grade with a part that is missing is itself missing.

    With method shares every method is scored over its own leaves, and the whole is the shares' weighted mean.
    """
    count = len(instrument.leaves)
    missing = np.zeros(count, dtype=bool) if missing is None else missing
    dropped = np.zeros(count, dtype=bool) if dropped is None else dropped
    found = _climb(instrument, leaves, missing, dropped)
    if instrument.method_shares is None:
        return found
    parts = [(share, _climb(instrument, leaves, missing, out)) for share, out in _by_method(instrument, dropped)]
    weights = [share for share, part in parts if part.attainment[0] is not None]
    attained = [part.attainment[0] for _, part in parts if part.attainment[0] is not None]
    whole = sum(weights, _ZERO)
    top = None if not whole else rules.weighted([a for a in attained if a is not None], [w / whole for w in weights])
    return Evaluation((top, *found.attainment[1:]), (whole, *found.assessed[1:]), found.applicable, found.weights)


def _by_method(instrument: Instrument, dropped: Mask) -> Iterator[tuple[Fraction, Mask]]:
    """Yield the share of each method, and the leaves that its own score leaves out."""
    own = np.array([instrument.nodes[place].method for place in instrument.leaves])
    for method, share in (instrument.method_shares or {}).items():
        yield share, dropped | (own != method)


def _climb(instrument: Instrument, leaves: Exact, missing: Mask, dropped: Mask) -> Evaluation:
    size = len(instrument.nodes)
    attainment: list[Exact | None] = [None] * size
    assessed, applicable, weights = [_ZERO] * size, [_ZERO] * size, [_ZERO] * size
    for column, place in enumerate(instrument.leaves):
        applicable[place] = _ZERO if dropped[column] else _ONE
        assessed[place] = _ZERO if dropped[column] or missing[column] else _ONE
        if assessed[place]:
            attainment[place] = Exact(leaves.num[..., column], leaves.den)
    for place in range(size - 1, -1, -1):
        node = instrument.nodes[place]
        below = [c for c in node.children if instrument.nodes[c].scored]
        if not below or not node.scored:
            continue
        weight = {c: instrument.nodes[c].weight for c in below}
        kind = node.combine.kind
        if kind == "sum":
            applicable[place] = sum((weight[c] * applicable[c] for c in below), _ZERO)
            assessed[place] = sum((weight[c] * assessed[c] for c in below), _ZERO)
            used = [c for c in below if assessed[c]]
            part = {c: weight[c] * assessed[c] / assessed[place] for c in used}
        else:
            used = [c for c in below if applicable[c]]
            applicable[place] = _ONE if used else _ZERO
            if kind == "mean":
                used = [c for c in used if assessed[c]]
                whole = sum((weight[c] for c in used), _ZERO)
                part = {c: weight[c] / whole for c in used}
            else:
                if any(assessed[c] < applicable[c] for c in used):
                    used = []
                part = {c: weight[c] * applicable[c] for c in used}
            assessed[place] = _ONE if used else _ZERO
        for c in used:
            weights[c] = part[c]
        if used:
            parts = [a for c in used if (a := attainment[c]) is not None]
            attainment[place] = _combined(node, parts, [part[c] for c in used])
    return Evaluation(tuple(attainment), tuple(assessed), tuple(applicable), tuple(weights))


def _combined(node: Node, parts: Sequence[Exact], weights: Sequence[Fraction]) -> Exact:
    match node.combine.kind:
        case "sum" | "mean":
            return rules.weighted(parts, weights)
        case "cap":
            return rules.cap(rules.weighted(parts, weights))
        case "floor":  # 1 - sum of losses, as one weighted sum
            lost = rules.weighted([Exact(p.den - p.num, p.den) for p in parts], weights)
            return rules.floor(Exact(lost.den - lost.num, lost.den))
        case "best":
            return rules.best(parts)
        case "worst":
            return rules.worst(parts)
        case _:
            return rules.grade_by_count(parts, node.combine.grades, node.combine.otherwise)


# ----------------------------------------------------------------------------- from rows to leaves: the evidence


@dataclass(frozen=True)
class _Leaf:
    """What the evidence says of one leaf: its attainment (None: missing), or that it is dropped."""

    attainment: Fraction | None
    dropped: bool = False
    checks: int = 0
    by: str = "observations"


def _leaf_rows(assessment: Assessment) -> tuple[pd.DataFrame, dict[int, _Leaf]]:
    """Score every counted row and every leaf that has rows."""
    instrument, table = assessment.instrument, assessment.observations
    counted = np.flatnonzero(table["counts"].to_numpy())
    leaf_of = table["leaf"].to_numpy()[counted]
    ids = table["observation_id"].to_numpy()[counted]
    order = np.lexsort((ids.astype(str), leaf_of))
    counted, leaf_of = counted[order], leaf_of[order]
    states, seen = table["state"].to_numpy()[counted], table["seen"].to_numpy()[counted]
    attained = np.empty(len(counted), dtype=object)
    deficit = np.empty(len(counted), dtype=object)
    leaves: dict[int, _Leaf] = {}
    edges = np.flatnonzero(np.diff(leaf_of, prepend=-1, append=-1))
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        place = int(leaf_of[start])
        node = instrument.nodes[place]
        standard = instrument.nodes[node.parent].standard
        if standard is None:
            continue
        rule = standard.rules[str(node.method)]
        applies = states[start:end] == "seen"
        rows = seen[start:end][applies]
        own_attained, own_deficit, value = _rows_of(rule, rows)
        if not applies.all() and standard.not_applicable == "full":
            filled = rules.exact([*own_attained, *[_ONE] * int((~applies).sum())])
            value = value if RULES[rule.kind].pooled and len(rows) else rules.over_sites(filled, _how(rule))
        attained[start:end][applies], deficit[start:end][applies] = own_attained, own_deficit
        attained[start:end][~applies], deficit[start:end][~applies] = None, _ZERO
        checks = int(end - start)
        if value is not None:
            leaves[place] = _Leaf(value, checks=checks)
        else:  # it applies nowhere: dropped, or the mean of its peers (set later)
            leaves[place] = _Leaf(None, standard.not_applicable == "drop", checks, "peers")
    columns = ["observation_id", "standard", "site", "area", "units", "who", "value", "note"]
    frame = table.iloc[counted][columns].reset_index(drop=True)
    frame["leaf"], frame["attainment"], frame["deficit"] = leaf_of, attained, deficit
    return frame, leaves


def _how(rule: Rule) -> str | int:
    how: str | int = rule.params.get("over_sites", "mean")
    return how


def _rows_of(rule: Rule, rows: NDArray[Any]) -> tuple[list[Fraction], list[Fraction], Fraction | None]:
    """Return attainment and deficit of each row, and the leaf's attainment (None without rows).

    The deficit says how a leaf's loss is shared among its rows: what each row lacks, or takes.
    """
    if not len(rows):
        return [], [], None
    kind = RULES[rule.kind]
    columns = [rules.exact(column) for column in zip(*rows, strict=True)]
    each = kind.attain(rule.params, columns)
    attained = _fractions(each)
    if rule.kind == "deduct":
        kinds = columns[0].num // columns[0].den
        caps = [entry["cap"] for entry in rule.params["kinds"].values()]
        return attained, _fractions(columns[1]), rules.deduct(columns[1], kinds, caps, rule.params["full"])
    if rule.kind == "none":
        return attained, _fractions(columns[0]), Fraction(int(min(each.num)))
    return attained, [_ONE - a for a in attained], rules.over_sites(each, _how(rule))


def _fractions(values: Exact) -> list[Fraction]:
    """Return the numbers as fractions; each distinct one is made once."""
    made: dict[int, Fraction] = {}
    return [made[n] if n in made else made.setdefault(n, Fraction(n, values.den)) for n in values.num.tolist()]


def _survey_leaf(assessment: Assessment, place: int) -> _Leaf | None:
    """Score a survey leaf from the answers: the mean over its questions of the satisfied share, then the rule."""
    node = assessment.instrument.nodes[place]
    code = assessment.instrument.nodes[node.parent].code
    answers = assessment.responses[assessment.responses["standard"] == code]
    standard = assessment.instrument.nodes[node.parent].standard
    if node.method != "survey" or standard is None or answers.empty:
        return None
    shares = []
    for _, group in answers.groupby("question", sort=True):
        happy = sum(group["weight"][group["satisfied"]], _ZERO)
        shares.append(happy / sum(group["weight"], _ZERO))
    satisfied = sum(shares, _ZERO) / len(shares)
    rule = standard.rules["survey"]
    if rule.kind == "share":
        return _Leaf(satisfied, checks=len(answers), by="responses")
    value = satisfied * 100 if rule.params.get("measure") == "%" else satisfied
    attained = RULES[rule.kind].attain(rule.params, [rules.exact([value])])
    return _Leaf(_fractions(attained)[0], checks=len(answers), by="responses")


def _material_leaf(assessment: Assessment, place: int) -> _Leaf | None:
    """Score a document leaf from the register of materials: all required ones ready, or their share."""
    node = assessment.instrument.nodes[place]
    standard = assessment.instrument.nodes[node.parent].standard
    if node.method != "document_review" or standard is None or assessment.materials.empty:
        return None
    required = [m.id for m in standard.materials if m.required]
    ready = dict(zip(assessment.materials["material"], assessment.materials["ready"], strict=True))
    rule = standard.rules["document_review"]
    if not required or any(name not in ready for name in required) or rule.kind not in ("met", "share"):
        return None
    share = Fraction(sum(ready[name] for name in required), len(required))
    return _Leaf(share if rule.kind == "share" else Fraction(int(share == 1)), checks=len(required), by="materials")


# ---------------------------------------------------------------------------------------------------- the score


@dataclass(frozen=True)
class NodeScore:
    """One row of the score statement, in points.

    Attributes
    ----------
    place : int
        The node's place in the instrument.
    state : str
        'assessed', 'partly', 'missing', 'dropped' or 'unscored'.
    points : Fraction or None
        Full points; None for a node that counts only through a choice above it.
    assessed, won, lost : Fraction or None
        Points with evidence, won of them, and lost.
    attainment : Fraction or None
        Share won of what is assessed.
    checks, findings : int
        Pieces of evidence below the node, and how many of them lose points.
    by : str
        For a leaf: what the evidence is (observations, responses, materials, peers).
    """

    place: int
    state: str
    points: Fraction | None
    assessed: Fraction | None
    won: Fraction | None
    lost: Fraction | None
    attainment: Fraction | None
    checks: int
    findings: int
    by: str = ""


@dataclass(frozen=True)
class Score:
    """The result of a mock assessment.

    Attributes
    ----------
    value : Fraction or None
        Score on assessed points: ``won / assessed x full marks``; None where nothing is assessed.
    won, assessed, applicable : Fraction
        Points won, points with evidence, and points that apply.
    worst, best : Fraction
        The score if all that is missing were lost, or won.
    attainment : Fraction or None
    pass_mark : PassMark or None
    nodes : tuple of NodeScore
        The score statement, in the order of the instrument.
    rows : DataFrame
        Counted rows: ``observation_id, standard, leaf, site, area, units, who, value, note, attainment, deficit, points``
        (their part of the leaf's points) and ``lost`` (their part of the total loss), sorted by leaf and id.
    left_out : tuple of str
        Codes that the caller left out of the score.
    assumed : tuple of Text
    """

    assessment: Assessment
    value: Fraction | None
    won: Fraction
    assessed: Fraction
    applicable: Fraction
    worst: Fraction
    best: Fraction
    attainment: Fraction | None
    pass_mark: PassMark | None
    nodes: tuple[NodeScore, ...]
    rows: pd.DataFrame
    left_out: tuple[str, ...]
    assumed: tuple[Text, ...]

    @property
    def lost(self) -> Fraction:
        """Points lost of those assessed."""
        return self.assessed - self.won

    @property
    def not_assessed(self) -> Fraction:
        """Points that apply and have no evidence."""
        return self.applicable - self.assessed

    @property
    def passes(self) -> bool | None:
        """Whether the score reaches the pass mark (equality passes); None without one or the other."""
        return None if self.pass_mark is None or self.value is None else self.value >= self.pass_mark.value

    @cached_property
    def by_code(self) -> Mapping[str, NodeScore]:
        """The statement by code."""
        return {self.assessment.instrument.nodes[n.place].code: n for n in self.nodes}


def score(assessment: Assessment, *, left_out: Iterable[str] = (), pass_mark: str | None = None) -> Score:
    """Score the evidence at hand.

    Parameters
    ----------
    assessment : Assessment
    left_out : iterable of str
        Codes of indicators or standards to treat as not part of the instrument, for comparison with a result that
        left them out.
    pass_mark : str, optional
        ``"85%"`` or points; otherwise the assessment's, otherwise the instrument's.

    Returns
    -------
    Score

    Raises
    ------
    InputFaults
        For an unknown code or an impossible pass mark.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> round(float(result.won), 3), result.applicable
    (36.606, Fraction(39, 1))
    """
    instrument = assessment.instrument
    left_out = tuple(left_out)
    unknown = [code for code in left_out if code not in instrument.places]
    if unknown:
        raise InputFaults(
            Fault("unknown_code", "left_out", value=code, nearest=nearest(code, instrument.places)) for code in unknown
        )
    rows, by_place = _leaf_rows(assessment)
    for place in instrument.leaves:
        if place not in by_place:
            by_place[place] = _survey_leaf(assessment, place) or _material_leaf(assessment, place) or _Leaf(None)
    _fill_from_peers(instrument, by_place)
    out = {place for code in left_out for place in instrument.below(instrument.places[code])}
    leaves = [by_place[place] for place in instrument.leaves]
    dropped = np.array(
        [leaf.dropped or place in out for leaf, place in zip(leaves, instrument.leaves, strict=True)], dtype=bool
    )
    missing = np.array([leaf.attainment is None for leaf in leaves], dtype=bool) & ~dropped
    one_row = rules.exact([leaf.attainment if leaf.attainment is not None else _ZERO for leaf in leaves])
    found = evaluate(instrument, one_row, missing, dropped)
    worst, best = _range(instrument, one_row, missing, dropped)
    full = instrument.full_marks
    rows = rows[~rows["leaf"].isin(out)].reset_index(drop=True)
    loss, stake = _allocate(instrument, one_row, missing, dropped, found)
    rows["points"], rows["lost"] = _share_rows(rows, loss, stake)
    nodes = tuple(_node_scores(instrument, found, by_place, rows, out))
    top = found.attainment[0]
    attainment = None if top is None else Fraction(int(top.num), top.den)
    assessed = found.assessed[0] * full
    return Score(
        assessment=assessment,
        value=None if attainment is None else attainment * full,
        won=_ZERO if attainment is None else attainment * assessed,
        assessed=assessed,
        applicable=found.applicable[0] * full,
        worst=worst * full,
        best=best * full,
        attainment=attainment,
        pass_mark=pass_mark_of(assessment, pass_mark),
        nodes=nodes,
        rows=rows,
        left_out=left_out,
        assumed=_assumed(assessment, pass_mark),
    )


def _fill_from_peers(instrument: Instrument, by_place: dict[int, _Leaf]) -> None:
    """A leaf that applies nowhere and whose standard says 'peers' gets the mean of its indicator's assessed leaves."""
    known = {place: leaf.attainment for place, leaf in by_place.items() if leaf.attainment is not None}
    for place, leaf in by_place.items():
        if leaf.by != "peers" or leaf.dropped:
            continue
        indicator = instrument.nodes[instrument.nodes[place].parent].parent
        peers = [p for p in instrument.below(indicator) if p in known]
        weight = {p: instrument.nodes[p].points or _ONE for p in peers}
        if peers:
            mean = sum((weight[p] * known[p] for p in peers), _ZERO) / sum(weight.values())
            by_place[place] = _Leaf(mean, checks=leaf.checks, by="peers")


def _range(instrument: Instrument, leaves: Exact, missing: Mask, dropped: Mask) -> tuple[Fraction, Fraction]:
    """Return the attainment of the whole if all that is missing were lost, and if it were won."""
    low = np.where(missing, 0, leaves.num)
    high = np.where(missing, leaves.den, leaves.num)
    both = evaluate(instrument, Exact(np.stack([low, high]), leaves.den), dropped=dropped).attainment[0]
    if both is None:
        return _ZERO, _ZERO
    return Fraction(int(both.num[0]), both.den), Fraction(int(both.num[1]), both.den)


# ----------------------------------------------------------------------- who lost the points: from the top down


def _allocate(
    instrument: Instrument, leaves: Exact, missing: Mask, dropped: Mask, found: Evaluation
) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """Share the total loss, and the assessed points, over the leaves.

    Each node hands its loss down in proportion to what each child lost itself. In a plain sum this is the child's own
    loss; below a cap, floor, choice or grade it makes the parts add up to what the total really lost.
    """
    if instrument.method_shares is None:
        return _down(instrument, found, found.assessed[0] * instrument.full_marks)
    loss: dict[int, Fraction] = {}
    stake: dict[int, Fraction] = {}
    for share, out in _by_method(instrument, dropped):
        part = _climb(instrument, leaves, missing, out)
        if part.attainment[0] is not None:
            for total, own in zip((loss, stake), _down(instrument, part, share * instrument.full_marks), strict=True):
                for place, points in own.items():
                    total[place] = total.get(place, _ZERO) + points
    return loss, stake


def _down(
    instrument: Instrument, found: Evaluation, points: Fraction
) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    attained = {p: Fraction(int(a.num), a.den) for p, a in enumerate(found.attainment) if a is not None}
    stake, loss = {0: points}, {0: points * (_ONE - attained[0]) if 0 in attained else _ZERO}
    for place, node in enumerate(instrument.nodes):
        below = [c for c in node.children if c in attained and found.weights[c]]
        if place not in stake or not below:
            continue
        whole = sum((found.weights[c] for c in below), _ZERO)
        own = {c: found.weights[c] * (_ONE - attained[c]) for c in below}
        lacking = sum(own.values(), _ZERO)
        for c in below:
            stake[c] = stake[place] * found.weights[c] / whole
            loss[c] = loss[place] * own[c] / lacking if lacking else _ZERO
    return loss, stake


def _share_rows(
    rows: pd.DataFrame, loss: Mapping[int, Fraction], stake: Mapping[int, Fraction]
) -> tuple[list[Fraction], list[Fraction]]:
    """Share each leaf's points equally, and its loss by deficit, over its rows."""
    places, deficits = rows["leaf"].tolist(), rows["deficit"].tolist()
    count: dict[int, int] = {}
    lacking: dict[int, Fraction] = {}
    for place, deficit in zip(places, deficits, strict=True):
        count[place] = count.get(place, 0) + 1
        if deficit:
            lacking[place] = lacking.get(place, _ZERO) + deficit
    part = {place: stake.get(place, _ZERO) / n for place, n in count.items()}
    rate = {place: loss.get(place, _ZERO) / total for place, total in lacking.items()}
    made: dict[tuple[int, Fraction], Fraction] = {}
    lost = []
    for place, deficit in zip(places, deficits, strict=True):
        if not deficit:
            lost.append(_ZERO)
            continue
        if (place, deficit) not in made:
            made[place, deficit] = rate[place] * deficit
        lost.append(made[place, deficit])
    return [part[place] for place in places], lost


def _node_scores(
    instrument: Instrument, found: Evaluation, by_place: Mapping[int, _Leaf], rows: pd.DataFrame, out: set[int]
) -> Iterator[NodeScore]:
    size = len(instrument.nodes)
    checks, bad = [0] * size, [0] * size
    for place, leaf in by_place.items():
        checks[place] = leaf.checks if place not in out else 0
    for place, lost in zip(rows["leaf"].tolist(), rows["lost"].tolist(), strict=True):
        bad[place] += lost > 0
    for place in range(size - 1, 0, -1):
        checks[instrument.nodes[place].parent] += checks[place]
        bad[instrument.nodes[place].parent] += bad[place]
    for place, node in enumerate(instrument.nodes):
        attained = found.attainment[place]
        points = None if node.points is None else node.points * found.applicable[place]
        assessed = None if node.points is None else node.points * found.assessed[place]
        share = None if attained is None else Fraction(int(attained.num), attained.den)
        won = None if assessed is None or share is None else assessed * share
        lost = None if won is None or assessed is None else assessed - won
        yield NodeScore(
            place,
            _state(node, found, place),
            points,
            assessed,
            won,
            lost,
            share,
            checks[place],
            bad[place],
            by_place[place].by if place in by_place and found.assessed[place] else "",
        )


def _state(node: Node, found: Evaluation, place: int) -> str:
    if not node.scored:
        return "unscored"
    if not found.applicable[place]:
        return "dropped"
    if not found.assessed[place]:
        return "missing"
    return "assessed" if found.assessed[place] == found.applicable[place] else "partly"


def _assumed(assessment: Assessment, given: str | None) -> tuple[Text, ...]:
    instrument = assessment.instrument
    found = list(instrument.assumed)
    mark = pass_mark_of(assessment, given)
    if mark is not None and mark.status == "assumed":
        found.append(Text("目标线为假定", "the pass mark is assumed"))
    held = [node.standard for node in instrument.nodes if node.standard and node.scored]
    several = sum("several" in s.assumed for s in held)
    limits = sum("threshold" in s.assumed for s in held)
    if several:
        found.append(
            Text(
                f"{several} 项标准有几种测评方法，合成方式为假定",
                f"how several methods combine is assumed for {several} standards",
            )
        )
    if limits:
        found.append(Text(f"{limits} 项标准的达标界限为假定", f"the threshold of {limits} standards is assumed"))
    return tuple(found)


# ------------------------------------------------------------------------------------------------------- views

#: What rows can be grouped by. A row may belong to several units; then it counts in full for each.
VIEWS = ("indicator", "method", "unit", "area", "site_type", "site")


def tree_view(result: Score, by: str) -> pd.DataFrame:
    """Group points by the tree rule: every row holds an equal part of its leaf's points.

    Parameters
    ----------
    result : Score
    by : str
        One of :data:`VIEWS`.

    Returns
    -------
    DataFrame
        ``name, checks, findings, points, won, lost, attainment``, by points lost. An empty name is evidence that no
        one answers for, or that has no site. Parts add up to the whole except by unit, where a row with two units
        counts in full for both.
    """
    return _grouped(result, by, "points", "lost").sort_values(
        ["lost", "name"], ascending=[False, True], kind="stable", ignore_index=True
    )


def plain_view(result: Score, by: str) -> pd.DataFrame:
    """Group rows by plain sums: each row counts 1 and wins its attainment, whatever its leaf is worth.

    Returns
    -------
    DataFrame
        ``name, checks, findings, points, won, lost, attainment, rank`` (competition ranking of the attainment, ties
        share a rank), by rank. `points` is the number of rows.
    """
    found = _grouped(result, by, None, "deficit")
    found = found.sort_values(["attainment", "name"], ascending=[False, True], kind="stable", ignore_index=True)
    rates = found["attainment"].tolist()
    found["rank"] = [1 + sum(other > rate for other in rates) for rate in rates]
    return found


def _groups(result: Score, by: str) -> list[tuple[str, ...]]:
    """Return the groups of each row."""
    rows, instrument, sites = result.rows, result.assessment.instrument, result.assessment.sites
    if by == "unit":
        return [units or ("",) for units in rows["units"]]
    if by == "area":
        return [(area or "",) for area in rows["area"]]
    if by in ("site_type", "site"):
        names = sites["site_type" if by == "site_type" else "site_id"].tolist()
        return [(names[site] if site >= 0 else "",) for site in rows["site"]]
    if by == "method":
        return [(str(instrument.nodes[leaf].method),) for leaf in rows["leaf"]]
    if by == "indicator":
        return [(instrument.nodes[instrument.indicator_of(leaf)].code,) for leaf in rows["leaf"]]
    raise InputFaults([Fault("bad_value", "by", value=by, allowed=" ".join(VIEWS), nearest=nearest(by, VIEWS))])


def _grouped(result: Score, by: str, points: str | None, lost: str) -> pd.DataFrame:
    groups = _groups(result, by)
    applies = result.rows["attainment"].notna().tolist()
    stakes = [_ONE] * len(groups) if points is None else result.rows[points].tolist()
    attained = result.rows["attainment"].tolist()
    losses = [_ONE - a if a is not None else _ZERO for a in attained] if points is None else result.rows[lost].tolist()
    total: dict[str, list[Any]] = {}
    for names, counted, stake, loss in zip(groups, applies, stakes, losses, strict=True):
        if counted:
            for name in names:
                entry = total.setdefault(name, [0, 0, _ZERO, _ZERO])
                entry[0] += 1
                entry[1] += loss > 0
                entry[2] += stake
                entry[3] += loss
    table = [
        (name, checks, bad, stake, stake - loss, loss, (stake - loss) / stake if stake else _ONE)
        for name, (checks, bad, stake, loss) in sorted(total.items())
    ]
    return pd.DataFrame(table, columns=["name", "checks", "findings", "points", "won", "lost", "attainment"])


def findings(result: Score) -> pd.DataFrame:
    """Return the rows that lose points, the heaviest first.

    Returns
    -------
    DataFrame
        Columns of ``Score.rows``; ties in the order of the instrument, then of the site and the id.
    """
    rows = result.rows[[lost > 0 for lost in result.rows["lost"]]].copy()
    rows["heavy"] = [-lost for lost in rows["lost"]]
    rows = rows.sort_values(["heavy", "leaf", "site", "observation_id"], kind="stable", ignore_index=True)
    return rows.drop(columns="heavy")


def method_names() -> Mapping[str, Text]:
    """Return the names of the methods."""
    return METHODS
