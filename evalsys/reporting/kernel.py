"""The kernel that runs a report: this Python, whatever kernels the user has installed under the same name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import DottedObjectName, Type

from evalsys.reporting.warm import MARK, server, sweep

__all__ = ["PromptClient", "ThisKernel", "WarmKernel"]

_PATIENCE = 5.0  # seconds for a killed kernel to be gone


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel says so, rather than after 0.2 seconds of silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs reach this client.

        Raises
        ------
        RuntimeError
            If the kernel ends, or does not answer within `timeout` seconds.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        patience = 0.2  # the first request is lost where the channel of outputs is not connected yet
        while True:
            asked = self.kernel_info()
            if await self._idle_after(asked, patience):
                return
            patience = 1.0
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it was ready")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel did not answer in {timeout:g} seconds")

    async def _idle_after(self, asked: str, patience: float) -> bool:
        """Whether the kernel tells that it is idle after a request, within `patience` seconds of its answer."""
        from queue import Empty

        with contextlib.suppress(Empty):
            reply = await self.get_shell_msg(timeout=1)
            while reply["parent_header"].get("msg_id") != asked:
                reply = await self.get_shell_msg(timeout=1)
            while True:
                told = await self.get_iopub_msg(timeout=patience)
                if told["parent_header"].get("msg_id") == asked and told["content"].get("execution_state") == "idle":
                    return True
        return False


class _Whole(LocalProvisioner):
    """A kernel that goes with all that it started."""

    mark = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        self.mark = kwargs["env"][MARK] = self.kernel_id
        return await super().launch_kernel(cmd, **kwargs)

    async def poll(self) -> int | None:
        if self.process and self.pgid and hasattr(os, "waitid") and self.process.returncode is None:
            with contextlib.suppress(ChildProcessError):
                if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    with contextlib.suppress(OSError):  # not reaped yet: the number of the group is still its own
                        os.killpg(self.pgid, signal.SIGKILL)
        return await super().poll()

    async def kill(self, restart: bool = False) -> None:
        await super().kill(restart)
        await _gone(self)

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart)
        if self.mark:
            sweep(self.mark)


class _Forked(LocalProvisioner):
    """A kernel from the server of this process, which also sees to what it started."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        forked: Any = server().start(arguments, kwargs.get("cwd") or str(Path.cwd()), kwargs["env"])
        self.process, self.pid = forked, forked.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        await super().kill(restart)
        await _gone(self)


async def _gone(kernel: LocalProvisioner) -> None:
    """Wait for a killed kernel: who asks next need not wait for another look, 0.1 seconds later."""
    deadline = time.monotonic() + _PATIENCE
    while await kernel.poll() is None and time.monotonic() < deadline:
        await asyncio.sleep(0.002)


class _Kernel(AsyncKernelManager):
    """A manager of the kernel of this environment and of no other."""

    client_class = DottedObjectName(f"{__name__}.{PromptClient.__name__}")
    client_factory = Type(PromptClient)
    _kind: type[LocalProvisioner]

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this Python; files that the user has for interactive work are not run."""
        quiet = [
            "--log-level=ERROR",
            "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
            "--HistoryManager.enabled=False",
        ]
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(extra_arguments=quiet))

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel, with one thread of linear algebra: results do not depend on the number of cores."""
        env = dict(options.pop("env", None) or os.environ)
        env.setdefault("OPENBLAS_NUM_THREADS", "1")
        env.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # silences the kernel's debugger, which nobody uses
        self.kernel_id = self.kernel_id or str(uuid.uuid4())
        if self.provisioner is None:
            self.provisioner = self._kind(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        await super().start_kernel(env=env, **options)


class ThisKernel(_Kernel):
    """A manager that starts a kernel."""

    _kind = _Whole


class WarmKernel(_Kernel):
    """A manager whose kernel is forked from the server of this process (:mod:`evalsys.reporting.warm`)."""

    _kind = _Forked
