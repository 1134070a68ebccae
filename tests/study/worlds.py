"""Studies of worlds whose costs are known: what cells would measure there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from fingerspell.study.costs import Cluster, Job, Part, unit
from fingerspell.study.fit import Cost, ScalingModel
from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.options import Loading

N_TRAIN = 8192
NODE = Cluster(devices_per_node=4)
BYTES = {"compact-net": 2_178_852, "aslnet": 427_508}
COSTS = {
    "data: a picture (reports, compact-net)": 1.3e-3,
    "data: a picture, shared (reports, compact-net)": 2e-4,
    "data: a picture (packed, compact-net)": 5e-5,
    "data: a picture, shared (packed, compact-net)": 0.0,
    "compute: a picture (compact-net, fp32)": 4e-3,
    "compute: a step (compact-net, fp32)": 5e-3,
    "compute: a picture, for each neighbour (compact-net, fp32)": 1e-3,
    "data: a picture (reports, aslnet)": 8e-4,
    "data: a picture, shared (reports, aslnet)": 1e-4,
    "data: a picture (packed, aslnet)": 2e-5,
    "data: a picture, shared (packed, aslnet)": 0.0,
    "compute: a picture (aslnet, fp32)": 5e-4,
    "compute: a step (aslnet, fp32)": 3e-3,
    "compute: a picture, for each neighbour (aslnet, fp32)": 1e-4,
    "all-reduce: a message": 4e-4,
    "all-reduce: a byte": 1e-9,
}


def model_of(costs: Mapping[str, float], cluster: Cluster = NODE) -> ScalingModel:
    return ScalingModel(
        {name: Cost(name, value, 0.0, unit(name)) for name, value in costs.items()}, cluster
    )


def grid(
    batch_sizes: tuple[int, ...] = (32, 64, 128),
    devices: tuple[int, ...] = (1, 2),
    repeats: int = 1,
    strategy: str = "ddp",
) -> Iterator[Cell]:
    loadings = (Loading.REPORTS, Loading.PACKED)
    for model, loading, p, batch, repeat in product(
        BYTES, loadings, devices, batch_sizes, range(repeats)
    ):
        name = strategy if p > 1 else "single"
        yield Cell(model, name, p, batch, loading=loading, repeat=repeat)


def measure(cell: Cell, truth: ScalingModel, noise: float = 0.0, seed: int = 0) -> Result:
    """What a cell would measure, times off by a random factor around 1."""
    chance = np.random.default_rng([seed, *cell.key.encode()])
    job = Job(cell, N_TRAIN, BYTES[cell.model])
    predicted = truth.predict(job)
    seconds = predicted.seconds_per_epoch * float(np.exp(noise * chance.standard_normal()))
    local = cell.batch_size / cell.devices
    accuracy = float(
        np.clip(0.98 - 0.004 * np.log2(cell.batch_size) + 0.002 * chance.standard_normal(), 0, 1)
    )
    return Result(
        cell,
        Status.DONE,
        hardware="a machine of the tests",
        epochs=3,
        n_train=N_TRAIN,
        parameters=BYTES[cell.model] // 4,
        gradient_bytes=BYTES[cell.model],
        epoch_s=(2 * seconds, seconds, seconds),
        total_s=4 * seconds + 9,
        images_per_s=N_TRAIN / seconds,
        data_share=predicted.share(Part.DATA),
        compute_share=predicted.share(Part.COMPUTE),
        communication_share=predicted.share(Part.COMMUNICATION),
        allocated_mb=(200 + 2.5 * local,) * cell.devices,
        reserved_mb=(220 + 3 * local,) * cell.devices,
        driver_mb=(300 + 3 * local,) * cell.devices,
        utilisation=(predicted.share(Part.COMPUTE),) * cell.devices,
        train_accuracy=accuracy,
        validation_accuracy=accuracy - 0.005,
        test_accuracy=round((accuracy - 0.01) * 1741) / 1741,
        n_test=1741,
        capacity_mb=8_000,
    )


def study(noise: float = 0.02, repeats: int = 2, seed: int = 0) -> list[Result]:
    """Two networks on a grid, a cell that failed and one that ran out of memory."""
    results = [measure(cell, model_of(COSTS), noise, seed) for cell in grid(repeats=repeats)]
    lost = replace(results[0].cell, batch_size=4096)
    return [
        *results,
        Result(lost, Status.OUT_OF_MEMORY, "the memory is too small for batches of 4096 pictures."),
        Result(replace(lost, precision="fp16"), Status.FAILED, "fp16 needs a GPU: use bf16."),
    ]
