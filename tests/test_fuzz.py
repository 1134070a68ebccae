"""No file that somebody gives us ends in a traceback, a crash, a hang or without memory.

The long run: `pytest -m slow tests/test_fuzz.py`; other inputs: FINGERSPELL_SEED=7 before it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
TARGETS = ("recipe", "study", "index", "split", "words", "checkpoint", "onnx")
SLOWEST_S = 5.0  # of processor time, to open a file


def fuzz(target: str, n: int, folder: Path) -> dict:
    seed = int(os.environ.get("FINGERSPELL_SEED", "0"))
    print(f"seed {seed}")
    command = [sys.executable, "-m", "tests.fuzzing", target, str(n), str(seed), str(folder)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=3600
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
    figures = json.loads(done.stdout.splitlines()[-1])
    print(figures)
    assert figures["slowest_s"] < SLOWEST_S
    return figures


@pytest.mark.parametrize("target", ["recipe", "split", "onnx"])
def test_a_few_changed_files(target, tmp_path):
    assert fuzz(target, 60, tmp_path)["n"] == 60


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_many_changed_files(target, tmp_path):
    assert fuzz(target, 2000, tmp_path)["refused"] > 100
