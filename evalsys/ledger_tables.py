"""Reading the ledgers of findings, rectifications and steps: every row is read or reported, and nothing is repaired."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from evalsys.cells import column_of, dates_of, days_of
from evalsys.fields import (
    CONFIRMED,
    RESULTS,
    SOURCES,
    STATES,
    WHOLE_PLACE,
    Bad,
    day,
    list_of_names,
    named,
    near,
    one_of,
    registered,
)
from evalsys.ledger_rules import LedgerRules
from evalsys.ledger_walk import MADE, Attempt
from evalsys.observations import read_standards
from evalsys.reading import Reading

__all__ = ["attempts_of", "both_ways", "read_findings", "read_rectifications", "read_steps"]


def both_ways(names: Mapping[str, str]) -> dict[str, str]:
    """Return what may stand for each id: its Chinese name, and itself."""
    return {**names, **{value: value for value in names.values()}}


def _until(reading: Reading, text: str) -> datetime.date:
    found, last = day(text), reading.settings.inspection_date
    if last is not None and found > last:
        raise Bad("after_inspection", f"<= {last}")
    return found


def _days(reading: Reading, name: str, column: str, *, need: bool = False) -> list[Any]:
    return reading.read(name, column, lambda text: _until(reading, text), need=need)


# ------------------------------------------------------------------------------------------------------ findings


def read_findings(reading: Reading, sites: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Read the ledger of findings.

    Returns
    -------
    DataFrame
        One row per row of the file: ``finding_id, site`` (row of the sites, -1 for the whole place), ``standard,
        place`` (of the standard), ``found_on, source, what, area, units, due, observations`` (tuple of rows),
        ``photo, note``.
    """
    name = "findings"
    table, instrument = reading.table(name), reading.instrument
    ids = reading.read(name, "finding_id", need=True)
    reading.unique(name, "finding_id", ids)
    for row, text in enumerate(ids):
        if text and text.startswith(MADE):
            reading.faults.append(table.fault("reserved_id", row, "finding_id", text, MADE))
    site_ids = [site or "" for site in sites["site_id"].tolist()]
    place_of = {site: place for place, site in enumerate(site_ids)} | {"": -1}
    known = {**WHOLE_PLACE, **named(site_ids, [site or "" for site in sites["name"].tolist()])}
    where = [place_of.get(site, -1) for site in reading.read(name, "site_id", one_of(known), need=True)]
    codes = read_standards(reading, name)
    found = _days(reading, name, "found_on", need=True)
    due = reading.read(name, "due", day)
    for row, (first, last) in enumerate(zip(found, due, strict=True)):
        if first and last and last < first:
            reading.faults.append(table.fault("due_before_found", row, "due", str(last), f">= {first}"))
    out = pd.DataFrame({"finding_id": column_of(ids)})
    out["site"] = np.array(where, dtype=np.int64)
    out["standard"] = column_of(codes)
    out["place"] = np.array([instrument.places[code] if code else -1 for code in codes], dtype=np.int64)
    out["found_on"] = days_of(found)
    out["source"] = column_of(reading.read(name, "source", one_of(both_ways(SOURCES)), default="supervision"))
    out["what"] = column_of(reading.read(name, "what", default=""))
    _responsible(reading, out, sites)
    out["due"] = days_of(due)
    out["observations"] = column_of(_linked(reading, out, observations))
    out["photo"] = column_of(reading.texts(name, "photo"))
    out["note"] = column_of(reading.texts(name, "note"))
    return out


def _responsible(reading: Reading, out: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Set area and units as for observations: the row's own column, else the site's, else the standard's lead."""
    columns = reading.table("findings").columns
    where = out["site"].to_numpy()
    areas, units = [*sites["area"].tolist(), None], [*sites["units"].tolist(), ()]
    own = reading.read("findings", "area", registered(reading.areas))
    out["area"] = column_of(own if "area" in columns else [areas[site] for site in where])
    bodies = reading.read("findings", "units", list_of_names(registered(reading.units)), default=())
    held = "units" in reading.table("sites").columns
    leads = {place: reading.leads(place) for place in set(out["place"].tolist())}
    others = [
        units[site] if held and site >= 0 else leads[place]
        for site, place in zip(where, out["place"].tolist(), strict=True)
    ]
    out["units"] = column_of(bodies if "units" in columns else others)


def _linked(reading: Reading, out: pd.DataFrame, observations: pd.DataFrame) -> list[tuple[int, ...]]:
    """Return the observations that each finding names; they are of its standard and site, and of one finding only."""
    table = reading.table("findings")
    names = [name or "" for name in observations["observation_id"].tolist()]
    rows = {name: row for row, name in enumerate(names)}
    named_rows = reading.read("findings", "observations", list_of_names(one_of({name: name for name in names})))
    places, sites = observations["place"].to_numpy(), observations["site"].to_numpy()
    taken: dict[str, int] = {}
    found = []
    for row, (held, place, site) in enumerate(
        zip(named_rows, out["place"].tolist(), out["site"].tolist(), strict=True)
    ):
        own = []
        for name in held or ():
            if (places[rows[name]], sites[rows[name]]) != (place, site):
                reading.faults.append(table.fault("not_of_finding", row, "observations", name))
            elif taken.setdefault(name, row) != row:
                both = f"{name} ({table.numbers[taken[name]]}, {table.numbers[row]})"
                reading.faults.append(table.fault("duplicate_id", row, "observations", both))
            else:
                own.append(rows[name])
        found.append(tuple(own))
    return found


# ------------------------------------------------------------------------------------------------ rectifications


def read_rectifications(
    reading: Reading, findings: pd.DataFrame, made: Mapping[str, Mapping[str, Any]], rules: LedgerRules
) -> pd.DataFrame:
    """Read the ledger of rectifications: one row for each attempt to put a finding right, in the order of the file.

    Parameters
    ----------
    findings : DataFrame
        As :func:`read_findings` returns it.
    made : mapping of id to mapping
        Findings made from observations: ``found_on`` (date) and ``units``.

    Returns
    -------
    DataFrame
        ``finding_id, unit, measure, due, fixed_on, photo, reviewed_on, reviewer, result, state, note``; `state` is
        what the days say: open, fixed, verified, returned.
    """
    name = "rectifications"
    table = reading.table(name)
    told = zip(findings["finding_id"], dates_of(findings["found_on"]), findings["units"], strict=True)
    own = {finding: {"found_on": first, "units": units or ()} for finding, first, units in told if finding}
    known = {**made, **own}
    ids = reading.read(name, "finding_id", need=True)
    for row, finding in enumerate(ids):
        if finding and finding not in known:
            shown = " ".join(list(own)[:8])
            reading.faults.append(table.fault("unknown_name", row, "finding_id", finding, shown, near(finding, known)))
            ids[row] = None
    units = reading.read(name, "unit", registered(reading.units), default="")
    reviewers = reading.read(name, "reviewer", default="")
    results = reading.read(name, "result", one_of(both_ways(RESULTS)), default="")
    states = reading.read(name, "state", one_of(both_ways(STATES)), default="")
    due = reading.read(name, "due", day)
    fixed, reviewed = _days(reading, name, "fixed_on"), _days(reading, name, "reviewed_on")
    said = [
        _Said(row, *values)
        for row, values in enumerate(zip(ids, units, reviewers, results, states, due, fixed, reviewed, strict=True))
    ]
    sure = {column: _sound(reading, column) for column in ("fixed_on", "reviewed_on", "result", "state")}
    for each in said:
        if each.finding:
            _check_row(reading, each, known[each.finding], rules, sure)
    by_finding: dict[str, list[_Said]] = {}
    for each in said:
        if each.finding:
            by_finding.setdefault(each.finding, []).append(each)
    for rows in by_finding.values():
        _check_order(reading, rows)
    out = pd.DataFrame({"finding_id": column_of(ids), "unit": column_of(units)})
    out["measure"] = column_of(reading.read(name, "measure", default=""))
    out["due"], out["fixed_on"] = days_of(due), days_of(fixed)
    out["photo"] = column_of(reading.texts(name, "photo"))
    out["reviewed_on"], out["reviewer"] = days_of(reviewed), column_of(reviewers)
    out["result"] = column_of(results)
    out["state"] = column_of(each.reached for each in said)
    out["note"] = column_of(reading.texts(name, "note"))
    return out


@dataclass(frozen=True)
class _Said:
    """What one row says; None in a cell that is bad."""

    row: int
    finding: str | None
    unit: str | None
    reviewer: str | None
    result: str | None
    state: str | None
    due: datetime.date | None
    fixed: datetime.date | None
    reviewed: datetime.date | None

    @property
    def reached(self) -> str:
        """The state that its days bear out."""
        return self.result or ("open" if self.fixed is None else "fixed")


def _sound(reading: Reading, column: str) -> set[int]:
    """Return the rows whose cell of a column has no fault: what hangs together with it can be judged."""
    table = reading.table("rectifications")
    bad = {f.row for f in reading.faults if f.file == table.file and f.column == table.headings.get(column, column)}
    return {row for row, number in enumerate(table.numbers) if number not in bad}


def _check_row(
    reading: Reading, each: _Said, finding: Mapping[str, Any], rules: LedgerRules, sure: Mapping[str, set[int]]
) -> None:
    """Report what cannot be within one row: its days, its state, who reviewed."""
    table, row = reading.table("rectifications"), each.row
    faults, found = reading.faults, finding["found_on"]
    if each.fixed and found and each.fixed < found:
        faults.append(table.fault("fixed_before_found", row, "fixed_on", str(each.fixed), f">= {found}"))
    if each.due and found and each.due < found:
        faults.append(table.fault("due_before_found", row, "due", str(each.due), f">= {found}"))
    if each.fixed and each.reviewed and each.reviewed < each.fixed:
        faults.append(table.fault("reviewed_before_fixed", row, "reviewed_on", str(each.reviewed), f">= {each.fixed}"))
    whole = all(row in rows for rows in sure.values())
    if whole and (each.reviewed or each.result) and not each.fixed:
        word = _word(STATES, each.result or "verified")
        faults.append(table.fault("illegal_state", row, "fixed_on", f"{_word(STATES, 'open')} → {word}"))
    if whole and bool(each.reviewed) != bool(each.result):
        missing = "result" if each.reviewed else "reviewed_on"
        faults.append(table.fault("empty_value", row, missing, "", " ".join(RESULTS) if each.reviewed else ""))
    if whole and each.state and each.state != each.reached:
        stated, reached = _word(STATES, each.state), _word(STATES, each.reached)
        faults.append(table.fault("state_not_borne_out", row, "state", stated, reached))
    doing = (each.unit,) if each.unit else tuple(finding["units"])
    if rules.other_reviewer and each.result and each.reviewer == "":
        faults.append(table.fault("empty_value", row, "reviewer"))
    elif rules.other_reviewer and each.reviewer and each.reviewer in doing:
        faults.append(table.fault("own_reviewer", row, "reviewer", each.reviewer))


def _check_order(reading: Reading, rows: Sequence[_Said]) -> None:
    """Report what cannot be from one attempt to the next: a new one follows a review that returned the last."""
    table = reading.table("rectifications")
    for before, after in pairwise(rows):
        both = f"{after.finding} ({table.numbers[before.row]}, {table.numbers[after.row]})"
        if before.result == "":
            reading.faults.append(table.fault("two_open_rectifications", after.row, "finding_id", both))
        elif before.result == "verified":
            moved = f"{_word(STATES, 'verified')} → {_word(STATES, after.reached)}"
            reading.faults.append(table.fault("illegal_state", after.row, "finding_id", f"{both} {moved}"))
        elif after.fixed and before.reviewed and after.fixed < before.reviewed:
            reading.faults.append(
                table.fault("fixed_before_returned", after.row, "fixed_on", str(after.fixed), f">= {before.reviewed}")
            )


def _word(names: Mapping[str, str], value: str) -> str:
    return next(f"{zh} ({name})" for zh, name in names.items() if name == value)


def attempts_of(rectifications: pd.DataFrame) -> dict[str, list[Attempt]]:
    """Return the attempts at each finding, in the order of the file."""
    found: dict[str, list[Attempt]] = {}
    days = [dates_of(rectifications[column]) for column in ("fixed_on", "reviewed_on", "due")]
    results = rectifications["result"].tolist()
    for row, finding in enumerate(rectifications["finding_id"].tolist()):
        fixed, reviewed, due = (column[row] for column in days)
        verified = None if not results[row] else results[row] == "verified"
        found.setdefault(finding, []).append(Attempt(row, fixed, reviewed, verified, due))
    return found


# --------------------------------------------------------------------------------------------------------- steps


def read_steps(reading: Reading, findings: Sequence[str], sites: pd.DataFrame, rules: LedgerRules) -> pd.DataFrame:
    """Read the steps of ladders that a person has decided on.

    Parameters
    ----------
    findings : sequence of str
        Ids of all findings, those made from observations too.

    Returns
    -------
    DataFrame
        ``ladder`` (code), ``unit, site`` (row, -1), ``area, step`` (from 0), ``decided_on, decided`` (bool),
        ``findings`` (tuple of ids), ``note``.
    """
    name = "steps"
    table = reading.table(name)
    ladders = {str(ladder.code): ladder for ladder in rules.ladders}
    codes = reading.read(name, "ladder", one_of({code: code for code in ladders}), need=True)
    steps = []
    for row, (code, text) in enumerate(zip(codes, reading.read(name, "step", need=True), strict=True)):
        held = ladders[code].steps if code else ()
        words = {str(place + 1): place for place in range(len(held))}
        words |= {word: place for place, step in enumerate(held) for word in (step.zh, step.en)}
        if code and text and text not in words:
            shown = " ".join(step.zh for step in held)
            reading.faults.append(table.fault("unknown_name", row, "step", text, shown, near(text, words)))
        steps.append(words.get(text or "", -1))
    units = reading.read(name, "unit", registered(reading.units), default="")
    areas = reading.read(name, "area", registered(reading.areas), default="")
    ids = [site or "" for site in sites["site_id"].tolist()]
    place_of = {site: place for place, site in enumerate(ids)}
    known = named(ids, [site or "" for site in sites["name"].tolist()])
    where = [place_of.get(site or "", -1) for site in reading.read(name, "site_id", one_of(known), default="")]
    texts = {column: reading.texts(name, column) for column in ("unit", "area", "site_id")}
    for row, code in enumerate(codes):
        column = {"site": "site_id"}.get(ladders[code].by, ladders[code].by) if code else ""
        if column and not texts[column][row]:
            reading.faults.append(table.fault("empty_value", row, column))
    decided = reading.read(name, "decided", one_of(CONFIRMED), need=True)
    cited = reading.read(name, "findings", list_of_names(one_of({each: each for each in findings})), default=())
    return pd.DataFrame(
        {
            "ladder": column_of(codes),
            "unit": column_of(units),
            "site": np.array(where, dtype=np.int64),
            "area": column_of(areas),
            "step": np.array(steps, dtype=np.int64),
            "decided_on": days_of(_days(reading, name, "decided_on", need=True)),
            "decided": column_of(value == "yes" for value in decided),
            "findings": column_of(cited),
            "note": column_of(reading.texts(name, "note")),
        }
    )
