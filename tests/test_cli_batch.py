"""The commands on many reports: what they check before the work, what they say at the end, and their exit codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_cli import two_sites

from evalsys.cli import main
from evalsys.reporting.hashes import file_hash
from evalsys.reporting.jobs import Outcome
from evalsys.reporting.make import failed


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in a folder with two assessments; no report is really made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("evalsys.reporting.pool.get_ready", lambda: None)
    for name in ("甲区", "乙区"):
        two_sites(tmp_path / name)
    asked = []

    def pool(jobs, work, workers, timeout):
        asked.append((work.keywords, workers, timeout))
        for job in jobs:
            yield made(job, Path(work.keywords["folder"]))

    monkeypatch.setattr("evalsys.reporting.pool.in_pool", pool)
    runner = CliRunner()

    def command(*words):
        return runner.invoke(main, [str(word) for word in words])

    command.asked = asked
    return command


def made(job, folder):
    """Return the outcome of a job: 乙区 fails."""
    if job.name == "乙区":
        return failed(job, "发现 1 处错误\n  observations.csv 第 3 行")
    outputs = {}
    for form in ("html", "notebook"):
        path = folder / f"{job.key}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        outputs[form] = {"path": path.relative_to(folder).as_posix(), "sha256": file_hash(path)}
    return Outcome(job, "done", "2026-11-23T00:00:00+00:00", 1.5, outputs=outputs, summary={"rate": 0.5})


def table(text="notebook,assessment\nmock-assessment,甲区\nmock-assessment,乙区\n", name="街道.csv"):
    Path(name).write_text(text, "utf-8")
    return name


def test_a_batch_ends_with_its_failures_and_its_index(run):
    done = run("batch", table())
    assert done.exit_code == 1
    assert "1 done, 1 failed" in done.stderr
    assert "row 3 乙区/mock-assessment.zh: 发现 1 处错误 (more in the manifest)" in done.stderr
    assert done.stdout == f"{Path('reports/街道/index.en.html')}\n"
    lines = [json.loads(line) for line in Path("reports/街道/manifest.jsonl").read_text("utf-8").splitlines()]
    assert [(line["name"], line["status"]) for line in lines] == [("甲区", "done"), ("乙区", "failed")]
    page = Path("reports/街道/index.zh.html").read_text("utf-8")
    assert "evalsys batch 街道.csv --resume" in page or "evalsys batch &#x27;街道.csv&#x27; --resume" in page


def test_resume_makes_what_failed_and_dry_run_makes_nothing(run):
    run("batch", table(), "--out", "o")
    listed = run("batch", table(), "--out", "o", "--resume", "--dry-run")
    assert listed.exit_code == 0
    assert [line.split(None, 2)[1:] for line in listed.stdout.splitlines()] == [
        ["甲区/mock-assessment.zh", "skipped"], ["乙区/mock-assessment.zh", "failed last time"],
    ]  # fmt: skip
    assert len(run.asked) == 1
    done = run("batch", table(), "--out", "o", "--resume")
    assert "2 reports, 1 to make" in done.stderr
    assert "0 done, 1 failed" in done.stderr


def test_only_and_the_options_of_the_pool(run):
    done = run("batch", table(), "--only", "甲区", "--timeout", "60", "--jobs", "3", "--engine", "plain")
    assert done.exit_code == 0
    ((how, workers, timeout),) = run.asked
    assert (how["engine"], how["timeout"], workers, timeout) == ("evalsys", 60.0, 1, 60.0)
    assert how["folder"].is_absolute()
    done = run("batch", table(), "--only", "丙区")
    assert done.exit_code == 1
    assert "unknown name '丙区'" in done.stderr


def test_faults_of_the_table_start_nothing(run):
    done = run("batch", table("notebook,assessment,seed\nmock-assessment,甲区,x\nmock,乙区,\n"))
    assert done.exit_code == 1
    assert "2 faults found" in done.stderr
    assert "街道.csv row 2 [seed]" in done.stderr
    assert run.asked == []
    assert not Path("reports").exists()


def test_a_folder_that_cannot_be_written_is_found_before_the_work(run):
    Path("file").touch()
    done = run("batch", table(), "--out", "file/x")
    assert done.exit_code == 1
    assert "file" in done.stderr
    assert run.asked == []


def test_what_pdf_needs_is_told_before_the_work(run, monkeypatch):
    monkeypatch.setattr("evalsys.reporting.printing.find_spec", lambda name: None)
    for words in (("batch", table()), ("report", "mock-assessment", "甲区")):
        done = run(*words, "--pdf")
        assert done.exit_code == 1
        assert 'pip install "evalsys[print]"' in done.stderr
    assert run.asked == []


def test_rerun_says_whether_the_numbers_are_the_same(run, monkeypatch):
    from evalsys.reporting import manifest
    from evalsys.reporting.bundle import write_bundle

    run("batch", table(), "--out", "o", "--only", "甲区")
    (outcome,) = manifest.read(Path("o")).values()
    write_bundle(Path("o"), outcome, Path("a.zip"))
    monkeypatch.setattr("evalsys.reporting.make.make_one", made)
    done = run("rerun", "a.zip")
    assert (done.exit_code, done.stdout) == (0, "same numbers, same text\n")
    other = lambda job, folder: replace(made(job, folder), summary={"rate": 0.25})  # noqa: E731
    monkeypatch.setattr("evalsys.reporting.make.make_one", other)
    done = run("rerun", "a.zip")
    assert done.exit_code == 1
    assert "rate: 0.5 → 0.25" in done.stdout
    done = run("rerun", table())
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
