"""What a run writes: its folder, a row an epoch, checkpoints, and the state from which it goes on.

    RUN/config.yaml          every option, and the data and recipe
        environment.json     versions, hardware, git revision
        data.json            hash of the images
        split.csv, .json     which were trained on, and what leaks
        tracking.json        where MLflow has the run
        metrics.csv, .jsonl  a row an epoch
        summary.json         the figures of the end; its presence says that the run is done
        checkpoints/best.safetensors, last.safetensors
                    state.pt
        report/curves.png

`state.pt` is written last in an epoch and holds the rows too: whenever the power fails, all of an epoch
counts or none of it, and the files written before it are written again with the same content.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from fingerspell.errors import TrainingError
from fingerspell.files import write_atomically

SUMMARY, ENVIRONMENT = "summary.json", "environment.json"
CHECKPOINTS, STATE, LINES = "checkpoints", "state.pt", "metrics.jsonl"
Row = dict[str, float | int]


@dataclass
class State:
    """How far a run has come.

    Attributes:
        epoch: the one that is going on, from 0.
        batch: batches of it that are done.
        step: batches done since the start of the run.
        seconds: spent on training in this epoch so far.
        waited_s: of these, spent on waiting for images.
        best: the best value of what is monitored; None before the first epoch's end.
        best_epoch: when that was.
        rows: one for each epoch that is done.
        tally: counts of this epoch's training images so far.
        learner: network, optimiser and all else that learns.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    waited_s: float = 0.0
    best: float | None = None
    best_epoch: int = -1
    rows: list[Row] = field(default_factory=list)
    tally: dict[str, Any] = field(default_factory=dict)
    learner: dict[str, Any] = field(default_factory=dict)


class Record:
    """The folder of one run, or of one fold of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoints = folder / CHECKPOINTS

    @property
    def is_done(self) -> bool:
        """Whether the run has come to its end."""
        return (self.folder / SUMMARY).exists()

    def save_state(self, state: State) -> None:
        """Write the state, whole or not at all."""
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save({name: getattr(state, name) for name in State.__dataclass_fields__}, content)
        write_atomically(self.checkpoints / STATE, content.getvalue())

    def load_state(self) -> State | None:
        """The state of a run that has begun; None of one that has not.

        Raises:
            TrainingError: the file is damaged, or not what this version writes.
        """
        path = self.checkpoints / STATE
        if not path.exists():
            return None
        try:
            return State(**torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # torch raises whatever the damage leads to
            raise TrainingError(
                f"{path} cannot be read as the state of a run: start a new run, or remove the file to "
                "start this one again."
            ) from error

    def save_rows(self, rows: list[Row]) -> None:
        """Write the table of epochs, as CSV and as JSON lines."""
        save_csv(rows, self.folder / "metrics.csv")
        save_lines(rows, self.folder / LINES)

    def load_rows(self) -> list[Row]:
        """The rows of the epochs that are done."""
        path = self.folder / LINES
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def save_summary(self, summary: dict[str, Any]) -> None:
        """Write the figures of the end, whose presence says that the run is done."""
        save_json(summary, self.folder / SUMMARY)

    def load_summary(self) -> dict[str, Any]:
        """The figures of the end."""
        return load_json(self.folder / SUMMARY)


def save_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows, whole or not at all; what a row does not have stays empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def save_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write rows as JSON, a line each, whole or not at all."""
    write_atomically(path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def save_json(document: dict[str, Any], path: Path) -> None:
    """Write a JSON document, whole or not at all."""
    write_atomically(path, (json.dumps(document, indent=2) + "\n").encode())


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON document that `save_json` wrote.

    Raises:
        TrainingError: it is damaged.
    """
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise TrainingError(f"{path} is damaged: remove it.") from error
    if not isinstance(document, dict):
        raise TrainingError(f"{path} is damaged: remove it.")
    return document
