"""Commands ended by SIGKILL at random instants, run again, and compared with what nobody disturbed.

    python -m tests.faults KIND N SEED FOLDER

kills a command of a kind N times and prints a JSON line of figures. This process imports everything
once and forks, so that an instant falls into the work and not into imports.
"""

import csv
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = ("pack", "train", "export", "train-reader", "study", "read")
SAMPLES, EXAMPLES = (Path(__file__).parent / "samples", Path(__file__).parent.parent / "examples")
QUICK = ("--pack-px", "32", "--tracking", "none", "--accelerator", "cpu", "--recipe", "tiny")
LONGEST_S = 1200.0


def start(arguments: list[str], folder: Path, log: Path) -> int:
    """Run a command of ours in a process of its own, the first of a group."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        with log.open("ab") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        sys.argv = ["fingerspell", *arguments]
        from fingerspell.cli import main

        main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


def end(process: int) -> int:
    """Wait for a process, and return its exit code; minus the signal that ended it."""
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_S:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    raise AssertionError(f"a command hung for {LONGEST_S:.0f} s")


@dataclass(frozen=True)
class Trial:
    """A command, and what its results are.

    Attributes:
        command: in a folder, given what a killed one has left there.
        result: what is to be the same in the end, of the folder it ran in.
        check: looks at what a killed command has left, of which nothing may be half of a thing.
        before: makes what was there before the command.
    """

    command: Callable[[Path], list[str]]
    result: Callable[[Path], object]
    check: Callable[[Path, object], None] = lambda _folder, _result: None
    before: Callable[[Path], None] = lambda _folder: None


def write_set(root: Path, classes: str, each: int, side: int = 32) -> Path:
    """Noisy pictures, a colour for each class."""
    dice = np.random.default_rng(0)
    for label in classes:
        (root / label).mkdir(parents=True)
        colour = dice.integers(30, 220, (1, 1, 3))
        for number in range(each):
            pixels = np.clip(colour + dice.normal(0, 25, (side, side, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    return root


def packing(base: Path) -> Trial:
    data = write_set(base / "many", "ABCDEF", 200, 48)

    def pixels(folder: Path) -> object:
        from fingerspell.data.pack import open_packed

        [pack] = [p for p in (folder / "packs").iterdir() if p.is_dir() and not p.name.startswith(".")]
        packed = open_packed(pack)
        return packed.images.tobytes(), [p.path for p in packed.index.pictures]

    def check(folder: Path, expected: object) -> None:
        visible = [p for p in (folder / "packs").glob("[!.]*") if p.is_dir()]
        assert not visible or pixels(folder) == expected

    return Trial(lambda _f: ["data", "pack", str(data), "-o", "packs", "--size", "32"], pixels, check)


def training(base: Path) -> Trial:
    data = write_set(base / "few", "ABCD", 30)

    def command(folder: Path) -> list[str]:
        if (folder / "run" / "config.yaml").exists():
            return ["train", "--resume", "run"]
        return ["train", *QUICK, "--data", str(data), "--epochs", "6", "-o", "run"]

    def learned(folder: Path) -> object:
        run = folder / "run"
        rows = list(csv.DictReader((run / "metrics.csv").open()))
        kept = ("epoch", "lr", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
        summary = json.loads((run / "summary.json").read_bytes())
        return [[row[name] for name in kept] for row in rows], summary["test"], _tensors(run)

    def check(folder: Path, _expected: object) -> None:
        for path in folder.rglob("[!.]*.safetensors"):
            assert _tensors(path.parent.parent, path.name)
        for path in folder.rglob("[!.]*.json"):
            json.loads(path.read_bytes())

    return Trial(command, learned, check)


def _tensors(run: Path, name: str = "best.safetensors") -> dict[str, bytes]:
    from safetensors.numpy import load_file

    return {k: v.tobytes() for k, v in load_file(run / "checkpoints" / name).items()}


def _trained(base: Path) -> Path:
    """A finished run to export."""
    trial = training(base)
    command = trial.command(base)
    assert end(start(command, base, base / "trained.log")) == 0
    return base / "run"


def _model_file(path: Path) -> object:
    """Which model a file is: it opens, and so it says."""
    from fingerspell.runtime.onnx_classifier import OnnxClassifier

    return OnnxClassifier(path, threads=1).name


def _replacing(command: list[str], name: str, base: Path) -> Trial:
    """A command that writes over a model file that was there."""
    from importlib.resources import as_file, files

    def before(folder: Path) -> None:
        with as_file(files("fingerspell") / "assets" / "reader.onnx") as bundled:
            shutil.copy(bundled, folder / name)

    before(base)
    old = _model_file(base / name)

    def result(folder: Path) -> object:
        new = _model_file(folder / name)
        assert new != old
        return new

    def check(folder: Path, expected: object) -> None:
        assert _model_file(folder / name) in (old, expected)

    return Trial(lambda _f: command, result, check, before)


def exporting(base: Path) -> Trial:
    return _replacing(["export", str(_trained(base)), "-o", "model.onnx"], "model.onnx", base)


def teaching(base: Path) -> Trial:
    pictures = base / "mine"
    dice = np.random.default_rng(0)
    for label in "AB":
        (pictures / label).mkdir(parents=True)
        [path, *_] = sorted((SAMPLES / label).glob("*.jpg"))
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(float)
        for number in range(3):
            noisy = np.clip(pixels + dice.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(pictures / label / f"{number}.png")
    command = ["train-reader", str(pictures), "-o", "mine.onnx", "--force"]
    return _replacing(command, "mine.onnx", base)


def studying(base: Path) -> Trial:
    data = write_set(base / "few", "ABCD", 15)
    grid = ["--models", "tiny", "--loading", "packed", "--batch-size", "16,32", "--epochs", "2"]
    options = ["--pack-px", "32", "--accelerator", "cpu", "--tracking", "none", "-o", "study"]

    def cells(folder: Path) -> object:
        assert (folder / "study" / "report.html").exists()
        found = sorted((folder / "study" / "cells").glob("*.json"))
        return [(path.name, json.loads(path.read_bytes())["status"]) for path in found]

    def check(folder: Path, _expected: object) -> None:
        for path in folder.glob("study/cells/[!.]*.json"):
            assert json.loads(path.read_bytes())["status"] == "done"

    return Trial(lambda _f: ["study", "--data", str(data), *grid, *options], cells, check)


def reading(base: Path) -> Trial:
    inputs = [str(EXAMPLES / "hello.mp4"), *map(str, sorted(SAMPLES.glob("[A-H]/*.jpg")))]

    def written(folder: Path) -> dict[str, bytes]:
        out = folder / "out"
        return {p.name: p.read_bytes() for p in sorted(out.glob("[!.]*"))} if out.exists() else {}

    def check(folder: Path, expected: object) -> None:
        assert isinstance(expected, dict)
        for name, content in written(folder).items():
            assert content == expected[name], name

    return Trial(lambda _f: ["read", *inputs, "-f", "all", "-o", "out"], written, check)


MAKERS: dict[str, Callable[[Path], Trial]] = dict(
    zip(KINDS, (packing, training, exporting, teaching, studying, reading), strict=True)
)


def kill(kind: str, n: int, seed: int, base: Path) -> dict[str, object]:
    """Kill a command `n` times, each in a folder of its own, and see that the next one ends well.

    Raises:
        AssertionError: something was lost, is half there, or is not what it would have been.
    """
    trial = MAKERS[kind](base)
    log = base / "log.txt"
    whole = next(_folders(base, "whole"))
    trial.before(whole)
    began = time.monotonic()
    assert end(start(trial.command(whole), whole, log)) == 0, log.read_text()[-3000:]
    length_s = time.monotonic() - began
    expected = trial.result(whole)
    chance, landed = random.Random(seed), 0
    for folder, _ in zip(_folders(base, "killed"), range(n), strict=False):
        trial.before(folder)
        process = start(trial.command(folder), folder, log)
        time.sleep(chance.uniform(0, length_s))
        _kill(process)
        landed += end(process) == -signal.SIGKILL
        trial.check(folder, expected)
        assert end(start(trial.command(folder), folder, log)) == 0, log.read_text()[-3000:]
        assert trial.result(folder) == expected, (folder, log.read_text()[-3000:])
        shutil.rmtree(folder)
    return {"kind": kind, "kills": n, "before_the_end": landed, "undisturbed_s": round(length_s, 1)}


def _folders(base: Path, name: str) -> Iterator[Path]:
    number = 0
    while True:
        folder = base / f"{name}-{number}"
        folder.mkdir()
        yield folder
        number += 1


def _kill(process: int) -> None:
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:  # it has not yet a group of its own, or has ended
        os.kill(process, signal.SIGKILL)


def warm_up() -> None:
    """Import what commands import on their way."""


if __name__ == "__main__":
    warm_up()
    print(json.dumps(kill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
