"""Results as listings and JSON: exact numbers for programs, rounded ones for people, the same facts in every form."""

import csv
import io
import json
from fractions import Fraction

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, instrument_of, standard

from evalsys import Text, read_assessment, read_instrument, results, score
from evalsys.faults import Fault
from evalsys.listing import Column, Listing, number
from evalsys.wording import decimal, percent

AT = [{"site_type": "market", "sites": "all"}]


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """Return a score with a missing standard, one with half its methods, one that is not scored, and thirds."""
    two = {"site_visit": {}, "document_review": {}}
    below = [
        standard("1.1", points=3, checked_at=AT),
        standard("1.2", rule="met", points=3, methods=two, checked_at=AT, several="mean"),
        standard("1.3", points=3),
        standard("1.4", scored="no"),
    ]
    sites = [{"site_id": f"s{n}", "site_type": "market", "name": f"市场{n}"} for n in range(3)]
    rows = [{"standard": "1.1", "method": "site_visit", "site_id": f"s{n}", "value": n // 2} for n in range(3)]
    rows.append({"standard": "1.2", "method": "site_visit", "site_id": "s0", "value": "是"})
    content = content_of([indicator("1", 9, below)], 9, pass_mark={"value": 8, "status": "assumed"})
    note = {"zh": "说明一", "en": "note one"}
    folder = tmp_path_factory.mktemp("partial")
    return score(assessment_of(folder, content, rows, {"notes": [note]}, sites=sites), left_out=["1.4"])


def test_weights_are_listed_by_points_share_and_share_of_siblings(tmp_path):
    compared = {"of": ["1", "2"], "matrix": [["1", "3"], ["1/3", "1"]]}
    below = [
        indicator("1", None, [standard("1.1", weight="1")]),
        indicator("2", None, [standard("2.1", weight="1")]),
        indicator("3", None, [standard("3.1")], scored="no"),
    ]
    content = content_of(below, 50, "ahp", pairwise=compared)
    found = results.weights_listing(instrument_of(tmp_path, content), "zh")
    whole, quarter = Fraction(1), Fraction(1, 4)
    assert found.rows == [
        ("test", "体系项", 50, whole, None, "0.000"),
        ("1", "1项", Fraction(75, 2), 3 * quarter, 3 * quarter, None),
        ("1.1", "1.1项", Fraction(75, 2), 3 * quarter, whole, None),
        ("2", "2项", Fraction(25, 2), quarter, quarter, None),
        ("2.1", "2.1项", Fraction(25, 2), quarter, whole, None),
    ]
    assert found.indents == [0, 1, 2, 1, 2]
    said = found.as_json("weights")
    assert said.startswith('{\n "schema": 1,\n "weights": [\n')
    assert '"体系项"' in said  # as written, not as escapes


# --------------------------------------------------------------------------------------------------- listings

COLUMNS = (
    Column("name", Text("名称", "name")),
    Column("points", Text("分值", "points"), "points"),
    Column("rate", Text("得分率", "rate"), "share"),
    Column("checks", Text("检查", "checks"), "count"),
)
LISTING = Listing(
    COLUMNS,
    [
        ("洸河街道", Fraction(40000), Fraction(2, 3), 1234),
        ("=1+1, “x”", Fraction(-1, 8), None, None),
        (None, None, Fraction(1), 0),
    ],
)


def test_text_is_for_people():
    assert LISTING.as_text("zh").splitlines() == [
        "名称             分值   得分率   检查",
        "洸河街道   40,000.000   66.67%  1,234",
        "=1+1, “x”      −0.125        –      –",
        "                    –  100.00%      0",
    ]


def test_points_have_the_same_decimals_all_the_way_down():
    whole = Listing(COLUMNS[1:2], [(Fraction(14),), (Fraction(3),), (None,)])
    assert whole.as_text("en").split() == ["points", "14", "3", "–"]
    assert Listing(COLUMNS[1:2], [(Fraction(14),), (Fraction(1, 3),)]).as_text("en").split()[1:] == ["14.000", "0.333"]


def test_rows_are_set_in_and_stay_on_one_line():
    columns = (Column("code", Text("编码", "code")), COLUMNS[0])
    shown = Listing(columns, [("1", "a"), ("1.1", "b\nc")], indents=[0, 1]).as_text("en")
    assert shown.splitlines() == ["code  name", "1     a", "1.1     b c"]


def test_csv_is_for_programs():
    read = list(csv.reader(io.StringIO(LISTING.as_csv("en"))))
    assert read == [
        ["name", "points", "rate", "checks"],
        ["洸河街道", "40000", "0.666667", "1234"],
        ["=1+1, “x”", "-0.125", "", ""],
        ["", "", "1", "0"],
    ]


def test_json_keeps_numbers_exact():
    assert LISTING.as_records()[0] == {
        "name": "洸河街道",
        "points": {"exact": "40000", "value": 40000.0},
        "rate": {"exact": "2/3", "value": 2 / 3},
        "checks": 1234,
    }
    assert number(None) is None


def test_a_workbook_holds_numbers_and_no_formulas(tmp_path):
    LISTING.write_workbook(tmp_path / "new" / "a.xlsx", "表", "zh")
    LISTING.write_workbook(tmp_path / "b.xlsx", "表", "zh")
    assert (tmp_path / "new" / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["表"]
    assert list(sheet.values) == [
        ("名称", "分值", "得分率", "检查"),
        ("洸河街道", 40000, 0.6667, 1234),
        ("=1+1, “x”", -0.125, None, None),
        (None, None, 1, 0),
    ]
    assert sheet["A3"].data_type == "s"
    assert [cell.number_format for cell in sheet[2]] == ["@", "0.000", "0.00%", "#,##0"]
    assert sheet.freeze_panes == "A2"


def test_a_workbook_of_nothing_is_a_heading(tmp_path):
    Listing(COLUMNS, []).write_workbook(tmp_path / "a.xlsx", "x", "en")
    assert list(openpyxl.load_workbook(tmp_path / "a.xlsx")["x"].values) == [("name", "points", "rate", "checks")]


# -------------------------------------------------------------------------------------------------- statement


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_statement_has_every_node_once(wujiang, lang):
    made = results.statement(wujiang, lang)
    instrument = wujiang.assessment.instrument
    assert [row[0] for row in made.rows] == [node.code for node in instrument.nodes if node.kind != "leaf"]
    by_code = {row[0]: row for row in made.rows}
    for code, node in wujiang.by_code.items():
        if code in by_code:
            assert by_code[code][2:8] == (
                node.points, node.assessed, node.won, node.lost, node.attainment, node.checks,
            )  # fmt: skip
    assert by_code["10.14"][1] == instrument.nodes[instrument.places["10.14"]].name.say(lang)
    assert by_code["10.14"][9].startswith("kiyoshi-2016")
    text = made.as_text(lang)
    assert text.splitlines()[1].split()[-5:] == ["39", "36.606", "2.394", "93.86%", "225"]


def test_leaves_stand_where_a_standard_has_several_methods(partial):
    made = {row[0]: row for row in results.statement(partial, "en").rows}
    assert {"1.2/site_visit", "1.2/document_review"} <= set(made)
    assert not any(code.startswith("1.1/") for code in made)
    missing = made["1.2/document_review"]
    assert (missing[4], missing[6], missing[8]) == (None, None, "not assessed: no evidence")
    assert made["1.1"][4] == Fraction(2)


@pytest.mark.parametrize(("lang", "stop", "low"), [("zh", "。", "最低"), ("en", ".", "at worst")])
def test_the_text_says_what_is_missing_left_out_assumed_and_noted(partial, lang, stop, low):
    text = results.score_text(partial, lang)
    head, _, table = text.partition("\n\n")
    assert table == results.statement(partial, lang).as_text(lang)
    lines = head.splitlines()
    assert percent(partial.attainment) in lines[1]
    assert lines[1].endswith(stop)
    assert lines[2].split(low)[1].split()[0] in (decimal(partial.worst, 3), decimal(partial.worst, 0))
    assert ("88.89%" in lines[3], "1.4" in lines[4]) == (True, True)
    assert lines[-1].endswith({"zh": "说明一", "en": "note one"}[lang])


def test_nothing_is_said_of_what_is_not_there(wujiang, partial):
    text = results.score_text(wujiang, "en")
    assert "at worst" not in text
    assert "Left out" not in text
    assert "at worst" in results.score_text(partial, "en")


# ------------------------------------------------------------------------------------------------------- JSON


def exact(found):
    return None if found is None else Fraction(found["exact"])


@pytest.mark.parametrize("name", ["wujiang", "partial"])
def test_json_tells_the_whole_score(request, name):
    result = request.getfixturevalue(name)
    found = json.loads(results.score_json(result, "zh"))
    assert list(found) == [
        "schema", "instrument", "place", "round", "evidence_hash", "score", "full_marks", "won", "assessed",
        "attainment", "worst", "best", "pass_mark", "passes", "after_total", "left_out", "nodes", "not_assessed",
        "assumed", "notes",
    ]  # fmt: skip
    for key in ("won", "assessed", "attainment", "worst", "best"):
        assert exact(found[key]) == getattr(result, key)
        assert found[key]["value"] == float(getattr(result, key))
    assert exact(found["score"]) == result.value
    assert exact(found["full_marks"]) == result.assessment.instrument.full_marks
    assert exact(found["pass_mark"]) == result.pass_mark.value
    assert (found["pass_mark"]["status"], found["pass_mark"]["set_by"]) == (
        result.pass_mark.status, result.pass_mark.set_by,
    )  # fmt: skip
    assert found["evidence_hash"] == result.assessment.evidence_hash
    assert found["assumed"] == [text.zh for text in result.assumed]
    assert found["notes"] == [text.zh for text in result.assessment.notes]
    for node, told in zip(result.nodes, found["nodes"], strict=True):
        here = result.assessment.instrument.nodes[node.place]
        assert (told["code"], told["kind"], told["state"]) == (here.code, here.kind, node.state)
        assert (told["name"], told["checks"], told["findings"]) == (here.name.zh, node.checks, node.findings)
        for key in ("points", "assessed", "won", "lost", "attainment"):
            assert exact(told[key]) == getattr(node, key)


def test_json_names_the_leaves_without_evidence(partial, wujiang):
    found = json.loads(results.score_json(partial, "en"))
    assert found["not_assessed"] == ["1.2/document_review", "1.3/site_visit"]
    assert found["left_out"] == ["1.4"]
    assert json.loads(results.score_json(wujiang, "en"))["not_assessed"] == []


# -------------------------------------------------------------------------------------- checking, instruments


def test_check_counts_every_table(wujiang):
    rows = {row[0]: row[1:] for row in results.check_listing(wujiang.assessment, "en").rows}
    assert rows["observations"] == (225, "225 of them count in this round")
    assert (rows["sites"][0], rows["units"][0], rows["areas"][0]) == (62, 14, 1)
    assert rows["evidence hash"][1] == wujiang.assessment.evidence_hash
    found = json.loads(results.check_json(wujiang.assessment, "zh"))
    assert found["tables"]["observations"] == found["counted"] == 225
    assert found["notes"] == [note.zh for note in wujiang.assessment.notes]


def test_faults_are_told_alike_in_every_form():
    faults = [Fault("unknown_name", "a.csv", 3, "standard", "1.x", "1.1 1.2", "1.1"), Fault("missing_file", "b.csv")]
    assert results.fault_listing(faults, "en").rows[0] == (
        "a.csv", "3", "standard", "1.x", "unknown name", "1.1 1.2", "1.1",
    )  # fmt: skip
    first, second = json.loads(results.faults_json(faults, "zh"))["faults"]
    assert (first["problem"], first["row"], first["message"]) == ("unknown_name", 3, faults[0].say("zh"))
    assert (second["row"], second["column"]) == (None, "")


def test_instruments_are_counted(partial):
    (row,) = results.instrument_listing([partial.assessment.instrument], "en").rows
    assert row == ("test", "item 体系", Fraction(9), 1, 4, 4, "printed")
    found = json.loads(results.instruments_json([read_instrument("evalsys/instruments/wujiang-field-2016.yaml")], "en"))
    assert found["instruments"][0]["full_marks"] == {"exact": "39", "value": 39.0}
