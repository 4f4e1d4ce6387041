"""Forked kernels: the same outputs as started ones, nothing leaks from one to the next, no process stays."""

import ast
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from kinds import WUJIANG
from test_engines import execute, marked, text

from evalsys.reporting import warm
from evalsys.reporting.warm import MARK, Server, end_with_parent, server, warm_here

pytestmark = pytest.mark.skipif(not warm_here(), reason="kernels are forked on Linux only")
ROOT = Path(__file__).resolve().parents[2]


def until(true, seconds=10):
    """Wait until something is true; return whether it is."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def of(mark):
    """Return the processes that a server marked."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def shown(notebook):
    """Return all outputs, pictures by their hash."""

    def one(output):
        data = {kind: hashlib.sha256(str(value).encode()).hexdigest() if kind == "image/png" else value
                for kind, value in output.get("data", {}).items()}  # fmt: skip
        return output.output_type, output.get("text"), data

    return [[one(output) for output in cell.get("outputs", [])] for cell in notebook.cells]


# ---------------------------------------------------------------------------------------------- the same outputs

SMALL = (
    "import numpy as np, pandas as pd\nimport matplotlib.pyplot as plt\n"
    "rng = np.random.default_rng(7)\nnp.random.seed(7)",
    "print(rng.normal(size=3).sum(), np.random.rand())\npd.DataFrame({'得分': rng.normal(size=4).round(6)})",
    "plt.plot(rng.normal(size=50).cumsum()); plt.title('x')",
    "plt.figure(figsize=(2, 1)); plt.hist(rng.normal(size=99)); plt.show()",
    "import sys, os\n"
    "(sys.argv[1:2], __name__, os.getcwd(), sys.path.count(''), '__file__' in globals(), sys.stdin.read())",
    "!echo $PWD $OPENBLAS_NUM_THREADS $MPLBACKEND",
    "import warnings; warnings.warn('seen'); import logging; logging.warning('told')",
    "import multiprocessing as mp\ndef twice(x):\n    return 2 * x\n"
    "with mp.get_context('fork').Pool(2) as pool:\n    print(pool.map(twice, [1, 2, 3]))",
)


@pytest.mark.slow
def test_the_outputs_are_those_of_a_started_kernel(tmp_path):
    first, second = ((execute(tmp_path, engine, *SMALL)) for engine in ("evalsys", "evalsys-warm"))
    assert first[0] is second[0] is None

    def steady(notebook):
        """Without the number of the process, which stands in the path of a warning."""
        import re

        return re.sub(r"ipykernel_\d+/\d+", "ipykernel", repr(shown(notebook)))

    assert steady(first[1]) == steady(second[1])
    assert steady(first[1]).count("image/png") == 2
    assert text(second[1].cells[7]) == "[2, 4, 6]\n"
    assert second[1].metadata.language_info == first[1].metadata.language_info


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mock-assessment", "instrument-audit"])
def test_the_reports_are_the_same(tmp_path, name):
    from papermill import execute_notebook

    from evalsys.reporting.notebooks import find_notebook
    from evalsys.reporting.render import render_html

    path, made = find_notebook(name), []
    given = {"assessment": str(WUJIANG), "with_forecast": False} if name == "mock-assessment" else {}
    for engine in ("evalsys", "evalsys-warm"):
        target = tmp_path / f"{engine}.ipynb"
        execute_notebook(path, target, given, engine_name=engine, kernel_name="python3", cwd=path.parent,
                         progress_bar=False, extra_arguments=[f"--ipython-dir={tmp_path}"])  # fmt: skip
        notebook = nbformat.read(target, as_version=4)
        made.append((shown(notebook), render_html(notebook, "zh")))
    assert made[0] == made[1]


@pytest.mark.slow
def test_nothing_leaks_from_one_notebook_to_the_next(tmp_path):
    """What a notebook changes is its own, and chance is not the same in the next one."""
    cells = (
        "import os, sys, math, random, builtins\nimport numpy as np, matplotlib as mpl\n"
        "print([hasattr(math, 'left'), hasattr(builtins, 'left'), os.environ.get('LEFT'), os.getcwd(),"
        " mpl.rcParams['font.size'], 'left' in sys.modules, sys.getrecursionlimit(), 'left' in globals()])",
        "print([random.random(), np.random.rand(), os.getpid()])",
        "math.left = builtins.left = left = 1; os.environ['LEFT'] = '1'; os.chdir('/')\n"
        "mpl.rcParams['font.size'] = 99\n"
        "sys.modules['left'] = math; sys.setrecursionlimit(2000); open('/dev/null'); np.random.seed(1)",
    )
    own = [execute(tmp_path, "evalsys-warm", *cells)[1] for _ in range(2)]
    states = [ast.literal_eval(text(notebook.cells[0])) for notebook in own]
    assert states[0] == states[1]
    assert states[0][:4] == [False, False, None, str(tmp_path)]
    chances = [ast.literal_eval(text(notebook.cells[1])) for notebook in own]
    assert all(one != other for one, other in zip(*chances, strict=True))


def test_the_environment_is_that_of_who_asks(tmp_path, monkeypatch):
    server()
    monkeypatch.setenv("SET_LATER", "是")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "own"))
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text("here = 7")
    _, notebook = execute(tmp_path, "evalsys-warm", "import os, time, mine\nprint(os.environ['SET_LATER'], mine.here, "
                          "time.strftime('%z'), os.environ.get('JPY_PARENT_PID'))")  # fmt: skip
    assert text(notebook.cells[0]) == "是 7 +0800 None\n"


# ---------------------------------------------------------------------------------------------------- processes


def test_the_server_has_one_thread_and_keeps_nothing_open(tmp_path):
    execute(tmp_path, "evalsys-warm", "1")
    process = psutil.Process(server().process.pid)
    files = process.num_fds()
    for _ in range(3):
        execute(tmp_path, "evalsys-warm", "import os; print(os.getsid(0) == os.getpid() == os.getpgid(0))")
    assert process.num_threads() == 1
    assert process.num_fds() == files
    assert process.children(recursive=True) == []
    assert of(server().mark) == [process.pid]


@pytest.mark.slow
def test_two_hundred_notebooks_leave_the_server_as_it_was(tmp_path):
    for _ in range(5):
        execute(tmp_path, "evalsys-warm", "1")
    process, own = psutil.Process(server().process.pid), psutil.Process()
    before = process.memory_info().rss, process.num_fds(), own.num_fds(), own.num_threads()
    for number in range(200):
        error, notebook = execute(tmp_path, "evalsys-warm", f"print({number})")
        assert error is None
        assert text(notebook.cells[0]) == f"{number}\n"
    after = process.memory_info().rss, process.num_fds(), own.num_fds(), own.num_threads()
    assert after[0] - before[0] < 2 * 2**20
    assert after[1:] == before[1:]
    assert process.children(recursive=True) == []


@pytest.mark.slow
def test_after_the_server_is_killed_the_next_notebook_has_another(tmp_path):
    own = server()
    code = "import os, signal, time, subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
    error, _ = execute(tmp_path, "evalsys-warm", f"{code}os.kill({own.process.pid}, signal.SIGKILL); time.sleep(1000)")
    assert type(error).__name__ == "DeadKernelError"
    assert of(own.mark) == []
    assert marked(tmp_path) == []
    error, notebook = execute(tmp_path, "evalsys-warm", "print('again')")
    assert error is None
    assert text(notebook.cells[0]) == "again\n"
    assert server() is not own


@pytest.mark.slow
def test_a_closed_server_is_gone_with_its_kernels(tmp_path):
    own = Server()
    kernel = own.start(
        ["-f", str(tmp_path / "none.json"), f"--ipython-dir={tmp_path}"], str(tmp_path), dict(os.environ)
    )
    assert kernel.poll() is None
    assert until(lambda: len(of(own.mark)) == 2)
    own.close()
    assert own.process.returncode == 0
    assert of(own.mark) == []
    with pytest.raises(OSError, match=r"\w"):
        own.start([], str(tmp_path), {})


@pytest.mark.slow
def test_a_kernel_that_cannot_start_says_so(tmp_path):
    own = Server()
    kernel = own.start([], str(tmp_path / "nowhere"), dict(os.environ))
    assert kernel.wait() == 1
    own.close()


WORKER = """
import multiprocessing, os, sys, time
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
import test_engines
from evalsys.reporting.warm import end_with_parent

def work(folder):
    end_with_parent()
    Path(folder, "worker").write_text(str(os.getpid()))
    background = "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)\\n"
    code = background + "__import__('os').system('sleep 1000 &')\\nopen('begun', 'w').close()\\nwhile True: pass"
    test_engines.execute(Path(folder), "evalsys-warm", code, notebook_timeout=None)

if __name__ == "__main__":
    if {pool}:
        process = multiprocessing.get_context("spawn").Process(target=work, args=(sys.argv[1],))
        process.start()
        time.sleep(1000)
    work(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pool", "who", "number"),
    [
        (True, "batch", signal.SIGKILL),
        (True, "worker", signal.SIGKILL),
        (True, "batch", signal.SIGTERM),
        (False, "batch", signal.SIGINT),
        (False, "batch", signal.SIGTERM),
    ],
)
def test_nothing_stays_when_the_parent_is_killed(tmp_path, pool, who, number):
    script = tmp_path / "script.py"
    script.write_text(WORKER.format(tests=str(ROOT / "tests" / "reporting"), root=str(ROOT), pool=pool))
    (tmp_path / "in").mkdir()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "reporting")])
    env = {**os.environ, "OF_TEST": str(tmp_path), "PYTHONPATH": path}
    batch = subprocess.Popen([sys.executable, script, tmp_path / "in"], env=env, stderr=subprocess.DEVNULL)
    try:
        assert until((tmp_path / "in" / "begun").exists, 60)
        assert len(marked(tmp_path)) >= 5
        os.kill(batch.pid if who == "batch" else int((tmp_path / "in" / "worker").read_text()), number)
        if who == "worker":
            assert until(lambda: {pid for pid, _ in marked(tmp_path)} <= {batch.pid, *others(batch.pid)})
        else:
            batch.wait(10)
            assert until(lambda: marked(tmp_path) == []), marked(tmp_path)
    finally:
        batch.kill()
        batch.wait()
    assert until(lambda: marked(tmp_path) == [])


def others(pid):
    """Return the helpers of `multiprocessing`, which end with the parent, and the dead that it has not buried."""
    found = psutil.Process(pid).children()
    return [c.pid for c in found if c.status() == psutil.STATUS_ZOMBIE or "tracker" in " ".join(c.cmdline())]


def test_a_process_of_nobody_is_not_watched(monkeypatch):
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: None)
    before = psutil.Process().num_threads()
    end_with_parent()
    assert psutil.Process().num_threads() == before


def test_kernels_are_forked_on_linux_only(monkeypatch):
    for system in ("darwin", "win32"):
        monkeypatch.setattr(sys, "platform", system)
        assert not warm.warm_here()
