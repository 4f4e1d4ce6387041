"""Reading all ledgers of an office, after the tables of evidence that they point at."""

from __future__ import annotations

import pandas as pd

from evalsys.ledger_rules import LedgerRules
from evalsys.ledger_tables import read_findings, read_rectifications, read_steps
from evalsys.ledgers import candidates, walked
from evalsys.reading import Reading

__all__ = ["read_ledgers"]


def read_ledgers(
    reading: Reading, sites: pd.DataFrame, observations: pd.DataFrame, rules: LedgerRules
) -> dict[str, pd.DataFrame]:
    """Return the ledgers by the name of their table, empty where there is none; faults go to the reading.

    A rectification or a step may name a finding that was made from an observation; that needs every observation to be
    judged, and is done only where the tables hold rows.
    """
    findings = read_findings(reading, sites, observations)
    used = any(reading.table(name).rows for name in ("rectifications", "steps"))
    made = candidates(reading.instrument, observations, rules) if used else {}
    rectifications = read_rectifications(reading, findings, made, rules)
    steps = read_steps(reading, [*(name for name in findings["finding_id"] if name), *made], sites, rules)
    if used and not reading.faults:
        _opened_only(reading, observations, findings, rectifications, rules)
    return {"findings": findings, "rectifications": rectifications, "steps": steps}


def _opened_only(
    reading: Reading,
    observations: pd.DataFrame,
    findings: pd.DataFrame,
    rectifications: pd.DataFrame,
    rules: LedgerRules,
) -> None:
    """Report rectifications of an observation that opened no finding of its own, with the finding it belongs to."""
    opened = [each for _, each in walked(reading.instrument, observations, findings, rectifications, rules)]
    known = {each.name for each in opened}
    names = observations["observation_id"].tolist()
    belongs = {names[row]: each.name for each in opened for row in each.seen}
    table = reading.table("rectifications")
    for row, finding in enumerate(rectifications["finding_id"].tolist()):
        if finding not in known:
            own = belongs.get(finding[2:], "")
            reading.faults.append(table.fault("part_of_finding", row, "finding_id", finding, own))
