"""The engines keep a notebook within its limits: stopped early, what was executed is kept, no process stays."""

import os
import subprocess
import sys
import time

import nbformat
import papermill
import psutil
import pytest
from kinds import ROOT
from papermill.exceptions import PapermillExecutionError

from evalsys.reporting import engines
from evalsys.reporting.engines import NotebookTimeout, OutputLimit, register
from evalsys.reporting.warm import warm_here

register()
NEEDS_FORK = pytest.mark.skipif(not warm_here(), reason="kernels are forked on Linux only")
#: The warm engine proves the limits in the fast set; both share them, and the plain one proves them in the slow set.
BOTH = [pytest.param("evalsys", marks=pytest.mark.slow), pytest.param("evalsys-warm", marks=NEEDS_FORK)]


def execute(folder, engine, *cells, **options):
    """Execute cells in a folder; return the error, None if there was none, and the notebook as written."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    source, target = folder / "in.ipynb", folder / "out.ipynb"
    nbformat.write(notebook, source)
    where = {"kernel_name": "python3", "language": "python", "cwd": folder, "progress_bar": False}
    extra = [f"--ipython-dir={folder}"]
    error = None
    try:
        papermill.execute_notebook(
            source, target, engine_name=engine, extra_arguments=extra, **{"notebook_timeout": 60, **where, **options}
        )
    except Exception as raised:
        error = raised
    written = nbformat.read(target, as_version=4)
    written.cells = [cell for cell in written.cells if cell.cell_type == "code"]  # papermill marks an error by another
    return error, written


def marked(folder):
    """Return the processes that say in their environment, or by their working folder, that this test started them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and (
                process.environ().get("OF_TEST") == str(folder) or process.cwd() == str(folder)
            ):
                found.append((process.pid, process.name()))
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module", autouse=True)
def _started(tmp_path_factory):
    """The first notebook waits for the imports of the server; the limits of time are for the others."""
    if warm_here():
        execute(tmp_path_factory.mktemp("first"), "evalsys-warm", "1")


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


#: What holds the interpreter's lock keeps back what was just printed.
BEGUN = "import time; print('begun', flush=True); time.sleep(0.2)\n"


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(
    "forever",
    [
        pytest.param("while True: pass", id="loop"),
        pytest.param("import time; time.sleep(1000)", id="sleep", marks=pytest.mark.slow),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsum(iter(int, 1))",
            id="no interrupt",
            marks=pytest.mark.slow,
        ),
        pytest.param("(lambda n: n ** (n // 50))(10 ** 8 + 1)", id="in C", marks=pytest.mark.slow),
    ],
)
def test_a_notebook_that_does_not_end_is_stopped(tmp_path, engine, forever):
    start = time.monotonic()
    error, notebook = execute(tmp_path, engine, "print('here')", BEGUN + forever, "1",
                              notebook_timeout=1.2)  # fmt: skip
    assert isinstance(error, NotebookTimeout)
    assert "timeout" in str(error) or "超时" in str(error)
    assert time.monotonic() - start < 12
    first, second, third = notebook.cells
    assert text(first) == "here\n"
    assert text(second) == "begun\n"
    assert second.outputs[-1].ename == "NotebookTimeout"
    assert [cell.metadata.papermill.status for cell in notebook.cells] == ["completed", "failed", "pending"]
    assert third.outputs == []
    assert marked(tmp_path) == []


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(
    "flood",
    [
        pytest.param("while True: print('x' * 5000)", id="lines"),
        pytest.param("print('好' * 10 ** 6)", id="one message", marks=pytest.mark.slow),
        pytest.param("while True: print('x', flush=True)", id="small messages", marks=pytest.mark.slow),
        pytest.param(
            "from IPython.display import HTML, display, clear_output\n"
            "while True: display(HTML('x' * 10 ** 5)); clear_output()",
            id="cleared",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_notebook_that_prints_without_end_is_stopped(tmp_path, engine, flood):
    start = time.monotonic()
    error, notebook = execute(tmp_path, engine, "print('here')", f"print('begun', flush=True)\n{flood}",
                              output_limit=2**18)  # fmt: skip
    assert isinstance(error, OutputLimit), error
    assert "0.25 MB" in str(error)
    assert time.monotonic() - start < 12
    assert text(notebook.cells[0]) == "here\n"
    assert notebook.cells[1].outputs[-1].ename == "OutputLimit"
    assert notebook.cells[1].metadata.papermill.status == "failed"
    assert (tmp_path / "out.ipynb").stat().st_size < 10**6
    assert marked(tmp_path) == []


@NEEDS_FORK
def test_an_output_below_the_limit_is_whole(tmp_path):
    error, notebook = execute(tmp_path, "evalsys-warm", "print('x' * 400_000)", "print('y' * 600_000)",
                              output_limit=2**20)  # fmt: skip
    assert error is None
    assert [len(text(cell)) for cell in notebook.cells] == [400_001, 600_001]


@pytest.mark.slow
@pytest.mark.parametrize("engine", BOTH)
def test_the_memory_of_who_reads_a_flood_is_bounded(tmp_path, engine):
    """100 MB in one message, and in many: this process grows by a few times the limit at most."""
    execute(tmp_path, engine, "1")
    before = psutil.Process().memory_info().rss
    for flood in ("print('x' * 10 ** 8)", "for _ in range(10 ** 4): print('x' * 10 ** 4)"):
        error, _ = execute(tmp_path, engine, flood)
        assert isinstance(error, OutputLimit)
        assert (tmp_path / "out.ipynb").stat().st_size < 10**6
        assert psutil.Process().memory_info().rss - before < 300 * 10**6


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(
    ("end", "says"),
    [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(3)", "DeadKernelError"),
     ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "DeadKernelError"), ("'well'", None)],
    ids=["error", "exit", "crash", "well"],
)  # fmt: skip
def test_nothing_stays_of_a_notebook(tmp_path, engine, end, says):
    """Not what it left in the background either, in its group or in its own; it is written as far as it came."""
    background = (
        f"import os, subprocess, sys\nos.environ['OF_TEST'] = {str(tmp_path)!r}\n"
        "a = subprocess.Popen(['sleep', '1000'])\n"
        "b = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "os.system('sleep 1000 &')\nprint(a.pid, b.pid)"
    )
    error, notebook = execute(
        tmp_path, engine, background, "import time; print('here', flush=True); time.sleep(0.2)\n" + end, "2"
    )
    assert marked(tmp_path) == []
    pids = [int(word) for word in text(notebook.cells[0]).split()]
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))
    assert text(notebook.cells[1]).startswith("here")
    if says == "ZeroDivisionError":
        assert isinstance(error, PapermillExecutionError)
        assert error.ename == says
    elif says:
        assert type(error).__name__ == says
    else:
        assert error is None
    if says:
        assert notebook.cells[1].outputs[-1].ename == says
        assert [cell.metadata.papermill.status for cell in notebook.cells] == ["completed", "failed", "pending"]


@NEEDS_FORK
def test_the_notebook_is_written_once(tmp_path, monkeypatch):
    from papermill import execute as papermill_execute
    from papermill import iorw

    written, write = [], iorw.write_ipynb
    for module in (iorw, papermill_execute, sys.modules["papermill.engines"]):
        monkeypatch.setattr(module, "write_ipynb", lambda nb, path: (
            written.append(path), write(nb, path)))  # fmt: skip
    assert execute(tmp_path, "evalsys-warm", "1", "2", "3")[0] is None
    assert len(written) == 1


@NEEDS_FORK
@pytest.mark.slow
def test_a_limit_of_a_cell_still_works(tmp_path):
    error, notebook = execute(tmp_path, "evalsys-warm", "while True: pass", execution_timeout=1)
    assert type(error).__name__ == "CellTimeoutError"
    assert notebook.cells[0].outputs[-1].ename == "CellTimeoutError"
    assert marked(tmp_path) == []


def test_the_engine_of_this_system():
    assert engines.Plain.kernel.endswith(".ThisKernel")
    assert engines.Warm.kernel.endswith(".WarmKernel" if warm_here() else ".ThisKernel")


def test_papermill_finds_the_engines_whoever_is_imported_first():
    """Where evalsys is installed papermill loads them at its own import, which may be in the middle of ours."""
    from evalsys.reporting import entry_points

    assert entry_points.plain.kernel == engines.Plain.kernel
    assert entry_points.warm.execute_notebook == engines.Warm.execute_notebook
    found = "import papermill.engines as p; p.papermill_engines.register_entry_points()"
    fake = (
        "import entrypoints; from evalsys.reporting import entry_points as e; "
        "entrypoints.get_group_all = lambda g: [type('E', (), {'name': 'evalsys-warm', 'load': lambda s: e.warm})()]"
    )
    for first in ("evalsys.reporting.engines", "papermill"):
        program = f"{fake}; import {first}; {found}; print(p.papermill_engines.get_engine('evalsys-warm').kernel)"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
        assert run.stdout.strip() == engines.Warm.kernel
