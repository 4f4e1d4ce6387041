"""What is said about standings on ladders of consequences. A step is always proposed (拟): a person decides."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence

from evalsys.escalation import Proposal
from evalsys.instrument import Mechanism
from evalsys.ladders import Standing
from evalsys.language import Text
from evalsys.wording import day_text, plural

__all__ = [
    "STATUSES",
    "clause_text",
    "confirmed_text",
    "lift_text",
    "missed_text",
    "reset_text",
    "step_text",
    "why_text",
]

STATUSES: Mapping[str, Text] = {
    "proposed": Text("待审定", "to be decided"),
    "in_force": Text("已审定，本期有效", "confirmed, in force"),
    "declined": Text("审定不采取", "declined"),
}
#: Periods that a sentence tells one by one, the last ones; earlier ones are counted.
_SHOWN = 3


def _short(day: datetime.date) -> Text:
    return day_text(day, with_year=False)


def _named(ladder: Mechanism, steps: Sequence[int]) -> Text:
    """Return steps; several are alternatives, of which a person chooses by gravity."""
    zh, en = ([getattr(ladder.steps[step], lang) for step in steps] for lang in ("zh", "en"))
    if len(steps) == 1:
        return Text(zh[0], en[0])
    return Text(
        f"{'、'.join(zh[:-1])}或{zh[-1]}（视情形择一）",
        f"{', '.join(en[:-1])} or {en[-1]} (one of them, as the case is)",
    )


def step_text(one: Proposal) -> Text:
    """Return the step: as a proposal, with the day on which it was confirmed, or as declined.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> from evalsys.ladders import Decision, Period, standing
    >>> ladder = next(m for m in load_instrument("lincheng-county-2019").mechanisms if m.code == "L2")
    >>> sunday = datetime.date(2016, 8, 21)
    >>> stand = standing(ladder.at, ladder.resets, [Period(sunday, ("F1",))], day=sunday)
    >>> step_text(Proposal(ladder, "甲局", "", stand)).zh
    '拟通报'
    """
    named, status = _named(one.ladder, one.standing.steps), one.standing.status
    if status == "in_force":
        on = max(said.on for said in one.standing.confirmed if said.step == one.standing.steps[0])
        when = day_text(on)
        return Text(f"{named.zh}（{when.zh}审定）", f"{named.en} (confirmed on {when.en})")
    if status == "declined":
        return Text(f"审定不采取：{named.zh}", f"declined: {named.en}")
    return Text(f"拟{named.zh}", f"proposed: {named.en}")


def clause_text(ladder: Mechanism) -> Text:
    """Return where a ladder stands in its source: the row of the reading, the clause."""
    said = [part for part in (ladder.said.row, ladder.said.source.get("clause")) if part]
    return Text("，".join(said), ", ".join(said))


# ---------------------------------------------------------------------------------------------------------- why


def why_text(one: Proposal) -> Text:
    """Return why a step is reached: what was counted, with the last periods one by one."""
    return _WHY[str(one.ladder.counts)](one.ladder, one.standing)


def _told(stand: Standing) -> Text:
    """Return the last periods with how many findings count in each."""
    last = stand.periods[-_SHOWN:]
    zh = [f"{_short(period.on).zh} {len(period.ids):,} 条" for period in last]
    many = [f"{len(period.ids):,}" for period in last]
    many[0] = plural(len(last[0].ids), "finding")
    en = [f"{count} on {_short(period.on).en}" for count, period in zip(many, last, strict=True)]
    told = Text("、".join(zh), ", ".join(en))
    if stand.count == len(last):
        return told
    return Text(f"最近 {len(last)} 次为 {told.zh}", f"of late {told.en}")


def _in_a_row(ladder: Mechanism) -> Text:
    return Text("连续", " in a row") if ladder.resets == "clean" else Text("累计", " in all")


def _overdue(ladder: Mechanism, stand: Standing) -> Text:
    told = _told(stand)
    if stand.count == 1:
        return Text(f"周末有逾期问题：{told.zh}", f"overdue at the end of the week: {told.en}")
    row = _in_a_row(ladder)
    return Text(
        f"{row.zh} {stand.count} 周周末有逾期问题：{told.zh}",
        f"overdue at the end of {stand.count} weeks{row.en}: {told.en}",
    )


def _exposure(ladder: Mechanism, stand: Standing) -> Text:
    told = _told(stand)
    if stand.count == 1:
        return Text(f"被媒体曝光：{told.zh}", f"exposed by the media: {told.en}")
    row = _in_a_row(ladder)
    return Text(
        f"{row.zh} {stand.count} 期被媒体曝光：{told.zh}",
        f"exposed by the media {stand.count} times{row.en}: {told.en}",
    )


def _found(ladder: Mechanism, stand: Standing) -> Text:
    days = _days(stand)
    return Text(
        f"同一标准在该点位查出 {stand.count} 次（含复核退回）：{days.zh}",
        f"one standard found broken at the site {_times(stand.count)}, reviews that returned it included: {days.en}",
    )


def _returned(ladder: Mechanism, stand: Standing) -> Text:
    days = _days(stand)
    return Text(f"复核退回 {stand.count} 次：{days.zh}", f"returned by a review {_times(stand.count)}: {days.en}")


def _lost(ladder: Mechanism, stand: Standing) -> Text:
    many = len(stand.ids)
    return Text(
        f"本轮失分的问题尚有 {many:,} 条未销号",
        f"{plural(many, 'finding')} of this round not yet verified {'loses' if many == 1 else 'lose'} points",
    )


def _event(ladder: Mechanism, stand: Standing) -> Text:
    days = _days(stand)
    return Text(f"登记在案 {stand.count} 次：{days.zh}", f"on record {_times(stand.count)}: {days.en}")


def _days(stand: Standing) -> Text:
    last = [day_text(period.on) for period in stand.periods[-_SHOWN:]]
    etc = Text("等", " and earlier") if stand.count > _SHOWN else Text("", "")
    return Text("、".join(day.zh for day in last) + etc.zh, ", ".join(day.en for day in last) + etc.en)


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


_WHY: Mapping[str, Callable[[Mechanism, Standing], Text]] = {
    "overdue": _overdue,
    "exposure": _exposure,
    "found": _found,
    "returned": _returned,
    "lost": _lost,
    "event": _event,
}


# ---------------------------------------------------------------------------------------- what was decided, what lifts


def confirmed_text(one: Proposal) -> Text:
    """Return the steps confirmed in this run; empty without any."""
    said = []
    for decision in one.standing.confirmed:
        step, when = one.ladder.steps[decision.step], day_text(decision.on)
        said.append(Text(f"{step.zh}（{when.zh}）", f"{step.en} ({when.en})"))
    return Text("、".join(text.zh for text in said), ", ".join(text.en for text in said))


def missed_text(one: Proposal) -> Text:
    """Return what nobody decided on, and which step the count alone would reach; empty where all was decided."""
    stand, zh, en = one.standing, [], []
    by_steps: dict[tuple[int, ...], list[datetime.date]] = {}
    for missed in stand.missed:
        by_steps.setdefault(missed.steps, []).append(missed.on)
    for steps, days in by_steps.items():
        named, last = _named(one.ladder, steps), [_short(day) for day in days[-_SHOWN:]]
        etc = Text(f"等 {len(days)} 次", " and earlier") if len(days) > _SHOWN else Text("", "")
        each = "均" if len(days) > 1 else ""
        zh.append(f"{'、'.join(day.zh for day in last)}{etc.zh}{each}应{named.zh}，未见审定记录")
        en.append(f"due on {', '.join(day.en for day in last)}{etc.en}, with no decision on record: {named.en}")
    if stand.reached[0] > stand.steps[-1] and stand.status != "in_force":
        reached = _named(one.ladder, stand.reached)
        zh.append(f"次数已到{reached.zh}，因前一步未审定采取，不越级")
        en.append(f"the count alone reaches this, and no step is skipped: {reached.en}")
    return Text("；".join(zh), "; ".join(en))


def lift_text(one: Proposal) -> Text:
    """Return what sets the count back to nothing, for this run."""
    if one.ladder.resets == "verified":
        ids = dict.fromkeys(name for period in one.standing.periods for name in period.ids)
        many = len(ids)
        if many == 1:
            return Text("所列问题复核通过", "the finding is verified")
        return Text(f"所列 {many:,} 条问题全部复核通过", f"all {many:,} findings are verified")
    if one.ladder.counts == "lost":
        return Text("所列问题全部复核通过", "all of them are verified")
    return reset_text(one.ladder)


def reset_text(ladder: Mechanism) -> Text:
    """Return what sets the count of a ladder back to nothing.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> [reset_text(m).zh for m in load_instrument("lincheng-county-2019").mechanisms if m.code in ("L1", "L4")]
    ['下一期媒体曝光未涉及', '不自动清零，由审定人员决定']
    """
    if ladder.resets == "clean":
        if ladder.counts == "exposure":
            return Text("下一期媒体曝光未涉及", "the next issue of exposure does not name it")
        return Text("下一周末无逾期问题", "nothing is overdue at the end of the next week")
    if ladder.resets == "verified":
        return Text("全部复核通过", "all of it is verified")
    return Text("不自动清零，由审定人员决定", "nothing does by itself: those who confirm decide")
