"""How firm the order of fixes is: places by their definition, verdicts where the answer is known, and closed forms of
linear and of all-or-nothing models under every assumption."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import stability
from evalsys.assessment import Assessment
from evalsys.assumptions_views import Change, changed, changes_of
from evalsys.fixes import Fixes, Option, fixes_of, mended
from evalsys.language import Text
from evalsys.law import law
from evalsys.mending import Gain, Worth
from evalsys.model import Model
from evalsys.modelling import Prospect, prospect
from evalsys.stability import (
    COST,
    FAILING,
    NOW,
    OWN,
    Column,
    Stability,
    _again,
    _ranked,
    half_of,
    settings_of,
    stability_of,
    standings_of,
    top_of,
)

F = Fraction
NO_ALARM = 4.5  # |z| of a right estimate exceeds it with chance 7e-6
SMALL, NONE = 1e-3, 1e-9


class ByLaw:
    """An engine that makes the law of the mended model anew for every state."""

    exact = True

    def __init__(self, model: Model, fixes: Fixes) -> None:
        self.model, self.fixes = model, fixes

    def worth(self, after: np.ndarray) -> Worth:
        found = law(mended(self.model, self.fixes.cells, after))
        return Worth(found.mean, found.chance)

    def gains(self, states: Sequence[np.ndarray], before: np.ndarray | None = None) -> tuple[Gain, ...]:
        base = self.worth(self.fixes.after([]) if before is None else before)
        after = [self.worth(state) for state in states]
        return tuple(
            Gain(a.points - base.points, None if a.chance is None or base.chance is None else a.chance - base.chance)
            for a in after
        )


class Linear:
    """Points and chance alike: weight x (after - before) of each cell, with a stated error."""

    exact = False

    def __init__(self, fixes: Fixes, weights: Sequence[float], error: float = 0.0, marked: bool = True) -> None:
        self.fixes, self.weights, self.error, self.marked = fixes, np.array(weights), error, marked

    def worth(self, after: np.ndarray) -> Worth:
        value = float(self.weights @ after)
        return Worth(value, value if self.marked else None)

    def gains(self, states: Sequence[np.ndarray], before: np.ndarray | None = None) -> tuple[Gain, ...]:
        found = [self.worth(state) for state in states]
        return tuple(Gain(w.points, w.chance, self.error, self.error if self.marked else 0.0) for w in found)


def fixes_like(*options: tuple[str, float, Fraction | None]) -> Fixes:
    """Fixes of one cell each: name, chance afterwards, cost."""
    made = [
        Option(name, "", (("*", "site", name),), np.array([n]), after, False, cost, None, None, None)
        for n, (name, after, cost) in enumerate(options)
    ]
    return Fixes(tuple(made), np.zeros((len(made), 3), dtype=np.int64))


def columns_of(*rows: Sequence[float], errors: float = 0.0) -> list[Column]:
    """A column per row of gains; costs do not count."""
    found = []
    for number, row in enumerate(rows):
        gains = np.array([row], dtype=float)
        name = Text(f"假定{number}", f"assumption {number}")
        found.append(Column(name, gains, np.full_like(gains, errors), np.ones_like(gains)))
    return found


def verdicts(columns: Sequence[Column]) -> list[str]:
    """By option, not by place."""
    count = columns[0].gains.shape[1]
    found = standings_of(range(count), columns, SMALL, NONE)
    return [standing.verdict for standing in sorted(found, key=lambda each: each.option)]


# ------------------------------------------------------------------------------------------------------------ places


def by_definition(values: Sequence[float], errors: Sequence[float]) -> np.ndarray:
    found = []
    for a, e in zip(values, errors, strict=True):
        others = [(b, math.hypot(e, f)) for b, f in zip(values, errors, strict=True)]
        others.remove((a, math.hypot(e, e)))
        above = [b > a for b, _ in others]
        surely = [b > a + 2 * s for b, s in others]
        maybe = [b > a - 2 * s for b, s in others]
        found.append((1 + sum(above), 1 + sum(surely), 1 + sum(maybe)))
    return np.array(found).T


@pytest.mark.parametrize("seed", range(20))
def test_places_by_their_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 8, size=12) / 8  # with ties
    errors = random.integers(0, 3, size=12) / 16 * (seed % 2)
    assert _ranked(values, errors).tolist() == by_definition(values.tolist(), errors.tolist()).tolist()


def test_equals_share_the_better_place() -> None:
    """Also where rounding tells them apart in the last digits, and where neither costs anything."""
    values = np.array([0.1 + 0.2, 0.3, 0.5, 0.0, np.inf, np.inf])
    assert _ranked(values, np.zeros(6))[0].tolist() == [4, 4, 3, 6, 1, 1]


def test_errors_leave_places_open() -> None:
    """Two standard errors of the difference: 2 x sqrt(2) x .01 = .0283."""
    place, best, worst = _ranked(np.array([0.100, 0.075, 0.070]), np.full(3, 0.01))
    assert (place.tolist(), best.tolist(), worst.tolist()) == ([1, 2, 3], [1, 1, 2], [2, 3, 3])


def test_the_first_places_and_the_half() -> None:
    counts = range(1, 200)
    assert all(1 <= top_of(n) <= half_of(n) for n in counts)
    assert [top_of(n) for n in (1, 2, 4, 7, 39, 40, 100)] == [1, 1, 2, 3, 3, 4, 10]
    assert all(2 * half_of(n) in (n, n + 1) for n in counts)


# ---------------------------------------------------------------------------------------------------------- verdicts


def test_the_order_that_nothing_moves() -> None:
    """Twelve fixes, gains falling: three are first, the last four bring little, the rest is worth it."""
    row = [0.12, 0.11, 0.10, 0.09, 0.08, 0.07, 0.06, 0.05, 9e-4, 8e-4, 7e-4, 0.0]
    found = standings_of(range(12), columns_of(row, row), SMALL, NONE)
    assert [s.verdict for s in found] == ["first"] * 3 + ["worth"] * 5 + ["never"] * 4
    assert [(s.place, s.low, s.high) for s in found] == [(n, n, n) for n in range(1, 13)]
    assert not any(s.depends_on for s in found)


def test_it_depends_on_what_moves_it_over_the_middle() -> None:
    now = [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    turned = [0.6, 0.5, 0.1, 0.3, 0.2, 0.4]
    found = standings_of(range(6), columns_of(now, now, turned), SMALL, NONE)
    assert [s.verdict for s in found] == ["first", "first", "depends", "worth", "worth", "depends"]
    assert [(s.low, s.high) for s in found] == [(1, 1), (2, 2), (3, 6), (4, 4), (5, 5), (3, 6)]
    assert [[text.en for text in s.depends_on] for s in found if s.depends_on] == [["assumption 2"]] * 2


def test_small_gains_are_worth_it_where_others_bring_less() -> None:
    """Small and not in the last third: not 'never'. Small in the last third once is not always."""
    small = [9e-4, 8e-4, 7e-4, 6e-4, 5e-4, 4e-4]
    assert verdicts(columns_of(small)) == ["first", "first", "worth", "worth", "never", "never"]
    more = [*small[:4], 5e-4, 2e-3]
    assert verdicts(columns_of(small, more)) == ["first", "worth", "depends", "worth", "never", "depends"]


def test_what_brings_nothing_is_never_worth_it() -> None:
    """Even where all are equal, so that all share the first place."""
    assert verdicts(columns_of([0.0] * 5)) == ["never"] * 5
    assert verdicts(columns_of([0.0, 0.0, 0.0, 0.0, 0.3])) == ["never"] * 4 + ["first"]
    once = columns_of([0.0, 0.4, 0.4, 0.4], [0.5, 0.4, 0.4, 0.4])
    assert verdicts(once) == ["depends", "first", "first", "first"]


def test_equal_fixes_get_one_verdict() -> None:
    assert len({*verdicts(columns_of([0.2] * 7, [0.1] * 7))}) == 1


def test_noise_is_no_verdict() -> None:
    """Gains within their errors: no fix is first, none depends on anything, none is surely idle."""
    now, turned = [0.0104, 0.0103, 0.0102, 0.0101], [0.0101, 0.0102, 0.0103, 0.0104]
    assert verdicts(columns_of(now, turned)) == ["depends"] * 4
    assert verdicts(columns_of(now, turned, errors=0.001)) == ["worth"] * 4
    assert verdicts(columns_of([0.5, 0.4, 0.3, 1e-4], errors=1e-2))[3] == "worth"
    assert verdicts(columns_of([0.5, 0.4, 0.3, 1e-4], errors=1e-4))[3] == "never"


@pytest.mark.parametrize(("turned", "verdict"), [(0, "first"), (5, "first"), (6, "depends")])
def test_up_to_a_twentieth_of_the_draws_does_not_count(turned: int, verdict: str) -> None:
    """Of a hundred draws, some put the first fix last."""
    now = [0.4, 0.3, 0.2, 0.1]
    gains = np.array([now] * (100 - turned) + [[0.0, 0.3, 0.2, 0.1]] * turned)
    drawn = Column(OWN, gains, np.zeros_like(gains), np.ones_like(gains))
    found = standings_of(range(4), [*columns_of(now), drawn], SMALL, NONE)[0]
    assert (found.option, found.verdict, found.high) == (0, verdict, 1 if verdict == "first" else 4)
    assert found.depends_on == (() if verdict == "first" else (OWN,))


@pytest.mark.parametrize(("turned", "verdict"), [(5, "worth"), (6, "depends"), (94, "depends"), (95, "worth")])
def test_what_happens_in_a_twentieth_of_the_draws_does_not_count(turned: int, verdict: str) -> None:
    """Of a hundred draws, some exchange the third of six, the last of the first half, with the fourth."""
    gains = np.array([[0.6, 0.5, 0.4, 0.3, 0.2, 0.1]] * (100 - turned) + [[0.6, 0.5, 0.3, 0.4, 0.2, 0.1]] * turned)
    found = standings_of(range(6), [Column(OWN, gains, np.zeros_like(gains), np.ones_like(gains))], SMALL, NONE)
    assert [(s.option, s.verdict) for s in found[2:4]] == [(2, verdict), (3, verdict)]


# ------------------------------------------------------------------------------------------------- a small assessment


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Prospect:
    """Five standards with assumed weights, four of them found wanting, each at one of four communities; two of eight
    communities are drawn, and how many there are is assumed. A mark that no weights move."""
    draw = [{"site_type": "community", "sites": 2, "population": 8}]
    return prospect(assessed(tmp_path_factory.mktemp("city"), draw=draw))


def assessed(folder: Path, **settings: object) -> Assessment:
    where = [{"site_type": "community", "sites": "all"}]
    points = {"A": 40, "B": 30, "C": 15, "D": 10, "E": 5}
    below = {name: [standard(f"{name}1", "met", worth, checked_at=where)] for name, worth in points.items()}
    content = content_of([indicator(name, worth, below[name]) for name, worth in points.items()], 100)
    content["weights"] = {"scheme": "given", "status": "assumed"}
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"社区{n}"} for n in range(1, 5)]
    rows = [
        {
            "standard": f"{name}1",
            "method": "site_visit",
            "site_id": f"s{n}",
            "value": value,
            "observed_on": f"2024-05-{day}",
        }
        for n, name, day, value in (
            (1, "A", 10, "no"),
            (2, "B", 12, "no"),
            (3, "C", 16, "no"),
            (4, "D", 28, "no"),
            (4, "E", 28, "yes"),
        )
    ]
    fixes = [
        {"fix_id": f"f{name}", "level": level, "targets": f"{name}1@s{n}", "after": after, "cost": cost}
        for n, (name, least) in enumerate({"A": 30, "B": 4, "C": 3, "D": 1}.items(), 1)
        for level, after, cost in (("基本", "0.8", least), ("彻底", "0.95", least + 1))
    ]
    return assessment_of(
        folder,
        content,
        rows,
        {"inspection_date": "2024-06-10", "pass_mark": "100", **settings},
        sites=sites,
        fixes=fixes,
    )


def at(model: Model, fixes: Fixes, option: int) -> tuple[float, float, Fraction]:
    """Of the one cell of an option: its chance, how many sites its block has, its leaf's points."""
    ((block, entry, check),) = fixes.cells[fixes.options[option].cells].tolist()
    own = model.blocks[block]
    leaf = model.instrument.nodes[model.instrument.leaves[own.checks[check].leaf]]
    assert leaf.points is not None
    return float(own.chance[entry, check]), own.population, leaf.points


# --------------------------------------------------------------------------------------------------- whole assessments


def test_a_linear_score_under_every_assumption(city: Prospect) -> None:
    """Of n communities each is drawn as likely as any: ``points x (after - chance) / n``, whatever the severity."""
    fixes = fixes_of(city)
    found = stability_of(city, fixes, bench=ByLaw, measure="points", sets=1, draws=10)
    settings = [(NOW, city.model, fixes), *((s.name, s.model, s.fixes) for s in settings_of(city, fixes, sets=1))]
    assert found.columns == tuple(name for name, _, _ in settings)
    assert len(found.columns) == 1 + 2 + 1 + 3 + 3 + 2 + 2 == len({*found.columns})
    assert [fixes.options[s.option].level for s in found.standings] == ["彻底"] * 4
    for row, (name, model, own) in enumerate(settings):
        gains, values = [], []
        for standing in found.standings:
            chance, population, points = at(model, own, standing.option)
            assert population == {"half": 4, "2": 16, "5": 40}.get(name.en.split()[0], 8) or "sites" not in name.en
            gains.append(float(points) * (0.95 - chance) / population)
            values.append(gains[-1] / float(fixes.options[standing.option].cost or 0))
        # severity is a sum over nodes that keeps the mean chance to 1e-8
        assert found.gains[row] == pytest.approx(gains, abs=1e-7)
        assert found.places[row].tolist() == (1 + np.argsort(np.argsort(-np.array(values)))).tolist()
    named = {text.en: row for row, text in enumerate(found.columns)}
    for name in ("no shared severity", "half the spread of severity", "twice the spread of severity"):
        assert found.gains[named[name]] == pytest.approx(found.gains[0], abs=1e-7)
    assert found.gains[named["2 times as many sites as assumed"]] == pytest.approx(found.gains[0] / 2, abs=1e-3)
    assert not found.errors.any()


def test_all_or_nothing_under_every_assumption(tmp_path: Path) -> None:
    """A mark of 100: all must comply, so that a repair brings ``(after / p - 1) x product of p``, whatever weighs."""
    given = assessed(tmp_path)
    wanting = prospect(given, given.settings.forecast.with_off(["severity"]))
    fixes = fixes_of(wanting)
    found = stability_of(wanting, fixes, bench=ByLaw, sets=2, draws=10)
    settings = [(wanting.model, fixes), *((s.model, s.fixes) for s in settings_of(wanting, fixes, sets=2))]
    for row, (model, own) in enumerate(settings):
        chances = np.array([at(model, own, s.option)[0] for s in found.standings])
        every = math.prod(float(block.chance.prod()) for block in model.blocks)
        assert found.gains[row] == pytest.approx((0.95 / chances - 1) * every, abs=1e-12)
    weighed = [row for row, name in enumerate(found.columns) if "weights" in name.en]
    assert len(weighed) == 4
    assert found.gains[weighed] == pytest.approx(np.tile(found.gains[0], (4, 1)), abs=1e-12)


def test_standings_are_in_order_and_of_every_fix(city: Prospect) -> None:
    fixes = fixes_of(city)
    found = stability_of(city, fixes, bench=lambda _, own: Linear(own, (0.4, 0.3, 0.2, 0.1)), sets=0, draws=20)
    assert [s.place for s in found.standings] == sorted(s.place for s in found.standings)
    assert sorted(fixes.options[s.option].fix for s in found.standings) == ["fA", "fB", "fC", "fD"]
    assert found.places[0].tolist() == [s.place for s in found.standings]
    assert found.drawn.shape == (20, 4)
    for column, standing in enumerate(found.standings):
        assert standing.low <= found.places[:, column].min() <= found.places[:, column].max() <= standing.high
        assert (
            standing.low <= np.sort(found.drawn[:, column])[1] <= np.sort(found.drawn[:, column])[-2] <= standing.high
        )


def test_what_is_changed_and_what_is_not(city: Prospect) -> None:
    fixes = fixes_of(city)
    names = [change.name for change in changes_of(city) if not change.off]
    found = list(settings_of(city, fixes, sets=2, seed=3))
    assert [setting.name for setting in found[4:]] == names
    # E alone complies: it weighs a quarter less or more at the ends of the score
    last = city.model.instrument.places["E1"]
    assert [setting.model.instrument.nodes[last].points for setting in found[:2]] == [F(15, 4), F(25, 4)]
    for setting in found[:4]:
        tree = setting.model.instrument
        assert sum((tree.nodes[place].points or F(0)) for place in tree.leaves) == 100
    runs = [found[2:4], *(list(itertools.islice(settings_of(city, fixes, sets=2, seed=k), 2, 4)) for k in (3, 4))]
    points = [[node.points for setting in run for node in setting.model.instrument.nodes] for run in runs]
    assert points[0] == points[1] != points[2]
    assert next(itertools.islice(settings_of(city, fixes, sets=0), 2, None)).name == names[0]
    printed = replace(city.model.instrument, weights={"scheme": "given", "status": "printed"})
    known = replace(city, model=replace(city.model, instrument=printed))
    assert [setting.name for setting in settings_of(known, fixes)] == names


def test_cells_are_found_anew_where_they_move(city: Prospect) -> None:
    """Without the draw there are other blocks; each option still aims at its standard and site."""
    fixes = fixes_of(city)
    some = replace(fixes, options=fixes.options[::-2])
    other = changed(city, Change(Text("无", "none"), off=("draw",)))
    moved = _again(some, other)
    assert fixes.cells.tolist() != moved.cells.tolist()
    for before, after in zip(some.options, moved.options, strict=True):
        assert (before.name, before.after, before.cost) == (after.name, after.after, after.cost)
        (old,), (new,) = fixes.cells[before.cells].tolist(), moved.cells[after.cells].tolist()
        seen = [
            (model.blocks[b].sites[entry], model.blocks[b].checks[check].leaf)
            for model, (b, entry, check) in ((city.model, old), (other.model, new))
        ]
        assert seen[0] == seen[1]


def test_fixes_of_something_else_are_refused(city: Prospect) -> None:
    with pytest.raises(ValueError, match="no fixes of this assessment: x"):
        list(settings_of(city, fixes_like(("x", 0.9, None)), sets=0))


# ------------------------------------------------------------------------------------------ effect and cost themselves


def only_draws(
    monkeypatch: pytest.MonkeyPatch, found: Prospect, fixes: Fixes, weights: Sequence[float], **more: object
) -> Stability:
    """What a linear bench gives with nothing assumed but effect and cost."""
    monkeypatch.setattr(stability, "settings_of", lambda *_, **__: iter(()))
    own = {name: more.pop(name) for name in ("error", "marked") if name in more}
    return stability_of(found, fixes, bench=lambda model, fixes: Linear(fixes, weights, **own), **more)


def test_how_often_a_fix_is_first(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    """Two fixes: nine pairs of factors on failing, and for each the chance that the quotient of costs is small enough.

    With U, V uniform on [a, b]: P(U / V < r) = E of the share of [a, b] below r V, summed over a fine grid.
    """
    fixes = fixes_like(("p", 0.9, F(1)), ("q", 0.7, F(1)))
    weights, draws = (1.0, 1.2), 4000
    found = only_draws(monkeypatch, city, fixes, weights, draws=draws)
    low, high = map(float, COST.values)
    grid = low + (high - low) * (np.arange(200_000) + 0.5) / 200_000
    chance = 0.0
    for f, g in itertools.product(map(float, FAILING.values), repeat=2):
        ratio = weights[0] * (1 - 0.1 * f) / (weights[1] * (1 - 0.3 * g))  # first where U / V <= ratio
        chance += float(np.clip((ratio * grid - low) / (high - low), 0, 1).mean()) / 9
    first = [fixes.options[s.option].fix for s in found.standings].index("p")
    assert 0.1 < chance < 0.9
    z = (found.at_top[first] - chance) / math.sqrt(chance * (1 - chance) / draws)
    assert abs(z) < NO_ALARM


def test_failing_is_no_surer_than_certain(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    """Twice as likely to fail than 0.6 is to fail for certain: the gain is 0, not negative, and the last place."""
    found = only_draws(monkeypatch, city, fixes_like(("p", 0.4, F(1)), ("q", 0.39, F(100))), (1.0, 1.0), draws=300)
    last = (found.drawn[:, 0] == 2).mean()
    assert abs(last - 1 / 3 * 2 / 3) < NO_ALARM * math.sqrt(2 / 9 * 7 / 9 / 300)


def test_costs_that_tie_and_costs_of_nothing(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    fixes = fixes_like(("p", 0.8, F(2)), ("q", 0.4, F(1)), ("r", 0.9, F(0)), ("s", 0.0, F(0)))
    found = only_draws(monkeypatch, city, fixes, (1.0, 1.0, 0.01, 0.0), draws=5)
    assert [(fixes.options[s.option].fix, s.place) for s in found.standings] == [("r", 1), ("p", 2), ("q", 2), ("s", 4)]
    assert found.standings[0].verdict == "first"
    assert found.standings[3].verdict == "never"
    alone = only_draws(monkeypatch, city, fixes, (1.0, 1.0, 0.01, 0.0), draws=5, per_cost=False)
    assert [(fixes.options[s.option].fix, s.place) for s in alone.standings] == [("p", 1), ("q", 2), ("r", 3), ("s", 4)]


def test_without_a_cost_or_a_mark(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    fixes = fixes_like(("p", 0.9, F(9)), ("q", 0.5, None))
    found = only_draws(monkeypatch, city, fixes, (100.0, 100.0), draws=5, marked=False)
    assert (found.measure, found.per_cost) == ("points", False)
    assert [s.option for s in found.standings] == [0, 1]
    found = only_draws(monkeypatch, city, fixes_like(("p", 0.9, F(9)), ("q", 0.5, F(1))), (1.0, 1.0), draws=5)
    assert (found.measure, found.per_cost) == ("chance", True)
    assert [s.option for s in found.standings] == [1, 0]


def test_what_is_small_is_a_share_of_the_full_marks(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    """0.009 of 100 points is small, as 0.009 of chance is not."""
    fixes = fixes_like(*((f"f{n}", 1.0, None) for n in range(3)))
    weights = (0.5, 0.4, 0.009)
    points = only_draws(monkeypatch, city, fixes, weights, draws=5, measure="points")
    chance = only_draws(monkeypatch, city, fixes, weights, draws=5)
    assert [s.verdict for s in points.standings] == ["first", "worth", "never"]
    assert [s.verdict for s in chance.standings] == ["first", "worth", "worth"]


def test_no_fix_at_all(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    found = only_draws(monkeypatch, city, fixes_like(), (), draws=5)
    assert found.standings == ()
    assert found.drawn.shape == (5, 0)


def test_the_same_seed_the_same_places(monkeypatch: pytest.MonkeyPatch, city: Prospect) -> None:
    fixes = fixes_like(*((f"f{n}", 0.9 - n / 50, F(1)) for n in range(6)))
    runs = [only_draws(monkeypatch, city, fixes, (1.0,) * 6, draws=50, seed=seed).drawn for seed in (1, 1, 2)]
    assert (runs[0] == runs[1]).all()
    assert (runs[0] != runs[2]).any()


def test_what_is_assumed_says_so() -> None:
    for one in (FAILING, COST):
        assert one.unit == Text("倍", "times")
        assert list(one.values) == sorted(one.values)
    assert F(1) in FAILING.values
