"""The commands of the Dockerfile, without a container engine."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.app.serving import free_port, wait_until_healthy
from tests.conftest import REPOSITORY

BIN = "/opt/fingerspell/bin/"


@pytest.fixture
def instructions() -> list[tuple[str, str]]:
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1].strip()) for line in lines]


def here(command: list[str], port: int) -> list[str]:
    """A command of the image with the programs of this environment, at another port."""
    programs = {
        f"{BIN}python": [sys.executable],
        f"{BIN}fingerspell": [sys.executable, "-m", "fingerspell"],
    }
    return [*programs[command[0]], *(part.replace("8501", str(port)) for part in command[1:])]


def value(instructions, name: str) -> str:
    [found] = [argument for instruction, argument in instructions if instruction == name]
    return found


def test_what_is_copied_is_there_and_not_ignored(instructions):
    allowed = {
        line[1:] for line in (REPOSITORY / ".dockerignore").read_text().split() if line[0] == "!"
    }
    copied = [
        source for name, argument in instructions if name == "COPY" for source in argument.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (REPOSITORY / source).exists()
        assert source in allowed


def test_it_does_not_run_as_root(instructions):
    user = value(instructions, "USER")
    assert re.search(rf"useradd --uid [1-9]\d* .*{user}$", value(instructions, "RUN"))
    names = [name for name, _ in instructions]
    assert names.index("RUN") < names.index("USER") < names.index("ENTRYPOINT")


def test_the_app_starts_is_healthy_and_stops(instructions, tmp_path: Path):
    port = free_port()
    health = json.loads(re.search(r"CMD (.*)", value(instructions, "HEALTHCHECK"))[1])
    entry = here(json.loads(value(instructions, "ENTRYPOINT")), port)
    assert subprocess.run(here(health, port), check=False, capture_output=True).returncode != 0
    environment = os.environ | {"HOME": str(tmp_path)}
    options = ["--port", str(port), "--name", "fingerspell.example.org"]
    server = subprocess.Popen(
        [*entry, *options],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
        # A runner in the background may ignore Ctrl-C, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        wait_until_healthy(f"http://localhost:{port}", server)
        assert subprocess.run(here(health, port), check=False).returncode == 0
    finally:
        server.send_signal(getattr(signal, value(instructions, "STOPSIGNAL")))
        assert server.wait(30) == 130


def test_the_wheel_holds_the_model_and_the_pages(instructions, tmp_path: Path):
    """What `pip install .` would put into the image."""
    assert "pip install" in value(instructions, "RUN")
    assert "'.[app]'" in value(instructions, "RUN")
    build = pytest.importorskip(
        "hatchling.build", reason="hatchling is not installed: nothing to build with"
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    folder, before = tmp_path / "dist", Path.cwd()
    folder.mkdir()
    os.chdir(tmp_path)
    try:
        wheel = folder / build.build_wheel(str(folder))
    finally:
        os.chdir(before)
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [
        "assets/reader.onnx",
        "app/main.py",
        "app/live/static/live.js",
        "app/learn/pictures/J.webp",
    ]
    assert {f"fingerspell/{name}" for name in files} <= held
