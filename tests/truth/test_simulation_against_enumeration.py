"""Simulated inspections against the law by full enumeration: 50 random models with fixed seeds.

Two z-tests a model, of the mean score and of the chance to pass, at |z| < 4.5: by the normal law one of the 100 fails
by accident with a chance of 7e-4. Seeds are fixed, so that a failure is a fault, or a change of random numbers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from enumerated import law_of, passing, with_severity
from random_models import random_model

from evalsys.inspection import simulate
from evalsys.model import Model
from evalsys.severity import nodes

DRAWS = 8192
LIMIT = 4.5
FLAGS = (
    {},
    {"linear": True},
    {"absent": True},
    {"severity": True},
    {"shares": True},
    {"absent": True, "shares": True},
    {"absent": True, "severity": True, "events": True},
)
SEEDS = range(1000, 1050)


def flags_of(seed: int) -> dict[str, bool]:
    return FLAGS[seed % len(FLAGS)]


def law_and_chance(model: Model) -> tuple[float, float, float]:
    """Mean and standard deviation of the score after events, and the chance to pass."""
    assert model.mark is not None
    law = with_severity(model, *nodes(model.severity, 13)) if model.severity else law_of(model)
    after: dict[Fraction, Fraction] = {}
    for value, chance in law.items():
        for score, weight in after_events(model, value):
            after[score] = after.get(score, Fraction(0)) + chance * weight
    mean = sum((value * chance for value, chance in after.items()), Fraction(0))
    spread = sum(((value - mean) ** 2 * chance for value, chance in after.items()), Fraction(0))
    passes = sum((chance * passing(value, model.mark, model.events) for value, chance in law.items()), Fraction(0))
    return float(mean), math.sqrt(spread), float(passes)


def after_events(model: Model, value: Fraction) -> list[tuple[Fraction, Fraction]]:
    found = [(value, Fraction(1))]
    for event in model.events:
        p = Fraction(event.chance)
        found = [both for v, w in found for both in ((max(Fraction(0), v - event.deduct), w * p), (v, w * (1 - p)))]
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_simulation_and_enumeration_agree(seed: int) -> None:
    model = random_model(seed, **flags_of(seed))
    mean, sd, chance = law_and_chance(model)
    found = simulate(model, DRAWS, seed)
    assert found.passed is not None
    assert 0 < chance < 1
    assert abs(found.score.mean() - mean) < LIMIT * sd / math.sqrt(DRAWS)
    assert abs(found.passed.mean() - chance) < LIMIT * math.sqrt(chance * (1 - chance) / DRAWS)


def test_every_total_that_is_drawn_is_one_of_the_law() -> None:
    """Exactly: the simulation's numerators over its denominator are totals of the enumeration."""
    for seed in range(1000, 1007):
        model = random_model(seed, **{**flags_of(seed), "severity": False, "events": False})
        law = law_of(model)
        found = simulate(model, 1024, seed)
        drawn = {Fraction(int(points), found.den) for points in np.unique(found.points)}
        assert drawn <= law.keys()
        assert sum(law[total] for total in drawn) > Fraction(9, 10)


def test_the_test_would_notice() -> None:
    """A model that is a little wrong fails: each chance of complying 0.05 lower."""
    noticed = 0
    for seed in range(1000, 1007):
        model = random_model(seed, **flags_of(seed))
        mean, sd, _ = law_and_chance(model)
        blocks = tuple(replace(block, chance=np.maximum(block.chance - 0.05, 0)) for block in model.blocks)
        found = simulate(replace(model, blocks=blocks), DRAWS, seed)
        noticed += abs(found.score.mean() - mean) > LIMIT * sd / math.sqrt(DRAWS)
    assert noticed == 7
