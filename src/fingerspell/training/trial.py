"""Before a run: how long it will take and how much memory, and which learning rate suits it.

Both train for some batches and forget what was learned; only the packed images stay.
"""

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from matplotlib.figure import Figure

from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch
from fingerspell.errors import TrainingError
from fingerspell.progress import Stage
from fingerspell.training.batch_size import settle
from fingerspell.training.curves import save_figure
from fingerspell.training.fold import open_fold
from fingerspell.training.launch import launch, make_fabric
from fingerspell.training.learner import Learner
from fingerspell.training.memory import enough_memory, memory_mb, reset_memory, wait_for_gpus
from fingerspell.training.options import Schedule
from fingerspell.training.plan import Plan
from fingerspell.training.run import begin
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.base import Batches, Material

WARM_UP, MEASURED = 3, 10  # batches of a dry run
_RATES, _LOWEST, _HIGHEST = 100, 1e-6, 1.0  # of a range test
_SMOOTHING = 0.9  # of its losses
_DIVERGED = 4.0  # times the lowest loss


@dataclass(frozen=True)
class Estimate:
    """What a run would take.

    Attributes:
        parameters: of the network.
        trained_parameters: of these, those that are not frozen.
        steps_per_epoch: batches.
        seconds_per_epoch: training and validation.
        preparing_seconds: of what has to be prepared before, and was not for the trial.
        total_seconds: of all epochs and folds, and of preparing.
        images_per_s: while training.
        memory_mb: the peak of each device, or of each process on a CPU.
    """

    parameters: int
    trained_parameters: int
    steps_per_epoch: int
    seconds_per_epoch: float
    preparing_seconds: float
    total_seconds: float
    images_per_s: float
    memory_mb: dict[str, float]


@dataclass(frozen=True)
class RangeTest:
    """Smoothed losses [n] at rising learning rates [n], and the rate where they fell most steeply."""

    rates: list[float]
    losses: list[float]
    suggested: float

    def draw(self, path: Path, title: str) -> None:
        """Write the curve as PNG."""
        figure = Figure(figsize=(8, 5), layout="constrained")
        axis = figure.subplots()
        axis.semilogx(self.rates, self.losses)
        axis.axvline(self.suggested, color="C3", linestyle="--", label=f"{self.suggested:.2g}")
        axis.set(xlabel="learning rate", ylabel="loss, smoothed", title=title)
        axis.legend()
        save_figure(figure, path)


def estimate(plan: Plan, stage: Stage) -> Estimate:
    """Train for some batches on the devices of the plan, and reckon.

    Raises:
        TrainingError: the plan cannot be carried out; among other things, it needs too much memory.
    """
    plan = settle(plan, stage)
    fabric = make_fabric(plan.options.device)
    with in_scratch(plan) as trial:
        return Estimate(**launch(fabric, _estimate, trial, begin(trial, stage)))


def range_test(plan: Plan, stage: Stage) -> RangeTest:
    """Learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017).

    Raises:
        TrainingError: the loss never fell.
    """
    learning = replace(plan.options.learning, lr=_LOWEST, schedule=Schedule.CONSTANT, warmup_epochs=0.0)
    plan = settle(replace(plan, options=replace(plan.options, learning=learning)), stage)
    fabric = make_fabric(plan.options.device)
    with in_scratch(plan, is_timed=False) as trial:
        rates, losses = launch(fabric, _range_test, trial, begin(trial, stage))
    slopes = [later - earlier for earlier, later in pairwise(losses)]
    if not slopes or min(slopes) >= 0:
        raise TrainingError("the loss fell at no learning rate: check the images and the network.")
    return RangeTest(rates, losses, rates[slopes.index(min(slopes))])


@contextmanager
def in_scratch(plan: Plan, *, is_timed: bool = True) -> Iterator[Plan]:
    """The plan in a folder for as long as the trial lasts, beside where the run's would be.

    Args:
        plan: of the run.
        is_timed: only the time of the trial counts.
    """
    runs = plan.folder.parent
    try:
        runs.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(dir=runs, prefix=".trial-")
    except OSError as error:
        raise TrainingError(
            f"{runs} cannot be written to ({error.strerror}): choose another folder with -o."
        ) from error
    with scratch as folder:
        yield replace(plan, folder=Path(folder), is_trial=True, is_timed=is_timed)


def _estimate(fabric: Fabric, plan: Plan, material: Material) -> dict[str, Any]:
    plan, parts, learner = open_fold(fabric, plan, material, material.folds[0])
    reset_memory(fabric)
    with enough_memory(plan.options.learning):
        train_s, n = _time_training(learner, parts[Part.TRAIN])
        validation_s = _time_evaluating(learner, parts[Part.VALIDATION])
    parameters = list(learner.module.parameters())
    epoch_s = train_s / n * sum(parts[Part.TRAIN].sizes) + validation_s
    return asdict(
        Estimate(
            parameters=sum(p.numel() for p in parameters),
            trained_parameters=sum(p.numel() for p in parameters if p.requires_grad),
            steps_per_epoch=len(parts[Part.TRAIN]),
            seconds_per_epoch=epoch_s,
            preparing_seconds=material.spared_s,
            total_seconds=material.spared_s
            + epoch_s * plan.options.learning.epochs * len(material.folds),
            images_per_s=n / train_s,
            memory_mb=memory_mb(fabric),
        )
    )


def _time_training(learner: Learner, batches: Batches) -> tuple[float, int]:
    """Seconds of some batches, and images in them; the first are not counted where others follow."""
    tally = Tally(learner.n_classes).to(learner.fabric.device)
    sizes = batches.sizes
    n, began = 0, time.perf_counter()
    for place, batch in enumerate(islice(batches.epoch(0), WARM_UP + MEASURED)):
        if place == min(WARM_UP, len(sizes) - 1):
            wait_for_gpus(learner.fabric)
            n, began = 0, time.perf_counter()
        learner.learn(batch, sizes[place], place, tally)
        n += sizes[place]
    wait_for_gpus(learner.fabric)
    return time.perf_counter() - began, n


def _time_evaluating(learner: Learner, batches: Batches) -> float:
    """Seconds that evaluating on all would take, from some batches."""
    n = sum(batches.sizes[:MEASURED])
    if not n:
        return 0.0
    began = time.perf_counter()
    learner.evaluate(islice(batches.epoch(0), MEASURED))
    return (time.perf_counter() - began) / n * sum(batches.sizes)


def _range_test(fabric: Fabric, plan: Plan, material: Material) -> tuple[list[float], list[float]]:
    plan, parts, learner = open_fold(fabric, plan, material, material.folds[0])
    batches = parts[Part.TRAIN]
    sizes = batches.sizes
    rates, losses, average = [], [], 0.0
    endless = chain.from_iterable(batches.epoch(number) for number in range(_RATES))
    for step, batch in enumerate(islice(endless, _RATES)):
        rate = _LOWEST * (_HIGHEST / _LOWEST) ** (step / (_RATES - 1))
        for group in learner.optimizer.param_groups:
            group["lr"] = rate
        loss = _loss_of_step(learner, batch, sizes[step % len(sizes)], step)
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        rates.append(rate)
        losses.append(average / (1 - _SMOOTHING ** (step + 1)))
        if not math.isfinite(loss) or losses[-1] > _DIVERGED * min(losses):
            break
    finite = [pair for pair in zip(rates, losses, strict=True) if math.isfinite(pair[1])]
    return [rate for rate, _ in finite], [loss for _, loss in finite]


def _loss_of_step(learner: Learner, batch: Batch, n: int, step: int) -> float:
    tally = Tally(learner.n_classes).to(learner.fabric.device)
    learner.learn(batch, n, step, tally)
    return tally.scores().loss
