"""What the reports R0 to R4 published (`published.yaml`), and our runs beside it in the same units."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.models.checkpoint import file_of_run, name_of_run
from fingerspell.study.costs import Observation
from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.options import Loading
from fingerspell.training.plan import CONFIG
from fingerspell.training.record import ENVIRONMENT, SUMMARY, load_json
from fingerspell.training.settings import read_yaml

R1_PARAMETERS, FLOAT_BYTES = 544_713, 4


@dataclass(frozen=True)
class PublishedRun:
    """One run, a row of a report's table; None or empty is what the report does not give.

    Attributes:
        name: as the report tells its runs apart.
        recipe: what repeats it here.
        devices: GPUs.
        batch_size: images a step, over all GPUs.
        epochs: trained.
        n_train: images an epoch.
        n_test: images it was evaluated on.
        memory_gb: a figure for each GPU, in GB.
        total_s: seconds of all epochs.
        seconds_per_epoch: as the report says, or `total_s` over the epochs.
        train_accuracy: 0 to 1, as the next two.
        validation_accuracy: likewise.
        test_accuracy: likewise.
        test_accuracy_by_epoch: likewise, from the first epoch.
        first_loss: of the first epoch.
        last_loss: of the last.
    """

    name: str
    recipe: str
    devices: int | None = None
    batch_size: int | None = None
    epochs: int | None = None
    n_train: int | None = None
    n_test: int | None = None
    memory_gb: tuple[float, ...] = ()
    total_s: float | None = None
    seconds_per_epoch: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    test_accuracy_by_epoch: tuple[float, ...] = ()
    first_loss: float | None = None
    last_loss: float | None = None

    @property
    def epoch_s(self) -> float | None:
        """Seconds an epoch, where the report lets one know."""
        if self.total_s and self.epochs:
            return self.total_s / self.epochs
        return self.seconds_per_epoch


@dataclass(frozen=True)
class PublishedReport:
    """One report.

    Attributes:
        report: `R0` to `R4`.
        title: what it is about.
        hardware: as it says.
        rows: its runs.
        notes: what it leaves open, and where it contradicts itself.
        verdicts: on its own hypotheses, by name.
    """

    report: str
    title: str
    hardware: str
    rows: tuple[PublishedRun, ...]
    notes: tuple[str, ...]
    verdicts: Mapping[str, str] = field(default_factory=dict)


@cache
def published() -> Mapping[str, PublishedReport]:
    """The reports by name, in their order."""
    import yaml  # noqa: PLC0415  (comes with the extra `train`)

    text = (files("fingerspell.study") / "published.yaml").read_text("utf-8")
    return {document["report"]: _report(document) for document in yaml.safe_load(text)}


def _report(document: dict[str, Any]) -> PublishedReport:
    rows = tuple(PublishedRun(**{k: _frozen(v) for k, v in row.items()}) for row in document["rows"])
    return PublishedReport(**document | {"rows": rows, "notes": tuple(document["notes"])})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def r1_results() -> list[Result]:
    """R1's twelve cells as though this study had measured them.

    The report does not say how its images were loaded: PyTorch's default of no worker is assumed.
    Time is known of all epochs together, so `epoch_s` is their mean; shares of the step are not known
    (all 0).
    """
    report = published()["R1"]
    return [_as_result(row, report.hardware) for row in report.rows]


def _as_result(row: PublishedRun, hardware: str) -> Result:
    if not (
        row.devices and row.batch_size and row.epochs and row.n_train and row.n_test and row.epoch_s
    ):
        raise ValueError(f"the run {row.name!r} is not a cell of a grid")
    cell = Cell(
        model=row.recipe,
        strategy="dp" if row.devices > 1 else "single",
        devices=row.devices,
        batch_size=row.batch_size,
        loading=Loading.REPORTS,
    )
    return Result(
        cell,
        Status.DONE,
        hardware=hardware,
        epochs=row.epochs,
        n_train=row.n_train,
        parameters=R1_PARAMETERS,
        gradient_bytes=R1_PARAMETERS * FLOAT_BYTES,
        epoch_s=(row.epoch_s,),
        total_s=row.total_s or 0.0,
        images_per_s=row.n_train / row.epoch_s,
        driver_mb=tuple(1000 * gb for gb in row.memory_gb),
        train_accuracy=row.train_accuracy,
        validation_accuracy=row.validation_accuracy,
        test_accuracy=row.test_accuracy,
        n_test=row.n_test,
        capacity_mb=32_000,
    )


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
        n_train: images an epoch.
        n_test: images it was evaluated on; 0 where that is not known.
        seconds_per_epoch: of training.
        memory_gb: of the fullest device.
        train_accuracy: 0 to 1, as the next two; None where it was not measured.
        validation_accuracy: likewise.
        test_accuracy: likewise.
        test_accuracy_by_epoch: likewise; empty where it was evaluated at the end only.
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
        max(each.peak_mb for each in observation.results) / 1000,
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
            f"Evaluated on {row.n_test:,} images there, {run.n_test:,} here: one image is "
            f"{100 / row.n_test:.2g} points there, {100 / run.n_test:.2g} here."
        )
    if "packed" in run.how or "resident" in run.how:
        yield "Packed images are decoded and resized once; the reports did so in every epoch."
