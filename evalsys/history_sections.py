"""The report on fixes, looking back: what changed since a round, and the ledger of projects."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from evalsys import wording
from evalsys.fix_history import ProjectSeen, other_plan, project_ledger, rounds_named
from evalsys.fix_history import since as compared
from evalsys.fix_views import Advice
from evalsys.fix_words import chance_said, cost, gain_chance, gain_points
from evalsys.forecast_words import about, chance_text
from evalsys.language import Lang, Text
from evalsys.markup import Column, Html, block, safe, section, speaker, table
from evalsys.planning import Plan
from evalsys.rounds import KINDS, Comparison, Gap, PlanComparison, announced_gap
from evalsys.scoring import Score
from evalsys.wording import decimal, percent

__all__ = ["days", "ledger", "plans", "since"]

_FEW = 8  # findings of a kind on a page


def since(result: Score, earlier: str, lang: Lang) -> Html:
    """Return what changed since an earlier round; nothing where none is named."""
    if not earlier:
        return Html("")
    t = speaker(lang)
    found = compared(result, earlier)
    zh, en = f"与{wording.round_name(earlier, 'zh')}相比", f"Since: {wording.round_name(earlier, 'en')}"
    head = section("", "since", zh, en, lang, escape(_since_reading(found, lang)))
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


# ------------------------------------------------------------------------------------------- days, plans


def days(result: Score, announced: str, ordinary: str, lang: Lang) -> Html:
    """Return how much worse it looks on ordinary days than on announced ones; nothing unless both are named.

    Parameters
    ----------
    announced, ordinary : str
        Names of rounds, parted by semicolons.
    """
    first, second = rounds_named(announced), rounds_named(ordinary)
    if not first or not second:
        return Html("")
    t = speaker(lang)
    gap = announced_gap(result.assessment, first, second)
    say = escape(_gap_reading(gap, lang))
    head = section("", "days", "平时与迎检日的差距", "Ordinary days against announced days", lang, say)
    worse = [own for own in gap.sites if own.ordinary > own.announced][:_FEW]
    if not worse:
        return block(lang, head)
    columns = [
        Column(t("差距最大的点位", "Where the gap is largest")),
        Column(t("两种日子都查的", "Checked on both"), t("项", "checks"), "r"),
        Column(t("迎检日不达标", "Short when announced"), "", "r"),
        Column(t("平时不达标", "Short on ordinary days"), "", "r"),
    ]
    body = [
        [
            safe(_finding(result, own.leaves[0], -1) if own.site < 0 else wording.site_name(result, own.site)),
            str(len(own.leaves)),
            str(own.announced),
            str(own.ordinary),
        ]
        for own in worse
    ]
    return block(lang, head, table(columns, body, tight=True))


def _gap_reading(gap: Gap, lang: Lang) -> str:
    """Return the two rates, their difference with its error, and how often luck alone makes it."""
    if gap.announced is None or gap.ordinary is None or gap.difference is None or gap.chance is None:
        return Text("两种日子没有共同查过的内容，无法比较。", "No check was made on both kinds of day.").say(lang)
    low, high = (percent(share, 1) for share in (gap.announced, gap.ordinary))
    apart = _signed(gap.difference)
    error = "" if gap.error is None else f" ± {decimal(Fraction(2 * gap.error).limit_denominator(10**6), 2)}"
    luck = about(chance_text(gap.chance), lang)
    return Text(
        f"同样的 {gap.checks} 项检查，迎检日不达标 {low}，平时 {high}，相差 {apart}{error} 个百分点；"
        f"只因偶然出现这样大的差距的可能{luck}。",
        f"Of the same {gap.checks} checks, {low} fell short on announced days and {high} on ordinary ones: "
        f"{apart}{error} percentage points apart. The chance of so large a gap by luck alone is {luck}.",
    ).say(lang)


def plans(advice: Advice, other_budget: str, lang: Lang) -> Html:
    """Return the recommended plan beside the best one for another budget; nothing for no budget."""
    if not other_budget.strip():
        return Html("")
    t = speaker(lang)
    second, both = other_plan(advice, other_budget)
    say = escape(_plans_reading(second, both, lang))
    head = section("", "plans", "两种方案对照", "Two plans side by side", lang, say)
    marked = both.worth[0].chance is not None
    columns = [
        Column(t("方案", "Plan")),
        Column(t("整改", "Fixes"), t("项", "number"), "r"),
        Column(t("费用", "Cost"), "", "r"),
        Column(t("工期", "Days"), t("天", "days"), "r"),
        Column(t("期望得分", "Expected score"), t("分", "points"), "r"),
        *([Column(t("达标可能性", "Chance to pass"), "", "r")] if marked else []),
        Column(t("只在此方案中的整改", "Only in this plan")),
    ]
    money = cost(second.limits.budget)
    names = (t("推荐方案", "Recommended"), t(f"预算 {money}", f"Budget {money}"))
    only = (both.only_first, both.only_second)
    options = advice.plan.fixes.options
    body = []
    for place, plan in enumerate((advice.plan, second)):
        worth = both.worth[place]
        said = wording.joined([options[own].name for own in only[place]], lang, _FEW) or "–"
        score = decimal(Fraction(worth.points).limit_denominator(10**9), 2)
        chance = [chance_said(advice.found, worth.chance, lang)] if worth.chance is not None else []
        lasts = str(both.days[place]) if advice.scheduled else "–"
        body.append([names[place], str(len(plan.jobs)), cost(both.cost[place]), lasts, score, *chance, safe(said)])
    return block(lang, head, table(columns, body))


def _plans_reading(second: Plan, both: PlanComparison, lang: Lang) -> str:
    """Return what the other plan costs and brings more or less, and what both share."""
    more = both.cost[1] - both.cost[0]
    if both.gain.chance is None:
        gain = Text(f"期望得分 {gain_points(both.gain.points)} 分", f"{gain_points(both.gain.points)} expected points")
    else:
        said = gain_chance(both.gain.chance, both.gain.chance_error)
        gain = Text(f"达标可能性 {said} 个百分点", f"{said} percentage points of chance")
    same, money = len(both.both), cost(second.limits.budget)
    return Text(
        f"预算 {money} 的方案比推荐方案费用 {_plus(more)}、{gain.zh}；两个方案共有 {same} 项相同。",
        f"The plan for a budget of {money}: cost {_plus(more)}, {gain.en} against the recommended "
        f"one; the same in both: {same}.",
    ).say(lang)


def _plus(value: Fraction) -> str:
    return "0" if not value else f"{'+' if value > 0 else '−'}{cost(abs(value))}"


# ------------------------------------------------------------------------------------------------------- projects


def ledger(result: Score, lang: Lang) -> Html:
    """Return the ledger of projects: money, what each was to bring, and what was seen; nothing without projects."""
    if not len(result.assessment.projects):
        return Html("")
    t = speaker(lang)
    rows = project_ledger(result)
    head = section("", "projects", "项目台账", "Projects", lang, escape(_ledger_reading(rows, lang)))
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
