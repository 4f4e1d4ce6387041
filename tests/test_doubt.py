"""Weight doubt, against every corner of the box, a linear programme, closed laws, and the score computed anew.

Simulated numbers are held against exact moments: |z| < 4.5, a false alarm once in 147,000 comparisons.
"""

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, instrument_of, standard
from by_hand import NA
from scipy import optimize, stats
from test_scoring import random_assessment

from evalsys import load_instrument
from evalsys.doubt import (
    SPREAD,
    WIDTH,
    ScoreDoubt,
    chance_doubt,
    quantiles,
    rational,
    reweighted,
    score_doubt,
    score_interval,
    weighed,
    weight_draws,
)
from evalsys.language import Text
from evalsys.rules import exact
from evalsys.scoring import score
from evalsys.spine import evaluate, single

SURE = 4.5


def parts(seed, most=6):
    """Return random attainments (some None), weights, width and assessed shares."""
    chance = random.Random(seed)
    count = chance.randint(1, most)
    cuts = [Fraction(chance.randint(1, 9)) for _ in range(count)]
    shares = [Fraction(chance.choice((0, 1, 2, 4, 4)), 4) for _ in range(count)]
    shares[chance.randrange(count)] = Fraction(1)
    attained = [Fraction(chance.randint(0, 12), 12) if share else None for share in shares]
    width = Fraction(chance.choice((0, 1, 5, 10, 19)), 20)
    return attained, [cut / sum(cuts) for cut in cuts], width, shares


def ratio(attained, weights, shares):
    known = [(w * s, a) for a, w, s in zip(attained, weights, shares, strict=True) if a is not None and s]
    return sum(w * a for w, a in known) / sum(w for w, _ in known)


def corners(weights, width):
    """Yield every corner of the box cut by `sum = 1`: all weights but one stand at an end of their range."""
    for free in range(len(weights)):
        others = [place for place in range(len(weights)) if place != free]
        for ends in itertools.product((1 - width, 1 + width), repeat=len(others)):
            corner = list(weights)
            for place, end in zip(others, ends, strict=True):
                corner[place] = weights[place] * end
            corner[free] = 1 - sum(corner[place] for place in others)
            if weights[free] * (1 - width) <= corner[free] <= weights[free] * (1 + width):
                yield corner


# -------------------------------------------------------------------------------------------------- what is possible


@pytest.mark.parametrize("seed", range(60))
def test_the_interval_is_that_of_all_corners(seed):
    """A linear-fractional function takes its extremes at corners."""
    attained, weights, width, shares = parts(seed)
    found = score_interval(attained, weights, width, shares)
    values = [ratio(attained, corner, shares) for corner in corners(weights, width)]
    assert (found.least, found.most) == (min(values), max(values))
    for value, at in ((found.least, found.least_at), (found.most, found.most_at)):
        assert sum(at) == 1
        assert all(w * (1 - width) <= x <= w * (1 + width) for w, x in zip(weights, at, strict=True))
        assert ratio(attained, at, shares) == value


@pytest.mark.parametrize("seed", range(20))
def test_the_interval_is_that_of_a_linear_programme(seed):
    """Charnes and Cooper (1962): with y = t w and the denominator 1, the ratio is linear."""
    attained, weights, width, shares = parts(seed, 30)
    size = len(weights)
    known = np.array([float(share) for share in shares])
    won = known * np.array([float(a or 0) for a in attained])
    w = np.array([float(weight) for weight in weights])
    ends = [np.column_stack([sign * np.eye(size), -sign * end * w]) for sign, end in ((1, 1 + width), (-1, 1 - width))]
    equal = np.array([[*known, 0.0], [*np.ones(size), -1.0]], dtype=float)
    values = []
    for sign in (1, -1):
        done = optimize.linprog(
            sign * np.append(won, 0), np.vstack(ends).astype(float), np.zeros(2 * size), equal, [1.0, 0.0]
        )
        assert done.status == 0
        values.append(sign * done.fun)
    found = score_interval(attained, weights, width, shares)
    assert [float(found.least), float(found.most)] == pytest.approx(values, abs=1e-9)


def test_by_hand():
    """Four equal parts, one of them not assessed, a quarter more or less.

    Least: the part at 0 gets 5/16, those at 1/2 and 1 get 3/16: (3/32 + 3/16) / (11/16) = 9/22. Most: the part at 1
    gets 5/16: (5/16 + 3/32) / (11/16) = 13/22. The part without evidence takes the fourth weight of 5/16; were it
    scored as 0 instead, the range would be another.
    """
    quarter, seen = [Fraction(1, 4)] * 4, [Fraction(0), Fraction(1, 2), Fraction(1), None]
    found = score_interval(seen, quarter)
    assert (found.least, found.most) == (Fraction(9, 22), Fraction(13, 22))
    assert found.most_at == (Fraction(3, 16), Fraction(3, 16), Fraction(5, 16), Fraction(5, 16))
    other = score_interval([a or Fraction(0) for a in seen], quarter)
    assert (other.least, other.most) == (Fraction(9, 32), Fraction(15, 32))


@pytest.mark.parametrize(
    ("attained", "weights", "width"),
    [
        ([Fraction(1)], [Fraction(1, 2)], WIDTH),
        ([Fraction(1), Fraction(1)], [Fraction(0), Fraction(1)], WIDTH),
        ([Fraction(1)], [Fraction(1)], Fraction(1)),
        ([Fraction(1)], [Fraction(1)], Fraction(-1, 9)),
        ([None], [Fraction(1)], WIDTH),
        ([], [], WIDTH),
    ],
)
def test_what_is_no_box_is_refused(attained, weights, width):
    with pytest.raises(ValueError, match=r"weights|width|assessed"):
        score_interval(attained, weights, width)


# ----------------------------------------------------------------------------------------------- reweighted instruments


def test_deeper_weights_keep_their_proportions():
    instrument = load_instrument("xinbei-district")
    places = weighed(instrument)
    codes = [instrument.nodes[place].code for place in places]
    cuts = dict(zip(codes, [Fraction(n, 15) for n in (1, 2, 3, 4, 5)], strict=True))
    other = reweighted(instrument, cuts)
    assert [other.nodes[place].weight for place in places] == list(cuts.values())
    for place, code in zip(places, codes, strict=True):
        for below in instrument.below(place):
            old, new = instrument.nodes[below], other.nodes[below]
            assert (old.points is None) == (new.points is None)
            if old.points is not None:
                assert new.points == old.points * cuts[code] * 5
            assert below == place or new == replace(old, points=new.points)
    assert sum(other.nodes[leaf].points for leaf in other.leaves) == instrument.full_marks
    leaves = exact([Fraction(n % 7, 6 + n % 7) for n in range(len(instrument.leaves))])
    before, after = evaluate(instrument, leaves), evaluate(other, leaves)
    assert single(after.attainment[0]) == sum(
        cuts[instrument.nodes[p].code] * single(before.attainment[p]) for p in places
    )
    assert other.weights == {"scheme": "given", "status": "assumed"}
    assert reweighted(other, {code: Fraction(1, 5) for code in codes}).nodes == instrument.nodes


def test_points_printed_unevenly(tmp_path):
    content = content_of(
        [indicator("A", 30, [standard("a", points=30)]), indicator("B", 70, [standard("b", points=70)])], 100
    )
    instrument = instrument_of(tmp_path, content)
    other = reweighted(instrument, {"B": Fraction(1, 4), "A": Fraction(3, 4)})
    assert [other.nodes[leaf].points for leaf in other.leaves] == [75, 25]


@pytest.mark.parametrize(
    "weights", [{"A": 1}, {"A": Fraction(1, 2), "B": Fraction(1, 3)}, {"A": 0, "B": 1}, {"A": 1, "C": 1}]
)
def test_weights_that_do_not_fit_are_refused(tmp_path, weights):
    content = content_of(
        [indicator("A", 30, [standard("a", points=30)]), indicator("B", 70, [standard("b", points=70)])], 100
    )
    with pytest.raises(ValueError, match="weights"):
        reweighted(instrument_of(tmp_path, content), weights)


def test_comparisons_that_no_longer_hold_are_dropped(tmp_path):
    def two(codes):
        return {"of": list(codes), "matrix": [["1", "3"], ["1/3", "1"]]}

    above = indicator("A", None, [standard("a"), standard("b")], pairwise=two("ab"))
    content = content_of(
        [above, indicator("B", None, [standard("c", weight="1")])], 100, scheme="ahp", pairwise=two("AB")
    )
    instrument = instrument_of(tmp_path, content)
    assert [found.of for found in instrument.comparisons] == [("A", "B"), ("a", "b")]
    other = reweighted(instrument, {"A": Fraction(1, 4), "B": Fraction(3, 4)})
    assert [found.of for found in other.comparisons] == [("a", "b")]
    assert [other.nodes[other.places[code]].points for code in "Aac"] == [25, Fraction(75, 4), 75]


def test_an_only_child_hands_the_question_down():
    """Eleven lines below one indicator: their weights are what was assumed."""
    instrument = load_instrument("school-point-checklist")
    places = weighed(instrument)
    assert {instrument.nodes[place].parent for place in places} == {1}
    assert [instrument.nodes[place].weight for place in places] == [Fraction(1, 11)] * 11


def test_where_the_total_is_no_weighted_mean_it_says_why(tmp_path):
    frame = weighed(load_instrument("city-management-deductions"))
    assert isinstance(frame, Text)
    assert "fewer than two" in frame.en
    best = content_of([indicator("A", 10, [standard("a"), standard("b")], combine="best")], 10)
    found = weighed(instrument_of(tmp_path / "best", best))
    assert "item A" in found.en
    assert "A项" in found.zh
    shared = content_of(
        [
            indicator("A", 1, [standard("a", points=1)]),
            indicator("B", 1, [standard("b", points=1, methods=("survey",))]),
        ],
        2,
        method_shares={"site_visit": "50", "survey": "50"},
    )
    instrument = instrument_of(tmp_path / "shared", shared)
    assert "methods" in weighed(instrument).en
    with pytest.raises(ValueError, match="methods"):
        reweighted(instrument, {"A": Fraction(1, 2), "B": Fraction(1, 2)})


# --------------------------------------------------------------------------------------------------- the score's doubt


def again(assessment, weights):
    return score(replace(assessment, instrument=reweighted(assessment.instrument, weights)))


def holds(assessment, seed):
    """Check the range of a score against scores computed anew, at its ends and at weights of the box."""
    found = score_doubt(score(assessment), width=Fraction(1, 3), draws=500)
    if isinstance(found, Text):
        return found
    assert found.value == score(assessment).value
    assert again(assessment, found.least_at).value == found.least
    assert again(assessment, found.most_at).value == found.most
    for row in weight_draws(list(found.weights.values()), "box", 2, seed, 0.3):
        value = again(assessment, dict(zip(found.weights, rational(row), strict=True))).value
        assert found.least <= value <= found.most
    return found


def test_random_assessments_scored_anew(tmp_path):
    seen = []
    for seed in range(6):
        _, assessment, _ = random_assessment(tmp_path / str(seed), seed, seed % 6 == 5)
        found = holds(assessment, seed)
        assert isinstance(found, Text) == (seed % 6 == 5 or score(assessment).value is None)
        seen.append(not isinstance(found, Text) and found.least < found.value < found.most)
    assert sum(seen) >= 3


def peers(folder, several="mean", combine="sum"):
    """Standards of one indicator; c applies nowhere and takes the mean of its peers, d does so by one method."""
    two = ("site_visit", "overall_observation")
    own = [
        standard("a", points=5, not_applicable="peers"),
        standard("b", points=3, methods=two, several=several),
        standard("c", points=2, not_applicable="peers"),
        standard("d", points=4, methods=two, several="mean", not_applicable="peers"),
        standard("e", points=1),
    ]
    values = [
        ("a", "site_visit", "0.2"), ("a", "site_visit", NA), ("b", "site_visit", "0.5"),
        ("b", "overall_observation", "0.1"), ("c", "site_visit", NA), ("d", "site_visit", "0.9"),
        ("d", "overall_observation", NA),
    ]  # fmt: skip
    sites = [{"site_id": f"c{n}", "site_type": "community", "name": f"点{n}"} for n in range(9)]
    rows = [
        {"standard": code, "method": method, "site_id": f"c{n}", "value": value}
        for n, (code, method, value) in enumerate(values)
    ]
    return assessment_of(folder, content_of([indicator("T", 15, own, combine=combine)], 15), rows, sites=sites)


@pytest.mark.parametrize("combine", ["sum", "mean"])
def test_the_mean_of_peers_moves_with_their_weights(tmp_path, combine):
    assessment = peers(tmp_path, combine=combine)
    found = holds(assessment, 1)
    assert {node.by for node in score(assessment).nodes} >= {"observations", "peers"}
    assert found.least < found.value < found.most


def test_quantiles_are_those_of_scores_computed_anew(tmp_path):
    """Five drawn weights, with parts that are assessed to different shares."""
    assessment = peers(tmp_path)
    found = score_doubt(score(assessment), draws=5, seed=6)
    values = []
    for row in weight_draws(list(found.weights.values()), count=5, seed=6):
        first = [Fraction(weight) for weight in row[:-1]]
        values.append(again(assessment, dict(zip(found.weights, [*first, 1 - sum(first)], strict=True))).value)
    expected = np.quantile([float(value) for value in values], [own.at for own in found.quantiles])
    assert [own.value for own in found.quantiles] == pytest.approx(expected.tolist(), rel=1e-12)


def test_the_mean_of_peers_beside_a_worst_method(tmp_path):
    found = holds(peers(tmp_path, "min"), 1)
    assert isinstance(found, Text)
    assert "worst method" in found.en


def test_nothing_assessed(tmp_path):
    found = score_doubt(score(peers(tmp_path), left_out=["T"]))
    assert isinstance(found, Text)
    assert "no score" in found.en


# ------------------------------------------------------------------------------------------------------- drawn weights


def z_of_mean(values, mean, variance):
    return (np.mean(values) - mean) / (variance / len(values)) ** 0.5


def test_dirichlet_draws_have_the_mean_and_spread_that_they_say():
    """A weight w of a Dirichlet law of total k is Beta(k w, k (1 - w))."""
    weights = [Fraction(n, 20) for n in (1, 4, 5, 10)]
    total = 3 / 0.3**2 - 1
    drawn = weight_draws(weights, count=40_000, seed=3, spread=0.3)
    assert np.abs(drawn.sum(axis=1) - 1).max() < 1e-12
    for column, weight in zip(drawn.T, map(float, weights), strict=True):
        law = stats.beta(total * weight, total * (1 - weight))
        mean, variance, kurtosis = law.stats("mvk")
        assert abs(z_of_mean(column, mean, variance)) < SURE
        assert abs(z_of_mean((column - mean) ** 2, variance, variance**2 * (kurtosis + 2))) < SURE
    # what the spread means: the relative standard deviation of a weight of 1/n
    assert stats.beta(total / 4, total * 3 / 4).std() * 4 == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize(("weights", "reach"), [((1, 1, 1), (1, 1, 1)), ((2, 2, 1), (2, 2, 1)), ((1, 2, 2), (1, 2, 2))])
def test_draws_from_the_box_are_uniform(weights, reach):
    """Three moves that add up to 0, each within its reach: a polygon whose moments are sums over its edges' widths.

    A move x has a density in proportion to the length that is left to the second, the third follows.
    """
    whole = [Fraction(weight, sum(weights)) for weight in weights]
    drawn = weight_draws(whole, "box", 40_000, seed=5)
    assert np.abs(drawn.sum(axis=1) - 1).max() < 1e-12
    unit = float(WIDTH) / sum(weights)
    for place in range(3):
        a, b = (reach[other] for other in range(3) if other != place)
        x = np.linspace(-reach[place], reach[place], 20_001)
        length = np.minimum(a, b - x) - np.maximum(-a, -b - x)
        density = length / np.trapezoid(length, x)
        second, fourth = (np.trapezoid(x**power * density, x) for power in (2, 4))
        moves = (drawn[:, place] - float(whole[place])) / unit
        assert np.abs(moves).max() <= reach[place] + 1e-9
        assert abs(z_of_mean(moves, 0, second)) < SURE
        assert abs(z_of_mean(moves**2, second, fourth - second**2)) < SURE
    if reach == (1, 1, 1):  # the hexagon, by hand
        assert (second, fourth) == pytest.approx((5 / 18, 7 / 45), abs=1e-8)


def test_draws_repeat_by_seed_and_a_box_of_no_width_is_its_centre():
    half = [Fraction(1, 2)] * 2
    for kind in ("dirichlet", "box"):
        first = weight_draws(half, kind, 50, seed=1)
        assert (first == weight_draws(half, kind, 50, seed=1)).all()
        assert (first != weight_draws(half, kind, 50, seed=2)).any()
        assert weight_draws([Fraction(1)], kind, 3).tolist() == [[1.0]] * 3
    assert weight_draws(half, "box", 3, spread=0).tolist() == [[0.5, 0.5]] * 3
    for kind, spread in (("dirichlet", 0), ("dirichlet", 1.0), ("box", 1), ("box", -0.1)):
        with pytest.raises(ValueError, match=r"width|deviation"):
            weight_draws(half, kind, 3, spread=spread)


def test_rational_weights_are_near_and_never_zero():
    for row in weight_draws([Fraction(1, 9)] * 9, count=200, seed=8, spread=1.0):
        found = rational(row)
        assert sum(found) == 1
        assert min(found) > 0
        assert max(abs(float(own) - given) for own, given in zip(found, row, strict=True)) <= 0.0085
    assert [part * 1000 for part in rational(np.array([0.3331, 0.3336, 0.3333]))] == [333, 334, 333]
    tiny = rational(np.array([0.99999, 5e-6, 5e-6]))
    assert tiny == (Fraction(998, 1000), Fraction(1, 1000), Fraction(1, 1000))


def test_quantiles_and_their_errors(tmp_path):
    """Two equal parts, one full and one empty: the score is the first's weight, which follows a beta law."""
    content = content_of([indicator(code, 1, [standard(code.lower(), points=1)]) for code in "AB"], 2)
    rows = [{"standard": code, "site_id": "c0", "value": value} for code, value in (("a", "0"), ("b", "1"))]
    sites = [{"site_id": "c0", "site_type": "community", "name": "点"}]
    draws = 100_000
    found = score_doubt(score(assessment_of(tmp_path, content, rows, sites=sites)), draws=draws, seed=4)
    assert (found.least, found.value, found.most) == (Fraction(3, 4), 1, Fraction(5, 4))
    total = 1 / SPREAD**2 - 1
    law = stats.beta(total / 2, total / 2, scale=2)
    for own in found.quantiles:
        reach = (draws * own.at * (1 - own.at)) ** 0.5
        value = law.ppf(own.at)
        error = reach / draws / law.pdf(value)
        assert abs(own.value - value) / error < SURE
        # 2 x reach gaps between neighbours, each exponential: relative standard deviation 1 / sqrt(2 x reach);
        # rounding outwards adds at most two gaps
        assert abs(own.error / error - 1) < SURE / (2 * reach) ** 0.5 + 1 / reach
    assert [own.at for own in found.quantiles] == [0.05, 0.25, 0.5, 0.75, 0.95]


def test_quantiles_of_few():
    low, high = quantiles(np.arange(5.0), (0.01, 0.99))
    assert (low.value, high.value) == pytest.approx((0.04, 3.96))
    assert low.error == high.error == 0.5
    assert quantiles(np.array([7.0]))[0].value == 7


# --------------------------------------------------------------------------------------------------------- the chance


def test_chances_are_those_of_the_weights_tried():
    """A chance that is a function of the first weight: the range found is that of the weights that were tried."""
    instrument = load_instrument("xinbei-district")
    codes = [instrument.nodes[place].code for place in weighed(instrument)]
    fifth = dict.fromkeys(codes, Fraction(1, 5))
    low, high = ({**fifth, codes[0]: Fraction(n, 20), codes[1]: Fraction(8 - n, 20)} for n in (3, 5))
    doubt = ScoreDoubt(Fraction(50), Fraction(45), Fraction(55), fifth, low, high, (), WIDTH, SPREAD, 0, 0)
    tried = []

    def chance_of(other):
        tried.append(other)
        return 1 - float(other.nodes[other.places[codes[0]]].weight)

    found = chance_doubt(chance_of, instrument, doubt, draws=20, seed=1)
    firsts = [other.nodes[other.places[codes[0]]].weight for other in tried]
    assert len(tried) == 23
    assert tried[0] is instrument
    assert (found.value, found.at_least_score, found.at_most_score) == (0.8, 0.85, 0.75)
    assert (found.least, found.most) == (1 - float(max(firsts)), 1 - float(min(firsts)))
    assert found.least_at[codes[0]] == max(firsts)
    assert found.most_at[codes[0]] == min(firsts)
    assert [own.value for own in found.quantiles] == [
        pytest.approx(np.quantile([1 - float(first) for first in firsts[3:]], own.at)) for own in found.quantiles
    ]
    assert "23" in found.label.zh
    assert chance_doubt(chance_of, instrument, doubt, draws=0).quantiles == ()
