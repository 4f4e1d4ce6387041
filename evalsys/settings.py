"""What ``assessment.yaml``, or the settings sheet of a workbook, says of an assessment."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from evalsys import schema
from evalsys.faults import Fault
from evalsys.fields import DRAW_AREAS, SCORES, named
from evalsys.forecast_settings import (
    SHEET_NAMES,
    ForecastSettings,
    SheetRow,
    either_language,
    forecast_of,
    read_forecast,
    sheet_forecast,
    sheet_key,
)
from evalsys.instrument import STANDINGS, Instrument, PassMark
from evalsys.language import Lang, Text
from evalsys.schema import Record, Spot, keyed, list_of, one_or_more, pair, record, string
from evalsys.tables import Grid, Table

__all__ = [
    "SETTING_NAMES",
    "CycleYears",
    "LedgerSettings",
    "PlanSettings",
    "Published",
    "Settings",
    "mark_in_points",
    "mark_problem",
    "read_draw",
    "read_file",
    "settings_of",
    "sheet_content",
]


@dataclass(frozen=True)
class Published:
    """A result that somebody published for the same evidence, to compare with.

    Attributes
    ----------
    label : Text
        Who published it.
    won, of : Fraction
        Points won, of how many.
    left_out : tuple of (tuple of str, Text)
        What the published result does not contain: node codes and the reason.
    note : Text, optional
    """

    label: Text
    won: Fraction
    of: Fraction
    left_out: tuple[tuple[tuple[str, ...], Text], ...]
    note: Text | None = None


@dataclass(frozen=True)
class PlanSettings:
    """What holds for a plan of fixes unless one says otherwise when asking for it.

    Attributes
    ----------
    budget : Fraction or None
        In the unit of cost that the table of fixes uses; None: no limit.
    start : date or None
        First day of work; None: the day after the last dated observation.
    deadline : date or None
        Last day of work, as stated; :meth:`Settings.last_day_of_work` tells the one that holds.
    spare_days : int
        Days between the end of the work and the inspection that are kept free, to review what was done.
    chance : Fraction or None
        Wanted chance to pass, above 0 and below 1.
    """

    budget: Fraction | None = None
    start: datetime.date | None = None
    deadline: datetime.date | None = None
    spare_days: int = 0
    chance: Fraction | None = None


@dataclass(frozen=True)
class CycleYears:
    """Years whose weighted sum decides, by the shares of the instrument.

    Attributes
    ----------
    first_year : int
        The year of the first share.
    year : int
        The year that is assessed.
    earlier : mapping of int to Fraction
        Scores of the years before, in points of the full marks.
    wanted : Fraction or None
        The total that is wanted, in points of the full marks; None: the pass mark.
    """

    first_year: int
    year: int
    earlier: Mapping[int, Fraction]
    wanted: Fraction | None = None


@dataclass(frozen=True)
class LedgerSettings:
    """How the office keeps its ledgers, where it differs from what the instrument lays down.

    Attributes
    ----------
    rules : str or None
        Id of the instrument whose deadlines, ladders and calendar hold; None: the assessment's own.
    days : int or None
        Days from finding to rectification.
    undated : date or None
        The day on which observations without a date were made.
    materials_by : int or None
        Day of the month by which a month's materials are due.
    """

    rules: str | None = None
    days: int | None = None
    undated: datetime.date | None = None
    materials_by: int | None = None


@dataclass(frozen=True)
class Settings:
    """What ``assessment.yaml`` says.

    Attributes
    ----------
    place, round : str
        The place that is assessed, and the round whose rows count.
    pass_mark : PassMark, optional
        In points.
    complete_frame : bool
        Whether the table of sites lists every site of the place.
    draw : tuple of mapping
        ``site_type, sites, area, population, population_source, must_visit`` of each part of the coming draw;
        `sites` is None for a type that is not drawn although the instrument draws it.
    forecast : ForecastSettings
        Parameters of the forecast.
    plan : PlanSettings
        Limits of a plan of fixes.
    standing : str or None
        One of :data:`evalsys.instrument.STANDINGS`; None where nothing is said.
    applied_on : date or None
        Day of the application, from which an applicant's events are counted back.
    scores : mapping of str to Fraction
        Scores of other assessments, out of 100, by the names that the instrument uses: 'minors', 'self'.
    cycle : CycleYears or None
    ledger : LedgerSettings
    source, source_note
        Registered document that the evidence comes from, and what to know of it.
    """

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
    forecast: ForecastSettings = field(default_factory=ForecastSettings)
    plan: PlanSettings = field(default_factory=PlanSettings)
    standing: str | None = None
    applied_on: datetime.date | None = None
    scores: Mapping[str, Fraction] = field(default_factory=dict)
    cycle: CycleYears | None = None
    ledger: LedgerSettings = field(default_factory=LedgerSettings)

    @property
    def last_day_of_work(self) -> datetime.date | None:
        """The stated deadline, else the day before the inspection less the spare days; None without either.

        Examples
        --------
        >>> day = datetime.date(2026, 9, 15)
        >>> Settings("", "", inspection_date=day, plan=PlanSettings(spare_days=3)).last_day_of_work
        datetime.date(2026, 9, 11)
        """
        if self.plan.deadline is not None or self.inspection_date is None:
            return self.plan.deadline
        return self.inspection_date - datetime.timedelta(days=1 + self.plan.spare_days)


def _mark(spot: Spot, value: Any) -> Any:
    if isinstance(value, str):
        return {"value": value, "status": "assumed"}
    return record({"value": string, "status": schema.choice("official", "copy", "news", "printed", "assumed")})(
        spot, value
    )


_MORE = {
    "area": string,
    "population": schema.count,
    "population_source": either_language,
    "must_visit": list_of(string),
}
_DRAW = record({"site_type": string, "sites": schema.count}, _MORE)
_DRAW_ROW = record({"site_type": string}, {"sites": schema.count, **_MORE})  # an empty cell: not drawn
_PUBLISHED = record(
    {"label": pair, "won": schema.number, "of": schema.number},
    {"left_out": list_of(record({"standards": list_of(string), "reason": pair})), "note": pair},
)


def _chance(spot: Spot, value: Any) -> Fraction | None:
    """Read a chance that can be wanted: what is certain or impossible cannot."""
    found: Fraction | None = schema.portion(spot, value)
    if found in (0, 1):
        spot.report("out_of_range", schema.short(value), "> 0, < 1")
        return None
    return found


def _days(spot: Spot, value: Any) -> int | None:
    found: int | None = schema.integer(spot, value)
    if found is not None and found > 365:
        spot.report("out_of_range", schema.short(value), "0..365")
        return None
    return found


_PLAN = record(
    {},
    {
        "budget": schema.number,
        "start": schema.date,
        "deadline": schema.date,
        "spare_days": _days,
        "chance": _chance,
    },
)


def _placed(spot: Spot, value: Any) -> dict[str, tuple[Fraction | None, Spot]] | None:
    """Read numbers by free keys, each with its place."""
    found: dict[str, Fraction | None] | None = keyed(schema.number)(spot, value)
    return None if found is None else {key: (own, schema.spot_in(spot, value, key)) for key, own in found.items()}


def _day_of_month(spot: Spot, value: Any) -> int | None:
    found: int | None = schema.count(spot, value)
    if found is not None and found > 28:
        spot.report("out_of_range", schema.short(value), "1..28")
        return None
    return found


_LEDGER_KEYS = {"rules": string, "days": _days, "undated": schema.date, "materials_by": _day_of_month}
_LEDGER = record({}, _LEDGER_KEYS)
_CYCLE = record({"first_year": schema.count, "year": schema.count}, {"earlier": _placed, "wanted": string})
_FILE = record(
    {"instrument": string, "place": string, "round": string},
    {
        "schema": schema.choice("1"),
        "title": either_language,
        "inspection_date": schema.date,
        "pass_mark": _mark,
        "weights": string,
        "shares": one_or_more(string),
        "language": schema.choice("zh", "en"),
        "frame": schema.choice("complete", "partial"),
        "draw": list_of(_DRAW),
        "forecast": read_forecast,
        "plan": _PLAN,
        "standing": schema.choice(*STANDINGS, *(text.zh for text in STANDINGS.values())),
        "applied_on": schema.date,
        "scores": _placed,
        "cycle": _CYCLE,
        "ledger": _LEDGER,
        "published": _PUBLISHED,
        "source": record({}, {"document": string, "note": pair}),
        "notes": list_of(pair),
    },
)


def read_file(spot: Spot, content: Any) -> Record | None:
    """Check the shape of the settings; faults go to the spot."""
    found: Record | None = _FILE(spot, content)
    return found


#: Settings that hold settings; a sheet names them with a dot.
_NESTED = ("plan", "scores", "cycle", "ledger")
#: Chinese names of the settings that a workbook's sheet can hold.
SETTING_NAMES: Mapping[str, str] = {
    "测评体系": "instrument",
    "地方": "place",
    "轮次": "round",
    "标题": "title",
    "督查日期": "inspection_date",
    "目标线": "pass_mark",
    "权重文件": "weights",
    "共用事实取自": "shares",
    "语言": "language",
    "点位名单": "frame",
    "格式版本": "schema",
    "称号状态": "standing",
    "申报日期": "applied_on",
    "整改·预算": "plan.budget",
    "整改·开工日期": "plan.start",
    "整改·完成期限": "plan.deadline",
    "整改·预留天数": "plan.spare_days",
    "整改·期望达标可能": "plan.chance",
    "周期·起始年": "cycle.first_year",
    "周期·本年": "cycle.year",
    "周期·期望总分": "cycle.wanted",
    "台账·制度取自": "ledger.rules",
    "台账·整改天数": "ledger.days",
    "台账·未注日期按": "ledger.undated",
    "台账·材料每月几日前": "ledger.materials_by",
}


def sheet_content(spot: Spot, grid: Grid) -> Any:
    """Turn the settings sheet of a workbook (name, value) into what a file would give.

    A value without a name is a fault. Further columns may hold remarks; under the heading 来源 (source) they hold
    where the parameters of the forecast come from.
    """
    rows, forecast, place = [], [], None
    nested: dict[str, dict[str, tuple[Any, int, str]]] = {part: {} for part in _NESTED}
    names: dict[str, str] = {}
    for row, number in zip(grid.rows, grid.numbers, strict=True):
        name, value = row[0], row[1] if len(row) > 1 else ""
        key = SETTING_NAMES.get(name) or sheet_key(name) or name
        if name in ("key", "设置项"):
            place = next((place for place, heading in enumerate(row) if heading in ("source", "来源")), None)
        elif not name:
            Spot(spot.faults, spot.file, number).report("unknown_key", value or " ".join(row).strip())
        elif name.startswith("其他成绩·"):
            own = name.partition("·")[2]
            key = f"scores.{SCORES.get(own, own)}"
        elif re.fullmatch(r"周期·\d{4}年成绩", name):
            key = f"cycle.earlier.{name[3:7]}"
        if not key.isascii() and key != "设置项" and not key.startswith(("forecast.", "scores.")):
            known = SHEET_NAMES if name.startswith("预测") else SETTING_NAMES
            Spot(spot.faults, spot.file, number, name).unknown("unknown_key", name, list(known))
            key = ""
        if key.startswith("forecast."):
            source = row[place] if place is not None and place < len(row) else ""
            forecast.append(SheetRow(key, name, value, source, number))
            key = ""
        elif key.partition(".")[0] in nested and "." in key:
            part, _, own = key.partition(".")
            if own in nested[part]:
                Spot(spot.faults, spot.file, number, name).report("duplicate_key", key)
            elif value:
                nested[part][own] = value, number, name
            key = ""
        rows.append([key, value])
        names[key] = name
    found = schema.flat_map(spot, (rows, grid.numbers))
    found.names = names
    said = sheet_forecast(spot, forecast)
    if said is not None and "forecast" not in found:
        found["forecast"], found.lines["forecast"] = said, forecast[0].number
    for part, cells in nested.items():
        if cells and part not in found:
            found[part], found.lines[part] = _nest(cells), min(row for _, row, _ in cells.values())
    return found


def _nest(cells: Mapping[str, tuple[Any, int, str]]) -> Any:
    """Turn cells by key into a map; ``earlier.2015`` is a key of the map ``earlier`` in it."""
    inner: dict[str, dict[str, tuple[Any, int, str]]] = {}
    outer = dict(cells)
    for key, (_, row, name) in cells.items():
        part, _, own = key.partition(".")
        if own:
            inner.setdefault(part, {})[own] = outer.pop(key)
            outer[part] = None, row, name
    return schema.mapped({**outer, **{k: (schema.mapped(v), outer[k][1], outer[k][2]) for k, v in inner.items()}})


def read_draw(file: Record, table: Table) -> None:
    """Put the draw that stands in a table into the settings, as if their file had it; faults go to the table.

    A row without `sites` is not drawn, and may only name no site that is visited for certain.
    """
    faults = file.spot.faults
    if "draw" in file.spots:
        faults.append(Fault("duplicate_table", table.file, value=f"draw: {file.spot.file}"))
        return
    rows = []
    for cells, number in zip(table.rows, table.numbers, strict=True):
        held: dict[str, Any] = {column: cell for column, cell in zip(table.columns, cells, strict=True) if cell}
        held.setdefault("site_type", None)
        if "must_visit" in held:
            sites = [(site.strip(), number) for site in re.split("[;；、]", held["must_visit"]) if site.strip()]
            held["must_visit"] = schema.listed(sites)
            held.setdefault("sites", None)
        named_cells = {key: (value, number, table.headings.get(key, key)) for key, value in held.items()}
        rows.append((schema.mapped(named_cells), number))
    file["draw"] = list_of(_DRAW_ROW)(Spot(faults, table.file), schema.listed(rows))


def mark_in_points(text: str, full: Fraction) -> Fraction | None:
    """Return a pass mark in points of the full marks; None if it is no number or lies outside the scale.

    Examples
    --------
    >>> mark_in_points("85%", Fraction(39)), mark_in_points("33.15", Fraction(39)), mark_in_points("40", Fraction(39))
    (Fraction(663, 20), Fraction(663, 20), None)
    """
    value = schema.parse_number(text)
    if value is None:
        return None
    value = value * full if text.rstrip().endswith(("%", "％")) else value
    return value if 0 <= value <= full else None


def mark_problem(text: str) -> str:
    """Return what is wrong with a pass mark that :func:`mark_in_points` does not take."""
    return "bad_number" if schema.parse_number(text) is None else "out_of_range"


def settings_of(file: Record, instrument: Instrument) -> Settings:
    """Check the settings against the instrument; faults go to the places of the file."""
    source, frame = file["source"], file["frame"]
    if source and source["document"] and source["document"] not in instrument.documents:
        source.at("document").unknown("unknown_document", source["document"], list(instrument.documents))
    _name_draw(file, instrument)
    return Settings(
        place=file["place"] or "",
        round=file["round"] or "",
        title=file["title"],
        inspection_date=file["inspection_date"],
        pass_mark=_pass_mark(file, instrument.full_marks),
        language=file["language"],
        complete_frame=frame == "complete",
        draw=tuple(map(dict, file["draw"] or [])),
        published=_published(file["published"], instrument),
        source=source and source["document"],
        source_note=source and source["note"],
        notes=tuple(file["notes"] or ()),
        forecast=forecast_of(
            file["forecast"],
            instrument,
            drawn=_drawn(file["draw"] or [], instrument),
            dated="inspection_date" in file.spots,
        ),
        plan=_plan(file["plan"], file["inspection_date"]),
        standing=next((name for name, text in STANDINGS.items() if file["standing"] in (name, text.zh)), None),
        applied_on=file["applied_on"],
        scores=_scores(file, instrument),
        cycle=_cycle(file["cycle"], instrument),
        ledger=LedgerSettings(**{key: file["ledger"][key] for key in _LEDGER_KEYS} if file["ledger"] else {}),
    )


def _scores(file: Record, instrument: Instrument) -> Mapping[str, Fraction]:
    """Check that the instrument knows each score, and that it is one out of 100."""
    known = [*dict.fromkeys([*(j.of for j in instrument.joined), *(g.of for g in instrument.gates if g.of != "total")])]
    found: dict[str, tuple[Fraction | None, Spot]] = file["scores"] or {}
    for name, (value, here) in found.items():
        if name not in known:
            here.unknown("unknown_name", name, known)
        elif value is not None and value > 100:
            here.report("out_of_range", schema.decimal(value), "0..100")
    return {name: value for name, (value, _) in found.items() if value is not None}


def _cycle(found: Record | None, instrument: Instrument) -> CycleYears | None:
    """Check the years against the shares of the instrument."""
    if found is None:
        return None
    full = instrument.full_marks
    shares = next((m.shares for m in instrument.mechanisms if m.kind == "cycle" and m.shares), ())
    if not shares:
        found.spot.report("no_cycle")
        return None
    first, year = found["first_year"], found["year"]
    earlier: dict[str, tuple[Fraction | None, Spot]] = found["earlier"] or {}
    if first is None or year is None:
        return None
    if not first <= year < first + len(shares):
        found.at("year").report("out_of_range", str(year), f"{first}..{first + len(shares) - 1}")
    scores: dict[int, Fraction] = {}
    for key, (value, here) in earlier.items():
        if not (key.isascii() and key.isdigit() and first <= int(key) < year):
            here.report("unknown_key", key, " ".join(map(str, range(first, year))))
        elif value is not None and value > full:
            here.report("out_of_range", schema.decimal(value), f"0..{schema.decimal(full)}")
        elif value is not None:
            scores[int(key)] = value
    wanted = None if found["wanted"] is None else mark_in_points(found["wanted"], full)
    if found["wanted"] is not None and wanted is None:
        found.at("wanted").report(mark_problem(found["wanted"]), found["wanted"], f"0..{schema.decimal(full)}  85%")
    return CycleYears(first, year, scores, wanted)


def _plan(found: Record | None, inspection: datetime.date | None) -> PlanSettings:
    """Check the limits of a plan against the day of the inspection and each other."""
    if found is None:
        return PlanSettings()
    start, deadline, spare = found["start"], found["deadline"], found["spare_days"]
    for key in ("start", "deadline"):
        if inspection is not None and found[key] is not None and found[key] >= inspection:
            found.at(key).report("not_before_inspection", str(found[key]), f"< {inspection}")
    if start is not None and deadline is not None and deadline < start:
        found.at("deadline").report("deadline_passed", str(deadline), f">= {start}")
    if spare is not None and deadline is not None:
        found.at("spare_days").report("no_effect", str(spare))
    elif spare is not None and inspection is None:
        found.at("spare_days").report("needs_inspection_date", str(spare), "inspection_date: 2016-08-15")
    elif spare and start is not None and start < inspection <= start + datetime.timedelta(days=spare):
        found.at("spare_days").report("deadline_passed", str(spare), f"<= {(inspection - start).days - 1}")
    return PlanSettings(found["budget"], start, deadline, spare or 0, found["chance"])


def _drawn(own: Sequence[Record], instrument: Instrument) -> bool:
    """Whether any type is drawn, by the settings or, where they do not name it, by the instrument."""
    named_types = {item["site_type"] for item in own}
    theirs = any(item.site_type not in named_types for item in instrument.draw)
    return theirs or any("sites" in item.spots for item in own)


def _name_draw(file: Record, instrument: Instrument) -> None:
    """Put ids in the place of names of types, and leave out rows that are not drawn anyway."""
    ids, names = list(instrument.site_types), [text.zh for text in instrument.site_types.values()]
    known = named(ids, names)
    drawn = {item.site_type for item in instrument.draw}
    for item in file["draw"] or []:
        site_type = item["site_type"]
        if site_type and site_type not in known:
            item.at("site_type").unknown("unknown_name", site_type, ids if site_type.isascii() else names)
        item["site_type"] = known.get(site_type, site_type)
        item["area"] = DRAW_AREAS.get(item["area"], item["area"])
    if file["draw"]:
        file["draw"] = [item for item in file["draw"] if "sites" in item.spots or item["site_type"] in drawn]


def _pass_mark(file: Record, full: Fraction) -> PassMark | None:
    found = file["pass_mark"]
    if found is None or found["value"] is None:
        return None
    value = mark_in_points(found["value"], full)
    if value is None:
        file.at("pass_mark").report(mark_problem(found["value"]), found["value"], f"0..{schema.decimal(full)}  85%")
        return None
    return PassMark(value, found["status"] or "assumed", "assessment")


def _published(found: Record | None, instrument: Instrument) -> Published | None:
    if found is None:
        return None
    left = []
    for item in found["left_out"] or []:
        for code in item["standards"] or []:
            if code not in instrument.places:
                item.at("standards").unknown("unknown_code", code, list(instrument.places))
        left.append((tuple(item["standards"] or ()), item["reason"]))
    return Published(found["label"], found["won"], found["of"], tuple(left), found["note"])
