"""Views of a score by method, unit, area, site type and site, and its findings by points lost.

Two rules are in use and never mixed: the tree rule, in which every row holds its part of its leaf's points, and plain
sums, in which every row counts 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.scoring import Score

__all__ = ["VIEWS", "findings", "plain_view", "tree_view"]

_ZERO, _ONE = Fraction(0), Fraction(1)
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
        counts in full for both. `attainment` is None where all rows stand below a node that is not yet assessed.

    Raises
    ------
    InputFaults
        For an unknown view.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> view = tree_view(score(read_assessment("data/wujiang-2016")), "method")
    >>> view[["name", "checks", "points"]].to_dict("records")
    [{'name': 'site_visit', 'checks': 225, 'points': Fraction(39, 1)}]
    """
    found = _grouped(result, by, result.rows["points"].tolist(), result.rows["lost"].tolist())
    return found.sort_values(["lost", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def plain_view(result: Score, by: str) -> pd.DataFrame:
    """Group rows by plain sums: each row counts 1 and wins its attainment, whatever its leaf is worth.

    Parameters
    ----------
    result : Score
    by : str
        One of :data:`VIEWS`.

    Returns
    -------
    DataFrame
        ``name, checks, findings, points, won, lost, attainment, rank``, by attainment. `points` is the number of
        rows. Ranks are competition ranks: ties share one, and the empty name takes no place among the others. A leaf
        that is scored from survey answers, documents or peers is one row.

    Raises
    ------
    InputFaults
        For an unknown view.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> view = plain_view(score(read_assessment("data/wujiang-2016")), "unit")
    >>> view.loc[view["name"] == "商务局", ["points", "won", "rank"]].to_dict("records")
    [{'points': Fraction(14, 1), 'won': Fraction(139, 10), 'rank': 10}]
    """
    attained = result.rows["attainment"].tolist()
    lost = [_ZERO if a is None else _ONE - a for a in attained]
    found = _grouped(result, by, [_ONE] * len(attained), lost)
    found = found.sort_values(["attainment", "name"], ascending=[False, True], kind="stable", ignore_index=True)
    rates = found["attainment"].tolist()
    named = [rate for name, rate in zip(found["name"], rates, strict=True) if name]
    found["rank"] = np.array([1 + sum(other > rate for other in named) for rate in rates], dtype=np.int64)
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


def _grouped(result: Score, by: str, stakes: Sequence[Fraction], losses: Sequence[Fraction]) -> pd.DataFrame:
    """Add up the rows that apply by group."""
    rows = result.rows
    total: dict[str, list[Fraction]] = {}
    count: dict[str, list[int]] = {}
    columns = (rows["attainment"].notna().tolist(), rows["checks"].tolist(), stakes, losses)
    for own, (applies, checks, stake, loss) in zip(_groups(result, by), zip(*columns, strict=True), strict=True):
        for name in own if applies else ():
            sums, numbers = total.setdefault(name, [_ZERO, _ZERO]), count.setdefault(name, [0, 0])
            numbers[0] += checks
            sums[0] += stake
            if loss:
                numbers[1] += 1
                sums[1] += loss
    names = sorted(total)
    stake_of, loss_of = ([total[name][place] for name in names] for place in (0, 1))
    columns_out = {
        "points": stake_of,
        "won": [stake - loss for stake, loss in zip(stake_of, loss_of, strict=True)],
        "lost": loss_of,
        "attainment": [
            (stake - loss) / stake if stake else None for stake, loss in zip(stake_of, loss_of, strict=True)
        ],
    }
    out = pd.DataFrame({"name": pd.Series(names, dtype=object)})
    for place, name in enumerate(("checks", "findings")):
        out[name] = np.array([count[group][place] for group in names], dtype=np.int64)
    for name, values in columns_out.items():
        out[name] = pd.Series(values, dtype=object)
    return out


def findings(result: Score) -> pd.DataFrame:
    """Return the rows that lose points, the heaviest first.

    Returns
    -------
    DataFrame
        Columns of ``Score.rows``; ties in the order of the instrument, then of the site and the id. Their losses add
        up to what the total lost.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> found = findings(score(read_assessment("data/wujiang-2016")))
    >>> len(found), found["standard"].iloc[0]
    (24, '11.3')
    """
    loses = np.array([lost > 0 for lost in result.rows["lost"]], dtype=bool)
    rows = result.rows[loses].copy()
    rows["heavy"] = pd.Series([-lost for lost in rows["lost"]], index=rows.index, dtype=object)
    rows = rows.sort_values(["heavy", "leaf", "site", "observation_id"], kind="stable", ignore_index=True)
    return rows.drop(columns="heavy")
