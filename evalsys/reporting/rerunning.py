"""A shared report made again: what has changed since, and whether the numbers are the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import unescape
from pathlib import Path
from typing import Any, Literal

from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang, Text
from evalsys.reporting.bundle import member_text, read_bundle
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.notebooks import PLACES

__all__ = ["Difference", "Rerun", "compare", "page_lines", "rerun_bundle"]

#: Outputs whose bytes hold the time of the run.
_EVER_NEW = ("notebook", "bundle", "failed")
#: Differing places of a page that are told one by one.
_MOST = 20

_WORDS = {
    "notebook": Text("报告的笔记本", "the notebook"),
    "parameters": Text("参数", "the parameters"),
    "evidence": Text("测评依据", "the evidence"),
    "package": Text("软件版本", "the software"),
}
_NONE = Text("（无）", "(none)")


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was.

    Attributes
    ----------
    kind : {'cause', 'version', 'fact', 'text', 'file'}
        What the report depends on; a library; a number that the page states; its text; the bytes of an output.
    name : str
        Which one; of a text the line in the old page, from 1.
    old, new : str
        What it was and is; empty where there is none.
    """

    kind: Literal["cause", "version", "fact", "text", "file"]
    name: str
    old: str
    new: str

    def say(self, lang: Lang) -> str:
        """Return the difference as one line."""
        none = _NONE.say(lang)
        name = _WORDS[self.name].say(lang) if self.kind == "cause" else self.name
        if self.kind == "text":
            name = Text(f"第{self.name}行", f"line {self.name}").say(lang)
        shorten = 12 if self.kind in ("cause", "file") else 200
        return f"{name}{Text('：', ': ').say(lang)}{self.old[:shorten] or none} → {self.new[:shorten] or none}"


@dataclass(frozen=True)
class Rerun:
    """What came of making a report again.

    Attributes
    ----------
    old, new : Outcome
    causes : tuple of Difference
        What the report depends on and is not as it was.
    numbers : tuple of Difference
        Numbers and text that differ.
    files : tuple of Difference
        Outputs that differ in their bytes.
    """

    old: Outcome
    new: Outcome
    causes: tuple[Difference, ...]
    numbers: tuple[Difference, ...]
    files: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the report was made and says the same."""
        return self.new.status == "done" and not self.numbers

    def say(self, lang: Lang) -> str:
        """Return the result: one line, then what differs."""
        if self.new.status != "done":
            head = Text(f"重新制作失败：{self.new.error}", f"making the report again failed: {self.new.error}")
        elif self.numbers:
            head = Text(
                f"有 {len(self.numbers)} 处与原报告不同：",
                f"{len(self.numbers)} difference{'s' * (len(self.numbers) > 1)} from the report in the bundle:",
            )
        else:
            head = Text("各项数字和文字与原报告相同", "same numbers, same text")
        parts = [head.say(lang), *(f"  {one.say(lang)}" for one in self.numbers)]
        for title, found in (
            (Text("与制作时不同的条件：", "What has changed since the report was made:"), self.causes),
            (Text("内容不同的文件：", "Files that differ:"), self.files),
        ):
            parts += [title.say(lang), *(f"  {one.say(lang)}" for one in found)] if found else []
        return "\n".join(parts)


def rerun_bundle(
    path: Path,
    assessment: str | None,
    folder: Path,
    run: Callable[[Job, Path], Outcome],
    hashes: Callable[[Job], Mapping[str, str]],
) -> Rerun:
    """Make the report of a bundle again and compare.

    Parameters
    ----------
    path : Path
        The bundle.
    assessment : str, optional
        Where the evidence lies now; by default where it lay.
    folder : Path
        Where the new report goes, in a folder of its name.
    run : callable
        Makes a report below a folder (:func:`evalsys.reporting.make.make_one`).
    hashes : callable
        Returns what a report depends on, as hashes.

    Returns
    -------
    Rerun

    Raises
    ------
    InputFaults
        If the file is no bundle, or the evidence is not there.
    """
    old, parameters = read_bundle(path)
    own = dict(parameters)
    place = next((name for name in PLACES if own.get(name)), None)  # what the report is on, where it is a file
    if assessment is not None:
        if place is None:
            raise InputFaults([Fault("unknown_parameter", old.job.notebook, None, "assessment")])
        own[place] = str(Path(assessment).resolve())
    if place is not None and not Path(str(own[place])).exists():
        raise InputFaults([Fault("missing_folder", path.name, None, place, own[place], "--assessment")])
    # printing and packing again would prove nothing about the numbers
    forms = tuple(form for form in old.job.forms if form == "annex")
    job = replace(old.job, parameters=own, forms=forms, attempts=0)
    job = replace(job, hashes=dict(hashes(job)))
    new = run(job, folder)
    causes = [*_changed("cause", old.job.hashes, job.hashes), *_changed("version", old.versions, new.versions)]
    if new.status != "done":
        return Rerun(old, new, tuple(causes), (), ())
    found = compare(old, new)
    numbers = [one for one in found if one.kind == "fact"]
    files = [one for one in found if one.kind == "file" and one.new]
    if any(one.name == "html" for one in files):
        page = (folder / new.outputs["html"]["path"]).read_text("utf-8")
        numbers += _differing(page_lines(member_text(path, old, "html")), page_lines(page))
    return Rerun(old, new, tuple(causes), tuple(numbers), tuple(files))


def compare(old: Outcome, new: Outcome) -> list[Difference]:
    """Return how two outcomes of one report differ: facts first, then outputs.

    Numbers are compared exactly. The executed notebook and the bundle hold the time of the run and are not compared.

    Examples
    --------
    >>> job = Job(2, "a", "mock-assessment", "en", {})
    >>> was = Outcome(job, "done", "", 1.0, summary={"points": 81.5, "place": "A"})
    >>> compare(was, Outcome(job, "done", "", 1.0, summary={"points": 82.0, "place": "A"}))
    [Difference(kind='fact', name='points', old='81.5', new='82.0')]
    """
    files = [
        {form: held["sha256"] for form, held in outcome.outputs.items() if form not in _EVER_NEW}
        for outcome in (old, new)
    ]
    return [*_changed("fact", dict(_flat(old.summary)), dict(_flat(new.summary))), *_changed("file", *files)]


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield facts by their path: ``chance.low``."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", list(value) if isinstance(value, tuple) else value


def _changed(kind: Any, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return what differs between two mappings, in the order of the old one."""
    names = [*old, *(name for name in new if name not in old)]
    pairs = [(name, _said(old, name), _said(new, name)) for name in names]
    return [Difference(kind, name, was, now) for name, was, now in pairs if was != now]


def _said(held: Mapping[str, Any], name: str) -> str:
    return str(held[name]) if name in held else ""


def page_lines(page: str) -> list[str]:
    """Return the text of a page, a line for each piece between two tags; styles, scripts and pictures are left out.

    Examples
    --------
    >>> page_lines("<style>p {}</style><p>Points <b>81.5</b></p>")
    ['Points', '81.5']
    """
    bare = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->|<[^>]+>", "\n", page, flags=re.S)
    return [" ".join(line.split()) for line in unescape(bare).split("\n") if line.strip()]


def _differing(old: list[str], new: list[str]) -> list[Difference]:
    """Return the places where two texts differ, the first of them only."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    places = [(a, " ".join(old[a:b]), " ".join(new[c:d])) for kind, a, b, c, d in codes if kind != "equal"]
    return [Difference("text", str(line + 1), was, now) for line, was, now in places[:_MOST]]
