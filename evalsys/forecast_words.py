"""Sentences written from the numbers of a forecast, in Chinese and English."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from evalsys.doubt import ChanceDoubt, ScoreDoubt
from evalsys.faults import PROBLEMS, Fault
from evalsys.forecast_settings import PART_NAMES
from evalsys.forecast_views import Change, Finding, SiteRow, visited
from evalsys.forecasting import Forecast, RateDoubt
from evalsys.inspection import Inspection
from evalsys.language import LANGUAGES, Lang, Text
from evalsys.regions import Reason
from evalsys.variance import PassShare, Share
from evalsys.wording import decimal, joined, node_name, percent, percent_short, plural

__all__ = [
    "ENGINES",
    "PART_NAMES",
    "about",
    "assumed_reading",
    "basis",
    "chance_of",
    "chance_text",
    "change_reading",
    "distribution_reading",
    "engine_sentence",
    "findings_text",
    "headline",
    "inspections_reading",
    "mark_name",
    "moved_text",
    "named",
    "no_forecast",
    "pass_share_name",
    "passing_reading",
    "score_text",
    "severity_reading",
    "severity_word",
    "shares_reading",
    "sites_reading",
    "under_reading",
    "visited_text",
    "weights_reading",
    "where_text",
]

#: Names of the ways to compute.
ENGINES = {
    "exact": Text("精确分布", "exact law"),
    "rounded": Text("取整到格点的分布", "law on a rounded lattice"),
    "simulate": Text("模拟", "simulation"),
}


# ------------------------------------------------------------------------------------------------------ numbers


def chance_text(chance: float, error: float | None = None) -> str:
    """Return a chance in per cent without false digits; with a standard error, twice it behind.

    Examples
    --------
    >>> chance_text(0.8109), chance_text(0.9971), chance_text(0.99999), chance_text(1.0)
    ('81%', '99.7%', '>99.9%', '100%')
    >>> chance_text(0.8497, 0.0025)
    '85.0% ± 0.5%'
    """
    if chance in (0.0, 1.0):
        return f"{chance:.0%}"
    if chance < 0.001:
        return "<0.1%"
    if chance > 0.999:
        return ">99.9%"
    if error:
        return f"{_per_cent(chance, 1)} ± {_per_cent(max(2 * error, 0.001), 1)}"
    return _per_cent(chance, 1 if chance < 0.01 or chance > 0.99 else 0)


def chance_of(found: Forecast, chance: float | None = None, error: float | None = None) -> str:
    """Return a chance of a forecast in per cent; by default the one to pass, with its error where it is simulated.

    Where all simulated inspections end alike, the chance is not certain: at most 3 in so many draws end otherwise
    (95 %, the rule of three). Nor is a law's, unless it has no spread.

    Parameters
    ----------
    chance, error : float, optional
        Another chance of the same forecast.
    """
    if chance is None:
        chance, error = found.chance, found.chance_error if found.engine == "simulate" else None
    if chance is None:
        return "–"
    inside = min(max(chance, 0.0), 1.0)
    if inside in (0.0, 1.0) and found.sd > 0:
        off = max(3 / found.draws, 0.001) if found.draws else 0.001
        tenths = Fraction(math.ceil(_exact(off) * 1000), 1000)
        places = 0 if (tenths * 100).denominator == 1 else 1
        return f">{percent(1 - tenths, places)}" if inside else f"<{percent(tenths, places)}"
    return chance_text(inside, error)


def _unsure(chance: float) -> str:
    """Return a chance that was tried out, never as a certainty."""
    return chance_text(min(max(chance, 1e-9), 1 - 1e-9))


def about(said: str, lang: Lang) -> str:
    """Return a chance within a sentence: it is never told as if it were certain.

    Examples
    --------
    >>> about("74%", "zh"), about("74%", "en"), about(">99.9%", "zh"), about("<0.1%", "en"), about("85.0% ± 0.5%", "zh")
    ('约 74%', 'about 74%', '99.9% 以上', 'below 0.1%', '85.0% ± 0.5%')
    """
    if said.startswith(">"):
        return Text(f"{said[1:]} 以上", f"above {said[1:]}").say(lang)
    if said.startswith("<"):
        return Text(f"不足 {said[1:]}", f"below {said[1:]}").say(lang)
    if "±" in said or said in ("0%", "100%", "–"):
        return said
    return Text(f"约 {said}", f"about {said}").say(lang)


def _per_cent(share: float, places: int) -> str:
    return percent(_exact(share), places)


def _exact(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**9)


def score_text(value: float, places: int = 2) -> str:
    """Return points with two decimals.

    Examples
    --------
    >>> score_text(36.6493)
    '36.65'
    """
    return decimal(_exact(value), places)


def moved_text(value: float, places: int = 1) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> moved_text(-0.0321 * 100), moved_text(0.0)
    ('−3.2', '0.0')
    """
    text = decimal(_exact(value), places)
    return f"+{text}" if text.strip("0.") and not text.startswith("−") else text


def severity_word(times: float, lang: Lang) -> str:
    """Return a word for a severity in standard deviations: below -0.5 strict, above 0.5 lenient.

    Examples
    --------
    >>> severity_word(-1.2, "zh"), severity_word(0.1, "en")
    ('偏严', 'as usual')
    """
    words = Text("偏严", "strict"), Text("一般", "as usual"), Text("偏宽", "lenient")
    return words[(times > -0.5) + (times > 0.5)].say(lang)


# ---------------------------------------------------------------------------------------------------- sentences


def _range(found: Forecast) -> tuple[str, str]:
    held = dict(found.quantiles)
    return score_text(held[0.05]), score_text(held[0.95])


def headline(found: Forecast, lang: Lang) -> str:
    """Return what the coming inspection will find: the range of its score and the chance to pass, usual and strict."""
    low, high = _range(found)
    zh = f"维持现状，正式督查十次中约有九次得 {low} 至 {high} 分，期望 {score_text(found.mean)} 分"
    en = (
        f"As things stand, about nine inspections in ten give {low} to {high} points, {score_text(found.mean)} expected"
    )
    if found.sd == 0:
        zh, en = f"正式督查将得 {low} 分，没有波动", f"The coming inspection gives {low} points, without any spread"
    if found.chance is None or found.mark is None:
        return Text(
            f"{zh}；未设目标线，不计算达标可能性。", f"{en}; no pass mark is set, so there is no chance to pass."
        ).say(lang)
    mark, line = percent_short(found.mark / found.full), mark_name(found)
    zh += f"；达到{line.zh} {mark} 的可能性{about(chance_of(found), 'zh')}"
    en += f"; the chance to reach the {line.en} of {mark} is {about(chance_of(found), 'en')}"
    strict = found.at_severity(-1)
    if strict is not None:
        said = chance_of(found, strict[0], strict[1] or None)
        zh += f"（督查偏严时{about(said, 'zh')}）"
        en += f" ({about(said, 'en')} if inspectors are strict)"
    barred = found.prospect.score.settled.bars
    if barred:
        zh += "。已有否决情形或前置条件不具备，达到分数也不能命名"
        en += ". Something bars the title already, whatever the score"
    return Text(zh + "。", en + ".").say(lang)


def mark_name(found: Forecast) -> Text:
    """Return what the forecast's mark is: the pass mark, or what is needed before points are added or taken off."""
    stated = found.prospect.score.pass_mark
    if stated is not None and stated.value != found.mark:
        return Text("所需得分率", "needed rate")
    return Text("目标线", "pass mark")


def basis(found: Forecast, assumed: int, lang: Lang) -> str:
    """Return how the forecast was computed and on how many assumptions it rests, for page one."""
    zh = {"exact": "精确计算", "rounded": "取整到格点计算", "simulate": f"模拟 {found.draws:,} 次"}[found.engine]
    en = {
        "exact": "computed exactly",
        "rounded": "computed on a rounded lattice",
        "simulate": f"from {found.draws:,} simulated inspections",
    }[found.engine]
    en = en[0].upper() + en[1:]
    if assumed:
        zh += f"；依据 {assumed} 条假定，见“假设的影响”"
        en += f"; it rests on {plural(assumed, 'assumption')}, see How far assumptions carry"
    return Text(zh + "。", en + ".").say(lang)


def engine_sentence(found: Forecast, lang: Lang) -> str:
    """Return how the forecast was computed, and why not exactly."""
    if found.engine == "exact":
        return Text("分布为精确计算，没有抽样误差。", "The distribution is exact: there is no sampling error.").say(
            lang
        )
    if found.engine == "rounded":
        zh, en = "公分母过大，失分取整到格点", "Losses are rounded to a lattice"
        if found.bounds is not None:
            a, b = (chance_text(end) for end in found.bounds)
            zh, en = (
                f"{zh}；达标可能性确定在 {a} 至 {b} 之间",
                f"{en}; the chance lies between {a} and {b} for certain",
            )
        return Text(zh + "。", en + ".").say(lang)
    head = Text(
        f"由 {found.draws:,} 次模拟督查得出（随机种子 {found.seed}），“±”后为两倍标准误。",
        f"From {found.draws:,} simulated inspections (seed {found.seed}); twice the standard error stands behind ±.",
    ).say(lang)
    if not found.why_not:
        return head
    why = Reason(named(found, found.why_not[0].text), found.why_not[0].leaves)
    codes = [code.partition("/")[0] for code in why.leaves]
    listed = joined(list(dict.fromkeys(codes)), lang, 5)
    rest = len(found.why_not) - 1
    zh = f"不能精确计算的原因：{why.text.zh}" + (f"（{listed}）" if listed else "")
    zh += f"；同类原因另有 {rest} 条。" if rest else "。"
    en = f"Why it is not exact: {why.text.en}" + (f" ({listed})" if listed else "")
    en += f"; {plural(rest, 'more reason')} of the kind." if rest else "."
    return head + (" " if lang == "en" else "") + Text(zh, en).say(lang)


def named(found: Forecast, text: Text) -> Text:
    """Return a text whose English says types of sites in English: blocks have their names in Chinese."""
    english = text.en
    types = found.prospect.model.instrument.site_types
    for own in sorted(found.prospect.model.blocks, key=lambda own: -len(own.name)):
        if own.site_type is not None and own.name in english:
            english = english.replace(own.name, types[own.site_type].en + (f" · {own.area}" if own.area else ""))
    return Text(text.zh, english)


def distribution_reading(found: Forecast, lang: Lang) -> str:
    """Return the reading of the distribution: where it lies, against the mark and against today."""
    now = found.prospect.score.value
    low, high = _range(found)
    zh = f"十次督查中约有九次得 {low} 至 {high} 分"
    en = f"About nine inspections in ten would give {low} to {high} points"
    if found.sd == 0:
        zh, en = f"督查得 {low} 分，没有波动", f"Every inspection would give {low} points"
    if now is not None:
        gap = found.mean - float(now)
        size = score_text(abs(gap))
        if float(size) == 0:
            zh += "，期望得分与模拟测评相当"
            en += "; the expected score is that of the mock assessment"
        else:
            zh += f"，期望得分比模拟测评{'高' if gap > 0 else '低'} {size} 分"
            en += f"; the expected score is {size} points {'above' if gap > 0 else 'below'} the mock assessment's"
    return Text(zh + "。", en + ".").say(lang)


def severity_reading(found: Forecast, lang: Lang) -> str:
    """Return what the severity of the inspectors does to the chance to pass."""
    readings = [found.at_severity(times) for times in (-1, 0, 1)]
    if any(one is None for one in readings):
        return Text("未计严查程度的差别。", "Severity is switched off.").say(lang)
    said = [chance_of(found, one[0], one[1] or None) for one in readings if one]
    zh, en = ([about(each, to) for each in said] for to in LANGUAGES)
    return Text(
        f"同样的现场，督查一般时达标可能性{zh[1]}，偏严时{zh[0]}，偏宽时{zh[2]}；"
        "大约每六次督查遇到一次这样严或更严的，一次这样宽或更宽的。",
        f"With the same sites, the chance to pass is {en[1]} with usual inspectors, {en[0]} with strict ones, {en[2]} "
        "with lenient ones; about one inspection in six is as strict or stricter, one as lenient or more so.",
    ).say(lang)


def shares_reading(shares: Sequence[Share], lang: Lang) -> str:
    """Return where the spread comes from, the largest two parts."""
    held = sorted((share for share in shares if share.variance > 0), key=lambda share: -share.share)
    if not held:
        return Text("没有波动：各部分均已关闭或已确定。", "There is no spread: every part is off or certain.").say(lang)
    first = PART_NAMES[held[0].part]
    a = percent(_exact(held[0].share), 0)
    zh, en = f"波动主要来自{first.zh}，占方差 {a}", f"The largest part of the spread: {first.en}, {a} of the variance"
    if len(held) > 1:
        second, b = PART_NAMES[held[1].part], percent(_exact(held[1].share), 0)
        zh, en = f"{zh}；其次是{second.zh}，占 {b}", f"{en}; then {second.en}, {b}"
    return Text(zh + "。", en + ".").say(lang)


def pass_share_name(found: Forecast, share: PassShare, lang: Lang) -> str:
    """Return the name of what pass or fail hangs on: a standard, a block of sites, or a part of the uncertainty."""
    model = found.prospect.model
    if share.kind == "leaf":
        return node_name(model.instrument, model.instrument.leaves[share.place], lang)
    if share.kind == "block":
        block = model.blocks[share.place]
        if block.site_type is None:
            return block.name
        name = model.instrument.site_types[block.site_type].say(lang)
        return name + (f" · {block.area}" if block.area else "")
    return PART_NAMES[share.kind].say(lang)


def passing_reading(found: Forecast, shares: Sequence[PassShare], lang: Lang) -> str:
    """Return what pass or fail hangs on most, and how much of it is interaction."""
    held = [share for share in shares if share.index > 2 * share.error]
    if not held:
        return Text("达标与否不取决于任何单独一项。", "Pass or fail hangs on nothing by itself.").say(lang)
    names = joined([pass_share_name(found, share, lang) for share in held[:3]], lang)
    total = percent(_exact(min(sum(share.index for share in held), 1.0)), 0)
    zh, en = (
        f"达标与否最取决于{names}；各项单独合计说明 {total}",
        f"Pass or fail hangs most on: {names}; alone, all explain {total}",
    )
    if total != "100%":
        zh, en = f"{zh}，其余来自几项凑在一起", f"{en}, the rest is interplay"
    return Text(zh + "。", en + ".").say(lang)


def sites_reading(found: Forecast, rows: Sequence[SiteRow], lang: Lang) -> str:
    """Return which listed sites are expected to cost most."""
    if not rows or rows[0].loss == 0:
        return Text("没有列名点位会失分。", "No listed site is expected to lose points.").say(lang)
    sites = found.prospect.score.assessment.sites["name"]
    names = joined([str(sites.iloc[row.site]) for row in rows[:3]], lang)
    size = score_text(sum(row.drawn * row.loss for row in rows[:3]))
    return Text(
        f"按抽到的可能性与抽到后失分之积排列，{names}居前，合计预计失 {size} 分。",
        f"By the chance to be drawn times the loss if drawn, the highest are {names}: together {size} points expected.",
    ).say(lang)


def inspections_reading(made: Sequence[Inspection], lang: Lang) -> str:
    """Return how far simulated inspections lie apart."""
    totals = [float(one.total) for one in made]
    low, high = score_text(min(totals)), score_text(max(totals))
    passed = [one.passed for one in made if one.passed is not None]
    zh, en = f"三次模拟督查得 {low} 至 {high} 分", f"The three simulated inspections give {low} to {high} points"
    if passed:
        count, verb = sum(passed), "passes" if sum(passed) == 1 else "pass"
        zh, en = f"{zh}，其中 {count} 次达标", f"{en}; {count} of them {verb}"
    return Text(zh + "。", en + ".").say(lang)


def where_text(found: Forecast, site: str | None, site_type: str | None, lang: Lang) -> str:
    """Return a site of a simulated inspection with its type, unless its name says it; unlisted ones by number."""
    if not isinstance(site, str) or not isinstance(site_type, str):
        return Text("不在点位上", "not at a site").say(lang)
    kind = found.prospect.model.instrument.site_types[site_type]
    area, unlisted, number = site.partition("未列名点位 ")
    if unlisted:
        at = f", {area}" if area else ""
        return Text(f"{area}{kind.zh}（未列名第 {number} 个）", f"{kind.en} (unlisted no. {number}{at})").say(lang)
    return site if kind.say(lang) in site else Text(f"{site}（{kind.zh}）", f"{site} ({kind.en})").say(lang)


def visited_text(found: Forecast, one: Inspection, lang: Lang, most: int = 8) -> str:
    """Return how many sites of each type an inspection came to, those with most sites first."""
    types = found.prospect.model.instrument.site_types
    held = visited(one)
    count: dict[str, int] = {}
    for kind, _ in held:
        count[kind] = count.get(kind, 0) + 1
    order = sorted(count, key=lambda kind: -count[kind])
    names = [f"{types[kind].say(lang)} {count[kind]}" for kind in order[:most]]
    said = Text("、", ", ").say(lang).join(names)
    rest = len(order) - most
    if rest > 0:
        others = sum(count[kind] for kind in order[most:])
        said += Text(f"，另 {rest} 类 {others}", f", {others} at {plural(rest, 'more type')}").say(lang)
    listed = set(found.prospect.score.assessment.sites["name"])
    known = sum(name in listed for _, name in held)
    if known < len(held):
        said += Text(f"（其中名单内 {known}）", f" ({known} of them listed)").say(lang)
    return said


def findings_text(found: Forecast, one: Inspection, rows: Sequence[Finding], lang: Lang, most: int = 6) -> str:
    """Return the findings of an inspection that cost most, and what all others cost together."""
    if not rows:
        return Text("没有失分", "nothing lost").say(lang)
    instrument, items = found.prospect.model.instrument, []
    for finding in rows[:most]:
        row = one.rows.iloc[finding.row]
        where = where_text(found, row["site"], row["site_type"], lang)
        name = node_name(instrument, instrument.places[row["standard"]], lang)
        size = decimal(finding.points, 3)
        items.append(Text(f"{where}“{name}”失 {size} 分", f"{where}: {name}, {size} points").say(lang))
    said = Text("；", "; ").say(lang).join(items)
    if len(rows) > most:
        rest, size = len(rows) - most, decimal(sum((finding.points for finding in rows[most:]), Fraction(0)), 3)
        said += Text(f"；其余 {rest} 条共失 {size} 分", f"; {rest} more, {size} points together").say(lang)
    return said


def change_reading(change: Change, lang: Lang) -> str:
    """Return what changed since another round."""
    if change.before is None or change.now is None:
        return Text("两轮中有一轮没有得分，无从比较。", "One of the rounds has no score.").say(lang)
    gap = change.now - change.before
    size = decimal(abs(gap), 2)
    way = Text("上升", "rose by") if gap > 0 else Text("下降", "fell by")
    zh = f"得分由 {decimal(change.before, 2)} 分{way.zh} {size} 分，为 {decimal(change.now, 2)} 分"
    en = f"The score {way.en} {size} points, from {decimal(change.before, 2)} to {decimal(change.now, 2)}"
    if not gap:
        zh, en = f"得分仍为 {decimal(change.now, 2)} 分", f"The score stays at {decimal(change.now, 2)} points"
    came, went, stayed = len(change.came), len(change.went), len(change.stayed)
    zh += f"；两轮都查到的点位上，消除问题 {went} 处，新增 {came} 处，仍有 {stayed} 处"
    en += f"; where both rounds looked, {plural(went, 'finding')} went, {came} came, {stayed} stayed"
    if change.unseen:
        zh += f"；上轮的 {change.unseen} 处问题本轮未复查"
        en += f"; {plural(change.unseen, 'finding')} of then not checked again"
    return Text(zh + "。", en + ".").say(lang)


def assumed_reading(doubt: RateDoubt | None, lang: Lang) -> str:
    """Return how far the chance may lie from the forecast because rates are known from few checks."""
    if doubt is None:
        return ""
    low, high = _unsure(doubt.low), _unsure(doubt.high)
    return Text(
        f"各类点位的达标率只由有限的检查得出：计入这一点，达标可能性十次中约有九次在 {low} 至 {high} 之间"
        f"（由 {doubt.sets} 组达标率得出）。",
        f"Rates are known from a limited number of checks: with this, the chance to pass lies between {low} and {high} "
        f"in nine cases of ten (from {doubt.sets} sets of rates). ",
    ).say(lang)


def under_reading(moves: Sequence[tuple[Text, float]], chance: bool, lang: Lang) -> str:
    """Return which other assumption moves a forecast most, up and down.

    Parameters
    ----------
    moves : sequence of (name, change)
        Of the chance to pass, 0 to 1, or of the expected score in points.
    """
    times, places = (100, 1) if chance else (1, 2)
    zh, en = [], []
    for (name, move), (up, upwards) in zip(
        (max(moves, key=lambda each: each[1]), min(moves, key=lambda each: each[1])),
        (("升", "up"), ("降", "down")),
        strict=True,
    ):
        if (move > 0) == (up == "升") and move:
            size = score_text(abs(move) * times, places)
            zh.append(f"“{name.zh}”使其{up} {size} {'个百分点' if chance else '分'}")
            en.append(f"{upwards} {size} {'percentage points' if chance else 'points'}: {name.en}")
    if not zh:
        return Text("换用这些假定，结果不变。", "None of these assumptions moves it.").say(lang)
    return Text("变动最大的：" + "，".join(zh) + "。", "The largest moves: " + "; ".join(en) + ".").say(lang)


def weights_reading(doubt: ScoreDoubt, weighed: ChanceDoubt | None, lang: Lang) -> str:
    """Return how far assumed weights move the mock score, and the chance to pass where there is one."""
    low, high = decimal(doubt.least, 2), decimal(doubt.most, 2)
    width = percent(doubt.width, 0)
    held = {one.at: one.value for one in doubt.quantiles}
    a, b = score_text(held[min(held)]), score_text(held[max(held)])
    zh = (
        f"权重为假定：各项权重上下变动 {width} 以内，模拟测评得分在 {low} 至 {high} 分之间；"
        f"权重随机变动时，九成在 {a} 至 {b} 分之间"
    )
    en = (
        f"Weights are assumed: with each weight moved by up to {width}, the mock score lies between {low} and {high}; "
        f"with random weights, 90% lie between {a} and {b}"
    )
    if weighed is not None:
        low, high = _unsure(weighed.least), _unsure(weighed.most)
        zh += f"；达标可能性在 {low} 至 {high} 之间（{weighed.label.zh}）"
        en += f"; the chance to pass lies between {low} and {high} ({weighed.label.en})"
    return Text(zh + "。", en + ". ").say(lang)


def no_forecast(faults: Sequence[Fault], lang: Lang) -> str:
    """Return in one sentence why there is no forecast."""
    own = [PROBLEMS[each.problem].say(lang) if each.file == "forecast" else each.say(lang) for each in faults]
    return Text(f"不能预测：{'；'.join(own)}。", f"No forecast: {'; '.join(own)}.").say(lang)
