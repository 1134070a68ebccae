"""`fingerspell train-reader` in a process of its own, with its progress and its result."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAILED = "The training ended without a result: try again, or run `fingerspell train-reader` to see why."


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        stage: what is being done.
        share: of it that is done; 0 if that is not known.
    """

    stage: str = "starting"
    share: float = 0.0


@dataclass(frozen=True)
class Gain:
    """What a taught model gained, each picture read by one that did not learn from it.

    Attributes:
        pictures: how many of each sign were learned.
        before: how many of these were read right before.
        after: and how many after.
        n_unusable: pictures that were left out, since they repeat others or are damaged.
    """

    pictures: Mapping[str, int]
    before: Mapping[str, int]
    after: Mapping[str, int]
    n_unusable: int = 0

    @property
    def n(self) -> int:
        """Pictures in all."""
        return sum(self.pictures.values())


def command(pictures: Path, model: str, output: Path) -> list[str]:
    """What teaches a model; the file is written whether it gained or not.

    Args:
        pictures: folder of them.
        model: that is taught: `default` or a file.
        output: the file that is written.
    """
    options = ["-o", str(output), "--model", model, "--force", "--json", "--progress-lines"]
    return [sys.executable, "-m", "fingerspell", "train-reader", str(pictures), *options]


class Training:
    """One training that runs.

    Args:
        command: that trains.

    Attributes:
        progress: how far it is.
        error: what went wrong; "" if nothing did.
        gain: what came of it; None until it is done.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.progress, self.error = Progress(), ""
        self.gain: Gain | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._watcher.is_alive()

    def cancel(self) -> None:
        """End it; nothing is written."""
        self._process.terminate()
        self._watcher.join()
        self.error = ""

    def _watch(self) -> None:
        # What is printed at the end is short enough for the pipe to hold it meanwhile.
        assert self._process.stderr  # noqa: S101 - it is a pipe
        for line in self._process.stderr:
            self._take(line.strip())
        printed, _ = self._process.communicate()
        if self._process.returncode == 0:
            self.gain = gain_of(json.loads(printed))
        elif not self.error:
            self.error = FAILED

    def _take(self, line: str) -> None:
        """What it says on stderr: its progress, notes, and at most one error."""
        if line.startswith("{"):
            told = json.loads(line)
            self.progress = Progress(
                told["stage"], told["done"] / told["total"] if told["total"] else 0
            )
        elif line.startswith("error: "):
            sentence = line.removeprefix("error: ")
            self.error = f"{sentence[:1].upper()}{sentence[1:]}"


def gain_of(document: Mapping[str, Any]) -> Gain:
    """What `fingerspell train-reader --json` says."""
    return Gain(
        document["pictures"],
        document["right_before"],
        document["right_after"],
        document["n_unusable"],
    )
