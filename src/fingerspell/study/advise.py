"""How many devices and how large a batch: time and efficiency as fitted, and plans for a wish."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fingerspell.errors import StudyError
from fingerspell.study.costs import Job, Part
from fingerspell.study.fit import MemoryModel, ScalingModel
from fingerspell.training.settings import nearest

SHORTEST, CHEAPEST, MEMORY = "shortest time", "cheapest", "memory"
WISHES = (SHORTEST, CHEAPEST, f"{MEMORY}=0.9")
TIE = 0.02  # of two plans that differ by less, the one with fewer devices is advised
DEVICES = tuple(2**k for k in range(13))  # 1 to 4096
PICTURES = 1_000_000  # an epoch of a curve, since thousands of devices finish a small one in a step


@dataclass(frozen=True)
class Plan:
    """A number of devices and a batch size, and what they are predicted to take.

    Attributes:
        devices: that share the work.
        batch_size: over all of them.
        seconds_per_epoch: predicted.
        efficiency: time on one device with the same batch, over this time times the devices; 0 to 1.
        bottleneck: what takes longest.
        memory_mb: of a device; None where no cell tells.
    """

    devices: int
    batch_size: int
    seconds_per_epoch: float
    efficiency: float
    bottleneck: Part
    memory_mb: float | None

    @property
    def device_seconds(self) -> float:
        """What an epoch is paid for."""
        return self.devices * self.seconds_per_epoch


@dataclass(frozen=True)
class Question:
    """What is to be planned.

    Attributes:
        job: network, strategy for several devices, loading, sizes; its devices and batch are replaced.
        devices: numbers of devices to choose from.
        batch_sizes: batch sizes to choose from; those whose accuracy was measured, by rights.
        memory: of the job's network; None where no cell tells.
        capacity_mb: of a device; 0 where it is not known.
        n_measured: how many numbers of devices were measured of this network and way of loading.
    """

    job: Job
    devices: Sequence[int]
    batch_sizes: Sequence[int]
    memory: MemoryModel | None = None
    capacity_mb: float = 0.0
    n_measured: int = 0


def plan(model: ScalingModel, question: Question, devices: int, batch_size: int) -> Plan:
    """What a number of devices and a batch size are predicted to take."""
    here = model.predict(_job(question.job, devices, batch_size))
    alone = model.predict(_job(question.job, 1, batch_size)).seconds_per_epoch
    memory = question.memory.predict_mb(-(-batch_size // devices)) if question.memory else None
    seconds = here.seconds_per_epoch
    return Plan(devices, batch_size, seconds, alone / seconds / devices, here.bottleneck, memory)


def _job(job: Job, devices: int, batch_size: int) -> Job:
    strategy = job.cell.strategy if devices > 1 else "single"
    cell = replace(job.cell, devices=devices, batch_size=batch_size, strategy=strategy)
    return replace(job, cell=cell)


def recommend(model: ScalingModel, question: Question, wish: str) -> Plan:
    """The best plan for a wish.

    Args:
        model: the costs.
        question: what there is to choose from.
        wish: `shortest time` of an epoch; `cheapest`, by device-seconds an epoch; `memory=0.9`, the
            batch
            that fills so much of the memory of the fewest devices.

    Raises:
        StudyError: there is no such wish, or no plan for it.
    """
    if wish == SHORTEST:
        plans = list(_plans(model, question))
        return _fewest_devices(plans, [each.seconds_per_epoch for each in plans])
    if wish == CHEAPEST:
        plans = list(_plans(model, question))
        return _fewest_devices(plans, [each.device_seconds for each in plans])
    return _filling(model, question, _share_of(wish))


def _plans(model: ScalingModel, question: Question) -> Iterator[Plan]:
    for devices in question.devices:
        for batch_size in question.batch_sizes:
            made = plan(model, question, devices, batch_size)
            fits = (
                not (made.memory_mb and question.capacity_mb) or made.memory_mb <= question.capacity_mb
            )
            if devices <= batch_size and fits:
                yield made


def _fewest_devices(plans: Sequence[Plan], costs: Sequence[float]) -> Plan:
    if not plans:
        raise StudyError("no plan fits into the memory of a device: allow smaller batches.")
    bound = min(costs) * (1 + TIE)
    good = [
        (each.devices, cost, each) for each, cost in zip(plans, costs, strict=True) if cost <= bound
    ]
    return min(good, key=lambda entry: entry[:2])[2]


def _share_of(wish: str) -> float:
    name, _, text = wish.partition("=")
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if name != MEMORY or not 0 < share <= 1:
        raise StudyError(f"{wish!r} is not a wish: {nearest(wish, list(WISHES))}")
    return share


def _filling(model: ScalingModel, question: Question, share: float) -> Plan:
    if not (question.memory and question.capacity_mb):
        raise StudyError(
            "the memory of a device or what an image takes of it is not known: measure two batch sizes."
        )
    devices = min(question.devices)
    batch_size = question.memory.largest_batch(share * question.capacity_mb, devices)
    if not batch_size:
        raise StudyError(f"not even one image fits into {share:.0%} of the memory of a device.")
    return plan(model, question, devices, batch_size)


@dataclass(frozen=True)
class Point:
    """So many devices: seconds for a million images, efficiency (0 to 1), the bottleneck."""

    devices: int
    batch_size: int
    seconds: float
    efficiency: float
    bottleneck: Part


@dataclass(frozen=True)
class Curve:
    """Predictions for one network and way of loading.

    Attributes:
        label: of these.
        grows: whether the batch grows with the devices, or stays and is shared by ever more of them.
        points: by devices.
    """

    label: str
    grows: bool
    points: tuple[Point, ...]

    @property
    def kind(self) -> str:
        """In words."""
        batch = self.points[0].batch_size
        return f"{batch} a device" if self.grows else f"{batch} in all"


def predicted_curves(model: ScalingModel, question: Question, label: str) -> list[Curve]:
    """With the largest measured batch on each device, and shared by all of them."""
    batch = max(question.batch_sizes)
    return [
        Curve(label, grows, tuple(_points(model, question, batch, grows))) for grows in (True, False)
    ]


def _points(model: ScalingModel, question: Question, batch: int, grows: bool) -> Iterator[Point]:
    job = replace(question.job, n_train=PICTURES)
    alone = model.predict(_job(job, 1, batch))
    for devices in DEVICES:
        in_all = batch * devices if grows else batch
        if devices > in_all:
            return  # devices without an image
        here = model.predict(_job(job, devices, in_all))
        seconds = here.seconds_per_epoch
        efficiency = alone.seconds_per_epoch / seconds / devices
        yield Point(devices, in_all, seconds, efficiency, here.bottleneck)
