"""An assessment as of a day is the assessment that one would have read on that day."""

import datetime
import shutil
from pathlib import Path

import pandas as pd
import pytest

from evalsys import read_assessment, score
from evalsys.as_of import evidence_on, observations_on
from evalsys.sightings import history

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "data" / "example-ledgers"


def read_on(folder: Path, day: datetime.date):
    """Read the example as its files were on a day: later rows of the observations do not stand there yet."""
    shutil.copytree(EXAMPLE, folder)
    for name in ("findings", "rectifications", "steps"):
        (folder / f"{name}.csv").unlink()
    table = pd.read_csv(folder / "observations.csv", dtype=str, keep_default_na=False)
    table[table["observed_on"] <= day.isoformat()].to_csv(folder / "observations.csv", index=False)
    return read_assessment(folder)


@pytest.mark.parametrize("day", [datetime.date(2026, 8, 30), datetime.date(2026, 10, 14), datetime.date(2026, 11, 15)])
def test_the_score_is_that_of_the_files_of_the_day(tmp_path, day):
    then, now = read_on(tmp_path / "then", day), read_assessment(EXAMPLE)
    cut = observations_on(now, day)
    a, b = score(then), score(cut)
    assert (a.value, a.won, a.assessed, a.worst, a.best) == (b.value, b.won, b.assessed, b.worst, b.best)
    assert a.rows.drop(columns="note").equals(b.rows.drop(columns="note"))
    counted = then.observations.set_index("observation_id")[["counts", "why_not"]]
    same = cut.observations.set_index("observation_id").loc[counted.index, ["counts", "why_not"]]
    assert counted.equals(same)
    one, other = history(then), history(cut)
    assert (one.leaf.tolist(), one.day.tolist(), one.complied.tolist()) == (
        other.leaf.tolist(),
        other.day.tolist(),
        other.complied.tolist(),
    )


def test_after_the_last_day_nothing_changes():
    now = read_assessment(EXAMPLE)
    assert observations_on(now, datetime.date(2026, 12, 1)) is now


def small(folder: Path, rows: str, more: str = "") -> Path:
    folder.mkdir()
    yaml = "instrument: national-frame-2018\nplace: 样例市\nround: r1\ninspection_date: 2026-09-01\n"
    (folder / "assessment.yaml").write_text(yaml + more, "utf-8")
    (folder / "observations.csv").write_text(rows, "utf-8")
    (folder / "events.csv").write_text("code,date\nmayor-breach,2026-03-01\nmayor-breach,2026-05-02\n", "utf-8")
    return folder


def test_rows_without_a_day(tmp_path):
    folder = tmp_path / "a"
    shutil.copytree(EXAMPLE, folder)
    for name in ("findings", "rectifications", "steps"):
        (folder / f"{name}.csv").unlink()
    table = pd.read_csv(folder / "observations.csv", dtype=str, keep_default_na=False)
    table["observed_on"] = ""
    table.drop_duplicates(["standard", "site_id"]).to_csv(folder / "observations.csv", index=False)
    early = datetime.date(2026, 1, 1)
    bare = read_assessment(folder)
    assert score(observations_on(bare, early)).value == score(bare).value  # without a day they count as before
    settings = (folder / "assessment.yaml").read_text("utf-8")
    (folder / "assessment.yaml").write_text(settings.replace("ledger:\n", "ledger:\n  undated: 2026-03-01\n"), "utf-8")
    told = read_assessment(folder)
    assert observations_on(told, datetime.date(2026, 3, 1)) is told
    assert score(observations_on(told, early)).assessed < score(told).assessed


def test_an_event_counts_from_its_day(tmp_path):
    made = small(tmp_path / "b", "observation_id,standard,value\n")
    read = read_assessment(made)
    assert [len(evidence_on(read, datetime.date(2026, month, 2)).events) for month in (2, 4, 5)] == [0, 1, 2]
