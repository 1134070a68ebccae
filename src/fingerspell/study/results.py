"""What one cell of a study is, what was measured of it, and the files of both.

STUDY/study.yaml         what was asked for
cells/<key>.json   a result each, written when its cell has ended
cells.csv, .jsonl  all of them, a row each
summary.json       mean and spread over the repeats of a cell
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.training.options import Loading
from fingerspell.training.settings import read_yaml

STUDY, CELLS = "study.yaml", "cells"
CSV, LINES, SUMMARY = "cells.csv", "cells.jsonl", "summary.json"
HYPOTHESES = "hypotheses"  # key of `study.yaml`


class Status(StrEnum):
    """How a cell ended."""

    DONE = "done"
    OUT_OF_MEMORY = "out of memory"
    FAILED = "failed"


@dataclass(frozen=True)
class Cell:
    """What is run: one point of the grid, once.

    Attributes:
        model: name in the registry.
        strategy: `single`, `dp` or `ddp`.
        devices: how many share the work.
        batch_size: images a step, over all devices together.
        precision: `fp32`, `bf16` or `fp16`.
        loading: where images come from.
        workers: processes that decode images beside each training process; `reports` only.
        repeat: from 0; the seed of the run.
    """

    model: str
    strategy: str
    devices: int
    batch_size: int
    precision: str = "fp32"
    loading: Loading = Loading.PACKED
    workers: int = 0
    repeat: int = 0

    @property
    def key(self) -> str:
        """Its name among files: `compact-net-ddp2-b128-fp32-packed-w0-r0`."""
        return (
            f"{self.model}-{self.strategy}{self.devices}-b{self.batch_size}-{self.precision}"
            f"-{self.loading}-w{self.workers}-r{self.repeat}"
        )


@dataclass(frozen=True)
class Result:
    """What was measured of a cell; figures of time are of epochs after the first, which warms up.

    Attributes:
        cell: what was run.
        status: how it ended; other than `done`, the figures below are empty.
        message: the sentence it failed with.
        hardware: processor or device names, as `training.environment` gives them.
        epochs: trained, with the first.
        n_train: images an epoch.
        parameters: of the network, and `gradient_bytes` that devices exchange a step.
        epoch_s: seconds of training of each epoch, the first too.
        total_s: seconds from the start of the process to its end.
        images_per_s: images learned from, over all devices.
        data_share: share of a training step in which a process waits for images,
        compute_share: in which it computes forwards, backwards and the new weights,
        communication_share: in which it exchanges what was learned; the three add up to 1.
        allocated_mb: memory in use by tensors at the most (on a CPU: resident set of a process),
        reserved_mb: held by PyTorch, and
        driver_mb: as the driver (on a CPU: the system) sees it; one figure a device each.
        utilisation: mean share of the time in which a device was busy, one figure a device.
        train_accuracy: of the last epoch, 0 to 1;
        validation_accuracy: of the best epoch;
        test_accuracy: of the best epoch's weights.
        n_test: images it was evaluated on; 0 where that is not known.
        capacity_mb: memory that a device has in all; 0 where that is not known.
    """

    cell: Cell
    status: Status
    message: str = ""
    hardware: str = ""
    epochs: int = 0
    n_train: int = 0
    parameters: int = 0
    gradient_bytes: int = 0
    epoch_s: tuple[float, ...] = ()
    total_s: float = 0.0
    images_per_s: float = 0.0
    data_share: float = 0.0
    compute_share: float = 0.0
    communication_share: float = 0.0
    allocated_mb: tuple[float, ...] = ()
    reserved_mb: tuple[float, ...] = ()
    driver_mb: tuple[float, ...] = ()
    utilisation: tuple[float, ...] = ()
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    n_test: int = 0
    capacity_mb: float = 0.0

    @property
    def seconds_per_epoch(self) -> float:
        """Mean of the epochs after the first; the first where it is the only one."""
        counted = self.epoch_s[1:] or self.epoch_s
        return sum(counted) / len(counted) if counted else 0.0

    @property
    def peak_mb(self) -> float:
        """Memory of the fullest device as the driver sees it, else as PyTorch does; 0 if unknown."""
        seen = self.driver_mb or self.reserved_mb or self.allocated_mb
        return max(seen, default=0.0)

    def to_json(self) -> dict[str, Any]:
        """As a JSON document holds it; `from_json` gives it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Result":
        """The result that `to_json` was made of, after a journey through JSON.

        Raises:
            KeyError, TypeError, ValueError: the document is none of a result.
        """
        cell = dict(document["cell"])
        values = dict(document) | {
            "cell": Cell(**cell | {"loading": Loading(cell["loading"])}),
            "status": Status(document["status"]),
        }
        lists = [field.name for field in fields(cls) if isinstance(values.get(field.name), list)]
        return cls(**values | {name: tuple(values[name]) for name in lists})


def load_results(folder: Path) -> list[Result]:
    """Results of the cells that have ended, by the names of their files; empty where none has.

    Raises:
        StudyError: the folder holds no study, or a file of it is damaged.
    """
    if not (folder / STUDY).exists():
        raise StudyError(
            f"{folder} holds no study: begin one with `fingerspell study --data DIR -o {folder}`."
        )
    return [load_result(path) for path in sorted((folder / CELLS).glob("*.json"))]


def load_result(path: Path) -> Result:
    """Read the file of one cell.

    Raises:
        StudyError: it is damaged.
    """
    try:
        return Result.from_json(json.loads(path.read_bytes()))
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"{path} is damaged: remove it, and the study runs its cell again.") from error


def load_hypotheses(folder: Path) -> list[Any]:
    """What the user wrote under `hypotheses` in `study.yaml`, as it stands there; empty where nothing.

    Raises:
        StudyError: it is no list.
        TrainingError: the file is missing or is no YAML.
    """
    hypotheses = read_yaml(folder / STUDY).get(HYPOTHESES) or []
    if not isinstance(hypotheses, list):
        raise StudyError(f"{folder / STUDY}: {HYPOTHESES} is not a list: begin each with a dash.")
    return hypotheses


_EACH_DEVICE = ("allocated_mb", "reserved_mb", "driver_mb", "utilisation")
_FIGURES = (
    *("seconds_per_epoch", "total_s", "images_per_s"),
    *("data_share", "compute_share", "communication_share"),
    *("train_accuracy", "validation_accuracy", "test_accuracy"),
)


def write_tables(folder: Path, results: Sequence[Result]) -> None:
    """Write `cells.csv`, `cells.jsonl` and `summary.json`, each whole or not at all."""
    from fingerspell.training.record import (  # noqa: PLC0415  (needs PyTorch; reading results does not)
        save_csv,
        save_json,
        save_lines,
    )

    save_csv([row_of(result) for result in results], folder / CSV)
    save_lines((result.to_json() for result in results), folder / LINES)
    save_json({"cells": summaries(results)}, folder / SUMMARY)


def row_of(result: Result) -> dict[str, Any]:
    """A result as one flat row; units stand in the names, and a figure of each device in a column."""
    values = asdict(result)
    row: dict[str, Any] = {"key": result.cell.key} | values.pop("cell")
    epochs, devices = values.pop("epoch_s"), {name: values.pop(name) for name in _EACH_DEVICE}
    row |= values
    row["first_epoch_s"] = epochs[0] if epochs else ""
    row["seconds_per_epoch"] = result.seconds_per_epoch if epochs else ""
    for name, figures in devices.items():
        row |= {f"{name}_device_{place}": figure for place, figure in enumerate(figures)}
    return row


def summaries(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each cell once, with mean and standard deviation of its figures over the repeats that are done.

    The standard deviation is that of a sample (n - 1); None of a single one. Of devices, the mean over
    them is taken first.
    """
    groups: dict[Cell, list[Result]] = {}
    for result in results:
        groups.setdefault(replace(result.cell, repeat=0), []).append(result)
    return [_summary(cell, group) for cell, group in groups.items()]


def _summary(cell: Cell, group: list[Result]) -> dict[str, Any]:
    done = [result for result in group if result.status == Status.DONE]
    summary: dict[str, Any] = asdict(cell) | {"repeats": len(group), "done": len(done)}
    del summary["repeat"]
    summary["messages"] = [result.message for result in group if result.message]
    for name in (*_FIGURES, *_EACH_DEVICE):
        values = [value for result in done if (value := _figure(result, name)) is not None]
        if values:
            spread = stdev(values) if len(values) > 1 else None
            summary[name] = {"mean": mean(values), "std": spread, "n": len(values)}
    return summary


def _figure(result: Result, name: str) -> float | None:
    value = getattr(result, name)
    if name in _EACH_DEVICE:
        return mean(value) if value else None
    return None if value is None else float(value)
