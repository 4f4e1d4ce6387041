"""Pieces of a page: tables, headings, figures, and text made safe. No numbers are made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from importlib import resources
from typing import Any

from evalsys.figures import Picture
from evalsys.language import Lang
from evalsys.wording import decimal

__all__ = [
    "FACTS",
    "Column",
    "Html",
    "bars_said",
    "block",
    "figure",
    "key_figures",
    "lost_cell",
    "opening",
    "safe",
    "section",
    "speaker",
    "table",
]


#: Media type of the numbers that a piece of a page states, beside its HTML in an executed notebook.
FACTS = "application/vnd.evalsys.facts+json"


def speaker(lang: Lang) -> Callable[[str, str], str]:
    """Return a function that picks the text of one language: ``t("中文", "English")``."""
    return (lambda zh, en: zh) if lang == "zh" else (lambda zh, en: en)


class Html(str):
    """A piece of a page, shown as HTML in a notebook; `facts` are the numbers that it states, unrounded.

    Facts are plain JSON values by short names (:func:`evalsys.reporting.facts.facts_of` lists them). They go into the
    executed notebook, so that nobody has to read numbers back from sentences.
    """

    __slots__ = ("facts",)
    facts: Mapping[str, Any]

    def __new__(cls, text: str = "", facts: Mapping[str, Any] | None = None) -> Html:
        """Return a text as a piece of a page."""
        piece = super().__new__(cls, text)
        piece.facts = {name: _plain(value) for name, value in (facts or {}).items()}
        return piece

    def stating(self, **facts: object) -> Html:
        """Return the same piece with more facts; an exact number becomes the nearest float.

        Examples
        --------
        >>> Html("<p>93.86%</p>").stating(rate=Fraction(3, 4), place="甲区").facts
        {'rate': 0.75, 'place': '甲区'}
        """
        return Html(self, {**self.facts, **facts})

    def _repr_html_(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": str(self)} | ({FACTS: dict(self.facts)} if self.facts else {})


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction) else value


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, unit of measure under it, and CSS classes of its cells."""

    head: str
    unit: str = ""
    classes: str = ""


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None, tight: bool = False
) -> str:
    """Return a three-line table. Cells are HTML; a cell may begin with ``class|`` to add a class of its own."""
    head = "".join(f'<th scope="col"{_class(c.classes)}>{escape(c.head)}{_unit(c.unit)}</th>' for c in columns)
    body = "".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    foot = f'<tr class="tot">{_cells(columns, total)}</tr>' if total is not None else ""
    return f"<table{_class('tight' if tight else '')}><thead><tr>{head}</tr></thead><tbody>{body}{foot}</tbody></table>"


def _unit(words: str) -> str:
    return f'<span class="u">{escape(words)}</span>' if words else ""


def _cells(columns: Sequence[Column], row: Sequence[str]) -> str:
    out = []
    for column, cell in zip(columns, row, strict=True):
        extra, bar, content = cell.partition("|")
        extra, content = (extra, content) if bar else ("", cell)
        out.append(f"<td{_class(f'{column.classes} {extra}'.strip())}>{content}</td>")
    return "".join(out)


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""


def safe(words: str) -> str:
    """Escape a text for a cell; the bar is our separator."""
    return escape(words).replace("|", "&#124;")


def block(lang: Lang, *parts: str) -> Html:
    """Return parts as one piece of the page, in one language."""
    return Html(f'<div class="ev" lang="{"zh-CN" if lang == "zh" else "en"}">' + "".join(parts) + "</div>")


def opening(lang: Lang, kind: str, right: str, title: str, foot: str, facts: Iterable[tuple[str, str]]) -> Html:
    """Return the style of a page with its printed foot, and the title block: kind of report, title, a line of facts."""
    style = (resources.files("evalsys.reporting") / "report.css").read_text("utf-8")
    foot = "".join(letter for letter in foot if letter not in '\\"<>')
    page = (
        f'@page{{@bottom-left{{content:"{foot}";font:7.2pt/1.3 "Report Sans";color:#566270}}'
        '@bottom-right{content:counter(page) " / " counter(pages);font:7.2pt/1.3 "Report Sans";color:#566270}}'
    )
    meta = "".join(f"<span>{name} <b>{escape(value)}</b></span>" for name, value in facts)
    return block(
        lang,
        f"<style>{style}{page}</style>",
        f'<header><div class="eyebrow"><span>{kind}</span><span>{escape(right)}</span></div>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="meta">{meta}</p></header>',
    )


def key_figures(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return the key figures between two rules: name and value (HTML), and a line of context (text)."""
    cells = [
        f'<div><span class="t">{name}</span><span class="v">{value}</span><span class="n">{escape(note)}</span></div>'
        for name, value, note in entries
    ]
    return f'<div class="kpi">{"".join(cells)}</div>'


def section(number: str, ident: str, zh: str, en: str, lang: Lang, say: str, page_break: bool = False) -> str:
    """Return a numbered heading and the sentence that states its finding (HTML)."""
    head = f"{number}、{zh}" if lang == "zh" and number else zh if lang == "zh" else f"{_ARABIC.get(number, '')}{en}"
    return f'<h2 id="{ident}"{_class("pb" if page_break else "")}>{escape(head)}</h2><p class="say">{say}</p>'


_ARABIC = {number: f"{place}. " for place, number in enumerate([*"一二三四五六七八九十", "十一"], 1)}


def lost_cell(value: Fraction, places: int = 3) -> str:
    """Return a cell of points lost: loud where there are any, a soft 0 where not."""
    return f"l|{decimal(value, places)}" if value else "q|0"


def bars_said(heading: str, bars: Iterable[tuple[str, str]], lang: Lang) -> str:
    """Return the alternative text of a bar chart: its heading, and every bar with its number.

    Examples
    --------
    >>> bars_said("失分在哪类点位（分）", [("社区", "1.522"), ("药店", "0.500")], "zh")
    '条形图：失分在哪类点位（分）。社区 1.522，药店 0.500。'
    """
    t = speaker(lang)
    told = t("，", ", ").join(f"{name} {number}" for name, number in bars)
    return t(f"条形图：{heading}。{told}。", f"Bar chart: {heading}. {told}.")


def figure(heading: str, picture: Picture, caption: str = "") -> str:
    """Return a chart with its heading and caption."""
    head = f"<h3>{escape(heading)}</h3>" if heading else ""
    foot = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{head}{picture._repr_html_()}{foot}</figure>"
