"""The exact law and the adjoint tables against full enumeration in fractions, by the cells of the reach table."""

from collections import Counter
from fractions import Fraction

import enumerated
import numpy as np
import pytest
from random_models import random_model

from evalsys.adjoint import adjoint
from evalsys.law import law
from evalsys.regions import NotExact
from evalsys.severity import nodes

#: Kinds of random models, and how many of the first sixteen must be exact (the others say why not).
REACH = {
    "linear": ({"linear": True}, 16),
    "caps, choices, grades, counts": ({}, 5),
    "checks that may not apply": ({"absent": True}, 3),
    "linear, checks that may not apply": ({"linear": True, "absent": True}, 3),
    "method shares": ({"shares": True}, 4),
    "severity and inspector error": ({"severity": True, "linear": True}, 16),
}

#: Nodes of severity: the law is a weighted sum over them, so that five tell as much as many.
NODES = 5


@pytest.mark.parametrize("name", REACH)
def test_every_cell_of_the_law_is_the_enumerated_one(name: str) -> None:
    kinds, least = REACH[name]
    exact = 0
    for seed in range(16):
        model = random_model(seed, **kinds)
        try:
            found, reasons = law(model, count=NODES if model.severity else None), ()
        except NotExact as not_exact:
            found, reasons = None, not_exact.reasons
        assert all(reason.leaves and reason.text.zh for reason in reasons)
        if found is None:
            assert reasons
            continue
        exact += 1
        z, weights = nodes(model.severity, NODES)
        true = enumerated.with_severity(model, z, weights) if model.severity else enumerated.law_of(model)
        cells = [float(true.pop(found.top - cell * found.unit, Fraction(0))) for cell in range(len(found.mass))]
        np.testing.assert_allclose(found.mass, cells, rtol=0, atol=1e-14)
        assert not any(true.values())
        assert found.exact
    assert exact >= least


@pytest.mark.parametrize("seed", range(20))
def test_chance_and_mean_after_events(seed: int) -> None:
    model = random_model(seed, linear=True, events=True)
    found, points = law(model), Fraction(0)
    chance = Fraction(0)
    for value, weight in enumerated.law_of(model).items():
        chance += weight * enumerated.passing(value, model.mark, model.events)
        for one in (False, True):  # two events: one deducts, one vetoes
            event = next((event for event in model.events if event.deduct), None)
            share = Fraction(event.chance) if event else Fraction(0)
            after = max(Fraction(0), value - event.deduct) if one and event else value
            points += weight * (share if one else 1 - share) * after
    assert found.chance == pytest.approx(float(chance), abs=1e-14)
    assert found.mean == pytest.approx(float(points), abs=1e-12)


TABLES = {
    "linear": ({"linear": True}, ("leaf", "site")),
    "caps, choices, grades, counts": ({}, ("leaf", "site")),
    "checks that may not apply": ({"absent": True}, ("leaf",)),
    "severity and events": ({"severity": True, "events": True}, ("leaf", "site")),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_entry_of_the_tables_is_the_enumerated_one(name: str) -> None:
    kinds, seen = TABLES[name]
    count: Counter[str] = Counter()
    for seed in range(8):
        model = random_model(seed, **kinds)
        try:
            found = adjoint(model, count=5)
        except NotExact:
            continue
        z, weights = nodes(model.severity, 5)
        true = enumerated.given(model, z=z, weights=weights)
        assert found.mean == pytest.approx(float(true.chance), abs=1e-12)
        for column, table in found.leaves.items():
            for place, value in enumerate(table.attainments):
                chance, paid = true.leaf.get((column, value), (Fraction(0), None))
                assert table.chances[place] == pytest.approx(float(chance), abs=1e-12)
                if paid is not None:
                    assert table.if_seen[place] == pytest.approx(float(paid), abs=1e-12)
                    count["leaf"] += 1
        for block, sites in found.sites.items():
            for entry in range(len(sites.if_seen)):
                assert sites.if_seen[entry] == pytest.approx(float(true.site[block, entry]), abs=1e-12)
                for check in range(len(model.blocks[block].checks)):
                    if np.isnan(sites.slopes[0, entry, check]) or model.blocks[block].times[entry] > 1:
                        continue  # an entry of several sites is mended as a whole by the enumeration
                    plain, drawn = true.mended[block, entry, check]
                    assert found.mended(block, entry, check) == pytest.approx(float(plain), abs=1e-12)
                    assert sites.if_mended_seen[entry, check] == pytest.approx(float(drawn), abs=1e-12)
                    count["site"] += 1
    assert all(count[kind] > 5 for kind in seen)


@pytest.mark.parametrize("seed", range(8))
def test_tables_are_consistent_with_the_law(seed: int) -> None:
    """The law of total probability: what a leaf or a draw shows, times what follows, is the chance."""
    model = random_model(seed, linear=True, severity=True)
    found, whole = adjoint(model, count=49), law(model, count=49)
    assert found.mean == pytest.approx(whole.chance, abs=1e-12)
    for leaf in found.leaves.values():
        assert leaf.chances @ leaf.if_seen == pytest.approx(whole.chance, abs=1e-12)
    for block, table in found.sites.items():
        times = model.blocks[block].times
        assert times @ table.if_seen / times.sum() == pytest.approx(whole.chance, abs=1e-12)
        if table.drawn < 1:
            both = table.drawn * table.if_seen + (1 - table.drawn) * table.if_not_seen
            assert both == pytest.approx(whole.chance, abs=1e-12)
