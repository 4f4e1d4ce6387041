"""A round of titles as a folder or a workbook: candidates, scores, events, moves, notices, objections.

Read whole or refused whole: every fault of every table is told at once.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from evalsys import schema
from evalsys.after_total import Case, Happened
from evalsys.applications import Calendar, Circumstances, check_calendar
from evalsys.cells import Cells
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import CONFIRMED, SCORES, Bad, day, in_range, named, one_of, whole
from evalsys.instrument import STANDINGS, Instrument, PassMark
from evalsys.instrument_after import event_codes
from evalsys.instrument_file import load_instrument
from evalsys.language import Text
from evalsys.objections import OUTCOMES, Notice, Objection, check_naming, check_objections
from evalsys.schema import Record, keyed, list_of, pair, record, string
from evalsys.selection import Choice
from evalsys.settings import mark_in_points, mark_problem
from evalsys.tables import Column, Table, as_table, read_csv, read_workbook
from evalsys.titles import STATES, Move, check_moves

__all__ = ["ROUND_TABLES", "Applicant", "TitleRound", "read_titles"]

#: The settings of a round, and the sheet of a workbook that holds them.
SETTINGS = "titles.yaml"
ROUND_TABLES: Mapping[str, tuple[Column, ...]] = {
    "candidates": (
        Column("candidate", ("候选对象", "单位"), True),
        Column("group", ("组别",)),
        Column("standing", ("称号状态",)),
        Column("state", ("起始状态",)),
        Column("founded", ("成立日期",)),
        Column("demolition", ("正在拆迁",)),
        Column("note", ("备注",)),
    ),
    "scores": (
        Column("candidate", ("候选对象", "单位"), True),
        Column("score", ("成绩名称",), True),
        Column("value", ("分数",), True),
        Column("year", ("年度",)),
        Column("error", ("标准误差",)),
        Column("note", ("备注",)),
    ),
    "events": (
        Column("candidate", ("候选对象", "单位"), True),
        Column("code", ("事件编码",), True),
        Column("date", ("日期",), True),
        Column("confirmed", ("认定",)),
        Column("note", ("备注",)),
    ),
    "moves": (
        Column("candidate", ("候选对象", "单位"), True),
        Column("to", ("转入状态",), True),
        Column("on", ("日期",), True),
        Column("reason", ("事由",), True),
        Column("clause", ("依据条款",), True),
    ),
    "notices": (
        Column("candidate", ("候选对象", "单位"), True),
        Column("first", ("公示开始",), True),
        Column("last", ("公示结束",), True),
        Column("clause", ("依据条款",)),
    ),
    "objections": (
        Column("number", ("编号",), True),
        Column("candidate", ("候选对象", "单位"), True),
        Column("raised_on", ("提出日期",), True),
        Column("matter", ("异议事项",), True),
        Column("answered_on", ("答复日期",)),
        Column("outcome", ("核查结论",)),
        Column("answer", ("答复",)),
    ),
}
_SHEETS = {
    "候选对象": "candidates",
    "成绩": "scores",
    "事件": "events",
    "状态变动": "moves",
    "公示": "notices",
    "异议": "objections",
}
#: Names of the scores of a candidate that are not another assessment's.
OWN, TOTAL = "own", "total"
#: Faults that hide whole tables or columns: nothing can then be said of rows that rest on others.
_LOST = ("unreadable", "bad_encoding", "empty_file", "wrong_separator", "unknown_table", "duplicate_table",
         "missing_column", "unknown_column", "duplicate_column")  # fmt: skip
_YES = {"是": "yes", "否": "no", "yes": "yes", "no": "no"}


@dataclass(frozen=True)
class Applicant:
    """A candidate as its tables say.

    Attributes
    ----------
    name, group : str
    case : Case
        Standing, other scores and events: what is applied after the total.
    state : str
        Of the title before the table of moves.
    score : Fraction or None
        In points of the full marks; `whole` where joined scores are in it already (a published total).
    error : Fraction or None
        Its standard error, in points.
    earlier : mapping of int to Fraction
        Final scores of earlier years.
    about : Circumstances
    """

    name: str
    group: str
    case: Case
    state: str
    score: Fraction | None
    whole: bool
    error: Fraction | None
    earlier: Mapping[int, Fraction]
    about: Circumstances


@dataclass(frozen=True)
class TitleRound:
    """One round of one title.

    Attributes
    ----------
    groups : mapping of str to Text
        Candidates are ranked and chosen within their group.
    decided_on, assessed_on : date
        For which day the decision is made; from which day events are counted back.
    given : mapping of (str, int) to int
        Titles given in earlier years, by group and year.
    exists : mapping of str to int
        How many bodies of a group there are.
    shares : mapping of str to Fraction
        Quotas given as a share of the applicants.
    chosen : mapping of str to Choice
        Whom a person chose among those tied at a cut.
    first_year : int or None
        Of the cycle whose years are weighted; None where the round's own score decides.
    rectify_days : int or None
        How long a rectification may last; None where the office has set nothing.
    """

    path: Path
    instrument: Instrument
    title: Text
    place: str
    round: str
    year: int
    decided_on: datetime.date
    assessed_on: datetime.date | None
    pass_mark: PassMark | None
    groups: Mapping[str, Text]
    given: Mapping[tuple[str, int], int]
    exists: Mapping[str, int]
    shares: Mapping[str, Fraction]
    chosen: Mapping[str, Choice]
    first_year: int | None
    rectify_days: int | None
    calendar: Calendar | None
    applicants: tuple[Applicant, ...]
    moves: tuple[Move, ...]
    notices: tuple[Notice, ...]
    objections: tuple[Objection, ...]
    notes: tuple[Text, ...]
    hash: str

    @property
    def start(self) -> dict[str, str]:
        """The state of each candidate before the table of moves."""
        return {each.name: each.state for each in self.applicants}


_GROUP = record(
    {"name": pair},
    {"exists": schema.count, "given": keyed(schema.integer), "share": schema.portion, "chosen": list_of(string),
     "reason": string},
)  # fmt: skip
_FILE = record(
    {"instrument": string, "title": pair, "place": string, "round": string, "decided_on": schema.date},
    {
        "schema": schema.choice("1"),
        "year": schema.count,
        "assessed_on": schema.date,
        "pass_mark": string,
        "groups": keyed(_GROUP),
        "cycle": record({"first_year": schema.count}),
        "rectify_days": schema.count,
        "notes": list_of(pair),
    },
)


def read_titles(path: Path | str) -> TitleRound:
    """Read a round of titles.

    Parameters
    ----------
    path : Path or str
        A folder with ``titles.yaml`` and the tables as CSV files or sheets of workbooks.

    Raises
    ------
    InputFaults
        With every fault of every table.
    """
    path, faults = Path(path), list[Fault]()
    if not path.is_dir():
        raise InputFaults([Fault("missing_folder", str(path))])
    spot, content = schema.document(path / SETTINGS, SETTINGS, faults)
    file = _FILE(spot, content)
    tables = _tables(path, faults)
    if file is None or not file["instrument"]:
        raise InputFaults(faults)
    try:
        instrument = load_instrument(file["instrument"], file["assessed_on"], path)
    except InputFaults as error:
        raise InputFaults([*faults, *error.faults]) from None
    made = _Round(file, instrument, tables, faults).made(path)
    if faults:
        raise InputFaults(faults)
    return made


def _tables(path: Path, faults: list[Fault]) -> dict[str, Table]:
    """Find the tables of a folder: CSV files and sheets; anything else that looks like a table is a fault."""
    found: dict[str, Table] = {}
    met: set[str] = set()
    for file in sorted(path.iterdir()):
        kind = file.suffix.lower()
        if not _counts(file):
            continue
        if kind == ".csv":
            grid = read_csv(file, file.name, faults)
            met.add(_SHEETS.get(file.stem, file.stem))
            grids = {} if grid is None else {(file.stem, file.name): grid}
        elif kind in (".xlsx", ".xlsm"):
            sheets = read_workbook(file, file.name, faults) or {}
            grids = {(title.strip(), f"{file.name} [{title}]"): grid for title, grid in sheets.items()}
        else:
            if kind in (".xls", ".ods", ".et", ".tsv"):
                faults.append(Fault("unreadable", file.name, allowed=".csv .xlsx"))
            continue
        for (title, shown), grid in grids.items():
            name = _SHEETS.get(title, title)
            met.add(name)
            if name not in ROUND_TABLES:
                known = " ".join(ROUND_TABLES)
                faults.append(Fault("unknown_table", shown, None, "", title, known, nearest(title, ROUND_TABLES)))
            elif name in found:
                faults.append(Fault("duplicate_table", shown, value=f"{name}: {found[name].file}"))
            else:
                table = as_table(name, shown, grid, ROUND_TABLES[name], (), faults)
                if table is not None:
                    found[name] = table
    if "candidates" not in met:
        faults.append(Fault("missing_file", "candidates.csv"))
    return found


class _Round(Cells):
    """The reading of one round."""

    def __init__(self, file: Record, instrument: Instrument, tables: Mapping[str, Table], faults: list[Fault]) -> None:
        super().__init__(tables, faults)
        self.file, self.instrument = file, instrument
        ids = self.read("candidates", "candidate", need=True)
        self.unique("candidates", "candidate", ids)
        self.names = tuple(name for name in ids if name is not None)
        self.groups = self.group_names()
        self.year = file["year"] or (file["decided_on"].year if file["decided_on"] else 0)

    def group_names(self) -> dict[str, Text]:
        """Return the groups by code: those of the settings, else those of the instrument, else one of all."""
        groups = {code: entry for code, entry in (self.file["groups"] or {}).items() if entry is not None}
        own = {code: entry["name"] or Text(code, code) for code, entry in groups.items()}
        places = self.instrument.places
        known = dict.fromkeys(m.group for m in self.instrument.mechanisms if m.group)
        theirs = {code: self.instrument.nodes[places[code]].name for code in known if code and code in places}
        for code in own:
            if theirs and code not in theirs:
                self.file.at("groups").unknown("unknown_name", code, list(theirs))
        return {**theirs, **own} or {"all": Text("全部候选对象", "all candidates")}

    def made(self, path: Path) -> TitleRound:
        """Return the round; what is wrong has been reported."""
        applicants = tuple(self.applicants())
        moves = tuple(self.moves())
        notices = tuple(self.notices())
        objections = tuple(self.objections())
        calendar = self.calendar()
        start = {each.name: each.state for each in applicants}
        unread = self.unread()
        self.check(
            {name: state for name, state in start.items() if name not in unread},
            [move for move in moves if move.candidate not in unread],
            [notice for notice in notices if notice.candidate not in unread],
            [each for each in objections if each.candidate not in unread],
            calendar,
        )
        file, full = self.file, self.instrument.full_marks
        groups: Mapping[str, Record] = {code: entry for code, entry in (file["groups"] or {}).items() if entry}
        return TitleRound(
            path=path,
            instrument=self.instrument,
            title=file["title"] or Text("", ""),
            place=file["place"] or "",
            round=file["round"] or "",
            year=self.year,
            decided_on=file["decided_on"] or datetime.date.min,
            assessed_on=file["assessed_on"],
            pass_mark=self.pass_mark(full),
            groups=self.groups,
            given=dict(self.given(groups)),
            exists={code: entry["exists"] for code, entry in groups.items() if entry["exists"] is not None},
            shares={code: entry["share"] for code, entry in groups.items() if entry["share"] is not None},
            chosen=dict(self.chosen(groups)),
            first_year=self.first_year(),
            rectify_days=file["rectify_days"],
            calendar=calendar,
            applicants=applicants,
            moves=moves,
            notices=notices,
            objections=objections,
            notes=tuple(file["notes"] or ()),
            hash=_hash(path),
        )

    def unread(self) -> set[str]:
        """Return whom no further fault is told of: a row of theirs is not read, or one whose name may mean them."""
        if any(fault.problem in _LOST for fault in self.faults):
            return set(self.names)
        bad, found = {(fault.file, fault.row) for fault in self.faults}, set[str]()
        for name in ("candidates", "moves", "notices", "objections"):
            table = self.table(name)
            for text, row in zip(self.texts(name, "candidate"), table.numbers, strict=True):
                if (table.file, row) in bad:
                    found |= {text, *get_close_matches(text, self.names, 9)}
        return found

    def check(
        self,
        start: Mapping[str, str],
        moves: Sequence[Move],
        notices: Sequence[Notice],
        objections: Sequence[Objection],
        calendar: Calendar | None,
    ) -> None:
        """Check what rows say of each other: moves, notices and objections."""
        shown = {name: self.table(name).file or name for name in ("moves", "notices", "objections")}
        self.faults += check_moves(moves, file=shown["moves"], start=start)
        self.faults += check_objections(objections, notices, file=shown["objections"], notice_file=shown["notices"])
        for name in start:  # one by one: an impossible move of one candidate hides nothing of the others
            mine, first = [move for move in moves if move.candidate == name], {name: start[name]}
            self.faults += check_naming(mine, objections, notices, file=shown["moves"], start=first)
            if calendar is not None:  # a late application may stand in the table: it is barred, with its reason
                late = {move.row for move in mine if move.to == "applied"}
                timely = check_calendar(mine, calendar, file=shown["moves"], start=first)
                self.faults += [fault for fault in timely if fault.row not in late]

    # -- settings

    def pass_mark(self, full: Fraction) -> PassMark | None:
        text = self.file["pass_mark"]
        if text is None:
            return self.instrument.pass_mark
        value = mark_in_points(text, full)
        if value is None:
            self.file.at("pass_mark").report(mark_problem(text), text, f"0..{schema.decimal(full)}  85%")
            return None
        return PassMark(value, "given", "assessment")

    def first_year(self) -> int | None:
        found, first = self.file["cycle"], (self.file["cycle"] or {}).get("first_year")
        shares = next((m.shares for m in self.instrument.mechanisms if m.kind == "cycle" and m.shares), ())
        if found is not None and not shares:
            found.spot.report("no_cycle")
        elif found is not None and first is not None and not first <= self.year < first + len(shares):
            allowed = f"{self.year - len(shares) + 1}..{self.year}"
            found.at("first_year").report("out_of_range", str(first), allowed)
        return first

    def given(self, groups: Mapping[str, Record]) -> Iterator[tuple[tuple[str, int], int]]:
        """Yield the titles given in earlier years."""
        for code, entry in groups.items():
            for year, count in (entry["given"] or {}).items():
                if not (year.isascii() and year.isdigit() and int(year) < self.year):
                    entry.at("given").report("unknown_key", year, f"< {self.year}")
                elif count is not None:
                    yield (code, int(year)), count

    def chosen(self, groups: Mapping[str, Record]) -> Iterator[tuple[str, Choice]]:
        """Yield whom a person chose among those tied; whether they are tied is seen when it is decided."""
        for code, entry in groups.items():
            if entry["chosen"] is not None:
                for name in entry["chosen"]:
                    if name not in self.names:
                        entry.at("chosen").unknown("unknown_name", name, list(self.names))
                if not entry["reason"]:
                    entry.at("chosen").report("missing_key", "reason")
                yield code, Choice(tuple(entry["chosen"]), entry["reason"] or "")
            elif entry["reason"]:
                entry.at("reason").report("no_effect", entry["reason"])

    def calendar(self) -> Calendar | None:
        """Return when the title is applied for and given, where the instrument lays it down."""
        for entry in self.instrument.mechanisms:
            if entry.rhythm:
                return Calendar(entry.said.source.get("clause", ""), **entry.rhythm)
        return None

    # -- tables

    def applicants(self) -> Iterator[Applicant]:
        """Yield the candidates with their scores and events."""
        codes, names = list(self.groups), [text.zh for text in self.groups.values()]
        only = codes[0] if len(codes) == 1 else None
        table = self.table("candidates")
        if only is None and table.rows and "group" not in table.columns:
            allowed = " = ".join(("group", "组别"))
            self.faults.append(Fault("missing_column", table.file, None, "group", allowed=allowed))
        groups = self.read("candidates", "group", one_of(named(codes, names)), need=only is None, default=only)
        standings = {**{code: code for code in STANDINGS}, **{text.zh: code for code, text in STANDINGS.items()}}
        states = {**{code: code for code in STATES}, **{text.zh: code for code, text in STATES.items()}}
        rows = zip(
            self.read("candidates", "candidate"),
            groups,
            self.read("candidates", "standing", one_of(standings)),
            self.read("candidates", "state", one_of(states), default="not_applied"),
            self.read("candidates", "founded", day),
            self.read("candidates", "demolition", one_of(_YES), default="no"),
            strict=True,
        )
        scores, events = self.scores(), self.events()
        for name, group, standing, state, founded, demolition in rows:
            own = scores.get(name, _Scores({}, {}, None, False, None))
            case = Case(standing, self.file["assessed_on"], None, own.others, tuple(events.get(name, ())))
            about = self.about(group, founded, demolition)
            yield Applicant(
                name or "", group or "", case, state or "not_applied", own.value, own.whole, own.error, own.earlier,
                about,
            )  # fmt: skip

    def about(self, group: str | None, founded: datetime.date | None, demolition: str) -> Circumstances:
        """Return what else decides whether a body may apply."""
        found = next((m for m in self.instrument.mechanisms if m.kind == "eligibility" and m.group == group), None)
        years = 0 if found is None else int(found.limits.get("at_least", 0))
        clause = "" if found is None else found.said.source.get("clause", "")
        return Circumstances(founded, years, demolition == "yes", clause=clause)

    def known(self, table: str) -> list[Any]:
        """Read the candidate of each row of another table."""
        # without candidates there is one fault: that they are missing
        return self.read(table, "candidate", one_of({n: n for n in self.names}) if self.names else str, need=True)

    def scores(self) -> dict[str, _Scores]:
        """Read the scores by candidate; a score that stands twice is a fault."""
        instrument, full = self.instrument, self.instrument.full_marks
        others = [*(j.of for j in instrument.joined), *(g.of for g in instrument.gates if g.of != TOTAL)]
        kinds = {name: name for name in (TOTAL, OWN, *others)}
        kinds |= {"总分": TOTAL, "本体系": OWN, **SCORES}
        kinds = {shown: name for shown, name in kinds.items() if name in (TOTAL, OWN, *others)}
        names, score = self.known("scores"), self.read("scores", "score", one_of(kinds), need=True)
        values = self.read("scores", "value", _points, need=True)
        years = self.read("scores", "year", whole, default=self.year)
        errors = self.read("scores", "error", in_range(0))
        table, seen, found = self.table("scores"), dict[tuple[str, str, int], int](), dict[str, _Scores]()
        for row, (name, kind, value, when, error) in enumerate(zip(names, score, values, years, errors, strict=True)):
            if name is None or kind is None or value is None or when is None:
                continue
            most = full if kind in (TOTAL, OWN) else Fraction(100)
            if not 0 <= value <= most:
                shown = self.texts("scores", "value")[row]
                self.blame(table, row, "value", shown, Bad("out_of_range", f"0..{schema.decimal(most)}"))
                continue
            if (kind not in (TOTAL, OWN) and when != self.year) or when > self.year:
                self.blame(table, row, "year", str(when), Bad("out_of_range", f"{self.year}"))
                continue
            key = name, TOTAL if kind == OWN else kind, when
            if key in seen:
                shown = f"{name} {kind} {when} ({table.numbers[seen[key]]}, {table.numbers[row]})"
                self.faults.append(table.fault("duplicate_id", row, "score", shown))
                continue
            seen[key] = row
            own = found.setdefault(name, _Scores({}, {}, None, False, None))
            if kind not in (TOTAL, OWN):
                own.others[kind] = value
            elif when < self.year:
                own.earlier[when] = value
            else:
                found[name] = _Scores(own.others, own.earlier, value, kind == TOTAL, error)
        return found

    def events(self) -> dict[str, list[Happened]]:
        codes = {code: code for code in event_codes(self.instrument)}
        rows = zip(
            self.known("events"),
            self.read("events", "code", one_of(codes), need=True),
            self.read("events", "date", day, need=True),
            self.read("events", "confirmed", one_of(CONFIRMED), default=""),
            self.read("events", "note", default=""),
            strict=True,
        )
        found: dict[str, list[Happened]] = {}
        for name, code, on, confirmed, note in rows:
            if None not in (name, code, on, confirmed):
                found.setdefault(name, []).append(Happened(code, on, confirmed, note))
        return found

    def moves(self) -> Iterator[Move]:
        states = {**{code: code for code in STATES}, **{text.zh: code for code, text in STATES.items()}}
        rows = zip(
            self.known("moves"),
            self.read("moves", "to", one_of(states), need=True),
            self.read("moves", "on", day, need=True),
            self.read("moves", "reason", need=True, default=""),
            self.read("moves", "clause", need=True, default=""),
            self.table("moves").numbers,
            strict=True,
        )
        for row in rows:
            if None not in row:
                yield Move(*row)

    def notices(self) -> Iterator[Notice]:
        rows = zip(
            self.known("notices"),
            self.read("notices", "first", day, need=True),
            self.read("notices", "last", day, need=True),
            self.read("notices", "clause", default=""),
            self.table("notices").numbers,
            strict=True,
        )
        for row in rows:
            if None not in row:
                yield Notice(*row)

    def objections(self) -> Iterator[Objection]:
        outcomes = {**{code: code for code in OUTCOMES}, **{text.zh: code for code, text in OUTCOMES.items()}}
        rows = zip(
            self.read("objections", "number", need=True),
            self.known("objections"),
            self.read("objections", "raised_on", day, need=True),
            self.read("objections", "matter", need=True),
            self.read("objections", "answered_on", day),
            self.read("objections", "outcome", one_of(outcomes)),
            self.read("objections", "answer", default=""),
            self.table("objections").numbers,
            strict=True,
        )
        for row in rows:
            if None not in row[:4]:
                yield Objection(*row)


def _points(text: str) -> Fraction:
    """Read points; a per cent is refused, as in the settings: of which full marks stands nowhere."""
    found = None if text.endswith(("%", "％")) else schema.parse_number(text)
    if found is None:
        raise Bad("bad_number", "85  92.5")
    return found


@dataclass(frozen=True)
class _Scores:
    """The scores of one candidate: of other assessments, of earlier years, and its own of this year."""

    others: dict[str, Fraction]
    earlier: dict[int, Fraction]
    value: Fraction | None
    whole: bool
    error: Fraction | None


def _counts(file: Path) -> bool:
    """Whether a file is one of the round: not hidden, and not the lock of an open workbook."""
    return file.is_file() and not file.name.startswith((".", "~$"))


def _hash(path: Path) -> str:
    """Return the SHA-256 of the files of a round, by name."""
    kinds = (".csv", ".yaml", ".xlsx", ".xlsm")
    files = (file for file in sorted(path.iterdir()) if file.suffix.lower() in kinds and _counts(file))
    parts = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
