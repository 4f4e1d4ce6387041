"""What a source says beside its standards: dates, mechanisms, facts it reports, and what is left out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalsys.instrument import Dated, LeftOut, Mechanism, ObservedFact, Said
from evalsys.names import Known
from evalsys.rule_params import LIMITS
from evalsys.schema import Record

__all__ = ["check_beside", "read_beside"]

_KEYS = ("calendar", "mechanisms", "facts", "left_out")


def check_beside(file: Record, known: Known) -> None:
    """Check the bodies and documents that these parts of a file name."""
    for entry in _entries(file):
        source = entry["source"]
        name = source["document"] if source is not None else None
        if source is not None and name and name not in known.documents:
            source.at("document").unknown("unknown_document", name, list(known.documents))
        known.check_units(entry)
        rows = [entry["row"], *(entry.get("rows") or [])]
        for place, row in enumerate(rows):
            if row is not None and row in rows[:place]:
                entry.at("rows").report("duplicate_code", row)


def _entries(file: Record) -> Iterator[Record]:
    for key in _KEYS:
        yield from file[key] or []


def read_beside(file: Record, known: Known) -> Mapping[str, tuple[Any, ...]]:
    """Return the entries by the name of their field in `Instrument`; faults have been reported before."""
    return {
        "calendar": tuple(Dated(_said(e, known), e["when"], bool(e["phase"])) for e in file["calendar"] or []),
        "mechanisms": tuple(
            Mechanism(
                _said(e, known),
                e["kind"],
                *_limit(e["limit"]),
                tuple(e["steps"] or ()),
                tuple(e["shares"] or ()),
                code=e["code"],
                group=e["group"],
                years=e["years"],
                of=e["of"],
                action=e["action"],
                months=e["months"],
                confirm=bool(e["confirm"]),
                rhythm={key: value for key, value in (e["rhythm"] or {}).items() if value is not None},
                counts=e["counts"],
                by=e["by"] or "unit",
                at=tuple(count or None for count in e["at"] or ()),
                resets=e["resets"],
                reviewer=e["reviewer"],
            )
            for e in file["mechanisms"] or []
        ),
        "facts": tuple(
            ObservedFact(_said(e, known), e["value"], e["measure"], bool(e["more_than"])) for e in file["facts"] or []
        ),
        "left_out": tuple(
            LeftOut(_said(e, known), e["why"], e["kept"] or "nothing", tuple(e["rows"] or ()))
            for e in file["left_out"] or []
        ),
    }


def _said(entry: Record, known: Known) -> Said:
    return Said(
        row=entry["row"],
        text=entry["text"],
        lead=known.bodies(entry["lead"]),
        support=known.bodies(entry["support"]),
        note=entry["note"],
        source={key: value for key, value in entry["source"].items() if value},
    )


def _limit(found: Record | None) -> tuple[Mapping[str, Any], Any]:
    if found is None:
        return {}, None
    limits = found["range"] or {name: found[name] for name in LIMITS if found[name] is not None}
    return limits, found["measure"]
