"""One report as a zip to hand on: its files, its parameters, its line of the manifest, and how to make it again.

The evidence is not inside: rows of a survey or an inspection stay where they are. The line holds their hash.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from evalsys.faults import Fault, InputFaults
from evalsys.files import atomic
from evalsys.language import LANGUAGES
from evalsys.reporting.jobs import Outcome
from evalsys.reporting.manifest import line_of, outcome_of

__all__ = ["LINE", "PARAMETERS", "README", "member_text", "read_bundle", "write_bundle"]

#: Members of every bundle; the files of the report stand beside them.
LINE, PARAMETERS, README = "manifest.json", "parameters.json", "README.txt"
SCHEMA = 1
#: The first day that a zip can tell: the same report gives the same bytes.
_THE_DAY = (1980, 1, 1, 0, 0, 0)
#: Bytes of the line, the parameters or a page; more is none of ours.
_MOST = 64 << 20

_ABOUT = """报告包
======

报告    {notebook}（{lang}）
名称    {name}
制作    {start}（UTC），用时 {seconds:.1f} 秒
软件    {versions}

本包由下列文件组成：
{files}

本包不含测评依据（检查记录、问卷答卷等原始数据）。参数文件记有制作时测评依据所在的位置，
清单记有其校验值（SHA-256），据此可以核对所用的是否为同一份测评依据。

重新制作并核对各项数字：

    evalsys rerun {bundle}
    evalsys rerun {bundle} --assessment 测评依据的位置


Report bundle
=============

report    {notebook} ({lang})
name      {name}
made      {start} (UTC), in {seconds:.1f} s
software  {versions}

These files belong to it: see the list above.

The evidence (rows of inspections, answers to surveys) is not inside. The parameters say where it lay when the report
was made, and the line of the manifest holds its SHA-256, so that anyone who has the evidence can tell whether it is
the same.

To make the report again and compare its numbers:

    evalsys rerun {bundle}
    evalsys rerun {bundle} --assessment PATH-OF-THE-EVIDENCE
"""


def write_bundle(folder: Path, outcome: Outcome, target: Path) -> Path:
    """Write one report as a zip; the same report gives the same bytes.

    Parameters
    ----------
    folder : Path
        Of the batch.
    outcome : Outcome
        A report that is done; its outputs are looked for in `folder`.
    target : Path
        The zip; it takes its place when it is whole.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    InputFaults
        If an output is not there, or is not what the outcome says.
    """
    files = {_member(outcome, form): folder / held["path"] for form, held in _files(outcome).items()}
    faults = []
    for form, held in _files(outcome).items():
        path = folder / held["path"]
        if not path.is_file():
            faults.append(Fault("missing_file", held["path"]))
        elif _sha256(path.open("rb")) != held["sha256"]:
            faults.append(Fault("not_as_listed", held["path"], None, form))
    if faults:
        raise InputFaults(faults)
    parameters = json.dumps(dict(outcome.job.parameters), ensure_ascii=False, indent=2) + "\n"
    line = json.dumps(json.loads(line_of(outcome)), ensure_ascii=False, indent=2) + "\n"
    own = {README: _readme(outcome, target.name, files), LINE: line, PARAMETERS: parameters}
    with atomic(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, text in own.items():
            archive.writestr(_info(name), text.encode("utf-8"))
        for name, path in sorted(files.items()):
            archive.writestr(_info(name), path.read_bytes())
    return target


def read_bundle(path: Path) -> tuple[Outcome, dict[str, Any]]:
    """Read a bundle: what came of the report, and its parameters. Nothing is unpacked.

    Returns
    -------
    outcome : Outcome
    parameters : dict

    Raises
    ------
    InputFaults
        If the file is no bundle, a file is missing from it or is not what the manifest says, or a name in it leads
        out of its folder.
    """
    with _opened(path) as archive:
        faults = [
            Fault("bad_value", path.name, None, "", item.filename) for item in archive.infolist() if _unsafe(item)
        ]
        names = [item.filename for item in archive.infolist()]
        faults += [Fault("named_twice", path.name, None, "", name) for name in {*names} if names.count(name) > 1]
        faults += [Fault("missing_file", f"{path.name}/{name}") for name in (LINE, PARAMETERS) if name not in names]
        if faults:
            raise InputFaults(faults)
        content, parameters = (_json(archive, path, name) for name in (LINE, PARAMETERS))
        outcome = _outcome(path, content)
        for form, held in _files(outcome).items():
            member = _member(outcome, form)
            if member not in names:
                faults.append(Fault("missing_file", f"{path.name}/{member}"))
            elif _sha256(archive.open(member)) != held["sha256"]:
                faults.append(Fault("not_as_listed", f"{path.name}/{member}", None, form))
        if parameters != outcome.job.parameters:
            faults.append(Fault("not_as_listed", f"{path.name}/{PARAMETERS}"))
    if faults:
        raise InputFaults(faults)
    return outcome, parameters


def member_text(path: Path, outcome: Outcome, form: str) -> str:
    """Return the text of an output in a bundle, empty where the bundle has none.

    Parameters
    ----------
    outcome : Outcome
        As :func:`read_bundle` gives it.
    form : str
        One of :data:`evalsys.reporting.jobs.FORMS`.
    """
    if form not in outcome.outputs:
        return ""
    with _opened(path) as archive:
        return _read(archive, path, _member(outcome, form)).decode("utf-8", "replace")


def _files(outcome: Outcome) -> dict[str, Mapping[str, str]]:
    """Return the outputs that go into a bundle: all but the bundle itself."""
    return {form: held for form, held in outcome.outputs.items() if form != "bundle"}


def _member(outcome: Outcome, form: str) -> str:
    """Return the name of an output in the bundle: as in the folder of the report."""
    return str(outcome.outputs[form]["path"]).removeprefix(f"{outcome.job.name}/")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _THE_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # else the system that writes it shows in the bytes
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _readme(outcome: Outcome, bundle: str, files: Mapping[str, Path]) -> str:
    names = [*sorted(files), LINE, PARAMETERS]
    return _ABOUT.format(
        notebook=PurePosixPath(outcome.job.notebook.replace("\\", "/")).name,
        lang=outcome.job.lang,
        name=outcome.job.name,
        start=outcome.start,
        seconds=outcome.seconds,
        versions=", ".join(f"{name} {held}" for name, held in outcome.versions.items()),
        files="\n".join(f"    {name}" for name in names),
        bundle=bundle,
    )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip; one that is torn, locked or none at all is told."""
    if not path.is_file():
        raise InputFaults([Fault("missing_file", str(path))])
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError, EOFError, OSError):
        raise InputFaults([Fault("unreadable", path.name, allowed=".zip  evalsys batch --bundle")]) from None


def _unsafe(item: zipfile.ZipInfo) -> bool:
    """Whether a name could lead out of the folder that the zip is unpacked in, or is no plain file."""
    return _leads_out(item.filename) or item.is_dir() or stat.S_ISLNK(item.external_attr >> 16)


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or any(sign in name for sign in "\\:\0")


def _read(archive: zipfile.ZipFile, path: Path, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST:
        raise InputFaults([Fault("out_of_range", f"{path.name}/{name}", allowed=f"{_MOST >> 20} MB")])
    return archive.read(name)


def _json(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads(_read(archive, path, name))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InputFaults([Fault("unreadable", f"{path.name}/{name}", allowed="JSON")])
    return content


def _outcome(path: Path, content: Mapping[str, Any]) -> Outcome:
    """Return the outcome that a line holds; a line that someone else wrote may hold anything."""
    place = f"{path.name}/{LINE}"
    if content.get("schema") != SCHEMA:
        raise InputFaults([Fault("newer_schema", place, None, "schema", str(content.get("schema")), str(SCHEMA))])
    kinds = {"name": str, "notebook": str, "lang": str, "parameters": dict, "hashes": dict, "outputs": dict,
             "summary": dict, "versions": dict, "attempts": int, "error": str, "start": str}  # fmt: skip
    wrong = [name for name, kind in kinds.items() if not isinstance(content.get(name), kind)]
    if not wrong:
        held = content["outputs"].values()
        texts = all(
            isinstance(one, dict) and isinstance(one.get(key), str) for one in held for key in ("path", "sha256")
        )
        wrong = [] if texts else ["outputs"]
    if wrong:
        raise InputFaults(Fault("wrong_type", place, None, name) for name in wrong)
    said = [("name", content["name"]), *(("outputs", one["path"]) for one in held)]
    faults = [Fault("bad_value", place, None, key, value) for key, value in said if _leads_out(value)]
    if content["lang"] not in LANGUAGES:
        faults.append(Fault("bad_value", place, None, "lang", content["lang"], " ".join(LANGUAGES)))
    if faults:
        raise InputFaults(faults)
    try:
        return outcome_of(content)
    except (KeyError, TypeError, ValueError):
        raise InputFaults([Fault("wrong_type", place)]) from None


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    with file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()
