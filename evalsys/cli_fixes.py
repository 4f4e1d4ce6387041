"""The commands on what to fix first: effects, plan, visits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsys.console import LOCALE, gathered, say, working
from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang
from evalsys.verbs import LANG_OF_RESULT, argument_assessment, check_target, options_format, verb, write

if TYPE_CHECKING:
    from evalsys.evidence import Assessment
    from evalsys.forecasting import Forecast
    from evalsys.frontier import Frontier
    from evalsys.language import Text
    from evalsys.limits import Limits
    from evalsys.listing import Listing
    from evalsys.mending import Bench
    from evalsys.planning import Plan

__all__ = ["verbs_on_fixes"]

#: The commands, for the command line to take up.
verbs_on_fixes = click.Group()

_READING = ("正在读取数据……", "Reading the data...")
_FORECASTING = ("正在预测……", "Forecasting...")
_Command = Callable[..., Any]


def _options_forecast(command: _Command) -> _Command:
    """Add the options of the forecast that everything rests on."""
    mark = click.option("--at-least", metavar="X", help=say("目标线：85% 或分数", "pass mark: 85% or points"))
    seed = click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True,
        help=say("模拟的随机种子", "seed of the simulation"),
    )  # fmt: skip
    return mark(seed(command))


@verb(
    "effects",
    "逐项列出整改的作用：得分和达标可能性提高多少。",
    "List what each fix brings: points and chance to pass.",
    (
        "整改写在 fixes 表；没有这张表时，未解决的问题各为一项整改，费用各计 1。例：\n\n"
        "evalsys effects data/wujiang-2016",
        "Fixes stand in the table 'fixes'; without it every open finding is a fix at a cost of 1. Example:\n\n"
        "evalsys effects data/wujiang-2016",
    ),
    group=verbs_on_fixes,
)
@argument_assessment
@_options_forecast
@LANG_OF_RESULT
@options_format
def effects(assessment: Path, at_least: str | None, seed: int, lang: Lang | None, as_: str, out: Path | None) -> None:
    """List what each fix brings."""
    check_target(as_, out)
    from evalsys import fix_results
    from evalsys.fix_effects import effects as effects_

    found = _forecast(_read(assessment), at_least, seed)
    lang = _language(lang, found)
    with working("正在计算整改的作用……", "Finding what fixes bring..."):
        told = effects_(found)
        made = fix_results.effects_rows(found, told, lang)
    _write(
        made,
        lambda: fix_results.effects_text(found, told, lang),
        lambda: fix_results.effects_json(found, told, lang),
        say("整改的作用", "effects"),
        lang,
        as_,
        out,
    )


@verb(
    "plan",
    "在预算、天数和人力之内，选出最好的整改方案并排出工期。",
    "Choose the best fixes within budget, days and crews, and say when each is done.",
    (
        "未给出的限制取自 assessment.yaml 的 plan 一栏。给出 --chance 时，列出所找到的达到这一可能性的费用最少的方案；"
        "达不到的，说明受什么限制。例：\n\nevalsys plan data/synthetic-city --budget 60 --days 14 --chance 90%",
        "Limits that are not given are those in assessment.yaml under plan. With --chance it is the cheapest plan "
        "found that reaches it; where none does, it says what stops it. Example:\n\n"
        "evalsys plan data/synthetic-city --budget 60 --days 14 --chance 90%",
    ),
    group=verbs_on_fixes,
)
@argument_assessment
@click.option(
    "--budget", metavar="X",
    help=say("预算，单位与整改表的费用相同；默认不限", "budget, in the unit of the table's costs; by default none"),
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1), metavar="N",
    help=say("从开工起的天数；默认到督查之前", "days from the start of the work; by default up to the inspection"),
)  # fmt: skip
@click.option("--chance", metavar="P", help=say("期望的达标可能性，如 0.9", "wanted chance to pass, such as 0.9"))
@click.option(
    "--goal", type=click.Choice(("chance", "points")),
    help=say(
        "提高什么：达标可能性（默认）或期望得分；未设目标线时为得分",
        "what to raise: the chance to pass (default) or the expected score; points without a pass mark",
    ),
)  # fmt: skip
@_options_forecast
@LANG_OF_RESULT
@options_format
def plan(
    assessment: Path,
    budget: str | None,
    days: int | None,
    chance: str | None,
    goal: str | None,
    at_least: str | None,
    seed: int,
    lang: Lang | None,
    as_: str,
    out: Path | None,
) -> None:
    """Choose the best fixes within limits."""
    check_target(as_, out)
    if chance is not None and goal == "points":
        raise click.UsageError(say("--chance 与 --goal points 不能同用", "--chance does not go with --goal points"))
    from evalsys import fix_results

    with working(*_READING):
        money, wanted, read = gathered(lambda: _money(budget), lambda: _wanted(chance), lambda: _read(assessment))
    own = read.settings.plan
    money = own.budget if money is None else money
    if wanted is None and goal != "points":
        wanted = own.chance
    found = _forecast(read, at_least, seed)
    if found.chance is None and (wanted is not None or goal == "chance"):
        option, value = ("--chance", str(float(wanted))) if wanted is not None else ("--goal", "chance")
        raise InputFaults([Fault("no_chance", option, value=value)])
    lang = _language(lang, found)
    with working("正在编制整改方案……", "Making the plan..."):
        made = _plan(found, money, days, None if wanted is None else float(wanted), goal)
        rows = fix_results.plan_rows(found, made.plan, made.alone, lang)
    more: dict[str, Any] = {"wanted": made.wanted, "quickest": made.quickest, "stops": made.stops}
    _write(
        rows,
        lambda: fix_results.plan_text(found, made.plan, made.alone, lang, **more),
        lambda: fix_results.plan_json(found, made.plan, made.alone, lang, **more),
        say("整改方案", "plan"),
        lang,
        as_,
        out,
    )


@verb(
    "visits",
    "下一次巡查看哪些点位：按看了之后整改能多提高多少排序。",
    "Say which sites the next patrol should see, by how much better fixes are chosen afterwards.",
    (
        "同时列出期望失分最多的点位。例：\n\nevalsys visits data/wujiang-2016 --visits 5",
        "Sites that are expected to lose most stand beside it. Example:\n\nevalsys visits data/wujiang-2016 --visits 5",
    ),
    group=verbs_on_fixes,
)
@argument_assessment
@click.option(
    "--visits", "count", type=click.IntRange(0), default=10, show_default=True, metavar="N",
    help=say("巡查的点位数", "sites that the patrol sees"),
)  # fmt: skip
@click.option(
    "--repairs", type=click.IntRange(0), metavar="N",
    help=say("之后能整改的点位数；默认与巡查的相同", "sites that can be mended afterwards; by default as many"),
)  # fmt: skip
@click.option(
    "--goal", type=click.Choice(("points", "chance")), default="points", show_default=True,
    help=say("提高什么：期望得分或达标可能性", "what to raise: the expected score or the chance to pass"),
)  # fmt: skip
@_options_forecast
@LANG_OF_RESULT
@options_format
def visits(
    assessment: Path,
    count: int,
    repairs: int | None,
    goal: Any,
    at_least: str | None,
    seed: int,
    lang: Lang | None,
    as_: str,
    out: Path | None,
) -> None:
    """Say which sites the next patrol should see."""
    check_target(as_, out)
    from evalsys import fix_results
    from evalsys.patrols import next_visits

    found = _forecast(_read(assessment), at_least, seed)
    if goal == "chance" and found.chance is None:
        raise InputFaults([Fault("no_chance", "--goal", value=goal)])
    lang = _language(lang, found)
    with working("正在选点位……", "Choosing sites..."):
        told = next_visits(found, count, repairs, goal)
        made = fix_results.visits_rows(found, told, lang)
    _write(
        made,
        lambda: fix_results.visits_text(found, told, lang),
        lambda: fix_results.visits_json(found, told, lang),
        say("巡查点位", "visits"),
        lang,
        as_,
        out,
    )


# ------------------------------------------------------------------------------------------------------------ steps


def _read(path: Path) -> Assessment:
    from evalsys.evidence import read_assessment

    with working(*_READING):
        return read_assessment(path)


def _forecast(read: Assessment, at_least: str | None, seed: int) -> Forecast:
    from evalsys.evidence import pass_mark_of
    from evalsys.forecasting import forecast

    with working(*_FORECASTING):
        _, found = gathered(lambda: pass_mark_of(read, at_least), lambda: forecast(read, at_least=at_least, seed=seed))
    made: Forecast = found
    return made


def _language(lang: Lang | None, found: Forecast) -> Lang:
    """Return the language of a result: the option's, else the assessment's, else the locale's."""
    return lang or found.prospect.score.assessment.settings.language or LOCALE


def _money(text: str | None) -> Fraction | None:
    return None if text is None else _number(text, "--budget", "0  18.5  1200", lambda value: value >= 0, ">= 0")


def _wanted(text: str | None) -> Fraction | None:
    if text is None:
        return None
    return _number(text, "--chance", "0.9  90%", lambda value: 0 < value < 1, "> 0, < 1")


def _number(text: str, option: str, form: str, holds: Callable[[Fraction], bool], allowed: str) -> Fraction:
    from evalsys.schema import parse_number

    value = parse_number(text)
    if value is None:
        raise InputFaults([Fault("bad_number", option, value=text, allowed=form)])
    if not holds(value):
        raise InputFaults([Fault("out_of_range", option, value=text, allowed=allowed)])
    return value


@dataclass(frozen=True)
class _Made:
    """A plan, what each of its options brings alone, and what was asked of it."""

    plan: Plan
    alone: tuple[Any, ...]
    wanted: float | None
    quickest: Plan | None
    stops: tuple[Text, ...]


def _plan(found: Forecast, budget: Fraction | None, days: int | None, wanted: float | None, goal: str | None) -> _Made:
    """Make the plan that is asked for: the best within the limits, or the cheapest that reaches a wanted chance."""
    from evalsys.benches import bench_of
    from evalsys.frontier import frontier_of
    from evalsys.planning import plan_of

    bench = bench_of(found)
    limits = _limits(found, bench, budget, days)
    edge: Frontier | None = None if wanted is None else frontier_of(bench, limits, wanted)
    if edge is not None and edge.cheapest is not None:
        plan, quickest = edge.cheapest, edge.quickest
    else:
        plan = plan_of(bench, limits, goal or ("points" if found.chance is None else "chance"))
        quickest = None
    alone = bench.gains([bench.fixes.after([job.option]) for job in plan.jobs]) if plan.jobs else ()
    stops = edge.stops if edge is not None else () if plan.jobs else _stops(bench, limits)
    return _Made(plan, tuple(alone), wanted, quickest, stops)


def _limits(found: Forecast, bench: Bench, budget: Fraction | None, days: int | None) -> Limits:
    """Return the limits: those given, else those of the settings; the deadline is the day after the last of work."""
    import datetime

    from evalsys.limits import limits_of

    read = found.prospect.score.assessment
    last = read.settings.last_day_of_work
    after = None if last is None else last + datetime.timedelta(days=1)
    own = read.settings.plan
    return limits_of(read, bench.fixes, budget=budget, days=days, start=own.start, deadline=after)


def _stops(bench: Bench, limits: Limits, most: int = 5) -> tuple[Text, ...]:
    """Say why nothing is done: what keeps each of the fixes that bring most from being done; nothing if none helps."""
    from evalsys.fix_effects import best_of_each
    from evalsys.limits import obstacles

    fixes = bench.fixes
    gains = bench.gains([fixes.after([place]) for place in range(len(fixes.options))]) if fixes.options else ()
    helps = [place for place in best_of_each(fixes, gains) if gains[place].points > 0 or (gains[place].chance or 0) > 0]
    found = [text for place in helps[:most] for text in obstacles(fixes, limits, [place])]
    return tuple(dict.fromkeys(found))


def _write(
    made: Listing,
    as_text: Callable[[], str],
    as_json: Callable[[], str],
    title: str,
    lang: Lang,
    as_: str,
    out: Path | None,
) -> None:
    """Write a result in the form asked for: lines and rows, JSON, or the rows alone as CSV or a workbook."""
    if as_ == "xlsx" and out is not None:
        made.write_workbook(out, title, lang)
        click.echo(out)
    else:
        write(as_json() if as_ == "json" else made.as_csv(lang) if as_ == "csv" else as_text(), as_, out)
