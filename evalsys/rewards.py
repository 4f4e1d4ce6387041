"""Rewards that fall with points lost and with notices left unheeded (S003.7.4).

The source names two grounds, being noticed often without rectifying and losing many points, and no number: the limits
and the shares are the office's own. Either ground is enough; where both hold, the lower tier counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from evalsys.faults import Fault, InputFaults
from evalsys.language import Text

__all__ = ["Reward", "Tier", "check_tiers", "tier_of"]


@dataclass(frozen=True)
class Tier:
    """A class of reward.

    Attributes
    ----------
    at_most_lost : Fraction or None
        Points lost up to which a unit belongs here, the limit included; None for no limit.
    name : Text
        Of the class.
    share : Fraction
        Of the full bonus, 0 to 1.
    at_most_notices : int or None
        Notices left without rectification up to which a unit belongs here; None for no limit.
    """

    at_most_lost: Fraction | None
    name: Text
    share: Fraction
    at_most_notices: int | None = None


@dataclass(frozen=True)
class Reward:
    """The tier of a unit.

    Attributes
    ----------
    tier : Tier
    place : int
        Of the tier, 1 for the best.
    by_lost, by_notices : int
        Place by each ground alone; the lower tier of the two counts.
    lost : Fraction
    notices : int
    """

    tier: Tier
    place: int
    by_lost: int
    by_notices: int
    lost: Fraction
    notices: int

    def amount(self, bonus: Fraction) -> Fraction:
        """Return the reward out of a full bonus, in its unit."""
        return bonus * self.tier.share


def check_tiers(tiers: Sequence[Tier], *, file: str = "tiers") -> list[Fault]:
    """Return what is wrong with tiers, the best first; the row of a fault is the place of the tier.

    Limits must rise and shares fall from tier to tier, each tier must be reached by some unit, and the last has no
    limits.
    """
    if not tiers:
        return [Fault("empty_value", file)]
    found = []
    for row, tier in enumerate(tiers, 1):
        if not 0 <= tier.share <= 1:
            found.append(Fault("out_of_range", file, row, "share", str(tier.share), "0 – 1"))
        for column, limit in (("at_most_lost", tier.at_most_lost), ("at_most_notices", tier.at_most_notices)):
            if limit is not None and limit < 0:
                found.append(Fault("out_of_range", file, row, column, str(limit), ">= 0"))
    for row, (better, worse) in enumerate(pairwise(tiers), 2):
        if worse.share > better.share:
            found.append(Fault("tiers_rise", file, row, "share", str(worse.share), f"<= {better.share}"))
        for column in ("at_most_lost", "at_most_notices"):
            above, below = getattr(better, column), getattr(worse, column)
            if not _within(above, below):
                found.append(Fault("tiers_rise", file, row, column, str(below), f">= {above}"))
        if (better.at_most_lost, better.at_most_notices) == (worse.at_most_lost, worse.at_most_notices):
            found.append(Fault("unreachable", file, row))
    last = tiers[-1]
    for column in ("at_most_lost", "at_most_notices"):
        if (limit := getattr(last, column)) is not None:
            found.append(Fault("last_tier", file, len(tiers), column, str(limit)))
    return found


def tier_of(lost: Fraction, notices: int, tiers: Sequence[Tier]) -> Reward:
    """Return the tier of a unit by the points it lost and the notices it left without rectification.

    Parameters
    ----------
    lost : Fraction
        Points lost, unrounded, at least 0.
    notices : int
        At least 0.
    tiers : sequence of Tier
        The best first.

    Raises
    ------
    InputFaults
        Where the tiers do not fall (:func:`check_tiers`), or a number is below 0.

    Examples
    --------
    >>> full = Tier(Fraction(5), Text("全额", "in full"), Fraction(1))
    >>> half = Tier(None, Text("减半", "half"), Fraction(1, 2))
    >>> [tier_of(Fraction(lost), 0, [full, half]).place for lost in ("5", "5.001")]
    [1, 2]
    """
    faults = check_tiers(tiers)
    for column, value in (("lost", lost), ("notices", notices)):
        if value < 0:
            faults.append(Fault("out_of_range", "units", column=column, value=str(value), allowed=">= 0"))
    if faults:
        raise InputFaults(faults)
    by_lost = next(row for row, tier in enumerate(tiers, 1) if _within(lost, tier.at_most_lost))
    by_notices = next(row for row, tier in enumerate(tiers, 1) if _within(notices, tier.at_most_notices))
    place = max(by_lost, by_notices)
    return Reward(tiers[place - 1], place, by_lost, by_notices, Fraction(lost), notices)


def _within(value: Fraction | int | None, limit: Fraction | int | None) -> bool:
    """Return whether a value is at most a limit; None is without limit."""
    return limit is None or (value is not None and value <= limit)
