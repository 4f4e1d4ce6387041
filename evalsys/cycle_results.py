"""The cycle of an assessment as rows, JSON and text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from evalsys import cycle_words as words
from evalsys.after_total import final_line
from evalsys.cycles import RHYTHMS, Aim, CycleSettings, Phase, Standing, aims, cycle_settings, standing
from evalsys.forecasting import Forecast
from evalsys.instrument import Instrument
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.scoring import Score, case_of

__all__ = ["LEVELS", "cycle_json", "cycle_listing", "cycle_text", "phase_of", "settings_of_cycle", "wanted_of"]

#: Totals that are told beside the wanted one, and levels of years to come, as shares of the full marks.
LEVELS = (Fraction(80, 100), Fraction(85, 100), Fraction(90, 100), Fraction(95, 100))


def settings_of_cycle(result: Score) -> CycleSettings | None:
    """Return the cycle that an assessment stands in; None where its settings name none.

    The total that is wanted is the settings', else the pass mark. What comes after this year's total is in it.
    """
    years = result.assessment.settings.cycle
    if years is None:
        return None
    instrument = result.assessment.instrument
    shares = next(m.shares for m in instrument.mechanisms if m.kind == "cycle" and m.shares)
    wanted = years.wanted
    if wanted is None and result.pass_mark is not None:
        wanted = result.pass_mark.value
    keep, adjust = final_line(instrument, case_of(result.assessment))
    return cycle_settings(
        shares, years.first_year, years.year, years.earlier, wanted,
        full=instrument.full_marks, adjust=adjust, keep=keep,
    )  # fmt: skip


def phase_of(instrument: Instrument, year: int) -> Phase | None:
    """Return what a year is for by the rhythm of the instrument's source; None where it lays down none."""
    from evalsys.cycles import phase

    document = instrument.source["document"]
    rhythm = next((own for own in RHYTHMS.values() if own.source.partition(".")[0] == document), None)
    return None if rhythm is None else phase(year, rhythm, year if rhythm.anchor is None else None)


def wanted_of(settings: CycleSettings, asked: Sequence[Fraction]) -> list[Fraction]:
    """Return the totals to tell: those asked for, else the wanted one and some round ones."""
    own = [settings.wanted] if settings.wanted is not None else []
    return list(asked) or sorted({*own, *(level * settings.full for level in LEVELS)})


def _aims(settings: CycleSettings, found: Forecast | None, asked: Sequence[Fraction]) -> tuple[Standing, list[Aim]]:
    now = standing(settings)
    return now, list(aims(now, found, wanted_of(settings, asked)))


def cycle_listing(settings: CycleSettings, found: Forecast | None, asked: Sequence[Fraction], lang: Lang) -> Listing:
    """Return what each wanted total needs of this year: the final score, the own score, and its chance."""
    columns = (
        Column("wanted", Text("总分目标", "wanted total"), "points"),
        Column("needed", Text("本年最后得分", "final score of this year"), "points"),
        Column("assessed", Text("其中测评得分", "own score"), "points"),
        Column("verdict", Text("结论", "verdict")),
        Column("chance", Text("可能性", "chance")),
    )
    said = {
        "reached": Text("已达到", "reached"),
        "possible": Text("可以达到", "possible"),
        "beyond": Text("达不到", "out of reach"),
    }
    rows = [
        (
            one.need.wanted,
            one.need.score,
            one.need.assessed,
            said[one.need.verdict].say(lang),
            "" if one.chance is None else words.chance_said(one.chance, lang),
        )
        for one in _aims(settings, found, asked)[1]
    ]
    return Listing(columns, rows)


def cycle_text(settings: CycleSettings, found: Forecast | None, asked: Sequence[Fraction], lang: Lang) -> str:
    """Return the finding, then a row for each wanted total."""
    from evalsys.cycles import aim

    now = standing(settings)
    main = None if settings.wanted is None else aim(now, found, settings.wanted)
    rows = cycle_listing(settings, found, asked, lang).as_text(lang)
    return "\n".join([words.conclusion(now, main, lang), "", rows])


def cycle_json(settings: CycleSettings, found: Forecast | None, asked: Sequence[Fraction]) -> str:
    """Return it as JSON: exact numbers as text beside floats."""
    now, wanted = _aims(settings, found, asked)
    content: dict[str, Any] = {
        "schema": 1,
        "year": settings.year,
        "shares": [number(share) for share in settings.shares],
        "earlier": {str(year): number(score) for year, score in settings.earlier.items()},
        "missing": list(now.missing),
        "secured": number(now.secured),
        "least": number(now.least),
        "most": number(now.most),
        "totals": [
            {
                "wanted": number(one.need.wanted),
                "needed": number(one.need.score),
                "assessed": number(one.need.assessed),
                "verdict": one.need.verdict,
                "chance": None if one.chance is None else one.chance.value,
                "chance_error": None if one.chance is None else one.chance.error,
            }
            for one in wanted
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
