"""The commands on standings: the week's red flag and the month's class, places over rounds, tiers of a reward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from evalsys.console import LOCALE, say
from evalsys.language import Lang, Text
from evalsys.verbs import FILE, LANG_OF_SYSTEM, check_target, options_format, or_faults, verb, write_listing

__all__ = ["verbs_on_standings"]

#: The commands, for the command line to take up.
verbs_on_standings = click.Group()

_TABLE = click.argument("table", type=FILE, metavar=say("表格", "TABLE"))


@verb(
    "flags",
    "由每周得分评出流动红旗和每月文明班级；同分并列，不由先后决定。",
    "Say who has the week's red flag and which is the month's class; ties are shared.",
    (
        "表格为 CSV 或 Excel，每周每班一行：周次（2016-W36）、班级、得分；得分留空为未检查。"
        "每月按红旗数、再按平均分排名（来源未定办法，为本系统的读法）。例：\n\nevalsys flags marks.csv --by month",
        "TABLE is CSV or Excel with a row for each week and class: week (2016-W36), name, score; an empty score is not "
        "assessed. Months rank by flags, then by the mean score: the source gives no rule, this is our reading. "
        "Example:\n\nevalsys flags marks.csv --by month",
    ),
    group=verbs_on_standings,
)
@_TABLE
@click.option(
    "--by", type=click.Choice(("week", "month")), default="week", show_default=True,
    help=say("按周列红旗，或按月列名次", "the flag of each week, or the ranking of each month"),
)  # fmt: skip
@LANG_OF_SYSTEM
@options_format
def flags(table: Path, by: str, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Say who has the red flag."""
    from evalsys.ranks import monthly, weekly_best
    from evalsys.standing_files import read_weeks

    weeks = _read(lambda: read_weeks(table), lang, as_, out)
    if by == "week":
        columns = [("week", "周次", "week", "text"), ("holders", "流动红旗", "red flag", "text"),
                   ("score", "得分", "score", "points")]  # fmt: skip
        rows: list[tuple[Any, ...]] = [(f.week, "、".join(f.holders), f.score) for f in weekly_best(weeks)]
    else:
        columns = [
            ("month", "月份", "month", "text"), ("rank", "名次", "rank", "count"), ("name", "班级", "name", "text"),
            ("flags", "红旗数", "flags", "count"), ("mean", "平均分", "mean", "points"),
            ("weeks", "检查周数", "weeks", "count"), ("tied", "并列", "tied with", "text"),
        ]  # fmt: skip
        rows = [
            (month.month, own.rank, own.name, own.flags, own.mean, own.weeks, "、".join(own.tied))
            for month in monthly(weeks)
            for own in month.classes
        ]
    _write(columns, rows, "flags", lang, as_, out)


@verb(
    "places",
    "统计历次排名中各单位的名次。",
    "Count the places that each unit took over rounds.",
    (
        "表格为 CSV 或 Excel，每轮每单位一行：轮次、单位，以及得分或名次之一；填得分的按未取整得分排名，同分同名次。"
        "例：\n\nevalsys places rounds.csv",
        "TABLE is CSV or Excel with a row for each round and unit: round, name, and either score or rank; scores are "
        "ranked unrounded, equal ones share a rank. Example:\n\nevalsys places rounds.csv",
    ),
    group=verbs_on_standings,
)
@_TABLE
@LANG_OF_SYSTEM
@options_format
def places(table: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Count places over rounds."""
    from evalsys.ranks import places as counted
    from evalsys.standing_files import read_rounds

    rounds = _read(lambda: read_rounds(table), lang, as_, out)
    columns = [
        ("name", "单位", "name", "text"), ("rounds", "参加次数", "rounds", "count"),
        ("first", "第一", "firsts", "count"), ("second", "第二", "seconds", "count"),
        ("third", "第三", "thirds", "count"),
        ("all", "各次名次", "all places", "text"),
    ]  # fmt: skip
    rows = [
        (own.name, own.rounds, *(own.times(place) for place in (1, 2, 3)), own.text.say(lang or LOCALE))
        for own in counted(rounds)
    ]
    _write(columns, rows, "places", lang, as_, out)


@verb(
    "rewards",
    "按失分和通报未改次数确定奖励档次。",
    "Find the tier of reward of each unit by points lost and notices left unheeded.",
    (
        "表格为 CSV 或 Excel，每单位一行：单位、失分、通报未改次数（可缺）。档次写在 YAML 文件里，从高到低，"
        "界限以内含界限；两项各定一档，取低的一档。来源未定数字，档次由使用单位设定。例：\n\n"
        "evalsys rewards units.csv --tiers tiers.yaml --bonus 10000",
        "TABLE is CSV or Excel with a row for each unit: name, lost, notices (may be absent). The tiers are in a YAML "
        "file, the best first, limits included; each ground gives a tier and the lower one counts. The source has no "
        "numbers: the office sets them. Example:\n\nevalsys rewards units.csv --tiers tiers.yaml --bonus 10000",
    ),
    group=verbs_on_standings,
)
@_TABLE
@click.option("--tiers", type=FILE, required=True, help=say("档次文件（YAML）", "file of the tiers (YAML)"))
@click.option(
    "--bonus",
    type=click.IntRange(min=0),
    help=say("全额奖励，由此算出各单位金额", "the full bonus, to compute amounts"),
)
@LANG_OF_SYSTEM
@options_format
def rewards(table: Path, tiers: Path, bonus: int | None, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Find the tier of each unit."""
    from evalsys.console import gathered
    from evalsys.rewards import tier_of
    from evalsys.standing_files import read_losses, read_tiers
    from evalsys.title_words import reward_text

    held, steps = _read(lambda: gathered(lambda: read_losses(table), lambda: read_tiers(tiers)), lang, as_, out)
    columns = [
        ("name", "单位", "name", "text"), ("lost", "失分", "lost", "points"),
        ("notices", "通报未改", "notices", "count"),
        ("tier", "档次", "tier", "text"), ("share", "发放比例", "share", "share"),
        ("amount", "金额", "amount", "points"), ("why", "说明", "why", "text"),
    ]  # fmt: skip
    rows = []
    for own in held:
        found = tier_of(own.lost, own.notices, steps)
        amount = None if bonus is None else found.amount(Fraction(bonus))
        why = reward_text(found).say(lang or LOCALE)
        name = found.tier.name.say(lang or LOCALE)
        rows.append((own.name, own.lost, own.notices, name, found.tier.share, amount, why))
    _write(columns, rows, "rewards", lang, as_, out)


def _read(read: Callable[[], Any], lang: Lang | None, as_: str, out: Path | None) -> Any:
    check_target(as_, out)
    return or_faults(read, lang, as_, out)


def _write(
    columns: Sequence[tuple[str, str, str, Any]], rows: Sequence[tuple[Any, ...]], name: str, lang: Lang | None,
    as_: str, out: Path | None,
) -> None:  # fmt: skip
    from evalsys.listing import Column, Listing

    made = Listing([Column(key, Text(zh, en), kind) for key, zh, en, kind in columns], rows)
    write_listing(made, lambda: made.as_json(name), name, lang or LOCALE, as_, out)
