"""The calendar of an assessment as text, rows and JSON: what ``evalsys ledger ASSESSMENT calendar`` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from evalsys.calendar_files import Mark, write_calendar
from evalsys.calendars import Phase, Stretch, matters_of, matters_of_unit
from evalsys.done import STATES_OF_DONE
from evalsys.dues import DUE_KINDS, CalendarLedger, Due
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing

__all__ = [
    "WHERE",
    "calendar_json",
    "calendar_text",
    "calendar_workbook",
    "due_listing",
    "phase_listing",
    "stretch_listing",
    "stretch_text",
    "undated_listing",
    "write_calendar_of",
]

#: Where days lie that are in no phase, or in several.
WHERE: Mapping[str, Text] = {
    "before": Text("首个阶段之前", "before the first phase"),
    "between": Text("不在任何阶段", "in no phase"),
    "after": Text("末个阶段之后", "after the last phase"),
    "overlap": Text("阶段重叠", "in several phases"),
}
#: Kinds of days that are everybody's.
_OF_ALL = ("work", "inspection")
_DUES = (
    Column("due", Text("期限", "due")),
    Column("kind", Text("类别", "kind")),
    Column("code", Text("编码", "code")),
    Column("what", Text("事项", "what")),
    Column("unit", Text("责任单位", "unit")),
    Column("period", Text("所属时段", "period")),
    Column("state", Text("办结情况", "state")),
    Column("late", Text("逾期天数", "days late"), "count"),
    Column("clause", Text("依据", "clause")),
)
_PHASES = (
    Column("first", Text("起", "from")),
    Column("last", Text("止", "to")),
    Column("phase", Text("阶段", "phase")),
    Column("clause", Text("依据", "clause")),
    Column("note", Text("说明", "note")),
)
_STRETCHES = (
    Column("first", Text("起", "from")),
    Column("last", Text("止", "to")),
    Column("days", Text("天数", "days"), "count"),
    Column("where", Text("情形", "where")),
    Column("phases", Text("所涉阶段", "phases")),
)
_UNDATED = (
    Column("code", Text("编码", "code")),
    Column("what", Text("事项", "what")),
    Column("rhythm", Text("时限", "when")),
    Column("wanted", Text("未能确定日期的原因", "why it has no date")),
)


def due_listing(found: CalendarLedger, lang: Lang) -> Listing:
    """Return what falls due, one row for each thing that one unit owes."""
    return Listing(_DUES, [_row(each, each.unit.say(lang), lang) for each in found.dues])


def _together(found: CalendarLedger, lang: Lang) -> Listing:
    """Return what falls due, units that stand alike with one thing in one row."""
    alike: dict[tuple[Any, ...], list[Due]] = {}
    for each in found.dues:
        key = (each.due, each.kind, each.code, each.period, each.state, each.late)
        alike.setdefault(key, []).append(each)
    comma = Text("、", ", ").say(lang)
    return Listing(
        _DUES, [_row(held[0], comma.join(each.unit.say(lang) for each in held), lang) for held in alike.values()]
    )


def _row(due: Due, units: str, lang: Lang) -> tuple[Any, ...]:
    return (
        due.due.isoformat(),
        DUE_KINDS[due.kind].say(lang),
        due.code,
        due.what.say(lang),
        units,
        due.period,
        _state(due, lang),
        due.late or None,
        due.clause,
    )


def _state(due: Due, lang: Lang) -> str:
    if due.kind in _OF_ALL:  # a day, and nothing to hand in
        return ""
    return STATES_OF_DONE[due.state].say(lang)


def phase_listing(found: CalendarLedger, lang: Lang) -> Listing:
    """Return the phases of the plan, in the order of the source."""
    return Listing(_PHASES, [_phase(phase, lang) for phase in found.phases])


def _phase(phase: Phase, lang: Lang) -> tuple[str, ...]:
    own = phase.matter
    note = "" if own.note is None else own.note.say(lang)
    return phase.first.isoformat(), phase.last.isoformat(), own.text.say(lang), own.clause, note


def stretch_listing(found: CalendarLedger, lang: Lang) -> Listing:
    """Return the days that lie in no phase, or in several."""
    comma = Text("；", "; ").say(lang)
    return Listing(
        _STRETCHES,
        [
            (
                each.first.isoformat(),
                each.last.isoformat(),
                _days(each),
                WHERE[each.where].say(lang),
                comma.join(phase.matter.text.say(lang) for phase in each.phases),
            )
            for each in found.stretches
        ],
    )


def undated_listing(found: CalendarLedger, lang: Lang) -> Listing:
    """Return what cannot be dated, and why."""
    return Listing(
        _UNDATED,
        [(own.code, own.text.say(lang), own.when.text.say(lang), wanted.say(lang)) for own, wanted in found.undated],
    )


def _days(stretch: Stretch) -> int:
    return (stretch.last - stretch.first).days + 1


def stretch_text(stretch: Stretch) -> Text:
    """Return days in no phase, or in several, as one sentence without its stop.

    Examples
    --------
    >>> stretch_text(Stretch(date(2010, 5, 31), date(2010, 5, 31), (), "between")).zh
    '2010年5月31日不在任何阶段'
    """
    first, last, where = stretch.first, stretch.last, WHERE[stretch.where]
    zh, en = _zh(first), first.isoformat()
    if last > first:
        zh += f"至{_zh(last, first)}"
        en += f" to {last.isoformat()}"
    if not stretch.phases:
        return Text(f"{zh}{where.zh}" if stretch.where == "between" else f"{zh}在{where.zh}", f"{en}: {where.en}")
    names = [phase.matter.text for phase in stretch.phases]
    told = "、".join(f"“{name.zh}”" for name in names)
    return Text(f"{zh}同时属于{told}", f"{en}: {where.en} ({'; '.join(name.en for name in names)})")


def _zh(day: date, after: date | None = None) -> str:
    """Return a day in Chinese, without the year where it is that of the day before it in the sentence."""
    year = "" if after is not None and after.year == day.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def calendar_text(found: CalendarLedger, lang: Lang) -> str:
    """Return the calendar for a terminal: how much falls due and stands where, then the rows."""

    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(lang)

    first, last = found.first.isoformat(), found.last.isoformat()
    own = [each for each in found.dues if each.kind not in _OF_ALL]
    count = {key: sum(each.state == key for each in own) for key in STATES_OF_DONE}
    shown = say("、", ", ").join(
        say(f"{STATES_OF_DONE[key].zh}{number}项", f"{STATES_OF_DONE[key].en} {number}")
        for key, number in count.items()
        if number
    )
    lines = [
        say(
            f"{first} 至 {last} 应办 {len(own)} 项（按责任单位分列，截至 {found.day.isoformat()} 日终）",
            f"{first} to {last}: {len(own)} due, counted by unit (as of the end of {found.day.isoformat()})",
        )
        + (say("：", ": ") + shown if shown else "")
        + say("。", ".")
    ]
    if any(each.collective for each in found.dues):
        lines.append(
            say(
                "“各单位”一类的责任主体没有可对应的名录，按一家列出。",
                "Bodies such as “all units” match no registered unit and stand as one.",
            )
        )
    if not found.phases:
        lines.append(say("来源没有划分阶段。", "The source has no phases."))
    lines += [stretch_text(each).say(lang) + say("。", ".") for each in found.stretches]
    listings = [phase_listing(found, lang), _together(found, lang), undated_listing(found, lang)]
    return "\n\n".join(["\n".join(lines), *(each.as_text(lang) for each in listings if each.rows)])


def calendar_workbook(found: CalendarLedger, path: Path, lang: Lang) -> None:
    """Write the calendar as a workbook: what falls due, and where there are any, phases, gaps, and what has no date."""
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    names = {
        Text("日程", "calendar"): due_listing(found, lang),
        Text("阶段", "phases"): phase_listing(found, lang),
        Text("空档和重叠", "gaps and overlaps"): stretch_listing(found, lang),
        Text("未能定日期", "without a date"): undated_listing(found, lang),
    }
    title = Text("日程", "calendar").say(lang)
    workbook = new_workbook(title)
    for name, listing in names.items():
        if listing.rows or name.say(lang) == title:
            listing.add_sheet(workbook, name.say(lang), lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))


def write_calendar_of(found: CalendarLedger, path: Path, lang: Lang, *, unit: str = "") -> None:
    """Write the calendar of an assessment as an ``.ics`` file.

    Parameters
    ----------
    found : CalendarLedger
    path : Path
    lang : {'zh', 'en'}
    unit : str
        Name of the unit whose matters and materials it has, beside the phases, the end of the work and the inspection;
        empty for those of all.
    """
    assessment = found.assessment
    matters = matters_of(assessment.rules.instrument)
    if unit:
        matters = matters_of_unit(matters, unit, assessment.units)
    title = assessment.settings.title or Text(assessment.settings.place, assessment.settings.place)
    beside = [each for each in found.dues if each.kind != "calendar"]
    marks = [_mark(each) for each in beside if unit in ("", each.unit.zh) or each.kind in _OF_ALL]
    name = Text(f"{title.zh} {unit}".strip(), f"{title.en} {unit}".strip())
    write_calendar(path, matters, found.first, found.last, lang, name=name, anchors=found.anchors, marks=marks)


def _mark(due: Due) -> Mark:
    kind, unit = DUE_KINDS[due.kind], due.unit
    zh, en = f"{kind.zh}：{due.what.zh}", f"{kind.en}: {due.what.en}"
    if due.kind in _OF_ALL:
        return Mark(f"{due.kind} {due.due}", due.what, due.due)
    whose = Text(f"{zh}（{unit.zh}）", f"{en} ({unit.en})") if unit.zh else Text(zh, en)
    return Mark(f"{due.kind} {due.code} {due.period}", whose, due.due)


def calendar_json(found: CalendarLedger, lang: Lang) -> str:
    """Return the calendar as JSON.

    Keys: ``schema, first, last, day, phases, outside_and_overlaps, due, undated``; ``kind``, ``state`` and ``where``
    are keys that stay, texts are in the language that was asked for.
    """
    dues = [
        {
            **record,
            "kind": each.kind,
            "state": each.state,
            "late": each.late,
            "opens": None if each.opens is None else each.opens.isoformat(),
            "collective": each.collective,
        }
        for record, each in zip(due_listing(found, lang).as_records(), found.dues, strict=True)
    ]
    stretches = [
        {**record, "where": each.where, "phases": [phase.matter.text.say(lang) for phase in each.phases]}
        for record, each in zip(stretch_listing(found, lang).as_records(), found.stretches, strict=True)
    ]
    content = {
        "schema": 1,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "day": found.day.isoformat(),
        "phases": phase_listing(found, lang).as_records(),
        "outside_and_overlaps": stretches,
        "due": dues,
        "undated": undated_listing(found, lang).as_records(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
