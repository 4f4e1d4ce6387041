"""Charts of points lost, from the views of a score: sorted bars, a caption that says the rest."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

from evalsys import wording
from evalsys.figures import Bar, bars
from evalsys.language import Lang, Text
from evalsys.markup import bars_said, figure, speaker
from evalsys.scoring import Score
from evalsys.views import tree_view
from evalsys.wording import decimal

__all__ = ["loss_charts"]

_ZERO = Fraction(0)


def loss_charts(result: Score, lang: Lang, views: tuple[str, str]) -> str:
    """Return two charts of points lost side by side, by two of the views."""
    return '<div class="two">' + "".join(_loss_chart(result, by, lang) for by in views) + "</div>"


_HEADS = {
    "site_type": Text("失分在哪类点位（分）", "Where points were lost (site type)"),
    "unit": Text("失分由谁整改（分）", "Who answers for them (unit)"),
    "area": Text("失分在哪个属地（分）", "In which area (points)"),
    "indicator": Text("失分在哪项指标（分）", "In which indicator (points)"),
}
_KINDS = {
    "site_type": Text("类点位", "site types"),
    "unit": Text("家责任单位", "units"),
    "area": Text("个属地", "areas"),
    "indicator": Text("项指标", "indicators"),
}


def _loss_chart(result: Score, by: str, lang: Lang, most: int = 9) -> str:
    t = speaker(lang)
    view = tree_view(result, by)
    lost = view[[value > 0 for value in view["lost"]]]
    heading, kind = _HEADS[by].say(lang), _KINDS[by].say(lang)
    if lost.empty:
        nothing = t("没有失分。", "Nothing was lost.")
        if result.attainment is None:
            nothing = t("尚无依据。", "There is no evidence yet.")
        return f"<figure><h3>{escape(heading)}</h3><figcaption>{nothing}</figcaption></figure>"
    instrument = result.assessment.instrument
    shown = list(zip(lost["name"], lost["lost"], strict=True))[:most]
    strong = _heavy([value for _, value in shown], result.lost)
    names = [
        _owner_name(result, name, lang) if by == "unit" else wording.group_name(instrument, by, name, lang)
        for name, _ in shown
    ]
    items = [
        Bar(name, float(value), decimal(value, 3), place < strong)
        for place, (name, (_, value)) in enumerate(zip(names, shown, strict=True))
    ]
    alt = bars_said(heading, [(bar.name, bar.label) for bar in items], lang)
    rest = len(lost) - len(shown)
    clean = len(view) - len(lost)
    share = wording.share_of(sum((value for _, value in shown[:strong]), _ZERO), result.lost)
    caption = t(
        f"{wording.joined(names[:strong], lang)}占 {share}。", f"{wording.joined(names[:strong], lang)}: {share}. "
    )
    if rest:
        tail = decimal(sum(lost["lost"][most:], _ZERO), 3)
        caption += t(f"另有 {rest} {kind}共失 {tail} 分。", f"{rest} more {kind} lost {tail}. ")
    if clean:
        caption += t(f"其余 {clean} {kind}未失分。", f"The other {clean} {kind} lost nothing.")
    if by == "unit" and any(len(units) > 1 for units in result.rows["units"]):
        caption += t("一条检查涉及几家单位的，各家均全数计入。", " A check of several units counts in full for each.")
    return figure(heading, bars(items, alt), caption.strip())


def _heavy(values: Sequence[Fraction], total: Fraction) -> int:
    """How many of the longest bars are drawn dark: the fewest, at most three, that hold half of the loss."""
    held = _ZERO
    for place, value in enumerate(values[:3], 1):
        held += value
        if held * 2 >= total:
            return place
    return min(3, len(values))


def _owner_name(result: Score, unit: str, lang: Lang) -> str:
    """Name a unit; evidence without one by its area, where that is one area."""
    if unit:
        return unit
    areas = {
        area
        for area, units, lost in zip(result.rows["area"], result.rows["units"], result.rows["lost"], strict=True)
        if lost and not units
    }
    return wording.unit_names((), areas.pop() if len(areas) == 1 else None, lang)
