"""Shapley's shares: closed forms, the axioms, and random orders against all groups."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from evalsys.shares import shapley

NO_ALARM = 4.5  # |z| of a right estimate exceeds it with chance 7e-6; t with 99 degrees of freedom with 2e-5
Group = tuple[int, ...]


def random_game(seed: int, count: int, null: Group = ()) -> Callable[[Group], float]:
    """Any number for any group; players of `null` change nothing."""

    def value(group: Group) -> float:
        own = [player for player in group if player not in null]
        return float(np.random.default_rng([seed, sum(2**player for player in own)]).normal())

    return value


def by_orders(value: Callable[[Group], float], count: int) -> list[Fraction]:
    """The definition: the mean over all orders, in fractions."""
    shares = [Fraction(0)] * count
    for order in itertools.permutations(range(count)):
        for size, player in enumerate(order):
            with_it, without = sorted(order[: size + 1]), sorted(order[:size])
            shares[player] += Fraction(value(tuple(with_it))) - Fraction(value(tuple(without)))
    return [share / math.factorial(count) for share in shares]


def glove(group: Group) -> float:
    """Players 0 and 1 hold a left glove, 2 a right one; a pair is worth 1."""
    return float(2 in group and len(group) > 1)


def airport(costs: list[int]) -> Callable[[Group], float]:
    """A runway costs what its longest user needs."""
    return lambda group: float(max((costs[player] for player in group), default=0))


def runway(costs: list[int]) -> list[float]:
    """Littlechild and Owen 1973: users 0.. with rising costs share each further stretch among all who need it."""
    steps = np.diff([0, *costs])
    return np.cumsum(steps / np.arange(len(costs), 0, -1)).tolist()


def test_the_glove_game() -> None:
    shares, errors = shapley(glove, 3)
    assert shares == pytest.approx([1 / 6, 1 / 6, 4 / 6], abs=1e-15)
    assert not errors.any()


def test_the_airport_game() -> None:
    costs = [1, 3, 4, 9, 12, 12, 20]
    assert shapley(airport(costs), 7)[0] == pytest.approx(runway(costs), abs=1e-13)


def test_an_additive_game() -> None:
    worth = np.array([0.5, -2.0, 0.0, 7.25, 1.0])
    shares, _ = shapley(lambda group: 3 + float(worth[list(group)].sum()), 5)
    assert shares == pytest.approx(worth, abs=1e-14)


@pytest.mark.parametrize("count", range(6))
def test_the_mean_over_all_orders(count: int) -> None:
    value = random_game(1, count)
    assert shapley(value, count)[0] == pytest.approx([float(x) for x in by_orders(value, count)], abs=1e-14)


@pytest.mark.parametrize("exact", [10, 0])
def test_shares_add_up_and_who_brings_nothing_gets_nothing(exact: int) -> None:
    value = random_game(2, 8, null=(3, 6))
    shares, errors = shapley(value, 8, exact=exact, orders=20)
    assert shares.sum() == pytest.approx(value(tuple(range(8))) - value(()), abs=1e-13)
    assert shares[[3, 6]] == pytest.approx(0, abs=1e-15)
    assert errors[[3, 6]] == pytest.approx(0, abs=1e-15)


def test_players_alike_get_alike() -> None:
    base = random_game(3, 6)

    def value(group: Group) -> float:
        """Only how many of players 0, 2 and 4 are there counts."""
        alike = sum(player in (0, 2, 4) for player in group)
        return base((*range(alike), *(player for player in group if player in (1, 3, 5))))

    shares, _ = shapley(value, 6)
    assert shares[[2, 4]] == pytest.approx(shares[0], abs=1e-14)
    assert len(set(np.round(shares, 6))) == 4


def test_several_payoffs_at_once() -> None:
    one, two = random_game(4, 5), random_game(5, 5)

    def both(group: Group) -> np.ndarray:
        return np.array([one(group), two(group)])

    for exact in (10, 0):
        shares, errors = shapley(both, 5, exact=exact)
        assert shares.shape == errors.shape == (5, 2)
        for column, value in enumerate((one, two)):
            alone = shapley(value, 5, exact=exact)
            assert shares[:, column] == pytest.approx(alone[0], abs=1e-14)
            assert errors[:, column] == pytest.approx(alone[1], abs=1e-14)


def test_every_group_is_looked_at_once() -> None:
    for exact, least in ((10, 2**6), (0, 7)):
        seen: list[Group] = []
        game = random_game(6, 6)

        def value(group: Group, seen: list[Group] = seen, game: Callable[[Group], float] = game) -> float:
            seen.append(group)
            return game(group)

        shapley(value, 6, exact=exact)
        assert len(seen) == len(set(seen))
        assert least <= len(seen) <= 2**6
        assert all(list(group) == sorted(group) for group in seen)


def test_random_orders_are_right_within_their_error() -> None:
    """Twelve users of a runway: a z-test of each share, 12 x 40 of them; and errors neither too small nor too large."""
    costs = [1, 2, 3, 5, 8, 8, 9, 12, 15, 15, 16, 20]
    scores = []
    for seed in range(40):
        shares, errors = shapley(airport(costs), 12, seed=seed)
        assert shares.sum() == pytest.approx(20, abs=1e-12)
        scores.append((shares - runway(costs)) / errors)
    z = np.array(scores)
    assert abs(z).max() < NO_ALARM
    # the mean of z^2 of one player over 40 independent seeds: variance 2 / 40 (a little more for t), so 12 of them
    # within 4.5 standard deviations of 1, with which a false alarm has chance 12 x 7e-6 for a normal law
    assert abs((z**2).mean(axis=0) - 1).max() < NO_ALARM * math.sqrt(2.2 / 40)


def test_help_in_pairs_has_no_error() -> None:
    """v = sum of a_i + sum of b_ij: the share is a_i + half of what i is part of; an order and its reverse say so."""
    random = np.random.default_rng(7)
    single, pair = random.normal(size=12), np.triu(random.normal(size=(12, 12)), 1)

    def value(group: Group) -> float:
        own = list(group)
        return float(single[own].sum() + pair[np.ix_(own, own)].sum())

    shares, errors = shapley(value, 12, orders=4)
    assert shares == pytest.approx(single + (pair + pair.T).sum(axis=1) / 2, abs=1e-13)
    assert errors == pytest.approx(0, abs=1e-13)


def test_the_limit_of_exact_shares() -> None:
    """Up to `exact` players without error."""
    game = random_game(8, 6)
    assert not shapley(game, 6, exact=6)[1].any()
    assert shapley(game, 6, exact=5)[1].all()
    assert shapley(game, 6, exact=5, seed=1)[0] == pytest.approx(shapley(game, 6, exact=5, seed=1)[0], abs=0)


def test_no_player_shares_nothing() -> None:
    shares, errors = shapley(lambda group: np.zeros(2), 0)
    assert shares.shape == errors.shape == (0, 2)


@pytest.mark.parametrize(("count", "orders"), [(-1, 200), (3, 3)])
def test_impossible_requests(count: int, orders: int) -> None:
    with pytest.raises(ValueError, match="fewer"):
        shapley(glove, count, orders=orders)
