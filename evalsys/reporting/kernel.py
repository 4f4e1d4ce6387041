"""The kernel that runs a report: this Python, whatever kernels the user has installed under the same name."""

from __future__ import annotations

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

__all__ = ["ThisKernel"]


class ThisKernel(AsyncKernelManager):
    """A manager that starts the kernel of this environment and of no other."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this Python; files that the user has for interactive work are not run."""
        quiet = [
            "--log-level=ERROR",
            "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
            "--HistoryManager.enabled=False",
        ]
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(extra_arguments=quiet))
