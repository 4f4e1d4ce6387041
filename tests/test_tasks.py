"""Tasks of an instrument: none lost, each body once, what is open found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import content_of, indicator, instrument_of, standard

from evalsys import instrument_ids, load_instrument
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.tasks import Task, by_unit, open_matters, task_list

FOLDER = Path(__file__).parent.parent / "evalsys" / "instruments"
REGISTER = FOLDER.parent / "registers" / "units.yaml"


def printed(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The standards and the dated entries as the file has them, read without evalsys."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    below, found = list(content["indicators"]), []
    while below:
        node = below.pop(0)
        below[:0] = [*node.get("children", []), *node.get("standards", [])]
        if "methods" in node:
            found.append(node)
    dated = content.get("calendar", [])
    return found, [entry for entry in dated if not entry.get("phase") or entry.get("row")]  # a phase is no task


def many(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


@pytest.fixture
def small(tmp_path: Path) -> Instrument:
    """Two bodies; tasks that both lead, that nobody leads, that nobody answers for; a dated entry."""
    units = {"甲局": {"en": "First"}, "乙局": {"en": "Second", "aliases": ["乙办"]}}
    limit = {"threshold": {"at_least": 90, "measure": "%"}}
    below = [
        standard("1.1", limit, 40, lead=["甲局"], support=["乙办"], due={"by": "06-30"}),
        standard("1.2", "met", 40, lead=["甲局", "乙局"], source={"row": "test.1.2", "lead": "assumed"}),
        standard("1.3", "met", 20, source={"clause": "三", "threshold": "assumed"}),
        standard("1.4", "met", scored="no", support=["乙局"]),
    ]
    dated = [
        {"row": "test.D", "text": {"zh": "周会", "en": "weekly"}, "when": {"every": "week"}, "lead": ["乙办"],
         "source": {"clause": "四", "threshold": "assumed", "lead": "assumed"}}
    ]  # fmt: skip
    return instrument_of(tmp_path, content_of([indicator("1", 100, below)], 100, units=units, calendar=dated))


# ------------------------------------------------------------------------------------------------------- no task lost


#: Tried each time; the others in the slow set.
FEW = ("taizhou-police-2009", "luxi-county-2012", "honest-units-communities", "river-chief-options")
EVERY = [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in instrument_ids()]


@pytest.mark.parametrize("name", EVERY)
def test_every_standard_and_every_dated_entry_is_one_task(name: str) -> None:
    tasks = task_list(load_instrument(name))
    standards, dated = printed(name)
    assert [task.code for task in tasks] == [str(each["code"]) for each in standards] + [None] * len(dated)
    assert [task.text.zh for task in tasks] == [each["text"]["zh"] for each in (*standards, *dated)]
    assert [task.number for task in tasks] == list(range(1, len(tasks) + 1))


@pytest.mark.parametrize("name", EVERY)
def test_every_pair_of_task_and_body_is_kept_once(name: str) -> None:
    tasks = task_list(load_instrument(name))
    pairs = sorted((task.number, each.unit) for each in by_unit(tasks) for task in each.tasks)
    assert len(set(pairs)) == len(pairs)
    standards, dated = printed(name)
    named = [len(set(many(each.get("lead"))) | set(many(each.get("support")))) for each in (*standards, *dated)]
    assert [sum(pair[0] == task.number for pair in pairs) for task in tasks] == named


@pytest.mark.parametrize("name", ["luxi-county-2012", "lincheng-county-2019", "taizhou-police-2009", "xinbei-district"])
def test_what_is_open_is_what_the_file_leaves_open(name: str) -> None:
    found = open_matters(task_list(load_instrument(name)))
    standards, dated = printed(name)
    all_ = [*standards, *dated]
    texts = [[task.text.zh for task in held] for held in (found.no_lead, found.assumed_lead, found.several_leads)]
    assert texts[0] == [each["text"]["zh"] for each in all_ if not many(each.get("lead"))]
    assert texts[1] == [each["text"]["zh"] for each in all_ if each["source"].get("lead") == "assumed"]
    assert texts[2] == [each["text"]["zh"] for each in all_ if len(many(each.get("lead"))) > 1]
    assert [task.code for task in found.no_deadline] == [str(each["code"]) for each in standards if "due" not in each]


def test_points_and_what_is_assumed_are_those_of_the_instrument() -> None:
    instrument = load_instrument("lincheng-county-2019")
    for task in task_list(instrument):
        if task.code is not None:
            node = instrument.standards[task.code]
            assert (task.scored, task.points) == (node.scored, node.points if node.scored else None)
            assert node.standard is not None
            assert (task.assumed, task.rules) == (node.standard.assumed, node.standard.rules)
    assert sum(task.points or 0 for task in task_list(instrument)) == instrument.full_marks


def test_a_small_instrument_in_full(small: Instrument) -> None:
    tasks = task_list(small)
    second, first = by_unit(tasks)
    assert (first.unit, [task.code for task in first.lead], first.support) == ("甲局", ["1.1", "1.2"], ())
    assert [task.code for task in second.lead] == ["1.2", None]
    assert [task.code for task in second.support] == ["1.1", "1.4"]
    assert [task.points for task in tasks] == [Fraction(40), Fraction(40), Fraction(20), None, None]
    assert [task.assumed for task in tasks] == [(), ("lead",), ("threshold",), (), ("due", "lead")]
    assert [task.due.text.zh if task.due else None for task in tasks] == ["6月30日前", None, None, None, "每周"]
    found = open_matters(tasks)
    assert [task.code for task in found.no_lead] == ["1.3", "1.4"]
    assert [task.code for task in found.assumed_lead] == ["1.2", None]
    assert [task.code for task in found.several_leads] == ["1.2"]
    assert [task.code for task in found.no_deadline] == ["1.2", "1.3", "1.4"]
    assert [task.number for task in tasks if not task.units] == [3]
    assert tasks[0].within == (Text("1项", "item 1"),)
    assert tasks[4].source["row"] == "test.D"


def test_what_stands_around_a_task(tmp_path: Path) -> None:
    below = [indicator("1.1", None, [standard("1.1.1", "met")])]
    dated = [
        {"row": "test.D", "text": {"zh": "周会", "en": "weekly"}, "when": {"every": "week"},
         "note": {"zh": "自定", "en": "ours"}, "source": {"clause": "四", "threshold": "parameter"}}
    ]  # fmt: skip
    content = content_of([indicator("1", None, below)], 10, "equal", calendar=dated)
    one, two = task_list(instrument_of(tmp_path, content))
    assert [name.en for name in one.within] == ["item 1", "item 1.1"]
    assert (two.source["row"], two.assumed, two.note) == ("test.D", ("due",), Text("自定", "ours"))


def test_bodies_stand_by_what_they_lead_then_by_what_they_support_then_by_name() -> None:
    held = [(("d", "c"), ("e",)), (("b",), ("c", "f")), (("b",), ("e",)), (("a",), ())]
    tasks = [Task(n, None, Text("", ""), *who, None, {}, (), None) for n, who in enumerate(held, 1)]
    assert [each.unit for each in by_unit(tasks)] == ["b", "c", "a", "d", "e", "f"]


# ------------------------------------------------------------------------------------------------- one body, one name


@pytest.mark.parametrize(
    ("name", "spelling", "body"),
    [
        ("luxi-county-2012", "县法制办", "县政府法制办"),
        ("lincheng-county-2019", "创城办", "县创城办"),
        ("lincheng-county-2019", "人大", "县人大"),
    ],
)
def test_spellings_of_one_body_are_one_body(name: str, spelling: str, body: str) -> None:
    standards, dated = printed(name)
    entries = [*standards, *dated]
    named = [{*many(each.get("lead")), *many(each.get("support"))} for each in entries]
    assert any(spelling in each for each in named)
    units = {each.unit: each for each in by_unit(task_list(load_instrument(name)))}
    assert spelling not in units
    assert len(units[body].tasks) == sum(bool(each & {spelling, body}) for each in named)


@pytest.mark.parametrize("name", ["luxi-county-2012", "lincheng-county-2019"])
def test_no_alias_of_the_register_is_a_body(name: str) -> None:
    register = yaml.safe_load(REGISTER.read_text("utf-8"))
    aliases = {alias for entry in register.values() for alias in (entry or {}).get("aliases", [])}
    units = {each.unit for each in by_unit(task_list(load_instrument(name)))}
    assert units <= set(register)
    assert not units & aliases


def test_a_body_that_only_the_calendar_names_has_its_name() -> None:
    assert load_instrument("luxi-county-2012").units["县创建领导小组"].en == "County creation leading group"
