"""What the results on fixes share: columns of options, where a result comes from, and its numbers for JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalsys.console import display_width
from evalsys.fix_words import cost, gain_chance, gain_points, title
from evalsys.fixes import Fixes, Option
from evalsys.forecast_results import assumed
from evalsys.forecast_words import ENGINES
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.mending import Gain, Worth
from evalsys.wording import decimal

__all__ = [
    "CHANCE",
    "POINTS",
    "Cells",
    "as_json",
    "basis",
    "chance_cell",
    "foot",
    "gain_json",
    "gains_shown",
    "head",
    "hundredfold",
    "listing",
    "names_of",
    "of_options",
    "option_json",
    "options_shown",
    "plus_minus",
    "rational",
    "shown",
    "spaced",
    "worth_json",
]

#: Widest column of words on a terminal.
_WIDEST = 48
#: A column with its cells.
Cells = tuple[Column, Sequence[Any]]

POINTS = Column("points", Text("得分提高", "points gained"), "points")
CHANCE = Column("chance", Text("达标可能性提高（百分点）", "chance gained (pp)"), "points")
_FIX = (
    Column("fix", Text("整改编号", "fix")),
    Column("what", Text("整改内容", "what")),
    Column("unit", Text("责任单位", "unit")),
    Column("cost", Text("费用", "cost"), "points"),
    Column("crew_days", Text("人天", "crew-days"), "points"),
)


def rational(value: float) -> Fraction:
    """Return a computed number as one that is written in decimals."""
    return Fraction(value).limit_denominator(10**9)


def hundredfold(chance: float) -> Fraction:
    """Return a chance in percentage points."""
    return rational(chance * 100)


def chance_cell(gain: Gain) -> Fraction | None:
    """Return a gain of chance in percentage points; None without a pass mark."""
    return None if gain.chance is None else hundredfold(gain.chance)


def of_options(found: Forecast, held: Sequence[Option], lang: Lang) -> list[Cells]:
    """Return the columns that say what each option is."""
    assessment = found.prospect.score.assessment
    values: tuple[Sequence[Any], ...] = (
        [option.name for option in held],
        [title(option, assessment, lang) for option in held],
        [option.unit for option in held],
        [option.cost for option in held],
        [option.crew_days for option in held],
    )
    return list(zip(_FIX, values, strict=True))


def listing(cells: Sequence[Cells], always: Sequence[str]) -> Listing:
    """Return the columns as a listing; those that hold nothing in any row are left out, but for some."""
    held = [pair for pair in cells if pair[0].key in always or any(cell is not None for cell in pair[1])]
    return Listing([column for column, _ in held], list(zip(*(values for _, values in held), strict=True)))


def spaced(said: str) -> str:
    """Return a chance as it follows Chinese characters: a space before a figure only."""
    return said if said.startswith(("约", "不足")) else f" {said}"


def basis(found: Forecast, lang: Lang) -> Iterator[str]:
    """Yield the lines that end every result: the engine, and what is assumed."""
    said = ENGINES[found.engine].say(lang)
    if found.draws:
        said += Text(
            f"，{found.draws:,} 次，随机种子 {found.seed}", f", {found.draws:,} inspections, seed {found.seed}"
        ).say(lang)
    yield Text("算法：", "Engine: ").say(lang) + said
    for text in assumed(found):
        yield Text("假定：", "Assumed: ").say(lang) + text.say(lang)


def plus_minus(found: Forecast, lang: Lang) -> Iterator[str]:
    """Yield what the sign ± means, where anything is simulated."""
    if found.draws:
        yield Text("说明：± 后为两倍标准误。", "Note: ± stands before two standard errors.").say(lang)


def names_of(options: Sequence[Option], lang: Lang) -> str:
    """Return the names of options in a row."""
    return ("、" if lang == "zh" else ", ").join(option.name for option in options)


def head(found: Forecast) -> dict[str, Any]:
    """Return what every result in JSON says first: whose it is, and how it was computed."""
    assessment = found.prospect.score.assessment
    settings, date = assessment.settings, assessment.settings.inspection_date
    return {
        "schema": 1,
        "instrument": assessment.instrument.id,
        "place": settings.place,
        "round": settings.round,
        "inspection_date": None if date is None else date.isoformat(),
        "evidence_hash": assessment.evidence_hash,
        "full_marks": number(found.full),
        "pass_mark": number(found.mark),
        "engine": found.engine,
        "seed": found.seed,
        "draws": found.draws,
    }


def foot(found: Forecast, lang: Lang) -> dict[str, Any]:
    """Return what every result in JSON says last: what is assumed, and notes on the data."""
    return {
        "assumed": [text.say(lang) for text in assumed(found)],
        "notes": [text.say(lang) for text in found.prospect.score.assessment.notes],
    }


def option_json(found: Forecast, fixes: Fixes, place: int, lang: Lang) -> dict[str, Any]:
    """Return an option for JSON."""
    option = fixes.options[place]
    return {
        "option": place,
        "fix": option.fix,
        "level": option.level,
        "what": title(option, found.prospect.score.assessment, lang),
        "targets": ["@".join([standard, *_where(how, name)]) for standard, how, name in option.targets],
        "unit": option.unit,
        "cost": number(option.cost),
        "crew_days": number(option.crew_days),
        "calendar_days": number(option.calendar_days),
        "after": option.after,
        "after_assumed": option.after_assumed,
    }


def _where(how: str, name: str) -> list[str]:
    """Return what stands behind the ``@`` of a target, as the table has it."""
    return {"all": [], "site": [name], "type": [f"type:{name}"]}[how]


def worth_json(worth: Worth) -> dict[str, float | None]:
    """Return a worth for JSON."""
    error = None if worth.chance is None else worth.chance_error
    return {"points": worth.points, "points_error": worth.points_error, "chance": worth.chance, "chance_error": error}


def gain_json(gain: Gain) -> dict[str, float | None]:
    """Return a gain for JSON."""
    return worth_json(Worth(gain.points, gain.chance, gain.points_error, gain.chance_error))


def as_json(content: Mapping[str, Any]) -> str:
    """Return a result as JSON."""
    return json.dumps(content, ensure_ascii=False, indent=1)


# ------------------------------------------------------------------------------------------------- for a terminal


def shown(column: Column, words: Sequence[str], lang: Lang) -> Cells:
    """Return a column of numbers in words, heading and cells set from the right."""
    heading = column.heading.say(lang)
    width = max(map(display_width, [heading, *words]))

    def right(said: str) -> str:
        return " " * (width - display_width(said)) + said

    return Column(column.key, Text(*[right(heading)] * 2)), [right(said) for said in words]


def options_shown(found: Forecast, held: Sequence[Option], lang: Lang, priced: bool = True) -> list[Cells]:
    """Return the columns that say what each option is; without costs where all are assumed."""
    of = {column.key: (column, cells) for column, cells in of_options(found, held, lang)}
    out: list[Cells] = [(of[key][0], [_cut(word) for word in of[key][1]]) for key in ("fix", "what", "unit")]
    for key in ("cost", "crew_days") if priced else ("crew_days",):
        column, amounts = of[key]
        if any(amount is not None for amount in amounts):
            out.append(shown(column, [cost(amount) for amount in amounts], lang))
    return out


def _cut(said: str | None) -> str | None:
    """Return words that are not wider than a column of a terminal may be."""
    if said is None or display_width(said) <= _WIDEST:
        return said
    while display_width(said) > _WIDEST - 1:
        said = said[:-1]
    return f"{said.rstrip()}…"


def gains_shown(gains: Sequence[Gain], columns: Sequence[Column], lang: Lang) -> list[Cells]:
    """Return the columns of points and of chance gained; with twice the standard error where there is one.

    A simulated chance has one decimal, an exact one two.
    """
    points, chance = columns
    spread = any(gain.points_error or gain.chance_error for gain in gains)
    said = [f"{gain_points(gain.points)}{_spread(gain.points_error) if spread else ''}" for gain in gains]
    out = [shown(points, said, lang)]
    if any(gain.chance is not None for gain in gains):
        said = [gain_chance(gain.chance, gain.chance_error, 1 if spread else 2) for gain in gains]
        out.append(shown(chance, said, lang))
    return out


def _spread(error: float) -> str:
    return f" ± {decimal(max(rational(2 * error), Fraction(1, 1000)), 3)}"  # an error is never told as none
