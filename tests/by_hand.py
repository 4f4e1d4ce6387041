"""The score by hand, straight from DESIGN section 3: fractions, recursion, and no library code; and random instruments.

Points are absolute and go from the top down, where the library works with shares from the bottom up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from builders import content_of, indicator, standard

ZERO, ONE = Fraction(0), Fraction(1)
METHODS = ("document_review", "site_visit", "survey")
DROPPED, MISSING = "dropped", "missing"
State = Fraction | str

# ------------------------------------------------------------------------- the score by hand: absolute points, top down


@dataclass
class Mark:
    """Points of a node that apply, that are assessed, and that are won."""

    applies: Fraction
    known: Fraction
    won: Fraction

    @property
    def share(self) -> Fraction:
        return self.won / self.known


def total(parts: list[Mark]) -> Mark:
    return Mark(*(sum((getattr(p, name) for p in parts), ZERO) for name in ("applies", "known", "won")))


def mark(node: Mapping[str, Any], points: Fraction, leaf: Callable[[str, str], State]) -> Mark:
    """Points of a node of the content of an instrument file."""
    if "methods" in node:
        return mark_standard(node, points, leaf)
    below = node.get("children") or node["standards"]
    kind = node.get("combine", "sum")
    printed = [Fraction(child["points"]) for child in below if "points" in child]
    if isinstance(kind, dict) or kind in ("best", "worst"):
        worth = [points] * len(below)
    elif printed:
        inner = sum(printed) if kind in ("sum", "mean") else Fraction(node["points"])
        worth = [p / inner * points for p in printed]  # printed points may stand inside a choice: another scale
    else:
        weights = [Fraction(child.get("weight", 1)) for child in below]
        worth = [w / sum(weights) * points for w in weights]
    parts = [mark(child, own, leaf) for child, own in zip(below, worth, strict=True)]
    live = [p for p in parts if p.applies]
    if not live:
        return Mark(ZERO, ZERO, ZERO)
    whole = total(live)
    if kind == "sum":
        return whole
    if kind == "mean":
        factor = points / whole.applies
        return Mark(points, whole.known * factor, whole.won * factor)
    limit = min(points, whole.applies) if kind == "cap" else points
    if any(p.known < p.applies for p in live) or (isinstance(kind, dict) and len(live) < len(parts)):
        return Mark(limit, ZERO, ZERO)
    if kind == "cap":
        return Mark(limit, limit, min(limit, whole.won))
    if kind == "floor":
        return Mark(points, points, max(ZERO, points - sum(p.known - p.won for p in live)))
    if kind in ("best", "worst"):
        chosen = (max if kind == "best" else min)(p.share for p in live)
        return Mark(points, points, points * chosen)
    grade = kind["subset-grade"]
    full = {child["code"] for child, p in zip(below, parts, strict=True) if p.share == 1}
    for step in grade["grades"]:
        if len(full) >= int(step["met"]) and set(step.get("required", [])) <= full:
            return Mark(points, points, points * Fraction(step["value"]))
    return Mark(points, points, points * Fraction(grade["else"]))


def mark_standard(node: Mapping[str, Any], points: Fraction, leaf: Callable[[str, str], State]) -> Mark:
    states = [leaf(node["code"], method) for method in node["methods"]]
    if not states:
        return Mark(ZERO, ZERO, ZERO)
    several = node.get("several", "mean")
    shares = [Fraction(1, len(states))] * len(states)
    if several == "shares":
        given = [Fraction(own["share"]) for own in node["methods"].values()]
        shares = [share / sum(given) for share in given]
    live = [(s, share) for s, share in zip(states, shares, strict=True) if s != DROPPED]
    if several == "min" and len(states) > 1:
        if not live:
            return Mark(ZERO, ZERO, ZERO)
        if any(s == MISSING for s, _ in live):
            return Mark(points, ZERO, ZERO)
        return Mark(points, points, points * min(s for s, _ in live))
    return total([Mark(points * w, *((ZERO, ZERO) if s == MISSING else (points * w, points * w * s))) for s, w in live])


def mark_whole(content: Mapping[str, Any], leaf: Callable[[str, str], State]) -> Mark:
    full = Fraction(content["full_marks"])
    root = {"children": content["indicators"], "combine": "sum"}
    if "method_shares" not in content:
        return mark(root, full, leaf)
    shares = {name: Fraction(share) for name, share in content["method_shares"].items()}
    parts = []
    for method, share in shares.items():
        own = mark(only(root, method), full, leaf)
        if own.applies:
            worth = share / sum(shares.values()) * full
            parts.append(Mark(worth, worth * own.known / own.applies, worth * own.won / own.applies))
    return total(parts)


def only(node: Mapping[str, Any], method: str) -> dict[str, Any]:
    """The tree of one method: each standard is scored whole by it, or does not stand in the tree."""
    if "methods" in node:
        return {**node, "methods": {method: {}} if method in node["methods"] else {}}
    key = "children" if "children" in node else "standards"
    return {**node, key: [only(child, method) for child in node[key]]}


# ------------------------------------------------------------------------------------------- leaves from their rows

DEDUCT = {
    "deduct": {
        "kinds": {
            "垃圾": {"name": {"zh": "垃圾", "en": "Litter"}, "points": "1", "cap": "2"},
            "占道": {"name": {"zh": "占道", "en": "Obstruction"}, "points": {"first": "1/2", "repeated": "3/2"}},
        },
        "full": "4",
    }
}
RULES: tuple[Any, ...] = (
    "loss",
    "met",
    {"met": {"over_sites": "all"}},
    {"met": {"over_sites": "2"}},
    "share",
    {"k_of_n": {"required": "3"}},
    {"threshold": {"at_least": "90", "measure": "%", "short": "proportional"}},
    DEDUCT,
    "none",
)
NA, PEERS = "不适用", "peers"
ENTRIES = {
    "loss": ("0", "0", "0.1", "35%", "1"),
    "met": ("是", "是", "否"),
    "share": ("5/5", "4/5", "0/3"),
    "k_of_n": ("3/5", "2/5", "5/5"),
    "threshold": ("95", "90%", "81", "0"),
    "deduct": ("无", "垃圾", "垃圾", "占道"),
    "none": ("0", "无", "2"),
}


def kind_of(rule: Any) -> str:
    return rule if isinstance(rule, str) else next(iter(rule))


def attain(rule: Any, value: str) -> Fraction:
    """Attainment of one row, for rules that look at one row."""
    kind = kind_of(rule)
    if kind == "met":
        return Fraction(int(value == "是"))
    if kind in ("share", "k_of_n"):
        k, n = map(Fraction, value.split("/"))
        return k / n if kind == "share" else Fraction(int(k >= 3))
    number = Fraction(value.rstrip("%")) / (100 if value.endswith("%") and kind == "loss" else 1)
    return 1 - number if kind == "loss" else min(ONE, number / 90)


def leaf_state(rule: Any, rows: Sequence[Mapping[str, str]], policy: str) -> State:
    """What the rows of a leaf say: its attainment, or missing, dropped, peers."""
    seen = [row for row in rows if row["value"] != NA]
    kind, full = kind_of(rule), [ONE] * (len(rows) - len(seen)) if policy == "full" else []
    if not seen:
        return MISSING if not rows else {"drop": DROPPED, "full": ONE, "peers": PEERS}[policy]
    if kind == "none":
        return Fraction(int(all(row["value"] in ("0", "无") for row in seen)))
    if kind == "deduct":
        litter = sum(Fraction(row.get("n") or 1) for row in seen if row["value"] == "垃圾")
        other = sum(
            Fraction(row.get("n") or 1) * (Fraction(3, 2) if row.get("repeat") == "重复" else Fraction(1, 2))
            for row in seen
            if row["value"] == "占道"
        )
        return max(ZERO, Fraction(4) - min(Fraction(2), litter) - other) / 4
    each = [attain(rule, row["value"]) for row in seen] + full
    how = rule["met"]["over_sites"] if kind == "met" and isinstance(rule, dict) else "mean"
    if how == "mean":
        return sum(each, ZERO) / len(each)
    if how == "all":
        return Fraction(int(all(a == 1 for a in each)))
    good = sum(a == 1 for a in each)
    return MISSING if good < 2 and len(each) < 2 else Fraction(int(good >= 2))


def fill_from_peers(node: Mapping[str, Any], states: dict[tuple[str, str], State], choice: bool = False) -> None:
    """A leaf that applies nowhere gets the mean of the assessed leaves beside it, by their points."""
    kind = node.get("combine", "sum")
    for child in node.get("children") or []:
        fill_from_peers(child, states)
    own = node.get("standards") or []
    free = isinstance(kind, dict) or kind in ("best", "worst")
    worth: dict[tuple[str, str], Fraction] = {}
    for child in own:
        points = ONE if free else Fraction(child.get("points") or child.get("weight") or 1)
        shares = {m: Fraction(given.get("share", 1)) for m, given in child["methods"].items()}
        for method, share in shares.items():
            worth[child["code"], method] = points * share / sum(shares.values())
    known = {key: state for key in worth if isinstance(state := states[key], Fraction)}
    for key in worth:
        if states[key] == PEERS:
            total = sum((worth[k] for k in known), ZERO)
            states[key] = sum((worth[k] * v for k, v in known.items()), ZERO) / total if known else MISSING


# -------------------------------------------------------------------------------------------- random instruments


class Trees:
    """Random contents of instrument files: ragged, with every node rule."""

    def __init__(self, seed: int, shares: bool, rules: Sequence[Any] = ("loss",)) -> None:
        self.random = random.Random(seed)
        self.shares, self.rules, self.count = shares, rules, 0

    def content(self) -> dict:
        full = self.random.choice((7, 39, 100, 120))
        indicators = [self.indicator(p, 1, METHODS) for p in self.parts(full, self.random.randint(2, 4))]
        if not self.shares:
            return content_of(indicators, full)
        every = [standard(f"Z{n}", points=1, methods=(method,)) for n, method in enumerate(METHODS)]
        shares = dict(zip(METHODS, ("50", "35", "15"), strict=True))
        return content_of([*indicators, indicator("Z", 3, every)], full + 3, method_shares=shares)

    def code(self) -> str:
        self.count += 1
        return f"N{self.count}"

    def parts(self, whole: Fraction | int, count: int, over: Fraction = ONE) -> list[Fraction]:
        """Random points that add up to the whole times `over`."""
        cuts = [Fraction(self.random.randint(1, 6)) for _ in range(count)]
        return [Fraction(whole) * over * cut / sum(cuts) for cut in cuts]

    def indicator(self, points: Fraction | int | None, depth: int, methods: tuple[str, ...], drop: bool = True) -> dict:
        kind = self.random.choice(("sum", "sum", "mean", "cap", "floor", "best", "worst", "subset-grade"))
        if self.shares and kind != "sum":
            methods = (self.random.choice(methods),)
        count = self.random.randint(2, 4)
        bounded = kind in ("cap", "floor") and points is not None
        if kind in ("best", "worst", "subset-grade") or points is None:
            own: list[Any] = [None] * count
        else:
            over = Fraction(self.random.choice((1, 2, 3)), 2) if bounded else ONE
            own = self.parts(points, count, max(over, ONE))
        if points is None and kind in ("cap", "floor"):
            kind = "sum"
        grade = kind == "subset-grade"
        drop = drop and not grade
        if depth < 3 and self.random.random() < 0.4:
            below = [self.indicator(p, depth + 1, methods, drop) for p in own]
        else:
            below = [self.standard(p, methods, drop) for p in own]
        if own[0] is None and kind not in ("best", "worst", "subset-grade"):
            below = [{**child, "weight": str(self.random.randint(1, 4))} for child in below]
        combine: Any = kind
        if grade:
            codes = [child["code"] for child in below]
            combine = {
                "subset-grade": {
                    "grades": [
                        {"met": str(count), "value": "1"},
                        {"met": str(count - 1), "value": "0.66", "required": [self.random.choice(codes)]},
                        {"met": str(max(1, count - 2)), "value": "33/100"},
                    ],
                    "else": "0",
                }
            }
        more = {"combine": combine} if kind != "sum" else {}
        return indicator(self.code(), points, below, **more)

    def standard(self, points: Fraction | None, methods: tuple[str, ...], drop: bool = True) -> dict:
        own = self.random.sample(methods, self.random.randint(1, len(methods)))
        several: Any = self.random.choice(("mean", "min", "shares")) if not self.shares else "mean"
        more: dict[str, Any] = {"several": several} if len(own) > 1 else {}
        given = {method: {} for method in own}
        if several == "shares" and len(own) > 1:
            split = {2: ("60", "40"), 3: ("50", "30", "20")}[len(own)]
            given = {method: {"share": share} for method, share in zip(own, split, strict=True)}
        policies = ("drop", "full", "peers") if drop else ("full", "peers")
        more["not_applicable"] = self.random.choice(policies)
        return standard(self.code(), self.random.choice(self.rules), points, given, **more)
