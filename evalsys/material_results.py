"""The ledger of materials as rows, text, JSON and a workbook: what is owed, by whom, and what is missing for what."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from evalsys.fields import STATUSES
from evalsys.fix_rows import CHANCE, as_json, basis, chance_cell, gain_json, hundredfold, plus_minus
from evalsys.fix_words import gain_chance
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.ledger_costs import NO_FORECAST, Cost
from evalsys.listing import Column, Listing, number
from evalsys.material_ledger import DELIVERED, TIMES, Dunning, Item, MaterialLedger, Want, dunning
from evalsys.wording import joined, plural, points, round_name

__all__ = [
    "dunning_listing",
    "dunning_sentence",
    "materials_json",
    "materials_listing",
    "materials_sentences",
    "materials_text",
    "materials_workbook",
    "month_name",
    "wants_listing",
]

_STATUS = {
    **{name: Text(zh, name) for zh, name in STATUSES.items()},
    "": Text("未填写", "not stated"),
}
_UNREGISTERED = Text("未登记", "not in the table")
_NOBODY = Text("未登记单位", "no unit on record")
_MOST = 3  # names that a sentence lists

_MATERIAL = Column("material", Text("材料编号", "material"))
_NAME = Column("name", Text("材料名称", "name"))
_STANDARD = Column("standard", Text("测评标准", "standard"))
_UNIT = Column("unit", Text("责任单位", "unit"))
_MONTH = Column("month", Text("归集月份", "month"))
_DUE = Column("due", Text("截止日期", "due"))
_HANDED = Column("drafted_on", Text("报送日期", "handed in"))
_STATE = Column("status", Text("状态", "status"))
_TIME = Column("time", Text("报送情况", "delivery"))
_LATE = Column("late", Text("逾期天数", "days late"), "count")
_LOST = Column("lost", Text("该项标准失分", "points lost"), "points")
_ALONE = Column("alone", Text("补齐本件可得", "alone brings"), "points")
_OPEN = Column("open", Text("未测评分值", "not assessed"), "points")
_ERROR = Column("error", Text("误差（百分点）", "error (pp)"), "points")
_NOTE = Column("note", Text("说明", "note"))


# --------------------------------------------------------------------------------------------------------- listings


def materials_listing(ledger: MaterialLedger, lang: Lang) -> Listing:
    """Return every material, a row each: first those whose standards lose most, then the longest late.

    Points and chance are those of the standard, all of its missing materials together; a material that is ready, or
    on which no points depend, has none.
    """
    rows = []
    for item in _ordered(ledger):
        want = _want_of(ledger, item)
        missing = want is not None and item.material in want.missing
        rows.append(
            (
                *_identity(item, lang),
                item.month or None,
                _iso(item.due),
                _iso(item.days["drafted_on"]),
                _status(item, lang),
                TIMES[item.time].say(lang) if item.registered else None,
                item.late or None,
                want.cost.lost if want and missing else None,
                want.alone if want and missing else None,
                _chance(want.cost) if want and missing else None,
                _note(ledger, item, lang),
            )
        )
    columns = (
        _MATERIAL, _NAME, _STANDARD, _UNIT, _MONTH, _DUE, _HANDED, _STATE, _TIME, _LATE, _LOST, _ALONE, CHANCE, _NOTE,
    )  # fmt: skip
    return _listing(columns, rows, ("material", "name", "standard", "unit", "status", "lost", "note"))


def dunning_listing(ledger: MaterialLedger, asked: Dunning, lang: Lang) -> Listing:
    """Return the list by which the office asks for what is owed: by unit, the longest overdue first.

    Materials that the table does not have, and such without a due day, stand at the end: nobody can be asked for them
    by the ledger.
    """
    rows: list[Sequence[Any]] = []
    for unit, items in asked.owed.items():
        rows += [_owed(ledger, item, unit or _NOBODY.say(lang), lang) for item in items]
    for item in (*asked.undated, *asked.unregistered):
        rows.append(_owed(ledger, item, joined(item.owners, lang) or _NOBODY.say(lang), lang))
    columns = (_UNIT, _MATERIAL, _NAME, _STANDARD, _DUE, _TIME, _LATE, _LOST, CHANCE, _NOTE)
    return Listing(columns, rows)


def wants_listing(ledger: MaterialLedger, lang: Lang) -> Listing:
    """Return what each standard lacks and what that costs, a row each, the heaviest first; complete ones at the end."""
    rows = [
        (
            want.standard,
            want.name.say(lang),
            f"{len(want.required) - len(want.missing)}/{len(want.required)}",
            joined([_name(ledger, material, lang) for material in want.missing], lang) or None,
            want.cost.lost,
            want.alone if want.missing else None,
            _chance(want.cost),
            _chance_error(want.cost),
            want.open or None,
            _want_note(want, lang),
        )
        for want in ledger.wants
    ]
    ready, missing = Column("ready", Text("已备", "ready")), Column("missing", Text("所缺材料", "missing"))
    columns = (_STANDARD, _NAME, ready, missing, _LOST, _ALONE, CHANCE, _ERROR, _OPEN, _NOTE)
    return _listing(columns, rows, ("standard", "name", "ready", "missing", "lost", "note"))


def _listing(columns: Sequence[Column], rows: Sequence[Sequence[Any]], always: Sequence[str]) -> Listing:
    """Return rows without the columns that hold nothing in any of them, but for some."""
    held = [k for k, column in enumerate(columns) if column.key in always or any(row[k] is not None for row in rows)]
    return Listing([columns[k] for k in held], [[row[k] for k in held] for row in rows])


def _ordered(ledger: MaterialLedger) -> list[Item]:
    lost = {material: want.cost.lost for want in ledger.wants for material in want.missing}
    return sorted(ledger.items, key=lambda item: (-lost.get(item.material, Fraction(0)), -item.late))


def _identity(item: Item, lang: Lang) -> tuple[str, str, str, str | None]:
    return item.material, item.name.say(lang), item.standard, joined(item.owners, lang) or None


def _owed(ledger: MaterialLedger, item: Item, unit: str, lang: Lang) -> Sequence[Any]:
    want = _want_of(ledger, item)
    material, name, standard, _ = _identity(item, lang)
    time = TIMES[item.time] if item.registered else _UNREGISTERED
    missing = want is not None and item.material in want.missing
    lost, chance = (want.cost.lost, _chance(want.cost)) if want and missing else (None, None)
    late = item.late or None
    return unit, material, name, standard, _iso(item.due), time.say(lang), late, lost, chance, _note(ledger, item, lang)


def _want_of(ledger: MaterialLedger, item: Item) -> Want | None:
    """Return what the standard asks for of which a material is one that counts."""
    return next((want for want in ledger.wants if item.material in want.required), None)


def _name(ledger: MaterialLedger, material: str, lang: Lang) -> str:
    return next(item.name.say(lang) for item in ledger.items if item.material == material)


def _iso(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _status(item: Item, lang: Lang) -> str:
    return (_STATUS[item.status] if item.registered else _UNREGISTERED).say(lang)


def _chance(cost: Cost) -> Fraction | None:
    return None if cost.gain is None else chance_cell(cost.gain)


def _chance_error(cost: Cost) -> Fraction | None:
    return hundredfold(cost.error) if cost.error else None


# ------------------------------------------------------------------------------------------------------------ notes


def _note(ledger: MaterialLedger, item: Item, lang: Lang) -> str | None:
    """Return what a reader of a material's row should know."""
    want = _want_of(ledger, item)
    said: list[Text] = []
    if not item.required:
        said.append(Text("非必备，不影响得分", "not required: no points depend on it"))
    if item.registered and item.unit is None:
        who = "、".join(item.leads)
        if who:
            said.append(Text(f"未填责任单位，按牵头单位{who}列", "no unit stated: listed under the standard's lead"))
        else:
            said.append(Text("未填责任单位", "no unit stated"))
    if item.registered and item.due is None:
        said.append(Text("未填截止日期", "no due day"))
    if want and item.material in want.missing:
        said += _of_want(want)
    return _together(said, lang)


def _of_want(want: Want) -> Iterator[Text]:
    others = len(want.missing) - 1
    if want.by == "observations":
        yield Text("该项标准以检查记录为准", "the standard's score rests on a recorded check")
    elif want.open:
        yield Text("该项标准材料登记不全，未测评", "the standard is not assessed: not all materials have a status")
    elif others and not want.alone:
        yield Text(f"须与另 {others} 份一并备齐才得分", f"brings nothing without {others} more of its standard")


def _want_note(want: Want, lang: Lang) -> str | None:
    said = []
    if want.unknown:
        said.append(
            Text(f"{len(want.unknown)} 份未登记状态", f"{plural(len(want.unknown), 'material')} without a status")
        )
    if want.missing:
        said += _of_want(want)
    return _together(said, lang)


def _together(said: Sequence[Text], lang: Lang) -> str | None:
    return ("；" if lang == "zh" else "; ").join(text.say(lang) for text in said) or None


# -------------------------------------------------------------------------------------------------------- sentences


def month_name(month: str, lang: Lang) -> str:
    """Return a month in words.

    Examples
    --------
    >>> month_name("2016-08", "zh"), month_name("2016-08", "en")
    ('2016 年 8 月', 'August 2016')
    """
    return round_name(month, lang).removeprefix("Round of ").removesuffix("轮次")


def dunning_sentence(asked: Dunning, lang: Lang) -> str:
    """Return a month in sentences: how much was due, handed in, overdue; what is not ready of it, and what that costs.

    What it costs is the loss of all standards that what is not ready of the month leaves short, mended together.
    """
    due, done, late, overdue = len(asked.due), asked.count(*DELIVERED), asked.count("late"), asked.count("overdue")
    when = month_name(asked.month, lang)
    if not due:
        said = Text(f"{when}没有应报材料", f"No materials are due for {when}")
    else:
        late_zh = f"（其中迟报 {late} 份）" if late else ""
        late_en = f" ({late} of them late)" if late else ""
        said = Text(
            f"{when}应报 {due} 份，已报 {done} 份{late_zh}，逾期 {overdue} 份",
            f"{when}: {plural(due, 'material')} due, {done} handed in{late_en}, {overdue} overdue",
        )
    older = len(asked.arrears)
    zh, en = said.zh, said.en
    if older:
        zh, en = f"{zh}；以前月份尚欠 {older} 份", f"{en}; {older} more owed from earlier months"
    cost = asked.cost
    if cost is not None and cost.points:
        count = sum(item.required and not item.ready for item in asked.due)
        zh = f"{zh}。尚未审定的必备材料 {count} 份，所涉标准{_costs_zh(cost)}"
        en = f"{en}. Required and not yet approved: {count}; the standards that ask for them {_costs_en(cost)}"
    return Text(f"{zh}。", f"{en}.").say(lang)


def materials_sentences(ledger: MaterialLedger, lang: Lang) -> list[str]:
    """Return the state of all materials in sentences: counts, what is missing and costs, what the ledger lacks."""
    items = ledger.items
    if not items:
        return [Text("测评体系没有要求申报材料。", "The instrument asks for no materials.").say(lang)]
    held = [item for item in items if item.registered]
    ready, overdue = sum(item.ready for item in items), sum(item.time == "overdue" for item in held)
    said = [
        Text(
            f"截至 {ledger.day}，测评体系要求材料 {len(items)} 份，已登记 {len(held)} 份，已审定或归档 {ready} 份，"
            f"逾期未报 {overdue} 份。",
            f"At the end of {ledger.day}: {plural(len(items), 'material')} asked for, {len(held)} in the table, "
            f"{ready} approved or closed, {overdue} overdue.",
        )
    ]
    names = [want.standard for want in ledger.wants if want.missing and want.cost.points]
    if names:
        zh, en = (joined(names[:_MOST], "zh"), joined(names[:_MOST], "en"))
        if len(names) > _MOST:
            zh, en = "、".join(names[:_MOST]) + " 等", ", ".join(names[:_MOST]) + " and others"
        said.append(
            Text(
                f"缺材料的标准 {len(names)} 项（{zh}），{_costs_zh(ledger.together)}。",
                f"Standards short of materials: {len(names)} ({en}); together they {_costs_en(ledger.together)}.",
            )
        )
    if ledger.open:
        said.append(
            Text(
                f"另有 {points(ledger.open)} 分因材料未登记状态，尚未测评。",
                f"Another {points(ledger.open)} points are not assessed: materials have no status.",
            )
        )
    said += _gaps(items, held)
    return [text.say(lang) for text in said]


def _gaps(items: Sequence[Item], held: Sequence[Item]) -> Iterator[Text]:
    """Say what the ledger itself lacks: rows, units, due days."""
    absent = len(items) - len(held)
    no_unit, no_due = sum(item.unit is None for item in held), sum(item.due is None for item in held)
    if absent:
        yield Text(f"未登记的材料 {absent} 份。", f"Not in the table: {plural(absent, 'material')}.")
    no_day = sum(item.delivered and item.due is not None and item.days["drafted_on"] is None for item in held)
    if no_day:
        yield Text(
            f"已报送但未记报送日期 {no_day} 份，是否按时不详。",
            f"Handed in on a day that nobody noted: {no_day}; whether in time is unknown.",
        )
    if no_unit or no_due:
        yield Text(
            f"已登记材料中，未填责任单位 {no_unit} 份，未填截止日期 {no_due} 份。",
            f"In the table, without a unit: {no_unit}; without a due day: {no_due}.",
        )


def _costs_zh(cost: Cost) -> str:
    said = f"共影响总分 {points(cost.points)} 分"
    return said if cost.chance is None else f"{said}，备齐后达标可能性 {_gained(cost)} 个百分点"


def _costs_en(cost: Cost) -> str:
    said = f"cost {points(cost.points)} points"
    return said if cost.chance is None else f"{said}; complete, they move the chance to pass by {_gained(cost)} pp"


def _gained(cost: Cost) -> str:
    return gain_chance(cost.chance, cost.error or 0.0)


# ------------------------------------------------------------------------------------------------ text, JSON, Excel


def materials_text(ledger: MaterialLedger, lang: Lang, month: str | None = None, found: Forecast | None = None) -> str:
    """Return the ledger for a terminal; of one month, the list of what is owed.

    Parameters
    ----------
    month : str, optional
        ``2016-08``.
    found : Forecast, optional
        That the chances rest on.
    """
    if month is None:
        lines, table = materials_sentences(ledger, lang), materials_listing(ledger, lang)
    else:
        asked = dunning(ledger, month)
        lines, table = [dunning_sentence(asked, lang)], dunning_listing(ledger, asked, lang)
    if found is not None:
        lines += [*basis(found, lang), *plus_minus(found, lang)]
    elif ledger.items:
        lines.append(NO_FORECAST.say(lang) + ("。" if lang == "zh" else "."))
    return "\n".join([*lines, "", table.as_text(lang)] if table.rows else lines)


def materials_json(ledger: MaterialLedger, lang: Lang, month: str | None = None) -> str:
    """Return the ledger as JSON.

    Keys: ``schema, instrument, place, round, inspection_date, evidence_hash, day, together, open, materials,
    standards, units``, and ``month`` where one is asked for. Points stand exactly beside the float; chances lie
    between 0 and 1, and are null without a forecast.
    """
    assessment = ledger.assessment
    settings, last = assessment.settings, assessment.settings.inspection_date
    content: dict[str, Any] = {
        "schema": 1,
        "instrument": assessment.instrument.id,
        "place": settings.place,
        "round": settings.round,
        "inspection_date": _iso(last),
        "evidence_hash": assessment.evidence_hash,
        "day": ledger.day.isoformat(),
        "together": _cost_json(ledger.together, lang),
        "open": number(ledger.open),
        "materials": [_item_json(item, lang) for item in _ordered(ledger)],
        "standards": [_want_json(want, lang) for want in ledger.wants],
        "units": {unit: _cost_json(cost, lang) for unit, cost in ledger.by_unit.items()},
    }
    if month is not None:
        asked = dunning(ledger, month)
        content["month"] = {
            "month": month,
            "sentence": dunning_sentence(asked, lang),
            "due": [item.material for item in asked.due],
            "counts": {time: asked.count(time) for time in TIMES},
            "owed": {unit: [item.material for item in items] for unit, items in asked.owed.items()},
            "arrears": [item.material for item in asked.arrears],
            "pending": [item.material for item in asked.pending],
            "undated": [item.material for item in asked.undated],
            "unassigned": [item.material for item in asked.unassigned],
            "unregistered": [item.material for item in asked.unregistered],
            "cost": None if asked.cost is None else _cost_json(asked.cost, lang),
        }
    return as_json(content)


def _cost_json(cost: Cost, lang: Lang) -> dict[str, Any]:
    return {
        "rows": list(cost.rows),
        "lost": number(cost.lost),
        "points": number(cost.points),
        "rise": number(cost.rise),
        "gain": None if cost.gain is None else gain_json(cost.gain),
        "why_none": None if cost.why_none is None else cost.why_none.say(lang),
    }


def _item_json(item: Item, lang: Lang) -> dict[str, Any]:
    return {
        "material": item.material,
        "name": item.name.say(lang),
        "standard": item.standard,
        "required": item.required,
        "registered": item.registered,
        "unit": item.unit,
        "leads": list(item.leads),
        "month": item.month or None,
        "due": _iso(item.due),
        "due_from": item.due_from or None,
        "status": item.status or None,
        **{column: _iso(day) for column, day in item.days.items()},
        "reviewer": item.reviewer or None,
        "time": item.time,
        "late": item.late,
    }


def _want_json(want: Want, lang: Lang) -> dict[str, Any]:
    return {
        "standard": want.standard,
        "leaf": want.leaf,
        "name": want.name.say(lang),
        "required": list(want.required),
        "missing": list(want.missing),
        "unknown": list(want.unknown),
        "by": want.by or None,
        "open": number(want.open),
        "alone": number(want.alone),
        "cost": _cost_json(want.cost, lang),
    }


def materials_workbook(ledger: MaterialLedger, path: Path, lang: Lang, month: str | None = None) -> None:
    """Write a workbook: the ledger, what is missing for which standard, and the list of what a month owes.

    Parameters
    ----------
    month : str, optional
        ``2016-08``: the list is left out without one.
    """
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(Text("材料台账", "ledger of materials").say(lang))
    if month is not None:
        title = Text(f"{month} 要账单", f"owed {month}").say(lang)
        dunning_listing(ledger, dunning(ledger, month), lang).add_sheet(workbook, title, lang)
    materials_listing(ledger, lang).add_sheet(workbook, Text("材料台账", "materials").say(lang), lang)
    wants_listing(ledger, lang).add_sheet(workbook, Text("所缺材料", "missing").say(lang), lang)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))
