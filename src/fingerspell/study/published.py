"""What the reports R0 to R4 published, as data (`published.yaml`), with notes on contradictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from fingerspell.study.results import Cell, Loading, Result, Status

R1_PARAMETERS, FLOAT_BYTES = 544_713, 4


@dataclass(frozen=True)
class PublishedRun:
    """One run, a row of a report's table; None or empty is what the report does not give.

    Attributes:
        name: as the report tells its runs apart.
        recipe: what repeats it here.
        devices: GPUs.
        batch_size: pictures a step, over all GPUs.
        epochs: trained.
        n_train: pictures an epoch.
        n_test: pictures it was judged on.
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

    The report does not say how its pictures were loaded: PyTorch's default of no worker is assumed.
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
