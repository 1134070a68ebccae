"""The commands of the Dockerfile, without a container engine."""

import contextlib
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
from tests.app.npm import build_web
from tests.app.serving import free_port, wait_until_healthy
from tests.conftest import REPOSITORY

from fingerspell.app.learn import rendered_hand
from fingerspell.app.live import in_page

BIN = "/opt/fingerspell/bin/"
IGNORED = ("__pycache__", "node_modules", "ort", "three")  # what .dockerignore leaves out of folders
RUNTIME = [
    *(f"app/live/static/ort/{path.name}" for path in in_page.RUNTIME),
    f"app/learn/static/{rendered_hand.THREE}",
]


Instructions = list[tuple[str, str]]


@pytest.fixture
def stages() -> list[Instructions]:
    """The instructions of each stage: `web` files, `python` with all packages, and the image's own."""
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    read: list[Instructions] = []
    for line in lines:
        name, argument = line.split(maxsplit=1)
        if name == "FROM":
            read.append([])
        read[-1].append((name, argument.strip()))
    return read


@pytest.fixture
def instructions(stages) -> Instructions:
    return stages[-1]


def lay_out(stage: Instructions, root: Path, built: Path | None = None) -> Path:
    """Copy as a stage does before it runs its first command; gives the folder that runs in.

    Args:
        stage: its instructions.
        root: stands for its `/`.
        built: that of the stage `web`.
    """
    folder = root
    for name, argument in stage[: [name for name, _ in stage].index("RUN")]:
        if name == "WORKDIR":
            folder = root / argument.lstrip("/")
            folder.mkdir(parents=True)
        elif name == "COPY":
            option, *rest = argument.split()
            begin, left = (built, ()) if option == "--from=web" else (REPOSITORY, IGNORED)
            *sources, target = rest if option == "--from=web" else argument.split()
            for source in (begin / source.lstrip("/") for source in sources):
                if source.is_dir():
                    ignored = shutil.ignore_patterns(*left)
                    shutil.copytree(source, folder / target, ignore=ignored, dirs_exist_ok=True)
                else:
                    shutil.copy(source, folder / target)
    return folder


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


def test_what_is_copied_is_there_and_not_ignored(stages):
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line[0] == "!"}
    copies = [argument for stage in stages for name, argument in stage if name == "COPY"]
    copied = [
        source for argument in copies if "--from" not in argument for source in argument.split()[:-1]
    ]
    assert {"src", "web"} <= set(copied)
    for source in copied:
        assert (REPOSITORY / source).exists()
        assert source in allowed
    assert {line.rpartition("/")[2] for line in lines if line[0] not in "!#"} == {"*", *IGNORED}


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


def test_the_wheel_holds_the_model_and_the_pages(tmp_path: Path):
    """From a working copy: what npm has built is ignored by git, and is in the wheel all the same."""
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns(*IGNORED))
    for name in RUNTIME:
        path = tmp_path / "src" / "fingerspell" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("stands for what npm builds")
    files = [
        "assets/reader.onnx",
        "app/main.py",
        "app/live/static/live.js",
        "app/learn/static/hand.glb",
        "app/learn/static/letters/J.webp",
        "app/learn/word_lists.toml",
        "assets/hands/J.webp",
        *RUNTIME,
    ]
    assert {f"fingerspell/{name}" for name in files} <= wheel_of(tmp_path)


@pytest.mark.slow
def test_the_image_holds_what_pages_read_with(stages, tmp_path: Path):
    """The image's own commands, up to the wheel that `pip install .` would build and install."""
    web, python, image = stages
    folder = lay_out(web, tmp_path / "web")
    build_web(folder, value(web, "RUN"))
    installed, copied = value(python, "RUN"), value(image, "COPY").split()
    assert re.search(r"pip .*install .*'\.\[app\]'", installed)
    assert copied == ["--from=python", "/opt/fingerspell", "/opt/fingerspell"]
    held = wheel_of(lay_out(python, tmp_path / "python", built=tmp_path / "web"))
    assert {f"fingerspell/{name}" for name in RUNTIME} <= held


def wheel_of(folder: Path) -> set[str]:
    """The names in the wheel that is built from `folder`."""
    build = pytest.importorskip(
        "hatchling.build", reason="hatchling is not installed: nothing to build with"
    )
    with contextlib.chdir(folder):
        (folder / "dist").mkdir()
        wheel = folder / "dist" / build.build_wheel("dist")
    return set(zipfile.ZipFile(wheel).namelist())
