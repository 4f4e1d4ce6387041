"""Random numbers with an address: seed, chunk of draws, part of the uncertainty, draw, cell.

So a simulation does not depend on the number of workers, one draw of it can be made again alone, and one part can be
drawn anew while the others stand still.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsys.model import PARTS

__all__ = ["CHUNK", "STREAMS", "Streams", "mixed", "pick", "stepped", "uniform"]

Ints = NDArray[Any]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

#: Draws that share a set of streams.
CHUNK = 4096
#: Parts that have a stream: rates have none, they are an outer loop over models.
STREAMS = PARTS[1:]
_STEP = 0x9E3779B97F4A7C15
_USES = ("complies", "level", "absent", "bits", "mended")


def mixed(state: Words) -> Words:
    """Return the outputs of SplitMix64 for its states, which are overwritten.

    A hash of the address, so that any cell can be asked for alone and in any order. Source: Steele, Lea & Flood,
    "Fast splittable pseudorandom number generators", 2014.

    Parameters
    ----------
    state : uint64 array

    Examples
    --------
    >>> hex(mixed(np.array([0], dtype=np.uint64) + stepped(np.array([1])))[0])
    '0xe220a8397b1dcdaf'
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state ^= state >> np.uint64(shift)
        state *= np.uint64(factor)
    state ^= state >> np.uint64(31)
    return state


def uniform(state: Words) -> Floats:
    """Return numbers in (0, 1), of 53 bits, for states of SplitMix64 (which are overwritten).

    Examples
    --------
    >>> float(uniform(np.zeros(1, dtype=np.uint64))[0])
    5.551115123125783e-17
    """
    found: Floats = (mixed(state) >> np.uint64(11)).astype(np.float64)
    found += 0.5
    found *= 2.0**-53
    return found


@dataclass(frozen=True)
class Streams:
    """The streams of one chunk: one child of the seed per chunk, and of that one per part.

    Attributes
    ----------
    seed : int
    chunk : int
        Its number, from 0.
    fresh : frozenset of str
        Parts that take `fresh_seed` instead.
    fresh_seed : int or None
    """

    seed: int
    chunk: int
    fresh: frozenset[str]
    fresh_seed: int | None
    _keys: dict[str, Words] = field(default_factory=dict)

    def of(self, part: str) -> np.random.SeedSequence:
        """Return the part's own sequence; the same as ``SeedSequence(seed).spawn(..)[chunk].spawn(..)[part]``."""
        seed = self.fresh_seed if part in self.fresh else self.seed
        return np.random.SeedSequence(seed, spawn_key=(self.chunk, STREAMS.index(part)))

    def bits(self, part: str, moved: bool) -> np.random.PCG64:
        """Return the generator of the raw bits of fixed rows."""
        return np.random.PCG64(self.of(part).spawn(2)[int(moved)])

    def states(self, part: str, use: str, cells: int, draws: Words) -> Words:
        """Return the state of SplitMix64 at cell 0 of each draw; a cell adds ``cell * _STEP``."""
        if part not in self._keys:
            self._keys[part] = np.asarray(self.of(part).generate_state(len(_USES), np.uint64), dtype=np.uint64)
        key: Words = self._keys[part][_USES.index(use)]
        found: Words = key + draws * np.uint64(cells * _STEP % 2**64)
        return found


def stepped(cells: Ints) -> Words:
    """Return what each cell, a whole number from 0, adds to a state."""
    return np.asarray(cells).astype(np.uint64) * np.uint64(_STEP)


def pick(population: int, drawn: int, state: Words) -> Ints:
    """Return the sites drawn without replacement, in the order in which they are drawn.

    The first steps of Fisher and Yates' shuffle.

    Parameters
    ----------
    population, drawn : int
    state : uint64 array (draws,)
        State of the first step of each draw; a step is a cell.

    Returns
    -------
    int array (drawn, draws)
        Numbers below `population`.

    Examples
    --------
    >>> sorted(pick(3, 3, np.array([7], dtype=np.uint64))[:, 0].tolist())
    [0, 1, 2]
    """
    draws = len(state)
    found = np.empty((drawn, draws), dtype=np.int32)
    slice_ = max(1, 2**21 // population)  # so that a large population needs little memory
    for start in range(0, draws, slice_):
        own = state[start : start + slice_]
        at = np.arange(len(own))
        order = np.repeat(np.arange(population, dtype=np.int32)[:, None], len(own), axis=1)
        for step in range(drawn):
            u = uniform(own + np.uint64(step * _STEP % 2**64))
            other = step + (u * (population - step)).astype(np.int64)
            taken = order[other, at]
            order[other, at] = order[step]
            found[step, start : start + slice_] = taken
    return found
