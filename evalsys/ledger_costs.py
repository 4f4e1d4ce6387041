"""What open things cost: the points that they take from the score, and what mending them adds to the chance to pass.

Nothing is computed here in a way of its own. Points are those of :func:`~evalsys.scoring.score` with the group
repaired; the chance is that of the bench on which fixes are compared, a group being one fix that mends all of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from evalsys.assessment import Assessment
from evalsys.benches import bench_of
from evalsys.cells import column_of
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import Bad, target
from evalsys.fixes import Fixes, fixes_of
from evalsys.forecasting import Forecast, forecast
from evalsys.language import Text
from evalsys.mending import Gain
from evalsys.rules import Exact, exact
from evalsys.scoring import Score, score
from evalsys.spine import evaluate

__all__ = ["NO_FORECAST", "NO_MARK", "Cost", "costs", "fixes_of_groups", "forecast_or_why"]

#: Why there is no chance.
NO_FORECAST = Text("未作预测，只计得分", "no forecast was made: points only")
NO_MARK = Text("未设目标线，无达标可能可言", "there is no pass mark, so no chance to reach it")

_ZERO, _ONE = Fraction(0), Fraction(1)
#: A standard or ``*``; 'all', 'site' or 'type'; the site's id or the type's name: as the table of fixes has it. Or a
#: leaf's code and 'leaf'.
_Target = tuple[str, str, str]
#: A leaf, and those of its rows that are mended.
_Part = tuple[int, tuple[str, ...]]


@dataclass(frozen=True)
class Cost:
    """What a group of open things costs, that is: what mending all of it would bring.

    Attributes
    ----------
    rows : tuple of str
        Ids of the rows of ``Score.rows`` that mending would mend.
    lost : Fraction
        What these rows lose, in points of the total, 0 or more: their shares by the tree rule.
    points : Fraction
        By how many points the score's ``won`` rises if the whole group is mended, 0 or more. Under caps and counts it
        may differ from `lost`: the last of ten sites that must all be in order carries them all.
    rise : Fraction
        The same as a share of what is assessed: by how much the attainment rises.
    gain : Gain or None
        What the coming inspection gains, in expected points and chance; None without a forecast.
    why_none : Text or None
        Why there is no chance; None where there is one. Where the inspection looks at nothing of the group, the
        chance is there and its rise is 0.
    """

    rows: tuple[str, ...]
    lost: Fraction
    points: Fraction
    rise: Fraction
    gain: Gain | None
    why_none: Text | None

    @property
    def chance(self) -> float | None:
        """By how much the chance to pass rises, from -1 to 1; None without a forecast or a pass mark."""
        return None if self.gain is None else self.gain.chance

    @property
    def error(self) -> float | None:
        """Standard error of `chance`: 0 by an exact law; None where there is no chance."""
        return None if self.gain is None or self.gain.chance is None else self.gain.chance_error


def forecast_or_why(assessment: Assessment) -> tuple[Forecast | None, tuple[Fault, ...]]:
    """Return the forecast, or why there is none: a page on ledgers does without and says so."""
    try:
        return forecast(assessment), ()
    except InputFaults as error:
        return None, tuple(error.faults)


def costs(
    assessment: Assessment, groups: Mapping[str, Sequence[str]], found: Forecast | None = None
) -> dict[str, Cost]:
    """Return what each of some groups of open things costs.

    Parameters
    ----------
    assessment : Assessment
    groups : mapping of name to sequence of str
        What belongs to each: ids of observations, codes of leaves (of documents, surveys), or ``standard``,
        ``standard@site``, ``*@site``, ``standard@type:market`` as the table of fixes has them, for what no
        observation tells. Groups may overlap. Costs of groups do not add up: for a total, give a group that holds
        them all.
    found : Forecast, optional
        Of the same assessment; without it there is no chance.

    Returns
    -------
    dict of str to Cost
        In the order of the groups.

    Raises
    ------
    InputFaults
        For names that the assessment does not know: all at once.
    ValueError
        If the forecast is one of another assessment.

    Notes
    -----
    A row that complies is not mended, and an observation that a later one of its site and standard replaced stands
    for that later one: if that one complies, nothing is left to mend. What belongs to another round takes no points
    from this round's score; the forecast knows of it all the same.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> assessment = read_assessment("data/wujiang-2016")
    >>> own = costs(assessment, {"nothing": [], "standard 11.3": ["11.3"]})
    >>> own["nothing"].points, own["standard 11.3"].points == own["standard 11.3"].lost > 0
    (Fraction(0, 1), True)
    """
    if found is not None and found.prospect.score.assessment is not assessment:
        raise ValueError("the forecast is of another assessment")
    base = found.prospect.score if found is not None else score(assessment)
    meant = _Meant(base).of(groups)
    gains = {} if found is None else _gains(found, {name: targets for name, (_, targets) in meant.items()})
    lost = dict(zip(base.rows["observation_id"], base.rows["lost"], strict=True))
    rises = _rises(base, (rows for rows, _ in meant.values()))
    why = NO_FORECAST if found is None else NO_MARK if found.mark is None else None
    out = {}
    for name, (rows, _) in meant.items():
        out[name] = Cost(rows, sum((lost[row] for row in rows), _ZERO), *rises[rows], gains.get(name), why)
    return out


def fixes_of_groups(found: Forecast, groups: Mapping[str, Sequence[_Target]]) -> Fixes:
    """Return one fix for each group, which mends all of its targets; their chance afterwards is assumed.

    Parameters
    ----------
    groups : mapping of name to sequence of (standard, how, name)
        As in :class:`~evalsys.fixes.Option`; or ``(code, 'leaf', '')``: one leaf of a standard, whatever else is
        checked of it.

    Returns
    -------
    Fixes
        Options in the order of the groups.
    """
    instrument, model = found.prospect.model.instrument, found.prospect.model
    leaves = dict.fromkeys(aim[0] for targets in groups.values() for aim in targets if aim[1] == "leaf")
    plain = [tuple(aim for aim in targets if aim[1] != "leaf") for targets in groups.values()]
    standard = [instrument.nodes[instrument.nodes[instrument.places[leaf]].parent].code for leaf in leaves]
    made = _fixes(found, [*groups, *leaves], [*plain, *(((code, "all", ""),) for code in standard)])
    of_cell = np.array([model.blocks[b].checks[c].leaf for b, _, c in made.cells.tolist()], dtype=np.int64)
    column = {place: number for number, place in enumerate(instrument.leaves)}
    own = {}
    for leaf, option in zip(leaves, made.options[len(groups) :], strict=True):
        own[leaf] = option.cells[of_cell[option.cells] == column[instrument.places[leaf]]]
    options = []
    for targets, option in zip(groups.values(), made.options, strict=False):
        parts = [option.cells, *(own[aim[0]] for aim in targets if aim[1] == "leaf")]
        options.append(replace(option, targets=tuple(targets), cells=np.unique(np.concatenate(parts))))
    return replace(made, options=tuple(options))


def _fixes(found: Forecast, names: Sequence[str], targets: Sequence[Sequence[_Target]]) -> Fixes:
    """Return fixes of an assessment that has a table of these."""
    own, count = found.prospect.score, len(names)
    none: list[Any] = [None] * count
    table = pd.DataFrame(
        {
            "fix_id": column_of(names),
            "level": column_of([""] * count),
            "name": column_of(names),
            "targets": column_of(tuple(aims) for aims in targets),
            **{name: column_of(none) for name in ("after", "cost", "crew_days", "calendar_days", "unit")},
            **{name: column_of([()] * count) for name in ("needs", "excludes")},
        }
    )
    return fixes_of(replace(found.prospect, score=replace(own, assessment=replace(own.assessment, fixes=table))))


# ------------------------------------------------------------------------------------------- what a name stands for


class _Meant:
    """Finds the rows of a score, and the targets of a fix, that names stand for."""

    def __init__(self, base: Score) -> None:
        assessment = base.assessment
        instrument = assessment.instrument
        self.ids: list[str] = assessment.sites["site_id"].tolist()
        types: list[str] = assessment.sites["site_type"].tolist()
        self.at: dict[_Target, list[str]] = {}
        #: Rows that mending would mend, by id, in the order of the score; and all that count, by standard and site.
        self.bad: dict[str, tuple[str, int]] = {}
        self.counted: dict[tuple[str, int], list[str]] = {}
        rows = base.rows
        columns = (rows[name].tolist() for name in ("observation_id", "standard", "site", "deficit", "lost"))
        for name, standard, site, deficit, lost in zip(*columns, strict=True):
            self.counted.setdefault((standard, site), []).append(name)
            if deficit > 0 or lost > 0:
                self.bad[name] = (standard, site)
                self._aim((standard, "all", ""), name)
                for code in (standard, "*") if site >= 0 else ():
                    self._aim((code, "site", self.ids[site]), name)
                    self._aim((code, "type", types[site]), name)
        self.order = {name: place for place, name in enumerate(self.bad)}
        table = assessment.observations
        columns = (table[name].tolist() for name in ("observation_id", "standard", "site"))
        self.seen = {name: (standard, site) for name, standard, site in zip(*columns, strict=True)}
        self.leaves = {instrument.nodes[place].code for place in instrument.leaves}
        self.of_leaf: dict[str, list[str]] = {code: [] for code in self.leaves}
        for name, place in zip(rows["observation_id"], rows["leaf"], strict=True):
            self.of_leaf[instrument.nodes[place].code].append(name)
        self.whole = {code for code, own in self.of_leaf.items() if own and not any(name in self.bad for name in own)}
        self.read = target(set(instrument.standards), set(self.ids), set(instrument.site_types))

    def _aim(self, aim: _Target, row: str) -> None:
        self.at.setdefault(aim, []).append(row)

    def of(self, groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[tuple[str, ...], tuple[_Target, ...]]]:
        """Return by group the rows and the targets, each once; faults for all unknown names together."""
        faults: list[Fault] = []
        found = {}
        for group, names in groups.items():
            rows: set[str] = set()
            targets: dict[_Target, None] = {}
            for name in names:
                try:
                    own = self._one(name)
                except Bad as bad:
                    near = bad.near or nearest(name, self.leaves)
                    faults.append(Fault("unknown_name", "groups", column=group, value=name, nearest=near))
                    continue
                rows.update(own[0])
                targets.update(dict.fromkeys(own[1]))
            found[group] = tuple(sorted(rows, key=self.order.__getitem__)), tuple(targets)
        if faults:
            raise InputFaults(faults)
        return found

    def _one(self, name: str) -> tuple[list[str], tuple[_Target, ...]]:
        """Return the rows and the targets of one name."""
        if name in self.seen:
            standard, site = self.seen[name]
            return self._observation(name, standard, site)
        if name in self.leaves:
            own = [row for row in self.of_leaf[name] if row in self.bad]
            return own, () if name in self.whole else ((name, "leaf", ""),)
        targets = self.read(name)
        if not targets:
            raise Bad("unknown_name")
        return [row for aim in targets for row in self.at.get(aim, ())], targets

    def _observation(self, name: str, standard: str, site: int) -> tuple[list[str], tuple[_Target, ...]]:
        where: _Target = (standard, "site", self.ids[site]) if site >= 0 else (standard, "all", "")
        if name in self.bad:
            return [name], (where,)
        counted = self.counted.get((standard, site), [])
        if name in counted:
            return [], ()  # it complies
        later = [row for row in counted if row in self.bad]
        return later, (where,) if later or not counted else ()


# ------------------------------------------------------------------------------------------- points, and the chance


def _rises(base: Score, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[Fraction, Fraction]]:
    """Return the rise of the points won, and of the attainment, once some rows are mended.

    Only the leaves that hold these rows are scored again; one call of the spine does the rest, all states at once.
    """
    assessment, states = base.assessment, list(dict.fromkeys(wanted))
    if "peers" in set(base.rows["by"]):  # a leaf that stands for its neighbours moves with them
        scores = [score(assessment, left_out=base.left_out, repaired=rows) for rows in states]
        return {
            rows: (own.won - base.won, _difference(own.attainment, base.attainment))
            for rows, own in zip(states, scores, strict=True)
        }
    leaf_of = dict(zip(base.rows["observation_id"], base.rows["leaf"].tolist(), strict=True))
    split = [_by_leaf(rows, leaf_of) for rows in states]
    attained = _attained(base, split)
    leaves, by_place = assessment.instrument.leaves, {node.place: node for node in base.nodes}
    column = {place: number for number, place in enumerate(leaves)}
    table = [[by_place[place].attainment or _ZERO for place in leaves]]
    for own in split:
        table.append(table[0].copy())
        for part in own.items():
            table[-1][column[part[0]]] = attained[part]
    flat = exact([value for row in table for value in row])
    state = [by_place[place].state for place in leaves]
    masks = (np.array([own == name for own in state], dtype=bool) for name in ("missing", "dropped"))
    found = evaluate(assessment.instrument, Exact(flat.num.reshape(len(table), -1), flat.den), *masks).attainment[0]
    if found is None:
        return dict.fromkeys(states, (_ZERO, _ZERO))
    whole = [Fraction(int(num), found.den) for num in found.num]
    return {
        rows: ((own - whole[0]) * base.assessed, own - whole[0]) for rows, own in zip(states, whole[1:], strict=True)
    }


def _by_leaf(rows: Sequence[str], leaf_of: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[leaf_of[row]] = (*found.get(leaf_of[row], ()), row)
    return found


def _attained(base: Score, states: Sequence[Mapping[int, tuple[str, ...]]]) -> dict[_Part, Fraction]:
    """Return the attainment of each leaf in each of its states: the rows of it that are mended.

    Leaves do not depend on each other, so that one score tells a state of every leaf.
    """
    nodes = base.assessment.instrument.nodes
    found: dict[_Part, Fraction] = {}
    asked: dict[int, list[tuple[str, ...]]] = {}
    for place, rows in dict.fromkeys(part for own in states for part in own.items()):
        if rows == (nodes[place].code,):  # answers or documents
            found[place, rows] = _ONE
        else:
            asked.setdefault(place, []).append(rows)
    table = base.assessment.observations
    counted = table[table["counts"] & table["leaf"].isin(asked)]
    for turn in range(max(map(len, asked.values()), default=0)):
        own = {place: rows[turn] for place, rows in asked.items() if turn < len(rows)}
        held = counted[counted["leaf"].isin(own)].reset_index(drop=True)
        part = replace(base.assessment, observations=held, responses=base.assessment.responses.iloc[:0])
        after = {node.place: node for node in score(part, repaired=itertools.chain(*own.values())).nodes}
        found |= {(place, rows): after[place].attainment or _ZERO for place, rows in own.items()}
    return found


def _difference(after: Fraction | None, before: Fraction | None) -> Fraction:
    return (after or _ZERO) - (before or _ZERO)


def _gains(found: Forecast, groups: Mapping[str, Sequence[_Target]]) -> dict[str, Gain]:
    """Return what each group's mending gains in the coming inspection; nothing where there is nothing to mend."""
    out = dict.fromkeys(groups, Gain(0.0, None if found.mark is None else 0.0))
    groups = {name: targets for name, targets in groups.items() if targets}
    if groups:
        fixes = fixes_of_groups(found, groups)
        bench = bench_of(found, fixes)
        gains = bench.gains([fixes.after([place]) for place in range(len(fixes.options))])
        aimed = zip(groups, gains, fixes.options, strict=True)
        out.update((name, gain) for name, gain, option in aimed if len(option.cells))
    return out
