"""The report notebooks and their parameters, checked strictly before a kernel starts."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import LANGUAGES

__all__ = [
    "Parameter",
    "checked_parameters",
    "find_notebook",
    "notebook_folder",
    "notebook_names",
    "notebook_parameters",
]

_HERE = Path(__file__).resolve().parent
#: The notebooks stand beside the package in a clone, and inside it once installed from a wheel.
_FOLDERS = (_HERE.parents[1] / "notebooks", _HERE.parent / "notebooks")
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
_YES = {"true": True, "yes": True, "1": True, "是": True, "false": False, "no": False, "0": False, "否": False}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook: name, type (str int float bool), default, allowed values, and its comment."""

    name: str
    kind: str
    default: Any
    choices: tuple[str, ...] = ()
    comment: str = ""


def notebook_folder() -> Path:
    """Return the folder of the report notebooks."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])


def notebook_names() -> tuple[str, ...]:
    """Return the names of the report notebooks.

    Examples
    --------
    >>> "mock-assessment" in notebook_names()
    True
    """
    return tuple(sorted(path.stem for path in notebook_folder().glob("*.ipynb")))


def find_notebook(name: str) -> Path:
    """Return the path of a report notebook, by name or as a path.

    Raises
    ------
    InputFaults
        If there is no such notebook.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    known = notebook_names()
    if name not in known:
        near = nearest(Path(name).name.removesuffix(".ipynb"), known)
        raise InputFaults([Fault("unknown_notebook", name, allowed=" ".join(known), nearest=near)])
    return notebook_folder() / f"{name}.ipynb"


def notebook_parameters(path: Path) -> tuple[Parameter, ...]:
    """Return the parameters of a notebook: the assignments of its cell tagged ``parameters``.

    A parameter is written ``name: type = default  # comment``; without a type it has the default's. `lang` is one of
    the languages.

    Raises
    ------
    InputFaults
        If the file is no notebook, or its parameters are not plain values.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        source = next(("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), "")
        found = [_parameter(statement, source) for statement in ast.parse(source).body]
    except (ValueError, KeyError, TypeError, SyntaxError):
        raise InputFaults([Fault("unreadable", path.name, allowed=".ipynb  name: type = value")]) from None
    return tuple(parameter for parameter in found if parameter)


def _parameter(statement: ast.stmt, source: str) -> Parameter | None:
    """Return the parameter that a statement sets; None for anything else."""
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
        kind = ast.unparse(statement.annotation)
    elif isinstance(statement, ast.Assign):
        targets, kind = statement.targets, ""
    else:
        return None
    if statement.value is None or not isinstance(targets[0], ast.Name):
        return None
    default = ast.literal_eval(statement.value)
    kind = kind or type(default).__name__
    if kind not in _TYPES:
        raise TypeError(kind)
    comment = source.splitlines()[(statement.end_lineno or 1) - 1].partition("  # ")[2]
    name = targets[0].id
    return Parameter(name, kind, default, LANGUAGES if name == "lang" else (), comment)


def checked_parameters(path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check parameters against a notebook's own and return them with their types.

    Parameters
    ----------
    given : mapping
        Values, or their text as typed on a command line.

    Raises
    ------
    InputFaults
        With every unknown parameter and every value of the wrong type.
    """
    known = {parameter.name: parameter for parameter in notebook_parameters(path)}
    faults, checked = [], {}
    for name, value in given.items():
        if name not in known:
            near = nearest(name, known)
            faults.append(Fault("unknown_parameter", path.stem, None, name, "", " ".join(known), near))
            continue
        checked[name] = _typed(known[name], value)
        if checked[name] is None:
            allowed = " ".join(known[name].choices) or known[name].kind
            near = nearest(str(value), known[name].choices)
            faults.append(Fault("wrong_parameter", path.stem, None, name, str(value), allowed, near))
    if faults:
        raise InputFaults(faults)
    return checked


def _typed(parameter: Parameter, value: Any) -> Any:
    """Return the value in the parameter's type, None where it cannot be."""
    if parameter.choices:
        return value if value in parameter.choices else None
    kind = _TYPES[parameter.kind]
    if kind is bool and isinstance(value, str):
        return _YES.get(value.lower())
    if isinstance(value, bool) or kind is bool:
        return value if isinstance(value, bool) and kind is bool else None
    if isinstance(value, kind):
        return value
    try:
        typed = kind(value) if isinstance(value, str) or (kind is float and isinstance(value, int)) else None
    except ValueError:
        return None
    return typed if typed is None or math.isfinite(typed) else None
