"""What a report depends on, as hashes: a report whose hashes are unchanged need not be made again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import evalsys
from evalsys.evidence_files import evidence_files
from evalsys.reporting.notebooks import PLACES

__all__ = ["evidence_hash", "file_hash", "hashes_of", "versions"]

_PACKAGE = Path(evalsys.__file__).parent
#: Libraries whose release may change a number or a picture.
_LIBRARIES = ("numpy", "pandas", "scipy", "matplotlib", "openpyxl", "papermill")
#: Parameters that say where something lies; what lies there is hashed instead.
_ELSEWHERE = (*PLACES, "out")


@cache
def versions() -> dict[str, str]:
    """Return the versions of evalsys, Python and the libraries that numbers depend on."""
    return {
        "evalsys": evalsys.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes_of(notebook: Path, parameters: Mapping[str, Any], known: dict[str, str] | None = None) -> dict[str, str]:
    """Return the hashes of all that a report depends on.

    Parameters
    ----------
    notebook : Path
    parameters : mapping
        Checked parameters, those left to their default too.
    known : dict, optional
        Hashes of assessments by path, added to: of many reports on one assessment, its files are read once.

    Returns
    -------
    dict
        ``notebook``, ``parameters`` (without the places of files), ``evidence`` (the files of the assessment or the
        instrument) and ``package`` (the code and the versions), each a SHA-256.
    """
    own = {name: value for name, value in parameters.items() if name not in _ELSEWHERE and not _is_file(value)}
    return {
        "notebook": file_hash(notebook),
        "parameters": _of(json.dumps(own, ensure_ascii=False, sort_keys=True)),
        "evidence": evidence_hash(parameters, {} if known is None else known),
        "package": _package(),
    }


def evidence_hash(parameters: Mapping[str, Any], known: dict[str, str]) -> str:
    """Return the hash of the files that a report reads; an assessment that is not there has none.

    The names of the files count and not the folder that they lie in, so that an assessment may move.
    """
    places = [str(value) for name, value in sorted(parameters.items()) if value and (name in PLACES or _is_file(value))]
    for place in places:
        if place not in known:
            files = sorted(evidence_files(Path(place)).items())
            known[place] = _of(f"{name} {file_hash(path)}" for name, path in files)
    return _of(known[place] for place in places)


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value.endswith((".yaml", ".yml"))


@cache
def _package() -> str:
    """Return the hash of the code, the instruments and registers, and the versions of the libraries."""
    parts = [
        f"{path.relative_to(_PACKAGE).as_posix()} {file_hash(path)}"
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".ipynb"
    ]
    return _of([*parts, json.dumps(versions())])


def _of(content: str | Iterable[str]) -> str:
    text = content if isinstance(content, str) else "\n".join(content)
    return hashlib.sha256(text.encode()).hexdigest()
