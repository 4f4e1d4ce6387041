"""The cards of units as rows: what each owes, how each did, for the Excel annex of the cards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalsys.bulletin_annex import link_figures, reference, rows_said
from evalsys.bulletin_results import FIGURES, Stated
from evalsys.escalation_words import clause_text, lift_text, step_text, why_text
from evalsys.files import atomic
from evalsys.finding_results import finding_name
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.responsibilities import LETTER_STATES
from evalsys.unit_cards import KINDS, Cards

__all__ = [
    "FOUND",
    "SHEETS",
    "annex",
    "annex_name",
    "figures_listing",
    "moves_listing",
    "owed_listing",
    "place_of",
    "stated_of",
    "step_listing",
    "unit_listing",
]

#: Sheets of the annex.
SHEETS = {
    "units": Text("各单位", "units"),
    "owed": Text("待办事项", "owed"),
    "moves": Text("办理记录", "record"),
    "steps": Text("处置阶梯", "ladders"),
}
_UNIT = Column("unit", Text("责任单位", "unit"))
#: Figures of a card that count rows, by their names.
FOUND: Mapping[str, Text] = {
    "owed": Text("待办", "owed"),
    "overdue": Text("逾期", "overdue"),
    **{key: FIGURES[key] for key in ("new", "fixed", "in_time", "returned", "verified")},
    "relapses": Text("反弹", "relapses"),
    "steps": Text("处置阶梯", "on ladders"),
}
_MOVES = ("new", "fixed", "returned", "verified")
_COUNTS = ("new", "fixed", "in_time", "returned", "verified", "in_hand", "awaiting", "overdue")


def owed_listing(cards: Cards, lang: Lang) -> Listing:
    """Return a row for each thing that each unit owes, in the order of the cards."""
    columns = (
        _UNIT,
        Column("kind", Text("类别", "kind")),
        Column("id", Text("编号", "id")),
        Column("where", Text("点位", "site")),
        Column("what", Text("事项", "what")),
        Column("since", Text("发现日期", "found on")),
        Column("due", Text("应办结日期", "due")),
        Column("late", Text("逾期天数", "days late"), "count"),
        Column("lost", Text("影响总分", "points at stake"), "points"),
        Column("returned", Text("退回次数", "times returned"), "count"),
        Column("relapse", Text("反弹", "relapse")),
        Column("times", Text("未办期数", "times left undone"), "count"),
        Column("clause", Text("依据", "clause")),
    )
    yes = Text("是", "yes").say(lang)
    rows = [
        (
            card.unit,
            KINDS[own.kind].say(lang),
            own.ident,
            own.where,
            own.what.say(lang),
            own.since and own.since.isoformat(),
            own.due and own.due.isoformat(),
            own.late,
            own.lost,
            own.returned,
            yes if own.relapse else "",
            own.times if own.kind == "calendar" and own.late else 0,
            own.clause,
        )
        for card in cards.cards
        for own in card.owed
    ]
    return Listing(columns, rows)


def unit_listing(cards: Cards, lang: Lang) -> Listing:
    """Return a row for each unit: what it owes, what that costs, how it did so far, its places."""
    columns = (
        _UNIT,
        Column("owed", Text("待办", "owes"), "count"),
        Column("late", Text("其中逾期", "overdue"), "count"),
        Column("points", Text("全部办结可挽回", "points regained"), "points"),
        Column("chance", Text("达标可能性提高", "rise of the chance"), "share"),
        Column("error", Text("标准误差", "standard error"), "share"),
        *(Column(f"findings_{key}", Text(f"问题{FIGURES[key].zh}", FIGURES[key].en), "count") for key in _COUNTS),
        Column("relapses", Text("问题反弹", "relapses"), "count"),
        Column("rate", Text("按期办结率", "in time"), "share"),
        Column("by_points", Text("影响总分名次", "rank by points"), "count"),
        Column("by_overdue", Text("逾期占比名次", "rank by share overdue"), "count"),
        Column("letter", Text("责任书", "letter")),
    )
    rows: list[tuple[Any, ...]] = [
        (
            card.unit,
            len(card.owed),
            len(card.overdue),
            card.cost.points,
            _exact(card.cost.chance),
            _exact(card.cost.error),
            *(card.done[key] for key in _COUNTS),
            card.done["relapses"],
            card.rate,
            card.by_points and card.by_points.rank,
            card.by_overdue and card.by_overdue.rank,
            card.letter and f"{card.letter.year} {LETTER_STATES[card.letter.state].say(lang)}",
        )
        for card in cards.cards
    ]
    return Listing(columns, rows)


def step_listing(cards: Cards, lang: Lang) -> Listing:
    """Return where units stand on ladders: the step, why, what lifts it, the clause, the findings."""
    columns = (
        _UNIT,
        Column("step", Text("措施", "step")),
        Column("why", Text("依据", "why")),
        Column("lift", Text("解除条件", "lifted by")),
        Column("clause", Text("条款", "clause")),
        Column("findings", Text("所涉问题", "findings")),
    )
    rows = [
        (
            card.unit,
            step_text(own).say(lang),
            why_text(own).say(lang),
            lift_text(own).say(lang),
            clause_text(own.ladder).say(lang),
            " ".join(own.standing.ids),
        )
        for card in cards.cards
        for own in card.proposals
    ]
    return Listing(columns, rows)


def _moves(cards: Cards) -> list[tuple[str, str, int, bool]]:
    """Return unit, kind and row of the moves of every finding of each card; marked ones of a kind first.

    What was put right is marked if it was in time, what is new if it came back after it was closed.
    """
    found = cards.so_far
    findings = found.kept.findings
    units, back = findings["units"].tolist(), findings["relapse_of"].tolist()
    of = found.kept.moves["finding"].tolist()
    in_time = set(found.flow.in_time.tolist())
    rows: list[tuple[str, str, int, bool]] = []
    for card in cards.cards:
        for key in _MOVES:
            own = [int(move) for move in getattr(found.flow, key) if card.unit in (units[of[move]] or ())]
            marks = [move in in_time if key == "fixed" else key == "new" and bool(back[of[move]]) for move in own]
            pairs = sorted(zip(own, marks, strict=True), key=lambda pair: not pair[1])
            rows += [(card.unit, key, move, mark) for move, mark in pairs]
    return rows


def moves_listing(cards: Cards, lang: Lang) -> Listing:
    """Return every change of state of the findings of each unit, up to the day: what the record of a card counts."""
    columns = (
        _UNIT,
        Column("move", Text("变化", "change")),
        Column("day", Text("日期", "day")),
        Column("finding", Text("问题编号", "finding")),
        Column("what", Text("问题", "what")),
        Column("mark", Text("按期或反弹", "in time, relapse")),
        Column("earlier", Text("反弹自", "relapse of")),
    )
    kept = cards.so_far.kept
    days, of = kept.moves["day"].tolist(), kept.moves["finding"].tolist()
    names, back = kept.findings["finding_id"].tolist(), kept.findings["relapse_of"].tolist()
    marked = {"fixed": FIGURES["in_time"].say(lang), "new": Text("反弹", "relapse").say(lang)}
    rows = [
        (
            unit,
            FIGURES[key].say(lang),
            days[move].date().isoformat(),
            names[of[move]],
            finding_name(kept, of[move], lang),
            marked[key] if mark else "",
            back[of[move]] if key == "new" else "",
        )
        for unit, key, move, mark in _moves(cards)
    ]
    return Listing(columns, rows)


def stated_of(cards: Cards) -> dict[tuple[str, str], Stated]:
    """Return every figure of the cards that counts rows, by unit and key of :data:`FOUND`, with its sheet and rows."""
    moves = _moves(cards)
    out: dict[tuple[str, str], Stated] = {}
    first = {"owed": 0, "steps": 0}
    held: dict[tuple[str, str], list[int]] = {}
    for place, (unit, key, _, mark) in enumerate(moves):
        held.setdefault((unit, key), []).append(place)
        if mark:
            held.setdefault((unit, "in_time" if key == "fixed" else "relapses"), []).append(place)
    for card in cards.cards:
        start = first["owed"]
        sizes = {"owed": len(card.owed), "overdue": len(card.overdue)}  # overdue ones come first
        for key in FOUND:
            if key in sizes:
                sheet, places = "owed", tuple(range(start, start + sizes[key]))
            elif key == "steps":
                sheet, places = "steps", tuple(range(first["steps"], first["steps"] + len(card.proposals)))
            else:
                sheet, places = "moves", tuple(held.get((card.unit, key), ()))
            out[card.unit, key] = Stated(key, card.unit, "unit", sheet, places)
        first["owed"] += len(card.owed)
        first["steps"] += len(card.proposals)
    return out


def annex_name(lang: Lang) -> str:
    """Return the name of the file."""
    return Text("责任单位办理单附件.xlsx", "unit-cards.xlsx").say(lang)


def place_of(own: Stated, lang: Lang) -> str:
    """Return where the rows of a figure begin in the workbook."""
    return reference(own, SHEETS[own.sheet].say(lang))


def figures_listing(cards: Cards, lang: Lang) -> Listing:
    """Return every figure that counts rows: unit, name, value, sheet, rows."""
    columns = (
        _UNIT,
        Column("figure", Text("指标", "figure")),
        Column("value", Text("数值", "value"), "count"),
        Column("sheet", Text("所在表", "sheet")),
        Column("rows", Text("行号", "rows")),
    )
    rows = [
        (unit, FOUND[key].say(lang), own.value, SHEETS[own.sheet].say(lang), rows_said(own, lang))
        for (unit, key), own in stated_of(cards).items()
    ]
    return Listing(columns, rows)


def annex(cards: Cards, path: Path, lang: Lang) -> None:
    """Write the rows of all cards as a workbook; the first sheet links every figure to its rows."""
    from evalsys.sheets import new_workbook, packed

    workbook = new_workbook(Text("责任单位办理单附件", "Unit cards: annex").say(lang))
    figures_listing(cards, lang).add_sheet(workbook, Text("数字出处", "figures").say(lang), lang)
    made = {"units": unit_listing, "owed": owed_listing, "moves": moves_listing, "steps": step_listing}
    for name, title in SHEETS.items():
        made[name](cards, lang).add_sheet(workbook, title.say(lang), lang)
    link_figures(workbook.worksheets[0], 3, ((own, place_of(own, lang)) for own in stated_of(cards).values()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))


def _exact(value: float | None) -> Any:
    from fractions import Fraction

    return None if value is None else Fraction(value).limit_denominator(10**9)
