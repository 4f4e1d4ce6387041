"""What to fix first as text for a terminal, as rows, and as JSON for other programs: effects, a plan, a patrol."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalsys import wording
from evalsys.fix_effects import Effects
from evalsys.fix_words import chance_said, cost, gain_chance, title
from evalsys.fixes import Fixes, Option
from evalsys.forecast_results import assumed
from evalsys.forecast_words import ENGINES, score_text
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing, number
from evalsys.mending import Gain, Worth
from evalsys.patrols import Visit, Visits
from evalsys.planning import Plan
from evalsys.schema import decimal as exact
from evalsys.wording import percent_short, plural

__all__ = [
    "effects_json",
    "effects_rows",
    "effects_text",
    "plan_json",
    "plan_rows",
    "plan_text",
    "visits_json",
    "visits_rows",
    "visits_text",
]

#: Pairs of fixes that a terminal shows, and sites of the plain list beside a patrol.
_MOST_PAIRS, _PLAIN = 5, 10

_POINTS = Column("points", Text("得分提高", "points gained"), "points")
_CHANCE = Column("chance", Text("达标可能性提高（百分点）", "chance gained (pp)"), "points")
_FIX = (
    Column("fix", Text("整改编号", "fix")),
    Column("what", Text("整改内容", "what")),
    Column("unit", Text("责任单位", "unit")),
    Column("cost", Text("费用", "cost"), "points"),
    Column("crew_days", Text("人天", "crew-days"), "points"),
)
_HOW = {
    "optimal": Text("可证明没有更好的", "proven best"),
    "enumerated": Text(
        "没有更好的：全部可能更好的组合都已比较", "best: every set of fixes that could be better was compared"
    ),
    "found": Text("是所找到的最好方案，未必最优", "the best plan found, not proven best"),
}


def _rational(value: float) -> Fraction:
    """Return a computed number as one that is written in decimals."""
    return Fraction(value).limit_denominator(10**9)


def _hundredfold(chance: float) -> Fraction:
    return _rational(chance * 100)


# --------------------------------------------------------------------------------------------------------- effects


def effects_rows(found: Forecast, told: Effects, lang: Lang) -> Listing:
    """Return what each option brings, a row each: by chance gained, then points (points alone without a pass mark).

    Columns without a value in any row (per crew-day, where none are stated) are left out. Errors are standard errors,
    of a simulation only.
    """
    order = sorted(told.effects, key=lambda one: (-(one.gain.chance or 0.0), -one.gain.points, one.option))
    held = [told.fixes.options[one.option] for one in order]
    gains = [one.gain for one in order]
    chance = told.base.chance is not None
    spread = not told.exact
    none = [None] * len(order)
    cells: list[tuple[Column, Sequence[Any]]] = [
        *_of_options(found, held, lang),
        (_POINTS, [_rational(gain.points) for gain in gains]),
        (_error("points_error"), [_rational(gain.points_error) for gain in gains] if spread else none),
        (_CHANCE, [_chance(gain) for gain in gains]),
        (_error("chance_error"), [_hundredfold(gain.chance_error) for gain in gains] if spread and chance else none),
        (_per("points", "cost"), [_ratio(one.points_per_cost) for one in order]),
        (_per("chance", "cost"), [_ratio(one.chance_per_cost, 100) for one in order]),
        (_per("points", "day"), [_ratio(one.points_per_day) for one in order]),
        (_per("chance", "day"), [_ratio(one.chance_per_day, 100) for one in order]),
        (Column("why_none", Text("说明", "note")), [one.why_none and one.why_none.say(lang) for one in order]),
    ]
    return _listing(cells, ("fix", "what", "points"))


def _of_options(found: Forecast, held: Sequence[Option], lang: Lang) -> list[tuple[Column, Sequence[Any]]]:
    assessment = found.prospect.score.assessment
    values: tuple[Sequence[Any], ...] = (
        [option.name for option in held],
        [title(option, assessment, lang) for option in held],
        [option.unit for option in held],
        [option.cost for option in held],
        [option.crew_days for option in held],
    )
    return list(zip(_FIX, values, strict=True))


def _listing(cells: Sequence[tuple[Column, Sequence[Any]]], always: Sequence[str]) -> Listing:
    """Return the columns as a listing; those that hold nothing in any row are left out, but for some."""
    held = [pair for pair in cells if pair[0].key in always or any(cell is not None for cell in pair[1])]
    return Listing([column for column, _ in held], list(zip(*(values for _, values in held), strict=True)))


def _error(key: str) -> Column:
    return Column(key, Text("误差", "error"), "points")


def _per(what: str, by: str) -> Column:
    each = {"cost": Text("每单位费用", "per cost"), "day": Text("每人天", "per crew-day")}[by]
    gained = {"points": Text("得分", "points"), "chance": Text("达标可能性（百分点）", "chance (pp)")}[what]
    return Column(f"{what}_per_{by}", Text(f"{each.zh}{gained.zh}", f"{gained.en} {each.en}"), "points")


def _chance(gain: Gain) -> Fraction | None:
    return None if gain.chance is None else _hundredfold(gain.chance)


def _ratio(value: float | None, times: int = 1) -> Fraction | None:
    return None if value is None else _rational(value * times)


def effects_text(found: Forecast, told: Effects, lang: Lang) -> str:
    """Return what fixes bring for a terminal: where things stand, what they bring together, then a row each."""
    return "\n".join([*_effects_lines(found, told, lang), "", effects_rows(found, told, lang).as_text(lang)])


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
        names = _names([options[place] for place in told.shared], lang)
        gained = _gained(told.joint, lang)
        yield Text(
            f"单项作用最大的 {len(told.shared)} 项（{names}）一并完成：{gained}。",
            f"The {len(told.shared)} that bring most ({names}), done together: {gained}.",
        ).say(lang)
    for pair in told.pairs[:_MOST_PAIRS]:
        one, other = options[pair.first].name, options[pair.second].name
        helps = (pair.extra.points if pair.extra.chance is None else pair.extra.chance) > 0
        extra = _gained(pair.extra, lang)
        zh, en = ("相互促进", "help each other") if helps else ("作用重叠", "overlap")
        yield Text(
            f"{one} 与 {other} {zh}：一并完成较各自之和{extra}。",
            f"{one} and {other} {en}: together, beyond the sum of each alone, {extra}.",
        ).say(lang)
    if len(told.pairs) > _MOST_PAIRS:
        more = len(told.pairs) - _MOST_PAIRS
        yield Text(f"另有 {more} 对，见 --format json", f"{plural(more, 'more pair')}: see --format json").say(lang)
    yield from _basis(found, lang)


def _names(options: Sequence[Option], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(option.name for option in options)


def _gained(gain: Gain, lang: Lang) -> str:
    """Return a gain in words: '期望得分 +0.50 分，达标可能性 +9.8 个百分点'."""
    sign = "+" if round(gain.points, 2) > 0 else ""
    points = f"{sign}{score_text(gain.points)}"
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
        f"现状：期望得分 {score} 分，达标可能性{_spaced(chance)}。",
        f"As things stand: expected score {score}, chance to pass {chance}.",
    ).say(lang)


def _spaced(said: str) -> str:
    return said if said.startswith(("约", "不足")) else f" {said}"


def _basis(found: Forecast, lang: Lang) -> Iterator[str]:
    said = ENGINES[found.engine].say(lang)
    if found.draws:
        said += Text(
            f"，{found.draws:,} 次，随机种子 {found.seed}", f", {found.draws:,} inspections, seed {found.seed}"
        ).say(lang)
    yield Text("算法：", "Engine: ").say(lang) + said
    for text in assumed(found):
        yield Text("假定：", "Assumed: ").say(lang) + text.say(lang)


def effects_json(found: Forecast, told: Effects, lang: Lang) -> str:
    """Return what fixes bring as JSON.

    Keys: those of the forecast (``schema, instrument, place, round, inspection_date, evidence_hash, full_marks,
    pass_mark, engine, seed, draws``), ``findings_as_fixes, base, effects, top, joint, pairs, assumed, notes``. Points
    are points and chances lie between 0 and 1; costs and crew-days stand exactly beside the float; `top`, `joint` and
    `pairs` name options by their place in `effects`.
    """
    content = {
        **_head(found),
        "findings_as_fixes": told.fixes.assumed,
        "base": _worth(told.base),
        "effects": [
            {
                **_option(found, told.fixes, one.option, lang),
                "gain": _gain(one.gain),
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
            "gain": _gain(told.joint),
            "shares": [
                {"option": place, "gain": _gain(share)} for place, share in zip(told.shared, told.shares, strict=True)
            ],
        },
        "pairs": [
            {"first": p.first, "second": p.second, "together": _gain(p.together), "extra": _gain(p.extra)}
            for p in told.pairs
        ],
        **_foot(found, lang),
    }
    return _json(content)


def _head(found: Forecast) -> dict[str, Any]:
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


def _foot(found: Forecast, lang: Lang) -> dict[str, Any]:
    return {
        "assumed": [text.say(lang) for text in assumed(found)],
        "notes": [text.say(lang) for text in found.prospect.score.assessment.notes],
    }


def _option(found: Forecast, fixes: Fixes, place: int, lang: Lang) -> dict[str, Any]:
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


def _worth(worth: Worth) -> dict[str, float | None]:
    error = None if worth.chance is None else worth.chance_error
    return {"points": worth.points, "points_error": worth.points_error, "chance": worth.chance, "chance_error": error}


def _gain(gain: Gain) -> dict[str, float | None]:
    return _worth(Worth(gain.points, gain.chance, gain.points_error, gain.chance_error))


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


# ------------------------------------------------------------------------------------------------------------ plan


def plan_rows(found: Forecast, plan: Plan, alone: Sequence[Gain], lang: Lang) -> Listing:
    """Return what is done, a row each in the order of work: when, by whom, at what cost, and what it brings alone.

    Parameters
    ----------
    alone : sequence of Gain
        Of each job of the plan, done alone.
    """
    held = [plan.fixes.options[job.option] for job in plan.jobs]
    cells: list[tuple[Column, Sequence[Any]]] = [
        *_of_options(found, held, lang),
        (Column("begins", Text("开工", "begins")), [_day(plan, job.begins, lang) for job in plan.jobs]),
        (Column("ends", Text("完工", "ends")), [_day(plan, job.ends - 1, lang) for job in plan.jobs]),
        (Column("days", Text("工期（天）", "days"), "count"), [job.ends - job.begins for job in plan.jobs]),
        (_alone(_POINTS), [_rational(gain.points) for gain in alone]),
        (_alone(_CHANCE), [_chance(gain) for gain in alone]),
    ]
    return _listing(cells, ("fix", "what", "begins", "ends", "days", "points"))


def _alone(column: Column) -> Column:
    heading = Text(f"单独做{column.heading.zh}", f"{column.heading.en} alone")
    return Column(column.key, heading, column.kind)


def _day(plan: Plan, offset: int, lang: Lang) -> str:
    """Return a day of work: its date, or its number from the first."""
    day = plan.limits.day(offset)
    return Text(f"第{offset + 1}天", f"day {offset + 1}").say(lang) if day is None else day.isoformat()


def plan_text(
    found: Forecast,
    plan: Plan,
    alone: Sequence[Gain],
    lang: Lang,
    *,
    wanted: float | None = None,
    quickest: Plan | None = None,
    stops: Sequence[Text] = (),
) -> str:
    """Return a plan for a terminal: what it costs, takes and brings; what stops a better one; then its rows.

    Parameters
    ----------
    alone : sequence of Gain
        Of each job of the plan, done alone.
    wanted : float, optional
        Wanted chance to pass.
    quickest : Plan, optional
        Of the fewest days found for it.
    stops : sequence of Text
        Why it is not reached, or why nothing is done.
    """
    lines = list(_plan_lines(found, plan, lang, wanted, quickest, stops))
    return "\n".join([*lines, "", plan_rows(found, plan, alone, lang).as_text(lang)] if plan.jobs else lines)


def _plan_lines(
    found: Forecast, plan: Plan, lang: Lang, wanted: float | None, quickest: Plan | None, stops: Sequence[Text]
) -> Iterator[str]:
    limits = plan.limits
    if wanted is not None:
        yield _reach(plan, wanted, lang)
    for text in stops:
        yield Text("受限于：", "What stops it: ").say(lang) + text.say(lang)
    if not plan.jobs:
        yield Text(
            "在这些条件下，没有可列入方案的整改。", "Within these limits there is nothing to put into a plan."
        ).say(lang)
    else:
        days = max(job.ends for job in plan.jobs)
        count = len(plan.jobs)
        money = Text("不限", "none") if limits.budget is None else Text(*[cost(limits.budget)] * 2)
        span = ""
        if limits.start is not None:
            first, last = (str(limits.day(offset)) for offset in (min(job.begins for job in plan.jobs), days - 1))
            span = Text(f"，{first} 至 {last}", f", {first} to {last}").say(lang)
        yield Text(
            f"整改方案：{count} 项，费用 {cost(plan.cost)}（预算：{money.zh}），"
            f"工期 {days} 天（限 {limits.days} 天）{span}。",
            f"Plan: {plural(count, 'fix', 'fixes')}, cost {cost(plan.cost)} (budget: {money.en}), "
            f"{plural(days, 'day')} (limit: {limits.days}){span}.",
        ).say(lang)
    before, after = plan.before, plan.after
    a, b = score_text(before.points), score_text(after.points)
    if before.chance is None or after.chance is None:
        yield Text(
            f"期望得分 {a} → {b} 分；未设目标线，不计达标可能性。",
            f"Expected score {a} → {b}; no pass mark is set, so there is no chance to pass.",
        ).say(lang)
    else:
        low, high = (chance_said(found, chance, lang) for chance in (before.chance, after.chance))
        yield Text(
            f"达标可能性{_spaced(low)} → {high}；期望得分 {a} → {b} 分。",
            f"Chance to pass {low} → {high}; expected score {a} → {b}.",
        ).say(lang)
    if plan.jobs:
        how = _HOW[plan.how]
        yield Text(f"这一方案{how.zh}", f"It is {how.en}").say(lang) + _bound(plan, lang) + Text("。", ".").say(lang)
    if quickest is not None and quickest.jobs:
        least = max(job.ends for job in quickest.jobs)
        yield Text(
            f"所找到的最快方案：{least} 天，费用 {cost(quickest.cost)}。",
            f"Fewest days found: {least}, at a cost of {cost(quickest.cost)}.",
        ).say(lang)
    yield from _basis(found, lang)


def _reach(plan: Plan, wanted: float, lang: Lang) -> str:
    said = f"{exact(_rational(wanted * 100))}%"
    if (plan.after.chance or 0.0) >= wanted - 1e-10:
        zh, en = "以下为所找到的费用最少的方案", "the cheapest plan found follows"
        return Text(f"达标可能性可达到 {said}；{zh}。", f"A chance of {said} can be reached; {en}.").say(lang)
    zh, en = "以下为所找到的最好方案", "the best plan found follows"
    return Text(
        f"在这些条件下，达标可能性达不到 {said}；{zh}。",
        f"Within these limits a chance of {said} cannot be reached; {en}.",
    ).say(lang)


def _bound(plan: Plan, lang: Lang) -> str:
    """Return the bound that no plan exceeds, where the plan is not proven best."""
    if plan.how != "found" or plan.bound is None:
        return ""
    if plan.goal == "points":
        said = score_text(plan.bound)
        return Text(f"；任何方案的期望得分都不超过 {said} 分", f"; no plan exceeds {said} expected points").say(lang)
    said = percent_short(_upwards(min(plan.bound, 1.0)))
    return Text(f"；任何方案的达标可能性都不超过 {said}", f"; no plan exceeds a chance of {said}").say(lang)


def _upwards(value: float) -> Fraction:
    """Return a bound rounded up to a tenth of a per cent: rounded down it would be none."""
    return Fraction(math.ceil(_rational(value) * 1000), 1000)


def plan_json(
    found: Forecast,
    plan: Plan,
    alone: Sequence[Gain],
    lang: Lang,
    *,
    wanted: float | None = None,
    quickest: Plan | None = None,
    stops: Sequence[Text] = (),
) -> str:
    """Return a plan as JSON; parameters as of :func:`plan_text`.

    Keys: those of the forecast as in :func:`effects_json`, ``goal, how, bound, limits, wanted_chance, reached, cost,
    days, before, after, gain, start, jobs, quickest, stops, assumed, notes``. Days of work are counted from 0, the
    day of begin is the first and `ends` the day after the last; `begins_on` and `ends_on` are the first and the last
    day as dates, null where the start is not known.
    """
    limits = plan.limits
    content = {
        **_head(found),
        "goal": plan.goal,
        "how": plan.how,
        "bound": plan.bound,
        "limits": {
            "budget": number(limits.budget),
            "days": limits.days,
            "start": None if limits.start is None else limits.start.isoformat(),
            "week_starts": list(limits.week_starts),
            "capacity": {unit: list(map(number, amounts)) for unit, amounts in limits.capacity.items()},
        },
        "wanted_chance": wanted,
        "reached": None if wanted is None else (plan.after.chance or 0.0) >= wanted - 1e-10,
        "cost": number(plan.cost),
        "days": max((job.ends for job in plan.jobs), default=0),
        "before": _worth(plan.before),
        "after": _worth(plan.after),
        "gain": _gain(plan.gain),
        "start": _gain(plan.start),
        "jobs": [
            {
                **_option(found, plan.fixes, job.option, lang),
                "begins": job.begins,
                "ends": job.ends,
                "begins_on": _iso(plan, job.begins),
                "ends_on": _iso(plan, job.ends - 1),
                "alone": _gain(gain),
            }
            for job, gain in zip(plan.jobs, alone, strict=True)
        ],
        "quickest": None
        if quickest is None
        else {
            "days": max((job.ends for job in quickest.jobs), default=0),
            "cost": number(quickest.cost),
            "after": _worth(quickest.after),
            "options": list(quickest.chosen),
        },
        "stops": [text.say(lang) for text in stops],
        **_foot(found, lang),
    }
    return _json(content)


def _iso(plan: Plan, offset: int) -> str | None:
    day = plan.limits.day(offset)
    return None if day is None else day.isoformat()


# ---------------------------------------------------------------------------------------------------------- visits


def visits_rows(found: Forecast, told: Visits, lang: Lang) -> Listing:
    """Return the sites to see, in the order of the patrol; then further sites where most points may be lost."""
    assessment = found.prospect.score.assessment
    rank = {site: place for place, (site, _) in enumerate(told.plain, 1)}
    seen = {visit.site for visit in told.rows}
    rest = [(site, lost) for site, lost in told.plain[:_PLAIN] if site not in seen]
    sites = [*(visit.site for visit in told.rows), *(site for site, _ in rest)]
    table = assessment.sites.iloc[sites]
    blank = [None] * len(rest)
    kinds = [wording.group_name(assessment.instrument, "site_type", name, lang) for name in table["site_type"]]
    added = [_hundredfold(v.added) if told.payoff == "chance" else _rational(v.added) for v in told.rows]
    value = {
        "points": Text("信息价值（分）", "value (points)"),
        "chance": Text("信息价值（百分点）", "value (pp)"),
    }[told.payoff]
    cells: list[tuple[Column, Sequence[Any]]] = [
        (Column("place", Text("次序", "order"), "count"), [*range(1, len(told.rows) + 1), *blank]),
        (Column("site", Text("点位编号", "site")), table["site_id"].tolist()),
        (Column("name", Text("点位名称", "name")), table["name"].tolist()),
        (Column("site_type", Text("点位类型", "type")), kinds),
        (Column("area", Text("属地", "area")), table["area"].tolist()),
        (Column("added", value, "points"), [*added, *blank]),
        (Column("wrong", Text("有问题的可能", "chance of a problem"), "share"), [*map(_wrong, told.rows), *blank]),
        (
            Column("lost", Text("期望失分", "expected loss"), "points"),
            [_rational(lost) for lost in (*(v.lost for v in told.rows), *(lost for _, lost in rest))],
        ),
        (Column("rank", Text("期望失分位次", "place by loss"), "count"), [rank.get(site) for site in sites]),
        (
            Column("standards", Text("主要看", "look at")),
            [*(" ".join(visit.standards) for visit in told.rows), *blank],
        ),
    ]
    return _listing(cells, ("place", "site", "name", "added", "lost"))


def _wrong(visit: Visit) -> Fraction:
    return _rational(visit.wrong)


def visits_text(found: Forecast, told: Visits, lang: Lang) -> str:
    """Return the next patrol for a terminal: what it is worth, then the sites to see."""
    return "\n".join([*_visits_lines(found, told, lang), "", visits_rows(found, told, lang).as_text(lang)])


def _visits_lines(found: Forecast, told: Visits, lang: Lang) -> Iterator[str]:
    count = len(told.rows)
    goal = {"points": Text("期望得分", "expected score"), "chance": Text("达标可能性", "chance to pass")}[told.payoff]
    if not count:
        yield Text("没有需要再看的点位。", "There is no site that needs another look.").say(lang)
    else:
        yield Text(
            f"先巡查 {count} 个点位，再从全部点位中选 {told.repairs} 处整改：比不看就改，"
            f"{goal.zh}平均多提高 {_amount(told, told.evsi, 'zh')}。",
            f"See {plural(count, 'site')}, then choose {told.repairs} of all sites to mend: on average the {goal.en} "
            f"rises by {_amount(told, told.evsi, 'en')} more than by mending without a look.",
        ).say(lang)
        zh = [_amount(told, value, "zh") for value in (told.evppi, told.evpi)]
        en = [_amount(told, value, "en") for value in (told.evppi, told.evpi)]
        yield Text(
            f"若巡查所见就是督查当天的状况，则为 {zh[0]}；若全部点位当天的状况都已知，则为 {zh[1]}（上限）。",
            f"If it showed the state on the day of the inspection: {en[0]}; if that were known of every site: {en[1]} "
            "(no patrol is worth more).",
        ).say(lang)
    rest = sum(site not in {visit.site for visit in told.rows} for site, _ in told.plain[:_PLAIN])
    if rest:
        yield Text(
            f"表末 {rest} 行没有次序：不在巡查之列，但期望失分居前 {_PLAIN} 位。",
            f"The last {plural(rest, 'row')} without an order: not in the patrol, but among the {_PLAIN} sites "
            "that are expected to lose most.",
        ).say(lang)
    yield from _basis(found, lang)


def _amount(told: Visits, value: float, lang: Lang) -> str:
    zh, en, size, places = (
        ("分", "points", value, 3) if told.payoff == "points" else ("个百分点", "percentage points", value * 100, 2)
    )
    least = Fraction(1, 10**places)
    if 0 < size < least / 2:  # little is not nothing
        said = wording.decimal(least, places)
        return Text(f"不足 {said} {zh}", f"less than {said} {en}").say(lang)
    said = wording.decimal(_rational(size), places)
    return Text(f"{said} {zh}", f"{said} {en}").say(lang)


def visits_json(found: Forecast, told: Visits, lang: Lang) -> str:
    """Return the next patrol as JSON.

    Keys: those of the forecast as in :func:`effects_json`, ``payoff, repairs, days, exact, evsi, evsi_error, evppi,
    evpi, visits, plain, rates, assumed, notes``. Values are in points, or chances between 0 and 1, as `payoff` says.
    """
    assessment = found.prospect.score.assessment
    ids = assessment.sites["site_id"].tolist()
    names = assessment.sites["name"].tolist()
    content = {
        **_head(found),
        "payoff": told.payoff,
        "repairs": told.repairs,
        "days": told.days,
        "exact": told.exact,
        "evsi": told.evsi,
        "evsi_error": told.error,
        "evppi": told.evppi,
        "evpi": told.evpi,
        "visits": [
            {
                "site": ids[visit.site],
                "name": names[visit.site],
                "added": visit.added,
                "wrong": visit.wrong,
                "lost": visit.lost,
                "standards": list(visit.standards),
            }
            for visit in told.rows
        ],
        "plain": [{"site": ids[site], "name": names[site], "lost": lost} for site, lost in told.plain],
        "rates": [
            {"standard": r.standard, "site_type": r.site_type, "sites": r.sites, "evsi": r.evsi, "evppi": r.evppi}
            for r in told.rates
        ],
        **_foot(found, lang),
    }
    return _json(content)
