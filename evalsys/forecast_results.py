"""A forecast as JSON for other programs, and in a few lines for a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from evalsys.forecast_settings import PART_NAMES
from evalsys.forecast_words import ENGINES, chance_of, named
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.modelling_views import assumptions
from evalsys.regions import Reason
from evalsys.wording import decimal, percent, plural, points

__all__ = ["assumed", "forecast_json", "forecast_text"]

_SHARES = (
    Column("part", Text("不确定性来源", "source of uncertainty")),
    Column("share", Text("占方差", "share of variance"), "share"),
    Column("error", Text("误差", "error"), "share"),
)


def forecast_json(found: Forecast, lang: Lang) -> str:
    """Return a forecast as JSON.

    Keys: ``schema, instrument, place, round, inspection_date, evidence_hash, full_marks, pass_mark, engine,
    why_not_exact, seed, draws, mean, mean_error, sd, quantiles, chance, chance_error, chance_bounds,
    chance_given_severity, variance_shares, parameters, assumed, notes``. Scores are in points; a number that cannot be
    known (the chance without a pass mark) is null.
    """
    assessment = found.prospect.score.assessment
    settings, date = assessment.settings, assessment.settings.inspection_date
    content = {
        "schema": 1,
        "instrument": assessment.instrument.id,
        "place": settings.place,
        "round": settings.round,
        "inspection_date": None if date is None else date.isoformat(),
        "evidence_hash": assessment.evidence_hash,
        "full_marks": number(found.full),
        "pass_mark": number(found.mark),
        "barred": bool(found.prospect.score.settled.bars),
        "score": number(found.prospect.score.value),
        "engine": found.engine,
        "why_not_exact": [{"reason": named(found, r.text).say(lang), "leaves": list(r.leaves)} for r in found.why_not],
        "seed": found.seed,
        "draws": found.draws,
        "mean": found.mean,
        "mean_error": found.mean_error,
        "sd": found.sd,
        "quantiles": {f"{share:g}": value for share, value in found.quantiles},
        "chance": found.chance,
        "chance_error": found.chance_error,
        "chance_bounds": found.bounds,
        "chance_given_severity": [
            {"severity": z, "weight": weight, "chance": chance, "error": error}
            for z, weight, chance, error in found.severity
        ],
        "variance_shares": [
            {"part": s.part, "share": s.share, "variance": s.variance, "error": s.error} for s in found.shares
        ],
        "parameters": list(_parameters(found, lang)),
        "assumed": [text.say(lang) for text in assumed(found)],
        "notes": [text.say(lang) for text in assessment.notes],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def assumed(found: Forecast) -> tuple[Text, ...]:
    """Return everything that a forecast assumes: of the score, then of the model."""
    return tuple(dict.fromkeys((*found.prospect.score.assumed, *assumptions(found.prospect))))


def _parameters(found: Forecast, lang: Lang) -> Iterator[dict[str, Any]]:
    for one in found.prospect.settings.parameters:
        yield {
            "key": one.key,
            "name": one.name.say(lang),
            "value": None if one.value is None else float(one.value),
            "unit": one.unit.say(lang),
            "default": None if one.default is None else float(one.default),
            "status": one.status,
            "source": None if one.source is None else one.source.say(lang),
        }


def forecast_text(found: Forecast, lang: Lang) -> str:
    """Return a forecast for a terminal: a few lines, then the split of the variance."""
    shares = [
        (
            PART_NAMES[one.part].say(lang),
            _fraction(one.share),
            _fraction(one.error / total) if one.error and total else None,
        )
        for one in found.shares
        for total in [math.fsum(other.variance for other in found.shares)]
    ]
    return "\n".join([*_lines(found, lang), "", Listing(_SHARES, shares).as_text(lang)])


def _fraction(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**6)


def _lines(found: Forecast, lang: Lang) -> Iterator[str]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(lang)

    full = found.full
    mean = decimal(_fraction(found.mean), 2)
    low, high = (decimal(_fraction(dict(found.quantiles)[share]), 2) for share in (0.05, 0.95))
    rate = percent(_fraction(found.mean) / full)
    today = found.prospect.score.value
    now = "–" if today is None else decimal(today, 2)
    yield say(
        f"预测得分 {mean} 分（满分 {points(full)} 分，得分率 {rate}），九成可能在 {low} 至 {high} 分之间；"
        f"模拟测评 {now} 分。",
        f"Expected score {mean} of {points(full)} points ({rate}), with 90% chance from {low} to {high}; "
        f"the mock score is {now}.",
    )
    if found.chance is not None and found.mark is not None:
        chance = chance_of(found)
        mark = points(found.mark, 2)
        yield say(
            f"达到目标线 {mark} 分的可能：{chance}。", f"Chance to reach the pass mark of {mark} points: {chance}."
        )
        strict, usual, lenient = (found.at_severity(times) for times in (-1, 0, 1))
        if strict and usual and lenient:
            a, b, c = (chance_of(found, one[0], one[1] or None) for one in (strict, usual, lenient))
            yield say(
                f"督查从严（严查程度低一个标准差）时 {a}，一般 {b}，从宽 {c}。",
                f"With strict inspectors (one standard deviation of severity) {a}, as usual {b}, lenient {c}.",
            )
    else:
        yield say("未设目标线，不计达标可能。", "No pass mark is set, so there is no chance to pass.")
    yield (
        say("算法：", "Engine: ")
        + ENGINES[found.engine].say(lang)
        + (
            say(f"，{found.draws:,} 次，随机种子 {found.seed}", f", {found.draws:,} inspections, seed {found.seed}")
            if found.draws
            else ""
        )
    )
    for reason in found.why_not[:3]:
        yield say("没有精确分布：", "No exact law: ") + _reason(found, reason, lang)
    if len(found.why_not) > 3:
        more = len(found.why_not) - 3
        yield say(f"另有 {more} 条同类原因，见 --format json", f"{plural(more, 'more reason')}: see --format json")
    for text in assumed(found):
        yield say("假定：", "Assumed: ") + text.say(lang)


def _reason(found: Forecast, reason: Reason, lang: Lang) -> str:
    codes = " ".join(code.partition("/")[0] for code in reason.leaves[:6])
    more = " …" if len(reason.leaves) > 6 else ""
    return named(found, reason.text).say(lang) + (f" ({codes}{more})" if codes else "")
