"""Checks of ladders of consequences in an instrument file: what counts, for whom, at which count a step follows."""

from __future__ import annotations

from evalsys import schema
from evalsys.names import Known
from evalsys.schema import Record

__all__ = ["check_ladders"]

_NEEDED = ("code", "by", "at", "resets")
#: What may reset each count: a clean week or issue there must be; what is on record stays.
_RESETS = {
    "overdue": ("clean", "verified", "never"),
    "exposure": ("clean", "verified", "never"),
    "found": ("verified", "never"),
    "returned": ("verified", "never"),
    "lost": ("never",),
    "event": ("never",),
}


def check_ladders(file: Record, known: Known) -> None:
    """Check the mechanisms that count, and that no other one has keys of counting.

    Parameters
    ----------
    file : Record
        A whole instrument file as its shape was read; faults go to its spots.
    known : Known
        The names that it may use.
    """
    for entry in file["mechanisms"] or []:
        if entry["kind"] == "ladder" and "counts" in entry.spots:
            _check_counting(entry, known)
        else:
            _check_other(entry)


def _check_other(entry: Record) -> None:
    for key in ("counts", *_NEEDED[1:]):
        if key in entry.spots:
            entry.at(key).report("no_effect", _shown(entry[key]), "kind: ladder  counts: overdue")


def _check_counting(entry: Record, known: Known) -> None:
    for key in (*_NEEDED, "steps"):
        if key not in entry.spots:
            entry.spot.report("missing_key", key, "code steps by at resets")
    if entry["of"] is not None:
        entry.at("of").report("no_effect", entry["of"])
    counts, at, steps = entry["counts"], entry["at"], entry["steps"]
    if counts == "found" and entry["by"] not in (None, "site"):
        entry.at("by").report("bad_value", entry["by"], "site")
    if counts in ("lost", "event") and entry["by"] not in (None, "unit"):
        entry.at("by").report("bad_value", entry["by"], "unit")
    if counts is not None and entry["resets"] is not None and entry["resets"] not in _RESETS[counts]:
        entry.at("resets").report("bad_value", entry["resets"], " ".join(_RESETS[counts]))
    if entry["group"] is not None and entry["by"] == "site" and entry["group"] not in known.site_types:
        entry.at("group").unknown("unknown_name", entry["group"], list(known.site_types))
    if at is None:
        return
    if steps is not None and len(at) != len(steps):
        entry.at("at").report("out_of_range", _shown(at), f"{len(steps)}")
    rising = iter(sorted(count for count in at if count))
    wanted = [count and next(rising) for count in at]
    if at != wanted:
        entry.at("at").report("bad_value", _shown(at), _shown(wanted))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(str(count or 'none') for count in value)}]"
    return schema.short(value)
