"""The solver's answers against full enumeration, and that nothing it prints is ever seen."""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evalsys.solving import Row, quiet, solve


@pytest.mark.parametrize("seed", range(12))
def test_answers_equal_enumeration(seed):
    chance = random.Random(seed)
    count = 9
    values = np.array([chance.randint(-3, 20) / 7 for _ in range(count)])
    rows = [
        Row(list(range(count)), [float(chance.randint(0, 9)) for _ in range(count)], float(chance.randint(8, 25)))
        for _ in range(3)
    ]
    best = max(
        values @ x
        for x in map(np.array, itertools.product((0, 1), repeat=count))
        if all(np.dot(row.values, x) <= row.most for row in rows)
    )
    found = solve(values, rows)
    assert found.optimal
    assert values[found.x].sum() == pytest.approx(best, abs=1e-9)
    assert found.bound == pytest.approx(best, abs=1e-8)


def test_no_gap_is_left_open(monkeypatch):
    """The solver's default gap of 1e-4 would let it stop early; and it must not look at a clock."""
    import scipy.optimize

    real, asked = scipy.optimize.milp, []

    def spy(*args, **more):
        asked.append(more["options"])
        return real(*args, **more)

    monkeypatch.setattr(scipy.optimize, "milp", spy)
    found = solve(np.array([1.0, 1.000001, 0.999999]), [Row([0, 1, 2], [1.0, 1.0, 1.0], 1.0)])
    assert found.x.tolist() == [False, True, False]
    assert asked[0]["mip_rel_gap"] == 0
    assert "time_limit" not in asked[0]


def test_the_limit_of_nodes_leaves_a_bound():
    chance = random.Random(5)
    count = 25
    values = np.array([chance.randint(90, 110) for _ in range(count)], dtype=float)
    rows = [Row(list(range(count)), [v + chance.randint(-3, 3) for v in values], 1111.5) for _ in range(4)]
    short, whole = solve(values, rows, nodes=1), solve(values, rows, nodes=200_000)
    assert not short.optimal
    assert whole.optimal
    best = values[whole.x].sum()
    assert short.bound >= best - 1e-6
    assert short.x is None or values[short.x].sum() <= best


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="no choice"):
        solve(np.array([1.0]), [Row([0], [-1.0], -2.0)])


def test_nothing_to_win():
    found = solve(np.zeros(3), [])
    assert found.x.tolist() == [False] * 3
    assert found.optimal


PROGRAM = """
import ctypes, os, sys
from evalsys.solving import quiet
c = ctypes.CDLL(None)
print("before, python")  # stands in Python's buffer
c.printf(b"before, library\\n")  # stands in the library's buffer
try:
    with quiet():
        c.printf(b"chatter of the library\\n")
        os.write(1, b"chatter to the descriptor\\n")
        os.write(2, b"chatter to the error descriptor\\n")
        print("chatter of python", flush=True)
        raise KeyError
except KeyError:
    pass
c.printf(b"after, library\\n")
c.fflush(None)
print("after, python", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name")
def test_chatter_reaches_nobody_and_nothing_else_is_lost():
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=buffered)
    assert sorted(run.stdout.split("\n")) == sorted(
        ["", "before, python", "before, library", "after, library", "after, python"]
    )
    assert run.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name")
def test_the_solver_itself_is_silent(capfd, monkeypatch):
    """A solver that chatters as the real one may: a line by printf while it works."""
    import scipy.optimize

    real = scipy.optimize.milp

    def loud(*args, **more):
        ctypes.CDLL(None).printf(b"HighsMipSolverData::startAnalyticCenterComputation\n")
        return real(*args, **more)

    monkeypatch.setattr(scipy.optimize, "milp", loud)
    assert solve(np.array([1.0, 2.0]), []).x.tolist() == [True, True]
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr() == ("", "")


def test_a_closed_output_does_no_harm():
    program = "import os; os.close(1); from evalsys.solving import quiet\nwith quiet(): pass\nos.write(2, b'done')"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stderr.startswith("done")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no list of open descriptors")
def test_descriptors_are_given_back():
    def count() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    before = count()
    for _ in range(5):
        with quiet():
            pass
    assert count() == before
