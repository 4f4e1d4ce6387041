"""The charts of a plan: what money buys, what the work does at each severity, and when it is done.

As in :mod:`evalsys.fix_figures`, a chart takes finished results and names, and computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from evalsys.axes import SHELF, Flag, Scale, draw_flags, scale_of, shelved
from evalsys.figures import COLOURS, Canvas, Picture, fitted, styled, text_width
from evalsys.fix_figures import in_one
from evalsys.fix_words import cost
from evalsys.forecast_words import about, chance_text
from evalsys.language import Lang, Text
from evalsys.wording import decimal

if TYPE_CHECKING:
    from evalsys.frontier import Frontier
    from evalsys.limits import Job, Limits
    from evalsys.planning import Plan

__all__ = ["Moved", "frontier_chart", "gantt", "severity_before_after"]

_WIDTH = 176.0
_ROW = 5.8
_LABEL = 4.2  # the least distance between two lines of words, in millimetres


@dataclass(frozen=True)
class Moved:
    """The chance to pass, 0 to 1, at one severity z before and after the work, and its name, such as 'strict'."""

    z: float
    before: float
    after: float
    name: Text


# ------------------------------------------------------------------------------------------------- what money buys


@styled
def frontier_chart(
    found: Frontier, plan: Plan | None, strict: Sequence[tuple[Fraction, float]] | None, lang: Lang
) -> Picture:
    """Draw what a budget buys: steps of the chance to pass, or of expected points without a pass mark.

    Lines fall from the smallest budget found for the wanted chance (full dot) and from the plan (open dot) to the axis.

    Parameters
    ----------
    found : Frontier
        At least one step.
    plan : Plan, optional
        The plan of the report.
    strict : sequence of (budget, chance), optional
        The same plans if inspectors are strict, from a budget of 0, rising; drawn as a dashed line.

    Returns
    -------
    Picture
        176 mm wide. The axis of values is cut to what the lines reach.
    """
    before = found.steps[0].plan.before
    marked = before.chance is not None
    usual = [(0.0, before.chance if before.chance is not None else before.points)]
    for step in found.steps:
        after = step.plan.after
        usual.append((float(step.budget), after.points if after.chance is None else after.chance))
    harsh = [(float(budget), chance) for budget, chance in strict or ()] if marked else []
    tall, wanted = 42.0, found.wanted if marked else None

    def said(value: float) -> str:
        return about(chance_text(value), lang) if marked else _points(value)

    values = [value for _, value in (*usual, *harsh)] + ([wanted] if wanted is not None else [])
    low, high = _stretch(values, 1.0 if marked else None)

    def depth(value: float) -> float:
        return 2.0 + (tall - 5.0) * (high - value) / (high - low)

    names = Text("一般", "usual"), Text("严督查", "if strict")
    ends = [
        (depth(usual[-1][1]), f"{names[0].say(lang)} {said(usual[-1][1])}" if harsh else said(usual[-1][1]), "blue")
    ]
    ticks = [(depth(usual[0][1]), said(usual[0][1]), "blue")]
    if harsh:
        ends.append((depth(harsh[-1][1]), f"{names[1].say(lang)} {said(harsh[-1][1])}", "lost"))
        ticks.append((depth(harsh[0][1]), said(harsh[0][1]), "lost"))
    if wanted is not None:
        ticks.append((depth(wanted), f"{decimal(_exact(100 * wanted), 0)}%", "ink"))
    if marked and high == 1.0 and all(y - depth(1.0) >= _LABEL for y, _, _ in ticks):
        ticks.append((depth(1.0), "100%", "ink"))
    left = max(text_width(words, 8) for _, words, _ in ticks) + 2.0
    right = max(text_width(words, 8, "bold") for _, words, _ in ends) + 2.0
    most = max(budget for budget, _ in (*usual, *harsh))
    scale = scale_of([0.0, most or 1.0], "", left, _WIDTH - right)
    flags, dots = _budgets(found, plan, scale, tall, lang)
    words, places = shelved(flags)
    top = 1 + SHELF * (1 + max((shelf for _, shelf in places), default=-1))
    canvas = Canvas(_WIDTH, top + tall + 9.5)
    if wanted is not None:
        canvas.line([scale.left, scale.right], [top + depth(wanted)] * 2, color=COLOURS["rule"], linewidth=0.6)
    draw_flags(canvas, flags, words, places, top)
    for line, colour, style in ((harsh, "lost", (0, (3, 1.5))), (usual, "blue", "-")):
        xs, ys = _steps(line, scale)
        canvas.axes.plot(xs, [top + depth(y) for y in ys], color=COLOURS[colour], linewidth=1.6, linestyle=style)
    for x, value, filled in dots:
        canvas.dot(x, top + depth(value), COLOURS["blue"], filled=filled)
    for x, align, weight, items in (
        (left - 2.0, "right", "normal", ticks),
        (_WIDTH - right + 2.0, "left", "bold", ends),
    ):
        middles = _apart([y for y, _, _ in items], tall)
        for y, (_, word, colour) in zip(middles, items, strict=True):
            canvas.text(x, top + y, word, ha=align, fontsize=8, weight=weight, color=COLOURS[colour])
    scale.draw(canvas, top + tall, "")
    axis = Text("预算（与整改费用同单位）", "Budget, in the unit of the costs").say(lang)
    canvas.text((scale.left + scale.right) / 2, top + tall + 7.3, axis, ha="center", fontsize=8, color=COLOURS["soft"])
    kind = Text("阶梯线：预算能换来多少。", "Step line: what a budget buys. ")
    parts = [Text(f"不整改：{said(usual[0][1])}", f"with nothing done {said(usual[0][1])}").say(lang)]
    parts += [flag.words for flag in flags]
    if wanted is not None and found.cheapest is None:
        parts.append(Text(f"未找到达到 {wanted:.0%} 的方案", f"no plan found that reaches {wanted:.0%}").say(lang))
    parts.append(
        Text(f"预算 {_short(most)}：{said(usual[-1][1])}", f"at a budget of {_short(most)} {said(usual[-1][1])}").say(
            lang
        )
    )
    if harsh:
        parts.append(
            Text(
                f"严督查时由{said(harsh[0][1])} 到{said(harsh[-1][1])}",
                f"if inspectors are strict from {said(harsh[0][1])} to {said(harsh[-1][1])}",
            ).say(lang)
        )
    return canvas.picture(kind.say(lang) + in_one(parts, lang))


def _budgets(
    found: Frontier, plan: Plan | None, scale: Scale, tall: float, lang: Lang
) -> tuple[list[Flag], list[tuple[float, float, bool]]]:
    """Return the lines that fall from the smallest budget and from the plan, and their dots: x, value, full or open."""
    flags, dots = [], []
    enough = f"{found.wanted:.0%}" if found.wanted is not None else ""
    least = found.cheapest if found.wanted is not None else None
    both = plan is not None and least is not None and plan.cost == least.cost
    if least is not None and least.after.chance is not None:
        money = cost(least.cost)
        words = Text(f"费用 {money}：可达到 {enough}", f"cost {money} reaches {enough}")
        if both:
            words = Text(f"推荐方案，费用 {money}：可达到 {enough}", f"plan: cost {money} reaches {enough}")
        x = scale.at(float(least.cost))
        flags.append(Flag(x, tall, words.say(lang), COLOURS["blue" if both else "ink"]))
        dots.append((x, least.after.chance, True))
    if plan is not None and not both:
        value, money = plan.after.chance, cost(plan.cost)
        level = _points(plan.after.points) if value is None else about(chance_text(value), lang)
        words = Text(f"推荐方案，费用 {money}：{level}", f"plan: cost {money}, {level}")
        x = scale.at(float(plan.cost))
        flags.append(Flag(x, tall, words.say(lang), COLOURS["blue"]))
        dots.append((x, plan.after.points if value is None else value, False))
    return flags, dots


def _exact(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**9)


def _points(value: float) -> str:
    return decimal(_exact(value), 2)


def _short(value: float) -> str:
    return cost(_exact(value))


def _stretch(values: Sequence[float], most: float | None) -> tuple[float, float]:
    """Return the ends of an axis around values with a little air, within 0 and `most`; never of no length."""
    low, high = min(values), max(values)
    air = max(0.12 * (high - low), 0.02 if most else 0.01 * max(abs(high), 0.1))
    top = high + air if most is None else min(high + air, most)
    return max(low - air, 0.0), top


def _steps(line: Sequence[tuple[float, float]], scale: Scale) -> tuple[list[float], list[float]]:
    """Return the corners of a step line; the last level holds up to the end of the axis."""
    xs: list[float] = []
    ys: list[float] = []
    for budget, value in line:
        xs += [scale.at(budget)] * (2 if ys else 1)
        ys += [*ys[-1:], value]
    return ([*xs, scale.right], [*ys, ys[-1]]) if xs else (xs, ys)


def _apart(wishes: Sequence[float], tall: float) -> list[float]:
    """Return the middles of lines of words near their wishes, in their order, a line apart at least, from 0 to `tall`.

    Examples
    --------
    >>> _apart([10.0, 10.0, 30.0], 42.0)
    [10.0, 14.2, 30.0]
    """
    found = [0.0] * len(wishes)
    order = sorted(range(len(wishes)), key=lambda place: wishes[place])
    least = -_LABEL
    for place in order:
        found[place] = least = max(wishes[place], least + _LABEL)
    most = tall
    for place in reversed(order):
        found[place] = min(found[place], most)
        most = found[place] - _LABEL
    return found


@styled
def severity_before_after(
    before: Sequence[tuple[float, float]],
    after: Sequence[tuple[float, float]],
    weights: Sequence[float],
    readings: Sequence[Moved],
    lang: Lang,
) -> Picture:
    """Draw the chance to pass against the severity of the team, before and after the plan, strict at the left.

    Parameters
    ----------
    before, after : sequence of (z, chance)
        At the same z, rising; chances from 0 to 1. A single point (severity switched off) is a pair of dots.
    weights : sequence of float
        How likely each z is, on any scale; where it is 300 times less likely than in the middle, it is left out.
    readings : sequence of Moved
        One to three severities to name, such as strict and usual.

    Returns
    -------
    Picture
        176 mm wide.
    """
    kept = [weight * 300 >= max(weights) for weight in weights]
    lines = [[point for point, keep in zip(line, kept, strict=True) if keep] for line in (before, after)]
    likely = [weight / max(weights) for weight, keep in zip(weights, kept, strict=True) if keep]
    zs = [z for z, _ in lines[0]] + [reading.z for reading in readings]
    reach, middle, tall = (max(zs) - min(zs)) or 1.0, (max(zs) + min(zs)) / 2, 36.0
    names = Text("整改前", "before").say(lang), Text("整改后", "after").say(lang)
    left, right = 11.0, _WIDTH - max(text_width(name, 8, "bold") for name in names) - 2.0

    def at(z: float) -> float:
        return (left + right) / 2 + (right - left - 4) * (z - middle) / reach

    def depth(chance: float) -> float:
        return 1.5 + (tall - 1.5) * (1 - chance)

    flags = []
    for reading in readings:
        a, b = (about(chance_text(chance), lang) for chance in (reading.before, reading.after))
        words = Text(f"{reading.name.zh}：{a} → {b}", f"{reading.name.en}: {a} → {b}").say(lang)
        foot = depth(min(reading.before, reading.after))
        flags.append(Flag(at(reading.z), foot, words, COLOURS["lost" if reading.z < 0 else "blue"]))
    said, places = shelved(flags)
    top = 1 + SHELF * (1 + max((shelf for _, shelf in places), default=-1))
    canvas = Canvas(_WIDTH, top + tall + 10)
    xs = [at(z) for z, _ in lines[0]]
    if len(xs) > 1:
        ys = [top + tall - 0.4 * tall * weight for weight in likely]
        canvas.axes.fill([xs[0], *xs, xs[-1]], [top + tall, *ys, top + tall], facecolor=COLOURS["band"])
    for chance in (0.0, 0.5, 1.0):
        y = top + depth(chance)
        canvas.line([left, right], [y, y], color=COLOURS["hair" if chance else "rule"], linewidth=0.8)
        canvas.text(left - 1.4, y, f"{100 * chance:.0f}%", ha="right", fontsize=7.5, color=COLOURS["soft"])
    for line, colour, dashes in zip(lines, ("soft", "blue"), ((0, (4, 2)), "-"), strict=True):
        ys = [top + depth(chance) for _, chance in line]
        canvas.axes.plot(xs, ys, color=COLOURS[colour], linewidth=1.6, linestyle=dashes)
    draw_flags(canvas, flags, said, places, top)
    for reading, flag in zip(readings, flags, strict=True):
        canvas.dot(flag.x, top + depth(reading.before), COLOURS["soft"], filled=False)
        canvas.dot(flag.x, top + depth(reading.after), flag.colour, filled=True)
    middles = _apart([depth(line[-1][1]) for line in reversed(lines)], tall)  # after comes first where both are alike
    for y, name, colour in zip(middles, reversed(names), ("blue", "soft"), strict=True):
        canvas.text(right + 2.0, top + y, name, fontsize=8, weight="bold", color=COLOURS[colour])
    foot = top + tall + 3.4
    canvas.text(left, foot, Text("从严", "strict").say(lang), fontsize=8)
    canvas.text(right, foot, Text("从宽", "lenient").say(lang), ha="right", fontsize=8)
    axis = Text("督查宽严（浅蓝：可能性大小）", "Severity (pale: how likely)").say(lang)
    canvas.text((left + right) / 2, foot + 4.2, axis, ha="center", fontsize=8, color=COLOURS["soft"])
    kind = Text("曲线：整改前后的达标可能性。", "Curves: the chance to pass before and after the work. ")
    return canvas.picture(kind.say(lang) + in_one([flag.words for flag in flags], lang))


# ------------------------------------------------------------------------------------------------ when it is done


@styled
def gantt(
    plan: Plan,
    titles: Sequence[str],
    letters: Mapping[int, str],
    lang: Lang,
    inspection: int | None = None,
    first: int = 0,
    most: int = 25,
) -> Picture:
    """Draw when the work is done: a bar for each job, with its letter, unit and days.

    A longer plan takes several pictures of one time axis: `first` 0, then `most`, and so on.

    Parameters
    ----------
    plan : Plan
        Jobs in the order of their begin.
    titles : sequence of str
        Of all options, in the order of the options.
    letters : mapping of int to str
        The letters of some options.
    inspection : int, optional
        Days from the start of the work to the inspection: a line at the right, with the days for review before it as a
        band. None: the line is the last day of the work.
    first, most : int
        The first job drawn, and how many at most.

    Returns
    -------
    Picture
        176 mm wide.
    """
    jobs = plan.jobs[first : first + most]
    limits, options = plan.limits, plan.fixes.options
    part = Text(
        f"第 {first + 1} 至 {first + len(jobs)} 项，共 {len(plan.jobs)} 项",
        f"{first + 1} to {first + len(jobs)} of {len(plan.jobs)}",
    ).say(lang)
    note = part if len(jobs) < len(plan.jobs) else ""
    if not jobs:
        note = Text("方案中没有整改项目", "The plan has no work").say(lang)
    end = limits.days if inspection is None else inspection
    names = min(max((text_width(titles[job.option], 8) for job in jobs), default=0.0), 60.0)
    left, right = names + 3.0, _WIDTH - 0.8
    last = max([end, limits.days, *(job.ends for job in plan.jobs)])
    scale = Scale(0.0, float(max(last, 1)), 7.0, left, right)
    top = 5.6
    foot = top + _ROW * max(len(jobs), 1)
    canvas = Canvas(_WIDTH, foot + 9.6)
    edge = scale.at(end)
    if inspection is not None and inspection > limits.days:
        x = scale.at(limits.days)
        canvas.box(x, top, edge - x, foot - top, facecolor=COLOURS["band"], zorder=0.2)
        word = Text("复查期", "review").say(lang)
        half = text_width(word, 8) / 2
        middle = min(max((x + edge) / 2, half), _WIDTH - half)
        canvas.text(middle - half, foot + 2.6, word, fontsize=8, color=COLOURS["soft"])
    _draw_weeks(canvas, limits, scale, top, foot, lang)
    canvas.line([edge, edge], [top, foot], color=COLOURS["ink"], linewidth=1.3)
    day = limits.day(end)
    when = Text(f"第 {end} 天", f"day {end}") if day is None else _date(day.month, day.day)
    if inspection is None:
        closing = Text(f"{when.zh}前全部办结", f"all done by {when.en}")
    else:
        closing = Text(f"{when.zh}督查", f"inspection on {when.en}")
    canvas.text(
        edge, foot + 6.8, closing.say(lang), ha="right", fontsize=8.5, weight="bold", color=COLOURS["ink"]
    )  # the line is at the right half: the work fills all days before it
    canvas.text(0, foot + 6.8, note, fontsize=8, color=COLOURS["soft"])
    for place, job in enumerate(jobs):
        middle = top + _ROW * (place + 0.5)
        canvas.text(names, middle, fitted(titles[job.option], names, 8), ha="right", fontsize=8)
        unit = options[job.option].unit
        _draw_job(canvas, job, letters.get(job.option, ""), unit, scale, middle, edge - 1.0, lang)
    kind = Text("进度图：", "Schedule: ").say(lang)
    said = [closing.say(lang)]
    if plan.jobs:
        final = max(job.ends for job in plan.jobs)
        said.insert(
            0,
            Text(f"共 {len(plan.jobs)} 项，第 {final} 天完工", f"{len(plan.jobs)} in all, done after {final} days").say(
                lang
            ),
        )
    return canvas.picture(kind + in_one([*said, note] if note else said, lang))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _date(month: int, day: int) -> Text:
    return Text(f"{month}月{day}日", f"{day} {_MONTHS[month - 1]}")


def _draw_weeks(canvas: Canvas, limits: Limits, scale: Scale, top: float, foot: float, lang: Lang) -> None:
    """Draw a line where each week begins, with its number or date on top where there is room."""
    free = 0.0
    for place, offset in enumerate(limits.week_starts):
        x = scale.at(offset)
        if offset >= scale.high:
            break
        canvas.line([x, x], [top, foot], color=COLOURS["hair"], linewidth=0.8, zorder=0.5)
        day = limits.day(offset)
        name = Text(f"第 {place + 1} 周", f"week {place + 1}") if day is None else _date(day.month, day.day)
        width = text_width(name.say(lang), 8)
        if x >= free and x + width <= _WIDTH:
            canvas.text(x, 2.4, name.say(lang), fontsize=8, color=COLOURS["soft"])
            free = x + width + 2.5


def _draw_job(
    canvas: Canvas, job: Job, letter: str, unit: str | None, scale: Scale, middle: float, edge: float, lang: Lang
) -> None:
    """Draw a bar with its letter, and its unit and days where there is room: behind it, in it, or before it."""
    begin, end = scale.at(job.begins), max(scale.at(job.ends), scale.at(job.begins) + 0.8)
    canvas.box(begin, middle - 1.65, end - begin, 3.3, facecolor=COLOURS["won"])
    days = job.ends - job.begins
    said = Text(f"{days} 天", f"{days} day{'' if days == 1 else 's'}").say(lang)
    said = Text(f"{unit}，{said}", f"{unit}, {said}").say(lang) if unit else said
    taken = text_width(letter, 8, "bold") + 2.0 if letter else 0.0
    inside = taken <= end - begin
    if letter and inside:
        canvas.text(begin + 1.0, middle, letter, fontsize=8, weight="bold", color=COLOURS["blue"])
    elif letter:
        said = f"{letter}  {said}"
    width = text_width(said, 8)
    in_bar = end - begin - (taken if inside else 0.0) - 2.0
    rooms = {"behind": edge - end - 1.4, "in": in_bar, "before": begin - scale.left - 1.4}
    where = next((name for name, room in rooms.items() if room >= width), max(rooms, key=lambda name: rooms[name]))
    said = fitted(said, rooms[where], 8)
    xs = {"behind": end + 1.4, "in": begin + (taken if inside else 0.0) + 1.0, "before": begin - 1.4}
    canvas.text(xs[where], middle, said, ha="right" if where == "before" else "left", fontsize=8)
