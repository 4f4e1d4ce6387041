"""Names that instruments share: documents, site types, bodies; and what one file may refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from evalsys import schema
from evalsys.faults import Fault, InputFaults
from evalsys.instrument_shape import REGISTERS
from evalsys.language import Text
from evalsys.schema import Record

__all__ = ["PACKAGE", "Known", "name_of", "register"]

#: Folder of the library, where its data stands.
PACKAGE = Path(str(resources.files("evalsys")))


@lru_cache
def register(name: str) -> Mapping[str, Any]:
    """Return one of the registers that come with evalsys.

    Parameters
    ----------
    name : {'documents', 'site_types', 'units'}

    Returns
    -------
    mapping of id to Text (site types, units) or to the keys of a document

    Examples
    --------
    >>> register("site_types")["market"].zh
    '集贸市场'
    """
    faults: list[Fault] = []
    path = PACKAGE / "registers" / f"{name}.yaml"
    spot, content = schema.document(path, path.name, faults)
    found: Mapping[str, Any] | None = schema.keyed(REGISTERS[name])(spot, content)
    if faults:
        raise InputFaults(faults)
    return found or {}


@dataclass(frozen=True)
class Known:
    """Names that a file may refer to: those of the registers and its own."""

    documents: Mapping[str, Any]
    site_types: Mapping[str, Text]
    units: Mapping[str, Text]
    spellings: Mapping[str, str]

    @staticmethod
    def of(file: Record) -> Known:
        """Return the names of the registers with those of a file; the file's own win."""
        documents, types, units = ({**register(name), **(file[name] or {})} for name in _REGISTERS)
        spellings = {spelling: unit for unit in units for spelling in _spellings(unit, units[unit])}
        spellings.update(
            {spelling: unit for unit, own in (file["units"] or {}).items() for spelling in _spellings(unit, own)}
        )
        return Known(documents, types, {unit: name_of(unit, own) for unit, own in units.items() if own}, spellings)

    def check_units(self, found: Record) -> None:
        """Report names of bodies that no register knows, and a body that is named twice, by whatever names."""
        seen: set[str] = set()
        for key in ("lead", "support"):
            for unit in found[key] or []:
                if unit not in self.spellings:
                    found.at(key).unknown("unknown_name", unit, list(self.spellings))
                elif self.spellings[unit] in seen:
                    found.at(key).report("body_twice", unit)
                seen.add(self.spellings.get(unit, unit))

    def bodies(self, names: Iterable[str] | None) -> tuple[str, ...]:
        """Return the ids of bodies, by whatever name they are called; unknown ones have been reported."""
        return tuple(self.spellings.get(name, name) for name in names or ())


_REGISTERS = ("documents", "site_types", "units")


def name_of(unit: str, entry: Mapping[str, Any]) -> Text:
    """Return the name of a body of the register; the id is its Chinese name where none stands there."""
    return Text(entry["zh"] or unit, entry["en"])


def _spellings(unit: str, entry: Mapping[str, Any] | None) -> list[str]:
    """Return the names by which an instrument may call a body: id, Chinese name, aliases."""
    return [unit] if entry is None else [unit, *filter(None, [entry["zh"]]), *(entry["aliases"] or [])]
