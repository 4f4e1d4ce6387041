"""What is applied to a total by the instrument: joined scores, bonuses, the negative list, gates, consequences.

In the order that the instrument gives, every step written down with its event, date and clause. Nothing is applied that
cannot be decided: a missing score, a missing day or a clause that a person has to decide on leaves the step open.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import Any

from evalsys.instrument import (
    ASSUMED_STANDING,
    BARRING,
    Bonus,
    Effect,
    Gate,
    Instrument,
    Joined,
    ListedEvent,
    Mechanism,
)
from evalsys.language import Text
from evalsys.when import months_later

__all__ = ["Case", "Happened", "Settled", "Step", "needed_before", "settle", "told_apart"]

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Happened:
    """An event that an entry of the instrument names; `confirmed` is 'yes', 'no' or '' where nobody has decided."""

    code: str
    date: datetime.date
    confirmed: str = ""
    note: str = ""


@dataclass(frozen=True)
class Case:
    """What is known of a place or body beside its own score.

    Attributes
    ----------
    standing : str or None
        One of :data:`~evalsys.instrument.STANDINGS`; None is taken for 'nominated', and steps that depend on it say so.
    assessed_on, applied_on : date or None
        From which events are counted back.
    scores : mapping of str to Fraction
        Other scores, out of 100.
    events : tuple of Happened
    """

    standing: str | None = None
    assessed_on: datetime.date | None = None
    applied_on: datetime.date | None = None
    scores: Mapping[str, Fraction] = field(default_factory=dict)
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True)
class Step:
    """One thing that is applied, or looked at, after the total.

    Attributes
    ----------
    kind : {'joined', 'bonus', 'negative_list', 'veto', 'gates', 'ladders'}
    code : str
    name : Text
    verdict : {'applied', 'met', 'not_met', 'open', 'none'}
        'open' waits for a number, a day or a person; 'none' is an event that brings nothing here.
    change : Fraction
        Points that it adds.
    total : Fraction or None
        Points after it; None where nothing is assessed.
    action : str or None
        What follows, one of :data:`~evalsys.instrument.ACTIONS`; `months` for how long.
    event : Happened or None
    why : Text
        What was compared, in one clause.
    source : mapping
        Where it stands: ``clause``, ``document``.
    """

    kind: str
    code: str
    name: Text
    verdict: str
    change: Fraction
    total: Fraction | None
    action: str | None
    months: int | None
    event: Happened | None
    why: Text
    source: Mapping[str, str]

    @property
    def bars(self) -> bool:
        """Whether no title can be given because of it, whatever the score."""
        return self.verdict == "not_met" or (self.verdict == "applied" and self.action in BARRING)


@dataclass(frozen=True)
class Settled:
    """A total with all that is applied after it.

    Attributes
    ----------
    raw, value : Fraction or None
        Points before and after; None where nothing is assessed.
    steps : tuple of Step
        In the order in which they were applied.
    """

    raw: Fraction | None
    value: Fraction | None
    steps: tuple[Step, ...]

    @property
    def bars(self) -> tuple[Step, ...]:
        """Steps because of which no title can be given, whatever the score."""
        return tuple(step for step in self.steps if step.bars)

    @property
    def open(self) -> tuple[Step, ...]:
        """Steps that wait for a number, a day or a person."""
        return tuple(step for step in self.steps if step.verdict == "open")

    @property
    def actions(self) -> tuple[Step, ...]:
        """Steps from which something follows beside points."""
        return tuple(step for step in self.steps if step.verdict == "applied" and step.action)


def settle(instrument: Instrument, total: Fraction | None, case: Case, *, whole: bool = False) -> Settled:
    """Apply to a total what the instrument applies after it.

    Parameters
    ----------
    instrument : Instrument
    total : Fraction or None
        In points of the full marks.
    case : Case
    whole : bool
        Whether the total holds the joined scores already, as a published total does.

    Returns
    -------
    Settled

    Notes
    -----
    Joined scores: ``(1 - sum of shares) x own + sum of share x score``; one that is missing is left out and leaves its
    step open, as a part without evidence is left out of a score. Deductions stop at 0, bonuses at their cap.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> day = datetime.date(2016, 12, 31)
    >>> breach = Happened("mayor-breach", datetime.date(2016, 6, 1))
    >>> case = Case("nominated", day, scores={"minors": Fraction(90)}, events=(breach,))
    >>> found = settle(load_instrument("national-frame-2018"), Fraction("94.65"), case, whole=True)
    >>> float(found.value), len(found.bars)
    (89.65, 0)
    """
    run = _Run(instrument, total, case, [])
    for kind in instrument.after_total:
        if kind == "joined" and not whole:
            run.joined()
        elif kind in ("bonus", "negative_list", "gates", "ladders"):
            getattr(run, kind)()
    return Settled(total, run.total, tuple(run.steps))


def needed_before(instrument: Instrument, wanted: Fraction, case: Case) -> Fraction:
    """Return the least own score with which the final total reaches `wanted`; may lie off the scale.

    Everything after the total only joins, adds or deducts, so it is undone step by step from the last to the first. A
    deduction stops at 0, so what is wanted at 0 or below stands whatever is deducted; at 0 or below any score does.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> case = Case("nominated", scores={"minors": Fraction(90)})
    >>> needed_before(load_instrument("national-frame-2018"), Fraction(85), case)
    Fraction(335, 4)
    """
    steps = settle(instrument, None, case).steps  # without a total no deduction has stopped at 0
    known = [entry for entry in instrument.joined if entry.of in case.scores]
    shares = sum((entry.share for entry in known), _ZERO)
    given = sum((entry.share * case.scores[entry.of] / 100 for entry in known), _ZERO)
    for kind in reversed(instrument.after_total):
        if kind == "joined":
            wanted = (wanted - given * instrument.full_marks) / (1 - shares)
        for step in reversed(steps):
            if step.kind == kind and (step.change > 0 or wanted > 0):
                wanted -= step.change
    return wanted


def final_line(instrument: Instrument, case: Case) -> tuple[Fraction, Fraction]:
    """Return `keep` and `adjust`: the final total is ``keep x own score + adjust``, where no deduction stops at 0.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> final_line(load_instrument("national-frame-2018"), Case("nominated", scores={"minors": Fraction(90)}))
    (Fraction(4, 5), Fraction(18, 1))
    """
    full = instrument.full_marks
    whole, half = (needed_before(instrument, wanted, case) for wanted in (full, full / 2))
    keep = full / 2 / (whole - half)
    return keep, full - keep * whole


@dataclass
class _Run:
    instrument: Instrument
    total: Fraction | None
    case: Case
    steps: list[Step]

    def add(self, kind: str, entry: Any, verdict: str, why: Text, **more: Any) -> None:
        change = more.pop("change", _ZERO)
        if self.total is not None:
            change = max(change, -self.total)
            self.total += change
        found = {"action": None, "months": None, "event": None, **more}
        name, code, source = _about(entry)
        self.steps.append(Step(kind, code, name, verdict, change, self.total, why=why, source=source, **found))

    @property
    def standing(self) -> str:
        return self.case.standing or ASSUMED_STANDING

    # -- scores that join

    def joined(self) -> None:
        own, full = self.total, self.instrument.full_marks
        known = [entry for entry in self.instrument.joined if entry.of in self.case.scores]
        rest = 1 - sum((entry.share for entry in known), _ZERO)
        for entry in self.instrument.joined:
            score = self.case.scores.get(entry.of)
            if score is None or own is None:
                why = Text("没有这项成绩，暂不并入", "there is no such score: left out for now")
                self.add("joined", entry, "open", why)
                continue
            # each joined score takes its share of the place of the own score
            change = entry.share * (score * full / 100 - own)
            share = _share(entry.share)
            why = Text(
                f"{_number(score)} 分，占 {share}，其余 {_share(rest)} 为本体系成绩",
                f"{_number(score)}, {share} of the total; the own score counts {_share(rest)}",
            )
            self.add("joined", entry, "applied", why, change=change)

    # -- events

    def happened(self, code: str) -> list[Happened]:
        return sorted((e for e in self.case.events if e.code == code), key=lambda e: e.date)

    def bonus(self) -> None:
        for entry in self.instrument.bonus:
            left = entry.cap
            for event in self.happened(entry.code):
                if not self.counts(event, False):
                    self.add("bonus", entry, "none", _NOT_CONFIRMED, event=event)
                    continue
                points = entry.points if left is None else min(entry.points, left)
                left = None if left is None else left - points
                full = points == entry.points
                why = (
                    Text(f"加 {_number(points)} 分", f"{_number(points)} points added")
                    if full
                    else Text(
                        f"加 {_number(points)} 分，已到上限", f"{_number(points)} points added, the cap is reached"
                    )
                )
                self.add("bonus", entry, "applied", why, change=points, event=event)

    def negative_list(self) -> None:
        vetoes = [m for m in self.instrument.mechanisms if m.kind == "veto" and m.code]
        for entry in self.instrument.negative_list:
            for event in self.happened(entry.code):
                own = [effect for effect in entry.effects if not effect.to or self.standing in effect.to]
                for effect in own:
                    self.listed(entry, event, effect)
                if not own:
                    why = Text("对现有称号状态没有规定", "nothing is laid down for this standing")
                    self.add("negative_list", entry, "none", why, event=event)
        for veto in vetoes:
            for event in self.happened(veto.code or ""):
                if self.counts(event, veto.confirm):
                    why = Text("发生即否决", "one such event is enough")
                    self.add("veto", veto, "applied", why, action=veto.action or "veto", event=event)
                else:
                    verdict, why = ("none", _NOT_CONFIRMED) if event.confirmed else ("open", _A_PERSON)
                    self.add("veto", veto, verdict, why, action=veto.action or "veto", event=event)

    def listed(self, entry: ListedEvent, event: Happened, effect: Effect) -> None:
        """Apply one effect of an event, if it lies in the time that counts."""
        more: dict[str, Any] = {"event": event, "action": effect.action, "months": effect.months}
        if event.confirmed == "no" or (entry.confirm and not event.confirmed):
            verdict, why = ("none", _NOT_CONFIRMED) if event.confirmed else ("open", _A_PERSON)
            self.add("negative_list", entry, verdict, why, **more)
            return
        if effect.within is not None:
            inside, why = self.inside(event, effect.within)
            if not inside:
                self.add("negative_list", entry, "open" if inside is None else "none", why, **more)
                return
        why = Text("按条款执行", "as the clause says")
        if effect.deduct:
            why = Text(f"扣 {_number(effect.deduct)} 分", f"{_number(effect.deduct)} points off")
        if effect.to:
            why = self.assumed(why)
        self.add("negative_list", entry, "applied", why, change=-effect.deduct, **more)

    def assumed(self, why: Text) -> Text:
        """Say that no standing is stated, where that is so."""
        if self.case.standing is not None:
            return why
        return Text(why.zh + "（未填称号状态，按提名处理）", why.en + " (no standing is stated: taken for nominated)")

    def inside(self, event: Happened, months: int) -> tuple[bool | None, Text]:
        """Whether an event lies within the months before the day that counts; None if that day is not known."""
        applicant = self.standing == "applicant"
        day = self.case.applied_on if applicant else self.case.assessed_on
        zh, en = ("申报", "application") if applicant else ("测评", "assessment")
        if day is None:
            return None, Text(f"没有{zh}日期，无法判定是否在期限内", f"the day of the {en} is not known")
        if months_later(day, -months) <= event.date <= day:
            return True, Text("", "")
        return False, Text(
            f"不在{zh}（{day}）前 {months} 个月内", f"not within the {months} months before the {en} ({day})"
        )

    @staticmethod
    def counts(event: Happened, confirm: bool) -> bool:
        """Whether an event counts: nobody has said no, and somebody has said yes where that is needed."""
        return event.confirmed == "yes" or (event.confirmed == "" and not confirm)

    # -- gates, consequences of the final score

    def gates(self) -> None:
        for gate in self.instrument.gates:
            broken = [e for e in self.happened(gate.code) if self.counts(e, False)]
            if broken:
                why = Text("有此情形，条件不具备", "this has happened: the condition does not hold")
                self.add("gates", gate, "not_met", why, event=broken[0])
            elif gate.at_least is None:
                self.add("gates", gate, "met", Text("未登记此情形", "nothing of this kind is on record"))
            else:
                self.compare(gate, gate.at_least)

    def compare(self, gate: Gate, least: Fraction) -> None:
        score = self.total if gate.of == "total" else self.case.scores.get(gate.of)
        if score is None:
            self.add("gates", gate, "open", Text("没有这项成绩，不能判定", "there is no such score: not decided"))
            return
        met = score >= least
        a, b = told_apart(score, least)
        why = Text(f"{a} 分{'不低于' if met else '低于'} {b} 分", f"{a} is {'at least' if met else 'below'} {b}")
        self.add("gates", gate, "met" if met else "not_met", why)

    def ladders(self) -> None:
        """Consequences that depend on the final score; a title that is not held cannot be suspended."""
        for entry in self.instrument.mechanisms:
            if entry.of != "total" or self.total is None or not _broken(self.total, entry.limits):
                continue
            more = {"action": entry.action, "months": entry.months}
            value, limit = told_apart(self.total, next(iter(entry.limits.values())))
            if entry.action in ("suspend", "revoke") and self.standing != "holder":
                why = Text(f"{value} 分，尚无称号可停", f"{value}; there is no title to suspend")
                self.add("ladders", entry, "none", self.assumed(why), **more)
            else:
                why = Text(f"{value} 分，低于 {limit} 分", f"{value} is below {limit}")
                self.add("ladders", entry, "applied", why, **more)


_NOT_CONFIRMED = Text("经认定不适用", "found not to apply")
_A_PERSON = Text("须由人工认定", "a person has to decide")


def _about(entry: Joined | Bonus | ListedEvent | Gate | Mechanism) -> tuple[Text, str, Mapping[str, str]]:
    if isinstance(entry, Mechanism):
        return entry.said.text, entry.code or "", entry.said.source
    return entry.name, entry.code, entry.source


def _broken(total: Fraction, limits: Mapping[str, Fraction]) -> bool:
    """Whether a total lies where a limit says that something follows."""
    holds = {
        "below": total < limits.get("below", total),
        "at_most": "at_most" in limits and total <= limits["at_most"],
        "above": total > limits.get("above", total),
        "at_least": "at_least" in limits and total >= limits["at_least"],
    }
    return all(holds[name] for name in limits)


def _number(value: Fraction) -> str:
    """Return a number with two decimals, half up, without zeros at the end."""
    cents = int(abs(value) * 100 + Fraction(1, 2))
    text = f"{cents // 100}.{cents % 100:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and cents else text


def told_apart(a: Fraction, b: Fraction) -> tuple[str, str]:
    """Return two numbers with two decimals; the first with more where they differ and would look the same.

    Examples
    --------
    >>> told_apart(Fraction("84.996"), Fraction(85)), told_apart(Fraction("84.5"), Fraction(85))
    (('84.996', '85'), ('84.5', '85'))
    """
    found = _number(a), _number(b)
    return found if a == b or found[0] != found[1] else (_closer(a, b), found[1])


def _closer(a: Fraction, b: Fraction) -> str:
    """Return a number cut off after the first decimals that tell it from another."""
    places = next(n for n in count(3) if int(a * 10**n) != b * 10**n)
    digits = f"{int(a * 10**places):0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}"


def _share(value: Fraction) -> str:
    return f"{_number(value * 100)}%"
