"""Circles of prerequisites and contradictions, against every walk and every set of small random tables."""

import itertools
import random

import pytest

from evalsys.prerequisites import circles, contradictions


def tables(seed):
    """Return what each of up to six fixes needs and excludes."""
    draw = random.Random(seed)
    names = "abcdef"[: draw.randint(1, 6)]
    chance = draw.choice((0.1, 0.2, 0.4))
    needs, excludes = ({n: [m for m in names if draw.random() < chance / k] for n in names} for k in (1, 3))
    return needs, excludes


def walks(needs):
    """Yield every circle without a repeated fix, from its first fix on, by trying every order of every subset."""
    for size in range(1, len(needs) + 1):
        for chain in itertools.permutations(needs, size):
            if chain[0] == min(chain) and all(
                b in needs[a] for a, b in zip(chain, (*chain[1:], chain[0]), strict=True)
            ):
                yield chain


@pytest.mark.parametrize("seed", range(60))
def test_every_need_on_a_circle_is_told_and_nothing_else(seed):
    needs, _ = tables(seed)
    every = set(walks(needs))
    found = circles(needs)
    assert len(set(found)) == len(found)
    assert set(found) <= every

    def steps(chains):
        return {pair for chain in chains for pair in zip(chain, (*chain[1:], chain[0]), strict=True)}

    assert steps(found) == steps(every)


@pytest.mark.parametrize("seed", range(60))
def test_a_fix_that_no_set_can_hold_needs_a_contradiction(seed):
    needs, excludes = tables(seed)
    if circles(needs):
        needs = {name: [other for other in own if other > name] for name, own in needs.items()}
    excludes = {name: [other for other in own if other != name] for name, own in excludes.items()}
    sets = [set(some) for size in range(len(needs) + 1) for some in itertools.combinations(needs, size)]
    holds = [s for s in sets if all(s >= set(needs[n]) and not s & set(excludes[n]) for n in s)]
    never = {name for name in needs if not any(name in s for s in holds)}
    found = contradictions(needs, excludes)
    told = {fix for fix, _, _ in found}
    assert told <= never
    for fix, one, other in found:
        assert one in excludes[other] or other in excludes[one]
        assert fix in never
    for name in never:  # told itself, or something that it needs is
        waiting, seen = [name], set()
        while waiting:
            here = waiting.pop()
            seen.add(here)
            waiting += [other for other in needs[here] if other not in seen]
        assert told & seen
