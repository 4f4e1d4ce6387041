"""YAML with line numbers, and readers that collect every fault."""

import datetime
from fractions import Fraction as F

import pytest

from evalsys import schema
from evalsys.faults import InputFaults
from evalsys.language import Text
from evalsys.schema import Spot, document, keyed, list_of, one_or_more, pair, record, string


@pytest.fixture
def read(tmp_path):
    """Read one text by a reader: the result, and (problem, line, key, value) of each fault."""

    def run(text, reader):
        path = tmp_path / "file.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        faults = []
        spot, content = document(path, path.name, faults)
        found = reader(spot, content)
        return found, [(f.problem, f.row, f.column, f.value) for f in faults]

    return run


def fault_of(tmp_path, data):
    path = tmp_path / "file.yaml"
    path.write_bytes(data)
    with pytest.raises(InputFaults) as caught:
        document(path, path.name, [])
    (fault,) = caught.value.faults
    return fault.problem, fault.row


# ------------------------------------------------------------------------------------------------- documents


def test_scalars_stay_text_and_lines_are_known(read):
    found, faults = read('code: 7.10\nyes: no\nlist: [1, ~, "null"]\n', lambda spot, value: value)
    assert found == {"code": "7.10", "yes": "no", "list": ["1", None, "null"]}
    assert (found.lines, found["list"].lines) == ({"code": 1, "yes": 2, "list": 3}, [3, 3, 3])
    assert faults == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(read, encoding):
    found, _ = read("title: 文明城市\n".encode(encoding), record({"title": string}))
    assert found == {"title": "文明城市"}


def test_what_cannot_be_read_at_all(tmp_path):
    assert fault_of(tmp_path, b"") == ("empty_file", None)
    assert fault_of(tmp_path, b"# only this\n") == ("empty_file", None)
    assert fault_of(tmp_path, "a: 1".encode("utf-16")) == ("bad_encoding", None)
    assert fault_of(tmp_path, b"a: 1\nb: [1, 2\nc: 3\n") == ("bad_yaml", 2)  # where it was opened
    assert fault_of(tmp_path, b"a: 1\nb: 'x\nc: 3\n") == ("bad_yaml", 2)
    assert fault_of(tmp_path, b"a: 1\nb: c: d\n") == ("bad_yaml", 2)
    assert fault_of(tmp_path, b"a: \x07\n")[0] == "bad_yaml"
    assert fault_of(tmp_path, b"a: &x [*x]\n") == ("bad_yaml", None)
    with pytest.raises(InputFaults) as caught:
        document(tmp_path / "none.yaml", "none.yaml", [])
    assert caught.value.faults[0].problem == "missing_file"
    with pytest.raises(InputFaults) as caught:
        document(tmp_path, "folder", [])
    assert caught.value.faults[0].problem == "unreadable"


def test_earlier_faults_are_told_with_a_broken_file(tmp_path):
    with pytest.raises(InputFaults) as caught:
        document(tmp_path / "none.yaml", "none.yaml", [schema.Fault("empty_file", "other.csv")])
    assert [f.file for f in caught.value.faults] == ["none.yaml", "other.csv"]


def test_duplicate_keys_and_keys_that_are_no_text(read):
    _, faults = read("a: 1\nb: {c: 1, c: 2}\na: 3\n? [x]\n: 4\n", lambda spot, value: value)
    assert faults == [("duplicate_key", 2, "c", "c"), ("duplicate_key", 3, "a", "a"), ("wrong_type", 4, "", "")]


# ---------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", F(3)),
        ("-2.50", F(-5, 2)),
        ("+.5", F(1, 2)),
        ("5.", F(5)),
        ("1e-3", F(1, 1000)),
        ("1/3", F(1, 3)),
        ("-2/06", F(-1, 3)),
        ("85%", F(17, 20)),
        (" 85 ％ ", F(17, 20)),
        ("１２．５", F(25, 2)),
        ("−1", F(-1)),
        ("1,234,567.5", F(2469135, 2)),
        ("0.1", F(1, 10)),
        ("007", F(7)),
    ],
)
def test_numbers_are_exact(text, value):
    assert schema.parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("x", "0,5", "1,2", "12,34", ",123", "1,2345", "1/0", "1/2/3", "1.2.3", "nan", "inf", "1e9999"),
        *("五", "5²", "--1", "85%%", "1_000", "0x10"),
    ],
)
def test_what_is_no_number(text):
    assert schema.parse_number(text) is None


def test_a_number_is_one_word_of_reasonable_length():
    assert schema.parse_number("") is schema.parse_number("1 2") is schema.parse_number("9" * 101) is None
    assert schema.parse_number("9" * 100) == int("9" * 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [(F(1, 8), "0.125"), (F(1, 3), "1/3"), (F(-3, 2), "-1.5"), (F(0), "0"), (F(10**15), "1" + "0" * 15)],
)
def test_decimal_turns_a_number_round(value, text):
    assert schema.decimal(value) == text
    assert schema.parse_number(text) == value


@pytest.mark.parametrize(
    ("reader", "good", "bad"),
    [
        (schema.number, {"0": F(0), "2.5": F(5, 2)}, {"-1": "out_of_range", "5%": "bad_number", "x": "bad_number"}),
        (schema.positive, {"0.1": F(1, 10)}, {"0": "out_of_range", "-1": "out_of_range", "５％": "bad_number"}),
        (
            schema.portion,
            {"0": F(0), "1": F(1), "66%": F(66, 100)},
            {"1.01": "out_of_range", "-0.1": "out_of_range", "x": "bad_number"},
        ),
        (schema.integer, {"0": 0, "12": 12}, {"1.0": "bad_integer", "-1": "bad_integer", "1234567890": "bad_integer"}),
        (schema.count, {"1": 1}, {"0": "out_of_range", "x": "bad_integer"}),
        (schema.boolean, {"yes": True, "否": False, "True": True}, {"maybe": "bad_value"}),
        (schema.date, {"2016-08-15": datetime.date(2016, 8, 15)}, {"15.8.2016": "bad_date"}),
        (schema.string, {" a ": "a"}, {'""': "wrong_type", "[a]": "wrong_type"}),
        (schema.choice("a", "b"), {"a": "a"}, {"c": "bad_value", "[a]": "bad_value"}),
    ],
)
def test_readers_of_one_value(read, reader, good, bad):
    for text, value in good.items():
        assert read(text, reader) == (value, [])
    for text, problem in bad.items():
        found, faults = read(text, reader)
        assert (found, [fault[0] for fault in faults]) == (None, [problem])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-08-15", (2016, 8, 15)),
        ("2016/8/5", (2016, 8, 5)),
        ("2016.8.5", (2016, 8, 5)),
        ("2016年8月5日", (2016, 8, 5)),
        ("2016-08-15 00:00:00", (2016, 8, 15)),
        ("2016-02-29", (2016, 2, 29)),
    ],
)
def test_dates(text, day):
    assert schema.parse_date(text) == datetime.date(*day)


@pytest.mark.parametrize(
    "text", ["2015-02-29", "2016-13-01", "2016-8/5", "16-08-15", "2016-08-15 10:30:00", "8月5日", ""]
)
def test_what_is_no_date(text):
    assert schema.parse_date(text) is None


# ------------------------------------------------------------------------------------------ readers put together


def test_record_tells_every_fault(read):
    shape = record({"name": pair, "source": string}, {"points": schema.number, "tags": list_of(schema.integer)})
    found, faults = read("points: x\ntags:\n  - 1\n  - b\n  -\nname: {zh: 甲}\nponits: 3\nextra:\n", shape)
    assert found == {"name": None, "source": None, "points": None, "tags": [1]}
    assert sorted(faults) == [
        ("bad_integer", 4, "tags", "b"),
        ("bad_number", 1, "points", "x"),
        ("empty_value", 5, "tags", ""),
        ("missing_key", 6, "en", "en"),
        ("missing_source", 1, "source", "source"),
        ("unknown_key", 7, "ponits", "ponits"),
        ("unknown_key", 8, "extra", "extra"),
    ]
    assert read("name:\nsource: x\n", shape)[1] == [("empty_value", 1, "name", "")]
    assert (found.at("points").line, found.at("source").line, found.at("source").key) == (1, 1, "source")


def test_pair_keyed_list_and_one_or_more(read):
    assert read("{zh: 甲, en: A}", pair) == (Text("甲", "A"), [])
    assert read("{a: 1, b: 2}", keyed(schema.integer)) == ({"a": 1, "b": 2}, [])
    assert read("{a: 1, b: }", keyed(schema.integer)) == ({"a": 1, "b": None}, [("empty_value", 1, "b", "")])
    assert read("a", one_or_more(string)) == (["a"], [])
    assert read("[a, b]", one_or_more(string)) == (["a", "b"], [])
    for text, reader in [("a", pair), ("[a]", keyed(string)), ("a", list_of(string)), ("[a]", record({"b": string}))]:
        found, faults = read(text, reader)
        assert (found, [fault[0] for fault in faults]) == (None, ["wrong_type"])


def test_unknown_names_show_the_near_one_or_a_short_list():
    faults = []
    spot = Spot(faults, "f.yaml", 3, "key")
    many = [f"name-{place}" for place in range(40)]
    spot.unknown("unknown_name", "name-07", many)
    spot.unknown("unknown_name", "zzz", many)
    spot.unknown("unknown_name", "alpa", ["alpha", "beta"])
    near, far, few = faults
    assert (near.allowed, bool(near.nearest)) == ("", True)
    assert (far.allowed.endswith("name-11 ... (40)"), far.nearest) == (True, "")
    assert (few.allowed, few.nearest) == ("alpha beta", "alpha")


def test_the_settings_sheet_of_a_workbook():
    faults = []
    rows = [["设置项", "内容"], ["place", "某县"], ["round", ""], ["place", "另一县"], ["only"]]
    found = schema.flat_map(Spot(faults, "a.xlsx"), (rows, [1, 2, 3, 4, 5]))
    assert (found, found.lines) == ({"place": "另一县"}, {"place": 4})
    assert [(f.problem, f.row) for f in faults] == [("duplicate_key", 4)]
