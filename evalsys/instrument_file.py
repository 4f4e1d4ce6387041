"""Instrument files: found, read with every fault at once, and written.

The format is one YAML file per edition (docs/instrument-format.md). Reading has four steps: the shape of the file
(:mod:`evalsys.instrument_shape`), the tree and its points (:mod:`evalsys.instrument_tree`), what the file refers to,
and the :class:`~evalsys.instrument.Instrument` made of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from evalsys import schema
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.files import atomic
from evalsys.instrument import (
    CheckedAt,
    Comparison,
    Contradiction,
    Instrument,
    Material,
    Node,
    PassMark,
    Question,
    Standard,
)
from evalsys.instrument_after import AFTER_ENTRIES, check_after, read_after
from evalsys.instrument_beside import check_beside, read_beside
from evalsys.instrument_ladders import check_ladders
from evalsys.instrument_shape import FILE, SCHEMA, in_month, spans
from evalsys.instrument_tree import Draft, check_sum, check_tree, drafts_of, weigh
from evalsys.instrument_weights import apply_weights, read_weights
from evalsys.language import Text
from evalsys.names import PACKAGE, Known
from evalsys.pairwise import ACCEPTED_RATIO
from evalsys.rule_params import PER_CENT
from evalsys.rulebook import SURVEY_RULES, Rule
from evalsys.schema import Record, Spot

__all__ = ["instrument_ids", "load_instrument", "read_instrument", "write_instrument"]

# ------------------------------------------------------------------------------------------- finding instruments


def instrument_ids() -> tuple[str, ...]:
    """Return the ids of the instruments that come with evalsys.

    Examples
    --------
    >>> "wujiang-field-2016" in instrument_ids()
    True
    """
    return tuple(sorted(path.stem for path in (PACKAGE / "instruments").glob("*.yaml")))


def load_instrument(
    name: str, day: datetime.date | None = None, base: Path | None = None, weights: Path | None = None
) -> Instrument:
    """Load an instrument by id, or from a file.

    Parameters
    ----------
    name : str
        An id of :func:`instrument_ids`, or the path of a YAML file (relative to `base`).
    day : date, optional
        Day of the inspection; needed where points depend on the month.
    base : Path, optional
        Folder that a relative path starts from; the working folder by default.
    weights : Path, optional
        A file of weights, used in place of the instrument's.

    Returns
    -------
    Instrument

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
        return read_instrument((base or Path()) / name, day, weights)
    known = instrument_ids()
    if name not in known:
        near = nearest(name, known)
        allowed = "" if near else "evalsys instrument list"
        raise InputFaults([Fault("unknown_name", "instrument", value=name, allowed=allowed, nearest=near)])
    return read_instrument(PACKAGE / "instruments" / f"{name}.yaml", day, weights)


# ----------------------------------------------------------------------------------------------------- reading


def read_instrument(path: Path | str, day: datetime.date | None = None, weights: Path | None = None) -> Instrument:
    """Read an instrument file.

    Parameters
    ----------
    path : Path or str
    day : date, optional
        Day of the inspection; decides month-dependent points. A file with such points is checked for all twelve
        months in any case, and read for January without a day.
    weights : Path, optional
        A file of weights, used in place of the instrument's.

    Returns
    -------
    Instrument

    Raises
    ------
    InputFaults
        With every fault of the file: line, key, value, what is allowed, nearest known name.

    Examples
    --------
    >>> read_instrument("evalsys/instruments/wujiang-field-2016.yaml").id
    'wujiang-field-2016'
    """
    path = Path(path)
    return _read(path, path.name, day, weights)


def _read(path: Path, shown: str, day: datetime.date | None, weights: Path | None = None) -> Instrument:
    faults: list[Fault] = []
    own = None if weights is None else read_weights(weights, faults)
    spot, content = schema.document(path, shown, faults)
    version = content.get("schema") if isinstance(content, dict) else None
    if isinstance(version, str) and version != SCHEMA:  # nothing else in it can be judged
        where = schema.spot_in(spot, content, "schema")
        raise InputFaults([Fault("newer_schema", shown, where.line, "schema", version, SCHEMA)])
    file = FILE(spot, content)
    if file is None:
        raise InputFaults(faults)
    drafts = drafts_of(file)
    known = Known.of(file)
    check_tree(file, drafts)
    _check_references(file, drafts, known)
    check_beside(file, known)
    check_ladders(file, known)
    check_after(file)
    comparisons = apply_weights(drafts, own)
    monthly = isinstance(file["full_marks"], dict) or any(isinstance(d.record["points"], dict) for d in drafts)
    month = day.month if day else 1
    _weigh_all(file, drafts, [*(m for m in range(1, 13) if monthly and m != month), month], faults)
    standards = {
        draft.record["code"]: _standard(file, draft, month, known) for draft in drafts if draft.kind == "standard"
    }
    if faults:
        raise InputFaults(faults)
    made = _instrument(file, drafts, standards, known, monthly)
    return replace(made, comparisons=comparisons, assumed=(*made.assumed, *_assumed_weights(own, weights, comparisons)))


def _weigh_all(file: Record, drafts: Sequence[Draft], months: Sequence[int], faults: list[Fault]) -> None:
    """Weigh the tree in every month; the last one stays. A fault of some months only names them."""
    found: dict[Fault, list[int]] = {}
    before = list(faults)
    for month in months:
        faults.clear()
        weigh(file, drafts, month)
        for fault in set(faults):
            found.setdefault(fault, []).append(month)
    faults[:] = before
    for fault, when in found.items():
        always = len(when) == len(months)
        faults.append(fault if always else replace(fault, column=f"{fault.column} {spans(when)}"))


# ------------------------------------------------------------------------------------------------- what it refers to


def _check_references(file: Record, drafts: Sequence[Draft], known: Known) -> None:
    """Check every name that the file uses, and the identifiers that tables refer to."""
    mark = file["pass_mark"]
    full = min(file["full_marks"].values()) if isinstance(file["full_marks"], dict) else file["full_marks"]
    if mark is not None and mark["value"] and full is not None and _in_points(mark["value"], full) > full:
        mark.at("value").report("out_of_range", mark["value"], f"0..{schema.decimal(full)}  0%..100%")
    _check_types(file["draw"], known)
    for record in _with_source(file, drafts):
        source = record["source"]
        name = source["document"] if source is not None else None
        if source is not None and name and name not in known.documents:
            source.at("document").report("unknown_document", name, "", nearest(name, known.documents))
    used: dict[str, set[str]] = {"questions": set(), "materials": set()}
    for draft in drafts:
        if draft.kind != "standard":
            continue
        found = draft.record
        _check_types(found["checked_at"], known)
        known.check_units(found)
        for key, ids in used.items():
            for item in found[key] or []:
                if item["id"] in ids:
                    item.at("id").report("duplicate_code", item["id"])
                ids.add(item["id"] or "")


def _with_source(file: Record, drafts: Sequence[Draft]) -> Iterator[Record]:
    yield file
    yield from (draft.record for draft in drafts if draft.kind in ("indicator", "standard"))
    for key in AFTER_ENTRIES:
        yield from file[key] or []


def _check_types(items: Sequence[Record] | None, known: Known) -> None:
    seen = set()
    for item in items or []:
        name = item["site_type"]
        if name is None:
            continue
        if name not in known.site_types:
            item.at("site_type").unknown("unknown_name", name, list(known.site_types))
        elif name in seen:
            item.at("site_type").report("duplicate_key", name)
        seen.add(name)


# --------------------------------------------------------------------------------------------------- standards


def _standard(file: Record, draft: Draft, month: int, known: Known) -> Standard | None:
    """Return a standard with its rules; what is wrong inside it is reported."""
    found = draft.record
    if found["text"] is None or found["methods"] is None:
        return None
    rules = dict(_rules(draft, month))
    several = found["several"] or Record(how="mean", status="assumed")
    _check_several(found, several["how"])
    _check_questions(found, rules.get("survey"))
    _check_sites(found, rules)
    assumed = []
    if len(found["methods"]) > 1 and several["status"] == "assumed" and file["method_shares"] is None:
        assumed.append("several")
    source = {key: value for key, value in (found["source"] or {}).items() if value}
    if (file["methods"] or {}).get("status") == "assumed":
        source.setdefault("methods", "assumed")
    if source.get("threshold") in ("parameter", "assumed"):
        assumed.append("threshold")
    assumed.extend(key for key in ("methods", "lead") if source.get(key) == "assumed")
    return Standard(
        text=found["text"],
        rules=rules,
        several=several["how"] or "mean",
        checked_at=_checked_at(found["checked_at"]),
        questions=tuple(_questions(found["questions"])),
        materials=tuple(
            Material(m["id"], m["name"], m["required"] is not False)
            for m in _complete(found["materials"], "id", "name")
        ),
        lead=known.bodies(found["lead"]),
        support=known.bodies(found["support"]),
        not_applicable=found["not_applicable"],
        due=found["due"],
        source=source,
        assumed=tuple(assumed),
    )


def _rules(draft: Draft, month: int) -> Iterator[tuple[str, Rule]]:
    """Yield the rule of each method: its own, else the standard's."""
    found = draft.record
    for method, own in found["methods"].items():
        holder = own if "rule" in own.spots else found
        rule = holder["rule"]
        if rule is not None:
            yield method, _with_full(rule, draft, holder.at("rule"), month)
        elif draft.declared and "rule" not in holder.spots:
            replace(found.spot, key="rule").report("missing_key", "rule")


def _with_full(rule: Rule, draft: Draft, where: Spot, month: int) -> Rule:
    """Give a rule 'deduct' the points that it deducts from: its own, else the standard's printed ones."""
    if rule.kind != "deduct" or rule.params["full"] is not None:
        return rule
    full = in_month(draft.record["points"], month)
    if draft.declared and "points" not in draft.record.spots:
        replace(where, key="full").report("missing_key", "full", "{deduct: {full: 10, kinds: ...}}  points: 10")
    return Rule(rule.kind, {**rule.params, "full": full or None})


def _check_several(found: Record, how: str | None) -> None:
    shares = {method: own["share"] for method, own in found["methods"].items()}
    if how == "shares":
        without = [method for method in shares if "share" not in found["methods"][method].spots]
        for method in without:
            found["methods"][method].spot.report("missing_key", "share", f"{{{method}: {{share: 40}}}}")
        if None not in shares.values():
            check_sum(found.at("methods"), list(shares.values()))
    elif how is not None:
        for method, share in shares.items():
            if share is not None:
                found["methods"][method].at("share").report("no_effect", schema.decimal(share), "several: shares")


def _check_questions(found: Record, rule: Rule | None) -> None:
    """With questions, the survey's rule must be able to read the satisfied share."""
    if found["questions"] is None:
        return
    if "survey" not in found["methods"]:
        found.at("questions").report("question_without_survey", "", "methods: {survey: {}}")
    elif rule is not None:
        own = found["methods"]["survey"]
        where = (own if "rule" in own.spots else found).at("rule")
        if rule.kind not in SURVEY_RULES:
            where.report("question_rule", rule.kind, " ".join(SURVEY_RULES))
        elif rule.kind != "share" and rule.params["measure"] != PER_CENT:
            measure = rule.params["measure"]
            where.report("question_measure", measure.zh if measure else "", 'measure: "%"')
    for question in found["questions"]:
        for key in ("options", "satisfied"):
            if question[key] == []:
                question.at(key).report("empty_value")
        options = question["options"]
        for answer in question["satisfied"] or []:
            if options is not None and answer not in options:
                question.at("satisfied").unknown("bad_value", answer, options)


def _check_sites(found: Record, rules: Mapping[str, Rule]) -> None:
    """A number of sites that must comply cannot be more than are visited."""
    visited = [item["sites"] for item in found["checked_at"] or []]
    if not visited or not all(isinstance(sites, int) for sites in visited):
        return
    for rule in rules.values():
        need = rule.params.get("over_sites")
        if isinstance(need, int) and need > sum(visited):
            found.at("rule").report("out_of_range", str(need), f"over_sites: 1..{sum(visited)}")


def _complete(items: Iterable[Record] | None, *keys: str) -> Iterator[Record]:
    """Yield the records that have all of these keys; the others have been reported."""
    yield from (item for item in items or [] if all(item[key] is not None for key in keys))


def _questions(items: Iterable[Record] | None) -> Iterator[Question]:
    for item in _complete(items, "id", "text", "options", "satisfied"):
        yield Question(item["id"], item["text"], tuple(item["options"]), frozenset(item["satisfied"]))


def _checked_at(items: Iterable[Record] | None) -> tuple[CheckedAt, ...]:
    return tuple(
        CheckedAt(item["site_type"], item["sites"] if isinstance(item["sites"], int) else None)
        for item in _complete(items, "site_type")
    )


# --------------------------------------------------------------------------------------------------- instruments


def _instrument(
    file: Record, drafts: Sequence[Draft], standards: Mapping[str, Standard | None], known: Known, monthly: bool
) -> Instrument:
    nodes = tuple(_node(draft, standards) for draft in drafts)
    full = nodes[0].points or Fraction(0)
    shares = file["method_shares"]
    draw = _checked_at(file["draw"])
    held = [node.standard for node in nodes if node.standard]
    types = {item.site_type for standard in held for item in standard.checked_at} | {item.site_type for item in draw}
    beside = read_beside(file, known)
    said = [entry.said for entries in beside.values() for entry in entries]
    units = {unit for each in (*held, *said) for unit in (*each.lead, *each.support)}
    mark = file["pass_mark"]
    return Instrument(
        id=file["id"],
        title=file["title"],
        level=file["level"],
        full_marks=full,
        nodes=nodes,
        weights=dict(file["weights"]),
        method_shares=None
        if shares is None
        else {name: share / sum(shares.values()) for name, share in shares.items()},
        pass_mark=None if mark is None else PassMark(_in_points(mark["value"], full), mark["status"]),
        source=dict(file["source"]),
        documents=known.documents,
        site_types={**{name: known.site_types[name] for name in sorted(types)}, **(file["site_types"] or {})},
        units={name: known.units[name] for name in sorted(units)},
        draw=draw,
        **read_after(file, full),
        monthly=monthly,
        assumed=tuple(_assumed(file, held)),
        **beside,
        contradictions=tuple(
            Contradiction(item["text"], tuple(item["codes"] or ())) for item in file["contradictions"] or []
        ),
    )


def _node(draft: Draft, standards: Mapping[str, Standard | None]) -> Node:
    found = draft.record
    return Node(
        code=draft.code,
        kind=draft.kind,
        name=found["name"] or found["text"],
        parent=draft.parent,
        depth=draft.depth,
        children=tuple(draft.children),
        scored=draft.scored,
        points=draft.points,
        weight=draft.weight,
        combine=draft.combine,
        standard=standards[found["code"]] if draft.kind == "standard" else None,
        method=draft.method,
        note=found["note"] if draft.kind in ("indicator", "standard") else None,
        printed=draft.printed,
    )


_SCHEMES = {
    "equal": Text("同级均分", "equal among siblings"),
    "ahp": Text("层次分析法", "AHP"),
    "given": Text("给定", "given"),
}


def _assumed(file: Record, standards: Sequence[Standard]) -> Iterator[Text]:
    if file["scored"] is False:
        yield Text("本测评体系只列结构，不计分", "this instrument is only printed; it does not score")
    yield from file["assumed"] or []
    count = {what: sum(what in standard.assumed for standard in standards) for what in ("methods", "lead")}
    if count["methods"]:
        yield Text(
            f"{count['methods']} 项标准的测评方法为假定（来源未写明）",
            f"standards whose methods are assumed (the source states none): {count['methods']}",
        )
    if count["lead"]:
        yield Text(
            f"{count['lead']} 项标准的牵头单位为假定（来源并列几家或未写明，取第一家）",
            "standards whose lead is assumed (the source names none, or several side by side, of which the first is "
            f"taken): {count['lead']}",
        )
    if file["weights"]["status"] == "assumed":
        scheme = _SCHEMES[file["weights"]["scheme"]]
        yield Text(f"权重为假定（{scheme.zh}）", f"weights are assumed ({scheme.en})")


def _assumed_weights(own: Record | None, path: Path | None, comparisons: Sequence[Comparison]) -> Iterator[Text]:
    """Yield what to know of weights that stand apart from the tree."""
    if own is not None and path is not None:
        status = Text("（假定）", " (assumed)") if own["status"] == "assumed" else Text("", "")
        yield Text(
            f"权重取自 {path.name}{status.zh}，其中未列的各级照测评体系",
            f"weights are those of {path.name}{status.en}; levels not named there are weighted as in the instrument",
        )
        if own["note"]:
            yield own["note"]
    for found in comparisons:
        if found.ratio > ACCEPTED_RATIO:
            yield Text(
                f"“{found.code}”下各项两两比较前后不一：一致性比率 {found.ratio:.2f}，超过 {ACCEPTED_RATIO:.2f}",
                f"comparisons below '{found.code}' contradict each other: consistency ratio {found.ratio:.2f}, "
                f"above {ACCEPTED_RATIO:.2f}",
            )


def _in_points(text: str, full: Fraction) -> Fraction:
    """Return a pass mark in points; ``85%`` is a share of the full marks."""
    value = schema.parse_number(text) or Fraction(0)
    return value * full if text.rstrip().endswith(("%", "％")) else value


# --------------------------------------------------------------------------------------------------- writing


def write_instrument(content: Mapping[str, Any], path: Path | str) -> None:
    """Write the content of an instrument file as YAML, if it is a valid instrument.

    Parameters
    ----------
    content : mapping
        The file as plain maps, lists and text, such as ``schema.document(path, name, faults)[1]`` has it. Numbers are
        text, so that none is rounded. Comments of a file it came from are not kept.
    path : Path or str
        Replaced only by a whole and valid file.

    Raises
    ------
    InputFaults
        With every fault of what would be written; nothing is written then.
    """
    path = Path(path)
    with atomic(path) as temporary:
        temporary.write_text(yaml.safe_dump(_builtin(content), allow_unicode=True, sort_keys=False, width=120), "utf-8")
        _read(temporary, path.name, None)


def _builtin(value: Any) -> Any:
    """Return plain maps, lists and text, which any YAML writer knows."""
    if isinstance(value, Mapping):
        return {str(key): _builtin(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_builtin(item) for item in value]
    return value if value is None else str(value)
