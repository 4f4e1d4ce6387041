"""The checks of .pre-commit-config.yaml, run as part of the fast tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        pytest.param(["mypy", "--no-error-summary"], marks=pytest.mark.slow),  # half a minute without its cache
        ["nbstripout", "--verify", *NOTEBOOKS],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_clean(command, tmp_path):
    if command[0] == "mypy":
        command = [*command, f"--cache-dir={tmp_path}"]
    run = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_fault_would_be_noticed(tmp_path):
    (tmp_path / "a.py").write_text("import os\n")
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", str(tmp_path)], capture_output=True, check=False
    )
    assert run.returncode == 1
