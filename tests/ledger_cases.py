"""Small ledgers for the tests, written as the files a user would write; and what they must say, day by day, by hand.

:func:`by_days` knows nothing of the library: it takes the rows of the files as text and walks through the calendar, one
day after the other, keeping one note for each finding.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from builders import assessment_of, content_of, indicator, standard

from evalsys.evidence import Assessment

Row = dict[str, str]
Day = datetime.date
START = Day(2026, 3, 2)  # a Monday
DAYS = 30


def day(number: int) -> Day:
    return START + datetime.timedelta(number)


def iso(number: int | None) -> str:
    return "" if number is None else day(number).isoformat()


def content(*, reviewer: bool = True, days: int | None = 7, **more: Any) -> dict:
    """An instrument with two standards that are checked at sites, one that no site has, and rules for the ledgers."""
    below = [
        standard("1.1", points=4, checked_at=[{"site_type": "community"}], not_applicable="drop"),
        standard("1.2", "met", points=4, checked_at=[{"site_type": "community"}]),
        standard("1.3", "met", points=2, methods=("document_review",)),
    ]
    said: dict[str, Any] = {
        "kind": "deadline",
        "of": "finding",
        "row": "m",
        "source": {"clause": "m"},
        "text": {"zh": "七日内整改", "en": "A week"},
    }
    if days is not None:
        said["limit"] = {"at_most": str(days), "measure": {"zh": "天", "en": "days"}}
    if reviewer:
        said["reviewer"] = "other"
    return content_of([indicator("1", 10, below)], 10, mechanisms=[said], **more)


SITES = [
    {
        "site_id": f"s{k}",
        "site_type": "community",
        "name": f"社区{k}",
        "area": "东",
        "units": "甲;乙" if k == 1 else "甲",
    }
    for k in range(1, 5)
]


def kept(folder: Any, observations: Sequence[Mapping[str, str]] = (), **tables: Any) -> Assessment:
    """Write an assessment with ledgers and read it; an observation needs a standard, a site and a value."""
    settings = {"round": "r1", **tables.pop("settings", {})}
    own = tables.pop("content", None) or content()
    return assessment_of(folder, own, observations, settings, **{"sites": SITES, **tables})


# ------------------------------------------------------------------------------------------------- day by day, by hand


@dataclass
class Note:
    """What one would write on the card of a finding."""

    name: str
    found: int
    stated: int | None = None
    rows: list[Row] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    repeat_of: str = ""
    relapse_of: str = ""
    seen: list[str] = field(default_factory=list)
    seen_on: set[int] = field(default_factory=set)
    in_order_on: int | None = None
    closed_by_check: int | None = None

    def attempts(self, on: int) -> Iterator[tuple[int | None, int | None, str]]:
        for row in self.rows:
            fixed, reviewed = number(row["fixed_on"]), number(row["reviewed_on"])
            if fixed is None or fixed > on:
                yield None, None, ""
            else:
                done = reviewed is not None and reviewed <= on
                yield fixed, reviewed if done else None, row["result"] if done else ""

    def state(self, on: int) -> str:
        """Its state at the end of a day on which it is known."""
        if not self.rows:
            return "verified" if self.closed_by_check is not None and self.closed_by_check <= on else "open"
        now = "open"
        for fixed, _, result in self.attempts(on):
            now = {"通过": "verified", "退回": "returned"}.get(result, "fixed" if fixed is not None else now)
        return now

    def due(self, on: int) -> int:
        first = number(self.rows[0]["due"]) if self.rows else None
        last = self.stated if self.stated is not None else first if first is not None else self.found + 7
        for before, after in zip(self.rows, self.rows[1:], strict=False):
            reviewed = number(before["reviewed_on"])
            if reviewed is not None and reviewed <= on:
                last = number(after["due"]) if after["due"] else last
        return last

    def returned(self, on: int) -> int:
        return sum(result == "退回" for _, _, result in self.attempts(on))


def number(text: str) -> int | None:
    return (Day.fromisoformat(text) - START).days if text else None


def by_days(observations: Sequence[Row], findings: Sequence[Row], rectifications: Sequence[Row]) -> dict[str, Note]:
    """Return the notes of one standard at one site, by id, in the order in which they were begun."""
    rows: dict[str, list[Row]] = {}
    for row in rectifications:
        rows.setdefault(row["finding_id"], []).append(row)
    notes: dict[str, Note] = {}
    linked = {name: row["finding_id"] for row in findings for name in row["observations"].split(";") if name}

    def begin(name: str, on: int, row: Row | None) -> Note:
        note = Note(name, on, number(row["due"]) if row else None, rows.get(name, []))
        before = {other.name: "open" if other.found == on else other.state(on) for other in notes.values()}
        standing = [other for other, state in before.items() if state != "verified"]
        over = [other for other, state in before.items() if state == "verified"]
        if standing:
            note.repeat_of = standing[-1]
        elif over:
            note.relapse_of = over[-1]
        notes[name] = note
        return note

    later: list[tuple[str, str, int | None]] = []  # a look at a finding that nobody has written down yet
    for on in range(-1, DAYS + 60):
        for row in sorted(findings, key=lambda row: row["finding_id"]):
            if number(row["found_on"]) == on:
                begin(row["finding_id"], on, row)
        today = sorted((r for r in observations if number(r["observed_on"]) == on), key=lambda r: r["observation_id"])
        bad = [row["observation_id"] for row in today if row["value"] not in ("0", "是", "")]
        good = [row for row in today if row["value"] in ("0", "是")]
        for name in bad:
            if name in linked:
                later.append((linked[name], name, on))
                continue
            standing = [o for o in notes.values() if o.found == on or o.state(on) != "verified"]
            note = standing[-1] if standing else begin(f"O-{name}", on, None)
            later.append((note.name, name, on))
        if good and not bad:
            for note in notes.values():
                if note.found < on and note.state(on) != "verified":
                    note.in_order_on = on
                    if not note.rows:
                        note.closed_by_check = on
    for row in observations:
        if not row["observed_on"] and row["observation_id"] in linked and row["value"] not in ("0", "是", ""):
            later.append((linked[row["observation_id"]], row["observation_id"], None))
    for name, observation, seen_on in later:
        notes[name].seen.append(observation)
        if seen_on is not None:
            notes[name].seen_on.add(seen_on)
    return notes


# ---------------------------------------------------------------------------------------------------- random ledgers


def random_rows(rng: random.Random, site: str, code: str, first: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return lawful observations, findings and rectifications of one standard at one site."""
    good, bad = {"1.1": (("0",), ("0.5", "1")), "1.2": (("是",), ("否",))}[code]
    observations: list[Row] = []
    for k in range(rng.choice((0, 1, 3, 6, 9))):
        on = None if rng.random() < 0.06 else rng.randrange(DAYS)
        value = "" if rng.random() < 0.05 else rng.choice(bad if rng.random() < 0.55 else good)
        name = f"p{first + k:05d}"
        where = {
            "standard": code,
            "site_id": site,
            "round": f"r{k + 1}",
        }
        observations.append({"observation_id": name, **where, "observed_on": iso(on), "value": value})
    findings: list[Row] = []
    free = [row["observation_id"] for row in observations]
    rng.shuffle(free)
    for k in range(rng.choice((0, 0, 1, 2, 3))):
        on = rng.randrange(DAYS)
        links = [free.pop() for _ in range(rng.choice((0, 0, 1, 2))) if free]
        due = on + rng.randrange(12) if rng.random() < 0.3 else None
        findings.append(
            {
                "finding_id": f"f{first:05d}-{rng.randrange(100):02d}{k}", "site_id": site, "standard": code,
                "found_on": iso(on), "due": iso(due), "observations": ";".join(links),
            }
        )  # fmt: skip
    rectifications: list[Row] = []
    for row in findings:
        if rng.random() < 0.7:
            rectifications += chain(rng, row["finding_id"], number(row["found_on"]) or 0)
    made = [note for note in by_days(observations, findings, rectifications).values() if note.name.startswith("O-")]
    if made and rng.random() < 0.6:  # what comes before it is opened does not hang on its own rows
        rectifications += chain(rng, made[0].name, made[0].found)
    return observations, findings, rectifications


def chain(rng: random.Random, name: str, found: int) -> list[Row]:
    """Return lawful attempts at one finding."""
    rows: list[Row] = []
    on = found
    while True:
        due = iso(on + rng.randrange(9)) if rng.random() < 0.4 else ""
        row = {"finding_id": name, "due": due, "fixed_on": "", "reviewed_on": "", "reviewer": "", "result": ""}
        rows.append(row)
        if rng.random() < 0.15:
            return rows
        on += rng.choice((0, 1, 2, 5, 9))
        row["fixed_on"] = iso(on)
        if rng.random() < 0.15:
            return rows
        on += rng.choice((0, 1, 3))
        row |= {"reviewed_on": iso(on), "reviewer": "督查组", "result": "退回" if rng.random() < 0.4 else "通过"}
        if row["result"] == "通过" or rng.random() < 0.2:
            return rows
