"""The folder for a model hub: its examples read what the reader reads."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.app.npm import build_web
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "hub"
    subprocess.run([sys.executable, REPOSITORY / "scripts" / "hub.py", folder], check=True, timeout=300)
    return folder


def test_it_holds_what_a_hub_shows(hub: Path):
    card = (hub / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert "## Figures" in card
    held = {path.name for path in hub.iterdir()}
    assert held == {
        "LICENSE",
        "README.md",
        "config.json",
        "example.mjs",
        "example.py",
        "reader.onnx",
    }


@pytest.mark.parametrize("name", ["a", "l", "w"])
def test_the_python_example(hub: Path, examples: Path, name: str):
    read = subprocess.run(
        [sys.executable, hub / "example.py", examples / f"{name}.jpg"],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert re.match(rf"{name.upper()} (0\.9|1\.0)", read.stdout)


@pytest.mark.slow
def test_the_javascript_example(hub: Path, examples: Path, tmp_path: Path):
    shutil.copytree(REPOSITORY / "web", tmp_path / "web", ignore=shutil.ignore_patterns("node_modules"))
    build_web(tmp_path / "web", "npm ci")
    (hub / "node_modules").symlink_to(tmp_path / "web" / "node_modules")
    Image.open(examples / "w.jpg").convert("RGB").save(tmp_path / "w.ppm")
    read = subprocess.run(
        ["node", hub / "example.mjs", tmp_path / "w.ppm"],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ,
    )
    assert re.match(r"W (0\.9|1\.0)", read.stdout)
