"""The manifest: a line for each report, the last of a report counts, and a torn line is no line."""

import json

import pytest

from evalsys.reporting import manifest
from evalsys.reporting.jobs import Job, Outcome


def outcome(name="甲", status="done", **more):
    hashes = {"notebook": "1", "parameters": "2", "evidence": "3", "package": "4"}
    job = Job(
        2, name, "mock-assessment", "zh", {"assessment": "a", "seed": 7}, ("pdf",), hashes, more.pop("attempts", 0)
    )
    outputs = {"html": {"path": f"{name}/mock-assessment.zh.html", "sha256": "0"}}
    given = {"seconds": 1.25, "outputs": outputs, "summary": {"rate": 0.5}, "versions": {"evalsys": "0"}, **more}
    return Outcome(job, status, "2026-11-23T00:00:00+00:00", **given)


def test_a_line_says_all_and_comes_back(tmp_path):
    made = outcome()
    content = json.loads(manifest.line_of(made))
    assert list(content) == [
        "schema", "key", "row", "name", "notebook", "lang", "parameters", "forms", "hashes", "attempts", "seed",
        "status", "start", "seconds", "error", "outputs", "summary", "versions",
    ]  # fmt: skip
    assert (content["key"], content["attempts"], content["seed"]) == ("甲/mock-assessment.zh", 1, 7)
    assert manifest.outcome_of(content) == made
    manifest.add(tmp_path, made)
    assert manifest.read(tmp_path) == {made.job.key: made}
    assert (tmp_path / manifest.MANIFEST).read_bytes().count(b"\n") == 1


def test_the_last_line_of_a_report_counts(tmp_path):
    for status in ("failed", "done"):
        manifest.add(tmp_path, outcome(status=status))
    manifest.add(tmp_path, outcome("乙", "failed"))
    found = manifest.read(tmp_path)
    assert {key: held.status for key, held in found.items()} == {
        "甲/mock-assessment.zh": "done",
        "乙/mock-assessment.zh": "failed",
    }


@pytest.mark.parametrize("kept", [1, 10, -2])
def test_a_line_that_a_killed_run_did_not_finish_is_not_there_and_harms_no_other(tmp_path, kept):
    manifest.add(tmp_path, outcome("甲"))
    line = manifest.line_of(outcome("乙")).encode()
    with (tmp_path / manifest.MANIFEST).open("ab") as file:
        file.write(line[:kept])
    assert list(manifest.read(tmp_path)) == ["甲/mock-assessment.zh"]
    manifest.add(tmp_path, outcome("丙"))
    assert list(manifest.read(tmp_path)) == ["甲/mock-assessment.zh", "丙/mock-assessment.zh"]


def test_a_line_torn_inside_a_character_is_not_there(tmp_path):
    manifest.add(tmp_path, outcome("甲"))
    line = manifest.line_of(outcome("乙")).encode()
    with (tmp_path / manifest.MANIFEST).open("ab") as file:
        file.write(line[: line.index("乙".encode()) + 1])
    assert list(manifest.read(tmp_path)) == ["甲/mock-assessment.zh"]


def test_rewriting_leaves_one_line_for_each_in_the_order_given(tmp_path):
    for name in "甲乙甲":
        manifest.add(tmp_path, outcome(name))
    found = manifest.read(tmp_path)
    manifest.rewrite(tmp_path, reversed(found.values()))
    lines = (tmp_path / manifest.MANIFEST).read_text("utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["乙", "甲"]


def test_no_manifest_is_no_report(tmp_path):
    assert manifest.read(tmp_path) == {}
