"""What repairs are worth by exact laws: the law is compiled once, and only what a repair touches is computed again.

The law of the total is a product of transforms of independent terms: leaves, draws, nonlinear parts. A state of repairs
changes some of them. Partial products stand in a tree, so that a state costs a few products for each term it changes.
The product of all terms but one, turned back with a payoff, says what each loss of that term is worth (an adjoint
table): a repair within one term then costs the term's own law and one dot product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalsys.drawing import DrawTerm, levels_at
from evalsys.fixes import Fixes, mended
from evalsys.frequencies import Damping, Grid, Tree, all_but_one, grid_of, group_of, needed, powers
from evalsys.lattice import CELLS, Compiled, LeafTerm, PartTerm, compile_region
from evalsys.law import COARSE, payoff_of
from evalsys.mending import Gain, Worth
from evalsys.model import Model
from evalsys.regions import Row, independent, regions_of
from evalsys.severity import intercepts, nodes, shifted

__all__ = ["ExactBench"]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Ints = NDArray[np.int64]
Term = LeafTerm | PartTerm | DrawTerm

_NAMES = ("points", "chance")
_SAME = 1e-14  # laws that differ by less than rounding are the same
_SWEEP = 4  # from so many repairs of one site on, a sweep through a draw is cheaper than its law for each
_FEW = 2**13  # nodes and frequencies at which short terms are looked at one by one
_ROOM = 2**17  # numbers that are worked on at once: what a cache holds
_KEPT = 2**28  # bytes of terms' laws and transforms that are kept
_TREE = 2**30  # bytes that partial products may take
_SPARE = 0.95
_FAINT = 1e-17  # what a frequency may at most bring, in points, to be left out of a gain: all of them below 1e-12


class ExactBench:
    """The exact engine, made ready once for one set of fixes.

    Parameters
    ----------
    model : Model
    fixes : Fixes
    cells, coarse : int
        As in :func:`~evalsys.law.law`: the most cells of an exact lattice, and the cells of one that rounds.
    count : int
        Nodes of severity, odd, 3 or more (one node where the model has no severity).
    at : float, optional
        A fixed severity, in log-odds, instead of the mean over severity.

    Attributes
    ----------
    exact : bool
        Whether no loss was rounded. Where some were, in shares that keep each mean, points are still exact unless a
        cap, a count or a choice reads them, and the chance is that of the rounded losses.

    Raises
    ------
    NotExact
        Where the law cannot be found by convolution, before the fixes or once some sites of a draw are mended.

    Notes
    -----
    Means are sums over frequencies (Parseval). Frequencies are left out only where the product of all terms but any
    one is certified below 1e-20; each state is checked against that, and more frequencies are taken where it asks
    for them.

    Examples
    --------
    >>> from evalsys import read_assessment
    >>> from evalsys.fixes import fixes_of
    >>> from evalsys.modelling import prospect
    >>> found = prospect(read_assessment("data/wujiang-2016"))
    >>> fixes = fixes_of(found)
    >>> bench = ExactBench(found.model, fixes, cells=2**11, coarse=2**11, at=0.0)
    >>> gain, none = bench.gains([fixes.after([0]), fixes.after([])])
    >>> gain.points > 0, none.points
    (True, 0.0)
    """

    def __init__(
        self,
        model: Model,
        fixes: Fixes,
        *,
        cells: int = CELLS,
        coarse: int = COARSE,
        count: int = 13,
        at: float | None = None,
    ) -> None:
        self.fixes, self._model = fixes, model
        self._size = (cells, coarse)
        self._z, self._weights = nodes(model.severity, count)
        if at is not None:
            self._z, self._weights = np.array([at], dtype=float), np.ones(1)
        self._chance = np.array([model.blocks[b].chance[s, c] for b, s, c in fixes.cells.tolist()])
        self._shifts = np.array([model.blocks[b].checks[c].shifts for b, _, c in fixes.cells.tolist()], dtype=bool)
        self._compiled = self._compile(self._told_apart())
        self.exact = self._compiled.exact
        self._plain = [model.seen(place, self._z) for place in range(len(model.blocks))]
        self._later: dict[tuple[float, bool], Floats] = {}
        self._touched = _touched(self._compiled, fixes.cells)
        self._leaves = {place: leaf for leaf, place in enumerate(self._touched)}
        self._readers: list[list[int]] = [[] for _ in self._chance]
        for place, own in self._touched.items():
            for cell in own.tolist():
                self._readers[cell].append(place)
        self._known: dict[tuple[int, bytes], _Known] = {}
        self._bytes = 0
        self._before: bytes = b""
        self._tables: dict[int, Floats] = {}
        self._groups: dict[int, _Group] = {}
        self._short = {place: short for place in self._touched if (short := self._shortly(place)) is not None}
        self._open()

    def worth(self, after: Floats) -> Worth:
        """Return the worth of a state.

        Parameters
        ----------
        after : float array (cells,)
            Chance that each cell of the fixes complies at least, the mean over severity; 0 where nothing is done.

        Returns
        -------
        Worth
            That of ``law(mended(model, cells, after))`` at the same lattice and nodes of severity.

        Raises
        ------
        NotExact
            Where the state leaves sites unlike that all options leave alike, and there is no law then.
        """
        state = self._state(after)
        points, chance = self._means(state)
        return Worth(points, None if self._model.mark is None else min(max(chance, 0.0), 1.0))

    def gains(self, states: Sequence[Floats], before: Floats | None = None) -> tuple[Gain, ...]:
        """Return the gain of each of some states over one state; over nothing done by default.

        Parameters
        ----------
        states : sequence of float array (cells,)
        before : float array (cells,), optional

        Returns
        -------
        tuple of Gain
            In the order of the states; exactly 0 where a state changes no law.
        """
        start = self._state(np.zeros(len(self._chance)) if before is None else before)
        found: list[tuple[float, float]] = [(0.0, 0.0)] * len(states)
        single: dict[int, list[int]] = {}
        several: list[int] = []
        ends = [self._state(after) for after in states]
        self._learn([start, *ends])
        for place, end in enumerate(ends):
            touched = self._differ(start, end)
            if len(touched) > 1 or (touched and (self._unlike(end) or self._unlike(start))):
                several.append(place)
            elif touched:
                single.setdefault(touched[0], []).append(place)
        short = [(term, place) for term in single if term in self._short for place in single[term]]
        for (term, place), gain in zip(
            short, self._by_waves(start, [(term, ends[k]) for term, k in short]), strict=True
        ):
            if gain is not None:
                found[place] = gain
                single.pop(term, None)
        for term, places in single.items():
            gains = self._within(term, start, [ends[k] for k in places])
            if gains is None:
                several += places
            else:
                for place, gain in zip(places, gains, strict=True):
                    found[place] = gain
        if several:
            points, chance = self._means(start)
            for place in several:
                if not np.array_equal(ends[place], start):
                    own = self._means(ends[place])
                    found[place] = own[0] - points, own[1] - chance
        return tuple(Gain(points, None if self._model.mark is None else chance) for points, chance in found)

    # ------------------------------------------------------------------------------------------- states and chances

    def _state(self, after: Floats) -> Floats:
        """Return a state as it acts: 0 where a cell stays as it is."""
        return np.where(after > self._chance, after, 0.0)

    def _learn(self, states: Sequence[Floats]) -> None:
        """Find the chances to be found complying that states bring, by node of severity: all at once."""
        for shifts in (False, True):
            values = np.unique(np.concatenate([np.zeros(0), *(state[self._shifts == shifts] for state in states)]))
            new = [value for value in values.tolist() if value and (value, shifts) not in self._later]
            if not new:
                continue
            found = np.repeat(np.array(new)[:, None], len(self._z), axis=1)
            if shifts:
                model = self._model
                p = shifted(intercepts(new, model.severity)[:, None], self._z) if model.severity else found
                found = p * model.specificity + (1 - p) * (1 - model.sensitivity)
            self._later.update(zip([(value, shifts) for value in new], found, strict=True))

    def _seen(self, own: Ints, state: Floats) -> list[Floats]:
        """Return the chances to be found complying, by block, with some cells in a state."""
        found = list(self._plain)
        fresh: set[int] = set()
        for cell in own[state[own] > 0].tolist():
            block, entry, check = self.fixes.cells[cell].tolist()
            if block not in fresh:
                found[block] = found[block].copy()
                fresh.add(block)
            found[block][:, entry, check] = self._later[float(state[cell]), bool(self._shifts[cell])]
        return found

    # --------------------------------------------------------------------------------------------- draws of unlike

    def _compile(self, model: Model) -> Compiled:
        full = model.instrument.full_marks
        extra = [event.deduct / full for event in model.events if event.deduct]
        cells, coarse = self._size
        return compile_region(model, regions_of(model), cells, "split", coarse, extra)

    def _told_apart(self) -> Model:
        """Return the model with the sites of a draw unlike wherever an option leaves them so.

        Alike sites are independent, so that their law is simpler; once some are mended they are a draw like others.
        """
        model, blocks = self._model, list(self._model.blocks)
        self._alike = [
            place
            for place in np.unique(self.fixes.cells[:, 0]).tolist()
            if not blocks[place].whole and len(blocks[place].times) > 1 and independent(blocks[place])
        ]
        for option in self.fixes.options if self._alike else ():
            after = np.zeros(len(self._chance))
            after[option.cells] = option.after
            for place in self._unlike(self._state(after)):
                own = blocks[place]
                apart = np.linspace(0.25, 0.75, own.chance.size).reshape(own.chance.shape)
                blocks[place] = replace(own, chance=apart)
                self._alike.remove(place)
        return replace(model, blocks=tuple(blocks))

    def _unlike(self, state: Floats) -> list[int]:
        """Return the blocks that were compiled as alike sites and are not in this state."""
        found = []
        for place in self._alike:
            table = self._model.blocks[place].chance.copy()
            own = np.flatnonzero((self.fixes.cells[:, 0] == place) & (state > 0))
            table[self.fixes.cells[own, 1], self.fixes.cells[own, 2]] = state[own]
            if not np.all(table == table[:1]):
                found.append(place)
        return found

    # ------------------------------------------------------------------------------------------ terms and products

    def _open(self) -> None:
        """Compute what no fix touches, and choose the frequencies that nothing done needs."""
        terms = self._compiled.terms
        laws = [term.forward(self._model, self._plain) for term in terms]
        self._dampings = [term.damping for term in terms]
        self._fixed = [(laws[k], terms[k].stride) for k in range(len(terms)) if k not in self._touched]
        # a little less than is certain, so that not every new state asks for more
        spare = [Damping(held.cells, _SPARE * held.amounts) for held in self._dampings]
        self._widen(grid_of(self._compiled.cells, [1], spare))

    def _widen(self, grid: Grid) -> None:
        """Take other frequencies."""
        self._grid = grid
        payoffs = [payoff_of(self._model, self._compiled, name) for name in _NAMES]
        self._payoffs = np.concatenate([grid.transform(payoff[None], 1) for payoff in payoffs])
        self._ways = np.conj(self._payoffs) * grid.weights()
        for known in self._known.values():
            known.transform = None
        self._tables.clear()
        self._groups.clear()
        self._tree: Tree | None = None
        self._at: Floats | None = None
        if 48 * (len(self._touched) + 1) * len(self._z) * grid.width > _TREE:
            return
        rest = np.ones((len(self._z), grid.width), dtype=complex)
        for law, stride in self._fixed:
            rest *= grid.transform(law, stride)
        self._tree = Tree(len(self._touched), rest)
        self._halves = np.array([held.half for held in self._dampings])
        self._held = np.zeros(grid.long)
        for held in self._dampings:
            np.add.at(self._held, held.cells % grid.long, held.amounts)

    def _of(self, place: int, state: Floats) -> _Known:
        """Return a term in a state."""
        own = self._touched[place]
        key = place, state[own].tobytes()
        known = self._known.get(key)
        if known is None:
            term = self._compiled.terms[place]
            known = _Known(term.forward(self._model, self._seen(own, state)), term.damping)
            self._keep(known.law.nbytes)
            self._known[key] = known
        return known

    def _keep(self, size: int) -> None:
        """Make room for so many more bytes."""
        self._bytes += size
        if self._bytes > _KEPT:
            self._known.clear()
            self._groups.clear()
            self._bytes = size

    def _differ(self, one: Floats, other: Floats) -> list[int]:
        """Return the terms in which two states differ."""
        return sorted({term for cell in np.flatnonzero(one != other).tolist() for term in self._readers[cell]})

    def _move(self, state: Floats) -> Tree | None:
        """Bring the tree to a state; None where it would be too large."""
        while self._tree is not None:
            tree, grid = self._tree, self._grid
            moved = list(self._touched) if self._at is None else self._differ(self._at, state)
            for place in moved:
                known, before = self._of(place, state), self._dampings[place]
                if known.transform is None:
                    known.transform = grid.transform(known.law, self._compiled.terms[place].stride)
                    self._keep(known.transform.nbytes)
                tree.put(self._leaves[place], known.transform)
                np.subtract.at(self._held, before.cells % grid.long, before.amounts)
                np.add.at(self._held, known.damping.cells % grid.long, known.damping.amounts)
                self._dampings[place], self._halves[place] = known.damping, known.damping.half
            self._at = state
            if grid.kept is None or not moved or self._covered(grid.kept):
                return tree
        return None

    def _covered(self, kept: Ints) -> bool:
        """Return whether frequencies are all that the tree's state needs, and take more where they are not."""
        most = float(self._halves.max())
        if np.isin(needed(self._held, most), kept, assume_unique=True).all():
            return True
        more = np.union1d(kept, needed(_SPARE * self._held, _SPARE * most))
        long = self._grid.long
        self._widen(Grid(long, 1, more) if 2 * len(more) < long else Grid(long))
        return False

    def _means(self, state: Floats) -> tuple[float, float]:
        """Return the mean points and the chance to pass."""
        self._learn([state])
        if self._unlike(state):
            model = mended(self._model, self.fixes.cells, state)
            seen = [model.seen(place, self._z) for place in range(len(model.blocks))]
            return self._afresh(model, self._compile(model), seen)
        tree = self._move(state)
        if tree is None:
            every = np.arange(len(state))
            return self._afresh(self._model, self._compiled, self._seen(every, state))
        points, chance = (self._ways @ (self._weights @ tree.total())).real.tolist()
        return points, chance

    def _afresh(self, model: Model, compiled: Compiled, seen: Sequence[Floats]) -> tuple[float, float]:
        """Return the mean points and the chance to pass from a law that nothing is known of, node by node."""
        payoffs = [payoff_of(model, compiled, name) for name in _NAMES]
        found = np.zeros(2)
        for node in range(len(self._z)):
            here = slice(node, node + 1)
            spectrum = compiled.spectrum(model, [own[here] for own in seen])
            _, means = spectrum.mixed(self._weights[here], compiled.cells, payoffs)
            found += self._weights[node] * np.array(means)[:, 0]
        return float(found[0]), float(found[1])

    # ------------------------------------------------------------------------------------------------ single terms

    def _within(self, place: int, start: Floats, ends: Sequence[Floats]) -> list[tuple[float, float]] | None:
        """Return the gains of states that differ from a start within one term; None where there is no tree."""
        term = self._compiled.terms[place]
        own = self._touched[place]
        found = [(0.0, 0.0)] * len(ends)
        swept: dict[int, list[int]] = {}
        if isinstance(term, DrawTerm):
            for k, end in enumerate(ends):
                sites = np.unique(self.fixes.cells[own[end[own] != start[own]], 1])
                ready = (place, end[own].tobytes()) in self._known
                if len(sites) == 1 and self._model.blocks[term.block].times[sites[0]] == 1 and not ready:
                    swept[k] = sites.tolist()
            if len(swept) < _SWEEP:
                swept = {}
        known_ends = {k: self._of(place, end) for k, end in enumerate(ends) if k not in swept}
        table = self._table(place, start)
        if table is None:
            return None
        before = self._of(place, start).law
        for k, known in known_ends.items():
            change = known.law - before
            if np.abs(change).sum(axis=1).max() > _SAME:
                gain = np.einsum("z,pzx,zx->p", self._weights, table, change)
                found[k] = float(gain[0]), float(gain[1])
        if swept:
            assert isinstance(term, DrawTerm)
            states = [(entry, self._seen(own, ends[k])) for k, (entry,) in swept.items()]
            moved = term.moved(self._model, self._seen(own, start), states, table * self._weights[:, None])
            for k, gain in zip(swept, moved.tolist(), strict=True):
                found[k] = gain[0], gain[1]
        return found

    def _shortly(self, place: int) -> _Short | None:
        """Return a term that is one row of alike sites; None for others."""
        term = self._compiled.terms[place]
        if not isinstance(term, LeafTerm) or len(term.rows) > 1:
            return None
        row, atoms = term.rows[0], term.atoms[0]
        block = self._model.blocks[row.block]
        if len(block.times) > 1:
            return None
        count = int(block.times[0]) if block.whole else block.checks[row.check].reach
        plain = self._plain[row.block][:, 0, row.check]
        return _Short(row, int(self._touched[place][0]), count, atoms.cells, atoms.shares, plain)

    def _begin(self, start: Floats) -> None:
        """Forget what is known of another start."""
        key = start.tobytes()
        if key != self._before:
            self._tables.clear()
            self._groups.clear()
            self._before = key

    def _by_waves(self, start: Floats, wanted: Sequence[tuple[int, Floats]]) -> list[tuple[float, float] | None]:
        """Return the gains of states that differ from a start within one short term each; None where tables are better.

        Neither laws nor tables are needed where the product of all other terms is nothing at most nodes and
        frequencies: the transform of a term is a power of a few waves.
        """
        self._begin(start)
        found: list[tuple[float, float] | None] = [None] * len(wanted)
        rows: dict[int, list[int]] = {}
        for k, (place, _) in enumerate(wanted):
            rows.setdefault(group_of(self._leaves[place], len(self._leaves)), []).append(k)
        for group, own in rows.items():
            known = self._groups.get(group)
            if known is None:
                tree = self._move(start)
                if tree is None:
                    break
                known = self._groups[group] = self._group(tree, group)
                self._keep(32 * len(known.factors) * len(known.node))
            step = max(1, _ROOM // (len(known.node) + 1))
            for part in [own[k : k + step] for k in range(0, len(own), step)] if known.factors else ():
                changes = self._powers([wanted[k] for k in part], known)
                changes -= np.stack([known.factors[wanted[k][0]] for k in part])
                changes[np.abs(changes.view(float)).max(axis=1, initial=0.0) < _SAME] = 0.0
                changes *= np.stack([known.others[wanted[k][0]] for k in part])
                for k, (points, chance) in zip(part, (changes @ known.ways.T).real.tolist(), strict=True):
                    found[k] = points, chance
        return found

    def _powers(self, wanted: Sequence[tuple[int, Floats]], group: _Group) -> Complex:
        """Return the transforms of short terms in states, (states, P): powers of the transform of one row."""
        shorts = [self._short[place] for place, _ in wanted]
        wide = max(len(own.cells) for own in shorts)
        chances, cells = np.zeros((len(wanted), len(self._z), wide)), np.zeros((len(wanted), wide), dtype=np.int64)
        for k, (own, (_, state)) in enumerate(zip(shorts, wanted, strict=True)):
            cell = own.fixed
            later = self._later[float(state[cell]), bool(self._shifts[cell])] if state[cell] > 0 else own.plain
            chances[k, :, : len(own.cells)] = levels_at(self._model, own.row, later[:, None])[:, 0] @ own.shares
            cells[k, : len(own.cells)] = own.cells
        base = np.zeros((len(wanted), len(group.node)), dtype=complex)
        for k in range(wide):
            one = chances[:, group.node, k]
            base += one * self._grid.waves(cells[:, k, None], group.frequency) if cells[:, k].any() else one
        return powers(base, np.array([own.count for own in shorts]))

    def _group(self, tree: Tree, group: int) -> _Group:
        """Return a group's short terms, and the products of all terms but each, where they are not nothing.

        No terms where that is at too many nodes and frequencies.
        """
        outside, members, places = tree.but(group), tree.below(group), list(self._touched)
        heavy = self._weights[:, None] * np.abs(self._ways).max(axis=0)
        node, at = np.nonzero(heavy * np.abs(outside) > _FAINT)
        if len(node) > max(_FEW, heavy.size // 4):
            return _Group(node, at, self._ways, {}, {})
        frequency = at if self._grid.kept is None else self._grid.kept[at]
        factors = [tree.factor(leaf)[node, at] for leaf in members]
        found = _Group(node, frequency, self._ways[:, at] * self._weights[node], {}, {})
        for leaf, factor, others in zip(members, factors, all_but_one(outside[node, at], factors), strict=True):
            if leaf < len(places) and places[leaf] in self._short:
                found.factors[places[leaf]], found.others[places[leaf]] = factor, others
        return found

    def _table(self, place: int, start: Floats) -> Floats | None:
        """Return the mean payoffs given each loss of a term, at a start, (2, Z, size)."""
        self._begin(start)
        table = self._tables.get(place)
        if table is None:
            tree, term = self._move(start), self._compiled.terms[place]
            if tree is None:
                return None
            rest = np.conj(tree.rest(self._leaves[place]))
            both = (self._payoffs[:, None] * rest).reshape(-1, rest.shape[1])
            table = self._grid.table(both, term.stride, term.size).reshape(2, len(rest), -1)
            self._tables[place] = table
        return table


@dataclass(eq=False)
class _Known:
    """A term in a state."""

    law: Floats
    damping: Damping
    transform: Complex | None = None


@dataclass(frozen=True, eq=False)
class _Group:
    """Neighbouring terms, at the nodes and frequencies where the product of all terms outside is not nothing.

    `node` and `frequency` (P,); `ways` (2, P) with the weights of the nodes; by short term its transform (P,), and the
    product of all other terms (P,).
    """

    node: Ints
    frequency: Ints
    ways: Complex
    factors: dict[int, Complex]
    others: dict[int, Complex]


@dataclass(frozen=True, eq=False)
class _Short:
    """A term that is one row of `count` alike sites: its cell of the fixes, its atoms, its chance as it is, (Z,)."""

    row: Row
    fixed: int
    count: int
    cells: Ints
    shares: Floats
    plain: Floats


# ------------------------------------------------------------------------------------------------------- functions


def _touched(compiled: Compiled, cells: Ints) -> dict[int, Ints]:
    """Return the cells of the fixes that each term of the total reads, for terms that read any."""
    found = {}
    for place, term in enumerate(compiled.terms):
        reads = set(_reads(term))
        own = [k for k, (block, _, check) in enumerate(cells.tolist()) if (block, check) in reads]
        if own:
            found[place] = np.array(own, dtype=np.int64)
    return found


def _reads(term: Term) -> Iterator[tuple[int, int]]:
    """Yield the checks of blocks that a term reads, here and below."""
    rows = term.choice.arguments[0].rows if isinstance(term, PartTerm) and term.kind == "applies" else ()
    for row in rows if isinstance(term, PartTerm) else term.rows:
        yield row.block, row.check
    for argument in term.arguments if isinstance(term, PartTerm) else ():
        for below in argument.terms:
            yield from _reads(below)
