"""The commands on the office's ledgers: the bulletin of a week, and each ledger as rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsys.cli_running import run_and_tell
from evalsys.console import LOCALE, gathered, say, tell, working
from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang
from evalsys.verbs import (
    FILE,
    FOLDER,
    LANG_OF_REPORT,
    LANG_OF_RESULT,
    argument_assessment,
    check_target,
    options_forms,
    or_faults,
    printable,
    verb,
    write,
)

if TYPE_CHECKING:
    from evalsys.assessment import Assessment
    from evalsys.bulletins import Bulletin

__all__ = ["verbs_on_ledgers"]

#: The commands, for the command line to take up.
verbs_on_ledgers = click.Group()

_READING = ("正在读取数据……", "Reading the data...")
_KINDS = ("findings", "materials", "calendar", "escalation", "grid", "duties", "quotas")
_FORMATS = ("table", "json", "csv", "xlsx", "ics")


# ------------------------------------------------------------------------------------------------- the bulletin


@verb(
    "bulletin",
    "写一周的创城督查通报：网页，以及逐行列出依据的附件。",
    "Write the bulletin of a week: the page, and the annex with the rows behind every figure.",
    (
        "不指明哪一周的，为台账最后一天所在的周。例：\n\nevalsys bulletin data/example-ledgers --week 2026-W46",
        "Without a week it is that of the ledgers' last day. Example:\n\n"
        "evalsys bulletin data/example-ledgers --week 2026-W46",
    ),
    group=verbs_on_ledgers,
)
@argument_assessment
@click.option("--week", default="", metavar="2016-W33", help=say("哪一周（ISO 周）", "which week (ISO)"))
@click.option(
    "--forecast/--no-forecast", "with_forecast", default=True,
    help=say("是否计算对达标可能性的影响", "whether to compute what the chance to pass gains"),
)  # fmt: skip
@LANG_OF_REPORT
@click.option(
    "--out",
    type=FOLDER,
    help=say("写入的文件夹，默认 reports/测评名", "folder for the bulletin, by default reports/NAME"),
)
@options_forms
def bulletin(
    assessment: Path, week: str, with_forecast: bool, lang: Lang | None, out: Path | None, forms: tuple[str, ...]
) -> None:
    """Write the bulletin of a week."""
    printable(forms)
    from evalsys.bulletins import bulletin as bulletin_
    from evalsys.bulletins import period_days
    from evalsys.evidence import read_assessment

    def week_given(text: str) -> object:
        if "W" not in text:  # a month has a report of its own
            raise InputFaults([Fault("bad_date", "--week", value=text, allowed="2016-W33")])
        return period_days(text)

    with working(*_READING):
        _, read = gathered(lambda: week and week_given(week), lambda: read_assessment(assessment))
        found = bulletin_(read, week)  # before a kernel starts
    _tell_outside(found)
    parameters = {
        "assessment": str(assessment),
        "week": found.period,
        "lang": lang or read.settings.language or "zh",
        "with_forecast": with_forecast,
    }
    run_and_tell("weekly-bulletin", parameters, out or Path("reports") / read.name, tuple({*forms, "annex"}))


def _tell_outside(found: Bulletin) -> None:
    """Say plainly that a week lies before the first day of the ledgers, or after their last."""
    last = found.kept.last_day
    if found.flow.after.empty:
        tell(f"提示：到 {found.last} 为止台账没有问题记录。", f"note: the ledgers hold no findings up to {found.last}.")
    elif last is not None and found.first > last:
        tell(
            f"提示：台账的最后一天是 {last}，这一期在它之后。",
            f"note: the ledgers end on {last}, before this issue begins.",
        )


# ------------------------------------------------------------------------------------------------- the ledgers


@dataclass(frozen=True)
class _Forms:
    """One ledger in the forms that it can be written in; the workbook and the calendar write themselves to a file."""

    as_text: Callable[[], str]
    as_json: Callable[[], str]
    as_csv: Callable[[], str]
    write_book: Callable[[Path], None]
    write_ics: Callable[[Path], None] | None = None


@verb(
    "ledger",
    "列出一本台账：问题、材料、日程、处置、网格、责任、数量指标。",
    "Print one of the ledgers: findings, materials, calendar, escalation, grid, duties, quotas.",
    (
        "findings 问题台账，materials 材料台账，calendar 日程，escalation 处置阶梯，grid 网格，duties 责任落实，"
        "quotas 数量指标。均为某日日终的情况；不指明的，为台账的最后一天。例：\n\n"
        "evalsys ledger data/example-ledgers findings --day 2026-11-15\n\n"
        "evalsys ledger data/example-ledgers calendar --format ics --out 日程.ics",
        "Each as it stood at the end of a day, by default the last of which the ledgers tell. Examples:\n\n"
        "evalsys ledger data/example-ledgers findings --day 2026-11-15\n\n"
        "evalsys ledger data/example-ledgers calendar --format ics --out calendar.ics",
    ),
    group=verbs_on_ledgers,
)
@argument_assessment
@click.argument("kind", type=click.Choice(_KINDS), metavar=say("台账", "KIND"))
@click.option(
    "--day", metavar=say("日期", "DATE"),
    help=say("截至哪一天日终，如 2026-11-15", "at the end of which day, such as 2026-11-15"),
)  # fmt: skip
@LANG_OF_RESULT
@click.option(
    "--format", "as_", type=click.Choice(_FORMATS), default="table", show_default=True,
    help=say(
        "输出格式；xlsx 和 ics 须同时用 --out，ics 只用于 calendar",
        "form of the output; xlsx and ics need --out, ics is for calendar only",
    ),
)  # fmt: skip
@click.option("--out", type=FILE, help=say("写入这个文件，不显示在屏幕上", "write to this file instead of the screen"))
def ledger(assessment: Path, kind: str, day: str | None, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Print one of the ledgers."""
    check_target(as_, out)
    if as_ == "ics" and (out is None or kind != "calendar"):
        raise click.UsageError(
            say("ics 只用于 calendar，且须用 --out", "ics is for calendar only, and needs --out FILE")
        )
    from evalsys.evidence import read_assessment

    def given() -> tuple[datetime.date | None, Assessment]:
        asked, found = gathered(lambda: _day(day), lambda: read_assessment(assessment))
        return asked, found

    with working(*_READING):
        asked, read = or_faults(given, lang, "table" if as_ == "ics" else as_, out)
    lang = lang or read.settings.language or LOCALE
    until = asked or _last_day(read)
    forms = _FORMS_OF[kind](read, until, lang)
    if as_ == "xlsx" and out is not None:
        forms.write_book(out)
        click.echo(out)
    elif as_ == "ics" and out is not None and forms.write_ics is not None:
        forms.write_ics(out)
        click.echo(out)
    else:
        made = {"table": forms.as_text, "json": forms.as_json, "csv": forms.as_csv}[as_]()
        write(made, as_, out)


def _day(text: str | None) -> datetime.date | None:
    from evalsys.schema import parse_date

    day = parse_date(text) if text is not None else None
    if text is not None and day is None:
        raise InputFaults([Fault("bad_date", "--day", value=text, allowed="2026-11-15")])
    return day


def _last_day(read: Assessment) -> datetime.date:
    """Return the last day of which the ledgers tell, else that of the inspection."""
    from evalsys.ledgers import ledgers_of

    found = ledgers_of(read).last_day or read.settings.inspection_date
    if found is None:
        raise InputFaults([Fault("no_ledger_day", "--day", allowed="observed_on  found_on")])
    return found


def _findings(read: Assessment, day: datetime.date, lang: Lang) -> _Forms:
    from evalsys import finding_results as results

    return _Forms(
        lambda: results.findings_text(read, day, lang),
        lambda: results.findings_json(read, day, lang),
        lambda: results.findings_listing(read, day, lang).as_csv(lang),
        lambda path: results.findings_listing(read, day, lang).write_workbook(path, say("问题台账", "findings"), lang),
    )


def _materials(read: Assessment, day: datetime.date, lang: Lang) -> _Forms:
    from evalsys import material_results as results
    from evalsys.as_of import evidence_on
    from evalsys.evidence import pass_mark_of
    from evalsys.ledger_costs import forecast_or_why
    from evalsys.material_ledger import material_ledger

    as_of = evidence_on(read, day)
    ahead, _ = forecast_or_why(as_of) if pass_mark_of(read) is not None else (None, ())
    found = material_ledger(as_of, day, ahead)
    return _Forms(
        lambda: results.materials_text(found, lang),
        lambda: results.materials_json(found, lang),
        lambda: results.materials_listing(found, lang).as_csv(lang),
        lambda path: results.materials_workbook(found, path, lang, f"{day:%Y-%m}"),
    )


def _calendar(read: Assessment, day: datetime.date, lang: Lang) -> _Forms:
    """Return what falls due in the four weeks from the day's Monday on; as a calendar file that of the whole year."""
    from evalsys import calendar_results as results
    from evalsys.dues import calendar_ledger

    monday = day - datetime.timedelta(days=day.weekday())
    found = calendar_ledger(read, monday, monday + datetime.timedelta(days=27), day)
    year = datetime.date(day.year, 1, 1), datetime.date(day.year, 12, 31)
    return _Forms(
        lambda: results.calendar_text(found, lang),
        lambda: results.calendar_json(found, lang),
        lambda: results.due_listing(found, lang).as_csv(lang),
        lambda path: results.calendar_workbook(found, path, lang),
        lambda path: results.write_calendar_of(calendar_ledger(read, *year, day), path, lang),
    )


def _escalation(read: Assessment, day: datetime.date, lang: Lang) -> _Forms:
    from evalsys import escalation_results as results
    from evalsys.escalation import escalation
    from evalsys.ledgers import ledgers_of

    kept = ledgers_of(read)
    found = escalation(kept, day)
    made = results.escalation_listing(kept, found, lang)
    return _Forms(
        lambda: results.escalation_text(kept, found, day, lang),
        lambda: results.escalation_json(kept, found, day, lang),
        lambda: made.as_csv(lang),
        lambda path: made.write_workbook(path, say("处置阶梯", "escalation"), lang),
    )


def _duty(view: str) -> Callable[[Assessment, datetime.date, Lang], _Forms]:
    def forms(read: Assessment, day: datetime.date, lang: Lang) -> _Forms:
        from evalsys.duty_results import duty_result
        from evalsys.ledgers import in_hand_by_standard, ledgers_of

        found = duty_result(read, view, day, lang, in_hand_by_standard(ledgers_of(read), day))
        return _Forms(found.as_text, found.as_json, lambda: found.listing.as_csv(lang), found.write_workbook)

    return forms


_FORMS_OF: dict[str, Callable[[Assessment, datetime.date, Lang], _Forms]] = {
    "findings": _findings,
    "materials": _materials,
    "calendar": _calendar,
    "escalation": _escalation,
    "grid": _duty("grid"),
    "duties": _duty("duties"),
    "quotas": _duty("quotas"),
}
