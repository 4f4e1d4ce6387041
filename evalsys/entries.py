"""What a new assessment asks for: the sites to visit, the checks to make there, and what a cell of a sheet accepts.

Each rule's values get a drop-down, limits or a prompt; lists too long for a drop-down's own text stand in hidden
columns of the page of instructions, which no reader reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from evalsys.instrument import METHODS, ON_SITE, Instrument, Standard
from evalsys.language import Lang, Text
from evalsys.rulebook import RULES, Rule
from evalsys.sheets import DAY, write

__all__ = [
    "Check",
    "Entry",
    "Lists",
    "Site",
    "attach",
    "entry_of",
    "form_of",
    "hint",
    "planned_checks",
    "planned_sites",
    "scored",
    "severities",
]

NOT_HERE = Text("不适用", "n/a")
#: Rows below a table that are ready for more entries.
SPARE = 300
_WORDS = {"是": "yes", "否": "no", "无": "none"}


# -------------------------------------------------------------------------------------------- what the edition visits


@dataclass(frozen=True)
class Site:
    """A site that the edition's plan visits; `more` where the edition visits every site of the type."""

    site_id: str
    site_type: str
    name: str
    number: int
    more: bool = False


@dataclass(frozen=True)
class Check:
    """One row to fill in: a standard by one method, at a site or for the whole place."""

    code: str
    method: str
    standard: Standard
    rule: Rule
    site: Site | None = None


def planned_sites(instrument: Instrument, lang: Lang = "zh") -> list[Site]:
    """Return the sites to visit: for each type the largest number that a standard, or the edition's draw, asks for.

    Examples
    --------
    >>> from evalsys import load_instrument
    >>> sites = planned_sites(load_instrument("wujiang-field-2016"))
    >>> len(sites), sites[0].site_id, sites[0].name
    (63, 'main-road-1', '主干道1')
    """
    most: dict[str, int] = {}
    every: set[str] = set()
    asked = [item for _, standard in scored(instrument) for item in standard.checked_at]
    types = {item.site_type for item in asked}
    drawn = [item for item in instrument.draw if item.site_type in types]
    for item in (*asked, *drawn):
        most[item.site_type] = max(most.get(item.site_type, 1), item.sites or 1)
        if item.sites is None:
            every.add(item.site_type)
    every -= {item.site_type for item in drawn if item.sites}
    return [
        _site(name, number, Text(instrument.site_types[name].zh, f"{instrument.site_types[name].en} ").say(lang), every)
        for name, count in most.items()
        for number in range(1, count + 1)
    ]


def _site(site_type: str, number: int, name: str, every: set[str]) -> Site:
    return Site(f"{site_type}-{number}", site_type, f"{name}{number}", number, site_type in every)


def scored(instrument: Instrument) -> Iterator[tuple[str, Standard]]:
    """Yield the code and the content of every standard that is scored."""
    for code, node in instrument.standards.items():
        if node.scored and node.standard is not None:
            yield code, node.standard


def planned_checks(instrument: Instrument, sites: Sequence[Site]) -> list[Check]:
    """Return what is to be checked, site by site, and then what is checked for the whole place, method by method."""
    here: list[Check] = []
    whole: list[Check] = []
    for code, standard in scored(instrument):
        for method, rule in standard.rules.items():
            check = Check(code, method, standard, rule)
            if standard.checked_at and method in ON_SITE:
                here.extend(replace(check, site=site) for site in sites if _visited(standard, site))
            else:
                whole.append(check)
    order = {site.site_id: place for place, site in enumerate(sites)}
    here.sort(key=lambda check: order[check.site.site_id] if check.site else 0)
    whole.sort(key=lambda check: list(METHODS).index(check.method))
    return [*here, *whole]


def _visited(standard: Standard, site: Site) -> bool:
    """Whether a standard is checked at a site: at the first so many of its type, or at all of them."""
    asked = [item.sites for item in standard.checked_at if item.site_type == site.site_type]
    return any(count is None or site.number <= count for count in asked)


# ---------------------------------------------------------------------------------------------- what a cell accepts


@dataclass(frozen=True)
class Entry:
    """What may be entered in a cell: a data validation with its prompt. ``{cell}`` in a formula is the cell itself."""

    kind: str
    formula: str
    second: str = ""
    prompt: str = ""
    error: str = ""
    strict: bool = True


@dataclass
class Lists:
    """Sources of drop-downs: short ones stand in the validation itself, the rest in columns of a known sheet."""

    sheet: str
    columns: list[tuple[str, ...]] = field(default_factory=list)
    first: int = 9

    def source(self, names: Sequence[str]) -> str:
        """Return the formula that lists the names."""
        inline = ",".join(names)
        if len(inline) <= 250 and not any(set(name) & set(',"') or name != name.strip() for name in names):
            return f'"{inline}"'
        held = tuple(names)
        if held not in self.columns:
            self.columns.append(held)
        letter = get_column_letter(self.first + self.columns.index(held))
        return f"'{self.sheet}'!${letter}$1:${letter}${len(held)}"

    def write(self, sheet: Worksheet) -> None:
        """Write the lists into hidden columns."""
        for place, names in enumerate(self.columns, self.first):
            for row, name in enumerate(names, 1):
                write(sheet, row, place, name, "@")
            sheet.column_dimensions[get_column_letter(place)].hidden = True


def choices_of(rule: Rule, lang: Lang) -> tuple[str, ...]:
    """Return the values of a rule's drop-down in the language; an instrument's own names stay as they are."""
    choices = RULES[rule.kind].choices(rule.params)
    own = {"met": choices, "deduct": choices[-1:]}.get(rule.kind, ())
    return tuple(_WORDS[choice] if lang == "en" and choice in own else choice for choice in choices)


def severities(kind: Mapping[str, Any]) -> list[Mapping[str, Fraction]]:
    """Return the scales of a kind of finding: points by repetition, one per finder where it depends on the finder."""
    return list(kind["found_by"].values()) if kind["found_by"] else [kind["points"]]


def hint(rule: Rule, standard: Standard, lang: Lang) -> str:
    """Return what to enter for a rule in words, with the names that its codes stand for."""
    colon, semicolon = Text("：", ": ").say(lang), Text("；", "; ").say(lang)
    said = RULES[rule.kind].entry.say(lang)
    if rule.kind == "loss":
        said = Text("扣去的份额：0 不扣，0.1 扣一成，1 全扣", "share lost: 0 none, 0.1 a tenth, 1 all").say(lang)
    elif rule.params.get("measure"):
        measure = rule.params["measure"].say(lang)
        said = Text(f"数值（{measure}）", f"number ({measure})").say(lang)
    elif rule.kind in ("option", "grade"):
        said += colon + " / ".join(choices_of(rule, lang))
    elif rule.kind == "count_met":
        named = semicolon.join(_named(name, text.say(lang)) for name, text in rule.params["criteria"].items())
        rest = Text("。以分号隔开；都没有填“无”", ". Separate by ';'; 'none' if none holds").say(lang)
        said = Text("达到的小项", "criteria that hold").say(lang) + colon + named + rest
    elif rule.kind == "deduct":
        named = semicolon.join(_named(name, kind["name"].say(lang)) for name, kind in rule.params["kinds"].items())
        rest = Text("。没有问题填“无”", ". 'none' if none was found").say(lang)
        said = Text("问题种类", "kind of finding").say(lang) + colon + named + rest
    if standard.not_applicable:
        said += Text("；不适用填“不适用”", "; 'n/a' where it does not apply").say(lang)
    return said


def _named(code: str, name: str) -> str:
    return name if code == name else f"{code} {name}"


_FORMS = {"threshold": "General", "ratio": "General", "bands": "General", "loss": "General", "none": "0"}
_INSIDE = {
    "loss": "AND(ISNUMBER({cell}),{cell}>=0,{cell}<=1)",
    "none": "AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))",
    "threshold": "ISNUMBER({cell})",
    "ratio": "ISNUMBER({cell})",
    "bands": "ISNUMBER({cell})",
    "deadline": "ISNUMBER({cell})",
    "share": 'OR(ISNUMBER(FIND("/",{cell})),ISNUMBER(FIND("／",{cell})))',
    "k_of_n": 'OR(ISNUMBER(FIND("/",{cell})),ISNUMBER(FIND("／",{cell})))',
    "growth": 'OR(ISNUMBER(FIND(";",{cell})),ISNUMBER(FIND("；",{cell})))',
    "count_met": "LEN({cell})>0",
}
_SIMPLE = {
    "loss": ("decimal", "0", "1"),
    "none": ("whole", "0", "999999"),
    "threshold": ("decimal", "-1000000000000", "1000000000000"),
    "ratio": ("decimal", "-1000000000000", "1000000000000"),
    "bands": ("decimal", "-1000000000000", "1000000000000"),
    "deadline": ("date", "36526", "73050"),
}


def form_of(kind: str) -> str:
    """Return the number format of a column of values: text, unless the rule reads a number or a date."""
    return DAY if kind == "deadline" else _FORMS.get(kind, "@")


def entry_of(check: Check, lists: Lists, lang: Lang) -> Entry:
    """Return what the value cell of a check accepts."""
    rule, standard = check.rule, check.standard
    prompt = hint(rule, standard, lang)
    error = Text(f"应填：{prompt}", f"Enter: {prompt}").say(lang)
    entry = partial(Entry, prompt=_cut(prompt, 250), error=_cut(error, 220))
    missing = NOT_HERE.say(lang)
    choices = choices_of(rule, lang)
    if choices:
        return entry("list", lists.source((*choices, missing) if standard.not_applicable else choices))
    if standard.not_applicable:
        return entry("custom", f'OR({{cell}}="{missing}",{_INSIDE[rule.kind]})')
    if rule.kind in _SIMPLE:
        return entry(*_SIMPLE[rule.kind])
    return entry("custom", _INSIDE[rule.kind])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def attach(sheet: Worksheet, column: int, rows: Iterable[int], entry: Entry, title: str, lang: Lang) -> None:
    """Attach a data validation to cells of one column; long lists of cells are split, as Excel wants them."""
    letter = get_column_letter(column)
    runs = list(_runs(rows))
    for start in range(0, len(runs), 50):
        chunk = runs[start : start + 50]
        cell = f"{letter}{chunk[0][0]}"
        made = DataValidation(
            type=entry.kind,  # type: ignore[arg-type]
            operator="between" if entry.second else None,
            formula1=entry.formula.replace("{cell}", cell),
            formula2=entry.second or None,
            allow_blank=True,
            showErrorMessage=bool(entry.error),
            showInputMessage=bool(entry.prompt),
            errorStyle="stop" if entry.strict else "warning",
            promptTitle=title[:32] if entry.prompt else None,
            prompt=entry.prompt or None,
            errorTitle=Text("请核对", "Please check").say(lang) if entry.error else None,
            error=entry.error or None,
            sqref=" ".join(f"{letter}{a}:{letter}{b}" if a != b else f"{letter}{a}" for a, b in chunk),
        )
        sheet.add_data_validation(made)


def _runs(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive rows."""
    start = last = None
    for row in sorted(rows):
        if start is None or last is None or row != last + 1:
            if start is not None and last is not None:
                yield start, last
            start = row
        last = row
    if start is not None and last is not None:
        yield start, last
