"""Kernels forked from a server with the heavy imports done: a fresh process for each notebook in milliseconds.

Each process that runs notebooks has one server (``python -m evalsys.reporting.warm``), started on first use and bound
to it by a socket: when the socket closes, even by ``kill -9``, the server kills what it forked and ends. It has one
thread, waits for its kernels itself, and signals only processes that it has not reaped, so that no stranger that was
given the same number is ever met. What a kernel leaves behind falls to the server, which kills that too.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import random
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["MARK", "Forked", "Server", "end_with_parent", "serve", "server", "sweep", "warm_here"]

#: Environment variable by which all processes of a kernel are known.
MARK = "EVALSYS_KERNEL"
_ROOT = Path(__file__).resolve().parents[2]
#: What notebooks import, ours and those that users write. None of these may start a thread.
_HEAVY = (
    "numpy", "pandas", "scipy.special", "scipy.stats", "scipy.optimize", "scipy.sparse", "scipy.linalg",
    "matplotlib.pyplot", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg",
    "pandas.core.methods.to_dict", "openpyxl", "yaml", "psutil", "ipykernel.kernelapp", "ipykernel.debugger",
    "IPython.display", "IPython.core.completerlib", "IPython.core.pylabtools", "IPython.extensions.storemagic",
    "tornado.platform.asyncio", "tornado.queues", "encodings.ascii", "encodings.idna", "encodings.latin_1",
    "encodings.utf_8_sig", "encodings.utf_16_be", "faulthandler", "multiprocessing",
)  # fmt: skip
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PATIENCE = 5.0  # seconds for a killed process to be gone


def warm_here() -> bool:
    """Whether kernels can be forked here.

    On Linux only. Windows has no fork, and on macOS the system's libraries (Accelerate, which numpy uses there, among
    them) may crash in a forked process that did not exec.
    """
    return sys.platform == "linux" and hasattr(os, "fork")


def end_with_parent() -> None:
    """End this process as soon as the process that started it by `multiprocessing` is gone, however it went.

    For the workers of a pool. The kernel server of this process ends then too. In a process that `multiprocessing` did
    not start nothing happens.
    """
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def sweep(mark: str) -> int:
    """Kill all processes in whose environment :data:`MARK` is `mark`; return how many there were.

    Processes that hide their environment are not found.
    """
    import psutil

    found = 0
    for _ in range(10):  # until none was there: one that is killed may just have started another
        marked = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                    process.kill()
                    marked.append(process)
        found += len(marked)
        psutil.wait_procs(marked, _PATIENCE)
        if not marked:
            break
    return found


# ------------------------------------------------------------------------------------------- the side that asks


class Server:
    """The kernel server of this process: forks, tells which kernels have ended, passes signals on.

    Parameters
    ----------
    python : str
        The Python that runs the server.
    """

    def __init__(self, python: str = sys.executable) -> None:
        ours, theirs = socket.socketpair()
        self.owner, self.mark = os.getpid(), secrets.token_hex(8)
        self._lock, self._socket, self._rest = threading.RLock(), ours, b""
        self._codes: dict[int, int | None] = {}
        self._started: list[dict[str, Any]] = []
        self.lost = False
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", MARK: self.mark}
        env.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the debugger's warning at its import
        env.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as a kernel sets it before imports
        for name in ("JPY_PARENT_PID", "PYTHONSAFEPATH", "PYTHONINSPECT"):
            env.pop(name, None)
        with theirs:
            self.process = subprocess.Popen(
                [python, "-m", __spec__.name, str(os.getpid())],
                stdin=theirs.fileno(),
                cwd=_ROOT,
                env=env,
                start_new_session=True,  # Ctrl-C is for the one who asks
            )

    def start(self, arguments: Sequence[str], cwd: str, env: Mapping[str, str]) -> Forked:
        """Fork a kernel.

        Parameters
        ----------
        arguments : sequence of str
            Of ``python -m ipykernel_launcher``.
        cwd : str
        env : mapping

        Raises
        ------
        OSError
            If there is no server any more, or it cannot fork.
        """
        with self._lock:
            self._send(arguments=list(arguments), cwd=cwd, env={**env, MARK: self.mark})
            while not self._started:
                self._receive(None)
                if self.lost:
                    raise ConnectionError("the kernel server ended")
            reply = self._started.pop()
        if "error" in reply:
            raise OSError(reply["error"])
        return Forked(self, reply["started"])

    def code(self, pid: int, wait: bool = False) -> int | None:
        """Return the exit code of a kernel, negative for a signal; None while it or anything that it started lives."""
        with self._lock:
            while self._codes.get(pid) is None and not self.lost:
                if not self._receive(None if wait else 0):
                    break
            return self._codes.get(pid, -signal.SIGKILL)

    def send_signal(self, pid: int, number: int) -> None:
        """Send a signal to a kernel and what it started; nothing happens where it has ended."""
        with self._lock, contextlib.suppress(OSError):
            self._send(signal=number, pid=pid)

    def close(self) -> None:
        """End the server and all kernels."""
        with self._lock:
            self._socket.close()
            try:
                self.process.wait(2 * _PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self._lose()

    def _send(self, **request: Any) -> None:
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def _receive(self, timeout: float | None) -> bool:
        """Take in what the server tells; False if nothing came in time."""
        try:
            if not select.select([self._socket], [], [], timeout)[0]:
                return False
            got = self._socket.recv(65536)
        except (OSError, ValueError):
            got = b""
        if not got:
            self._lose()
            return True
        *lines, self._rest = (self._rest + got).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "ended" in told:
                self._codes[told["ended"]] = told["code"]
            else:
                self._started.append(told)
                self._codes.update({told["started"]: None} if "started" in told else {})
        return True

    def _lose(self) -> None:
        """Clean up after a server that did not."""
        if not self.lost:
            self.lost = True
            self._socket.close()
            self._codes.clear()
            if self.process.poll() is None:
                self.process.kill()
            if self.process.wait() != 0:
                sweep(self.mark)


class Forked:
    """A kernel that the server forked, with the methods of a `Popen` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, server: Server, pid: int) -> None:
        self._server, self.pid = server, pid

    def poll(self) -> int | None:
        """Return the exit code, None while it lives."""
        return self._server.code(self.pid)

    def wait(self) -> int | None:
        """Wait for its end and return the exit code."""
        return self._server.code(self.pid, wait=True)

    def send_signal(self, number: int) -> None:
        """Send a signal to it and to what it started."""
        self._server.send_signal(self.pid, number)

    def kill(self) -> None:
        """Kill it, whatever it does."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


_own: Server | None = None
_starting = threading.Lock()


def server() -> Server:
    """Return the kernel server of this process; it is started on the first call, and anew if it was killed.

    It takes its time for the imports while this process may do something else.
    """
    global _own
    with _starting:
        if _own is None or _own.owner != os.getpid() or _own.lost or _own.process.poll() is not None:
            if _own is not None and _own.owner == os.getpid():
                _own._lose()
            _own = Server()
            atexit.register(_end, _own)
        return _own


def _end(own: Server) -> None:
    if own.owner == os.getpid():
        own.close()


# ------------------------------------------------------------------------------------------------- the server


def serve(parent: int) -> None:
    """Be the server: import, then fork kernels as the socket on standard input asks, until it closes.

    Parameters
    ----------
    parent : int
        The process that asks; the server ends with it.

    Raises
    ------
    RuntimeError
        If an import started a thread: a fork might then inherit a lock that nobody opens.
    """
    _import_all()
    if threading.active_count() > 1 or len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("more than one thread before the fork")
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    asked = socket.socket(fileno=0)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    gc.collect()
    gc.freeze()  # collections in the kernels leave the shared memory as it is
    kernels: set[int] = set()
    rest = b""

    def tell(**news: Any) -> None:
        with contextlib.suppress(OSError):  # who asked is gone; the end of the input tells so
            asked.sendall(json.dumps(news).encode() + b"\n")

    while os.getppid() == parent:
        sources: list[Any] = [asked, woken]
        ready = select.select(sources, [], [], 1.0)[0]
        if woken in ready:
            os.read(woken, 4096)
        for pid, code in _reap(kernels):
            tell(ended=pid, code=code)
        if asked not in ready:
            continue
        try:
            got = asked.recv(65536)
        except OSError:
            got = b""
        if not got:
            break
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "signal" in request:
                if request["pid"] in kernels:
                    _signal_group(request["pid"], request["signal"])
                continue
            try:
                pid = _fork(asked, (woken, wake), request)
            except OSError as error:
                tell(error=str(error))
                continue
            kernels.add(pid)
            tell(started=pid)
    for pid in kernels:
        _signal_group(pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    while kernels and time.monotonic() < deadline:
        _reap(kernels)
        time.sleep(0.002)
    _end_orphans()


def _import_all() -> None:
    """Import what notebooks import; what is not installed is left out."""
    from evalsys.reporting.notebooks import notebook_folder

    for name in _HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for path in sorted(notebook_folder().glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"][:3]:
            if "".join(cell["source"]).startswith(("from evalsys", "import evalsys")):
                exec("".join(cell["source"]), {})
    del sys.path[0]  # the folder that this module was found in; a kernel has its own path


def _fork(asked: socket.socket, pipes: Sequence[int], request: Mapping[str, Any]) -> int:
    """Fork a kernel and return its number; the kernel never returns."""
    server = os.getpid()
    pid = os.fork()
    if pid:
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # whoever is first: a signal to the group must find it
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
        asked.detach()
        for pipe in pipes:
            os.close(pipe)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        with contextlib.suppress(OSError):
            os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            _run_kernel(request)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        _leave(code)


def _leave(code: int) -> NoReturn:
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _run_kernel(request: Mapping[str, Any]) -> None:
    """Be what ``python -m ipykernel_launcher`` is, with the imports done."""
    import ipykernel_launcher  # type: ignore[import-untyped]
    import matplotlib as mpl
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    old, env = os.environ.get("PYTHONPATH", ""), request["env"]
    os.environ.clear()
    os.environ.update(env)
    os.chdir(request["cwd"])
    time.tzset()
    stale = {entry for entry in old.split(os.pathsep) if entry}
    new = [entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:] = new + [entry for entry in sys.path if entry not in stale]
    if "MPLBACKEND" in env:
        mpl.rcParams["backend"] = env["MPLBACKEND"]
    random.seed()
    np.random.seed()
    sys.argv = [str(ipykernel_launcher.__file__), *request["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"]
    IPKernelApp.launch_instance()


def _reap(kernels: set[int]) -> list[tuple[int, int]]:
    """Take the kernels that ended out of the set, with all that they left; return them with their exit codes."""
    ended = []
    for pid in sorted(kernels):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            continue
        _signal_group(pid, signal.SIGKILL)  # not reaped yet: the number is still its own
        ended.append((pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
        kernels.discard(pid)
    if not kernels:
        _end_orphans()
    return ended


def _end_orphans() -> None:
    """Kill and reap what kernels left behind, in whatever group: all children of the server, when no kernel lives."""
    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
            for pid in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    """Return the children of this process; only itself can reap them, so that the numbers stay theirs."""
    own, found = os.getpid(), []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                stat = (place / "stat").read_text("utf-8", "replace")
                if int(stat.rpartition(")")[2].split()[1]) == own:
                    found.append(int(place.name))
    return found


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _prctl(option: int, value: int) -> None:
    """Set an option of this process; where the system has no such call the other ways to clean up remain."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
