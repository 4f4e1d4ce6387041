"""The marked workbook of an audit: the table as published with every finding on its cell, the findings, the rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.audit import TableAudit
from evalsys.audit_checks import VERDICTS, Check
from evalsys.audit_results import audit_listing, column_name, conclusion, rounding_sentence, rule_lines
from evalsys.files import atomic
from evalsys.language import Lang, Text
from evalsys.published import Row, printed_decimals
from evalsys.schema import parse_number
from evalsys.sheets import (
    BAND,
    INK,
    LOST,
    SOFT,
    Field,
    body,
    end_rule,
    filtered,
    font,
    head,
    lines_in,
    new_workbook,
    packed,
    page,
    write,
)

__all__ = ["audit_workbook"]

_LIGHT = "EBC7B4"  # the light orange of the pages
_FILLS = {"error": _LIGHT, "unexplained": _LIGHT, "rounding": BAND}
_WORST = list(VERDICTS)
_LEGEND = Text(
    "橙底粗体为错误，橙底为待查，蓝底为舍入差异；原因写在批注和“复核”一列。公布的数未改动。",
    "Bold on orange is wrong, orange is to be looked into, blue is a matter of rounding; the comments and the column "
    "'Audit' say why. No published figure was changed.",
)


def audit_workbook(found: TableAudit, path: Path, lang: Lang, proposed: Text | None = None) -> Path:
    """Write the marked workbook.

    Parameters
    ----------
    found : TableAudit
    path : Path
        The .xlsx file to write; a file that is there is replaced.
    lang : {'zh', 'en'}
    proposed : Text, optional
        Where the weights come from, if they were not given.

    Returns
    -------
    Path
    """
    title = found.published.rule.title.say(lang)
    workbook = new_workbook(title)
    _table_sheet(workbook.create_sheet(Text("公布的表", "Table").say(lang)), found, lang, title)
    _findings_sheet(workbook.create_sheet(Text("复核结果", "Findings").say(lang)), found, lang)
    _rule_sheet(workbook.create_sheet(Text("规则", "Rule").say(lang)), found, lang, proposed)
    with atomic(path) as temporary:
        temporary.write_bytes(packed(workbook))
    return path


# ------------------------------------------------------------------------------------------------ the marked table


def _table_sheet(sheet: Worksheet, found: TableAudit, lang: Lang, title: str) -> None:
    published = found.published
    rows = sorted([*published.rows, *([published.sum_row] if published.sum_row else [])], key=lambda row: row.number)
    by_row: dict[int, list[Check]] = defaultdict(list)
    for check in found.findings:
        if check.row is not None:
            by_row[check.row.number].append(check)
    fields = [_field(column, [row.printed[column] for row in rows]) for column in published.columns]
    fields.append(Field(Text("复核", "Audit").say(lang), 60))
    whole = [check.text.say(lang) for check in found.findings if check.row is None]
    top = _titles(sheet, title, [conclusion(found).say(lang), *whole, _LEGEND.say(lang)], fields)
    head(sheet, top, fields)
    words = [_words(by_row[row.number], found, lang) for row in rows]
    values = [
        [*(_value(row.printed[c]) for c in published.columns), told] for row, told in zip(rows, words, strict=True)
    ]
    end = body(sheet, top + 1, fields, values)
    for place, row in enumerate(rows, top + 1):
        _mark(sheet, place, row, by_row[row.number], published.columns, lang)
    end_rule(sheet, end - 1, fields)
    filtered(sheet, top, len(fields), end - 1, f"A{top + 1}")
    page(sheet, foot=title)


def _titles(sheet: Worksheet, title: str, lines: Sequence[str], fields: Sequence[Field]) -> int:
    """Write the title and the lines above the table; return the row of its heading."""
    write(sheet, 1, 1, title, "@").font = font(14, bold=True)
    breadth = sum(field.width for field in fields)
    for place, line in enumerate(lines, 2):
        cell = write(sheet, place, 1, line, "@")
        cell.font = font(10, SOFT if place == len(lines) + 1 else INK)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=place, end_row=place, start_column=1, end_column=len(fields))
        sheet.row_dimensions[place].height = 6 + 14 * lines_in(line, breadth)
    return len(lines) + 3


def _field(heading: str, cells: Sequence[str]) -> Field:
    numbers = all(parse_number(cell) is not None for cell in cells if cell)
    longest = max(sum(2 if ord(sign) > 0x2E7F else 1 for sign in cell) for cell in [heading, *cells])
    return Field(heading, min(max(longest + 3, 8), 30), "General" if numbers else "@", "right" if numbers else "left")


def _value(text: str) -> Any:
    found = parse_number(text)
    return text if found is None else float(found)


def _words(checks: Sequence[Check], found: TableAudit, lang: Lang) -> str:
    if not checks:
        return VERDICTS["agrees"].say(lang)
    rule = found.published.rule
    said = []
    for check in checks:
        where = column_name(rule, check.column, lang)
        verdict = VERDICTS[check.verdict].say(lang)
        said.append(Text(f"{where}（{verdict}）：", f"{where} ({verdict}): ").say(lang) + check.text.say(lang))
    return "\n".join(said)


def _mark(sheet: Worksheet, place: int, row: Row, checks: Sequence[Check], columns: Sequence[str], lang: Lang) -> None:
    """Give every number of a row the digits that were printed, and colour and explain the cells with findings."""
    by_column: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        by_column[check.column].append(check)
    for number, column in enumerate(columns, 1):
        cell: Any = sheet.cell(place, number)
        text = row.printed[column]
        if isinstance(cell.value, float):
            per_cent = text.rstrip().endswith(("%", "％"))
            places = printed_decimals(text) - 2 * per_cent
            cell.number_format = ("0." + "0" * places if places else "0") + "%" * per_cent
        here = by_column[column]
        if not here:
            continue
        worst = max((check.verdict for check in here), key=_WORST.index)
        if worst in _FILLS:
            cell.fill = PatternFill("solid", _FILLS[worst])
        if worst == "error":
            cell.font = font(10, LOST, bold=True)
        told = "\n".join(
            f"{VERDICTS[check.verdict].say(lang)}{Text('：', ': ').say(lang)}{check.text.say(lang)}" for check in here
        )
        cell.comment = Comment(told, "evalsys", height=40 + 18 * (1 + len(told) // 22), width=300)


# ------------------------------------------------------------------------------------------- findings and rule


def _findings_sheet(sheet: Worksheet, found: TableAudit, lang: Lang) -> None:
    listing = audit_listing(found, lang)
    widths = (6, 14, 20, 20, 10, 12, 12, 11, 12, 60)
    right = {"row", "printed", "computed", "difference"}
    fields = [
        Field(
            column.heading.say(lang),
            width,
            "0" if column.key == "row" else "@",
            "right" if column.key in right else "left",
        )
        for column, width in zip(listing.columns, widths, strict=True)
    ]
    head(sheet, 1, fields)
    end = body(sheet, 2, fields, listing.rows)
    end_rule(sheet, max(end - 1, 1), fields)
    filtered(sheet, 1, len(fields), end - 1, "A2")
    page(sheet, foot=found.published.rule.title.say(lang))


def _rule_sheet(sheet: Worksheet, found: TableAudit, lang: Lang, proposed: Text | None) -> None:
    published, rule = found.published, found.published.rule
    lines = [(Text("表", "Table"), Text(published.file, published.file))]
    lines.append((Text("规则文件", "Rule file"), Text(rule.file or "无", rule.file or "none")))
    if proposed is not None:
        lines.append((Text("权重来源", "Weights"), proposed))
    lines += rule_lines(rule)
    rounding = rounding_sentence(found)
    if rounding.zh:
        lines.append((Text("舍入", "Rounding"), rounding))
    if rule.source.get("address"):
        lines.append((Text("来源", "Source"), Text(*[rule.source["address"]] * 2)))
    lines.append((Text("指纹", "Hash"), Text(*[f"sha256 {published.hash}"] * 2)))
    fields = [Field(Text("项目", "Item").say(lang), 18), Field(Text("内容", "Content").say(lang), 90)]
    head(sheet, 1, fields)
    end = body(sheet, 2, fields, [(name.say(lang), told.say(lang)) for name, told in lines])
    end_rule(sheet, end - 1, fields)
    page(sheet, "portrait")
