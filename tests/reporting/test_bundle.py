"""A bundle holds one report and gives its numbers again; what is no bundle is told."""

import hashlib
import json
import zipfile
from dataclasses import replace

import pytest

from evalsys.faults import InputFaults
from evalsys.reporting.bundle import LINE, PARAMETERS, README, member_text, read_bundle, write_bundle
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.manifest import line_of
from evalsys.reporting.rerunning import Difference, compare, page_lines, rerun_bundle

PAGE = "<!doctype html><title>t</title><style>p{}</style><p>得分 <b>{points}</b></p><img src='data:x'><p>{place}</p>"
HASHES = {"notebook": "n1", "parameters": "p1", "evidence": "e1", "package": "k1"}


def made(job, folder, points="81.5", place="甲镇"):
    """Write the files of a report as a run does, and return its outcome."""
    outputs = {}
    texts = {"html": PAGE.replace("{points}", points).replace("{place}", place), "notebook": "{}", "annex": points}
    names = {"html": "mock-assessment.zh.html", "notebook": "mock-assessment.zh.ipynb", "annex": "得分明细.xlsx"}
    for form, text in texts.items():
        path = folder / job.name / names[form]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        sha = hashlib.sha256(text.encode()).hexdigest()
        outputs[form] = {"path": f"{job.name}/{names[form]}", "sha256": sha}
    facts = {"points": float(points), "place": place, "chance": None, "plan": {"fixes": 3}}
    return Outcome(
        job, "done", "2026-11-01T08:00:00+00:00", 2.345, "", outputs, facts, {"evalsys": "0.1", "numpy": "2"}
    )


@pytest.fixture
def report(tmp_path):
    evidence = tmp_path / "甲镇"
    evidence.mkdir()
    parameters = {"assessment": str(evidence), "lang": "zh", "seed": 7}
    job = Job(3, "甲镇", "mock-assessment", "zh", parameters, ("annex", "pdf", "bundle"), HASHES, attempts=1)
    return made(job, tmp_path / "batch")


@pytest.fixture
def bundle(report, tmp_path):
    return write_bundle(tmp_path / "batch", report, tmp_path / "甲镇.zip")


def problems(path):
    with pytest.raises(InputFaults) as caught:
        read_bundle(path)
    return [(fault.problem, fault.file.partition("/")[2], fault.column, fault.value) for fault in caught.value.faults]


def test_what_is_written_is_read(report, bundle):
    outcome, parameters = read_bundle(bundle)
    assert outcome == report
    assert parameters == report.job.parameters
    assert "81.5" in member_text(bundle, outcome, "html")
    assert member_text(bundle, outcome, "pdf") == ""


def test_its_members_are_the_report_and_nothing_of_the_evidence(bundle, report, tmp_path):
    (tmp_path / "甲镇" / "observations.csv").write_text("standard,value\n", "utf-8")
    with zipfile.ZipFile(bundle) as archive:
        files = ["mock-assessment.zh.html", "mock-assessment.zh.ipynb", "得分明细.xlsx"]
        assert archive.namelist() == [README, LINE, PARAMETERS, *files]
        told = archive.read(README).decode("utf-8")
        assert json.loads(archive.read(LINE)) == json.loads(line_of(report))
    for name in [LINE, PARAMETERS, *files, "evalsys rerun 甲镇.zip", "evalsys 0.1", "不含测评依据", "is not inside"]:
        assert name in told
    assert "{" not in told


def test_the_same_report_gives_the_same_bytes(report, bundle, tmp_path):
    first = bundle.read_bytes()
    for path in (tmp_path / "batch").rglob("*.*"):
        path.touch()
    other = write_bundle(tmp_path / "batch", report, tmp_path / "again" / "甲镇.zip")
    assert other.read_bytes() == first
    with zipfile.ZipFile(other) as archive:
        assert {item.date_time[0] for item in archive.infolist()} == {1980}


def test_an_earlier_bundle_is_not_put_into_the_next(report, bundle, tmp_path):
    again = replace(report, outputs={**report.outputs, "bundle": {"path": "甲镇.zip", "sha256": ""}})
    outcome, _ = read_bundle(write_bundle(tmp_path / "batch", again, bundle))
    assert "bundle" in outcome.outputs


def test_files_that_are_gone_or_changed_are_told_and_nothing_is_written(report, tmp_path):
    folder, target = tmp_path / "batch", tmp_path / "x.zip"
    (folder / "甲镇/mock-assessment.zh.ipynb").unlink()
    (folder / "甲镇/得分明细.xlsx").write_text("other")
    with pytest.raises(InputFaults) as caught:
        write_bundle(folder, report, target)
    assert {(fault.problem, fault.file) for fault in caught.value.faults} == {
        ("missing_file", "甲镇/mock-assessment.zh.ipynb"),
        ("not_as_listed", "甲镇/得分明细.xlsx"),
    }
    assert not target.exists()


def rewritten(bundle, change):
    """Write a bundle anew, its members changed: name to bytes, None to leave one out."""
    with zipfile.ZipFile(bundle) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held |= change
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in held.items():
            if content is not None:
                archive.writestr(name, content)
    return bundle


def line(report, **change):
    return json.dumps(json.loads(line_of(report)) | change).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"../x.html": b""}, ("bad_value", "", "", "../x.html")),
        ({"/etc/x": b""}, ("bad_value", "", "", "/etc/x")),
        ({"C:\\x": b""}, ("bad_value", "", "", "C:\\x")),
        ({"folder/": b""}, ("bad_value", "", "", "folder/")),
        ({LINE: None}, ("missing_file", LINE, "", "")),
        ({PARAMETERS: None}, ("missing_file", PARAMETERS, "", "")),
        ({LINE: b"[]"}, ("unreadable", LINE, "", "")),
        ({LINE: b"\xff{"}, ("unreadable", LINE, "", "")),
        ({PARAMETERS: b"{}"}, ("not_as_listed", PARAMETERS, "", "")),
        ({"mock-assessment.zh.html": b"other"}, ("not_as_listed", "mock-assessment.zh.html", "html", "")),
        ({"mock-assessment.zh.html": None}, ("missing_file", "mock-assessment.zh.html", "", "")),
    ],
    ids=str,
)
def test_a_bundle_that_was_changed_is_told(bundle, change, told):
    assert problems(rewritten(bundle, change)) == [told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": 2}, ("newer_schema", LINE, "schema", "2")),
        ({"name": "../../x"}, ("bad_value", LINE, "name", "../../x")),
        ({"lang": "fr"}, ("bad_value", LINE, "lang", "fr")),
        ({"outputs": {"html": "x"}}, ("wrong_type", LINE, "outputs", "")),
        ({"outputs": {"html": {"path": "../x", "sha256": ""}}}, ("bad_value", LINE, "outputs", "../x")),
        ({"parameters": []}, ("wrong_type", LINE, "parameters", "")),
        ({"forms": None}, ("wrong_type", LINE, "", "")),
    ],
    ids=str,
)
def test_a_line_that_someone_wrote_is_told(report, bundle, change, told):
    assert problems(rewritten(bundle, {LINE: line(report, **change)})) == [told]


def test_what_is_no_zip_is_told(bundle, tmp_path):
    torn = tmp_path / "torn.zip"
    torn.write_bytes(bundle.read_bytes()[:-30])
    assert problems(torn) == [("unreadable", "", "", "")]
    with pytest.raises(InputFaults, match="missing"):
        read_bundle(tmp_path / "nothing.zip")


def test_a_damaged_byte_anywhere_is_told_or_does_not_matter(bundle, report, tmp_path):
    whole, damaged, told = bundle.read_bytes(), tmp_path / "damaged.zip", 0
    for place in range(0, len(whole), 7):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert read_bundle(damaged) == (report, report.job.parameters)
        except InputFaults:
            told += 1
    assert told > 100


def test_what_differs_between_two_outcomes(report):
    other = replace(
        report,
        summary={"points": 81.5, "place": "乙镇", "plan": {"fixes": 4}, "new": 1},
        outputs={**report.outputs, "notebook": {"path": "x", "sha256": "x"}, "annex": {"path": "x", "sha256": "x"}},
    )
    found = compare(report, other)
    assert [(one.kind, one.name, one.old, one.new) for one in found[:-1]] == [
        ("fact", "place", "甲镇", "乙镇"),
        ("fact", "chance", "None", ""),
        ("fact", "plan.fixes", "3", "4"),
        ("fact", "new", "", "1"),
    ]
    assert (found[-1].kind, found[-1].name) == ("file", "annex")
    assert compare(report, report) == []


def rerun(bundle, folder, assessment=None, hashes=HASHES, run=made):
    return rerun_bundle(bundle, assessment, folder, run, lambda job: hashes)


def test_made_again_it_says_the_same(bundle, tmp_path):
    asked = []
    found = rerun(bundle, tmp_path / "new", run=lambda job, folder: asked.append(job) or made(job, folder))
    assert found.same
    assert found.say("en") == "same numbers, same text"
    assert found.say("zh") == "各项数字和文字与原报告相同"
    assert asked[0].forms == ("annex",)
    assert asked[0].parameters == found.old.job.parameters
    assert (tmp_path / "new/甲镇/mock-assessment.zh.html").is_file()


def test_numbers_that_differ_are_listed_with_what_has_changed(bundle, tmp_path):
    moved = tmp_path / "moved"
    moved.mkdir()
    hashes = {**HASHES, "evidence": "e2"}
    found = rerun(bundle, tmp_path / "new", str(moved), hashes, lambda job, folder: made(job, folder, "80.25"))
    assert not found.same
    assert found.new.job.parameters["assessment"] == str(moved)
    assert found.causes == (Difference("cause", "evidence", "e1", "e2"),)
    assert found.numbers == (Difference("fact", "points", "81.5", "80.25"), Difference("text", "3", "81.5", "80.25"))
    assert [one.name for one in found.files] == ["html", "annex"]
    english = found.say("en").splitlines()
    assert english[:3] == [
        "2 differences from the report in the bundle:",
        "  points: 81.5 → 80.25",
        "  line 3: 81.5 → 80.25",
    ]
    assert english[3:5] == ["What has changed since the report was made:", "  the evidence: e1 → e2"]
    assert found.say("zh").splitlines()[3:5] == ["与制作时不同的条件：", "  测评依据：e1 → e2"]


def test_a_text_that_differs_counts_where_no_number_does(bundle, tmp_path):
    def run(job, folder):
        other = made(job, folder, place="乙镇")
        return replace(other, summary={**other.summary, "place": "甲镇"})

    assert rerun(bundle, tmp_path / "new", run=run).numbers == (Difference("text", "4", "甲镇", "乙镇"),)


def test_other_bytes_with_the_same_text_are_the_same_numbers(bundle, tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PAGE", PAGE.replace("p{}", "p{color:red}"))
    found = rerun(bundle, tmp_path / "new")
    assert found.same
    assert [one.name for one in found.files] == ["html"]


def test_a_run_that_fails_is_not_the_same(bundle, tmp_path):
    found = rerun(bundle, tmp_path, run=lambda job, folder: Outcome(job, "failed", "", 0.0, "cell 3"))
    assert not found.same
    assert "cell 3" in found.say("en")
    assert [one.kind for one in found.causes] == ["version", "version"]


def test_evidence_that_is_not_there_is_told_before_the_run(bundle, tmp_path):
    (tmp_path / "甲镇").rmdir()
    for assessment in (None, str(tmp_path / "nowhere")):
        with pytest.raises(InputFaults) as caught:
            rerun(bundle, tmp_path / "new", assessment, run=None)
        assert [fault.problem for fault in caught.value.faults] == ["missing_folder"]


def test_a_report_on_no_assessment_takes_none(report, tmp_path):
    audit = replace(report, job=replace(report.job, parameters={"instrument": "a"}))
    bundle = write_bundle(tmp_path / "batch", audit, tmp_path / "a.zip")
    with pytest.raises(InputFaults) as caught:
        rerun(bundle, tmp_path / "new", str(tmp_path), run=None)
    assert [fault.problem for fault in caught.value.faults] == ["unknown_parameter"]
    assert rerun(bundle, tmp_path / "new").same


def test_the_text_of_a_page():
    page = "<p>a  b<br>c &lt; d</p><!-- no --><script>no()</script><img alt='no' src='data:image/png;base64,AA'>"
    assert page_lines(page) == ["a b", "c < d"]
