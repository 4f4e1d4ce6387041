"""Agreement with another program: COINr on its ASEM example (51 countries, 49 indicators, four levels).

The same tree, data and weights, aggregated by weighted means. The data stays outside the project: the test runs where
the folder of oracles stands beside it (a developer's check).
"""

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import content_of, indicator, instrument_of, standard

from evalsys.rules import Exact
from evalsys.spine import evaluate

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracles" / "asem"
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the folder of oracles is not at hand")


def rows(name):
    with (ORACLE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tree(folder, weights, combine="mean"):
    """Return the ASEM tree as an instrument of 100 points, and the codes of its leaves in order."""
    meta = [row for row in rows("iMeta.csv") if row["Type"] in ("Indicator", "Aggregate")]
    below = {}
    for row in meta:
        below.setdefault(row["Parent"], []).append(row)

    def node(row):
        own = {"weight": weights[row["Level"], row["iCode"]]}
        if row["Type"] == "Indicator":
            return standard(row["iCode"], not_applicable="drop", **own)
        return indicator(row["iCode"], None, [node(child) for child in below[row["iCode"]]], combine=combine, **own)

    (top,) = (row for row in meta if row["Level"] == "4")
    content = content_of([node(child) for child in below[top["iCode"]]], 100)
    whole = indicator("Index", None, content["indicators"], combine=combine, weight="1")
    instrument = instrument_of(folder, content | {"indicators": [whole]})
    return instrument, [instrument.nodes[instrument.nodes[place].parent].code for place in instrument.leaves]


def given(name="iMeta.csv"):
    return {(row["Level"], row["iCode"]): row["Weight"] for row in rows(name) if row.get("Weight")}


def scores(instrument, leaves, data):
    """Return the score of every node and country, None where it does not apply."""
    found = {}
    for row in data:
        seen = [Fraction(row[code]) / 100 if row[code] else None for code in leaves]
        whole = max((value.denominator for value in seen if value is not None), default=1)
        for value in seen:
            whole = whole if value is None else np.lcm.reduce(np.array([whole, value.denominator], dtype=object))
        numbers = np.array([0 if value is None else int(value * whole) for value in seen], dtype=object)
        dropped = np.array([value is None for value in seen])
        result = evaluate(instrument, Exact(numbers, int(whole)), dropped=dropped)
        for place, node in enumerate(instrument.nodes):
            if node.kind != "leaf" and place:
                own = result.attainment[place]
                found[row["uCode"], node.code] = None if own is None else Fraction(int(own.num), own.den) * 100
    return found


def agree(found, expected, codes):
    for row in expected:
        for code in codes:
            own, theirs = found[row["uCode"], code], row[code]
            if own is None or theirs in ("", "NA"):
                assert (own, theirs in ("", "NA")) == (None, True), (row["uCode"], code)
            else:
                assert abs(float(own) - float(theirs)) <= 1e-12 * max(1, abs(float(theirs))), (row["uCode"], code)


@pytest.mark.parametrize(
    ("weights", "data", "expected", "combine"),
    [
        ("iMeta.csv", "step_Normalised.csv", "scores_amean.csv", "mean"),
        pytest.param(
            *("weights_unequal.csv", "step_Normalised.csv", "scores_amean_unequal.csv", "mean"), marks=pytest.mark.slow
        ),
        pytest.param(
            *("iMeta.csv", "missing_step_Normalised.csv", "missing_scores_amean.csv", "mean"), marks=pytest.mark.slow
        ),
        ("iMeta.csv", "missing_step_Normalised.csv", "missing_scores_amean_thresh08.csv", {"mean": {"present": "80%"}}),
    ],
)
def test_scores(tmp_path, weights, data, expected, combine):
    instrument, leaves = tree(tmp_path, given(weights), combine)
    found = scores(instrument, leaves, rows(data))
    codes = [node.code for node in instrument.nodes if node.kind in ("indicator", "standard")]
    agree(found, rows(expected), codes)
    assert len(codes) == 49 + 8 + 2 + 1


def test_ranks(tmp_path):
    instrument, leaves = tree(tmp_path, given())
    found = scores(instrument, leaves, rows("step_Normalised.csv"))
    expected = rows("ranks_amean.csv")
    for code in [node.code for node in instrument.nodes if node.kind in ("indicator", "standard")]:
        own = {row["uCode"]: found[row["uCode"], code] for row in expected}
        ranks = {unit: 1 + sum(other > value for other in own.values()) for unit, value in own.items()}
        assert ranks == {row["uCode"]: int(row[code]) for row in expected}


def test_effective_weights(tmp_path):
    instrument, _ = tree(tmp_path, given())
    for row in rows("effective_weights_original.csv"):
        own = instrument.nodes[instrument.places[row["iCode"]]].points / instrument.full_marks
        assert abs(float(own) - float(row["EffWeight"])) <= 1e-12
