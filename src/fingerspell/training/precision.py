"""Which arithmetic is fastest on the devices of a run: some steps of each are timed.

A processor without AMX or AVX512-BF16 only imitates bf16, and trains six to eight times slower with it.
"""

import logging
import time
from dataclasses import replace

import torch
from lightning_fabric import Fabric

from fingerspell.data.loader import Batch
from fingerspell.errors import TrainingError
from fingerspell.progress import Stage
from fingerspell.training.fold import make_learner
from fingerspell.training.launch import is_launched_from_outside, launch, make_fabric
from fingerspell.training.memory import wait_for_gpus
from fingerspell.training.options import DeviceOptions, Precision
from fingerspell.training.plan import Plan
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.choose import task_of

STEPS = 4  # of each arithmetic; the first is slower and does not count
MOST_PICTURES = 32  # a step

_log = logging.getLogger(__name__)


def settle_precision(plan: Plan, stage: Stage) -> Plan:
    """The plan with the arithmetic that is fastest here, where it asks for `auto`.

    What was chosen is logged, and so is a bf16 that was asked for and is slower than fp32.

    Raises:
        TrainingError: it is `auto`, and the run's processes were started from outside, so that each
            would choose for itself; or the devices are not there.
    """
    wanted = plan.options.device.precision
    is_outside = is_launched_from_outside()
    if wanted == Precision.AUTO and is_outside:
        raise TrainingError("several processes could choose differently: name the --precision.")
    can_time = task_of(plan).noise(plan, 1) is not None
    if wanted == Precision.AUTO and not can_time:
        raise untimed(plan, "--precision")
    if wanted not in (Precision.AUTO, Precision.BF16) or is_outside or not can_time:
        return plan
    rates = {each: _images_per_s(plan, each, stage) for each in _candidates(plan)}
    if wanted == Precision.BF16:
        if rates.get(wanted, 0.0) < rates[Precision.FP32]:
            _log.warning("bf16 is slower than fp32 here: %s.", _told(rates))
        return plan
    fastest = max(rates, key=lambda each: rates[each])
    _log.warning("precision %s was chosen: %s.", fastest, _told(rates))
    return _with(plan, replace(plan.options.device, precision=fastest))


def untimed(plan: Plan, option: str) -> TrainingError:
    """The error where an option is left to the machine, and steps cannot be timed."""
    return TrainingError(
        f"steps of {plan.options.model.model} need its data and cannot be timed ahead: name the "
        f"{option}."
    )


def _candidates(plan: Plan) -> list[Precision]:
    device = make_fabric(plan.options.device.alone(Precision.FP32)).device
    half = Precision.BF16
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        half = Precision.FP16
    return [Precision.FP32, half]


def _images_per_s(plan: Plan, precision: Precision, stage: Stage) -> float:
    stage(f"timing {precision}", 0)
    device = plan.options.device.alone(precision)
    n = min(plan.options.learning.batch_size or MOST_PICTURES, MOST_PICTURES)
    rate: float = launch(make_fabric(device), time_steps, _with(plan, device), n)
    return rate


def _with(plan: Plan, device: DeviceOptions) -> Plan:
    return replace(plan, options=replace(plan.options, device=device))


def time_steps(fabric: Fabric, plan: Plan, n: int) -> float:
    """Images a second in the fastest step, on `n` images of noise."""
    learner = make_learner(fabric, plan, STEPS)
    noise = task_of(plan).noise(plan, n)
    if noise is None:
        raise RuntimeError("only tasks that have noise are timed")
    batch = Batch(*(part.to(fabric.device) for part in (noise.pictures, noise.labels, noise.rows)))
    tally, fastest_s = Tally(learner.n_classes).to(fabric.device), float("inf")
    for step in range(STEPS):
        began = time.perf_counter()
        learner.learn(batch, n, step, tally)
        wait_for_gpus(fabric)
        if step:
            fastest_s = min(fastest_s, time.perf_counter() - began)
    return n / fastest_s


def _told(rates: dict[Precision, float]) -> str:
    return ", ".join(f"{each} {rate:,.0f} images/s" for each, rate in rates.items())
