"""Places and bodies are scored, never persons; no passage of a source text is in the project."""

import re
import subprocess
from itertools import accumulate
from pathlib import Path

import pytest

from evalsys.fields import TABLES
from evalsys.privacy import is_personal_heading, masked

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT.parent / "shared" / "seeds"
RUN = 15


def texts():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8",
    ).stdout.splitlines()  # fmt: skip
    for name in names:
        path = ROOT / name.strip('"')
        if path.suffix in (".yaml", ".csv", ".md", ".py", ".ipynb", ".txt") and path.is_file():
            yield name, path.read_text("utf-8", errors="ignore")


def runs(text):
    """Every run of 15 characters, blanks and punctuation left out, that holds at least ten ideographs."""
    plain = re.sub(r"[^\w]", "", text)
    ideographs = [0, *accumulate("\u4e00" <= c <= "\u9fff" for c in plain)]  # up to each place
    for start in range(len(plain) - RUN + 1):
        if ideographs[start + RUN] - ideographs[start] >= 10:
            yield plain[start : start + RUN]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source texts are not at hand; they are never committed")
def test_no_text_shares_a_passage_with_a_source():
    seeds = {run for path in SEEDS.iterdir() for run in runs(path.read_text("utf-8", errors="ignore"))}
    assert len(seeds) > 10_000
    shared = {name: run for name, text in texts() for run in runs(text) if run in seeds}
    assert shared == {}


def test_a_shared_passage_would_be_noticed():
    assert set(runs("一二三四五六七八九十甲乙丙丁戊")) & set(runs("前文。一二三四五六七八九十，甲乙丙丁戊！"))


def test_no_table_has_a_column_for_a_person():
    headings = {h for columns in TABLES.values() for column in columns for h in (column.name, *column.headings)}
    assert [heading for heading in headings if is_personal_heading(heading)] == []


def test_no_file_holds_a_phone_or_identity_number():
    tested = ("tests/", "requirements.txt", "evalsys/privacy.py")  # the refusal's own examples; hashes
    found = {name for name, text in texts() if not name.startswith(tested) and masked(text) != text}
    assert found == set()
