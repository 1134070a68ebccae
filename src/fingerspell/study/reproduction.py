"""The reports' runs beside ours, in the same rows and units, and why they differ."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.models.checkpoint import file_of_run, name_of_run
from fingerspell.study.memory_model import peak_mb
from fingerspell.study.observations import Observation
from fingerspell.study.published import PublishedReport, PublishedRun
from fingerspell.study.results import Loading
from fingerspell.training.plan import CONFIG
from fingerspell.training.record import ENVIRONMENT, SUMMARY, load_json
from fingerspell.training.settings import read_yaml

MODELS = {
    "mobilenet-v2": "mobilenet_v2",
    "efficientnet-b0": "efficientnet_b0",
}  # recipes unlike their network
_ALIKE = {"mobilenet-v2-unfrozen": "mobilenet-v2"}  # another reading of the same report

_LOADED = {
    Loading.REPORTS: "loaded as the reports did",
    Loading.PACKED: "packed",
    Loading.RESIDENT: "resident",
}


@dataclass(frozen=True)
class Run:
    """What was measured here: a cell of the study, or a run of `fingerspell train`.

    Attributes:
        name: of the run, or what tells a cell from others.
        recipe: what it repeats.
        hardware: where.
        how: way of loading or split, and precision.
        devices: that shared the work.
        batch_size: 0 where it is not known.
        epochs: trained.
        n_train: pictures an epoch.
        n_test: pictures it was judged on; 0 where that is not known.
        seconds_per_epoch: of training.
        memory_gb: of the fullest device.
        train_accuracy: 0 to 1, as the next two; None where it was not measured.
        validation_accuracy: likewise.
        test_accuracy: likewise.
        test_accuracy_by_epoch: likewise; empty where it was judged at the end only.
    """

    name: str
    recipe: str
    hardware: str
    how: str
    devices: int
    batch_size: int
    epochs: int
    n_train: int
    n_test: int
    seconds_per_epoch: float
    memory_gb: float
    train_accuracy: float | None
    validation_accuracy: float | None
    test_accuracy: float | None
    test_accuracy_by_epoch: tuple[float, ...] = ()


def of_observation(observation: Observation) -> Run:
    """A cell, its repeats together."""
    cell, first = observation.cell, observation.results[0]
    names = {network: recipe for recipe, network in MODELS.items()}
    return Run(
        f"{cell.strategy}, {_LOADED[cell.loading]}",
        names.get(cell.model, cell.model),
        first.hardware,
        f"{cell.loading}, {cell.precision}",
        cell.devices,
        cell.batch_size,
        first.epochs,
        first.n_train,
        first.n_test,
        observation.seconds_per_epoch,
        max(peak_mb(each) for each in observation.results) / 1000,
        _mean(each.train_accuracy for each in observation.results),
        _mean(each.validation_accuracy for each in observation.results),
        _mean(each.test_accuracy for each in observation.results),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def read_run(folder: Path) -> Run:
    """A run that `fingerspell train` finished.

    Raises:
        StudyError: the folder holds none.
        TrainingError: a file of it is damaged.
    """
    if not (folder / SUMMARY).is_file():
        raise StudyError(f"{folder} holds no finished run: give folders with a {SUMMARY}.")
    summary, environment = load_json(folder / SUMMARY), load_json(file_of_run(folder, ENVIRONMENT))
    try:
        return _of_summary(folder, summary, environment)
    except (KeyError, StopIteration) as error:
        raise StudyError(
            f"{folder / SUMMARY} is of several folds: give the folder of one of them."
        ) from error


def _of_summary(folder: Path, summary: dict[str, Any], environment: dict[str, Any]) -> Run:
    best, data, options = summary["best"], summary["data"], read_yaml(file_of_run(folder, CONFIG))
    memory = [value for name, value in best.items() if name.startswith("memory_mb_device")]
    return Run(
        name_of_run(folder),
        _ALIKE.get(summary["recipe"], summary["recipe"]),
        ", ".join(environment["gpus"]) or f"{environment['processor']}, {environment['cores']} cores",
        f"split {data['split']} of {data['name']}, {options['precision']}",
        summary["processes"],
        options["batch_size"],
        summary["epochs"],
        best["train_n"],
        summary["test"]["n"],
        summary["train_seconds"] / summary["epochs"],
        max(memory, default=0.0) / 1000,
        best["train_accuracy"],
        best.get("validation_accuracy"),
        summary["test"]["accuracy"],
        tuple(_by_epoch(folder / "metrics.csv")),
    )


def _by_epoch(path: Path) -> Iterator[float]:
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            yield from (
                float(row["test_accuracy"]) for row in csv.DictReader(file) if row.get("test_accuracy")
            )


def beside(report: PublishedReport, runs: Sequence[Run]) -> list[tuple[PublishedRun, list[Run]]]:
    """Each run of a report, with ours that repeat it."""
    return [(row, [run for run in runs if _repeats(run, row)]) for row in report.rows]


def _repeats(run: Run, row: PublishedRun) -> bool:
    """Whether it is the same recipe or its network, with the same devices and batch.

    R2's runs differ in nothing but epochs, so a cell of its network is one of them only if that is
    alike.
    """
    same = run.recipe == row.recipe or (
        row.recipe == f"{run.recipe}-{row.epochs}" and run.epochs == row.epochs
    )
    devices = row.devices is None or run.devices == row.devices
    return same and devices and (not run.batch_size or row.batch_size in {None, run.batch_size})


def differences(report: PublishedReport, row: PublishedRun, run: Run) -> Iterator[str]:
    """What is unlike between a report's run and ours, in sentences."""
    yield f"Hardware: {report.hardware} there, {run.hardware} here."
    if run.devices > 1 and "cores" in run.hardware:
        yield "Devices here are processes that share the cores of one processor."
    if row.n_train and run.n_train != row.n_train:
        yield (
            f"{row.n_train:,} images an epoch there, {run.n_train:,} here: compare images a "
            "second, not seconds. The fewer frames of a video there are, the fewer twins test images "
            "have in training."
        )
    if row.epochs and run.epochs != row.epochs:
        yield f"{row.epochs} epochs there, {run.epochs} here: accuracies are not of as much training."
    if "bf16" in run.how or "fp16" in run.how:
        yield "Half precision here; the reports computed in fp32."
    if row.n_test and run.n_test and row.n_test != run.n_test:
        yield (
            f"Judged on {row.n_test:,} images there, {run.n_test:,} here: one image is "
            f"{100 / row.n_test:.2g} points there, {100 / run.n_test:.2g} here."
        )
    if "packed" in run.how or "resident" in run.how:
        yield "Packed images are decoded and resized once; the reports did so in every epoch."
