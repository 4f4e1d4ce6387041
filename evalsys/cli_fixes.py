"""The commands on what to fix first: effects, plan, visits."""

from __future__ import annotations

from collections.abc import Callable
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
    from evalsys.listing import Listing

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
    "--days", metavar="N",
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
    days: str | None,
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
    from evalsys import plan_results
    from evalsys.plans import planned

    limits, read = _limits(assessment, budget, days, chance, goal, at_least)
    found = _forecast(read, at_least, seed)
    lang = _language(lang, found)
    with working("正在编制整改方案……", "Making the plan..."):
        made = planned(found, **limits)
        rows = plan_results.plan_rows(found, made.plan, made.alone, lang)
    _write(
        rows,
        lambda: plan_results.plan_text(found, made, lang),
        lambda: plan_results.plan_json(found, made, lang),
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
    "--days", type=click.IntRange(0), default=7, show_default=True, metavar="N",
    help=say("巡查到督查的天数", "days from the patrol to the inspection; fewer if fewer are left"),
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
    days: int,
    goal: Any,
    at_least: str | None,
    seed: int,
    lang: Lang | None,
    as_: str,
    out: Path | None,
) -> None:
    """Say which sites the next patrol should see."""
    check_target(as_, out)
    from evalsys import visit_results
    from evalsys.fix_views import days_before
    from evalsys.patrols import next_visits

    found = _forecast(_read(assessment), at_least, seed)
    if goal == "chance" and found.chance is None:
        raise InputFaults([Fault("no_chance", "--goal", value=goal)])
    lang = _language(lang, found)
    with working("正在选点位……", "Choosing sites..."):
        told = next_visits(found, count, repairs, goal, days=days_before(found, days))
        made = visit_results.visits_rows(found, told, lang)
    _write(
        made,
        lambda: visit_results.visits_text(found, told, lang),
        lambda: visit_results.visits_json(found, told, lang),
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


def _limits(
    assessment: Path, budget: str | None, days: str | None, chance: str | None, goal: str | None, at_least: str | None
) -> tuple[dict[str, Any], Assessment]:
    """Read the assessment and what was asked of the plan; raise the faults of both together."""
    from evalsys.evidence import pass_mark_of
    from evalsys.plans import amount, check_days, share, whole_days

    def given(said: str | None, read: Callable[[str, str], Any], option: str) -> Any:
        return None if said is None else read(said, option)

    def marked(read: Assessment) -> None:
        own = read.settings.plan.chance if goal != "points" else None
        if pass_mark_of(read, at_least) is None and (chance is not None or goal == "chance" or own is not None):
            option = "--chance" if chance is not None else "--goal" if goal else "plan"
            raise InputFaults([Fault("no_chance", option, value=chance or goal or str(float(own or 0)))])

    def whole() -> Assessment:
        read = _read(assessment)
        try:
            count = given(days, whole_days, "--days")
        except InputFaults:  # told by its own step
            count = 1
        gathered(lambda: marked(read), lambda: check_days(read, count))
        return read

    money, count, wanted, read = gathered(
        lambda: given(budget, amount, "--budget"),
        lambda: given(days, whole_days, "--days"),
        lambda: given(chance, share, "--chance"),
        whole,
    )
    return {"budget": money, "days": count, "chance": wanted, "goal": goal}, read


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
