"""A real-size league: Wujiang against copies of itself with repairs and with more found."""

import csv
import shutil
from pathlib import Path

import pytest

from evalsys.evidence import read_assessment
from evalsys.forecasting import forecast
from evalsys.league import league_of

WUJIANG = Path(__file__).resolve().parents[2] / "data" / "wujiang-2016"


def copied(folder, mended=0):
    """Copy Wujiang with the first checks that lost something mended."""
    shutil.copytree(WUJIANG, folder)
    path = folder / "observations.csv"
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    for row in [row for row in rows if float(row["value"] or 0) > 0][:mended]:
        row["value"] = "0.0"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_wujiang_against_itself_and_against_itself_with_repairs(tmp_path):
    for name, mended in (("a", 0), ("b", 0), ("c", 12)):
        copied(tmp_path / name, mended)
    (tmp_path / "units.csv").write_text("name,assessment\n甲,a\n乙,b\n丙,c\n", "utf-8")
    league = league_of(str(tmp_path / "units.csv"))
    (group,) = league.groups
    assert [(own.ranked.name, own.ranked.rank) for own in group.units] == [("丙", 1), ("甲", 2), ("乙", 2)]
    mended, one, other = group.units
    # two that are alike have the same law, and the law of the forecast
    assert one.chances.first == pytest.approx(other.chances.first, abs=1e-9)
    found = forecast(read_assessment(WUJIANG))
    assert one.expected == pytest.approx(found.mean / 39 * 100, abs=1e-3)
    assert mended.expected > one.expected + 2
    assert mended.chances.first > 0.6
    assert one.chances.first + other.chances.first + mended.chances.first == pytest.approx(1, abs=2e-3)
    assert (one, other) in group.alike
