"""Names that instruments share, and the bodies that one file may call by several names."""

import pytest
import yaml
from builders import content_of, indicator, instrument_of, standard, write_yaml

from evalsys import InputFaults, instrument_ids, load_instrument
from evalsys.instrument_shape import LEVELS
from evalsys.language import Text
from evalsys.names import PACKAGE, name_of, register


def test_every_body_has_its_names_once():
    spelt = [word for unit, entry in register("units").items() for word in (unit, *(entry["aliases"] or []))]
    assert len(spelt) == len(set(spelt)) > 200
    assert {entry["level"] for entry in register("units").values()} <= {None, *LEVELS}


@pytest.mark.parametrize(
    ("spelling", "body"),
    [
        ("县法制办", "县政府法制办"),
        ("县财政", "县财政局"),
        ("县创城办", "创城办"),
        ("县直工委", "县直机关工委"),
        ("镇组织科", "镇组织科"),
        ("civilisation-office", "文明办"),
    ],
)
def test_spellings_of_the_sources_are_one_body(tmp_path, spelling, body):
    own = instrument_of(tmp_path, content_of([indicator("1", 10, [standard("1.1", "met", 10, lead=spelling)])], 10))
    (found,) = own.standards["1.1"].standard.lead
    aliases = {word: unit for unit, entry in register("units").items() for word in (unit, *(entry["aliases"] or []))}
    assert found == aliases[spelling] == aliases[body]
    assert own.units == {found: name_of(found, register("units")[found])}


def test_a_file_may_call_its_own_bodies_what_it_likes(tmp_path):
    units = {"街道妇联": {"en": "Women's federation of the sub-district", "aliases": ["妇联"]}}
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10, lead="妇联")])], 10, units=units)
    own = instrument_of(tmp_path, content)
    assert own.standards["1.1"].standard.lead == ("街道妇联",)
    assert own.units["街道妇联"] == Text("街道妇联", "Women's federation of the sub-district")


@pytest.mark.parametrize(
    ("lead", "support", "problem"),
    [
        (["县财政局", "县财政"], None, "body_twice"),
        (["县财政局"], ["县财政"], "body_twice"),
        (["县财政"], ["县财政局"], "body_twice"),
        (["县财政局"], ["县财正局"], "unknown_name"),
    ],
)
def test_a_body_named_twice_or_not_known(tmp_path, lead, support, problem):
    own = {"lead": lead, **({"support": support} if support else {})}
    with pytest.raises(InputFaults) as found:
        instrument_of(tmp_path, content_of([indicator("1", 10, [standard("1.1", "met", 10, **own)])], 10))
    assert [fault.problem for fault in found.value.faults] == [problem]


def with_units(folder, units, lead, **more):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10, lead=lead)])], 10, units=units, **more)
    own = instrument_of(folder, content)
    (found,) = own.standards["1.1"].standard.lead
    return found, own.units[found]


def test_a_body_may_be_called_by_its_chinese_name(tmp_path):
    assert with_units(tmp_path, {"water": {"zh": "水利局", "en": "Water bureau"}}, "水利局") == (
        "water",
        Text("水利局", "Water bureau"),
    )


def test_what_a_file_says_of_a_body_wins_over_the_register(tmp_path):
    first, *_, last = register("units")
    assert with_units(tmp_path, {first: {"en": "Own"}}, first) == (first, Text(first, "Own"))
    assert with_units(tmp_path, {first: {"en": "Own", "aliases": [last]}}, last)[0] == first


def test_a_body_that_cannot_be_read_is_one_fault(tmp_path):
    with pytest.raises(InputFaults) as found:
        with_units(tmp_path, {"水": "text"}, "水")
    assert [(fault.problem, fault.column) for fault in found.value.faults] == [("wrong_type", "水")]


def test_a_register_that_is_broken_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("evalsys.names.PACKAGE", tmp_path)
    write_yaml(tmp_path / "registers" / "site_types.yaml", {"x": {"zh": "甲"}})
    with pytest.raises(InputFaults) as found:
        register.__wrapped__("site_types")
    assert [fault.file for fault in found.value.faults] == ["site_types.yaml"]


def test_every_body_of_the_instruments_is_registered():
    used = set()
    for name in instrument_ids():
        own = load_instrument(name)
        used |= set(own.units)
        for entry in (*own.calendar, *own.mechanisms, *own.facts, *own.left_out):
            used |= {*entry.said.lead, *entry.said.support}
    assert used <= set(register("units"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted([*PACKAGE.glob("instruments/*.yaml"), *PACKAGE.glob("registers/*.yaml")]), ids=lambda path: path.stem
)
def test_every_yaml_reader_reads_the_same(path):
    text = path.read_text("utf-8")
    assert yaml.load(text, yaml.BaseLoader) == yaml.load(text, yaml.CBaseLoader)
