"""The index of a batch: one page that tells what came of every report, sorted by clicks without the net."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from importlib import resources
from statistics import median_high, median_low

from evalsys.fonts import css_font_faces
from evalsys.forecast_words import about, chance_text
from evalsys.language import Lang, Text
from evalsys.markup import block, key_figures, opening, speaker
from evalsys.reporting.index_tables import (
    Labels,
    done_table,
    exact,
    failed_table,
    known,
    labels_of,
    number_of,
    place_of,
    said,
    stem_of,
)
from evalsys.reporting.jobs import Outcome
from evalsys.reporting.manifest import MANIFEST
from evalsys.wording import decimal, percent, percent_short, plural

__all__ = ["INDEX_FILES", "index_page"]

#: File of the index in each language, inside the folder of the batch.
INDEX_FILES: Mapping[Lang, str] = {"zh": "index.zh.html", "en": "index.en.html"}

#: What the style sheet draws, and the page numbers of the print.
_DRAWN = "●○×▲▼0123456789/ …"

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
{fonts}
{css}</style></head>
<body><main class="sheet">
{body}
</main>
<script>
{script}</script></body></html>
"""

#: Sorts a table by the column whose head is pressed: numbers begin with the largest, words with the first; what has
#: no value stays last. Equal rows keep their order. A cell has its value where what it shows is rounded.
_SCRIPT = r"""for (const table of document.querySelectorAll("table.idx")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const words = new Intl.Collator(document.documentElement.lang, {numeric: true});
  heads.forEach((head, place) => head.querySelector("button")?.addEventListener("click", () => {
    const number = head.classList.contains("r");
    const was = head.getAttribute("aria-sort");
    const way = (was ? was === "descending" : !number) ? "ascending" : "descending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", way);
    const sign = way === "ascending" ? 1 : -1;
    const keyed = [...body.rows].map(row => {
      const cell = row.cells[place];
      const held = cell.dataset.value ?? cell.textContent;
      return [held === "" ? null : number ? Number(held.replace(/[^\d.e-]/g, "")) : held, row];
    });
    keyed.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null)
      : sign * (number ? a - b : words.compare(a, b)));
    body.append(...keyed.map(([, row]) => row));
  }));
}
for (const hint of document.querySelectorAll("[data-hint]")) hint.hidden = false;
"""


def index_page(outcomes: Sequence[Outcome], title: str, made: str, lang: Lang, resume: str = "") -> str:
    """Return the index of a batch as one HTML page that loads nothing.

    Reports that are done stand in a table for each notebook, by their chance to pass and then their rate; failed ones
    follow, with what to do about them.

    Parameters
    ----------
    outcomes : sequence of Outcome
        One per report; `summary` holds what :func:`evalsys.reporting.facts.facts_of` lists.
    title : str
    made : str
        When, as a reader should see it.
    lang : {'zh', 'en'}
        Of the page; the page of the other language stands beside it under its name in :data:`INDEX_FILES`.
    resume : str
        Command that makes the failed ones again; empty: none is shown.

    Returns
    -------
    str
        The same for the same arguments; about 0.4 kB per report, and 0.1 kB for each link beside its name.
    """
    batch = _batch(outcomes)
    stems = sorted({stem_of(outcome) for outcome in batch.done}, key=lambda stem: (place_of(stem), stem))
    numbers = iter("一二三四五六七八九十")
    parts = [_result(batch, lang), _key_figures(batch, lang)]
    for stem in stems:
        own = [outcome for outcome in batch.done if stem_of(outcome) == stem]
        parts.append(done_table(own, len(stems) == 1, next(numbers, ""), batch.labels, lang))
    if batch.failed:
        parts.append(failed_table(batch.failed, next(numbers, ""), batch.labels, resume, lang))
    parts.append(_provenance(outcomes, lang))
    kind = Text("批量报告目录", "Index of a batch").say(lang)
    right = Text(f"{made} 生成", f"made {made}").say(lang)
    head = opening(lang, kind, right, title, f"{title} · {made}", _shared(batch, lang))
    body = f"{_switch(lang)}\n{head}\n{block(lang, *parts)}"
    folder = resources.files("evalsys.reporting")
    return _PAGE.format(
        lang=Text("zh-CN", "en").say(lang),
        title=escape(title),
        fonts=css_font_faces(_words(body) + _DRAWN),
        css="".join((folder / name).read_text("utf-8") for name in ("sheet.css", "index.css")),
        body=body,
        script=_SCRIPT,
    )


def _words(body: str) -> str:
    """Return the text that a reader may see, the running foot of the print included."""
    feet = re.findall(r'content:"([^"]*)"', body)
    return unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", body, flags=re.S)) + "".join(feet)


def _switch(lang: Lang) -> str:
    """Return the link to the page of the other language."""
    other: Lang = "en" if lang == "zh" else "zh"
    words, tag = Text("English", "中文").say(lang), Text("en", "zh-CN").say(lang)
    label = Text("语言", "Language").say(lang)
    link = f'<a href="{INDEX_FILES[other]}" lang="{tag}" hreflang="{tag}">{words}</a>'
    return f'<nav class="screen" aria-label="{label}">{link}</nav>'


@dataclass(frozen=True)
class _Batch:
    """The outcomes, taken apart; `seen` is one report of each assessment, whatever its languages and notebooks."""

    outcomes: Sequence[Outcome]
    done: Sequence[Outcome]
    failed: Sequence[Outcome]
    seen: Sequence[Outcome]
    labels: Labels

    @property
    def passed(self) -> list[bool]:
        """Whether they reach the pass mark, where they have one and a score."""
        held = (outcome.summary.get("passed") for outcome in self.seen)
        return [value for value in held if isinstance(value, bool)]

    @property
    def low(self) -> list[tuple[float, Outcome]]:
        """Those with a chance to pass below one half, the smallest first."""
        held = [(chance, outcome) for outcome in self.seen if (chance := number_of(outcome, "chance")) is not None]
        return sorted((pair for pair in held if pair[0] < 0.5), key=lambda pair: pair[0])


def _batch(outcomes: Sequence[Outcome]) -> _Batch:
    done = [outcome for outcome in outcomes if outcome.status == "done"]
    failed = [outcome for outcome in outcomes if outcome.status != "done"]
    return _Batch(outcomes, done, failed, _seen(done), labels_of(outcomes))


def _seen(done: Sequence[Outcome]) -> list[Outcome]:
    """Return one report of each assessment: its mock assessment, else the first of another kind that has a rate."""
    best: dict[str, Outcome] = {}
    for outcome in done:
        if "rate" in outcome.summary:
            held = best.setdefault(outcome.job.name, outcome)
            if place_of(stem_of(outcome)) < place_of(stem_of(held)):
                best[outcome.job.name] = outcome
    return [*best.values()]


# ----------------------------------------------------------------------------------------------------- page one


def _result(batch: _Batch, lang: Lang) -> str:
    """Return the result in a sentence, and what to look at first."""
    t = speaker(lang)
    low = _low(batch).say(lang)
    clauses = [_passed(batch).say(lang), f'<span class="l">{low}</span>' if batch.low else low]
    second = t("，", ", ").join(clause for clause in clauses if clause)
    lead = _counts(batch).say(lang) + (t("；", "; ") + "<br>" + second if second else "") + t("。", ".")
    more = t("", " ").join(said for text in (_attention(batch), _isolated(batch)) if (said := text.say(lang)))
    return f'<p class="lead">{lead}</p>' + (f'<p class="sub">{escape(more)}</p>' if more else "")


def _counts(batch: _Batch) -> Text:
    whole, done, failed = len(batch.outcomes), len(batch.done), len(batch.failed)
    reports, every = plural(whole, "report"), "all " if whole > 1 else ""
    if not whole:
        return Text("本批没有报告", "This batch has no report")
    if not failed:
        return Text(f"{whole:,} 份报告全部完成", f"{reports}, {every}done")
    if not done:
        return Text(f"{whole:,} 份报告均未生成", f"{reports}, {every}failed")
    return Text(f"{whole:,} 份报告完成 {done:,} 份、失败 {failed:,} 份", f"{reports}: {done:,} done, {failed:,} failed")


def _passed(batch: _Batch) -> Text:
    """Say how many assessments reach the pass mark, of those that have one."""
    whole, won = len(batch.passed), sum(batch.passed)
    if not whole:
        return Text("", "")
    zh = f"{whole:,} 次测评" if whole == len(batch.seen) else f"设有目标线的 {whole:,} 次测评"
    en = plural(whole, "assessment") + ("" if whole == len(batch.seen) else " with a pass mark")
    if whole == 1:
        return Text(f"{zh}{'过线' if won else '未过线'}", f"{en} {'reaches' if won else 'is below'} the pass mark")
    if won == whole:
        return Text(f"{zh}全部过线", f"all {en} reach the pass mark")
    if not won:
        return Text(f"{zh}均未过线", f"none of {en} reaches the pass mark")
    return Text(f"{zh}中 {won:,} 次过线", f"{won:,} of {en} reach{'es' if won == 1 else ''} the pass mark")


def _low(batch: _Batch) -> Text:
    """Say how many have a chance below one half."""
    low = len(batch.low)
    if low:
        return Text(f"{low:,} 次达标可能性不足一半", f"{low:,} {'has' if low == 1 else 'have'} a chance below half")
    if known(batch.seen, "chance"):
        return Text("达标可能性均不低于一半", "no chance to pass is below half")
    return Text("", "")


def _attention(batch: _Batch) -> Text:
    """Name the two with the smallest chance to pass, where it is below one half."""
    low = batch.low[:2]
    if not low:
        return Text("", "")
    two = len(low) > 1
    zh, en = ([said(batch.labels[outcome.job.key], lang) for _, outcome in low] for lang in ("zh", "en"))
    chances = [[about(chance_text(chance), lang) for chance, _ in low] for lang in ("zh", "en")]
    return Text(
        f"{'、'.join(zh)}最需关注，达标可能性{'分别' * two}{'、'.join(chances[0])}。",
        f"{' and '.join(en)} need{'' if two else 's'} attention first: the chance{'s' * two} to pass "
        f"{'are' if two else 'is'} {' and '.join(chances[1])}.",
    )


def _isolated(batch: _Batch) -> Text:
    if not batch.failed:
        return Text("", "")
    if not batch.done:
        return Text("失败的原因见下表，改正后续跑即可。", "The table tells why each failed; mend and resume.")
    return Text(
        "失败的原因见下表，改正后续跑即可，其他报告不受影响。",
        "The last table tells why reports failed; mend and resume. The others are not affected.",
    )


def _key_figures(batch: _Batch, lang: Lang) -> str:
    t = speaker(lang)
    whole, done, failed, passed = len(batch.outcomes), len(batch.done), len(batch.failed), batch.passed
    took = _duration(sum(outcome.seconds for outcome in batch.outcomes), lang)
    entries = [
        (
            t("完成", "Done"),
            f"{done:,}<small>{t('份', '')}</small>",
            t(f"共 {whole:,} 份，用时合计 {took}", f"of {whole:,}; {took} of work in all"),
        ),
        (
            t("失败", "Failed"),
            _loud(failed, t("份", "")),
            t("见下表，已隔离", "see below; isolated") if failed else t("没有失败", "none"),
        ),
    ]
    rates = known(batch.seen, "rate")
    if rates:
        low, high = (percent(exact(rate)) for rate in (min(rates), max(rates)))
        span = t(f"{low} 至 {high}", f"{low} to {high}") if len(rates) > 1 else t("一次测评", "one assessment")
        middle = f"{decimal((exact(median_low(rates)) + exact(median_high(rates))) * 50, 2)}<small>%</small>"
        entries.append((t("得分率中位数", "Median rate"), middle, span))
    won, lost = sum(passed), len(passed) - sum(passed)
    if known(batch.seen, "chance"):
        note = (
            t(f"过线 {won:,} 次", f"{won:,} reach the pass mark") if passed else t("未设目标线", "no pass mark is set")
        )
        entries.append((t("达标可能性不足一半", "Chance below half"), _loud(len(batch.low), t("次", "")), note))
    elif passed:
        note = t(f"未过线 {lost:,} 次", f"{lost:,} below it")
        entries.append((t("过线", "Reach the pass mark"), f"{won:,}<small>{t('次', '')}</small>", note))
    return key_figures(entries)


def _loud(count: int, unit: str) -> str:
    shown = f"{count:,}<small>{unit}</small>"
    return f'<span class="l" style="display:inline">{shown}</span>' if count else shown


def _duration(seconds: float, lang: Lang) -> str:
    whole = round(seconds)
    parts = [(whole // 3600, "小时", "h"), (whole // 60 % 60, "分", "min"), (whole % 60, "秒", "s")]
    kept = [part for part in parts if part[0]][:2] or parts[-1:]
    return " ".join(f"{count:,} {Text(zh, en).say(lang)}" for count, zh, en in kept)


def _shared(batch: _Batch, lang: Lang) -> Iterator[tuple[str, str]]:
    """Yield how many reports there are, and what they share: instrument, pass mark."""
    count = len(batch.outcomes)
    yield Text("报告", "Reports").say(lang), Text(f"{count:,} 份", f"{count:,}").say(lang)
    instruments = {str(outcome.summary.get("instrument", "")) for outcome in batch.done} - {""}
    if len(instruments) == 1:
        yield Text("测评体系", "Instrument").say(lang), instruments.pop()
    marks = {(number_of(outcome, "pass_mark"), number_of(outcome, "full")) for outcome in batch.seen}
    mark, full = marks.pop() if len(marks) == 1 else (None, None)
    if mark is not None and full:
        yield Text("目标线", "Pass mark").say(lang), percent_short(exact(mark) / exact(full))


def _provenance(outcomes: Sequence[Outcome], lang: Lang) -> str:
    t = speaker(lang)
    count = len(outcomes)
    versions = {outcome.versions["evalsys"] for outcome in outcomes if "evalsys" in outcome.versions}
    facts = [
        t(f"清单 {MANIFEST}（{count:,} 份）", f"manifest {MANIFEST} ({plural(count, 'report')})"),
        *(f"evalsys {version}" for version in sorted(versions)),
        t("数字取自各份报告，只在显示时四舍五入", "the numbers are those of the reports, rounded for display only"),
    ]
    return f'<p class="prov">{escape(t("；", "; ").join(facts))}{t("。", ".")}</p>'
