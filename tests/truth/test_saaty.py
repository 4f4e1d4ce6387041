"""Published examples of the analytic hierarchy process.

Chairs: Saaty, J. Math. Psychology 15 (1977), brightness of four chairs by their distance from a light; largest
eigenvalue 4.39 and consistency index .13 (the printed weights .61 .24 .10 .05 are cut, not rounded). Drinks: Saaty,
Int. J. Services Sciences 1 (2008), consumption in the United States; ratio .022. Cities: Saaty, Theory and Applications
of the Analytic Network Process (2005), four cities by five criteria: weights of two levels multiplied and added. The
last two are as the tests of the library AHPy have them.
"""

from fractions import Fraction

import pytest

from evalsys.pairwise import ACCEPTED_RATIO, MOST, priorities

# the random index of Saaty 1980, for matrices of order 3 to 15
RANDOM = [0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59]
CHAIRS = ["5 6 7", "4 6", "4"]
DRINKS = ["9 5 2 1 1 1/2", "1/3 1/9 1/9 1/9 1/9", "1/3 1/4 1/3 1/9", "1/2 1 1/3", "2 1/2", "1/3"]
# culture, family, housing, jobs, transport; then Bethesda, Boston, Pittsburgh, Santa Fe by each of them
CRITERIA = ["1/5 3 1/2 5", "7 1 7", "1/4 3", "7"]
CITIES = [
    ["1/2 1 1/2", "5/2 1", "2/5"],
    ["2 1/3 4", "1/8 2", "9"],
    ["5 1/2 5/2", "1/9 1/4", "7"],
    ["1/2 3 4", "6 8", "1"],
    ["3/2 1/2 4", "2/7 5/2", "9"],
]


def whole(rows):
    """Return the reciprocal matrix of the rows above its diagonal."""
    order = len(rows) + 1
    matrix = [[Fraction(1)] * order for _ in range(order)]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row.split(), i + 1):
            matrix[i][j], matrix[j][i] = Fraction(cell), 1 / Fraction(cell)
    return matrix


def test_chairs_1977():
    found = priorities(whole(CHAIRS))
    assert (round(found.largest, 2), round(found.index, 2)) == (4.39, 0.13)
    assert [float(weight) for weight in found.weights] == pytest.approx([0.61, 0.24, 0.10, 0.05], abs=0.01)
    assert found.ratio > ACCEPTED_RATIO


def test_drinks_2008():
    found = priorities(whole(DRINKS))
    assert [round(float(weight), 3) for weight in found.weights] == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert round(found.ratio, 3) == 0.022 < ACCEPTED_RATIO


def test_cities_2005():
    above = priorities(whole(CRITERIA)).weights
    below = [priorities(whole(rows)).weights for rows in CITIES]
    cities = [sum(a * b[city] for a, b in zip(above, below, strict=True)) for city in range(4)]
    # printed to three decimals: .229 .275 .385 .111
    assert [round(float(weight), 3) for weight in cities] == [0.229, 0.275, 0.385, 0.111]


def test_a_consistent_matrix_gives_its_weights_back():
    weights = [Fraction(1, 2), Fraction(3, 10), Fraction(1, 5)]
    found = priorities([[a / b for b in weights] for a in weights])
    assert found.weights == tuple(weights)
    assert abs(found.ratio) < 1e-12


@pytest.mark.parametrize("order", [1, 2, MOST])
def test_what_is_equal_cannot_contradict_itself(order):
    found = priorities([[Fraction(1)] * order for _ in range(order)])
    assert found.weights == (Fraction(round(10**6 / order), 10**6),) * order
    assert found.ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("order", "random"), list(enumerate(RANDOM, 3)))
def test_the_ratio_is_over_the_random_index_of_the_order(order, random):
    matrix = [[Fraction(1)] * order for _ in range(order)]
    matrix[0][1], matrix[1][0] = Fraction(9), Fraction(1, 9)
    found = priorities(matrix)
    assert found.index / found.ratio == pytest.approx(random)
