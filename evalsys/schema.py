"""YAML read with line numbers, and small readers that check it and collect every fault.

A *reader* is a function ``(spot, value) -> result``: it returns the checked value, or reports faults at the spot
and returns ``None``. Readers are put together with :func:`list_of`, :func:`keyed` and :func:`record`. Scalars stay
text until a reader asks for a number, so that ``0.1`` is exactly one tenth and the code ``1.10`` keeps its zero.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import Text

__all__ = [
    "Record",
    "Spot",
    "boolean",
    "choice",
    "count",
    "date",
    "decimal",
    "document",
    "flat_map",
    "integer",
    "keyed",
    "list_of",
    "listed",
    "mapped",
    "number",
    "one_or_more",
    "pair",
    "parse_date",
    "parse_number",
    "portion",
    "positive",
    "record",
    "short",
    "spot_in",
    "string",
]


class _Map(dict[str, Any]):
    """A YAML mapping with the line of each key, or cells of a sheet with their row; `names` as the sheet has them."""

    lines: dict[str, int]
    names: Mapping[str, str] = MappingProxyType({})


class _List(list[Any]):
    """A YAML sequence with the line of each item."""

    lines: list[int]


@dataclass(frozen=True)
class Spot:
    """A place in a file, and the list that its faults go to."""

    faults: list[Fault]
    file: str
    line: int = 1
    key: str = ""

    def report(self, problem: str, value: str = "", allowed: str = "", near: str = "") -> None:
        """Add a fault found here."""
        self.faults.append(Fault(problem, self.file, self.line, self.key, value, allowed, near))

    def unknown(self, problem: str, name: str, known: Sequence[str]) -> None:
        """Add a fault about an unknown name; a long list of known ones is cut, or left out beside a near name."""
        near = nearest(name, known)
        shown = " ".join(known)
        if len(known) > _SHOWN:
            shown = "" if near else f"{' '.join(known[:_SHOWN])} ... ({len(known)})"
        self.report(problem, name, shown, near)


_SHOWN = 12  # known names in one message
Reader = Callable[[Spot, Any], Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def document(path: Path, shown: str, faults: list[Fault]) -> tuple[Spot, Any]:
    """Read one YAML file, in UTF-8 or GB18030, into maps, lists and text, with line numbers.

    Parameters
    ----------
    path : Path
    shown : str
        Name of the file in faults.
    faults : list of Fault
        Receives duplicate keys, and whatever readers report at the spot.

    Returns
    -------
    (Spot, content)

    Raises
    ------
    InputFaults
        If the file is missing, cannot be read, or is not YAML: nothing more can be said about it then.
    """
    spot = Spot(faults, shown)
    try:
        node = yaml.compose(_decoded(path.read_bytes()), Loader=_LOADER)
        if node is None:
            raise InputFaults([*faults, Fault("empty_file", shown)])
        return spot, _plain(node, spot)
    except FileNotFoundError:
        raise InputFaults([*faults, Fault("missing_file", shown)]) from None
    except OSError as error:
        raise InputFaults([*faults, Fault("unreadable", shown, value=error.strerror or "")]) from None
    except UnicodeDecodeError:
        raise InputFaults([*faults, Fault("bad_encoding", shown, allowed="UTF-8 GB18030")]) from None
    except RecursionError:
        raise InputFaults([*faults, Fault("bad_yaml", shown, value="too deep, or an alias within itself")]) from None
    except yaml.YAMLError as error:
        raise InputFaults([*faults, _syntax_fault(shown, error)]) from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _syntax_fault(shown: str, error: yaml.YAMLError) -> Fault:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault("bad_yaml", shown, value=str(error).splitlines()[0])
    opened = "quoted" in (error.context or "") or "flow" in (error.context or "")
    mark = error.context_mark if opened else error.problem_mark  # an open quote or bracket: where it was opened
    return Fault("bad_yaml", shown, mark.line + 1 if mark else None, value=error.problem or "")


def _plain(node: yaml.Node, spot: Spot) -> Any:
    if isinstance(node, yaml.MappingNode):
        found = _Map()
        found.lines = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                replace(spot, line=line).report("wrong_type", "", "key: value")
                continue
            key = str(key_node.value)
            if key in found:
                replace(spot, line=line, key=key).report("duplicate_key", key)
            found[key] = _plain(value_node, spot)
            found.lines[key] = line
        return found
    if isinstance(node, yaml.SequenceNode):
        items = _List(_plain(item, spot) for item in node.value)
        items.lines = [item.start_mark.line + 1 for item in node.value]
        return items
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def string(spot: Spot, value: Any) -> str | None:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        spot.report("wrong_type", short(value), "text")
        return None
    return value.strip()


#: Full-width forms of ASCII, as Chinese input methods type them, and the mathematical minus.
_NARROW = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x2212: "-"}
_NUMBER = re.compile(
    r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?|[+-]?\d+/0*[1-9]\d*", re.ASCII
)


def parse_number(text: str) -> Fraction | None:
    """Return the exact value of a decimal, a fraction ``1/3`` or a per cent ``85%``; None if it is none of them.

    A comma may only part thousands: ``0,5`` is no number.

    Examples
    --------
    >>> parse_number("85%"), parse_number("0.1"), parse_number("1/3"), parse_number("1,234"), parse_number("0,5")
    (Fraction(17, 20), Fraction(1, 10), Fraction(1, 3), Fraction(1234, 1), None)
    """
    text = text.strip().translate(_NARROW)
    percent = text.endswith("%")
    text = text.removesuffix("%").rstrip()
    if len(text) > 100 or not _NUMBER.fullmatch(text):
        return None
    value = Fraction(text.replace(",", ""))
    return value / 100 if percent else value


def decimal(value: Fraction) -> str:
    """Return a decimal where it ends, else the fraction: `parse_number` turned round.

    Examples
    --------
    >>> decimal(Fraction(1, 8)), decimal(Fraction(1, 3)), decimal(Fraction(-3))
    ('0.125', '1/3', '-3')
    """
    for places in range(13):
        if (value * 10**places).denominator == 1:
            digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
            whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
            return "-" * (value < 0) + whole + "." * (places > 0) + part
    return str(value)


def number(spot: Spot, value: Any) -> Fraction | None:
    """Read an exact number, 0 or more. A per cent is refused: what it is a share of stands nowhere."""
    found = parse_number(value) if isinstance(value, str) and "%" not in value.translate(_NARROW) else None
    if found is None:
        spot.report("bad_number", short(value), "3  0.5  1/3")
    elif found < 0:
        spot.report("out_of_range", short(value), ">= 0")
        return None
    return found


def positive(spot: Spot, value: Any) -> Fraction | None:
    """Read an exact number above 0."""
    found = number(spot, value)
    if found == 0:
        spot.report("out_of_range", short(value), "> 0")
        return None
    return found


def portion(spot: Spot, value: Any) -> Fraction | None:
    """Read a share in [0, 1], also written ``1/3`` or ``66%``."""
    found = parse_number(value) if isinstance(value, str) else None
    if found is None:
        spot.report("bad_number", short(value), "0.66  66%  1/3")
    elif not 0 <= found <= 1:
        spot.report("out_of_range", short(value), "0..1")
        return None
    return found


def integer(spot: Spot, value: Any) -> int | None:
    """Read a whole number, 0 or more."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        spot.report("bad_integer", short(value), "0 1 2 ...")
        return None
    return int(value)


def count(spot: Spot, value: Any) -> int | None:
    """Read a whole number, 1 or more."""
    found = integer(spot, value)
    if found == 0:
        spot.report("out_of_range", "0", ">= 1")
        return None
    return found


def boolean(spot: Spot, value: Any) -> bool | None:
    """Read yes/no in the spellings of YAML and of Chinese tables."""
    found = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}.get(str(value).lower())
    if found is None:
        spot.report("bad_value", short(value), "yes no")
    return found


def parse_date(text: str) -> datetime.date | None:
    """Return the date of ``2016-08-15``, ``2016/8/15``, ``2016.8.15`` or ``2016年8月15日``; None if it is none.

    Examples
    --------
    >>> parse_date("2016年8月5日"), parse_date("2016-02-30")
    (datetime.date(2016, 8, 5), None)
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?", text.strip())
    match = match or re.fullmatch(r"(\d{4})-(\d{2})()()()-(\d{2})[T ]00:00(?::00(?:\.0+)?)?", text.strip())
    if match is None:
        return None
    year, *months, day = match.groups()
    try:
        return datetime.date(int(year), int(next(m for m in months if m)), int(day))
    except ValueError:
        return None


def date(spot: Spot, value: Any) -> datetime.date | None:
    """Read a date."""
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        spot.report("bad_date", short(value), "2016-08-15")
    return found


def choice(*names: str) -> Reader:
    """Return a reader of one of the names."""

    def read(spot: Spot, value: Any) -> str | None:
        if value in names:
            return str(value)
        spot.unknown("bad_value", short(value), names)
        return None

    return read


def pair(spot: Spot, value: Any) -> Text | None:
    """Read ``{zh: ..., en: ...}``; both languages are required."""
    found = _PAIR(spot, value)
    return None if found is None or found["zh"] is None or found["en"] is None else Text(found["zh"], found["en"])


def list_of(reader: Reader) -> Reader:
    """Return a reader of a list; items with faults are left out of the result (and reported)."""

    def read(spot: Spot, value: Any) -> list[Any] | None:
        if not isinstance(value, _List):
            spot.report("wrong_type", short(value), "[a, b, ...]")
            return None
        found = [_item(reader, replace(spot, line=line), item) for line, item in zip(value.lines, value, strict=True)]
        return [item for item in found if item is not None]

    return read


def _item(reader: Reader, spot: Spot, value: Any) -> Any:
    if value is None:
        spot.report("empty_value")
        return None
    return reader(spot, value)


def one_or_more(reader: Reader) -> Reader:
    """Return a reader of one item or a list of them; the result is a list."""
    several = list_of(reader)

    def read(spot: Spot, value: Any) -> list[Any] | None:
        if isinstance(value, _List):
            found: list[Any] | None = several(spot, value)
            return found
        item = reader(spot, value)
        return None if item is None else [item]

    return read


def keyed(reader: Reader) -> Reader:
    """Return a reader of a map with free keys; the value of a key with faults is None (and reported)."""

    def read(spot: Spot, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, _Map):
            spot.report("wrong_type", short(value), "{key: value}")
            return None
        return {key: _item(reader, spot_in(spot, value, key), item) for key, item in value.items()}

    return read


class Record(dict[str, Any]):
    """The checked content of a map: every declared key is there, absent ones are None. `spot` is where it stands."""

    spot: Spot
    spots: dict[str, Spot]

    def at(self, key: str) -> Spot:
        """Return the place of a key, or of the record where the key is absent."""
        return self.spots.get(key) or replace(self.spot, key=key)


def record(
    required: Mapping[str, Reader], optional: Mapping[str, Reader] | None = None
) -> Callable[[Spot, Any], Record | None]:
    """Return a reader of a map with these keys and no others."""
    known = {**required, **(optional or {})}

    def read(spot: Spot, value: Any) -> Record | None:
        if not isinstance(value, _Map) and value != {}:
            spot.report("wrong_type", short(value), "{" + ", ".join(f"{key}: ..." for key in required or known) + "}")
            return None
        found = Record(dict.fromkeys(known))
        found.spot, found.spots = spot, {}
        for key, item in value.items():
            here = spot_in(spot, value, key)
            if key not in known:
                here.unknown("unknown_key", key, list(known))
            elif item is None:
                here.report("empty_value")
            else:
                found.spots[key] = here
                found[key] = known[key](here, item)
        for key in required:
            if key not in value:
                replace(spot, key=key).report("missing_source" if key == "source" else "missing_key", key)
        return found

    return read


_PAIR = record({"zh": string, "en": string})


def spot_in(spot: Spot, value: Any, key: str) -> Spot:
    """Return the place of a key in a map as it was read."""
    return replace(spot, line=value.lines[key], key=value.names.get(key, key))


def short(value: Any) -> str:
    """Return what stands there, cut to a length fit for a message."""
    if isinstance(value, _Map):
        return "{" + ", ".join(f"{key}: ..." for key in list(value)[:3]) + "}"
    if isinstance(value, _List):
        return "[...]"
    return "" if value is None else str(value)[:60]


def listed(items: Iterable[tuple[Any, int]]) -> Any:
    """Turn items of a sheet, each with its row, into the list that a YAML file would give."""
    pairs = list(items)
    found = _List(item for item, _ in pairs)
    found.lines = [row for _, row in pairs]
    return found


def mapped(cells: Mapping[str, tuple[Any, int, str]]) -> Any:
    """Turn cells of a sheet into the map that a YAML file would give.

    Parameters
    ----------
    cells : mapping of str to (value, int, str)
        By key: what the cell holds (None: nothing, though something is needed), its row, and what the sheet calls it.
        Faults name the last.

    Examples
    --------
    >>> faults = []
    >>> record({"sites": count})(Spot(faults, "a.xlsx"), mapped({"sites": ("0", 7, "抽查数")}))
    {'sites': None}
    >>> faults[0].row, faults[0].column
    (7, '抽查数')
    """
    found = _Map({key: value for key, (value, _, _) in cells.items()})
    found.lines = {key: row for key, (_, row, _) in cells.items()}
    found.names = {key: name for key, (_, _, name) in cells.items()}
    return found


def flat_map(spot: Spot, content: tuple[list[list[str]], list[int]]) -> Any:
    """Turn the settings sheet of a workbook (key, value) into the map that a YAML file would give."""
    found = _Map()
    found.lines = {}
    for row, number in zip(*content, strict=True):
        key, value = row[0], row[1] if len(row) > 1 else ""
        if key in ("key", "设置项"):
            continue
        if key in found:
            replace(spot, line=number, key=key).report("duplicate_key", key)
        if key and value:
            found[key], found.lines[key] = value, number
    return found
