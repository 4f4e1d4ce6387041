"""What a page shows of a forecast: rows that add up to the result they are taken from."""

from dataclasses import replace
from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard
from test_forecast_words import AT, assessment

from evalsys import read_assessment, score
from evalsys.forecast_views import answerable, change_since, findings_of, histogram, outlook, site_rows, visited
from evalsys.forecasting import forecast, inspections


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    return forecast(assessment(tmp_path_factory.mktemp("law")))


def test_the_histogram_is_cut_at_the_mark(law):
    bins = histogram(law)
    mark = float(law.mark / law.full * 100)
    assert sum(mass for _, _, mass in bins) == pytest.approx(1, abs=1e-12)
    assert sum(mass for low, _, mass in bins if low >= mark - 1e-9) == pytest.approx(law.chance, abs=1e-12)
    assert any(abs(low - mark) < 1e-9 for low, _, _ in bins)
    assert len({round(high - low, 9) for low, high, _ in bins}) == 1


def test_scores_on_an_edge_belong_above_it(law):
    """85 % of 10 points is a cell of the lattice: a float below it would count it as failed."""
    half = replace(law, points=law.points[:2] * 0 + 8.5, mass=law.mass[:2] * 0 + 0.5, sd=1.0)
    assert all(low >= 85 - 1e-9 for low, _, mass in histogram(half) if mass > 0)


def test_without_spread_there_is_one_bin(law):
    (one,) = histogram(replace(law, sd=0.0))
    assert one[0] == one[1]
    assert one[2] == 1.0


def test_the_findings_of_an_inspection_add_up_to_its_loss(law):
    for one in inspections(law, range(20)):
        rows = findings_of(law.prospect.model, one)
        assert sum((row.points for row in rows), Fraction(0)) == law.full - one.total
        assert [row.points for row in rows] == sorted((row.points for row in rows), reverse=True)
        assert len(rows) == int((one.rows["level"] > 0).sum())
        assert len(visited(one)) == 2


def test_what_is_not_assessed_loses_no_points(tmp_path):
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    sites = [{"site_id": "s0", "site_type": "community", "name": "甲"}]
    made = assessment_of(
        tmp_path,
        content_of([indicator("1", 10, below)], 10),
        [{"standard": "1.1", "site_id": "s0", "value": "0.5"}],
        {"pass_mark": "50%"},
        sites=sites,
    )
    found = forecast(made)
    for one in inspections(found, range(10)):
        assert sum((row.points for row in findings_of(found.prospect.model, one)), Fraction(0)) == 10 - one.total


def test_the_sites_expected_losses_are_those_of_the_mean(law):
    """Listed sites and the two alike unlisted ones lose, drawn or not, what the mean score lacks: all adds up here."""
    rows = site_rows(law, None)
    (block,) = law.prospect.model.blocks
    entry = block.sites.tolist().index(-1)
    unlisted = 0.0
    for number, (points, check) in enumerate(zip((6, 4), block.checks, strict=True)):
        levels = [1 - float(level) for level in check.levels[1:]]
        size = block.sizes[entry, number, : len(levels)] @ levels
        unlisted += points / 2 * (1 - block.chance[entry, number]) * size
    total = sum(row.drawn * row.loss for row in rows) + block.times[entry] * block.drawn / block.population * unlisted
    assert total == pytest.approx(10 - law.mean, abs=1e-9)
    assert [row.drawn for row in rows] == [pytest.approx(2 / 6)] * 4
    assert rows[0].site == 1  # 乙 lost most


def test_who_answers_is_the_site_s_own_or_that_of_its_checks():
    result = score(read_assessment("data/wujiang-2016"))
    held = answerable(result)
    names = result.assessment.sites["name"].tolist()
    assert "市场监督局" in held[names.index("药店1")][1]
    assert held[names.index("社区1")][0] == "吴江街道"
    assert len(held) == len(names)


def test_a_round_against_another(tmp_path):
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": name} for n, name in enumerate("甲乙丙")]
    seen = {"r0": ("0.5", "0", "0.2"), "r1": ("0", "0.4", "")}
    rows = [
        {"standard": "1.1", "site_id": f"s{n}", "value": value, "round": name}
        for name, values in seen.items()
        for n, value in enumerate(values)
        if value
    ]
    made = assessment_of(tmp_path, content_of([indicator("1", 10, below)], 10), rows, {}, sites=sites)
    change = change_since(score(read_assessment(made.path, round="r0")), score(made))
    assert [site for _, site in change.came] == [1]
    assert [site for _, site in change.went] == [0]
    assert change.stayed == ()
    assert change.unseen == 1
    assert change.now - change.before == 10 * (Fraction(7, 30) - Fraction(1, 5))


def test_faults_are_kept_for_the_page(tmp_path):
    blank = {"standard": "1.1", "value": ""}
    made = assessment_of(tmp_path, content_of([indicator("1", 10, [standard("1.1", points=10)])], 10), [blank])
    seen = outlook(made)
    assert seen.found is None
    assert [fault.problem for fault in seen.faults] == ["nothing_to_forecast"]
    assert outlook(made, wanted=False).faults == ()


def test_everything_is_of_one_forecast(tmp_path):
    seen = outlook(assessment(tmp_path))
    assert seen.given.mean == pytest.approx(seen.found.chance, abs=1e-9)
    assert seen.others[0].chance == pytest.approx(seen.found.chance, abs=1e-6)
    assert seen.doubt.low < seen.found.chance < seen.doubt.high
    assert len(seen.inspections) == 3
    assert sum(share.covariance for share in seen.groups) == pytest.approx(1)
    for row in seen.sites:
        assert row.chance_mended >= seen.found.chance - 1e-12


def test_without_a_mark_nothing_hangs_on_it(tmp_path):
    seen = outlook(assessment(tmp_path, pass_mark=None))
    assert seen.found.chance is None
    assert (seen.given, seen.hangs, seen.doubt) == (None, (), None)
