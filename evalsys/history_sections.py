"""The report on fixes, looking back: what changed since a round, and the ledger of projects."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from evalsys import wording
from evalsys.fix_history import ProjectSeen, project_ledger
from evalsys.fix_history import since as compared
from evalsys.fix_words import chance_said, cost, gain_chance, gain_points
from evalsys.forecast_words import about, chance_text
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.rounds import KINDS, Comparison
from evalsys.scoring import Score
from evalsys.wording import decimal, percent

__all__ = ["ledger", "since"]

_FEW = 8  # findings of a kind on a page


def since(result: Score, earlier: str, lang: Lang, number: str = "六") -> Html:
    """Return what changed since an earlier round; nothing where none is named."""
    if not earlier:
        return Html("")
    t = speaker(lang)
    found = compared(result, earlier)
    zh, en = f"与{wording.round_name(earlier, 'zh')}相比", f"Since: {wording.round_name(earlier, 'en')}"
    head = section(number, "since", zh, en, lang, escape(_since_reading(found, lang)))
    columns = [
        Column(t("变化", "Change"), "", "nw"),
        Column(t("问题数", "Findings"), "", "r"),
        Column(t("上轮失分", "Lost then"), t("分", "points"), "r"),
        Column(t("本轮失分", "Lost now"), t("分", "points"), "r"),
        Column(t("失分最多的几处", "Where most is lost")),
    ]
    body = []
    for kind, name in KINDS.items():
        own = [finding for finding in found.findings if finding.kind == kind]
        if not own:
            continue
        lost = [sum((getattr(f, side) for f in own), Fraction(0)) for side in ("lost_before", "lost_now")]
        names = [_finding(result, finding.leaf, finding.site) for finding in own]
        body.append(
            [name.say(lang), str(len(own)), *(decimal(v, 3) for v in lost), safe(wording.joined(names, lang, 3))]
        )
    return block(lang, head, table(columns, body) if body else "", f'<p class="cap">{escape(_noise(found, lang))}</p>')


def _finding(result: Score, leaf: int, site: int) -> str:
    instrument = result.assessment.instrument
    code = instrument.nodes[instrument.nodes[leaf].parent].code
    return f"{wording.site_name(result, site)} {code}".strip() if site >= 0 else code


def _since_reading(found: Comparison, lang: Lang) -> str:
    """Return score and chance before and after, and how much of the change is noise."""
    if found.before.value is None or found.now.value is None or found.change is None:
        return Text("有一轮没有得分，无法比较。", "One of the rounds has no score: nothing to compare.").say(lang)
    low, high = (decimal(own.value or Fraction(0), 2) for own in (found.before, found.now))
    zh, en = f"得分由 {low} 分变为 {high} 分", f"The score went from {low} to {high} points"
    if found.luck is not None:
        zh, en = f"{zh}，{found.luck.verdict.zh}", f"{en}: {found.luck.verdict.en}"
    then, here = found.forecast_before, found.forecast_now
    if then is not None and here is not None and then.chance is not None and here.chance is not None:
        first, second = (chance_said(own, own.chance or 0.0, lang) for own in (then, here))
        zh = f"{zh}；按当时依据预测的达标可能性由{first}变为{second}"
        en = f"{en}. The chance to pass, as known each time, went from {first} to {second}"
    return Text(f"{zh}。", f"{en}.").say(lang)


def _noise(found: Comparison, lang: Lang) -> str:
    """Return what of the change is at the same checks, what is the sample, and how often luck alone does as much."""
    if found.change is None:
        return ""
    zh = en = ""
    if found.at_both is not None and found.of_sample is not None:
        same, other = (_signed(v) for v in (found.at_both, found.of_sample))
        zh = f"变化 {_signed(found.change)} 分，其中两轮都查过的 {found.both} 处 {same} 分，点位不同带来 {other} 分。"
        en = (
            f"Of the change of {_signed(found.change)} points, {same} are at the {found.both} checks of both rounds "
            f"and {other} come from looking elsewhere. "
        )
    if found.luck is not None and found.change:
        chance = about(chance_text(found.luck.chance), lang)
        spread = decimal(Fraction(found.luck.sd).limit_denominator(10**6), 2)
        zh += f"即使状况没有变化，只因检查的偶然性，得分也会上下浮动约 {spread} 分；这样大的变化出现的可能性{chance}。"
        en += (
            f"Were nothing different, luck alone would move the score by about {spread} points; so large a change has "
            f"a chance that is {chance}."
        )
    return Text(zh, en).say(lang)


def _signed(value: Fraction) -> str:
    return f"{'+' if value > 0 else ''}{decimal(value, 2)}"


# ------------------------------------------------------------------------------------------------------- projects


def ledger(result: Score, lang: Lang, number: str = "七") -> Html:
    """Return the ledger of projects: money, what each was to bring, and what was seen; nothing without projects."""
    if not len(result.assessment.projects):
        return Html("")
    t = speaker(lang)
    rows = project_ledger(result)
    head = section(number, "projects", "项目台账", "Projects", lang, escape(_ledger_reading(rows, lang)))
    marked = any(row.project.foreseen is not None and row.project.foreseen.chance is not None for row in rows)
    columns = [
        Column(t("项目", "Project")),
        Column(t("月份", "Month"), "", "nw"),
        Column(t("费用", "Cost"), t("已支出", "spent"), "r"),
        Column(t("涉及指标", "Indicators"), "", "q"),
        Column(t("预计提高", "Foreseen"), t("百分点", "pp") if marked else t("分", "points"), "r"),
        Column(t("此前达标", "Complied before"), "", "r"),
        Column(t("此后达标", "Complied after"), "", "r"),
        Column(t("已见成效", "Seen"), t("分", "points"), "r"),
    ]
    body = [_project(row, marked, lang) for row in rows]
    note = t(
        "预计提高：按该月之前最近一轮的依据，预测这些整改使达标可能性提高多少。此前、此后：整改对象中两次都查过的，"
        "完工前最后一次、完工后第一次检查达标的比例。已见成效：由此给本轮得分带来的变化。“–”为没有依据或尚未复查。",
        "Foreseen: by how much the chance to pass was to rise, by what was known at the last round before that month. "
        "Complied: share of the targets looked at both before and after. Seen: what that makes in this round's score. "
        "A dash: no evidence, or not looked at again.",
    )
    return block(lang, head, table(columns, body, tight=True), f'<p class="cap">{escape(note)}</p>')


def _project(row: ProjectSeen, marked: bool, lang: Lang) -> list[str]:
    own, seen = row.project, row.project.brought
    gain = own.foreseen
    foreseen = "–" if gain is None else gain_chance(gain.chance) if marked else gain_points(gain.points)
    spent = "–" if own.spent is None else cost(own.spent)
    over = own.cost is not None and own.spent is not None and own.spent > own.cost
    complied = ["–", "–"] if seen is None else [percent(share, 0) for share in (seen.before, seen.after)]
    points = "–" if seen is None or seen.points is None else gain_points(float(seen.points))
    return [
        safe(f"{own.project_id} {own.name}".strip()),
        own.month,
        f"{'l|' if over else ''}{cost(own.cost)} / {spent}",
        safe(wording.joined(own.indicators, lang, 4)),
        foreseen,
        *complied,
        points,
    ]


def _ledger_reading(rows: tuple[ProjectSeen, ...], lang: Lang) -> str:
    """Return money planned and spent, and how many targets were looked at again."""
    own = [row.project for row in rows]
    planned = sum((p.cost for p in own if p.cost is not None), Fraction(0))
    spent = sum((p.spent for p in own if p.spent is not None), Fraction(0))
    seen = [p.brought for p in own if p.brought is not None]
    points = sum((b.points for b in seen if b.points is not None), Fraction(0))
    zh = f"{len(own)} 个项目计划费用 {cost(planned)}，已支出 {cost(spent)}"
    en = f"{wording.plural(len(own), 'project')}: {cost(planned)} planned, {cost(spent)} spent"
    if seen:
        zh += f"；{len(seen)} 个已复查，合计使本轮得分变化 {_signed(points)} 分"
        en += f"; {len(seen)} looked at again, which together move this round's score by {_signed(points)} points"
    return Text(f"{zh}。", f"{en}.").say(lang)
