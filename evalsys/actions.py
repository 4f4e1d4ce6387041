"""What to do first: the standards whose repair brings most, scored by the same call as everything else."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from evalsys.scoring import Score, score
from evalsys.views import findings

__all__ = ["Action", "actions"]


@dataclass(frozen=True)
class Action:
    """The repair of all findings of one standard and one set of units.

    Attributes
    ----------
    standard : str
    sites : tuple of int
        Rows of the sites in ``Assessment.sites``.
    units : tuple of str
    area : str or None
    observations : tuple of str
        Ids of the findings.
    points : Fraction
        Points won by this action after those before it.
    rise : Fraction
        Rise of the attainment by this action.
    after : Fraction
        Attainment after this action and those before it.
    """

    standard: str
    sites: tuple[int, ...]
    units: tuple[str, ...]
    area: str | None
    observations: tuple[str, ...]
    points: Fraction
    rise: Fraction
    after: Fraction


@lru_cache(maxsize=1)  # a page asks three times, and each repair is a whole score
def actions(result: Score, most: int = 3) -> tuple[Action, ...]:
    """Return the repairs that bring most points, each scored after the ones before it.

    Findings are grouped by standard and unit and taken in order of the points they lost together; a repair that would
    bring nothing is left out.

    Examples
    --------
    >>> from evalsys import read_assessment, score
    >>> [action.standard for action in actions(score(read_assessment("data/wujiang-2016")))]
    ['10.14', '11.3', '1.3']
    """
    groups: dict[tuple[str, tuple[str, ...], str | None], list[int]] = {}
    found = findings(result)
    for place, (standard, units, area) in enumerate(zip(found["standard"], found["units"], found["area"], strict=True)):
        groups.setdefault((standard, units, area), []).append(place)
    lost = found["lost"].tolist()
    heaviest = sorted(groups, key=lambda key: -sum((lost[place] for place in groups[key]), Fraction(0)))
    chosen: list[Action] = []
    mended: list[str] = []
    before = result
    for standard, units, area in heaviest[:most]:
        places = groups[standard, units, area]
        mended += found["observation_id"].iloc[places].tolist()
        after = score(result.assessment, left_out=result.left_out, repaired=mended)
        if after.attainment is None or before.attainment is None or after.attainment <= before.attainment:
            continue
        sites = tuple(dict.fromkeys(site for site in found["site"].iloc[places].tolist() if site >= 0))
        ids = tuple(found["observation_id"].iloc[places])
        rise = after.attainment - before.attainment
        chosen.append(Action(standard, sites, units, area, ids, after.won - before.won, rise, after.attainment))
        before = after
    return tuple(chosen)
