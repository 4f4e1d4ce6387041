"""Numbers and sentences as a reader sees them: half up, written from numbers, in Chinese and English."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from evalsys.instrument import METHODS, Instrument, PassMark
from evalsys.language import Lang, Text
from evalsys.rulebook import Rule
from evalsys.scoring import NodeScore, Score

__all__ = [
    "area_name",
    "day_text",
    "decimal",
    "group_name",
    "joined",
    "node_name",
    "observed",
    "pass_mark_text",
    "percent",
    "plural",
    "points",
    "reason",
    "result_sentence",
    "round_name",
    "share_of",
    "short_name",
    "site_name",
    "source_text",
    "title",
    "unit_names",
]

# ------------------------------------------------------------------------------------------------- numbers


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def day_text(day: datetime.date, with_year: bool = True) -> Text:
    """Return a day in words.

    Examples
    --------
    >>> day_text(datetime.date(2016, 8, 21))
    Text(zh='2016 年 8 月 21 日', en='21 August 2016')
    >>> day_text(datetime.date(2016, 8, 21), with_year=False)
    Text(zh='8 月 21 日', en='21 August')
    """
    zh, en = f"{day.month} 月 {day.day} 日", f"{day.day} {_MONTHS[day.month - 1]}"
    return Text(f"{day.year} 年 {zh}", f"{en} {day.year}") if with_year else Text(zh, en)


def decimal(value: Fraction | int, places: int) -> str:
    """Return a number with a fixed count of decimals, half away from zero, and thousands separators.

    Examples
    --------
    >>> decimal(Fraction(1, 8), 2), decimal(Fraction(-5, 1000), 2), decimal(40000, 0)
    ('0.13', '−0.01', '40,000')
    """
    value = Fraction(value)
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = f"{whole:0{places + 1}d}"
    text = f"{int(digits[: len(digits) - places]):,}" + (f".{digits[len(digits) - places :]}" if places else "")
    return f"−{text}" if value < 0 and whole else text


def points(value: Fraction | int, places: int = 3) -> str:
    """Return points as a page shows them: full points without needless decimals, else three.

    Examples
    --------
    >>> points(Fraction(39)), points(Fraction(131783, 3600)), points(Fraction(0))
    ('39', '36.606', '0')
    """
    return decimal(value, 0) if Fraction(value).denominator == 1 else decimal(value, places)


def percent(value: Fraction, places: int = 2) -> str:
    """Return a share in per cent.

    Examples
    --------
    >>> percent(Fraction(131783, 140400))
    '93.86%'
    """
    return decimal(value * 100, places) + "%"


def share_of(part: Fraction, whole: Fraction) -> str:
    """Return a part of a whole in per cent with one decimal; '0%' of nothing."""
    return percent(part / whole, 1) if whole else "0%"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """Return a count with its English noun.

    Examples
    --------
    >>> plural(1, "finding"), plural(1200, "check"), plural(2, "leaf", "leaves")
    ('1 finding', '1,200 checks', '2 leaves')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def joined(names: Sequence[str], lang: Lang, most: int = 99) -> str:
    """Return names in a row: ``A、B 和 C`` or ``A, B and C``; beyond `most` the rest is counted."""
    names = list(names)
    if len(names) > most:
        rest = len(names) - most
        return (
            "、".join(names[:most]) + f"等 {len(names)} 项"
            if lang == "zh"
            else ", ".join(names[:most]) + f" and {rest} more"
        )
    if len(names) < 2:
        return "".join(names)
    if lang == "zh":
        return "、".join(names[:-1]) + "和" + names[-1]
    return ", ".join(names[:-1]) + " and " + names[-1]


# --------------------------------------------------------------------------------------------------- names


def node_name(instrument: Instrument, place: int, lang: Lang) -> str:
    """Return a node's name; a leaf of several methods carries its method."""
    node = instrument.nodes[place]
    if node.kind == "leaf" and len(instrument.nodes[node.parent].children) > 1:
        return f"{node.name.say(lang)} · {METHODS[str(node.method)].say(lang)}"
    return node.name.say(lang)


def site_name(result: Score, site: int) -> str:
    """Return the name of a site, '–' for the place as a whole."""
    return str(result.assessment.sites["name"].iloc[site]) if site >= 0 else "–"


def area_name(area: str | None, lang: Lang) -> str:
    """Return an area, or words for none."""
    return area or Text("未登记属地", "no area on record").say(lang)


def unit_names(units: Iterable[str], area: str | None, lang: Lang) -> str:
    """Return who answers for a finding; without a unit, the area and that no unit is on record."""
    found = ("、" if lang == "zh" else ", ").join(units)
    if found:
        return found
    none = Text("未登记单位", "no unit on record").say(lang)
    if area:
        return f"{area}（{none}）" if lang == "zh" else f"{area} ({none})"
    return none


def group_name(instrument: Instrument, by: str, name: str, lang: Lang) -> str:
    """Return the name of a group of a view."""
    if by == "site_type":
        return instrument.site_types[name].say(lang) if name else Text("不在点位上", "not at a site").say(lang)
    if by == "method":
        return METHODS[name].say(lang)
    if by == "indicator":
        return instrument.nodes[instrument.places[name]].name.say(lang)
    if by == "unit":
        return name or Text("未登记单位", "no unit on record").say(lang)
    return area_name(name, lang) if by == "area" else name


def round_name(text: str, lang: Lang) -> str:
    """Return the name of a round; ``2016-08`` is a month.

    Examples
    --------
    >>> round_name("2016-08", "zh"), round_name("2016-08", "en"), round_name("第二轮", "zh")
    ('2016 年 8 月轮次', 'Round of August 2016', '第二轮')
    """
    year, _, month = text.partition("-")
    if len(year) == 4 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12:
        names = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
        return f"{year} 年 {int(month)} 月轮次" if lang == "zh" else f"Round of {names[int(month) - 1]} {year}"
    return text


def title(result: Score, lang: Lang) -> str:
    """Return the title of the report."""
    settings = result.assessment.settings
    if settings.title is not None:
        return settings.title.say(lang)
    return f"{settings.place}模拟测评报告" if lang == "zh" else f"Mock assessment: {settings.place}"


def pass_mark_text(mark: PassMark, full: Fraction, lang: Lang) -> str:
    """Return the pass mark and who set it."""
    who = {
        "parameter": Text("报告参数", "report parameter"),
        "assessment": Text("测评设置", "set in the assessment"),
        "instrument": Text("测评体系规定", "set by the instrument"),
    }[mark.set_by].say(lang)
    assumed = Text("，假定", ", assumed").say(lang) if mark.status == "assumed" else ""
    value = percent_short(mark.value / full)
    return f"{value}（{who}{assumed}）" if lang == "zh" else f"{value} ({who}{assumed})"


def percent_short(value: Fraction) -> str:
    """Return a per cent without needless decimals: 93% rather than 93.00%."""
    return percent(value, 0) if (value * 100).denominator == 1 else percent(value)


def with_measure(number: str, measure: Text | None, lang: Lang) -> str:
    """Return a number with its unit of measure.

    Examples
    --------
    >>> with_measure("8", Text("人/万车", "deaths per 10,000 vehicles"), "en"), with_measure("90", Text("%", "%"), "zh")
    ('8 deaths per 10,000 vehicles', '90%')
    """
    said = measure.say(lang) if measure else ""
    return f"{number}{' ' if said[:1].isalnum() and said.isascii() else ''}{said}"


def observed(rule: Rule, value: str, n: int | None, lang: Lang, by: str = "observations") -> str:
    """Return what was observed in words: the value with what it is.

    Parameters
    ----------
    by : str
        What the evidence is: observations, responses, materials or peers, as in ``Score.rows``.

    Examples
    --------
    >>> observed(Rule("loss"), "0.4", None, "zh"), observed(Rule("share"), "3", 5, "en")
    ('扣分 0.4', '3/5 comply')
    """
    others = {
        "responses": Text(f"问卷满意 {value}", f"{value} satisfied in the survey"),
        "materials": Text(f"材料已备 {value}", f"{value} documents ready"),
        "peers": Text("取同组均值", "mean of its peers"),
    }
    if by in others:
        return others[by].say(lang)
    params = rule.params
    number = value if value.endswith(("%", "％")) else with_measure(value, params.get("measure"), lang)
    said: Mapping[str, Callable[[], Text]] = {
        "met": lambda: Text("不达标", "not met"),
        "loss": lambda: Text(f"扣分 {value}", f"loss {value}"),
        "share": lambda: _compliant(value, n),
        "k_of_n": lambda: _compliant(value, n),
        "option": lambda: Text(f"选项：{value}", f"option: {value}"),
        "grade": lambda: Text(f"等级 {value}", f"grade {value}"),
        "count_met": lambda: _not_met(params["criteria"], value),
        "deduct": lambda: _kind(params["kinds"], value, n),
        "none": lambda: Text(f"发生 {value} 次", "happened once" if value == "1" else f"happened {value} times"),
        "growth": lambda: Text(f"增幅;参照 {value}", f"growth;reference {value}"),
        "deadline": lambda: Text(f"完成于 {value}", f"done on {value}"),
    }
    other = Text(f"数值 {number}", f"value {number}")
    return (said[rule.kind]() if rule.kind in said else other).say(lang)


def _compliant(value: str, n: int | None) -> Text:
    shown = value if n is None or "/" in value else f"{value}/{n}"
    return Text(f"达标 {shown}", f"{shown} comply")


def _not_met(criteria: Mapping[str, Text], value: str) -> Text:
    held = {part.strip() for part in value.replace("；", ";").split(";")}
    missed = [text for name, text in criteria.items() if name not in held]
    return Text("未达到：" + "；".join(text.zh for text in missed), "not met: " + "; ".join(text.en for text in missed))


def _kind(kinds: Mapping[str, Any], value: str, n: int | None) -> Text:
    name = kinds[value]["name"]
    times = "" if n in (None, 1) else f" × {n}"
    return Text(name.zh + times, name.en + times)


def source_text(instrument: Instrument, place: int, lang: Lang) -> str:
    """Return where a standard's rule comes from: document, clause, row."""
    standard = instrument.nodes[place].standard
    if standard is None or standard.source is None:
        return ""
    source = standard.source
    document = source.get("document", instrument.source["document"])
    where = source.get("clause") or source.get("row", "")
    assumed = Text("（界限为假定）", " (threshold assumed)").say(lang) if "threshold" in standard.assumed else ""
    return f"{document} {where}{assumed}"


# ----------------------------------------------------------------------------------------------- sentences


def reason(result: Score, node: NodeScore, lang: Lang) -> str:
    """Return why a node of the statement has its score."""
    instrument = result.assessment.instrument
    here = instrument.nodes[node.place]
    if node.state == "unscored":
        return Text("不计分", "not scored").say(lang)
    if node.state == "dropped":
        return Text("不适用，不计入满分", "does not apply, outside the full marks").say(lang)
    if node.state == "missing":
        return Text("未测评：没有依据", "not assessed: no evidence").say(lang)
    partly = Text("；部分未测评", "; partly not assessed").say(lang) if node.state == "partly" else ""
    if here.kind == "leaf":
        return _evidence(node, lang) + partly
    losing = [n for n in _children(result, node.place) if n.lost]
    if not losing:
        said = Text("未失分", "nothing lost").say(lang) if not node.findings else _checks(node, lang)
        return said + partly
    if here.kind == "standard" or len(_children(result, node.place)) == 1:
        return _checks(node, lang) + partly
    losing.sort(key=lambda n: (-(n.lost or 0), n.place))
    parts = []
    for child in losing[:2]:
        name = short_name(instrument, child.place, lang)
        parts.append(
            f"{name}失 {decimal(child.lost or 0, 3)}" if lang == "zh" else f"{name} lost {decimal(child.lost or 0, 3)}"
        )
    more = len(losing) - len(parts)
    tail = ""
    if more:
        tail = f" 等 {len(losing)} 项" if lang == "zh" else f", {more} more"
    return ("、" if lang == "zh" else ", ").join(parts) + tail + partly


def short_name(instrument: Instrument, place: int, lang: Lang) -> str:
    """Return the part of a node's name after its parent's, else the name: 第 3 项 rather than 公共服务第 3 项."""
    node = instrument.nodes[place]
    if node.kind == "leaf":
        return METHODS[str(node.method)].say(lang)
    own, parent = node.name.say(lang), instrument.nodes[node.parent].name.say(lang)
    rest = own.removeprefix(parent)
    cut = rest.lstrip(", ，·：:")
    # only where the rest stands by itself: 第3项, item 3, never half a word
    return cut if rest != own and cut and (cut != rest or cut.startswith("第")) else own


def _children(result: Score, place: int) -> list[NodeScore]:
    return [result.nodes[child] for child in result.assessment.instrument.nodes[place].children]


def _checks(node: NodeScore, lang: Lang) -> str:
    if lang == "zh":
        return f"{node.checks} 条检查中 {node.findings} 条有失分" if node.findings else f"{node.checks} 条检查"
    return (
        f"{node.findings} of {plural(node.checks, 'check')} lose points"
        if node.findings
        else plural(node.checks, "check")
    )


def _evidence(node: NodeScore, lang: Lang) -> str:
    said = {
        "responses": Text(f"{node.checks} 份回答", plural(node.checks, "answer")),
        "materials": Text(f"{node.checks} 件材料", plural(node.checks, "document")),
        "peers": Text("不适用，取同组均值", "does not apply, mean of its peers"),
    }
    return said[node.by].say(lang) if node.by in said else _checks(node, lang)


def result_sentence(result: Score, by_type: pd.DataFrame, lang: Lang) -> tuple[str, str, str]:
    """Return the result in one sentence, in three parts: against the line, the loss, and where it is.

    Parameters
    ----------
    by_type : DataFrame
        ``tree_view(result, "site_type")``.
    """
    final = result.final_attainment
    if result.attainment is None or final is None:
        return Text("尚无可计分的依据", "There is no evidence to score yet").say(lang), "", ""
    zh = lang == "zh"
    rate = percent(result.attainment)
    if final != result.attainment:
        rate += f"，加减分后 {percent(final)}" if zh else f", {percent(final)} with what comes after the total"
    mark = result.pass_mark
    if mark is None:
        first = f"得分率 {rate}，未设目标线" if zh else f"The score rate is {rate}; no pass mark is set"
    else:
        gap = final - mark.value / result.assessment.instrument.full_marks
        size = decimal(abs(gap) * 100, 2)
        if gap == 0:
            first = f"得分率 {rate}，恰好达到目标线" if zh else f"The score rate is {rate}, exactly on the pass mark"
        elif gap > 0:
            first = (
                f"得分率 {rate}，高于目标线 {size} 个百分点"
                if zh
                else f"The score rate is {rate}, {size} percentage points above the pass mark"
            )
        else:
            first = (
                f"得分率 {rate}，低于目标线 {size} 个百分点"
                if zh
                else f"The score rate is {rate}, {size} percentage points below the pass mark"
            )
    if not result.lost:
        return first, "没有失分" if zh else "nothing was lost", ""
    second = f"失分 {points(result.lost)} 分" if zh else f"{points(result.lost)} points lost"
    lost = by_type[[value > 0 for value in by_type["lost"]]]
    away = Text("材料、问卷等不到点位的测评", "documents, surveys and the like").say(lang)
    instrument = result.assessment.instrument
    names = [group_name(instrument, "site_type", name, lang) if name else away for name in lost["name"][:2]]
    part = share_of(sum(lost["lost"][:2], Fraction(0)), result.lost)
    if zh:
        return first, second, f"{part} 集中在{joined(names, lang)}"
    return first, second, f"{part} of them at: {joined(names, lang).lower()}"
