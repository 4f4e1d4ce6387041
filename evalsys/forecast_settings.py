"""What an assessment says of the forecast: every parameter with its unit, its default and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from evalsys import schema
from evalsys.faults import Fault, InputFaults, nearest
from evalsys.fields import STATUSES
from evalsys.instrument import Instrument
from evalsys.language import Text
from evalsys.model import PARTS
from evalsys.schema import Reader, Record, Spot, keyed, mapped, record

#: Names of the parts of the uncertainty.
PART_NAMES: Mapping[str, Text] = {
    "rates": Text("达标率的把握", "rates known from few checks"),
    "severity": Text("严查程度", "severity of the inspectors"),
    "draw": Text("抽到哪些点位", "which sites are drawn"),
    "state": Text("点位届时状况", "state of the sites on the day"),
    "survey": Text("问卷抽样", "survey sample"),
    "documents": Text("材料是否备齐", "documents ready or not"),
    "events": Text("突发事件", "events"),
}
__all__ = [
    "PART_NAMES",
    "SHEET_NAMES",
    "ForecastSettings",
    "Parameter",
    "SheetRow",
    "either_language",
    "forecast_of",
    "read_forecast",
    "sheet_forecast",
    "sheet_key",
    "sheet_name",
]

_DAYS, _CHANCE, _SHARE = Text("天", "days"), Text("概率", "chance"), Text("份额", "share")
_PEOPLE, _A_YEAR = Text("人", "people"), Text("次／年", "a year")
_CHECKS, _LOG_ODDS, _TIMES = Text("次检查", "checks"), Text("对数优势", "log-odds"), Text("倍", "times")


@dataclass(frozen=True)
class Parameter:
    """One number that the forecast rests on.

    Attributes
    ----------
    key : str
        The part and its own name, as in the file: ``severity.sd``.
    name : Text
        What it means.
    value : Fraction or None
        None where the evidence says it, or where there is no limit: `otherwise` tells which.
    unit : Text
    default : Fraction or None
        What holds where the file says nothing.
    status : {'default', 'given', 'sourced', 'learnt'}
        Nobody stated it; stated without a source; stated with one; taken from the evidence.
    source : Text or None
    otherwise : Text or None
        What None stands for.

    Examples
    --------
    >>> ForecastSettings().parameter("severity.sd").unit.en
    'log-odds'
    """

    key: str
    name: Text
    value: Fraction | None
    unit: Text
    default: Fraction | None
    status: str = "default"
    source: Text | None = None
    otherwise: Text | None = None

    @property
    def part(self) -> str:
        """The part that it belongs to: one of :data:`evalsys.model.PARTS`, or 'inspector'."""
        return self.key.partition(".")[0]

    @property
    def assumed(self) -> bool:
        """Whether it is a number without a source that no evidence stands behind."""
        return self.value is not None and self.status in ("default", "given")


def _parameter(key: str, zh: str, en: str, unit: Text, default: str, otherwise: Text | None = None) -> Parameter:
    value = Fraction(default) if default else None
    return Parameter(key, Text(zh, en), value, unit, value, otherwise=otherwise)


def _ready(status: str, default: str) -> Parameter:
    shown = next(zh for zh, name in STATUSES.items() if name == status)
    zh, en = f"现为“{shown}”的材料到督查时备齐的概率", f"chance that a document now {status} is ready by the inspection"
    return _parameter(f"documents.{status}", zh, en, _CHANCE, default)


_AS_MANY = Text("与模拟测评的答卷人数相同", "as many as answered in the mock survey")
_KISH = Text("由答卷权重算出（Kish）", "from the weights of the answers (Kish)")
_MANY = Text("人数很多，不作有限总体修正", "very many: no finite-population correction")
_DEFAULTS = (
    _parameter(
        "rates.weight", "上一级达标率折合的检查次数", "checks that the next wider group's rate is worth", _CHECKS, "5"
    ),
    _parameter("severity.sd", "严查程度的标准差", "standard deviation of severity", _LOG_ODDS, "0.3"),
    _parameter("inspector.sensitivity", "存在的问题被查出的概率", "chance that a shortfall is seen", _CHANCE, "1"),
    _parameter("inspector.specificity", "达标的判为达标的概率", "chance that compliance is seen as such", _CHANCE, "1"),
    _parameter("state.half_life", "检查结果的半衰期", "half-life of what was last seen", _DAYS, "60"),
    _parameter("state.unknown_age", "没有日期的检查按多少天前计", "age of a check without a date", _DAYS, "30"),
    _parameter("survey.respondents", "正式调查访问的人数", "people asked in the coming survey", _PEOPLE, "", _AS_MANY),
    _parameter("survey.deff", "抽样设计效应", "design effect of the sample", _TIMES, "", _KISH),
    _parameter("survey.population", "调查总体的人数", "people whom the survey may reach", _PEOPLE, "", _MANY),
    _parameter("survey.response", "应答率", "share of those asked who answer", _SHARE, "1"),
    _parameter("survey.coached", "经过辅导的答卷所占份额", "share of answers that are coached", _SHARE, "0"),
    _ready("empty", "0.2"),
    _ready("drafted", "0.5"),
    _ready("reviewed", "0.8"),
    _ready("approved", "0.95"),
    _ready("closed", "0.99"),
)


def _always() -> frozenset[str]:
    """Return the parts that are on wherever nothing is said: a draw and events must be stated."""
    return frozenset(PARTS) - {"draw", "events"}


@dataclass(frozen=True)
class ForecastSettings:
    """Which parts of the uncertainty count, and every parameter.

    Attributes
    ----------
    on : frozenset of str
        Of :data:`evalsys.model.PARTS`. 'draw' only where a draw is stated, 'events' only where rates are given.
    parameters : tuple of Parameter
        All of them, also those at their default and those of parts that are off, in a fixed order.

    Examples
    --------
    >>> settings = ForecastSettings()
    >>> settings.value("state.half_life"), settings.parameter("state.half_life").status
    (Fraction(60, 1), 'default')
    >>> sorted(settings.with_off(["survey", "documents"]).on)
    ['rates', 'severity', 'state']
    """

    on: frozenset[str] = field(default_factory=_always)
    parameters: tuple[Parameter, ...] = _DEFAULTS

    def parameter(self, key: str) -> Parameter:
        """Return a parameter by its key; KeyError for one that does not exist."""
        for found in self.parameters:
            if found.key == key:
                return found
        raise KeyError(key)

    def value(self, key: str) -> Fraction | None:
        """Return the value of a parameter, whether its part is on or not; None as :class:`Parameter` says."""
        return self.parameter(key).value

    def values(self, part: str) -> Mapping[str, Fraction]:
        """Return the stated values of a part by their own names: documents by status, events by code.

        Examples
        --------
        >>> {name: float(chance) for name, chance in ForecastSettings().values("documents").items()}
        {'empty': 0.2, 'drafted': 0.5, 'reviewed': 0.8, 'approved': 0.95, 'closed': 0.99}
        """
        own = [found for found in self.parameters if found.part == part]
        return {found.key.partition(".")[2]: found.value for found in own if found.value is not None}

    @property
    def learns_half_life(self) -> bool:
        """Whether the half-life is to be learnt where sites were seen repeatedly: nobody stated one."""
        return self.parameter("state.half_life").status == "default"

    def with_learnt(self, values: Mapping[str, Fraction]) -> ForecastSettings:
        """Return the settings with values that the evidence has taught, by key."""
        for key in values:
            self.parameter(key)
        learnt = (
            replace(found, value=values[found.key], status="learnt", source=None) if found.key in values else found
            for found in self.parameters
        )
        return replace(self, parameters=tuple(learnt))

    def with_off(self, parts: Iterable[str]) -> ForecastSettings:
        """Return the settings with some parts switched off.

        Raises
        ------
        InputFaults
            For a name that is no part.
        """
        return replace(self, on=self.on - _parts(parts))

    def only(self, parts: Iterable[str]) -> ForecastSettings:
        """Return the settings with all parts switched off but these; what is off already stays off.

        Raises
        ------
        InputFaults
            For a name that is no part.

        Examples
        --------
        >>> sorted(ForecastSettings().only(["severity", "draw"]).on)
        ['severity']
        """
        return replace(self, on=self.on & _parts(parts))


def _parts(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(names)
    allowed = " ".join(PARTS)
    faults = [
        Fault("unknown_name", "parts", value=name, allowed=allowed, nearest=nearest(name, PARTS))
        for name in found - {*PARTS}
    ]
    if faults:
        raise InputFaults(faults)
    return found


# ------------------------------------------------------------------------------------------------ reading the file


@dataclass(frozen=True)
class _Stated:
    """A number as the file has it, and its place."""

    value: Fraction
    source: Text | None
    spot: Spot


def either_language(spot: Spot, value: Any) -> Text | None:
    """Read one text for both languages, or a pair."""
    if isinstance(value, str):
        return Text(value, value)
    found: Text | None = schema.pair(spot, value)
    return found


def _stated(reader: Reader) -> Reader:
    """Return a reader of a number, plain or as ``{value, source}``."""

    def read(spot: Spot, value: Any) -> _Stated | None:
        def named(here: Spot, own: Any) -> Any:  # a fault is told under the number's name, not under 'value'
            return reader(replace(here, key=spot.key), own)

        if isinstance(value, dict):
            found = record({"value": named}, {"source": either_language})(spot, value)
            number, source = (found["value"], found["source"]) if found else (None, None)
        else:
            number, source = reader(spot, value), None
        return None if number is None else _Stated(Fraction(number), source, spot)

    return read


def _where(reader: Reader, holds: Callable[[Any], bool], allowed: str) -> Reader:
    """Return a reader that takes only some of the numbers that another one reads."""

    def read(spot: Spot, value: Any) -> Any:
        found = reader(spot, value)
        if found is None or holds(found):
            return found
        spot.report("out_of_range", schema.short(value), allowed)
        return None

    return read


def _part(shape: Reader, names: Iterable[str]) -> Reader:
    """Return a reader of a part: ``off``, ``on``, or its parameters."""
    allowed = "on off {" + ", ".join(f"{name}: ..." for name in names) + "}"

    def read(spot: Spot, value: Any) -> Any:
        if value in ("on", "off"):
            return value
        if isinstance(value, dict):
            return shape(spot, value)
        spot.report("bad_value", schema.short(value), allowed)
        return None

    return read


def _half_life(spot: Spot, value: Any) -> _Stated | str | None:
    if value == "learn":
        return "learn"
    if isinstance(value, str) and schema.parse_number(value) is None:
        spot.report("bad_number", schema.short(value), "60  learn", nearest(value, ["learn"]))
        return None
    found: _Stated | None = _stated(schema.positive)(spot, value)
    return found


_chance = _stated(schema.portion)
_amount = _stated(schema.number)
#: Beyond 10 on the scale of log-odds a check is a coin that shows the same side at every site.
_SHAPES: Mapping[str, Mapping[str, Reader]] = {
    "state": {"half_life": _half_life, "unknown_age": _amount},
    "rates": {"weight": _amount},
    "severity": {"sd": _stated(_where(schema.number, lambda sd: sd <= 10, "0..10"))},
    "inspector": {"sensitivity": _chance, "specificity": _chance},
    "survey": {
        "respondents": _stated(schema.count),
        "deff": _stated(_where(schema.number, lambda deff: deff >= 1, ">= 1")),
        "population": _stated(schema.count),
        "response": _stated(_where(schema.portion, lambda share: share > 0, "> 0, <= 1")),
        "coached": _chance,
    },
    "documents": dict.fromkeys(STATUSES.values(), _chance),
}
_FORECAST = record(
    {},
    {
        "draw": schema.choice("on", "off"),
        **{name: _part(record({}, shape), shape) for name, shape in _SHAPES.items()},
        "events": _part(keyed(_amount), ["G15"]),
    },
)


def read_forecast(spot: Spot, value: Any) -> Record | None:
    """Check the shape of ``forecast`` in the settings; faults go to the spot."""
    found: Record | None = _FORECAST(spot, value)
    return found


# ------------------------------------------------------------------------------------------- the sheet of a workbook

_PREFIX = "预测·"
#: Chinese names of parts and parameters in the settings sheet of a workbook; those of events depend on the instrument.
SHEET_NAMES: Mapping[str, str] = {
    **{f"{_PREFIX}{name.zh}": f"forecast.{part}" for part, name in PART_NAMES.items()},
    **{f"{_PREFIX}{own.name.zh}": f"forecast.{own.key}" for own in _DEFAULTS},
}
_EVENT = re.compile(_PREFIX + ".*（([^（）]+)）的预计次数")
_SWITCH = {"开启": "on", "关闭": "off"}


class SheetRow(NamedTuple):
    """A row of the settings sheet that speaks of the forecast: its key, what the sheet calls it, and its cells."""

    key: str
    name: str
    value: str
    source: str
    number: int


def sheet_name(key: str, name: Text) -> str:
    """Return what a Chinese settings sheet calls a part or a parameter: :func:`sheet_key` turned round.

    Examples
    --------
    >>> sheet_name("severity", PART_NAMES["severity"])
    '预测·严查程度'
    """
    return f"{_PREFIX}{name.zh}"


def sheet_key(name: str) -> str | None:
    """Return the key that a name in a Chinese settings sheet stands for; for events the code in brackets counts.

    Examples
    --------
    >>> sheet_key("预测·严查程度"), sheet_key("预测·严查程度的标准差"), sheet_key("严查程度")
    ('forecast.severity', 'forecast.severity.sd', None)
    >>> sheet_key("预测·重大事故（G15）的预计次数")
    'forecast.events.G15'
    """
    event = _EVENT.fullmatch(name)
    return f"forecast.events.{event[1]}" if event else SHEET_NAMES.get(name)


def sheet_forecast(spot: Spot, rows: Sequence[SheetRow]) -> Any:
    """Turn rows such as ``forecast.severity.sd`` into the map that a file has under ``forecast``.

    Rows without a value say nothing. A parameter may have a source. A part is off, or has parameters: both is a fault.

    Returns
    -------
    map or None
        None where nothing is said.
    """
    parts: dict[str, dict[str, SheetRow]] = {}
    for row in rows:
        part, _, own = row.key.removeprefix("forecast.").partition(".")
        held = parts.setdefault(part, {})
        if own in held:
            replace(spot, line=row.number, key=row.name).report("duplicate_key", row.key)
        elif row.value or (own and row.source):
            held[own] = row
    said = {}
    for part, held in parts.items():
        switch = held.pop("", None)
        if switch and held and _SWITCH.get(switch.value, switch.value) != "on":
            allowed = " ".join((switch.name, *(row.name for row in held.values())))
            replace(spot, line=switch.number, key=switch.name).report("exactly_one", switch.value, allowed)
        elif held:
            first = next(iter(held.values()))
            said[part] = mapped({own: _cell(row) for own, row in held.items()}), first.number, first.name
        elif switch and switch.value in (*_SWITCH, *_SWITCH.values()):
            said[part] = _SWITCH.get(switch.value, switch.value), switch.number, switch.name
        elif switch:
            known = list(_SWITCH.values() if switch.name.isascii() else _SWITCH)
            replace(spot, line=switch.number, key=switch.name).unknown("bad_value", switch.value, known)
    return mapped(said) if said else None


def _cell(row: SheetRow) -> tuple[Any, int, str]:
    if not row.source:
        return row.value, row.number, row.name
    value = (row.value or None, row.number, row.name)
    return mapped({"value": value, "source": (row.source, row.number, row.name)}), row.number, row.name


def forecast_of(found: Record | None, instrument: Instrument, *, drawn: bool, dated: bool) -> ForecastSettings:
    """Check what was read against the instrument and within itself; faults go to the places of the file.

    Parameters
    ----------
    found : Record or None
        As :func:`read_forecast` returns it; None where the file says nothing.
    drawn : bool
        Whether the assessment or the instrument states a draw.
    dated : bool
        Whether the day of the inspection is known: events happen in the time that is left.
    """
    said: Mapping[str, Any] = found or {}
    stated = {
        f"{part}.{name}": item
        for part in (*_SHAPES, "events")
        if isinstance(said.get(part), dict)
        for name, item in said[part].items()
        if isinstance(item, _Stated)
    }
    if found is not None:
        _check_within(found, stated, drawn)
        _check_events(found, stated, instrument, dated)
    events = (
        _parameter(
            f"events.{entry.code}",
            f"{entry.name.zh}（{entry.code}）的预计次数",
            f"expected number: {entry.name.en} ({entry.code})",
            _A_YEAR,
            "0",
        )
        for entry in instrument.negative_list
    )
    parameters = tuple(_as_stated(own, stated.get(own.key)) for own in (*_DEFAULTS, *events))
    rates = any(own.part == "events" and own.value for own in parameters)
    off = {part for part in PARTS if said.get(part) == "off"}
    on = {*_always(), *(["draw"] if drawn else []), *(["events"] if rates else [])}
    return ForecastSettings(frozenset(on - off), parameters)


def _as_stated(own: Parameter, stated: _Stated | None) -> Parameter:
    if stated is None:
        return own
    status = "given" if stated.source is None else "sourced"
    return replace(own, value=stated.value, status=status, source=stated.source)


def _check_within(found: Record, stated: Mapping[str, _Stated], drawn: bool) -> None:
    """Compare what is stated with each other."""
    if found["draw"] == "on" and not drawn:
        found.at("draw").report("nothing_to_switch_on", "", "draw: [{site_type: ..., sites: ...}]")
    asked, people, deff = (stated.get(f"survey.{name}") for name in ("respondents", "population", "deff"))
    if asked and people and asked.value > people.value:
        asked.spot.report("sample_exceeds_population", str(asked.value), f"<= {people.value}")
    if asked and deff and deff.value > asked.value:
        deff.spot.report("out_of_range", schema.decimal(deff.value), f"1..{asked.value}")


def _check_events(found: Record, stated: Mapping[str, _Stated], instrument: Instrument, dated: bool) -> None:
    """Events need a code of the negative list, and the day of the inspection."""
    codes = [entry.code for entry in instrument.negative_list]
    own = {key.partition(".")[2]: item for key, item in stated.items() if key.startswith("events.")}
    for code, item in own.items():
        if code not in codes:
            item.spot.unknown("unknown_code", code, codes)
    if not dated and any(item.value for item in own.values()):
        found.at("events").report("needs_inspection_date", "", "inspection_date: 2016-08-15")
    if found["events"] == "on":
        found.at("events").report("nothing_to_switch_on", "", "{" + (codes[0] if codes else "G15") + ": 0.05}")
