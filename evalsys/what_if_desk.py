"""The what-if desk in a notebook: widgets that set a choice, and show its answer, quick first, then in full.

Each change is answered at once by the light engine. Where an event loop runs, as in a notebook, the full answer is
computed in a thread once the analyst has paused; elsewhere it follows in place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any, TypeVar

import ipywidgets as widgets

from evalsys.fix_words import cost
from evalsys.language import Lang, Text
from evalsys.markup import speaker
from evalsys.what_if import Answer, Choice, Desk, shares_of
from evalsys.what_if_pages import answer_block, curve_block, first_answer, label, severity_name

__all__ = ["PAUSE", "Panel", "panel"]

#: Seconds without a change after which the full answer is computed.
PAUSE = 0.3

_SEVERITIES = [Fraction(n, 2) for n in range(-4, 5)]  # in standard deviations
_AVERAGE, _UNLIMITED, _UNDONE = "average", -1, -1
_Found = TypeVar("_Found")


class Panel:
    """The widgets of a desk.

    Parameters
    ----------
    desk : Desk
    answer : Answer
        What is shown first, and how the widgets are set.
    lang : {'zh', 'en'}

    Attributes
    ----------
    ticks : dict of str to Widget
        By fix, those that bring most first: a box to tick, or a list of levels. Its ``value`` is whether the fix is
        done, or the place of the option, -1 for none.
    budget, severity : SelectionSlider
        Values: a Fraction, -1 for no limit; a Fraction, 'average'.
    plans : Button
        Makes the plans of the budgets; the slider proposes them from then on.
    weights : tuple of IntSlider
        By part, in proportion; none where weights are printed.
    reset : Button
        Puts the weights back.
    said, drawn : HTML
        The answer, and its curve.
    whole : VBox
        All of them.
    answer : Answer
        What is shown.
    """

    def __init__(self, desk: Desk, answer: Answer, lang: Lang) -> None:
        self.desk, self.answer, self._lang = desk, answer, lang
        self._start, self._held = answer, True  # while it is held, widgets may be set without an answer to each
        self._offered, self._picture = False, ""
        self._follows: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._worker = ThreadPoolExecutor(1, "what-if")
        self.ticks, self._places = self._made_ticks()
        self.budget, self.severity = self._made_budget(), self._made_severity()
        self.weights = self._made_weights()
        t = speaker(lang)
        self.plans = widgets.Button(description=t("按预算推荐方案", "Plans by budget"), disabled=not desk.priced)
        self.reset = widgets.Button(description=t("恢复原权重", "Weights as they were"), disabled=not self.weights)
        self.said, self.drawn = widgets.HTML(), widgets.HTML()
        self.whole = self._laid_out()
        self._tick(answer.choice.options)
        self._show(answer)
        for each in (*self.ticks.values(), self.severity, *self.weights):
            each.observe(self._changed, names="value")
        self.budget.observe(self._moved, names="value")
        self.plans.on_click(self._plan)
        self.reset.on_click(self._put_back)
        self._held = False

    @property
    def choice(self) -> Choice:
        """What the widgets say."""
        chosen = [
            place
            for name, tick in self.ticks.items()
            if (place := self._places[name] if tick.value is True else tick.value) is not False and place != _UNDONE
        ]
        own = tuple(slider.value for slider in self.weights)
        moved = own != self._own
        return Choice(
            options=tuple(sorted(chosen)),
            severity=None if self.severity.value == _AVERAGE else self.severity.value,
            weights=shares_of(own) if moved else None,
            budget=None if self.budget.value == _UNLIMITED else self.budget.value,
        )

    def _repr_mimebundle_(self, **given: Any) -> dict[str, str]:
        """Return the widgets for a front end, and the first answer as HTML for a page."""
        found: dict[str, str] = dict(self.whole._repr_mimebundle_(**given) or {})
        return {**found, "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        return str(first_answer(self.desk, self._start, self._lang))

    # -------------------------------------------------------------------------------------------------- made once

    def _made_ticks(self) -> tuple[dict[str, Any], dict[str, int]]:
        """Return a widget for each fix, and the option that it ticks."""
        desk, wide = self.desk, {"width": "99%"}
        levels: dict[str, list[int]] = {}
        for place, option in enumerate(desk.fixes.options):
            levels.setdefault(option.fix, []).append(place)
        ticks: dict[str, Any] = {}
        for best in desk.order:
            name = desk.fixes.options[best].fix
            said = label(desk, best, self._lang)
            if len(levels[name]) == 1:
                ticks[name] = widgets.Checkbox(description=said, indent=False, layout=wide)
                continue
            none = (Text("不办", "not done").say(self._lang), _UNDONE)
            ticks[name] = widgets.Dropdown(
                options=[none, *((self._level(place), place) for place in levels[name])],
                value=_UNDONE,
                description=said,
                layout=wide,
                style={"description_width": "65%"},
            )
        return ticks, {name: own[0] for name, own in levels.items()}

    def _level(self, place: int) -> str:
        option = self.desk.fixes.options[place]
        return Text(f"{option.level}，费用 {cost(option.cost)}", f"{option.level}, cost {cost(option.cost)}").say(
            self._lang
        )

    def _made_budget(self) -> Any:
        budget = self._start.choice.budget
        stops = [] if budget is None else [(cost(budget), budget)]
        return widgets.SelectionSlider(
            options=[*stops, self._no_limit],
            value=_UNLIMITED if budget is None else budget,
            description=Text("预算", "Budget").say(self._lang),
            continuous_update=False,
            disabled=not stops,
        )

    @property
    def _no_limit(self) -> tuple[str, int]:
        return Text("不限", "no limit").say(self._lang), _UNLIMITED

    def _made_severity(self) -> Any:
        own = self._start.choice.severity
        known = bool(self.desk.found.prospect.model.severity)
        stops = sorted({*_SEVERITIES, *([] if own is None else [own])}) if known else []
        return widgets.SelectionSlider(
            options=[(severity_name(None, self._lang), _AVERAGE), *((severity_name(z, self._lang), z) for z in stops)],
            value=_AVERAGE if own is None else own,
            description=Text("督查宽严", "Severity").say(self._lang),
            continuous_update=False,
            disabled=not known,
        )

    def _made_weights(self) -> tuple[Any, ...]:
        parts = () if isinstance(self.desk.parts, Text) else self.desk.parts
        given = self._start.choice.weights or tuple(part.weight for part in parts)
        self._own = tuple(max(round(part.weight * 100), 1) for part in parts)
        return tuple(
            widgets.IntSlider(
                value=max(round(weight * 100), 1),
                min=1,
                max=100,
                description=f"{part.code} {part.name.say(self._lang)}",
                continuous_update=False,
                style={"description_width": "50%"},
                layout={"width": "99%"},
            )
            for part, weight in zip(parts, given, strict=True)
        )

    def _laid_out(self) -> Any:
        t = speaker(self._lang)
        note = (
            self.desk.parts.say(self._lang)
            if isinstance(self.desk.parts, Text)
            else t("各指标权重（按比例折算，满分不变）", "Weights, in proportion; the full marks stay")
        )
        weights = [widgets.Label(note), *self.weights, *([self.reset] if self.weights else [])]
        listed = widgets.VBox(
            list(self.ticks.values()), layout={"max_height": "420px", "overflow": "auto", "border": "1px solid #C3CBD4"}
        )
        heading = widgets.Label(
            t("勾选整改（单独办效果大的在前）", "Tick fixes: those that bring most alone come first")
        )
        head = widgets.HBox([self.severity, self.budget, self.plans])
        return widgets.VBox([head, *weights, heading, listed, self.said, self.drawn])

    # ---------------------------------------------------------------------------------------------------- answers

    def _tick(self, options: tuple[int, ...]) -> None:
        """Set the ticks; the caller holds the answers."""
        by_name = {self.desk.fixes.options[place].fix: place for place in options}
        for name, tick in self.ticks.items():
            if isinstance(tick, widgets.Checkbox):
                tick.value = name in by_name
            else:
                tick.value = by_name.get(name, _UNDONE)

    def _show(self, answer: Answer) -> None:
        self.answer = answer
        self.said.value = answer_block(self.desk, answer, self._lang)
        curve = curve_block(answer, self._lang)
        if answer.curve is None and self.drawn.value and answer.before.chance is not None:
            # what is drawn is of the choice before; it stays, pale, so that nothing jumps
            self.drawn.value = f'{curve}<div style="opacity:.3">{self._picture}</div>'
        else:
            self.drawn.value = self._picture = curve

    def _changed(self, _: Any = None) -> None:
        if self._held:
            return
        choice = self.choice
        self._show(self.desk.quick(choice))
        if self._follows is not None:
            self._follows.cancel()
        self._follows = self._soon(self._full(choice), lambda: self._show(self.desk.full(choice)))

    def _moved(self, _: Any) -> None:
        """Tick the plan of a budget, where plans were made."""
        if self._held:
            return
        if self._offered:
            self._held = True
            value = self.budget.value
            self._tick(self.desk.proposed(None if value == _UNLIMITED else value))
            self._held = False
        self._changed()

    def _put_back(self, _: Any) -> None:
        self._held = True
        for slider, own in zip(self.weights, self._own, strict=True):
            slider.value = own
        self._held = False
        self._changed()

    # ------------------------------------------------------------------------------------------------ what follows

    def _soon(self, later: Coroutine[Any, Any, None], now: Callable[[], None]) -> asyncio.Task[None] | None:
        """Start a task where an event loop runs; else do the same at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            later.close()
            now()
            return None
        task = loop.create_task(later)
        self._running.add(task)  # a loop holds its tasks weakly
        task.add_done_callback(self._running.discard)
        return task

    async def _full(self, choice: Choice) -> None:
        await asyncio.sleep(PAUSE)
        answer = await self._aside(lambda: self.desk.full(choice))
        if choice == self.choice:
            self._show(answer)

    async def _aside(self, compute: Callable[[], _Found]) -> _Found:
        return await asyncio.get_running_loop().run_in_executor(self._worker, compute)

    def _plan(self, _: Any) -> None:
        self.plans.disabled = True
        self.plans.description = Text("正在比较各档预算……", "Comparing budgets ...").say(self._lang)
        self._soon(self._planned(), self._offer)

    async def _planned(self) -> None:
        await self._aside(lambda: self.desk.frontier)
        self._offer()

    def _offer(self) -> None:
        """Let the slider propose the plans of the frontier."""
        own = self.budget.value
        stops = {step.budget for step in self.desk.frontier.steps} | ({own} if own != _UNLIMITED else set())
        self._held = True
        self.budget.options = [*((cost(stop), stop) for stop in sorted(stops)), self._no_limit]
        self.budget.value = own
        self.budget.disabled = False
        self._held, self._offered = False, True
        self.plans.description = Text("已有各档预算的方案", "Plans are ready").say(self._lang)


def panel(desk: Desk, answer: Answer, lang: Lang) -> Panel:
    """Return the widgets of a desk, set as an answer has it; as HTML, the answer itself.

    Parameters
    ----------
    desk : Desk
    answer : Answer
        ``desk.full(desk.start(...))``.
    lang : {'zh', 'en'}
    """
    return Panel(desk, answer, lang)
