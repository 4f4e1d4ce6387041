"""What the ledgers of findings, rectifications and steps may say, and what they may not: each fault by itself."""

import datetime
from fractions import Fraction as F

import ledger_cases as cases
import pytest

from evalsys.faults import InputFaults
from evalsys.ledgers import ledgers_of

SEEN = [
    {"observation_id": "a", "standard": "1.1", "site_id": "s1", "observed_on": "2026-03-03", "value": "1"},
    {"observation_id": "b", "standard": "1.1", "site_id": "s1", "observed_on": "2026-03-04", "value": "0.5"},
    {"observation_id": "c", "standard": "1.2", "site_id": "s1", "observed_on": "2026-03-03", "value": "是"},
    {"observation_id": "d", "standard": "1.2", "site_id": "s2", "observed_on": "", "value": "否"},
    {"observation_id": "e", "standard": "1.2", "site_id": "s3", "observed_on": "2026-03-03", "value": ""},
]
FOUND = {"finding_id": "f", "site_id": "s2", "standard": "1.1", "found_on": "2026-03-05"}
LADDERS = [
    {
        "kind": "ladder", "code": code, "counts": "overdue", "by": by, "at": [1, 2], "resets": "clean",
        "row": f"m.{code}", "source": {"clause": "m"}, "text": {"zh": f"阶梯{code}", "en": f"ladder {code}"},
        "steps": [{"zh": "通报", "en": "Notice"}, {"zh": "约谈", "en": "Interview"}],
    }
    for code, by in (("U", "unit"), ("S", "site"), ("A", "area"))
]  # fmt: skip


def kept(folder, content=None, findings=(FOUND,), **tables):
    own = dict(content or cases.content())
    own["mechanisms"] = [*own["mechanisms"], *LADDERS]
    return cases.kept(folder, tables.pop("observations", SEEN), content=own, findings=findings, **tables)


def faults(folder, **tables):
    with pytest.raises(InputFaults) as caught:
        kept(folder, **tables)
    return [(f.problem, f.file.removesuffix(".csv"), f.row, f.column, f.value) for f in caught.value.faults]


def attempt(finding="f", **more):
    return {"finding_id": finding, **more}


def right(fixed="2026-03-06", reviewed="2026-03-07", result="通过", reviewer="督查组", **more):
    """An attempt that was reviewed."""
    return attempt(fixed_on=fixed, reviewed_on=reviewed, result=result, reviewer=reviewer, **more)


# ------------------------------------------------------------------------------------------------------ what is read


def test_all_columns_are_read(tmp_path):
    full = {
        **FOUND, "source": "暗访片", "what": "堆物", "area": "西", "units": "甲;丙", "due": "2026年3月9日",
        "photo": "f.jpg", "note": "注",
    }  # fmt: skip
    row = right(unit="丙", measure="清理", due="2026/3/10", photo="g.jpg", state="已销号", note="n")
    step = {
        "ladder": "U", "unit": "甲", "step": "通报", "decided_on": "2026-03-16", "decided": "是",
        "findings": "f;O-a", "note": "会",
    }  # fmt: skip
    found = kept(tmp_path, findings=[full], rectifications=[row], steps=[step]).ledgers
    day = datetime.datetime
    assert found["findings"].to_dict("records") == [
        {
            "finding_id": "f", "site": 1, "standard": "1.1", "place": 2, "found_on": day(2026, 3, 5),
            "source": "film", "what": "堆物", "area": "西", "units": ("甲", "丙"), "due": day(2026, 3, 9),
            "observations": (), "photo": "f.jpg", "note": "注",
        }
    ]  # fmt: skip
    assert found["rectifications"].to_dict("records") == [
        {
            "finding_id": "f", "unit": "丙", "measure": "清理", "due": day(2026, 3, 10), "fixed_on": day(2026, 3, 6),
            "photo": "g.jpg", "reviewed_on": day(2026, 3, 7), "reviewer": "督查组", "result": "verified",
            "state": "verified", "note": "n",
        }
    ]  # fmt: skip
    assert found["steps"].to_dict("records") == [
        {
            "ladder": "U", "unit": "甲", "site": -1, "area": "", "step": 0, "decided_on": day(2026, 3, 16),
            "decided": True, "findings": ("f", "O-a"), "note": "会",
        }
    ]  # fmt: skip


def test_states_follow_from_the_days(tmp_path):
    findings = [{**FOUND, "finding_id": name} for name in ("e", "f", "g", "h")]
    rows = [attempt("e"), attempt("f", fixed_on="2026-03-05"), {**right(), "finding_id": "g"}]
    rows.append({**right(result="退回"), "finding_id": "h"})
    assert kept(tmp_path, findings=findings, rectifications=rows).ledgers["rectifications"]["state"].tolist() == [
        "open", "fixed", "verified", "returned",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["returned", "退回"])
@pytest.mark.parametrize("state", ["returned", "已退回", ""])
def test_words_of_results_and_states_in_both_languages(tmp_path, word, state):
    rows = kept(tmp_path, rectifications=[right(result=word, state=state)]).ledgers["rectifications"]
    assert (rows["result"].item(), rows["state"].item()) == ("returned", "returned")


@pytest.mark.parametrize("source", ["", "督查", "supervision"])
def test_a_finding_without_a_source_is_of_the_supervision(tmp_path, source):
    own = kept(tmp_path, findings=[{**FOUND, "source": source}]).ledgers["findings"]
    assert own["source"].item() == "supervision"


def test_a_site_may_be_called_by_its_name(tmp_path):
    own = kept(tmp_path, findings=[{**FOUND, "site_id": "社区3"}]).ledgers["findings"]
    assert own["site"].item() == 2


def test_whoever_leads_the_standard_answers_where_no_site_does(tmp_path):
    content = cases.content()
    content["indicators"][0]["standards"][2]["lead"] = ["县创城办"]
    own = kept(tmp_path, content, findings=[{**FOUND, "site_id": "全域", "standard": "1.3"}]).ledgers["findings"]
    assert own["units"].item() == ("县创城办",)


@pytest.mark.parametrize("step", ["约谈", "Interview", "2"])
def test_a_step_by_its_name_or_number(tmp_path, step):
    row = {"ladder": "S", "site_id": "社区2", "step": step, "decided_on": "2026-03-16", "decided": "no"}
    own = kept(tmp_path, steps=[row]).ledgers["steps"]
    assert (own["step"].item(), own["site"].item(), own["decided"].item()) == (1, 1, False)


def test_tables_that_are_not_there_are_empty(tmp_path):
    own = kept(tmp_path, findings=()).ledgers
    assert [len(own[name]) for name in ("findings", "rectifications", "steps")] == [0, 0, 0]
    assert own["rectifications"]["fixed_on"].dtype == "datetime64[s]"


# ------------------------------------------------------------------------------------------------------- the findings


BAD_FINDINGS = [
    ({"finding_id": "O-a"}, ("reserved_id", "finding_id", "O-a")),
    ({"finding_id": ""}, ("empty_value", "finding_id", "")),
    ({"site_id": "s9"}, ("unknown_name", "site_id", "s9")),
    ({"site_id": ""}, ("empty_value", "site_id", "")),
    ({"standard": "9.9"}, ("unknown_name", "standard", "9.9")),
    ({"found_on": ""}, ("empty_value", "found_on", "")),
    ({"found_on": "2026-02-30"}, ("bad_date", "found_on", "2026-02-30")),
    ({"source": "梦"}, ("unknown_name", "source", "梦")),
    ({"due": "2026-03-04"}, ("due_before_found", "due", "2026-03-04")),
    ({"observations": "z"}, ("unknown_name", "observations", "z")),
    ({"observations": "a"}, ("not_of_finding", "observations", "a")),
    ({"site_id": "s1", "observations": "c"}, ("not_of_finding", "observations", "c")),
]


def test_bad_findings(tmp_path):
    """Each row has one fault; all are told in one report."""
    rows = [{**FOUND, "finding_id": f"f{k}", **more} for k, (more, _) in enumerate(BAD_FINDINGS)]
    expected = [
        (problem, "findings", k, column, value) for k, (_, (problem, column, value)) in enumerate(BAD_FINDINGS, 2)
    ]
    assert faults(tmp_path, findings=rows) == sorted(expected, key=lambda fault: fault[2:])


def test_due_on_the_day_it_was_found(tmp_path):
    assert len(kept(tmp_path, findings=[{**FOUND, "due": "2026-03-05"}]).ledgers["findings"]) == 1


def test_an_id_twice_and_an_observation_in_two_findings(tmp_path):
    own = {**FOUND, "site_id": "s1"}
    rows = [
        {**own, "observations": "a"},
        {**own, "observations": "b"},
        {**own, "finding_id": "g", "observations": "b;a"},
    ]
    assert faults(tmp_path, findings=rows) == [
        ("duplicate_id", "findings", 3, "finding_id", "f (2, 3)"),
        ("duplicate_id", "findings", 4, "observations", "a (2, 4)"),
        ("duplicate_id", "findings", 4, "observations", "b (3, 4)"),
    ]


def test_nothing_lies_behind_the_inspection(tmp_path):
    late = {"settings": {"inspection_date": "2026-03-10"}}
    kept(tmp_path / "1", findings=[{**FOUND, "found_on": "2026-03-10", "due": "2026-03-17"}], **late)
    rows = [right("2026-03-11", "2026-03-12")]
    step = {"ladder": "U", "unit": "甲", "step": "1", "decided_on": "2026-03-12", "decided": "是"}
    found = faults(
        tmp_path / "2", findings=[{**FOUND, "found_on": "2026-03-11"}], rectifications=rows, steps=[step], **late
    )
    assert [(problem, file, column) for problem, file, _, column, _ in found] == [
        ("after_inspection", "findings", "found_on"),
        ("after_inspection", "rectifications", "fixed_on"),
        ("after_inspection", "rectifications", "reviewed_on"),
        ("after_inspection", "steps", "decided_on"),
    ]


# ------------------------------------------------------------------------------------------------ the rectifications


BAD_RECTIFICATIONS = [
    (attempt("x"), ("unknown_name", "finding_id", "x")),
    (attempt("O-c"), ("unknown_name", "finding_id", "O-c")),  # it was in order
    (attempt("O-d"), ("unknown_name", "finding_id", "O-d")),  # nobody knows when
    (attempt("O-e"), ("unknown_name", "finding_id", "O-e")),  # it tells nothing
    ({**right(), "finding_id": ""}, ("empty_value", "finding_id", "")),
    (attempt(fixed_on="2026-03-04"), ("fixed_before_found", "fixed_on", "2026-03-04")),
    (attempt("O-a", fixed_on="2026-03-02"), ("fixed_before_found", "fixed_on", "2026-03-02")),
    (attempt(due="2026-03-04"), ("due_before_found", "due", "2026-03-04")),
    (right(reviewed="2026-03-05"), ("reviewed_before_fixed", "reviewed_on", "2026-03-05")),
    (right(fixed=""), ("illegal_state", "fixed_on", "待整改 (open) → 已销号 (verified)")),
    (right(fixed="", result="退回"), ("illegal_state", "fixed_on", "待整改 (open) → 已退回 (returned)")),
    (right(reviewed=""), ("empty_value", "reviewed_on", "")),
    (right(result=""), ("empty_value", "result", "")),
    (right(result="尚可"), ("unknown_name", "result", "尚可")),
    (right(state="待复核"), ("state_not_borne_out", "state", "待复核 (fixed)")),
    (attempt(state="已销号"), ("state_not_borne_out", "state", "已销号 (verified)")),
    (attempt(state="忘了"), ("unknown_name", "state", "忘了")),
    (right(reviewer="甲"), ("own_reviewer", "reviewer", "甲")),
    (right(reviewer="甲", unit="甲"), ("own_reviewer", "reviewer", "甲")),
    (right(reviewer="丙", unit="丙"), ("own_reviewer", "reviewer", "丙")),
    (right(reviewer=""), ("empty_value", "reviewer", "")),
    (right(fixed="2026-13-01"), ("bad_date", "fixed_on", "2026-13-01")),
]


def test_bad_rectifications(tmp_path):
    """Each row has one fault; all are told in one report."""
    findings = [{**FOUND, "finding_id": f"f{k}"} for k in range(len(BAD_RECTIFICATIONS))]
    rows, expected = [], []
    for k, (row, (problem, column, value)) in enumerate(BAD_RECTIFICATIONS):
        rows.append({**row, "finding_id": f"f{k}"} if row["finding_id"] == "f" else row)
        expected.append((problem, "rectifications", k + 2, column, value))
    assert faults(tmp_path, findings=findings, rectifications=rows) == expected


def test_an_observation_that_opened_no_finding(tmp_path):
    """The report names the finding that it is part of."""
    with pytest.raises(InputFaults) as caught:
        kept(tmp_path, rectifications=[attempt("O-a"), attempt("O-b")], steps=[{**STEP, "findings": "f;O-b"}])
    assert [(f.problem, f.file, f.row, f.column, f.value, f.allowed) for f in caught.value.faults] == [
        ("part_of_finding", "rectifications.csv", 3, "finding_id", "O-b", "O-a"),
        ("part_of_finding", "steps.csv", 2, "findings", "O-b", "O-a"),
    ]


def test_lawful_rectifications(tmp_path):
    rows = [
        attempt(fixed_on="2026-03-05"),
        attempt(due="2026-03-05"),
        right("2026-03-06", "2026-03-06"),
        right(reviewer="甲", unit="丙"),  # another unit did it
        right(reviewer="乙"),
    ]
    rows = [{**row, "finding_id": f"f{k}"} for k, row in enumerate(rows)]
    findings = [{**FOUND, "finding_id": f"f{k}"} for k in range(len(rows))]
    own = kept(tmp_path, findings=findings, rectifications=[*rows, attempt("O-a", fixed_on="2026-03-03")])
    assert len(own.ledgers["rectifications"]) == 6


def test_nobody_is_named_to_review_his_own_work(tmp_path):
    assert faults(tmp_path, rectifications=[attempt(reviewer="甲")])[0][0] == "own_reviewer"


def test_a_made_finding_is_of_the_units_of_its_observation(tmp_path):
    row = {**right(reviewer="乙"), "finding_id": "O-a"}
    assert faults(tmp_path, rectifications=[row]) == [("own_reviewer", "rectifications", 2, "reviewer", "乙")]


@pytest.mark.parametrize("reviewer", ["甲", ""])
def test_where_the_rules_do_not_forbid_it_anyone_may_review(tmp_path, reviewer):
    rows = [right(reviewer=reviewer)]
    assert len(kept(tmp_path, cases.content(reviewer=False), rectifications=rows).ledgers["rectifications"]) == 1


def test_two_open_rectifications(tmp_path):
    found = faults(tmp_path / "1", rectifications=[attempt(), attempt()])
    assert found == [("two_open_rectifications", "rectifications", 3, "finding_id", "f (2, 3)")]
    rows = [attempt(fixed_on="2026-03-06"), attempt("O-a"), attempt(fixed_on="2026-03-09"), attempt()]
    assert faults(tmp_path / "2", rectifications=rows) == [
        ("two_open_rectifications", "rectifications", 4, "finding_id", "f (2, 4)"),
        ("two_open_rectifications", "rectifications", 5, "finding_id", "f (4, 5)"),
    ]


def test_a_new_attempt_after_the_finding_was_verified(tmp_path):
    assert faults(tmp_path, rectifications=[right(), attempt(fixed_on="2026-03-09")]) == [
        ("illegal_state", "rectifications", 3, "finding_id", "f (2, 3) 已销号 (verified) → 待复核 (fixed)")
    ]


def test_put_right_again_before_it_was_returned(tmp_path):
    first = right(result="退回")
    assert faults(tmp_path / "1", rectifications=[first, attempt(fixed_on="2026-03-06")]) == [
        ("fixed_before_returned", "rectifications", 3, "fixed_on", "2026-03-06")
    ]
    kept(tmp_path / "2", rectifications=[first, attempt(fixed_on="2026-03-07")])


def test_a_bad_cell_brings_no_faults_of_what_hangs_on_it(tmp_path):
    """Only the cell is told: what it would have said is not guessed."""
    rows = [right(fixed="六日", state="已销号"), attempt("O-a", fixed_on="2026-03-04")]
    assert faults(tmp_path / "1", rectifications=rows) == [("bad_date", "rectifications", 2, "fixed_on", "六日")]
    assert faults(tmp_path / "2", rectifications=[right(result="尚可"), attempt()]) == [
        ("unknown_name", "rectifications", 2, "result", "尚可")
    ]
    found = faults(tmp_path / "3", findings=[{**FOUND, "found_on": "三月"}], rectifications=[right("2026-01-01")])
    assert found == [("bad_date", "findings", 2, "found_on", "三月")]


def test_a_bad_cell_of_another_table_hides_nothing(tmp_path):
    content = cases.content()
    content["indicators"][0]["standards"][2] |= {
        "rule": "share", "materials": [{"id": "m1", "name": {"zh": "材料", "en": "paper"}}],
    }  # fmt: skip
    paper = {"material": "m1", "status": "空白", "reviewed_on": "三月"}
    assert faults(tmp_path, content=content, materials=[paper], rectifications=[right(fixed="")]) == [
        ("bad_date", "materials", 2, "reviewed_on", "三月"),
        ("illegal_state", "rectifications", 2, "fixed_on", "待整改 (open) → 已销号 (verified)"),
    ]


def test_units_of_a_register(tmp_path):
    register = [{"unit": name} for name in ("甲", "乙")]
    found = faults(tmp_path, units=register, findings=[{**FOUND, "units": "甲;丙"}], rectifications=[right(unit="丁")])
    assert found == [
        ("unknown_name", "findings", 2, "units", "丙"),
        ("unknown_name", "rectifications", 2, "unit", "丁"),
    ]


# ---------------------------------------------------------------------------------------------------------- the steps

STEP = {"ladder": "U", "unit": "甲", "step": "通报", "decided_on": "2026-03-16", "decided": "是"}


BAD_STEPS = [
    ({"ladder": "X"}, ("unknown_name", "ladder", "X")),
    ({"ladder": ""}, ("empty_value", "ladder", "")),
    ({"step": "问责"}, ("unknown_name", "step", "问责")),
    ({"step": "3"}, ("unknown_name", "step", "3")),
    ({"step": "0"}, ("unknown_name", "step", "0")),
    ({"step": ""}, ("empty_value", "step", "")),
    ({"unit": ""}, ("empty_value", "unit", "")),
    ({"decided": "也许"}, ("unknown_name", "decided", "也许")),
    ({"decided": ""}, ("empty_value", "decided", "")),
    ({"decided_on": ""}, ("empty_value", "decided_on", "")),
    ({"findings": "f;y"}, ("unknown_name", "findings", "y")),
    ({"ladder": "S"}, ("empty_value", "site_id", "")),
    ({"ladder": "S", "site_id": "s7"}, ("unknown_name", "site_id", "s7")),
    ({"ladder": "A", "unit": ""}, ("empty_value", "area", "")),
]


def test_bad_steps(tmp_path):
    """Each row has one fault; all are told in one report."""
    expected = [(problem, "steps", k, column, value) for k, (_, (problem, column, value)) in enumerate(BAD_STEPS, 2)]
    found = faults(tmp_path, steps=[{**STEP, **more} for more, _ in BAD_STEPS])
    assert found == expected


# ------------------------------------------------------------------------------------------------------ all at once


def test_faults_of_all_tables_at_once(tmp_path):
    found = faults(
        tmp_path,
        findings=[{**FOUND, "site_id": "s9"}],
        rectifications=[attempt("x"), attempt(fixed_on="2026-03-04")],
        steps=[{**STEP, "step": "问责"}],
        responses=[{"respondent": "1", "question": "q", "answer": "是"}],
    )
    assert {(problem, file) for problem, file, *_ in found} == {
        ("unknown_name", "responses"),
        ("unknown_name", "findings"),
        ("unknown_name", "rectifications"),
        ("fixed_before_found", "rectifications"),
        ("unknown_name", "steps"),
    }


def test_a_finding_of_another_is_told_beside_faults_of_other_tables(tmp_path):
    found = faults(tmp_path, rectifications=[attempt("O-b")], staff=[{"area": "东", "residents": "0", "officers": "1"}])
    assert {(problem, file) for problem, file, *_ in found} == {
        ("part_of_finding", "rectifications"),
        ("out_of_range", "staff"),
    }


def test_the_score_does_not_hang_on_the_ledgers(tmp_path):
    from evalsys.scoring import score

    with_them = score(kept(tmp_path / "1", rectifications=[right()]))
    without = score(kept(tmp_path / "2", findings=()))
    assert with_them.won == without.won
    assert isinstance(with_them.won, F)
    assert len(ledgers_of(with_them.assessment).findings) == 2
