"""Weights that stand apart from the tree: pairwise comparisons, and a file of weights."""

from fractions import Fraction as F

import pytest
from builders import assessment_of, content_of, indicator, instrument_of, standard, write_yaml

from evalsys import InputFaults, load_instrument, read_instrument, score

CONTENT = content_of(
    [
        indicator("1", None, [standard("1.1", "met"), standard("1.2", "met")]),
        indicator("2", None, [standard("2.1", "met"), standard("2.2", "met", scored="no")]),
        indicator("3", None, [standard("3.1", "met")], scored="no"),
    ],
    100,
    "equal",
)
TWO = {"of": ["1", "2"], "matrix": [["1", "4"], ["1/4", "1"]]}
LEAVES = {"of": ["1.1", "1.2"], "matrix": [["1", "1/3"], ["3", "1"]]}
GRADE = {"subset-grade": {"grades": [{"met": "1", "value": "1"}], "else": "0"}}
CHOICES = pytest.mark.parametrize(("combine", "kind"), [("best",) * 2, ("worst",) * 2, (GRADE, "subset-grade")])


def parts(instrument):
    return {node.code: node.points for node in instrument.nodes if node.depth in (1, 2) and node.points is not None}


def with_file(folder, own, content=CONTENT):
    path = write_yaml(folder / "weights.yaml", {"schema": "1", "status": "assumed", **own})
    return read_instrument(write_yaml(folder / "instrument.yaml", content), weights=path)


def problems(folder, own, content=CONTENT):
    with pytest.raises(InputFaults) as found:
        with_file(folder, own, content)
    return [(fault.file, fault.problem, fault.value) for fault in found.value.faults]


class TestComparisonsInTheInstrument:
    def test_of_the_top(self, tmp_path):
        own = instrument_of(tmp_path, CONTENT | {"pairwise": TWO})
        assert parts(own) == {"1": 80, "2": 20, "1.1": 40, "1.2": 40, "2.1": 20}
        (found,) = own.comparisons
        assert (found.code, found.of, found.weights) == ("test", ("1", "2"), (F(4, 5), F(1, 5)))
        assert found.ratio == 0

    def test_of_an_indicator(self, tmp_path):
        matrix = {"of": ["1.1", "1.2"], "matrix": [["1", "1/3"], ["3", "1"]]}
        content = CONTENT | {
            "indicators": [CONTENT["indicators"][0] | {"pairwise": matrix}, *CONTENT["indicators"][1:]]
        }
        own = instrument_of(tmp_path, content)
        assert (own.standards["1.1"].points, own.standards["1.2"].points) == (F(25, 2), F(75, 2))

    def test_comparisons_that_contradict_each_other_are_told(self, tmp_path):
        three = [indicator(n, None, [standard(f"{n}.1", "met")]) for n in "abc"]
        chairs = {"of": ["a", "b", "c"], "matrix": [["1", "9", "1"], ["1/9", "1", "9"], ["1", "1/9", "1"]]}
        own = instrument_of(tmp_path, content_of(three, 100, "equal") | {"pairwise": chairs})
        assert own.comparisons[0].ratio > 0.1
        assert any("一致性比率" in text.zh and "0.10" in text.zh for text in own.assumed)
        assert not any("一致性比率" in text.zh for text in instrument_of(tmp_path, CONTENT | {"pairwise": TWO}).assumed)

    @pytest.mark.parametrize(
        ("matrix", "expected"),
        [
            ({"of": ["1"], "matrix": [["1"]]}, [("weights_incomplete", "2")]),
            (
                {"of": ["1", "x"], "matrix": [["1", "1"], ["1", "1"]]},
                [("unknown_code", "x"), ("weights_incomplete", "2")],
            ),
            ({"of": ["1", "2", "2"], "matrix": [["1"] * 3] * 3}, [("duplicate_code", "2")]),
            ({"of": ["1", "2"], "matrix": [["1", "4"]]}, [("not_square", "1: 2")]),
            ({"of": ["1", "2"], "matrix": [["1", "4"], ["1"]]}, [("not_square", "2: 2 1")]),
            ({"of": ["1", "2"], "matrix": [["1", "4"], ["4", "1"]]}, [("not_reciprocal", "(1, 2) 4, (2, 1) 4")]),
            ({"of": ["1", "2"], "matrix": [["2", "4"], ["1/4", "1"]]}, [("not_reciprocal", "(1, 1) 2, (1, 1) 2")]),
            ({"of": ["1", "2"], "matrix": [["1", "0"], ["1", "1"]]}, [("out_of_range", "0")]),
            (
                {"of": ["1", "3"], "matrix": [["1", "1"], ["1", "1"]]},
                [("unknown_code", "3"), ("weights_incomplete", "2")],
            ),
        ],
    )
    def test_a_matrix_that_is_none(self, tmp_path, matrix, expected):
        with pytest.raises(InputFaults) as found:
            instrument_of(tmp_path, CONTENT | {"pairwise": matrix})
        assert [(fault.problem, fault.value) for fault in found.value.faults] == expected

    @CHOICES
    def test_below_a_choice_weights_mean_nothing(self, tmp_path, combine, kind):
        one = CONTENT["indicators"][0] | {"pairwise": LEAVES, "combine": combine}
        with pytest.raises(InputFaults) as found:
            instrument_of(tmp_path, CONTENT | {"indicators": [one]})
        assert [(fault.problem, fault.value) for fault in found.value.faults] == [("no_effect", kind)]

    @pytest.mark.parametrize(
        ("cells", "allowed"), [([["1", "4"], ["4", "1"]], "0.25"), ([["2", "4"], ["1/4", "1"]], "1")]
    )
    def test_a_cell_that_does_not_fit_is_told_with_what_would(self, tmp_path, cells, allowed):
        with pytest.raises(InputFaults) as found:
            instrument_of(tmp_path, CONTENT | {"pairwise": {"of": ["1", "2"], "matrix": cells}})
        assert [fault.allowed for fault in found.value.faults] == [allowed]

    def test_at_most_fifteen(self, tmp_path):
        many = [indicator(f"i{n}", None, [standard(f"i{n}.1", "met")]) for n in range(16)]

        def compared(count):
            matrix = {"of": [f"i{n}" for n in range(count)], "matrix": [["1"] * count] * count}
            return instrument_of(tmp_path, content_of(many[:count], 100, "equal") | {"pairwise": matrix})

        assert len(compared(15).comparisons[0].of) == 15
        with pytest.raises(InputFaults) as found:
            compared(16)
        assert [(fault.problem, fault.value) for fault in found.value.faults] == [("out_of_range", "16")]


class TestAFileOfWeights:
    def test_given_weights_leave_other_levels_as_they_are(self, tmp_path):
        own = with_file(tmp_path, {"weights": {"1": "3", "2": "1"}})
        assert parts(own) == {"1": 75, "2": 25, "1.1": F(75, 2), "1.2": F(75, 2), "2.1": 25}

    def test_in_place_of_printed_points(self, tmp_path):
        own = load_instrument("waste-sorting-estate")
        codes = [own.nodes[place].code for place in own.nodes[0].children]
        path = write_yaml(
            tmp_path / "w.yaml", {"schema": "1", "status": "assumed", "weights": dict.fromkeys(codes, "1")}
        )
        equal = load_instrument("waste-sorting-estate", weights=path)
        assert {equal.nodes[equal.places[code]].points for code in codes} == {F(100, 7)}
        deduct = [equal.standards[code].standard.rules["site_visit"].params.get("full") for code in ("1.1", "2.2")]
        assert deduct == [
            own.standards[code].points for code in ("1.1", "2.2")
        ]  # what is deducted from stays as printed

    def test_a_cap_without_points_is_worth_its_weight(self, tmp_path):
        capped = indicator("1", None, [standard("1.1", "met", 50), standard("1.2", "met", 30)], combine="cap")
        content = CONTENT | {"indicators": [capped, *CONTENT["indicators"][1:]]}
        own = with_file(tmp_path, {"weights": {"1": "3", "2": "1"}}, content)
        assert parts(own) == {"1": 75, "2": 25, "1.1": 50, "1.2": 30, "2.1": 25}

    def test_comparisons(self, tmp_path):
        own = with_file(tmp_path, {"pairwise": {"test": TWO}})
        assert parts(own)["1"] == 80
        assert [found.code for found in own.comparisons] == ["test"]

    def test_comparisons_below_an_indicator(self, tmp_path):
        own = with_file(tmp_path, {"pairwise": {"1": LEAVES}})
        assert (parts(own)["1.1"], parts(own)["1.2"]) == (F(25, 2), F(75, 2))

    @CHOICES
    def test_below_a_choice_they_mean_nothing(self, tmp_path, combine, kind):
        content = CONTENT | {"indicators": [CONTENT["indicators"][0] | {"combine": combine}]}
        for own in ({"weights": {"1.1": "3", "1.2": "1"}}, {"pairwise": {"1": LEAVES}}):
            assert problems(tmp_path, own, content) == [("weights.yaml", "no_effect", kind)]

    @pytest.mark.parametrize(
        ("own", "known"),
        [({"weights": {"9": "1"}}, "1 1.1 1.2 2 2.1 2.2 3 3.1"), ({"pairwise": {"1.1": TWO}}, "test 1 2 3")],
    )
    def test_an_unknown_code_is_told_with_those_that_may_be_named(self, tmp_path, own, known):
        with pytest.raises(InputFaults) as found:
            with_file(tmp_path, own)
        assert [fault.allowed for fault in found.value.faults] == [known]

    def test_they_replace_comparisons_of_the_instrument(self, tmp_path):
        own = with_file(tmp_path, {"weights": {"1": "1", "2": "1"}}, CONTENT | {"pairwise": TWO})
        assert (parts(own)["1"], own.comparisons) == (50, ())

    def test_it_is_told_with_its_note(self, tmp_path):
        note = {"zh": "专家打分", "en": "By experts"}
        said = [text.zh for text in with_file(tmp_path, {"weights": {"1": "3", "2": "1"}, "note": note}).assumed]
        assert any("weights.yaml" in text and "假定" in text for text in said)
        assert "专家打分" in said
        printed = with_file(tmp_path, {"status": "printed", "weights": {"1": "3", "2": "1"}}).assumed
        assert not any("weights.yaml" in text.zh and "假定" in text.zh for text in printed)

    @pytest.mark.parametrize(
        ("own", "expected"),
        [
            ({"weights": {"1": "3"}}, [("weights_incomplete", "2")]),
            ({"weights": {"1": "3", "2": "1", "9": "1"}}, [("unknown_code", "9")]),
            ({"weights": {"1.1": "3", "1.2": "1", "2.2": "1"}}, [("no_effect", "2.2")]),
            ({"weights": {"1": "0", "2": "1"}}, [("out_of_range", "0")]),
            ({"weights": {"1.1": "0"}}, [("out_of_range", "0")]),
            ({"weights": {"1.1/site_visit": "1"}}, [("unknown_code", "1.1/site_visit")]),
            (
                {"weights": {"1": "1", "2": "1"}, "pairwise": {"test": TWO}},
                [("duplicate_code", "1"), ("duplicate_code", "2")],
            ),
            ({"pairwise": {"1.1": TWO}}, [("unknown_code", "1.1")]),
            ({"weight": {"1": "1"}}, [("unknown_key", "weight")]),
        ],
    )
    def test_faults_name_the_file_of_weights(self, tmp_path, own, expected):
        assert problems(tmp_path, own) == [("weights.yaml", *fault) for fault in expected]

    def test_a_newer_version_and_a_missing_file(self, tmp_path):
        assert problems(tmp_path, {"schema": "2"}) == [("weights.yaml", "newer_schema", "2")]
        with pytest.raises(InputFaults) as found:
            read_instrument(tmp_path / "instrument.yaml", weights=tmp_path / "none.yaml")
        assert [fault.problem for fault in found.value.faults] == ["missing_file"]

    def test_an_assessment_names_it(self, tmp_path):
        write_yaml(tmp_path / "w.yaml", {"schema": "1", "status": "assumed", "weights": {"1": "3", "2": "1"}})
        rows = [
            {"standard": code, "site_id": "", "value": value}
            for code, value in (("1.1", "是"), ("1.2", "是"), ("2.1", "否"))
        ]
        found = score(assessment_of(tmp_path, CONTENT, rows, {"weights": "w.yaml"}))
        assert found.value == 75
        assert any("w.yaml" in text.zh for text in found.assumed)
