"""Jinan in the cycle of 2015 to 2017, by the shares that the national frame prints.

Published (a newspaper's reprint of 27 March 2017, http://meetnikchat.com/shandong/shandonggedi/20170327/3470687.shtml):
94.65 points in 2016 before a deduction of 5 from the negative list, 89.65 after it; the years count 15 % and 25 %.
Its ranks (1st before the deduction, 3rd after it, 2nd over two years) rest on other cities' scores and are not
computed here. Its score of 2015 was not published.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from evalsys.cycles import CycleSettings, cycle_settings, needed, standing
from evalsys.instrument_file import load_instrument

RAW, DEDUCTED, NET = Fraction("94.65"), Fraction(5), Fraction("89.65")


@pytest.fixture(scope="module")
def shares() -> tuple[Fraction, ...]:
    (found,) = [one for one in load_instrument("national-frame-2018").mechanisms if one.kind == "cycle"]
    return found.shares


def jinan(shares: tuple[Fraction, ...], earlier: dict[int, Fraction], year: int = 2017) -> CycleSettings:
    return cycle_settings(shares, 2015, year, earlier)


def test_the_frame_has_the_published_shares(shares: tuple[Fraction, ...]) -> None:
    settings = jinan(shares, {})
    assert dict(zip(settings.years, settings.shares, strict=True)) == {
        2015: Fraction("0.15"),
        2016: Fraction("0.25"),
        2017: Fraction("0.60"),
    }


def test_what_2016_brought_after_its_deduction(shares: tuple[Fraction, ...]) -> None:
    assert RAW - DEDUCTED == NET
    now = standing(jinan(shares, {2016: NET}))
    assert now.secured == Fraction("22.4125")
    assert now.missing == (2015,)
    before = standing(jinan(shares, {2016: RAW}))
    assert before.secured - now.secured == Fraction("1.25")  # what the deduction costs the cycle


def test_a_deduction_known_before_the_test_of_2016_gives_the_same_total(shares: tuple[Fraction, ...]) -> None:
    known = cycle_settings(shares, 2015, 2016, {}, adjust=-DEDUCTED)
    now = standing(known)
    found = needed(now, now.secured + now.share * NET + now.open_share * 80, others=Fraction(80))
    assert (found.score, found.assessed) == (NET, RAW)


@pytest.mark.parametrize("first", [80, 90, 95])
def test_what_2017_had_to_bring_by_what_2015_had_brought(shares: tuple[Fraction, ...], first: int) -> None:
    found = needed(standing(jinan(shares, {2015: Fraction(first), 2016: NET})), Fraction(90))
    assert found.score * Fraction("0.6") + first * Fraction("0.15") + Fraction("22.4125") == 90
