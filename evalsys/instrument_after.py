"""What an instrument applies after the total: joined scores, bonuses, the negative list, gates; and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from evalsys.instrument import Bonus, Effect, Gate, Instrument, Joined, ListedEvent
from evalsys.instrument_shape import AFTER_TOTAL
from evalsys.schema import Record, decimal, parse_number

__all__ = ["AFTER_ENTRIES", "check_after", "event_codes", "read_after"]

#: Keys of a file whose entries are applied after the total.
AFTER_ENTRIES = ("joined", "bonus", "negative_list", "gates")


def check_after(file: Record) -> None:
    """Check the order, and that shares, marks and effects can hold."""
    order = file["after_total"]
    if order is not None:
        held = [kind for kind in AFTER_TOTAL if _has(file, kind)]
        for place, kind in enumerate(order):
            if kind in order[:place]:
                file.at("after_total").report("duplicate_key", kind)
        for kind in held:
            if kind not in order:
                file.at("after_total").report("not_in_order", kind, " ".join(held))
    shares = [entry["share"] or Fraction(0) for entry in file["joined"] or []]
    if sum(shares) >= 1:
        file.at("joined").report("out_of_range", decimal(sum(shares, Fraction(0))), "< 1")
    for entry in file["gates"] or []:
        own = entry["of"] in (None, "total")
        full = _full(file) if own else Fraction(100)
        if entry["at_least"] is not None and full is not None and _points(entry["at_least"], full) > full:
            entry.at("at_least").report("out_of_range", entry["at_least"], f"0..{decimal(full)}  0%..100%")
        if entry["at_least"] is None and "of" in entry.spots:
            entry.at("of").report("missing_key", "at_least")
    for entry in (*(file["joined"] or []), *(file["gates"] or [])):
        if entry["of"] == "own" or (entry["of"] == "total" and "share" in entry):  # names of the round's own scores
            entry.at("of").report("bad_value", entry["of"], "minors ...")
    for entry in file["negative_list"] or []:
        for effect in entry["effect"] or []:
            _check_effect(effect)
    for entry in file["mechanisms"] or []:
        if entry["months"] is not None and entry["action"] != "suspend":
            entry.at("months").report("no_effect", str(entry["months"]))
        if entry["of"] == "total" and (entry["limit"] is None or entry["action"] is None):
            entry.at("of").report("missing_key", "limit action")


def _check_effect(effect: Record) -> None:
    if effect["months"] is not None and effect["action"] != "suspend":
        effect.at("months").report("no_effect", str(effect["months"]))
    if effect["deduct"] is None and effect["action"] is None and not effect.spots.keys() & {"deduct", "action"}:
        effect.spot.report("missing_key", "deduct action")


def _has(file: Record, kind: str) -> bool:
    """Whether a file has anything of a kind; a veto among the mechanisms is applied with the negative list."""
    mechanisms = file["mechanisms"] or []
    if kind == "ladders":
        return any(entry["of"] == "total" for entry in mechanisms)
    if kind == "negative_list" and any(entry["kind"] == "veto" and entry["code"] for entry in mechanisms):
        return True
    return bool(file[kind])


def _full(file: Record) -> Fraction | None:
    full = file["full_marks"]
    found: Fraction | None = min(full.values()) if isinstance(full, dict) else full
    return found


def _points(text: str, full: Fraction) -> Fraction:
    value = parse_number(text) or Fraction(0)
    return value * full if text.rstrip().endswith(("%", "％")) else value


def read_after(file: Record, full: Fraction) -> Mapping[str, tuple[Any, ...]]:
    """Return the entries by the name of their field in `Instrument`; faults have been reported before."""
    return {
        "after_total": tuple(file["after_total"] or AFTER_TOTAL),
        "joined": tuple(
            Joined(e["code"], e["name"], e["of"], e["share"], e["note"], _source(e)) for e in file["joined"] or []
        ),
        "bonus": tuple(
            Bonus(e["code"], e["name"], e["points"], e["cap"], e["note"], _source(e)) for e in file["bonus"] or []
        ),
        "negative_list": tuple(
            ListedEvent(e["code"], e["name"], tuple(_effects(e)), bool(e["confirm"]), e["note"], _source(e))
            for e in file["negative_list"] or []
        ),
        "gates": tuple(_gate(e, full) for e in file["gates"] or []),
    }


def _effects(entry: Record) -> Iterator[Effect]:
    for e in entry["effect"] or []:
        yield Effect(e["deduct"] or Fraction(0), e["action"], e["months"], tuple(e["to"] or ()), e["within"])


def _gate(entry: Record, full: Fraction) -> Gate:
    of, least = entry["of"] or "total", entry["at_least"]
    mark = None if least is None else _points(least, full if of == "total" else Fraction(100))
    return Gate(entry["code"], entry["name"], mark, of, entry["stage"] or "pass", entry["note"], _source(entry))


def _source(entry: Record) -> Mapping[str, str]:
    return {key: value for key, value in entry["source"].items() if value}


def event_codes(instrument: Instrument) -> tuple[str, ...]:
    """Return the codes that an event may have: of the negative list, vetoes, bonuses, gates and ladders of events."""
    vetoes = [m.code for m in instrument.mechanisms if (m.kind == "veto" or m.counts == "event") and m.code]
    listed = [entry.code for entry in instrument.negative_list]
    return (*listed, *(b.code for b in instrument.bonus), *(g.code for g in instrument.gates), *vetoes)
