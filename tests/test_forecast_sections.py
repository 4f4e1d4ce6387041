"""The forecast in the report: its numbers are those of the result, in both languages, whatever the assessment."""

import re
from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard
from page_reader import Reader
from test_forecast_words import AT, assessment

from evalsys import forecast_sections as sections
from evalsys import score
from evalsys.forecast_views import findings_of
from evalsys.forecast_words import chance_text
from evalsys.forecasting import passing
from evalsys.wording import decimal, percent

PARTS = (
    sections.headline,
    sections.overview,
    sections.spread,
    sections.worst_sites,
    sections.three_inspections,
    sections.carries,
)
PROPER = {"甲点", "乙点", "丙点", "丁点", "甲", "乙", "某区"}


def capped(folder):
    """The same sites feed a cap and what stands beside it: no exact law."""
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    more = [standard("2.1", points=10, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"{name}点"} for n, name in enumerate("甲乙丙丁")]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": value}
        for n, value in enumerate(("0", "0.4", "0", "0.2"))
        for code in ("1.1", "1.2", "2.1")
    ]
    content = content_of([indicator("1", 8, below, combine="cap"), indicator("2", 10, more)], 18)
    given = {"draw": [{"site_type": "community", "sites": 2, "population": 6}], "pass_mark": "85%"}
    return assessment_of(folder, content, rows, given, sites=sites)


def fixed(folder):
    return assessment(folder, forecast=dict.fromkeys(("state", "severity", "rates"), "off"), draw=None)


def empty(folder):
    content = content_of([indicator("1", 10, [standard("1.1", points=10)])], 10)
    return assessment_of(folder, content, [{"standard": "1.1", "value": ""}])


KINDS = {
    "law": assessment,
    "no mark": lambda folder: assessment(folder, pass_mark=None),
    "sure to pass": lambda folder: assessment(folder, pass_mark="1%"),
    "sure to fail": lambda folder: assessment(folder, pass_mark="100%", draw=None),
    "no severity": lambda folder: assessment(folder, forecast={"severity": "off"}),
    "all off": fixed,
    "simulated": capped,
    "empty": empty,
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Return a function that makes the outlook of a kind of assessment, once."""
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = sections.outlook(KINDS[kind](tmp_path_factory.mktemp("kind")))
        return made[kind]

    return make


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_every_kind_is_well_formed(seen, kind, lang, monkeypatch):
    pictures = []
    own = sections.figure
    monkeypatch.setattr(
        sections,
        "figure",
        lambda heading, picture, caption="": pictures.append(picture) or own(heading, picture, caption),
    )
    for part in PARTS:
        read = Reader(part(seen(kind), lang))
        words = "".join(read.words)
        for table in read.tables:
            assert len({len(row) for row in table}) == 1
        for image in read.images:
            assert len(image["alt"]) > 10
        assert not re.search(r"\bNone\b|\bnan\b|\binf\b|Fraction|\bTrue\b|。。|；。|，。|\.\.$", words)
        spoken = "\n".join([words, *(image["alt"] for image in read.images)])
        if lang == "en":
            for name in sorted(PROPER, key=len, reverse=True):
                spoken = spoken.replace(name, "")
            assert not re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", spoken)
        else:
            assert set(re.findall(r"[A-Za-z]{3,}", spoken)) <= {"Sobol", "Shapley", "Kish"}
    assert [picture.missing for picture in pictures] == [""] * len(pictures)
    assert (len(pictures) > 0) == (kind != "empty")


def test_the_simulated_kind_is_simulated_and_says_why(seen):
    found = seen("simulated").found
    assert found.engine == "simulate"
    page = sections.overview(seen("simulated"), "en")
    assert "20,000 simulated inspections" in page
    assert "Why it is not exact" in page
    assert "Community" in page


def test_the_page_has_the_numbers_of_the_forecast(seen):
    found, page = seen("law").found, "".join(Reader(sections.overview(seen("law"), "zh")).words)
    held = dict(found.quantiles)
    for number in (found.mean, found.sd, held[0.05], held[0.95]):
        assert f"{number:.2f}" in page
    for chance in (found.chance, *(found.at_severity(times)[0] for times in (-1, 0, 1))):
        assert f"{100 * chance:.0f}%" in page
    low, high = seen("law").doubt.low, seen("law").doubt.high
    assert f"{100 * low:.0f}%–{100 * high:.0f}%" in page


def test_the_shares_on_the_page_are_those_of_the_split(seen):
    page = sections.spread(seen("law"), "zh")
    (image,) = Reader(page).images
    for share in seen("law").found.shares:
        if share.variance:
            assert f"{100 * share.share:.1f}%" in image["alt"]


def test_what_pass_or_fail_hangs_on_is_that_of_the_library(seen):
    own = passing(seen("law").found, seen("law").given)
    hangs, groups = Reader(sections.spread(seen("law"), "zh")).tables[0], seen("law").groups
    assert hangs[1] == ["社区", percent(Fraction(own[0].index).limit_denominator(10**6), 1)]
    assert len(groups) == 1  # one type alone is no table


def test_sampled_indices_stand_with_their_error(seen):
    table = Reader(sections.spread(seen("simulated"), "en")).tables[0]
    assert all("±" in row[1] for row in table[1:])


def test_the_sites_stand_in_order_of_what_they_cost(seen):
    (table,) = Reader(sections.worst_sites(seen("law"), "zh")).tables
    assert [row[0] for row in table[1:3]] == ["乙点", "丁点"]
    best = seen("law").sites[0]
    assert table[1][3:5] == ["33%", f"{best.loss:.3f}"]
    assert table[1][6:] == [f"{100 * best.chance_seen:.1f}%", f"{100 * best.chance_mended:.1f}%"]


def test_without_tables_no_chance_by_site_is_shown(seen):
    (table,) = Reader(sections.worst_sites(seen("simulated"), "zh")).tables
    assert len(table[0]) == 6
    assert "不列整改后的达标可能性" in sections.worst_sites(seen("simulated"), "zh")


def test_three_inspections_are_those_of_the_seed(seen):
    page = sections.three_inspections(seen("law"), "zh")
    (table,) = Reader(page).tables
    made = seen("law").inspections
    assert [row[5] for row in table[1:]] == [decimal(one.total, 2) for one in made]
    assert [row[6] for row in table[1:]] == ["是" if one.passed else "否" for one in made]
    for one in made:
        for finding in findings_of(seen("law").found.prospect.model, one)[:2]:
            assert f"失 {decimal(finding.points, 3)} 分" in page


def test_other_assumptions_are_told_as_changes_of_this_forecast(seen):
    for kind in ("law", "simulated"):
        image = Reader(sections.carries(seen(kind), "zh")).images[0]
        for row in seen(kind).others[1:]:
            moved = f"{abs(100 * row.chance_moved):.1f}"
            assert f"{row.name.zh} " in image["alt"]
            assert moved in image["alt"]
            assert (row.chance_moved_error > 0) == (kind == "simulated") or row.chance_moved == 0


def test_parameters_stand_with_unit_default_and_status(seen):
    tables = Reader(sections.carries(seen("law"), "zh")).tables
    rows = {row[0]: row[1:] for row in tables[0]}
    assert rows["严查程度的标准差"] == ["0.3", "对数优势", "0.3", "默认值，假定"]
    assert "应答率" not in rows  # there is no survey


def test_assumed_weights_are_doubted(tmp_path):
    below = [standard("1.1", checked_at=AT), standard("1.2", checked_at=AT)]
    sites = [{"site_id": "s0", "site_type": "community", "name": "甲点"}]
    rows = [{"standard": code, "site_id": "s0", "value": value} for code, value in (("1.1", "0"), ("1.2", "0.5"))]
    content = content_of(
        [indicator("1", None, below)], 10, scheme="equal", weights={"scheme": "equal", "status": "assumed"}
    )
    made = sections.outlook(assessment_of(tmp_path, content, rows, {"pass_mark": "80%"}, sites=sites))
    page = sections.carries(made, "zh")
    assert f"{decimal(made.weights.least, 2)} 至 {decimal(made.weights.most, 2)} 分" in page
    assert f"达标可能性在 {chance_text(made.weighed.least)} 至 {chance_text(made.weighed.most)} 之间" in page


def test_nothing_to_forecast_is_one_sentence(seen):
    page = sections.overview(seen("empty"), "zh")
    assert "不能预测：没有可计分的依据，无从预测。" in page
    assert Reader(page).images == []
    assert [part(seen("empty"), "zh") for part in PARTS[2:]] == [""] * 4


def test_a_forecast_nobody_wants_is_not_told(tmp_path):
    none = sections.outlook(assessment(tmp_path), wanted=False)
    assert [part(none, "zh") for part in PARTS] == [""] * len(PARTS)


def test_no_mark_leaves_chances_out_openly(seen):
    page = sections.overview(seen("no mark"), "zh")
    assert "未设目标线，不计算达标可能性" in page
    assert "达标与否" not in sections.spread(seen("no mark"), "zh")
    assert "期望得分是多少" in sections.carries(seen("no mark"), "zh")


@pytest.mark.parametrize("kind", ["sure to pass", "law", "simulated"])
def test_a_chance_below_one_is_never_told_as_certain(seen, kind):
    found = seen(kind).found
    page = "".join(Reader(sections.headline(seen(kind), "zh")).words)
    if found.chance > 0.999:
        assert "99.9% 以上" in page
    assert "可能性100%" not in page
    assert "可能性约 100%" not in page


def test_a_certain_score_is_told_as_one(seen):
    page = sections.headline(seen("all off"), "zh")
    assert "没有波动" in page
    assert seen("all off").found.sd == 0


def rounds(folder):
    below = [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)]
    sites = [{"site_id": f"s{n}", "site_type": "community", "name": f"{name}点"} for n, name in enumerate("甲乙")]
    seen = {"r0": ("0.5", "0"), "r1": ("0", "0.4")}
    rows = [
        {"standard": "1.1", "site_id": f"s{n}", "value": value, "round": name}
        for name, values in seen.items()
        for n, value in enumerate(values)
    ]
    return assessment_of(folder, content_of([indicator("1", 10, below)], 10), rows, {"round": "r1"}, sites=sites)


def test_a_round_is_compared_with_an_earlier_one(tmp_path):
    result = score(rounds(tmp_path))
    moved, listed = Reader(sections.change(result, "r0", "zh")).tables
    assert moved[1][1:] == ["75.0%", "80.0%", "+5.0"]
    assert listed[1:] == [["新增", "乙点", "1.1项"], ["消除", "甲点", "1.1项"]]
    assert "7.50" in sections.change(result, "r0", "en")
    assert sections.change(result, "", "zh") == ""
