"""Many units under many weights, against the spine one by one, and ranks against scipy."""

from fractions import Fraction

import numpy as np
import pytest
from builders import content_of, indicator, instrument_of, standard
from scipy import stats

from evalsys import load_instrument
from evalsys.replay import ranks, replay
from evalsys.rules import exact
from evalsys.spine import evaluate, single

#: Whole: A (a, b), B (C (c, d), e); b by two methods; equal weights.
TWO = ("site_visit", "overall_observation")


def content():
    c = indicator("C", None, [standard("c"), standard("d")])
    wrapped = indicator("E", None, [standard("e")])
    return content_of(
        [indicator("A", None, [standard("a"), standard("b", methods=TWO)]), indicator("B", None, [c, wrapped])],
        120,
        scheme="equal",
    )


def weighted(codes, row, places):
    """Return the content with the weights of one set."""

    def own(node):
        below = next((key for key in ("children", "standards") if key in node), None)
        more = {"weight": str(row[places[node["code"]]])} if node["code"] in codes else {}
        return {**node, **({below: [own(child) for child in node[below]]} if below else {}), **more}

    found = content()
    return {
        **found,
        "weights": {"scheme": "given", "status": "assumed"},
        "indicators": list(map(own, found["indicators"])),
    }


def test_every_set_as_an_instrument_of_its_own(tmp_path):
    random = np.random.default_rng(2)
    codes = ["A", "B", "a", "b", "C", "E", "c", "d", "e"]
    sets = random.integers(1, 20, (4, len(codes)))
    seen = random.integers(0, 17, (3, 6))
    places = {code: n for n, code in enumerate(codes)}
    instrument = instrument_of(tmp_path, content())
    found = replay(instrument, seen / 16, {code: sets[:, n] for n, code in enumerate(codes)})
    for k, row in enumerate(sets):
        one = instrument_of(tmp_path / str(k), weighted(codes, row, places))
        assert [one.nodes[leaf].code for leaf in one.leaves] == [
            instrument.nodes[leaf].code for leaf in instrument.leaves
        ]
        for unit, attained in enumerate(seen):
            value = single(evaluate(one, exact([Fraction(int(a), 16) for a in attained])).attainment[0]) * 120
            assert found[unit, k] == pytest.approx(float(value), rel=1e-13)


def test_weights_that_are_not_named_stay(tmp_path):
    instrument = load_instrument("wujiang-field-2016")
    leaves = np.linspace(0, 1, len(instrument.leaves))[None]
    top = {
        instrument.nodes[c].code: np.array([float(instrument.nodes[c].weight) * 7])
        for c in instrument.nodes[0].children
    }
    value = single(
        evaluate(instrument, exact([Fraction(n, leaves.size - 1) for n in range(leaves.size)])).attainment[0]
    )
    assert replay(instrument, leaves, top)[0, 0] == pytest.approx(float(value * instrument.full_marks), rel=1e-13)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"B": None}, "some parts of test"),
        ({"X": np.ones(2)}, "not scored"),
        ({"B": np.ones(3)}, "as many"),
        ({"B": np.array([1.0, 0.0])}, "above 0"),
        ({"B": np.array([1.0, np.nan])}, "above 0"),
        ({"A": None, "B": None}, "one code at least"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, change, said):
    weights = {code: own for code, own in {"A": np.ones(2), "B": np.ones(2), **change}.items() if own is not None}
    instrument = instrument_of(tmp_path, content())
    with pytest.raises(ValueError, match=said):
        replay(instrument, np.zeros((1, 6)), weights)


def test_what_is_no_weighted_mean_is_refused(tmp_path):
    worst = content_of([indicator("A", 1, [standard("a"), standard("b")], combine="worst")], 1)
    with pytest.raises(ValueError, match="A is not a weighted mean"):
        replay(instrument_of(tmp_path / "w", worst), np.zeros((1, 2)), {"A": np.ones(1)})
    shared = content_of([indicator("A", 1, [standard("a", points=1)])], 1, method_shares={"site_visit": "100"})
    with pytest.raises(ValueError, match="methods"):
        replay(instrument_of(tmp_path / "m", shared), np.zeros((1, 1)), {"A": np.ones(1)})
    with pytest.raises(ValueError, match="missing"):
        replay(instrument_of(tmp_path / "n", content()), np.full((1, 6), np.nan), {"A": np.ones(1), "B": np.ones(1)})


def test_ranks_with_ties():
    scores = np.random.default_rng(3).integers(0, 9, (15, 40)).astype(float)
    assert (ranks(scores) == stats.rankdata(-scores, method="min", axis=0)).all()
    assert ranks(np.zeros((1, 2))).tolist() == [[1, 1]]
