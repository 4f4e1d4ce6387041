"""What changed from one edition of an instrument to the next: added, removed, moved, re-weighted, thresholds, methods.

Parts are matched by their codes. A part that is only in one edition is matched with one of the same kind and text in
the other (renumbered) before it counts as added or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from evalsys import wording
from evalsys.instrument import METHODS, CheckedAt, Instrument, Node
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.rule_words import requirement
from evalsys.rulebook import Rule

__all__ = ["CHANGES", "Change", "changes", "changes_listing"]

#: What may have changed, in the order of the listing.
CHANGES: Mapping[str, Text] = {
    "whole": Text("总体", "the whole"),
    "added": Text("新增", "added"),
    "removed": Text("删去", "removed"),
    "renumbered": Text("编码改动", "renumbered"),
    "moved": Text("移动", "moved"),
    "reweighted": Text("分值变动", "re-weighted"),
    "scored": Text("是否计分变动", "scored or not"),
    "threshold": Text("达标要求变动", "threshold changed"),
    "methods": Text("测评方法变动", "methods changed"),
    "sites": Text("点位类型变动", "site types changed"),
    "combine": Text("合成方式变动", "way to combine changed"),
    "units": Text("责任单位变动", "bodies changed"),
    "text": Text("文字变动", "wording changed"),
}


@dataclass(frozen=True)
class Change:
    """One change: its kind of :data:`CHANGES`, the code (of the newer edition where it is there), before and after."""

    kind: str
    code: str
    name: Text
    before: Text | None = None
    after: Text | None = None


def changes(old: Instrument, new: Instrument) -> tuple[Change, ...]:
    """Return what changed between two editions.

    Parameters
    ----------
    old, new : Instrument

    Returns
    -------
    tuple of Change
        In the order of :data:`CHANGES`, then of the tree. Points are compared as shares of the full marks, so that a
        change of the full marks alone re-weights nothing.

    Examples
    --------
    >>> from evalsys.instrument_file import load_instrument
    >>> same = load_instrument("waste-sorting-estate")
    >>> changes(same, same)
    ()
    """
    before, after = _parts(old), _parts(new)
    pairs = {code: code for code in before if code in after and before[code].kind == after[code].kind}
    renumbered = dict(_renumbered(before, after, pairs))
    pairs |= renumbered
    found = list(_whole(old, new))
    found += [Change("added", code, node.name) for code, node in after.items() if code not in pairs.values()]
    found += [Change("removed", code, node.name) for code, node in before.items() if code not in pairs]
    found += [
        Change("renumbered", there, after[there].name, Text(here, here), Text(there, there))
        for here, there in renumbered.items()
    ]
    for here, there in pairs.items():
        found += _compared(old, new, before[here], after[there], pairs)
    order = list(CHANGES)
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _parts(instrument: Instrument) -> dict[str, Node]:
    return {node.code: node for node in instrument.nodes if node.kind in ("indicator", "standard")}


def _renumbered(
    before: Mapping[str, Node], after: Mapping[str, Node], pairs: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield parts that have the same kind and text and another code; of several alike, the first in order."""
    free = {code: node for code, node in after.items() if code not in pairs.values()}
    for code, node in before.items():
        if code in pairs:
            continue
        same = next((c for c, other in free.items() if (other.kind, other.name.zh) == (node.kind, node.name.zh)), None)
        if same is not None:
            del free[same]
            yield code, same


def _whole(old: Instrument, new: Instrument) -> Iterator[Change]:
    said: dict[Text, list[Text | None]] = {
        Text("满分", "full marks"): [_number(i.full_marks) for i in (old, new)],
        Text("目标线", "pass mark"): [_number(i.pass_mark.value) if i.pass_mark else None for i in (old, new)],
        Text("各方法占比", "shares of the methods"): [_shares(i) for i in (old, new)],
    }
    for name, (before, after) in said.items():
        if before != after:
            yield Change("whole", new.id, name, before, after)


def _number(value: Fraction) -> Text:
    shown = wording.points(value)
    return Text(shown, shown)


def _shares(instrument: Instrument) -> Text | None:
    if instrument.method_shares is None:
        return None
    parts = [(METHODS[name], wording.percent_short(share)) for name, share in instrument.method_shares.items()]
    return Text("、".join(f"{m.zh}{s}" for m, s in parts), ", ".join(f"{m.en} {s}" for m, s in parts))


def _compared(old: Instrument, new: Instrument, one: Node, other: Node, pairs: Mapping[str, str]) -> Iterator[Change]:
    """Yield what changed in one part."""
    above = [i.nodes[node.parent].code if node.depth > 1 else "" for i, node in ((old, one), (new, other))]
    said: dict[str, tuple[Text | None, Text | None]] = {
        "reweighted": (_worth(old, one), _worth(new, other)),
        "scored": (_scored(one), _scored(other)),
        "combine": (_combine(one), _combine(other)),
        "text": (one.name, other.name),
    }
    if pairs.get(above[0], above[0]) != above[1]:
        said["moved"] = (Text(above[0], above[0]), Text(above[1], above[1]))
    if one.standard is not None and other.standard is not None:
        a, b = one.standard, other.standard
        said["threshold"] = (_rules(a.rules), _rules(b.rules)) if dict(a.rules) != dict(b.rules) else (None, None)
        said["methods"] = (_methods(a.rules), _methods(b.rules))
        said["sites"] = (_sites(old, a.checked_at), _sites(new, b.checked_at))
        said["units"] = (_units(old, (*a.lead, *a.support)), _units(new, (*b.lead, *b.support)))
        said["text"] = (a.text, b.text)
    for kind, (before, after) in said.items():
        if before != after:
            yield Change(kind, other.code, other.name, before, after)


def _worth(instrument: Instrument, node: Node) -> Text | None:
    """Return the share of the full marks that a part is worth."""
    if node.points is None:
        return None
    share = wording.percent(node.points / instrument.full_marks)
    return Text(share, share)


def _scored(node: Node) -> Text:
    return Text("计分", "scored") if node.scored else Text("不计分", "not scored")


def _combine(node: Node) -> Text:
    return Text(node.combine.kind, node.combine.kind)


def _rules(rules: Mapping[str, Rule]) -> Text:
    """Return what the rules ask for, once where all methods ask for the same."""
    zh, en = (list(dict.fromkeys(requirement(rule, lang) for rule in rules.values())) for lang in _LANGS)
    return Text("；".join(zh), "; ".join(en))


_LANGS: tuple[Lang, Lang] = ("zh", "en")


def _methods(methods: Iterable[str]) -> Text:
    named = [METHODS[method] for method in METHODS if method in methods]
    return Text("、".join(m.zh for m in named), ", ".join(m.en for m in named))


def _sites(instrument: Instrument, checked: Iterable[CheckedAt]) -> Text:
    parts = []
    for item in checked:
        name, count = instrument.site_types[item.site_type], item.sites
        parts.append((name.zh + (f" {count}" if count else ""), name.en + (f" {count}" if count else "")))
    return Text("、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts))


def _units(instrument: Instrument, units: Iterable[str]) -> Text:
    named = [instrument.units[unit] for unit in units]
    return Text("、".join(unit.zh for unit in named), ", ".join(unit.en for unit in named))


_COLUMNS = (
    Column("change", Text("变动", "change")),
    Column("code", Text("编码", "code")),
    Column("name", Text("名称", "name")),
    Column("before", Text("原版", "before")),
    Column("after", Text("新版", "after")),
)


def changes_listing(found: Iterable[Change], lang: Lang) -> Listing:
    """Return one row per change."""
    rows = [
        (
            CHANGES[c.kind].say(lang),
            c.code,
            c.name.say(lang),
            c.before and c.before.say(lang),
            c.after and c.after.say(lang),
        )
        for c in found
    ]
    return Listing(_COLUMNS, rows)
