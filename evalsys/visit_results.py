"""The next patrol as text for a terminal, as rows, and as JSON for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from evalsys import wording
from evalsys.fix_rows import Cells, as_json, basis, foot, head, hundredfold, listing, rational, shown, spaced
from evalsys.forecasting import Forecast
from evalsys.language import Lang, Text
from evalsys.listing import Column, Listing
from evalsys.patrols import Visit, Visits
from evalsys.wording import plural

__all__ = ["visits_json", "visits_rows", "visits_text"]

#: Sites of the plain list that stand beside a patrol.
_PLAIN = 10


def visits_rows(found: Forecast, told: Visits, lang: Lang) -> Listing:
    """Return the sites to see, in the order of the patrol; then further sites where most points may be lost."""
    assessment = found.prospect.score.assessment
    rank = {site: place for place, (site, _) in enumerate(told.plain, 1)}
    seen = {visit.site for visit in told.rows}
    rest = [(site, lost) for site, lost in told.plain[:_PLAIN] if site not in seen]
    sites = [*(visit.site for visit in told.rows), *(site for site, _ in rest)]
    table = assessment.sites.iloc[sites]
    blank = [None] * len(rest)
    kinds = [wording.group_name(assessment.instrument, "site_type", name, lang) for name in table["site_type"]]
    added = [hundredfold(v.added) if told.payoff == "chance" else rational(v.added) for v in told.rows]
    value = {
        "points": Text("信息价值（分）", "value (points)"),
        "chance": Text("信息价值（百分点）", "value (pp)"),
    }[told.payoff]
    cells: list[Cells] = [
        (Column("place", Text("次序", "order"), "count"), [*range(1, len(told.rows) + 1), *blank]),
        (Column("site", Text("点位编号", "site")), table["site_id"].tolist()),
        (Column("name", Text("点位名称", "name")), table["name"].tolist()),
        (Column("site_type", Text("点位类型", "type")), kinds),
        (Column("area", Text("属地", "area")), table["area"].tolist()),
        (Column("added", value, "points"), [*added, *blank]),
        (Column("wrong", Text("有问题的可能", "chance of a problem"), "share"), [*map(_wrong, told.rows), *blank]),
        (
            Column("lost", Text("期望失分", "expected loss"), "points"),
            [rational(lost) for lost in (*(v.lost for v in told.rows), *(lost for _, lost in rest))],
        ),
        (Column("rank", Text("期望失分位次", "place by loss"), "count"), [rank.get(site) for site in sites]),
        (
            Column("standards", Text("主要看", "look at")),
            [*(" ".join(visit.standards) for visit in told.rows), *blank],
        ),
    ]
    return listing(cells, ("place", "site", "name", "added", "lost"))


def _wrong(visit: Visit) -> Fraction:
    return rational(visit.wrong)


def visits_text(found: Forecast, told: Visits, lang: Lang) -> str:
    """Return the next patrol for a terminal: what it is worth, then the sites to see."""
    return "\n".join(
        [*_visits_lines(found, told, lang), "", _small(visits_rows(found, told, lang), lang).as_text(lang)]
    )


def _small(made: Listing, lang: Lang) -> Listing:
    """Return the listing with values that all are small shown with as many decimals as tell them apart."""
    place = next(n for n, column in enumerate(made.columns) if column.key == "added")
    cells = [row[place] for row in made.rows]
    largest = max((abs(cell) for cell in cells if cell), default=Fraction(1))
    places = next((k for k in (3, 4, 5) if largest * 10**k >= 10), 6)
    words = ["–" if cell is None else wording.decimal(cell, places) for cell in cells]
    column, set_right = shown(made.columns[place], words, lang)
    columns = [*made.columns[:place], column, *made.columns[place + 1 :]]
    rows = [(*row[:place], word, *row[place + 1 :]) for row, word in zip(made.rows, set_right, strict=True)]
    return Listing(columns, rows)


def _visits_lines(found: Forecast, told: Visits, lang: Lang) -> Iterator[str]:
    count = len(told.rows)
    goal = {"points": Text("期望得分", "expected score"), "chance": Text("达标可能性", "chance to pass")}[told.payoff]
    days = round(told.days)
    if not count:
        yield Text("没有需要再看的点位。", "There is no site that needs another look.").say(lang)
    else:
        yield Text(
            f"督查前 {days} 天巡查 {count} 个点位，再从全部点位中选 {told.repairs} 处整改：比不看就改，"
            f"{goal.zh}平均多提高{spaced(_amount(told, told.evsi, 'zh'))}。",
            f"See {plural(count, 'site')} {plural(days, 'day')} before the inspection, then choose "
            f"{told.repairs} of all sites to mend: on average the {goal.en} rises by "
            f"{_amount(told, told.evsi, 'en')} more than by mending without a look.",
        ).say(lang)
        zh = [_amount(told, value, "zh") for value in (told.evppi, told.evpi)]
        en = [_amount(told, value, "en") for value in (told.evppi, told.evpi)]
        yield Text(
            f"若巡查所见就是督查当天的状况，则为{spaced(zh[0])}；若全部点位当天的状况都已知，则为{spaced(zh[1])}（上限）。",
            f"If it showed the state on the day of the inspection: {en[0]}; if that were known of every site: {en[1]} "
            "(no patrol is worth more).",
        ).say(lang)
    rest = sum(site not in {visit.site for visit in told.rows} for site, _ in told.plain[:_PLAIN])
    if rest:
        yield Text(
            f"表末 {rest} 行没有次序：不在巡查之列，但期望失分居前 {_PLAIN} 位。",
            f"The last {plural(rest, 'row')} without an order: not in the patrol, but among the {_PLAIN} sites "
            "that are expected to lose most.",
        ).say(lang)
    yield from basis(found, lang)


def _amount(told: Visits, value: float, lang: Lang) -> str:
    zh, en, size, places = (
        ("分", "points", value, 3) if told.payoff == "points" else ("个百分点", "percentage points", value * 100, 2)
    )
    least = Fraction(1, 10**places)
    if 0 < size < least / 2:  # little is not nothing
        said = wording.decimal(least, places)
        return Text(f"不足 {said} {zh}", f"less than {said} {en}").say(lang)
    said = wording.decimal(rational(size), places)
    return Text(f"{said} {zh}", f"{said} {en}").say(lang)


def visits_json(found: Forecast, told: Visits, lang: Lang) -> str:
    """Return the next patrol as JSON.

    Keys: those of the forecast as in :func:`effects_json`, ``payoff, repairs, days, exact, evsi, evsi_error, evppi,
    evpi, visits, plain, rates, assumed, notes``. Values are in points, or chances between 0 and 1, as `payoff` says.
    """
    assessment = found.prospect.score.assessment
    ids = assessment.sites["site_id"].tolist()
    names = assessment.sites["name"].tolist()
    content = {
        **head(found),
        "payoff": told.payoff,
        "repairs": told.repairs,
        "days": told.days,
        "exact": told.exact,
        "evsi": told.evsi,
        "evsi_error": told.error,
        "evppi": told.evppi,
        "evpi": told.evpi,
        "visits": [
            {
                "site": ids[visit.site],
                "name": names[visit.site],
                "added": visit.added,
                "wrong": visit.wrong,
                "lost": visit.lost,
                "standards": list(visit.standards),
            }
            for visit in told.rows
        ],
        "plain": [{"site": ids[site], "name": names[site], "lost": lost} for site, lost in told.plain],
        "rates": [
            {"standard": r.standard, "site_type": r.site_type, "sites": r.sites, "evsi": r.evsi, "evppi": r.evppi}
            for r in told.rates
        ],
        **foot(found, lang),
    }
    return as_json(content)
