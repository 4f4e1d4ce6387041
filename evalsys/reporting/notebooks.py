"""The report notebooks and their parameters, checked strictly before a kernel starts."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from evalsys.faults import Fault, InputFaults, nearest
from evalsys.language import LANGUAGES

__all__ = [
    "PLACES",
    "SUBJECTS",
    "Parameter",
    "checked_parameters",
    "find_notebook",
    "notebook_folder",
    "notebook_names",
    "notebook_parameters",
]

#: Parameters that name what a report is on: an assessment, an instrument, a table with its rule, a round of titles.
SUBJECTS = ("assessment", "instrument", "table", "titles")
#: Parameters that name files or folders that are read; an instrument is one where it is not an id.
PLACES = ("assessment", "table", "titles", "previous")

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
    from pydantic import ValidationError

    try:
        return dict(_model(tuple(known.values())).validate_python(dict(given)))
    except ValidationError as error:
        raise InputFaults(_fault(path.stem, known, wrong) for wrong in error.errors()) from None


@cache
def _model(parameters: tuple[Parameter, ...]) -> Any:
    """Return the pydantic model of the parameters; a mapping, so that a parameter may have any name."""
    from pydantic import ConfigDict, TypeAdapter
    from typing_extensions import TypedDict

    form = TypedDict("Parameters", {own.name: _kind(own) for own in parameters}, total=False)  # type: ignore[misc]
    form.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)  # type: ignore[attr-defined]
    return TypeAdapter(form)


def _kind(parameter: Parameter) -> Any:
    """Return the type of a parameter: text may stand for a number or for yes and no, a truth value for nothing else."""
    from pydantic import BeforeValidator

    if parameter.choices:
        return Literal[parameter.choices]
    kind = _TYPES[parameter.kind]
    return Annotated[kind, BeforeValidator(_truth if kind is bool else _no_truth)]


def _truth(value: Any) -> Any:
    if isinstance(value, str):
        value = _YES.get(value.lower(), value)
    if not isinstance(value, bool):
        raise ValueError("neither yes nor no")
    return value


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a truth value")
    return value


def _fault(report: str, known: Mapping[str, Parameter], wrong: Mapping[str, Any]) -> Fault:
    """Return what pydantic says of one value as a fault."""
    name, value = str(wrong["loc"][0]), str(wrong["input"])
    if name not in known:
        return Fault("unknown_parameter", report, None, name, "", " ".join(known), nearest(name, known))
    choices = known[name].choices
    allowed = " ".join(choices) or known[name].kind
    return Fault("wrong_parameter", report, None, name, value, allowed, nearest(value, choices))
