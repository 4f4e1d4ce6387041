"""Reading tables into typed columns: every cell is read or reported, and nothing is repaired."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from evalsys.cells import Cells, column_of, days_of
from evalsys.faults import Fault
from evalsys.fields import (
    CONFIRMED,
    READY,
    STATUSES,
    Bad,
    day,
    degrees,
    in_range,
    list_of_names,
    month,
    near,
    one_of,
    registered,
    respondent,
    target,
    week,
)
from evalsys.instrument import Instrument
from evalsys.instrument_after import event_codes
from evalsys.prerequisites import circles, contradictions
from evalsys.settings import Settings
from evalsys.tables import Table

__all__ = ["Reading"]


class Reading(Cells):
    """The reading of one assessment's tables; all faults go to one list.

    Parameters
    ----------
    instrument : Instrument
    settings : Settings
    tables : mapping of name to Table
        Those that the assessment has.
    faults : list of Fault
        Receives every fault.
    office : Instrument, optional
        The one whose deadlines, ladders and calendar the office works by, where it is another.
    """

    def __init__(
        self,
        instrument: Instrument,
        settings: Settings,
        tables: Mapping[str, Table],
        faults: list[Fault],
        office: Instrument | None = None,
    ) -> None:
        super().__init__(tables, faults)
        self.instrument, self.settings = instrument, settings
        self.office = office or instrument
        self.blank_round = settings.round  # where a row names none
        self.units = self.register("units", "unit")
        self.areas = self.register("areas", "area")

    def register(self, name: str, column: str) -> tuple[str, ...]:
        """Read a register of names."""
        values = self.read(name, column, need=True)
        self.unique(name, column, values)
        return tuple(value for value in values if value is not None)

    def leads(self, place: int) -> tuple[str, ...]:
        """Return the names of the units that answer for a standard."""
        standard = self.instrument.nodes[place].standard if place >= 0 else None
        return tuple(self.instrument.units[unit].zh for unit in standard.lead) if standard else ()

    # -- the smaller tables

    def sites(self) -> pd.DataFrame:
        """Read the sites, sorted by their id, so that the order of the file changes nothing."""
        site_types = self.instrument.site_types
        types = {**{text.zh: name for name, text in site_types.items()}, **{name: name for name in site_types}}
        ids = self.read("sites", "site_id", need=True)
        self.unique("sites", "site_id", ids)
        out = pd.DataFrame({"site_id": column_of(ids)})
        out["site_type"] = column_of(self.read("sites", "site_type", one_of(types), need=True))
        out["name"] = column_of(self.read("sites", "name", need=True))
        out["area"] = column_of(self.read("sites", "area", registered(self.areas)))
        out["units"] = column_of(self.read("sites", "units", list_of_names(registered(self.units)), default=()))
        for column, limit in (("latitude", 90), ("longitude", 180)):
            out[column] = np.array(self.read("sites", column, degrees(limit)), dtype=float)
        for column in ("post", "cell"):
            out[column] = column_of(self.read("sites", column, default=""))
        return out.sort_values("site_id", kind="stable", ignore_index=True)

    def responses(self) -> pd.DataFrame:
        """Read the answers of the survey; an empty answer is no answer."""
        table = self.table("responses")
        questions = {
            question.id: (code, question)
            for code, node in self.instrument.standards.items()
            for question in (node.standard.questions if node.standard else ())
        }
        asked = self.read("responses", "question", one_of({name: name for name in questions}), need=True)
        people = self.read("responses", "respondent", respondent, need=True)
        answers = self.read("responses", "answer", default="")
        satisfied = []
        for row, (name, answer) in enumerate(zip(asked, answers, strict=True)):
            options = questions[name][1].options if name else ()
            if name and answer and answer not in options:
                bad = Bad("bad_value", " ".join(options), near(answer, options))
                self.blame(table, row, "answer", answer, bad)
            satisfied.append(bool(name and answer in questions[name][1].satisfied))
        pairs = [f"{person} {name}" if person and name else None for person, name in zip(people, asked, strict=True)]
        self.unique("responses", "respondent", pairs)
        return pd.DataFrame(
            {
                "respondent": column_of(people),
                "question": column_of(asked),
                "answer": column_of(answers),
                "stratum": column_of(self.read("responses", "stratum", default="")),
                "weight": column_of(self.read("responses", "weight", in_range(0, above=True), default=Fraction(1))),
                "satisfied": column_of(satisfied),
                "standard": column_of(questions[name][0] if name else None for name in asked),
            }
        )

    def materials(self) -> pd.DataFrame:
        """Read the register of documents; one without a status is not yet assessed."""
        known = {
            material.id: material.id
            for node in self.instrument.standards.values()
            for material in (node.standard.materials if node.standard else ())
        }
        names = self.read("materials", "material", one_of(known), need=True)
        self.unique("materials", "material", names)
        statuses = {**STATUSES, **{status: status for status in STATUSES.values()}}
        found = self.read("materials", "status", one_of(statuses), default="")
        return pd.DataFrame(
            {
                "material": column_of(names),
                "status": column_of(found),
                "due": days_of(self.read("materials", "due", day)),
                "unit": column_of(self.read("materials", "unit", registered(self.units))),
                "ready": column_of(status in READY for status in found),
                "month": column_of(self.read("materials", "month", month, default="")),
                "drafted_on": days_of(self.read("materials", "drafted_on", day)),
                "reviewed_on": days_of(self.read("materials", "reviewed_on", day)),
                "reviewer": column_of(self.read("materials", "reviewer", default="")),
                "approved_on": days_of(self.read("materials", "approved_on", day)),
                "closed_on": days_of(self.read("materials", "closed_on", day)),
            }
        )

    def events(self) -> pd.DataFrame:
        """Read the events that the instrument, or the one whose ladders the office climbs, knows."""
        codes = {code: code for found in (self.instrument, self.office) for code in event_codes(found)}
        return pd.DataFrame(
            {
                "code": column_of(self.read("events", "code", one_of(codes), need=True)),
                "date": days_of(self.read("events", "date", day, need=True)),
                "unit": column_of(self.read("events", "unit", registered(self.units), default="")),
                "confirmed": column_of(self.read("events", "confirmed", one_of(CONFIRMED), default="")),
                "note": column_of(self.read("events", "note", default="")),
            }
        )

    def fixes(self, sites: pd.DataFrame) -> pd.DataFrame:
        """Read the fixes that could be made."""
        instrument = self.instrument
        targets = target(set(instrument.standards), set(sites["site_id"]) - {None}, set(instrument.site_types))
        ids = self.read("fixes", "fix_id", need=True)
        levels = self.read("fixes", "level", default="")
        pairs = [f"{fix} {level}".strip() if fix else None for fix, level in zip(ids, levels, strict=True)]
        self.unique("fixes", "fix_id", pairs)
        others = list_of_names(one_of({fix: fix for fix in ids if fix}))
        out = pd.DataFrame({"fix_id": column_of(ids), "level": column_of(levels)})
        out["name"] = column_of(self.read("fixes", "name", default=""))
        out["targets"] = column_of(self.read("fixes", "targets", targets, need=True, default=()))
        out["after"] = column_of(self.read("fixes", "after", in_range(0, 1)))
        for column in ("cost", "crew_days", "calendar_days"):
            out[column] = column_of(self.read("fixes", column, in_range(0)))
        out["unit"] = column_of(self.read("fixes", "unit", registered(self.units)))
        for column in ("needs", "excludes"):
            out[column] = column_of(self.read("fixes", column, others, default=()))
        self.together(out)
        return out

    def together(self, fixes: pd.DataFrame) -> None:
        """Report what fixes say of each other that cannot hold; what stands in bad cells is no matter here."""
        table, first = self.table("fixes"), dict[str, int]()
        for row, fix in enumerate(fixes["fix_id"]):
            if fix:
                first.setdefault(fix, row)
        rows = {column: fixes[column].tolist() for column in ("fix_id", "needs", "excludes")}
        for column in ("needs", "excludes"):  # they belong to the fix, whatever its level
            for row, (fix, names) in enumerate(zip(rows["fix_id"], rows[column], strict=True)):
                meant = rows[column][first[fix]] if fix else None
                if fix and names is not None and meant is not None and set(names) != set(meant):
                    self.faults.append(table.fault("levels_differ", row, column, ";".join(names), ";".join(meant)))
        needs, excludes = (
            {fix: rows[column][row] or () for fix, row in first.items()} for column in ("needs", "excludes")
        )
        for circle in circles(needs):
            self.faults.append(
                table.fault("circle_of_needs", first[circle[0]], "needs", " → ".join([*circle, circle[0]]))
            )
        for fix, one, other in contradictions(needs, excludes):
            self.faults.append(table.fault("needs_exclude", first[fix], "needs", f"{one} × {other}"))
        for fix, names in excludes.items():
            if fix in names:
                self.faults.append(table.fault("excludes_itself", first[fix], "excludes", fix))

    def capacity(self) -> pd.DataFrame:
        """Read the crew-days that each unit has in each week.

        Without a register a unit must be one that does fixes: under another name its crews would limit nothing.
        """
        known = self.units or tuple(dict.fromkeys(filter(None, self.texts("fixes", "unit"))))
        units = self.read("capacity", "unit", registered(known), need=True)
        weeks = self.read("capacity", "week", week, need=True)
        self.unique("capacity", "week", [f"{u} {w}" if u and w else None for u, w in zip(units, weeks, strict=True)])
        days = self.read("capacity", "crew_days", in_range(0), need=True)
        return pd.DataFrame({"unit": column_of(units), "week": column_of(weeks), "crew_days": column_of(days)})

    def projects(self, fixes: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
        """Read the ledger of projects; without a table of fixes a finding is the fix, by the id of its observation."""
        known = [fix for fix in (fixes["fix_id"] if len(fixes) else observations["observation_id"]) if fix]
        ids = self.read("projects", "project_id", need=True)
        self.unique("projects", "project_id", ids)
        out = pd.DataFrame({"project_id": column_of(ids)})
        out["name"] = column_of(self.read("projects", "name", default=""))
        fixes_of = list_of_names(one_of({fix: fix for fix in known}))
        out["fixes"] = column_of(self.read("projects", "fixes", fixes_of, need=True))
        out["month"] = column_of(self.read("projects", "month", month, need=True))
        for column in ("cost", "spent"):
            out[column] = column_of(self.read("projects", column, in_range(0)))
        out["done_on"] = days_of(self.read("projects", "done_on", day))
        out["unit"] = column_of(self.read("projects", "unit", registered(self.units)))
        out["note"] = column_of(self.read("projects", "note", default=""))
        return out
