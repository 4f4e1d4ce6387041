"""A batch: a report that fails harms no other, what is done and unchanged is left alone, a killed batch goes on."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from kinds import ROOT
from toys import toy, toy_table

from evalsys.faults import InputFaults
from evalsys.reporting import manifest
from evalsys.reporting.batch import named, run_batch, steps
from evalsys.reporting.batch_table import read_jobs
from evalsys.reporting.hashes import file_hash
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.make import failed, make_one
from evalsys.reporting.pool import in_pool
from evalsys.reporting.run import PLAIN, WARM
from evalsys.reporting.warm import warm_here

ENGINE = WARM if warm_here() else PLAIN


# ------------------------------------------------------------------------------- what is done, without kernels


def job(name="甲", **more):
    hashes = {"notebook": "1", "parameters": "2", "evidence": "3", "package": "4"}
    return Job(2, name, "mock-assessment", "zh", {"assessment": "a", "seed": 7}, hashes=hashes, **more)


def done(job, folder, text="page"):
    """Return an outcome whose files are there."""
    outputs = {}
    for form in ("html", "notebook", *job.forms):
        path = folder / f"{job.key}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        outputs[form] = {"path": path.relative_to(folder).as_posix(), "sha256": file_hash(path)}
    return Outcome(job, "done", "2026-11-23T00:00:00+00:00", 1.0, outputs=outputs)


def reasons(jobs, folder, resume=True):
    return [step.reason for step in steps(jobs, folder, resume, {own.key for own in jobs})]


def test_only_what_is_done_and_unchanged_is_skipped(tmp_path):
    was = job(forms=("pdf",))
    assert reasons([was], tmp_path) == ["new"]
    manifest.add(tmp_path, done(was, tmp_path))
    assert reasons([was], tmp_path) == [""]
    assert reasons([was], tmp_path, resume=False) == ["all"]
    for part in was.hashes:
        assert reasons([replace(was, hashes={**was.hashes, part: "0"})], tmp_path) == [part]
    assert reasons([replace(was, forms=())], tmp_path) == [""]
    assert reasons([replace(was, forms=("pdf", "word"))], tmp_path) == ["files"]
    assert reasons([replace(was, name="乙"), was], tmp_path) == ["new", ""]
    (tmp_path / "甲" / "mock-assessment.zh.pdf").write_text("changed by hand")
    assert reasons([was], tmp_path) == ["files"]
    (tmp_path / "甲" / "mock-assessment.zh.pdf").unlink()
    assert reasons([was], tmp_path) == ["files"]
    manifest.add(tmp_path, failed(was, "x"))
    assert reasons([was], tmp_path) == ["failed"]


def test_an_annex_that_a_notebook_does_not_have_is_not_asked_for_again(tmp_path):
    was = job(forms=("annex",))
    made = done(was, tmp_path)
    manifest.add(tmp_path, replace(made, outputs={form: made.outputs[form] for form in ("html", "notebook")}))
    assert reasons([was], tmp_path) == [""]


def test_attempts_are_counted_over_runs(tmp_path):
    for tries in range(3):
        (step,) = steps([job()], tmp_path, True, {job().key})
        assert step.job.attempts == tries
        run_batch([step], tmp_path, lambda jobs: (failed(own, "x") for own in jobs))
    (line,) = (tmp_path / manifest.MANIFEST).read_text("utf-8").splitlines()
    assert json.loads(line)["attempts"] == 3


def test_the_manifest_has_one_line_for_each_row_in_their_order(tmp_path):
    jobs = [job(name) for name in "丙甲乙"]
    made = run_batch(
        steps(jobs, tmp_path, False, {own.key for own in jobs}),
        tmp_path,
        lambda jobs: (done(own, tmp_path) if own.name != "甲" else failed(own, "x") for own in reversed(jobs)),
    )
    assert [outcome.job.name for outcome in made.made] == ["丙", "甲", "乙"]
    assert [outcome.job.name for outcome in made.failed] == ["甲"]
    names = [json.loads(line)["name"] for line in (tmp_path / manifest.MANIFEST).read_text("utf-8").splitlines()]
    assert names == ["丙", "甲", "乙"]
    # a part of the table keeps the rest; what the table no longer has leaves the manifest
    some = steps(jobs[:2], tmp_path, True, {jobs[1].key})
    made = run_batch(some, tmp_path, lambda jobs: (done(own, tmp_path) for own in jobs))
    assert [outcome.job.name for outcome in made.made] == ["甲"]
    assert [(outcome.job.name, outcome.status) for outcome in made.all] == [("丙", "done"), ("甲", "done")]
    assert (tmp_path / "乙").exists()


def test_a_part_of_the_table_is_named_by_folder_or_by_report():
    jobs = [job("甲"), job("乙"), replace(job("乙"), lang="en")]
    assert named(jobs, ()) == jobs
    assert named(jobs, ("乙",)) == jobs[1:]
    assert named(jobs, ("乙/mock-assessment.en", "甲")) == [jobs[0], jobs[2]]
    with pytest.raises(InputFaults) as caught:
        named(jobs, ("乙/mock-assessment.e", "x"))
    assert [(fault.value, fault.nearest) for fault in caught.value.faults] == [
        ("x", ""), ("乙/mock-assessment.e", "乙/mock-assessment.en"),
    ]  # fmt: skip


def test_a_full_disk_ends_no_other_report_and_is_told(tmp_path):
    """The manifest cannot be written while the reports are made; all are made, then it is said."""
    jobs, made = [job(name) for name in "甲乙丙"], []

    def work(jobs):
        for own in jobs:
            made.append(own.name)
            yield done(own, tmp_path)

    full = OSError(errno.ENOSPC, "full")
    with (
        patch.object(manifest, "add", side_effect=full),
        patch.object(manifest, "rewrite", side_effect=full),
        pytest.raises(OSError, match="full"),
    ):
        run_batch(steps(jobs, tmp_path, False, {own.key for own in jobs}), tmp_path, work)
    assert made == ["甲", "乙", "丙"]


def test_a_disk_that_is_full_for_one_report_fails_that_one(tmp_path):
    toy(tmp_path)
    (own,) = read_jobs(toy_table(tmp_path, [("well", "a", 1)]))
    with patch("evalsys.reporting.make.run_report", side_effect=OSError(errno.ENOSPC, "full", "x.html")):
        outcome = make_one(own, tmp_path / "out")
    assert outcome.status == "failed"
    assert "x.html" in outcome.error
    assert "disk is full" in outcome.error or "磁盘已满" in outcome.error


def test_an_error_of_ours_in_one_report_fails_that_one(tmp_path):
    toy(tmp_path)
    (own,) = read_jobs(toy_table(tmp_path, [("well", "a", 1)]))
    with patch("evalsys.reporting.make.run_report", side_effect=ZeroDivisionError("of ours")):
        outcome = make_one(own, tmp_path / "out")
    assert (outcome.status, outcome.error) == ("failed", "ZeroDivisionError: of ours")


@pytest.mark.skipif(os.name != "posix", reason="folders without permission are made by mode bits")
def test_a_folder_without_permission_fails_its_report(tmp_path):
    toy(tmp_path)
    (own,) = read_jobs(toy_table(tmp_path, [("well", "a", 1)]))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("a file is in the way, for root too")
    outcome = make_one(own, tmp_path / "out")
    assert outcome.status == "failed"
    assert "a" in outcome.error


def test_what_a_killed_run_left_behind_is_swept(tmp_path):
    toy(tmp_path)
    (own,) = read_jobs(toy_table(tmp_path, [("well", "a", 1)]))
    held = tmp_path / "out" / "a"
    held.mkdir(parents=True)
    ours = [
        held / name for name in (".toy.zh.0123abcd.html", ".toy.zh.0123abcd.ipynb", ".toy.zh.failed.0123abcd.ipynb")
    ]
    others = [held / name for name in (".toy.en.0123abcd.html", ".toy.zh.html", "toy.zh.0123abcd.html", ".x")]
    for path in (*ours, *others):
        path.write_text("x")
    with patch("evalsys.reporting.make.run_report", side_effect=ZeroDivisionError):
        make_one(own, tmp_path / "out")
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)


# ------------------------------------------------------------------------------------------------ with kernels


def batch_of(folder, rows, timeout):
    """Make a batch; return what it came to by name, and what was told of the progress."""
    toy(folder)
    jobs = read_jobs(toy_table(folder, rows))
    todo = steps(jobs, folder / "out", False, {own.key for own in jobs})
    work = partial(make_one, folder=folder / "out", engine=ENGINE, timeout=timeout)
    told = []
    run = partial(in_pool, work=work, workers=2, timeout=timeout)
    made = run_batch(todo, folder / "out", run, lambda own, left: told.append(left))
    return {outcome.job.name: outcome for outcome in made.all}, told


@pytest.mark.slow
def test_a_report_that_fails_harms_no_other(tmp_path):
    found, told = batch_of(tmp_path, [("wrong", "a", 1), ("well", "b", 2)], 60.0)
    assert told == [1, 0]
    assert found["a"].error == "In [4] ZeroDivisionError: division by zero"
    assert found["a"].outputs["failed"]["path"] == "a/toy.zh.failed.ipynb"
    assert set(found["b"].outputs) == {"html", "notebook"}
    assert "<h1>well</h1><p>2</p>" in (tmp_path / "out/b/toy.zh.html").read_text("utf-8")
    assert reasons([outcome.job for outcome in found.values()], tmp_path / "out") == ["failed", ""]


@pytest.mark.slow
def test_each_fails_alone_and_says_why(tmp_path):
    rows = [("well", "a"), ("endless", "b"), ("flood", "c"), ("dies", "d"), ("well", "e")]
    found, told = batch_of(tmp_path, [(*row, place) for place, row in enumerate(rows)], 10.0)
    folder = tmp_path / "out"
    assert sorted(told) == [0, 1, 2, 3, 4]
    statuses = {name: outcome.status for name, outcome in found.items()}
    assert statuses == {"a": "done", "b": "failed", "c": "failed", "d": "failed", "e": "done"}
    assert "10" in found["b"].error
    assert "32" in found["c"].error
    assert "DeadKernelError" in found["d"].error
    for name in "ae":
        assert f"<p>{found[name].job.parameters['seed']}</p>" in (folder / name / "toy.zh.html").read_text("utf-8")
    for name in "bcd":
        assert found[name].outputs["failed"]["path"] == f"{name}/toy.zh.failed.ipynb"
        assert not (folder / name / "toy.zh.html").exists()
    assert (folder / "c" / "toy.zh.failed.ipynb").stat().st_size < 64e6


@pytest.mark.slow
def test_every_report_in_both_languages_and_every_form(tmp_path):
    """The real round and the synthetic city, with everything that can be written; a bundle makes the same numbers."""
    rows = ["notebook,assessment,instrument,name,lang,budget,table,titles"]
    for lang in ("zh", "en"):
        for name in ("mock-assessment", "fix-sensitivity", "what-if"):
            rows += [f"{name},{ROOT / 'data' / 'wujiang-2016'},,吴江,{lang},,,"]
        rows += [f"instrument-audit,,wujiang-field-2016,体系,{lang},,,"]
        rows += [f"mock-assessment,{ROOT / 'data' / 'synthetic-city'},,城市,{lang},,,"]
        rows += [f"fix-sensitivity,{ROOT / 'data' / 'synthetic-city'},,城市,{lang},40,,"]
        rows += [f"league-table,,,街道,{lang},,{ROOT / 'data' / 'jining-2017' / 'streets.csv'},"]
        rows += [f"title-decision,,,评选,{lang},,,{ROOT / 'data' / 'example-titles'}"]
        for name in ("weekly-bulletin", "unit-card", "monthly-report"):
            rows += [f"{name},{ROOT / 'data' / 'example-ledgers'},,台账,{lang},,,"]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    forms = ["--pdf", "--word", "--annex", "--bundle"]
    out = tmp_path / "out"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "evalsys", "batch", str(table), "--out", str(out), *forms]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = manifest.read(out)
    assert len(found) == 22
    for key, outcome in found.items():
        assert {"html", "notebook", "pdf", "word", "bundle"} <= set(outcome.outputs)
        assert "annex" in outcome.outputs or "what-if" in key or "league" in key
        for held in outcome.outputs.values():
            assert file_hash(out / held["path"]) == held["sha256"]
    assert found["吴江/mock-assessment.zh"].summary["rate"] == found["吴江/mock-assessment.en"].summary["rate"]
    assert f"{found['吴江/mock-assessment.zh'].summary['rate']:.4f}" == "0.9386"
    assert all((out / f"index.{lang}.html").exists() for lang in ("zh", "en"))
    again = [
        sys.executable,
        "-m",
        "evalsys",
        "rerun",
        str(out / "吴江/mock-assessment.en.zip"),
        "--out",
        str(out / "re"),
    ]
    run = subprocess.run(again, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("engine", [PLAIN, WARM])
def test_a_batch_killed_goes_on_where_it_was(tmp_path, engine):
    """kill -9 of the batch: no process stays, no file is half written, --resume makes the rest and only that."""
    toy(tmp_path)
    names = "abcdefgh"
    table = toy_table(tmp_path, [("slow", name, 1) for name in names])
    kind = "warm" if engine == WARM else "plain"
    command = [sys.executable, "-m", "evalsys", "batch", str(table), "--out", str(tmp_path / "out"), "--jobs", "2"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "EVALSYS_TEST": tmp_path.name}
    run = subprocess.Popen([*command, "--engine", kind], env=env, stderr=subprocess.DEVNULL)
    lines = tmp_path / "out" / manifest.MANIFEST
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not lines.exists() or lines.read_bytes().count(b"\n") < 3):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 10
    while marked(tmp_path.name) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(tmp_path.name) == []
    before = manifest.read(tmp_path / "out")
    assert 3 <= len(before) < len(names)
    again = subprocess.run([*command, "--resume"], env=env, check=False, capture_output=True, text=True)
    assert again.returncode == 0
    after = manifest.read(tmp_path / "out")
    assert {outcome.job.name for outcome in after.values()} == set(names)
    for key, outcome in before.items():
        assert after[key] == outcome
    assert list((tmp_path / "out").rglob(".*")) == []


def marked(name):
    """Return the processes that have our mark in their environment."""
    found = []
    for held in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"EVALSYS_TEST={name}".encode() in (held / "environ").read_bytes():
                found.append(held.name)
    return found
