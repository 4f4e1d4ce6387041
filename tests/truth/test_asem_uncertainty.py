"""Agreement with another program: COINr's uncertainty analysis of its ASEM example, replayed.

100 stored sets of noisy weights (levels 2 and 3 by +-25 %), which of them each of 100 replications used, and the
scores and ranks of 51 countries that came out. The data stays outside the project: a developer's check, as test_asem.
"""

import numpy as np
import pytest
from truth.test_asem import ORACLE, given, rows, tree

from evalsys.replay import ranks, replay

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the folder of oracles is not at hand")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """Return the countries and their scores: by the weights as they are, then by those of each replication."""
    instrument, leaves = tree(tmp_path_factory.mktemp("asem"), given())
    data = rows("step_Normalised.csv")
    seen = np.array([[float(row[code]) / 100 for code in leaves] for row in data])
    sets = {}
    for row in rows("ua_weights_100.csv"):
        sets.setdefault(row["iCode"], {})[int(row["rep"])] = float(row["Weight"])
    used = [int(row["weight_set"]) for row in rows("ua_used.csv")]
    weights = {code: np.array([own[place] for place in used]) for code, own in sets.items()}
    plain = {code: np.array([float(weight)]) for (_, code), weight in given().items()}
    assert len(used) == 100
    return [row["uCode"] for row in data], np.hstack(
        [replay(instrument, seen, plain), replay(instrument, seen, weights)]
    )


def theirs(name, units):
    found = {row["uCode"]: row for row in rows(name)}
    assert sorted(found) == sorted(units)
    heads = ["Nominal", *(f"r_{place}" for place in range(1, 101))]
    return np.array([[float(found[unit][head]) for head in heads] for unit in units])


def test_scores(replayed):
    units, found = replayed
    expected = theirs("ua_scores.csv", units)
    assert found.shape == expected.shape == (51, 101)
    assert np.abs(found / expected - 1).max() <= 1e-12


def test_ranks(replayed):
    units, found = replayed
    own, expected = ranks(found), theirs("ua_ranks.csv", units)
    assert (own[:, 1:] == expected[:, 1:]).sum() == 5100
    assert (own == expected).all()
    # the weights do move places, else equal ranks would show little
    assert (own[:, 1:] != own[:, :1]).mean() > 0.3
