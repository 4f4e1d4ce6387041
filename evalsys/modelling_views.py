"""What a forecast rests on: sentences of what it assumes, and rows of what the evidence taught."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from evalsys.forecast_settings import Parameter
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.learning import Rate, Sizes, intervals
from evalsys.modelling import Prospect
from evalsys.modelling_surveys import Question
from evalsys.schema import decimal

__all__ = ["Learnt", "assumptions", "learnt"]

_Z = 1.6448536269514722  # 95 % point of the normal law: 90 % lie within
_SHOWN = 6  # names in a sentence
#: Values that leave everything as it is: nothing to tell as long as nobody states them.
_NEUTRAL = {"inspector.sensitivity": 1, "inspector.specificity": 1, "survey.response": 1, "survey.coached": 0}


# ------------------------------------------------------------------------------------------- what is assumed


def assumptions(prospect: Prospect) -> tuple[Text, ...]:
    """Return what the model of this inspection assumes, a sentence each.

    Only what matters here is told: a part that is off, or that has nothing to act on, assumes nothing.

    Parameters
    ----------
    prospect : Prospect

    Returns
    -------
    tuple of Text

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.modelling import prospect
    >>> print(assumptions(prospect(read_assessment("data/wujiang-2016")))[-1].en)
    neither drawn nor seen, and left out: Service window (standards: 3)
    """
    return (
        *_drawn(prospect),
        *_parameters(prospect),
        *_dates(prospect),
        *_rates(prospect),
        *_losses(prospect),
        *_surveyed(prospect),
        *_outside(prospect),
    )


def _drawn(prospect: Prospect) -> Iterator[Text]:
    if not prospect.strata:
        yield Text(
            "未抽取点位：假定正式测评检查的仍是模拟测评的点位",
            "no site is drawn: the same sites as in the mock assessment are taken to be checked again",
        )
    types = prospect.model.instrument.site_types
    assumed = dict.fromkeys(stratum.site_type for stratum in prospect.strata if stratum.assumed)
    if assumed:
        names = _listed([types[name] for name in assumed])
        yield Text(
            f"{len(assumed)} 类点位的总数为假定：{names.zh}",
            f"types of sites whose number is assumed: {len(assumed)} ({names.en})",
        )


def _parameters(prospect: Prospect) -> Iterator[Text]:
    held = [found for found in prospect.settings.parameters if found.assumed and _acts(prospect, found)]
    if held:
        each = [(found, _number(found), "" if found.unit.en in ("chance", "share") else " ") for found in held]
        zh = "；".join(f"{found.name.zh} {number}{gap and gap + found.unit.zh}" for found, number, gap in each)
        en = "; ".join(f"{found.name.en} {number}{gap and gap + found.unit.en}" for found, number, gap in each)
        yield Text(f"下列参数没有来源，为假定：{zh}", f"parameters without a source are assumed: {en}")
    why = prospect.half_life.why
    if _ages(prospect) and prospect.settings.learns_half_life and why is not None:
        yield Text(
            f"半衰期未能由检查记录得出：{why.zh}", f"the half-life could not be learnt from the checks: {why.en}"
        )


def _acts(prospect: Prospect, found: Parameter) -> bool:
    """Whether a parameter can change this forecast."""
    part = "severity" if found.part == "inspector" else found.part
    if part not in prospect.settings.on or (found.status == "default" and _NEUTRAL.get(found.key) == found.value):
        return False
    if part == "state":
        return _ages(prospect) and (found.key != "state.unknown_age" or _undated(prospect)[0] > 0)
    if part == "severity":
        return any(check.shifts for block in prospect.model.blocks for check in block.checks)
    if part == "survey":
        return bool(prospect.questions)
    if part == "documents":
        materials = prospect.score.assessment.materials
        asked = any(block.part == "documents" for block in prospect.model.blocks)
        return asked and found.key.partition(".")[2] in set(materials["status"])
    if part == "events":
        return bool(found.value)
    return bool(_borrowed(prospect))


def _ages(prospect: Prospect) -> bool:
    """Whether anything that was seen ages."""
    return any(bool(((block.keep > 0) & (block.keep < 1)).any()) for block in prospect.model.blocks)


def _number(found: Parameter) -> str:
    return decimal(found.value) if found.value is not None else ""


def _undated(prospect: Prospect) -> tuple[int, int]:
    """Return how many of the checks that count are taken to be of unknown age, and how many count."""
    assessment = prospect.score.assessment
    table = assessment.observations[assessment.observations["counts"]]
    none = len(table) if assessment.settings.inspection_date is None else int(table["observed_on"].isna().sum())
    return none, len(table)


def _dates(prospect: Prospect) -> Iterator[Text]:
    none, count = _undated(prospect)
    if not none or not _ages(prospect):
        return
    days = _number(prospect.settings.parameter("state.unknown_age"))
    if prospect.score.assessment.settings.inspection_date is None:
        yield Text(
            f"未给出督查日期，全部检查按 {days} 天前计",
            f"the day of the inspection is not stated: all checks count as {days} days old",
        )
    else:
        yield Text(
            f"{count} 条检查中有 {none} 条没有日期，按 {days} 天前计",
            f"checks without a date, taken as {days} days old: {none} of {count}",
        )


def _used(prospect: Prospect) -> set[int]:
    """Return the places of the rates that a chance rests on."""
    found: set[int] = set()
    for block in prospect.model.blocks:
        found |= set(np.unique(block.rate[(block.keep < 1) & (block.absent < 1)]).tolist())
    return {place for place in found if 0 <= place < len(prospect.rates)}


def _borrowed(prospect: Prospect) -> list[Rate]:
    """Return the rates in use that rest on no check of their own leaf at their own type of site."""
    return [prospect.rates[place] for place in sorted(_used(prospect)) if prospect.rates[place].source != "site_type"]


def _rates(prospect: Prospect) -> Iterator[Text]:
    borrowed = _borrowed(prospect)
    if borrowed:
        count, all_ = len(borrowed), len(_used(prospect))
        yield Text(
            f"{all_} 个达标率（每项标准、每类点位一个）中有 {count} 个没有自己的检查，借用上一级的达标率",
            f"rates (one for each standard and type of site) without a check of their own, taken from a wider group: "
            f"{count} of {all_}",
        )


def _losses(prospect: Prospect) -> Iterator[Text]:
    full = [found for found in _sizes(prospect) if found.source == "assumed"]
    if full:
        yield Text(
            f"{len(full)} 处（标准与点位类型）尚无失分记录，一旦失分按全失计",
            f"standards at types of sites where no loss was seen yet, so that a loss counts as full: {len(full)}",
        )


def _sizes(prospect: Prospect) -> list[Sizes]:
    """Return the sizes of losses in use."""
    cells = {(rate.leaf, rate.site_type) for rate in (prospect.rates[place] for place in _used(prospect))}
    return [found for found in prospect.sizes if (found.leaf, found.site_type) in cells]


def _surveyed(prospect: Prospect) -> Iterator[Text]:
    leaves = {question.leaf for question in prospect.questions}
    if len({(question.leaf, question.question) for question in prospect.questions}) > 1:
        yield Text(
            f"同一份问卷的各题视为相互独立，涉及 {len(leaves)} 项标准",
            f"questions of one questionnaire are taken as independent; standards: {len(leaves)}",
        )
    if prospect.questions and prospect.settings.value("survey.respondents") is None:
        table = prospect.score.assessment.responses
        answered = table[table["answer"] != ""].groupby(["standard", "question"]).size()
        if (answered.groupby("standard").nunique() > 1).any():
            yield Text(
                "同一标准各题的答卷人数不同，按平均人数计",
                "questions of one standard were answered by different numbers of people: the mean number is taken",
            )


def _outside(prospect: Prospect) -> Iterator[Text]:
    instrument, score = prospect.model.instrument, prospect.score
    types = dict.fromkeys(site_type for _, site_type in prospect.left_out)
    if types:
        names = _listed([instrument.site_types[name] for name in types])
        yield Text(
            f"下列点位既未抽取也未检查，不在预测之内：{names.zh}（{len(prospect.left_out)} 项标准）",
            f"neither drawn nor seen, and left out: {names.en} (standards: {len(prospect.left_out)})",
        )
    if score.not_assessed:
        points = _points(score.not_assessed)
        yield Text(f"{points} 分没有测评依据，不计入预测", f"without evidence, and left out: {points} points")
    undecided = [
        code
        for place, code in _leaves(instrument)
        if score.nodes[instrument.leaves[place]].by and prospect.model.missing[place]
    ]
    if undecided:
        names = _listed([Text(code, code) for code in undecided])
        yield Text(
            f"抽取的点位不足以判定，不计入预测：{names.zh}",
            f"left out, since too few sites are drawn to decide: {names.en}",
        )
    peers = sum(node.by == "peers" for node in score.nodes)
    if peers:
        yield Text(
            f"{peers} 项标准不适用，按同组平均计，其得分视为不变",
            f"standards that apply nowhere keep the mean of their peers as it is now: {peers}",
        )


def _leaves(instrument: Instrument) -> Iterator[tuple[int, str]]:
    for column, place in enumerate(instrument.leaves):
        yield column, instrument.nodes[place].code


def _points(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def _listed(names: Sequence[Text]) -> Text:
    more = len(names) - _SHOWN
    zh, en = "、".join(name.zh for name in names[:_SHOWN]), ", ".join(name.en for name in names[:_SHOWN])
    return Text(f"{zh}等", f"{en} and {more} more") if more > 0 else Text(zh, en)


# ------------------------------------------------------------------------------------------- what was learnt


@dataclass(frozen=True)
class Learnt:
    """A number that the evidence taught, with the interval that holds it with probability 0.9.

    Attributes
    ----------
    kind : {'half_life', 'survey', 'rate', 'size'}
    name : Text
    value, low, high : float
        Days for a half-life, otherwise shares in [0, 1].
    n : int
        Pairs of checks, answers, sites, or rows with a loss that it rests on.
    source : Text
        What it rests on, in words.
    """

    kind: str
    name: Text
    value: float
    low: float
    high: float
    n: int
    source: Text


def learnt(prospect: Prospect, most: int | None = None) -> tuple[Learnt, ...]:
    """Return what the evidence taught, of all that the forecast uses.

    Parameters
    ----------
    prospect : Prospect
    most : int, optional
        How many rows of a kind; all of them by default. Rates and shares come with the lowest first, sizes with the
        largest.

    Returns
    -------
    tuple of Learnt
        The half-life, where it was learnt; the share of satisfied answers to each question; the share of sites that
        comply, by standard and type of site; the mean loss of a check with a loss, where losses of several sizes
        were seen.

    Notes
    -----
    Intervals are the profile likelihood's for the half-life, central ones of the beta distribution for rates and
    shares (of the same mean and variance where a share is made of several strata), and ``mean +- 1.645 error`` within
    [0, 1] for sizes.
    """
    held: Iterable[Iterable[Learnt]] = (
        _half_life(prospect),
        sorted(_shares(prospect), key=lambda row: row.value),
        sorted(_own_rates(prospect), key=lambda row: row.value),
        sorted(_own_sizes(prospect), key=lambda row: -row.value),
    )
    return tuple(row for rows in held for row in list(rows)[:most])


def _half_life(prospect: Prospect) -> Iterator[Learnt]:
    found, own = prospect.half_life, prospect.settings.parameter("state.half_life")
    if own.status == "learnt" and found.days is not None and found.low is not None and found.high is not None:
        source = Text(
            f"{found.pairs} 对先后两次检查，其中 {found.changed} 对有变化",
            f"pairs of checks: {found.pairs}, of which changed: {found.changed}",
        )
        yield Learnt("half_life", own.name, found.days, found.low, found.high, found.pairs, source)


def _shares(prospect: Prospect) -> Iterator[Learnt]:
    held: dict[tuple[int, str], list[Question]] = {}
    for question in prospect.questions:
        held.setdefault((question.leaf, question.question), []).append(question)
    texts = _question_texts(prospect.model.instrument)
    for (leaf, name), parts in held.items():
        share = np.array([part.people for part in parts]) / sum(part.people for part in parts)
        a, b = prospect.model.rates[[part.rate for part in parts]].T
        mean = float(share @ (a / (a + b)))
        variance = float(share**2 @ (a * b / ((a + b) ** 2 * (a + b + 1))))
        size = mean * (1 - mean) / variance - 1
        low, high = Rate(leaf, None, 0, 0, mean * size, (1 - mean) * size, "").interval()
        n = sum(part.estimate.n for part in parts)
        source = Text(f"{n} 份回答，{len(parts)} 层", f"answers: {n}, strata: {len(parts)}")
        if len(parts) == 1:
            source = Text(f"{n} 份回答", f"answers: {n}")
        yield Learnt("survey", texts.get(name, Text(name, name)), mean, low, high, n, source)


def _question_texts(instrument: Instrument) -> dict[str, Text]:
    standards = (node.standard for node in instrument.standards.values() if node.standard)
    return {question.id: question.text for standard in standards for question in standard.questions}


def _own_rates(prospect: Prospect) -> Iterator[Learnt]:
    found = [prospect.rates[place] for place in sorted(_used(prospect)) if prospect.rates[place].n]
    for rate, (low, high) in zip(found, intervals(found).tolist() if found else (), strict=True):
        name = _cell(prospect.model.instrument, rate.leaf, rate.site_type, Text("达标率", "rate"))
        source = Text(f"{rate.n} 处中 {rate.k} 处达标", f"complied: {rate.k} of {rate.n}")
        yield Learnt("rate", name, rate.mean, low, high, rate.n, source)


def _own_sizes(prospect: Prospect) -> Iterator[Learnt]:
    for found in _sizes(prospect):
        error = found.error
        if error is None or len(found.levels) == 1:  # one size, or the only one there is: no interval
            continue
        loss = 1 - float(found.mean)
        low, high = max(loss - _Z * error, 0.0), min(loss + _Z * error, max(1.0, loss))
        name = _cell(prospect.model.instrument, found.leaf, found.site_type, Text("失分时的平均失分率", "mean loss"))
        yield Learnt("size", name, loss, low, high, found.n, _SEEN[found.source])


_SEEN = {
    "site_type": Text("本标准在该类点位的失分记录", "losses of this standard at this type"),
    "leaf": Text("本标准在各类点位的失分记录", "losses of this standard at any type"),
    "alike": Text("计分规则相同的各项标准的失分记录", "losses of all standards with the same rule"),
}


def _cell(instrument: Instrument, leaf: int, site_type: str | None, what: Text) -> Text:
    code = instrument.nodes[instrument.nodes[instrument.leaves[leaf]].parent].code
    if site_type is None:
        return Text(f"{code} {what.zh}", f"{code}: {what.en}")
    where = instrument.site_types[site_type]
    return Text(f"{code} · {where.zh}：{what.zh}", f"{code} at {where.en}: {what.en}")
