"""Run one cell in the processes that it asks for, and measure it.

The run is the project's own training, a `FoldRun`, watched by a `Gauge` in every process; then the
exchange between the processes is timed. What the processes saw is put together in the first one.

How much of a step the exchange between devices takes is measured after the run: every process repeats
the step on one batch of its own, in turns with and without the exchange, so that whatever else the
machine does falls on both alike; a barrier before each step keeps waiting for a slower process's images
out of it. The medians differ by what the exchange costs beyond the computing that hides it: that is
what could be saved, and what a scaling model needs. Timers inside the exchange would count the hidden
part too, and the waiting for a process that computes longer.

- ddp: gradients are all-reduced, or not (`no_sync`).
- dp: the batch and the network are scattered over the GPUs, outputs and gradients gathered; or the
  first GPU works on its own share alone. That Python threads wait for each other counts as exchange,
  since there would be none without several devices.
- one device: nothing is exchanged.

The network's weights are of no use afterwards: processes that do not exchange drift apart.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch
from lightning_fabric import Fabric
from torch.nn import DataParallel

from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch
from fingerspell.errors import FingerspellError, MemoryTooSmallError
from fingerspell.progress import Stage
from fingerspell.study.gauge import Gauge, Reading
from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.fold import FoldRun, Summary
from fingerspell.training.launch import launch, make_fabric
from fingerspell.training.learner import Learner
from fingerspell.training.memory import enough_memory, gpus_of, wait_for_gpus
from fingerspell.training.plan import Plan
from fingerspell.training.record import CHECKPOINTS, ENVIRONMENT, Record, Row, load_json
from fingerspell.training.run import begin
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.base import Batches, Material


@dataclass(frozen=True)
class Seen:
    """What one process saw of its run.

    Attributes:
        rows: one an epoch.
        summary: the figures of the end.
        readings: one a device.
        exchange: share of a step, without waiting for images, that the exchange takes.
        exchange_s: seconds that it took to time that.
        gradient_bytes: of the network.
    """

    rows: list[Row]
    summary: Summary
    readings: list[Reading]
    exchange: float
    exchange_s: float
    gradient_bytes: int


def measure(cell: Cell, plan: Plan, stage: Stage) -> Result:
    """Train a cell from its beginning, in this process and as many others as it asks for.

    What fails is a result too. Of the run's folder its weights are removed again.

    Args:
        cell: what to measure.
        plan: the run that it is.
        stage: told of the preparations, which do not count: cells share their packed images.
    """
    shutil.rmtree(plan.folder, ignore_errors=True)  # of an attempt that was interrupted
    try:
        fabric = make_fabric(plan.options.device)
        began = time.perf_counter()
        material = begin(plan, stage)
        preparing_s = time.perf_counter() - began
        everybody = launch(fabric, _work, plan, material)
    except MemoryTooSmallError as error:
        return Result(cell, Status.OUT_OF_MEMORY, str(error))
    except FingerspellError as error:
        return Result(cell, Status.FAILED, str(error))
    finally:
        _remove_weights(plan.folder)
    seen = [_read(one) for one in everybody]
    result = assemble(cell, seen)
    total_s = time.time() - psutil.Process().create_time() - preparing_s - seen[0].exchange_s
    capacity_mb = round(_capacity_mb(fabric), 1)
    return replace(result, hardware=_hardware(fabric, plan), total_s=total_s, capacity_mb=capacity_mb)


def assemble(cell: Cell, seen: list[Seen]) -> Result:
    """The result of a cell, of what its processes saw.

    The share of data is the mean over processes of their waiting for images, over the seconds of the
    epochs' steps; what remains is shared between computing and exchange as `exchange` timed it.
    """
    rows, summary = seen[0].rows, seen[0].summary
    counted = rows[1:] or rows
    seconds = sum(row["train_seconds"] for row in counted)
    data = sum(_waited(one.rows[1:] or one.rows) for one in seen) / len(seen)
    exchange = sum(one.exchange for one in seen) / len(seen) * (1 - data)
    readings = [reading for one in seen for reading in one.readings]
    return Result(
        cell,
        Status.DONE,
        epochs=len(rows),
        n_train=int(rows[0]["train_n"]),
        parameters=summary["parameters"],
        gradient_bytes=seen[0].gradient_bytes,
        epoch_s=tuple(row["train_seconds"] for row in rows),
        images_per_s=sum(row["train_n"] for row in counted) / seconds,
        data_share=data,
        compute_share=1 - data - exchange,
        communication_share=exchange,
        allocated_mb=tuple(round(reading.allocated_mb, 1) for reading in readings),
        reserved_mb=tuple(round(reading.reserved_mb, 1) for reading in readings),
        driver_mb=tuple(round(r.driver_mb, 1) for r in readings if r.driver_mb is not None),
        utilisation=tuple(round(r.utilisation, 4) for r in readings if r.utilisation is not None),
        train_accuracy=rows[-1]["train_accuracy"],
        validation_accuracy=summary["best"].get("validation_accuracy"),
        test_accuracy=summary["test"]["accuracy"] if summary["test"]["n"] else None,
        n_test=summary["test"]["n"],
    )


def _waited(rows: list[Row]) -> float:
    """Share of the steps of some epochs that a process waited for images."""
    seconds = sum(row["train_seconds"] for row in rows)
    return sum(row["train_seconds"] * row["data_wait_share"] for row in rows) / seconds


def _work(fabric: Fabric, plan: Plan, material: Material) -> list[dict[str, Any]]:
    """Train and watch, in one of the cell's processes; what all of them saw."""
    [fold] = material.folds
    run = FoldRun(fabric, plan, material, fold, Record(plan.folder))
    with enough_memory(plan.options.learning):
        with Gauge(fabric) as gauge:
            summary = run.train([gauge])
        began = time.perf_counter()
        exchange = exchange_share(run.learner, run.parts[Part.TRAIN])
        exchange_s = time.perf_counter() - began
    trained = [p for p in run.learner.module.parameters() if p.requires_grad]
    n_bytes = sum(p.numel() * p.element_size() for p in trained)
    mine = Seen(gauge.rows, summary, gauge.readings, exchange, exchange_s, n_bytes)
    seen: dict[str, Any] = asdict(mine)  # Fabric refuses to return frozen dataclasses
    everybody: list[Any] = [seen] * fabric.world_size
    if fabric.world_size > 1:
        torch.distributed.all_gather_object(everybody, seen)
    return everybody


def _read(seen: dict[str, Any]) -> Seen:
    return Seen(**seen | {"readings": [Reading(**reading) for reading in seen["readings"]]})


def _remove_weights(folder: Path) -> None:
    """A study keeps figures; weights of hundreds of cells would fill a disk."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def _capacity_mb(fabric: Fabric) -> float:
    """Memory of a GPU, or of the whole system, in MB."""
    if fabric.device.type == "cuda":
        return torch.cuda.get_device_properties(fabric.device).total_memory / 1e6
    return psutil.virtual_memory().total / 1e6


def _hardware(fabric: Fabric, plan: Plan) -> str:
    here = load_json(plan.folder / ENVIRONMENT)
    if fabric.device.type == "cuda":
        return ", ".join(here["gpus"])
    return f"{here['processor']}, {here['cores']} cores"


_FEWEST, _MOST = 3, 20  # pairs of steps
_LONG_ENOUGH_S = 6.0


def exchange_share(learner: Learner, batches: Batches) -> float:
    """Share of a step, without waiting for images, that the exchange takes, 0 to 1.

    Every process must call it, and gets the mean over all.

    Args:
        learner: what was trained; it is spoilt.
        batches: of the training part.
    """
    n_devices = max(len(gpus_of(learner.fabric)), 1)
    if learner.fabric.world_size * n_devices == 1 or not len(batches):
        return 0.0
    # A schedule may have come to its end, and complain of more steps.
    learner.scheduler = torch.optim.lr_scheduler.LambdaLR(learner.optimizer, _as_it_is)
    batch = next(iter(batches.epoch(0)))
    alone = _first_share(batch, n_devices) if n_devices > 1 else batch
    n = batches.sizes[0]
    _pair(learner, batch, alone, n)  # warm-up
    with_s, without_s = [], []
    first_s = sum(_pair(learner, batch, alone, n))
    first_s = learner.fabric.broadcast(first_s)
    for _ in range(min(_MOST, max(_FEWEST, round(_LONG_ENOUGH_S / first_s)))):
        both = _pair(learner, batch, alone, n)
        with_s.append(both[0])
        without_s.append(both[1])
    share = _mean(learner, 1 - median(without_s) / median(with_s))
    return max(0.0, share)  # it may come out below by chance


def _as_it_is(_step: int) -> float:
    return 1.0


def _pair(learner: Learner, batch: Batch, alone: Batch, n: int) -> tuple[float, float]:
    """Seconds of a step with the exchange, and of one without."""
    with_s = _step(learner, batch, n)
    with _no_exchange(learner):
        return with_s, _step(learner, alone, n)


def _step(learner: Learner, batch: Batch, n: int) -> float:
    tally = Tally(learner.n_classes).to(learner.fabric.device)
    _settle(learner)
    began = time.perf_counter()
    learner.learn(batch, n, 0, tally)
    wait_for_gpus(learner.fabric)
    return time.perf_counter() - began


def _settle(learner: Learner) -> None:
    """Wait until all devices of all processes have come here."""
    wait_for_gpus(learner.fabric)
    learner.fabric.barrier()


@contextmanager
def _no_exchange(learner: Learner) -> Iterator[None]:
    wrapped = learner.model._forward_module
    if not isinstance(wrapped, DataParallel):
        with learner.fabric.no_backward_sync(learner.model):
            yield
        return
    devices = wrapped.device_ids
    wrapped.device_ids = devices[:1]
    try:
        yield
    finally:
        wrapped.device_ids = devices


def _first_share(batch: Batch, n: int) -> Batch:
    """The images that the first of n devices gets of a batch, as `torch.chunk` shares them out."""
    return Batch(*(tensor.chunk(n)[0] for tensor in (batch.pictures, batch.labels, batch.rows)))


def _mean(learner: Learner, value: float) -> float:
    """Mean over all processes."""
    tensor = torch.tensor(value, dtype=torch.float64, device=learner.fabric.device)
    if learner.fabric.world_size > 1:
        torch.distributed.all_reduce(tensor)
    return float(tensor) / learner.fabric.world_size
