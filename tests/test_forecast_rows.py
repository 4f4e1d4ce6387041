"""Rows of the forecast against the law: bins on random lattices, sites perturbed and computed again, rounds by hand."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard
from random_models import block_of, flat, model_of, random_model

from evalsys import read_assessment, score
from evalsys.adjoint import adjoint
from evalsys.forecast_views import change_since, histogram, site_rows
from evalsys.forecasting import Forecast
from evalsys.law import law
from evalsys.model import Check, Event, Model

HALF = (Fraction(1), Fraction(1, 2))
ALL = (Fraction(1), Fraction(0))


def made(points, mass, full=10, mark=None, model=None):
    """Return a forecast of a distribution; `model` in place of its own."""
    points, mass = np.asarray(points, float), np.asarray(mass, float)
    mean = float(points @ mass)
    own = model or SimpleNamespace(instrument=SimpleNamespace(full_marks=Fraction(full)), mark=mark)
    return Forecast(
        prospect=SimpleNamespace(model=own), engine="exact", why_not=(), mean=mean, mean_error=0.0,
        sd=float(np.sqrt((points - mean) ** 2 @ mass)), chance=None, chance_error=None, bounds=None, quantiles=(),
        points=points, mass=mass, severity=(), seed=0, draws=0,
    )  # fmt: skip


def of_model(model: Model):
    return made((), (), model=model)


# ----------------------------------------------------------------------------------------------------- histogram


def test_bins_on_random_lattices():
    """On a lattice of any step, with marks on and off it, bins lose nothing and no score crosses the mark."""
    random = Random(20161108)
    numbers = np.random.default_rng(20161108)
    on_lattice = 0
    for _ in range(300):
        full, cells = Fraction(random.choice((10, 39, 100, 1000))), random.randrange(2, 400)
        top = random.randrange(1, cells + 1)
        place = range(random.randrange(top), top + 1)
        mass = numbers.dirichlet(np.full(len(place), random.choice((0.02, 1.0))))
        exact = [full * Fraction(k, cells) for k in place]
        mark = random.choice((*exact, full * Fraction(random.randrange(1001), 1000)))
        bins = histogram(made([float(value) for value in exact], mass, full, mark))
        at = float(mark / full * 100)
        on_lattice += mark in exact
        assert sum(p for _, _, p in bins) == pytest.approx(1, abs=1e-9)
        above = sum(m for value, m in zip(exact, mass, strict=True) if value >= mark)
        if bins[0][0] == bins[0][1]:
            assert len(bins) == 1
            continue
        assert sum(p for low, _, p in bins if low >= at - 1e-9) == pytest.approx(above, abs=1e-9)
        width = bins[0][1] - bins[0][0]
        assert all(high - low == pytest.approx(width, abs=1e-9) for low, high, _ in bins)
        steps = (at - bins[0][0]) / width
        assert steps == pytest.approx(round(steps), abs=1e-6)
        assert all(one[1] == other[0] for one, other in pairwise(bins))
    assert on_lattice > 100


@pytest.mark.parametrize("seed", range(25))
def test_the_mass_at_or_above_the_mark_is_the_laws(seed):
    model = random_model(seed, linear=True, severity=seed % 2 == 0)
    here = law(model, count=9)
    found = made(here.points[::-1], here.mass[::-1], model=model)
    for mark in {here.top, *(here.top - here.unit * k for k in range(0, len(here.mass), 1 + len(here.mass) // 12))}:
        marked = replace(found, prospect=SimpleNamespace(model=replace(model, mark=mark)))
        bins = histogram(marked)
        at = float(mark / model.instrument.full_marks * 100)
        assert sum(p for low, _, p in bins if low >= at - 1e-9) == pytest.approx(here.at_least(mark), abs=1e-9)


def test_a_score_on_the_mark_reaches_it():
    """0.1 + 0.2 is no float of 0.3: 30 % of 3 points as a float lies below the mark, the score does not."""
    bins = histogram(made([0.1 * 3 * 3, 1.2], [0.25, 0.75], 3, Fraction(9, 10)))
    assert bins[0][0] == pytest.approx(30)
    assert bins[0][2] == 0.25
    bins = histogram(made([0.9 - 1e-3, 0.9, 1.2], [0.5, 0.25, 0.25], 3, Fraction(9, 10)))
    assert sum(p for low, _, p in bins if low >= 30 - 1e-9) == 0.5


def test_the_width_of_bins_follows_the_spread():
    wide, narrow = (histogram(made(np.linspace(low, 10, 1001), np.full(1001, 1 / 1001))) for low in (0, 9.9))
    assert len(narrow) <= 50
    assert wide[0][1] - wide[0][0] == 5.0
    assert narrow[0][1] - narrow[0][0] == pytest.approx(0.05)


def test_what_cannot_vary_is_one_bin_without_width():
    assert histogram(made([7.5], [1.0])) == ((75.0, 75.0, 1.0),)
    assert histogram(made([1.0, 7.5], [0.0, 1.0], mark=Fraction(8))) == ((75.0, 75.0, 1.0),)


# --------------------------------------------------------------------------------------------------------- sites


def small(**more):
    """Two indicators of 6 points: two of four sites drawn, three checks, one of them made at the first site only."""
    instrument = flat(12, ("sum", (Fraction(1, 3), Fraction(2, 3))), ("sum", (Fraction(1),)))
    checks = [Check(0, HALF, 2), Check(1, ALL, 2), Check(2, (*HALF, Fraction(0)), 1)]
    chance = [[0.9, 0.6, 0.8], [0.5, 0.95, 0.7], [1.0, 1.0, 0.9], [0.8, 0.3, 0.25]]
    block = block_of(2, checks, chance)
    return model_of(instrument, [block], **{"mark": Fraction(10), **more})


def certain(model, place, entry, columns=slice(None)):
    """Return the model with checks at a site made certain."""
    blocks = list(model.blocks)
    chance = blocks[place].chance.copy()
    chance[entry, columns] = 1
    blocks[place] = replace(blocks[place], chance=chance)
    return replace(model, blocks=tuple(blocks))


@pytest.mark.parametrize(
    "more",
    [{}, {"severity": 0.5}, {"sensitivity": 0.8}, {"events": (Event("e", 0.3, Fraction(1)),)}],
    ids=["plain", "severity", "inspector", "event"],
)
def test_an_expected_loss_is_what_the_mean_gains_by_mending(more):
    """Perturb and compute again: making all checks of a site certain lifts the mean by its chance times its loss."""
    model = small(**more)
    mean = law(model).mean
    rows = site_rows(of_model(model), None)
    assert len(rows) == 4
    for row in rows:
        gain = law(certain(model, 0, row.site)).mean - mean
        assert row.drawn * row.loss == pytest.approx(gain, abs=1e-9)
        assert row.drawn == 0.5
        alone = [law(certain(model, 0, row.site, [n])).mean for n in range(3)]
        assert row.weakest == int(np.argmax(alone))
    expected = [row.drawn * row.loss for row in rows]
    assert expected == sorted(expected, reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_expected_losses_of_random_models(seed):
    """Sums alone, with severity: every listed site of every block, one after the other."""
    model = replace(random_model(seed, kinds=("sum",), linear=True, severity=True), sensitivity=1.0, specificity=1.0)
    mean = law(model, count=25).mean
    sites, place = {}, 0
    blocks = []
    for block in model.blocks:  # sites of different blocks are different ones
        blocks.append(replace(block, sites=np.arange(place, place + len(block.sites))))
        place += len(block.sites)
    model = replace(model, blocks=tuple(blocks))
    for n, block in enumerate(model.blocks):
        sites |= {site: (n, entry) for entry, site in enumerate(block.sites.tolist())}
    for row in site_rows(of_model(model), None):
        n, entry = sites[row.site]
        gain = law(certain(model, n, entry), count=25).mean - mean
        assert row.drawn * row.loss * model.blocks[n].times[entry] == pytest.approx(gain, abs=1e-7)


def test_a_false_alarm_is_a_loss_too():
    """Closed form: 12 points on one check that always complies, of which one in ten is not believed."""
    instrument = flat(12, ("sum", (Fraction(1),)))
    model = model_of(instrument, [block_of(1, [Check(0, ALL, 1)], [[1.0]])], specificity=0.9)
    (row,) = site_rows(of_model(model), None)
    assert row.loss == pytest.approx(12 - law(model).mean, abs=1e-12)
    assert row.loss == pytest.approx(1.2, abs=1e-12)


@pytest.mark.parametrize("order", [1, -1])
def test_a_site_of_several_blocks_is_one_row(order):
    """Site 1 is drawn with chance 1/2 in one block and always visited in another: what it costs adds up."""
    instrument = flat(10, ("sum", (Fraction(1, 2), Fraction(1, 2))))
    drawn = block_of(1, [Check(0, ALL, 1)], [[0.9], [0.4]])
    fixed = replace(block_of(1, [Check(1, ALL, 1)], [[0.7]]), sites=np.array([1]))
    model = model_of(instrument, [drawn, fixed][::order])
    at, always = (0, 1)[::order]
    mean = law(model).mean
    both = law(certain(certain(model, at, 1), always, 0)).mean - mean
    first, second = site_rows(of_model(model), None)
    assert (first.site, second.site) == (1, 0)
    assert first.drawn == 1.0
    assert first.drawn * first.loss == pytest.approx(both, abs=1e-9)
    assert second.drawn * second.loss == pytest.approx(law(certain(model, at, 0)).mean - mean, abs=1e-9)


def test_unlisted_sites_have_no_row():
    model = small()
    block = replace(model.blocks[0], sites=np.array([0, -1, 2, 3]))
    assert {row.site for row in site_rows(of_model(replace(model, blocks=(block,))), None)} == {0, 2, 3}


def test_chances_are_those_of_the_tables_and_of_the_law():
    """The tables' own entry for the site and its weakest check; mended: the law of the mended model itself."""
    model = small(severity=0.5, mark=Fraction(10))
    given = adjoint(model, count=25)
    whole = law(model, count=25)
    for row in site_rows(of_model(model), given):
        check = [own.leaf for own in model.blocks[0].checks].index(row.weakest)
        assert row.chance_seen == given.sites[0].if_seen[row.site]
        assert row.chance_mended == given.mended(0, row.site, check)
        mended = law(certain(model, 0, row.site, [check]), count=25).chance
        assert row.chance_mended == pytest.approx(mended, abs=1e-9)
        assert row.chance_mended > whole.chance
    seen = [row.chance_seen for row in site_rows(of_model(model), given)]
    assert np.mean(seen) == pytest.approx(whole.chance, abs=1e-9)  # each site is drawn as often as each other


# ----------------------------------------------------------------------------------------------- another round

AT = [{"site_type": "community"}]


def two_rounds(folder, then, now):
    """Write rounds r0 and r1 of one standard at sites a to e (value by site) and score both."""
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    sites = [{"site_id": name, "site_type": "community", "name": name} for name in "abcde"]
    rows = [
        {"standard": code, "site_id": site, "value": value, "round": own}
        for own, held in (("r0", then), ("r1", now))
        for (code, site), value in held.items()
    ]
    content = content_of([indicator("1", 10, below), indicator("2", 5, [standard("2.1", points=5)])], 15)
    here = score(assessment_of(folder, content, rows, sites=sites))
    return score(read_assessment(folder, round="r0")), here


def test_findings_come_go_stay_or_are_not_seen_again(tmp_path):
    """By hand: a gone, b new, c there again, d not checked again, e only checked now; leaf 1.2 apart from 1.1."""
    then = {("1.1", "a"): "0.5", ("1.1", "b"): "0", ("1.1", "c"): "0.5", ("1.1", "d"): "1", ("1.2", "a"): "0"}
    now = {("1.1", "a"): "0", ("1.1", "b"): "0.2", ("1.1", "c"): "0.1", ("1.1", "e"): "1", ("1.2", "a"): "0.5"}
    before, after = two_rounds(tmp_path, then, now)
    change = change_since(before, after)
    nodes = after.assessment.instrument.nodes

    def named(pairs):
        return {(nodes[leaf].code, after.assessment.sites["name"].iloc[site]) for leaf, site in pairs}

    assert named(change.went) == {("1.1/site_visit", "a")}
    assert named(change.came) == {("1.1/site_visit", "b"), ("1.2/site_visit", "a")}
    assert named(change.stayed) == {("1.1/site_visit", "c")}
    assert change.unseen == 1  # d; e is no finding of both rounds
    # r0: 1.1 lost 2 of 4, 1.2 none; r1: 1.1 lost 1.3 of 4, 1.2 half; indicator 2 is not assessed: 15 points on 10
    assert change.before == Fraction(15, 10) * (6 * Fraction(1, 2) + 4)
    assert change.now == Fraction(15, 10) * (6 * Fraction(27, 40) + 2)
    first, second = change.moved
    assert (nodes[first.place].code, first.before, first.now) == ("1", Fraction(7, 10), Fraction(605, 1000))
    assert (nodes[second.place].code, second.before, second.now) == ("2", None, None)
    back = change_since(after, before)
    assert (back.came, back.went, back.stayed) == (change.went, change.came, change.stayed)
    assert back.unseen == 1  # e


def test_the_same_round_is_no_change(tmp_path):
    now = {("1.1", "a"): "0.5", ("1.1", "b"): "0"}
    _, after = two_rounds(tmp_path, {("1.1", "a"): "1"}, now)
    change = change_since(after, after)
    assert (change.came, change.went, change.unseen, len(change.stayed)) == ((), (), 0, 1)
    assert change.before == change.now
    assert all(row.before == row.now for row in change.moved)
