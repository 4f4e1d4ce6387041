"""What an analyst writes in the cells of an authoring workbook, turned into what the YAML format says.

Words of drop-downs (:data:`WORDS`), and a short notation for the parameters of rules, for points by month, for shares,
and for when something is due. A cell that fits no notation raises :class:`evalsys.fields.Bad`; limits and ranges
are checked afterwards by the readers of the YAML format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalsys.faults import nearest
from evalsys.fields import Bad
from evalsys.instrument import METHODS
from evalsys.language import Lang, Text
from evalsys.privacy import folded
from evalsys.when import PERIODS

__all__ = [
    "ALL",
    "DUE",
    "NOTATIONS",
    "SHARES",
    "SITES",
    "WORDS",
    "due_of",
    "names_in",
    "numbered",
    "parameters_of",
    "points_of",
    "shares_of",
    "word",
]

Words = Mapping[str, Text]

_STATUS: Words = {"printed": Text("印明", "printed"), "assumed": Text("假定", "assumed")}
_TRUST: Words = {
    "official": Text("正式文本", "official"),
    "copy": Text("转载件", "copy"),
    "news": Text("新闻报道", "news"),
    "assumed": Text("假定", "assumed"),
}
#: The words of each drop-down: what the YAML format calls them, and what the workbook does.
WORDS: Mapping[str, Words] = {
    "kind": {"indicator": Text("指标", "indicator"), "standard": Text("标准", "standard")},
    "level": {
        "city": Text("城市", "city"),
        "county": Text("县", "county"),
        "district": Text("城区", "district"),
        "township": Text("乡镇", "township"),
        "community": Text("社区", "community"),
        "village": Text("村", "village"),
        "department": Text("单位", "department"),
        "school": Text("学校", "school"),
        "estate": Text("居住区", "estate"),
        "other": Text("其他", "other"),
    },
    "scheme": {
        "given": Text("给定", "given"),
        "equal": Text("同级均分", "equal"),
        "ahp": Text("层次分析法", "ahp"),
    },
    "status": _STATUS,
    "mark": {
        "official": Text("官方公布", "official"),
        **{name: _TRUST[name] for name in ("copy", "news")},
        **_STATUS,
    },
    "certainty": _TRUST,
    "yes": {"yes": Text("是", "yes"), "no": Text("否", "no")},
    "combine": {
        "sum": Text("求和", "sum"),
        "mean": Text("平均", "mean"),
        "cap": Text("封顶", "cap"),
        "floor": Text("扣完为止", "floor"),
        "best": Text("取最好", "best"),
        "worst": Text("取最差", "worst"),
    },
    "rule": {
        "met": Text("达标", "met"),
        "loss": Text("扣份额", "loss"),
        "share": Text("达标比例", "share"),
        "k_of_n": Text("抽查达标", "k_of_n"),
        "threshold": Text("限值", "threshold"),
        "ratio": Text("完成比例", "ratio"),
        "bands": Text("分档", "bands"),
        "option": Text("选项", "option"),
        "grade": Text("等级", "grade"),
        "deduct": Text("逐处扣分", "deduct"),
        "none": Text("零发生", "none"),
        "growth": Text("增幅比较", "growth"),
        "deadline": Text("期限", "deadline"),
    },
    "method": METHODS,
    "several": {"mean": Text("平均", "mean"), "min": Text("取最低", "min"), "shares": Text("按份额", "shares")},
    "not_applicable": {
        "drop": Text("不计入", "drop"),
        "full": Text("视为得分", "full"),
        "peers": Text("取同项平均", "peers"),
    },
    "threshold": {
        "printed": _STATUS["printed"],
        "derived": Text("推得", "derived"),
        "ban": Text("禁止性规定", "ban"),
        "parameter": Text("参数", "parameter"),
        "assumed": _STATUS["assumed"],
    },
    "name": {"site_types": Text("点位类型", "site type"), "units": Text("责任单位", "unit")},
}
#: What the YAML format knows and a cell cannot hold.
_ONLY_YAML: Mapping[str, Words] = {
    "rule": {"count_met": Text("小项达标数", "count_met")},
    "combine": {"subset-grade": Text("按达标数定档", "subset-grade")},
}


def word(kind: str, text: str, lang: Lang) -> str:
    """Return what the YAML format calls a word of a drop-down, by its name in either language.

    Examples
    --------
    >>> word("rule", "限值", "zh"), word("method", "Site visit", "en"), word("method", "site_visit", "zh")
    ('threshold', 'site_visit', 'site_visit')
    """
    if _spelt(_ONLY_YAML.get(kind, {}), text):
        raise Bad("only_in_yaml")
    found = _spelt(WORDS[kind], text)
    if found is None:
        names = [name.say(lang) for name in WORDS[kind].values()]
        near = nearest(text, [*names, *WORDS[kind]])
        raise Bad("bad_value", "  ".join(names), WORDS[kind][near].say(lang) if near in WORDS[kind] else near)
    return found


def _spelt(words: Words, text: str) -> str | None:
    known = {folded(spelling): key for key, name in words.items() for spelling in (name.en, name.zh, key)}
    return known.get(folded(text))


# ----------------------------------------------------------------------------------------------- lists and pairs

_NARROW = str.maketrans("＝＜＞％", "=<>%")  # in limits only: names stay as they are written


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", text) if part.strip()]


def _parted(text: str) -> tuple[str, str]:
    """Return what stands before and behind the last ``=``; nothing where there is none.

    >>> _parted("≥85=1"), _parted("完整＝1"), _parted("无")
    (('≥85', '1'), ('完整', '1'), ('', ''))
    """
    match = re.fullmatch("(.*)[=＝](.*)", text, re.DOTALL)
    return (match[1].strip(), match[2].strip()) if match else ("", "")


def names_in(text: str) -> list[str]:
    """Return the names of a cell.

    Examples
    --------
    >>> names_in("文明办、城管局；交警")
    ['文明办', '城管局', '交警']
    """
    return [name.strip() for name in re.split("[;；、]", text) if name.strip()]


def _pairs(text: str, example: str) -> list[tuple[str, str]]:
    """Return the pairs ``name=value`` of a cell; the last ``=`` of each parts them."""
    found = []
    for part in _parts(text):
        name, value = _parted(part)
        if not (name and value):
            raise Bad("bad_notation", example, part=part)
        found.append((name, value))
    _once([name for name, _ in found])
    return found


def _once(names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise Bad("named_twice", part=name)


def points_of(text: str) -> str | dict[str, str]:
    """Return points: one number, or points by month.

    Examples
    --------
    >>> points_of("20"), points_of("1-6月=20；7-12月=25")
    ('20', {'1-6': '20', '7-12': '25'})
    """
    if not re.search("[=＝;；]", text):
        return text
    return {months.removesuffix("月"): points for months, points in _pairs(text, "20  1-6=20; 7-12=25")}


def numbered(text: str, example: str = "") -> list[tuple[str, str | None]]:
    """Return the names of a cell, each with what stands behind its ``=``, if anything does.

    Examples
    --------
    >>> numbered("集贸市场=3；超市=全部、公园")
    [('集贸市场', '3'), ('超市', '全部'), ('公园', None)]
    """
    found: list[tuple[str, str | None]] = []
    for part in names_in(text):
        name, number = _parted(part)
        if re.search("[=＝]", part) and not (name and number):
            raise Bad("bad_notation", example, part=part)
        found.append((name or part, number or None))
    return found


def shares_of(text: str, lang: Lang, every: bool = False) -> dict[str, str | None]:
    """Return the methods of a cell, each with its share where there is one; with `every`, each must have one.

    Examples
    --------
    >>> shares_of("材料审核=40；实地考察=60", "zh")
    {'document_review': '40', 'site_visit': '60'}
    >>> shares_of("survey、online check", "en")
    {'survey': None, 'online_check': None}
    """
    found: dict[str, str | None] = {}
    for name, share in numbered(text, SHARES.say(lang)):
        try:
            key = word("method", name, lang)
        except Bad as bad:
            raise Bad(bad.problem, bad.allowed, bad.near, part=name) from None
        if key in found:
            raise Bad("named_twice", part=name)
        if every and share is None:
            raise Bad("bad_notation", SHARES.say(lang), part=name)
        found[key] = share
    return found


# ------------------------------------------------------------------------------------------ parameters of the rules

#: How one writes the shares of methods.
SHARES = Text("材料审核=40；实地考察=60", "document review=40; site visit=60")
#: How one writes the types of sites where a standard is checked.
SITES = Text("集贸市场=3；超市=全部", "Market=3; Supermarket=all")
#: Words for all sites.
ALL = ("全部", "all")
#: How the parameters of each rule are written: an example for a message, which both languages share where it can be.
NOTATIONS: Mapping[str, Text] = {
    "met": Text("（空）  全部  3", "(empty)  all  3"),
    "k_of_n": Text("3/5", "3/5"),
    "threshold": Text(
        "≥90 %  ≤8 件  <2  3..5  ≥90 %；按比例  ≥90 %；每差10扣10%",
        ">=90 %  <=8 cases  <2  3..5  >=90 %; proportional  >=90 %; per 10 lose 10%",
    ),
    "ratio": Text("100 %  10 平方米", "100 %  10 m2"),
    "bands": Text("≥85 %=1；≥70 %=0.66；其余=0", ">=85 %=1; >=70 %=0.66; else=0"),
    "option": Text("完整=1；缺一项=0.5；无=0", "complete=1; one missing=0.5; none=0"),
    "grade": Text("（空）  A=1；B=0.6；C=0", "(empty)  A=1; B=0.6; C=0"),
    "deduct": Text("烟头=0.5≤5；垃圾堆|Heap of litter=1", "烟头|Cigarette end=0.5<=5; 垃圾堆|Heap of litter=1"),
    "deadline": Text("06-30  2026-06-30", "06-30  2026-06-30"),
}
_SIGNS = {
    **dict.fromkeys(("≥", "≧", ">=", "不低于", "不少于", "不小于", "at least"), "at_least"),
    **dict.fromkeys(("≤", "≦", "<=", "不高于", "不多于", "不大于", "不超过", "at most"), "at_most"),
    **dict.fromkeys((">", "高于", "多于", "大于", "超过", "above"), "above"),
    **dict.fromkeys(("<", "低于", "少于", "小于", "below"), "below"),
}
_SIGN = "|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))
_VALUE = r"\d[\d,]*(?:\.\d+)?(?:/\d+)?"
_LIMIT = re.compile(rf"({_SIGN})\s*({_VALUE})\s*(.*)")
_RANGE = re.compile(rf"({_VALUE})\s*(?:\.\.|~|～|至)\s*({_VALUE})\s*(.*)")
_ELSE = ("其余", "其他", "else")


def parameters_of(rule: str, text: str, lang: Lang) -> Any:
    """Return the parameters of a rule as the YAML format has them.

    Parameters
    ----------
    rule : str
        A word of ``WORDS["rule"]``.
    text : str
        What the cell holds; may be empty.
    lang : {'zh', 'en'}
        Language of the examples in a message.

    Returns
    -------
    dict or None
        None for a rule that stands without parameters.

    Raises
    ------
    Bad
        If the cell does not fit the notation of the rule, or the rule takes no parameters.

    Examples
    --------
    >>> parameters_of("threshold", "≥90 %", "zh"), parameters_of("threshold", "3..5", "zh")
    ({'at_least': '90', 'measure': '%'}, {'range': ['3', '5']})
    >>> parameters_of("deduct", "烟头|Cigarette end=0.5≤5", "zh")
    {'kinds': {'烟头': {'name': {'zh': '烟头', 'en': 'Cigarette end'}, 'points': '0.5', 'cap': '5'}}}
    >>> parameters_of("loss", "", "zh") is None
    True
    """
    if rule not in NOTATIONS:
        if text:
            raise Bad("no_effect")
        return None
    if not text:
        if rule in ("met", "grade"):
            return None
        raise Bad("empty_value", NOTATIONS[rule].say(lang))
    return _NOTATION[rule](text, NOTATIONS[rule].say(lang))


def _over_sites(text: str, example: str) -> dict[str, str]:
    """Read how many sites must comply.

    >>> _over_sites("全部", ""), _over_sites("3", "")
    ({'over_sites': 'all'}, {'over_sites': '3'})
    """
    if text not in ALL and not text.isdecimal():
        raise Bad("bad_notation", example)
    return {"over_sites": "all" if text in ALL else text}


def _k_of_n(text: str, example: str) -> dict[str, str]:
    """Read how many of how many must comply.

    >>> _k_of_n("3/5", ""), _k_of_n("3", "")
    ({'required': '3', 'n': '5'}, {'required': '3'})
    """
    match = re.fullmatch(r"(\d+)(?:\s*[/／]\s*(\d+))?", text)
    if match is None:
        raise Bad("bad_notation", example)
    return {"required": match[1], **({"n": match[2]} if match[2] else {})}


def _measured(measure: str) -> dict[str, str]:
    return {"measure": measure} if measure else {}


def _limit(text: str, example: str) -> tuple[str, str, str]:
    """Return sign, number and measure.

    >>> _limit("不低于 90 %", ""), _limit("<2", ""), _limit("≥1,000 万元", "")
    (('at_least', '90', '%'), ('below', '2', ''), ('at_least', '1,000', '万元'))
    """
    match = _LIMIT.fullmatch(text.translate(_NARROW))
    if match is None:
        raise Bad("bad_notation", example, part=text)
    return _SIGNS[match[1]], match[2], _measure(match[3], text, example)


def _measure(text: str, part: str, example: str) -> str:
    if re.search(r"^[\d.,]|[<>=≥≤≧≦]", text):  # a second limit, or a number misread
        raise Bad("bad_notation", example, part=part)
    return text.strip()


_LOSS = re.compile(
    rf"每(差|满)\s*({_VALUE})\s*扣\s*({_VALUE}\s*%)(?:\s*[,，]?\s*(不足按一档计))?"
    rf"|per (full |begun |)({_VALUE}) lose ({_VALUE}\s*%)"
)
_STEPS = {"差": "linear", "满": "full", "": "linear", "full ": "full", "begun ": "begun"}


def _short(text: str, example: str) -> str | dict[str, str]:
    """Read what is lost outside a limit, as a share of the points.

    >>> _short("按比例", ""), _short("每满10扣10%", "")
    ('proportional', {'lose': '10%', 'per': '10', 'steps': 'full'})
    >>> _short("每差1扣5%，不足按一档计", "")
    {'lose': '5%', 'per': '1', 'steps': 'begun'}
    """
    if text in ("按比例", "proportional"):
        return "proportional"
    match = _LOSS.fullmatch(text.translate(_NARROW))
    if match is None or (match[1] == "满" and match[4]):
        raise Bad("bad_notation", example, part=text)
    steps = "begun" if match[4] else _STEPS[match[1] or match[5] or ""]
    return {"lose": match[3] or match[7], "per": match[2] or match[6], "steps": steps}


def _threshold(text: str, example: str) -> dict[str, Any]:
    """Read one limit or a range, and what is lost outside it.

    >>> _threshold("≤8 件;按比例", ""), _threshold("80～90 分贝", "")
    ({'at_most': '8', 'measure': '件', 'short': 'proportional'}, {'range': ['80', '90'], 'measure': '分贝'})
    """
    first, *more = _parts(text) or [""]
    if len(more) > 1:
        raise Bad("bad_notation", example, part=more[1])
    short = {"short": _short(more[0], example)} if more else {}
    between = _RANGE.fullmatch(first.translate(_NARROW))
    if between and short != {"short": "proportional"}:
        return {"range": [between[1], between[2]], **_measured(_measure(between[3], first, example)), **short}
    sign, limit, measure = _limit(first, example)
    if short and sign in ("above", "below"):
        raise Bad("bad_notation", example)
    return {sign: limit, **_measured(measure), **short}


def _ratio(text: str, example: str) -> dict[str, str]:
    """Read a target and its measure.

    >>> _ratio("10 平方米", "")
    {'target': '10', 'measure': '平方米'}
    """
    match = re.fullmatch(rf"({_VALUE})\s*(.*)", text.translate(_NARROW))
    if match is None:
        raise Bad("bad_notation", example)
    return {"target": match[1], **_measured(_measure(match[2], text, example))}


def _bands(text: str, example: str) -> dict[str, Any]:
    """Read the steps, best first, and what else is worth.

    >>> _bands("≥85 %=1;其余=0", "")
    {'steps': [{'at_least': '85', 'value': '1'}], 'else': '0', 'measure': '%'}
    """
    pairs = _pairs(text, example)
    if len(pairs) < 2 or pairs[-1][0] not in _ELSE:
        raise Bad("bad_notation", example)
    steps, measures = [], []
    for name, value in pairs[:-1]:
        sign, limit, measure = _limit(name, example)
        steps.append({sign: limit, "value": value})
        measures.append(measure)
    if len(set(measures)) > 1:
        raise Bad("two_measures", example)
    return {"steps": steps, "else": pairs[-1][1], **_measured(measures[0])}


_FINDING = re.compile(rf"([^=＝≤≥]+?)\s*[=＝]\s*({_VALUE})\s*(?:(?:≤|≦|[<＜][=＝])\s*({_VALUE}))?")


def _deduct(text: str, example: str) -> dict[str, Any]:
    """Read kinds of findings: points of each, the most that a kind takes behind ``≤``.

    What one enters may have an English name behind ``|``, or a Chinese and an English one.

    >>> _deduct("垃圾堆=1", "")
    {'kinds': {'垃圾堆': {'name': {'zh': '垃圾堆', 'en': '垃圾堆'}, 'points': '1'}}}
    >>> _deduct("破损|公示牌破损|Board broken=5", "")
    {'kinds': {'破损': {'name': {'zh': '公示牌破损', 'en': 'Board broken'}, 'points': '5'}}}
    """
    kinds: dict[str, Any] = {}
    for part in _parts(text):
        match = _FINDING.fullmatch(part)
        names = [name.strip() for name in re.split("[|｜]", match[1])] if match else []
        if match is None or len(names) > 3 or not all(names):
            raise Bad("bad_notation", example, part=part)
        if names[0] in kinds:
            raise Bad("named_twice", part=names[0])
        cap = {"cap": match[3]} if match[3] else {}
        name = {"zh": names[1] if len(names) == 3 else names[0], "en": names[-1]}
        kinds[names[0]] = {"name": name, "points": match[2], **cap}
    if not kinds:
        raise Bad("bad_notation", example)
    return {"kinds": kinds}


_NOTATION: Mapping[str, Callable[[str, str], Any]] = {
    "met": _over_sites,
    "k_of_n": _k_of_n,
    "threshold": _threshold,
    "ratio": _ratio,
    "bands": _bands,
    "option": lambda text, example: dict(_pairs(text, example)),
    "grade": lambda text, example: dict(_pairs(text, example)),
    "deduct": _deduct,
    "deadline": lambda text, example: {"by": _day(text.removesuffix("前"), example)},
}


# ---------------------------------------------------------------------------------------------- when it is due

#: How one writes when something is due.
DUE = Text(
    "06-30  2026-06-30  5月15日至8月22日  每月  每月2次  每月5日前  每2–3天  第2教学周",
    "06-30  2026-06-30  05-15 to 08-22  every month  every month 2 times  every month by the 5th  every 2–3 days  "
    "school week 2",
)
_PERIOD = {spelling: key for key, name in PERIODS.items() for spelling in (name.zh, name.en)} | {"每天": "day"}
_DUE: Sequence[tuple[str, Callable[[re.Match[str], str], dict[str, Any]]]] = (
    (r"第(\d+)教学周|school week (\d+)", lambda m, example: {"school_week": m[1] or m[2]}),
    (
        r"(?:每|every )(\d+)(?:\s*[–~～至-]\s*(\d+))?\s*(?:天|days)",
        lambda m, example: {"days": [m[1], m[2] or m[1]]},
    ),
    (
        rf"({'|'.join(sorted(_PERIOD, key=len, reverse=True))})(?:(\d+)日前|(\d+)次| by the (\d+)\w\w| (\d+) times)?",
        lambda m, example: {
            "every": _PERIOD[m[1]],
            **({"by_day": m[2] or m[4]} if m[2] or m[4] else {}),
            **({"times": m[3] or m[5]} if m[3] or m[5] else {}),
        },
    ),
    (
        r"(.+?)(?:至|\.\.|~|～| to )(.+)",
        lambda m, example: {"from": _day(m[1], example), "to": _day(m[2], example)},
    ),
)


def due_of(text: str, lang: Lang) -> dict[str, Any]:
    """Return when something is due, as the YAML format has it.

    Examples
    --------
    >>> due_of("6月30日前", "zh"), due_of("每月5日前", "zh"), due_of("每年4次", "zh")
    ({'by': '06-30'}, {'every': 'month', 'by_day': '5'}, {'every': 'year', 'times': '4'})
    >>> due_of("05-15 to 08-22", "en"), due_of("every 2–3 days", "en")
    ({'from': '05-15', 'to': '08-22'}, {'days': ['2', '3']})
    """
    example = DUE.say(lang)
    matches = ((re.fullmatch(pattern, text), made) for pattern, made in _DUE)
    try:
        found = next((made(match, example) for match, made in matches if match is not None), None)
        return found or {"by": _day(text.removesuffix("前").removeprefix("by "), example)}
    except Bad:
        raise Bad("bad_notation", example) from None


def _day(text: str, example: str = "") -> str:
    """Return a day as a date, or as month and day.

    >>> _day("6月5日"), _day("2026-06-30"), _day("06-30")
    ('06-05', '2026-06-30', '06-30')
    """
    text = text.strip()
    yearly = re.fullmatch(r"(\d{1,2})月(\d{1,2})日", text)
    if yearly:
        return f"{int(yearly[1]):02d}-{int(yearly[2]):02d}"
    if not re.fullmatch(r"[\d年月日./-]+", text):
        raise Bad("bad_notation", example, part=text)
    return text
