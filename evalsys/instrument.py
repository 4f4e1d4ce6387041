"""The instrument: one edition of one assessment system as a tree of nodes with exact points.

A node is the whole, an indicator, a standard, or a leaf. Only leaves are scored; a leaf is a standard by one method.
Nodes stand in one tuple, parents before children, so that a node's place in it is its address everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from evalsys.language import Text
from evalsys.rulebook import Rule
from evalsys.when import When

__all__ = [
    "ACTIONS",
    "ASSUMED_STANDING",
    "BARRING",
    "COUNTED",
    "METHODS",
    "ON_SITE",
    "RESETS",
    "STANDINGS",
    "Bonus",
    "CheckedAt",
    "Combine",
    "Comparison",
    "Contradiction",
    "Dated",
    "Effect",
    "Gate",
    "Instrument",
    "Joined",
    "LeftOut",
    "ListedEvent",
    "Material",
    "Mechanism",
    "Node",
    "ObservedFact",
    "PassMark",
    "Question",
    "Said",
    "Standard",
]

#: Measurement methods, in the order of pages.
METHODS: Mapping[str, Text] = {
    "document_review": Text("材料审核", "document review"),
    "site_visit": Text("实地考察", "site visit"),
    "survey": Text("问卷调查", "survey"),
    "overall_observation": Text("整体观察", "overall observation"),
    "online_check": Text("网络调查", "online check"),
}
#: Those by which an inspector stands at a site.
ON_SITE = ("site_visit", "overall_observation")
#: Where a place or body stands when it is assessed: what an event brings may depend on it.
STANDINGS: Mapping[str, Text] = {
    "applicant": Text("申报", "applicant"),
    "nominated": Text("提名", "nominated"),
    "holder": Text("已获称号", "title holder"),
}
#: What a place is taken for where nothing is said.
ASSUMED_STANDING = "nominated"
#: What may follow from an event or a low score.
ACTIONS: Mapping[str, Text] = {
    "criticise": Text("通报批评", "criticised"),
    "stop_nomination": Text("停止申报", "no nomination"),
    "suspend": Text("停牌", "suspended"),
    "revoke": Text("撤销称号", "revoked"),
    "veto": Text("一票否决", "veto"),
}
#: What a ladder may count.
COUNTED: Mapping[str, Text] = {
    "overdue": Text("周末有逾期问题的周数", "weeks that end with something overdue"),
    "exposure": Text("被媒体曝光的期数", "issues of media exposure that name it"),
    "found": Text("同一点位同一标准发现问题的次数", "findings of one standard at one site"),
    "returned": Text("复核退回的次数", "rectifications that a review returned"),
    "lost": Text("本轮失分", "points lost in this round"),
    "event": Text("登记的事件数", "events on record"),
}
#: What may set the count of a ladder back to nothing.
RESETS: Mapping[str, Text] = {
    "clean": Text("隔一期无此情形", "one week, or one issue, without"),
    "verified": Text("全部复核通过", "all of it verified"),
    "never": Text("不清零", "nothing"),
}
#: Those after which no title is given.
BARRING = ("stop_nomination", "suspend", "revoke", "veto")


@dataclass(frozen=True)
class Combine:
    """How a node combines what stands below it.

    `grades` and `otherwise` belong to 'subset-grade'; `present` to 'mean': the share of the children that must apply
    for the node to apply.
    """

    kind: str = "sum"
    grades: tuple[tuple[int, tuple[int, ...], Fraction], ...] = ()
    otherwise: Fraction = Fraction(0)
    present: Fraction = Fraction(0)


@dataclass(frozen=True)
class CheckedAt:
    """A type of site where a standard is checked; `sites` is how many the edition visits, None for all."""

    site_type: str
    sites: int | None = None


@dataclass(frozen=True)
class Question:
    """A question of a survey; an answer in `satisfied` complies."""

    id: str
    text: Text
    options: tuple[str, ...]
    satisfied: frozenset[str]


@dataclass(frozen=True)
class Material:
    """A document that a standard asks for."""

    id: str
    name: Text
    required: bool


@dataclass(frozen=True)
class Contradiction:
    """Where a source contradicts itself or leaves something open, and how it was read; `codes` name nodes concerned."""

    text: Text
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Weights of the children of a node from pairwise comparison, and the consistency ratio."""

    code: str
    of: tuple[str, ...]
    weights: tuple[Fraction, ...]
    ratio: float


@dataclass(frozen=True)
class Said:
    """What a source says beside its standards: `row` of the reading it comes from, who answers, where it stands."""

    row: str | None
    text: Text
    lead: tuple[str, ...]
    support: tuple[str, ...]
    note: Text | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Dated:
    """A task with a date or a rhythm, or a phase of the work with its first and last day."""

    said: Said
    when: When
    phase: bool = False


@dataclass(frozen=True)
class Mechanism:
    """A setting around an assessment, such as a cycle, a quota, an award, a veto or a ladder of consequences.

    Attributes
    ----------
    limits : mapping
        ``at_least``, ``at_most``, ``above`` or ``below`` with the number; two for a range; empty without a limit.
    measure : Text or None
    steps : tuple of Text
        Of a ladder, from mild to severe; the names of groups.
    shares : tuple of Fraction
        Of the years of a cycle; what each grade earns.
    code : str or None
        By which an event names it.
    group : str or None
        The candidates that it is for; None for all.
    years : int or None
        Over how many years a quota counts.
    of : str or None
        'total' where the limit is one of the final score: what follows where the score breaks it.
    action : str or None
        What follows, see `Effect`; `months` for how long.
    confirm : bool
        Whether a person has to decide that it applies.
    rhythm : mapping
        When a title is applied for, selected and named: ``every`` so many years; ``applied``, ``selected``, ``named``
        any year in which it is done; ``until``, the last day for applications. Empty where nothing is laid down.
    counts : str or None
        What a ladder counts, one of :data:`COUNTED`; None where its steps are no matter of counting.
    by : str
        For whom it counts: 'unit', 'area' or 'site'.
    at : tuple of int or None
        For each step the count at which it follows; None for one that only a person can propose.
    resets : str or None
        What sets the count back to nothing, one of :data:`RESETS`.
    reviewer : str or None
        'other' where a unit may not review its own work.
    """

    said: Said
    kind: str
    limits: Mapping[str, Fraction]
    measure: Text | None
    steps: tuple[Text, ...] = ()
    shares: tuple[Fraction, ...] = ()
    code: str | None = None
    group: str | None = None
    years: int | None = None
    of: str | None = None
    action: str | None = None
    months: int | None = None
    confirm: bool = False
    rhythm: Mapping[str, Any] = field(default_factory=dict)
    counts: str | None = None
    by: str = "unit"
    at: tuple[int | None, ...] = ()
    resets: str | None = None
    reviewer: str | None = None


@dataclass(frozen=True)
class Joined:
    """A score of another assessment that counts in the total: `share` of it, the instrument's own score the rest."""

    code: str
    name: Text
    of: str
    share: Fraction
    note: Text | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Bonus:
    """Points that are added to the total for each event of this code, up to `cap`."""

    code: str
    name: Text
    points: Fraction
    cap: Fraction | None
    note: Text | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Effect:
    """What an event of the negative list brings.

    Attributes
    ----------
    deduct : Fraction
        Points taken from the total, 0 for none.
    action : {'stop_nomination', 'suspend', 'revoke', 'criticise', 'veto', None}
    months : int or None
        How long a suspension lasts.
    to : tuple of str
        Standings (:data:`STANDINGS`) that it is for; empty for all.
    within : int or None
        Months before the assessment (for an applicant: before the application) in which the event must lie.
    """

    deduct: Fraction = Fraction(0)
    action: str | None = None
    months: int | None = None
    to: tuple[str, ...] = ()
    within: int | None = None


@dataclass(frozen=True)
class ListedEvent:
    """An entry of the negative list; `confirm` where a person has to decide that it applies."""

    code: str
    name: Text
    effects: tuple[Effect, ...]
    confirm: bool
    note: Text | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Gate:
    """A condition without which there is no title, whatever the score.

    Attributes
    ----------
    at_least : Fraction or None
        In points of the full marks for the total, of 100 for another score; None for a condition that only an event
        of this code breaks.
    of : str
        'total', or the name of another score, such as 'minors' or 'self'.
    stage : {'apply', 'pass'}
        Whether it must hold to apply, or to be awarded.
    """

    code: str
    name: Text
    at_least: Fraction | None
    of: str
    stage: str
    note: Text | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class ObservedFact:
    """A number that a source reports without asking for it; `more_than` where it is only a lower bound."""

    said: Said
    value: Fraction
    measure: Text
    more_than: bool


@dataclass(frozen=True)
class LeftOut:
    """A passage that is not scored, and why.

    Attributes
    ----------
    kept : {'nothing', 'unscored', 'setting', 'rest'}
        What stays of it: nothing, a standard that is not scored, a mechanism, or the rest of a standard.
    rows : tuple of str
        Rows of standards and mechanisms that it concerns, beside its own.
    """

    said: Said
    why: Text
    kept: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Standard:
    """What a standard demands, beside its place in the tree.

    Attributes
    ----------
    text : Text
    rules : mapping of method to Rule
    several : str
        How several methods combine: 'mean', 'min' or 'shares'.
    checked_at : tuple of CheckedAt
        Empty for a standard of the whole place.
    lead, support : tuple of str
        Units that answer.
    not_applicable : {'drop', 'full', 'peers', None}
    due : When or None
        By when, or how often, the source asks for it.
    source : mapping
        ``row``, ``clause``, ``threshold`` (printed derived ban parameter assumed), ``document``, ``note``, ``methods``
        and ``lead`` (printed assumed).
    assumed : tuple of str
        What of it is assumed: 'several', 'threshold', 'methods', 'lead'.
    """

    text: Text
    rules: Mapping[str, Rule]
    several: str = "mean"
    checked_at: tuple[CheckedAt, ...] = ()
    questions: tuple[Question, ...] = ()
    materials: tuple[Material, ...] = ()
    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    not_applicable: str | None = None
    due: When | None = None
    source: Mapping[str, str] | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """One node of the tree.

    Attributes
    ----------
    code : str
        Unique; a leaf's is ``standard/method``.
    kind : {'instrument', 'indicator', 'standard', 'leaf'}
    parent : int
        Place of the parent in `Instrument.nodes`, -1 for the whole.
    children : tuple of int
    points : Fraction or None
        Full points; None where the node is not scored, or counts only through a choice above it
        (below best, worst and subset-grade).
    weight : Fraction
        Share of the parent's points (linear parents: the coefficient of this child's attainment).
    note : Text or None
        Remark for the reader: how the source was read.
    printed : Fraction or None
        Points as the file prints them, also where the node is not scored.
    """

    code: str
    kind: str
    name: Text
    parent: int
    depth: int
    children: tuple[int, ...]
    scored: bool
    points: Fraction | None
    weight: Fraction
    combine: Combine
    standard: Standard | None = None
    method: str | None = None
    note: Text | None = None
    printed: Fraction | None = None


@dataclass(frozen=True)
class PassMark:
    """A pass mark in points, how sure it is, and who set it: 'parameter', 'assessment' or 'instrument'."""

    value: Fraction
    status: str
    set_by: str = "instrument"


@dataclass(frozen=True)
class Instrument:
    """One edition of one assessment system.

    Attributes
    ----------
    nodes : tuple of Node
        Parents before children; node 0 is the whole.
    weights : mapping
        ``scheme`` (given, equal, ahp) and ``status`` (printed, assumed).
    method_shares : mapping of method to Fraction, or None
        Shares of the methods, adding up to 1, where each method is scored over its own leaves and then shared.
    after_total : tuple of str
        The order in which the following are applied to the total: 'joined', 'bonus', 'negative_list', 'gates',
        'ladders' (mechanisms with ``of: total``).
    joined, gates, negative_list, bonus : tuple
        What is applied to the total, by :mod:`evalsys.after_total`.
    assumed : tuple of Text
        What the instrument assumes, for the reader of a report.
    contradictions : tuple of Contradiction
    comparisons : tuple of Comparison
    calendar, mechanisms, facts, left_out : tuple
        What the source says beside its standards.
    """

    id: str
    title: Text
    level: str
    full_marks: Fraction
    nodes: tuple[Node, ...]
    weights: Mapping[str, str]
    method_shares: Mapping[str, Fraction] | None
    pass_mark: PassMark | None
    source: Mapping[str, Any]
    documents: Mapping[str, Mapping[str, Any]]
    site_types: Mapping[str, Text]
    units: Mapping[str, Text]
    draw: tuple[CheckedAt, ...]
    after_total: tuple[str, ...]
    joined: tuple[Joined, ...]
    gates: tuple[Gate, ...]
    negative_list: tuple[ListedEvent, ...]
    bonus: tuple[Bonus, ...]
    monthly: bool
    assumed: tuple[Text, ...]
    contradictions: tuple[Contradiction, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    calendar: tuple[Dated, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    facts: tuple[ObservedFact, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Places of the scored leaves, in order: the last axis of every attainment array."""
        return tuple(place for place, node in enumerate(self.nodes) if node.kind == "leaf" and node.scored)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Place of each node by its code."""
        return {node.code: place for place, node in enumerate(self.nodes)}

    @cached_property
    def standards(self) -> Mapping[str, Node]:
        """The standards by code, scored or not."""
        return {node.code: node for node in self.nodes if node.kind == "standard"}

    def indicator_of(self, place: int) -> int:
        """Return the top-level indicator that a node belongs to."""
        while self.nodes[place].depth > 1:
            place = self.nodes[place].parent
        return place

    def below(self, place: int) -> tuple[int, ...]:
        """Return the places of a node and of everything below it."""
        found = [place]
        for here in found:
            found.extend(self.nodes[here].children)
        return tuple(found)
