"""A league of assessments: read with all faults at once, ranked by final rates, with ranks of the coming inspection."""

import re
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest
from builders import assessment_of, content_of, indicator, standard, write_csv
from page_reader import Reader

from evalsys.faults import InputFaults
from evalsys.league import league_of
from evalsys.league_forecasts import is_list, read_list, shared_laws
from evalsys.league_pages import provenance, review, standings, statement, summary, title_block
from evalsys.severity import nodes

PARTS = (title_block, summary, standings, statement, review, provenance)


def unit(folder, values, full=10, **more):
    """Write an assessment of checks without a site, which share the points; a value is what is lost of one."""
    codes = [f"1.{number}" for number in range(1, len(values) + 1)]
    each = F(full, len(values))
    content = content_of([indicator("1", full, [standard(code, points=each) for code in codes])], full)
    rows = [
        {"standard": code, "value": value, "observed_on": "2026-05-01"}
        for code, value in zip(codes, values, strict=True)
    ]
    folder.mkdir()
    assessment_of(folder, {**content, **more}, rows, {"inspection_date": "2026-06-01", "pass_mark": "90%"})


def listed(folder, rows, heads=("单位", "测评"), name="units.csv"):
    write_csv(folder / name, [dict(zip(heads, row, strict=True)) for row in rows])
    return folder / name


@pytest.fixture
def three(tmp_path):
    unit(tmp_path / "a", (0, 0.5))
    unit(tmp_path / "b", (0.5, 1), full=20)
    unit(tmp_path / "c", (0, 0, 0, 1), full=40)
    return listed(tmp_path, [("甲村", "a"), ("乙村", "b"), ("丙村", "c")])


def outcomes(model, z):
    """Return (chance, rate) of everything that one inspection under a severity may show."""
    cells = []
    for place, block in enumerate(model.blocks):
        assert (block.drawn, len(block.checks), block.checks[0].reach) == (1, 1, 1)
        check, good = block.checks[0], F(float(model.seen(place, z)[0, 0]))
        lower = [(1 - good) * F(float(size)) for size in block.sizes[0, 0][: len(check.levels) - 1]]
        cells.append(list(zip([good, *lower], check.levels, strict=True)))
    for row in product(*cells):
        chance = F(1)
        for own, _ in row:
            chance *= own
        yield chance, sum((level for _, level in row), F(0)) / len(cells) * 100


def test_ranks_are_those_of_all_inspections_counted_one_by_one(three):
    league = league_of(str(three))
    assert [(own.ranked.name, own.ranked.rank, own.ranked.score, own.won, own.full) for own in league.units] == [
        ("甲村", 1, 75, F(15, 2), 10), ("丙村", 1, 75, 30, 40), ("乙村", 3, 25, 5, 20),
    ]  # fmt: skip
    models = {own.name: own.prospect.model for own in read_list(three).members}
    assert {model.severity for model in models.values()} == {0.3}
    first, last = dict.fromkeys(models, 0.0), dict.fromkeys(models, 0.0)
    mean = dict.fromkeys(models, 0.0)
    for z, weight in zip(*nodes(0.3, 13), strict=True):
        held = [list(outcomes(model, z)) for model in models.values()]
        for found in product(*held):
            chance = weight * float(found[0][0] * found[1][0] * found[2][0])
            rates = [rate for _, rate in found]
            for name, rate in zip(models, rates, strict=True):
                first[name] += chance * (rate == max(rates))
                last[name] += chance * (rate == min(rates))
                mean[name] += chance * float(rate)
    for own in league.units:
        name = own.ranked.name
        assert own.chances.first == pytest.approx(first[name], abs=3e-6)
        assert own.chances.last == pytest.approx(last[name], abs=3e-6)
        assert own.expected == pytest.approx(mean[name], abs=3e-4)
        assert sum(own.chances.chances) == pytest.approx(1, abs=1e-9)


def test_neighbours_do_not_differ_unless_their_order_is_firm(tmp_path):
    for name, values in (("a", (0,) * 8), ("b", (0,) * 8), ("c", (1,) * 8)):
        unit(tmp_path / name, values)
    (group,) = league_of(str(listed(tmp_path, [("甲村", "a"), ("乙村", "b"), ("丙村", "c")]))).groups
    assert [(one.ranked.name, other.ranked.name) for one, other in group.alike] == [("甲村", "乙村")]


def test_one_team_makes_ranks_firmer_than_one_for_each(three):
    from evalsys.rank_chances import discrete, rank_ranges

    laws, simulated = shared_laws([own.prospect for own in read_list(three).members])
    assert simulated == (False, False, False)
    mixed = [
        discrete(
            np.concatenate([own[at].values for _, own in laws]),
            np.concatenate([weight * own[at].mass for weight, own in laws]),
        )
        for at in range(3)
    ]
    together, apart = rank_ranges(laws), rank_ranges(mixed)
    assert together[1].last > apart[1].last + 1e-4


def test_what_comes_after_the_total_moves_score_and_law(tmp_path):
    bonus = {"bonus": [{"code": "B", "name": {"zh": "加分", "en": "bonus"}, "points": 1, "source": {"row": "t"}}]}
    more = {"after_total": ["bonus"], **bonus}
    for name in ("a", "b"):
        unit(tmp_path / name, (0, 0.5), **more)
    write_csv(tmp_path / "b" / "events.csv", [{"code": "B", "date": "2026-05-02"}])
    league = league_of(str(listed(tmp_path, [("甲村", "a"), ("乙村", "b")])))
    ahead, behind = league.units
    assert [(own.ranked.name, own.ranked.score) for own in (ahead, behind)] == [("乙村", 85), ("甲村", 75)]
    assert ahead.expected - behind.expected == pytest.approx(10)


def test_nothing_assessed_has_neither_rank_nor_range_and_is_told(tmp_path):
    unit(tmp_path / "a", (0, 0.5))
    unit(tmp_path / "b", (0.5, 0.5))
    unit(tmp_path / "c", (0, 0))
    write_csv(tmp_path / "c" / "observations.csv", [{"observation_id": "o1", "standard": "1.1", "value": ""}])
    league = league_of(str(listed(tmp_path, [("丙村", "c"), ("甲村", "a"), ("乙村", "b")])))
    assert [(own.ranked.name, own.ranked.rank, own.chances is None) for own in league.units] == [
        ("甲村", 1, False), ("乙村", 2, False), ("丙村", None, True),
    ]  # fmt: skip
    assert "丙村" in said(review(league, "zh"))


def test_without_forecasts_there_are_scores_and_ranks_only(three):
    league = league_of(str(three), with_forecast=False)
    assert [own.ranked.rank for own in league.units] == [1, 1, 3]
    assert not league.ranges
    assert all(own.chances is None and own.low is None for own in league.units)
    assert "没有作出预测" in said(standings(league, "zh"))


def test_groups_are_ranked_apart_and_the_last_round_is_compared(three):
    rows = [("甲村", "a", "东片"), ("乙村", "b", "西片"), ("丙村", "c", "东片")]
    now = listed(three.parent, rows, ("单位", "测评", "组别"), "grouped.csv")
    before = listed(three.parent, [("甲村", "b"), ("丁村", "a")], name="before.csv")
    league = league_of(str(now), previous=str(before), with_forecast=False)
    assert [(group.key, [own.ranked.rank for own in group.units]) for group in league.groups] == [
        ("东片", [1, 1]), ("西片", [1]),
    ]  # fmt: skip
    assert league.units[0].ranked.change == 50
    assert league.gone == ("丁村",)


def test_all_faults_of_the_list_and_of_its_assessments_are_told_at_once(three):
    folder = three.parent
    unit(folder / "d", (0, 0.5))
    write_csv(folder / "d" / "observations.csv", [{"observation_id": "o1", "standard": "9.9", "value": "0"}])
    rows = [
        ("甲村", "a", "1"),
        ("甲村", "b", ""),
        ("丙村", "nowhere", ""),
        ("丁村", "d", ""),
        ("", "c", ""),
        ("戊村", "a", ""),
    ]
    path = listed(folder, rows, ("单位", "测评", "组別名"), "bad.csv")
    with pytest.raises(InputFaults) as caught:
        league_of(str(path))
    found = {(fault.problem, fault.file, fault.row, fault.value) for fault in caught.value.faults}
    assert {
        ("unknown_column", "bad.csv", 1, ""),
        ("duplicate_id", "bad.csv", 3, "甲村"),
        ("missing_folder", "bad.csv", 4, "nowhere"),
        ("empty_value", "bad.csv", 6, ""),
        ("duplicate_id", "bad.csv", 7, "a"),
    } <= found
    assert any(file.startswith("bad.csv:5 d/observations.csv") and row == 2 for _, file, row, _ in found)


def test_a_unit_without_a_group_among_groups_is_a_fault(three):
    rows = [("甲村", "a", "东片"), ("乙村", "b", "")]
    path = listed(three.parent, rows, ("单位", "测评", "组别"), "some.csv")
    with pytest.raises(InputFaults) as caught:
        read_list(path)
    assert [(fault.problem, fault.row, fault.column) for fault in caught.value.faults] == [("empty_value", 3, "组别")]


def test_a_list_is_known_by_its_heading(three):
    assert is_list(three)
    assert not is_list(listed(three.parent, [("甲村", "96")], ("村", "总分"), "table.csv"))
    assert not is_list(three.parent / "none.csv")


def said(piece):
    return re.sub(r"\s+", " ", "".join(Reader(piece).words))


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("with_forecast", [True, False])
def test_the_page_is_complete_in_both_languages(three, lang, with_forecast):
    league = league_of(str(three), with_forecast=with_forecast)
    pieces = [part(league, lang) for part in PARTS]
    text = " ".join(said(piece) for piece in pieces)
    assert "None" not in text
    if lang == "en":
        assert not re.search("[一-鿿]", re.sub("[甲乙丙]村", "", text)), re.findall("[一-鿿]+", text)
    told = {"zh": "不是重复模拟测评", "en": "not repeated mock assessments"}[lang]
    assert (told in text) == with_forecast
    team = {"zh": "同一督查组", "en": "one team"}[lang]
    assert (team in text) == with_forecast
    if with_forecast:
        last = league.units[-1]
        assert f"{last.expected:.2f}" in said(pieces[3])
