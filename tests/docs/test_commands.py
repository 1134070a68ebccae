"""The commands in the documents: each is run, on stand-ins for files of one's own, or says why not."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.conftest import write_beginning
from tests.docs.pages import DOCS, PAGES, REPOSITORY, commands
from typer.testing import CliRunner

from fingerspell.cli import app

QUICK = {  # what is printed, or the file that is written
    "fingerspell read examples/hello.mp4 -f srt": "-->",
    "fingerspell read examples/a.jpg examples/l.jpg examples/w.jpg": "W",
    "fingerspell read clip.mp4 photo.jpg": "A",
    "fingerspell read clip.mp4": "\n",
    "fingerspell read clip.mp4 photo.jpg -f srt -o out/": "out/clip.srt",
    "fingerspell read clip.mp4 --json": '"raw_text"',
    "fingerspell photo.jpg": "A",
    "fingerspell read clip.mp4 -o clip.srt": "clip.srt",
    "fingerspell read images/": "A",
    "fingerspell read clip.mp4 --no-spell": "\n",
    "fingerspell read clip.mp4 --digits": "\n",
    "fingerspell read clip.mp4 --model model.onnx --no-spell": "\n",
    "fingerspell read clip.mp4 --pause 1.5": "\n",
    "fingerspell read clip.mp4 --fps 15": "\n",
    "fingerspell read photo.jpg --model model.onnx": "A",
    "fingerspell data check DIR [--json] [--fix [-o index.csv]]": "index.csv",
    "fingerspell data arrange DIR -o NEW": "NEW/A",
    "fingerspell data thin DIR -o NEW --most 200 --size 64": "NEW/A",
    "fingerspell data split DIR --by block -o split.csv": "split.csv",
    "fingerspell data split DATA/signers --by person --people people.csv --folds 10 -o folds.csv": (
        "folds.csv"
    ),
}
SLOW = {
    "fingerspell read clips/ -f all -o out/": "out/one.json",
    'fingerspell data synthesise "HELLO WORLD" STILLS -o hello.mp4': "hello.json",
    "fingerspell data pack DIR -o packed [--size 64] [--squash] [--index index.csv] [--json]": "packed",
    "fingerspell data pack DIR -o packed --share 0.5": "packed",
    "fingerspell data thin DIR -o NEW --share 0.5": "NEW/A",
    "fingerspell data thin DIR -o NEW --every 8": "NEW/A",
    "fingerspell data explore DIR -o report [--json]": "report/explore.html",
    "fingerspell evaluate default --external DATA/signers --people people.csv --report out/": (
        "out/report.html"
    ),
    "fingerspell evaluate default --external DATA/massey --person-pattern 'hand[0-9]'": "",
}
LAB = [  # in this order, one after the other
    "python scripts/make_first_set.py tests/samples -o first/set",
    "fingerspell data check first/set",
    "fingerspell train --recipe tiny --data first/set --epochs 20 --batch-size 16 -o first/run",
    "fingerspell evaluate default first/run --data first/set --report first/report",
    "fingerspell export first/run -o first/reader.onnx",
    "fingerspell read examples/a.jpg --model first/reader.onnx",
]
REPORTS = [  # likewise
    command
    for command in commands(DOCS / "reports.md")
    if not command.startswith(("fingerspell models", "mlflow ui"))
]
NOT_RUN = {  # a pattern: why
    r"fingerspell read examples/hello\.mp4$": "tests/cli/test_read.py runs it",
    r"python3 -m venv|pip install": "installs from the network; .ci/run does",
    r"git clone|cd fingerspell": "needs the network",
    r"scripts/\w+$|\.ci/run": "tests/scripts/test_verbs.py runs them with stand-ins",
    r"fingerspell live": "needs a camera or a terminal; tests/cli/test_live.py has one",
    r"fingerspell app": "serves until it is ended; tests/e2e and tests/cli/test_app.py start it",
    r"cd web|docker": "needs npm or a container engine, and the network",
    r"fingerspell data fetch": "needs the network",
    r"fingerspell models": "tests/docs/test_statements.py runs it",
    r".*--speak": "needs a voice; tests/cli/test_read_output.py has a stand-in",
    r"fingerspell train-reader": "a minute; tests/cli/test_train_reader.py runs it",
    r"fingerspell tune|fingerspell train --recipe tuned": "tests/cli/test_tune.py runs it",
    r"fingerspell train-sequence": "minutes; tests/cli/test_train_sequence.py runs it",
    r"fingerspell (train|study|export) (?!.*-o reports/).*(dexnet|mine\.yaml|compact-net|STUDY|RUN)": (
        "needs a data set and hours; tests/cli/test_train.py and test_study.py run them with `tiny`"
    ),
    r"fingerspell evaluate (MODEL|fold-1)": "stands for any; tests/cli/test_evaluate.py has cases",
    r".*--corrections wrong\.csv": "needs the data sets; tests/cli/test_evaluate.py has a case",
    r".*DATA/(multisigner100|aslalphabets_test)|(python )?tools/hand_data/": "needs the data sets",
    r"fingerspell (train --recipe reader|export runs/(reader|licensed|fold|small)) ": (
        "needs the data sets; tests/training/hand_reader has small ones"
    ),
    r".* --external LEFT_OUT|fingerspell data (check|thin) (DATA/)?(people|aslalphabets)": (
        "needs the data sets"
    ),
    r"python scripts/(hub|release)\.py": "builds; tests/scripts/test_hub.py does so in part",
    r"mlflow ui": "serves until it is ended",
    r"python -m http\.server": "serves until it is ended; tests/e2e/test_site.py serves that folder",
    r"python benchmarks/": "measures: needs a machine at rest, for minutes to an hour",
}
DOCUMENTED = {
    command.removeprefix(".venv/bin/"): page.name for page in PAGES for command in commands(page)
}


def test_each_command_is_run_or_says_why_not():
    run = {*QUICK, *SLOW, *LAB, *REPORTS}
    excused = {command for command in DOCUMENTED for why in NOT_RUN if re.match(why, command)}
    assert {command: DOCUMENTED[command] for command in DOCUMENTED.keys() - run - excused} == {}
    assert run & excused == set()
    assert run - DOCUMENTED.keys() == set()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the documents take for the reader's own files."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    (tmp_path / "tests").symlink_to(REPOSITORY / "tests")
    (tmp_path / "scripts").symlink_to(REPOSITORY / "scripts")
    shutil.copy(REPOSITORY / "examples" / "a.jpg", tmp_path / "photo.jpg")
    shutil.copytree(REPOSITORY / "examples", tmp_path / "images", ignore=_no_pictures)
    (tmp_path / "model.onnx").symlink_to(REPOSITORY / "src/fingerspell/assets/reader.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _no_pictures(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".jpg")]


def stand_in(command: str, folder: Path, make_video) -> None:
    """Make the files that a command names and that take a moment to make."""
    rng = np.random.default_rng(0)

    def images(*names: str) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(folder / name)

    if "clip" in command:
        still = np.array(Image.open(folder / "photo.jpg").convert("RGB").resize((160, 160)))
        clip = make_video("clip.mp4", [still] * 20, range(0, 1000, 50))
        (folder / "clips").mkdir()
        for name in ("one", "two"):
            shutil.copy(clip, folder / "clips" / f"{name}.mp4")
    if "arrange" in command:
        images(*(f"DIR/{letter}_{n}.jpg" for letter in "AB" for n in range(3)))
    elif "DIR" in command:
        images(*(f"DIR/{letter}/{letter}{n}.jpg" for letter in "AB" for n in range(200)))
    if "STILLS" in command:
        images(*(f"STILLS/{sign}/1.jpg" for sign in [*"HELOWRD", "nothing"]))
    if "DATA/massey" in command:
        images(*(f"DATA/massey/{letter}/hand{n}_{letter}.jpg" for letter in "AB" for n in range(3)))
    if "DATA/signers" in command:
        people = [f"p{n}" for n in range(12)]
        images(
            *(f"DATA/signers/{letter}/{who}_{n}.jpg" for letter in "AB" for who in people for n in "12")
        )
        (folder / "people.csv").write_text("\n".join(["person", *people]))


def run(command: str) -> str:
    program, *words = shlex.split(re.sub(r"[\[\]]", "", command) if "[--" in command else command)
    if program.endswith("python"):
        return subprocess.run(
            [sys.executable, *words], check=True, capture_output=True, text=True
        ).stdout
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def gives(command: str, expected: str, folder: Path, make_video) -> bool:
    """Whether a command, run on stand-ins, prints what is expected or writes a file of that name."""
    stand_in(command, folder, make_video)
    if "--index index.csv" in command:
        run("fingerspell data check DIR --fix -o index.csv")
    return expected in run(command) or (folder / expected).exists()


@pytest.mark.parametrize("command", QUICK)
def test_quick_commands(command, folder, make_video):
    if command == "fingerspell read examples/hello.mp4 -f srt":  # another command reads all of it
        (folder / "examples").unlink()
        (folder / "examples").mkdir()
        write_beginning(REPOSITORY / "examples/hello.mp4", folder / "examples/hello.mp4", 2.0)
    assert gives(command, QUICK[command], folder, make_video)


@pytest.mark.slow
@pytest.mark.parametrize("command", SLOW)
def test_slow_commands(command, folder, make_video):
    assert gives(command, SLOW[command], folder, make_video)


@pytest.mark.slow
def test_the_lab_of_the_first_hour(folder):
    for command in LAB:
        printed = run(command)
    assert re.fullmatch(r"[A-Z]?\n", printed)
    assert (folder / "first" / "report" / "report.html").exists()
    assert (folder / "first" / "run" / "report" / "curves.png").exists()


@pytest.mark.slow
def test_what_the_reports_did(folder):
    for command in REPORTS:
        run(command)
    made = folder / "reports"
    for page in (
        "r0/report.html",
        "r1/report/run.html",
        "thin/train/A",
        "packs",
        "explored/explore.html",
        "r2/report/run.html",
        "r3/checkpoints/best.safetensors",
        "r4/report/run.html",
        "r4-report/report.html",
        "mlflow.db",
    ):
        assert (made / page).exists()
