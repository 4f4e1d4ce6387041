"""Reading all ledgers of an office, after the tables of evidence that they point at."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evalsys.done_table import read_done
from evalsys.duty_tables import read_duties
from evalsys.ledger_rules import LedgerRules
from evalsys.ledger_tables import read_findings, read_rectifications, read_steps
from evalsys.ledger_walk import MADE
from evalsys.ledgers import candidates, walked
from evalsys.material_checks import check_materials
from evalsys.reading import Reading

__all__ = ["check_opened", "read_ledgers"]

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
    used = _cites_made(reading)
    made = candidates(reading.instrument, observations, rules) if used else {}
    rectifications = read_rectifications(reading, findings, made, rules)
    steps = read_steps(reading, [*(name for name in findings["finding_id"] if name), *made], sites, rules)
    duties = read_duties(reading, sites)
    done = read_done(reading, rules)
    check_materials(reading, materials, rules)
    walk_on = {reading.table(name).file for name in ("sites", "observations", "findings", "rectifications", "steps")}
    kept = {"findings": findings, "rectifications": rectifications, "steps": steps, "done": done, **duties}
    if not any(fault.file in walk_on for fault in reading.faults):
        check_opened(reading, observations, kept, rules)
    return kept


def _cites_made(reading: Reading) -> bool:
    return any(MADE in text for name, column in _CITED for text in reading.texts(name, column))


def check_opened(
    reading: Reading, observations: pd.DataFrame, kept: Mapping[str, pd.DataFrame], rules: LedgerRules
) -> None:
    """Report what names an observation that opened no finding of its own, with the finding it belongs to.

    Parameters
    ----------
    reading : Reading
        Receives the faults.
    observations : DataFrame
        All that open findings: those taken over from other assessments too.
    kept : mapping of str to DataFrame
        The ledgers by the name of their table, without a fault.
    rules : LedgerRules
    """
    if not _cites_made(reading):
        return
    findings, rectifications, steps = (kept[name] for name in ("findings", "rectifications", "steps"))
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
