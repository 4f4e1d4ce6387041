"""What fixes bring as text for a terminal, as rows, and as JSON for other programs; all of a page as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from evalsys.fix_effects import Effect, Effects, Pair
from evalsys.fix_rows import (
    CHANCE,
    POINTS,
    Cells,
    as_json,
    basis,
    chance_cell,
    foot,
    gain_json,
    gains_shown,
    head,
    hundredfold,
    listing,
    names_of,
    of_options,
    option_json,
    options_shown,
    plus_minus,
    rational,
    shown,
    spaced,
    worth_json,
)
from evalsys.fix_views import Advice
from evalsys.fix_words import VERDICTS, chance_said, gain_chance, gain_points
from evalsys.forecast_words import score_text
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.mending import Gain, Worth
from evalsys.plan_results import plan_rows
from evalsys.planning import Plan
from evalsys.visit_results import visits_rows
from evalsys.wording import decimal, joined, plural

__all__ = [
    "annex",
    "effects_json",
    "effects_rows",
    "effects_text",
]

#: Pairs of fixes that a terminal shows.
_MOST_PAIRS = 5


# --------------------------------------------------------------------------------------------------------- effects


def effects_rows(found: Forecast, told: Effects, lang: Lang) -> Listing:
    """Return what each option brings, a row each: by chance gained, then points (points alone without a pass mark).

    Columns without a value in any row (per crew-day, where none are stated) are left out. Errors are standard errors,
    of a simulation only.
    """
    order = _ordered(told)
    held = [told.fixes.options[one.option] for one in order]
    gains = [one.gain for one in order]
    chance = told.base.chance is not None
    spread = any(gain.points_error or gain.chance_error for gain in gains)
    none = [None] * len(order)
    cells: list[Cells] = [
        *of_options(found, held, lang),
        (POINTS, [rational(gain.points) for gain in gains]),
        (_error("points_error"), [rational(gain.points_error) for gain in gains] if spread else none),
        (CHANCE, [chance_cell(gain) for gain in gains]),
        (_error("chance_error"), [hundredfold(gain.chance_error) for gain in gains] if spread and chance else none),
        *((_per(*key), values) for key, values in _ratios(order).items()),
        _notes(order, lang),
    ]
    return listing(cells, ("fix", "what", "points"))


def _ordered(told: Effects) -> list[Effect]:
    return sorted(told.effects, key=lambda one: (-(one.gain.chance or 0.0), -one.gain.points, one.option))


def _notes(order: Sequence[Effect], lang: Lang) -> Cells:
    return Column("why_none", Text("说明", "note")), [one.why_none and one.why_none.say(lang) for one in order]


def _ratios(order: Sequence[Effect]) -> dict[tuple[str, str], list[Fraction | None]]:
    """Return what each option brings per cost and per crew-day: points, and percentage points."""
    return {
        ("points", "cost"): [_ratio(one.points_per_cost) for one in order],
        ("chance", "cost"): [_ratio(one.chance_per_cost, 100) for one in order],
        ("points", "day"): [_ratio(one.points_per_day) for one in order],
        ("chance", "day"): [_ratio(one.chance_per_day, 100) for one in order],
    }


def _error(key: str) -> Column:
    return Column(key, Text("误差", "error"), "points")


def _per(what: str, by: str) -> Column:
    each = {"cost": Text("每单位费用", "per cost"), "day": Text("每人天", "per crew-day")}[by]
    gained = {"points": Text("得分", "points"), "chance": Text("百分点", "pp")}[what]
    return Column(f"{what}_per_{by}", Text(f"{each.zh}{gained.zh}", f"{gained.en} {each.en}"), "points")


def _ratio(value: float | None, times: int = 1) -> Fraction | None:
    return None if value is None else rational(value * times)


def effects_text(found: Forecast, told: Effects, lang: Lang) -> str:
    """Return what fixes bring for a terminal: where things stand, what they bring together, then a row each.

    Costs are left out where each is assumed to be 1.
    """
    return "\n".join([*_effects_lines(found, told, lang), "", _effects_shown(found, told, lang).as_text(lang)])


def _effects_shown(found: Forecast, told: Effects, lang: Lang) -> Listing:
    order, priced = _ordered(told), not told.fixes.assumed
    held = [told.fixes.options[one.option] for one in order]
    ratios = [
        shown(_per(*key), ["–" if value is None else decimal(value, 3) for value in values], lang)
        for key, values in _ratios(order).items()
        if any(value is not None for value in values) and (priced or key[1] == "day")
    ]
    cells = [
        *options_shown(found, held, lang, priced),
        *gains_shown([one.gain for one in order], (POINTS, CHANCE), lang),
        *ratios,
        _notes(order, lang),
    ]
    return listing(cells, ("fix", "what", "points"))


def _effects_lines(found: Forecast, told: Effects, lang: Lang) -> Iterator[str]:
    options = told.fixes.options
    count, fixes = len(options), len({option.fix for option in options})
    yield _now(found, told.base, lang)
    if told.fixes.assumed:
        yield Text(
            f"没有整改表：以 {count} 项未解决的问题各为一项整改，费用各计 1。",
            f"There is no table of fixes: {plural(count, 'open finding')} stand for them, at a cost of 1 each.",
        ).say(lang)
    elif count != fixes:
        yield Text(f"整改 {fixes} 项，共 {count} 个档次。", f"{plural(fixes, 'fix', 'fixes')}, {count} levels.").say(
            lang
        )
    if told.shared:
        names = names_of([options[place] for place in told.shared], lang)
        gained = _gained(told.joint, lang)
        yield Text(
            f"单项作用最大的 {len(told.shared)} 项（{names}）一并完成：{gained}。",
            f"The {len(told.shared)} that bring most ({names}), done together: {gained}.",
        ).say(lang)
    for pair in told.pairs[:_MOST_PAIRS]:
        one, other = options[pair.first].name, options[pair.second].name
        yield _pair(pair, one, other, lang)
    if len(told.pairs) > _MOST_PAIRS:
        more = len(told.pairs) - _MOST_PAIRS
        yield Text(f"另有 {more} 对，见 --format json", f"{plural(more, 'more pair')}: see --format json").say(lang)
    yield from basis(found, lang)
    yield from plus_minus(found, lang)


def _pair(pair: Pair, one: str, other: str, lang: Lang) -> str:
    """Return whether two fixes help each other, and by how much: in chance, in points without a pass mark."""
    extra = pair.extra
    if extra.chance is None:
        size = gain_points(abs(extra.points)).lstrip("+")
        more, what = extra.points > 0, Text("期望得分", "the expected score")
        amount = Text(f"{size} 分", f"{size} points")
    else:
        size = gain_chance(abs(extra.chance), extra.chance_error).lstrip("+")
        more, what = extra.chance > 0, Text("达标可能性", "the chance to pass")
        amount = Text(f"{size} 个百分点", f"{size} percentage points")
    kind = Text("相互促进", "help each other") if more else Text("作用重叠", "overlap")
    sign = Text("多", "more") if more else Text("少", "less")
    return Text(
        f"{one} 与 {other} {kind.zh}：一并完成，{what.zh}的提高比各自单独完成之和{sign.zh} {amount.zh}。",
        f"{one} and {other} {kind.en}: done together they raise {what.en} by {amount.en} {sign.en} than apart.",
    ).say(lang)


def _gained(gain: Gain, lang: Lang) -> str:
    """Return a gain in words: '期望得分 +0.500 分，达标可能性 +9.8 个百分点'."""
    points = gain_points(gain.points)
    if gain.chance is None:
        return Text(f"期望得分 {points} 分", f"expected score {points} points").say(lang)
    chance = gain_chance(gain.chance, gain.chance_error)
    return Text(
        f"期望得分 {points} 分，达标可能性 {chance} 个百分点",
        f"expected score {points} points, chance to pass {chance} percentage points",
    ).say(lang)


def _now(found: Forecast, base: Worth, lang: Lang) -> str:
    score = score_text(base.points)
    if base.chance is None:
        return Text(
            f"现状：期望得分 {score} 分；未设目标线，不计达标可能性。",
            f"As things stand: expected score {score}; no pass mark is set, so there is no chance to pass.",
        ).say(lang)
    chance = chance_said(found, base.chance, lang)
    return Text(
        f"现状：期望得分 {score} 分，达标可能性{spaced(chance)}。",
        f"As things stand: expected score {score}, chance to pass {chance}.",
    ).say(lang)


def effects_json(found: Forecast, told: Effects, lang: Lang) -> str:
    """Return what fixes bring as JSON.

    Keys: those of the forecast (``schema, instrument, place, round, inspection_date, evidence_hash, full_marks,
    pass_mark, engine, seed, draws``), ``findings_as_fixes, base, effects, top, joint, pairs, assumed, notes``. Points
    are points and chances lie between 0 and 1; costs and crew-days stand exactly beside the float; `top`, `joint` and
    `pairs` name options by their place in `effects`.
    """
    content = {
        **head(found),
        "findings_as_fixes": told.fixes.assumed,
        "base": worth_json(told.base),
        "effects": [
            {
                **option_json(found, told.fixes, one.option, lang),
                "gain": gain_json(one.gain),
                "points_per_cost": one.points_per_cost,
                "chance_per_cost": one.chance_per_cost,
                "points_per_day": one.points_per_day,
                "chance_per_day": one.chance_per_day,
                "why_none": None if one.why_none is None else one.why_none.say(lang),
            }
            for one in told.effects
        ],
        "top": list(told.top),
        "joint": {
            "gain": gain_json(told.joint),
            "shares": [
                {"option": place, "gain": gain_json(share)}
                for place, share in zip(told.shared, told.shares, strict=True)
            ],
        },
        "pairs": [
            {"first": p.first, "second": p.second, "together": gain_json(p.together), "extra": gain_json(p.extra)}
            for p in told.pairs
        ],
        **foot(found, lang),
    }
    return as_json(content)


# ----------------------------------------------------------------------------------------------------------- annex

_LETTER = Column("letter", Text("代号", "letter"))


def annex(advice: Advice, path: Path, lang: Lang) -> None:
    """Write a workbook with all that a page on fixes shows in part: every option, job, budget, place and site.

    Parameters
    ----------
    advice : Advice
    path : Path
        Of the workbook; the folder is made where it is missing.
    lang : {'zh', 'en'}

    Notes
    -----
    Sheets: effects, plan, frontier, stability, visits; a sheet without rows is left out. Letters are those of the
    page. Numbers are numbers, unrounded values rounded half up once. The same advice gives the same bytes.
    """
    from evalsys.files import atomic
    from evalsys.sheets import new_workbook, packed

    found, effects = advice.found, advice.effects
    alone = [effects.effects[place].gain for place in advice.chosen]
    told = effects_rows(found, effects, lang)
    names = [effects.fixes.options[one.option].fix for one in _ordered(effects)]
    plan = plan_rows(found, advice.plan, alone, lang)
    letters = _letters(advice)
    sheets = {
        Text("整改作用", "effects"): _lettered(told, [letters.get(name) for name in names]),
        Text("整改方案", "plan"): _shared(plan, advice, [advice.letters.get(place) for place in advice.chosen]),
        Text("预算与效果", "frontier"): _frontier(advice, lang),
        Text("名次稳定性", "stability"): _stability(advice, lang),
        Text("巡查点位", "visits"): visits_rows(found, advice.visits, lang),
    }
    workbook = new_workbook(Text("整改效益", "Value of fixes").say(lang))
    for name, made in sheets.items():
        if made.rows:
            made.add_sheet(workbook, name.say(lang), lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))


def _letters(advice: Advice) -> dict[str, str]:
    """Return the letters of a page by fix."""
    options = advice.effects.fixes.options
    return {options[place].fix: letter for place, letter in advice.letters.items()}


def _lettered(made: Listing, letters: Sequence[str | None]) -> Listing:
    return Listing([_LETTER, *made.columns], [(letter, *row) for letter, row in zip(letters, made.rows, strict=True)])


def _shared(made: Listing, advice: Advice, letters: Sequence[str | None]) -> Listing:
    """Return the plan with letters, and with each job's share of what the whole brings."""
    points = Column("share_points", Text("分摊得分", "share of points"), "points")
    chance = Column("share_chance", Text("分摊达标可能性（百分点）", "share of chance (pp)"), "points")
    shares: list[Cells] = [
        (points, [rational(share.points) for share in advice.shares]),
        (chance, [chance_cell(share) for share in advice.shares]),
    ]
    whole = _lettered(made, letters)
    cells = [*zip(whole.columns, zip(*whole.rows, strict=True), strict=False), *shares]
    return listing(cells, [column.key for column in whole.columns])


def _frontier(advice: Advice, lang: Lang) -> Listing:
    """Return a row for each budget from which on a better plan can be had."""
    steps = advice.frontier.steps
    plans = [step.plan for step in steps]
    strict = advice.strict_steps or [None] * len(steps)
    cells: list[Cells] = [
        (Column("budget", Text("费用", "cost"), "points"), [step.budget for step in steps]),
        (Column("fixes", Text("整改项数", "fixes"), "count"), [len(plan.jobs) for plan in plans]),
        (Column("days", Text("工期（天）", "days"), "count"), [_days(plan) for plan in plans]),
        (Column("points", Text("期望得分", "expected score"), "points"), [rational(p.after.points) for p in plans]),
        (Column("chance", Text("达标可能性", "chance to pass"), "share"), [_share(p.after.chance) for p in plans]),
        (
            Column("strict", Text("严督查时达标可能性", "chance if inspectors are strict"), "share"),
            [_share(chance) for chance in strict],
        ),
        (
            Column("what", Text("整改编号", "which")),
            [names_of([plan.fixes.options[place] for place in plan.chosen], lang) for plan in plans],
        ),
    ]
    return listing(cells, ("budget", "fixes", "days", "points", "what"))


def _days(plan: Plan) -> int:
    return max((job.ends for job in plan.jobs), default=0)


def _share(chance: float | None) -> Fraction | None:
    return None if chance is None else rational(chance)


def _stability(advice: Advice, lang: Lang) -> Listing:
    """Return the place of each fix, its places under other assumptions, and what that says of it."""
    standings = sorted(advice.stability.standings, key=lambda own: (own.place, own.option))
    options, letters = advice.effects.fixes.options, _letters(advice)
    held = [options[own.option] for own in standings]
    cells: list[Cells] = [
        (_LETTER, [letters.get(option.fix) for option in held]),
        *of_options(advice.found, held, lang)[:3],
        (Column("place", Text("名次", "place"), "count"), [own.place for own in standings]),
        (Column("low", Text("最好名次", "best place"), "count"), [own.low for own in standings]),
        (Column("high", Text("最差名次", "worst place"), "count"), [own.high for own in standings]),
        (Column("verdict", Text("结论", "verdict")), [VERDICTS[own.verdict].say(lang) for own in standings]),
        (
            Column("depends_on", Text("取决于", "depends on")),
            [joined([text.say(lang) for text in own.depends_on], lang, 99) or None for own in standings],
        ),
    ]
    return listing(cells, ("fix", "place", "low", "high", "verdict"))
