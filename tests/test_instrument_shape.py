"""Which keys an instrument file has, and months."""

import pytest

from evalsys.instrument_shape import FILE, in_month, spans
from evalsys.schema import document


@pytest.fixture
def faults_of(tmp_path):
    def run(text):
        path = tmp_path / "file.yaml"
        path.write_text(text, "utf-8")
        faults = []
        spot, content = document(path, path.name, faults)
        return FILE(spot, content), {(f.problem, f.row, f.column, f.value) for f in faults}

    return run


def test_an_empty_map_lacks_every_required_key(faults_of):
    _, faults = faults_of("{}")
    required = ["schema", "id", "title", "level", "full_marks", "weights", "indicators"]
    assert faults == {("missing_key", 1, key, key) for key in required} | {("missing_source", 1, "source", "source")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{1-12: 3}", set()),
        ("{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7-12: 0.5}", set()),
        ("{1-11: 3}", {("twelve_months", "12")}),
        ("{2-5: 3, 7: 1}", {("twelve_months", "1 6 8-12")}),
        ("{}", {("twelve_months", "1-12")}),
        ("{1-12: 3, 7: 3}", {("duplicate_key", "7")}),
        ("{1-12: 3, 0: 3}", {("unknown_key", "0")}),
        ("{1-12: 3, 12-1: 3}", {("unknown_key", "12-1")}),
        ("{1-12: 3, 1-13: 3}", {("unknown_key", "1-13")}),
        ("{1-12: 3, ¹: 3}", {("unknown_key", "¹")}),
        ("{1-12: 3, 1-2-3: 3}", {("unknown_key", "1-2-3")}),
        ("{1-11: 3, 12: x}", {("bad_number", "x")}),
        ("{1-11: 3, 12: -1}", {("out_of_range", "-1")}),
        ("{1-11: 3, 12: 0}", {("out_of_range", "0")}),  # there are no full marks of 0
    ],
)
def test_twelve_months(faults_of, text, found):
    file, faults = faults_of(f"full_marks: {text}\n")
    assert {(problem, value) for problem, _, _, value in faults if not problem.startswith("missing")} == found
    assert (file["full_marks"] is not None) == (found == set() or "duplicate" in str(found) or "unknown" in str(found))


def test_points_of_a_month(faults_of):
    file, _ = faults_of("full_marks: {1-6: 10, 7-12: 8}\n")
    assert [in_month(file["full_marks"], month) for month in (1, 6, 7, 12)] == [10, 10, 8, 8]
    assert (in_month(None, 3), in_month(5, 3)) == (None, 5)


def test_spans():
    assert spans([]) == ""
    assert spans([12, 1, 2]) == "1-2 12"
    assert spans(range(1, 13)) == "1-12"


@pytest.mark.parametrize("code", ["7.1", "A-2", "指标1", "（1）", "1_2"])
def test_codes(faults_of, code):
    assert not [f for f in faults_of(f"bonus: [{{code: '{code}'}}]\n")[1] if f[0] == "reserved_name"]


@pytest.mark.parametrize("code", ["7/1", "a b", "x@y", "*", "a;b", "a；b"])
def test_codes_that_tables_could_not_tell_apart(faults_of, code):
    assert [f for f in faults_of(f"bonus: [{{code: '{code}'}}]\n")[1] if f[0] == "reserved_name"]
