"""Our engines as papermill finds them: it loads them at its import, in the middle of which they cannot be made yet."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["plain", "warm"]


class _Engine:
    """Stands for an engine of :mod:`evalsys.reporting.engines` until papermill asks it for something.

    Examples
    --------
    >>> warm.execute_notebook.__qualname__
    '_Engine.execute_notebook'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(getattr(import_module("evalsys.reporting.engines"), self._name), attribute)


plain, warm = _Engine("Plain"), _Engine("Warm")
