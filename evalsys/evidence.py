"""The evidence of an assessment: its tables, read from a folder or a workbook. Nothing is dropped in silence.

Reading ends in one of two ways: an :class:`Assessment` in which every row is accounted for, or
:class:`~evalsys.faults.InputFaults` with every bad cell of every table.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalsys import schema
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import (
    FOR_THE_EYE,
    READY,
    REPEATS,
    SHEETS,
    STATUSES,
    TABLES,
    Bad,
    any_day,
    chance,
    degrees,
    list_of_names,
    not_negative,
    one_of,
    positive,
    read_value,
    registered,
    registered_list,
    respondent,
    target,
    value_headings,
    week,
    whole,
)
from evalsys.instrument import METHODS, Instrument, PassMark, Standard
from evalsys.instrument_file import load_instrument
from evalsys.language import Lang, Text
from evalsys.rulebook import NOT_APPLICABLE, RULES
from evalsys.schema import Record, Spot, list_of, pair, record, string
from evalsys.tables import Column, Table, as_table, read_csv, read_workbook, refuse_personal_data

__all__ = ["Assessment", "Published", "Settings", "pass_mark_of", "read_assessment"]


@dataclass(frozen=True)
class Published:
    """A result that somebody published for the same evidence, to compare with.

    `left_out` lists what the published result does not contain: node codes and the reason.
    """

    label: Text
    won: Fraction
    of: Fraction
    left_out: tuple[tuple[tuple[str, ...], Text], ...]


@dataclass(frozen=True)
class Settings:
    """What ``assessment.yaml`` says."""

    place: str
    round: str
    title: Text | None = None
    inspection_date: datetime.date | None = None
    pass_mark: PassMark | None = None
    language: Lang | None = None
    complete_frame: bool = False
    draw: tuple[Mapping[str, Any], ...] = ()
    published: Published | None = None
    source: str | None = None
    source_note: Text | None = None
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """One assessment: its instrument, settings and checked tables.

    Attributes
    ----------
    path : Path
        The folder or workbook.
    sites : DataFrame
        ``site_id, site_type, name, area, units`` (tuple), ``latitude, longitude``.
    observations : DataFrame
        One row per row of the file, in its order. Beside the file's columns: ``place`` (of the standard in the
        instrument), ``leaf`` (place of the leaf, -1 if not scored), ``site`` (row in `sites`, -1 without), ``state``
        (seen, blank, na), ``seen`` (numbers the rule reads), ``who`` (row, site, standard: where units come from),
        ``counts`` (bool: is part of the round's score) and ``why_not`` (blank, round, unscored, superseded).
    responses, materials, events, fixes, capacity : DataFrame
    units, areas : tuple of str
        Registered names; empty where none are registered.
    evidence_hash : str
        SHA-256 of the canonical sorted rows.
    notes : tuple of Text
        What a reader of a report should know about the data.
    """

    path: Path
    instrument: Instrument
    settings: Settings
    sites: pd.DataFrame
    observations: pd.DataFrame
    responses: pd.DataFrame
    materials: pd.DataFrame
    events: pd.DataFrame
    fixes: pd.DataFrame
    capacity: pd.DataFrame
    units: tuple[str, ...]
    areas: tuple[str, ...]
    evidence_hash: str
    notes: tuple[Text, ...]

    @property
    def name(self) -> str:
        """Short name: the folder's or workbook's."""
        return self.path.stem if self.path.is_file() else self.path.resolve().name


def pass_mark_of(assessment: Assessment, given: str | None = None) -> PassMark | None:
    """Return the pass mark in points: the parameter's, else the assessment's, else the instrument's.

    Parameters
    ----------
    given : str, optional
        ``"33.15"`` in points or ``"85%"`` of the full marks.

    Raises
    ------
    InputFaults
        If `given` is not a number or lies outside the scale.
    """
    full = assessment.instrument.full_marks
    if not given:
        return assessment.settings.pass_mark or assessment.instrument.pass_mark
    value = _points(given, full)
    if value is None or not 0 <= value <= full:
        raise InputFaults([Fault("bad_number", "pass_mark", value=given, allowed=f"0..{full}  85%")])
    return PassMark(value, "given", "parameter")


def _points(text: str, full: Fraction) -> Fraction | None:
    value = schema.parse_number(text)
    return value * full if value is not None and text.rstrip().endswith(("%", "％")) else value


# ------------------------------------------------------------------------------------------------- reading


def read_assessment(path: Path | str) -> Assessment:
    """Read an assessment folder, or one workbook with a sheet per table.

    Parameters
    ----------
    path : Path or str
        Folder with ``assessment.yaml`` and its CSV tables, or an ``.xlsx`` file.

    Returns
    -------
    Assessment

    Raises
    ------
    InputFaults
        With every fault of every table; nothing is computed then.

    Examples
    --------
    >>> assessment = read_assessment("data/wujiang-2016")
    >>> len(assessment.observations), len(assessment.sites)
    (225, 62)
    """
    path = Path(path)
    faults: list[Fault] = []
    if path.is_dir():
        spot, content = schema.document(path / "assessment.yaml", "assessment.yaml", faults)
        raw = _folder_tables(path, faults)
    elif path.is_file():
        spot, content, raw = _workbook_tables(path, faults)
    else:
        raise InputFaults([Fault("missing_folder", str(path))])
    tables = {name: table for name, table in raw.items() if table is not None}
    for table in tables.values():
        refuse_personal_data(table, faults)
    file = _SETTINGS(spot, content) if content is not None else None
    if file is None:
        raise InputFaults(faults)
    try:
        base = path if path.is_dir() else path.parent
        instrument = load_instrument(file["instrument"] or "", file["inspection_date"], base)
    except InputFaults as found:
        raise InputFaults([*faults, *found.faults]) from None
    if instrument.monthly and file["inspection_date"] is None:
        file.spot.report("needs_month", allowed="inspection_date: 2016-08-15")
    settings = _settings(file, instrument)
    assessment = _Reader(instrument, settings, tables, faults).read(path)
    if faults:
        raise InputFaults(faults)
    return assessment


def _folder_tables(path: Path, faults: list[Fault]) -> dict[str, Table | None]:
    found = {}
    for file in sorted(path.glob("*.csv")):
        if file.stem not in TABLES:
            faults.append(
                Fault("unknown_table", file.name, allowed=" ".join(TABLES), nearest=nearest(file.stem, TABLES))
            )
            continue
        content = read_csv(file, file.name, faults)
        if content is not None:
            found[file.stem] = as_table(file.stem, file.name, content, TABLES[file.stem], FOR_THE_EYE, faults)
    if not found and not any(path.glob("*.csv")):
        faults.append(Fault("missing_file", "observations.csv"))
    return found


def _workbook_tables(path: Path, faults: list[Fault]) -> tuple[Spot, Any, dict[str, Table | None]]:
    sheets = read_workbook(path, path.name, faults)
    if sheets is None:
        raise InputFaults(faults)
    found: dict[str, Table | None] = {}
    settings: Any = None
    spot = Spot(faults, path.name)
    for title, content in sheets.items():
        name = SHEETS.get(title.strip(), title.strip())
        shown = f"{path.name} [{title}]"
        if name == "assessment":
            spot = Spot(faults, shown)
            settings = schema.flat_map(spot, content)
        elif name in TABLES:
            if content[0]:
                found[name] = as_table(name, shown, content, TABLES[name], FOR_THE_EYE, faults)
        elif name != "instructions":
            faults.append(
                Fault("unknown_table", shown, allowed=" ".join(SHEETS), nearest=nearest(name, [*SHEETS, *TABLES]))
            )
    if settings is None:
        faults.append(Fault("missing_file", f"{path.name} [设置]", allowed="assessment 设置"))
    return spot, settings, found


# ------------------------------------------------------------------------------------------------- settings


def _mark(spot: Spot, value: Any) -> Any:
    if isinstance(value, str):
        return {"value": value, "status": "assumed"}
    return record({"value": string, "status": schema.choice("official", "copy", "news", "printed", "assumed")})(
        spot, value
    )


def _text(spot: Spot, value: Any) -> Text | None:
    """One text for both languages, or a pair."""
    if isinstance(value, str):
        return Text(value, value)
    found: Text | None = pair(spot, value)
    return found


_DRAW = record(
    {"site_type": string, "sites": schema.integer},
    {"area": string, "population": schema.integer, "population_source": string, "must_visit": list_of(string)},
)
_PUBLISHED = record(
    {"label": pair, "won": schema.number, "of": schema.number},
    {"left_out": list_of(record({"standards": list_of(string), "reason": pair})), "note": pair},
)
_SETTINGS = record(
    {"instrument": string, "place": string, "round": string},
    {
        "schema": schema.choice("1"),
        "title": _text,
        "inspection_date": schema.date,
        "pass_mark": _mark,
        "language": schema.choice("zh", "en"),
        "frame": schema.choice("complete", "partial"),
        "draw": list_of(_DRAW),
        "published": _PUBLISHED,
        "source": record({}, {"document": string, "note": pair}),
        "notes": list_of(pair),
    },
)


def _settings(file: Record, instrument: Instrument) -> Settings:
    mark = None
    if file["pass_mark"] is not None:
        value = _points(file["pass_mark"]["value"] or "", instrument.full_marks)
        if value is None or value > instrument.full_marks:
            file.at("pass_mark").report(
                "bad_number", str(file["pass_mark"]["value"]), f"0..{instrument.full_marks}  85%"
            )
        else:
            mark = PassMark(value, file["pass_mark"]["status"] or "assumed", "assessment")
    published = None
    if file["published"] is not None and None not in (
        file["published"]["won"],
        file["published"]["of"],
        file["published"]["label"],
    ):
        left = []
        for item in file["published"]["left_out"] or []:
            for code in item["standards"] or []:
                if code not in instrument.places:
                    item.at("standards").unknown("unknown_code", code, list(instrument.places))
            left.append((tuple(item["standards"] or ()), item["reason"]))
        published = Published(
            file["published"]["label"], file["published"]["won"], file["published"]["of"], tuple(left)
        )
    for item in file["draw"] or []:
        if item["site_type"] and item["site_type"] not in instrument.site_types:
            item.at("site_type").unknown("unknown_name", item["site_type"], list(instrument.site_types))
    source = file["source"]
    if source and source["document"] and source["document"] not in instrument.documents:
        source.at("document").unknown("unknown_document", source["document"], list(instrument.documents))
    return Settings(
        place=file["place"] or "",
        round=file["round"] or "",
        title=file["title"],
        inspection_date=file["inspection_date"],
        pass_mark=mark,
        language=file["language"],
        complete_frame=file["frame"] == "complete",
        draw=tuple(map(dict, file["draw"] or [])),
        published=published,
        source=source and source["document"],
        source_note=source and source["note"],
        notes=tuple(file["notes"] or ()),
    )


# --------------------------------------------------------------------------------------------- typed columns


_EMPTY = Table("", "", (), {}, [], [])


class _Reader:
    """Reads the tables of one assessment; every method adds to one list of faults."""

    def __init__(
        self, instrument: Instrument, settings: Settings, tables: Mapping[str, Table], faults: list[Fault]
    ) -> None:
        self.instrument, self.settings, self.tables, self.faults = instrument, settings, tables, faults
        self.frames = {name: _frame(tables.get(name, _EMPTY), columns) for name, columns in TABLES.items()}

    def read(self, path: Path) -> Assessment:
        units = self.names("units", "unit")
        areas = self.names("areas", "area")
        sites = self.sites(units, areas)
        observations = self.observations(sites, units, areas)
        responses = self.responses(observations)
        materials = self.materials(units)
        notes = [*self.settings.notes, *_notes(observations, units, areas)]
        return Assessment(
            path=path,
            instrument=self.instrument,
            settings=self.settings,
            sites=sites,
            observations=observations,
            responses=responses,
            materials=materials,
            events=self.events(),
            fixes=self.fixes(sites, units),
            capacity=self.capacity(units),
            units=units,
            areas=areas,
            evidence_hash=_hash(self.tables.values()),
            notes=tuple(notes),
        )

    # -- helpers

    def each(
        self, name: str, column: str, reader: Callable[[str], Any], need: bool = False, rows: Any = None
    ) -> list[Any]:
        """Read a column: each distinct text once, a fault for every row that holds a bad one."""
        frame = self.frames[name]
        table = self.tables.get(name, _EMPTY)
        texts = frame[column].tolist()
        read: dict[str, Any] = {}
        out: list[Any] = []
        chosen = range(len(texts)) if rows is None else rows
        for place in chosen:
            text = texts[place]
            if text not in read:
                try:
                    if text == "" and not need:
                        read[text] = None
                    elif text == "":
                        raise Bad("empty_value")
                    else:
                        read[text] = reader(text)
                except Bad as bad:
                    read[text] = bad
            value = read[text]
            if isinstance(value, Bad):
                self.faults.append(table.fault(value.problem, place, column, text, value.allowed, value.near))
                value = None
            out.append(value)
        return out

    def unique(self, name: str, column: str, values: Sequence[Any]) -> None:
        """Report values of a column that stand twice."""
        table, seen = self.tables.get(name, _EMPTY), set()
        for place, value in enumerate(values):
            if value is not None and value in seen:
                self.faults.append(table.fault("duplicate_id", place, column, str(value)))
            seen.add(value)

    def names(self, name: str, column: str) -> tuple[str, ...]:
        """Read a register of names."""
        values = self.each(name, column, str, need=True)
        self.unique(name, column, values)
        return tuple(value for value in values if value is not None)

    # -- tables

    def sites(self, units: Sequence[str], areas: Sequence[str]) -> pd.DataFrame:
        types = {
            **{text.zh: name for name, text in self.instrument.site_types.items()},
            **{n: n for n in self.instrument.site_types},
        }
        out = pd.DataFrame(index=self.frames["sites"].index)
        out["site_id"] = _objects(self.each("sites", "site_id", str, need=True))
        self.unique("sites", "site_id", out["site_id"].tolist())
        out["site_type"] = _objects(self.each("sites", "site_type", one_of(types), need=True))
        out["name"] = _objects(self.each("sites", "name", str, need=True))
        out["area"] = _objects(self.each("sites", "area", registered(areas)))
        out["units"] = _objects(_filled(self.each("sites", "units", registered_list(units)), ()))
        for column, limit in (("latitude", 90), ("longitude", 180)):
            out[column] = np.array(self.each("sites", column, degrees(limit)), dtype=float)
        return out

    def observations(self, sites: pd.DataFrame, units: Sequence[str], areas: Sequence[str]) -> pd.DataFrame:
        name, frame, instrument = "observations", self.frames["observations"], self.instrument
        table = self.tables.get(name, _EMPTY)
        out = pd.DataFrame(index=frame.index)
        out["observation_id"] = _objects(self.each(name, "observation_id", str, need=True))
        self.unique(name, "observation_id", out["observation_id"].tolist())
        out["round"] = _objects(_filled(self.each(name, "round", str), self.settings.round))
        codes = _names_of(
            {node.name.zh: code for code, node in instrument.standards.items()}, list(instrument.standards)
        )
        standards = self.each(name, "standard", one_of(codes), need=True)
        out["standard"] = _objects(standards)
        methods = self.each(
            name, "method", one_of({**{text.zh: m for m, text in METHODS.items()}, **{m: m for m in METHODS}})
        )
        out["observed_on"] = pd.to_datetime(_objects(self.each(name, "observed_on", self.day)))
        known = _names_of(dict(zip(sites["name"], sites["site_id"], strict=True)), sites["site_id"].tolist())
        place_of = {site: place for place, site in enumerate(sites["site_id"])}
        places = [place_of.get(site, -1) for site in self.each(name, "site_id", one_of(known))]
        out["n"] = _objects(self.each(name, "n", whole))
        out["found_by"] = _objects(_filled(self.each(name, "found_by", str), ""))
        out["repeat"] = _objects(
            _filled(self.each(name, "repeat", one_of({**REPEATS, **{v: v for v in REPEATS.values()}})), "first")
        )
        for column in ("photo", "note"):
            out[column] = frame[column]
        texts, headings = self.values(frame, table)
        types = sites["site_type"].tolist()
        methods_of: list[str | None] = []
        leaf: list[int] = []
        for row, (code, method, site) in enumerate(zip(standards, methods, places, strict=True)):
            found = self.method(table, row, code, method)
            methods_of.append(found)
            leaf.append(-1 if found is None else instrument.places[f"{code}/{found}"])
            if found is not None and code is not None:
                self.check_site(
                    table, row, instrument.standards[code].standard, found, site, frame["site_id"].iloc[row], types
                )
        out["method"] = _objects(methods_of)
        out["place"] = _objects([-1 if code is None else instrument.places[code] for code in standards])
        out["leaf"] = np.array(
            [place if place >= 0 and instrument.nodes[place].scored else -1 for place in leaf], dtype=np.int64
        )
        out["site"] = np.array(places, dtype=np.int64)
        out["value"] = _objects(texts)
        seen, states = self.seen(table, out, texts, headings)
        out["seen"], out["state"] = _objects(seen), _objects(states)
        self.responsible(out, frame, sites, units, areas)
        self.which_count(out, table)
        return out

    def day(self, text: str) -> datetime.date:
        found = schema.parse_date(text)
        if found is None:
            raise Bad("bad_date", "2016-08-15")
        if self.settings.inspection_date is not None and found > self.settings.inspection_date:
            raise Bad("after_inspection", f"<= {self.settings.inspection_date}")
        return found

    def values(self, frame: pd.DataFrame, table: Table) -> tuple[list[str], list[str]]:
        """Return the one value entered in each row, and the heading it stands under ('' for the plain column)."""
        used = [c.name for c in TABLES["observations"] if c.name.startswith("value") and c.name in table.columns]
        if table is not _EMPTY and not used:
            self.faults.append(
                Fault(
                    "missing_column", table.file, None, "value", allowed=" / ".join(("value 结果", *value_headings()))
                )
            )
        texts, headings = [""] * len(frame), [""] * len(frame)
        for column in used:
            for row, text in enumerate(frame[column]):
                if text and texts[row]:
                    self.faults.append(
                        table.fault("bad_value", row, column, text, table.headings[headings[row] or "value"])
                    )
                elif text:
                    texts[row], headings[row] = text, column if column != "value" else ""
        return texts, headings

    def method(self, table: Table, row: int, code: str | None, method: str | None) -> str | None:
        if code is None:
            return None
        standard = self.instrument.standards[code].standard
        usual = [self.instrument.nodes[c].method or "" for c in self.instrument.standards[code].children]
        if standard is None or method in usual:
            return method
        if method is None and len(usual) == 1:
            return usual[0]
        problem = "method_needed" if method is None else "method_not_used"
        self.faults.append(table.fault(problem, row, "method", method or "", " ".join(usual)))
        return None

    def check_site(
        self, table: Table, row: int, standard: Standard | None, method: str, site: int, text: str, types: Sequence[str]
    ) -> None:
        if standard is None or not standard.checked_at or method not in ("site_visit", "overall_observation"):
            return
        allowed = [item.site_type for item in standard.checked_at]
        if site < 0:
            if not text:
                self.faults.append(table.fault("missing_site", row, "site_id"))
        elif types[site] is not None and types[site] not in allowed:
            names = " ".join(self.instrument.site_types[name].zh for name in allowed)
            self.faults.append(table.fault("site_type_not_checked", row, "site_id", text, names))

    def seen(
        self, table: Table, out: pd.DataFrame, texts: Sequence[str], headings: Sequence[str]
    ) -> tuple[list[Any], list[str]]:
        """Read the values by the rule of each row."""
        year = None if self.settings.inspection_date is None else self.settings.inspection_date.year
        by_heading = {f"value:{heading}": rules for heading, rules in value_headings().items()}
        cache: dict[tuple[Any, ...], Any] = {}
        seen: list[Any] = []
        states: list[str] = []
        codes, methods, ns = out["standard"].tolist(), out["method"].tolist(), out["n"].tolist()
        finders, repeats = out["found_by"].tolist(), out["repeat"].tolist()
        for row, (code, method, text, heading, n) in enumerate(zip(codes, methods, texts, headings, ns, strict=True)):
            state = "blank" if not text else "seen"
            value = None
            if text and code is not None and method is not None:
                standard = self.instrument.standards[code].standard
                rule = standard.rules.get(method) if standard else None
                column = heading or "value"
                if text.lower() in NOT_APPLICABLE:
                    state = "na"
                    if standard is not None and standard.not_applicable is None:
                        self.faults.append(table.fault("not_applicable_undefined", row, column, text))
                elif rule is not None:
                    if heading and rule.kind not in by_heading[heading]:
                        self.faults.append(table.fault("bad_value", row, column, text, RULES[rule.kind].heading.zh))
                    key = (code, method, text, n, finders[row], repeats[row])
                    if key not in cache:
                        cache[key] = read_value(rule.kind, rule.params, text, n, year, finders[row], repeats[row])
                    value = cache[key]
                    if isinstance(value, Bad):
                        self.faults.append(table.fault(value.problem, row, column, text, value.allowed, value.near))
                        value = None
            seen.append(value)
            states.append(state)
        return seen, states

    def responsible(
        self, out: pd.DataFrame, frame: pd.DataFrame, sites: pd.DataFrame, units: Sequence[str], areas: Sequence[str]
    ) -> None:
        """Set area, units and who: the row's own if the column exists, else the site's, else the standard's lead."""
        table = self.tables.get("observations", _EMPTY)
        site_area, site_units = sites["area"].tolist(), sites["units"].tolist()
        places = out["site"].tolist()
        if "area" in table.columns:
            out["area"] = _objects(self.each("observations", "area", registered(areas)))
        else:
            out["area"] = _objects([site_area[place] if place >= 0 else None for place in places])
        if "units" in table.columns:
            out["units"] = _objects(_filled(self.each("observations", "units", registered_list(units)), ()))
            out["who"] = _objects(["row"] * len(out))
            return
        held, who = [], []
        sites_have_units = "units" in self.tables.get("sites", _EMPTY).columns
        for place, node in zip(places, out["place"].tolist(), strict=True):
            standard = self.instrument.nodes[node].standard if node >= 0 else None
            if place >= 0 and sites_have_units:
                held.append(site_units[place])
                who.append("site")
            else:
                held.append(tuple(self.instrument.units[unit].zh for unit in standard.lead) if standard else ())
                who.append("standard")
        out["units"], out["who"] = _objects(held), _objects(who)

    def which_count(self, out: pd.DataFrame, table: Table) -> None:
        """Mark the rows that are part of the round's score.

        Rules of state take the latest row per (standard, method, site); two of the latest day that differ are a
        fault. 'deduct' and 'none' take all rows of the round.
        """
        why = np.full(len(out), "", dtype=object)
        why[(out["state"] == "blank").to_numpy()] = "blank"
        why[(out["round"] != self.settings.round).to_numpy()] = "round"
        why[(out["leaf"] < 0).to_numpy()] = "unscored"
        pooled = [self.pooled(code, method) for code, method in zip(out["standard"], out["method"], strict=True)]
        state = np.flatnonzero((why == "") & ~np.array(pooled, dtype=bool))
        days = out["observed_on"].to_numpy().astype("datetime64[D]").astype(np.int64)[state]
        days = np.where(days < -(10**8), -1, days)  # no date: before any date
        leaf, site = out["leaf"].to_numpy()[state], out["site"].to_numpy()[state]
        order = np.lexsort((days, site, leaf))
        state, days, leaf, site = state[order], days[order], leaf[order], site[order]
        same = (leaf[1:] == leaf[:-1]) & (site[1:] == site[:-1])
        values = out["seen"].tolist()
        for here in np.flatnonzero(same & (days[1:] == days[:-1])):
            first, second = int(state[here]), int(state[here + 1])
            if values[first] != values[second] or out["state"].iloc[first] != out["state"].iloc[second]:
                rows = sorted((first, second))
                other = f"{out['value'].iloc[rows[0]]} ({table.numbers[rows[0]]})"
                self.faults.append(
                    table.fault("conflicting_rows", rows[1], "value", out["value"].iloc[rows[1]], near=other)
                )
        why[state[:-1][same]] = "superseded"
        out["counts"], out["why_not"] = why == "", _objects(why)

    def pooled(self, code: str | None, method: str | None) -> bool:
        standard = self.instrument.standards[code].standard if code else None
        rule = standard.rules.get(method or "") if standard else None
        return rule is not None and RULES[rule.kind].pooled

    def responses(self, observations: pd.DataFrame) -> pd.DataFrame:
        table = self.tables.get("responses", _EMPTY)
        questions = {
            q.id: (code, q)
            for code, node in self.instrument.standards.items()
            if node.standard
            for q in node.standard.questions
        }
        out = pd.DataFrame(index=self.frames["responses"].index)
        out["respondent"] = _objects(self.each("responses", "respondent", respondent, need=True))
        out["question"] = _objects(
            self.each("responses", "question", one_of({name: name for name in questions}), need=True)
        )
        out["answer"] = _objects(self.each("responses", "answer", str, need=True))
        out["stratum"] = _objects(_filled(self.each("responses", "stratum", str), ""))
        out["weight"] = _objects(_filled(self.each("responses", "weight", positive), Fraction(1)))
        satisfied = []
        for row, (question, answer) in enumerate(zip(out["question"], out["answer"], strict=True)):
            found = questions.get(question)
            if found and answer is not None and answer not in found[1].options:
                self.faults.append(
                    table.fault(
                        "bad_value",
                        row,
                        "answer",
                        answer,
                        " ".join(found[1].options),
                        nearest(answer, found[1].options),
                    )
                )
            satisfied.append(bool(found and answer in found[1].satisfied))
        out["satisfied"] = _objects(satisfied)
        out["standard"] = _objects([questions[q][0] if q in questions else None for q in out["question"]])
        keys = [
            None if r is None or q is None else f"{r} {q}"
            for r, q in zip(out["respondent"], out["question"], strict=True)
        ]
        self.unique("responses", "respondent", keys)
        entered = observations[observations["counts"] & (observations["method"] == "survey")]
        answered = set(out["standard"])
        rows = self.tables.get("observations", _EMPTY)
        for row, code in zip(entered.index, entered["standard"], strict=True):
            if code in answered:
                self.faults.append(rows.fault("two_kinds_of_evidence", int(row), "standard", code))
        return out

    def materials(self, units: Sequence[str]) -> pd.DataFrame:
        known = {
            m.id: m.id for node in self.instrument.standards.values() if node.standard for m in node.standard.materials
        }
        out = pd.DataFrame(index=self.frames["materials"].index)
        out["material"] = _objects(self.each("materials", "material", one_of(known), need=True))
        self.unique("materials", "material", out["material"].tolist())
        out["status"] = _objects(
            self.each("materials", "status", one_of({**STATUSES, **{v: v for v in STATUSES.values()}}), need=True)
        )
        out["due"] = pd.to_datetime(_objects(self.each("materials", "due", any_day)))
        out["unit"] = _objects(self.each("materials", "unit", registered(units)))
        out["ready"] = _objects([status in READY for status in out["status"]])
        return out

    def events(self) -> pd.DataFrame:
        entries = [*self.instrument.negative_list, *self.instrument.bonus, *self.instrument.gates]
        out = pd.DataFrame(index=self.frames["events"].index)
        out["code"] = _objects(
            self.each("events", "code", one_of({entry["code"]: entry["code"] for entry in entries}), need=True)
        )
        out["date"] = pd.to_datetime(_objects(self.each("events", "date", any_day, need=True)))
        out["note"] = self.frames["events"]["note"]
        return out

    def fixes(self, sites: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
        frame = self.frames["fixes"]
        out = pd.DataFrame(index=frame.index)
        out["fix_id"] = _objects(self.each("fixes", "fix_id", str, need=True))
        out["level"] = _objects(_filled(self.each("fixes", "level", str), ""))
        pairs = [
            None if fix is None else f"{fix} {level}".strip()
            for fix, level in zip(out["fix_id"], out["level"], strict=True)
        ]
        self.unique("fixes", "fix_id", pairs)
        read_target = target(set(self.instrument.standards), set(sites["site_id"]), set(self.instrument.site_types))
        out["targets"] = _objects(_filled(self.each("fixes", "targets", read_target, need=True), ()))
        out["after"] = _objects(self.each("fixes", "after", chance))
        for column in ("cost", "crew_days", "calendar_days"):
            out[column] = _objects(self.each("fixes", column, not_negative))
        out["unit"] = _objects(self.each("fixes", "unit", registered(units)))
        known = {fix: fix for fix in out["fix_id"] if fix}
        for column in ("needs", "excludes"):
            out[column] = _objects(_filled(self.each("fixes", column, list_of_names(one_of(known))), ()))
        return out

    def capacity(self, units: Sequence[str]) -> pd.DataFrame:
        out = pd.DataFrame(index=self.frames["capacity"].index)
        out["unit"] = _objects(self.each("capacity", "unit", registered(units), need=True))
        out["week"] = _objects(self.each("capacity", "week", week, need=True))
        out["crew_days"] = _objects(self.each("capacity", "crew_days", not_negative, need=True))
        self.unique(
            "capacity", "week", [f"{u} {w}" if u and w else None for u, w in zip(out["unit"], out["week"], strict=True)]
        )
        return out


def _frame(table: Table, columns: Sequence[Column]) -> pd.DataFrame:
    """Return a table as text with every known column (absent ones empty)."""
    found = dict(
        zip(
            table.columns,
            map(list, zip(*table.rows, strict=True)) if table.rows else [[] for _ in table.columns],
            strict=True,
        )
    )
    size = len(table.rows)
    return pd.DataFrame({c.name: pd.Series(found.get(c.name, [""] * size), dtype=object) for c in columns})


def _objects(values: Iterable[Any]) -> pd.Series[Any]:
    """Return a column of plain Python values, whatever pandas would make of them."""
    return pd.Series(list(values), dtype=object)


def _filled(values: Iterable[Any], default: Any) -> list[Any]:
    return [default if value is None else value for value in values]


def _names_of(by_name: Mapping[str, str], ids: Sequence[str]) -> dict[str, str]:
    """Accept ids, and names that mean one id only."""
    names = list(by_name)
    single = {name: by_name[name] for name in names if name not in ids}
    return {**single, **{name: name for name in ids}}


# ----------------------------------------------------------------------------------------- notes, hash


def _notes(observations: pd.DataFrame, units: Sequence[str], areas: Sequence[str]) -> list[Text]:
    """Say what was read but does not count, and what could not be checked."""
    count = observations["why_not"].value_counts()
    said = {
        "blank": Text("{n} 行没有填写结果，未计入", "{n} rows have no value yet and do not count"),
        "round": Text("{n} 行属于其他轮次，未计入本轮得分", "{n} rows belong to other rounds and do not count here"),
        "superseded": Text(
            "{n} 行已有同一点位更新的记录，以新记录为准", "{n} rows are superseded by later records of the same site"
        ),
        "unscored": Text("{n} 行属于不计分的标准", "{n} rows belong to standards that are not scored"),
    }
    notes = [
        Text(text.zh.format(n=count[key]), text.en.format(n=count[key]))
        for key, text in said.items()
        if count.get(key, 0)
    ]
    if not units and any(observations["units"].map(len)):
        notes.append(Text("没有责任单位名录，单位名称未经核对", "no register of units: their names are not checked"))
    if not areas and observations["area"].notna().any():
        notes.append(Text("没有属地名录，属地名称未经核对", "no register of areas: their names are not checked"))
    return notes


def _hash(tables: Iterable[Table]) -> str:
    """Return the SHA-256 of the rows: sorted tables, columns and rows, so that order and encoding do not matter."""
    digest = hashlib.sha256()
    for table in sorted(tables, key=lambda t: t.name):
        order = sorted(range(len(table.columns)), key=lambda place: table.columns[place])
        rows = sorted("\x1f".join(row[place] for place in order) for row in table.rows)
        head = "\x1f".join(table.columns[place] for place in order)
        digest.update("\x1e".join([table.name, head, *rows, ""]).encode())
    return digest.hexdigest()
