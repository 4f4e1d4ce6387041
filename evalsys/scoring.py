"""From evidence to the score statement: what each leaf has won, by :func:`~evalsys.spine.evaluate` to every node."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys import rules
from evalsys.after_total import Case, Happened, Settled, needed_before, settle
from evalsys.evidence import Assessment, pass_mark_of
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.instrument import Instrument, Node, PassMark, Standard
from evalsys.language import Text
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import RULES, Rule
from evalsys.rules import Exact
from evalsys.spine import Evaluation, Mask, allocate, evaluate, single

__all__ = ["NodeScore", "Score", "case_of", "score"]

_ZERO, _ONE = Fraction(0), Fraction(1)


# ------------------------------------------------------------------------------------------------ the result


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


@dataclass(frozen=True, eq=False)
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
        What the score rests on: ``observation_id, standard, leaf, site, area, units, who, value, note, attainment,
        deficit, by, checks, points`` (its part of the leaf's points) and ``lost`` (its part of the total's loss),
        sorted by leaf and id. One row per counted observation; and one per leaf that is scored from survey answers
        (`by` is 'responses'), from the register of documents ('materials') or as the mean of its peers ('peers'),
        which has the leaf's code as its id. `checks` is how many pieces of evidence a row stands for; a row that
        does not apply stands for none and has no attainment.
    left_out : tuple of str
        Codes that the caller left out of the score.
    assumed : tuple of Text
    settled : Settled
        What the instrument applies after the total: joined scores, bonuses, the negative list, gates.
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
    settled: Settled

    @property
    def final(self) -> Fraction | None:
        """The score with all that is applied after the total, in points."""
        return self.settled.value

    @property
    def final_attainment(self) -> Fraction | None:
        """The final score as a share of the full marks."""
        return None if self.final is None else self.final / self.assessment.instrument.full_marks

    def final_of(self, attainment: Fraction) -> Fraction:
        """Return the final attainment that an attainment of the instrument's own would give."""
        full = self.assessment.instrument.full_marks
        found = settle(self.assessment.instrument, attainment * full, case_of(self.assessment)).value
        return (found or _ZERO) / full

    @cached_property
    def needed(self) -> Fraction | None:
        """What the instrument's own score must be for the final one to reach the pass mark; None without a mark."""
        if self.pass_mark is None:
            return None
        return needed_before(self.assessment.instrument, self.pass_mark.value, case_of(self.assessment))

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
        """Whether the final score reaches the pass mark (equality passes) and nothing bars the title.

        None without a score or a mark.
        """
        if self.pass_mark is None or self.final is None:
            return None
        return self.final >= self.pass_mark.value and not self.settled.bars

    @cached_property
    def by_code(self) -> Mapping[str, NodeScore]:
        """The statement by code."""
        return {self.assessment.instrument.nodes[n.place].code: n for n in self.nodes}


def score(
    assessment: Assessment,
    *,
    left_out: Iterable[str] = (),
    repaired: Iterable[str] = (),
    pass_mark: str | None = None,
) -> Score:
    """Score the evidence at hand.

    Parameters
    ----------
    assessment : Assessment
    left_out : iterable of str
        Codes of indicators or standards to treat as not part of the instrument, for comparison with a result that
        left them out.
    repaired : iterable of str
        Ids of rows (of ``Score.rows``) to score as if they had lost nothing: what a repair would bring.
    pass_mark : str, optional
        ``"85%"`` or points; otherwise the assessment's, otherwise the instrument's.

    Returns
    -------
    Score

    Raises
    ------
    InputFaults
        For an unknown code or id, or an impossible pass mark.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> result = score(read_assessment("data/wujiang-2016"))
    >>> round(float(result.won), 3), result.applicable
    (36.606, Fraction(39, 1))
    """
    instrument, left_out, repaired = assessment.instrument, tuple(left_out), frozenset(repaired)
    _check_codes(assessment, left_out, repaired)
    mark = pass_mark_of(assessment, pass_mark)
    out = {place for code in left_out for place in instrument.below(instrument.places[code])}
    leaves, rows = _leaves(assessment, out, repaired)
    held = [leaves[place] for place in instrument.leaves]
    dropped = np.array([leaf.dropped for leaf in held], dtype=bool)
    missing = np.array([leaf.attainment is None for leaf in held], dtype=bool) & ~dropped
    one_row = rules.exact([leaf.attainment if leaf.attainment is not None else _ZERO for leaf in held])
    found = evaluate(instrument, one_row, missing, dropped)
    attainment, full = single(found.attainment[0]), instrument.full_marks
    worst, best = _range(instrument, one_row, missing, dropped) if missing.any() else (attainment or _ZERO,) * 2
    loss, stake = allocate(instrument, found)
    rows["points"], rows["lost"] = _share_out(rows, loss, stake)
    assessed = found.assessed[0] * full
    value = None if attainment is None else attainment * full
    return Score(
        assessment=assessment,
        value=value,
        won=_ZERO if attainment is None else attainment * assessed,
        assessed=assessed,
        applicable=found.applicable[0] * full,
        worst=worst * full,
        best=best * full,
        attainment=attainment,
        pass_mark=mark,
        nodes=tuple(_statement(instrument, found, leaves, rows)),
        rows=rows,
        left_out=left_out,
        assumed=_assumed(instrument, mark),
        settled=settle(instrument, value, case_of(assessment)),
    )


def case_of(assessment: Assessment) -> Case:
    """Return what an assessment says beside its score: standing, days, other scores, events."""
    settings, table = assessment.settings, assessment.events
    columns = (table[name].tolist() for name in ("code", "date", "confirmed", "note"))
    events = tuple(
        Happened(code, pd.Timestamp(day).date(), confirmed, note)
        for code, day, confirmed, note in zip(*columns, strict=True)
    )
    return Case(settings.standing, settings.inspection_date, settings.applied_on, settings.scores, events)


def _check_codes(assessment: Assessment, left_out: Sequence[str], repaired: Collection[str]) -> None:
    places = assessment.instrument.places
    faults = [
        Fault("unknown_code", "left_out", value=code, nearest=nearest(code, places))
        for code in left_out
        if code not in places
    ]
    if repaired:
        known = {*assessment.observations["observation_id"], *places}
        faults += [Fault("unknown_name", "repaired", value=name) for name in repaired if name not in known]
    if faults:
        raise InputFaults(faults)


def _range(instrument: Instrument, leaves: Exact, missing: Mask, dropped: Mask) -> tuple[Fraction, Fraction]:
    """Return the attainment of the whole if all that is missing were lost, and if it were won."""
    low = np.where(missing, 0, leaves.num)
    high = np.where(missing, leaves.den, leaves.num)
    both = evaluate(instrument, Exact(np.stack([low, high]), leaves.den), dropped=dropped).attainment[0]
    if both is None:
        return _ZERO, _ZERO
    return Fraction(int(both.num[0]), both.den), Fraction(int(both.num[1]), both.den)


def _statement(
    instrument: Instrument, found: Evaluation, leaves: Mapping[int, _Leaf], rows: pd.DataFrame
) -> Iterator[NodeScore]:
    size = len(instrument.nodes)
    checks, bad = [0] * size, [0] * size
    for place, count, lost in zip(rows["leaf"].tolist(), rows["checks"].tolist(), rows["lost"].tolist(), strict=True):
        checks[place] += count
        bad[place] += lost > 0
    for place in range(size - 1, 0, -1):
        checks[instrument.nodes[place].parent] += checks[place]
        bad[instrument.nodes[place].parent] += bad[place]
    for place, node in enumerate(instrument.nodes):
        points = None if node.points is None else node.points * found.applicable[place]
        assessed = None if node.points is None else node.points * found.assessed[place]
        share = single(found.attainment[place])
        won = None if assessed is None or share is None else assessed * share
        lost = None if won is None or assessed is None else assessed - won
        by = leaves[place].by if place in leaves and found.assessed[place] else ""
        state = _state(node, found, place)
        yield NodeScore(place, state, points, assessed, won, lost, share, checks[place], bad[place], by)


def _state(node: Node, found: Evaluation, place: int) -> str:
    if not node.scored:
        return "unscored"
    if not found.applicable[place]:
        return "dropped"
    if not found.assessed[place]:
        return "missing"
    return "assessed" if found.assessed[place] == found.applicable[place] else "partly"


def _assumed(instrument: Instrument, mark: PassMark | None) -> tuple[Text, ...]:
    found = list(instrument.assumed)
    if mark is not None and mark.status == "assumed":
        found.append(Text("目标线为假定", "the pass mark is assumed"))
    if instrument.documents[instrument.source["document"]]["certainty"] == "assumed":
        found.append(Text("测评体系没有成文来源，为假定", "the instrument has no written source: it is assumed"))
    held = [node.standard for node in instrument.nodes if node.standard and node.scored]
    several = sum("several" in s.assumed for s in held)
    limits = sum("threshold" in s.assumed for s in held)
    if several:
        found.append(
            Text(
                f"{several} 项标准有几种测评方法，合成方式为假定",
                f"standards of several methods, whose way to combine is assumed: {several}",
            )
        )
    if limits:
        found.append(Text(f"{limits} 项标准的达标界限为假定", f"standards whose threshold is assumed: {limits}"))
    return tuple(found)


# ---------------------------------------------------------------------------------- what the evidence says of leaves


@dataclass(frozen=True)
class _Leaf:
    """What the evidence says of one leaf: its attainment (None: missing), or that it is dropped."""

    attainment: Fraction | None = None
    dropped: bool = False
    by: str = "observations"
    value: str = ""
    checks: int = 0


_COLUMNS = ("observation_id", "standard", "site", "area", "units", "who", "value", "note")


def _leaves(
    assessment: Assessment, out: Collection[int], repaired: frozenset[str]
) -> tuple[dict[int, _Leaf], pd.DataFrame]:
    """Return every scored leaf, and the rows that the score rests on."""
    instrument = assessment.instrument
    leaves, rows = _from_observations(assessment, out, repaired)
    answers, ready = _answers(assessment), _ready(assessment)
    for place in instrument.leaves:
        if place in out:
            leaves[place] = _Leaf(dropped=True)
        elif place not in leaves:
            leaves[place] = (
                _from_answers(instrument, place, answers) or _from_materials(instrument, place, ready) or _Leaf()
            )
    _fill_from_peers(instrument, leaves)
    for place, leaf in leaves.items():
        if instrument.nodes[place].code in repaired and leaf.attainment is not None:
            leaves[place] = _Leaf(_ONE, by=leaf.by, value=leaf.value, checks=leaf.checks)
    others = {
        place: leaf for place, leaf in leaves.items() if leaf.by != "observations" and leaf.attainment is not None
    }
    if others:
        rows = pd.concat([rows, _rows_without_observation(instrument, others)], ignore_index=True)
        rows = rows.sort_values("leaf", kind="stable", ignore_index=True)
    return leaves, rows


def _rows_without_observation(instrument: Instrument, leaves: Mapping[int, _Leaf]) -> pd.DataFrame:
    """Return one row for each leaf that is scored from something else than observations."""
    table: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS, "leaf", "attainment", "deficit", "by", "checks")}
    for place, leaf in leaves.items():
        node = instrument.nodes[instrument.nodes[place].parent]
        units = tuple(instrument.units[unit].zh for unit in node.standard.lead) if node.standard else ()
        attained = leaf.attainment if leaf.attainment is not None else _ZERO
        code = instrument.nodes[place].code
        cells = (code, node.code, -1, None, units, "standard", leaf.value, "", place)
        for column, cell in zip(table, (*cells, attained, _ONE - attained, leaf.by, leaf.checks), strict=True):
            table[column].append(cell)
    return _frame(table)


def _frame(table: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table whose columns hold plain Python values, but for whole numbers."""
    whole = ("site", "leaf", "checks")
    return pd.DataFrame(
        {
            name: np.array(values, dtype=np.int64) if name in whole else pd.Series(list(values), dtype=object)
            for name, values in table.items()
        }
    )


def _from_observations(
    assessment: Assessment, out: Collection[int], repaired: frozenset[str]
) -> tuple[dict[int, _Leaf], pd.DataFrame]:
    """Score every counted row and every leaf that has rows; repaired rows lose nothing."""
    instrument, table = assessment.instrument, assessment.observations
    counted = np.flatnonzero(table["counts"].to_numpy() & ~table["leaf"].isin(out).to_numpy())
    leaf_of, ids = table["leaf"].to_numpy()[counted], table["observation_id"].to_numpy()[counted].astype(str)
    order = np.lexsort((ids, leaf_of))
    counted, leaf_of, mended = counted[order], leaf_of[order], np.isin(ids[order], list(repaired))
    applies = (table["state"].to_numpy() == "seen")[counted]
    seen = table["seen"].to_numpy()[counted]
    attained, deficit = np.full(len(counted), None, dtype=object), np.full(len(counted), _ZERO, dtype=object)
    leaves: dict[int, _Leaf] = {}
    edges = np.flatnonzero(np.diff(leaf_of, prepend=-1, append=-1)).tolist()
    for start, end in itertools.pairwise(edges):
        place = int(leaf_of[start])
        node = instrument.nodes[place]
        standard = instrument.nodes[node.parent].standard
        if standard is None:
            continue
        own, here = applies[start:end], slice(start, end)
        rows = _rows_of(standard.rules[str(node.method)], seen[here][own], mended[here][own])
        leaves[place] = _leaf_of(standard, str(node.method), rows, int((~own).sum()))
        attained[here][own], deficit[here][own] = rows.attained, rows.deficit
        if standard.not_applicable == "full":
            attained[here][~own] = _ONE
    columns = {name: table[name].to_numpy()[counted] for name in _COLUMNS}
    frame = _frame({**columns, "leaf": leaf_of, "attainment": attained, "deficit": deficit})
    frame["by"] = pd.Series(["observations"] * len(frame), dtype=object)
    frame["checks"] = frame["attainment"].notna().astype(np.int64)
    return leaves, frame


@dataclass(frozen=True)
class _Rows:
    """Attainment and deficit of each row of a leaf, and the leaf's attainment if all rows were there.

    The deficit says how a leaf's loss is shared among its rows: what each row lacks, or takes.
    """

    attained: list[Fraction]
    deficit: list[Fraction]
    value: Fraction | None


def _rows_of(rule: Rule, seen: NDArray[Any], mended: Mask) -> _Rows:
    if not len(seen):
        return _Rows([], [], None)
    kind = RULES[rule.kind]
    columns = [rules.exact(column) for column in zip(*seen, strict=True)]
    each = kind.attain(rule.params, columns)
    each = Exact(np.where(mended, each.den, each.num), each.den)
    attained = _fractions(each)
    if not kind.pooled:
        return _Rows(attained, _fractions(Exact(each.den - each.num, each.den)), None)
    taken = Exact(np.where(mended, 0, columns[-1].num), columns[-1].den)
    if rule.kind == "none":
        return _Rows(attained, _fractions(taken), Fraction(int(not taken.num.any())))
    kinds = columns[0].num // columns[0].den
    caps = [entry["cap"] for entry in rule.params["kinds"].values()]
    return _Rows(attained, _fractions(taken), rules.deduct(taken, kinds, caps, rule.params["full"]))


def _leaf_of(standard: Standard, method: str, rows: _Rows, without: int) -> _Leaf:
    """Score a leaf from its rows and the number of rows where it does not apply.

    Where rows are left, those that do not apply count as full or not at all: the mean of its peers leaves a mean as
    it is. Where none is left, the leaf is dropped, full, or the mean of the leaves beside it (filled in later).
    """
    rule = standard.rules[method]
    full = [_ONE] * without if standard.not_applicable == "full" else []
    if not rows.attained and not full:
        return _Leaf(dropped=standard.not_applicable == "drop", by="peers")
    if not rows.attained:
        return _Leaf(_ONE)
    if RULES[rule.kind].pooled:
        return _Leaf(rows.value)
    every = [*rows.attained, *full]
    how: str | int = rule.params.get("over_sites", "mean")
    if isinstance(how, int) and sum(a == 1 for a in every) < how and len(every) < how:
        return _Leaf()  # so many sites must comply, and not so many were seen: not decided
    return _Leaf(rules.over_sites(rules.exact(every), how))


def _fractions(values: Exact) -> list[Fraction]:
    """Return the numbers as fractions; each distinct one is made once."""
    made: dict[int, Fraction] = {}
    return [made[n] if n in made else made.setdefault(n, Fraction(n, values.den)) for n in values.num.tolist()]


# -- survey answers, documents, peers


def _answers(assessment: Assessment) -> dict[str, dict[str, tuple[Fraction, Fraction, int]]]:
    """Return, by standard and question, the weight of satisfied answers, of all answers, and their number."""
    found: dict[str, dict[str, tuple[Fraction, Fraction, int]]] = {}
    table = assessment.responses
    columns = (table[name].tolist() for name in ("standard", "question", "answer", "weight", "satisfied"))
    for standard, question, answer, weight, satisfied in zip(*columns, strict=True):
        if answer:
            happy, total, count = found.setdefault(standard, {}).get(question, (_ZERO, _ZERO, 0))
            found[standard][question] = (happy + weight if satisfied else happy, total + weight, count + 1)
    return found


def _from_answers(
    instrument: Instrument, place: int, answers: Mapping[str, Mapping[str, tuple[Fraction, Fraction, int]]]
) -> _Leaf | None:
    """Score a survey leaf from the answers: the mean over its questions of the satisfied share, then the rule."""
    parent = instrument.nodes[instrument.nodes[place].parent]
    asked = answers.get(parent.code)
    if instrument.nodes[place].method != "survey" or parent.standard is None or not asked:
        return None
    satisfied = sum((happy / total for happy, total, _ in asked.values()), _ZERO) / len(asked)
    rule = parent.standard.rules["survey"]
    attained = satisfied
    if rule.kind != "share":
        measured = satisfied * 100 if rule.params.get("measure") == PER_CENT else satisfied
        attained = _fractions(RULES[rule.kind].attain(rule.params, [rules.exact([measured])]))[0]
    shown = f"{float(satisfied * 100):.2f}".rstrip("0").rstrip(".") + "%"
    return _Leaf(attained, by="responses", value=shown, checks=sum(count for _, _, count in asked.values()))


def _ready(assessment: Assessment) -> dict[str, bool]:
    """Return whether each registered document is ready; those without a status are not yet assessed."""
    table = assessment.materials[assessment.materials["status"] != ""]
    return dict(zip(table["material"], table["ready"], strict=True))


def _from_materials(instrument: Instrument, place: int, ready: Mapping[str, bool]) -> _Leaf | None:
    """Score a document leaf from the register of documents: all required ones ready, or their share.

    It is scored once every required document is registered.
    """
    standard = instrument.nodes[instrument.nodes[place].parent].standard
    if instrument.nodes[place].method != "document_review" or standard is None:
        return None
    required = [material.id for material in standard.materials if material.required]
    rule = standard.rules["document_review"]
    if not required or any(name not in ready for name in required) or rule.kind not in ("met", "share"):
        return None
    done = sum(ready[name] for name in required)
    share = Fraction(done, len(required))
    attained = share if rule.kind == "share" else Fraction(int(share == 1))
    return _Leaf(attained, by="materials", value=f"{done}/{len(required)}", checks=len(required))


def _fill_from_peers(instrument: Instrument, leaves: dict[int, _Leaf]) -> None:
    """A leaf that applies nowhere and whose standard says 'peers' gets the mean of its indicator's assessed leaves.

    The mean is weighted as the leaves weigh in the indicator.
    """
    known = {place: leaf.attainment for place, leaf in leaves.items() if leaf.attainment is not None}
    for place, leaf in leaves.items():
        if leaf.by != "peers" or leaf.dropped:
            continue
        indicator = instrument.nodes[instrument.nodes[place].parent].parent
        peers = [p for p in instrument.below(indicator) if p in known]
        weight = {p: instrument.nodes[p].weight * instrument.nodes[instrument.nodes[p].parent].weight for p in peers}
        if peers:
            mean = sum((weight[p] * known[p] for p in peers), _ZERO) / sum(weight.values())
            leaves[place] = _Leaf(mean, by="peers")


# -- the loss of a leaf over its rows


def _share_out(
    rows: pd.DataFrame, loss: Mapping[int, Fraction], stake: Mapping[int, Fraction]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Share each leaf's points equally, and its loss by deficit, over its rows that apply."""
    places, deficits = rows["leaf"].to_numpy(), rows["deficit"].tolist()
    applies = rows["attainment"].notna().to_numpy()
    points, lost = [_ZERO] * len(rows), [_ZERO] * len(rows)
    edges = np.flatnonzero(np.diff(places, prepend=-1, append=-1)).tolist()
    for start, end in itertools.pairwise(edges):
        own, place = np.flatnonzero(applies[start:end]) + start, int(places[start])
        if not len(own):
            continue
        part = stake.get(place, _ZERO) / len(own)
        lacking = rules.exact([deficits[row] for row in own])
        total = sum(lacking.num.tolist())
        shares: dict[int, Fraction] = {}
        for row, share in zip(own.tolist(), lacking.num.tolist(), strict=True):
            if share not in shares:  # where nothing lacks and yet points are lost: a table that gives less than 1
                shares[share] = loss.get(place, _ZERO) * (Fraction(share, total) if total else Fraction(1, len(own)))
            points[row], lost[row] = part, shares[share]
    return pd.Series(points, dtype=object), pd.Series(lost, dtype=object)
