"""One fact, several titles: an observation entered once counts in every instrument that asks for the same fact.

The register of shared facts lists standards of different instruments that read the same observation. An assessment
takes over what others found (``shares`` in ``assessment.yaml``); its own observations come first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from evalsys import schema
from evalsys.assessment import Assessment
from evalsys.cells import column_of
from evalsys.faults import Fault, InputFaults
from evalsys.instrument import ON_SITE, Instrument, Standard
from evalsys.language import Text
from evalsys.names import PACKAGE
from evalsys.schema import keyed, list_of, pair, record, string

__all__ = ["Shared", "double_counted", "shared_facts", "with_shared"]


@dataclass(frozen=True)
class Shared:
    """A fact that several standards ask for.

    Attributes
    ----------
    standards : tuple of (str, str)
        Instrument and code of each.
    """

    id: str
    text: Text
    standards: tuple[tuple[str, str], ...]


@lru_cache
def shared_facts() -> tuple[Shared, ...]:
    """Return the register of shared facts.

    Examples
    --------
    >>> [fact.text.zh for fact in shared_facts()][0]
    '群众对创建活动的知晓率'
    """
    faults: list[Fault] = []
    path = PACKAGE / "registers" / "shared_facts.yaml"
    spot, content = schema.document(path, path.name, faults)
    found = keyed(record({"text": pair, "standards": list_of(string)}))(spot, content) or {}
    if faults:
        raise InputFaults(faults)
    return tuple(
        Shared(name, entry["text"], tuple((at.partition("/")[0], at.partition("/")[2]) for at in entry["standards"]))
        for name, entry in found.items()
    )


def double_counted(instrument: Instrument) -> tuple[Shared, ...]:
    """Return the facts that an instrument asks for more than once, with its own standards only.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> [fact.standards for fact in double_counted(load_instrument("taizhou-police-2009"))]
    [(('taizhou-police-2009', '4.3'), ('taizhou-police-2009', '5.4'))]
    """
    own = [replace(fact, standards=_of(fact, instrument)) for fact in shared_facts()]
    return tuple(fact for fact in own if len(fact.standards) > 1)


def _of(fact: Shared, instrument: Instrument) -> tuple[tuple[str, str], ...]:
    return tuple(at for at in fact.standards if at[0] == instrument.id)


def _targets(theirs: Instrument, own: Instrument) -> Mapping[str, tuple[str, ...]]:
    """Return, by standard of the other instrument, the standards of our own that read the same fact."""
    found: dict[str, tuple[str, ...]] = {}
    for fact in shared_facts():
        here = tuple(code for _, code in _of(fact, own))
        for _, code in _of(fact, theirs):
            if here and theirs.id != own.id:
                found[code] = (*found.get(code, ()), *here)
    return found


def with_shared(own: Assessment, other: Assessment) -> Assessment:
    """Return an assessment with what another one found about shared facts.

    A row of the other counts here for every standard of the register, by the same method and, on a visit, at a type of
    site that our standard is checked at. Where this assessment has evidence of its own for a standard by a method, that
    counts and the other's does not. Notes say how many rows were taken over, and how many were not.

    Parameters
    ----------
    own, other : Assessment

    Returns
    -------
    Assessment
        With the sites of the other's rows added; the evidence hash covers both.

    Raises
    ------
    InputFaults
        If a site of both has another name or type in the other.
    """
    targets = _targets(other.instrument, own.instrument)
    rows, observations = _observations(own, other, targets)
    answered, responses = _responses(own, other, targets)
    sites, places = _sites(own, other, observations["site"].tolist())
    observations["site"] = np.array([places.get(site, -1) for site in observations["site"]], dtype=np.int64)
    order = _order(sites)
    merged = pd.concat([own.observations, observations], ignore_index=True) if len(observations) else own.observations
    back = {before: after for after, before in enumerate(order)}
    merged = _at_sites(merged, back)
    counted = int(other.observations["counts"].sum())
    note = Text(
        f"取用“{other.name}”的检查记录 {rows} 行（共 {counted} 行）、问卷回答 {answered} 条，均为共用事实；"
        "其余与本体系无关，或本处另有记录",
        f"taken over from '{other.name}' as shared facts: {rows} of its {counted} observations and {answered} answers; "
        "the others do not concern this instrument, or there is evidence of its own here",
    )
    return replace(
        own,
        sites=sites.iloc[order].reset_index(drop=True),
        observations=merged,
        responses=pd.concat([own.responses, responses], ignore_index=True) if len(responses) else own.responses,
        ledgers={name: _at_sites(frame, back) for name, frame in own.ledgers.items()},
        evidence_hash=hashlib.sha256(f"{own.evidence_hash} {other.evidence_hash}".encode()).hexdigest(),
        notes=(*own.notes, note),
    )


def _at_sites(frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    """Return a table whose rows of sites, if it has them, are those of the sites in their new order."""
    if "site" not in frame.columns:
        return frame
    return frame.assign(site=np.array([places.get(site, -1) for site in frame["site"]], dtype=np.int64))


def _observations(own: Assessment, other: Assessment, targets: Mapping[str, Sequence[str]]) -> tuple[int, pd.DataFrame]:
    """Return how many rows of the other are taken over, and them as rows of our standards (one may become several)."""
    theirs, instrument = other.observations, own.instrument
    held = _held(own)
    types = other.sites["site_type"].tolist()
    taken: list[tuple[int, str]] = []
    columns = (theirs[name].tolist() for name in ("standard", "method", "site", "counts"))
    for row, (standard, method, site, counts) in enumerate(zip(*columns, strict=True)):
        for code in targets.get(standard, ()) if counts else ():
            found = instrument.standards[code].standard
            if (
                found is not None
                and method in found.rules
                and (code, method) not in held
                and _fits(found, method, types[site] if site >= 0 else None)
            ):
                taken.append((row, code))
    rows = [row for row, _ in taken]
    made = theirs.iloc[rows].reset_index(drop=True).copy()
    methods = made["method"].tolist()
    made["standard"] = column_of(code for _, code in taken)
    made["place"] = np.array([instrument.places[code] for _, code in taken], dtype=np.int64)
    made["leaf"] = np.array(
        [instrument.places[f"{code}/{method}"] for (_, code), method in zip(taken, methods, strict=True)],
        dtype=np.int64,
    )
    made["observation_id"] = column_of(
        f"{other.name}/{name}" + (f"/{code}" if rows.count(row) > 1 else "")
        for name, (row, code) in zip(made["observation_id"], taken, strict=True)
    )
    made["round"] = column_of([own.settings.round] * len(made))
    leads = [_leads(instrument, code) for _, code in taken]
    made["units"] = column_of(
        lead if who == "standard" else units
        for lead, who, units in zip(leads, made["who"].tolist(), made["units"].tolist(), strict=True)
    )
    return len(set(rows)), made


def _held(own: Assessment) -> set[tuple[str, str]]:
    """Return the standards and methods that have evidence of their own."""
    table = own.observations[own.observations["counts"]]
    answered = own.responses[own.responses["answer"] != ""]["standard"]
    return {*zip(table["standard"], table["method"], strict=True), *((code, "survey") for code in answered)}


def _fits(standard: Standard, method: str, site_type: str | None) -> bool:
    """Whether a row belongs to a standard: on a visit, it must be seen at a type of site that the standard names."""
    if method not in ON_SITE or not standard.checked_at:
        return True
    return any(item.site_type == site_type for item in standard.checked_at)


def _leads(instrument: Instrument, code: str) -> tuple[str, ...]:
    standard = instrument.standards[code].standard
    return tuple(instrument.units[unit].zh for unit in standard.lead) if standard else ()


def _responses(own: Assessment, other: Assessment, targets: Mapping[str, Sequence[str]]) -> tuple[int, pd.DataFrame]:
    """Return how many answers are taken over, and them as answers for our standards."""
    theirs, held = other.responses, _held(own)
    taken = [
        (row, code)
        for row, (standard, answer) in enumerate(zip(theirs["standard"], theirs["answer"], strict=True))
        for code in (targets.get(standard, ()) if answer else ())
        if (code, "survey") not in held and "survey" in _rules(own.instrument, code)
    ]
    made = theirs.iloc[[row for row, _ in taken]].reset_index(drop=True).copy()
    made["standard"] = column_of(code for _, code in taken)
    return len({row for row, _ in taken}), made


def _rules(instrument: Instrument, code: str) -> Mapping[str, object]:
    standard = instrument.standards[code].standard
    return standard.rules if standard else {}


def _sites(own: Assessment, other: Assessment, used: Sequence[int]) -> tuple[pd.DataFrame, Mapping[int, int]]:
    """Return our sites with those of the other's rows behind them, and where each of the other's stands."""
    known = {site: place for place, site in enumerate(own.sites["site_id"])}
    places: dict[int, int] = {}
    added: list[int] = []
    faults: list[Fault] = []
    for site in sorted({site for site in used if site >= 0}):
        row = other.sites.iloc[site]
        if row["site_id"] not in known:
            places[site] = len(known) + len(added)
            added.append(site)
            continue
        places[site] = known[row["site_id"]]
        here = own.sites.iloc[places[site]]
        for column in ("site_type", "name"):
            if here[column] != row[column]:
                told = f"{row['site_id']}: {row[column]}"
                faults.append(Fault("name_differs", f"{other.name} sites.csv", None, column, told, str(here[column])))
    if faults:
        raise InputFaults(faults)
    if not added:
        return own.sites, places
    return pd.concat([own.sites, other.sites.iloc[added]], ignore_index=True), places


def _order(sites: pd.DataFrame) -> list[int]:
    ids = sites["site_id"].tolist()
    return sorted(range(len(ids)), key=ids.__getitem__)
