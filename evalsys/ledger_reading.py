"""Reading all ledgers of an office, after the tables of evidence that they point at."""

from __future__ import annotations

import pandas as pd

from evalsys.done_table import read_done
from evalsys.duty_tables import read_duties
from evalsys.ledger_rules import LedgerRules
from evalsys.ledger_tables import read_findings, read_rectifications, read_steps
from evalsys.ledger_walk import MADE
from evalsys.ledgers import candidates, walked
from evalsys.material_checks import check_materials
from evalsys.reading import Reading

__all__ = ["read_ledgers"]

#: Where ids of findings are cited.
_CITED = (("rectifications", "finding_id"), ("steps", "findings"))


def read_ledgers(
    reading: Reading,
    sites: pd.DataFrame,
    observations: pd.DataFrame,
    materials: pd.DataFrame,
    rules: LedgerRules,
) -> dict[str, pd.DataFrame]:
    """Return the ledgers by the name of their table, empty where there is none; faults go to the reading.

    A rectification or a step may name a finding that was made from an observation; that needs every observation to be
    judged, and is done only where one does.
    """
    findings = read_findings(reading, sites, observations)
    used = any(MADE in text for name, column in _CITED for text in reading.texts(name, column))
    made = candidates(reading.instrument, observations, rules) if used else {}
    rectifications = read_rectifications(reading, findings, made, rules)
    steps = read_steps(reading, [*(name for name in findings["finding_id"] if name), *made], sites, rules)
    duties = read_duties(reading, sites)
    done = read_done(reading, rules)
    check_materials(reading, materials, rules)
    walk_on = {reading.table(name).file for name in ("sites", "observations", "findings", "rectifications", "steps")}
    if used and not any(fault.file in walk_on for fault in reading.faults):
        _opened_only(reading, observations, findings, rectifications, steps, rules)
    return {"findings": findings, "rectifications": rectifications, "steps": steps, "done": done, **duties}


def _opened_only(
    reading: Reading,
    observations: pd.DataFrame,
    findings: pd.DataFrame,
    rectifications: pd.DataFrame,
    steps: pd.DataFrame,
    rules: LedgerRules,
) -> None:
    """Report what names an observation that opened no finding of its own, with the finding it belongs to."""
    opened = [each for _, each in walked(reading.instrument, observations, findings, rectifications, rules)]
    known = {each.name for each in opened}
    names = observations["observation_id"].tolist()
    belongs = {names[row]: each.name for each in opened for row in each.seen}
    held = [(finding,) for finding in rectifications["finding_id"].tolist()], steps["findings"].tolist()
    for (name, column), rows in zip(_CITED, held, strict=True):
        table = reading.table(name)
        for row, finding in ((row, finding) for row, own in enumerate(rows) for finding in own):
            if finding not in known:
                other = belongs.get(finding.removeprefix(MADE), "")
                reading.faults.append(table.fault("part_of_finding", row, column, finding, other))
