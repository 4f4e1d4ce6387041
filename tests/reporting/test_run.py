"""A run of a report: a kernel of this environment, files only when all is done, and a clear word when a cell fails."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import openpyxl
import pytest
from kinds import WUJIANG, edited

from evalsys.faults import InputFaults
from evalsys.reporting.run import ReportFailed, run_report


def command(*args):
    return [sys.executable, "-m", "evalsys", "report", "mock-assessment", *map(str, args)]


def environ(folder):
    """Return an environment in which the user has made the kernel and its start-up their own; none of it may matter."""
    spec = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["false"], "display_name": "mine", "language": "python"}))
    for name in ("ipython/profile_default/startup/x.py", "startup.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("raise SystemExit('mine')")
    own = {"JUPYTER_PATH": folder / "jupyter", "IPYTHONDIR": folder / "ipython", "PYTHONSTARTUP": folder / "startup.py"}
    return {**os.environ, "LANGUAGE": "C", **{name: str(path) for name, path in own.items()}}


@pytest.fixture(scope="module", params=["without a forecast", pytest.param("as it is", marks=pytest.mark.slow)])
def chinese(request, tmp_path_factory):
    """Make the main report as the README says, from another folder; return the folder and the process."""
    folder = tmp_path_factory.mktemp("chinese")
    env = environ(tmp_path_factory.mktemp("user"))
    more = () if request.param == "as it is" else ("-p", "with_forecast", "False")
    return folder, subprocess.run(
        command(WUJIANG, *more), cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    """Make the English report, with its annex, of a round with a character that no font has."""
    folder = tmp_path_factory.mktemp("english")
    edited(folder / "a", "sites.csv", lambda text: text.replace("药店1", "𠀀药店"))
    args = ("a", "--lang", "en", "--pass-mark", "95%", "--out", "here/there", "--annex", "-p", "with_forecast", "False")
    env = {**os.environ, "LANGUAGE": "C"}
    return folder, subprocess.run(
        command(*args), cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
    )


def test_the_paths_are_the_result_and_errors_stay_silent(chinese):
    folder, done = chinese
    target = Path("reports/wujiang-2016")
    said = done.stderr.removeprefix("Reading the data...\n")  # said where it takes more than two seconds
    assert said == "Making the report...\n"
    assert done.returncode == 0
    assert done.stdout.splitlines() == [str(target / f"mock-assessment.zh.{suffix}") for suffix in ("ipynb", "html")]
    assert sorted(path.name for path in (folder / target).iterdir()) == [
        "mock-assessment.zh.html",
        "mock-assessment.zh.ipynb",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("chinese", ["as it is"], indirect=True)
def test_the_kernel_shows_what_the_cells_say(chinese, html):
    """A page from a kernel has the same bytes as one from this process: nothing depends on time or place."""
    made = (chinese[0] / "reports/wujiang-2016/mock-assessment.zh.html").read_text("utf-8")
    assert made == html["zh"]


def test_the_executed_notebook_holds_parameters_outputs_and_its_place(chinese):
    path = Path("reports/wujiang-2016/mock-assessment.zh.ipynb")
    notebook = nbformat.read(chinese[0] / path, as_version=4)
    nbformat.validate(notebook)
    (injected,) = [cell for cell in notebook.cells if "injected-parameters" in cell.metadata.tags]
    assert f'assessment = "{WUJIANG}"' in injected.source
    assert 'lang = "zh"' in injected.source
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(outputs) >= 11
    assert {output.output_type for output in outputs} == {"execute_result"}
    stamp = notebook.metadata.papermill
    assert (stamp.output_path, stamp.exception) == (str(path), None)
    shown = {name: value for name, value in stamp.parameters.items() if name != "with_forecast"}
    assert shown == {"assessment": str(WUJIANG), "lang": "zh"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_a_missing_glyph_is_told_and_fails_nothing(english):
    folder, done = english
    assert done.returncode == 0
    assert (
        done.stderr.removeprefix("Reading the data...\n")
        == "Making the report...\nnote: the fonts lack these characters: 𠀀\n"
    )
    assert done.stdout.splitlines()[-1] == str(Path("here/there/mock-assessment.en.html"))
    page = (folder / "here/there/mock-assessment.en.html").read_text("utf-8")
    assert "The fonts lack these characters: 𠀀" in page
    assert "95% (report parameter)" in page


def test_the_annex_is_beside_the_page(english):
    folder, _ = english
    names = sorted(path.name for path in (folder / "here/there").iterdir())
    assert names == ["mock-assessment.en.html", "mock-assessment.en.ipynb", "score-statement.xlsx"]
    assert openpyxl.load_workbook(folder / "here/there/score-statement.xlsx").sheetnames
    assert "score-statement.xlsx" in (folder / "here/there/mock-assessment.en.html").read_text("utf-8")


# -------------------------------------------------------------------------------------------- small notebooks

SMALL = (
    "fail: bool = False\nassessment: str = ''\nlang: str = 'en'",
    "from IPython.display import HTML\nimport os, sys, pathlib\nif fail:\n    1 / 0",
    "HTML(f'<h1>Made</h1><p id=\"kernel\">{sys.executable}|{os.getcwd()}|{assessment}</p>')",
)


@pytest.fixture
def small(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in SMALL]
    cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "notebooks" / "small.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)  # no kernel is named in it
    return path


def test_a_failed_cell_leaves_what_was_executed_until_the_next_good_run(small, tmp_path, monkeypatch):
    user = environ(tmp_path / "user")
    for name in ("JUPYTER_PATH", "IPYTHONDIR", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, user[name])
    monkeypatch.chdir(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    out = tmp_path / "out"
    with pytest.raises(ReportFailed) as caught:
        run_report("notebooks/small.ipynb", {"fail": "yes"}, out)
    failed = out / "small.en.failed.ipynb"
    assert (caught.value.cell, caught.value.error) == (3, "ZeroDivisionError: division by zero")
    assert caught.value.notebook == failed
    assert list(out.iterdir()) == [failed]
    kept = nbformat.read(failed, as_version=4)
    assert any(output.get("ename") == "ZeroDivisionError" for cell in kept.cells for output in cell.get("outputs", []))
    assert any("In [3]" in cell.source for cell in kept.cells)  # papermill's mark and our message agree

    made = run_report("notebooks/small.ipynb", {"assessment": "data"}, out)
    assert (made.outputs["notebook"], made.outputs["html"]) == (out / "small.en.ipynb", out / "small.en.html")
    assert sorted(out.iterdir()) == [made.outputs["html"], made.outputs["notebook"]]
    (told,) = re.findall(r'id="kernel">(.*?)</p>', made.outputs["html"].read_text("utf-8"))
    python, folder, assessment = told.split("|")
    assert os.path.realpath(python) == os.path.realpath(sys.executable)
    assert (folder, assessment) == (str(small.parent), str(tmp_path / "data"))
    assert list(scratch.iterdir()) == []


def test_a_kernel_that_dies_is_a_failed_report(small, tmp_path):
    small.write_text(small.read_text("utf-8").replace("1 / 0", "os._exit(1)"), "utf-8")
    with pytest.raises(ReportFailed) as caught:
        run_report(str(small), {"fail": True}, tmp_path / "out")
    assert caught.value.cell == 0
    assert "Kernel" in caught.value.error
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small.en.failed.ipynb"]


@pytest.fixture
def no_kernel(monkeypatch):
    """Let any start of a kernel fail the test."""

    def start(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("papermill.execute_notebook", start)


@pytest.mark.parametrize("given", [{"fial": "yes"}, {"fail": "perhaps"}, {"lang": "fr"}])
def test_faulty_parameters_start_no_kernel_and_write_nothing(small, tmp_path, no_kernel, given):
    with pytest.raises(InputFaults):
        run_report(str(small), given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_found_before_the_work(small, tmp_path, no_kernel):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(OSError, match="file"):
            run_report(str(small), {}, folder)


def test_a_page_that_cannot_be_made_leaves_the_files_of_the_last_run(small, tmp_path, monkeypatch):
    def executes(source, target, **_):
        Path(target).write_text(
            Path(source).read_text("utf-8").replace('"metadata": {}', '"metadata": {"papermill": {}}')
        )

    def fails(*_):
        raise RuntimeError("no page")

    out = tmp_path / "out"
    out.mkdir()
    for name in ("small.en.html", "small.en.ipynb"):
        (out / name).write_text("of the last run")
    monkeypatch.setattr("papermill.execute_notebook", executes)
    monkeypatch.setattr("evalsys.reporting.render.render_html", fails)
    with pytest.raises(RuntimeError):
        run_report(str(small), {}, out)
    assert {path.name: path.read_text() for path in out.iterdir()} == dict.fromkeys(
        ("small.en.html", "small.en.ipynb"), "of the last run"
    )


# ------------------------------------------------------------------------------------------------- slow proofs


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to a process group")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [0.5, 2.5, 4.0, 5.5])
def test_a_stopped_run_leaves_nothing_behind(tmp_path, number, wait):
    env = {**os.environ, "LANGUAGE": "C", "TMPDIR": str(tmp_path / "scratch")}
    (tmp_path / "scratch").mkdir()
    (tmp_path / "work").mkdir()
    with subprocess.Popen(
        command(WUJIANG), cwd=tmp_path / "work", env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        time.sleep(wait)
        os.killpg(process.pid, number)
        said, told = process.communicate(timeout=60)
    assert process.returncode in (128 + number, -number)  # the latter before Python has started
    assert said == ""
    assert number != signal.SIGINT or process.returncode < 0 or "Stopped." in told
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == []
    assert list((tmp_path / "scratch").glob("evalsys-*")) == []


@pytest.mark.slow
def test_a_killed_run_leaves_no_file_under_a_final_name(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for wait in (3.0, 5.0, 6.0, 7.0, 8.0):
        with subprocess.Popen(
            command(WUJIANG, "--out", tmp_path / "out"),
            env={**os.environ, "TMPDIR": str(scratch)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(wait)
            process.kill()
        for path in (tmp_path / "out").glob("*"):
            text = path.read_text("utf-8")
            assert text.endswith("</html>\n") if path.suffix == ".html" else json.loads(text)


@pytest.mark.slow
def test_two_runs_give_the_same_page(tmp_path):
    pages = []
    for name in ("a", "b"):
        pages.append(
            run_report("mock-assessment", {"assessment": str(WUJIANG), "lang": "en"}, tmp_path / name)
            .outputs["html"]
            .read_bytes()
        )
    assert pages[0] == pages[1]
