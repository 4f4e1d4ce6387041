"""What is said about titles, selection and awards. A consequence is always proposed (拟): a person decides."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from fractions import Fraction

from evalsys.language import Text
from evalsys.objections import OUTCOMES, Objection
from evalsys.rewards import Reward
from evalsys.selection import DECISIONS, Decision, Goal, GroupMoney, Selection
from evalsys.titles import STATES, Bar, Move, Proposal, State
from evalsys.wording import decimal

__all__ = [
    "bar_text",
    "decision_text",
    "goal_text",
    "group_money_text",
    "money_text",
    "move_text",
    "objection_text",
    "proposal_text",
    "proposed",
    "reasons_text",
    "reward_text",
    "state_text",
]

_PROPOSED = {
    "not_applied": Text("拟终止申报", "proposed: the application ends"),
    "applied": Text("拟受理申报", "proposed: the application is accepted"),
    "publicised": Text("拟公示", "proposed for public notice"),
    "selected": Text("拟入选", "proposed for selection"),
    "named": Text("拟命名", "proposed for naming"),
    "warned": Text("拟警告", "proposed: a warning"),
    "rectifying": Text("拟责令限期整改", "proposed: to rectify within a time limit"),
    "suspended": Text("拟停牌", "proposed: the title is suspended"),
    "removed": Text("拟撤销称号", "proposed: the title is removed"),
    "expired": Text("拟办理称号届满失效", "proposed: the title lapses, its term being over"),
}
_BACK = {
    "warned": Text("拟解除警告", "proposed: the warning is lifted"),
    "rectifying": Text("拟认定整改合格", "proposed: found to have rectified"),
    "suspended": Text("拟恢复称号", "proposed: the title is restored"),
}


def proposed(to: str, state: str = "") -> Text:
    """Return a move as a proposal; `state` is where the candidate stands, for a title that is given back.

    Examples
    --------
    >>> proposed("warned").zh, proposed("named", "suspended").en
    ('拟警告', 'proposed: the title is restored')
    """
    if to == "named" and state in _BACK:
        return _BACK[state]
    return _PROPOSED[to]


def bar_text(bar: Bar) -> Text:
    """Return a reason with its clause.

    Examples
    --------
    >>> bar_text(Bar(Text("尚未公示", "there was no public notice"), "四2")).zh
    '尚未公示（四2）'
    """
    if not bar.clause:
        return bar.reason
    return Text(f"{bar.reason.zh}（{bar.clause}）", f"{bar.reason.en} ({bar.clause})")


def reasons_text(reasons: Iterable[Text | Bar]) -> Text:
    """Return reasons in a row, parted by semicolons."""
    said = [bar_text(reason) if isinstance(reason, Bar) else reason for reason in reasons]
    return Text("；".join(each.zh for each in said), "; ".join(each.en for each in said))


def state_text(state: State) -> Text:
    """Return where a candidate stands, since when, why and by which clause.

    Examples
    --------
    >>> state_text(State("A", "suspended", datetime.date(2019, 3, 20), "70 分以下", "2018 年度通报")).zh
    '停牌（2019年3月20日起；70 分以下；依据：2018 年度通报）'
    """
    name = STATES[state.state]
    if state.since is None:
        return name
    zh = [f"{_day(state.since)}起", state.reason, state.clause and f"依据：{state.clause}"]
    en = [f"since {state.since}", state.reason, state.clause and f"by {state.clause}"]
    return Text(f"{name.zh}（{'；'.join(filter(None, zh))}）", f"{name.en} ({'; '.join(filter(None, en))})")


def move_text(move: Move) -> Text:
    """Return a move that a person decided, with its day, reason and clause."""
    to = STATES[move.to]
    return Text(
        f"{_day(move.on)}转为“{to.zh}”：{move.reason}（{move.clause}）",
        f"{move.on}: {to.en}. {move.reason} ({move.clause})",
    )


def proposal_text(proposal: Proposal) -> Text:
    """Return what a person is to decide, and why now.

    Examples
    --------
    >>> day = datetime.date
    >>> due = Proposal("A", "suspended", day(2019, 3, 20), day(2020, 3, 20), ("named", "removed"), "负面清单")
    >>> proposal_text(due).zh
    '停牌期至2020年3月20日已满：拟恢复称号或拟撤销称号，请人工确定（负面清单）'
    """
    options = [proposed(to, proposal.state) for to in proposal.to]
    first, *rest = [each.en for each in options]
    what = Text(
        "或".join(each.zh for each in options),
        ", or ".join([first, *(each.removeprefix("proposed: ") for each in rest)]),
    )
    clause = (f"（{proposal.clause}）", f" ({proposal.clause})") if proposal.clause else ("", "")
    return Text(
        f"{_period(proposal).zh}：{what.zh}，请人工确定{clause[0]}",
        f"{_period(proposal).en}. {_capital(what.en)}; a person decides{clause[1]}",
    )


def _period(proposal: Proposal) -> Text:
    name = _PERIODS.get("named" if "expired" in proposal.to else proposal.state) or STATES[proposal.state]
    if proposal.last_day is not None:
        return Text(f"{name.zh}至{_day(proposal.last_day)}已满", f"The {name.en} ended on {proposal.last_day}")
    if proposal.since is None:
        return Text(f"{name.zh}的起始日期不明", f"It is not known when the {name.en} began")
    return Text(
        f"{name.zh}自{_day(proposal.since)}起，期限未定",
        f"The {name.en} began on {proposal.since} and has no limit set",
    )


_PERIODS = {
    "named": Text("称号有效期", "term of the title"),
    "warned": Text("警告期", "time of the warning"),
    "rectifying": Text("整改期", "time to rectify"),
    "suspended": Text("停牌期", "suspension"),
}


def objection_text(objection: Objection) -> Text:
    """Return an objection: when it was raised, what it says, and how it was answered."""
    head = Text(
        f"第{objection.number}号（{_day(objection.raised_on)}）：{objection.matter}",
        f"No. {objection.number} ({objection.raised_on}): {objection.matter}",
    )
    if objection.answered_on is None or objection.outcome is None:
        return Text(f"{head.zh}——尚未答复", f"{head.en} – unanswered")
    outcome = OUTCOMES[objection.outcome]
    return Text(
        f"{head.zh}——{_day(objection.answered_on)}答复，{outcome.zh}：{objection.answer}",
        f"{head.en} – answered on {objection.answered_on}, {outcome.en}: {objection.answer}",
    )


# ----------------------------------------------------------------------------------------- selection and awards


def decision_text(decision: Decision) -> Text:
    """Return a decision of the selection and why.

    Examples
    --------
    >>> from evalsys.selection import Candidate
    >>> decision_text(Decision(Candidate("A", "units", Fraction(88)), "tie", 2, 1, ("A", "B", "C"))).zh
    '同分待定：3个对象并列第2名，余1个名额，请人工确定'
    """
    head = DECISIONS[decision.decision]
    why = _why(decision)
    return Text(f"{head.zh}：{why.zh}", f"{head.en}: {why.en}")


def _why(decision: Decision) -> Text:
    place, tied, free = decision.place, len(decision.tied), decision.free
    if decision.decision == "barred":
        return reasons_text(decision.candidate.barred)
    if decision.decision == "no_score":
        return Text("没有得分，不参加评选", "without a score it takes no part in the selection")
    if decision.decision == "unfunded":
        return Text(
            f"组内第{place}名，名额之内，但奖励合计超出预算",
            f"place {place} is within the quota; the awards exceed the budget",
        )
    if decision.decision == "tie":
        return Text(
            f"{tied}个对象并列第{place}名，余{free}个名额，请人工确定",
            f"{_places(free)} for {tied} candidates that share place {place}; a person decides",
        )
    if decision.reason:
        return Text(
            f"{tied}个对象并列第{place}名，余{free}个名额，经人工确定：{decision.reason}",
            f"{_places(free)} for {tied} candidates that share place {place}; a person decided: {decision.reason}",
        )
    if decision.decision == "selected":
        return Text(f"组内第{place}名，在名额之内", f"place {place} of its group is within the quota")
    return Text(f"组内第{place}名，在名额之外", f"place {place} of its group is beyond the quota")


def group_money_text(money: GroupMoney, name: Text, measure: Text | None) -> Text:
    """Return places and money of one group; `name` is that of the group.

    Examples
    --------
    >>> units = GroupMoney("units", 35, 0, 35, 0, Fraction(1), Fraction(35), 35)
    >>> group_money_text(units, Text("单位", "units"), Text("万元", "10,000 yuan")).zh
    '单位：名额35个，拟命名35个；每个1万元，计35万元'
    """
    zh = [f"名额{money.quota}个", f"拟命名{money.filled}个"]
    en = [f"a quota of {money.quota}", f"{money.filled} proposed"]
    if money.given:
        zh.insert(1, f"已命名{money.given}个")
        en.insert(1, f"{money.given} named before")
    if money.waiting:
        zh.append(f"同分待定{money.waiting}个")
        en.append(f"{money.waiting} left for those tied")
    said = Text(f"{name.zh}：{'，'.join(zh)}", f"{name.en}: {', '.join(en)}")
    if not money.amount:
        return said
    each, cost = _money(money.amount, measure), _money(money.cost, measure)
    return Text(f"{said.zh}；每个{each.zh}，计{cost.zh}", f"{said.en}; {each.en} each, {cost.en} in all")


def money_text(selection: Selection, names: dict[str, Text] | None = None) -> Text:
    """Return the money of a selection against its budget; where it does not cover, which groups it would cover.

    Parameters
    ----------
    selection : Selection
    names : dict of str to Text, optional
        Of the groups.

    Examples
    --------
    >>> done = Selection((), (), Fraction(49), Fraction(50), Fraction(1), Text("万元", "10,000 yuan"))
    >>> money_text(done).zh
    '奖励共49万元，预算50万元，预留1万元'
    """
    cost = _money(selection.cost, selection.measure)
    if selection.budget is None or selection.reserve is None:
        return Text(f"奖励共{cost.zh}，未设预算", f"awards of {cost.en}, no budget is set")
    budget = _money(selection.budget, selection.measure)
    rest = _money(abs(selection.reserve), selection.measure)
    if selection.reserve >= 0:
        return Text(
            f"奖励共{cost.zh}，预算{budget.zh}，预留{rest.zh}",
            f"awards of {cost.en} out of a budget of {budget.en}, {rest.en} in reserve",
        )
    zh, en = [], []
    for group in selection.groups:
        if group.affordable is not None:
            name = (names or {}).get(group.group) or Text(group.group, group.group)
            zh.append(f"若只压缩{name.zh}，至多{group.affordable}个")
            en.append(f"if only {name.en} are cut, at most {group.affordable}")
    return Text(
        f"奖励共{cost.zh}，超出预算{budget.zh}达{rest.zh}，须压缩名额或增加预算（{'；'.join(zh)}）",
        f"awards of {cost.en} exceed the budget of {budget.en} by {rest.en}: fewer places or more money are needed "
        f"({'; '.join(en)})",
    )


def goal_text(goal: Goal) -> Text:
    """Return how far a goal over several years is reached.

    Examples
    --------
    >>> goal_text(Goal(100, 0, 100, 3, 105, Fraction(100, 3), True, None, None)).en
    'goal 100, given 0, still 100 in 3 years (33.3 a year); at most 105 are possible: in reach'
    """
    if not goal.needed:
        zh, en = (
            f"目标{goal.goal}个，已命名{goal.given}个，目标已完成",
            f"goal {goal.goal}, given {goal.given}: reached",
        )
    else:
        reach = Text("可以完成", "in reach") if goal.in_reach else Text("无法完成", "out of reach")
        zh = f"目标{goal.goal}个，已命名{goal.given}个，尚差{goal.needed}个"
        en = f"goal {goal.goal}, given {goal.given}, still {goal.needed}"
        if goal.a_year is not None:
            average = decimal(goal.a_year, 0 if goal.a_year.denominator == 1 else 1)
            zh += f"，余{goal.years_left}年，年均{average}个"
            en += f" in {goal.years_left} year{'s' * (goal.years_left > 1)} ({average} a year)"
        zh += f"；至多可达{goal.possible}个，{reach.zh}"
        en += f"; at most {goal.possible} are possible: {reach.en}"
    if goal.repeats:
        zh += f"；可参评的不足，其中至少{goal.repeats}个须为重复命名"
        en += f"; too few may apply, so at least {goal.repeats} must be named again"
    return Text(zh, en)


def reward_text(reward: Reward) -> Text:
    """Return the class of reward of a unit, and on which ground it is lower than the best.

    Examples
    --------
    >>> from evalsys.rewards import Tier, tier_of
    >>> full = Tier(Fraction(5), Text("全额", "in full"), Fraction(1))
    >>> half = Tier(None, Text("减半", "half"), Fraction(1, 2))
    >>> reward_text(tier_of(Fraction(6), 0, [full, half])).zh
    '拟按“减半”发放：失分6'
    """
    name = reward.tier.name
    zh, en = [], []
    if reward.place > 1 and reward.by_lost == reward.place:
        zh.append(f"失分{_number(reward.lost)}")
        en.append(f"{_number(reward.lost)} points lost")
    if reward.place > 1 and reward.by_notices == reward.place:
        zh.append(f"通报后未整改{reward.notices}次")
        en.append(f"{reward.notices} notice{'s' * (reward.notices != 1)} left without rectification")
    if not zh:
        return Text(f"拟按“{name.zh}”发放", f"proposed class of reward: {name.en}")
    return Text(f"拟按“{name.zh}”发放：{'；'.join(zh)}", f"proposed class of reward: {name.en} ({'; '.join(en)})")


def _places(free: int) -> str:
    return f"{free} place{'s' * (free != 1)}"


def _money(amount: Fraction, measure: Text | None) -> Text:
    number = _number(amount)
    if measure is None:
        return Text(number, number)
    times = "× " if measure.en[:1].isdigit() else ""  # 49 × 10,000 yuan
    return Text(f"{number}{measure.zh}", f"{number} {times}{measure.en}")


def _number(value: Fraction) -> str:
    """Return a number without needless decimals, at most three."""
    return next(
        (decimal(value, places) for places in range(3) if (value * 10**places).denominator == 1), decimal(value, 3)
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
