"""The split of the variance against full enumeration in fractions, and against the law's own variance.

Simulated lines are compared by z-tests: |z| of a right estimate exceeds 4.5 with chance 7e-6, and about 30 are made.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard, text
from enumerated import Enumeration, both, passing
from random_models import block_of, flat, model_of, random_model
from scipy import stats

from evalsys import variance
from evalsys.adjoint import adjoint
from evalsys.evidence import read_assessment
from evalsys.language import Text
from evalsys.law import law
from evalsys.model import PARTS, Check, Event, LeafRule, Model
from evalsys.modelling import Prospect, prospect
from evalsys.regions import NotExact, Reason, Region
from evalsys.severity import nodes
from evalsys.variance import groups, linear_region, pass_shares, split

F = Fraction
NO_ALARM = 4.5
DATA = Path(__file__).parents[1] / "data"
HALF = (F(1, 2), F(1, 2))


def of(model: Model, *off: str) -> Any:
    """What :func:`split` reads of a prospect, for a model by itself."""
    on = frozenset(PARTS) - {*off}
    return SimpleNamespace(model=model, questions=(), settings=SimpleNamespace(on=on), with_rates=model.with_rates)


def lines(model: Model, *off: str, **more: int) -> dict[str, variance.Share]:
    return {line.part: line for line in split(of(model, *off), **more)}


def small(linear: bool = True, **more: Any) -> Model:
    """Four leaves: two at 2 of 3 sites (one of them at the first only), one of a survey, one of documents."""
    kind = "sum" if linear else "worst"
    instrument = flat(12, ("sum", HALF), (kind, (F(1, 3), F(2, 3)) if linear else HALF))
    sites = [Check(0, (F(1), F(1, 2)), 2), Check(1, (F(1), F(3, 4), F(1, 2)), 1)]
    blocks = [
        block_of(2, sites, [[0.75, 0.5], [0.5, 1.0], [0.25, 0.875]]),
        block_of(1, [Check(2, (F(1), F(3, 4), F(1, 4)), 1)], [[0.5]], "survey"),
        block_of(1, [Check(3, (F(1), F(1, 4)), 1, False)], [[0.75]], "documents"),
    ]
    rules = [LeafRule() if linear else LeafRule("count"), *[LeafRule()] * 3]
    given = {"severity": 0.7, "sensitivity": 0.9, "specificity": 0.95, "mark": F(9)}
    events = (Event("E0", 0.125, F(1, 2)), Event("E1", 0.25, F(1)))
    return model_of(instrument, blocks, rules, **{**given, "events": events, **more})


# ------------------------------------------------------------------------------------------- truth, by enumeration


def settled(model: Model) -> list[Model]:
    """The model with the drawn sites settled, for every draw in its order; all are equally likely."""
    ways = []
    for block in model.blocks:
        numbers = np.repeat(np.arange(len(block.times)), block.times)
        ways.append(list(itertools.permutations(numbers.tolist(), block.drawn)))
    found = []
    for way in itertools.product(*ways):
        blocks = []
        for block, own in zip(model.blocks, way, strict=True):
            for at, check in enumerate(block.checks):  # rows are independent once sites are settled
                rows = list(own[: check.reach])
                cut = {name: getattr(block, name)[rows, at : at + 1] for name in ("chance", "absent", "rate", "keep")}
                sizes = block.sizes[rows, at : at + 1]
                made = replace(block, sites=block.sites[rows], times=np.ones(len(rows), int), drawn=len(rows))
                blocks.append(replace(made, checks=(check,), sizes=sizes, **cut))
        found.append(replace(model, blocks=tuple(blocks)))
    return found


def outcomes(events: Sequence[Event]) -> Iterator[tuple[Fraction, Fraction, bool]]:
    """Every set of events: its chance, what it takes, whether it vetoes."""
    for held in itertools.product((False, True), repeat=len(events)):
        chance = math.prod(
            (F(e.chance) if on else 1 - F(e.chance) for e, on in zip(events, held, strict=True)), start=F(1)
        )
        own = [event for event, on in zip(events, held, strict=True) if on]
        yield chance, sum((event.deduct for event in own), F(0)), any(event.veto for event in own)


def weighed(pairs: Any) -> Fraction:
    pairs = list(pairs)
    return sum((w * v for w, v in pairs), F(0)) / sum(w for w, _ in pairs)


def enumerated_lines(model: Model, count: int) -> dict[str, float]:
    """Each line by the law of total variance, part after part, over `count` nodes of severity."""
    z, weights = nodes(model.severity, count)
    whole: list[tuple[Any, Any]] = []
    squares: dict[str, list[tuple[Any, Any]]] = {part: [] for part in PARTS[1:]}
    for node, weight in zip(z.tolist(), map(F, weights.tolist()), strict=True):
        draws = []
        for one in settled(model):
            own = Enumeration(one)
            laws = {part: {0: 1} for part in ("state", "survey", "documents")}
            for place, block in enumerate(one.blocks):
                laws[block.part] = both(laws[block.part], own.of_block(place, node))
            means: dict[str, list[tuple[Any, Any]]] = {"state": [], "survey": [], "documents": []}
            last = []
            for state, a in laws["state"].items():
                upto = []
                for people, b in laws["survey"].items():
                    papers = []
                    for paper, c in laws["documents"].items():
                        score = own.total(state + people + paper)
                        after = [(p, max(F(0), score - taken)) for p, taken, _ in outcomes(model.events)]
                        papers.append((c, weighed(after)))
                        last.append((a * b * c, weighed((p, value**2) for p, value in after)))
                    upto.append((b, weighed(papers)))
                    means["documents"] += [(a * b * c, value**2) for c, value in papers]
                means["state"].append((a, weighed(upto)))
                means["survey"] += [(a * b, value**2) for b, value in upto]
            mean = weighed(means["state"])
            draws.append((1, mean))
            squares["state"].append((weight, weighed((a, value**2) for a, value in means["state"])))
            for part in ("survey", "documents"):
                squares[part].append((weight, weighed(means[part])))
            squares["events"].append((weight, weighed(last)))
            squares["draw"].append((weight, mean**2))
        mean = weighed(draws)
        squares["severity"].append((weight, mean**2))
        whole.append((weight, mean))
    seconds = [weighed(whole) ** 2, *(weighed(squares[part]) for part in PARTS[1:])]
    return {part: float(b - a) for part, a, b in zip(PARTS[1:], seconds, seconds[1:], strict=False)}


# ------------------------------------------------------------------------------------------------------- by part


@pytest.mark.parametrize("seed", range(12))
def test_closed_lines_add_up_to_the_variance_of_the_law(seed: int) -> None:
    model = random_model(seed, linear=True, severity=seed % 2 == 0, events=seed % 3 == 0, shares=seed % 4 == 3)
    if isinstance(linear_region(model), Reason):  # events may take all
        model = replace(model, events=())
    assert isinstance(linear_region(model), Region)
    found = split(of(model, "rates"))
    assert sum(line.variance for line in found) == pytest.approx(law(model, count=97).sd ** 2, rel=1e-9)
    assert sum(line.share for line in found) == pytest.approx(1)
    assert [line.part for line in found] == list(PARTS)
    assert all(line.variance >= 0 and line.error == 0 for line in found)


@pytest.mark.parametrize("more", [
    {},
    pytest.param({"severity": 0.0}, marks=pytest.mark.slow),
    pytest.param({"sensitivity": 1.0, "specificity": 1.0}, marks=pytest.mark.slow),
    {"events": ()},
])  # fmt: skip
def test_each_closed_line_is_the_enumerated_one(more: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variance, "_COUNT", 7)
    model, found = small(**more), lines(small(**more), "rates")
    true = enumerated_lines(model, 7)
    assert found["rates"].variance == 0
    for part, value in true.items():
        assert found[part].variance == pytest.approx(value, abs=1e-12), part
        assert (value > 1e-6) is not (
            (part == "severity" and not model.severity) or (part == "events" and not model.events)
        )


def test_several_alike_sites_and_checks_of_different_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of two sites is two sites; what is checked at the first site only has its own place in the draw."""
    monkeypatch.setattr(variance, "_COUNT", 7)
    checks = [Check(0, (F(1), F(0)), 1), Check(1, (F(1), F(0)), 3)]
    block = block_of(3, checks, [[0.25, 0.5], [0.75, 0.875], [1.0, 0.5]], times=[1, 2, 1])
    model = model_of(flat(10, ("sum", HALF)), [block], severity=0.5)
    true = enumerated_lines(model, 7)
    for part, line in lines(model).items():
        assert line.variance == pytest.approx(true.get(part, 0.0), abs=1e-12)


def test_a_check_that_may_not_apply_counts_with_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [Check(0, (F(1), F(0)), 2)]
    block = block_of(2, checks, [[1.0], [0.5], [0.5]], absent=[[0.0], [0.25], [0.5]])
    model = model_of(flat(10, ("sum", (F(1),))), [block], [LeafRule(absent="full")])
    true = enumerated_lines(model, 1)
    for part, line in lines(model).items():
        assert line.variance == pytest.approx(true.get(part, 0.0), abs=1e-12)
    only = replace(block, chance=np.ones((3, 1)))
    assert variance._random(replace(model, blocks=(only,)), "state")


@pytest.mark.parametrize("linear", [pytest.param(True, marks=pytest.mark.slow), False])
def test_each_simulated_line_is_the_enumerated_one(linear: bool) -> None:
    """The linear model as well: the pairs must give what the closed form gives."""
    model = small(linear)
    true = enumerated_lines(model, 7)
    found = variance._simulated(model, 20_000, 3, "state")
    assert set(found) == set(true)
    for part, (value, error) in found.items():
        assert 0 < error < 0.1
        assert abs(value - true[part]) < NO_ALARM * error, part
    assert sum(value for value, _ in found.values()) == pytest.approx(variance.simulate(model, 20_000, 3).score.var())


def test_what_is_not_linear_is_simulated_and_says_its_error() -> None:
    found = lines(small(False), draws=2_000)
    assert all(found[part].error > 0 for part in PARTS[1:])
    assert isinstance(linear_region(small(False)), Reason)


def test_a_score_that_events_may_take_to_zero_is_not_linear() -> None:
    found = linear_region(small(events=(Event("E", 0.1, F(12)),)))
    assert isinstance(found, Reason)
    assert found.text.zh
    assert isinstance(linear_region(small(events=(Event("E", 0.1, F(9, 2)),))), Region)  # 4.5 is the lowest score
    assert isinstance(linear_region(small(events=(Event("E", 0.1, F(451, 100)),))), Reason)


# ---------------------------------------------------------------------------------------------- parts that are off


@pytest.fixture(scope="module")
def wujiang() -> Prospect:
    return prospect(read_assessment(DATA / "wujiang-2016"))


@pytest.mark.parametrize("part", ["rates", "severity", "draw", "state"])
def test_a_part_that_is_off_has_no_line(wujiang: Prospect, part: str) -> None:
    off = prospect(wujiang.score.assessment, wujiang.settings.with_off([part]))
    found = {line.part: line.variance for line in split(off)}
    assert found[part] == 0
    assert {line.part for line in split(wujiang) if line.variance > 1e-4} - {part} == {
        name for name, value in found.items() if value > 1e-4
    }
    rest = sum(value for name, value in found.items() if name != "rates")
    assert rest == pytest.approx(law(off.model, cells=0, coarse=2**13, bounded=False).sd ** 2, rel=2e-3)


def test_with_all_parts_off_there_is_no_spread(wujiang: Prospect) -> None:
    off = prospect(wujiang.score.assessment, wujiang.settings.only([]))
    assert [(line.variance, line.share) for line in split(off)] == [(0, 0)] * len(PARTS)
    assert groups(off.model) == ()


def test_where_the_state_is_off_sites_never_seen_count_with_the_draw() -> None:
    """And where the draw is off too, only what inspectors mistake is left: it comes with severity."""
    for model in (small(), small(False)):
        plain, without = lines(model, "rates", draws=4_000), lines(model, "rates", "state", draws=4_000)
        neither = lines(model, "rates", "state", "draw", draws=4_000)
        both_lines = plain["draw"].variance + plain["state"].variance
        assert (without["state"].variance, neither["state"].variance) == (0, 0)
        assert without["draw"].variance == pytest.approx(both_lines)
        assert neither["severity"].variance == pytest.approx(plain["severity"].variance + plain["state"].variance)


# ------------------------------------------------------------------------------------------------------ the rates


@pytest.mark.parametrize("seed", range(6))
def test_slopes_are_what_other_rates_give(seed: int) -> None:
    """The mean is linear in the rates: the law at other rates moves by slope times step."""
    model = random_model(seed, linear=True, severity=seed % 2 == 0)
    region = linear_region(model)
    assert isinstance(region, Region)
    slopes, means = variance._slopes(model, region), model.rates[:, 0] / model.rates.sum(axis=1)
    plain = law(model).mean
    for number in range(len(means)):
        other = means.copy()
        other[number] += 0.03125
        assert law(model.with_rates(other)).mean - plain == pytest.approx(slopes[number] * 0.03125, abs=1e-9)
    spread = sum(s**2 * stats.beta(a, b).var() for s, (a, b) in zip(slopes, model.rates.tolist(), strict=True))
    assert lines(model)["rates"].variance == pytest.approx(spread, rel=1e-12)
    assert lines(model)["rates"].error == 0


def rated(kind: str = "count") -> Model:
    """Two leaves at the same 2 of 3 sites, both counted, and one that is a mean; each rests on a rate."""
    checks = [Check(0, (F(1), F(0)), 2), Check(1, (F(1), F(0)), 2), Check(2, (F(1), F(0)), 2)]
    chance = np.array([0.75, 0.625, 0.5])
    keep = np.array([[0.5] * 3, [0.0] * 3, [0.25] * 3])
    seen = np.array([[1.0] * 3, [0.0] * 3, [0.0] * 3])
    block = block_of(2, checks, keep * seen + (1 - keep) * chance, rate=[[0, 1, 2]] * 3, keep=keep)
    rules = [LeafRule(kind), LeafRule(kind, 1), LeafRule()]
    rates = np.array([[3.0, 1.0], [2.5, 1.5], [2.0, 2.0]])
    return model_of(flat(10, ("sum", (F(1, 2), F(1, 4), F(1, 4)))), [block], rules, rates=rates)


def spread_over_rates(model: Model) -> float:
    """Var E[S | rates] by Gauss-Jacobi quadrature.

    With two rows the enumerated mean is of degree 2 in each rate and its square of degree 4: three nodes are exact.
    """
    from scipy.special import roots_jacobi

    rules = []
    for a, b in model.rates.tolist():
        x, w = roots_jacobi(3, b - 1, a - 1)
        rules.append(((1 + x) / 2, w / w.sum()))
    found = []
    for picks in itertools.product(range(3), repeat=len(rules)):
        own = Enumeration(model.with_rates([x[k] for (x, _), k in zip(rules, picks, strict=True)]))
        mean = weighed((w, own.total(state)) for state, w in own.of_blocks(0.0).items())
        found.append((math.prod(w[k] for (_, w), k in zip(rules, picks, strict=True)), float(mean)))
    weights, means = np.array(found).T
    return float(weights @ means**2 - (weights @ means) ** 2)


def test_leaves_that_count_sites_have_exact_means_over_the_rates() -> None:
    """No law of the total (both counts share the draw), but each leaf has one of its own: nothing is simulated."""
    model = rated()
    with pytest.raises(NotExact):
        law(model)
    true = spread_over_rates(model)
    runs = np.array([variance._rates(of(model), 100, seed) for seed in range(16)])
    error = runs[:, 0].std(ddof=1) / math.sqrt(len(runs))
    assert abs(runs[:, 0].mean() - true) < NO_ALARM * error
    assert error < 0.06 * true
    # the stated error is that of one run: its mean square is what the runs show, within what 16 of them can tell
    assert 0.5 < math.sqrt((runs[:, 1] ** 2).mean()) / runs[:, 0].std(ddof=1) < 1.5
    assert variance._rates(of(model), 100, 7) == variance._rates(of(model), 100_000, 7)


@pytest.mark.slow
def test_the_simulated_variance_over_rates_has_no_bias() -> None:
    """Common random numbers in a group of rates, others in the next: neither mean nor error is off."""
    model = rated()
    true = spread_over_rates(model)
    runs = np.array([variance._outer(of(model), 100, seed) for seed in range(10)])
    error = runs[:, 0].std(ddof=1) / math.sqrt(len(runs))
    assert abs(runs[:, 0].mean() - true) < NO_ALARM * error
    assert 0.5 < math.sqrt((runs[:, 1] ** 2).mean()) / runs[:, 0].std(ddof=1) < 1.9


def test_parts_with_shared_draws_below_one_cap_are_simulated() -> None:
    """A worst of two counts at the same drawn sites has no law of its own."""
    model = rated()
    worst = flat(10, ("sum", (F(1),)), ("worst", HALF))
    assert variance._all_parts(model) is not None
    assert variance._all_parts(replace(model, instrument=worst)) is None
    value, error = variance._rates(of(replace(model, instrument=worst)), 100, 1)
    assert error > 0
    assert value != 0


def test_families_of_parts_share_no_rate() -> None:
    rests = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)
    found = [(parts.tolist(), rates.tolist()) for parts, rates in variance._families(rests)]
    assert found == [
        ([True, False, False, False], [True, False, False, False]),
        ([False, True, True, False], [False, True, True, True]),
    ]


def asked(folder: Path, rule: Any, **survey: str) -> Prospect:
    """A survey of two questions in two strata, beside a standard checked at all of three sites."""
    table = [
        {
            "respondent": str(n),
            "question": q,
            "answer": "是" if n % 4 else "否",
            "stratum": "东西"[n % 5 < 2],
            "weight": "1",
        }
        for n in range(24)
        for q in ("q1", "q2")
    ]
    questions = [
        {"id": name, "text": text(name), "options": ["是", "否"], "satisfied": ["是"]} for name in ("q1", "q2")
    ]
    below = [
        standard("1.1", rule, points=20, methods=("survey",), questions=questions),
        standard("1.2", "met", points=20, checked_at=[{"site_type": "community"}]),
    ]
    rows = [{"standard": "1.2", "site_id": f"c{n}", "value": str(n % 2)} for n in range(3)]
    sites = [{"site_id": f"c{n}", "site_type": "community", "name": f"社区{n}"} for n in range(3)]
    settings = {"forecast": {"survey": survey}} if survey else {}
    settings["draw"] = [{"site_type": "community", "sites": "2", "population": "6"}]
    content = content_of([indicator("1", 40, below)], 40)
    return prospect(assessment_of(folder, content, rows, settings, sites=sites, responses=table))


def survey_spread(found: Prospect, size: int) -> tuple[float, float]:
    """Variance of the mean score over sampled rates of the questions, each by the law, and its standard error."""
    random, (a, b) = np.random.default_rng(5), found.model.rates.T
    values = np.array([law(found.with_rates(random.beta(a, b)), count=5).mean for _ in range(size)])
    fourth, own = ((values - values.mean()) ** 4).mean(), values.var(ddof=1)
    return float(own), math.sqrt((fourth - own**2) / size)


def test_a_survey_share_is_in_closed_form(tmp_path: Path) -> None:
    found = asked(tmp_path, "share", coached="0.25")
    assert len(found.questions) == 4
    value, error = variance._rates(found, 100, 0)
    assert error == 0
    sampled, spread = survey_spread(found, 200)
    assert abs(sampled - value) < NO_ALARM * spread
    assert spread < 0.2 * value
    # each slope, by the law at other rates: the mean is linear
    slopes, means = np.zeros(len(found.model.rates)), found.model.rates[:, 0] / found.model.rates.sum(axis=1)
    (row,) = [row for row in linear_region(found.model).rows if row.block == found.questions[0].block]
    variance._add_shares(found, found.questions, variance._worth(found.model, row), slopes)
    plain = law(found.model, count=13).mean
    for question in found.questions:
        other = means.copy()
        other[question.rate] -= 0.125
        moved = law(found.with_rates(other), count=13).mean - plain
        assert moved == pytest.approx(-0.125 * slopes[question.rate], abs=1e-9)


@pytest.mark.slow
def test_a_survey_with_a_threshold_is_sampled(tmp_path: Path) -> None:
    rule = {"threshold": {"at_least": 75, "measure": "%"}}
    found = asked(tmp_path, rule)
    runs = np.array([variance._rates(found, 100, seed) for seed in range(20)])
    sampled, spread = survey_spread(found, 200)
    assert (runs[:, 1] > 0).all()
    error = math.hypot(spread, runs[:, 0].std(ddof=1) / math.sqrt(len(runs)))
    assert abs(runs[:, 0].mean() - sampled) < NO_ALARM * error
    assert error < 0.25 * sampled


def test_a_sample_variance_and_its_error() -> None:
    """Of a normal sample: error sqrt(2 / (n - 1)) times the variance, about."""
    values = np.random.default_rng(1).standard_normal((400, 50))
    found = np.array([variance._sample_variance(own) for own in values])
    assert found[:, 0].tolist() == values.var(axis=1, ddof=1).tolist()
    assert math.sqrt((found[:, 1] ** 2).mean()) == pytest.approx(found[:, 0].std(), rel=0.1)


# -------------------------------------------------------------------------------------------------- groups of sites


def test_shapley_of_two_groups_is_the_printed_closed_form() -> None:
    """[b1^2 s1^2 (1 - r^2/2) + r b1 b2 s1 s2 + b2^2 s2^2 r^2/2] / V (Owen and Prieur 2017) with 1, 3 and r = 1/2."""
    found = variance._shapley(np.array([[1.0, 1.5], [1.5, 9.0]]))
    assert found == pytest.approx([3.5 / 13, 9.5 / 13])
    assert found.round(5).tolist() == [0.26923, 0.73077]
    assert (np.array([2.5, 10.5]) / 13).round(3).tolist() == [0.192, 0.808]  # covariance shares


def test_two_groups_of_a_model_by_the_closed_form() -> None:
    """Two types of sites, correlated by severity only; moments by the law of each alone."""
    one = block_of(2, [Check(0, (F(1), F(0)), 2)], [[0.5], [0.75], [0.625]])
    two = block_of(1, [Check(1, (F(1), F(0)), 1)], [[0.5], [0.875]])
    named = [replace(one, site_type="a"), replace(two, site_type="b")]
    model = model_of(flat(10, ("sum", (F(1, 4), F(3, 4)))), named, severity=1.5)
    alone = [
        model_of(flat(10, ("sum", (F(1),))), [replace(b, checks=(replace(b.checks[0], leaf=0),))], severity=1.5)
        for b in (one, two)
    ]
    laws = [law(own, count=97) for own in alone]
    g = [0.25 * laws[0].sd, 0.75 * laws[1].sd]
    weights = laws[0].weights
    shifted = [own.mean_given - own.mean for own in laws]
    r = 0.25 * 0.75 * float(weights @ (shifted[0] * shifted[1])) / (g[0] * g[1])
    whole = g[0] ** 2 + g[1] ** 2 + 2 * r * g[0] * g[1]
    assert whole == pytest.approx(law(model, count=97).sd ** 2)
    first, second = groups(model)
    assert (first.name, second.name) == ("b", "a")
    assert first.covariance == pytest.approx((g[1] ** 2 + r * g[0] * g[1]) / whole)
    assert second.covariance == pytest.approx((g[0] ** 2 + r * g[0] * g[1]) / whole)
    closed = (g[1] ** 2 * (1 - r**2 / 2) + r * g[0] * g[1] + g[0] ** 2 * r**2 / 2) / whole
    assert (first.shapley, second.shapley) == (pytest.approx(closed), pytest.approx(1 - closed))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_shapley_by_every_order(size: int) -> None:
    """The mean over all orders of what a group adds to the explained variance."""
    random = np.random.default_rng(size)
    root = random.standard_normal((size, size))
    matrix = root @ root.T
    c = matrix.sum(axis=1)

    def worth(on: list[int]) -> float:
        return float(c[on] @ np.linalg.solve(matrix[np.ix_(on, on)], c[on])) if on else 0.0

    gains = np.zeros(size)
    orders = list(itertools.permutations(range(size)))
    for order in orders:
        for k, who in enumerate(order):
            gains[who] += worth(sorted(order[: k + 1])) - worth(sorted(order[:k]))
    assert variance._shapley(matrix) == pytest.approx(gains / len(orders) / matrix.sum())


def test_the_rest_stands_together(wujiang: Prospect) -> None:
    found = groups(wujiang.model, most=4)
    assert isinstance(found, tuple)
    assert (len(found), found[-1].name) == (5, "")
    assert [share.covariance for share in found[:4]] == sorted((s.covariance for s in found[:4]), reverse=True)
    for kind in ("covariance", "shapley"):
        assert sum(getattr(share, kind) for share in found) == pytest.approx(1)
    assert all(share.shapley >= 0 for share in found)
    more = groups(wujiang.model, most=5)
    assert isinstance(more, tuple)
    assert [s.covariance for s in more[:4]] == pytest.approx([s.covariance for s in found[:4]])
    assert more[4].covariance + more[5].covariance == pytest.approx(found[4].covariance)
    assert isinstance(groups(small(False)), Reason)


def test_as_many_groups_as_asked_and_one_more_stand_by_themselves(wujiang: Prospect) -> None:
    count = len(wujiang.model.blocks)
    few = replace(wujiang.model, severity=0.0)
    by_name = {block.site_type for block in few.blocks}
    assert count >= len(by_name) > 12
    model = small(severity=0.5)
    named = replace(model, blocks=tuple(replace(b, site_type=n) for b, n in zip(model.blocks, "abc", strict=True)))
    assert {share.name for share in groups(named, most=2)} == {"a", "b", "c"}
    assert {share.name for share in groups(named, most=1)} >= {""}


def test_a_group_without_a_site_type_is_its_method() -> None:
    assert {share.name for share in groups(small())} == {"site_visit"}


# ------------------------------------------------------------------------------------------------------ pass or fail


def chance_given(model: Model, count: int) -> tuple[Fraction, dict[tuple[str, int], Fraction]]:
    """P(pass), and the first-order index of each leaf, block and of severity at given severity, by enumeration."""
    z, weights = nodes(model.severity, count)
    assert model.mark is not None
    own = Enumeration(model)
    chances: list[tuple[Any, Any]] = []
    squares: dict[tuple[str, int], list[tuple[Any, Any]]] = {}
    for node, weight in zip(z.tolist(), map(F, weights.tolist()), strict=True):
        whole = own.of_blocks(node)
        won = {state: passing(own.total(state), model.mark, model.events) for state in whole}
        chance = weighed((w, won[state]) for state, w in whole.items())
        chances.append((weight, chance))
        for column, mask in enumerate(own.masks):
            shown: dict[int, list[tuple[Any, Any]]] = {}
            for state, w in whole.items():
                shown.setdefault(state & mask, []).append((w, won[state]))
            value = weighed((sum(w for w, _ in pairs), weighed(pairs) ** 2) for pairs in shown.values())
            squares.setdefault(("leaf", column), []).append((weight, value - chance**2))
        for place in range(len(model.blocks)):
            others = own.of_blocks(node, place)
            pairs = [
                (w, weighed((v, won[state + more]) for more, v in others.items()) ** 2)
                for state, w in own.of_block(place, node).items()
            ]
            squares.setdefault(("block", place), []).append((weight, weighed(pairs) - chance**2))
    chance = weighed(chances)
    spread = chance * (1 - chance)
    found = {key: weighed(pairs) / spread for key, pairs in squares.items()}
    found["severity", -1] = (weighed((w, c**2) for w, c in chances) - chance**2) / spread
    return chance, found


KINDS = [{"linear": True}, {"linear": True, "severity": True, "events": True}, {}]


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_exact_indices_are_the_enumerated_ones(number: int) -> None:
    seen = {"leaf": 0, "block": 0, "severity": 0}
    for seed in range(4):
        model = random_model(seed, **KINDS[number])
        try:
            tables = adjoint(model, count=5)
        except NotExact:
            continue
        _, true = chance_given(model, 5)
        found = pass_shares(model, tables)
        for share in found:
            assert share.index == pytest.approx(float(true[share.kind, share.place]), abs=1e-10)
            assert share.error == 0
            seen[share.kind] += share.index > 1e-6
        assert sum(share.index for share in found) <= 1 + 1e-12
        assert [s.index for s in found] == sorted((s.index for s in found), reverse=True)
        assert {s.place for s in found if s.kind == "leaf"} == set(tables.leaves)
        assert {s.place for s in found if s.kind == "block"} == set(tables.sites)
    assert seen["leaf"] >= 3
    assert seen["block"] >= (3 if number < 2 else 1)
    assert seen["severity"] == (4 if number == 1 else 0)


def test_simulated_indices_are_the_exact_ones() -> None:
    """Survey and documents are one leaf each, without severity; the events by hand."""
    model = replace(small(), severity=0.0, mark=F(10))
    tables = adjoint(model)
    exact = {(share.kind, share.place): share.index for share in pass_shares(model, tables)}
    found = {share.kind: share for share in pass_shares(model, None, draws=20_000, seed=2)}
    assert set(found) == {"draw", "state", "survey", "documents", "events"}
    chance, _ = chance_given(model, 1)
    own = Enumeration(model)
    whole = own.of_blocks(0.0)
    after = [
        (p, weighed((w, F(own.total(s) - taken >= 10)) for s, w in whole.items()))
        for p, taken, _ in outcomes(model.events)
    ]
    true = {
        "survey": exact["leaf", 2],
        "documents": exact["leaf", 3],
        "events": float((weighed((p, c**2) for p, c in after) - chance**2) / (chance * (1 - chance))),
    }
    for part, value in true.items():
        assert value > 0.001
        assert abs(found[part].index - value) < NO_ALARM * found[part].error, part
    draw = [
        weighed((w, passing(e.total(s), F(10), model.events)) for s, w in e.of_blocks(0.0).items())
        for e in map(Enumeration, settled(model))
    ]
    value = float((weighed((1, c**2) for c in draw) - chance**2) / (chance * (1 - chance)))
    assert abs(found["draw"].index - value) < NO_ALARM * found["draw"].error


def test_the_simulated_index_of_severity() -> None:
    model = small(severity=1.5, mark=F(10))
    tables = adjoint(model)
    exact = next(share.index for share in pass_shares(model, tables) if share.kind == "severity")
    found = next(share for share in pass_shares(model, None, draws=20_000) if share.kind == "severity")
    assert exact > 0.02
    assert abs(found.index - exact) < NO_ALARM * found.error


def test_without_doubt_or_mark_there_is_nothing_to_share() -> None:
    assert pass_shares(small(mark=None), None, draws=100) == ()
    certain = small(mark=F(1))
    assert pass_shares(certain, None, draws=100) == ()
    assert pass_shares(certain, adjoint(certain, count=5)) == ()


def test_reasons_are_told_in_both_languages() -> None:
    found = linear_region(small(False))
    assert isinstance(found, Reason)
    assert isinstance(found.text, Text)
    assert found.leaves
