"""The grid, the responsibilities and the quotas of an assessment, as views in both languages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from evalsys.duty_parts import DutyResult, Part, check_listing
from evalsys.grids import LEVELS, SUPERVISOR, Cell, Grid, site_grid
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.quotas import AD_QUOTAS, Quotas, quotas_on
from evalsys.responsibilities import (
    LETTER_STATES,
    PROBLEM_STATES,
    SIX_FIELDS,
    Duties,
    KeyProblem,
    duties_on,
)
from evalsys.rule_words import requirement
from evalsys.stated import Check, short_said
from evalsys.wording import area_name, joined, percent, plural

if TYPE_CHECKING:
    from evalsys.assessment import Assessment

__all__ = ["VIEWS", "duty_result"]

Date = datetime.date

#: The views, and their names.
VIEWS: Mapping[str, Text] = {
    "grid": Text("网格责任", "The grid"),
    "duties": Text("责任落实", "Responsibilities"),
    "quotas": Text("数量指标", "Quotas"),
}


def duty_result(
    assessment: Assessment,
    view: str,
    day: Date,
    lang: Lang,
    open_by_standard: Mapping[str, int] | None = None,
) -> DutyResult:
    """Return one view on the duties of an assessment at the end of a day.

    Parameters
    ----------
    assessment : Assessment
    view : {'grid', 'duties', 'quotas'}
    day : date
    lang : {'zh', 'en'}
    open_by_standard : mapping of code to int, optional
        Open findings on that day, for the key problems.
    """
    if view == "grid":
        return _grid_view(site_grid(assessment), assessment, lang)
    if view == "duties":
        return _duties_view(duties_on(assessment, day, open_by_standard), assessment, lang)
    return _quotas_view(quotas_on(assessment, day), lang)


def _result(view: str, parts: Sequence[Part], checks: Sequence[Check], lang: Lang) -> DutyResult:
    return DutyResult(view, VIEWS[view], tuple(parts), tuple(checks), lang)


# -------------------------------------------------------------------------------------------------------- grid


def _grid_view(grid: Grid, assessment: Assessment, lang: Lang) -> DutyResult:
    types = assessment.instrument.site_types
    total = grid.total
    share = percent(Fraction(total.covered, total.sites)) if total.sites else "–"
    left = total.sites - total.covered
    said = Text(
        f"点位 {total.sites:,} 处，责任单位和责任岗位均已明确的 {total.covered:,} 处，"
        f"覆盖率 {share}；未覆盖 {left:,} 处。",
        f"{total.covered:,} of {plural(total.sites, 'site')} have both a unit and a lead post ({share}); "
        f"{left:,} are not covered.",
    )
    columns = (
        Column("area", Text("属地", "area")),
        Column("sites", Text("点位", "sites"), "count"),
        Column("with_unit", Text("有责任单位", "with a unit"), "count"),
        Column("with_post", Text("有责任岗位", "with a post"), "count"),
        Column("covered", Text("已覆盖", "covered"), "count"),
        Column("share", Text("覆盖率", "coverage"), "share"),
        Column("with_cell", Text("已划入网格", "in a cell"), "count"),
    )
    rows = [
        (
            Text("合计", "all").say(lang) if row is total else area_name(row.area, lang),
            row.sites,
            row.with_unit,
            row.with_post,
            row.covered,
            Fraction(row.covered, row.sites) if row.sites else None,
            row.with_cell,
        )
        for row in (*grid.areas, total)
    ]
    parts = [Part("coverage", Text("各属地覆盖情况", "Coverage by area"), said, Listing(columns, rows))]
    sites = (
        Column("site_id", Text("点位编号", "site")),
        Column("name", Text("点位名称", "name")),
        Column("site_type", Text("点位类型", "type")),
        Column("area", Text("属地", "area")),
        Column("lacks", Text("缺少", "lacks")),
        Column("units", Text("责任单位", "units")),
        Column("post", Text("责任岗位", "lead post")),
        Column("proposed", Text("拟明确责任单位（待审定）", "proposed unit (to be confirmed)")),
    )
    comma = Text("、", ", ").say(lang)
    lacks = {"unit": Text("责任单位", "unit"), "post": Text("责任岗位", "post")}
    open_sites = [
        (
            site.site_id,
            site.name,
            types[site.site_type].say(lang) if site.site_type in types else site.site_type,
            site.area or "",
            comma.join(lacks[name].say(lang) for name in site.lacks),
            comma.join(site.units),
            site.post,
            comma.join(site.proposed),
        )
        for site in grid.uncovered
    ]
    none = Text("没有未覆盖的点位。", "No site is left uncovered.")
    first = Text(f"未覆盖的点位 {left:,} 处：", f"{plural(left, 'site')} not covered:") if left else none
    parts.append(Part("uncovered", Text("未覆盖的点位", "Sites not covered"), first, Listing(sites, open_sites)))
    parts += [_cells_part(grid, lang), _without_cell(grid)] if grid.cells else [_cells_part(grid, lang)]
    return _result("grid", parts, grid.checks, lang)


def _cells_part(grid: Grid, lang: Lang) -> Part:
    full = sum(all(cell.posts.values()) for cell in grid.cells)
    watched = sum(bool(cell.supervisor) for cell in grid.cells)
    said = Text(
        f"网格 {len(grid.cells):,} 个，四级责任齐全的 {full:,} 个，配有监督岗位的 {watched:,} 个；"
        f"没有点位的网格 {len(grid.empty_cells):,} 个。",
        f"{plural(len(grid.cells), 'cell')}: {full:,} with all four levels, {watched:,} with a supervising post; "
        f"{len(grid.empty_cells):,} without a site.",
    )
    if not grid.cells:
        said = Text("没有登记网格。", "No cells are on record.")
    names = {**LEVELS, "supervisor": SUPERVISOR}
    columns = (
        Column("cell", Text("网格编号", "cell")),
        Column("name", Text("网格名称", "name")),
        Column("area", Text("属地", "area")),
        Column("sites", Text("点位", "sites"), "count"),
        *(Column(key, text) for key, text in names.items()),
        Column("lacks", Text("缺少", "lacks")),
    )

    def row(cell: Cell) -> tuple[Any, ...]:
        lacks = Text("、", ", ").say(lang).join(names[name].say(lang) for name in cell.lacks)
        return cell.cell, cell.name, cell.area or "", cell.sites, *cell.posts.values(), cell.supervisor, lacks

    return Part("cells", Text("网格四级责任", "The cells"), said, Listing(columns, [row(cell) for cell in grid.cells]))


def _without_cell(grid: Grid) -> Part:
    columns = (
        Column("site_id", Text("点位编号", "site")),
        Column("name", Text("点位名称", "name")),
        Column("area", Text("属地", "area")),
    )
    own = grid.without_cell
    said = Text(f"未划入网格的点位 {len(own):,} 处。", f"{plural(len(own), 'site')} in no cell.")
    rows = [(site.site_id, site.name, site.area or "") for site in own]
    return Part("no-cell", Text("未划入网格的点位", "Sites in no cell"), said, Listing(columns, rows))


# ------------------------------------------------------------------------------------------------------ duties


def _duties_view(duties: Duties, assessment: Assessment, lang: Lang) -> DutyResult:
    signing = tuple(row.signing for row in duties.streets)
    parts = (
        _key_part(duties, assessment, lang),
        _problem_part(duties, lang),
        _letter_part(duties, lang),
        _street_part(duties, lang),
    )
    return _result("duties", parts, (*duties.checks, *signing), lang)


def _key_part(duties: Duties, assessment: Assessment, lang: Lang) -> Part:
    own, source = duties.key_problems, duties.key_instrument
    joint = [code for problem in own for code in problem.joint]
    listed_zh = f"（{'、'.join(joint)}）" if joint else ""
    listed_en = f" ({', '.join(joint)})" if joint else ""
    zh = f"重点问题 {len(own)} 类；两家以上牵头、待明确由谁负总责的标准 {len(joint)} 项{listed_zh}。"
    open_leads = plural(len(joint), "standard")
    en = f"{plural(len(own), 'key problem')}; {open_leads} with several leads to be settled{listed_en}."
    if source.id != assessment.instrument.id:
        zh += f"本测评体系未列重点问题，取自{source.title.zh}，不计本测评的问题数。"
        en += f" They are those of {source.title.en}: the instrument has none, and no findings are counted."
    names = source.units
    comma = Text("、", ", ").say(lang)
    columns = (
        Column("code", Text("编号", "code")),
        Column("name", Text("重点问题", "key problem")),
        Column("lead", Text("牵头单位", "lead")),
        Column("support", Text("配合单位", "support")),
        Column("standards", Text("标准", "standards")),
        Column("rule", Text("要求", "rule")),
        Column("joint", Text("牵头待明确", "lead to be settled")),
        Column("open", Text("在办问题", "in hand"), "count"),
    )

    def row(problem: KeyProblem) -> tuple[Any, ...]:
        codes = [str(task.code) for task in problem.tasks]
        asked = [
            f"{task.code} {'；'.join(dict.fromkeys(requirement(rule, lang) for rule in task.rules.values()))}"
            for task in problem.tasks
        ]
        return (
            problem.code,
            problem.name.say(lang),
            comma.join(names[unit].say(lang) for unit in problem.lead),
            comma.join(names[unit].say(lang) for unit in problem.support),
            comma.join(codes),
            Text("；", "; ").say(lang).join(asked),
            comma.join(problem.joint),
            problem.findings,
        )

    rows = [row(problem) for problem in own]
    return Part("key-problems", Text("重点问题", "Key problems"), Text(zh, en), Listing(columns, rows))


def _problem_part(duties: Duties, lang: Lang) -> Part:
    own = duties.problems
    complete, overdue = sum(not row.lacks for row in own), sum(row.state == "overdue" for row in own)
    done = sum(row.state in ("done", "late", "done-undated") for row in own)
    share = percent(Fraction(overdue, len(own))) if own else ""
    said = Text(
        f"问题清单 {len(own):,} 项，六要素齐全的 {complete:,} 项；已办结 {done:,} 项，"
        f"逾期未办结 {overdue:,} 项，占 {share}。",
        f"{plural(len(own), 'listed problem')}, {complete:,} with all six fields; {done:,} done, "
        f"{overdue:,} overdue ({share}).",
    )
    if not own:
        said = Text("没有登记问题清单。", "No problems are listed.")
    columns = (
        Column("problem_id", Text("清单编号", "problem")),
        Column("what", Text("问题描述", "what")),
        *(Column(key, text) for key, text in SIX_FIELDS.items()),
        Column("lacks", Text("缺少", "lacks")),
        Column("state", Text("状态", "state")),
        Column("days", Text("逾期天数", "days overdue"), "count"),
        Column("progress", Text("进展", "progress")),
    )
    rows = []
    for row in own:
        fields = [getattr(row.problem, name) for name in SIX_FIELDS]
        rows.append(
            (
                row.problem.problem_id,
                row.problem.what,
                *("" if value is None else str(value) for value in fields),
                Text("、", ", ").say(lang).join(SIX_FIELDS[name].say(lang) for name in row.lacks),
                PROBLEM_STATES[row.state].say(lang),
                row.days,
                row.problem.progress,
            )
        )
    return Part("problems", Text("问题清单", "Problem list"), said, Listing(columns, rows))


def _letter_part(duties: Duties, lang: Lang) -> Part:
    own, zh, en = duties.letters, [], []
    for year in dict.fromkeys(row.year for row in own):
        rows = [row for row in own if row.year == year]
        times = {state: sum(row.state == state for row in rows) for state in LETTER_STATES}
        signed = len(rows) - times["unsigned"]
        zh.append(
            f"{year} 年度应签责任书 {len(rows):,} 家，已签 {signed:,} 家，未签 {times['unsigned']:,} 家；"
            f"按期考核 {times['reviewed']:,} 家，逾期 {times['late'] + times['overdue']:,} 家。"
        )
        en.append(
            f"{year}: {signed:,} of {plural(len(rows), 'unit')} signed, {times['unsigned']:,} did not; "
            f"{times['reviewed']:,} reviewed in time, {times['late'] + times['overdue']:,} not."
        )
    said = Text("".join(zh), " ".join(en)) if own else Text("没有登记责任书。", "No letters are on record.")
    columns = (
        Column("year", Text("年度", "year")),
        Column("unit", Text("责任单位", "unit")),
        Column("signed_on", Text("签订日期", "signed")),
        Column("reviewed_on", Text("考核日期", "reviewed")),
        Column("last", Text("考核时限", "review by")),
        Column("state", Text("状态", "state")),
    )
    rows_ = [
        (
            str(row.year),
            row.unit,
            _day(row.signed_on),
            _day(row.reviewed_on),
            row.last.isoformat(),
            LETTER_STATES[row.state].say(lang),
        )
        for row in own
    ]
    return Part("letters", Text("责任书", "Responsibility letters"), said, Listing(columns, rows_))


def _day(day: Date | None) -> str:
    return "" if day is None else day.isoformat()


def _street_part(duties: Duties, lang: Lang) -> Part:
    rows = duties.streets
    columns = (
        Column("street", Text("街路", "street")),
        Column("area", Text("属地", "area")),
        Column("frontages", Text("门店数", "frontages"), "count"),
        Column("signed", Text("已签订", "signed"), "count"),
        Column("share", Text("签订率", "share signed"), "share"),
        Column("short", Text("差额", "shortfall")),
        Column("checked", Text("抽查数", "checked"), "count"),
        Column("kept", Text("履约数", "kept"), "count"),
        Column("kept_share", Text("履约率", "share kept"), "share"),
    )
    if not rows:
        none = Text("没有登记门前责任书。", "No frontage contracts are on record.")
        return Part("contracts", Text("门前责任", "Frontage contracts"), none, Listing(columns, []))
    cells = [
        (
            row.contract.street or Text("合计", "all").say(lang),
            row.contract.area or "",
            row.contract.frontages,
            row.contract.signed,
            Fraction(row.contract.signed, row.contract.frontages),
            short_said(row.signing, lang),
            row.contract.checked,
            row.contract.kept,
            row.kept,
        )
        for row in rows
    ]
    streets, whole = rows[:-1], rows[-1].contract
    unsigned = [row.contract.street for row in streets if row.signing.passes is False]
    broken = [row.contract.street for row in streets if row.not_kept]
    zh = (
        f"街路 {len(streets):,} 条，门店 {whole.frontages:,} 户，已签订 {whole.signed:,} 户"
        f"（{percent(Fraction(whole.signed, whole.frontages))}）。"
    )
    en = (
        f"{plural(len(streets), 'street')}, {plural(whole.frontages, 'frontage')}, {whole.signed:,} signed "
        f"({percent(Fraction(whole.signed, whole.frontages))})."
    )
    if whole.checked:
        share = percent(Fraction(whole.kept or 0, whole.checked))
        zh += f"抽查 {whole.checked:,} 户，履约 {whole.kept:,} 户（{share}）。"
        en += f" {whole.kept:,} of {whole.checked:,} checked are kept ({share})."
    if unsigned:
        zh += f"未全部签订的街路 {len(unsigned):,} 条：{joined(unsigned, 'zh', 8)}。"
        en += f" Not all signed in {plural(len(unsigned), 'street')}: {joined(unsigned, 'en', 8)}."
    if broken:
        zh += f"抽查有未履约的街路 {len(broken):,} 条：{joined(broken, 'zh', 8)}。"
        en += f" Not all kept in {plural(len(broken), 'street')}: {joined(broken, 'en', 8)}."
    return Part("contracts", Text("门前责任", "Frontage contracts"), Text(zh, en), Listing(columns, cells))


# ------------------------------------------------------------------------------------------------------ quotas

#: The tables of quotas, and the checks that rest on each.
_TABLES: Mapping[str, tuple[Text, tuple[str, ...]]] = {
    "ads": (Text("公益广告", "Advertisements"), (*AD_QUOTAS, "damaged")),
    "volunteers": (Text("志愿服务", "Volunteers"), ("volunteers", "hours")),
    "lamps": (Text("路灯", "Street lamps"), ("lit", "rise")),
    "staff": (Text("执法力量", "Enforcement staff"), ("officers", "assistants")),
}


def _quotas_view(quotas: Quotas, lang: Lang) -> DutyResult:
    parts = []
    for table, (title, matters) in _TABLES.items():
        own = [check for check in quotas.checks if check.matter in matters]
        # what fails comes first, then what cannot be told
        own.sort(key=lambda check: {False: 0, None: 1, True: 2}[check.passes])
        said = _quota_sentence(table, own, quotas)
        parts.append(Part(table, title, said, check_listing(own, lang)))
        if table == "ads" and quotas.damaged:
            parts.append(_damaged_part(quotas, lang))
        if table == "volunteers" and quotas.inactive:
            parts.append(_inactive_part(quotas))
    return _result("quotas", parts, quotas.checks, lang)


def _quota_sentence(table: str, checks: Sequence[Check], quotas: Quotas) -> Text:
    if table not in quotas.kept:
        return Text("没有登记，未核对。", "Not on record, so not checked.")
    if not checks:
        return Text("截至当日没有可核对的记录。", "Nothing on record up to the day.")
    passed, failed = (sum(check.passes is way for check in checks) for way in (True, False))
    unknown = len(checks) - passed - failed
    zh = f"核对 {len(checks):,} 项次，达标 {passed:,} 项次，不达标 {failed:,} 项次"
    en = f"{plural(len(checks), 'check')}: {passed:,} pass, {failed:,} fail"
    if unknown:
        zh, en = f"{zh}，无法判定 {unknown:,} 项次", f"{en}, {unknown:,} cannot be told"
    return Text(f"{zh}。", f"{en}.")


def _damaged_part(quotas: Quotas, lang: Lang) -> Part:
    own, pieces = quotas.damaged, sum(each.pieces for each in quotas.damaged)
    said = Text(
        f"破损公益广告 {pieces:,} 幅，分布在 {len({each.site_id for each in own}):,} 处点位，须及时更换。",
        f"{plural(pieces, 'damaged piece')} at {plural(len({each.site_id for each in own}), 'site')}, to be replaced.",
    )
    columns = (
        Column("ad_id", Text("广告编号", "ad")),
        Column("site_id", Text("点位编号", "site")),
        Column("name", Text("点位名称", "name")),
        Column("area", Text("属地", "area")),
        Column("units", Text("责任单位", "units")),
        Column("form", Text("形式", "form")),
        Column("pieces", Text("破损幅数", "damaged"), "count"),
    )
    comma = Text("、", ", ").say(lang)
    rows = [
        (each.ad_id, each.site_id, each.name, each.area or "", comma.join(each.units), each.form, each.pieces)
        for each in own
    ]
    return Part("damaged", Text("破损公益广告", "Damaged advertisements"), said, Listing(columns, rows))


def _inactive_part(quotas: Quotas) -> Part:
    own = quotas.inactive
    idle, registered = sum(each.inactive for each in own), sum(each.volunteers for each in own)
    share = percent(Fraction(idle, registered)) if registered else "–"
    said = Text(
        f"注册志愿者 {registered:,} 人，未参加服务的 {idle:,} 人，占 {share}；来源未规定限值。",
        f"{idle:,} of {registered:,} registered volunteers took no part ({share}); no source limits it.",
    )
    columns = (
        Column("body", Text("单位", "body")),
        Column("area", Text("属地", "area")),
        Column("volunteers", Text("注册志愿者", "registered"), "count"),
        Column("inactive", Text("未参加服务", "without service"), "count"),
        Column("share", Text("占比", "share"), "share"),
    )
    rows = [(each.body, each.area or "", each.volunteers, each.inactive, each.share) for each in own]
    return Part("inactive", Text("未参加服务的志愿者", "Volunteers without service"), said, Listing(columns, rows))
