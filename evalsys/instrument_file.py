"""Instrument files: read with every fault at once, and written back.

The format is one YAML file per edition (docs/instrument-format.md). Reading has three steps: the shape of the file
(:mod:`evalsys.schema`), the tree with its points (both sums are compared, neither is repaired), and the references.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from evalsys import schema
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.instrument import METHODS, CheckedAt, Combine, Instrument, Material, Node, PassMark, Question, Standard
from evalsys.language import Text
from evalsys.rulebook import COMBINES, RULES, Rule, grades_of, read_grades, read_rule
from evalsys.schema import Record, Spot, choice, keyed, list_of, number, one_or_more, pair, record, string

__all__ = ["instrument_ids", "load_instrument", "read_instrument", "register", "write_instrument"]

LEVELS = ("city", "county", "district", "township", "community", "village", "department", "school", "estate", "other")
AFTER_TOTAL = ("bonus", "negative_list", "gates")
_PACKAGE = resources.files("evalsys")


# ------------------------------------------------------------------------------------------- finding instruments


def instrument_ids() -> tuple[str, ...]:
    """Return the ids of the instruments that come with evalsys."""
    folder = Path(str(_PACKAGE / "instruments"))
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load_instrument(name: str, day: datetime.date | None = None, base: Path | None = None) -> Instrument:
    """Load an instrument by id, or from a file.

    Parameters
    ----------
    name : str
        An id of :func:`instrument_ids`, or the path of a YAML file (relative to `base`).
    day : date, optional
        Day of the inspection; needed where points depend on the month.
    base : Path, optional
        Folder that a relative path starts from; the working folder by default.

    Raises
    ------
    InputFaults
        With every fault of the file.

    Examples
    --------
    >>> load_instrument("wujiang-field-2016").full_marks
    Fraction(39, 1)
    """
    if name.endswith((".yaml", ".yml")):
        return read_instrument((base or Path()) / name, day)
    if name not in instrument_ids():
        known = instrument_ids()
        raise InputFaults([Fault("unknown_name", "instrument", None, "", name, " ".join(known), nearest(name, known))])
    return read_instrument(Path(str(_PACKAGE / "instruments" / f"{name}.yaml")), day)


@lru_cache
def register(name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return one of the registers that come with evalsys: 'documents', 'site_types' or 'units'."""
    faults: list[Fault] = []
    path = Path(str(_PACKAGE / "registers" / f"{name}.yaml"))
    spot, content = schema.document(path, path.name, faults)
    found = keyed(_REGISTER_ENTRIES[name])(spot, content)
    if faults:
        raise InputFaults(faults)
    return found or {}


# --------------------------------------------------------------------------------------------- the shape of a file

_SOURCE_KINDS = ("official", "copy", "news", "assumed")
_STATUS = choice("printed", "assumed")
_DOCUMENT = record(
    {"title": string, "certainty": choice(*_SOURCE_KINDS)},
    {"issuer": string, "date": string, "kind": string, "address": string, "note": pair},
)
_REGISTER_ENTRIES = {"documents": _DOCUMENT, "site_types": pair, "units": pair}


def _sites(spot: Spot, value: Any) -> int | str | None:
    return "all" if value == "all" else schema.integer(spot, value)


def _points(spot: Spot, value: Any) -> Fraction | dict[str, Any] | None:
    """Read points: a number, or one per month as ``{1: 10, ..., 12: 8}`` or ``{1-6: 10, 7-12: 8}``."""
    if not isinstance(value, dict):
        return number(spot, value)
    months: dict[int, Fraction] = {}
    for key, points in (keyed(number)(spot, value) or {}).items():
        ends = key.split("-")
        span = (
            range(int(ends[0]), int(ends[-1]) + 1) if all(end.isdigit() for end in ends) and len(ends) < 3 else range(0)
        )
        if points is not None:
            for month in span:
                if month in months:
                    spot.report("duplicate_key", str(month))
                months[month] = points
    if sorted(months) != list(range(1, 13)):
        spot.report("twelve_months", " ".join(map(str, sorted(months))), "1..12")
        return None
    return {"months": months}


def _several(spot: Spot, value: Any) -> Any:
    if isinstance(value, dict):
        return record({"how": choice("mean", "min", "shares")}, {"status": _STATUS})(spot, value)
    return choice("mean", "min", "shares")(spot, value)


def _combine(spot: Spot, value: Any) -> Any:
    if isinstance(value, dict):
        grade = record({"grades": read_grades, "else": number})
        return record({}, {"subset-grade": grade})(spot, value)
    return choice(*(name for name in COMBINES if name != "subset-grade"))(spot, value)


def _not_empty(spot: Spot, value: Any) -> Any:
    return {} if value is None or value == {} else _METHOD(spot, value)


_METHOD = record({}, {"rule": read_rule, "share": number})
_QUESTION = record({"id": string, "text": pair, "options": list_of(string), "satisfied": list_of(string)})
_MATERIAL = record({"id": string, "name": pair}, {"required": schema.boolean})
_CHECKED_AT = record({"site_type": string}, {"sites": _sites})
_STANDARD = record(
    {
        "code": string,
        "text": pair,
        "methods": lambda spot, value: _methods(spot, value),
        "source": lambda spot, value: _standard_source(spot, value),
    },
    {
        "name": pair,
        "points": _points,
        "weight": number,
        "scored": schema.boolean,
        "rule": read_rule,
        "several": _several,
        "checked_at": list_of(_CHECKED_AT),
        "questions": list_of(_QUESTION),
        "materials": list_of(_MATERIAL),
        "lead": one_or_more(string),
        "support": one_or_more(string),
        "not_applicable": choice("drop", "full", "peers"),
        "note": pair,
    },
)


def _methods(spot: Spot, value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or not value:
        spot.report("wrong_type", "", "{site_visit: {}}")
        return None
    found = {}
    for name, content in value.items():
        here = replace(spot, line=value.lines[name], key=name)  # type: ignore[attr-defined]
        if name not in METHODS:
            here.unknown("bad_value", name, list(METHODS))
        else:
            found[name] = _not_empty(here, content)
    return found


def _standard_source(spot: Spot, value: Any) -> Any:
    keys = {"row": string, "clause": string, "document": string, "note": string}
    found = record({}, {**keys, "threshold": choice("printed", "derived", "ban", "parameter", "assumed")})(spot, value)
    if found is not None and found["row"] is None and found["clause"] is None:
        spot.report("missing_source", "", "row clause")
    return found


def _indicator(spot: Spot, value: Any) -> Any:
    return record(
        {"code": string, "name": pair},
        {
            "points": _points,
            "weight": number,
            "combine": _combine,
            "scored": schema.boolean,
            "note": pair,
            "source": _standard_source,
            "children": list_of(_indicator),
            "standards": list_of(_STANDARD),
        },
    )(spot, value)


def _pass_mark(spot: Spot, value: Any) -> Any:
    return record({"value": string, "status": choice("official", "copy", "news", "printed", "assumed")})(spot, value)


def _effects(spot: Spot, value: Any) -> Any:
    return record(
        {},
        {
            "deduct": number,
            "add": number,
            "action": choice("stop_nomination", "suspend", "revoke", "criticise", "veto"),
            "months": schema.integer,
        },
    )(spot, value)


_ENTRY = {"code": string, "name": pair, "source": _standard_source}
_FILE = record(
    {
        "schema": string,
        "id": string,
        "title": pair,
        "level": choice(*LEVELS),
        "full_marks": number,
        "source": record({"document": string}, {"note": pair}),
        "weights": record({"scheme": choice("given", "equal", "ahp"), "status": _STATUS}),
        "indicators": list_of(_indicator),
    },
    {
        "method_shares": keyed(number),
        "pass_mark": _pass_mark,
        "draw": list_of(_CHECKED_AT),
        "after_total": list_of(choice(*AFTER_TOTAL)),
        "gates": list_of(record({**_ENTRY}, {"at_least": string, "of": string, "note": pair})),
        "negative_list": list_of(record({**_ENTRY, "effect": _effects}, {"note": pair})),
        "bonus": list_of(record({**_ENTRY, "points": number}, {"cap": number, "note": pair})),
        "documents": keyed(_DOCUMENT),
        "site_types": keyed(pair),
        "units": keyed(pair),
        "assumed": list_of(pair),
    },
)


# ---------------------------------------------------------------------------------------------------- the tree


@dataclass
class _Draft:
    """A node while the tree is built."""

    record: Record
    kind: str
    parent: int
    depth: int
    scored: bool
    children: list[int] = field(default_factory=list)
    points: Fraction | None = None
    weight: Fraction = Fraction(1)
    combine: Combine = Combine()
    method: str | None = None
    standard: Standard | None = None

    @property
    def code(self) -> str:
        code = self.record["code"] or "?"
        return f"{code}/{self.method}" if self.method else str(code)


def read_instrument(path: Path, day: datetime.date | None = None) -> Instrument:
    """Read an instrument file.

    Parameters
    ----------
    path : Path
    day : date, optional
        Day of the inspection; decides month-dependent points. Without it, a file with such points is checked for all
        twelve months and read for January.

    Raises
    ------
    InputFaults
        With every fault of the file: line, key, value, what is allowed, nearest known name.
    """
    faults: list[Fault] = []
    spot, content = schema.document(path, path.name, faults)
    file = _FILE(spot, content)
    if file is None:
        raise InputFaults(faults)
    if file["schema"] not in (None, "1"):
        file.at("schema").report("newer_schema", file["schema"], "1")
    documents = {**register("documents"), **(file["documents"] or {})}
    site_types = {**register("site_types"), **(file["site_types"] or {})}
    units = {**register("units"), **(file["units"] or {})}
    drafts = list(_drafts(file))
    monthly = any(isinstance(draft.record["points"], dict) for draft in drafts if draft.kind != "instrument")
    _check_references(file, drafts, documents, site_types, units)
    months = [day.month] if day else list(range(12, 0, -1)) if monthly else [1]
    for month in months:  # January, or the inspection's month, comes last and stays
        _set_points(file, drafts, month)
    if faults:
        raise InputFaults(faults)
    _check_shares(file, drafts)
    if faults:
        raise InputFaults(faults)
    return _instrument(file, drafts, documents, site_types, units, monthly)


def _drafts(file: Record) -> Iterator[_Draft]:
    """Walk the file and return its nodes, parents first; codes and structure are checked on the way."""
    root = Record(code=file["id"], name=file["title"], points=file["full_marks"], weight=None)
    root.spot, root.spots = file.spot, {"points": file.at("full_marks")}
    drafts = [_Draft(root, "instrument", -1, 0, True)]
    seen: dict[str, Spot] = {}

    def add(record: Record, kind: str, parent: int, scored: bool) -> int:
        draft = _Draft(record, kind, parent, drafts[parent].depth + 1, scored)
        drafts.append(draft)
        drafts[parent].children.append(len(drafts) - 1)
        if record["code"] in seen:
            record.at("code").report("duplicate_code", record["code"])
        elif record["code"]:
            seen[record["code"]] = record.spot
        return len(drafts) - 1

    def walk(record: Record, parent: int, scored: bool) -> None:
        scored = scored and record["scored"] is not False
        place = add(record, "indicator", parent, scored)
        below, standards = record["children"], record["standards"]
        if below is not None and standards is not None:
            record.at("standards").report("children_and_standards")
        if scored and not below and not standards:
            record.at("code").report("nothing_below", record["code"] or "")
        for child in below or []:
            walk(child, place, scored)
        for standard in standards or []:
            _add_standard(
                standard, add(standard, "standard", place, scored and standard["scored"] is not False), drafts
            )
        names = [drafts[child].code for child in drafts[place].children]
        drafts[place].combine = _read_combine(record["combine"], names)
        if drafts[place].combine.kind == "subset-grade":
            for child in drafts[place].children:
                for node in (drafts[child].record for _ in [0] if drafts[child].kind == "standard"):
                    if node["not_applicable"] == "drop":
                        node.at("not_applicable").report("drop_in_grade", "drop", "full peers")

    for indicator in file["indicators"] or []:
        walk(indicator, 0, True)
    if not file["indicators"]:
        file.at("indicators").report("empty_value")
    return iter(drafts)


def _read_combine(value: Any, names: Sequence[str]) -> Combine:
    if value is None:
        return Combine()
    if isinstance(value, str):
        return Combine(value)
    grade = value["subset-grade"]
    if grade is None or grade["grades"] is None or grade["else"] is None:
        return Combine("subset-grade")
    return Combine("subset-grade", grades_of(grade["grades"], names), grade["else"])


def _add_standard(found: Record, place: int, drafts: list[_Draft]) -> None:
    """Complete a standard and add one leaf per method."""
    draft = drafts[place]
    methods = found["methods"] or {}
    rules: dict[str, Rule] = {}
    for method, own in methods.items():
        rule = (own or {}).get("rule") or found["rule"]
        if rule is not None:
            rules[method] = rule
        elif draft.scored and "rule" not in found.spots and not (own and "rule" in own.spots):
            replace(found.spot, key="rule").report("missing_key", "rule")
    several = found["several"]
    how = several if isinstance(several, str) else (several or {}).get("how") or "mean"
    assumed = (
        []
        if len(methods) < 2
        or (several is not None and not (isinstance(several, Record) and several["status"] == "assumed"))
        else ["several"]
    )
    if found["source"] and found["source"]["threshold"] in ("parameter", "assumed"):
        assumed.append("threshold")
    shares = {method: (own or {}).get("share") for method, own in methods.items()}
    if how == "shares" and (
        None in shares.values() or sum(s for s in shares.values() if s is not None) not in (1, 100)
    ):
        found.at("methods").report("sum_differs", " + ".join(str(s) for s in shares.values()), "1 100")
    draft.standard = Standard(
        text=found["text"],
        rules=rules,
        several=how,
        checked_at=_checked_at(found["checked_at"]),
        questions=tuple(
            Question(q["id"], q["text"], tuple(q["options"]), frozenset(q["satisfied"]))
            for q in found["questions"] or []
            if None not in q.values()
        ),
        materials=tuple(
            Material(m["id"], m["name"], m["required"] is not False)
            for m in found["materials"] or []
            if m["id"] and m["name"]
        ),
        lead=tuple(found["lead"] or ()),
        support=tuple(found["support"] or ()),
        not_applicable=found["not_applicable"],
        source={key: value for key, value in (found["source"] or {}).items() if value},
        assumed=tuple(assumed),
    )
    draft.combine = Combine("worst" if how == "min" and len(methods) > 1 else "sum")
    for method in methods:
        weight = (
            Fraction(1, len(methods))
            if how != "shares"
            else Fraction(shares[method] or 0) / (sum(s or 0 for s in shares.values()) or 1)
        )
        leaf = _Draft(found, "leaf", place, draft.depth + 1, draft.scored, method=method, weight=weight)
        drafts.append(leaf)
        draft.children.append(len(drafts) - 1)


def _checked_at(items: Sequence[Record] | None) -> tuple[CheckedAt, ...]:
    return tuple(
        CheckedAt(item["site_type"], item["sites"] if isinstance(item["sites"], int) else None)
        for item in items or []
        if item["site_type"]
    )


def _set_points(file: Record, drafts: list[_Draft], month: int) -> None:
    """Set points and weights from the top down; compare both sums where points are printed."""
    drafts[0].points = file["full_marks"]
    scheme = (file["weights"] or {}).get("scheme")
    for draft in drafts:
        if draft.kind in ("standard", "leaf"):
            for child in draft.children:
                choice_only = draft.combine.kind == "worst" or draft.points is None
                drafts[child].points = (
                    None if choice_only or draft.points is None else draft.points * drafts[child].weight
                )
            continue
        scored = [drafts[c] for c in draft.children if drafts[c].scored]
        group = scored or [drafts[c] for c in draft.children]
        printed = {id(c): _in_month(c.record["points"], month) for c in group}
        given = [c for c in group if printed[id(c)] is not None]
        weighted = [c for c in group if c.record["weight"] is not None]
        if not group or draft.combine.kind == "subset-grade":
            for c in group:
                c.points = None
            continue
        if (given and len(given) < len(group)) or (weighted and len(weighted) < len(group)) or (given and weighted):
            without = next((c for c in group if c not in (given or weighted)), group[0])
            without.record.at("points").report("mixed_weights", without.code)
            continue
        if (
            not given
            and not weighted
            and scheme in ("given", "ahp")
            and scored
            and draft.combine.kind not in ("best", "worst")
        ):
            replace(group[0].record.spot, key="points").report("points_missing", group[0].code)
            continue
        if given:
            shares = {id(c): points for c in given if (points := printed[id(c)]) is not None}
        else:
            shares = {id(c): Fraction(c.record["weight"]) if weighted else Fraction(1) for c in group}
        total = sum(shares.values(), Fraction(0))
        choice_only = draft.combine.kind in ("best", "worst")
        if given and draft.points is not None and not choice_only:
            wrong = total < draft.points if draft.combine.kind in ("cap", "floor") else total != draft.points
            if wrong and draft.combine.kind != "mean":
                where = draft.record.at("points")
                where.report("sum_differs", _plain_number(total), _plain_number(draft.points))
        if total == 0:
            group[0].record.at("weight").report("out_of_range", "0", "> 0")
            continue
        for c in group:
            # below cap and floor the printed points stand; elsewhere children share the parent's points
            own = shares[id(c)]
            whole = draft.points if draft.combine.kind in ("cap", "floor") and given and draft.points else total
            c.weight = own / whole
            c.points = None if choice_only or draft.points is None else draft.points * c.weight


def _in_month(points: Any, month: int) -> Fraction | None:
    return points["months"][month] if isinstance(points, dict) else points


def _check_shares(file: Record, drafts: list[_Draft]) -> None:
    """With method shares, a node that is not a plain sum must stand on one method."""
    shares = file["method_shares"]
    if shares is None:
        return
    where = file.at("method_shares")
    for name in shares:
        if name not in METHODS:
            where.unknown("bad_value", name, list(METHODS))
    if sum(shares.values()) not in (1, 100):
        where.report("sum_differs", " + ".join(_plain_number(s) for s in shares.values()), "1 100")
    used = {d.method for d in drafts if d.kind == "leaf" and d.scored}
    for name in sorted(used - set(shares), key=str):
        where.report("missing_key", str(name), " ".join(sorted(map(str, used))))
    for name in sorted(set(shares) - used):
        where.report("bad_value", name, " ".join(sorted(map(str, used))))
    for place, draft in enumerate(drafts):
        if draft.combine.kind != "sum" and draft.scored:
            below = {d.method for d in _below(drafts, place) if d.kind == "leaf"}
            if len(below) > 1:
                draft.record.at("combine" if draft.kind == "indicator" else "several").report(
                    "shares_over_methods", draft.code
                )


def _below(drafts: Sequence[_Draft], place: int) -> Iterator[_Draft]:
    yield drafts[place]
    for child in drafts[place].children:
        yield from _below(drafts, child)


def _check_references(
    file: Record,
    drafts: Sequence[_Draft],
    documents: Mapping[str, Any],
    site_types: Mapping[str, Any],
    units: Mapping[str, Any],
) -> None:
    source = file["source"]
    if source is not None and source["document"] and source["document"] not in documents:
        source.at("document").unknown("unknown_document", source["document"], list(documents))
    for item in file["draw"] or []:
        if item["site_type"] and item["site_type"] not in site_types:
            item.at("site_type").unknown("unknown_name", item["site_type"], list(site_types))
    ids: dict[str, set[str]] = {"questions": set(), "materials": set()}
    for draft in drafts:
        found = draft.record
        if draft.kind != "standard":
            continue
        if found["source"] and found["source"]["document"] and found["source"]["document"] not in documents:
            found["source"].at("document").unknown("unknown_document", found["source"]["document"], list(documents))
        for item in found["checked_at"] or []:
            if item["site_type"] and item["site_type"] not in site_types:
                item.at("site_type").unknown("unknown_name", item["site_type"], list(site_types))
        for key in ("lead", "support"):
            for unit in found[key] or []:
                if unit not in units:
                    found.at(key).unknown("unknown_name", unit, list(units))
        for key, known in ids.items():
            for item in found[key] or []:
                if item["id"] in known:
                    item.at("id").report("duplicate_code", item["id"])
                known.add(item["id"])
        for question in found["questions"] or []:
            for answer in set(question["satisfied"] or []) - set(question["options"] or []):
                question.at("satisfied").unknown("unknown_code", answer, question["options"] or [])
        for method, rule in (draft.standard.rules if draft.standard else {}).items():
            needs_full = rule.kind == "deduct" and rule.params["full"] is None and draft.scored
            if needs_full and found["points"] is None:
                replace(found.spot, key="full").report("missing_key", f"deduct ({method})", "full: ...")


def _instrument(
    file: Record,
    drafts: Sequence[_Draft],
    documents: Mapping[str, Any],
    site_types: Mapping[str, Text],
    units: Mapping[str, Text],
    monthly: bool,
) -> Instrument:
    full = file["full_marks"]
    shares = file["method_shares"]
    if shares is not None:
        shares = {name: share / sum(shares.values()) for name, share in shares.items()}
        _share_points(drafts, shares, full)
    assumed = list(file["assumed"] or [])
    if file["weights"]["status"] == "assumed":
        scheme = {
            "equal": Text("同级均分", "equal among siblings"),
            "ahp": Text("层次分析法", "AHP"),
            "given": Text("给定", "given"),
        }[file["weights"]["scheme"]]
        assumed.append(Text(f"权重为假定（{scheme.zh}）", f"weights are assumed ({scheme.en})"))
    mark = file["pass_mark"]
    used = {item.site_type for d in drafts if d.standard for item in d.standard.checked_at} | {
        d.site_type for d in _checked_at(file["draw"])
    }
    named = {unit for d in drafts if d.standard for unit in (*d.standard.lead, *d.standard.support)}
    return Instrument(
        id=file["id"],
        title=file["title"],
        level=file["level"],
        full_marks=full,
        nodes=tuple(map(_node, drafts)),
        weights=dict(file["weights"]),
        method_shares=shares,
        pass_mark=None if mark is None else PassMark(_mark(mark["value"], full, mark.at("value")), mark["status"]),
        source=dict(file["source"]),
        documents=documents,
        site_types={**{name: site_types[name] for name in sorted(used)}, **(file["site_types"] or {})},
        units={name: units[name] for name in sorted(named)},
        draw=_checked_at(file["draw"]),
        after_total=tuple(file["after_total"] or AFTER_TOTAL),
        gates=tuple(map(dict, file["gates"] or [])),
        negative_list=tuple(map(dict, file["negative_list"] or [])),
        bonus=tuple(map(dict, file["bonus"] or [])),
        monthly=monthly,
        assumed=tuple(assumed),
    )


def _node(draft: _Draft) -> Node:
    found = draft.record
    name = found["name"] or found.get("text") or Text(draft.code, draft.code)
    points = draft.points if draft.scored else None
    return Node(
        draft.code,
        draft.kind,
        name,
        draft.parent,
        draft.depth,
        tuple(draft.children),
        draft.scored,
        points,
        draft.weight,
        draft.combine,
        draft.standard,
        draft.method,
    )


def _mark(text: str, full: Fraction, spot: Spot) -> Fraction:
    value = schema.parse_number(text)
    if value is None:
        raise InputFaults([Fault("bad_number", spot.file, spot.line, "pass_mark", text, "80  85%")])
    return value * full if text.rstrip().endswith(("%", "％")) else value


def _share_points(drafts: Sequence[_Draft], shares: Mapping[str, Fraction], full: Fraction) -> None:
    """Give each method its share of the full marks, split over its own leaves in proportion to their standards' points."""
    leaves = [d for d in drafts if d.kind == "leaf" and d.scored]
    for leaf in leaves:  # every leaf first carries its standard's whole points: the methods do not share them
        leaf.points = drafts[leaf.parent].points
    totals = {name: sum((d.points or Fraction(0) for d in leaves if d.method == name), Fraction(0)) for name in shares}
    for leaf in leaves:
        leaf.points = (leaf.points or Fraction(0)) / totals[str(leaf.method)] * shares[str(leaf.method)] * full
    for draft in reversed(drafts):
        below = [drafts[c] for c in draft.children if drafts[c].scored]
        if below and draft.scored:
            draft.points = sum((c.points or Fraction(0) for c in below), Fraction(0))
            for child in below:
                child.weight = (child.points or Fraction(0)) / draft.points if draft.points else Fraction(0)


def _plain_number(value: Fraction) -> str:
    """Return a decimal where it ends, else the fraction."""
    text = f"{float(value):.10f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == value else str(value)


# --------------------------------------------------------------------------------------------------- writing


def write_instrument(content: Mapping[str, Any], path: Path) -> None:
    """Write the content of an instrument file (plain maps, lists and text) as YAML and check it by reading it back.

    Raises
    ------
    InputFaults
        If what would be written is not a valid instrument; nothing is written then.
    """
    import yaml

    from evalsys.files import atomic

    with atomic(path) as temporary:
        temporary.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120), "utf-8")
        read_instrument(temporary)


def rule_entry(rule: Rule) -> Text:
    """Return what one enters for a rule."""
    return RULES[rule.kind].entry
