"""Many machines, played by one: a scheduler and its workers on loopback; one of them is killed."""

import os
import re
import signal
import sys
from functools import partial

import pytest
from machines import about, bad, deadly, jobs, kill, machines, toy

from evalsys.faults import InputFaults
from evalsys.reporting import cluster
from evalsys.reporting.cluster import on_cluster, this_machine
from evalsys.reporting.hashes import file_hash
from evalsys.reporting.jobs import Job
from evalsys.reporting.make import make_one
from evalsys.reporting.run import PLAIN, WARM
from evalsys.reporting.warm import warm_here

INSTRUMENT = "city-management-deductions"


def problems(address, folder, here=about):
    with pytest.raises(InputFaults) as caught:
        next(on_cluster(address, jobs(1), partial(toy, folder), folder, here))
    return [(fault.problem, fault.column, fault.value, fault.allowed) for fault in caught.value.faults]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pages(names):
    return [f"{name}/mock-assessment.en.html" for name in names]


@pytest.fixture(scope="module")
def cluster_of_two(tmp_path_factory):
    with machines(tmp_path_factory.mktemp("machines")) as made:
        made.workers = made.worker(), made.worker()
        made.wait(2)
        yield made


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(cluster_of_two, tmp_path):
    asked, found = jobs(16), []
    for outcome in on_cluster(cluster_of_two.address, asked, partial(toy, tmp_path), tmp_path, about):
        found.append(outcome)
        if len(found) == 3:
            kill(cluster_of_two.workers[1])
    assert sorted((outcome.job for outcome in found), key=lambda job: job.row) == asked
    assert {outcome.status for outcome in found} == {"done"}
    assert files(tmp_path) == pages(job.name for job in asked)  # no temporary file, no token
    texts = [(tmp_path / page).read_text().split() for page in files(tmp_path)]
    assert [text[0] for text in texts] == [job.name for job in asked]
    assert len({text[-1] for text in texts}) == 2  # both worked


@pytest.mark.slow
def test_a_job_that_raises_or_returns_nonsense_fails_alone(cluster_of_two, tmp_path):
    done = on_cluster(cluster_of_two.address, jobs(4), partial(bad, tmp_path), tmp_path, about)
    errors = {outcome.job.name: outcome.error for outcome in done}
    assert errors == {"t00": "", "t01": "ValueError: two lines", "t02": "TypeError: NoneType", "t03": ""}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"TOY_VERSION": "two"}, ("worker_differs", "evalsys", "one", "two")),
        ({"lost": "token"}, ("folder_not_shared", None, "", "")),
    ],
    ids=["version", "folder"],
)
def test_workers_that_differ_are_told_before_any_work(cluster_of_two, tmp_path, monkeypatch, change, told):
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    if "lost" in change:
        check = cluster._check_workers
        monkeypatch.setattr(
            cluster, "_check_workers", lambda c, a, token, *rest: (token.unlink(), check(c, a, token, *rest))
        )
    problem, column, value, allowed = told
    assert problems(cluster_of_two.address, tmp_path) == [(problem, column or str(tmp_path), value, allowed)]
    assert files(tmp_path) == []


def test_no_scheduler_is_told_within_the_time(monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "REACH", 0.5)
    assert [problem for problem, *_ in problems("tcp://127.0.0.1:1", tmp_path)] == ["no_scheduler"]
    assert [problem for problem, *_ in problems("what is this", tmp_path)] == ["no_scheduler"]


def test_without_the_extra_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    found = problems("tcp://127.0.0.1:1", tmp_path)
    assert found == [("missing_extra", "", "", "pip install 'evalsys[cluster]'")]


@pytest.mark.slow
def test_a_worker_that_joins_late_and_differs_does_no_work(cluster_of_two, tmp_path, monkeypatch):
    """The check before the work did not see it; its jobs fail with the reason."""
    monkeypatch.setattr(cluster, "_check_workers", lambda *given: None)
    monkeypatch.setenv("TOY_VERSION", "two")
    found = list(on_cluster(cluster_of_two.address, jobs(3), partial(toy, tmp_path), tmp_path, about))
    assert len(found) == 3
    told = r"a worker that joined later has other versions or does not see the folder: tcp://127\.0\.0\.1:\d+ evalsys"
    assert all(re.fullmatch(told, outcome.error) for outcome in found)
    assert files(tmp_path) == []


@pytest.mark.slow
def test_a_worker_that_does_not_see_the_folder(tmp_path):
    faults = cluster._faults_here(tmp_path / "token", about, {"evalsys": "two"})
    assert faults == [("worker_differs", "evalsys", "one", "two"), ("folder_not_shared", str(tmp_path), "", "")]


def test_what_must_be_the_same_on_every_machine():
    here = this_machine()
    assert {"evalsys", "python", "numpy", "package", "mock-assessment"} <= set(here)
    assert all(re.fullmatch(r"[0-9a-f]{64}", here[name]) for name in ("package", "mock-assessment"))


def test_without_a_job_no_cluster_is_asked_for(tmp_path):
    assert list(on_cluster("tcp://127.0.0.1:1", [], partial(toy, tmp_path), tmp_path)) == []


@pytest.mark.slow
def test_a_job_that_kills_its_workers_fails_and_the_rest_is_done(tmp_path):
    """A nanny starts each dead worker again, as it does where memory runs out."""
    (tmp_path / "machines").mkdir()
    with machines(tmp_path / "machines") as made:
        made.worker(nanny="--nanny")
        made.wait(1)
        out = tmp_path / "out"
        out.mkdir()
        found = {o.job.name: o for o in on_cluster(made.address, jobs(12), partial(deadly, out), out, about)}
    assert len(found) == 12
    failed = {name: outcome.error for name, outcome in found.items() if outcome.status == "failed"}
    assert failed == {"t01": "its worker died again and again (often for lack of memory)"}
    done = [job.name for job in jobs(12) if job.name != "t01"]  # its neighbours too, which died with it
    assert files(out) == pages(done)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["scheduler", "worker"])
def test_the_batch_ends_where_the_cluster_does(tmp_path, monkeypatch, victim):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    (tmp_path / "machines").mkdir()
    with machines(tmp_path / "machines") as made:
        assert problems_without_worker(made, tmp_path, monkeypatch) == ["no_worker"]
        worker = made.worker()
        made.wait(1)
        found = []
        for outcome in on_cluster(made.address, jobs(8), partial(toy, tmp_path), tmp_path, about):
            found.append(outcome)
            if len(found) == 2:
                kill(made.scheduler if victim == "scheduler" else worker)
    assert sorted(outcome.job.row for outcome in found) == [job.row for job in jobs(8)]
    told = {outcome.error for outcome in found if outcome.status == "failed"}
    lost, deserted = (
        "the scheduler was lost before this report was made",
        "no worker was left before this report was made",
    )
    assert told == {lost if victim == "scheduler" else deserted}


def problems_without_worker(made, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "REACH", 1)
        return [problem for problem, *_ in problems(made.address, folder)]


@pytest.mark.slow
def test_workers_with_several_threads_are_told(tmp_path):
    with machines(tmp_path) as made:
        made.worker(nthreads=2)
        made.wait(1)
        assert problems(made.address, tmp_path) == [("worker_differs", "--nthreads", "2", "1")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "nanny"), [(PLAIN, "--no-nanny"), *([(WARM, "--nanny")] if warm_here() else [])], ids=["plain", "warm"]
)
def test_real_reports_survive_a_killed_worker(tmp_path, engine, nanny):
    """The worker alone is killed, not its kernels: they have to end by themselves."""
    (tmp_path / "machines").mkdir()
    out = tmp_path / "out"
    out.mkdir()
    parameters = {"instrument": INSTRUMENT, "lang": "en"}
    asked = [Job(n, f"t{n}", "instrument-audit", "en", parameters) for n in range(5)]
    found = []
    with machines(tmp_path / "machines") as made:
        workers = made.worker(nanny=nanny), made.worker(nanny=nanny)
        made.wait(2)
        work = partial(make_one, folder=out, engine=engine, timeout=60)
        for outcome in on_cluster(made.address, asked, work, out, about):
            found.append(outcome)
            if len(found) == 1:
                os.kill(workers[0].pid, signal.SIGKILL)
        for process in made.started:
            os.kill(process.pid, signal.SIGKILL)
        made.wait_for_silence()
    assert {outcome.job.name: outcome.error for outcome in found} == {job.name: "" for job in asked}
    assert len(found) == 5
    assert files(out) == sorted(f"{job.name}/instrument-audit.en.{end}" for job in asked for end in ("html", "ipynb"))
    for outcome in found:
        for held in outcome.outputs.values():
            assert file_hash(out / held["path"]) == held["sha256"]
    assert len({outcome.outputs["html"]["sha256"] for outcome in found}) == 1
