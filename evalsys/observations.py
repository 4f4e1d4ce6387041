"""Reading the observations: what each row says, who answers for it, and whether it is part of the round's score."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsys import schema
from evalsys.cells import column_of, days_of
from evalsys.faults import Fault
from evalsys.fields import (
    REPEATS,
    TABLES,
    Bad,
    day,
    list_of_names,
    named,
    observed,
    one_of,
    registered,
    value_headings,
    whole,
)
from evalsys.instrument import METHODS, ON_SITE, Standard
from evalsys.reading import Reading
from evalsys.rulebook import NOT_APPLICABLE, RULES
from evalsys.tables import Table

__all__ = ["read_observations", "read_standards"]

_NAME = "observations"
#: Rules that read the column n: the number checked, or the number of findings.
_USE_N = ("share", "k_of_n", "deduct")


def read_observations(reading: Reading, sites: pd.DataFrame) -> pd.DataFrame:
    """Read the observations.

    Parameters
    ----------
    reading : Reading
        Receives every fault.
    sites : DataFrame
        As :meth:`~evalsys.reading.Reading.sites` returns it.

    Returns
    -------
    DataFrame
        The columns that :class:`~evalsys.evidence.Assessment` describes, one row per row of the file.
    """
    table, instrument = reading.table(_NAME), reading.instrument
    ids = reading.read(_NAME, "observation_id", need=True)
    reading.unique(_NAME, "observation_id", ids)
    codes = read_standards(reading, _NAME)
    methods = _methods(reading, table, codes)
    places = _sites(reading, table, sites)
    _check_sites(reading, table, codes, methods, places, sites["site_type"].tolist())
    leaves = [
        instrument.places[f"{code}/{method}"] if code and method else -1
        for code, method in zip(codes, methods, strict=True)
    ]
    out = pd.DataFrame({"observation_id": column_of(ids)})
    out["round"] = column_of(reading.read(_NAME, "round", default=reading.blank_round))
    out["standard"], out["method"] = column_of(codes), column_of(methods)
    out["place"] = np.array([instrument.places[code] if code else -1 for code in codes], dtype=np.int64)
    out["leaf"] = np.array([p if p >= 0 and instrument.nodes[p].scored else -1 for p in leaves], dtype=np.int64)
    out["site"] = np.array(places, dtype=np.int64)
    out["observed_on"] = days_of(reading.read(_NAME, "observed_on", lambda text: _until(text, reading)))
    out["n"] = column_of(reading.read(_NAME, "n", whole))
    out["found_by"] = column_of(reading.read(_NAME, "found_by", default=""))
    repeats = {**REPEATS, **{repeat: repeat for repeat in REPEATS.values()}}
    out["repeat"] = column_of(reading.read(_NAME, "repeat", one_of(repeats), default="first"))
    for column in ("photo", "note"):
        out[column] = column_of(reading.texts(_NAME, column))
    texts, headings = _values(reading, table)
    out["value"] = column_of(texts)
    seen, states = _seen(reading, table, out, headings)
    out["seen"], out["state"] = column_of(seen), column_of(states)
    _responsible(reading, out, sites)
    why = _why_not(reading, table, out)
    out["counts"], out["why_not"] = why == "", column_of(why)
    return out


def _until(text: str, reading: Reading) -> datetime.date:
    found, last = day(text), reading.settings.inspection_date
    if last is not None and found > last:
        raise Bad("after_inspection", f"<= {last}")
    return found


# --------------------------------------------------------------------------------------- what, how and where


def read_standards(reading: Reading, name: str) -> list[str | None]:
    """Return the standard of each row of a table.

    A code that a workbook holds as a number may have lost a zero: 10.10 is 10.1.
    """
    table, known = reading.table(name), reading.instrument.standards
    codes = reading.read(
        name, "standard", one_of(named(list(known), [node.name.zh for node in known.values()])), need=True
    )
    alike: dict[Any, list[str]] = {}
    for code in known:
        alike.setdefault(schema.parse_number(code), []).append(code)
    for row, code in enumerate(codes):
        if code and (row, "standard") in table.typed:
            same = alike[schema.parse_number(code)]
            if len(same) > 1:
                reading.faults.append(table.fault("number_as_code", row, "standard", code, " ".join(same)))
    return codes


def _methods(reading: Reading, table: Table, codes: Sequence[str | None]) -> list[str | None]:
    """Return the method of each row; where a standard has one only, it need not be named."""
    given = reading.read(_NAME, "method", one_of(named(list(METHODS), [text.zh for text in METHODS.values()])))
    texts = reading.texts(_NAME, "method")
    instrument = reading.instrument
    usual = {
        code: [str(instrument.nodes[child].method) for child in node.children]
        for code, node in instrument.standards.items()
    }
    out: list[str | None] = []
    for row, (code, method) in enumerate(zip(codes, given, strict=True)):
        names = usual[code] if code else []
        if code and method is None and not texts[row]:
            method = names[0] if len(names) == 1 else None
        if code and method not in names and (method or not texts[row]):
            problem = "method_not_used" if method else "method_needed"
            reading.faults.append(table.fault(problem, row, "method", texts[row], " ".join(names)))
            method = None
        out.append(method if code else None)
    return out


def _sites(reading: Reading, table: Table, sites: pd.DataFrame) -> list[int]:
    """Return the row of each observation's site, -1 without one.

    The name of the site stands for its id where that is empty. Beside an id, a name that is another site's and a type
    that is another one are faults; any other name is for the eye (the site may have been renamed).
    """
    ids, names, types = (sites[name].tolist() for name in ("site_id", "name", "site_type"))
    known = [place for place, site in enumerate(ids) if site is not None]
    place_of = {ids[place]: place for place in reversed(known)}
    site_of = named([ids[place] for place in known], [names[place] or "" for place in known])
    read = one_of(site_of)
    found = [-1 if site is None else place_of[site] for site in reading.read(_NAME, "site_id", read)]
    id_texts = reading.texts(_NAME, "site_id")
    for row, text in enumerate(reading.texts(_NAME, "site_name")):
        if text and not id_texts[row]:
            try:
                found[row] = place_of[read(text)]
            except Bad as bad:
                reading.blame(table, row, "site_name", text, bad)
        elif text and found[row] >= 0 and place_of.get(site_of.get(text, ""), found[row]) != found[row]:
            reading.faults.append(table.fault("name_differs", row, "site_name", text, str(names[found[row]])))
    spelt = {word: name for name, said in reading.instrument.site_types.items() for word in (name, said.zh, said.en)}
    for row, text in enumerate(reading.texts(_NAME, "site_type")):
        own = types[found[row]] if found[row] >= 0 else None
        if text and own and spelt.get(text) != own:
            allowed = f"{reading.instrument.site_types[own].zh} ({own})"
            reading.faults.append(table.fault("name_differs", row, "site_type", text, allowed))
    return found


def _check_sites(
    reading: Reading,
    table: Table,
    codes: Sequence[str | None],
    methods: Sequence[str | None],
    places: Sequence[int],
    types: Sequence[str | None],
) -> None:
    """A standard that is checked at sites needs a site, of a type where it is checked."""
    ids, names = reading.texts(_NAME, "site_id"), reading.texts(_NAME, "site_name")
    nodes = reading.instrument.standards
    for row, (code, method, place) in enumerate(zip(codes, methods, places, strict=True)):
        standard = nodes[code].standard if code else None
        if standard is None or not standard.checked_at or method not in ON_SITE:
            continue
        if place < 0:
            if not ids[row] and not names[row]:
                reading.faults.append(table.fault("missing_site", row, "site_id"))
        elif types[place] is not None and all(types[place] != item.site_type for item in standard.checked_at):
            allowed = " ".join(reading.instrument.site_types[item.site_type].zh for item in standard.checked_at)
            reading.faults.append(table.fault("site_type_not_checked", row, "site_id", ids[row] or names[row], allowed))


# ------------------------------------------------------------------------------------------------ what was seen


def _values(reading: Reading, table: Table) -> tuple[list[str], list[str]]:
    """Return the one value entered in each row, and the column it stands in."""
    entered = [column for column in TABLES[_NAME] if column.name.startswith("value")]
    used = [column.name for column in entered if column.name in table.columns]
    texts, columns = [""] * len(table.rows), ["value"] * len(table.rows)
    if table.file and not used:
        reading.faults.append(
            Fault("missing_column", table.file, None, "value", allowed="  ".join(column.shown for column in entered))
        )
    for column in used:
        for row, text in enumerate(reading.texts(_NAME, column)):
            if text and texts[row]:
                other = f"{text} | {table.headings[columns[row]]}: {texts[row]}"
                reading.faults.append(table.fault("two_values", row, column, other))
            elif text:
                texts[row], columns[row] = text, column
    return texts, columns


def _seen(reading: Reading, table: Table, out: pd.DataFrame, columns: Sequence[str]) -> tuple[list[Any], list[str]]:
    """Return the numbers that the rule of each row reads, and whether the row is 'seen', 'blank' or 'na'."""
    inspection = reading.settings.inspection_date
    year = None if inspection is None else inspection.year
    rules_of = {"value": tuple(RULES), **{f"value:{name}": rules for name, rules in value_headings().items()}}
    nodes = reading.instrument.standards
    known: dict[tuple[Any, ...], Any] = {}
    seen: list[Any] = []
    states: list[str] = []
    keys = zip(
        *(out[name].tolist() for name in ("standard", "method", "value", "n", "found_by", "repeat")),
        columns,
        strict=True,
    )
    for row, key in enumerate(keys):
        code, method, text, n, finder, repeat, column = key
        if not text or code is None or method is None or repeat is None:
            seen.append(None)
            states.append("seen" if text else "blank")
            continue
        if key not in known:
            standard = nodes[code].standard
            known[key] = _one_value(standard, method, text, n, year, finder, repeat, rules_of[column])
        state, value = known[key]
        if isinstance(value, Bad):
            reading.blame(table, row, column, text, value)
            value = None
        seen.append(value)
        states.append(state)
    return seen, states


def _one_value(
    standard: Standard | None,
    method: str,
    text: str,
    n: int | None,
    year: int | None,
    finder: str,
    repeat: str,
    allowed_rules: Sequence[str],
) -> tuple[str, Any]:
    """Return the state and what the rule reads, or what is wrong with it."""
    rule = standard.rules.get(method) if standard else None
    if standard is None or rule is None:  # not scored: nothing to read
        return "seen", None
    if rule.kind not in allowed_rules:
        heading = RULES[rule.kind].heading
        return "seen", Bad("bad_value", f"{heading.zh} ({heading.en})")
    if text.lower() in NOT_APPLICABLE:
        return "na", Bad("not_applicable_undefined") if standard.not_applicable is None else None
    try:
        return "seen", observed(rule, text, n, year, finder, repeat)
    except Bad as bad:
        return "seen", bad


# ------------------------------------------------------------------------------------------------- who answers


def _responsible(reading: Reading, out: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Set area and units: the row's own if the column exists, else the site's, else the standard's lead.

    Where a column exists, an empty cell means nobody. `who` and `area_who` say where they come from.
    """
    columns, site_columns = reading.table(_NAME).columns, reading.table("sites").columns
    places = out["site"].tolist()
    if "area" in columns:
        areas = reading.read(_NAME, "area", registered(reading.areas))
        out["area"], out["area_who"] = column_of(areas), column_of(["row"] * len(out))
    else:
        held = sites["area"].tolist()
        out["area"] = column_of(held[place] if place >= 0 else None for place in places)
        out["area_who"] = column_of("site" if place >= 0 and "area" in site_columns else "" for place in places)
    if "units" in columns:
        units = reading.read(_NAME, "units", list_of_names(registered(reading.units)), default=())
        out["units"] = column_of(value or () for value in units)
        out["who"] = column_of(["row"] * len(out))
        return
    own = sites["units"].tolist()
    leads = [reading.leads(node) for node in out["place"].tolist()]
    at_site = [place >= 0 and "units" in site_columns for place in places]
    out["units"] = column_of((own[p] or ()) if at else lead for p, at, lead in zip(places, at_site, leads, strict=True))
    out["who"] = column_of("site" if at else "standard" for at in at_site)


# -------------------------------------------------------------------------------------------- which rows count


def _why_not(reading: Reading, table: Table, out: pd.DataFrame) -> NDArray[Any]:
    """Return why each row is not part of the round's score, '' where it is.

    Rules of state take the latest row per (standard, method, site) of the round; rows of one day that differ are a
    fault. The rules 'deduct' and 'none' take all rows of the round.
    """
    settings = reading.settings
    why = np.full(len(out), "", dtype=object)
    why[(out["state"] == "blank").to_numpy()] = "blank"
    other = (out["round"] != settings.round).to_numpy()
    why[other] = "round"
    why[(out["leaf"] < 0).to_numpy()] = "unscored"
    if settings.round and len(out) and other.all():
        rounds = " ".join(sorted(set(out["round"])))
        reading.faults.append(table.fault("no_row_of_round", None, "round", settings.round, rounds))
    pooled = {
        place: RULES[rule.kind].pooled
        for node in reading.instrument.standards.values()
        for place in node.children
        if node.standard and (rule := node.standard.rules.get(str(reading.instrument.nodes[place].method)))
    }
    written = reading.texts(_NAME, "observed_on")
    unread = out["observed_on"].isna().to_numpy() & np.array([bool(text) for text in written], dtype=bool)
    unread |= np.array([seen is None for seen in out["seen"]], dtype=bool) & (out["state"] == "seen").to_numpy()
    state = np.array(
        [
            row
            for row, leaf in enumerate(out["leaf"].tolist())
            if not why[row] and not unread[row] and not pooled.get(leaf, False)
        ],
        dtype=np.int64,
    )
    days = out["observed_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    days = np.where(days < _NO_DAY, _NO_DAY, days)
    said = list(zip(*(out[name].tolist() for name in ("seen", "state", "units", "area")), strict=True))
    for rows in _of_one_leaf_and_site(out, state, days):
        latest = _latest(reading, table, out, rows, [int(days[row]) for row in rows], said)
        for row in rows:
            if row != latest:
                why[row] = "repeated" if days[row] == days[latest] else "superseded"
    return why


_NO_DAY = -(10**8)  # before any day


def _of_one_leaf_and_site(out: pd.DataFrame, rows: NDArray[np.int64], days: NDArray[np.int64]) -> Iterator[list[int]]:
    """Yield the rows of each (leaf, site) that has several, oldest first, those without a date before any date."""
    leaf, site = out["leaf"].to_numpy()[rows], out["site"].to_numpy()[rows]
    order = np.lexsort((out["observation_id"].to_numpy()[rows].astype(str), days[rows], site, leaf))
    leaf, site = leaf[order], site[order]
    new = (leaf[1:] != leaf[:-1]) | (site[1:] != site[:-1])
    edges = np.flatnonzero(np.concatenate(([True], new, [True]))).tolist() if len(rows) else []
    for start, end in itertools.pairwise(edges):
        if end - start > 1:
            yield rows[order[start:end]].tolist()


def _latest(
    reading: Reading,
    table: Table,
    out: pd.DataFrame,
    rows: Sequence[int],
    days: Sequence[int],
    said: Sequence[tuple[Any, ...]],
) -> int:
    """Return the row that counts; differing rows of one day, and differing rows without a date, are faults."""
    first_of_day: dict[int, int] = {}
    for row, this_day in zip(rows, days, strict=True):
        first = first_of_day.setdefault(this_day, row)
        if said[row] != said[first]:
            _conflict(reading, table, out, min(first, row), max(first, row), said)
        elif this_day == _NO_DAY != days[-1] and said[row] != said[rows[-1]]:
            reading.faults.append(table.fault("date_needed", row, "observed_on"))
    return first_of_day[days[-1]]


def _conflict(
    reading: Reading, table: Table, out: pd.DataFrame, a: int, b: int, said: Sequence[tuple[Any, ...]]
) -> None:
    differing = next(place for place in range(4) if said[a][place] != said[b][place])
    column = ("value", "value", "units", "area")[differing]
    texts = [";".join(v) if isinstance(v, tuple) else str(v or "") for v in (out[column].iat[a], out[column].iat[b])]
    value = f"{texts[0]} ({table.numbers[a]}) ≠ {texts[1]} ({table.numbers[b]})"
    reading.faults.append(table.fault("conflicting_rows", b, column, value))


def unused_numbers(reading: Reading, out: pd.DataFrame) -> int:
    """Count the rows whose `n` their rule does not read."""
    count = 0
    for (code, method), rows in Counter(
        (code, method)
        for code, method, n in zip(out["standard"], out["method"], out["n"], strict=True)
        if n is not None
    ).items():
        standard = reading.instrument.standards[code].standard if code else None
        rule = standard.rules.get(method) if standard and method else None
        count += rows if rule is not None and rule.kind not in _USE_N else 0
    return count
