"""An assessment as it stood at the end of a day: what was seen, handed in or recorded later is not visible."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys.assessment import Assessment
from evalsys.cells import column_of
from evalsys.material_ledger import materials_on
from evalsys.rulebook import RULES

__all__ = ["evidence_on", "observations_on"]


def evidence_on(assessment: Assessment, day: datetime.date) -> Assessment:
    """Return an assessment with the observations, materials and events up to a day; answers have no days and stay.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> read = read_assessment("data/example-ledgers")
    >>> before = evidence_on(read, datetime.date(2026, 8, 30))
    >>> before.observations["counts"].sum() < read.observations["counts"].sum()
    np.True_
    """
    events = assessment.events
    events = events[events["date"].to_numpy() <= np.datetime64(day, "s")].reset_index(drop=True)
    return replace(materials_on(observations_on(assessment, day), day), events=events)


def observations_on(assessment: Assessment, day: datetime.date) -> Assessment:
    """Return an assessment whose later observations are blank; the latest row of each leaf and site by then counts.

    Rows stay where they are, so that what names them by their place still does. Those without a day count as before,
    unless the settings say on which day they were made.
    """
    table = assessment.observations
    days = table["observed_on"].to_numpy().astype("datetime64[D]")
    if assessment.rules.undated is not None:
        days = np.where(np.isnat(days), np.datetime64(assessment.rules.undated, "D"), days)
    later = days > np.datetime64(day, "D")  # NaT is never later
    if not later.any():
        return assessment
    out = table.copy()
    for column, value in {"state": "blank", "seen": None, "value": ""}.items():
        held = zip(later.tolist(), out[column].tolist(), strict=True)
        out[column] = column_of(value if gone else own for gone, own in held)
    why = out["why_not"].to_numpy().copy()
    why[later & np.isin(why, ("", "superseded", "repeated"))] = "blank"
    _choose(assessment, out, days, why)
    out["why_not"], out["counts"] = column_of(why.tolist()), why == ""
    return replace(assessment, observations=out)


def _choose(assessment: Assessment, out: pd.DataFrame, days: NDArray[np.datetime64], why: NDArray[np.object_]) -> None:
    """Let the latest row of each leaf and site count where the one that did is later than the day."""
    instrument = assessment.instrument
    standing = np.flatnonzero(np.isin(why, ("", "superseded", "repeated")))
    leaf, site = out["leaf"].to_numpy()[standing], out["site"].to_numpy()[standing]
    when = days[standing].astype(np.int64)  # NaT is the least
    _, name = np.unique(out["observation_id"].to_numpy()[standing].astype(str), return_inverse=True)
    order = np.lexsort((-name, when, site, leaf))
    rows, leaf, site, when = standing[order], leaf[order], site[order], when[order]
    last = np.append((leaf[1:] != leaf[:-1]) | (site[1:] != site[:-1]), True)[: len(rows)]
    pooled = {
        place: RULES[standard.rules[str(instrument.nodes[place].method)].kind].pooled
        for place in np.unique(leaf).tolist()
        if (standard := instrument.nodes[instrument.nodes[place].parent].standard)
    }
    alone = np.array([not pooled.get(place, False) for place in leaf.tolist()], dtype=bool)
    of_group = np.flatnonzero(last)[np.cumsum(np.append(0, last[:-1]))[: len(rows)]] if len(rows) else rows
    same_day = when == when[of_group] if len(rows) else last
    why[rows[alone]] = np.where(last, "", np.where(same_day, "repeated", "superseded"))[alone]
