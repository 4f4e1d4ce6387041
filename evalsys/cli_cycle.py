"""The command on cycles: what this year must bring, and what a year is for."""

from __future__ import annotations

from pathlib import Path

import click

from evalsys.console import LOCALE, say, working
from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang
from evalsys.verbs import LANG_OF_RESULT, check_target, options_format, verb, write, write_listing

__all__ = ["verbs_on_cycles"]

#: The commands, for the command line to take up.
verbs_on_cycles = click.Group()


@verb(
    "cycle",
    "周期：已得多少分，本年须得多少分，可能性多大；或某一年做什么。",
    "A cycle: what is won, what this year must bring, and its chance; or what a year is for.",
    (
        "对象是测评（assessment.yaml 中写明 cycle），按预测给出可能性；也可以是测评体系的编号，"
        "同时用 --year 指定年份，说明该年申报、评选还是表彰。例：\n\n"
        "evalsys cycle my-city --wanted 90\n\nevalsys cycle yuhua-organs-2005 --year 2027",
        "SUBJECT is an assessment whose assessment.yaml names a cycle; the chances are those of its forecast. Or it is "
        "the id of an instrument, with --year: whether that year is for applying, selecting or naming. Examples:\n\n"
        "evalsys cycle my-city --wanted 90\n\nevalsys cycle yuhua-organs-2005 --year 2027",
    ),
    group=verbs_on_cycles,
)
@click.argument("subject", type=click.Path(path_type=Path), metavar=say("对象", "SUBJECT"))
@click.option("--wanted", multiple=True, metavar="X", help=say("总分目标，可重复", "a wanted total; may be repeated"))
@click.option("--year", type=click.IntRange(1949, 2100), help=say("年份", "the year"))
@click.option("--no-forecast", is_flag=True, help=say("不计算可能性", "without the chances"))
@LANG_OF_RESULT
@options_format
def cycle(
    subject: Path,
    wanted: tuple[str, ...],
    year: int | None,
    no_forecast: bool,
    lang: Lang | None,
    as_: str,
    out: Path | None,
) -> None:
    """Say what this year must bring, or what a year is for."""
    check_target(as_, out)
    if year is not None:
        if wanted or no_forecast or as_ != "table":
            raise click.UsageError(say("--year 不与其他选项同用", "--year stands alone"))
        write(_phase(subject, year, lang or LOCALE), as_, out)
        return
    from evalsys import cycle_results as results
    from evalsys.evidence import read_assessment
    from evalsys.forecasting import forecast
    from evalsys.scoring import score
    from evalsys.settings import mark_in_points, mark_problem

    with working("正在读取数据……", "Reading the data..."):
        read = read_assessment(subject)
    full = read.instrument.full_marks
    asked = [mark_in_points(text, full) for text in wanted]
    faults = [
        Fault(mark_problem(text), "--wanted", value=text, allowed=f"0..{full}  85%")
        for text, value in zip(wanted, asked, strict=True)
        if value is None
    ]
    settings = results.settings_of_cycle(score(read))
    if settings is None:
        faults.append(Fault("missing_key", "assessment.yaml", None, "cycle", allowed="{first_year, year, earlier}"))
    if faults or settings is None:
        raise InputFaults(faults)
    with working("正在预测……", "Forecasting..."):
        found = None if no_forecast else forecast(read)
        said = lang or read.settings.language or LOCALE
        totals = [value for value in asked if value is not None]
        made = results.cycle_listing(settings, found, totals, said)
        text = results.cycle_text(settings, found, totals, said) if as_ == "table" else ""
    if as_ == "table":
        write(text, as_, out)
    else:
        write_listing(made, lambda: results.cycle_json(settings, found, totals), say("周期", "cycle"), said, as_, out)


def _phase(subject: Path, year: int, lang: Lang) -> str:
    from evalsys.cycle_results import phase_of
    from evalsys.cycle_words import phase_reading
    from evalsys.instrument_file import load_instrument

    found = phase_of(load_instrument(str(subject)), year)
    if found is None:
        raise InputFaults([Fault("no_rhythm", str(subject))])
    return phase_reading(found, lang)
