"""What an epoch asks for: images to load and to compute, steps, messages and bytes to exchange.

Time is what is asked for times what it costs (`fit.py` finds the costs), so every amount here is
linear. All-reduce after Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication
Operations in MPICH" (2005), and, as a tree, Sanders, Speck, Träff, "Two-tree algorithms" (2009).

Beside it stands what was measured: the repeats of a cell taken together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil, log2
from statistics import fmean, stdev

from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.options import Loading


@dataclass(frozen=True)
class Link:
    """A way between devices.

    Attributes:
        bytes_per_s: in each direction.
        latency_s: of one message.
    """

    bytes_per_s: float
    latency_s: float


@dataclass(frozen=True)
class Cluster:
    """Devices that are not at hand; the defaults are round figures of GPUs on NVLink and InfiniBand.

    Attributes:
        devices_per_node: that share a node's link to the others.
        within: between devices of a node; only used for what the cells do not tell.
        between: between nodes; the link of a whole node (100 Gbit/s).
    """

    devices_per_node: int = 8
    within: Link = field(default_factory=lambda: Link(100e9, 10e-6))
    between: Link = field(default_factory=lambda: Link(12.5e9, 20e-6))


class Part(StrEnum):
    """Where the time of a step goes."""

    DATA = "data"
    COMPUTE = "compute"
    COMMUNICATION = "communication"


@dataclass(frozen=True)
class Job:
    """An epoch to time: a cell, and the sizes that its time depends on.

    Attributes:
        cell: its repeat does not matter.
        n_train: images an epoch.
        gradient_bytes: that devices exchange a step.
    """

    cell: Cell
    n_train: int
    gradient_bytes: int

    @classmethod
    def of(cls, result: Result) -> "Job":
        """What a result measured."""
        return cls(result.cell, result.n_train, result.gradient_bytes)

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return ceil(self.n_train / self.cell.batch_size)

    @property
    def pictures_per_device(self) -> float:
        """Images an epoch of the device that has most."""
        return ceil(self.cell.batch_size / self.cell.devices) * self.n_train / self.cell.batch_size

    @property
    def loads_ahead(self) -> bool:
        """Whether the next batch is made while this one is computed: the longer of the two counts.

        Files decoded in the process that computes (no workers) are not.
        """
        return self.cell.loading is not Loading.REPORTS or self.cell.workers > 0


Demand = dict[str, float]


def demands(job: Job, cluster: Cluster) -> dict[Part, Demand]:
    """Amounts an epoch, by part and by the name of what they cost."""
    return {
        Part.DATA: _of_data(job, cluster),
        Part.COMPUTE: _of_compute(job, cluster),
        Part.COMMUNICATION: _of_communication(job, cluster),
    }


def _of_data(job: Job, cluster: Cluster) -> Demand:
    """Images that one loader makes, and those that loaders of a node make while sharing it."""
    cell = job.cell
    processes = cell.devices if cell.strategy == "ddp" else 1
    nodes = ceil(processes / cluster.devices_per_node)
    loaders = ceil(processes / nodes) * max(1, cell.workers)
    pictures = job.n_train / nodes
    scope = f"{cell.loading}, {cell.model}"
    return {
        f"data: a picture ({scope})": pictures / loaders,
        f"data: a picture, shared ({scope})": pictures * (loaders - 1) / loaders,
    }


def _of_compute(job: Job, cluster: Cluster) -> Demand:
    cell = job.cell
    scope = f"{cell.model}, {cell.precision}"
    neighbours = min(cell.devices, cluster.devices_per_node) - 1
    return {
        f"compute: a picture ({scope})": job.pictures_per_device,
        f"compute: a step ({scope})": float(job.steps),
        f"compute: a picture, for each neighbour ({scope})": job.pictures_per_device * neighbours,
    }


def _of_communication(job: Job, cluster: Cluster) -> Demand:
    """Within a node; between nodes see `between_nodes_s`."""
    cell, steps = job.cell, job.steps
    if cell.strategy == "dp":
        # Device 0 sends the weights and the images to each of the others, and collects from each.
        others = cell.devices - 1
        return {
            "dp: a step, for each other device": float(steps * others),
            "dp: a byte": steps * 2.0 * others * job.gradient_bytes,
        }
    near = min(cell.devices, cluster.devices_per_node)
    return {
        "all-reduce: a message": steps * ring_messages(near),
        "all-reduce: a byte": steps * ring_bytes(near, job.gradient_bytes),
    }


def between_nodes_s(job: Job, cluster: Cluster) -> float:
    """Seconds an epoch of the all-reduce between nodes, by the cluster's assumed link."""
    if job.cell.strategy == "dp":
        return 0.0  # threads of one process: one node, however many devices it is taken to have
    nodes = ceil(job.cell.devices / cluster.devices_per_node)
    return job.steps * all_reduce_s(nodes, job.gradient_bytes, cluster.between)


def all_reduce_s(devices: int, n_bytes: float, link: Link) -> float:
    """Seconds of the faster of two ways: a ring for many bytes, a tree for many devices.

    >>> round(all_reduce_s(4, 1e9, Link(1e9, 0.001)), 3)  # ring: 2 * 3/4 s and 6 messages
    1.506
    >>> round(all_reduce_s(1024, 1e3, Link(1e9, 0.001)), 3)  # tree: 2 * log2(1024) messages
    0.02
    """
    if devices == 1:
        return 0.0
    ring = ring_bytes(devices, n_bytes) / link.bytes_per_s + ring_messages(devices) * link.latency_s
    tree = 2 * n_bytes / link.bytes_per_s + 2 * ceil(log2(devices)) * link.latency_s
    return min(ring, tree)


def ring_bytes(devices: int, n_bytes: float) -> float:
    """Bytes that each device sends: 2 (p - 1) / p of them."""
    return 2 * (devices - 1) / devices * n_bytes


def ring_messages(devices: int) -> int:
    """Messages one after another: 2 (p - 1)."""
    return 2 * (devices - 1)


def unit(name: str) -> str:
    """The unit of a cost.

    >>> unit("all-reduce: a byte")
    's a byte'
    """
    amount = name.partition(": ")[2].partition(" (")[0].split(",")[0]
    return f"s {amount}"


def assumed_cost(name: str, cluster: Cluster) -> float:
    """What a cost is taken for where the cells do not tell: links as assumed, all else nothing."""
    return {
        "all-reduce: a message": cluster.within.latency_s,
        "all-reduce: a byte": 1 / cluster.within.bytes_per_s,
        "dp: a byte": 1 / cluster.within.bytes_per_s,
    }.get(name, 0.0)


@dataclass(frozen=True)
class Observation:
    """What the repeats of one cell say together.

    Attributes:
        results: one a repeat; all are done.
    """

    results: tuple[Result, ...]

    @property
    def cell(self) -> Cell:
        """The cell, as its first repeat."""
        return replace(self.results[0].cell, repeat=0)

    @property
    def job(self) -> Job:
        """What its time depends on."""
        return Job.of(self.results[0])

    @property
    def seconds_per_epoch(self) -> float:
        """Mean over repeats."""
        return fmean(each.seconds_per_epoch for each in self.results)

    @property
    def has_shares(self) -> bool:
        """Whether it was measured what the time of a step is spent on."""
        return all(sum(_shares(each)) > 0 for each in self.results)

    @property
    def shares(self) -> Mapping[Part, float]:
        """Of the step, mean over repeats; all 0 where they were not measured."""
        means = map(fmean, zip(*map(_shares, self.results), strict=True))
        return dict(zip(Part, means, strict=True))


def _shares(result: Result) -> tuple[float, float, float]:
    return result.data_share, result.compute_share, result.communication_share


def observe(results: Iterable[Result]) -> list[Observation]:
    """The cells that are done, repeats together, by hardware; in the order of their names."""
    groups: dict[tuple[str, Cell], list[Result]] = {}
    for result in results:
        if result.status is Status.DONE and result.seconds_per_epoch > 0:
            groups.setdefault((result.hardware, replace(result.cell, repeat=0)), []).append(result)
    found = [Observation(tuple(group)) for group in groups.values()]
    return sorted(found, key=lambda each: _order(each.cell))


def _order(cell: Cell) -> tuple[object, ...]:
    return (cell.model, cell.loading, cell.precision, cell.strategy, cell.devices, cell.batch_size)


def spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation; no deviation of a single value."""
    return fmean(values), stdev(values) if len(values) > 1 else None


def efficiency(observation: Observation, others: Iterable[Observation]) -> float | None:
    """Time on one device over this time times the devices; None where one device was not measured."""
    cell = observation.cell
    for other in others:
        alone = replace(cell, devices=1, strategy=other.cell.strategy)
        if other.cell == alone and other.results[0].hardware == observation.results[0].hardware:
            return other.seconds_per_epoch / observation.seconds_per_epoch / cell.devices
    return None
