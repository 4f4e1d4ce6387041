"""The command on titles: what the clauses lead to for each candidate of a round."""

from __future__ import annotations

from pathlib import Path

import click

from evalsys.console import LOCALE, say
from evalsys.language import Lang
from evalsys.verbs import LANG_OF_SYSTEM, check_target, options_format, or_faults, verb, write

__all__ = ["verbs_on_titles"]

#: The command, for the command line to take up.
verbs_on_titles = click.Group()


@verb(
    "decide",
    "评选称号：逐个对象列出得分、名次、意见、理由和依据条款。",
    "Decide on titles: score, rank, proposal, reasons and clauses for every candidate.",
    (
        "评选轮次是一个文件夹：titles.yaml 和候选对象、成绩、事件、状态变动、公示、异议各表（见 docs/decisions.md）。"
        "意见均为建议，由人审定。例：\n\nevalsys decide data/example-titles --format csv --out 意见.csv",
        "A round is a folder: titles.yaml and the tables of candidates, scores, events, moves, notices and objections "
        "(docs/decisions.md). All is proposed; a person decides. Example:\n\n"
        "evalsys decide data/example-titles --format csv --out decisions.csv",
    ),
    group=verbs_on_titles,
)
@click.argument("titles", type=click.Path(path_type=Path), metavar=say("评选轮次", "ROUND"))
@LANG_OF_SYSTEM
@options_format
def decide(titles: Path, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Decide on titles."""
    check_target(as_, out)
    from evalsys import decision_results
    from evalsys.decision_files import read_titles
    from evalsys.decisions import decide as decide_

    decided = or_faults(lambda: decide_(read_titles(titles)), lang, as_, out)
    lang = lang or LOCALE
    if as_ == "xlsx" and out is not None:
        decision_results.annex(decided, out, lang)
        click.echo(out)
        return
    if as_ == "json":
        write(decision_results.decisions_json(decided, lang), as_, out)
    elif as_ == "csv":
        write(decision_results.decision_listing(decided, lang).as_csv(lang), as_, out)
    else:
        write(decision_results.decision_text(decided, lang), as_, out)
