"""Which sites the coming inspection may draw: by type and area, how many there are, and where that is known from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pandas as pd

from evalsys.assessment import Assessment
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import named
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.schema import Record
from evalsys.settings import Settings

__all__ = ["Stratum", "by_id", "check_draw", "forecast_faults", "populations"]


@dataclass(frozen=True)
class Stratum:
    """Sites of one type, of one area or of the whole place, of which some are drawn without replacement.

    Attributes
    ----------
    site_type : str
    area : str or None
        None for the whole place; and, where each area is drawn from, for the listed sites that name no area.
    drawn : int
        From 1 to `population`.
    sites : tuple of int
        Rows of the listed ones in ``Assessment.sites``, in order.
    population : int
        How many there are, listed or not.
    must_visit : tuple of int
        Rows of those that are visited for certain, part of the `drawn`.
    status : {'complete', 'given', 'assumed'}
        Why there are that many: every site is listed; the settings say so; nobody said, so those listed.
    source : Text or None
        Where a number that is given comes from.
    """

    site_type: str
    area: str | None
    drawn: int
    sites: tuple[int, ...]
    population: int
    must_visit: tuple[int, ...]
    status: str
    source: Text | None

    @property
    def unlisted(self) -> int:
        """How many sites nobody listed."""
        return self.population - len(self.sites)

    @property
    def assumed(self) -> bool:
        """Whether the population rests on no source: taken from a partial list, or given without one."""
        return self.status == "assumed" or (self.status == "given" and self.source is None)

    @property
    def basis(self) -> Text:
        """Where the population comes from, in words."""
        if self.status == "given" and self.source is not None:
            return self.source
        return _BASIS[self.status]


_BASIS = {
    "complete": Text("点位名单完整", "the list of sites is complete"),
    "given": Text("总数为给定值，未注明来源（假定）", "stated without a source (assumed)"),
    "assumed": Text("名单不全、总数不详，按列出的点位数计（假定）", "not known; taken as the sites listed (assumed)"),
}


class _Entry(NamedTuple):
    """One entry of a draw: `place` in the settings, -1 for one of the instrument's; `sites` None for all."""

    place: int
    site_type: str
    area: str
    sites: int | None
    population: int | None = None
    source: Text | None = None
    must_visit: tuple[str, ...] = ()


class _Problem(NamedTuple):
    entry: _Entry
    key: str
    problem: str
    value: str
    allowed: str = ""
    near: str = ""


@dataclass(frozen=True)
class _Listed:
    """What is listed: ids, types and areas of the sites row by row, and the registered areas.

    `sure` is False where the table has faults, so that a site may be there that could not be read.
    """

    ids: Sequence[str | None]
    types: Sequence[str | None]
    areas: Sequence[str | None]
    register: Sequence[str]
    complete: bool
    sure: bool = True

    def groups(self, entry: _Entry) -> list[tuple[str | None, tuple[int, ...]]]:
        """Return the areas that an entry draws from, each with the rows of its listed sites."""
        rows = [row for row, site_type in enumerate(self.types) if site_type == entry.site_type]
        if entry.area == "none":
            return [(None, tuple(rows))]
        held: dict[str | None, list[int]] = {}
        for row in rows:
            held.setdefault(self.areas[row], []).append(row)
        if entry.area != "each":
            return [(entry.area, tuple(held.get(entry.area, ())))]
        if not held and entry.population is not None:
            return [(area, ()) for area in self.register]
        return [(area, tuple(held[area])) for area in sorted(held, key=lambda area: (area is None, area or ""))]


def _entries(settings: Settings, instrument: Instrument) -> list[_Entry]:
    """Return the draw: the assessment's, and the instrument's for types that the assessment does not name."""
    own = [
        _Entry(
            place,
            item["site_type"],
            item["area"] or "none",
            item["sites"],
            item["population"],
            item["population_source"],
            tuple(item["must_visit"] or ()),
        )
        for place, item in enumerate(settings.draw)
        if item["site_type"] in instrument.site_types and item["sites"] is not None
    ]
    named = {item["site_type"] for item in settings.draw}
    theirs = [_Entry(-1, item.site_type, "none", item.sites) for item in instrument.draw if item.site_type not in named]
    return [*own, *theirs]


# ---------------------------------------------------------------------------------------------------- the strata


def populations(assessment: Assessment) -> tuple[Stratum, ...]:
    """Return the strata of the coming draw, those of the settings first; empty where no draw is stated.

    Sites of a type that the draw does not name are not drawn: an inspection visits those that are listed.

    Raises
    ------
    InputFaults
        Where the instrument's own draw does not fit the sites, as :func:`forecast_faults` says.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> first = populations(read_assessment("data/wujiang-2016"))[0]
    >>> first.site_type, first.drawn, len(first.sites), first.population, first.status
    ('main-road', 2, 2, 20, 'given')
    """
    listed, entries = _listed(assessment), _entries(assessment.settings, assessment.instrument)
    faults = [_fault(assessment, found) for found in _problems(entries, listed)]
    if faults:
        raise InputFaults(faults)
    return tuple(stratum for entry in entries for stratum in _strata(entry, listed))


def _listed(assessment: Assessment) -> _Listed:
    return _listed_in(assessment.sites, assessment.areas, assessment.settings)


def _listed_in(sites: pd.DataFrame, areas: Sequence[str], settings: Settings, sure: bool = True) -> _Listed:
    ids, types, held = (sites[name].tolist() for name in ("site_id", "site_type", "area"))
    return _Listed(ids, types, held, areas, settings.complete_frame, sure)


def _strata(entry: _Entry, listed: _Listed) -> Iterator[Stratum]:
    for area, rows in listed.groups(entry):
        population = len(rows) if entry.population is None else entry.population
        status = "complete" if listed.complete else "assumed" if entry.population is None else "given"
        yield Stratum(
            site_type=entry.site_type,
            area=area,
            drawn=population if entry.sites is None else entry.sites,
            sites=rows,
            population=population,
            must_visit=tuple(row for row in rows if listed.ids[row] in entry.must_visit),
            status=status,
            source=entry.source if status == "given" else None,
        )


# ----------------------------------------------------------------------------------------------- what does not fit


def by_id(settings: Settings, sites: pd.DataFrame) -> Settings:
    """Return the settings with the ids of the sites that the draw visits for certain; a name is that of one site."""
    known = _named(sites)

    def ids(item: Mapping[str, Any]) -> dict[str, Any]:
        names = item["must_visit"]
        return {**item, "must_visit": None if names is None else [known.get(name, name) for name in names]}

    return replace(settings, draw=tuple(map(ids, settings.draw)))


def _named(sites: pd.DataFrame) -> dict[str, str]:
    pairs = [(id_, name or "") for id_, name in zip(sites["site_id"], sites["name"], strict=True) if id_ is not None]
    return named([id_ for id_, _ in pairs], [name for _, name in pairs])


def check_draw(
    file: Record, settings: Settings, instrument: Instrument, sites: pd.DataFrame, areas: Sequence[str], sure: bool
) -> None:
    """Check the draw of the settings against the sites and areas; faults go to the places of the file.

    Parameters
    ----------
    file : Record
        The settings as they were read.
    settings : Settings
        The same, with the ids of the sites, as :func:`by_id` gives them.
    sites : DataFrame
        As :meth:`evalsys.reading.Reading.sites` returns it.
    areas : sequence of str
        The registered ones; empty without a register.
    sure : bool
        Whether all sites could be read; otherwise nothing is said about too few of them.
    """
    listed = _listed_in(sites, areas, settings, sure)
    known = {site for site in listed.ids if site is not None}
    for item, own in zip(file["draw"] or [], settings.draw, strict=True):
        for site in own["must_visit"] or []:
            if site not in known:
                names = known if site.isascii() else {*_named(sites)} - known
                item.at("must_visit").unknown("unknown_name", site, sorted(names))
        if areas and item["area"] not in (None, "none", "each", *areas):
            item.at("area").unknown("unknown_name", item["area"], ["none", "each", *areas])
    entries = [entry for entry in _entries(settings, instrument) if entry.place >= 0]
    entries = [entry for entry in entries if not areas or entry.area in ("none", "each", *areas)]
    for found in _problems(entries, listed):
        spot = file["draw"][found.entry.place].at(found.key)
        spot.report(found.problem, found.value, found.allowed, found.near)


def _problems(entries: Sequence[_Entry], listed: _Listed) -> Iterator[_Problem]:
    yield from _overlaps(entries)
    for entry in entries:
        groups = listed.groups(entry)
        if not groups and listed.sure:
            allowed = "area: none" if entry.population else ""  # the number is there, the areas are not known
            yield _Problem(entry, "site_type", "draw_without_sites", _shown(entry.site_type, entry.area), allowed)
        for area, rows in groups:
            yield from _too_few(entry, area, len(rows), listed)
        yield from _must_visit(entry, groups, listed.ids)


def _overlaps(entries: Sequence[_Entry]) -> Iterator[_Problem]:
    """One type may be drawn once from the whole place, once from each area, or from areas that differ."""
    seen: dict[str, set[str]] = {}
    for entry in entries:
        others = seen.setdefault(entry.site_type, set())
        if others and (entry.area in others or {"none", "each"} & {entry.area, *others}):
            yield _Problem(entry, "site_type", "draw_overlaps", _shown(entry.site_type, entry.area))
        others.add(entry.area)


def _too_few(entry: _Entry, area: str | None, count: int, listed: _Listed) -> Iterator[_Problem]:
    """Compare what is drawn, how many there are, and how many of them are listed."""
    stated, drawn = entry.population, entry.sites
    if stated is not None and stated < count:
        yield _Problem(entry, "population", "population_below_listed", _shown(stated, area), f">= {count}")
    elif stated is not None and listed.complete and stated > count and listed.sure:
        yield _Problem(entry, "population", "population_not_listed", _shown(stated, area), str(count))
    elif stated is not None and drawn is not None and drawn > stated:
        yield _Problem(entry, "sites", "draw_exceeds_population", _shown(drawn, area), f"<= {stated}")
    elif stated is not None or not listed.sure:
        return
    elif count == 0:
        areas = sorted({area for area in listed.areas if area}) if area else []
        shown, near = _some([f"area: {name}" for name in areas]), nearest(area or "", areas)
        yield _Problem(entry, "site_type", "draw_without_sites", _shown(entry.site_type, area), shown, near)
    elif drawn is not None and drawn > count:
        problem = "draw_exceeds_population" if listed.complete else "draw_exceeds_listed"
        yield _Problem(entry, "sites", problem, _shown(drawn, area), f"<= {count}")


def _must_visit(
    entry: _Entry, groups: Sequence[tuple[str | None, tuple[int, ...]]], ids: Sequence[str | None]
) -> Iterator[_Problem]:
    """Sites that are visited for certain are of the type and area, named once, and no more than are drawn."""
    inside = [id_ for _, rows in groups for id_ in (ids[row] for row in rows) if id_ is not None]
    for site, times in Counter(entry.must_visit).items():
        if times > 1:
            yield _Problem(entry, "must_visit", "named_twice", site)
        if site in ids and site not in inside:
            yield _Problem(entry, "must_visit", "must_visit_elsewhere", site, _some(inside))
    for area, rows in groups:
        count = sum(ids[row] in entry.must_visit for row in rows)
        if entry.sites is not None and count > entry.sites:
            yield _Problem(entry, "must_visit", "must_visit_exceeds", _shown(count, area), f"<= {entry.sites}")


def _shown(value: object, area: str | None) -> str:
    return f"{value} ({area})" if area not in (None, "none") else str(value)


def _some(names: Sequence[str]) -> str:
    return " ".join(names[:12]) + (f" ... ({len(names)})" if len(names) > 12 else "")


# ------------------------------------------------------------------------------------------ faults of a forecast only


def forecast_faults(assessment: Assessment) -> list[Fault]:
    """Return what a forecast needs and does not find, though the mock score can do without.

    These are questions of a survey without answers, while the survey part is on: where other questions of the
    standard were answered, or where the settings say how many people the coming survey asks and nothing else tells
    how they would answer; and a draw of the instrument's own that does not fit the sites, while the draw is on.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> forecast_faults(read_assessment("data/wujiang-2016"))
    []
    """
    forecast = assessment.settings.forecast
    faults: list[Fault] = []
    if "survey" in forecast.on:
        faults += _unanswered(assessment)
    if "draw" in forecast.on:
        entries = _entries(assessment.settings, assessment.instrument)
        faults += (_fault(assessment, found) for found in _problems(entries, _listed(assessment)))
    return faults


def _unanswered(assessment: Assessment) -> Iterator[Fault]:
    """Yield the questions that a forecast of the survey needs answers to."""
    responses, observations = assessment.responses, assessment.observations
    answered = set(responses["question"][responses["answer"] != ""])
    entered = set(observations["standard"][observations["counts"] & (observations["method"] == "survey")])
    asked = assessment.settings.forecast.parameter("survey.respondents").value is not None
    for code, node in assessment.instrument.standards.items():
        questions = [question.id for question in node.standard.questions] if node.standard and node.scored else []
        open_ones = [name for name in questions if name not in answered]
        if code not in entered and (asked or len(open_ones) < len(questions)):
            for name in open_ones:
                yield Fault(
                    "question_without_answers", _file(assessment, "responses"), None, "question", f"{name} ({code})"
                )


def _fault(assessment: Assessment, found: _Problem) -> Fault:
    """Return a problem of a draw as a fault: of the settings, or of the sites where the draw is the instrument's."""
    own = found.entry.place >= 0
    file, key = _file(assessment, "assessment" if own else "sites"), found.key if own else "site_type"
    value = found.value if own or key == found.key else f"{found.entry.site_type}: {found.value}"
    return Fault(found.problem, file, None, key, value, found.allowed, found.near)


def _file(assessment: Assessment, name: str) -> str:
    """Return the file of a table as the user knows it."""
    if assessment.path.is_file():
        return f"{assessment.path.name} [{_SHEETS[name]}]"
    return f"{name}.yaml" if name == "assessment" else f"{name}.csv"


_SHEETS: Mapping[str, str] = {"assessment": "设置", "sites": "点位", "responses": "问卷"}
