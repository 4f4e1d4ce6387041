"""The waste-sorting form on estates worked by hand: what an inspector enters, the working, the exact points."""

import csv
from fractions import Fraction as F

import pytest

from evalsys import load_instrument, read_assessment, score

CLEAN = {
    "1.1": ["无"],
    "2.1": ["0"],
    "2.2": ["无"],
    "2.3": ["无"],
    "2.4": ["无"],
    "3.1": ["无"],
    "4.1": ["无"],
    "4.2": ["是"],
    "4.3": ["是"],
    "5.1.1": ["无"],
    "5.2.1": ["100%"],
    "5.2.2": ["100%"],
    "6.1": ["无"],
    "7.1": ["是"],
    "7.2": ["是"],
    "7.3": ["是"],
}


@pytest.fixture
def score_of(tmp_path):
    """Write an assessment folder with these findings, read it, and score it."""

    def write(name, heading, rows):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heading, *rows])

    def score_it(findings, answers=()):
        (tmp_path / "assessment.yaml").write_text(
            "schema: 1\ninstrument: waste-sorting-estate\nplace: 某小区\nround: 2024-05\n", "utf-8"
        )
        rows = []
        for code, values in findings.items():
            for value in values:  # ("满溢", 2) is two of one kind in one row
                text, n = value if isinstance(value, tuple) else (value, "")
                rows.append([f"W{len(rows) + 1}", code, text, n])
        write("observations.csv", ["observation_id", "standard", "value", "n"], rows)
        if answers:
            write("responses.csv", ["respondent", "question", "answer"], answers)
        return score(read_assessment(tmp_path))

    return score_it


def won(result, *codes):
    return [result.by_code[code].won for code in codes]


ITEMS = [str(number) for number in range(1, 8)]


def test_the_form_has_the_printed_maxima():
    """Seven maxima, 10 + 20 + 10 + 20 + 15 + 10 + 15 = 100; what is a reading says so."""
    instrument = load_instrument("waste-sorting-estate")
    tops = [node for node in instrument.nodes if node.depth == 1]
    assert [node.code for node in tops] == ITEMS
    assert [node.points for node in tops] == [10, 20, 10, 20, 15, 10, 15]
    assert instrument.full_marks == 100
    assert instrument.documents["waste-sorting-form"]["certainty"] == "copy"
    assert instrument.level == "estate"
    assumed = {code for code, node in instrument.standards.items() if "threshold" in node.standard.assumed}
    assert assumed == {"2.3", "5.2.1", "5.2.2", "7.2"}
    assert len(instrument.assumed) == 1
    methods = {node.method for node in instrument.nodes if node.kind == "leaf"}
    assert methods == {"site_visit", "survey", "document_review"}


def test_1_nothing_found(score_of):
    """Every item checked, nothing found: 100 of 100."""
    result = score_of(CLEAN)
    assert (result.value, result.assessed, result.worst, result.best) == (100, 100, 100, 100)
    assert won(result, *ITEMS) == [10, 20, 10, 20, 15, 10, 15]


def test_2_an_ordinary_estate(score_of):
    """A few findings, no cap reached.

    1: two entrances without a board, 2 x 1            10 - 2 = 8
    2: 2.1 all kinds there 5; 2.2 one set missing 5 - 2 = 3; 2.3 two labels 5 - 2 = 3;
       2.4 one dirty bin and one overflowing 5 - 1 - 2 = 2      13
    3: no board of prices                              10 - 5 = 5
    4: no point for garden waste 10 - 5 = 5; fenced 5; transfer point 5      15
    5: two mixed bins 5 - 2 = 3; participation 80 % is 10 short, - 1; satisfaction 90 % - 0; 10 - 1 = 9      12
    6: late once                                       10 - 5 = 5
    7: guidance 5, visits 0, rating 5                  10
    8 + 13 + 5 + 15 + 12 + 5 + 10 = 68
    """
    result = score_of(
        CLEAN
        | {
            "1.1": ["未设公示牌", "未设公示牌"],
            "2.2": ["未成组"],
            "2.3": [("颜色标识不规范", 2)],
            "2.4": ["脏污破损未盖", "满溢"],
            "3.1": ["无价格公示"],
            "4.1": ["缺园林垃圾点"],
            "5.1.1": ["混投", "混投"],
            "5.2.1": ["80%"],
            "5.2.2": ["90"],
            "6.1": ["不及时"],
            "7.2": ["否"],
        }
    )
    assert won(result, *ITEMS) == [8, 13, 5, 15, 12, 5, 10]
    assert result.value == 68


def test_3_caps_and_floors(score_of):
    """Every deduction beyond its bound.

    1: five entrances without a board and two bad boards, 5 + 10 = 15 of 10      0
    2: 2.1 one kind missing is zero, 0; 2.2 three sets, 6, at most 5: 0; 2.3 seven labels, at most 5: 0;
       2.4 two overflowing and one open, 2 x 2 + 1 = 5: 0      0
    3: no drop-off point 10, and an irregular board 2, 12 of 10      0
    4: the bulky point reported missing twice counts once, 5; the renovation point 5: 10 - 10 = 0; 5; 5      10
    5: six mixed bins in two rows, at most 5: 0; 10      10
    6: three kinds, 15 of 10      0
    7: 15
    0 + 0 + 0 + 10 + 10 + 0 + 15 = 35
    """
    result = score_of(
        CLEAN
        | {
            "1.1": [("未设公示牌", 5), ("公示牌不合格", 2)],
            "2.1": ["1"],
            "2.2": [("未成组", 3)],
            "2.3": [("颜色标识不规范", 7)],
            "2.4": [("满溢", 2), "脏污破损未盖"],
            "3.1": ["无交投点", "公示不规范"],
            "4.1": ["缺大件垃圾点", "缺大件垃圾点", "缺装修垃圾点"],
            "5.1.1": [("混投", 4), ("混投", 2)],
            "6.1": ["混装混运", "落地", "滴漏"],
        }
    )
    assert won(result, *ITEMS) == [0, 0, 0, 10, 10, 0, 15]
    assert result.value == 35


def test_4_ten_residents_are_asked(score_of):
    """Item 5.2 from the answers: 7 of 10 take part, 8 of 10 are satisfied.

    70 % is 20 short, - 2; 80 % is 10 short, - 1; 10 - 3 = 7. All else is clean: 100 - 3 = 97
    """
    answers = [(r, "takes-part", "是" if r <= 7 else "否") for r in range(1, 11)]
    answers += [(r, "is-satisfied", "满意" if r <= 8 else "不满意") for r in range(1, 11)]
    findings = {code: values for code, values in CLEAN.items() if not code.startswith("5.2.")}
    result = score_of(findings, answers)
    assert won(result, "5.1", "5.2", "5") == [5, 7, 12]
    assert [result.by_code[f"{code}/survey"].by for code in ("5.2.1", "5.2.2")] == ["responses", "responses"]
    assert result.value == 97


@pytest.mark.parametrize(
    ("participation", "satisfaction", "points"),
    [
        ("90", "90", 10),  # equality passes
        ("89.9%", "90%", 10),  # a tenth of a point short is no full ten
        ("80.1", "90", 10),
        ("80", "90", 9),
        ("79.9", "90", 9),
        ("70", "70", 6),
        ("0", "90", 1),  # 90 short: 9 of 10
        ("0", "80", 0),  # 9 + 1
        ("0", "0", 0),  # 9 + 9, at most 10
        ("10", "60", 0),  # 8 + 3, at most 10
        ("40", "50", 1),  # 5 + 4
    ],
)
def test_5_residents_at_the_edges(score_of, participation, satisfaction, points):
    """Item 5.2 is 10 - (full tens short of 90, both rates), at least 0; all else clean: 90 + points."""
    result = score_of(CLEAN | {"5.2.1": [participation], "5.2.2": [satisfaction]})
    assert won(result, "5.2") == [points]
    assert result.value == 90 + points


def test_6_everything_wrong(score_of):
    """Zero is reached, and nothing is below it."""
    result = score_of(
        {
            "1.1": [("公示牌不合格", 2)],
            "2.1": ["4"],
            "2.2": [("未成组", 9)],
            "2.3": [("颜色标识不规范", 9)],
            "2.4": [("满溢", 9)],
            "3.1": ["无交投点", "无价格公示"],
            "4.1": ["缺大件垃圾点", "缺装修垃圾点", "缺园林垃圾点"],  # 15 of 10
            "4.2": ["否"],
            "4.3": ["否"],
            "5.1.1": [("混投", 5)],
            "5.2.1": ["0%"],
            "5.2.2": ["0%"],
            "6.1": ["不及时", "混装混运", "落地", "滴漏", "噪声扰民"],
            "7.1": ["否"],
            "7.2": ["否"],
            "7.3": ["否"],
        }
    )
    assert won(result, *ITEMS) == [0] * 7
    assert (result.value, result.worst, result.best) == (0, 0, 0)


def test_7_the_papers_are_still_out(score_of):
    """Item 7 is not assessed, one rate of 5.2 neither; a floor with a part missing is itself missing.

    Assessed: 100 - 15 - 10 = 75 points; lost: one board (1) and one bin (1), 73 won.
    Score on assessed points 73 / 75 x 100 = 97 1/3; worst 73; best, with 80 % participation (- 1): 73 + 9 + 15 = 97
    """
    findings = {code: values for code, values in CLEAN.items() if code[0] != "7" and code != "5.2.2"}
    result = score_of(findings | {"1.1": ["未设公示牌"], "5.1.1": ["混投"], "5.2.1": ["80"]})
    assert (result.assessed, result.won) == (75, 73)
    assert result.value == F(73, 75) * 100 == F(292, 3)
    assert (result.worst, result.best) == (73, 97)


def test_8_one_miss_is_zero_for_the_demand(score_of):
    """No fence: 5 of item 4; one of four kinds of container missing: 5 of item 2. 100 - 5 - 5 = 90"""
    result = score_of(CLEAN | {"4.2": ["否"], "2.1": ["1"]})
    assert won(result, "2.1", "2", "4.2", "4") == [0, 15, 0, 15]
    assert result.value == 90
