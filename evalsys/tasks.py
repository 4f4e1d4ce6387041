"""The task breakdown [任务分解表]: every standard and every dated entry of an instrument as one task, by who answers.

A task has four things fixed [四定]: what, by when, to which standard, and who answers. What a source leaves open of
these is listed, never filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from evalsys.instrument import CheckedAt, Dated, Instrument, Node, Standard
from evalsys.language import Text
from evalsys.rulebook import Rule
from evalsys.when import When

__all__ = ["Open", "Task", "UnitTasks", "by_unit", "open_matters", "task_list"]


@dataclass(frozen=True)
class Task:
    """One task: a standard, scored or not, or a dated entry of the calendar.

    Attributes
    ----------
    number : int
        Place in the whole breakdown, from 1: the same in every file.
    code : str or None
        The standard's; None for a dated entry.
    text : Text
    lead, support : tuple of str
        Ids of the bodies that answer, each once: no body of an instrument leads and supports the same task.
    due : When or None
        Time limit; None where the source sets none.
    source : mapping
        ``row``, ``clause``, ``document``, ``threshold`` and so on, as the instrument has them.
    assumed : tuple of str
        What of it is assumed: 'several', 'threshold', 'methods', 'lead'; of a dated entry 'due', 'lead'.
    note : Text or None
        How the source was read.
    within : tuple of Text
        Names of the indicators above a standard, the topmost first.
    rules : mapping of method to Rule
        Empty where the source states no limit, and for a dated entry.
    methods : tuple of str
    checked_at : tuple of CheckedAt
    scored : bool
    points : Fraction or None
        Full points; None where it is not scored, or counts only through a choice above it.
    """

    number: int
    code: str | None
    text: Text
    lead: tuple[str, ...]
    support: tuple[str, ...]
    due: When | None
    source: Mapping[str, str]
    assumed: tuple[str, ...]
    note: Text | None
    within: tuple[Text, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    checked_at: tuple[CheckedAt, ...] = ()
    scored: bool = False
    points: Fraction | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """Every body that answers for the task."""
        return (*self.lead, *self.support)


@dataclass(frozen=True)
class UnitTasks:
    """The tasks of one body: those that it leads, and those that it supports."""

    unit: str
    lead: tuple[Task, ...]
    support: tuple[Task, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them, as lead first."""
        return (*self.lead, *self.support)


@dataclass(frozen=True)
class Open:
    """What a source leaves open: a task may stand under several of these.

    Attributes
    ----------
    no_lead, assumed_lead, several_leads, no_deadline : tuple of Task
        Without a lead; with a lead that is assumed, because the source names several bodies side by side or none; with
        two leads or more; without a time limit.
    """

    no_lead: tuple[Task, ...]
    assumed_lead: tuple[Task, ...]
    several_leads: tuple[Task, ...]
    no_deadline: tuple[Task, ...]


def task_list(instrument: Instrument) -> tuple[Task, ...]:
    """Return the tasks of an instrument: its standards in the order of the tree, then its dated entries.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    tuple of Task

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> tasks = task_list(load_instrument("lincheng-county-2019"))
    >>> len(tasks), tasks[0].code, tasks[-1].due.text.zh
    (53, '1.1', '每周')
    """
    nodes = tuple(instrument.standards.values())
    standards = (_of_standard(instrument, node, number) for number, node in enumerate(nodes, 1))
    entries = (entry for entry in instrument.calendar if not entry.phase or entry.said.row)  # a phase is no task
    dated = (_of_dated(entry, number) for number, entry in enumerate(entries, len(nodes) + 1))
    return (*standards, *dated)


def by_unit(tasks: Iterable[Task]) -> tuple[UnitTasks, ...]:
    """Return the tasks of each body: who leads most comes first, then who supports most.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> first = by_unit(task_list(load_instrument("taizhou-police-2009")))[0]
    >>> first.unit, len(first.lead), len(first.support)
    ('交巡警支队', 12, 5)
    """
    lead: dict[str, list[Task]] = {}
    support: dict[str, list[Task]] = {}
    for task in tasks:
        for unit in task.units:
            lead.setdefault(unit, [])
            support.setdefault(unit, [])
            (lead if unit in task.lead else support)[unit].append(task)
    found = [UnitTasks(unit, tuple(lead[unit]), tuple(support[unit])) for unit in lead]
    return tuple(sorted(found, key=lambda each: (-len(each.lead), -len(each.support), each.unit)))


def open_matters(tasks: Iterable[Task]) -> Open:
    """Return what the source leaves open of some tasks.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> found = open_matters(task_list(load_instrument("lincheng-county-2019")))
    >>> len(found.no_lead), [task.code for task in found.several_leads if task.code]
    (0, ['5.1', '5.2', '5.12', '5.7', '5.15'])
    """
    held = tuple(tasks)
    return Open(
        no_lead=tuple(task for task in held if not task.lead),
        assumed_lead=tuple(task for task in held if "lead" in task.assumed),
        several_leads=tuple(task for task in held if len(task.lead) > 1),
        no_deadline=tuple(task for task in held if task.due is None),
    )


# --------------------------------------------------------------------------------------------- from the instrument


def _of_standard(instrument: Instrument, node: Node, number: int) -> Task:
    held = node.standard or Standard(node.name, {})
    return Task(
        number=number,
        code=node.code,
        text=held.text,
        lead=held.lead,
        support=held.support,
        due=held.due,
        source=held.source or {},
        assumed=held.assumed,
        note=node.note,
        within=_above(instrument, node),
        rules=held.rules,
        methods=tuple(str(instrument.nodes[child].method) for child in node.children),
        checked_at=held.checked_at,
        scored=node.scored,
        points=node.points,
    )


def _above(instrument: Instrument, node: Node) -> tuple[Text, ...]:
    names: list[Text] = []
    while instrument.nodes[node.parent].kind == "indicator":
        node = instrument.nodes[node.parent]
        names.insert(0, node.name)
    return tuple(names)


def _of_dated(entry: Dated, number: int) -> Task:
    said = entry.said
    source = {**said.source, **({"row": said.row} if said.row else {})}
    ours = {"due": source.get("threshold") in ("parameter", "assumed"), "lead": source.get("lead") == "assumed"}
    return Task(
        number=number,
        code=None,
        text=said.text,
        lead=said.lead,
        support=said.support,
        due=entry.when,
        source=source,
        assumed=tuple(key for key, sure in ours.items() if sure),
        note=said.note,
    )
