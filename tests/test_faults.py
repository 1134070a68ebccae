"""Killed, out of disk, shut out: a command says so in a sentence, and nothing whole is lost.

The long run, 100 kills: `pytest -m slow tests/test_faults.py -s`; other instants: FINGERSPELL_SEED=7.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import KINDS, QUICK, write_set

REPOSITORY = Path(__file__).parent.parent
KILLS = {"pack": 25, "train": 25, "export": 15, "train-reader": 8, "study": 7, "read": 20}
TMPFS_BYTES = 3_000_000


def killed(kind: str, n: int, folder: Path) -> int:
    """Kill a command `n` times, print what came of it, and give how often it was killed."""
    seed = int(os.environ.get("FINGERSPELL_SEED", "0"))
    command = [sys.executable, "-m", "tests.faults", kind, str(n), str(seed), str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"seed {seed}\n{done.stderr[-4000:]}"
    print(counted := done.stdout.splitlines()[-1])
    return json.loads(counted)["kills"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pack", "read"])
def test_killed_once_at_a_random_instant(kind, tmp_path):
    assert killed(kind, 1, tmp_path) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_instants(kind, tmp_path):
    assert killed(kind, KILLS[kind], tmp_path) == KILLS[kind]


def run(
    *arguments: object, prefix: tuple[str, ...] = (), cwd: Path
) -> "subprocess.CompletedProcess[str]":
    command = [*prefix, sys.executable, "-m", "fingerspell", *map(str, arguments)]
    home = {"HOME": str(cwd), "MPLCONFIGDIR": str(cwd / ".mpl"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | home
    )


def refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """A sentence with these words for each file that is refused, no traceback, exit code 1."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr[-2000:])
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert errors
    assert all(word in error for word in words for error in errors)


@pytest.fixture(scope="module")
def readable() -> Iterator[Path]:
    """A folder that every user may read; pytest's own are shut to others."""
    with tempfile.TemporaryDirectory(prefix="fingerspell-faults-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def data(readable) -> Path:
    return write_set(readable / "set", "ABCD", 30)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[], None]]:
    """A disk of 3 MB at `tmp_path / "disk"`, and what fills it up to its last bytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(place)]
    if os.getuid() != 0 or mount is None:
        pytest.skip("mounting a small disk needs root")
    if subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")

    def fill() -> None:
        with suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    yield fill
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk(small_disk, data, tmp_path, samples):
    disk = tmp_path / "disk"
    train = ("train", *QUICK, "--data", data, "--epochs")
    assert run(*train, 1, "-o", tmp_path / "run", cwd=tmp_path).returncode == 0
    small = tmp_path / "run" / "checkpoints" / "best.safetensors"
    kept = disk / "kept.onnx"
    assert run("export", tmp_path / "run", "-o", kept, cwd=tmp_path).returncode == 0
    before = kept.read_bytes()
    small_disk()
    clip = REPOSITORY / "examples" / "hello.mp4"
    refused(run("data", "pack", data, "-o", disk / "packs", "--size", 64, cwd=tmp_path), "disk")
    refused(run(*train, 1, "-o", disk / "runs" / "run", cwd=tmp_path), "No space left on device")
    refused(run("export", small, "-o", kept, "--pictures", samples, cwd=tmp_path), "No space left")
    refused(run("data", "split", data, "--by", "random", "-o", disk / "s.csv", cwd=tmp_path), "space")
    refused(run("data", "explore", data, "-o", disk / "report", cwd=tmp_path), "disk")
    refused(run("read", clip, "-f", "all", "-o", disk / "out", cwd=tmp_path), "No space left")
    study = ("--models", "tiny", "--loading", "packed", "--epochs", 1, "--tracking", "none")
    refused(run("study", "--data", data, *study, "-o", disk / "study", cwd=tmp_path), "No space left")
    assert kept.read_bytes() == before
    assert not [path for path in disk.rglob("*") if path.is_file() and path.suffix in (".txt", ".csv")]


@pytest.mark.slow
def test_a_disk_that_fills_while_training_and_is_freed(small_disk, data, tmp_path):
    """The pictures' pack and the first epochs fit; then nothing more; then the run goes on."""
    run_folder = tmp_path / "disk" / "run"
    arguments = ("train", *QUICK, "--data", data, "--epochs", 3, "-o", run_folder)
    assert run(*arguments, "--dry-run", cwd=tmp_path).returncode == 0  # which leaves the pack
    small_disk()
    (tmp_path / "disk" / "filler").write_bytes(
        bytes((tmp_path / "disk" / "filler").stat().st_size - 150_000)
    )
    refused(run(*arguments, cwd=tmp_path), "No space left on device")
    (tmp_path / "disk" / "filler").unlink()
    begun = (run_folder / "config.yaml").exists()
    again = ("train", "--resume", run_folder) if begun else arguments
    done = run(*again, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    alone = run("train", *QUICK, "--data", data, "--epochs", 3, "-o", tmp_path / "alone", cwd=tmp_path)
    assert alone.returncode == 0
    one, other = (
        json.loads((folder / "summary.json").read_bytes())["test"]
        for folder in (run_folder, tmp_path / "alone")
    )
    assert one == other


@pytest.fixture
def as_nobody() -> tuple[str, ...]:
    """What runs a command as a user who may start Python wherever it is, and write nothing of ours."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0 or setpriv is None:
        pytest.skip("to become another user needs root and setpriv")
    capability = "+dac_read_search"
    user = ("--reuid=65534", "--regid=65534", "--clear-groups")
    rights = [f"--{kind}-caps={capability}" for kind in ("inh", "ambient")]
    prefix = (setpriv, *user, *rights)
    if subprocess.run([*prefix, sys.executable, "-c", ""], check=False, capture_output=True).returncode:
        pytest.skip("setpriv cannot give these rights here")
    return prefix


@pytest.mark.slow
def test_folders_of_somebody_else(as_nobody, readable, data, tmp_path):
    ours = readable / "ours"
    assert (
        run("train", *QUICK, "--data", data, "--epochs", 1, "-o", ours / "run", cwd=tmp_path).returncode
        == 0
    )

    def fails(*arguments: object) -> None:
        refused(run(*arguments, prefix=as_nobody, cwd=tmp_path), "Permission denied")

    clip = REPOSITORY / "examples" / "hello.mp4"
    fails("data", "pack", data, "-o", ours / "packs2")
    fails("data", "check", data, "--fix")
    fails("data", "split", data, "--by", "random", "-o", ours / "split.csv")
    fails("train", *QUICK, "--data", data, "-o", ours / "other")
    fails("train", "--resume", ours / "run")
    fails("export", ours / "run", "-o", ours / "model.onnx")
    fails("read", clip, "-f", "txt", "-o", ours / "out")
    study = ("--models", "tiny", "--loading", "packed", "--epochs", 1, "--tracking", "none")
    fails("study", "--data", data, *study, "-o", ours / "study")
    assert sorted(path.name for path in ours.glob("[!.]*")) == ["packs", "run"]
