"""Engines for papermill: a notebook is saved once, and has a limit of output and of time as a whole.

``evalsys`` starts a kernel for each notebook as papermill does; ``evalsys-warm`` forks it where that can be done.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine

from evalsys.console import say
from evalsys.reporting.warm import warm_here

__all__ = ["OUTPUT_LIMIT", "NotebookTimeout", "OutputLimit", "Plain", "Warm", "register"]

#: Bytes that a notebook may put out.
OUTPUT_LIMIT = 32 * 2**20
_KEPT = 50_000  # characters kept of an output of a notebook that put out too much: its first and last half
_MESSAGE = 500  # bytes that a message counts at least


class OutputLimit(DeadKernelError):
    """The notebook put out more than it may, and was stopped."""


class NotebookTimeout(DeadKernelError):
    """The notebook took longer than it may, and was stopped."""


class _Engine(NBClientEngine):  # type: ignore[misc]
    """A kernel of this Python for each notebook.

    Options beyond papermill's own: `notebook_timeout`, seconds for the whole notebook from its first cell on (None: no
    limit), and `output_limit`, bytes of its output. A notebook that is stopped is written with what was executed, and
    :class:`NotebookTimeout` or :class:`OutputLimit` is raised. All processes of the kernel are gone afterwards.
    """

    kernel: str

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str | None = None, **options: Any) -> Any:
        """Execute a notebook; it is written here if that fails, and by papermill, who asked, where all is done."""
        from papermill.iorw import write_ipynb

        try:
            return super().execute_notebook(nb, kernel_name, output_path=None, **options)
        except BaseException:
            if output_path:
                write_ipynb(nb, output_path)
            raise

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        start_timeout: float = 60,
        execution_timeout: float | None = None,
        **options: Any,
    ) -> None:
        """Execute a notebook in a kernel of its own."""
        from papermill.log import logger

        unused = ("input_path", "timeout", "startup_timeout", "kernel_manager_class", "shutdown_kernel")
        _Client(
            nb_man,
            **{name: value for name, value in options.items() if name not in unused},
            timeout=execution_timeout or options.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            kernel_manager_class=cls.kernel,
            shutdown_kernel="immediate",
            log=logger,
        ).execute()


class Plain(_Engine):
    """The engine ``evalsys``: each kernel is started anew."""

    kernel = "evalsys.reporting.kernel.ThisKernel"


class Warm(_Engine):
    """The engine ``evalsys-warm``: kernels are forked where that can be done."""

    kernel = f"evalsys.reporting.kernel.{'WarmKernel' if warm_here() else 'ThisKernel'}"


def register() -> None:
    """Make the engines known to papermill in this process, also where evalsys is not installed."""
    from papermill.engines import papermill_engines

    papermill_engines.register("evalsys", Plain)
    papermill_engines.register("evalsys-warm", Warm)


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells, and stops them at a limit."""

    def __init__(
        self, nb_man: Any, notebook_timeout: float | None = None, output_limit: int = OUTPUT_LIMIT, **options: Any
    ) -> None:
        super().__init__(nb_man, **options)
        self._seconds, self._bytes = notebook_timeout, output_limit
        self._deadline = float("inf")
        self._count = 0
        self._stopped: DeadKernelError | None = None
        self._watching: asyncio.Task[Any] | None = None
        self._monitor: Any = None

    # ------------------------------------------------------------------------------------------ the kernel

    def create_kernel_manager(self) -> Any:
        """Return a manager whose sockets refuse a message beyond the limit before it is in memory."""
        import zmq

        manager = super().create_kernel_manager()
        manager.context.setsockopt(zmq.MAXMSGSIZE, self._bytes + 2**20)
        return manager

    def execute(self, **options: Any) -> Any:
        """Execute all cells.

        Raises
        ------
        NotebookTimeout, OutputLimit
            If a limit was reached.
        """
        try:
            return super().execute(**options)
        except (RuntimeError, CellTimeoutError):  # a kernel that is stopped at its start, or between two cells
            if self._stopped is None and time.monotonic() < self._deadline:
                raise
            raise self._stopped or self._late() from None

    def _cleanup_kernel(self) -> None:
        """End the kernel; our own socket goes first, for the end of the context waits for it."""
        if self._monitor is not None:
            self._monitor.close(linger=0)
            self._monitor = None
        super()._cleanup_kernel()

    def execute_cell(self, cell: Any, cell_index: int, *more: Any, **options: Any) -> Any:
        """Execute a cell; a limit that it reached stands below it."""
        from nbformat.v4 import new_output

        self._begin()
        try:
            try:
                executed = super().execute_cell(cell, cell_index, *more, **options)
            except (DeadKernelError, CellTimeoutError):
                self._look_for_refused()
                raise
            self._look_for_refused()
            if self._stopped is None:
                return executed
            raise self._stopped
        except (DeadKernelError, CellTimeoutError) as error:
            stop = self._stopped or error
            if isinstance(stop, OutputLimit):
                cell.outputs = [_cut(output) for output in cell.outputs[:100]]
            told = {"ename": type(stop).__name__, "evalue": str(stop), "traceback": [f"{type(stop).__name__}: {stop}"]}
            cell.outputs.append(new_output("error", **told))  # type: ignore[no-untyped-call]
            self.nb_man.cell_exception(cell, cell_index=cell_index)
            raise stop from None

    # ------------------------------------------------------------------------------------------ the limits

    async def async_wait_for_reply(self, msg_id: str, cell: Any = None) -> Any:
        """Wait for a message, no longer than the notebook may run."""
        left = None if self._seconds is None else max(self._deadline - time.monotonic(), 0.001)
        try:
            return await asyncio.wait_for(super().async_wait_for_reply(msg_id, cell), left)
        except TimeoutError:
            raise self._late() from None

    def wait_for_reply(self, msg_id: str, cell: Any = None) -> Any:
        """Wait for a message, from outside of the event loop."""
        from jupyter_core.utils import run_sync

        return run_sync(self.async_wait_for_reply)(msg_id, cell)

    async def _async_poll_kernel_alive(self) -> None:
        """Look after the kernel while a cell runs: does it live, is there time left, was a message refused?"""
        self._watching = asyncio.current_task()
        while True:
            await asyncio.sleep(max(0.0, min(0.5, self._deadline - time.monotonic())))
            if time.monotonic() >= self._deadline:
                self._stop(self._late())
            self._look_for_refused()
            if not await self.kc.is_alive() and self.task_poll_for_reply is not None:
                self.task_poll_for_reply.cancel()
                return

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take in a message of the kernel, and count it."""
        self._count += _size(msg)
        if self._count > self._bytes:
            self._stop(self._flood())
            return None
        return super().process_message(msg, cell, cell_index)

    def _begin(self) -> None:
        """Start the clock, and learn when the channel of outputs breaks: so a message beyond the limit is refused."""
        import zmq

        if self._monitor is None:
            if self._seconds is not None:
                self._deadline = time.monotonic() + self._seconds
            channel = self.kc.iopub_channel.socket
            address = f"inproc://evalsys-{id(self)}"
            channel.monitor(address, zmq.EVENT_DISCONNECTED)
            self._monitor = zmq.Context(channel.context).socket(zmq.PAIR)
            self._monitor.connect(address)

    def _look_for_refused(self) -> None:
        """Stop where a message was refused though the kernel lives."""
        if self._monitor is not None and self._monitor.poll(0) and self._stopped is None:
            self._monitor.recv_multipart()
            alive = self.km is not None and self.km.provisioner is not None and self.km.provisioner.process is not None
            if alive and self.km.provisioner.process.poll() is None:
                self._stop(self._flood())

    def _stop(self, reason: DeadKernelError) -> None:
        """Give up the cell that runs; the kernel is killed on the way out."""
        self._stopped = self._stopped or reason
        for task in (self._watching, self.task_poll_for_reply):
            if task is not None:
                task.cancel()

    def _late(self) -> NotebookTimeout:
        return NotebookTimeout(
            say(
                f"超时：整个报告的执行超过 {self._seconds:g} 秒",
                f"timeout: the notebook ran for {self._seconds:g} seconds",
            )
        )

    def _flood(self) -> OutputLimit:
        most = f"{self._bytes / 2**20:g} MB"
        return OutputLimit(say(f"输出超过 {most}，已停止", f"stopped: more than {most} of output"))


def _size(message: Any) -> int:
    """Return about how many bytes a message carries."""
    return _MESSAGE + _length(message["content"]) + sum(len(part) for part in message.get("buffers", ()))


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return sum(len(key) + _length(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_length, value))
    return 8


def _cut(output: Any) -> Any:
    """Return an output short enough to open; what was long and is no plain text is left out."""
    if output.output_type == "stream":
        output.text = _shortened(output.text)
    elif "data" in output and _length(output.data) > _KEPT:
        output.data = {"text/plain": _shortened(str(output.data.get("text/plain", "")))}
    return output


def _shortened(text: str) -> str:
    if len(text) <= _KEPT:
        return text
    half = _KEPT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half:,} ...]\n{text[-half:]}"
