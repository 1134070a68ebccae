"""Time and efficiency that the scaling model predicts for numbers of devices that are not at hand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fingerspell.study.advice import DEVICES, Question
from fingerspell.study.costs import Job, Part
from fingerspell.study.scaling import Prediction, ScalingModel

PICTURES = 1_000_000  # an epoch of so many, since thousands of devices finish a small one in a step


@dataclass(frozen=True)
class Point:
    """So many devices: seconds for a million pictures, efficiency (0 to 1), the bottleneck."""

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
    alone = _predict(model, question, 1, batch)
    for devices in DEVICES:
        in_all = batch * devices if grows else batch
        if devices > in_all:
            return  # devices without a picture
        here = _predict(model, question, devices, in_all)
        seconds = here.seconds_per_epoch
        efficiency = alone.seconds_per_epoch / seconds / devices
        yield Point(devices, in_all, seconds, efficiency, here.bottleneck)


def _predict(model: ScalingModel, question: Question, devices: int, batch_size: int) -> Prediction:
    strategy = question.job.cell.strategy if devices > 1 else "single"
    cell = replace(question.job.cell, devices=devices, batch_size=batch_size, strategy=strategy)
    return model.predict(Job(cell, PICTURES, question.job.gradient_bytes))
