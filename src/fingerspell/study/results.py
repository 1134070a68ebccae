"""What one cell of a study is, and what was measured of it: the rows of `cells.csv`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from fingerspell.training.options import Loading

__all__ = ["Cell", "Loading", "Result", "Status"]


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
        batch_size: pictures a step, over all devices together.
        precision: `fp32`, `bf16` or `fp16`.
        loading: where pictures come from.
        workers: processes that decode pictures beside each training process; `reports` only.
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
        n_train: pictures an epoch.
        parameters: of the network, and `gradient_bytes` that devices exchange a step.
        epoch_s: seconds of training of each epoch, the first too.
        total_s: seconds from the start of the process to its end.
        images_per_s: pictures learned from, over all devices.
        data_share: share of a training step in which a process waits for pictures,
        compute_share: in which it computes forwards, backwards and the new weights,
        communication_share: in which it exchanges what was learned; the three add up to 1.
        allocated_mb: memory in use by tensors at the most (on a CPU: resident set of a process),
        reserved_mb: held by PyTorch, and
        driver_mb: as the driver (on a CPU: the system) sees it; one figure a device each.
        utilisation: mean share of the time in which a device was busy, one figure a device.
        train_accuracy: of the last epoch, 0 to 1;
        validation_accuracy: of the best epoch;
        test_accuracy: of the best epoch's weights.
        n_test: pictures it was judged on; 0 where that is not known.
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
