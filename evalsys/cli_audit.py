"""The command that audits a published table."""

from __future__ import annotations

from pathlib import Path

import click

from evalsys.console import LOCALE, say
from evalsys.language import Lang
from evalsys.verbs import FILE, FOLDER, LANG_OF_SYSTEM, or_faults, verb, write

__all__ = ["verbs_on_tables"]

#: The command, for the command line to take up.
verbs_on_tables = click.Group()


@verb(
    "audit",
    "复核一张公布的成绩表：重算每个数，分清舍入差异和错误。",
    "Audit a published table: compute every figure again, and tell rounding from error.",
    (
        "表为 CSV 或 Excel 文件；规则为 YAML 文件（见 docs/audit.md），默认取同名的 .yaml；"
        "没有规则时，推求能得出总分的权重。"
        "给出 --out 时，写出标注的工作簿和一页报告。例：\n\nevalsys audit 成绩.csv --out reports",
        "The table is a CSV or Excel file, its rule a YAML file (docs/audit.md), by default of the same name; without "
        "a rule weights that reproduce the totals are proposed. With --out a marked workbook and a one-page report are "
        "written. Example:\n\nevalsys audit table.csv --out reports",
    ),
    group=verbs_on_tables,
)
@click.argument("table", type=click.Path(path_type=Path), metavar=say("表", "TABLE"))
@click.option(
    "--rule", type=FILE, help=say("规则文件；默认为同名的 .yaml", "file of the rule; by default TABLE's .yaml")
)
@LANG_OF_SYSTEM
@click.option(
    "--format", "as_", type=click.Choice(("table", "json", "csv")), default="table", show_default=True,
    help=say("屏幕上的输出格式", "form of the output on the screen"),
)  # fmt: skip
@click.option(
    "--out", type=FOLDER, help=say("把工作簿和报告写入这个文件夹", "folder for the marked workbook and the report")
)
def audit(table: Path, rule: Path | None, lang: Lang | None, as_: str, out: Path | None) -> None:
    """Audit a published table."""
    from evalsys.audit import audit_table
    from evalsys.audit_proposals import propose
    from evalsys.audit_results import audit_json, audit_listing, conclusion, proposal_sentence
    from evalsys.published import read_published, rule_beside

    asked, lang = lang, lang or LOCALE
    guess = rule is None and table.is_file() and not rule_beside(table).is_file()
    proposal = or_faults(lambda: propose(table), asked, as_, None) if guess else None
    published = proposal.published if proposal else or_faults(lambda: read_published(table, rule), asked, as_, None)
    found = audit_table(published)
    told = proposal_sentence(proposal) if proposal else None
    if as_ == "json":
        write(audit_json(found, lang, proposal), as_, None)
    elif as_ == "csv":
        write(audit_listing(found, lang).as_csv(lang), as_, None)
    else:
        lines = [told.say(lang)] if told else []
        if found.findings:
            lines.append(audit_listing(found, lang).as_text(lang))
        click.echo("\n\n".join([*lines, conclusion(found).say(lang)]))
    if out is not None:
        from evalsys.audit_page import write_audit_page
        from evalsys.audit_workbook import audit_workbook

        name = f"{table.stem}-{'复核' if lang == 'zh' else 'audit'}"
        click.echo(audit_workbook(found, out / f"{name}.xlsx", lang, told), err=as_ != "table")
        click.echo(write_audit_page(found, out / f"{name}.html", lang, told), err=as_ != "table")
