"""Fixes: which cells of the model a target means, and what mending them changes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from builders import standard
from test_modelling import FIRST, SECOND, case, seen

from evalsys import read_assessment
from evalsys.fixes import AFTER, Fixes, fixes_of, mended
from evalsys.modelling import Prospect, prospect

DRAW = [{"site_type": "community", "sites": 2, "population": 9}]
BOTH = standard("1.1", "met", checked_at=[FIRST, SECOND])
OTHER = standard("1.2", "met", checked_at=[FIRST])
ROWS = [
    *(seen(f"c{n}", "否" if n < 3 else "是", "2016-08-01") for n in range(1, 6)),
    *(seen(f"c{n}", "否" if n == 1 else "是", "2016-08-01", "1.2") for n in range(1, 6)),
    *(seen(f"m{n}", "否" if n == 3 else "是", "2016-08-01") for n in range(1, 4)),
]


def fix(targets: str, after: str = "0.99", **more: str) -> dict[str, str]:
    return {"fix_id": "f1", "targets": targets, "after": after, "cost": "2", **more}


def made(folder, *fixes: dict[str, str], draw=DRAW, rows=ROWS) -> tuple[Prospect, Fixes]:
    found = prospect(case(folder, rows, BOTH, OTHER, draw=draw, fixes=list(fixes)))
    return found, fixes_of(found)


def named(found: Prospect, fixes: Fixes, place: int = 0) -> set[tuple[str, str]]:
    """The cells of an option as (standard, site), '*' for the sites that are not listed."""
    instrument, sites = found.model.instrument, found.score.assessment.sites["site_id"].tolist()
    out = set()
    for block, entry, check in fixes.cells[fixes.options[place].cells].tolist():
        own = found.model.blocks[block]
        leaf = instrument.nodes[instrument.leaves[own.checks[check].leaf]]
        site = int(own.sites[entry])
        out.add((instrument.nodes[leaf.parent].code, sites[site] if site >= 0 else "*"))
    return out


COMMUNITIES = {"c1", "c2", "c3", "c4", "c5", "*"}
ROADS = {"m1", "m2", "m3"}


@pytest.mark.parametrize(
    ("targets", "cells"),
    [
        ("1.2@c1", {("1.2", "c1")}),
        ("*@c1", {("1.1", "c1"), ("1.2", "c1")}),
        ("1.1@c1;1.1@m3", {("1.1", "c1"), ("1.1", "m3")}),
        ("1.1@type:main-road", {("1.1", site) for site in ROADS}),
        ("1.1@type:community", {("1.1", site) for site in COMMUNITIES}),
        ("*@type:community", {(code, site) for code in ("1.1", "1.2") for site in COMMUNITIES}),
        ("1.1", {("1.1", site) for site in COMMUNITIES | ROADS}),
        ("1.1;1.1@c1", {("1.1", site) for site in COMMUNITIES | ROADS}),
        ("1.2@m1", set()),
    ],
)
def test_every_form_of_target_means_its_cells(tmp_path, targets, cells):
    found, fixes = made(tmp_path, fix(targets))
    assert named(found, fixes) == cells
    assert len(fixes.cells) == len(cells) == len(np.unique(fixes.cells, axis=0))


def test_mending_raises_the_chance_to_after_and_lowers_none(tmp_path):
    found, fixes = made(tmp_path, fix("1.1", after="0.7"))
    model = mended(found.model, fixes.cells, fixes.after([0]))
    low = high = 0
    for before, after in zip(found.model.blocks, model.blocks, strict=True):
        for number, check in enumerate(before.checks):
            own = before.chance[:, number]
            aimed = found.model.instrument.nodes[found.model.instrument.leaves[check.leaf]].code.startswith("1.1")
            np.testing.assert_array_equal(after.chance[:, number], np.maximum(own, 0.7) if aimed else own)
            low, high = low + int((own < 0.7).sum()), high + int((own > 0.7).sum())
        np.testing.assert_array_equal(after.sizes, before.sizes)
    assert low  # both happen in this case
    assert high


def test_what_is_mended_rests_on_no_rate_any_more(tmp_path):
    found, fixes = made(tmp_path, fix("1.1@c1"))
    model = mended(found.model, fixes.cells, fixes.after([0]))
    (block, entry, check) = fixes.cells[0].tolist()
    moved = model.with_rates(np.full(len(model.rates), 0.123))
    assert moved.blocks[block].chance[entry, check] == 0.99
    others = np.ones(model.blocks[block].chance.shape, dtype=bool)
    others[entry, check] = False
    before = found.model.with_rates(np.full(len(model.rates), 0.123)).blocks[block].chance
    np.testing.assert_array_equal(moved.blocks[block].chance[others], before[others])
    assert (before[others] != found.model.blocks[block].chance[others]).any()


def test_of_several_options_at_one_cell_the_best_counts(tmp_path):
    _, fixes = made(
        tmp_path, fix("1.1@c1;1.1@c2", "0.8"), fix("1.1@c2", "0.9", fix_id="f2"), fix("1.1@c2", "0.6", fix_id="f3")
    )
    assert fixes.after([]).tolist() == [0, 0]
    assert fixes.after([0, 2]).tolist() == fixes.after([2, 0]).tolist() == [0.8, 0.8]
    assert fixes.after([0, 1, 2]).tolist() == [0.8, 0.9]


def test_options_carry_the_table(tmp_path):
    _, fixes = made(
        tmp_path,
        fix("1.1@c1", level="基本", name="清理楼道", crew_days="1.5", calendar_days="3", needs="f2", excludes="f3"),
        fix("1.1@c1", "", level="彻底", needs="f2", excludes="f3", cost=""),
        fix("1.2@c2", fix_id="f2"),
        fix("1.2@c3", fix_id="f3"),
    )
    first, second = fixes.options[:2]
    assert (first.name, first.title, first.crew_days, first.calendar_days) == ("f1 基本", "清理楼道", Fraction(3, 2), 3)
    assert (second.after, second.after_assumed, second.cost) == (AFTER, True, None)
    assert (second.needs, second.excludes, second.row) == (("f2",), ("f3",), 1)
    assert not fixes.assumed


def test_without_a_table_every_open_finding_is_a_fix(tmp_path):
    found, fixes = made(tmp_path, draw=())
    assert fixes.assumed
    assert {cell for k in range(len(fixes.options)) for cell in named(found, fixes, k)} == {
        ("1.1", "c1"), ("1.1", "c2"), ("1.2", "c1"), ("1.1", "m3"),
    }  # fmt: skip
    assert all(o.cost == 1 and o.after == AFTER and o.after_assumed and len(o.cells) == 1 for o in fixes.options)


def test_nothing_is_open_nothing_to_fix(tmp_path):
    rows = [seen(f"c{n}", "是", "2016-08-01") for n in range(1, 6)]
    found = prospect(case(tmp_path, rows, BOTH, draw=DRAW))
    fixes = fixes_of(found)
    assert (fixes.options, fixes.cells.shape, fixes.assumed) == ((), (0, 3), True)
    same = mended(found.model, fixes.cells, fixes.after([]))
    for one, other in zip(same.blocks, found.model.blocks, strict=True):
        np.testing.assert_array_equal(one.chance, other.chance)


@pytest.mark.slow
def test_a_standard_without_a_site_and_a_leaf_that_does_not_count():
    found = prospect(read_assessment("data/synthetic-city"))
    fixes = fixes_of(found)
    model = found.model
    whole = [o for o in fixes.options if o.targets[0][1] == "all"]
    parts = {model.blocks[block].part for o in whole for block in fixes.cells[o.cells][:, 0].tolist()}
    assert {"survey", "documents"} & parts  # fixes of answers and papers are among them
    for block, _, check in fixes.cells.tolist():
        assert model.leaves[model.blocks[block].checks[check].leaf] is not None
