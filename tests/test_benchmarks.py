"""The benchmarks run, compare with a peer, and end with one line of JSON that holds what docs/benchmarks.md shows."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "bench")
PAGE = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")


def quick(name, folder):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / f"{name}.py", "--quick"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    *table, last = done.stdout.splitlines()
    found = json.loads(last)
    assert any(line.startswith("| ") for line in table)
    assert (found["benchmark"], found["quick"]) == (name, True)
    assert found["peer"]
    assert {"python", "numpy", "pandas", "evalsys"} <= found["versions"].keys()
    assert {"cpu", "cores", "memory_gb"} <= found["machine"].keys()
    assert found["environment"].keys() == {"run", "byte_compiled"}
    assert not re.search(r"[/\\](?:home|root|tmp|work|Users)\b", last)
    assert list(folder.iterdir()) == []
    return found


def timed(found):
    assert 0 < found["best"] <= found["median"] <= found["worst"]
    assert found["runs"] == 1


def test_every_benchmark_is_tested():
    assert SCRIPTS == [
        "batch",
        "doubt",
        "fixes",
        "instruments",
        "law",
        "ledgers",
        "report",
        "score",
        "simulate",
        "start",
        "what_if",
    ]


@pytest.mark.slow
def test_instruments(tmp_path):
    found = quick("instruments", tmp_path)
    assert found["instruments"] >= 26
    assert found["seconds"].keys() == {f"{what}: {who}" for what in ("all", "one") for who in ("evalsys", "YAML alone")}
    for times in found["seconds"].values():
        timed(times)
    assert found["ratios"].keys() == found["yaml_share"].keys() == {"all", "one"}


@pytest.mark.slow
def test_score(tmp_path):
    found = quick("score", tmp_path)
    assert found["wujiang"]["observations"] == 225
    assert found["generated"]["observations"] == 2000
    for each in (found["wujiang"], found["generated"]):
        assert each["difference"] < 1e-9
        assert each["counted"] <= each["observations"]
        for step in ("read", "score"):
            assert each[f"{step}_s"].keys() == {"evalsys", "pandas"}
            assert each[f"ratio_{step}"].keys() == {"best", "median"}
            for times in each[f"{step}_s"].values():
                timed(times)
        for peaks in each["peak_mb"].values():
            assert peaks["imports"] is None or peaks["imports"] <= peaks["read"] <= peaks["score"]


@pytest.mark.slow
def test_start(tmp_path):
    found = quick("start", tmp_path)
    assert found["seconds"].keys() >= {"python -c pass", "evalsys --help", "papermill --help"}
    for times in found["seconds"].values():
        timed(times)
    assert found["ratios"].keys() == found["seconds"].keys() - {"evalsys --help"}


@pytest.mark.slow
def test_law(tmp_path):
    found = quick("law", tmp_path)
    assert max(found["difference"].values()) < 1e-12
    assert found["difference"].keys() == {"law", "table"}
    assert found["lattices"].keys() == {"leaves", "drawn", "wujiang"}
    assert found["lattices"]["leaves"]["cells"] == 20_001
    for name, lattice in found["lattices"].items():
        assert lattice["rounded"] == (name == "drawn")
        assert {f"{name}: compile", f"{name}: law, 5 nodes of severity"} <= found["seconds"].keys()
    for times in found["seconds"].values():
        timed(times)
    for ratio in found["ratios"].values():
        assert ratio.keys() == {"best", "median"}
    assert all(own["before"] is None or own["before"] <= own["after"] for own in found["peak_mb"].values())


@pytest.mark.slow
def test_simulate(tmp_path):
    found = quick("simulate", tmp_path)
    assert found["leaves"] == 200
    assert [each["rows"] for each in found["independent"]] == [1, 5, 20]
    for each in found["independent"]:
        assert each["seconds"].keys() == {"evalsys", "numpy", "bits alone", "bytes alone"}
        for times in each["seconds"].values():
            timed(times)
        assert all(abs(away) < 4.5 for away in each["standard_errors"].values())
        assert each["ratio"].keys() == each["over_limit"]["bits alone"].keys() == {"best", "median"}
    timed(found["city"]["seconds"]["evalsys"])
    assert all(own["before"] is None or own["before"] <= own["after"] for own in found["peak_mb"].values())


def test_doubt(tmp_path):
    found = quick("doubt", tmp_path)
    assert found["recorded_s_per_replication"] == 0.083
    for each in found["replay"]:
        assert each["difference"] < 1e-12
        assert len(each["us_per_replication"]) == 4
        for times in each["us_per_replication"].values():
            timed(times)
    for times in found["score"]["seconds"].values():
        timed(times)


@pytest.mark.slow
def test_what_if(tmp_path):
    found = quick("what_if", tmp_path)
    assert max(found["difference"]["wujiang-2016"].values()) < 1e-12
    assert found["models"]["wujiang-2016"]["options"] == 24
    assert "wujiang-2016: quick, a tick, fixed severity" in found["seconds"]
    for times in found["seconds"].values():
        timed(times)


@pytest.mark.slow
def test_fixes(tmp_path):
    found = quick("fixes", tmp_path)
    assert found["leaves"]["effects"] == 40
    assert found["leaves"]["difference"].keys() == {"without severity", "13 nodes of severity"}
    assert max(*found["leaves"]["difference"].values(), found["wujiang"]["difference"]) < 1e-12
    assert found["simulated"]["standard_errors"] < 4.5
    (plan,) = found["plans"].values()
    assert plan["options"] == 90
    assert (
        plan["chance"]["before"] + plan["start"] <= plan["chance"]["after"] + 1e-12 <= plan["chance"]["bound"] + 2e-12
    )
    steps = {"read", "model, forecast", "bench", "effects", "plan", "all"}
    assert all(own.keys() == steps for own in found["city"].values())
    for own in (found["leaves"]["seconds"], found["wujiang"]["seconds"], plan["seconds"], *found["city"].values()):
        for times in own.values():
            timed(times)
    assert found["peak_mb"].keys() == {"leaves", "plan 30 fixes", "city", "wujiang"}
    assert all(own["before"] is None or own["before"] <= own["after"] for own in found["peak_mb"].values())


@pytest.mark.slow
def test_report(tmp_path):
    found = quick("report", tmp_path)
    assert found["seconds"].keys() >= {"evalsys report", "papermill, then nbconvert"}
    for times in found["seconds"].values():
        timed(times)
    assert found["loads_from_outside"]["evalsys report"] == 0
    assert 0 < found["html_mb"]["evalsys report"] < 3
    assert all(took > -0.05 for took in found["profile_s"].values())
    assert {"start the kernel", "run the cells"} <= found["profile_s"].keys()
    assert found["cells_s"]


@pytest.mark.slow
def test_batch(tmp_path):
    found = quick("batch", tmp_path)
    ways = ("evalsys, forked kernels", "evalsys, started kernels", "(a) commands", "(b) pool")
    assert found["seconds"].keys() == {f"mix: {way}" for way in ways}
    for times in found["seconds"].values():
        timed(times)
    forked, started = found["kernel_mb"]["evalsys-warm"], found["kernel_mb"]["evalsys"]
    assert 0 < forked["private"] < started["private"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_page_shows_a_whole_run(name):
    part = PAGE.partition(f"<!-- begin {name} -->")[2].partition(f"<!-- end {name} -->")[0]
    assert part.count("\n| ") > 4
    assert re.search(r"Measured \d{4}-\d\d-\d\d on .* cores, .* GB", part)
    assert f"./run python benchmarks/{name}.py" in PAGE
